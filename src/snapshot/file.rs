//! One opening of a snapshot file: it is read once, and the bytes that are checked are the bytes that are used.
//!
//! A name can be swapped between two openings, can be a link to a device, and SQLite takes journals that lie beside it
//! for part of the file. So nothing here hands a name of the user's to SQLite for reading: small files are held in
//! memory, large ones in a private copy. Whether a recording was cut short is read from the bytes as they are; only
//! then may the journal of its own last transaction be rolled back, in the copy.

use std::fs;
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::error::{Error, Result};
use super::meta::{Meta, State};
use super::schema::Schema;
use super::{APPLICATION_ID, FORMAT};

/// Files up to this size are held in memory, once here and once in each connection; larger ones in a private copy.
const IN_MEMORY: u64 = 32 << 20;

/// Ten thousand accounts make some 600 MB. A larger file is refused before a copy of it fills a disk.
const MAX_SIZE: u64 = 8 << 30;

/// What a killed writer may not have written yet of the pages that its header counts.
const MAX_MISSING: u64 = 64 << 20;

/// No definition in the schema is longer; a longer one is not parsed.
const MAX_SCHEMA_TEXT: i32 = 64 << 10;

/// The bytes at the end of a journal that names another file.
const JOURNAL_MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// A snapshot file, read once.
#[derive(Debug, Clone)]
pub struct SnapshotFile {
    path: PathBuf,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Memory(Arc<Vec<u8>>),
    Copy(Arc<PrivateCopy>),
}

/// A file in a directory that nobody else may enter, removed with the last user of it.
#[derive(Debug)]
pub(super) struct PrivateCopy {
    // Held so that the directory lives as long as the file in it is used.
    _directory: TempDir,
    path: PathBuf,
}

/// What reads and seeks: bytes in memory or a file.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

impl SnapshotFile {
    /// Reads a snapshot, complete or not. A journal beside a complete one is refused by name; that of a recording that
    /// was cut short is rolled back in a copy.
    pub fn read(path: &Path) -> Result<Self> {
        let beside = Beside::of(path);
        let file = Self::read_bytes(path, beside.journal.is_some())?;
        if let Some(stranger) = &beside.stranger {
            return Err(Error::planted(path, stranger));
        }
        let Some(journal) = &beside.journal else {
            return Ok(file);
        };
        match file.state() {
            Ok(State::Incomplete) => {}
            Ok(State::Complete) => return Err(Error::planted(path, journal)),
            Err(Error::Damaged { why, .. }) => {
                return Err(Error::Damaged {
                    path: path.to_owned(),
                    why: format!(
                        "{why}; an unfinished change lies beside it, in `{}`",
                        journal.display()
                    ),
                });
            }
            Err(error) => return Err(error),
        }
        let recovered = file.recovered(journal)?;
        match recovered.state()? {
            State::Incomplete => Ok(recovered),
            State::Complete => Err(Error::planted(path, journal)),
        }
    }

    /// Reads a recording of our own that is to be continued, its journal rolled back in a copy: whatever state a kill
    /// left it in.
    pub(super) fn read_to_resume(path: &Path) -> Result<Self> {
        let beside = Beside::of(path);
        let file = Self::read_bytes(path, beside.journal.is_some())?;
        if let Some(stranger) = &beside.stranger {
            return Err(Error::planted(path, stranger));
        }
        match &beside.journal {
            Some(journal) => file.recovered(journal),
            None => Ok(file),
        }
    }

