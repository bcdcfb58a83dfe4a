//! Condition blocks of a policy statement, on what is known of a request that CloudWatch makes for an alarm.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::decision::{Part, Sent};
use super::glob;
use super::request::Request;
use crate::aws::answer::{self, Ternary};

/// Each condition of the block: all have to hold.
pub(super) fn each(
    block: &Map<String, Value>,
    variables: bool,
    request: &Request<'_>,
) -> Vec<Ternary<Part>> {
    let mut answers = Vec::new();
    for (operator, keys) in block {
        match keys.as_object() {
            Some(keys) => {
                answers.extend(
                    keys.iter()
                        .map(|(key, values)| one(operator, key, values, variables, request)),
                );
            }
            None => answers.push(Ternary::Maybe(Part::Element {
                element: "Condition".to_owned(),
                value: operator.clone(),
            })),
        }
    }
    answers
}

/// The conditions of a block as parts, with what the request carries.
pub(super) fn parts(block: &Map<String, Value>, request: &Request<'_>) -> Vec<Part> {
    let keys = block.iter().filter_map(|(operator, keys)| {
        let keys = keys.as_object()?;
        Some(
            keys.iter()
                .map(|(key, values)| part(operator, key, values, request)),
        )
    });
    keys.flatten().collect()
}

fn part(operator: &str, key: &str, values: &Value, request: &Request<'_>) -> Part {
    Part::Condition {
        operator: operator.to_owned(),
        key: key.to_owned(),
        wanted: texts(values).unwrap_or_else(|| vec![values.to_string()]),
        sent: request.sent(key),
    }
}

/// What a comparison says; `None` if that is not known.
type Truth = Option<bool>;

fn one(
    operator: &str,
    key: &str,
    values: &Value,
    variables: bool,
    request: &Request<'_>,
) -> Ternary<Part> {
    let part = part(operator, key, values, request);
    match truth(operator, values, variables, request, &part) {
        Some(holds) => Ternary::of(holds, part),
        None => Ternary::Maybe(part),
    }
}

fn truth(
    operator: &str,
    values: &Value,
    variables: bool,
    request: &Request<'_>,
    part: &Part,
) -> Truth {
    let Part::Condition { sent, .. } = part else {
        return None;
    };
    let lower = operator.to_ascii_lowercase();
    let (quantifier, rest) = match lower.split_once(':') {
        Some((quantifier @ ("foranyvalue" | "forallvalues"), rest)) => (Some(quantifier), rest),
        Some(_) => return None,
        None => (None, lower.as_str()),
    };
    let (name, if_exists) = rest
        .strip_suffix("ifexists")
        .map_or((rest, false), |name| (name, true));
    let mut values = texts(values)?;
    if variables {
        values = values
            .iter()
            .map(|value| resolved(value, request))
            .collect::<Option<_>>()?;
    }
    if name == "null" {
        let absent = match sent {
            Sent::Value { .. } => false,
            Sent::Nothing => true,
            Sent::NoCustomer | Sent::NotKnown => return None,
        };
        let answers = values.iter().map(|value| match value.as_str() {
            text if text.eq_ignore_ascii_case("true") => Some(absent),
            text if text.eq_ignore_ascii_case("false") => Some(!absent),
            _ => None,
        });
        return answer::any(answers);
    }
    let (test, negated) = test(name)?;
    let found = match sent {
        Sent::Value { value } => value,
        Sent::Nothing => {
            return Some(match quantifier {
                Some("forallvalues") => true,
                Some(_) => if_exists,
                None => if_exists || negated,
            });
        }
        // Whatever it is, it equals no account of a customer.
        Sent::NoCustomer => {
            let account = |value: &String| value.chars().all(|digit| digit.is_ascii_digit());
            let refused = quantifier != Some("forallvalues")
                && !if_exists
                && !negated
                && values.iter().all(account);
            return refused.then_some(false);
        }
        Sent::NotKnown => return None,
    };
    let answer = answer::any(values.iter().map(|value| test(value, found)));
    if negated {
        answer.map(|holds| !holds)
    } else {
        answer
    }
}

/// A value with its policy variables replaced; `None` where one is not known, or would bring wildcards in.
fn resolved(value: &str, request: &Request<'_>) -> Option<String> {
    let mut text = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        let (key, after) = after.split_once('}')?;
        let Sent::Value { value } = request.sent(key.trim()) else {
            return None;
        };
        if value.contains(['*', '?', '$']) {
            return None;
        }
        text.push_str(before);
        text.push_str(&value);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

/// The comparison of a wanted with a found value, and whether the operator negates it.
type Test = fn(&str, &str) -> Truth;

fn test(name: &str) -> Option<(Test, bool)> {
    let (positive, negated) = match name.split_once("not") {
        Some((kind, comparison)) => (format!("{kind}{comparison}"), true),
        None => (name.to_owned(), false),
    };
    let test: Test = match positive.as_str() {
        "stringequals" => |wanted, found| Some(wanted == found),
        "stringequalsignorecase" => {
            |wanted, found| Some(wanted.to_lowercase() == found.to_lowercase())
        }
        "stringlike" => |wanted, found| Some(glob::matches(wanted, found)),
        "arnequals" | "arnlike" => glob::arn_by_parts,
        "bool" => |wanted, found| Some(wanted.eq_ignore_ascii_case(found)),
        "dateequals" | "numericequals" => {
            |wanted, found| ordered(wanted, found, |order| order.is_eq())
        }
        "datelessthan" | "numericlessthan" => {
            |wanted, found| ordered(wanted, found, |order| order.is_lt())
        }
        "datelessthanequals" | "numericlessthanequals" => {
            |wanted, found| ordered(wanted, found, |order| order.is_le())
        }
        "dategreaterthan" | "numericgreaterthan" => {
            |wanted, found| ordered(wanted, found, |order| order.is_gt())
        }
        "dategreaterthanequals" | "numericgreaterthanequals" => {
            |wanted, found| ordered(wanted, found, |order| order.is_ge())
        }
        // No value that is known is an address or binary; on a key that is not sent they say what the others say.
        "ipaddress" | "binaryequals" => |_, _| None,
        _ => return None,
    };
    // `Bool`, `BinaryEquals` and the comparisons of order have no negation.
    let has_negation = matches!(
        positive.as_str(),
        "stringequals"
            | "stringequalsignorecase"
            | "stringlike"
            | "arnequals"
            | "arnlike"
            | "dateequals"
            | "numericequals"
            | "ipaddress"
    );
    (has_negation || !negated).then_some((test, negated))
}

/// How the found number or time compares with the wanted one.
fn ordered(wanted: &str, found: &str, holds: fn(std::cmp::Ordering) -> bool) -> Truth {
    Some(holds(instant(found)?.cmp(&instant(wanted)?)))
}

/// A time as ISO 8601 gives it, or seconds since the epoch.
fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>()
        && text.len() > 4
    {
        return Timestamp::from_second(seconds).ok();
    }
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let date: Date = text.parse().ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
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
