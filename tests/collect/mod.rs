//! `collect`: over real HTTP against emulators and a fake AWS, with faults, interruptions and replays.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{controls, trailproof};

/// Usage, credentials and what is printed.
mod command;
/// Real emulators, built and asked as a user would.
mod emulators;
/// A fake AWS for what no emulator has.
mod fake;
/// An AWS that fails.
mod faults;
/// Killed, cut off and resumed.
mod interrupted;
/// Many accounts in one file.
mod organization;
/// Most calls fail, the disk is full, two record at once.
mod storms;
/// Accounts without a trail.
mod untrailed;

/// A folder for snapshots.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// `trailproof collect` as this account, away from every setting of the machine.
pub fn collect(endpoint: &str, account: &str, output: &Path) -> Command {
    let mut command = bare(output);
    command
        .env("AWS_ACCESS_KEY_ID", account)
        .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        .env("AWS_REGION", "us-east-1")
        .args(["--endpoint-url", endpoint]);
    command
}

/// `trailproof collect` with neither credentials nor settings.
pub fn bare(output: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trailproof"));
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nonexistent/config")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
        .arg("collect")
        .arg("--output")
        .arg(output);
    command
}

/// Runs a command that must succeed; gives its standard error.
pub fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = stderr(&output);
    assert!(output.status.success(), "{command:?}\n{text}");
    text
}

/// Runs a command that must end with exit code 2; gives its standard error.
pub fn refuse(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{command:?}\n{text}");
    assert!(text.contains("error: "), "{text}");
    text
}

/// Runs a command that writes a snapshot and says that answers are missing in it which a verdict needs; gives its
/// standard error.
pub fn lack(command: &mut Command) -> String {
    let text = refuse(command);
    assert!(
        text.contains("lacks answers") && text.contains("\nwrote `"),
        "{text}"
    );
    text
}

/// Runs a command that must write a snapshot, whether a verdict lacks answers in it or not.
pub fn written(command: &mut Command) {
    let output = command.output().unwrap();
    let text = stderr(&output);
    assert!(text.contains("\nwrote `"), "{command:?}\n{text}");
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The rows of a query with one text column.
pub fn column(snapshot: &Path, sql: &str) -> Vec<String> {
    let connection = Connection::open(snapshot).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// The one number that a query gives.
/// How many metric filters the complete account has, each with its alarm.
pub fn monitored() -> i64 {
    i64::try_from(controls::monitored().len()).unwrap()
}

pub fn number(snapshot: &Path, sql: &str) -> i64 {
    let connection = Connection::open(snapshot).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The digest over the facts.
pub fn facts_digest(snapshot: &Path) -> String {
    column(snapshot, "select facts_sha256 from snapshot").remove(0)
}

/// What could not be collected, as `service operation: code`.
pub fn gaps(snapshot: &Path) -> Vec<String> {
    column(
        snapshot,
        "select distinct service || ' ' || operation || ': ' || code from gap order by 1",
    )
}

/// Every call and its answer, but for the times of asking.
pub fn calls(snapshot: &Path) -> Vec<String> {
    column(
        snapshot,
        "select account || ' ' || region || ' ' || service || ' ' || operation || ' ' || request || ' ' || at || ' ' ||\n\
           coalesce(http_status, '-') || ' ' || coalesce(error_code, '-') || ' ' || coalesce(error_message, '-') || ' ' ||\n\
           coalesce(request_id, '-') || ' ' || media_type || ' ' || body_sha256\n\
         from evidence\n\
         order by 1",
    )
}

/// The finding of one control, as `analyze` says.
pub fn finding(snapshot: &Path, control: &str) -> Value {
    let output = trailproof()
        .args(["analyze", "--format", "json", "--control", control])
        .arg(snapshot)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["findings"][0].clone()
}
