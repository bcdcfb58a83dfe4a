//! The plain matcher over predicates, for those who ask about many events: a pattern is made ready once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;

use super::Predicate;
use crate::pattern::{Matcher, Pattern, Semantics};

/// More patterns than one account has; what they need is bounded.
const KEPT: usize = 20_000;

/// A pattern, held so that no other takes its address, and made ready.
type Ready = (Arc<Pattern>, Rc<Matcher>);

/// Patterns that were made ready, under the recommended semantics.
#[derive(Debug, Default)]
pub struct Matchers {
    known: RefCell<HashMap<*const Pattern, Ready>>,
}

impl Matchers {
    /// What [`Predicate::matches`] says under the recommended semantics.
    pub fn holds(&self, predicate: &Predicate, event: &Value) -> bool {
        match predicate {
            Predicate::All(parts) => parts.iter().all(|part| self.holds(part, event)),
            Predicate::Any(parts) => parts.iter().any(|part| self.holds(part, event)),
            Predicate::Not(inner) => !self.holds(inner, event),
            Predicate::Pattern(pattern) => self.ready(pattern).matches_event(event),
            other => other.matches(event, &Semantics::default()),
        }
    }

    fn ready(&self, pattern: &Arc<Pattern>) -> Rc<Matcher> {
        let address = Arc::as_ptr(pattern);
        if let Some((_, matcher)) = self.known.borrow().get(&address) {
            return Rc::clone(matcher);
        }
        let matcher = Rc::new(Matcher::new(pattern, &Semantics::default()));
        let mut known = self.known.borrow_mut();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(address, (Arc::clone(pattern), Rc::clone(&matcher)));
        matcher
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pattern::parse;

    #[test]
    fn a_pattern_made_ready_says_what_it_says_made_anew() {
        let pattern = |text: &str| Predicate::from_pattern(&parse(text).unwrap());
        let one = pattern("{ $.a = x* }");
        let other = pattern("{ $.b NOT EXISTS }");
        let both = one.clone().and(!other.clone());
        let either = (!one.clone()).or(other.clone());
        let matchers = Matchers::default();
        for event in [
            json!({"a": "xy"}),
            json!({"a": "xy", "b": 1}),
            json!({"b": null}),
            json!({}),
        ] {
            for predicate in [&one, &other, &both, &either, &Predicate::Always] {
                for _ in 0..2 {
                    assert_eq!(
                        matchers.holds(predicate, &event),
                        predicate.matches(&event, &Semantics::default()),
                        "{predicate:?} of {event}"
                    );
                }
            }
        }
    }
}
