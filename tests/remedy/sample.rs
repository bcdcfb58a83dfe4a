//! The fixes of the sample snapshots.

use std::process::Command;

use serde_json::Value;

use crate::support::controls::judged;
use crate::support::{golden, project, trailproof};

fn remediate(sample: &str, args: &[&str]) -> (Option<i32>, String) {
    let output = trailproof()
        .arg("remediate")
        .arg(project("snapshots").join(format!("{sample}.trailproof")))
        .args(args)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.is_empty(), "{error}");
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text)
}

/// A script that every shell reads.
fn is_portable(script: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fix.sh");
    std::fs::write(&path, script).unwrap();
    assert!(script.is_ascii());
    for shell in ["sh", "dash", "bash"] {
        let Ok(output) = Command::new(shell).arg("-n").arg(&path).output() else {
            continue;
        };
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{shell}: {error}");
    }
}

/// Fifteen links are broken, and fifteen changes repair them: each is of one resource.
#[test]
fn the_broken_sample_takes_one_change_a_control() {
    let (code, script) = remediate("broken", &[]);
    assert_eq!(code, Some(0));
    is_portable(&script);
    golden::check("remedy/broken.sh", &script);
}

#[test]
fn an_empty_account_gets_one_trail_one_topic_and_one_subscription() {
    let (code, plan) = remediate(
        "empty",
        &[
            "--plan",
            "json",
            "--email",
            "security@example.com",
            "--region",
            "eu-west-1",
        ],
    );
    assert_eq!(code, Some(0));
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let mut kinds = std::collections::BTreeMap::<&str, usize>::new();
    for change in plan["changes"].as_array().unwrap() {
        let kind = change["after"]["resource"].as_str().unwrap();
        *kinds.entry(kind).or_default() += 1;
        assert!(change["before"].is_null());
    }
    let expected = [
        ("alarm", judged()),
        ("bucket", 1),
        ("log_group", 1),
        ("metric_filter", judged()),
        ("role", 1),
        ("subscription", 1),
        ("topic", 1),
        ("trail", 1),
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
    for outcome in plan["outcomes"].as_array().unwrap() {
        assert_eq!(
            (&outcome["before"], &outcome["after"]),
            (&"fail".into(), &"pass".into())
        );
    }
    let waits: Vec<&str> = plan["waits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wait| wait["wait"].as_str().unwrap())
        .collect();
    assert_eq!(waits, ["delivery", "confirmation"]);
}

#[test]
fn what_passes_needs_no_change() {
    let (code, script) = remediate("complete", &["--control", "root_usage"]);
    assert_eq!(code, Some(0));
    assert!(
        script.contains("nothing to change") && !script.contains("aws "),
        "{script}"
    );
}
