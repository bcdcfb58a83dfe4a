//! Snapshots of several accounts: each change belongs to the account that owns what is changed, and the script does in an
//! account what belongs there and nothing else.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use super::scripted;
use crate::support::controls::alarm_name;
use crate::support::trailproof;
use crate::support::world::{ACCOUNT, HOME, LOG_GROUP, MEMBER, Site, World};

/// Two accounts that have nothing to do with each other, each with a chain of its own.
fn two_accounts() -> World {
    let mut world = World::complete();
    world
        .answers
        .extend(World::of(&Site::new(MEMBER, HOME)).answers);
    world
}

fn remediate(world: &World, folder: &Path, args: &[&str]) -> String {
    let snapshot = folder.join("accounts.trailproof");
    let _ = std::fs::remove_file(&snapshot);
    world.write_snapshot(&snapshot);
    let output = trailproof()
        .arg("remediate")
        .arg(&snapshot)
        .args(args)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

fn changed_in(plan: &str) -> Vec<(String, String)> {
    let plan: Value = serde_json::from_str(plan).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let changes = plan["changes"].as_array().unwrap().iter();
    changes
        .map(|it| (text(&it["account"]), text(&it["after"]["resource"])))
        .collect()
}

/// The script in an account, with an `aws` that says whose credentials they are and notes what it is told to change.
fn run(folder: &Path, script: &str, account: &str) -> (Output, Vec<String>) {
    let told = folder.join("told");
    let _ = std::fs::remove_file(&told);
    let aws = format!(
        "#!/bin/sh\ncase $1 in sts) echo {account}; exit ;; esac\necho \"$1 $2\" >>told\n\
         case \" $* \" in *' --query '*) echo '\"free\"' ;; esac\n"
    );
    let output = scripted::run(folder, &aws, script, &[], &[]);
    let told = std::fs::read_to_string(&told).unwrap_or_default();
    (output, told.lines().map(str::to_owned).collect())
}

#[test]
fn each_account_gets_its_own_changes_and_no_others() {
    let mut world = two_accounts();
    for answer in world.answers_to("monitoring", "DescribeAlarms") {
        let Ok(output) = &mut answer.output else {
            continue;
        };
        for alarm in output["MetricAlarms"].as_array_mut().into_iter().flatten() {
            // Switched off in the one account, without an action in the other.
            if alarm["AlarmName"] != alarm_name("root_usage") {
                continue;
            }
            if answer.account == ACCOUNT {
                alarm["ActionsEnabled"] = json!(false);
            } else {
                alarm["AlarmActions"] = json!([]);
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let plan = remediate(&world, folder.path(), &["--plan", "json"]);
    let expected = [ACCOUNT, MEMBER].map(|account| (account.to_owned(), "alarm".to_owned()));
    assert_eq!(changed_in(&plan), expected);
    let script = remediate(&world, folder.path(), &[]);
    for (account, does) in [
        (ACCOUNT, Some("cloudwatch put-metric-alarm")),
        (MEMBER, Some("cloudwatch put-metric-alarm")),
        ("999988887777", None),
    ] {
        let (output, told) = run(folder.path(), &script, account);
        let error = String::from_utf8_lossy(&output.stderr);
        let Some(does) = does else {
            assert_eq!(output.status.code(), Some(2), "{error}");
            assert!(error.starts_with("nothing was changed"), "{error}");
            assert!(told.is_empty(), "{told:?}");
            continue;
        };
        assert!(output.status.success(), "{error}");
        let told: BTreeSet<&str> = told.iter().map(String::as_str).collect();
        assert_eq!(told, BTreeSet::from(["cloudwatch describe-alarms", does]));
    }
    // One account alone is asked about: nothing of the other is touched.
    let only = remediate(
        &world,
        folder.path(),
        &["--account", MEMBER, "--plan", "json"],
    );
    assert_eq!(changed_in(&only), expected[1..]);
    for format in ["terraform", "cloudformation", "console"] {
        let text = remediate(&world, folder.path(), &["--format", format]);
        assert!(text.contains(&alarm_name("root_usage")), "{format}: {text}");
    }
}

/// What members rest on is the organization trail of another account: the change is that account's, and it says that it
/// touches every member.
#[test]
fn a_member_is_repaired_in_the_account_that_owns_the_organization_trail() {
    let mut world = World::organization();
    for answer in world.answers_to("cloudtrail", "GetTrailStatus") {
        if let Ok(output) = &mut answer.output {
            output["IsLogging"] = json!(false);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["--plan", "json"][..],
        &["--account", MEMBER, "--plan", "json"],
    ] {
        let plan = remediate(&world, folder.path(), args);
        assert_eq!(
            changed_in(&plan),
            [(ACCOUNT.to_owned(), "trail".to_owned())]
        );
        let plan: Value = serde_json::from_str(&plan).unwrap();
        assert_eq!(plan["touches"][0]["touches"], "organization");
        for outcome in plan["outcomes"].as_array().unwrap() {
            assert_eq!(outcome["after"], "pass", "{outcome}");
            assert_eq!(outcome["changes"], json!([0]), "{outcome}");
        }
    }
}

/// The log archive is where the organization trail delivers to: a filter that a member put on its own log group is put there.
#[test]
fn a_filter_that_a_member_lacks_is_made_where_the_trail_delivers() {
    let mut world = World::organization();
    world.remove_filter("root_usage");
    let folder = tempfile::tempdir().unwrap();
    let plan = remediate(&world, folder.path(), &["--plan", "json"]);
    for (account, _) in changed_in(&plan) {
        assert_eq!(account, ACCOUNT);
    }
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(plan["changes"][0]["after"]["log_group"], LOG_GROUP);
}
