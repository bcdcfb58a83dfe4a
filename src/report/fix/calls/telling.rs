//! Topics, their keys and subscriptions.

use serde_json::{Value, json};

use super::{ADDRESS, Action, Call, Look, NEVER, Step, all, call, literal, same, says, step};
use crate::remedy::Resource;
use crate::remedy::resource::{Key, Subscription, Topic};
use crate::report::fix::json::put;

pub(super) fn key(it: &Key, before: Option<&Resource>) -> Vec<Step> {
    let policy = |id: Value| {
        let input = json!({"KeyId": id, "PolicyName": "default"});
        call("kms", "get-key-policy", &it.region, input)
    };
    let Some(Resource::Key(known)) = before else {
        let input = json!({"PolicyName": "default"});
        let of_alias = call("kms", "get-key-policy", &it.region, input);
        let create = json!({"Policy": it.policy});
        return vec![Step {
            look: Look::new(
                of_alias,
                same("Policy", &json!(it.policy)),
                NEVER.to_owned(),
            ),
            action: Action::Key {
                create: call("kms", "create-key", &it.region, create),
                alias: it.id.clone(),
            },
        }];
    };
    let id = it.key_id().unwrap_or(&it.id);
    let mut steps = Vec::new();
    if known.enabled != it.enabled {
        let get = call("kms", "describe-key", &it.region, json!({"KeyId": id}));
        let enabled = |is: bool| same("KeyMetadata.Enabled", &json!(is));
        let operation = if it.enabled {
            "enable-key"
        } else {
            "disable-key"
        };
        steps.push(step(
            Look::change(get, enabled(it.enabled), enabled(known.enabled)),
            vec![call("kms", operation, &it.region, json!({"KeyId": id}))],
        ));
    }
    if known.policy != it.policy {
        let is = |policy: &Option<String>| same("Policy", &json!(policy));
        steps.push(step(
            Look::change(policy(json!(id)), is(&it.policy), is(&known.policy)),
            vec![call(
                "kms",
                "put-key-policy",
                &it.region,
                json!({"KeyId": id, "PolicyName": "default", "Policy": it.policy}),
            )],
        ));
    }
    steps
}

fn attributes(it: &Topic) -> Call {
    call(
        "sns",
        "get-topic-attributes",
        &it.region,
        json!({"TopicArn": it.arn}),
    )
}

/// Before a new topic.
pub(super) fn new_topic(it: &Topic) -> Look {
    let is = vec![
        same("Attributes.TopicArn", &json!(it.arn)),
        says("Attributes.Policy", it.policy.as_deref()),
        says("Attributes.KmsMasterKeyId", it.kms_key_id.as_deref()),
    ];
    Look::new(attributes(it), all(is), NEVER.to_owned())
}

pub(super) fn topic(it: &Topic, before: Option<&Resource>) -> Vec<Step> {
    let Some(Resource::Topic(known)) = before else {
        // With its policy at once: what is interrupted between two calls would look like somebody else's.
        let create = json!({"Name": it.name, "Attributes": {"Policy": it.policy}});
        return vec![step(
            new_topic(it),
            vec![call("sns", "create-topic", &it.region, create)],
        )];
    };
    let attributes_of = [
        ("Policy", &known.policy, &it.policy),
        ("KmsMasterKeyId", &known.kms_key_id, &it.kms_key_id),
    ];
    let differing = attributes_of.into_iter().filter(|(_, was, is)| was != is);
    differing
        .map(|(name, was, is)| {
            let path = format!("Attributes.{name}");
            let look = Look::change(
                attributes(it),
                says(&path, is.as_deref()),
                says(&path, was.as_deref()),
            );
            let value = is.as_deref().unwrap_or_default();
            let input = json!({"TopicArn": it.arn, "AttributeName": name, "AttributeValue": value});
            step(
                look,
                vec![call("sns", "set-topic-attributes", &it.region, input)],
            )
        })
        .collect()
}

fn subscriptions(it: &Subscription) -> Call {
    call(
        "sns",
        "list-subscriptions-by-topic",
        &it.region,
        json!({"TopicArn": it.topic_arn}),
    )
}

/// The address of a subscription in a JMESPath expression.
fn address(endpoint: Option<&str>) -> String {
    endpoint.map_or_else(|| format!("'{ADDRESS}'"), |it| literal(&json!(it)))
}

/// The subscription that a change made, taken back. One that nobody confirmed has no ARN yet: SNS deletes it by itself.
pub(super) fn unsubscribe(it: &Subscription) -> Step {
    let found = format!(
        "Subscriptions[?Protocol == {} && Endpoint == {} && starts_with(SubscriptionArn, 'arn:')].SubscriptionArn | [0]",
        literal(&json!(it.protocol)),
        address(it.endpoint.as_deref())
    );
    let gone = format!("!({found})");
    Step {
        look: Look::new(subscriptions(it), "`true`".to_owned(), gone).back(),
        action: Action::Unsubscribe { found },
    }
}

pub(super) fn subscription(it: &Subscription, before: Option<&Resource>) -> Vec<Step> {
    let Some(Resource::Subscription(known)) = before else {
        let exists = format!(
            "Subscriptions[?Protocol == {} && Endpoint == {} && SubscriptionArn != {}]",
            literal(&json!(it.protocol)),
            address(it.endpoint.as_deref()),
            literal(&json!("Deleted"))
        );
        // Another subscription beside those that are there takes nothing from anybody.
        let look = Look::new(subscriptions(it), exists, "`true`".to_owned());
        let mut input = json!({"TopicArn": it.topic_arn, "Protocol": it.protocol});
        if let Some(endpoint) = &it.endpoint {
            put(&mut input, "Endpoint", json!(endpoint));
        }
        let subscribe = call("sns", "subscribe", &it.region, input);
        let action = match it.endpoint {
            Some(_) => Action::Calls(vec![subscribe]),
            None => Action::SubscribeGiven(subscribe),
        };
        return vec![Step { look, action }];
    };
    let Some(arn) = it
        .arn
        .as_ref()
        .filter(|_| known.filter_policy != it.filter_policy)
    else {
        // Somebody has to confirm it: no call does.
        return Vec::new();
    };
    let get = call(
        "sns",
        "get-subscription-attributes",
        &it.region,
        json!({"SubscriptionArn": arn}),
    );
    // An empty policy takes the policy away.
    let policy = |of: &Subscription| of.filter_policy.clone().unwrap_or_else(|| "{}".to_owned());
    let is = |of: &Subscription| {
        format!(
            "(Attributes.FilterPolicy || {}) == {}",
            literal(&json!("{}")),
            literal(&json!(policy(of)))
        )
    };
    let set = |name: &str, value: &str| {
        call(
            "sns",
            "set-subscription-attributes",
            &it.region,
            json!({"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value}),
        )
    };
    let mut calls = Vec::new();
    if let Some(scope) = &it.filter_policy_scope {
        calls.push(set("FilterPolicyScope", scope));
    }
    calls.push(set("FilterPolicy", &policy(it)));
    vec![step(Look::change(get, is(it), is(known)), calls)]
}
