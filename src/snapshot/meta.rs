//! What a snapshot says of itself: the row of its table `snapshot`.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use super::error::{Error, Result};
use super::schema;

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
    /// The derivation that wrote its facts: [`DERIVATION`](super::DERIVATION) or that of another version.
    pub derivation: i64,
    /// When the first call was made.
    pub started_at: Timestamp,
    /// When the last answer was recorded; none while incomplete.
    pub finished_at: Option<Timestamp>,
    /// Digest over the evidence, for a complete snapshot.
    pub evidence_sha256: Option<String>,
    /// Digest over the facts that are not volatile, for a complete snapshot: of the facts that are read, where they
    /// were derived again.
    pub facts_sha256: Option<String>,
    /// Digest over all of the above: it stands for every row of the file.
    pub root_sha256: Option<String>,
}

impl Meta {
    /// Reads the row; `path` is for messages.
    pub(super) fn read(connection: &Connection, path: &Path) -> Result<Self> {
        let derivation = match schema::says_derivation(connection) {
            Ok(true) => "derivation",
            _ => "1 as derivation",
        };
        let damaged = |why: String| Error::damaged(path, why);
        let unreadable = |error: rusqlite::Error| {
            damaged(format!("the table `snapshot` cannot be read: {error}"))
        };
        let sql = format!(
            "select state, producer, started_at, finished_at, evidence_sha256, facts_sha256, root_sha256, {derivation}\n\
             from snapshot\n\
             where id = 1"
        );
        let mut statement = connection.prepare(&sql).map_err(unreadable)?;
        let mut rows = statement.query([]).map_err(unreadable)?;
        let row = rows.next().map_err(unreadable)?;
        let row = row.ok_or_else(|| unreadable(rusqlite::Error::QueryReturnedNoRows))?;
        let text = |column: &str| row.get::<_, String>(column).map_err(unreadable);
        let perhaps = |column: &str| row.get::<_, Option<String>>(column).map_err(unreadable);
        let time = |column: &str, text: String| -> Result<Timestamp> {
            text.parse()
                .map_err(|error| damaged(format!("{column} of the table `snapshot`: {error}")))
        };
        Ok(Self {
            state: match text("state")?.as_str() {
                "complete" => State::Complete,
                "incomplete" => State::Incomplete,
                other => return Err(damaged(format!("its state is `{other}`"))),
            },
            producer: text("producer")?,
            derivation: row.get("derivation").map_err(unreadable)?,
            started_at: time("started_at", text("started_at")?)?,
            finished_at: perhaps("finished_at")?
                .map(|text| time("finished_at", text))
                .transpose()?,
            evidence_sha256: perhaps("evidence_sha256")?,
            facts_sha256: perhaps("facts_sha256")?,
            root_sha256: perhaps("root_sha256")?,
        })
    }
}
