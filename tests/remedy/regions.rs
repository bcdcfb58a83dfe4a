//! Fixes of rules, which see one Region each: of a fault in every Region at once, and of Regions that have no rule.

use serde_json::{Value, json};
use trailproof::analyze::{Options, Status};
use trailproof::chain::verdict::LinkId;
use trailproof::control::Registry;
use trailproof::remedy::{self, Plan, Resource, Wishes};

use crate::analyze::{finding, only, snapshot};
use crate::support::world::{ACCOUNT, RULE_TOPIC, Rule, SEVENTEEN, World};

/// The Region that nobody thought of.
const FORGOTTEN: &str = "ap-northeast-3";

/// What cloudtrail_changes asks for, as a rule.
fn pattern() -> Value {
    json!({"source": ["aws.cloudtrail"], "detail": {"eventSource": ["cloudtrail.amazonaws.com"],
        "eventName": ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]}})
}

/// The account of seventeen Regions with the rule in all but these.
pub(super) fn watched_but_for(missing: &[&str]) -> World {
    let deployed: Vec<&str> = SEVENTEEN
        .into_iter()
        .filter(|region| !missing.contains(region))
        .collect();
    World::watched_by_rules(&SEVENTEEN, &deployed, &[Rule::of("watch", pattern())])
}

/// The plan for the one control, after which it passes in the copy, and after the printed script in the world.
#[track_caller]
fn repaired(world: &World, control: &str, id: LinkId) -> Plan {
    let found = finding(world, "cis-aws", control);
    assert_eq!((found.status, found.broken_link), (Status::Fail, Some(id)));
    let outcome = super::outcome_of(world, &Options::default(), id, &found).unwrap();
    assert_eq!(outcome.after.status, Status::Pass);
    let (_folder, snapshot) = snapshot(world);
    let registry = Registry::builtin().unwrap();
    let options = only("cis-aws", control);
    remedy::plan(&snapshot, &registry, &options, &Wishes::default()).unwrap()
}

/// Kind and Region of each change.
fn kinds(plan: &Plan) -> Vec<(&'static str, &str)> {
    let changes = plan.changes.iter();
    changes
        .map(|change| {
            let kind = match &change.after {
                Resource::Topic(_) => "topic",
                Resource::Subscription(_) => "subscription",
                Resource::Rule(_) => "rule",
                Resource::Target(_) => "target",
                Resource::MetricFilter(_) => "filter",
                Resource::Alarm(_) => "alarm",
                _ => "other",
            };
            (kind, change.after.region().unwrap_or_default())
        })
        .collect()
}

#[test]
fn a_fault_of_rules_in_seventeen_regions_is_repaired_in_each() {
    let mut world = watched_but_for(&[]);
    for answer in world.answers_to("sns", "GetTopicAttributes") {
        let attributes = &mut answer.output.as_mut().unwrap()["Attributes"];
        let policy = attributes["Policy"].as_str().unwrap();
        attributes["Policy"] =
            json!(policy.replace("events.amazonaws.com", "cloudwatch.amazonaws.com"));
    }
    let plan = repaired(&world, "cloudtrail_changes", LinkId::E13);
    assert_eq!(plan.changes.len(), SEVENTEEN.len());
    assert!(kinds(&plan).iter().all(|(kind, _)| *kind == "topic"));
}

#[test]
fn a_region_without_the_rule_gets_it_with_a_topic_of_its_own() {
    let plan = repaired(
        &watched_but_for(&[FORGOTTEN]),
        "cloudtrail_changes",
        LinkId::E08,
    );
    let expected = ["topic", "subscription", "rule", "target"].map(|kind| (kind, FORGOTTEN));
    assert_eq!(kinds(&plan), expected);
    for change in &plan.changes {
        match &change.after {
            Resource::Topic(topic) => assert_eq!(topic.name, RULE_TOPIC),
            Resource::Subscription(it) => {
                assert_eq!(it.endpoint.as_deref(), Some("security@example.com"));
            }
            Resource::Rule(rule) => {
                assert_eq!(rule.name, "watch");
                assert_eq!(rule.pattern, Some(pattern().to_string()));
            }
            _ => {}
        }
    }
    // Somebody has to confirm the new subscription.
    assert_eq!(plan.waits.len(), 1);
}

