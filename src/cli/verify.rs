//! `trailproof verify`: whether a snapshot is as it was written.

use std::io::Write as _;
use std::path::PathBuf;

use crate::cli::{Error, Out, Status};
use crate::snapshot::{State, format_time, verify};

/// More findings than this are counted and not listed.
const LISTED: usize = 20;

/// Check every hash of a snapshot and derive its facts again.
///
/// Exit code 0: every row is as it was written. 1: something was changed, or the snapshot is incomplete.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The snapshot
    file: PathBuf,
}

/// Runs the command.
pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    let verification = verify(&args.file)?;
    let meta = &verification.meta;
    let complete = meta.state == State::Complete;
    writeln!(out, "snapshot      {}", args.file.display())?;
    writeln!(out, "written by    {}", meta.producer)?;
    writeln!(out, "started at    {}", format_time(meta.started_at))?;
    let finished_at = meta.finished_at.map(format_time);
    writeln!(
        out,
        "finished at   {}",
        finished_at
            .as_deref()
            .unwrap_or("never: its recording was cut short")
    )?;
    writeln!(out, "evidence      {} calls", verification.evidence_rows)?;
    if complete {
        writeln!(out, "facts         {} rows", verification.fact_rows)?;
        writeln!(
            out,
            "facts digest  {}",
            meta.facts_sha256.as_deref().unwrap_or("none")
        )?;
        writeln!(
            out,
            "root          {}",
            meta.root_sha256.as_deref().unwrap_or("none")
        )?;
    } else {
        writeln!(
            out,
            "root          none: an incomplete snapshot is not sealed"
        )?;
    }
    writeln!(out)?;
    for finding in verification.findings.iter().take(LISTED) {
        writeln!(out, "changed: {finding}")?;
    }
    if verification.findings.len() > LISTED {
        writeln!(
            out,
            "changed: {} more",
            verification.findings.len() - LISTED
        )?;
    }
    let status = match (verification.findings.is_empty(), complete) {
        (true, true) => {
            writeln!(
                out,
                "Every hash matches, and every fact follows from the evidence."
            )?;
            writeln!(
                out,
                "Not proven: who wrote the file, and that AWS said this."
            )?;
            Status::Clean
        }
        (true, false) => {
            writeln!(
                out,
                "Every recorded call has its hash. The snapshot is incomplete: calls may be missing at its end,"
            )?;
            writeln!(
                out,
                "and nothing shows whether some were removed. Continue the recording with --resume."
            )?;
            Status::Findings
        }
        (false, _) => {
            writeln!(
                out,
                "The snapshot is not as it was written. Do not rely on it."
            )?;
            Status::Findings
        }
    };
    Ok(status)
}
