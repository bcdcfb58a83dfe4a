//! Single verdicts.

use super::{decide, decide_strictly, pattern};
use serde_json::Value;
use trailproof::coverage::{Covers, EventModel, Predicate, Scope, covers};

#[track_caller]
fn missed(answer: Covers) -> Value {
    match answer {
        Covers::No { missed } => missed,
        other => panic!("expected a no, got {other:?}"),
    }
}

#[test]
fn a_listed_name_that_is_missing_is_the_witness() {
    let required = "{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) }";
    let event = missed(decide(
        required,
        "{ ($.eventName = DeleteTrail) || ($.eventName = CreateTrail) }",
    ));
    assert_eq!(event["eventName"], "UpdateTrail");
    assert_eq!(event["eventSource"], "cloudtrail.amazonaws.com");
    assert_eq!(event["readOnly"], false);
}

#[test]
fn a_trail_that_excludes_kms_misses_disable_key() {
    let required = pattern(
        "{($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }",
    );
    let trail = Predicate::equals("eventCategory", "Management")
        .and(!Predicate::equals("eventSource", "kms.amazonaws.com"));
    let scope = Scope {
        account: "123456789012".into(),
        regions: vec!["eu-west-1".into()],
        global_region: "us-east-1".into(),
    };
    let event = missed(covers(
        &required,
        &required.clone().and(trail),
        &EventModel::cloudtrail(),
        &scope,
    ));
    assert_eq!(event["eventName"], "DisableKey");
    assert_eq!(event["awsRegion"], "eu-west-1");
    assert_eq!(event["recipientAccountId"], "123456789012");
}

#[test]
fn a_narrowing_inequality_drops_events_without_the_field() {
    let event = missed(decide(
        "{ $.eventName = DeleteTrail }",
        "{ $.eventName = DeleteTrail && $.userIdentity.invokedBy != \"x\" }",
    ));
    assert!(event["userIdentity"].get("invokedBy").is_none());
}

#[test]
fn a_redundant_source_is_covered_by_the_model_only() {
    let required = "{ $.eventName = StopLogging }";
    let deployed = "{ $.eventSource = cloudtrail.amazonaws.com && $.eventName = StopLogging }";
    match decide(required, deployed) {
        Covers::Yes { assumptions } => assert!(
            assumptions.iter().any(|text| text.contains("D27")),
            "{assumptions:?}"
        ),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        decide_strictly(required, deployed),
        Covers::No { .. }
    ));
}
