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
        read_at: None,
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
        Filtering::Rejects(_) => "rejects",
        Filtering::Unknown(_) => "unknown",
    }
}

fn body(policy: &Value, message: &AlarmMessage) -> &'static str {
    word(&filter(&policy.to_string(), Some("MessageBody"), message))
}

#[test]
fn a_message_without_attributes_meets_no_policy() {
    for (policy, expected) in [
        (json!({}), "accepts"),
        (json!({"severity": ["high"]}), "rejects"),
        (json!({"NewStateValue": ["ALARM"]}), "rejects"),
        (json!({"severity": [{"exists": true}]}), "rejects"),
        (json!({"severity": [{"anything-but": "low"}]}), "rejects"),
        (json!({"severity": [{"exists": false}]}), "rejects"),
        (json!({"severity": ["high", {"exists": false}]}), "rejects"),
        (
            json!({"severity": [{"exists": false}], "team": ["security"]}),
            "rejects",
        ),
        (
            json!({"$or": [{"severity": ["high"]}, {"team": [{"exists": false}]}]}),
            "rejects",
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
        Filtering::Rejects(Member {
            key: "team".to_owned(),
            wanted: r#"["security"]"#.to_owned(),
            found: Found::Nothing,
        })
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
fn texts_of_a_known_form_are_decided() {
    for (key, wanted, expected) in [
        ("Region", json!([{"prefix": "eu-"}]), "rejects"),
        ("Region", json!([{"prefix": "EU"}]), "unknown"),
        ("Region", json!([{"suffix": "-2"}]), "rejects"),
        ("Region", json!([{"suffix": ")"}]), "accepts"),
        ("Region", json!([{"anything-but": "us-east-1"}]), "accepts"),
        (
            "Region",
            json!([{"anything-but": ["us-east-1", "eu-west-1"]}]),
            "accepts",
        ),
        (
            "Region",
            json!([{"anything-but": {"prefix": "us-"}}]),
            "accepts",
        ),
        (
            "Region",
            json!([{"anything-but": "EU (London)"}]),
            "unknown",
        ),
        (
            "Region",
            json!([{"equals-ignore-case": "EU-WEST-2"}]),
            "rejects",
        ),
        (
            "Region",
            json!([{"equals-ignore-case": "eu (london)"}]),
            "unknown",
        ),
        ("Region", json!([{"cidr": "10.0.0.0/8"}]), "rejects"),
        ("Region", json!([{"numeric": [">", 0]}]), "rejects"),
        ("StateChangeTime", json!([{"prefix": "2"}]), "accepts"),
        ("StateChangeTime", json!([{"prefix": "2026"}]), "unknown"),
        ("StateChangeTime", json!([{"prefix": "Sat"}]), "rejects"),
        ("StateChangeTime", json!([{"suffix": "+0000"}]), "accepts"),
        ("StateChangeTime", json!([{"suffix": "Z"}]), "rejects"),
        ("StateChangeTime", json!(["2026-11-21"]), "rejects"),
        (
            "StateChangeTime",
            json!(["2026-11-21T00:00:05.002+0000"]),
            "unknown",
        ),
        (
            "StateChangeTime",
            json!([{"anything-but": "never"}]),
            "accepts",
        ),
        ("StateChangeTime", json!([{"cidr": "0.0.0.0/0"}]), "rejects"),
        ("StateChangeTime", json!([{"exists": true}]), "accepts"),
        (
            "AlarmConfigurationUpdatedTimestamp",
            json!([{"suffix": "Z"}]),
            "rejects",
        ),
        ("NewStateReason", json!([{"cidr": "10.0.0.0/8"}]), "rejects"),
        ("NewStateReason", json!(["ALARM"]), "rejects"),
        (
            "NewStateReason",
            json!([{"anything-but": "ALARM"}]),
            "accepts",
        ),
        ("NewStateReason", json!([{"suffix": "(1.0)."}]), "unknown"),
        ("AlarmName", json!([{"cidr": "10.0.0.0/8"}]), "rejects"),
        (
            "AlarmName",
            json!([{"anything-but": {"suffix": "-login"}}]),
            "rejects",
        ),
    ] {
        let policy = json!({ key: wanted });
        assert_eq!(body(&policy, &message()), expected, "{policy}");
    }
    let with_unit = |unit: &str| {
        let mut message = message();
        if let Kind::Metric { unit: of_alarm, .. } = &mut message.kind {
            *of_alarm = Some(unit.to_owned());
        }
        message
    };
    for (wanted, expected) in [
        (json!(["Seconds"]), "rejects"),
        (json!(["Count"]), "unknown"),
        (json!([{"equals-ignore-case": "count"}]), "accepts"),
        (json!([{"prefix": "Sec"}]), "rejects"),
        (json!([{"anything-but": "Seconds"}]), "accepts"),
    ] {
        let policy = json!({"Trigger": {"Unit": wanted}});
        assert_eq!(body(&policy, &with_unit("Count")), expected, "{policy}");
    }
}

#[test]
fn the_description_of_the_alarm_is_known() {
    let policy = |wanted: Value| json!({"AlarmDescription": wanted});
    for (wanted, expected) in [
        (json!([{"prefix": "the root"}]), "accepts"),
        (json!([{"prefix": "urgent"}]), "rejects"),
        (json!(["the root user signed in"]), "accepts"),
        (json!([{"anything-but": "urgent"}]), "accepts"),
        (json!([{"exists": true}]), "accepts"),
        (json!([null]), "rejects"),
    ] {
        let policy = policy(wanted);
        assert_eq!(body(&policy, &message()), expected, "{policy}");
    }
    let without = AlarmMessage {
        description: None,
        ..message()
    };
    for (wanted, expected) in [
        (json!([null]), "accepts"),
        (json!(["urgent"]), "rejects"),
        (json!([{"prefix": "urgent"}]), "rejects"),
        (json!([{"exists": true}]), "unknown"),
        (json!([{"exists": false}]), "unknown"),
        (json!([{"anything-but": "urgent"}]), "unknown"),
    ] {
        let policy = policy(wanted);
        assert_eq!(body(&policy, &without), expected, "{policy}");
    }
    let empty = AlarmMessage {
        description: Some(String::new()),
        ..message()
    };
    assert_eq!(body(&policy(json!([null])), &empty), "unknown");
}

#[test]
fn or_with_alternatives_for_a_number_is_a_key_like_any_other() {
    for (policy, expected) in [
        // The guide's own example.
        (
            json!({"$or": [{"numeric": 123}, {"prefix": "abc"}]}),
            "rejects",
        ),
        (
            json!({"$or": [{"numeric": [">", 0]}, {"numeric": ["<", 9]}]}),
            "rejects",
        ),
        (
            json!({"$or": [{"prefix": "A"}, {"exists": false}]}),
            "accepts",
        ),
        (
            json!({"NewStateValue": ["ALARM"], "$or": [{"exists": true}, {"cidr": "10.0.0.0/8"}]}),
            "rejects",
        ),
        (
            json!({"$or": [{"numeric": [">", 0]}, {"NewStateValue": ["ALARM"]}]}),
            "unknown",
        ),
        (json!({"$or": ["ALARM", "OK"]}), "rejects"),
        (json!({"$or": [{}, {}]}), "accepts"),
        (
            json!({"Trigger": {"$or": [{"Period": [60]}, {"Namespace": ["CISBenchmark"]}]}}),
            "accepts",
        ),
        (
            json!({"Trigger": {"$or": [{"Period": [60]}, {"Namespace": ["Other"]}]}}),
            "rejects",
        ),
    ] {
        assert_eq!(body(&policy, &message()), expected, "{policy}");
    }
}

#[test]
fn existence_in_an_empty_array_or_of_null_is_not_documented() {
    for (policy, expected) in [
        (json!({"OKActions": [{"exists": true}]}), "unknown"),
        (json!({"OKActions": [{"exists": false}]}), "unknown"),
        (json!({"AlarmActions": [{"exists": true}]}), "accepts"),
        (json!({"AlarmActions": [{"exists": false}]}), "rejects"),
        (json!({"Trigger": {"Unit": [{"exists": true}]}}), "unknown"),
        (json!({"Trigger": {"Unit": [{"exists": false}]}}), "unknown"),
        (
            json!({"Trigger": {"Dimensions": {"name": [{"exists": false}]}}}),
            "unknown",
        ),
        (
            json!({"Trigger": {"Dimensions": [{"exists": true}]}}),
            "unknown",
        ),
    ] {
        assert_eq!(body(&policy, &message()), expected, "{policy}");
    }
}

#[test]
fn the_key_that_decides_is_named_with_what_the_message_has() {
    let policy = json!({"NewStateValue": ["ALARM"], "Trigger": {"Statistic": ["Sum"]}});
    assert_eq!(
        filter(&policy.to_string(), Some("MessageBody"), &message()),
        Filtering::Rejects(Member {
            key: "Trigger.Statistic".to_owned(),
            wanted: r#"["Sum"]"#.to_owned(),
            found: Found::Values {
                values: vec![r#""SUM""#.to_owned()]
            },
        })
    );
    let policy = json!({"Region": [{"prefix": "EU"}]});
    let Filtering::Unknown(FilterPolicyDoubt::Key(member)) =
        filter(&policy.to_string(), Some("MessageBody"), &message())
    else {
        panic!("unknown");
    };
    let values = ["EU (London)", "Europe (London)"].map(|name| format!("{name:?}"));
    let values = values.to_vec();
    assert_eq!(member.found, Found::Values { values });
}

#[test]
fn a_time_that_later_messages_do_not_have_drops_them() {
    let later = AlarmMessage {
        read_at: Some("2026-11-21T00:00:00Z".parse().expect("a time")),
        ..message()
    };
    for (wanted, expected) in [
        (json!([{"prefix": "20"}]), "accepts"),
        (json!([{"prefix": "2025"}]), "rejects"),
        (json!([{"prefix": "2026-11"}]), "rejects"),
        (json!([{"prefix": "2026"}, {"prefix": "2027"}]), "rejects"),
        (json!([{"anything-but": {"prefix": "2026"}}]), "rejects"),
        (json!([{"anything-but": {"prefix": "2027-02"}}]), "rejects"),
        (json!([{"anything-but": {"prefix": "2026-10"}}]), "accepts"),
        (json!([{"anything-but": {"prefix": "2031-1"}}]), "rejects"),
        (json!([{"suffix": "5+0000"}]), "rejects"),
        (json!([{"suffix": "+0000"}]), "accepts"),
        (
            json!([{"anything-but": "2026-11-21T00:00:00.000+0000"}]),
            "unknown",
        ),
    ] {
        let policy = json!({ "StateChangeTime": wanted });
        assert_eq!(body(&policy, &later), expected, "{policy}");
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
        read_at: None,
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
