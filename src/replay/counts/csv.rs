//! CSV as RFC 4180 has it, a row at a time.

use std::io::BufRead;

use super::CountsError;

/// The rows of a CSV, one at a time.
pub(super) struct Rows<'i> {
    pub(super) input: &'i mut dyn BufRead,
}

impl Rows<'_> {
    pub(super) fn next(&mut self) -> Result<Option<Vec<String>>, CountsError> {
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
