//! One query that answers the questions of a plan over a table of records, where the records lie on many machines.
//!
//! `algebra` says what is asked of a field, and `lower` and `rule` spell out the semantics of the pattern languages in it: what a
//! missing field, a null, a number and a boolean are to each operator. A dialect says each of its few forms in its own words, or refuses by
//! name what it cannot say to the letter. Where the engine may have rewritten a number so that its text is lost, the record
//! is not guessed at: it counts as doubtful.
//!
//! The query groups records that are alike in all that a [`Tally`](super::tally::Tally) tells apart; [`super::counts`] reads
//! what it gives.

mod algebra;
mod duckdb;
mod lower;
mod query;
mod rule;
mod spark;

pub(super) use query::fingerprint;
pub use query::{COLUMNS, query};

/// A dialect of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Dialect {
    /// DuckDB: a laptop, files as they lie
    Duckdb,
    /// Spark: EMR, Athena for Spark, Databricks
    Spark,
}

/// What a dialect cannot say to the letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A pattern over the raw message.
    #[error(
        "the pattern `{0}` looks at the text of a record, which a table does not keep as CloudTrail wrote it"
    )]
    RawMessage(String),
    /// A block of IPv6 addresses in an event pattern.
    #[error(
        "the event pattern of an EventBridge rule asks for the addresses `{0}`, and no dialect reads IPv6 addresses; \
         `--paths alarm` leaves rules out"
    )]
    Addresses(String),
    /// A field of an event pattern that is no list of names.
    #[error(
        "the event pattern of an EventBridge rule asks for the field `{0}`, which no dialect has exact words for; \
         `--paths alarm` leaves rules out"
    )]
    Field(String),
    /// A selector of a form that the dialect has no exact words for.
    #[error("{dialect} has no exact words for the selector `{selector}`")]
    Selector {
        /// The dialect.
        dialect: &'static str,
        /// The selector.
        selector: String,
    },
    /// A form of texts that is no pattern of AWS's.
    #[error("no dialect is known to read `{0}` to the letter")]
    Form(String),
    /// A regular expression of a form that the dialect reads otherwise.
    #[error("{dialect} reads the regular expression `{source_text}` otherwise")]
    Regex {
        /// The dialect.
        dialect: &'static str,
        /// In the syntax of the translation.
        source_text: String,
    },
}
