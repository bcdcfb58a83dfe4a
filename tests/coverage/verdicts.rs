//! Single verdicts.

use super::{decide, decide_strictly, pattern};
use serde_json::Value;
use trailproof::coverage::{Covers, EventModel, NoiseClass, Predicate, Scope, covers};
use trailproof::report::words::coverage::{premise, undecided};

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
            assumptions.iter().any(|it| premise(*it).contains("D27")),
            "{assumptions:?}"
        ),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        decide_strictly(required, deployed),
        Covers::No { .. }
    ));
}

// The verdicts below are wrong in at least one published tool: each is named after the fault.

const UNAUTHORIZED: &str =
    "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") }";
const ROOT: &str = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }";
const TRAILS: [&str; 5] = [
    "CreateTrail",
    "UpdateTrail",
    "DeleteTrail",
    "StartLogging",
    "StopLogging",
];
const ORGANIZATION: [&str; 18] = [
    "AcceptHandshake",
    "AttachPolicy",
    "CreateAccount",
    "CreateOrganizationalUnit",
    "CreatePolicy",
    "DeclineHandshake",
    "DeleteOrganization",
    "DeleteOrganizationalUnit",
    "DeletePolicy",
    "DetachPolicy",
    "DisablePolicyType",
    "EnablePolicyType",
    "InviteAccountToOrganization",
    "LeaveOrganization",
    "MoveAccount",
    "RemoveAccountFromOrganization",
    "UpdatePolicy",
    "UpdateOrganizationalUnit",
];
const SECURITY_GROUPS: [&str; 6] = [
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
    "CreateSecurityGroup",
    "DeleteSecurityGroup",
];

fn names(names: &[&str], by: &str) -> String {
    let parts: Vec<String> = names
        .iter()
        .map(|name| format!("($.eventName = {name})"))
        .collect();
    format!("{{ {} }}", parts.join(by))
}

fn of_source(source: &str, events: &[&str]) -> String {
    let inner = names(events, " || ");
    format!(
        "{{ ($.eventSource = {source}) && ({}) }}",
        inner.trim_matches(['{', '}', ' '])
    )
}

#[track_caller]
fn yes(required: &str, deployed: &str) {
    let answer = decide(required, deployed);
    assert!(answer.is_yes(), "{required} / {deployed}: {answer:?}");
}

#[track_caller]
fn no(required: &str, deployed: &str) -> Value {
    missed(decide(required, deployed))
}

#[test]
fn the_order_of_alternatives_is_taken_for_a_difference() {
    yes(
        UNAUTHORIZED,
        "{ ($.errorCode = \"AccessDenied*\") || ($.errorCode = \"*UnauthorizedOperation\") }",
    );
    yes(
        ROOT,
        "{ $.eventType != AwsServiceEvent && $.userIdentity.invokedBy NOT  EXISTS && $.userIdentity.type = Root }",
    );
    let mut turned = TRAILS;
    turned.reverse();
    yes(&names(&TRAILS, " || "), &names(&turned, "||"));
}

#[test]
fn quotes_blanks_and_parentheses_are_taken_for_a_difference() {
    yes(
        "{ ($.eventName = ConsoleLogin) && ($.additionalEventData.MFAUsed != Yes) }",
        "{$.eventName=\"ConsoleLogin\"&&((($.additionalEventData.MFAUsed!=\"Yes\")))}",
    );
    yes(
        UNAUTHORIZED,
        "{($.errorCode=*UnauthorizedOperation)||($.errorCode=AccessDenied*)}",
    );
    yes(
        UNAUTHORIZED,
        "{\n  ($.errorCode = \"*UnauthorizedOperation\") ||\n  ($.errorCode = \"AccessDenied*\")\n}",
    );
}

#[test]
fn wildcards_and_regular_expressions_are_not_understood() {
    let required = names(&TRAILS, " || ");
    yes(
        &required,
        "{ $.eventName = *Trail || $.eventName = *Logging }",
    );
    yes(&required, "{ $.eventName = %Trail|Logging% }");
    yes(
        &required,
        "{ $.eventName = %^(Create|Update)?% || $.eventName = * }"
            .replace("(Create|Update)?", "C")
            .as_str(),
    );
    assert_eq!(
        no(&required, "{ $.eventName = %^[CUD].*Trail$|^Start% }")["eventName"],
        "StopLogging"
    );
}

