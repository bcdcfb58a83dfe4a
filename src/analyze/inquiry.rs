//! An inquiry: the accounts of a snapshot are judged one after the other, by two threads where there are many, and what each comes
//! to is handed on in the order of the accounts. Nothing of an account is held longer than its taker holds it.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use crate::chain;
use crate::control::{Benchmark, Control, Registry};
use crate::snapshot::{Snapshot, State};

use super::about::{self, ControlSummary};
use super::analysis::{AccountSummary, Analysis, SnapshotSummary};
use super::audit_steps::Auditor;
use super::case::Case;
use super::coverage_memo::CoverageMemo;
use super::decision::Decision;
use super::finding::{Finding, Status};
use super::{
    Error, Options, accounts, benchmark, beside_error, blind_spots, controls, decide, facts_error,
    noise, question, recorded, requirement,
};

/// From so many accounts on two threads share the work: the second has to read and to remember things of its own.
const WORTH_A_THREAD: usize = 16;

/// As much as the main thread has.
const STACK: usize = 8 << 20;

/// So many accounts may be done that come after one that is not: what they come to is held.
const AHEAD: usize = 32;

/// What is asked of a snapshot, made ready.
pub struct Inquiry<'a> {
    snapshot: &'a Snapshot,
    terms: Terms<'a>,
    accounts: Vec<String>,
    controls: Vec<ControlSummary>,
    /// Whether a control is a query.
    has_queries: bool,
}

/// What is asked of every account.
#[derive(Clone, Copy)]
struct Terms<'a> {
    registry: &'a Registry,
    benchmark: &'a Benchmark,
    options: &'a Options,
}

/// What one account comes to.
#[derive(Debug)]
pub struct Answers {
    /// One finding for each control, in the benchmark's order.
    pub findings: Vec<Finding>,
    /// What was seen of it besides.
    pub account: AccountSummary,
}

/// Gives the next account, with its position.
type Claim<'c, 'i> = dyn Fn() -> Option<(usize, &'i str)> + Sync + 'c;

/// Makes of an account's answers what is handed on, on whichever thread judged it.
pub type Make<'m, T> = dyn Fn(Answers) -> T + Sync + 'm;

impl<'a> Inquiry<'a> {
    /// Looks up what the options name.
    ///
    /// # Errors
    ///
    /// Something named does not exist, or the snapshot holds no account.
    pub fn new(
        snapshot: &'a Snapshot,
        registry: &'a Registry,
        options: &'a Options,
    ) -> Result<Self, Error> {
        let terms = Terms {
            registry,
            benchmark: benchmark(registry, options)?,
            options,
        };
        // Whoever wrote a control hears of its faults before anything is judged.
        let asked = terms.asked()?;
        Ok(Self {
            snapshot,
            terms,
            has_queries: asked.iter().any(|asked| asked.control.query.is_some()),
            controls: asked.into_iter().map(|asked| asked.about).collect(),
            accounts: accounts(snapshot, options)?,
        })
    }

    /// The whole analysis, with what every account comes to.
    ///
    /// # Errors
    ///
    /// As of [`Inquiry::each`].
    pub fn analysis(&self) -> Result<Analysis, Error> {
        let mut analysis = Analysis {
            accounts: Vec::with_capacity(self.accounts.len()),
            ..self.outset()
        };
        self.each(&|answers| answers, &mut |answers| {
            analysis.findings.extend(answers.findings);
            analysis.accounts.push(answers.account);
            Ok(())
        })?;
        Ok(analysis)
    }

    /// Whether it is about so many accounts that what they come to had better not be held together.
    pub fn is_large(&self) -> bool {
        self.accounts.len() >= WORTH_A_THREAD
    }

    /// The analysis before an account is judged: it names the accounts, and nothing was seen of them.
    pub fn outset(&self) -> Analysis {
        Analysis {
            snapshot: SnapshotSummary::of(self.snapshot),
            benchmark: self.terms.benchmark.id.clone(),
            benchmark_title: self.terms.benchmark.title.clone(),
            controls: self.controls.clone(),
            premises: self.terms.options.premises(),
            accounts: self
                .accounts
                .iter()
                .map(|it| AccountSummary::named(it))
                .collect(),
            ..Analysis::default()
        }
    }

    /// Judges every account: `make` is called on the thread that judged it, `take` on this one, in the order of the accounts.
    ///
    /// # Errors
    ///
    /// The snapshot cannot be read, or a query of a control does not run. What comes before was handed on.
    pub fn each<T: Send>(
        &self,
        make: &Make<'_, T>,
        take: &mut dyn FnMut(T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // A query runs over the caller's connection, which has the functions that it may call.
        let beside = match self.is_large() && !self.has_queries {
            true => self.snapshot.beside().map_err(beside_error)?,
            false => None,
        };
        if let Some(beside) = beside {
            return self.shared(beside, make, take);
        }
        let mut bench = Bench::new(self.terms, self.snapshot)?;
        for account in &self.accounts {
            take(make(bench.account(account)?))?;
        }
        Ok(())
    }

    /// Two threads take the next account whenever they are done with one.
    fn shared<T: Send>(
        &self,
        beside: Snapshot,
        make: &Make<'_, T>,
        take: &mut dyn FnMut(T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let next = AtomicUsize::new(0);
        let (terms, accounts) = (self.terms, self.accounts.as_slice());
        let claim = || {
            let at = next.fetch_add(1, Ordering::Relaxed);
            accounts.get(at).map(|account| (at, account.as_str()))
        };
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(AHEAD);
            let claim = &claim;
            let other = std::thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, move || {
                    terms.on_a_thread(&beside, claim, make, &sender);
                })
                .map_err(beside_error)?;
            let mut order = InOrder {
                done: BTreeMap::new(),
                next: 0,
            };
            let mut bench = Bench::new(self.terms, self.snapshot)?;
            while let Some((at, account)) = claim() {
                order.done.insert(at, bench.account(account).map(make));
                order.done.extend(receiver.try_iter());
                order.hand_on(take)?;
                while order.done.len() > AHEAD
                    && let Ok((at, answers)) = receiver.recv()
                {
                    order.done.insert(at, answers);
                    order.hand_on(take)?;
                }
            }
            for (at, answers) in &receiver {
                order.done.insert(at, answers);
                order.hand_on(take)?;
            }
            other.join().unwrap_or_else(|panic| resume_unwind(panic));
            Ok(())
        })
    }
}

