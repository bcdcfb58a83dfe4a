//! Findings and differences for people and programs: one file a format. Decides nothing: every status, count and
//! sentence comes from `analyze` and `diff`.

pub(crate) mod csv;
mod diff;
mod diff_json;
mod diff_markdown;
mod explain;
mod json;
mod markdown;
mod marked;
pub(crate) mod printable;
mod sections;
mod table;
pub(crate) mod text;
pub mod words;

use std::borrow::Cow;

use crate::analyze::Analysis;
use crate::diff::Diff;

pub use explain::explain;
pub use text::Style;

/// The formats of an analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal: verdicts, reasons, summary
    Table,
    /// For programs: the documented contract, with `schema_version`
    Json,
    /// One line a finding, for spreadsheets
    Csv,
    /// For a pull request or a wiki
    Markdown,
}

/// The analysis in the given format, ending with a line break.
pub fn analysis(analysis: &Analysis, format: Format, style: Style) -> String {
    let text = match format {
        Format::Table => match &analysis.framework {
            Some(framework) => sections::render(analysis, framework, style),
            None => table::render(analysis, style),
        },
        Format::Json => json::render(analysis),
        Format::Csv => csv::render(analysis),
        Format::Markdown => markdown::render(analysis),
    };
    printed(text, style)
}

/// The formats of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DiffFormat {
    /// For a terminal: posture first, then configuration
    Table,
    /// For programs: the documented contract, with `schema_version`
    Json,
    /// For a pull request
    Markdown,
}

/// The comparison in the given format, ending with a line break.
pub fn diff(diff: &Diff, format: DiffFormat, style: Style) -> String {
    let text = match format {
        DiffFormat::Table => diff::render(diff, style),
        DiffFormat::Json => diff_json::render(diff),
        DiffFormat::Markdown => diff_markdown::render(diff),
    };
    printed(text, style)
}

/// Every document passes here last; JSON has escaped its strings already.
fn printed(text: String, style: Style) -> String {
    match printable::block(&text, printable::Spelling::Text, style.colour) {
        Cow::Borrowed(_) => text,
        Cow::Owned(printed) => printed,
    }
}
