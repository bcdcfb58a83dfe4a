//! `trailproof show`: recorded calls as people read them, whatever wire form AWS answered in.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use super::opening::{Opening, Target, write_file};
use super::{Error, Out, Status};
use crate::report::columns::{List, Long};
use crate::report::printable::one_line;
use crate::report::text::{Colour, Page, Style, json_document};
use crate::snapshot::{Call, Evidence, Snapshot, decode, format_time};

const EXAMPLES: &str = "\
Examples:
  trailproof show mine.trailproof
  trailproof show mine.trailproof 56
  trailproof show mine.trailproof 4 6-35
  trailproof show mine.trailproof 56 --raw -o answer.cbor && sha256sum answer.cbor

Exit codes:
  0  printed
  2  the file is no snapshot or was changed, or has no such row";

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The snapshot
    file: PathBuf,
    /// Evidence rows, as findings cite them: `56`, `6-35`; a list of all calls where none is named
    #[arg(value_name = "ROW", value_parser = rows)]
    rows: Vec<Run>,
    /// How to print [default: by the ending of OUT, such as `.json`; else table]
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    format: Option<Format>,
    /// Write the answer's own bytes, of which the evidence row has the SHA-256
    #[arg(
        long,
        requires = "output",
        conflicts_with = "format",
        help_heading = "Output"
    )]
    raw: bool,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    opening: Opening,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: what was asked, then the answer as JSON
    Table,
    /// For programs: one object a row, in an array
    Json,
}

/// One call for programs.
#[derive(Serialize)]
struct Shown<'a> {
    evidence: i64,
    account: &'a str,
    region: &'a str,
    service: &'a str,
    operation: &'a str,
    request: &'a Value,
    at: String,
    http_status: Option<u16>,
    error: Option<Failed<'a>>,
    request_id: Option<&'a str>,
    media_type: &'a str,
    bytes: usize,
    sha256: String,
    /// The answer in the JSON form of the AWS CLI; none where it cannot be read.
    answer: Option<Value>,
}

#[derive(Serialize)]
struct Failed<'a> {
    code: &'a str,
    message: &'a str,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<Status, Error> {
    args.target.check()?;
    let snapshot = args.opening.open(&args.file)?;
    let mut found = Vec::new();
    for row in args.rows.iter().flat_map(|Run(first, last)| *first..=*last) {
        let evidence = snapshot.evidence(row)?;
        found.push(evidence.ok_or_else(|| absent(&snapshot, row))?);
    }
    if args.raw {
        return raw(args, &found, out);
    }
    let style = args.target.style(out);
    let format = args.target.format(args.format, Format::Table);
    let text = match (format, found.as_slice()) {
        (Format::Table, []) => list(&snapshot, style)?,
        (Format::Table, rows) => {
            let texts: Result<Vec<String>, Error> = rows
                .iter()
                .map(|row| table(row, &digest(&snapshot, row.id)?, style))
                .collect();
            texts?.join("\n")
        }
        (Format::Json, []) => {
            let mut all = Vec::new();
            snapshot.for_each_evidence(|row| {
                all.push(row);
                Ok(())
            })?;
            json(&snapshot, &all)?
        }
        (Format::Json, rows) => json(&snapshot, rows)?,
    };
    match (format, &args.target.output) {
        (Format::Json, None) => out.json(&text)?,
        _ => args.target.write(&text, &told(&found), out)?,
    }
    args.opening.warn(out);
    Ok(Status::Clean)
}

/// Rows from one to another.
#[derive(Debug, Clone, Copy)]
struct Run(i64, i64);

/// Reads rows as reports cite them, with the comma behind them.
fn rows(text: &str) -> Result<Run, String> {
    let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
    let plain = text.trim_end_matches(',');
    let (first, last) = plain.split_once('-').unwrap_or((plain, plain));
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok(Run(first, last)),
        _ => Err("expected a row such as 56, or rows such as 6-35".to_owned()),
    }
}

/// What is shown, in a line.
fn told(found: &[Evidence]) -> String {
    match found {
        [] => "every recorded call".to_owned(),
        [one] => format!(
            "evidence {}: {} {}",
            one.id, one.call.service, one.call.operation
        ),
        several => format!("{} recorded calls", several.len()),
    }
}

