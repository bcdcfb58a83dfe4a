//! SQL over a snapshot: read-only queries, with the pattern language as SQL functions.
//!
//! Sits beside `analyze`: it answers what a user asks in SQL, and decides nothing itself. It never writes, and it runs
//! statements that return rows only.
//!
//! | function | answer |
//! |---|---|
//! | `pattern_matches(pattern, event)` | 1 or 0: does the pattern match the event, a JSON text |
//! | `pattern_covers(required, deployed, ...)` | 1, 0, or null where not known: do the deployed patterns together match every required event |
//! | `pattern_missed_event(required, deployed, ...)` | an event that is required and matched by none, as JSON; null where there is none |
//!
//! A null argument gives null, and so does a pattern that does not parse: it cannot be deployed, and one such row should
//! not end a query over all. `pattern_error(pattern)` says what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};
use serde_json::{Value, json};

use crate::coverage::{Covers, EventModel, Predicate, Scope, covers};
use crate::pattern::{Matcher, Pattern, Semantics, parse};
use crate::snapshot::{MAX_ROWS, MAX_TEXT, Snapshot};

#[cfg(test)]
mod tests;

/// Views for people, over the facts and the views of `chain`.
const VIEWS: &str = include_str!("views.sql");

/// Why a query could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite refused it.
    #[error("the query failed: {0}")]
    Sql(String),
    /// It would change something, or returns nothing.
    #[error("only statements that read and return rows are run; this one does not")]
    NotAQuery,
    /// More than one statement, or none.
    #[error("one statement is run at a time; this text holds {0}")]
    Statements(&'static str),
    /// It would take too long.
    #[error("the query took longer than {0} s; narrow it, or allow more with --timeout")]
    TooLong(u64),
    /// It gives too much.
    #[error(
        "the query gives more than {MAX_ROWS} rows; narrow it with `where`, or count with `group by`"
    )]
    TooManyRows,
    /// Its rows are too long.
    #[error("the query gives more than {} MiB of text; narrow it, or cut texts with `substr`", MAX_TEXT >> 20)]
    TooMuchText,
    /// The views over the chain could not be made.
    #[error("the views of the delivery chain could not be made: {0}")]
    Views(#[from] crate::chain::Error),
}

/// SQLite repeats the whole statement in its message; the user has just typed it.
impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(match error {
            rusqlite::Error::SqlInputError { msg, .. }
            | rusqlite::Error::SqliteFailure(_, Some(msg)) => msg,
            other => other.to_string(),
        })
    }
}

/// Adds the functions of the pattern language to a connection.
pub fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("pattern_matches", 2, flags, |context| {
        let (Some(pattern), Some(event)) = (cached(context, 0)?, text(context, 1)) else {
            return Ok(None);
        };
        Ok(Some(
            Matcher::new(&pattern, &Semantics::default()).matches_text(event),
        ))
    })?;
    connection.create_scalar_function("pattern_covers", -1, flags, |context| {
        Ok(match compare(context, "pattern_covers")? {
            Some(Covers::Yes { .. }) => Some(true),
            Some(Covers::No { .. }) => Some(false),
            Some(Covers::Unknown { .. }) | None => None,
        })
    })?;
    connection.create_scalar_function("pattern_missed_event", -1, flags, |context| {
        Ok(match compare(context, "pattern_missed_event")? {
            Some(Covers::No { missed }) => Some(missed.to_string()),
            _ => None,
        })
    })?;
    connection.create_scalar_function("pattern_error", 1, flags, |context| {
        Ok(text(context, 0)
            .and_then(|pattern| parse(pattern).err())
            .map(|error| error.to_string()))
    })
}

fn text<'c>(context: &'c Context<'_>, at: usize) -> Option<&'c str> {
    match context.get_raw(at) {
        ValueRef::Text(text) => std::str::from_utf8(text).ok(),
        _ => None,
    }
}

/// A pattern argument, read once a query where it is constant; none where it is null or does not parse.
fn cached(context: &Context<'_>, at: usize) -> rusqlite::Result<Option<std::sync::Arc<Pattern>>> {
    if text(context, at).is_none() {
        return Ok(None);
    }
    let read = |value: ValueRef<'_>| -> Result<Option<Pattern>, std::convert::Infallible> {
        Ok(value.as_str().ok().and_then(|text| parse(text).ok()))
    };
    let index = i32::try_from(at).unwrap_or(i32::MAX);
    let found = context.get_or_create_aux::<Option<Pattern>, _, _>(index, read)?;
    Ok(found.as_ref().clone().map(std::sync::Arc::new))
}

