//! Which files hold records: those that the user names, and those of a folder that have the form of log files.
//!
//! A folder may come from somebody else: a link in it is not followed, and what is no file is not opened. What the user
//! names on the command line is opened whatever it is, so that a pipe works.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::aws::arn;

/// AWSLogs, organization, account, CloudTrail, Region, year, month, day, and a few of the user's own.
const MAX_DEPTH: usize = 24;

/// Where records come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
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
    pub place: Input,
    /// In bytes.
    pub size: u64,
}

/// What was left alone in a folder, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leftover {
    /// Digest files and files of other services.
    NoRecords,
    /// Its name is that of no log file.
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
    /// Folders and files in folders that cannot be looked at.
    pub unread: Vec<(PathBuf, io::Error)>,
}

/// Finds the files of what the user named.
pub fn list(arguments: &[PathBuf]) -> Result<Listing, (PathBuf, io::Error)> {
    let mut listing = Listing::default();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            let place = Input::StandardInput;
            listing.files.push(Found { place, size: 0 });
            continue;
        }
        let failed = |error| (argument.clone(), error);
        let metadata = fs::metadata(argument).map_err(failed)?;
        if metadata.is_dir() {
            // What the user names has to be there; what is wrong within is told and passed over.
            fs::read_dir(argument).map_err(failed)?;
            walk(argument, 0, &mut listing);
            continue;
        }
        let path = argument.clone();
        listing.files.push(Found {
            place: Input::File { path, found: false },
            size: if metadata.is_file() {
                metadata.len()
            } else {
                0
            },
        });
    }
    Ok(listing)
}

fn walk(folder: &Path, depth: usize, listing: &mut Listing) {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => return listing.unread.push((folder.to_owned(), error)),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Of the entry itself, not of what a link leads to.
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(error) => {
                listing.unread.push((path, error));
                continue;
            }
        };
        match kind(&path, &metadata, depth) {
            Entry::Folder => walk(&path, depth + 1, listing),
            Entry::File => listing.files.push(Found {
                place: Input::File { path, found: true },
                size: metadata.len(),
            }),
            Entry::Left(why) => listing.left.push((path, why)),
        }
    }
}

/// What to do with an entry of a folder.
enum Entry {
    Folder,
    File,
    Left(Leftover),
}

fn kind(path: &Path, metadata: &fs::Metadata, depth: usize) -> Entry {
    let is_folder = metadata.is_dir();
    if metadata.is_symlink() {
        Entry::Left(Leftover::Link)
    } else if !is_folder && !metadata.is_file() || is_folder && depth >= MAX_DEPTH {
        Entry::Left(Leftover::Special)
    } else if is_folder && is_of_another_service(path) || !is_folder && is_digest(path) {
        Entry::Left(Leftover::NoRecords)
    } else if is_hidden(path) || !is_folder && !is_log_file(path) {
        Entry::Left(Leftover::OtherName)
    } else if is_folder {
        Entry::Folder
    } else {
        Entry::File
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// What tools keep beside files, such as `.git`.
fn is_hidden(path: &Path) -> bool {
    name(path).starts_with('.')
}

/// Below `AWSLogs/ACCOUNT` (or `AWSLogs/ORGANIZATION/ACCOUNT`) every service has a folder; that of CloudTrail's digests
/// holds hashes of the log files, and no records.
fn is_of_another_service(folder: &Path) -> bool {
    let own = name(folder);
    if own == "CloudTrail-Digest" {
        return true;
    }
    let Some(account) = folder.parent() else {
        return false;
    };
    let mut above = account.ancestors().skip(1).take(2).map(name);
    arn::is_account(&name(account))
        && above.any(|name| name == "AWSLogs")
        && !own.starts_with("CloudTrail")
}

/// Digest files hold hashes of log files.
fn is_digest(path: &Path) -> bool {
    name(path)
        .to_ascii_lowercase()
        .contains("_cloudtrail-digest_")
}

fn is_log_file(path: &Path) -> bool {
    let name = name(path).to_ascii_lowercase();
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
