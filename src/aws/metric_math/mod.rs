//! Metric-math alarms: the single-event rule on the value of an expression (user guide, Using math expressions).
//!
//! The expression is evaluated for the ordinary course of things first: an event while the other metrics have nothing to
//! say and log records arrive all the time. One event lost there is enough. Then for every value that its metrics may have
//! in a period with the event and in a quiet one; what that means for the alarm is decided as for a plain metric. Metrics
//! Insights, anomaly bands and functions that are not evaluated are unknown, with the reason. Sees no SQL and no files.

mod evaluate;
mod expression;
mod scene;
#[cfg(test)]
mod tests;
mod times;

use std::collections::{BTreeMap, BTreeSet};

use evaluate::Reading;
use expression::Expression;
use scene::{Scene, Series};
use serde_json::Value as Json;

use super::alarm::{self, Decider, Effect, Emission, Reason, Settings};

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
pub enum MetricRole {
    /// The filter that matches the event writes it, and perhaps others do.
    Event {
        /// What the filter publishes.
        emission: Emission,
        /// What the other filters on the metric publish.
        others: Vec<Emission>,
    },
    /// Only metric filters that do not match the event write it.
    Quiet {
        /// What they publish.
        writers: Vec<Emission>,
        /// Whether one with a default value reads the record of the event: the period of the event has a value then.
        fed: bool,
    },
    /// Its values are not known.
    Unknown,
}

/// What one event does to an alarm with `Metrics`, the list of its queries.
///
/// `settings` are those of the alarm; statistic, period and unit are taken from the queries.
pub fn single_event(
    metrics: &Json,
    settings: &Settings,
    role: impl Fn(&Metric) -> MetricRole,
) -> Effect {
    let judged = Alarm::read(metrics).and_then(|alarm| alarm.judge(settings, role));
    judged.unwrap_or_else(|effect| effect)
}

/// Whether the alarm sits in `ALARM` while events come in every period; none where that cannot be told.
pub fn flooded(
    metrics: &Json,
    settings: &Settings,
    role: impl Fn(&Metric) -> MetricRole,
) -> Option<bool> {
    let alarm = Alarm::read(metrics).ok()?;
    if let Some(stat) = alarm.stats.get(&alarm.returned) {
        return match role(&stat.metric) {
            MetricRole::Event { emission, others } => {
                alarm::flooded(&emission, &others, &stat.settings(settings))
            }
            MetricRole::Quiet { .. } => Some(false),
            MetricRole::Unknown => None,
        };
    }
    match alarm.prepare(settings, role).ok()? {
        Prepared::Expression {
            parsed,
            series,
            decider,
        } => Scene::new(&alarm.returned, &parsed, &series, &decider).flooded(),
        Prepared::NotConcerned(_) => Some(false),
    }
}

/// More queries than an alarm can have: 20 (API reference, PutMetricAlarm, Metrics), and some to come.
const MOST_QUERIES: usize = 100;

struct Stat {
    metric: Metric,
    statistic: String,
    period: i64,
    unit: Option<String>,
}

impl Stat {
    /// The alarm's settings with those of the query.
    fn settings(&self, settings: &Settings) -> Settings {
        Settings {
            statistic: Some(self.statistic.clone()),
            period: Some(self.period),
            unit: self.unit.clone(),
            ..settings.clone()
        }
    }
}

/// The queries of an alarm.
struct Alarm {
    stats: BTreeMap<String, Stat>,
    expressions: BTreeMap<String, String>,
    returned: String,
}

/// What is known before anything is computed.
enum Prepared {
    Expression {
        parsed: BTreeMap<String, Expression>,
        series: BTreeMap<String, Series>,
        decider: Decider,
    },
    /// The event does not reach the expression.
    NotConcerned(Reason),
}

impl Alarm {
    fn read(metrics: &Json) -> Result<Self, Effect> {
        let not_understood = || Effect::unknown(Reason::QueriesNotUnderstood);
        let queries = metrics.as_array().ok_or_else(not_understood)?;
        if queries.len() > MOST_QUERIES {
            return Err(Effect::unknown(Reason::TooManyValues));
        }
        let mut alarm = Self {
            stats: BTreeMap::new(),
            expressions: BTreeMap::new(),
            returned: String::new(),
        };
        let mut returned = Vec::new();
        for query in queries {
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
            _ => return Err(Effect::unknown(Reason::NotOneReturned)),
        }
        Ok(alarm)
    }

    fn judge(
        &self,
        settings: &Settings,
        role: impl Fn(&Metric) -> MetricRole,
    ) -> Result<Effect, Effect> {
        if let Some(stat) = self.stats.get(&self.returned) {
            return Ok(match role(&stat.metric) {
                MetricRole::Event { emission, others } => {
                    alarm::single_event(&emission, &others, &stat.settings(settings))
                }
                _ => Effect::never(Reason::OtherMetricReturned),
            });
        }
        let (parsed, series, decider) = match self.prepare(settings, role)? {
            Prepared::Expression {
                parsed,
                series,
                decider,
            } => (parsed, series, decider),
            Prepared::NotConcerned(reason) => return Err(Effect::never(reason)),
        };
        let scene = Scene::new(&self.returned, &parsed, &series, &decider);
        let effect = agreed(Reading::ALL.map(|reading| scene.effect(reading)));
        let fills = parsed.values().any(|expression| calls(expression, "FILL"));
        Ok(if fills {
            late_data(effect, settings, decider.period)
        } else {
            effect
        })
    }

