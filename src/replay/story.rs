//! What an alarm did over recorded time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::aws::alarm::AlarmState;
use crate::aws::alarm::series::Transition;
use crate::aws::mute::{Diary, LATE, Window};

/// What an alarm did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Story {
    /// Transitions into `ALARM`, where it leaves `ALARM` as soon as it may.
    pub transitions: u64,
    /// Those of them whose action a mute rule holds back until the alarm has left `ALARM`.
    pub muted: u64,
    /// Those of them of which that hangs on how late CloudTrail delivered and how long the alarm stayed, or on rules that are not known.
    pub perhaps_muted: u64,
    /// Transitions whose action runs: each is a notification where nothing silences it. An alarm that leaves `ALARM` as late
    /// as CloudWatch allows, or whose records came late, makes `at_least` of them.
    pub notifications: u64,
    /// See `notifications`.
    pub at_least: u64,
    /// Notifications by day, `2026-11-21`; what a mute rule holds back is told when its window ends.
    pub days: BTreeMap<String, u64>,
    /// Seconds from the minute of an event to the notification that it made, at most.
    pub latest: u64,
    /// Events that came while the alarm was in `ALARM`, or with another one: they made no transition of their own.
    pub coalesced: u64,
    /// Events that it did not go into `ALARM` for.
    pub unmoved: u64,
    /// The longest stay in `ALARM` in seconds.
    pub longest_stay: u64,
    /// Whether it is in `ALARM` at the end.
    pub still_in_alarm: bool,
    /// When it was in `ALARM`.
    pub stays: Vec<InAlarm>,
    /// The same where it leaves `ALARM` as late as CloudWatch allows: minutes since 1970.
    pub late_stays: Vec<(i64, Option<i64>)>,
}

/// A time in `ALARM`, in minutes since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InAlarm {
    /// The transition into it.
    pub from: i64,
    /// The transition out of it.
    pub to: Option<i64>,
    /// The minute of the first event behind it.
    pub event: Option<i64>,
}

/// Both histories of an alarm.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    /// Where it leaves `ALARM` as soon as it may.
    pub(super) soonest: Vec<Transition>,
    /// As late as CloudWatch allows.
    pub(super) latest: Vec<Transition>,
    /// Minutes over which an evaluation looks back.
    pub(super) reach: i64,
    /// Minutes by which it may stay longer.
    pub(super) slack: i64,
}

/// What mutes an alarm.
pub(super) struct Mutes<'d> {
    pub(super) diary: &'d mut Diary,
    /// Whether all rules are known.
    pub(super) known: bool,
}

/// What becomes of the action of a transition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It runs at this minute.
    Runs(i64),
    /// It may be held back for good; else it runs at this minute.
    MayBeLost(i64),
    /// It is held back until the alarm has left `ALARM`.
    Lost,
}

