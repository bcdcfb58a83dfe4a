//! Texts with a grammar of their own: filter patterns, alarm rules, expressions, policies, sentences.
//!
//! What AWS defines in them stays; names, accounts, ARNs and addresses are masked in place, so that the text keeps its
//! layout and its meaning.

use std::ops::Range;

use serde_json::{Map, Value};

use super::mask::Mask;
use super::vocabulary::{
    digits, is_action, is_code, is_field, is_form, is_function, is_keyword, is_literal, is_member,
    is_region, is_service, is_value, is_word,
};
use crate::aws::arn;
use crate::pattern::ast::{Condition, Number, PatternKind, Selector, Step, Test, Value as Operand};
use crate::pattern::parse;

/// Fields of an event whose values are names of API calls, services, error codes and the like, whole or in pieces.
const OWN_FIELDS: &[&str] = &[
    "errorCode",
    "errorMessage",
    "eventName",
    "eventSource",
    "eventType",
    "instanceType",
    "invokedBy",
    "source",
];

/// Members of documents whose values name something, whatever word of AWS's they are: they are compared with names.
const NAMING_MEMBERS: &[&str] = &[
    "AlarmDescription",
    "AlarmName",
    "DataIdentifier",
    "Description",
    "Id",
    "MetricName",
    "Name",
    "Sid",
];

/// From so many digits on a number in a text that people write is masked.
const LONG: usize = 5;

/// What a document in a string is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
    /// An IAM policy or another document whose members AWS defines.
    Policy,
    /// A filter policy of a subscription: its members are those of a message, or the publisher's own.
    FilterPolicy,
    /// An event pattern: its members are the fields of an event.
    EventPattern,
}

impl Mask {
    /// A filter pattern.
    pub(super) fn pattern(&self, text: &str) -> String {
        let Ok(pattern) = parse(text) else {
            return self.loose(text);
        };
        match pattern.kind {
            PatternKind::Everything => text.to_owned(),
            PatternKind::Json(expression) => {
                let mut edits = Vec::new();
                for test in expression.tests() {
                    self.test(test, text, &mut edits);
                }
                apply(text, edits)
            }
            PatternKind::Terms(_) | PatternKind::Fields(_) => self.loose(text),
            PatternKind::Regex(regex) => apply(
                text,
                vec![(
                    regex.span.clone(),
                    format!("%{}%", self.regex(&regex.source)),
                )],
            ),
        }
    }

    fn test(&self, test: &Test, text: &str, edits: &mut Vec<(Range<usize>, String)>) {
        edits.extend(self.selector(&test.selector, text));
        match &test.condition {
            Condition::Equals { value, .. } => {
                edits.extend(self.operand(last_name(&test.selector), value));
            }
            Condition::Order { number, .. } => edits.extend(self.written_number(number)),
            Condition::Is(_) | Condition::NotExists => {}
        }
    }

    /// A selector with the names that are no fields of CloudTrail masked; none where all of them are.
    fn selector(&self, selector: &Selector, text: &str) -> Option<(Range<usize>, String)> {
        let written = text.get(selector.span.clone())?;
        let mut out = String::new();
        let mut rest = written;
        let mut is_own = true;
        for step in &selector.steps {
            let Step::Name(name) = step else { continue };
            let Some(at) = rest.find(name.as_str()) else {
                // Written with escapes.
                return Some((selector.span.clone(), self.name(written)));
            };
            let after = rest.get(at + name.len()..)?;
            out.push_str(rest.get(..at)?);
            out.push_str(&self.field(name));
            is_own &= is_field(name);
            rest = after;
        }
        out.push_str(rest);
        (!is_own).then(|| (selector.span.clone(), out))
    }

    fn field(&self, name: &str) -> String {
        if is_field(name) {
            name.to_owned()
        } else {
            self.name(name)
        }
    }

    fn written_number(&self, number: &Number) -> Option<(Range<usize>, String)> {
        let is_long = number.text.bytes().filter(u8::is_ascii_digit).count() >= LONG;
        is_long.then(|| (number.span.clone(), self.name(&number.text)))
    }

