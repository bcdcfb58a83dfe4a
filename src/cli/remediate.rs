//! `trailproof remediate`: the smallest change that makes the controls pass, proven before it is printed.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::remedy::{self, Plan, Wishes};
use crate::report::fix;

use super::opening::{Opening, Target};
use super::what::{What, region};
use super::{Error, Out, Status};

/// What to repair and how to print it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trailproof remediate mine.trailproof > fix.sh
  trailproof remediate mine.trailproof --control root_usage --format terraform
  trailproof remediate mine.trailproof --plan json -o plan.json

Exit codes:
  0  every finding that was asked for passes after the changes
  1  something stays open; the output begins with what and why
  2  the snapshot cannot be read, or there is no such benchmark, control or account")]
pub(super) struct Args {
    /// The snapshot
    file: PathBuf,
    #[command(flatten)]
    what: What,
    /// How to print the changes [default: by the ending of OUT, such as `.tf`; else aws-cli]
    #[arg(long, value_name = "FORMAT")]
    format: Option<fix::Format>,
    /// Print the changes as data, for `trailproof diff --plan` and for programs
    #[arg(
        long,
        value_name = "AS",
        conflicts_with = "format",
        help_heading = "Output"
    )]
    plan: Option<AsData>,
    /// The address to subscribe where nobody is told yet
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The Region for a trail, where there is none yet
    #[arg(long, value_name = "REGION", value_parser = region, help_heading = "What is made")]
    region: Option<String>,
    /// A name that something has of which the snapshot does not know, as the script says it: what is new gets another
    #[arg(long, value_name = "NAME")]
    taken: Vec<String>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    opening: Opening,
}

/// The forms of a plan as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AsData {
    /// The documented contract, with `schema_version`
    Json,
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    args.target.check()?;
    let registry = args.what.registry()?;
    let wishes = wishes(args.email, args.region, args.taken)?;
    let snapshot = args.opening.open(&args.file)?;
    let options = args.what.options(&registry, out)?;
    let plan = remedy::plan(&snapshot, &registry, &options, &wishes)?;
    // A file of which the ending says so is the plan as data, as `--plan` asks for it.
    let as_data = match args.format {
        None => args.plan.or_else(|| args.target.by_ending()),
        Some(_) => None,
    };
    let text = match as_data {
        Some(AsData::Json) => fix::json(&plan),
        None => {
            let format = args.target.format(args.format, fix::Format::AwsCli);
            fix::script(&plan, format)
        }
    };
    args.target.write(&text, &fix::summary(&plan), out)?;
    args.opening.warn(out);
    Ok(if is_open(&plan) {
        Status::Findings
    } else {
        Status::Clean
    })
}

/// What the user says that no snapshot can; what AWS would refuse is refused here.
pub(super) fn wishes(
    email: Option<String>,
    region: Option<String>,
    taken: Vec<String>,
) -> Result<Wishes, Error> {
    let is_address = |text: &str| {
        let part = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte);
            !text.is_empty() && !text.starts_with('-') && text.bytes().all(plain)
        };
        text.split_once('@')
            .is_some_and(|(user, host)| part(user) && part(host))
    };
    if let Some(text) = email.as_deref().filter(|text| !is_address(text)) {
        return Err(Error::new(format!("`{text}` is no e-mail address"))
            .help("give a plain one, such as `--email security@example.com`"));
    }
    Ok(Wishes {
        email,
        region,
        taken,
    })
}

/// Whether something that was to be repaired is not.
fn is_open(plan: &Plan) -> bool {
    plan.outcomes.iter().any(remedy::FindingOutcome::is_open)
}
