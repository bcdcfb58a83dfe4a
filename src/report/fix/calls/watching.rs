//! Metric filters, alarms and mute rules.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Call, Look, NEVER, Step, all, call, holds, literal, none_of, same, says, step};
use crate::remedy::Resource;
use crate::remedy::resource::{Alarm, MetricFilter, MuteRule};
use crate::report::fix::json::put;

/// What PutMetricFilter takes.
fn filter_input(it: &MetricFilter) -> Value {
    let mut transformation = json!({
        "metricName": it.metric,
        "metricNamespace": it.namespace,
        "metricValue": it.value,
    });
    if let Some(number) = &it.default_value {
        put(
            &mut transformation,
            "defaultValue",
            serde_json::from_str(number).unwrap_or_else(|_| json!(number)),
        );
    }
    if let Some(unit) = &it.unit {
        put(&mut transformation, "unit", json!(unit));
    }
    if !it.dimensions.is_empty() {
        put(&mut transformation, "dimensions", json!(it.dimensions));
    }
    let mut input = json!({
        "logGroupName": it.log_group,
        "filterName": it.name,
        "filterPattern": it.pattern,
        "metricTransformations": [transformation],
    });
    if let Some(transformed) = it.on_transformed_logs {
        put(&mut input, "applyOnTransformedLogs", json!(transformed));
    }
    if let Some(criteria) = &it.field_selection {
        put(&mut input, "fieldSelectionCriteria", json!(criteria));
    }
    if !it.system_dimensions.is_empty() {
        put(
            &mut input,
            "emitSystemFieldDimensions",
            json!(it.system_dimensions),
        );
    }
    input
}

/// Whether a log group has a metric filter set as this one.
fn is_filter(it: &MetricFilter) -> String {
    let input = filter_input(it);
    let metric = |member: &str| {
        let value = input
            .pointer(&format!("/metricTransformations/0/{member}"))
            .cloned();
        let path = format!("metricTransformations[0].{member}");
        match value {
            Some(value) => same(&path, &value),
            None if member == "dimensions" => same(&path, &json!({})),
            // No unit and the unit None are the same.
            None if member == "unit" => {
                format!(
                    "({path} == `null` || {path} == {})",
                    literal(&json!("None"))
                )
            }
            None => same(&path, &Value::Null),
        }
    };
    let mut tests = vec![
        same("filterName", &json!(it.name)),
        same("filterPattern", &json!(it.pattern)),
    ];
    for member in [
        "metricName",
        "metricNamespace",
        "metricValue",
        "defaultValue",
        "unit",
        "dimensions",
    ] {
        tests.push(metric(member));
    }
    if let Some(transformed) = it.on_transformed_logs {
        tests.push(format!(
            "(applyOnTransformedLogs || `false`) == `{transformed}`"
        ));
    }
    tests.push(says(
        "fieldSelectionCriteria",
        it.field_selection.as_deref(),
    ));
    if !it.system_dimensions.is_empty() {
        tests.push(holds("emitSystemFieldDimensions", &it.system_dimensions));
    }
    format!("metricFilters[?{}]", all(tests))
}

fn filters(it: &MetricFilter) -> Call {
    call(
        "logs",
        "describe-metric-filters",
        &it.region,
        json!({"logGroupName": it.log_group, "filterNamePrefix": it.name}),
    )
}

/// Before a new metric filter.
pub(super) fn new_filter(it: &MetricFilter) -> Look {
    Look::new(
        filters(it),
        is_filter(it),
        none_of("metricFilters", "filterName", &it.name),
    )
}

pub(super) fn metric_filter(it: &MetricFilter, before: Option<&Resource>) -> Vec<Step> {
    let look = match before {
        Some(Resource::MetricFilter(known)) => {
            Look::change(filters(it), is_filter(it), is_filter(known))
        }
        _ => new_filter(it),
    };
    let input = filter_input(it);
    vec![step(
        look,
        vec![call("logs", "put-metric-filter", &it.region, input)],
    )]
}

