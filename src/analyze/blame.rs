//! Which link to blame for an event that nobody hears of: the one whose repair, on the filter that was made for the
//! control, takes the smallest change to a pass.
//!
//! Every path is followed until something stops the event. A path counts as made for the control where its metric filter
//! covers what is asked for, or shares most of the literal texts of its pattern with it, or has none that is not asked for, and
//! perhaps where it shares some or looks at the same fields; of those the one with the fewest
//! faults is blamed, and on it the first link that stops the event. A filter that has nothing to do with the control
//! explains nothing, however far it carries the event.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::chain::cause::{EventRuleCause, MetricFilterCause, SilenceCause, TrailCause};
use crate::chain::verdict::{Cause, Link, LinkId, Station, Subject, Verdict};
use crate::chain::{AccountChain, Condition, Path};
use crate::coverage::{Predicate, Scope};
use crate::pattern;
use crate::pattern::ast::PatternKind;

use super::coverage_memo::CoverageMemo;
use super::finding::Stop;
use super::requirement::AcceptedForm;
use super::vocabulary::asks_for_nothing_else;

/// Where an event stops, and on which path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blamed {
    pub(super) stop: Stop,
    /// The path, by position; none where no path exists.
    pub(super) path: Option<usize>,
}

/// What decides between paths, the most weighty first: how surely its filter was made for the control, whether a trail
/// delivers to it at all (what would be wrong behind it is not looked at where none does), how few faults it has, how far
/// it carries the event, how much its filter looks like the requirement, whether another filter spoils what its own does right,
/// whether it is there for the event's Region at all: a rule of another Region is no reason where one stands in the event's own.
/// What carries the event equally far is told apart by whether its pattern is what drops it: a rule that would match but is
/// disabled takes less than one that asks for other events.
type Rank = (Made, bool, Reverse<usize>, Station, bool, usize, bool, bool);

/// How sure it is that a filter was made for a control, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Made {
    /// It has nothing to do with it.
    Not,
    /// It shares some words, or the fields.
    Perhaps,
    /// It covers what is asked for, or shares most of its words, or has no others.
    Surely,
}

/// The stop on the path that takes the smallest change; the paths that are equal in that are told apart by how far they
/// carry the event, then by how much their filters look like the requirement, then by their order.
pub(super) fn blame(
    chain: &AccountChain,
    memo: &CoverageMemo,
    requirement: &AcceptedForm<'_>,
    event: &Value,
) -> Blamed {
    let mut best: Option<(StopsAt<'_>, usize, Rank)> = None;
    let mut passes = Passes {
        event,
        memo,
        known: HashMap::new(),
    };
    // The paths of one filter share its pattern.
    let mut made: HashMap<(*const Condition, usize), Made> = HashMap::new();
    let source = event.get("eventSource").and_then(Value::as_str);
    let suspicion = Suspicion {
        memo,
        requirement,
        scope: &chain.scope,
        event,
        asked: source
            .map(str::to_owned)
            .into_iter()
            .chain(requirement.words.iter().cloned())
            .collect(),
    };
    for (index, path) in chain.paths.iter().enumerate() {
        let likeness = requirement.likeness(path);
        let pattern = path.pattern().map_or(std::ptr::null(), std::ptr::from_ref);
        let made = *made
            .entry((pattern, likeness))
            .or_insert_with(|| suspicion.of(path, likeness));
        // Nothing that comes after would make up for it.
        if best.as_ref().is_some_and(|(.., known)| made < known.0) {
            continue;
        }
        let Some(stop) = stop(path, made, &mut passes) else {
            continue;
        };
        let rank = (
            made,
            !matches!(stop.id(), LinkId::F12 | LinkId::L03),
            Reverse(faults(path, &mut passes)),
            stop.id().station(),
            !matches!(
                stop.id(),
                LinkId::F01 | LinkId::E05 | LinkId::Q01 | LinkId::E08
            ),
            likeness,
            stop.id() == LinkId::F14,
            stop.id() != LinkId::E08,
        );
        if best.as_ref().is_none_or(|(.., known)| rank > *known) {
            best = Some((stop, index, rank));
        }
    }
    match best {
        Some((stop, index, _)) => {
            let stop = stop.told(chain.paths.get(index));
            let path = Some(index);
            unplaced(
                chain,
                root(chain, Blamed { stop, path }),
                event,
                &mut passes,
            )
        }
        None => Blamed {
            stop: Stop {
                id: LinkId::T01,
                subject: Some(Subject::account(&chain.account)),
                cause: TrailCause::NoTrailRecords.into(),
            },
            path: None,
        },
    }
}

/// Where an event stops on a path.
#[derive(Clone, Copy)]
enum StopsAt<'p> {
    /// At what lets other events through.
    Condition(&'p Condition),
    /// At a broken link.
    Broken(&'p Link),
    /// At the filter, which has nothing to do with the control.
    Unrelated,
}

impl StopsAt<'_> {
    fn id(self) -> LinkId {
        match self {
            Self::Condition(condition) => condition.id,
            Self::Broken(link) => link.id,
            Self::Unrelated => LinkId::F01,
        }
    }

    /// Whether the event stops because its own filter keeps the alarm in ALARM.
    fn floods(self) -> bool {
        let cause = match self {
            Self::Condition(condition) => &condition.cause,
            Self::Broken(link) => &link.cause,
            Self::Unrelated => return false,
        };
        let by_itself = |it: &SilenceCause| {
            matches!(
                it,
                SilenceCause::KeptInAlarmByItsFilter { .. } | SilenceCause::KeptInAlarmByItsQuery
            )
        };
        matches!(cause, Cause::Silence(cause) if by_itself(cause))
    }

    /// The stop, as a finding tells of it.
    fn told(self, path: Option<&Path>) -> Stop {
        match self {
            Self::Condition(condition) => stop_at(condition, path),
            Self::Broken(link) => Stop::of(link),
            Self::Unrelated => Stop {
                id: LinkId::F01,
                subject: None,
                cause: match path.and_then(|path| path.rule.as_ref()) {
                    Some(_) => MetricFilterCause::NoFilterOrRuleMatches,
                    None => MetricFilterCause::NoFilterMatches,
                }
                .into(),
            },
        }
    }
}

/// Whether an event meets conditions, each asked once: most paths share theirs.
struct Passes<'e> {
    event: &'e Value,
    memo: &'e CoverageMemo,
    known: HashMap<*const Condition, bool>,
}

