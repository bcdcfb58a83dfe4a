//! The query for many machines against the matcher: the live rows, all public patterns over the real records, random pairs.
//!
//! DuckDB runs where `TRAILPROOF_SQL` names its virtual environment (`tests/run` makes it), Spark where `TRAILPROOF_SPARK`
//! does; without them a test says "skipped".

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::MultiGzDecoder;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use trailproof::coverage::Predicate;
use trailproof::pattern::ast::{Pattern, PatternKind};
use trailproof::pattern::{Semantics, parse};
use trailproof::replay::plan::Plan;
use trailproof::replay::sql::{Dialect, query};

use super::{LABORATORY, moved, real_records, replay};
use crate::pattern::arbitrary;
use crate::support::{project, shared, shared_lines, trailproof};

/// Patterns of one query.
const AT_A_TIME: usize = 60;

/// The interpreter of a dialect's virtual environment, or none, said.
pub(super) fn interpreter(dialect: Dialect) -> Option<PathBuf> {
    let name = match dialect {
        Dialect::Duckdb => "TRAILPROOF_SQL",
        Dialect::Spark => "TRAILPROOF_SPARK",
    };
    let Some(folder) = std::env::var_os(name) else {
        eprintln!("skipped: needs {dialect:?} in a virtual environment that {name} names");
        return None;
    };
    Some(PathBuf::from(folder).join("bin/python"))
}

/// One query and the records that it runs over.
pub(super) struct Job {
    predicates: Vec<Predicate>,
    query: String,
    records: Vec<String>,
}

/// Jobs of all patterns that the dialect does not refuse, and how many it refused.
fn jobs(dialect: Dialect, patterns: &[Pattern], records: &[String]) -> (Vec<Job>, usize) {
    let predicates = patterns.iter().map(Predicate::from_pattern).collect();
    jobs_of(dialect, predicates, AT_A_TIME, records)
}

/// Jobs of so many predicates each, of all that the dialect does not refuse, and how many it refused.
pub(super) fn jobs_of(
    dialect: Dialect,
    predicates: Vec<Predicate>,
    at_a_time: usize,
    records: &[String],
) -> (Vec<Job>, usize) {
    let (mut jobs, mut refused) = (Vec::new(), 0);
    let mut sayable = Vec::new();
    for predicate in predicates {
        let mut plan = Plan::default();
        plan.questions.bit(&predicate);
        match query(&plan, dialect) {
            Ok(_) => sayable.push(predicate),
            Err(_) => refused += 1,
        }
    }
    for chunk in sayable.chunks(at_a_time) {
        let mut plan = Plan::default();
        for predicate in chunk {
            plan.questions.bit(predicate);
        }
        jobs.push(Job {
            predicates: plan.questions.predicates().to_vec(),
            query: query(&plan, dialect).unwrap(),
            records: records.to_vec(),
        });
    }
    (jobs, refused)
}

/// Runs the jobs and compares how many records have which answers; gives the number of answers compared and of doubtful
/// records.
pub(super) fn compare(dialect: Dialect, jobs: &[Job]) -> Option<(usize, usize)> {
    let interpreter = interpreter(dialect)?;
    let folder = tempfile::tempdir().unwrap();
    for (index, job) in jobs.iter().enumerate() {
        let place = folder.path().join(format!("{index:04}"));
        std::fs::create_dir(&place).unwrap();
        std::fs::write(place.join("query.sql"), &job.query).unwrap();
        std::fs::write(place.join("records.jsonl"), job.records.join("\n")).unwrap();
    }
    run(&interpreter, dialect, folder.path());
    let (mut compared, mut doubtful) = (0, 0);
    for (index, job) in jobs.iter().enumerate() {
        let rows = rows(&folder.path().join(format!("{index:04}/counts.csv")));
        let mut theirs: BTreeMap<String, u64> = BTreeMap::new();
        let mut doubts = 0;
        for row in rows {
            let events: u64 = row["events"].parse().unwrap();
            if row["doubt"] == "true" {
                doubts += events;
            } else {
                *theirs.entry(row["answers"].clone()).or_default() += events;
            }
        }
        let mut ours: BTreeMap<String, u64> = BTreeMap::new();
        for record in &job.records {
            let event: Value = serde_json::from_str(record).unwrap();
            let semantics = Semantics::default();
            let answers = job
                .predicates
                .iter()
                .map(|it| it.matches(&event, &semantics));
            let answers: String = answers.map(|it| if it { '1' } else { '0' }).collect();
            *ours.entry(answers).or_default() += 1;
            compared += job.predicates.len();
        }
        doubtful += usize::try_from(doubts).unwrap();
        // What they doubt is missing on their side and nothing else.
        let mut missing = 0;
        let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        for key in keys {
            let (own, other) = (ours.get(key).unwrap_or(&0), theirs.get(key).unwrap_or(&0));
            assert!(other <= own, "{}", disagreement(job, key, *own, *other));
            missing += own - other;
        }
        assert_eq!(missing, doubts, "{dialect:?} lost records");
    }
    Some((compared, doubtful))
}

