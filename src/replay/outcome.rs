//! What a tally comes to: by account and control, what was asked for, what was heard, what was missed and where, and what
//! else fires.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::analyze::{Hearing, Stop};
use crate::aws::mute::Silence;

use super::alarms::{About, AlarmOutcome, alarms};
use super::kinds::{Example, Kind, KindKey};
use super::plan::{AccountPlan, ControlPlan, PathPlan, Plan};
use super::question::is_set;
use super::tally::{AccountTally, Tally};

/// The result of a replay.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayOutcome {
    /// Id of the benchmark.
    pub benchmark: String,
    /// What was read.
    pub records: RecordsOutcome,
    /// Accounts in ascending order, controls in the benchmark's order.
    pub controls: Vec<ControlOutcome>,
    /// By account and ARN.
    pub alarms: Vec<AlarmOutcome>,
    /// The same with other filter patterns.
    pub what_if: Option<WhatIf>,
}

/// What the records would have come to with other filter patterns.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    /// The patterns, by the control whose filters they replace.
    pub patterns: Vec<(String, String)>,
    /// As in [`ReplayOutcome::controls`].
    pub controls: Vec<ControlOutcome>,
    /// As in [`ReplayOutcome::alarms`].
    pub alarms: Vec<AlarmOutcome>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordsOutcome {
    /// Records read.
    pub read: u64,
    /// Those that count: in the time and accounts asked for, each event id once.
    pub distinct: u64,
    /// Those read before.
    pub duplicates: u64,
    /// Of `distinct`: those of accounts of the snapshot, which every control that is asked looked at.
    pub judged: u64,
    /// Those outside the time or accounts asked for.
    pub outside: u64,
    /// Of `outside`: those of accounts that were not asked for.
    pub other_accounts: u64,
    /// Those without a time or an account.
    pub unplaced: u64,
    /// Of `distinct`: those that a query over many machines could not decide.
    pub doubtful: u64,
    /// Of `distinct`: those of accounts that the snapshot does not hold, by account.
    pub strangers: BTreeMap<String, u64>,
    /// `eventTime` of the first and of the last that are of accounts of the snapshot.
    pub span: Option<(String, String)>,
}

/// One control in one account.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlOutcome {
    /// The account.
    pub account: String,
    /// Id of the control.
    pub control: String,
    /// Its number in the benchmark.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Records that the benchmark's own text matches.
    pub asked: u64,
    /// Of these, those that a sound path carries.
    pub heard: u64,
    /// Of these, those that nobody hears of, by kind: the most first.
    pub missed: Vec<Missed>,
    /// Of these, those of which the snapshot does not say whether somebody hears.
    pub undecided: Vec<Missed>,
    /// What else the control's filters tell of.
    pub noise: Noise,
    /// All that the control's filters tell of, whoever asked.
    pub told: Noise,
    /// The alarms behind the control's filters, by ARN.
    pub alarms: Vec<String>,
}

/// Records of one event name that one link drops.
#[derive(Debug, Clone, PartialEq)]
pub struct Missed {
    /// `eventName`
    pub event_name: String,
    /// `eventSource`
    pub event_source: String,
    /// How many.
    pub count: u64,
    /// The link.
    pub stop: Stop,
    /// The first record.
    pub example: Value,
}

/// What the filters of a control tell of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noise {
    /// How many records.
    pub count: u64,
    /// By event name and type of principal: the most first.
    pub by: Vec<Surplus>,
}

/// Records of one event name by one type of principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surplus {
    /// `eventName`
    pub event_name: String,
    /// `eventSource`
    pub event_source: String,
    /// `userIdentity.type`
    pub principal_type: String,
    /// How many.
    pub count: u64,
    /// Who made the most of them, and how many; none where there are too many to tell.
    pub principal: Option<(String, u64)>,
}

