//! From a metric filter to the alarms that its metric moves: the join on metric and dimensions, and the arithmetic.
//!
//! Namespace, metric name, account and region have to be the same; dimensions too (A01, F05). What one event does to the
//! alarm is decided by [`super::alarm`].

use std::collections::BTreeMap;

use serde_json::Value;

use crate::coverage::Predicate;

use super::Error;
use super::alarm::{self, Emission, Outcome, Settings};
use super::composite::AlarmState;
use super::facts::{AlarmRow, Facts, FilterRow, MetricRow, Question};
use super::log_group::Place;
use super::metric_filter;
use super::stage::{Stage, fine, unanswered};
use super::verdict::{Link, LinkId, Verdict};

/// An alarm that reads the metric of a filter.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) alarm: AlarmRow,
    /// What is said about the filter's value, its dimensions and the alarm's arithmetic.
    pub(super) stage: Stage,
    /// Seconds for which the alarm stays in ALARM after an event, where it fires.
    pub(super) coalescing: Option<u64>,
    /// The states in which the alarm waits for an event.
    pub(super) resting: Vec<AlarmState>,
}

/// The alarms of a filter, and what is to be said where there is none or not all are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Watchers {
    pub(super) alarms: Vec<Watched>,
    /// A01: no alarm, or not every alarm is known.
    pub(super) none: Option<Link>,
}

/// Finds the alarms that read the metric of a filter.
pub(super) fn find(
    facts: &Facts<'_>,
    place: &Place,
    filter: &FilterRow,
) -> Result<Watchers, Error> {
    let (Some(namespace), Some(metric_name)) = (&filter.namespace, &filter.metric_name) else {
        let link = Link::new(
            LinkId::A01,
            Verdict::Broken,
            metric_filter::subject(filter),
            "metric filter writes no metric",
        )
        .field("metricTransformations", "[]")
        .evidence([filter.evidence]);
        return Ok(Watchers {
            alarms: Vec::new(),
            none: Some(link),
        });
    };
    let mut alarms = Vec::new();
    for arn in facts.watching(&place.account, &place.region, namespace, metric_name)? {
        alarms.extend(facts.alarm(&place.account, &arn)?);
    }
    for (account, arn) in
        facts.watching_from_afar(&place.account, &place.region, namespace, metric_name)?
    {
        alarms.extend(facts.alarm(&account, &arn)?);
    }
    let others = others(facts, place, filter, namespace, metric_name)?;
    let mut watchers = Watchers::default();
    for alarm in alarms {
        watchers
            .alarms
            .push(watched(facts, place, filter, &others, alarm)?);
    }
    watchers.none = no_alarm(
        facts,
        place,
        filter,
        namespace,
        metric_name,
        watchers.alarms.is_empty(),
    )?;
    Ok(watchers)
}

/// Other filters of any log group that write the same metric: their default values fill the same periods (F14).
fn others(
    facts: &Facts<'_>,
    place: &Place,
    filter: &FilterRow,
    namespace: &str,
    metric_name: &str,
) -> Result<Vec<FilterRow>, Error> {
    let mut others = facts.writers(&place.account, &place.region, namespace, metric_name)?;
    others
        .retain(|other| other.name != filter.name || other.log_group_name != filter.log_group_name);
    Ok(others)
}

fn no_alarm(
    facts: &Facts<'_>,
    place: &Place,
    filter: &FilterRow,
    namespace: &str,
    metric_name: &str,
    none_found: bool,
) -> Result<Option<Link>, Error> {
    let subject = format!("{namespace} {metric_name}");
    let question = Question {
        account: &place.account,
        region: &place.region,
        service: "monitoring",
        operation: "DescribeAlarms",
        subject: "MetricAlarm",
    };
    let asked = facts.asked(question)?;
    if !asked.answered() {
        return Ok(Some(unanswered(LinkId::A01, &subject, question, &asked)));
    }
    if !none_found {
        return Ok(None);
    }
    let mut reason = "no alarm watches the metric".to_owned();
    let namesakes = facts.namesakes(&place.account, &place.region, metric_name)?;
    if let Some((other, alarm)) = namesakes.first() {
        reason = format!(
            "{reason}: the alarm `{}` watches {metric_name} in the namespace {other}",
            name_of(alarm)
        );
    }
    let link = Link::new(LinkId::A01, Verdict::Broken, subject, reason)
        .field("metricNamespace", namespace)
        .field("metricName", metric_name)
        .evidence([filter.evidence].into_iter().chain(asked.evidence()));
    Ok(Some(link))
}

fn name_of(alarm_arn: &str) -> &str {
    alarm_arn.splitn(7, ':').last().unwrap_or(alarm_arn)
}

