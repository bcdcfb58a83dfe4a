//! Real emulators, built and asked as a user would.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::{
    Place, calls, collect, column, facts_digest, finding, gaps, lack, monitored, number, succeed,
};
use crate::support::controls::judged;
use crate::support::emulator::Emulator;
use crate::support::trailproof;

/// One ministack for all tests of this process: each test has accounts of its own.
fn ministack() -> Option<&'static Emulator> {
    static EMULATOR: OnceLock<Option<Emulator>> = OnceLock::new();
    EMULATOR
        .get_or_init(|| Emulator::start("ministack"))
        .as_ref()
}

fn moto() -> Option<&'static Emulator> {
    static EMULATOR: OnceLock<Option<Emulator>> = OnceLock::new();
    EMULATOR.get_or_init(|| Emulator::start("moto")).as_ref()
}

/// What ministack does not have. Every gap beyond these is a fault of ours.
const NOT_IN_MINISTACK: [&str; 4] = [
    "logs DescribeAccountPolicies: InvalidOperationException",
    "logs GetDataProtectionPolicy: InvalidOperationException",
    "logs GetTransformer: InvalidOperationException",
    "monitoring ListAlarmMuteRules: InvalidAction",
];

#[test]
fn a_complete_account_of_ministack() {
    let Some(aws) = ministack() else { return };
    let account = "100000000001";
    aws.build("complete", account);
    let place = Place::new();
    let file = place.file("a.trailproof");
    let text = succeed(&mut collect(&aws.endpoint, account, &file));
    assert!(
        text.contains(&format!(
            "{0} metric filters, {0} alarms, 1 topic, 1 subscription",
            monitored()
        )),
        "{text}"
    );
    assert_eq!(gaps(&file), NOT_IN_MINISTACK);
    assert_eq!(
        column(&file, "select region from trail_status"),
        ["eu-west-1"]
    );
    assert_eq!(
        number(
            &file,
            "select count(distinct region) from evidence where operation = 'DescribeTrails'"
        ),
        number(
            &file,
            "select count(*) from region where status <> 'DISABLED'"
        )
    );
    assert_eq!(
        number(
            &file,
            "select count(distinct media_type) from evidence where operation in ('DescribeAlarms', 'GetTopicAttributes', 'DescribeTrails')"
        ),
        3,
        "CBOR, XML and JSON are stored as they came"
    );

    let again = place.file("b.trailproof");
    succeed(&mut collect(&aws.endpoint, account, &again));
    assert_eq!(facts_digest(&file), facts_digest(&again));

    let replayed = place.file("c.trailproof");
    succeed(super::bare(&replayed).arg("--from").arg(&file));
    assert_eq!(calls(&file), calls(&replayed));
    assert_eq!(facts_digest(&file), facts_digest(&replayed));
}

#[test]
fn every_page_of_a_crowded_account() {
    let Some(aws) = ministack() else { return };
    let account = "100000000002";
    aws.build("crowded", account);
    let place = Place::new();
    let file = place.file("a.trailproof");
    succeed(&mut collect(&aws.endpoint, account, &file));
    assert_eq!(gaps(&file), NOT_IN_MINISTACK);
    for (table, rows) in [("alarm", 145), ("metric_filter", 75), ("subscription", 111)] {
        assert_eq!(
            number(&file, &format!("select count(*) from {table}")),
            rows,
            "{table}"
        );
    }
    assert_eq!(
        number(
            &file,
            "select count(*) from evidence where operation = 'DescribeAlarms'"
        ),
        2
    );
    assert_eq!(
        number(
            &file,
            "select count(*) from evidence where operation = 'DescribeMetricFilters'"
        ),
        2
    );
}

#[test]
fn an_empty_account_has_nothing_and_no_gaps() {
    let Some(aws) = ministack() else { return };
    let place = Place::new();
    let file = place.file("a.trailproof");
    succeed(&mut collect(&aws.endpoint, "100000000003", &file));
    // The emulator does not know the calls: that leaves nothing open.
    assert_eq!(
        gaps(&file),
        [
            "cloudtrail ListChannels: InvalidParameterException",
            "observabilityadmin ListTelemetryRules: unreadable"
        ]
    );
    let found = finding(&file, "root_usage");
    assert_eq!(
        (&found["status"], &found["broken_link"]),
        (&json!("fail"), &json!("T01")),
        "{found:#}"
    );
    assert_eq!(number(&file, "select count(*) from trail"), 0);
    assert!(
        number(
            &file,
            "select count(*) from answered where operation = 'DescribeTrails'"
        ) > 20
    );
}

#[test]
fn a_complete_account_of_moto() {
    let Some(aws) = moto() else { return };
    let account = "200000000001";
    aws.build("complete", account);
    let place = Place::new();
    let file = place.file("a.trailproof");
    let text = succeed(&mut collect(&aws.endpoint, account, &file));
    assert!(
        text.contains(&format!(
            "{0} metric filters, {0} alarms, 1 topic, 1 subscription",
            monitored()
        )),
        "{text}"
    );
    let again = place.file("b.trailproof");
    succeed(&mut collect(&aws.endpoint, account, &again));
    assert_eq!(facts_digest(&file), facts_digest(&again));
}

