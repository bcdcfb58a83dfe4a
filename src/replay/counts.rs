//! Reads what the query of [`super::sql`] gave, as CSV (RFC 4180, with its header), into a tally: the report is then the one
//! that reading the records makes.

use std::borrow::Cow;
use std::io::{self, BufRead};

use serde_json::Value;

use super::plan::Plan;
use super::question::Answers;
use super::read::minute;
use super::sql::{COLUMNS, fingerprint};
use super::tally::{Example, Principal, Sighting, Tally, Teller};

/// Why counts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CountsError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The header is another one.
    #[error("has no column `{0}`: it is not what the query of `--sql` gives, as CSV with a header")]
    Column(&'static str),
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
    /// It was made for other questions.
    #[error("was counted for another snapshot, benchmark or selection of controls")]
    OtherPlan,
}

/// Counts records that a query has counted.
pub fn read(plan: &Plan, input: &mut dyn BufRead) -> Result<Tally, CountsError> {
    let mut rows = Rows { input };
    let header = rows.next()?.unwrap_or_default();
    let mut places = Vec::new();
    for column in COLUMNS {
        let place = header.iter().position(|name| name == column);
        places.push(place.ok_or(CountsError::Column(column))?);
    }
    let wanted = fingerprint(plan);
    let mut teller = Teller::new(plan);
    let mut number = 0;
    while let Some(fields) = rows.next()? {
        number += 1;
        let row = Row {
            number,
            fields: &fields,
            places: &places,
        };
        if row.text("plan") != wanted {
            return Err(CountsError::OtherPlan);
        }
        count(&mut teller, plan, &row)?;
    }
    Ok(teller.tally)
}

fn count(teller: &mut Teller<'_>, plan: &Plan, row: &Row<'_>) -> Result<(), CountsError> {
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
    tally.duplicates += copies;
    if events == 0 {
        return Ok(());
    }
    tally.distinct += events;
    tally.see(time);
    tally.see(row.text("last_time"));
    if row.text("doubt") == "true" {
        tally.doubtful += events;
        return Ok(());
    }
    let Some(index) = plan.account(account) else {
        teller.count_stranger(account, events);
        return Ok(());
    };
    let answers = row.answers(plan)?;
    let sighting = Sighting {
        account: index,
        minute,
        event_name: row.text("event_name"),
        event_source: row.text("event_source"),
        answers: &answers,
    };
    teller.count(sighting, events, &|| {
        let text = row.text("first_record");
        let record: Option<Value> = serde_json::from_str(text).ok();
        let of = |name: &str| {
            let found = record.as_ref()?.get(name)?.as_str()?;
            Some(found.to_owned())
        };
        let principal = Principal {
            kind: row.text("principal_type").to_owned(),
            name: row.text("principal").to_owned(),
        };
        let example = Example {
            time: of("eventTime").unwrap_or_default(),
            id: of("eventID").unwrap_or_default(),
            text: text.to_owned(),
        };
        (principal, Cow::Owned(example))
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

/// The rows of a CSV, one at a time.
struct Rows<'i> {
    input: &'i mut dyn BufRead,
}

impl Rows<'_> {
    fn next(&mut self) -> Result<Option<Vec<String>>, CountsError> {
        let mut line = Vec::new();
        // A line break within quotes belongs to the field: quotes are even at the end of a row.
        loop {
            let read = self.input.read_until(b'\n', &mut line)?;
            let quotes = line.iter().filter(|byte| **byte == b'"').count();
            if read == 0 && line.is_empty() {
                return Ok(None);
            }
            if quotes % 2 == 0 {
                break;
            }
            if read == 0 {
                return Err(CountsError::CutOff);
            }
        }
        let text = String::from_utf8_lossy(&line);
        Ok(Some(fields(text.trim_end_matches(['\r', '\n']))))
    }
}

fn fields(row: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = row.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_rfc_4180_has_them() {
        let mut input = "a,b\r\n\"x,\"\"y\"\"\nz\",\r\n".as_bytes();
        let mut rows = Rows { input: &mut input };
        assert_eq!(rows.next().unwrap().unwrap(), ["a", "b"]);
        assert_eq!(rows.next().unwrap().unwrap(), ["x,\"y\"\nz", ""]);
        assert!(rows.next().unwrap().is_none());
    }
}