#[test]
fn a_superset_is_refused() {
    let mut more = TRAILS.to_vec();
    more.push("PutEventSelectors");
    yes(&names(&TRAILS, " || "), &names(&more, " || "));
    yes(
        &names(&TRAILS, " || "),
        "{ $.eventSource = cloudtrail.amazonaws.com }",
    );
    yes(&names(&TRAILS, " || "), "");
}

#[test]
fn and_in_place_of_or_passes() {
    let event = no(&names(&TRAILS, " || "), &names(&TRAILS, " && "));
    assert_eq!(event["eventName"], "CreateTrail");
    no(UNAUTHORIZED, &UNAUTHORIZED.replace("||", "&&"));
}

#[test]
fn an_extra_condition_passes() {
    let event = no(
        ROOT,
        &ROOT.replace(
            " }",
            " && $.userIdentity.arn = \"arn:aws:iam::111122223333:root\" }",
        ),
    );
    assert_eq!(event["userIdentity"]["type"], "Root");
    no(
        UNAUTHORIZED,
        &format!(
            "{{ ({}) && $.sourceIPAddress != 203.0.113.5 }}",
            UNAUTHORIZED.trim_matches(['{', '}', ' '])
        ),
    );
    no(
        &names(&TRAILS, " || "),
        &format!(
            "{{ ({}) && $.errorCode NOT EXISTS }}",
            names(&TRAILS, " || ").trim_matches(['{', '}', ' '])
        ),
    );
}

#[test]
fn a_misspelt_name_passes() {
    assert_eq!(
        no(
            &names(&TRAILS, " || "),
            &names(&TRAILS, " || ").replace("= CreateTrail", "= xCreateTrail")
        )["eventName"],
        "CreateTrail"
    );
    no(
        "{ $.eventName = ConsoleLogin }",
        "{ $.eventName = consolelogin }",
    );
    no(
        "{ $.eventName = ConsoleLogin }",
        "{ $.eventname = ConsoleLogin }",
    );
}

#[test]
fn a_name_repeated_five_times_passes_for_five_names() {
    assert_eq!(
        no(&names(&TRAILS, " || "), &names(&["CreateTrail"; 5], " || "))["eventName"],
        "UpdateTrail"
    );
}

#[test]
fn one_of_many_names_passes() {
    let required = of_source("organizations.amazonaws.com", &ORGANIZATION);
    assert_eq!(
        no(
            &required,
            &of_source("organizations.amazonaws.com", &ORGANIZATION[..1])
        )["eventName"],
        "AttachPolicy"
    );
}

#[test]
fn names_that_the_benchmark_does_not_list_are_asked_for() {
    let required = of_source("organizations.amazonaws.com", &ORGANIZATION);
    yes(&required, &required.replace(") && (", ")&&("));
    let mut more = ORGANIZATION.to_vec();
    more.extend(["CancelHandshake", "CreateOrganization", "EnableAllFeatures"]);
    assert_eq!(
        no(&of_source("organizations.amazonaws.com", &more), &required)["eventName"],
        "CancelHandshake"
    );
    yes(
        &names(&SECURITY_GROUPS, " || "),
        &names(&SECURITY_GROUPS, " || "),
    );
}

#[test]
fn a_name_that_the_benchmark_added_is_not_asked_for() {
    let mut newer = SECURITY_GROUPS.to_vec();
    newer.push("ModifySecurityGroupRules");
    assert_eq!(
        no(&names(&newer, " || "), &names(&SECURITY_GROUPS, " || "))["eventName"],
        "ModifySecurityGroupRules"
    );
}

#[test]
fn the_source_of_create_route_is_required_or_forgotten() {
    let plain = "{ ($.eventName = CreateRoute) || ($.eventName = CreateRouteTable) }";
    let guarded = "{ ($.eventSource = ec2.amazonaws.com) && ($.eventName = CreateRoute) || ($.eventName = CreateRouteTable) }";
    yes(guarded, plain);
    let event = no(plain, guarded);
    assert_eq!(event["eventName"], "CreateRoute");
    assert_ne!(event["eventSource"], "ec2.amazonaws.com");
}

