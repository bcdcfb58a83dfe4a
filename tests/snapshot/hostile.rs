//! Files made to be taken for others: planted journals, pipes, odd names, swaps, schemas that compute.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use tempfile::TempDir;
use trailproof::snapshot::{Error, Snapshot, SnapshotFile, Writer, verify, verify_file};

use super::writable;
use crate::support::{project, trailproof};

/// A copy of a sample in a directory of its own, under a name.
fn sample(name: &str, sample: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::copy(
        project(&format!("snapshots/archive/format-1/{sample}.trailproof")),
        &path,
    )
    .unwrap();
    (directory, path)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Every command that reads a snapshot exits with 2 and says why; nothing is written beside the file.
fn refused_by_every_command(path: &Path, why: &str) {
    let directory = path.parent().unwrap();
    let before = fs::read_dir(directory).unwrap().count();
    let out = directory.join("out");
    let out = out.to_str().unwrap();
    let path = path.to_str().unwrap();
    for arguments in [
        vec!["verify", path],
        vec!["analyze", path],
        vec!["analyze", "--no-verify", path],
        vec!["explain", path, "root_usage"],
        vec!["diff", path, path],
        vec!["query", path, "select 1"],
        vec!["redact", path, "-o", out],
        vec!["sign", path, "--key", "/none"],
        #[cfg(feature = "collect")]
        vec!["collect", "--from", path, "-o", out],
    ] {
        let output = trailproof().args(&arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(why), "{arguments:?}: {text}");
    }
    assert_eq!(fs::read_dir(directory).unwrap().count(), before);
}

/// A write-ahead log that replaces every page, with the checksums that SQLite asks for.
fn write_ahead_log(forged: &[u8]) -> Vec<u8> {
    fn checksum(data: &[u8], sums: &mut (u32, u32)) {
        for pair in data.chunks(8) {
            let word = |at: usize| u32::from_be_bytes(pair[at..at + 4].try_into().unwrap());
            sums.0 = sums.0.wrapping_add(word(0)).wrapping_add(sums.1);
            sums.1 = sums.1.wrapping_add(word(4)).wrapping_add(sums.0);
        }
    }
    let words =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_be_bytes()).collect() };
    let mut log = words(&[0x377f_0683, 3_007_000, 4096, 0, 0x1111_1111, 0x2222_2222]);
    let mut sums = (0, 0);
    checksum(&log, &mut sums);
    log.extend(words(&[sums.0, sums.1]));
    let pages = forged.len() / 4096;
    for (index, page) in forged.chunks(4096).enumerate() {
        let commit = if index + 1 == pages { pages as u32 } else { 0 };
        let header = words(&[index as u32 + 1, commit]);
        checksum(&header, &mut sums);
        checksum(page, &mut sums);
        log.extend(header);
        log.extend(words(&[0x1111_1111, 0x2222_2222, sums.0, sums.1]));
        log.extend_from_slice(page);
    }
    log
}

/// A rollback journal that brings back other pages; it may name another file that SQLite would then delete.
fn rollback_journal(forged: &[u8], super_journal: Option<&str>) -> Vec<u8> {
    const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    let mut journal = MAGIC.to_vec();
    let pages = (forged.len() / 4096) as u32;
    for word in [pages, 7, pages, 512, 4096] {
        journal.extend(word.to_be_bytes());
    }
    journal.resize(512, 0);
    for (index, page) in forged.chunks(4096).enumerate() {
        let mut sum = 7_u32;
        let mut at = 4096 - 200_i32;
        while at > 0 {
            sum = sum.wrapping_add(u32::from(page[at as usize]));
            at -= 200;
        }
        journal.extend((index as u32 + 1).to_be_bytes());
        journal.extend_from_slice(page);
        journal.extend(sum.to_be_bytes());
    }
    if let Some(name) = super_journal {
        journal.extend((0x4000_0000_u32 / 4096 + 1).to_be_bytes());
        journal.extend(name.as_bytes());
        journal.extend((name.len() as u32).to_be_bytes());
        let sum = name.bytes().fold(0_u32, |sum, byte| sum + u32::from(byte));
        journal.extend(sum.to_be_bytes());
        journal.extend(MAGIC);
    }
    journal
}

/// An incomplete recording of one account, and its bytes.
fn incomplete() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mine.trailproof");
    let partial = crate::support::world::World::complete().write_partial(&path);
    (directory, partial)
}

