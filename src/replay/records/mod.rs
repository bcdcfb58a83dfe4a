//! Reads CloudTrail records as they lie about, one at a time: nothing here holds a whole file.
//!
//! [`list`] finds the files (`folder`), [`each`] hands out the records of one of them (`stream`, which cuts the text by
//! `scan`). What is read: CloudTrail's files in S3 (`{"Records":[...]}`), arrays, lines, the answer of LookupEvents,
//! events of CloudWatch Logs (answers of GetLogEvents and FilterLogEvents, batches of a subscription, files of an export
//! task) and of EventBridge; any of them compressed with gzip. A text that is damaged is told with the place; records
//! before the place count.

mod folder;
mod scan;
mod stream;

use std::fmt;
use std::io;

pub use folder::{Found, Leftover, Listing, Place, list};
pub use stream::{Counted, Record, each};

/// Why a file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// It cannot be opened.
    #[error("cannot be opened: {0}")]
    Open(io::Error),
    /// Reading failed, or what is compressed is damaged.
    #[error("cannot be read on after record {records}: {source}")]
    Read {
        /// Records before.
        records: u64,
        /// What failed.
        source: io::Error,
    },
    /// The text ends within a value.
    #[error("is cut off after record {records}")]
    CutOff {
        /// Records before.
        records: u64,
    },
    /// The text is not JSON.
    #[error("is not JSON after record {records} (byte {at} of the text)")]
    NotJson {
        /// Records before.
        records: u64,
        /// Where in the text, after decompression.
        at: u64,
    },
    /// A record that is larger than any.
    #[error("holds a text that is larger than any record, after record {records}")]
    TooLarge {
        /// Records before.
        records: u64,
    },
}

/// The name of a file as the user knows it.
impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardInput => out.write_str("standard input"),
            Self::File { path, .. } => write!(out, "`{}`", path.display()),
        }
    }
}