#[test]
fn and_binds_tighter_than_or() {
    let newer = "{ ($.errorCode =\"*UnauthorizedOperation\") || ($.errorCode =\"AccessDenied*\") && ($.sourceIPAddress!=\"delivery.logs.amazonaws.com\") && ($.eventName!=\"HeadBucket\") }";
    yes(newer, UNAUTHORIZED);
    let event = no(UNAUTHORIZED, newer);
    assert!(
        event["errorCode"]
            .as_str()
            .unwrap()
            .starts_with("AccessDenied")
    );
}

#[test]
fn a_missing_wildcard_passes() {
    no(
        UNAUTHORIZED,
        "{ ($.errorCode = UnauthorizedOperation) || ($.errorCode = AccessDenied) }",
    );
}

#[test]
fn a_condition_on_the_wrong_field_passes() {
    no(
        "{ ($.eventName = ConsoleLogin) && ($.additionalEventData.MFAUsed != Yes) }",
        "{ ($.errorCode = ConsoleLogin) && ($.additionalEventData.MFAUsed != Yes) }",
    );
}

#[test]
fn an_inequality_is_taken_to_match_a_missing_field() {
    no(
        "{ $.additionalEventData.MFAUsed != Yes || $.additionalEventData.MFAUsed NOT EXISTS }",
        "{ $.additionalEventData.MFAUsed != Yes }",
    );
    let login = "{ $.eventName = ConsoleLogin }";
    let event = no(
        login,
        "{ $.eventName = ConsoleLogin && $.errorMessage != x }",
    );
    assert!(event.get("errorMessage").is_none());
    no(
        login,
        "{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes || $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed = Yes }",
    );
}

