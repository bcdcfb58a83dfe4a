//! Every failure id has a test of its own here, or a reason in the table why it has none.

use std::collections::BTreeSet;
use std::process::Command;

use super::*;

/// Ids that begin the name of a test of this folder, as the test program lists its tests.
fn with_test() -> BTreeSet<String> {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--list", "--format", "terse", "chain::"])
        .output()
        .expect("a list");
    let list = String::from_utf8(output.stdout).expect("text");
    let tests = list.lines().filter_map(|line| line.strip_suffix(": test"));
    tests
        .filter_map(|test| test.rsplit("::").next()?.split('_').next())
        .map(str::to_uppercase)
        .filter(|id| id.parse::<LinkId>().is_ok())
        .collect()
}

#[test]
fn every_failure_id_has_a_test_or_a_reason() {
    let tests = with_test();
    for id in LinkId::ALL {
        let not_shown = id.failure().not_shown.is_some();
        // L08 has both: a test that it is no fault.
        assert!(
            not_shown != tests.contains(id.code()) || *id == LinkId::L08,
            "{id} has either a test in tests/chain or a reason in the table why it has none"
        );
    }
}
