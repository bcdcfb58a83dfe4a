//! What a hostile name does in each form: nothing.

use serde_json::Value;

use super::scripted;
use crate::support::trailproof;
use crate::support::world::{TOPIC, World};

/// Names that act where a shell, the AWS CLI or a template reads them as its own words.
const HOSTILE: &str = "'; touch HACKED; echo '$(touch HACKED)`touch HACKED`\nJSON\ntouch HACKED\n-x ${var.x} \" %{if} file:///etc/passwd \u{202e}";

/// The complete account with an alarm of a hostile name and description, switched off, on a topic that is gone.
fn account() -> World {
    let mut world = World::complete();
    world.edit_alarm("root_usage", |alarm| {
        alarm["AlarmName"] = format!("-{HOSTILE}").into();
        alarm["AlarmDescription"] = HOSTILE.into();
        alarm["ActionsEnabled"] = false.into();
        let arn = alarm["AlarmArn"].as_str().unwrap_or_default().to_owned();
        alarm["AlarmArn"] = format!("{arn}{HOSTILE}").into();
        alarm["OKActions"] = vec![Value::from(format!("file://{TOPIC}{HOSTILE}"))].into();
    });
    world
}

#[test]
fn names_are_data_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("hostile.trailproof");
    account().write_snapshot(&snapshot);
    for format in ["aws-cli", "terraform", "cloudformation", "console"] {
        let output = trailproof()
            .arg("remediate")
            .arg(&snapshot)
            .args(["--control", "root_usage", "--format", format])
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
            acts_on_nothing(folder.path(), &text);
        }
    }
}

/// Says who asks, and notes what it is told.
const AWS: &str = "#!/bin/sh\ncase $1 in sts) echo 111122223333 ;; *) for word; do printf '%s\\0' \"$word\"; done >>told ;; esac\n";

/// The script with that `aws`.
fn acts_on_nothing(folder: &std::path::Path, script: &str) {
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
    let name = format!("-{HOSTILE}");
    assert!(!inputs.is_empty());
    for input in inputs {
        // An alarm that is looked for is in a list, one that is put is not.
        let named = input.get("AlarmName").unwrap_or(&input["AlarmNames"][0]);
        assert_eq!(named, name.as_str(), "{input}");
    }
}
