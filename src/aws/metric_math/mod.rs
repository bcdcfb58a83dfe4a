//! Metric-math alarms (A19): the single-event rule on the value of an expression.
//!
//! The expression is evaluated for every value that its metrics may have in a period with one event and in a quiet one;
//! what that means for the alarm is decided as for a plain metric. Metrics Insights (A20), anomaly bands and functions
//! that look beyond one period are unknown, with the reason. Sees no SQL and no files.

mod evaluate;
mod expression;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use evaluate::{Missing, Setting, Value};
use expression::Expression;
use serde_json::Value as Json;

use super::alarm::{self, Buckets, Decider, Emission, Outcome, Settings};
use crate::chain::verdict::LinkId;

/// A metric that the alarm reads, as `MetricStat` names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metric {
    /// `Namespace`.
    pub namespace: String,
    /// `MetricName`.
    pub metric_name: String,
    /// `Dimensions`.
    pub dimensions: BTreeMap<String, String>,
    /// `AccountId`, if it is another account's metric.
    pub account: Option<String>,
}

/// What a metric has to do with the event.
#[derive(Clone, Debug, PartialEq)]
pub enum Role {
    /// The filter that matches the event writes it, and perhaps others do.
    Event {
        /// What the filter publishes.
        emission: Emission,
        /// What the other filters on the metric publish.
        others: Vec<Emission>,
    },
    /// Only metric filters that do not match the event write it.
    Quiet(Vec<Emission>),
    /// Its values are not known.
    Unknown,
}

/// What one event does to an alarm with `Metrics`, the JSON list of its queries.
///
/// `settings` are those of the alarm; statistic, period and unit are taken from the queries.
pub fn single_event(metrics: &str, settings: &Settings, role: impl Fn(&Metric) -> Role) -> Outcome {
    let unknown = |reason: String| Outcome::Unknown {
        id: LinkId::A19,
        reason,
    };
    match Alarm::read(metrics) {
        Ok(alarm) => alarm
            .judge(settings, role)
            .unwrap_or_else(|outcome| outcome),
        Err(reason) => unknown(reason),
    }
}

/// Most combinations of values that are tried.
const MOST_COMBINATIONS: usize = 4096;

struct Stat {
    metric: Metric,
    statistic: String,
    period: i64,
    unit: Option<String>,
}

/// The queries of an alarm.
struct Alarm {
    stats: BTreeMap<String, Stat>,
    expressions: BTreeMap<String, String>,
    returned: String,
}

impl Alarm {
    fn read(metrics: &str) -> Result<Self, String> {
        let not_understood = || "the alarm's metric queries are not understood".to_owned();
        let queries: Vec<Json> = serde_json::from_str(metrics).map_err(|_| not_understood())?;
        let mut alarm = Self {
            stats: BTreeMap::new(),
            expressions: BTreeMap::new(),
            returned: String::new(),
        };
        let mut returned = Vec::new();
        for query in &queries {
            let text = |name: &str| query.get(name).and_then(Json::as_str).map(str::to_owned);
            let id = text("Id").ok_or_else(not_understood)?;
            // Absent means true.
            if query.get("ReturnData").and_then(Json::as_bool) != Some(false) {
                returned.push(id.clone());
            }
            match (
                query.get("MetricStat").filter(|stat| !stat.is_null()),
                text("Expression"),
            ) {
                (Some(stat), None) => {
                    let stat = read_stat(stat, text("AccountId")).ok_or_else(not_understood)?;
                    alarm.stats.insert(id, stat);
                }
                (None, Some(expression)) => {
                    alarm.expressions.insert(id, expression);
                }
                _ => return Err(not_understood()),
            }
        }
        match returned.pop() {
            Some(only) if returned.is_empty() => alarm.returned = only,
            _ => return Err("the alarm does not return exactly one query".to_owned()),
        }
        Ok(alarm)
    }

