//! What can go wrong with a snapshot file, in words for its reader.

use std::path::{Path, PathBuf};

/// Result of snapshot operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a snapshot could not be written, opened or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such file. For the user to fix.
    #[error("`{}` does not exist", .0.display())]
    NotFound(PathBuf),
    /// The final name is taken. For the user to fix.
    #[error("`{}` exists already; name another file, or replace it with --force", .0.display())]
    Exists(PathBuf),
    /// What is there is not ours to replace, whatever the user says.
    #[error("`{}` is {what}, and is not overwritten; name another file", .path.display())]
    Kept {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// An interrupted recording lies beside the final name. For the user to decide.
    #[error("`{}` is left over from a recording that was cut short; continue it with --resume, or discard it with --force", .0.display())]
    PartialExists(PathBuf),
    /// Somebody else is recording to the same name. For the user to wait for, or to name another file.
    #[error("`{}` is being recorded by {holder}; wait for it to end, or name another file", .partial.display())]
    Busy {
        /// The recording.
        partial: PathBuf,
        /// Who holds its lock, and since when.
        holder: String,
    },
    /// There is nothing to resume. For the user to fix.
    #[error("`{}` is complete; there is nothing to resume", .0.display())]
    Complete(PathBuf),
    /// Only a complete snapshot will do. For the user to fix.
    #[error("`{}` is incomplete: its recording was cut short", .0.display())]
    Incomplete(PathBuf),
    /// The file is something else.
    #[error("`{}` is not a trailproof snapshot: {why}", .path.display())]
    NotASnapshot {
        /// The file.
        path: PathBuf,
        /// What shows it.
        why: String,
    },
    /// A later trailproof wrote the file.
    #[error("`{}` has snapshot format {version}; this trailproof reads format {}; use a newer trailproof", .path.display(), super::FORMAT)]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: i64,
    },
    /// The file is shorter than its header says.
    #[error("`{}` is cut off: it should have {expected} bytes and has {actual}; fetch it again", .path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
        /// Size by its header.
        expected: u64,
        /// Size on disk.
        actual: u64,
    },
    /// The file is damaged in a way that keeps it from being read.
    #[error("`{}` is damaged: {why}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// SQLite would take another file for part of this one, which is closed for good.
    #[error("`{}` lies beside `{}`, where SQLite takes it for a part of that file; no sealed snapshot has such a file: find out who put it there, and move it away", .beside.display(), .path.display())]
    Planted {
        /// The snapshot.
        path: PathBuf,
        /// What lies beside it.
        beside: PathBuf,
    },
    /// Checking the file on opening found that it is not as it was written.
    #[error("`{}` is not as it was written: {what}{}", .path.display(), more(*.others))]
    Changed {
        /// The file.
        path: PathBuf,
        /// The first thing that was found.
        what: String,
        /// How many more there are.
        others: usize,
    },
    /// An evidence row cannot be read.
    #[error("evidence row {id} is damaged: {why}")]
    DamagedEvidence {
        /// The row.
        id: i64,
        /// What was found.
        why: String,
    },
    /// The bodies are made to keep a reader busy.
    #[error(
        "the recorded bodies come to far more than any answers of AWS in a file of {size} bytes; it is not read further"
    )]
    OverBudget {
        /// The size of the database.
        size: u64,
    },
    /// A call that the format cannot hold. A bug of the recorder.
    #[error("a call cannot be recorded: {0}")]
    InvalidCall(String),
    /// The operating system refused.
    #[error("cannot {doing} `{}`: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("cannot read or write the snapshot: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    }
}

impl Error {
    pub(super) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            why: why.into(),
        }
    }

    pub(super) fn planted(path: &Path, beside: &Path) -> Self {
        Self::Planted {
            path: path.to_owned(),
            beside: beside.to_owned(),
        }
    }

    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}
