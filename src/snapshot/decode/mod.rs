//! Response bodies of every wire form, read into the JSON form that the AWS CLI prints.
//!
//! JSON 1.1, REST JSON, query XML and rpc-v2-cbor all come out alike: the same body recorded over two protocols, or
//! imported from the AWS CLI's own output, gives the same value. It must not panic on any bytes, and must not judge.

mod cbor;
mod normal;
mod xml;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::evidence::{AWS_CLI_JSON, Call};
use super::operations::{self, Operation, Protocol};
use crate::aws::json::{named_twice, outside_strings};

/// No response nests deeper; foreign bytes may, and would exhaust the stack.
const MAX_DEPTH: usize = 100;

/// The most values that one body may hold: what a list of ten thousand alarms comes to, and more.
const MAX_ITEMS: usize = 1_000_000;

/// Why a response body could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(String);

impl DecodeError {
    fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Xml,
    Cbor,
}

/// One CBOR item that fills a whole body, as it stands: of a request too.
#[cfg(feature = "collect")]
pub(crate) fn cbor(body: &[u8]) -> Result<Value, DecodeError> {
    cbor::decode(body)
}

/// The body of a call in the AWS CLI's JSON form.
///
/// Members that are null are left out, numbers are written in their shortest form, members that the operation's model
/// calls timestamps are RFC 3339 in UTC with milliseconds, and its lists are arrays even where XML says nothing.
pub fn response(call: &Call) -> Result<Value, DecodeError> {
    let operation = operations::find(&call.service, &call.operation);
    let value = body(call, operation)?;
    let Value::Object(mut members) = value else {
        return Err(DecodeError::new("the body is not an object"));
    };
    // What boto3 adds to a response, and the AWS CLI leaves out.
    members.remove("ResponseMetadata");
    Ok(normal::normal(Value::Object(members), operation))
}

/// Reads a body by the operation's protocol, as the SDK does, whatever the response called itself: an emulator labels
/// JSON as text/html. What is labelled as another form of AWS's may be that: services change their protocol.
fn body(call: &Call, operation: Option<&Operation>) -> Result<Value, DecodeError> {
    let labelled = labelled(&call.media_type);
    let spoken = operation
        .filter(|_| call.media_type != AWS_CLI_JSON)
        .map(|operation| spoken(operation.protocol));
    match (spoken, labelled) {
        (Some(spoken), None) => read(spoken, &call.body).map_err(|error| {
            let media_type = &call.media_type;
            DecodeError::new(format!("{error}; it is labelled as `{media_type}`"))
        }),
        (Some(spoken), Some(labelled)) if spoken != labelled => {
            read(spoken, &call.body).or_else(|_| read(labelled, &call.body))
        }
        (_, Some(labelled)) => read(labelled, &call.body),
        (None, None) => Err(DecodeError::new(format!(
            "media type `{}` is not one that AWS answers these calls with",
            call.media_type
        ))),
    }
}

fn labelled(media_type: &str) -> Option<Form> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/json" | "application/x-amz-json-1.1" | "application/x-amz-json-1.0" => {
            Some(Form::Json)
        }
        "text/xml" | "application/xml" => Some(Form::Xml),
        "application/cbor" => Some(Form::Cbor),
        _ => None,
    }
}

fn spoken(protocol: Protocol) -> Form {
    match protocol {
        Protocol::AwsJson { .. } | Protocol::RestJson { .. } => Form::Json,
        Protocol::Query { .. } => Form::Xml,
        Protocol::RpcV2Cbor { .. } => Form::Cbor,
    }
}

fn read(form: Form, body: &[u8]) -> Result<Value, DecodeError> {
    match form {
        Form::Json => json(body),
        Form::Xml => xml::decode(body),
        Form::Cbor => cbor::decode(body),
    }
}

fn json(body: &[u8]) -> Result<Value, DecodeError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(DecodeError::new("the body is empty"));
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if json_items(body) > MAX_ITEMS {
        return Err(too_many());
    }
    let value = serde_json::from_slice(body)
        .map_err(|error| DecodeError::new(format!("the body is not JSON: {error}")))?;
    match named_twice(body, &value) {
        Some(name) => Err(twice(&name)),
        None => Ok(value),
    }
}

/// No answer of AWS holds a name twice, and readers differ in which value they take.
fn twice(name: &str) -> DecodeError {
    DecodeError::new(format!("`{name}` stands twice in one object"))
}

/// How many values a JSON text holds at most, counted before any of them is kept.
fn json_items(body: &[u8]) -> usize {
    1 + outside_strings(body, b",[{")
}

/// How many values a decoded body holds, itself included.
pub(super) fn items(value: &Value) -> usize {
    // The depth of a decoded body is bounded.
    match value {
        Value::Array(items) => 1 + items.iter().map(self::items).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(self::items).sum::<usize>(),
        _ => 1,
    }
}

fn too_many() -> DecodeError {
    DecodeError::new(format!("the body holds more than {MAX_ITEMS} values"))
}
