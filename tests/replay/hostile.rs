//! What lies among logs that is no log, and what means harm: told, passed over, read in bounded memory.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::replay;
use crate::support::{project, trailproof};

const ACCOUNT: &str = "111122223333";

fn complete() -> String {
    let path = project("snapshots/complete.trailproof");
    path.to_str().unwrap().to_owned()
}

/// A call of root.
fn record(number: usize) -> Value {
    json!({
        "eventVersion": "1.11", "userIdentity": {"type": "Root", "accountId": ACCOUNT},
        "eventTime": "2026-11-21T02:44:00Z", "eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances",
        "awsRegion": "us-east-1", "eventID": format!("00000000-0000-4000-a000-{number:012}"), "readOnly": true,
        "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": ACCOUNT, "eventCategory": "Management",
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A file that is a thousand times as large as it lies: members of gzip one after the other.
fn bomb(start: &str, byte: u8, megabytes: usize) -> Vec<u8> {
    let member = gzip(&vec![byte; 1 << 20]);
    [gzip(start.as_bytes()), member.repeat(megabytes)].concat()
}

fn replay_path(path: &Path, code: i32) -> Value {
    let path = path.to_str().unwrap();
    let control = ["--control", "root_usage", "--no-verify"];
    replay(&[&[complete().as_str(), path][..], &control].concat(), code)
}

/// Replays one file.
fn read(name: &str, bytes: &[u8], code: i32) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    replay_path(&path, code)
}

fn why(report: &Value) -> &str {
    report["files"]["damaged"][0]["why"].as_str().unwrap()
}

#[test]
fn a_file_that_is_inflated_from_next_to_nothing_is_told() {
    for (bytes, wanted) in [
        (bomb("", 0, 2000), "is not JSON after record 0"),
        (
            bomb("", b' ', 200),
            "larger than any record, after record 0",
        ),
        (
            bomb("{\"Records\":[{\"a\":\"", b'x', 2000),
            "larger than any record, after record 0",
        ),
        (
            bomb(&format!("[{},", record(1)), b'[', 2000),
            "after record 1",
        ),
    ] {
        let report = read("a.json.gz", &bytes, 2);
        assert!(why(&report).contains(wanted), "{report}");
    }
}

/// Names that nobody has heard of, in every record another: what is kept of them does not grow with them.
#[test]
fn a_record_a_name_is_told_without_names_where_there_are_too_many() {
    let name = |number: usize| format!("{number}{}", "x".repeat(40));
    let record = |number: usize| {
        let mut record = record(number);
        record["eventName"] = json!(name(number));
        record.to_string()
    };
    let lines: Vec<String> = (0..20_500).map(record).collect();
    let report = read("a.jsonl", lines.join("\n").as_bytes(), 0);
    let control = &report["controls"][0];
    assert_eq!(control["asked"], json!(20_500));
    assert_eq!(control["heard"], json!(20_500));
    let told = control["told"].as_array().unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["event_name"], json!("*"));
}

/// A digest, a configuration item, a list that is none: nothing happened in them, and nobody is to believe that.
#[test]
fn a_file_of_something_else_is_not_taken_for_one_in_which_nothing_happened() {
    let digest =
        json!({"awsAccountId": ACCOUNT, "digestStartTime": "2026-11-21T02:00:00Z", "logFiles": []});
    for text in [
        digest.to_string(),
        json!({"configurationItems": [{"resourceType": "AWS::S3::Bucket"}]}).to_string(),
        json!({"Records": "all of them"}).to_string(),
        json!({"Records": {"0": record(0)}}).to_string(),
        json!({"Records": null}).to_string(),
        json!({"Records": [1, "x", null, []]}).to_string(),
        "{}".to_owned(),
        "\"x\"\n".to_owned(),
        String::new(),
        "\n\n".to_owned(),
    ] {
        let report = read("a.json", text.as_bytes(), 2);
        let files = &report["files"];
        assert_eq!(files["damaged"], json!([]), "{text}");
        let without = files["without_records"].as_array().unwrap();
        assert_eq!(without.len(), 1, "{text}: {report}");
    }
    // A list without anything in it is a whole answer.
    for text in ["[]", "{\"Records\":[]}", "{\"Events\":[]}"] {
        let report = read("a.json", text.as_bytes(), 0);
        assert_eq!(report["files"]["without_records"], json!([]), "{text}");
    }
}

#[test]
fn what_lies_beside_records_is_counted() {
    let text = json!({"Records": [record(0), {"eventSource": "no name"}, 7, record(1)]});
    let report = read("a.json", text.to_string().as_bytes(), 0);
    assert_eq!(report["records"]["distinct"], json!(2));
    assert_eq!(report["files"]["others"], json!(2));
    assert_eq!(report["files"]["without_records"], json!([]));
}

#[test]
fn files_of_other_forms_are_named() {
    for (start, wanted) in [
        (&b"\x28\xb5\x2f\xfd"[..], "is compressed with zstd"),
        (b"BZh91AY", "is compressed with bzip2"),
        (b"PK\x03\x04", "is a zip archive"),
        (b"PAR1", "is a Parquet file"),
    ] {
        let bytes = [start, &[0; 64]].concat();
        assert!(why(&read("a.json.gz", &bytes, 2)).contains(wanted));
    }
}

/// What a file holds is told by its bytes and not by its name.
#[test]
fn a_wrong_ending_misleads_nobody() {
    let text = json!({"Records": [record(0)]}).to_string();
    for (name, bytes) in [
        ("a.json", gzip(text.as_bytes())),
        ("a.json.gz", text.clone().into_bytes()),
        ("a", gzip(text.as_bytes())),
        ("a.txt", text.into_bytes()),
    ] {
        assert_eq!(
            read(name, &bytes, 0)["records"]["distinct"],
            json!(1),
            "{name}"
        );
    }
}

#[test]
fn two_lists_in_one_object_are_both_read() {
    let (one, two) = (record(0), record(1));
    for text in [
        format!("{{\"Records\":[{one}],\"Records\":[{two}]}}"),
        format!("{{\"events\":[],\"a\":[1],\"Records\":[{one},{two}],\"b\":{{}}}}"),
    ] {
        let report = read("a.json", text.as_bytes(), 0);
        assert_eq!(report["records"]["distinct"], json!(2), "{text}");
    }
}

/// A record may have a member that is named like a list of records.
#[test]
fn a_list_within_a_record_is_no_list_of_records() {
    let mut text = record(0).to_string();
    text.truncate(text.len() - 1);
    text.push_str(",\"events\":[{\"eventVersion\":\"1\"}]}");
    let report = read("a.json", format!("{{\"Records\":[{text}]}}").as_bytes(), 0);
    assert_eq!(report["records"]["distinct"], json!(1));
    assert_eq!(report["controls"][0]["asked"], json!(1));
}

/// A user agent that was cut at a number of characters may end with half of one: the record counts all the same.
#[test]
fn half_a_character_keeps_no_record_from_being_judged() {
    let cut = |text: String| text.replacen("us-east-1", "us-east-1\\ud83d", 1);
    let plain = cut(record(0).to_string());
    let in_a_string = json!({"Events": [{"CloudTrailEvent": plain}]}).to_string();
    let line = format!("2026-11-21T02:44:01.000Z {plain}\n");
    let bus = cut(json!({"detail-type": "x", "detail": record(0)}).to_string());
    for text in [plain, in_a_string, line, bus] {
        let report = read("a.json", text.as_bytes(), 0);
        assert_eq!(report["records"]["distinct"], json!(1), "{text}");
        assert_eq!(report["controls"][0]["asked"], json!(1), "{text}");
    }
}

/// Of two members with one name the last counts (D26), for the place and the account of a record too.
#[test]
fn the_last_of_two_members_counts() {
    let mut text = record(0).to_string();
    text.truncate(text.len() - 1);
    text.push_str(
        ",\"userIdentity\":{\"type\":\"IAMUser\"},\"eventTime\":\"2026-11-22T00:00:00Z\"}",
    );
    let report = read("a.json", text.as_bytes(), 0);
    assert_eq!(report["controls"][0]["asked"], json!(0));
    assert_eq!(report["records"]["from"], json!("2026-11-22T00:00:00Z"));
}

#[test]
fn bytes_that_are_no_text_are_told() {
    let whole = json!({"Records": [record(0), record(1)]}).to_string();
    let at = whole.rfind("ec2").unwrap();
    for byte in [0, 7, 0x1f, 0xff, 0xc0] {
        let mut bytes = whole.clone().into_bytes();
        bytes[at] = byte;
        let report = read("a.json", &bytes, 2);
        assert!(why(&report).contains("after record 1"), "{byte}: {report}");
    }
}

/// What CloudTrail finds unusual lies among the logs: a record, but of no call.
#[test]
fn insight_events_are_read_and_asked_for_by_nobody() {
    let insight = json!({
        "eventVersion": "1.09", "eventTime": "2026-11-21T02:44:00Z", "awsRegion": "us-east-1", "eventID": "i",
        "eventType": "AwsCloudTrailInsight", "recipientAccountId": ACCOUNT, "sharedEventID": "s",
        "insightDetails": {"state": "Start", "eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"},
        "eventCategory": "Insight",
    });
    let report = read(
        "a.json",
        json!({"Records": [insight]}).to_string().as_bytes(),
        0,
    );
    assert_eq!(report["records"]["distinct"], json!(1));
    assert_eq!(report["controls"][0]["asked"], json!(0));
}

#[test]
fn many_small_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..3000 {
        let path = folder.path().join(format!("{number}.json"));
        std::fs::write(path, json!({"Records": [record(number)]}).to_string()).unwrap();
    }
    let report = replay_path(folder.path(), 0);
    assert_eq!(report["records"]["distinct"], json!(3000));
}

