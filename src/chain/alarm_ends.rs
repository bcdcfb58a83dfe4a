//! What hangs on an alarm: its switch, what mutes it, its actions, their topics and the subscriptions of these. The same for every
//! filter that moves the alarm alike, so it is walked once for each course that the alarm takes.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::facts::{Action, AlarmRow, Facts};
use super::path::Subscription;
use super::tail::{Alike, Extent, Tail, Told};
use super::verdict::LinkId;
use super::{Error, alarm_actions, alarm_message, mute_rules, subscription, topic};
use crate::aws::alarm::{AlarmState, SilentTimes, Stay};
use crate::aws::mute::{self, Calendar, Windows};

/// An alarm that acts, and what is known of its course.
pub(super) struct Acting<'a> {
    pub(super) alarm: &'a AlarmRow,
    pub(super) stay: Stay,
    /// Seconds from the event to the transition.
    pub(super) enters: u64,
    pub(super) resting: &'a [AlarmState],
    /// When the alarm below hears nothing.
    pub(super) silent: &'a Windows,
    /// The same as hours of any time.
    pub(super) hours: &'a SilentTimes,
    /// The id under which its switch is told.
    pub(super) switch: LinkId,
}

/// What hangs on an alarm that goes into ALARM, each way from the alarm on.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Whether it has an action.
    pub(super) acts: bool,
    pub(super) tails: Vec<Tail>,
}

/// What hangs on the alarms that were walked so far.
#[derive(Debug)]
pub(super) struct AlarmEnds {
    extent: Extent,
    /// By the alarm and its course.
    known: HashMap<String, Rc<Ends>>,
}

impl AlarmEnds {
    pub(super) fn new(extent: Extent) -> Self {
        Self {
            extent,
            known: HashMap::new(),
        }
    }

    /// The ways on from an alarm.
    pub(super) fn of(&mut self, facts: &Facts<'_>, acting: &Acting<'_>) -> Result<Rc<Ends>, Error> {
        let alarm = acting.alarm;
        let key = format!(
            "{}\u{1}{}\u{1}{:?}",
            alarm.account,
            alarm.arn,
            (
                acting.switch,
                acting.stay,
                acting.enters,
                acting.resting,
                acting.silent
            )
        );
        if let Some(ends) = self.known.get(&key) {
            return Ok(Rc::clone(ends));
        }
        let ends = Rc::new(self.walk_actions(facts, acting)?);
        self.known.insert(key, Rc::clone(&ends));
        Ok(ends)
    }

    fn walk_actions(&self, facts: &Facts<'_>, acting: &Acting<'_>) -> Result<Ends, Error> {
        let alarm = acting.alarm;
        let actions = alarm_actions::actions(facts, alarm)?;
        let mut ends = Ends::default();
        if actions.is_empty() {
            return Ok(ends);
        }
        ends.acts = true;
        let mut tail = Tail::default();
        tail.judgement
            .say(alarm_actions::enabled(alarm, acting.switch));
        let (said, muted) = mute_rules::muted(facts, alarm, acting.stay)?;
        tail.judgement.extend(said);
        tail.muted = Arc::new(mute::union([muted, acting.silent.clone()]));
        let (names, rules) = mute_rules::schedules(facts, alarm)?;
        tail.calendar = Arc::new(Calendar {
            names,
            rules,
            hours: acting.hours.clone(),
            stay: acting.stay,
            enters: acting.enters,
        });
        for action in &actions {
            ends.tails
                .extend(self.walk_action(facts, acting, &tail, action)?);
        }
        Ok(ends)
    }

    fn walk_action(
        &self,
        facts: &Facts<'_>,
        acting: &Acting<'_>,
        before: &Tail,
        action: &Action,
    ) -> Result<Vec<Tail>, Error> {
        let Acting { alarm, resting, .. } = *acting;
        let mut tail = before.clone();
        tail.action = Some(action.arn.clone());
        if !topic::is_topic(&action.arn) {
            return Ok(vec![
                tail.saying(alarm_actions::other_action(alarm, action)),
            ]);
        }
        let judged = topic::judge(facts, alarm, &action.arn)?;
        tail.judgement.extend(judged.judgement.clone());
        if !judged.exists {
            return Ok(vec![tail]);
        }
        let listing = subscription::listed(facts, &judged)?;
        let mut tails: Vec<Tail> = Vec::new();
        tails.extend(listing.link.map(|link| tail.saying(link)));
        let message = alarm_message::of(facts, alarm, resting)?;
        let mut passes = |attributes: &_, subject: &_, judgement: &mut _| {
            subscription::passes_alarm(attributes, &message, subject, judgement);
        };
        let mut alike = Alike::default();
        let may_be_many = self.extent.may_leave_out(listing.rows.len());
        for row in listing.rows.iter() {
            let mut end = tail.clone();
            end.subscription = Some(Subscription {
                arn: row.arn.clone(),
                protocol: row.protocol.clone(),
                endpoint: row.endpoint.clone(),
                more: 0,
            });
            let said = subscription::judge(facts, &judged, row, &mut passes)?;
            end.judgement.extend(said);
            let told = may_be_many.then(|| {
                Told {
                    at: &row.protocol,
                    names: [&row.arn, &row.endpoint],
                    judgement: &end.judgement,
                }
                .apart_from_names()
            });
            let enough = told.as_ref().and_then(|told| alike.has_enough(told));
            // What is left out is counted with the last one that is not.
            let last = enough.and_then(|last| tails.get_mut(last));
            if let Some(last) = last.and_then(|tail| tail.subscription.as_mut()) {
                last.more += 1;
                continue;
            }
            if let Some(told) = told {
                alike.note(told, tails.len());
            }
            tails.push(end);
        }
        Ok(tails)
    }
}
