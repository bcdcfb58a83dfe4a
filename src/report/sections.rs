//! The findings of an analysis by section of a framework, for people: a score a section, then why what fails does.

use crate::analyze::{Analysis, Finding, FrameworkScore, SectionScore, Status};

use super::columns::{List, Long};
use super::dossier::Dossier;
use super::table::verdict;
use super::text::{Page, Style, clean};
use super::words;

/// The document, ending with a line break.
pub(super) fn render(dossier: Dossier<'_>, framework: &FrameworkScore, style: Style) -> String {
    let analysis = dossier.analysis;
    let mut page = Page::new(style);
    verdict::head(&mut page, dossier);
    page.heading(&format!("{} ({})", framework.title, framework.id));
    page.table(&table(analysis, framework, style));
    let open = analysis.findings.iter().filter(|finding| finding.is_open());
    for (index, finding) in open.enumerate() {
        if index == 0 {
            page.blank();
        }
        let whose = match analysis.accounts.len() {
            1 => String::new(),
            _ => format!(" in {}", finding.account),
        };
        let accepted = match &finding.accepted {
            Some(attestation) => format!(" ({})", words::accepted(attestation)),
            None => String::new(),
        };
        let status = page.style.status(finding.status);
        let label = format!("{status} {}{whose}:", name(finding));
        let reason = words::reason(finding);
        page.paragraph(0, &label, &format!("{reason}{accepted}"));
    }
    page.blank();
    let sources = format!(
        "`trailproof frameworks show {}` says who maps these sections.",
        framework.id
    );
    page.paragraph(0, "", &sources);
    page.finish()
}

fn table(analysis: &Analysis, framework: &FrameworkScore, style: Style) -> String {
    let mut list = List::new(&["section", "score", "passes", "what does not pass"]);
    for section in &framework.sections {
        let title = section.section.as_deref().unwrap_or("no section named");
        list.push(vec![
            clean(title),
            score(section),
            passes(section),
            failing(section, analysis),
        ]);
    }
    list.lay_out(style.width, Long::Wrapped)
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
        let name = name(finding);
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

fn name(finding: &Finding) -> String {
    clean(&finding.control)
}
