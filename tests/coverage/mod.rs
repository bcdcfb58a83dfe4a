//! The coverage decision against brute force, its own laws, and verdicts that others got wrong.

/// Every event of small vocabularies, and random pairs of patterns.
pub mod brute;
/// `pattern compare`, truth tables, `query`.
mod command;
/// Real patterns, and patterns made to be hard.
mod corpus;
/// Event patterns in the decision.
pub mod event_rules;
/// Laws, on random patterns.
mod laws;
/// What the event model knows, and witnesses that read like real records.
mod model;
/// The decision against z3 and cvc5.
mod solvers;
/// Single verdicts: the chain, the model, the false verdicts of other tools.
mod verdicts;

use trailproof::coverage::{Covers, EventModel, Predicate, Scope, covers};
use trailproof::pattern::parse;

/// The predicate of a pattern text.
#[track_caller]
pub fn pattern(text: &str) -> Predicate {
    match parse(text) {
        Ok(pattern) => Predicate::from_pattern(&pattern),
        Err(error) => panic!("`{text}` does not parse: {error:?}"),
    }
}

/// The decision about two pattern texts under the event model.
#[track_caller]
pub fn decide(required: &str, deployed: &str) -> Covers {
    covers(
        &pattern(required),
        &pattern(deployed),
        &EventModel::cloudtrail(),
        &Scope::default(),
    )
}

/// The decision about two pattern texts without a model.
#[track_caller]
pub fn decide_strictly(required: &str, deployed: &str) -> Covers {
    covers(
        &pattern(required),
        &pattern(deployed),
        &EventModel::none(),
        &Scope::default(),
    )
}