#[test]
fn a_journal_of_any_kind_beside_a_sealed_snapshot_is_refused_by_name() {
    let forged = fs::read(project("snapshots/archive/format-1/broken.trailproof")).unwrap();
    for (suffix, content) in [
        ("-wal", write_ahead_log(&forged)),
        ("-wal", Vec::new()),
        ("-shm", Vec::new()),
        ("-journal", rollback_journal(&forged, None)),
        ("-journal", Vec::new()),
    ] {
        let (_directory, path) = sample("march.trailproof", "complete");
        let whole = fs::read(&path).unwrap();
        fs::write(beside(&path, suffix), content).unwrap();
        refused_by_every_command(&path, &format!("march.trailproof{suffix}` lies beside"));
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
    #[cfg(unix)]
    {
        let (_directory, path) = sample("march.trailproof", "complete");
        std::os::unix::fs::symlink("/nowhere", beside(&path, "-wal")).unwrap();
        refused_by_every_command(&path, "march.trailproof-wal` lies beside");
    }
}

#[test]
fn a_snapshot_read_before_a_journal_is_planted_is_the_one_that_was_read() {
    let forged = fs::read(project("snapshots/archive/format-1/broken.trailproof")).unwrap();
    let (_directory, path) = sample("march.trailproof", "complete");
    let whole = fs::read(&path).unwrap();
    let file = SnapshotFile::read(&path).unwrap();
    fs::write(beside(&path, "-wal"), write_ahead_log(&forged)).unwrap();
    fs::write(&path, &forged).unwrap();
    let verification = verify_file(&file).unwrap();
    assert_eq!(verification.findings, []);
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut file.reader().unwrap(), &mut bytes).unwrap();
    assert_eq!(bytes, whole);
}

#[test]
fn what_lies_beside_an_incomplete_snapshot_makes_no_other_of_it() {
    let forged = fs::read(project("snapshots/archive/format-1/complete.trailproof")).unwrap();
    let (_directory, partial) = incomplete();
    fs::write(beside(&partial, "-wal"), write_ahead_log(&forged)).unwrap();
    let error = Snapshot::open(&partial).unwrap_err();
    assert!(matches!(error, Error::Planted { .. }), "{error}");
    let mut name = partial.clone();
    name.set_extension("");
    assert!(matches!(
        Writer::resume(&name, false),
        Err(Error::Planted { .. })
    ));

    // Rolled back, it would be a sealed one.
    let (_directory, partial) = incomplete();
    fs::write(
        beside(&partial, "-journal"),
        rollback_journal(&forged, None),
    )
    .unwrap();
    let whole = fs::read(&partial).unwrap();
    let error = Snapshot::open(&partial).unwrap_err();
    assert!(matches!(error, Error::Planted { .. }), "{error}");
    assert_eq!(fs::read(&partial).unwrap(), whole);
}

#[test]
fn a_journal_that_names_another_file_deletes_nothing() {
    let (directory, partial) = incomplete();
    let precious = directory.path().join("precious");
    fs::write(&precious, b"mine\0").unwrap();
    let whole = fs::read(&partial).unwrap();
    let journal = rollback_journal(&whole, precious.to_str());
    fs::write(beside(&partial, "-journal"), &journal).unwrap();
    let mut name = partial.clone();
    name.set_extension("");
    for error in [
        Snapshot::open(&partial).unwrap_err(),
        Writer::resume(&name, false).unwrap_err(),
    ] {
        assert!(error.to_string().contains("names another file"), "{error}");
    }
    assert_eq!(fs::read(&precious).unwrap(), b"mine\0");
}

