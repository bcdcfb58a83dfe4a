//! `trailproof import`: a snapshot from files that the AWS CLI wrote, and the script that writes them.

use std::path::{Path, PathBuf};

use super::opening::no_dash;
use super::what::region;
use super::{Error, Out, Status};
use crate::aws::arn;
use crate::import::{self, Defaults, Import};
use crate::snapshot::{Snapshot, Writer};

/// What one screen holds of files that could not be used.
const SHOWN: usize = 20;

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of JSON files that the AWS CLI wrote
    #[arg(value_name = "DIR", required_unless_present = "script")]
    folder: Option<PathBuf>,
    /// The snapshot to write
    #[arg(short, long, value_name = "FILE", required_unless_present = "script")]
    output: Option<PathBuf>,
    /// Print the shell script that writes such a folder with read-only calls of the AWS CLI
    #[arg(long, conflicts_with_all = ["folder", "output", "account", "region", "force"])]
    script: bool,
    /// Account of files that name none
    #[arg(long, value_name = "ID", value_parser = account_id)]
    account: Option<String>,
    /// Region of files that name none
    #[arg(long, value_name = "REGION", value_parser = region)]
    region: Option<String>,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

fn account_id(text: &str) -> Result<String, String> {
    if arn::is_account(text) {
        Ok(text.to_owned())
    } else {
        Err("an account id has 12 digits".to_owned())
    }
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    if args.script {
        out.text(import::script())?;
        return Ok(Status::Clean);
    }
    let (Some(folder), Some(output)) = (args.folder, args.output) else {
        return Err(Error::new(
            "name a folder and, with -o, the snapshot to write",
        ));
    };
    no_dash(&output)?;
    let defaults = Defaults {
        account: args.account,
        region: args.region,
    };
    let recording = import::read(&folder, &defaults)?;
    let producer = concat!("trailproof ", env!("CARGO_PKG_VERSION"), " import");
    let mut writer = Writer::create(&output, producer, recording.started_at, args.force)?.in_bulk();
    let (mut answers, mut failed) = (0_usize, 0_usize);
    for call in recording.calls() {
        writer.record(&call)?;
        if call.error.is_some() {
            failed += 1;
        } else {
            answers += 1;
        }
    }
    let path = writer.finish(recording.finished_at)?;

    let mut unusable = unreadable(&path, &recording)?;
    unusable.extend(recording.unusable);
    for why in unusable.iter().take(SHOWN) {
        out.warn(why);
    }
    if unusable.len() > SHOWN {
        out.warn(&format!("and {} more", unusable.len() - SHOWN));
    }
    out.message(&format!(
        "wrote `{}`: {} answers, {} failed calls and unusable files",
        path.display(),
        answers,
        failed,
    ));
    Ok(Status::Clean)
}

/// Answers from which no fact could be read: the file of each and the reason.
fn unreadable(path: &Path, recording: &Import) -> Result<Vec<String>, Error> {
    // Written a moment ago, and by nobody else.
    let snapshot = Snapshot::open_unverified(path)?;
    let sql = "select gap.evidence_id, gap.message\n\
               from gap\n\
               join evidence on evidence.id = gap.evidence_id\n\
               where gap.kind = 'unreadable' and evidence.error_code is null\n\
               order by gap.evidence_id";
    let mut statement = snapshot.connection().prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut unreadable = Vec::new();
    for row in rows {
        let (id, why) = row?;
        let call = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        let file = call
            .and_then(|call| recording.file(call))
            .unwrap_or_default();
        unreadable.push(format!("`{file}`: {why}"));
    }
    Ok(unreadable)
}
