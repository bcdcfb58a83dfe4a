use std::collections::BTreeSet;

use serde_json::json;
use trailproof::analyze::{Options, Status};
use trailproof::chain::verdict::LinkId;
use trailproof::report::{Format, Style};

use trailproof::report::words::reason;

use super::super::support::controls::judged;
use super::super::support::world::{ACCOUNT, HOME, MEMBER, Site, World};
use super::super::support::{golden, rendered};
use super::{analyzed, expect, finding};

const NEWEST: &str = "cis-aws";

fn names(events: &str) -> String {
    let terms: Vec<String> = events
        .split(' ')
        .map(|name| format!("($.eventName = {name})"))
        .collect();
    format!("{{ {} }}", terms.join(" || "))
}

#[test]
fn a_complete_account_passes_every_control_and_an_empty_one_none() {
    let complete = analyzed(&World::complete(), &Options::default());
    assert_eq!(complete.findings.len(), judged());
    for finding in &complete.findings {
        assert_eq!(
            finding.status,
            Status::Pass,
            "{}: {}",
            finding.control,
            reason(finding)
        );
        assert!(!finding.paths.is_empty() && finding.requirement.is_some());
    }
    let empty = analyzed(&World::empty(), &Options::default());
    for finding in &empty.findings {
        assert_eq!(
            finding.status,
            Status::Fail,
            "{}: {}",
            finding.control,
            reason(finding)
        );
        assert!(finding.witness.is_some() && finding.broken_link.is_some());
    }
}

/// Another link broken for each control.
fn broken() -> World {
    let mut world = World::complete();
    world
        .remove_filter("unauthorized_api_calls")
        .edit_filter("console_without_mfa", |filter| {
            filter["filterPattern"] =
                json!("{ ($.eventName = ConsoleLogin) && ($.additionalEventData.MFAUsed != Yes) && ($.sourceIPAddress = 10.*) }");
        })
        .edit_filter("iam_policy_changes", |filter| {
            let pattern = filter["filterPattern"].as_str().unwrap().replace(" || ($.eventName = DeletePolicy)", "");
            filter["filterPattern"] = json!(pattern);
        })
        .edit_alarm("cloudtrail_changes", |alarm| alarm["ActionsEnabled"] = json!(false))
        .edit_alarm("console_auth_failures", |alarm| alarm["Threshold"] = json!(5.0))
        .remove_alarm("config_changes")
        .edit_alarm("security_group_changes", |alarm| alarm["Namespace"] = json!("Elsewhere"))
        .edit_alarm("nacl_changes", |alarm| alarm["TreatMissingData"] = json!("breaching"))
        .edit_alarm("vpc_changes", |alarm| alarm["AlarmActions"] = json!([]))
        .selectors(
            "EventSelectors",
            json!([{
                "ReadWriteType": "All",
                "IncludeManagementEvents": true,
                "DataResources": [],
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
            }]),
        );
    world
}

#[test]
fn the_link_that_drops_the_witness_is_named() {
    let world = broken();
    for (control, link) in [
        ("unauthorized_api_calls", LinkId::F01),
        ("console_without_mfa", LinkId::F01),
        ("iam_policy_changes", LinkId::F01),
        ("cloudtrail_changes", LinkId::A02),
        ("console_auth_failures", LinkId::A04),
        ("cmk_disable_or_delete", LinkId::S04),
        ("config_changes", LinkId::A01),
        ("security_group_changes", LinkId::A01),
        ("nacl_changes", LinkId::A06),
        ("vpc_changes", LinkId::A03),
    ] {
        expect(&world, NEWEST, control, Status::Fail, Some(link));
    }
    // Root may disable a key, and nobody would hear of that either.
    expect(
        &world,
        NEWEST,
        "root_usage",
        Status::Fail,
        Some(LinkId::S04),
    );
    for control in [
        "s3_bucket_policy_changes",
        "route_table_changes",
        "organizations_changes",
    ] {
        expect(&world, NEWEST, control, Status::Pass, None);
    }
}

#[test]
fn a_witness_is_an_event_of_the_account_that_the_control_asks_for() {
    let finding = expect(
        &broken(),
        NEWEST,
        "cmk_disable_or_delete",
        Status::Fail,
        Some(LinkId::S04),
    );
    let witness = finding.witness.unwrap();
    assert_eq!(witness["eventSource"], "kms.amazonaws.com");
    assert!(
        ["DisableKey", "ScheduleKeyDeletion"].contains(&witness["eventName"].as_str().unwrap())
    );
    assert_eq!(witness["recipientAccountId"], ACCOUNT);
}

