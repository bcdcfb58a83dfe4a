//! The answers of a replay against the plain matcher, record by record: classes of records and fields found by their bytes
//! must not change one of them.

use std::collections::BTreeSet;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use trailproof::coverage::Predicate;
use trailproof::pattern::ast::{Pattern, PatternKind};
use trailproof::pattern::event::{EventPattern, SignIn};
use trailproof::pattern::{Matcher, Semantics, parse};
use trailproof::replay::question::{Examiner, Predicates, is_set};
use trailproof::replay::records;

use super::real_records;
use crate::pattern::arbitrary;
use crate::support::shared_lines;

/// Asks all patterns about all records, one after the other as a replay does, and gives how many hold.
fn compare(patterns: &[Pattern], records: &[String]) -> usize {
    let mut questions = Predicates::default();
    for pattern in patterns {
        questions.bit(&Predicate::from_pattern(pattern));
    }
    let matchers: Vec<Matcher> = questions
        .predicates()
        .iter()
        .map(|predicate| match predicate {
            Predicate::Pattern(pattern) => Matcher::new(pattern, &Semantics::default()),
            other => panic!("{other:?}"),
        })
        .collect();
    let mut examiner = Examiner::new(&questions);
    let (mut seen, mut hold) = (0, 0);
    let text = records.join("\n");
    records::values(text.as_bytes(), &mut |record| {
        let answers = examiner.ask(record);
        for (bit, matcher) in matchers.iter().enumerate() {
            let expected = matcher.matches_text(&record.as_delivered());
            assert_eq!(
                is_set(answers, bit),
                expected,
                "{:?}\n{}",
                questions.predicates()[bit],
                record.text
            );
            hold += usize::from(expected);
        }
        seen += 1;
    })
    .unwrap();
    assert_eq!(seen, records.len());
    hold
}

#[test]
fn public_patterns_answer_real_records_as_the_matcher_does() {
    let (Some(lines), Some(records)) = (shared_lines("data/patterns.jsonl"), real_records()) else {
        return;
    };
    let texts: BTreeSet<&str> = lines
        .iter()
        .map(|line| line["pattern"].as_str().unwrap())
        .collect();
    let patterns: Vec<Pattern> = texts.iter().filter_map(|text| parse(text).ok()).collect();
    let hold = compare(&patterns, &records);
    assert!(
        patterns.len() > 300 && records.len() > 1900 && hold > 1000,
        "{hold}"
    );
}

#[test]
fn random_patterns_answer_random_events_as_the_matcher_does() {
    let mut runner = TestRunner::deterministic();
    let mut patterns = Vec::new();
    while patterns.len() < 300 {
        let kind = arbitrary::expr().new_tree(&mut runner).unwrap().current();
        let blank = Pattern {
            text: String::new(),
            kind: PatternKind::Json(kind),
            warnings: Vec::new(),
        };
        patterns.extend(parse(&blank.to_string()));
    }
    let mut records = BTreeSet::new();
    while records.len() < 500 {
        let event = arbitrary::event().new_tree(&mut runner).unwrap().current();
        if event.is_object() {
            records.insert(event.to_string());
        }
    }
    let records: Vec<String> = records.into_iter().collect();
    assert!(compare(&patterns, &records) > 100);
}

/// Asks event patterns, each under both spellings of a sign-in, and gives how many hold.
fn compare_rules(patterns: &[EventPattern], records: &[String]) -> usize {
    let mut questions = Predicates::default();
    for pattern in patterns {
        for sign_in in [SignIn::Spaced, SignIn::Joined] {
            questions.bit(&Predicate::from_event_pattern(pattern, sign_in));
        }
    }
    let mut examiner = Examiner::new(&questions);
    let mut hold = 0;
    records::values(records.join("\n").as_bytes(), &mut |record| {
        let answers = examiner.ask(record);
        let event: Value = serde_json::from_str(record.text).unwrap();
        for (bit, predicate) in questions.predicates().iter().enumerate() {
            let expected = predicate.matches(&event, &Semantics::default());
            assert_eq!(
                is_set(answers, bit),
                expected,
                "{predicate:?}\n{}",
                record.text
            );
            hold += usize::from(expected);
        }
    })
    .unwrap();
    hold
}

/// Rules are asked member by member: as if the whole event had been made of each record.
#[test]
fn public_rules_answer_real_records_as_the_matcher_does() {
    let (Some(rows), Some(records)) = (shared_lines("data/event-rules.jsonl"), real_records())
    else {
        return;
    };
    let rules = rows.iter().map(|row| row["pattern"].to_string());
    let mut rules: Vec<EventPattern> = rules
        .filter_map(|text| EventPattern::parse(&text).ok())
        .collect();
    assert!(rules.len() > 40, "{}", rules.len());
    // What the names of real events are asked for, whatever the public rules do.
    let names: BTreeSet<String> = records
        .iter()
        .map(|record| serde_json::from_str::<Value>(record).unwrap()["eventName"].to_string())
        .collect();
    for name in names.into_iter().step_by(16) {
        let text = format!("{{\"detail\":{{\"eventName\":[{name}],\"readOnly\":[true]}}}}");
        rules.push(EventPattern::parse(&text).unwrap());
    }
    assert!(compare_rules(&rules, &records) > 100);
}