    fn operand(&self, field: &str, operand: &Operand) -> Option<(Range<usize>, String)> {
        match operand {
            Operand::Text(text) => {
                let masked = self.field_value(field, &text.value);
                if masked == text.value {
                    return None;
                }
                let masked = if text.quoted {
                    Value::String(masked).to_string()
                } else {
                    masked
                };
                self.note(&masked);
                Some((text.span.clone(), masked))
            }
            Operand::Number(number) => self.written_number(number),
            Operand::Regex(regex) => Some((
                regex.span.clone(),
                format!("%{}%", self.regex(&regex.source)),
            )),
        }
    }

    /// A value that a field of an event is compared with.
    fn field_value(&self, field: &str, text: &str) -> String {
        let is_own = OWN_FIELDS.contains(&field) && is_literal(text);
        // `*UnauthorizedOperation` is looked for in other fields as well.
        if is_own || is_small(text) {
            text.to_owned()
        } else {
            self.value(text)
        }
    }

    /// A regular expression: what is not made of AWS's own names is masked, but for escapes, ranges and counts.
    pub(super) fn regex(&self, source: &str) -> String {
        let mut out = String::new();
        let mut literal = String::new();
        let mut characters = source.chars().peekable();
        let flush = |literal: &mut String, out: &mut String| {
            if !literal.is_empty() {
                // A letter or two say nothing.
                let stays = literal.len() < 3
                    || is_literal(literal)
                    || is_word(literal)
                    || is_region(literal);
                let masked = if stays {
                    literal.clone()
                } else {
                    self.name(literal)
                };
                out.push_str(&masked);
                literal.clear();
            }
        };
        while let Some(character) = characters.next() {
            match character {
                character if character.is_alphanumeric() => {
                    literal.push(character);
                    continue;
                }
                '\\' => {
                    flush(&mut literal, &mut out);
                    out.push(character);
                    out.extend(characters.next());
                }
                '[' | '{' => {
                    flush(&mut literal, &mut out);
                    let end = if character == '[' { ']' } else { '}' };
                    let mut inside = String::new();
                    let is_closed = loop {
                        match characters.next() {
                            Some(inner) if inner == end => break true,
                            Some(inner) => inside.push(inner),
                            None => break false,
                        }
                    };
                    out.push(character);
                    out.push_str(&self.regex_inside(&inside, character == '['));
                    if is_closed {
                        out.push(end);
                    }
                }
                other => {
                    flush(&mut literal, &mut out);
                    out.push(other);
                }
            }
        }
        flush(&mut literal, &mut out);
        self.note(&out);
        out
    }

    /// What stands in a class or a count: ranges and short counts stay, other characters are masked.
    fn regex_inside(&self, inside: &str, is_class: bool) -> String {
        let runs = inside.split(|character: char| !character.is_alphanumeric());
        let longest = runs.map(str::len).max().unwrap_or(0);
        // `a-zA-Z0-9` has runs of two at most; a set of two letters is no name.
        if longest < 3 || !is_class && longest < LONG {
            inside.to_owned()
        } else {
            self.name(inside)
        }
    }

    /// A text in any language: words that are not AWS's own are masked.
    pub(super) fn loose(&self, text: &str) -> String {
        self.words(text, |word| {
            is_keyword(word) || is_literal(word) || is_small(word)
        })
    }

    /// A metric-math expression: functions, keywords and plain ids stay.
    pub(super) fn math(&self, text: &str) -> String {
        self.words(text, |word| {
            is_short_number(word) || is_keyword(word) || is_metric_id(word) || is_function(word)
        })
    }

    /// The id of a query in metric math: `m1` names nothing.
    pub(super) fn metric_id(&self, text: &str) -> String {
        if is_metric_id(text) {
            text.to_owned()
        } else {
            self.name(text)
        }
    }

