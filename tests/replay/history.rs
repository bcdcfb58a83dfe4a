//! What the alarms would have done, against what is on record; and what another pattern would have made of it.

use serde_json::{Value, json};

use super::replay;
use crate::support::controls::alarm_name;
use crate::support::world::{ACCOUNT, World};

const CONTROL: &str = "root_usage";

/// A call of root.
fn event(time: &str, number: usize, name: &str) -> String {
    json!({
        "eventVersion": "1.11", "userIdentity": {"type": "Root", "accountId": ACCOUNT, "arn": "arn:aws:iam::111122223333:root"},
        "eventTime": time, "eventSource": "iam.amazonaws.com", "eventName": name, "awsRegion": "us-east-1",
        "eventID": format!("00000000-0000-4000-a000-{number:012}"), "readOnly": false, "eventType": "AwsApiCall",
        "managementEvent": true, "recipientAccountId": ACCOUNT, "eventCategory": "Management",
    })
    .to_string()
}

fn item(time: &str, from: &str, to: &str) -> Value {
    let data =
        json!({"version": "1.0", "oldState": {"stateValue": from}, "newState": {"stateValue": to}});
    json!({
        "AlarmName": alarm_name(CONTROL), "AlarmType": "MetricAlarm", "Timestamp": time,
        "HistoryItemType": "StateUpdate", "HistorySummary": format!("Alarm updated from {from} to {to}"),
        "HistoryData": data.to_string(),
    })
}

/// The days of the month, as `2026-11-03`.
fn days() -> Vec<String> {
    let october = (23..=31).map(|day| format!("2026-10-{day:02}"));
    october
        .chain((1..=20).map(|day| format!("2026-11-{day:02}")))
        .collect()
}

/// Root calls every day at ten; the alarm is on record every day but those of the week in which it was broken.
fn month(broken: &[&str], more: Vec<Value>) -> Value {
    let mut world = World::complete();
    let mut items = more;
    for day in days() {
        if !broken.contains(&day.as_str()) {
            items.push(item(&format!("{day}T10:06:12.000000+00:00"), "OK", "ALARM"));
            items.push(item(&format!("{day}T10:11:12.000000+00:00"), "ALARM", "OK"));
        }
    }
    world.edit("monitoring", "DescribeAlarmHistory", |output| {
        output["AlarmHistoryItems"] = json!(items);
    });
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("month.trailproof");
    world.write_snapshot(&snapshot);
    let lines: Vec<String> = days()
        .iter()
        .enumerate()
        .map(|(number, day)| event(&format!("{day}T10:00:30Z"), number, "CreateAccessKey"))
        .collect();
    let records = folder.path().join("month.jsonl");
    std::fs::write(&records, lines.join("\n")).unwrap();
    let report = replay(&[snapshot.to_str().unwrap(), records.to_str().unwrap()], 0);
    let alarms = report["alarms"].as_array().unwrap();
    let alarm = alarms
        .iter()
        .find(|it| it["name"] == json!(alarm_name(CONTROL)));
    alarm.unwrap().clone()
}

#[test]
fn replay_and_recorded_history_agree() {
    let alarm = month(&[], Vec::new());
    assert_eq!(alarm["notifications"], json!(29));
    assert_eq!(alarm["days"].as_object().unwrap().len(), 29);
    assert_eq!(alarm["history"]["missing"], json!([]));
    assert_eq!(alarm["history"]["unexpected"], json!([]));
    assert_eq!(alarm["history"]["confirmed"], json!(29), "{alarm}");
}

