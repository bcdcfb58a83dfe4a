//! The answer in a line, and what it rests on: whose account, asked when and by whom, how completely, sealed how.

use std::sync::Arc;

use crate::analyze::{Analysis, Finding, Status, Summary, Why};

use super::super::dossier::Dossier;
use super::super::text::{Colour, Page, clean, count};
use super::super::{NOT_VERIFIED, words};

/// How many accounts are listed one by one.
const ACCOUNTS_LISTED: usize = 10;

/// The verdict and where it comes from.
pub(super) fn head(page: &mut Page, dossier: Dossier<'_>, tally: &Tally) {
    let analysis = dossier.analysis;
    let colour = match tally.summary {
        summary if summary.fail > summary.accepted => Colour::Red,
        summary if summary.fail + summary.unknown > summary.accepted => Colour::Yellow,
        _ => Colour::Green,
    };
    page.painted(colour, &verdict(dossier, tally));
    page.paragraph(0, "", &origin(dossier));
    if !analysis.snapshot.verified {
        let label = page.style.paint(Colour::Yellow, "note:");
        page.paragraph(0, &label, NOT_VERIFIED);
    }
    for (option, meaning) in words::premises(&analysis.premises) {
        let text = format!("{option}: {meaning}");
        let label = page.style.paint(Colour::Yellow, "assumed:");
        page.paragraph(0, &label, &text);
    }
    if !analysis.snapshot.complete {
        let warning = "the snapshot is incomplete: its collection was cut short, so nothing in it can be a pass";
        let label = page.style.paint(Colour::Yellow, "note:");
        page.paragraph(0, &label, warning);
    }
}

/// `account 444455556666 (payments): 15 of 15 controls would alert nobody`.
pub(in super::super) fn verdict(dossier: Dossier<'_>, tally: &Tally) -> String {
    let analysis = dossier.analysis;
    let (whose, judged) = whose(dossier, tally);
    let verb = if tally.unproven == 1 { "is" } else { "are" };
    let mut parts = Vec::new();
    for (number, what) in [
        (tally.silent, "would alert nobody".to_owned()),
        (tally.partly, "would miss some events".to_owned()),
        (
            tally.unrecorded,
            "would lose a record or its proof".to_owned(),
        ),
        (tally.refuted, "found at fault by a query".to_owned()),
        (tally.unproven, format!("{verb} not proven")),
    ] {
        // Of how many is said once.
        let of = match parts.is_empty() {
            true => format!(" of {judged}"),
            false => String::new(),
        };
        if number > 0 {
            parts.push(format!("{number}{of} {what}"));
        }
    }
    let all_accepted = tally.accepted > 0 && tally.accepted == tally.judged;
    if parts.is_empty() && !all_accepted {
        parts.push(holds(tally, analysis.accounts.len() == 1));
    }
    if tally.accepted > 0 {
        let accepted = match parts.is_empty() {
            true => count(tally.accepted, "control"),
            false => tally.accepted.to_string(),
        };
        parts.push(format!("{accepted} accepted by attestation"));
    }
    let supposed = words::supposed(&analysis.snapshot);
    let supposed = supposed.map_or(String::new(), |supposed| format!(", {supposed}"));
    format!("{whose}{supposed}: {}", parts.join(", "))
}

/// Whose answer it is, and of how many judged controls: `3 accounts, 15 controls each` and `45`.
fn whose(dossier: Dossier<'_>, tally: &Tally) -> (String, String) {
    let analysis = dossier.analysis;
    let several = match analysis.accounts.as_slice() {
        [one] => {
            return (named(dossier, &one.account), count(tally.judged, "control"));
        }
        several => count(several.len(), "account"),
    };
    match tally.each.as_slice() {
        [one] if *one > 0 => (
            format!("{several}, {} each", count(*one, "control")),
            tally.judged.to_string(),
        ),
        _ => (several, count(tally.judged, "control")),
    }
}

/// What is said where nothing is open.
fn holds(tally: &Tally, alone: bool) -> String {
    let all = tally.judged - tally.accepted;
    let number = match alone {
        true => count(all, "control"),
        false => all.to_string(),
    };
    let (one, many) = match (tally.recorded, tally.confirmed) {
        (0, 0) => ("the control would alert somebody", "would alert somebody"),
        (recorded, 0) if recorded == all => ("every record is kept", "keep every record"),
        (_, 0) => (
            "it holds",
            "hold: somebody is told, and every record is kept",
        ),
        _ => ("its query finds no fault", "hold"),
    };
    match (tally.judged, tally.accepted) {
        (0, _) => "no control applies".to_owned(),
        (1, 0) => one.to_owned(),
        (_, 0) => format!("all {number} {many}"),
        _ => format!("{number} {many}"),
    }
}

