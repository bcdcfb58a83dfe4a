//! What a fix takes away, what is left to people, and what a user asks wrongly.

use std::path::Path;

use serde_json::{Value, json};
use trailproof::analyze::{Finding, Options, Remark, Status, Surplus};
use trailproof::control::{Registry, Section};
use trailproof::remedy::{self, Wishes};
use trailproof::snapshot::Snapshot;

use crate::support::world::{ACCOUNT, HOME, TOPIC, World};
use crate::support::{project, trailproof};

pub(super) fn plan_of(world: &World) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("world.trailproof");
    world.write_snapshot(&snapshot);
    let output = trailproof()
        .arg("remediate")
        .arg(&snapshot)
        .args(["--plan", "json"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the plan says that it takes away.
fn taken(plan: &Value) -> Vec<&str> {
    let touches = plan["touches"].as_array().unwrap().iter();
    touches
        .filter_map(|touch| touch["what"]["taken"].as_str())
        .collect()
}

#[test]
fn a_statement_that_denies_spares_cloudwatch_and_stays_for_everybody_else() {
    let arn = format!("arn:aws:sns:{HOME}:{ACCOUNT}:{TOPIC}");
    let mut world = World::complete();
    let deny = json!({"Sid": "OnlyFromHere", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish",
        "Resource": arn, "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}});
    world.edit_topic(|topic| {
        let mut policy: Value = serde_json::from_str(topic["Policy"].as_str().unwrap()).unwrap();
        policy["Statement"]
            .as_array_mut()
            .unwrap()
            .push(deny.clone());
        topic["Policy"] = json!(policy.to_string());
    });
    let plan = plan_of(&world);
    assert_eq!(plan["changes"].as_array().unwrap().len(), 1);
    let after = plan["changes"][0]["after"]["policy"].as_str().unwrap();
    let after: Value = serde_json::from_str(after).unwrap();
    let statement = after["Statement"].as_array().unwrap().last().unwrap();
    assert_eq!(
        statement["Condition"],
        json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"},
            "StringNotEqualsIfExists": {"aws:PrincipalServiceName": "cloudwatch.amazonaws.com"}})
    );
    assert_eq!(taken(&plan), ["denial"]);
    for outcome in plan["outcomes"].as_array().unwrap() {
        assert_eq!(outcome["after"], "pass");
    }
}

#[test]
fn what_a_fix_takes_away_is_said() {
    let gone = format!("arn:aws:sns:eu-west-1:{ACCOUNT}:elsewhere");
    let mut elsewhere = World::complete();
    elsewhere.edit_alarm("root_usage", |alarm| alarm["AlarmActions"] = json!([gone]));
    let mut dimensions = World::complete();
    dimensions.edit_filter("root_usage", |filter| {
        filter["metricTransformations"][0]["dimensions"] = json!({"Event": "$.eventName"});
    });
    let mut filtered = World::complete();
    filtered.edit_subscription_attributes(|attributes| {
        attributes["FilterPolicy"] = json!("{\"team\":[\"security\"]}");
    });
    for (world, expected) in [
        (elsewhere, "action"),
        (dimensions, "dimensions"),
        (filtered, "filter_policy"),
    ] {
        assert_eq!(taken(&plan_of(&world)), [expected]);
    }
}

#[test]
fn an_account_without_a_trail_that_was_asked_in_few_regions_gets_a_trail() {
    let mut world = World::empty();
    let here = world
        .answers
        .iter()
        .filter(|it| it.operation != "DescribeTrails" || it.region == HOME);
    world.answers = here.cloned().collect();
    let plan = plan_of(&world);
    let changes = plan["changes"].as_array().unwrap();
    let kinds: Vec<&str> = changes
        .iter()
        .map(|it| it["after"]["resource"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"trail"), "{plan:#}");
    for outcome in plan["outcomes"].as_array().unwrap() {
        assert_ne!(outcome["after"], "fail", "{outcome}");
    }
}

fn refused(args: &[&str], file: &Path) -> String {
    let output = trailproof()
        .arg("remediate")
        .arg(file)
        .args(args)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_cannot_be_answered_is_refused_before_anything_is_printed() {
    let broken = project("snapshots").join("broken.trailproof");
    let missing = refused(&[], Path::new("no-such.trailproof"));
    assert!(missing.contains("no-such.trailproof"), "{missing}");
    let text = refused(&[], &project("README.md"));
    assert!(text.contains("README.md"), "{text}");
    for args in [
        &["--control", "no_such"][..],
        &["--account", "123"],
        &["--benchmark", "none"],
        &["--format", "terraform", "--plan", "json"],
        &["--format", "pulumi"],
        &["--email=-x@example.com"],
        &["--email", "nobody"],
        &["--email", "a'; rm -rf ~ #@example.com"],
        &["--region", "eu west"],
        &["--format", "terraform", "--format", "console"],
    ] {
        let error = refused(args, &broken);
        assert!(error.starts_with("error: "), "{args:?}: {error}");
    }
}

/// What the finding after a fix says of routine: its alarm would never rest.
fn never_rests(finding: &Finding) -> bool {
    finding.notes.iter().any(|note| {
        matches!(
            &note.about,
            Remark::AlsoFires {
                on: Surplus::Routine { .. } | Surplus::NearlyEverything
            }
        )
    })
}

/// In every benchmark: where the text of the benchmark fires all day, another accepted form is the fix.
#[test]
fn no_fix_makes_an_alarm_that_never_rests() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.trailproof");
    World::empty().write_snapshot(&path);
    let snapshot = Snapshot::open(&path).unwrap();
    let registry = Registry::builtin().unwrap();
    let newest = registry.default_benchmark().unwrap();
    for benchmark in registry.benchmarks() {
        let listed = registry.controls_in(benchmark, Some(Section::Monitoring));
        // Only one control has a text that fires all day; of the newest benchmark all are tried.
        let asked = listed.iter().map(|(_, control)| control.id.clone());
        let controls: Vec<String> = asked
            .filter(|id| benchmark.id == newest.id || id == "unauthorized_api_calls")
            .collect();
        if controls.is_empty() {
            continue;
        }
        let options = Options {
            benchmark: Some(benchmark.id.clone()),
            controls,
            ..Options::default()
        };
        let plan = remedy::plan(&snapshot, &registry, &options, &Wishes::default()).unwrap();
        for outcome in &plan.outcomes {
            let control = &outcome.before.control;
            assert_eq!(outcome.after.status, Status::Pass, "{control}");
            assert!(
                !never_rests(&outcome.after),
                "{} {control}: {:?}",
                benchmark.id,
                outcome.after.notes
            );
        }
    }
}
