//! What the formats for people share: colour, wrapping, one-line witnesses, names cut out of ARNs.

use std::borrow::Borrow;

use serde_json::Value;

use crate::analyze::{Mark, Status};
use crate::aws::arn::short_name;
use crate::control::Answer;

use super::printable::{Spelling, block, one_line};

/// How a document for people is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// True on a terminal without `NO_COLOR`.
    pub colour: bool,
    /// How many columns a line may take.
    pub width: usize,
}

impl Default for Style {
    /// For a file or a pipe.
    fn default() -> Self {
        Self {
            colour: false,
            width: Self::PIPED,
        }
    }
}

/// The colours in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Green,
    Red,
    Yellow,
    Dim,
    Bold,
}

impl Colour {
    /// The text in the colour.
    pub(crate) fn paint(self, text: &str) -> String {
        let code = match self {
            Self::Green => "32",
            Self::Red => "1;31",
            Self::Yellow => "33",
            Self::Dim => "2",
            Self::Bold => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

impl Style {
    /// The width where there is no terminal: a line of it can be read anywhere, and prints on a page.
    pub const PIPED: usize = 100;
    /// Narrower than this nothing can be laid out.
    pub const LEAST: usize = 40;

    /// The text in a colour, or as it is.
    pub(crate) fn paint(self, colour: Colour, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        colour.paint(text)
    }

    /// A status in its colour.
    pub(crate) fn status(self, status: Status) -> String {
        self.paint(status_colour(status), status_word(status))
    }
}

/// The status as people read it.
pub(crate) fn status_word(status: Status) -> &'static str {
    match status {
        Status::NotApplicable => "n/a",
        other => other.as_str(),
    }
}

fn status_colour(status: Status) -> Colour {
    match status {
        Status::Pass => Colour::Green,
        Status::NotApplicable => Colour::Dim,
        Status::Unknown => Colour::Yellow,
        Status::Fail => Colour::Red,
    }
}

/// What the audit steps come to, as people read it.
pub(crate) fn audit_steps_word(audit_steps: Answer) -> &'static str {
    match audit_steps {
        Answer::Met => "met",
        Answer::NotMet => "not met",
        Answer::Unknown => "unknown",
    }
}

/// Text from a snapshot as a part of a line: see [`one_line`].
pub(crate) fn clean(text: &str) -> String {
    one_line(text).into_owned()
}

/// Appends a line: whatever is in it but our own colours, it stays one line.
pub(crate) fn push_line(out: &mut String, text: &str) {
    // A tab and a line break are all that a document may keep and a line may not.
    let text = text.replace('\n', "\\n").replace('\t', "\\t");
    out.push_str(&block(&text, Spelling::Text, true));
    out.push('\n');
}

/// Text of ours that was written over several lines, in one.
pub(crate) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Breaks a text into lines of at most `width` characters, between words where it can be. A line break in the text is
/// data and is spelled out.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let text = one_line(text);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut rest: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + rest.len() > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        while used + rest.len() > width && rest.len() > width {
            let tail = rest.split_off(width.saturating_sub(used).max(1));
            line.extend(rest);
            lines.push(std::mem::take(&mut line));
            used = 0;
            rest = tail;
        }
        used += rest.len();
        line.extend(rest);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A document for people while it is written.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    /// How it is laid out.
    pub(crate) style: Style,
}

impl Page {
    /// An empty one.
    pub(crate) fn new(style: Style) -> Self {
        Self {
            text: String::new(),
            style,
        }
    }

    /// What was written, ending with a line break.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// A line: see [`push_line`].
    pub(crate) fn line(&mut self, text: &str) {
        push_line(&mut self.text, text);
    }

    /// An empty line.
    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// An empty line, and text that stands out.
    pub(crate) fn heading(&mut self, text: &str) {
        self.blank();
        self.painted(Colour::Bold, text);
    }

    /// Text in a colour, on as many lines as it needs.
    pub(crate) fn painted(&mut self, colour: Colour, text: &str) {
        for line in wrap(text, self.style.width) {
            let line = self.style.paint(colour, &line);
            self.line(&line);
        }
    }

