//! What a decision shows of the paths behind it: the few that matter, whom they tell, and what is worth saying of them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::chain::verdict::{Link, Verdict};
use crate::chain::{AccountChain, Path};
use crate::coverage::{Noise, NoiseClass, counted};

use super::case::Case;
use super::coverage_memo::CoverageMemo;
use super::finding::Carriers;
use super::interned::Id;
use super::note::{Note, Remark, Surplus};
use super::requirement::AcceptedForm;

/// Names of what carries the events, and all that are told of them by it: one subscription is proof enough, and an alarm
/// with two tells both.
pub(super) fn carriers(memo: &CoverageMemo, sound: &[&Path], cover: &[&Path]) -> Carriers {
    let filters = cover.iter().filter_map(|path| path.filter.as_ref());
    let alarms = cover.iter().filter_map(|path| path.alarm.as_ref());
    let rules = cover.iter().filter_map(|path| path.rule.as_ref());
    let by_the_same = |path: &&&Path| {
        cover.iter().any(|it| {
            it.alarm == path.alarm
                && it.rule == path.rule
                && it.filter == path.filter
                && memo.id(it) == memo.id(path)
        })
    };
    let told = sound.iter().filter(by_the_same);
    let told = told.filter_map(|path| path.subscription.as_ref());
    let told = distinct(told.map(|it| (&it.protocol, &it.endpoint, &it.arn, it.more)));
    let told_left_out = told.iter().map(|(.., more)| more).sum();
    let told = told.into_iter();
    let told = told.map(|(protocol, endpoint, ..)| (protocol.clone(), endpoint.clone()));
    Carriers {
        filters: distinct(filters.map(|filter| filter.name.clone())),
        alarms: distinct(alarms.map(|alarm| alarm.name.clone())),
        rules: distinct(rules.map(|rule| format!("{} {}", rule.region, rule.name))),
        told: distinct(told),
        told_left_out,
    }
}

/// Each item once, in order.
pub(super) fn distinct<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.collect::<BTreeSet<T>>().into_iter().collect()
}

/// What the covering paths are told about: links that are degraded or weak.
pub(super) fn told_links(cover: &[&Path]) -> Vec<Note> {
    let links = cover.iter().flat_map(|path| &path.links);
    let told = links.filter(|link| matches!(link.verdict, Verdict::Degraded | Verdict::Weak));
    distinct(told.map(|link| Note::of(link)))
}

/// The unknown links of paths, each once.
pub(super) fn missing_links<'p>(paths: &[&'p Path]) -> Vec<&'p Link> {
    let mut unknown: Vec<&Link> = Vec::new();
    for link in paths.iter().flat_map(|path| &path.links) {
        let same = |known: &&Link| known.id == link.id && known.cause == link.cause;
        if link.verdict == Verdict::Unknown && !unknown.iter().any(same) {
            unknown.push(link);
        }
    }
    unknown
}

/// What else the covering filters fire on, and what of that happens all day.
pub(super) fn surplus(
    case: &Case<'_>,
    requirement: &AcceptedForm<'_>,
    cover: &[&Path],
) -> Vec<Note> {
    let (memo, scope) = (case.memo, &case.chain.scope);
    memo.noise(&requirement.events, &memo.together(cover), scope, told)
}

fn told(noise: &Noise) -> Vec<Note> {
    // Names and sources are those of any account.
    let named = |event: &Value| {
        let source = event.get("eventSource").and_then(Value::as_str);
        let source = source.unwrap_or_default().to_owned();
        (event_name(event).to_owned(), source)
    };
    let on = match &noise.class {
        NoiseClass::None | NoiseClass::Unknown(_) => None,
        NoiseClass::Names(names) => Some(Surplus::Names {
            names: names.clone(),
        }),
        NoiseClass::Some => noise.extra.as_ref().map(|event| {
            let (event_name, event_source) = named(event);
            Surplus::Some {
                counted: counted(&event_source, &event_name),
                event_name,
                event_source,
            }
        }),
        NoiseClass::Sources(event_sources) => Some(Surplus::Sources {
            event_sources: event_sources.clone(),
        }),
        NoiseClass::NearlyEverything => Some(Surplus::NearlyEverything),
    };
    let routine = noise.routine.as_ref().map(|event| {
        let (event_name, event_source) = named(event);
        Surplus::Routine {
            counted: counted(&event_source, &event_name),
            event_name,
            event_source,
        }
    });
    let note = |on| Note::new(Remark::AlsoFires { on });
    on.into_iter().chain(routine).map(note).collect()
}

/// The name of an event; empty where it has none.
pub(super) fn event_name(event: &Value) -> &str {
    event
        .get("eventName")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// All paths that carry the same events as one of the cover: the cover first.
pub(super) fn same_events<'p>(
    memo: &CoverageMemo,
    paths: &[&'p Path],
    cover: &[&'p Path],
) -> Vec<&'p Path> {
    let carried: BTreeSet<Id> = cover.iter().map(|path| memo.id(path)).collect();
    let known: BTreeSet<*const Path> = cover.iter().map(|path| std::ptr::from_ref(*path)).collect();
    let mut out: Vec<&Path> = cover.to_vec();
    let others = paths
        .iter()
        .filter(|path| carried.contains(&memo.id(path)))
        .filter(|path| !known.contains(&std::ptr::from_ref(**path)));
    out.extend(others);
    out
}

/// The path to blame, then those whose filters look like the requirement, the most alike first.
pub(super) fn alike<'p>(
    chain: &'p AccountChain,
    requirement: &AcceptedForm<'_>,
    first: Option<usize>,
) -> Vec<&'p Path> {
    let mut out: Vec<&Path> = first
        .and_then(|index| chain.paths.get(index))
        .into_iter()
        .collect();
    let mut others: Vec<(usize, &Path)> = chain
        .paths
        .iter()
        .enumerate()
        .filter(|(index, _)| Some(*index) != first)
        .map(|(_, path)| (requirement.likeness(path), path))
        .filter(|(likeness, _)| *likeness > 0)
        .collect();
    others.sort_by_cached_key(|(likeness, path)| (usize::MAX - likeness, path.verdict()));
    out.extend(others.into_iter().map(|(_, path)| path));
    if out.is_empty() {
        // Nothing looks like it: the trails at least.
        out.extend(chain.paths.first());
    }
    out
}
