//! `trailproof explain`: one control's chain, link by link.

use std::path::PathBuf;

use crate::analyze::{self, Options};
use crate::chain::Assumption;
use crate::report::{self, NOT_VERIFIED, Style};

use super::controls::SectionArg;
use super::opening::Opening;
use super::{Error, Out, Status, controls};

/// What to explain.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The snapshot
    file: PathBuf,
    /// The control, by id or by its number in the benchmark
    control: String,
    /// The account, where the snapshot holds several
    #[arg(long)]
    account: Option<String>,
    /// Benchmark, such as `cis-aws-5.0`
    #[arg(long)]
    benchmark: Option<String>,
    /// Of which section of the benchmark a number is [default: monitoring, then logging]
    #[arg(long, value_name = "SECTION", value_enum)]
    section: Option<SectionArg>,
    /// Assume nothing about CloudTrail events: decide without the event model
    #[arg(long)]
    strict: bool,
    /// Assume this where an optional question to AWS has no answer; may be repeated
    #[arg(long, value_name = "ASSUMPTION")]
    assume: Vec<Assumption>,
    /// Add the controls of this folder
    #[arg(long, value_name = "DIR")]
    controls: Option<PathBuf>,
    #[command(flatten)]
    opening: Opening,
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    let registry = controls::registry(args.controls.as_deref())?;
    let (benchmark, controls) = controls::meant(
        &registry,
        args.benchmark.as_deref(),
        args.section,
        &[args.control],
        out,
    )?;
    let snapshot = args.opening.open(&args.file)?;
    let options = Options {
        benchmark: Some(benchmark.id.clone()),
        sections: controls::sections(args.section),
        controls,
        accounts: args.account.into_iter().collect(),
        strict: args.strict,
        blind_spots: false,
        assume: args.assume,
    };
    let analysis = analyze::analyze(&snapshot, &registry, &options)?;
    if analysis.accounts.len() > 1 {
        let known: Vec<&str> = analysis
            .accounts
            .iter()
            .map(|account| account.account.as_str())
            .collect();
        return Err(Error::new("the snapshot holds several accounts")
            .help(format!("choose one with `--account`: {}", known.join(", "))));
    }
    let style = Style {
        colour: out.colour(),
    };
    if !snapshot.is_verified() {
        out.line(format_args!("note: {NOT_VERIFIED}"))?;
    }
    for finding in &analysis.findings {
        let Some(control) = registry.control(&finding.control) else {
            continue;
        };
        out.text(&report::explain(finding, control, style))?;
    }
    Ok(Status::Clean)
}
