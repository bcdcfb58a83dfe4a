//! Paths and requirements become findings: for each account and control, whether every event that the control asks for
//! reaches a confirmed subscriber.
//!
//! Sits between `chain` (which paths there are, and what each of their links does) and `report` (how people see it).
//! A pure function of snapshot, controls and options: no clock, no network, no output.
//!
//! For each account: its chain is read, made a case of, and every control asks the case; the decision becomes a finding
//! (`inquiry`).
//!
//! A control passes when the union of the *sound* paths carries every event of one accepted form of its requirement;
//! it is unknown when that holds only with paths whose evidence is missing; else it fails, with a witness and the link
//! that drops it.

mod about;
mod analysis;
pub mod attest;
pub mod audit_steps;
mod blame;
mod blind_spots;
mod case;
mod coverage_memo;
mod decide;
mod decision;
mod finding;
mod hearing;
mod inquiry;
mod interned;
mod mark;
mod muted;
mod noise;
mod note;
mod question;
mod recorded;
mod requirement;
mod sections;
mod shown;
mod vocabulary;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::chain::{self, AccountChain, Assumption};
use crate::control::{Benchmark, Control, Place, Registry, Sections};
use crate::coverage::Predicate;
use crate::pattern::Semantics;
use crate::snapshot::Snapshot;

pub use about::{ControlSummary, FrameworkSections};
pub use analysis::{AccountSummary, Analysis, SnapshotSummary};
pub use finding::{
    Attestation, BlindSpot, Carriers, Finding, Heard, Mark, MarkKind, Names, NotAccepted,
    PathSummary, RefusedAttestation, Requirement, Status, Stop, Summary, ToldBy, Unrecorded, Why,
};

pub use audit_steps::AuditSteps;
pub use hearing::{Ears, Hearing, Listening};
pub use inquiry::{Answers, Inquiry, Make};
pub use note::{Note, Remark, Surplus};
pub use sections::{FrameworkScore, NotJudged, SectionScore, by_section};

/// What to analyze, and how strictly.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Id of a benchmark, or of its family for the newest version; the default benchmark where none is given.
    pub benchmark: Option<String>,
    /// Which sections of the benchmark.
    pub sections: Sections,
    /// Only these controls, by id or benchmark number; all where empty.
    pub controls: Vec<String>,
    /// Only these accounts; all where empty.
    pub accounts: Vec<String>,
    /// Decide without the event model: an event is any JSON object.
    pub strict: bool,
    /// Look for the single calls that would break the proof of what passes.
    pub blind_spots: bool,
    /// Which ways to be told count.
    pub paths: Paths,
    /// What to assume where an optional question to AWS has no answer.
    pub assume: Vec<Assumption>,
}

/// What every answer to a question rests on besides the snapshot, as the user put it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Premises {
    /// What the user assumes where an optional question to AWS has no answer.
    pub assumed: Vec<Assumption>,
    /// Which ways to be told count.
    pub paths: Paths,
    /// Whether it is decided without the event model.
    pub strict: bool,
}

impl Options {
    /// What answers to these options rest on.
    pub fn premises(&self) -> Premises {
        Premises {
            assumed: self.assume.clone(),
            paths: self.paths,
            strict: self.strict,
        }
    }
}

/// The ways to be told that a proof may rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Paths {
    /// Alarms and EventBridge rules
    #[default]
    All,
    /// Alarms on metric filters alone, as the benchmarks ask for them
    Alarm,
}

impl Paths {
    /// Leaves out the paths of a chain that do not count.
    fn narrow(self, chain: &mut AccountChain) {
        if self == Self::Alarm {
            chain.paths.retain(|path| !path.through_eventbridge());
        }
    }
}

/// Why an analysis could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user named a benchmark that does not exist.
    #[error("there is no benchmark `{given}`; known are {known}")]
    NoSuchBenchmark {
        /// What was asked for.
        given: String,
        /// What exists.
        known: String,
    },
    /// The user named a control that the benchmark does not have.
    #[error("there is no control `{given}` in {benchmark}; known are {known}")]
    NoSuchControl {
        /// What was asked for.
        given: String,
        /// Where.
        benchmark: String,
        /// What exists.
        known: String,
    },
    /// The user named an account that is not in the snapshot.
    #[error("account `{given}` is not in the snapshot, which holds {known}")]
    NoSuchAccount {
        /// What was asked for.
        given: String,
        /// What exists.
        known: String,
    },
    /// The snapshot holds no account: nobody could be asked who they are.
    #[error("the snapshot holds no account: sts GetCallerIdentity was not answered")]
    NoAccount,
    /// A control's requirement does not parse: whoever wrote the control can fix it.
    #[error("alternative `{label}` of control `{control}` is no filter pattern: {message}")]
    Requirement {
        /// The control.
        control: String,
        /// The alternative.
        label: String,
        /// What is wrong with it.
        message: String,
    },
    /// A control's query does not run: whoever wrote the control can fix it.
    #[error("{}the query of control `{control}` cannot be used: {message}", place.as_ref().map(|it| format!("{it}: ")).unwrap_or_default())]
    Query {
        /// The control.
        control: String,
        /// Where the query begins.
        place: Option<Place>,
        /// What is wrong with it.
        message: String,
    },
    /// The chain could not be read from the snapshot.
    #[error("account {account} cannot be read from the snapshot")]
    Chain {
        /// The account.
        account: String,
        /// Why.
        source: chain::Error,
    },
    /// The snapshot could not be read.
    #[error("the snapshot cannot be read")]
    Snapshot(#[from] rusqlite::Error),
    /// Whoever took what accounts come to could not take more; why is for them to say.
    #[error("what an account comes to could not be taken")]
    NotTaken,
    /// The snapshot could not be read by a second thread.
    #[error("the snapshot cannot be read by a second thread: {0}")]
    Beside(String),
}

