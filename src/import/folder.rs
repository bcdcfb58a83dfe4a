//! The files of a folder: listed once, read one at a time, never through a link and never without a limit.
//!
//! A folder may come from somebody else. A link in it could lead to a secret of whoever imports, a pipe or a device
//! never ends, and neither is an answer: they are named and left alone.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Error;

/// Folders nest no deeper than account, region and a few of the user's own.
const MAX_DEPTH: usize = 16;
/// More than an organization of ten thousand accounts gives.
const MAX_FILES: usize = 2_000_000;
/// Far more than the AWS CLI prints for any question asked here.
const MAX_BYTES: u64 = 64 << 20;
/// Two hundred bytes a call: ten thousand accounts of a hundred calls.
const MAX_LIST: u64 = 512 << 20;
/// An error text is a few lines.
const MAX_ERROR: u64 = 64 << 10;

/// A file of the folder.
#[derive(Debug)]
pub(super) struct File {
    /// The path below the folder, with `/` between its parts.
    pub(super) name: String,
    path: PathBuf,
    kind: Kind,
    pub(super) size: u64,
    /// When it was last written.
    pub(super) written: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Regular,
    Link,
    /// A pipe, a socket, a device.
    Special,
    /// A folder below the deepest that is looked into.
    Deep,
    /// No file: what the AWS CLI printed of a call that it says failed, which is nothing.
    Nothing,
}

/// Every file below a folder, sorted by name.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) files: Vec<File>,
    by_name: HashMap<String, usize>,
    /// The names of the folder itself and of the folder around it, innermost first.
    pub(super) around: Vec<String>,
}

impl Folder {
    /// Lists the files. Hidden ones are left alone.
    pub(super) fn list(folder: &Path) -> Result<Self, Error> {
        if folder.exists() && !folder.is_dir() {
            return Err(Error::NoFolder(folder.to_owned()));
        }
        let mut files = Vec::new();
        walk(folder, "", 0, &mut files)?;
        let by_name = |left: &File, right: &File| left.name.cmp(&right.name);
        files.sort_by(by_name);
        let unanswered = unanswered(&files);
        if !unanswered.is_empty() {
            files.extend(unanswered);
            files.sort_by(by_name);
        }
        let by_name = files
            .iter()
            .enumerate()
            .map(|(index, file)| (file.name.clone(), index))
            .collect();
        let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let around = whole
            .components()
            .rev()
            .take(2)
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        Ok(Self {
            files,
            by_name,
            around,
        })
    }

    /// The file of a name below the folder.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn get(&self, index: usize) -> Option<&File> {
        self.files.get(index)
    }

    /// What the AWS CLI wrote to its standard error, from the file beside this one.
    pub(super) fn error_beside(&self, file: &File) -> String {
        let beside = self.find(&format!("{}.error", file.name));
        let Some(beside) = beside.and_then(|index| self.get(index)) else {
            return String::new();
        };
        // An endless text is cut, a link is named.
        beside.read_at_most(MAX_ERROR).map_or_else(
            |why| why,
            |(bytes, _)| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }
}

fn walk(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<File>) -> Result<(), Error> {
    let failed = |source| Error::Read {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (
            entry.path(),
            entry.file_name().to_string_lossy().into_owned(),
        );
        if name.starts_with('.') {
            continue;
        }
        // Of the entry itself: what a link leads to is nobody's business here.
        let metadata = entry.metadata().map_err(failed)?;
        let is_folder = metadata.is_dir();
        if is_folder && depth < MAX_DEPTH {
            walk(&path, &format!("{prefix}{name}/"), depth + 1, files)?;
            continue;
        }
        let kind = if is_folder {
            Kind::Deep
        } else if metadata.is_symlink() {
            Kind::Link
        } else if metadata.is_file() {
            Kind::Regular
        } else {
            Kind::Special
        };
        if files.len() >= MAX_FILES {
            return Err(Error::TooMany(MAX_FILES));
        }
        let written = metadata
            .modified()
            .ok()
            .and_then(|time| time.try_into().ok());
        files.push(File {
            name: format!("{prefix}{name}"),
            path,
            kind,
            size: metadata.len(),
            written: written.unwrap_or(Timestamp::UNIX_EPOCH),
        });
    }
    Ok(())
}

