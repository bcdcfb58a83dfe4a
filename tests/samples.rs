//! The sample snapshots of `snapshots/`: sealed, equal to themselves, and judged as their README says.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{golden, project, trailproof};

fn samples() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(project("snapshots"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "trailproof")
        })
        .collect();
    files.sort();
    assert!(files.len() >= 4, "{files:?}");
    files
}

#[test]
fn every_sample_is_sealed() {
    for file in samples() {
        trailproof().arg("verify").arg(&file).assert().code(0);
    }
}

#[test]
fn every_sample_is_small() {
    for file in samples() {
        let size = std::fs::metadata(&file).unwrap().len();
        assert!(size < 400_000, "{}: {size}", file.display());
    }
}

#[test]
fn a_sample_does_not_differ_from_itself() {
    for file in samples() {
        trailproof()
            .arg("diff")
            .args([&file, &file])
            .assert()
            .code(0);
    }
}

/// What a report in JSON finds, a line a finding: account, control, status, audit steps, broken link.
pub fn rows(name: &str, report: &Value) -> String {
    let findings = report["findings"].as_array().unwrap().iter();
    let rows = findings.map(|finding| {
        let members = ["account", "control", "status", "audit_steps", "broken_link"];
        let texts = members.map(|member| finding[member].as_str().unwrap_or("-"));
        format!("{name} {}\n", texts.join(" "))
    });
    rows.collect()
}

/// Every control over every sample in one file, so that side effects show.
#[test]
fn every_control_over_every_sample() {
    let mut table = String::new();
    for file in samples() {
        let output = trailproof()
            .args(["analyze", "--format", "json"])
            .arg(&file)
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        table.push_str(&rows(&name, &report));
    }
    golden::check("samples.txt", &table);
}

/// Findings without names: control, status, audit steps and broken link, in order.
fn findings(file: &Path) -> Vec<String> {
    let output = trailproof()
        .args(["analyze", "--format", "json"])
        .arg(file)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut findings: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            ["control", "status", "audit_steps", "broken_link"]
                .map(|member| finding[member].as_str().unwrap_or("-"))
                .join(" ")
        })
        .collect();
    findings.sort();
    findings
}

#[test]
fn every_sample_keeps_its_findings_when_redacted() {
    let place = tempfile::tempdir().unwrap();
    for file in samples() {
        let redacted = place.path().join(file.file_name().unwrap());
        trailproof()
            .arg("redact")
            .arg(&file)
            .arg("--output")
            .arg(&redacted)
            .assert()
            .code(0);
        trailproof().arg("verify").arg(&redacted).assert().code(0);
        assert_eq!(findings(&redacted), findings(&file), "{}", file.display());
    }
}

#[cfg(feature = "collect")]
#[test]
fn every_sample_can_be_collected_from() {
    use crate::collect::{bare, facts_digest, succeed};

    let place = tempfile::tempdir().unwrap();
    for file in samples() {
        let replayed = place.path().join(file.file_name().unwrap());
        succeed(bare(&replayed).arg("--from").arg(&file));
        // The sample's own digest is of the derivation that made it: the two files are compared as they are read.
        let output = trailproof()
            .args(["diff", "--format", "json"])
            .args([&file, &replayed])
            .output()
            .unwrap();
        let diff: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        for part in ["presence", "findings", "facts", "gaps"] {
            assert_eq!(
                diff[part],
                serde_json::json!([]),
                "{part}: {}",
                file.display()
            );
        }
        let again = place.path().join("again.trailproof");
        succeed(bare(&again).arg("--force").arg("--from").arg(&replayed));
        assert_eq!(facts_digest(&again), facts_digest(&replayed));
    }
}

/// One flipped byte in any part of a file is found, whatever it belongs to.
#[test]
fn a_flipped_byte_of_a_sample_is_found() {
    let place = tempfile::tempdir().unwrap();
    for file in samples() {
        let whole = std::fs::read(&file).unwrap();
        let flipped = place.path().join("flipped.trailproof");
        for part in 0..16 {
            let at = whole.len() * part / 16 + 7 * part + 24;
            let mut bytes = whole.clone();
            bytes[at] ^= 0x20;
            std::fs::write(&flipped, &bytes).unwrap();
            let code = trailproof()
                .arg("verify")
                .arg(&flipped)
                .output()
                .unwrap()
                .status
                .code();
            assert!(
                matches!(code, Some(1 | 2)),
                "{} with byte {at} flipped: {code:?}",
                file.display()
            );
        }
    }
}
