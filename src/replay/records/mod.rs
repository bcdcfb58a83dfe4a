//! Reads CloudTrail records as they lie about, one at a time: nothing here holds a whole file.
//!
//! [`list`] finds the files (`folder`), [`split()`] the parts of a large one, a [`Reader`] hands out the records of a part
//! (`stream`, which cuts the text by `scan`, and may have `ahead` inflate it); `part` looks into a record. What is read: CloudTrail's files in S3 (`{"Records":[...]}`), arrays, lines, the answer of LookupEvents,
//! events of CloudWatch Logs (answers of GetLogEvents and FilterLogEvents, batches of a subscription, files of an export
//! task) and of EventBridge; any of them compressed with gzip. A text that is damaged is told with the place; records
//! before the place count.

mod ahead;
mod edge;
mod folder;
mod part;
mod scan;
mod split;
mod stream;

use std::fmt;
use std::io;

pub use edge::Part;
pub use folder::{Found, Leftover, Listing, Place, list};
pub use part::Wanted;
pub use split::split;
pub use stream::{Counted, End, Reader, Record, text, text_of, values};

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
    /// The text is in another encoding.
    #[error("is UTF-16 text, as PowerShell writes it: write it anew as UTF-8")]
    Utf16,
    /// A record that is nested deeper than any.
    #[error("holds a text that is nested deeper than any record, after record {records}")]
    TooDeep {
        /// Records before.
        records: u64,
    },
    /// A record that is larger than any.
    #[error("holds a text that is larger than any record, after record {records}")]
    TooLarge {
        /// Records before.
        records: u64,
    },
}

impl Damage {
    /// The same, where as many records were read before the part that is damaged.
    pub(super) fn after(mut self, before: u64) -> Self {
        match &mut self {
            Self::Open(_) | Self::Utf16 => {}
            Self::Read { records, .. }
            | Self::CutOff { records }
            | Self::NotJson { records, .. }
            | Self::TooDeep { records }
            | Self::TooLarge { records } => *records += before,
        }
        self
    }
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
