//! The findings of an analysis by section of a framework, for people: a score a section, then why what fails does.

use tabled::builder::Builder;
use tabled::settings::{Modify, Style as Lines, Width, object::Columns};

use crate::analyze::{Analysis, Finding, FrameworkScore, SectionScore, Status};

use super::text::{Style, WIDTH, clean, count, paragraph, push_line};
use super::words;

/// The document, ending with a line break.
pub(super) fn render(analysis: &Analysis, framework: &FrameworkScore, style: Style) -> String {
    let mut out = String::new();
    push_line(&mut out, &format!("{} ({})", framework.title, framework.id));
    let accounts = count(analysis.accounts.len(), "account");
    let judged = format!("judged by {} in {accounts}", analysis.benchmark_title);
    paragraph(&mut out, 0, "", &judged);
    out.push('\n');
    out.push_str(&table(analysis, framework));
    let open: Vec<&Finding> = analysis
        .findings
        .iter()
        .filter(|finding| matches!(finding.status, Status::Fail | Status::Unknown))
        .collect();
    if !open.is_empty() {
        out.push('\n');
    }
    for finding in open {
        let whose = match analysis.accounts.len() {
            1 => String::new(),
            _ => format!(" in {}", finding.account),
        };
        let accepted = match &finding.accepted {
            Some(attestation) => format!(" (accepted by {})", clean(&attestation.by)),
            None => String::new(),
        };
        let label = format!(
            "{} {}{whose}{accepted}:",
            style.status(finding.status),
            name(finding)
        );
        paragraph(&mut out, 0, &label, &words::reason(finding));
    }
    out.push('\n');
    let sources = format!(
        "`trailproof frameworks show {}` says who maps these sections.",
        framework.id
    );
    paragraph(&mut out, 0, "", &sources);
    out
}

fn table(analysis: &Analysis, framework: &FrameworkScore) -> String {
    let mut table = Builder::default();
    table.push_record(["section", "score", "passes", "what does not pass"]);
    for section in &framework.sections {
        let title = section.section.as_deref().unwrap_or("no section named");
        table.push_record([
            clean(title),
            score(section),
            passes(section),
            failing(section, analysis),
        ]);
    }
    let mut table = table.build();
    table
        .with(Lines::blank())
        .with(Modify::new(Columns::first()).with(Width::wrap(WIDTH / 4).keep_words(true)))
        .with(Modify::new(Columns::last()).with(Width::wrap(WIDTH / 2).keep_words(true)));
    let mut text = String::new();
    for line in table.to_string().lines() {
        push_line(&mut text, line.trim_end());
    }
    text
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
