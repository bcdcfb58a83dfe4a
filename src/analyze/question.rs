//! Controls of kind `query`: a user's SQL over facts that returns `resource`, `status`, `reason`, one row a resource.
//!
//! `:account` in the query is bound to the account asked about; a query without it may return a column `account`, else
//! its rows are taken to speak of every account of the file.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::Error;
use super::decision::Decision;
use super::finding::{Requirement, Status, Why};
use crate::chain::{AccountChain, Gap};

/// The answer of a control whose query is this, for one account: the worst row decides.
pub(super) fn ask(
    connection: &Connection,
    chain: &AccountChain,
    control: &str,
    sql: &str,
) -> Result<Decision, Error> {
    let fault = |message: String| Error::Query {
        control: control.to_owned(),
        message,
    };
    let rows = rows(connection, &chain.account, sql).map_err(fault)?;
    let (status, why) = told(rows, &chain.gaps);
    Ok(Decision {
        requirement: Some(Requirement {
            kind: "query".to_owned(),
            label: "query".to_owned(),
            text: sql.to_owned(),
            source: format!("control `{control}`"),
        }),
        ..Decision::new(status, why)
    })
}

fn told(rows: Vec<Row>, gaps: &[Gap]) -> (Status, Why) {
    let worst = rows.iter().map(|row| row.status).max();
    let deciding = rows.into_iter().filter(|row| Some(row.status) == worst);
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
    (status, why)
}

struct Row {
    resource: String,
    status: Status,
    reason: String,
}

fn rows(connection: &Connection, account: &str, sql: &str) -> Result<Vec<Row>, String> {
    let mut statement = connection.prepare(sql).map_err(|error| error.to_string())?;
    if !statement.readonly() {
        return Err("a query may only read".to_owned());
    }
    let column = |name: &str| {
        statement
            .column_index(name)
            .map_err(|_| format!("the query returns no column `{name}`"))
    };
    let (resource, status, reason) = (column("resource")?, column("status")?, column("reason")?);
    let owner = statement.column_index("account").ok();
    let named = statement
        .parameter_index(":account")
        .map_err(|error| error.to_string())?;
    if statement.parameter_count() > usize::from(named.is_some()) {
        return Err("the query has a parameter other than `:account`".to_owned());
    }
    if let Some(index) = named {
        statement
            .raw_bind_parameter(index, account)
            .map_err(|error| error.to_string())?;
    }
    let mut out = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|error| error.to_string())? {
        let text = |index: usize| {
            row.get_ref(index)
                .map(text_of)
                .map_err(|error| error.to_string())
        };
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
                return Err(format!(
                    "the query returns status `{other}`; expected pass, fail, unknown or not_applicable"
                ));
            }
        };
        out.push(Row {
            resource: text(resource)?,
            status,
            reason: text(reason)?,
        });
    }
    Ok(out)
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
