//! Whether one metric filter matches every event that another matches: the two publish at once, and their alarms move
//! together.
//!
//! Decided by coverage, and remembered: the accounts of an organization have the same few patterns.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use super::facts::FilterRow;
use crate::coverage::{EventModel, Predicate, Scope, example, missed};
use crate::pattern::{self, Semantics};

/// What is known of pairs of patterns.
#[derive(Debug, Default)]
pub(super) struct SameEvents {
    /// Whether the second pattern matches all that the first matches.
    known: RefCell<BTreeMap<(String, String), bool>>,
    /// An event of each pattern.
    examples: RefCell<BTreeMap<String, Option<Value>>>,
}

impl SameEvents {
    /// Whether `other` surely matches every event that `filter` matches.
    pub(super) fn of(&self, filter: &FilterRow, other: &FilterRow) -> bool {
        filter.log_group_name == other.log_group_name
            && filter.region == other.region
            && filter.field_selection_criteria == other.field_selection_criteria
            && filter.apply_on_transformed_logs.unwrap_or_default()
                == other.apply_on_transformed_logs.unwrap_or_default()
            && self.implied(filter.pattern.trim(), other.pattern.trim())
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
        let (Ok(one), Ok(two)) = (pattern::parse(pattern), pattern::parse(other)) else {
            return false;
        };
        let (one, two) = (Predicate::from_pattern(&one), Predicate::from_pattern(&two));
        let (model, scope) = (EventModel::cloudtrail(), Scope::default());
        let mut examples = self.examples.borrow_mut();
        let found = examples
            .entry(pattern.to_owned())
            .or_insert_with(|| example(&one, &model, &scope));
        // Most pairs have nothing to do with each other, which one event shows.
        let apart = found
            .as_ref()
            .is_some_and(|event| !two.matches(event, &Semantics::default()));
        !apart && missed(&one, &two, &model, &scope).is_nothing()
    }
}
