//! A redacted snapshot names nobody, and says the same of the chain.

mod said;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use trailproof::chain;
use trailproof::redact::{Redaction, Secret, redact};
use trailproof::snapshot::{Snapshot, State, verify};

use super::{columns, every_table, writable};
use crate::support::trailproof;
use crate::support::world::{ACCOUNT, HOME, MEMBER, Site, World};

fn secret() -> Secret {
    Secret::from_bytes(b"a secret of these tests")
}

/// A world as a snapshot, and the same redacted.
fn both(world: &World) -> (tempfile::TempDir, std::path::PathBuf, Redaction) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plain.db");
    world.write_snapshot(&path);
    let redaction = redact(
        &path,
        &directory.path().join("redacted.db"),
        secret(),
        false,
    )
    .unwrap();
    (directory, path, redaction)
}

/// What the chain says, without names: every account's paths as their links, notes and other monitoring.
fn said(path: &Path) -> Vec<String> {
    let snapshot = Snapshot::open(path).unwrap();
    let mut said = Vec::new();
    for account in chain::accounts(&snapshot).unwrap() {
        let chain = chain::account(&snapshot, &account).unwrap();
        let ids = |links: &mut dyn Iterator<Item = &chain::verdict::Link>| {
            let mut ids: Vec<String> = links
                .map(|link| format!("{:?} {:?}", link.id, link.verdict))
                .collect();
            ids.sort();
            ids.join(", ")
        };
        let mut lines: Vec<String> = chain
            .paths
            .iter()
            .map(|path| format!("path {}", ids(&mut path.links.iter().map(AsRef::as_ref))))
            .collect();
        lines.sort();
        lines.push(format!("notes {}", ids(&mut chain.notes.iter())));
        lines.push(format!(
            "alternatives {}",
            ids(&mut chain.alternatives.iter())
        ));
        lines.push(format!("gaps {}", chain.gaps.len()));
        said.push(lines.join("\n"));
    }
    said.sort();
    said
}

/// Columns of AWS's prose, which no verdict rests on.
const LEFT_OUT: [(&str, &str); 2] = [
    ("alarm_state", "state_reason"),
    ("alarm_state", "actions_suppressed_reason"),
];

/// In how many rows each column says something.
fn filled(path: &Path) -> Vec<((String, String), i64)> {
    let connection = writable(path);
    columns(&connection)
        .into_iter()
        .filter(|column| !LEFT_OUT.contains(&(column.0.as_str(), column.1.as_str())))
        .map(|(table, column)| {
            let sql = format!("select count({column}) from {table}");
            let count = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
            ((table, column), count)
        })
        .collect()
}

#[track_caller]
fn same_but_for_names(world: &World) -> (tempfile::TempDir, Redaction) {
    let (directory, plain, redaction) = both(world);
    assert_eq!(said(&plain), said(&redaction.path));
    assert_eq!(filled(&plain), filled(&redaction.path));
    assert_eq!(verify(&redaction.path).unwrap().findings, []);
    (directory, redaction)
}

