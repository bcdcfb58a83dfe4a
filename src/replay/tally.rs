//! Counts records by what follows from them. Two tallies are added up to the same one in whatever order, so that threads,
//! and the rows of a query over many machines, make one report.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::Value;

use super::plan::{AccountPlan, Plan};
use super::question::{Answers, is_set};

/// Principals that are told of one kind of record; beyond that only their type.
const MAX_PRINCIPALS: usize = 2_000;
/// Accounts that are told by id although the snapshot does not hold them.
const MAX_STRANGERS: usize = 10_000;

/// What records are alike in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindKey {
    /// `eventName`
    pub event_name: String,
    /// `eventSource`
    pub event_source: String,
    /// `userIdentity.type`
    pub principal_type: String,
    /// The answers to all questions.
    pub answers: Answers,
}

/// A record that is shown, with what orders it before others: its time and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Example {
    /// `eventTime`
    pub time: String,
    /// `eventID`
    pub id: String,
    /// The whole record.
    pub text: String,
}

/// Records of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: Example,
    /// How many by principal; none where there are too many.
    pub principals: Option<BTreeMap<String, u64>>,
}

/// Counts of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountTally {
    /// Its distinct records.
    pub records: u64,
    /// Records that a control asks for or a filter counts, by kind.
    pub kinds: HashMap<KindKey, Kind>,
    /// Of each metric filter, records by minute since 1970.
    pub counts: Vec<BTreeMap<i64, u64>>,
    /// Of each log group, the minutes in which it got records of the account.
    pub arrivals: Vec<BTreeSet<i64>>,
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
    /// Those that name no account or no time.
    pub unplaced: u64,
    /// Of `distinct`: those that a query could not decide to the letter.
    pub doubtful: u64,
    /// Distinct records that count.
    pub distinct: u64,
    /// `eventTime` of the first and the last of these.
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

/// Who made a call: asked for only where it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// `userIdentity.type`
    pub kind: String,
    /// The role, user or service.
    pub name: String,
}

impl Principal {
    /// The principal of a `userIdentity`.
    pub fn of(identity: Option<&Value>) -> Self {
        let text = |path: &[&str]| {
            let found = path
                .iter()
                .try_fold(identity?, |value, name| value.get(name));
            found?.as_str().map(str::to_owned)
        };
        Self {
            kind: text(&["type"]).unwrap_or_default(),
            name: text(&["sessionContext", "sessionIssuer", "arn"])
                .or_else(|| text(&["arn"]))
                .or_else(|| text(&["invokedBy"]))
                .or_else(|| text(&["userName"]))
                .or_else(|| text(&["accountId"]))
                .unwrap_or_default(),
        }
    }
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
    meanings: Meanings,
    what_if: Meanings,
}

/// What follows from answers, by account.
type Meanings = Vec<HashMap<Answers, Rc<Meaning>>>;

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
            meanings: plan.accounts.iter().map(|_| HashMap::new()).collect(),
            what_if: other.iter().map(|_| HashMap::new()).collect(),
        }
    }

    /// Counts a distinct record of an account that the snapshot does not hold.
    pub fn count_stranger(&mut self, account: &str, count: u64) {
        let strangers = &mut self.tally.strangers;
        if strangers.len() < MAX_STRANGERS || strangers.contains_key(account) {
            *strangers.entry(account.to_owned()).or_default() += count;
        }
    }

    /// Counts `count` distinct records that are alike.
    pub fn count<'r>(
        &mut self,
        sighting: Sighting<'r>,
        count: u64,
        more: &dyn Fn() -> (Principal, Cow<'r, Example>),
    ) {
        let index = sighting.account;
        if let (Some(plan), Some(meanings), Some(tally)) = (
            self.plan.accounts.get(index),
            self.meanings.get_mut(index),
            self.tally.accounts.get_mut(index),
        ) {
            tally.count(
                &meaning(plan, meanings, sighting.answers),
                sighting,
                count,
                more,
            );
        }
        if let (Some(plan), Some(meanings), Some(tally)) = (
            self.plan
                .what_if
                .as_ref()
                .and_then(|it| it.accounts.get(index)),
            self.what_if.get_mut(index),
            self.tally.what_if.get_mut(index),
        ) {
            tally.count(
                &meaning(plan, meanings, sighting.answers),
                sighting,
                count,
                more,
            );
        }
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
            arrivals: vec![BTreeSet::new(); account.groups.len()],
            ..Self::default()
        }
    }

    fn count<'r>(
        &mut self,
        meaning: &Meaning,
        sighting: Sighting<'r>,
        count: u64,
        more: &dyn Fn() -> (Principal, Cow<'r, Example>),
    ) {
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
        if meaning.told {
            let (principal, example) = more();
            self.tell(sighting, count, principal, example);
        }
    }

    fn tell(
        &mut self,
        sighting: Sighting<'_>,
        count: u64,
        principal: Principal,
        example: Cow<'_, Example>,
    ) {
        let key = KindKey {
            event_name: sighting.event_name.to_owned(),
            event_source: sighting.event_source.to_owned(),
            principal_type: principal.kind,
            answers: sighting.answers.to_vec(),
        };
        let principals = BTreeMap::from([(principal.name, count)]);
        match self.kinds.get_mut(&key) {
            Some(kind) => kind.add(count, example, Some(&principals)),
            None => {
                let kind = Kind {
                    count,
                    first: example.into_owned(),
                    principals: Some(principals),
                };
                self.kinds.insert(key, kind);
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.records += other.records;
        // In whatever order: every kind is added to its own.
        let mut kinds: Vec<(KindKey, Kind)> = other.kinds.into_iter().collect();
        kinds.sort_unstable_by(|one, two| one.0.cmp(&two.0));
        for (key, kind) in kinds {
            match self.kinds.get_mut(&key) {
                Some(known) => known.add(
                    kind.count,
                    Cow::Borrowed(&kind.first),
                    kind.principals.as_ref(),
                ),
                None => {
                    self.kinds.insert(key, kind);
                }
            }
        }
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

impl Kind {
    fn add(
        &mut self,
        count: u64,
        example: Cow<'_, Example>,
        principals: Option<&BTreeMap<String, u64>>,
    ) {
        self.count += count;
        if *example < self.first {
            self.first = example.into_owned();
        }
        let (Some(ours), Some(theirs)) = (&mut self.principals, principals) else {
            self.principals = None;
            return;
        };
        for (name, count) in theirs {
            match ours.get_mut(name) {
                Some(known) => *known += count,
                None => {
                    ours.insert(name.clone(), *count);
                }
            }
        }
        if ours.len() > MAX_PRINCIPALS {
            self.principals = None;
        }
    }
}

impl Tally {
    /// Adds what another tally counted.
    pub fn add(&mut self, other: Self) {
        self.read += other.read;
        self.duplicates += other.duplicates;
        self.outside += other.outside;
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
                if time < first.as_str() {
                    time.clone_into(first);
                }
                if time > last.as_str() {
                    time.clone_into(last);
                }
            }
        }
    }
}
