//! The analysis for a terminal, readable at 80 columns: a row a control, then the reason of everything that is not a
//! pass, then the findings whose audit steps say something else than the proof, then the summary.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Padding, Style as Borders};

use crate::analyze::{AccountSummary, Analysis, Finding, Remark, Status};
use crate::chain::verdict::LinkId;

use super::text::{
    Colour, Style, WIDTH, audit_steps_word, clean, count, cut, paragraph, push_line, short_names,
    status_word, witness_line,
};
use super::{NOT_VERIFIED, blind_spots, words};

/// How many accounts are shown row by row before only their counts are.
const DETAILED_ACCOUNTS: usize = 20;
/// How many gaps of one account are listed.
const GAPS_LISTED: usize = 8;

/// The analysis as text.
pub(super) fn render(analysis: &Analysis, style: Style) -> String {
    let mut out = String::new();
    head(&mut out, analysis, style);
    if analysis.accounts.len() > 1 {
        overview(&mut out, analysis, style);
    }
    for account in &analysis.accounts {
        let findings: Vec<&Finding> = analysis
            .findings
            .iter()
            .filter(|finding| finding.account == account.account)
            .collect();
        if analysis.accounts.len() > DETAILED_ACCOUNTS
            && !findings.iter().any(|finding| open(finding))
        {
            continue;
        }
        one_account(&mut out, account, &findings, style);
    }
    blind_spots::text(&mut out, analysis, style);
    differences(&mut out, analysis, style);
    attestations(&mut out, analysis, style);
    closing(&mut out, analysis, style);
    out
}

fn head(out: &mut String, analysis: &Analysis, style: Style) {
    push_line(out, &style.paint(Colour::Bold, &analysis.benchmark_title));
    let when = analysis
        .snapshot
        .finished_at
        .as_ref()
        .unwrap_or(&analysis.snapshot.started_at);
    let mut line = format!("snapshot of {when}, by {}", analysis.snapshot.producer);
    if let Some(digest) = &analysis.snapshot.facts_sha256 {
        line.push_str(&format!(
            ", facts {}",
            digest.chars().take(12).collect::<String>()
        ));
    }
    paragraph(out, 0, "", &line);
    if !analysis.snapshot.verified {
        paragraph(out, 0, &style.paint(Colour::Yellow, "note:"), NOT_VERIFIED);
    }
    for assumption in &analysis.assumed {
        let text = format!(
            "--assume {}: {}",
            assumption.word(),
            words::assumed(*assumption)
        );
        paragraph(out, 0, &style.paint(Colour::Yellow, "assumed:"), &text);
    }
    if !analysis.snapshot.complete {
        let warning = "the snapshot is incomplete: its collection was cut short, so nothing in it can be a pass";
        paragraph(out, 0, &style.paint(Colour::Yellow, "note:"), warning);
    }
}

fn overview(out: &mut String, analysis: &Analysis, style: Style) {
    let mut table = Builder::new();
    table.push_record(["account", "pass", "fail", "unknown", "n/a", "accepted"]);
    for account in &analysis.accounts {
        let mut summary = crate::analyze::Summary::default();
        for finding in analysis
            .findings
            .iter()
            .filter(|finding| finding.account == account.account)
        {
            summary.count(finding);
        }
        table.push_record([
            clean(&account.account),
            summary.pass.to_string(),
            paint_count(style, Colour::Red, summary.fail),
            paint_count(style, Colour::Yellow, summary.unknown),
            summary.not_applicable.to_string(),
            summary.accepted.to_string(),
        ]);
    }
    out.push('\n');
    out.push_str(&lay_out(table));
}

fn paint_count(style: Style, colour: Colour, number: usize) -> String {
    if number == 0 {
        "0".to_owned()
    } else {
        style.paint(colour, &number.to_string())
    }
}

fn one_account(out: &mut String, account: &AccountSummary, findings: &[&Finding], style: Style) {
    out.push('\n');
    push_line(
        out,
        &format!(
            "{} ({}, {})",
            style.paint(Colour::Bold, &format!("account {}", account.account)),
            count(account.trails, "trail"),
            count(account.paths, "path"),
        ),
    );
    out.push_str(&lay_out(verdicts(findings, style)));
    for finding in findings.iter().filter(|finding| open(finding)) {
        details(out, finding, style);
    }
    remarks(out, account, findings);
}

