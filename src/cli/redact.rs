//! `trailproof redact`: a snapshot without names, with the same findings.

use std::path::PathBuf;

use crate::cli::opening::{Opening, no_dash};
use crate::cli::{Error, Out, Status};
use crate::redact::{Secret, redact_snapshot};
use crate::snapshot::read_small;

/// Write a snapshot without names, accounts and addresses, with the same findings but for names.
///
/// Names, account and organization ids, ARNs, e-mail addresses, phone numbers, URLs and request ids are replaced, each by
/// the same mask wherever it occurs. Only words that are known as AWS's own stay. What no fact is read from is left out.
/// What was written is searched afterwards, and a word or an account id that is neither is named.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The snapshot
    file: PathBuf,
    /// The redacted snapshot
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Key the masks by this file's content, so that several snapshots are masked alike; keep it to yourself
    #[arg(long, value_name = "FILE")]
    secret: Option<PathBuf>,
    /// Replace an existing file; a snapshot is never replaced
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    opening: Opening,
}

/// How a secret is made.
const NEW_SECRET: &str = "make one with `head -c 32 /dev/urandom > FILE` and keep it; without --secret, masks are new each time";

/// No secret is larger.
const MAX_SECRET: u64 = 1 << 20;

/// Runs the command.
pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    let secret = match &args.secret {
        Some(path) => {
            let bytes = read_small(path, MAX_SECRET).map_err(|error| {
                Error::new(format!("cannot read `{}`: {error}", path.display())).help(NEW_SECRET)
            })?;
            if bytes.len() < 16 {
                return Err(
                    Error::new(format!("`{}` has fewer than 16 bytes", path.display()))
                        .help(NEW_SECRET),
                );
            }
            Secret::from_bytes(&bytes)
        }
        None => Secret::random()?,
    };
    no_dash(&args.output)?;
    let snapshot = args.opening.open(&args.file)?;
    let redaction = redact_snapshot(&snapshot, &args.output, secret, args.force)?;
    args.opening.warn(out);
    out.line(format_args!("wrote {}", redaction.path.display()))?;
    out.line(format_args!(
        "{} calls, {} texts replaced",
        redaction.calls,
        redaction.originals.len()
    ))?;
    if !redaction.remaining.is_empty() {
        let words: Vec<String> = redaction
            .remaining
            .iter()
            .map(|word| format!("`{word}`"))
            .collect();
        out.warn(&format!(
            "look before you hand it on: these words are neither AWS's own nor masks, and occur in `{}`: {}",
            redaction.path.display(),
            words.join(", ")
        ));
    }
    Ok(Status::Clean)
}
