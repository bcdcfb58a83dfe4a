//! The plan: link by link to a pass, each change tried and needed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::candidates::{self, Candidate};
use super::resource::{Change, Resource, merge};
use super::touch::{self, Touch, Wait};
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
    /// The changes, what others rest on first.
    pub changes: Vec<Change>,
    /// What becomes of every finding that was asked about.
    pub outcomes: Vec<FindingOutcome>,
    /// What has to happen after the changes that no command does, by the position of the change.
    pub waits: Vec<(usize, Wait)>,
    /// Whom the changes touch besides, and what they take away.
    pub touches: Vec<(usize, Touch)>,
}

impl Plan {
    /// The part of the plan that one finding needs.
    pub fn part(&self, outcome: &FindingOutcome) -> Self {
        let place = |position: usize| outcome.changes.iter().position(|it| *it == position);
        let changes = self.changes.iter().enumerate();
        let waits = self.waits.iter();
        let touches = self.touches.iter();
        Self {
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
        }
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
    let carried = carried(&before);
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
    trial.under(&[], |under| {
        Ok(Plan {
            waits: touch::waits(under.facts(), &changes)?,
            touches: touch::touches(under.facts(), &changes)?,
            outcomes,
            changes,
        })
    })
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
        let mut current = shared.to_vec();
        let Some(mut finding) = self.under(&current, finding)? else {
            return Ok(None);
        };
        let first = finding.status;
        let mut seen = BTreeSet::from([signature(&finding)]);
        for _ in 0..STEPS {
            if finding.status == Status::Pass {
                return Ok(Some(self.needed(shared, current, &finding)?));
            }
            if !needs_repair(&finding) {
                break;
            }
            let Some((changes, next)) = self.step(&asked, &current, &finding, &mut seen)? else {
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
        Ok(only_unknown.then_some(current))
    }

    /// One link further: the first candidate that leads to a pass, else the first that leads to another link.
    fn step(
        &self,
        asked: &Asked<'_>,
        current: &[Change],
        finding: &Finding,
        seen: &mut BTreeSet<Signature>,
    ) -> Result<Option<(Vec<Change>, Finding)>, Error> {
        let taken = self.taken(asked.shared, finding);
        let candidates = self.trial.under(current, |under| {
            let case = candidates::Asked {
                control: asked.control,
                benchmark: asked.benchmark,
                wishes: self.wishes,
                taken: &taken,
            };
            candidates::of(under, finding, case)
        })?;
        let mut loud = None;
        for group in [candidates.repairs, candidates.whole] {
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
        if own.len() < 2 {
            return Ok(current);
        }
        for change in own.iter().rev() {
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
        Ok(current)
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

/// Whether others cannot be made without what a change creates: they name it.
fn is_prerequisite(change: &Change, others: &[Change]) -> bool {
    if change.before.is_some() {
        return false;
    }
    let names: &[&String] = match &change.after {
        Resource::Bucket(it) => &[&it.name],
        Resource::Role(it) => &[&it.arn],
        // A metric filter has its name, a trail its ARN.
        Resource::LogGroup(it) => &[&it.name, &it.arn],
        Resource::Topic(it) => &[&it.arn],
        Resource::Key(it) => &[&it.id],
        _ => return false,
    };
    others.iter().filter(|other| *other != change).any(|other| {
        let fields = Value::Object(other.after.fields());
        names.iter().any(|name| mentions(&fields, name))
    })
}

/// Whether a text is among the values of a document.
fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(one) => one == text,
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, text)),
        _ => false,
    }
}
