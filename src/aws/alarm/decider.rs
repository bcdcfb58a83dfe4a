//! From "this period breaches, those around it are quiet" to an outcome: operator, M of N, missing data, windows.
//!
//! Independent of where the values come from: a metric filter's samples or a metric-math expression.

use super::evaluator::{MissingData, State, Window};
use super::{Note, Outcome, Settings};
use crate::chain::verdict::LinkId;

/// Longest time in `ALARM`, in seconds, that gets no remark for coalescing events (A11).
const LONG_WINDOW: u64 = 3600;

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
    pub(crate) fn new(settings: &Settings) -> Result<Self, Outcome> {
        let unknown = |reason: String| Outcome::unknown(LinkId::A04, reason);
        let operator = Operator::parse(&settings.comparison_operator);
        let (Some(operator), Some(threshold)) = (
            operator,
            settings.threshold.filter(|value| value.is_finite()),
        ) else {
            return Err(Outcome::unknown(
                LinkId::A19,
                format!(
                    "`{}` without a fixed threshold depends on a trained anomaly band",
                    settings.comparison_operator
                ),
            ));
        };
        let text = settings.treat_missing_data.as_deref().unwrap_or("missing");
        let missing_data = text
            .parse()
            .map_err(|()| unknown(format!("the missing-data treatment `{text}` is not known")))?;
        let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
        let n = positive(settings.evaluation_periods);
        let m = settings.datapoints_to_alarm.map_or(n, positive);
        let (Some(n), Some(m)) = (n, m.filter(|m| Some(*m) <= n)) else {
            return Err(unknown(
                "the alarm's M out of N datapoints are not possible numbers".to_owned(),
            ));
        };
        let period = settings.period.and_then(positive);
        let Some(period) =
            period.filter(|period| matches!(period, 10 | 20 | 30) || period % 60 == 0)
        else {
            return Err(unknown(
                "the alarm's period is not one CloudWatch accepts".to_owned(),
            ));
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

    /// The outcome for a breaching period between quiet ones; a quiet period has data or is missing.
    ///
    /// The reference evaluator is asked for every age of the breaching period.
    pub(crate) fn outcome(&self, quiet_has_data: bool) -> Outcome {
        let Self {
            n,
            m,
            period,
            missing_data,
            ..
        } = *self;
        let quiet = |periods: u64| if quiet_has_data { periods } else { 0 };
        let before = Window {
            quiet: quiet(n),
            ..Window::default()
        }
        .evaluate(n, m, missing_data);
        if before == State::Alarm {
            return Outcome::never(
                LinkId::A06,
                "missing data is treated as breaching, so the alarm is in ALARM whenever no event is matched",
            );
        }
        if self.wall_clock && m > 1 {
            let reason = "how several datapoints of a wall-clock window count when data is missing is not documented";
            return Outcome::unknown(LinkId::A12, reason);
        }
        if period < 60 && quiet_has_data && m > 1 {
            let reason = "default values fill only one period a minute, and the alarm wants several breaching periods";
            return Outcome::unknown(LinkId::A10, reason);
        }
        let at_age = |age| {
            Window {
                breaching: 1,
                quiet: quiet(n - 1),
                oldest_breaching: age,
            }
            .evaluate(n, m, missing_data)
        };
        // Missing data lets one datapoint count as M once it is M periods old; no other age changes the answer.
        let Some(age) = [1, m].into_iter().find(|age| at_age(*age) == State::Alarm) else {
            let reason = match (quiet_has_data, missing_data) {
                (true, _) => format!(
                    "{m} of {n} datapoints must breach, and default values keep the others quiet"
                ),
                (false, MissingData::Ignore) => {
                    format!(
                        "{m} of {n} datapoints must breach, and with missing data ignored one event leaves the state as it is"
                    )
                }
                (false, _) => format!(
                    "{m} of {n} datapoints must breach, and missing data counts as not breaching"
                ),
            };
            return Outcome::never(LinkId::A05, reason);
        };
        if before == State::Retain {
            let reason = "with missing data ignored the first event moves the alarm into ALARM for ever: later events make no transition";
            return Outcome::Latched {
                reason: reason.to_owned(),
            };
        }
        self.fires(age, quiet_has_data)
    }

    fn fires(&self, age: u64, quiet_has_data: bool) -> Outcome {
        let Self { n, m, period, .. } = *self;
        let mut notes = Vec::new();
        let mut note = |id, reason: String| notes.push(Note { id, reason });
        let mut delay = (age - 1).saturating_mul(period);
        if age > 1 {
            let reason = format!(
                "{m} of {n} datapoints must breach: one event counts only when it is {age} periods old, {delay} seconds late"
            );
            note(LinkId::A05, reason);
        }
        if period < 60 {
            let reason = format!(
                "a period of {period} seconds over a metric published once a minute often leaves the alarm without data"
            );
            note(LinkId::A10, reason);
        }
        // One period stays in view for N periods, from the evaluation that fires on.
        let coalescing = (n - age + 1).saturating_mul(period);
        if coalescing > LONG_WINDOW {
            note(
                LinkId::A11,
                format!(
                    "the alarm stays in ALARM for {coalescing} seconds, and further events in that time notify nobody"
                ),
            );
        }
        if quiet_has_data && self.missing_data == MissingData::Ignore {
            let reason = "with missing data ignored the alarm leaves ALARM only when log records arrive that match nothing";
            note(LinkId::A06, reason.to_owned());
        }
        if self.wall_clock {
            delay = period;
            note(
                LinkId::A12,
                format!(
                    "a wall-clock window shows a datapoint only after its period ends, up to {period} seconds late"
                ),
            );
        }
        Outcome::Fires {
            delay,
            coalescing,
            notes,
        }
    }
}
