//! Composite alarms above an alarm: which there are, and whether the transition of the alarm below moves them (C ids).
//!
//! What a rule does is decided by [`crate::aws::composite`]; here it gets the alarms and states of the Region.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::Error;
use super::cause::{CompositeAlarmCause, Open};
use super::facts::{AlarmRow, Facts, Question};
use super::judgement::{Judgement, missing};
use super::metric_alarm::Watched;
use super::moved_alarms::{InPart, MovedAlarms};
use super::verdict::{Link, LinkId, Subject, Verdict};
use crate::aws::alarm::{AlarmState, Stay};
use crate::aws::arn::{self, Location};
use crate::aws::composite::{
    self, Alarms, CompositeAnswer, Fault, MOST_LEVELS, Moved, Movement, Reach, Suppression,
    Suppressor,
};

/// A composite alarm above an alarm.
#[derive(Clone, Debug)]
pub(super) struct Above {
    pub(super) alarm: Rc<AlarmRow>,
    /// ARNs of the alarms below it, from the one that watches the metric upwards.
    pub(super) through: Vec<String>,
    pub(super) judgement: Judgement,
    /// When the event has it in ALARM.
    pub(super) movement: Movement,
    /// ARNs of the alarms each of which, in ALARM for good, keeps it there.
    pub(super) holders: Vec<String>,
    /// Whether another composite alarm is above this one.
    pub(super) has_more_above: bool,
}

/// The composite alarms of one account and Region, with the alarms that their rules can name.
#[derive(Clone, Debug, Default)]
pub(super) struct Region {
    alarms: Alarms,
    composites: BTreeMap<String, Rc<AlarmRow>>,
    /// Alarm -> names of the composite alarms whose rules name it.
    parents: BTreeMap<String, BTreeSet<String>>,
    /// Names and ARNs of the alarms that hold back the actions of others.
    suppressors: BTreeSet<String>,
    /// Alarms that name no metric: Metrics Insights and PromQL.
    pub(super) queries: Vec<Rc<AlarmRow>>,
    /// Not every composite alarm is known: what was asked in vain.
    unknown: Option<Link>,
}

impl Region {
    /// Reads the alarms of an account and Region.
    pub(super) fn read(facts: &Facts<'_>, account: &str, region: &str) -> Result<Self, Error> {
        let question = Question {
            account,
            region,
            service: "monitoring",
            operation: "DescribeAlarms",
            subject: "CompositeAlarm",
        };
        let asked = facts.asked(question)?;
        let unknown = (!asked.answered()).then(|| {
            let region = Subject::region(account, region);
            let open = Some(Open::CompositeAlarm);
            missing(
                LinkId::C01,
                Verdict::Unknown,
                region,
                question,
                &asked,
                open,
            )
        });
        let rows = facts.alarms_of_type(account, region, "composite")?;
        let queries = facts.query_alarms(account, region)?;
        let mut read = Self {
            queries,
            unknown,
            ..Self::default()
        };
        if rows.is_empty() {
            return Ok(read);
        }
        read.alarms.account = account.to_owned();
        read.alarms.region = region.to_owned();
        for (name, state) in facts.alarm_states(account, region)? {
            let state = state
                .as_deref()
                .and_then(AlarmState::parse)
                .unwrap_or(AlarmState::InsufficientData);
            read.alarms.states.insert(name, state);
        }
        for row in rows {
            let rule = row.alarm_rule.clone().unwrap_or_default();
            // A rule that cannot be read still names what it names.
            let children = composite::children(&rule, account, region).unwrap_or_else(|_| {
                read.alarms
                    .states
                    .keys()
                    .filter(|name| rule.contains(name.as_str()))
                    .cloned()
                    .collect()
            });
            for child in children.iter().filter(|child| **child != row.name) {
                let parents = read.parents.entry(child.clone()).or_default();
                parents.insert(row.name.clone());
            }
            read.suppressors.extend(row.actions_suppressor.clone());
            read.alarms.rules.insert(row.name.clone(), rule);
            read.composites.insert(row.name.clone(), row);
        }
        Ok(read)
    }

    /// Whether a composite alarm of the Region names this alarm, in its rule or as its suppressor.
    pub(super) fn looks_at(&self, alarm: &AlarmRow) -> bool {
        let here = alarm.account == self.alarms.account && alarm.region == self.alarms.region;
        here && (self.parents.contains_key(&alarm.name)
            || self.suppressors.contains(&alarm.name)
            || self.suppressors.contains(&alarm.arn))
    }

    /// The alarms with their states and rules.
    pub(super) fn into_alarms(self) -> Alarms {
        self.alarms
    }

    /// C01 where composite alarms above may exist that nobody could see.
    pub(super) fn unknown(&self, alarm: &AlarmRow) -> Option<Link> {
        let mut link = self.unknown.clone()?;
        link.subject = alarm.subject();
        Some(link)
    }

