//! The status of one control in one account: is every required event carried by sound paths; if not, would it be with
//! the paths that the snapshot leaves open; if not, which event is lost, and where.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::chain::verdict::{Cause, Link, LinkId, Station, Verdict};
use crate::chain::{AccountChain, Path};
use crate::control::AlternativeKind;
use crate::coverage::{Covers, NoiseClass, Predicate};

use super::blame::{blame, likeness};
use super::finding::{
    Carriers, Finding, Note, PathSummary, Remark, Requirement as Form, Status, Stop, Surplus, Why,
};
use super::judge::{Judge, key};
use super::mark;
use super::muted::lapse;
use super::requirement::{Requirement, names};

/// How many paths a finding shows.
const PATHS_SHOWN: usize = 8;

/// Fills in status, reason, witness, broken link and paths of a finding.
pub(super) fn decide(
    finding: &mut Finding,
    judge: &Judge,
    chain: &AccountChain,
    requirements: &[Requirement<'_>],
) {
    let sound: Vec<&Path> = chain.paths.iter().filter(|path| path.sound()).collect();
    let open: Vec<&Path> = chain
        .paths
        .iter()
        .filter(|path| path.verdict() <= Verdict::Unknown)
        .collect();
    let mut lapses = Vec::new();
    for requirement in requirements {
        if let Covers::Yes { .. } = covers(judge, chain, requirement, &sound) {
            match lapse(judge, chain, requirement, &sound, &open) {
                None => return pass(finding, judge, chain, requirement, &sound),
                Some(lapse) => lapses.push((requirement, lapse)),
            }
        }
    }
    // Covered at most times: what is lost in a mute window decides.
    if let Some((requirement, lapse)) = lapses.into_iter().next() {
        set_form(finding, requirement);
        finding.paths = summaries(&same_events(&sound, &lapse.silent));
        return lapse.tell(finding);
    }
    for requirement in requirements {
        if open.len() > sound.len()
            && let Covers::Yes { .. } = covers(judge, chain, requirement, &open)
        {
            return missing_evidence(finding, judge, chain, requirement, &open);
        }
    }
    for requirement in requirements {
        for paths in [&sound, &open] {
            if let Covers::Unknown { reason } = covers(judge, chain, requirement, paths) {
                return undecided(finding, chain, requirement, &reason);
            }
        }
    }
    fail(finding, judge, chain, requirements, &sound, &open);
}

pub(super) fn covers(
    judge: &Judge,
    chain: &AccountChain,
    requirement: &Requirement<'_>,
    paths: &[&Path],
) -> Covers {
    // Filters that look like the requirement decide a yes sooner than all filters of the account.
    let near: Vec<&Path> = paths
        .iter()
        .copied()
        .filter(|path| likeness(path, requirement) > 0)
        .collect();
    if !near.is_empty() && near.len() < paths.len() {
        let answer = judge.covers(&requirement.events, &union(&near), &chain.scope);
        if answer.is_yes() {
            return answer;
        }
    }
    judge.covers(&requirement.events, &union(paths), &chain.scope)
}

/// The events that any of the paths carries, each predicate once, in an order that does not depend on names.
fn union(paths: &[&Path]) -> Predicate {
    let distinct: BTreeMap<String, &Predicate> = paths
        .iter()
        .map(|path| (key(&path.events), &path.events))
        .collect();
    Predicate::any(distinct.into_values().cloned())
}

fn pass(
    finding: &mut Finding,
    judge: &Judge,
    chain: &AccountChain,
    requirement: &Requirement<'_>,
    sound: &[&Path],
) {
    let cover = smallest_cover(judge, chain, requirement, sound);
    finding.status = Status::Pass;
    finding.why = Why::Carried(carriers(&cover));
    set_form(finding, requirement);
    if let Covers::Yes { assumptions } = covers(judge, chain, requirement, &cover) {
        finding.assumptions = assumptions;
    }
    finding.names = names(judge, requirement, &cover, &chain.scope);
    finding.notes = told_links(&cover);
    if requirement.alternative.kind != AlternativeKind::Text {
        finding.notes.push(Note {
            link: None,
            subject: None,
            about: Remark::OtherForm {
                label: requirement.alternative.label.clone(),
                source: requirement.alternative.source.clone(),
            },
        });
    }
    finding
        .notes
        .extend(surplus(judge, chain, requirement, &cover));
    let same = same_events(sound, &cover);
    finding.paths = summaries(&same);
}

/// Few paths that cover the requirement, sounder ones first: one that does it alone where there is one.
fn smallest_cover<'p>(
    judge: &Judge,
    chain: &AccountChain,
    requirement: &Requirement<'_>,
    sound: &[&'p Path],
) -> Vec<&'p Path> {
    // One path for each distinct predicate: the soundest.
    let mut best: BTreeMap<String, &Path> = BTreeMap::new();
    for path in sound {
        let known = best.entry(key(&path.events)).or_insert(path);
        if path.verdict() < known.verdict() {
            *known = path;
        }
    }
    let mut candidates: Vec<&Path> = best.into_values().collect();
    candidates.sort_by_key(|path| (path.verdict(), usize::MAX - likeness(path, requirement)));
    let alone = |path: &&&Path| {
        judge
            .covers(&requirement.events, &path.events, &chain.scope)
            .is_yes()
    };
    let near = candidates
        .iter()
        .filter(|path| likeness(path, requirement) > 0)
        .find(alone);
    if let Some(path) = near.or_else(|| candidates.iter().find(alone)) {
        return vec![path];
    }
    // Drop what is not needed, the least sound and least alike first.
    let mut index = candidates.len();
    while index > 0 {
        index -= 1;
        let mut fewer = candidates.clone();
        fewer.remove(index);
        if judge
            .covers(&requirement.events, &union(&fewer), &chain.scope)
            .is_yes()
        {
            candidates = fewer;
        }
    }
    candidates
}

