//! What a file's schema is compared by: tables, columns and types, never by its text.
//!
//! A file of this version's derivation has exactly the tables and indices of `schema.sql`. One of another derivation has
//! the evidence of this format, and fact tables of its own that are read for their digest alone. In neither is there
//! anything that computes: no view, no trigger, no virtual table, no generated column. The text itself is sealed by a
//! digest, so that a changed comment is no other format, and a changed byte is still found.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::canonical::Hash;
use super::error::Result;
use super::{DERIVATION, SCHEMA};

/// The digest of the schema text in files that do not say their derivation: the first one.
pub(super) const FIRST_SCHEMA_SHA256: &str =
    "ff079fab75cd175f47632ff9e837b1894064c3c3c9e880f4fbc206de4e3d2461";

/// No name of ours is longer; a longer one is not repeated in a message.
const MAX_NAME: usize = 64;

/// Faults beyond these are not listed.
const MAX_FAULTS: usize = 50;

/// Columns of the table `snapshot` that files without a derivation do not have.
const ADDED_TO_SNAPSHOT: [&str; 2] = ["derivation", "schema_sha256"];

/// The derivation of files that do not say theirs.
const FIRST_DERIVATION: i64 = 1;

/// Which fact tables a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FactTables {
    /// Those of this version, and no others.
    Ours,
    /// Any plain tables.
    Any,
}

/// A table or an index, by what it is and not by how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Object {
    Table {
        columns: Vec<Column>,
        is_strict: bool,
        is_without_rowid: bool,
    },
    Index {
        table: String,
        columns: Vec<String>,
        is_unique: bool,
    },
    /// A view, a trigger, a virtual table, or what has a name that none of ours could have.
    Foreign,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    kind: String,
    is_not_null: bool,
    key_position: i64,
    /// Not an ordinary column: hidden or generated.
    is_computed: bool,
}

type Objects = BTreeMap<(String, String), Object>;

/// What a file says of its own schema.
#[derive(Debug)]
pub(super) struct Schema {
    /// Whether the table `snapshot` can be read for what the file says of itself.
    pub(super) is_readable: bool,
    /// Whether it is this version's own schema to the last column.
    pub(super) is_current: bool,
    /// What is not as it should be, with the name of each.
    pub(super) faults: Vec<(String, String)>,
}

impl Schema {
    /// Looks at every table and index, and at nothing in them but the number of the derivation.
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        let ours = Connection::open_in_memory()?;
        ours.execute_batch(SCHEMA)?;
        let expected = objects(&ours)?;
        let found = objects(connection)?;
        let is_readable = is_snapshot_table(&found, &expected, FactTables::Any);
        let derivation = if is_readable && says_derivation(connection)? {
            let sql = "select max(derivation) from snapshot";
            connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0))?
        } else {
            None
        };
        let derivation = derivation.unwrap_or(FIRST_DERIVATION);
        let facts = if derivation == DERIVATION {
            FactTables::Ours
        } else {
            FactTables::Any
        };
        Ok(Self {
            is_readable,
            is_current: found == expected,
            faults: faults(&found, &expected, facts),
        })
    }
}

fn faults(found: &Objects, expected: &Objects, facts: FactTables) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    let mut fault = |(kind, name): &(String, String), what: &str| {
        faults.push((format!("{kind} {name}"), what.to_owned()));
    };
    for (key, object) in found {
        let is_right = match (key.1.as_str(), expected.get(key)) {
            ("snapshot", Some(_)) => is_snapshot_table(found, expected, facts),
            ("evidence", expected) => expected == Some(object),
            (_, expected) => {
                expected == Some(object) || (facts == FactTables::Any && is_plain(object))
            }
        };
        if !is_right {
            fault(
                key,
                if expected.contains_key(key) {
                    "is not as the format defines it"
                } else {
                    "is not of the format"
                },
            );
        }
    }
    for key in expected.keys().filter(|key| !found.contains_key(*key)) {
        if facts == FactTables::Ours || matches!(key.1.as_str(), "snapshot" | "evidence") {
            fault(key, "is missing");
        }
    }
    faults.truncate(MAX_FAULTS);
    faults
}

/// Whether the table `snapshot` is ours, as the first files have it or as later ones do; other versions may add columns.
fn is_snapshot_table(found: &Objects, expected: &Objects, facts: FactTables) -> bool {
    let key = ("table".to_owned(), "snapshot".to_owned());
    let (
        Some(
            object @ Object::Table {
                columns: found,
                is_strict: true,
                ..
            },
        ),
        Some(Object::Table {
            columns: expected, ..
        }),
    ) = (found.get(&key), expected.get(&key))
    else {
        return false;
    };
    let is_added = |column: &Column| ADDED_TO_SNAPSHOT.contains(&column.name.as_str());
    let has_added = found.iter().any(is_added);
    is_plain(object)
        && expected
            .iter()
            .all(|column| found.contains(column) || (is_added(column) && !has_added))
        && (facts == FactTables::Any || found.iter().all(|column| expected.contains(column)))
}