#[test]
fn a_missing_name_is_told_with_the_share_that_is_covered() {
    let finding = expect(
        &broken(),
        NEWEST,
        "iam_policy_changes",
        Status::Fail,
        Some(LinkId::F01),
    );
    let names = finding.names.clone().unwrap();
    assert_eq!(names.missing, ["DeletePolicy"]);
    assert_eq!(names.covered.len(), 15);
    assert!(
        reason(&finding).contains("15 of 16 events are heard, not DeletePolicy"),
        "{}",
        reason(&finding)
    );
    assert_eq!(finding.witness.unwrap()["eventName"], "DeletePolicy");
    let mark = finding
        .marks
        .iter()
        .find(|mark| mark.filter.is_none())
        .expect("the missing part is marked");
    assert!(finding.requirement.unwrap().text[mark.span.clone()].contains("DeletePolicy"));
}

#[test]
fn a_narrowing_term_is_marked_in_the_filter() {
    let finding = finding(&broken(), NEWEST, "console_without_mfa");
    let mark = finding
        .marks
        .iter()
        .find(|mark| mark.filter.is_some())
        .expect("the excess part is marked");
    let pattern = finding.paths[0].pattern.clone().unwrap();
    assert!(
        pattern[mark.span.clone()].contains("sourceIPAddress"),
        "{}",
        &pattern[mark.span.clone()]
    );
}

#[test]
fn several_filters_that_cover_together_pass() {
    let mut world = World::complete();
    world.edit_filter("cloudtrail_changes", |filter| {
        filter["filterPattern"] = json!(names("CreateTrail UpdateTrail"))
    });
    expect(
        &world,
        NEWEST,
        "cloudtrail_changes",
        Status::Fail,
        Some(LinkId::F01),
    );
    world.add_filter(json!({
        "filterName": "cloudtrail-rest",
        "filterPattern": names("DeleteTrail StartLogging StopLogging"),
        "metricTransformations": [
            {"metricName": "CloudtrailChanges", "metricNamespace": "CISBenchmark", "metricValue": "1"},
        ],
        "creationTime": 1_760_000_000_000_u64,
        "logGroupName": "/cloudtrail/management-events",
    }));
    let finding = expect(&world, NEWEST, "cloudtrail_changes", Status::Pass, None);
    assert!(
        reason(&finding).contains("`cloudtrail-changes`, `cloudtrail-rest` together"),
        "{}",
        reason(&finding)
    );
}

#[test]
fn a_filter_that_matches_nearly_everything_silences_its_alarm_and_every_filter_that_feeds_it() {
    let mut world = World::complete();
    world.add_filter(json!({
        "filterName": "everything",
        "filterPattern": "{ $.eventName != HeadBucket }",
        "metricTransformations": [
            {"metricName": "RootUsage", "metricNamespace": "CISBenchmark", "metricValue": "1"},
        ],
        "creationTime": 1_760_000_000_000_u64,
        "logGroupName": "/cloudtrail/management-events",
    }));
    let finding = expect(
        &world,
        NEWEST,
        "root_usage",
        Status::Fail,
        Some(LinkId::A06),
    );
    let own = finding
        .paths
        .iter()
        .find(|path| path.filter.as_deref() == Some("root-usage"))
        .unwrap();
    assert!(own.links.iter().any(|link| link.id == LinkId::F14));
    assert!(
        reason(&finding).contains("`everything`"),
        "{}",
        reason(&finding)
    );
    expect(&world, NEWEST, "vpc_changes", Status::Pass, None);
}

#[test]
fn an_account_elsewhere_in_the_file_changes_no_finding() {
    let mut both = World::complete();
    both.answers
        .extend(World::of(&Site::new("999988887777", "eu-west-1")).answers);
    let together = analyzed(&both, &Options::default());
    let alone = analyzed(&World::complete(), &Options::default());
    let first: Vec<_> = together
        .findings
        .iter()
        .filter(|finding| finding.account == ACCOUNT)
        .collect();
    assert_eq!(first.len() * 2, together.findings.len());
    for (finding, same) in first.into_iter().zip(&alone.findings) {
        assert_eq!(
            (finding.status, &finding.control),
            (same.status, &same.control),
            "{}",
            reason(finding)
        );
    }
    for finding in together
        .findings
        .iter()
        .filter(|finding| finding.account != ACCOUNT)
    {
        assert_eq!(
            finding.status,
            Status::Pass,
            "{}: {}",
            finding.control,
            reason(finding)
        );
    }
}

#[test]
fn a_remembered_witness_speaks_of_the_account_that_is_asked_about() {
    let mut both = broken();
    let mut other = World::of(&Site::new("999988887777", HOME));
    other.edit_alarm("cloudtrail_changes", |alarm| {
        alarm["ActionsEnabled"] = json!(false)
    });
    both.answers.extend(other.answers);
    let analysis = analyzed(&both, &super::only(NEWEST, "cloudtrail_changes"));
    for finding in &analysis.findings {
        let witness = finding.witness.as_ref().unwrap();
        assert_eq!(witness["recipientAccountId"], finding.account.as_str());
    }
}

