//! The forms in which records lie about, whole and damaged.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::replay;
use crate::support::{project, trailproof};

const ACCOUNT: &str = "111122223333";

/// Records of calls that nobody asks about but the last, which is one of root's.
fn records(count: usize) -> Vec<Value> {
    let record = |number: usize| {
        let identity = if number + 1 == count {
            json!({"type": "Root", "accountId": ACCOUNT})
        } else {
            json!({"type": "IAMUser", "userName": "ä \"quoted\" \\ {[", "accountId": ACCOUNT})
        };
        json!({
            "eventVersion": "1.11", "userIdentity": identity, "eventTime": "2026-11-21T02:44:00Z",
            "eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances", "awsRegion": "us-east-1",
            "eventID": format!("00000000-0000-4000-a000-{number:012}"), "readOnly": true, "eventType": "AwsApiCall",
            "managementEvent": true, "recipientAccountId": ACCOUNT, "eventCategory": "Management",
        })
    };
    (0..count).map(record).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn complete() -> String {
    let path = project("snapshots/complete.trailproof");
    path.to_str().unwrap().to_owned()
}

/// Replays one file and gives the records and what was asked of root.
fn read(name: &str, bytes: &[u8], code: i32) -> (u64, u64, Value) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let report = replay(
        &[
            &complete(),
            path.to_str().unwrap(),
            "--no-verify",
            "--control",
            "root_usage",
        ],
        code,
    );
    (
        report["records"]["distinct"].as_u64().unwrap(),
        report["controls"][0]["asked"].as_u64().unwrap(),
        report,
    )
}

