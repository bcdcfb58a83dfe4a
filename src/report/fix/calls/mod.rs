//! The API calls that carry a change out, and those that take it back.

mod recording;
mod ruling;
mod telling;
mod watching;

use serde_json::{Value, json};

use crate::remedy::{Change, Resource};
pub(super) use recording::policy_name;
use recording::{bucket, log_group, role, trail};
use ruling::{rule, target, unrule, untarget};
use telling::{key, subscription, topic, unsubscribe};
use watching::{alarm, metric_filter, mute_rule};

/// One call with its parameters, in the shape of the AWS CLI's `--cli-input-json`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    pub(super) region: String,
    pub(super) input: Value,
}

/// Calls that belong together, and how to see that they are not needed any more.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// A call and a JMESPath expression over its answer that is true where everything is as it is to be.
    pub(super) done: Option<(Call, String)>,
    pub(super) action: Action,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    /// Calls, one after the other.
    Calls(Vec<Call>),
    /// A new key under an alias.
    Key { create: Call, alias: String },
    /// A subscription of the address that the user gives.
    SubscribeGiven { region: String, topic: String },
    /// A rule put whole; its description, which no snapshot has, is asked for and kept.
    PutRule { find: Call, put: Call },
    /// The end of a subscription, whose ARN a look-up tells: of an address, or of the one that the user gives.
    Unsubscribe { find: Call, query: Option<String> },
}

fn call(service: &'static str, operation: &'static str, region: &str, input: Value) -> Call {
    Call {
        service,
        operation,
        region: region.to_owned(),
        input,
    }
}

fn step(done: Option<(Call, String)>, calls: Vec<Call>) -> Step {
    Step {
        done,
        action: Action::Calls(calls),
    }
}

/// The steps of a change.
pub(super) fn steps(change: &Change) -> Vec<Step> {
    let before = change.before.as_ref();
    match (&change.after, before) {
        (Resource::Bucket(it), _) => bucket(it),
        (Resource::Role(it), _) => role(it),
        (Resource::LogGroup(it), _) => log_group(it),
        (Resource::Trail(it), before) => trail(it, before),
        (Resource::MetricFilter(it), _) => metric_filter(it),
        (Resource::Key(it), before) => key(it, before),
        (Resource::Topic(it), before) => topic(it, before),
        (Resource::Subscription(it), before) => subscription(it, before),
        (Resource::Alarm(it), before) => alarm(it, before),
        (Resource::MuteRule(it), _) => mute_rule(it),
        (Resource::Rule(it), before) => rule(it, before),
        (Resource::Target(it), _) => target(it),
    }
}

/// The steps that take a change back; none for what holds data or keys, which stays.
pub(super) fn undo(change: &Change) -> Vec<Step> {
    if let Some(before) = &change.before {
        return steps(&Change {
            before: Some(change.after.clone()),
            after: before.clone(),
        });
    }
    // What is gone already is not taken back again.
    let one = |(look, gone): (Call, String), call| vec![step(Some((look, gone)), vec![call])];
    match &change.after {
        Resource::MetricFilter(it) => one(
            (
                call(
                    "logs",
                    "describe-metric-filters",
                    &it.region,
                    json!({"logGroupName": it.log_group, "filterNamePrefix": it.name}),
                ),
                none_of("metricFilters", "filterName", &it.name),
            ),
            call(
                "logs",
                "delete-metric-filter",
                &it.region,
                json!({"logGroupName": it.log_group, "filterName": it.name}),
            ),
        ),
        Resource::Alarm(it) => one(
            (
                call(
                    "cloudwatch",
                    "describe-alarms",
                    &it.region,
                    json!({"AlarmNames": [it.name], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}),
                ),
                "length([MetricAlarms || `[]`, CompositeAlarms || `[]`][]) == `0`".to_owned(),
            ),
            call(
                "cloudwatch",
                "delete-alarms",
                &it.region,
                json!({"AlarmNames": [it.name]}),
            ),
        ),
        Resource::Topic(it) => one(
            (
                call("sns", "list-topics", &it.region, json!({})),
                none_of("Topics", "TopicArn", &it.arn),
            ),
            call(
                "sns",
                "delete-topic",
                &it.region,
                json!({"TopicArn": it.arn}),
            ),
        ),
        Resource::Trail(it) => one(
            (
                call(
                    "cloudtrail",
                    "describe-trails",
                    &it.region,
                    json!({"trailNameList": [it.arn]}),
                ),
                none_of("trailList", "TrailARN", &it.arn),
            ),
            call(
                "cloudtrail",
                "delete-trail",
                &it.region,
                json!({"Name": it.name}),
            ),
        ),
        Resource::Subscription(it) => vec![unsubscribe(it)],
        Resource::Rule(it) => unrule(it),
        Resource::Target(it) => untarget(it),
        _ => Vec::new(),
    }
}

/// Whether none of a list has this member.
fn none_of(list: &str, member: &str, value: &str) -> String {
    format!(
        "length(({list} || `[]`)[?{member} == {}]) == `0`",
        literal(&json!(value))
    )
}

/// A value in a JMESPath expression.
fn literal(value: &Value) -> String {
    format!("`{}`", value.to_string().replace('`', "\\u0060"))
}

fn same(path: &str, value: &Value) -> String {
    let empty = match value {
        Value::Array(list) if list.is_empty() => Some("[]"),
        Value::Object(map) if map.is_empty() => Some("{}"),
        _ => None,
    };
    match empty {
        Some(empty) => format!("({path} || `{empty}`) == {}", literal(value)),
        None => format!("{path} == {}", literal(value)),
    }
}

fn all(tests: Vec<String>) -> String {
    tests.join(" && ")
}
