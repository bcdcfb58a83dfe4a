//! What to change for a finding: the one place that `explain` and every report take it from.
//!
//! The repair of the link that decides comes first, then those of what else is broken on the same path, so that one repair
//! is not followed by the next surprise. Where evidence alone is missing, nothing is known to be broken there: what to do is
//! to collect it. Where no link decides, what the control asks for is the answer.

use crate::analyze::{ControlSummary, Finding, Status, Why};
use crate::chain::verdict::{LinkId, Verdict};

use super::text::flat;
use super::words;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repair {
    /// The link that it repairs; none for what the control asks for as a whole.
    pub(super) link: Option<LinkId>,
    /// What to do, as one clause.
    pub(super) text: String,
}

/// Whether something in the account is to be changed: where evidence alone is missing it has to be collected.
pub(super) fn by_change(finding: &Finding) -> bool {
    match &finding.why {
        Why::CutShort(_) => false,
        Why::EvidenceMissing { links, .. } => words::to_collect(links).is_none(),
        _ => true,
    }
}

/// What to do, in order; nothing where nothing is wrong.
pub(super) fn repairs(finding: &Finding, control: Option<&ControlSummary>) -> Vec<Repair> {
    if !matches!(finding.status, Status::Fail | Status::Unknown) {
        return Vec::new();
    }
    let path = finding.paths.first();
    let broken = path
        .into_iter()
        .flat_map(|path| &path.links)
        .filter(|link| link.verdict == Verdict::Broken)
        .map(|link| link.id);
    let mut repairs: Vec<Repair> = Vec::new();
    if let Why::EvidenceMissing { links, .. } = &finding.why
        && let Some(text) = words::to_collect(links)
    {
        repairs.push(Repair {
            link: finding.broken_link,
            text,
        });
    }
    for id in finding.broken_link.into_iter().chain(broken) {
        let is_known = repairs.iter().any(|repair| repair.link == Some(id));
        if let Some(text) = id.failure().repair.filter(|_| !is_known) {
            repairs.push(Repair {
                link: Some(id),
                text: text.to_owned(),
            });
        }
    }
    if let Why::CutShort(_) = finding.why {
        repairs.push(Repair {
            link: None,
            text: words::RESUME.to_owned(),
        });
    }
    if repairs.is_empty()
        && let Some(control) = control
    {
        repairs.push(Repair {
            link: None,
            text: flat(&control.remediation),
        });
    }
    repairs
}
