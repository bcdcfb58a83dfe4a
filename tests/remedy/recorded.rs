//! Fixes of what trails keep: selectors beside those that are there, digests, keys; proven as all others are.

use serde_json::{Value, json};
use trailproof::analyze::{Options, Status};
use trailproof::chain::verdict::LinkId;
use trailproof::remedy::{self, Plan, Resource};
use trailproof::report::fix;

use super::outcome_of;
use crate::analyze::{finding, only, snapshot};
use crate::support::world::{ACCOUNT, HOME, World};

const NEWEST: &str = "cis-aws";
const ALL: &str = "cloudtrail_all_regions";
const WRITES: &str = "s3_object_writes";
const READS: &str = "s3_object_reads";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/9d2f3c0a-0000-4000-8000-0000000000aa";

fn world(edit: impl FnOnce(&mut World)) -> World {
    let mut world = World::complete();
    edit(&mut world);
    world
}

fn plan(world: &World, controls: &[&str]) -> Plan {
    let (_folder, snapshot) = snapshot(world);
    let registry = trailproof::control::Registry::builtin().unwrap();
    let mut options = only(NEWEST, ALL);
    options.controls = controls.iter().map(|it| (*it).to_owned()).collect();
    remedy::plan(&snapshot, &registry, &options, &remedy::Wishes::default()).unwrap()
}

/// Each control passes after the plan.
fn all_pass(plan: &Plan) {
    for outcome in &plan.outcomes {
        let after = &outcome.after;
        assert_eq!(after.status, Status::Pass, "{}", after.control);
    }
}

/// What so many changes leave.
#[track_caller]
fn after<const N: usize>(plan: &Plan) -> [&Resource; N] {
    let changes = plan.changes.iter().map(|change| &change.after);
    changes.collect::<Vec<_>>().try_into().unwrap()
}

/// The trail as the plan leaves it.
fn trail_of(plan: &Plan) -> &remedy::resource::Trail {
    let mut trails = plan
        .changes
        .iter()
        .filter_map(|change| match &change.after {
            Resource::Trail(trail) => Some(trail),
            _ => None,
        });
    trails.next_back().unwrap()
}

/// The control fails by this link, and passes after its fix, as tried and as the printed script makes it.
#[track_caller]
fn repaired(world: &World, control: &str, id: LinkId) {
    let found = finding(world, NEWEST, control);
    assert_eq!(
        (found.status, found.broken_link),
        (Status::Fail, Some(id)),
        "{control}"
    );
    let outcome = outcome_of(world, &Options::default(), id, &found).unwrap();
    assert_eq!(
        outcome.after.status,
        Status::Pass,
        "{control} {id}: {}",
        trailproof::report::words::reason(&outcome.after)
    );
}

fn of_key(world: &mut World, state: &str, service: &str) {
    world.edit_trail(|trail| trail["KmsKeyId"] = json!(KEY));
    let metadata = json!({"KeyMetadata": {"KeyId": KEY.rsplit('/').next(), "Arn": KEY, "KeyState": state,
        "Enabled": state == "Enabled", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT"}});
    world.answer("kms", "DescribeKey", json!({"KeyId": KEY}), metadata);
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "owner", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "kms:*", "Resource": "*"},
        {"Sid": "service", "Effect": "Allow", "Principal": {"Service": service}, "Action": "kms:*", "Resource": "*"},
    ]});
    world.answer(
        "kms",
        "GetKeyPolicy",
        json!({"KeyId": KEY, "PolicyName": "default"}),
        json!({"Policy": policy.to_string(), "PolicyName": "default"}),
    );
}

