//! From "this period breaches, those around it are quiet" to an outcome: operator, M of N, missing data, windows.
//!
//! Independent of where the values come from: a metric filter's samples or a metric-math expression.

use super::evaluator::{Evaluation, MissingData, Window};
use super::silent::SilentTimes;
use super::{AlarmState, Effect, Firing, Reason, Settings, Stay};

/// Longest time in `ALARM`, in seconds, that gets no remark for coalescing events.
const LONG_STAY: u64 = 3600;

/// CloudWatch looks at "a few" periods more than N where data is missing: an alarm leaves `ALARM` so much later at most.
const OLDER_PERIODS: u64 = 2;

/// And no less than these seconds: an evaluation a minute, and data that arrives late.
const LEAST_OLDER: u64 = 300;

/// What the periods around an event hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Quiet {
    /// No data.
    Missing,
    /// Default values.
    Filled,
    /// Perhaps values that do not breach, published by this other metric filter.
    Others(String),
}

/// `ComparisonOperator`, of those that compare with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "GreaterThanThreshold" => Some(Self::Greater),
            "GreaterThanOrEqualToThreshold" => Some(Self::GreaterOrEqual),
            "LessThanThreshold" => Some(Self::Less),
            "LessThanOrEqualToThreshold" => Some(Self::LessOrEqual),
            _ => None,
        }
    }

    pub(super) fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Greater => value > threshold,
            Self::GreaterOrEqual => value >= threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }

    pub(super) fn is_upper(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual)
    }
}

/// The part of the settings that is independent of where the values come from, checked.
pub(crate) struct Decider {
    pub(super) operator: Operator,
    pub(super) threshold: f64,
    pub(super) missing_data: MissingData,
    n: u64,
    pub(super) m: u64,
    /// The period in seconds.
    pub(crate) period: u64,
    wall_clock: bool,
}

