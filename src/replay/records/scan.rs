//! Finds where a JSON value ends, without building it, and where the members of an object lie.
//!
//! Works on the bytes that are there: a value that goes on behind them is [`Stop::More`], and is scanned again once more
//! bytes are read. Everything is checked that makes a text JSON but the encoding of its characters, which the caller
//! checks of a whole record at once.

use std::ops::Range;

use super::alike::Alike;
use super::passed::Passed;

/// Deeper than any CloudTrail record; what serde_json follows.
const MAX_DEPTH: u32 = 127;

/// Why a scan ended before the value did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The bytes end first.
    More,
    /// At this byte the text is no JSON.
    Bad(usize),
    /// It is nested deeper than is followed.
    Deep,
}

/// A member of an object: its name without quotes, and its value, as byte ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// See [`sign`].
    pub(super) sign: u64,
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

/// The members of the object that was read last.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) all: Vec<Member>,
    alike: Alike,
}

/// A number that two different names seldom share, so that most names are told apart without being read.
pub(super) fn sign(name: &[u8]) -> u64 {
    let start = name.first_chunk::<8>().copied().unwrap_or_else(|| {
        let mut start = [0; 8];
        start
            .iter_mut()
            .zip(name)
            .for_each(|(to, from)| *to = *from);
        start
    });
    u64::from_le_bytes(start) ^ ((name.len() as u64) << 56)
}

/// A text under the cursor.
#[derive(Debug, Clone)]
pub(super) struct Scan<'b> {
    bytes: &'b [u8],
    pub(super) at: usize,
    /// What was passed that is seldom there.
    pub(super) passed: Passed,
}

