//! Verdicts that other tools were measured or documented to get wrong on the chain and on patterns in an account.

use serde_json::{Value, json};
use trailproof::analyze::Status::{Fail, Pass, Unknown};
use trailproof::chain::verdict::LinkId;
use trailproof::report::words::reason;

use super::super::support::world::{LOG_GROUP, World};
use super::expect;

const NEWEST: &str = "cis-aws";

/// The complete account with another pattern in one control's filter.
fn with_pattern(control: &str, pattern: &str) -> World {
    let mut world = World::complete();
    world.edit_filter(control, |filter| filter["filterPattern"] = json!(pattern));
    world
}

fn any(names: &str) -> String {
    let terms: Vec<String> = names
        .split_whitespace()
        .map(|name| format!("($.eventName = {name})"))
        .collect();
    format!("{{ {} }}", terms.join(" || "))
}

const TRAIL_EVENTS: &str = "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging";

#[test]
fn patterns_that_can_never_or_seldom_fire_fail() {
    let all = TRAIL_EVENTS
        .split(' ')
        .map(|name| format!("($.eventName = {name})"))
        .collect::<Vec<_>>()
        .join(" && ");
    let narrowed = format!(
        "{{ ({}) && ($.userIdentity.arn = \"arn:aws:iam::111122223333:user/jo\") }}",
        any(TRAIL_EVENTS).trim_matches(['{', '}'])
    );
    for pattern in [
        format!("{{ {all} }}"),
        narrowed,
        any(&TRAIL_EVENTS.replace("CreateTrail", "xCreateTrail")),
        any("CreateTrail CreateTrail CreateTrail CreateTrail CreateTrail"),
        any("StopLogging"),
    ] {
        expect(
            &with_pattern("cloudtrail_changes", &pattern),
            NEWEST,
            "cloudtrail_changes",
            Fail,
            Some(LinkId::F01),
        );
    }
}

#[test]
fn a_root_filter_of_ors_matches_nearly_everything_and_fails() {
    let pattern = r#"{ $.userIdentity.type = "Root" || $.userIdentity.invokedBy NOT EXISTS || $.eventType != "AwsServiceEvent" }"#;
    expect(
        &with_pattern("root_usage", pattern),
        NEWEST,
        "root_usage",
        Fail,
        Some(LinkId::A06),
    );
}

#[test]
fn the_noise_text_of_cis_1_4_fails_whatever_its_letter_says() {
    let pattern = r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") || ($.sourceIPAddress!="delivery.logs.amazonaws.com") || ($.eventName!="HeadBucket") }"#;
    let world = with_pattern("unauthorized_api_calls", pattern);
    for benchmark in ["cis-aws-1.3", "cis-aws-1.4", "cis-aws-1.5", NEWEST] {
        expect(
            &world,
            benchmark,
            "unauthorized_api_calls",
            Fail,
            Some(LinkId::A06),
        );
    }
}

#[test]
fn equal_and_broader_filters_written_differently_pass() {
    for (control, pattern) in [
        (
            "unauthorized_api_calls",
            r#"{ ($.errorCode = "AccessDenied*") || ($.errorCode = "*UnauthorizedOperation") }"#,
        ),
        (
            "root_usage",
            r#"{ $.eventType != "AwsServiceEvent" && $.userIdentity.invokedBy NOT  EXISTS && $.userIdentity.type = Root }"#,
        ),
        (
            "cloudtrail_changes",
            "{ ($.eventName = *Trail) || ($.eventName = *Logging) }",
        ),
        (
            "cloudtrail_changes",
            "{ $.eventSource = \"cloudtrail.amazonaws.com\" }",
        ),
        (
            "cloudtrail_changes",
            "{$.eventName=%^[CUD][a-z]+Trail$% || $.eventName=%^StartLogging$|^StopLogging$%}",
        ),
        (
            "cloudtrail_changes",
            "{(((($.eventName=\"StopLogging\")||($.eventName=\"StartLogging\"))||($.eventName=DeleteTrail))||\n\
             ($.eventName=UpdateTrail)) || $.eventName = CreateTrail || $.eventName = PutEventSelectors}",
        ),
    ] {
        expect(&with_pattern(control, pattern), NEWEST, control, Pass, None);
    }
}

#[test]
fn each_benchmark_version_is_held_to_its_own_text() {
    let without = with_pattern(
        "security_group_changes",
        &any(
            "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress \
              RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
        ),
    );
    expect(
        &without,
        "cis-aws-3.0",
        "security_group_changes",
        Pass,
        None,
    );
    expect(
        &without,
        "cis-aws-5.0",
        "security_group_changes",
        Fail,
        Some(LinkId::F01),
    );
    // 4.15 of every CIS version lists 18 events, 4.13 of 1.4 no event source.
    for benchmark in ["cis-aws-1.4", "cis-aws-2.0", "cis-aws-5.0"] {
        expect(
            &World::complete(),
            benchmark,
            "organizations_changes",
            Pass,
            None,
        );
        expect(
            &World::complete(),
            benchmark,
            "route_table_changes",
            Pass,
            None,
        );
    }
    // CIS 1.2's text of 4.1, which Security Hub documents too.
    let short =
        r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#;
    expect(
        &with_pattern("unauthorized_api_calls", short),
        "cis-aws-1.2",
        "unauthorized_api_calls",
        Pass,
        None,
    );
}

