//! The sentences of a replay, the same for a terminal and for Markdown.

use jiff::Timestamp;

use crate::aws::alarm::Reason;
use crate::chain::verdict::Cause;
use crate::chain::{FailedAction, NotFollowed};
use crate::replay::{
    AlarmOutcome, Comparison, ControlOutcome, Missed, NotCompared, NotRun, ReplayOutcome, Surplus,
};
use crate::report::{fix, words};

use super::ReplayDossier;

/// Kinds that are shown of a control; the JSON has all.
pub(super) const SHOWN: usize = 5;

/// The counts in one line.
pub(super) fn summary(dossier: ReplayDossier<'_>) -> String {
    let controls = &dossier.outcome.controls;
    let sum = |count: fn(&ControlOutcome) -> u64| controls.iter().map(count).sum::<u64>();
    let mut line = format!(
        "{} asked for, {} heard, {} missed ({})",
        count(sum(|it| it.asked), "event"),
        sum(|it| it.heard),
        sum(missed_of),
        dossier.outcome.benchmark
    );
    let undecided = sum(undecided_of);
    if undecided > 0 {
        line.push_str(&format!("; {undecided} undecided"));
    }
    match &dossier.outcome.records {
        records if records.read == 0 => line.push_str("; no record was read"),
        records if records.judged == 0 => line.push_str("; no record was judged"),
        _ => {}
    }
    let damaged = &dossier.files.damaged;
    if !damaged.is_empty() {
        let files = count(damaged.len() as u64, "file");
        line.push_str(&format!("; {files} damaged"));
    }
    line
}

pub(super) fn missed_of(control: &ControlOutcome) -> u64 {
    control.missed.iter().map(|missed| missed.count).sum()
}

pub(super) fn undecided_of(control: &ControlOutcome) -> u64 {
    control.undecided.iter().map(|missed| missed.count).sum()
}

/// `1 event`, `2 events`.
pub(super) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// One kind of missed events.
pub(super) fn missed(missed: &Missed) -> String {
    let text = |name: &str| {
        let found = missed.example.get(name).and_then(|value| value.as_str());
        found.unwrap_or("?").to_owned()
    };
    format!(
        "{} {} ({}), first at {} as eventID {}: {}",
        missed.count,
        missed.event_name,
        missed.event_source,
        text("eventTime"),
        text("eventID"),
        words::at(&missed.stop)
    )
}

/// One kind of noise.
pub(super) fn noise(surplus: &Surplus) -> String {
    let mut line = format!(
        "{} {} by {}",
        surplus.count,
        surplus.event_name,
        principal_type(surplus)
    );
    if let Some((name, most)) = &surplus.principal {
        if *most == surplus.count {
            line.push_str(&format!(", all by `{name}`"));
        } else {
            line.push_str(&format!(", {most} of them by `{name}`"));
        }
    }
    line
}

