//! What a hostile name does in each form: nothing.

use serde_json::{Value, json};

use super::scripted;
use crate::support::trailproof;
use crate::support::world::{ACCOUNT, HOME, Site, TOPIC, World};

/// Names that act where a shell, the AWS CLI or a template reads them as its own words.
const HOSTILE: &str = "'; touch HACKED; echo '$(touch HACKED)`touch HACKED`\nJSON\ntouch HACKED\n-x ${var.x} \" %{if} file:///etc/passwd \u{202e}";

/// The complete account with an alarm of a hostile name and description, switched off, on a topic that is gone.
fn account() -> World {
    let mut world = World::complete();
    world.edit_alarm("root_usage", |alarm| {
        alarm["AlarmName"] = format!("-{HOSTILE}").into();
        alarm["AlarmDescription"] = HOSTILE.into();
        alarm["ActionsEnabled"] = false.into();
        let name = alarm["AlarmName"].as_str().unwrap_or_default();
        alarm["AlarmArn"] = Site::new(ACCOUNT, HOME).alarm_arn(name).into();
        alarm["OKActions"] = vec![Value::from(format!("file://{TOPIC}{HOSTILE}"))].into();
    });
    world
}

/// The complete account with a trail, a bucket, a key and selectors of hostile names, which records too little.
fn recorder() -> World {
    let mut world = World::complete();
    world.selectors(
        "AdvancedEventSelectors",
        json!([
            {"Name": HOSTILE, "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
            {"Name": format!("-{HOSTILE}"), "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                {"Field": "resources.ARN", "StartsWith": [format!("arn:aws:s3:::{HOSTILE}")]}]},
        ]),
    );
    world.edit_trail(|trail| {
        trail["S3BucketName"] = HOSTILE.into();
        trail["S3KeyPrefix"] = format!("-{HOSTILE}").into();
        trail["LogFileValidationEnabled"] = false.into();
    });
    world
}

#[test]
fn names_are_data_in_every_form() {
    held("root_usage", &account(), &|input| {
        // An alarm that is looked for is in a list, one that is put is not.
        let named = input.get("AlarmName").unwrap_or(&input["AlarmNames"][0]);
        assert_eq!(named, format!("-{HOSTILE}").as_str(), "{input}");
    });
}

#[test]
fn names_of_rules_and_targets_are_data_in_every_form() {
    let mut world = super::regions::watched_but_for(&["ap-northeast-3"]);
    let name = format!("-{HOSTILE}");
    for answer in world.answers_to("events", "ListRules") {
        for rule in answer.output.as_mut().unwrap()["Rules"]
            .as_array_mut()
            .unwrap()
        {
            rule["Name"] = json!(name);
        }
    }
    for answer in world.answers_to("events", "ListTargetsByRule") {
        answer.request = json!({ "Rule": name });
        let target = &mut answer.output.as_mut().unwrap()["Targets"][0];
        target["Id"] = json!(name);
        target["InputTransformer"] = json!({"InputPathsMap": {"a": "$.detail"}, "InputTemplate": format!("\"{HOSTILE} <a>\"")});
    }
    held("cloudtrail_changes", &world, &|input| {
        for member in ["Name", "Rule", "NamePrefix"] {
            if let Some(said) = input
                .get(member)
                .filter(|_| input.get("EventBusName").is_some())
            {
                assert_eq!(*said, name, "{input}");
            }
        }
    });
}

#[test]
fn names_of_trails_and_selectors_are_data_in_every_form() {
    let selectors = |input: &Value| {
        if let Some(list) = input.get("AdvancedEventSelectors") {
            assert_eq!(list[0]["Name"], HOSTILE, "{input}");
        }
    };
    for control in [
        "s3_object_writes",
        "cloudtrail_file_validation",
        "cloudtrail_kms",
    ] {
        held(control, &recorder(), &selectors);
    }
}

/// Holds the fix of a control in each form, and what the script tells AWS.
fn held(control: &str, world: &World, told: &dyn Fn(&Value)) {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("hostile.trailproof");
    world.write_snapshot(&snapshot);
    // A plan as data is read back unchanged.
    let plan = trailproof()
        .arg("remediate")
        .arg(&snapshot)
        .args(["--control", control, "--plan", "json"])
        .output()
        .unwrap();
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    assert!(
        plan["changes"]
            .to_string()
            .contains(HOSTILE.lines().next().unwrap())
    );
    for format in ["aws-cli", "terraform", "cloudformation", "console"] {
        let output = trailproof()
            .arg("remediate")
            .arg(&snapshot)
            .args(["--control", control, "--format", format])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains('\u{202e}'), "{format}");
        for line in text.lines() {
            let line = line.trim_start();
            assert!(
                !line.starts_with("touch") && line != "JSON HACKED",
                "{format}: {line}"
            );
        }
        if format == "aws-cli" {
            acts_on_nothing(folder.path(), &text, told);
        }
    }
}

/// Says who asks, and notes what it is told.
const AWS: &str = "#!/bin/sh\ncase $1 in sts) echo 111122223333; exit ;; esac\n\
    for word; do printf '%s\\0' \"$word\"; done >>told\n\
    case \" $* \" in *' --query '*) echo '\"free\"' ;; esac\n";

/// The script with that `aws`.
fn acts_on_nothing(folder: &std::path::Path, script: &str, held: &dyn Fn(&Value)) {
    for words in [&[][..], &["rollback"]] {
        let output = scripted::run(folder, AWS, script, words, &[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
    }
    assert!(!folder.join("HACKED").exists());
    let told = std::fs::read_to_string(folder.join("told")).unwrap();
    let inputs: Vec<Value> = told
        .split('\0')
        .filter(|word| word.starts_with('{'))
        .map(|word| serde_json::from_str(word).unwrap())
        .collect();
    assert!(!inputs.is_empty());
    inputs.iter().for_each(held);
}
