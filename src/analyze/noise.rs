//! Alarms that noise keeps in ALARM. An alarm acts only when it changes state (delivery-chain fact 1), so a filter that
//! matches nearly every event silences its alarm, and with it every other filter that feeds the same alarm (F14).
//!
//! Noise is a property of the alarm: a filter that matches everything is harmless where what it publishes does not make
//! the alarm breach, as a value of 0, another unit or a series that the expression does not count.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::chain::cause::SilenceCause;
use crate::chain::verdict::{Kind, Link, LinkId, Station, Subject, Verdict};
use crate::chain::{AccountChain, Condition, Path};
use crate::coverage::Predicate;

use super::coverage_memo::CoverageMemo;

/// The noisy filters of one alarm.
#[derive(Default)]
struct Noisy {
    /// They keep it in ALARM.
    surely: BTreeSet<String>,
    /// Whether they do is not known.
    perhaps: BTreeSet<String>,
}

/// Adds a broken link to every path whose alarm is saturated, and an unknown one where it may be.
pub(super) fn saturate(chain: &mut AccountChain, memo: &CoverageMemo) {
    // By metric alarm.
    let mut noisy: BTreeMap<String, Noisy> = BTreeMap::new();
    // By what lets the events through behind the trail: the paths of one filter share it.
    let mut known: HashMap<Vec<*const Condition>, bool> = HashMap::new();
    for path in &chain.paths {
        let (Some(alarm), Some(filter)) = (&path.alarm, &path.filter) else {
            continue;
        };
        // No event gets as far as the filter, or none as far as the alarm.
        let stopped = |link: &Arc<Link>| {
            link.id.station() < Station::MetricFilter && link.verdict == Verdict::Broken
        };
        if alarm.flooded == Some(false) || path.links.iter().any(stopped) {
            continue;
        }
        if path.pattern().is_none() {
            // It is not understood.
            continue;
        }
        let behind: Vec<*const Condition> = behind(path).map(Arc::as_ptr).collect();
        let saturates = known.entry(behind).or_insert_with(|| {
            let filtered = Predicate::all(behind_events(path));
            memo.saturates(&filtered, &chain.scope)
        });
        if *saturates {
            let found = noisy.entry(metric_alarm(path).unwrap_or_default().to_owned());
            let found = found.or_default();
            if alarm.flooded == Some(true) {
                found.surely.insert(filter.name.clone());
            } else {
                found.perhaps.insert(filter.name.clone());
            }
        }
    }
    for path in &mut chain.paths {
        let Some(noisy) = metric_alarm(path).and_then(|alarm| noisy.get(alarm)) else {
            continue;
        };
        let Some(link) = link(path, noisy) else {
            continue;
        };
        let at = path
            .links
            .iter()
            .position(|other| other.id > link.id)
            .unwrap_or(path.links.len());
        path.links.insert(at, Arc::new(link));
    }
}

fn link(path: &Path, noisy: &Noisy) -> Option<Link> {
    let (filter, alarm) = (path.filter.as_ref()?, path.alarm.as_ref()?);
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect();
    let (verdict, cause) = if noisy.surely.contains(&filter.name) {
        let filter = filter.name.clone();
        (
            Verdict::Broken,
            SilenceCause::KeptInAlarmByItsFilter { filter },
        )
    } else if !noisy.surely.is_empty() {
        let filters = list(&noisy.surely);
        (
            Verdict::Broken,
            SilenceCause::KeptInAlarmByOthers { filters },
        )
    } else {
        let filters = list(&noisy.perhaps);
        (
            Verdict::Unknown,
            SilenceCause::PerhapsKeptInAlarm { filters },
        )
    };
    let own = noisy.surely.contains(&filter.name) || noisy.perhaps.contains(&filter.name);
    let id = if own { LinkId::A06 } else { LinkId::F14 };
    let lowest = alarm.through.first().unwrap_or(&alarm.arn);
    let link = Link::new(id, verdict, Subject::of_arn(Kind::Alarm, lowest), cause);
    Some(if own {
        link.field("filterPattern", &filter.pattern)
    } else {
        link
    })
}

/// The alarm that watches the metric: the lowest below a composite.
fn metric_alarm(path: &Path) -> Option<&str> {
    let alarm = path.alarm.as_ref()?;
    Some(alarm.through.first().unwrap_or(&alarm.arn))
}

/// What the filter lets through of whatever reaches it: what a trail leaves out makes an alarm no quieter.
fn behind(path: &Path) -> impl Iterator<Item = &Arc<Condition>> {
    path.conditions
        .iter()
        .filter(|condition| condition.id.station() >= Station::MetricFilter)
}

fn behind_events(path: &Path) -> impl Iterator<Item = Predicate> {
    behind(path).map(|condition| condition.events.clone())
}
