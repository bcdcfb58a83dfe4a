//! The value of an expression in one period, given the value of each metric in it.
//!
//! Where AWS does not say how a missing value counts, every [`Reading`] is tried.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::super::alarm::Moment;
use super::expression::{Expression, Operator};
use super::times::in_era;

/// How a lone missing value counts in arithmetic and comparisons. With a value beside it, it counts as 0; for one on its
/// own the documentation can be read either way, so both are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lone {
    Stays,
    IsZero,
}

/// How missing values count in MIN and MAX over several time series: nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extreme {
    Skipped,
    IsZero,
    NoValue,
}

/// One way to read the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) lone: Lone,
    pub(super) extreme: Extreme,
}

impl Reading {
    /// Every way to read it.
    pub(super) const ALL: [Self; 6] = {
        const fn of(lone: Lone, extreme: Extreme) -> Reading {
            Reading { lone, extreme }
        }
        [
            of(Lone::Stays, Extreme::Skipped),
            of(Lone::IsZero, Extreme::Skipped),
            of(Lone::Stays, Extreme::IsZero),
            of(Lone::IsZero, Extreme::IsZero),
            of(Lone::Stays, Extreme::NoValue),
            of(Lone::IsZero, Extreme::NoValue),
        ]
    };
}

/// The functions that are evaluated.
pub(super) const FUNCTIONS: [&str; 23] = [
    "ABS",
    "AVG",
    "CEIL",
    "DATE",
    "DAY",
    "DIFF",
    "EPOCH",
    "FILL",
    "FLOOR",
    "HOUR",
    "IF",
    "LOG",
    "LOG10",
    "MAX",
    "METRICS",
    "MIN",
    "MINUTE",
    "MONTH",
    "PERIOD",
    "RATE",
    "SUM",
    "TIME_SERIES",
    "YEAR",
];

/// A value in one period.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A constant.
    Scalar(f64),
    /// A datapoint of a time series, or none.
    Series(Option<f64>),
    /// Several time series.
    Array(Vec<Option<f64>>),
}

/// Everything that an evaluation reads.
pub(super) struct Setting<'a> {
    /// Expressions by id.
    pub(super) expressions: &'a BTreeMap<String, Expression>,
    /// Values of the metrics by id, in this period.
    pub(super) metrics: &'a BTreeMap<String, Option<f64>>,
    /// Values of the metrics in the period before; none while that one is evaluated.
    pub(super) before: Option<&'a BTreeMap<String, Option<f64>>>,
    /// When the period is.
    pub(super) moment: Moment,
    /// Its length in seconds.
    pub(super) period: u64,
    pub(super) reading: Reading,
    /// How many parts of expressions may still be evaluated: an expression can name another one many times.
    pub(super) steps: &'a Cell<usize>,
}

