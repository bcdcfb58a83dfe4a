//! What one event does to an alarm: from facts to the arithmetic of [`crate::aws::alarm`] and [`crate::aws::metric_math`].

use std::collections::BTreeMap;

use super::facts::{AlarmRow, Facts, FilterRow, MetricRow};
use super::log_group::Place;
use super::stage::Stage;
use super::verdict::LinkId;
use super::{Error, dimensions};
use crate::aws::alarm::{self, Emission, Outcome, Settings};
use crate::aws::composite::AlarmState;
use crate::aws::metric_math::{self, Metric, Role};

/// An alarm on one metric.
pub(super) fn plain(filter: &FilterRow, others: &[FilterRow], alarm: &AlarmRow) -> Outcome {
    alarm::single_event(&emission(filter), &emissions(others), &settings(alarm))
}

/// An alarm on an expression over metrics.
///
/// Whether the event is matched by the filters behind the other metrics too is not known here: an alarm that fires has to
/// fire either way. One that needs their help is no path of this filter.
pub(super) fn math(
    facts: &Facts<'_>,
    place: &Place,
    filter: &FilterRow,
    others: &[FilterRow],
    alarm: &AlarmRow,
    reads: &[MetricRow],
) -> Result<Outcome, Error> {
    let Some(metrics) = alarm.metrics.as_deref() else {
        return Ok(Outcome::Unknown {
            id: LinkId::A19,
            reason: "the alarm's metric queries are not in the snapshot".to_owned(),
        });
    };
    let ours = |account: &str, namespace: &str, name: &str| {
        account == place.account
            && filter.namespace.as_deref() == Some(namespace)
            && filter.metric_name.as_deref() == Some(name)
    };
    let mut writers: BTreeMap<(String, String, String), Vec<FilterRow>> = BTreeMap::new();
    for row in reads {
        let (Some(namespace), Some(name)) = (&row.namespace, &row.metric_name) else {
            continue;
        };
        let account = row.metric_account.as_ref().unwrap_or(&alarm.account);
        if !ours(account, namespace, name) {
            let found = facts.writers(account, &alarm.region, namespace, name)?;
            writers.insert((account.clone(), namespace.clone(), name.clone()), found);
        }
    }
    let role = |metric: &Metric, all_match: bool| {
        let account = metric.account.as_ref().unwrap_or(&alarm.account);
        if ours(account, &metric.namespace, &metric.metric_name) {
            if dimensions::selectors(filter)
                .keys()
                .eq(metric.dimensions.keys())
            {
                return Role::Event {
                    emission: emission(filter),
                    others: emissions(others),
                };
            }
            return Role::Unknown;
        }
        let key = (
            account.clone(),
            metric.namespace.clone(),
            metric.metric_name.clone(),
        );
        let found = writers.get(&key).map(Vec::as_slice).unwrap_or_default();
        let mut found: Vec<Emission> = found
            .iter()
            .filter(|writer| {
                dimensions::selectors(writer)
                    .keys()
                    .eq(metric.dimensions.keys())
            })
            .map(emission)
            .collect();
        match found.pop() {
            None => Role::Unknown,
            Some(emission) if all_match => Role::Event {
                emission,
                others: found,
            },
            Some(emission) => {
                found.push(emission);
                Role::Quiet(found)
            }
        }
    };
    let settings = settings(alarm);
    let alone = metric_math::single_event(metrics, &settings, |metric| role(metric, false));
    let together = metric_math::single_event(metrics, &settings, |metric| role(metric, true));
    if matches!(alone, Outcome::Fires { .. }) && !matches!(together, Outcome::Fires { .. }) {
        return Ok(Outcome::Unknown {
            id: LinkId::A19,
            reason:
                "the answer depends on whether the filters of the other metrics match the event too"
                    .to_owned(),
        });
    }
    Ok(alone)
}

/// Where the alarm rests while nothing happens: what it is told to make of missing data, or OK by default values.
pub(super) fn resting(
    filter: &FilterRow,
    others: &[FilterRow],
    alarm: &AlarmRow,
) -> Vec<AlarmState> {
    let dense = filter.default_value.is_some()
        || emissions(others)
            .iter()
            .any(|other| other.default_value.is_some());
    match alarm.treat_missing_data.as_deref() {
        // FILL may stand for the data that is missing.
        _ if alarm.metrics.is_some() => vec![AlarmState::Ok, AlarmState::InsufficientData],
        Some("notBreaching") => vec![AlarmState::Ok],
        None | Some("missing") if !dense => vec![AlarmState::InsufficientData],
        _ => vec![AlarmState::Ok, AlarmState::InsufficientData],
    }
}

/// Turns an outcome into links with the fields that decided it; the seconds of coalescing where the alarm fires.
pub(super) fn say(
    outcome: &Outcome,
    filter: &FilterRow,
    alarm: &AlarmRow,
    stage: &mut Stage,
) -> Option<u64> {
    for mut link in outcome.links(&alarm.subject()) {
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
        ("Metrics", text(&alarm.metrics)),
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
        .filter(|filter| dimensions::selectors(filter).is_empty())
        .map(emission)
        .collect()
}

fn settings(alarm: &AlarmRow) -> Settings {
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