#[test]
fn a_name_is_only_a_name() {
    for name in [
        "file:march.trailproof",
        "a?mode=memory",
        "a#b",
        "100%25.trailproof",
        ":memory:",
        " ",
    ] {
        let (directory, path) = sample(name, "complete");
        let decoy = directory.path().join("march.trailproof");
        fs::copy(
            project("snapshots/archive/format-1/empty.trailproof"),
            decoy,
        )
        .unwrap();
        for argument in [path.as_os_str(), Path::new(name).as_os_str()] {
            let output = trailproof()
                .current_dir(&directory)
                .args(["query"])
                .arg(argument)
                .arg("select account from account")
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.contains("111122223333"), "{name}: {text}");
        }
        // Written by such a name, too.
        let written = directory.path().join(format!("file:{}", name.len()));
        let mut names = fs::read_dir(&directory).unwrap().count();
        trailproof()
            .current_dir(&directory)
            .arg("redact")
            .arg(&path)
            .arg("-o")
            .arg(written.file_name().unwrap())
            .assert()
            .code(0);
        names += 1;
        assert!(written.exists());
        assert_eq!(fs::read_dir(&directory).unwrap().count(), names);
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no mkfifo");
        return;
    }
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    refused_by_every_command(&pipe, "no regular file");
    refused_by_every_command(&link, "no regular file");
    let zero = directory.path().join("zero");
    std::os::unix::fs::symlink("/dev/zero", &zero).unwrap();
    refused_by_every_command(&zero, "no regular file");

    // Signatures and the list of signers.
    let (_directory, path) = sample("march.trailproof", "complete");
    let signers = directory.path().join("signers");
    fs::write(&signers, "").unwrap();
    for (signature, signers) in [(&zero, &signers), (&pipe, &signers), (&signers, &zero)] {
        let output = trailproof()
            .arg("verify")
            .arg(&path)
            .arg("--allowed-signers")
            .arg(signers)
            .arg("--signature")
            .arg(signature)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("no regular file"), "{text}");
    }
    let endless = beside(&path, ".sig");
    fs::File::create(&endless)
        .unwrap()
        .set_len(1 << 31)
        .unwrap();
    let output = trailproof()
        .arg("verify")
        .arg(&path)
        .arg("--allowed-signers")
        .arg(&signers)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_file_that_claims_to_be_huge_is_refused_without_reading_it() {
    let (_directory, path) = sample("march.trailproof", "complete");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    // As large as the file system of the test allows.
    if (30..45).rev().all(|bits| file.set_len(1 << bits).is_err()) {
        eprintln!("skipped: no large files here");
        return;
    }
    drop(file);
    assert!(Snapshot::open(&path).is_err());
}

/// Only the tables of the format may exist, and checking stops where they do not.
#[test]
fn a_schema_that_computes_is_refused_before_anything_is_asked() {
    let long = "x".repeat(150_000);
    let named = format!("create table \"{long}\" (x)");
    let endless =
        "with recursive n (x) as (select 1 union all select x + 1 from n) select x from n";
    for (sql, name) in [
        (format!("alter table evidence rename to hidden; create view evidence as {endless}"), "view evidence"),
        (format!("alter table snapshot rename to hidden; create view snapshot as {endless}"), "view snapshot"),
        (format!("alter table topic rename to hidden; create view topic as {endless}"), "view topic"),
        ("alter table evidence add column more text as (hex(zeroblob(100)))".to_owned(), "table evidence"),
        ("alter table topic add column more text as (owner || owner)".to_owned(), "table topic"),
        ("create virtual table search using fts5 (x)".to_owned(), "search"),
        ("create table sqlite (x unique)".to_owned(), "sqlite"),
        ("create index x on topic (owner) where owner > 'a'".to_owned(), "index x"),
        ("create index x on topic (lower(owner))".to_owned(), "index x"),
        ("create trigger t after insert on region begin select 1; end".to_owned(), "trigger t"),
        ("pragma writable_schema = on; update sqlite_schema set name = 'Topic', tbl_name = 'Topic' where name = 'topic'".to_owned(), "Topic"),
        (named, "malformed database schema"),
    ] {
        let (_directory, path) = sample("march.trailproof", "complete");
        let connection = writable(&path);
        connection.execute_batch(&format!("pragma legacy_alter_table = on; {sql}")).unwrap();
        drop(connection);
        let said = match verify(&path) {
            Ok(verification) => {
                assert!(verification.findings.iter().all(|finding| finding.table == "file"), "{:?}", verification.findings);
                assert_eq!(verification.evidence_rows, 0, "{name}");
                format!("{:?}", verification.findings)
            }
            Err(error) => error.to_string(),
        };
        assert!(said.contains(name) && said.len() < 5000, "{name}: {said:.300}");
        assert!(Snapshot::open(&path).is_err());
        assert!(Snapshot::open_unverified(&path).is_err());
    }
}

