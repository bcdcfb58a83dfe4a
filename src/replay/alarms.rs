//! What the alarms would have done: the per-minute counts of the metric filters, run through CloudWatch's evaluation.
//!
//! A record counts in the minute of its `eventTime`. CloudTrail delivers it about five minutes later, which moves a
//! history and changes nothing in it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::analyze::{Hearing, Stop};
use crate::aws::alarm::AlarmState;
use crate::aws::alarm::series::{NotTold, Older, Samples, Transition, transitions};
use crate::chain::verdict::{LinkId, Station, Verdict};
use crate::chain::{AccountChain, MetricAlarm, NotFollowed, Path, Writer};

use super::history::{Comparison, NotCompared, compare};
use super::plan::Plan;
use super::story::Story;
use super::tally::AccountTally;

/// One alarm over the recorded time.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmOutcome {
    /// Its account.
    pub account: String,
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Records that count in its metric.
    pub events: u64,
    /// What it did.
    pub story: Result<Story, NotRun>,
    /// What keeps its notifications from everybody, where something does.
    pub silenced_by: Option<Stop>,
    /// What really happened, where the alarm was run.
    pub history: Result<Comparison, NotCompared>,
}

/// Why an alarm was not run.
#[derive(Debug, Clone, PartialEq)]
pub enum NotRun {
    /// Its metric is not followed.
    Metric(NotFollowed),
    /// Its evaluation is not documented.
    Evaluation(NotTold),
}

/// The series of all metric filters, of whatever account the events are.
type Series = BTreeMap<(String, String), FilterSeries>;

#[derive(Default)]
struct FilterSeries {
    counts: BTreeMap<i64, u64>,
    arrivals: BTreeSet<i64>,
}

/// Runs the alarms of the accounts of a hearing.
pub(super) fn alarms(
    hearing: &Hearing<'_>,
    plan: &Plan,
    tallies: &[AccountTally],
    span: Option<(i64, i64)>,
) -> Vec<AlarmOutcome> {
    let series = series(plan, tallies);
    let chains = || hearing.accounts.iter().map(|ears| &ears.chain);
    let mut outcomes = Vec::new();
    for alarm in &hearing.alarms {
        if hearing.narrowed && !is_asked_about(hearing, alarm) {
            continue;
        }
        // An alarm that no filter of the chain writes to has nothing to do with these records.
        let writers = match &alarm.writers {
            Ok(writers) => writers.as_slice(),
            Err(NotFollowed::NoWriter) => continue,
            Err(_) if !chains().any(|chain| is_on_path(chain, &alarm.arn)) => continue,
            Err(_) => &[],
        };
        let (samples, counts) = samples(writers, &series);
        let story = match alarm.writers {
            Err(why) => Err(NotRun::Metric(why)),
            Ok(_) => story(alarm, &samples, &counts),
        };
        let history = match &story {
            Ok(story) => compare(alarm, story, span),
            Err(_) => Err(NotCompared::NoHistory),
        };
        outcomes.push(AlarmOutcome {
            account: alarm.account.clone(),
            arn: alarm.arn.clone(),
            name: alarm.name.clone(),
            events: counts.values().sum(),
            story,
            silenced_by: silenced_by(chains(), &alarm.arn),
            history,
        });
    }
    outcomes
}

fn series(plan: &Plan, tallies: &[AccountTally]) -> Series {
    let mut series = Series::new();
    for (account, counted) in plan.accounts.iter().zip(tallies) {
        for (filter, minutes) in account.filters.iter().zip(&counted.counts) {
            let Some(group) = account.groups.get(filter.group) else {
                continue;
            };
            let key = (group.log_group.clone(), filter.name.clone());
            let entry = series.entry(key).or_default();
            for (minute, count) in minutes {
                *entry.counts.entry(*minute).or_default() += count;
            }
            if let Some(arrivals) = counted.arrivals.get(filter.group) {
                entry.arrivals.extend(arrivals);
            }
        }
    }
    series
}

/// What the filters publish, and how many events they count, by minute.
fn samples(writers: &[Writer], series: &Series) -> (Samples, BTreeMap<i64, u64>) {
    let mut samples = Samples::new();
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for writer in writers {
        let key = (writer.log_group.clone(), writer.filter.clone());
        let Some(found) = series.get(&key) else {
            continue;
        };
        for (minute, count) in &found.counts {
            samples
                .entry(*minute)
                .or_default()
                .push((writer.value, *count));
            *counts.entry(*minute).or_default() += count;
        }
        if let Some(default) = writer.default {
            for minute in found
                .arrivals
                .iter()
                .filter(|it| !found.counts.contains_key(it))
            {
                samples.entry(*minute).or_default().push((default, 1));
            }
        }
    }
    (samples, counts)
}