/// The lists in which DescribeAlarms gives the types of alarms, whose names are one space.
const LISTS: [(&str, &str); 3] = [
    ("MetricAlarms", "MetricAlarm"),
    ("CompositeAlarms", "CompositeAlarm"),
    ("LogAlarms", "LogAlarm"),
];

fn alarms(it: &Alarm) -> Call {
    let types = LISTS.map(|(_, kind)| kind);
    call(
        "cloudwatch",
        "describe-alarms",
        &it.region,
        json!({"AlarmNames": [it.name], "AlarmTypes": types}),
    )
}

/// Whether an alarm is set as this one, in these settings.
fn is_alarm<'n>(it: &Alarm, names: impl Iterator<Item = &'n str>) -> String {
    let list = if it.composite {
        "CompositeAlarms"
    } else {
        "MetricAlarms"
    };
    let is = |name: &str| match it.settings.get(name) {
        // A list of pairs, which a snapshot has in the order of their names.
        Some(Value::Array(pairs)) if name == "Dimensions" && pairs.len() > 1 => {
            same("sort_by(Dimensions || `[]`, &Name)", &json!(pairs))
        }
        Some(value) => same(name, value),
        // As many as there are periods to evaluate, and none said, are the same.
        None if name == "DatapointsToAlarm" => {
            format!("({name} || EvaluationPeriods) == EvaluationPeriods")
        }
        None => format!("!({name})"),
    };
    format!("{list}[?{}]", all(names.map(is).collect()))
}

/// Before a new alarm.
pub(super) fn new_alarm(it: &Alarm) -> Look {
    let lists = LISTS.map(|(list, _)| format!("{list} || `[]`"));
    let none = format!("length([{}][]) == `0`", lists.join(", "));
    let mut names: BTreeSet<&str> = it.members().collect();
    names.extend(it.settings.keys().map(String::as_str));
    Look::new(alarms(it), is_alarm(it, names.into_iter()), none)
}

pub(super) fn alarm(it: &Alarm, before: Option<&Resource>) -> Vec<Step> {
    let look = match before {
        Some(Resource::Alarm(known)) => {
            let names = it.settings.keys().chain(known.settings.keys());
            let names: BTreeSet<&str> = names.map(String::as_str).collect();
            let changed = names
                .iter()
                .copied()
                .filter(|name| known.settings.get(*name) != it.settings.get(*name));
            let was = is_alarm(known, names.iter().copied());
            Look::change(alarms(it), is_alarm(it, changed), was)
        }
        _ => new_alarm(it),
    };
    // Whole, as everything that is edited: not every service that speaks this API knows the calls that only switch actions.
    let mut input = Map::new();
    input.insert("AlarmName".to_owned(), json!(it.name));
    input.extend(it.settings.clone());
    let operation = if it.composite {
        "put-composite-alarm"
    } else {
        "put-metric-alarm"
    };
    let call = call("cloudwatch", operation, &it.region, input.into());
    vec![step(look, vec![call])]
}

pub(super) fn mute_rule(it: &MuteRule, before: Option<&Resource>) -> Vec<Step> {
    let get = call(
        "cloudwatch",
        "get-alarm-mute-rule",
        &it.region,
        json!({"AlarmMuteRuleName": it.name}),
    );
    let mutes = |of: &MuteRule| holds("MuteTargets.AlarmNames", &of.alarms);
    let was = match before {
        Some(Resource::MuteRule(known)) => {
            let schedule = known.settings.get("Rule").and_then(|it| it.get("Schedule"));
            let members = schedule.and_then(Value::as_object).into_iter().flatten();
            let mut tests = vec![mutes(known)];
            tests
                .extend(members.map(|(name, value)| same(&format!("Rule.Schedule.{name}"), value)));
            all(tests)
        }
        _ => NEVER.to_owned(),
    };
    let mut input = Map::new();
    input.insert("Name".to_owned(), json!(it.name));
    input.extend(it.settings.clone());
    input.insert("MuteTargets".to_owned(), json!({"AlarmNames": it.alarms}));
    vec![step(
        Look::change(get, mutes(it), was),
        vec![call(
            "cloudwatch",
            "put-alarm-mute-rule",
            &it.region,
            input.into(),
        )],
    )]
}
