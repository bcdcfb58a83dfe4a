//! The value of an expression in one period, given the value of each metric in it.

use std::collections::BTreeMap;

use super::expression::{Expression, Operator};

/// How a lone missing value counts in arithmetic and comparisons. With a value beside it, it counts as 0; for one on its
/// own the documentation can be read either way, so both are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Stays,
    IsZero,
}

/// The functions that are evaluated.
pub(super) const FUNCTIONS: [&str; 10] = [
    "ABS", "AVG", "CEIL", "FILL", "FLOOR", "IF", "MAX", "METRICS", "MIN", "SUM",
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
    pub(super) missing: Missing,
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
            Expression::Binary(operator, left, right) => {
                self.binary(*operator, below(left)?, below(right)?)
            }
            Expression::Call(name, arguments) => self.call(name, arguments, depth),
        }
    }

    /// A function of one value; nothing comes of a missing one.
    fn each(&self, value: Value, function: impl Fn(f64) -> f64) -> Result<Value, String> {
        let point = |value: Option<f64>| self.lone(value).map(&function);
        Ok(match value {
            Value::Scalar(value) => Value::Scalar(function(value)),
            Value::Series(value) => Value::Series(point(value)),
            Value::Array(values) => Value::Array(values.into_iter().map(point).collect()),
        })
    }

    fn lone(&self, value: Option<f64>) -> Option<f64> {
        match self.missing {
            Missing::Stays => value,
            Missing::IsZero => value.or(Some(0.0)),
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
        if left.is_none() && right.is_none() && self.missing == Missing::Stays {
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
            ("FILL", [argument, filling]) => fill(below(argument)?, filling, below),
            ("IF", [condition, then]) => {
                self.condition(below(condition)?, below(then)?, Value::Series(None))
            }
            ("IF", [condition, then, otherwise]) => {
                self.condition(below(condition)?, below(then)?, below(otherwise)?)
            }
            ("SUM" | "AVG" | "MAX" | "MIN", [argument]) => match below(argument)? {
                Value::Array(values) => Ok(Value::Series(gather(name, &values))),
                _ => Err(format!(
                    "{name} of one time series is a number over the whole time range"
                )),
            },
            _ => Err(format!("the function {name} is not evaluated")),
        }
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

/// A function over the datapoints that several time series have in one period.
fn gather(name: &str, values: &[Option<f64>]) -> Option<f64> {
    let present: Vec<f64> = values.iter().flatten().copied().collect();
    let sum: f64 = present.iter().sum();
    match name {
        _ if present.is_empty() => None,
        "SUM" => Some(sum),
        "AVG" => Some(sum / present.len() as f64),
        "MAX" => present.into_iter().reduce(f64::max),
        _ => present.into_iter().reduce(f64::min),
    }
}

/// A value as one datapoint of a time series.
fn series(value: Value) -> Result<Option<f64>, String> {
    match value {
        Value::Scalar(value) => Ok(Some(value)),
        Value::Series(value) => Ok(value),
        Value::Array(_) => Err("several time series where one is needed".to_owned()),
    }
}
