//! Filter policies as people write them for alarms, the traps of the message among them, and laws.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn message() -> AlarmMessage {
    AlarmMessage {
        alarm_name: "root-login".to_owned(),
        alarm_arn: "arn:aws:cloudwatch:eu-west-2:111122223333:alarm:root-login".to_owned(),
        description: Some("the root user signed in".to_owned()),
        alarm_actions: vec!["arn:aws:sns:eu-west-2:111122223333:alerts".to_owned()],
        ok_actions: vec![],
        insufficient_data_actions: vec![],
        old_states: vec!["INSUFFICIENT_DATA".to_owned()],
        kind: Kind::Metric {
            metric_name: "RootLogin".to_owned(),
            namespace: "CISBenchmark".to_owned(),
            statistic: Some("Sum".to_owned()),
            unit: None,
            dimensions: vec![],
            period: 300,
            evaluation_periods: 1,
            comparison_operator: "GreaterThanOrEqualToThreshold".to_owned(),
            threshold: 1.0,
        },
    }
}

fn word(filtering: &Filtering) -> &'static str {
    match filtering {
        Filtering::Accepts => "accepts",
        Filtering::Rejects { .. } => "rejects",
        Filtering::Unknown { .. } => "unknown",
    }
}

fn body(policy: &Value, message: &AlarmMessage) -> &'static str {
    word(&filter(&policy.to_string(), Some("MessageBody"), message))
}

