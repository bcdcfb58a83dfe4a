//! `trailproof query`: one read-only SQL query over a snapshot.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::Value;
use tabled::builder::Builder;
use tabled::settings::Style;

use super::opening::Opening;
use super::{Error, Out, Status};
use crate::query::{self, Rows};
use crate::report::csv;
use crate::report::printable::one_line;

/// Arguments of `query`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Functions: pattern_matches(pattern, event), pattern_covers(required, deployed, ...),\n\
    pattern_missed_event(required, deployed, ...), pattern_error(pattern).\n\
    Views: call, told, recipient, silent_alarm, unwatched_filter, chain_path.\n\
    Of columns with equal names the second is called NAME_2, the third NAME_3.\n\
    Tables and columns are described by `select name, sql from sqlite_schema`, views by the same of `sqlite_temp_schema`;\n\
    docs/query.md has examples."
)]
pub(super) struct Args {
    /// The snapshot
    #[arg(value_name = "SNAPSHOT")]
    snapshot: PathBuf,
    /// The query, one statement that returns rows
    #[arg(value_name = "SQL")]
    sql: String,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// End the query after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    #[command(flatten)]
    opening: Opening,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// Comma-separated values with a header, for spreadsheets: a row a line, so that line breaks in values are spelled out (`\n`)
    Csv,
    /// A JSON array of objects, with every value as it is
    Json,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<Status, Error> {
    let snapshot = args.opening.open(&args.snapshot)?;
    args.opening.warn(out);
    let rows = query::run(&snapshot, &args.sql, args.timeout)?;
    match args.format {
        Format::Table => table(out, &rows)?,
        Format::Csv => comma_separated(out, &rows)?,
        Format::Json => json(out, &rows)?,
    }
    Ok(Status::Clean)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        // A blob.
        Value::Object(members) => {
            let bytes = members.get("bytes").and_then(Value::as_u64);
            format!("({} bytes)", bytes.unwrap_or_default())
        }
        other => other.to_string(),
    }
}

fn table(out: &mut Out, rows: &Rows) -> Result<(), Error> {
    let mut builder = Builder::new();
    builder.push_record(rows.columns.iter().map(|name| one_line(name).into_owned()));
    for row in &rows.rows {
        builder.push_record(row.iter().map(|value| one_line(&cell(value)).into_owned()));
    }
    out.text(&format!("{}\n", builder.build().with(Style::blank())))?;
    Ok(())
}

fn comma_separated(out: &mut Out, rows: &Rows) -> Result<(), Error> {
    let header: Vec<String> = rows.columns.iter().map(|name| csv::field(name)).collect();
    out.text(&csv::record(&header))?;
    for row in &rows.rows {
        let fields: Vec<String> = row
            .iter()
            .map(|value| match value {
                // A number is no formula, whatever its sign.
                Value::Number(number) => number.to_string(),
                other => csv::field(&cell(other)),
            })
            .collect();
        out.text(&csv::record(&fields))?;
    }
    Ok(())
}

fn json(out: &mut Out, rows: &Rows) -> Result<(), Error> {
    out.json("[")?;
    for (at, row) in rows.rows.iter().enumerate() {
        let object: serde_json::Map<String, Value> = rows
            .columns
            .iter()
            .cloned()
            .zip(row.iter().cloned())
            .collect();
        let comma = if at == 0 { "" } else { "," };
        out.json(&format!("{comma}\n  {}", serde_json::to_string(&object)?))?;
    }
    out.json(if rows.rows.is_empty() { "]\n" } else { "\n]\n" })?;
    Ok(())
}
