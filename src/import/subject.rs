//! The question behind an answer: which request a file answers, from the rest of its name and from its content.
//!
//! Where neither tells, the request is not known and the file cannot be used; where they tell different things, one of
//! them is wrong and nobody knows which.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::aws::arn::{self, log_group_name};
use crate::snapshot::operations::{Operation, Subject, texts_at};

/// The types of alarms, as requests name them.
const ALARM_TYPES: [&str; 3] = ["MetricAlarm", "CompositeAlarm", "LogAlarm"];

/// A question that a file answers, with all that is in it or a part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// Request parameters.
    pub(super) request: Value,
    /// The items of a list that answer it, where the file answers for more.
    pub(super) part: Option<Part>,
}

impl Asked {
    fn whole(request: Value) -> Self {
        Self {
            request,
            part: None,
        }
    }
}

/// Why the question behind a file is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Neither name nor content says this: "of which trail".
    Unsaid(String),
    /// Name and content say different things.
    Torn {
        /// What the name says.
        name: String,
        /// What the content says.
        content: String,
    },
}

impl Doubt {
    fn unsaid(what: &str) -> Self {
        Self::Unsaid(what.to_owned())
    }

    fn torn(name: &str, content: &str) -> Self {
        Self::Torn {
            name: name.to_owned(),
            content: content.to_owned(),
        }
    }
}

/// The items of a list in which a member has this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    list: &'static str,
    member: &'static str,
    value: String,
}

impl Part {
    /// The answer with these items alone.
    pub(super) fn of(&self, mut answer: Value) -> Value {
        if let Some(items) = answer.get_mut(self.list).and_then(Value::as_array_mut) {
            items.retain(|item| text(item, self.member) == Some(&self.value));
        }
        answer
    }
}

/// A member that is a string.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

/// A member of the attributes of a topic or subscription.
pub(super) fn attribute<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    text(value.get("Attributes")?, name)
}

/// What an answer says at the end of a path, each once.
fn each(value: &Value, path: &[&str]) -> Vec<String> {
    let named: BTreeSet<&str> = texts_at(value, path).into_iter().collect();
    named.into_iter().map(str::to_owned).collect()
}

/// What an answer says about a subject, in a form that is the same for two answers that say the same about it.
/// `narrow` where an answer about everything is compared with one about the subject.
pub(super) fn about(operation: &Operation, subject: &str, value: &Value, narrow: bool) -> Value {
    // Who asks may have several sessions.
    if operation.name == "GetCallerIdentity" {
        return value.get("Account").cloned().unwrap_or_default();
    }
    if operation.name == "DescribeAlarms" && ALARM_TYPES.contains(&subject) {
        return value
            .get(format!("{subject}s"))
            .cloned()
            .unwrap_or_default();
    }
    let Some((list, member)) = operation.items() else {
        return value.clone();
    };
    let items = value.get(list).and_then(Value::as_array);
    let mut items: Vec<Value> = items.into_iter().flatten().cloned().collect();
    if narrow || matches!(operation.subject, Subject::LogGroups) {
        items.retain(|item| text(item, member).is_some_and(|name| fits(operation, subject, name)));
        for members in items.iter_mut().filter_map(Value::as_object_mut) {
            // Grows from hour to hour.
            members.shift_remove("storedBytes");
        }
    }
    Value::Array(items)
}

/// What an answer says that it is about; empty where it does not say.
fn named(operation: &Operation, value: &Value) -> Vec<String> {
    each(value, operation.about)
}

/// Whether an answer that names this can be the answer to a question about that.
fn fits(operation: &Operation, asked: &str, named: &str) -> bool {
    match operation.subject {
        Subject::LogGroup(_) => log_group_name(asked) == log_group_name(named),
        Subject::LogGroups => log_group_name(named).starts_with(log_group_name(asked)),
        // By name, where it is not by ARN.
        Subject::Trail(_) | Subject::Each(_) => {
            asked == named || named.ends_with(&format!(":trail/{asked}"))
        }
        // An alias leads to any key; a key has an ARN and an id.
        Subject::Member("KeyId") => {
            asked == named
                || asked.starts_with("alias/")
                || asked.contains(":alias/")
                || named.ends_with(&format!(":key/{asked}"))
        }
        _ => asked == named,
    }
}