fn watched(
    facts: &Facts<'_>,
    place: &Place,
    filter: &FilterRow,
    others: &[FilterRow],
    alarm: AlarmRow,
) -> Result<Watched, Error> {
    let mut stage = Stage::default();
    let reads = facts.alarm_metrics(&alarm.account, &alarm.arn)?;
    if alarm.account != place.account {
        stage.say(
            Link::new(
                LinkId::A22,
                Verdict::Weak,
                &alarm.arn,
                format!(
                    "an alarm of the monitoring account {} reads the metric; whether the accounts are linked is not in the snapshot",
                    alarm.account
                ),
            )
            .field("Metrics[].AccountId", &place.account)
            .evidence([alarm.evidence]),
        );
    }
    let simple = reads.iter().find(|row| row.query_id.is_empty());
    let mut coalescing = None;
    match simple {
        Some(row) => {
            stage.say(
                fine(LinkId::A01, &alarm.arn, "alarm watches the metric")
                    .field("Namespace", filter.namespace.as_deref().unwrap_or_default())
                    .field(
                        "MetricName",
                        filter.metric_name.as_deref().unwrap_or_default(),
                    )
                    .evidence([alarm.evidence, filter.evidence]),
            );
            if dimensions(place, filter, row, &alarm, &mut stage) {
                let outcome =
                    alarm::single_event(&emission(filter), &emissions(others), &settings(&alarm));
                coalescing = said(&outcome, filter, &alarm, &mut stage);
            }
        }
        None => stage.say(
            Link::new(
                LinkId::A19,
                Verdict::Unknown,
                &alarm.arn,
                "metric math of the alarm is not evaluated",
            )
            .field("Metrics", alarm.metrics.as_deref().unwrap_or("absent"))
            .evidence([alarm.evidence]),
        ),
    }
    shared_metric(filter, others, &mut stage);
    let resting = resting(filter, others, &alarm);
    Ok(Watched {
        alarm,
        stage,
        coalescing,
        resting,
    })
}

/// Turns an outcome into links with the fields that decided it; the seconds of coalescing where the alarm fires.
fn said(outcome: &Outcome, filter: &FilterRow, alarm: &AlarmRow, stage: &mut Stage) -> Option<u64> {
    for mut link in outcome.links(&alarm.arn) {
        let mut fields = shown_settings(filter, alarm);
        fields.append(&mut link.fields);
        link.fields = fields;
        stage.say(link.evidence([alarm.evidence, filter.evidence]));
    }
    match outcome {
        Outcome::Fires { coalescing, .. } => Some(*coalescing),
        _ => None,
    }
}