fn carriers(cover: &[&Path]) -> Carriers {
    let filters: BTreeSet<&str> = cover
        .iter()
        .filter_map(|path| path.filter.as_ref())
        .map(|filter| filter.name.as_str())
        .collect();
    let alarms: BTreeSet<&str> = cover
        .iter()
        .filter_map(|path| path.alarm.as_ref())
        .map(|alarm| alarm.name.as_str())
        .collect();
    let told: BTreeSet<(&str, &str)> = cover
        .iter()
        .filter_map(|path| path.subscription.as_ref())
        .map(|subscription| {
            (
                subscription.protocol.as_str(),
                subscription.endpoint.as_str(),
            )
        })
        .collect();
    let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
    Carriers {
        filters: owned(filters),
        alarms: owned(alarms),
        told: told
            .into_iter()
            .map(|(protocol, endpoint)| (protocol.to_owned(), endpoint.to_owned()))
            .collect(),
    }
}

/// What the covering paths are told about: links that are degraded or weak.
fn told_links(cover: &[&Path]) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for link in cover.iter().flat_map(|path| &path.links) {
        if matches!(link.verdict, Verdict::Degraded | Verdict::Weak) {
            let note = Note {
                link: Some(link.id),
                subject: Some(link.subject.clone()),
                about: Remark::Link {
                    verdict: link.verdict,
                    cause: Box::new(link.cause.clone()),
                },
            };
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes.sort();
    notes
}

/// What else the covering filters fire on, and what of that happens all day.
fn surplus(
    judge: &Judge,
    chain: &AccountChain,
    requirement: &Requirement<'_>,
    cover: &[&Path],
) -> Vec<Note> {
    let noise = judge.noise(&requirement.events, &union(cover), &chain.scope);
    let on = match noise.class {
        NoiseClass::None | NoiseClass::Unknown(_) => None,
        NoiseClass::Names(names) => Some(Surplus::Names { names }),
        NoiseClass::Some => Some(Surplus::Some),
        NoiseClass::Sources(event_sources) => Some(Surplus::Sources { event_sources }),
        NoiseClass::NearlyEverything => Some(Surplus::NearlyEverything),
    };
    let routine = noise.routine.as_ref().map(|event| Surplus::Routine {
        event_name: event_name(event).to_owned(),
        event_source: event
            .get("eventSource")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
    });
    let note = |on| Note {
        link: None,
        subject: None,
        about: Remark::AlsoFires { on },
    };
    on.into_iter().chain(routine).map(note).collect()
}

fn missing_evidence(
    finding: &mut Finding,
    judge: &Judge,
    chain: &AccountChain,
    requirement: &Requirement<'_>,
    open: &[&Path],
) {
    let cover = smallest_cover(judge, chain, requirement, open);
    let mut unknown: Vec<&Link> = Vec::new();
    for link in cover
        .iter()
        .flat_map(|path| &path.links)
        .filter(|link| link.verdict == Verdict::Unknown)
    {
        if !unknown
            .iter()
            .any(|known| known.id == link.id && known.cause == link.cause)
        {
            unknown.push(link);
        }
    }
    finding.status = Status::Unknown;
    finding.broken_link = unknown.first().map(|link| link.id);
    finding.why = Why::EvidenceMissing {
        gaps: if unknown.iter().any(|link| names_a_gap(link, chain)) {
            Vec::new()
        } else {
            chain.gaps.clone()
        },
        links: unknown.into_iter().map(Stop::of).collect(),
    };
    set_form(finding, requirement);
    finding.paths = summaries(&same_events(open, &cover));
}

/// Whether the cause of a link is one of the calls that failed.
fn names_a_gap(link: &Link, chain: &AccountChain) -> bool {
    let Cause::Unanswered(unanswered) = &link.cause else {
        return false;
    };
    chain
        .gaps
        .iter()
        .any(|gap| gap.operation == unanswered.operation)
}

fn undecided(
    finding: &mut Finding,
    chain: &AccountChain,
    requirement: &Requirement<'_>,
    reason: &str,
) {
    finding.status = Status::Unknown;
    finding.why = Why::Undecided {
        reason: reason.to_owned(),
    };
    finding.broken_link = Some(LinkId::F01);
    set_form(finding, requirement);
    finding.paths = summaries(&alike(chain, requirement, None));
}

fn fail(
    finding: &mut Finding,
    judge: &Judge,
    chain: &AccountChain,
    requirements: &[Requirement<'_>],
    sound: &[&Path],
    open: &[&Path],
) {
    finding.status = Status::Fail;
    let Some(requirement) = nearest(judge, chain, requirements) else {
        finding.status = Status::Unknown;
        finding.why = Why::NoRequirement;
        return;
    };
    set_form(finding, requirement);
    let Covers::No { missed } = covers(judge, chain, requirement, open) else {
        finding.status = Status::Unknown;
        finding.why = Why::Contradiction;
        return;
    };
    let missed = farther(judge, chain, requirement, open).unwrap_or(missed);
    let blamed_stop = blame(chain, judge, requirement, &missed);
    finding.broken_link = Some(blamed_stop.stop.id);
    finding.names = names(judge, requirement, sound, &chain.scope);
    let blamed = blamed_stop.path.and_then(|index| chain.paths.get(index));
    // A filter that has nothing to do with the control explains nothing.
    let to_blame = blamed_stop.stop.subject.is_some();
    finding.marks = mark::marks(requirement, &missed, blamed.filter(|_| to_blame));
    let shown = blamed_stop.path.filter(|_| to_blame);
    finding.why = Why::NobodyHears {
        event: event_name(&missed).to_owned(),
        stop: Box::new(blamed_stop.stop),
    };
    finding.witness = Some(missed);
    finding.paths = summaries(&alike(chain, requirement, shown));
}

/// A missed event that some trail delivers, where there is one: it shows what else is wrong behind the trails.
fn farther(
    judge: &Judge,
    chain: &AccountChain,
    requirement: &Requirement<'_>,
    open: &[&Path],
) -> Option<Value> {
    let delivered = |path: &Path| {
        let before = path
            .conditions
            .iter()
            .filter(|condition| condition.id.station() < Station::MetricFilter);
        Predicate::all(before.map(|condition| condition.events.clone()))
    };
    let trails: BTreeMap<String, Predicate> = chain
        .paths
        .iter()
        .map(delivered)
        .map(|events| (key(&events), events))
        .collect();
    let delivered = Predicate::any(trails.into_values());
    if delivered == Predicate::Always {
        return None;
    }
    let required = requirement.events.clone().and(delivered);
    match judge.covers(&required, &union(open), &chain.scope) {
        Covers::No { missed } => Some(missed),
        Covers::Yes { .. } | Covers::Unknown { .. } => None,
    }
}

/// The form to report on: one that the filters would cover if every link worked, else the one whose events they cover
/// most of, else the first.
fn nearest<'r, 'a>(
    judge: &Judge,
    chain: &AccountChain,
    requirements: &'r [Requirement<'a>],
) -> Option<&'r Requirement<'a>> {
    let all: Vec<&Path> = chain.paths.iter().collect();
    if let Some(covered) = requirements
        .iter()
        .find(|r| covers(judge, chain, r, &all).is_yes())
    {
        return Some(covered);
    }
    let mut best: Option<(&Requirement<'a>, usize)> = None;
    for requirement in requirements {
        let share = names(judge, requirement, &all, &chain.scope).map_or(0, |names| {
            names.covered.len() * 1000 / (names.covered.len() + names.missing.len()).max(1)
        });
        if best.is_none_or(|(_, known)| share > known) {
            best = Some((requirement, share));
        }
    }
    best.map(|(requirement, _)| requirement)
}

fn set_form(finding: &mut Finding, requirement: &Requirement<'_>) {
    finding.requirement = Some(Form {
        kind: requirement.alternative.kind.to_string(),
        label: requirement.alternative.label.clone(),
        text: requirement.alternative.pattern.clone(),
        source: requirement.alternative.source.clone(),
    });
}

pub(super) fn event_name(event: &Value) -> &str {
    event
        .get("eventName")
        .and_then(Value::as_str)
        .unwrap_or("the event shown")
}

/// All paths that carry the same events as one of the cover: the cover first.
fn same_events<'p>(paths: &[&'p Path], cover: &[&'p Path]) -> Vec<&'p Path> {
    let keys: BTreeSet<String> = cover.iter().map(|path| key(&path.events)).collect();
    let mut out: Vec<&Path> = cover.to_vec();
    let others = paths.iter().filter(|path| {
        keys.contains(&key(&path.events)) && !cover.iter().any(|known| std::ptr::eq(*known, **path))
    });
    out.extend(others);
    out
}

/// The path to blame, then those whose filters look like the requirement, the most alike first.
fn alike<'p>(
    chain: &'p AccountChain,
    requirement: &Requirement<'_>,
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
        .map(|(_, path)| (likeness(path, requirement), path))
        .filter(|(likeness, _)| *likeness > 0)
        .collect();
    others.sort_by_key(|(likeness, path)| (usize::MAX - likeness, path.verdict()));
    out.extend(others.into_iter().map(|(_, path)| path));
    if out.is_empty() {
        // Nothing looks like it: the trails at least.
        out.extend(chain.paths.first());
    }
    out
}

fn summaries(paths: &[&Path]) -> Vec<PathSummary> {
    paths
        .iter()
        .take(PATHS_SHOWN)
        .map(|path| summary(path))
        .collect()
}

fn summary(path: &Path) -> PathSummary {
    PathSummary {
        trail: path.trail.clone(),
        log_group: path.log_group.clone(),
        filter: path.filter.as_ref().map(|filter| filter.name.clone()),
        pattern: path.filter.as_ref().map(|filter| filter.pattern.clone()),
        alarm: path.alarm.as_ref().map(|alarm| alarm.name.clone()),
        action: path.action.clone(),
        subscription: path
            .subscription
            .as_ref()
            .map(|s| format!("{} {}", s.protocol, s.endpoint)),
        verdict: path.verdict(),
        links: path.links.clone(),
    }
}
