//! `trailproof collect`: what to collect, how it is going, what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::opening::no_dash;
use super::out::remark;
use super::what::region;
use super::{Error, Out, Status};
use crate::aws::arn;
use crate::collect::{self, Config, Event, Observer, Organization, Stop};
use crate::report::printable::one_line;
use crate::snapshot::operations::{self, Need, OPERATIONS, Operation};
use crate::snapshot::{Snapshot, Writer, is_same_file};

/// Arguments of `trailproof collect`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Snapshot to write, such as `mine.trailproof`
    #[arg(
        short,
        long,
        value_name = "FILE",
        required_unless_present = "print_policy"
    )]
    output: Option<PathBuf>,

    /// Replace FILE if it exists
    #[arg(long, conflicts_with = "resume")]
    force: bool,

    /// Profile of the AWS configuration files
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// Search this region for trails; may be repeated [default: every region enabled in the account]
    #[arg(long = "region", value_name = "REGION", value_parser = region)]
    regions: Vec<String>,

    /// Endpoint of all services, such as that of an emulator [default: AWS_ENDPOINT_URL, or AWS itself]
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,

    /// Collect every active account of the organization, through the role of --role-name
    #[arg(long, requires = "role_name")]
    organization: bool,

    /// Role to assume in each account of the organization
    #[arg(long, value_name = "NAME", requires = "organization")]
    role_name: Option<String>,

    /// External id that the role's trust policy asks for
    #[arg(long, value_name = "ID", requires = "organization")]
    external_id: Option<String>,

    /// Accounts asked at the same time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u8).range(1..))]
    concurrency: u8,

    /// Seconds that one attempt of a call may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=600))]
    timeout: u16,

    /// Go on where a collection into FILE was cut short, asking only for what is missing
    #[arg(long, conflicts_with = "from")]
    resume: bool,

    /// Ask this snapshot in place of AWS: collects again from its recorded responses, without network or credentials
    #[arg(long, value_name = "SNAPSHOT", conflicts_with_all = ["profile", "regions", "endpoint_url", "organization"])]
    from: Option<PathBuf>,

    /// Print the least IAM policy that a collection needs, and stop
    #[arg(long)]
    print_policy: bool,
}

/// Records what AWS says into a snapshot.
pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    if args.print_policy {
        let policy = least_policy(args.role_name.as_deref());
        out.json(&format!("{policy:#}\n"))?;
        return Ok(Status::Clean);
    }
    let Some(path) = args.output else {
        return Err(Error::new("no snapshot to write is named").help("add `--output FILE`"));
    };
    no_dash(&path)?;
    let partial = Writer::partial_path(&path);
    let config = Config {
        profile: args.profile,
        regions: args.regions,
        endpoint_url: args.endpoint_url,
        timeout: Duration::from_secs(args.timeout.into()),
        organization: args.role_name.map(|role_name| Organization {
            role_name,
            external_id: args.external_id,
            concurrency: args.concurrency.into(),
        }),
        replay: args.from,
        resume: args.resume.then(|| partial.clone()),
    };
    if let Some(source) = &config.replay
        && is_same_file(source, &path)
    {
        return Err(Error::new(format!(
            "`{}` is the snapshot that is read, and is not overwritten",
            path.display()
        ))
        .help("name another file with --output"));
    }
    // Said before minutes of asking, and once more by the writer itself.
    Writer::refuse_while_recorded(&path)?;
    if path.exists() && !args.force {
        return Err(crate::snapshot::Error::Exists(path).into());
    }
    if args.resume && !partial.exists() {
        return Err(Error::new(format!(
            "there is nothing to resume: `{}` does not exist",
            partial.display()
        )));
    }
    if partial.exists() && !args.resume && !args.force {
        return Err(crate::snapshot::Error::PartialExists(partial).into());
    }
    let progress = Arc::new(Progress::new());
    let observer: Arc<dyn Observer> = Arc::<Progress>::clone(&progress);
    let outcome = collect::run(&config, observer, || {
        if args.resume {
            Writer::resume(&path, args.force)
        } else {
            Writer::create(&path, PRODUCER, Timestamp::now(), args.force)
        }
    });
    progress.clear();
    let outcome = outcome.map_err(explained)?;
    if let Some(stop) = outcome.stopped {
        let partial = outcome.writer.abandon()?;
        let kept = format!("what was recorded is in `{}`", partial.display());
        return Err(match stop {
            Stop::Asked => Error::new(format!("stopped before the end; {kept}"))
                .help("the same command with --resume goes on from there"),
            Stop::Session { code, message } => Error::new(format!(
                "the session ended before the collection did: {code}: {message}; {kept}"
            ))
            .help(
                "sign in again, such as with `aws sso login`; then the same command with --resume asks for what is missing",
            ),
        });
    }
    let path = outcome.writer.finish(Timestamp::now())?;
    let snapshot = Snapshot::open_unverified(&path)?;
    for line in summary(&snapshot, &progress)? {
        out.message(&line);
    }
    out.message(&format!("wrote `{}`", path.display()));
    let missing = missing(&snapshot)?;
    if missing.is_empty() {
        return Ok(Status::Clean);
    }
    out.message("missing, and needed by a verdict:");
    for cause in &missing {
        out.message(&format!("  {cause}"));
    }
    Err(Error::new(format!(
        "`{}` lacks answers without which some verdicts cannot be reached",
        path.display()
    ))
    .help("those controls will be `unknown`; repair the causes above and collect again"))
}

