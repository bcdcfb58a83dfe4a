//! Reading facts: the rows that the chain needs, one account or resource at a time, through the views.
//!
//! Everything here is a lookup; nothing decides. Statements are prepared once a connection.

mod alarm;
mod logs;
mod recording;
mod topic;
mod trail;

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use super::Error;
use super::assumption::Assumption;
use super::path::Gap;

pub(super) use alarm::{Action, AlarmRow, HistoryItem, MetricRow, MuteRuleRow, StateRow};
pub(super) use logs::{FilterRow, LogGroup};
pub(super) use recording::{DataResources, FileDelivery};
pub(super) use topic::{EventRule, Key, SubscriptionAttributes, SubscriptionRow, Topic};
pub(super) use trail::{
    AdvancedSelector, BasicSelector, Delivery, FieldCondition, SelectorRows, TrailRow, TrailStatus,
};

const VIEWS: &str = include_str!("../views.sql");

/// More than there are statements here, so that each is prepared once.
const STATEMENTS: usize = 128;

/// Facts of one snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'s> {
    connection: &'s Connection,
    assumed: &'s [Assumption],
}

/// What the snapshot holds of one question to AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Answered to its end: absence of facts proves something.
    Answered {
        /// Evidence row of the last page.
        evidence: i64,
    },
    /// AWS said that the subject does not exist.
    Absent {
        /// AWS error code.
        code: String,
        /// Evidence row.
        evidence: i64,
    },
    /// Asked without success.
    Failed {
        /// denied, throttled ...
        kind: String,
        /// Error code.
        code: String,
        /// Evidence row.
        evidence: i64,
    },
    /// Never asked.
    Never,
    /// Not answered, and the user says what the answer would be.
    Assumed(Assumption),
}

impl Asked {
    /// Whether the absence of a fact proves the absence of the thing.
    pub(super) fn answered(&self) -> bool {
        matches!(
            self,
            Self::Answered { .. } | Self::Absent { .. } | Self::Assumed(_)
        )
    }

    /// Whether the endpoint does not know the operation: the feature does not exist there, and neither does what it would
    /// list. Only of operations that came after their service; what was denied says nothing.
    pub(super) fn unsupported(&self) -> bool {
        matches!(self, Self::Failed { code, .. } if is_unknown_operation(code))
    }

    /// The evidence row, if there is one.
    pub(super) fn evidence(&self) -> Option<i64> {
        match self {
            Self::Answered { evidence }
            | Self::Absent { evidence, .. }
            | Self::Failed { evidence, .. } => Some(*evidence),
            Self::Never | Self::Assumed(_) => None,
        }
    }
}

/// Whether an endpoint says by this code that it does not know an operation, whoever asks.
pub(super) fn is_unknown_operation(code: &str) -> bool {
    matches!(
        code.strip_suffix("Exception").unwrap_or(code),
        "InvalidAction"
            | "NotImplemented"
            | "UnknownOperation"
            | "UnsupportedOperation"
            | "http 404"
            | "http 501"
    )
}

/// A question to AWS, to be looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'q> {
    /// Account asked.
    pub(super) account: &'q str,
    /// Region asked.
    pub(super) region: &'q str,
    /// Endpoint prefix.
    pub(super) service: &'q str,
    /// API operation.
    pub(super) operation: &'q str,
    /// What was asked about; empty for everything.
    pub(super) subject: &'q str,
}

impl Question<'_> {
    /// The API as reasons name it.
    pub(super) fn api(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

impl<'s> Facts<'s> {
    /// Makes the views on the connection, if they are not there yet.
    pub(super) fn new(
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
        })
    }

    /// What became of a question. A list of everything answers a question about one of its items, and a list by prefix
    /// one about a name that begins so.
    pub(super) fn asked(&self, question: Question<'_>) -> Result<Asked, Error> {
        let asked = self.recorded(question)?;
        let assumed = Assumption::of(question.operation)
            .filter(|assumption| !asked.answered() && self.assumed.contains(assumption));
        Ok(assumed.map_or(asked, Asked::Assumed))
    }

    fn recorded(&self, question: Question<'_>) -> Result<Asked, Error> {
        let Question {
            account,
            region,
            service,
            operation,
            subject,
        } = question;
        let key = (account, region, service, operation, subject);
        let absent = self.optional(
            "select code, evidence_id from absent \
             where account = ?1 and region = ?2 and service = ?3 and operation = ?4 and subject = ?5",
            key,
            |row| Ok(Asked::Absent { code: row.get(0)?, evidence: row.get(1)? }),
        )?;
        if let Some(absent) = absent {
            return Ok(absent);
        }
        let by_prefix = operation == "DescribeLogGroups";
        let answered = self.optional(
            "select evidence_id from answered \
             where account = ?1 and region = ?2 and service = ?3 and operation = ?4 \
             and (subject in ('', ?5) or (?6 and substr(?5, 1, length(subject)) = subject)) \
             order by subject = ?5 desc, subject desc limit 1",
            (account, region, service, operation, subject, by_prefix),
            |row| {
                Ok(Asked::Answered {
                    evidence: row.get(0)?,
                })
            },
        )?;
        if let Some(answered) = answered {
            return Ok(answered);
        }
        let failed = self.optional(
            "select kind, code, evidence_id from gap \
             where account = ?1 and region = ?2 and service = ?3 and operation = ?4 \
             and (subject in ('', ?5) or (?6 and substr(?5, 1, length(subject)) = subject)) \
             order by subject = ?5 desc, subject desc limit 1",
            (account, region, service, operation, subject, by_prefix),
            |row| {
                Ok(Asked::Failed {
                    kind: row.get(0)?,
                    code: row.get(1)?,
                    evidence: row.get(2)?,
                })
            },
        )?;
        Ok(failed.unwrap_or(Asked::Never))
    }

    /// When an evidence row was recorded.
    pub(super) fn recorded_at(&self, evidence: i64) -> Result<Option<String>, Error> {
        self.optional("select at from evidence where id = ?1", [evidence], |row| {
            row.get(0)
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

    /// Whether a question of an account was answered in some region.
    pub(super) fn answered_anywhere(
        &self,
        account: &str,
        service: &str,
        operation: &str,
    ) -> Result<bool, Error> {
        Ok(!self
            .answered_regions(account, service, operation)?
            .is_empty())
    }

    /// Regions in which a question about everything was answered.
    pub(super) fn answered_regions(
        &self,
        account: &str,
        service: &str,
        operation: &str,
    ) -> Result<Vec<String>, Error> {
        self.list(
            "select region from answered \
             where account = ?1 and service = ?2 and operation = ?3 and subject = '' order by region",
            (account, service, operation),
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

/// A column by name.
fn get<T: FromSql>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get(column)
}
