//! Finds where a JSON value ends, without building it, and where the members of an object lie.
//!
//! Works on the bytes that are there: a value that goes on behind them is [`Stop::More`], and is scanned again once more
//! bytes are read. Everything is checked that makes a text JSON but the encoding of its characters, which the caller
//! checks of a whole record at once.

use std::ops::Range;

/// Deeper than any CloudTrail record; what serde_json follows.
const MAX_DEPTH: u32 = 128;

/// Why a scan ended before the value did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The bytes end first.
    More,
    /// At this byte the text is no JSON.
    Bad(usize),
}

/// A member of an object: its name without quotes, and its value, as byte ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

/// A text under the cursor.
#[derive(Debug, Clone)]
pub(super) struct Scan<'b> {
    bytes: &'b [u8],
    pub(super) at: usize,
    /// Whether blanks stand between tokens: what CloudTrail delivers has none.
    pub(super) blanks: bool,
}

impl<'b> Scan<'b> {
    pub(super) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            blanks: false,
        }
    }

    /// The next byte that is no blank.
    pub(super) fn peek(&mut self) -> Result<u8, Stop> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => {
                    self.blanks = true;
                    self.at += 1;
                }
                Some(byte) => return Ok(*byte),
                None => return Err(Stop::More),
            }
        }
    }

    /// Goes past a byte that has to come next.
    pub(super) fn expect(&mut self, wanted: u8) -> Result<(), Stop> {
        if self.peek()? == wanted {
            self.at += 1;
            return Ok(());
        }
        Err(Stop::Bad(self.at))
    }

    /// Goes past a value.
    pub(super) fn value(&mut self) -> Result<(), Stop> {
        self.nested(MAX_DEPTH)
    }

    /// Goes past an object and notes where its members lie. Where a member is an array and `opens` says so of its name, the
    /// scan ends behind the opening bracket, and the answer is true.
    pub(super) fn members(
        &mut self,
        members: &mut Vec<Member>,
        opens: impl Fn(&[u8]) -> bool,
    ) -> Result<bool, Stop> {
        members.clear();
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(false);
        }
        loop {
            let name = self.name()?;
            let array = self.peek()? == b'[';
            if array && opens(self.bytes.get(name.clone()).unwrap_or_default()) {
                self.at += 1;
                return Ok(true);
            }
            let start = self.at;
            self.nested(MAX_DEPTH - 1)?;
            let value = start..self.at;
            members.push(Member { name, value });
            if !self.more(b'}')? {
                return Ok(false);
            }
        }
    }

    /// Goes past the name of a member and its colon.
    pub(super) fn name(&mut self) -> Result<Range<usize>, Stop> {
        self.expect(b'"')?;
        let start = self.at;
        self.string()?;
        let name = start..self.at - 1;
        self.expect(b':')?;
        Ok(name)
    }

    /// After a part of an array or an object: whether another one follows.
    pub(super) fn more(&mut self, close: u8) -> Result<bool, Stop> {
        let next = self.peek()?;
        if next != b',' && next != close {
            return Err(Stop::Bad(self.at));
        }
        self.at += 1;
        Ok(next == b',')
    }

    /// Goes past a time as `2026-11-26T14:06:00.000Z`, which ends with a blank.
    pub(super) fn word_of_time(&mut self) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let ends = |byte: &u8| !byte.is_ascii_digit() && !b"-:.TZ".contains(byte);
        let length = rest.iter().position(ends).ok_or(Stop::More)?;
        let word = rest.get(..length).unwrap_or_default();
        let is_time = word.get(10) == Some(&b'T') && word.ends_with(b"Z");
        if !is_time || rest.get(length) != Some(&b' ') {
            return Err(Stop::Bad(self.at));
        }
        self.at += length + 1;
        Ok(())
    }

    /// Goes past a line.
    pub(super) fn line(&mut self) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n');
        self.at += length.ok_or(Stop::More)? + 1;
        Ok(())
    }

    fn nested(&mut self, depth: u32) -> Result<(), Stop> {
        match self.peek()? {
            b'"' => {
                self.at += 1;
                self.string()
            }
            _ if depth == 0 => Err(Stop::Bad(self.at)),
            b'{' => {
                self.at += 1;
                if self.peek()? == b'}' {
                    self.at += 1;
                    return Ok(());
                }
                loop {
                    self.name()?;
                    self.nested(depth - 1)?;
                    if !self.more(b'}')? {
                        return Ok(());
                    }
                }
            }
            b'[' => {
                self.at += 1;
                if self.peek()? == b']' {
                    self.at += 1;
                    return Ok(());
                }
                loop {
                    self.nested(depth - 1)?;
                    if !self.more(b']')? {
                        return Ok(());
                    }
                }
            }
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(Stop::Bad(self.at)),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match rest.get(..word.len()) {
            Some(found) if found == word => {
                self.at += word.len();
                Ok(())
            }
            None if word.starts_with(rest) => Err(Stop::More),
            _ => Err(Stop::Bad(self.at)),
        }
    }

    /// Goes past the rest of a string, its closing quote included.
    fn string(&mut self) -> Result<(), Stop> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let ends = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < 0x20;
            let length = rest.iter().position(ends).ok_or(Stop::More)?;
            self.at += length;
            match rest.get(length) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape(rest.get(length + 1..).unwrap_or_default())?,
                _ => return Err(Stop::Bad(self.at)),
            }
        }
    }

    fn escape(&mut self, after: &[u8]) -> Result<(), Stop> {
        match after.first() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let digits = after.get(1..5).ok_or(Stop::More)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return Err(Stop::Bad(self.at));
                }
                self.at += 6;
            }
            Some(_) => return Err(Stop::Bad(self.at)),
            None => return Err(Stop::More),
        }
        Ok(())
    }

    /// A number that ends with the bytes may go on behind them.
    fn number(&mut self) -> Result<(), Stop> {
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let whole = self.at;
        self.digits()?;
        if self.bytes.get(whole) == Some(&b'0') && self.at - whole > 1 {
            return Err(Stop::Bad(whole));
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_digit = |byte: &u8| !byte.is_ascii_digit();
        let length = rest.iter().position(is_digit).ok_or(Stop::More)?;
        if length == 0 {
            return Err(Stop::Bad(self.at));
        }
        self.at += length;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What serde_json says of a text that ends with a line break, so that no number is open.
    fn agrees(text: &str) {
        let ours = Scan::new(text.as_bytes(), 0).value();
        let theirs = serde_json::from_str::<serde::de::IgnoredAny>(text);
        let whole = ours.is_ok();
        assert_eq!(whole, theirs.is_ok(), "{text:?}: {ours:?}, {theirs:?}");
    }

    #[test]
    fn a_value_ends_where_a_json_reader_says() {
        for text in [
            "{}",
            "[]",
            "{\"a\":1}",
            "[1,2]",
            "{\"a\":{\"b\":[true,false,null]}}",
            "\"x\\\"y\"",
            "\"\\u00e4\"",
            "\"\\u00g4\"",
            "\"\\x\"",
            "{\"a\" : -1.5e+3 , \"b\":0}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":1e}",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "[1 2]",
            "{\"a\":1,}",
            "nul",
            "tru]",
            "\"a\tb\"",
            "[\"unclosed]",
            "{]",
            "[}",
        ] {
            agrees(&format!("{text}\n"));
        }
    }

    #[test]
    fn what_is_cut_anywhere_asks_for_more() {
        let text = br#"{"a":"x\"\u00e4","b":[-1.5e3,true,null],"c":{"d":{}}}"#;
        for length in 0..text.len() {
            let answer = Scan::new(&text[..length], 0).value();
            assert_eq!(answer, Err(Stop::More), "{length}");
        }
        assert_eq!(Scan::new(text, 0).value(), Ok(()));
    }

    #[test]
    fn members_are_found_with_their_values() {
        let text = br#"{ "a" : 1, "b":{"c":"}"} }"#;
        let mut members = Vec::new();
        Scan::new(text, 0).members(&mut members, |_| false).unwrap();
        let at = |range: &Range<usize>| std::str::from_utf8(&text[range.clone()]).unwrap();
        let found: Vec<_> = members
            .iter()
            .map(|member| (at(&member.name), at(&member.value)))
            .collect();
        assert_eq!(found, [("a", "1"), ("b", r#"{"c":"}"}"#)]);
    }

    #[test]
    fn nesting_ends_before_the_stack_does() {
        let deep = "[".repeat(100_000);
        assert!(matches!(
            Scan::new(deep.as_bytes(), 0).value(),
            Err(Stop::Bad(_))
        ));
    }
}
