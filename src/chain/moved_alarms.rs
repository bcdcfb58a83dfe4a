//! What an event that one metric filter matches does to the alarms of all filters: composite alarms rest on it.
//!
//! A filter that matches all events of another publishes with it, and its alarms move with each of them. One that matches
//! some of them moves its alarms with those alone.

use std::collections::BTreeMap;

use super::facts::FilterRow;
use super::metric_alarm::LookedAt;
use super::same_events::{SameEvents, same_records};
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

/// What an event that one filter matches does to the alarms that composite alarms look at.
pub(super) fn moves(
    filter: &FilterRow,
    all: &LookedAt<'_>,
    same_events: &SameEvents,
) -> MovedAlarms {
    let mut moves = MovedAlarms::default();
    for (other, below) in all {
        let each = same_events.of(filter, other);
        if !each && (all.len() > MOST_FILTERS || !same_records(filter, other)) {
            continue;
        }
        let mut surely = BTreeMap::new();
        for watched in below {
            let name = &watched.alarm.name;
            match watched.evaluated.as_ref().map(|found| &found.effect) {
                Some(Effect::Fires(firing)) if firing.silent.is_empty() => {
                    surely.insert(name.clone(), Movement::from(firing));
                }
                Some(Effect::Fires(_) | Effect::Unknown(_)) if each => {
                    moves.each.perhaps.insert(name.clone());
                }
                _ => {}
            }
        }
        if each {
            moves.each.surely.extend(surely);
        } else if !surely.is_empty()
            && let Ok(pattern) = pattern::parse(other.pattern.trim())
        {
            moves.in_part.push(InPart {
                events: Predicate::from_pattern(&pattern),
                alarms: surely,
            });
        }
    }
    let surely = &moves.each.surely;
    moves.each.perhaps.retain(|name| !surely.contains_key(name));
    moves
}
