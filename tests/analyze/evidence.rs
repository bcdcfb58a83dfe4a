//! What a finding rests on: the paths that it shows, how many more there are, and the evidence rows.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trailproof::analyze::Status;
use trailproof::chain;
use trailproof::report::words::reason;
use trailproof::snapshot::Snapshot;

use super::super::support::world::{ACCOUNT, HOME, Rule, SEVENTEEN, Site, World};
use super::super::support::{project, trailproof};
use super::{finding, snapshot};

const NEWEST: &str = "cis-aws";

/// An account whose topic has so many confirmed addresses.
fn told_by(addresses: usize) -> World {
    let mut world = World::complete();
    let arn = Site::new(ACCOUNT, HOME).subscription_arn();
    let arn = |number: usize| format!("{arn}{number:03}");
    world.edit("sns", "ListSubscriptionsByTopic", |output| {
        let first = output["Subscriptions"][0].clone();
        let all = (0..addresses).map(|number| {
            let mut one = first.clone();
            one["SubscriptionArn"] = json!(arn(number));
            one["Endpoint"] = json!(format!("watch-{number:03}@example.com"));
            one
        });
        output["Subscriptions"] = all.collect();
    });
    for number in 0..addresses {
        world.answer(
            "sns",
            "GetSubscriptionAttributes",
            json!({"SubscriptionArn": arn(number)}),
            json!({"Attributes": {"SubscriptionArn": arn(number), "PendingConfirmation": "false",
                "RawMessageDelivery": "false", "ConfirmationWasAuthenticated": "true"}}),
        );
    }
    world
}

/// What a command says of a world, and its exit code.
fn said(world: &World, command: &str, more: &[&str]) -> String {
    let (folder, _snapshot) = snapshot(world);
    let output = trailproof()
        .arg(command)
        .arg(folder.path().join("account.trailproof"))
        .args(more)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Eight of twenty paths were shown, and `1 of 8` was said of them.
#[test]
fn paths_that_are_not_shown_are_counted() {
    let world = told_by(20);
    let found = finding(&world, NEWEST, "root_usage");
    assert_eq!(found.paths.len() + found.paths_left_out, 20, "{found:?}");
    assert!(found.paths.len() < 20);
    assert_eq!(found.status, Status::Pass, "{found:?}");
    let left_out = found.paths_left_out;
    let told = reason(&found);
    assert!(told.contains("and 17 more"), "{told}");

    let json = said(
        &world,
        "analyze",
        &["--control", "root_usage", "--format", "json"],
    );
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"][0]["paths_left_out"], left_out);
    let text = said(&world, "explain", &["root_usage", "--full"]);
    assert!(text.contains("and 19 other paths"), "{text}");
    assert!(text.contains("Path 1 of 20"), "{text}");
    assert!(
        text.contains(&format!("and {left_out} more paths, not drawn")),
        "{text}"
    );
    let page = said(
        &world,
        "analyze",
        &["--control", "root_usage", "--format", "html"],
    );
    assert!(
        page.contains(&format!("And {left_out} more paths carry the same events.")),
        "{page}"
    );

    // Of a fail the page shows the path to blame alone.
    let mut silent = told_by(20);
    silent.edit_alarm("root_usage", |alarm| alarm["ActionsEnabled"] = json!(false));
    let page = said(
        &silent,
        "analyze",
        &["--control", "root_usage", "--format", "html"],
    );
    let others = finding(&silent, NEWEST, "root_usage");
    let others = others.paths.len() + others.paths_left_out - 1;
    assert!(
        others == 0 || page.contains(&format!("And {others} other path")),
        "{page}"
    );
}

/// A pass by a rule in each of seventeen Regions cited the evidence of eight.
#[test]
fn a_pass_cites_the_evidence_of_every_path_that_it_needs() {
    let pattern = json!({"source": ["aws.cloudtrail"], "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"eventSource": ["cloudtrail.amazonaws.com"],
            "eventName": ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]}});
    let rules = [Rule::of("watch", pattern)];
    let world = World::watched_by_rules(&SEVENTEEN, &SEVENTEEN, &rules);
    let found = finding(&world, NEWEST, "cloudtrail_changes");
    assert_eq!(found.status, Status::Pass, "{found:?}");
    assert!(found.paths_left_out > 0);
    // What the rule asks for is shown as a filter's pattern is.
    let text = said(&world, "explain", &["cloudtrail_changes", "--full"]);
    assert!(
        text.contains("\n      {\"source\":[\"aws.cloudtrail\"]"),
        "{text}"
    );
    let page = said(&world, "analyze", &["--format", "html"]);
    let deployed = "What is deployed: EventBridge rule <code>watch</code></h4><pre tabindex=\"0\">{&quot;source&quot;";
    assert!(page.contains(deployed), "{page}");
    let (_folder, snapshot) = snapshot(&world);
    let chain = chain::account(&snapshot, ACCOUNT).unwrap();
    let links = chain.paths.iter().flat_map(|path| &path.links);
    let all: BTreeSet<i64> = links.flat_map(|link| link.evidence.clone()).collect();
    let cited: BTreeSet<i64> = found.evidence.iter().copied().collect();
    assert_eq!(cited, all);
}

