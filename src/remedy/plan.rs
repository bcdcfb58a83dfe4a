//! The plan: link by link to a pass, each change tried and needed.

use std::collections::BTreeSet;

use super::candidates::{self, Candidate};
use super::needed::{is_prerequisite, with_prerequisites, without_one_setting};
use super::resource::{Change, Resource, merge};
use super::touch::{self, Supposed, Touch, Wait};
use super::trial::Trial;
use super::{Error, Wishes};
use crate::analyze::{Analysis, Finding, Options, Remark, Status, Surplus, Why};
use crate::control::{Benchmark, Control, Registry};
use crate::snapshot::Snapshot;

/// How many links of one control are repaired one after the other before it is given up: the fault of a rule may be there once
/// in each Region.
const STEPS: usize = 64;

/// What to change, and what the analysis says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Root digest of the snapshot that it is for; none where that is not sealed.
    pub root_sha256: Option<String>,
    /// The changes, what others rest on first.
    pub changes: Vec<Change>,
    /// What becomes of every finding that was asked about.
    pub outcomes: Vec<FindingOutcome>,
    /// What has to happen after the changes that no command does, by the position of the change.
    pub waits: Vec<(usize, Wait)>,
    /// Whom the changes touch besides, and what they take away.
    pub touches: Vec<(usize, Touch)>,
    /// What nobody asked, and the changes rest on.
    pub supposed: Vec<Supposed>,
}

impl Plan {
    /// The part of the plan that one finding needs.
    pub fn part(&self, outcome: &FindingOutcome) -> Self {
        let place = |position: usize| outcome.changes.iter().position(|it| *it == position);
        let changes = self.changes.iter().enumerate();
        let waits = self.waits.iter();
        let touches = self.touches.iter();
        Self {
            root_sha256: self.root_sha256.clone(),
            changes: changes
                .filter(|(position, _)| place(*position).is_some())
                .map(|(_, change)| change.clone())
                .collect(),
            outcomes: vec![FindingOutcome {
                changes: (0..outcome.changes.len()).collect(),
                ..outcome.clone()
            }],
            waits: waits
                .filter_map(|(position, wait)| Some((place(*position)?, wait.clone())))
                .collect(),
            touches: touches
                .filter_map(|(position, touch)| Some((place(*position)?, touch.clone())))
                .collect(),
            supposed: self
                .supposed
                .iter()
                .filter(|it| outcome.changes.iter().any(|at| self.is_where(*at, it)))
                .cloned()
                .collect(),
        }
    }

    /// Whether a change is made where a question would be asked.
    fn is_where(&self, position: usize, question: &Supposed) -> bool {
        self.changes.get(position).is_some_and(|change| {
            change.after.account() == question.account
                && change.after.region() == Some(question.region.as_str())
        })
    }
}

/// What becomes of a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingOutcome {
    /// The finding before.
    pub before: Finding,
    /// The finding after all changes.
    pub after: Finding,
    /// Which of the changes it needs, by position.
    pub changes: Vec<usize>,
}

impl FindingOutcome {
    /// Whether it did not hold and still does not.
    pub fn is_open(&self) -> bool {
        let holds =
            |finding: &Finding| matches!(finding.status, Status::Pass | Status::NotApplicable);
        !holds(&self.before) && !holds(&self.after)
    }
}

/// The smallest changes by which the findings of a snapshot pass.
pub fn plan(
    snapshot: &Snapshot,
    registry: &Registry,
    options: &Options,
    wishes: &Wishes,
) -> Result<Plan, Error> {
    let trial = Trial::new(snapshot, registry, options)?;
    let before = trial.under(&[], |under| under.analysis())?;
    // Also what was not asked about rests on metric filters.
    let all = match options.controls.is_empty() {
        true => None,
        false => Some(trial.under(&[], |under| under.analysis_of_all())?),
    };
    let carried = carried(all.as_ref().unwrap_or(&before));
    let planner = Planner {
        trial: &trial,
        wishes,
        carried: &carried,
    };
    let mut made = Vec::new();
    let mut sets = Vec::new();
    let mut changes: Vec<Change> = Vec::new();
    for finding in &before.findings {
        if !needs_repair(finding) {
            continue;
        }
        if let Some(repaired) = planner.repair(&changes, finding)? {
            let own = repaired
                .iter()
                .filter(|change| !changes.contains(change))
                .cloned()
                .collect();
            made.push(Made {
                account: finding.account.clone(),
                control: finding.control.clone(),
                own,
            });
            sets.push(repaired.clone());
            changes = repaired;
        }
    }
    let mut after = trial.under(&changes, |under| under.analysis())?;
    // A change that spoils another control is none; the last is taken back first.
    while (worse(&before, &after) || undone(&made, &after)) && sets.pop().is_some() {
        changes = sets.last().cloned().unwrap_or_default();
        made.pop();
        after = trial.under(&changes, |under| under.analysis())?;
    }
    let outcomes = planner.outcomes(&before, after, &changes, &made)?;
    let mut supposed = trial.under(&changes, |under| under.supposed())?;
    let made: Vec<&Resource> = changes
        .iter()
        .filter(|change| change.before.is_none())
        .map(|change| &change.after)
        .collect();
    supposed.retain(|it| !made.iter().any(|made| it.is_about(made)));
    trial.under(&[], |under| {
        let mut touches = touch::touches(under.facts(), &changes)?;
        touches.extend(carrying(&carried, &changes));
        touches.sort();
        Ok(Plan {
            root_sha256: snapshot.meta().root_sha256.clone(),
            waits: touch::waits(under.facts(), &changes)?,
            touches,
            outcomes,
            changes,
            supposed,
        })
    })
}