/// Whether the rest of a file name says what the content says: the same, or the last part of the ARN.
fn says(operation: &Operation, rest: &str, named: &str) -> bool {
    let is_last = named
        .strip_suffix(rest)
        .is_some_and(|before| before.ends_with([':', '/']));
    fits(operation, rest, named) || is_last
}

/// What is wrong where an answer is about something that was not asked.
pub(super) fn contradiction(
    operation: &Operation,
    request: &Value,
    value: &Value,
) -> Option<String> {
    let asked: Vec<&str> = match operation.subject {
        Subject::Everything | Subject::AlarmTypes => Vec::new(),
        Subject::Member(member)
        | Subject::Trail(member)
        | Subject::LogGroup(member)
        | Subject::Each(member) => {
            let asked = request.get(member);
            let list = asked.and_then(Value::as_array);
            let items = list.into_iter().flatten().filter_map(Value::as_str);
            asked
                .and_then(Value::as_str)
                .into_iter()
                .chain(items)
                .collect()
        }
        Subject::LogGroups => text(request, "logGroupNamePrefix").into_iter().collect(),
    };
    let first = asked.first()?;
    let stray = named(operation, value)
        .into_iter()
        .find(|named| !asked.iter().any(|asked| fits(operation, asked, named)))?;
    Some(format!(
        "is about `{stray}` and was asked for about `{first}`"
    ))
}

/// The questions that a file answers, from the rest of its name and its content; the error says what is not known.
///
/// `all` where the file's name says that the list was asked for without a subject.
pub(super) fn asked(
    operation: &Operation,
    rest: Option<&str>,
    value: &Value,
    all: bool,
) -> Result<Vec<Asked>, Doubt> {
    let whole = |request: Value| Ok(vec![Asked::whole(request)]);
    match operation.name {
        "DescribeAlarms" => return whole(alarm_types(rest, value)),
        "DescribeTrails" => {
            let trails = named(operation, value);
            let one = rest.and_then(|rest| trails.iter().find(|arn| says(operation, rest, arn)));
            return whole(one.map_or_else(|| json!({}), |arn| json!({ "trailNameList": [arn] })));
        }
        "DescribeLogGroups" => return log_groups(operation, rest, value).and_then(whole),
        // Without a bus the default one is meant.
        "ListRules" => {
            let buses = each(value, &["Rules", "EventBusName"]);
            return whole(match buses.as_slice() {
                [bus] if bus != "default" => json!({ "EventBusName": bus }),
                _ => json!({}),
            });
        }
        _ => {}
    }
    let (member, noun) = match (operation.subject, operation.name) {
        // Asked for all alarms at once is asked for the history of each.
        (Subject::Member(_), "ListAlarmMuteRules") => return whole(json!({})),
        (Subject::Member(member), _) => (member, operation.noun),
        (Subject::LogGroup(member), _) => (member, "log group"),
        (Subject::Trail(member), _) => (member, "trail"),
        (Subject::Everything | Subject::Each(_) | Subject::LogGroups | Subject::AlarmTypes, _) => {
            return whole(json!({}));
        }
    };
    let what = match noun {
        "" => "about what".to_owned(),
        noun => format!("of which {noun}"),
    };
    let names = named(operation, value);
    if let Some(rest) = rest {
        let stray = names.iter().find(|name| !says(operation, rest, name));
        if let Some(stray) = stray {
            return Err(Doubt::torn(rest, stray));
        }
        let subject = names.first().map_or(rest, String::as_str);
        return whole(json!({ member: subject }));
    }
    match (names.as_slice(), operation.items()) {
        ([], _) => Err(Doubt::Unsaid(what)),
        ([one], _) if !all => whole(json!({ member: one })),
        ([_, _, ..], Some(by)) if is_of_region(operation, value, by) => whole(json!({})),
        (names, Some(by)) if is_split(operation) => parts(operation, names, value, member, by),
        _ => Err(Doubt::Unsaid(what)),
    }
}

/// Whether these are the metric filters of all log groups of a Region: those of several groups come without a log group
/// asked for, and they are of one metric where that was asked for.
fn is_of_region(operation: &Operation, value: &Value, (list, by): (&str, &str)) -> bool {
    let items = value.get(list).and_then(Value::as_array);
    let mut items = items.into_iter().flatten();
    let of = |member| texts_at(value, &[list, "metricTransformations", member]);
    let metrics: BTreeSet<(&str, &str)> = of("metricNamespace")
        .into_iter()
        .zip(of("metricName"))
        .collect();
    operation.name == "DescribeMetricFilters"
        && metrics.len() > 1
        && items.all(|item| text(item, by).is_some())
}

