//! The right thing is named: with several faults, the one whose repair on the filter that was made for the control takes
//! the smallest change.

use serde_json::json;
use trailproof::analyze::Status;
use trailproof::chain::verdict::{Kind, LinkId};
use trailproof::report::words::reason;

use super::expect;
use crate::support::controls::filter_name;
use crate::support::world::World;

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
