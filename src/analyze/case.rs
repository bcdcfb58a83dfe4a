//! A case: one account as every control asks about it, with the coverage decision over its paths.
//!
//! Here is which paths can be counted on, what a set of paths covers, and which few of them do it. What follows from that
//! is said in [`super::decide`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::chain::verdict::{Station, Verdict};
use crate::chain::{AccountChain, Path};
use crate::coverage::{Missed, Predicate, Scope};

use super::finding::Names;
use super::judge::{Judge, key};
use super::requirement::Requirement;

/// One account to be judged.
pub(super) struct Case<'c> {
    /// The coverage decision.
    pub(super) judge: &'c Judge,
    /// The account.
    pub(super) chain: &'c AccountChain,
    /// Paths that can be counted on.
    pub(super) sound: Vec<&'c Path>,
    /// Those, and the ones of which the snapshot does not say whether they work.
    pub(super) open: Vec<&'c Path>,
}

impl<'c> Case<'c> {
    /// The case of an account.
    pub(super) fn new(judge: &'c Judge, chain: &'c AccountChain) -> Self {
        let up_to = |worst: Verdict| {
            let paths = chain.paths.iter();
            paths.filter(|path| path.verdict() <= worst).collect()
        };
        Self {
            judge,
            chain,
            sound: chain.sound_paths().collect(),
            open: up_to(Verdict::Unknown),
        }
    }

    /// The same with the paths that run through alarms, where others are among the sound ones.
    pub(super) fn by_alarms(&self) -> Option<Self> {
        let alarms = |paths: &[&'c Path]| -> Vec<&'c Path> {
            let paths = paths.iter().copied();
            paths.filter(|path| !path.through_eventbridge()).collect()
        };
        let sound = alarms(&self.sound);
        (sound.len() < self.sound.len()).then(|| Self {
            judge: self.judge,
            chain: self.chain,
            sound,
            open: alarms(&self.open),
        })
    }

    /// What these paths do not carry of what is asked for.
    pub(super) fn missed(&self, requirement: &Requirement<'_>, paths: &[&Path]) -> Missed {
        // Filters that look like the requirement decide a yes sooner than all filters of the account.
        let near: Vec<&Path> = paths
            .iter()
            .copied()
            .filter(|path| requirement.likeness(path) > 0)
            .collect();
        if !near.is_empty()
            && near.len() < paths.len()
            && self.catches(&requirement.events, &union(&near))
        {
            return Missed::Nothing;
        }
        self.decided(&requirement.events, &union(paths))
    }

    /// What it rests on that these paths carry everything that is asked for.
    pub(super) fn rests_on(&self, requirement: &Requirement<'_>, paths: &[&Path]) -> Vec<String> {
        self.judge
            .rests_on(&requirement.events, &union(paths), &self.chain.scope)
    }

    /// Whether the sound paths carry everything in the Regions that are known alone, and the account did not tell its Regions:
    /// it may have others.
    pub(super) fn rests_on_regions(&self, requirement: &Requirement<'_>) -> bool {
        if self.chain.regions_known {
            return false;
        }
        let anywhere = Scope {
            regions: Vec::new(),
            ..self.chain.scope.clone()
        };
        let carried = union(&self.sound);
        let missed = self.judge.missed(&requirement.events, &carried, &anywhere);
        !missed.is_nothing()
    }

    fn decided(&self, required: &Predicate, deployed: &Predicate) -> Missed {
        self.judge.missed(required, deployed, &self.chain.scope)
    }

    fn catches(&self, required: &Predicate, deployed: &Predicate) -> bool {
        self.decided(required, deployed).is_nothing()
    }

    /// Few paths that cover the requirement, sounder ones first: one that does it alone where there is one.
    pub(super) fn smallest_cover<'p>(
        &self,
        requirement: &Requirement<'_>,
        paths: &[&'p Path],
    ) -> Vec<&'p Path> {
        // One path for each distinct predicate: the soundest.
        let mut best: BTreeMap<String, &Path> = BTreeMap::new();
        for path in paths {
            let known = best.entry(key(&path.events)).or_insert(path);
            if path.verdict() < known.verdict() {
                *known = path;
            }
        }
        let mut candidates: Vec<&Path> = best.into_values().collect();
        candidates.sort_by_key(|path| (path.verdict(), usize::MAX - requirement.likeness(path)));
        let alone = |path: &&&Path| self.catches(&requirement.events, &path.events);
        let near = candidates
            .iter()
            .filter(|path| requirement.likeness(path) > 0)
            .find(alone);
        if let Some(path) = near.or_else(|| candidates.iter().find(alone)) {
            return vec![path];
        }
        // Drop what is not needed, the least sound and least alike first.
        let mut index = candidates.len();
        while index > 0 {
            index -= 1;
            let mut fewer = candidates.clone();
            fewer.remove(index);
            if self.catches(&requirement.events, &union(&fewer)) {
                candidates = fewer;
            }
        }
        candidates
    }

