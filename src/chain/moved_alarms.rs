//! What an event that one metric filter matches does to the alarms of all filters: composite alarms rest on it.
//!
//! A filter that matches all events of another publishes with it, and its alarms move with each of them. One that matches
//! some of them moves its alarms with those alone. An alarm that names values of dimensions hears of the events that have
//! them, and of no others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::facts::FilterRow;
use super::metric_alarm::{LookedAt, Watched};
use super::path::Condition;
use super::same_events::{SameEvents, Share, same_records};
use super::verdict::{Link, LinkId, Verdict};
use crate::aws::alarm::Effect;
use crate::aws::composite::{Moved, Movement};
use crate::coverage::Predicate;
use crate::pattern;

/// What events of a filter do to alarms.
#[derive(Clone, Debug, Default)]
pub(super) struct MovedAlarms {
    /// What each of them does.
    pub(super) each: Moved,
    /// What some of them do besides.
    pub(super) in_part: Vec<InPart>,
}

/// What those events do that another filter matches as well.
#[derive(Clone, Debug)]
pub(super) struct InPart {
    /// The events of the other filter.
    pub(super) events: Predicate,
    /// The alarms that they move.
    pub(super) alarms: BTreeMap<String, Movement>,
}

/// Of more filters than these only what each event does is told: what is open then stays unknown.
const MOST_FILTERS: usize = 64;

/// The alarms that the composite alarms of a Region look at.
#[derive(Default)]
pub(super) struct Siblings<'a> {
    /// By the filters that feed them.
    pub(super) fed: LookedAt<'a>,
    /// Names of those of which it is not known whether they are evaluated: warming up, or with errors.
    pub(super) idle: BTreeSet<String>,
}

/// What an event that one filter matches, and that one of its alarms reads, does to the alarms that composite alarms look at.
pub(super) fn moves(
    filter: &FilterRow,
    alarm: &Watched,
    siblings: &Siblings<'_>,
    same_events: &SameEvents,
) -> MovedAlarms {
    let all = &siblings.fed;
    let mut moves = MovedAlarms::default();
    for (other, below) in all {
        let implied = same_events.of(filter, other);
        if !implied && (all.len() > MOST_FILTERS || !same_records(filter, other)) {
            continue;
        }
        let mut in_part = BTreeMap::new();
        for watched in below {
            let own = &watched.judgement.conditions;
            let share = match (implied, own.is_empty()) {
                (true, true) => Share::All,
                (false, true) => Share::Some,
                (_, false) => match (events(filter, alarm), events(other, watched)) {
                    (Some(ours), Some(theirs)) => same_events.share(&ours, &theirs),
                    _ => Share::Open,
                },
            };
            if matches!(share, Share::None) {
                continue;
            }
            let each = !matches!(share, Share::Some);
            let name = &watched.alarm.name;
            let open =
                |link: &Arc<Link>| link.id == LinkId::F05 && link.verdict == Verdict::Unknown;
            let is_sure = !matches!(share, Share::Open)
                && !siblings.idle.contains(name)
                && !watched.judgement.links.iter().any(open);
            match watched.evaluated.as_ref().map(|found| &found.effect) {
                Some(Effect::Fires(firing)) if firing.silent.is_empty() && is_sure => {
                    let movement = Movement::from(firing);
                    if each {
                        moves.each.surely.insert(name.clone(), movement);
                    } else if own.is_empty() {
                        in_part.insert(name.clone(), movement);
                    } else if let Some(events) = events(other, watched) {
                        moves.in_part.push(InPart {
                            events,
                            alarms: BTreeMap::from([(name.clone(), movement)]),
                        });
                    }
                }
                Some(Effect::Fires(_) | Effect::Unknown(_)) if each => {
                    moves.each.perhaps.insert(name.clone());
                }
                _ => {}
            }
        }
        // What reads all that the other filter matches moves together.
        if !in_part.is_empty()
            && let Some(events) = matched(other)
        {
            moves.in_part.push(InPart {
                events,
                alarms: in_part,
            });
        }
    }
    let surely = &moves.each.surely;
    moves.each.perhaps.retain(|name| !surely.contains_key(name));
    moves
}

/// The events of a filter that one of its alarms reads; none where the pattern is not understood.
fn events(filter: &FilterRow, watched: &Watched) -> Option<Predicate> {
    let read = |condition: &Arc<Condition>| condition.events.clone();
    let conditions = watched.judgement.conditions.iter().map(read);
    Some(Predicate::all(
        [matched(filter)?].into_iter().chain(conditions),
    ))
}

/// The events of a filter; none where its pattern is not understood.
fn matched(filter: &FilterRow) -> Option<Predicate> {
    let pattern = pattern::parse(filter.pattern.trim()).ok()?;
    Some(Predicate::from_pattern(&pattern))
}
