//! A rule played through from the event on: which alarms are in ALARM when, and whether the rule becomes true.

use std::collections::{BTreeMap, BTreeSet};

use super::super::alarm::{AlarmState, Stay};
use super::reach::{Domain, Moves, Pairs, pairs, stays};
use super::rule::Rule;
use super::{Alarms, CompositeAnswer, Fault, Moved, Movement, mentioned};

/// Of rules over more alarms it is not asked which of them holds the composite in ALARM.
const MOST_HOLDERS: usize = 256;

/// Most alarms with different courses whose order is tried.
const MOST_COURSES: usize = 8;

/// The state of an alarm at a time after the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Rests,
    InAlarm,
    Either,
}

impl Movement {
    fn phase(&self, at: u64) -> Phase {
        let Stay { least, most } = self.stay;
        if at < self.enters || at >= self.enters.saturating_add(most) {
            Phase::Rests
        } else if at < self.enters.saturating_add(least) {
            Phase::InAlarm
        } else {
            Phase::Either
        }
    }

    fn moves(&self, in_alarm: bool) -> Moves {
        let after = |rests: AlarmState| if in_alarm { AlarmState::Alarm } else { rests };
        self.resting
            .iter()
            .map(|rests| (*rests, after(*rests)))
            .collect()
    }

    /// What two alarms have in common that go into ALARM and leave it at the same times.
    fn course(&self) -> (u64, Stay) {
        (self.enters, self.stay)
    }
}

/// What the event does to the rule at one time.
struct Instant {
    at: u64,
    /// Whatever the alarms do that the event does not move.
    all: Pairs,
    /// While none of them is in ALARM.
    quiet: Pairs,
    /// In the states that they are in now.
    now: Pairs,
}

/// What the event that moves `child` does to the rule.
pub(super) fn classify(rule: &Rule, child: &str, moved: &Moved, alarms: &Alarms) -> Classified {
    let timeline = Timeline::new(rule, child, moved, alarms);
    let Some(timeline) = timeline else {
        let child = child.to_owned();
        return CompositeAnswer::Never(Fault::DoesNotDepend { child }).into();
    };
    match timeline.instants() {
        Some(instants) => timeline.judge(&instants),
        None => CompositeAnswer::Unknown(Fault::TooManyStates).into(),
    }
}

/// What an event does to a rule, and when.
pub(super) struct Classified {
    pub(super) answer: CompositeAnswer,
    /// When the rule is true for it, where the event makes it so.
    pub(super) movement: Option<Movement>,
    /// The alarms each of which, in ALARM for good, has the rule true without any event.
    pub(super) holders: BTreeSet<String>,
}

impl From<CompositeAnswer> for Classified {
    fn from(answer: CompositeAnswer) -> Self {
        Self {
            answer,
            movement: None,
            holders: BTreeSet::new(),
        }
    }
}

struct Timeline<'a> {
    rule: &'a Rule,
    child: &'a str,
    alarms: &'a Alarms,
    /// The alarms of the rule that the event moves.
    moved: BTreeMap<&'a str, &'a Movement>,
    /// Those that it may move.
    perhaps: BTreeSet<String>,
    /// Those that it does not move.
    others: BTreeSet<String>,
}

impl<'a> Timeline<'a> {
    /// None if the rule does not depend on the alarm.
    fn new(rule: &'a Rule, child: &'a str, moved: &'a Moved, alarms: &'a Alarms) -> Option<Self> {
        let mut names = BTreeSet::new();
        mentioned(rule, &mut |name| {
            names.insert(name.to_owned());
        });
        if !names.contains(child) {
            return None;
        }
        let surely = moved.surely.iter();
        let perhaps: BTreeSet<String> = moved.perhaps.intersection(&names).cloned().collect();
        Some(Self {
            rule,
            child,
            alarms,
            moved: surely
                .filter(|(name, _)| names.contains(*name))
                .map(|(name, movement)| (name.as_str(), movement))
                .collect(),
            others: names
                .into_iter()
                .filter(|name| !moved.surely.contains_key(name) && !perhaps.contains(name))
                .collect(),
            perhaps,
        })
    }

