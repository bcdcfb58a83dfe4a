//! Laws of the decision, on random patterns over the fields that controls ask about.

use proptest::prelude::*;
use trailproof::coverage::{Covers, EventModel, Predicate, RelationKind, Scope, covers, relation};

fn condition() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "CreateTrail",
        "DeleteTrail",
        "Create*",
        "*Trail",
        "CreatePolicy",
        "%^Delete%",
    ]);
    let operator = prop::sample::select(vec!["=", "!="]);
    prop_oneof![
        4 => (operator.clone(), name).prop_map(|(operator, name)| format!("$.eventName {operator} {name}")),
        2 => (operator.clone(), prop::sample::select(vec!["iam.amazonaws.com", "\"*.amazonaws.com\"", "cloudtrail.amazonaws.com"]))
            .prop_map(|(operator, source)| format!("$.eventSource {operator} {source}")),
        2 => (operator.clone(), prop::sample::select(vec!["AccessDenied*", "\"*UnauthorizedOperation\"", "\"*\""]))
            .prop_map(|(operator, code)| format!("$.errorCode {operator} {code}")),
        1 => (operator, prop::sample::select(vec!["Root", "IAMUser"])).prop_map(|(operator, kind)| format!("$.userIdentity.type {operator} {kind}")),
        1 => prop::sample::select(vec![
            "$.userIdentity.invokedBy NOT EXISTS", "$.readOnly IS FALSE", "$.responseElements IS NULL", "$.additionalEventData.MFAUsed != Yes",
            "$.requestParameters.size > 10", "$.resources[0].type = x", "$.resources[*].type = x",
        ]).prop_map(str::to_owned),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    condition().prop_recursive(2, 8, 3, |inner| {
        (
            prop::collection::vec(inner, 2..4),
            prop::sample::select(vec![" && ", " || "]),
        )
            .prop_map(|(parts, by)| format!("({})", parts.join(by)))
    })
}

/// The predicate of an expression; none where it asks for more regular expressions than AWS allows (D16).
fn predicate(expression: &str) -> Option<Predicate> {
    trailproof::pattern::parse(&format!("{{ {expression} }}"))
        .ok()
        .map(|pattern| Predicate::from_pattern(&pattern))
}

fn decide(required: &Predicate, deployed: &Predicate) -> Covers {
    let model = EventModel::cloudtrail();
    let answer = covers(required, deployed, &model, &Scope::default());
    assert!(!matches!(answer, Covers::Unknown { .. }), "{answer:?}");
    answer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_pattern_covers_itself_under_any_semantics(a in expression()) {
        let Some(a) = predicate(&a) else { return Ok(()) };
        prop_assert_eq!(decide(&a, &a), Covers::Yes { assumptions: Vec::new() });
    }

    #[test]
    fn more_alternatives_cover_and_more_conditions_are_covered(a in expression(), b in expression()) {
        let (Some(a), Some(b)) = (predicate(&a), predicate(&b)) else { return Ok(()) };
        prop_assert!(decide(&a, &a.clone().or(b.clone())).is_yes());
        prop_assert!(decide(&a.clone().and(b.clone()), &a).is_yes());
        prop_assert!(decide(&a.clone().and(b.clone()), &b).is_yes());
    }

    #[test]
    fn the_order_of_filters_does_not_matter(a in expression(), b in expression(), c in expression()) {
        let (Some(a), Some(b), Some(c)) = (predicate(&a), predicate(&b), predicate(&c)) else { return Ok(()) };
        let one = decide(&a, &Predicate::any([b.clone(), c.clone()]));
        let other = decide(&a, &Predicate::any([c, b]));
        prop_assert_eq!(one.is_yes(), other.is_yes());
    }

    #[test]
    fn coverage_is_transitive(a in expression(), b in expression(), c in expression()) {
        let (Some(a), Some(b), Some(c)) = (predicate(&a), predicate(&b), predicate(&c)) else { return Ok(()) };
        let (ab, abc) = (a.clone().or(b.clone()), a.clone().or(b).or(c));
        prop_assert!(decide(&a, &ab).is_yes() && decide(&ab, &abc).is_yes() && decide(&a, &abc).is_yes());
    }

    #[test]
    fn equivalent_means_both_ways(a in expression(), b in expression()) {
        let (Some(a), Some(b)) = (predicate(&a), predicate(&b)) else { return Ok(()) };
        let model = EventModel::cloudtrail();
        let found = relation(&a, &b, &model, &Scope::default());
        let both = decide(&a, &b).is_yes() && decide(&b, &a).is_yes();
        prop_assert_eq!(found.kind == RelationKind::Equivalent, both);
        prop_assert_eq!(found.covers.is_yes(), decide(&a, &b).is_yes());
        let back = relation(&b, &a, &model, &Scope::default()).kind;
        let mirrored = match found.kind {
            RelationKind::Broader => RelationKind::Narrower,
            RelationKind::Narrower => RelationKind::Broader,
            other => other,
        };
        // A pattern that no event matches is both: disjoint from one side, covered from the other.
        let empty = [&a, &b].iter().any(|one| decide(one, &Predicate::Never).is_yes());
        prop_assert!(empty || back == mirrored, "{:?} {:?}", found.kind, back);
    }

    /// Yes with the model or without it; a yes without it holds with it.
    #[test]
    fn assuming_less_never_turns_no_into_yes(a in expression(), b in expression()) {
        let (Some(a), Some(b)) = (predicate(&a), predicate(&b)) else { return Ok(()) };
        if covers(&a, &b, &EventModel::none(), &Scope::default()).is_yes() {
            prop_assert!(decide(&a, &b).is_yes());
        }
    }
}
