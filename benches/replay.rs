//! How fast `replay` reads records, as ratios to other programs on the same generated data in one run.
//!
//! `cargo bench --no-default-features --bench replay [-- MEGABYTES]`, 1000 where nothing is said. Real records are
//! repeated with ids of their own. Compared with `jq` (one condition), `zcat | wc -c` (inflating and counting the bytes
//! alone) and DuckDB on one thread (one condition; where `TRAILPROOF_SQL` names its virtual environment), on all cores and,
//! where `taskset` is there, on one. Told is the median of the rounds, by the clock and in processor seconds: where others use
//! the machine too, the ratios of the latter say more. What is absent is said. The wanted ratios are printed beside; no run
//! fails for them. `TRAILPROOF_SNAPSHOT` names another snapshot than the complete sample.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement may panic, and prints what it measured"
)]

use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde_json::Value;

/// An odd number.
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

    let snapshot = std::env::var_os("TRAILPROOF_SNAPSHOT").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/complete.trailproof"),
        PathBuf::from,
    );
    let replay = |files: &[PathBuf], controls: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trailproof"));
        command.arg("replay").arg(&snapshot).args(files);
        for control in controls {
            command.args(["--control", control]);
        }
        command.args(["--format", "json", "--fail-on", "never"]);
        command
    };
    let show = |what: &str, took: Took| {
        let rate = size as f64 / 1e6 / took.clock.as_secs_f64();
        println!("{what:<42} {took} {rate:>6.0} MB/s");
        took
    };
    println!("{:<42} {:>10} {:>10}", "median", "clock", "processor");
    let empty = [folder.path().join("empty.jsonl")];
    println!(
        "{:<42} {}",
        "start alone, no record",
        median(|| replay(&empty, &[]))
    );
    let one_file = std::slice::from_ref(&plain);
    let all = show("15 controls, one file", median(|| replay(one_file, &[])));
    let one = show(
        "1 control, one file",
        median(|| replay(one_file, &["root_usage"])),
    );
    let gz = show("15 controls, 8 gzip files", median(|| replay(&packed, &[])));
    show(
        "15 controls, one gzip file",
        median(|| replay(&single, &[])),
    );
    let alone = if_there("taskset", || on_one_core(&replay(one_file, &[])));
    if let Some(alone) = alone {
        show("15 controls, one file, on one core", alone);
    }
    println!(
        "15 controls cost {:.2} times one (wanted: less than 2)",
        all.times(one)
    );

    let names: Vec<String> = packed
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let inflate = show(
        "zcat | wc -c",
        median(|| shell(&format!("zcat {} | wc -c", names.join(" ")))),
    );
    println!(
        "one file costs {:.2} times that (wanted: no more than 2), 8 gzip files {:.2}",
        all.times(inflate),
        gz.times(inflate)
    );

    let jq = if_there("jq", || {
        shell(&format!("jq -c '{JQ}' {} | wc -l", plain.display()))
    });
    if let Some(jq) = jq {
        show("jq, one condition", jq);
        println!("it costs {:.1} times as much (wanted: 10)", jq.times(all));
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
    let duckdb = median(|| {
        let mut command = Command::new(Path::new(&python).join("bin/python"));
        command.args(["-c", &script]);
        command
    });
    show("DuckDB, one thread, one condition", duckdb);
    println!(
        "it costs {:.2} times as much (wanted: more than 1)",
        duckdb.times(all)
    );
    if let Some(alone) = alone {
        println!(
            "by the clock it takes {:.2} times as long as 15 controls on one core",
            duckdb.clock.as_secs_f64() / alone.clock.as_secs_f64()
        );
    }
}

/// What `root_usage` asks for, but one of its three conditions.
const JQ: &str = "select(.userIdentity.type == \"Root\" and (.userIdentity | has(\"invokedBy\") | not)) | .eventID";

/// None, said, where the program is not there.
fn if_there(program: &str, command: impl Fn() -> Command) -> Option<Took> {
    if Command::new(program).arg("--version").output().is_err() {
        println!("{program}: skipped, it is not there");
        return None;
    }
    Some(median(command))
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
    std::fs::write(path.with_file_name("empty.jsonl"), "[]").unwrap();
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

/// What a run took.
#[derive(Debug, Clone, Copy)]
struct Took {
    clock: Duration,
    /// Of all its threads and processes, where the system tells.
    processor: Option<Duration>,
}

impl Took {
    /// In processor seconds where both have them.
    fn times(self, other: Self) -> f64 {
        let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
        match self.processor.zip(other.processor) {
            Some((one, other)) => ratio(one, other),
            None => ratio(self.clock, other.clock),
        }
    }
}

impl fmt::Display for Took {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:>9.2}s", self.clock.as_secs_f64())?;
        match self.processor {
            Some(time) => write!(out, " {:>9.2}s", time.as_secs_f64()),
            None => write!(out, " {:>10}", "?"),
        }
    }
}

fn timed(command: impl Fn() -> Command) -> Took {
    let (before, start) = (of_children(), Instant::now());
    let output = command().stderr(Stdio::piped()).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Took {
        clock: start.elapsed(),
        processor: of_children()
            .zip(before)
            .map(|(after, before)| after - before),
    }
}

/// The processor time of the processes that were waited for, in hundredths of a second, as Linux tells it.
fn of_children() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<u64> = fields
        .split_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    Some(Duration::from_millis(fields.iter().sum::<u64>() * 10))
}

/// Each by itself the one in the middle.
fn median(command: impl Fn() -> Command) -> Took {
    let took: Vec<Took> = (0..ROUNDS).map(|_| timed(&command)).collect();
    let mut clocks: Vec<Duration> = took.iter().map(|it| it.clock).collect();
    let mut processor: Vec<Duration> = took.iter().filter_map(|it| it.processor).collect();
    clocks.sort();
    processor.sort();
    Took {
        clock: clocks.get(ROUNDS / 2).copied().unwrap(),
        processor: processor.get(ROUNDS / 2).copied(),
    }
}