/// Where an alarm needs several events and got them: each of them is missed by itself, and together they did notify.
pub(super) fn together(control: &ControlOutcome, outcome: &ReplayOutcome) -> Option<String> {
    let needs_several = |missed: &&Missed| {
        let cause = &missed.stop.cause;
        matches!(cause, Cause::SingleEvent(Reason::NeedsEvents { .. }))
    };
    let subjects = control.missed.iter().filter(needs_several);
    let arns: Vec<&str> = subjects
        .filter_map(|missed| missed.stop.subject.as_ref()?.arn.as_deref())
        .collect();
    let alarms = outcome.alarms.iter();
    let told = alarms.filter_map(|alarm| match notifications(alarm)? {
        number @ 1.. if arns.contains(&alarm.arn.as_str()) => Some(format!(
            "{} of alarm `{}`",
            count(number, "notification"),
            alarm.name
        )),
        _ => None,
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return None;
    }
    Some(format!(
        "each is missed by itself; those that came close enough together made {}",
        told.join(" and ")
    ))
}

fn principal_type(surplus: &Surplus) -> &str {
    match surplus.principal_type.as_str() {
        "" => "nobody named",
        kind => kind,
    }
}

/// How often the alarms of a control would have notified somebody, and of what most of all; none where they did so less than
/// once a day.
pub(super) fn how_often(control: &ControlOutcome, outcome: &ReplayOutcome) -> Option<String> {
    let alarms = outcome.alarms.iter();
    let own = alarms.filter(|alarm| control.alarms.contains(&alarm.arn));
    let number = own.filter_map(notifications).sum::<u64>();
    let mut line = format!(
        "it would have notified {}",
        often(number, seconds(outcome), outcome.records.judged)?
    );
    if let Some(most) = control.told.by.first() {
        let (count, whom) = match &most.principal {
            Some((name, count)) => (*count, format!("`{name}`")),
            None => (most.count, principal_type(most).to_owned()),
        };
        let share = (count as f64 * 100.0 / control.told.count.max(1) as f64).round();
        line.push_str(&format!(
            "; {share}% of the events behind that are {} by {whom}",
            most.event_name
        ));
    }
    Some(line)
}

const DAY: i64 = 86_400;

/// How often something happened in a time: a rate where that is a day at least, since nobody knows the rest of a shorter
/// one. None for less than once a day. Between the first and the last of so many records is one gap less than there are records: over 30
/// days, of which each has one, once a day and not 30 times in 29 days.
fn often(number: u64, seconds: i64, records: u64) -> Option<String> {
    let within = match seconds {
        ..120 => "less than 2 minutes".to_owned(),
        seconds => words::span(seconds),
    };
    let gaps = records.saturating_sub(1).max(1) as f64;
    let time = seconds.max(DAY) as f64 * records.max(1) as f64 / gaps;
    let rate = number as f64 * DAY as f64 / time;
    match seconds {
        // What would be told as less than 1.0.
        _ if rate < 0.95 => None,
        ..DAY => Some(format!("{} in {within}", times(number))),
        _ if rate < 10.0 => Some(format!("{rate:.1} times a day ({number} in {within})")),
        _ => Some(format!("{rate:.0} times a day ({number} in {within})")),
    }
}

/// From the first record to the last.
fn seconds(outcome: &ReplayOutcome) -> i64 {
    let second = |time: &String| Some(time.parse::<Timestamp>().ok()?.as_second());
    let span = outcome.records.span.as_ref();
    let ends = span.and_then(|(from, to)| second(from).zip(second(to)));
    ends.map_or(0, |(from, to)| to.saturating_sub(from))
}

/// The notifications of an alarm; none where it was not run.
fn notifications(alarm: &AlarmOutcome) -> Option<u64> {
    let story = alarm.story.as_ref().ok()?;
    let told = alarm.silenced_by.is_none();
    Some(if told { story.notifications } else { 0 })
}

/// What the counts rest on.
pub(super) const ASSUMED: &str =
    "The chain is the snapshot's: that it was the same when these events were recorded is assumed.";

/// Why an alarm was not run over the recorded time.
pub(super) fn not_run(why: &NotRun) -> String {
    match why {
        NotRun::Metric(NotFollowed::Expression) => {
            "it watches an expression or a query, which is not run over recorded time".to_owned()
        }
        NotRun::Metric(NotFollowed::Dimensions) => {
            "its metric has dimensions, which are not counted".to_owned()
        }
        NotRun::Metric(NotFollowed::ValueIsField) => {
            "a metric filter publishes a field of the event, which is not counted".to_owned()
        }
        NotRun::Metric(NotFollowed::NoWriter) => "no metric filter writes its metric".to_owned(),
        NotRun::Evaluation(not_told) => words::sentence(&Cause::SingleEvent(not_told.0.clone())),
        NotRun::Rule(fault) => words::sentence(&Cause::CompositeRule(fault.clone())),
        NotRun::Below(alarm) => {
            format!("its rule names the alarm `{alarm}`, which is not run over recorded time")
        }
        NotRun::Suppressor(alarm) => format!(
            "the alarm `{alarm}` holds its actions back, which is not run over recorded time"
        ),
    }
}

/// The actions that failed, as far as that is known.
fn failed(found: &Comparison) -> &[FailedAction] {
    found.failed.as_deref().unwrap_or_default()
}

/// Whether there is something to tell of an alarm: records that count in it, why it was not run, or what is on record without
/// them.
pub(super) fn is_told(alarm: &AlarmOutcome) -> bool {
    let on_record = alarm.history.as_ref();
    let beside = on_record.is_ok_and(|it| !it.unexpected.is_empty() || !failed(it).is_empty());
    alarm.events > 0 || alarm.story.is_err() || beside
}

/// What an alarm did, in a sentence.
pub(super) fn alarm(alarm: &AlarmOutcome) -> String {
    let events = count(alarm.events, "event");
    let story = match &alarm.story {
        Err(why) => return format!("not run: {}", not_run(why)),
        Ok(story) => story,
    };
    let mut line = match &alarm.silenced_by {
        Some(stop) => format!(
            "{events}, into ALARM {}, and nobody told: {}",
            times(story.transitions),
            words::at(stop)
        ),
        None => {
            let notifications = count(story.notifications, "notification");
            let mut line = format!("{events}, {notifications}");
            if story.at_least < story.notifications {
                line.push_str(&format!(
                    " (no fewer than {} if {})",
                    story.at_least,
                    match story.perhaps_muted {
                        0 => "CloudWatch looks at older periods",
                        _ => "mute rules held back what they may have",
                    }
                ));
            }
            line
        }
    };
    if let Some((day, most)) = story.days.iter().max_by_key(|(_, count)| **count)
        && story.days.len() > 1
    {
        line.push_str(&format!(", {most} of them on {day}"));
    }
    if story.muted > 0 && alarm.silenced_by.is_none() {
        line.push_str(&format!(
            ", {} held back by mute rules until it had left ALARM",
            count(story.muted, "more transition")
        ));
    }
    if story.coalesced > 0 {
        let events = count(story.coalesced, "event");
        line.push_str(&format!(", {events} without one of its own"));
    }
    if story.unmoved > 0 {
        let events = count(story.unmoved, "event");
        line.push_str(&format!(", {events} that did not move it"));
    }
    if story.transitions > 0 {
        line.push_str(&format!(
            ", at most {} after the event, at most {} in ALARM",
            words::span(i64::try_from(story.latest).unwrap_or(i64::MAX)),
            words::span(i64::try_from(story.longest_stay).unwrap_or(i64::MAX))
        ));
    }
    if story.still_in_alarm {
        line.push_str(", and there still");
    }
    line
}

fn times(number: u64) -> String {
    match number {
        1 => "once".to_owned(),
        more => format!("{more} times"),
    }
}

/// The title of what would have been.
pub(super) fn what_if_title(dossier: ReplayDossier<'_>) -> &'static str {
    match dossier.fix {
        Some(_) => "After the fix",
        None => "With other patterns",
    }
}

/// What would have become of the records with other patterns, or after a fix: a line for each control that it is about, and
/// for each alarm that does otherwise.
pub(super) fn what_if(dossier: ReplayDossier<'_>) -> Vec<String> {
    let outcome = dossier.outcome;
    let Some(what_if) = &outcome.what_if else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if let Some(fix) = dossier.fix {
        lines.push(fix::summary(fix));
    }
    for (before, after) in outcome.controls.iter().zip(&what_if.controls) {
        let mut patterns = what_if.patterns.iter();
        let pattern = patterns.find(|(control, _)| *control == after.control);
        let with = match pattern {
            Some((_, pattern)) => format!(" with `{pattern}`"),
            None if dossier.fix.is_some() && differs(before, after) => String::new(),
            None => continue,
        };
        lines.push(format!(
            "{} in {}{with}: missed {} before and {} after, noise {} before and {} after",
            after.control,
            after.account,
            missed_of(before),
            missed_of(after),
            before.noise.count,
            after.noise.count
        ));
    }
    lines.extend(alarms_before_and_after(&outcome.alarms, &what_if.alarms));
    lines
}

fn differs(before: &ControlOutcome, after: &ControlOutcome) -> bool {
    let counts = |it: &ControlOutcome| (it.heard, missed_of(it), it.noise.count);
    counts(before) != counts(after)
}

fn alarms_before_and_after(before: &[AlarmOutcome], after: &[AlarmOutcome]) -> Vec<String> {
    let mut lines = Vec::new();
    for alarm in after {
        let Some(now) = notifications(alarm) else {
            continue;
        };
        let was = before.iter().find(|it| it.arn == alarm.arn);
        let name = &alarm.name;
        match was.map(notifications) {
            Some(Some(was)) if was == now => {}
            Some(Some(was)) => lines.push(format!(
                "alarm `{name}`: {was} notifications before and {now} after"
            )),
            Some(None) => {}
            None => lines.push(format!(
                "alarm `{name}` is new: {}",
                count(now, "notification")
            )),
        }
    }
    lines
}

/// A time in seconds since 1970.
pub(super) fn time(at: i64) -> String {
    let otherwise = if at < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_second(at).unwrap_or(otherwise).to_string()
}

/// Why an alarm's history is not compared.
pub(super) fn not_compared(why: NotCompared) -> &'static str {
    match why {
        NotCompared::NoHistory => "the snapshot holds no history of its states",
        NotCompared::NoOverlap => {
            "records and recorded states cover no common time: nothing is concluded"
        }
        NotCompared::NotRun => "it was not run: nothing was expected of it",
        NotCompared::WouldHaveBeen => "it would have been: nothing is on record of it",
    }
}

/// What really happened, in sentences; none where nothing was expected and nothing happened.
pub(super) fn history(alarm: &AlarmOutcome) -> Vec<String> {
    let found = match &alarm.history {
        Ok(found) => found,
        Err(NotCompared::NoOverlap) => {
            return vec![not_compared(NotCompared::NoOverlap).to_owned()];
        }
        Err(NotCompared::NoHistory | NotCompared::NotRun | NotCompared::WouldHaveBeen) => {
            return Vec::new();
        }
    };
    let nothing = found.confirmed + found.continued == 0
        && found.missing.is_empty()
        && found.unexpected.is_empty()
        && failed(found).is_empty();
    if nothing {
        return Vec::new();
    }
    let mut lines = vec![format!(
        "on record from {} to {}: {} confirmed, {} missing, {} unexpected",
        time(found.from),
        time(found.to),
        found.confirmed,
        found.missing.len(),
        found.unexpected.len()
    )];
    if found.continued > 0 {
        lines.push(format!(
            "{} that may be none, since it was in ALARM still for the event before",
            count(found.continued, "expected transition")
        ));
    }
    let neighbour = |at: Option<i64>| at.map_or_else(|| "none".to_owned(), time);
    for silence in &found.silent {
        let (from, to) = (time(silence.from), time(silence.to));
        let mut line = match silence.missing {
            1 => format!("it did not go into ALARM at {from}, as was expected"),
            more => format!(
                "it did not go into ALARM from {from} to {to}, where {more} transitions were expected"
            ),
        };
        line.push_str(&format!(
            "; the last confirmed before is {}, the first after {}",
            neighbour(silence.confirmed_before),
            neighbour(silence.confirmed_after)
        ));
        let mut within = found
            .missing
            .iter()
            .filter(|missing| missing.at >= silence.from && missing.at <= silence.to);
        let first = within.clone().next();
        if let Some(event) = first.and_then(|missing| missing.event.as_ref()) {
            line.push_str(&format!(
                "; the first event is {} at {}Z as eventID {}",
                event.name, event.time, event.id
            ));
        }
        match first.map(|missing| (missing.in_alarm, missing.in_alarm_since)) {
            Some((true, None)) => {
                line.push_str("; it had been in ALARM since before the history begins");
            }
            Some((true, Some(since))) => {
                line.push_str(&format!("; it had been in ALARM since {}", time(since)));
            }
            _ => {}
        }
        if within.any(|missing| missing.configured_later) {
            line.push_str("; the alarm was configured anew after that");
        }
        lines.push(line);
    }
    for at in found.unexpected.iter().take(SHOWN) {
        let at = time(*at);
        lines.push(format!("it went into ALARM at {at} without an event"));
    }
    for failed in failed(found).iter().take(SHOWN) {
        lines.push(format!(
            "its action `{}` failed at {}: {}",
            failed.action, failed.time, failed.error
        ));
    }
    let rest = failed(found).len().saturating_sub(SHOWN);
    if rest > 0 {
        lines.push(format!("{} failed besides", count(rest as u64, "action")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_a_day_is_told_of_a_day_of_records_and_no_less() {
        for (number, seconds, expected) in [
            (0, 0, None),
            (0, 28 * 60, None),
            (1, 0, Some("once in less than 2 minutes")),
            (2, 28 * 60, Some("2 times in 28 minutes")),
            (212, DAY - 1, Some("212 times in 23 hours")),
            (212, DAY, Some("212 times a day (212 in 24 hours)")),
            (1, DAY, Some("1.0 times a day (1 in 24 hours)")),
            (1, DAY + 1, Some("1.0 times a day (1 in 24 hours)")),
            (1, 2 * DAY, None),
            (45, 30 * DAY, Some("1.5 times a day (45 in 30 days)")),
            (6360, 30 * DAY, Some("212 times a day (6360 in 30 days)")),
        ] {
            assert_eq!(
                often(number, seconds, 1_000_000_000).as_deref(),
                expected,
                "{number} in {seconds}"
            );
        }
    }

    #[test]
    fn thirty_records_a_day_apart_made_more_than_one_a_day() {
        assert_eq!(
            often(30, 29 * DAY, 30).as_deref(),
            Some("1.0 times a day (30 in 29 days)")
        );
        // Every other day.
        assert_eq!(often(15, 28 * DAY, 15), None);
    }
}
