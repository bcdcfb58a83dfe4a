//! An alarm over recorded time: what each minute's samples do to its state.
//!
//! CloudWatch evaluates every minute, over periods that end there (a wall-clock window: over periods of the clock). Where
//! data is missing it also looks at a few older periods; how many is not documented. So a history is run twice: with the
//! evaluation periods alone, which lets the alarm leave `ALARM` soonest and makes the most transitions, and with older
//! periods as [`Stay::most`](super::Stay) has them, which makes the fewest.

use std::collections::{BTreeMap, BTreeSet};

use super::Settings;
use super::decider::Decider;
use super::effect::{AlarmState, Effect, Reason};
use super::evaluator::{Evaluation, Point, evaluate};
use super::statistic::{Computed, Statistic};

/// Samples by minute since 1970: each value with its count.
pub type Samples = BTreeMap<i64, Vec<(f64, u64)>>;

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The minute since 1970 at whose begin the evaluation ran.
    pub minute: i64,
    /// The state from then on.
    pub to: AlarmState,
}

/// How many older periods are looked at where data is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Older {
    /// None: the alarm leaves `ALARM` as soon as it may.
    None,
    /// As many as CloudWatch may look at.
    Few,
}

/// Why a history cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTold(pub Reason);

/// The transitions of an alarm that rests in `resting` before the first minute.
///
/// Only minutes are evaluated in which a sample enters a period, moves to an older one or leaves the range: in between
/// nothing changes.
pub fn transitions(
    settings: &Settings,
    samples: &Samples,
    resting: AlarmState,
    older: Older,
) -> Result<Vec<Transition>, NotTold> {
    let told = Told::new(settings, older)?;
    let mut state = resting;
    let mut transitions = Vec::new();
    for minute in told.minutes(samples) {
        let points = told.points(samples, minute)?;
        let to = match evaluate(told.n, told.m, told.decider.missing_data, &points) {
            Evaluation::Alarm => AlarmState::Alarm,
            Evaluation::Ok => AlarmState::Ok,
            Evaluation::InsufficientData => AlarmState::InsufficientData,
            Evaluation::Retain => state,
        };
        if to != state {
            state = to;
            transitions.push(Transition { minute, to });
        }
    }
    Ok(transitions)
}

/// Over how many minutes an evaluation looks back.
pub fn looks_back(settings: &Settings, older: Older) -> Result<i64, NotTold> {
    let told = Told::new(settings, older)?;
    Ok(told.range.saturating_mul(told.period))
}

/// An alarm's settings, ready to be evaluated.
struct Told {
    decider: Decider,
    statistic: Statistic,
    name: String,
    n: u64,
    m: u64,
    /// Minutes of a period.
    period: i64,
    /// Periods that are looked at.
    range: i64,
    wall_clock: bool,
}

impl Told {
    fn new(settings: &Settings, older: Older) -> Result<Self, NotTold> {
        let decider = Decider::new(settings).map_err(not_told)?;
        let name = settings.statistic.clone().unwrap_or_default();
        let Some(statistic) = Statistic::parse(&name) else {
            return Err(NotTold(Reason::StatisticNotDefined { statistic: name }));
        };
        let n = u64::try_from(settings.evaluation_periods).unwrap_or(1);
        // Shorter periods hold no more than the minute in which the filter publishes.
        let period = i64::try_from(decider.period.div_ceil(60)).unwrap_or(i64::MAX);
        let more = match older {
            Older::None => 0,
            Older::Few => 2.max((5 + period - 1) / period),
        };
        Ok(Self {
            m: decider.m,
            range: i64::try_from(n).unwrap_or(i64::MAX).saturating_add(more),
            statistic,
            name,
            n,
            period,
            decider,
            wall_clock: settings.wall_clock,
        })
    }

    /// The minutes at whose begin an evaluation may see something else than the one before.
    fn minutes(&self, samples: &Samples) -> BTreeSet<i64> {
        let mut minutes = BTreeSet::new();
        for minute in samples.keys() {
            let first = if self.wall_clock {
                (minute.div_euclid(self.period) + 1) * self.period
            } else {
                minute + 1
            };
            minutes.extend((0..=self.range).map(|age| first + age * self.period));
        }
        minutes
    }

    /// The datapoints of the periods that end at the begin of a minute, oldest first.
    fn points(&self, samples: &Samples, minute: i64) -> Result<Vec<Point>, NotTold> {
        let end = if self.wall_clock {
            minute.div_euclid(self.period) * self.period
        } else {
            minute
        };
        (0..self.range)
            .rev()
            .map(|age| {
                let last = end - age * self.period;
                let within = samples.range(last - self.period..last);
                let within: Vec<(f64, u64)> = within.flat_map(|(_, it)| it).copied().collect();
                self.point(&within)
            })
            .collect()
    }

    fn point(&self, samples: &[(f64, u64)]) -> Result<Point, NotTold> {
        let not_defined = || {
            NotTold(Reason::StatisticNotDefined {
                statistic: self.name.clone(),
            })
        };
        match self.statistic.over(samples) {
            Computed::Nothing => Ok(Point::Missing),
            Computed::NotDefined => Err(not_defined()),
            Computed::Value(value) => match self.decider.breaches(value, samples.len() > 1) {
                Some(true) => Ok(Point::Breaching),
                Some(false) => Ok(Point::Quiet),
                None => Err(not_defined()),
            },
        }
    }
}