#[test]
fn an_organization_of_moto() {
    let Some(aws) = moto() else { return };
    let account = "200000000002";
    let built = aws.order(&json!({"build": "organization", "account": account, "members": 3}));
    let mut members: Vec<String> = built["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    members.push(account.to_owned());
    members.sort();
    let place = Place::new();
    let file = place.file("a.trailproof");
    succeed(collect(&aws.endpoint, account, &file).args([
        "--organization",
        "--role-name",
        "Audit",
    ]));
    assert_eq!(
        column(&file, "select account from account order by 1"),
        members
    );
    assert_eq!(number(&file, "select count(*) from alarm"), 45);
    assert_eq!(
        number(&file, "select count(distinct account) from alarm"),
        3
    );
    let replayed = place.file("b.trailproof");
    succeed(super::bare(&replayed).arg("--from").arg(&file));
    assert_eq!(calls(&file), calls(&replayed));
    assert_eq!(facts_digest(&file), facts_digest(&replayed));
}

/// One rule of the fault proxy.
fn rule(service: &str, operation: &str, members: Value) -> Value {
    let mut rule = json!({"service": service, "operation": operation});
    rule.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    rule
}

#[test]
fn faults_on_the_way_are_ridden_out_or_recorded() {
    let Some(aws) = Emulator::start_with_faults("ministack") else {
        return;
    };
    let account = "100000000004";
    aws.build("complete", account);
    let place = Place::new();
    let whole = place.file("whole.trailproof");
    succeed(&mut collect(&aws.endpoint, account, &whole));
    assert_eq!(gaps(&whole), NOT_IN_MINISTACK);

    // Throttled, dropped, slow and cut off once or twice: nothing is lost.
    for (name, rules) in [
        (
            "throttled",
            json!([
                rule(
                    "cloudtrail",
                    "DescribeTrails",
                    json!({"times": 3, "error": {"code": "ThrottlingException", "status": 400}})
                ),
                rule(
                    "logs",
                    "DescribeMetricFilters",
                    json!({"times": 2, "error": {"code": "ThrottlingException", "status": 400}})
                ),
                rule(
                    "cloudwatch",
                    "DescribeAlarms",
                    json!({"times": 2, "error": {"code": "Throttling", "status": 400}})
                ),
                rule(
                    "sns",
                    "GetTopicAttributes",
                    json!({"times": 2, "error": {"code": "Throttling", "status": 400}})
                ),
            ]),
        ),
        (
            "reset",
            json!([
                rule(
                    "cloudtrail",
                    "GetTrailStatus",
                    json!({"times": 1, "reset": true})
                ),
                rule(
                    "cloudwatch",
                    "DescribeAlarms",
                    json!({"times": 1, "reset": true})
                ),
                rule(
                    "sns",
                    "ListSubscriptionsByTopic",
                    json!({"times": 1, "reset": true})
                ),
            ]),
        ),
        (
            "aborted",
            json!([
                rule(
                    "cloudtrail",
                    "DescribeTrails",
                    json!({"times": 2, "response": {"abort_frac": 0.5}})
                ),
                rule(
                    "cloudwatch",
                    "DescribeAlarms",
                    json!({"times": 1, "response": {"abort_frac": 0.5}})
                ),
                rule(
                    "logs",
                    "DescribeMetricFilters",
                    json!({"times": 1, "response": {"abort_frac": 0.3}})
                ),
            ]),
        ),
    ] {
        let wanted: BTreeSet<String> = operations(&rules);
        aws.faults(rules);
        let file = place.file(&format!("{name}.trailproof"));
        succeed(&mut collect(&aws.endpoint, account, &file));
        assert_eq!(gaps(&file), NOT_IN_MINISTACK, "{name}");
        assert_eq!(facts_digest(&file), facts_digest(&whole), "{name}");
        assert_eq!(
            aws.faults(json!([])),
            wanted,
            "{name}: every fault happened"
        );
    }

    // Denied for good: its own gap, and the rest is there.
    for (service, proxied, operation) in [
        ("cloudtrail", "cloudtrail", "GetEventSelectors"),
        ("logs", "logs", "DescribeMetricFilters"),
        ("monitoring", "cloudwatch", "DescribeAlarmHistory"),
        ("events", "events", "ListRules"),
    ] {
        let error = json!({"error": {"code": "AccessDeniedException", "status": 400}});
        aws.faults(json!([rule(proxied, operation, error)]));
        let file = place.file(&format!("{operation}.trailproof"));
        let mut command = collect(&aws.endpoint, account, &file);
        match operation {
            "GetEventSelectors" | "DescribeMetricFilters" => lack(&mut command),
            _ => succeed(&mut command),
        };
        let mut expected: Vec<String> = NOT_IN_MINISTACK
            .iter()
            .map(|gap| (*gap).to_owned())
            .collect();
        expected.push(format!("{service} {operation}: AccessDeniedException"));
        expected.sort();
        assert_eq!(gaps(&file), expected);
        assert_eq!(number(&file, "select count(*) from alarm"), monitored());
    }
}

/// The operations that rules are about.
fn operations(rules: &Value) -> BTreeSet<String> {
    let rules = rules.as_array().unwrap();
    rules
        .iter()
        .map(|rule| rule["operation"].as_str().unwrap().to_owned())
        .collect()
}

/// Control -> (status, broken link), as `analyze` says.
fn findings(snapshot: &Path) -> BTreeMap<String, (String, String)> {
    let output = trailproof()
        .args(["analyze", "--format", "json"])
        .arg(snapshot)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (
                text(&finding["control"]),
                (text(&finding["status"]), text(&finding["broken_link"])),
            )
        })
        .collect()
}

