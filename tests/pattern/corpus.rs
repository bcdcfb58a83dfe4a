//! Real patterns and recorded answers of the live service.

use crate::support::{golden, shared_lines};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use trailproof::pattern::{Semantics, Star, matches, parse, parse_for_creation};

fn text<'v>(row: &'v serde_json::Value, key: &str) -> &'v str {
    row[key].as_str().unwrap_or_default()
}

/// What we say to a recorded question to `TestMetricFilter`.
fn answer(pattern: &str, event: &str, semantics: &Semantics) -> &'static str {
    match parse_for_creation(pattern) {
        Err(_) => "invalid",
        Ok(pattern) if matches(&pattern, event, semantics) => "match",
        Ok(_) => "nomatch",
    }
}

#[test]
fn every_recorded_answer_of_the_service_agrees() {
    let Some(rows) = shared_lines("data/testmetricfilter.jsonl") else {
        return;
    };
    let wrong: Vec<String> = rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| {
            let got = answer(
                text(row, "pattern"),
                text(row, "event"),
                &Semantics::default(),
            );
            (got != text(row, "expect")).then(|| {
                format!(
                    "row {}: {} expected {}, got {got}",
                    index + 1,
                    text(row, "pattern"),
                    text(row, "expect")
                )
            })
        })
        .collect();
    assert!(rows.len() > 100, "only {} rows", rows.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// D4: the recorded answers tell the readings of `*` apart, so the test above can fail.
#[test]
fn recorded_answers_contradict_the_other_readings_of_the_star() {
    let Some(rows) = shared_lines("data/testmetricfilter.jsonl") else {
        return;
    };
    for star in [Star::Glob, Star::Ends] {
        let semantics = Semantics {
            star,
            ..Semantics::default()
        };
        let agree = rows.iter().all(|row| {
            answer(text(row, "pattern"), text(row, "event"), &semantics) == text(row, "expect")
        });
        assert!(!agree, "{star:?} fits every row too");
    }
}

/// The rejected ones, by reason. Every line of the golden file was looked at by a person.
#[test]
fn real_patterns_parse_or_are_rejected_for_a_reason() {
    let Some(rows) = shared_lines("data/patterns.jsonl") else {
        return;
    };
    let mut rejected: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut parsed = 0;
    for (index, row) in rows.iter().enumerate() {
        match parse(text(row, "pattern")) {
            Ok(pattern) => {
                parsed += 1;
                let printed = pattern.to_string();
                let again = parse(&printed).unwrap_or_else(|error| panic!("`{printed}`: {error}"));
                assert_eq!(again.to_string(), printed);
            }
            Err(error) => {
                let place = error.pattern[..error.span.start].chars().count() + 1;
                rejected
                    .entry(error.kind.name())
                    .or_default()
                    .push(format!("line {} at {place}", index + 1));
            }
        }
    }
    let mut report = String::from(
        "# Patterns of data/patterns.jsonl that are rejected: the reason, how many, and each line with the character at fault.\n",
    );
    let _ = writeln!(report, "# {parsed} of {} parse.", rows.len());
    for (reason, lines) in rejected {
        let _ = writeln!(report, "\n{reason}: {}", lines.len());
        for line in lines {
            let _ = writeln!(report, "  {line}");
        }
    }
    golden::check("pattern/rejected.txt", &report);
}
