//! Paths and requirements become findings: for each account and control, whether every event that the control asks for
//! reaches a confirmed subscriber.
//!
//! Sits between `chain` (which paths there are, and what each of their links does) and `report` (how people see it).
//! A pure function of snapshot, controls and options: no clock, no network, no output.
//!
//! For each account: its chain is read, made a case of, and every control asks the case; the decision becomes a finding.
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
mod decide;
mod decision;
mod finding;
mod hearing;
mod interned;
mod judge;
mod mark;
mod muted;
mod noise;
mod question;
mod recorded;
mod requirement;
mod sections;
mod shown;

use std::collections::BTreeSet;
use std::panic::resume_unwind;

use serde_json::Value;

use crate::chain::{self, Assumption};
use crate::control::{Benchmark, Control, Registry, Sections};
use crate::coverage::Predicate;
use crate::pattern::Semantics;
use crate::snapshot::{Snapshot, State};

pub use about::{ControlSummary, FrameworkSections};
pub use analysis::{AccountSummary, Analysis, SnapshotSummary};
pub use finding::{
    Attestation, BlindSpot, Carriers, Finding, Heard, Mark, Names, Note, PathSummary,
    RefusedAttestation, Remark, Requirement, Status, Stop, Summary, Surplus, ToldBy, Unrecorded,
    Why,
};

pub use audit_steps::AuditSteps;
use audit_steps::Auditor;
use case::Case;
use decision::Decision;
pub use hearing::{Ears, Hearing, Listening};
use judge::Judge;
pub use sections::{FrameworkScore, SectionScore, by_section};

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

/// The ways to be told that a proof may rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Paths {
    /// Alarms and EventBridge rules
    #[default]
    All,
    /// Alarms on metric filters alone, as the benchmarks ask for them
    Alarm,
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
    #[error("the query of control `{control}` cannot be used: {message}")]
    Query {
        /// The control.
        control: String,
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
    /// The snapshot could not be read by a second thread.
    #[error("the snapshot cannot be read by a second thread: {0}")]
    Beside(String),
}

/// Analyzes the accounts of a snapshot against a benchmark.
pub fn analyze(
    snapshot: &Snapshot,
    registry: &Registry,
    options: &Options,
) -> Result<Analysis, Error> {
    let benchmark = benchmark(registry, options)?;
    let asked: Vec<Asked<'_>> = controls(registry, benchmark, options)?
        .into_iter()
        .map(|control| Asked::new(registry, benchmark, control))
        .collect::<Result<_, _>>()?;
    let mut analysis = Analysis {
        snapshot: SnapshotSummary::of(snapshot),
        benchmark: benchmark.id.clone(),
        benchmark_title: benchmark.title.clone(),
        controls: asked.iter().map(|asked| asked.about.clone()).collect(),
        findings: Vec::new(),
        assumed: options.assume.clone(),
        accounts: Vec::new(),
        refused: Vec::new(),
        framework: None,
    };
    let accounts = accounts(snapshot, options)?;
    let queries = asked.iter().any(|asked| asked.control.query.is_some());
    // A query runs over the caller's connection, which has the functions that it may call.
    let beside = match accounts.len() >= WORTH_A_THREAD && !queries {
        true => snapshot.beside().map_err(beside_error)?,
        false => None,
    };
    let inquiry = Inquiry {
        registry,
        benchmark,
        options,
    };
    let (first, second) = match beside {
        None => (inquiry.accounts(snapshot, &accounts)?, None),
        Some(beside) => {
            let (here, there) = accounts.split_at(accounts.len() / 2);
            std::thread::scope(|scope| {
                let thread = std::thread::Builder::new().stack_size(STACK);
                let other = thread
                    .spawn_scoped(scope, move || inquiry.accounts(&beside, there))
                    .map_err(beside_error)?;
                let first = inquiry.accounts(snapshot, here);
                let second = other.join().unwrap_or_else(|panic| resume_unwind(panic));
                Ok::<_, Error>((first?, Some(second?)))
            })?
        }
    };
    for part in [Some(first), second].into_iter().flatten() {
        analysis.findings.extend(part.findings);
        analysis.accounts.extend(part.accounts);
    }
    Ok(analysis)
}

/// From so many accounts on two threads share the work: the second has to read and to remember things of its own.
const WORTH_A_THREAD: usize = 16;

/// As much as the main thread has.
const STACK: usize = 8 << 20;

/// What is asked of each account.
#[derive(Clone, Copy)]
struct Inquiry<'r> {
    registry: &'r Registry,
    benchmark: &'r Benchmark,
    options: &'r Options,
}

