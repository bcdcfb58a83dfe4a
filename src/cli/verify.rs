//! `trailproof verify`: whether a snapshot is as it was written.

use std::path::PathBuf;

use super::{Error, Out, Status, moment};
use crate::report::text::Page;
use crate::snapshot::signature::{self, AllowedSigners, SignatureError, Signer};
use crate::snapshot::{
    DERIVATION, Snapshot, SnapshotFile, State, Verification, format_time, verify_file,
};

/// More findings than this are counted and not listed.
const LISTED: usize = 20;

/// Check every hash of a snapshot and derive its facts again.
///
/// Exit code 0: every row is as it was written. 1: something was changed, or the snapshot is incomplete.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The snapshot
    file: PathBuf,
    /// Check its signature against these signers, in the format of ssh-keygen(1)
    #[arg(long, value_name = "SIGNERS")]
    allowed_signers: Option<PathBuf>,
    /// Accept a signature of this signer alone
    #[arg(long, value_name = "NAME", requires = "allowed_signers")]
    identity: Option<String>,
    /// The signature, where it is not in FILE.sig
    #[arg(long, value_name = "FILE", requires = "allowed_signers")]
    signature: Option<PathBuf>,
    /// The time at which a key of limited validity must have been valid, such as 2026-11-21T00:00:00Z
    #[arg(long, value_name = "TIME", requires = "allowed_signers", value_parser = moment::exact)]
    at: Option<jiff::Timestamp>,
}

/// Runs the command.
pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    // Who signed it is asked first: a file that somebody else prepared need not be opened at all.
    let file = SnapshotFile::read(&args.file)?;
    let signer = signer(&args, &file)?;
    let verification = verify_file(&file)?;
    row(out, "snapshot", &args.file.display().to_string())?;
    recorded(out, &verification)?;
    if verification.findings.is_empty() && verification.meta.derivation != DERIVATION {
        // What every report gives, and what two recordings are compared by.
        let facts = Snapshot::of_file(file)?.meta().facts_sha256.clone();
        if let Some(facts) = facts {
            out.line(format_args!("derived again {facts}"))?;
        }
    }
    out.line("")?;
    let unchanged = unchanged(out, &verification)?;
    let signed = signed(out, signer)?;
    Ok(unchanged.max(signed))
}

/// What is said of the file in a word or a few, which hang behind the label.
fn row(out: &mut Out, label: &str, text: &str) -> Result<(), Error> {
    let mut page = Page::new(out.style());
    page.hanging(0, label, 14, text);
    Ok(out.text(&page.finish())?)
}

/// What the file says of itself.
fn recorded(out: &mut Out, verification: &Verification) -> Result<(), Error> {
    let meta = &verification.meta;
    row(out, "written by", &meta.producer)?;
    row(out, "started at", &format_time(meta.started_at))?;
    let finished_at = meta.finished_at.map(format_time);
    let finished_at = finished_at.as_deref();
    let never = "never: its recording was cut short";
    row(out, "finished at", finished_at.unwrap_or(never))?;
    let calls = verification.evidence_rows;
    row(out, "evidence", &format!("{calls} calls"))?;
    if meta.state != State::Complete {
        return row(out, "root", "none: an incomplete snapshot is not sealed");
    }
    let mut facts = format!("{} rows", verification.fact_rows);
    if meta.derivation != DERIVATION {
        facts.push_str(&format!(
            " of derivation {}; this trailproof has derivation {DERIVATION}",
            meta.derivation
        ));
    }
    row(out, "facts", &facts)?;
    // A digest is there to be copied: on one line whatever its length.
    for (label, digest) in [
        ("facts digest", &meta.facts_sha256),
        ("root", &meta.root_sha256),
    ] {
        let digest = digest.as_deref().unwrap_or("none");
        out.line(format_args!("{label:<14}{digest}"))?;
    }
    Ok(())
}

/// What was changed since, and what follows.
fn unchanged(out: &mut Out, verification: &Verification) -> Result<Status, Error> {
    for finding in verification.findings.iter().take(LISTED) {
        out.paragraph(0, &format!("changed: {finding}"))?;
    }
    if verification.findings.len() > LISTED {
        out.line(format_args!(
            "changed: {} more",
            verification.findings.len() - LISTED
        ))?;
    }
    if !verification.findings.is_empty() {
        out.paragraph(
            0,
            "The snapshot is not as it was written. Do not rely on it.",
        )?;
        return Ok(Status::Findings);
    }
    if verification.meta.state != State::Complete {
        let incomplete = "Every recorded call has its hash. The snapshot is incomplete: calls may be missing at its \
                          end, and nothing shows whether some were removed. Continue the recording with --resume.";
        out.paragraph(0, incomplete)?;
        return Ok(Status::Findings);
    }
    let proven = if verification.meta.derivation == DERIVATION {
        "Every hash matches, and every fact follows from the evidence."
    } else {
        "Every hash matches. Facts are derived again from the evidence whenever the file is read."
    };
    out.paragraph(0, proven)?;
    Ok(Status::Clean)
}

/// Who signed it, and what that proves.
fn signed(out: &mut Out, signer: Signature) -> Result<Status, Error> {
    match signer {
        Signature::Holds(Signer {
            principals,
            fingerprint,
        }) => {
            let signed = format!("Signed by {principals} with key {fingerprint}.");
            out.paragraph(0, &signed)?;
            out.paragraph(0,
                "Proven: no byte was changed since. Not proven: that AWS said this; that rests on the signer.",
            )?;
        }
        Signature::Fails(why) => {
            out.paragraph(0, &format!("Not accepted: {why}."))?;
            return Ok(Status::Findings);
        }
        Signature::Unchecked => {
            out.paragraph(
                0,
                "Its signature was not checked; name who may sign with --allowed-signers.",
            )?;
        }
        Signature::None => {
            out.paragraph(0,
                "Not proven: who wrote the file, and that AWS said this. Whoever can write the file can write its hashes.",
            )?;
        }
    }
    Ok(Status::Clean)
}

enum Signature {
    Holds(Signer),
    Fails(SignatureError),
    Unchecked,
    None,
}

fn signer(args: &Args, file: &SnapshotFile) -> Result<Signature, Error> {
    let usual = signature::signature_path(&args.file);
    let Some(signers) = &args.allowed_signers else {
        return Ok(if usual.exists() {
            Signature::Unchecked
        } else {
            Signature::None
        });
    };
    let allowed = AllowedSigners::read(signers).map_err(|error| {
        Error::new(format!("--allowed-signers {}: {error}", signers.display()))
            .help("a line has who may sign, then the type and the text of the public key, as ssh-keygen(1) tells")
    })?;
    let path = args.signature.as_deref().unwrap_or(&usual);
    match signature::check(file, path, &allowed, args.identity.as_deref(), args.at) {
        Ok(signer) => Ok(Signature::Holds(signer)),
        Err(error @ SignatureError::Invalid(_)) => Ok(Signature::Fails(error)),
        Err(error) => Err(Error::from(error).help(
            "ask whoever sent the snapshot for its signature, and name it with --signature; without --allowed-signers the \
             hashes alone are checked",
        )),
    }
}
