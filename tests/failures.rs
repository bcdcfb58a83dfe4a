//! docs/delivery-chain.md holds every failure id once, under its title, and says no other verdict than the tests of the chain.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use trailproof::chain::verdict::LinkId;

use crate::support::project;

/// Failure id -> (title, what trailproof says), in the order of the document.
fn rows() -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(project("docs/delivery-chain.md")).unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.split(" | ")
            .map(|it| it.trim_matches(['|', ' ']).to_owned())
            .collect()
    };
    let is_row = |cells: &[String]| cells.len() >= 3 && cells[0].parse::<LinkId>().is_ok();
    text.lines()
        .map(cells)
        .filter(|cells| is_row(cells))
        .map(|mut cells| (cells.remove(0), cells.remove(0), cells.remove(0)))
        .collect()
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn every_failure_is_in_the_table_once_under_its_title() {
    let told: Vec<(String, String)> = rows()
        .into_iter()
        .map(|(id, title, _)| (id, title))
        .collect();
    let all: Vec<(String, String)> = LinkId::ALL
        .iter()
        .map(|id| (id.code().to_owned(), id.title().to_owned()))
        .collect();
    assert_eq!(told, all);
}

#[test]
fn what_is_not_shown_is_not_in_the_code_and_the_rest_is() {
    let mut files = Vec::new();
    sources(&project("src/chain"), &mut files);
    let code: String = files
        .iter()
        .filter(|path| !path.ends_with("verdict.rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for (id, _, says) in rows() {
        let used = code.contains(&format!("LinkId::{id}"));
        assert_eq!(
            !used,
            says.starts_with("not shown: "),
            "{id}: docs/delivery-chain.md says `{says}`"
        );
    }
}

#[test]
fn the_verdicts_are_those_that_the_tests_of_the_chain_show() {
    let mut files = Vec::new();
    sources(&project("tests/chain"), &mut files);
    let rows: BTreeMap<String, String> =
        rows().into_iter().map(|(id, _, says)| (id, says)).collect();
    let mut checked = 0;
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for call in text.split("fault(").skip(1) {
            let words: Vec<&str> = call
                .split([',', '\n', ' '])
                .filter(|it| !it.is_empty())
                .take(2)
                .collect();
            let (Some(id), Some(verdict)) = (
                words[0].strip_prefix("LinkId::"),
                words[1].strip_prefix("Verdict::"),
            ) else {
                continue;
            };
            // Whatever cannot be read is unknown: said once for all.
            if verdict == "Unknown" {
                continue;
            }
            let verdict = verdict.to_lowercase();
            assert!(
                rows[id].contains(&verdict),
                "{id} is shown as {verdict}, docs/delivery-chain.md says `{}`",
                rows[id]
            );
            checked += 1;
        }
    }
    assert!(checked > 60, "{checked}");
}
