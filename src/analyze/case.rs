//! A case: one account as every control asks about it, with the coverage decision over its paths.
//!
//! Here is which paths can be counted on, what a set of paths covers, and which few of them do it. What follows from that
//! is said in [`super::decide`].

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;

use crate::chain::verdict::Verdict;
use crate::chain::{AccountChain, Path};
use crate::coverage::{Missed, Predicate, Premise, Scope};

use super::coverage_memo::{Caught, CoverageMemo};
use super::finding::Names;
use super::interned::{MANY, Part};
use super::requirement::AcceptedForm;

/// One account to be judged.
pub(super) struct Case<'c> {
    /// The coverage decision.
    pub(super) memo: &'c CoverageMemo,
    /// The account.
    pub(super) chain: &'c AccountChain,
    /// Paths that can be counted on.
    pub(super) sound: Vec<&'c Path>,
    /// Those, and the ones of which the snapshot does not say whether they work.
    pub(super) open: Vec<&'c Path>,
    /// What the sound and the open paths carry: asked for again and again.
    parts: [OnceCell<Vec<Part>>; 2],
}

impl<'c> Case<'c> {
    /// The case of an account.
    pub(super) fn new(memo: &'c CoverageMemo, chain: &'c AccountChain) -> Self {
        let up_to = |worst: Verdict| {
            let paths = chain.paths.iter();
            paths.filter(|path| path.verdict() <= worst).collect()
        };
        Self {
            memo,
            chain,
            sound: chain.sound_paths().collect(),
            open: up_to(Verdict::Unknown),
            parts: Default::default(),
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
            memo: self.memo,
            chain: self.chain,
            sound,
            open: alarms(&self.open),
            parts: Default::default(),
        })
    }

    /// What these paths do not carry of what is asked for.
    pub(super) fn missed(&self, requirement: &AcceptedForm<'_>, paths: &[&Path]) -> Missed {
        if self.near_ones_carry(requirement, paths) {
            return Missed::Nothing;
        }
        self.with_parts(paths, |parts| self.decided(&requirement.events, parts))
    }

    /// Whether these paths carry all that is asked for.
    pub(super) fn carries(&self, requirement: &AcceptedForm<'_>, paths: &[&Path]) -> bool {
        self.near_ones_carry(requirement, paths)
            || self.with_parts(paths, |parts| self.covered(&requirement.events, parts))
    }

    /// Whether fewer paths, those whose filters look like the requirement, carry all of it: they decide a yes sooner than all
    /// filters of the account.
    fn near_ones_carry(&self, requirement: &AcceptedForm<'_>, paths: &[&Path]) -> bool {
        let near: Vec<&Path> = paths
            .iter()
            .copied()
            .filter(|path| requirement.likeness(path) > 0)
            .collect();
        !near.is_empty()
            && near.len() < paths.len()
            && self.covered(&requirement.events, &self.memo.parts(&near))
    }

    /// What it rests on that these paths carry everything that is asked for.
    pub(super) fn rests_on(&self, requirement: &AcceptedForm<'_>, paths: &[&Path]) -> Vec<Premise> {
        let together = self.memo.together(paths);
        self.memo
            .rests_on(&requirement.events, &together, &self.chain.scope)
    }

    /// Whether the sound paths carry everything in the Regions that are known alone, and the account did not tell its Regions:
    /// it may have others.
    pub(super) fn rests_on_regions(&self, requirement: &AcceptedForm<'_>) -> bool {
        if self.chain.regions_known {
            return false;
        }
        let anywhere = Scope {
            regions: Vec::new(),
            ..self.chain.scope.clone()
        };
        let covered = |parts: &[Part]| self.memo.covered_by(&requirement.events, parts, &anywhere);
        !self.with_parts(&self.sound, covered)
    }

    /// The distinct predicates of some paths, found once for the sound and for the open ones.
    fn with_parts<T>(&self, paths: &[&Path], ask: impl FnOnce(&[Part]) -> T) -> T {
        let same = |own: &[&Path]| std::ptr::addr_eq(own, paths) && own.len() == paths.len();
        let [sound, open] = &self.parts;
        if same(&self.sound) {
            ask(sound.get_or_init(|| self.memo.parts(paths)))
        } else if same(&self.open) {
            ask(open.get_or_init(|| self.memo.parts(paths)))
        } else {
            ask(&self.memo.parts(paths))
        }
    }

    fn decided(&self, required: &Predicate, parts: &[Part]) -> Missed {
        self.memo.missed_by(required, parts, &self.chain.scope)
    }

    fn covered(&self, required: &Predicate, parts: &[Part]) -> bool {
        self.memo.covered_by(required, parts, &self.chain.scope)
    }

    fn catches(&self, required: &Predicate, deployed: &Predicate) -> bool {
        self.memo.covers(required, deployed, &self.chain.scope)
    }

    /// Few paths that cover the requirement, sounder ones first: one that does it alone where there is one.
    pub(super) fn smallest_cover<'p>(
        &self,
        requirement: &AcceptedForm<'_>,
        paths: &[&'p Path],
    ) -> Vec<&'p Path> {
        // One path for each distinct predicate: the soundest.
        let mut candidates = soundest(self.memo, paths);
        // What shares no event with the requirement is in no cover of it.
        if candidates.len() > MANY {
            candidates.retain(|path| self.memo.may_meet(&requirement.events, &path.events));
        }
        candidates
            .sort_by_cached_key(|path| (path.verdict(), usize::MAX - requirement.likeness(path)));
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
            if self.covered(&requirement.events, &self.memo.parts(&fewer)) {
                candidates = fewer;
            }
        }
        candidates
    }

    /// A missed event that some trail delivers, where there is one: it shows what else is wrong behind the trails.
    pub(super) fn farther(&self, requirement: &AcceptedForm<'_>) -> Option<Value> {
        let delivered = |path: &Path| Predicate::all(path.delivered().map(|it| it.events.clone()));
        // The paths of one trail differ behind it.
        let mut trails: BTreeMap<Option<&str>, Vec<Predicate>> = BTreeMap::new();
        for path in &self.chain.paths {
            let known = trails.entry(path.trail.as_deref()).or_default();
            let events = delivered(path);
            if !known.contains(&events) {
                known.push(events);
            }
        }
        let delivered = self.memo.any(trails.into_values().flatten());
        if delivered == Predicate::Always {
            return None;
        }
        let required = requirement.events.clone().and(delivered);
        let missed = self.with_parts(&self.open, |parts| self.decided(&required, parts));
        match missed {
            Missed::Event(missed) => Some(missed),
            Missed::Nothing | Missed::Unknown(_) => None,
        }
    }

    /// The form to report on: one that the filters would cover if every link worked, else the one whose events they cover
    /// most of, else the one whose events the patterns of rules match most of wherever they are, else the first.
    pub(super) fn nearest<'r, 'a>(
        &self,
        requirements: &'r [AcceptedForm<'a>],
    ) -> Option<&'r AcceptedForm<'a>> {
        // A trail without a log group lets everything through, and its path ends there.
        let all: Vec<&Path> = self
            .chain
            .paths
            .iter()
            .filter(|path| path.pattern().is_some())
            .collect();
        let covered = |requirement: &&AcceptedForm<'_>| self.carries(requirement, &all);
        if let Some(covered) = requirements.iter().find(covered) {
            return Some(covered);
        }
        let mut best: Option<(&AcceptedForm<'a>, usize)> = None;
        for requirement in requirements {
            let share = self.names(requirement, &all).map_or(0, |names| {
                names.covered.len() * 1000 / (names.covered.len() + names.missing.len()).max(1)
            });
            if best.is_none_or(|(_, known)| share > known) {
                best = Some((requirement, share));
            }
        }
        if best.is_some_and(|(_, share)| share == 0) {
            let of_rules = self.chain.paths.iter().filter(|path| path.rule.is_some());
            let patterns = of_rules.filter_map(Path::pattern);
            let patterns = self.memo.any(patterns.map(|it| it.events.clone()));
            let matched = |requirement: &&AcceptedForm<'_>| self.matched(requirement, &patterns);
            // Of those that are equal the first.
            return requirements.iter().rev().max_by_key(matched);
        }
        best.map(|(requirement, _)| requirement)
    }

    /// How many in a thousand of the names that a requirement lists these events take in.
    fn matched(&self, requirement: &AcceptedForm<'_>, events: &Predicate) -> usize {
        let listed = self.memo.names(&requirement.events, &self.chain.scope);
        let matched = listed.iter().filter(|name| {
            let asked = requirement
                .events
                .clone()
                .and(Predicate::equals("eventName", name));
            self.catches(&asked, events)
        });
        matched.count() * 1000 / listed.len().max(1)
    }

    /// Which of the events that a requirement lists the given paths cover; none for a requirement without a list.
    pub(super) fn names(&self, requirement: &AcceptedForm<'_>, paths: &[&Path]) -> Option<Names> {
        let listed = self.memo.names(&requirement.events, &self.chain.scope);
        if listed.len() < 2 {
            return None;
        }
        let filters = filters(self.memo, requirement, paths);
        let known_by = filters.iter().map(|it| (it.part.id, it.near)).collect();
        let decide = || self.caught(requirement, &listed, &filters);
        let scope = &self.chain.scope;
        let caught = self
            .memo
            .caught(&requirement.events, known_by, scope, decide);
        let mut names = Names::default();
        for (name, by) in listed.iter().zip(caught.iter()) {
            let Some(by) = by else {
                names.missing.push(name.clone());
                continue;
            };
            let by = by.iter().filter_map(|at| filters.get(*at));
            let by: BTreeSet<&str> = by.flat_map(|it| it.names.iter().copied()).collect();
            let by = by.into_iter().map(str::to_owned).collect();
            names.covered.insert(name.clone(), by);
        }
        Some(names)
    }

    /// Which of some filters catch the events of each name; none where they do not catch all of them together.
    fn caught(
        &self,
        requirement: &AcceptedForm<'_>,
        listed: &[String],
        filters: &[Distinct<'_>],
    ) -> Rc<[Caught]> {
        let parts: Vec<Part> = filters.iter().map(|filter| filter.part.clone()).collect();
        let by = |name: &String| {
            let asked = requirement
                .events
                .clone()
                .and(Predicate::equals("eventName", name));
            // No event is caught by no filter: nothing to decide.
            if filters.is_empty() || !self.covered(&asked, &parts) {
                return None;
            }
            let catches = |filter: &Distinct<'_>| {
                let events = &filter.part.events;
                (filters.len() <= MANY || self.memo.may_meet(&asked, events))
                    && self.catches(&asked, events)
            };
            let of = |near: bool| -> Vec<usize> {
                let some = filters.iter().enumerate();
                let some = some.filter(|(_, filter)| filter.near == near && catches(filter));
                some.map(|(at, _)| at).collect()
            };
            // Filters that have nothing in common with the requirement are asked only where no other catches it.
            let alone = Some(of(true))
                .filter(|it| !it.is_empty())
                .or_else(|| Some(of(false)).filter(|it| !it.is_empty()));
            // Rules of several Regions carry one name's events together.
            let meets = |(_, filter): &(usize, &Distinct<'_>)| {
                self.memo.may_meet(&asked, &filter.part.events)
            };
            let together = || filters.iter().enumerate().filter(meets);
            alone.or_else(|| Some(together().map(|(at, _)| at).collect()))
        };
        listed.iter().map(by).collect()
    }
}

