//! A19, A20, A21: alarms that read the metric through expressions and queries.

use super::*;
use crate::support::controls::metric_name;
use crate::support::world::NAMESPACE;

/// A query for the metric of a control.
fn stat(id: &str, control: &str) -> Value {
    json!({"Id": id, "ReturnData": false, "MetricStat": {
        "Metric": {"Namespace": NAMESPACE, "MetricName": metric_name(control), "Dimensions": []},
        "Period": 300, "Stat": "Sum",
    }})
}

fn returned(expression: &str) -> Value {
    json!({"Id": "x", "Expression": expression, "ReturnData": true})
}

/// Lets the control's alarm read these queries instead of its metric.
fn reads(world: &mut World, queries: &Value) {
    world.edit_alarm(CONTROL, |alarm| {
        let alarm = alarm.as_object_mut().expect("an object");
        for key in [
            "MetricName",
            "Namespace",
            "Statistic",
            "Dimensions",
            "Period",
        ] {
            alarm.remove(key);
        }
        alarm.insert("Metrics".to_owned(), queries.clone());
    });
}

fn verdict_of(queries: &Value) -> Verdict {
    let chain = chain_of(&world(|world| reads(world, queries)));
    path_of(&chain, CONTROL).verdict()
}

#[test]
fn a19_expressions_that_pass_the_event_on() {
    for expression in ["m", "m * 1", "m + r", "SUM(METRICS())", "IF(m > 0, 1, 0)"] {
        let queries = json!([
            stat("m", CONTROL),
            stat("r", "root_usage"),
            returned(expression)
        ]);
        assert_eq!(verdict_of(&queries), Verdict::Ok, "{expression}");
    }
}

#[test]
fn a19_expressions_that_lose_the_event() {
    for expression in [
        "m / 2",
        "r",
        "IF(m > 1, 1, 0)",
        "RATE(m)",
        "m * r",
        "m > 0 AND r > 0",
        "AVG([m, r])",
        "MIN([FILL(m, 0), FILL(r, 0)])",
        "IF(HOUR(m) >= 8 AND HOUR(m) < 18, m)",
        "IF(DAY(m) < 6, m)",
        "LOG(m)",
        "m / PERIOD(m)",
    ] {
        let link = fault(LinkId::A19, Verdict::Broken, |world| {
            reads(
                world,
                &json!([
                    stat("m", CONTROL),
                    stat("r", "root_usage"),
                    returned(expression)
                ]),
            );
        });
        assert!(
            link.fields.iter().any(|(name, _)| name == "Metrics"),
            "{link:?}"
        );
    }
}

#[test]
fn a19_expressions_that_cannot_be_computed() {
    for expression in [
        "m - r",
        "MAX([m, r])",
        "MIN([m, r])",
        "m + nobody",
        "ANOMALY_DETECTION_BAND(m)",
    ] {
        fault(LinkId::A19, Verdict::Unknown, |world| {
            reads(
                world,
                &json!([
                    stat("m", CONTROL),
                    stat("r", "root_usage"),
                    returned(expression)
                ]),
            );
        });
    }
    let mut foreign = stat("o", CONTROL);
    foreign["MetricStat"]["Metric"]["MetricName"] = json!("Published by an application");
    fault(LinkId::A19, Verdict::Unknown, |world| {
        reads(
            world,
            &json!([stat("m", CONTROL), foreign, returned("m + o")]),
        );
    });
}

#[test]
fn a19_a_search_that_names_the_metric_may_find_it() {
    let search = format!(
        "SEARCH('{{{NAMESPACE}}} {}', 'Sum', 300)",
        metric_name(CONTROL)
    );
    fault(LinkId::A19, Verdict::Unknown, |world| {
        reads(world, &json!([returned(&search)]))
    });
    fault(LinkId::A01, Verdict::Broken, |world| {
        reads(
            world,
            &json!([returned("SEARCH('{Elsewhere} Else', 'Sum', 300)")]),
        );
    });
}

#[test]
fn a20_metrics_insights() {
    let query = format!(
        "SELECT SUM({}) FROM SCHEMA({NAMESPACE})",
        metric_name(CONTROL)
    );
    fault(LinkId::A20, Verdict::Unknown, |world| {
        reads(world, &json!([returned(&query)]))
    });
}

#[test]
fn a21_promql() {
    fault(LinkId::A21, Verdict::Unknown, |world| {
        reads(world, &json!([]));
        world.edit_alarm(CONTROL, |alarm| {
            let query = format!("sum({{__name__=\"{}\"}}) > 0", metric_name(CONTROL));
            alarm["EvaluationCriteria"] =
                json!({"PromQLCriteria": {"Query": query, "PendingPeriod": 60}});
        });
    });
}
