//! Reads events as they lie about: one JSON text a line, CloudTrail's own files (`{"Records":[...]}`), arrays, the
//! answer of LookupEvents; any of them compressed with gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use serde_json::Value;

use crate::cli::Error;

/// An event of a file.
pub(super) enum Event<'e> {
    /// A line of its own, with its number.
    Line(u64, &'e str),
    /// One of several in a document, with its number in the file.
    Record(u64, &'e Value),
}

/// Hands every event of the file (`-` is standard input) to `each`, with the name of the file for errors.
pub(super) fn each(
    path: &Path,
    each: &mut dyn FnMut(&str, Event<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let from_stdin = path.as_os_str() == "-";
    let name = if from_stdin {
        "standard input".to_owned()
    } else {
        format!("`{}`", path.display())
    };
    let mut input: Box<dyn BufRead> = if from_stdin {
        Box::new(io::stdin().lock())
    } else {
        let file =
            File::open(path).map_err(|error| Error::new(format!("cannot open {name}: {error}")))?;
        Box::new(BufReader::with_capacity(256 * 1024, file))
    };
    let cannot_read = |error: io::Error| Error::new(format!("cannot read {name}: {error}"));
    if input
        .fill_buf()
        .map_err(cannot_read)?
        .starts_with(&[0x1f, 0x8b])
    {
        let inflated = MultiGzDecoder::new(input);
        input = Box::new(BufReader::with_capacity(256 * 1024, inflated));
    }
    let mut bytes = Vec::new();
    let (mut number, mut records) = (0_u64, 0_u64);
    loop {
        bytes.clear();
        let read = input.read_until(b'\n', &mut bytes);
        if read.map_err(cannot_read)? == 0 {
            return Ok(());
        }
        number += 1;
        let line = bytes.trim_ascii_end();
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let text =
            std::str::from_utf8(line).map_err(|_| fault(&name, number, "the line is not UTF-8"))?;
        if !begins_document(text) {
            each(&name, Event::Line(number, text))?;
            continue;
        }
        // Several events in one text, over one line or many: the rest of the file is read as such texts.
        let mut all = line.to_vec();
        all.push(b'\n');
        input.read_to_end(&mut all).map_err(cannot_read)?;
        for document in serde_json::Deserializer::from_slice(&all).into_iter::<Value>() {
            let document = document.map_err(|error| {
                let at = number + u64::try_from(error.line()).unwrap_or(1).saturating_sub(1);
                fault(&name, at, &not_json(&error))
            })?;
            records_of(document, &mut |record| {
                records += 1;
                each(&name, Event::Record(records, record))
            })?;
        }
        return Ok(());
    }
}

/// Whether a line begins a text of several events, or one that goes on in the next line.
fn begins_document(line: &str) -> bool {
    let Some(inner) = line.trim_start().strip_prefix('{') else {
        return line.trim_start().starts_with('[');
    };
    let inner = inner.trim_start();
    inner.is_empty()
        || ["\"Records\"", "\"Events\""]
            .iter()
            .any(|name| inner.starts_with(name))
}

fn records_of(
    document: Value,
    each: &mut dyn FnMut(&Value) -> Result<(), Error>,
) -> Result<(), Error> {
    match document {
        Value::Array(values) => values
            .into_iter()
            .try_for_each(|value| records_of(value, each)),
        Value::Object(mut fields) => {
            if let Some(records @ Value::Array(_)) = fields.remove("Records") {
                return records_of(records, each);
            }
            if let Some(events @ Value::Array(_)) = fields.remove("Events") {
                return records_of(events, each);
            }
            // LookupEvents puts the record into a string.
            let inner = fields
                .get("CloudTrailEvent")
                .and_then(Value::as_str)
                .and_then(|text| serde_json::from_str::<Value>(text).ok());
            match inner {
                Some(record) => each(&record),
                None => each(&Value::Object(fields)),
            }
        }
        other => each(&other),
    }
}

/// What is wrong with a line, and what can be read.
pub(super) fn fault(name: &str, line: u64, what: &str) -> Error {
    Error::new(format!("{name}, line {line}: {what}")).help(
        "what can be read: one JSON event a line, CloudTrail's files (`{\"Records\":[...]}`), arrays of events and \
         `aws cloudtrail lookup-events`, also compressed with gzip",
    )
}

/// The line number in the message of the JSON reader is that of the text alone and would mislead.
pub(super) fn not_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    format!("the event is not JSON: {what} at column {}", error.column())
}