/// The finding of a control that is this query, in the complete sample.
fn asked(sql: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let control = format!(
        "title = \"Alarms are there\"\nrationale = \"people read them\"\nseverity = \"low\"\nremediation = \"add one\"\nquery = \"\"\"{sql}\"\"\"\n"
    );
    std::fs::write(folder.path().join("alarms.toml"), control).unwrap();
    let output = trailproof()
        .arg("analyze")
        .arg(project("snapshots/complete.trailproof"))
        .arg("--controls")
        .arg(folder.path())
        .args(["--control", "alarms"])
        .args(more)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// `evidence rows none` stood at what a query found, whatever it had read.
#[test]
fn a_query_names_the_evidence_of_its_answer_or_is_told_not_to() {
    let columns = "select name as resource, 'pass' as status, 'there' as reason";
    let from = "from alarm where account = :account";
    let (code, json, error) = asked(
        &format!("{columns}, evidence_id {from}"),
        &["--format", "json"],
    );
    assert!(code < Some(2), "{error}");
    let json: Value = serde_json::from_str(&json).unwrap();
    let snapshot = Snapshot::open(&project("snapshots/complete.trailproof")).unwrap();
    let mut statement = snapshot
        .connection()
        .prepare("select distinct evidence_id from alarm order by evidence_id")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    let rows: Vec<i64> = rows.map(Result::unwrap).collect();
    assert!(!rows.is_empty());
    assert_eq!(json["findings"][0]["evidence"], json!(rows));
    assert_eq!(json["findings"][0]["notes"], json!([]));
    // The page lists the calls, and what it cites is there.
    let (_, page, _) = asked(
        &format!("{columns}, evidence_id {from}"),
        &["--format", "html"],
    );
    assert!(
        page.contains(&format!("evidence rows <a href=\"#e{0}\">{0}</a>", rows[0])),
        "{page}"
    );
    assert!(
        page.contains(&format!("<tr id=\"e{}\">", rows[0])),
        "{page}"
    );

    // What names none is told of in every format that has remarks.
    let (_, json, _) = asked(&format!("{columns} {from}"), &["--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"][0]["evidence"], json!([]));
    assert_eq!(
        json["findings"][0]["notes"][0]["about"]["code"],
        "names_no_evidence"
    );
    let (_, page, _) = asked(&format!("{columns} {from}"), &["--format", "html"]);
    assert!(
        page.contains("evidence rows not named by the query"),
        "{page}"
    );

    let (code, _, error) = asked(&format!("{columns}, 999999 as evidence_id {from}"), &[]);
    assert_eq!(code, Some(2));
    assert!(error.contains("`999999` as evidence_id"), "{error}");
}

/// What to do about a collection that was cut short was to build what the snapshot shows as there.
#[test]
fn a_collection_that_was_cut_short_is_to_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let path = World::complete().write_partial(&folder.path().join("cut.trailproof"));
    let output = trailproof()
        .arg("explain")
        .arg(path)
        .args(["root_usage", "--no-fix"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("fix     `trailproof collect --resume -o FILE`"),
        "{text}"
    );
    assert!(!text.contains("metric filter with"), "{text}");
    assert!(!text.contains("--with-fix"), "{text}");
}

/// `N02 topic does not exist` stood at a topic that nobody was let read, and a change was offered that repairs it.
#[test]
fn what_is_not_known_is_not_said_to_be() {
    let mut world = World::complete();
    world.deny("sns", "GetTopicAttributes");
    let text = said(&world, "explain", &["root_usage", "--no-fix"]);
    assert!(
        text.contains("link    N02 not known whether: topic does not exist"),
        "{text}"
    );
    assert!(!text.contains("--with-fix"), "{text}");
    let text = said(&world, "analyze", &["--details"]);
    assert!(
        text.contains("N02 not known whether: topic does not exist"),
        "{text}"
    );
    let page = said(&world, "analyze", &["--format", "html"]);
    assert!(
        page.contains("<code>N02</code> not known whether: topic does not exist"),
        "{page}"
    );
    let mut world = World::complete();
    world.deny("logs", "DescribeMetricFilters");
    let text = said(&world, "explain", &["root_usage", "--no-fix"]);
    assert!(
        text.contains("link    F01 not known whether: no filter pattern matches"),
        "{text}"
    );
    let fails = said(&World::empty(), "explain", &["root_usage", "--no-fix"]);
    assert!(fails.contains("--with-fix"), "{fails}");
}
