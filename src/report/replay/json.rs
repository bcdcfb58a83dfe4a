//! The JSON contract of `replay`: its own types, as that of `analyze`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::analyze::Stop;
use crate::replay::{AlarmOutcome, Comparison, ControlOutcome, Missed, Noise};
use crate::report::json::Premises;
use crate::report::text::json_document;
use crate::report::{fix, words};

use super::{ReplayDossier, files, sentences};

#[derive(Serialize)]
struct Report<'a> {
    schema_version: u32,
    benchmark: &'a str,
    #[serde(flatten)]
    premises: Premises,
    records: Records<'a>,
    controls: Vec<Control<'a>>,
    alarms: Vec<Alarm<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<What<'a>>,
    files: Files<'a>,
}

/// The fix that was tried.
#[derive(Serialize)]
struct Fix {
    /// How many resources it changes.
    changes: usize,
    summary: String,
}

/// The same with other filter patterns, or after a fix.
#[derive(Serialize)]
struct What<'a> {
    patterns: Vec<Replaced<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
    controls: Vec<Control<'a>>,
    alarms: Vec<Alarm<'a>>,
}

#[derive(Serialize)]
struct Replaced<'a> {
    control: &'a str,
    pattern: &'a str,
}

#[derive(Serialize)]
struct Records<'a> {
    read: u64,
    distinct: u64,
    /// Of `distinct`: those of accounts of the snapshot.
    judged: u64,
    /// `eventTime` of the first and the last that were judged.
    from: Option<&'a str>,
    to: Option<&'a str>,
    duplicates: u64,
    outside: u64,
    /// Of `outside`: those of accounts that were not asked for.
    other_accounts: u64,
    unplaced: u64,
    doubtful: u64,
    /// Distinct records of accounts that the snapshot does not hold.
    not_in_snapshot: &'a BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Files<'a> {
    read: usize,
    /// Files and folders.
    left_alone: usize,
    left_alone_by: BTreeMap<&'static str, usize>,
    /// Files that hold something else than records, or nothing.
    without_records: &'a [String],
    /// Values and log events that are no records.
    others: u64,
    damaged: Vec<Damaged<'a>>,
}

#[derive(Serialize)]
struct Damaged<'a> {
    file: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct Control<'a> {
    account: &'a str,
    control: &'a str,
    benchmark_id: &'a str,
    title: &'a str,
    asked: u64,
    heard: u64,
    missed: Vec<MissedKind<'a>>,
    undecided: Vec<MissedKind<'a>>,
    noise: Vec<Surplus<'a>>,
    /// All that the control's filters tell of, whoever asked.
    told: Vec<Surplus<'a>>,
    /// The alarms behind the control's filters.
    alarms: &'a [String],
}

#[derive(Serialize)]
struct MissedKind<'a> {
    count: u64,
    event_name: &'a str,
    event_source: &'a str,
    broken_link: &'static str,
    cause: Value,
    reason: String,
    example: &'a Value,
}

#[derive(Serialize)]
struct Surplus<'a> {
    event_name: &'a str,
    event_source: &'a str,
    principal_type: &'a str,
    count: u64,
    /// Who made the most of them.
    principal: Option<&'a str>,
    principal_count: Option<u64>,
}

#[derive(Serialize)]
struct Alarm<'a> {
    account: &'a str,
    alarm: &'a str,
    name: &'a str,
    events: u64,
    /// Transitions into ALARM whose action told somebody; 0 where something silences the alarm.
    notifications: Option<u64>,
    /// Where the alarm leaves ALARM as late as CloudWatch allows, and mute rules hold back what they may.
    notifications_at_least: Option<u64>,
    /// Actions that run by day.
    days: Option<&'a BTreeMap<String, u64>>,
    transitions: Option<u64>,
    /// Of `transitions`: those whose action a mute rule held back until the alarm had left ALARM.
    muted: Option<u64>,
    /// Of `transitions`: those of which that is not known.
    perhaps_muted: Option<u64>,
    latest_seconds: Option<u64>,
    coalesced: Option<u64>,
    /// Events that it did not go into ALARM for.
    unmoved: Option<u64>,
    longest_in_alarm_seconds: Option<u64>,
    still_in_alarm: Option<bool>,
    silenced_by: Option<Value>,
    not_run: Option<String>,
    /// Against what CloudWatch has on record.
    history: Option<History>,
    not_compared: Option<&'static str>,
}

