//! Query XML bodies, as SNS and STS send them.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde_json::{Map, Value};

use super::{DecodeError, MAX_DEPTH, MAX_ITEMS, too_many, twice};

/// An element that is being read.
struct Element {
    name: String,
    text: String,
    children: Vec<(String, Value)>,
}

impl Element {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: String::new(),
            children: Vec::new(),
        }
    }

    /// `member` children are a list, `entry` children a map, other children an object, and text is itself.
    fn value(self) -> Result<Value, DecodeError> {
        if self.children.is_empty() {
            return Ok(Value::String(self.text));
        }
        if self.children.iter().all(|(name, _)| name == "member") {
            return Ok(self.children.into_iter().map(|(_, item)| item).collect());
        }
        if self
            .children
            .iter()
            .all(|(name, item)| name == "entry" && is_entry(item))
        {
            let mut members = Map::new();
            for (key, value) in self.children.into_iter().filter_map(|(_, it)| entry(it)) {
                if members.insert(key.clone(), value).is_some() {
                    return Err(twice(&key));
                }
            }
            return Ok(Value::Object(members));
        }
        let mut members = Map::new();
        for (name, item) in self.children {
            match members.get_mut(&name) {
                // A repeated element is a list without a wrapper.
                Some(Value::Array(items)) => items.push(item),
                Some(first) => *first = Value::Array(vec![first.take(), item]),
                None => {
                    members.insert(name, item);
                }
            }
        }
        Ok(Value::Object(members))
    }
}

fn is_entry(item: &Value) -> bool {
    item.get("key").is_some_and(Value::is_string) && item.get("value").is_some()
}

fn entry(item: Value) -> Option<(String, Value)> {
    let Value::Object(mut members) = item else {
        return None;
    };
    let key = members.remove("key")?.as_str()?.to_owned();
    Some((key, members.remove("value")?))
}

/// Reads `<XResponse><XResult>...</XResult>...</XResponse>`; the value is that of the result.
pub(super) fn decode(body: &[u8]) -> Result<Value, DecodeError> {
    let (root, value) = document(body)?;
    let Some(operation) = root.strip_suffix("Response") else {
        return Err(broken(&format!("its root is `{root}`")));
    };
    let Value::Object(mut members) = value else {
        return Err(broken("it has no result"));
    };
    match members.remove(&format!("{operation}Result")) {
        Some(Value::Object(result)) => Ok(Value::Object(result)),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Value::Object(Map::new())),
        _ => Err(broken("it has no result")),
    }
}

/// The root element's name and value.
fn document(body: &[u8]) -> Result<(String, Value), DecodeError> {
    let text = std::str::from_utf8(body).map_err(fault)?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    loop {
        let event = reader.read_event().map_err(fault)?;
        if root.is_some() && matches!(event, Event::Start(_) | Event::Empty(_)) {
            return Err(broken("an element follows the root"));
        }
        if matches!(event, Event::Start(_) | Event::Empty(_)) {
            elements += 1;
            if elements > MAX_ITEMS {
                return Err(too_many());
            }
        }
        let closed = match event {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err(broken("it is nested too deeply"));
                }
                open.push(Element::new(start.local_name().as_ref()));
                None
            }
            Event::Empty(empty) => Some(Element::new(empty.local_name().as_ref())),
            Event::End(_) => open.pop(),
            Event::Text(text) => {
                append(&mut open, &text.xml10_content());
                None
            }
            Event::CData(data) => {
                append(&mut open, &data.xml10_content());
                None
            }
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().map_err(fault)? {
                    Some(character) => character.to_string(),
                    None => {
                        let name = reference.xml10_content();
                        resolve_predefined_entity(&name)
                            .ok_or_else(|| broken(&format!("entity `{name}` is not defined")))?
                            .to_owned()
                    }
                };
                append(&mut open, &resolved);
                None
            }
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => None,
        };
        if let Some(element) = closed {
            let name = element.name.clone();
            let value = element.value()?;
            match open.last_mut() {
                Some(parent) => parent.children.push((name, value)),
                None => root = Some((name, value)),
            }
        }
    }
    if !open.is_empty() {
        return Err(broken("it is cut off"));
    }
    root.ok_or_else(|| broken("it has no element"))
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn broken(why: &str) -> DecodeError {
    DecodeError::new(format!("the body is not an XML response: {why}"))
}

fn fault(error: impl std::fmt::Display) -> DecodeError {
    broken(&error.to_string())
}
