//! Verifying a snapshot: every hash is computed again, and every fact is derived again from the evidence.
//!
//! It reads the file as it is and trusts no column of it. What it finds are findings; it fails only where the file
//! cannot be read as a snapshot at all.

use std::fmt;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::digest;
use super::error::{Error, Result};
use super::evidence::{self, Budget, format_time};
use super::file::SnapshotFile;
use super::merge::{Side, merge};
use super::meta::{Meta, State};
use super::schema::{self, Schema};
use super::{DERIVATION, SCHEMA, facts, slack};

/// Something in the file that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The table, or `file` for what belongs to none.
    pub table: String,
    /// The key of the row, or empty.
    pub row: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row.as_str() {
            "" => write!(f, "{}: {}", self.table, self.what),
            row => write!(f, "{} {row}: {}", self.table, self.what),
        }
    }
}

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// What the file says of itself.
    pub meta: Meta,
    /// Evidence rows read.
    pub evidence_rows: u64,
    /// Fact rows compared; none in an incomplete snapshot, which holds no facts.
    pub fact_rows: u64,
    /// What is not as it was written, in the order of tables and rows.
    pub findings: Vec<Damage>,
}

/// Computes every hash of a snapshot again and derives its facts again.
pub fn verify(path: &Path) -> Result<Verification> {
    verify_file(&SnapshotFile::read(path)?)
}

/// [`verify`] over a file that has been read: the same bytes can then be used.
pub fn verify_file(file: &SnapshotFile) -> Result<Verification> {
    let stored = file.connect()?;
    let schema = Schema::read(&stored)?;
    let mut verifier = Verifier::default();
    for (name, what) in &schema.faults {
        verifier.found("file", name.as_str(), what.as_str());
    }
    if !schema.is_readable {
        return Err(Error::damaged(file.path(), verifier.listed()));
    }
    let meta = Meta::read(&stored, file.path())?;
    let mut verification = Verification {
        meta,
        evidence_rows: 0,
        fact_rows: 0,
        findings: Vec::new(),
    };
    // Nothing is asked of tables that are not ours.
    if !verifier.findings.is_empty() {
        verification.findings = verifier.findings;
        return Ok(verification);
    }
    let meta = &verification.meta;
    let budget = Budget::of(&stored)?;
    let (mut evidence, mut pages) = (Verifier::default(), Verifier::default());
    let (evidence_rows, fact_rows) = std::thread::scope(|scope| {
        // The evidence is hashed beside the derivation of facts from it, over a connection of its own.
        let hashed = scope.spawn(|| {
            let stored = file.connect()?;
            pages.pages(file, &stored, meta)?;
            evidence.evidence(&stored, budget)
        });
        let fact_rows = match (meta.state, meta.derivation == DERIVATION) {
            (State::Complete, true) => verifier.facts(file, &stored),
            (State::Complete, false) => verifier.other_facts(&stored),
            (State::Incomplete, _) => verifier.no_facts(&stored),
        };
        let digests = verifier.digests(&stored, meta);
        let evidence_rows = hashed
            .join()
            .unwrap_or_else(|_| Err(Error::damaged(file.path(), "it could not be checked")))?;
        digests?;
        Ok::<_, Error>((evidence_rows, fact_rows?))
    })?;
    verification.evidence_rows = evidence_rows;
    verification.fact_rows = fact_rows;
    verification.findings = [evidence, verifier, pages]
        .into_iter()
        .flat_map(|verifier| verifier.findings)
        .collect();
    Ok(verification)
}

/// Findings of one kind beyond these are not kept: the file is not what it was, that much is clear.
const MAX_FINDINGS: usize = 10_000;

/// Characters of a key that are repeated in a finding.
const MAX_SHOWN: usize = 300;

#[derive(Debug, Default)]
struct Verifier {
    findings: Vec<Damage>,
}

impl Verifier {
    fn found(&mut self, table: &str, row: impl Into<String>, what: impl Into<String>) {
        if self.findings.len() >= MAX_FINDINGS {
            return;
        }
        self.findings.push(Damage {
            table: table.to_owned(),
            row: row.into(),
            what: what.into(),
        });
    }

    fn listed(&self) -> String {
        let findings: Vec<String> = self.findings.iter().map(Damage::to_string).collect();
        findings.join("; ")
    }

