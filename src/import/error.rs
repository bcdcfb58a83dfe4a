//! Why a folder cannot be imported at all. What is wrong with single files is a gap, not an error.

use std::path::PathBuf;

/// A folder that cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder or a file in it cannot be read; for the user to mend.
    #[error("cannot read `{path}`")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The path is no folder.
    #[error("`{0}` is not a folder; unpack the tar file first")]
    NoFolder(PathBuf),
    /// There are more files than any number of accounts gives.
    #[error("the folder holds more than {0} files; import it in parts")]
    TooMany(usize),
    /// No file of the folder answers any question.
    #[error("`{0}` holds no answer of the AWS CLI that is known here")]
    Nothing(PathBuf),
    /// `calls.tsv` was not written by the script, or was edited.
    #[error("`{path}`, line {line}: {why}")]
    Index {
        /// The file.
        path: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
}
