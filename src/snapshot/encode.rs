//! The way back: a response in the AWS CLI's JSON form, written as the operation's protocol writes it.
//!
//! For snapshots whose answers were changed (redacted) or never were on the wire (imported), so that they can be served
//! to an SDK. `decode` gives back the same value.

use minicbor::Encoder;
use minicbor::data::Tag;
use serde_json::{Map, Value, json};

use super::decode;
use super::operations::{Operation, Protocol};

/// Members that are real numbers where a whole number may stand.
const REAL: &[&str] = &["Threshold"];

/// A response as the operation's protocol sends it: media type and body.
pub fn response(operation: &Operation, response: &Value) -> (&'static str, Vec<u8>) {
    match operation.protocol {
        Protocol::AwsJson { .. } | Protocol::RestJson { .. } => {
            let body = epoch_seconds(response, operation.times);
            (json_type(operation), body.to_string().into_bytes())
        }
        Protocol::Query { .. } => ("text/xml", xml(operation, response).into_bytes()),
        Protocol::RpcV2Cbor { .. } => {
            let mut encoder = Encoder::new(Vec::new());
            cbor(&mut encoder, "", response, operation.times);
            ("application/cbor", encoder.into_writer())
        }
    }
}

/// An error as the operation's protocol sends it: media type and body.
pub fn error(operation: &Operation, code: &str, message: &str) -> (&'static str, Vec<u8>) {
    match operation.protocol {
        Protocol::AwsJson { .. } | Protocol::RestJson { .. } => {
            let body = json!({"__type": code, "message": message});
            (json_type(operation), body.to_string().into_bytes())
        }
        Protocol::Query { .. } => {
            let mut body = String::from("<ErrorResponse><Error><Type>Sender</Type><Code>");
            escape(code, &mut body);
            body.push_str("</Code><Message>");
            escape(message, &mut body);
            body.push_str("</Message></Error></ErrorResponse>");
            ("text/xml", body.into_bytes())
        }
        Protocol::RpcV2Cbor { .. } => {
            let mut encoder = Encoder::new(Vec::new());
            cbor(
                &mut encoder,
                "",
                &json!({"__type": code, "message": message}),
                &[],
            );
            ("application/cbor", encoder.into_writer())
        }
    }
}

fn json_type(operation: &Operation) -> &'static str {
    match operation.protocol {
        Protocol::AwsJson { .. } => "application/x-amz-json-1.1",
        _ => "application/json",
    }
}

/// JSON protocols write timestamps as seconds since the epoch.
fn epoch_seconds(value: &Value, times: &[&str]) -> Value {
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| epoch_seconds(item, times))
            .collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| {
                let seconds = times
                    .contains(&name.as_str())
                    .then(|| seconds(member))
                    .flatten();
                let member = match seconds {
                    Some(seconds) => json!(seconds),
                    None => epoch_seconds(member, times),
                };
                (name.clone(), member)
            });
            Value::Object(members.collect())
        }
        scalar => scalar.clone(),
    }
}

fn seconds(value: &Value) -> Option<f64> {
    let time: jiff::Timestamp = value.as_str()?.parse().ok()?;
    // Exact for milliseconds within any century that matters.
    Some(time.as_millisecond() as f64 / 1000.0)
}

fn xml(operation: &Operation, response: &Value) -> String {
    let name = operation.name;
    let mut out = format!("<{name}Response><{name}Result>");
    if let Value::Object(members) = response {
        for (member, value) in members {
            element(member, value, &mut out);
        }
    }
    out.push_str(&format!("</{name}Result></{name}Response>"));
    out
}

fn element(name: &str, value: &Value, out: &mut String) {
    out.push_str(&format!("<{name}>"));
    match value {
        Value::Array(items) => {
            for item in items {
                element("member", item, out);
            }
        }
        // The one map of SNS; other objects are structures.
        Value::Object(members) if name == "Attributes" => entries(members, out),
        Value::Object(members) => {
            for (member, value) in members {
                element(member, value, out);
            }
        }
        Value::String(text) => escape(text, out),
        scalar => out.push_str(&scalar.to_string()),
    }
    out.push_str(&format!("</{name}>"));
}

fn entries(members: &Map<String, Value>, out: &mut String) {
    for (key, value) in members {
        out.push_str("<entry><key>");
        escape(key, out);
        out.push_str("</key>");
        element("value", value, out);
        out.push_str("</entry>");
    }
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A reader would make a line feed of it.
            '\r' => out.push_str("&#xD;"),
            plain => out.push(plain),
        }
    }
}

fn cbor(out: &mut Encoder<Vec<u8>>, name: &str, value: &Value, times: &[&str]) {
    // Writing to memory cannot fail.
    let _ = match value {
        Value::Null => out.null().map(drop),
        Value::Bool(value) => out.bool(*value).map(drop),
        Value::Number(number) => {
            let text = number.to_string();
            match text.parse::<i64>() {
                Ok(integer) if !REAL.contains(&name) => out.i64(integer).map(drop),
                _ => out.f64(text.parse().unwrap_or(0.0)).map(drop),
            }
        }
        Value::String(text) => match seconds(value).filter(|_| times.contains(&name)) {
            Some(seconds) => out
                .tag(Tag::new(1))
                .and_then(|out| out.f64(seconds))
                .map(drop),
            None => out.str(text).map(drop),
        },
        Value::Array(items) => out.array(items.len() as u64).map(|out| {
            for item in items {
                cbor(out, "", item, times);
            }
        }),
        Value::Object(members) => out.map(members.len() as u64).map(|out| {
            for (name, member) in members {
                let _ = out.str(name);
                cbor(out, name, member, times);
            }
        }),
    };
}

/// A call whose answer is in the AWS CLI's JSON form, with its answer as the wire would have it.
///
/// Calls in another form, of unknown operations, or without a readable answer come back as they are.
pub fn on_the_wire(mut call: super::Call) -> super::Call {
    let Some(operation) = super::operations::find(&call.service, &call.operation) else {
        return call;
    };
    if call.media_type != super::AWS_CLI_JSON {
        return call;
    }
    let (media_type, body) = match &call.error {
        Some((code, message)) => error(operation, code, message),
        None => match decode::response(&call) {
            Ok(value) => response(operation, &value),
            Err(_) => return call,
        },
    };
    call.media_type = media_type.to_owned();
    call.body = body;
    call
}
