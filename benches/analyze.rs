//! How long an analysis takes, as a ratio to reading the same fact tables once with SQLite.
//!
//! `cargo bench --no-default-features --bench analyze`. Two shapes of 200 accounts: an organization whose members share
//! one trail, and accounts that each have a chain of their own. Prints the ratios; the aim is at most 3.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    unreachable_pub,
    reason = "a measurement may panic, and prints what it measured; it shares the accounts of the tests"
)]

#[path = "../tests/support/controls.rs"]
mod controls;
#[path = "../tests/support/world.rs"]
mod world;

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use trailproof::analyze::{self, Options};
use trailproof::control::Registry;
use trailproof::snapshot::{Snapshot, TABLES};

use world::{HOME, Site, World};

const ACCOUNTS: usize = 200;
const ROUNDS: usize = 5;

fn main() {
    let ids: Vec<String> = (0..ACCOUNTS)
        .map(|index| format!("{:012}", 200_000_000_000_u64 + index as u64))
        .collect();
    let members: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut apart = World::default();
    for id in &ids {
        apart
            .answers
            .extend(World::of(&Site::new(id, HOME)).answers);
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, world) in [
        ("one organization trail", World::organization_of(&members)),
        ("a chain each", apart),
    ] {
        let path = folder.path().join("accounts.trailproof");
        let _ = std::fs::remove_file(&path);
        world.write_snapshot(&path);
        measure(name, &path);
    }
}

fn measure(name: &str, path: &Path) {
    let registry = Registry::builtin().unwrap();
    let mut findings = 0;
    let analyzing = median(|| {
        let snapshot = Snapshot::open(path).unwrap();
        findings = analyze::analyze(&snapshot, &registry, &Options::default())
            .unwrap()
            .findings
            .len();
    });
    let mut cells = 0;
    let reading = median(|| cells = read(path));
    println!(
        "{ACCOUNTS} accounts, {name}: {findings} findings in {analyzing:.1?}; reading {cells} values of the fact tables \
         {reading:.1?}; ratio {:.1}",
        analyzing.as_secs_f64() / reading.as_secs_f64()
    );
}

/// Reads every value of every fact table once.
fn read(path: &Path) -> usize {
    let connection = Connection::open(path).unwrap();
    let mut cells = 0;
    for table in TABLES {
        let mut statement = connection
            .prepare(&format!("select * from {table}"))
            .unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            cells += (0..columns)
                .filter(|column| row.get_ref(*column).unwrap() != ValueRef::Null)
                .count();
        }
    }
    cells
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}
