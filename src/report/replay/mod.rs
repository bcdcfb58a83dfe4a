//! A replay for people and programs. Decides nothing: every count and link comes from `replay`.

mod files;
mod json;
mod markdown;
mod sentences;
mod text;

use crate::analyze::Premises;
use crate::remedy::Plan;
use crate::replay::ReplayOutcome;

use super::{Style, printed};

pub use files::{FilesRead, none_judged};

/// The formats of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReplayFormat {
    /// For a terminal
    Text,
    /// For programs: the documented contract, with `schema_version`
    Json,
    /// For a pull request or a wiki
    Markdown,
}

/// A replay with what is known of the files that it read.
#[derive(Debug, Clone, Copy)]
pub struct ReplayDossier<'a> {
    /// What came out.
    pub outcome: &'a ReplayOutcome,
    /// What became of the files.
    pub files: &'a FilesRead,
    /// What it rests on besides the snapshot and the records.
    pub premises: &'a Premises,
    /// The fix after which `what_if` of the outcome would have been.
    pub fix: Option<&'a Plan>,
}

/// The replay in the given format, ending with a line break.
pub fn replay(dossier: ReplayDossier<'_>, format: ReplayFormat, style: Style) -> String {
    let text = match format {
        ReplayFormat::Text => text::render(dossier, style),
        ReplayFormat::Json => json::render(dossier),
        ReplayFormat::Markdown => markdown::render(dossier),
    };
    printed(text, style)
}

/// The counts of a replay in one line.
pub fn replay_summary(dossier: ReplayDossier<'_>) -> String {
    sentences::summary(dossier)
}