#[test]
fn every_form_holds_the_same_records() {
    let all = records(5);
    let text: Vec<String> = all.iter().map(Value::to_string).collect();
    let lines = text.join("\n");
    let log_event = |text: &String| json!({"timestamp": 1, "ingestionTime": 2, "message": text});
    let trail_event =
        |text: &String| json!({"EventId": "x", "Username": "y", "CloudTrailEvent": text});
    let bus_event = |record: &Value| json!({"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": record});
    let log_events: Vec<Value> = text.iter().map(log_event).collect();
    let trail_events: Vec<Value> = text.iter().map(trail_event).collect();
    let exported: Vec<String> = text
        .iter()
        .map(|text| format!("2026-11-21T02:44:01.000Z {text}"))
        .collect();
    let forms: Vec<(&str, String)> = vec![
        ("S3 file", json!({"Records": all}).to_string()),
        ("S3 file, pretty", serde_json::to_string_pretty(&json!({"Records": all})).unwrap()),
        ("array", json!(all).to_string()),
        ("pretty array", serde_json::to_string_pretty(&all).unwrap()),
        ("array of texts", json!(text).to_string()),
        ("lines", lines.clone()),
        ("lines with carriage returns and blank lines", text.join("\r\n\r\n")),
        ("mark of the encoding", format!("\u{feff}{lines}")),
        ("one after the other without a line break", text.concat()),
        ("lookup-events", json!({"Events": trail_events, "NextToken": "z"}).to_string()),
        ("get-log-events", json!({"events": log_events, "nextForwardToken": "f/1"}).to_string()),
        ("filter-log-events", json!({"searchedLogStreams": [], "events": log_events}).to_string()),
        (
            "a batch of a subscription",
            json!({"messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "g", "logEvents": log_events}).to_string(),
        ),
        ("export task", exported.join("\n") + "\n"),
        ("EventBridge", json!(all.iter().map(bus_event).collect::<Vec<_>>()).to_string()),
        ("several S3 files in one", format!("{}\n{}", json!({"Records": all[..2]}), json!({"Records": all[2..]}))),
    ];
    for (form, text) in forms {
        for (name, bytes) in [
            ("a.json", text.clone().into_bytes()),
            ("a.json.gz", gzip(text.as_bytes())),
        ] {
            let (distinct, asked, report) = read(name, &bytes, 0);
            assert_eq!((distinct, asked), (5, 1), "{form}: {report}");
        }
    }
}

#[test]
fn gzip_members_one_after_the_other_are_one_file() {
    let all = records(4);
    let half = |records: &[Value]| gzip(json!({"Records": records}).to_string().as_bytes());
    let bytes = [half(&all[..2]), half(&all[2..])].concat();
    assert_eq!(read("a.json.gz", &bytes, 0).0, 4);
}

#[test]
fn a_record_larger_than_the_window_is_read() {
    let mut all = records(2);
    all[0]["requestParameters"] = json!({"text": "x".repeat(3_000_000)});
    let bytes = json!({"Records": all}).to_string();
    assert_eq!(read("a.json", bytes.as_bytes(), 0).0, 2);
}

/// Told with a place, exit code 2, and what came before the place counts.
#[test]
fn damage_is_told_and_never_silent() {
    let whole = json!({"Records": records(50)}).to_string();
    let packed = gzip(whole.as_bytes());
    let mut flipped = packed.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a.json", whole.as_bytes()[..whole.len() - 1].to_vec()),
        ("a.json", whole.as_bytes()[..whole.len() / 2].to_vec()),
        ("a.json.gz", packed[..packed.len() - 9].to_vec()),
        ("a.json.gz", packed[..packed.len() / 2].to_vec()),
        ("a.json.gz", flipped),
        (
            "a.json",
            whole
                .replace("\"readOnly\":true", "\"readOnly\":tru")
                .into_bytes(),
        ),
        ("a.json", b"no json at all\n".to_vec()),
        (
            "a.json",
            [b"{\"Records\":[{\"eventName\":\"\xff\"}]}".to_vec()].concat(),
        ),
        (
            "a.json",
            b"{\"Records\":[{\"eventName\":\"x\"} {\"eventName\":\"y\"}]}".to_vec(),
        ),
        (
            "a.json",
            format!("{{\"Records\":[{{\"a\":{}", "[".repeat(100_000)).into_bytes(),
        ),
    ];
    for (index, (name, bytes)) in cases.into_iter().enumerate() {
        let (distinct, _, report) = read(name, &bytes, 2);
        let damaged = report["files"]["damaged"].as_array().unwrap();
        assert_eq!(damaged.len(), 1, "{index}: {report}");
        assert!(distinct < 51, "{index}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let text = json!({"Records": records(3)}).to_string();
    let utf16: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let deep = text.replacen("\"readOnly\":true", &format!("\"a\":{deep}"), 1);
    for (bytes, wanted) in [
        (utf16, "is UTF-16 text"),
        (deep.into_bytes(), "nested deeper than any record"),
    ] {
        let (_, _, report) = read("a.json", &bytes, 2);
        let why = report["files"]["damaged"][0]["why"].as_str().unwrap();
        assert!(why.contains(wanted), "{why}");
    }
}

/// Names that are written with escapes are the same names, in whatever the record lies.
#[test]
fn names_with_escapes_are_found() {
    let record = records(1).remove(0).to_string();
    let escaped = record
        .replace("\"eventName\"", "\"event\\u004eame\"")
        .replace("\"eventID\"", "\"event\\u0049D\"");
    let lookup = json!({"Events": [{"CloudTrailEvent": escaped}]}).to_string();
    for text in [escaped, lookup] {
        let (distinct, asked, _) = read("a.json", format!("{text}\n{text}").as_bytes(), 0);
        assert_eq!((distinct, asked), (1, 1), "{text}");
    }
}

#[test]
fn a_damaged_file_keeps_no_other_from_being_read() {
    let folder = tempfile::tempdir().unwrap();
    let all = records(6);
    for (name, range) in [("a.json", 0..2), ("c.json", 4..6)] {
        let text = json!({"Records": all[range]}).to_string();
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let cut = json!({"Records": all[2..4]}).to_string();
    std::fs::write(folder.path().join("b.json"), &cut[..cut.len() - 5]).unwrap();
    let output = trailproof()
        .args(["replay", &complete()])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("5 records in 3 files"), "{text}");
    assert!(text.contains("1 file damaged"), "{text}");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains("b.json` is cut off after record 1"),
        "{message}"
    );
}

#[test]
fn folders_are_searched_and_links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, bytes: &[u8]| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let all = records(3);
    let file = |index: usize| gzip(json!({"Records": [all[index]]}).to_string().as_bytes());
    let logs = "AWSLogs/o-exampleorgid/111122223333";
    put(
        &format!("{logs}/CloudTrail/us-east-1/2026/11/21/a.json.gz"),
        &file(0),
    );
    put(
        "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/21/b.json.gz",
        &file(1),
    );
    put(
        &format!("{logs}/CloudTrail-Digest/us-east-1/d.json.gz"),
        b"no records",
    );
    put(&format!("{logs}/Config/us-east-1/c.json.gz"), b"no records");
    put("notes.txt", b"no records");
    put(".hidden.json", b"no records");
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(outside.path(), json!({"Records": [all[2]]}).to_string()).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path(), folder.path().join("link.json")).unwrap();
    let report = replay(&[&complete(), folder.path().to_str().unwrap()], 0);
    assert_eq!(report["records"]["distinct"], json!(2));
    assert_eq!(report["files"]["damaged"], json!([]));
    // What the user names is read whatever it is.
    let named = folder.path().join("link.json");
    if named.exists() {
        let report = replay(&[&complete(), named.to_str().unwrap()], 0);
        assert_eq!(report["records"]["distinct"], json!(1));
    }
}

