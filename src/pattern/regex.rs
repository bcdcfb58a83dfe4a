//! The regular expressions of filter patterns (D17): AWS's subset is checked and translated, nothing else passes.
//!
//! AWS documents letters, digits, `: _ # = @ / ; , -`, the operators `^ $ ? [ ] { } | \ * + .`, the classes
//! `\d \D \s \S \w \W`, `\xhh` and `{m,n}` with either bound left out; a blank stands in one of its examples. There are
//! no groups. A value matches where the expression is found anywhere in it.

use super::ast::RegexText;
use super::cursor::Cursor;
use super::error::{ErrorKind, ParseError};
use regex_automata::Input;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures, pikevm::PikeVM};
use regex_automata::util::syntax;
use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::CharIndices;

/// The most repetitions that the bounds of an expression may ask for, all added: a limit of this tool.
const MAX_REPETITIONS: u32 = 4096;
/// Automata larger than this are searched without being built whole.
const DFA_BYTES: usize = 1 << 20;

/// Reads `%...%`.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<RegexText, ParseError> {
    let start = cursor.at();
    cursor.eat("%");
    let inner = cursor.at();
    let source = cursor.take_while(|c| c != '%').to_owned();
    if !cursor.eat("%") {
        return Err(cursor.error(start..start + 1, ErrorKind::UnclosedRegex));
    }
    if source.is_empty() {
        return Err(cursor.error_since(start, ErrorKind::EmptyRegex));
    }
    match translate(&source) {
        Ok(_) => Ok(RegexText {
            source,
            span: start..cursor.at(),
        }),
        Err(Fault { at, length, kind }) => Err(cursor.error(inner + at..inner + at + length, kind)),
    }
}

impl RegexText {
    /// The expression in the syntax of the `regex-automata` crate (Unicode on), to be searched for unanchored.
    /// None where the source was not read by [`parse`](super::parse()) and is outside AWS's subset.
    pub fn automata_syntax(&self) -> Option<String> {
        translate(&self.source).ok()
    }
}

/// A regular expression ready to search.
#[derive(Debug, Clone)]
pub(super) enum RegexSearch {
    Whole(Box<dense::DFA<Vec<u32>>>),
    Stepwise(Box<PikeVM>),
    /// Outside AWS's subset: cannot be deployed (D16), so it matches nothing.
    Nothing,
}

impl RegexSearch {
    pub(super) fn new(regex: &RegexText) -> Self {
        let Some(source) = regex.automata_syntax() else {
            return Self::Nothing;
        };
        let nfa_config = thompson::Config::new().which_captures(WhichCaptures::None);
        let dfa = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .start_kind(StartKind::Unanchored)
                    .dfa_size_limit(Some(DFA_BYTES))
                    .determinize_size_limit(Some(2 * DFA_BYTES)),
            )
            .syntax(syntax::Config::new())
            .thompson(nfa_config.clone())
            .build(&source);
        match dfa {
            Ok(dfa) => Self::Whole(Box::new(dfa)),
            Err(_) => PikeVM::builder()
                .syntax(syntax::Config::new())
                .thompson(nfa_config)
                .build(&source)
                .map_or(Self::Nothing, |vm| Self::Stepwise(Box::new(vm))),
        }
    }

    /// Whether the expression is found anywhere in `text`.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let input = Input::new(text).earliest(true);
        match self {
            // The automaton has no quit bytes, so the search cannot fail.
            Self::Whole(dfa) => matches!(dfa.try_search_fwd(&input), Ok(Some(_))),
            Self::Stepwise(vm) => vm.is_match(&mut vm.create_cache(), input),
            Self::Nothing => false,
        }
    }
}

struct Fault {
    at: usize,
    length: usize,
    kind: ErrorKind,
}

type Chars<'s> = Peekable<CharIndices<'s>>;

fn fault(at: usize, c: char, kind: ErrorKind) -> Fault {
    Fault {
        at,
        length: c.len_utf8(),
        kind,
    }
}

