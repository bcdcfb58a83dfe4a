//! Condition blocks of a policy statement, on what is known of a request that CloudWatch makes for an alarm.

use serde_json::{Map, Value};

use super::{Request, glob};
use crate::aws::answer::Answer;

/// What the request carries under a condition key.
enum Found {
    Value(String),
    Absent,
    /// Nothing documents it.
    Open,
}

impl Request<'_> {
    fn lookup(&self, key: &str) -> Found {
        let value = |text: &str| Found::Value(text.to_owned());
        let part = |arn: &str, index: usize| arn.split(':').nth(index).map_or(Found::Open, value);
        match key {
            // CloudWatch does not send an ARN that is not plain ASCII.
            "aws:sourcearn" if !self.alarm_arn.is_ascii() => Found::Open,
            "aws:sourcearn" => value(self.alarm_arn),
            "aws:sourceaccount" | "aws:sourceowner" => part(self.alarm_arn, 4),
            "aws:sourceorgid" => self.organization.map_or(Found::Open, value),
            "aws:securetransport" | "aws:principalisawsservice" => value("true"),
            "aws:principalservicename" => value(super::CLOUDWATCH),
            "aws:requestedregion" => part(self.resource, 3),
            // A service principal belongs to no organization, and calls from no VPC of the customer.
            "aws:principalorgid"
            | "aws:principalorgpaths"
            | "aws:sourcevpc"
            | "aws:sourcevpce"
            | "aws:vpcsourceip" => Found::Absent,
            _ => Found::Open,
        }
    }
}

/// Whether every condition of the block holds.
pub(super) fn holds(block: &Map<String, Value>, request: &Request<'_>) -> Answer {
    Answer::all(block.iter().flat_map(|(operator, keys)| {
        match keys.as_object() {
            Some(keys) => keys
                .iter()
                .map(|(key, values)| one(operator, key, values, request))
                .collect(),
            None => vec![Answer::Maybe(format!("the condition `{operator}`"))],
        }
    }))
}

fn one(operator: &str, key: &str, values: &Value, request: &Request<'_>) -> Answer {
    let open = || Answer::Maybe(format!("the condition `{operator}` on `{key}`"));
    let lower = operator.to_ascii_lowercase();
    let (quantifier, rest) = match lower.split_once(':') {
        Some((quantifier @ ("foranyvalue" | "forallvalues"), rest)) => (Some(quantifier), rest),
        Some(_) => return open(),
        None => (None, lower.as_str()),
    };
    let (name, if_exists) = rest
        .strip_suffix("ifexists")
        .map_or((rest, false), |name| (name, true));
    let Some(values) =
        texts(values).filter(|values| !values.iter().any(|value| value.contains("${")))
    else {
        return open();
    };
    let found = match request.lookup(&key.to_ascii_lowercase()) {
        Found::Open => return open(),
        Found::Value(value) => Some(value),
        Found::Absent => None,
    };
    if name == "null" {
        let wanted = values
            .iter()
            .map(|value| match value.to_ascii_lowercase().as_str() {
                "true" => Answer::from(found.is_none()),
                "false" => Answer::from(found.is_some()),
                _ => open(),
            });
        return Answer::any(wanted);
    }
    let Some((test, negated)) = test(name) else {
        return open();
    };
    let Some(found) = found else {
        return match quantifier {
            Some("forallvalues") => Answer::Yes,
            Some(_) => Answer::from(if_exists),
            None => Answer::from(if_exists || negated),
        };
    };
    let answer = Answer::any(values.iter().map(|value| test(value, &found)));
    if negated { answer.not() } else { answer }
}

/// The comparison of a wanted with a found value, and whether the operator negates it.
type Test = fn(&str, &str) -> Answer;

fn test(name: &str) -> Option<(Test, bool)> {
    let equals: Test = |wanted, found| (wanted == found).into();
    let ignoring_case: Test =
        |wanted, found| (wanted.to_lowercase() == found.to_lowercase()).into();
    let like: Test = |wanted, found| glob::matches(wanted, found).into();
    let arn: Test = glob::matches_arn;
    let bool: Test = |wanted, found| wanted.eq_ignore_ascii_case(found).into();
    Some(match name {
        "stringequals" => (equals, false),
        "stringnotequals" => (equals, true),
        "stringequalsignorecase" => (ignoring_case, false),
        "stringnotequalsignorecase" => (ignoring_case, true),
        "stringlike" => (like, false),
        "stringnotlike" => (like, true),
        "arnequals" | "arnlike" => (arn, false),
        "arnnotequals" | "arnnotlike" => (arn, true),
        "bool" => (bool, false),
        _ => return None,
    })
}

/// A value or a list of values as texts; booleans and numbers count as what they are written like.
fn texts(values: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match values {
        Value::Array(values) => values.iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    }
}
