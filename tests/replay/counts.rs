//! What counts: the sample records, the laboratory account against a count in Python.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use super::{LABORATORY, control, moved, replay};
use crate::support::{golden, project, shared, trailproof};

fn sample(name: &str) -> String {
    let path = project("snapshots").join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_sample_records_in_every_format() {
    for (format, ending) in [("text", "txt"), ("json", "json"), ("markdown", "md")] {
        let output = trailproof()
            .args(["replay", &sample("broken.trailproof"), &sample("records")])
            .args(["--format", format])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stdout).unwrap();
        golden::check(&format!("replay/broken.{ending}"), &text);
    }
}

/// The link that drops an event is the one that an analysis blames, with the same cause.
#[test]
fn a_missed_event_is_dropped_by_the_link_of_the_analysis() {
    let file = sample("broken.trailproof");
    let report = replay(&[&file, &sample("records")], 1);
    let output = trailproof()
        .args(["analyze", "--format", "json", &file])
        .output()
        .unwrap();
    let analysis: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut compared = 0;
    for finding in analysis["findings"].as_array().unwrap() {
        let id = finding["control"].as_str().unwrap();
        for missed in control(&report, "444455556666", id)["missed"]
            .as_array()
            .unwrap()
        {
            assert_eq!(missed["broken_link"], finding["broken_link"], "{id}");
            assert_eq!(missed["cause"], finding["cause"], "{id}");
            compared += 1;
        }
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn every_asked_event_is_heard_or_missed() {
    for (file, code) in [
        ("complete.trailproof", 0),
        ("broken.trailproof", 1),
        // Of an account that made none of the records.
        ("empty.trailproof", 2),
    ] {
        let report = replay(&[&sample(file), &sample("records")], code);
        for control in report["controls"].as_array().unwrap() {
            let sum = |list: &str| -> u64 {
                let kinds = control[list].as_array().unwrap();
                kinds
                    .iter()
                    .map(|kind| kind["count"].as_u64().unwrap())
                    .sum()
            };
            let all = control["heard"].as_u64().unwrap() + sum("missed") + sum("undecided");
            assert_eq!(control["asked"].as_u64(), Some(all), "{control}");
        }
    }
}

#[test]
fn records_that_are_read_twice_count_once() {
    let once = replay(&[&sample("complete.trailproof"), &sample("records")], 0);
    let records = sample("records");
    let twice = replay(&[&sample("complete.trailproof"), &records, &records], 0);
    assert_eq!(twice["records"]["read"], json!(436));
    assert_eq!(twice["records"]["distinct"], json!(218));
    assert_eq!(once["controls"], twice["controls"]);
}

#[test]
fn a_day_and_an_account_can_be_chosen() {
    let file = sample("complete.trailproof");
    let report = replay(&[&file, &sample("records"), "--from", "2026-11-21"], 0);
    assert_eq!(
        control(&report, "111122223333", "root_usage")["asked"],
        json!(4)
    );
    assert_eq!(report["records"]["from"], json!("2026-11-21T00:01:00Z"));
    let report = replay(&[&file, &sample("records"), "--to", "2026-11-20"], 0);
    assert_eq!(
        control(&report, "111122223333", "root_usage")["asked"],
        json!(0)
    );
    assert_eq!(report["records"]["outside"], json!(114));
    let account = ["--account", "111122223333"];
    let report = replay(
        &[&[file.as_str(), &sample("records")][..], &account].concat(),
        0,
    );
    assert_eq!(report["records"]["distinct"], json!(109));
    assert_eq!(report["records"]["not_in_snapshot"], json!({}));
}

/// The benchmark's texts, as `controls` prints them.
pub(super) fn texts() -> BTreeMap<String, String> {
    let output = trailproof()
        .args([
            "controls",
            "list",
            "--benchmark",
            "cis-aws-7.0",
            "--format",
            "json",
        ])
        .output()
        .unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let listed = list["controls"].as_array().or(list.as_array()).unwrap();
    let mut texts = BTreeMap::new();
    for control in listed {
        let id = control["id"].as_str().unwrap();
        let output = trailproof()
            .args([
                "controls",
                "show",
                id,
                "--benchmark",
                "cis-aws-7.0",
                "--format",
                "json",
            ])
            .output()
            .unwrap();
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let alternatives = shown["alternatives"].as_array().unwrap();
        let text = alternatives.iter().find(|it| it["kind"] == "text").unwrap();
        texts.insert(id.to_owned(), text["pattern"].as_str().unwrap().to_owned());
    }
    texts
}

/// 1,900 real records through the complete sample, moved to their account.
#[test]
fn the_laboratory_account_counts_as_python_does() {
    let Some(folder) = shared("data/replay") else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let texts = texts();
    assert_eq!(texts.len(), 15);
    let patterns = place.path().join("patterns.json");
    std::fs::write(&patterns, json!(texts).to_string()).unwrap();
    let files: Vec<String> = (0..5)
        .map(|part| folder.join(format!("lab_CloudTrail_us-east-1_part{part}.json.gz")))
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    let output = Command::new("python3")
        .arg(project("tests/replay/count.py"))
        .args([patterns.to_str().unwrap(), LABORATORY])
        .args(&files)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let counted: Value = serde_json::from_slice(&output.stdout).unwrap();

    let complete = project("snapshots/complete.trailproof");
    let snapshot = moved(&complete, "111122223333", LABORATORY, place.path());
    let mut arguments = vec![snapshot.to_str().unwrap()];
    arguments.extend(files.iter().map(String::as_str));
    arguments.extend(["--benchmark", "cis-aws-7.0"]);
    let report = replay(&arguments, 0);
    assert_eq!(report["records"]["read"], counted["read"]);
    assert_eq!(report["records"]["distinct"], counted["distinct"]);
    let mut all = 0;
    for id in texts.keys() {
        let ours = control(&report, LABORATORY, id);
        assert_eq!(ours["asked"], counted["asked"][id], "{id}");
        assert_eq!(ours["heard"], counted["asked"][id], "{id}");
        all += ours["asked"].as_u64().unwrap();
    }
    assert!(all > 100, "{all}");
}

/// A file with the header alone was a green replay, and a packed one lacked a column.
#[test]
fn counts_that_count_nothing_are_no_clean_replay() {
    let place = tempfile::tempdir().unwrap();
    let snapshot = sample("complete.trailproof");
    let header = trailproof::replay::sql::COLUMNS.join(",");
    for (bytes, told) in [
        (
            format!("{header}\n").into_bytes(),
            "what was read counts none",
        ),
        (b"\x1f\x8b\x08\x00".to_vec(), "is packed with gzip"),
        (b"\x28\xb5\x2f\xfd\x00".to_vec(), "is packed with zstd"),
    ] {
        let counts = place.path().join("counts.csv");
        std::fs::write(&counts, bytes).unwrap();
        let output = trailproof()
            .args(["replay", &snapshot, "--counts"])
            .arg(&counts)
            .output()
            .unwrap();
        let messages = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{messages}");
        assert!(messages.contains(told), "{messages}");
    }
}
