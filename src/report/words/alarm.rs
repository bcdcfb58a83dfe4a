//! Alarms in words: what is said beside what one event does.

use crate::chain::cause::{AlarmCause, Namesake, Query};

use super::span;

/// The cause as a sentence.
pub(super) fn sentence(cause: &AlarmCause) -> String {
    match cause {
        AlarmCause::WatchesMetric => "it watches the metric".to_owned(),
        AlarmCause::NoAlarmWatches { namesake: None } => "no alarm watches it".to_owned(),
        AlarmCause::NoAlarmWatches {
            namesake:
                Some(Namesake {
                    alarm,
                    namespace,
                    metric,
                }),
        } => format!(
            "no alarm watches it: the alarm `{alarm}` watches {metric} in the namespace {namespace}"
        ),
        AlarmCause::InMonitoringAccount { account } => format!(
            "it is an alarm of the monitoring account {account}, and whether that is linked to the metric's account is not in the snapshot"
        ),
        AlarmCause::QueryNotEvaluated { query, metric } => match query {
            Query::Promql => {
                format!("it watches a PromQL query that may select {metric}, which is not evaluated")
            }
            Query::Search => {
                format!("it watches a search that names {metric}, which is not evaluated")
            }
            Query::MetricsInsights => format!(
                "it watches a Metrics Insights query that names {metric}, which is not evaluated"
            ),
        },
        AlarmCause::QueriesNotListed => "its metric queries are not in the snapshot".to_owned(),
        AlarmCause::OneEventFires {
            delay_seconds: 0,
            coalescing_seconds,
        } => format!("one event moves it into ALARM, at most once in {coalescing_seconds} seconds"),
        AlarmCause::OneEventFires {
            delay_seconds,
            coalescing_seconds,
        } => format!(
            "one event moves it into ALARM {delay_seconds} seconds late, at most once in {coalescing_seconds} seconds"
        ),
        AlarmCause::ActionsEnabled => "its actions are enabled".to_owned(),
        AlarmCause::ActionsDisabled => "its actions are disabled".to_owned(),
        AlarmCause::NoAction { other_state: None } => "it has no action".to_owned(),
        AlarmCause::NoAction {
            other_state: Some(state),
        } => format!("it has an action for {state} and none for ALARM"),
        AlarmCause::EvaluationError => {
            "CloudWatch cannot evaluate it: its configuration is in error".to_owned()
        }
        AlarmCause::EvaluationFailure => {
            "CloudWatch could not evaluate it (EVALUATION_FAILURE), and whether it can when the event comes is not known"
                .to_owned()
        }
        AlarmCause::PartialData => {
            "CloudWatch could not get all data that it reads (PARTIAL_DATA)".to_owned()
        }
        AlarmCause::InsufficientData => {
            "it has insufficient data, as it should when nothing happens".to_owned()
        }
        AlarmCause::JustInAlarm { seconds } => format!(
            "it went into ALARM {} before the snapshot: an event makes no notification until it leaves",
            span(*seconds)
        ),
        AlarmCause::SitsInAlarm { seconds } => format!(
            "it has been in ALARM for {}: an event makes no transition, so nobody is told",
            span(*seconds)
        ),
        AlarmCause::InAlarmSinceUnknown => {
            "it is in ALARM, since when is not known: an event makes no notification until it leaves"
                .to_owned()
        }
        AlarmCause::WarmUpOver => "its warm-up is over".to_owned(),
        AlarmCause::WarmingUp { minutes, updated } => format!(
            "it warms up for {minutes} minutes after {updated}: until then it does not act"
        ),
        AlarmCause::ResponsePlan => "the response plan may page its contacts".to_owned(),
        AlarmCause::ActionTellsNobody { service } => {
            format!("it does something with {service} and tells nobody")
        }
        AlarmCause::ActionNotFollowed { service } if service.is_empty() => {
            "whether it tells a person is not in the snapshot".to_owned()
        }
        AlarmCause::ActionNotFollowed { service } => {
            format!("it goes to {service}; whether that tells a person is not in the snapshot")
        }
    }
}
