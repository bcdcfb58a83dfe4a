//! What the alarms would have done: the per-minute counts of the metric filters, run through CloudWatch's evaluation.
//!
//! A record counts in the minute of its `eventTime`. CloudTrail delivers it about five minutes later, which moves a
//! history and changes nothing in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::{Hearing, Stop};
use crate::aws::alarm::AlarmState;
use crate::aws::alarm::series::{self, NotTold, Older, Samples, Transition, transitions};
use crate::aws::composite::{self, Fault, NoCourse};
use crate::aws::mute::Diary;
use crate::chain::verdict::{LinkId, Station, Verdict};
use crate::chain::{
    AccountChain, CompositeAlarm, MetricAlarm, NotFollowed, Path, RecordedAlarm, Writer,
};

use super::history::{Comparison, NotCompared, Occasion, compare};
use super::plan::Plan;
use super::story::{Mutes, Run, Story, story};
use super::tally::{AccountTally, First};

/// One alarm over the recorded time.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmOutcome {
    /// Its account.
    pub account: String,
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Records that count in its metric, or in those of the alarms below it.
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
    /// Its rule cannot be evaluated.
    Rule(Fault),
    /// What an alarm below it does is not followed.
    Below(String),
    /// An alarm that holds its actions back is not followed.
    Suppressor(String),
}

/// The series of all metric filters, of whatever account the events are.
type Series = BTreeMap<(String, String), FilterSeries>;

#[derive(Default)]
struct FilterSeries {
    counts: BTreeMap<i64, u64>,
    arrivals: BTreeSet<i64>,
    firsts: BTreeMap<i64, First>,
}

/// What is known of the metric alarms of one account and Region, by name.
#[derive(Default)]
struct Below<'h> {
    runs: BTreeMap<String, (Run, &'h [Writer])>,
}

/// What the stories of alarms are about.
#[derive(Debug, Clone, Copy)]
pub(super) enum About {
    /// What happened, in the time of the records.
    WhatHappened(Option<(i64, i64)>),
    /// What would have happened.
    WhatWouldHave,
}

/// Runs the alarms of the accounts of a hearing.
pub(super) fn alarms(
    hearing: &Hearing<'_>,
    plan: &Plan,
    tallies: &[AccountTally],
    about: About,
) -> Vec<AlarmOutcome> {
    let teller = Teller {
        hearing,
        series: series(plan, tallies),
        about,
    };
    let mut outcomes = Vec::new();
    let mut below: BTreeMap<(&str, &str), Below<'_>> = BTreeMap::new();
    for alarm in &hearing.alarms {
        // An alarm that no filter of the chain writes to has nothing to do with these records.
        let writers = match &alarm.writers {
            Ok(writers) => writers.as_slice(),
            Err(NotFollowed::NoWriter) => continue,
            Err(_) => &[],
        };
        let samples = teller.samples(writers);
        let run = match alarm.writers {
            Err(why) => Err(NotRun::Metric(why)),
            Ok(_) => run(alarm, &samples),
        };
        let about = &alarm.about;
        let is_told = match (&alarm.writers, hearing.narrowed) {
            (_, true) => is_asked_about(hearing, alarm),
            (Err(_), false) => teller.chains().any(|it| is_on_path(it, &about.arn)),
            (Ok(_), false) => true,
        };
        if is_told {
            outcomes.push(teller.outcome(about, run.clone(), writers));
        }
        if let Ok(run) = run {
            let region = below.entry((&about.account, &about.region)).or_default();
            region.runs.insert(about.name.clone(), (run, writers));
        }
    }
    let none = Below::default();
    for composite in &hearing.composites {
        let about = &composite.about;
        let is_told = match hearing.narrowed {
            true => made_paths(hearing).any(|path| is_of(path, &about.arn)),
            false => teller.chains().any(|it| is_on_path(it, &about.arn)),
        };
        if is_told {
            let region = (about.account.as_str(), about.region.as_str());
            let (run, writers) = follow(composite, below.get(&region).unwrap_or(&none));
            outcomes.push(teller.outcome(about, run, &writers));
        }
    }
    outcomes.sort_by(|one, two| (&one.account, &one.arn).cmp(&(&two.account, &two.arn)));
    outcomes
}

