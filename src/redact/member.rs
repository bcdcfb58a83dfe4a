//! Masks one member of a response or request, by what it is.

use serde_json::{Map, Value};

use super::mask::Mask;
use super::shape::Kind;
use super::texts::Document;
use super::vocabulary::{is_form, is_member, is_value};
use crate::aws::arn;

/// From so many digits on a number could be an account, a telephone number or the like.
const LONG: usize = 10;

impl Mask {
    /// Masks a value of a kind. A value of another type than expected keeps its type, so that it is as unreadable
    /// as it was.
    pub(super) fn redact(&self, kind: Kind, value: Value) -> Value {
        match (kind, value) {
            (Kind::Keep | Kind::Tree, value) => self.tree(value),
            (Kind::Time, Value::Number(number)) => {
                let is_time = number.as_u64().is_some_and(|millis| {
                    (1_000_000_000_000..10_000_000_000_000).contains(&millis)
                });
                if is_time {
                    Value::Number(number)
                } else {
                    self.number(number, LONG)
                }
            }
            (Kind::Each(inner), Value::Array(items)) => items
                .into_iter()
                .map(|item| self.redact(*inner, item))
                .collect(),
            (Kind::Object(shape), Value::Object(mut members)) => {
                let masked = shape.iter().filter_map(|(name, kind)| {
                    let member = members.remove(*name)?;
                    Some(((*name).to_owned(), self.redact(*kind, member)))
                });
                Value::Object(masked.collect())
            }
            (Kind::Paths, Value::Object(members)) => {
                let masked = members
                    .into_iter()
                    .map(|(name, path)| (self.loose(&name), self.redact(Kind::Query, path)));
                Value::Object(masked.collect())
            }
            (Kind::Pairs, Value::Object(members)) => {
                let masked = members.into_iter().map(|(name, member)| {
                    let member = match member {
                        // A selector of the event, `$.userIdentity.type`.
                        Value::String(selector) if selector.starts_with('$') => {
                            Value::String(self.loose(&selector))
                        }
                        member => self.redact(Kind::Value, member),
                    };
                    (self.value(&name), member)
                });
                Value::Object(masked.collect())
            }
            (kind, Value::String(text)) => Value::String(self.text(kind, &text)),
            (_, Value::Array(items)) => items
                .into_iter()
                .map(|item| self.redact(Kind::Arn, item))
                .collect(),
            (_, Value::Object(_)) => Value::Object(Map::new()),
            (_, Value::Number(number)) => self.number(number, LONG),
            (_, scalar) => scalar,
        }
    }

    /// JSON of AWS's own making: what is not AWS's own word in it is masked, member names too.
    fn tree(&self, value: Value) -> Value {
        match value {
            Value::String(text) if is_form(&text) => Value::String(text),
            Value::String(text) if arn::begins_one(&text) => Value::String(self.arn(&text)),
            Value::String(text) => Value::String(self.loose(&text)),
            Value::Number(number) => self.number(number, LONG),
            Value::Array(items) => items.into_iter().map(|item| self.tree(item)).collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(name, member)| {
                    let name = if is_member(&name) {
                        name
                    } else {
                        self.name(&name)
                    };
                    (name, self.tree(member))
                })
                .collect(),
            scalar => scalar,
        }
    }

    fn text(&self, kind: Kind, text: &str) -> String {
        match kind {
            Kind::Name => self.name(text),
            Kind::Arn => self.name_or_arn(text),
            Kind::Key => self.key(text),
            Kind::Endpoint => self.endpoint(text),
            Kind::Code => self.code(text),
            Kind::Sentence => self.sentence(text),
            Kind::Value => self.value(text),
            Kind::SubscriptionArn => match text {
                "PendingConfirmation" | "Deleted" => text.to_owned(),
                text => self.name_or_arn(text),
            },
            Kind::Namespace if text.starts_with("AWS/") && is_value(text) => text.to_owned(),
            Kind::Namespace => self.name(text),
            Kind::Pattern => self.pattern(text),
            Kind::AlarmRule => self.alarm_rule(text),
            Kind::Math => self.math(text),
            Kind::MetricId => self.metric_id(text),
            Kind::Query => self.loose(text),
            Kind::Criteria => self.criteria(text),
            Kind::Policy => self.document(text, Document::Policy),
            Kind::FilterPolicy => self.document(text, Document::FilterPolicy),
            Kind::EventPattern => self.document(text, Document::EventPattern),
            // A string where a list or an object should be.
            Kind::Keep
            | Kind::Time
            | Kind::Tree
            | Kind::Pairs
            | Kind::Paths
            | Kind::Each(_)
            | Kind::Object(_) => self.name(text),
        }
    }
}
