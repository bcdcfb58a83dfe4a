//! What one event does to an alarm, and why: an alarm's answers as data.

use serde::Serialize;

use super::super::Number;
use super::silent::{Moment, SilentTimes};

/// A state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    /// `ALARM`.
    Alarm,
    /// `OK`.
    Ok,
    /// `INSUFFICIENT_DATA`.
    InsufficientData,
}

impl AlarmState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Alarm, Self::Ok, Self::InsufficientData];

    /// Reads `StateValue`, or a state function of a rule.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == text)
    }

    /// The state as AWS writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Alarm => "ALARM",
            Self::Ok => "OK",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// How long an alarm stays in `ALARM` after one event, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stay {
    /// For so long by its own settings.
    pub least: u64,
    /// CloudWatch looks at a few older periods where data is missing; how many is not documented. No longer than this.
    pub most: u64,
}

/// What one event that the metric filter matches does to the alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Moves it into `ALARM`, every time.
    Fires(Firing),
    /// An event is lost, for each of these reasons.
    Never(Vec<Reason>),
    /// Cannot be told, for each of these reasons.
    Unknown(Vec<Reason>),
}

/// An alarm that one event moves into `ALARM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// Seconds from the datapoint to the transition, not counting the evaluation that runs every minute.
    pub delay: u64,
    /// How long it stays: events within make no further notification.
    pub stay: Stay,
    /// The states in which it waits for an event.
    pub resting: Vec<AlarmState>,
    /// What makes it late, coarse or unreliable.
    pub remarks: Vec<Reason>,
    /// When it does not hear of the event after all.
    pub silent: SilentTimes,
}

impl Effect {
    pub(in crate::aws) fn never(reason: Reason) -> Self {
        Self::Never(vec![reason])
    }

    pub(in crate::aws) fn unknown(reason: Reason) -> Self {
        Self::Unknown(vec![reason])
    }
}

/// A comparison that one event leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Comparison {
    /// `Statistic` or `ExtendedStatistic`.
    pub statistic: String,
    /// What the metric filter publishes for the event.
    pub value: Number,
    /// `ComparisonOperator`.
    pub operator: String,
    /// `Threshold`.
    pub threshold: Number,
}

