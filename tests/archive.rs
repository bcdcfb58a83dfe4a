//! The snapshots of `snapshots/archive/`: files of every format and derivation that was ever released, kept for good.
//!
//! Each opens, verifies and gives what a fresh recording of its evidence gives, whatever facts are derived today.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use trailproof::snapshot::{DERIVATION, Snapshot, TABLES, Writer};

use crate::samples::rows;
use crate::support::{golden, project, trailproof};

fn archived() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in fs::read_dir(project("snapshots/archive")).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            files.extend(
                fs::read_dir(folder)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    files.sort();
    assert!(files.len() >= 5, "{files:?}");
    files
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The evidence of a file, recorded again by this version.
fn recorded_again(file: &Path, folder: &Path) -> PathBuf {
    let path = folder.join(file.file_name().unwrap());
    let snapshot = Snapshot::open(file).unwrap();
    let meta = snapshot.meta();
    let mut writer = Writer::create(&path, &meta.producer, meta.started_at, false).unwrap();
    snapshot
        .for_each_evidence(|evidence| writer.record(&evidence.call).map(drop))
        .unwrap();
    writer.finish(meta.finished_at.unwrap()).unwrap();
    path
}

fn output(arguments: &[&str], files: &[&Path]) -> String {
    let output = trailproof().args(arguments).args(files).output().unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{arguments:?} {files:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn no_byte_of_the_archive_changes() {
    let list = fs::read_to_string(project("snapshots/archive/README.md")).unwrap();
    for file in archived() {
        let digest = hex(&Sha256::digest(fs::read(&file).unwrap()));
        let name = file.strip_prefix(project("snapshots/archive")).unwrap();
        let row = format!("| `{}` | {digest} |", name.display());
        assert!(list.contains(&row), "not in the README: {row}");
    }
}

#[test]
fn every_archived_snapshot_is_as_it_was_written() {
    for file in archived() {
        trailproof().arg("verify").arg(&file).assert().code(0);
    }
}

/// The findings of each file by the benchmark of its time, all sections. A line changes where a verdict was wrong, and then
/// the change is read as that of any verdict; what is derived or asked newly changes none.
#[test]
fn an_archived_snapshot_gives_the_findings_that_it_gave() {
    let mut table = String::new();
    for file in archived() {
        let args = ["analyze", "--format", "json", "--section", "all"];
        let args = [&args[..], &["--benchmark", "cis-aws-7.0"]].concat();
        let report: Value = serde_json::from_str(&output(&args, &[&file])).unwrap();
        let name = file.strip_prefix(project("snapshots/archive")).unwrap();
        table.push_str(&rows(
            &name.with_extension("").display().to_string(),
            &report,
        ));
    }
    golden::check("archive.txt", &table);
}

#[test]
fn an_archived_snapshot_gives_what_its_evidence_gives_today() {
    let directory = tempfile::tempdir().unwrap();
    for file in archived() {
        let again = recorded_again(&file, directory.path());
        let report = |path: &Path| -> Value {
            serde_json::from_str(&output(&["analyze", "--format", "json"], &[path])).unwrap()
        };
        let (mut old, mut new) = (report(&file), report(&again));
        assert!(!old["findings"].as_array().unwrap().is_empty());
        for report in [&mut old, &mut new] {
            let snapshot = report["snapshot"].as_object_mut().unwrap();
            snapshot.remove("derivation");
            // It covers the derivation too.
            snapshot.remove("root_sha256");
        }
        assert_eq!(old, new, "{}", file.display());
        let differences = output(&["diff"], &[&file, &again]);
        assert!(
            differences.contains("nothing differs"),
            "{}: {differences}",
            file.display()
        );
        let alarms = |path: &Path| {
            let sql = "select account, name, type from alarm order by 1, 2";
            let output = trailproof()
                .arg("query")
                .arg(path)
                .arg(sql)
                .output()
                .unwrap();
            assert!(output.status.success());
            output.stdout
        };
        assert_eq!(alarms(&file), alarms(&again), "{}", file.display());
    }
}

/// What every fact table holds for the archive, columns included: a change of it is another derivation.
fn facts(file: &Path) -> String {
    let snapshot = Snapshot::open_unverified(file).unwrap();
    let connection = snapshot.connection();
    let mut hash = Sha256::new();
    for table in TABLES {
        let mut statement = connection
            .prepare(&format!("select * from {table}"))
            .unwrap();
        hash.update(table);
        let names: Vec<&str> = statement.column_names().collect();
        hash.update(format!("{names:?}"));
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                hash.update(format!("{:?}\n", row.get_ref(column).unwrap()));
            }
        }
    }
    hex(&hash.finalize())
}

/// `tests/golden/derivation.txt` says what the archive's facts were when the number was last counted up.
#[test]
fn facts_that_change_are_another_derivation() {
    let mut now = format!("derivation {DERIVATION}\n");
    for file in archived() {
        let name = file.strip_prefix(project("snapshots/archive")).unwrap();
        let _ = writeln!(now, "{} {}", facts(&file), name.display());
    }
    let path = project("tests/golden/derivation.txt");
    let before = fs::read_to_string(&path).unwrap_or_default();
    if before == now {
        return;
    }
    assert_ne!(
        before.lines().next(),
        now.lines().next(),
        "what is derived from the archive's evidence has changed: count DERIVATION in src/snapshot/mod.rs up by one, \
         so that facts of the older derivation are derived again on reading; then run this test with TRAILPROOF_BLESS=1"
    );
    assert!(
        std::env::var_os("TRAILPROOF_BLESS").is_some(),
        "DERIVATION was counted up: run this test with TRAILPROOF_BLESS=1 to say what is derived now"
    );
    fs::write(&path, now).unwrap();
}