    /// A labelled paragraph: the first line after the label, the others under it.
    pub(crate) fn paragraph(&mut self, indent: usize, label: &str, text: &str) {
        let hang = indent + visible(label) + usize::from(!label.is_empty());
        self.hanging(indent, label, hang, text);
    }

    /// A labelled paragraph whose text begins at the column `hang`, or after the label where that is longer.
    pub(crate) fn hanging(&mut self, indent: usize, label: &str, hang: usize, text: &str) {
        let end = indent + visible(label) + usize::from(!label.is_empty());
        let mut hang = hang.max(end);
        let mut first = format!("{}{label}", " ".repeat(indent));
        if hang > self.style.width / 2 && hang + visible(text) > self.style.width {
            // A label as long as that stands alone.
            hang = (indent + 2).min(self.style.width / 2);
            if !label.is_empty() {
                self.line(&first);
            }
            first = String::new();
        }
        let mut used = visible(&first);
        if text.is_empty() && used > 0 {
            self.line(&first);
        }
        for text in wrap(text, self.style.width - hang) {
            first.push_str(&" ".repeat(hang - used));
            first.push_str(&text);
            self.line(&first);
            first.clear();
            used = 0;
        }
    }

    /// What was written on another page of this style.
    pub(crate) fn append(&mut self, other: &Self) {
        self.text.push_str(&other.text);
    }

    /// A table of lines that were laid out already.
    pub(crate) fn table(&mut self, lines: &str) {
        for line in lines.lines() {
            self.line(line.trim_end());
        }
    }
}

/// How many columns a text takes, colours left out.
pub(crate) fn visible(text: &str) -> usize {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().map_or(0, |part| part.chars().count());
    first
        + parts
            .map(|part| {
                part.split_once('m')
                    .map_or(0, |(_, rest)| rest.chars().count())
            })
            .sum::<usize>()
}

/// A text cut to `width` characters, with an ellipsis where something was lost.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= width {
        return text;
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Two texts cut to `width` characters, each around the first place where it differs from the other.
pub(crate) fn cut_apart(one: &str, other: &str, width: usize) -> [String; 2] {
    let (one, other) = (clean(one), clean(other));
    if one.chars().count() <= width && other.chars().count() <= width {
        return [one, other];
    }
    let same = one.chars().zip(other.chars());
    let same = same.take_while(|(one, other)| one == other).count();
    let start = same.saturating_sub(width / 4);
    [&one, &other].map(|text| {
        let rest: String = text.chars().skip(start).collect();
        match start {
            0 => cut(&rest, width),
            _ => cut(&format!("…{rest}"), width),
        }
    })
}

/// A sentence with the ARNs in backticks cut down to what people call the thing by.
pub(crate) fn short_names(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let quoted = |index: usize| index % 2 == 1 && index + 1 < parts.len();
    let shortened: Vec<&str> = parts
        .iter()
        .enumerate()
        .map(|(index, part)| {
            if quoted(index) {
                short_name(part)
            } else {
                part
            }
        })
        .collect();
    shortened.join("`")
}

/// A CloudTrail record in one line: what happened, where, by whom, how it ended, and the fields for which a filter turns it
/// away.
pub(crate) fn witness_line(witness: &Value, marks: &[Mark]) -> String {
    let text = |pointer: &str| witness.pointer(pointer).and_then(Value::as_str);
    let mut line = text("/eventName").unwrap_or("an event").to_owned();
    if let Some(source) = text("/eventSource") {
        line.push_str(&format!(" of {source}"));
    }
    if let Some(region) = text("/awsRegion") {
        line.push_str(&format!(" in {region}"));
    }
    if let Some(by) = text("/userIdentity/type") {
        line.push_str(&format!(" by {by}"));
    }
    for (pointer, label) in [
        ("/errorCode", "errorCode"),
        ("/errorMessage", "errorMessage"),
        ("/additionalEventData/MFAUsed", "MFAUsed"),
        ("/userIdentity/invokedBy", "invokedBy"),
        ("/eventType", "eventType"),
    ] {
        match text(pointer) {
            Some("AwsApiCall" | "AwsConsoleSignIn") => {}
            Some(value) => line.push_str(&format!(", {label} {value}")),
            None => {}
        }
    }
    for (field, value) in deciding(witness, marks) {
        match value {
            Some(value) => line.push_str(&format!(", {field} {value}")),
            None => line.push_str(&format!(", without {field}")),
        }
    }
    clean(&line)
}