    fn judge(
        &self,
        settings: &Settings,
        role: impl Fn(&Metric) -> Role,
    ) -> Result<Outcome, Outcome> {
        let settings_of = |stat: &Stat| Settings {
            statistic: Some(stat.statistic.clone()),
            period: Some(stat.period),
            unit: stat.unit.clone(),
            ..settings.clone()
        };
        if let Some(stat) = self.stats.get(&self.returned) {
            return Ok(match role(&stat.metric) {
                Role::Event { emission, others } => {
                    alarm::single_event(&emission, &others, &settings_of(stat))
                }
                _ => never("the alarm returns another metric than the one that the filter writes"),
            });
        }
        let parsed = self.parse()?;
        if let Some(function) = parsed.values().find_map(foreign_call) {
            return Err(unknown(format!("the function {function} is not evaluated")));
        }
        let read = reads(&self.returned, &parsed, self.stats.keys());
        let mut periods: BTreeSet<i64> = BTreeSet::new();
        let mut series = BTreeMap::new();
        let mut concerned = false;
        for (id, stat) in self
            .stats
            .iter()
            .filter(|(id, _)| read.contains(id.as_str()))
        {
            let settings = settings_of(stat);
            let values = match role(&stat.metric) {
                Role::Event { emission, others } => {
                    concerned = true;
                    Series::event(alarm::buckets(Some(&emission), &others, &settings)?)
                }
                Role::Quiet(writers) => Series::quiet(&writers, &settings)?,
                Role::Unknown => {
                    let reason = format!(
                        "the values of `{}`, which the expression reads, are not known",
                        stat.metric.metric_name
                    );
                    return Err(unknown(reason));
                }
            };
            periods.insert(stat.period);
            series.insert(id.clone(), values);
        }
        if !concerned {
            return Ok(never("the returned expression does not read the metric"));
        }
        let period = periods.pop_first().filter(|_| periods.is_empty());
        let Some(period) = period else {
            return Err(unknown(
                "the expression reads metrics of different periods".to_owned(),
            ));
        };
        let decider = Decider::new(&Settings {
            period: Some(period),
            ..settings.clone()
        })?;
        let scene = Scene {
            returned: &self.returned,
            expressions: &parsed,
            series: &series,
            decider: &decider,
        };
        let outcomes = [Missing::Stays, Missing::IsZero].map(|missing| scene.outcome(missing));
        let [stays, zero] = outcomes.map(|outcome| outcome.unwrap_or_else(|outcome| outcome));
        if !alike(&stays, &zero) {
            let reason = "the answer depends on how missing data counts in the expression, which is not documented for it".to_owned();
            return Err(unknown(reason));
        }
        let fills = parsed.values().any(|expression| calls(expression, "FILL"));
        Ok(if fills {
            late_data(stays, settings, period)
        } else {
            stays
        })
    }

    fn parse(&self) -> Result<BTreeMap<String, Expression>, Outcome> {
        let mut parsed = BTreeMap::new();
        for (id, text) in &self.expressions {
            let query = text.trim_start().get(..6).unwrap_or_default();
            if query.eq_ignore_ascii_case("select") {
                let reason =
                    "what a Metrics Insights query returns depends on all metrics of the account"
                        .to_owned();
                return Err(Outcome::Unknown {
                    id: LinkId::A20,
                    reason,
                });
            }
            parsed.insert(id.clone(), expression::parse(text).map_err(unknown)?);
        }
        Ok(parsed)
    }
}

fn never(reason: &str) -> Outcome {
    Outcome::Never {
        id: LinkId::A19,
        reason: reason.to_owned(),
    }
}

fn unknown(reason: String) -> Outcome {
    Outcome::Unknown {
        id: LinkId::A19,
        reason,
    }
}

fn read_stat(stat: &Json, account: Option<String>) -> Option<Stat> {
    let metric = stat.get("Metric")?;
    let text = |of: &Json, name: &str| of.get(name).and_then(Json::as_str).map(str::to_owned);
    let dimensions = match metric.get("Dimensions") {
        None | Some(Json::Null) => BTreeMap::new(),
        Some(Json::Array(items)) => items
            .iter()
            .map(|item| Some((text(item, "Name")?, text(item, "Value")?)))
            .collect::<Option<_>>()?,
        Some(_) => return None,
    };
    Some(Stat {
        metric: Metric {
            namespace: text(metric, "Namespace")?,
            metric_name: text(metric, "MetricName")?,
            dimensions,
            account,
        },
        statistic: text(stat, "Stat")?,
        period: stat.get("Period")?.as_i64()?,
        unit: text(stat, "Unit"),
    })
}