/// The alarm was broken for a week: replay finds that week, and no other day.
#[test]
fn replay_finds_the_week_in_which_the_alarm_was_broken() {
    let week: Vec<String> = (3..=9).map(|day| format!("2026-11-{day:02}")).collect();
    let week: Vec<&str> = week.iter().map(String::as_str).collect();
    let alarm = month(&week, Vec::new());
    let missing: Vec<&str> = alarm["history"]["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["time"].as_str().unwrap()[..10])
        .collect();
    assert_eq!(missing, week);
    let silent = alarm["history"]["silent"].as_array().unwrap();
    assert_eq!(silent.len(), 1, "{alarm}");
    assert_eq!(silent[0]["missing"], json!(7));
    assert!(
        silent[0]["confirmed_before"]
            .as_str()
            .unwrap()
            .starts_with("2026-11-02")
    );
    assert!(
        silent[0]["confirmed_after"]
            .as_str()
            .unwrap()
            .starts_with("2026-11-10")
    );
}

#[test]
fn a_transition_without_an_event_is_unexpected() {
    let stray = vec![
        item("2026-11-15T03:00:00.000000+00:00", "OK", "ALARM"),
        item("2026-11-15T03:05:00.000000+00:00", "ALARM", "OK"),
    ];
    let alarm = month(&[], stray);
    assert_eq!(
        alarm["history"]["unexpected"],
        json!(["2026-11-15T03:00:00Z"])
    );
}

/// The sample's history is empty, but the laboratory's records are years older than what CloudWatch keeps.
#[test]
fn without_a_common_time_nothing_is_concluded() {
    let world = World::complete();
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("a.trailproof");
    world.write_snapshot(&snapshot);
    let records = folder.path().join("a.jsonl");
    std::fs::write(
        &records,
        event("2023-07-10T10:00:00Z", 1, "CreateAccessKey"),
    )
    .unwrap();
    let report = replay(&[snapshot.to_str().unwrap(), records.to_str().unwrap()], 0);
    for alarm in report["alarms"].as_array().unwrap() {
        assert_eq!(alarm["history"], Value::Null);
        assert!(
            alarm["not_compared"]
                .as_str()
                .unwrap()
                .contains("no common time")
        );
    }
}

#[test]
fn a_denied_history_proves_nothing_missing() {
    let mut world = World::complete();
    world.deny("monitoring", "DescribeAlarmHistory");
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("a.trailproof");
    world.write_snapshot(&snapshot);
    let records = folder.path().join("a.jsonl");
    let lines = [
        event("2026-11-19T10:00:00Z", 1, "CreateAccessKey"),
        event("2026-11-20T10:00:00Z", 2, "CreateAccessKey"),
    ];
    std::fs::write(&records, lines.join("\n")).unwrap();
    let report = replay(
        &[
            snapshot.to_str().unwrap(),
            records.to_str().unwrap(),
            "--assume",
            "no-failed-actions",
        ],
        0,
    );
    for alarm in report["alarms"].as_array().unwrap() {
        assert!(
            alarm["not_compared"]
                .as_str()
                .unwrap()
                .contains("no history"),
            "{alarm}"
        );
    }
}

/// A filter that hears less: missed before and after; one that hears more: noise before and after.
#[test]
fn another_pattern_is_tried_out() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("a.trailproof");
    World::complete().write_snapshot(&snapshot);
    let records = folder.path().join("a.jsonl");
    let lines = [
        event("2026-11-19T10:00:00Z", 1, "CreateAccessKey"),
        event("2026-11-19T12:00:00Z", 2, "DeleteUser"),
    ];
    std::fs::write(&records, lines.join("\n")).unwrap();
    let with = |pattern: &str| {
        let report = replay(
            &[
                snapshot.to_str().unwrap(),
                records.to_str().unwrap(),
                "--control",
                "root_usage",
                "--pattern",
                &format!("root_usage={pattern}"),
            ],
            0,
        );
        assert_eq!(report["controls"][0]["heard"], json!(2));
        let after = report["what_if"]["controls"][0].clone();
        assert_eq!(after["asked"], json!(2));
        after
    };
    let less = with("{ $.userIdentity.type = Root && $.eventName = DeleteUser }");
    assert_eq!(less["heard"], json!(1));
    assert_eq!(less["missed"][0]["broken_link"], json!("F01"));
    assert_eq!(less["missed"][0]["event_name"], json!("CreateAccessKey"));
    let same = with("{ $.userIdentity.type = \"Root\" }");
    assert_eq!(same["heard"], json!(2));
}

/// The fix of the broken sample, over the records of its account: what was missed is heard.
#[test]
fn the_fix_hears_what_was_missed() {
    let snapshot = crate::support::project("snapshots/broken.trailproof");
    let records = crate::support::project("snapshots/records");
    let report = replay(
        &[
            snapshot.to_str().unwrap(),
            records.to_str().unwrap(),
            "--with-fix",
            "--email",
            "security@example.com",
        ],
        1,
    );
    let what_if = &report["what_if"];
    assert!(what_if["fix"]["changes"].as_u64().unwrap() > 5, "{what_if}");
    let missed = |controls: &Value| -> u64 {
        let controls = controls.as_array().unwrap().iter();
        let missed = controls.flat_map(|it| it["missed"].as_array().unwrap());
        missed.map(|kind| kind["count"].as_u64().unwrap()).sum()
    };
    let (before, after) = (missed(&report["controls"]), missed(&what_if["controls"]));
    assert!(before > 60 && after < before / 10, "{before} {after}");
    let asked = |controls: &Value| -> Vec<Value> {
        let controls = controls.as_array().unwrap().iter();
        controls.map(|it| it["asked"].clone()).collect()
    };
    assert_eq!(asked(&report["controls"]), asked(&what_if["controls"]));
}

