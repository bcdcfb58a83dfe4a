//! What an alarm's message says, for the filter policies of subscriptions: from facts to [`AlarmMessage`].

use super::Error;
use super::facts::{AlarmRow, Facts};
use crate::aws::alarm::AlarmState;
use crate::aws::filter_policy::{AlarmMessage, Kind};

/// The message of an alarm that comes from one of the `resting` states.
pub(super) fn of(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    resting: &[AlarmState],
) -> Result<AlarmMessage, Error> {
    let actions = facts.actions(&alarm.account, &alarm.arn)?;
    let on = |state: &str| -> Vec<String> {
        actions
            .iter()
            .filter(|action| action.on_state == state)
            .map(|action| action.arn.clone())
            .collect()
    };
    let old_states = if alarm.kind == "composite" {
        // A composite has insufficient data only until its first evaluation.
        vec!["OK".to_owned()]
    } else {
        resting
            .iter()
            .map(|state| state.word().to_owned())
            .collect()
    };
    Ok(AlarmMessage {
        alarm_name: alarm.name.clone(),
        alarm_arn: alarm.arn.clone(),
        description: alarm.description.clone(),
        alarm_actions: on("ALARM"),
        ok_actions: on("OK"),
        insufficient_data_actions: on("INSUFFICIENT_DATA"),
        read_at: facts
            .recorded_at(alarm.evidence)?
            .and_then(|at| at.parse().ok()),
        old_states,
        kind: kind(alarm),
    })
}

fn kind(alarm: &AlarmRow) -> Kind {
    if alarm.kind == "composite" {
        return Kind::Composite {
            alarm_rule: alarm.alarm_rule.clone().unwrap_or_default(),
        };
    }
    let threshold = alarm
        .threshold
        .as_deref()
        .and_then(|text| text.parse().ok());
    match (
        &alarm.metric_name,
        &alarm.namespace,
        alarm.period,
        threshold,
    ) {
        (Some(metric_name), Some(namespace), Some(period), Some(threshold)) => Kind::Metric {
            metric_name: metric_name.clone(),
            namespace: namespace.clone(),
            statistic: alarm.statistic.clone(),
            unit: alarm.unit.clone(),
            dimensions: alarm
                .dimensions
                .iter()
                .flat_map(|named| named.iter())
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            period,
            evaluation_periods: alarm.evaluation_periods.unwrap_or_default(),
            comparison_operator: alarm.comparison_operator.clone().unwrap_or_default(),
            threshold,
        },
        _ => Kind::Expression,
    }
}