fn shown_settings(filter: &FilterRow, alarm: &AlarmRow) -> Vec<(String, String)> {
    let text = |value: &Option<String>| value.clone();
    let number = |value: Option<i64>| value.map(|value| value.to_string());
    let shown = [
        ("metricValue", text(&filter.metric_value)),
        ("defaultValue", text(&filter.default_value)),
        (
            "Statistic",
            text(&alarm.statistic).or_else(|| text(&alarm.extended_statistic)),
        ),
        ("ComparisonOperator", text(&alarm.comparison_operator)),
        ("Threshold", text(&alarm.threshold)),
        ("Period", number(alarm.period)),
        ("EvaluationPeriods", number(alarm.evaluation_periods)),
        ("DatapointsToAlarm", number(alarm.datapoints_to_alarm)),
        ("TreatMissingData", text(&alarm.treat_missing_data)),
    ];
    shown
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

fn emission(filter: &FilterRow) -> Emission {
    Emission {
        metric_value: filter.metric_value.clone().unwrap_or_default(),
        default_value: filter
            .default_value
            .as_deref()
            .and_then(|text| text.parse().ok()),
        unit: filter.unit.clone(),
    }
}

fn emissions(filters: &[FilterRow]) -> Vec<Emission> {
    // A filter with dimensions writes other metrics than the one without.
    filters
        .iter()
        .filter(|filter| selectors(filter).is_empty())
        .map(emission)
        .collect()
}

pub(super) fn settings(alarm: &AlarmRow) -> Settings {
    Settings {
        statistic: alarm
            .statistic
            .clone()
            .or_else(|| alarm.extended_statistic.clone()),
        period: alarm.period,
        unit: alarm.unit.clone(),
        evaluation_periods: alarm.evaluation_periods.unwrap_or_default(),
        datapoints_to_alarm: alarm.datapoints_to_alarm,
        threshold: alarm
            .threshold
            .as_deref()
            .and_then(|text| text.parse().ok()),
        comparison_operator: alarm.comparison_operator.clone().unwrap_or_default(),
        treat_missing_data: alarm.treat_missing_data.clone(),
        evaluate_low_sample_count_percentile: alarm.evaluate_low_sample_count_percentile.clone(),
        wall_clock: alarm
            .evaluation_window
            .as_deref()
            .is_some_and(|window| window.contains("WallClockWindow")),
    }
}

/// Where the alarm rests while nothing happens: what it is told to make of missing data, or OK by default values.
fn resting(filter: &FilterRow, others: &[FilterRow], alarm: &AlarmRow) -> Vec<AlarmState> {
    let dense = filter.default_value.is_some()
        || emissions(others)
            .iter()
            .any(|other| other.default_value.is_some());
    match alarm.treat_missing_data.as_deref() {
        Some("notBreaching") => vec![AlarmState::Ok],
        None | Some("missing") if !dense => vec![AlarmState::InsufficientData],
        _ => vec![AlarmState::Ok, AlarmState::InsufficientData],
    }
}

/// F14: filters that share a metric share its alarm and its moments of silence.
fn shared_metric(filter: &FilterRow, others: &[FilterRow], stage: &mut Stage) {
    if others.is_empty() {
        return;
    }
    let names: Vec<&str> = others.iter().map(|other| other.name.as_str()).collect();
    stage.say(
        fine(
            LinkId::F14,
            &metric_filter::subject(filter),
            format!(
                "shares its metric with {}: while an event of one keeps the alarm in ALARM, one of another makes no notification",
                names.join(", ")
            ),
        )
        .evidence(others.iter().map(|other| other.evidence)),
    );
}

/// The dimensions that a filter writes: name and selector, system fields included.
fn selectors(filter: &FilterRow) -> BTreeMap<String, String> {
    let mut selectors = texts(filter.dimensions.as_deref().unwrap_or("{}"));
    if let Ok(Value::Array(system)) = serde_json::from_str(&filter.emit_system_field_dimensions) {
        for name in system.iter().filter_map(Value::as_str) {
            selectors.insert(name.to_owned(), name.to_owned());
        }
    }
    selectors
}

/// F05, F06 and F07. Whether the alarm reads the metric that the filter writes at all.
fn dimensions(
    place: &Place,
    filter: &FilterRow,
    row: &MetricRow,
    alarm: &AlarmRow,
    stage: &mut Stage,
) -> bool {
    let written = selectors(filter);
    let read = texts(&row.dimensions);
    let subject = metric_filter::subject(filter);
    let said = |id, verdict, reason: String| {
        Link::new(id, verdict, &subject, reason)
            .field("dimensions", filter.dimensions.as_deref().unwrap_or("{}"))
            .field("Dimensions", &row.dimensions)
            .evidence([filter.evidence, alarm.evidence])
    };
    if !written.keys().eq(read.keys()) {
        let reason = if written.is_empty() {
            format!(
                "the alarm reads the metric with the dimensions {}, which the filter does not write",
                names(&read)
            )
        } else if read.is_empty() {
            format!(
                "the filter writes the metric with the dimensions {} alone, the alarm reads it without",
                names(&written)
            )
        } else {
            format!(
                "the filter writes the dimensions {}, the alarm reads {}",
                names(&written),
                names(&read)
            )
        };
        stage.say(said(LinkId::F05, Verdict::Broken, reason));
        return false;
    }
    for (name, selector) in &written {
        let Some(value) = read.get(name) else {
            continue;
        };
        let system = match selector.as_str() {
            "@aws.account" => Some(place.account.as_str()),
            "@aws.region" => Some(place.region.as_str()),
            _ => None,
        };
        if let Some(actual) = system {
            if actual != value {
                stage.say(said(
                    LinkId::F05,
                    Verdict::Broken,
                    format!(
                        "the alarm reads {name} = {value}, the log group's records have {actual}"
                    ),
                ));
                return false;
            }
            continue;
        }
        let Some(path) = selector.strip_prefix("$.").filter(|path| plain_path(path)) else {
            stage.say(said(
                LinkId::F05,
                Verdict::Unknown,
                format!("the dimension {name} comes from `{selector}`, which is not evaluated"),
            ));
            continue;
        };
        stage.require(LinkId::F05, &subject, Predicate::equals(path, value));
        stage.say(said(
            LinkId::F05,
            Verdict::Degraded,
            format!("the alarm reads events with {path} = {value} alone"),
        ));
        stage.say(said(
            LinkId::F06,
            Verdict::Degraded,
            format!("an event without {path} writes no metric"),
        ));
        if many_values(path) {
            stage.say(said(
                LinkId::F07,
                Verdict::Weak,
                format!("CloudWatch Logs may disable the filter when {path} takes more than 1,000 values in an hour"),
            ));
        }
    }
    true
}

/// Names joined by `.`, nothing else.
fn plain_path(path: &str) -> bool {
    !path.is_empty()
        && path
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
}

/// Fields that differ from event to event, or from caller to caller.
fn many_values(path: &str) -> bool {
    !matches!(
        path,
        "awsRegion"
            | "eventCategory"
            | "eventName"
            | "eventSource"
            | "eventType"
            | "eventVersion"
            | "errorCode"
            | "managementEvent"
            | "readOnly"
            | "recipientAccountId"
            | "userIdentity.type"
            | "userIdentity.accountId"
    )
}

fn names(map: &BTreeMap<String, String>) -> String {
    map.keys()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// A JSON object of strings.
fn texts(json: &str) -> BTreeMap<String, String> {
    let Ok(Value::Object(object)) = serde_json::from_str::<Value>(json) else {
        return BTreeMap::new();
    };
    let texts = object.into_iter().map(|(name, value)| match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    });
    texts.collect()
}
