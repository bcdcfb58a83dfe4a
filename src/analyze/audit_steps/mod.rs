//! The audit steps: would the benchmark's own steps, followed word by word, be satisfied?
//!
//! The steps are data ([`Benchmark::steps_for`]); this module follows them over the facts of one account, as an auditor
//! with the AWS CLI would: by the names that the steps note, looking at nothing that they do not mention. It shares the
//! rows that are read with `chain` and nothing that is made of them, so that status and audit steps can disagree.
//! docs/audit-steps.md has each step and its reading.
//! It must not be clever: where a step overlooks something, so does this module.

mod cause;
mod facts;
mod steps;
mod trails;

use crate::chain::{Error, Reader};
use crate::control::{Answer, Benchmark, Control, Section};
use crate::snapshot::Snapshot;

pub use cause::{
    ChainLack, FoundChain, NoValue, NothingToFollow, OpenQuestion, Satisfied, SelectorLack,
    StepCause, TrailLack,
};

use facts::Account;
use steps::{Candidate, Open};

/// What the audit steps come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSteps {
    /// The answer.
    pub answer: Answer,
    /// The number of the step that decided it, as the benchmark counts; none for `met` and where there are no steps.
    pub step: Option<String>,
    /// What was found there.
    pub cause: StepCause,
    /// So many other trails, filters or alarms end at that step, each for a cause of its own.
    pub others: usize,
}

impl AuditSteps {
    /// An answer that no step decided.
    fn without_step(answer: Answer, cause: impl Into<StepCause>) -> Self {
        Self {
            answer,
            step: None,
            cause: cause.into(),
            others: 0,
        }
    }

    /// Why there is no answer: a question that a step asks is open.
    fn open(open: Open) -> Self {
        Self {
            answer: Answer::Unknown,
            step: Some(open.step),
            cause: open.cause,
            others: 0,
        }
    }

    /// What ends every candidate at a step. Candidates that end alike count once.
    fn not_met(step: &str, mut misses: Vec<StepCause>) -> Self {
        misses.dedup();
        let others = misses.len().saturating_sub(1);
        let first = misses.into_iter().next();
        Self {
            answer: Answer::NotMet,
            step: Some(step.to_owned()),
            cause: first.unwrap_or(NoValue::NothingNoted.into()),
            others,
        }
    }
}

/// One account, read once for all controls, to be looked at by the steps of any.
#[derive(Debug)]
pub struct Auditor {
    account: Account,
}

/// Follows the audit steps of a benchmark for one control and account.
///
/// # Errors
///
/// The facts cannot be read.
pub fn judge(
    snapshot: &Snapshot,
    account: &str,
    benchmark: &Benchmark,
    control: &Control,
) -> Result<AuditSteps, Error> {
    let reader = Reader::new(snapshot, &[])?;
    Ok(Auditor::new(&reader, account)?.judge(benchmark, control))
}

impl Auditor {
    /// Reads what the steps may ask of an account.
    ///
    /// # Errors
    ///
    /// The facts cannot be read.
    pub fn new(reader: &Reader<'_>, account: &str) -> Result<Self, Error> {
        Ok(Self {
            account: Account::read(reader.facts(), account)?,
        })
    }

    /// Follows the audit steps of a benchmark for a control.
    pub fn judge(&self, benchmark: &Benchmark, control: &Control) -> AuditSteps {
        let texts: Vec<&str> = control
            .printings_for(benchmark)
            .map(|(_, text)| text)
            .collect();
        match nothing_to_follow(benchmark, control, &texts) {
            Some(cause) => AuditSteps::without_step(Answer::Unknown, cause),
            None => self.follow(benchmark, control, &texts),
        }
    }

    fn follow(&self, benchmark: &Benchmark, control: &Control, texts: &[&str]) -> AuditSteps {
        let mut candidates = vec![Candidate::default()];
        let mut pending: Option<Open> = None;
        for step in benchmark.steps_for(control) {
            let mut next = Vec::new();
            let mut misses = Vec::new();
            for candidate in &candidates {
                let outlook = self.account.take(step.kind, candidate, texts);
                next.extend(outlook.found);
                if let Some(question) = outlook.open {
                    let open = Open {
                        step: step.number.clone(),
                        cause: question.into(),
                    };
                    pending.get_or_insert(candidate.open.clone().unwrap_or(open));
                }
                misses.extend(outlook.missing);
            }
            for candidate in &mut next {
                if let Some(open) = &mut candidate.open
                    && open.step.is_empty()
                {
                    open.step.clone_from(&step.number);
                }
            }
            if next.is_empty() && pending.is_none() {
                return AuditSteps::not_met(&step.number, misses);
            }
            candidates = next;
        }
        if let Some(met) = candidates.iter().find(|candidate| candidate.open.is_none()) {
            let chain = met.chain();
            let cause = if chain == FoundChain::default() {
                Satisfied::EveryTrailAsAsked
            } else {
                Satisfied::ChainFound(chain)
            };
            return AuditSteps::without_step(Answer::Met, cause);
        }
        let open = candidates.into_iter().find_map(|it| it.open).or(pending);
        match open {
            Some(open) => AuditSteps::open(open),
            None => AuditSteps::without_step(
                Answer::Unknown,
                NothingToFollow::NoStepsForControl {
                    benchmark: benchmark.id.clone(),
                },
            ),
        }
    }
}

/// Why a benchmark has no steps to follow for a control, or no text to compare filters with.
fn nothing_to_follow(
    benchmark: &Benchmark,
    control: &Control,
    texts: &[&str],
) -> Option<NothingToFollow> {
    let id = || benchmark.id.clone();
    if benchmark.number_of(&control.id).is_none() {
        return Some(NothingToFollow::ControlNotListed { benchmark: id() });
    }
    if control.section() == Section::Logging {
        return None;
    }
    if benchmark.audit.is_empty() {
        return Some(NothingToFollow::NoStepsPublished { benchmark: id() });
    }
    texts
        .is_empty()
        .then(|| NothingToFollow::NoFilterTextPrinted { benchmark: id() })
}