/// Every byte of the headers of file and pages has one right value.
#[test]
fn a_flipped_bit_in_any_header_byte_is_found() {
    let (_directory, path) = sample("march.trailproof", "empty");
    let whole = fs::read(&path).unwrap();
    let mut offsets: Vec<usize> = (0..100).collect();
    for page in 0..whole.len() / 4096 {
        let start = page * 4096 + if page == 0 { 100 } else { 0 };
        offsets.extend(start..start + 12);
    }
    for (turn, offset) in offsets.into_iter().enumerate() {
        // All bits over the pages; the high and the low bit of every byte of the file's own header.
        let masks = match offset {
            0..100 => vec![0x01, 0x80, 0xff],
            _ => vec![1_u8 << (turn % 8)],
        };
        for mask in masks {
            let mut bytes = whole.clone();
            bytes[offset] ^= mask;
            fs::write(&path, &bytes).unwrap();
            if let Ok(verification) = verify(&path) {
                assert!(
                    !verification.findings.is_empty(),
                    "byte {offset} with {mask:#x}"
                );
            }
        }
    }
}

#[test]
fn no_pages_in_the_header_and_capitals_in_the_schema_are_found() {
    let (_directory, path) = sample("march.trailproof", "empty");
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    bytes[28..32].fill(0);
    fs::write(&path, &bytes).unwrap();
    let error = verify(&path).unwrap_err().to_string();
    assert!(error.contains("counts 0 bytes"), "{error}");
    for (from, to) in [
        ("CREATE TABLE evidence", "CREATE TABLE Evidence"),
        ("account text not null", "ACCOUNT text not null"),
        ("CREATE TABLE", "create table"),
        ("-- order of recording", "-- ORDER of recording"),
        ("strict, without rowid", "STRICT, without rowid"),
    ] {
        let at = whole
            .windows(from.len())
            .position(|window| window == from.as_bytes())
            .unwrap();
        let mut bytes = whole.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        fs::write(&path, &bytes).unwrap();
        match verify(&path) {
            Ok(verification) => assert!(!verification.findings.is_empty(), "{to}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// Swapped again and again while it is verified: what is said is always said of one of the two whole files.
#[test]
fn a_file_swapped_while_it_is_verified_is_one_or_the_other() {
    let (directory, path) = sample("march.trailproof", "complete");
    let forged = directory.path().join("forged");
    fs::copy(
        project("snapshots/archive/format-1/complete.trailproof"),
        &forged,
    )
    .unwrap();
    writable(&forged)
        .execute_batch("update topic set owner = 'eve'")
        .unwrap();
    let good = fs::read(&path).unwrap();
    let bad = fs::read(&forged).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let next = directory.path().join("next");
            for turn in 0_usize.. {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    return;
                }
                fs::write(&next, if turn % 2 == 0 { &bad } else { &good }).unwrap();
                fs::rename(&next, &path).unwrap();
            }
        });
        for _ in 0..20 {
            let file = SnapshotFile::read(&path).unwrap();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut file.reader().unwrap(), &mut bytes).unwrap();
            let is_good = bytes == good;
            assert!(is_good || bytes == bad);
            assert_eq!(verify_file(&file).unwrap().findings.is_empty(), is_good);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn bodies_that_inflate_without_end_are_refused() {
    let (_directory, path) = sample("march.trailproof", "empty");
    let items = format!("[{}0]", "0,".repeat(8_000_000 - 2));
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, items.as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    let connection: Connection = writable(&path);
    let sql = "update evidence set body = ?1, body_size = ?2, error_code = null, http_status = 200, media_type = 'application/json'";
    connection
        .execute(sql, rusqlite::params![body, items.len() as i64])
        .unwrap();
    // Enough rows to pass the budget of any small file.
    connection
        .execute_batch(
            "with recursive n (x) as (select 1 union all select x + 1 from n where x < 60)
             insert into evidence
             select 1000 + n.x, account, region, service, operation, request, at, http_status, error_code, error_message,
               request_id, media_type, body, body_size, body_sha256, row_sha256
             from n, (select * from evidence limit 1)",
        )
        .unwrap();
    drop(connection);
    // Facts of an older derivation are derived again on reading, within the same budget.
    if let Err(error) = Snapshot::open_unverified(&path).map(drop) {
        assert!(error.to_string().contains("far more"), "{error}");
    }
    match verify(&path) {
        Ok(verification) => assert!(!verification.findings.is_empty()),
        Err(error) => assert!(error.to_string().contains("far more"), "{error}"),
    }
}
