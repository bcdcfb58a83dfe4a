//! Texts with a grammar of their own: filter patterns, alarm rules, expressions, policies, sentences.
//!
//! What AWS defines in them stays; names, accounts, ARNs and addresses are masked in place, so that the text keeps its
//! layout and its meaning.

use std::ops::Range;

use serde_json::{Map, Value};

use super::mask::Mask;
use super::vocabulary::{
    is_action, is_code, is_constant, is_event_name, is_keyword, is_region, is_service, is_word,
};
use crate::pattern::ast::{Condition, Expr, PatternKind, Selector, Step, Test, Value as Operand};
use crate::pattern::parse;

/// Fields of an event whose values are AWS's own.
const CONSTANT_FIELDS: &[&str] = &[
    "additionalEventData.MFAUsed",
    "additionalEventData.MobileVersion",
    "apiVersion",
    "awsRegion",
    "errorCode",
    "eventCategory",
    "eventName",
    "eventSource",
    "eventType",
    "eventVersion",
    "managementEvent",
    "readOnly",
    "requestParameters.instanceType",
    "responseElements.ConsoleLogin",
    "sessionCredentialFromConsole",
    "userIdentity.invokedBy",
    "userIdentity.sessionContext.attributes.mfaAuthenticated",
    "userIdentity.type",
];

/// Members of JSON documents whose values are AWS's own.
const CONSTANT_MEMBERS: &[&str] = &[
    "Action",
    "ComparisonOperator",
    "Effect",
    "NewStateValue",
    "NotAction",
    "OldStateValue",
    "Operation",
    "Region",
    "Statistic",
    "StatisticType",
    "TreatMissingData",
    "Unit",
    "Version",
    "actionState",
    "awsRegion",
    "errorCode",
    "eventCategory",
    "eventName",
    "eventSource",
    "eventType",
    "eventVersion",
    "numeric",
    "readOnly",
];

/// Members of documents whose names are not AWS's own words are masked, but for these kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
    /// IAM policies and other documents that AWS defines: member names stay.
    Policy,
    /// Filter policies of subscriptions: member names are those of a message.
    FilterPolicy,
}

