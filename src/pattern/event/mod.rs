//! The event-pattern language of EventBridge rules: parse, print, match.
//!
//! A pattern is a JSON object of the event's form: names on the way down, at the end a list of which one value must fit.
//! [`EventPattern::parse`] refuses what EventBridge refuses and shows the place; [`EventPattern::matches`] runs it over
//! one whole event (the envelope with the CloudTrail record in `detail`).
//!
//! ```
//! use serde_json::json;
//! use trailproof::pattern::event::EventPattern;
//!
//! let pattern = EventPattern::parse(r#"{"detail":{"eventName":["StopLogging",{"prefix":"Delete"}]}}"#)?;
//! assert!(pattern.matches(&json!({"detail": {"eventName": "DeleteTrail"}})));
//! // A `*` is a wildcard in `wildcard` only.
//! let pattern = EventPattern::parse(r#"{"detail":{"eventName":["Delete*"]}}"#)?;
//! assert!(!pattern.matches(&json!({"detail": {"eventName": "DeleteTrail"}})));
//! # Ok::<(), trailproof::pattern::event::EventPatternError>(())
//! ```

mod envelope;
mod matcher;
mod parse;
mod print;
mod tree;

use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

pub(crate) use envelope::{
    API_CALL_TYPE, CONSOLE_SIGN_IN, SERVICE_EVENT, SERVICE_EVENT_TYPE, SOURCE_PREFIX,
    SOURCE_SUFFIX, VERSION, made_of,
};
pub use envelope::{SignIn, around, as_event};
pub use matcher::folded;

/// An event pattern: all of its parts must fit.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPattern {
    /// The parts.
    pub parts: Vec<Part>,
}

/// Fields that a pattern asks for together: the path of each, names joined by `.`, and what may fit it.
pub type Asked<'p> = Vec<(String, &'p [Rule])>;

/// One part of an object of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A field; a name with dots is the same as the nested names.
    Field(String, Below),
    /// `$or`: all parts of one of these fit.
    Or(Vec<Vec<Part>>),
}

/// What is below a field's name.
#[derive(Debug, Clone, PartialEq)]
pub enum Below {
    /// Fields of the object that it holds.
    Object(Vec<Part>),
    /// One of these fits a value.
    Rules(Vec<Rule>),
}

/// What is asked of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// This string, character by character.
    Text(String),
    /// A number of this value.
    Number(Number),
    /// This boolean.
    Bool(bool),
    /// `null`.
    Null,
    /// `prefix`: a string that begins so.
    Prefix(Cased),
    /// `suffix`: a string that ends so.
    Suffix(Cased),
    /// `equals-ignore-case`.
    IgnoreCase(String),
    /// `wildcard`: literals with any text between them, two or more where there is a `*`.
    Wildcard(Vec<String>),
    /// `anything-but`: a value that is there and fits none of these.
    AnythingBut(Vec<Rule>),
    /// `numeric`: every comparison holds.
    Numeric(Vec<(Compare, Number)>),
    /// `exists`: whether there is a value; an object or an empty list is none.
    Exists(bool),
    /// `cidr`: an address from the first to the last.
    Cidr(Network),
}

/// Text that is compared as it is, or without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cased {
    /// The text.
    pub text: String,
    /// `{"equals-ignore-case": ...}` around it.
    pub ignore_case: bool,
}

/// A number with the text that it was written as.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// As written.
    pub text: String,
    /// Its value.
    pub value: f64,
}

/// An operator of `numeric`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    /// The address before the slash.
    pub address: IpAddr,
    /// The bits that count.
    pub bits: u8,
}

/// Why a text is no event pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPatternError {
    /// The text.
    pub pattern: String,
    /// The bytes of it that are at fault.
    pub span: Range<usize>,
    /// What is wrong, in lower case without a final period.
    pub message: String,
}

impl fmt::Display for EventPatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.pattern.get(..self.span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        write!(f, "{} at line {line}, column {column}", self.message)
    }
}

impl std::error::Error for EventPatternError {}