/// Whether the list may be asked for without a subject, and each item names its own.
fn is_split(operation: &Operation) -> bool {
    matches!(
        operation.name,
        "DescribeMetricFilters" | "DescribeSubscriptionFilters" | "ListSubscriptionsByTopic"
    )
}

/// The answer to a list that was asked for without a subject, as one answer for each subject that is in it. Of others
/// it may say nothing: AWS may have been asked for some items alone.
fn parts(
    operation: &Operation,
    names: &[String],
    value: &Value,
    member: &str,
    (list, by): (&'static str, &'static str),
) -> Result<Vec<Asked>, Doubt> {
    let items = value.get(list).and_then(Value::as_array);
    let items: &[Value] = items.map_or(&[], Vec::as_slice);
    if items.iter().any(|item| text(item, by).is_none()) {
        let what = format!("of what an item of `{list}` is: `{by}` is missing");
        return Err(Doubt::Unsaid(what));
    }
    let mut asked = Vec::new();
    for name in names {
        // ListSubscriptions shows the subscriptions of the account that asks, and others may subscribe to its topics:
        // what it says of a topic is enough only where somebody is surely told.
        let confirmed = operation.name != "ListSubscriptionsByTopic"
            || items.iter().any(|item| {
                text(item, by) == Some(name)
                    && text(item, "SubscriptionArn").is_some_and(arn::is_arn)
            });
        if confirmed {
            asked.push(Asked {
                request: json!({ member: name }),
                part: Some(Part {
                    list,
                    member: by,
                    value: name.clone(),
                }),
            });
        }
    }
    if asked.is_empty() {
        let what = "whether another account subscribes, as list-subscriptions-by-topic would";
        return Err(Doubt::unsaid(what));
    }
    Ok(asked)
}

/// A prefix may have been asked for: without one in the name only the groups that are there were surely asked about.
fn log_groups(operation: &Operation, rest: Option<&str>, value: &Value) -> Result<Value, Doubt> {
    let names = named(operation, value);
    if let Some(rest) = rest {
        return match names.iter().find(|name| !fits(operation, rest, name)) {
            None => Ok(json!({ "logGroupNamePrefix": rest })),
            Some(stray) => Err(Doubt::torn(rest, stray)),
        };
    }
    if names.is_empty() {
        Err(Doubt::unsaid("of which log group"))
    } else {
        Ok(json!({ "logGroupIdentifiers": names }))
    }
}

/// Without `--alarm-types` AWS answers with metric alarms alone, and the AWS CLI prints the other lists as empty: only
/// the types of alarms that are there were surely asked for. A file that is named by an alarm in it holds that alone.
fn alarm_types(rest: Option<&str>, value: &Value) -> Value {
    let named: Vec<&str> = ALARM_TYPES
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
    let there: Vec<&str> = ALARM_TYPES
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
        request.insert("AlarmTypes".to_owned(), there.iter().copied().collect());
    }
    let is_alarm = |rest: &str| {
        there.iter().any(|kind| {
            each(value, &[&format!("{kind}s"), "AlarmName"])
                .iter()
                .any(|name| name == rest)
        })
    };
    if let Some(rest) = rest.filter(|rest| is_alarm(rest)) {
        request.insert("AlarmNames".to_owned(), json!([rest]));
    }
    Value::Object(request)
}

/// The request for some of the types of alarms that a request asks for.
pub(super) fn for_types(request: &Value, types: &[&Value]) -> Value {
    let mut request = request.clone();
    if let Some(member) = request.get_mut("AlarmTypes") {
        *member = types.iter().copied().cloned().collect();
    }
    request
}

/// Types of alarms that were asked for: those that the answer has a list of, and those that it leaves out.
///
/// An AWS CLI that is older than a type leaves its list out, and would seem to say that there are none.
pub(super) fn told_types<'r>(
    operation: &Operation,
    request: &'r Value,
    value: &Value,
) -> Option<(Vec<&'r Value>, Vec<&'r Value>)> {
    let types = request.get("AlarmTypes")?.as_array()?;
    (operation.name == "DescribeAlarms").then(|| {
        types.iter().partition(|kind| {
            kind.as_str()
                .is_some_and(|kind| value.get(format!("{kind}s")).is_some())
        })
    })
}