/// The controls that the filters which are changed carried before, by the position of the change.
fn carrying(carried: &[Carried<'_>], changes: &[Change]) -> Vec<(usize, Touch)> {
    let mut found = Vec::new();
    for (position, change) in changes.iter().enumerate() {
        let Some(Resource::MetricFilter(before)) = &change.before else {
            continue;
        };
        let own = carried
            .iter()
            .filter(|(_, _, filters)| filters.contains(&before.name));
        let ids: BTreeSet<&str> = own.map(|(_, control, _)| *control).collect();
        if !ids.is_empty() {
            let touch = Touch::Controls {
                of: before.name.clone(),
                ids: ids.into_iter().map(str::to_owned).collect(),
            };
            found.push((position, touch));
        }
    }
    found
}

/// The plan for one finding alone.
pub fn for_finding(
    snapshot: &Snapshot,
    registry: &Registry,
    options: &Options,
    finding: &Finding,
) -> Result<Plan, Error> {
    let options = Options {
        accounts: vec![finding.account.clone()],
        controls: vec![finding.control.clone()],
        ..options.clone()
    };
    plan(snapshot, registry, &options, &Wishes::default())
}

/// Whether there is something to repair: what lacks evidence alone cannot be.
fn needs_repair(finding: &Finding) -> bool {
    match finding.status {
        Status::Pass | Status::NotApplicable => false,
        Status::Fail => !matches!(finding.why, Why::Rows { .. }),
        Status::Unknown => finding
            .why
            .stop()
            .is_some_and(|stop| !stop.cause.is_lack_of_evidence()),
    }
}

/// Whether some finding is not as good as it was.
fn worse(before: &Analysis, after: &Analysis) -> bool {
    let pairs = before.findings.iter().zip(&after.findings);
    let mut pairs = pairs.filter(|(before, after)| before.control == after.control);
    pairs.any(|(before, after)| after.status > before.status)
}

/// The changes that were made for one finding.
struct Made {
    account: String,
    control: String,
    own: Vec<Change>,
}

/// Whether a later repair undid an earlier one.
fn undone(made: &[Made], after: &Analysis) -> bool {
    made.iter().any(|made| {
        let mut found = after.findings.iter();
        let found = found.find(|it| (&it.account, &it.control) == (&made.account, &made.control));
        found.is_some_and(|finding| finding.status == Status::Fail)
    })
}

/// Account, control, and names of the metric filters that carry it.
type Carried<'p> = (&'p str, &'p str, &'p [String]);

/// Names of the metric filters that carry each control, by account and control.
fn carried(before: &Analysis) -> Vec<Carried<'_>> {
    let named = before
        .findings
        .iter()
        .filter_map(|finding| match &finding.why {
            Why::Carried(carriers) => Some((
                finding.account.as_str(),
                finding.control.as_str(),
                carriers.filters.as_slice(),
            )),
            _ => None,
        });
    named.collect()
}

/// What tells two states of a control apart on the way to a pass.
type Signature = String;

fn signature(finding: &Finding) -> Signature {
    let stop = finding
        .why
        .stop()
        .map(|stop| (stop.id, &stop.subject, &stop.cause));
    // One fault in several Regions has one name, and a way of its own in each.
    let way = finding
        .paths
        .first()
        .map(|path| (&path.log_group, &path.filter, &path.rule, &path.action));
    format!("{:?} {stop:?} {way:?}", finding.status)
}

/// Whether a pass is by filters that fire on what happens all day.
fn is_loud(finding: &Finding) -> bool {
    finding.notes.iter().any(|note| {
        matches!(
            &note.about,
            Remark::AlsoFires {
                on: Surplus::Routine { .. } | Surplus::NearlyEverything
            }
        )
    })
}

/// Whether a set of changes decides what a filter matches.
fn makes_patterns(candidate: &Candidate) -> bool {
    candidate.iter().any(|change| {
        let Resource::MetricFilter(after) = &change.after else {
            return false;
        };
        !matches!(&change.before, Some(Resource::MetricFilter(before)) if before.pattern == after.pattern)
    })
}

