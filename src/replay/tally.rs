//! Counts records by what follows from them. Two tallies are added up to the same one in whatever order, so that threads,
//! and the rows of a query over many machines, make one report.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::aws::mute::{Diary, Silence};

use super::kinds::{Kinds, Shown};
use super::moment::in_order;
use super::plan::{AccountPlan, Plan};
use super::question::{Answers, is_set};

/// Accounts that are told by id although the snapshot does not hold them.
const MAX_STRANGERS: usize = 10_000;

/// Counts of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountTally {
    /// Its distinct records.
    pub records: u64,
    /// Records that a control asks for or a filter counts, by kind.
    pub kinds: Kinds,
    /// Of each metric filter, records by minute since 1970.
    pub counts: Vec<BTreeMap<i64, u64>>,
    /// Of each metric filter, the first record of a minute, of the last `MAX_FIRSTS` minutes with records.
    pub firsts: Vec<BTreeMap<i64, First>>,
    /// Of each log group, the minutes in which it got records of the account.
    pub arrivals: Vec<BTreeSet<i64>>,
}

/// Minutes of which the first record is kept: a history goes back 30 days, and an alarm in which each minute counts makes no transitions.
const MAX_FIRSTS: usize = 10_000;

/// A record by its names, ordered by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct First {
    /// `eventTime` without its `Z`: so texts are in order.
    pub time: Box<str>,
    /// `eventID`
    pub id: Box<str>,
    /// `eventName`
    pub name: Box<str>,
}

impl First {
    /// Gives way to one that comes before it.
    pub(super) fn replace_by(&mut self, other: &Self) {
        if other < self {
            self.clone_from(other);
        }
    }
}

/// Counts of everything that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records read.
    pub read: u64,
    /// Those that had been read before.
    pub duplicates: u64,
    /// Those outside the time or the accounts that were asked for.
    pub outside: u64,
    /// Of `outside`: those of accounts that were not asked for.
    pub other_accounts: u64,
    /// Those that name no account or no time.
    pub unplaced: u64,
    /// Of `distinct`: those that a query could not decide to the letter.
    pub doubtful: u64,
    /// Distinct records that count.
    pub distinct: u64,
    /// `eventTime` of the first and the last of these that are of accounts of the snapshot.
    pub span: Option<(String, String)>,
    /// Distinct records of accounts that the snapshot does not hold.
    pub strangers: BTreeMap<String, u64>,
    /// In the order of the plan.
    pub accounts: Vec<AccountTally>,
    /// The accounts by the plan's `what_if`.
    pub what_if: Vec<AccountTally>,
}

/// What a tally has to know of one record.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'r> {
    /// The position of its account.
    pub account: usize,
    /// Its minute since 1970.
    pub minute: i64,
    /// `eventName`
    pub event_name: &'r str,
    /// `eventSource`
    pub event_source: &'r str,
    /// The answers to all questions.
    pub answers: &'r [u64],
}

/// What follows from a set of answers, remembered.
#[derive(Debug)]
struct Meaning {
    told: bool,
    counts: Vec<usize>,
    arrivals: Vec<usize>,
}

/// Fills a tally.
#[derive(Debug)]
pub struct Teller<'p> {
    plan: &'p Plan,
    /// What was counted.
    pub tally: Tally,
    minds: Vec<Mind>,
    what_if: Vec<Mind>,
}

/// What is remembered of an account.
#[derive(Debug, Default)]
struct Mind {
    /// What follows from answers.
    meanings: HashMap<Answers, Rc<Meaning>>,
    /// Its calendars.
    diaries: Vec<Diary>,
    /// What they said last, and of which minute.
    silences: Vec<Silence>,
    minute: Option<i64>,
}

impl<'p> Teller<'p> {
    /// A teller that has counted nothing.
    pub fn new(plan: &'p Plan) -> Self {
        let other = plan.what_if.as_ref().map_or(&[][..], |plan| &plan.accounts);
        Self {
            plan,
            tally: Tally {
                accounts: plan.accounts.iter().map(AccountTally::of).collect(),
                what_if: other.iter().map(AccountTally::of).collect(),
                ..Tally::default()
            },
            minds: plan.accounts.iter().map(Mind::of).collect(),
            what_if: other.iter().map(Mind::of).collect(),
        }
    }

    /// Counts a distinct record of an account that the snapshot does not hold.
    pub fn count_stranger(&mut self, account: &str, count: u64) {
        let strangers = &mut self.tally.strangers;
        if strangers.len() < MAX_STRANGERS || strangers.contains_key(account) {
            *strangers.entry(account.to_owned()).or_default() += count;
        }
    }

    /// Counts `count` distinct records that are alike; `shown` is asked where one of them may have to be shown.
    pub fn count<'r>(
        &mut self,
        sighting: Sighting<'r>,
        count: u64,
        shown: &mut dyn FnMut() -> Shown<'r>,
    ) {
        let index = sighting.account;
        let what_if = self.plan.what_if.as_deref();
        let plans = [
            (Some(self.plan), &mut self.minds, &mut self.tally.accounts),
            (what_if, &mut self.what_if, &mut self.tally.what_if),
        ];
        for (plan, minds, tallies) in plans {
            if let Some(plan) = plan.and_then(|plan| plan.accounts.get(index))
                && let Some(mind) = minds.get_mut(index)
                && let Some(tally) = tallies.get_mut(index)
            {
                let meaning = meaning(plan, &mut mind.meanings, sighting.answers);
                tally.count(&meaning, sighting, count);
                if meaning.told {
                    let shown = shown();
                    let names = [sighting.event_name, sighting.event_source];
                    let known = (sighting.answers, mind.silences(sighting.minute));
                    tally.kinds.see(names, known, count, &shown);
                    tally.keep_first(&meaning, sighting, &shown);
                }
            }
        }
    }
}