#[test]
fn a_message_without_attributes_meets_only_absence() {
    for (policy, expected) in [
        (json!({}), "accepts"),
        (json!({"severity": ["high"]}), "rejects"),
        (json!({"NewStateValue": ["ALARM"]}), "rejects"),
        (json!({"severity": [{"exists": true}]}), "rejects"),
        (json!({"severity": [{"anything-but": "low"}]}), "rejects"),
        (json!({"severity": [{"exists": false}]}), "accepts"),
        (json!({"severity": ["high", {"exists": false}]}), "accepts"),
        (
            json!({"severity": [{"exists": false}], "team": ["security"]}),
            "rejects",
        ),
        (
            json!({"$or": [{"severity": ["high"]}, {"team": [{"exists": false}]}]}),
            "accepts",
        ),
        (
            json!({"$or": [{"severity": ["high"]}, {"team": ["security"]}]}),
            "rejects",
        ),
        (json!({"severity": [{"sounds-like": "high"}]}), "unknown"),
    ] {
        for scope in [None, Some("MessageAttributes")] {
            assert_eq!(
                word(&filter(&policy.to_string(), scope, &message())),
                expected,
                "{policy}"
            );
        }
    }
    assert_eq!(
        filter(r#"{"team": ["security"]}"#, None, &message()),
        Filtering::Rejects {
            key: "team".to_owned()
        }
    );
}

#[test]
fn the_body_of_an_alarm_message() {
    for (policy, expected) in [
        (json!({}), "accepts"),
        (json!({"NewStateValue": ["ALARM"]}), "accepts"),
        (json!({"NewStateValue": ["OK"]}), "rejects"),
        (json!({"NewStateValue": ["OK", "ALARM"]}), "accepts"),
        (json!({"NewStateValue": ["alarm"]}), "rejects"),
        (
            json!({"NewStateValue": [{"equals-ignore-case": "alarm"}]}),
            "accepts",
        ),
        (
            json!({"NewStateValue": [{"anything-but": ["OK", "INSUFFICIENT_DATA"]}]}),
            "accepts",
        ),
        (
            json!({"NewStateValue": [{"anything-but": "ALARM"}]}),
            "rejects",
        ),
        (
            json!({"NewStateValue": [{"anything-but": {"prefix": "AL"}}]}),
            "rejects",
        ),
        (json!({"OldStateValue": ["OK"]}), "rejects"),
        (
            json!({"OldStateValue": ["OK", "INSUFFICIENT_DATA"]}),
            "accepts",
        ),
        (json!({"AlarmName": [{"prefix": "root-"}]}), "accepts"),
        (json!({"AlarmName": [{"suffix": "-signin"}]}), "rejects"),
        (json!({"AWSAccountId": ["111122223333"]}), "accepts"),
        (json!({"AWSAccountId": [111122223333u64]}), "rejects"),
        (json!({"Region": ["eu-west-2"]}), "rejects"),
        (json!({"Region": ["EU (London)"]}), "unknown"),
        (json!({"Region": [{"exists": true}]}), "accepts"),
        (
            json!({"NewStateReason": [{"prefix": "Threshold Crossed"}]}),
            "unknown",
        ),
        (
            json!({"Trigger": {"Namespace": ["CISBenchmark"], "Statistic": ["SUM"]}}),
            "accepts",
        ),
        (json!({"Trigger": {"Statistic": ["Sum"]}}), "rejects"),
        (json!({"Trigger": {"Threshold": [1]}}), "accepts"),
        (
            json!({"Trigger": {"Threshold": [{"numeric": [">", 0, "<=", 1]}]}}),
            "accepts",
        ),
        (
            json!({"Trigger": {"Period": [{"numeric": ["<", 300]}]}}),
            "rejects",
        ),
        (json!({"Trigger": {"Period": ["300"]}}), "rejects"),
        (json!({"Trigger": {"Unit": [null]}}), "accepts"),
        (
            json!({"Trigger": {"TreatMissingData": ["missing"]}}),
            "unknown",
        ),
        (
            json!({"Trigger": {"Dimensions": {"name": ["InstanceId"]}}}),
            "rejects",
        ),
        (
            json!({"Trigger": {"Metrics": [{"exists": false}]}}),
            "accepts",
        ),
        (
            json!({"AlarmActions": ["arn:aws:sns:eu-west-2:111122223333:alerts"]}),
            "accepts",
        ),
        (
            json!({"AlarmActions": ["arn:aws:sns:eu-west-2:111122223333:other"]}),
            "rejects",
        ),
        (json!({"severity": ["high"]}), "rejects"),
        (json!({"detail": {"severity": ["high"]}}), "rejects"),
        (
            json!({"detail": {"severity": [{"exists": false}]}}),
            "accepts",
        ),
        (json!({"AlarmTags": {"team": ["security"]}}), "unknown"),
        (
            json!({"$or": [{"NewStateValue": ["OK"]}, {"AlarmName": [{"prefix": "root"}]}]}),
            "accepts",
        ),
        (
            json!({"$or": [{"NewStateValue": ["OK"]}, {"Region": ["eu-west-2"]}]}),
            "rejects",
        ),
        (json!({"$or": [{"NewStateValue": ["ALARM"]}]}), "unknown"),
        (json!({"NewStateValue": "ALARM"}), "unknown"),
        (
            json!({"NewStateValue": [{"cidr": "10.0.0.0/8"}]}),
            "rejects",
        ),
        (json!({"NewStateValue": []}), "unknown"),
    ] {
        assert_eq!(body(&policy, &message()), expected, "{policy}");
    }
}

#[test]
fn composite_messages_have_no_trigger() {
    let composite = AlarmMessage {
        kind: Kind::Composite {
            alarm_rule: "ALARM(a)".to_owned(),
        },
        ..message()
    };
    assert_eq!(
        body(
            &json!({"Trigger": {"Namespace": ["CISBenchmark"]}}),
            &composite
        ),
        "rejects"
    );
    assert_eq!(
        body(&json!({"AlarmRule": [{"exists": true}]}), &composite),
        "accepts"
    );
    assert_eq!(
        body(&json!({"AlarmRule": [{"exists": true}]}), &message()),
        "rejects"
    );
    let expression = AlarmMessage {
        kind: Kind::Expression,
        ..message()
    };
    assert_eq!(
        body(
            &json!({"Trigger": {"Namespace": ["CISBenchmark"]}}),
            &expression
        ),
        "unknown"
    );
}

#[test]
fn an_old_state_that_may_be_either_is_unknown() {
    let either = AlarmMessage {
        old_states: vec!["OK".to_owned(), "INSUFFICIENT_DATA".to_owned()],
        ..message()
    };
    assert_eq!(body(&json!({"OldStateValue": ["OK"]}), &either), "unknown");
    assert_eq!(
        body(
            &json!({"OldStateValue": ["OK", "INSUFFICIENT_DATA"]}),
            &either
        ),
        "accepts"
    );
    assert_eq!(
        body(&json!({"OldStateValue": ["ALARM"]}), &either),
        "rejects"
    );
    assert_eq!(
        body(
            &json!({"OldStateValue": [{"anything-but": "ALARM"}]}),
            &either
        ),
        "accepts"
    );
}

#[test]
fn policies_that_are_no_policies_are_unknown() {
    for policy in ["", "null", "[]", "\"x\""] {
        assert_eq!(
            word(&filter(policy, None, &message())),
            "unknown",
            "{policy}"
        );
    }
    assert_eq!(
        word(&filter("{}", Some("MessageHeaders"), &message())),
        "unknown"
    );
}

fn condition() -> impl Strategy<Value = Value> {
    let leaf = prop::sample::select(vec![
        json!("ALARM"),
        json!("OK"),
        json!({"exists": true}),
        json!({"exists": false}),
        json!({"prefix": "A"}),
        json!({"anything-but": "ALARM"}),
        json!({"numeric": [">", 1]}),
    ]);
    let key = prop::sample::select(vec![
        "NewStateValue",
        "OldStateValue",
        "AlarmName",
        "Region",
        "severity",
    ]);
    (key, prop::collection::vec(leaf, 1..3)).prop_map(|(key, leaves)| json!({ key: leaves }))
}

proptest! {
    /// Adding an alternative never loses a message, adding a key never wins one; `$or` takes the best branch.
    #[test]
    fn laws_of_policies(one in condition(), other in condition(), both_states in any::<bool>()) {
        let mut message = message();
        if both_states {
            message.old_states.push("OK".to_owned());
        }
        let rank = |policy: &Value| match body(policy, &message) {
            "rejects" => 0,
            "unknown" => 1,
            _ => 2,
        };
        let (first, second) = (rank(&one), rank(&other));
        let or = rank(&json!({"$or": [one.clone(), other.clone()]}));
        prop_assert!(or >= first.max(second));
        let mut all = one.as_object().unwrap().clone();
        let overlap = other.as_object().unwrap().keys().any(|key| all.contains_key(key));
        all.extend(other.as_object().unwrap().clone());
        if !overlap {
            prop_assert_eq!(rank(&Value::Object(all)), first.min(second));
        }
    }
}
