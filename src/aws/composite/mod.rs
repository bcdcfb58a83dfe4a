//! Composite alarms: does an event that moves one alarm into `ALARM` move the composite's (user guide, Create a composite
//! alarm)?
//!
//! Called for a metric alarm and a composite above it, directly or through other composites, with everything that the same
//! event does to other alarms: siblings on the same metric move together. Actions of a composite run on its own transition
//! only, so it must be false before and true after. What hangs on alarms that the event does not move is no proof.

mod course;
mod reach;
mod rule;
mod suppression;
#[cfg(test)]
mod tests;
mod timeline;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rule::{Precedence, Rule};
use serde::Serialize;

pub use course::{NoCourse, course, leaves};
pub use rule::RuleError;
pub use suppression::{Suppression, Suppressor, suppression};

use super::alarm::{AlarmState, Firing, Stay};
use super::arn::{self, Arn};

/// The alarms of one account and Region.
#[derive(Clone, Debug, Default)]
pub struct Alarms {
    /// The account id.
    pub account: String,
    /// The Region code.
    pub region: String,
    /// Present state of every alarm seen, composites included.
    pub states: BTreeMap<String, AlarmState>,
    /// `AlarmRule` of every composite seen.
    pub rules: BTreeMap<String, String>,
}

/// An alarm that the event moves into `ALARM` and out of it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Seconds from the event to the transition.
    pub enters: u64,
    /// How long it stays there.
    pub stay: Stay,
    /// The states in which it waits for an event.
    pub resting: Vec<AlarmState>,
}

impl From<&Firing> for Movement {
    fn from(firing: &Firing) -> Self {
        Self {
            enters: firing.delay,
            stay: firing.stay,
            resting: firing.resting.clone(),
        }
    }
}

/// What one event does to the metric alarms of an account and Region, by name.
#[derive(Clone, Debug, Default)]
pub struct Moved {
    /// Alarms that it moves.
    pub surely: BTreeMap<String, Movement>,
    /// Alarms that it may move.
    pub perhaps: BTreeSet<String>,
}

/// What an event does to a composite alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The answer.
    pub answer: CompositeAnswer,
    /// The composite alarm whose rule is at fault: this one, or one below it.
    pub at: String,
    /// When it is in `ALARM`, where the event moves it.
    pub movement: Option<Movement>,
    /// The alarms each of which, in `ALARM` for good, keeps it there, so that no event makes a transition.
    pub holders: BTreeSet<String>,
}

/// Whether an event makes the composite's transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompositeAnswer {
    /// Whatever the other alarms do.
    Always,
    /// Unless another alarm already holds the composite in `ALARM`.
    Masked {
        /// Alarms that hold it there right now.
        now: Vec<String>,
    },
    /// It does not.
    Never(Fault),
    /// Cannot be told.
    Unknown(Fault),
}

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Fault {
    /// It goes into `ALARM` only in some states of alarms that the event does not move; in those of now it does.
    HangsOnStates {
        /// The alarms.
        alarms: Vec<String>,
    },
    /// Other alarms would have to be in other states than they are.
    NeedsStates {
        /// The alarms.
        alarms: Vec<String>,
    },
    /// Other alarms hold it in `ALARM`.
    HeldInAlarm {
        /// The alarms.
        alarms: Vec<String>,
    },
    /// The event moves other alarms as well, and then the rule is not true.
    MovesTogether {
        /// The other alarms.
        alarms: Vec<String>,
    },
    /// It depends on which of several alarms leaves `ALARM` first, or whether the event moves them at all.
    TimingDecides {
        /// The other alarms.
        alarms: Vec<String>,
    },
    /// The rule is not true after the event, whatever the other alarms do.
    DoesNotFollow {
        /// The alarm below.
        child: String,
    },
    /// The rule does not depend on the alarm.
    DoesNotDepend {
        /// The alarm below.
        child: String,
    },
    /// The rule is true without any event.
    AlwaysTrue,
    /// The composite alarm depends on itself, so that it is not evaluated.
    DependsOnItself,
    /// The rule is not in the snapshot.
    RuleNotListed,
    /// The rule cannot be read.
    RuleNotUnderstood {
        /// What the parser says.
        error: String,
    },
    /// The rules of nested composite alarms are too large together.
    RulesTooLarge,
    /// Too many alarms occur more than once in the rule.
    TooManyStates,
    /// The rule mixes AND and OR without parentheses, and its readings differ.
    PrecedenceDecides,
    /// The rule names an alarm of another account or Region.
    ChildElsewhere {
        /// Its ARN.
        child: String,
    },
    /// The rule names an alarm that is not listed; AWS does not say what becomes of such a rule.
    ChildNotListed {
        /// Its name.
        child: String,
    },
}