/// What some accounts come to.
#[derive(Default)]
struct Answers {
    findings: Vec<Finding>,
    accounts: Vec<AccountSummary>,
}

impl Inquiry<'_> {
    /// Analyzes accounts, one after the other.
    fn accounts(&self, snapshot: &Snapshot, accounts: &[String]) -> Result<Answers, Error> {
        let controls = controls(self.registry, self.benchmark, self.options)?.into_iter();
        let asked: Vec<Asked<'_>> = controls
            .map(|control| Asked::new(self.registry, self.benchmark, control))
            .collect::<Result<_, _>>()?;
        let judge = Judge::new(self.options.strict);
        let mut chains = chain::Reader::new(snapshot, &self.options.assume)
            .map_err(facts_error)?
            .to_judge();
        let mut answers = Answers::default();
        for account in accounts {
            judge.forget_paths();
            self.account(snapshot, &asked, &judge, &mut chains, account, &mut answers)?;
        }
        Ok(answers)
    }

    fn account(
        &self,
        snapshot: &Snapshot,
        asked: &[Asked<'_>],
        judge: &Judge,
        chains: &mut chain::Reader<'_>,
        account: &str,
        answers: &mut Answers,
    ) -> Result<(), Error> {
        let options = self.options;
        let unreadable = |source| Error::Chain {
            account: account.to_owned(),
            source,
        };
        let mut chain = chains.account(account).map_err(unreadable)?;
        if options.paths == Paths::Alarm {
            let all = chain.paths.len();
            chain.paths.retain(|path| !path.through_eventbridge());
            chain.path_count -= all - chain.paths.len();
        }
        noise::saturate(&mut chain, judge);
        let case = Case::new(judge, &chain);
        let auditor = Auditor::new(chains, account).map_err(unreadable)?;
        let recording = match asked.iter().any(|asked| asked.control.recording.is_some()) {
            true => Some(chains.recording(account).map_err(facts_error)?),
            false => None,
        };
        let assumed = options.assume.iter();
        let assumed: Vec<String> = assumed
            .map(|it| format!("--assume {}", it.word()))
            .collect();
        for asked in asked {
            let mut decision = match (&asked.control.recording, &recording) {
                (Some(question), Some(recording)) => recorded::decide(judge, recording, question),
                _ => asked.decide(&case, snapshot)?,
            };
            decision.assumptions.extend(assumed.iter().cloned());
            if snapshot.state() != State::Complete {
                decision = decision.cut_short();
            }
            // What is recorded, and what a query says, is proven otherwise: of these it is not known.
            let told = !asked.requirements.is_empty();
            let proven = options.blind_spots && told && decision.status == Status::Pass;
            let blind_spots = proven.then(|| blind_spots::of(&case, &asked.requirements));
            answers.findings.push(Finding {
                blind_spots,
                audit_steps: asked
                    .has_steps
                    .then(|| auditor.judge(self.benchmark, asked.control)),
                ..decision.finding(account, &asked.about)
            });
        }
        answers.accounts.push(AccountSummary::of(&chain));
        Ok(())
    }
}

/// A control that is asked of every account, made ready once.
struct Asked<'r> {
    control: &'r Control,
    about: ControlSummary,
    requirements: Vec<requirement::Requirement<'r>>,
    /// Vendors publish no audit steps, and a query has none: nothing to follow word by word.
    has_steps: bool,
}

impl<'r> Asked<'r> {
    fn new(
        registry: &Registry,
        benchmark: &'r Benchmark,
        control: &'r Control,
    ) -> Result<Self, Error> {
        Ok(Self {
            control,
            about: about::about(registry, benchmark, control),
            requirements: requirement::requirements(control, benchmark)?,
            has_steps: control.query.is_none() && benchmark.steps_for(&control.id).next().is_some(),
        })
    }

    fn decide(&self, case: &Case<'_>, snapshot: &Snapshot) -> Result<Decision, Error> {
        match &self.control.query {
            Some(sql) => question::ask(snapshot, case.chain, &self.control.id, sql),
            None => Ok(decide::decide(case, &self.requirements)),
        }
    }
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
            known: all.join(", "),
        });
    }
    Ok(all
        .into_iter()
        .filter(|account| given.is_empty() || given.contains(account))
        .collect())
}

/// Whether an event satisfies a predicate, by the plain matcher.
fn holds(predicate: &Predicate, event: &Value) -> bool {
    predicate.matches(event, &Semantics::default())
}
