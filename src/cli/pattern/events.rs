//! Reads events as they lie about: one text a line, or whatever holds CloudTrail records; any of them compressed with gzip.

use std::io::{self, BufRead as _, Cursor, Read as _};
use std::path::Path;

use crate::cli::Error;
use crate::replay::records::{self, Input, Record};

/// An event of a file.
pub(super) enum Event<'e> {
    /// A line of its own, with its number.
    Line(u64, &'e str),
    /// One of several in a document, with its number in the file.
    Record(u64, Record<'e>),
}

/// Hands every event of the file (`-` is standard input) to `each`, with the name of the file for errors.
pub(super) fn each(
    path: &Path,
    each: &mut dyn FnMut(&str, Event<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let place = match path.as_os_str() == "-" {
        true => Input::StandardInput,
        false => Input::File {
            path: path.to_owned(),
            found: false,
        },
    };
    let name = place.to_string();
    let mut input = records::text(&place).map_err(|error| unopened(&name, &error))?;
    let start = input.fill_buf().map_err(|error| unread(&name, &error))?;
    let start = start.get(..START).unwrap_or(start);
    // A line of text may begin as such a file does.
    if let Some(damage) = records::other_form(start).filter(|_| !is_text(start)) {
        return Err(Error::new(format!("{name} {damage}")).help(READ));
    }
    let mut is_empty = true;
    let mut bytes = Vec::new();
    let mut number = 0_u64;
    loop {
        bytes.clear();
        let read = input.read_until(b'\n', &mut bytes);
        if read.map_err(|error| unread(&name, &error))? == 0 {
            return match is_empty {
                true => Err(Error::new(format!("there is no event in {name}")).help(READ)),
                false => Ok(()),
            };
        }
        number += 1;
        let line = bytes.trim_ascii_end();
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        is_empty = false;
        let text = std::str::from_utf8(line)
            .map_err(|_| fault(&name, ("line", number), "the line is not UTF-8"))?;
        if !begins_document(text) {
            each(&name, Event::Line(number, text))?;
            continue;
        }
        // Several events in one text, over one line or many: the rest of the file is read as such texts.
        let rest = Cursor::new(&bytes).chain(input);
        let mut records = 0;
        let mut result = Ok(());
        let end = records::values(rest, &mut |record| {
            records += 1;
            if result.is_ok() {
                result = each(&name, Event::Record(records, record));
            }
        });
        result?;
        return end
            .map_err(|damage| Error::new(format!("cannot read {name}: it {damage}")).help(READ));
    }
}

/// So many bytes at the start of a file tell of what form it is.
const START: usize = 64;

/// Whether bytes are the start of a text.
fn is_text(start: &[u8]) -> bool {
    let cut_off = |error: std::str::Utf8Error| error.error_len().is_none();
    let plain = |byte: &u8| *byte >= b' ' || byte.is_ascii_whitespace();
    start.iter().all(plain) && std::str::from_utf8(start).err().is_none_or(cut_off)
}

fn unopened(name: &str, error: &io::Error) -> Error {
    Error::new(format!("cannot open {name}: {error}")).help(match error.kind() {
        io::ErrorKind::IsADirectory => "name the files in it; `trailproof replay` reads folders",
        _ => "name a file of events; `-` is standard input",
    })
}

fn unread(name: &str, error: &io::Error) -> Error {
    Error::new(format!("cannot read {name}: {error}"))
        .help("what is printed is of the events before; fetch the file again")
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

/// What can be read.
const READ: &str = "what can be read: one JSON event a line, CloudTrail's files (`{\"Records\":[...]}`), arrays of events and \
     `aws cloudtrail lookup-events`, also compressed with gzip";

/// What is wrong with an event, by what it is counted as, and what can be read.
pub(super) fn fault(name: &str, (label, number): (&str, u64), what: &str) -> Error {
    Error::new(format!("{name}, {label} {number}: {what}")).help(READ)
}

/// The line number in the message of the JSON reader is that of the text alone and would mislead.
pub(super) fn not_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    format!("the event is not JSON: {what} at column {}", error.column())
}
