//! Event patterns in the decision: against every record of small vocabularies by the plain matcher, and single verdicts.

use serde_json::{Value, json};
use trailproof::coverage::{Covers, EventModel, Predicate, Scope, covers};
use trailproof::pattern::Semantics;
use trailproof::pattern::event::{EventPattern, SignIn};

use super::brute::Random;
use super::pattern;

#[track_caller]
fn rule(text: &str) -> Predicate {
    match EventPattern::parse(text) {
        Ok(pattern) => Predicate::from_event_pattern(&pattern, SignIn::default()),
        Err(error) => panic!("`{text}` does not parse: {error}"),
    }
}

/// A condition of a vocabulary: a filter pattern where it has no braces of its own.
fn condition(text: &str) -> Predicate {
    if text.starts_with('$') {
        pattern(&format!("{{ {text} }}"))
    } else {
        rule(text)
    }
}

/// The event patterns of each vocabulary and its records, for whoever answers them in another way.
pub fn rules_and_records() -> Vec<(Vec<EventPattern>, Vec<Value>)> {
    let all = [scalars(), envelopes(), lists(), addresses()].into_iter();
    all.map(|vocabulary| {
        let conditions = vocabulary.conditions.into_iter();
        let rules = conditions.filter_map(|text| EventPattern::parse(text).ok());
        (rules.collect(), vocabulary.events)
    })
    .collect()
}

struct Vocabulary {
    name: &'static str,
    conditions: Vec<&'static str>,
    events: Vec<Value>,
    /// How many of a hundred answers may be open: lists that may hold many elements, languages without an automaton.
    open: usize,
}

/// Records with each of these values under each of these names, or without the name.
fn records(fields: &[(&str, &[Value])]) -> Vec<Value> {
    let mut all = vec![json!({})];
    for (name, values) in fields {
        let before = all.clone();
        for value in *values {
            all.extend(before.iter().map(|record| {
                let mut record = record.clone();
                record[*name] = value.clone();
                record
            }));
        }
    }
    all
}

fn scalars() -> Vocabulary {
    let texts = [
        "", "x", "X", "xy", "yx", "xyx", "XyX", "a*b", "axb", "K", "\u{212a}",
    ];
    let mut values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    values.extend([
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(5),
        json!(5.5),
        json!(-3),
        json!(300),
        json!({}),
        json!([]),
        json!(["x"]),
        json!(["y", "xy"]),
        json!([5, "x"]),
    ]);
    let few = [json!("x"), json!("xy"), json!(null), json!(["x", "y"])];
    Vocabulary {
        name: "scalars",
        conditions: vec![
            r#"{"detail":{"a":["x"]}}"#,
            r#"{"detail":{"a":["x","xy"]}}"#,
            r#"{"detail":{"a":[{"prefix":"x"}]}}"#,
            r#"{"detail":{"a":[{"suffix":"x"}]}}"#,
            r#"{"detail":{"a":[{"equals-ignore-case":"xyx"}]}}"#,
            r#"{"detail":{"a":[{"equals-ignore-case":"k"}]}}"#,
            r#"{"detail":{"a":["k","K"]}}"#,
            r#"{"detail":{"a":[{"prefix":{"equals-ignore-case":"xy"}}]}}"#,
            r#"{"detail":{"a":[{"suffix":{"equals-ignore-case":"YX"}}]}}"#,
            r#"{"detail":{"a":[{"wildcard":"x*x"}]}}"#,
            r#"{"detail":{"a":[{"wildcard":"*y*"}]}}"#,
            r#"{"detail":{"a":[{"wildcard":"a\\*b"}]}}"#,
            r#"{"detail":{"a":[{"anything-but":"x"}]}}"#,
            r#"{"detail":{"a":[{"anything-but":["x","xy"]}]}}"#,
            r#"{"detail":{"a":[{"anything-but":[5]}]}}"#,
            r#"{"detail":{"a":[{"anything-but":{"prefix":"x"}}]}}"#,
            r#"{"detail":{"a":[{"anything-but":{"wildcard":"*x"}}]}}"#,
            r#"{"detail":{"a":[{"anything-but":{"equals-ignore-case":["x","xyx"]}}]}}"#,
            r#"{"detail":{"a":[{"numeric":[">",0]}]}}"#,
            r#"{"detail":{"a":[{"numeric":[">=",0,"<",5.5]}]}}"#,
            r#"{"detail":{"a":[{"numeric":["=",300]}]}}"#,
            r#"{"detail":{"a":[5]}}"#,
            r#"{"detail":{"a":[true,null]}}"#,
            r#"{"detail":{"a":[{"exists":true}]}}"#,
            r#"{"detail":{"a":[{"exists":false}]}}"#,
            r#"{"detail":{"a":["x",{"exists":false}]}}"#,
            r#"{"detail":{"a":["x"],"b":["x"]}}"#,
            r#"{"detail":{"b":[{"anything-but":"x"}]}}"#,
            r#"{"detail":{"$or":[{"a":["x"]},{"b":["xy"]}]}}"#,
            "$.a = x",
            "$.a = x*",
            "$.a != x",
            "$.a NOT EXISTS",
            "$.a IS NULL",
            "$.b = xy",
            "$.b NOT EXISTS",
        ],
        events: records(&[("a", &values), ("b", &few)]),
        open: 20,
    }
}

