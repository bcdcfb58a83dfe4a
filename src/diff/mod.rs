//! Two snapshots compared: what changed in the configuration, and what that does to the posture.
//!
//! Sits beside `report`, above `analyze`. A pure function of the two snapshots, the controls and the options. Something
//! that one side could not read is never shown as removed or added: absence proves nothing there.

mod facts;
mod meaning;
mod posture;

use std::collections::BTreeSet;

use crate::analyze::{
    self, Attestation, Options, Premises, RefusedAttestation, SnapshotSummary, attest,
};
use crate::chain::cause::Outcome;
use crate::control::Registry;
use crate::coverage::{RelationKind, Undecided};
use crate::snapshot::Snapshot;

use serde::Serialize;
use serde_json::Value;

/// What differs between a baseline and a current snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// The file compared with.
    pub baseline: SnapshotSummary,
    /// The file that is asked about.
    pub current: SnapshotSummary,
    /// Id of the benchmark.
    pub benchmark: String,
    /// The benchmark's name for people.
    pub benchmark_title: String,
    /// What both analyses rest on besides the snapshots.
    pub premises: Premises,
    /// Accounts and regions on one side only.
    pub presence: Vec<Presence>,
    /// Findings that differ, by account, then in the benchmark's order.
    pub findings: Vec<FindingChange>,
    /// How many findings are the same on both sides.
    pub unchanged: usize,
    /// Facts that differ, by resource.
    pub facts: Vec<FactChange>,
    /// Gaps on one side only.
    pub gaps: Vec<GapChange>,
    /// Attestations of findings that changed which were not accepted, and why.
    pub refused: Vec<RefusedAttestation>,
    /// Whether only what is new and not accepted is told.
    pub new_only: bool,
}

/// Which side something stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The earlier snapshot.
    Baseline,
    /// The later snapshot.
    Current,
}

/// An account, or a region of an account, that one side alone has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Presence {
    /// The account.
    pub account: String,
    /// The region; none for the account itself.
    pub region: Option<String>,
    /// The side that has it.
    pub on: Side,
}

/// A finding that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingChange {
    /// The account.
    pub account: String,
    /// The control.
    pub control: String,
    /// Its number in the benchmark.
    pub benchmark_id: Option<String>,
    /// The finding of the baseline; none where the account is not in it.
    pub before: Option<analyze::Finding>,
    /// The finding of the current snapshot; none where the account is not in it.
    pub after: Option<analyze::Finding>,
    /// What the change is to the posture.
    pub direction: Direction,
}

/// What a change is to the posture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Less is proven, or more is lost.
    Worse,
    /// The status is as good as before, and audit steps or link differ; or what failed is not known any more.
    Same,
    /// More is proven, or less is lost.
    Better,
}

/// A fact that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FactChange {
    /// The account.
    pub account: String,
    /// The region, where the fact has one.
    pub region: Option<String>,
    /// What kind of thing: the fact table's name.
    pub kind: String,
    /// The parts of its key besides account and region.
    pub resource: Vec<String>,
    /// What happened to it.
    pub change: Change,
}

/// What happened to a fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The current snapshot has it, and the baseline says that it was not there.
    Added(Vec<Field>),
    /// The baseline has it, and the current snapshot says that it is gone.
    Removed(Vec<Field>),
    /// Both have it.
    Changed(Vec<FieldChange>),
    /// One side has it, and the other was not able to see it.
    Unseen {
        /// The side that has it.
        on: Side,
        /// Why the other side does not say.
        why: Unseen,
    },
}

/// A call that one side made, and that has no answer on the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename = "unanswered")]
pub struct Unseen {
    /// Endpoint prefix.
    pub service: String,
    /// API operation.
    pub operation: String,
    /// What came of it there.
    pub outcome: Outcome,
}

/// A column of a fact and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The column.
    pub name: String,
    /// Its value; none for null.
    pub value: Option<String>,
}

/// A column that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The column.
    pub name: String,
    /// The value of the baseline.
    pub before: Option<String>,
    /// The value of the current snapshot.
    pub after: Option<String>,
    /// For a filter pattern: what the change means.
    pub meaning: Option<Meaning>,
}

/// What rewriting a filter pattern does.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// How the new pattern stands to the old one.
    pub relation: RelationKind,
    /// An event that the old pattern matched and the new one does not.
    pub lost: Option<Value>,
    /// An event that the new pattern matches and the old one did not.
    pub gained: Option<Value>,
    /// Why the relation is unknown, where it is.
    pub unknown: Option<Unrelated>,
}

/// Why it is not known what rewriting a pattern does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Unrelated {
    /// A pattern does not parse.
    NotParsed {
        /// The snapshot that has it.
        side: Side,
        /// What the parser says.
        error: String,
    },
    /// The decision has no answer.
    Undecided {
        /// What it says.
        why: Undecided,
    },
}

/// A gap that one side alone has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GapChange {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Endpoint prefix.
    pub service: String,
    /// API operation.
    pub operation: String,
    /// What was asked about.
    pub subject: String,
    /// Why it failed: denied, throttled ...
    pub kind: String,
    /// The side that could not read it.
    pub on: Side,
}

