//! How fast `replay` reads records, as ratios to other programs on the same generated data in one run.
//!
//! `cargo bench --no-default-features --bench replay [-- MEGABYTES]`, 1000 where nothing is said. Real records are
//! repeated with ids of their own. Compared with `jq` (one condition), `zcat | wc -c` (inflating and counting the bytes
//! alone) and DuckDB on one thread (one condition; where `TRAILPROOF_SQL` names its virtual environment). What is absent is
//! said. The wanted ratios are printed beside; no run fails for them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement may panic, and prints what it measured"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde_json::Value;

const ROUNDS: usize = 3;

fn main() {
    let megabytes = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse::<u64>().ok())
        .unwrap_or(1000);
    let Some(records) = records() else {
        println!("skipped: needs the shared test data `data/replay`");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("records.jsonl");
    let count = generate(&plain, &records, megabytes * 1_000_000);
    let size = std::fs::metadata(&plain).unwrap().len();
    println!("{count} records, {:.0} MB", size as f64 / 1e6);
    let packed: Vec<PathBuf> = split(&plain, folder.path());

    let snapshot = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/complete.trailproof");
    let replay = |files: &[PathBuf], controls: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trailproof"));
        command.arg("replay").arg(&snapshot).args(files);
        for control in controls {
            command.args(["--control", control]);
        }
        command.args(["--format", "json", "--fail-on", "never"]);
        command
    };
    let start = quickest(|| replay(&[folder.path().join("empty.jsonl")], &[]));
    let all = quickest(|| replay(std::slice::from_ref(&plain), &[]));
    let one = quickest(|| replay(std::slice::from_ref(&plain), &["root_usage"]));
    let gz = quickest(|| replay(&packed, &[]));
    let rate = |time: Duration| size as f64 / 1e6 / time.as_secs_f64();
    println!("start alone, no record               {:>8.2?}", start);
    println!(
        "15 controls, uncompressed, one file  {:>8.2?} {:>6.0} MB/s",
        all,
        rate(all)
    );
    println!(
        "1 control, uncompressed, one file    {:>8.2?} {:>6.0} MB/s",
        one,
        rate(one)
    );
    println!(
        "15 controls, gzip, 8 files           {:>8.2?} {:>6.0} MB/s",
        gz,
        rate(gz)
    );
    println!(
        "15 controls cost {:.2} times one (wanted: less than 2)",
        ratio(all, one)
    );

    let inflate = quickest(|| {
        let files: Vec<String> = packed
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        shell(&format!("zcat {} | wc -c", files.join(" ")))
    });
    println!(
        "zcat | wc -c                         {:>8.2?} {:>6.0} MB/s",
        inflate,
        rate(inflate)
    );
    println!(
        "uncompressed takes {:.2} of its time (wanted: no more than 2)",
        ratio(all, inflate)
    );
    println!("gzip takes {:.2} of its time", ratio(gz, inflate));

    if Command::new("jq").arg("--version").output().is_ok() {
        let jq = timed(|| {
            shell(&format!(
                "jq -c 'select(.userIdentity.type == \"Root\" and (.userIdentity | has(\"invokedBy\") | not)) | .eventID' {} | wc -l",
                plain.display()
            ))
        });
        println!(
            "jq, one condition                    {:>8.2?} {:>6.0} MB/s",
            jq,
            rate(jq)
        );
        println!(
            "15 controls are {:.1} times as fast (wanted: 10)",
            ratio(jq, all)
        );
    } else {
        println!("jq: skipped, it is not there");
    }
    let Some(python) = std::env::var_os("TRAILPROOF_SQL") else {
        println!("DuckDB: skipped, TRAILPROOF_SQL names no virtual environment");
        return;
    };
    let script = format!(
        "import duckdb\nc = duckdb.connect()\nc.execute('set threads = 1')\n\
         print(c.execute(\"select count(*) from read_json_objects('{}', format='newline_delimited') \
         where json_extract_string(json, '$.userIdentity.type') = 'Root'\").fetchone())",
        plain.display()
    );
    let duckdb = quickest(|| {
        let mut command = Command::new(Path::new(&python).join("bin/python"));
        command.args(["-c", &script]);
        command
    });
    println!(
        "DuckDB, one thread, one condition    {:>8.2?} {:>6.0} MB/s",
        duckdb,
        rate(duckdb)
    );
    println!(
        "15 controls are {:.1} times as fast (wanted: more than 1)",
        ratio(duckdb, all)
    );
}

/// Real records, as if they were of the sample's account.
fn records() -> Option<Vec<String>> {
    let root = std::env::var_os("TRAILPROOF_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let mut records = Vec::new();
    for part in 0..5 {
        let name = format!("data/replay/lab_CloudTrail_us-east-1_part{part}.json.gz");
        let file = File::open(root.join(name)).ok()?;
        let document: Value = serde_json::from_reader(GzDecoder::new(file)).unwrap();
        let found = document.get("Records").and_then(Value::as_array).unwrap();
        let moved = |record: &Value| record.to_string().replace("210000000000", "111122223333");
        records.extend(found.iter().map(moved));
    }
    Some(records)
}

/// Writes records with ids of their own until the file is as large as wanted.
fn generate(path: &Path, records: &[String], bytes: u64) -> u64 {
    let mut out = BufWriter::new(File::create(path).unwrap());
    std::fs::write(path.with_file_name("empty.jsonl"), "").unwrap();
    let (mut written, mut count) = (0, 0);
    while written < bytes {
        for record in records {
            let id = format!("{{\"eventID\":\"{count:032x}\",");
            let rest = record.replacen("\"eventID\"", "\"firstID\"", 1);
            let rest = rest.trim_start().strip_prefix('{').unwrap();
            out.write_all(id.as_bytes()).unwrap();
            out.write_all(rest.as_bytes()).unwrap();
            out.write_all(b"\n").unwrap();
            written += (id.len() + rest.len() + 1) as u64;
            count += 1;
        }
    }
    out.flush().unwrap();
    count
}

/// The same as gzip files, eight of them.
fn split(plain: &Path, folder: &Path) -> Vec<PathBuf> {
    let script = format!(
        "cd {} && split -n l/8 --filter='gzip -6 > $FILE.json.gz' {} part.",
        folder.display(),
        plain.display()
    );
    assert!(shell(&script).status().unwrap().success());
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "gz"))
        .collect();
    files.sort();
    files
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn timed(command: impl Fn() -> Command) -> Duration {
    let start = Instant::now();
    let output = command().stderr(Stdio::piped()).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    start.elapsed()
}

fn quickest(command: impl Fn() -> Command) -> Duration {
    let times = (0..ROUNDS).map(|_| timed(&command));
    times.min().unwrap()
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