#[derive(Serialize)]
struct History {
    from: String,
    to: String,
    confirmed: u64,
    /// Expected transitions while the alarm was in ALARM still for the event before, as it may be.
    continued: u64,
    missing: Vec<MissingTransition>,
    unexpected: Vec<String>,
    silent: Vec<Silent>,
    /// None where they were not asked for.
    failed_actions: Option<Vec<Failed>>,
}

#[derive(Serialize)]
struct MissingTransition {
    time: String,
    /// The first event that should have made it.
    event: Option<Value>,
    /// Whether it was in ALARM then.
    in_alarm: bool,
    /// Since when; none where that is before the history begins.
    in_alarm_since: Option<String>,
    configured_later: bool,
}

#[derive(Serialize)]
struct Failed {
    time: String,
    action: String,
    error: String,
}

#[derive(Serialize)]
struct Silent {
    from: String,
    to: String,
    missing: u64,
    confirmed_before: Option<String>,
    confirmed_after: Option<String>,
}

fn history(found: &Comparison) -> History {
    let time = |at: i64| sentences::time(at);
    let missing = found.missing.iter();
    let silent = found.silent.iter();
    History {
        from: time(found.from),
        to: time(found.to),
        confirmed: found.confirmed,
        continued: found.continued,
        missing: missing
            .map(|missing| MissingTransition {
                time: time(missing.at),
                event: missing.event.as_ref().map(|event| {
                    json!({"event_name": event.name, "event_id": event.id, "event_time": format!("{}Z", event.time)})
                }),
                in_alarm: missing.in_alarm,
                in_alarm_since: missing.in_alarm_since.map(time),
                configured_later: missing.configured_later,
            })
            .collect(),
        failed_actions: found.failed.as_ref().map(|failed| {
            let failed = failed.iter().map(|failed| Failed {
                time: failed.time.clone(),
                action: failed.action.clone(),
                error: failed.error.clone(),
            });
            failed.collect()
        }),
        unexpected: found.unexpected.iter().map(|at| time(*at)).collect(),
        silent: silent
            .map(|silence| Silent {
                from: time(silence.from),
                to: time(silence.to),
                missing: silence.missing,
                confirmed_before: silence.confirmed_before.map(time),
                confirmed_after: silence.confirmed_after.map(time),
            })
            .collect(),
    }
}

fn alarm(alarm: &AlarmOutcome) -> Alarm<'_> {
    let story = alarm.story.as_ref().ok();
    let told = |number: u64| {
        if alarm.silenced_by.is_none() {
            number
        } else {
            0
        }
    };
    Alarm {
        account: &alarm.account,
        alarm: &alarm.arn,
        name: &alarm.name,
        events: alarm.events,
        notifications: story.map(|it| told(it.notifications)),
        notifications_at_least: story.map(|it| told(it.at_least)),
        days: story.map(|it| &it.days),
        transitions: story.map(|it| it.transitions),
        muted: story.map(|it| it.muted),
        perhaps_muted: story.map(|it| it.perhaps_muted),
        latest_seconds: story.map(|it| it.latest),
        coalesced: story.map(|it| it.coalesced),
        unmoved: story.map(|it| it.unmoved),
        longest_in_alarm_seconds: story.map(|it| it.longest_stay),
        still_in_alarm: story.map(|it| it.still_in_alarm),
        silenced_by: alarm.silenced_by.as_ref().map(
            |stop| json!({"link": stop.id.code(), "cause": cause(stop), "reason": words::at(stop)}),
        ),
        not_run: alarm.story.as_ref().err().map(sentences::not_run),
        history: alarm.history.as_ref().ok().map(history),
        not_compared: alarm
            .history
            .as_ref()
            .err()
            .map(|why| sentences::not_compared(*why)),
    }
}

