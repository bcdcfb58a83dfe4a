//! EventBridge rules and their targets.

use serde_json::{Value, json};

use super::{Action, Step, all, call, literal, same, step};
use crate::remedy::resource::{Rule, Target};
use crate::report::fix::json::put;

pub(super) fn rule(it: &Rule) -> Vec<Step> {
    let named = json!({"Name": it.name, "EventBusName": it.bus});
    let find = || call("events", "describe-rule", &it.region, named.clone());
    let done = Some((find(), same("State", &json!(it.state))));
    // These two leave everything else of the rule as it is.
    let operation = match it.state.as_str() {
        "ENABLED" => Some("enable-rule"),
        "DISABLED" => Some("disable-rule"),
        _ => None,
    };
    if let Some(operation) = operation {
        return vec![step(
            done,
            vec![call("events", operation, &it.region, named)],
        )];
    }
    let mut input = named.clone();
    put(&mut input, "State", json!(it.state));
    for (member, value) in [("EventPattern", &it.pattern), ("RoleArn", &it.role_arn)] {
        if let Some(value) = value {
            put(&mut input, member, json!(value));
        }
    }
    vec![Step {
        done,
        action: Action::PutRule {
            find: find(),
            put: call("events", "put-rule", &it.region, input),
        },
    }]
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
    put(&mut input, "Targets", json!([{"Id": it.id, "Arn": it.arn}]));
    vec![step(
        Some((
            call("events", "list-targets-by-rule", &it.region, listed(it)),
            exists,
        )),
        vec![call("events", "put-targets", &it.region, input)],
    )]
}

pub(super) fn untarget(it: &Target) -> Vec<Step> {
    let gone = format!(
        "length((Targets || `[]`)[?Id == {}]) == `0`",
        literal(&json!(it.id))
    );
    let mut input = listed(it);
    put(&mut input, "Ids", json!([it.id]));
    vec![step(
        Some((
            call("events", "list-targets-by-rule", &it.region, listed(it)),
            gone,
        )),
        vec![call("events", "remove-targets", &it.region, input)],
    )]
}
