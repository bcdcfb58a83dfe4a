//! One alternative of a filter policy against one value of the message, operator by operator.

use std::net::IpAddr;

use serde_json::Value;

use super::Found;
use super::form::Form;
use super::message::Part;
use crate::aws::answer;

/// The operators of filter policies, which are no names of fields where `$or` is looked for.
const OPERATORS: [&str; 7] = [
    "prefix",
    "suffix",
    "equals-ignore-case",
    "anything-but",
    "cidr",
    "numeric",
    "exists",
];

/// Whether a name is reserved for an operator.
pub(super) fn is_operator(name: &str) -> bool {
    OPERATORS.contains(&name)
}

impl Part {
    /// The part as it is told.
    pub(super) fn found(&self) -> Found {
        match self {
            Self::Known(value) => Found::Values {
                values: vec![value.to_string()],
            },
            Self::OneOf(values) => Found::Values {
                values: values.iter().map(Value::to_string).collect(),
            },
            Self::Text(form) => Found::Text(form.clone()),
            Self::Array(elements) => {
                let values = elements.iter().filter_map(|element| match element {
                    Self::Known(value) => Some(value.to_string()),
                    _ => None,
                });
                Found::Values {
                    values: values.collect(),
                }
            }
            Self::Object(_) => Found::Object,
            Self::Open => Found::NotKnown,
        }
    }
}

/// One alternative against a value of the message, or its absence; `None` if it cannot be decided.
pub(super) fn alternative(wanted: &Value, found: Option<&Part>) -> Option<bool> {
    if let Some(exists) = operand(wanted, "exists") {
        let there = match found {
            None => false,
            Some(Part::Known(Value::Null) | Part::Object(_) | Part::Open) => return None,
            // The operator is for leaves; what it makes of an array without any is not documented.
            Some(Part::Array(elements)) if !elements.iter().any(is_leaf) => return None,
            Some(_) => true,
        };
        return exists.as_bool().map(|exists| exists == there);
    }
    match found {
        // Every operator but `exists` needs the key.
        None => is_understood(wanted).then_some(false),
        Some(Part::Known(value)) => scalar(wanted, &Scalar::Known(value)),
        Some(Part::Text(form)) => scalar(wanted, &Scalar::Form(form)),
        Some(Part::OneOf(values)) => {
            let mut answers = values
                .iter()
                .map(|value| scalar(wanted, &Scalar::Known(value)));
            let first = answers.next()??;
            answers.all(|answer| answer == Some(first)).then_some(first)
        }
        // How SNS reads an empty array is not documented.
        Some(Part::Array(elements)) if elements.is_empty() => None,
        Some(Part::Array(elements)) => answer::any(
            elements
                .iter()
                .map(|element| alternative(wanted, Some(element))),
        ),
        Some(Part::Object(_) | Part::Open) => None,
    }
}

fn is_leaf(part: &Part) -> bool {
    matches!(part, Part::Known(_) | Part::Text(_) | Part::OneOf(_))
}

/// The operand of an operator object with that one operator.
fn operand<'a>(wanted: &'a Value, operator: &str) -> Option<&'a Value> {
    wanted
        .as_object()
        .filter(|members| members.len() == 1)?
        .get(operator)
}

fn is_understood(wanted: &Value) -> bool {
    match wanted {
        Value::Object(_) => OPERATORS
            .iter()
            .any(|operator| operand(wanted, operator).is_some()),
        Value::Array(_) => false,
        _ => true,
    }
}

/// A value that is known, or of which the form is.
enum Scalar<'a> {
    Known(&'a Value),
    Form(&'a Form),
}

/// One alternative against a single value.
fn scalar(wanted: &Value, found: &Scalar<'_>) -> Option<bool> {
    if !wanted.is_object() {
        return found.equals(wanted);
    }
    if let Some(operand) = operand(wanted, "anything-but") {
        return match (operand, found) {
            // That `null` is something is documented nowhere.
            (_, Scalar::Known(Value::Null)) => None,
            (Value::Array(listed), _) => {
                answer::any(listed.iter().map(|listed| found.equals(listed)))
            }
            (Value::Object(_), _) => affix(operand, found),
            (listed, _) => found.equals(listed),
        }
        .map(|listed| !listed);
    }
    if let Some(conditions) = operand(wanted, "numeric") {
        return match found {
            Scalar::Known(value) => numeric(conditions.as_array()?, value),
            Scalar::Form(_) => Some(false),
        };
    }
    if operand(wanted, "cidr").is_some() {
        // Hardly a text of the message is an address.
        let address = match found {
            Scalar::Known(value) => value
                .as_str()
                .is_some_and(|text| text.parse::<IpAddr>().is_ok()),
            Scalar::Form(_) => false,
        };
        return (!address).then_some(false);
    }
    affix(wanted, found)
}

impl Scalar<'_> {
    /// Exact equality: texts by their case, numbers by their value.
    fn equals(&self, wanted: &Value) -> Option<bool> {
        match (wanted, self) {
            (Value::Object(_) | Value::Array(_), _) => None,
            (Value::String(text), Self::Form(form)) => form.equals(text),
            (_, Self::Form(_)) => Some(false),
            (Value::Number(wanted), Self::Known(Value::Number(found))) => {
                Some(close(wanted.as_f64()?, found.as_f64()?))
            }
            (wanted, Self::Known(found)) => Some(wanted == *found),
        }
    }
}

/// `prefix`, `suffix`, `equals-ignore-case`.
fn affix(wanted: &Value, found: &Scalar<'_>) -> Option<bool> {
    type OnText = fn(&str, &str) -> bool;
    type OnForm = fn(&Form, &str) -> Option<bool>;
    let tests: [(&str, OnText, OnForm); 3] = [
        (
            "prefix",
            |found, wanted| found.starts_with(wanted),
            Form::starts_with,
        ),
        (
            "suffix",
            |found, wanted| found.ends_with(wanted),
            Form::ends_with,
        ),
        (
            "equals-ignore-case",
            |found, wanted| found.to_lowercase() == wanted.to_lowercase(),
            Form::equals_ignoring_case,
        ),
    ];
    let (wanted, on_text, on_form) = tests.iter().find_map(|(name, on_text, on_form)| {
        Some((operand(wanted, name)?.as_str()?, on_text, on_form))
    })?;
    match found {
        Scalar::Known(value) => Some(value.as_str().is_some_and(|found| on_text(found, wanted))),
        Scalar::Form(form) => on_form(form, wanted),
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