fn bad(at: usize, c: char, what: &'static str) -> Fault {
    fault(at, c, ErrorKind::BadRegex(what))
}

/// Checks `source` against AWS's subset and writes it in the syntax of `regex-automata`.
fn translate(source: &str) -> Result<String, Fault> {
    let mut out = String::with_capacity(source.len() * 2);
    let mut chars = source.char_indices().peekable();
    // What a quantifier at this place would repeat.
    let mut before = Before::Nothing;
    let mut repetitions: u32 = 0;
    while let Some((at, c)) = chars.next() {
        before = match c {
            '|' => {
                out.push('|');
                Before::Nothing
            }
            '^' => {
                out.push_str("\\A");
                Before::Nothing
            }
            '$' => {
                out.push_str("\\z");
                Before::Nothing
            }
            '.' => {
                out.push('.');
                Before::Atom
            }
            '[' => {
                class(&mut chars, at, &mut out)?;
                Before::Atom
            }
            '*' | '+' | '?' | '{' => {
                match before {
                    Before::Atom => {}
                    Before::Nothing => return Err(bad(at, c, "there is nothing to repeat")),
                    Before::Quantifier => {
                        return Err(bad(at, c, "a quantifier follows a quantifier"));
                    }
                }
                if c == '{' {
                    repetitions = repetitions.saturating_add(bounds(&mut chars, at, &mut out)?);
                    if repetitions > MAX_REPETITIONS {
                        return Err(bad(
                            at,
                            c,
                            "it asks for more repetitions than this tool follows",
                        ));
                    }
                } else {
                    out.push(c);
                }
                Before::Quantifier
            }
            ']' | '}' => {
                return Err(bad(
                    at,
                    c,
                    "a bracket closes nothing; write a backslash before it",
                ));
            }
            '\\' => {
                match escape(&mut chars, at)? {
                    Item::Char(literal) => push_literal(&mut out, literal),
                    Item::Class(class) => out.push_str(class),
                }
                Before::Atom
            }
            c if is_literal(c) => {
                push_literal(&mut out, c);
                Before::Atom
            }
            c => return Err(fault(at, c, ErrorKind::RegexCharacter(c))),
        };
    }
    Ok(out)
}

#[derive(Clone, Copy)]
enum Before {
    Nothing,
    Atom,
    Quantifier,
}

enum Item {
    Char(char),
    Class(&'static str),
}

fn is_literal(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, ':' | '_' | '#' | '=' | '@' | '/' | ';' | ',' | '-' | ' ')
}

fn is_operator(c: char) -> bool {
    matches!(
        c,
        '^' | '$' | '?' | '[' | ']' | '{' | '}' | '|' | '\\' | '*' | '+' | '.'
    )
}

/// Writes a literal so that no syntax can be read into it.
fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\x{{{:X}}}", u32::from(c));
    }
}

/// Reads what follows a backslash.
fn escape(chars: &mut Chars<'_>, backslash: usize) -> Result<Item, Fault> {
    let Some((at, c)) = chars.next() else {
        return Err(bad(backslash, '\\', "a backslash stands at its end"));
    };
    Ok(match c {
        // ASCII classes, in brackets so that they can stand within a class too.
        'd' => Item::Class("[0-9]"),
        'D' => Item::Class("[^0-9]"),
        's' => Item::Class("[\\x{9}-\\x{D}\\x{20}]"),
        'S' => Item::Class("[^\\x{9}-\\x{D}\\x{20}]"),
        'w' => Item::Class("[0-9A-Z_a-z]"),
        'W' => Item::Class("[^0-9A-Z_a-z]"),
        'x' => {
            let mut code = 0;
            for _ in 0..2 {
                let digit = chars.next().and_then(|(_, c)| c.to_digit(16));
                code = code * 16
                    + digit.ok_or_else(|| bad(at, c, "`\\x` needs two hexadecimal digits"))?;
            }
            Item::Char(char::from_u32(code).ok_or_else(|| bad(at, c, "`\\x` names no character"))?)
        }
        c if is_operator(c) || (is_literal(c) && !c.is_ascii_alphanumeric()) => Item::Char(c),
        c if c.is_ascii_alphanumeric() => return Err(bad(at, c, "AWS does not list this escape")),
        c => return Err(fault(at, c, ErrorKind::RegexCharacter(c))),
    })
}

