//! `trailproof analyze`: the findings of a snapshot.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::analyze::{self, Analysis, Attestation, Options, attest};
use crate::control::Registry;
use crate::query;
use crate::report::{self, Format, Style};
use crate::snapshot::Snapshot;

use super::{Error, Out, Status};

/// What to analyze and how to show it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The snapshot
    file: PathBuf,
    #[command(flatten)]
    what: What,
    /// How to show the findings
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Exit with 1 from this status on: `unknown` counts fails too
    #[arg(long, value_name = "STATUS", default_value = "unknown")]
    fail_on: FailOn,
    /// Accept the findings that this TOML file names, visibly
    #[arg(long, value_name = "FILE")]
    attest: Option<PathBuf>,
}

/// Which questions are asked of a snapshot: shared by `analyze`, `explain` and `diff`.
#[derive(Debug, clap::Args)]
pub(super) struct What {
    /// Benchmark, such as `cis-aws-5.0`; a family such as `cis-aws` means its newest version
    #[arg(long, value_name = "BENCHMARK")]
    pub(super) benchmark: Option<String>,
    /// Only this control, by id or number; may be repeated
    #[arg(long = "control", value_name = "CONTROL")]
    pub(super) controls: Vec<String>,
    /// Only this account; may be repeated
    #[arg(long = "account", value_name = "ACCOUNT")]
    pub(super) accounts: Vec<String>,
    /// Assume nothing about CloudTrail events: decide without the event model
    #[arg(long)]
    pub(super) strict: bool,
    /// Add the controls of this folder
    #[arg(long = "controls", value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,
}

impl What {
    /// The controls that are known.
    pub(super) fn registry(&self) -> Result<Registry, Error> {
        let registry = Registry::builtin()?;
        Ok(match &self.directory {
            Some(directory) => registry.with_directory(directory)?,
            None => registry,
        })
    }

    /// The options of the analysis.
    pub(super) fn options(&self) -> Options {
        Options {
            benchmark: self.benchmark.clone(),
            controls: self.controls.clone(),
            accounts: self.accounts.clone(),
            strict: self.strict,
        }
    }
}

/// The threshold of exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// A lost event
    Fail,
    /// A lost event, or anything that is not proven
    Unknown,
    /// Nothing
    Never,
}

impl FailOn {
    /// Whether a finding of this status is at or above the threshold. What an attestation accepted never is.
    pub(super) fn reached(self, analysis: &Analysis) -> bool {
        analysis
            .findings
            .iter()
            .filter(|finding| finding.accepted.is_none())
            .any(|finding| match (self, finding.status) {
                (Self::Never, _) | (_, analyze::Status::Pass | analyze::Status::NotApplicable) => {
                    false
                }
                (Self::Fail, status) => status == analyze::Status::Fail,
                (Self::Unknown, _) => true,
            })
    }
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    let registry = args.what.registry()?;
    let snapshot = open(&args.file)?;
    let attestations = match &args.attest {
        Some(path) => attest::read(path)?,
        None => Vec::new(),
    };
    if let Some(stranger) = attestations
        .iter()
        .find(|entry| registry.control(&entry.control).is_none())
    {
        return Err(Error::new(format!(
            "the attestation names the control `{}`, which does not exist",
            stranger.control
        ))
        .help("`trailproof controls list` shows the ids"));
    }
    let mut analysis = analyze::analyze(&snapshot, &registry, &args.what.options())?;
    // A narrowed question says nothing about the attestations outside it.
    let narrowed = |entry: &Attestation| {
        let asked =
            |given: &[String], name: &str| given.is_empty() || given.iter().any(|one| one == name);
        let found = analysis
            .findings
            .iter()
            .any(|finding| finding.control == entry.control);
        asked(&args.what.accounts, &entry.account) && (args.what.controls.is_empty() || found)
    };
    let attestations: Vec<Attestation> = attestations.into_iter().filter(narrowed).collect();
    attest::apply(&mut analysis, &attestations);
    let colour = args.output.is_none() && out.colour();
    let text = report::analysis(&analysis, args.format, Style { colour });
    write(&text, args.output.as_deref(), out)?;
    Ok(if args.fail_on.reached(&analysis) {
        Status::Findings
    } else {
        Status::Clean
    })
}

/// Opens a snapshot with the pattern functions, which controls of kind `query` may call.
pub(super) fn open(path: &std::path::Path) -> Result<Snapshot, Error> {
    let snapshot = Snapshot::open(path)?;
    query::register(snapshot.connection())?;
    Ok(snapshot)
}

/// Writes a report to the file named, or to standard output.
pub(super) fn write(
    text: &str,
    path: Option<&std::path::Path>,
    out: &mut Out,
) -> Result<(), Error> {
    match path {
        Some(path) => std::fs::write(path, text).map_err(|error| {
            Error::new(format!("`{}` cannot be written: {error}", path.display()))
        }),
        None => Ok(out.text(text)?),
    }
}
