//! Metric filters, alarms and mute rules.

use serde_json::{Map, Value, json};

use super::{Step, all, call, literal, same, step};
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

pub(super) fn metric_filter(it: &MetricFilter) -> Vec<Step> {
    let get = call(
        "logs",
        "describe-metric-filters",
        &it.region,
        json!({"logGroupName": it.log_group, "filterNamePrefix": it.name}),
    );
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
    tests.push(match &it.field_selection {
        Some(criteria) => same("fieldSelectionCriteria", &json!(criteria)),
        None => format!(
            "(fieldSelectionCriteria || {0}) == {0}",
            literal(&json!(""))
        ),
    });
    let query = format!("length(metricFilters[?{}]) > `0`", all(tests));
    vec![step(
        Some((get, query)),
        vec![call("logs", "put-metric-filter", &it.region, input)],
    )]
}

pub(super) fn alarm(it: &Alarm, before: Option<&Resource>) -> Vec<Step> {
    let (list, kind, put) = if it.composite {
        ("CompositeAlarms", "CompositeAlarm", "put-composite-alarm")
    } else {
        ("MetricAlarms", "MetricAlarm", "put-metric-alarm")
    };
    let known = match before {
        Some(Resource::Alarm(known)) => Some(&known.settings),
        _ => None,
    };
    let mut names: Vec<&String> = it.settings.keys().collect();
    names.extend(known.into_iter().flat_map(Map::keys));
    names.sort();
    names.dedup();
    names.retain(|name| known.is_none_or(|known| known.get(*name) != it.settings.get(*name)));
    let tests = names
        .iter()
        .map(|name| {
            let value = it.settings.get(*name).cloned().unwrap_or_default();
            same(&format!("{list}[0].{name}"), &value)
        })
        .collect();
    let get = call(
        "cloudwatch",
        "describe-alarms",
        &it.region,
        json!({"AlarmNames": [it.name], "AlarmTypes": [kind]}),
    );
    // Whole, as everything that is edited: not every service that speaks this API knows the calls that only switch actions.
    let mut input = Map::new();
    input.insert("AlarmName".to_owned(), json!(it.name));
    input.extend(it.settings.clone());
    let call = call("cloudwatch", put, &it.region, input.into());
    vec![step(Some((get, all(tests))), vec![call])]
}

pub(super) fn mute_rule(it: &MuteRule) -> Vec<Step> {
    let get = call(
        "cloudwatch",
        "get-alarm-mute-rule",
        &it.region,
        json!({"AlarmMuteRuleName": it.name}),
    );
    let mut input = Map::new();
    input.insert("Name".to_owned(), json!(it.name));
    input.extend(it.settings.clone());
    input.insert("MuteTargets".to_owned(), json!({"AlarmNames": it.alarms}));
    vec![step(
        Some((get, same("MuteTargets.AlarmNames", &json!(it.alarms)))),
        vec![call(
            "cloudwatch",
            "put-alarm-mute-rule",
            &it.region,
            input.into(),
        )],
    )]
}
