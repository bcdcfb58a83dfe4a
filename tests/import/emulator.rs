//! The printed script, run by the real AWS CLI against the emulators, and held against a collection.

use std::path::Path;
use std::process::Command;

use super::{facts, gaps, imported, script};
use crate::support::emulator::Emulator;

fn command(program: &str, aws: &Emulator, account: &str) -> Command {
    let mut command = aws.command(program, account);
    command.env("AWS_REGION", "eu-west-1");
    command
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{stderr}");
}

/// Builds an account, records it with the script and with `collect`, and compares the facts.
fn check(emulator: &str, kind: &str, account: &str) {
    let Some(aws) = Emulator::start(emulator) else {
        return;
    };
    aws.build(kind, account);
    let scratch = tempfile::tempdir().unwrap();
    let file = |name: &str| scratch.path().join(name);
    let regions = ["--region", "eu-west-1", "--region", "us-east-1"];

    std::fs::write(file("collect.sh"), script::printed()).unwrap();
    let mut shell = command("sh", &aws, account);
    shell.args(["collect.sh", "--out", "answers"]).args(regions);
    succeed(shell.current_dir(scratch.path()));
    let imported = imported(&file("answers"), &[]);

    let collected: &Path = &file("collected");
    let mut tool = command(env!("CARGO_BIN_EXE_trailproof"), &aws, account);
    succeed(
        tool.args(["collect", "--output"])
            .arg(collected)
            .args(regions),
    );
    let gaps = (gaps(&imported), gaps(collected));
    assert_eq!(facts(&imported), facts(collected), "{gaps:#?}");
}

#[test]
fn the_real_aws_cli_records_a_complete_account_as_a_collection_does() {
    check("ministack", "complete", "300000000001");
}

#[test]
fn the_real_aws_cli_records_a_broken_account_as_a_collection_does() {
    check("ministack", "broken", "300000000002");
}

#[test]
fn the_real_aws_cli_records_an_account_of_moto_as_a_collection_does() {
    check("moto", "complete", "300000000003");
}
