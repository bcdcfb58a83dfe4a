//! What really happened: the transitions that the records should have made, against those that CloudWatch has on record.
//!
//! Compared is only the time that both cover. An expected transition is confirmed by one on record about then, and each of these confirms
//! one: CloudTrail delivers about five minutes after the event, sometimes a quarter of an hour. An expected one may be none where the alarm
//! is in `ALARM` still for the one before. Any other is missing; a transition on record that no event explains is unexpected.

use jiff::Timestamp;

use crate::chain::{FailedAction, History, RecordedAlarm};

use super::story::{InAlarm, Story};
use super::tally::First;

/// How much later than the event's minute a transition may be on record, in seconds.
const LATE: i64 = 20 * 60;
/// How much earlier, for clocks that differ.
const EARLY: i64 = 2 * 60;

/// An alarm's expected transitions against the recorded ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Begin of the time that records and history both cover, in seconds since 1970.
    pub from: i64,
    /// Its end.
    pub to: i64,
    /// Expected transitions that are on record.
    pub confirmed: u64,
    /// Those that may be none, since the alarm is on record as being in `ALARM` still for the one before.
    pub continued: u64,
    /// Those that are not on record.
    pub missing: Vec<Missing>,
    /// Recorded transitions that no event explains, in seconds since 1970.
    pub unexpected: Vec<i64>,
    /// Times in which every expected transition is missing, one after the other.
    pub silent: Vec<Silence>,
    /// Actions on record that failed in this time; none where they were not asked for.
    pub failed: Option<Vec<FailedAction>>,
}

/// An expected transition without a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// When it was expected, in seconds since 1970.
    pub at: i64,
    /// The first event that should have made it; none where that was not kept.
    pub event: Option<First>,
    /// Whether the alarm is on record as being in `ALARM` about then.
    pub in_alarm: bool,
    /// Since when, in seconds since 1970; none where that is before the history begins.
    pub in_alarm_since: Option<i64>,
    /// Whether the alarm was configured anew after that: it may have been another one then.
    pub configured_later: bool,
}

/// A time in which the alarm did nothing of what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// The first missing transition, in seconds since 1970.
    pub from: i64,
    /// The last.
    pub to: i64,
    /// How many.
    pub missing: u64,
    /// The confirmed transition before.
    pub confirmed_before: Option<i64>,
    /// The confirmed transition after.
    pub confirmed_after: Option<i64>,
}

/// Why nothing is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCompared {
    /// The snapshot holds no history.
    NoHistory,
    /// Records and history cover no common time.
    NoOverlap,
    /// The alarm was not run.
    NotRun,
    /// It is about what would have been.
    WouldHaveBeen,
}

/// What an alarm should have done.
pub(super) struct Occasion<'o> {
    pub(super) story: &'o Story,
    /// The time of the records.
    pub(super) span: (i64, i64),
    /// The first event of a minute.
    pub(super) first: &'o dyn Fn(i64) -> Option<&'o First>,
}

/// A stay in `ALARM` on record, in seconds since 1970.
struct Recorded {
    begin: i64,
    end: i64,
    /// The position of the expected one that it confirms.
    confirms: Option<usize>,
}

