//! The digests of a snapshot: over its evidence, over its facts, and the root over both.
//!
//! docs/evidence.md specifies every byte of them, so that a checker in another language can be written from it.

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::canonical::Hash;
use super::error::Result;
use super::evidence::format_time;
use super::facts::{VOLATILE_COLUMNS, VOLATILE_TABLES};
use super::{DERIVATION, FORMAT, schema};

/// Digest over all evidence rows in order: the SHA-256 of their `row_sha256`, each followed by a line feed.
pub(super) fn evidence(connection: &Connection) -> Result<String> {
    let mut hash = Hash::new();
    let mut statement = connection.prepare("select row_sha256 from evidence order by id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        hash.raw(bytes(row, 0)?);
        hash.raw(b"\n");
    }
    Ok(hash.hex())
}

/// Digest over the facts that are not volatile: equal for two recordings of an unchanged account.
pub(super) fn facts(connection: &Connection) -> Result<String> {
    let mut hash = Hash::new();
    // The tables of the file: another derivation may have others than this version's.
    for table in schema::fact_tables(connection)?
        .iter()
        .filter(|table| !VOLATILE_TABLES.contains(&table.as_str()))
    {
        hash.text(Some(table.as_bytes()));
        let columns = digest_columns(connection, table)?;
        // Without rowid, so this is the order of the primary key; text compares by its bytes.
        let sql = format!(
            "select {} from {table} order by {}",
            columns.join(", "),
            primary_key(connection, table)?.join(", ")
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            hash.raw(b"(");
            for column in 0..columns.len() {
                hash.value(row.get_ref(column)?);
            }
            hash.raw(b")");
        }
    }
    Ok(hash.hex())
}

/// Digest over the format and the row of the table `snapshot`: the one value that stands for every row of the file.
///
/// It covers every column but `id` and itself, in the order of the table, so that it covers what a later version adds.
pub(super) fn root(connection: &Connection) -> Result<String> {
    let mut columns = all_columns(connection, "snapshot")?;
    columns.retain(|column| column != "id" && column != "root_sha256");
    let mut hash = Hash::new();
    hash.text(Some(b"trailproof snapshot"));
    hash.integer(Some(FORMAT));
    let sql = format!("select {} from snapshot where id = 1", columns.join(", "));
    connection.query_row(&sql, [], |row| {
        for column in 0..columns.len() {
            hash.value(row.get_ref(column)?);
        }
        Ok(())
    })?;
    Ok(hash.hex())
}

/// Marks the snapshot complete and writes its digests.
pub(super) fn seal(connection: &Connection, finished_at: Timestamp) -> Result<()> {
    connection.execute(
        "update snapshot\n\
         set state = 'complete', derivation = ?1, finished_at = ?2,\n\
             schema_sha256 = ?3, evidence_sha256 = ?4, facts_sha256 = ?5",
        (
            DERIVATION,
            format_time(finished_at),
            schema::digest(connection)?,
            evidence(connection)?,
            facts(connection)?,
        ),
    )?;
    let sql = "update snapshot set root_sha256 = ?1";
    connection.execute(sql, [root(connection)?])?;
    Ok(())
}

/// The primary key of a table, in its order.
pub(super) fn primary_key(connection: &Connection, table: &str) -> Result<Vec<String>> {
    let sql = "select name from pragma_table_info(?1) where pk > 0 order by pk";
    names(connection, sql, table)
}

/// The columns of a table, in its order.
pub(super) fn all_columns(connection: &Connection, table: &str) -> Result<Vec<String>> {
    let sql = "select name from pragma_table_info(?1) order by cid";
    names(connection, sql, table)
}

fn digest_columns(connection: &Connection, table: &str) -> Result<Vec<String>> {
    let mut columns = all_columns(connection, table)?;
    columns.retain(|column| {
        column != "evidence_id" && !VOLATILE_COLUMNS.contains(&(table, column.as_str()))
    });
    Ok(columns)
}

fn names(connection: &Connection, sql: &str, table: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([table], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn bytes<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8]> {
    use rusqlite::types::ValueRef;
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    })
}
