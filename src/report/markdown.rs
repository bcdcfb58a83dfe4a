//! The analysis for a pull request or a wiki: GitHub-flavoured Markdown.

use crate::analyze::{Analysis, Finding, Status};

use super::NOT_VERIFIED;
use super::dossier::Dossier;
use super::marked::{cell, premises, refused, sentence};
use super::sections;
use super::table::calls::Calls;
use super::table::causes::short;
use super::table::verdict::{Tally, origin, verdict};
use super::table::{DIFFERENCES, differences};
use super::text::{audit_steps_word, short_names, status_word, witness_line};
use super::words;

/// The analysis as Markdown; with `failing`, without what passes.
pub(super) fn render(dossier: Dossier<'_>, failing: bool) -> String {
    let analysis = dossier.analysis;
    let summary = analysis.summary();
    let mut out = format!("# {}\n\n", sentence(&analysis.benchmark_title));
    out.push_str(&format!(
        "**{}**\n\n",
        sentence(&verdict(dossier, &Tally::of(analysis)))
    ));
    out.push_str(&format!(
        "{} pass, {} fail, {} unknown, {} not applicable",
        summary.pass, summary.fail, summary.unknown, summary.not_applicable
    ));
    if summary.accepted > 0 {
        out.push_str(&format!(", {} accepted by attestation", summary.accepted));
    }
    out.push_str(".\n");
    out.push_str(&format!("\n{}\n", sentence(&origin(dossier))));
    if !analysis.snapshot.verified {
        out.push_str(&format!("\n**{NOT_VERIFIED}**\n"));
    }
    premises(&mut out, &analysis.premises);
    if !analysis.snapshot.complete {
        out.push_str("\n**The snapshot is incomplete: its collection was cut short.**\n");
    }
    refused(&mut out, &analysis.refused);
    by_section(&mut out, analysis);
    for (account, findings) in analysis.by_account() {
        let name = dossier.account_name(&account.account);
        let name = name.map_or(String::new(), |name| format!(" ({name})"));
        let title = format!("Account {}{name}", account.account);
        out.push_str(&format!("\n## {}\n\n", sentence(&title)));
        out.push_str(
            "| no. | control | status | audit steps | link | why |\n|---|---|---|---|---|---|\n",
        );
        for finding in findings.iter().filter(|it| !failing || it.is_open()) {
            row(&mut out, finding);
        }
    }
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out.push_str(&format!("\n## {title}\n\n"));
        }
        for line in lines {
            out.push_str(&line);
        }
    };
    let calls = Calls::of(analysis);
    let known = calls.worth_knowing(analysis);
    let known = known.iter().map(|(label, text)| match label.as_str() {
        "-" => format!("- {}\n", sentence(text)),
        label => format!("- {label}: {}\n", sentence(text)),
    });
    list("Worth knowing", known.collect());
    let missing = calls.not_answered();
    let missing = missing
        .iter()
        .map(|it| format!("- {}\n", sentence(&it.text)));
    list("Not answered", missing.collect());
    list(DIFFERENCES, differ(analysis));
    out
}

/// A score a section, where findings are grouped by the sections of a framework.
fn by_section(out: &mut String, analysis: &Analysis) {
    let Some(framework) = &analysis.framework else {
        return;
    };
    out.push_str(&format!("\n## {}\n\n", sentence(&framework.title)));
    let columns = sections::COLUMNS;
    out.push_str(&format!("| {} |\n|---|---|---|---|\n", columns.join(" | ")));
    for [section, score, passes, failing] in sections::rows(analysis, framework) {
        let (section, failing) = (cell(&section), cell(&failing));
        out.push_str(&format!("| {section} | {score} | {passes} | {failing} |\n"));
    }
    for said in sections::below(framework) {
        out.push_str(&format!("\n{}\n", sentence(&said)));
    }
}

/// Where audit steps and proof say different things, and what the steps found. What the proof says stands above.
fn differ(analysis: &Analysis) -> Vec<String> {
    let mut lines = Vec::new();
    for (told, findings) in differences(analysis) {
        lines.push(format!("- {told}\n"));
        for finding in findings {
            let place = match analysis.accounts.len() {
                1 => String::new(),
                _ => format!(" in {}", finding.account),
            };
            let steps = finding.audit_steps.as_ref().map(words::audit_steps::told);
            lines.push(format!(
                "  - {}{}: {}\n",
                sentence(&short(finding)),
                sentence(&place),
                sentence(&short_names(&steps.unwrap_or_default())),
            ));
        }
    }
    lines
}

fn row(out: &mut String, finding: &Finding) {
    let status = match (&finding.accepted, finding.status) {
        (Some(_), status) => format!("{} (accepted)", status_word(status)),
        (None, Status::Fail) => "**fail**".to_owned(),
        (None, status) => status_word(status).to_owned(),
    };
    let mut why = cell(&words::reason(finding));
    if let Some(accepted) = &finding.accepted {
        why.push_str(&format!("<br>{}", cell(&words::accepted(accepted))));
    }
    if let Some(witness) = &finding.witness {
        let line = witness_line(witness, &finding.marks);
        why.push_str(&format!("<br>lost: {}", cell(&line)));
    }
    out.push_str(&format!(
        "| {} | {} | {status} | {} | {} | {why} |\n",
        cell(finding.benchmark_id.as_deref().unwrap_or_default()),
        cell(&format!("`{}`", finding.control)),
        finding
            .audit_steps
            .as_ref()
            .map_or("", |audit_steps| audit_steps_word(audit_steps.answer)),
        finding.broken_link.map_or("", |id| id.code()),
    ));
}