fn disagreement(job: &Job, answers: &str, own: u64, other: u64) -> String {
    let matched: Vec<String> = answers
        .chars()
        .zip(&job.predicates)
        .filter(|(bit, _)| *bit == '1')
        .map(|(_, predicate)| match predicate {
            Predicate::Pattern(pattern) => pattern.text.clone(),
            other => format!("{other:?}"),
        })
        .collect();
    format!("{own} records, the query says {other}, match these and no others: {matched:#?}")
}

pub(super) fn run(interpreter: &Path, dialect: Dialect, folder: &Path) {
    let name = match dialect {
        Dialect::Duckdb => "duckdb",
        Dialect::Spark => "spark",
    };
    let output = Command::new(interpreter)
        .arg(project("tests/sql/run.py"))
        .arg(name)
        .arg(folder)
        .output()
        .unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = messages.lines().rev().take(30).collect();
    assert!(output.status.success(), "{last:#?}");
}

/// The rows of a CSV by column; a field holds no line break here.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(fields);
    let header = lines.next().unwrap();
    lines
        .map(|fields| header.iter().cloned().zip(fields).collect())
        .collect()
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                fields.last_mut().unwrap().extend(chars.next())
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

/// The recorded answers of the live service.
fn live(dialect: Dialect) {
    let Some(lines) = shared_lines("data/testmetricfilter.jsonl") else {
        return;
    };
    let mut by_event: BTreeMap<String, Vec<Pattern>> = BTreeMap::new();
    for line in &lines {
        if let Ok(pattern) = parse(line["pattern"].as_str().unwrap()) {
            let event: Value = serde_json::from_str(line["event"].as_str().unwrap()).unwrap();
            by_event.entry(event.to_string()).or_default().push(pattern);
        }
    }
    let patterns: Vec<Pattern> = by_event.values().flatten().cloned().collect();
    let records: Vec<String> = by_event.into_keys().collect();
    let (jobs, refused) = jobs(dialect, &patterns, &records);
    if let Some((compared, doubtful)) = compare(dialect, &jobs) {
        eprintln!(
            "{dialect:?}: {} live rows, {refused} refused, {compared} answers, {doubtful} records in doubt",
            patterns.len()
        );
        assert!(
            refused <= if dialect == Dialect::Duckdb { 0 } else { 6 },
            "{refused}"
        );
        assert_eq!(doubtful, 0);
    }
}

/// Every public pattern over every real record.
fn public(dialect: Dialect) {
    let (Some(patterns), Some(records)) = (shared_lines("data/patterns.jsonl"), real_records())
    else {
        return;
    };
    let texts: BTreeSet<String> = patterns
        .iter()
        .map(|line| line["pattern"].as_str().unwrap().to_owned())
        .collect();
    let patterns: Vec<Pattern> = texts.iter().filter_map(|text| parse(text).ok()).collect();
    let (jobs, refused) = jobs(dialect, &patterns, &records);
    if let Some((compared, doubtful)) = compare(dialect, &jobs) {
        eprintln!(
            "{dialect:?}: {} public patterns, {refused} refused, {} records, {compared} answers, {doubtful} in doubt",
            patterns.len(),
            records.len()
        );
        assert!(compared > 500_000, "{compared}");
        assert_eq!(doubtful, 0);
    }
}

/// Random patterns over random events.
fn random(dialect: Dialect, patterns: usize, events: usize) {
    let mut runner = TestRunner::deterministic();
    let mut made = Vec::new();
    while made.len() < patterns {
        let kind = arbitrary::expr().new_tree(&mut runner).unwrap().current();
        let blank = Pattern {
            text: String::new(),
            kind: PatternKind::Json(kind),
            warnings: Vec::new(),
        };
        made.extend(parse(&blank.to_string()));
    }
    let mut records = BTreeSet::new();
    while records.len() < events {
        let event = arbitrary::event().new_tree(&mut runner).unwrap().current();
        if event.is_object() {
            records.insert(event.to_string());
        }
    }
    let records: Vec<String> = records.into_iter().collect();
    let (jobs, refused) = jobs(dialect, &made, &records);
    if let Some((compared, doubtful)) = compare(dialect, &jobs) {
        eprintln!(
            "{dialect:?}: {patterns} random patterns, {refused} refused, {events} events, {compared} answers, {doubtful} in doubt"
        );
        assert!(refused < patterns);
    }
}

