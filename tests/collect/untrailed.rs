//! An account without a trail: records may come another way, and every Region is asked for it.

use serde_json::json;

use super::{Place, collect, column, facts_digest, finding, gaps, number, succeed};
use crate::support::fake_aws::FakeAws;
use crate::support::world::{ACCOUNT, HOME, World};

/// An account without a trail, with a telemetry rule for CloudTrail's events in its home Region.
fn with_rule() -> World {
    let mut world = World::empty();
    world.answer(
        "observabilityadmin",
        "ListTelemetryRules",
        json!({}),
        json!({"TelemetryRuleSummaries": [
            {
                "RuleName": "flows",
                "RuleArn": format!("arn:aws:observabilityadmin:{HOME}:{ACCOUNT}:telemetry-rule/flows"),
                "ResourceType": "AWS::EC2::VPC",
                "TelemetryType": "Logs",
            },
            {
                "RuleName": "trail-events",
                "RuleArn": format!("arn:aws:observabilityadmin:{HOME}:{ACCOUNT}:telemetry-rule/trail-events"),
                "CreatedTimeStamp": 1_790_000_000_000_u64,
                "ResourceType": "AWS::CloudTrail",
                "TelemetryType": "Logs",
            },
        ]}),
    );
    world
}

#[test]
fn telemetry_rules_of_an_account_without_a_trail_are_recorded_page_by_page() {
    let aws = FakeAws::serve_pages(&with_rule(), 1);
    let place = Place::new();
    let file = place.file("a.trailproof");
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    assert_eq!(gaps(&file), [""; 0]);
    assert_eq!(
        column(
            &file,
            "select name || ' ' || resource_type from telemetry_rule"
        ),
        ["flows AWS::EC2::VPC", "trail-events AWS::CloudTrail"]
    );
    let regions = number(
        &file,
        "select count(distinct region) from evidence where operation = 'ListTelemetryRules'",
    );
    assert!(regions > 1, "{regions} Regions asked");
    let found = finding(&file, "root_usage");
    assert_eq!(found["status"], "unknown", "{found:#}");
    assert!(
        found.to_string().contains("telemetry rule `trail-events`"),
        "{found:#}"
    );
    let replayed = place.file("b.trailproof");
    succeed(super::bare(&replayed).arg("--from").arg(&file));
    assert_eq!(facts_digest(&file), facts_digest(&replayed));
}

#[test]
fn an_account_with_a_trail_is_not_asked_for_telemetry_rules() {
    let place = Place::new();
    let file = place.file("a.trailproof");
    let aws = FakeAws::serve(&World::complete());
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    let asked = "select count(*) from evidence where operation = 'ListTelemetryRules'";
    assert_eq!(number(&file, asked), 0);
}

#[test]
fn an_account_whose_only_trail_has_stopped_is_asked_as_one_without() {
    let mut world = World::complete();
    world.edit("cloudtrail", "GetTrailStatus", |status| {
        status["IsLogging"] = json!(false);
    });
    world.answers.extend(
        with_rule()
            .answers
            .into_iter()
            .filter(|answer| answer.operation == "ListTelemetryRules"),
    );
    let place = Place::new();
    let file = place.file("a.trailproof");
    let aws = FakeAws::serve(&world);
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    assert_eq!(gaps(&file), [""; 0]);
    let found = finding(&file, "root_usage");
    assert_eq!(found["status"], "unknown", "{found:#}");
    assert!(
        found.to_string().contains("telemetry rule `trail-events`"),
        "{found:#}"
    );
}

#[test]
fn an_account_without_a_trail_whose_telemetry_rules_are_denied_still_fails() {
    let mut world = with_rule();
    world.deny("observabilityadmin", "ListTelemetryRules");
    let place = Place::new();
    let file = place.file("a.trailproof");
    let aws = FakeAws::serve(&world);
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    assert_eq!(
        gaps(&file),
        ["observabilityadmin ListTelemetryRules: AccessDeniedException"]
    );
    // The channels were told, and a rule's would be among them.
    let found = finding(&file, "root_usage");
    assert_eq!(
        (&found["status"], &found["broken_link"]),
        (&json!("fail"), &json!("T01")),
        "{found:#}"
    );
}
