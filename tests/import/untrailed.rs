//! An account without a trail, asked by the script: records may come another way.

use serde_json::json;

use super::fake::Fake;
use super::{gaps, script_as_collected};
use crate::support::world::{ACCOUNT, HOME, World};

#[test]
fn the_script_asks_an_account_without_a_trail_for_channels_and_telemetry_rules() {
    let mut world = World::empty();
    world.answer("cloudtrail", "ListTrails", json!({}), json!({"Trails": []}));
    asked_as_collected(world);
}

#[test]
fn the_script_asks_an_account_whose_only_trail_has_stopped_for_them_too() {
    let mut world = World::complete();
    world.edit("cloudtrail", "GetTrailStatus", |status| {
        status["IsLogging"] = json!(false);
    });
    world.answer("cloudtrail", "ListTrails", json!({}), json!({"Trails": []}));
    asked_as_collected(world);
}

/// Has the script ask the account for channels and a telemetry rule, as the collector does.
fn asked_as_collected(mut world: World) {
    let regions: Vec<String> = world
        .answers_to("cloudtrail", "DescribeTrails")
        .iter()
        .map(|answer| answer.region.clone())
        .collect();
    let rule = json!({
        "RuleName": "trail-events",
        "RuleArn": format!("arn:aws:observabilityadmin:{HOME}:{ACCOUNT}:telemetry-rule/trail-events"),
        "ResourceType": "AWS::CloudTrail",
        "TelemetryType": "Logs",
    });
    for region in &regions {
        let rules = if region == HOME {
            vec![&rule]
        } else {
            Vec::new()
        };
        for (call, output) in [
            (("cloudtrail", "ListChannels"), json!({"Channels": []})),
            (
                ("observabilityadmin", "ListTelemetryRules"),
                json!({"TelemetryRuleSummaries": rules}),
            ),
        ] {
            world.answer_of(ACCOUNT, region, call, json!({}), output);
        }
    }
    let fake = Fake::new(&world);
    let output = fake.run_in("sh", None, &[]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let [snapshot, collected] = script_as_collected(&fake, &world);
    assert_eq!(gaps(&snapshot), gaps(&collected));
}
