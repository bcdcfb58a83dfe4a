//! What a control asks for, made ready: its accepted forms as predicates; and the answer by event name.

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::Path;
use crate::control::{Alternative, Benchmark, Control};
use crate::coverage::{Predicate, Scope};
use crate::pattern;

use super::Error;
use super::blame::likeness;
use super::finding::Names;
use super::judge::{Judge, key, words};

/// One accepted form of a control's requirement.
pub(super) struct Requirement<'a> {
    /// The form as its file has it.
    pub(super) alternative: &'a Alternative,
    /// The events it asks for.
    pub(super) events: Predicate,
    /// The literal texts in it.
    pub(super) words: BTreeSet<String>,
}

/// The forms that count under a benchmark, the one to deploy first.
pub(super) fn requirements<'a>(
    control: &'a Control,
    benchmark: &'a Benchmark,
) -> Result<Vec<Requirement<'a>>, Error> {
    control
        .alternatives_for(&benchmark.id)
        .map(|alternative| {
            let parsed =
                pattern::parse(&alternative.pattern).map_err(|error| Error::Requirement {
                    control: control.id.clone(),
                    label: alternative.label.clone(),
                    message: error.to_string(),
                })?;
            let events = Predicate::from_pattern(&parsed);
            Ok(Requirement {
                alternative,
                words: words(&events),
                events,
            })
        })
        .collect()
}

/// Which of the events that a requirement lists the given paths cover; none for a requirement without a list.
pub(super) fn names(
    judge: &Judge,
    requirement: &Requirement<'_>,
    paths: &[&Path],
    scope: &Scope,
) -> Option<Names> {
    let listed = judge.names(&requirement.events, scope);
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
        if filters.is_empty() || !judge.covers(&asked, &union, scope).is_yes() {
            names.missing.push(name.clone());
            continue;
        }
        let catches = |filter: &&Distinct<'_>| judge.covers(&asked, &filter.events, scope).is_yes();
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
        names
            .covered
            .insert(name.clone(), by.into_iter().map(str::to_owned).collect());
    }
    Some(names)
}

/// Filters that let the same events through.
struct Distinct<'p> {
    events: Predicate,
    names: BTreeSet<&'p str>,
    near: bool,
}

fn filters<'p>(requirement: &Requirement<'_>, paths: &[&'p Path]) -> Vec<Distinct<'p>> {
    let mut filters: BTreeMap<String, Distinct<'p>> = BTreeMap::new();
    for path in paths {
        let Some(filter) = &path.filter else {
            continue;
        };
        let distinct = filters
            .entry(key(&path.events))
            .or_insert_with(|| Distinct {
                events: path.events.clone(),
                names: BTreeSet::new(),
                near: likeness(path, requirement) > 0,
            });
        distinct.names.insert(&filter.name);
    }
    filters.into_values().collect()
}
