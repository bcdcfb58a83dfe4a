//! A composite alarm over recorded time, from what the alarms below it did.

use std::collections::{BTreeMap, BTreeSet};

use super::super::alarm::AlarmState;
use super::super::alarm::series::Transition;
use super::rule::{Precedence, Rule};
use super::{Alarms, CompositeAnswer, Expansion, Fault, mentioned};

/// Why a composite alarm cannot be followed over recorded time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCourse {
    /// Its rule cannot be evaluated.
    Rule(Fault),
    /// What this alarm below it did is not known.
    Alarm(String),
}

/// The transitions of a composite alarm between `ALARM` and `OK`, from those of the metric alarms below it. `resting` is the state of each
/// before its first one; an alarm that is not in there is not known.
///
/// # Errors
/// If the rule cannot be evaluated, or names an alarm that is not known.
pub fn course(
    composite: &str,
    below: &BTreeMap<String, Vec<Transition>>,
    resting: AlarmState,
    alarms: &Alarms,
) -> Result<Vec<Transition>, NoCourse> {
    let mut found: Option<Vec<Transition>> = None;
    for precedence in Precedence::ALL {
        let mut expansion = Expansion::new(alarms, precedence);
        let rule = expansion.composite(composite).map_err(fault)?;
        let one = by_rule(&rule, below, resting)?;
        if found.as_ref().is_some_and(|found| *found != one) {
            return Err(NoCourse::Rule(Fault::PrecedenceDecides));
        }
        found = Some(one);
    }
    Ok(found.unwrap_or_default())
}

/// Names of the metric alarms that a composite alarm follows, directly or through others; none where its rule cannot be evaluated.
pub fn leaves(composite: &str, alarms: &Alarms) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut expansion = Expansion::new(alarms, Precedence::AndFirst);
    if let Ok(rule) = expansion.composite(composite) {
        mentioned(&rule, &mut |name| {
            names.insert(name.to_owned());
        });
    }
    names
}

fn fault(stop: super::Stop) -> NoCourse {
    match stop.answer {
        CompositeAnswer::Never(fault) | CompositeAnswer::Unknown(fault) => NoCourse::Rule(fault),
        CompositeAnswer::Always | CompositeAnswer::Masked { .. } => {
            NoCourse::Rule(Fault::RuleNotListed)
        }
    }
}

fn by_rule(
    rule: &Rule,
    below: &BTreeMap<String, Vec<Transition>>,
    resting: AlarmState,
) -> Result<Vec<Transition>, NoCourse> {
    let mut names = BTreeSet::new();
    mentioned(rule, &mut |name| {
        names.insert(name.to_owned());
    });
    let mut changes: BTreeMap<i64, Vec<(&str, AlarmState)>> = BTreeMap::new();
    let mut states: BTreeMap<&str, AlarmState> = BTreeMap::new();
    for name in &names {
        let Some(transitions) = below.get(name) else {
            return Err(NoCourse::Alarm(name.clone()));
        };
        states.insert(name, resting);
        for transition in transitions {
            let at = changes.entry(transition.minute).or_default();
            at.push((name, transition.to));
        }
    }
    let mut is_true = holds(rule, &states);
    let mut course = Vec::new();
    for (minute, changes) in changes {
        states.extend(changes);
        let now = holds(rule, &states);
        if now != is_true {
            is_true = now;
            let to = if now {
                AlarmState::Alarm
            } else {
                AlarmState::Ok
            };
            course.push(Transition { minute, to });
        }
    }
    Ok(course)
}

fn holds(rule: &Rule, states: &BTreeMap<&str, AlarmState>) -> bool {
    match rule {
        Rule::Constant(value) => *value,
        Rule::State(state, name) => states.get(name.as_str()) == Some(state),
        Rule::Not(rule) => !holds(rule, states),
        Rule::All(rules) => rules.iter().all(|rule| holds(rule, states)),
        Rule::Any(rules) => rules.iter().any(|rule| holds(rule, states)),
        Rule::AtLeast(wanted, rules) => {
            rules.iter().filter(|rule| holds(rule, states)).count() >= *wanted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(rule: &str, below: &[(&str, &[(i64, AlarmState)])]) -> Result<Vec<i64>, NoCourse> {
        let states = ["a", "b", "c"].map(|name| (name.to_owned(), AlarmState::Ok));
        let alarms = Alarms {
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            states: BTreeMap::from(states),
            rules: BTreeMap::from([
                ("top".to_owned(), rule.to_owned()),
                ("both".to_owned(), "ALARM(a) AND ALARM(b)".to_owned()),
            ]),
        };
        let below = below.iter().map(|(name, changes)| {
            let changes = changes.iter();
            let changes = changes.map(|(minute, to)| Transition {
                minute: *minute,
                to: *to,
            });
            ((*name).to_owned(), changes.collect())
        });
        let course = course("top", &below.collect(), AlarmState::Ok, &alarms)?;
        let into_alarm = course.iter().filter(|it| it.to == AlarmState::Alarm);
        Ok(into_alarm.map(|it| it.minute).collect())
    }

    #[test]
    fn a_composite_follows_the_states_of_the_alarms_below() {
        use AlarmState::{Alarm, Ok as Fine};
        let a: (&str, &[_]) = ("a", &[(10, Alarm), (20, Fine), (30, Alarm), (40, Fine)]);
        let b: (&str, &[_]) = ("b", &[(15, Alarm), (35, Fine)]);
        // While one is in ALARM already, another adds nothing.
        assert_eq!(run("ALARM(a) OR ALARM(b)", &[a, b]), Ok(vec![10]));
        assert_eq!(run("ALARM(a) AND ALARM(b)", &[a, b]), Ok(vec![15, 30]));
        assert_eq!(run("ALARM(both)", &[a, b]), Ok(vec![15, 30]));
        assert_eq!(run("ALARM(a) AND NOT ALARM(b)", &[a, b]), Ok(vec![10, 35]));
        let unknown = NoCourse::Alarm("c".to_owned());
        assert_eq!(run("ALARM(a) OR ALARM(c)", &[a, b]), Err(unknown));
        let open = NoCourse::Rule(Fault::PrecedenceDecides);
        let never: (&str, &[_]) = ("c", &[]);
        let mixed = "ALARM(a) OR ALARM(b) AND ALARM(c)";
        assert_eq!(run(mixed, &[a, b, never]), Err(open));
    }
}
