//! The Terraform form, read by Terraform itself, and the CloudFormation form, read by cfn-lint.
//!
//! Terraform is looked for on `PATH`, and its AWS provider below the folder that `TRAILPROOF_TF_PLUGINS` names (laid out as
//! `registry.terraform.io/hashicorp/aws/VERSION/PLATFORM/`, as `terraform providers mirror` writes it); without it a
//! folder of `/opt` that is laid out so is taken. cfn-lint and python-hcl2 come with the emulators. What is absent is skipped with
//! a word.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{project, trailproof};

/// The account with a Region that has no rule: what neither sample has.
const RULES: &str = "rules";

fn form(sample: &str, format: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("rules.trailproof");
    let mut command = trailproof();
    command.arg("remediate");
    if sample == RULES {
        super::regions::watched_but_for(&["ap-northeast-3", "sa-east-1"]).write_snapshot(&made);
        command.arg(&made).args(["--control", "cloudtrail_changes"]);
    } else {
        command.arg(project("snapshots").join(format!("{sample}.trailproof")));
    }
    let output = command
        .args(["--region", "eu-west-1", "--format", format])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}

fn terraform(folder: &Path, arguments: &[&str]) {
    terraform_by(Command::new("terraform"), folder, arguments);
}

fn terraform_by(mut command: Command, folder: &Path, arguments: &[&str]) {
    let output = command
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

/// The provider's folder where Terraform is there as well; none, having said so, elsewhere.
fn installed() -> Option<PathBuf> {
    let terraform = Command::new("terraform").arg("version").output().is_ok();
    let plugins = plugins().filter(|_| terraform);
    if plugins.is_none() {
        eprintln!("skipped: needs terraform and its AWS provider (TRAILPROOF_TF_PLUGINS)");
    }
    plugins
}

/// A tool of the emulators' virtual environment; none, having said so, where it was not made.
fn tool(name: &str) -> Option<PathBuf> {
    let bin = PathBuf::from(std::env::var_os("TRAILPROOF_EMULATORS").unwrap_or_default());
    let tool = bin.join("bin").join(name);
    if !tool.exists() {
        eprintln!("skipped: {name} comes with the emulators; run the tests with `tests/run`");
        return None;
    }
    Some(tool)
}

#[test]
fn a_reader_of_hcl_that_is_not_terraforms_reads_the_configuration() {
    let Some(python) = tool("python") else {
        return;
    };
    for sample in ["broken", "empty", "complete", RULES] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("main.tf");
        std::fs::write(&path, form(sample, "terraform")).unwrap();
        let output = Command::new(&python)
            .args([
                "-c",
                "import hcl2, sys; print(sorted(hcl2.load(open(sys.argv[1]))))",
            ])
            .arg(&path)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sample}: {error}");
        let found = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            found.contains("'resource'"),
            sample != "complete",
            "{found}"
        );
    }
}

/// Faults whose repair moto does not hold: it keeps the empty filter policy by which Terraform takes one away.
#[cfg(feature = "collect")]
const NOT_ON_MOTO: [&str; 2] = ["U04", "U05"];

/// Terraform carries the fix of an account out, then has nothing left to do, and every control passes.
#[cfg(feature = "collect")]
fn terraform_repairs(
    aws: &crate::support::emulator::Emulator,
    plugins: &Path,
    order: &serde_json::Value,
) {
    let account = order["account"].as_str().unwrap();
    aws.order(order);
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let mut command = aws.command(program, account);
        command
            .env("AWS_REGION", "eu-west-1")
            .current_dir(folder.path());
        command.args(arguments).output().unwrap()
    };
    let trailproof = env!("CARGO_BIN_EXE_trailproof");
    let collect = [
        "collect",
        "--region=eu-west-1",
        "--region=us-east-1",
        "--output",
    ];
    run(trailproof, &[&collect[..], &["before"]].concat());
    let wishes = ["--email=security@example.com", "--region=eu-west-1"];
    let form = ["remediate", "before", "--format=terraform"];
    let output = run(trailproof, &[&form[..], &wishes].concat());
    // Of a log group that no trail delivered to, only another collection knows everything: exit code 1 says so.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{order}");
    let text = String::from_utf8(output.stdout).unwrap();
    let aliases = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("alias "));
    let local: String = aliases
        .map(|alias| {
            format!(
                "provider \"aws\" {{\n  alias {alias}\n  s3_use_path_style = true\n  \
                 skip_credentials_validation = true\n  skip_metadata_api_check = true\n  \
                 skip_region_validation = true\n}}\n"
            )
        })
        .collect();
    std::fs::write(folder.path().join("main.tf"), text).unwrap();
    std::fs::write(folder.path().join("override.tf"), local).unwrap();
    let plugins = format!("-plugin-dir={}", plugins.display());
    let terraform = |arguments: &[&str]| {
        terraform_by(aws.command("terraform", account), folder.path(), arguments);
    };
    terraform(&["init", "-no-color", &plugins]);
    terraform(&["apply", "-no-color", "-auto-approve"]);
    terraform(&["plan", "-no-color", "-detailed-exitcode"]);
    run(trailproof, &[&collect[..], &["after"]].concat());
    let output = run(trailproof, &["analyze", "after", "--quiet"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{order}: {said}");
}

#[cfg(feature = "collect")]
#[test]
fn terraform_applies_the_fix_of_every_fault_that_moto_holds_and_plans_nothing_after_it() {
    use crate::support::emulator::Emulator;
    use serde_json::json;

    let Some(plugins) = installed() else {
        return;
    };
    let Some(aws) = Emulator::start("moto") else {
        return;
    };
    for (number, mut faults) in super::matrix::each_fault_once().into_iter().enumerate() {
        faults.retain(|_, fault| !NOT_ON_MOTO.contains(&fault.as_str()));
        let account = format!("{:012}", 600_000_000_000 + number as u64);
        let order = json!({"build": "faults", "account": account, "broken": faults});
        terraform_repairs(&aws, &plugins, &order);
    }
    for (number, fault) in ["T01c", "T02", "L01"].into_iter().enumerate() {
        let account = format!("{:012}", 610_000_000_000 + number as u64);
        let order = json!({"build": "faults", "account": account, "everything": fault});
        terraform_repairs(&aws, &plugins, &order);
    }
}

#[test]
fn terraform_takes_the_configuration_as_it_formats_and_validates_it() {
    let Some(plugins) = installed() else {
        return;
    };
    for sample in ["broken", "empty", RULES] {
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
    let Some(lint) = tool("cfn-lint") else {
        return;
    };
    for sample in ["broken", "empty", RULES] {
        let folder = tempfile::tempdir().unwrap();
        let text = form(sample, "cloudformation");
        // Each Region has a template of its own.
        for (number, template) in text.split("\n---\n").enumerate() {
            let path = folder.path().join(format!("template-{number}.yaml"));
            std::fs::write(&path, template).unwrap();
            let output = Command::new(&lint).arg(&path).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{sample}: {said}");
        }
    }
}