    /// An alarm rule: `ALARM("name") AND NOT OK(arn)`.
    pub(super) fn alarm_rule(&self, text: &str) -> String {
        const KEYWORDS: &[&str] = &[
            "ALARM",
            "AND",
            "AT_LEAST",
            "FALSE",
            "INSUFFICIENT_DATA",
            "NOT",
            "OK",
            "OR",
            "TRUE",
        ];
        let mut out = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first == '"' {
                let end = closing_quote(rest);
                let inside = rest.get(1..end).unwrap_or_default();
                out.push('"');
                out.push_str(&self.name_or_arn(inside));
                rest = rest.get(end..).unwrap_or_default();
                if let Some(after) = rest.strip_prefix('"') {
                    out.push('"');
                    rest = after;
                }
                continue;
            }
            if first.is_whitespace() || "(),".contains(first) {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
                continue;
            }
            let end = rest
                .find(|character: char| character.is_whitespace() || "(),\"".contains(character))
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let stays = KEYWORDS.contains(&word.to_ascii_uppercase().as_str())
                || is_short_number(word.trim_end_matches('%'));
            out.push_str(&if stays {
                word.to_owned()
            } else {
                self.name_or_arn(word)
            });
            rest = after;
        }
        out
    }

    /// A sentence of AWS's: words that it does not always use are masked.
    pub(super) fn sentence(&self, text: &str) -> String {
        let mut out = String::new();
        for part in text.split_inclusive(char::is_whitespace) {
            let word = part.trim_end();
            let blank = part.get(word.len()..).unwrap_or_default();
            let core = word.trim_matches(|character: char| "\"'`().,;:[]{}".contains(character));
            let stays = core.is_empty()
                || is_word(core)
                || is_action(core)
                || is_service(core)
                || is_region(core)
                || is_small(core);
            let masked = if stays {
                core.to_owned()
            } else {
                self.value(core)
            };
            out.push_str(&word.replacen(core, &masked, usize::from(!core.is_empty())));
            out.push_str(blank);
        }
        out
    }

    /// An error code, or what stands where one is expected.
    pub(super) fn code(&self, text: &str) -> String {
        if is_code(text) {
            text.to_owned()
        } else {
            self.sentence(text)
        }
    }

    /// Selection criteria: their words stay, what they name is masked.
    pub(super) fn criteria(&self, text: &str) -> String {
        self.words(text, |word| is_keyword(word) || is_small(word))
    }

    /// A JSON document in a string; a text that is no JSON is masked as one name.
    pub(super) fn document(&self, text: &str, kind: Document) -> String {
        match serde_json::from_str(text) {
            Ok(value) => self.json(value, kind, "").to_string(),
            Err(_) => self.name(text),
        }
    }

    /// A JSON value; `within` is the member around it that is no operator.
    fn json(&self, value: Value, kind: Document, within: &str) -> Value {
        match value {
            Value::String(text) => Value::String(self.json_text(&text, kind, within)),
            Value::Number(number) => self.number(number, LONG),
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.json(item, kind, within))
                .collect(),
            Value::Object(members) => {
                let mut masked = Map::new();
                for (name, member) in members {
                    let within = if OPERATORS.contains(&name.as_str()) {
                        within
                    } else {
                        &name
                    };
                    let member = self.json(member, kind, within);
                    masked.insert(self.member(&name, kind), member);
                }
                Value::Object(masked)
            }
            other => other,
        }
    }

    fn json_text(&self, text: &str, kind: Document, within: &str) -> String {
        match kind {
            _ if NAMING_MEMBERS.contains(&within) => self.name_or_arn(text),
            Document::Policy if within == "Regex" => self.regex(text),
            Document::Policy if is_action(text) || is_small(text) => text.to_owned(),
            Document::EventPattern => self.field_value(within, text),
            Document::FilterPolicy if !is_member(within) => self.name_or_arn(text),
            Document::Policy | Document::FilterPolicy
                if is_form(text) && is_time_or_version(within) =>
            {
                text.to_owned()
            }
            Document::Policy | Document::FilterPolicy => self.value(text),
        }
    }

    /// The name of a member of a document.
    fn member(&self, name: &str, kind: Document) -> String {
        if is_member(name) || kind == Document::EventPattern && is_field(name) {
            return name.to_owned();
        }
        // Fields of an event joined in one name, and condition keys on tags: `aws:ResourceTag/team`.
        if kind == Document::EventPattern && name.contains('.') {
            return self.dotted(name);
        }
        match name.split_once('/') {
            Some((key, tag)) if is_member(key) => format!("{key}/{}", self.name(tag)),
            _ => self.name(name),
        }
    }

    /// Names of fields joined with full stops.
    fn dotted(&self, text: &str) -> String {
        let names: Vec<String> = text.split('.').map(|name| self.field(name)).collect();
        names.join(".")
    }

    /// A JSON number: one with a run of so many digits is masked.
    pub(super) fn number(&self, number: serde_json::Number, long: usize) -> Value {
        let text = number.to_string();
        if digits(&text).all(|run| run.len() < long) {
            return Value::Number(number);
        }
        // A fraction that was computed: nine digits say enough.
        if let Some((whole, fraction)) = text.split_once('.')
            && whole.len() < long
            && let Some(short) = fraction.get(..long - 1)
            && let Ok(number) = format!("{whole}.{short}").parse()
        {
            return Value::Number(number);
        }
        let masked = self.name(&text);
        // A number cannot begin with a zero.
        let masked = match masked.strip_prefix('0') {
            Some(rest) => format!("9{rest}"),
            None => masked,
        };
        self.note(&masked);
        masked.parse().map_or(Value::String(masked), Value::Number)
    }

    /// Masks the words of a text for which `stays` does not hold.
    fn words(&self, text: &str, stays: impl Fn(&str) -> bool) -> String {
        let is_inner =
            |character: char| character.is_alphanumeric() || "_.:/@+-".contains(character);
        let mut out = String::new();
        let mut start = None;
        let finish = |start: &mut Option<usize>, end: usize, out: &mut String| {
            let Some(begin) = start.take() else { return };
            let raw = text.get(begin..end).unwrap_or_default();
            // Signs and full stops around a word are not of the word.
            let word = raw.trim_matches(|character: char| "-+.:/".contains(character));
            let lead = raw.find(word).unwrap_or(0);
            let before = text.get(..begin + lead).unwrap_or_default();
            let masked = if word.is_empty() || is_value(word) || stays(word) {
                word.to_owned()
            } else if arn::begins_one(word) {
                self.arn(word)
            } else if before.ends_with("$.") || word.split('.').all(is_field) {
                self.dotted(word)
            } else {
                self.value(word)
            };
            out.push_str(raw.get(..lead).unwrap_or_default());
            out.push_str(&masked);
            out.push_str(raw.get(lead + word.len()..).unwrap_or_default());
        };
        for (index, character) in text.char_indices() {
            if is_inner(character) {
                start.get_or_insert(index);
            } else {
                finish(&mut start, index, &mut out);
                out.push(character);
            }
        }
        finish(&mut start, text.len(), &mut out);
        out
    }
}

