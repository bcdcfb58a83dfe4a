//! The alarm that keeps a composite's actions back (user guide, Composite alarm action suppression).
//!
//! After its transition the composite waits WaitPeriod for the suppressor to go into ALARM, and acts if it does not. Once
//! the suppressor has left ALARM, ExtensionPeriod passes, and the composite acts if it is in ALARM still.

use serde::Serialize;

use super::{Alarms, CompositeAnswer, Fault, Moved, Movement, Reach, is_true_now, local, reach};
use crate::aws::alarm::AlarmState;

/// `ActionsSuppressor` and its periods, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suppressor<'a> {
    /// Name or ARN of the alarm.
    pub alarm: &'a str,
    /// `ActionsSuppressorWaitPeriod`.
    pub wait: u64,
    /// `ActionsSuppressorExtensionPeriod`.
    pub extension: u64,
}

/// What a suppressor does to the action of one event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Suppression {
    /// The composite is back from `ALARM` before it stops waiting.
    LeavesBeforeWaitEnds {
        /// WaitPeriod.
        wait: u64,
        /// How long it stays in `ALARM`.
        stays: u64,
    },
    /// The composite may be back from `ALARM` before it stops waiting.
    MayLeaveBeforeWaitEnds {
        /// WaitPeriod.
        wait: u64,
    },
    /// The event moves the suppressor as well: the action is dropped.
    EventMovesSuppressor {
        /// The suppressor.
        suppressor: String,
    },
    /// The event moves the suppressor as well, or may; whether the action is dropped is a question of time.
    EventMayMoveSuppressor {
        /// The suppressor.
        suppressor: String,
    },
    /// The suppressor is in `ALARM`.
    SuppressorInAlarm {
        /// The suppressor.
        suppressor: String,
    },
    /// The composite does not act while the suppressor is in `ALARM`, which it may be.
    SuppressorMayBeInAlarm {
        /// The suppressor.
        suppressor: String,
    },
    /// The suppressor is not listed.
    SuppressorNotListed {
        /// The suppressor.
        suppressor: String,
    },
}

/// What the suppressor of a composite alarm does to the action of an event that moves `child`.
///
/// `composite` is when the event has the composite in `ALARM`.
pub fn suppression(
    suppressor: Suppressor<'_>,
    composite: &Movement,
    child: &str,
    moved: &Moved,
    alarms: &Alarms,
) -> Suppression {
    let Suppressor {
        alarm,
        wait,
        extension,
    } = suppressor;
    if composite.stay.most < wait {
        return Suppression::LeavesBeforeWaitEnds {
            wait,
            stays: composite.stay.least,
        };
    }
    let Some(name) = local(alarm, &alarms.account, &alarms.region) else {
        return Suppression::SuppressorNotListed {
            suppressor: alarm.to_owned(),
        };
    };
    let suppressor = name.clone();
    let may_move = Suppression::EventMayMoveSuppressor {
        suppressor: suppressor.clone(),
    };
    let movement = match moved.surely.get(&name) {
        Some(movement) => Some(movement.clone()),
        None if moved.perhaps.contains(&name) => return may_move,
        None if alarms.rules.contains_key(&name) => {
            let reached = reached_by_any(&name, child, moved, alarms);
            match reached.answer {
                CompositeAnswer::Unknown(_) => return may_move,
                CompositeAnswer::Always | CompositeAnswer::Masked { .. } => reached.movement,
                // The event does not lead it out of ALARM.
                CompositeAnswer::Never(
                    Fault::DoesNotDepend { .. }
                    | Fault::AlwaysTrue
                    | Fault::HeldInAlarm { .. }
                    | Fault::NeedsStates { .. }
                    | Fault::DependsOnItself,
                ) => None,
                // The event moves alarms below it, out of ALARM for all that is known: its state of now says nothing.
                CompositeAnswer::Never(_) => return may_move,
            }
        }
        None => None,
    };
    if let Some(movement) = movement {
        return match drops(composite, &movement, wait, extension) {
            Some(true) => Suppression::EventMovesSuppressor { suppressor },
            // In time for the action, but what else moves the suppressor is open.
            Some(false) => Suppression::SuppressorMayBeInAlarm { suppressor },
            None => may_move,
        };
    }
    match alarms.states.get(&name) {
        // By its rule it leaves ALARM as soon as it is evaluated.
        Some(AlarmState::Alarm) if is_true_now(&name, alarms) != Some(false) => {
            Suppression::SuppressorInAlarm { suppressor }
        }
        _ if composite.stay.least < wait => Suppression::MayLeaveBeforeWaitEnds { wait },
        Some(_) => Suppression::SuppressorMayBeInAlarm { suppressor },
        None => Suppression::SuppressorNotListed { suppressor },
    }
}

/// What the event does to a composite suppressor: by the alarm below the composite in question, or by another alarm that
/// the same event moves.
fn reached_by_any(name: &str, child: &str, moved: &Moved, alarms: &Alarms) -> Reach {
    let others = moved.surely.keys().map(String::as_str);
    others.fold(
        reach(name, child, moved, alarms),
        |reached, mover| match reached.answer {
            CompositeAnswer::Never(Fault::DoesNotDepend { .. }) => {
                reach(name, mover, moved, alarms)
            }
            _ => reached,
        },
    )
}

/// Whether the suppressor's move drops the composite's action.
fn drops(composite: &Movement, suppressor: &Movement, wait: u64, extension: u64) -> Option<bool> {
    if suppressor.enters > composite.enters.saturating_add(wait) {
        return Some(false);
    }
    if suppressor.enters.saturating_add(suppressor.stay.most) < composite.enters {
        return Some(false);
    }
    let end = |movement: &Movement, stays: u64| movement.enters.saturating_add(stays);
    let in_step = (composite.enters, composite.stay) == (suppressor.enters, suppressor.stay);
    let composite_leaves = end(composite, composite.stay.most);
    let released = end(suppressor, suppressor.stay.least).saturating_add(extension);
    (in_step || composite_leaves <= released).then_some(true)
}