impl Mind {
    fn of(account: &AccountPlan) -> Self {
        Self {
            diaries: account.calendars.iter().map(Diary::new).collect(),
            ..Self::default()
        }
    }

    /// What the calendars say of a minute; that of the record before is often the same.
    fn silences(&mut self, minute: i64) -> &[Silence] {
        if self.minute != Some(minute) {
            self.minute = Some(minute);
            self.silences.clear();
            let diaries = self.diaries.iter_mut();
            self.silences.extend(diaries.map(|diary| diary.at(minute)));
        }
        &self.silences
    }
}

/// What follows from answers, remembered.
fn meaning(
    plan: &AccountPlan,
    known: &mut HashMap<Answers, Rc<Meaning>>,
    answers: &[u64],
) -> Rc<Meaning> {
    if let Some(meaning) = known.get(answers) {
        return Rc::clone(meaning);
    }
    let mut controls = plan.controls.iter();
    let asked = controls.any(|control| is_set(answers, control.asked));
    let counts = positions(&plan.filters, |filter| filter.counts(answers));
    let meaning = Rc::new(Meaning {
        told: asked || !counts.is_empty(),
        counts,
        arrivals: positions(&plan.groups, |group| group.gets(answers)),
    });
    known.insert(answers.to_vec(), Rc::clone(&meaning));
    meaning
}

fn positions<T>(list: &[T], wanted: impl Fn(&T) -> bool) -> Vec<usize> {
    let numbered = list.iter().enumerate();
    numbered
        .filter(|(_, item)| wanted(item))
        .map(|(index, _)| index)
        .collect()
}

impl AccountTally {
    fn of(account: &AccountPlan) -> Self {
        Self {
            counts: vec![BTreeMap::new(); account.filters.len()],
            firsts: vec![BTreeMap::new(); account.filters.len()],
            arrivals: vec![BTreeSet::new(); account.groups.len()],
            ..Self::default()
        }
    }

    fn count(&mut self, meaning: &Meaning, sighting: Sighting<'_>, count: u64) {
        self.records += count;
        for filter in &meaning.counts {
            if let Some(minutes) = self.counts.get_mut(*filter) {
                *minutes.entry(sighting.minute).or_default() += count;
            }
        }
        for group in &meaning.arrivals {
            if let Some(minutes) = self.arrivals.get_mut(*group) {
                minutes.insert(sighting.minute);
            }
        }
    }

    /// Keeps a record that is the first of its minute so far.
    fn keep_first(&mut self, meaning: &Meaning, sighting: Sighting<'_>, shown: &Shown<'_>) {
        for filter in &meaning.counts {
            let Some(firsts) = self.firsts.get_mut(*filter) else {
                continue;
            };
            let comes_before = |known: &First| {
                let names = (&*shown.time, &*shown.id, sighting.event_name);
                names < (&known.time, &known.id, &known.name)
            };
            if firsts.get(&sighting.minute).is_none_or(comes_before) {
                let first = First {
                    time: (&*shown.time).into(),
                    id: (&*shown.id).into(),
                    name: sighting.event_name.into(),
                };
                firsts.insert(sighting.minute, first);
                forget_early(firsts);
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.records += other.records;
        for (ours, theirs) in self.firsts.iter_mut().zip(other.firsts) {
            for (minute, first) in theirs {
                ours.entry(minute)
                    .and_modify(|known| known.replace_by(&first))
                    .or_insert(first);
                forget_early(ours);
            }
        }
        self.kinds.add(other.kinds);
        for (ours, theirs) in self.counts.iter_mut().zip(other.counts) {
            for (minute, count) in theirs {
                *ours.entry(minute).or_default() += count;
            }
        }
        for (ours, theirs) in self.arrivals.iter_mut().zip(other.arrivals) {
            ours.extend(theirs);
        }
    }
}

/// Keeps the last minutes: in whatever order they come, the same remain.
fn forget_early(firsts: &mut BTreeMap<i64, First>) {
    if firsts.len() > MAX_FIRSTS {
        firsts.pop_first();
    }
}

impl Tally {
    /// Adds what another tally counted.
    pub fn add(&mut self, other: Self) {
        self.read += other.read;
        self.duplicates += other.duplicates;
        self.outside += other.outside;
        self.other_accounts += other.other_accounts;
        self.unplaced += other.unplaced;
        self.distinct += other.distinct;
        self.doubtful += other.doubtful;
        for (account, count) in other.strangers {
            *self.strangers.entry(account).or_default() += count;
        }
        if let Some((first, last)) = other.span {
            self.see(&first);
            self.see(&last);
        }
        let accounts = self.accounts.iter_mut().zip(other.accounts);
        let what_if = self.what_if.iter_mut().zip(other.what_if);
        for (ours, theirs) in accounts.chain(what_if) {
            ours.add(theirs);
        }
    }

    /// Widens the span to a time.
    pub fn see(&mut self, time: &str) {
        match &mut self.span {
            None => self.span = Some((time.to_owned(), time.to_owned())),
            Some((first, last)) => {
                if in_order(time) < in_order(first) {
                    time.clone_into(first);
                }
                if in_order(time) > in_order(last) {
                    time.clone_into(last);
                }
            }
        }
    }
}
