//! Alarm arithmetic: does one matching event move the alarm into `ALARM`?
//!
//! Called with the numbers of one metric filter and one metric alarm; the metric-math module calls in with
//! the values of an expression instead. Actions run only on a transition, so an alarm that always sits in `ALARM` is as
//! broken as one that never gets there. Sees no SQL and no files, and does not look at the alarm's present state.

mod decider;
mod effect;
mod evaluator;
mod ruling;
mod samples;
pub mod series;
mod silent;
mod statistic;
#[cfg(test)]
mod tests;

pub(super) use decider::{Decider, Quiet};
pub use effect::{AlarmState, Comparison, Effect, Firing, Reason, Stay};
pub use evaluator::{Evaluation, MissingData, Point, evaluate};
pub(super) use ruling::{Buckets, buckets};
pub(super) use silent::Asks;
pub use silent::{Moment, SilentTimes};

/// What one metric transformation publishes, as the API returns it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Emission {
    /// The name of the metric filter.
    pub filter: String,
    /// Whether it matches every event that the filter in question matches: both publish at once.
    pub same_events: bool,
    /// `metricValue`: a number, or a field of the event such as `$.size`.
    pub metric_value: String,
    /// `defaultValue`.
    pub default_value: Option<f64>,
    /// `unit`.
    pub unit: Option<String>,
}

impl Emission {
    /// The unit that it publishes: `None` is one.
    pub(in crate::aws) fn unit(&self) -> &str {
        self.unit.as_deref().unwrap_or("None")
    }
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
/// `others` are the other metric filters that write the same metric: what they publish, and their default values, fill the
/// same periods.
pub fn single_event(emission: &Emission, others: &[Emission], settings: &Settings) -> Effect {
    ruling::arithmetic(emission, others, settings).unwrap_or_else(|effect| effect)
}

/// Whether the alarm sits in `ALARM` while events come in every period; none where that cannot be told.
///
/// `others` that match the same events publish with them.
pub fn flooded(emission: &Emission, others: &[Emission], settings: &Settings) -> Option<bool> {
    ruling::flooded(emission, others, settings)
}