/// The fields that decide and that the line does not show anyway, with their values; at most two.
fn deciding<'m>(witness: &Value, marks: &'m [Mark]) -> Vec<(&'m str, Option<String>)> {
    const SHOWN: [&str; 8] = [
        "additionalEventData.MFAUsed",
        "awsRegion",
        "errorCode",
        "errorMessage",
        "eventName",
        "eventSource",
        "userIdentity.invokedBy",
        "userIdentity.type",
    ];
    let mut found: Vec<(&str, Option<String>)> = Vec::new();
    for field in marks.iter().filter_map(|mark| mark.field.as_deref()) {
        let at = field
            .split('.')
            .try_fold(witness, |value, name| value.get(name));
        let value = match at {
            None => None,
            Some(Value::String(text)) => Some(text.clone()),
            // A container is no value that could be shown in a line.
            Some(Value::Object(_) | Value::Array(_)) => continue,
            Some(other) => Some(other.to_string()),
        };
        let shown = value.is_some() && SHOWN.contains(&field);
        if !shown && found.len() < 2 && !found.iter().any(|(known, _)| *known == field) {
            found.push((field, value));
        }
    }
    found
}

/// How many names are listed before the rest is counted.
const NAMED: usize = 3;

/// The first few of several names, and how many there are more.
pub(crate) fn some(names: &[impl Borrow<str>]) -> String {
    some_of(names, names.len())
}

/// The same where there are so many, of which these are the first.
pub(crate) fn some_of(names: &[impl Borrow<str>], all: usize) -> String {
    let shown = names.get(..NAMED).unwrap_or(names);
    let more = all.max(names.len()) - shown.len();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Names and values as a JSON object.
pub(crate) fn object(members: Vec<(&'static str, String)>) -> Value {
    let members = members.into_iter();
    members
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect()
}

/// A report value as an indented JSON document with a final line break: nothing in it is unprintable.
pub(crate) fn json_document(report: &impl serde::Serialize) -> String {
    // Serializing our own structs of strings, numbers and JSON values cannot fail: no map has a key that is no string.
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    let mut text = block(&text, Spelling::Json, false).into_owned();
    text.push('\n');
    text
}

/// `1 finding`, `2 findings`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_keeps_every_word_and_the_width() {
        let text = "a filter that is not there cannot match anything arn:aws:logs:eu-west-1:111122223333:log-group:averylongname";
        for width in 5..60 {
            let lines = wrap(text, width);
            assert!(
                lines
                    .iter()
                    .all(|line| line.chars().count() <= width && !line.is_empty()),
                "{width}: {lines:?}"
            );
            let joined: String = lines.concat().split_whitespace().collect();
            assert_eq!(joined, text.split_whitespace().collect::<String>());
        }
        assert!(wrap("  ", 10).is_empty());
    }

    #[test]
    fn names_in_a_report_cannot_steer_a_terminal() {
        assert_eq!(clean("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(
            wrap("alarm `a\nSigned by` fails", 80),
            ["alarm `a\\nSigned by` fails"]
        );
        assert!(!wrap("x\u{7}y", 10).concat().contains('\u{7}'));
    }

    /// A long pattern was cut before the place where it had changed: both sides read the same.
    #[test]
    fn two_long_values_are_cut_around_where_they_differ() {
        let names = |last: &str| {
            let names: Vec<String> = (0..60)
                .map(|it| format!("$.eventName = Call{it}"))
                .collect();
            format!("{{ {} || $.eventName = {last} }}", names.join(" || "))
        };
        let [before, after] = cut_apart(&names("DeletePolicy"), &names("CreatePolicy"), 100);
        assert!(
            before.starts_with('…') && before.contains("DeletePolicy"),
            "{before}"
        );
        assert!(after.contains("CreatePolicy"), "{after}");
        assert!(before.chars().count() <= 100 && after.chars().count() <= 100);
        let [before, after] = cut_apart("1", "0", 100);
        assert_eq!((before.as_str(), after.as_str()), ("1", "0"));
    }
}
