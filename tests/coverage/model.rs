//! Facts of the event model, and witnesses that an AWS person believes.

use serde_json::Value;
use trailproof::control::Registry;
use trailproof::coverage::{Covers, EventModel, Predicate, Scope, covers, example};
use trailproof::report::words::coverage::premise;

use super::{decide, decide_strictly, pattern};

fn scope(regions: &[&str]) -> Scope {
    Scope {
        account: "444455556666".into(),
        regions: regions.iter().map(|region| (*region).to_owned()).collect(),
        global_region: "us-east-1".into(),
    }
}

#[track_caller]
fn missed(answer: Covers) -> Value {
    match answer {
        Covers::No { missed } => missed,
        other => panic!("expected a no, got {other:?}"),
    }
}

#[test]
fn a_service_event_is_no_witness_against_any_control() {
    let registry = Registry::builtin().expect("the built-in controls load");
    let (mut seen, mut covered) = (0, 0);
    for control in registry.controls() {
        for alternative in &control.alternatives {
            let text = alternative.pattern.as_str();
            let required = pattern(text);
            // The longest has no room for one condition more.
            for narrowed in [
                "{ $.eventType != \"AwsServiceEvent\" }",
                "{ $.eventVersion = \"1.*\" }",
            ] {
                let answer = covers(
                    &required,
                    &required.clone().and(pattern(narrowed)),
                    &EventModel::cloudtrail(),
                    &scope(&["us-east-1", "eu-west-1"]),
                );
                // 4.1 of the first versions asks for every event, so also for what services do on their own.
                if let Covers::No { missed } = &answer {
                    assert_eq!(missed["eventType"], "AwsServiceEvent", "{narrowed}");
                    assert_eq!(missed["eventName"], "RotateKey", "{narrowed}");
                } else {
                    assert!(answer.is_yes(), "{narrowed}: {answer:?}");
                    covered += 1;
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 60 && covered + 2 >= seen, "{covered} of {seen}");
}

#[test]
fn the_type_of_an_event_is_a_named_assumption() {
    let required = "{ $.eventName = StopLogging }";
    let narrowed = "{ $.eventName = StopLogging && $.eventType = AwsApiCall }";
    match decide(required, narrowed) {
        Covers::Yes { assumptions } => {
            assert!(
                assumptions
                    .iter()
                    .any(|it| premise(*it).contains("eventType")),
                "{assumptions:?}"
            );
        }
        other => panic!("{other:?}"),
    }
    missed(decide_strictly(required, narrowed));
    let console = "{ $.eventName = ConsoleLogin }";
    assert!(
        decide(
            console,
            "{ $.eventName = ConsoleLogin && $.eventType = AwsConsoleSignIn }"
        )
        .is_yes()
    );
    missed(decide(
        console,
        "{ $.eventName = ConsoleLogin && $.eventType = AwsApiCall }",
    ));
    missed(decide(
        required,
        "{ $.eventName = StopLogging && $.eventType != AwsApiCall }",
    ));
    // A service event can have a name that nobody asks for.
    missed(decide(
        "{ $.userIdentity.accountId = \"*\" }",
        "{ $.userIdentity.accountId = \"*\" && $.eventType != AwsServiceEvent }",
    ));
}

#[test]
fn the_forms_of_versions_and_account_ids_are_known() {
    let required = "{ $.eventName = StopLogging }";
    for condition in [
        "$.eventVersion = \"1.*\"",
        "$.eventVersion = %^1\\.[0-9]%",
        "$.eventVersion != \"2*\"",
        "$.recipientAccountId = %^[0-9]{12}$%",
        "$.recipientAccountId != \"unknown\"",
    ] {
        let narrowed = format!("{{ $.eventName = StopLogging && {condition} }}");
        match decide(required, &narrowed) {
            Covers::Yes { assumptions } => assert!(
                assumptions.iter().any(|it| premise(*it).contains("1.NN")),
                "{narrowed}: {assumptions:?}"
            ),
            other => panic!("{narrowed}: {other:?}"),
        }
    }
    for condition in [
        "$.eventVersion = \"1.0*\"",
        "$.eventVersion = \"1.11\"",
        "$.recipientAccountId = \"111122223333\"",
        "$.userIdentity.accountId = \"4*\"",
    ] {
        let event = missed(decide(
            required,
            &format!("{{ $.eventName = StopLogging && {condition} }}"),
        ));
        let version = event["eventVersion"].as_str().expect("a text");
        assert!(version.starts_with("1.") && version.len() <= 4, "{version}");
        let account = event["recipientAccountId"].as_str().expect("a text");
        assert!(
            account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()),
            "{account}"
        );
    }
}

#[test]
fn a_witness_against_a_condition_on_the_time_has_an_instant() {
    let required = "{ $.eventName = StopLogging }";
    for condition in [
        "$.eventTime = \"2026-01*\"",
        "$.eventTime = \"*T12:*\"",
        "$.eventTime != \"20*5Z\"",
        "$.eventTime = \"2026-01-15T12:00:00Z\"",
    ] {
        let narrowed = format!("{{ $.eventName = StopLogging && {condition} }}");
        let event = missed(decide(required, &narrowed));
        let time = event["eventTime"].as_str().expect("a text");
        let instant: jiff::Timestamp = time.parse().expect(time);
        assert_eq!(instant.to_string(), time, "{narrowed}");
    }
    for condition in ["$.eventTime = \"20*Z\"", "$.eventTime != \"*+01:00\""] {
        let narrowed = format!("{{ $.eventName = StopLogging && {condition} }}");
        assert!(decide(required, &narrowed).is_yes(), "{narrowed}");
    }
}

#[test]
fn a_global_service_is_recorded_in_the_global_region_only() {
    let model = EventModel::cloudtrail();
    let regions = scope(&["us-east-1", "ap-northeast-1"]);
    for source in [
        "cloudfront.amazonaws.com",
        "route53.amazonaws.com",
        "iam.amazonaws.com",
    ] {
        let there = Predicate::equals("eventSource", source)
            .and(Predicate::equals("awsRegion", "ap-northeast-1"));
        assert_eq!(example(&there, &model, &regions), None, "{source}");
    }
    let sts = Predicate::equals("eventSource", "sts.amazonaws.com")
        .and(Predicate::equals("awsRegion", "ap-northeast-1"));
    assert!(example(&sts, &model, &regions).is_some());
    assert!(
        model
            .global_sources()
            .iter()
            .any(|source| source == "sts.amazonaws.com")
    );
}

#[test]
fn a_sign_in_that_succeeds_has_no_failure_beside_it() {
    let model = EventModel::cloudtrail();
    let scope = scope(&["eu-west-1"]);
    let failed = "{ $.eventName = ConsoleLogin && $.errorMessage = \"Failed authentication\" }";
    let event = example(&pattern(failed), &model, &scope).expect("an event");
    assert_eq!(event["responseElements"]["ConsoleLogin"], "Failure");
    let failed = "{ $.eventName = ConsoleLogin && $.responseElements.ConsoleLogin = Failure }";
    let event = example(&pattern(failed), &model, &scope).expect("an event");
    assert_eq!(event["errorMessage"], "Failed authentication");
    let fine = "{ $.eventName = ConsoleLogin && $.responseElements.ConsoleLogin = Success }";
    let event = example(&pattern(fine), &model, &scope).expect("an event");
    assert_eq!(event.get("errorMessage"), None);
    let event =
        example(&pattern("{ $.eventName = ConsoleLogin }"), &model, &scope).expect("an event");
    assert_eq!(event["eventType"], "AwsConsoleSignIn");
    assert_eq!(event.get("errorMessage"), None);
}

#[test]
fn a_witness_names_no_other_account_and_no_unused_region() {
    let model = EventModel::cloudtrail();
    let scope = scope(&["eu-west-3", "sa-east-1"]);
    for text in [
        "{ $.eventName = AttachRolePolicy }",
        "{ $.eventName = CreatePolicyVersion && $.userIdentity.arn = \"*\" }",
        "{ $.eventName = PutBucketPolicy && $.userIdentity.sessionContext.sessionIssuer.arn = \"arn*\" }",
        "{ $.errorCode = \"AccessDenied*\" && $.awsRegion = \"*\" }",
        "{ $.eventName = StopLogging && $.userIdentity.accountId = \"*\" }",
    ] {
        let event = example(&pattern(text), &model, &scope).expect("an event");
        assert!(!event.to_string().contains("111122223333"), "{event}");
        if !text.contains("Policy") || text.contains("Bucket") {
            assert_eq!(event["awsRegion"], "eu-west-3", "{text}");
        }
    }
}

#[test]
fn a_sign_in_was_taken_to_use_mfa_in_words_that_no_record_has() {
    let required = "{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != \"Yes\" }";
    let narrowed = "{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed = \"No\" }";
    match decide(required, narrowed) {
        Covers::Yes { assumptions } => assert!(
            assumptions
                .iter()
                .any(|it| premise(*it).contains("MFAUsed")),
            "{assumptions:?}"
        ),
        other => panic!("{other:?}"),
    }
    missed(decide_strictly(required, narrowed));
    // A record without the field is another matter.
    let any = "{ $.eventName = ConsoleLogin }";
    let event = missed(decide(any, "{ $.additionalEventData.MFAUsed = \"*\" }"));
    assert_eq!(event.pointer("/additionalEventData/MFAUsed"), None);
}

#[test]
fn a_sign_in_came_from_services_that_nobody_signs_in_to() {
    let model = EventModel::cloudtrail();
    let scope = scope(&["eu-west-1"]);
    let of = |text: &str| example(&pattern(text), &model, &scope);
    let event = of("{ $.eventType = AwsConsoleSignIn && $.eventName != ConsoleLogin }");
    let event = event.expect("an event");
    assert_eq!(event["eventSource"], "signin.amazonaws.com", "{event}");
    assert_eq!(event["eventName"], "CheckMfa", "{event}");
    let elsewhere = "{ $.eventType = AwsConsoleSignIn && $.eventSource = \"ec2.amazonaws.com\" }";
    assert_eq!(of(elsewhere), None);
}