/// A pipe in a folder never ends.
#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("pipe.json"))
        .status()
        .is_ok_and(|status| status.success());
    if !made {
        eprintln!("skipped: needs `mkfifo`");
        return;
    }
    std::fs::write(
        folder.path().join("a.json"),
        json!({"Records": records(1)}).to_string(),
    )
    .unwrap();
    let report = replay(&[&complete(), folder.path().to_str().unwrap()], 0);
    assert_eq!(report["records"]["distinct"], json!(1));
    assert_eq!(report["files"]["left_alone"], json!(1));
}

#[test]
fn standard_input_is_read() {
    let lines: Vec<String> = records(3).iter().map(Value::to_string).collect();
    let output = trailproof()
        .args(["replay", &complete(), "-", "--format", "json"])
        .write_stdin(lines.join("\n"))
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["records"]["distinct"], json!(3));
}

#[test]
fn what_is_no_record_is_passed_over() {
    let other = json!({"timestamp": 1, "message": "START RequestId: x"});
    let text = json!({"events": [other, {"timestamp": 2, "message": records(1)[0].to_string()}]});
    let (distinct, _, report) = read("a.json", text.to_string().as_bytes(), 0);
    assert_eq!(distinct, 1, "{report}");
}

#[test]
fn nothing_to_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path(), Path::new("no-such-folder")] {
        trailproof()
            .args(["replay", &complete()])
            .arg(path)
            .assert()
            .code(2);
    }
}

#[test]
fn zeros_behind_a_gzip_file_were_called_damage() {
    let file = gzip(json!({"Records": records(4)}).to_string().as_bytes());
    let padded = [file.as_slice(), &[0; 70_000]].concat();
    assert_eq!(read("a.json.gz", &padded, 0).0, 4);
    let (distinct, _, report) = read("a.json.gz", &[padded.as_slice(), b"x"].concat(), 2);
    assert_eq!(distinct, 4, "{report}");
    assert_eq!(report["files"]["damaged"].as_array().unwrap().len(), 1);
}

