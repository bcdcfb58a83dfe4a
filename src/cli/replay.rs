//! `trailproof replay`: what recorded CloudTrail events made the deployed chain do, and what nobody heard of.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use jiff::Timestamp;

use crate::analyze::{Hearing, Options};
use crate::control::Registry;
use crate::pattern::{Pattern, parse_for_creation};
use crate::remedy::{self, Plan};
use crate::replay::counts::{self, CountsError};
use crate::replay::plan::Plan as ReplayPlan;
use crate::replay::read::{self, FileOutcome, Progress, Window};
use crate::replay::sql::{self, Dialect};
use crate::replay::tally::Tally;
use crate::replay::{self, RecordsOutcome, ReplayOutcome, records};
use crate::report::text::count;
use crate::report::{self, FilesRead, ReplayDossier, ReplayFormat};
use crate::snapshot::Snapshot;

use super::opening::{Opening, Target};
use super::what::What;
use super::{Error, Out, Status, controls, moment};

/// Lines about progress come no closer than this.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// What to replay, through which snapshot.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The snapshot
    #[arg(value_name = "SNAPSHOT")]
    snapshot: PathBuf,
    /// Files and folders of CloudTrail records, gzip or not: S3 files, arrays, lines, `lookup-events`, exports of
    /// CloudWatch Logs; `-` is standard input
    #[arg(value_name = "LOGS", required_unless_present_any = ["sql", "counts"], conflicts_with_all = ["sql", "counts"])]
    logs: Vec<PathBuf>,
    /// Print a query that counts records where they lie, and read nothing
    #[arg(long, value_name = "DIALECT", conflicts_with = "counts")]
    sql: Option<Dialect>,
    /// Read what that query gave, as CSV with a header or as Parquet, a file or a folder of parts, in place of records
    #[arg(long, value_name = "FILE")]
    counts: Option<PathBuf>,
    #[command(flatten)]
    what: What,
    /// Only records from this time on: a day, or a time such as `2026-11-26T14:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = moment::begin, help_heading = "What is asked")]
    from: Option<Timestamp>,
    /// Only records before this time; a day is over at its end
    #[arg(long, value_name = "TIME", value_parser = moment::end)]
    to: Option<Timestamp>,
    /// Tell also what would have been with this filter pattern in the filters made for a control; may be repeated
    #[arg(long = "pattern", value_name = "CONTROL=PATTERN")]
    patterns: Vec<String>,
    /// Tell also what would have been after the changes that `remediate` finds
    #[arg(long, conflicts_with = "patterns")]
    with_fix: bool,
    /// With --with-fix: the address to subscribe where nobody is told yet
    #[arg(long, value_name = "ADDRESS", requires = "with_fix")]
    email: Option<String>,
    /// How to show it [default: by the ending of OUT, such as `.md`; else text]
    #[arg(long, value_name = "FORMAT", conflicts_with = "sql")]
    format: Option<ReplayFormat>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    opening: Opening,
    /// Exit with 1 from this on
    #[arg(
        long,
        value_name = "OUTCOME",
        default_value = "missed",
        conflicts_with = "sql"
    )]
    fail_on: FailOn,
}

