//! What a case comes to: the answer with what explains it. The one place that makes a
//! finding.

use serde_json::Value;

use crate::chain::Path;
use crate::coverage::Premise;

use super::about::ControlSummary;
use super::finding::{Carriers, Finding, Mark, Names, PathSummary, Requirement, Status, Why};
use super::note::Note;
use super::shown::distinct;

/// The answer to one control in one account.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decision {
    /// The answer.
    pub(super) status: Status,
    /// Why.
    pub(super) why: Why,
    /// An event that nobody would hear about.
    pub(super) witness: Option<Value>,
    /// The form of the requirement that the answer is about.
    pub(super) requirement: Option<Requirement>,
    /// Of a requirement that lists events: which are covered.
    pub(super) names: Option<Names>,
    /// What holds but should be known.
    pub(super) notes: Vec<Note>,
    /// Parts of the patterns that explain a fail.
    pub(super) marks: Vec<Mark>,
    /// What the answer rests on besides the snapshot.
    pub(super) rests_on: Vec<Premise>,
    /// The paths that matter, the best first: the few that are shown.
    pub(super) paths: Vec<PathSummary>,
    /// How many more there are.
    pub(super) paths_left_out: usize,
    /// The evidence rows that the answer rests on, ascending.
    pub(super) evidence: Vec<i64>,
}

/// How many paths a finding shows.
const PATHS_SHOWN: usize = 8;

impl Decision {
    /// An answer that nothing more is said of.
    pub(super) fn new(status: Status, why: Why) -> Self {
        Self {
            status,
            why,
            witness: None,
            requirement: None,
            names: None,
            notes: Vec::new(),
            marks: Vec::new(),
            rests_on: Vec::new(),
            paths: Vec::new(),
            paths_left_out: 0,
            evidence: Vec::new(),
        }
    }

    /// The answer with the paths behind it, the best first: a few are shown, and the first `decide` are what it rests on. A
    /// pass rests on every path that it needs, and on those that are shown besides.
    pub(super) fn shows(self, paths: &[&Path], decide: usize) -> Self {
        let decide = match self.status {
            Status::Pass => decide.max(PATHS_SHOWN),
            _ => decide,
        };
        let links = paths.iter().take(decide).flat_map(|path| &path.links);
        let evidence = links.flat_map(|link| link.evidence.iter().copied());
        let shown = paths.iter().take(PATHS_SHOWN);
        let all: usize = paths.iter().map(|path| path.count()).sum();
        Self {
            paths: shown.map(|path| PathSummary::of(path)).collect(),
            paths_left_out: all.saturating_sub(paths.len().min(PATHS_SHOWN)),
            evidence: distinct(evidence),
            ..self
        }
    }

    /// The answer where the collection was cut short, which proves no pass: what was not asked could have shown a link to
    /// be broken.
    pub(super) fn cut_short(self) -> Self {
        if self.status != Status::Pass {
            return self;
        }
        let carriers = match self.why {
            Why::Carried(carriers) => carriers,
            _ => Carriers::default(),
        };
        Self {
            status: Status::Unknown,
            why: Why::CutShort(carriers),
            ..self
        }
    }

    /// The finding of an account, for a control as a benchmark lists it.
    pub(super) fn finding(self, account: &str, control: &ControlSummary) -> Finding {
        Finding {
            account: account.to_owned(),
            control: control.id.clone(),
            title: control.title.clone(),
            benchmark_id: control.benchmark_id.clone(),
            severity: control.severity,
            status: self.status,
            audit_steps: None,
            broken_link: self.why.broken_link(),
            why: self.why,
            witness: self.witness,
            requirement: self.requirement,
            names: self.names,
            notes: self.notes,
            marks: self.marks,
            rests_on: self.rests_on,
            assumed: Vec::new(),
            paths: self.paths,
            paths_left_out: self.paths_left_out,
            evidence: self.evidence,
            accepted: None,
            blind_spots: None,
        }
    }
}
