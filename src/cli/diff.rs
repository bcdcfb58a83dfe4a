//! `trailproof diff`: what changed between two snapshots, and what that does to the posture.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::analyze;
use crate::diff::{self, Diff, Direction};
use crate::remedy;
use crate::report::fix::Planned;
use crate::report::{self, DiffFormat};
use crate::snapshot::{Snapshot, read_small};

use super::opening::{Opening, Target};
use super::what::{Accepting, What};
use super::{Error, Out, Status};

/// What to compare and how to show it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The earlier snapshot
    baseline: PathBuf,
    /// The later snapshot
    #[arg(required_unless_present = "plan")]
    current: Option<PathBuf>,
    /// In place of the later snapshot: the earlier one after the changes of this plan, as `remediate --plan json` printed it
    #[arg(long, value_name = "PLAN", conflicts_with = "current")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    what: What,
    /// How to show the changes [default: by the ending of OUT, such as `.html`; else table]
    #[arg(long, value_name = "FORMAT")]
    format: Option<DiffFormat>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    opening: Opening,
    /// Exit with 1 from this change on
    #[arg(long, value_name = "CHANGE", default_value = "worse")]
    fail_on: FailOn,
    #[command(flatten)]
    accepting: Accepting,
    /// Only findings that are new: open now, and not before; the configuration is left out
    #[arg(long)]
    new_only: bool,
}

/// The threshold of exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A control fails that did not
    Fail,
    /// A control fails or is not proven any more, or an account vanished
    Worse,
    /// Anything differs
    Change,
    /// Nothing
    Never,
}

impl FailOn {
    fn reached(self, diff: &Diff) -> bool {
        match self {
            Self::Never => false,
            Self::Change => !diff.is_empty(),
            Self::Worse => diff.worse(),
            Self::Fail => diff.findings.iter().any(|change| {
                change.direction == Direction::Worse
                    && change
                        .after
                        .as_ref()
                        .is_some_and(|side| side.status == analyze::Status::Fail)
            }),
        }
    }
}

/// The longest plan that is read.
const MAX_PLAN: u64 = 64 << 20;

/// The plan in a file.
fn planned(path: &Path) -> Result<Planned, Error> {
    let unread = |why: &dyn std::fmt::Display| {
        Error::new(format!("`{}` cannot be read: {why}", path.display()))
            .help("print a plan with `trailproof remediate FILE --plan json`")
    };
    let bytes = read_small(path, MAX_PLAN).map_err(|error| unread(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| unread(&error))?;
    report::fix::read(&text).map_err(|error| unread(&error))
}

/// Refuses the plan of another snapshot.
fn is_for(baseline: &Snapshot, planned: &Planned, args: &Args) -> Result<(), Error> {
    let mut accounts = baseline
        .connection()
        .prepare("select account from account")?;
    let accounts = accounts.query_map([], |row| row.get(0))?;
    let accounts: BTreeSet<String> = accounts.collect::<Result<_, _>>()?;
    let stranger = planned
        .changes
        .iter()
        .map(|change| change.after.account())
        .find(|it| !accounts.contains(*it));
    let baseline_name = args.baseline.display();
    let root = &baseline.meta().root_sha256;
    let why = match stranger {
        Some(account) => {
            format!("the plan changes account {account}, which is not in `{baseline_name}`")
        }
        None if planned.root_sha256.is_some() && planned.root_sha256 != *root => format!(
            "the plan was made for a snapshot with another root digest than `{baseline_name}` has"
        ),
        None => return Ok(()),
    };
    Err(Error::new(why)
        .help("a plan is compared with the snapshot that `trailproof remediate` made it for"))
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    args.target.check()?;
    let registry = args.what.registry()?;
    let attestations = args.accepting.read(&registry)?;
    let baseline = args.opening.open(&args.baseline)?;
    let current = match (&args.plan, &args.current) {
        (Some(plan), _) => {
            let planned = planned(plan)?;
            is_for(&baseline, &planned, &args)?;
            remedy::under(&baseline, &planned.changes)?
        }
        (None, Some(path)) => args.opening.open(path)?,
        (None, None) => return Err(Error::new("there is no later snapshot to compare with")),
    };
    let mut diff = diff::diff(
        &baseline,
        &current,
        &registry,
        &args.what.options(&registry, out)?,
    )?;
    diff.accept(&attestations);
    // What decides the exit code is not what is shown.
    let reached = args.fail_on.reached(&diff);
    if args.new_only {
        diff.only_new();
    }
    let format = args.target.format(args.format, DiffFormat::Table);
    let text = report::diff(&diff, format, args.target.style(out));
    args.target
        .write(&text, &report::diff_summary(&diff), out)?;
    args.opening.warn(out);
    Ok(if reached {
        Status::Findings
    } else {
        Status::Clean
    })
}
