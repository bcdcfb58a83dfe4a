//! Files that another version might have written.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/snapshots/archive/format-1/complete.trailproof"
);

/// The sample changed by SQL and sealed again, as a version that derives other facts would have.
fn resealed(sql: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.trailproof");
    // A file of this version, made from the evidence of the sample.
    let sample = Snapshot::open(Path::new(SAMPLE)).unwrap();
    let mut writer =
        Writer::create(&path, "trailproof 9.9", sample.meta().started_at, false).unwrap();
    sample
        .for_each_evidence(|evidence| writer.record(&evidence.call).map(drop))
        .unwrap();
    writer.finish(sample.meta().finished_at.unwrap()).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(sql).unwrap();
    let set = |column: &str, value: String| {
        let sql = format!("update snapshot set {column} = ?1");
        connection.execute(&sql, [value]).unwrap();
    };
    set("schema_sha256", schema::digest(&connection).unwrap());
    set("facts_sha256", digest::facts(&connection).unwrap());
    set("root_sha256", digest::root(&connection).unwrap());
    connection.execute_batch("vacuum").unwrap();
    connection.close().unwrap();
    slack::clear(&path).unwrap();
    (directory, path)
}

const OTHER_FACTS: &str = "update snapshot set derivation = 99;
    alter table topic add column delivery_policy text;
    update topic set owner = 'somebody', delivery_policy = '{}';
    delete from alarm;
    drop table event_target;
    create table later (name text primary key) strict, without rowid;
    insert into later values ('a fact of which this version knows nothing');
    alter table snapshot add column note text;
    update snapshot set note = 'what a later version says of itself';";

#[test]
fn facts_of_another_derivation_are_derived_again_on_reading() {
    let (_directory, path) = resealed(OTHER_FACTS);
    let verification = verify(&path).unwrap();
    assert_eq!(verification.findings, []);
    assert_eq!(verification.meta.derivation, 99);
    let (other, sample) = (
        Snapshot::open(&path).unwrap(),
        Snapshot::open(Path::new(SAMPLE)).unwrap(),
    );
    for snapshot in [&other, &sample] {
        let alarms: i64 = snapshot
            .connection()
            .query_row("select count(*) from alarm", [], |row| row.get(0))
            .unwrap();
        assert_eq!(alarms, 15);
    }
    let facts = digest::facts(sample.connection()).unwrap();
    assert_eq!(other.meta().facts_sha256, Some(facts));
}

#[test]
fn a_change_of_facts_that_another_derivation_wrote_is_found() {
    let (_directory, path) = resealed(OTHER_FACTS);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("update topic set owner = 'else'; vacuum")
        .unwrap();
    connection.close().unwrap();
    slack::clear(&path).unwrap();
    let findings = verify(&path).unwrap().findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].what.contains("facts_sha256"), "{findings:?}");
}

#[test]
fn a_changed_comment_in_the_schema_is_no_other_format() {
    let comment = "pragma writable_schema = on;
        update sqlite_schema set sql = replace(sql, 'order of recording', 'the order in which it was recorded');
        pragma writable_schema = reset;";
    let (_directory, path) = resealed(comment);
    assert_eq!(verify(&path).unwrap().findings, []);
    Snapshot::open(&path).unwrap();
}

#[test]
fn a_recording_that_another_version_began_is_continued() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("begun.trailproof");
    let partial = Writer::partial_path(&path);
    std::fs::copy(SAMPLE, &partial).unwrap();
    let connection = Connection::open(&partial).unwrap();
    connection
        .execute_batch(
            "pragma foreign_keys = off;
             update snapshot set state = 'incomplete', finished_at = null, evidence_sha256 = null,
               facts_sha256 = null, root_sha256 = null",
        )
        .unwrap();
    // The sample lacks the tables that came later.
    let held = |table: &&&str| {
        let known = "select count(*) from sqlite_schema where type = 'table' and name = ?1";
        let count: i64 = connection
            .query_row(known, [**table], |row| row.get(0))
            .unwrap();
        count == 1
    };
    for table in TABLES.iter().filter(held) {
        connection
            .execute(&format!("delete from {table}"), [])
            .unwrap();
    }
    connection.execute_batch("drop table transformer").unwrap();
    connection.close().unwrap();
    // What the other version did not have is made anew, and so is a table that is missing.
    let writer = Writer::resume(&path, false).unwrap();
    writer
        .finish("2026-11-26T00:00:00Z".parse().unwrap())
        .unwrap();
    assert_eq!(verify(&path).unwrap().findings, []);
    let (resumed, sample) = (
        Snapshot::open(&path).unwrap(),
        Snapshot::open(Path::new(SAMPLE)).unwrap(),
    );
    assert_eq!(
        digest::facts(resumed.connection()).unwrap(),
        digest::facts(sample.connection()).unwrap()
    );
}
