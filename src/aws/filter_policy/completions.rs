//! Answers against messages: what is not known beforehand is filled in several ways, each message is held against the
//! policy by a plain reading of the operators written again here, and an answer has to hold for all of them.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

/// The alarm whose message it is; either old state is possible.
fn alarm(composite: bool) -> AlarmMessage {
    AlarmMessage {
        alarm_name: "root-login".to_owned(),
        alarm_arn: "arn:aws:cloudwatch:eu-west-2:111122223333:alarm:root-login".to_owned(),
        description: None,
        alarm_actions: vec!["arn:one".to_owned(), "arn:two".to_owned()],
        ok_actions: vec![],
        insufficient_data_actions: vec![],
        read_at: None,
        old_states: vec!["OK".to_owned(), "INSUFFICIENT_DATA".to_owned()],
        kind: if composite {
            Kind::Composite {
                alarm_rule: "ALARM(a)".to_owned(),
            }
        } else {
            Kind::Metric {
                metric_name: "RootLogin".to_owned(),
                namespace: "CIS".to_owned(),
                statistic: Some("Sum".to_owned()),
                unit: None,
                dimensions: vec![("Service".to_owned(), "iam".to_owned())],
                period: 300,
                evaluation_periods: 1,
                comparison_operator: "GreaterThanOrEqualToThreshold".to_owned(),
                threshold: 1.0,
            }
        },
    }
}

/// Messages that CloudWatch may send for it.
fn messages(composite: bool) -> Vec<Value> {
    let mut messages = Vec::new();
    for old in ["OK", "INSUFFICIENT_DATA"] {
        for region in ["EU (London)", "Europe (London)"] {
            for (reason, time) in [
                (
                    "Threshold Crossed: 1 datapoint",
                    "2026-11-21T00:00:05.002+0000",
                ),
                ("no reason", "2027-01-30T12:59:00.999+0000"),
            ] {
                let mut message = json!({
                    "StateChangeTime": time,
                    "OKActions": [],
                    "AlarmName": "root-login",
                    "AlarmDescription": null,
                    "AWSAccountId": "111122223333",
                    "NewStateValue": "ALARM",
                    "OldStateValue": old,
                    "NewStateReason": reason,
                    "Region": region,
                    "AlarmActions": ["arn:one", "arn:two"],
                });
                if composite {
                    message["AlarmRule"] = json!("ALARM(a)");
                } else {
                    message["Trigger"] = json!({
                        "MetricName": "RootLogin", "Statistic": "SUM", "Unit": null, "Period": 300, "Threshold": 1.0,
                        "Dimensions": [{"name": "Service", "value": "iam"}],
                    });
                }
                messages.push(message);
            }
        }
    }
    messages
}

fn passes(policy: &Map<String, Value>, message: &Value) -> bool {
    policy.iter().all(|(key, wanted)| {
        let operators = [
            "numeric",
            "prefix",
            "suffix",
            "exists",
            "anything-but",
            "cidr",
            "equals-ignore-case",
        ];
        let branch = |one: &Value| {
            one.as_object()
                .is_some_and(|one| !one.keys().any(|name| operators.contains(&name.as_str())))
        };
        if key == "$or"
            && wanted
                .as_array()
                .is_some_and(|all| all.len() > 1 && all.iter().all(branch))
        {
            return wanted
                .as_array()
                .unwrap()
                .iter()
                .any(|branch| passes(branch.as_object().unwrap(), message));
        }
        match (wanted, message) {
            (_, Value::Array(items)) if !items.is_empty() => {
                let one = Map::from_iter([(key.clone(), wanted.clone())]);
                items.iter().any(|item| passes(&one, item))
            }
            (Value::Object(policy), _) => passes(policy, message.get(key).unwrap_or(&json!({}))),
            (Value::Array(wanted), _) => {
                wanted.iter().any(|wanted| meets(wanted, message.get(key)))
            }
            _ => unreachable!(),
        }
    })
}