    /// The composite alarms that an alarm is below of, directly or through others, nearest first. `moves` is what the event
    /// does to all alarms.
    pub(super) fn above(&self, watched: &Watched, moves: &MovedAlarms) -> Vec<Above> {
        let child = watched.alarm.name.as_str();
        if !self.parents.contains_key(child) {
            return Vec::new();
        }
        let mut moved = moves.each.clone();
        // An alarm that the event does not move is at fault itself; what is wrong above it is told as if it were not.
        let own = moved
            .surely
            .entry(child.to_owned())
            .or_insert_with(|| watched.firing().map_or_else(one_evaluation, Movement::from))
            .clone();
        moved.perhaps.remove(child);
        let mut found = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut queue: VecDeque<(&str, Vec<String>)> =
            VecDeque::from([(watched.alarm.name.as_str(), vec![watched.alarm.arn.clone()])]);
        while let Some((child, through)) = queue.pop_front() {
            for name in self.parents.get(child).into_iter().flatten() {
                let Some(row) = self.composites.get(name) else {
                    continue;
                };
                if !seen.insert(name) {
                    continue;
                }
                let judged = |moved: &Moved| self.judge(row, &watched.alarm, through.len(), moved);
                let Judged {
                    mut judgement,
                    movement,
                    holders,
                } = judged(&moved);
                // A rule that holds whatever other alarms do holds for these events too; one that is broken loses all.
                if worst(&judgement) == Verdict::Unknown {
                    self.lose_in_part(row, &moved, &moves.in_part, judged, &mut judgement);
                }
                let mut further = through.clone();
                // Nobody reads how it goes on.
                if further.len() <= MOST_LEVELS {
                    further.push(row.arn.clone());
                }
                queue.push_back((name, further));
                found.push(Above {
                    alarm: Rc::clone(row),
                    through: through.clone(),
                    judgement,
                    holders,
                    movement: movement.unwrap_or_else(|| own.clone()),
                    has_more_above: self.parents.contains_key(name),
                });
            }
        }
        found
    }

    /// What a composite alarm makes of an event that does this to the alarms, and when it is in ALARM for it.
    fn judge(&self, row: &AlarmRow, below: &AlarmRow, levels: usize, moved: &Moved) -> Judged {
        let reach = match levels {
            0..=MOST_LEVELS => composite::reach(&row.name, &below.name, moved, &self.alarms),
            // Without a look at all that is below it.
            _ => Reach {
                answer: CompositeAnswer::Unknown(Fault::RulesTooLarge),
                at: row.name.clone(),
                movement: None,
                holders: BTreeSet::new(),
            },
        };
        let own = || moved.surely.get(&below.name).cloned();
        let movement = reach.movement.clone().or_else(own);
        let mut judgement = Judgement::default();
        judgement.say(self.link(&reach, row, below.evidence));
        // Broken already; the suppressor cannot make it worse.
        if let Some(movement) = &movement
            && !matches!(reach.answer, CompositeAnswer::Never(_))
        {
            judgement.say_all(self.suppressor(row, movement, &below.name, moved));
        }
        let here = Location {
            partition: arn::partition(&row.arn).unwrap_or("aws"),
            region: &row.region,
            account: &row.account,
        };
        Judged {
            judgement,
            movement,
            holders: reach.holders.iter().map(|name| here.alarm(name)).collect(),
        }
    }

    /// Lets those events through alone that do not move other alarms as well in a way that keeps the composite silent.
    fn lose_in_part(
        &self,
        row: &AlarmRow,
        moved: &Moved,
        parts: &[InPart],
        judged: impl Fn(&Moved) -> Judged,
        judgement: &mut Judgement,
    ) {
        for part in parts {
            if !part.alarms.keys().any(|name| self.is_below(name, row)) {
                continue;
            }
            let mut with = moved.clone();
            for (name, movement) in &part.alarms {
                with.perhaps.remove(name);
                let known = with.surely.entry(name.clone());
                known.or_insert_with(|| movement.clone());
            }
            let other = judged(&with);
            let mut links = other.judgement.links.iter();
            if let Some(link) = links.find(|link| link.verdict == Verdict::Broken) {
                let (subject, cause) = (link.subject.clone(), link.cause.clone());
                judgement.require(link.id, subject, cause, !part.events.clone());
            }
        }
    }