#[test]
fn duckdb_answers_the_live_rows() {
    live(Dialect::Duckdb);
}

#[test]
fn duckdb_answers_all_public_patterns_over_real_records() {
    public(Dialect::Duckdb);
}

#[test]
fn duckdb_answers_random_pairs() {
    random(Dialect::Duckdb, 240, 400);
}

#[test]
fn spark_answers_the_live_rows() {
    live(Dialect::Spark);
}

#[test]
fn spark_answers_all_public_patterns_over_real_records() {
    public(Dialect::Spark);
}

#[test]
fn spark_answers_random_pairs() {
    random(Dialect::Spark, 120, 200);
}

/// Counting where the records lie and reading them make one report.
fn counts_make_the_report_of_the_records(dialect: Dialect) {
    let place = tempfile::tempdir().unwrap();
    let complete = project("snapshots/complete.trailproof");
    let snapshot = moved(&complete, "111122223333", LABORATORY, place.path());
    let snapshot = snapshot.to_str().unwrap();
    if let Some((read, _)) = read_and_counted(dialect, &[snapshot], place.path()) {
        assert_eq!(read["records"]["duplicates"], json!(50));
    }
}

/// The report of the first file of real records, of which some come twice, and whether all forms of counts make the same.
/// The options choose snapshot and controls.
pub(super) fn read_and_counted(
    dialect: Dialect,
    options: &[&str],
    place: &Path,
) -> Option<(Value, usize)> {
    let data = shared("data/replay")?;
    let mut text = String::new();
    MultiGzDecoder::new(
        std::fs::File::open(data.join("lab_CloudTrail_us-east-1_part0.json.gz")).unwrap(),
    )
    .read_to_string(&mut text)
    .unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let records = document["Records"].as_array().unwrap().iter();
    let mut lines: Vec<String> = records.map(Value::to_string).collect();
    lines.extend(lines.clone().into_iter().take(50));
    compared(dialect, options, place, &lines)
}

/// The report of records, and whether all forms of counts make the same.
fn compared(
    dialect: Dialect,
    options: &[&str],
    place: &Path,
    lines: &[String],
) -> Option<(Value, usize)> {
    let interpreter = interpreter(dialect)?;
    let output = trailproof()
        .arg("replay")
        .args(options)
        .args(["--sql", &format!("{dialect:?}").to_lowercase()])
        .output()
        .unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{messages}");
    let job = place.join("jobs/1");
    std::fs::create_dir_all(&job).unwrap();
    std::fs::write(job.join("query.sql"), &output.stdout).unwrap();
    std::fs::write(job.join("records.jsonl"), lines.join("\n")).unwrap();
    run(&interpreter, dialect, &place.join("jobs"));
    let report = |more: &[&str]| {
        let arguments: Vec<&str> = options.iter().chain(more).copied().collect();
        let mut report = replay(&[&arguments, &["--fail-on", "never"][..]].concat(), 0);
        // Only what is said of files differs.
        report.as_object_mut().unwrap().remove("files");
        report
    };
    let records = job.join("records.jsonl");
    let read = report(&[records.to_str().unwrap()]);
    in_parts(&job);
    let mut compared = 0;
    for name in ["counts.csv", "parts", "counts.parquet"] {
        let counts = job.join(name);
        if name.ends_with("parquet") && !cfg!(feature = "parquet") {
            eprintln!("skipped: `{name}`, which needs the feature `parquet`");
            continue;
        }
        assert_eq!(
            read,
            report(&["--counts", counts.to_str().unwrap()]),
            "{name}"
        );
        compared += 1;
    }
    Some((read, compared))
}

