//! Every failure id has a test of its own here, or a reason in the table why it has none.

use std::collections::BTreeSet;

use super::*;
use crate::support::project;

/// Ids that begin the name of a test.
fn with_test() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(project("tests/chain")).expect("a directory") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a file");
        for test in text.split("#[test]\nfn ").skip(1) {
            let id = test.split('_').next().unwrap_or_default().to_uppercase();
            if id.parse::<LinkId>().is_ok() {
                found.insert(id);
            }
        }
    }
    found
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
