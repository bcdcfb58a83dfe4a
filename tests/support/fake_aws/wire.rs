//! Requests and responses of the fake AWS in the four protocols.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use trailproof::snapshot::operations::{Operation, Protocol};

use super::ApiError;

pub(super) fn form(text: &str) -> Map<String, Value> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            let mut bytes = Vec::new();
            let mut pieces = value.split('%');
            bytes.extend(pieces.next().unwrap_or_default().replace('+', " ").bytes());
            for piece in pieces {
                bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
                bytes.extend(piece[2..].replace('+', " ").bytes());
            }
            (
                name.to_owned(),
                Value::from(String::from_utf8(bytes).unwrap()),
            )
        })
        .collect()
}

/// Requests have definite and indefinite maps and lists of texts and numbers.
pub(super) fn from_cbor(decoder: &mut minicbor::Decoder<'_>) -> Value {
    use minicbor::data::Type;
    match decoder.datatype().unwrap() {
        Type::Map | Type::MapIndef => {
            let length = decoder.map().unwrap();
            let mut members = Map::new();
            while length.map_or_else(
                || decoder.datatype().unwrap() != Type::Break,
                |length| (members.len() as u64) < length,
            ) {
                let name = decoder.str().unwrap().to_owned();
                members.insert(name, from_cbor(decoder));
            }
            if length.is_none() {
                decoder.skip().unwrap();
            }
            Value::Object(members)
        }
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array().unwrap();
            let mut items = Vec::new();
            while length.map_or_else(
                || decoder.datatype().unwrap() != Type::Break,
                |length| (items.len() as u64) < length,
            ) {
                items.push(from_cbor(decoder));
            }
            if length.is_none() {
                decoder.skip().unwrap();
            }
            Value::Array(items)
        }
        Type::String => Value::from(decoder.str().unwrap()),
        Type::Bool => Value::from(decoder.bool().unwrap()),
        _ => Value::from(decoder.i64().unwrap()),
    }
}

pub(super) fn encode(operation: &Operation, output: &Result<Value, ApiError>) -> (u16, Vec<u8>) {
    let status = output.as_ref().map_or_else(|error| error.status, |_| 200);
    let body = match (operation.protocol, output) {
        (Protocol::AwsJson { .. } | Protocol::RestJson { .. }, Ok(output)) => {
            let output = as_epoch(operation, "", output);
            serde_json::to_vec(&output).unwrap()
        }
        (Protocol::AwsJson { .. }, Err(error)) => {
            let error = json!({"__type": error.code, "message": error.message});
            serde_json::to_vec(&error).unwrap()
        }
        (Protocol::RestJson { .. }, Err(error)) => {
            serde_json::to_vec(&json!({"message": error.message})).unwrap()
        }
        (Protocol::RpcV2Cbor { .. }, output) => {
            let value = match output {
                Ok(output) => output.clone(),
                Err(error) => json!({"__type": format!("com.amazonaws.cloudwatch#{}", error.code), "message": error.message}),
            };
            let mut encoder = minicbor::Encoder::new(Vec::new());
            to_cbor(operation, "", &value, &mut encoder);
            encoder.into_writer()
        }
        (Protocol::Query { version }, Ok(output)) => {
            let name = operation.name;
            let mut xml = format!("<{name}Response xmlns=\"http://fake.example.com/doc/{version}/\"><{name}Result>");
            to_xml(output, &mut xml);
            xml.push_str(&format!("</{name}Result><ResponseMetadata><RequestId>fake</RequestId></ResponseMetadata></{name}Response>"));
            xml.into_bytes()
        }
        (Protocol::Query { .. }, Err(error)) => format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>fake</RequestId></ErrorResponse>",
            error.code, escaped(&error.message)
        )
        .into_bytes(),
    };
    (status, body)
}

fn epoch(text: &str) -> f64 {
    let time: Timestamp = text.parse().unwrap();
    time.as_millisecond() as f64 / 1000.0
}

/// Times as JSON protocols write them.
fn as_epoch(operation: &Operation, name: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), as_epoch(operation, name, value)))
            .collect(),
        Value::Array(items) => items
            .iter()
            .map(|item| as_epoch(operation, name, item))
            .collect(),
        Value::String(text) if operation.times.contains(&name) => json!(epoch(text)),
        value => value.clone(),
    }
}

fn to_cbor(
    operation: &Operation,
    name: &str,
    value: &Value,
    encoder: &mut minicbor::Encoder<Vec<u8>>,
) {
    match value {
        Value::Null => drop(encoder.null()),
        Value::Bool(value) => drop(encoder.bool(*value)),
        Value::Number(number) => {
            let text = number.to_string();
            match text.parse::<i64>() {
                Ok(number) => drop(encoder.i64(number)),
                Err(_) => drop(encoder.f64(text.parse().unwrap())),
            }
        }
        Value::String(text) if operation.times.contains(&name) => {
            drop(
                encoder
                    .tag(minicbor::data::Tag::new(1))
                    .unwrap()
                    .f64(epoch(text)),
            );
        }
        Value::String(text) => drop(encoder.str(text)),
        Value::Array(items) => {
            encoder.array(items.len() as u64).unwrap();
            for item in items {
                to_cbor(operation, name, item, encoder);
            }
        }
        Value::Object(members) => {
            encoder.map(members.len() as u64).unwrap();
            for (name, value) in members {
                encoder.str(name).unwrap();
                to_cbor(operation, name, value, encoder);
            }
        }
    }
}

fn to_xml(value: &Value, xml: &mut String) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                xml.push_str(&format!("<{name}>"));
                match value {
                    // The one map of these protocols; every other object is a structure.
                    Value::Object(entries) if name == "Attributes" => {
                        for (key, value) in entries {
                            xml.push_str(&format!("<entry><key>{key}</key><value>"));
                            to_xml(value, xml);
                            xml.push_str("</value></entry>");
                        }
                    }
                    value => to_xml(value, xml),
                }
                xml.push_str(&format!("</{name}>"));
            }
        }
        Value::Array(items) => {
            for item in items {
                xml.push_str("<member>");
                to_xml(item, xml);
                xml.push_str("</member>");
            }
        }
        Value::String(text) => xml.push_str(&escaped(text)),
        value => xml.push_str(&value.to_string()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
