//! What is said of an alarm beside what one event does to it, which is [`crate::aws::alarm::Reason`].

use serde::Serialize;

use crate::aws::mute::Problem;

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
    /// A mute rule has no window any more.
    MuteRuleOver {
        /// The rule.
        rule: String,
    },
    /// Every window of its mute rules is shorter than it stays in `ALARM`.
    MuteLosesNothing {
        /// The rules.
        rules: Vec<String>,
    },
    /// Events in the windows of its mute rules are lost.
    Muted {
        /// The rules.
        rules: Vec<String>,
        /// The first window in which an event is lost.
        window: MuteWindow,
    },
    /// Its mute rules leave no moment out.
    MutedAlways {
        /// The rules.
        rules: Vec<String>,
    },
    /// Events in the windows of its mute rules may be lost.
    MutedPerhaps {
        /// The rules.
        rules: Vec<String>,
        /// The first window in which an event may be lost.
        window: MuteWindow,
    },
    /// The schedule of a mute rule is not understood.
    MuteScheduleNotUnderstood {
        /// The rule.
        rule: String,
        /// What is in the way.
        problem: Problem,
    },
    /// All alarms for these events are muted at one time.
    MutedTogether {
        /// The alarms.
        alarms: Vec<String>,
        /// The window that they have in common.
        window: MuteWindow,
        /// A moment in it.
        at: String,
    },
    /// All alarms for these events are silent at one time, some by what their expressions ask of the time.
    SilentTogether {
        /// The alarms.
        alarms: Vec<String>,
        /// The time that they have in common.
        window: MuteWindow,
        /// A moment in it.
        at: String,
    },
    /// All alarms for these events may be muted at one time.
    MutedTogetherPerhaps {
        /// The alarms.
        alarms: Vec<String>,
        /// The window that they may have in common.
        window: MuteWindow,
    },
    /// Its own filter matches nearly every event, which keeps it in `ALARM`.
    KeptInAlarmByItsFilter {
        /// The filter.
        filter: String,
    },
    /// Another filter that feeds it matches nearly every event, which keeps it in `ALARM`.
    KeptInAlarmByOthers {
        /// The filters.
        filters: Vec<String>,
    },
    /// A filter that feeds it matches nearly every event, and whether that keeps it in `ALARM` is not known.
    PerhapsKeptInAlarm {
        /// The filters.
        filters: Vec<String>,
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

/// A window of time, in RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct MuteWindow {
    /// The first moment.
    pub begin: String,
    /// The first moment after it.
    pub end: String,
}

impl From<crate::aws::mute::Window> for MuteWindow {
    fn from(window: crate::aws::mute::Window) -> Self {
        Self {
            begin: window.begin.to_string(),
            end: window.end.to_string(),
        }
    }
}