    /// The bytes of the file, after a look at its first hundred.
    fn read_bytes(path: &Path, may_be_short: bool) -> Result<Self> {
        let mut file = open_regular(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NotFound(path.to_owned()),
            io::ErrorKind::IsADirectory => not_ours(path, "it is a directory"),
            io::ErrorKind::InvalidInput => not_ours(path, &source.to_string()),
            _ => Error::io("open", path)(source),
        })?;
        let read = |error| Error::io("read", path)(error);
        let size = file.metadata().map_err(read)?.len();
        let mut header = Vec::with_capacity(100);
        file.by_ref()
            .take(100)
            .read_to_end(&mut header)
            .map_err(read)?;
        let expected = check_header(path, &header, size)?;
        let missing = expected.saturating_sub(size);
        if missing > if may_be_short { MAX_MISSING } else { 0 } {
            return Err(Error::CutOff {
                path: path.to_owned(),
                expected,
                actual: size,
            });
        }
        if size > expected && !may_be_short {
            let why = format!("its header counts {expected} bytes, and it has {size}");
            return Err(Error::damaged(path, why));
        }
        // One byte more than there was, so that a file that grows meanwhile is noticed.
        let mut source = Cursor::new(header).chain(file).take(size + 1);
        let content = if size.max(expected) <= IN_MEMORY {
            let mut bytes = Vec::with_capacity(usize::try_from(size + 1).unwrap_or(0));
            source.read_to_end(&mut bytes).map_err(read)?;
            check_length(path, bytes.len() as u64, size)?;
            bytes.resize(usize::try_from(size + missing).unwrap_or(0), 0);
            Content::Memory(Arc::new(bytes))
        } else {
            let copy = PrivateCopy::create(path)?;
            let write = |error| Error::io("copy", path)(error);
            let mut target = create_private(&copy.path).map_err(write)?;
            let copied = io::copy(&mut source, &mut target).map_err(write)?;
            check_length(path, copied, size)?;
            target.set_len(size + missing).map_err(write)?;
            Content::Copy(Arc::new(copy))
        };
        Ok(Self {
            path: path.to_owned(),
            content,
        })
    }

    /// The name that it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its bytes, from the first on.
    pub fn reader(&self) -> io::Result<Box<dyn ReadSeek + '_>> {
        Ok(match &self.content {
            Content::Memory(bytes) => Box::new(Cursor::new(bytes.as_slice())),
            Content::Copy(copy) => Box::new(fs::File::open(&copy.path)?),
        })
    }

    /// A connection of its own to the bytes, read-only; each thread may have one.
    pub(super) fn connect(&self) -> Result<Connection> {
        let connection = match &self.content {
            Content::Memory(bytes) => {
                let mut connection = Connection::open_in_memory()?;
                let read_only = true;
                connection.deserialize_read_exact(
                    "main",
                    bytes.as_slice(),
                    bytes.len(),
                    read_only,
                )?;
                connection
            }
            Content::Copy(copy) => {
                let connection = Connection::open_with_flags(
                    &copy.path,
                    OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
                )?;
                // Nobody writes to it: else each statement locks it anew, and looks for a journal.
                connection.pragma_update(None, "locking_mode", "exclusive")?;
                connection
            }
        };
        harden(&connection)?;
        // Reads the schema: a text too long or not understood is refused here, before anything is asked.
        let usual = connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, MAX_SCHEMA_TEXT)?;
        connection
            .query_row("select count(*) from sqlite_schema", [], |_| Ok(()))
            // SQLite repeats the name that it stumbles over, whatever its length.
            .map_err(|error| {
                let why: String = error.to_string().chars().take(200).collect();
                Error::damaged(&self.path, why)
            })?;
        connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, usual)?;
        Ok(connection)
    }

    /// A database that was made here, as a file to be read.
    pub(super) fn of_database(&self, mut database: Database) -> Result<Self> {
        let content = match database.copy.take() {
            Some(copy) => {
                database.connection.close().map_err(|(_, error)| error)?;
                Content::Copy(Arc::new(copy))
            }
            None => Content::Memory(Arc::new(database.connection.serialize("main")?.to_vec())),
        };
        Ok(Self {
            path: self.path.clone(),
            content,
        })
    }

    /// An empty database to derive facts of this file into: in memory where the file is.
    pub(super) fn scratch(&self) -> Result<Database> {
        Ok(match &self.content {
            Content::Memory(_) => Database {
                connection: Connection::open_in_memory()?,
                copy: None,
            },
            Content::Copy(_) => {
                let copy = PrivateCopy::create(&self.path)?;
                create_private(&copy.path).map_err(Error::io("create", &copy.path))?;
                Database {
                    connection: Connection::open_with_flags(
                        &copy.path,
                        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
                    )?,
                    copy: Some(copy),
                }
            }
        })
    }

    /// A connection to a copy of the bytes that may be written to: in memory where the file is.
    pub(super) fn connect_to_copy(&self) -> Result<(Connection, Self)> {
        match &self.content {
            Content::Memory(bytes) => {
                let mut connection = Connection::open_in_memory()?;
                connection.deserialize_read_exact("main", bytes.as_slice(), bytes.len(), false)?;
                Ok((connection, self.clone()))
            }
            Content::Copy(_) => {
                let copy = PrivateCopy::create(&self.path)?;
                let write = |error| Error::io("copy", &self.path)(error);
                let mut target = create_private(&copy.path).map_err(write)?;
                io::copy(&mut self.reader().map_err(write)?, &mut target).map_err(write)?;
                let connection = Connection::open_with_flags(
                    &copy.path,
                    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
                )?;
                let content = Content::Copy(Arc::new(copy));
                let path = self.path.clone();
                Ok((connection, Self { path, content }))
            }
        }
    }

    /// What the bytes say, before any journal is looked at.
    fn state(&self) -> Result<State> {
        let connection = self.connect()?;
        if !Schema::read(&connection)?.is_readable {
            return Err(Error::damaged(
                &self.path,
                "it has no table `snapshot` of ours",
            ));
        }
        Ok(Meta::read(&connection, &self.path)?.state)
    }

    /// The same file after SQLite rolled back what was not committed, in a private copy.
    fn recovered(&self, journal: &Path) -> Result<Self> {
        let bytes = {
            let mut file = open_regular(journal).map_err(Error::io("open", journal))?;
            let size = file.metadata().map_err(Error::io("read", journal))?.len();
            if size > MAX_SIZE {
                return Err(Error::planted(&self.path, journal));
            }
            let copy = PrivateCopy::create(&self.path)?;
            let mut target =
                create_private(&journal_of(&copy.path)).map_err(Error::io("copy", journal))?;
            io::copy(&mut file.by_ref().take(size), &mut target)
                .map_err(Error::io("copy", journal))?;
            copy
        };
        let tail = tail_of(&journal_of(&bytes.path)).map_err(Error::io("read", journal))?;
        // Such a journal has SQLite look for that file, and delete it.
        if tail == JOURNAL_MAGIC {
            return Err(Error::damaged(
                &self.path,
                format!(
                    "its journal `{}` names another file, as none of ours does",
                    journal.display()
                ),
            ));
        }
        let copy = |error| Error::io("copy", &self.path)(error);
        let mut target = create_private(&bytes.path).map_err(copy)?;
        io::copy(&mut self.reader().map_err(copy)?, &mut target).map_err(copy)?;
        drop(target);
        let connection = Connection::open_with_flags(
            &bytes.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        harden(&connection)?;
        connection
            .query_row("select count(*) from sqlite_schema", [], |_| Ok(()))
            .map_err(|error| Error::damaged(&self.path, error.to_string()))?;
        connection.close().map_err(|(_, error)| error)?;
        // Read again as a file of its own: the journal may have brought back another header.
        let mut recovered = Self::read_bytes(&bytes.path, false).map_err(|error| {
            Error::damaged(
                &self.path,
                format!("after its journal was rolled back: {error}"),
            )
        })?;
        recovered.path.clone_from(&self.path);
        Ok(recovered)
    }
}

