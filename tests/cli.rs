//! The command line as a whole: exit codes, streams, usage errors.

use std::path::Path;

use crate::support::{project, trailproof};

#[test]
fn usage_errors_exit_2_on_standard_error() {
    for args in [
        &["no-such-command"][..],
        &["--no-such-flag"],
        &[],
        &["pattern"],
        &["pattern", "no-such"],
    ] {
        let output = trailproof().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn help_and_version_exit_0_on_standard_output() {
    for args in [&["--help"][..], &["--version"], &["pattern", "--help"]] {
        let output = trailproof().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(!output.stdout.is_empty(), "{args:?}");
        assert!(output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn completions_and_manual_know_every_command() {
    let help = String::from_utf8(trailproof().arg("--help").output().unwrap().stdout).unwrap();
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .collect();
    assert!(
        commands.contains(&"pattern") && commands.len() > 3,
        "{help}"
    );
    for args in [
        &["completions", "bash"][..],
        &["completions", "zsh"],
        &["completions", "fish"],
        &["man"],
    ] {
        let output = trailproof().args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        let text = String::from_utf8(output.stdout)
            .unwrap()
            .replace("\\-", "-");
        for command in &commands {
            assert!(text.contains(command), "{args:?} does not know `{command}`");
        }
    }
    let page = trailproof()
        .args(["man", "pattern", "match"])
        .output()
        .unwrap();
    assert!(String::from_utf8(page.stdout).unwrap().contains("pattern"));
    assert_eq!(
        trailproof()
            .args(["man", "no-such"])
            .output()
            .unwrap()
            .status
            .code(),
        Some(2)
    );
}

fn sample() -> String {
    let path = project("snapshots/broken.trailproof");
    path.to_str().unwrap().to_owned()
}

fn output(args: &[&str], columns: &str) -> (Option<i32>, String, String) {
    let output = trailproof()
        .args(args)
        .env("COLUMNS", columns)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Reports cite `evidence 4, 6-35`; `show` took none of that, and said "invalid digit found in string".
#[test]
fn evidence_rows_are_named_as_reports_cite_them() {
    let sample = sample();
    let rows = |rows: &[&str]| {
        let args = [&["show", &sample, "--format", "json"][..], rows].concat();
        let (code, told, messages) = output(&args, "100");
        assert_eq!(code, Some(0), "{messages}");
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        let told = told.as_array().unwrap().iter();
        told.map(|row| row["evidence"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&["4,", "43-45"]), [4, 43, 44, 45]);
    assert_eq!(rows(&["56"]), [56]);
    for wrong in ["45-43", "x", "1-", "-1", "1.5", "99999999999"] {
        let (code, _, messages) = output(&["show", &sample, "--", wrong], "100");
        assert_eq!(code, Some(2));
        assert!(messages.contains("expected a row such as 56"), "{messages}");
    }
    let (code, _, messages) = output(&["show", &sample, "1-4000"], "100");
    assert_eq!(code, Some(2));
    assert!(messages.contains("the rows are 1 to "), "{messages}");
}

#[test]
fn an_option_that_would_do_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("answer");
    let out = out.to_str().unwrap();
    let sample = sample();
    for args in [
        &[
            "show", &sample, "56", "--raw", "-o", out, "--format", "json",
        ][..],
        &[
            "remediate",
            &sample,
            "--plan",
            "json",
            "--format",
            "terraform",
        ],
        &["import", "--script", "-o", out],
    ] {
        let (code, told, messages) = output(args, "100");
        assert_eq!((code, told.as_str()), (Some(2), ""), "{args:?}");
        assert!(messages.contains("cannot be used with"), "{messages}");
    }
    assert!(!Path::new(out).exists());
}

#[test]
fn a_time_that_is_none_says_how_one_is_written() {
    let sample = sample();
    for given in ["2026", "2026-11-21", "yesterday"] {
        let args = ["verify", &sample, "--allowed-signers", "x", "--at", given];
        let (code, _, messages) = output(&args, "100");
        assert_eq!(code, Some(2));
        assert!(
            messages.contains("expected a time such as 2026-11-26T14:00:00Z"),
            "{messages}"
        );
    }
}

/// What can be broken is no wider than the page; a path, an address, a digest or a pattern is there to be copied.
#[test]
fn no_line_that_can_be_broken_is_wider_than_the_page() {
    let sample = sample();
    let records = project("snapshots/records");
    for width in [60, 80] {
        for args in [
            &["replay", &sample, records.to_str().unwrap()][..],
            &["controls", "list"],
            &["controls", "list", "--section", "all"],
            &["controls", "show", "unauthorized_api_calls"],
            &["controls", "show", "root_usage"],
            &["verify", &sample],
            &["frameworks", "list"],
            &["frameworks", "show", "nist-800-53-r5"],
            &["frameworks", "show", "nist-800-171-r2"],
        ] {
            let (_, told, _) = output(args, &width.to_string());
            for line in told.lines() {
                let longest = line.split_whitespace().map(|word| word.chars().count());
                let whole = longest.max().unwrap_or_default() > 36 || line.contains("$.");
                assert!(
                    whole || line.chars().count() <= width,
                    "{args:?} at {width}: {line}"
                );
            }
        }
    }
}

/// Help that went to a full disk ended with 0 and without a word.
#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_written_is_an_error() {
    for args in [&["help"][..], &["--version"], &["analyze", "--help"]] {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_trailproof"))
            .args(args)
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with("error: "), "{args:?}: {told}");
    }
}

/// `import --region mars-1` recorded answers of a Region that no AWS has.
#[test]
fn a_word_that_is_no_region_is_refused_by_every_command() {
    let broken = project("snapshots/broken.trailproof");
    let broken = broken.to_str().unwrap();
    for args in [
        &["import", ".", "-o", "x.trailproof"][..],
        &["remediate", broken],
    ] {
        let output = trailproof()
            .args(args)
            .args(["--region", "mars-1"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("write it as in `eu-west-1`"), "{told}");
    }
}