/// A change whose data CloudWatch cut off is not read: up to it the history is not whole, and what is missing there proves
/// nothing.
#[test]
fn before_a_change_that_cannot_be_read_nothing_is_missing() {
    let week: Vec<String> = (3..=9).map(|day| format!("2026-11-{day:02}")).collect();
    let week: Vec<&str> = week.iter().map(String::as_str).collect();
    let mut cut = item("2026-11-10T09:00:00.000000+00:00", "OK", "ALARM");
    cut["HistoryData"] = json!("{\"version\":\"1.0\",\"oldState\":{\"stateVal");
    let alarm = month(&week, vec![cut]);
    assert_eq!(alarm["history"]["missing"], json!([]), "{alarm}");
    assert!(
        alarm["history"]["confirmed"].as_u64().unwrap() >= 10,
        "{alarm}"
    );
}

/// One account with these items of history, and the alarm of the control after calls of root at these times.
fn on_record(times: &[&str], items: &[Value]) -> Value {
    let mut world = World::complete();
    let all = json!(items);
    world.edit("monitoring", "DescribeAlarmHistory", |output| {
        output["AlarmHistoryItems"] = all.clone();
    });
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("a.trailproof");
    world.write_snapshot(&snapshot);
    let records = folder.path().join("a.jsonl");
    let lines: Vec<String> = times
        .iter()
        .enumerate()
        .map(|(number, time)| event(time, number, "CreateAccessKey"))
        .collect();
    std::fs::write(&records, lines.join("\n")).unwrap();
    let report = replay(&[snapshot.to_str().unwrap(), records.to_str().unwrap()], 0);
    let alarms = report["alarms"].as_array().unwrap().iter();
    let mut own = alarms.filter(|it| it["name"] == json!(alarm_name(CONTROL)));
    own.next().unwrap().clone()
}

#[test]
fn an_alarm_latched_in_alarm_confirmed_every_transition() {
    let latched = [item("2026-11-01T10:02:00.000000+00:00", "OK", "ALARM")];
    let times = [
        "2026-11-01T10:00:30Z",
        "2026-11-02T10:00:30Z",
        "2026-11-03T10:00:30Z",
    ];
    let history = &on_record(&times, &latched)["history"];
    assert_eq!(history["confirmed"], json!(1), "{history}");
    let missing = history["missing"].as_array().unwrap();
    assert_eq!(missing.len(), 2, "{history}");
    assert_eq!(missing[0]["in_alarm"], json!(true));
    assert_eq!(missing[0]["in_alarm_since"], json!("2026-11-01T10:02:00Z"));
}

#[test]
fn one_recorded_transition_confirmed_several_expected_ones() {
    // Half an hour later than the first may come, and within 20 minutes after the second.
    let one = [
        item("2026-11-01T10:50:00.000000+00:00", "OK", "ALARM"),
        item("2026-11-01T10:55:00.000000+00:00", "ALARM", "OK"),
    ];
    let times = ["2026-11-01T10:32:30Z", "2026-11-01T10:40:30Z"];
    let history = &on_record(&times, &one)["history"];
    // Where CloudWatch looks at older periods the second is none.
    assert_eq!(history["confirmed"], json!(1), "{history}");
    assert_eq!(history["continued"], json!(1), "{history}");
    assert_eq!(history["missing"], json!([]), "{history}");
    // So far from each other that the alarm has left ALARM between them.
    let times = ["2026-11-01T10:00:30Z", "2026-11-01T10:49:30Z"];
    let history = &on_record(&times, &one)["history"];
    assert_eq!(history["confirmed"], json!(1), "{history}");
    assert_eq!(history["missing"][0]["time"], json!("2026-11-01T10:01:00Z"));
}

#[test]
fn the_transition_of_the_last_record_was_never_compared() {
    let history = &on_record(&["2026-11-01T10:00:30Z"], &[])["history"];
    assert_eq!(history["missing"][0]["time"], json!("2026-11-01T10:01:00Z"));
    let event = &history["missing"][0]["event"];
    assert_eq!(
        event,
        &json!({"event_name": "CreateAccessKey", "event_id": "00000000-0000-4000-a000-000000000000",
                "event_time": "2026-11-01T10:00:30Z"})
    );
}

#[test]
fn an_action_that_failed_was_told_by_nobody() {
    let action = "arn:aws:sns:us-east-1:111122223333:security-alerts";
    let data = json!({"actionState": "Failed", "notificationResource": action, "error": "Topic does not exist"});
    let mut failed = item("2026-11-01T10:02:01.000000+00:00", "OK", "ALARM");
    failed["HistoryItemType"] = json!("Action");
    failed["HistorySummary"] = json!(format!("Failed to execute action {action}"));
    failed["HistoryData"] = json!(data.to_string());
    let items = [
        failed,
        item("2026-11-01T10:02:00.000000+00:00", "OK", "ALARM"),
    ];
    let history = &on_record(&["2026-11-01T10:00:30Z"], &items)["history"];
    assert_eq!(history["confirmed"], json!(1), "{history}");
    assert_eq!(
        history["failed_actions"],
        json!([{"time": "2026-11-01T10:02:01.000Z", "action": action, "error": "Topic does not exist"}])
    );
}