#[test]
fn every_region_without_the_rule_gets_it() {
    let missing = ["sa-east-1", FORGOTTEN, "us-east-1"];
    let plan = repaired(
        &watched_but_for(&missing),
        "cloudtrail_changes",
        LinkId::E08,
    );
    assert_eq!(plan.changes.len(), 4 * missing.len());
}

#[test]
fn a_rule_of_one_region_is_not_spread_where_a_filter_and_an_alarm_are_less() {
    let others: Vec<&str> = SEVENTEEN
        .into_iter()
        .filter(|region| *region != "eu-west-1")
        .collect();
    let plan = repaired(&watched_but_for(&others), "cloudtrail_changes", LinkId::E08);
    let kinds = kinds(&plan);
    assert!(kinds.iter().any(|(kind, _)| *kind == "alarm"), "{kinds:?}");
    assert!(kinds.iter().all(|(kind, _)| *kind != "rule"), "{kinds:?}");
}

/// The patterns of the rules that a plan changes.
fn patterns(plan: &Plan) -> Vec<Value> {
    let changes = plan.changes.iter();
    let patterns = changes.filter_map(|change| match &change.after {
        Resource::Rule(rule) => serde_json::from_str(rule.pattern.as_deref()?).ok(),
        _ => None,
    });
    patterns.collect()
}

#[test]
fn a_rule_that_is_too_narrow_in_every_region_gets_the_names_that_it_lacks() {
    let mut narrow = pattern();
    narrow["detail"]["eventName"] = json!(["StopLogging", "DeleteTrail", "UpdateTrail"]);
    let world =
        World::watched_by_rules(&SEVENTEEN, &SEVENTEEN, &[Rule::of("watch", narrow.clone())]);
    let plan = repaired(&world, "cloudtrail_changes", LinkId::E05);
    let expected: Vec<_> = plan.changes.iter().map(|_| "rule").collect();
    let kinds: Vec<_> = kinds(&plan).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!((kinds.len(), &kinds), (SEVENTEEN.len(), &expected));
    let mut names: Vec<Value> = narrow["detail"]["eventName"].as_array().unwrap().clone();
    names.extend([json!("CreateTrail"), json!("StartLogging")]);
    narrow["detail"]["eventName"] = json!(names);
    assert!(patterns(&plan).iter().all(|pattern| *pattern == narrow));
    assert_eq!(plan.touches, []);
}

#[test]
fn a_rule_that_is_too_narrow_by_another_field_gets_a_second_half() {
    let mut narrow = pattern();
    narrow["detail"]["userIdentity"] = json!({"type": ["IAMUser"]});
    let regions = ["us-east-1", "eu-west-1"];
    let world = World::watched_by_rules(&regions, &regions, &[Rule::of("watch", narrow.clone())]);
    let plan = repaired(&world, "cloudtrail_changes", LinkId::E05);
    let patterns = patterns(&plan);
    assert_eq!(patterns.len(), plan.changes.len());
    for pattern in patterns {
        assert_eq!(pattern["$or"][0], narrow);
    }
    assert_eq!(plan.touches, []);
}

#[test]
fn the_region_of_global_services_gets_the_rule() {
    let deployed = ["eu-west-1", "eu-west-3"];
    let regions = ["us-east-1", "eu-west-1", "eu-west-3"];
    let rule = Rule::of("organization", json!({"source": ["aws.organizations"]}));
    let world = World::watched_by_rules(&regions, &deployed, &[rule]);
    let plan = repaired(&world, "organizations_changes", LinkId::E09);
    assert!(kinds(&plan).contains(&("rule", "us-east-1")));
}

