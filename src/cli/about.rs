//! What a report says of a snapshot besides its findings: accounts by name, who asked, what was answered, and the evidence
//! rows that findings cite.

use std::collections::BTreeMap;
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
    let connection = snapshot.connection();
    let path = named.path.to_string_lossy();
    let argument = quoted(&path);
    let mut about = About {
        file: file_reference(&path),
        again: format!("{argument}{}{}", named.what.again(), named.opening.again()),
        narrowed: named.what.narrowed(),
        accepting: named.accepting.again(),
        argument,
        root_sha256: snapshot.meta().root_sha256.clone(),
        organization_accounts: organization(connection)?,
        ..About::default()
    };
    let mut names = names(snapshot)?;
    for account in &analysis.accounts {
        let seen = AboutAccount {
            name: names.remove(&account.account),
            ..account_of(connection, &account.account)?
        };
        about.accounts.insert(account.account.clone(), seen);
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
pub(super) fn names(snapshot: &Snapshot) -> Result<BTreeMap<String, String>, Error> {
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

fn organization(connection: &Connection) -> rusqlite::Result<Option<usize>> {
    let listed: i64 = connection
        .prepare_cached(
            "select count(distinct member) from organization_account where state = 'ACTIVE'",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(usize::try_from(listed).ok().filter(|listed| *listed > 0))
}

fn account_of(connection: &Connection, account: &str) -> rusqlite::Result<AboutAccount> {
    let text = |sql: &str| -> rusqlite::Result<Option<String>> {
        let found = connection
            .prepare_cached(sql)?
            .query_row([account], |row| row.get::<_, Option<String>>(0))
            .optional()?;
        Ok(found.flatten())
    };
    let number = |sql: &str| -> rusqlite::Result<usize> {
        let number: i64 = connection
            .prepare_cached(sql)?
            .query_row([account], |row| row.get(0))?;
        Ok(usize::try_from(number).unwrap_or(0))
    };
    Ok(AboutAccount {
        name: None,
        caller: text("select caller_arn from account where account = ?1")?,
        regions: number(
            "select count(*)\n\
             from (\n\
               select region from evidence\n\
               where account = ?1 and service = 'cloudtrail' and operation = 'DescribeTrails'\n\
               union\n\
               select region from region where account = ?1 and status <> 'DISABLED'\n\
             )",
        )?,
        regions_answered: number(
            "select count(distinct region)\n\
             from answered\n\
             where account = ?1 and service = 'cloudtrail' and operation = 'DescribeTrails'",
        )?,
        calls: number("select count(*) from evidence where account = ?1")?,
        calls_failed: number(
            "select count(*) from evidence where account = ?1 and error_code is not null",
        )?,
    })
}