/// A database that is being made.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) connection: Connection,
    copy: Option<PrivateCopy>,
}

impl PrivateCopy {
    fn create(of: &Path) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("trailproof-")
            .tempdir()
            .map_err(Error::io("make room for a copy of", of))?;
        // Absolute, so that SQLite reads no name as something else.
        let path = std::path::absolute(directory.path())
            .map_err(Error::io("make room for a copy of", of))?
            .join("snapshot.db");
        Ok(Self {
            _directory: directory,
            path,
        })
    }
}

/// What lies beside a file that SQLite would take for part of it.
struct Beside {
    /// The rollback journal that SQLite keeps while a transaction is under way.
    journal: Option<PathBuf>,
    /// What nothing of ours ever leaves.
    stranger: Option<PathBuf>,
}

impl Beside {
    fn of(path: &Path) -> Self {
        let there = |suffix: &str| {
            let name = with_suffix(path, suffix);
            // A link that leads nowhere is there as well.
            fs::symlink_metadata(&name).is_ok().then_some(name)
        };
        Self {
            journal: there("-journal"),
            stranger: there("-wal").or_else(|| there("-shm")),
        }
    }
}

/// Refuses to write where SQLite would take something that lies there for part of the file.
pub(super) fn refuse_strangers(path: &Path) -> Result<()> {
    match Beside::of(path).stranger {
        Some(stranger) => Err(Error::planted(path, &stranger)),
        None => Ok(()),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The rollback journal that SQLite keeps beside a database while a transaction is under way.
pub(super) fn journal_of(path: &Path) -> PathBuf {
    with_suffix(path, "-journal")
}

/// Opens a regular file, or what a link leads to if that is one; a pipe is never waited for.
pub fn open_regular(path: &Path) -> io::Result<fs::File> {
    let check = |metadata: fs::Metadata| {
        if metadata.is_dir() {
            Err(io::ErrorKind::IsADirectory.into())
        } else if metadata.is_file() {
            Ok(())
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is no regular file but a pipe, a socket or a device",
            ))
        }
    };
    // Looked at before, because opening some devices does something; and after, because the name may be another by then.
    check(fs::metadata(path)?)?;
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    check(file.metadata()?)?;
    Ok(file)
}