    /// The pages are as SQLite and the writer left them.
    fn pages(&mut self, file: &SnapshotFile, stored: &Connection, meta: &Meta) -> Result<()> {
        self.structure(stored)?;
        if meta.state == State::Complete {
            match slack::faults(stored, file) {
                Ok(faults) => {
                    for what in faults {
                        self.found("file", "", what);
                    }
                }
                Err(error) => {
                    self.found("file", "", format!("its pages cannot be read: {error}"));
                }
            }
        }
        Ok(())
    }

    /// SQLite finds its own structures whole.
    fn structure(&mut self, stored: &Connection) -> Result<()> {
        let mut check = stored.prepare("pragma integrity_check(20)")?;
        let mut rows = check.query([])?;
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let message: String = row.get(0).unwrap_or_else(|error| error.to_string());
                    if message != "ok" {
                        self.found("file", "", format!("SQLite finds it damaged: {message}"));
                    }
                }
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.found("file", "", format!("SQLite finds it damaged: {error}"));
                    return Ok(());
                }
            }
        }
    }

    /// Every row and body has its hash.
    fn evidence(&mut self, stored: &Connection, mut budget: Budget) -> Result<u64> {
        let mut rows = 0;
        let mut expected_id = 1;
        let read = evidence::for_each(stored, |row| {
            rows += 1;
            let id = row.id;
            if id != expected_id {
                self.found(
                    "evidence",
                    format!("row {expected_id}"),
                    format!("is missing; row {id} follows"),
                );
            }
            expected_id = id + 1;
            match row.verified() {
                Ok(evidence) => budget.spend(evidence.call.body.len())?,
                Err(Error::DamagedEvidence { why, .. }) => {
                    self.found("evidence", format!("row {id}"), why);
                }
                Err(error) => return Err(error),
            }
            Ok(())
        });
        if let Err(error @ Error::OverBudget { .. }) = read {
            return Err(error);
        }
        if let Err(error) = read {
            self.found(
                "evidence",
                format!("row {expected_id}"),
                format!("cannot be read: {error}"),
            );
        }
        Ok(rows)
    }

    /// Every fact is what the evidence gives, and nothing else is there.
    fn facts(&mut self, file: &SnapshotFile, stored: &Connection) -> Result<u64> {
        let database = file.scratch()?;
        let derived = &database.connection;
        derived.execute_batch("pragma journal_mode = off")?;
        derived.execute_batch(SCHEMA)?;
        // Facts alone are in this database; their evidence stays in the file.
        derived.execute_batch("pragma foreign_keys = off; pragma synchronous = off; begin")?;
        if let Err(error) = facts::derive(stored, derived) {
            if matches!(error, Error::OverBudget { .. }) {
                return Err(error);
            }
            let what = format!("facts cannot be derived from it: {error}");
            self.found("evidence", "", what);
            return Ok(0);
        }
        let mut rows = 0;
        for table in facts::TABLES {
            match self.table(stored, derived, table) {
                Ok(count) => rows += count,
                Err(error) => self.found(table, "", format!("cannot be read: {error}")),
            }
        }
        Ok(rows)
    }

    /// Compares one table row by row, in the order of its key.
    fn table(&mut self, stored: &Connection, derived: &Connection, table: &str) -> Result<u64> {
        let key = digest::primary_key(derived, table)?;
        let columns = digest::all_columns(derived, table)?;
        let sql = format!(
            "select {} from {table} order by {}",
            columns.join(", "),
            key.join(", ")
        );
        let mut stored = stored.prepare(&sql)?;
        let mut derived = derived.prepare(&sql)?;
        let shape = TableColumns {
            key_columns: key
                .iter()
                .filter_map(|key| columns.iter().position(|column| column == key))
                .collect(),
            columns,
        };
        let (stored, derived) = (stored.query([])?, derived.query([])?);
        let mut rows = 0;
        merge(stored, derived, &shape.key_columns, |side| {
            rows += u64::from(!matches!(side, Side::Right(_)));
            match side {
                Side::Left(row) => {
                    self.found(table, shape.name(row)?, "does not follow from the evidence");
                }
                Side::Right(row) => {
                    self.found(table, shape.name(row)?, "is missing; the evidence gives it");
                }
                Side::Both(row, expected) => {
                    for (index, column) in shape.columns.iter().enumerate() {
                        if row.get_ref(index)? != expected.get_ref(index)? {
                            let what = format!("column {column} is not what the evidence gives");
                            self.found(table, shape.name(row)?, what);
                        }
                    }
                }
            }
            Ok::<_, Error>(())
        })?;
        Ok(rows)
    }

    /// Facts of another derivation are not used; whether they are those that were sealed is for their digest to say.
    fn other_facts(&mut self, stored: &Connection) -> Result<u64> {
        let mut rows = 0;
        for table in schema::fact_tables(stored)? {
            let sql = format!("select count(*) from {table}");
            rows += stored.query_row(&sql, [], |row| row.get::<_, i64>(0))?;
        }
        Ok(rows.unsigned_abs())
    }

    /// An incomplete snapshot holds evidence alone.
    fn no_facts(&mut self, stored: &Connection) -> Result<u64> {
        for table in &schema::fact_tables(stored)? {
            let sql = format!("select count(*) from {table}");
            let rows: i64 = stored.query_row(&sql, [], |row| row.get(0))?;
            if rows > 0 {
                self.found(table, "", "has rows, though the snapshot is incomplete");
            }
        }
        Ok(0)
    }

    /// The digests of the table `snapshot` are those of the rows.
    fn digests(&mut self, stored: &Connection, meta: &Meta) -> Result<()> {
        if meta.state == State::Incomplete {
            let unsealed = meta.evidence_sha256.is_none()
                && meta.facts_sha256.is_none()
                && meta.root_sha256.is_none()
                && meta.finished_at.is_none();
            if !unsealed {
                self.found("snapshot", "", "is incomplete, and yet sealed");
            }
            return Ok(());
        }
        let evidence_sha256 = meta.evidence_sha256.as_deref().unwrap_or_default();
        let facts_sha256 = meta.facts_sha256.as_deref().unwrap_or_default();
        if digest::evidence(stored).ok().as_deref() != Some(evidence_sha256) {
            self.found(
                "snapshot",
                "",
                "evidence_sha256 does not match the evidence",
            );
        }
        if digest::facts(stored).ok().as_deref() != Some(facts_sha256) {
            self.found("snapshot", "", "facts_sha256 does not match the facts");
        }
        let schema_sha256: Option<String> = if schema::says_derivation(stored)? {
            stored.query_row("select schema_sha256 from snapshot", [], |row| row.get(0))?
        } else {
            Some(schema::FIRST_SCHEMA_SHA256.to_owned())
        };
        if Some(schema::digest(stored)?) != schema_sha256 {
            self.found(
                "snapshot",
                "",
                "schema_sha256 does not match the text of the schema",
            );
        }
        // The texts as stored: a time written otherwise is another root.
        let sql = "select started_at, coalesce(finished_at, '') from snapshot";
        let (started_at, finished_at): (String, String) =
            stored.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let canonical = started_at == format_time(meta.started_at)
            && Some(finished_at.as_str()) == meta.finished_at.map(format_time).as_deref();
        if !canonical || Some(digest::root(stored)?) != meta.root_sha256 {
            self.found("snapshot", "", "root_sha256 does not match the row");
        }
        let ids: i64 =
            stored.query_row("select count(*) from snapshot where id = 1", [], |row| {
                row.get(0)
            })?;
        if ids != 1 {
            self.found("snapshot", "", "has not one row with id 1");
        }
        Ok(())
    }
}

/// How the rows of a table are named.
struct TableColumns {
    columns: Vec<String>,
    key_columns: Vec<usize>,
}

impl TableColumns {
    fn name(&self, row: &Row<'_>) -> rusqlite::Result<String> {
        let mut parts = Vec::new();
        for &index in &self.key_columns {
            let mut value = match row.get_ref(index)? {
                ValueRef::Integer(value) => value.to_string(),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    String::from_utf8_lossy(bytes).into_owned()
                }
                ValueRef::Null | ValueRef::Real(_) => String::new(),
            };
            if let Some((end, _)) = value.char_indices().nth(MAX_SHOWN) {
                value.truncate(end);
                value.push_str("...");
            }
            let column = self.columns.get(index).map_or("", String::as_str);
            parts.push(format!("{column}={value}"));
        }
        Ok(format!("({})", parts.join(", ")))
    }
}