/// A record cut off inside the answer of LookupEvents was passed over as none.
#[test]
fn a_damaged_record_within_an_event_is_damage() {
    let texts: Vec<String> = records(4).iter().map(Value::to_string).collect();
    let cut = &texts[2][..texts[2].len() - 20];
    let lookup = |text: &str| json!({"EventId": "x", "CloudTrailEvent": text});
    let log = |text: &str| json!({"timestamp": 1, "message": text});
    let lookups =
        json!({"Events": [lookup(&texts[0]), lookup(&texts[1]), lookup(cut), lookup(&texts[3])]});
    let logs = json!({"events": [log("no record"), log(&texts[0]), log(&texts[1]), log(cut)]});
    for text in [lookups.to_string(), logs.to_string()] {
        let (distinct, _, report) = read("a.json", text.as_bytes(), 2);
        assert_eq!(distinct, 2, "{report}");
        let why = report["files"]["damaged"][0]["why"].as_str().unwrap();
        assert_eq!(
            why,
            "holds an event whose record is cut off or no JSON, after record 2"
        );
    }
}

/// With `--force` the report took the place of the records.
#[test]
#[cfg(unix)]
fn a_report_over_the_records_that_it_is_made_of_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = records(3).iter().map(Value::to_string).collect::<Vec<_>>();
    let logs = folder.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let file = logs.join("a.json");
    std::fs::write(&file, text.join("\n")).unwrap();
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let hard = folder.path().join("hard.json");
    std::fs::hard_link(&file, &hard).unwrap();
    for (input, output) in [
        (&file, &file),
        (&logs, &file),
        (&link, &file),
        (&file, &hard),
    ] {
        let output = trailproof()
            .args(["replay", &complete()])
            .arg(input)
            .args(["--force", "-o"])
            .arg(output)
            .output()
            .unwrap();
        let messages = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{messages}");
        assert!(
            messages.contains("is read, and is not written over"),
            "{messages}"
        );
    }
    let input = std::process::Stdio::from(std::fs::File::open(&file).unwrap());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_trailproof"))
        .args(["replay", &complete(), "-", "--force", "-o"])
        .arg(&file)
        .stdin(input)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text.join("\n"));
}

/// What a query takes for no time is none here, and the time of all is not told by texts that are no order.
#[test]
fn times_of_odd_forms_are_read_as_a_query_reads_them() {
    let times = [
        ("2026-11-21T02:44:00Z", true),
        ("2026-11-21T02:44:00.5Z", true),
        ("2026-11-21T02:44:00.123456789Z", true),
        ("2026-11-21T02:44:00.Z", false),
        ("2026-11-21T02:44:00z", false),
        ("2026-11-21t02:44:00Z", false),
        ("2026-11-21 02:44:00Z", false),
        ("2026-11-21T02:44:00+00:00", false),
        ("2026-11-21T03:44:00+01:00", false),
        ("2026-11-21T02:44Z", false),
        ("2026-11-21T02:44:60Z", false),
        ("2026-11-21T24:00:00Z", false),
        ("2026-02-30T02:44:00Z", false),
        ("20261121T024400Z", false),
        ("+02026-11-21T02:44:00Z", false),
        ("9999-12-30T21:59:00Z", true),
        ("9999-12-31T23:59:59Z", false),
        ("0000-01-01T00:00:00Z", true),
        ("", false),
    ];
    for (time, is_time) in times {
        let mut all = records(2);
        all[1]["eventTime"] = json!(time);
        let text = json!({"Records": all}).to_string();
        let (_, asked, report) = read("a.json", text.as_bytes(), 0);
        assert_eq!(asked, u64::from(is_time), "{time}");
        assert_eq!(
            report["records"]["unplaced"],
            json!(u64::from(!is_time)),
            "{time}"
        );
    }
    let mut all = records(3);
    all[1]["eventTime"] = json!("2026-11-21T02:44:00.5Z");
    let (_, _, report) = read("a.json", json!({"Records": all}).to_string().as_bytes(), 0);
    assert_eq!(report["records"]["from"], json!("2026-11-21T02:44:00Z"));
    assert_eq!(report["records"]["to"], json!("2026-11-21T02:44:00.5Z"));
}