#[test]
fn a_condition_on_a_missing_field_is_false_and_leaves_a_blind_spot() {
    let tuned = r#"{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && ($.userIdentity.sessionContext.sessionIssuer.userName != "ci") }"#;
    let finding = expect(
        &with_pattern("unauthorized_api_calls", tuned),
        NEWEST,
        "unauthorized_api_calls",
        Fail,
        Some(LinkId::F01),
    );
    assert!(finding.witness.is_some());
}

#[test]
fn an_alarm_beside_the_filter_is_not_an_alarm_on_it() {
    type Edit = fn(&mut Value);
    let cases: [(Edit, LinkId); 9] = [
        (
            |alarm| alarm["Namespace"] = json!("CISBenchmarks"),
            LinkId::A01,
        ),
        // Named as the filter, as Trivy and cloudbeat join them.
        (
            |alarm| alarm["MetricName"] = json!("cloudtrail-changes"),
            LinkId::A01,
        ),
        (|alarm| alarm["ActionsEnabled"] = json!(false), LinkId::A02),
        (|alarm| alarm["AlarmActions"] = json!([]), LinkId::A03),
        (|alarm| alarm["Threshold"] = json!(10.0), LinkId::A04),
        (
            |alarm| alarm["ComparisonOperator"] = json!("GreaterThanThreshold"),
            LinkId::A04,
        ),
        (
            |alarm| alarm["TreatMissingData"] = json!("breaching"),
            LinkId::A06,
        ),
        (|alarm| alarm["Unit"] = json!("Seconds"), LinkId::F10),
        (
            |alarm| {
                alarm["EvaluationPeriods"] = json!(240);
                alarm["TreatMissingData"] = json!("notBreaching");
            },
            LinkId::A05,
        ),
    ];
    for (edit, link) in cases {
        let mut world = World::complete();
        world.edit_alarm("cloudtrail_changes", edit);
        expect(&world, NEWEST, "cloudtrail_changes", Fail, Some(link));
    }
}

#[test]
fn a_topic_that_tells_nobody_fails() {
    let mut pending = World::complete();
    pending.edit_subscription(|subscription| {
        subscription["SubscriptionArn"] = json!("PendingConfirmation")
    });
    expect(&pending, NEWEST, "root_usage", Fail, Some(LinkId::U02));
    let mut none = World::complete();
    none.edit("sns", "ListSubscriptionsByTopic", |output| {
        output["Subscriptions"] = json!([])
    });
    expect(&none, NEWEST, "root_usage", Fail, Some(LinkId::U01));
    let mut refused = World::complete();
    refused.edit_topic(|attributes| {
        attributes["Policy"] = json!(json!({"Version": "2012-10-17", "Statement": []}).to_string());
    });
    expect(&refused, NEWEST, "root_usage", Fail, Some(LinkId::N04));
    let mut encrypted = World::complete();
    encrypted.edit_topic(|attributes| attributes["KmsMasterKeyId"] = json!("alias/aws/sns"));
    expect(&encrypted, NEWEST, "root_usage", Fail, Some(LinkId::N05));
}

#[test]
fn a_trail_that_does_not_log_fails_and_one_whose_status_is_denied_is_unknown() {
    let mut stopped = World::complete();
    stopped.edit("cloudtrail", "GetTrailStatus", |output| {
        output["IsLogging"] = json!(false)
    });
    expect(&stopped, NEWEST, "root_usage", Fail, Some(LinkId::T01));
    let mut denied = World::complete();
    denied.deny("cloudtrail", "GetTrailStatus");
    let finding = super::finding(&denied, NEWEST, "root_usage");
    assert_eq!(finding.status, Unknown, "{}", reason(&finding));
    assert!(
        reason(&finding).contains("GetTrailStatus"),
        "{}",
        reason(&finding)
    );
}

#[test]
fn advanced_event_selectors_are_read() {
    let mut world = World::complete();
    world.selectors(
        "AdvancedEventSelectors",
        json!([{"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]),
    );
    expect(&world, NEWEST, "root_usage", Pass, None);
    expect(&world, NEWEST, "cmk_disable_or_delete", Pass, None);
    world.selectors(
        "AdvancedEventSelectors",
        json!([{"FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
        ]}]),
    );
    expect(&world, NEWEST, "vpc_changes", Pass, None);
    expect(
        &world,
        NEWEST,
        "cmk_disable_or_delete",
        Fail,
        Some(LinkId::S08),
    );
}

#[test]
fn a_filter_on_a_log_group_that_no_trail_feeds_counts_for_nothing() {
    let mut world = World::complete();
    world.edit_trail(|trail| {
        let arn = trail["CloudWatchLogsLogGroupArn"]
            .as_str()
            .unwrap()
            .replace(LOG_GROUP, "/elsewhere");
        trail["CloudWatchLogsLogGroupArn"] = json!(arn);
    });
    let finding = super::finding(&world, NEWEST, "root_usage");
    assert_ne!(finding.status, Pass, "{}", reason(&finding));
}
