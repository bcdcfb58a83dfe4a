//! One changed byte is found, wherever it is, and the row is named.

use std::process::Command;

use rusqlite::types::Value;
use trailproof::snapshot::verify;

use super::{columns, complete, every_table, writable};
use crate::support::trailproof;

/// The value with one bit of it changed.
fn flipped(value: &Value) -> Value {
    match value {
        Value::Null => Value::Integer(1),
        Value::Integer(value) => Value::Integer(value ^ 1),
        Value::Real(value) => Value::Real(value + 1.0),
        Value::Text(text) => {
            let mut bytes = text.clone().into_bytes();
            match bytes.last_mut() {
                Some(byte) => *byte ^= 1,
                None => bytes.push(b'x'),
            }
            Value::Text(String::from_utf8(bytes).unwrap())
        }
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            Value::Blob(bytes)
        }
    }
}

#[test]
fn a_snapshot_as_it_was_written_is_clean() {
    let (_directory, path) = complete();
    let verification = verify(&path).unwrap();
    assert_eq!(verification.findings, []);
    assert!(verification.evidence_rows > 15 && verification.fact_rows > 100);
    let output = trailproof().arg("verify").arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("Every hash matches") && text.contains("Not proven"),
        "{text}"
    );
}

#[test]
fn sample_snapshots_are_as_they_were_written() {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots");
    let mut verified = 0;
    for entry in std::fs::read_dir(samples).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "trailproof")
        {
            assert_eq!(verify(&path).unwrap().findings, [], "{}", path.display());
            verified += 1;
        }
    }
    assert!(verified > 0);
}

#[test]
fn one_changed_value_in_any_column_of_any_table_is_found_and_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("all.db");
    every_table().write_snapshot(&path);
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(verify(&path).unwrap().findings, []);
    let mut tried = 0;
    for (table, column) in columns(&writable(&path)) {
        let connection = writable(&path);
        let names: Vec<String> = columns(&connection)
            .into_iter()
            .filter(|(owner, _)| *owner == table)
            .map(|(_, name)| name)
            .collect();
        // The whole row is its key, since some tables have no rowid.
        let row = connection.query_row(&format!("select * from {table} limit 1"), [], |row| {
            (0..names.len())
                .map(|column| row.get::<_, Value>(column))
                .collect::<Result<Vec<_>, _>>()
        });
        let row = row.unwrap_or_else(|_| panic!("the table {table} is empty in this test"));
        let key: Vec<(String, Value)> = names.into_iter().zip(row).collect();
        let value = key
            .iter()
            .find(|(name, _)| *name == column)
            .unwrap()
            .1
            .clone();
        let condition: Vec<String> = key
            .iter()
            .enumerate()
            .map(|(index, (name, _))| format!("{name} is ?{}", index + 2))
            .collect();
        let mut new = flipped(&value);
        if value == Value::Null {
            let sql =
                format!("select type from pragma_table_info('{table}') where name = '{column}'");
            let kind: String = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
            if kind.eq_ignore_ascii_case("text") {
                new = Value::Text("x".to_owned());
            }
        }
        let mut values = vec![new];
        values.extend(key.iter().map(|(_, value)| value.clone()));
        let sql = format!(
            "update {table} set {column} = ?1 where {}",
            condition.join(" and ")
        );
        let changed = connection
            .execute(&sql, rusqlite::params_from_iter(values))
            .unwrap();
        assert_eq!(changed, 1, "{table}.{column}");
        drop(connection);
        match verify(&path) {
            Ok(verification) => {
                let named = verification
                    .findings
                    .iter()
                    .any(|finding| finding.table == table);
                assert!(named, "{table}.{column}: {:?}", verification.findings);
            }
            Err(error) => assert_eq!(table, "snapshot", "{column}: {error}"),
        }
        std::fs::write(&path, &whole).unwrap();
        tried += 1;
    }
    assert!(tried > 250, "{tried}");
}

#[test]
fn a_removed_an_added_and_a_moved_row_are_found() {
    let (_directory, path) = complete();
    let whole = std::fs::read(&path).unwrap();
    for (sql, table) in [
        ("delete from evidence where id = 3", "evidence"),
        (
            "delete from evidence where id = (select max(id) from evidence)",
            "snapshot",
        ),
        (
            "delete from answered where operation = 'DescribeAlarms'",
            "answered",
        ),
        (
            "insert into region values ('111122223333', 'xx-north-1', 'ENABLED', 1)",
            "region",
        ),
        (
            "update evidence set id = id + 1000 where id = 5",
            "evidence",
        ),
        ("drop index alarm_name", "file"),
        ("create table note (x)", "file"),
        (
            "create trigger t after insert on region begin select 1; end",
            "file",
        ),
    ] {
        let connection = writable(&path);
        connection.execute_batch(sql).unwrap();
        drop(connection);
        let findings = verify(&path).unwrap().findings;
        assert!(
            findings.iter().any(|finding| finding.table == table),
            "{sql}: {findings:?}"
        );
        std::fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn one_flipped_bit_anywhere_in_the_file_is_found() {
    let (_directory, path) = complete();
    let whole = std::fs::read(&path).unwrap();
    // The whole header, and places all over the pages: rows, indices, free space.
    let offsets = (0..100).chain((100..whole.len()).step_by(1499));
    for offset in offsets {
        let mut bytes = whole.clone();
        bytes[offset] ^= 1 << (offset % 8);
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(verification) = verify(&path) {
            assert!(!verification.findings.is_empty(), "offset {offset}");
        }
    }
}

#[test]
fn an_independent_checker_in_another_language_agrees() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshot/check.py");
    let (_directory, path) = complete();
    let python = ["python3.11", "python3"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    let Some(python) = python else {
        eprintln!("skipped: no python3 for the independent checker");
        return;
    };
    let run = || {
        Command::new(python)
            .arg(script)
            .arg(&path)
            .output()
            .unwrap()
    };
    let output = run();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let root = verify(&path).unwrap().meta.root_sha256.unwrap();
    assert!(text.contains(&root), "{text}");
    let sql = "update topic set owner = '999999999999'";
    writable(&path).execute_batch(sql).unwrap();
    assert!(!run().status.success());
}