fn meets(wanted: &Value, found: Option<&Value>) -> bool {
    if let Some(block) = wanted.get("cidr") {
        assert_eq!(block, "10.0.0.0/8");
        let address = found
            .and_then(Value::as_str)
            .filter(|text| text.starts_with("10."));
        return address.is_some_and(|text| text.parse::<std::net::Ipv4Addr>().is_ok());
    }
    if let Some(exists) = wanted.get("exists") {
        return *exists == json!(found.is_some());
    }
    let Some(found) = found else { return false };
    if let Value::Array(items) = found {
        return items.iter().any(|item| meets(wanted, Some(item)));
    }
    let text = found.as_str();
    let equal = |wanted: &Value| match (wanted.as_f64(), found.as_f64()) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => wanted == found,
    };
    let Value::Object(operator) = wanted else {
        return equal(wanted);
    };
    let (name, operand) = operator.iter().next().unwrap();
    match name.as_str() {
        "prefix" => text.is_some_and(|text| text.starts_with(operand.as_str().unwrap())),
        "suffix" => text.is_some_and(|text| text.ends_with(operand.as_str().unwrap())),
        "equals-ignore-case" => {
            text.is_some_and(|text| text.eq_ignore_ascii_case(operand.as_str().unwrap()))
        }
        "anything-but" => match operand {
            Value::Array(listed) => !listed.iter().any(equal),
            Value::Object(_) => !meets(operand, Some(found)),
            one => !equal(one),
        },
        "numeric" => {
            let limit = operand[1].as_f64().unwrap();
            found
                .as_f64()
                .is_some_and(|found| match operand[0].as_str().unwrap() {
                    ">" => found > limit,
                    "<=" => found <= limit,
                    _ => found == limit,
                })
        }
        _ => unreachable!(),
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec![
        "ALARM",
        "OK",
        "INSUFFICIENT_DATA",
        "alarm",
        "eu-west-2",
        "EU (London)",
        "Threshold Crossed",
        "SUM",
        "Sum",
        "iam",
        "arn:one",
        "root-login",
        "ALARM(a)",
        "us-",
        "EU",
        ")",
        "202",
        "2",
        "+0000",
        "Z",
        "2026-11-21T00:00:05.002+0000",
    ]);
    let number = prop::sample::select(vec![json!(1), json!(300), json!(0.5)]);
    prop_oneof![
        4 => text.clone().prop_map(|text| json!(text)),
        1 => Just(json!(null)),
        1 => number.clone(),
        2 => any::<bool>().prop_map(|exists| json!({"exists": exists})),
        1 => prop::sample::select(vec!["prefix", "suffix", "equals-ignore-case"]).prop_flat_map({
            let text = text.clone();
            move |name| text.clone().prop_map(move |text| json!({name: text}))
        }),
        1 => text.clone().prop_map(|text| json!({"anything-but": text})),
        1 => prop::collection::vec(text.clone(), 1..3).prop_map(|texts| json!({"anything-but": texts})),
        1 => text.clone().prop_map(|text| json!({"anything-but": {"prefix": text}})),
        1 => text.prop_map(|text| json!({"anything-but": {"suffix": text}})),
        1 => Just(json!({"cidr": "10.0.0.0/8"})),
        1 => (prop::sample::select(vec![">", "<=", "="]), number).prop_map(|(sign, number)| json!({"numeric": [sign, number]})),
    ]
}

fn member() -> impl Strategy<Value = (String, Value)> {
    let leaves = prop::collection::vec(leaf(), 1..4).boxed();
    let key = prop::sample::select(vec![
        "NewStateValue",
        "OldStateValue",
        "Region",
        "Region",
        "StateChangeTime",
        "OKActions",
        "NewStateReason",
        "AlarmName",
        "AlarmDescription",
        "AlarmActions",
        "severity",
        "AlarmRule",
    ]);
    let inner = prop::sample::select(vec![
        "Statistic",
        "Period",
        "Threshold",
        "Unit",
        "MetricName",
        "other",
    ]);
    prop_oneof![
        4 => (key, leaves.clone()).prop_map(|(key, leaves)| (key.to_owned(), json!(leaves))),
        1 => (inner, leaves.clone()).prop_map(|(key, leaves)| ("Trigger".to_owned(), json!({ key: leaves }))),
        1 => (prop::sample::select(vec!["name", "value", "unit"]), leaves)
            .prop_map(|(key, leaves)| ("Trigger".to_owned(), json!({"Dimensions": { key: leaves }}))),
    ]
}

fn policy() -> impl Strategy<Value = Value> {
    let object = prop::collection::vec(member(), 1..3)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
        .boxed();
    let branches = prop::collection::vec(object.clone(), 2..4);
    let no_or = prop::collection::vec(leaf(), 2..4);
    prop_oneof![
        1 => no_or.prop_map(|leaves| json!({"$or": leaves})),
        3 => object.clone(),
        1 => (object, branches).prop_map(|(mut object, branches)| {
            object["$or"] = json!(branches);
            object
        }),
    ]
}

proptest! {
    #[test]
    fn an_answer_holds_for_every_message(policy in policy(), composite in any::<bool>()) {
        let answer = filter(&policy.to_string(), Some("MessageBody"), &alarm(composite));
        for message in messages(composite) {
            let passes = passes(policy.as_object().unwrap(), &message);
            match &answer {
                Filtering::Accepts => prop_assert!(passes, "{}", message),
                Filtering::Rejects(_) => prop_assert!(!passes, "{:?} {}", answer, message),
                Filtering::Unknown(_) => {}
            }
        }
    }

    #[test]
    fn without_attributes_no_policy_is_met(policy in policy()) {
        let answer = filter(&policy.to_string(), None, &alarm(false));
        let rejects = matches!(answer, Filtering::Rejects(_));
        prop_assert!(rejects || policy.as_object().unwrap().is_empty(), "{:?}", answer);
    }
}
