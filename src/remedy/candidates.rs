//! What repairs a link: for each failure id the changes that may help, the smallest and what reuses most first.
//!
//! A candidate is a guess that the analysis judges. So nothing here decides whether it helps, and a candidate may rest on
//! what is usual; what must hold is that it takes nothing away from others.

mod alarm;
mod chain;
mod filter;
mod key;
mod record;
mod rule;
mod spread;
mod topic;
mod trail;
mod wider;

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::choice::LogGroupKey;
use super::resource::{Alarm, Change, MetricFilter, Resource};
use super::trial::Under;
use super::{Error, Wishes, events, read};
use crate::analyze::{Finding, Stop};
use crate::chain::AccountChain;
use crate::chain::verdict::{Kind, LinkId, Station};
use crate::control::{Benchmark, Control, Registry};

/// A set of changes that belong together.
pub(super) type Candidate = Vec<Change>;

/// Two kinds of candidates, those of what many share first where many do, else those that leave it alone.
pub(super) fn shared_first(
    many: bool,
    shared: Vec<Candidate>,
    alone: Vec<Candidate>,
) -> impl Iterator<Item = Candidate> {
    let (first, second) = match many {
        true => (shared, alone),
        false => (alone, shared),
    };
    first.into_iter().chain(second)
}

/// What is asked for, and what may not be touched.
#[derive(Clone, Copy)]
pub(super) struct Asked<'c> {
    pub(super) registry: &'c Registry,
    pub(super) control: &'c Control,
    pub(super) benchmark: &'c Benchmark,
    pub(super) wishes: &'c Wishes,
    /// Metric filters of other controls.
    pub(super) taken: &'c BTreeSet<String>,
    /// What was decided before.
    pub(super) shared: &'c [Change],
}

/// What candidates are made from.
pub(super) struct Case<'c> {
    pub(super) facts: &'c Connection,
    pub(super) chain: &'c AccountChain,
    pub(super) finding: &'c Finding,
    pub(super) asked: Asked<'c>,
}

/// What may be tried, in the order in which it is to be.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Changes of the link that the finding names.
    pub(super) repairs: Vec<Candidate>,
    /// What is missing for an alarm, or for a metric filter, that is there.
    pub(super) beside: Vec<Candidate>,
    /// A filter and an alarm of their own.
    pub(super) whole: Vec<Candidate>,
}

/// The changes that may repair the link that a finding names.
pub(super) fn of(
    under: &Under<'_, '_>,
    finding: &Finding,
    asked: Asked<'_>,
) -> Result<Candidates, Error> {
    let chain = under.chain(&finding.account)?;
    let case = Case {
        facts: under.facts(),
        chain: &chain,
        finding,
        asked,
    };
    let (repairs, beside) = match finding.why.stop() {
        Some(stop) => (case.repairs(stop)?, case.beside(stop)?),
        None => (Vec::new(), Vec::new()),
    };
    let whole = match case.sits_for_good_reason()? {
        true => Vec::new(),
        false => case.whole()?,
    };
    // A change that changes nothing is no repair.
    let real = |mut candidate: Candidate| {
        candidate.retain(|change| change.before.as_ref() != Some(&change.after));
        (!candidate.is_empty()).then_some(candidate)
    };
    Ok(Candidates {
        repairs: repairs.into_iter().filter_map(real).collect(),
        beside: beside.into_iter().filter_map(real).collect(),
        whole: whole.into_iter().filter_map(real).collect(),
    })
}

/// The change from what is there.
pub(super) fn change<R: Into<Resource>>(before: Option<R>, after: R) -> Change {
    Change {
        before: before.map(Into::into),
        after: after.into(),
    }
}

/// A change of something that is there.
pub(super) fn edit<R: Into<Resource> + Clone>(before: &R, make: impl FnOnce(&mut R)) -> Change {
    let mut after = before.clone();
    make(&mut after);
    change(Some(before.clone()), after)
}

