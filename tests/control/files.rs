use std::collections::BTreeSet;

use trailproof::control::{AlternativeKind, Registry};
use trailproof::pattern::{Matcher, Semantics, parse_for_creation};

use crate::support::project;

fn stems(folder: &str) -> BTreeSet<String> {
    std::fs::read_dir(project(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_embedded_is_what_lies_in_the_folders() {
    let registry = Registry::builtin().unwrap();
    let controls: BTreeSet<String> = registry.controls().iter().map(|it| it.id.clone()).collect();
    let benchmarks: BTreeSet<String> = registry
        .benchmarks()
        .iter()
        .map(|it| it.id.clone())
        .collect();
    assert_eq!(controls, stems("controls"));
    assert_eq!(benchmarks, stems("benchmarks"));
    let frameworks: BTreeSet<String> = registry
        .frameworks()
        .iter()
        .map(|it| it.id.clone())
        .collect();
    assert_eq!(frameworks, stems("frameworks"));
}

#[test]
fn ids_are_lower_snake_case() {
    for control in Registry::builtin().unwrap().controls() {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(control.id.chars().all(fits), "{}", control.id);
    }
}

#[test]
fn every_benchmark_that_a_control_names_exists_and_lists_it() {
    let registry = Registry::builtin().unwrap();
    for control in registry.controls() {
        let of_alternatives = control.alternatives.iter().flat_map(|it| &it.benchmarks);
        let of_misprints = control
            .alternatives
            .iter()
            .flat_map(|it| &it.misprints)
            .flat_map(|it| &it.benchmarks);
        let of_notes = control.notes.iter().flat_map(|it| &it.benchmarks);
        for name in of_alternatives.chain(of_misprints).chain(of_notes) {
            let benchmark = registry.benchmarks().iter().find(|it| it.id == *name);
            let benchmark =
                benchmark.unwrap_or_else(|| panic!("{}: no benchmark `{name}`", control.id));
            // The Organizations control is younger than 1.2 and the Security Hub controls.
            assert!(
                benchmark.number_of(&control.id).is_some(),
                "{}: `{name}` does not list it",
                control.id
            );
        }
    }
}

#[test]
fn every_control_of_a_benchmark_asks_for_something_under_it() {
    let registry = Registry::builtin().unwrap();
    for benchmark in registry.benchmarks() {
        for (number, control) in registry.controls_of(benchmark) {
            assert!(
                control.alternatives_for(&benchmark.id).next().is_some(),
                "{} {number}",
                benchmark.id
            );
            // What a user is told to deploy first is the benchmark's own text, where it prints one.
            let first = control.alternatives_for(&benchmark.id).next().unwrap();
            let own = control
                .alternatives_for(&benchmark.id)
                .any(|it| it.kind == benchmark.prints);
            assert!(
                !own || first.kind == benchmark.prints,
                "{} {number}",
                benchmark.id
            );
        }
    }
}

#[test]
fn every_cis_version_prints_a_text_for_each_of_its_controls() {
    let registry = Registry::builtin().unwrap();
    let versions: Vec<_> = registry
        .benchmarks()
        .iter()
        .filter(|it| it.family == "cis-aws")
        .collect();
    assert!(!versions.is_empty());
    for benchmark in versions {
        let controls = registry.controls_of(benchmark);
        assert!(!benchmark.audit.is_empty());
        for (number, control) in controls {
            assert!(
                control.printings_for(benchmark).next().is_some(),
                "{} {number}",
                benchmark.id
            );
        }
    }
}

#[test]
fn every_mapped_control_exists_and_no_document_has_two_names() {
    let registry = Registry::builtin().unwrap();
    let mut names = BTreeSet::new();
    for framework in registry.frameworks() {
        let own = [framework.id.clone(), framework.title()];
        for name in own.iter().chain(&framework.spellings) {
            let called = registry.frameworks().iter().filter(|it| it.is_called(name));
            assert_eq!(called.count(), 1, "`{name}` means several documents");
        }
        assert!(names.insert(framework.title()), "{}", framework.title());
        for mapping in &framework.mappings {
            assert!(registry.control(&mapping.control).is_some(), "{mapping:?}");
        }
    }
}

#[test]
fn every_control_says_what_it_is_about() {
    for control in Registry::builtin().unwrap().controls() {
        assert!(control.category.is_some(), "{}", control.id);
        assert!(!control.references.is_empty(), "{}", control.id);
    }
}

/// A version that only repeats an earlier text is `like` it; the control does not name it again.
#[test]
fn no_control_names_a_version_that_repeats_another() {
    let registry = Registry::builtin().unwrap();
    for id in stems("controls") {
        let text = std::fs::read_to_string(project(&format!("controls/{id}.toml"))).unwrap();
        for line in text.lines().filter(|it| it.starts_with("benchmarks = [")) {
            for benchmark in registry.benchmarks() {
                let Some(like) = &benchmark.like else {
                    continue;
                };
                let names = |id: &str| line.contains(&format!("\"{id}\""));
                assert!(!(names(&benchmark.id) && names(like)), "{id}: {line}");
            }
        }
    }
}

#[test]
fn every_control_has_examples_on_both_sides() {
    for control in Registry::builtin().unwrap().controls() {
        for alternative in &control.alternatives {
            let caught =
                |it: &&trailproof::control::Example| it.caught_by.contains(&alternative.label);
            assert!(
                control.examples.iter().any(|it| caught(&it)),
                "{}: no example shows what `{}` catches",
                control.id,
                alternative.label
            );
            assert!(
                control.examples.iter().any(|it| !caught(&it)),
                "{}: no example shows what `{}` leaves out",
                control.id,
                alternative.label
            );
        }
    }
}

#[test]
fn intents_by_name_give_each_name_its_source() {
    for control in Registry::builtin().unwrap().controls() {
        for alternative in control
            .alternatives
            .iter()
            .filter(|it| !it.events.is_empty())
        {
            assert_eq!(alternative.kind, AlternativeKind::Intent);
            for event in &alternative.events {
                assert!(
                    event
                        .source
                        .as_ref()
                        .is_some_and(|it| it.ends_with(".amazonaws.com"))
                );
            }
        }
    }
}

#[test]
fn every_alternative_is_a_pattern_that_aws_would_take() {
    for control in Registry::builtin().unwrap().controls() {
        for alternative in &control.alternatives {
            let parsed = parse_for_creation(&alternative.pattern);
            assert!(
                parsed.is_ok(),
                "{} {}: {parsed:?}",
                control.id,
                alternative.label
            );
        }
    }
}

#[test]
fn examples_are_matched_by_exactly_the_alternatives_they_name() {
    let mut checked = 0;
    for control in Registry::builtin().unwrap().controls() {
        for alternative in &control.alternatives {
            let pattern = parse_for_creation(&alternative.pattern).unwrap();
            // The settings stand for what AWS leaves open: no example may depend on them.
            for semantics in Semantics::all() {
                let matcher = Matcher::new(&pattern, &semantics);
                for example in &control.examples {
                    let expected = example.caught_by.contains(&alternative.label);
                    let (id, label, title) = (&control.id, &alternative.label, &example.title);
                    assert_eq!(
                        matcher.matches_event(&example.event),
                        expected,
                        "{id} {label}: {title}"
                    );
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 200, "{checked}");
}
