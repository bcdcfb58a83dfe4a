//! Commands check what they read, and overwrite nothing that matters.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{project, trailproof};

/// A sample whose facts somebody edited, so that more passes than AWS's answers give.
fn edited() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("edited.trailproof");
    fs::copy(project("snapshots/broken.trailproof"), &path).unwrap();
    Connection::open(&path)
        .unwrap()
        .execute_batch("update alarm set actions_enabled = 1, threshold = '1'")
        .unwrap();
    (directory, path)
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = trailproof().args(arguments).output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn edited_facts_are_not_analyzed_explained_compared_asked_or_redacted() {
    let (directory, path) = edited();
    let path = path.to_str().unwrap();
    let out = directory.path().join("out");
    let sample = project("snapshots/broken.trailproof");
    let sample = sample.to_str().unwrap();
    let records = project("snapshots/records");
    let records = records.to_str().unwrap();
    for arguments in [
        vec!["analyze", path],
        vec!["analyze", "--format", "json", path],
        vec!["explain", path, "root_usage"],
        vec!["diff", path, sample],
        vec!["diff", sample, path],
        vec!["query", path, "select * from alarm"],
        vec!["remediate", path],
        vec!["replay", path, records],
        vec!["redact", path, "-o", out.to_str().unwrap()],
        #[cfg(feature = "collect")]
        vec!["collect", "--from", path, "-o", out.to_str().unwrap()],
    ] {
        let (code, stdout, stderr) = run(&arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert!(
            // Facts of another derivation are held to their digest alone.
            stderr.contains("is not as it was written: ")
                && (stderr.contains("is not what the evidence gives")
                    || stderr.contains("facts_sha256 does not match")),
            "{arguments:?}: {stderr}"
        );
    }
    assert!(!out.exists());
}

#[test]
fn without_verifying_every_output_says_so() {
    let (directory, path) = edited();
    let path = path.to_str().unwrap();
    let out = directory.path().join("out");
    for arguments in [
        vec!["analyze", path],
        vec!["analyze", "--format", "markdown", path],
        vec!["explain", path, "root_usage"],
        vec!["diff", path, path],
        vec!["diff", "--format", "markdown", path, path],
    ] {
        let (code, stdout, _) = run(&[&arguments[..], &["--no-verify"]].concat());
        assert!(matches!(code, Some(0 | 1)), "{arguments:?}");
        let words = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("was not verified"),
            "{arguments:?}: {stdout}"
        );
    }
    for arguments in [
        vec!["analyze", "--format", "csv", path],
        vec!["query", path, "select 1"],
        vec!["redact", path, "-o", out.to_str().unwrap()],
    ] {
        let (code, _, stderr) = run(&[&arguments[..], &["--no-verify"]].concat());
        assert!(matches!(code, Some(0 | 1)), "{arguments:?}: {stderr}");
        assert!(
            stderr.contains("was not verified"),
            "{arguments:?}: {stderr}"
        );
    }
    let snapshot = |arguments: &[&str], member: &str| -> Value {
        let (_, stdout, _) = run(arguments);
        let report: Value = serde_json::from_str(&stdout).unwrap();
        report[member]["verified"].clone()
    };
    let json = ["--format", "json"];
    for (expected, more, file) in [
        (false, vec!["--no-verify"], path.to_owned()),
        (
            true,
            vec![],
            project("snapshots/broken.trailproof").display().to_string(),
        ),
    ] {
        let analyze = [&["analyze", &file], &json[..], &more].concat();
        assert_eq!(snapshot(&analyze, "snapshot"), expected);
        let diff = [&["diff", &file, &file], &json[..], &more].concat();
        assert_eq!(snapshot(&diff, "baseline"), expected);
        assert_eq!(snapshot(&diff, "current"), expected);
    }
}

/// Runs a command that would write to `target`, which must stay as it is.
fn keeps(target: &Path, arguments: &[&str], why: &str) {
    let before = fs::read(target).unwrap();
    let (code, _, stderr) = run(arguments);
    assert_eq!(code, Some(2), "{arguments:?}: {stderr}");
    assert!(stderr.contains(why), "{arguments:?}: {stderr}");
    assert_eq!(fs::read(target).unwrap(), before, "{arguments:?}");
}

