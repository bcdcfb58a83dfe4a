//! The question behind an answer: which request a file answers, from the rest of its name or from its content.
//!
//! Where neither tells, the request is not known and the file cannot be used.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::snapshot::operations::Operation;

/// A member of the attributes of a topic or subscription.
pub(super) fn attribute<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get("Attributes")?.get(name)?.as_str()
}

/// The request that a file answers, from the rest of its name or its content; the error says what is not known.
pub(super) fn request_of(
    operation: &Operation,
    rest: Option<&str>,
    value: &Value,
) -> Result<Value, &'static str> {
    let one = |member: &str, found: Option<String>, what: &'static str| {
        let subject = rest.map(str::to_owned).or(found).ok_or(what)?;
        Ok(json!({ member: subject }))
    };
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let same = |list: &str, member: &str| one_value(value, list, member);
    match operation.name {
        "DescribeAlarms" => Ok(alarm_types(rest, value)),
        "DescribeAccountPolicies" => one(
            "policyType",
            same("accountPolicies", "policyType"),
            "of which type",
        ),
        "DescribeAlarmHistory" => one(
            "AlarmName",
            same("AlarmHistoryItems", "AlarmName"),
            "of which alarm",
        ),
        "DescribeKey" => {
            let arn = value
                .get("KeyMetadata")
                .and_then(|key| key.get("Arn"))
                .and_then(Value::as_str);
            one("KeyId", arn.map(str::to_owned), "of which key")
        }
        "GetKeyPolicy" => one("KeyId", None, "of which key"),
        "DescribeLogGroups" => match rest {
            Some(prefix) => Ok(json!({ "logGroupNamePrefix": prefix })),
            // A prefix may have been asked for: only the groups that are there were surely asked about.
            None => {
                let groups = value.get("logGroups").and_then(Value::as_array);
                let names: Vec<&Value> = groups
                    .into_iter()
                    .flatten()
                    .filter_map(|group| group.get("logGroupName"))
                    .collect();
                if names.is_empty() {
                    Err("of which log group")
                } else {
                    Ok(json!({ "logGroupIdentifiers": names }))
                }
            }
        },
        "DescribeMetricFilters" => one(
            "logGroupName",
            same("metricFilters", "logGroupName"),
            "of which log group",
        ),
        "DescribeSubscriptionFilters" => one(
            "logGroupName",
            same("subscriptionFilters", "logGroupName"),
            "of which log group",
        ),
        "GetTransformer" | "GetDataProtectionPolicy" => one(
            "logGroupIdentifier",
            text("logGroupIdentifier"),
            "of which log group",
        ),
        "GetAlarmMuteRule" => one("AlarmMuteRuleName", text("Name"), "of which mute rule"),
        "GetEventSelectors" => one("TrailName", text("TrailARN"), "of which trail"),
        "GetTrailStatus" => one("Name", None, "of which trail"),
        "GetSubscriptionAttributes" => one(
            "SubscriptionArn",
            attribute(value, "SubscriptionArn").map(str::to_owned),
            "of which subscription",
        ),
        "GetTopicAttributes" => one(
            "TopicArn",
            attribute(value, "TopicArn").map(str::to_owned),
            "of which topic",
        ),
        "ListSubscriptionsByTopic" => one(
            "TopicArn",
            same("Subscriptions", "TopicArn"),
            "of which topic",
        ),
        // Without a bus the default one is meant.
        "ListRules" => Ok(match same("Rules", "EventBusName") {
            Some(bus) if bus != "default" => json!({ "EventBusName": bus }),
            _ => json!({}),
        }),
        "DescribeEventBus" => one("Name", text("Name"), "of which event bus"),
        "ListTargetsByRule" => one("Rule", None, "of which rule"),
        "AssumeRole" => one("RoleArn", None, "of which role"),
        _ => Ok(json!({})),
    }
}

/// The value that a member has in every item of a list.
fn one_value(value: &Value, list: &str, member: &str) -> Option<String> {
    let items = value.get(list)?.as_array()?;
    let values: BTreeSet<&str> = items
        .iter()
        .filter_map(|item| item.get(member)?.as_str())
        .collect();
    values
        .first()
        .filter(|_| values.len() == 1)
        .map(|value| (*value).to_owned())
}

/// Without `--alarm-types` AWS answers with metric alarms alone, and the AWS CLI prints the other lists as empty: only
/// the types of alarms that are there were surely asked for.
fn alarm_types(rest: Option<&str>, value: &Value) -> Value {
    const TYPES: [&str; 3] = ["MetricAlarm", "CompositeAlarm", "LogAlarm"];
    let named: Vec<&str> = TYPES
        .into_iter()
        .filter(|kind| {
            rest.is_some_and(|rest| {
                rest.split(['.', '-', '_', '+', ' '])
                    .any(|part| part == *kind)
            })
        })
        .collect();
    if !named.is_empty() {
        return json!({ "AlarmTypes": named });
    }
    let there: Vec<&str> = TYPES
        .into_iter()
        .filter(|kind| {
            value
                .get(format!("{kind}s"))
                .and_then(Value::as_array)
                .is_some_and(|list| !list.is_empty())
        })
        .collect();
    let mut request = Map::new();
    if !there.is_empty() {
        request.insert("AlarmTypes".to_owned(), there.into());
    }
    Value::Object(request)
}
