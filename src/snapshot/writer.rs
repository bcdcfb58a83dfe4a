//! Recording a snapshot, safe against being killed at any moment.
//!
//! Calls are written to `<path>.partial`, which says that it is incomplete. Only [`Writer::finish`] gives the file its
//! final name, once facts and digests are in it and on disk.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use serde_json::Value;

use super::canonical::canonical_json;
use super::error::{Error, Result};
use super::evidence::{self, Call, Evidence, format_time};
use super::file::{self, Kind, SnapshotFile, create_private, journal_of};
use super::lock::Lock;
use super::meta::{Meta, State};
use super::reader;
use super::schema::Schema;
use super::signature::signature_path;
use super::{DERIVATION, SCHEMA, digest, facts, slack};

/// When to commit. A commit costs a disk flush; a kill costs at most what was recorded since the last one.
#[derive(Clone, Copy, Debug)]
struct Pace {
    after: Duration,
    rows: u32,
}

/// Of answers that had to be asked for, little is lost.
const CAREFUL: Pace = Pace {
    after: Duration::from_millis(250),
    rows: 64,
};

/// Of what can be read again at once, flushes would be most of the time.
const BULK: Pace = Pace {
    after: Duration::from_secs(5),
    rows: 16_384,
};

/// A snapshot that is being recorded.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    path: PathBuf,
    partial: PathBuf,
    force: bool,
    next_id: i64,
    pace: Pace,
    uncommitted: u32,
    committed_at: Instant,
    // Held so that nobody else records to the same name meanwhile.
    _lock: Lock,
}

impl Writer {
    /// Starts `<path>.partial`. An existing file is replaced with `force` alone, and then only when finished.
    pub fn create(path: &Path, producer: &str, started_at: Timestamp, force: bool) -> Result<Self> {
        let partial = Self::partial_path(path);
        if !force && path.exists() {
            return Err(Error::Exists(path.to_owned()));
        }
        may_replace(path)?;
        file::refuse_strangers(path)?;
        let lock = Lock::take(&partial)?;
        if partial.exists() {
            if !force {
                return Err(Error::PartialExists(partial));
            }
            may_replace(&partial)?;
            remove(&partial)?;
        }
        remove(&journal_of(&partial))?;
        // Reserves the name, and gives the system's own reason where the directory cannot be written.
        create_private(&partial).map_err(Error::io("create", &partial))?;
        let connection = open(&partial)?;
        connection.execute_batch("begin")?;
        connection.execute_batch(SCHEMA)?;
        connection.execute(
            "insert into snapshot (id, state, producer, derivation, started_at) values (1, 'incomplete', ?1, ?2, ?3)",
            (producer, DERIVATION, format_time(started_at)),
        )?;
        connection.execute_batch("commit")?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            partial,
            force,
            next_id: 1,
            pace: CAREFUL,
            uncommitted: 0,
            committed_at: Instant::now(),
            _lock: lock,
        })
    }

    /// The same for a recording of what is at hand: files, or what is made up. It is seldom flushed.
    #[must_use]
    pub fn in_bulk(mut self) -> Self {
        self.pace = BULK;
        self
    }

    /// Continues `<path>.partial` where it was cut short.
    pub fn resume(path: &Path, force: bool) -> Result<Self> {
        let partial = Self::partial_path(path);
        if !partial.exists() {
            return Err(if path.exists() {
                Error::Complete(path.to_owned())
            } else {
                Error::NotFound(partial)
            });
        }
        if !force && path.exists() {
            return Err(Error::Exists(path.to_owned()));
        }
        may_replace(path)?;
        file::refuse_strangers(path)?;
        let lock = Lock::take(&partial)?;
        // Checked first as a copy, so that a foreign file is left as it is.
        let recovered = SnapshotFile::read_to_resume(&partial)?;
        let stored = recovered.connect()?;
        let schema = Schema::read(&stored)?;
        if let Some((name, what)) = schema.faults.first() {
            return Err(Error::damaged(&partial, format!("{name} {what}")));
        }
        let meta = Meta::read(&stored, &partial)?;
        make_private(&partial).map_err(Error::io("write", &partial))?;
        let mut connection = open(&partial)?;
        // Rolls back what was not committed.
        connection.query_row("select count(*) from evidence", [], |_| Ok(()))?;
        if !schema.is_current {
            close(connection)?;
            rewrite(&stored, &partial)?;
            connection = open(&partial)?;
        }
        if meta.state == State::Complete {
            // Killed between the last commit and the renaming: finishing again gives the same file.
            connection.execute_batch(
                "update snapshot\n\
                 set state = 'incomplete', finished_at = null,\n\
                     schema_sha256 = null, evidence_sha256 = null, facts_sha256 = null, root_sha256 = null",
            )?;
        }
        let last: Option<i64> =
            connection.query_row("select max(id) from evidence", [], |row| row.get(0))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            partial,
            force,
            next_id: last.unwrap_or(0) + 1,
            pace: CAREFUL,
            uncommitted: 0,
            committed_at: Instant::now(),
            _lock: lock,
        })
    }

    /// Refuses a name to which somebody else is recording, before anything is asked.
    pub fn refuse_while_recorded(path: &Path) -> Result<()> {
        let partial = Self::partial_path(path);
        if partial.exists() {
            Lock::take(&partial)?;
        }
        Ok(())
    }

    /// Where a recording lies until it is finished.
    pub fn partial_path(path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(".partial");
        PathBuf::from(name)
    }

    /// Records one call; gives its evidence id.
    pub fn record(&mut self, call: &Call) -> Result<i64> {
        if self.uncommitted == 0 {
            self.connection.execute_batch("begin")?;
        }
        let id = self.next_id;
        let inserted = evidence::insert(&self.connection, id, call);
        self.uncommitted += 1;
        if self.uncommitted >= self.pace.rows || self.committed_at.elapsed() >= self.pace.after {
            self.commit()?;
        }
        inserted?;
        self.next_id += 1;
        Ok(id)
    }

    /// Puts what is recorded on disk: a kill from now on costs nothing of it.
    pub fn flush(&mut self) -> Result<()> {
        self.commit()
    }

    /// The newest recorded answer without error to exactly this request: what a resumed recording need not ask again.
    pub fn find(
        &self,
        account: &str,
        region: &str,
        service: &str,
        operation: &str,
        request: &Value,
    ) -> Result<Option<Evidence>> {
        let sql = "select id\n\
                   from evidence\n\
                   where account = ?1 and region = ?2 and service = ?3 and operation = ?4\n\
                     and request = ?5 and error_code is null\n\
                   order by id desc\n\
                   limit 1";
        let id: Option<i64> = self
            .connection
            .prepare_cached(sql)?
            .query_row(
                (account, region, service, operation, canonical_json(request)),
                |row| row.get(0),
            )
            .optional()?;
        id.map_or(Ok(None), |id| evidence::get(&self.connection, id))
    }

    /// Derives the facts, seals the file with its digests and gives it its final name.
    pub fn finish(mut self, finished_at: Timestamp) -> Result<PathBuf> {
        self.commit()?;
        self.connection.execute_batch("begin")?;
        facts::clear(&self.connection)?;
        facts::derive(&self.connection, &self.connection)?;
        digest::seal(&self.connection, finished_at)?;
        self.connection.execute_batch("commit")?;
        // Leaves no free pages and next to no free space; what remains is cleared.
        self.connection.execute_batch("vacuum")?;
        close(self.connection)?;
        slack::clear(&self.partial)?;
        let synced = File::open(&self.partial).and_then(|file| file.sync_all());
        synced.map_err(Error::io("write", &self.partial))?;
        rename(&self.partial, &self.path, self.force)?;
        Ok(self.path)
    }

    /// Stops short: `<path>.partial` stays, says that it is incomplete, and can be resumed or analyzed.
    pub fn abandon(mut self) -> Result<PathBuf> {
        self.commit()?;
        close(self.connection)?;
        Ok(self.partial)
    }

    /// Throws the recording away.
    pub fn discard(mut self) -> Result<()> {
        self.commit()?;
        close(self.connection)?;
        remove(&self.partial)
    }

    fn commit(&mut self) -> Result<()> {
        if self.uncommitted > 0 {
            self.connection.execute_batch("commit")?;
            self.uncommitted = 0;
        }
        self.committed_at = Instant::now();
        Ok(())
    }
}

