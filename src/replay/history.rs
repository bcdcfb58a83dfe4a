//! What really happened: the transitions that the records should have made, against those that CloudWatch has on record.
//!
//! Compared is only the time that both cover. An expected transition is confirmed where the alarm is on record as being in
//! `ALARM` about then: CloudTrail delivers about five minutes after the event, sometimes a quarter of an hour. One that is
//! not is missing; a transition on record that no event explains is unexpected.

use jiff::Timestamp;

use crate::chain::{History, MetricAlarm};

use super::story::Story;

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
    /// Those that are not.
    pub missing: Vec<Missing>,
    /// Recorded transitions that no event explains, in seconds since 1970.
    pub unexpected: Vec<i64>,
    /// Times in which every expected transition is missing, one after the other.
    pub silent: Vec<Silence>,
}

/// An expected transition without a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// When it was expected, in seconds since 1970.
    pub at: i64,
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
}

/// Compares what an alarm should have done with what is on record. `span` is the time of the records.
pub(super) fn compare(
    alarm: &MetricAlarm,
    story: &Story,
    span: Option<(i64, i64)>,
) -> Result<Comparison, NotCompared> {
    let history = alarm.history.as_ref().ok_or(NotCompared::NoHistory)?;
    let stays = recorded(history);
    let second = |time: &str| time.parse::<Timestamp>().ok().map(Timestamp::as_second);
    let whole = second(&history.from).zip(second(&history.to));
    let ((first, last), (from, to)) = span.zip(whole).ok_or(NotCompared::NoOverlap)?;
    // What is expected at the very end may not be on record yet.
    let (from, to) = (first.max(from), last.min(to - LATE));
    if from >= to {
        return Err(NotCompared::NoOverlap);
    }
    let configured = alarm.configured_at.as_deref().and_then(second);
    let mut found = Comparison {
        from,
        to,
        ..Comparison::default()
    };
    let mut confirmed = Vec::new();
    for (minute, _) in &story.stays {
        let at = minute * 60;
        if at < from || at > to {
            continue;
        }
        let about = |(begin, end): &(i64, i64)| *begin <= at + LATE && *end >= at - EARLY;
        if stays.iter().any(about) {
            found.confirmed += 1;
            confirmed.push(at);
        } else {
            found.missing.push(Missing {
                at,
                configured_later: configured.is_some_and(|time| time > at),
            });
        }
    }
    for (begin, _) in &stays {
        let explains = |(from, to): &(i64, Option<i64>)| {
            let end = to.map_or(i64::MAX, |to| to * 60);
            from * 60 - EARLY <= *begin && *begin <= end.saturating_add(LATE)
        };
        if *begin >= from && *begin <= to && !story.stays.iter().any(explains) {
            found.unexpected.push(*begin);
        }
    }
    found.silent = silences(&found.missing, &confirmed);
    Ok(found)
}

/// The times in which the alarm is on record as being in `ALARM`, in seconds since 1970.
fn recorded(history: &History) -> Vec<(i64, i64)> {
    let mut stays = Vec::new();
    let mut since = None;
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
            stays.push((begin, at));
        } else if change.from == "ALARM" {
            // It went in before the history begins.
            stays.push((i64::MIN, at));
        }
    }
    stays.extend(since.map(|begin| (begin, i64::MAX)));
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
