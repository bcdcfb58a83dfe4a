//! Explained findings for programs: as in `analyze --format json`, with every link of every path with its
//! fields, and the fix where it was looked for.

use super::super::dossier::Dossier;
use super::super::json;
use super::super::text::json_document;

/// The document.
pub(super) fn render(dossier: Dossier<'_>) -> String {
    json_document(&json::explained(dossier))
}
