//! Splits a large file that is not compressed into parts that can be read at a time.
//!
//! Where a part begins is guessed by a few bytes that stand between two records and hardly anywhere else. Whoever reads the
//! part before proves the guess: it has to come to that very byte between two values, within the same arrays. Where it does
//! not, the parts are worth nothing, and the file is read as one.

use std::io::{self, Read, Seek, SeekFrom};

use super::edge::{Edge, Frame, Part};
use super::folder::{Found, Input, open};

/// Files from twice this size on are split, into parts of about this size; small in unit tests, so that they split too.
const SIZE: u64 = if cfg!(test) { 4 << 10 } else { 32 << 20 };
/// How far a boundary is looked for, at first and then: many records.
const REACHES: [usize; 2] = [64 << 10, 2 << 20];
/// A file without a boundary so many times in a row is read on in one piece: it holds no records, or nothing at all.
const MAX_MISSES: u32 = 16;

/// The parts of a file in their order; none where it is not to be split.
pub fn split(found: &Found) -> Vec<Part> {
    match split_by(found, SIZE) {
        Ok(parts) if parts.len() > 1 => parts,
        _ => Vec::new(),
    }
}

fn split_by(found: &Found, size: u64) -> io::Result<Vec<Part>> {
    let mut parts = vec![Part::default()];
    let Input::File {
        path,
        found: inside,
    } = &found.place
    else {
        return Ok(parts);
    };
    if found.size < size.saturating_mul(2) {
        return Ok(parts);
    }
    let mut file = open(path, *inside)?;
    let Some(form) = Form::of(&window(&mut file, 0, 4096)?) else {
        return Ok(parts);
    };
    let (mut next, mut misses) = (size, 0);
    while next.saturating_add(size) <= found.size && misses < MAX_MISSES {
        let Some(distance) = form.boundary_from(&mut file, next)? else {
            next += size;
            misses += 1;
            continue;
        };
        misses = 0;
        let begin = Edge {
            at: next + distance as u64,
            frames: form.frames(),
        };
        next = begin.at + size;
        if let Some(last) = parts.last_mut() {
            last.end = Some(begin.clone());
        }
        parts.push(Part { begin, end: None });
    }
    Ok(parts)
}

fn window(file: &mut (impl Read + Seek), from: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How records lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One after the other, a line each.
    Lines,
    /// In an array.
    Array,
    /// In an array that is a member of an object.
    Records,
}

impl Form {
    fn of(start: &[u8]) -> Option<Self> {
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        let start = start.trim_ascii_start();
        if start.starts_with(b"[") {
            return Some(Self::Array);
        }
        let inner = start.strip_prefix(b"{")?.trim_ascii_start();
        let list = inner.strip_prefix(b"\"Records\"").and_then(|rest| {
            let rest = rest.trim_ascii_start().strip_prefix(b":")?;
            rest.trim_ascii_start().strip_prefix(b"[")
        });
        Some(if list.is_some() {
            Self::Records
        } else {
            Self::Lines
        })
    }

    fn frames(self) -> Vec<Frame> {
        match self {
            Self::Lines => Vec::new(),
            Self::Array => vec![Frame::Array { first: false }],
            Self::Records => vec![Frame::Rest, Frame::Array { first: false }],
        }
    }

    /// How far behind a place in the file the next part may begin; none where no record is near.
    fn boundary_from(self, file: &mut (impl Read + Seek), from: u64) -> io::Result<Option<usize>> {
        for reach in REACHES {
            if let Some(distance) = self.boundary(&window(file, from, reach)?) {
                return Ok(Some(distance));
            }
        }
        Ok(None)
    }

    /// Where the next part may begin: with the line after a record, or with the comma between two records.
    fn boundary(self, bytes: &[u8]) -> Option<usize> {
        // No text has a line break within a string, and no array two values without a comma between them.
        let (between, skipped): (&[u8], usize) = match self {
            Self::Lines => (b"}\n{", 2),
            Self::Array | Self::Records => (b"},{\"eventVersion\":\"", 1),
        };
        let found = bytes.windows(between.len()).position(|it| it == between)?;
        Some(found + skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Counted, End, Reader};
    use super::*;

    /// What is read of a text in parts of this size, one after the other; none where a guess is wrong.
    fn read_in_parts(text: &[u8], size: u64) -> (usize, Option<(Vec<String>, Counted)>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let path = file.path().to_owned();
        let found = Found {
            place: Input::File { path, found: false },
            size: text.len() as u64,
        };
        let parts = split_by(&found, size).unwrap();
        let mut ids = Vec::new();
        let mut all = Counted::default();
        for part in &parts {
            let mut see = |record: super::super::Record<'_>| {
                ids.push(record.string("eventID").unwrap_or_default().into_owned());
            };
            let (counted, end) = Reader::default().read(&found.place, part, &mut see);
            if !matches!(end, End::Whole) {
                return (parts.len(), None);
            }
            all.add(counted);
        }
        (parts.len(), Some((ids, all)))
    }

    fn records(count: usize, more: &str) -> Vec<String> {
        (0..count)
            .map(|number| {
                format!(r#"{{"eventVersion":"1.08","eventID":"{number}","eventName":"A"{more}}}"#)
            })
            .collect()
    }

    #[test]
    fn parts_together_are_the_file() {
        let records = records(200, r#","a":[{"b":1},{"b":"}\n{ \"},{"}]"#);
        let lines = records.join("\n");
        let array = format!("[{}]\n", records.join(","));
        let members = format!("{{\"Records\":[{}]}}", records.join(","));
        for text in [lines, array, members] {
            let (parts, read) = read_in_parts(text.as_bytes(), 1000);
            assert!(parts > 5, "{parts}: {text}");
            let (ids, counted) = read.unwrap();
            let expected: Vec<String> = (0..200).map(|number| number.to_string()).collect();
            assert_eq!(ids, expected);
            assert_eq!(counted.records, 200);
        }
    }

    #[test]
    fn a_guess_that_is_wrong_is_found_out() {
        // Within a record what looks like the begin of another one.
        let inner = records(20, "").join(",");
        let records = records(50, &format!(r#","a":[{inner}]"#));
        let text = format!("{{\"Records\":[{}]}}", records.join(","));
        let (parts, read) = read_in_parts(text.as_bytes(), 1000);
        assert!(parts > 5);
        assert!(read.is_none());
    }

    #[test]
    fn damage_before_a_part_is_found_out() {
        let mut lines = records(200, "");
        lines[50] = "{\"eventVersion\":".to_owned();
        let (parts, read) = read_in_parts(lines.join("\n").as_bytes(), 1000);
        assert!(parts > 5);
        assert!(read.is_none());
    }
}
