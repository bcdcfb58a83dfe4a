//! Alarms that noise keeps in ALARM. An alarm acts only when it changes state (delivery-chain fact 1), so a filter that
//! matches nearly every event silences its alarm, and with it every other filter that feeds the same alarm (F14).
//!
//! Noise is a property of the alarm: a filter that matches everything is harmless where what it publishes does not make
//! the alarm breach, as a value of 0, another unit or a series that the expression does not count. It is one of what is
//! recorded: a trail of a few event names makes any filter quiet. And it is handed on: a composite alarm that one of its
//! children holds in ALARM for good makes no transition either.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::aws::arn;
use crate::aws::composite::Fault;
use crate::chain::cause::SilenceCause;
use crate::chain::verdict::{Kind, Link, LinkId, Station, Subject, Verdict};
use crate::chain::{AccountChain, Condition, Path};
use crate::coverage::Predicate;

use super::coverage_memo::CoverageMemo;

/// What is noisy of one alarm: filters by their names, and its own query.
#[derive(Default)]
struct Noisy {
    /// They keep it in ALARM.
    surely: BTreeSet<Source>,
    /// Whether they do is not known.
    perhaps: BTreeSet<Source>,
}

/// What finds the records of an alarm.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Filter(String),
    /// That of a log alarm.
    Query,
}

impl Source {
    fn of(path: &Path) -> Self {
        match &path.filter {
            Some(filter) => Self::Filter(filter.name.clone()),
            None => Self::Query,
        }
    }
}

/// Adds a broken link to every path whose alarm is saturated, and an unknown one where it may be; and the same to those of the
/// composite alarms above that are held by it.
pub(super) fn saturate(chain: &mut AccountChain, memo: &CoverageMemo) {
    let noisy = noisy(chain, memo);
    let held = held(chain, &noisy);
    for path in &mut chain.paths {
        let own = metric_alarm(path).and_then(|alarm| noisy.get(alarm));
        let links = own.and_then(|noisy| link(path, noisy)).into_iter();
        for link in links.chain(holding(path, &held)).collect::<Vec<_>>() {
            let at = path
                .links
                .iter()
                .position(|other| other.id > link.id)
                .unwrap_or(path.links.len());
            path.links.insert(at, Arc::new(link));
        }
    }
}

/// By the alarm that watches the metric, or finds the records by itself.
fn noisy(chain: &AccountChain, memo: &CoverageMemo) -> BTreeMap<String, Noisy> {
    let recorded = recorded(chain, memo);
    let mut noisy: BTreeMap<String, Noisy> = BTreeMap::new();
    // By what reaches the log group, and what lets the events through behind: the paths of one filter share it.
    let mut known: HashMap<(Option<&str>, Vec<*const Condition>), bool> = HashMap::new();
    for path in &chain.paths {
        let Some(alarm) = &path.alarm else {
            continue;
        };
        // No event gets as far as the alarm, or it is not understood which do.
        if alarm.flooded == Some(false) || is_stopped(path) || path.pattern().is_none() {
            continue;
        }
        let group = path.log_group.as_deref();
        let conditions: Vec<*const Condition> = behind(path).map(Arc::as_ptr).collect();
        let saturates = known.entry((group, conditions)).or_insert_with(|| {
            let filtered = Predicate::all(behind(path).map(|it| it.events.clone()));
            let recorded = recorded.get(&group).unwrap_or(&Predicate::Always);
            memo.saturates(&filtered, recorded, &chain.scope)
        });
        if *saturates {
            let found = noisy.entry(metric_alarm(path).unwrap_or_default().to_owned());
            let found = found.or_default();
            let sources = match alarm.flooded {
                Some(true) => &mut found.surely,
                _ => &mut found.perhaps,
            };
            sources.insert(Source::of(path));
        }
    }
    noisy
}

/// No event gets as far as the log group.
fn is_stopped(path: &Path) -> bool {
    path.links
        .iter()
        .any(|link| link.id.station() < Station::MetricFilter && link.verdict == Verdict::Broken)
}

/// What reaches each log group, whichever trail delivers it.
fn recorded<'c>(
    chain: &'c AccountChain,
    memo: &CoverageMemo,
) -> HashMap<Option<&'c str>, Predicate> {
    let mut known: BTreeSet<(Option<&str>, Vec<*const Condition>)> = BTreeSet::new();
    let mut found: HashMap<Option<&str>, Vec<Predicate>> = HashMap::new();
    for path in chain.paths.iter().filter(|path| !is_stopped(path)) {
        let group = path.log_group.as_deref();
        if known.insert((group, path.delivered().map(Arc::as_ptr).collect())) {
            let events = Predicate::all(path.delivered().map(|it| it.events.clone()));
            found.entry(group).or_default().push(events);
        }
    }
    let unions = found.into_iter();
    unions
        .map(|(group, each)| (group, memo.any(each.into_iter())))
        .collect()
}

