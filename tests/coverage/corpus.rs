//! The decision on real patterns: the benchmark's texts, and what public repositories deploy.

use super::pattern;
use crate::support::{golden, shared, shared_lines};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use trailproof::coverage::{Covers, EventModel, Predicate, RelationKind, Scope, covers, relation};
use trailproof::pattern::{Semantics, ast::PatternKind, matches, parse};
use trailproof::report::words::coverage::{premise, undecided};

fn letter(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Equivalent => "equivalent",
        RelationKind::Broader => "broader",
        RelationKind::Narrower => "narrower",
        RelationKind::Overlapping => "overlapping",
        RelationKind::Disjoint => "disjoint",
        RelationKind::Unknown => "unknown",
    }
}

/// What an event is about, in a few words.
fn about(event: &Value) -> String {
    let mut words = Vec::new();
    for path in [
        "/eventName",
        "/eventSource",
        "/errorCode",
        "/sourceIPAddress",
        "/userIdentity/type",
        "/additionalEventData/MFAUsed",
        "/responseElements/ConsoleLogin",
    ] {
        if let Some(value) = event.pointer(path) {
            let name = path.rsplit('/').next().unwrap_or(path);
            words.push(format!(
                "{name}={}",
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            ));
        }
    }
    words.join(" ")
}

/// How every published text of a control stands to every other. Texts are named by their number in the shared data,
/// which is where to read them; docs/filter-patterns.md explains what surprises.
#[test]
fn the_relations_between_all_published_texts() {
    let Some(path) = shared("data/controls.json") else {
        return;
    };
    let controls: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut text = String::new();
    for control in &controls {
        let mut variants: BTreeMap<u64, &str> = BTreeMap::new();
        for published in control["patterns"].as_array().unwrap() {
            variants
                .entry(published["variant"].as_u64().unwrap())
                .or_insert(published["text"].as_str().unwrap());
        }
        if variants.is_empty() {
            continue;
        }
        writeln!(text, "{}", control["control"].as_str().unwrap()).unwrap();
        let mut parsed = Vec::new();
        for (number, variant) in &variants {
            match parse(variant) {
                Ok(pattern) => parsed.push((number, Predicate::from_pattern(&pattern))),
                Err(error) => {
                    writeln!(text, "  {number} does not parse: {}", error.kind.name()).unwrap()
                }
            }
        }
        for (required_number, required) in &parsed {
            for (deployed_number, deployed) in &parsed {
                if required_number == deployed_number {
                    continue;
                }
                let found = relation(
                    required,
                    deployed,
                    &EventModel::cloudtrail(),
                    &Scope::default(),
                );
                write!(
                    text,
                    "  {required_number} deployed {deployed_number}: {}",
                    letter(found.kind)
                )
                .unwrap();
                if let Covers::No { missed } = &found.covers {
                    write!(text, "; missed {}", about(missed)).unwrap();
                }
                if let Some(extra) = &found.extra {
                    write!(text, "; extra {}", about(extra)).unwrap();
                }
                for assumption in found.assumptions.iter().copied().map(premise) {
                    write!(text, "; assuming {assumption}").unwrap();
                }
                text.push('\n');
            }
        }
    }
    golden::check("coverage/relations.txt", &text);
}

/// Pairs within a control; of the patterns without a control every tenth pair.
#[test]
fn pairs_of_public_patterns_are_decided() {
    let Some(lines) = shared_lines("data/patterns.jsonl") else {
        return;
    };
    let mut by_control: BTreeMap<String, Vec<(String, Predicate)>> = BTreeMap::new();
    for line in &lines {
        let text = line["pattern"].as_str().unwrap();
        let Ok(pattern) = parse(text) else { continue };
        if matches!(pattern.kind, PatternKind::Json(_)) {
            let known = by_control
                .entry(line["control"].as_str().unwrap().to_owned())
                .or_default();
            if !known.iter().any(|(other, _)| other == text) {
                known.push((text.to_owned(), Predicate::from_pattern(&pattern)));
            }
        }
    }
    let (mut pairs, mut unknown) = (0_usize, Vec::new());
    for (control, patterns) in &by_control {
        let step = if control == "other" { 97 } else { 3 };
        let all = patterns
            .iter()
            .flat_map(|left| patterns.iter().map(move |right| (left, right)));
        for ((required_text, required), (deployed_text, deployed)) in all.step_by(step) {
            pairs += 1;
            match covers(
                required,
                deployed,
                &EventModel::cloudtrail(),
                &Scope::default(),
            ) {
                Covers::Yes { .. } => {}
                Covers::No { missed } => {
                    let event = missed.to_string();
                    for (text, expected) in [(required_text, true), (deployed_text, false)] {
                        assert_eq!(
                            matches(&parse(text).unwrap(), &event, &Semantics::default()),
                            expected,
                            "{text} on {event}"
                        );
                    }
                }
                Covers::Unknown { reason } => {
                    let reason = undecided(&reason);
                    assert!(!reason.is_empty());
                    unknown.push(format!("{required_text} / {deployed_text}: {reason}"));
                }
            }
        }
    }
    assert!(pairs > 500, "{pairs}");
    assert!(
        unknown.len() * 50 < pairs,
        "{} of {pairs} are unknown: {:#?}",
        unknown.len(),
        unknown
    );
}

/// Patterns made to be hard end, whatever the answer.
#[test]
fn hard_patterns_end_within_the_bound() {
    let many = |count: usize, part: &dyn Fn(usize) -> String, by: &str| {
        format!(
            "{{ {} }}",
            (0..count).map(part).collect::<Vec<_>>().join(by)
        )
    };
    let contains = many(
        12,
        &|at| format!("$.a = \"*{}*\"", (b'a' + at as u8) as char),
        " && ",
    );
    let either = many(
        12,
        &|at| format!("$.a = \"*{}*\"", (b'a' + at as u8) as char),
        " || ",
    );
    let stars = format!("{{ $.a = \"{}\" }}", "*ab".repeat(330));
    let other_stars = format!("{{ $.a = \"{}\" }}", "*ba".repeat(330));
    let nested = format!("{{ {}$.a = 1{} }}", "(".repeat(120), ")".repeat(120));
    let parity = many(12, &|at| format!("($.f{at} = x || $.g{at} = y)"), " && ");
    let crossed = many(12, &|at| format!("($.f{at} = x && $.g{at} != y)"), " || ");
    let regex = "{ $.a = %[ab]{0,40}c[ab]{0,40}% && $.b = 1 }".to_owned();
    let regexes = "{ $.a != %(a|b)% }";
    assert!(parse(regexes).is_err(), "no groups in AWS's subset");
    let other_regex = "{ $.a = %a.{12}b.{12}% }".to_owned();
    let wild = many(3, &|at| format!("$.a[*].b{at} != x"), " && ");
    let paths = many(50, &|at| format!("$.p{at} NOT EXISTS"), " && ");
    let patterns = [
        contains,
        either,
        stars,
        other_stars,
        nested,
        parity,
        crossed,
        regex,
        other_regex,
        wild,
        paths,
    ];
    for required in &patterns {
        for deployed in &patterns {
            let started = std::time::Instant::now();
            let answer = covers(
                &pattern(required),
                &pattern(deployed),
                &EventModel::none(),
                &Scope::default(),
            );
            if required == deployed {
                assert!(answer.is_yes(), "{required}: {answer:?}");
            }
            if let Covers::Unknown { reason } = &answer {
                assert!(!undecided(reason).is_empty());
            }
            // No figure is asserted, but a hang should be seen as one.
            assert!(started.elapsed().as_secs() < 120, "{required} / {deployed}");
        }
    }
}
