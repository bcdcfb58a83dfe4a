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
        "IF(MINUTE(m) < 30, m)",
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

/// The complete account with an alarm on each expression in place of the control's; they have the names `alarm 0` and so on.
fn by_the_time(expressions: &[&str]) -> World {
    use crate::support::world::{HOME, Site};

    let site = Site::new(ACCOUNT, HOME);
    world(|world| {
        world.remove_alarm(CONTROL);
        for (index, expression) in expressions.iter().enumerate() {
            let name = format!("alarm {index}");
            let mut alarm = site.metric_alarm(CONTROL);
            let fields = alarm.as_object_mut().expect("an object");
            for key in [
                "MetricName",
                "Namespace",
                "Statistic",
                "Dimensions",
                "Period",
            ] {
                fields.remove(key);
            }
            let queries = json!([stat("m", CONTROL), returned(expression)]);
            fields.insert("Metrics".to_owned(), queries);
            fields.insert("AlarmArn".to_owned(), json!(site.alarm_arn(&name)));
            fields.insert("AlarmName".to_owned(), json!(name));
            world.add_metric_alarm(alarm);
        }
    })
}

#[test]
fn a19_expressions_that_lose_events_of_some_times() {
    for (expressions, hour) in [
        (vec!["IF(HOUR(m) >= 8 AND HOUR(m) < 18, m)"], Some(0)),
        (vec!["IF(DAY(m) < 6, m)"], None),
        (vec!["IF(DATE(m) == 31, 0, m)"], None),
        (vec!["IF(MONTH(m) == 8, 0, m)"], None),
        (
            vec!["IF(HOUR(m) < 12, m, 0)", "IF(HOUR(m) > 12, m, 0)"],
            Some(12),
        ),
        (vec!["IF(HOUR(m) < 12, m, 0)", "IF(DAY(m) < 6, m, 0)"], None),
    ] {
        let finding = finding_of(&by_the_time(&expressions));
        let told = format!("{expressions:?}: {}", reason(&finding));
        assert_eq!(
            (finding.status, finding.broken_link),
            (Status::Fail, Some(LinkId::A19)),
            "{told}"
        );
        let witness = finding.witness.expect("a witness");
        let at = witness["eventTime"].as_str().expect("a time");
        let at: jiff::Timestamp = at.parse().expect("a time");
        let at = at.to_zoned(jiff::tz::TimeZone::UTC);
        if let Some(hour) = hour.filter(|hour| *hour > 0) {
            assert_eq!(at.hour(), hour, "{told}");
        }
        assert!(
            told.contains("alarm 0") && told.contains("silent"),
            "{told}"
        );
    }
}

#[test]
fn a19_alarms_that_together_hear_at_all_times_lose_nothing() {
    for expressions in [
        vec!["IF(HOUR(m) < 12, m, 0)", "IF(HOUR(m) >= 12, m, 0)"],
        vec!["IF(DAY(m) < 6, m)", "IF(DAY(m) >= 6, m)"],
        vec![
            "IF(HOUR(m) >= 22 OR HOUR(m) < 6, m)",
            "IF(HOUR(m) >= 6 AND HOUR(m) < 14, m)",
            "IF(HOUR(m) >= 14 AND HOUR(m) < 22, m)",
        ],
    ] {
        let finding = finding_of(&by_the_time(&expressions));
        assert_eq!(
            finding.status,
            Status::Pass,
            "{expressions:?}: {}",
            reason(&finding)
        );
    }
}

#[test]
fn a19_an_expression_and_a_mute_rule_that_leave_no_gap_lose_nothing() {
    for (expression, expected) in [
        ("IF(HOUR(m) < 12, m, 0)", Status::Pass),
        ("IF(HOUR(m) >= 12, m, 0)", Status::Fail),
    ] {
        let mut account = by_the_time(&[expression, "m * 1"]);
        let nights = json!({"Expression": "cron(0 1 * * *)", "Duration": "PT9H"});
        account.mute("nights", nights, &["alarm 1"]);
        let finding = finding_of(&account);
        assert_eq!(
            finding.status,
            expected,
            "{expression}: {}",
            reason(&finding)
        );
    }
}

#[test]
fn c02_a_sibling_that_hears_at_some_times_only_is_no_proof() {
    use crate::support::world::{HOME, Site};

    for rule in [
        "ALARM(\"alarm 0\") AND ALARM(\"alarm 1\")",
        "ALARM(\"alarm 0\") AND NOT ALARM(\"alarm 1\")",
    ] {
        let mut account = by_the_time(&["m * 1", "IF(HOUR(m) < 12, m, 0)"]);
        account.edit_alarms(|alarm| {
            if alarm["Metrics"].is_array() {
                alarm["AlarmActions"] = json!([]);
            }
        });
        account.add_composite_alarm(Site::new(ACCOUNT, HOME).composite_alarm("both", rule));
        let finding = finding_of(&account);
        assert_ne!(finding.status, Status::Pass, "{rule}: {}", reason(&finding));
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
