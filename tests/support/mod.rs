//! What the tests of several areas need.

#![allow(dead_code, reason = "each area uses the part it needs")]

/// The filter texts of a complete account.
pub mod controls;
/// The emulators of `tests/emulators/`.
#[cfg(feature = "collect")]
pub mod emulator;
/// AWS over HTTP, as a world has it.
#[cfg(feature = "collect")]
pub mod fake_aws;
/// Expected output kept in files.
pub mod golden;
/// An AWS account as recorded answers.
pub mod world;

use assert_cmd::Command;
use std::path::PathBuf;

/// The built `trailproof` with an environment that cannot colour or configure anything.
pub fn trailproof() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trailproof"));
    command
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .env("TERM", "dumb");
    for name in [
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
    ] {
        command.env_remove(name);
    }
    command
}

/// How many times as many cases a test with random cases runs as usual: what `TRAILPROOF_THOROUGHNESS` says, else 1.
pub fn thoroughness() -> usize {
    std::env::var("TRAILPROOF_THOROUGHNESS")
        .ok()
        .and_then(|times| times.parse().ok())
        .unwrap_or(1)
}

/// A file of the shared test data (`data/patterns.jsonl` and the like), or none where the data is absent: the test
/// then returns at once, having said so.
///
/// The data lies beside the project (`../shared`), or where `TRAILPROOF_SHARED` says.
pub fn shared(relative: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TRAILPROOF_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let path = root.join(relative);
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "skipped: needs the shared test data `{relative}` beside the project or under TRAILPROOF_SHARED"
    );
    None
}

/// The lines of a shared JSON-lines file as values, or none where it is absent.
pub fn shared_lines(relative: &str) -> Option<Vec<serde_json::Value>> {
    let text = std::fs::read_to_string(shared(relative)?).expect("the shared file is text");
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).expect("the shared file holds JSON lines"))
            .collect(),
    )
}

/// A file under the project's root.
pub fn project(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// An analysis in a format, with nothing known of the snapshot besides.
pub fn rendered(
    analysis: &trailproof::analyze::Analysis,
    format: trailproof::report::Format,
    style: trailproof::report::Style,
) -> String {
    let view = trailproof::report::View {
        style,
        details: true,
        gaps: true,
        ..Default::default()
    };
    let dossier = trailproof::report::Dossier {
        analysis,
        about: &trailproof::report::About::default(),
    };
    trailproof::report::analysis(dossier, format, view)
}
