//! Which files hold records: those that the user names, and those of a folder that have the form of log files.
//!
//! A folder may come from somebody else: a link in it is not followed, and what is no file is not opened. What the user
//! names on the command line is opened whatever it is, so that a pipe works.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// AWSLogs, organization, account, CloudTrail, Region, year, month, day, and a few of the user's own.
const MAX_DEPTH: usize = 24;

/// Where records come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// `-`
    StandardInput,
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// Whether it was found in a folder, where no link is followed.
        found: bool,
    },
}

/// A file that holds records, with its size as it lies; 0 where that is not known.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where.
    pub place: Place,
    /// In bytes.
    pub size: u64,
}

/// What was left alone in a folder, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leftover {
    /// Digest files and files of other services.
    NoRecords,
    /// Its name ends like that of no log file.
    OtherName,
    /// A symbolic link.
    Link,
    /// A pipe, a socket, a device, or a folder too deep.
    Special,
}

/// What there is to read.
#[derive(Debug, Default)]
pub struct Listing {
    /// In the order of their names within each argument.
    pub files: Vec<Found>,
    /// What was left alone.
    pub left: Vec<(PathBuf, Leftover)>,
}

/// Finds the files of what the user named.
pub fn list(arguments: &[PathBuf]) -> Result<Listing, (PathBuf, io::Error)> {
    let mut listing = Listing::default();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            let place = Place::StandardInput;
            listing.files.push(Found { place, size: 0 });
            continue;
        }
        let failed = |error| (argument.clone(), error);
        let metadata = fs::metadata(argument).map_err(failed)?;
        if metadata.is_dir() {
            walk(argument, 0, &mut listing)?;
            continue;
        }
        let path = argument.clone();
        listing.files.push(Found {
            place: Place::File { path, found: false },
            size: if metadata.is_file() {
                metadata.len()
            } else {
                0
            },
        });
    }
    Ok(listing)
}

fn walk(folder: &Path, depth: usize, listing: &mut Listing) -> Result<(), (PathBuf, io::Error)> {
    let failed = |error| (folder.to_owned(), error);
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // Of the entry itself, not of what a link leads to.
        let metadata = entry.metadata().map_err(failed)?;
        let why = if metadata.is_dir() {
            if depth < MAX_DEPTH && !is_of_another_service(&path) {
                walk(&path, depth + 1, listing)?;
                continue;
            }
            if depth < MAX_DEPTH {
                Leftover::NoRecords
            } else {
                Leftover::Special
            }
        } else if metadata.is_symlink() {
            Leftover::Link
        } else if !metadata.is_file() {
            Leftover::Special
        } else if !is_log_file(&path) {
            Leftover::OtherName
        } else {
            let place = Place::File { path, found: true };
            let size = metadata.len();
            listing.files.push(Found { place, size });
            continue;
        };
        listing.left.push((path, why));
    }
    Ok(())
}

/// Below `AWSLogs/ACCOUNT` (or `AWSLogs/ORGANIZATION/ACCOUNT`) every service has a folder; that of CloudTrail's digests
/// holds hashes of the log files, and no records.
fn is_of_another_service(folder: &Path) -> bool {
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let (Some(own), Some(account)) = (name(folder), folder.parent()) else {
        return false;
    };
    if own == "CloudTrail-Digest" {
        return true;
    }
    let is_account = name(account)
        .is_some_and(|name| name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()));
    let mut above = account.ancestors().skip(1).take(2).filter_map(name);
    is_account && above.any(|name| name == "AWSLogs") && !own.starts_with("CloudTrail")
}

fn is_log_file(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    if name.contains("_cloudtrail-digest_") {
        return false;
    }
    [".json", ".jsonl", ".ndjson", ".log", ".gz"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Opens a file; in a folder, nothing that was put in its place since it was listed.
pub(super) fn open(path: &Path, found: bool) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    if found {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    if found && !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no longer a file"));
    }
    Ok(file)
}
