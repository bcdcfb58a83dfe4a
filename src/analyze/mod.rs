//! Paths and requirements become findings: for each account and control, whether every event that the control asks for
//! reaches a confirmed subscriber.
//!
//! Sits between `chain` (which paths there are, and what each of their links does) and `report` (how people see it).
//! A pure function of snapshot, controls and options: no clock, no network, no output.
//!
//! A control passes when the union of the *sound* paths carries every event of one accepted form of its requirement;
//! it is unknown when that holds only with paths whose evidence is missing; else it fails, with a witness and the link
//! that drops it.

mod about;
pub mod attest;
pub mod audit_steps;
mod blame;
mod decide;
mod finding;
mod judge;
mod mark;
mod muted;
mod noise;
mod question;
mod requirement;
mod sections;

use serde_json::Value;

use crate::chain::{self, AccountChain, Assumption};
use crate::control::{Benchmark, Control, Registry};
use crate::coverage::Predicate;
use crate::pattern::Semantics;
use crate::snapshot::{Snapshot, State, format_time};

pub use about::{ControlSummary, FrameworkSections};
pub use finding::{
    AccountSummary, Analysis, Attestation, Carriers, Finding, Mark, Names, Note, PathSummary,
    RefusedAttestation, Remark, Requirement, SnapshotSummary, Status, Stop, Summary, Surplus, Why,
};

pub use audit_steps::AuditSteps;
use audit_steps::Auditor;
use judge::Judge;
pub use sections::{FrameworkScore, SectionScore, by_section};

/// What to analyze, and how strictly.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Id of a benchmark, or of its family for the newest version; the default benchmark where none is given.
    pub benchmark: Option<String>,
    /// Only these controls, by id or benchmark number; all where empty.
    pub controls: Vec<String>,
    /// Only these accounts; all where empty.
    pub accounts: Vec<String>,
    /// Decide without the event model: an event is any JSON object.
    pub strict: bool,
    /// What to assume where an optional question to AWS has no answer.
    pub assume: Vec<Assumption>,
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
}

/// Analyzes the accounts of a snapshot against a benchmark.
pub fn analyze(
    snapshot: &Snapshot,
    registry: &Registry,
    options: &Options,
) -> Result<Analysis, Error> {
    let benchmark = benchmark(registry, options)?;
    let controls = controls(registry, benchmark, options)?;
    let requirements = controls
        .iter()
        .map(|(_, control)| requirement::requirements(control, benchmark))
        .collect::<Result<Vec<_>, _>>()?;
    let judge = Judge::new(options.strict);
    let mut analysis = Analysis {
        snapshot: summary(snapshot),
        benchmark: benchmark.id.clone(),
        benchmark_title: benchmark.title.clone(),
        controls: controls
            .iter()
            .map(|(_, control)| about::about(registry, benchmark, control))
            .collect(),
        findings: Vec::new(),
        assumed: options.assume.clone(),
        accounts: Vec::new(),
        refused: Vec::new(),
        framework: None,
    };
    let mut chains = chain::Reader::new(snapshot, &options.assume).map_err(facts_error)?;
    for account in accounts(snapshot, options)? {
        let mut chain = chains.account(&account).map_err(|source| Error::Chain {
            account: account.clone(),
            source,
        })?;
        noise::saturate(&mut chain, &judge);
        let about = about(&chain);
        let auditor = Auditor::new(snapshot, &account)?;
        for ((number, control), requirements) in controls.iter().zip(&requirements) {
            let mut finding = blank(&account, number, control, benchmark);
            match &control.query {
                Some(sql) => question::ask(
                    &mut finding,
                    snapshot.connection(),
                    &control.id,
                    sql,
                    &about.gaps,
                )?,
                None => decide::decide(&mut finding, &judge, &chain, requirements),
            }
            // Vendors publish no audit steps, and a query has none: nothing to follow word by word.
            if control.query.is_none() && benchmark.steps_for(&control.id).next().is_some() {
                finding.audit_steps = Some(auditor.judge(benchmark, control));
            }
            let assumed = options.assume.iter();
            finding
                .assumptions
                .extend(assumed.map(|it| format!("--assume {}", it.word())));
            if !analysis.snapshot.complete {
                cut_short(&mut finding);
            }
            analysis.findings.push(finding);
        }
        analysis.accounts.push(about);
    }
    Ok(analysis)
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

/// The controls asked for with their numbers: those of the benchmark in its order.
fn controls<'r>(
    registry: &'r Registry,
    benchmark: &'r Benchmark,
    options: &Options,
) -> Result<Vec<(&'r str, &'r Control)>, Error> {
    let all = registry.controls_of(benchmark);
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
    Ok(all
        .into_iter()
        .filter(|(number, control)| {
            options.controls.is_empty()
                || options
                    .controls
                    .iter()
                    .any(|given| names_control(given, number, control))
        })
        .collect())
}

