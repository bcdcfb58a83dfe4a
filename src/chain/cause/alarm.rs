//! What is said of an alarm beside what one event does to it, which is [`crate::aws::alarm::Reason`].

use serde::Serialize;

/// Why a link about an alarm has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum AlarmCause {
    /// It watches the metric.
    WatchesMetric,
    /// No alarm watches the metric.
    NoAlarmWatches {
        /// An alarm on a metric of this name in another namespace.
        #[serde(skip_serializing_if = "Option::is_none")]
        namesake: Option<Namesake>,
    },
    /// It is one of a monitoring account; whether the accounts are linked is not in the snapshot.
    InMonitoringAccount {
        /// The monitoring account.
        account: String,
    },
    /// It names no metric but asks for it in a query that is not evaluated.
    QueryNotEvaluated {
        /// The kind of the query.
        query: Query,
        /// The metric.
        metric: String,
    },
    /// The metric queries are not in the snapshot.
    QueriesNotListed,
    /// One event moves it into `ALARM`.
    OneEventFires {
        /// Seconds from the datapoint to the transition.
        delay_seconds: u64,
        /// Seconds for which it stays there.
        coalescing_seconds: u64,
    },
    /// Its actions are enabled.
    ActionsEnabled,
    /// Its actions are disabled.
    ActionsDisabled,
    /// It has no action for `ALARM`.
    NoAction {
        /// A state that it has an action for.
        #[serde(skip_serializing_if = "Option::is_none")]
        other_state: Option<String>,
    },
    /// CloudWatch cannot evaluate it: its configuration is in error.
    EvaluationError,
    /// CloudWatch could not evaluate it for the time being.
    EvaluationFailure,
    /// CloudWatch could not get all data that it reads.
    PartialData,
    /// It has insufficient data, as it should when nothing happens.
    InsufficientData,
    /// It went into `ALARM` shortly before the snapshot.
    JustInAlarm {
        /// Seconds ago.
        seconds: i64,
    },
    /// It has been in `ALARM` for longer than one event explains.
    SitsInAlarm {
        /// Seconds ago.
        seconds: i64,
    },
    /// It is in `ALARM`, since when is not known.
    InAlarmSinceUnknown,
    /// Its warm-up is over.
    WarmUpOver,
    /// It warms up, and does not act until then.
    WarmingUp {
        /// For so long.
        minutes: i64,
        /// After this time.
        updated: String,
    },
    /// The action starts a response plan, which may page its contacts.
    ResponsePlan,
    /// The action tells nobody.
    ActionTellsNobody {
        /// The service that it does something with.
        service: String,
    },
    /// Whether the action tells a person is not in the snapshot.
    ActionNotFollowed {
        /// The service that it goes to.
        service: String,
    },
}

/// An alarm on a metric of the same name in another namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Namesake {
    /// Name of the alarm.
    pub alarm: String,
    /// The namespace that it watches.
    pub namespace: String,
    /// The metric name.
    pub metric: String,
}

/// A query in place of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// SEARCH.
    Search,
    /// Metrics Insights.
    MetricsInsights,
    /// PromQL.
    Promql,
}
