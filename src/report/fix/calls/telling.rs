//! Topics, their keys and subscriptions.

use serde_json::json;

use super::{Action, Step, call, literal, same, step};
use crate::remedy::Resource;
use crate::remedy::resource::{Key, Subscription, Topic};

pub(super) fn key(it: &Key, before: Option<&Resource>) -> Vec<Step> {
    let Some(Resource::Key(known)) = before else {
        let list = call("kms", "list-aliases", &it.region, json!({}));
        let exists = format!(
            "length(Aliases[?AliasName == {}]) > `0`",
            literal(&json!(it.id))
        );
        return vec![Step {
            done: Some((list, exists)),
            action: Action::Key {
                create: call(
                    "kms",
                    "create-key",
                    &it.region,
                    json!({"Policy": it.policy}),
                ),
                alias: it.id.clone(),
            },
        }];
    };
    let id = it.key_id().unwrap_or(&it.id);
    let mut steps = Vec::new();
    if known.enabled != it.enabled {
        let get = call("kms", "describe-key", &it.region, json!({"KeyId": id}));
        let operation = if it.enabled {
            "enable-key"
        } else {
            "disable-key"
        };
        steps.push(step(
            Some((get, same("KeyMetadata.Enabled", &json!(it.enabled)))),
            vec![call("kms", operation, &it.region, json!({"KeyId": id}))],
        ));
    }
    if known.policy != it.policy {
        let get = call(
            "kms",
            "get-key-policy",
            &it.region,
            json!({"KeyId": id, "PolicyName": "default"}),
        );
        steps.push(step(
            Some((get, same("Policy", &json!(it.policy)))),
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

pub(super) fn topic(it: &Topic, before: Option<&Resource>) -> Vec<Step> {
    let known = match before {
        Some(Resource::Topic(known)) => Some(known),
        _ => None,
    };
    let get = || {
        call(
            "sns",
            "get-topic-attributes",
            &it.region,
            json!({"TopicArn": it.arn}),
        )
    };
    let set = |name: &str, value: &str| {
        let input = json!({"TopicArn": it.arn, "AttributeName": name, "AttributeValue": value});
        let path = format!("(Attributes.{name} || {})", literal(&json!("")));
        step(
            Some((get(), same(&path, &json!(value)))),
            vec![call("sns", "set-topic-attributes", &it.region, input)],
        )
    };
    let mut steps = Vec::new();
    if known.is_none() {
        steps.push(step(
            Some((get(), same("Attributes.TopicArn", &json!(it.arn)))),
            vec![call(
                "sns",
                "create-topic",
                &it.region,
                json!({"Name": it.name}),
            )],
        ));
    }
    if let Some(policy) = &it.policy
        && known.is_none_or(|known| known.policy != it.policy)
    {
        steps.push(set("Policy", policy));
    }
    if known.is_some_and(|known| known.kms_key_id != it.kms_key_id) {
        steps.push(set(
            "KmsMasterKeyId",
            it.kms_key_id.as_deref().unwrap_or_default(),
        ));
    }
    steps
}

/// The subscription that a change made, taken back. One that nobody confirmed has no ARN yet: SNS deletes it by itself.
pub(super) fn unsubscribe(it: &Subscription) -> Step {
    let find = call(
        "sns",
        "list-subscriptions-by-topic",
        &it.region,
        json!({"TopicArn": it.topic_arn}),
    );
    let query = it.endpoint.as_ref().map(|endpoint| {
        format!(
            "Subscriptions[?Protocol == {} && Endpoint == {} && starts_with(SubscriptionArn, 'arn:')].SubscriptionArn | [0]",
            literal(&json!(it.protocol)),
            literal(&json!(endpoint))
        )
    });
    Step {
        done: None,
        action: Action::Unsubscribe { find, query },
    }
}

pub(super) fn subscription(it: &Subscription, before: Option<&Resource>) -> Vec<Step> {
    let list = || {
        call(
            "sns",
            "list-subscriptions-by-topic",
            &it.region,
            json!({"TopicArn": it.topic_arn}),
        )
    };
    let Some(Resource::Subscription(known)) = before else {
        let Some(endpoint) = &it.endpoint else {
            return vec![Step {
                done: None,
                action: Action::SubscribeGiven {
                    region: it.region.clone(),
                    topic: it.topic_arn.clone(),
                },
            }];
        };
        let exists = format!(
            "length(Subscriptions[?Protocol == {} && Endpoint == {} && SubscriptionArn != {}]) > `0`",
            literal(&json!(it.protocol)),
            literal(&json!(endpoint)),
            literal(&json!("Deleted"))
        );
        let input =
            json!({"TopicArn": it.topic_arn, "Protocol": it.protocol, "Endpoint": endpoint});
        return vec![step(
            Some((list(), exists)),
            vec![call("sns", "subscribe", &it.region, input)],
        )];
    };
    let Some(arn) = it
        .arn
        .as_ref()
        .filter(|_| known.filter_policy != it.filter_policy)
    else {
        // Somebody has to confirm it: no call does.
        return Vec::new();
    };
    // An empty policy takes the policy away.
    let wanted = it.filter_policy.as_deref().unwrap_or("{}");
    let get = call(
        "sns",
        "get-subscription-attributes",
        &it.region,
        json!({"SubscriptionArn": arn}),
    );
    let test = format!(
        "(Attributes.FilterPolicy || {}) == {}",
        literal(&json!("{}")),
        literal(&json!(wanted))
    );
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
    calls.push(set("FilterPolicy", wanted));
    vec![step(Some((get, test)), calls)]
}
