//! Findings that differ between two analyses.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::{Analysis, Finding, Status};

use super::{Direction, FindingChange};

/// The findings that differ, and how many do not.
pub(super) fn changes(baseline: &Analysis, current: &Analysis) -> (Vec<FindingChange>, usize) {
    let before = by_control(baseline);
    let after = by_control(current);
    let keys: BTreeSet<(&str, usize, &str)> = before.keys().chain(after.keys()).copied().collect();
    let mut changes = Vec::new();
    let mut unchanged = 0;
    for key in keys {
        let (left, right) = (before.get(&key).copied(), after.get(&key).copied());
        if let (Some(left), Some(right)) = (left, right)
            && same(left, right)
        {
            unchanged += 1;
            continue;
        }
        changes.push(FindingChange {
            account: key.0.to_owned(),
            control: key.2.to_owned(),
            benchmark_id: right
                .or(left)
                .and_then(|finding| finding.benchmark_id.clone()),
            before: left.cloned(),
            after: right.cloned(),
            direction: direction(left, right),
        });
    }
    (changes, unchanged)
}

/// Account, position in the benchmark, control. Both analyses are of one benchmark, so a control has one position.
fn by_control(analysis: &Analysis) -> BTreeMap<(&str, usize, &str), &Finding> {
    let mut order: Vec<&str> = Vec::new();
    for finding in &analysis.findings {
        if !order.contains(&finding.control.as_str()) {
            order.push(&finding.control);
        }
    }
    let position = |control: &str| {
        order
            .iter()
            .position(|known| *known == control)
            .unwrap_or(order.len())
    };
    analysis
        .findings
        .iter()
        .map(|finding| {
            (
                (
                    finding.account.as_str(),
                    position(&finding.control),
                    finding.control.as_str(),
                ),
                finding,
            )
        })
        .collect()
}

fn same(left: &Finding, right: &Finding) -> bool {
    let audit_steps = |finding: &Finding| {
        finding
            .audit_steps
            .as_ref()
            .map(|audit_steps| audit_steps.answer)
    };
    left.status == right.status
        && left.broken_link == right.broken_link
        && audit_steps(left) == audit_steps(right)
}

/// An account that one side lacks has nothing to be told about there; that it vanished is told as presence. What failed and is
/// not known any more is not better: neither a permission that was taken away nor an account that is not looked at repairs
/// anything.
fn direction(left: Option<&Finding>, right: Option<&Finding>) -> Direction {
    let status = |finding: Option<&Finding>| finding.map(|finding| finding.status);
    if let (Some(_), None) | (Some(Status::Fail), Some(Status::Unknown)) =
        (status(left), status(right))
    {
        return Direction::Same;
    }
    let rank = |finding: Option<&Finding>| match finding.map(|finding| finding.status) {
        None | Some(Status::Pass | Status::NotApplicable) => 0,
        Some(Status::Unknown) => 1,
        Some(Status::Fail) => 2,
    };
    match rank(right).cmp(&rank(left)) {
        std::cmp::Ordering::Less => Direction::Better,
        std::cmp::Ordering::Equal => Direction::Same,
        std::cmp::Ordering::Greater => Direction::Worse,
    }
}
