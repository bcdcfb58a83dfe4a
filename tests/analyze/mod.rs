//! Findings of whole accounts: what passes, what fails by which link, what stays unknown.

/// Which link is blamed.
mod blame;
/// Which single calls would break a proof.
mod blind_spots;
/// The commands: formats, exit codes, attestations, no network.
mod command;
/// What a finding rests on: paths and evidence rows.
mod evidence;
/// Measured wrong verdicts of other tools, each with the right one.
mod peers;
/// Public EventBridge rules, each in an account of its own.
mod public_rules;
/// Whether every event is kept.
mod recorded;
/// Accounts that EventBridge rules watch, family by family.
mod rule_families;
/// The first screen, explanations and recorded calls, as a newcomer meets them.
mod screen;
/// Statuses, witnesses and reasons.
mod statuses;

use tempfile::TempDir;
use trailproof::analyze::{self, Analysis, Finding, Options, Status};
use trailproof::chain::verdict::LinkId;
use trailproof::control::Registry;
use trailproof::report::words::reason;
use trailproof::snapshot::Snapshot;

use super::support::world::World;

/// A snapshot of a world in a folder of its own.
pub fn snapshot(world: &World) -> (TempDir, Snapshot) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.trailproof");
    world.write_snapshot(&path);
    let snapshot = Snapshot::open(&path).unwrap();
    (folder, snapshot)
}

/// The analysis of a world.
pub fn analyzed(world: &World, options: &Options) -> Analysis {
    let (_folder, snapshot) = snapshot(world);
    analyze::analyze(&snapshot, &Registry::builtin().unwrap(), options).unwrap()
}

/// Options for one control under one benchmark.
pub fn only(benchmark: &str, control: &str) -> Options {
    Options {
        benchmark: Some(benchmark.into()),
        controls: vec![control.into()],
        ..Options::default()
    }
}

/// The finding of one control in a world of one account.
pub fn finding(world: &World, benchmark: &str, control: &str) -> Finding {
    let mut analysis = analyzed(world, &only(benchmark, control));
    assert_eq!(analysis.findings.len(), 1);
    analysis.findings.remove(0)
}

/// Asserts status and link of one control.
#[track_caller]
pub fn expect(
    world: &World,
    benchmark: &str,
    control: &str,
    status: Status,
    link: Option<LinkId>,
) -> Finding {
    let finding = finding(world, benchmark, control);
    assert_eq!(
        (finding.status, finding.broken_link),
        (status, link),
        "{control} under {benchmark}: {}",
        reason(&finding)
    );
    assert_eq!(
        finding.witness.is_some(),
        status == Status::Fail,
        "a fail has a witness, nothing else has"
    );
    finding
}
