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

/// Four filters lie on log groups that some events do not reach: whoever reads the change learns that these stay.
#[test]
fn a_filter_beside_one_of_a_log_group_that_hears_nothing_says_so() {
    let (_, plan) = remediate("broken", &["--plan", "json"]);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let touches = plan["touches"].as_array().unwrap().iter();
    let siblings: Vec<String> = touches
        .filter(|touch| touch["touches"] == "siblings")
        .map(|touch| format!("{} {}", touch["of"], touch["filters"]))
        .collect();
    assert_eq!(siblings.len(), 4, "{siblings:#?}");
    assert_eq!(
        siblings[0],
        r#""cmk_disable_or_delete" [{"log_group":"/cloudtrail/without-kms","name":"cmk_disable_or_delete"}]"#
    );
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

/// What would be after a fix was printed as what is: whoever got the file alone took it for the account's posture.
#[test]
fn what_is_only_supposed_says_so_in_every_report() {
    let snapshot = project("snapshots/broken.trailproof");
    let plan = remediate("broken", &["--plan", "json"]).1;
    let folder = tempfile::tempdir().unwrap();
    let planned = folder.path().join("plan.json");
    std::fs::write(&planned, plan).unwrap();
    let run = |args: &[&str]| {
        let command = args.first().copied().unwrap();
        let mut ran = trailproof();
        ran.arg(command).arg(&snapshot).args(&args[1..]);
        let output = ran.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let supposed = "as it would be after 15 changes that are not made";
    for format in ["table", "markdown", "comment", "html"] {
        let text = run(&["analyze", "--with-fix", "--format", format]);
        let first = text.find(supposed);
        let verdict = text.find("all 15 controls would alert somebody");
        assert!(first.is_some() && first < verdict, "{format}: {text}");
        assert!(!run(&["analyze", "--format", format]).contains("as it would be"));
    }
    let json = |args: &[&str]| serde_json::from_str::<Value>(&run(args)).unwrap();
    let analysis = json(&["analyze", "--with-fix", "--format", "json"]);
    assert_eq!(analysis["snapshot"]["supposed_changes"], 15);
    let analysis = json(&["analyze", "--format", "json"]);
    assert!(analysis["snapshot"]["supposed_changes"].is_null());
    // What other systems read as the state of an account is not written.
    for format in ["csv", "sarif", "junit", "ocsf", "asff", "oscal", "hdf"] {
        let mut command = trailproof();
        command.arg("analyze").arg(&snapshot);
        command.args(["--with-fix", "--format", format]);
        let output = command.output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("says what is"), "{error}");
    }
    let plan = planned.to_str().unwrap();
    for format in ["table", "markdown", "comment", "html"] {
        let text = run(&["diff", "--plan", plan, "--format", format]);
        assert!(text.contains(supposed), "{format}: {text}");
    }
    // Of another account it is refused: nothing differs there, whatever it changes.
    let mut command = trailproof();
    command
        .arg("diff")
        .arg(project("snapshots/complete.trailproof"));
    let output = command.args(["--plan", plan]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains("the plan changes account 444455556666"),
        "{error}"
    );
    let diff = json(&["diff", "--plan", plan, "--format", "json"]);
    assert_eq!(diff["current"]["supposed_changes"], 15);
    // The plan answers for what it adds: nothing of it is "seen on one side only".
    let facts = diff["facts"].as_array().unwrap();
    assert!(
        facts.iter().all(|fact| fact["change"] != "unseen"),
        "{facts:#?}"
    );
    assert!(diff["baseline"]["supposed_changes"].is_null());
    // A plan of another recording of the same account: it was proven of other facts.
    let (_, of_reviewed) = remediate("reviewed", &["--plan", "json"]);
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json");
    std::fs::write(&plan, of_reviewed).unwrap();
    let mut command = trailproof();
    command.args(["diff", "snapshots/complete.trailproof", "--plan"]);
    let output = command.arg(&plan).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("another root digest"), "{error}");
}

/// Of fifteen blocks of commands that make a trail one made its bucket and its role: pasted alone, the others failed.
#[test]
fn the_commands_beside_each_finding_make_all_that_they_name() {
    let empty = project("snapshots/empty.trailproof").display().to_string();
    let output = trailproof()
        .args(["explain", &empty, "--with-fix", "--format", "json"])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut trails = 0;
    for finding in report["findings"].as_array().unwrap() {
        let commands = finding["proven_fix"]["commands"].to_string();
        let has = |call: &str| commands.contains(call);
        trails += usize::from(has("create-trail"));
        assert_eq!(has("create-trail"), has("create-bucket"), "{finding}");
        assert_eq!(has("create-trail"), has("create-role"), "{finding}");
    }
    assert!(trails > 1, "{report}");
}