    /// Whether the state of an alarm counts for a composite alarm, through its rule, others' or a suppressor.
    fn is_below(&self, name: &str, composite: &AlarmRow) -> bool {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut queue = vec![name];
        while let Some(name) = queue.pop() {
            if name == composite.name {
                return true;
            }
            if !seen.insert(name) {
                continue;
            }
            queue.extend(
                self.parents
                    .get(name)
                    .into_iter()
                    .flatten()
                    .map(String::as_str),
            );
            let suppressed = self.composites.values().filter(|row| {
                let by = row.actions_suppressor.as_deref();
                by.is_some_and(|by| by == name || arn::short_name(by) == name)
            });
            queue.extend(suppressed.map(|row| row.name.as_str()));
        }
        false
    }

    /// What the rule makes of the event, about the composite alarm whose rule decides.
    fn link(&self, reach: &Reach, row: &AlarmRow, below: i64) -> Link {
        let decides = self.composites.get(&reach.at).map_or(row, Rc::as_ref);
        let link = match &reach.answer {
            CompositeAnswer::Always => Link::new(
                LinkId::C01,
                Verdict::Ok,
                row.subject(),
                CompositeAlarmCause::FollowsAlarm,
            ),
            CompositeAnswer::Masked { now } => Link::new(
                LinkId::C03,
                Verdict::Degraded,
                row.subject(),
                CompositeAlarmCause::MaskedByOthers { now: now.clone() },
            ),
            CompositeAnswer::Never(fault) => at_fault(fault, Verdict::Broken, decides),
            CompositeAnswer::Unknown(fault) => at_fault(fault, Verdict::Unknown, decides),
        };
        link.field(
            "AlarmRule",
            decides.alarm_rule.as_deref().unwrap_or("absent"),
        )
        .evidence([decides.evidence, below])
    }

    /// C04: an alarm that keeps the composite's actions back.
    fn suppressor(
        &self,
        composite: &AlarmRow,
        movement: &Movement,
        child: &str,
        moved: &Moved,
    ) -> Option<Link> {
        let alarm = composite.actions_suppressor.as_deref()?;
        let seconds = |period: Option<i64>| {
            period
                .and_then(|seconds| u64::try_from(seconds).ok())
                .unwrap_or_default()
        };
        let suppressor = Suppressor {
            alarm,
            wait: seconds(composite.suppressor_wait_period),
            extension: seconds(composite.suppressor_extension_period),
        };
        let found = composite::suppression(suppressor, movement, child, moved, &self.alarms);
        let verdict = match found {
            Suppression::LeavesBeforeWaitEnds { .. }
            | Suppression::EventMovesSuppressor { .. }
            | Suppression::SuppressorInAlarm { .. } => Verdict::Broken,
            Suppression::MayLeaveBeforeWaitEnds { .. }
            | Suppression::EventMayMoveSuppressor { .. }
            | Suppression::SuppressorMayBeInAlarm { .. }
            | Suppression::SuppressorNotListed { .. } => Verdict::Unknown,
        };
        let link = Link::new(LinkId::C04, verdict, composite.subject(), found)
            .field("ActionsSuppressor", alarm)
            .field("ActionsSuppressorWaitPeriod", suppressor.wait)
            .field("ActionsSuppressorExtensionPeriod", suppressor.extension)
            .evidence([composite.evidence]);
        Some(link)
    }
}

/// What an event does to a composite alarm.
struct Judged {
    judgement: Judgement,
    /// When it is in ALARM for the event, where it comes so far.
    movement: Option<Movement>,
    /// ARNs of the alarms each of which, in ALARM for good, keeps it there.
    holders: Vec<String>,
}

fn worst(judgement: &Judgement) -> Verdict {
    let verdicts = judgement.links.iter().map(|link| link.verdict);
    verdicts.max().unwrap_or(Verdict::Ok)
}

/// The course of an alarm of which nothing is known but that it goes into ALARM.
fn one_evaluation() -> Movement {
    Movement {
        enters: 0,
        stay: Stay {
            least: 60,
            most: 900,
        },
        resting: vec![AlarmState::Ok, AlarmState::InsufficientData],
    }
}

fn at_fault(fault: &Fault, verdict: Verdict, composite: &AlarmRow) -> Link {
    let id = match fault {
        Fault::HangsOnStates { .. }
        | Fault::NeedsStates { .. }
        | Fault::HeldInAlarm { .. }
        | Fault::MovesTogether { .. }
        | Fault::TimingDecides { .. }
        | Fault::DoesNotFollow { .. }
        | Fault::DoesNotDepend { .. } => LinkId::C02,
        Fault::AlwaysTrue => LinkId::C03,
        Fault::DependsOnItself
        | Fault::RuleNotListed
        | Fault::RuleNotUnderstood { .. }
        | Fault::RulesTooLarge
        | Fault::TooManyStates
        | Fault::PrecedenceDecides
        | Fault::ChildNotListed { .. } => LinkId::C05,
        Fault::ChildElsewhere { .. } => LinkId::C07,
    };
    Link::new(id, verdict, composite.subject(), fault.clone())
}
