//! rpc-v2-cbor bodies, as CloudWatch sends them.

use base64ct::{Base64, Encoding as _};
use minicbor::data::{Tag, Type};
use minicbor::decode::Decoder;
use serde_json::{Map, Number, Value};

use super::normal::seconds_since_epoch;
use super::{DecodeError, MAX_DEPTH, MAX_ITEMS, too_many, twice};

/// Reads one CBOR item that fills the whole body.
pub(super) fn decode(body: &[u8]) -> Result<Value, DecodeError> {
    let mut decoder = Decoder::new(body);
    let value = item(&mut decoder, 0, &mut 0)?;
    if decoder.position() != body.len() {
        return Err(broken("bytes follow the response"));
    }
    Ok(value)
}

fn item(decoder: &mut Decoder<'_>, depth: usize, items: &mut usize) -> Result<Value, DecodeError> {
    if depth > MAX_DEPTH {
        return Err(broken("it is nested too deeply"));
    }
    *items += 1;
    if *items > MAX_ITEMS {
        return Err(too_many());
    }
    Ok(match decoder.datatype().map_err(fault)? {
        Type::Bool => Value::Bool(decoder.bool().map_err(fault)?),
        Type::Null => {
            decoder.null().map_err(fault)?;
            Value::Null
        }
        Type::Undefined => {
            decoder.undefined().map_err(fault)?;
            Value::Null
        }
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::Int => integer(decoder)?,
        Type::F16 => float(f64::from(decoder.f16().map_err(fault)?)),
        Type::F32 => float(f64::from(decoder.f32().map_err(fault)?)),
        Type::F64 => float(decoder.f64().map_err(fault)?),
        Type::String | Type::StringIndef => Value::String(text(decoder)?),
        Type::Bytes | Type::BytesIndef => {
            let mut bytes = Vec::new();
            for chunk in decoder.bytes_iter().map_err(fault)? {
                bytes.extend_from_slice(chunk.map_err(fault)?);
            }
            // Blobs as the AWS CLI prints them.
            Value::String(Base64::encode_string(&bytes))
        }
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array().map_err(fault)?;
            let mut elements = Vec::new();
            while more(decoder, length, elements.len())? {
                elements.push(item(decoder, depth + 1, items)?);
            }
            Value::Array(elements)
        }
        Type::Map | Type::MapIndef => {
            let length = decoder.map().map_err(fault)?;
            let mut members = Map::new();
            let mut count = 0;
            while more(decoder, length, count)? {
                let name = text(decoder)?;
                let value = item(decoder, depth + 1, items)?;
                if members.insert(name.clone(), value).is_some() {
                    return Err(twice(&name));
                }
                count += 1;
            }
            Value::Object(members)
        }
        Type::Tag => {
            let tag = decoder.tag().map_err(fault)?;
            let value = item(decoder, depth + 1, items)?;
            // Tag 1: seconds since the epoch. No other tag occurs in rpc-v2-cbor.
            match (&value, tag == Tag::new(1)) {
                (Value::Number(seconds), true) => seconds
                    .to_string()
                    .parse()
                    .ok()
                    .and_then(seconds_since_epoch)
                    .map(Value::String)
                    .ok_or_else(|| broken("a timestamp is out of range"))?,
                _ => value,
            }
        }
        other => return Err(broken(&format!("{other} is not expected"))),
    })
}

/// Whether another element follows in an array or map of this length, or of unknown length up to a break.
fn more(decoder: &mut Decoder<'_>, length: Option<u64>, seen: usize) -> Result<bool, DecodeError> {
    match length {
        Some(length) => Ok((seen as u64) < length),
        None if decoder.datatype().map_err(fault)? == Type::Break => {
            decoder.skip().map_err(fault)?;
            Ok(false)
        }
        None => Ok(true),
    }
}

fn text(decoder: &mut Decoder<'_>) -> Result<String, DecodeError> {
    let mut text = String::new();
    for chunk in decoder.str_iter().map_err(fault)? {
        text.push_str(chunk.map_err(fault)?);
    }
    Ok(text)
}

fn integer(decoder: &mut Decoder<'_>) -> Result<Value, DecodeError> {
    let integer = i128::from(decoder.int().map_err(fault)?);
    integer
        .to_string()
        .parse()
        .map(Value::Number)
        .map_err(|_| broken("an integer is out of range"))
}

/// JSON has no infinities; AWS writes them as strings.
fn float(float: f64) -> Value {
    if float.is_nan() {
        return Value::String("NaN".to_owned());
    }
    match Number::from_f64(float) {
        Some(number) => Value::Number(number),
        None if float > 0.0 => Value::String("Infinity".to_owned()),
        None => Value::String("-Infinity".to_owned()),
    }
}

fn broken(why: &str) -> DecodeError {
    DecodeError::new(format!("the body is not rpc-v2-cbor: {why}"))
}

fn fault(error: minicbor::decode::Error) -> DecodeError {
    broken(&error.to_string())
}