/// Makes the outcome of a tally.
pub fn outcome(
    hearing: &Hearing<'_>,
    what_if: Option<&Hearing<'_>>,
    plan: &Plan,
    tally: &Tally,
) -> ReplayOutcome {
    let what_if = what_if.zip(plan.what_if.as_deref());
    let second = |time: &str| Some(time.parse::<Timestamp>().ok()?.as_second());
    let span = tally.span.as_ref();
    let span = span.and_then(|(from, to)| second(from).zip(second(to)));
    ReplayOutcome {
        benchmark: hearing.benchmark.clone(),
        records: RecordsOutcome {
            read: tally.read,
            distinct: tally.distinct,
            duplicates: tally.duplicates,
            judged: tally.accounts.iter().map(|account| account.records).sum(),
            outside: tally.outside,
            other_accounts: tally.other_accounts,
            unplaced: tally.unplaced,
            doubtful: tally.doubtful,
            strangers: tally.strangers.clone(),
            span: tally.span.clone(),
        },
        controls: controls(hearing, plan, &tally.accounts),
        alarms: alarms(hearing, plan, &tally.accounts, About::WhatHappened(span)),
        what_if: what_if.map(|(hearing, plan)| WhatIf {
            patterns: hearing.replaced.clone(),
            controls: controls(hearing, plan, &tally.what_if),
            alarms: alarms(hearing, plan, &tally.what_if, About::WhatWouldHave),
        }),
    }
}

fn controls(hearing: &Hearing<'_>, plan: &Plan, tallies: &[AccountTally]) -> Vec<ControlOutcome> {
    let mut controls = Vec::new();
    let accounts = plan.accounts.iter().zip(tallies);
    for (index, (account, counted)) in accounts.enumerate() {
        let kinds = counted.kinds.in_order();
        for (position, control) in account.controls.iter().enumerate() {
            let about = hearing
                .accounts
                .get(index)
                .and_then(|ears| ears.controls.get(position));
            let Some(about) = about else { continue };
            let mut outcome = ControlOutcome {
                account: account.account.clone(),
                control: about.control.clone(),
                number: about.number.clone(),
                title: about.title.clone(),
                asked: 0,
                heard: 0,
                missed: Vec::new(),
                undecided: Vec::new(),
                noise: Noise::default(),
                told: Noise::default(),
                alarms: alarms_of(hearing, index, control),
            };
            let asker = Asker {
                hearing,
                account: index,
                control: position,
            };
            outcome.count(account, control, &kinds, asker);
            controls.push(outcome);
        }
    }
    controls
}

/// The alarms behind the filters that were made for a control.
fn alarms_of(hearing: &Hearing<'_>, account: usize, control: &ControlPlan) -> Vec<String> {
    let Some(ears) = hearing.accounts.get(account) else {
        return Vec::new();
    };
    let paths = control.made_for_it.iter();
    let alarms: BTreeSet<String> = paths
        .filter_map(|path| ears.chain.paths.get(*path)?.alarm.as_ref())
        .map(|alarm| alarm.arn.clone())
        .collect();
    alarms.into_iter().collect()
}

/// Who is asked why nobody hears.
#[derive(Clone, Copy)]
struct Asker<'h> {
    hearing: &'h Hearing<'h>,
    account: usize,
    control: usize,
}

impl Asker<'_> {
    fn blamed(self, event: &Value) -> Option<Stop> {
        self.hearing.blamed(self.account, self.control, event)
    }

    /// Why nobody is told for sure by paths that carry an event: they are silent at its time, or else the first one's link
    /// that is not known.
    fn stop(self, mut paths: impl Iterator<Item = usize>, silence: Silence) -> Option<Stop> {
        let by_link = |path: usize| self.hearing.open_link(self.account, path);
        let by_time = |path: usize| self.hearing.silent(self.account, path, silence);
        match silence.is_sure() {
            true => paths.find_map(by_time),
            false => paths.find_map(|path| by_link(path).or_else(|| by_time(path))),
        }
    }
}

