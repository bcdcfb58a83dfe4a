//! The Terraform form, read by Terraform itself, and the CloudFormation form, read by cfn-lint.
//!
//! Terraform is looked for on `PATH`, and its AWS provider below the folder that `TRAILPROOF_TF_PLUGINS` names (laid out as
//! `registry.terraform.io/hashicorp/aws/VERSION/PLATFORM/`, as `terraform providers mirror` writes it); without it a
//! folder of `/opt` that is laid out so is taken. cfn-lint comes with the emulators. What is absent is skipped with a word.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{project, trailproof};

fn form(sample: &str, format: &str) -> String {
    let output = trailproof()
        .arg("remediate")
        .arg(project("snapshots").join(format!("{sample}.trailproof")))
        .args(["--region", "eu-west-1", "--format", format])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}

fn terraform(folder: &Path, arguments: &[&str]) {
    let output = Command::new("terraform")
        .args(arguments)
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .env("CHECKPOINT_DISABLE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "terraform {arguments:?}: {said}{error}"
    );
}

/// The folder with the AWS provider: the one that is named, else one in `/opt` that is laid out so.
fn plugins() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TRAILPROOF_TF_PLUGINS") {
        return Some(PathBuf::from(named));
    }
    let folders = std::fs::read_dir("/opt").ok()?.flatten();
    let mut folders = folders.map(|folder| folder.path());
    folders.find(|folder| folder.join("registry.terraform.io").is_dir())
}

#[test]
fn terraform_takes_the_configuration_as_it_formats_and_validates_it() {
    let installed = Command::new("terraform").arg("version").output().is_ok();
    let Some(plugins) = plugins().filter(|_| installed) else {
        eprintln!("skipped: needs terraform and its AWS provider (TRAILPROOF_TF_PLUGINS)");
        return;
    };
    for sample in ["broken", "empty"] {
        let text = form(sample, "terraform");
        let digits = |word: &str| word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit());
        let code = text.lines().filter(|line| !line.starts_with('#'));
        for line in code {
            let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
            assert!(!words.any(digits), "an account is written: {line}");
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("main.tf"), text).unwrap();
        terraform(folder.path(), &["fmt", "-check", "-diff"]);
        let plugins = format!("-plugin-dir={}", plugins.display());
        terraform(folder.path(), &["init", "-no-color", &plugins]);
        terraform(folder.path(), &["validate", "-no-color"]);
    }
}

#[test]
fn cfn_lint_finds_nothing_in_the_templates() {
    let lint = PathBuf::from(std::env::var_os("TRAILPROOF_EMULATORS").unwrap_or_default())
        .join("bin/cfn-lint");
    if !lint.exists() {
        eprintln!("skipped: cfn-lint comes with the emulators; run the tests with `tests/run`");
        return;
    }
    for sample in ["broken", "empty"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("template.yaml");
        std::fs::write(&path, form(sample, "cloudformation")).unwrap();
        let output = Command::new(&lint).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{sample}: {said}");
    }
}
