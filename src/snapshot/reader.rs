//! Opening a snapshot: evidence, and the facts that this version derives from it.
//!
//! Evidence is the format, facts are its derivation. Stored facts are used where this version's derivation wrote them;
//! those of an incomplete snapshot, or of another derivation, are derived again, beside the file.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::limits::Limit;
use rusqlite::types::ToSqlOutput;
use serde_json::Value;

use super::deadline::Deadline;
use super::error::{Error, Result};
use super::evidence::{self, Evidence};
use super::file::SnapshotFile;
use super::meta::{Meta, State};
use super::schema::Schema;
use super::verify::verify_file;
use super::{DERIVATION, SCHEMA, decode, digest, facts};

/// The most rows that the answer to somebody's query may have: they are held together.
pub const MAX_ROWS: usize = 1_000_000;

/// The most text that they may have together, in bytes.
pub const MAX_TEXT: usize = 256 << 20;

/// What SQLite may hold in memory while it answers, in bytes.
const MAX_HEAP: i64 = 1 << 30;

/// The longest text or blob that a query may make, in bytes.
const MAX_LENGTH: i32 = 64 << 20;

/// A snapshot opened for reading.
#[derive(Debug)]
pub struct Snapshot {
    connection: Connection,
    deadline: Deadline,
    meta: Meta,
    is_verified: bool,
    /// Whether another connection to the file sees what this one sees.
    is_as_filed: bool,
    /// What is only supposed of the account.
    supposed: Supposed,
    // Held so that a private copy lives as long as the connection to it.
    file: SnapshotFile,
}

/// Changes that nobody recorded, and the row that stands where evidence of them would.
#[derive(Debug, Clone, Copy, Default)]
struct Supposed {
    changes: usize,
    evidence: i64,
}

impl Snapshot {
    /// Opens a snapshot, complete or not, and checks it first: all of `verify` but the signature.
    pub fn open(path: &Path) -> Result<Self> {
        let file = SnapshotFile::read(path)?;
        let verification = verify_file(&file)?;
        if let Some(finding) = verification.findings.first() {
            return Err(Error::Changed {
                path: path.to_owned(),
                what: finding.to_string(),
                others: verification.findings.len() - 1,
            });
        }
        Self::of(file, true)
    }

    /// Opens a file that was read and found to be as it was written.
    pub fn of_file(file: SnapshotFile) -> Result<Self> {
        Self::of(file, true)
    }

    /// Opens a snapshot without checking that its facts follow from its evidence.
    pub fn open_unverified(path: &Path) -> Result<Self> {
        Self::of(SnapshotFile::read(path)?, false)
    }

    /// Opens a recording that is to be continued, in whatever state a kill left it.
    pub fn open_interrupted(path: &Path) -> Result<Self> {
        Self::of(SnapshotFile::read_to_resume(path)?, false)
    }

    fn of(file: SnapshotFile, is_verified: bool) -> Result<Self> {
        let mut stored = file.connect()?;
        // Names of tables and columns are trusted from here on.
        let schema = Schema::read(&stored)?;
        if let Some((name, what)) = schema.faults.first() {
            return Err(Error::damaged(file.path(), format!("{name} {what}")));
        }
        let mut meta = Meta::read(&stored, file.path())?;
        if meta.state == State::Complete && meta.derivation == DERIVATION {
            return Ok(Self {
                deadline: Deadline::of(&mut stored)?,
                connection: stored,
                meta,
                is_verified,
                is_as_filed: true,
                supposed: Supposed::default(),
                file,
            });
        }
        let derived = with_derived_facts(&file, &stored)?;
        let mut connection = derived.connect()?;
        if meta.state == State::Complete {
            meta.facts_sha256 = Some(digest::facts(&connection)?);
        }
        Ok(Self {
            deadline: Deadline::of(&mut connection)?,
            connection,
            meta,
            is_verified,
            is_as_filed: true,
            supposed: Supposed::default(),
            file: derived,
        })
    }