/// Why an alarm does what it does with one event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// The alarm reads one unit, the metric filter publishes another.
    UnitDiffers {
        /// The alarm's.
        read: String,
        /// The filter's.
        published: String,
        /// The metric filter.
        filter: String,
    },
    /// The metric has several units and the alarm names none: AWS calls its behaviour not defined.
    UnitsMixed {
        /// The units.
        units: Vec<String>,
    },
    /// The metric value is a field that is never a number.
    ValueIsText {
        /// The field.
        field: String,
    },
    /// The metric value is a field of the event, which may be absent.
    ValueIsField {
        /// The field.
        field: String,
    },
    /// The metric value is no number.
    ValueIsNoNumber {
        /// As written.
        value: String,
    },
    /// A trained band takes the place of the threshold.
    AnomalyBand {
        /// `ComparisonOperator`.
        operator: String,
    },
    /// `TreatMissingData` is none of the documented words.
    MissingDataNotKnown {
        /// As written.
        treatment: String,
    },
    /// M out of N are no possible numbers.
    DatapointsNotPossible,
    /// The period is none that CloudWatch accepts.
    PeriodNotPossible,
    /// AWS does not define the statistic of so few samples.
    StatisticNotDefined {
        /// The statistic.
        statistic: String,
    },
    /// The statistic has no value where samples are negative.
    NoValueForNegatives {
        /// The statistic.
        statistic: String,
    },
    /// `EvaluateLowSampleCountPercentile` is none of the documented words.
    LowSamplesNotKnown {
        /// As written.
        treatment: String,
    },
    /// A percentile is ignored below a number of samples that one event does not reach.
    LowSamplesIgnored {
        /// The statistic.
        statistic: String,
        /// Samples needed.
        needed: u64,
        /// Samples that there can be.
        most: u64,
    },
    /// A percentile is ignored at low sample counts, and those depend on the log volume.
    LowSamplesMayBeIgnored {
        /// The statistic.
        statistic: String,
    },
    /// Whether the event breaches depends on the number of default values in its period.
    DefaultsDecide {
        /// The statistic.
        statistic: String,
        /// The metric filter that writes the default value.
        filter: String,
        /// Whether default values dilute the event.
        dilutes: bool,
    },
    /// One default value beside the event hides it.
    DefaultHidesEvent {
        /// The statistic.
        statistic: String,
        /// The metric filter that writes the default value.
        filter: String,
        /// Whether default values dilute the event.
        dilutes: bool,
    },
    /// A value that another metric filter publishes in the same period hides the event.
    OtherValueHidesEvent {
        /// The statistic.
        statistic: String,
        /// The other metric filter.
        filter: String,
        /// What it publishes.
        value: Number,
    },
    /// What another metric filter publishes decides, and is not known well enough.
    OtherValueDecides {
        /// The statistic.
        statistic: String,
        /// The other metric filter.
        filter: String,
    },
    /// Several metric filters fill the metric with different default values.
    DefaultsDiffer {
        /// The metric filters.
        filters: Vec<String>,
    },
    /// The metric value is 0.
    ValueIsZero(Comparison),
    /// The metric value is negative.
    ValueIsNegative(Comparison),
    /// With default values beside it the event does not breach.
    DilutedEventDoesNotBreach(Comparison),
    /// The number of samples does not grow by an event.
    CountDoesNotBreach(Comparison),
    /// One event does not breach the threshold.
    EventDoesNotBreach(Comparison),
    /// Only several events in one period breach.
    NeedsEvents {
        /// The smallest number of events that moves the alarm.
        events: u64,
        /// The seconds within which they have to come.
        within: u64,
    },
    /// Default values count as samples, so the alarm is in `ALARM` while log records arrive.
    DefaultsCount {
        /// The metric filter that writes the default value.
        filter: String,
    },
    /// The default value breaches the threshold.
    DefaultBreaches {
        /// The metric filter that writes the default value.
        filter: String,
        /// The default value.
        default: Number,
        /// `Threshold`.
        threshold: Number,
    },
    /// Default values of a period together breach the threshold.
    DefaultsAddUp {
        /// The metric filter that writes the default value.
        filter: String,
        /// The default value.
        default: Number,
        /// `Threshold`.
        threshold: Number,
    },
    /// Missing data is breaching: the alarm is in `ALARM` while nothing happens.
    SilenceBreaches,
    /// Missing data is breaching, and periods without log records may come.
    SilenceMayBreach,
    /// Whether the alarm is in `ALARM` without any event depends on the number of default values in a period.
    DefaultsDecideSilence {
        /// The metric filter that writes the default value.
        filter: String,
    },
    /// Several events in one period add up and no longer breach.
    BurstsStopBreaching {
        /// `ComparisonOperator`.
        operator: String,
    },
    /// How several datapoints of a wall-clock window count when data is missing is not documented.
    WallClockNotDefined,
    /// Default values fill one period a minute only, and the alarm wants several periods.
    ShortPeriodsNotFilled,
    /// M of N datapoints must breach, and default values keep the others quiet.
    DefaultsOutvote {
        /// M.
        needed: u64,
        /// N.
        of: u64,
    },
    /// M of N datapoints must breach, and values of another metric filter keep the others quiet.
    OtherValuesOutvote {
        /// M.
        needed: u64,
        /// N.
        of: u64,
        /// The other metric filter.
        filter: String,
    },
    /// M of N datapoints must breach, and ignored missing data leaves the state as it is.
    IgnoredSilenceKeepsState {
        /// M.
        needed: u64,
        /// N.
        of: u64,
    },
    /// M of N datapoints must breach, and missing data counts as not breaching.
    SilenceOutvotes {
        /// M.
        needed: u64,
        /// N.
        of: u64,
    },
    /// The first event moves the alarm into `ALARM` for ever.
    Latches,
    /// One event counts only when it is several periods old.
    FiresLate {
        /// M.
        needed: u64,
        /// N.
        of: u64,
        /// The age in periods.
        periods: u64,
        /// The delay in seconds.
        delay: u64,
    },
    /// The period is shorter than the metric's resolution.
    ShortPeriod {
        /// In seconds.
        period: u64,
    },
    /// The alarm stays in `ALARM` for long, and further events notify nobody.
    StaysLong {
        /// In seconds.
        seconds: u64,
    },
    /// The alarm leaves `ALARM` only when log records arrive that match nothing.
    LeavesOnRecordsOnly,
    /// A wall-clock window shows a datapoint only after its period ends.
    WallClockDelays {
        /// In seconds.
        seconds: u64,
    },
    /// The metric queries are not understood.
    QueriesNotUnderstood,
    /// The alarm does not return exactly one query.
    NotOneReturned,
    /// An expression cannot be read or evaluated.
    ExpressionNotUnderstood {
        /// What is in the way.
        problem: String,
    },
    /// A function that is not evaluated.
    FunctionNotEvaluated {
        /// Its name.
        function: String,
    },
    /// A Metrics Insights query depends on all metrics of the account.
    MetricsInsights,
    /// The values of a metric that the expression reads are not known.
    MetricNotKnown {
        /// Its name.
        metric: String,
    },
    /// The alarm returns another metric than the one that the filter writes.
    OtherMetricReturned,
    /// The returned expression does not read the metric.
    MetricNotRead,
    /// The expression reads metrics of different periods.
    PeriodsDiffer,
    /// How missing data counts decides, and is not documented for this expression.
    MissingDataDecides,
    /// The expression with one event does not breach the threshold.
    ExpressionDoesNotBreach,
    /// The expression loses the event while other metrics have nothing to say.
    OthersMustSpeak {
        /// Ids of their queries.
        silent: Vec<String>,
    },
    /// The expression loses events of some times.
    TimeLosesEvent {
        /// One of them, in UTC.
        at: Moment,
    },
    /// The expression breaches without any event.
    ExpressionAlwaysBreaches,
    /// Whether the expression breaches depends on other metrics or on how many log records arrive.
    OtherMetricsDecide,
    /// The expression breaches for one event and not for several.
    BurstsLost,
    /// The metrics of the expression may have too many values.
    TooManyValues,
    /// The answer depends on how many log records arrive.
    RecordsDecide,
    /// FILL takes the place of late data, and the only period looked at is short.
    FillHidesLateData,
    /// FILL takes the place of late data: the alarm may see the event later.
    FillDelays,
    /// The answer depends on whether filters of other metrics match the event too.
    OtherFiltersDecide,
}
