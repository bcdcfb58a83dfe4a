//! `trailproof sign`: a signature over a snapshot, with an ordinary SSH key.

use std::fs;
use std::path::PathBuf;

use crate::cli::opening::write_file;
use crate::cli::{Error, Out, Status};
use crate::snapshot::signature::{self, NAMESPACE};
use crate::snapshot::{SnapshotFile, State, verify_file};

/// Sign a snapshot with an SSH key, as `ssh-keygen -Y sign -n trailproof` does.
///
/// The signature is written to FILE.sig and covers every byte of the snapshot. A snapshot that is incomplete, or not
/// as it was written, is not signed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The snapshot
    file: PathBuf,
    /// Private key in OpenSSH's format: Ed25519 or ECDSA P-256, without a passphrase
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Replace an existing signature
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    let file = args.file.display();
    // What is checked is what is signed, whatever the name means by then.
    let snapshot = SnapshotFile::read(&args.file)?;
    let verification = verify_file(&snapshot)?;
    if verification.meta.state == State::Incomplete {
        return Err(
            Error::new(format!("`{file}` is incomplete and is not signed"))
                .help("continue its recording with --resume"),
        );
    }
    if let Some(finding) = verification.findings.first() {
        return Err(
            Error::new(format!("`{file}` is not as it was written: {finding}"))
                .help("`trailproof verify` lists what was changed"),
        );
    }
    let path = signature::signature_path(&args.file);
    // The name comes with the file, and somebody else may have put a link or a pipe there.
    if fs::symlink_metadata(&path).is_ok_and(|there| !there.is_file()) {
        return Err(Error::new(format!(
            "`{}`, where the signature goes, is a link, a pipe or something else that is no file",
            path.display()
        ))
        .help("find out who put it there, and move it away"));
    }
    let text = signature::sign(&snapshot, &args.key)?;
    write_file(&path, text.as_bytes(), args.force)?;
    out.line(format_args!(
        "signed {file} (root {})",
        verification.meta.root_sha256.unwrap_or_default()
    ))?;
    out.line(format_args!("signature in {}", path.display()))?;
    out.line("check it with:")?;
    out.line(format_args!(
        "  trailproof verify --allowed-signers SIGNERS {file}"
    ))?;
    out.line(format_args!(
        "  ssh-keygen -Y verify -f SIGNERS -I IDENTITY -n {NAMESPACE} -s {} < {file}",
        path.display()
    ))?;
    Ok(Status::Clean)
}
