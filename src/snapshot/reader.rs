//! Opening a snapshot read-only, with clear words for files that are none.
//!
//! A file is never changed by opening it: not even a recording that a kill left half-committed, which is read from a
//! temporary copy. The facts of an incomplete snapshot are derived in memory.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde_json::Value;

use super::error::{Error, Result};
use super::evidence::{self, Evidence};
use super::{APPLICATION_ID, FORMAT, SCHEMA, decode, facts};

/// Whether the recording reached its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything was asked; failures are gaps.
    Complete,
    /// The recording was cut short: what is not answered was perhaps never asked.
    Incomplete,
}

/// The file itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Whether the recording reached its end.
    pub state: State,
    /// What wrote it, such as "trailproof 0.1.0 collect".
    pub producer: String,
    /// When the first call was made.
    pub started_at: Timestamp,
    /// When the last answer was recorded; none while incomplete.
    pub finished_at: Option<Timestamp>,
    /// Digest over the evidence, for a complete snapshot.
    pub evidence_sha256: Option<String>,
    /// Digest over the facts that are not volatile, for a complete snapshot.
    pub facts_sha256: Option<String>,
    /// Digest over all of the above: it stands for every row of the file.
    pub root_sha256: Option<String>,
}

/// A sealed snapshot is closed for good: nothing of ours leaves a journal beside it.
pub(super) const PLANTED_JOURNAL: &str =
    "it is complete, and yet the journal of an unfinished change lies beside it";

/// A snapshot opened for reading.
#[derive(Debug)]
pub struct Snapshot {
    connection: Connection,
    meta: Meta,
    // Held so that the copy lives as long as the connection to it.
    _copy: Option<Copy>,
}

impl Snapshot {
    /// Opens a snapshot read-only, complete or not.
    pub fn open(path: &Path) -> Result<Self> {
        let (stored, copy) = open_stored(path)?;
        // Names of tables and columns are trusted from here on.
        if let Some((name, what)) = schema_faults(&stored)?.into_iter().next() {
            return Err(Error::Damaged {
                path: path.to_owned(),
                why: format!("{name} {what}"),
            });
        }
        let meta = read_meta(&stored, path)?;
        // Rolling back a planted journal would show other rows than the bytes that were sealed and signed.
        let is_partial = path
            .extension()
            .is_some_and(|extension| extension == "partial");
        if copy.is_some() && meta.state == State::Complete && !is_partial {
            return Err(Error::Damaged {
                path: path.to_owned(),
                why: PLANTED_JOURNAL.to_owned(),
            });
        }
        let connection = match meta.state {
            State::Complete => stored,
            State::Incomplete => with_derived_facts(&stored)?,
        };
        Ok(Self {
            connection,
            meta,
            _copy: copy,
        })
    }

    /// The database, for queries over evidence and facts. Temporary views may be made in it.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether the recording reached its end.
    pub fn state(&self) -> State {
        self.meta.state
    }

    /// What the file says of itself.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// One recorded call.
    pub fn evidence(&self, id: i64) -> Result<Option<Evidence>> {
        evidence::get(&self.connection, id)
    }

    /// Calls `each` on every recorded call in the order of recording.
    pub fn for_each_evidence(&self, mut each: impl FnMut(Evidence) -> Result<()>) -> Result<()> {
        evidence::for_each(&self.connection, |row| each(row.evidence()?))
    }

    /// The body of one recorded call in the AWS CLI's JSON form; none where the row is absent or the call failed.
    pub fn response(&self, id: i64) -> Result<Option<Value>> {
        let Some(Evidence { call, .. }) = self.evidence(id)? else {
            return Ok(None);
        };
        if call.error.is_some() {
            return Ok(None);
        }
        decode::response(&call)
            .map(Some)
            .map_err(|error| Error::DamagedEvidence {
                id,
                why: error.to_string(),
            })
    }
}