/// Mode of a snapshot's file.
#[cfg(unix)]
const PRIVATE: u32 = 0o600;

/// The same for a recording that was begun with another mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(PRIVATE))?;
    }
    Ok(())
}

/// Writes a recording that another version began anew, in this version's schema.
fn rewrite(stored: &Connection, partial: &Path) -> Result<()> {
    let mut name = partial.as_os_str().to_owned();
    name.push(".rewritten");
    let rewritten = PathBuf::from(name);
    remove(&rewritten)?;
    remove(&journal_of(&rewritten))?;
    create_private(&rewritten).map_err(Error::io("create", &rewritten))?;
    let connection = open(&rewritten)?;
    connection.execute_batch("begin")?;
    connection.execute_batch(SCHEMA)?;
    reader::copy_table(stored, &connection, "snapshot")?;
    reader::copy_table(stored, &connection, "evidence")?;
    connection.execute_batch("commit")?;
    close(connection)?;
    fs::rename(&rewritten, partial).map_err(Error::io("create", partial))
}

fn open(path: &Path) -> Result<Connection> {
    file::refuse_strangers(path)?;
    // Absolute, so that SQLite reads no name as something else, such as `file:x`.
    let name = std::path::absolute(path).map_err(Error::io("open", path))?;
    let connection = Connection::open_with_flags(
        name,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.execute_batch(
        "pragma journal_mode = delete; pragma synchronous = normal; pragma foreign_keys = on; pragma secure_delete = on;",
    )?;
    Ok(connection)
}

/// What `--force` never replaces: evidence that somebody signed, and what belongs to another program.
fn may_replace(path: &Path) -> Result<()> {
    let what = match file::kind_of(path) {
        Kind::Database => "a database of another application",
        Kind::Snapshot if signature_path(path).exists() => "a signed snapshot",
        _ => return Ok(()),
    };
    Err(Error::Kept {
        path: path.to_owned(),
        what,
    })
}

fn close(connection: Connection) -> Result<()> {
    connection
        .close()
        .map_err(|(_, error)| Error::Sqlite(error))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// Gives the file its final name in one step; without `force` a file that appeared meanwhile is kept.
fn rename(partial: &Path, path: &Path, force: bool) -> Result<()> {
    if !force {
        // A hard link fails where the name is taken, which a rename would replace.
        match fs::hard_link(partial, path) {
            Ok(()) => return remove(partial),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(Error::Exists(path.to_owned()));
            }
            // Some file systems have no hard links.
            Err(_) if path.exists() => return Err(Error::Exists(path.to_owned())),
            Err(_) => {}
        }
    }
    fs::rename(partial, path).map_err(Error::io("create", path))
}
