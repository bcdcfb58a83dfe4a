//! The message that CloudWatch publishes for a transition into `ALARM`, as far as it is known beforehand.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Number, Value};

use super::form::{self, Form};
use crate::aws::{arn, region_name};

/// Times as CloudWatch writes them.
const TIME: &str = "%Y-%m-%dT%H:%M:%S%.3f+0000";

/// Part of a message that may be known only in part.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A scalar, known.
    Known(Value),
    /// A text of which only the form is known.
    Text(Form),
    /// One of several scalars, depending on what happened before.
    OneOf(Vec<Value>),
    /// An array; a policy looks at its elements one by one.
    Array(Vec<Self>),
    /// An object whose documented members are these.
    Object(BTreeMap<String, Self>),
    /// Nobody documents it, or it may be missing.
    Open,
}

/// What the message says about the kind of alarm.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// An alarm on one metric.
    Metric {
        /// `MetricName`.
        metric_name: String,
        /// `Namespace`.
        namespace: String,
        /// `Statistic`, if it is not an extended one.
        statistic: Option<String>,
        /// `Unit`.
        unit: Option<String>,
        /// `Dimensions`, as names and values.
        dimensions: Vec<(String, String)>,
        /// `Period`.
        period: i64,
        /// `EvaluationPeriods`.
        evaluation_periods: i64,
        /// `ComparisonOperator`.
        comparison_operator: String,
        /// `Threshold`.
        threshold: f64,
    },
    /// An alarm on an expression, a query or an anomaly band.
    Expression,
    /// A composite alarm.
    Composite {
        /// `AlarmRule`.
        alarm_rule: String,
    },
}

/// What is known of an alarm's message before it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmMessage {
    /// `AlarmName`.
    pub alarm_name: String,
    /// `AlarmArn`, with account and Region.
    pub alarm_arn: String,
    /// `AlarmDescription`; none where it was not given, as the message has `null`.
    pub description: Option<String>,
    /// `AlarmActions`.
    pub alarm_actions: Vec<String>,
    /// `OKActions`.
    pub ok_actions: Vec<String>,
    /// `InsufficientDataActions`.
    pub insufficient_data_actions: Vec<String>,
    /// When all this was read: later messages are later; none where that is not known.
    pub read_at: Option<Timestamp>,
    /// The states that the alarm may come from; all three if nothing is known.
    pub old_states: Vec<String>,
    /// What kind of alarm it is.
    pub kind: Kind,
}

fn text(text: &str) -> Part {
    Part::Known(Value::String(text.to_owned()))
}

fn texts(texts: &[String]) -> Part {
    Part::Array(texts.iter().map(|one| text(one)).collect())
}

fn number(value: impl Into<Number>) -> Part {
    Part::Known(Value::Number(value.into()))
}

fn object<const N: usize>(members: [(&str, Part); N]) -> Part {
    Part::Object(
        members
            .into_iter()
            .map(|(name, part)| (name.to_owned(), part))
            .collect(),
    )
}

/// What is not known beforehand, taken to be this.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Guess<'g> {
    /// `StateChangeTime`.
    pub(super) at: Option<&'g str>,
    /// `OldStateValue`.
    pub(super) old_state: Option<&'g str>,
    /// `Region`.
    pub(super) region: Option<&'g str>,
}

/// One of several texts, if any is known.
fn one_of<'t>(texts: impl Iterator<Item = &'t str>) -> Option<Part> {
    let mut texts: Vec<Value> = texts.map(Value::from).collect();
    match texts.len() {
        0 => None,
        1 => texts.pop().map(Part::Known),
        _ => Some(Part::OneOf(texts)),
    }
}