/// Opens the file as it is, after checking that it is a snapshot of this format.
pub(super) fn open_stored(path: &Path) -> Result<(Connection, Option<Copy>)> {
    check_header(path)?;
    match connect(path) {
        Ok(connection) => Ok((connection, None)),
        // A killed writer left a journal that only a writer may roll back: do that in a copy.
        Err(error) if needs_recovery(&error) => {
            let copy = Copy::of(path)?;
            copy.recover()?;
            let connection = connect(&copy.path).map_err(|error| unreadable(path, error))?;
            Ok((connection, Some(copy)))
        }
        Err(error) => Err(unreadable(path, error)),
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

fn needs_recovery(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly))
        || (matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen)))
}

fn unreadable(path: &Path, error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Error::Damaged {
            path: path.to_owned(),
            why: error.to_string(),
        },
        _ => Error::Sqlite(error),
    }
}

/// Reads the first 100 bytes by the SQLite file format, because SQLite's own words would not help the reader.
fn check_header(path: &Path) -> Result<()> {
    let not_ours = |why: &str| Error::NotASnapshot {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    let mut file = File::open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::NotFound(path.to_owned()),
        _ => Error::io("open", path)(source),
    })?;
    let metadata = file.metadata().map_err(Error::io("read", path))?;
    if metadata.is_dir() {
        return Err(not_ours("it is a directory"));
    }
    let mut header = Vec::with_capacity(100);
    file.by_ref()
        .take(100)
        .read_to_end(&mut header)
        .map_err(Error::io("read", path))?;
    if header.is_empty() {
        return Err(not_ours("the file is empty"));
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(not_ours("it is not an SQLite database"));
    }
    let (Some(application_id), Some(version)) = (integer_at(&header, 68), integer_at(&header, 60))
    else {
        return Err(Error::CutOff {
            path: path.to_owned(),
            expected: 100,
            actual: metadata.len(),
        });
    };
    if application_id != APPLICATION_ID {
        return Err(not_ours("it is an SQLite database of another application"));
    }
    if version > FORMAT {
        return Err(Error::Newer {
            path: path.to_owned(),
            version,
        });
    }
    if version < FORMAT {
        return Err(not_ours(&format!("its format is {version}")));
    }
    if header.get(18..20) != Some(&[1, 1]) {
        return Err(Error::Damaged {
            path: path.to_owned(),
            why: "another tool changed it to write-ahead logging".to_owned(),
        });
    }
    let page_size = match (header.get(16), header.get(17)) {
        (Some(0), Some(1)) => 65_536,
        (Some(&high), Some(&low)) => u64::from(high) << 8 | u64::from(low),
        _ => 0,
    };
    let pages = integer_at(&header, 28).unwrap_or(0).unsigned_abs();
    let expected = page_size * pages;
    if metadata.len() < expected && !journal_of(path).exists() {
        return Err(Error::CutOff {
            path: path.to_owned(),
            expected,
            actual: metadata.len(),
        });
    }
    Ok(())
}

fn integer_at(header: &[u8], offset: usize) -> Option<i64> {
    let bytes: [u8; 4] = header.get(offset..offset + 4)?.try_into().ok()?;
    Some(i64::from(u32::from_be_bytes(bytes)))
}

/// The rollback journal that SQLite keeps beside a database while a transaction is under way.
pub(super) fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-journal");
    PathBuf::from(name)
}

/// Tables and indices that are not as the format defines them, with what is wrong with each.
///
/// SQLite keeps the text of every definition from its name on; so each is found in the format's own text.
pub(super) fn schema_faults(connection: &Connection) -> Result<Vec<(String, &'static str)>> {
    let sql = "select type || ' ' || name, sql from sqlite_schema where sql is not null order by 1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut faults = Vec::new();
    let mut known = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = |column: usize| -> rusqlite::Result<Vec<u8>> {
            Ok(match row.get_ref(column)? {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
                _ => Vec::new(),
            })
        };
        let name = String::from_utf8_lossy(&bytes(0)?).into_owned();
        let definition = String::from_utf8(bytes(1)?).ok();
        let is_ours = definition.is_some_and(|definition| {
            let rest = definition
                .strip_prefix("CREATE TABLE ")
                .or_else(|| definition.strip_prefix("CREATE INDEX "));
            let (kind, object) = name.split_once(' ').unwrap_or_default();
            rest.is_some_and(|rest| {
                rest.starts_with(&format!("{object} "))
                    && SCHEMA.contains(&format!("\ncreate {kind} {rest};\n"))
            })
        });
        if !is_ours {
            faults.push((name.clone(), "is not as the format defines it"));
        }
        known.push(name);
    }
    for line in SCHEMA.lines() {
        let mut words = line.split(' ');
        let (Some("create"), Some(kind), Some(name)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let name = format!("{kind} {name}");
        if !known.contains(&name) {
            faults.push((name, "is missing"));
        }
    }
    Ok(faults)
}