/// Alarms that sit in ALARM for good, or latch there with an event of theirs, by ARN; and whether that is sure.
fn held(chain: &AccountChain, noisy: &BTreeMap<String, Noisy>) -> BTreeMap<String, bool> {
    let by_noise = noisy.iter();
    let mut held: BTreeMap<String, bool> = by_noise
        .map(|(alarm, noisy)| (alarm.clone(), !noisy.surely.is_empty()))
        .collect();
    for path in &chain.paths {
        let sits = |link: &Arc<Link>| {
            matches!(link.id, LinkId::A06 | LinkId::F09) && link.verdict == Verdict::Broken
        };
        if let Some(alarm) = metric_alarm(path).filter(|_| path.links.iter().any(sits)) {
            held.insert(alarm.to_owned(), true);
        }
    }
    held
}

/// C02: what an alarm that never rests does to the composite alarm above it.
fn holding(path: &Path, held: &BTreeMap<String, bool>) -> Option<Link> {
    let alarm = path.alarm.as_ref()?;
    let found = |sure: bool| -> Vec<String> {
        let holders = alarm.holders.iter();
        holders
            .filter(|holder| held.get(*holder) == Some(&sure))
            .map(|holder| arn::short_name(holder).to_owned())
            .collect()
    };
    let (alarms, perhaps) = (found(true), found(false));
    let (verdict, cause) = match (alarms.is_empty(), perhaps.is_empty()) {
        (false, _) => (Verdict::Broken, Fault::HeldInAlarm { alarms }),
        (true, false) => (Verdict::Unknown, Fault::HangsOnStates { alarms: perhaps }),
        (true, true) => return None,
    };
    let subject = Subject::of_arn(Kind::Alarm, &alarm.arn);
    Some(Link::new(LinkId::C02, verdict, subject, cause))
}

fn link(path: &Path, noisy: &Noisy) -> Option<Link> {
    let (alarm, own) = (path.alarm.as_ref()?, Source::of(path));
    let filters = |sources: &BTreeSet<Source>| -> Vec<String> {
        let names = sources.iter().filter_map(|source| match source {
            Source::Filter(name) => Some(name.clone()),
            Source::Query => None,
        });
        names.collect()
    };
    let (verdict, cause) = match &own {
        Source::Filter(filter) if noisy.surely.contains(&own) => {
            let filter = filter.clone();
            let cause = SilenceCause::KeptInAlarmByItsFilter { filter };
            (Verdict::Broken, cause)
        }
        Source::Query if noisy.surely.contains(&own) => {
            (Verdict::Broken, SilenceCause::KeptInAlarmByItsQuery)
        }
        Source::Query => {
            let cause = SilenceCause::PerhapsKeptInAlarmByItsQuery;
            (Verdict::Unknown, cause)
        }
        Source::Filter(_) if !noisy.surely.is_empty() => {
            let filters = filters(&noisy.surely);
            (
                Verdict::Broken,
                SilenceCause::KeptInAlarmByOthers { filters },
            )
        }
        Source::Filter(_) => {
            let filters = filters(&noisy.perhaps);
            (
                Verdict::Unknown,
                SilenceCause::PerhapsKeptInAlarm { filters },
            )
        }
    };
    let is_own = noisy.surely.contains(&own) || noisy.perhaps.contains(&own);
    let id = if is_own { LinkId::A06 } else { LinkId::F14 };
    let subject = Subject::of_arn(Kind::Alarm, alarm.lowest());
    let link = Link::new(id, verdict, subject, cause);
    Some(match path.filter.as_ref().filter(|_| is_own) {
        Some(filter) => link.field("filterPattern", &filter.pattern),
        None => link,
    })
}

/// The alarm that watches the metric: the lowest below a composite.
fn metric_alarm(path: &Path) -> Option<&str> {
    path.alarm.as_ref().map(|alarm| alarm.lowest())
}

/// What lets the events through that reach the log group.
fn behind(path: &Path) -> impl Iterator<Item = &Arc<Condition>> {
    path.conditions
        .iter()
        .filter(|condition| condition.id.station() >= Station::MetricFilter)
}