#[test]
fn a_complete_account_passes_every_control() {
    for (aws, account) in [(ministack(), "100000000005"), (moto(), "200000000005")] {
        let Some(aws) = aws else { return };
        aws.build("complete", account);
        let place = Place::new();
        let file = place.file("a.trailproof");
        succeed(&mut collect(&aws.endpoint, account, &file));
        let found = findings(&file);
        assert_eq!(found.len(), judged());
        for (control, (status, link)) in found {
            assert_eq!(status, "pass", "{control}: {link}");
        }
    }
}

#[test]
fn each_broken_link_is_named() {
    let Some(aws) = ministack() else { return };
    let account = "100000000006";
    let built = aws.build("broken", account);
    let place = Place::new();
    let file = place.file("a.trailproof");
    succeed(&mut collect(&aws.endpoint, account, &file));
    let expected: BTreeMap<String, (String, String)> = built["broken"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(control, link)| {
            let link = link.as_str().unwrap().to_owned();
            (control.clone(), ("fail".to_owned(), link))
        })
        .collect();
    assert_eq!(findings(&file), expected);
}

#[test]
fn an_account_that_rules_alone_watch_passes_until_one_is_disabled() {
    for (aws, account) in [(ministack(), "100000000007"), (moto(), "200000000007")] {
        let Some(aws) = aws else { return };
        watched_by_rules_alone(aws, account);
    }
}

/// A rule, a target and a topic in each Region pass; with one Region missing, and with one rule disabled, they fail.
fn watched_by_rules_alone(aws: &Emulator, account: &str) {
    let built = aws.build("watched_by_rules", account);
    let regions = built["regions"].as_array().unwrap().len();
    assert!(regions >= 17, "{regions}");
    let place = Place::new();
    let file = place.file("a.trailproof");
    succeed(&mut collect(&aws.endpoint, account, &file));
    let rules = "select count(*) from event_rule where name = 'trail-changes'";
    assert_eq!(number(&file, rules), i64::try_from(regions).unwrap());
    let found = finding(&file, "cloudtrail_changes");
    assert_eq!(
        (&found["status"], &found["told_by"]),
        (&json!("pass"), &json!("eventbridge")),
        "{found:#}"
    );
    aws.build("rule_disabled", account);
    let file = place.file("b.trailproof");
    succeed(&mut collect(&aws.endpoint, account, &file));
    let found = finding(&file, "cloudtrail_changes");
    assert_eq!(
        (&found["status"], &found["broken_link"]),
        (&json!("fail"), &json!("E02")),
        "{found:#}"
    );
    assert_eq!(found["witness"]["awsRegion"], "eu-west-1");
    aws.build("rule_deleted", account);
    let file = place.file("c.trailproof");
    succeed(&mut collect(&aws.endpoint, account, &file));
    let found = finding(&file, "cloudtrail_changes");
    assert_eq!(
        (&found["status"], &found["broken_link"]),
        (&json!("fail"), &json!("E08")),
        "{found:#}"
    );
    assert_eq!(found["witness"]["awsRegion"], "eu-west-1");
}

#[test]
fn the_logging_controls_of_both_emulators() {
    for (aws, account) in [(ministack(), "100000000008"), (moto(), "200000000008")] {
        let Some(aws) = aws else { return };
        aws.build("complete", account);
        let place = Place::new();
        let file = place.file("a.trailproof");
        succeed(&mut collect(&aws.endpoint, account, &file));
        let status = |control: &str| {
            let found = finding(&file, control);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (text(&found["status"]), text(&found["broken_link"]))
        };
        let is = |status: &str, link: &str| (status.to_owned(), link.to_owned());
        assert_eq!(status("cloudtrail_all_regions"), is("pass", ""));
        for control in ["s3_object_writes", "s3_object_reads"] {
            assert_eq!(status(control), is("fail", "S11"), "{control}");
        }
        assert_eq!(status("cloudtrail_kms"), is("fail", "T16"));
        assert_eq!(status("cloudtrail_file_validation"), is("fail", "T14"));
    }
}