/// The findings by what a reader makes of them.
#[derive(Debug, Default)]
pub(in super::super) struct Tally {
    /// By their status.
    pub(super) summary: Summary,
    /// How many were judged in an account, without what repeats the account before.
    each: Vec<usize>,
    /// The accounts that do not pass.
    open: Vec<(Arc<str>, Summary)>,
    judged: usize,
    silent: usize,
    partly: usize,
    unrecorded: usize,
    recorded: usize,
    /// By a query of a control of the user's own, which asks for no event.
    refuted: usize,
    confirmed: usize,
    unproven: usize,
    accepted: usize,
}

impl Tally {
    /// Of a whole analysis.
    pub(in super::super) fn of(analysis: &Analysis) -> Self {
        let mut tally = Self::default();
        for (account, findings) in analysis.by_account() {
            tally.add(findings, &account.account.as_str().into());
        }
        tally
    }

    /// Adds the findings of an account.
    pub(super) fn add(&mut self, findings: &[Finding], account: &Arc<str>) {
        let before = self.judged;
        let mut summary = Summary::default();
        for finding in findings {
            summary.count(finding);
            let some_heard = |finding: &Finding| {
                finding
                    .names
                    .as_ref()
                    .is_some_and(|names| !names.covered.is_empty())
            };
            match finding.status {
                Status::NotApplicable => continue,
                _ if finding.accepted.is_some() => self.accepted += 1,
                Status::Fail if some_heard(finding) => self.partly += 1,
                Status::Fail if matches!(finding.why, Why::NobodyRecords { .. }) => {
                    self.unrecorded += 1;
                }
                Status::Fail if matches!(finding.why, Why::Rows { .. }) => self.refuted += 1,
                Status::Fail => self.silent += 1,
                Status::Unknown => self.unproven += 1,
                Status::Pass if matches!(finding.why, Why::Recorded { .. }) => {
                    self.recorded += 1;
                }
                Status::Pass if matches!(finding.why, Why::Rows { .. }) => self.confirmed += 1,
                Status::Pass => {}
            }
            self.judged += 1;
        }
        self.summary += summary;
        let judged = self.judged - before;
        if self.each.last() != Some(&judged) {
            self.each.push(judged);
        }
        if summary.fail + summary.unknown > summary.accepted {
            self.open.push((account.clone(), summary));
        }
    }
}

fn named(dossier: Dossier<'_>, account: &str) -> String {
    match dossier.account_name(account) {
        Some(name) => format!("account {account} ({name})"),
        None => format!("account {account}"),
    }
}

/// What was asked of whom, when, by whom, and how completely it was answered.
pub(in super::super) fn origin(dossier: Dossier<'_>) -> String {
    let (analysis, about) = (dossier.analysis, dossier.about);
    let mut text = format!(
        "{}; collected {}",
        analysis.benchmark_title,
        minute(dossier.time())
    );
    match about.callers().as_slice() {
        [] => {}
        [one] => text.push_str(&format!(" by {one}")),
        [first, others @ ..] => {
            text.push_str(&format!(" by {first} and {} more", others.len()));
        }
    }
    text.push_str(&format!(" with {}", analysis.snapshot.producer));
    let (regions, answered) = about.regions();
    if regions > 0 {
        text.push_str(&format!(
            "; {answered} of {} answered",
            count(regions, "Region")
        ));
    }
    if let Some(all) = about.organization_accounts {
        let of = count(all, "account");
        text.push_str(&format!(", {} of {of}", dossier.recorded_accounts()));
    } else if about.left_out_accounts > 0 {
        text.push_str(&format!(
            ", {}",
            count(dossier.recorded_accounts(), "account")
        ));
    }
    text.push_str(&dossier.asked_about());
    if let Some(digest) = &analysis.snapshot.root_sha256 {
        let short = words::short_digest(digest);
        text.push_str(&format!("; root digest {short}"));
    }
    text
}

/// `2026-11-21T09:10:59.222Z` as people write it.
fn minute(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => time.to_owned(),
    }
}

/// With several accounts: those that do not pass, the worst first.
pub(super) fn by_account(page: &mut Page, dossier: Dossier<'_>, tally: &Tally) {
    if dossier.analysis.accounts.len() < 2 || tally.open.is_empty() {
        return;
    }
    let mut open: Vec<&(Arc<str>, Summary)> = tally.open.iter().collect();
    open.sort_by_key(|(_, summary)| (usize::MAX - summary.fail, usize::MAX - summary.unknown));
    page.blank();
    for (account, summary) in open.iter().take(ACCOUNTS_LISTED) {
        let fail = format!("{} fail", summary.fail);
        let fail = if summary.fail > 0 {
            page.style.paint(Colour::Red, &fail)
        } else {
            fail
        };
        let rest = format!("{} unknown, {} pass", summary.unknown, summary.pass);
        let account = named(dossier, account);
        page.line(&format!("{}: {fail}, {rest}", clean(&account)));
    }
    if let Some(more) = open
        .len()
        .checked_sub(ACCOUNTS_LISTED)
        .filter(|more| *more > 0)
    {
        let all = "`--format csv` and `--format html` have every account";
        page.paragraph(
            0,
            "",
            &format!("and {} more; {all}", count(more, "account")),
        );
    }
}