/// Tells what an alarm did with events, of which so many came in each minute.
pub(super) fn story(run: &Run, counts: &BTreeMap<i64, u64>, mut mutes: Mutes<'_>) -> Story {
    let (soonest, latest) = (stays(&run.soonest), stays(&run.latest));
    let of_soonest: Vec<Fate> = soonest
        .iter()
        .map(|(from, to)| mutes.fate(*from, (*to, to.map(|to| to + run.slack))))
        .collect();
    let of_latest: Vec<Fate> = latest
        .iter()
        .map(|(from, to)| mutes.fate(*from, (to.map(|to| to - run.slack), *to)))
        .collect();
    let run_at_most = |fates: &[Fate]| fates.iter().filter(|it| **it != Fate::Lost).count() as u64;
    let surely = |fates: &[Fate]| {
        let runs = fates.iter().filter(|it| matches!(it, Fate::Runs(_)));
        runs.count() as u64
    };
    let notifications = run_at_most(&of_soonest).max(run_at_most(&of_latest));
    let at_least = surely(&of_soonest).min(surely(&of_latest));
    let mut story = Story {
        transitions: soonest.len() as u64,
        muted: soonest.len() as u64 - run_at_most(&of_soonest),
        perhaps_muted: match mutes.known {
            true => run_at_most(&of_soonest) - surely(&of_soonest),
            false => run_at_most(&of_soonest),
        },
        notifications,
        at_least: if mutes.known { at_least } else { 0 },
        late_stays: latest,
        ..Story::default()
    };
    let mut covered = 0;
    let mut told_until = i64::MIN;
    for ((from, to), fate) in soonest.into_iter().zip(of_soonest) {
        // The first event that no stay before had told of.
        let first = counts.range(told_until.max(from - run.reach)..from).next();
        let event = first.map(|(minute, _)| *minute);
        if let Fate::Runs(at) | Fate::MayBeLost(at) = fate {
            *story.days.entry(day(at)).or_default() += 1;
            if let Some(minute) = event {
                story.latest = story.latest.max(seconds(at - minute));
            }
        }
        told_until = to.unwrap_or(i64::MAX);
        let within = counts.range(event.unwrap_or(from)..told_until);
        let within: u64 = within.map(|(_, count)| count).sum();
        covered += within;
        story.coalesced += within - u64::from(event.is_some());
        let last = || counts.keys().next_back().copied().unwrap_or(from);
        let end = to.unwrap_or_else(last);
        story.longest_stay = story.longest_stay.max(seconds(end - from));
        story.still_in_alarm |= to.is_none();
        story.stays.push(InAlarm { from, to, event });
    }
    story.unmoved = counts.values().sum::<u64>() - covered;
    story
}

impl Mutes<'_> {
    /// What becomes of the action of a transition at a minute, after which the alarm leaves `ALARM` at the earliest and at the
    /// latest at others. CloudTrail may deliver the events later.
    fn fate(&mut self, from: i64, leaves: (Option<i64>, Option<i64>)) -> Fate {
        let windows = self.diary.around(from);
        let ends = |window: &Window| window.end.as_second().div_euclid(60);
        let begins = |window: &Window| window.begin.as_second().div_euclid(60);
        let holds = |window: &&Window| begins(window) <= from && from < ends(window);
        let surely = windows.sure.iter().find(holds);
        let (earliest, latest) = leaves;
        let lost = surely.is_some_and(|window| match latest {
            Some(latest) => latest + LATE < ends(window),
            // It is held back as long as can be seen.
            None => ends(window) - from > LONGEST,
        });
        if lost {
            return Fate::Lost;
        }
        let at = surely.map_or(from, ends);
        let may_be_lost = |window: &Window| {
            begins(window) <= from + LATE && earliest.is_some_and(|to| to <= ends(window))
        };
        match windows.possible.iter().any(may_be_lost) {
            true => Fate::MayBeLost(at),
            false => Fate::Runs(at),
        }
    }
}

/// In minutes: no single window of a mute rule is longer (15 days).
const LONGEST: i64 = 16 * 24 * 60;

fn seconds(minutes: i64) -> u64 {
    u64::try_from(minutes.saturating_mul(60)).unwrap_or_default()
}

/// The day of a minute, in UTC.
fn day(minute: i64) -> String {
    let time = Timestamp::from_second(minute.saturating_mul(60)).unwrap_or(Timestamp::MAX);
    time.strftime("%Y-%m-%d").to_string()
}

/// When the alarm went into `ALARM`, and when it left.
fn stays(transitions: &[Transition]) -> Vec<(i64, Option<i64>)> {
    let mut stays = Vec::new();
    let mut since = None;
    for transition in transitions {
        match (transition.to, since) {
            (AlarmState::Alarm, None) => since = Some(transition.minute),
            (AlarmState::Ok | AlarmState::InsufficientData, Some(from)) => {
                stays.push((from, Some(transition.minute)));
                since = None;
            }
            _ => {}
        }
    }
    stays.extend(since.map(|from| (from, None)));
    stays
}
