//! How many events a second `pattern match` decides, as a ratio to `jq` doing the same work on the same file.
//!
//! `cargo bench --no-default-features --bench pattern_match`. Skipped, with a word on why, where `jq` or the shared
//! events are absent. Exits with an error where the two disagree on an event or the ratio is below 10.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement may panic, and prints what it measured"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};
use trailproof::pattern::{Matcher, Semantics, parse};

const WANTED_RATIO: f64 = 10.0;
const COPIES: usize = 60;
const ROUNDS: usize = 5;

/// A name, a pattern, and the same question in the language of jq (a field that is missing fails each comparison, D1).
const QUESTIONS: [(&str, &str, &str); 3] = [
    (
        "one field",
        "{ $.eventName = ConsoleLogin }",
        r#".eventName == "ConsoleLogin""#,
    ),
    (
        "root usage",
        r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }"#,
        r#".userIdentity.type == "Root" and (.userIdentity | has("invokedBy") | not) and (.eventType | . != null and . != "AwsServiceEvent")"#,
    ),
    (
        "unauthorized",
        r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#,
        r#".errorCode | strings | (endswith("UnauthorizedOperation") or startswith("AccessDenied"))"#,
    ),
];

fn main() -> ExitCode {
    let root = std::env::var_os("TRAILPROOF_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let Ok(events) = std::fs::read_to_string(root.join("data/cloudtrail-events.jsonl")) else {
        println!("skipped: needs the shared test data `data/cloudtrail-events.jsonl`");
        return ExitCode::SUCCESS;
    };
    if Command::new("jq").arg("--version").output().is_err() {
        println!("skipped: needs `jq`");
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    let input = events.repeat(COPIES);
    std::fs::write(&file, &input).unwrap();
    let count = input.lines().count();
    println!("{count} events, {:.1} MB", input.len() as f64 / 1e6);

    let mut good = true;
    for (name, pattern, filter) in QUESTIONS {
        let (ours, verdicts) = fastest(ROUNDS, || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_trailproof"));
            command
                .args(["pattern", "match", "--format", "json", "--pattern", pattern])
                .arg(&file);
            command
        });
        let (theirs, answers) = fastest(2, || {
            let mut command = Command::new("jq");
            // Without a match the last question gives nothing, which is no match either.
            command
                .args(["-c", &format!("{{matches: (first({filter}) // false)}}")])
                .arg(&file);
            command
        });
        let agree = matching(&verdicts) == matching(&answers);
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        let rate = |time: Duration| count as f64 / time.as_secs_f64();
        println!(
            "{name:<14} {:>9.0} events/s, jq {:>7.0} events/s, ratio {ratio:.1}{}{}",
            rate(ours),
            rate(theirs),
            if ratio < WANTED_RATIO {
                " (too slow)"
            } else {
                ""
            },
            if agree { "" } else { " (the two disagree)" },
        );
        good &= agree && ratio >= WANTED_RATIO;
        in_process(&input, pattern, count);
    }
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The library alone, on texts and on values that are parsed already.
fn in_process(input: &str, pattern: &str, count: usize) {
    let matcher = Matcher::new(&parse(pattern).unwrap(), &Semantics::default());
    let start = Instant::now();
    let by_text = input
        .lines()
        .filter(|line| matcher.matches_text(line))
        .count();
    let text_rate = count as f64 / start.elapsed().as_secs_f64();
    let values: Vec<serde_json::Value> = input
        .lines()
        .take(count / COPIES)
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let start = Instant::now();
    let by_value = values
        .iter()
        .filter(|event| matcher.matches_event(event))
        .count()
        * COPIES;
    let value_rate = values.len() as f64 / start.elapsed().as_secs_f64();
    assert_eq!(by_text, by_value);
    println!(
        "{:<14} {text_rate:>9.0} texts/s, {value_rate:.0} values/s in process",
        ""
    );
}

/// The shortest of several runs, and what was printed.
fn fastest(rounds: usize, command: impl Fn() -> Command) -> (Duration, Vec<u8>) {
    let mut best = Duration::MAX;
    let mut printed = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let output = command().output().unwrap();
        best = best.min(start.elapsed());
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        printed = output.stdout;
    }
    (best, printed)
}

/// Line by line, whether the event matches.
fn matching(printed: &[u8]) -> Vec<bool> {
    std::str::from_utf8(printed)
        .unwrap()
        .lines()
        .map(|line| line.ends_with("\"matches\":true}"))
        .collect()
}
