//! What rewriting a filter pattern means: the same events, or some lost, or some gained.

use crate::coverage::{Covers, EventModel, Predicate, RelationKind, Scope, covers, relation};
use crate::pattern;

use super::{Meaning, Side, Unrelated};

/// The meaning of replacing one pattern by another, as events of the account see it.
pub(super) fn meaning(before: &str, after: &str, account: &str) -> Meaning {
    let not_parsed = |side: Side, error: pattern::ParseError| Meaning {
        relation: RelationKind::Unknown,
        lost: None,
        gained: None,
        unknown: Some(Unrelated::NotParsed {
            side,
            error: error.to_string(),
        }),
    };
    let (old, new) = match (pattern::parse(before), pattern::parse(after)) {
        (Ok(old), Ok(new)) => (Predicate::from_pattern(&old), Predicate::from_pattern(&new)),
        (Err(error), _) => return not_parsed(Side::Baseline, error),
        (_, Err(error)) => return not_parsed(Side::Current, error),
    };
    let model = EventModel::cloudtrail();
    let scope = Scope {
        account: account.to_owned(),
        ..Scope::default()
    };
    // Both directions are asked in the same way, so that the opposite change has exactly the opposite meaning.
    let missed = |required: &Predicate, deployed: &Predicate| match covers(
        required, deployed, &model, &scope,
    ) {
        Covers::No { missed } => Some(missed),
        Covers::Yes { .. } | Covers::Unknown { .. } => None,
    };
    let related = relation(&old, &new, &model, &scope);
    Meaning {
        relation: related.kind,
        lost: missed(&old, &new),
        gained: missed(&new, &old),
        unknown: related.reason.map(|why| Unrelated::Undecided { why }),
    }
}
