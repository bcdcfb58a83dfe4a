//! Whether one metric filter matches every event that another matches: the two publish at once, and their alarms move
//! together.
//!
//! Decided by coverage, and remembered: the accounts of an organization have the same few patterns.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::Value;

use super::facts::FilterRow;
use crate::coverage::{
    EventModel, Matchers, Missed, Predicate, Scope, event_names, example, missed,
};
use crate::pattern;

/// What is known of pairs of patterns.
#[derive(Debug, Default)]
pub(super) struct SameEvents {
    /// Whether the second pattern matches all that the first matches, by their numbers. Pairs that one event tells apart are not
    /// kept: of many filters that share a metric nearly all are such.
    known: RefCell<HashMap<(usize, usize), bool>>,
    /// Each pattern, read once, with its number; none where it is not understood.
    patterns: RefCell<HashMap<String, Option<Rc<Read>>>>,
    /// Patterns made ready to be held against events.
    matchers: Matchers,
}

/// A pattern with an event of it, where one was found.
#[derive(Debug)]
struct Read {
    number: usize,
    events: Predicate,
    /// The event names outside of which it matches nothing; none where it leaves the name open.
    names: Option<BTreeSet<String>>,
    example: Option<Value>,
}

impl Read {
    /// Whether an event of another pattern surely is none of this one, by its name.
    fn leaves_out(&self, event: &Value) -> bool {
        let name = event.get("eventName").and_then(Value::as_str);
        let names = self.names.as_ref();
        name.is_some_and(|name| names.is_some_and(|names| !names.contains(name)))
    }
}

/// Whether two filters read the same records.
pub(super) fn same_records(filter: &FilterRow, other: &FilterRow) -> bool {
    filter.log_group_name == other.log_group_name
        && filter.region == other.region
        && filter.field_selection_criteria == other.field_selection_criteria
        && filter.apply_on_transformed_logs.unwrap_or_default()
            == other.apply_on_transformed_logs.unwrap_or_default()
}

/// Which of the events of one alarm another hears as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    All,
    Some,
    None,
    /// That is not known.
    Open,
}

impl SameEvents {
    /// Which of some events are among others.
    pub(super) fn share(&self, ours: &Predicate, theirs: &Predicate) -> Share {
        let (model, scope) = (EventModel::cloudtrail(), Scope::default());
        if missed(ours, theirs, &model, &scope).is_nothing() {
            return Share::All;
        }
        match missed(ours, &!theirs.clone(), &model, &scope) {
            Missed::Nothing => Share::None,
            Missed::Event(_) => Share::Some,
            Missed::Unknown(_) => Share::Open,
        }
    }

    /// Whether `other` surely matches every event that `filter` matches.
    pub(super) fn of(&self, filter: &FilterRow, other: &FilterRow) -> bool {
        same_records(filter, other) && self.implied(filter.pattern.trim(), other.pattern.trim())
    }

    fn implied(&self, pattern: &str, other: &str) -> bool {
        if pattern == other {
            return true;
        }
        let (Some(one), Some(two)) = (self.read(pattern), self.read(other)) else {
            return false;
        };
        // Most pairs have nothing to do with each other, which one event shows.
        let example = one.example.as_ref();
        if example.is_some_and(|event| two.leaves_out(event)) {
            return false;
        }
        let pair = (one.number, two.number);
        if let Some(known) = self.known.borrow().get(&pair) {
            return *known;
        }
        let apart = example.is_some_and(|event| !self.matchers.holds(&two.events, event));
        let (model, scope) = (EventModel::cloudtrail(), Scope::default());
        let implied = !apart && missed(&one.events, &two.events, &model, &scope).is_nothing();
        self.known.borrow_mut().insert(pair, implied);
        implied
    }

    fn read(&self, pattern: &str) -> Option<Rc<Read>> {
        if let Some(known) = self.patterns.borrow().get(pattern) {
            return known.clone();
        }
        let number = self.patterns.borrow().len();
        let read = pattern::parse(pattern).ok().map(|parsed| {
            let events = Predicate::from_pattern(&parsed);
            let (model, scope) = (EventModel::cloudtrail(), Scope::default());
            Rc::new(Read {
                number,
                example: example(&events, &model, &scope),
                names: event_names(&events),
                events,
            })
        });
        let mut patterns = self.patterns.borrow_mut();
        patterns.insert(pattern.to_owned(), read.clone());
        read
    }
}
