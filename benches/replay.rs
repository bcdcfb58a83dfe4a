//! How fast `replay` reads records, as ratios to other programs on the same generated data in one run.
//!
//! `cargo bench --no-default-features --bench replay [-- MEGABYTES]`, 1000 where nothing is said. Real records are
//! repeated with ids of their own. Compared with `jq` (one condition), `zcat | wc -c` (inflating and counting the bytes
//! alone) and DuckDB on one thread (one condition; where `TRAILPROOF_SQL` names its virtual environment), on all cores and,
//! where `taskset` is there, on one. What is absent is said. The wanted ratios are printed beside; no run fails for them.

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
    let single = [folder.path().join("single.gz")];
    let all_in_one = format!("gzip -6 -c {} > {}", plain.display(), single[0].display());
    assert!(shell(&all_in_one).status().unwrap().success());

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
    let rate = |time: Duration| size as f64 / 1e6 / time.as_secs_f64();
    let show = |what: &str, time: Duration| {
        println!("{what:<42} {time:>8.2?} {:>6.0} MB/s", rate(time));
        time
    };
    let empty = [folder.path().join("empty.jsonl")];
    let start = quickest(|| replay(&empty, &[]));
    println!("{:<42} {start:>8.2?}", "start alone, no record");
    let one_file = std::slice::from_ref(&plain);
    let all = show("15 controls, one file", quickest(|| replay(one_file, &[])));
    let one = show(
        "1 control, one file",
        quickest(|| replay(one_file, &["root_usage"])),
    );
    let gz = show(
        "15 controls, 8 gzip files",
        quickest(|| replay(&packed, &[])),
    );
    show(
        "15 controls, one gzip file",
        quickest(|| replay(&single, &[])),
    );
    let alone = quickest_where_there("taskset", || on_one_core(&replay(one_file, &[])));
    if let Some(alone) = alone {
        show("15 controls, one file, on one core", alone);
    }
    println!(
        "15 controls cost {:.2} times one (wanted: less than 2)",
        ratio(all, one)
    );

    let names: Vec<String> = packed
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let inflate = quickest(|| shell(&format!("zcat {} | wc -c", names.join(" "))));
    show("zcat | wc -c", inflate);
    println!(
        "one file takes {:.2} of its time (wanted: no more than 2)",
        ratio(all, inflate)
    );
    println!("8 gzip files take {:.2} of its time", ratio(gz, inflate));

    let jq = quickest_where_there("jq", || {
        shell(&format!("jq -c '{JQ}' {} | wc -l", plain.display()))
    });
    if let Some(jq) = jq {
        show("jq, one condition", jq);
        println!(
            "15 controls are {:.1} times as fast (wanted: 10)",
            ratio(jq, all)
        );
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
    show("DuckDB, one thread, one condition", duckdb);
    println!(
        "15 controls are {:.1} times as fast (wanted: more than 1)",
        ratio(duckdb, all)
    );
    if let Some(alone) = alone {
        println!(
            "15 controls on one core are {:.1} times as fast",
            ratio(duckdb, alone)
        );
    }
}

/// What `root_usage` asks for, but one of its three conditions.
const JQ: &str = "select(.userIdentity.type == \"Root\" and (.userIdentity | has(\"invokedBy\") | not)) | .eventID";

/// None, said, where the program is not there.
fn quickest_where_there(program: &str, command: impl Fn() -> Command) -> Option<Duration> {
    if Command::new(program).arg("--version").output().is_err() {
        println!("{program}: skipped, it is not there");
        return None;
    }
    Some(quickest(command))
}

fn on_one_core(command: &Command) -> Command {
    let mut alone = Command::new("taskset");
    alone.args(["-c", "0"]).arg(command.get_program());
    alone.args(command.get_args());
    alone
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
    // Before the id and after it.
    let records: Vec<(String, String)> = records
        .iter()
        .filter_map(|record| {
            let (before, rest) = record.split_once("\"eventID\":\"")?;
            let (_, after) = rest.split_once('"')?;
            Some((format!("{before}\"eventID\":\""), format!("\"{after}")))
        })
        .collect();
    let (mut written, mut count) = (0, 0_u64);
    while written < bytes {
        for (before, after) in &records {
            let id = format!("{count:08x}-0000-4000-8000-{count:012x}");
            for part in [before.as_str(), &id, after, "\n"] {
                out.write_all(part.as_bytes()).unwrap();
                written += part.len() as u64;
            }
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