    /// A copy whose facts may be changed, to see what would follow; nothing reaches the file. Its connection may write.
    pub fn to_try_on(&self) -> Result<Self> {
        let (mut connection, file) = self.file.connect_to_copy()?;
        connection.execute_batch("pragma journal_mode = memory; pragma synchronous = off;")?;
        Ok(Self {
            deadline: Deadline::of(&mut connection)?,
            connection,
            meta: self.meta.clone(),
            is_verified: self.is_verified,
            is_as_filed: false,
            supposed: self.supposed,
            file,
        })
    }

    /// Counts changes of the account that a copy to try on holds from now on, with the row that stands for their evidence:
    /// whatever is found in it has to say so.
    pub fn suppose(&mut self, changes: usize, evidence: i64) {
        self.supposed = Supposed { changes, evidence };
    }

    /// How many changes of the account it holds that nobody recorded; 0 of what was opened from a file.
    pub fn supposed_changes(&self) -> usize {
        self.supposed.changes
    }

    /// The same once more, for another thread; none of one whose facts may have been changed.
    pub fn beside(&self) -> Result<Option<Self>> {
        if !self.is_as_filed {
            return Ok(None);
        }
        let mut connection = self.file.connect()?;
        Ok(Some(Self {
            deadline: Deadline::of(&mut connection)?,
            connection,
            meta: self.meta.clone(),
            is_verified: self.is_verified,
            is_as_filed: true,
            supposed: Supposed::default(),
            file: self.file.clone(),
        }))
    }

    /// Whether opening checked that every row is as it was written.
    pub fn is_verified(&self) -> bool {
        self.is_verified
    }

    /// Runs statements that somebody else wrote: one that still runs after this time is ended as interrupted, and one that
    /// would hold more than a gigabyte, or a text of more than 64 MiB, fails.
    pub fn within<T, E: From<rusqlite::Error>>(
        &self,
        time: Duration,
        ask: impl FnOnce(&Connection) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let connection = &self.connection;
        // For the whole process, and for good: SQLite lets nobody raise it.
        connection.query_row(&format!("pragma hard_heap_limit = {MAX_HEAP}"), [], |_| {
            Ok(())
        })?;
        let length = connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_LENGTH)?;
        self.deadline.set(Some(time));
        let answer = ask(connection);
        self.deadline.set(None);
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, length)?;
        answer
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

    /// One recorded call; none where there is no such row, or where it stands for what is only supposed.
    pub fn evidence(&self, id: i64) -> Result<Option<Evidence>> {
        if self.supposed.changes > 0 && id == self.supposed.evidence {
            return Ok(None);
        }
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

/// The evidence of a file with facts that this version derives from it.
fn with_derived_facts(file: &SnapshotFile, stored: &Connection) -> Result<SnapshotFile> {
    let database = file.scratch()?;
    let connection = &database.connection;
    connection.execute_batch("pragma journal_mode = off; pragma synchronous = off;")?;
    connection.execute_batch("begin")?;
    connection.execute_batch(SCHEMA)?;
    copy_table(stored, connection, "snapshot")?;
    copy_table(stored, connection, "evidence")?;
    facts::derive(stored, connection)?;
    connection.execute_batch("commit")?;
    file.of_database(database)
}

/// Copies the columns that both have; what an earlier version did not know is this one's.
pub(super) fn copy_table(from: &Connection, to: &Connection, table: &str) -> Result<()> {
    let theirs = digest::all_columns(from, table)?;
    let mut columns = digest::all_columns(to, table)?;
    columns.retain(|column| theirs.contains(column) && column != "derivation");
    let names = columns.join(", ");
    let mut places = vec!["?"; columns.len()].join(", ");
    let mut into = names.clone();
    if table == "snapshot" {
        into.push_str(", derivation");
        places.push_str(&format!(", {DERIVATION}"));
    }
    let mut select = from.prepare(&format!("select {names} from {table}"))?;
    let mut insert = to.prepare(&format!("insert into {table} ({into}) values ({places})"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns.len() {
            insert.raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(row.get_ref(column)?))?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}