#[test]
fn every_control_of_what_is_kept_has_a_fix_that_is_proven() {
    let excluded = world(|world| {
        world.selectors(
            "EventSelectors",
            json!([{"ReadWriteType": "All", "IncludeManagementEvents": true,
            "DataResources": [], "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]),
        );
    });
    repaired(&excluded, ALL, LinkId::S04);
    let one = world(|world| {
        world.single_region(true);
    });
    repaired(&one, ALL, LinkId::T07);
    repaired(&World::complete(), WRITES, LinkId::S11);
    repaired(&World::complete(), READS, LinkId::S11);
    let off = world(|world| {
        world.edit_trail(|trail| trail["LogFileValidationEnabled"] = json!(false));
    });
    repaired(&off, "cloudtrail_file_validation", LinkId::T14);
    repaired(&World::complete(), "cloudtrail_kms", LinkId::T16);
    let disabled = world(|world| of_key(world, "Disabled", "cloudtrail.amazonaws.com"));
    repaired(&disabled, "cloudtrail_kms", LinkId::T17);
    let other = world(|world| of_key(world, "Enabled", "logs.amazonaws.com"));
    repaired(&other, "cloudtrail_kms", LinkId::T17);
}

#[test]
fn a_trail_of_one_region_is_widened_whatever_hides_in_others() {
    let asked_in_part = world(|world| {
        world.single_region(true);
        world.forget_in("eu-west-1", "cloudtrail", "DescribeTrails");
    });
    let found = plan(&asked_in_part, &[ALL]);
    all_pass(&found);
    assert_eq!(found.changes.len(), 1, "{:#?}", found.changes);
    assert!(trail_of(&found).multi_region);
}

#[test]
fn a_new_trail_is_given_the_log_group_that_it_names() {
    let found = plan(&World::empty(), &[ALL]);
    all_pass(&found);
    let group = trail_of(&found).log_group_arn.clone();
    let made = found.changes.iter().find_map(|change| match &change.after {
        Resource::LogGroup(group) => Some(group.arn.clone()),
        _ => None,
    });
    assert!(group.is_some());
    assert_eq!(made, group, "{:#?}", found.changes);
}

#[test]
fn data_events_are_added_beside_the_selectors_that_are_there() {
    let basic = json!([
        {"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": []},
        {"ReadWriteType": "All", "IncludeManagementEvents": false, "ExcludeManagementEventSources": [],
         "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]},
    ]);
    let of_basic = world(|world| {
        world.selectors("EventSelectors", basic.clone());
    });
    let plan_of_both = plan(&of_basic, &[ALL, WRITES, READS]);
    all_pass(&plan_of_both);
    let trail = trail_of(&plan_of_both);
    assert_eq!(trail.selectors[..2], basic.as_array().unwrap()[..]);
    // Writes were asked for first, and reads made one selector for both of it.
    assert_eq!(trail.selectors.len(), 3);
    assert_eq!(trail.selectors[2]["ReadWriteType"], "All");
    assert_eq!(
        trail.selectors[2]["DataResources"][0]["Values"],
        json!(["arn:aws:s3"])
    );
    let fields = |category: &str, more: &[Value]| {
        let mut all = vec![json!({"Field": "eventCategory", "Equals": [category]})];
        all.extend(more.iter().cloned());
        json!({"Name": format!("{category} of ours"), "FieldSelectors": all})
    };
    let advanced = json!([
        fields("Management", &[]),
        fields(
            "Data",
            &[
                json!({"Field": "resources.type", "Equals": ["AWS::S3::Object"]}),
                json!({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::one/"]}),
            ]
        ),
    ]);
    let of_advanced = world(|world| {
        world.selectors("AdvancedEventSelectors", advanced.clone());
    });
    let plan_of_both = plan(&of_advanced, &[ALL, WRITES, READS]);
    let trail = trail_of(&plan_of_both);
    assert_eq!(trail.advanced_selectors.len(), 4);
    assert_eq!(
        trail.advanced_selectors[..2],
        advanced.as_array().unwrap()[..]
    );
    all_pass(&plan_of_both);
    let script = fix::script(&plan_of_both, fix::Format::AwsCli);
    assert!(script.contains("charges for by their number"), "{script}");
    // A trail that has no room left is not touched.
    let full: Vec<Value> = (0..5)
        .map(|number| json!({"ReadWriteType": "All", "IncludeManagementEvents": number == 0, "ExcludeManagementEventSources": [],
            "DataResources": [{"Type": "AWS::Lambda::Function", "Values": [format!("arn:aws:lambda:{HOME}:{ACCOUNT}:function:f{number}")]}]}))
        .collect();
    let full = world(|world| {
        world.selectors("EventSelectors", json!(full));
    });
    assert!(plan(&full, &[WRITES]).changes.is_empty());
}

#[test]
fn filters_of_an_account_without_a_trail_get_one_on_their_log_group() {
    let world = world(|world| {
        world.edit("cloudtrail", "DescribeTrails", |output| {
            output["trailList"] = json!([]);
        });
        world.forget("cloudtrail", "GetTrailStatus");
        world.forget("cloudtrail", "GetEventSelectors");
    });
    repaired(&world, "cloudtrail_changes", LinkId::T01);
    let plan = plan(&world, &["cloudtrail_changes", "root_usage"]);
    all_pass(&plan);
    let [bucket, role, trail] = after(&plan);
    assert!(matches!(bucket, Resource::Bucket(_)));
    assert!(matches!(role, Resource::Role(_)));
    assert!(matches!(trail, Resource::Trail(_)));
}

#[test]
fn a_trail_without_a_log_group_gets_that_of_the_filters_which_no_command_makes_anew() {
    let world = world(|world| {
        world.edit_trail(|trail| {
            trail["CloudWatchLogsLogGroupArn"] = json!("");
            trail["CloudWatchLogsRoleArn"] = json!("");
        });
        world.forget("logs", "DescribeLogGroups");
    });
    repaired(&world, "cloudtrail_changes", LinkId::F12);
    let plan = plan(&world, &["cloudtrail_changes", "root_usage"]);
    all_pass(&plan);
    let [role, trail] = after(&plan);
    assert!(matches!(role, Resource::Role(_)));
    assert!(matches!(trail, Resource::Trail(_)));
    let script = fix::script(&plan, fix::Format::AwsCli);
    let (_, back) = script.split_once("rollback_").unwrap();
    assert!(
        back.contains("\"CloudWatchLogsLogGroupArn\": \"\""),
        "{back}"
    );
    assert!(script.contains("it may hold something by then: roles."));
}