fn envelopes() -> Vocabulary {
    let sources = [
        "iam.amazonaws.com",
        "iam",
        "iam.amazonaws.com.amazonaws.com",
        "ec2.amazonaws.com",
        ".amazonaws.com",
        "",
        "ec2.amazonaws.co",
        "IAM.amazonaws.com",
    ];
    let mut sources: Vec<Value> = sources.iter().map(|text| json!(text)).collect();
    sources.extend([json!(null), json!(5), json!(["iam.amazonaws.com"])]);
    let kinds = [
        json!("AwsApiCall"),
        json!("AwsServiceEvent"),
        json!("AwsConsoleSignIn"),
        json!("AwsConsoleAction"),
        json!(null),
    ];
    let regions = [json!("us-east-1"), json!("eu-west-1"), json!(7)];
    Vocabulary {
        name: "envelopes",
        conditions: vec![
            r#"{"source":["aws.iam"]}"#,
            r#"{"source":["aws.iam.amazonaws.com"]}"#,
            r#"{"source":["aws.iam","aws.ec2"]}"#,
            r#"{"source":[{"prefix":"aws."}]}"#,
            r#"{"source":[{"prefix":"aws.e"}]}"#,
            r#"{"source":[{"prefix":"aw"}]}"#,
            r#"{"source":[{"suffix":"iam"}]}"#,
            r#"{"source":[{"suffix":".com"}]}"#,
            r#"{"source":[{"wildcard":"*.i*"}]}"#,
            r#"{"source":[{"anything-but":["aws.iam"]}]}"#,
            r#"{"source":[{"equals-ignore-case":"AWS.IAM"}]}"#,
            r#"{"source":[{"exists":false}]}"#,
            r#"{"detail-type":["AWS API Call via CloudTrail"]}"#,
            r#"{"detail-type":["AWS Console Sign In via CloudTrail"]}"#,
            r#"{"detail-type":["AWS Console Signin via CloudTrail"]}"#,
            r#"{"detail-type":[{"suffix":"via CloudTrail"}]}"#,
            r#"{"detail-type":[{"anything-but":"AWS Service Event via CloudTrail"}]}"#,
            r#"{"region":["us-east-1"]}"#,
            r#"{"region":[{"exists":false}]}"#,
            r#"{"region":[{"anything-but":"us-east-1"}]}"#,
            r#"{"account":["111122223333"]}"#,
            r#"{"resources":[{"exists":false}]}"#,
            r#"{"version":["0"]}"#,
            r#"{"version":["1"]}"#,
            r#"{"detail":{"eventSource":["iam.amazonaws.com"]}}"#,
            r#"{"detail":{"eventSource":[{"suffix":".amazonaws.com"}]}}"#,
            r#"{"$or":[{"source":["aws.iam"]},{"detail":{"eventType":["AwsApiCall"]}}]}"#,
            "$.eventSource = iam.amazonaws.com",
            "$.eventSource = *.amazonaws.com",
            "$.eventSource != iam*",
            "$.eventType != AwsServiceEvent",
            "$.eventType = AwsConsole*",
            "$.awsRegion = us-east-1",
            "$.eventSource NOT EXISTS",
        ],
        events: records(&[
            ("eventSource", &sources),
            ("eventType", &kinds),
            ("awsRegion", &regions),
            ("recipientAccountId", &[json!("111122223333")]),
        ]),
        open: 0,
    }
}

