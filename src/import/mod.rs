//! JSON files that the AWS CLI wrote -> evidence, for accounts where no binary may run.
//!
//! [`script`] is a shell script that writes such a folder; [`read`] reads a folder, that script's or one made by hand,
//! into the calls of a snapshot. Files that `calls.tsv` lists are known by it; others are matched to operations by their
//! name or by their shape. What is missing, empty, cut off, foreign, contradictory or there twice becomes a failed call
//! that names the file, and so a gap. It judges nothing, and guesses nothing: a file that could answer two questions
//! answers none. The folder may come from somebody else: no link is followed, and no file is read without a limit.

mod answer;
mod conflict;
mod error;
mod expected;
mod folder;
mod identify;
mod index;
mod name;
mod pages;
mod place;
mod plan;
mod subject;

use std::path::Path;

use jiff::Timestamp;

use crate::snapshot::Call;
use crate::snapshot::operations::UNKNOWN_FILE;

pub use error::Error;
use folder::Folder;
use plan::Plan;

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
pub struct Import {
    /// Files that could not be used, and files that are missing: what is wrong with each.
    pub unusable: Vec<String>,
    /// When the first answer was written.
    pub started_at: Timestamp,
    /// When the last answer was written.
    pub finished_at: Timestamp,
    folder: Folder,
    plans: Vec<Plan>,
}

impl Import {
    /// The calls: those of the lists first, then those of other files by name. Each answer is read from its file when
    /// its turn comes, for all of them may be more than memory holds.
    pub fn calls(&self) -> impl Iterator<Item = Call> {
        self.plans.iter().map(|plan| plan.call(&self.folder))
    }

    /// The file of a call, counted as [`Import::calls`] gives them.
    pub fn file(&self, call: usize) -> Option<&str> {
        let file = self.folder.get(self.plans.get(call)?.file?)?;
        Some(&file.name)
    }
}

/// Reads the folder.
pub fn read(folder: &Path, defaults: &Defaults) -> Result<Import, Error> {
    let path = folder;
    let folder = Folder::list(path)?;
    let (mut plans, listed) = index::read(&folder)?;
    let has_list = !plans.is_empty();
    let loose: Vec<usize> = (0..)
        .zip(folder.files.iter().zip(&listed))
        .filter(|(_, (file, listed))| !file.is_companion() && !**listed)
        .map(|(index, _)| index)
        .collect();
    plans.extend(identify::plans(&folder, &loose, &plans, defaults));
    if plans.iter().all(|plan| plan.operation == UNKNOWN_FILE) {
        return Err(Error::Nothing(path.to_owned()));
    }
    pages::settle(&folder, &mut plans);
    conflict::settle(&folder, &mut plans);
    plans.extend(expected::missing(&plans, has_list));
    let unusable = plans
        .iter()
        .filter_map(|plan| plan.outcome.as_ref().err())
        .filter(|(code, _)| code == UNUSABLE)
        .map(|(_, message)| message.clone())
        .chain(pages::cut_short(&folder, &plans))
        .collect();
    let times = || plans.iter().map(|plan| plan.at);
    Ok(Import {
        unusable,
        started_at: times().min().unwrap_or(Timestamp::UNIX_EPOCH),
        finished_at: times().max().unwrap_or(Timestamp::UNIX_EPOCH),
        folder,
        plans,
    })
}