/// Why two snapshots could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One of them could not be analyzed.
    #[error("the {side} snapshot cannot be analyzed")]
    Analyze {
        /// Which one.
        side: &'static str,
        /// Why.
        source: analyze::Error,
    },
    /// The user named an account that neither side has.
    #[error("account `{given}` is in neither snapshot, which have {known}")]
    NoSuchAccount {
        /// What was asked for.
        given: String,
        /// What there is.
        known: String,
    },
    /// A snapshot could not be read.
    #[error("a snapshot cannot be read")]
    Read(#[from] rusqlite::Error),
    /// Facts of a snapshot could not be read.
    #[error("a snapshot cannot be read")]
    Facts(#[from] crate::chain::Error),
    /// Recorded evidence could not be read.
    #[error("a snapshot cannot be read")]
    Snapshot(#[from] crate::snapshot::Error),
}

impl Diff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.presence.is_empty()
            && self.findings.is_empty()
            && self.facts.is_empty()
            && self.gaps.is_empty()
    }

    /// Whole accounts that one side alone has.
    pub fn accounts(&self) -> impl Iterator<Item = &Presence> {
        self.presence.iter().filter(|it| it.region.is_none())
    }

    /// Findings of a direction.
    pub fn count(&self, direction: Direction) -> usize {
        self.findings
            .iter()
            .filter(|change| change.direction == direction)
            .count()
    }

    /// Accepts the findings that attestations name: what is accepted now is no loss. One about a finding that did not change
    /// has nothing to do here.
    pub fn accept(&mut self, attestations: &[Attestation]) {
        let days = [&self.baseline, &self.current].map(attest::day_of);
        for attestation in attestations {
            let of = |change: &&mut FindingChange| {
                change.account == attestation.account && change.control == attestation.control
            };
            let Some(change) = self.findings.iter_mut().find(of) else {
                continue;
            };
            let [then, now] = &days;
            if let Some(before) = &mut change.before {
                // What was not accepted then is only told of now.
                let _ = attest::accept(before, attestation, then);
            }
            let Some(after) = &mut change.after else {
                continue;
            };
            match attest::accept(after, attestation, now) {
                Ok(()) if change.direction == Direction::Worse => {
                    change.direction = Direction::Same;
                }
                Ok(()) => {}
                // A repaired finding needs no attestation any more.
                Err(_) if !after.is_open() => {}
                Err(why) => self.refused.push(RefusedAttestation {
                    attestation: attestation.clone(),
                    why,
                }),
            }
        }
    }

    /// Leaves what is new: findings that are open and were not, and accounts that vanished.
    pub fn only_new(&mut self) {
        self.new_only = true;
        self.findings
            .retain(|change| change.direction == Direction::Worse);
        self.presence
            .retain(|it| it.region.is_none() && it.on == Side::Baseline);
        self.facts.clear();
        self.gaps.clear();
    }

    /// Whether the posture got worse: a finding did, or an account is not watched any more.
    pub fn worse(&self) -> bool {
        self.count(Direction::Worse) > 0
            || self.accounts().any(|account| account.on == Side::Baseline)
    }
}

/// Compares two snapshots.
pub fn diff(
    baseline: &Snapshot,
    current: &Snapshot,
    registry: &Registry,
    options: &Options,
) -> Result<Diff, Error> {
    let accounts = |snapshot: &Snapshot| -> Result<Vec<String>, rusqlite::Error> {
        let mut statement = snapshot
            .connection()
            .prepare("select account from account order by account")?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    let (before, after) = (accounts(baseline)?, accounts(current)?);
    if let Some(given) = options
        .accounts
        .iter()
        .find(|given| !before.contains(given) && !after.contains(given))
    {
        let held: BTreeSet<&String> = before.iter().chain(&after).collect();
        return Err(Error::NoSuchAccount {
            given: given.clone(),
            known: analyze::nearest_accounts(given, held),
        });
    }
    let asked = |account: &str| {
        options.accounts.is_empty() || options.accounts.iter().any(|given| given == account)
    };
    let analyses = [
        ("baseline", baseline, &before),
        ("current", current, &after),
    ]
    .map(|(side, snapshot, held)| {
        let held = held
            .iter()
            .filter(|account| asked(account))
            .cloned()
            .collect();
        let options = Options {
            accounts: held,
            ..options.clone()
        };
        analyze::analyze(snapshot, registry, &options)
            .map_err(|source| Error::Analyze { side, source })
    });
    let [left, right] = analyses;
    let (left, right) = (left?, right?);
    let (findings, unchanged) = posture::changes(&left, &right);
    let mut facts = facts::changes(baseline, current)?;
    facts.retain(|change| asked(&change.account));
    let mut presence = facts::presence(baseline, current)?;
    presence.retain(|presence| asked(&presence.account));
    let mut gaps = facts::gaps(baseline, current)?;
    gaps.retain(|gap| asked(&gap.account));
    Ok(Diff {
        baseline: left.snapshot,
        current: right.snapshot,
        benchmark: right.benchmark,
        benchmark_title: right.benchmark_title,
        premises: right.premises,
        presence,
        findings,
        unchanged,
        facts,
        gaps,
        refused: Vec::new(),
        new_only: false,
    })
}