#[test]
fn texts_of_other_tools_that_no_filter_can_have() {
    for text in [
        "$.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && &.eventType != \"AwsServiceEvent\"",
        "{ $.userIdentity.type == \"Root\" }",
        "{ $..eventName = DeleteGroupPolicy }",
        "{ ($.eventName =\\\"AcceptHandshake\\\") }",
        "{ ($eventName=DetachRolePolicy) }",
    ] {
        assert!(trailproof::pattern::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_filter_that_matches_nearly_everything_is_called_so() {
    let old = pattern(
        "{ ($.errorCode = *UnauthorizedOperation) || ($.errorCode = AccessDenied*) || ($.sourceIPAddress!=delivery.logs.amazonaws.com) || ($.eventName!=HeadBucket) }",
    );
    let required = pattern(UNAUTHORIZED);
    let model = EventModel::cloudtrail();
    let class = |deployed: &Predicate| {
        trailproof::coverage::noise(&required, deployed, &model, &Scope::default()).class
    };
    assert_eq!(class(&old), NoiseClass::NearlyEverything);
    assert_eq!(class(&required), NoiseClass::None);
    assert_eq!(
        class(&pattern("{ $.eventName = * }")),
        NoiseClass::NearlyEverything
    );
    assert_eq!(
        class(&pattern("{ $.errorCode NOT EXISTS }")),
        NoiseClass::NearlyEverything
    );
    assert_eq!(class(&pattern("{ $.errorCode = * }")), NoiseClass::Some);
    assert_eq!(
        class(&pattern(&ROOT.replace("&&", "||"))),
        NoiseClass::NearlyEverything
    );
    assert_eq!(class(&pattern(ROOT)), NoiseClass::Some);
    let trails = pattern(&names(&TRAILS, " || "));
    let noise = |deployed: &str| {
        trailproof::coverage::noise(&trails, &pattern(deployed), &model, &Scope::default())
    };
    assert_eq!(
        noise("{ $.eventName = DeleteTrail || $.eventName = PutEventSelectors }").class,
        NoiseClass::Names(vec!["PutEventSelectors".into()])
    );
    assert_eq!(
        noise("{ $.eventSource = cloudtrail.amazonaws.com }").class,
        NoiseClass::Sources(vec!["cloudtrail.amazonaws.com".into()])
    );
}

#[test]
fn each_name_says_which_filter_catches_it() {
    let required = pattern(&names(&TRAILS, " || "));
    let filters = [
        pattern("{ $.eventName = *Trail }"),
        pattern("{ $.eventName = StopLogging }"),
        pattern("{ $.eventName = Create* }"),
    ];
    let answers = trailproof::coverage::by_name(
        &required,
        &filters,
        &EventModel::cloudtrail(),
        &Scope::default(),
    );
    let found: Vec<(&str, bool, &[usize])> = answers
        .iter()
        .map(|answer| {
            (
                answer.name.as_str(),
                answer.covers.is_yes(),
                answer.by.as_slice(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("CreateTrail", true, &[0, 2][..]),
            ("UpdateTrail", true, &[0]),
            ("DeleteTrail", true, &[0]),
            ("StartLogging", false, &[]),
            ("StopLogging", true, &[1]),
        ]
    );
}

#[test]
fn trails_and_filters_cover_together_across_regions() {
    let required =
        pattern("{ $.eventName = CreateSecurityGroup && $.eventSource = ec2.amazonaws.com }");
    let scope = Scope {
        account: "123456789012".into(),
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        global_region: "us-east-1".into(),
    };
    let path = |region: &str| required.clone().and(Predicate::equals("awsRegion", region));
    let model = EventModel::cloudtrail();
    let event = missed(covers(&required, &path("us-east-1"), &model, &scope));
    assert_eq!(event["awsRegion"], "eu-west-1");
    assert!(
        covers(
            &required,
            &path("us-east-1").or(path("eu-west-1")),
            &model,
            &scope
        )
        .is_yes()
    );
    // An IAM event is recorded in the global region only.
    let iam = pattern("{ $.eventName = AttachUserPolicy }");
    assert!(
        covers(
            &iam,
            &iam.clone().and(Predicate::equals("awsRegion", "us-east-1")),
            &model,
            &scope
        )
        .is_yes()
    );
    let event = missed(covers(
        &iam,
        &iam.clone().and(Predicate::equals("awsRegion", "eu-west-1")),
        &model,
        &scope,
    ));
    assert_eq!(event["awsRegion"], "us-east-1");
}

#[test]
fn a_trail_that_records_reads_only_misses_writes_and_the_other_way_round() {
    let model = EventModel::cloudtrail();
    let scope = Scope::default();
    let trail = pattern(&names(&TRAILS, " || "));
    let event = missed(covers(
        &trail,
        &trail.clone().and(Predicate::is_true("readOnly")),
        &model,
        &scope,
    ));
    assert_eq!(event["readOnly"], false);
    assert!(
        covers(
            &trail,
            &trail.clone().and(Predicate::is_false("readOnly")),
            &model,
            &scope
        )
        .is_yes()
    );
    let denied = pattern(UNAUTHORIZED);
    let event = missed(covers(
        &denied,
        &denied.clone().and(Predicate::is_false("readOnly")),
        &model,
        &scope,
    ));
    assert_eq!(event["readOnly"], true);
}

#[test]
fn every_model_fact_is_readable() {
    let model = EventModel::cloudtrail();
    assert!(model.names().count() > 100);
    assert_eq!(model.origins("DisableKey").len(), 1);
    assert!(model.origins("CreatePolicy").len() >= 7);
    let Some(path) = crate::support::shared("data/event-sources.json") else {
        return;
    };
    let shared: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (name, event) in shared["events"].as_object().unwrap() {
        let sources = event["services"].as_array().unwrap().len();
        assert_eq!(model.origins(name).len(), sources, "{name}");
    }
}

#[test]
fn numbers_beyond_exact_comparison_are_unknown() {
    let answer = decide_strictly("{ $.a > 99999999999999 }", "{ $.a > 1 }");
    assert!(
        matches!(&answer, Covers::Unknown { reason } if undecided(reason).contains("D26")),
        "{answer:?}"
    );
    assert!(decide_strictly("{ $.a > 123456789012.5 }", "{ $.a > 123456789012.4 }").is_yes());
    assert!(!decide_strictly("{ $.a > 123456789012.4 }", "{ $.a > 123456789012.5 }").is_yes());
}
