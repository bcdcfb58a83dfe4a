//! Answers against worlds: what nobody documents about a request is filled in every way, each world is evaluated by a
//! plain reading of the policy language written again here, and an answer has to hold in all of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alerts";
const ALARM: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:root";

/// A request of which everything is known.
struct World {
    /// Whether a statement for the account reaches CloudWatch.
    account: bool,
    context: Vec<(&'static str, &'static str)>,
}

fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for account in [false, true] {
        for address in [None, Some("10.1.2.3"), Some("52.1.2.3")] {
            for organization in [None, Some("o-one"), Some("o-two")] {
                let mut context = vec![
                    ("aws:SourceArn", ALARM),
                    ("aws:SourceAccount", "111122223333"),
                    ("aws:SourceOwner", "111122223333"),
                    ("aws:SecureTransport", "true"),
                    ("aws:PrincipalIsAWSService", "true"),
                ];
                context.extend(address.map(|address| ("aws:SourceIp", address)));
                context.extend(organization.map(|organization| ("aws:SourceOrgID", organization)));
                worlds.push(World { account, context });
            }
        }
    }
    worlds
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().unwrap().to_owned())
            .collect(),
        item => vec![item.as_str().unwrap().to_owned()],
    }
}

fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text
            .strip_prefix(head)
            .is_some_and(|tail| (0..=tail.len()).any(|cut| like(rest, &tail[cut..]))),
    }
}

impl World {
    fn is_cloudwatch(&self, principal: &Value) -> bool {
        if principal == "*" {
            return true;
        }
        principal.as_object().unwrap().iter().any(|(kind, names)| {
            list(names).iter().any(|name| match kind.as_str() {
                "Service" => name == "cloudwatch.amazonaws.com",
                _ => name == "*" || (self.account && name.contains("111122223333")),
            })
        })
    }

    fn condition(&self, operator: &str, key: &str, wanted: &Value) -> bool {
        let found = self
            .context
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| *value);
        let (plain, if_exists) = operator
            .strip_suffix("IfExists")
            .map_or((operator, false), |plain| (plain, true));
        let wanted = list(wanted);
        if plain == "Null" {
            return wanted.contains(&found.is_none().to_string());
        }
        let negated = plain.contains("Not");
        let Some(found) = found else {
            return if_exists || negated;
        };
        let any = wanted.iter().any(|wanted| match plain {
            "StringEquals" | "StringNotEquals" | "Bool" => wanted == found,
            "IpAddress" | "NotIpAddress" => wanted == "10.0.0.0/8" && found.starts_with("10."),
            _ => like(wanted, found),
        });
        any != negated
    }

    fn applies(&self, statement: &Value) -> bool {
        let part = |name: &str, test: &dyn Fn(&Value) -> bool| match statement.get(name) {
            Some(value) => test(value),
            None => !test(&statement[format!("Not{name}")]),
        };
        part("Principal", &|value| self.is_cloudwatch(value))
            && part("Action", &|value| {
                list(value)
                    .iter()
                    .any(|action| like(&action.to_lowercase(), "sns:publish"))
            })
            && part("Resource", &|value| {
                list(value).iter().any(|resource| like(resource, TOPIC))
            })
            && statement["Condition"].as_object().is_none_or(|block| {
                block.iter().all(|(operator, keys)| {
                    keys.as_object()
                        .unwrap()
                        .iter()
                        .all(|(key, wanted)| self.condition(operator, key, wanted))
                })
            })
    }

    fn allows(&self, statements: &[Value]) -> bool {
        let some = |effect: &str| {
            statements
                .iter()
                .any(|statement| statement["Effect"] == effect && self.applies(statement))
        };
        some("Allow") && !some("Deny")
    }
}

fn condition() -> impl Strategy<Value = Value> {
    let operator = prop::sample::select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "ArnLike",
        "StringEqualsIfExists",
        "StringNotEqualsIfExists",
        "StringLikeIfExists",
    ]);
    let pair = prop::sample::select(vec![
        ("aws:SourceAccount", "111122223333"),
        ("AWS:SourceOwner", "111122223333"),
        ("aws:SourceAccount", "444455556666"),
        ("aws:SourceArn", "arn:aws:cloudwatch:*:111122223333:alarm:*"),
        ("aws:SourceArn", ALARM),
        ("aws:SourceOrgID", "o-one"),
        ("aws:SourceVpce", "vpce-1"),
        ("aws:PrincipalOrgID", "o-one"),
    ]);
    prop_oneof![
        6 => (operator, pair).prop_map(|(operator, (key, value))| json!({ operator: { key: value } })),
        1 => prop::sample::select(vec!["IpAddress", "NotIpAddress"]).prop_map(|operator| json!({operator: {"aws:SourceIp": "10.0.0.0/8"}})),
        1 => prop::sample::select(vec!["true", "false"]).prop_map(|flag| json!({"Bool": {"aws:SecureTransport": flag}})),
        1 => (prop::sample::select(vec!["aws:SourceArn", "aws:SourceVpce", "aws:SourceOrgID"]), prop::sample::select(vec!["true", "false"]))
            .prop_map(|(key, flag)| json!({"Null": {key: flag}})),
        2 => Just(json!({})),
    ]
}

fn statement() -> impl Strategy<Value = Value> {
    let principal = prop::sample::select(vec![
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": "arn:aws:iam::111122223333:root"}),
        json!({"AWS": ["444455556666", "111122223333"]}),
        json!({"Service": "cloudwatch.amazonaws.com"}),
        json!({"Service": ["events.amazonaws.com"]}),
    ]);
    let action = prop::sample::select(vec![
        json!("sns:Publish"),
        json!(["SNS:*"]),
        json!("sns:Subscribe"),
        json!("*"),
    ]);
    let resource = prop::sample::select(vec![
        json!("*"),
        json!(TOPIC),
        json!("arn:aws:sns:us-east-1:111122223333:other"),
    ]);
    let effect = prop::sample::select(vec!["Allow", "Allow", "Deny"]);
    let nots = (
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.15),
    );
    (
        effect,
        principal,
        action,
        resource,
        nots,
        condition(),
        condition(),
    )
        .prop_map(|(effect, principal, action, resource, nots, one, other)| {
            let name = |not: bool, name: &str| {
                if not {
                    format!("Not{name}")
                } else {
                    name.to_owned()
                }
            };
            let mut block = one;
            block
                .as_object_mut()
                .unwrap()
                .extend(other.as_object().unwrap().clone());
            json!({
                "Effect": effect,
                name(nots.0, "Principal"): principal,
                name(nots.1, "Action"): action,
                name(nots.2, "Resource"): resource,
                "Condition": block,
            })
        })
}

proptest! {
    #[test]
    fn an_answer_holds_in_every_world(statements in prop::collection::vec(statement(), 1..4)) {
        let decision = may_publish(&json!({"Statement": statements}).to_string(), TOPIC, ALARM, None);
        for world in worlds() {
            let allows = world.allows(&statements);
            match &decision {
                Decision::Allowed { .. } => prop_assert!(allows, "{:?}", world.context),
                Decision::Denied { .. } => prop_assert!(!allows, "{:?} {:?}", decision, world.context),
                Decision::Unknown { .. } => {}
            }
        }
    }
}