/// One path for each distinct predicate: the soundest, in an order that does not depend on names.
pub(super) fn soundest<'p>(memo: &CoverageMemo, paths: &[&'p Path]) -> Vec<&'p Path> {
    let mut best: BTreeMap<u32, &Path> = BTreeMap::new();
    for path in paths {
        let known = best.entry(memo.id(path)).or_insert(path);
        if path.verdict() < known.verdict() {
            *known = path;
        }
    }
    let parts = memo.parts(paths).into_iter();
    parts.filter_map(|part| best.remove(&part.id)).collect()
}

/// Filters, rules and log alarms that let the same events through.
struct Distinct<'p> {
    part: Part,
    names: BTreeSet<&'p str>,
    near: bool,
}

fn filters<'p>(
    memo: &CoverageMemo,
    requirement: &AcceptedForm<'_>,
    paths: &[&'p Path],
) -> Vec<Distinct<'p>> {
    let mut filters: BTreeMap<u32, Distinct<'p>> = BTreeMap::new();
    let mut through: Vec<&Path> = Vec::new();
    for path in paths {
        let filter = path.filter.as_ref().map(|filter| &filter.name);
        let rule = path.rule.as_ref().map(|rule| &rule.name);
        let alarm = path.alarm.as_ref().map(|alarm| &alarm.name);
        let Some(name) = filter.or(rule).or(alarm) else {
            continue;
        };
        through.push(path);
        let id = memo.id(path);
        let distinct = filters.entry(id).or_insert_with(|| Distinct {
            part: Part {
                id,
                events: Arc::clone(&path.events),
            },
            names: BTreeSet::new(),
            near: requirement.likeness(path) > 0,
        });
        distinct.names.insert(name);
    }
    let parts = memo.parts(&through).into_iter();
    parts.filter_map(|part| filters.remove(&part.id)).collect()
}
