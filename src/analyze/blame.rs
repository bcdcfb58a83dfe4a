//! Which link drops an event: every path is followed until something stops the event. A path whose metric filter
//! matches the event was made for it; among those, the path that carries it farthest is the one that a person would
//! repair.

use serde_json::Value;

use crate::chain::verdict::{LinkId, Verdict};
use crate::chain::{AccountChain, Path};

use super::holds;
use super::judge::words;
use super::requirement::Requirement;

/// Where an event stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stop {
    /// The link that stops it.
    pub(super) id: LinkId,
    /// The resource.
    pub(super) subject: String,
    /// Why, in one sentence.
    pub(super) reason: String,
    /// The path, by position; none where no path exists.
    pub(super) path: Option<usize>,
}

/// The stop on the path whose filter matches the event and that carries it farthest; among equals the one whose filter
/// looks most like the requirement, then the first.
pub(super) fn blame(chain: &AccountChain, requirement: &Requirement<'_>, event: &Value) -> Stop {
    let mut best: Option<(Stop, (bool, LinkId, usize))> = None;
    for (index, path) in chain.paths.iter().enumerate() {
        let likeness = likeness(path, requirement);
        let Some(stop) = stop(path, index, likeness, event) else {
            continue;
        };
        let rank = (made_for(path, event), stop.id, likeness);
        if best.as_ref().is_none_or(|(_, known)| rank > *known) {
            best = Some((stop, rank));
        }
    }
    match best {
        Some((stop, _)) => stop,
        None => Stop {
            id: LinkId::T01,
            subject: chain.account.clone(),
            reason: "no trail records the management events of this account".to_owned(),
            path: None,
        },
    }
}

/// Whether the path has a metric filter, and its pattern matches the event.
fn made_for(path: &Path, event: &Value) -> bool {
    path.conditions
        .iter()
        .find(|condition| condition.id == LinkId::F01)
        .is_some_and(|condition| holds(&condition.events, event))
}

/// What stops the event on one path; none where it arrives, or where only missing evidence stands in its way.
fn stop(path: &Path, index: usize, likeness: usize, event: &Value) -> Option<Stop> {
    let condition = path
        .conditions
        .iter()
        .find(|condition| !holds(&condition.events, event))
        .map(|condition| {
            let reason = match (condition.id, path.link(condition.id)) {
                (LinkId::F01, _) if likeness > 0 => "its pattern does not match it".to_owned(),
                (LinkId::F01, _) => "no metric filter matches it".to_owned(),
                (_, Some(link)) => link.reason.clone(),
                (id, None) => id.title().to_owned(),
            };
            let subject = if condition.id == LinkId::F01 && likeness == 0 {
                String::new()
            } else {
                condition.subject.clone()
            };
            Stop {
                id: condition.id,
                subject,
                reason,
                path: Some(index),
            }
        });
    let broken = path
        .links
        .iter()
        .find(|link| link.verdict == Verdict::Broken)
        .map(|link| Stop {
            id: link.id,
            subject: link.subject.clone(),
            reason: link.reason.clone(),
            path: Some(index),
        });
    match (condition, broken) {
        // An event that the filter drops says nothing about a link behind it.
        (Some(condition), Some(broken)) if condition.id <= broken.id => Some(condition),
        (_, Some(broken)) => Some(broken),
        (condition, None) => condition,
    }
}

/// How many of the requirement's literal texts the path's filter has.
pub(super) fn likeness(path: &Path, requirement: &Requirement<'_>) -> usize {
    path.conditions
        .iter()
        .find(|condition| condition.id == LinkId::F01)
        .map_or(0, |condition| {
            words(&condition.events)
                .intersection(&requirement.words)
                .count()
        })
}
