//! What has to be known of a record, for every account: which controls ask for it, which paths carry it, in which metric
//! filters it counts. All of it is a function of the answers to a list of questions, the same for every source of records.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analyze::Hearing;
use crate::aws::mute::{Calendar, Silence};
use crate::chain::Path;
use crate::chain::cause::SilenceCause;
use crate::chain::verdict::{Cause, Link, Station, Verdict};
use crate::coverage::Predicate;

use super::question::{Predicates, is_set};

/// The questions, and what follows from their answers.
#[derive(Debug, Default)]
pub struct Plan {
    /// What is asked of every record.
    pub questions: Predicates,
    /// In ascending order, as in [`Hearing::accounts`].
    pub accounts: Vec<AccountPlan>,
    by_id: BTreeMap<String, usize>,
    /// The same with other filter patterns; its answers are among those of `questions`, and its own are empty.
    pub what_if: Option<Box<Plan>>,
}

/// What is asked for one account.
#[derive(Debug)]
pub struct AccountPlan {
    /// The account.
    pub account: String,
    /// As in [`crate::analyze::Ears::controls`].
    pub controls: Vec<ControlPlan>,
    /// As in the account's chain.
    pub paths: Vec<PathPlan>,
    /// The log groups in the order of their first paths.
    pub groups: Vec<GroupPlan>,
    /// The metric filters in the order of their first paths.
    pub filters: Vec<FilterPlan>,
    /// When paths are silent: what is the same of several is there once.
    pub calendars: Vec<Arc<Calendar>>,
}

/// One control.
#[derive(Debug)]
pub struct ControlPlan {
    /// Whether the benchmark's text asks for the record.
    pub asked: usize,
    /// Paths whose surplus is this control's noise.
    pub made_for_it: Vec<usize>,
}

/// One path.
#[derive(Debug)]
pub struct PathPlan {
    /// All of these let the record through.
    pub conditions: Vec<usize>,
    /// Whether the path can be counted on.
    pub sound: bool,
    /// Whether it may work: no link is broken.
    pub open: bool,
    /// The position of what says when it is silent; none where that is never.
    pub calendar: Option<usize>,
}

/// One log group.
#[derive(Debug, PartialEq, Eq)]
pub struct GroupPlan {
    /// Its ARN.
    pub log_group: String,
    /// What gets there: all conditions of any of these.
    ways: Vec<Vec<usize>>,
}

/// One metric filter of a log group.
#[derive(Debug, PartialEq, Eq)]
pub struct FilterPlan {
    /// The position of its log group.
    pub group: usize,
    /// The filter's name.
    pub name: String,
    /// What gets to its metric: all conditions of any of these.
    ways: Vec<Vec<usize>>,
}

impl Plan {
    /// The plan of a snapshot's chains.
    pub fn new(hearing: &Hearing<'_>, what_if: Option<&Hearing<'_>>) -> Self {
        let mut questions = Predicates::default();
        let mut plan = Self::of(hearing, &mut questions);
        plan.what_if = what_if.map(|hearing| Box::new(Self::of(hearing, &mut questions)));
        plan.questions = questions;
        plan
    }

    fn of(hearing: &Hearing<'_>, questions: &mut Predicates) -> Self {
        let mut plan = Self::default();
        for ears in &hearing.accounts {
            let mut bit = |predicate: &Predicate| questions.bit(predicate);
            let controls = ears.controls.iter().map(|control| ControlPlan {
                asked: bit(&control.asked),
                made_for_it: control.made_for_it.clone(),
            });
            let controls = controls.collect();
            let paths = &ears.chain.paths;
            let mut account = AccountPlan {
                account: ears.chain.account.clone(),
                controls,
                paths: paths.iter().map(|path| path_plan(path, &mut bit)).collect(),
                groups: Vec::new(),
                filters: Vec::new(),
                calendars: Vec::new(),
            };
            for (index, path) in paths.iter().enumerate() {
                account.add_filter(path, &mut bit);
                account.add_calendar(index, path);
            }
            let index = plan.accounts.len();
            plan.by_id.insert(account.account.clone(), index);
            plan.accounts.push(account);
        }
        plan
    }

    /// The plan of one account that asks for nothing.
    #[cfg(test)]
    pub(super) fn of_account(account: &str) -> Self {
        let nothing = AccountPlan {
            account: account.to_owned(),
            controls: Vec::new(),
            paths: Vec::new(),
            groups: Vec::new(),
            filters: Vec::new(),
            calendars: Vec::new(),
        };
        Self {
            accounts: vec![nothing],
            by_id: BTreeMap::from([(account.to_owned(), 0)]),
            ..Self::default()
        }
    }

