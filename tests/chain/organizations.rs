//! Organization trails: T10, T11, T13.

use super::*;
use crate::support::world::{HOME, MEMBER, Site};

#[test]
fn a_members_path_runs_through_the_owners_log_group() {
    let world = World::organization();
    let chain = chain_of_account(&world, MEMBER);
    let path = path_of(&chain, CONTROL);
    assert!(path.sound(), "{path:#?}");
    let owner = Site::new(ACCOUNT, HOME);
    assert_eq!(path.trail.as_deref(), Some(owner.trail_arn().as_str()));
    assert_eq!(
        path.log_group.as_deref(),
        Some(owner.log_group_arn().as_str())
    );
    assert!(takes(path, &stop_logging("eu-west-1")));
    assert_eq!(
        path_of(&chain_of(&world), CONTROL).verdict(),
        Verdict::Ok,
        "the owner's own path"
    );
}

#[test]
fn t10_owner_is_not_in_the_snapshot() {
    let mut world = World::organization();
    world.only_account(MEMBER);
    let chain = chain_of_account(&world, MEMBER);
    assert_eq!(chain.paths.len(), 1, "{:#?}", chain.paths);
    let path = &chain.paths[0];
    assert_eq!(path.verdict(), Verdict::Unknown);
    let link = path.link(LinkId::T10).expect("a reason");
    assert!(
        sentence(&link.cause).contains(ACCOUNT),
        "the missing account is named: {}",
        sentence(&link.cause)
    );
    assert!(
        takes(path, &stop_logging("eu-west-1")),
        "nobody knows which events are counted there"
    );
}

#[test]
fn t11_role_may_not_write_the_members_log_streams() {
    let chain = chain_of_account(&World::organization(), MEMBER);
    let path = path_of(&chain, CONTROL);
    assert_eq!(path.verdict(), Verdict::Weak);
    assert_eq!(
        path.link(LinkId::T11).map(|link| link.verdict),
        Some(Verdict::Weak)
    );
    assert!(
        links_of(&chain_of(&World::organization()), LinkId::T11).is_empty(),
        "the owner's own events need no such stream"
    );
}

#[test]
fn t13_organizations_events_occur_in_the_management_account() {
    let world = World::organization();
    let noted = |account: &str| {
        chain_of_account(&world, account)
            .notes
            .iter()
            .any(|note| note.id == LinkId::T13)
    };
    assert!(noted(MEMBER));
    assert!(!noted(ACCOUNT));
}

#[test]
fn the_owners_denied_selectors_make_the_members_path_unknown() {
    let mut world = World::organization();
    world.deny("cloudtrail", "GetEventSelectors");
    let chain = chain_of_account(&world, MEMBER);
    let path = path_of(&chain, CONTROL);
    assert_eq!(path.verdict(), Verdict::Unknown);
    assert!(
        path.link(LinkId::S10)
            .is_some_and(|link| sentence(&link.cause).contains(ACCOUNT))
    );
}

#[test]
fn accounts_are_listed_once_each_in_order() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("world.db");
    World::organization_of(&["999900001111", MEMBER]).write_snapshot(&file);
    let snapshot = Snapshot::open(&file).expect("a snapshot");
    assert_eq!(
        chain::accounts(&snapshot).expect("accounts"),
        [ACCOUNT, MEMBER, "999900001111"]
    );
}

#[test]
fn f05_what_the_account_dimension_is_for_a_members_records_is_unknown() {
    let mut world = World::organization();
    world.edit_filter(CONTROL, |filter| {
        filter["emitSystemFieldDimensions"] = json!(["@aws.account"])
    });
    world.edit_alarm(CONTROL, |alarm| {
        alarm["Dimensions"] = json!([{"Name": "@aws.account", "Value": ACCOUNT}])
    });
    let of_member = chain_of_account(&world, MEMBER);
    assert_eq!(path_of(&of_member, CONTROL).verdict(), Verdict::Unknown);
    assert!(path_of(&chain_of(&world), CONTROL).sound());
}

#[test]
fn t04_a_members_events_may_fail_where_the_owners_arrive() {
    let mut world = World::organization();
    for answer in world.answers_to("cloudtrail", "GetTrailStatus") {
        if answer.account == MEMBER {
            let status = answer.output.as_mut().expect("an answer");
            status["LatestCloudWatchLogsDeliveryError"] = json!("AccessDenied");
            status["LatestCloudWatchLogsDeliveryTime"] = Value::Null;
        }
    }
    let of_member = chain_of_account(&world, MEMBER);
    let path = path_of(&of_member, CONTROL);
    assert_eq!(path.verdict(), Verdict::Broken);
    assert!(
        path.links
            .iter()
            .any(|link| link.id == LinkId::T04 && link.verdict == Verdict::Broken)
    );
    assert_eq!(path_of(&chain_of(&world), CONTROL).verdict(), Verdict::Ok);
}
