//! `--details`: a row a control, then reason and lost event of everything that does not pass.

use crate::analyze::{AccountSummary, Finding, Status};

use super::super::columns::{List, Long};
use super::super::text::{Colour, Page, Style, audit_steps_word, clean, count, witness_line};
use super::super::words;

/// How many accounts are shown whole before those without anything open are left out.
const DETAILED_ACCOUNTS: usize = 20;

/// An account, of so many; with `failing`, without what passes.
pub(super) fn write(
    page: &mut Page,
    account: &AccountSummary,
    findings: &[Finding],
    failing: bool,
    accounts: usize,
) {
    let findings: Vec<&Finding> = findings
        .iter()
        .filter(|finding| !failing || finding.is_open())
        .collect();
    let is_quiet = !findings.iter().any(|finding| finding.is_open());
    if findings.is_empty() || is_quiet && accounts > DETAILED_ACCOUNTS {
        return;
    }
    one_account(page, account, &findings);
}

fn one_account(page: &mut Page, account: &AccountSummary, findings: &[&Finding]) {
    page.heading(&format!(
        "account {} ({}, {})",
        account.account,
        count(account.trails, "trail"),
        count(account.paths, "path"),
    ));
    let table = verdicts(findings, page.style);
    page.table(&table);
    for finding in findings.iter().filter(|finding| finding.is_open()) {
        details(page, finding);
    }
}

/// A row a control.
fn verdicts(findings: &[&Finding], style: Style) -> String {
    let with_audit_steps = findings.iter().any(|finding| finding.audit_steps.is_some());
    let mut list = match with_audit_steps {
        true => List::new(&["no.", "control", "status", "audit steps", "what decides"]),
        false => List::new(&["no.", "control", "status", "what decides"]),
    };
    for finding in findings {
        let status = match finding.accepted {
            Some(_) => style.paint(Colour::Dim, "accepted"),
            None => style.status(finding.status),
        };
        let mut row = vec![
            clean(finding.benchmark_id.as_deref().unwrap_or_default()),
            clean(&finding.control),
            status,
        ];
        if with_audit_steps {
            let steps = finding.audit_steps.as_ref();
            row.push(
                steps
                    .map_or("", |steps| audit_steps_word(steps.answer))
                    .to_owned(),
            );
        }
        row.push(decides(finding));
        list.push(row);
    }
    list.lay_out(style.width, Long::Wrapped)
}

/// What stands in the last column: the id of the link with which events it drops or its title, or the filters.
fn decides(finding: &Finding) -> String {
    let names = finding.names.as_ref().and_then(words::names_briefly);
    match (finding.status, finding.broken_link, names) {
        (Status::Fail, Some(id), Some(names)) => format!("{id} {names}"),
        (Status::Fail | Status::Unknown, Some(_), _) => words::link(finding).unwrap_or_default(),
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
