//! The one normal form of decoded responses.

use jiff::Timestamp;
use serde_json::{Map, Number, Value};

use crate::snapshot::evidence::format_time;
use crate::snapshot::operations::Operation;

/// Drops nulls, shortens numbers, writes timestamps in one way and empty lists as lists.
pub(super) fn normal(mut value: Value, operation: Option<&Operation>) -> Value {
    let times = operation.map_or(&[][..], |operation| operation.times);
    members(&mut value, times);
    if let (Some(operation), Value::Object(members)) = (operation, &mut value) {
        for list in operation.lists {
            // An empty XML element does not say whether it is a list.
            if members.get(*list).and_then(Value::as_str) == Some("") {
                members.insert((*list).to_owned(), Value::Array(Vec::new()));
            }
        }
        if members.get("Attributes").and_then(Value::as_str) == Some("") {
            members.insert("Attributes".to_owned(), Value::Object(Map::new()));
        }
    }
    value
}

fn members(value: &mut Value, times: &[&str]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| members(item, times)),
        Value::Object(object) => {
            object.retain(|_, member| !member.is_null());
            for (name, member) in object {
                let is_time = times.contains(&name.as_str());
                match is_time.then(|| timestamp(member)).flatten() {
                    Some(time) => *member = Value::String(time),
                    None => members(member, times),
                }
            }
        }
        Value::Number(number) => {
            if let Some(shortest) = shortest(number) {
                *number = shortest;
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A number in its shortest decimal form, so that `1`, `1.0` and `1E0` are one.
fn shortest(number: &Number) -> Option<Number> {
    let text = number.as_str();
    if let Ok(integer) = text.parse::<i128>() {
        return integer.to_string().parse().ok();
    }
    match text.parse::<f64>() {
        // Adding zero turns negative zero into zero.
        Ok(float) if float.is_finite() => (float + 0.0).to_string().parse().ok(),
        _ => None,
    }
}

/// A timestamp written as seconds since the epoch or in RFC 3339; none for anything else.
pub(super) fn timestamp(value: &Value) -> Option<String> {
    let time = match value {
        Value::Number(seconds) => return seconds_since_epoch(seconds.to_string().parse().ok()?),
        Value::String(text) => text.parse::<Timestamp>().ok()?,
        _ => return None,
    };
    // AWS gives milliseconds at most.
    Timestamp::from_millisecond(time.as_millisecond())
        .ok()
        .map(format_time)
}

/// Seconds since the epoch as the snapshot writes times; none out of range.
pub(super) fn seconds_since_epoch(seconds: f64) -> Option<String> {
    let milliseconds = (seconds * 1000.0).round();
    // Far beyond any date, and exactly representable.
    if milliseconds.is_nan() || milliseconds.abs() > 1e15 {
        return None;
    }
    // Truncation cannot happen within the bound above.
    Timestamp::from_millisecond(milliseconds as i64)
        .ok()
        .map(format_time)
}