fn names_control(given: &str, number: &str, control: &Control) -> bool {
    given == control.id || given == number
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
    if let Some(given) = options.accounts.iter().find(|given| !all.contains(given)) {
        return Err(Error::NoSuchAccount {
            given: given.clone(),
            known: all.join(", "),
        });
    }
    Ok(all
        .into_iter()
        .filter(|account| options.accounts.is_empty() || options.accounts.contains(account))
        .collect())
}

fn about(chain: &AccountChain) -> AccountSummary {
    let mut trails: Vec<&str> = chain
        .paths
        .iter()
        .filter_map(|path| path.trail.as_deref())
        .collect();
    trails.sort_unstable();
    trails.dedup();
    let note = |link: &chain::verdict::Link| Note {
        link: Some(link.id),
        subject: Some(link.subject.clone()),
        about: Remark::Link {
            verdict: link.verdict,
            cause: Box::new(link.cause.clone()),
        },
    };
    AccountSummary {
        account: chain.account.clone(),
        trails: trails.len(),
        paths: chain.paths.len(),
        gaps: chain.gaps.clone(),
        notes: chain.notes.iter().map(note).collect(),
        other_monitoring: chain.alternatives.iter().map(note).collect(),
    }
}

fn blank(account: &str, number: &str, control: &Control, benchmark: &Benchmark) -> Finding {
    Finding {
        account: account.to_owned(),
        control: control.id.clone(),
        title: benchmark.title_of(control).to_owned(),
        benchmark_id: (number != control.id).then(|| number.to_owned()),
        severity: benchmark.severity_of(control),
        status: Status::Unknown,
        audit_steps: None,
        why: Why::NoRequirement,
        witness: None,
        broken_link: None,
        requirement: None,
        names: None,
        notes: Vec::new(),
        marks: Vec::new(),
        assumptions: Vec::new(),
        paths: Vec::new(),
        accepted: None,
    }
}

/// A collection that was cut short proves no pass: what was not asked could have shown a link to be broken.
fn cut_short(finding: &mut Finding) {
    if finding.status != Status::Pass {
        return;
    }
    finding.status = Status::Unknown;
    let why = std::mem::replace(&mut finding.why, Why::NoRequirement);
    finding.why = Why::CutShort(match why {
        Why::Carried(carriers) => carriers,
        _ => Carriers::default(),
    });
}

fn summary(snapshot: &Snapshot) -> SnapshotSummary {
    let meta = snapshot.meta();
    SnapshotSummary {
        complete: snapshot.state() == State::Complete,
        producer: meta.producer.clone(),
        started_at: format_time(meta.started_at),
        finished_at: meta.finished_at.map(format_time),
        evidence_sha256: meta.evidence_sha256.clone(),
        facts_sha256: meta.facts_sha256.clone(),
        derivation: meta.derivation,
        verified: snapshot.is_verified(),
    }
}

/// Whether an event satisfies a predicate, by the plain matcher.
fn holds(predicate: &Predicate, event: &Value) -> bool {
    predicate.matches(event, &Semantics::default())
}