/// The threshold of exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Nobody heard of an event that was asked for
    Missed,
    /// Nothing
    Never,
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    args.target.check()?;
    check_time(&args)?;
    let registry = args.what.registry()?;
    let snapshot = args.opening.open(&args.snapshot)?;
    let options = args.what.options(&registry, out)?;
    let hearing = Hearing::new(&snapshot, &registry, &options)?;
    check_controls(&args, &registry, &hearing, out)?;
    let patterns = patterns(&args, &registry, &options, &hearing, out)?;
    let fixed = match args.with_fix {
        true => Some(fixed(&args, &snapshot, &registry, &options)?),
        false => None,
    };
    let what_if = match &fixed {
        Some((_, fixed)) => Some(Hearing::new(fixed, &registry, &options)?),
        None if patterns.is_empty() => None,
        None => {
            let hearing = Hearing::with_patterns(&snapshot, &registry, &options, &patterns);
            Some(hearing?)
        }
    };
    let plan = ReplayPlan::new(&hearing, what_if.as_ref());
    if let Some(dialect) = args.sql {
        return print_query(&args, &plan, dialect, out);
    }
    let (tally, files) = match &args.counts {
        Some(path) => {
            let tally = counted(&plan, &window(&args), path, &args.target)?;
            (tally, FilesRead::default())
        }
        None => read_logs(&args, &plan, out)?,
    };
    let outcome = replay::outcome(&hearing, what_if.as_ref(), &plan, &tally);
    let dossier = ReplayDossier {
        outcome: &outcome,
        files: &files,
        premises: &options.premises(),
        fix: fixed.as_ref().map(|(fix, _)| fix),
    };
    let format = args.target.format(args.format, ReplayFormat::Text);
    let text = report::replay(dossier, format, args.target.style(out));
    if format == ReplayFormat::Json && args.target.output.is_none() {
        out.json(&text)?;
    } else {
        let told = report::replay_summary(dossier);
        args.target.write(&text, &told, out)?;
    }
    args.opening.warn(out);
    complain(&files, &outcome, &plan, args.counts.is_some())?;
    let missed = outcome.controls.iter().any(|it| !it.missed.is_empty());
    Ok(if missed && args.fail_on == FailOn::Missed {
        Status::Findings
    } else {
        Status::Clean
    })
}

/// Refuses a time in which no record can lie, and one that nobody would go by.
fn check_time(args: &Args) -> Result<(), Error> {
    let times = args.from.is_some() || args.to.is_some();
    if times && (args.sql.is_some() || args.counts.is_some()) {
        let with = if args.sql.is_some() { "sql" } else { "counts" };
        return Err(Error::new(format!(
            "--from and --to do not go with --{with}: the query counts all records of its table"
        ))
        .help("make the table `cloudtrail` a view over the days wanted"));
    }
    match (args.from, args.to) {
        (Some(from), Some(to)) if from >= to => Err(Error::new(
            "no record can lie in the time asked for: --to is not after --from",
        )
        .help("a day in --from counts from its begin on, a day in --to until its end")),
        _ => Ok(()),
    }
}

/// Refuses controls that ask for no events: of these no record shows anything, and nothing would be judged.
fn check_controls(
    args: &Args,
    registry: &Registry,
    hearing: &Hearing<'_>,
    out: &mut Out,
) -> Result<(), Error> {
    let Some(first) = hearing.without_events.first() else {
        return Ok(());
    };
    let ask = |id: &str| {
        let control = registry.control(id);
        match control.is_some_and(|control| control.recording.is_some()) {
            true => "for records, not for notification",
            false => "a question in SQL, and for no events",
        }
    };
    let named = !args.what.controls.is_empty();
    let mut judged = hearing.accounts.iter().flat_map(|ears| &ears.controls);
    let message = match (named, hearing.without_events.as_slice()) {
        (true, [_, ..]) | (false, [_]) => format!("`{first}` asks {}", ask(first)),
        _ => format!("controls such as `{first}` ask {}", ask(first)),
    };
    if named || judged.next().is_none() {
        return Err(
            Error::new(format!("{message}: a replay has nothing to judge"))
                .help("`trailproof analyze` judges such controls, with the same options"),
        );
    }
    out.warn(&format!("{message}: they are left out"));
    Ok(())
}

/// Which records count.
fn window(args: &Args) -> Window {
    Window {
        from: args.from,
        to: args.to,
        accounts: args.what.accounts.clone(),
    }
}

/// The fix of what does not pass, and the snapshot after it.
fn fixed(
    args: &Args,
    snapshot: &Snapshot,
    registry: &Registry,
    options: &Options,
) -> Result<(Plan, Snapshot), Error> {
    let wishes = super::remediate::wishes(args.email.clone(), None, Vec::new())?;
    let fix = remedy::plan(snapshot, registry, options, &wishes)?;
    let after = remedy::under(snapshot, &fix.changes)?;
    Ok((fix, after))
}