impl<'a> Terms<'a> {
    /// The second thread. Nobody receives any more once the first has failed.
    fn on_a_thread<'i, T>(
        self,
        snapshot: &Snapshot,
        claim: &Claim<'_, 'i>,
        make: &Make<'_, T>,
        sender: &SyncSender<(usize, Result<T, Error>)>,
    ) {
        // Where it cannot begin it takes no account, and the first thread judges them all.
        let Ok(mut bench) = Bench::new(self, snapshot) else {
            return;
        };
        while let Some((at, account)) = claim() {
            if sender.send((at, bench.account(account).map(make))).is_err() {
                return;
            }
        }
    }

    /// The controls, made ready for the thread that asks them.
    fn asked(self) -> Result<Vec<Asked<'a>>, Error> {
        controls(self.registry, self.benchmark, self.options)?
            .into_iter()
            .map(|control| Asked::new(self.registry, self.benchmark, control))
            .collect()
    }
}

/// What is done, until all that comes before it is.
struct InOrder<T> {
    done: BTreeMap<usize, Result<T, Error>>,
    next: usize,
}

impl<T> InOrder<T> {
    fn hand_on(&mut self, take: &mut dyn FnMut(T) -> Result<(), Error>) -> Result<(), Error> {
        while let Some(answers) = self.done.remove(&self.next) {
            take(answers?)?;
            self.next += 1;
        }
        Ok(())
    }
}

/// Where one thread judges accounts, with what it remembers from one to the next.
struct Bench<'i> {
    terms: Terms<'i>,
    snapshot: &'i Snapshot,
    asked: Vec<Asked<'i>>,
    memo: CoverageMemo,
    chains: chain::Reader<'i>,
}

impl<'i> Bench<'i> {
    fn new(terms: Terms<'i>, snapshot: &'i Snapshot) -> Result<Self, Error> {
        let options = terms.options;
        Ok(Self {
            terms,
            snapshot,
            asked: terms.asked()?,
            memo: CoverageMemo::new(options.strict),
            chains: chain::Reader::new(snapshot, &options.assume)
                .map_err(facts_error)?
                .to_judge(),
        })
    }

    fn account(&mut self, account: &str) -> Result<Answers, Error> {
        let options = self.terms.options;
        self.memo.forget_paths();
        let unreadable = |source| Error::Chain {
            account: account.to_owned(),
            source,
        };
        let mut chain = self.chains.account(account).map_err(unreadable)?;
        options.paths.narrow(&mut chain);
        noise::saturate(&mut chain, &self.memo);
        let case = Case::new(&self.memo, &chain);
        let auditor = Auditor::new(&self.chains, account).map_err(unreadable)?;
        let is_recorded = |asked: &Asked<'_>| asked.control.recording.is_some();
        let recording = match self.asked.iter().any(is_recorded) {
            true => Some(self.chains.recording(account).map_err(facts_error)?),
            false => None,
        };
        let mut findings = Vec::with_capacity(self.asked.len());
        for asked in &self.asked {
            let mut decision = match (&asked.control.recording, &recording) {
                (Some(question), Some(recording)) => {
                    recorded::decide(&self.memo, recording, question)
                }
                _ => asked.decide(&case, self.snapshot)?,
            };
            if self.snapshot.state() != State::Complete {
                decision = decision.cut_short();
            }
            // What is recorded, and what a query says, is proven otherwise: of these it is not known.
            let told = !asked.requirements.is_empty();
            let proven = options.blind_spots && told && decision.status == Status::Pass;
            let blind_spots = proven.then(|| blind_spots::of(&case, &asked.requirements));
            findings.push(Finding {
                blind_spots,
                audit_steps: asked
                    .has_steps
                    .then(|| auditor.judge(self.terms.benchmark, asked.control)),
                assumed: self.terms.options.assume.clone(),
                ..decision.finding(account, &asked.about)
            });
        }
        Ok(Answers {
            findings,
            account: AccountSummary::of(&chain),
        })
    }
}

/// A control that is asked of every account, made ready once.
struct Asked<'r> {
    control: &'r Control,
    about: ControlSummary,
    requirements: Vec<requirement::AcceptedForm<'r>>,
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
            has_steps: benchmark.steps_for(control).next().is_some(),
        })
    }

    fn decide(&self, case: &Case<'_>, snapshot: &Snapshot) -> Result<Decision, Error> {
        match &self.control.query {
            Some(sql) => question::ask(snapshot, case.chain, self.control, sql),
            None => Ok(decide::decide(case, &self.requirements)),
        }
    }
}
