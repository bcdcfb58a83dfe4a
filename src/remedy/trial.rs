//! A copy of the facts in which changes are tried, and taken back.

use rusqlite::Connection;

use super::resource::Change;
use super::touch::Supposed;
use super::{Error, apply};
use crate::analyze::{self, Analysis, Finding, Options};
use crate::chain::{self, AccountChain};
use crate::control::Registry;
use crate::query;
use crate::snapshot::Snapshot;

/// A copy of a snapshot, with the questions that are asked of it.
#[derive(Debug)]
pub struct Trial<'a> {
    copy: Snapshot,
    registry: &'a Registry,
    options: Options,
    /// The evidence row that stands for the plan.
    evidence: i64,
}

/// The snapshot as it would be after these changes.
pub fn under(snapshot: &Snapshot, changes: &[Change]) -> Result<Snapshot, Error> {
    let (mut copy, evidence) = copy(snapshot)?;
    for change in changes {
        apply::apply(copy.connection(), change, evidence)?;
    }
    copy.suppose(changes.len(), evidence);
    Ok(copy)
}

/// A copy with a row of evidence that stands for what is not evidence.
fn copy(snapshot: &Snapshot) -> Result<(Snapshot, i64), Error> {
    let copy = snapshot.to_try_on()?;
    let facts = copy.connection();
    query::register(facts)?;
    facts.execute(
        "insert into evidence (account, region, service, operation, request, at, media_type, body, body_size, \
         body_sha256, row_sha256) \
         select '', '', 'trailproof', 'Remediate', '{}', coalesce(max(at), '1970-01-01T00:00:00.000Z'), \
         'application/json', x'', 0, '', '' from evidence",
        [],
    )?;
    let evidence = facts.last_insert_rowid();
    Ok((copy, evidence))
}

impl<'a> Trial<'a> {
    /// A trial of this snapshot under these options.
    pub fn new(
        snapshot: &Snapshot,
        registry: &'a Registry,
        options: &Options,
    ) -> Result<Self, Error> {
        let (copy, evidence) = copy(snapshot)?;
        Ok(Self {
            copy,
            registry,
            options: options.clone(),
            evidence,
        })
    }

    /// The controls that are known.
    pub(super) fn registry(&self) -> &'a Registry {
        self.registry
    }

    /// Id of the benchmark that is asked about, where one was named.
    pub(super) fn benchmark(&self) -> Option<&str> {
        self.options.benchmark.as_deref()
    }

    /// What follows under these changes; they are taken back afterwards.
    pub(super) fn under<T>(
        &self,
        changes: &[Change],
        ask: impl FnOnce(&Under<'_, 'a>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let facts = self.copy.connection();
        chain::forget(&self.copy)?;
        facts.execute_batch("savepoint trial")?;
        let result = (|| {
            for change in changes {
                apply::apply(facts, change, self.evidence)?;
            }
            ask(&Under { trial: self })
        })();
        let undone = facts.execute_batch("rollback to trial; release trial");
        let result = result?;
        undone?;
        chain::forget(&self.copy)?;
        Ok(result)
    }
}

/// The copy while changes are tried in it.
pub(super) struct Under<'t, 'a> {
    trial: &'t Trial<'a>,
}

impl Under<'_, '_> {
    /// The facts.
    pub(super) fn facts(&self) -> &Connection {
        self.trial.copy.connection()
    }

    /// All findings that were asked for.
    pub(super) fn analysis(&self) -> Result<Analysis, Error> {
        let trial = self.trial;
        Ok(analyze::analyze(
            &trial.copy,
            trial.registry,
            &trial.options,
        )?)
    }

    /// The findings of all controls, also of those that were not asked for.
    pub(super) fn analysis_of_all(&self) -> Result<Analysis, Error> {
        let trial = self.trial;
        let options = Options {
            controls: Vec::new(),
            ..trial.options.clone()
        };
        Ok(analyze::analyze(&trial.copy, trial.registry, &options)?)
    }

    /// The questions that count as answered since the changes are supposed, and were not asked before.
    pub(super) fn supposed(&self) -> Result<Vec<Supposed>, Error> {
        let mut statement = self.facts().prepare(
            "select account, region, service, operation, subject from answered where evidence_id = ?1 \
             order by account, region, service, operation, subject",
        )?;
        let rows = statement.query_map([self.trial.evidence], |row| {
            Ok(Supposed {
                account: row.get(0)?,
                region: row.get(1)?,
                service: row.get(2)?,
                operation: row.get(3)?,
                subject: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One finding.
    pub(super) fn finding(&self, account: &str, control: &str) -> Result<Option<Finding>, Error> {
        let trial = self.trial;
        let options = Options {
            controls: vec![control.to_owned()],
            accounts: vec![account.to_owned()],
            ..trial.options.clone()
        };
        let analysis = analyze::analyze(&trial.copy, trial.registry, &options)?;
        Ok(analysis.findings.into_iter().next())
    }

    /// The delivery chain of an account.
    pub(super) fn chain(&self, account: &str) -> Result<AccountChain, Error> {
        Ok(chain::account(&self.trial.copy, account)?)
    }
}
