//! Reads what the query of [`super::sql`] gave, as CSV with its header or as Parquet, into a tally: the report is then the
//! one that reading the records makes.

mod csv;
#[cfg(feature = "parquet")]
mod parquet;

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::kinds::Shown;
use super::moment::{in_order, minute};
use super::packed::packer;
use super::plan::Plan;
use super::principal::Principal;
use super::question::Answers;
use super::read::Window;
use super::sql::{COLUMNS, fingerprint};
use super::tally::{Sighting, Tally, Teller};

/// Why counts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CountsError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The header is another one.
    #[error(
        "has no column `{0}`: it is not what the query of `--sql` gives, with the names of its columns"
    )]
    Column(&'static str),
    /// It is Parquet that cannot be read.
    #[error("is Parquet that cannot be read: {0}")]
    Parquet(String),
    /// Its columns are packed in a way that is not read here.
    #[error(
        "is Parquet whose columns are packed with {0}, which is not read: write it with snappy or without compression, or as CSV"
    )]
    PackedParquet(String),
    /// A row is wrong.
    #[error("row {row}: `{column}` is `{value}`")]
    Value {
        /// The row, from 1 after the header.
        row: u64,
        /// The column.
        column: &'static str,
        /// What it says.
        value: String,
    },
    /// The quotes of a field are not closed.
    #[error("ends within a quoted field")]
    CutOff,
    /// Packed, which the query's own writer did not do.
    #[error("is packed with {0}: unpack it first, as with `{0} -d`")]
    Packed(&'static str),
    /// A folder of something else.
    #[error("is a folder without files `part-*`, as Spark writes them")]
    NoParts,
    /// It was made for other questions.
    #[error("was counted for another snapshot, benchmark or selection of controls")]
    OtherPlan,
}

/// Counts records that a query has counted: of one file, or of the parts in a folder, as Spark writes them. Of a window the
/// accounts alone mean something: when a record was made, no row says.
pub fn read(plan: &Plan, window: &Window, path: &Path) -> Result<Tally, CountsError> {
    let mut tally = Teller::new(plan).tally;
    for part in files(path)? {
        let file = File::open(&part)?;
        // What had no rows to write may have written nothing.
        if !path.is_dir() || file.metadata()?.len() > 0 {
            tally.add(read_file(plan, window, file)?);
        }
    }
    Ok(tally)
}

/// The files of counts: the one that is named, or the parts in a folder.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, CountsError> {
    match path.is_dir() {
        true => parts(path),
        false => Ok(vec![path.to_owned()]),
    }
}

/// The parts in a folder in the order of their names.
fn parts(folder: &Path) -> Result<Vec<PathBuf>, CountsError> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("part-") {
            parts.push(entry.path());
        }
    }
    parts.sort();
    if parts.is_empty() {
        return Err(CountsError::NoParts);
    }
    Ok(parts)
}

fn read_file(plan: &Plan, window: &Window, file: File) -> Result<Tally, CountsError> {
    let mut input = BufReader::new(file);
    let start = input.fill_buf()?;
    if let Some(packer) = packer(start) {
        return Err(CountsError::Packed(packer));
    }
    if start.starts_with(b"PAR1") {
        return read_parquet(plan, window, input.into_inner());
    }
    let mut rows = csv::Rows { input: &mut input };
    let header = rows.next()?.unwrap_or_default();
    let mut counts = Counts::new(plan, window, &header)?;
    while let Some(fields) = rows.next()? {
        counts.add(&fields)?;
    }
    Ok(counts.teller.tally)
}

#[cfg(feature = "parquet")]
fn read_parquet(plan: &Plan, window: &Window, file: File) -> Result<Tally, CountsError> {
    let mut rows = parquet::Rows::new(file)?;
    let mut counts = Counts::new(plan, window, rows.names())?;
    while let Some(fields) = rows.next()? {
        counts.add(&fields)?;
    }
    Ok(counts.teller.tally)
}

#[cfg(not(feature = "parquet"))]
fn read_parquet(_: &Plan, _: &Window, _: File) -> Result<Tally, CountsError> {
    let why = "this program was built without the feature `parquet`; write the counts as CSV";
    Err(CountsError::Parquet(why.to_owned()))
}

/// Adds up rows.
struct Counts<'p> {
    plan: &'p Plan,
    window: &'p Window,
    fingerprint: String,
    /// Of each of [`COLUMNS`], where it stands in a row.
    places: Vec<usize>,
    teller: Teller<'p>,
    number: u64,
}

