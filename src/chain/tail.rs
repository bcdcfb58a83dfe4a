//! The ways on from a trail, as far as they go, and what keeps them few: what is said of a resource is one allocation, however
//! many paths it is on, and of ways that differ in names alone a judgement needs the first ones.

use std::collections::HashMap;
use std::sync::Arc;

use crate::aws::mute::{Calendar, Windows};
use crate::coverage::Predicate;

use super::judgement::Judgement;
use super::path::{Alarm, Condition, Filter, Path, Subscription};
use super::verdict::{Link, Verdict};

/// How much of an account is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Every path.
    Every,
    /// What a judgement needs: of trails to one log group and of subscriptions to one topic of which the same is said, the
    /// first few.
    Judged,
}

impl Extent {
    /// Whether of so many resources some may be left out.
    pub(super) fn may_leave_out(self, resources: usize) -> bool {
        self == Self::Judged && resources > ALIKE
    }
}

/// Of ways that differ in names alone so many are read to judge: as many as a finding shows.
const ALIKE: usize = 8;

/// An account with more paths than these, ways that differ in names alone left out, is not judged. Within AWS's quotas a log
/// group has 100 metric filters; with 300 alarms on one metric and two addresses that makes 60,000.
pub const MOST_PATHS: usize = 250_000;

/// What follows after a trail, as far as it goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    pub(super) filter: Option<Filter>,
    pub(super) alarm: Option<Alarm>,
    pub(super) action: Option<String>,
    pub(super) subscription: Option<Subscription>,
    pub(super) judgement: Judgement,
    pub(super) muted: Arc<Windows>,
    pub(super) calendar: Arc<Calendar>,
}

impl Tail {
    /// The same way, with one thing more said about it.
    pub(super) fn saying(&self, link: Link) -> Self {
        let mut tail = self.clone();
        tail.judgement.say(link);
        tail
    }

    /// This way as far as the alarm, and on from there.
    pub(super) fn continued(&self, end: &Self) -> Self {
        let mut tail = self.clone();
        tail.action.clone_from(&end.action);
        tail.subscription.clone_from(&end.subscription);
        tail.judgement.extend(end.judgement.clone());
        tail.muted = Arc::clone(&end.muted);
        tail.calendar = Arc::clone(&end.calendar);
        tail
    }

    pub(super) fn path(
        &self,
        trail: Option<String>,
        log_group: Option<String>,
        before: &Judgement,
        shared: &mut SharedEvents,
    ) -> Path {
        let mut judgement = before.clone();
        judgement.extend(self.judgement.clone());
        Path {
            trail,
            log_group,
            filter: self.filter.clone(),
            alarm: self.alarm.clone(),
            rule: None,
            action: self.action.clone(),
            subscription: self.subscription.clone(),
            events: shared.of(&judgement.conditions),
            conditions: judgement.conditions,
            links: judgement.links,
            muted: Arc::clone(&self.muted),
            calendar: Arc::clone(&self.calendar),
            more_trails: 0,
        }
    }
}

/// The conditions of a path, and the events that meet all of them.
type Shared = (Vec<Arc<Condition>>, Arc<Predicate>);

/// The events of paths that share their conditions: one allocation for each distinct set.
#[derive(Debug, Default)]
pub(super) struct SharedEvents {
    /// By the addresses of the conditions, which are held so that nothing else takes them.
    known: HashMap<Vec<usize>, Shared>,
}

impl SharedEvents {
    pub(super) fn of(&mut self, conditions: &[Arc<Condition>]) -> Arc<Predicate> {
        let key: Vec<usize> = conditions
            .iter()
            .map(|condition| Arc::as_ptr(condition) as usize)
            .collect();
        let known = self.known.entry(key).or_insert_with(|| {
            let events = conditions.iter().map(|condition| condition.events.clone());
            let events = Arc::new(Predicate::all(events));
            (conditions.to_vec(), events)
        });
        Arc::clone(&known.1)
    }
}

/// What was said of resources of one kind, to know those again that differ in names alone.
#[derive(Debug, Default)]
pub(super) struct Alike {
    /// By what is said of them: how many there were, and where the last one is.
    seen: HashMap<Said, (usize, usize)>,
}

/// What is said of a resource, apart from its names.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Said(String);

/// A resource with what is said of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    /// What it hangs on, or of what kind it is.
    pub(super) at: &'a str,
    /// Its own names.
    pub(super) names: [&'a str; 2],
    pub(super) judgement: &'a Judgement,
}

impl Alike {
    /// Where the last resource is of which the same is said, if there are enough of them.
    pub(super) fn has_enough(&self, said: &Said) -> Option<usize> {
        let (count, last) = self.seen.get(said)?;
        (*count >= ALIKE).then_some(*last)
    }

    /// Notes a resource, and where it is.
    pub(super) fn note(&mut self, said: Said, position: usize) {
        let seen = self.seen.entry(said).or_default();
        *seen = (seen.0 + 1, position);
    }
}

impl Told<'_> {
    pub(super) fn apart_from_names(&self) -> Said {
        let links = self.judgement.links.iter();
        // Why all is well does not matter: it may be a time.
        let cause = |it: &'_ Arc<Link>| (it.verdict != Verdict::Ok).then(|| it.cause.clone());
        let links: Vec<_> = links.map(|it| (it.id, it.verdict, cause(it))).collect();
        let mut links = format!("{links:?}");
        for name in self.names.iter().filter(|name| !name.is_empty()) {
            links = links.replace(name, "\u{1}");
        }
        // A condition on a name is about more than a name.
        let conditions = self.judgement.conditions.iter();
        let conditions: Vec<_> = conditions.map(|it| (it.id, &it.events)).collect();
        Said(format!("{}\u{1}{links}\u{1}{conditions:?}", self.at))
    }
}