/// Members whose values are times and versions.
fn is_time_or_version(name: &str) -> bool {
    matches!(
        name,
        "Version"
            | "ocsfVersion"
            | "startDate"
            | "queryDate"
            | "stateUpdateTimestamp"
            | "StateChangeTime"
            | "aws:CurrentTime"
            | "aws:TokenIssueTime"
            | "aws:MultiFactorAuthAge"
            | "aws:EpochTime"
    )
}

/// Names in documents that say how the value under them is compared.
const OPERATORS: &[&str] = &[
    "$or",
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
];

/// The last name of a selector: the field that it leads to.
fn last_name(selector: &Selector) -> &str {
    selector
        .steps
        .iter()
        .rev()
        .find_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            Step::Index(_) | Step::AnyElement | Step::AnyField => None,
        })
        .unwrap_or_default()
}

/// Replaces parts of a text, given in any order.
fn apply(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(span, _)| span.start);
    let mut out = String::new();
    let mut end = 0;
    for (span, new) in edits {
        out.push_str(text.get(end..span.start).unwrap_or_default());
        out.push_str(&new);
        end = span.end;
    }
    out.push_str(text.get(end..).unwrap_or_default());
    out
}

/// The offset of the quote that closes the one at the start, or the length.
fn closing_quote(text: &str) -> usize {
    let mut is_escaped = false;
    for (index, character) in text.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return index,
            _ => {}
        }
    }
    text.len()
}

/// A number of a few digits, which names nothing.
fn is_small(text: &str) -> bool {
    is_number_below(text, LONG)
}

/// A number that is shorter than any account or telephone number.
fn is_short_number(text: &str) -> bool {
    is_number_below(text, 10)
}

fn is_number_below(text: &str, long: usize) -> bool {
    let count = text.bytes().filter(u8::is_ascii_digit).count();
    (1..long).contains(&count)
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte))
}

/// A letter or three, then digits.
fn is_metric_id(text: &str) -> bool {
    let digits = text.trim_start_matches(|character: char| character.is_ascii_lowercase());
    let letters = text.len() - digits.len();
    (1..=2).contains(&letters)
        && digits.len() <= 3
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}