/// Names of members of a CloudWatch alarm's message, and the operators of filter policies.
const MESSAGE_MEMBERS: &[&str] = &[
    "$or",
    "AWSAccountId",
    "ActionsEnabled",
    "AlarmActions",
    "AlarmArn",
    "AlarmConfigurationUpdatedTimestamp",
    "AlarmDescription",
    "AlarmName",
    "AlarmRule",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "NewStateReason",
    "NewStateValue",
    "OKActions",
    "OldStateValue",
    "Period",
    "Region",
    "StateChangeTime",
    "Statistic",
    "StatisticType",
    "Threshold",
    "TreatMissingData",
    "Trigger",
    "TriggeringChildren",
    "Unit",
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exists",
    "name",
    "numeric",
    "prefix",
    "suffix",
    "value",
    "wildcard",
];

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
                self.expression(&expression, &mut edits);
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

    fn expression(&self, expression: &Expr, edits: &mut Vec<(Range<usize>, String)>) {
        match expression {
            Expr::Or(operands) | Expr::And(operands) => {
                for operand in operands {
                    self.expression(operand, edits);
                }
            }
            Expr::Group(inner, _) => self.expression(inner, edits),
            Expr::Test(Test {
                selector,
                condition: Condition::Equals { value, .. },
                ..
            }) => edits.extend(self.operand(&path(selector), value)),
            Expr::Test(_) => {}
        }
    }

    fn operand(&self, path: &str, operand: &Operand) -> Option<(Range<usize>, String)> {
        let is_aws_field = CONSTANT_FIELDS.contains(&path);
        match operand {
            Operand::Text(text) => {
                if is_aws_field && is_plain(&text.value) || is_constant(&text.value) {
                    return None;
                }
                let masked = self.value(&text.value);
                let masked = if text.quoted {
                    Value::String(masked).to_string()
                } else {
                    masked
                };
                Some((text.span.clone(), masked))
            }
            // An account written without quotes.
            Operand::Number(number) if number.text.len() == 12 => {
                Some((number.span.clone(), self.name(&number.text)))
            }
            Operand::Number(_) => None,
            Operand::Regex(_) if is_aws_field => None,
            Operand::Regex(regex) => Some((
                regex.span.clone(),
                format!("%{}%", self.regex(&regex.source)),
            )),
        }
    }

    /// A regular expression: letters and digits are masked, but for escapes, classes and counts.
    fn regex(&self, source: &str) -> String {
        let mut out = String::new();
        let mut literal = String::new();
        let mut characters = source.chars();
        let flush = |literal: &mut String, out: &mut String| {
            if !literal.is_empty() {
                let kept = is_constant(literal) || is_code(literal) && literal.len() < 3;
                out.push_str(&if kept {
                    literal.clone()
                } else {
                    self.name(literal)
                });
                literal.clear();
            }
        };
        while let Some(character) = characters.next() {
            if character.is_alphanumeric() {
                literal.push(character);
                continue;
            }
            flush(&mut literal, &mut out);
            out.push(character);
            let end = match character {
                '\\' => {
                    out.extend(characters.next());
                    continue;
                }
                '[' => ']',
                '{' => '}',
                _ => continue,
            };
            for inner in characters.by_ref() {
                out.push(inner);
                if inner == end {
                    break;
                }
            }
        }
        flush(&mut literal, &mut out);
        out
    }

    /// A text in any language: words that are not AWS's own are masked.
    pub(super) fn loose(&self, text: &str) -> String {
        self.words(text, |word, before| {
            // `$.field` and `@field` are names of fields.
            before.ends_with("$.")
                || before.ends_with('@')
                || is_keyword(word)
                || is_plain_number(word)
        })
    }

    /// A metric-math expression: functions and plain ids stay.
    pub(super) fn math(&self, text: &str) -> String {
        self.words(text, |word, _| {
            is_plain_number(word)
                || is_keyword(word)
                || is_metric_id(word)
                || word
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
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
                || is_plain_number(word.trim_end_matches('%'));
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
                || is_region(core);
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

    /// Selection criteria: what stands in quotes is masked, and account numbers.
    pub(super) fn criteria(&self, text: &str) -> String {
        self.words(text, |word, _| {
            is_keyword(word)
                || is_plain_number(word)
                || word.starts_with("LogGroup")
                || word.starts_with("@aws")
        })
    }

    /// A JSON document in a string; a text that is no JSON is masked as one name.
    pub(super) fn document(&self, text: &str, kind: Document) -> String {
        match serde_json::from_str(text) {
            Ok(value) => self.json(value, kind, false).to_string(),
            Err(_) => self.name(text),
        }
    }

    /// A JSON value; `constant` where its strings are AWS's own.
    pub(super) fn json(&self, value: Value, kind: Document, constant: bool) -> Value {
        match value {
            Value::String(text) if constant && (is_plain(&text) || text.starts_with("EU (")) => {
                Value::String(text)
            }
            Value::String(text) if is_action(&text) && constant => Value::String(text),
            Value::String(text) => Value::String(self.value(&text)),
            Value::Number(number) if number.to_string().len() == 12 => {
                let masked = self.name(&number.to_string());
                // A number cannot begin with a zero.
                masked.parse().map_or(Value::String(masked), Value::Number)
            }
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.json(item, kind, constant))
                .collect(),
            Value::Object(members) => {
                let mut masked = Map::new();
                for (name, member) in members {
                    let constant = constant || CONSTANT_MEMBERS.contains(&name.as_str());
                    masked.insert(self.member(name, kind), self.json(member, kind, constant));
                }
                Value::Object(masked)
            }
            other => other,
        }
    }

    fn member(&self, name: String, kind: Document) -> String {
        match kind {
            Document::FilterPolicy if !MESSAGE_MEMBERS.contains(&name.as_str()) => self.name(&name),
            // Condition keys on tags: `aws:ResourceTag/team`.
            Document::Policy => match name.split_once('/') {
                Some((key, tag)) => format!("{key}/{}", self.name(tag)),
                None => name,
            },
            Document::FilterPolicy => name,
        }
    }

    /// Masks the words of a text for which `stays` does not hold; it sees the word and what is before it.
    fn words(&self, text: &str, stays: impl Fn(&str, &str) -> bool) -> String {
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
            let kept = word.is_empty() || stays(word, before) || is_constant(word);
            let masked = if kept {
                word.to_owned()
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

/// The names of a selector, joined with full stops.
fn path(selector: &Selector) -> String {
    let names: Vec<&str> = selector
        .steps
        .iter()
        .map(|step| match step {
            Step::Name(name) => name.as_str(),
            Step::Index(_) | Step::AnyElement | Step::AnyField => "*",
        })
        .collect();
    names.join(".")
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

/// A value without anything that could name somebody: letters, dots, wildcards, Regions; digits only as AWS uses them.
fn is_plain(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() <= 80
        && digits < 10
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"*.:-_ <>=/".contains(&byte))
        || is_event_name(text)
}

fn is_plain_number(text: &str) -> bool {
    text.len() < 10
        && text.parse::<f64>().is_ok()
        && !text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// A letter or three, then digits.
fn is_metric_id(text: &str) -> bool {
    let digits = text.trim_start_matches(|character: char| character.is_ascii_lowercase());
    let letters = text.len() - digits.len();
    (1..=2).contains(&letters)
        && digits.len() <= 3
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}
