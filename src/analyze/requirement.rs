//! What a control asks for, made ready: its accepted forms as predicates; and the answer by event name.

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::Path;
use crate::control::{Alternative, Benchmark, Control};
use crate::coverage::{Predicate, Scope};
use crate::pattern;

use super::Error;
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
    let mut filters: BTreeMap<String, (Predicate, BTreeSet<&str>)> = BTreeMap::new();
    for path in paths {
        let Some(filter) = &path.filter else { continue };
        let entry = filters
            .entry(key(&path.events))
            .or_insert_with(|| (path.events.clone(), BTreeSet::new()));
        entry.1.insert(&filter.name);
    }
    let (deployed, labels): (Vec<Predicate>, Vec<BTreeSet<&str>>) = filters.into_values().unzip();
    let answers = judge.by_name(&requirement.events, &deployed, scope);
    if answers.len() < 2 {
        return None;
    }
    let mut names = Names::default();
    for answer in answers {
        if answer.covers.is_yes() {
            let by: BTreeSet<&str> = answer
                .by
                .iter()
                .filter_map(|index| labels.get(*index))
                .flatten()
                .copied()
                .collect();
            names
                .covered
                .insert(answer.name, by.into_iter().map(str::to_owned).collect());
        } else {
            names.missing.push(answer.name);
        }
    }
    Some(names)
}

impl Names {
    /// `17 of 18 events are covered, missing UpdatePolicy`; none where all or none are.
    pub fn sentence(&self) -> Option<String> {
        const SHOWN: usize = 5;
        if self.missing.is_empty() || self.covered.is_empty() {
            return None;
        }
        let all = self.covered.len() + self.missing.len();
        let shown: Vec<&str> = self
            .missing
            .iter()
            .take(SHOWN)
            .map(String::as_str)
            .collect();
        let more = self.missing.len().saturating_sub(SHOWN);
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        Some(format!(
            "{} of {all} events are covered, missing {}{rest}",
            self.covered.len(),
            shown.join(", ")
        ))
    }
}