    /// The position of an account.
    pub fn account(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }
}

fn path_plan(path: &Path, bit: &mut impl FnMut(&Predicate) -> usize) -> PathPlan {
    let conditions = path.conditions.iter();
    let links = path.links.iter().filter(|link| !is_muted_always(link));
    let verdict = Verdict::worst(links.map(|link| link.verdict));
    PathPlan {
        conditions: conditions.map(|it| bit(&it.events)).collect(),
        sound: verdict.is_sound(),
        open: verdict <= Verdict::Unknown,
        calendar: None,
    }
}

/// A rule that mutes from the snapshot on for good may have begun after an event: its calendar says.
fn is_muted_always(link: &Link) -> bool {
    matches!(
        &link.cause,
        Cause::Silence(SilenceCause::MutedAlways { .. })
    )
}

/// The conditions of a path up to a station; none where a link up to there does not work for sure.
fn up_to(
    path: &Path,
    last: Station,
    bit: &mut impl FnMut(&Predicate) -> usize,
) -> Option<Vec<usize>> {
    let within = path.links.iter().filter(|link| link.id.station() <= last);
    if !Verdict::worst(within.map(|link| link.verdict)).is_sound() {
        return None;
    }
    let conditions = path.conditions.iter();
    let mut bits: Vec<usize> = conditions
        .filter(|condition| condition.id.station() <= last)
        .map(|condition| bit(&condition.events))
        .collect();
    bits.sort_unstable();
    bits.dedup();
    Some(bits)
}

impl AccountPlan {
    fn add_calendar(&mut self, index: usize, path: &Path) {
        if path.calendar.is_empty() {
            return;
        }
        let known = self.calendars.iter().position(|it| *it == path.calendar);
        let position = known.unwrap_or_else(|| {
            self.calendars.push(Arc::clone(&path.calendar));
            self.calendars.len() - 1
        });
        if let Some(plan) = self.paths.get_mut(index) {
            plan.calendar = Some(position);
        }
    }

    fn add_filter(&mut self, path: &Path, bit: &mut impl FnMut(&Predicate) -> usize) {
        let (Some(log_group), Some(filter)) = (&path.log_group, &path.filter) else {
            return;
        };
        let same = |known: &GroupPlan| known.log_group == *log_group;
        let group = self.groups.iter().position(same).unwrap_or_else(|| {
            self.groups.push(GroupPlan {
                log_group: log_group.clone(),
                ways: Vec::new(),
            });
            self.groups.len() - 1
        });
        let same = |known: &FilterPlan| known.group == group && known.name == filter.name;
        let index = self.filters.iter().position(same).unwrap_or_else(|| {
            self.filters.push(FilterPlan {
                group,
                name: filter.name.clone(),
                ways: Vec::new(),
            });
            self.filters.len() - 1
        });
        let mut add = |list: Option<&mut Vec<Vec<usize>>>, station| {
            if let (Some(list), Some(way)) = (list, up_to(path, station, bit))
                && !list.contains(&way)
            {
                list.push(way);
            }
        };
        let filter = self.filters.get_mut(index);
        add(filter.map(|it| &mut it.ways), Station::MetricFilter);
        let group = self.groups.get_mut(group);
        add(group.map(|it| &mut it.ways), Station::LogGroup);
    }
}

impl PathPlan {
    /// Whether all of its conditions let the record through.
    pub fn carries(&self, answers: &[u64]) -> bool {
        self.conditions.iter().all(|bit| is_set(answers, *bit))
    }

    /// Whether it is silent, by what its account's calendars say of the record's minute.
    pub fn silence(&self, silences: &[Silence]) -> Silence {
        let found = self.calendar.and_then(|index| silences.get(index));
        found.copied().unwrap_or_default()
    }
}

impl FilterPlan {
    /// Whether the record counts in the filter's metric.
    pub fn counts(&self, answers: &[u64]) -> bool {
        any_way(&self.ways, answers)
    }
}

impl GroupPlan {
    /// Whether the record gets there.
    pub fn gets(&self, answers: &[u64]) -> bool {
        any_way(&self.ways, answers)
    }
}

fn any_way(ways: &[Vec<usize>], answers: &[u64]) -> bool {
    let holds = |way: &Vec<usize>| way.iter().all(|bit| is_set(answers, *bit));
    ways.iter().any(holds)
}
