//! `trailproof import`: a snapshot from files that the AWS CLI wrote, and the script that writes them.

use std::path::PathBuf;

use super::{Error, Out, Status};
use crate::import::{self, Defaults};
use crate::snapshot::Writer;

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
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

fn account_id(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
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
    let defaults = Defaults {
        account: args.account,
        region: args.region,
    };
    let recording = import::read(&folder, &defaults)?;
    let producer = concat!("trailproof ", env!("CARGO_PKG_VERSION"), " import");
    let mut writer = Writer::create(&output, producer, recording.started_at, args.force)?;
    for call in &recording.calls {
        writer.record(call)?;
    }
    let path = writer.finish(recording.finished_at)?;

    let failed = recording
        .calls
        .iter()
        .filter(|call| call.error.is_some())
        .count();
    for why in recording.unusable.iter().take(SHOWN) {
        out.warn(why);
    }
    if recording.unusable.len() > SHOWN {
        out.warn(&format!("and {} more", recording.unusable.len() - SHOWN));
    }
    out.message(&format!(
        "wrote `{}`: {} answers, {} failed calls and unusable files",
        path.display(),
        recording.calls.len() - failed,
        failed,
    ));
    Ok(Status::Clean)
}