/// The answers that are not there and whose error is, of files in the order of their names: what was asked failed, whether or not
/// an empty file was kept of it.
fn unanswered(files: &[File]) -> Vec<File> {
    let is_there = |name: &str| {
        let found = files.binary_search_by(|file| file.name.as_str().cmp(name));
        found.is_ok()
    };
    let errors = files.iter().filter_map(|file| {
        let of = file.name.strip_suffix(".error")?;
        let is_answer = of.ends_with(".json") && !is_there(of);
        is_answer.then(|| File {
            name: of.to_owned(),
            path: file.path.clone(),
            kind: Kind::Nothing,
            size: 0,
            written: file.written,
        })
    });
    errors.collect()
}

impl File {
    /// Whether the file says something about another one: standard error of a call, or the list of calls.
    pub(super) fn is_companion(&self) -> bool {
        self.name.ends_with(".error") || self.is_index()
    }

    /// Whether there is such a file, and not only the error of the call that would have written it.
    pub(super) fn is_there(&self) -> bool {
        self.kind != Kind::Nothing
    }

    /// Whether this is the script's list of calls.
    pub(super) fn is_index(&self) -> bool {
        self.file_name() == "calls.tsv"
    }

    /// The last part of the path.
    pub(super) fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The folder of the file, ending with `/` unless empty.
    pub(super) fn folder(&self) -> &str {
        let length = self.name.len() - self.file_name().len();
        self.name.get(..length).unwrap_or_default()
    }

    /// Reads the whole file, as UTF-8 where it is in UTF-16, as PowerShell writes it; the error names it.
    pub(super) fn read(&self) -> Result<Vec<u8>, String> {
        let limit = if self.is_index() { MAX_LIST } else { MAX_BYTES };
        let (bytes, whole) = self.read_at_most(limit)?;
        if whole {
            Ok(bytes)
        } else {
            Err(format!("`{}` is larger than any answer", self.name))
        }
    }

    /// The first bytes, and whether they are all.
    fn read_at_most(&self, limit: u64) -> Result<(Vec<u8>, bool), String> {
        let name = &self.name;
        match self.kind {
            Kind::Regular => {}
            Kind::Nothing => return Ok((Vec::new(), true)),
            Kind::Link => {
                return Err(format!(
                    "`{name}` is a symbolic link, which is not followed; put the file itself there"
                ));
            }
            Kind::Special => {
                return Err(format!(
                    "`{name}` is a pipe, a socket or a device and not a file"
                ));
            }
            Kind::Deep => {
                return Err(format!(
                    "`{name}` is a folder in more than {MAX_DEPTH} others, and is not looked into"
                ));
            }
        }
        let failed = |error: io::Error| format!("`{name}` cannot be read: {error}");
        let file = open_same(&self.path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let whole = bytes.len() as u64 <= limit;
        if !whole {
            bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        Ok((utf8(bytes), whole))
    }
}

/// Opens a regular file, and nothing that was put in its place since it was looked at.
fn open_same(path: &Path) -> io::Result<fs::File> {
    let before = fs::symlink_metadata(path)?;
    if !before.is_file() {
        return Err(io::Error::other("it is no longer a file"));
    }
    let file = fs::File::open(path)?;
    let after = file.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if (before.dev(), before.ino()) != (after.dev(), after.ino()) {
            return Err(io::Error::other("another file was put in its place"));
        }
    }
    if after.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is no longer a file"))
    }
}

/// UTF-16 as UTF-8, with its mark or by the zero that every second byte of its first letter is; anything else as it is.
fn utf8(bytes: Vec<u8>) -> Vec<u8> {
    let (mark, unit): (usize, fn([u8; 2]) -> u16) = match bytes.get(..2) {
        Some([0xff, 0xfe]) => (2, u16::from_le_bytes),
        Some([0xfe, 0xff]) => (2, u16::from_be_bytes),
        Some([first, 0]) if *first != 0 => (0, u16::from_le_bytes),
        Some([0, second]) if *second != 0 => (0, u16::from_be_bytes),
        _ => return bytes,
    };
    let units: Vec<u16> = bytes
        .get(mark..)
        .unwrap_or_default()
        .chunks(2)
        .map(|pair| match pair {
            [first, second] => unit([*first, *second]),
            // Half a character, as where a file is cut off: no JSON comes of it.
            _ => 0xfffd,
        })
        .collect();
    String::from_utf16_lossy(&units).into_bytes()
}
