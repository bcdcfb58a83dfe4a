//! JSON files that the AWS CLI wrote -> evidence, for accounts where no binary may run.
//!
//! [`script`] is a shell script that writes such a folder; [`read`] reads a folder, that script's or one made by hand,
//! into the calls of a snapshot. Files that `calls.tsv` lists are known by it; others are matched to operations by their
//! name or by their shape. What is missing, empty, cut off or foreign becomes a failed call that names the file, and so
//! a gap. It judges nothing, and guesses nothing: a file that could answer two questions answers none.

mod error;
mod expected;
mod file;
mod identify;
mod index;
mod question;

use std::path::Path;

use jiff::Timestamp;

use crate::snapshot::Call;

pub use error::Error;

/// The error code of a call whose file cannot be used.
const UNUSABLE: &str = "import";

/// A POSIX shell script of read-only AWS CLI calls that writes a folder for [`read`].
pub fn script() -> &'static str {
    include_str!("script.sh")
}

/// What the files of a folder made by hand may leave out.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// The account of files that name none.
    pub account: Option<String>,
    /// The region of files that name none.
    pub region: Option<String>,
}

/// What a folder holds.
#[derive(Debug)]
pub struct Recording {
    /// The calls, sorted by file.
    pub calls: Vec<Call>,
    /// Files that could not be used, and files that are missing: what is wrong with each.
    pub unusable: Vec<String>,
    /// When the first answer was written.
    pub started_at: Timestamp,
    /// When the last answer was written.
    pub finished_at: Timestamp,
}

/// Reads the folder.
pub fn read(folder: &Path, defaults: &Defaults) -> Result<Recording, Error> {
    let files = file::list(folder)?;
    let index = index::read(&files)?;
    let mut calls: Vec<Call> = index.entries.iter().map(index::call_of).collect();
    let loose: Vec<&file::File> = files
        .iter()
        .filter(|file| !file.is_companion() && !index.lists(file))
        .collect();
    calls.extend(identify::calls(&loose, &calls, defaults));
    if calls.iter().all(|call| call.service == "import") {
        return Err(Error::Nothing(folder.to_owned()));
    }
    calls.extend(expected::missing(&calls, !index.entries.is_empty()));
    let unusable = calls
        .iter()
        .filter_map(|call| call.error.as_ref())
        .filter(|(code, _)| code == UNUSABLE)
        .map(|(_, message)| message.clone())
        .collect();
    let times = || calls.iter().map(|call| call.at);
    Ok(Recording {
        unusable,
        started_at: times().min().unwrap_or(Timestamp::UNIX_EPOCH),
        finished_at: times().max().unwrap_or(Timestamp::UNIX_EPOCH),
        calls,
    })
}
