//! EventBridge rules and their targets.

use serde_json::{Value, json};

use super::{Action, Step, all, call, literal, none_of, same, step};
use crate::remedy::Resource;
use crate::remedy::resource::{Rule, Target};
use crate::report::fix::json::put;

pub(super) fn rule(it: &Rule, before: Option<&Resource>) -> Vec<Step> {
    let named = json!({"Name": it.name, "EventBusName": it.bus});
    let find = || call("events", "describe-rule", &it.region, named.clone());
    let mut state = vec![same("State", &json!(it.state))];
    // These two leave everything else of the rule as it is.
    let operation = match it.state.as_str() {
        "ENABLED" => Some("enable-rule"),
        "DISABLED" => Some("disable-rule"),
        _ => None,
    };
    let keeps_pattern =
        matches!(before, Some(Resource::Rule(before)) if before.pattern == it.pattern);
    if let Some(operation) = operation.filter(|_| keeps_pattern) {
        return vec![step(
            Some((find(), all(state))),
            vec![call("events", operation, &it.region, named)],
        )];
    }
    state.extend(it.pattern.iter().map(|it| same("EventPattern", &json!(it))));
    let done = Some((find(), all(state)));
    let mut input = named.clone();
    put(&mut input, "State", json!(it.state));
    for (member, value) in [("EventPattern", &it.pattern), ("RoleArn", &it.role_arn)] {
        if let Some(value) = value {
            put(&mut input, member, json!(value));
        }
    }
    let put = call("events", "put-rule", &it.region, input);
    let action = match before {
        Some(_) => Action::PutRule { find: find(), put },
        None => Action::Calls(vec![put]),
    };
    vec![Step { done, action }]
}

/// A rule that was made, gone again; its targets are taken off before.
pub(super) fn unrule(it: &Rule) -> Vec<Step> {
    let listed = json!({"NamePrefix": it.name, "EventBusName": it.bus});
    let named = json!({"Name": it.name, "EventBusName": it.bus});
    vec![step(
        Some((
            call("events", "list-rules", &it.region, listed),
            none_of("Rules", "Name", &it.name),
        )),
        vec![call("events", "delete-rule", &it.region, named)],
    )]
}

fn listed(it: &Target) -> Value {
    json!({"Rule": it.rule, "EventBusName": it.bus})
}

pub(super) fn target(it: &Target) -> Vec<Step> {
    let known = [
        format!("Id == {}", literal(&json!(it.id))),
        format!("Arn == {}", literal(&json!(it.arn))),
    ];
    let exists = format!("length(Targets[?{}]) > `0`", all(known.to_vec()));
    let mut input = listed(it);
    let mut target = it.settings.clone();
    target.insert("Id".to_owned(), json!(it.id));
    target.insert("Arn".to_owned(), json!(it.arn));
    put(&mut input, "Targets", json!([target]));
    vec![step(
        Some((
            call("events", "list-targets-by-rule", &it.region, listed(it)),
            exists,
        )),
        vec![call("events", "put-targets", &it.region, input)],
    )]
}

pub(super) fn untarget(it: &Target) -> Vec<Step> {
    // Asked by what is told, since the rule may be gone as well.
    let told = json!({"TargetArn": it.arn, "EventBusName": it.bus});
    let gone = format!(
        "length((RuleNames || `[]`)[?@ == {}]) == `0`",
        literal(&json!(it.rule))
    );
    let mut input = listed(it);
    put(&mut input, "Ids", json!([it.id]));
    vec![step(
        Some((
            call("events", "list-rule-names-by-target", &it.region, told),
            gone,
        )),
        vec![call("events", "remove-targets", &it.region, input)],
    )]
}