#[test]
fn a_name_that_is_taken_in_the_region_gets_a_number() {
    let mut world = watched_but_for(&[FORGOTTEN]);
    let other = Rule::of(
        "watch",
        json!({"source": ["aws.ec2"], "detail": {"eventName": ["RunInstances"]}}),
    );
    world.deploy(FORGOTTEN, &[other]);
    let found = finding(&world, "cis-aws", "cloudtrail_changes");
    assert_eq!(found.status, Status::Fail);
    let plan = repaired(&world, "cloudtrail_changes", found.broken_link.unwrap());
    let mut rules = plan.changes.iter();
    let made = rules.find_map(|change| match (&change.before, &change.after) {
        (None, Resource::Rule(rule)) => Some(rule.name.as_str()),
        _ => None,
    });
    assert_eq!(made, Some("watch-2"), "{:?}", kinds(&plan));
}

#[test]
fn a_pattern_that_names_its_region_names_the_new_one() {
    let own = |region: &str| {
        let mut own = pattern();
        own["region"] = json!([region]);
        own
    };
    let mut world = watched_but_for(&SEVENTEEN);
    for region in SEVENTEEN.into_iter().filter(|it| *it != FORGOTTEN) {
        world.deploy(region, &[Rule::of("watch", own(region))]);
    }
    let plan = repaired(&world, "cloudtrail_changes", LinkId::E08);
    let mut changes = plan.changes.iter();
    let made = changes.find_map(|change| match &change.after {
        Resource::Rule(rule) => rule.pattern.clone(),
        _ => None,
    });
    let made: Value = serde_json::from_str(&made.unwrap()).unwrap();
    assert_eq!(made, own(FORGOTTEN));
}

#[test]
fn a_pattern_that_drifted_in_one_region_is_as_it_is_elsewhere() {
    let mut world = watched_but_for(&[FORGOTTEN]);
    let mut narrow = pattern();
    narrow["detail"]["eventName"] = json!(["StopLogging"]);
    world.deploy(FORGOTTEN, &[Rule::of("watch", narrow)]);
    let plan = repaired(&world, "cloudtrail_changes", LinkId::E05);
    assert_eq!(kinds(&plan), [("rule", FORGOTTEN)]);
    let Resource::Rule(rule) = &plan.changes[0].after else {
        panic!("{:?}", plan.changes);
    };
    assert_eq!(rule.pattern, Some(pattern().to_string()));
}

/// The targets of the rule in every Region but the hub: the hub's bus, by a role.
fn forwarding(world: &mut World, hub: &str) {
    let bus = format!("arn:aws:events:{hub}:{ACCOUNT}:event-bus/default");
    for answer in world.answers_to("events", "ListTargetsByRule") {
        if answer.region != hub {
            let role = format!("arn:aws:iam::{ACCOUNT}:role/forward");
            answer.output = Ok(json!({"Targets": [{"Id": "hub", "Arn": bus, "RoleArn": role}]}));
        }
    }
}

#[test]
fn a_region_forwards_to_the_bus_that_all_others_forward_to() {
    let mut world = watched_but_for(&[FORGOTTEN]);
    forwarding(&mut world, "eu-west-1");
    let plan = repaired(&world, "cloudtrail_changes", LinkId::E08);
    assert_eq!(kinds(&plan), [("rule", FORGOTTEN), ("target", FORGOTTEN)]);
    let Resource::Target(target) = &plan.changes[1].after else {
        panic!("{:?}", plan.changes);
    };
    assert!(target.settings.contains_key("RoleArn"), "{target:?}");
}

#[test]
fn who_else_is_reached_by_a_rule_and_its_topic_is_said() {
    let mut world =
        World::watched_by_rules(&SEVENTEEN, &SEVENTEEN, &[Rule::of("watch", pattern())]);
    world.edit("events", "ListRules", |output| {
        for rule in output["Rules"].as_array_mut().into_iter().flatten() {
            rule["State"] = json!("DISABLED");
        }
    });
    world.edit("events", "ListTargetsByRule", |output| {
        let targets = output["Targets"].as_array_mut().unwrap();
        targets
            .push(json!({"Id": "queue", "Arn": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:pager")}));
    });
    let plan = repaired(&world, "cloudtrail_changes", LinkId::E02);
    let script = trailproof::report::fix::script(&plan, trailproof::report::fix::Format::AwsCli);
    let said = format!(":{ACCOUNT}:pager`");
    assert!(script.contains("touches what all its targets get") && script.contains(&said));
}
