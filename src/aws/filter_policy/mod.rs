//! Subscription filter policies: does the subscription let the alarm's message through?
//!
//! Evaluates both scopes (U04, U05) on the message that CloudWatch publishes when the alarm goes into `ALARM`: it has no
//! message attributes, and its body is known but for prose and times. What cannot be known is unknown. Sees no SQL.

#[cfg(test)]
mod completions;
mod message;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use message::Part;
pub use message::{AlarmMessage, Kind};
use serde_json::{Map, Value};

use super::answer::Answer;

/// What a filter policy does with the message of an alarm that went into `ALARM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filtering {
    /// Lets it through.
    Accepts,
    /// Drops it.
    Rejects {
        /// The key of the policy that no message of this alarm meets.
        key: String,
    },
    /// Depends on something that is not known beforehand.
    Unknown {
        /// What it depends on.
        reason: String,
    },
}

/// Judges a subscription's `FilterPolicy` under its `FilterPolicyScope` (`MessageAttributes` if absent).
pub fn filter(policy: &str, scope: Option<&str>, message: &AlarmMessage) -> Filtering {
    let unknown = |reason: String| Filtering::Unknown { reason };
    let Ok(Value::Object(policy)) = serde_json::from_str::<Value>(policy) else {
        return unknown("the filter policy is not a JSON object".to_owned());
    };
    let body = match scope.unwrap_or("MessageAttributes") {
        // An alarm's message carries none.
        "MessageAttributes" => Part::Object(BTreeMap::new()),
        "MessageBody" => message.body(),
        other => return unknown(format!("the filter policy scope `{other}` is not known")),
    };
    let keys = policy
        .iter()
        .map(|(key, wanted)| (key, member(key, wanted, &body)));
    let mut open = None;
    for (key, answer) in keys {
        match answer {
            Answer::Yes => {}
            Answer::No => return Filtering::Rejects { key: key.clone() },
            Answer::Maybe(what) => open = open.or(Some(what)),
        }
    }
    open.map_or(Filtering::Accepts, unknown)
}

/// All keys of a policy object have to be met.
fn object(policy: &Map<String, Value>, part: &Part) -> Answer {
    Answer::all(policy.iter().map(|(key, wanted)| member(key, wanted, part)))
}

/// One key of a policy object against the message part that should have it.
fn member(key: &str, wanted: &Value, part: &Part) -> Answer {
    let open = |what: &str| Answer::Maybe(format!("the filter policy's `{key}`: {what}"));
    if key == "$or" {
        let branches = wanted.as_array().filter(|branches| branches.len() >= 2);
        let branches: Option<Vec<_>> =
            branches.and_then(|branches| branches.iter().map(Value::as_object).collect());
        return match branches {
            Some(branches) => Answer::any(branches.into_iter().map(|branch| object(branch, part))),
            None => open("not a list of policies"),
        };
    }
    match part {
        Part::Object(members) => match (wanted, members.get(key)) {
            (_, Some(Part::Open)) => open("whether and how the message has it is not known"),
            (Value::Array(wanted), found) => {
                leaf(wanted, found).unwrap_or_else(|| open("not decidable beforehand"))
            }
            (Value::Object(_), None) if !asks_for_absence(wanted) => Answer::No,
            (Value::Object(policy), Some(inner @ (Part::Object(_) | Part::Array(_)))) => {
                object(policy, inner)
            }
            (Value::Object(policy), Some(_) | None) => {
                object(policy, &Part::Object(BTreeMap::new()))
            }
            _ => open("not a list of values"),
        },
        // A key below an array looks into each element.
        Part::Array(elements) if elements.is_empty() => {
            member(key, wanted, &Part::Object(BTreeMap::new()))
        }
        Part::Array(elements) => {
            Answer::any(elements.iter().map(|element| member(key, wanted, element)))
        }
        Part::Known(_) | Part::OneOf(_) | Part::Text(_) => {
            member(key, wanted, &Part::Object(BTreeMap::new()))
        }
        Part::Open => open("whether and how the message has it is not known"),
    }
}

/// Whether a nested policy could be met by a message without the key.
fn asks_for_absence(policy: &Value) -> bool {
    match policy {
        Value::Array(values) => values.iter().any(asks_for_absence),
        Value::Object(members) => {
            members.get("exists") == Some(&Value::Bool(false))
                || members.values().any(asks_for_absence)
        }
        _ => false,
    }
}

/// A list of alternatives against a value of the message, or its absence; `None` if it cannot be decided.
fn leaf(wanted: &[Value], found: Option<&Part>) -> Option<Answer> {
    if wanted.is_empty() {
        return None;
    }
    let answers: Vec<Option<bool>> = wanted
        .iter()
        .map(|wanted| alternative(wanted, found))
        .collect();
    if answers.contains(&Some(true)) {
        return Some(Answer::Yes);
    }
    // One of several old states may meet one alternative and another state another one.
    if let Some(Part::OneOf(values)) = found {
        let each = values
            .iter()
            .map(|value| leaf(wanted, Some(&Part::Known(value.clone()))));
        let each: Vec<Answer> = each.collect::<Option<_>>()?;
        let same = each
            .first()
            .is_some_and(|first| each.iter().all(|other| other == first));
        return each.into_iter().next().filter(|_| same);
    }
    answers
        .iter()
        .all(|answer| *answer == Some(false))
        .then_some(Answer::No)
}

