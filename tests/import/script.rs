//! The printed script.

use crate::support::trailproof;
use std::collections::BTreeSet;
use std::process::Command;
use trailproof::snapshot::operations::{Need, OPERATIONS, always_enabled};

/// The script.
pub fn printed() -> String {
    let output = trailproof().args(["import", "--script"]).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// Product and operation of every call in the script.
fn calls(script: &str) -> BTreeSet<(String, String)> {
    let mut calls = BTreeSet::new();
    for line in script
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
    {
        let words: Vec<&str> = line
            .split([' ', '(', ')', ';'])
            .filter(|word| !word.is_empty())
            .collect();
        for window in words.windows(3) {
            let is_name = |word: &str| {
                word.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            };
            if matches!(window[0], "ask" | "aws") && is_name(window[1]) && is_name(window[2]) {
                calls.insert((window[1].to_owned(), window[2].trim_matches('"').to_owned()));
            }
        }
    }
    calls
}

#[test]
fn the_script_is_portable_shell() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("collect.sh");
    std::fs::write(&path, printed()).unwrap();
    for shell in ["sh", "dash", "bash", "busybox"] {
        let sh = (shell == "busybox").then_some("sh");
        let Ok(output) = Command::new(shell).args(sh).arg("-n").arg(&path).output() else {
            continue;
        };
        assert!(
            output.status.success(),
            "{shell}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let script = printed();
    assert!(script.starts_with("#!/bin/sh\n"));
    for (number, line) in script.lines().enumerate() {
        assert!(line.is_ascii() && line.len() <= 200, "line {}", number + 1);
        for foreign in [
            "[[ ",
            "function ",
            "local ",
            "<<<",
            "$'",
            "&>",
            "declare ",
            "mapfile",
        ] {
            if line.trim_start().starts_with('#') {
                continue;
            }
            let awk = line.trim_start().starts_with("function unquote");
            assert!(
                awk || !line.contains(foreign),
                "line {}: `{foreign}` is not POSIX",
                number + 1
            );
        }
    }
}

#[test]
fn the_script_reads_and_changes_nothing() {
    for (service, operation) in calls(&printed()) {
        let reads = ["describe-", "get-", "list-"]
            .iter()
            .any(|verb| operation.starts_with(verb));
        let known = matches!(
            (service.as_str(), operation.as_str()),
            ("sts", "assume-role") | ("configure", "get")
        );
        assert!(reads || known, "{service} {operation}");
    }
}

/// What `collect` asks, the script asks, and nothing that `import` does not know.
#[test]
fn the_script_asks_every_operation_of_the_table() {
    let asked = calls(&printed());
    let name = |operation: &str| {
        operation.chars().fold(String::new(), |mut name, c| {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
            name
        })
    };
    let known: BTreeSet<(String, String)> = OPERATIONS
        .iter()
        .map(|operation| {
            let product = if operation.service == "monitoring" {
                "cloudwatch"
            } else {
                operation.service
            };
            (product.to_owned(), name(operation.name))
        })
        .collect();
    for operation in OPERATIONS {
        let product = if operation.service == "monitoring" {
            "cloudwatch"
        } else {
            operation.service
        };
        assert!(
            asked.contains(&(product.to_owned(), name(operation.name))),
            "{} is not asked",
            operation.name
        );
    }
    for call in asked.iter().filter(|(product, _)| product != "configure") {
        assert!(known.contains(call), "{call:?}");
    }
    assert!(
        OPERATIONS
            .iter()
            .any(|operation| operation.need == Need::Needed)
    );
}

/// Without credentials nothing is left behind.
#[test]
fn the_script_refuses_wrong_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("collect.sh");
    std::fs::write(&path, printed()).unwrap();
    std::fs::create_dir(folder.path().join("taken")).unwrap();
    for args in [&["--frobnicate", "x"][..], &["--out"], &["--out", "taken"]] {
        let output = Command::new("sh")
            .arg(&path)
            .args(args)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            String::from_utf8(output.stderr)
                .unwrap()
                .starts_with("error: "),
            "{args:?}"
        );
    }
    assert!(!folder.path().join("aws-answers").exists());
}

/// The script is read by people and cannot ask this program: it repeats the regions, and must not repeat others.
#[test]
fn the_regions_that_nobody_can_switch_off_are_those_of_collect() {
    let script = printed();
    let (_, rest) = script.split_once("always_enabled() {").unwrap();
    let (body, _) = rest.split_once("\n}\n").unwrap();
    let named: BTreeSet<&str> = body
        .split_whitespace()
        .filter(|word| word.len() > 4 && word.ends_with(|c: char| c.is_ascii_digit()))
        .collect();
    let known: BTreeSet<&str> = ["aws", "aws-cn", "aws-us-gov"]
        .into_iter()
        .flat_map(always_enabled)
        .copied()
        .collect();
    assert_eq!(named, known);
}
