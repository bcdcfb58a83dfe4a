//! What an event does to a rule, over all states that the alarms in it may be in.
//!
//! A subrule is described by the set of (before, after) truth values it can have. Subrules without a common alarm vary
//! independently, so the sets combine exactly; alarms that occur more than once are tried state by state.

use std::collections::{BTreeMap, BTreeSet};

use super::super::alarm::AlarmState;
use super::rule::Rule;

/// A set of (before, after) pairs: bit `2 * before + after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pairs(u8);

impl Pairs {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(before: bool, after: bool) -> Self {
        Self(1 << (2 * u8::from(before) + u8::from(after)))
    }

    pub(super) fn has(self, before: bool, after: bool) -> bool {
        self.0 & Self::of(before, after).0 != 0
    }

    /// Whether it becomes true, whatever the others are.
    pub(super) fn only_fires(self) -> bool {
        self == Self::of(false, true)
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn members(self) -> impl Iterator<Item = (bool, bool)> {
        [(false, false), (false, true), (true, false), (true, true)]
            .into_iter()
            .filter(move |(before, after)| self.has(*before, *after))
    }

    fn combine(self, other: Self, join: fn(bool, bool) -> bool) -> Self {
        let mut result = Self::NONE;
        for (before, after) in self.members() {
            for (other_before, other_after) in other.members() {
                result = result.with(Self::of(
                    join(before, other_before),
                    join(after, other_after),
                ));
            }
        }
        result
    }
}

/// The states that an alarm may have before the event and after it.
pub(super) type Moves = Vec<(AlarmState, AlarmState)>;

/// The states that each alarm may be in: an alarm that is not listed stays in any.
pub(super) type Domain = BTreeMap<String, Moves>;

/// An alarm stays in the state that it is in: one of these.
pub(super) fn stays(states: &[AlarmState]) -> Moves {
    states.iter().map(|state| (*state, *state)).collect()
}

/// Alarms that occur more than once are tried in all their states, up to so many combinations.
const MOST_COMBINATIONS: usize = 20_000;

/// And so many steps in all of them together.
const MOST_STEPS: usize = 20_000_000;

/// What the event does to the rule. `None` if there are too many combinations to try.
pub(super) fn pairs(rule: &Rule, domain: &Domain) -> Option<Pairs> {
    let any = stays(&AlarmState::ALL);
    let mut counts = BTreeMap::new();
    count(rule, &mut counts);
    let repeated: Vec<&str> = counts
        .iter()
        .filter(|(_, count)| **count > 1)
        .map(|(name, _)| *name)
        .collect();
    let moves = |name: &str| domain.get(name).unwrap_or(&any);
    let combinations = repeated.iter().try_fold(1usize, |product, name| {
        product
            .checked_mul(moves(name).len())
            .filter(|product| *product <= MOST_COMBINATIONS)
    })?;
    if combinations.saturating_mul(steps(rule)) > MOST_STEPS {
        return None;
    }
    let mut result = Pairs::NONE;
    for combination in 0..combinations {
        let mut rest = combination;
        let mut fixed = BTreeMap::new();
        for name in &repeated {
            let moves = moves(name);
            if let Some(found) = moves.get(rest % moves.len().max(1)) {
                fixed.insert(*name, *found);
            }
            rest /= moves.len().max(1);
        }
        let setting = Setting {
            domain,
            any: &any,
            fixed: &fixed,
        };
        result = result.with(evaluate(rule, &setting));
    }
    Some(result)
}

fn count<'a>(rule: &'a Rule, counts: &mut BTreeMap<&'a str, usize>) {
    match rule {
        Rule::Constant(_) => {}
        Rule::State(_, name) => *counts.entry(name).or_default() += 1,
        Rule::Not(rule) => count(rule, counts),
        Rule::All(rules) | Rule::Any(rules) | Rule::AtLeast(_, rules) => {
            rules.iter().for_each(|rule| count(rule, counts))
        }
    }
}

/// How much work it is to evaluate the rule once: AT_LEAST counts both before and after the event.
fn steps(rule: &Rule) -> usize {
    let all = |rules: &[Rule]| {
        let parts = rules.iter().map(steps);
        parts.fold(1, usize::saturating_add)
    };
    match rule {
        Rule::Constant(_) | Rule::State(..) => 1,
        Rule::Not(rule) => steps(rule).saturating_add(1),
        Rule::All(rules) | Rule::Any(rules) => all(rules),
        Rule::AtLeast(_, rules) => all(rules).saturating_add(rules.len().saturating_pow(3)),
    }
}

struct Setting<'a> {
    domain: &'a Domain,
    any: &'a Moves,
    fixed: &'a BTreeMap<&'a str, (AlarmState, AlarmState)>,
}

fn evaluate(rule: &Rule, setting: &Setting<'_>) -> Pairs {
    match rule {
        Rule::Constant(value) => Pairs::of(*value, *value),
        Rule::State(state, name) => {
            let pair = |(before, after): (AlarmState, AlarmState)| {
                Pairs::of(before == *state, after == *state)
            };
            if let Some(found) = setting.fixed.get(name.as_str()) {
                return pair(*found);
            }
            let moves = setting.domain.get(name).unwrap_or(setting.any);
            moves
                .iter()
                .map(|found| pair(*found))
                .fold(Pairs::NONE, Pairs::with)
        }
        Rule::Not(rule) => {
            evaluate(rule, setting).combine(Pairs::of(true, true), |value, _| !value)
        }
        Rule::All(rules) => fold(rules, setting, true, |one, other| one && other),
        Rule::Any(rules) => fold(rules, setting, false, |one, other| one || other),
        Rule::AtLeast(wanted, rules) => at_least(*wanted, rules, setting),
    }
}

fn fold(
    rules: &[Rule],
    setting: &Setting<'_>,
    neutral: bool,
    join: fn(bool, bool) -> bool,
) -> Pairs {
    rules
        .iter()
        .fold(Pairs::of(neutral, neutral), |left, rule| {
            left.combine(evaluate(rule, setting), join)
        })
}

fn at_least(wanted: usize, rules: &[Rule], setting: &Setting<'_>) -> Pairs {
    let mut counts: BTreeSet<(usize, usize)> = [(0, 0)].into();
    for rule in rules {
        let members: Vec<_> = evaluate(rule, setting).members().collect();
        counts = counts
            .into_iter()
            .flat_map(|(before, after)| {
                members.iter().map(move |(one, other)| {
                    (before + usize::from(*one), after + usize::from(*other))
                })
            })
            .collect();
    }
    counts
        .into_iter()
        .fold(Pairs::NONE, |pairs, (before, after)| {
            pairs.with(Pairs::of(before >= wanted, after >= wanted))
        })
}