/// What a repair is for, and what was decided before it.
struct Asked<'r> {
    shared: &'r [Change],
    control: &'r Control,
    benchmark: &'r Benchmark,
}

/// How the changes of a finding are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// What is there is mended, as many links as that takes.
    Mending,
    /// What passes at once is taken, also if it is made anew.
    Short,
}

/// What was found for one finding.
struct Found {
    /// Those that were decided before with those of this finding.
    changes: Vec<Change>,
    /// Whether it passes after them.
    passes: bool,
    /// How many links were repaired one after the other.
    steps: usize,
}

/// What changes cost besides those that were decided before: what is made anew is one thing more to look after.
fn cost(shared: &[Change], changes: &[Change]) -> usize {
    let known = |change: &Change| {
        let key = change.after.key();
        shared.iter().any(|it| it.after.key() == key)
    };
    let own = changes.iter().filter(|change| !known(change));
    own.map(|change| if change.before.is_some() { 1 } else { 2 })
        .sum()
}

struct Planner<'p, 'a> {
    trial: &'p Trial<'a>,
    wishes: &'p Wishes,
    carried: &'p [Carried<'p>],
}

impl Planner<'_, '_> {
    /// The changes with those that repair one finding; none where nothing does.
    fn repair(&self, shared: &[Change], finding: &Finding) -> Result<Option<Vec<Change>>, Error> {
        let (Some(control), Some(benchmark)) = (
            self.trial.registry().control(&finding.control),
            self.benchmark(),
        ) else {
            return Ok(None);
        };
        let asked = Asked {
            shared,
            control,
            benchmark,
        };
        let mending = self.way(&asked, finding, Way::Mending)?;
        let price = |found: &Found| (!found.passes, cost(shared, &found.changes));
        // What is mended link by link may take more than what is made anew.
        let short = match &mending {
            Some(found) if found.steps <= 1 || price(found) <= (false, 1) => None,
            _ => self.way(&asked, finding, Way::Short)?,
        };
        let found = match (mending, short) {
            (Some(mending), Some(short)) if price(&short) < price(&mending) => Some(short),
            (mending, short) => mending.or(short),
        };
        Ok(found.map(|found| found.changes))
    }

    /// The changes with those that repair one finding, found in one way; none where nothing does.
    fn way(&self, asked: &Asked<'_>, finding: &Finding, way: Way) -> Result<Option<Found>, Error> {
        let mut current = asked.shared.to_vec();
        let Some(mut finding) = self.under(&current, finding)? else {
            return Ok(None);
        };
        let first = finding.status;
        let mut seen = BTreeSet::from([signature(&finding)]);
        for steps in 0..STEPS {
            if finding.status == Status::Pass {
                return Ok(Some(Found {
                    changes: self.needed(asked.shared, current, &finding)?,
                    passes: true,
                    steps,
                }));
            }
            if !needs_repair(&finding) {
                break;
            }
            let Some((changes, next)) = self.step(asked, &current, &finding, (way, &mut seen))?
            else {
                break;
            };
            current = changes;
            finding = next;
        }
        let only_unknown = first == Status::Fail
            && finding.status == Status::Unknown
            && finding
                .why
                .stop()
                .is_some_and(|stop| stop.cause.is_lack_of_evidence());
        Ok(only_unknown.then_some(Found {
            changes: current,
            passes: false,
            steps: STEPS,
        }))
    }

    /// One link further: the first candidate that leads to a pass, else the first that leads to another link.
    fn step(
        &self,
        asked: &Asked<'_>,
        current: &[Change],
        finding: &Finding,
        (way, seen): (Way, &mut BTreeSet<Signature>),
    ) -> Result<Option<(Vec<Change>, Finding)>, Error> {
        let taken = self.taken(asked.shared, finding);
        let candidates = self.trial.under(current, |under| {
            let case = candidates::Asked {
                registry: self.trial.registry(),
                shared: asked.shared,
                control: asked.control,
                benchmark: asked.benchmark,
                wishes: self.wishes,
                taken: &taken,
            };
            candidates::of(under, finding, case)
        })?;
        let (mut repairs, mut beside) = (candidates.repairs, candidates.beside);
        if way == Way::Short {
            repairs.append(&mut beside);
        }
        let groups = [repairs, beside, candidates.whole];
        let mut loud = None;
        for group in groups {
            let mut onward = None;
            for candidate in group {
                let mut changes = current.to_vec();
                let makes_patterns = makes_patterns(&candidate);
                for change in candidate {
                    merge(&mut changes, change);
                }
                let Some(next) = self.under(&changes, finding)? else {
                    continue;
                };
                if next.status == Status::Pass {
                    if !(makes_patterns && is_loud(&next)) {
                        return Ok(Some((changes, next)));
                    }
                    loud.get_or_insert((changes, next));
                } else if onward.is_none() && seen.insert(signature(&next)) {
                    onward = Some((changes, next));
                }
            }
            if loud.is_none() && onward.is_some() {
                return Ok(onward);
            }
        }
        Ok(loud)
    }

