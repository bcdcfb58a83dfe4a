//! Reads CloudTrail records as they lie about, one at a time: nothing here holds a whole file.
//!
//! [`list`] finds the files (`folder`), [`split()`] the parts of a large one, a [`Reader`] hands out the records of a part
//! (`stream` cuts the text by `scan`, which knows by `alike` what it read before, `holder` takes a record out of what it lies in, `ahead` inflates it meanwhile); `part`
//! looks into a record.
//!
//! What is read: CloudTrail's files in S3 (`{"Records":[...]}`), arrays, lines, the answer of LookupEvents, events of
//! CloudWatch Logs (answers of GetLogEvents and FilterLogEvents, batches of a subscription, files of an export task) and of
//! EventBridge; any of them compressed with gzip. A text that is damaged is told with the place; records before the place
//! count. What is no record is counted, so that a file of something else is not taken for one in which nothing happened.

mod ahead;
mod alike;
mod edge;
mod folder;
mod holder;
mod part;
mod passed;
mod reader;
mod record;
mod scan;
mod split;
mod stream;

use std::fmt;
use std::io;

pub use edge::Part;
pub use folder::{Found, Input, Leftover, Listing, list};
pub use part::Finder;
pub use reader::{Reader, text, values};
pub use record::{Record, text_of};
pub use split::split;
pub use stream::{Counted, End, other_form};

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
    /// It was packed by this program, and files of such are not unpacked.
    #[error("is compressed with {0}: unpack it, or write it anew as JSON")]
    Compressed(&'static str),
    /// The file holds no text.
    #[error("is {0}: unpack it, or write it anew as JSON")]
    OtherForm(&'static str),
    /// An event holds the text of a record, and that is cut off or no JSON.
    #[error("holds an event whose record is cut off or no JSON, after record {records}")]
    Event {
        /// Records before.
        records: u64,
    },
    /// There are many values, and none of them is a record.
    #[error("holds no CloudTrail record among its first {values} values")]
    NoRecords {
        /// How many were read.
        values: u64,
    },
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
            Self::Open(_)
            | Self::Utf16
            | Self::Compressed(_)
            | Self::OtherForm(_)
            | Self::NoRecords { .. } => {}
            Self::Read { records, .. }
            | Self::CutOff { records }
            | Self::NotJson { records, .. }
            | Self::Event { records }
            | Self::TooDeep { records }
            | Self::TooLarge { records } => *records += before,
        }
        self
    }
}

/// The name of a file as the user knows it.
impl fmt::Display for Input {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardInput => out.write_str("standard input"),
            Self::File { path, .. } => write!(out, "`{}`", path.display()),
        }
    }
}
