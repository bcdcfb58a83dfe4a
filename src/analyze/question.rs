//! Controls of kind `query`: a user's SQL over facts that returns `resource`, `status`, `reason`, one row a resource.
//!
//! `:account` in the query is bound to the account asked about; a query without it may return a column `account`, else
//! its rows are taken to speak of every account of the file. `evidence_id`, where it is returned, names the evidence row that a
//! row was read from.

use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::Error;
use super::decision::Decision;
use super::finding::{Requirement, Status, Why};
use super::note::{Note, Remark};
use super::shown::distinct;
use crate::chain::{AccountChain, Gap};
use crate::control::Control;
use crate::snapshot::{MAX_ROWS, MAX_TEXT, Snapshot};

/// How long a query may take for one account.
const TIME: Duration = Duration::from_secs(60);

/// The answer of a control whose query is this, for one account: the worst row decides.
pub(super) fn ask(
    snapshot: &Snapshot,
    chain: &AccountChain,
    control: &Control,
    sql: &str,
) -> Result<Decision, Error> {
    let fault = |message: String| Error::Query {
        control: control.id.clone(),
        place: control.query_place.clone(),
        message,
    };
    let rows = snapshot
        .within(TIME, |connection| rows(connection, &chain.account, sql))
        .map_err(|Fault(message)| match message.as_str() {
            "interrupted" => fault(format!(
                "it takes longer than {} seconds; narrow it",
                TIME.as_secs()
            )),
            _ => fault(message),
        })?;
    let mut notes = Vec::new();
    if !rows.name_evidence {
        notes.push(Note::new(Remark::NamesNoEvidence));
    }
    let (status, why, evidence) = told(rows.rows, &chain.gaps);
    Ok(Decision {
        notes,
        evidence,
        requirement: Some(Requirement {
            kind: "query".to_owned(),
            label: "query".to_owned(),
            text: sql.to_owned(),
            source: format!("control `{}`", control.id),
        }),
        ..Decision::new(status, why)
    })
}

/// What the rows come to, why, and the evidence rows that those which decide name.
fn told(rows: Vec<Row>, gaps: &[Gap]) -> (Status, Why, Vec<i64>) {
    let worst = rows.iter().map(|row| row.status).max();
    let mut deciding = rows;
    deciding.retain(|row| Some(row.status) == worst);
    let evidence = distinct(deciding.iter().filter_map(|row| row.evidence));
    let deciding = deciding.into_iter();
    let deciding = deciding.map(|row| (row.resource, row.reason)).collect();
    // Rows cannot be trusted to know what the snapshot lacks.
    let lacking = worst.is_none_or(|worst| worst == Status::Pass) && !gaps.is_empty();
    let why = Why::Rows {
        rows: deciding,
        gaps: if lacking { gaps.to_vec() } else { Vec::new() },
    };
    let status = if lacking {
        Status::Unknown
    } else {
        worst.unwrap_or(Status::NotApplicable)
    };
    (status, why, evidence)
}

struct Row {
    resource: String,
    status: Status,
    reason: String,
    evidence: Option<i64>,
}

/// What a query returns of one account.
struct Rows {
    rows: Vec<Row>,
    /// Whether it has a column for evidence rows.
    name_evidence: bool,
}

/// Why a query gives no answer.
struct Fault(String);

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self(match error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message,
            error => error.to_string(),
        })
    }
}

fn rows(connection: &Connection, account: &str, sql: &str) -> Result<Rows, Fault> {
    let mut statement = connection.prepare(sql)?;
    if !statement.readonly() {
        return Err(Fault("a query may only read".to_owned()));
    }
    let column = |name: &str| {
        statement
            .column_index(name)
            .map_err(|_| Fault(format!("the query returns no column `{name}`")))
    };
    let (resource, status, reason) = (column("resource")?, column("status")?, column("reason")?);
    let owner = statement.column_index("account").ok();
    let cited = statement.column_index("evidence_id").ok();
    let mut is_recorded = connection.prepare("select 1 from evidence where id = ?1")?;
    let named = statement.parameter_index(":account")?;
    if statement.parameter_count() > usize::from(named.is_some()) {
        return Err(Fault(
            "the query has a parameter other than `:account`".to_owned(),
        ));
    }
    if let Some(index) = named {
        statement.raw_bind_parameter(index, account)?;
    }
    let mut out = Vec::new();
    let mut bytes = 0usize;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let text = |index: usize| row.get_ref(index).map(text_of);
        if let Some(owner) = owner
            && text(owner)? != account
        {
            continue;
        }
        let said = text(status)?;
        let status = match said.as_str() {
            "pass" => Status::Pass,
            "fail" => Status::Fail,
            "unknown" => Status::Unknown,
            "not_applicable" => Status::NotApplicable,
            other => {
                return Err(Fault(format!(
                    "the query returns status `{other}`; expected pass, fail, unknown or not_applicable"
                )));
            }
        };
        let evidence = match cited.map(|index| row.get_ref(index)).transpose()? {
            None | Some(ValueRef::Null) => None,
            Some(ValueRef::Integer(id)) if is_recorded.exists([id])? => Some(id),
            Some(other) => {
                return Err(Fault(format!(
                    "the query returns `{}` as evidence_id, which is the id of no evidence row",
                    text_of(other)
                )));
            }
        };
        let row = Row {
            resource: text(resource)?,
            status,
            reason: text(reason)?,
            evidence,
        };
        bytes = bytes.saturating_add(row.resource.len() + row.reason.len());
        out.push(row);
        if out.len() > MAX_ROWS || bytes > MAX_TEXT {
            return Err(Fault(format!(
                "it gives more than {MAX_ROWS} rows or {} MiB of text; narrow it",
                MAX_TEXT >> 20
            )));
        }
    }
    Ok(Rows {
        rows: out,
        name_evidence: cited.is_some(),
    })
}

fn text_of(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}
