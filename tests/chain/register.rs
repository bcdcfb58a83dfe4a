//! Every failure id has a test of its own here, or a reason in ARCHITECTURE.md why it has none.

use std::collections::BTreeSet;

use super::*;
use crate::support::project;

/// Ids of the table under "What a snapshot cannot show".
fn without_test() -> BTreeSet<String> {
    let text = std::fs::read_to_string(project("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let (_, chapter) = text
        .split_once("## What a snapshot cannot show")
        .expect("the chapter");
    let chapter = chapter.split("\n## ").next().unwrap_or_default();
    let cells = chapter
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    cells
        .filter(|cell| cell.parse::<LinkId>().is_ok())
        .map(str::to_owned)
        .collect()
}

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
    let reasons = without_test();
    let tests = with_test();
    for id in LinkId::ALL {
        let told = (reasons.contains(id.code()), tests.contains(id.code()));
        // L08 has both: a test that it is no fault.
        assert!(
            told.0 || told.1,
            "{id} has neither a test in tests/chain nor a reason in ARCHITECTURE.md"
        );
        assert!(
            told != (true, true) || *id == LinkId::L08,
            "{id} has a test and a reason why there is none"
        );
    }
}
