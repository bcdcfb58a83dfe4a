//! Time and peak memory of the binary, and the reference: reading every value of every fact table once with SQLite.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use trailproof::snapshot::TABLES;

/// What a run took.
pub struct Measured {
    /// Wall clock.
    pub seconds: f64,
    /// The most memory that was resident, in kilobytes; 0 where the system does not say.
    pub peak: u64,
    /// Values read, of the reference.
    pub values: usize,
}

/// Runs the binary, its output thrown away.
pub fn run(arguments: &[String]) -> Measured {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_trailproof"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    loop {
        // Asked while it runs: the system forgets it with the process.
        peak = peak.max(resident(child.id()).unwrap_or(0));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Measured {
        seconds: start.elapsed().as_secs_f64(),
        peak,
        values: 0,
    }
}

fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Reads every value of every fact table once.
pub fn read_once(path: &Path) -> Measured {
    let start = Instant::now();
    let connection = Connection::open(path).unwrap();
    let mut values = 0;
    for table in TABLES {
        let sql = format!("select * from {table}");
        let mut statement = connection.prepare(&sql).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            values += (0..columns)
                .filter(|column| row.get_ref(*column).unwrap() != ValueRef::Null)
                .count();
        }
    }
    Measured {
        seconds: start.elapsed().as_secs_f64(),
        peak: 0,
        values,
    }
}