/// Reads the records.
fn read_logs(args: &Args, plan: &ReplayPlan, out: &mut Out) -> Result<(Tally, FilesRead), Error> {
    let listing = records::list(&args.logs).map_err(|(path, error)| {
        Error::new(format!("`{}` cannot be read: {error}", path.display()))
    })?;
    if listing.files.is_empty() && listing.unread.is_empty() {
        return Err(Error::new("there is no log file in what was named").help(
            "log files end with .json, .jsonl, .ndjson, .log or .gz; a file that is named itself is read whatever its name",
        ));
    }
    for file in &listing.files {
        match &file.place {
            records::Input::StandardInput => args.target.refuse_standard_input()?,
            records::Input::File { path, .. } => args.target.refuse_input(path)?,
        }
    }
    let window = window(args);
    let mut teller = ProgressTeller::new();
    let reading = read::read(plan, &listing.files, &window, &mut |progress| {
        teller.tell(progress, out);
    });
    Ok((
        reading.tally,
        files_read(&listing, &reading.files, reading.others),
    ))
}

/// The patterns of `--pattern`, by the ids of their controls.
fn patterns(
    args: &Args,
    registry: &Registry,
    options: &Options,
    hearing: &Hearing<'_>,
    out: &mut Out,
) -> Result<Vec<(String, Pattern)>, Error> {
    let mut patterns = Vec::new();
    for given in &args.patterns {
        let Some((name, text)) = given.split_once('=') else {
            return Err(
                Error::new(format!("`{given}` names no control and its pattern"))
                    .help("write it as in `--pattern root_usage='{ $.userIdentity.type = Root }'`"),
            );
        };
        let benchmark = Some(hearing.benchmark.as_str());
        let (_, ids) = controls::meant(registry, benchmark, None, &[name.to_owned()], out)?;
        let pattern = super::pattern::read("--pattern", None, parse_for_creation(text))?;
        for id in ids {
            let controls = &options.controls;
            if !controls.is_empty() && !controls.contains(&id) {
                return Err(Error::new(format!(
                    "`--pattern` is about `{id}`, which `--control` leaves out"
                ))
                .help(format!("add `--control {id}`, or leave --control out")));
            }
            let mut listening = hearing.accounts.iter().flat_map(|ears| &ears.controls);
            if !listening.any(|it| it.control == id && !it.made_for_it.is_empty()) {
                return Err(Error::new(format!(
                    "no metric filter was made for `{id}`: there is no pattern to replace"
                )));
            }
            if patterns.iter().any(|(known, _)| *known == id) {
                return Err(
                    Error::new(format!("`--pattern` is given twice for `{id}`"))
                        .help("the filters of a control have one pattern: try the other in a replay of its own"),
                );
            }
            patterns.push((id, pattern.clone()));
        }
    }
    Ok(patterns)
}

/// Prints the query of a dialect.
fn print_query(
    args: &Args,
    plan: &ReplayPlan,
    dialect: Dialect,
    out: &mut Out,
) -> Result<Status, Error> {
    let text = sql::query(plan, dialect).map_err(|refusal| {
        Error::new(refusal.to_string()).help(
            "--control narrows the question to controls without it; reading the records knows no such limit",
        )
    })?;
    let told = format!("the query for {}", count(plan.accounts.len(), "account"));
    args.target.write(&text, &told, out)?;
    args.opening.warn(out);
    Ok(Status::Clean)
}

/// What the query counted.
fn counted(
    plan: &ReplayPlan,
    window: &Window,
    path: &Path,
    target: &Target,
) -> Result<Tally, Error> {
    let failed = |error: CountsError| {
        Error::new(format!("`{}` {error}", path.display())).help(
            "`trailproof replay SNAPSHOT --sql DIALECT` prints the query, with the same options",
        )
    };
    for file in counts::files(path).map_err(failed)? {
        target.refuse_input(&file)?;
    }
    counts::read(plan, window, path).map_err(failed)
}

/// What became of the files, and of what was found beside them.
fn files_read(listing: &records::Listing, outcomes: &[FileOutcome], others: u64) -> FilesRead {
    let mut files = FilesRead {
        read: listing.files.len(),
        others,
        ..FilesRead::default()
    };
    for (_, why) in &listing.left {
        *files.left_alone.entry(*why).or_default() += 1;
    }
    for (path, error) in &listing.unread {
        let why = format!("cannot be looked at: {error}");
        files.damaged.push((format!("`{}`", path.display()), why));
    }
    for outcome in outcomes {
        let Some(file) = listing.files.get(outcome.file) else {
            continue;
        };
        if let Some(damage) = &outcome.damage {
            let name = file.place.to_string();
            files.damaged.push((name, damage.to_string()));
        } else if outcome.counted.lacks_records() {
            files.without_records.push(file.place.to_string());
        }
    }
    files
}