#[test]
fn no_command_overwrites_a_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let copy = |name: &str, sample: &str| {
        let path = directory.path().join(name);
        fs::copy(project(&format!("snapshots/{sample}.trailproof")), &path).unwrap();
        path
    };
    let (read, other) = (copy("read", "broken"), copy("other", "empty"));
    let database = directory.path().join("database");
    Connection::open(&database)
        .unwrap()
        .execute_batch("create table precious (x)")
        .unwrap();
    let mut targets = vec![read.clone(), other.clone(), database.clone()];
    #[cfg(unix)]
    {
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&read, &link).unwrap();
        targets.push(link);
        let hard = directory.path().join("hard");
        fs::hard_link(&read, &hard).unwrap();
        targets.push(hard);
    }
    let read = read.to_str().unwrap();
    let records = project("snapshots/records");
    let records = records.to_str().unwrap();
    // By a way around as well.
    let nested = directory.path().join("nested");
    fs::create_dir(&nested).unwrap();
    targets.push(nested.join("../read"));
    for target in &targets {
        let name = target.to_str().unwrap();
        for force in [&[][..], &["--force"]] {
            for arguments in [
                vec!["analyze", read, "-o", name],
                vec!["analyze", read, "--format", "json", "--output", name],
                vec!["diff", read, read, "-o", name],
                vec!["explain", read, "root_usage", "-o", name],
                vec!["remediate", read, "-o", name],
                vec!["replay", read, records, "-o", name],
                vec!["show", read, "1", "-o", name],
                vec!["show", read, "1", "--raw", "-o", name],
            ] {
                keeps(
                    target,
                    &[&arguments[..], force].concat(),
                    "is not overwritten",
                );
            }
            keeps(target, &[&["redact", read, "-o", name], force].concat(), "");
        }
    }
    // A collection or an import replaces a snapshot by --force, but none that somebody signed, nor another's database.
    let folder = directory.path().join("folder");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("sts_get-caller-identity.json"),
        r#"{"UserId": "A", "Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/a"}"#,
    )
    .unwrap();
    let import = |target: &Path| {
        let (folder, target) = (folder.to_str().unwrap(), target.to_str().unwrap());
        ["import", folder, "-o", target, "--force"].map(str::to_owned)
    };
    let as_texts = |arguments: &[String; 5]| -> Vec<String> { arguments.to_vec() };
    fs::write(directory.path().join("other.sig"), "a signature").unwrap();
    for (target, why) in [
        (&other, "a signed snapshot"),
        (&database, "a database of another"),
    ] {
        let arguments = as_texts(&import(target));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        keeps(target, &arguments, why);
    }
}

#[test]
fn another_file_is_replaced_with_force_alone_and_only_by_a_whole_report() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("report");
    fs::write(&target, "mine").unwrap();
    let name = target.to_str().unwrap();
    let sample = project("snapshots/broken.trailproof");
    let sample = sample.to_str().unwrap();
    keeps(&target, &["analyze", sample, "-o", name], "--force");
    keeps(&target, &["diff", sample, sample, "-o", name], "--force");
    // Bad input loses nothing, with --force either.
    for arguments in [
        vec!["analyze", "/none", "-o", name, "--force"],
        vec![
            "analyze",
            sample,
            "--benchmark",
            "none",
            "-o",
            name,
            "--force",
        ],
        vec![
            "analyze", sample, "--attest", "/none", "-o", name, "--force",
        ],
        vec!["diff", sample, "/none", "-o", name, "--force"],
        vec!["redact", "/none", "-o", name, "--force"],
        vec!["import", "/none", "-o", name, "--force"],
    ] {
        keeps(&target, &arguments, "");
    }
    let (code, ..) = run(&["analyze", sample, "-o", name, "--force"]);
    assert_eq!(code, Some(1));
    let report = fs::read_to_string(&target).unwrap();
    assert!(
        report.contains("root_usage") || report.contains("fail"),
        "{report}"
    );
    let names = fs::read_dir(&directory).unwrap().count();
    assert_eq!(names, 1);
    let (code, ..) = run(&["analyze", sample, "-o", "/dev/null"]);
    assert_eq!(code, Some(1), "nothing is lost in /dev/null");
}

/// `remediate -o fix.tf` wrote a shell script, `replay -o report.md` and `show -o rows.json` a page for a terminal.
#[test]
fn the_ending_of_a_file_chooses_the_format_in_every_command() {
    let place = tempfile::tempdir().unwrap();
    let sample = |name: &str| project("snapshots").join(name).to_str().unwrap().to_owned();
    let (broken, records) = (sample("broken.trailproof"), sample("records"));
    let root = ["remediate", &broken, "--control", "root_usage"];
    for (name, arguments, begins) in [
        ("fix.sh", &root[..], "#!/bin/sh"),
        ("fix.tf", &root, "#"),
        ("fix.md", &root, "- "),
        ("fix.yaml", &root, "#"),
        ("plan.json", &root, "{"),
        ("played.md", &["replay", &broken, &records], "#"),
        ("played.json", &["replay", &broken, &records], "{"),
        ("rows.json", &["show", &broken, "1"], "["),
        ("changes.md", &["diff", &broken, &broken], "#"),
        ("told.md", &["explain", &broken, "root_usage"], "#"),
        ("found.csv", &["analyze", &broken], "severity,"),
    ] {
        let path = place.path().join(name);
        let (_, _, told) = run(&[arguments, &["-o", path.to_str().unwrap()]].concat());
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name}: {told}"));
        assert!(
            text.starts_with(begins),
            "{name}: {}",
            &text[..80.min(text.len())]
        );
        let told_apart = [
            ("fix.tf", "resource \""),
            ("fix.yaml", "AWSTemplateFormatVersion"),
        ];
        if let Some((_, word)) = told_apart.iter().find(|(it, _)| *it == name) {
            assert!(text.contains(word), "{name}");
        }
    }
}
