//! The right thing is named: with several faults, the one whose repair on the filter that was made for the control takes
//! the smallest change.

use serde_json::json;
use trailproof::analyze::Status;
use trailproof::chain::verdict::{Kind, LinkId};
use trailproof::report::words::reason;

use super::expect;
use crate::support::controls::filter_name;
use crate::support::world::{REGIONS, Rule, World};

#[test]
fn a_filter_of_another_control_that_happens_to_match_the_witness_is_not_blamed() {
    // Root that creates a VPC is matched by the filter for VPC changes, whose alarm is switched off as well.
    let mut world = World::complete();
    world.edit_filter("root_usage", |filter| {
        filter["filterPattern"] =
            json!("{ $.userIdentity.type = \"Roof\" && $.eventType != \"AwsServiceEvent\" }");
    });
    for control in ["vpc_changes", "cloudtrail_changes", "iam_policy_changes"] {
        world.edit_alarm(control, |alarm| {
            alarm["ActionsEnabled"] = json!(false);
        });
    }
    let finding = expect(
        &world,
        "cis-aws",
        "root_usage",
        Status::Fail,
        Some(LinkId::F01),
    );
    let subject = finding.why.stop().and_then(|stop| stop.subject.clone());
    let subject = subject.expect("the filter");
    assert_eq!(subject.kind, Kind::MetricFilter);
    assert_eq!(
        subject.name,
        filter_name("root_usage"),
        "{}",
        reason(&finding)
    );
}

#[test]
fn a_pattern_that_is_quoted_as_a_whole_is_named_as_a_phrase_and_not_as_missing() {
    let mut world = World::complete();
    world.edit_filter("cloudtrail_changes", |filter| {
        let text = filter["filterPattern"]
            .as_str()
            .expect("a pattern")
            .to_owned();
        filter["filterPattern"] = json!(format!("\"{}\"", text.replace('"', "")));
    });
    let finding = expect(
        &world,
        "cis-aws",
        "cloudtrail_changes",
        Status::Fail,
        Some(LinkId::F01),
    );
    assert_eq!(
        finding.why.code(),
        "pattern_is_phrase",
        "{}",
        reason(&finding)
    );
    assert!(reason(&finding).contains(&filter_name("cloudtrail_changes")));
}

#[test]
fn a_pattern_that_does_not_parse_is_no_lack_of_evidence() {
    let mut world = World::complete();
    world.edit_filter("cloudtrail_changes", |filter| {
        filter["filterPattern"] = json!("{ ($.eventName = StopLogging) || }");
    });
    let finding = expect(
        &world,
        "cis-aws",
        "cloudtrail_changes",
        Status::Unknown,
        Some(LinkId::F01),
    );
    assert!(
        !reason(&finding).contains("lacks evidence"),
        "{}",
        reason(&finding)
    );
    assert_eq!(finding.why.code(), "pattern_not_understood");
}

#[test]
fn a_trail_that_does_not_log_beside_others_that_do_is_not_what_is_missing() {
    let mut world = World::complete();
    world.remove_filter("cloudtrail_changes");
    let finding = expect(
        &world,
        "cis-aws",
        "cloudtrail_changes",
        Status::Fail,
        Some(LinkId::F01),
    );
    assert_eq!(
        finding.why.code(),
        "no_filter_matches",
        "{}",
        reason(&finding)
    );
}

#[test]
fn a_filter_that_matches_everything_is_named_as_noise_and_not_as_missing() {
    for pattern in [
        "",
        "{ $.eventVersion = * }",
        "{ $.userIdentity.type != \"AWSService\" }",
    ] {
        let mut world = World::complete();
        world.edit_filter("root_usage", |filter| {
            filter["filterPattern"] = json!(pattern)
        });
        let finding = expect(
            &world,
            "cis-aws",
            "root_usage",
            Status::Fail,
            Some(LinkId::A06),
        );
        let told = reason(&finding);
        assert!(
            told.contains(&format!(
                "filter `{}` matches nearly every event",
                filter_name("root_usage")
            )),
            "{told}"
        );
    }
    // Where the control has a filter of its own, what is wrong with that is what is told.
    let mut world = World::complete();
    world
        .edit_filter("vpc_changes", |filter| filter["filterPattern"] = json!(""))
        .edit_filter("root_usage", |filter| {
            filter["filterPattern"] =
                json!("{ $.userIdentity.type = \"Roof\" && $.eventType != \"AwsServiceEvent\" }");
        });
    expect(
        &world,
        "cis-aws",
        "root_usage",
        Status::Fail,
        Some(LinkId::F01),
    );
}

#[test]
fn the_field_that_decides_is_in_the_line_of_the_witness() {
    let line = |control: &str, condition: &str| {
        let mut world = World::complete();
        world.edit_filter(control, |filter| {
            let pattern = filter["filterPattern"].as_str().expect("a pattern");
            let inner = pattern.trim().trim_start_matches('{').trim_end_matches('}');
            filter["filterPattern"] = json!(format!("{{ ({inner}) && {condition} }}"));
        });
        let analysis = super::analyzed(&world, &trailproof::analyze::Options::default());
        let table = crate::support::rendered(
            &analysis,
            trailproof::report::Format::Table,
            trailproof::report::Style::default(),
        );
        let words: Vec<&str> = table.split_whitespace().collect();
        words.join(" ")
    };
    for (control, condition, shown) in [
        (
            "cloudtrail_changes",
            "$.userIdentity.userName != \"deploy\"",
            "without userIdentity.userName",
        ),
        (
            "console_auth_failures",
            "$.sourceIPAddress = 10.*",
            ", sourceIPAddress 192.0.2.10",
        ),
        (
            "console_without_mfa",
            "$.responseElements.ConsoleLogin = \"Failure\"",
            "without responseElements.ConsoleLogin",
        ),
    ] {
        let told = line(control, condition);
        assert!(told.contains(shown), "{control}: {shown}: {told}");
    }
    // A failed sign-in is no success.
    let told = line("console_auth_failures", "$.awsRegion = nowhere");
    assert!(
        told.contains("errorMessage Failed authentication"),
        "{told}"
    );
}

#[test]
fn a_rule_for_other_events_was_blamed_where_one_for_the_event_is_disabled() {
    let rule = |name: &str, names: &[&str]| {
        let pattern = json!({"source": ["aws.cloudtrail"], "detail": {"eventName": names}});
        Rule::of(name, pattern)
    };
    let most = rule("most", &["CreateTrail", "UpdateTrail", "DeleteTrail"]);
    let rest = rule("rest", &["StartLogging", "StopLogging"]).in_state("DISABLED");
    let world = World::watched_by_rules(&REGIONS, &REGIONS, &[most, rest]);
    let finding = expect(
        &world,
        "cis-aws",
        "cloudtrail_changes",
        Status::Fail,
        Some(LinkId::E02),
    );
    assert!(
        reason(&finding).contains("rule `rest`"),
        "{}",
        reason(&finding)
    );
}

#[test]
fn an_account_of_rules_was_told_of_metric_filters_alone() {
    let other = json!({"source": ["aws.cloudtrail"], "detail": {"eventName": [5]}});
    let other = [Rule::of("other", other)];
    let world = World::watched_by_rules(&REGIONS, &REGIONS, &other);
    let finding = expect(
        &world,
        "cis-aws",
        "vpc_changes",
        Status::Fail,
        Some(LinkId::F01),
    );
    assert!(
        reason(&finding).contains("no metric filter and no EventBridge rule matches"),
        "{}",
        reason(&finding)
    );
}
