//! Fixes of what is broken in every Region at once.

use serde_json::json;
use trailproof::analyze::Status;
use trailproof::control::Registry;
use trailproof::remedy::{self, Resource, Wishes};

use crate::analyze::{only, snapshot};
use crate::support::world::{Rule, SEVENTEEN, World};

#[test]
fn a_fault_of_rules_in_seventeen_regions_is_repaired_in_each() {
    let pattern = json!({"source": ["aws.cloudtrail"], "detail": {"eventSource": ["cloudtrail.amazonaws.com"],
        "eventName": ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]}});
    let rules = [Rule::of("watch", pattern)];
    let mut world = World::watched_by_rules(&SEVENTEEN, &SEVENTEEN, &rules);
    for answer in world.answers_to("sns", "GetTopicAttributes") {
        let attributes = &mut answer.output.as_mut().unwrap()["Attributes"];
        let policy = attributes["Policy"].as_str().unwrap();
        attributes["Policy"] =
            json!(policy.replace("events.amazonaws.com", "cloudwatch.amazonaws.com"));
    }
    let (_folder, snapshot) = snapshot(&world);
    let registry = Registry::builtin().unwrap();
    let options = only("cis-aws", "cloudtrail_changes");
    let plan = remedy::plan(&snapshot, &registry, &options, &Wishes::default()).unwrap();
    assert_eq!(plan.outcomes[0].after.status, Status::Pass);
    assert_eq!(plan.changes.len(), SEVENTEEN.len());
    let topics = plan.changes.iter();
    assert!(
        topics
            .into_iter()
            .all(|it| matches!(it.after, Resource::Topic(_)))
    );
}
