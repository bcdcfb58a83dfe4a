//! The command line as a whole: exit codes, streams, usage errors.

use crate::support::trailproof;

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
