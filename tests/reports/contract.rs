//! The JSON of `analyze` and `diff` is what `docs/schema/` says: of every sample, of the archive, of accounts of every kind.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::support::{project, trailproof};
use super::{accepted, snapshots, tool};

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "trailproof"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder}");
    files
}

/// What a command prints, in a file.
fn printed(arguments: &[&str], snapshots: &[&Path], folder: &Path) -> PathBuf {
    let mut command = trailproof();
    let output = command
        .args(arguments)
        .args(snapshots)
        .args(["--format", "json"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.stdout.starts_with(b"{"),
        "{arguments:?} {snapshots:?}: {said}"
    );
    let count = std::fs::read_dir(folder).unwrap().count();
    let path = folder.join(format!("{count}.json"));
    std::fs::write(&path, output.stdout).unwrap();
    path
}

fn validate(python: &Path, schema: &str, reports: &[PathBuf]) {
    let mut command = Command::new(python);
    command
        .arg(project("tests/reports/validate.py"))
        .arg("schema")
        .arg(project("docs/schema").join(schema))
        .args(reports);
    accepted(command, schema);
}

#[test]
fn the_json_of_analyze_is_what_its_schema_says() {
    let Some(python) = tool("python/bin/python") else {
        return;
    };
    let (worlds, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut all = snapshots(worlds.path());
    all.extend(files("snapshots"));
    all.extend(files("snapshots/archive/format-1"));
    let mut reports = vec![project("tests/golden/report/analysis.json")];
    for snapshot in &all {
        reports.push(printed(&["analyze"], &[snapshot], out.path()));
    }
    for more in [
        ["--framework", "nist-800-53-r5"].as_slice(),
        &["--blind-spots"],
        &["--section", "logging"],
    ] {
        let arguments = [["analyze"].as_slice(), more].concat();
        reports.push(printed(&arguments, &[&all[0]], out.path()));
    }
    validate(&python, "analysis.schema.json", &reports);
}

#[test]
fn the_json_of_diff_is_what_its_schema_says() {
    let Some(python) = tool("python/bin/python") else {
        return;
    };
    let (worlds, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let all = snapshots(worlds.path());
    let mut reports = vec![project("tests/golden/diff/changes.json")];
    for (before, after) in [(0, 1), (0, 2), (1, 3), (3, 4)] {
        reports.push(printed(&["diff"], &[&all[before], &all[after]], out.path()));
    }
    let accepted = worlds.path().join("accepted.toml");
    let entry = |control: &str, expires: &str| {
        format!(
            "[[accept]]\ncontrol = \"{control}\"\naccount = \"111122223333\"\nreason = \"watched by the SIEM\"\n\
             by = \"Jo Example\"\nevidence = \"TICKET-7\"\nexpires = {expires}\n"
        )
    };
    let entries = [
        entry("cloudtrail_changes", "2027-01-31"),
        entry("vpc_changes", "2024-01-31"),
    ];
    std::fs::write(&accepted, entries.concat()).unwrap();
    let arguments = ["diff", "--attest", &accepted.display().to_string()];
    reports.push(printed(&arguments, &[&all[0], &all[1]], out.path()));
    validate(&python, "diff.schema.json", &reports);
}