fn lists() -> Vocabulary {
    let elements = [
        json!({"b": 1, "c": 1}),
        json!({"b": 1, "c": 2}),
        json!({"b": 2, "c": 1}),
        json!({"b": 2}),
        json!({"c": 1}),
        json!({"b": [1, 2], "c": 2}),
        json!({"b": null}),
        json!({}),
        json!("x"),
    ];
    let mut values: Vec<Value> = vec![json!("x"), json!(null), json!({}), json!([])];
    values.extend(elements.iter().cloned());
    for one in &elements {
        values.push(json!([one]));
        for two in &elements {
            values.push(json!([one, two]));
        }
    }
    Vocabulary {
        name: "lists",
        conditions: vec![
            r#"{"detail":{"a":{"b":[1],"c":[1]}}}"#,
            r#"{"detail":{"a":{"b":[1],"c":[2]}}}"#,
            r#"{"detail":{"a":{"b":[2]}}}"#,
            r#"{"detail":{"a.b":[1]}}"#,
            r#"{"detail":{"a":{"b":[{"exists":false}]}}}"#,
            r#"{"detail":{"a":{"b":[{"exists":true}]}}}"#,
            r#"{"detail":{"a":{"b":[{"exists":false}],"c":[1]}}}"#,
            r#"{"detail":{"a":{"b":[{"anything-but":[1]}]}}}"#,
            r#"{"detail":{"a":{"b":[2,{"exists":false}],"c":[1,2]}}}"#,
            r#"{"detail":{"a":["x"]}}"#,
            r#"{"detail":{"a":[{"exists":false}]}}"#,
            r#"{"detail":{"a":["x"],"a.c":[1]}}"#,
            r#"{"detail":{"a":{"$or":[{"b":[1]},{"c":[1]}]}}}"#,
            r#"{"detail":{"a":{"c":[1],"$or":[{"b":[1]},{"b":[2]}]}}}"#,
            "$.a.b = 1",
            "$.a.b NOT EXISTS",
            "$.a NOT EXISTS",
            "$.a = x",
            "$.a.c = 2",
        ],
        events: records(&[("a", &values)]),
        open: 20,
    }
}

fn addresses() -> Vocabulary {
    let values = [
        "10.0.0.1",
        "10.0.1.1",
        "10.1.0.0",
        "192.0.2.1",
        "host",
        "10.0.0.01",
        "2001:db8::1",
        "2001:DB8:0::1",
        "::1",
        "10.",
    ]
    .map(|text| json!(text));
    Vocabulary {
        name: "addresses",
        conditions: vec![
            r#"{"detail":{"sourceIPAddress":[{"cidr":"10.0.0.0/8"}]}}"#,
            r#"{"detail":{"sourceIPAddress":[{"cidr":"10.0.0.0/24"}]}}"#,
            r#"{"detail":{"sourceIPAddress":[{"cidr":"192.0.2.1/31"}]}}"#,
            r#"{"detail":{"sourceIPAddress":[{"cidr":"2001:db8::/32"}]}}"#,
            r#"{"detail":{"sourceIPAddress":["10.0.0.1"]}}"#,
            r#"{"detail":{"sourceIPAddress":[{"prefix":"10."}]}}"#,
            r#"{"detail":{"sourceIPAddress":[{"exists":false}]}}"#,
            "$.sourceIPAddress = 10.*",
            "$.sourceIPAddress != \"10.0.0.1\"",
            "$.sourceIPAddress NOT EXISTS",
        ],
        events: records(&[("sourceIPAddress", &values)]),
        open: 40,
    }
}