    fn prepare(
        &self,
        settings: &Settings,
        role: impl Fn(&Metric) -> MetricRole,
    ) -> Result<Prepared, Effect> {
        let parsed = self.parse()?;
        if let Some(function) = parsed.values().find_map(foreign_call) {
            return Err(Effect::unknown(Reason::FunctionNotEvaluated {
                function: function.to_owned(),
            }));
        }
        let read = reads(&self.returned, &parsed, self.stats.keys());
        let mut periods: BTreeSet<i64> = BTreeSet::new();
        let mut series = BTreeMap::new();
        let mut concerned = false;
        let mut otherwise = Reason::MetricNotRead;
        for (id, stat) in self
            .stats
            .iter()
            .filter(|(id, _)| read.contains(id.as_str()))
        {
            let settings = stat.settings(settings);
            let values = match role(&stat.metric) {
                MetricRole::Event { emission, others } => {
                    match alarm::buckets(Some(&emission), &others, &settings) {
                        // In another unit there is no data, for this query alone.
                        Err(Effect::Never(reasons))
                            if matches!(reasons.as_slice(), [Reason::UnitDiffers { .. }]) =>
                        {
                            otherwise = reasons.into_iter().next().unwrap_or(otherwise);
                            Series::silent()
                        }
                        buckets => {
                            concerned = true;
                            Series::event(buckets?)
                        }
                    }
                }
                MetricRole::Quiet { writers, fed } => Series::quiet(&writers, fed, &settings)?,
                MetricRole::Unknown => {
                    return Err(Effect::unknown(Reason::MetricNotKnown {
                        metric: stat.metric.metric_name.clone(),
                    }));
                }
            };
            periods.insert(stat.period);
            series.insert(id.clone(), values);
        }
        if !concerned {
            return Ok(Prepared::NotConcerned(otherwise));
        }
        let period = periods.pop_first().filter(|_| periods.is_empty());
        let Some(period) = period else {
            return Err(Effect::unknown(Reason::PeriodsDiffer));
        };
        let decider = Decider::new(&Settings {
            period: Some(period),
            ..settings.clone()
        })?;
        Ok(Prepared::Expression {
            parsed,
            series,
            decider,
        })
    }

    fn parse(&self) -> Result<BTreeMap<String, Expression>, Effect> {
        let mut parsed = BTreeMap::new();
        for (id, text) in &self.expressions {
            let query = text.trim_start().get(..6).unwrap_or_default();
            if query.eq_ignore_ascii_case("select") {
                return Err(Effect::unknown(Reason::MetricsInsights));
            }
            let expression = expression::parse(text)
                .map_err(|problem| Effect::unknown(Reason::ExpressionNotUnderstood { problem }))?;
            parsed.insert(id.clone(), expression);
        }
        Ok(parsed)
    }
}

/// The effect that all readings of the documentation have in common.
fn agreed(effects: [Effect; Reading::ALL.len()]) -> Effect {
    let [first, ..] = &effects;
    if effects.iter().all(|effect| alike(first, effect)) {
        return first.clone();
    }
    effects
        .iter()
        .find(|effect| matches!(effect, Effect::Unknown(_)))
        .cloned()
        .unwrap_or_else(|| Effect::unknown(Reason::MissingDataDecides))
}

/// Whether two effects say the same about the event, delays and reasons aside.
fn alike(one: &Effect, other: &Effect) -> bool {
    match (one, other) {
        (Effect::Fires(one), Effect::Fires(other)) => one.silent == other.silent,
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// FILL puts a value where data is late: the newest period may never be seen with the event in it.
fn late_data(effect: Effect, settings: &Settings, period: u64) -> Effect {
    match effect {
        Effect::Fires(_) if settings.evaluation_periods == 1 && period < 300 => {
            Effect::unknown(Reason::FillHidesLateData)
        }
        Effect::Fires(mut firing) => {
            firing.remarks.push(Reason::FillDelays);
            Effect::Fires(firing)
        }
        other => other,
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
            open.extend(expression.parts().filter_map(|part| match part {
                Expression::Id(id) => Some(id.clone()),
                _ => None,
            }));
            for part in selections(expression) {
                open.extend(metrics.clone().filter(|id| id.contains(part)).cloned());
            }
        }
        seen.insert(id);
    }
    seen
}

/// The texts that METRICS selects ids by.
fn selections(expression: &Expression) -> impl Iterator<Item = &str> {
    expression.parts().filter_map(|part| match part {
        Expression::Call(name, arguments) if name == "METRICS" => Some(match arguments.first() {
            Some(Expression::Text(part)) => part.as_str(),
            _ => "",
        }),
        _ => None,
    })
}

fn calls(expression: &Expression, function: &str) -> bool {
    expression
        .parts()
        .any(|part| matches!(part, Expression::Call(name, _) if name == function))
}

/// A function that is not evaluated; some of them read metrics that no query names.
fn foreign_call(expression: &Expression) -> Option<&str> {
    expression.parts().find_map(|part| match part {
        Expression::Call(name, _) if !evaluate::FUNCTIONS.contains(&name.as_str()) => {
            Some(name.as_str())
        }
        _ => None,
    })
}