/// Whether a file says which derivation wrote its facts; the first ones do not.
pub(super) fn says_derivation(connection: &Connection) -> Result<bool> {
    let sql = "select count(*) from pragma_table_info('snapshot') where name = 'derivation'";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

fn is_plain(object: &Object) -> bool {
    match object {
        Object::Table { columns, .. } => columns.iter().all(|column| !column.is_computed),
        Object::Index { columns, .. } => !columns.is_empty(),
        Object::Foreign => false,
    }
}

/// Whether a name can be put into SQL as it is; all of ours can.
fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A name of somebody else's, for a message.
fn shown(name: &str) -> String {
    if name.chars().count() <= MAX_NAME {
        return name.escape_debug().to_string();
    }
    let start: String = name.chars().take(MAX_NAME).collect();
    format!("{}... ({} bytes)", start.escape_debug(), name.len())
}

fn objects(connection: &Connection) -> Result<Objects> {
    let sql = "select type, name, tbl_name, sql is null, coalesce(rootpage, 0)\n\
               from sqlite_schema\n\
               order by rowid";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut objects = Objects::new();
    while let Some(row) = rows.next()? {
        let text = |column: usize| -> rusqlite::Result<String> {
            Ok(match row.get_ref(column)? {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    String::from_utf8_lossy(bytes).into_owned()
                }
                _ => String::new(),
            })
        };
        let (kind, name, table) = (text(0)?, text(1)?, text(2)?);
        let is_automatic: bool = row.get(3)?;
        let has_root = row.get::<_, i64>(4)? > 0;
        let object = match kind.as_str() {
            _ if !is_name(&name) || !is_name(&table) || is_automatic || !has_root => {
                Object::Foreign
            }
            "table" if !name.starts_with("sqlite_") => table_of(connection, &name)?,
            "index" => index_of(connection, &name, table)?,
            _ => Object::Foreign,
        };
        // Of two objects with one name SQLite takes whichever it likes.
        let key = (shown(&kind), shown(&name));
        let is_twice = objects.contains_key(&key);
        let object = if is_twice { Object::Foreign } else { object };
        objects.insert(key, object);
        if objects.len() > 1000 {
            break;
        }
    }
    Ok(objects)
}

fn table_of(connection: &Connection, name: &str) -> Result<Object> {
    let sql = "select name, type, \"notnull\", pk, hidden <> 0 from pragma_table_xinfo(?1)";
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement
        .query_map([name], |row| {
            Ok(Column {
                name: row.get(0)?,
                kind: row.get(1)?,
                is_not_null: row.get(2)?,
                key_position: row.get(3)?,
                is_computed: row.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    if columns.iter().any(|column| !is_name(&column.name)) {
        return Ok(Object::Foreign);
    }
    let sql = "select strict, wr from pragma_table_list where schema = 'main' and name = ?1 and type = 'table'";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([name])?;
    Ok(match rows.next()? {
        Some(row) => Object::Table {
            columns,
            is_strict: row.get(0)?,
            is_without_rowid: row.get(1)?,
        },
        None => Object::Foreign,
    })
}

fn index_of(connection: &Connection, name: &str, table: String) -> Result<Object> {
    let sql = "select name from pragma_index_info(?1) order by seqno";
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement
        .query_map([name], |row| row.get::<_, Option<String>>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let sql = "select \"unique\", partial from pragma_index_list(?1) where name = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([table.as_str(), name])?;
    let Some(row) = rows.next()? else {
        return Ok(Object::Foreign);
    };
    let (is_unique, is_partial): (bool, bool) = (row.get(0)?, row.get(1)?);
    // An index over an expression has a column without a name.
    let columns: Option<Vec<String>> = columns.into_iter().collect();
    Ok(match columns {
        Some(columns) if !is_partial => Object::Index {
            table,
            columns,
            is_unique,
        },
        _ => Object::Foreign,
    })
}

/// Whether the rows of the schema are numbered from 1 without a gap, as they are in every sealed file.
pub(super) fn is_numbered(connection: &Connection) -> Result<bool> {
    let sql = "select coalesce(min(rowid), 1) = 1 and coalesce(max(rowid), 0) = count(*) from sqlite_schema";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Digest over the schema as it is written: type, name, table and text of every object, by type and name.
pub(super) fn digest(connection: &Connection) -> Result<String> {
    let mut hash = Hash::new();
    let sql = "select type, name, tbl_name, sql from sqlite_schema order by type, name";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..4 {
            hash.value(row.get_ref(column)?);
        }
    }
    Ok(hash.hex())
}

/// Every fact table of a file, sorted: those of its own schema, which has been found plain.
pub(super) fn fact_tables(connection: &Connection) -> Result<Vec<String>> {
    let sql = "select name from sqlite_schema where type = 'table' and name not in ('snapshot', 'evidence') order by name";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