/// What lies at a name, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A snapshot, whatever its state.
    Snapshot,
    /// A database of another application.
    Database,
    /// Nothing, or something else.
    Other,
}

/// Looks at the first bytes of a file. One that cannot be read is taken for something else.
pub fn kind_of(path: &Path) -> Kind {
    let mut start = Vec::new();
    let read = open_regular(path).and_then(|file| file.take(100).read_to_end(&mut start));
    if read.is_err() || !start.starts_with(b"SQLite format 3\0") {
        Kind::Other
    } else if integer_at(&start, 68) == Some(APPLICATION_ID) {
        Kind::Snapshot
    } else {
        Kind::Database
    }
}

/// Whether two names are of one file.
pub fn is_same_file(left: &Path, right: &Path) -> bool {
    match (fs::canonicalize(left), fs::canonicalize(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}

/// Reads a whole file of a kind that is never large, such as a signature.
pub fn read_small(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?
        .take(limit + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {limit} bytes"),
        ));
    }
    Ok(bytes)
}

/// A new file that its owner alone may read: it tells how an account is watched. SQLite gives its journal the same mode.
pub(super) fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn tail_of(path: &Path) -> io::Result<[u8; 8]> {
    let mut file = fs::File::open(path)?;
    let mut tail = [0; 8];
    if file.metadata()?.len() >= 8 {
        file.seek(io::SeekFrom::End(-8))?;
        file.read_exact(&mut tail)?;
    }
    Ok(tail)
}

/// Nothing in a file that somebody else wrote is trusted.
fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Else SQLite prepares a statement anew for each value that is bound, in case another plan were better for it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)
}

fn check_length(path: &Path, read: u64, size: u64) -> Result<()> {
    if read == size {
        Ok(())
    } else {
        Err(Error::damaged(path, "it changed while it was read"))
    }
}

fn not_ours(path: &Path, why: &str) -> Error {
    Error::NotASnapshot {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

/// Reads the first 100 bytes by the SQLite file format, because SQLite's own words would not help the reader; gives the
/// size that the header counts.
fn check_header(path: &Path, header: &[u8], size: u64) -> Result<u64> {
    if header.is_empty() {
        return Err(not_ours(path, "the file is empty"));
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(not_ours(path, "it is not an SQLite database"));
    }
    let (Some(application_id), Some(version), Some(pages)) = (
        integer_at(header, 68),
        integer_at(header, 60),
        integer_at(header, 28),
    ) else {
        return Err(Error::CutOff {
            path: path.to_owned(),
            expected: 100,
            actual: size,
        });
    };
    if application_id != APPLICATION_ID {
        return Err(not_ours(
            path,
            "it is an SQLite database of another application",
        ));
    }
    if version > FORMAT {
        return Err(Error::Newer {
            path: path.to_owned(),
            version,
        });
    }
    if version < FORMAT {
        return Err(not_ours(path, &format!("its format is {version}")));
    }
    if header.get(18..20) != Some(&[1, 1]) {
        let why = "another tool changed it to write-ahead logging";
        return Err(Error::damaged(path, why));
    }
    let page_size = match (header.get(16), header.get(17)) {
        (Some(0), Some(1)) => 65_536,
        (Some(&high), Some(&low)) => u64::from(high) << 8 | u64::from(low),
        _ => 0,
    };
    let expected = page_size * pages.unsigned_abs();
    if size.max(expected) > MAX_SIZE && size >= expected {
        let why = format!("it has {size} bytes, and more than {MAX_SIZE} are not read");
        return Err(Error::damaged(path, why));
    }
    Ok(expected)
}

fn integer_at(header: &[u8], offset: usize) -> Option<i64> {
    let bytes: [u8; 4] = header.get(offset..offset + 4)?.try_into().ok()?;
    Some(i64::from(u32::from_be_bytes(bytes)))
}