/// Analyzes the accounts of a snapshot against a benchmark. An [`Inquiry`] hands on what each account comes to instead of holding
/// all of it.
pub fn analyze(
    snapshot: &Snapshot,
    registry: &Registry,
    options: &Options,
) -> Result<Analysis, Error> {
    Inquiry::new(snapshot, registry, options)?.analysis()
}

fn benchmark<'r>(registry: &'r Registry, options: &Options) -> Result<&'r Benchmark, Error> {
    let known = || {
        let ids: Vec<&str> = registry
            .benchmarks()
            .iter()
            .map(|benchmark| benchmark.id.as_str())
            .collect();
        ids.join(", ")
    };
    match &options.benchmark {
        Some(given) => registry
            .benchmark(given)
            .ok_or_else(|| Error::NoSuchBenchmark {
                given: given.clone(),
                known: known(),
            }),
        None => registry
            .default_benchmark()
            .ok_or_else(|| Error::NoSuchBenchmark {
                given: "the default".to_owned(),
                known: known(),
            }),
    }
}

/// The controls asked for: those of the benchmark in its order.
fn controls<'r>(
    registry: &'r Registry,
    benchmark: &'r Benchmark,
    options: &Options,
) -> Result<Vec<&'r Control>, Error> {
    let section = options.sections.judged(!options.controls.is_empty());
    let all = registry.controls_in(benchmark, section);
    for given in &options.controls {
        if !all
            .iter()
            .any(|(number, control)| names_control(given, number, control))
        {
            let known: Vec<&str> = all.iter().map(|(_, control)| control.id.as_str()).collect();
            return Err(Error::NoSuchControl {
                given: given.clone(),
                benchmark: benchmark.id.clone(),
                known: known.join(", "),
            });
        }
    }
    let wanted = |(number, control): &(&str, &Control)| {
        let mut given = options.controls.iter();
        options.controls.is_empty() || given.any(|given| names_control(given, number, control))
    };
    let wanted = all.into_iter().filter(wanted);
    Ok(wanted.map(|(_, control)| control).collect())
}

fn names_control(given: &str, number: &str, control: &Control) -> bool {
    given == control.id || given == number
}

fn beside_error(error: impl std::fmt::Display) -> Error {
    Error::Beside(error.to_string())
}

fn facts_error(error: chain::Error) -> Error {
    match error {
        chain::Error::Facts(error) => Error::Snapshot(error),
    }
}

/// Every account that was asked, also one that answered nothing: it is unknown, not left out.
fn accounts(snapshot: &Snapshot, options: &Options) -> Result<Vec<String>, Error> {
    let all = chain::accounts(snapshot).map_err(facts_error)?;
    if all.is_empty() {
        return Err(Error::NoAccount);
    }
    let held: BTreeSet<&String> = all.iter().collect();
    let given: BTreeSet<String> = options.accounts.iter().cloned().collect();
    if let Some(given) = options.accounts.iter().find(|it| !held.contains(it)) {
        return Err(Error::NoSuchAccount {
            given: given.clone(),
            known: nearest_accounts(given, &all),
        });
    }
    Ok(all
        .into_iter()
        .filter(|account| given.is_empty() || given.contains(account))
        .collect())
}

/// The accounts to name where one was named that is not held: all where they are few, else the nearest of them and how many.
pub(crate) fn nearest_accounts<'a>(
    given: &str,
    all: impl IntoIterator<Item = &'a String>,
) -> String {
    const NAMED: usize = 3;
    let mut nearest: Vec<&str> = all.into_iter().map(String::as_str).collect();
    let held = nearest.len();
    if held <= NAMED {
        return nearest.join(", ");
    }
    nearest.sort_by_cached_key(|account| strsim::damerau_levenshtein(given, account));
    nearest.truncate(NAMED);
    format!("{held} accounts; nearest: {}", nearest.join(", "))
}

/// Whether an event satisfies a predicate, by the plain matcher.
fn holds(predicate: &Predicate, event: &Value) -> bool {
    predicate.matches(event, &Semantics::default())
}

#[cfg(test)]
mod tests {
    use super::nearest_accounts;

    /// All ids of an organization, thousands of them, stood in the error.
    #[test]
    fn a_mistyped_account_gets_the_nearest_of_many() {
        let all: Vec<String> = (0..2000)
            .map(|it| format!("{:012}", 100_000 + it))
            .collect();
        let told = nearest_accounts("00000100721", &all);
        assert!(
            told.starts_with("2000 accounts; nearest: 000000100721, "),
            "{told}"
        );
        assert_eq!(told.matches(", ").count(), 2, "{told}");
        assert_eq!(
            nearest_accounts("1", &all[..2]),
            "000000100000, 000000100001"
        );
    }
}