    /// Every time at which an alarm may change its state.
    fn instants(&self) -> Option<Vec<Instant>> {
        let mut times: BTreeSet<u64> = BTreeSet::new();
        for movement in self.moved.values() {
            let Stay { least, most } = movement.stay;
            times.insert(movement.enters);
            times.insert(movement.enters.saturating_add(least));
            times.insert(movement.enters.saturating_add(most));
        }
        times.into_iter().map(|at| self.instant(at)).collect()
    }

    fn instant(&self, at: u64) -> Option<Instant> {
        let quiet = stays(&[AlarmState::Ok, AlarmState::InsufficientData]);
        let quiet = |_: &str| Some(quiet.clone());
        let now = |name: &str| Some(stays(&[*self.alarms.states.get(name)?]));
        Some(Instant {
            at,
            all: self.pairs(at, None, |_| None)?,
            quiet: self.pairs(at, None, quiet)?,
            now: self.pairs(at, None, now)?,
        })
    }

    /// What the rule does at a time, with the alarms that do not move where `others` says, and one in ALARM all the time. Alarms
    /// of one course are always in the same state.
    fn pairs(
        &self,
        at: u64,
        held: Option<&str>,
        others: impl Fn(&str) -> Option<Moves>,
    ) -> Option<Pairs> {
        let mut domain = Domain::new();
        for name in &self.others {
            domain.extend(others(name).map(|moves| (name.clone(), moves)));
        }
        for name in &self.perhaps {
            let mut moves = others(name).unwrap_or_else(|| stays(&AlarmState::ALL));
            let into_alarm: Moves = moves
                .iter()
                .map(|(before, _)| (*before, AlarmState::Alarm))
                .collect();
            moves.extend(into_alarm);
            domain.insert(name.clone(), moves);
        }
        let open: BTreeSet<(u64, Stay)> = self
            .moved
            .values()
            .filter(|movement| movement.phase(at) == Phase::Either)
            .map(|movement| movement.course())
            .collect();
        if open.len() > MOST_COURSES {
            return None;
        }
        let open: Vec<(u64, Stay)> = open.into_iter().collect();
        let mut result = Pairs::NONE;
        for choice in 0..(1usize << open.len()) {
            for (name, movement) in &self.moved {
                let in_alarm = match movement.phase(at) {
                    Phase::InAlarm => true,
                    Phase::Rests => false,
                    Phase::Either => open
                        .iter()
                        .position(|course| *course == movement.course())
                        .is_some_and(|index| choice >> index & 1 == 1),
                };
                domain.insert((*name).to_owned(), movement.moves(in_alarm));
            }
            domain.extend(held.map(|name| (name.to_owned(), stays(&[AlarmState::Alarm]))));
            result = result.with(pairs(self.rule, &domain)?);
        }
        Some(result)
    }

    fn judge(&self, instants: &[Instant]) -> Classified {
        let masked = Pairs::of(false, true).with(Pairs::of(true, true));
        let fires = |answer, at| Classified {
            answer,
            movement: Some(movement(at, instants)),
            holders: self.holders(at),
        };
        if let Some(first) = instants.iter().find(|instant| instant.all.only_fires()) {
            return fires(CompositeAnswer::Always, first.at);
        }
        let first = instants
            .iter()
            .find(|instant| instant.quiet.only_fires() && instant.all == masked);
        if let Some(first) = first {
            let now = if first.now.only_fires() {
                Vec::new()
            } else {
                self.in_alarm()
            };
            return fires(CompositeAnswer::Masked { now }, first.at);
        }
        self.fault(instants).into()
    }

