//! The decision: is there an event that is required and not matched? Under the recommended semantics first, then under
//! every other setting that could matter, then without the event model, to say what a yes rests on.

use serde_json::Value;

use super::Covers;
use super::answer::{Premise, Undecided};
use super::lower::{RawText, Under, lower};
use super::model::{EventModel, Part, Scope};
use super::predicate::Predicate;
use super::search::{Ended, STEPS, Search};
use super::{mentions, witness};
use crate::pattern::ast::{Condition, Value as Operand, dotted};
use crate::pattern::{Booleans, Quantifier, Semantics};

/// What a set of filters misses of what is required.
#[derive(Debug, Clone, PartialEq)]
pub enum Missed {
    /// Nothing, under assumptions that [`rests_on`] names.
    Nothing,
    /// This event: a whole CloudTrail record, checked by the plain matcher.
    Event(Value),
    /// Not decided, for this reason.
    Unknown(Undecided),
}

impl Missed {
    /// Whether all that is required is matched.
    pub fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

/// Decides whether every event of `scope` that `model` allows and `required` matches is matched by `deployed`.
///
/// A yes under other than documented semantics, or one that needs the event model, names its assumptions. A no comes
/// with an event that was checked by the plain matcher.
pub fn covers(
    required: &Predicate,
    deployed: &Predicate,
    model: &EventModel,
    scope: &Scope,
) -> Covers {
    match missed(required, deployed, model, scope) {
        Missed::Event(missed) => Covers::No { missed },
        Missed::Unknown(reason) => Covers::Unknown { reason },
        Missed::Nothing => Covers::Yes {
            assumptions: rests_on(required, deployed, model, scope),
        },
    }
}

/// The decision of [`covers`] alone: most of its time goes into what a yes rests on.
pub fn missed(
    required: &Predicate,
    deployed: &Predicate,
    model: &EventModel,
    scope: &Scope,
) -> Missed {
    let missed = required.clone().and(!deployed.clone());
    match find(&missed, Under::recommended(model, scope)) {
        Ended::Found(event) => Missed::Event(event),
        Ended::Unsure(reason) => Missed::Unknown(reason),
        Ended::None => Missed::Nothing,
    }
}

/// What it rests on that `deployed` misses nothing: as [`Covers::Yes`] has it.
pub fn rests_on(
    required: &Predicate,
    deployed: &Predicate,
    model: &EventModel,
    scope: &Scope,
) -> Vec<Premise> {
    assumptions(&required.clone().and(!deployed.clone()), model, scope)
}

/// An event of `scope` that `model` allows and `predicate` matches, under the recommended semantics; none where there is
/// no such event or none was found.
pub fn example(predicate: &Predicate, model: &EventModel, scope: &Scope) -> Option<Value> {
    match find(predicate, Under::recommended(model, scope)) {
        Ended::Found(event) => Some(event),
        Ended::None | Ended::Unsure(_) => None,
    }
}

/// Looks for an event that `predicate` matches.
pub(super) fn find(predicate: &Predicate, under: Under<'_>) -> Ended {
    let Under { model, scope, .. } = under;
    let problem = match lower(predicate, &under) {
        Ok(problem) => problem,
        Err(reason) => return Ended::Unsure(reason),
    };
    let examples = (0..problem.fields.nodes.len())
        .map(|node| {
            let path = problem.fields.path(node);
            let known = model.examples(&path).iter();
            let known = known.map(|text| witness::local(text, scope));
            // A Region that the account uses reads better than one that it does not.
            let used = scope
                .regions
                .iter()
                .filter(|_| dotted(&path).is_some_and(|path| path == "awsRegion"))
                .cloned();
            used.chain(known).collect()
        })
        .collect();
    let closed = &problem.closed;
    let mut accept = |fields: &_, decided: &[_]| {
        let dressed = witness::dressed(fields, decided, closed, scope);
        if predicate.matches(&dressed, &under.semantics) {
            return Ok(dressed);
        }
        let bare = witness::bare(fields, decided);
        // Without its other fields it is no CloudTrail record: good enough only where none is asked for.
        if model.is_none() && predicate.matches(&bare, &under.semantics) {
            return Ok(bare);
        }
        Err(if mentions::reads_text(predicate) {
            Undecided::RawText
        } else {
            Undecided::EventRefused
        })
    };
    let ended = Search::new(&problem.fields, examples, STEPS, &mut accept).run(&problem.formula);
    match (ended, problem.partial) {
        (Ended::None, Some(reason)) => Ended::Unsure(reason),
        (ended, _) => ended,
    }
}

/// What a yes rests on: `missed` has no event under the recommended semantics and the model.
fn assumptions(missed: &Predicate, model: &EventModel, scope: &Scope) -> Vec<Premise> {
    let none = |under: Under<'_>| matches!(find(missed, under), Ended::None);
    let recommended = Under::recommended(model, scope);
    let by_model = |model: &EventModel| none(Under::recommended(model, scope));
    let mut assumptions = Vec::new();
    let mut needed: Vec<Vec<&'static str>> = Vec::new();
    for semantics in settings(missed) {
        let decisions = semantics.deviations();
        // A larger deviation tells nothing new where a smaller one already changes the answer.
        let known = needed
            .iter()
            .any(|known| known.iter().all(|decision| decisions.contains(decision)));
        let under = Under {
            semantics,
            ..recommended
        };
        if !known && !none(under) {
            needed.push(decisions);
        }
    }
    let mut decisions: Vec<&'static str> = needed.into_iter().flatten().collect();
    decisions.sort_by_key(|decision| decision.trim_start_matches('D').parse::<u32>().unwrap_or(0));
    decisions.dedup();
    let semantics = |decision| Premise::Semantics { decision };
    assumptions.extend(decisions.into_iter().map(semantics));
    if !model.is_none() && !by_model(&EventModel::none()) {
        let parts: Vec<Part> = Part::ALL
            .into_iter()
            .filter(|part| !by_model(&model.without(*part)))
            .collect();
        // Where each group alone can be done without, any may be what it rests on.
        let parts = if parts.is_empty() {
            Part::ALL.to_vec()
        } else {
            parts
        };
        assumptions.extend(parts.into_iter().map(|part| Premise::EventModel { part }));
    }
    let unknown = Under {
        raw: RawText::Unknown,
        ..recommended
    };
    if mentions::reads_text(missed) && !none(unknown) {
        assumptions.push(Premise::RawText);
    }
    assumptions
}

/// The settings other than the recommended one that could change what the predicate matches, fewest deviations first.
fn settings(predicate: &Predicate) -> Vec<Semantics> {
    let recommended = Semantics::default();
    let (mut stars, mut numbers, mut booleans, mut wildcards, mut regexes) =
        (false, false, false, false, false);
    mentions::pattern_tests(predicate, &mut |test| {
        let wild = test
            .selector
            .steps
            .iter()
            .any(crate::pattern::ast::Step::is_wildcard);
        match &test.condition {
            Condition::Equals { negated, value } => {
                booleans = true;
                wildcards |= wild && *negated;
                match value {
                    // D4: the readings agree on `*`, `x*` and `*x*`.
                    Operand::Text(text) => {
                        let inner = text.value.strip_suffix('*').unwrap_or(&text.value);
                        let open = inner.len() < text.value.len();
                        let body = inner.strip_prefix('*').unwrap_or(inner);
                        stars |= body.contains('*') || (!open && body.len() < inner.len());
                    }
                    Operand::Number(_) => numbers = true,
                    Operand::Regex(_) => regexes = true,
                }
            }
            _ => wildcards |= wild,
        }
    });
    let mut settings: Vec<Semantics> = Semantics::all()
        .filter(|setting| {
            *setting != recommended
                && (stars || setting.star == recommended.star)
                && (numbers || setting.text_equals_number == recommended.text_equals_number)
                && (booleans || setting.booleans == Booleans::NoMatch)
                && (wildcards || setting.wildcard == Quantifier::Any)
                && (regexes || setting.regex_on_numbers == recommended.regex_on_numbers)
        })
        .collect();
    settings.sort_by_key(|setting| setting.deviations().len());
    settings
}
