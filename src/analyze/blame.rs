//! Which link drops an event: every path is followed until something stops the event. A path whose metric filter
//! matches the event was made for it; among those, the path that carries it farthest is the one that a person would
//! repair.

use serde_json::Value;

use crate::chain::cause::{MetricFilterCause, TrailCause};
use crate::chain::verdict::{LinkId, Station, Subject, Verdict};
use crate::chain::{AccountChain, Condition, Path};

use super::finding::Stop;
use super::holds;
use super::judge::words;
use super::requirement::Requirement;

/// Where an event stops, and on which path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blamed {
    pub(super) stop: Stop,
    /// The path, by position; none where no path exists.
    pub(super) path: Option<usize>,
}

/// The stop on the path whose filter matches the event and that carries it farthest; among equals the one whose filter
/// looks most like the requirement, then the first.
pub(super) fn blame(chain: &AccountChain, requirement: &Requirement<'_>, event: &Value) -> Blamed {
    let mut best: Option<(Blamed, (bool, Station, LinkId, usize))> = None;
    for (index, path) in chain.paths.iter().enumerate() {
        let likeness = likeness(path, requirement);
        let Some(stop) = stop(path, likeness, event) else {
            continue;
        };
        let rank = (made_for(path, event), stop.id.station(), stop.id, likeness);
        if best.as_ref().is_none_or(|(_, known)| rank > *known) {
            let path = Some(index);
            best = Some((Blamed { stop, path }, rank));
        }
    }
    match best {
        Some((blamed, _)) => blamed,
        None => Blamed {
            stop: Stop {
                id: LinkId::T01,
                subject: Some(Subject::account(&chain.account)),
                cause: TrailCause::NoTrailRecords.into(),
            },
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
fn stop(path: &Path, likeness: usize, event: &Value) -> Option<Stop> {
    let condition = path
        .conditions
        .iter()
        .find(|condition| !holds(&condition.events, event));
    let broken = path
        .links
        .iter()
        .find(|link| link.verdict == Verdict::Broken);
    match (condition, broken) {
        // An event that the filter drops says nothing about a link behind it.
        (Some(condition), Some(broken)) if condition.id <= broken.id => {
            Some(stop_at(condition, likeness))
        }
        (_, Some(broken)) => Some(Stop::of(broken)),
        (condition, None) => condition.map(|condition| stop_at(condition, likeness)),
    }
}

fn stop_at(condition: &Condition, likeness: usize) -> Stop {
    // A filter that has nothing to do with the control is not to blame.
    if condition.id == LinkId::F01 && likeness == 0 {
        return Stop {
            id: condition.id,
            subject: None,
            cause: MetricFilterCause::NoFilterMatches.into(),
        };
    }
    Stop {
        id: condition.id,
        subject: Some(condition.subject.clone()),
        cause: condition.cause.clone(),
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