fn not_told(effect: Effect) -> NotTold {
    match effect {
        Effect::Never(reasons) | Effect::Unknown(reasons) => {
            let reason = reasons.into_iter().next();
            NotTold(reason.unwrap_or(Reason::DatapointsNotPossible))
        }
        Effect::Fires(_) => NotTold(Reason::DatapointsNotPossible),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(n: i64, m: i64, missing: &str) -> Settings {
        Settings {
            statistic: Some("Sum".to_owned()),
            period: Some(300),
            evaluation_periods: n,
            datapoints_to_alarm: Some(m),
            threshold: Some(1.0),
            comparison_operator: "GreaterThanOrEqualToThreshold".to_owned(),
            treat_missing_data: Some(missing.to_owned()),
            ..Settings::default()
        }
    }

    fn at(minutes: &[i64]) -> Samples {
        minutes
            .iter()
            .map(|minute| (*minute, vec![(1.0, 1)]))
            .collect()
    }

    fn run(settings: &Settings, minutes: &[i64], older: Older) -> Vec<(i64, AlarmState)> {
        transitions(settings, &at(minutes), AlarmState::Ok, older)
            .unwrap()
            .into_iter()
            .map(|it| (it.minute, it.to))
            .collect()
    }

    #[test]
    fn one_event_is_one_alarm_for_one_period() {
        let expected = [(101, AlarmState::Alarm), (106, AlarmState::Ok)];
        assert_eq!(
            run(&settings(1, 1, "notBreaching"), &[100], Older::None),
            expected
        );
        let longer = [(101, AlarmState::Alarm), (116, AlarmState::Ok)];
        assert_eq!(
            run(&settings(1, 1, "notBreaching"), &[100], Older::Few),
            longer
        );
    }

    #[test]
    fn events_within_a_period_coalesce() {
        let alarms = |minutes: &[i64]| {
            let all = run(&settings(1, 1, "notBreaching"), minutes, Older::None);
            all.iter()
                .filter(|(_, to)| *to == AlarmState::Alarm)
                .count()
        };
        assert_eq!(alarms(&[100, 101, 104]), 1);
        assert_eq!(alarms(&[100, 105]), 1);
        assert_eq!(alarms(&[100, 106]), 2);
    }

    #[test]
    fn a_latch_never_comes_back() {
        let all = run(&settings(1, 1, "ignore"), &[100, 500, 900], Older::None);
        assert_eq!(all, [(101, AlarmState::Alarm)]);
    }

    #[test]
    fn two_of_two_need_two_periods() {
        assert_eq!(
            run(&settings(2, 2, "notBreaching"), &[100], Older::None),
            []
        );
        let both = run(&settings(2, 2, "notBreaching"), &[100, 105], Older::None);
        assert_eq!(both, [(106, AlarmState::Alarm), (111, AlarmState::Ok)]);
    }

    #[test]
    fn a_wall_clock_shows_a_period_after_its_end() {
        let clock = Settings {
            wall_clock: true,
            ..settings(1, 1, "notBreaching")
        };
        let all = run(&clock, &[101], Older::None);
        assert_eq!(all, [(105, AlarmState::Alarm), (110, AlarmState::Ok)]);
    }

    /// Minute by minute gives the same as only the minutes in which something changes.
    #[test]
    fn nothing_changes_in_the_minutes_that_are_left_out() {
        for (n, m, missing) in [
            (1, 1, "missing"),
            (3, 2, "missing"),
            (3, 1, "notBreaching"),
            (2, 2, "ignore"),
            (3, 3, "missing"),
        ] {
            for seed in 0..40_i64 {
                let minutes: Vec<i64> = (0..8)
                    .map(|it| 100 + (seed * 31 + it * it * 17) % 90)
                    .collect();
                let samples = at(&minutes);
                let settings = settings(n, m, missing);
                for older in [Older::None, Older::Few] {
                    let told = Told::new(&settings, older).unwrap();
                    let mut state = AlarmState::Ok;
                    let mut slow = Vec::new();
                    let last = minutes.iter().max().unwrap() + (told.range + 1) * told.period;
                    let first = minutes.iter().min().unwrap() + 1;
                    for minute in first..=last {
                        let points = told.points(&samples, minute).unwrap();
                        let to = match evaluate(told.n, told.m, told.decider.missing_data, &points)
                        {
                            Evaluation::Alarm => AlarmState::Alarm,
                            Evaluation::Ok => AlarmState::Ok,
                            Evaluation::InsufficientData => AlarmState::InsufficientData,
                            Evaluation::Retain => state,
                        };
                        if to != state {
                            state = to;
                            slow.push(Transition { minute, to });
                        }
                    }
                    let quick = transitions(&settings, &samples, AlarmState::Ok, older).unwrap();
                    assert_eq!(quick, slow, "{n} {m} {missing} {minutes:?}");
                }
            }
        }
    }
}