/// The same rows in two files with a header each, and one that is empty, as Spark writes a folder.
fn in_parts(job: &Path) {
    let text = std::fs::read_to_string(job.join("counts.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.split_inclusive('\n').collect();
    let folder = job.join("parts");
    std::fs::create_dir(&folder).unwrap();
    for (index, rows) in rows.chunks(rows.len() / 2 + 1).enumerate() {
        let text = format!("{header}\n{}", rows.concat());
        std::fs::write(folder.join(format!("part-{index:05}.csv")), text).unwrap();
    }
    std::fs::write(folder.join("part-00009.csv"), "").unwrap();
    std::fs::write(folder.join("_SUCCESS"), "").unwrap();
}

#[test]
fn duckdb_counts_make_the_report_of_the_records() {
    counts_make_the_report_of_the_records(Dialect::Duckdb);
}

/// Nothing tried counts whose columns are packed otherwise than DuckDB and Spark do unasked.
#[test]
fn counts_in_parquet_that_is_packed_otherwise_are_refused_by_name() {
    let Some(interpreter) = interpreter(Dialect::Duckdb) else {
        return;
    };
    if !cfg!(feature = "parquet") {
        eprintln!("skipped: needs the feature `parquet`");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let job = place.path().join("1");
    std::fs::create_dir(&job).unwrap();
    std::fs::write(job.join("query.sql"), "select record from cloudtrail").unwrap();
    std::fs::write(job.join("records.jsonl"), "{}\n").unwrap();
    run(&interpreter, Dialect::Duckdb, place.path());
    for packer in ["gzip", "zstd"] {
        let counts = job.join(format!("{packer}.parquet"));
        let output = trailproof()
            .arg("replay")
            .arg(project("snapshots/complete.trailproof"))
            .arg("--counts")
            .arg(&counts)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains(&format!("packed with {packer}, which is not read")),
            "{said}"
        );
    }
}

/// Times in other forms, ids twice with and without a time or an account.
fn odd_times_are_placed_as_by_reading(dialect: Dialect) {
    let place = tempfile::tempdir().unwrap();
    let mut lines = Vec::new();
    let times = [
        "2026-11-21T02:44:00Z",
        "2026-11-21T02:44:00.5Z",
        "2026-11-21T02:44:59.999Z",
        "2026-11-21T02:44:00z",
        "2026-11-21T02:44:00+00:00",
        "2026-11-21T02:44:60Z",
        "2026-11-21T24:00:00Z",
        "2026-11-31T02:44:00Z",
        "1999-02-30T02:44:00Z",
        "9999-12-31T23:59:59Z",
        "yesterday",
        "",
    ];
    for (number, time) in times.iter().enumerate() {
        for (copy, account) in ["111122223333", "", "111122223333"].iter().enumerate() {
            let id = format!("00000000-0000-4000-a000-{:012}", number / 2 + copy % 2);
            let record = json!({
                "eventVersion": "1.11", "userIdentity": {"type": "Root", "accountId": "111122223333"}, "eventTime": time,
                "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "awsRegion": "us-east-1", "eventID": id,
                "eventType": "AwsApiCall", "recipientAccountId": account, "eventCategory": "Management",
            });
            lines.push(record.to_string());
        }
    }
    let complete = project("snapshots/complete.trailproof");
    let options = [complete.to_str().unwrap()];
    if let Some((read, _)) = compared(dialect, &options, place.path(), &lines) {
        assert_eq!(read["records"]["to"], json!("2026-11-21T02:44:59.999Z"));
        assert!(read["records"]["unplaced"].as_u64().unwrap() > 10, "{read}");
    }
}

#[test]
fn duckdb_places_records_of_odd_times_as_reading_does() {
    odd_times_are_placed_as_by_reading(Dialect::Duckdb);
}

#[test]
fn spark_places_records_of_odd_times_as_reading_does() {
    odd_times_are_placed_as_by_reading(Dialect::Spark);
}

#[test]
fn spark_counts_make_the_report_of_the_records() {
    counts_make_the_report_of_the_records(Dialect::Spark);
}

#[test]
fn what_a_dialect_cannot_say_is_refused_by_name() {
    let refused = |text: &str, dialect| {
        let mut plan = Plan::default();
        plan.questions
            .bit(&Predicate::from_pattern(&parse(text).unwrap()));
        query(&plan, dialect).unwrap_err().to_string()
    };
    assert!(refused("ERROR", Dialect::Duckdb).contains("`ERROR`"));
    assert!(refused("[a, b]", Dialect::Spark).contains("`[a, b]`"));
    assert!(refused("{ $.a[0] = 1 }", Dialect::Spark).contains("`$.a[0]`"));
    let counts = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(counts.path(), "a,b\n1,2\n").unwrap();
    trailproof()
        .args([
            "replay",
            project("snapshots/complete.trailproof").to_str().unwrap(),
            "--counts",
        ])
        .arg(counts.path())
        .assert()
        .code(2);
}