impl Passes<'_> {
    fn meets(&mut self, condition: &Condition) -> bool {
        *self
            .known
            .entry(std::ptr::from_ref(condition))
            .or_insert_with(|| self.memo.holds(&condition.events, self.event))
    }
}

/// What tells whether a filter was made for a control.
struct Suspicion<'a, 'r> {
    memo: &'a CoverageMemo,
    requirement: &'a AcceptedForm<'r>,
    scope: &'a Scope,
    event: &'a Value,
    /// The words that are asked for, and the event's own service: who names that asks for nothing else by it.
    asked: BTreeSet<String>,
}

impl Suspicion<'_, '_> {
    /// How sure it is of the filter of a path that looks so much like the requirement.
    fn of(&self, path: &Path, likeness: usize) -> Made {
        let Self {
            memo,
            requirement,
            scope,
            event,
            ref asked,
        } = *self;
        let Some(pattern) = path.pattern() else {
            return if likeness > 0 {
                Made::Perhaps
            } else {
                Made::Not
            };
        };
        let texts = memo.words(&pattern.events);
        let all = requirement.words.len() + texts.difference(asked).count();
        let nothing_else = || asks_for_nothing_else(&pattern.events, &texts, asked);
        if likeness > 0 && (likeness * 2 >= all || nothing_else()) {
            return Made::Surely;
        }
        // The matcher is asked first: it is quick, and turns most filters away.
        let hears = memo.holds(&pattern.events, event);
        if hears && memo.covers(&requirement.events, &pattern.events, scope) {
            if !memo.saturates(&pattern.events, &Predicate::Always, scope) {
                return Made::Surely;
            }
            // A rule has no state: one on everything tells of each of these events.
            if path.rule.is_some() {
                return Made::Perhaps;
            }
        }
        let is_of_its_service = || {
            // A rule or filter that names the event's own service and nothing else was meant for it, and so was a filter that
            // hears the event and asks for no name of any.
            let source = event.get("eventSource").and_then(Value::as_str);
            let named = source.is_some_and(|it| texts.contains(it));
            let alone = texts.len() == 1;
            let any_name = || !memo.fields(&pattern.events).contains("$.eventName");
            match path.rule {
                Some(_) => named && alone,
                None => named && (alone || hears) && any_name(),
            }
        };
        let fields = || memo.fields(&pattern.events);
        if likeness > 0 || requirement.looks_alike(&fields()) || is_of_its_service() {
            Made::Perhaps
        } else {
            Made::Not
        }
    }
}

/// How many things on the path have to change before it carries the event: each broken resource and each condition that
/// the event does not meet counts once.
fn faults(path: &Path, passes: &mut Passes<'_>) -> usize {
    let broken = path
        .links
        .iter()
        .filter(|link| link.verdict >= Verdict::Unknown)
        .map(|link| (link.id, &link.subject));
    let unmet = path
        .conditions
        .iter()
        .filter(|condition| !passes.meets(condition))
        .map(|condition| (condition.id, &condition.subject));
    broken.chain(unmet).collect::<BTreeSet<_>>().len()
}

