//! Each defect of docs/benchmark-defects.md, made in an account: who follows the benchmark to the letter breaks it.

use serde_json::{Value, json};
use trailproof::analyze::{self, Analysis, Options, Status};
use trailproof::chain::verdict::LinkId;
use trailproof::control::{Answer, Registry, Section, Sections};
use trailproof::snapshot::Snapshot;

use crate::support::world::World;

fn analyzed(world: &World, benchmark: &str) -> Analysis {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.trailproof");
    world.write_snapshot(&path);
    let snapshot = Snapshot::open(&path).unwrap();
    let options = Options {
        benchmark: Some(benchmark.to_owned()),
        sections: Sections::All,
        ..Options::default()
    };
    analyze::analyze(&snapshot, &Registry::builtin().unwrap(), &options).unwrap()
}

fn failing(analysis: &Analysis, monitoring: bool) -> Vec<&str> {
    let registry = Registry::builtin().unwrap();
    let of_section = |id: &str| registry.control(id).unwrap().recording.is_none() == monitoring;
    let failed = analysis
        .findings
        .iter()
        .filter(|it| it.status == Status::Fail);
    failed
        .map(|it| it.control.as_str())
        .filter(|id| of_section(id))
        .collect()
}

/// What the remediation of S3 data events prints: the selectors that `put-event-selectors` leaves.
fn printed(kind: &str) -> Value {
    json!([{
        "ReadWriteType": kind,
        "IncludeManagementEvents": true,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::customer-records/"]}],
    }])
}

#[test]
fn the_commands_for_s3_data_events_take_the_other_selectors_away() {
    for benchmark in ["cis-aws-2.0", "cis-aws-5.0", "cis-aws-7.0"] {
        let before = analyzed(&World::complete(), benchmark);
        assert!(failing(&before, true).is_empty(), "{benchmark}");
        assert!(!failing(&before, false).contains(&"cloudtrail_all_regions"));
        // Writes: whoever only reads is not heard any more.
        let mut world = World::complete();
        world.selectors("EventSelectors", printed("WriteOnly"));
        let writes = analyzed(&world, benchmark);
        assert_eq!(
            failing(&writes, true),
            ["unauthorized_api_calls", "root_usage"],
            "{benchmark}"
        );
        assert!(failing(&writes, false).contains(&"cloudtrail_all_regions"));
        assert!(
            failing(&writes, false).contains(&"s3_object_writes"),
            "one bucket is not all"
        );
        // Then reads: nobody is told of anything.
        world.selectors("EventSelectors", printed("ReadOnly"));
        let reads = analyzed(&world, benchmark);
        let asked = Registry::builtin().unwrap();
        let asked = asked.benchmark(benchmark).unwrap();
        let monitored = asked.entries_in(Some(Section::Monitoring)).count();
        assert_eq!(failing(&reads, true).len(), monitored, "{benchmark}");
        assert!(failing(&reads, false).contains(&"cloudtrail_all_regions"));
        assert!(failing(&reads, false).contains(&"s3_object_writes"));
    }
}

#[test]
fn the_text_of_four_alternatives_never_rings() {
    let registry = Registry::builtin().unwrap();
    let control = registry.control("unauthorized_api_calls").unwrap();
    for version in ["cis-aws-1.3", "cis-aws-1.4", "cis-aws-1.5"] {
        let benchmark = registry.benchmark(version).unwrap();
        let texts = control.printings_for(benchmark).map(|(_, text)| text);
        let text = texts
            .filter(|text| text.contains("HeadBucket"))
            .max_by_key(|it| it.len());
        let mut world = World::complete();
        world.edit_filter("unauthorized_api_calls", |filter| {
            filter["filterPattern"] = json!(text.unwrap());
        });
        let analysis = analyzed(&world, version);
        let finding = analysis
            .findings
            .iter()
            .find(|it| it.control == control.id)
            .unwrap();
        assert_eq!(
            (finding.status, finding.broken_link),
            (Status::Fail, Some(LinkId::A06))
        );
    }
}

#[test]
fn the_stray_command_of_network_gateways_makes_an_alarm_on_a_metric_that_nothing_feeds() {
    let mut world = World::complete();
    world.edit_alarm("network_gateway_changes", |alarm| {
        alarm["Namespace"] = json!("AWS/EC2");
        alarm["MetricName"] = json!("GatewayChanges");
    });
    let analysis = analyzed(&world, "cis-aws-5.0");
    let finding = analysis
        .findings
        .iter()
        .find(|it| it.control == "network_gateway_changes");
    assert_eq!(finding.unwrap().status, Status::Fail);
    assert_eq!(finding.unwrap().broken_link, Some(LinkId::A01));
}

#[test]
fn audits_know_one_kind_of_selectors_alone() {
    let steps = |world: &World, benchmark: &str| {
        let analysis = analyzed(world, benchmark);
        let finding = analysis
            .findings
            .iter()
            .find(|it| it.control == "cloudtrail_all_regions");
        let finding = finding.unwrap();
        (finding.status, finding.audit_steps.as_ref().unwrap().answer)
    };
    let mut excluded = World::complete();
    excluded.selectors(
        "EventSelectors",
        json!([{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
            "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]),
    );
    assert_eq!(steps(&excluded, "cis-aws-3.0"), (Status::Fail, Answer::Met));
    assert_eq!(
        steps(&World::complete(), "cis-aws-5.0"),
        (Status::Pass, Answer::NotMet)
    );
}
