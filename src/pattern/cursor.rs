//! A position in a pattern text, shared by the parsers of the kinds.

use super::ast::{Span, Warning};
use super::error::{ErrorKind, ParseError};

/// A place in the text and what has been remarked so far. Offsets are those of the whole, untrimmed text.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    warnings: Vec<Warning>,
}

impl<'t> Cursor<'t> {
    /// Reads the part of `text` in `range`.
    pub(super) fn new(text: &'t str, range: Span) -> Self {
        Self {
            text,
            at: range.start,
            end: range.end,
            warnings: Vec::new(),
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The text still to be read.
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    pub(super) fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.end
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Steps over `token` where it comes next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Steps over characters while `wanted` holds and returns them.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    pub(super) fn skip_blanks(&mut self) {
        self.take_while(is_blank);
    }

    /// An error about the text from `start` to here.
    pub(super) fn error_since(&self, start: usize, kind: ErrorKind) -> ParseError {
        self.error(start..self.at, kind)
    }

    /// An error about the next character, or the end of the text.
    pub(super) fn error_here(&self, kind: ErrorKind) -> ParseError {
        let length = self.peek().map_or(0, char::len_utf8);
        self.error(self.at..self.at + length, kind)
    }

    pub(super) fn error(&self, span: Span, kind: ErrorKind) -> ParseError {
        ParseError {
            pattern: self.text.to_owned(),
            kind,
            span,
        }
    }

    pub(super) fn warn(&mut self, span: Span, decision: &'static str, message: impl Into<String>) {
        self.warnings.push(Warning {
            span,
            message: message.into(),
            decision,
        });
    }

    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }
}

/// What separates words: ASCII blanks, line breaks included (published patterns are wrapped).
pub(super) fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace()
}

/// Characters that cannot be told from a blank or from nothing by eye; text copied from PDF files holds them.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}' | '\u{2060}' | '\u{3000}' | '\u{feff}')
}