const PRODUCER: &str = concat!("trailproof ", env!("CARGO_PKG_VERSION"), " collect");

/// Adds what the user can do about it.
fn explained(error: collect::Error) -> Error {
    use collect::Error as E;
    let help = match &error {
        E::Credentials(_) => Some(
            "set AWS_PROFILE or --profile, run `aws sso login`, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \
             without AWS access, analyze a snapshot that was made elsewhere",
        ),
        E::Identity { code, .. } if code.starts_with("Expired") => {
            Some("the session has expired; sign in again, such as with `aws sso login`")
        }
        E::Identity { .. } => Some(
            "check the profile and the environment: `aws sts get-caller-identity` asks the same",
        ),
        E::Unreachable { .. } => Some("check the network, the proxy, --region and --endpoint-url"),
        E::Profile { .. } => {
            Some("`aws configure list-profiles` shows the profiles that there are")
        }
        E::Mfa { .. } => Some(
            "let the AWS CLI ask for the code and hand on the session: \
             eval \"$(aws configure export-credentials --profile NAME --format env)\", then collect without --profile",
        ),
        E::Region { .. } => Some("`aws account list-regions` shows the regions that there are"),
        E::Organization { .. } => Some(
            "use credentials of the management account or of a delegated administrator, with organizations:ListAccounts",
        ),
        _ => None,
    };
    let error = Error::from(error);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

/// The least IAM policy, from the table of operations.
fn least_policy(role_name: Option<&str>) -> Value {
    let of_organizations =
        |operation: &&Operation| matches!(operation.name, "AssumeRole" | "ListAccounts");
    let mut actions: Vec<&str> = OPERATIONS
        .iter()
        .filter(|operation| !of_organizations(operation))
        .map(|operation| operation.iam_action)
        .collect();
    actions.sort_unstable();
    actions.dedup();
    let mut statements = vec![json!({
        "Sid": "Read",
        "Effect": "Allow",
        "Action": actions,
        // DescribeAlarms tells composite alarms to those alone who may ask for all resources.
        "Resource": "*",
    })];
    if let Some(role_name) = role_name {
        statements.push(json!({
            "Sid": "ListAccounts",
            "Effect": "Allow",
            "Action": ["organizations:ListAccounts"],
            "Resource": "*",
        }));
        statements.push(json!({
            "Sid": "AssumeRole",
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Resource": arn::iam("*", "*", &format!("role/{role_name}")),
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Shows how it is going: a bar on a terminal, a line an account elsewhere.
struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    accounts: usize,
    answers: u64,
    refused: u64,
    by_account: BTreeMap<String, OfAccount>,
}

#[derive(Default)]
struct OfAccount {
    finished: bool,
    answers: u64,
    refused: u64,
}

impl Progress {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar.set_style(style("{spinner} {elapsed} {msg}"));
            bar
        });
        Self {
            bar,
            started: Instant::now(),
            counts: Mutex::default(),
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self, text: &str) {
        if self.bar.is_none() {
            remark(text);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Observer for Progress {
    fn event(&self, event: &Event<'_>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match *event {
            Event::Accounts(accounts) => {
                counts.accounts = accounts;
                if let (Some(bar), 2..) = (&self.bar, accounts) {
                    bar.set_length(accounts as u64);
                    bar.set_style(style(
                        "{wide_bar} {pos}/{len} accounts {elapsed} (about {eta} left) {msg}",
                    ));
                }
            }
            Event::Started { account, regions } => {
                self.line(&format!("{account}: asking {regions} regions"));
            }
            Event::Answer {
                account,
                region,
                operation,
                error,
            } => {
                let refused = u64::from(error.is_some());
                counts.answers += 1 - refused;
                counts.refused += refused;
                let of_account = counts.by_account.entry(account.to_owned()).or_default();
                of_account.answers += 1 - refused;
                of_account.refused += refused;
                if let Some(bar) = &self.bar {
                    let (answers, refused) = (counts.answers, counts.refused);
                    let mut message = format!("{answers} answers");
                    if refused > 0 {
                        let _ = write!(message, ", {refused} refused");
                    }
                    if counts.accounts < 2 {
                        let _ = write!(message, " {region} {operation}");
                    }
                    bar.set_message(one_line(&message).into_owned());
                }
            }
            Event::Region { .. } => {}
            Event::Finished { account } => {
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                }
                let accounts = counts.accounts;
                let of_account = counts.by_account.entry(account.to_owned()).or_default();
                of_account.finished = true;
                let (answers, refused) = (of_account.answers, of_account.refused);
                let done = counts
                    .by_account
                    .values()
                    .filter(|account| account.finished)
                    .count();
                let text = format!(
                    "{account}: {answers} answers, {refused} refused ({done} of {accounts} accounts, {:.1} s)",
                    self.started.elapsed().as_secs_f64()
                );
                self.line(&text);
            }
        }
    }
}

/// What was recorded and what could not be, on one screen.
fn summary(snapshot: &Snapshot, progress: &Progress) -> Result<Vec<String>, Error> {
    /// Gaps of one kind beyond these are counted, not listed.
    const LISTED: usize = 12;
    let connection = snapshot.connection();
    let count = |table: &str| -> rusqlite::Result<i64> {
        connection.query_row(&format!("select count(*) from {table}"), [], |row| {
            row.get(0)
        })
    };
    let mut text = String::from("recorded");
    for (table, one, many) in [
        ("account", "account", "accounts"),
        ("trail", "trail", "trails"),
        ("log_group", "log group", "log groups"),
        ("metric_filter", "metric filter", "metric filters"),
        ("alarm", "alarm", "alarms"),
        ("topic", "topic", "topics"),
        ("subscription", "subscription", "subscriptions"),
    ] {
        let number = count(table)?;
        let separator = if table == "account" { " " } else { ", " };
        let _ = write!(
            text,
            "{separator}{number} {}",
            if number == 1 { one } else { many }
        );
    }
    let mut lines = vec![
        text,
        format!(
            "from {} answers in {:.1} s",
            count("evidence")?,
            progress.started.elapsed().as_secs_f64()
        ),
    ];
    let mut statement = connection.prepare(
        "select service, operation, code, count(*), count(distinct account), min(account), count(distinct region), min(region), min(message)\n\
         from gap\n\
         group by service, operation, code\n\
         order by service, operation, code",
    )?;
    let gaps: Vec<String> = statement
        .query_map([], |row| {
            let place = |column: usize, noun: &str| -> rusqlite::Result<String> {
                let number: i64 = row.get(column)?;
                Ok(match number {
                    1 => row.get(column + 1)?,
                    number => format!("{number} {noun}"),
                })
            };
            let (service, operation, code): (String, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let number: i64 = row.get(3)?;
            Ok(format!(
                "{service} {operation}: {code} ({number}x, {}, {})",
                place(4, "accounts")?,
                place(6, "regions")?
            ))
        })?
        .collect::<Result<_, _>>()?;
    if gaps.is_empty() {
        lines.push("everything that was asked was answered".to_owned());
    } else {
        lines.push("could not be recorded:".to_owned());
        lines.extend(gaps.iter().take(LISTED).map(|gap| format!("  {gap}")));
        if let Some(more) = gaps.len().checked_sub(LISTED).filter(|more| *more > 0) {
            lines.push(format!(
                "  and {more} more; see table `gap` of the snapshot"
            ));
        }
    }
    Ok(lines)
}

/// What a verdict needs and nobody answered: a line a cause, with the permission that would repair it.
fn missing(snapshot: &Snapshot) -> Result<Vec<String>, Error> {
    // A question about one resource may have been answered to another account: a trail's owner, a topic's owner. Few
    // alarms need the metric filters of every log group where those of the trails' were told.
    let sql = "select service, operation, kind, code, account, region, subject, min(message)\n\
               from gap\n\
               where not exists (\n\
                 select 1\n\
                 from answered\n\
                 where answered.service = gap.service and answered.operation = gap.operation\n\
                   and answered.subject = gap.subject and gap.subject like 'arn:%'\n\
               )\n\
               and not (gap.operation = 'DescribeMetricFilters' and gap.subject = '' and exists (\n\
                 select 1\n\
                 from answered\n\
                 where answered.operation = gap.operation and answered.account = gap.account\n\
                   and answered.region = gap.region\n\
               ))\n\
               group by service, operation, kind, code, account, region, subject\n\
               order by kind, code, service, operation, account, region, subject";
    #[derive(Default)]
    struct Cause {
        actions: BTreeSet<&'static str>,
        accounts: BTreeSet<String>,
        regions: BTreeSet<String>,
        message: String,
    }
    let mut causes: BTreeMap<(String, String), Cause> = BTreeMap::new();
    let mut statement = snapshot.connection().prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (service, name): (String, String) = (row.get(0)?, row.get(1)?);
        let Some(operation) = operations::find(&service, &name) else {
            continue;
        };
        // An older server knows no log alarms; an account that could not be entered has no verdict at all.
        let is_log_alarm = row.get::<_, String>(6)? == "LogAlarm";
        if is_log_alarm || operation.need == Need::Optional && name != "AssumeRole" {
            continue;
        }
        let cause = causes.entry((row.get(2)?, row.get(3)?)).or_default();
        cause.actions.insert(operation.iam_action);
        cause.accounts.insert(row.get(4)?);
        cause.regions.insert(row.get(5)?);
        cause.message = row.get(7)?;
    }
    let number = |set: &BTreeSet<String>, noun: &str| match set.first() {
        Some(one) if set.len() == 1 => one.clone(),
        _ => format!("{} {noun}", set.len()),
    };
    Ok(causes
        .into_iter()
        .map(|((kind, code), cause)| {
            let actions: Vec<&str> = cause.actions.into_iter().collect();
            let place = format!(
                "{}, {}",
                number(&cause.accounts, "accounts"),
                number(&cause.regions, "regions")
            );
            let actions = actions.join(", ");
            match kind.as_str() {
                "denied" => format!("{code}: allow {actions} ({place})"),
                _ if cause.message.is_empty() => format!("{code}: {actions} ({place})"),
                _ => format!("{code}: {actions} ({place}): {}", cause.message),
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_policy_reads_only() {
        let policy = least_policy(None);
        let actions = policy["Statement"][0]["Action"].as_array().unwrap();
        assert!(actions.len() > 20);
        for action in actions {
            let (_, verb) = action.as_str().unwrap().split_once(':').unwrap();
            assert!(
                ["Describe", "Get", "List"]
                    .iter()
                    .any(|read| verb.starts_with(read)),
                "{verb}"
            );
        }
        assert!(
            least_policy(Some("Audit"))
                .to_string()
                .contains("sts:AssumeRole")
        );
    }
}