fn story(
    alarm: &MetricAlarm,
    samples: &Samples,
    counts: &BTreeMap<i64, u64>,
) -> Result<Story, NotRun> {
    let run = |older| {
        transitions(&alarm.settings, samples, AlarmState::Ok, older).map_err(NotRun::Evaluation)
    };
    let stays = stays(&run(Older::None)?);
    let mut story = Story {
        at_least: stays_of(&run(Older::Few)?),
        notifications: stays.len() as u64,
        ..Story::default()
    };
    let mut told_until = i64::MIN;
    for (from, to) in &stays {
        *story.days.entry(day(*from)).or_default() += 1;
        // The first event that no stay before had told of.
        let first = counts.range(told_until.max(from - MAX_LATE)..*from).next();
        if let Some((minute, _)) = first {
            story.latest = story.latest.max(seconds(from - minute));
        }
        told_until = to.unwrap_or(i64::MAX);
        match to {
            Some(to) => story.longest_stay = story.longest_stay.max(seconds(to - from)),
            None => {
                story.still_in_alarm = true;
                let last = counts.keys().next_back().copied().unwrap_or(*from);
                story.longest_stay = story.longest_stay.max(seconds(last - from));
            }
        }
    }
    let events: u64 = counts.values().sum();
    story.coalesced = events.saturating_sub(story.notifications);
    story.stays = stays;
    Ok(story)
}

/// Events further back than this many minutes are not what a transition is about.
const MAX_LATE: i64 = 24 * 60;

fn seconds(minutes: i64) -> u64 {
    u64::try_from(minutes.saturating_mul(60)).unwrap_or_default()
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

fn stays_of(transitions: &[Transition]) -> u64 {
    stays(transitions).len() as u64
}

/// The day of a minute, in UTC.
pub(super) fn day(minute: i64) -> String {
    let time = Timestamp::from_second(minute.saturating_mul(60)).unwrap_or_default();
    time.strftime("%Y-%m-%d").to_string()
}

fn is_on_path(chain: &AccountChain, arn: &str) -> bool {
    chain.paths.iter().any(|path| is_of(path, arn))
}

/// Whether a path runs through an alarm.
fn is_of(path: &Path, arn: &str) -> bool {
    let alarm = path.alarm.as_ref();
    alarm.is_some_and(|alarm| alarm.arn == arn || alarm.through.iter().any(|it| it == arn))
}

/// Whether a filter feeds an alarm that was made for a control which is asked about.
fn is_asked_about(hearing: &Hearing<'_>, alarm: &MetricAlarm) -> bool {
    let writers = alarm.writers.as_deref().unwrap_or_default();
    let feeds = |path: &Path| {
        let mut filters = writers.iter().filter(|writer| {
            let filter = path.filter.as_ref();
            filter.is_some_and(|filter| filter.name == writer.filter)
        });
        filters.any(|writer| path.log_group.as_ref() == Some(&writer.log_group))
    };
    hearing.accounts.iter().any(|ears| {
        let made = ears.controls.iter().flat_map(|it| &it.made_for_it);
        let mut paths = made.filter_map(|path| ears.chain.paths.get(*path));
        paths.any(|path| is_of(path, &alarm.arn) || feeds(path))
    })
}

/// The first broken link behind the alarm, where no path of it is without one.
fn silenced_by<'c>(chains: impl Iterator<Item = &'c AccountChain>, arn: &str) -> Option<Stop> {
    let mut first = None;
    for path in chains.flat_map(|chain| &chain.paths) {
        if !is_of(path, arn) {
            continue;
        }
        // What the alarm does with single events is run here; what hangs on it is taken from the chain.
        let behind =
            |id: LinkId| id.station() > Station::Alarm || matches!(id, LinkId::A02 | LinkId::A03);
        let broken = path
            .links
            .iter()
            .find(|link| behind(link.id) && link.verdict == Verdict::Broken);
        match broken {
            None => return None,
            Some(link) => {
                first.get_or_insert_with(|| Stop::of(link));
            }
        }
    }
    first
}