/// What a metric alarm does.
fn run(alarm: &MetricAlarm, samples: &Samples) -> Result<Run, NotRun> {
    let settings = &alarm.settings;
    let run =
        |older| transitions(settings, samples, AlarmState::Ok, older).map_err(NotRun::Evaluation);
    let looks = |older| series::looks_back(settings, older).map_err(NotRun::Evaluation);
    let reach = looks(Older::None)?;
    Ok(Run {
        soonest: run(Older::None)?,
        latest: run(Older::Few)?,
        reach,
        slack: looks(Older::Few)? - reach,
    })
}

/// What a composite alarm does, by what the alarms below it do; and what writes the metrics of these.
fn follow(composite: &CompositeAlarm, below: &Below<'_>) -> (Result<Run, NotRun>, Vec<Writer>) {
    if let Some(suppressor) = &composite.suppressor {
        return (Err(NotRun::Suppressor(suppressor.clone())), Vec::new());
    }
    let course = |of: fn(&Run) -> &Vec<Transition>| {
        let runs = below.runs.iter();
        let runs = runs.map(|(name, (run, _))| (name.clone(), of(run).clone()));
        let runs = runs.collect();
        let name = &composite.about.name;
        composite::course(name, &runs, AlarmState::Ok, &composite.alarms)
    };
    let names = composite::leaves(&composite.about.name, &composite.alarms);
    let mut run = Run::default();
    let mut writers: Vec<Writer> = Vec::new();
    for (of_one, written) in names.iter().filter_map(|name| below.runs.get(name)) {
        run.reach = run.reach.max(of_one.reach);
        run.slack = run.slack.max(of_one.slack);
        for writer in *written {
            let same = |known: &Writer| {
                (&known.log_group, &known.filter) == (&writer.log_group, &writer.filter)
            };
            if !writers.iter().any(same) {
                writers.push(writer.clone());
            }
        }
    }
    let courses = course(|run| &run.soonest).and_then(|soonest| {
        let latest = course(|run| &run.latest)?;
        Ok((soonest, latest))
    });
    let run = match courses {
        Ok((soonest, latest)) => Ok(Run {
            soonest,
            latest,
            ..run
        }),
        Err(NoCourse::Rule(fault)) => Err(NotRun::Rule(fault)),
        Err(NoCourse::Alarm(name)) => Err(NotRun::Below(name)),
    };
    (run, writers)
}

struct Teller<'h> {
    hearing: &'h Hearing<'h>,
    series: Series,
    about: About,
}

