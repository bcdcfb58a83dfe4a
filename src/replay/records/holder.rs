//! What holds a record: nothing, a string, or a member of an event. Hands the record out.

use super::passed::Passed;
use super::record::{Record, text_of};
use super::scan::{Members, Scan};

/// What a value is or holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// A record, which was handed out.
    Record,
    /// Something else.
    Other,
    /// A record whose text is damaged.
    Damaged,
}

/// Hands out the record that a value is or holds.
pub(super) fn hand_out(
    value: Record<'_>,
    passed: Passed,
    each: &mut dyn FnMut(Record<'_>),
) -> Held {
    if passed.halves && is_no_text(value.text) {
        return again(&without_halves(value.text), each);
    }
    if value.text.starts_with('"') {
        return text_of(value.text).map_or(Held::Other, |text| inner(&text, each).in_log());
    }
    if passed.escapes && value.has_escaped_names() {
        return anew(value.text).map_or(Held::Other, |text| inner(&text, each).held());
    }
    if value.is_record() {
        each(value);
        return Held::Record;
    }
    // LookupEvents and CloudWatch Logs put the record into a string, EventBridge into a member.
    if let Some(text) = value.string("CloudTrailEvent") {
        return match inner(&text, each) {
            Inner::NoJson { .. } => Held::Damaged,
            inner => inner.held(),
        };
    }
    if let Some(text) = value.string("message") {
        return inner(&text, each).in_log();
    }
    match value.raw("detail") {
        Some(detail) if value.raw("detail-type").is_some() => inner(detail, each).held(),
        _ => Held::Other,
    }
}

/// What a text within a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inner {
    /// A record, which was handed out.
    Record,
    /// Another JSON object.
    Other,
    /// No JSON object that is whole.
    NoJson {
        /// Whether it begins as records do.
        begins_as_record: bool,
    },
}

impl Inner {
    fn held(self) -> Held {
        match self {
            Self::Record => Held::Record,
            Self::Other | Self::NoJson { .. } => Held::Other,
        }
    }

    /// Among log events there are others: what begins as a record is one that was cut off.
    fn in_log(self) -> Held {
        match self {
            Self::NoJson {
                begins_as_record: true,
            } => Held::Damaged,
            other => other.held(),
        }
    }
}

/// Hands out the record that a text is or holds, a value that was scanned before.
fn again(text: &str, each: &mut dyn FnMut(Record<'_>)) -> Held {
    let mut members = Members::default();
    let mut scan = Scan::new(text.as_bytes(), 0);
    if text.starts_with('{') && scan.members(&mut members, |_, _| false).is_err() {
        return Held::Other;
    }
    let value = Record {
        text,
        members: &members.all,
        blanks: scan.passed.blanks,
    };
    let passed = Passed {
        halves: false,
        ..scan.passed
    };
    hand_out(value, passed, each)
}

/// Whether a JSON text cannot be had as a value: a string in it ends with half a character.
fn is_no_text(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_err()
}

/// The text with names that are written without escapes, so that they are found by their bytes: rare enough.
fn anew(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(value.to_string())
}

/// Hands out the record that a text is.
fn inner(text: &str, each: &mut dyn FnMut(Record<'_>)) -> Inner {
    let text = text.trim_ascii();
    let mut members = Members::default();
    let mut scan = Scan::new(text.as_bytes(), 0);
    let whole = scan.members(&mut members, |_, _| false).is_ok() && scan.at == text.len();
    if !whole {
        return Inner::NoJson {
            begins_as_record: text.starts_with("{\"eventVersion\""),
        };
    }
    let record = Record {
        text,
        members: &members.all,
        blanks: scan.passed.blanks,
    };
    if scan.passed.halves && is_no_text(text) {
        return inner(&without_halves(text), each);
    }
    if scan.passed.escapes && record.has_escaped_names() {
        return anew(text).map_or(Inner::Other, |text| inner(&text, each));
    }
    if !record.is_record() {
        return Inner::Other;
    }
    each(record);
    Inner::Record
}

/// The text with a replacement character in place of every half of a character that lacks the other: no text can hold it,
/// and no pattern asks for it. Names that were cut at a number of characters end so now and then.
fn without_halves(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push(char::REPLACEMENT_CHARACTER);
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            (Some(_), _) => 6,
            // An escape of two characters.
            (None, _) => 2,
        };
        let (whole, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        out.push_str(whole);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The unit of UTF-16 that a text begins with as an escape.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_are_replaced_and_nothing_else() {
        for (text, expected) in [
            (r#"{"a":"x"}"#, r#"{"a":"x"}"#),
            (r#""\ud83d\ude00 \u00e4 \n""#, r#""\ud83d\ude00 \u00e4 \n""#),
            (r#""cut \ud83d""#, "\"cut \u{fffd}\""),
            (
                r#""\ude00\ud83d\ud83d\ude00""#,
                "\"\u{fffd}\u{fffd}\\ud83d\\ude00\"",
            ),
            // A backslash and letters.
            (r#""\\ud83d""#, r#""\\ud83d""#),
        ] {
            assert_eq!(without_halves(text), expected);
            assert!(serde_json::from_str::<serde_json::Value>(&without_halves(text)).is_ok());
        }
    }
}
