//! What a report says of a snapshot besides its findings: accounts by name, who asked, what was answered, and the evidence
//! rows that findings cite.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use crate::analyze::Analysis;
use crate::report::{About, AboutAccount, EvidenceRow, Format, cited, file_reference};
use crate::snapshot::Snapshot;

use super::Error;
use super::opening::Opening;
use super::what::{Accepting, What, quoted};

/// What the user named: a next command has to name the same.
pub(super) struct Named<'a> {
    pub(super) path: &'a Path,
    pub(super) what: &'a What,
    pub(super) accepting: &'a Accepting,
    pub(super) opening: &'a Opening,
}

/// Reads it for the accounts of an analysis, without the evidence.
pub(super) fn about(
    named: &Named<'_>,
    snapshot: &Snapshot,
    analysis: &Analysis,
) -> Result<About, Error> {
    let path = named.path.to_string_lossy();
    let argument = quoted(&path);
    let mut about = About {
        file: file_reference(&path),
        again: format!("{argument}{}{}", named.what.again(), named.opening.again()),
        narrowed: named.what.narrowed(),
        accepting: named.accepting.again(),
        argument,
        organization_accounts: organization(snapshot.connection())?,
        ..About::default()
    };
    let analyzed = analysis.accounts.iter().map(|it| it.account.as_str());
    let analyzed: BTreeSet<&str> = analyzed.collect();
    about.accounts = seen(snapshot)?;
    let recorded = about.accounts.len();
    about
        .accounts
        .retain(|account, _| analyzed.contains(account.as_str()));
    if !named.what.accounts.is_empty() {
        about.left_out_accounts = recorded - about.accounts.len();
    }
    Ok(about)
}

/// The evidence rows that findings cite, where one of the formats shows them.
pub(super) fn evidence(
    formats: impl IntoIterator<Item = Format>,
    snapshot: &Snapshot,
    analysis: &Analysis,
) -> Result<BTreeMap<i64, EvidenceRow>, Error> {
    let mut rows = BTreeMap::new();
    if !formats.into_iter().any(Format::shows_evidence) {
        return Ok(rows);
    }
    let mut statement = snapshot.connection().prepare(
        "select region, service, operation, at, error_code, body_sha256\n\
         from evidence\n\
         where id = ?1",
    )?;
    for id in cited(analysis) {
        let row = statement
            .query_row([id], |row| {
                Ok(EvidenceRow {
                    region: row.get(0)?,
                    service: row.get(1)?,
                    operation: row.get(2)?,
                    at: row.get(3)?,
                    error: row.get(4)?,
                    sha256: row.get(5)?,
                })
            })
            .optional()?;
        if let Some(row) = row {
            rows.insert(id, row);
        }
    }
    Ok(rows)
}

/// The names of accounts in their organization, as the first that was asked was told.
fn names(snapshot: &Snapshot) -> Result<BTreeMap<String, String>, Error> {
    let mut statement = snapshot.connection().prepare(
        "select member, name from organization_account\n\
         where name is not null\n\
         order by account, member",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut names = BTreeMap::new();
    for row in rows {
        let (member, name): (String, String) = row?;
        names.entry(member).or_insert(name);
    }
    Ok(names)
}

/// Active accounts of the organization, where it was listed.
pub(super) fn organization(connection: &Connection) -> rusqlite::Result<Option<usize>> {
    let listed: i64 = connection
        .prepare_cached(
            "select count(distinct member) from organization_account where state = 'ACTIVE'",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(usize::try_from(listed).ok().filter(|listed| *listed > 0))
}

/// What was seen of each account that was asked: one reading of each table, whatever their number.
pub(super) fn seen(snapshot: &Snapshot) -> Result<BTreeMap<String, AboutAccount>, Error> {
    let connection = snapshot.connection();
    let mut seen: BTreeMap<String, AboutAccount> = BTreeMap::new();
    for (account, name) in names(snapshot)? {
        seen.entry(account).or_default().name = Some(name);
    }
    let mut statement = connection.prepare("select account, caller_arn from account")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        seen.entry(row.get(0)?).or_default().caller = row.get(1)?;
    }
    let numbers = |sql: &str| -> rusqlite::Result<Vec<(String, usize)>> {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let number: i64 = row.get(1)?;
            Ok((row.get(0)?, usize::try_from(number).unwrap_or(0)))
        })?;
        rows.collect()
    };
    let regions = numbers(
        "select account, count(*)\n\
         from (\n\
           select account, region from evidence\n\
           where service = 'cloudtrail' and operation = 'DescribeTrails'\n\
           union\n\
           select account, region from region where status <> 'DISABLED'\n\
         )\n\
         group by account",
    )?;
    for (account, number) in regions {
        seen.entry(account).or_default().regions = number;
    }
    let answered = numbers(
        "select account, count(distinct region)\n\
         from answered\n\
         where service = 'cloudtrail' and operation = 'DescribeTrails'\n\
         group by account",
    )?;
    for (account, number) in answered {
        seen.entry(account).or_default().regions_answered = number;
    }
    for (account, number) in numbers("select account, count(*) from evidence group by account")? {
        seen.entry(account).or_default().calls = number;
    }
    Ok(seen)
}