impl Setting<'_> {
    /// The value of a query.
    pub(super) fn query(&self, id: &str) -> Result<Value, String> {
        self.id(id, 0)
    }

    fn id(&self, id: &str, depth: usize) -> Result<Value, String> {
        if let Some(value) = self.metrics.get(id) {
            return Ok(Value::Series(*value));
        }
        let expression = self
            .expressions
            .get(id)
            .ok_or_else(|| format!("nothing has the id `{id}`"))?;
        self.value(expression, depth + 1)
    }

    fn value(&self, expression: &Expression, depth: usize) -> Result<Value, String> {
        if depth > 200 {
            return Err("the expressions refer to each other too deeply".to_owned());
        }
        // Operators without parentheses nest to the left, as many as there are.
        let mut innermost = expression;
        let mut operators = Vec::new();
        while let Expression::Binary(operator, left, right) = innermost {
            operators.push((*operator, right));
            innermost = left;
        }
        let mut value = self.operand(innermost, depth)?;
        while let Some((operator, right)) = operators.pop() {
            value = self.binary(operator, value, self.value(right, depth + 1)?)?;
        }
        Ok(value)
    }

    fn operand(&self, expression: &Expression, depth: usize) -> Result<Value, String> {
        let steps = self.steps.get().checked_sub(1);
        self.steps.set(
            steps.ok_or_else(|| "the expressions take too long to try all values".to_owned())?,
        );
        let below = |expression: &Expression| self.value(expression, depth + 1);
        match expression {
            Expression::Number(value) => Ok(Value::Scalar(*value)),
            Expression::Id(id) => self.id(id, depth),
            Expression::Text(text) => Err(format!("the text `{text}` has no value")),
            Expression::List(items) => items
                .iter()
                .map(|item| series(below(item)?))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Expression::Negative(inner) => self.each(below(inner)?, |value| -value),
            Expression::Binary(..) => self.value(expression, depth + 1),
            Expression::Call(name, arguments) => self.call(name, arguments, depth),
        }
    }

    /// A function of one value; nothing comes of a missing one, nor where the result is no number.
    fn each(&self, value: Value, function: impl Fn(f64) -> f64) -> Result<Value, String> {
        let point = |value: Option<f64>| {
            self.lone(value)
                .map(&function)
                .filter(|value| value.is_finite())
        };
        Ok(match value {
            Value::Scalar(value) => Value::Scalar(function(value)),
            Value::Series(value) => Value::Series(point(value)),
            Value::Array(values) => Value::Array(values.into_iter().map(point).collect()),
        })
    }

    fn lone(&self, value: Option<f64>) -> Option<f64> {
        match self.reading.lone {
            Lone::Stays => value,
            Lone::IsZero => value.or(Some(0.0)),
        }
    }

    fn binary(&self, operator: Operator, left: Value, right: Value) -> Result<Value, String> {
        let point = |left: Option<f64>, right: Option<f64>| self.point(operator, left, right);
        Ok(match (left, right) {
            (Value::Scalar(left), Value::Scalar(right)) => match apply(operator, left, right) {
                Some(value) => Value::Scalar(value),
                None => return Err("a constant is divided by zero".to_owned()),
            },
            (Value::Scalar(left), Value::Series(right)) => Value::Series(
                self.lone(right)
                    .and_then(|right| apply(operator, left, right)),
            ),
            (Value::Series(left), Value::Scalar(right)) => Value::Series(
                self.lone(left)
                    .and_then(|left| apply(operator, left, right)),
            ),
            (Value::Series(left), Value::Series(right)) => Value::Series(point(left, right)),
            (Value::Array(_), _) | (_, Value::Array(_)) => {
                return Err("arithmetic on several time series at once".to_owned());
            }
        })
    }

    fn point(&self, operator: Operator, left: Option<f64>, right: Option<f64>) -> Option<f64> {
        if left.is_none() && right.is_none() && self.reading.lone == Lone::Stays {
            return None;
        }
        apply(operator, left.unwrap_or(0.0), right.unwrap_or(0.0))
    }

    fn call(&self, name: &str, arguments: &[Expression], depth: usize) -> Result<Value, String> {
        let below = |expression: &Expression| self.value(expression, depth + 1);
        match (name, arguments) {
            ("METRICS", []) => Ok(Value::Array(self.metrics.values().copied().collect())),
            ("METRICS", [Expression::Text(part)]) => {
                let named = self
                    .metrics
                    .iter()
                    .filter(|(id, _)| id.contains(part.as_str()));
                Ok(Value::Array(named.map(|(_, value)| *value).collect()))
            }
            ("ABS", [argument]) => self.each(below(argument)?, f64::abs),
            ("CEIL", [argument]) => self.each(below(argument)?, f64::ceil),
            ("FLOOR", [argument]) => self.each(below(argument)?, f64::floor),
            ("LOG", [argument]) => self.each(below(argument)?, f64::ln),
            ("LOG10", [argument]) => self.each(below(argument)?, f64::log10),
            ("FILL", [argument, filling]) => fill(below(argument)?, filling, below),
            ("RATE" | "DIFF", [argument]) => self.change(name, argument, depth),
            ("PERIOD", [Expression::Id(id)]) if self.metrics.contains_key(id) => {
                Ok(Value::Scalar(self.period as f64))
            }
            ("TIME_SERIES", [argument]) => match below(argument)? {
                Value::Scalar(value) => Ok(Value::Series(Some(value))),
                _ => Err("TIME_SERIES of what is no constant".to_owned()),
            },
            ("MINUTE" | "HOUR" | "DAY" | "DATE" | "MONTH", [argument]) => {
                below(argument)?;
                Ok(Value::Series(Some(self.time(name))))
            }
            ("YEAR" | "EPOCH", [argument]) => {
                below(argument)?;
                let era = self.moment.era;
                Ok(Value::Series(era.and_then(|era| in_era(name, era))))
            }
            ("IF", [condition, then]) => {
                self.condition(below(condition)?, below(then)?, Value::Series(None))
            }
            ("IF", [condition, then, otherwise]) => {
                self.condition(below(condition)?, below(then)?, below(otherwise)?)
            }
            ("SUM" | "AVG" | "MAX" | "MIN", [argument]) => match below(argument)? {
                Value::Array(values) => Ok(Value::Series(self.gather(name, &values))),
                _ => Err(format!(
                    "{name} of one time series is a number over the whole time range"
                )),
            },
            _ => Err(format!("the function {name} is not evaluated")),
        }
    }

    /// The part of the time that a function asks for: a time series without gaps, in UTC.
    fn time(&self, name: &str) -> f64 {
        f64::from(match name {
            "MINUTE" => self.moment.minute,
            "HOUR" => self.moment.hour,
            "DAY" => self.moment.weekday,
            "DATE" => self.moment.day,
            _ => self.moment.month,
        })
    }

    /// The difference to the datapoint before, or its rate a second. Where the period before has no data, the datapoint
    /// before is older and unknown: the readings stand for the least and the greatest change.
    fn change(&self, name: &str, argument: &Expression, depth: usize) -> Result<Value, String> {
        let Some(before) = self.before else {
            return Err(format!("{name} of another change"));
        };
        let Value::Series(now) = self.value(argument, depth + 1)? else {
            return Err(format!("{name} of what is not one time series"));
        };
        let earlier = Setting {
            metrics: before,
            before: None,
            ..*self
        };
        let Value::Series(earlier) = earlier.value(argument, depth + 1)? else {
            return Err(format!("{name} of what is not one time series"));
        };
        let seconds = if name == "RATE" {
            self.period as f64
        } else {
            1.0
        };
        Ok(Value::Series(now.map(|now| {
            match (earlier, self.reading.lone) {
                (Some(earlier), _) => (now - earlier) / seconds,
                (None, Lone::Stays) => 0.0,
                (None, Lone::IsZero) => now / seconds,
            }
        })))
    }

    fn condition(&self, condition: Value, then: Value, otherwise: Value) -> Result<Value, String> {
        let chosen = |condition: f64| {
            if condition == 0.0 {
                otherwise.clone()
            } else {
                then.clone()
            }
        };
        let is_series = [&then, &otherwise]
            .iter()
            .any(|value| matches!(value, Value::Series(_)));
        match condition {
            Value::Scalar(condition) if !is_series => Ok(chosen(condition)),
            Value::Scalar(condition) => Ok(Value::Series(series(chosen(condition))?)),
            Value::Series(condition) => match self.lone(condition) {
                Some(condition) => Ok(Value::Series(series(chosen(condition))?)),
                None => Ok(Value::Series(None)),
            },
            Value::Array(_) => Err("IF on several time series at once".to_owned()),
        }
    }

    /// A function over the datapoints that several time series have in one period. Of AVG it is documented that missing
    /// values are treated as 0; a sum is the same whether they are or not.
    fn gather(&self, name: &str, values: &[Option<f64>]) -> Option<f64> {
        let present: Vec<f64> = values.iter().flatten().copied().collect();
        let sum: f64 = present.iter().sum();
        match name {
            _ if present.is_empty() => self.lone(None).filter(|_| !values.is_empty()),
            "SUM" => Some(sum),
            "AVG" => Some(sum / values.len() as f64),
            _ => {
                let all = match self.reading.extreme {
                    _ if present.len() == values.len() => present,
                    Extreme::NoValue => return None,
                    Extreme::Skipped => present,
                    Extreme::IsZero => values.iter().map(|value| value.unwrap_or(0.0)).collect(),
                };
                let pick = if name == "MAX" { f64::max } else { f64::min };
                all.into_iter().reduce(pick)
            }
        }
    }
}

