//! Whether one metric filter matches every event that another matches: the two publish at once, and their alarms move
//! together.
//!
//! Decided by coverage, and remembered: the accounts of an organization have the same few patterns.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::facts::FilterRow;
use crate::coverage::{EventModel, Predicate, Scope, example, missed};
use crate::pattern::{self, Semantics};

/// What is known of pairs of patterns.
#[derive(Debug, Default)]
pub(super) struct SameEvents {
    /// Whether the second pattern matches all that the first matches.
    known: RefCell<BTreeMap<(String, String), bool>>,
    /// Each pattern, read once; none where it is not understood.
    patterns: RefCell<BTreeMap<String, Option<Rc<Read>>>>,
}

/// A pattern with an event of it, where one was found.
#[derive(Debug)]
struct Read {
    events: Predicate,
    example: Option<Value>,
}

/// Whether two filters read the same records.
pub(super) fn same_records(filter: &FilterRow, other: &FilterRow) -> bool {
    filter.log_group_name == other.log_group_name
        && filter.region == other.region
        && filter.field_selection_criteria == other.field_selection_criteria
        && filter.apply_on_transformed_logs.unwrap_or_default()
            == other.apply_on_transformed_logs.unwrap_or_default()
}

impl SameEvents {
    /// Whether `other` surely matches every event that `filter` matches.
    pub(super) fn of(&self, filter: &FilterRow, other: &FilterRow) -> bool {
        same_records(filter, other) && self.implied(filter.pattern.trim(), other.pattern.trim())
    }

    fn implied(&self, pattern: &str, other: &str) -> bool {
        if pattern == other {
            return true;
        }
        let pair = (pattern.to_owned(), other.to_owned());
        if let Some(known) = self.known.borrow().get(&pair) {
            return *known;
        }
        let implied = self.decide(pattern, other);
        self.known.borrow_mut().insert(pair, implied);
        implied
    }

    fn decide(&self, pattern: &str, other: &str) -> bool {
        let (Some(one), Some(two)) = (self.read(pattern), self.read(other)) else {
            return false;
        };
        // Most pairs have nothing to do with each other, which one event shows.
        let apart = one
            .example
            .as_ref()
            .is_some_and(|event| !two.events.matches(event, &Semantics::default()));
        let (model, scope) = (EventModel::cloudtrail(), Scope::default());
        !apart && missed(&one.events, &two.events, &model, &scope).is_nothing()
    }

    fn read(&self, pattern: &str) -> Option<Rc<Read>> {
        if let Some(known) = self.patterns.borrow().get(pattern) {
            return known.clone();
        }
        let read = pattern::parse(pattern).ok().map(|parsed| {
            let events = Predicate::from_pattern(&parsed);
            let (model, scope) = (EventModel::cloudtrail(), Scope::default());
            Rc::new(Read {
                example: example(&events, &model, &scope),
                events,
            })
        });
        let mut patterns = self.patterns.borrow_mut();
        patterns.insert(pattern.to_owned(), read.clone());
        read
    }
}
