//! What is there and works: log groups that get what a control asks for, and topics that reach somebody.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::arn::{self, Arn};
use crate::chain::verdict::{LinkId, Station, Verdict};
use crate::chain::{AccountChain, Path};
use crate::coverage::{self, EventModel, Predicate};
use crate::pattern;

/// Where a log group is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogGroupKey {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) log_group: String,
}

impl LogGroupKey {
    /// The place of a log group's ARN.
    pub(super) fn of(log_group_arn: &str) -> Option<Self> {
        let arn = Arn::parse(log_group_arn)?;
        Some(Self {
            account: arn.account.to_owned(),
            region: arn.region.to_owned(),
            log_group: arn.name().to_owned(),
        })
    }

    /// Account and Region.
    pub(super) fn region(&self) -> (&str, &str) {
        (&self.account, &self.region)
    }
}

/// Log groups that soundly get every event of the requirement, the one with most filters first. What a log group does to
/// single filters (masks, transformers) is not looked at.
pub(super) fn feeds(chain: &AccountChain, requirement: &str) -> Vec<LogGroupKey> {
    let Ok(required) = pattern::parse(requirement) else {
        return Vec::new();
    };
    let required = Predicate::from_pattern(&required);
    let mut groups: BTreeMap<&str, (BTreeMap<&str, Predicate>, BTreeSet<&str>)> = BTreeMap::new();
    for path in &chain.paths {
        let (Some(trail), Some(group)) = (&path.trail, &path.log_group) else {
            continue;
        };
        if !path
            .links
            .iter()
            .filter(|link| before_filters(link.id))
            .all(|link| link.verdict.is_sound())
        {
            continue;
        }
        let conditions = path
            .conditions
            .iter()
            .filter(|condition| before_filters(condition.id));
        let events = Predicate::all(conditions.map(|condition| condition.events.clone()));
        let (trails, filters) = groups.entry(group).or_default();
        trails.insert(trail, events);
        filters.extend(path.filter.as_ref().map(|filter| filter.name.as_str()));
    }
    let model = EventModel::cloudtrail();
    let mut found: Vec<(usize, &str)> = groups
        .iter()
        .filter(|(_, (trails, _))| {
            let all = Predicate::any(trails.values().cloned());
            all == Predicate::Always
                || coverage::covers(&required, &all, &model, &chain.scope).is_yes()
        })
        .map(|(group, (_, filters))| (usize::MAX - filters.len(), *group))
        .collect();
    found.sort_unstable();
    found
        .into_iter()
        .filter_map(|(_, group)| LogGroupKey::of(group))
        .collect()
}

fn before_filters(id: LinkId) -> bool {
    id.station() < Station::MetricFilter && !matches!(id, LinkId::L04 | LinkId::L06)
}

/// Topics of a Region that soundly reach somebody: those that reach a person first, then the most used.
pub(super) fn topics(chain: &AccountChain, region: &str) -> Vec<String> {
    let mut found: BTreeMap<&str, (Verdict, usize)> = BTreeMap::new();
    for path in &chain.paths {
        let Some(topic) = topic_of(path).filter(|topic| arn::region(topic) == Some(region)) else {
            continue;
        };
        let after = path.links.iter().filter(|link| {
            matches!(link.id.station(), Station::Topic | Station::Subscription)
                // What an action did in the past is about the alarm.
                && link.id != LinkId::N08
        });
        let verdict = Verdict::worst(after.map(|link| link.verdict));
        if path.subscription.is_none() || !verdict.is_sound() {
            continue;
        }
        let known = found.entry(topic).or_insert((verdict, 0));
        known.0 = known.0.min(verdict);
        known.1 += 1;
    }
    let mut ranked: Vec<(Verdict, usize, &str)> = found
        .into_iter()
        .map(|(topic, (verdict, uses))| (verdict, usize::MAX - uses, topic))
        .collect();
    ranked.sort_unstable();
    ranked
        .into_iter()
        .map(|(_, _, topic)| topic.to_owned())
        .collect()
}

fn topic_of(path: &Path) -> Option<&str> {
    path.action
        .as_deref()
        .filter(|action| arn::service(action) == Some("sns"))
}
