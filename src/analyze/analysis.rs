//! What an analysis of one snapshot comes to: its findings, and what was seen besides them.

use std::collections::HashMap;

use crate::chain::{AccountChain, Gap};
use crate::snapshot::{Snapshot, State, format_time};

use super::Premises;
use super::about::ControlSummary;
use super::finding::{Finding, RefusedAttestation, Summary};
use super::note::Note;
use super::sections::FrameworkScore;

/// The result of analyzing one snapshot against one benchmark.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Analysis {
    /// Which file was read.
    pub snapshot: SnapshotSummary,
    /// Id of the benchmark, such as `cis-aws-5.0`.
    pub benchmark: String,
    /// The benchmark's name for people.
    pub benchmark_title: String,
    /// The controls that were judged, in the benchmark's order.
    pub controls: Vec<ControlSummary>,
    /// One finding for each account and control: accounts in ascending order, controls in the benchmark's order.
    pub findings: Vec<Finding>,
    /// What was seen of each account besides its findings, in ascending order.
    pub accounts: Vec<AccountSummary>,
    /// What it rests on besides the snapshot, as the user put it.
    pub premises: Premises,
    /// Attestations that were not accepted, and why.
    pub refused: Vec<RefusedAttestation>,
    /// The findings by section, where a framework was asked for.
    pub framework: Option<FrameworkScore>,
}

impl Analysis {
    /// How many findings there are of each kind.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for finding in &self.findings {
            summary.count(finding);
        }
        summary.attestations_refused = self.refused.len();
        summary
    }

    /// Each account with its findings, which follow each other.
    pub fn by_account(&self) -> impl Iterator<Item = (&AccountSummary, &[Finding])> {
        let groups = self
            .findings
            .chunk_by(|one, next| one.account == next.account);
        let groups = groups.filter_map(|them| Some((them.first()?.account.as_str(), them)));
        let groups: HashMap<&str, &[Finding]> = groups.collect();
        self.accounts.iter().map(move |account| {
            let findings = groups.get(account.account.as_str()).copied();
            (account, findings.unwrap_or_default())
        })
    }

    /// What is known of a finding's control.
    pub fn control(&self, finding: &Finding) -> Option<&ControlSummary> {
        self.controls.iter().find(|it| it.id == finding.control)
    }
}

/// The snapshot that an analysis read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotSummary {
    /// Whether collection ran to its end.
    pub complete: bool,
    /// What wrote the file.
    pub producer: String,
    /// When the first call was made.
    pub started_at: String,
    /// When the last answer was recorded.
    pub finished_at: Option<String>,
    /// Digest over the evidence.
    pub evidence_sha256: Option<String>,
    /// Digest over the facts.
    pub facts_sha256: Option<String>,
    /// Digest over everything, which is what a signature covers.
    pub root_sha256: Option<String>,
    /// The derivation of the facts in the file; where it is not this version's, facts were derived again.
    pub derivation: i64,
    /// Whether the file was checked when it was opened.
    pub verified: bool,
    /// How many changes of the account were supposed that nobody has made.
    pub supposed_changes: usize,
}

impl SnapshotSummary {
    /// The file that a snapshot was opened from.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let meta = snapshot.meta();
        Self {
            complete: snapshot.state() == State::Complete,
            producer: meta.producer.clone(),
            started_at: format_time(meta.started_at),
            finished_at: meta.finished_at.map(format_time),
            evidence_sha256: meta.evidence_sha256.clone(),
            facts_sha256: meta.facts_sha256.clone(),
            root_sha256: meta.root_sha256.clone(),
            derivation: meta.derivation,
            verified: snapshot.is_verified(),
            supposed_changes: snapshot.supposed_changes(),
        }
    }
}

/// What was seen of one account besides its findings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountSummary {
    /// The account.
    pub account: String,
    /// How many trails reach it.
    pub trails: usize,
    /// How many paths from a trail to an end were looked at.
    pub paths: usize,
    /// What could not be collected.
    pub gaps: Vec<Gap>,
    /// What is worth knowing about the account as a whole; never counted.
    pub notes: Vec<Note>,
    /// Other monitoring seen (X ids), told beside the findings: what of it counts is a path of its own.
    pub other_monitoring: Vec<Note>,
}

impl AccountSummary {
    /// An account of which nothing was seen yet.
    pub(super) fn named(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            ..Self::default()
        }
    }

    /// What was seen of an account.
    pub(super) fn of(chain: &AccountChain) -> Self {
        Self {
            account: chain.account.clone(),
            trails: chain.trails,
            paths: chain.path_count(),
            gaps: chain.gaps.clone(),
            notes: chain.notes.iter().map(Note::of).collect(),
            other_monitoring: chain.alternatives.iter().map(Note::of).collect(),
        }
    }
}