/// The replay as one JSON document, ending with a line break.
pub(super) fn render(dossier: ReplayDossier<'_>) -> String {
    let outcome = dossier.outcome;
    let records = &outcome.records;
    let span = records.span.as_ref();
    let read = dossier.files;
    let damaged = read.damaged.iter();
    let left_alone = read.left_alone.iter();
    json_document(&Report {
        schema_version: 1,
        benchmark: &outcome.benchmark,
        premises: Premises::of(dossier.premises),
        records: Records {
            read: records.read,
            distinct: records.distinct,
            judged: records.judged,
            from: span.map(|(from, _)| from.as_str()),
            to: span.map(|(_, to)| to.as_str()),
            duplicates: records.duplicates,
            outside: records.outside,
            other_accounts: records.other_accounts,
            unplaced: records.unplaced,
            doubtful: records.doubtful,
            not_in_snapshot: &records.strangers,
        },
        controls: outcome.controls.iter().map(control).collect(),
        alarms: outcome.alarms.iter().map(alarm).collect(),
        what_if: outcome.what_if.as_ref().map(|what_if| What {
            patterns: what_if
                .patterns
                .iter()
                .map(|(control, pattern)| Replaced { control, pattern })
                .collect(),
            fix: dossier.fix.map(|fix| Fix {
                changes: fix.changes.len(),
                summary: fix::summary(fix),
            }),
            controls: what_if.controls.iter().map(control).collect(),
            alarms: what_if.alarms.iter().map(alarm).collect(),
        }),
        files: Files {
            read: read.read,
            left_alone: read.left_alone.values().sum(),
            left_alone_by: left_alone
                .map(|(why, number)| (files::code(*why), *number))
                .collect(),
            without_records: &read.without_records,
            others: read.others,
            damaged: damaged.map(|(file, why)| Damaged { file, why }).collect(),
        },
    })
}

fn control(control: &ControlOutcome) -> Control<'_> {
    Control {
        account: &control.account,
        control: &control.control,
        benchmark_id: &control.number,
        title: &control.title,
        asked: control.asked,
        heard: control.heard,
        missed: control.missed.iter().map(missed).collect(),
        undecided: control.undecided.iter().map(missed).collect(),
        noise: noise(&control.noise),
        told: noise(&control.told),
        alarms: &control.alarms,
    }
}

fn missed(missed: &Missed) -> MissedKind<'_> {
    MissedKind {
        count: missed.count,
        event_name: &missed.event_name,
        event_source: &missed.event_source,
        broken_link: missed.stop.id.code(),
        cause: cause(&missed.stop),
        reason: words::at(&missed.stop),
        example: &missed.example,
    }
}

/// As in `analyze`: the code of the cause with its values, and the subject.
fn cause(stop: &Stop) -> Value {
    let mut cause = json!(stop.cause);
    if let (Value::Object(members), Some(subject)) = (&mut cause, &stop.subject) {
        members.insert("subject".to_owned(), json!(subject));
    }
    cause
}

fn noise(noise: &Noise) -> Vec<Surplus<'_>> {
    let by = noise.by.iter();
    by.map(|surplus| Surplus {
        event_name: &surplus.event_name,
        event_source: &surplus.event_source,
        principal_type: &surplus.principal_type,
        count: surplus.count,
        principal: surplus.principal.as_ref().map(|(name, _)| name.as_str()),
        principal_count: surplus.principal.as_ref().map(|(_, count)| *count),
    })
    .collect()
}