/// Lists, values of other types, absent fields, choices, the envelope.
#[test]
fn odd_rules_answer_as_the_matcher_does() {
    let rules: Vec<EventPattern> = [
        r#"{"source":["aws.ec2"],"detail":{"eventSource":["ec2.amazonaws.com"]}}"#,
        r#"{"source":[{"anything-but":"aws.ec2"}],"detail-type":["AWS Console Signin via CloudTrail"]}"#,
        r#"{"version":["0"],"resources":[{"exists":false}],"detail":{"eventName":["A"]}}"#,
        r#"{"version":["1"],"detail":{"eventName":["A"]}}"#,
        r#"{"account":["1"],"region":[{"prefix":"us-"}],"time":[{"exists":true}]}"#,
        r#"{"detail":{"userIdentity":{"type":["Root"],"invokedBy":[{"exists":false}]}}}"#,
        r#"{"detail":{"a":{"b":{"c":[1],"d":["x"]}}}}"#,
        r#"{"detail":{"a":{"b":{"c":[1]},"e":[{"exists":false}]}}}"#,
        r#"{"$or":[{"detail":{"a":{"b":{"d":["y"]}}}},{"source":["aws.iam"]}],"detail":{"eventName":["A","B"]}}"#,
        r#"{"detail":{"readOnly":[true,"true"]}}"#,
        r#"{"detail":{"errorCode":[null,{"exists":false}]}}"#,
    ]
    .iter()
    .map(|text| EventPattern::parse(text).unwrap())
    .collect();
    let mut records = Vec::new();
    for name in ["A", "B", "C"] {
        for a in [
            json!(null),
            json!({}),
            json!([]),
            json!({"b": [{"c": 1, "d": "y"}, {"c": 2, "d": "x"}]}),
            json!({"b": [{"c": 1, "d": "x"}]}),
            json!([{"b": {"c": 1}}, {"b": {"d": "x"}, "e": 1}]),
            json!({"b": {"c": [2, 1], "d": ["x", "y"]}}),
            json!({"b.c": 1, "b": {"d": "x"}}),
            json!("x"),
        ] {
            for more in [
                json!({}),
                json!({"eventSource": "ec2.amazonaws.com", "readOnly": true, "errorCode": null}),
                json!({"eventSource": "iam.amazonaws.com", "eventType": "AwsConsoleSignIn", "readOnly": "true"}),
                json!({"recipientAccountId": "1", "awsRegion": "us-east-1", "eventTime": "t", "userIdentity": {"type": "Root"}}),
                json!({"userIdentity": [{"type": "Root"}, {"invokedBy": "x"}], "errorCode": "E"}),
            ] {
                let mut record = json!({"eventName": name, "a": a});
                record
                    .as_object_mut()
                    .unwrap()
                    .extend(more.as_object().unwrap().clone());
                records.push(record.to_string());
            }
        }
    }
    assert!(compare_rules(&rules, &records) > 100);
}

/// A field with more values than are remembered, members that come twice, names with escapes, parts of what is no object.
#[test]
fn odd_records_answer_as_the_matcher_does() {
    let patterns: Vec<Pattern> = [
        "{ $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS }",
        "{ $.userIdentity.arn = *7 }",
        "{ $.userIdentity.arn != *7 && $.eventName = A }",
        "{ $.requestParameters NOT EXISTS }",
        "{ $.requestParameters IS NULL }",
        "{ $.requestParameters.a[0].b = 1 }",
        "{ $.requestParameters.a[*].b = 2 }",
        "{ $.requestParameters.* = x }",
        "{ $.readOnly IS TRUE }",
        "ERROR",
    ]
    .iter()
    .map(|text| parse(text).unwrap())
    .collect();
    let mut records: Vec<String> = (0..1500)
        .map(|number| {
            json!({"eventName": if number % 2 == 0 { "A" } else { "B" }, "userIdentity": {"type": "Root", "arn": format!("u{number}")}})
                .to_string()
        })
        .collect();
    let parameters = [
        Value::Null,
        json!("x"),
        json!({}),
        json!({"a": [{"b": 1}, {"b": 2}]}),
        json!({"a": {"b": 1}, "c": "x"}),
        json!([{"b": 1}]),
    ];
    for parameters in parameters {
        records.push(json!({"eventName": "A", "requestParameters": parameters}).to_string());
    }
    for odd in [
        r#"{"eventName":"A","userIdentity":{"type":"x"},"userIdentity":{"type":"Root"}}"#,
        r#"{"eventName":"A","userIdentity":{"type":"Root","type":"x"}}"#,
        r#"{"eventName":"A","userIdentity":{"ty\u0070e":"R\u006fot"}}"#,
        r#"{"eventName":"A","userIdentity":"Root"}"#,
        r#"{"eventName":"A","userIdentity":[{"type":"Root"}]}"#,
        r#"{ "eventName" : "A" , "userIdentity" : { "type" : "Root" , "invokedBy" : null } , "readOnly" : true }"#,
        r#"{"eventName":"an ERROR","readOnly":"true"}"#,
    ] {
        records.push(odd.to_owned());
    }
    assert!(compare(&patterns, &records) > 1500);
}