impl AlarmMessage {
    /// Times at which a message may be sent, far enough from each other that no ordinary text begins or ends all of them,
    /// and the first that begins with each of these texts.
    pub(super) fn times<'t>(&self, prefixes: impl IntoIterator<Item = &'t str>) -> Vec<String> {
        let Some(read_at) = self.read_at else {
            return Vec::new();
        };
        let now = read_at.strftime(TIME).to_string();
        let named = prefixes.into_iter().filter_map(form::first_time);
        let named = named.filter(|time| *time >= now);
        [
            (0, 1),
            (1, 68_462),
            (17, 8_139),
            (40, 51_777),
            (200, 30_248),
            (800, 77_003),
            (1_825, 86_114),
        ]
        .into_iter()
        .filter_map(|(days, seconds)| {
            let later = SignedDuration::from_secs(days * 86_400 + seconds);
            let later = later.saturating_add(SignedDuration::from_millis(seconds % 997));
            let at = read_at.checked_add(later).ok()?;
            Some(at.strftime(TIME).to_string())
        })
        .chain(named)
        .collect()
    }

    /// What is known of the time of a message.
    fn time(&self) -> Form {
        let first = self.read_at.map(|at| at.strftime(TIME).to_string());
        first.map_or(Form::Time, |first| Form::TimeFrom { first })
    }

    /// The names that the Region may have; none where nothing is known of them.
    fn region_names(&self) -> &'static [&'static str] {
        arn::region(&self.alarm_arn)
            .and_then(region_name::of)
            .unwrap_or_default()
    }

    /// All that the old state and the name of the Region may be.
    pub(super) fn guesses(&self) -> Vec<Guess<'_>> {
        let states = self.old_states.iter().map(|state| Guess {
            old_state: Some(state),
            ..Guess::default()
        });
        let names = self.region_names();
        states
            .flat_map(|guess| match names {
                [] => vec![guess],
                names => {
                    let named = names.iter().map(|name| Some(*name));
                    named.map(|region| Guess { region, ..guess }).collect()
                }
            })
            .collect()
    }

    /// The message as far as it is known, and guessed.
    pub(super) fn body(&self, guess: Guess<'_>) -> Part {
        let old_states = self.old_states.iter().map(String::as_str);
        let old_state = guess.old_state.map(text).or_else(|| one_of(old_states));
        let region = guess.region.map(text);
        let region = region.or_else(|| one_of(self.region_names().iter().copied()));
        let mut members = vec![
            ("AlarmName", text(&self.alarm_name)),
            (
                "AlarmDescription",
                match self.description.as_deref() {
                    None => Part::Known(Value::Null),
                    // Whether that is sent as an empty text or as `null` is not documented.
                    Some("") => Part::Open,
                    Some(description) => text(description),
                },
            ),
            (
                "AWSAccountId",
                arn::account(&self.alarm_arn).map_or(Part::Open, text),
            ),
            ("AlarmConfigurationUpdatedTimestamp", Part::Text(Form::Time)),
            ("NewStateValue", text("ALARM")),
            ("NewStateReason", Part::Text(Form::Prose)),
            (
                "StateChangeTime",
                guess.at.map_or_else(|| Part::Text(self.time()), text),
            ),
            ("Region", region.unwrap_or(Part::Text(Form::RegionName))),
            ("AlarmArn", text(&self.alarm_arn)),
            ("OldStateValue", old_state.unwrap_or(Part::Open)),
            ("OKActions", texts(&self.ok_actions)),
            ("AlarmActions", texts(&self.alarm_actions)),
            (
                "InsufficientDataActions",
                texts(&self.insufficient_data_actions),
            ),
            // Where tags and contributors stand in the message is not documented.
            ("Tags", Part::Open),
            ("AlarmTags", Part::Open),
            ("NewStateReasonData", Part::Open),
            ("AlarmContributorId", Part::Open),
            ("AlarmContributorAttributes", Part::Open),
        ];
        match &self.kind {
            Kind::Metric { .. } => members.push(("Trigger", self.trigger())),
            Kind::Expression => members.push(("Trigger", Part::Open)),
            Kind::Composite { alarm_rule } => {
                members.push(("AlarmRule", text(alarm_rule)));
                members.push(("TriggeringChildren", Part::Open));
            }
        }
        Part::Object(
            members
                .into_iter()
                .map(|(name, part)| (name.to_owned(), part))
                .collect(),
        )
    }

    fn trigger(&self) -> Part {
        let Kind::Metric {
            metric_name,
            namespace,
            statistic,
            unit,
            dimensions,
            period,
            evaluation_periods,
            comparison_operator,
            threshold,
        } = &self.kind
        else {
            return Part::Open;
        };
        let dimension = |(name, value): &(String, String)| {
            object([("name", text(name)), ("value", text(value))])
        };
        object([
            ("MetricName", text(metric_name)),
            ("Namespace", text(namespace)),
            (
                "StatisticType",
                if statistic.is_some() {
                    text("Statistic")
                } else {
                    Part::Text(Form::Any)
                },
            ),
            // `SUM`, not `Sum`; how the others are spelled is not documented, but not with small letters.
            (
                "Statistic",
                match statistic.as_deref() {
                    Some("Sum") => text("SUM"),
                    Some(_) => Part::Text(Form::Capitals),
                    None => Part::Open,
                },
            ),
            ("ExtendedStatistic", Part::Open),
            (
                "Unit",
                match unit {
                    Some(unit) => Part::Text(Form::Spelled { text: unit.clone() }),
                    None => Part::Known(Value::Null),
                },
            ),
            (
                "Dimensions",
                Part::Array(dimensions.iter().map(dimension).collect()),
            ),
            ("Period", number(*period)),
            ("EvaluationPeriods", number(*evaluation_periods)),
            ("DatapointsToAlarm", Part::Open),
            ("ComparisonOperator", text(comparison_operator)),
            (
                "Threshold",
                Number::from_f64(*threshold).map_or(Part::Open, number),
            ),
            // Written with and without a label in front.
            ("TreatMissingData", Part::Text(Form::Any)),
            ("EvaluateLowSampleCountPercentile", Part::Open),
        ])
    }
}
