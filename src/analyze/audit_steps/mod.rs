//! The audit steps: would the benchmark's own steps, followed word by word, be satisfied?
//!
//! The steps are data ([`Benchmark::steps_for`]); this module follows them over the facts of one account, as an auditor
//! with the AWS CLI would: by the names that the steps note, looking at nothing that they do not mention. It shares the
//! rows that are read with `chain` and nothing that is made of them, so that status and audit steps can disagree.
//! docs/audit-steps.md has each step and its reading.
//! It must not be clever: where a step overlooks something, so does this module.

mod facts;
mod steps;
mod trails;

use crate::chain::{Error, Reader};
use crate::control::{Answer, Benchmark, Control, Section};
use crate::snapshot::Snapshot;

use facts::Account;
use steps::{Candidate, Open, summary};

/// What the audit steps come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSteps {
    /// The answer.
    pub answer: Answer,
    /// The number of the step that decided it, as the benchmark counts; none for `met` and where there are no steps.
    pub step: Option<String>,
    /// What was found there.
    pub reason: String,
}

impl AuditSteps {
    /// The reason with the step that it belongs to: `step 3: none of ...`.
    pub fn told(&self) -> String {
        match &self.step {
            Some(step) => format!("step {step}: {}", self.reason),
            None => self.reason.clone(),
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
        let unknown = |reason: String| AuditSteps {
            answer: Answer::Unknown,
            step: None,
            reason,
        };
        if benchmark.number_of(&control.id).is_none() {
            return unknown(format!("`{}` does not list this control", benchmark.id));
        }
        let texts: Vec<&str> = control
            .printings_for(benchmark)
            .map(|(_, text)| text)
            .collect();
        let logging = control.section() == Section::Logging;
        if benchmark.audit.is_empty() && !logging {
            return unknown(format!("`{}` publishes no audit steps", benchmark.id));
        }
        if texts.is_empty() && !logging {
            return unknown(format!(
                "`{}` prints no filter text for this control",
                benchmark.id
            ));
        }
        let mut candidates = vec![Candidate::default()];
        let mut pending: Option<Open> = None;
        for step in benchmark.steps_for(&control.id) {
            let mut next = Vec::new();
            let mut misses = Vec::new();
            for candidate in &candidates {
                let outlook = self.account.take(step.kind, candidate, &texts);
                next.extend(outlook.found);
                if let Some(reason) = outlook.open {
                    let open = Open {
                        step: step.number.clone(),
                        reason,
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
                return AuditSteps {
                    answer: Answer::NotMet,
                    step: Some(step.number.clone()),
                    reason: summary(misses),
                };
            }
            candidates = next;
        }
        if let Some(met) = candidates.iter().find(|candidate| candidate.open.is_none()) {
            return AuditSteps {
                answer: Answer::Met,
                step: None,
                reason: if logging && met.describe().is_empty() {
                    "every trail is as the steps ask".to_owned()
                } else {
                    met.describe()
                },
            };
        }
        let open = candidates
            .into_iter()
            .find_map(|candidate| candidate.open)
            .or(pending);
        match open {
            Some(open) => AuditSteps {
                answer: Answer::Unknown,
                step: Some(open.step),
                reason: open.reason,
            },
            None => unknown(format!(
                "`{}` has no audit steps for this control",
                benchmark.id
            )),
        }
    }
}