/// Reads `m}`, `m,}`, `,n}` or `m,n}` after the brace; gives the largest count.
fn bounds(chars: &mut Chars<'_>, open: usize, out: &mut String) -> Result<u32, Fault> {
    let mut text = String::new();
    loop {
        match chars.next() {
            Some((_, '}')) => break,
            Some((_, c)) if c.is_ascii_digit() || c == ',' => text.push(c),
            _ => {
                return Err(bad(
                    open,
                    '{',
                    "expected `{m,n}`; write a backslash before a brace that is meant as text",
                ));
            }
        }
    }
    let number = |text: &str| {
        text.parse::<u32>()
            .ok()
            .filter(|count| *count <= MAX_REPETITIONS)
    };
    let (low, high) = match text.split_once(',') {
        Some(("", high)) => (Some(0), number(high).map(Some)),
        Some((low, "")) => (number(low), Some(None)),
        Some((low, high)) => (number(low), number(high).map(Some)),
        None => (number(&text), number(&text).map(Some)),
    };
    let (Some(low), Some(high)) = (low, high) else {
        return Err(bad(
            open,
            '{',
            "the bounds are no numbers that this tool follows",
        ));
    };
    if high.is_some_and(|high| high < low) {
        return Err(bad(open, '{', "the bounds run backwards"));
    }
    let _ = match high {
        Some(high) => write!(out, "{{{low},{high}}}"),
        None => write!(out, "{{{low},}}"),
    };
    Ok(high.unwrap_or(low))
}

/// Reads a class after its opening bracket.
fn class(chars: &mut Chars<'_>, open: usize, out: &mut String) -> Result<(), Fault> {
    out.push('[');
    if chars.next_if(|(_, c)| *c == '^').is_some() {
        out.push('^');
    }
    let mut empty = true;
    loop {
        let Some((at, c)) = chars.next() else {
            return Err(bad(open, '[', "the class is not closed"));
        };
        if c == ']' {
            if empty {
                return Err(bad(open, '[', "the class is empty"));
            }
            out.push(']');
            return Ok(());
        }
        empty = false;
        let low = match class_item(chars, at, c)? {
            Item::Class(class) => {
                out.push_str(class);
                continue;
            }
            Item::Char(low) => low,
        };
        // A `-` makes a range unless the class ends after it.
        let mut ahead = chars.clone();
        let is_range = ahead.next().is_some_and(|(_, c)| c == '-')
            && ahead.peek().is_some_and(|(_, c)| *c != ']');
        push_literal(out, low);
        if is_range {
            chars.next();
            let Some((at, c)) = chars.next() else {
                return Err(bad(open, '[', "the class is not closed"));
            };
            let Item::Char(high) = class_item(chars, at, c)? else {
                return Err(bad(at, c, "a range ends with a class"));
            };
            if high < low {
                return Err(bad(at, c, "a range runs backwards"));
            }
            out.push('-');
            push_literal(out, high);
        }
    }
}

fn class_item(chars: &mut Chars<'_>, at: usize, c: char) -> Result<Item, Fault> {
    match c {
        '\\' => escape(chars, at),
        '[' => Err(bad(
            at,
            c,
            "a class within a class; write a backslash before the bracket",
        )),
        c if is_literal(c) || is_operator(c) => Ok(Item::Char(c)),
        c => Err(fault(at, c, ErrorKind::RegexCharacter(c))),
    }
}
