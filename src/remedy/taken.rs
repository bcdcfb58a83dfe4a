//! What a change takes away: read off the two states of a resource, so that no fix can remove or narrow something unsaid.

use rusqlite::{Connection, Result};
use serde::Serialize;
use serde_json::Value;

use super::resource::{Alarm, MetricFilter, Resource, Rule, Topic};
use super::{document, event_pattern, events, read};
use crate::coverage::Scope;

/// What a change takes away from what was there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "taken", rename_all = "snake_case")]
pub enum Taken {
    /// An alarm does not act on this any more.
    Action {
        /// Its ARN.
        arn: String,
    },
    /// A metric filter does not write this metric any more, or an alarm does not watch it.
    Metric {
        /// Its namespace.
        namespace: String,
        /// Its name.
        metric: String,
    },
    /// The pattern of a filter or rule is replaced by one that does not hold it.
    Pattern,
    /// The metric value that a filter wrote.
    Value {
        /// metricValue before.
        was: String,
    },
    /// The default value of a metric.
    DefaultValue,
    /// Dimensions of a metric.
    Dimensions,
    /// The unit of a metric.
    Unit,
    /// A filter reads records as they arrive, not as a transformer leaves them.
    Transformed,
    /// A subscription's filter policy: it gets every message of the topic.
    FilterPolicy,
    /// A mute rule does not hold this alarm any more.
    Mute {
        /// The alarm.
        alarm: String,
    },
    /// A trail does not deliver to this log group any more.
    LogGroup {
        /// Its ARN.
        arn: String,
        /// The metric filters on it.
        filters: Vec<String>,
    },
    /// A topic is not encrypted with this key any more.
    Key {
        /// As the topic named it.
        id: String,
    },
    /// A statement of a topic's policy denies less than it did.
    Denial {
        /// Its Sid, or its position.
        statement: String,
    },
}

/// What is lost where the one becomes the other.
pub(super) fn taken(facts: &Connection, before: &Resource, after: &Resource) -> Result<Vec<Taken>> {
    Ok(match (before, after) {
        (Resource::MetricFilter(before), Resource::MetricFilter(after)) => of_filter(before, after),
        (Resource::Alarm(before), Resource::Alarm(after)) => of_alarm(before, after),
        (Resource::Topic(before), Resource::Topic(after)) => of_topic(before, after),
        (Resource::Rule(before), Resource::Rule(after)) => of_rule(before, after),
        (Resource::Subscription(before), Resource::Subscription(after))
            if before.filter_policy.is_some() && after.filter_policy != before.filter_policy =>
        {
            vec![Taken::FilterPolicy]
        }
        (Resource::MuteRule(before), Resource::MuteRule(after)) => {
            let lost = before.alarms.iter().filter(|it| !after.alarms.contains(it));
            lost.map(|alarm| Taken::Mute {
                alarm: alarm.clone(),
            })
            .collect()
        }
        (Resource::Trail(before), Resource::Trail(after)) => match &before.log_group_arn {
            Some(arn) if after.log_group_arn.as_ref() != Some(arn) => vec![Taken::LogGroup {
                filters: read::filters_on(facts, arn)?,
                arn: arn.clone(),
            }],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    })
}

fn of_rule(before: &Rule, after: &Rule) -> Vec<Taken> {
    let pattern = |it: &Rule| it.pattern.clone().unwrap_or_default();
    let (old, new) = (pattern(before), pattern(after));
    match old == new || event_pattern::is_widened(&old, &new) {
        true => Vec::new(),
        false => vec![Taken::Pattern],
    }
}

fn of_filter(before: &MetricFilter, after: &MetricFilter) -> Vec<Taken> {
    let mut found = Vec::new();
    if (&before.namespace, &before.metric) != (&after.namespace, &after.metric) {
        found.push(Taken::Metric {
            namespace: before.namespace.clone(),
            metric: before.metric.clone(),
        });
    }
    let wider = events::is_widened(&before.pattern, &after.pattern)
        || events::is_narrower(&before.pattern, &after.pattern, &Scope::default());
    if before.pattern != after.pattern && !wider {
        found.push(Taken::Pattern);
    }
    if before.value != after.value {
        found.push(Taken::Value {
            was: before.value.clone(),
        });
    }
    if before.default_value.is_some() && before.default_value != after.default_value {
        found.push(Taken::DefaultValue);
    }
    let dimensions = |it: &MetricFilter| (it.dimensions.clone(), it.system_dimensions.clone());
    let plain = before.dimensions.is_empty() && before.system_dimensions.is_empty();
    if !plain && dimensions(before) != dimensions(after) {
        found.push(Taken::Dimensions);
    }
    if before.unit.is_some() && before.unit != after.unit {
        found.push(Taken::Unit);
    }
    if before.on_transformed_logs == Some(true) && after.on_transformed_logs != Some(true) {
        found.push(Taken::Transformed);
    }
    found
}

fn of_alarm(before: &Alarm, after: &Alarm) -> Vec<Taken> {
    let mut found = Vec::new();
    let text = |it: &Alarm, setting: &str| it.text(setting).unwrap_or_default().to_owned();
    let metric = |it: &Alarm| (text(it, "Namespace"), text(it, "MetricName"));
    if metric(before) != metric(after) {
        let (namespace, metric) = metric(before);
        found.push(Taken::Metric { namespace, metric });
    }
    let dimensions = |it: &Alarm| it.settings.get("Dimensions").cloned();
    let plain = dimensions(before)
        .as_ref()
        .and_then(Value::as_array)
        .is_none_or(Vec::is_empty);
    if !plain && dimensions(before) != dimensions(after) {
        found.push(Taken::Dimensions);
    }
    let actions = |it: &Alarm| -> Vec<String> {
        let list = it.settings.get("AlarmActions").and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let kept = actions(after);
    let lost = actions(before);
    found.extend(
        lost.into_iter()
            .filter(|arn| !kept.contains(arn))
            .map(|arn| Taken::Action { arn }),
    );
    found
}

fn of_topic(before: &Topic, after: &Topic) -> Vec<Taken> {
    let mut found = Vec::new();
    if let Some(id) = &before.kms_key_id
        && after.kms_key_id.as_ref() != Some(id)
    {
        found.push(Taken::Key { id: id.clone() });
    }
    let policies = (before.policy.as_deref(), after.policy.as_deref());
    if let (Some(before), Some(after)) = policies {
        let lost = document::lost_statements(before, after);
        found.extend(
            lost.into_iter()
                .map(|statement| Taken::Denial { statement }),
        );
    }
    found
}