impl ControlOutcome {
    fn count(
        &mut self,
        account: &AccountPlan,
        control: &ControlPlan,
        kinds: &[(&KindKey, &Kind)],
        asker: Asker<'_>,
    ) {
        let mut missed = Drops::default();
        let mut undecided = Drops::default();
        let mut noise = Gatherings::new();
        let mut told = Gatherings::new();
        for (key, kind) in kinds {
            let carrying = || {
                let paths = account.paths.iter().enumerate();
                paths.filter(|(_, path)| path.open && path.carries(&key.answers))
            };
            let silence = |within: &dyn Fn(usize, &PathPlan) -> bool| {
                let paths = carrying().filter(|(index, path)| within(*index, path));
                Silence::of_all(paths.map(|(_, path)| path.silence(&key.silences)))
            };
            let tells = |made: &dyn Fn(usize) -> bool| {
                let silence = silence(&|index, path| path.sound && made(index));
                silence.is_some_and(Silence::is_never)
            };
            let asked = is_set(&key.answers, control.asked);
            if tells(&|index| control.made_for_it.binary_search(&index).is_ok()) {
                let of = (
                    key.event_name.as_str(),
                    key.event_source.as_str(),
                    key.principal_type.as_str(),
                );
                told.entry(of).or_default().add(kind);
                if !asked {
                    noise.entry(of).or_default().add(kind);
                }
            }
            if !asked {
                continue;
            }
            self.asked += kind.count;
            if tells(&|_| true) {
                self.heard += kind.count;
                continue;
            }
            let Ok(event) = serde_json::from_str::<Value>(&kind.first.text) else {
                continue;
            };
            match silence(&|_, _| true) {
                None => {
                    if let Some(stop) = asker.blamed(&event) {
                        missed.add(key, kind, stop, event);
                    }
                }
                Some(silence) => {
                    let list = match silence.is_sure() {
                        true => &mut missed,
                        false => &mut undecided,
                    };
                    if let Some(stop) = asker.stop(carrying().map(|(path, _)| path), silence) {
                        list.add(key, kind, stop, event);
                    }
                }
            }
        }
        self.missed = missed.sorted();
        self.undecided = undecided.sorted();
        self.noise = sorted_noise(&noise);
        self.told = sorted_noise(&told);
    }
}

/// Missed records by kind.
#[derive(Default)]
struct Drops {
    all: Vec<(Example, Missed)>,
}

impl Drops {
    fn add(&mut self, key: &KindKey, kind: &Kind, stop: Stop, event: Value) {
        let same = |(_, known): &&mut (Example, Missed)| {
            known.event_name == key.event_name
                && known.event_source == key.event_source
                && known.stop == stop
        };
        if let Some((first, known)) = self.all.iter_mut().find(same) {
            known.count += kind.count;
            if kind.first < *first {
                first.clone_from(&kind.first);
                known.example = event;
            }
            return;
        }
        let missed = Missed {
            event_name: key.event_name.clone(),
            event_source: key.event_source.clone(),
            count: kind.count,
            stop,
            example: event,
        };
        self.all.push((kind.first.clone(), missed));
    }

    fn sorted(mut self) -> Vec<Missed> {
        self.all.sort_by(|(first, one), (second, two)| {
            two.count.cmp(&one.count).then_with(|| first.cmp(second))
        });
        self.all.into_iter().map(|(_, missed)| missed).collect()
    }
}

/// By event name, source and type of principal.
type Gatherings<'k> = BTreeMap<(&'k str, &'k str, &'k str), Gathered>;

/// Records of one event name and principal type.
#[derive(Default)]
struct Gathered {
    count: u64,
    unknown: bool,
    principals: BTreeMap<String, u64>,
}

impl Gathered {
    fn add(&mut self, kind: &Kind) {
        self.count += kind.count;
        match &kind.principals {
            None => self.unknown = true,
            Some(principals) => {
                for (name, count) in principals {
                    *self.principals.entry(name.clone()).or_default() += count;
                }
            }
        }
    }

    /// Who made the most; of several the first by name.
    fn most(&self) -> Option<(String, u64)> {
        if self.unknown {
            return None;
        }
        let by_count = |one: &(&String, &u64), two: &(&String, &u64)| {
            one.1.cmp(two.1).then_with(|| two.0.cmp(one.0))
        };
        let (name, count) = self.principals.iter().max_by(by_count)?;
        Some((name.clone(), *count))
    }
}

fn sorted_noise(noise: &Gatherings<'_>) -> Noise {
    let mut by: Vec<Surplus> = noise
        .iter()
        .map(
            |((event_name, event_source, principal_type), gathered)| Surplus {
                event_name: (*event_name).to_owned(),
                event_source: (*event_source).to_owned(),
                principal_type: (*principal_type).to_owned(),
                count: gathered.count,
                principal: gathered.most(),
            },
        )
        .collect();
    // The order by name stays among equals.
    by.sort_by_key(|surplus| std::cmp::Reverse(surplus.count));
    Noise {
        count: by.iter().map(|surplus| surplus.count).sum(),
        by,
    }
}
