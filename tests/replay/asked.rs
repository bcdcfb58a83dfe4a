//! What is asked and nothing looks at: a replay that judged nothing ends with 2, and an option that would do nothing is refused.

use std::path::Path;

use serde_json::{Value, json};

use super::{control, replay};
use crate::support::world::{ACCOUNT, REGIONS, Rule, World};
use crate::support::{project, trailproof};

fn sample(name: &str) -> String {
    let path = project("snapshots").join(name);
    path.to_str().unwrap().to_owned()
}

/// A call of root in an account.
fn record(account: &str, day: &str, number: usize) -> Value {
    json!({
        "eventVersion": "1.11", "userIdentity": {"type": "Root", "accountId": account},
        "eventTime": format!("{day}T02:44:00Z"), "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging",
        "awsRegion": "us-east-1", "eventID": format!("00000000-0000-4000-a000-{number:012}"), "readOnly": false,
        "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
    })
}

fn write(path: &Path, records: &[Value]) -> String {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    std::fs::write(path, lines.join("\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What `replay` prints and what it says of it.
fn run(arguments: &[&str], code: i32) -> (String, String) {
    let output = trailproof().arg("replay").args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (told, messages) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{told}\n{messages}");
    (told, messages)
}

/// The files of another account, or a snapshot of another: a green job that looked at nothing.
#[test]
fn records_of_other_accounts_alone_are_no_clean_replay() {
    let folder = tempfile::tempdir().unwrap();
    let mut records: Vec<Value> = (0..3)
        .map(|number| record("210000000000", "2026-11-21", number))
        .collect();
    records.push(record("310000000000", "2026-11-21", 3));
    let logs = write(&folder.path().join("a.jsonl"), &records);
    let complete = sample("complete.trailproof");
    let (told, messages) = run(&[&complete, &logs], 2);
    let accounts = "of accounts that the snapshot does not hold, and not judged: `210000000000` (3), `310000000000` (1)";
    let whole = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(whole.contains(&format!("4 records {accounts}")), "{told}");
    assert!(told.contains("; no record was judged"), "{told}");
    assert!(
        messages.contains(&format!(
            "error: no record was judged: 4 records {accounts}"
        )),
        "{messages}"
    );
    assert!(messages.contains("help: name logs of the accounts that are judged (111122223333)"));
    let (markdown, _) = run(&[&complete, &logs, "--format", "markdown"], 2);
    assert!(markdown.contains("`210000000000`"), "{markdown}");
    run(&[&complete, &logs, "--fail-on", "never"], 2);
    // One record of the account is enough to have looked, whether somebody asks for it or not.
    let mut own = record(ACCOUNT, "2026-11-21", 4);
    own["userIdentity"]["type"] = json!("IAMUser");
    own["eventName"] = json!("ListTrails");
    records.push(own);
    let logs = write(&folder.path().join("b.jsonl"), &records);
    let (told, _) = run(&[&complete, &logs], 0);
    assert!(
        told.contains("5 records in 1 file, 1 of them judged"),
        "{told}"
    );
}

#[test]
fn what_is_in_place_of_an_account_id_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let logs = write(
        &folder.path().join("a.jsonl"),
        &[record("x`](http://a)", "2026-11-21", 0)],
    );
    let (told, _) = run(&[&sample("complete.trailproof"), &logs], 2);
    assert!(told.contains("1 that are no account ids"), "{told}");
    assert!(!told.contains("http"), "{told}");
}

#[test]
fn a_time_without_records_is_no_clean_replay() {
    let complete = sample("complete.trailproof");
    let records = sample("records");
    let (told, messages) = run(&[&complete, &records, "--from", "2027-01-01"], 2);
    assert!(
        told.contains("218 records outside the time asked for"),
        "{told}"
    );
    assert!(
        messages.contains("help: widen --from and --to"),
        "{messages}"
    );
    // Records without a time.
    let folder = tempfile::tempdir().unwrap();
    let mut timeless = record(ACCOUNT, "2026-11-21", 0);
    timeless["eventTime"] = json!("yesterday");
    let logs = write(&folder.path().join("a.jsonl"), &[timeless]);
    let (_, messages) = run(&[&complete, &logs], 2);
    assert!(
        messages.contains("1 record without an account, or a time as CloudTrail writes it"),
        "{messages}"
    );
    assert!(messages.contains("`eventTime`"), "{messages}");
}

#[test]
fn a_time_that_ends_before_it_begins_is_refused() {
    let complete = sample("complete.trailproof");
    for (from, to) in [
        ("2026-11-21", "2026-11-20"),
        ("2026-11-21T02:00:00Z", "2026-11-21T02:00:00Z"),
    ] {
        let (told, messages) = run(
            &[&complete, &sample("records"), "--from", from, "--to", to],
            2,
        );
        assert_eq!(told, "");
        assert!(messages.contains("--to is not after --from"), "{messages}");
    }
    // A day is over at its end.
    let day = ["--from", "2026-11-21", "--to", "2026-11-21"];
    run(
        &[&[complete.as_str(), &sample("records")][..], &day].concat(),
        0,
    );
}

/// `114 of them distinct` read as if the others had been read twice.
#[test]
fn the_numbers_of_records_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let twice = record(ACCOUNT, "2026-11-21", 1);
    let mut timeless = record(ACCOUNT, "2026-11-21", 2);
    timeless["eventTime"] = json!("yesterday");
    let logs = write(
        &folder.path().join("a.jsonl"),
        &[
            twice.clone(),
            twice,
            timeless,
            record(ACCOUNT, "2026-11-20", 3),
            record("210000000000", "2026-11-21", 4),
            record("222233334444", "2026-11-21", 5),
        ],
    );
    let complete = sample("complete.trailproof");
    let asked = ["--from", "2026-11-21"];
    let (told, _) = run(&[&[complete.as_str(), &logs][..], &asked].concat(), 0);
    for part in [
        "6 records in 1 file, 1 of them judged, from 2026-11-21T02:44:00Z to 2026-11-21T02:44:00Z\n",
        "\n1 record read again with the same eventID: counted once\n",
        "\n1 record outside the time asked for\n",
        "\n1 record without an account, or a time as CloudTrail writes it: not counted\n",
        "\n2 records of accounts that the snapshot does not hold, and not judged: `210000000000` (1),",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let narrowed = [&asked[..], &["--account", ACCOUNT]].concat();
    let (told, _) = run(&[&[complete.as_str(), &logs][..], &narrowed].concat(), 0);
    assert!(
        told.contains("\n2 records of other accounts than those asked for\n"),
        "{told}"
    );
    let report = replay(&[&[complete.as_str(), &logs][..], &narrowed].concat(), 0);
    let number = |name: &str| report["records"][name].as_u64().unwrap();
    assert_eq!((number("judged"), number("other_accounts")), (1, 2));
    assert_eq!(
        number("read"),
        number("distinct") + number("duplicates") + number("outside") + number("unplaced")
    );
}

/// Another account's records of another year are no time over which an alarm of this one was looked at.
#[test]
fn records_of_other_accounts_do_not_widen_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let logs = write(
        &folder.path().join("a.jsonl"),
        &[
            record("210000000000", "2020-01-01", 0),
            record(ACCOUNT, "2026-11-21", 1),
        ],
    );
    let report = replay(&[&sample("complete.trailproof"), &logs], 0);
    assert_eq!(report["records"]["from"], json!("2026-11-21T02:44:00Z"));
}

#[test]
fn controls_that_ask_for_no_events_are_refused() {
    let files = [sample("complete.trailproof"), sample("records")];
    let list = trailproof()
        .args([
            "controls",
            "list",
            "--section",
            "logging",
            "--format",
            "json",
        ])
        .output()
        .unwrap();
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    let id = list["controls"][0]["id"].as_str().unwrap();
    for (asked, message) in [
        (
            vec!["--section", "logging"],
            "ask for records, not for notification",
        ),
        (
            vec!["--control", id],
            "asks for records, not for notification",
        ),
        (
            vec!["--control", "root_usage", "--control", id],
            "asks for records, not for notification",
        ),
        (
            vec!["--section", "logging", "--sql", "duckdb"],
            "ask for records",
        ),
    ] {
        let logs = if asked.contains(&"--sql") { 1 } else { 2 };
        let files = files.iter().take(logs).map(String::as_str);
        let all: Vec<&str> = files.chain(asked).collect();
        let (told, messages) = run(&all, 2);
        assert_eq!(told, "");
        assert!(messages.contains(message), "{messages}");
        assert!(
            messages.contains("a replay has nothing to judge"),
            "{messages}"
        );
    }
    // Of both sections one is judged, and the other told.
    let (told, messages) = run(&[&files[0], &files[1], "--section", "all"], 0);
    assert!(told.contains("root_usage"), "{told}");
    assert!(messages.contains("they are left out"), "{messages}");
}

#[test]
fn a_narrowed_replay_tells_of_no_other_alarm() {
    let files = [sample("broken.trailproof"), sample("records")];
    let all = replay(&[&files[0], &files[1]], 1);
    let narrowed = replay(&[&files[0], &files[1], "--control", "root_usage"], 1);
    let names = |report: &Value| -> Vec<String> {
        let alarms = report["alarms"].as_array().unwrap();
        alarms.iter().map(|it| it["alarm"].to_string()).collect()
    };
    assert!(names(&all).len() > 1);
    let own = control(&narrowed, "444455556666", "root_usage")["alarms"].clone();
    assert_eq!(json!(names(&narrowed)), json!([own[0].to_string()]));
    assert_eq!(
        control(&all, "444455556666", "root_usage"),
        control(&narrowed, "444455556666", "root_usage")
    );
}

/// What else a control's filters tell of does not depend on which other controls are asked about: a filter that shares a
/// word with it was surely made for another.
#[test]
fn a_filter_is_of_the_same_control_however_the_question_is_narrowed() {
    let files = [sample("broken.trailproof"), sample("records")];
    let all = replay(&[&files[0], &files[1]], 1);
    for told in all["controls"].as_array().unwrap() {
        let id = told["control"].as_str().unwrap();
        let output = trailproof()
            .args(["replay", "--format", "json", &files[0], &files[1]])
            .args(["--control", id])
            .output()
            .unwrap();
        let narrowed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(control(&narrowed, "444455556666", id), told);
    }
}

/// The report said `--paths alarm`, and told as heard what a rule alone carries.
#[test]
fn where_alarms_alone_count_no_rule_hears() {
    let pattern =
        json!({"source": ["aws.cloudtrail"], "detail-type": ["AWS API Call via CloudTrail"]});
    let world = World::watched_by_rules(&REGIONS, &REGIONS, &[Rule::of("watch", pattern)]);
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("rules.trailproof");
    world.write_snapshot(&snapshot);
    let snapshot = snapshot.to_str().unwrap();
    let logs = write(
        &folder.path().join("a.jsonl"),
        &[record(ACCOUNT, "2026-11-21", 0)],
    );
    let asked = ["--control", "cloudtrail_changes"];
    let heard = replay(&[&[snapshot, &logs][..], &asked].concat(), 0);
    assert_eq!(heard["controls"][0]["heard"], json!(1));
    let alarms = [&asked[..], &["--paths", "alarm"]].concat();
    let missed = replay(&[&[snapshot, &logs][..], &alarms].concat(), 1);
    assert_eq!(missed["paths"], json!("alarm"));
    assert_eq!(missed["controls"][0]["heard"], json!(0));
}

#[test]
fn a_pattern_of_a_control_that_is_left_out_is_told_so() {
    let (_, messages) = run(
        &[
            &sample("complete.trailproof"),
            &sample("records"),
            "--pattern",
            "unauthorized_api_calls={ $.errorCode = AccessDenied }",
            "--control",
            "root_usage",
        ],
        2,
    );
    assert!(
        messages.contains("which `--control` leaves out"),
        "{messages}"
    );
    assert!(!messages.contains("no metric filter"), "{messages}");
}

#[test]
fn options_that_a_query_cannot_go_by_are_refused() {
    let complete = sample("complete.trailproof");
    for (asked, message) in [
        (
            vec!["--sql", "duckdb", "--from", "2026-11-01"],
            "--from and --to do not go with --sql",
        ),
        (
            vec!["--sql", "spark", "--to", "2026-11-01"],
            "--from and --to do not go with --sql",
        ),
        (
            vec!["--counts", "a.csv", "--to", "2026-11-01"],
            "do not go with --counts",
        ),
        (
            vec!["--sql", "duckdb", "--format", "json"],
            "cannot be used with",
        ),
        (
            vec!["--sql", "duckdb", "--fail-on", "never"],
            "cannot be used with",
        ),
    ] {
        let (told, messages) = run(&[&[complete.as_str()][..], &asked].concat(), 2);
        assert_eq!(told, "");
        assert!(messages.contains(message), "{messages}");
    }
    // What would have been is asked by the query too.
    let sql = |more: &[&str]| {
        run(
            &[&[complete.as_str(), "--sql", "duckdb"][..], more].concat(),
            0,
        )
        .0
    };
    assert_ne!(
        sql(&[]),
        sql(&["--pattern", "root_usage={ $.eventName = X }"])
    );
}

/// A query counts whatever its table holds: records of accounts that --account leaves out are told as such all the same.
#[test]
fn counts_of_accounts_that_are_not_asked_for_are_told_as_by_the_records() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("organization.trailproof");
    World::organization().write_snapshot(&snapshot);
    let snapshot = snapshot.to_str().unwrap();
    let (sql, _) = run(&[snapshot, "--sql", "duckdb", "--account", ACCOUNT], 0);
    let fingerprint = sql
        .split('\'')
        .find(|text| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .unwrap();
    let counts = folder.path().join("counts.csv");
    let header = "plan,account,region,minute,event_name,event_source,principal_type,principal,answers,doubt,events,copies,\
                  first_time,last_time,first_record";
    let row = "210000000000,us-east-1,29661000,x,y,z,,,false,3,1,2026-11-21T02:44:00Z,2026-11-21T02:44:00Z,{}";
    std::fs::write(&counts, format!("{header}\n{fingerprint},{row}\n")).unwrap();
    let counts = counts.to_str().unwrap();
    let report = replay(&[snapshot, "--counts", counts, "--account", ACCOUNT], 2);
    let records = &report["records"];
    assert_eq!(records["other_accounts"], json!(4), "{records}");
    assert_eq!(records["not_in_snapshot"], json!({}));
    let (told, _) = run(&[snapshot, "--counts", counts, "--account", ACCOUNT], 2);
    assert!(told.starts_with("4 records, 0 of them judged\n"), "{told}");
}

#[test]
fn an_address_that_is_none_is_refused_before_it_is_in_a_fix() {
    let files = [sample("broken.trailproof"), sample("records")];
    let (_, messages) = run(&[&files[0], &files[1], "--with-fix", "--email", "x"], 2);
    assert!(messages.contains("`x` is no e-mail address"), "{messages}");
}

/// The last of two patterns for one control won, and nobody was told.
#[test]
fn two_patterns_for_one_control_are_refused() {
    let (told, messages) = run(
        &[
            &sample("complete.trailproof"),
            &sample("records"),
            "--pattern",
            "root_usage={ $.a = 1 }",
            "--pattern",
            "5.3={ $.a = 2 }",
        ],
        2,
    );
    assert_eq!(told, "");
    assert!(
        messages.contains("`--pattern` is given twice for `root_usage`"),
        "{messages}"
    );
}
