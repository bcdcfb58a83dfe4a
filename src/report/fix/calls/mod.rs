//! The API calls that carry a change out, and those that take it back.

mod recording;
mod ruling;
mod telling;
mod watching;

use serde_json::{Value, json};

use crate::remedy::{Change, Resource};
pub(super) use recording::policy_name;
use recording::{bucket, log_group, new_trail, role, trail};
use ruling::{new_rule, new_target, rule, target};
use telling::{key, new_topic, subscription, topic, unsubscribe};
use watching::{alarm, metric_filter, mute_rule, new_alarm, new_filter};

/// One call with its parameters, in the shape of the AWS CLI's `--cli-input-json`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    pub(super) region: String,
    pub(super) input: Value,
}

/// Calls that belong together, and what is looked at before they are made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) look: Look,
    pub(super) action: Action,
}

/// A look at what stands in the account: there is nothing to do, or it is free to be done; whatever else stands there is
/// somebody's, and nothing is done.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    /// What is asked.
    pub(super) ask: Call,
    /// A JMESPath expression over the answer: true where everything is as it is to be.
    pub(super) done: String,
    /// The same, true where everything is as the snapshot has it.
    pub(super) free: String,
    /// What the answer that there is no such thing says.
    pub(super) absent: Standing,
}

/// What a look sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Everything is as it is to be.
    Done,
    /// Everything is as the snapshot has it.
    Free,
    /// Something else.
    Other,
}

impl Standing {
    /// Its word in the script.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Free => "free",
            Self::Other => "other",
        }
    }
}

/// What holds of nothing.
pub(super) const NEVER: &str = "`false`";

/// Stands in an expression for the address that the user gives. No data has it as it is: JSON escapes it.
pub(super) const ADDRESS: char = '\0';

impl Look {
    /// Before something new is made: it is there as it is to be, or there is none.
    fn new(ask: Call, is: String, none: String) -> Self {
        Self {
            ask,
            done: is,
            free: none,
            absent: Standing::Free,
        }
    }

    /// Before something is changed: it is as it is to be, or as it was.
    fn change(ask: Call, is: String, was: String) -> Self {
        Self {
            ask,
            done: is,
            free: was,
            absent: Standing::Other,
        }
    }

    /// Before something new is taken back: there is none any more, or it is as it was made.
    fn back(self) -> Self {
        Self {
            done: self.free,
            free: self.done,
            absent: Standing::Done,
            ..self
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    /// Calls, one after the other.
    Calls(Vec<Call>),
    /// A new key under an alias. The look asks for the policy of the key that has the alias.
    Key { create: Call, alias: String },
    /// A subscription of the address that the user gives.
    SubscribeGiven(Call),
    /// A rule put whole; its description, which no snapshot has, is asked for and kept.
    PutRule { find: Call, put: Call },
    /// The end of the subscription whose ARN this JMESPath expression finds in the answer that the look asks for.
    Unsubscribe { found: String },
}

fn call(service: &'static str, operation: &'static str, region: &str, input: Value) -> Call {
    Call {
        service,
        operation,
        region: region.to_owned(),
        input,
    }
}

fn step(look: Look, calls: Vec<Call>) -> Step {
    Step {
        look,
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
        (Resource::MetricFilter(it), before) => metric_filter(it, before),
        (Resource::Key(it), before) => key(it, before),
        (Resource::Topic(it), before) => topic(it, before),
        (Resource::Subscription(it), before) => subscription(it, before),
        (Resource::Alarm(it), before) => alarm(it, before),
        (Resource::MuteRule(it), before) => mute_rule(it, before),
        (Resource::Rule(it), before) => rule(it, before),
        (Resource::Target(it), before) => target(it, before),
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
    let delete = |look: Look, service, operation, region: &str, input| {
        vec![step(
            look.back(),
            vec![call(service, operation, region, input)],
        )]
    };
    match &change.after {
        Resource::MetricFilter(it) => delete(
            new_filter(it),
            "logs",
            "delete-metric-filter",
            &it.region,
            json!({"logGroupName": it.log_group, "filterName": it.name}),
        ),
        Resource::Alarm(it) => delete(
            new_alarm(it),
            "cloudwatch",
            "delete-alarms",
            &it.region,
            json!({"AlarmNames": [it.name]}),
        ),
        Resource::Topic(it) => delete(
            new_topic(it),
            "sns",
            "delete-topic",
            &it.region,
            json!({"TopicArn": it.arn}),
        ),
        Resource::Trail(it) => delete(
            new_trail(it),
            "cloudtrail",
            "delete-trail",
            &it.region,
            json!({"Name": it.name}),
        ),
        Resource::Rule(it) => delete(
            new_rule(it),
            "events",
            "delete-rule",
            &it.region,
            json!({"Name": it.name, "EventBusName": it.bus}),
        ),
        Resource::Target(it) => delete(
            new_target(it),
            "events",
            "remove-targets",
            &it.region,
            json!({"Rule": it.rule, "EventBusName": it.bus, "Ids": [it.id]}),
        ),
        Resource::Subscription(it) => vec![unsubscribe(it)],
        _ => Vec::new(),
    }
}

/// Which key has an alias.
pub(super) fn key_of(alias: &str) -> String {
    format!(
        "Aliases[?AliasName == {}].TargetKeyId | [0]",
        literal(&json!(alias))
    )
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

/// Whether a text says this; an empty text and none say the same.
fn says(path: &str, text: Option<&str>) -> String {
    let empty = literal(&json!(""));
    format!(
        "({path} || {empty}) == {}",
        literal(&json!(text.unwrap_or_default()))
    )
}

/// Whether a list has just these values, in whatever order.
fn holds(path: &str, values: &[String]) -> String {
    let mut values = values.to_vec();
    values.sort();
    format!("sort({path} || `[]`) == {}", literal(&json!(values)))
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