/// A row a control; the last column takes what the others leave of the width.
fn verdicts(findings: &[&Finding], style: Style) -> Builder {
    let with_audit_steps = findings.iter().any(|finding| finding.audit_steps.is_some());
    let mut header = vec!["no.", "control", "status"];
    if with_audit_steps {
        header.push("audit steps");
    }
    let rows: Vec<Vec<String>> = findings
        .iter()
        .map(|finding| plain_cells(finding, with_audit_steps))
        .collect();
    let taken: usize = header
        .iter()
        .enumerate()
        .map(|(column, title)| {
            let cells = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count());
            cells.chain([title.len()]).max().unwrap_or(0) + 2
        })
        .sum();
    header.push("what decides");
    let mut table = Builder::new();
    table.push_record(header);
    for (finding, mut row) in findings.iter().zip(rows) {
        if let Some(status) = row.get_mut(2) {
            *status = match finding.accepted {
                Some(_) => style.paint(Colour::Dim, status),
                None => style.status(finding.status),
            };
        }
        row.push(cut(&decides(finding), WIDTH.saturating_sub(taken)));
        table.push_record(row);
    }
    table
}

fn plain_cells(finding: &Finding, with_audit_steps: bool) -> Vec<String> {
    let status = if finding.accepted.is_some() {
        "accepted"
    } else {
        status_word(finding.status)
    };
    let mut row = vec![
        clean(finding.benchmark_id.as_deref().unwrap_or_default()),
        clean(&finding.control),
        status.to_owned(),
    ];
    if with_audit_steps {
        row.push(
            finding
                .audit_steps
                .as_ref()
                .map_or("", |audit_steps| audit_steps_word(audit_steps.answer))
                .to_owned(),
        );
    }
    row
}

/// What is worth knowing of the account: each remark once, with the controls it concerns.
fn remarks(out: &mut String, account: &AccountSummary, findings: &[&Finding]) {
    let notes = gathered(findings);
    if !notes.is_empty() || !account.other_monitoring.is_empty() || !account.gaps.is_empty() {
        out.push('\n');
    }
    for note in notes {
        let of = if note.controls.len() == findings.len() && findings.len() > 1 {
            "all controls".to_owned()
        } else {
            note.controls.join(", ")
        };
        let link = note.link.map(|id| format!("{id}, ")).unwrap_or_default();
        let subject = match note.subjects.as_slice() {
            [] => String::new(),
            [one] => format!("{one}: "),
            [first, others @ ..] => format!("{first} and {} more: ", others.len()),
        };
        let text = format!("({link}{of}): {subject}{}", words::remark(note.about));
        paragraph(out, 0, "note", &text);
    }
    for note in &account.other_monitoring {
        let link = note.link.map(|id| format!("({id}) ")).unwrap_or_default();
        paragraph(
            out,
            0,
            "other monitoring seen:",
            &format!("{link}{}", words::note(note)),
        );
    }
    for gap in account.gaps.iter().take(GAPS_LISTED) {
        paragraph(out, 0, "not collected:", &words::gap(gap));
    }
    if account.gaps.len() > GAPS_LISTED {
        push_line(
            out,
            &format!(
                "and {} more",
                count(account.gaps.len() - GAPS_LISTED, "gap")
            ),
        );
    }
}

/// One remark, with every resource and control that it is made about.
struct Gathered<'f> {
    link: Option<LinkId>,
    about: &'f Remark,
    subjects: Vec<String>,
    controls: Vec<&'f str>,
}

fn gathered<'f>(findings: &[&'f Finding]) -> Vec<Gathered<'f>> {
    let mut gathered: Vec<Gathered<'f>> = Vec::new();
    for finding in findings {
        let control = finding.benchmark_id.as_deref().unwrap_or(&finding.control);
        for note in &finding.notes {
            let known = gathered
                .iter()
                .position(|other| other.link == note.link && *other.about == note.about);
            let index = known.unwrap_or_else(|| {
                gathered.push(Gathered {
                    link: note.link,
                    about: &note.about,
                    subjects: Vec::new(),
                    controls: Vec::new(),
                });
                gathered.len() - 1
            });
            let Some(one) = gathered.get_mut(index) else {
                continue;
            };
            if let Some(subject) = note.subject.as_ref().map(words::subject)
                && !one.subjects.contains(&subject)
            {
                one.subjects.push(subject);
            }
            if !one.controls.contains(&control) {
                one.controls.push(control);
            }
        }
    }
    gathered
}