/// Compares what an alarm should have done with what is on record.
pub(super) fn compare(
    alarm: &RecordedAlarm,
    occasion: Occasion<'_>,
) -> Result<Comparison, NotCompared> {
    let Occasion { story, span, first } = occasion;
    let history = alarm.history.as_ref().ok_or(NotCompared::NoHistory)?;
    let second = |time: &str| time.parse::<Timestamp>().ok().map(Timestamp::as_second);
    let whole = second(&history.from).zip(second(&history.to));
    let (begin, end) = whole.ok_or(NotCompared::NoOverlap)?;
    // What the last record should have made comes after it.
    let read = (span.1.div_euclid(60) + 1) * 60;
    let last = story.stays.last().map_or(read, |stay| read.max(at(stay)));
    // What is expected at the very end may not be on record yet.
    let (from, to) = (span.0.max(begin + EARLY), last.min(end - LATE));
    if from > to {
        return Err(NotCompared::NoOverlap);
    }
    let mut stays = recorded(history);
    for (position, stay) in story.stays.iter().enumerate() {
        let about = at(stay) - EARLY..=at(stay) + LATE;
        let mut free = stays.iter_mut().filter(|it| it.confirms.is_none());
        if let Some(found) = free.find(|it| about.contains(&it.begin)) {
            found.confirms = Some(position);
        }
    }
    let mut found = Comparison {
        from,
        to,
        failed: failed(history, from..=to + LATE),
        ..Comparison::default()
    };
    let configured = alarm.configured_at.as_deref().and_then(second);
    let mut confirmed = Vec::new();
    for (position, stay) in story.stays.iter().enumerate() {
        let at = at(stay);
        if at < from || at > to {
            continue;
        }
        if stays.iter().any(|it| it.confirms == Some(position)) {
            found.confirmed += 1;
            confirmed.push(at);
            continue;
        }
        let mut during = stays.iter();
        let during = during.find(|it| it.begin <= at + LATE && it.end >= at - EARLY);
        let before = during.and_then(|it| story.stays.get(it.confirms?));
        if before.is_some_and(|before| before.from <= stay.from && at <= leaves(story, before)) {
            found.continued += 1;
            continue;
        }
        found.missing.push(Missing {
            at,
            event: stay.event.and_then(first).cloned(),
            in_alarm: during.is_some(),
            in_alarm_since: during.map(|it| it.begin).filter(|at| *at > i64::MIN),
            configured_later: configured.is_some_and(|time| time > at),
        });
    }
    for stay in stays.iter().filter(|it| it.confirms.is_none()) {
        let explains = |it: &InAlarm| {
            let end = it.to.map_or(i64::MAX, |to| to * 60);
            at(it) - EARLY <= stay.begin && stay.begin <= end.saturating_add(LATE)
        };
        // What came before the records may be on record up to then.
        let is_covered = stay.begin > from + LATE && stay.begin <= read;
        if is_covered && !story.stays.iter().any(explains) {
            found.unexpected.push(stay.begin);
        }
    }
    found.silent = silences(&found.missing, &confirmed);
    Ok(found)
}

/// When a transition is expected, in seconds since 1970.
fn at(stay: &InAlarm) -> i64 {
    stay.from * 60
}

/// Until when an alarm may be in `ALARM` for an expected transition, in seconds since 1970.
fn leaves(story: &Story, stay: &InAlarm) -> i64 {
    let mut late = story.late_stays.iter();
    let within =
        |(from, to): &&(i64, Option<i64>)| *from <= stay.from && to.is_none_or(|to| stay.from < to);
    let end = late.find(within).map_or(stay.to, |(_, to)| *to);
    end.map_or(i64::MAX, |end| end * 60 + LATE)
}

fn failed(history: &History, time: std::ops::RangeInclusive<i64>) -> Option<Vec<FailedAction>> {
    let failed = history.failed.as_ref()?.iter().filter(|action| {
        let at = action.time.parse::<Timestamp>();
        at.is_ok_and(|at| time.contains(&at.as_second()))
    });
    Some(failed.cloned().collect())
}

/// The times in which the alarm is on record as being in `ALARM`, in seconds since 1970.
fn recorded(history: &History) -> Vec<Recorded> {
    let mut stays = Vec::new();
    let mut since = None;
    let mut add = |begin, end| {
        stays.push(Recorded {
            begin,
            end,
            confirms: None,
        });
    };
    for change in &history.changes {
        let Some(at) = change
            .time
            .parse::<Timestamp>()
            .ok()
            .map(Timestamp::as_second)
        else {
            continue;
        };
        if change.to == "ALARM" {
            since.get_or_insert(at);
        } else if let Some(begin) = since.take() {
            add(begin, at);
        } else if change.from == "ALARM" {
            // It went in before the history begins.
            add(i64::MIN, at);
        }
    }
    if let Some(begin) = since {
        add(begin, i64::MAX);
    }
    stays
}

/// Missing transitions with no confirmed one between them.
fn silences(missing: &[Missing], confirmed: &[i64]) -> Vec<Silence> {
    let mut silences: Vec<Silence> = Vec::new();
    for one in missing {
        let before = confirmed.iter().copied().rfind(|at| *at < one.at);
        let after = confirmed.iter().copied().find(|at| *at > one.at);
        match silences.last_mut() {
            Some(last) if last.confirmed_before == before => {
                last.to = one.at;
                last.missing += 1;
            }
            _ => silences.push(Silence {
                from: one.at,
                to: one.at,
                missing: 1,
                confirmed_before: before,
                confirmed_after: after,
            }),
        }
    }
    silences
}
