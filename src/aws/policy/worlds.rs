//! Answers against worlds: what nobody documents about a request is filled in every way, each world is evaluated by a
//! plain reading of the policy language written again here, and an answer has to hold in all of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alerts";
const ALARM: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:root";

fn caller() -> Caller<'static> {
    Caller {
        service: Service::CloudWatch,
        source_arn: ALARM,
        organization: Organization::Unknown,
        at: Some("2026-11-21T00:00:05Z".parse().unwrap()),
    }
}

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234";

/// A request of which everything is known.
#[derive(Clone)]
struct World {
    /// Whether a statement for the account reaches CloudWatch.
    account: bool,
    context: Vec<(&'static str, &'static str)>,
    action: &'static str,
    resource: &'static str,
}

/// The same worlds once for each of these, some of which say nothing under the key.
fn each_with(worlds: Vec<World>, key: &'static str, values: &[Option<&'static str>]) -> Vec<World> {
    let mut all = Vec::new();
    for world in worlds {
        for value in values {
            let mut world = world.clone();
            world.context.extend(value.map(|value| (key, value)));
            all.push(world);
        }
    }
    all
}

/// What may be so of a request for an action on a resource.
fn worlds(action: &'static str, resource: &'static str, accounts: &[bool]) -> Vec<World> {
    let worlds = accounts
        .iter()
        .map(|account| World {
            account: *account,
            context: vec![
                ("aws:SourceArn", ALARM),
                ("aws:SourceAccount", "111122223333"),
                ("aws:SecureTransport", "true"),
                ("aws:PrincipalIsAWSService", "true"),
                ("aws:CurrentTime", "2026-11-21T00:00:05Z"),
            ],
            action,
            resource,
        })
        .collect();
    let addresses = [None, Some("10.1.2.3"), Some("52.1.2.3")];
    let worlds = each_with(worlds, "aws:SourceIp", &addresses);
    let organizations = [None, Some("o-one"), Some("o-two")];
    each_with(worlds, "aws:SourceOrgID", &organizations)
}

fn worlds_of_a_topic() -> Vec<World> {
    let worlds = worlds("sns:publish", TOPIC, &[false, true]);
    each_with(worlds, "aws:SourceOwner", &[Some("111122223333")])
}

fn worlds_of_a_key(action: &'static str) -> Vec<World> {
    let worlds = worlds(action, KEY, &[false]);
    let worlds = each_with(worlds, "aws:SourceOwner", &[None, Some("111122223333")]);
    let worlds = each_with(worlds, "kms:CallerAccount", &[None, Some("cloudwatch")]);
    let via = [None, Some("sns.us-east-1.amazonaws.com")];
    each_with(worlds, "kms:ViaService", &via)
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
            // Times of one form and zone are in the order of their letters.
            "DateLessThan" => found < wanted.as_str(),
            "DateGreaterThanEquals" => found >= wanted.as_str(),
            "ArnLike" | "ArnNotLike" => {
                let (wanted, found) = (wanted.split(':'), found.split(':'));
                wanted.clone().count() == found.clone().count()
                    && wanted.zip(found).all(|(wanted, found)| like(wanted, found))
            }
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
                    .any(|action| like(&action.to_lowercase(), self.action))
            })
            && part("Resource", &|value| {
                list(value)
                    .iter()
                    .any(|resource| like(resource, self.resource))
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
        "ArnNotLike",
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
        ("aws:SourceArn", "arn:aws:cloudwatch:*:alarm:root"),
        ("aws:SourceArn", "arn:aws:cloudwatch:us-east-1:*:*:root"),
        ("aws:SourceOrgID", "o-one"),
        ("aws:SourceVpce", "vpce-1"),
        ("aws:PrincipalOrgID", "o-one"),
        ("aws:TagKeys", "team"),
        ("aws:CalledViaFirst", "athena.amazonaws.com"),
        ("kms:CallerAccount", "111122223333"),
        ("kms:ViaService", "sns.us-east-1.amazonaws.com"),
    ]);
    prop_oneof![
        6 => (operator, pair).prop_map(|(operator, (key, value))| json!({ operator: { key: value } })),
        1 => prop::sample::select(vec!["IpAddress", "NotIpAddress"]).prop_map(|operator| json!({operator: {"aws:SourceIp": "10.0.0.0/8"}})),
        1 => (prop::sample::select(vec!["Bool", "BoolIfExists"]), prop::sample::select(vec!["aws:SecureTransport", "aws:MultiFactorAuthPresent"]),
            prop::sample::select(vec!["true", "false"])).prop_map(|(operator, key, flag)| json!({operator: {key: flag}})),
        1 => (prop::sample::select(vec!["DateLessThan", "DateGreaterThanEquals", "DateLessThanIfExists"]),
            prop::sample::select(vec!["2026-11-21T00:00:05Z", "2026-11-20T00:00:00Z", "2030-01-01T00:00:00Z"]))
            .prop_map(|(operator, time)| json!({operator: {"aws:CurrentTime": time}})),
        1 => (prop::sample::select(vec!["aws:SourceArn", "aws:SourceVpce", "aws:SourceOrgID", "kms:ViaService", "aws:TagKeys"]), prop::sample::select(vec!["true", "false"]))
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
        json!(["kms:Decrypt", "kms:GenerateDataKey*"]),
        json!("kms:GenerateDataKey"),
    ]);
    let resource = prop::sample::select(vec![
        json!("*"),
        json!(TOPIC),
        json!(KEY),
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

/// Whether an answer agrees with what is so in every world.
fn holds_in(decision: &Decision, worlds: &[World], allows: impl Fn(&World) -> bool) -> bool {
    worlds.iter().all(|world| match decision {
        Decision::Allowed(_) => allows(world),
        Decision::Refused(_) => !allows(world),
        Decision::Open(_) => true,
    })
}

proptest! {
    #[test]
    fn an_answer_holds_in_every_world(statements in prop::collection::vec(statement(), 1..4)) {
        let decision = may_publish(&json!({"Statement": statements}).to_string(), TOPIC, &caller());
        prop_assert!(holds_in(&decision, &worlds_of_a_topic(), |world| world.allows(&statements)), "{:?}", decision);
    }

    #[test]
    fn an_answer_about_a_key_holds_in_every_world(statements in prop::collection::vec(statement(), 1..4)) {
        let decision = may_use_key(&json!({"Statement": statements}).to_string(), KEY, &caller());
        // Both actions are asked for in the same circumstances.
        let both = |world: &World| {
            let decrypt = World { action: "kms:decrypt", ..world.clone() };
            world.allows(&statements) && decrypt.allows(&statements)
        };
        prop_assert!(holds_in(&decision, &worlds_of_a_key("kms:generatedatakey"), both), "{:?}", decision);
    }
}
