//! The sample snapshots of `snapshots/`: sealed, equal to themselves, and judged as their README says.

use std::path::PathBuf;

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
        for finding in report["findings"].as_array().unwrap() {
            let text = |member: &str| finding[member].as_str().unwrap_or("-").to_owned();
            table.push_str(&format!(
                "{name} {} {} {} {} {}\n",
                text("account"),
                text("control"),
                text("status"),
                text("letter"),
                text("broken_link")
            ));
        }
    }
    golden::check("samples.txt", &table);
}