fn lay_out(table: Builder) -> String {
    let mut table = table.build();
    table.with(Borders::empty()).with(Padding::new(0, 2, 0, 0));
    table.modify(Columns::last(), Padding::zero());
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// What stands in the last column: the id and title of the link, or the filters.
fn decides(finding: &Finding) -> String {
    match (finding.status, finding.broken_link) {
        (Status::Fail | Status::Unknown, Some(id)) => format!("{id} {}", id.title()),
        _ => words::reason(finding),
    }
}

/// Neither a pass nor settled otherwise.
fn open(finding: &Finding) -> bool {
    matches!(finding.status, Status::Fail | Status::Unknown)
}

fn details(out: &mut String, finding: &Finding, style: Style) {
    let number = finding
        .benchmark_id
        .as_deref()
        .map(|id| format!("{id} "))
        .unwrap_or_default();
    let link = finding
        .broken_link
        .map(|id| format!(" [{id}]"))
        .unwrap_or_default();
    out.push('\n');
    push_line(
        out,
        &format!(
            "{} {number}{}{link}",
            style.status(finding.status),
            finding.control
        ),
    );
    paragraph(out, 2, "", &words::reason(finding));
    if let Some(witness) = &finding.witness {
        paragraph(out, 2, "witness:", &witness_line(witness, &finding.marks));
    }
    if let Some(accepted) = &finding.accepted {
        let text = format!(
            "by {} until {}: {} (evidence: {})",
            accepted.by, accepted.expires, accepted.reason, accepted.evidence
        );
        paragraph(out, 2, "accepted", &text);
    }
}

fn differences(out: &mut String, analysis: &Analysis, style: Style) {
    let differ: Vec<&Finding> = analysis.disagreements().collect();
    if differ.is_empty() {
        return;
    }
    out.push('\n');
    push_line(
        out,
        &style.paint(
            Colour::Bold,
            "Where the benchmark's audit steps and the proof disagree",
        ),
    );
    for finding in differ {
        let Some(audit_steps) = &finding.audit_steps else {
            continue;
        };
        let number = finding
            .benchmark_id
            .as_deref()
            .map(|id| format!("{id} "))
            .unwrap_or_default();
        let account = if analysis.accounts.len() > 1 {
            format!(" in {}", finding.account)
        } else {
            String::new()
        };
        push_line(out, &format!("  {number}{}{account}", finding.control));
        paragraph(
            out,
            4,
            &format!("audit steps {}:", audit_steps_word(audit_steps.answer)),
            &short_names(&audit_steps.told()),
        );
        paragraph(
            out,
            4,
            &format!("proof says {}:", status_word(finding.status)),
            &words::reason(finding),
        );
    }
}

fn attestations(out: &mut String, analysis: &Analysis, style: Style) {
    if analysis.refused.is_empty() {
        return;
    }
    out.push('\n');
    push_line(out, &style.paint(Colour::Bold, "Attestations refused"));
    for refused in &analysis.refused {
        let label = format!(
            "{} in {}:",
            refused.attestation.control, refused.attestation.account
        );
        paragraph(out, 2, &label, &refused.why);
    }
}

fn closing(out: &mut String, analysis: &Analysis, style: Style) {
    let summary = analysis.summary();
    let mut parts = vec![
        style.paint(Colour::Green, &format!("{} pass", summary.pass)),
        if summary.fail > 0 {
            style.paint(Colour::Red, &format!("{} fail", summary.fail))
        } else {
            "0 fail".to_owned()
        },
        if summary.unknown > 0 {
            style.paint(Colour::Yellow, &format!("{} unknown", summary.unknown))
        } else {
            "0 unknown".to_owned()
        },
    ];
    if summary.not_applicable > 0 {
        parts.push(format!("{} not applicable", summary.not_applicable));
    }
    out.push('\n');
    push_line(out, &parts.join(", "));
    if summary.accepted > 0 {
        push_line(
            out,
            &format!(
                "{} accepted by attestation",
                count(summary.accepted, "finding")
            ),
        );
    }
    if summary.disagreements > 0 {
        push_line(
            out,
            &format!(
                "{} where audit steps and proof differ",
                count(summary.disagreements, "finding")
            ),
        );
    }
}
