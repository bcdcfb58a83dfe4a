//! The CloudWatch Logs filter-pattern language: parse, print, match.
//!
//! [`ast`] is the syntax tree, faithful to the text. Knows nothing of SQL, AWS, files or output.

pub mod ast;