/// What an operator makes of two numbers; nothing, if that is no number.
fn apply(operator: Operator, left: f64, right: f64) -> Option<f64> {
    let truth = |holds: bool| if holds { 1.0 } else { 0.0 };
    let value = match operator {
        Operator::Or => truth(left != 0.0 || right != 0.0),
        Operator::And => truth(left != 0.0 && right != 0.0),
        Operator::Equal => truth(left == right),
        Operator::NotEqual => truth(left != right),
        Operator::Less => truth(left < right),
        Operator::LessOrEqual => truth(left <= right),
        Operator::Greater => truth(left > right),
        Operator::GreaterOrEqual => truth(left >= right),
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Power => left.powf(right),
    };
    value.is_finite().then_some(value)
}

fn fill(
    value: Value,
    filling: &Expression,
    below: impl Fn(&Expression) -> Result<Value, String>,
) -> Result<Value, String> {
    if let Expression::Id(word) = filling
        && matches!(word.to_ascii_uppercase().as_str(), "REPEAT" | "LINEAR")
    {
        return Err(format!("FILL with {word} depends on the datapoints around"));
    }
    let filling = match below(filling)? {
        Value::Scalar(filling) => Some(filling),
        Value::Series(filling) => filling,
        Value::Array(_) => return Err("FILL with several time series".to_owned()),
    };
    Ok(match value {
        Value::Series(value) => Value::Series(value.or(filling)),
        Value::Array(values) => {
            Value::Array(values.into_iter().map(|value| value.or(filling)).collect())
        }
        scalar @ Value::Scalar(_) => scalar,
    })
}

/// A value as one datapoint of a time series.
fn series(value: Value) -> Result<Option<f64>, String> {
    match value {
        Value::Scalar(value) => Ok(Some(value)),
        Value::Series(value) => Ok(value),
        Value::Array(_) => Err("several time series where one is needed".to_owned()),
    }
}
