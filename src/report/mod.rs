//! Findings and differences for people and programs: one file a format. Decides nothing: every status, count and
//! sentence comes from `analyze` and `diff`.

mod asff;
mod blind_spots;
pub(crate) mod columns;
mod comment;
pub(crate) mod csv;
mod diff;
mod diff_json;
mod diff_markdown;
mod dossier;
mod explain;
pub mod fix;
mod flow;
mod hdf;
mod html;
mod json;
mod junit;
mod markdown;
mod marked;
mod ocsf;
mod oscal;
pub(crate) mod printable;
mod repair;
mod replay;
mod sarif;
mod sections;
mod table;
pub(crate) mod text;
pub mod words;

use std::borrow::Cow;

use crate::analyze::{Analysis, Summary};
use crate::diff::Diff;

pub use dossier::{About, AboutAccount, Dossier, EvidenceRow, cited, file_reference};
pub use explain::{ExplainFormat, explain, failures};
pub use flow::{Flow, Portion};
pub use replay::{FilesRead, ReplayDossier, ReplayFormat, none_judged, replay, replay_summary};
use table::Digest;
pub use text::Style;

/// What every output says of a snapshot that was not checked when it was opened.
pub const NOT_VERIFIED: &str =
    "the snapshot was not verified: nothing shows that its facts are what AWS answered";

/// The formats of an analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal: verdicts, reasons, summary
    Table,
    /// For programs: the documented contract, with `schema_version`
    Json,
    /// One line a finding, for spreadsheets
    Csv,
    /// For a wiki: every control in Markdown
    Markdown,
    /// For a comment in a pull request: the verdict, and a row a cause of what does not pass
    Comment,
    /// For AWS Security Hub: ASFF, in files of 100 findings
    Asff,
    /// For Heimdall: the Heimdall Data Format
    Hdf,
    /// One page to file and to print, self-contained
    Html,
    /// For build servers: JUnit XML, a case a control
    Junit,
    /// For data lakes: OCSF 1.5.0 Compliance Findings
    Ocsf,
    /// For governance tools: OSCAL assessment results
    Oscal,
    /// For code scanning: SARIF 2.1.0, what is open alone
    Sarif,
}

/// How much of an analysis is shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct View {
    /// Colour and width.
    pub style: Style,
    /// The verdict alone.
    pub quiet: bool,
    /// Without what passes; where that would make another document of it, as in OSCAL, it is not asked for.
    pub failing: bool,
    /// Each control, with reasons and witnesses.
    pub details: bool,
    /// Each call without an answer.
    pub gaps: bool,
    /// What would break the proof of what passes.
    pub blind_spots: bool,
}

impl Format {
    /// Whether the format shows the evidence rows that findings cite.
    pub fn shows_evidence(self) -> bool {
        matches!(self, Self::Html | Self::Oscal)
    }

    /// Whether a reader sees in it that changes are only supposed: who reads the others takes them for what is.
    pub fn can_suppose(self) -> bool {
        matches!(
            self,
            Self::Table | Self::Json | Self::Markdown | Self::Comment | Self::Html
        )
    }

    /// Whether it shows the calls that nobody would hear of.
    pub fn can_show_blind_spots(self) -> bool {
        matches!(self, Self::Table | Self::Json | Self::Html)
    }

    /// Whether it groups findings by section of a framework.
    pub fn can_group(self) -> bool {
        matches!(self, Self::Table | Self::Json | Self::Markdown | Self::Html)
    }

    /// Whether the format can leave out what passes.
    pub fn can_leave_out(self) -> bool {
        matches!(
            self,
            Self::Table | Self::Json | Self::Csv | Self::Markdown | Self::Comment | Self::Sarif
        )
    }
}

/// The analysis in the given format, ending with a line break.
pub fn analysis(dossier: Dossier<'_>, format: Format, view: View) -> String {
    let text = match format {
        Format::Table => table::render(dossier, &Digest::of(dossier, view)),
        Format::Json => json::render(dossier, view.failing),
        Format::Csv => csv::render(dossier, view.failing),
        Format::Markdown => markdown::render(dossier, view.failing),
        Format::Comment => comment::render(dossier, &Digest::of(dossier, view)),
        Format::Asff => asff::render(dossier),
        Format::Hdf => hdf::render(dossier),
        Format::Html => html::render(dossier),
        Format::Junit => junit::render(dossier),
        Format::Ocsf => ocsf::render(dossier),
        Format::Oscal => oscal::render(dossier),
        Format::Sarif => sarif::render(dossier),
    };
    printed(text, view.style)
}

/// The analysis as the files of one format: one, but for ASFF, of which Security Hub takes 100 findings a call.
pub fn files(dossier: Dossier<'_>, format: Format, view: View) -> Vec<String> {
    match format {
        Format::Asff => asff::batches(dossier),
        other => vec![analysis(dossier, other, view)],
    }
}

/// The formats of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DiffFormat {
    /// For a terminal: posture first, then configuration
    Table,
    /// For programs: the documented contract, with `schema_version`
    Json,
    /// For a wiki: posture and configuration
    Markdown,
    /// For a comment in a pull request: what got worse, and how much got better
    Comment,
    /// One page to file and to print, self-contained
    Html,
}

/// The comparison in the given format, ending with a line break.
pub fn diff(diff: &Diff, format: DiffFormat, style: Style) -> String {
    let text = match format {
        DiffFormat::Table => diff::render(diff, style),
        DiffFormat::Json => diff_json::render(diff),
        DiffFormat::Markdown => diff_markdown::render(diff),
        DiffFormat::Comment => comment::compared(diff),
        DiffFormat::Html => html::compared(diff),
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

/// The answer in one line: `account 444455556666: 15 of 15 controls would alert nobody`.
pub fn verdict(dossier: Dossier<'_>) -> String {
    let tally = table::verdict::Tally::of(dossier.analysis);
    table::verdict::verdict(dossier, &tally)
}

/// The counts of an analysis in one line: `3 pass, 12 fail, 0 unknown (cis-aws-7.0)`.
pub fn summary_line(analysis: &Analysis) -> String {
    counts_line(analysis, &analysis.summary())
}

/// The same of findings that were counted as they came.
pub fn counts_line(analysis: &Analysis, summary: &Summary) -> String {
    let mut line = format!(
        "{} pass, {} fail, {} unknown",
        summary.pass, summary.fail, summary.unknown
    );
    if summary.not_applicable > 0 {
        line.push_str(&format!(", {} not applicable", summary.not_applicable));
    }
    if summary.accepted > 0 {
        line.push_str(&format!(", {} accepted", summary.accepted));
    }
    if summary.attestations_refused > 0 {
        let refused = text::count(summary.attestations_refused, "attestation");
        line.push_str(&format!(", {refused} refused"));
    }
    line.push_str(&format!(" ({})", analysis.benchmark));
    if !analysis.snapshot.complete {
        line.push_str("; the snapshot is incomplete");
    }
    line
}

/// The counts of a comparison in one line.
pub fn diff_summary(compared: &Diff) -> String {
    diff::summary(compared)
}