impl<'h> Teller<'h> {
    fn chains(&self) -> impl Iterator<Item = &'h AccountChain> {
        self.hearing.accounts.iter().map(|ears| &ears.chain)
    }

    fn outcome(
        &self,
        about: &RecordedAlarm,
        run: Result<Run, NotRun>,
        writers: &[Writer],
    ) -> AlarmOutcome {
        let counts = self.counts(writers);
        let story = run.map(|run| {
            let mutes = Mutes {
                diary: &mut Diary::new(&about.mutes),
                known: about.mutes_known,
            };
            story(&run, &counts, mutes)
        });
        let history = match (&story, self.about) {
            (_, About::WhatWouldHave) => Err(NotCompared::WouldHaveBeen),
            (Err(_), _) => Err(NotCompared::NotRun),
            (Ok(_), About::WhatHappened(None)) => Err(NotCompared::NoOverlap),
            (Ok(story), About::WhatHappened(Some(span))) => {
                let first = |minute: i64| self.first(writers, minute);
                compare(
                    about,
                    Occasion {
                        story,
                        span,
                        first: &first,
                    },
                )
            }
        };
        AlarmOutcome {
            account: about.account.clone(),
            arn: about.arn.clone(),
            name: about.name.clone(),
            events: counts.values().sum(),
            silenced_by: self.silenced_by(about, story.as_ref().ok()),
            story,
            history,
        }
    }

    /// The first broken link behind an alarm, where no path of its own action is without one.
    fn silenced_by(&self, about: &RecordedAlarm, story: Option<&Story>) -> Option<Stop> {
        if let Some(link) = &about.no_action {
            return Some(Stop::of(link));
        }
        // A rule that mutes for good may have begun within the recorded time.
        let always = story.is_none_or(|story| story.muted == story.transitions);
        let mut first = None;
        for path in self.chains().flat_map(|chain| &chain.paths) {
            if path.alarm.as_ref().is_none_or(|it| it.arn != about.arn) {
                continue;
            }
            // What the alarm does with single events is run here; what hangs on it is taken from the chain.
            let behind = |id: LinkId| match id {
                LinkId::A02 | LinkId::A03 | LinkId::C06 => true,
                LinkId::A17 => always,
                id => id.station() > Station::CompositeAlarm,
            };
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

    fn found<'w>(
        &'w self,
        writers: &'w [Writer],
    ) -> impl Iterator<Item = (&'w Writer, &'w FilterSeries)> {
        writers.iter().filter_map(|writer| {
            let key = (writer.log_group.clone(), writer.filter.clone());
            Some((writer, self.series.get(&key)?))
        })
    }

    /// What the filters publish, by minute.
    fn samples(&self, writers: &[Writer]) -> Samples {
        let mut samples = Samples::new();
        for (writer, found) in self.found(writers) {
            for (minute, count) in &found.counts {
                let at = samples.entry(*minute).or_default();
                at.push((writer.value, *count));
            }
            if let Some(default) = writer.default {
                let arrivals = found.arrivals.iter();
                for minute in arrivals.filter(|it| !found.counts.contains_key(it)) {
                    samples.entry(*minute).or_default().push((default, 1));
                }
            }
        }
        samples
    }

    /// How many events the filters count, by minute.
    fn counts(&self, writers: &[Writer]) -> BTreeMap<i64, u64> {
        let mut counts = BTreeMap::new();
        for (_, found) in self.found(writers) {
            for (minute, count) in &found.counts {
                *counts.entry(*minute).or_default() += count;
            }
        }
        counts
    }

    /// The first event that the filters count in a minute.
    fn first<'t>(&'t self, writers: &'t [Writer], minute: i64) -> Option<&'t First> {
        let found = self.found(writers);
        found.filter_map(|(_, it)| it.firsts.get(&minute)).min()
    }
}

fn series(plan: &Plan, tallies: &[AccountTally]) -> Series {
    let mut series = Series::new();
    for (account, counted) in plan.accounts.iter().zip(tallies) {
        for (index, (filter, minutes)) in account.filters.iter().zip(&counted.counts).enumerate() {
            let Some(group) = account.groups.get(filter.group) else {
                continue;
            };
            let key = (group.log_group.clone(), filter.name.clone());
            let entry = series.entry(key).or_default();
            for (minute, count) in minutes {
                *entry.counts.entry(*minute).or_default() += count;
            }
            for (minute, first) in counted.firsts.get(index).into_iter().flatten() {
                entry
                    .firsts
                    .entry(*minute)
                    .and_modify(|known| known.replace_by(first))
                    .or_insert_with(|| first.clone());
            }
            if let Some(arrivals) = counted.arrivals.get(filter.group) {
                entry.arrivals.extend(arrivals);
            }
        }
    }
    series
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
    made_paths(hearing).any(|path| is_of(path, &alarm.about.arn) || feeds(path))
}

/// The paths whose filters were made for controls that are asked about.
fn made_paths<'h>(hearing: &'h Hearing<'_>) -> impl Iterator<Item = &'h Path> {
    hearing.accounts.iter().flat_map(|ears| {
        let made = ears.controls.iter().flat_map(|it| &it.made_for_it);
        made.filter_map(|path| ears.chain.paths.get(*path))
    })
}
