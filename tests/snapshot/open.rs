//! What opening says of files that are no complete snapshot of this format, and that it leaves them alone.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use trailproof::snapshot::{Snapshot, State, verify};

use super::{complete, writable};
use crate::support::trailproof;

/// Opening and verifying fail with this message, `verify` exits with 2, and the file is left as it was.
fn refused(path: &Path, message: &str) {
    let before = std::fs::read(path).unwrap_or_default();
    let error = Snapshot::open(path).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
    assert!(verify(path).unwrap_err().to_string().contains(message));
    let output = trailproof().arg("verify").arg(path).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains(message));
    assert_eq!(std::fs::read(path).unwrap_or_default(), before);
}

fn file(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file.db");
    std::fs::write(&path, content).unwrap();
    (directory, path)
}

#[test]
fn files_that_are_no_snapshots_are_named_as_what_they_are() {
    let (directory, path) = file(b"");
    refused(&path, "is not a trailproof snapshot: the file is empty");
    refused(
        directory.path(),
        "is not a trailproof snapshot: it is a directory",
    );
    refused(&directory.path().join("none.db"), "does not exist");
    let (_directory, path) = file(b"{\"trailList\": []}");
    refused(&path, "it is not an SQLite database");
    let (_directory, path) = file(b"SQLite format 3\0");
    refused(&path, "is cut off");
    let (_directory, path) = file(b"SQLite format 3\0 and then something else altogether, that goes on for more than a hundred bytes without an end");
    refused(&path, "another application");

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("create table t (x)").unwrap();
    drop(other);
    refused(&path, "another application");
}

#[test]
fn a_newer_format_asks_for_a_newer_trailproof() {
    let (_directory, path) = complete();
    writable(&path)
        .pragma_update(None, "user_version", 2)
        .unwrap();
    refused(
        &path,
        "has snapshot format 2; this trailproof reads format 1; use a newer trailproof",
    );
    writable(&path)
        .pragma_update(None, "user_version", 0)
        .unwrap();
    refused(&path, "its format is 0");
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let (_directory, path) = complete();
    let whole = std::fs::read(&path).unwrap();
    for length in [
        99,
        100,
        4096,
        whole.len() / 2,
        whole.len() - 4096,
        whole.len() - 1,
    ] {
        std::fs::write(&path, &whole[..length]).unwrap();
        refused(&path, "is cut off");
    }
}

#[test]
fn a_page_of_noise_is_an_error_or_a_finding_and_never_a_panic() {
    let (_directory, path) = complete();
    let whole = std::fs::read(&path).unwrap();
    for page in 0..whole.len() / 4096 {
        let mut noisy = whole.clone();
        let start = if page == 0 { 100 } else { page * 4096 };
        for (index, byte) in noisy[start..(page + 1) * 4096].iter_mut().enumerate() {
            *byte = (index * 31 + page * 7) as u8;
        }
        std::fs::write(&path, &noisy).unwrap();
        match verify(&path) {
            Ok(verification) => assert!(!verification.findings.is_empty(), "page {page}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        let _ = Snapshot::open(&path);
        assert_eq!(
            std::fs::read(&path).unwrap(),
            noisy,
            "page {page} was touched"
        );
    }
}

#[test]
fn opening_and_verifying_leave_no_trace() {
    let (directory, path) = complete();
    let before = std::fs::read(&path).unwrap();
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let snapshot = Snapshot::open(&path).unwrap();
    assert_eq!(snapshot.state(), State::Complete);
    let views = "create temp view trails as select * from trail";
    snapshot.connection().execute_batch(views).unwrap();
    assert!(
        snapshot
            .connection()
            .execute("delete from main.trail", [])
            .is_err()
    );
    drop(snapshot);
    verify(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let names = std::fs::read_dir(directory.path()).unwrap();
    assert_eq!(names.count(), 1);
}

#[test]
fn a_journal_planted_beside_a_sealed_snapshot_is_not_played() {
    let (directory, path) = complete();
    let whole = std::fs::read(&path).unwrap();
    // A change that was spilled to disk and not committed: what a forger would leave beside a signed file.
    let other = directory.path().join("other.db");
    std::fs::copy(&path, &other).unwrap();
    let connection = writable(&other);
    connection
        .execute_batch("pragma cache_size = 1; pragma cache_spill = 1; begin; update evidence set body = zeroblob(200000)")
        .unwrap();
    let journal = |path: &Path| path.with_extension("db-journal");
    std::fs::copy(journal(&other), journal(&path)).unwrap();
    assert!(std::fs::metadata(journal(&path)).unwrap().len() > 512);
    refused(&path, "account.db-journal` lies beside");
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

#[test]
fn write_ahead_logging_is_not_ours() {
    let (directory, path) = complete();
    writable(&path)
        .pragma_update(None, "journal_mode", "wal")
        .unwrap();
    refused(&path, "write-ahead logging");
    let names = std::fs::read_dir(directory.path()).unwrap();
    assert_eq!(names.count(), 1);
}
