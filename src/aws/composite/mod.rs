//! Composite alarms: does one alarm's transition into `ALARM` make the composite's?
//!
//! Called for a metric alarm and a composite above it, directly or through other composites. Actions of a composite run
//! on its own transition only, so it must be false before and true after (C01 to C03, C05, C07). Sees no SQL.

mod reach;
mod rule;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use reach::{Domain, Pairs, pairs};
pub use rule::{AlarmState, RuleError};
use rule::{Precedence, Rule};

use crate::chain::verdict::{Link, LinkId, Subject, Verdict};

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
    /// Whether these are all alarms there are; if not, a missing child may exist.
    pub complete: bool,
}

/// What the transition of one child does to the composite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Makes its transition, whatever the other alarms do.
    Always,
    /// Makes it unless another alarm already holds the composite in `ALARM`.
    Masked {
        /// Alarms that hold it there right now.
        now: Vec<String>,
    },
    /// Makes it in the present states of the other alarms, not in all.
    Now {
        /// Why.
        reason: String,
    },
    /// Does not make it.
    Never {
        /// The condition.
        id: LinkId,
        /// Why.
        reason: String,
    },
    /// Cannot be told.
    Unknown {
        /// The condition.
        id: LinkId,
        /// Why.
        reason: String,
    },
}

impl Reach {
    /// The link of this answer, about the composite.
    pub fn link(&self, subject: &Subject) -> Link {
        match self {
            Self::Always => Link::new(
                LinkId::C01,
                Verdict::Ok,
                subject,
                "the composite alarm follows the alarm",
            ),
            Self::Masked { now } if now.is_empty() => Link::new(
                LinkId::C03,
                Verdict::Degraded,
                subject,
                "while another alarm of the composite is in ALARM, an event makes no further notification",
            ),
            Self::Masked { now } => {
                let names = quoted(now);
                let reason = format!(
                    "{names} holds the composite alarm in ALARM now: until it leaves, an event makes no notification"
                );
                Link::new(LinkId::C03, Verdict::Degraded, subject, reason.as_str())
            }
            Self::Now { reason } => Link::new(LinkId::C02, Verdict::Weak, subject, reason.as_str()),
            Self::Never { id, reason } => Link::new(*id, Verdict::Broken, subject, reason.as_str()),
            Self::Unknown { id, reason } => {
                Link::new(*id, Verdict::Unknown, subject, reason.as_str())
            }
        }
    }
}

fn quoted(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
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

/// The name behind a reference; `None` for an ARN of another account or Region.
fn local(reference: &str, account: &str, region: &str) -> Option<String> {
    let Some(rest) = reference.strip_prefix("arn:") else {
        return Some(reference.to_owned());
    };
    let mut parts = rest.splitn(6, ':').skip(1);
    let here = [
        Some("cloudwatch"),
        Some(region),
        Some(account),
        Some("alarm"),
    ];
    let matches = here.into_iter().all(|expected| parts.next() == expected);
    parts.next().filter(|_| matches).map(str::to_owned)
}

/// What `child` going into ALARM from one of the `resting` states does to `composite`.
pub fn reach(composite: &str, child: &str, resting: &[AlarmState], alarms: &Alarms) -> Reach {
    let mut answers: Vec<Reach> = Vec::new();
    for precedence in Precedence::ALL {
        let mut expansion = Expansion {
            alarms,
            precedence,
            above: Vec::new(),
            nodes: 0,
        };
        let answer = match expansion.composite(composite) {
            Ok(rule) => classify(&rule, child, resting, alarms),
            Err(stop) => stop,
        };
        if !answers.contains(&answer) {
            answers.push(answer);
        }
    }
    match answers.pop() {
        Some(answer) if answers.is_empty() => answer,
        _ => Reach::Unknown {
            id: LinkId::C05,
            reason: "the rule mixes AND and OR without parentheses, and its readings differ"
                .to_owned(),
        },
    }
}

/// Replaces composites among the children by their own rules.
struct Expansion<'a> {
    alarms: &'a Alarms,
    precedence: Precedence,
    above: Vec<String>,
    nodes: usize,
}

/// Most alarm references in an expanded rule.
const MOST_NODES: usize = 10_000;