#[cfg(unix)]
#[test]
fn what_is_left_alone_in_folders_is_told_by_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("AWSLogs/111122223333");
    std::fs::create_dir_all(inner.join("CloudTrail-Digest")).unwrap();
    std::fs::create_dir_all(inner.join("CloudTrail/us-east-1")).unwrap();
    let text = json!({"Records": [record(0)]}).to_string();
    std::fs::write(inner.join("CloudTrail/us-east-1/a.json"), &text).unwrap();
    for name in ["notes.txt", ".a.json", "1_CloudTrail-Digest_x.json.gz"] {
        std::fs::write(folder.path().join(name), &text).unwrap();
    }
    // A folder in itself.
    std::os::unix::fs::symlink(folder.path(), inner.join("loop")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("s.json")).unwrap();
    let report = replay_path(folder.path(), 0);
    assert_eq!(report["records"]["distinct"], json!(1));
    assert_eq!(
        report["files"]["left_alone_by"],
        json!({"link": 1, "other_name": 2, "other_service": 2, "special": 1})
    );
    let output = trailproof()
        .args(["replay", &complete()])
        .arg(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("left alone in folders: 2 with digests"),
        "{text}"
    );
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_read_where_they_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if made.is_ok_and(|status| status.success()) {
        let path = pipe.clone();
        let writer = std::thread::spawn(move || {
            let text = json!({"Records": [record(0)]}).to_string();
            std::fs::write(path, gzip(text.as_bytes())).unwrap();
        });
        assert_eq!(replay_path(&pipe, 0)["records"]["distinct"], json!(1));
        writer.join().unwrap();
    }
    let report = replay_path(Path::new("/dev/null"), 2);
    assert_eq!(report["files"]["without_records"], json!(["`/dev/null`"]));
    let report = replay_path(Path::new("/dev/zero"), 2);
    assert!(why(&report).contains("is not JSON after record 0"));
}
