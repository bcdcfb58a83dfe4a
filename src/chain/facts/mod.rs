//! Reading facts: typed rows of the fact tables, one account or resource at a time, through the views. The chain, the audit
//! steps and the comparison of snapshots share them.
//!
//! Everything here is a lookup; nothing decides. A JSON column is read with its row ([`Json`]). Statements are
//! prepared once a connection.

mod alarm;
mod event_rule;
mod json;
mod kept;
mod logs;
mod questions;
mod recording;
mod topic;
mod trail;

use std::rc::Rc;

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use super::Error;
use super::assumption::Assumption;
use super::gap::Gap;

pub(crate) use alarm::AlarmRow;
pub(super) use alarm::{
    Action, HistoryData, HistoryItem, MetricRow, MuteRuleRow, StateItem, StateRow,
};
pub(super) use event_rule::{DEFAULT_BUS, RuleRow, TargetRow, targets_question};
pub(crate) use json::Json;
use kept::{Kept, once};
pub(super) use logs::LogGroup;
pub(crate) use logs::{FilterRow, MetricFilters};
pub(crate) use questions::{Asked, Question, Questions};
pub(super) use recording::FileDelivery;
pub(crate) use recording::{DataResources, Delivered, Keeping};
pub(super) use topic::{Key, SubscriptionAttributes, SubscriptionRow, Topic};
pub(crate) use trail::{AdvancedSelector, BasicSelector, SelectorRows, TrailRow};
pub(super) use trail::{Delivery, FieldCondition, TrailStatus};

const VIEWS: &str = include_str!("../views.sql");

/// More than there are statements here, so that each is prepared once.
const STATEMENTS: usize = 128;

/// Facts of one snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Facts<'s> {
    connection: &'s Connection,
    assumed: &'s [Assumption],
    kept: Rc<Kept>,
}

impl<'s> Facts<'s> {
    /// Makes the views on the connection, if they are not there yet.
    pub(crate) fn new(
        connection: &'s Connection,
        assumed: &'s [Assumption],
    ) -> Result<Self, Error> {
        let query_only: bool =
            connection.pragma_query_value(None, "query_only", |row| row.get(0))?;
        // A temporary view is no change of the snapshot, but the switch does not tell them apart.
        if query_only {
            connection.pragma_update(None, "query_only", false)?;
        }
        let made = connection.execute_batch(VIEWS);
        if query_only {
            connection.pragma_update(None, "query_only", true)?;
        }
        made?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self {
            connection,
            assumed,
            kept: Rc::default(),
        })
    }

    /// When an evidence row was recorded.
    pub(super) fn recorded_at(&self, evidence: i64) -> Result<Option<Rc<str>>, Error> {
        self.kept.recorded.get(evidence, |evidence| {
            self.optional("select at from evidence where id = ?1", [evidence], |row| {
                row.get(0)
            })
        })
    }

    /// Whether an account was asked at all.
    pub(super) fn has_account(&self, account: &str) -> Result<bool, Error> {
        let found: Option<i64> = self.optional(
            "select 1 from evidence where account = ?1 limit 1",
            [account],
            |row| row.get(0),
        )?;
        Ok(found.is_some())
    }

    /// Every account that was asked, in order.
    pub(super) fn accounts(&self) -> Result<Vec<String>, Error> {
        // Skips from account to account in the index instead of reading every row of it.
        self.list(
            "with recursive asked (account) as ( \
               select min(account) from evidence where account > '' \
               union all \
               select (select min(evidence.account) from evidence where evidence.account > asked.account) \
               from asked where asked.account is not null \
             ) select account from asked where account is not null order by account",
            [],
            |row| row.get(0),
        )
    }

    /// What could not be collected of an account.
    pub(super) fn gaps(&self, account: &str) -> Result<Vec<Gap>, Error> {
        self.list(
            "select region, service, operation, subject, kind, code, message, evidence_id from gap \
             where account = ?1 order by region, service, operation, subject",
            [account],
            |row| {
                Ok(Gap {
                    region: get(row, "region")?,
                    service: get(row, "service")?,
                    operation: get(row, "operation")?,
                    subject: get(row, "subject")?,
                    kind: get(row, "kind")?,
                    code: get(row, "code")?,
                    message: get(row, "message")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// One row, if there is one.
    fn optional<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(parameters, read).optional()?)
    }

    /// All rows.
    fn list<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(parameters, read)?;
        Ok(rows.collect::<rusqlite::Result<Vec<T>>>()?)
    }
}

/// The columns of a row in the order in which the statement names them: for rows that are many, since each look for a name
/// goes through the names.
struct Columns<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
}

impl<'r, 's> Columns<'r, 's> {
    fn of(row: &'r Row<'s>) -> Self {
        Self { row, next: 0 }
    }

    /// The next column.
    fn read<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let value = self.row.get(self.next);
        self.next += 1;
        value
    }
}

/// A column by name.
fn get<T: FromSql>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get(column)
}
