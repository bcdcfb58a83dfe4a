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