impl<'p> Counts<'p> {
    fn new(plan: &'p Plan, window: &'p Window, header: &[String]) -> Result<Self, CountsError> {
        let mut places = Vec::new();
        for column in COLUMNS {
            let place = header.iter().position(|name| name == column);
            places.push(place.ok_or(CountsError::Column(column))?);
        }
        Ok(Self {
            plan,
            window,
            fingerprint: fingerprint(plan),
            places,
            teller: Teller::new(plan),
            number: 0,
        })
    }

    fn add(&mut self, fields: &[String]) -> Result<(), CountsError> {
        self.number += 1;
        let row = Row {
            number: self.number,
            fields,
            places: &self.places,
        };
        if row.text("plan") != self.fingerprint {
            return Err(CountsError::OtherPlan);
        }
        count(&mut self.teller, self.plan, self.window, &row)
    }
}

fn count(
    teller: &mut Teller<'_>,
    plan: &Plan,
    window: &Window,
    row: &Row<'_>,
) -> Result<(), CountsError> {
    let (events, copies) = (row.number("events")?, row.number("copies")?);
    let tally = &mut teller.tally;
    tally.read += events + copies;
    let (account, time) = (row.text("account"), row.text("first_time"));
    let (Some(minute), false) = (
        minute(time),
        account.is_empty() || row.text("minute").is_empty(),
    ) else {
        tally.unplaced += events + copies;
        return Ok(());
    };
    if !window.asks_for(account) {
        tally.outside += events + copies;
        tally.other_accounts += events + copies;
        return Ok(());
    }
    tally.duplicates += copies;
    if events == 0 {
        return Ok(());
    }
    tally.distinct += events;
    let Some(index) = plan.account(account) else {
        teller.count_stranger(account, events);
        return Ok(());
    };
    tally.see(time);
    tally.see(row.text("last_time"));
    if row.text("doubt") == "true" {
        tally.doubtful += events;
        return Ok(());
    }
    let answers = row.answers(plan)?;
    let sighting = Sighting {
        account: index,
        minute,
        event_name: row.text("event_name"),
        event_source: row.text("event_source"),
        answers: &answers,
    };
    teller.count(sighting, events, &mut || {
        let text = row.text("first_record");
        let record: Option<Value> = serde_json::from_str(text).ok();
        let of = |name: &str| {
            let found = record.as_ref()?.get(name)?.as_str()?;
            Some(Cow::Owned(found.to_owned()))
        };
        Shown {
            principal: Principal {
                kind: row.text("principal_type").into(),
                name: row.text("principal").into(),
            },
            time: of("eventTime")
                .map(|time| Cow::Owned(in_order(&time).to_owned()))
                .unwrap_or_default(),
            id: of("eventID").unwrap_or_default(),
            text: text.into(),
        }
    });
    Ok(())
}

/// One row by the names of its columns.
struct Row<'f> {
    number: u64,
    fields: &'f [String],
    places: &'f [usize],
}

impl Row<'_> {
    fn text(&self, column: &str) -> &str {
        let place = COLUMNS.iter().position(|name| *name == column);
        let place = place.and_then(|index| self.places.get(index));
        let field = place.and_then(|place| self.fields.get(*place));
        field.map(String::as_str).unwrap_or_default()
    }

    fn number(&self, column: &'static str) -> Result<u64, CountsError> {
        let text = self.text(column);
        text.parse().map_err(|_| self.wrong(column))
    }

    fn answers(&self, plan: &Plan) -> Result<Answers, CountsError> {
        let text = self.text("answers");
        let all = plan.questions.predicates().len();
        if text.len() != all || !text.bytes().all(|byte| byte == b'0' || byte == b'1') {
            return Err(self.wrong("answers"));
        }
        let mut answers = vec![0_u64; all.div_ceil(64)];
        for (bit, byte) in text.bytes().enumerate() {
            if byte == b'1'
                && let Some(word) = answers.get_mut(bit / 64)
            {
                *word |= 1 << (bit % 64);
            }
        }
        Ok(answers)
    }

    fn wrong(&self, column: &'static str) -> CountsError {
        CountsError::Value {
            row: self.number,
            column,
            value: self.text(column).chars().take(80).collect(),
        }
    }
}
