//! Whole accounts: complete, empty, partly answered.

use std::collections::BTreeSet;

use trailproof::chain;
use trailproof::chain::verdict::Verdict;
use trailproof::snapshot::Snapshot;

use super::*;
use crate::support::controls::monitored;
use crate::support::world::REGIONS;

#[test]
fn every_control_of_the_complete_account_has_one_path_that_is_ok_throughout() {
    let chain = chain_of(&World::complete());
    assert_eq!(chain.paths.len(), monitored().len());
    for monitored in monitored() {
        let path = path_of(&chain, monitored.control);
        assert_eq!(path.verdict(), Verdict::Ok, "{path:#?}");
        assert!(path.alarm.is_some() && path.action.is_some() && path.subscription.is_some());
    }
    assert!(chain.regions_known);
    let mut regions = REGIONS.map(str::to_owned);
    regions.sort();
    assert_eq!(
        chain.scope.regions, regions,
        "disabled regions are out of scope"
    );
    assert!(chain.gaps.is_empty(), "{:?}", chain.gaps);
    for region in REGIONS {
        assert!(takes(path_of(&chain, CONTROL), &stop_logging(region)));
    }
    assert!(!takes(
        path_of(&chain, "root_usage"),
        &stop_logging("us-east-1")
    ));
}

#[test]
fn the_view_of_all_paths_shows_the_same_as_the_walk() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("world.db");
    World::complete().write_snapshot(&file);
    let snapshot = Snapshot::open(&file).expect("a snapshot");
    chain::create_views(&snapshot).expect("views");
    let mut statement = snapshot
        .connection()
        .prepare("select trail_arn, filter_name, alarm_arn, action_arn, endpoint from chain_path where account = ?1")
        .expect("the view");
    let rows = statement
        .query_map([ACCOUNT], |row| {
            Ok([
                row.get::<_, String>(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ])
        })
        .expect("rows");
    let shown: BTreeSet<[String; 5]> = rows.map(|row| row.expect("a row")).collect();
    let chain = chain::account(&snapshot, ACCOUNT).expect("a chain");
    let walked: BTreeSet<[String; 5]> = chain
        .paths
        .into_iter()
        .map(|path| {
            [
                path.trail.expect("a trail"),
                path.filter.expect("a filter").name,
                path.alarm.expect("an alarm").arn,
                path.action.expect("an action"),
                path.subscription.expect("a subscription").endpoint,
            ]
        })
        .collect();
    assert_eq!(shown, walked);
}

#[test]
fn an_account_without_trails_says_so() {
    let chain = chain_of(&World::empty());
    assert_eq!(chain.paths.len(), 1, "{:#?}", chain.paths);
    assert_eq!(chain.paths[0].verdict(), Verdict::Broken);
    assert_eq!(chain.paths[0].links[0].id, LinkId::T01);
    assert_eq!(chain.paths[0].links[0].evidence.len(), REGIONS.len());
}

#[test]
fn an_incomplete_snapshot_has_no_sound_path_for_what_was_not_asked() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("world.db");
    let whole = World::complete();
    let mut seen_sound = false;
    for length in 0..=whole.answers.len() {
        let mut world = whole.clone();
        world.answers.truncate(length);
        let partial = world.write_partial(&file);
        let snapshot = Snapshot::open(&partial).expect("a snapshot");
        let chain = chain::account(&snapshot, ACCOUNT).expect("a chain");
        let sound = chain.sound_paths().count();
        // The chain is whole once the subscription's attributes are read; before, nothing may count.
        let read = world
            .answers
            .iter()
            .any(|answer| answer.operation == "GetSubscriptionAttributes");
        assert_eq!(
            sound > 0,
            read,
            "after {length} answers: {:#?}",
            chain.paths
        );
        seen_sound |= sound > 0;
        std::fs::remove_file(&partial).expect("removed");
    }
    assert!(seen_sound);
}
