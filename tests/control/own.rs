//! docs/own-controls.md: what it shows is what works.

use std::path::Path;

use trailproof::control::Registry;
use trailproof::snapshot::SCHEMA;

use crate::support::{project, trailproof};

/// The files that the document shows: a name in backticks ending with a colon, then a fenced block.
fn shown() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(project("docs/own-controls.md")).unwrap();
    let mut files = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("```toml\n") {
        let (block, after) = after.split_once("```").unwrap();
        let name = before.trim_end().lines().last().unwrap();
        let name = name
            .strip_prefix('`')
            .and_then(|it| it.strip_suffix("`:"))
            .unwrap();
        files.push((name.to_owned(), block.to_owned()));
        rest = after;
    }
    files
}

fn write_all(folder: &Path) {
    for (name, block) in shown() {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, block).unwrap();
    }
}

#[test]
fn the_files_of_the_document_load() {
    assert_eq!(shown().len(), 3);
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path());
    let directory = folder.path().join("our-controls");
    let registry = Registry::builtin()
        .unwrap()
        .with_directory(&directory)
        .unwrap();

    let control = registry.control("secret_deletions").unwrap();
    let pattern = trailproof::pattern::parse(&control.alternatives[0].pattern).unwrap();
    let matcher =
        trailproof::pattern::Matcher::new(&pattern, &trailproof::pattern::Semantics::default());
    assert!(matcher.matches_event(&control.examples[0].event));

    let house = registry.benchmark("house-rules").unwrap();
    let numbers: Vec<&str> = registry
        .controls_of(house)
        .iter()
        .map(|(number, _)| *number)
        .collect();
    assert_eq!(
        numbers,
        ["H1", "H2", "topic_is_encrypted"],
        "what no benchmark lists is added to each"
    );
    let root = registry.control("root_usage").unwrap();
    let labels = |benchmark: &str| -> Vec<String> {
        root.alternatives_for(benchmark)
            .map(|it| it.label.clone())
            .collect()
    };
    assert_eq!(labels("house-rules"), labels("cis-aws-7.0"));
    assert_eq!(
        root.printings_for(house).count(),
        root.printings_for(registry.benchmark("cis-aws-7.0").unwrap())
            .count()
    );
}

/// `--control 4.1` judged one of two controls of that number and passed over the other.
#[test]
fn a_number_that_stands_twice_in_a_benchmark_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path());
    let directory = folder.path().join("our-controls");
    let path = directory.join("benchmarks/house-rules.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    // Its own twice, and one of the section on recording that it takes over.
    for (number, of) in [("H1", "root_usage"), ("4.1", "cloudtrail_all_regions")] {
        std::fs::write(&path, text.replace("\"H2\"", &format!("\"{number}\""))).unwrap();
        let registry = Registry::builtin().unwrap();
        let error = registry.with_directory(&directory).unwrap_err();
        assert_eq!(error.line, Some(8), "{error}");
        let told = format!("the number `{number}` is that of `{of}` already");
        assert_eq!(error.message, told);
    }
    let without = text.replace("[[audit]]", "logging = []\n\n[[audit]]");
    std::fs::write(&path, without.replace("\"H2\"", "\"4.1\"")).unwrap();
    let registry = Registry::builtin().unwrap();
    let registry = registry.with_directory(&directory).unwrap();
    assert!(
        registry
            .benchmark("house-rules")
            .unwrap()
            .logging
            .is_empty()
    );
}

#[test]
fn a_benchmark_under_which_a_control_asks_for_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path());
    let directory = folder.path().join("our-controls");
    let path = directory.join("benchmarks/house-rules.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("like = \"cis-aws-7.0\"\n", "")).unwrap();
    let error = Registry::builtin()
        .unwrap()
        .with_directory(&directory)
        .unwrap_err();
    assert_eq!(error.line, Some(6), "{error}");
    assert!(
        error
            .message
            .starts_with("`root_usage` asks for nothing under this benchmark"),
        "{error}"
    );
    std::fs::write(
        &path,
        text.replace("like = \"cis-aws-7.0\"", "like = \"cis-aws-99.0\""),
    )
    .unwrap();
    let error = Registry::builtin()
        .unwrap()
        .with_directory(&directory)
        .unwrap_err();
    assert_eq!(
        (error.line, error.message.as_str()),
        (Some(5), "there is no benchmark `cis-aws-99.0`")
    );
}

#[test]
fn the_query_of_the_document_runs_on_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path());
    let directory = folder.path().join("our-controls");
    let registry = Registry::builtin()
        .unwrap()
        .with_directory(&directory)
        .unwrap();
    let sql = registry
        .control("topic_is_encrypted")
        .unwrap()
        .query
        .clone()
        .unwrap();
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    let statement = connection.prepare(&sql).unwrap();
    assert!(statement.readonly());
    let columns: Vec<&str> = statement.column_names().collect();
    assert_eq!(columns, ["resource", "status", "reason", "evidence_id"]);
    assert_eq!(statement.parameter_name(1), Some(":account"));
}

/// A topic without a key read as a control that would alert nobody.
#[test]
fn a_query_that_finds_a_fault_is_not_told_as_an_alert_that_nobody_gets() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path());
    let output = trailproof()
        .arg("analyze")
        .arg(project("snapshots/complete.trailproof"))
        .args(["--controls", "our-controls", "-q"])
        .args(["--control", "topic_is_encrypted"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let first = text.lines().next().unwrap_or_default();
    assert!(first.contains("found at fault by a query"), "{text}");
    assert!(!first.contains("alert nobody"), "{text}");
}

/// A query that does not run named no file, and its control was shown with the audit steps of CIS.
#[test]
fn a_query_that_does_not_run_is_named_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path());
    let directory = folder.path().join("our-controls");
    let path = directory.join("topic_is_encrypted.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text
        .lines()
        .position(|line| line.starts_with("query"))
        .unwrap()
        + 1;
    let directory = directory.to_str().unwrap();
    let id = "topic_is_encrypted";
    let shown = trailproof()
        .args(["controls", "show", id, "--controls", directory])
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("none are published"), "{shown}");

    std::fs::write(&path, text.replace("from topic", "from no_such_table")).unwrap();
    let broken = project("snapshots/broken.trailproof");
    let output = trailproof()
        .args(["analyze", broken.to_str().unwrap(), "--control", id])
        .args(["--controls", directory])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("no_such_table"), "{told}");
    assert!(
        told.contains(&format!(
            "topic_is_encrypted.toml` line {line}: the query of control"
        )),
        "{told}"
    );
}