    /// The alarms each of which, in ALARM for good, has the rule true before the event and after it.
    fn holders(&self, at: u64) -> BTreeSet<String> {
        let moved = self.moved.keys().map(|name| (*name).to_owned());
        let names = moved.chain(self.others.iter().cloned());
        let names: BTreeSet<String> = names.filter(|name| name != self.child).collect();
        if names.len() > MOST_HOLDERS {
            return BTreeSet::new();
        }
        let quiet = stays(&[AlarmState::Ok, AlarmState::InsufficientData]);
        let holds = |name: &String| {
            let pairs = self.pairs(at, Some(name), |_| Some(quiet.clone()));
            pairs == Some(Pairs::of(true, true))
        };
        names.into_iter().filter(holds).collect()
    }

    fn fault(&self, instants: &[Instant]) -> CompositeAnswer {
        let together = || {
            let moved = self.moved.keys().copied();
            let perhaps = self.perhaps.iter().map(String::as_str);
            moved
                .chain(perhaps)
                .filter(|name| *name != self.child)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        if let Some(first) = instants.iter().find(|instant| instant.now.only_fires()) {
            let alarms = self.decisive(first.at);
            return CompositeAnswer::Unknown(Fault::HangsOnStates { alarms });
        }
        if !instants.iter().any(|instant| instant.all.has(false, true)) {
            let ever_false = |pairs: Pairs| pairs.has(false, false) || pairs.has(true, false);
            let always = !instants.iter().any(|instant| ever_false(instant.all));
            let alarms = together();
            return CompositeAnswer::Never(if always {
                Fault::AlwaysTrue
            } else if alarms.is_empty() {
                Fault::DoesNotFollow {
                    child: self.child.to_owned(),
                }
            } else {
                Fault::MovesTogether { alarms }
            });
        }
        if instants.iter().any(|instant| instant.now.has(false, true)) {
            let alarms = together();
            return CompositeAnswer::Unknown(Fault::TimingDecides { alarms });
        }
        let held = instants.iter().any(|instant| instant.now.has(true, true));
        CompositeAnswer::Never(if held {
            // One that is not in ALARM may hold it there as well: `NOT ALARM(...)`, `INSUFFICIENT_DATA(...)`.
            let mut alarms = self.in_alarm();
            if alarms.is_empty() {
                alarms = self.decisive(instants.first().map_or(0, |first| first.at));
            }
            Fault::HeldInAlarm { alarms }
        } else {
            Fault::NeedsStates {
                alarms: self.others.iter().cloned().collect(),
            }
        })
    }

    /// Alarms that the event does not move and that are in ALARM now.
    fn in_alarm(&self) -> Vec<String> {
        let in_alarm = |name: &&String| self.alarms.states.get(*name) == Some(&AlarmState::Alarm);
        self.others.iter().filter(in_alarm).cloned().collect()
    }

    /// The alarms whose state alone changes the answer of now; all where it takes several.
    fn decisive(&self, at: u64) -> Vec<String> {
        let decides = |free: &&String| {
            let others = |name: &str| {
                if name == free.as_str() {
                    return None;
                }
                Some(stays(&[*self.alarms.states.get(name)?]))
            };
            self.pairs(at, None, others)
                .is_none_or(|pairs| pairs.has(false, false) || pairs.has(true, false))
        };
        let decisive: Vec<String> = self.others.iter().filter(decides).cloned().collect();
        if decisive.is_empty() {
            return self.others.iter().cloned().collect();
        }
        decisive
    }
}

/// When the rule is true from `enters` on: until it may be false again at the earliest, and is at the latest.
fn movement(enters: u64, instants: &[Instant]) -> Movement {
    let later = || instants.iter().filter(|instant| instant.at > enters);
    let last = instants.last().map_or(enters, |instant| instant.at);
    let may_leave = later()
        .find(|instant| instant.quiet.has(false, false))
        .map_or(last, |instant| instant.at);
    let leaves = later()
        .find(|instant| !instant.quiet.has(false, true))
        .map_or(last, |instant| instant.at);
    Movement {
        enters,
        stay: Stay {
            least: may_leave - enters,
            most: leaves - enters,
        },
        // A composite has insufficient data only until its first evaluation.
        resting: vec![AlarmState::Ok],
    }
}
