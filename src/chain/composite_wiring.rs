//! Composite alarms above an alarm: which there are, and whether the transition of the alarm below moves them (C ids).
//!
//! What a rule does is decided by [`crate::aws::composite`]; here it gets the alarms and states of the Region.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Error;
use super::cause::Open;
use super::facts::{AlarmRow, Facts, Question};
use super::stage::{Stage, missing};
use super::verdict::{Link, LinkId, Subject, Verdict};
use super::watch::Watched;
use crate::aws::composite::{self, AlarmState, Alarms, Reach};

/// A composite alarm above an alarm.
#[derive(Clone, Debug)]
pub(super) struct Above {
    pub(super) alarm: AlarmRow,
    /// ARNs of the alarms below it, from the one that watches the metric upwards.
    pub(super) through: Vec<String>,
    pub(super) stage: Stage,
    /// Whether another composite alarm is above this one.
    pub(super) has_more_above: bool,
}

/// The composite alarms of one account and Region, with the alarms that their rules can name.
#[derive(Clone, Debug, Default)]
pub(super) struct Region {
    alarms: Alarms,
    composites: BTreeMap<String, AlarmRow>,
    /// Composite alarm -> names of the alarms in its rule.
    children: BTreeMap<String, BTreeSet<String>>,
    /// Alarms that name no metric: Metrics Insights and PromQL.
    pub(super) queries: Vec<AlarmRow>,
    /// Not every composite alarm is known: what was asked in vain.
    unknown: Option<Link>,
}

impl Region {
    /// Reads the alarms of an account and Region.
    pub(super) fn read(facts: &Facts<'_>, account: &str, region: &str) -> Result<Self, Error> {
        let ask = |subject| Question {
            account,
            region,
            service: "monitoring",
            operation: "DescribeAlarms",
            subject,
        };
        let question = ask("CompositeAlarm");
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
        read.alarms.complete = true;
        for kind in ["MetricAlarm", "CompositeAlarm", "LogAlarm"] {
            read.alarms.complete &= facts.asked(ask(kind))?.answered();
        }
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
            read.children.insert(row.name.clone(), children);
            read.alarms.rules.insert(row.name.clone(), rule);
            read.composites.insert(row.name.clone(), row);
        }
        Ok(read)
    }

    /// C01 where composite alarms above may exist that nobody could see.
    pub(super) fn unknown(&self, alarm: &AlarmRow) -> Option<Link> {
        let mut link = self.unknown.clone()?;
        link.subject = alarm.subject();
        Some(link)
    }

    /// The composite alarms that an alarm is below of, directly or through others, nearest first.
    pub(super) fn above(&self, facts: &Facts<'_>, watched: &Watched) -> Result<Vec<Above>, Error> {
        let mut found = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut queue: VecDeque<(&str, Vec<String>)> =
            VecDeque::from([(watched.alarm.name.as_str(), vec![watched.alarm.arn.clone()])]);
        while let Some((child, through)) = queue.pop_front() {
            for name in self.parents(child) {
                let Some(row) = self.composites.get(name) else {
                    continue;
                };
                if !seen.insert(name) {
                    continue;
                }
                let mut stage = Stage::default();
                let reach =
                    composite::reach(name, &watched.alarm.name, &watched.resting, &self.alarms);
                stage.say(
                    reach
                        .link(&row.subject())
                        .field("AlarmRule", row.alarm_rule.as_deref().unwrap_or("absent"))
                        .evidence([row.evidence, watched.alarm.evidence]),
                );
                // Broken already; the suppressor cannot make it worse.
                if !matches!(reach, Reach::Never { .. }) {
                    suppressor(facts, row, watched.coalescing, &mut stage)?;
                }
                let mut further = through.clone();
                further.push(row.arn.clone());
                queue.push_back((name, further));
                found.push(Above {
                    alarm: row.clone(),
                    through: through.clone(),
                    stage,
                    has_more_above: self.parents(name).next().is_some(),
                });
            }
        }
        Ok(found)
    }

    fn parents<'r>(&'r self, child: &'r str) -> impl Iterator<Item = &'r str> {
        self.children
            .iter()
            .filter(move |(name, children)| children.contains(child) && name.as_str() != child)
            .map(|(name, _)| name.as_str())
    }
}

/// C04: an alarm that keeps the composite's actions back.
///
/// The composite waits WaitPeriod for the suppressor and acts on the state that it has then.
fn suppressor(
    facts: &Facts<'_>,
    composite: &AlarmRow,
    coalescing: Option<u64>,
    stage: &mut Stage,
) -> Result<(), Error> {
    let Some(suppressor) = &composite.actions_suppressor else {
        return Ok(());
    };
    let wait = composite.suppressor_wait_period.unwrap_or_default();
    let said = |verdict, reason: String| {
        Link::new(LinkId::C04, verdict, composite.subject(), reason)
            .field("ActionsSuppressor", suppressor)
            .field("ActionsSuppressorWaitPeriod", wait)
            .field(
                "ActionsSuppressorExtensionPeriod",
                composite.suppressor_extension_period.unwrap_or_default(),
            )
            .evidence([composite.evidence])
    };
    if let Some(stays) = coalescing.and_then(|seconds| i64::try_from(seconds).ok())
        && stays < wait
    {
        stage.say(said(
            Verdict::Broken,
            format!("the composite alarm waits {wait} seconds for its suppressor, and is back from ALARM after {stays}"),
        ));
        return Ok(());
    }
    let state = facts.alarm_state_by_name(&composite.account, &composite.region, suppressor)?;
    stage.say(match state.as_deref() {
        Some("ALARM") => said(
            Verdict::Broken,
            format!("the suppressor `{suppressor}` is in ALARM: the composite alarm does not act"),
        ),
        Some(_) => said(
            Verdict::Weak,
            format!("the composite alarm does not act while `{suppressor}` is in ALARM"),
        ),
        None => said(
            Verdict::Weak,
            format!("the state of the suppressor `{suppressor}` is not in the snapshot"),
        ),
    });
    Ok(())
}
