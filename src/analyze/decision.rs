//! What a case comes to: the answer with what explains it. The one place that makes a
//! finding.

use serde_json::Value;

use crate::coverage::Premise;

use super::about::ControlSummary;
use super::finding::{Carriers, Finding, Mark, Names, PathSummary, Requirement, Status, Why};
use super::note::Note;

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
    /// The paths that matter, the best first.
    pub(super) paths: Vec<PathSummary>,
}

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
            accepted: None,
            blind_spots: None,
        }
    }
}
