//! The printed script, run by the real AWS CLI against the emulators, and held against a collection.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::{facts, gaps, imported, script};
use crate::support::project;

/// A running emulator; it ends when its standard input is closed.
struct Aws {
    endpoint: String,
    tools: PathBuf,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    _child: Child,
}

impl Aws {
    /// None, having said so, where the virtual environment of `tests/run` is absent.
    fn start(emulator: &str) -> Option<Self> {
        let tools =
            PathBuf::from(std::env::var_os("TRAILPROOF_EMULATORS").unwrap_or_default()).join("bin");
        if !tools.join("aws").exists() {
            eprintln!("skipped: needs the emulators; run the tests with `tests/run`");
            return None;
        }
        let mut child = Command::new(tools.join("python"))
            .arg(project("tests/emulators/rig.py"))
            .arg(emulator)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut aws = Self {
            endpoint: String::new(),
            tools,
            stdin,
            stdout,
            _child: child,
        };
        aws.endpoint = aws.answer()["endpoint"].as_str().unwrap().to_owned();
        Some(aws)
    }

    fn answer(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn build(&mut self, kind: &str, account: &str) {
        writeln!(
            self.stdin,
            "{}",
            serde_json::json!({"build": kind, "account": account})
        )
        .unwrap();
        let answer = self.answer();
        assert!(answer.get("error").is_none(), "{answer}");
    }

    /// A command as this account, away from every setting of the machine, with the AWS CLI of the emulators.
    fn command(&self, program: &str, account: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{}:{path}", self.tools.display()))
            .env("AWS_ACCESS_KEY_ID", account)
            .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/nonexistent/config")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
            // The emulators refuse what they do not have; asking again changes nothing.
            .env("AWS_MAX_ATTEMPTS", "1");
        command
    }
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Builds an account, records it with the script and with `collect`, and compares the facts.
fn check(emulator: &str, kind: &str, account: &str) {
    let Some(mut aws) = Aws::start(emulator) else {
        return;
    };
    aws.build(kind, account);
    let scratch = tempfile::tempdir().unwrap();
    let file = |name: &str| scratch.path().join(name);
    let regions = ["--region", "eu-west-1", "--region", "us-east-1"];

    std::fs::write(file("collect.sh"), script::printed()).unwrap();
    let mut shell = aws.command("sh", account);
    succeed(
        shell
            .args(["collect.sh", "--out", "answers"])
            .args(regions)
            .current_dir(scratch.path()),
    );
    let imported = imported(&file("answers"), &[]);

    let collected: &Path = &file("collected");
    let mut tool = aws.command(env!("CARGO_BIN_EXE_trailproof"), account);
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