/// Ids that a query depends on. METRICS() depends on every metric, METRICS("text") on those with the text in their id.
fn reads<'a>(
    returned: &str,
    expressions: &BTreeMap<String, Expression>,
    metrics: impl Iterator<Item = &'a String> + Clone,
) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![returned.to_owned()];
    while let Some(id) = open.pop() {
        if let Some(expression) = expressions.get(&id).filter(|_| !seen.contains(&id)) {
            ids(expression, &mut open);
            selections(expression, &mut |part| {
                open.extend(metrics.clone().filter(|id| id.contains(part)).cloned());
            });
        }
        seen.insert(id);
    }
    seen
}

/// The texts that METRICS selects ids by.
fn selections(expression: &Expression, see: &mut impl FnMut(&str)) {
    if let Expression::Call(name, arguments) = expression
        && name == "METRICS"
    {
        match arguments.first() {
            Some(Expression::Text(part)) => see(part),
            _ => see(""),
        }
    }
    parts(expression)
        .into_iter()
        .for_each(|part| selections(part, see));
}

fn parts(expression: &Expression) -> Vec<&Expression> {
    match expression {
        Expression::Number(_) | Expression::Id(_) | Expression::Text(_) => Vec::new(),
        Expression::Negative(inner) => vec![inner],
        Expression::Binary(_, left, right) => vec![left, right],
        Expression::List(items) | Expression::Call(_, items) => items.iter().collect(),
    }
}

fn ids(expression: &Expression, into: &mut Vec<String>) {
    if let Expression::Id(id) = expression {
        into.push(id.clone());
    }
    parts(expression)
        .into_iter()
        .for_each(|part| ids(part, into));
}

fn calls(expression: &Expression, function: &str) -> bool {
    matches!(expression, Expression::Call(name, _) if name == function)
        || parts(expression)
            .into_iter()
            .any(|part| calls(part, function))
}

/// A function that is not evaluated; some of them read metrics that no query names.
fn foreign_call(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Call(name, _) if !evaluate::FUNCTIONS.contains(&name.as_str()) => Some(name),
        other => parts(other).into_iter().find_map(foreign_call),
    }
}

/// The values that a metric may have: with the event, with several, and without any.
struct Series {
    event: Vec<Option<f64>>,
    bursts: Vec<Option<f64>>,
    quiet: Vec<Option<f64>>,
}

impl Series {
    fn event(buckets: Buckets) -> Self {
        let some = |values: Vec<f64>| values.into_iter().map(Some).collect();
        Self {
            event: some(buckets.event),
            bursts: some(buckets.bursts),
            quiet: Self::silent(buckets.quiet),
        }
    }

    /// A metric that other filters write. One of them may match the same event, or another one at the same time.
    fn quiet(writers: &[Emission], settings: &Settings) -> Result<Self, Outcome> {
        let quiet = Self::silent(alarm::buckets(None, writers, settings)?.quiet);
        let mut event = quiet.clone();
        for (index, writer) in writers.iter().enumerate() {
            let mut others = writers.to_vec();
            others.remove(index);
            let buckets = alarm::buckets(Some(writer), &others, settings)?;
            event.extend(buckets.event.into_iter().chain(buckets.bursts).map(Some));
        }
        Ok(Self {
            bursts: event.clone(),
            event,
            quiet,
        })
    }

    /// A period without log records has no value, whatever the default.
    fn silent(values: Vec<f64>) -> Vec<Option<f64>> {
        std::iter::once(None)
            .chain(values.into_iter().map(Some))
            .collect()
    }
}

/// An expression with everything that decides it.
struct Scene<'a> {
    returned: &'a str,
    expressions: &'a BTreeMap<String, Expression>,
    series: &'a BTreeMap<String, Series>,
    decider: &'a Decider,
}

/// What became of the values tried.
#[derive(Default)]
struct Tally {
    breaching: bool,
    not_breaching: bool,
    missing: bool,
}

