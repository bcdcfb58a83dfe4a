//! The ways in for bytes of others, one function each: for the fuzzer, for the seeds, and for the tests of bounds.
//!
//! A function returns whatever the bytes are; it panics where a law is broken: what is printed is read back as the same,
//! a pattern agrees with the decision about it, a check of the same bytes gives the same answer.

use std::path::Path;

use serde_json::{Value, json};
use trailproof::aws::alarm::{AlarmState, Emission, Settings, Stay};
use trailproof::aws::composite::{self, Alarms, Moved, Movement};
use trailproof::aws::filter_policy::{self, AlarmMessage};
use trailproof::aws::metric_math::{self, MetricRole};
use trailproof::aws::mute::{self, MuteSettings};
use trailproof::aws::policy::{self, Caller, Organization, Service};
use trailproof::aws::{data_protection, field_selection, transformer};
use trailproof::coverage::{EventModel, Predicate, Scope, example};
use trailproof::pattern::event::{EventPattern, as_event};
use trailproof::pattern::{Matcher, Semantics, parse};
use trailproof::snapshot::signature::AllowedSigners;
use trailproof::snapshot::{AWS_CLI_JSON, Call, SnapshotFile, decode, verify_file};
use trailproof::{import, snapshot};

/// A way in.
pub type Entry = fn(&[u8]);

/// All of them, by the name of their seeds' folder.
pub const ENTRIES: [(&str, Entry); 17] = [
    ("filter-pattern", filter_pattern),
    ("event", event),
    ("event-pattern", event_pattern),
    ("cbor", cbor),
    ("xml", xml),
    ("json", json_body),
    ("alarm-rule", alarm_rule),
    ("metric-math", metric_math),
    ("policy", policy),
    ("filter-policy", filter_policy),
    ("mute-rule", mute_rule),
    ("field-selection", field_selection),
    ("transformer", transformer),
    ("data-protection", data_protection),
    ("signers", signers),
    ("import", import_folder),
    ("snapshot", snapshot_file),
];