impl Expansion<'_> {
    fn composite(&mut self, name: &str) -> Result<Rule, Reach> {
        let stop = |reason: String| Reach::Never {
            id: LinkId::C05,
            reason,
        };
        if self.above.iter().any(|above| above == name) {
            return Err(stop(format!(
                "the composite alarm `{name}` depends on itself, so none of them is evaluated"
            )));
        }
        let Some(text) = self.alarms.rules.get(name) else {
            return Err(Reach::Unknown {
                id: LinkId::C05,
                reason: format!("the rule of `{name}` is not in the snapshot"),
            });
        };
        let rule = rule::parse(text, self.precedence).map_err(|error| {
            // CloudWatch accepted it, so it is ours that we cannot read it.
            Reach::Unknown {
                id: LinkId::C05,
                reason: error.to_string(),
            }
        })?;
        self.above.push(name.to_owned());
        let expanded = self.expand(rule);
        self.above.pop();
        expanded
    }

    fn expand(&mut self, rule: Rule) -> Result<Rule, Reach> {
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

    fn state(&mut self, state: AlarmState, reference: &str) -> Result<Rule, Reach> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            let reason = "the rules of nested composite alarms are too large together".to_owned();
            return Err(Reach::Unknown {
                id: LinkId::C05,
                reason,
            });
        }
        let Some(name) = local(reference, &self.alarms.account, &self.alarms.region) else {
            let reason =
                format!("the rule names `{reference}`, an alarm of another account or Region");
            return Err(Reach::Never {
                id: LinkId::C07,
                reason,
            });
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
            return Err(if self.alarms.complete {
                let reason = format!(
                    "the rule names `{name}`, which does not exist, so it is not evaluated"
                );
                Reach::Never {
                    id: LinkId::C05,
                    reason,
                }
            } else {
                let reason = format!("the rule names `{name}`, which is not in the snapshot");
                Reach::Unknown {
                    id: LinkId::C05,
                    reason,
                }
            });
        }
        Ok(Rule::State(state, name))
    }
}

fn classify(rule: &Rule, child: &str, resting: &[AlarmState], alarms: &Alarms) -> Reach {
    let mut siblings = BTreeSet::new();
    let mut related = false;
    mentioned(rule, &mut |name| {
        if name == child {
            related = true;
        } else {
            siblings.insert(name.to_owned());
        }
    });
    if !related {
        return Reach::Never {
            id: LinkId::C02,
            reason: format!("the rule does not depend on `{child}`"),
        };
    }
    let over = |domain: &Domain| {
        resting.iter().try_fold(Pairs::NONE, |all, from| {
            pairs(rule, child, *from, domain).map(|pairs| all.with(pairs))
        })
    };
    let quiet: Domain = siblings
        .iter()
        .map(|name| {
            (
                name.clone(),
                vec![AlarmState::Ok, AlarmState::InsufficientData],
            )
        })
        .collect();
    let present: Domain = siblings
        .iter()
        .filter_map(|name| {
            alarms
                .states
                .get(name)
                .map(|state| (name.clone(), vec![*state]))
        })
        .collect();
    let (Some(all), Some(quiet), Some(now)) = (over(&Domain::new()), over(&quiet), over(&present))
    else {
        let reason = "too many alarms occur more than once in the rule".to_owned();
        return Reach::Unknown {
            id: LinkId::C05,
            reason,
        };
    };
    if all.only_fires() {
        return Reach::Always;
    }
    if !all.has(false, true) {
        return if all.has(false, false) || all.has(true, false) {
            let reason = format!(
                "the composite alarm does not go into ALARM when `{child}` does, whatever the other alarms do"
            );
            Reach::Never {
                id: LinkId::C02,
                reason,
            }
        } else {
            Reach::Never {
                id: LinkId::C03,
                reason: "the rule is true without any event, so it makes no transition".to_owned(),
            }
        };
    }
    let masked = Pairs::of(false, true).with(Pairs::of(true, true));
    if quiet.only_fires() && all == masked {
        let in_alarm = |name: &String| alarms.states.get(name) == Some(&AlarmState::Alarm);
        let now = if now.only_fires() {
            Vec::new()
        } else {
            siblings.into_iter().filter(in_alarm).collect()
        };
        return Reach::Masked { now };
    }
    if now.only_fires() {
        let reason = "whether the composite alarm goes into ALARM depends on the states of other alarms; in those of now it does";
        return Reach::Now {
            reason: reason.to_owned(),
        };
    }
    let reason = if now.has(true, true) {
        "other alarms hold the composite alarm in ALARM, so an event makes no transition"
    } else {
        "the composite alarm needs other alarms in states that they are not in"
    };
    Reach::Never {
        id: LinkId::C02,
        reason: reason.to_owned(),
    }
}