    /// A missed event that some trail delivers, where there is one: it shows what else is wrong behind the trails.
    pub(super) fn farther(&self, requirement: &Requirement<'_>) -> Option<Value> {
        let delivered = |path: &Path| {
            let before = path
                .conditions
                .iter()
                .filter(|condition| condition.id.station() < Station::MetricFilter);
            Predicate::all(before.map(|condition| condition.events.clone()))
        };
        let trails: BTreeMap<String, Predicate> = self
            .chain
            .paths
            .iter()
            .map(delivered)
            .map(|events| (key(&events), events))
            .collect();
        let delivered = Predicate::any(trails.into_values());
        if delivered == Predicate::Always {
            return None;
        }
        let required = requirement.events.clone().and(delivered);
        match self.decided(&required, &union(&self.open)) {
            Missed::Event(missed) => Some(missed),
            Missed::Nothing | Missed::Unknown(_) => None,
        }
    }

    /// The form to report on: one that the filters would cover if every link worked, else the one whose events they cover
    /// most of, else the first.
    pub(super) fn nearest<'r, 'a>(
        &self,
        requirements: &'r [Requirement<'a>],
    ) -> Option<&'r Requirement<'a>> {
        let all: Vec<&Path> = self.chain.paths.iter().collect();
        let covered = |requirement: &&Requirement<'_>| self.missed(requirement, &all).is_nothing();
        if let Some(covered) = requirements.iter().find(covered) {
            return Some(covered);
        }
        let mut best: Option<(&Requirement<'a>, usize)> = None;
        for requirement in requirements {
            let share = self.names(requirement, &all).map_or(0, |names| {
                names.covered.len() * 1000 / (names.covered.len() + names.missing.len()).max(1)
            });
            if best.is_none_or(|(_, known)| share > known) {
                best = Some((requirement, share));
            }
        }
        best.map(|(requirement, _)| requirement)
    }

    /// Which of the events that a requirement lists the given paths cover; none for a requirement without a list.
    pub(super) fn names(&self, requirement: &Requirement<'_>, paths: &[&Path]) -> Option<Names> {
        let listed = self.judge.names(&requirement.events, &self.chain.scope);
        if listed.len() < 2 {
            return None;
        }
        let filters = filters(requirement, paths);
        let union = Predicate::any(filters.iter().map(|filter| filter.events.clone()));
        let mut names = Names::default();
        for name in listed.iter() {
            let asked = requirement
                .events
                .clone()
                .and(Predicate::equals("eventName", name));
            // No event is caught by no filter: nothing to decide.
            if filters.is_empty() || !self.catches(&asked, &union) {
                names.missing.push(name.clone());
                continue;
            }
            let catches = |filter: &&Distinct<'_>| self.catches(&asked, &filter.events);
            let mut by: BTreeSet<&str> = BTreeSet::new();
            // Filters that have nothing in common with the requirement are asked only where no other catches it.
            for near in [true, false] {
                if by.is_empty() {
                    let some = filters
                        .iter()
                        .filter(|filter| filter.near == near)
                        .filter(catches);
                    by.extend(some.flat_map(|filter| &filter.names));
                }
            }
            let by = by.into_iter().map(str::to_owned).collect();
            names.covered.insert(name.clone(), by);
        }
        Some(names)
    }
}

/// The events that any of the paths carries, each predicate once, in an order that does not depend on names.
pub(super) fn union(paths: &[&Path]) -> Predicate {
    let distinct: BTreeMap<String, &Predicate> = paths
        .iter()
        .map(|path| (key(&path.events), &path.events))
        .collect();
    Predicate::any(distinct.into_values().cloned())
}

/// Filters, rules and log alarms that let the same events through.
struct Distinct<'p> {
    events: Predicate,
    names: BTreeSet<&'p str>,
    near: bool,
}

fn filters<'p>(requirement: &Requirement<'_>, paths: &[&'p Path]) -> Vec<Distinct<'p>> {
    let mut filters: BTreeMap<String, Distinct<'p>> = BTreeMap::new();
    for path in paths {
        let filter = path.filter.as_ref().map(|filter| &filter.name);
        let rule = path.rule.as_ref().map(|rule| &rule.name);
        let alarm = path.alarm.as_ref().map(|alarm| &alarm.name);
        let Some(name) = filter.or(rule).or(alarm) else {
            continue;
        };
        let distinct = filters
            .entry(key(&path.events))
            .or_insert_with(|| Distinct {
                events: path.events.clone(),
                names: BTreeSet::new(),
                near: requirement.likeness(path) > 0,
            });
        distinct.names.insert(name);
    }
    filters.into_values().collect()
}