#[test]
fn a_denied_call_makes_findings_unknown_that_name_it_and_never_fail_or_new_pass() {
    let asked: BTreeSet<(String, String)> = World::complete()
        .answers
        .iter()
        .map(|answer| (answer.service.clone(), answer.operation.clone()))
        .collect();
    let mut unknown = 0;
    for (service, operation) in asked {
        if service == "sts" {
            continue;
        }
        let mut world = World::complete();
        world.deny(&service, &operation);
        for finding in analyzed(&world, &Options::default()).findings {
            match finding.status {
                Status::Pass => {}
                Status::Unknown => {
                    unknown += 1;
                    assert!(
                        reason(&finding).contains(&operation),
                        "{service} {operation}, {}: {}",
                        finding.control,
                        reason(&finding)
                    );
                }
                other => panic!(
                    "{service} {operation} denied: {} is {}: {}",
                    finding.control,
                    other.as_str(),
                    reason(&finding)
                ),
            }
        }
    }
    assert!(unknown > judged() * 5, "most calls are needed: {unknown}");
}

#[test]
fn a_member_of_an_organization_is_heard_through_the_account_that_owns_the_trail() {
    let both = World::organization();
    for finding in analyzed(&both, &Options::default()).findings {
        assert_eq!(
            finding.status,
            Status::Pass,
            "{} {}: {}",
            finding.account,
            finding.control,
            reason(&finding)
        );
    }
    let mut silent = both.clone();
    silent.edit_alarm("root_usage", |alarm| alarm["ActionsEnabled"] = json!(false));
    for finding in analyzed(&silent, &super::only(NEWEST, "root_usage")).findings {
        assert_eq!(
            (finding.status, finding.broken_link),
            (Status::Fail, Some(LinkId::A02))
        );
        assert_eq!(
            finding.witness.unwrap()["recipientAccountId"],
            finding.account.as_str()
        );
    }
    let mut alone = both;
    alone.only_account(MEMBER);
    for finding in analyzed(&alone, &Options::default()).findings {
        assert_eq!(
            finding.status,
            Status::Unknown,
            "{}: {}",
            finding.control,
            reason(&finding)
        );
        assert!(
            reason(&finding).contains(ACCOUNT),
            "the account that is missing is named: {}",
            reason(&finding)
        );
    }
}

#[test]
fn a_collection_that_was_cut_short_proves_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    let registry = trailproof::control::Registry::builtin().unwrap();
    let all = World::complete();
    for kept in (1..=all.answers.len())
        .step_by(5)
        .chain([all.answers.len()])
    {
        let mut world = all.clone();
        world.answers.truncate(kept);
        let path = world.write_partial(&folder.path().join(format!("{kept}.trailproof")));
        let snapshot = trailproof::snapshot::Snapshot::open(&path).unwrap();
        let analysis = match trailproof::analyze::analyze(&snapshot, &registry, &Options::default())
        {
            Ok(analysis) => analysis,
            Err(trailproof::analyze::Error::NoAccount) => continue,
            Err(error) => panic!("{error}"),
        };
        assert!(!analysis.snapshot.complete);
        for finding in analysis.findings {
            assert_eq!(
                finding.status,
                Status::Unknown,
                "after {kept} answers: {}",
                reason(&finding)
            );
        }
    }
}

#[test]
fn the_table_of_complete_broken_and_empty_accounts() {
    for (name, world) in [
        ("complete", World::complete()),
        ("broken", broken()),
        ("empty", World::empty()),
    ] {
        // The form of the JSON is `report/analysis.json` and the schema; here it only has to be the same twice.
        let options = Options {
            benchmark: Some("cis-aws-7.0".to_owned()),
            ..Options::default()
        };
        let [once, again] = std::array::from_fn(|_| {
            let mut analysis = analyzed(&world, &options);
            // It is another one with every new derivation.
            analysis.snapshot.root_sha256 = None;
            analysis
        });
        for format in [Format::Table, Format::Json] {
            let text = rendered(&once, format, Style::default());
            assert_eq!(text, rendered(&again, format, Style::default()));
            if format == Format::Table {
                golden::check(&format!("analyze/{name}.txt"), &text);
            }
        }
    }
}

#[test]
fn an_account_that_never_said_who_it_is_stays_in_sight() {
    let mut world = World::complete();
    for (service, operation) in [
        ("sts", "GetCallerIdentity"),
        ("cloudtrail", "DescribeTrails"),
    ] {
        world.deny(service, operation);
    }
    let analysis = analyzed(&world, &Options::default());
    assert!(!analysis.findings.is_empty());
    for finding in &analysis.findings {
        assert_eq!(finding.account, ACCOUNT);
        assert_eq!(finding.status, Status::Unknown, "{}", reason(finding));
    }
}
