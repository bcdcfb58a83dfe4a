//! Alarm arithmetic: does one matching event move the alarm into `ALARM`?
//!
//! Called with the numbers of one metric filter and one metric alarm; the metric-math module calls in with
//! the values of an expression instead. Actions run only on a transition, so an alarm that always sits in `ALARM` is as
//! broken as one that never gets there. Sees no SQL and no files, and does not look at the alarm's present state.

mod decider;
mod evaluator;
mod outcome;
mod ruling;
mod statistic;
#[cfg(test)]
mod tests;

pub(super) use decider::Decider;
pub use evaluator::{MissingData, Point, State, evaluate};
pub use outcome::{Note, Outcome};
pub(super) use ruling::{Buckets, buckets};

/// What one metric transformation publishes, as the API returns it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Emission {
    /// `metricValue`: a number, or a field of the event such as `$.size`.
    pub metric_value: String,
    /// `defaultValue`.
    pub default_value: Option<f64>,
    /// `unit`.
    pub unit: Option<String>,
}

/// The settings of a metric alarm that decide its state, as the API returns them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// `Statistic`, or else `ExtendedStatistic`.
    pub statistic: Option<String>,
    /// `Period` in seconds.
    pub period: Option<i64>,
    /// `Unit`.
    pub unit: Option<String>,
    /// `EvaluationPeriods`.
    pub evaluation_periods: i64,
    /// `DatapointsToAlarm`; the number of evaluation periods if absent.
    pub datapoints_to_alarm: Option<i64>,
    /// `Threshold`; absent where an anomaly band takes its place.
    pub threshold: Option<f64>,
    /// `ComparisonOperator`.
    pub comparison_operator: String,
    /// `TreatMissingData`; `missing` if absent.
    pub treat_missing_data: Option<String>,
    /// `EvaluateLowSampleCountPercentile`; `evaluate` if absent.
    pub evaluate_low_sample_count_percentile: Option<String>,
    /// Whether `EvaluationWindow` is a `WallClockWindow`.
    pub wall_clock: bool,
}

/// What one event matched by a metric filter does to an alarm on its metric.
///
/// `others` are the other metric filters that write the same metric: their default values fill the same periods.
pub fn single_event(emission: &Emission, others: &[Emission], settings: &Settings) -> Outcome {
    ruling::arithmetic(emission, others, settings).unwrap_or_else(|outcome| outcome)
}