fn alternative(wanted: &Value, found: Option<&Part>) -> Option<bool> {
    if let Some(exists) = operand(wanted, "exists") {
        return match found {
            Some(Part::Object(_) | Part::Open) => None,
            _ => exists.as_bool().map(|exists| exists == found.is_some()),
        };
    }
    match found {
        // Every operator but `exists` needs the key.
        None => known_operator(wanted).then_some(false),
        Some(Part::Known(value)) => scalar(wanted, value),
        Some(Part::Text(possible)) => match wanted {
            Value::String(text) if !possible(text) => Some(false),
            Value::Null | Value::Bool(_) | Value::Number(_) => Some(false),
            _ => None,
        },
        Some(Part::OneOf(values)) => {
            let answers: Vec<_> = values.iter().map(|value| scalar(wanted, value)).collect();
            let first = answers.first().copied().flatten();
            first.filter(|first| answers.iter().all(|answer| *answer == Some(*first)))
        }
        Some(Part::Array(elements)) => {
            let answers: Vec<_> = elements
                .iter()
                .map(|element| alternative(wanted, Some(element)))
                .collect();
            if answers.contains(&Some(true)) {
                return Some(true);
            }
            // How SNS reads an empty array, and `anything-but` on one, is not documented.
            let decided = !answers.is_empty() && answers.iter().all(Option::is_some);
            decided.then_some(false)
        }
        Some(Part::Object(_) | Part::Open) => None,
    }
}

/// The operand of an operator object with that one operator.
fn operand<'a>(wanted: &'a Value, operator: &str) -> Option<&'a Value> {
    wanted
        .as_object()
        .filter(|members| members.len() == 1)?
        .get(operator)
}

fn known_operator(wanted: &Value) -> bool {
    const OPERATORS: [&str; 6] = [
        "prefix",
        "suffix",
        "equals-ignore-case",
        "anything-but",
        "cidr",
        "numeric",
    ];
    match wanted {
        Value::Object(_) => OPERATORS
            .iter()
            .any(|operator| operand(wanted, operator).is_some()),
        Value::Array(_) => false,
        _ => true,
    }
}

/// One alternative against a known value.
fn scalar(wanted: &Value, found: &Value) -> Option<bool> {
    if !wanted.is_object() {
        return same(wanted, found);
    }
    if let Some(operand) = operand(wanted, "anything-but") {
        return match operand {
            Value::Array(listed) => {
                let answers: Option<Vec<bool>> =
                    listed.iter().map(|listed| same(listed, found)).collect();
                answers.map(|answers| !answers.contains(&true))
            }
            Value::Object(_) => affix(operand, found).map(|matches| !matches),
            listed => same(listed, found).map(|same| !same),
        };
    }
    if let Some(conditions) = operand(wanted, "numeric") {
        return numeric(conditions.as_array()?, found);
    }
    if operand(wanted, "cidr").is_some() {
        // No text of the message is an address.
        let address = found
            .as_str()
            .is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok());
        return (!address).then_some(false);
    }
    affix(wanted, found)
}

/// `prefix`, `suffix`, `equals-ignore-case`.
fn affix(wanted: &Value, found: &Value) -> Option<bool> {
    type Test = fn(&str, &str) -> bool;
    let tests: [(&str, Test); 3] = [
        ("prefix", |found, wanted| found.starts_with(wanted)),
        ("suffix", |found, wanted| found.ends_with(wanted)),
        ("equals-ignore-case", |found, wanted| {
            found.to_lowercase() == wanted.to_lowercase()
        }),
    ];
    let (wanted, test) = tests
        .iter()
        .find_map(|(name, test)| Some((operand(wanted, name)?.as_str()?, test)))?;
    Some(found.as_str().is_some_and(|found| test(found, wanted)))
}

/// Exact equality: texts by their case, numbers by their value.
fn same(wanted: &Value, found: &Value) -> Option<bool> {
    match (wanted, found) {
        (Value::Number(wanted), Value::Number(found)) => {
            Some(close(wanted.as_f64()?, found.as_f64()?))
        }
        (Value::Object(_) | Value::Array(_), _) => None,
        (wanted, found) => Some(wanted == found),
    }
}

/// Numbers are compared to five decimals.
fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.000_005
}

fn numeric(conditions: &[Value], found: &Value) -> Option<bool> {
    let Some(found) = found.as_f64() else {
        return Some(false);
    };
    if conditions.is_empty() {
        return None;
    }
    let mut holds = true;
    for pair in conditions.chunks(2) {
        let [operator, limit] = pair else { return None };
        let limit = limit.as_f64()?;
        let equal = close(found, limit);
        holds &= match operator.as_str()? {
            "=" => equal,
            ">" => found > limit && !equal,
            ">=" => found > limit || equal,
            "<" => found < limit && !equal,
            "<=" => found < limit || equal,
            _ => return None,
        };
    }
    Some(holds)
}