/// Complains of what could not be read, after the report of what could.
fn complain(
    files: &FilesRead,
    outcome: &ReplayOutcome,
    plan: &ReplayPlan,
    counted: bool,
) -> Result<(), Error> {
    if let Some((file, why)) = files.damaged.first() {
        let others = match files.damaged.len() - 1 {
            0 => String::new(),
            1 => ", and another file is damaged".to_owned(),
            more => format!(", and {more} other files are damaged"),
        };
        return Err(Error::new(format!("{file} {why}{others}")).help(
            "the report holds what could be read; fetch the files again, or leave them out",
        ));
    }
    if let Some(why) = report::none_judged(&outcome.records) {
        return Err(Error::new(why).help(what_to_read(&outcome.records, plan)));
    }
    match files.without_records.first() {
        Some(first) if outcome.records.read == 0 => Err(Error::new(format!(
            "there is no CloudTrail record in what was read: {first} holds none"
        ))
        .help("`trailproof help replay` names the forms in which records are read")),
        // A table that held nothing has shown nothing; a list of records that is empty is an answer.
        None if counted && outcome.records.read == 0 => Err(Error::new(
            "no record was judged: what was read counts none",
        )
        .help("run the query where the records of the time in question lie, and read what it gives with its rows")),
        _ => Ok(()),
    }
}

/// What to do where no record was judged, by what most of them lack.
fn what_to_read(records: &RecordsOutcome, plan: &ReplayPlan) -> String {
    let ids: Vec<&str> = plan.accounts.iter().map(|it| it.account.as_str()).collect();
    let mut judged = ids
        .iter()
        .take(ACCOUNTS_SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if ids.len() > ACCOUNTS_SHOWN {
        judged.push_str(&format!(" and {} more", ids.len() - ACCOUNTS_SHOWN));
    }
    let reasons = [
        (
            records.distinct.saturating_sub(records.doubtful),
            format!(
                "name logs of the accounts that are judged ({judged}), or record the other accounts with \
                 `trailproof collect`"
            ),
        ),
        (
            records.other_accounts,
            format!("name logs of the accounts that are judged ({judged}), or ask about others"),
        ),
        (
            records.outside.saturating_sub(records.other_accounts),
            "widen --from and --to: the `eventTime` of records is compared with them".to_owned(),
        ),
        (
            records.unplaced,
            "a record is of the time in `eventTime` and of the account in `recipientAccountId`"
                .to_owned(),
        ),
        (
            records.doubtful,
            "name the files of the records in place of --counts".to_owned(),
        ),
    ];
    let most = reasons.into_iter().max_by_key(|(number, _)| *number);
    most.map(|(_, help)| help).unwrap_or_default()
}

/// So many accounts are named in a message.
const ACCOUNTS_SHOWN: usize = 5;

/// Says now and then how far reading has come, and how long it will take.
struct ProgressTeller {
    started: Instant,
    told: Instant,
}

impl ProgressTeller {
    fn new() -> Self {
        Self {
            started: Instant::now(),
            told: Instant::now(),
        }
    }

    fn tell(&mut self, progress: Progress, out: &mut Out) {
        if self.told.elapsed() < BETWEEN_LINES {
            return;
        }
        self.told = Instant::now();
        let megabytes = |bytes: u64| bytes / 1_000_000;
        let records = progress.records;
        if progress.all == 0 {
            let read = megabytes(progress.done);
            out.message(&format!("{read} MB read, {records} records"));
            return;
        }
        let percent = progress.done.saturating_mul(100) / progress.all;
        let spent = self.started.elapsed().as_secs();
        let left = progress.all.saturating_sub(progress.done);
        let seconds = spent.saturating_mul(left) / progress.done.max(1);
        let rounded =
            |unit: u64| usize::try_from((seconds + unit / 2) / unit).unwrap_or(usize::MAX);
        let left = match seconds {
            0..90 => format!("{seconds} s"),
            90..5400 => count(rounded(60), "minute"),
            _ => count(rounded(3600), "hour"),
        };
        out.message(&format!(
            "{percent}% of {} MB, {records} records, about {left} left",
            megabytes(progress.all)
        ));
    }
}