/// Names of the alarms that a rule mentions, ARNs reduced to names where they are of this account and Region.
///
/// # Errors
/// If the rule cannot be read.
pub fn children(rule: &str, account: &str, region: &str) -> Result<BTreeSet<String>, RuleError> {
    let rule = rule::parse(rule, Precedence::AndFirst)?;
    let mut names = BTreeSet::new();
    mentioned(&rule, &mut |name| {
        names.insert(local(name, account, region).unwrap_or_else(|| name.to_owned()));
    });
    Ok(names)
}

fn mentioned(rule: &Rule, see: &mut impl FnMut(&str)) {
    match rule {
        Rule::Constant(_) => {}
        Rule::State(_, name) => see(name),
        Rule::Not(rule) => mentioned(rule, see),
        Rule::All(rules) | Rule::Any(rules) | Rule::AtLeast(_, rules) => {
            rules.iter().for_each(|rule| mentioned(rule, see));
        }
    }
}

/// Whether an alarm ARN is of this account.
fn in_account(reference: &str, account: &str) -> bool {
    arn::account(reference) == Some(account)
}

/// The name behind a reference; `None` for an ARN of another account or Region.
fn local(reference: &str, account: &str, region: &str) -> Option<String> {
    let Some(arn) = Arn::parse(reference) else {
        return Some(reference.to_owned());
    };
    let here = (arn.service, arn.region, arn.account) == ("cloudwatch", region, account);
    let name = arn.resource.strip_prefix("alarm:")?;
    here.then(|| name.to_owned())
}

/// What the event that moves `child` does to `composite`.
pub fn reach(composite: &str, child: &str, moved: &Moved, alarms: &Alarms) -> Reach {
    let mut asked = BTreeMap::new();
    reach_once(composite, &mut asked, &|name| {
        (reach_alone(name, child, moved, alarms), alarms)
    })
}

/// As [`reach()`], with what was found of composites that several others are above of.
fn reach_once<'a>(
    composite: &str,
    asked: &mut BTreeMap<String, Option<Reach>>,
    alone: &impl Fn(&str) -> (Reach, &'a Alarms),
) -> Reach {
    let (mut reached, alarms) = alone(composite);
    asked.insert(composite.to_owned(), None);
    let settled = matches!(
        reached.answer,
        CompositeAnswer::Always
            | CompositeAnswer::Masked { .. }
            | CompositeAnswer::Never(Fault::DependsOnItself)
    );
    if settled || reached.at != composite {
        return reached;
    }
    // A composite below it through which the child acts may be the one at fault: the nearest to the child is to be named.
    let below = children(
        alarms.rules.get(composite).map_or("", String::as_str),
        &alarms.account,
        &alarms.region,
    )
    .unwrap_or_default();
    for name in below
        .iter()
        .filter(|name| *name != composite && alarms.rules.contains_key(*name))
    {
        let lower = match asked.entry(name.clone()) {
            // None while it is asked about: the composite is above itself, which is said where that begins.
            Entry::Occupied(found) => match found.get() {
                Some(lower) => lower.clone(),
                None => continue,
            },
            Entry::Vacant(_) => {
                let lower = reach_once(name, asked, alone);
                asked.insert(name.clone(), Some(lower.clone()));
                lower
            }
        };
        let at_fault = match (&lower.answer, &reached.answer) {
            (CompositeAnswer::Never(Fault::DoesNotDepend { .. }), _) => false,
            (CompositeAnswer::Never(_), CompositeAnswer::Never(_))
            | (CompositeAnswer::Unknown(_), CompositeAnswer::Unknown(_)) => true,
            _ => false,
        };
        if at_fault {
            reached.at = lower.at;
            reached.answer = lower.answer;
            break;
        }
    }
    reached
}

fn reach_alone(composite: &str, child: &str, moved: &Moved, alarms: &Alarms) -> Reach {
    let mut reached: Vec<Reach> = Vec::new();
    for precedence in Precedence::ALL {
        let mut expansion = Expansion::new(alarms, precedence);
        let one = match expansion.composite(composite) {
            Ok(rule) => {
                let found = timeline::classify(&rule, child, moved, alarms);
                Reach {
                    answer: found.answer,
                    at: composite.to_owned(),
                    movement: found.movement,
                    holders: found.holders,
                }
            }
            Err(Stop { at, answer }) => Reach {
                answer,
                at,
                movement: None,
                holders: BTreeSet::new(),
            },
        };
        if !reached.contains(&one) {
            reached.push(one);
        }
    }
    match reached.pop() {
        Some(reach) if reached.is_empty() => reach,
        _ => Reach {
            answer: CompositeAnswer::Unknown(Fault::PrecedenceDecides),
            at: composite.to_owned(),
            movement: None,
            holders: BTreeSet::new(),
        },
    }
}

