//! What the alarms would have done with the records: what notifies, what mute rules hold back, and what stands above others.

use serde_json::{Value, json};

use super::report;
use crate::support::controls::alarm_name;
use crate::support::world::{ACCOUNT, HOME, Site, World};

const CONTROL: &str = "root_usage";

fn alarm(report: &Value, name: &str) -> Option<Value> {
    let alarms = report["alarms"].as_array().unwrap().iter();
    let mut found = alarms.filter(|it| it["name"] == json!(name));
    found.next().cloned()
}

fn own(report: &Value) -> Value {
    alarm(report, &alarm_name(CONTROL)).unwrap()
}

fn muted(expression: &str, duration: &str) -> World {
    let mut world = World::complete();
    let schedule = json!({"Expression": expression, "Duration": duration});
    world.mute("nights", schedule, &[&alarm_name(CONTROL)]);
    world
}

#[test]
fn an_alarm_that_is_muted_all_the_time_made_notifications() {
    let times = ["2026-10-20T12:00:00Z", "2026-10-21T12:00:00Z"];
    let found = own(&report(&muted("cron(0 0 * * *)", "P1D"), &times, 1));
    assert_eq!(found["transitions"], json!(2));
    assert_eq!(found["muted"], json!(2));
    assert_eq!(found["notifications"], json!(0));
    assert_eq!(found["days"], json!({}));
    assert_eq!(found["silenced_by"]["link"], json!("A17"));
    // The rule began on the first of October.
    let times = ["2026-09-20T12:00:00Z", "2026-10-21T12:00:00Z"];
    let found = own(&report(&muted("cron(0 0 * * *)", "P1D"), &times, 1));
    assert_eq!(found["notifications"], json!(1));
    assert_eq!(found["silenced_by"], Value::Null);
}

#[test]
fn a_transition_within_a_mute_window_counted_as_a_notification() {
    let nights = muted("cron(0 22 * * *)", "PT8H");
    let times = ["2026-10-20T12:00:00Z", "2026-10-20T23:00:00Z"];
    let found = own(&report(&nights, &times, 1));
    assert_eq!(found["transitions"], json!(2));
    assert_eq!(
        (&found["notifications"], &found["muted"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(found["days"], json!({"2026-10-20": 1}));
    // Every minute an event until the window ends: it is in ALARM still, and its action runs then, on the next day.
    let times: Vec<String> = (0..20)
        .map(|it| format!("2026-10-21T05:{:02}:00Z", 40 + it))
        .collect();
    let times: Vec<&str> = times.iter().map(String::as_str).collect();
    let late = ["2026-10-20T23:50:00Z"];
    let found = own(&report(&nights, &[&late[..], &times].concat(), 1));
    assert_eq!(found["transitions"], json!(2));
    assert_eq!(found["days"], json!({"2026-10-21": 1}));
    // CloudTrail may deliver within the window.
    let found = own(&report(&nights, &["2026-10-20T21:55:00Z"], 0));
    assert_eq!(found["notifications"], json!(1));
    assert_eq!(found["perhaps_muted"], json!(1));
    assert_eq!(found["notifications_at_least"], json!(0));
}

/// Needs three events in a period, and got one.
#[test]
fn a_deaf_alarm_coalesced_what_it_never_heard() {
    let mut world = World::complete();
    world.edit_alarm(CONTROL, |alarm| alarm["Threshold"] = json!(3.0));
    let times = ["2026-10-20T12:00:00Z", "2026-10-21T12:00:00Z"];
    let found = own(&report(&world, &times, 1));
    assert_eq!(found["transitions"], json!(0));
    assert_eq!(
        (&found["coalesced"], &found["unmoved"]),
        (&json!(0), &json!(2))
    );
    let times = [
        "2026-10-20T12:00:00Z",
        "2026-10-21T12:00:00Z",
        "2026-10-21T12:01:00Z",
        "2026-10-21T12:02:00Z",
    ];
    let found = own(&report(&world, &times, 1));
    assert_eq!(found["transitions"], json!(1));
    assert_eq!(
        (&found["coalesced"], &found["unmoved"]),
        (&json!(2), &json!(1))
    );
    // Not a day late: the event of the day before did not make it.
    assert_eq!(found["latest_seconds"], json!(180));
}

/// Two alarms on one event below a composite that alone has an action.
fn composite(rule: &str) -> World {
    let site = Site::new(ACCOUNT, HOME);
    let mut world = World::complete();
    let mut second = site.metric_alarm(CONTROL);
    second["AlarmName"] = json!("second");
    second["AlarmArn"] = json!(site.alarm_arn("second"));
    let actions = second["AlarmActions"].clone();
    second["AlarmActions"] = json!([]);
    world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
    world.add_metric_alarm(second);
    world.add_composite_alarm(json!({
        "AlarmName": "above", "AlarmArn": site.alarm_arn("above"), "ActionsEnabled": true, "AlarmActions": actions,
        "OKActions": [], "InsufficientDataActions": [], "StateValue": "OK",
        "AlarmRule": rule.replace("FIRST", &alarm_name(CONTROL)),
    }));
    world
}

#[test]
fn children_of_a_composite_alarm_made_its_notifications() {
    let times = ["2026-10-20T12:00:00Z", "2026-10-21T12:00:00Z"];
    let world = composite("ALARM(\"FIRST\") OR ALARM(\"second\")");
    let found = report(&world, &times, 0);
    for child in [&alarm_name(CONTROL), "second"] {
        let child = alarm(&found, child).unwrap();
        assert_eq!(child["transitions"], json!(2), "{child}");
        assert_eq!(child["notifications"], json!(0), "{child}");
        assert_eq!(child["silenced_by"]["link"], json!("A03"), "{child}");
    }
    let above = alarm(&found, "above").unwrap();
    assert_eq!(above["notifications"], json!(2), "{above}");
    assert_eq!(above["events"], json!(2), "{above}");
    assert_eq!(
        above["days"],
        json!({"2026-10-20": 1, "2026-10-21": 1}),
        "{above}"
    );
    let control = super::control(&found, ACCOUNT, CONTROL);
    let alarms = control["alarms"].as_array().unwrap();
    assert!(alarms.contains(&above["alarm"]), "{control}");
}

#[test]
fn a_composite_alarm_over_what_is_not_run_is_named_and_not_run() {
    let site = Site::new(ACCOUNT, HOME);
    let mut world = composite("ALARM(\"FIRST\") AND NOT ALARM(\"load\")");
    let mut load = site.metric_alarm(CONTROL);
    load["AlarmName"] = json!("load");
    load["AlarmArn"] = json!(site.alarm_arn("load"));
    load["MetricName"] = json!("CPUUtilization");
    load["Namespace"] = json!("AWS/EC2");
    world.add_metric_alarm(load);
    let found = report(&world, &["2026-10-20T12:00:00Z"], 0);
    let above = alarm(&found, "above").unwrap();
    assert_eq!(above["notifications"], Value::Null);
    let why = above["not_run"].as_str().unwrap();
    assert!(why.contains("`load`"), "{why}");
    assert!(alarm(&found, "load").is_none());
}