impl Scene<'_> {
    fn outcome(&self, missing: Missing) -> Result<Outcome, Outcome> {
        let event = self.tally(missing, |series| &series.event)?;
        if !event.breaching {
            return Ok(never(
                "the expression with one event does not breach the threshold",
            ));
        }
        let quiet = self.tally(missing, |series| &series.quiet)?;
        if quiet.breaching && !quiet.not_breaching && !quiet.missing {
            let reason = "the expression breaches without any event: the alarm is always in ALARM";
            return Ok(Outcome::Never {
                id: LinkId::A06,
                reason: reason.to_owned(),
            });
        }
        if event.not_breaching || event.missing || quiet.breaching {
            let reason =
                "whether the expression breaches depends on other metrics or on how many log records arrive".to_owned();
            return Err(unknown(reason));
        }
        let bursts = self.tally(missing, |series| &series.bursts)?;
        if bursts.not_breaching || bursts.missing {
            return Err(unknown(
                "the expression breaches for one event and not for several".to_owned(),
            ));
        }
        // With data in some quiet periods only, both have to lead to the same.
        let with_data = self.decider.outcome(true);
        let without = self.decider.outcome(false);
        match (quiet.not_breaching, quiet.missing) {
            (true, false) => Ok(with_data),
            (false, _) => Ok(without),
            (true, true) if alike(&with_data, &without) => Ok(with_data),
            // Log records without matches arrive all the time: what they forbid does not happen.
            (true, true) if matches!(with_data, Outcome::Never { .. }) => Ok(with_data),
            (true, true) => Err(unknown(
                "the answer depends on how many log records arrive".to_owned(),
            )),
        }
    }

    /// Tries every combination of the values that the metrics may have.
    fn tally(
        &self,
        missing: Missing,
        of: fn(&Series) -> &Vec<Option<f64>>,
    ) -> Result<Tally, Outcome> {
        let choices = self.series.values().try_fold(1usize, |product, series| {
            product.checked_mul(of(series).len())
        });
        let choices = choices.filter(|choices| *choices <= MOST_COMBINATIONS);
        let Some(choices) = choices else {
            return Err(unknown(
                "the metrics of the expression may have too many values".to_owned(),
            ));
        };
        let mut tally = Tally::default();
        for choice in 0..choices {
            let mut rest = choice;
            let mut metrics = BTreeMap::new();
            for (id, series) in self.series {
                let values = of(series);
                metrics.insert(
                    id.clone(),
                    values.get(rest % values.len().max(1)).copied().flatten(),
                );
                rest /= values.len().max(1);
            }
            let setting = Setting {
                expressions: self.expressions,
                metrics: &metrics,
                missing,
            };
            let value = match setting.query(self.returned).map_err(unknown)? {
                Value::Series(value) => value,
                Value::Scalar(_) => return Err(unknown("the expression is a constant".to_owned())),
                Value::Array(_) => {
                    return Err(unknown(
                        "the expression returns several time series".to_owned(),
                    ));
                }
            };
            match value.map(|value| self.decider.breaches(value, true)) {
                None => tally.missing = true,
                Some(Some(true)) => tally.breaching = true,
                Some(Some(false)) => tally.not_breaching = true,
                Some(None) => (tally.breaching, tally.not_breaching) = (true, true),
            }
        }
        Ok(tally)
    }
}

/// Whether two outcomes say the same about the event, delays and windows aside.
fn alike(one: &Outcome, other: &Outcome) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// FILL puts a value where data is late: the newest period may never be seen with the event in it.
fn late_data(outcome: Outcome, settings: &Settings, period: i64) -> Outcome {
    let Outcome::Fires {
        delay,
        coalescing,
        mut notes,
    } = outcome
    else {
        return outcome;
    };
    if settings.evaluation_periods == 1 && period < 300 {
        let reason =
            "FILL takes the place of data that comes late, and the only period looked at is short";
        return unknown(reason.to_owned());
    }
    let reason = "FILL takes the place of data that comes late: the alarm may see the event later"
        .to_owned();
    notes.push(alarm::Note {
        id: LinkId::A19,
        reason,
    });
    Outcome::Fires {
        delay,
        coalescing,
        notes,
    }
}