impl Case<'_> {
    fn repairs(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        match stop.id.station() {
            Station::Trail | Station::EventSelectors | Station::LogGroup => {
                self.before_filter(stop)
            }
            Station::MetricFilter => self.filter_link(stop),
            Station::Alarm | Station::CompositeAlarm => self.alarm_link(stop),
            Station::Topic | Station::Subscription => self.topic_link(stop),
            Station::Rule => self.rule_link(stop),
            Station::OtherMonitoring => Ok(Vec::new()),
        }
    }

    /// Whether the alarm sits in ALARM over events that the control asks for: another alarm on them would sit there as well.
    fn sits_for_good_reason(&self) -> Result<bool, Error> {
        let stop = self.finding.why.stop();
        if stop.is_none_or(|stop| stop.id != LinkId::A15) {
            return Ok(false);
        }
        let filter = self.filter()?;
        Ok(filter.is_some_and(|it| !events::means_nothing(&it.pattern, &self.chain.scope)))
    }

    /// The forms of the requirement, the one that the finding is about first.
    pub(super) fn forms(&self) -> Vec<&str> {
        let mut forms: Vec<&str> = self
            .asked
            .control
            .alternatives_for(&self.asked.benchmark.id)
            .map(|alternative| alternative.pattern.as_str())
            .collect();
        if let Some(form) = &self.finding.requirement {
            forms.sort_by_key(|text| *text != form.text);
        }
        forms
    }

    /// The log group of the path that is to blame.
    pub(super) fn place(&self) -> Option<LogGroupKey> {
        LogGroupKey::of(self.finding.paths.first()?.log_group.as_deref()?)
    }

    /// The metric filter of the path that is to blame.
    pub(super) fn filter(&self) -> Result<Option<MetricFilter>, Error> {
        let path = self.finding.paths.first();
        let name = path.and_then(|path| path.filter.as_deref());
        let (Some(name), Some(place)) = (name, self.place()) else {
            return Ok(None);
        };
        let key = (
            place.account.as_str(),
            place.region.as_str(),
            place.log_group.as_str(),
        );
        Ok(read::filter(self.facts, key, name)?)
    }

    /// Whether a metric filter is another control's.
    pub(super) fn carries_others(&self, filter: &MetricFilter) -> bool {
        self.asked.taken.contains(&filter.name)
    }

    /// The alarm that a link is about; else the one that acts on the path.
    pub(super) fn alarm(&self, stop: &Stop) -> Result<Option<Alarm>, Error> {
        let subject = stop
            .subject
            .as_ref()
            .filter(|subject| subject.kind == Kind::Alarm);
        if let Some(arn) = subject.and_then(|subject| subject.arn.as_deref()) {
            return Ok(read::alarm(self.facts, arn)?);
        }
        self.acting()
    }

    /// The alarm whose action the path to blame is.
    pub(super) fn acting(&self) -> Result<Option<Alarm>, Error> {
        let Some(path) = self.finding.paths.first() else {
            return Ok(None);
        };
        let Some(name) = path.alarm.as_deref() else {
            return Ok(None);
        };
        let arn = path
            .links
            .iter()
            .map(|link| &link.subject)
            .filter(|subject| subject.kind == Kind::Alarm && subject.name == name)
            .find_map(|subject| subject.arn.as_deref());
        match arn {
            Some(arn) => Ok(read::alarm(self.facts, arn)?),
            None => Ok(None),
        }
    }

    /// The alarm on the metric of the path's filter.
    pub(super) fn watching(&self) -> Result<Option<Alarm>, Error> {
        let path = self.finding.paths.first();
        let links = path.map(|path| path.links.as_slice()).unwrap_or_default();
        let arn = links
            .iter()
            .filter(|link| link.id == LinkId::A01)
            .find_map(|link| link.subject.arn.as_deref());
        match arn {
            Some(arn) => Ok(read::alarm(self.facts, arn)?),
            None => Ok(None),
        }
    }
}