const ACCOUNT: &str = "111122223333";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alarms";
const ALARM: &str = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:root-usage";

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The first line and what comes after it.
fn two(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

fn record() -> Value {
    json!({
        "eventVersion": "1.11", "eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com",
        "awsRegion": "us-east-1", "eventType": "AwsConsoleSignIn", "readOnly": false,
        "userIdentity": {"type": "Root", "accountId": ACCOUNT}, "errorMessage": "Failed authentication",
        "additionalEventData": {"MFAUsed": "No"}, "list": [1, "two", null, {"three": 3.0}], "": {"": ""}
    })
}

/// A filter pattern: printed and read again it is the same, and an event that the decision finds is one that it matches.
pub fn filter_pattern(bytes: &[u8]) {
    let Some(written) = text(bytes) else { return };
    let pattern = match parse(written) {
        Ok(pattern) => pattern,
        Err(error) => {
            assert!(
                written.get(error.span.clone()).is_some(),
                "a span outside of the text"
            );
            return;
        }
    };
    let printed = pattern.to_string();
    let again =
        parse(&printed).unwrap_or_else(|error| panic!("`{printed}` is not read back: {error}"));
    assert_eq!(
        again.to_string(),
        printed,
        "printed otherwise the second time"
    );
    let semantics = Semantics::default();
    let matches = Matcher::new(&pattern, &semantics).matches_event(&record());
    assert_eq!(
        Matcher::new(&again, &semantics).matches_event(&record()),
        matches,
        "`{printed}` matches otherwise"
    );
    let predicate = Predicate::from_pattern(&pattern);
    if let Some(event) = example(&predicate, &EventModel::none(), &Scope::default()) {
        assert!(
            predicate.matches(&event, &semantics),
            "`{printed}` does not match its example {event}"
        );
    }
}

/// A pattern in the first line and an event after it: its text and its value match alike.
pub fn event(bytes: &[u8]) {
    let Some(input) = text(bytes) else { return };
    let (pattern, message) = two(input);
    let Ok(pattern) = parse(pattern) else { return };
    let matcher = Matcher::new(&pattern, &Semantics::default());
    let _ = matcher.matches_text(message);
    if let Ok(value) = serde_json::from_str::<Value>(message) {
        let _ = matcher.matches_event(&value);
        let _ = as_event(value);
    }
}

/// An event pattern in one line or more, printed and read again the same; matched against an event in its envelope.
pub fn event_pattern(bytes: &[u8]) {
    let Some(written) = text(bytes) else { return };
    let Ok(pattern) = EventPattern::parse(written) else {
        return;
    };
    let printed = pattern.to_string();
    let again = EventPattern::parse(&printed)
        .unwrap_or_else(|error| panic!("`{printed}` is not read back: {error}"));
    assert_eq!(
        again.to_string(),
        printed,
        "printed otherwise the second time"
    );
    let event = as_event(record());
    assert_eq!(
        pattern.matches(&event),
        again.matches(&event),
        "`{printed}` matches otherwise"
    );
}

fn body(service: &str, operation: &str, media_type: &str, bytes: &[u8]) {
    let call = Call {
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        request: json!({}),
        at: jiff::Timestamp::UNIX_EPOCH,
        http_status: Some(200),
        error: None,
        request_id: None,
        media_type: media_type.to_owned(),
        body: bytes.to_vec(),
    };
    assert_eq!(decode::response(&call), decode::response(&call));
}

/// An answer of CloudWatch.
pub fn cbor(bytes: &[u8]) {
    body("monitoring", "DescribeAlarms", "application/cbor", bytes);
}

/// An answer of SNS.
pub fn xml(bytes: &[u8]) {
    body("sns", "ListSubscriptionsByTopic", "text/xml", bytes);
}

/// An answer of CloudTrail, and what the AWS CLI made of one of CloudWatch.
pub fn json_body(bytes: &[u8]) {
    body(
        "cloudtrail",
        "DescribeTrails",
        "application/x-amz-json-1.1",
        bytes,
    );
    body("monitoring", "DescribeAlarms", AWS_CLI_JSON, bytes);
}

fn movement() -> Movement {
    Movement {
        enters: 60,
        stay: Stay {
            least: 60,
            most: 900,
        },
        resting: vec![AlarmState::Ok],
    }
}

/// The rules of composite alarms, one a line: `composite-0`, `composite-1` and so on, above the alarms `a`, `b` and `c`.
pub fn alarm_rule(bytes: &[u8]) {
    let Some(rules) = text(bytes) else { return };
    let mut alarms = Alarms {
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        ..Alarms::default()
    };
    for name in ["a", "b", "c"] {
        alarms.states.insert(name.to_owned(), AlarmState::Ok);
    }
    let mut last = String::new();
    for (number, rule) in rules.split('\n').enumerate() {
        let _ = composite::children(rule, ACCOUNT, "eu-west-1");
        last = format!("composite-{number}");
        alarms.states.insert(last.clone(), AlarmState::Ok);
        alarms.rules.insert(last.clone(), rule.to_owned());
    }
    let moved = Moved {
        surely: [("a".to_owned(), movement())].into(),
        perhaps: ["b".to_owned()].into(),
    };
    let reach = composite::reach(&last, "a", &moved, &alarms);
    assert_eq!(reach, composite::reach(&last, "a", &moved, &alarms));
}

fn emission() -> Emission {
    Emission {
        filter: "root".to_owned(),
        same_events: true,
        metric_value: "1".to_owned(),
        default_value: None,
        unit: None,
    }
}

/// Queries of an alarm as JSON, or the expressions of one over the metrics `m1` and `m2`, one a line: `e1`, `e2` and so on.
pub fn metric_math(bytes: &[u8]) {
    let Some(input) = text(bytes) else { return };
    let queries = if input.trim_start().starts_with('[') {
        serde_json::from_str(input).unwrap_or_default()
    } else {
        let metric = |name: &str, id: &str| {
            let metric = json!({"Namespace": "CIS", "MetricName": name});
            json!({"Id": id, "ReturnData": false, "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}})
        };
        let mut queries = vec![metric("root", "m1"), metric("other", "m2")];
        let lines: Vec<&str> = input.split('\n').collect();
        queries.extend(lines.iter().enumerate().map(|(at, line)| {
            json!({"Id": format!("e{}", at + 1), "Expression": line, "ReturnData": at + 1 == lines.len()})
        }));
        Value::Array(queries)
    };
    let settings = Settings {
        evaluation_periods: 1,
        threshold: Some(1.0),
        comparison_operator: "GreaterThanOrEqualToThreshold".to_owned(),
        ..Settings::default()
    };
    let role = |metric: &metric_math::Metric| match metric.metric_name.as_str() {
        "root" => MetricRole::Event {
            emission: emission(),
            others: Vec::new(),
        },
        _ => MetricRole::Quiet {
            writers: vec![emission()],
            fed: true,
        },
    };
    let effect = metric_math::single_event(&queries, &settings, role);
    assert_eq!(effect, metric_math::single_event(&queries, &settings, role));
    let _ = metric_math::flooded(&queries, &settings, role);
}

/// The policy of a topic or a key.
pub fn policy(bytes: &[u8]) {
    let Some(policy) = text(bytes) else { return };
    for organization in [
        Organization::Of("o-exampleorgid"),
        Organization::None,
        Organization::Unknown,
    ] {
        let caller = Caller {
            service: Service::CloudWatch,
            source_arn: ALARM,
            organization,
            at: Some(jiff::Timestamp::UNIX_EPOCH),
        };
        let _ = policy::may_publish(policy, TOPIC, &caller);
        let _ = policy::may_use_key(policy, "arn:aws:kms:eu-west-1:111122223333:key/1", &caller);
    }
}

/// The filter policy of a subscription.
pub fn filter_policy(bytes: &[u8]) {
    let Some(policy) = text(bytes) else { return };
    let message = AlarmMessage {
        alarm_name: "root-usage".to_owned(),
        alarm_arn: ALARM.to_owned(),
        description: None,
        alarm_actions: vec![TOPIC.to_owned()],
        ok_actions: Vec::new(),
        insufficient_data_actions: Vec::new(),
        read_at: "2026-11-21T00:00:00Z".parse().ok(),
        old_states: Vec::new(),
        kind: filter_policy::Kind::Metric {
            metric_name: "root".to_owned(),
            namespace: "CIS".to_owned(),
            statistic: Some("SUM".to_owned()),
            unit: None,
            dimensions: Vec::new(),
            period: 300,
            evaluation_periods: 1,
            comparison_operator: "GreaterThanOrEqualToThreshold".to_owned(),
            threshold: 1.0,
        },
    };
    for scope in [None, Some("MessageBody"), Some("MessageAttributes")] {
        let _ = filter_policy::filter(policy, scope, &message);
    }
}

/// The schedule of a mute rule: expression, duration and time zone in lines.
pub fn mute_rule(bytes: &[u8]) {
    let Some(input) = text(bytes) else { return };
    let (expression, rest) = two(input);
    let (duration, timezone) = two(rest);
    let rule = MuteSettings {
        expression: expression.to_owned(),
        duration: duration.to_owned(),
        timezone: (!timezone.is_empty()).then(|| timezone.to_owned()),
        start: None,
        expire: None,
        status: None,
    };
    if let Ok(windows) = mute::windows(&rule, jiff::Timestamp::UNIX_EPOCH) {
        let lost = windows.lost(movement().stay);
        let _ = lost.always(jiff::Timestamp::UNIX_EPOCH);
        let _ = mute::union([windows, lost]);
    }
}

/// The criteria by which a centralization rule or a filter selects logs.
pub fn field_selection(bytes: &[u8]) {
    let Some(criteria) = text(bytes) else { return };
    let _ = field_selection::evaluate(criteria, ACCOUNT, "eu-west-1");
}

/// The processors of a transformer.
pub fn transformer(bytes: &[u8]) {
    let Some(config) = text(bytes) else { return };
    let _ = transformer::effect(
        config,
        &["eventName".to_owned(), "userIdentity.type".to_owned()],
    );
}

/// A data protection policy.
pub fn data_protection(bytes: &[u8]) {
    let Some(document) = text(bytes) else { return };
    let _ = data_protection::identifiers(document);
}

/// A file of allowed signers.
pub fn signers(bytes: &[u8]) {
    let Some(lines) = text(bytes) else { return };
    let _ = AllowedSigners::parse(lines);
}

/// A folder of AWS CLI output: files follow each other, a line with the name first, each after a NUL.
pub fn import_folder(bytes: &[u8]) {
    const MOST_FILES: usize = 20;
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    for file in bytes.split(|byte| *byte == 0).take(MOST_FILES) {
        let end = file
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(file.len());
        let (name, content) = file.split_at(end);
        let Some(name) = text(name).and_then(|name| Path::new(name).file_name()) else {
            continue;
        };
        if name.len() < 200 {
            let _ = std::fs::write(
                folder.path().join(name),
                content.get(1..).unwrap_or_default(),
            );
        }
    }
    let defaults = import::Defaults {
        account: Some(ACCOUNT.to_owned()),
        region: Some("eu-west-1".to_owned()),
    };
    if let Ok(recording) = import::read(folder.path(), &defaults) {
        for call in recording.calls() {
            let _ = decode::response(&call);
        }
    }
}

/// A whole snapshot.
pub fn snapshot_file(bytes: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    let path = folder.path().join("snapshot.trailproof");
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    let Ok(file) = SnapshotFile::read(&path) else {
        return;
    };
    let verified = verify_file(&file).map(|verification| verification.findings.len());
    let opened = snapshot::Snapshot::open(&path).map(drop);
    if let Ok(0) = verified {
        assert!(
            opened.is_ok(),
            "a file without findings is not opened: {opened:?}"
        );
    }
}
