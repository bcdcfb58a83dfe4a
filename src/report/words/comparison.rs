//! What a comparison of two snapshots says, in words.

use crate::chain::cause::Outcome;
use crate::diff::{Side, Unrelated, Unseen};

use super::coverage;

/// Why one of two snapshots says nothing about what the other has.
pub fn unseen(unseen: &Unseen) -> String {
    let api = format!("{} {}", unseen.service, unseen.operation);
    match &unseen.outcome {
        Outcome::Failed { how, error } => format!("{api} failed: {how} ({error})"),
        _ => format!("{api} was not asked about it"),
    }
}

/// Why it is not known what rewriting a pattern does.
pub fn unrelated(why: &Unrelated) -> String {
    match why {
        Unrelated::NotParsed { side, error } => {
            let which = match side {
                Side::Baseline => "old",
                Side::Current => "new",
            };
            format!("the {which} pattern does not parse: {error}")
        }
        Unrelated::Undecided { why } => coverage::undecided(why),
    }
}