/// What stops the event on one path; none where it arrives, or where only missing evidence stands in its way.
fn stop<'p>(path: &'p Path, made: Made, passes: &mut Passes<'_>) -> Option<StopsAt<'p>> {
    let condition = path
        .conditions
        .iter()
        .find(|condition| !passes.meets(condition));
    let broken = path
        .links
        .iter()
        .find(|link| link.verdict == Verdict::Broken);
    let first = match (condition, broken) {
        (Some(condition), Some(broken)) if comes_first(condition, broken.id) => {
            StopsAt::Condition(condition)
        }
        (_, Some(broken)) => StopsAt::Broken(broken),
        (condition, None) => StopsAt::Condition(condition?),
    };
    // A filter that has nothing to do with the control is not to blame, nor is what hangs on it; one that matches nearly
    // everything matches this event too, and its alarm says nothing of it.
    let made_for_something =
        path.filter.is_some() || path.rule.is_some() || path.pattern().is_some();
    let unrelated = made == Made::Not && made_for_something && !first.floods();
    if unrelated && first.id().station() >= Station::MetricFilter {
        return Some(StopsAt::Unrelated);
    }
    Some(first)
}

/// Where another filter keeps the alarm in ALARM (F14), that filter is to blame: its own path says so (A06).
fn root(chain: &AccountChain, blamed: Blamed) -> Blamed {
    if blamed.stop.id != LinkId::F14 {
        return blamed;
    }
    let noisy = |path: &Path| {
        path.links
            .iter()
            .find(|link| {
                link.id == LinkId::A06
                    && link.verdict == Verdict::Broken
                    && Some(&link.subject) == blamed.stop.subject.as_ref()
            })
            .map(|link| Stop::of(link))
    };
    let found = chain
        .paths
        .iter()
        .enumerate()
        .find_map(|(index, path)| Some((index, noisy(path)?)));
    match found {
        Some((index, stop)) => Blamed {
            stop,
            path: Some(index),
        },
        None => blamed,
    }
}

/// Where a rule is in other Regions than the event's (E08): the Regions that have none of its name say more than the one
/// that this rule is in, and the rule of its name in the event's Region, where there is one, more than any other.
fn unplaced(
    chain: &AccountChain,
    mut blamed: Blamed,
    event: &Value,
    passes: &mut Passes<'_>,
) -> Blamed {
    let path = blamed.path.and_then(|index| chain.paths.get(index));
    let rule = path.and_then(|path| path.rule.as_ref());
    let here = event.get("awsRegion").and_then(Value::as_str);
    let (LinkId::E08, Some(rule), Some(here)) = (blamed.stop.id, rule, here) else {
        return blamed;
    };
    let alike = chain.rules().filter(|other| other.name == rule.name);
    let regions: BTreeSet<&str> = alike.map(|other| other.region.as_str()).collect();
    if regions.contains(here) {
        let paths = chain.paths.iter().enumerate();
        let mut there = paths.filter(|(_, path)| {
            let other = path.rule.as_ref();
            other.is_some_and(|it| it.name == rule.name && it.region == here)
        });
        let found =
            there.find_map(|(index, path)| Some((index, stop(path, Made::Surely, passes)?)));
        return found.map_or(blamed, |(index, stop)| Blamed {
            stop: stop.told(chain.paths.get(index)),
            path: Some(index),
        });
    }
    let others = chain.scope.regions.iter();
    let others = others.filter(|it| *it != here && !regions.contains(it.as_str()));
    let missing = std::iter::once(here.to_owned()).chain(others.cloned());
    blamed.stop.cause = EventRuleCause::RuleNotInRegions {
        missing: missing.collect(),
    }
    .into();
    blamed
}

/// Whether an event that is stopped by a condition says nothing about a broken link: it never gets there. At one station a
/// resource that does not work at all explains more than what it lets through, but for a filter whose pattern drops the
/// event.
fn comes_first(condition: &Condition, broken: LinkId) -> bool {
    let (here, there) = (condition.id.station(), broken.station());
    here < there
        || (here == there && matches!(condition.id, LinkId::F01 | LinkId::E05 | LinkId::Q01))
}

fn stop_at(condition: &Condition, path: Option<&Path>) -> Stop {
    let filter = path.and_then(|path| path.filter.as_ref());
    let phrase =
        condition.id == LinkId::F01 && filter.is_some_and(|filter| is_phrase(&filter.pattern));
    Stop {
        id: condition.id,
        subject: Some(condition.subject.clone()),
        cause: if phrase {
            MetricFilterCause::PatternIsPhrase.into()
        } else {
            condition.cause.clone()
        },
    }
}

/// Whether a pattern that was meant to look at fields looks for text: quoted as a whole, or without its braces.
fn is_phrase(text: &str) -> bool {
    let several_in_quotes = text.starts_with('"') && text.contains(' ');
    (text.contains("$.") || several_in_quotes)
        && pattern::parse(text).is_ok_and(|pattern| !matches!(pattern.kind, PatternKind::Json(_)))
}