/// Whether the rule of a composite alarm is true in the present states; none where it has none or cannot be evaluated.
fn is_true_now(composite: &str, alarms: &Alarms) -> Option<bool> {
    let domain = alarms.states.iter();
    let domain = domain
        .map(|(name, state)| (name.clone(), reach::stays(&[*state])))
        .collect();
    let mut found = None;
    for precedence in Precedence::ALL {
        let mut expansion = Expansion::new(alarms, precedence);
        let rule = expansion.composite(composite).ok()?;
        let one = reach::pairs(&rule, &domain)?.has(true, true);
        if found.is_some_and(|found| found != one) {
            return None;
        }
        found = Some(one);
    }
    found
}

/// Replaces composites among the children by their own rules.
struct Expansion<'a> {
    alarms: &'a Alarms,
    precedence: Precedence,
    above: Vec<String>,
    nodes: usize,
    depth: usize,
}

/// A rule that cannot be evaluated.
struct Stop {
    /// The composite alarm whose rule it is.
    at: String,
    answer: CompositeAnswer,
}

/// Most alarm references in an expanded rule.
const MOST_NODES: usize = 10_000;

/// Deepest nesting of an expanded rule.
const DEEPEST: usize = 100;

/// Composites so many levels above an alarm are not decided. Nobody nests them so deeply; CloudWatch names no limit.
pub const MOST_LEVELS: usize = 32;

impl<'a> Expansion<'a> {
    fn new(alarms: &'a Alarms, precedence: Precedence) -> Self {
        Self {
            alarms,
            precedence,
            above: Vec::new(),
            nodes: 0,
            depth: 0,
        }
    }

    fn composite(&mut self, name: &str) -> Result<Rule, Stop> {
        let stop = |answer: CompositeAnswer| Stop {
            at: name.to_owned(),
            answer,
        };
        if self.above.iter().any(|above| above == name) {
            return Err(stop(CompositeAnswer::Never(Fault::DependsOnItself)));
        }
        if self.above.len() > MOST_LEVELS {
            return Err(stop(CompositeAnswer::Unknown(Fault::RulesTooLarge)));
        }
        let Some(text) = self.alarms.rules.get(name) else {
            return Err(stop(CompositeAnswer::Unknown(Fault::RuleNotListed)));
        };
        // CloudWatch accepted it, so it is ours that we cannot read it.
        let rule = rule::parse(text, self.precedence).map_err(|error| {
            stop(CompositeAnswer::Unknown(Fault::RuleNotUnderstood {
                error: error.to_string(),
            }))
        })?;
        self.above.push(name.to_owned());
        let expanded = self.expand(rule);
        self.above.pop();
        expanded
    }

    fn expand(&mut self, rule: Rule) -> Result<Rule, Stop> {
        if self.depth > DEEPEST {
            return Err(self.stop(CompositeAnswer::Unknown(Fault::RulesTooLarge)));
        }
        self.depth += 1;
        let expanded = self.expand_parts(rule);
        self.depth -= 1;
        expanded
    }

    fn expand_parts(&mut self, rule: Rule) -> Result<Rule, Stop> {
        let each = |expansion: &mut Self, rules: Vec<Rule>| {
            rules
                .into_iter()
                .map(|rule| expansion.expand(rule))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match rule {
            Rule::Constant(_) => rule,
            Rule::Not(rule) => Rule::Not(Box::new(self.expand(*rule)?)),
            Rule::All(rules) => Rule::All(each(self, rules)?),
            Rule::Any(rules) => Rule::Any(each(self, rules)?),
            Rule::AtLeast(wanted, rules) => Rule::AtLeast(wanted, each(self, rules)?),
            Rule::State(state, reference) => self.state(state, &reference)?,
        })
    }

    fn stop(&self, answer: CompositeAnswer) -> Stop {
        Stop {
            at: self.above.last().cloned().unwrap_or_default(),
            answer,
        }
    }

    fn state(&mut self, state: AlarmState, reference: &str) -> Result<Rule, Stop> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(self.stop(CompositeAnswer::Unknown(Fault::RulesTooLarge)));
        }
        let Alarms {
            account, region, ..
        } = self.alarms;
        let Some(name) = local(reference, account, region) else {
            let child = reference.to_owned();
            // Nothing is said of a child in another account; one in another Region is refused.
            return Err(self.stop(if in_account(reference, account) {
                CompositeAnswer::Never(Fault::ChildElsewhere { child })
            } else {
                CompositeAnswer::Unknown(Fault::ChildElsewhere { child })
            }));
        };
        if self.alarms.rules.contains_key(&name) {
            let rule = self.composite(&name)?;
            return Ok(match state {
                AlarmState::Alarm => rule,
                AlarmState::Ok => Rule::Not(Box::new(rule)),
                // A composite has insufficient data only until its first evaluation.
                AlarmState::InsufficientData => Rule::Constant(false),
            });
        }
        if !self.alarms.states.contains_key(&name) {
            return Err(self.stop(CompositeAnswer::Unknown(Fault::ChildNotListed {
                child: name,
            })));
        }
        Ok(Rule::State(state, name))
    }
}