fn absent(snapshot: &Snapshot, row: i64) -> Error {
    let last: rusqlite::Result<Option<i64>> =
        snapshot
            .connection()
            .query_row("select max(id) from evidence", [], |row| row.get(0));
    let error = Error::new(format!("there is no evidence row {row}"));
    match last {
        Ok(Some(last)) => error.help(format!("the rows are 1 to {last}")),
        _ => error.help("the snapshot holds no evidence"),
    }
}

fn raw(args: &Args, found: &[Evidence], out: &mut Out) -> Result<Status, Error> {
    let (Some(path), [one]) = (&args.target.output, found) else {
        return Err(Error::new("--raw writes the answer of one row")
            .help("name one row, and a file with --output"));
    };
    write_file(path, &one.call.body, args.target.force())?;
    out.message(&format!(
        "wrote {} bytes of {} to `{}`",
        one.call.body.len(),
        one.call.media_type,
        path.display()
    ));
    Ok(Status::Clean)
}

/// The digest of the answer's bytes, as it is recorded.
fn digest(snapshot: &Snapshot, row: i64) -> Result<String, Error> {
    let sql = "select body_sha256 from evidence where id = ?1";
    Ok(snapshot
        .connection()
        .query_row(sql, [row], |row| row.get(0))?)
}

fn table(row: &Evidence, sha256: &str, style: Style) -> Result<String, Error> {
    let call = &row.call;
    let mut page = Page::new(style);
    let title = format!("evidence {}: {} {}", row.id, call.service, call.operation);
    page.line(&style.paint(Colour::Bold, &one_line(&title)));
    let mut line = |label: &str, text: &str| {
        page.hanging(0, &style.paint(Colour::Dim, label), 9, text);
    };
    line("account", &call.account);
    line("region", &call.region);
    line("at", &format_time(call.at));
    line("asked", &call.request.to_string());
    let status = call
        .http_status
        .map_or("no response".to_owned(), |status| format!("HTTP {status}"));
    let bytes = call.body.len();
    line(
        "answer",
        &format!("{status}, {}, {bytes} bytes", call.media_type),
    );
    line("sha256", sha256);
    if let Some((code, message)) = &call.error {
        line("error", &format!("{code}: {message}"));
    }
    page.blank();
    match answer(call) {
        Ok(value) => {
            let text = json_document(&value);
            for line in text.lines() {
                page.line(line);
            }
        }
        Err(why) => {
            page.paragraph(0, "", &format!("the answer is shown as text: {why}"));
            page.blank();
            for text in String::from_utf8_lossy(&call.body).lines() {
                page.line(text);
            }
        }
    }
    Ok(page.finish())
}

/// The answer as JSON, or why there is none.
fn answer(call: &Call) -> Result<Value, String> {
    if call.body.is_empty() {
        return Err("nothing is recorded of it".to_owned());
    }
    decode::response(call).map_err(|error| error.to_string())
}

fn json(snapshot: &Snapshot, rows: &[Evidence]) -> Result<String, Error> {
    let mut shown = Vec::new();
    for row in rows {
        let call = &row.call;
        shown.push(Shown {
            evidence: row.id,
            account: &call.account,
            region: &call.region,
            service: &call.service,
            operation: &call.operation,
            request: &call.request,
            at: format_time(call.at),
            http_status: call.http_status,
            error: call
                .error
                .as_ref()
                .map(|(code, message)| Failed { code, message }),
            request_id: call.request_id.as_deref(),
            media_type: &call.media_type,
            bytes: call.body.len(),
            sha256: digest(snapshot, row.id)?,
            answer: answer(call).ok(),
        });
    }
    Ok(json_document(&shown))
}

/// Every call in a line, as wide as the page: of what was asked as much as there is room for.
fn list(snapshot: &Snapshot, style: Style) -> Result<String, Error> {
    let mut rows = List::new(&["row", "account", "region", "call", "answer", "asked"]);
    snapshot.for_each_evidence(|row| {
        let call = row.call;
        let asked = match &call.request {
            Value::Object(members) if members.is_empty() => String::new(),
            request => request.to_string(),
        };
        let answer = match (&call.error, call.http_status) {
            (Some((code, _)), _) => code.clone(),
            (None, Some(status)) => format!("{status}, {} bytes", call.body.len()),
            (None, None) => "none".to_owned(),
        };
        let cells = [
            row.id.to_string(),
            call.account,
            call.region,
            format!("{} {}", call.service, call.operation),
            answer,
            asked,
        ];
        rows.push(cells.map(|cell| one_line(&cell).into_owned()).to_vec());
        Ok(())
    })?;
    Ok(rows.lay_out(style.width, Long::Cut))
}
