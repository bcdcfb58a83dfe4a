//! The CloudWatch Logs filter-pattern language: parse, print, match.
//!
//! Text is read by [`parse()`] into a [`Pattern`] (the syntax tree of [`ast`], faithful to the text), which prints back
//! through `Display` and is evaluated by a [`Matcher`] under a [`Semantics`]. Where AWS documents nothing, the code
//! follows the numbered decisions of docs/filter-patterns.md and cites them.
//!
//! Knows nothing of SQL, AWS, files or output.
//!
//! ```
//! use trailproof::pattern::{Semantics, matches, parse};
//!
//! let pattern = parse(r#"{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed*") }"#)?;
//! let event = r#"{"eventName":"ConsoleLogin","errorMessage":"Failed authentication"}"#;
//! assert!(matches(&pattern, event, &Semantics::default()));
//! // D1: a condition on a field that is missing is false, `!=` too.
//! let pattern = parse(r#"{ $.errorMessage != "x" }"#)?;
//! assert!(!matches(&pattern, r#"{"eventName":"ConsoleLogin"}"#, &Semantics::default()));
//! # Ok::<(), trailproof::pattern::ParseError>(())
//! ```

pub mod ast;
mod cursor;
mod error;
pub mod event;
mod fields;
mod glob;
mod json;
mod matcher;
mod parse;
mod print;
mod project;
mod regex;
mod semantics;
mod terms;
mod value;

pub use ast::Pattern;
pub use error::{ErrorKind, ParseError};
pub use glob::Glob;
pub use json::MAX_NESTING;
pub use matcher::{Matcher, matches};
pub use parse::{MAX_CHARS, MAX_REGEXES, MAX_WILDCARD_SELECTORS, parse, parse_for_creation};
pub use semantics::{Booleans, Quantifier, Semantics, Star};