/// The first argument against all others together.
fn compare(context: &Context<'_>, function: &str) -> rusqlite::Result<Option<Covers>> {
    if context.len() < 2 {
        let message =
            format!("{function} takes a required pattern and at least one deployed pattern");
        return Err(rusqlite::Error::UserFunctionError(message.into()));
    }
    let mut predicates = Vec::new();
    for at in 0..context.len() {
        let Some(pattern) = text(context, at).and_then(|text| parse(text).ok()) else {
            return Ok(None);
        };
        predicates.push(Predicate::from_pattern(&pattern));
    }
    let deployed = Predicate::any(predicates.split_off(1));
    let required = Predicate::all(predicates);
    Ok(Some(covers(
        &required,
        &deployed,
        &EventModel::cloudtrail(),
        &Scope::default(),
    )))
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The names of the columns, each once: of equal names the second has `_2` behind it, the third `_3`.
    pub columns: Vec<String>,
    /// The rows; a blob is an object with its length (`bytes`) and nothing of its content.
    pub rows: Vec<Vec<Value>>,
}

/// Answers one read-only query over evidence, facts and the views of the chain.
///
/// A query that takes longer than `seconds`, or needs more memory or rows than any sensible one, is ended.
pub fn run(snapshot: &Snapshot, sql: &str, seconds: u64) -> Result<Rows, Error> {
    let time = Duration::from_secs(seconds);
    let answer = snapshot.within(time, |connection| answer(snapshot, connection, sql));
    answer.map_err(|error| match error {
        Error::Sql(message) if message == "interrupted" => Error::TooLong(seconds),
        error => error,
    })
}

fn answer(snapshot: &Snapshot, connection: &Connection, sql: &str) -> Result<Rows, Error> {
    crate::chain::create_views(snapshot)?;
    connection.execute_batch(VIEWS)?;
    register(connection)?;
    let mut statements = rusqlite::Batch::new(connection, sql);
    let Some(mut statement) = rusqlite::fallible_iterator::FallibleIterator::next(&mut statements)?
    else {
        return Err(Error::Statements("none"));
    };
    if rusqlite::fallible_iterator::FallibleIterator::next(&mut statements)?.is_some() {
        return Err(Error::Statements("several"));
    }
    if !statement.readonly() || statement.column_count() == 0 {
        return Err(Error::NotAQuery);
    }
    rows(&mut statement)
}

fn rows(statement: &mut Statement<'_>) -> Result<Rows, Error> {
    let columns = each_once(statement.column_names().map(str::to_owned).collect());
    let mut found = statement.query([])?;
    let mut rows = Vec::new();
    let mut bytes = 0usize;
    while let Some(row) = found.next()? {
        let mut values = Vec::with_capacity(columns.len());
        for at in 0..columns.len() {
            let value = value_of(row.get_ref(at)?);
            bytes = bytes.saturating_add(value.as_str().map_or(0, str::len));
            values.push(value);
        }
        rows.push(values);
        if rows.len() > MAX_ROWS {
            return Err(Error::TooManyRows);
        }
        if bytes > MAX_TEXT {
            return Err(Error::TooMuchText);
        }
    }
    Ok(Rows { columns, rows })
}

/// Names of which none is twice, and none is that of another column.
fn each_once(names: Vec<String>) -> Vec<String> {
    let all: BTreeSet<&String> = names.iter().collect();
    let mut taken = BTreeSet::new();
    let mut times: BTreeMap<&String, usize> = BTreeMap::new();
    let mut given = Vec::with_capacity(names.len());
    for name in &names {
        let number = times.entry(name).or_default();
        let own = loop {
            *number += 1;
            let own = match *number {
                1 => name.clone(),
                number => format!("{name}_{number}"),
            };
            if !taken.contains(&own) && (*number == 1 || !all.contains(&own)) {
                break own;
            }
        };
        taken.insert(own.clone());
        given.push(own);
    }
    given
}

fn value_of(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        ValueRef::Blob(bytes) => json!({"bytes": bytes.len()}),
    }
}
