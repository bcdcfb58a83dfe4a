//! EventBridge rules and their targets.

use serde_json::{Value, json};

use super::{Action, Call, Look, NEVER, Step, all, call, literal, none_of, same, says, step};
use crate::remedy::Resource;
use crate::remedy::resource::{Rule, Target};
use crate::report::fix::json::put;

fn named(it: &Rule) -> Value {
    json!({"Name": it.name, "EventBusName": it.bus})
}

fn describe(it: &Rule) -> Call {
    call("events", "describe-rule", &it.region, named(it))
}

/// Whether a rule is set as this one.
fn is_rule(it: &Rule) -> String {
    all(vec![
        same("State", &json!(it.state)),
        says("EventPattern", it.pattern.as_deref()),
        says("ScheduleExpression", it.schedule.as_deref()),
        says("RoleArn", it.role_arn.as_deref()),
    ])
}

/// Before a new rule.
pub(super) fn new_rule(it: &Rule) -> Look {
    Look::new(describe(it), is_rule(it), NEVER.to_owned())
}

pub(super) fn rule(it: &Rule, before: Option<&Resource>) -> Vec<Step> {
    let known = match before {
        Some(Resource::Rule(known)) => Some(known),
        _ => None,
    };
    // These two leave everything else of the rule as it is.
    let operation = match it.state.as_str() {
        "ENABLED" => Some("enable-rule"),
        "DISABLED" => Some("disable-rule"),
        _ => None,
    };
    if let (Some(operation), Some(known)) = (operation, known)
        && known.pattern == it.pattern
    {
        let state = |of: &Rule| same("State", &json!(of.state));
        return vec![step(
            Look::change(describe(it), state(it), state(known)),
            vec![call("events", operation, &it.region, named(it))],
        )];
    }
    let mut input = named(it);
    put(&mut input, "State", json!(it.state));
    for (member, value) in [
        ("EventPattern", &it.pattern),
        ("ScheduleExpression", &it.schedule),
        ("RoleArn", &it.role_arn),
    ] {
        if let Some(value) = value {
            put(&mut input, member, json!(value));
        }
    }
    let put = call("events", "put-rule", &it.region, input);
    vec![match known {
        Some(known) => Step {
            look: Look::change(describe(it), is_rule(it), is_rule(known)),
            action: Action::PutRule {
                find: describe(it),
                put,
            },
        },
        None => step(new_rule(it), vec![put]),
    }]
}

fn listed(it: &Target) -> Value {
    json!({"Rule": it.rule, "EventBusName": it.bus})
}

/// Whether a rule has a target set as this one.
fn is_target(it: &Target) -> String {
    let mut tests = vec![
        format!("Id == {}", literal(&json!(it.id))),
        format!("Arn == {}", literal(&json!(it.arn))),
    ];
    for member in ["RoleArn", "Input", "InputPath", "InputTransformer"] {
        let value = it.settings.get(member).cloned().unwrap_or_default();
        tests.push(same(member, &value));
    }
    format!("Targets[?{}]", all(tests))
}

fn targets(it: &Target) -> Call {
    call("events", "list-targets-by-rule", &it.region, listed(it))
}

/// Before a new target.
pub(super) fn new_target(it: &Target) -> Look {
    Look::new(targets(it), is_target(it), none_of("Targets", "Id", &it.id))
}

pub(super) fn target(it: &Target, before: Option<&Resource>) -> Vec<Step> {
    let mut input = listed(it);
    let mut target = it.settings.clone();
    target.insert("Id".to_owned(), json!(it.id));
    target.insert("Arn".to_owned(), json!(it.arn));
    put(&mut input, "Targets", json!([target]));
    let look = match before {
        Some(Resource::Target(known)) => Look::change(targets(it), is_target(it), is_target(known)),
        _ => new_target(it),
    };
    vec![step(
        look,
        vec![call("events", "put-targets", &it.region, input)],
    )]
}
