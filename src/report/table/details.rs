//! `--details`: a row a control, then reason and lost event of everything that does not pass.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Padding, Style as Borders};

use crate::analyze::{AccountSummary, Finding, Status};

use super::super::dossier::Dossier;
use super::super::text::{
    Colour, Page, Style, audit_steps_word, clean, count, cut, status_word, witness_line, wrap,
};
use super::super::words;

/// Where the last column would be narrower than this, what does not fit is left out.
const LEAST_ROOM: usize = 20;

/// How many accounts are shown whole before those without anything open are left out.
const DETAILED_ACCOUNTS: usize = 20;

/// The accounts one by one; with `failing`, without what passes.
pub(super) fn write(page: &mut Page, dossier: Dossier<'_>, failing: bool) {
    let analysis = dossier.analysis;
    for (account, findings) in analysis.by_account() {
        let findings: Vec<&Finding> = findings
            .iter()
            .filter(|finding| !failing || finding.is_open())
            .collect();
        let is_quiet = !findings.iter().any(|finding| finding.is_open());
        if findings.is_empty() || is_quiet && analysis.accounts.len() > DETAILED_ACCOUNTS {
            continue;
        }
        one_account(page, account, &findings);
    }
}

fn one_account(page: &mut Page, account: &AccountSummary, findings: &[&Finding]) {
    page.heading(&format!(
        "account {} ({}, {})",
        account.account,
        count(account.trails, "trail"),
        count(account.paths, "path"),
    ));
    let table = lay_out(verdicts(findings, page.style));
    page.table(&table);
    for finding in findings.iter().filter(|finding| finding.is_open()) {
        details(page, finding);
    }
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
        let room = style.width.saturating_sub(taken);
        row.push(match room {
            LEAST_ROOM.. => wrap(&decides(finding), room).join("\n"),
            _ => cut(&decides(finding), room),
        });
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

fn lay_out(table: Builder) -> String {
    let mut table = table.build();
    table.with(Borders::empty()).with(Padding::new(0, 2, 0, 0));
    table.modify(Columns::last(), Padding::zero());
    table.to_string()
}

/// What stands in the last column: the id and title of the link, or the filters.
fn decides(finding: &Finding) -> String {
    match (finding.status, finding.broken_link) {
        (Status::Fail | Status::Unknown, Some(id)) => format!("{id} {}", id.title()),
        _ => words::reason(finding),
    }
}

fn details(page: &mut Page, finding: &Finding) {
    let link = finding
        .broken_link
        .map(|id| format!(" [{id}]"))
        .unwrap_or_default();
    page.blank();
    let status = page.style.status(finding.status);
    page.line(&format!("{status} {}{link}", super::causes::short(finding)));
    page.paragraph(2, "", &words::reason(finding));
    if let Some(witness) = &finding.witness {
        page.paragraph(2, "lost:", &witness_line(witness, &finding.marks));
    }
    if let Some(accepted) = &finding.accepted {
        page.paragraph(2, "", &words::accepted(accepted));
    }
}
