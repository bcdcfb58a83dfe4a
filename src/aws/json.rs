//! JSON documents in which every name stands once. Of an object that has a name twice readers differ in which value they take,
//! so it says nothing certain: AWS writes none, and a file that holds one was not written by AWS.

use std::collections::BTreeSet;

use serde_json::Value;

/// The value of a document; none where it is no JSON, or one of its objects has a name twice.
pub(crate) fn document(text: &str) -> Option<Value> {
    let value = serde_json::from_str(text).ok()?;
    named_twice(text.as_bytes(), &value)
        .is_none()
        .then_some(value)
}

/// A name that stands twice in one object of a text, which was read as this value.
pub(crate) fn named_twice(text: &[u8], value: &Value) -> Option<String> {
    // Every member has a colon, and a value holds a name once.
    if outside_strings(text, b":") == members(value) {
        return None;
    }
    repeated(text)
}

/// How many of these bytes a JSON text has outside of its strings.
pub(crate) fn outside_strings(text: &[u8], wanted: &[u8]) -> usize {
    let (mut found, mut is_quoted, mut is_escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_quoted,
            b'"' => is_quoted = !is_quoted,
            byte if !is_quoted && wanted.contains(byte) => found += 1,
            _ => {}
        }
    }
    found
}

fn members(value: &Value) -> usize {
    // The depth of what the JSON library reads is bounded.
    match value {
        Value::Array(items) => items.iter().map(members).sum(),
        Value::Object(object) => object.len() + object.values().map(members).sum::<usize>(),
        _ => 0,
    }
}

/// The first name that its object had already, of a text that is JSON.
fn repeated(text: &[u8]) -> Option<String> {
    let mut open: Vec<BTreeSet<String>> = Vec::new();
    let mut last = None;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' | b'[' => open.push(BTreeSet::new()),
            b'}' | b']' => {
                open.pop();
            }
            b'"' => {
                let end = end_of_string(text, at);
                last = text.get(at..end);
                at = end;
                continue;
            }
            b':' => {
                let name: String = serde_json::from_slice(last?).ok()?;
                if !open.last_mut()?.insert(name.clone()) {
                    return Some(name);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where a string that begins here has ended.
fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut is_escaped = false;
    for (offset, byte) in text.iter().enumerate().skip(start + 1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return offset + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_in_one_object_is_found() {
        for (text, name) in [
            (r#"{"a":1,"a":2}"#, "a"),
            (r#"{"a":{"b":1,"c":[{"d":1, "d" : 1}]}}"#, "d"),
            (r#"{"a":1,"\u0061":2}"#, "a"),
            (r#"[{"x:y\"":1,"x:y\"":{}}]"#, "x:y\""),
        ] {
            let value = serde_json::from_str(text).unwrap();
            let found = named_twice(text.as_bytes(), &value);
            assert_eq!(found.as_deref(), Some(name), "{text}");
            assert_eq!(document(text), None, "{text}");
        }
    }

    #[test]
    fn the_same_name_in_several_objects_is_none() {
        for text in [
            r#"{"a":{"a":{"a":":"}},"b":[{"a":1},{"a":1}]}"#,
            r#"[":", "a:b", {"::":"\\"}, "\\\":"]"#,
            "null",
        ] {
            assert!(document(text).is_some(), "{text}");
        }
        assert_eq!(document("{"), None);
    }
}