fn random(random: &mut Random, conditions: &[Predicate], depth: usize) -> Predicate {
    let one = |random: &mut Random| conditions[random.below(conditions.len())].clone();
    if depth == 0 || random.below(3) == 0 {
        return one(random);
    }
    let parts: Vec<Predicate> = (0..2 + random.below(2))
        .map(|_| self::random(random, conditions, depth - 1))
        .collect();
    match random.below(5) {
        0 | 1 => Predicate::all(parts),
        2 | 3 => Predicate::any(parts),
        _ => !Predicate::any(parts),
    }
}

fn related(numbers: &mut Random, required: &Predicate, conditions: &[Predicate]) -> Predicate {
    let other = random(numbers, conditions, 1);
    match numbers.below(5) {
        0 => random(numbers, conditions, 2),
        1 | 2 => required.clone().or(other),
        3 => required.clone().and(other),
        _ => match required {
            Predicate::All(parts) => Predicate::any(parts.iter().rev().cloned().chain([other])),
            Predicate::Any(parts) => Predicate::any(parts.iter().skip(1).cloned().chain([other])),
            _ => other,
        },
    }
}

/// Holds `pairs` random pairs against every record; returns how many were yes, no and open.
fn run(vocabulary: &Vocabulary, pairs: usize) -> (usize, usize, usize) {
    let conditions: Vec<Predicate> = vocabulary
        .conditions
        .iter()
        .map(|it| condition(it))
        .collect();
    let mut numbers = Random::new(0xe7e47);
    let recommended = Semantics::default();
    let (mut yes, mut no, mut open) = (0, 0, 0);
    for _ in 0..pairs {
        let required = random(&mut numbers, &conditions, 2);
        let deployed = related(&mut numbers, &required, &conditions);
        let missed = |event: &Value| {
            required.matches(event, &recommended) && !deployed.matches(event, &recommended)
        };
        let say = || format!("{}: {required:?}\n / {deployed:?}", vocabulary.name);
        match covers(&required, &deployed, &EventModel::none(), &Scope::default()) {
            Covers::Yes { .. } => {
                yes += 1;
                if let Some(event) = vocabulary.events.iter().find(|event| missed(event)) {
                    panic!("a wrong yes: {} misses {event}", say());
                }
            }
            Covers::No { missed: event } => {
                no += 1;
                assert!(missed(&event), "a wrong witness: {} with {event}", say());
            }
            Covers::Unknown { reason } => {
                open += 1;
                assert!(vocabulary.open > 0, "undecided: {}: {reason:?}", say());
            }
        }
    }
    (yes, no, open)
}

#[test]
fn the_decision_agrees_with_the_plain_matcher_of_event_patterns() {
    let pairs: usize = std::env::var("TRAILPROOF_PAIRS")
        .ok()
        .and_then(|pairs| pairs.parse().ok())
        .unwrap_or(40);
    let handles: Vec<_> = [scalars(), envelopes(), lists(), addresses()]
        .into_iter()
        .map(|vocabulary| {
            std::thread::spawn(move || (vocabulary.name, vocabulary.open, run(&vocabulary, pairs)))
        })
        .collect();
    for handle in handles {
        let (name, most, (yes, no, open)) = handle.join().expect("no disagreement");
        println!("{name}: {yes} yes, {no} no, {open} open of {pairs}");
        assert!(
            yes * 10 > pairs && no * 10 > pairs && open * 100 <= pairs * most,
            "{name}: {yes} yes, {no} no, {open} open of {pairs}"
        );
    }
}

