//! The times at which an expression may differ: what its functions of time come to.
//!
//! `MINUTE` to `MONTH` come round again, and every value of them is tried. `YEAR` and `EPOCH` only grow: where they are
//! compared with constants alone, time falls into eras, within which the comparisons do not change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::alarm::{Asks, Moment};
use super::calls;
use super::expression::{Expression, Operator};

/// Functions of time that come round again.
const ROUND: [&str; 5] = ["MINUTE", "HOUR", "DAY", "DATE", "MONTH"];

/// Functions of time that only grow.
const GROWING: [&str; 2] = ["YEAR", "EPOCH"];

/// Eras that are shorter are not told apart: what is lost is laid out in hours.
const SHORTEST_ERA: i64 = 2 * 3600;

/// The expressions of an alarm, asked for the times that they depend on.
pub(super) struct Times<'a> {
    expressions: &'a BTreeMap<String, Expression>,
    /// The second since 1970 that stands for each era, in order; none where no expression asks for one.
    eras: Vec<i64>,
}

impl<'a> Times<'a> {
    /// Fails with the function that is not evaluated.
    pub(super) fn of(
        expressions: &'a BTreeMap<String, Expression>,
        period: u64,
    ) -> Result<Self, &'static str> {
        let mut times = Self {
            expressions,
            eras: Vec::new(),
        };
        if let Some(growing) = times.growing() {
            // What a minute and an era lose together is not laid out.
            times.eras = eras(expressions)
                .filter(|_| !times.asks_for("MINUTE"))
                .ok_or(growing)?;
        }
        let mut all = ROUND.into_iter().chain(GROWING);
        match all.find(|name| period > 3600 && times.asks_for(name)) {
            Some(name) => Err(name),
            None => Ok(times),
        }
    }

    /// The first function of those that only grow which is asked for.
    pub(super) fn growing(&self) -> Option<&'static str> {
        GROWING.into_iter().find(|name| self.asks_for(name))
    }

    pub(super) fn asks_for(&self, function: &str) -> bool {
        self.expressions
            .values()
            .any(|expression| calls(expression, function))
    }

    pub(super) fn asks(&self) -> Asks {
        Asks {
            month: self.asks_for("MONTH"),
            day: self.asks_for("DATE"),
            weekday: self.asks_for("DAY"),
            hour: self.asks_for("HOUR"),
            eras: self.eras.clone().into(),
        }
    }

    /// The times at which the expressions may differ: one where they ask for none.
    pub(super) fn moments(&self, period: u64) -> Vec<Moment> {
        let every =
            |function: &str, values: std::ops::RangeInclusive<i8>, step: usize| -> Vec<i8> {
                let least = *values.start();
                if self.asks_for(function) {
                    values.step_by(step).collect()
                } else {
                    vec![least]
                }
            };
        let minutes = usize::try_from(period / 60).unwrap_or(1).max(1);
        let mut moments = Vec::new();
        for month in every("MONTH", 1..=12, 1) {
            let days = match month {
                2 => 29,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            for day in every("DATE", 1..=days, 1) {
                for weekday in every("DAY", 1..=7, 1) {
                    for hour in every("HOUR", 0..=23, 1) {
                        for minute in every("MINUTE", 0..=59, minutes) {
                            moments.push(Moment {
                                weekday,
                                month,
                                day,
                                hour,
                                minute,
                                era: None,
                            });
                        }
                    }
                }
            }
        }
        if self.eras.is_empty() {
            return moments;
        }
        let within = |era: &i64| {
            let era = Some(*era);
            let moments = moments.iter();
            moments.map(move |moment| Moment { era, ..*moment })
        };
        self.eras.iter().flat_map(within).collect()
    }
}

/// The value of `YEAR` or `EPOCH` in an era.
pub(super) fn in_era(function: &str, era: i64) -> Option<f64> {
    if function == "EPOCH" {
        return Some(era as f64);
    }
    let at = Timestamp::from_second(era).ok()?;
    Some(f64::from(at.to_zoned(TimeZone::UTC).year()))
}

/// The eras of expressions that ask for `YEAR` or `EPOCH`; none where they do anything but compare them with constants.
fn eras(expressions: &BTreeMap<String, Expression>) -> Option<Vec<i64>> {
    let parts = || expressions.values().flat_map(Expression::parts);
    let asked = parts().filter(|part| asked(part).is_some()).count();
    let mut compared = 0;
    let mut begins = BTreeSet::new();
    for part in parts() {
        if let Some((function, operator, constant)) = comparison(part) {
            compared += 1;
            begins.extend(changes(function, operator, constant)?);
        }
    }
    let begins: Vec<i64> = begins.into_iter().collect();
    let mut gaps = begins.iter().zip(begins.iter().skip(1));
    if asked != compared || gaps.any(|(one, next)| next - one < SHORTEST_ERA) {
        return None;
    }
    let before = begins.first().map_or(0, |first| first - 1);
    Some([before].into_iter().chain(begins).collect())
}

fn asked(part: &Expression) -> Option<&str> {
    match part {
        Expression::Call(name, _) if GROWING.contains(&name.as_str()) => Some(name),
        _ => None,
    }
}

/// A comparison of `YEAR` or `EPOCH` with a constant, whichever side it stands on.
fn comparison(part: &Expression) -> Option<(&str, Operator, f64)> {
    let Expression::Binary(operator, left, right) = part else {
        return None;
    };
    match (left.as_ref(), right.as_ref()) {
        (call, Expression::Number(constant)) => Some((asked(call)?, *operator, *constant)),
        (Expression::Number(constant), call) => {
            Some((asked(call)?, mirrored(*operator), *constant))
        }
        _ => None,
    }
}

/// The operator with its sides exchanged.
fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        other => other,
    }
}

/// The seconds from which on the comparison has another value than before; none where it is no comparison.
fn changes(function: &str, operator: Operator, constant: f64) -> Option<Vec<i64>> {
    let at_it = constant.ceil();
    let after_it = constant.floor() + 1.0;
    let values = match operator {
        Operator::Less | Operator::GreaterOrEqual => vec![at_it],
        Operator::Greater | Operator::LessOrEqual => vec![after_it],
        // One second is too short to be laid out.
        Operator::Equal | Operator::NotEqual if function == "YEAR" => vec![at_it, after_it],
        _ => return None,
    };
    Some(
        values
            .into_iter()
            .filter_map(|value| begin(function, value))
            .collect(),
    )
}

/// The first second of a year or second; none where it is beyond all calendars, and so never comes.
fn begin(function: &str, value: f64) -> Option<i64> {
    let begin = if function == "EPOCH" {
        Timestamp::from_second(value as i64).ok()?
    } else {
        let first = Date::new(i16::try_from(value as i64).ok()?, 1, 1).ok()?;
        first.to_zoned(TimeZone::UTC).ok()?.timestamp()
    };
    Some(begin.as_second())
}