impl<'b> Scan<'b> {
    pub(super) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            passed: Passed::default(),
        }
    }

    /// A part of the text.
    pub(super) fn text(&self, range: Range<usize>) -> Option<&'b [u8]> {
        self.bytes.get(range)
    }

    /// The next byte that is no blank.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8, Stop> {
        match self.bytes.get(self.at) {
            Some(byte) if *byte > b' ' => Ok(*byte),
            _ => self.past_blanks(),
        }
    }

    fn past_blanks(&mut self) -> Result<u8, Stop> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => {
                    self.passed.blanks = true;
                    self.at += 1;
                }
                Some(byte) => return Ok(*byte),
                None => return Err(Stop::More),
            }
        }
    }

    /// Goes past a byte that has to come next.
    #[inline]
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

    /// Goes past an object and notes where its members lie. Where a member is an array and `opens` says so of its name and
    /// the members before it, the scan ends behind the opening bracket, and the answer is true.
    pub(super) fn members(
        &mut self,
        members: &mut Members,
        opens: impl Fn(&[u8], &[Member]) -> bool,
    ) -> Result<bool, Stop> {
        let Members { all, alike } = members;
        all.clear();
        if !self.open_object()? {
            return Ok(false);
        }
        loop {
            let name = self.name()?;
            let text = self.bytes.get(name.clone()).unwrap_or_default();
            let first = self.peek()?;
            if first == b'[' && opens(text, all) {
                self.at += 1;
                return Ok(true);
            }
            let (sign, start) = (sign(text), self.at);
            match first {
                b'{' => self.object(sign, alike)?,
                _ => self.nested(MAX_DEPTH - 1)?,
            }
            all.push(Member {
                sign,
                name,
                value: start..self.at,
            });
            if !self.more(b'}')? {
                return Ok(false);
            }
        }
    }

    /// Goes past an object that is the value of a member with this sign.
    fn object(&mut self, sign: u64, alike: &mut Alike) -> Result<(), Stop> {
        let start = self.at;
        if let Some((length, passed)) = alike.find(sign, self.rest()) {
            self.at += length;
            self.passed.add(passed);
            return Ok(());
        }
        let before = std::mem::take(&mut self.passed);
        let end = self.nested(MAX_DEPTH - 1);
        if end.is_ok() {
            let text = self.bytes.get(start..self.at).unwrap_or_default();
            alike.keep(sign, text, self.passed);
        }
        self.passed.add(before);
        end
    }

    fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Goes past an opening brace; false where the object ends at once.
    pub(super) fn open_object(&mut self) -> Result<bool, Stop> {
        self.expect(b'{')?;
        let empty = self.peek()? == b'}';
        self.at += usize::from(empty);
        Ok(!empty)
    }

    /// Goes past the name of a member and its colon.
    #[inline]
    pub(super) fn name(&mut self) -> Result<Range<usize>, Stop> {
        self.expect(b'"')?;
        let start = self.at;
        self.string()?;
        let name = start..self.at - 1;
        self.expect(b':')?;
        Ok(name)
    }

    /// After a part of an array or an object: whether another one follows.
    #[inline]
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
        let rest = self.rest();
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
        let rest = self.rest();
        let length = rest.iter().position(|byte| *byte == b'\n');
        self.at += length.ok_or(Stop::More)? + 1;
        Ok(())
    }

    /// Goes past a value with no more than `depth` arrays and objects in each other.
    fn nested(&mut self, depth: u32) -> Result<(), Stop> {
        // What is open, the innermost in the lowest bit: set for an object.
        let (mut objects, mut open) = (0_u128, 0);
        loop {
            let first = self.peek()?;
            match first {
                b'"' => {
                    self.at += 1;
                    self.string()?;
                }
                b'{' | b'[' => {
                    if open == depth {
                        return Err(Stop::Deep);
                    }
                    self.at += 1;
                    let object = first == b'{';
                    let next = self.peek()?;
                    if next != if object { b'}' } else { b']' } {
                        objects = (objects << 1) | u128::from(object);
                        open += 1;
                        if object {
                            self.name()?;
                        }
                        continue;
                    }
                    self.at += 1;
                }
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                b'-' | b'0'..=b'9' => self.number()?,
                _ => return Err(Stop::Bad(self.at)),
            }
            loop {
                if open == 0 {
                    return Ok(());
                }
                let object = objects & 1 == 1;
                if self.more(if object { b'}' } else { b']' })? {
                    if object {
                        self.name()?;
                    }
                    break;
                }
                objects >>= 1;
                open -= 1;
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Stop> {
        let rest = self.rest();
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
    #[inline]
    fn string(&mut self) -> Result<(), Stop> {
        loop {
            let rest = self.rest();
            let length = plain(rest).ok_or(Stop::More)?;
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
        self.passed.escapes = true;
        match after.first() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let digits = after.get(1..5).ok_or(Stop::More)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return Err(Stop::Bad(self.at));
                }
                self.passed.halves |=
                    matches!(digits, [b'd' | b'D', eighth, ..] if *eighth >= b'8');
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
        let rest = self.rest();
        let is_digit = |byte: &u8| !byte.is_ascii_digit();
        let length = rest.iter().position(is_digit).ok_or(Stop::More)?;
        if length == 0 {
            return Err(Stop::Bad(self.at));
        }
        self.at += length;
        Ok(())
    }
}

/// How many bytes of a string lie before the first quote, backslash or control character; eight at a time.
#[inline]
fn plain(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The lowest high bit that is set is that of the first byte that is less than `limit`, no more than 128.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (index, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let found = quote | backslash | below(word, 0x20);
        if found != 0 {
            return Some(index * 8 + (found.trailing_zeros() / 8) as usize);
        }
    }
    let ends = |byte: &u8| matches!(*byte, b'"' | b'\\' | 0..0x20);
    let length = rest.iter().position(ends)?;
    Some(chunks.len() * 8 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What serde_json says of a text that ends with a line break, so that no number is open.
    fn agrees(text: &str) {
        let ours = Scan::new(text.as_bytes(), 0).value();
        let theirs = serde_json::from_str::<serde_json::Value>(text);
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
        let mut members = Members::default();
        Scan::new(text, 0)
            .members(&mut members, |_, _| false)
            .unwrap();
        let at = |range: &Range<usize>| std::str::from_utf8(&text[range.clone()]).unwrap();
        let found: Vec<_> = members
            .all
            .iter()
            .map(|member| (at(&member.name), at(&member.value)))
            .collect();
        assert_eq!(found, [("a", "1"), ("b", r#"{"c":"}"}"#)]);
    }

    #[test]
    fn a_string_ends_wherever_its_end_lies_within_eight_bytes() {
        for end in ['"', '\\', '\t', '\0', '\u{1f}'] {
            for length in 0..40 {
                // Bytes above 127 and those next to the ends are neither.
                let plain_text: String = "a\u{e4}!#[] \u{7f}\u{ff}"
                    .chars()
                    .cycle()
                    .take(length)
                    .collect();
                let text = format!("{plain_text}{end}\"\\ and more");
                assert_eq!(plain(text.as_bytes()), Some(plain_text.len()), "{text:?}");
            }
        }
        assert_eq!(plain(&[b'x'; 100]), None);
    }

    #[test]
    fn as_many_arrays_in_each_other_are_followed_as_a_json_reader_follows() {
        for depth in [1, 126, 127, 128, 129] {
            agrees(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
            agrees(&format!(
                "{}1{}",
                "{\"a\":".repeat(depth),
                "}".repeat(depth)
            ));
        }
    }

    #[test]
    fn nesting_ends_before_the_stack_does() {
        let deep = "[".repeat(100_000);
        assert_eq!(Scan::new(deep.as_bytes(), 0).value(), Err(Stop::Deep));
    }
}