/// A world with names, addresses and patterns of every kind.
fn acme() -> World {
    let mut world = every_table();
    let site = Site::new(ACCOUNT, HOME);
    let topic = site.topic_arn();
    let attributes = |arn: &str| json!({"SubscriptionArn": arn});
    let mut subscriptions = Vec::new();
    for (number, (protocol, endpoint)) in [
        ("email", "jane.roe@acme-corporation.example"),
        (
            "email-json",
            "John_Doe+alerts@mail.acme-corporation.example",
        ),
        ("sms", "+15558675309"),
        (
            "https",
            "https://hooks.acme-corporation.example/alerts/Zx81QqTokenValue?team=payments",
        ),
        (
            "lambda",
            "arn:aws:lambda:us-east-1:111122223333:function:page-the-oncall-engineer",
        ),
        ("sqs", "arn:aws:sqs:us-east-1:777788889999:forensics-queue"),
    ]
    .into_iter()
    .enumerate()
    {
        let arn = format!("{topic}:0a1b2c3d-0000-4000-8000-00000000000{number}");
        let policy = json!({"AlarmName": [{"prefix": "cis-"}, {"anything-but": ["cost-alarm-of-finance"]}], "NewStateValue": ["ALARM"], "AcmeTeam": ["payments-platform"]});
        subscriptions.push(json!({"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint, "SubscriptionArn": arn, "Owner": ACCOUNT}));
        world.answer("sns", "GetSubscriptionAttributes", attributes(&arn), json!({"Attributes": {
            "SubscriptionArn": arn, "Protocol": protocol, "Endpoint": endpoint, "FilterPolicy": policy.to_string(),
            "FilterPolicyScope": "MessageBody", "PendingConfirmation": "false", "SubscriptionPrincipal": "arn:aws:iam::111122223333:user/hans.meier",
            "RedrivePolicy": "{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:111122223333:undelivered-alerts\"}",
        }}));
    }
    subscriptions.push(json!({"TopicArn": topic, "Protocol": "email", "Endpoint": "pending.person@acme-corporation.example", "SubscriptionArn": "PendingConfirmation", "Owner": ACCOUNT}));
    world.edit("sns", "ListSubscriptionsByTopic", |answer| {
        answer["Subscriptions"]
            .as_array_mut()
            .unwrap()
            .extend(subscriptions.clone());
    });
    world.edit_topic(|attributes| {
        attributes["Policy"] = json!(json!({"Version": "2012-10-17", "Id": "acme-topic-policy", "Statement": [
            {"Sid": "LetAcmeAlarmsIn", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish",
             "Resource": "arn:aws:sns:us-east-1:111122223333:security-*",
             "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:*"}, "StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}},
            {"Effect": "Deny", "Principal": {"AWS": ["arn:aws:iam::777788889999:role/partner-integration", "777788889999"]}, "Action": "SNS:*", "Resource": "*"},
        ]}).to_string());
    });
    world.edit_filters(|filter| {
        filter["fieldSelectionCriteria"] = json!(
            "@aws.account IN [\"111122223333\", \"444455556666\"] AND @aws.region = \"us-east-1\""
        );
    });
    for (name, pattern) in [
        (
            "breakglass-logins",
            "{ ($.userIdentity.arn = \"arn:aws:iam::111122223333:role/BreakGlassOperators*\") && ($.sourceIPAddress != 198.51.100.77) && $.recipientAccountId = 111122223333 }",
        ),
        (
            "quiet-root",
            "{ $.userIdentity.type = \"Root\" && $.userIdentity.userName != %^svc-acme-[a-z]{2}\\d+$% && $.eventName != DeleteTrail }",
        ),
        (
            "words-of-mallory",
            "?mallory.grimes ?ConsoleLogin -\"acme corporation\"",
        ),
        ("columns", "[ip, user=acmeoperator, status=4*, ...]"),
        (
            "broken-acme-filter",
            "{ $.userIdentity.userName = \"ursula.vogel }",
        ),
    ] {
        world.add_filter(json!({
            "filterName": name, "filterPattern": pattern, "logGroupName": crate::support::world::LOG_GROUP,
            "metricTransformations": [{"metricName": format!("{name}-metric"), "metricNamespace": "AcmeCorporation/Security", "metricValue": "1",
                "dimensions": {"AcmeDimension": "$.userIdentity.type"}}],
        }));
    }
    let mut math = site.metric_alarm("root_usage");
    for member in [
        "MetricName",
        "Namespace",
        "Statistic",
        "Dimensions",
        "Period",
    ] {
        math.as_object_mut().unwrap().remove(member);
    }
    math["AlarmName"] = json!("math-over-acme");
    math["AlarmArn"] = json!(site.alarm_arn("math-over-acme"));
    math["AlarmDescription"] = json!("Ask Winifred Oakes, extension 5512");
    math["StateReason"] = json!("Threshold crossed, says Winifred Oakes");
    math["Metrics"] = json!([
        {"Id": "m1", "ReturnData": false, "MetricStat": {"Metric": {"Namespace": "AcmeCorporation/Security", "MetricName": "quiet-root-metric", "Dimensions": []}, "Period": 60, "Stat": "Sum"}},
        {"Id": "acmeTotal", "ReturnData": false, "Expression": "FILL(m1, 0) + METRICS(\"quietones\")"},
        {"Id": "e1", "Expression": "SUM([m1, acmeTotal])", "Label": "Acme total"},
    ]);
    world.add_metric_alarm(math);
    world.add_composite_alarm(site.composite_alarm(
        "any-of-acme",
        &format!(
            "ALARM(\"math-over-acme\") OR (ALARM({}) AND NOT OK(other-acme-alarm))",
            site.alarm_arn("math-over-acme")
        ),
    ));
    world
}

#[test]
fn findings_are_the_same_but_for_names() {
    same_but_for_names(&World::complete());
    same_but_for_names(&World::organization());
    same_but_for_names(&World::empty());
    same_but_for_names(&every_table());
    same_but_for_names(&acme());
    let mut events = World::complete();
    events.add_event_rules();
    same_but_for_names(&events);
    let mut denied = World::complete();
    denied.deny("logs", "DescribeMetricFilters");
    same_but_for_names(&denied);
    let mut foreign = World::complete();
    foreign.edit("sns", "GetTopicAttributes", |answer| {
        *answer = json!({"Attributes": 7})
    });
    same_but_for_names(&foreign);
}

/// Without `KeySpec` and `KeyUsage` every key would pass for one that encrypts.
#[test]
fn a_key_that_cannot_encrypt_a_topic_cannot_once_redacted() {
    for members in [
        json!({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}),
        json!({"CustomerMasterKeySpec": "RSA_2048"}),
        json!({"KeyUsage": "GENERATE_VERIFY_MAC"}),
    ] {
        let mut world = every_table();
        world.edit("kms", "DescribeKey", |answer| {
            let key = answer["KeyMetadata"].as_object_mut().unwrap();
            key.remove("KeySpec");
            key.remove("KeyUsage");
            key.extend(members.as_object().unwrap().clone());
        });
        let (_directory, redaction) = same_but_for_names(&world);
        let said = said(&redaction.path).join("\n");
        assert!(said.contains("N06 Broken"), "{members}: {said}");
    }
}

/// Every string in a JSON value, member names and strings of documents in it included.
fn strings(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.insert(text.clone());
            if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                strings(&inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                found.insert(name.clone());
                strings(member, found);
            }
        }
        _ => {}
    }
}

/// The bytes of a snapshot, with its bodies inflated.
fn bytes(path: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(path).unwrap();
    Snapshot::open(path)
        .unwrap()
        .for_each_evidence(|evidence| {
            bytes.extend_from_slice(&evidence.call.body);
            bytes.push(b'\n');
            Ok(())
        })
        .unwrap();
    bytes
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn no_original_identifier_is_left_in_the_bytes() {
    let world = acme();
    let (_directory, redaction) = same_but_for_names(&world);
    let bytes = bytes(&redaction.path);
    // Whole texts and the words in them, of everything that was recorded.
    let mut texts = BTreeSet::new();
    for answer in &world.answers {
        strings(&answer.request, &mut texts);
        if let Ok(output) = &answer.output {
            strings(output, &mut texts);
        }
    }
    let named = [
        "acme",
        "Acme",
        "breakglass",
        "BreakGlass",
        "jane",
        "roe",
        "Winifred",
        "Oakes",
        "mallory",
        "grimes",
        "ursula",
        "vogel",
        "payments",
        "forensics",
        "oncall",
        "partner",
        "hooks",
        "Zx81",
        "8675309",
        "198.51.100",
        "1111222",
        "4444555",
        "7777888",
        "exampleorgid",
        "quiet",
        "finance",
        "hans",
        "meier",
        "pending.person",
        "undelivered",
        "svc-",
        "management-events",
        "security-alerts",
        "SecurityAudit",
        "auditor",
        "1234abcd",
        "trail-logs",
        "old-trail",
        "to-siem",
        "log-forwarder",
        "pager",
        "alert-key",
        "maintenance",
        "mask-secrets",
        "request-1",
        "console-sign-ins",
        "CISBenchmark",
    ];
    let mut tried = 0;
    for name in named {
        assert!(!contains(&bytes, name), "`{name}` is left");
    }
    for text in &texts {
        if text.len() >= 5 && named.iter().any(|name| text.contains(name)) {
            assert!(!contains(&bytes, text), "`{text}` is left");
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
    for account in [ACCOUNT, MEMBER] {
        assert!(!contains(&bytes, account));
    }
    assert_eq!(redaction.remaining, BTreeSet::new());
}

#[test]
fn words_of_aws_stay() {
    let (_directory, redaction) = same_but_for_names(&acme());
    let bytes = bytes(&redaction.path);
    for word in [
        "cloudwatch.amazonaws.com",
        "kms.amazonaws.com",
        "sns:Publish",
        "SNS:*",
        "aws:PrincipalOrgID",
        "us-east-1",
        "ConsoleLogin",
        "DeleteTrail",
        "$.userIdentity.type",
        "Root",
        "GreaterThanOrEqualToThreshold",
        "parseCloudtrail",
        "PendingConfirmation",
        "MessageBody",
        "NewStateValue",
        "AWS Console Sign In via CloudTrail",
        "FILL(m1, 0)",
        "cron(0 2 * * *)",
        "@aws.account IN",
        "Successfully executed action",
        "anything-but",
        "NotFound",
    ] {
        assert!(contains(&bytes, word), "`{word}` is gone");
    }
}

#[test]
fn masks_are_the_same_with_one_secret_and_different_with_another() {
    let (directory, plain, first) = both(&World::complete());
    let digest = |path: &Path| Snapshot::open(path).unwrap().meta().root_sha256.clone();
    let again = redact(&plain, &directory.path().join("again.db"), secret(), false).unwrap();
    assert_eq!(digest(&first.path), digest(&again.path));
    let other = Secret::from_bytes(b"another secret of these tests");
    let other = redact(&plain, &directory.path().join("other.db"), other, false).unwrap();
    assert_ne!(digest(&first.path), digest(&other.path));
    let random = |name: &str| {
        let output = trailproof()
            .arg("redact")
            .arg(&plain)
            .arg("-o")
            .arg(directory.path().join(name))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        digest(&directory.path().join(name))
    };
    assert_ne!(random("r1.db"), random("r2.db"));
    let existing = trailproof()
        .arg("redact")
        .arg(&plain)
        .arg("-o")
        .arg(&plain)
        .output()
        .unwrap();
    assert_eq!(existing.status.code(), Some(2), "the original is kept");
}

/// Answers that hold names in places where AWS has words of its own, and calls of services that nobody knows.
#[test]
fn what_no_list_knows_is_masked_and_what_remains_is_named() {
    use trailproof::snapshot::{AWS_CLI_JSON, Call, Writer};
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plain.db");
    let time = "2026-11-01T10:00:00Z".parse().unwrap();
    let mut writer = Writer::create(&path, "acme-recorder of Winifred", time, false).unwrap();
    let call = |service: &str, operation: &str, request: Value, body: Value| Call {
        account: "111122223333".to_owned(),
        region: "acme-west-1".to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        request,
        at: time,
        http_status: Some(200),
        error: None,
        request_id: Some("winifred".to_owned()),
        media_type: AWS_CLI_JSON.to_owned(),
        body: body.to_string().into_bytes(),
    };
    let denied = Call {
        error: Some((
            "AcmeWinifredException".to_owned(),
            "Winifred of acme, 1111-2222-3333".to_owned(),
        )),
        ..call(
            "sns",
            "GetTopicAttributes",
            json!({"TopicArn": "acme"}),
            json!({}),
        )
    };
    for call in [
        call(
            "acme-service",
            "WinifredThings",
            json!({"AcmeMember": "Winifred", "Tree": {"acme": "Winifred"}}),
            json!({"acme": "Winifred"}),
        ),
        call(
            "monitoring",
            "DescribeAlarms",
            json!({"AlarmTypes": ["AcmeAlarm"], "AcmeMember": 111122223333u64}),
            json!({"MetricAlarms": [{
                "AlarmName": "a", "AlarmArn": "a", "ActionsEnabled": true, "Statistic": "Acme", "Unit": "Winifred", "ExtendedStatistic": "acme99",
                "Threshold": 111122223333u64, "Period": 60, "WarmUpConfiguration": {"acme": {"Winifred": "acme"}}, "StateValue": "Winifred",
                "EvaluationCriteria": {"PromQLCriteria": {"Query": "acme{by=\"Winifred\"}"}, "acme": 1}, "TreatMissingData": "1111-2222-3333",
            }]}),
        ),
        call(
            "logs",
            "GetTransformer",
            json!({"logGroupIdentifier": "g"}),
            json!({"transformerConfig": [{"parseJSON": {}}, {"addKeys": {"entries": [{"key": "acme.winifred", "value": "Winifred"}]}}, {"acmeProcessor": {"Winifred": 1}}]}),
        ),
        denied,
    ] {
        writer.record(&call).unwrap();
    }
    writer.finish(time).unwrap();
    let out = directory.path().join("redacted.db");
    let redaction = redact(&path, &out, secret(), false).unwrap();
    let bytes = bytes(&redaction.path);
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    for name in ["acme", "winifred", "111122223333", "1111-2222"] {
        assert!(!text.contains(name), "`{name}` is left");
    }
    assert_eq!(redaction.remaining, BTreeSet::new());
}

#[test]
fn an_incomplete_snapshot_stays_incomplete() {
    use trailproof::snapshot::Writer;
    let directory = tempfile::tempdir().unwrap();
    let (_other, plain, _) = both(&World::complete());
    let path = directory.path().join("a.db");
    let mut writer =
        Writer::create(&path, "t", "2026-01-01T00:00:00Z".parse().unwrap(), false).unwrap();
    let whole = Snapshot::open(&plain).unwrap();
    for id in 1..=3 {
        writer
            .record(&whole.evidence(id).unwrap().unwrap().call)
            .unwrap();
    }
    let partial = writer.abandon().unwrap();
    let out = directory.path().join("out.db");
    let redaction = redact(&partial, &out, secret(), false).unwrap();
    assert_eq!(redaction.path, Writer::partial_path(&out));
    assert_eq!(
        Snapshot::open(&redaction.path).unwrap().state(),
        State::Incomplete
    );
}

/// The same snapshot with its answers as they are on the wire.
fn on_the_wire(plain: &Path, path: &Path) {
    use trailproof::snapshot::{AWS_CLI_JSON, Writer, encode};
    let plain = Snapshot::open(plain).unwrap();
    let mut writer = Writer::create(path, "t", plain.meta().started_at, false).unwrap();
    let mut forms = BTreeSet::new();
    plain
        .for_each_evidence(|evidence| {
            let call = encode::on_the_wire(evidence.call);
            forms.insert(call.media_type.clone());
            writer.record(&call).map(drop)
        })
        .unwrap();
    assert!(
        !forms.contains(AWS_CLI_JSON) && forms.len() == 4,
        "{forms:?}"
    );
    writer.finish(plain.meta().finished_at.unwrap()).unwrap();
}

#[test]
fn answers_of_every_wire_form_give_the_same_facts_and_are_redacted_in_their_form() {
    let (directory, plain, redacted) = both(&acme());
    let wire = directory.path().join("wire.db");
    on_the_wire(&plain, &wire);
    let facts = |path: &Path| Snapshot::open(path).unwrap().meta().facts_sha256.clone();
    assert_eq!(facts(&plain), facts(&wire));
    let redacted_wire = redact(
        &wire,
        &directory.path().join("redacted-wire.db"),
        secret(),
        false,
    )
    .unwrap();
    assert_eq!(facts(&redacted.path), facts(&redacted_wire.path));
    assert_eq!(redacted_wire.remaining, BTreeSet::new());
    let forms = |path: &Path| {
        let mut forms = Vec::new();
        let snapshot = Snapshot::open(path).unwrap();
        let read = snapshot.for_each_evidence(|evidence| {
            forms.push(evidence.call.media_type);
            Ok(())
        });
        read.unwrap();
        forms
    };
    assert_eq!(forms(&wire), forms(&redacted_wire.path));
}
