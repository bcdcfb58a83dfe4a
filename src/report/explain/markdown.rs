//! Explained findings for a ticket.

use super::super::dossier::{Dossier, Item};
use super::super::marked::{refused, sentence};
use super::super::text::{Page, Style, audit_steps_word, short_names, status_word, witness_line};
use super::super::{NOT_VERIFIED, words};

/// The document; with `full`, with the chain link by link and the witness whole.
pub(super) fn render(dossier: Dossier<'_>, full: bool) -> String {
    let mut out = String::new();
    if !dossier.analysis.snapshot.verified {
        out.push_str(&format!("**{NOT_VERIFIED}**\n\n"));
    }
    for (index, item) in dossier.items().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        one(&mut out, dossier, &item);
        if full {
            let mut page = Page::new(Style::default());
            super::chain::write(&mut page, item.finding);
            let lines: Vec<String> = page.finish().lines().map(str::to_owned).collect();
            fenced(&mut out, "text", &lines);
        }
    }
    refused(&mut out, &dossier.analysis.refused);
    out
}

fn one(out: &mut String, dossier: Dossier<'_>, item: &Item<'_>) {
    let finding = item.finding;
    out.push_str(&format!(
        "## {}: {}\n\n{}, account {}, severity {}.\n\n",
        status_word(finding.status),
        sentence(&item.numbered()),
        sentence(&finding.title),
        sentence(&finding.account),
        finding.severity,
    ));
    let mut line = |label: &str, text: &str| {
        out.push_str(&format!("- **{label}**: {}\n", sentence(text)));
    };
    line("Why", &words::reason(finding));
    if let Some(link) = super::deciding_link(item) {
        line("Link", &link);
    }
    for (index, repair) in dossier.repairs(item).iter().enumerate() {
        line(if index == 0 { "Fix" } else { "Then" }, &repair.text);
    }
    if let Some(witness) = &finding.witness {
        line("Lost event", &witness_line(witness, &finding.marks));
    }
    if let Some(path) = finding.paths.first() {
        line("Chain", &super::line(item, path));
    }
    if let Some(steps) = &finding.audit_steps {
        let word = audit_steps_word(steps.answer);
        line(
            "Audit steps",
            &format!("{word}; {}", short_names(&words::audit_steps::told(steps))),
        );
    }
    if let Some(accepted) = &finding.accepted {
        line("Attested", &words::accepted(accepted));
    }
    for note in &finding.notes {
        line("Note", &words::note(note));
    }
    if !item.finding.evidence.is_empty() {
        line("Evidence rows", &super::listed(&item.finding.evidence));
    }
    if let Some(digest) = &dossier.analysis.snapshot.root_sha256 {
        line("Snapshot", &format!("root digest {digest}"));
    }
    if let Some(fix) = dossier.fix(item) {
        let label = match fix.commands.is_empty() {
            true => "Tried",
            false => "Fix",
        };
        for told in &fix.told {
            line(label, told.trim());
        }
        if !fix.commands.is_empty() {
            line("Paste", &dossier.about.pasted(finding));
        }
        fenced(out, "sh", &fix.commands);
    }
}

/// Lines in a fence that none of them can close.
fn fenced(out: &mut String, language: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let longest = |line: &String| {
        let runs = line.split(|c| c != '`').map(str::len);
        runs.max().unwrap_or_default()
    };
    let ticks = lines.iter().map(longest).max().unwrap_or_default();
    let fence = "`".repeat(ticks.max(2) + 1);
    out.push_str(&format!("\n{fence}{language}\n"));
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
    out.push_str(&format!("{fence}\n"));
}