/// The rows of event-ruler as predicates: where the event is an envelope around a record, the predicate answers as AWS does.
fn under_model(required: &str, deployed: &str) -> Covers {
    covers(
        &pattern(required),
        &rule(deployed),
        &EventModel::cloudtrail(),
        &Scope::default(),
    )
}

const STOP: &str = "{ $.eventName = StopLogging }";

#[test]
fn a_rule_covers_a_filter_pattern_where_it_matches_the_same_events() {
    for deployed in [
        r#"{"source":["aws.cloudtrail"],"detail":{"eventName":["StopLogging"]}}"#,
        r#"{"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["cloudtrail.amazonaws.com"],"eventName":["StopLogging","DeleteTrail"]}}"#,
        r#"{"source":[{"prefix":"aws."}],"detail":{"eventName":[{"suffix":"Logging"}]}}"#,
    ] {
        let answer = under_model(STOP, deployed);
        assert!(answer.is_yes(), "{deployed}: {answer:?}");
    }
}

#[test]
fn rules_that_never_match_cover_nothing() {
    for (why, deployed) in [
        (
            "source of another service",
            r#"{"source":["aws.iam"],"detail":{"eventName":["StopLogging"]}}"#,
        ),
        (
            "errorCode outside of detail",
            r#"{"detail":{"eventName":["StopLogging"]},"errorCode":["AccessDenied"]}"#,
        ),
        (
            "a star without wildcard",
            r#"{"detail":{"eventName":["Stop*"]}}"#,
        ),
        (
            "a description as detail-type",
            r#"{"detail-type":["Logging stopped"],"detail":{"eventName":["StopLogging"]}}"#,
        ),
        (
            "the IAM action",
            r#"{"detail":{"eventName":["cloudtrail:StopLogging"]}}"#,
        ),
    ] {
        let Covers::No { missed } = under_model(STOP, deployed) else {
            panic!("{why}");
        };
        assert_eq!(missed["eventName"], "StopLogging", "{why}");
        assert_eq!(missed["eventSource"], "cloudtrail.amazonaws.com", "{why}");
    }
}

#[test]
fn root_usage_needs_both_detail_types() {
    const ROOT: &str = r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }"#;
    let both = r#"{"detail-type":["AWS API Call via CloudTrail","AWS Console Sign In via CloudTrail"],"detail":{"userIdentity":{"type":["Root"]}}}"#;
    assert!(under_model(ROOT, both).is_yes());
    let calls = r#"{"detail-type":["AWS API Call via CloudTrail"],"detail":{"userIdentity":{"type":["Root"]}}}"#;
    let Covers::No { missed } = under_model(ROOT, calls) else {
        panic!("sign-in has a detail type of its own");
    };
    assert_eq!(missed["eventType"], "AwsConsoleSignIn");
    let sign_in = r#"{"detail-type":["AWS Console Sign In via CloudTrail"],"detail":{"userIdentity":{"type":["Root"]}}}"#;
    assert!(matches!(under_model(ROOT, sign_in), Covers::No { .. }));
}

#[test]
fn a_condition_on_lists_within_lists_is_no_reason_to_give_up() {
    let deep = r#"{"detail":{"eventName":["StopLogging"],"requestParameters":{"a":{"b":{"c":{"d":{"e":{"f":["x"]}}}}}}}}"#;
    let Covers::No { missed } = under_model(STOP, deep) else {
        panic!("the rule asks for more");
    };
    assert_eq!(missed["eventName"], "StopLogging");
}

#[test]
fn a_list_that_both_languages_look_into_is_left_open() {
    let required = pattern("{ $.requestParameters.names[0] = x }");
    let deployed = rule(r#"{"detail":{"requestParameters":{"names":["x"]}}}"#);
    let answer = covers(
        &required,
        &deployed,
        &EventModel::cloudtrail(),
        &Scope::default(),
    );
    assert!(matches!(answer, Covers::Unknown { .. }), "{answer:?}");
}
