//! Alarms that noise keeps in ALARM. An alarm acts only when it changes state (delivery-chain fact 1), so a filter that
//! matches nearly every event silences its alarm, and with it every other filter that feeds the same alarm (F14).

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::verdict::{Kind, Link, LinkId, Subject, Verdict};
use crate::chain::{AccountChain, Path};
use crate::coverage::Predicate;

use super::judge::Judge;

/// Adds a broken link to every path whose alarm is saturated.
pub(super) fn saturate(chain: &mut AccountChain, judge: &Judge) {
    // Metric alarm -> the filters that keep it in ALARM.
    let mut saturated: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in &chain.paths {
        let (Some(alarm), Some(filter)) = (metric_alarm(path), &path.filter) else {
            continue;
        };
        // No event gets as far as the filter: it makes no noise.
        if path
            .links
            .iter()
            .any(|link| link.id < LinkId::F01 && link.verdict == Verdict::Broken)
        {
            continue;
        }
        let Some(filtered) = filtered(path) else {
            continue;
        };
        if judge.saturates(&filtered, &chain.scope) {
            saturated
                .entry(alarm.to_owned())
                .or_default()
                .insert(filter.name.clone());
        }
    }
    for path in &mut chain.paths {
        let Some(filters) = metric_alarm(path).and_then(|alarm| saturated.get(alarm)) else {
            continue;
        };
        let (Some(filter), Some(alarm)) = (&path.filter, &path.alarm) else {
            continue;
        };
        let link = if filters.contains(&filter.name) {
            let reason = format!(
                "filter `{}` matches nearly every event, so the alarm stays in ALARM and never changes state again",
                filter.name
            );
            Link::new(
                LinkId::A06,
                Verdict::Broken,
                Subject::of_arn(Kind::Alarm, &alarm.arn),
                reason,
            )
            .field("filterPattern", &filter.pattern)
        } else {
            let names: Vec<String> = filters.iter().map(|name| format!("`{name}`")).collect();
            let reason = format!(
                "{} feeds the same alarm, matches nearly every event and so keeps it in ALARM",
                names.join(", ")
            );
            Link::new(
                LinkId::F14,
                Verdict::Broken,
                Subject::of_arn(Kind::Alarm, &alarm.arn),
                reason,
            )
        };
        let at = path
            .links
            .iter()
            .position(|other| other.id > link.id)
            .unwrap_or(path.links.len());
        path.links.insert(at, link);
    }
}

/// The alarm that watches the metric: the lowest below a composite.
fn metric_alarm(path: &Path) -> Option<&str> {
    let alarm = path.alarm.as_ref()?;
    Some(alarm.through.first().unwrap_or(&alarm.arn))
}

/// What the filter lets through of whatever reaches it: what a trail leaves out makes an alarm no quieter. None for a
/// pattern that is not understood.
fn filtered(path: &Path) -> Option<Predicate> {
    path.conditions
        .iter()
        .find(|condition| condition.id == LinkId::F01)?;
    let behind = path
        .conditions
        .iter()
        .filter(|condition| condition.id >= LinkId::F01);
    Some(Predicate::all(
        behind.map(|condition| condition.events.clone()),
    ))
}