impl Decider {
    /// Checks the settings; what CloudWatch would not accept, or nobody can compute, is unknown.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Effect> {
        let operator = Operator::parse(&settings.comparison_operator);
        let threshold = settings.threshold.filter(|value| value.is_finite());
        let (Some(operator), Some(threshold)) = (operator, threshold) else {
            return Err(Effect::unknown(Reason::AnomalyBand {
                operator: settings.comparison_operator.clone(),
            }));
        };
        let text = settings.treat_missing_data.as_deref().unwrap_or("missing");
        let missing_data = text.parse().map_err(|()| {
            Effect::unknown(Reason::MissingDataNotKnown {
                treatment: text.to_owned(),
            })
        })?;
        let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
        let n = positive(settings.evaluation_periods);
        let m = settings.datapoints_to_alarm.map_or(n, positive);
        let (Some(n), Some(m)) = (n, m.filter(|m| Some(*m) <= n)) else {
            return Err(Effect::unknown(Reason::DatapointsNotPossible));
        };
        let period = settings.period.and_then(positive);
        let Some(period) =
            period.filter(|period| matches!(period, 10 | 20 | 30) || period % 60 == 0)
        else {
            return Err(Effect::unknown(Reason::PeriodNotPossible));
        };
        Ok(Self {
            operator,
            threshold,
            missing_data,
            n,
            m,
            period,
            wall_clock: settings.wall_clock,
        })
    }

    /// Whether the value breaches; `None` if rounding decides.
    pub(crate) fn breaches(&self, value: f64, rounded: bool) -> Option<bool> {
        let distance = (value - self.threshold).abs();
        let close = distance <= 1e-9 * value.abs().max(self.threshold.abs());
        if value.is_nan() || (rounded && close && value.fract() != 0.0) {
            return None;
        }
        Some(self.operator.holds(value, self.threshold))
    }

    /// What a breaching period between quiet ones does.
    ///
    /// The reference evaluator is asked for every age of the breaching period.
    pub(crate) fn effect(&self, quiet: &Quiet) -> Effect {
        let Self {
            n,
            m,
            period,
            missing_data,
            ..
        } = *self;
        let quiet_has_data = *quiet != Quiet::Missing;
        let with_data = |periods: u64| if quiet_has_data { periods } else { 0 };
        if self.rests(quiet_has_data) == Evaluation::Alarm {
            return Effect::never(Reason::SilenceBreaches);
        }
        if self.wall_clock && m > 1 {
            return Effect::unknown(Reason::WallClockNotDefined);
        }
        if period < 60 && quiet_has_data && m > 1 {
            return Effect::unknown(Reason::ShortPeriodsNotFilled);
        }
        let at_age = |age| {
            Window {
                breaching: 1,
                quiet: with_data(n - 1),
                oldest_breaching: age,
            }
            .evaluate(n, m, missing_data)
        };
        // Missing data lets one datapoint count as M once it is M periods old; no other age changes the answer.
        let Some(age) = [1, m]
            .into_iter()
            .find(|age| at_age(*age) == Evaluation::Alarm)
        else {
            let (needed, of) = (m, n);
            return Effect::never(match (quiet, missing_data) {
                (Quiet::Filled, _) => Reason::DefaultsOutvote { needed, of },
                (Quiet::Others(filter), _) => Reason::OtherValuesOutvote {
                    needed,
                    of,
                    filter: filter.clone(),
                },
                (Quiet::Missing, MissingData::Ignore) => {
                    Reason::IgnoredSilenceKeepsState { needed, of }
                }
                (Quiet::Missing, _) => Reason::SilenceOutvotes { needed, of },
            });
        };
        if self.rests(quiet_has_data) == Evaluation::Retain {
            return Effect::never(Reason::Latches);
        }
        Effect::Fires(self.fires(age, quiet_has_data))
    }

    /// What an evaluation makes of periods without any event.
    fn rests(&self, quiet_has_data: bool) -> Evaluation {
        let quiet = if quiet_has_data { self.n } else { 0 };
        Window {
            quiet,
            ..Window::default()
        }
        .evaluate(self.n, self.m, self.missing_data)
    }

    /// The states in which the alarm waits for an event.
    pub(crate) fn resting(&self, has_data: bool, may_miss: bool) -> Vec<AlarmState> {
        let mut states = Vec::new();
        for (possible, quiet_has_data) in [(has_data, true), (may_miss, false)] {
            let rests: &[AlarmState] = match self.rests(quiet_has_data) {
                _ if !possible => &[],
                Evaluation::Ok => &[AlarmState::Ok],
                Evaluation::InsufficientData => &[AlarmState::InsufficientData],
                // Silence keeps the state that it finds; one in ALARM makes no transition.
                Evaluation::Alarm | Evaluation::Retain => {
                    &[AlarmState::Ok, AlarmState::InsufficientData]
                }
            };
            states.extend(rests);
        }
        states.sort_unstable();
        states.dedup();
        states
    }

    fn fires(&self, age: u64, quiet_has_data: bool) -> Firing {
        let Self { n, m, period, .. } = *self;
        let mut remarks = Vec::new();
        let mut delay = (age - 1).saturating_mul(period);
        if age > 1 {
            remarks.push(Reason::FiresLate {
                needed: m,
                of: n,
                periods: age,
                delay,
            });
        }
        if period < 60 {
            remarks.push(Reason::ShortPeriod { period });
        }
        // One period stays in view for N periods, from the evaluation that fires on.
        let least = (n - age + 1).saturating_mul(period);
        if least > LONG_STAY {
            remarks.push(Reason::StaysLong { seconds: least });
        }
        if quiet_has_data && self.missing_data == MissingData::Ignore {
            remarks.push(Reason::LeavesOnRecordsOnly);
        }
        if self.wall_clock {
            delay = period;
            remarks.push(Reason::WallClockDelays { seconds: period });
        }
        let older = period.saturating_mul(OLDER_PERIODS).max(LEAST_OLDER);
        Firing {
            delay,
            stay: Stay {
                least,
                most: least.saturating_add(older),
            },
            resting: self.resting(quiet_has_data, true),
            remarks,
            silent: SilentTimes::default(),
        }
    }
}
