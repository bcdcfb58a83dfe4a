//! Integration tests, one module an area.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a failed test may panic, and says on standard error what it skipped"
)]
#![allow(unreachable_pub, missing_docs, reason = "a test binary has no callers")]

/// Findings of whole accounts.
mod analyze;
mod archive;
/// Accounts that attack verdicts.
mod attacks;
/// The benchmark's audit steps, word by word.
mod audit_steps;
/// Input of others without measure.
mod bounds;
/// The delivery chain: one test a failure id.
mod chain;
/// The command line as a whole: exit codes, streams, usage errors.
mod cli;
/// Recording accounts: emulators, faults, interruptions, replay.
#[cfg(feature = "collect")]
mod collect;
/// Controls and benchmarks as data.
mod control;
/// The coverage decision.
mod coverage;
/// Two snapshots compared.
mod diff;
/// The ways in for bytes of others, shared with the fuzzer.
#[path = "../fuzz/entries.rs"]
mod entries;
/// The auditor's walk of docs/evidence.md.
mod evidence_walk;
/// The table of failures.
mod failures;
/// What the fuzzer begins with.
mod fuzz;
/// The house rules: module direction, paths in Markdown, the offline dependency tree.
mod house;
/// Folders of AWS CLI output.
mod import;
mod opening;
/// The filter-pattern language.
mod pattern;
/// Nothing hostile in a snapshot reaches a terminal, whatever the command and the format.
mod printable;
/// Queries over a snapshot.
mod query;
/// Fixes, tried on a copy of the facts.
mod remedy;
/// Recorded events through the chains of a snapshot.
mod replay;
/// How findings are shown.
mod report;
/// Reports read by what their consumers publish.
mod reports;
/// The sample snapshots.
mod samples;
mod scale;
/// The snapshot file: recording, opening, verifying.
mod snapshot;
/// What several areas need: shared data, the built binary, golden files.
mod support;
/// What is said on standard error of data in files.
mod told;
