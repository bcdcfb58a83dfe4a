//! The findings of an analysis by section of a framework: a score a section, the same in a table, in Markdown and on the page.

use crate::analyze::{Analysis, FrameworkScore, NotJudged, SectionScore, Status};

use super::columns::{List, Long};
use super::text::{Page, clean, some};

/// The table for a terminal, and what stands below it.
pub(super) fn write(page: &mut Page, analysis: &Analysis) {
    let Some(framework) = &analysis.framework else {
        return;
    };
    page.heading(&format!("{} ({})", framework.title, framework.id));
    let mut list = List::new(&COLUMNS);
    for row in rows(analysis, framework) {
        list.push(row.iter().map(|cell| clean(cell)).collect());
    }
    page.table(&list.lay_out(page.style.width, Long::Wrapped));
    for sentence in below(framework) {
        page.paragraph(0, "", &sentence);
    }
}

/// What stands above the columns of [`rows`].
pub(super) const COLUMNS: [&str; 4] = ["section", "score", "passes", "what does not pass"];

/// A row a section, in the order of the framework, as plain text.
pub(super) fn rows(analysis: &Analysis, framework: &FrameworkScore) -> Vec<[String; 4]> {
    let sections = framework.sections.iter();
    let row = |section: &SectionScore| {
        let title = section.section.as_deref().unwrap_or("no section named");
        [
            title.to_owned(),
            score(section),
            passes(section),
            failing(section, analysis),
        ]
    };
    sections.map(row).collect()
}

/// What is said below the rows: which of its controls were not judged, and who maps the sections.
pub(super) fn below(framework: &FrameworkScore) -> Vec<String> {
    let mut sentences = Vec::new();
    let not_judged: Vec<String> = framework.not_judged.iter().map(unjudged).collect();
    if !not_judged.is_empty() {
        sentences.push(format!(
            "Mapped to it and not judged here: {}.",
            some(&not_judged)
        ));
    }
    sentences.push(format!(
        "`trailproof frameworks show {}` says who maps these sections.",
        framework.id
    ));
    sentences
}

fn unjudged(of: &NotJudged) -> String {
    match of.sections.as_slice() {
        [] => format!("`{}`", of.control),
        sections => format!("`{}` ({})", of.control, sections.join(", ")),
    }
}

fn score(section: &SectionScore) -> String {
    match section.percent() {
        Some(percent) => format!("{percent}%"),
        None => "-".to_owned(),
    }
}

fn passes(section: &SectionScore) -> String {
    format!("{} of {}", section.summary.pass, section.judged())
}

/// Each control that does not pass somewhere, with its worst status.
fn failing(section: &SectionScore, analysis: &Analysis) -> String {
    let mut names: Vec<(Status, String)> = Vec::new();
    for finding in section.failing(&analysis.findings) {
        let name = finding.control.clone();
        match names.iter_mut().find(|(_, known)| *known == name) {
            Some((status, _)) => *status = finding.status.max(*status),
            None => names.push((finding.status, name)),
        }
    }
    let words: Vec<String> = names
        .into_iter()
        .map(|(status, name)| match status {
            Status::Unknown => format!("{name} (unknown)"),
            _ => name,
        })
        .collect();
    words.join(", ")
}
