//! The closed loop: a broken account, recorded, repaired by the printed script with the real AWS CLI, recorded again.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::emulator::Emulator;

fn command(program: &str, aws: &Emulator, account: &str) -> Command {
    let mut command = aws.command(program, account);
    command.env("EMAIL", "security@example.com");
    command
}

/// Standard error: the calls that change something, one a line.
fn changes(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    text.lines().map(str::to_owned).collect()
}

fn record(aws: &Emulator, account: &str, file: &Path) -> Vec<(String, String)> {
    let program = env!("CARGO_BIN_EXE_trailproof");
    let output = command(program, aws, account)
        .env("AWS_REGION", "eu-west-1")
        .args(["collect", "--region", "eu-west-1", "--region", "us-east-1"])
        .arg("--output")
        .arg(file)
        .output()
        .unwrap();
    assert!(file.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = command(program, aws, account)
        .args(["analyze", "--format", "json"])
        .arg(file)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .map(|finding| (text(&finding["control"]), text(&finding["status"])))
        .collect()
}

/// A broken account or an empty one passes after the script; run again, the script changes nothing; in another account it
/// does nothing.
fn repaired(kind: &str, account: &str, region: &[&str]) {
    let Some(aws) = Emulator::start("ministack") else {
        return;
    };
    aws.build(kind, account);
    let scratch = tempfile::tempdir().unwrap();
    let (before, after) = (scratch.path().join("before"), scratch.path().join("after"));
    let failing = record(&aws, account, &before);
    assert!(
        failing.iter().all(|(_, status)| status == "fail"),
        "{failing:?}"
    );
    let script = scratch.path().join("fix.sh");
    let output = command(env!("CARGO_BIN_EXE_trailproof"), &aws, account)
        .arg("remediate")
        .arg(&before)
        .args(region)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    std::fs::write(&script, &output.stdout).unwrap();
    let run = |account: &str| command("sh", &aws, account).arg(&script).output().unwrap();

    let refused = run("999988887777");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).starts_with("nothing was changed"));

    assert!(changes(&run(account)).len() >= 15);
    assert_eq!(
        changes(&run(account)),
        Vec::<String>::new(),
        "it changes nothing twice"
    );
    for (control, status) in record(&aws, account, &after) {
        assert_eq!(status, "pass", "{control}");
    }
}

#[test]
fn a_broken_account_passes_after_the_script_and_the_script_changes_nothing_twice() {
    repaired("broken", "100000000901", &[]);
}