    /// The changes without those that are not needed for the pass.
    fn needed(
        &self,
        shared: &[Change],
        mut current: Vec<Change>,
        finding: &Finding,
    ) -> Result<Vec<Change>, Error> {
        let own: Vec<Change> = current
            .iter()
            .filter(|change| !shared.contains(change))
            .cloned()
            .collect();
        let last = own.len() < 2;
        for change in own.iter().rev().filter(|_| !last) {
            let mut fewer: Vec<Change> =
                current.iter().filter(|it| *it != change).cloned().collect();
            let key = change.after.key();
            fewer.extend(shared.iter().filter(|it| it.after.key() == key).cloned());
            fewer.sort_by_key(|change| change.after.key());
            let without = self.under(&fewer, finding)?;
            if without.is_some_and(|it| it.status == Status::Pass)
                && !is_prerequisite(change, &fewer)
            {
                current = fewer;
            }
        }
        for change in &own {
            if current.contains(change) {
                self.fewer_settings(&mut current, change, finding)?;
            }
        }
        Ok(current)
    }

    /// An alarm that is changed without those of its changed settings that are not needed for the pass.
    fn fewer_settings(
        &self,
        current: &mut Vec<Change>,
        change: &Change,
        finding: &Finding,
    ) -> Result<(), Error> {
        for restored in without_one_setting(change) {
            let with_it: Vec<Change> = current
                .iter()
                .map(|it| match it.after.key() == change.after.key() {
                    true => restored(it),
                    false => it.clone(),
                })
                .collect();
            let found = self.under(&with_it, finding)?;
            if found.is_some_and(|it| it.status == Status::Pass) {
                *current = with_it;
            }
        }
        Ok(())
    }

    /// Metric filters that other controls rest on: those that carry one, and those that were made or changed for one.
    fn taken(&self, shared: &[Change], finding: &Finding) -> BTreeSet<String> {
        let others = self.carried.iter().filter(|(account, control, _)| {
            *account == finding.account && *control != finding.control
        });
        let carrying = others.flat_map(|(_, _, filters)| filters.iter().cloned());
        let made = shared.iter().filter_map(|change| match &change.after {
            Resource::MetricFilter(filter) => Some(filter.name.clone()),
            _ => None,
        });
        carrying.chain(made).collect()
    }

    fn under(&self, changes: &[Change], finding: &Finding) -> Result<Option<Finding>, Error> {
        self.trial.under(changes, |under| {
            under.finding(&finding.account, &finding.control)
        })
    }

    fn benchmark(&self) -> Option<&Benchmark> {
        let registry = self.trial.registry();
        match self.trial.benchmark() {
            Some(id) => registry.benchmark(id),
            None => registry.default_benchmark(),
        }
    }

    /// What becomes of each finding, and which changes it needs: those that were made for it, and of those that serve
    /// several controls the ones without which it is not what it is.
    fn outcomes(
        &self,
        before: &Analysis,
        after: Analysis,
        changes: &[Change],
        made: &[Made],
    ) -> Result<Vec<FindingOutcome>, Error> {
        let mut outcomes = Vec::new();
        for (before, after) in before.findings.iter().zip(after.findings) {
            let own = made
                .iter()
                .find(|it| (&it.account, &it.control) == (&before.account, &before.control))
                .map_or(&[][..], |it| &it.own);
            let mut needs = Vec::new();
            for (position, change) in changes.iter().enumerate() {
                let key = change.after.key();
                let needed = own.iter().any(|it| it.after.key() == key)
                    || (after.status < before.status
                        && serves_many(change)
                        && self.worse_without(changes, position, &after)?);
                if needed {
                    needs.push(position);
                }
            }
            with_prerequisites(changes, &mut needs);
            outcomes.push(FindingOutcome {
                before: before.clone(),
                after,
                changes: needs,
            });
        }
        Ok(outcomes)
    }

    fn worse_without(
        &self,
        changes: &[Change],
        position: usize,
        after: &Finding,
    ) -> Result<bool, Error> {
        let mut fewer = changes.to_vec();
        fewer.remove(position);
        let without = self.under(&fewer, after)?;
        Ok(without.is_some_and(|without| without.status > after.status))
    }
}

/// Whether a change is of something that many controls rest on.
fn serves_many(change: &Change) -> bool {
    !matches!(
        change.after,
        Resource::MetricFilter(_) | Resource::Alarm(_) | Resource::Bucket(_) | Resource::Role(_)
    )
}
