//! What is shown of many findings, gathered account by account: none of them is held, and memory does not grow with them but by
//! what is printed.

use std::sync::Arc;

use crate::analyze::{AccountSummary, Finding};

use super::super::dossier::Dossier;
use super::super::text::{Page, short_names};
use super::super::{View, blind_spots, words};
use super::calls::Calls;
use super::causes::{Causes, Places, short};
use super::verdict::Tally;
use super::{WAYS, details, is_denied, way};

/// What the screen, and a comment, say of the accounts that were added.
#[derive(Debug)]
pub(in super::super) struct Digest {
    pub(in super::super) view: View,
    pub(in super::super) tally: Tally,
    pub(in super::super) causes: Causes,
    pub(super) calls: Calls,
    /// Where a checklist would say something else: of each way.
    pub(super) differences: [Difference; WAYS.len()],
    /// What is open and a checklist would not notice.
    pub(in super::super) unnoticed: Places,
    /// Whether something is open that nobody accepted, and whether all of that waits for a call that was denied.
    pub(super) is_open: bool,
    pub(super) only_denied: bool,
    /// The accounts one by one, where they are asked for.
    pub(super) details: Option<Page>,
    pub(super) blind_spots: Page,
}

/// Findings of which a checklist would say the same other thing.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) places: Places,
    /// With details: control, and what the audit steps found.
    pub(super) steps: Vec<(String, String)>,
}

impl Digest {
    /// Of no account yet.
    pub(in super::super) fn new(view: View) -> Self {
        Self {
            view,
            tally: Tally::default(),
            causes: Causes::default(),
            calls: Calls::new(view.gaps),
            differences: <[Difference; WAYS.len()]>::default(),
            unnoticed: Places::default(),
            is_open: false,
            only_denied: true,
            details: view.details.then(|| Page::new(view.style)),
            blind_spots: Page::new(view.style),
        }
    }

    /// Of a whole analysis.
    pub(in super::super) fn of(dossier: Dossier<'_>, view: View) -> Self {
        let mut digest = Self::new(view);
        for (account, findings) in dossier.analysis.by_account() {
            digest.add(dossier, account, findings);
        }
        digest
    }

    /// Adds an account; they come in ascending order.
    pub(in super::super) fn add(
        &mut self,
        dossier: Dossier<'_>,
        account: &AccountSummary,
        findings: &[Finding],
    ) {
        let name: Arc<str> = account.account.as_str().into();
        self.tally.add(findings, &name);
        self.calls.add(account, findings, &name);
        for finding in findings {
            let control = dossier.analysis.control(finding);
            self.causes.add(finding, control, &name);
            self.difference(finding, &name);
            if finding.is_open() && finding.accepted.is_none() {
                self.is_open = true;
                self.only_denied &= is_denied(finding);
            }
        }
        if let Some(page) = &mut self.details {
            let accounts = dossier.analysis.accounts.len();
            details::write(page, account, findings, self.view.failing, accounts);
        }
        if self.view.blind_spots {
            blind_spots::text(&mut self.blind_spots, &account.account, findings);
        }
    }

    fn difference(&mut self, finding: &Finding, account: &Arc<str>) {
        if finding.disagrees() && finding.is_open() {
            self.unnoticed.add(finding, account);
        }
        let Some(of) = way(finding).and_then(|at| self.differences.get_mut(at)) else {
            return;
        };
        of.places.add(finding, account);
        if self.view.details {
            let told = finding.audit_steps.as_ref().map(words::audit_steps::told);
            let told = short_names(&told.unwrap_or_default());
            of.steps.push((format!("{}:", short(finding)), told));
        }
    }
}
