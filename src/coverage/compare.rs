//! More than yes or no: how two predicates stand to each other, which filter catches which event name, and what else
//! the filters match.

use super::answer::{Premise, Undecided};
use super::decide::{covers, find};
use super::lower::Under;
use super::model::{EventModel, Scope};
use super::predicate::Predicate;
use super::routine::{self, is_nearly_everything};
use super::search::Ended;
use super::{Covers, NameCoverage, Noise, NoiseClass, Relation, RelationKind, mentions};

fn event(predicate: &Predicate, model: &EventModel, scope: &Scope) -> Ended {
    find(predicate, Under::recommended(model, scope))
}

/// How `deployed` stands to `required`: both directions, each with its event.
pub fn relation(
    required: &Predicate,
    deployed: &Predicate,
    model: &EventModel,
    scope: &Scope,
) -> Relation {
    let forward = covers(required, deployed, model, scope);
    let backward = covers(deployed, required, model, scope);
    let mut assumptions = match &forward {
        Covers::Yes { assumptions } => assumptions.clone(),
        _ => Vec::new(),
    };
    let mut reason = None;
    let mut unknown = |why: &Undecided| {
        reason.get_or_insert_with(|| why.clone());
        RelationKind::Unknown
    };
    let kind = match (&forward, &backward) {
        (Covers::Unknown { reason }, _) | (_, Covers::Unknown { reason }) => unknown(reason),
        (
            Covers::Yes { .. },
            Covers::Yes {
                assumptions: others,
            },
        ) => {
            let new: Vec<Premise> = others
                .iter()
                .filter(|other| !assumptions.contains(other))
                .copied()
                .collect();
            assumptions.extend(new);
            RelationKind::Equivalent
        }
        (Covers::Yes { .. }, Covers::No { .. }) => RelationKind::Broader,
        (Covers::No { .. }, other) => {
            match event(&required.clone().and(deployed.clone()), model, scope) {
                Ended::None => RelationKind::Disjoint,
                Ended::Found(_) if other.is_yes() => RelationKind::Narrower,
                Ended::Found(_) => RelationKind::Overlapping,
                Ended::Unsure(reason) => unknown(&reason),
            }
        }
    };
    let extra = match backward {
        Covers::No { missed } => Some(missed),
        _ => None,
    };
    Relation {
        kind,
        covers: forward,
        extra,
        assumptions,
        reason,
    }
}

/// For each event name that `required` asks for, in its order: whether all of `deployed` together catch every required
/// event of that name, and which of them do so alone. Empty where no name is asked for.
pub fn by_name(
    required: &Predicate,
    deployed: &[Predicate],
    model: &EventModel,
    scope: &Scope,
) -> Vec<NameCoverage> {
    let union = Predicate::any(deployed.iter().cloned());
    let mut answers = Vec::new();
    for name in mentions::texts(required, "eventName", false) {
        let asked = required.clone().and(Predicate::equals("eventName", &name));
        if matches!(event(&asked, model, scope), Ended::None) {
            continue;
        }
        let by = deployed
            .iter()
            .enumerate()
            .filter(|(_, filter)| {
                matches!(
                    event(&asked.clone().and(!(*filter).clone()), model, scope),
                    Ended::None
                )
            })
            .map(|(at, _)| at)
            .collect();
        let covers = covers(&asked, &union, model, scope);
        answers.push(NameCoverage { name, covers, by });
    }
    answers
}

/// What `deployed` matches that `required` does not ask for.
pub fn noise(
    required: &Predicate,
    deployed: &Predicate,
    model: &EventModel,
    scope: &Scope,
) -> Noise {
    let surplus = deployed.clone().and(!required.clone());
    let extra = match event(&surplus, model, scope) {
        Ended::Found(extra) => extra,
        Ended::None => {
            return Noise {
                class: NoiseClass::None,
                extra: None,
                routine: None,
            };
        }
        Ended::Unsure(reason) => {
            return Noise {
                class: NoiseClass::Unknown(reason),
                extra: None,
                routine: None,
            };
        }
    };
    let class = if is_nearly_everything(deployed, &Predicate::Always, model, scope) {
        NoiseClass::NearlyEverything
    } else {
        surplus_class(required, deployed, &surplus, model, scope)
    };
    Noise {
        class,
        extra: Some(extra),
        routine: routine::matched(required, deployed, model, scope),
    }
}

fn surplus_class(
    required: &Predicate,
    deployed: &Predicate,
    surplus: &Predicate,
    model: &EventModel,
    scope: &Scope,
) -> NoiseClass {
    let sources: Vec<String> = mentions::texts(deployed, "eventSource", false)
        .into_iter()
        .filter(|source| {
            let all = Predicate::equals("eventSource", source);
            // An event of that source that neither side names.
            let named = mentions::texts(required, "eventName", false)
                .into_iter()
                .chain(mentions::texts(deployed, "eventName", false));
            let unnamed = all.and(!Predicate::one_of("eventName", named));
            matches!(
                event(&unnamed.clone().and(!deployed.clone()), model, scope),
                Ended::None
            ) && matches!(
                event(&unnamed.and(surplus.clone()), model, scope),
                Ended::Found(_)
            )
        })
        .collect();
    if !sources.is_empty() {
        return NoiseClass::Sources(sources);
    }
    let names = mentions::texts(deployed, "eventName", false);
    let others = surplus.clone().and(!Predicate::one_of("eventName", &names));
    if !matches!(event(&others, model, scope), Ended::None) {
        return NoiseClass::Some;
    }
    let added = names
        .into_iter()
        .filter(|name| {
            matches!(
                event(
                    &surplus.clone().and(Predicate::equals("eventName", name)),
                    model,
                    scope
                ),
                Ended::Found(_)
            )
        })
        .collect();
    NoiseClass::Names(added)
}
