//! The event-pattern language, against what aws/event-ruler answered, and its commands.

use std::io::Write as _;

use assert_cmd::Command;
use serde_json::{Value, json};
use trailproof::pattern::event::{EventPattern, as_event};

fn rows(name: &str) -> Option<Vec<Value>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(name);
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: no ../shared/data/{name}");
        return None;
    };
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a JSON line"))
            .collect(),
    )
}

#[test]
fn every_answer_of_event_ruler_is_ours() {
    let Some(rows) = rows("event-ruler.jsonl") else {
        return;
    };
    let mut wrong = Vec::new();
    for row in &rows {
        let pattern = row["pattern"].as_str().expect("a text");
        let event = row["event"].as_str().expect("a text");
        let event: Value = serde_json::from_str(event).expect("JSON");
        let ours = match EventPattern::parse(pattern) {
            Ok(pattern) => {
                let printed =
                    EventPattern::parse(&pattern.to_string()).expect("prints what it reads");
                assert_eq!(
                    printed.matches(&event),
                    pattern.matches(&event),
                    "{pattern}"
                );
                json!(pattern.matches(&event))
            }
            Err(_) => json!("invalid"),
        };
        if ours != row["matches"] {
            wrong.push(format!("{}: {pattern}: ours {ours}", row["topic"]));
        }
    }
    assert!(wrong.is_empty() && rows.len() > 100, "{wrong:#?}");
}

#[test]
fn public_rules_parse_and_most_match_what_they_are_meant_for() {
    let Some(rows) = rows("event-rules.jsonl") else {
        return;
    };
    let read = rows
        .iter()
        .filter(|row| row["pattern"].is_object())
        .filter(|row| EventPattern::parse(&row["pattern"].to_string()).is_ok())
        .count();
    assert!(read + 2 >= rows.len(), "{read} of {}", rows.len());
}

#[test]
fn an_error_shows_its_place() {
    for (text, column, what) in [
        ("{\"source\": [\"aws.iam\",]}", 23, "expected a JSON value"),
        ("{\"source\": \"aws.iam\"}", 2, "must be a list"),
        ("{\"detail\": {}}", 12, "an empty object"),
        ("{\"a\": [{\"prefx\": \"x\"}]}", 9, "`prefx` is no operator"),
    ] {
        let error = EventPattern::parse(text).expect_err(text);
        let said = error.to_string();
        assert!(
            said.contains(what) && said.ends_with(&format!("column {column}")),
            "{said}"
        );
    }
}

#[test]
fn a_record_is_put_into_its_event() {
    let record = json!({
        "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "eventType": "AwsConsoleSignIn",
        "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
    });
    let event = as_event(record.clone());
    assert_eq!(event["source"], "aws.signin");
    assert_eq!(event["detail-type"], "AWS Console Sign In via CloudTrail");
    assert_eq!(event["detail"], record);
    assert_eq!(as_event(event.clone()), event);
}

fn run(args: &[&str], input: &[u8]) -> (i32, String, String) {
    let output = Command::cargo_bin("trailproof")
        .expect("the binary")
        .args(args)
        .write_stdin(input)
        .output()
        .expect("it runs");
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).expect("UTF-8"),
        String::from_utf8(output.stderr).expect("UTF-8"),
    )
}

#[test]
fn events_are_read_as_they_lie_about() {
    let stop =
        json!({"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "n": 1});
    let other = json!({"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "n": 2});
    let file = json!({"Records": [stop, other]});
    let pretty = serde_json::to_string_pretty(&file).expect("JSON");
    let array = json!([stop, other]).to_string();
    let lookup = json!({"Events": [
        {"EventName": "StopLogging", "CloudTrailEvent": stop.to_string()},
        {"EventName": "RunInstances", "CloudTrailEvent": other.to_string()},
    ]});
    let lines = format!("{stop}\n{other}\n");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed
        .write_all(file.to_string().as_bytes())
        .expect("in memory");
    let packed = packed.finish().expect("in memory");
    for input in [
        file.to_string().as_bytes(),
        pretty.as_bytes(),
        array.as_bytes(),
        lookup.to_string().as_bytes(),
        lines.as_bytes(),
        packed.as_slice(),
    ] {
        for asked in [
            ["--pattern", "{ $.eventName = StopLogging }"],
            [
                "--event-pattern",
                "{\"source\":[\"aws.cloudtrail\"],\"detail\":{\"eventName\":[{\"prefix\":\"Stop\"}]}}",
            ],
        ] {
            let (code, stdout, stderr) = run(&["pattern", "match", asked[0], asked[1]], input);
            assert_eq!(code, 0, "{stderr}");
            let matched: Value = serde_json::from_str(stdout.trim()).expect("one event");
            assert_eq!(matched, stop);
            assert!(stderr.contains("1 of 2 events matches"), "{stderr}");
        }
    }
    let (code, _, stderr) = run(
        &["pattern", "match", "--pattern", "{ $.a = b }"],
        &packed[..packed.len() / 2],
    );
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot read standard input"), "{stderr}");
    let (code, _, stderr) = run(
        &["pattern", "match", "--pattern", "{ $.a = b }"],
        b"a,b\n1,2\n",
    );
    assert_eq!(code, 2);
    assert!(stderr.contains("what can be read"), "{stderr}");
}

#[test]
fn explain_takes_the_pattern_as_an_argument() {
    let pattern = "{ $.eventName = StopLogging }";
    let (code, by_argument, _) = run(&["pattern", "explain", pattern], b"");
    let (_, by_option, _) = run(&["pattern", "explain", "--pattern", pattern], b"");
    assert_eq!((code, &by_argument), (0, &by_option));
    let rule = "{\"detail\":{\"eventName\":[\"Delete*\"],\"errorCode\":[{\"exists\":false}]}}";
    let (code, stdout, stderr) = run(&["pattern", "explain", "--event-pattern", rule], b"");
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.contains("`detail.eventName` is `Delete*`"),
        "{stdout}"
    );
    assert!(stdout.contains("ordinary character"), "{stdout}");
    let (code, _, stderr) = run(
        &["pattern", "explain", "--event-pattern", "{\"a\":\"b\"}"],
        b"",
    );
    assert_eq!(code, 2);
    assert!(stderr.contains("must be a list"), "{stderr}");
    assert_eq!(run(&["pattern", "explain"], b"").0, 2);
}