/// Reads the row of the table `snapshot`.
pub(super) fn read_meta(connection: &Connection, path: &Path) -> Result<Meta> {
    let sql = "select state, producer, started_at, finished_at, evidence_sha256, facts_sha256, root_sha256\n\
               from snapshot";
    let damaged = |why: String| Error::Damaged {
        path: path.to_owned(),
        why,
    };
    type Columns = (
        String,
        String,
        String,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
    );
    let row: Columns = connection
        .query_row(sql, [], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
            ))
        })
        .map_err(|error| damaged(format!("the table `snapshot` cannot be read: {error}")))?;
    let (state, producer, started_at, finished_at, evidence_sha256, facts_sha256, root_sha256) =
        row;
    let time = |column: &str, text: &str| -> Result<Timestamp> {
        text.parse()
            .map_err(|error| damaged(format!("{column} of the table `snapshot`: {error}")))
    };
    Ok(Meta {
        state: match state.as_str() {
            "complete" => State::Complete,
            "incomplete" => State::Incomplete,
            other => return Err(damaged(format!("its state is `{other}`"))),
        },
        producer,
        started_at: time("started_at", &started_at)?,
        finished_at: finished_at
            .map(|text| time("finished_at", &text))
            .transpose()?,
        evidence_sha256,
        facts_sha256,
        root_sha256,
    })
}

/// A database with the evidence of `stored` and facts derived from it, gone when it is closed.
pub(super) fn with_derived_facts(stored: &Connection) -> Result<Connection> {
    let connection = Connection::open("")?;
    connection.execute_batch("pragma journal_mode = off; pragma synchronous = off;")?;
    connection.execute_batch(SCHEMA)?;
    connection.execute_batch("begin")?;
    copy_table(stored, &connection, "snapshot")?;
    copy_table(stored, &connection, "evidence")?;
    facts::derive(stored, &connection)?;
    connection.execute_batch("commit")?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

fn copy_table(from: &Connection, to: &Connection, table: &str) -> Result<()> {
    let mut select = from.prepare(&format!("select * from {table}"))?;
    let columns = select.column_count();
    let places = vec!["?"; columns].join(", ");
    let mut insert = to.prepare(&format!("insert into {table} values ({places})"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            insert.raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(row.get_ref(column)?))?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}

/// A copy of a snapshot and its journal in the directory for temporary files, removed when dropped.
#[derive(Debug)]
pub(super) struct Copy {
    path: PathBuf,
}

impl Copy {
    fn of(original: &Path) -> Result<Self> {
        let random: String = Connection::open_in_memory()?.query_row(
            "select lower(hex(randomblob(8)))",
            [],
            |row| row.get(0),
        )?;
        let name = format!("trailproof-{random}.db");
        let copy = Self {
            path: std::env::temp_dir().join(name),
        };
        std::fs::copy(original, &copy.path).map_err(Error::io("copy", original))?;
        let journal = journal_of(original);
        if journal.exists() {
            std::fs::copy(&journal, journal_of(&copy.path)).map_err(Error::io("copy", &journal))?;
        }
        Ok(copy)
    }

    /// Lets SQLite roll back what was not committed.
    fn recover(&self) -> Result<()> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
        Ok(())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // Nothing can be done about a temporary file that will not go.
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_file(journal_of(&self.path));
    }
}
