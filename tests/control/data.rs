use std::collections::BTreeMap;

use serde_json::Value;
use trailproof::control::{AlternativeKind, Benchmark, Control, Registry, plain_text, same_text};
use trailproof::pattern::parse;

use crate::support::{shared, shared_lines};

fn read(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(shared(&format!("data/{name}"))?).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// `4.5` is the number of CIS 1.3 to 5.0; other keys are CloudGuard's.
fn control_of<'a>(registry: &'a Registry, key: &str) -> Option<&'a Control> {
    let key = key.split(' ').next().unwrap();
    let benchmark = registry
        .benchmark(if key.starts_with("4.") {
            "cis-aws-5.0"
        } else {
            "cloudguard"
        })
        .unwrap();
    let entry = benchmark.entries.iter().find(|entry| entry.number == key)?;
    registry.control(&entry.control)
}

/// The benchmark of `CIS v2.0.0 text via ...`, none for the sources of tools.
fn benchmark_of<'a>(registry: &'a Registry, source: &str) -> Option<&'a Benchmark> {
    let rest = source.strip_prefix("CIS v")?;
    let version: Vec<&str> = rest.split([' ', '.']).take(2).collect();
    Some(
        registry
            .benchmark(&format!("cis-aws-{}", version.join(".")))
            .unwrap(),
    )
}

enum Place {
    Verbatim,
    Repaired,
    Rejected,
}

fn place(
    control: &Control,
    benchmark: Option<&Benchmark>,
    text: &str,
    source: &str,
) -> Option<Place> {
    let prints = |kind: AlternativeKind, names: &[String]| match benchmark {
        Some(benchmark) => kind == benchmark.prints && names.contains(&benchmark.id),
        None => true,
    };
    for alternative in &control.alternatives {
        if prints(alternative.kind, &alternative.benchmarks)
            && same_text(&alternative.pattern, text)
        {
            return Some(Place::Verbatim);
        }
    }
    for alternative in &control.alternatives {
        for misprint in &alternative.misprints {
            if prints(alternative.kind, &misprint.benchmarks) && same_text(&misprint.text, text) {
                return Some(Place::Repaired);
            }
        }
    }
    let rejected = control
        .rejected
        .iter()
        .find(|it| same_text(&it.text, text))?;
    let path = source.rsplit(':').next().unwrap();
    (rejected.source.contains(path) && !rejected.reason.is_empty()).then_some(Place::Rejected)
}

#[test]
fn every_published_text_is_an_alternative_or_says_why_not() {
    let Some(data) = read("controls.json") else {
        return;
    };
    let registry = Registry::builtin().unwrap();
    let mut counts = [0; 3];
    for entry in data.as_array().unwrap() {
        let key = entry["control"].as_str().unwrap();
        let patterns = entry["patterns"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        // 4.16, Security Hub enabled, has no pattern.
        let Some(control) = control_of(&registry, key) else {
            assert!(patterns.is_empty(), "{key}");
            continue;
        };
        for pattern in patterns {
            let text = pattern["text"].as_str().unwrap();
            let source = pattern["source"].as_str().unwrap();
            let found = place(control, benchmark_of(&registry, source), text, source);
            let found = found.unwrap_or_else(|| panic!("{}: {source}\n{text}", control.id));
            counts[found as usize] += 1;
        }
    }
    eprintln!(
        "{} verbatim, {} repaired, {} not accepted",
        counts[0], counts[1], counts[2]
    );
    assert!(counts.iter().sum::<usize>() > 400, "{counts:?}");
}

/// A repair puts back quotes and blanks and the dot of `$.eventName`; it never adds or drops an event.
#[test]
fn repairs_change_nothing_but_damage() {
    let bare = |text: &str| -> String {
        let kept: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '"')
            .collect();
        kept.replace("$eventName", "$.eventName")
    };
    let quotes = |text: &str| text.matches('"').count();
    let mut seen = 0;
    for control in Registry::builtin().unwrap().controls() {
        for alternative in &control.alternatives {
            for misprint in &alternative.misprints {
                let (text, pattern) = (&misprint.text, &alternative.pattern);
                assert!(
                    !same_text(text, pattern),
                    "{}: no damage in {text}",
                    control.id
                );
                assert_eq!(bare(text), bare(pattern), "{}", control.id);
                assert_eq!(
                    quotes(text) != quotes(pattern),
                    misprint.repair.contains("quote"),
                    "{}: {}",
                    control.id,
                    misprint.repair
                );
                assert_eq!(
                    text.contains("$eventName"),
                    misprint.repair.contains("`$eventName`")
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn numbers_and_levels_are_those_of_the_sources() {
    let Some(data) = read("controls.json") else {
        return;
    };
    let registry = Registry::builtin().unwrap();
    let mut expected: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for entry in data.as_array().unwrap() {
        let Some(control) = control_of(&registry, entry["control"].as_str().unwrap()) else {
            continue;
        };
        for (vendor, number) in entry["ids"].as_object().unwrap() {
            let benchmark = match vendor.as_str() {
                "securityhub" => "aws-security-hub".to_owned(),
                "lacework" | "cloudguard" => vendor.clone(),
                cis => match cis.strip_prefix("cis_v") {
                    Some(version) => format!(
                        "cis-aws-{}",
                        version.split('.').take(2).collect::<Vec<_>>().join(".")
                    ),
                    None => continue,
                },
            };
            let number = number.as_str().unwrap().to_owned();
            expected
                .entry(benchmark)
                .or_default()
                .insert(number, control.id.clone());
        }
        let levels = &entry["levels_and_types_by_source"]["steampipe (cis_level/cis_type)"];
        for (version, said) in levels.as_object().into_iter().flatten() {
            let version: Vec<&str> = version.split('.').take(2).collect();
            let benchmark = registry
                .benchmark(&format!("cis-aws-{}", version.join(".")))
                .unwrap();
            let ours = benchmark
                .entries
                .iter()
                .find(|it| it.control == control.id)
                .unwrap();
            let level = said["level"].as_str().unwrap();
            assert_eq!(
                ours.level.map(|it| it.to_string()).as_deref(),
                Some(level),
                "{} {}",
                benchmark.id,
                control.id
            );
            let assessment = said["type"].as_str().unwrap();
            assert_eq!(
                ours.assessment.map(|it| it.to_string()).as_deref(),
                Some(assessment),
                "{}",
                benchmark.id
            );
        }
    }
    for (id, numbers) in expected {
        let benchmark = registry.benchmark(&id).unwrap();
        let ours: BTreeMap<String, String> = benchmark
            .entries
            .iter()
            .map(|it| (it.number.clone(), it.control.clone()))
            .collect();
        assert_eq!(ours, numbers, "{id}");
    }
}

/// A section without what sources write differently: punctuation, case, padding, and the word before the number.
fn bare_section(section: &str) -> String {
    let lower = section.to_lowercase();
    let mut words: Vec<String> = vec![String::new()];
    for c in lower.chars() {
        let last = words.last_mut().unwrap();
        let same = last
            .chars()
            .last()
            .is_none_or(|before| before.is_ascii_digit() == c.is_ascii_digit());
        match c.is_ascii_alphanumeric() {
            true if same => last.push(c),
            true => words.push(c.to_string()),
            false => words.push(String::new()),
        }
    }
    let said = |word: &&String| {
        !["", "requirement", "appendix", "article", "art"].contains(&word.as_str())
    };
    let unpadded = |word: &String| word.trim_start_matches('0').to_owned();
    words.iter().filter(said).map(unpadded).collect()
}

#[test]
fn framework_mappings_are_those_of_the_sources() {
    let Some(data) = read("frameworks.json") else {
        return;
    };
    let registry = Registry::builtin().unwrap();
    let mut seen = 0;
    for row in data["mappings"].as_array().unwrap() {
        let text = |key: &str| row[key].as_str().unwrap();
        let name = format!("{} {}", text("framework"), text("version"));
        // The benchmarks themselves are in benchmarks/*.toml.
        if name.starts_with("CIS ") && !name.starts_with("CIS Controls")
            || name.starts_with("cis-aws")
            || name.starts_with("cis_aws")
            || name.starts_with("Security Hub related requirements")
        {
            continue;
        }
        let Some(control) = control_of(&registry, text("control")) else {
            continue;
        };
        let framework = registry.find_framework(name.trim()).unwrap();
        let mut mappings = framework
            .mappings
            .iter()
            .filter(|it| it.control == control.id && it.source == text("source"));
        let requirements: Vec<String> = row["requirements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| bare_section(it.as_str().unwrap()))
            .collect();
        assert!(
            mappings.any(|it| {
                let ours: Vec<String> = it.sections.iter().map(|it| bare_section(it)).collect();
                // Of CSF, one source writes the category without its function; another adds a remark.
                ours.len() == requirements.len()
                    && ours
                        .iter()
                        .zip(&requirements)
                        .all(|(ours, said)| ours.ends_with(said) || said.starts_with(ours))
            }),
            "{}: {} of {name}",
            control.id,
            row["requirements"]
        );
        seen += 1;
    }
    assert!(seen > 600, "{seen}");
}

/// What no source says is not there: as many mappings as the sources have, and those of two vendors' pages.
#[test]
fn no_framework_mapping_is_of_our_own_making() {
    let Some(data) = read("frameworks.json") else {
        return;
    };
    let sources: Vec<&str> = data["mappings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["source"].as_str().unwrap())
        .collect();
    for framework in Registry::builtin().unwrap().frameworks() {
        for mapping in &framework.mappings {
            let page = mapping.source.contains("ce.prod.cloudaware.com")
                || mapping.source.contains("gsl.dome9.com");
            assert!(
                page || sources.contains(&mapping.source.as_str()),
                "{}: {}",
                framework.id,
                mapping.source
            );
        }
    }
}

#[test]
fn intended_events_are_operations_of_their_service() {
    let Some(data) = read("event-sources.json") else {
        return;
    };
    let events = data["events"].as_object().unwrap();
    for control in Registry::builtin().unwrap().controls() {
        for event in control.alternatives.iter().flat_map(|it| &it.events) {
            let services = events[&event.name]["services"].as_array().unwrap();
            let source = event.source.as_deref().unwrap();
            assert!(
                services.iter().any(|it| source
                    == format!("{}.amazonaws.com", it["endpoint_prefix"].as_str().unwrap())),
                "{}: {} of {source}",
                control.id,
                event.name
            );
        }
    }
}

/// Dropping the blanks that nobody sees changes no pattern's meaning (in a regular expression every blank counts).
#[test]
fn the_same_text_is_the_same_pattern() {
    let Some(lines) = shared_lines("data/patterns.jsonl") else {
        return;
    };
    let mut checked = 0;
    for line in lines {
        let text = line["pattern"].as_str().unwrap();
        if !text.trim_start().starts_with('{') || text.contains('%') {
            continue;
        }
        let plain = plain_text(text);
        assert!(same_text(text, &plain));
        match (parse(text), parse(&plain)) {
            (Ok(pattern), Ok(other)) => {
                assert_eq!(pattern.to_string(), other.to_string(), "{text}");
                checked += 1;
            }
            (Err(_), Err(_)) => {}
            (one, other) => panic!("{text}\n{plain}\n{one:?}\n{other:?}"),
        }
    }
    assert!(checked > 200, "{checked}");
}

/// Numbers, levels and assessments of the section `logging`, and what is left out, by version.
#[test]
fn logging_controls_stand_under_their_numbers() {
    let Some(data) = read("logging-controls.json") else {
        return;
    };
    let registry = Registry::builtin().unwrap();
    let steampipe = |said: &Value| -> Value {
        match said.get("steampipe") {
            Some(one) => one.clone(),
            None => said.clone(),
        }
    };
    let mut seen = 0;
    for (id, said) in data["controls"].as_object().unwrap() {
        for (version, row) in said["versions"].as_object().unwrap() {
            let benchmark = registry.benchmark(&format!("cis-aws-{version}")).unwrap();
            let number = row["number"].as_str().unwrap();
            seen += 1;
            if registry.control(id).is_none() {
                let left = benchmark.left_out.iter().find(|it| it.number == number);
                let left = left.unwrap_or_else(|| panic!("{version} {number}: {id}"));
                assert!(!left.why.is_empty());
                continue;
            }
            let entry = benchmark.entry_of(id).unwrap();
            assert!(benchmark.logging.contains(entry), "{version} {id}");
            assert_eq!(entry.number, number, "{version} {id}");
            assert_eq!(
                entry.level.map(Value::from),
                Some(steampipe(&row["level"])),
                "{version} {id}"
            );
            let assessment = entry.assessment.map(|it| Value::from(it.as_str()));
            assert_eq!(
                assessment,
                Some(steampipe(&row["assessment"])),
                "{version} {id}"
            );
        }
    }
    assert!(seen > 100, "{seen}");
    for benchmark in registry
        .benchmarks()
        .iter()
        .filter(|it| it.family == "cis-aws")
    {
        let of_version = data["controls"].as_object().unwrap().values();
        let known = |it: &&Value| {
            let versions = it["versions"].as_object().unwrap();
            versions.contains_key(&benchmark.version)
        };
        let expected = of_version.filter(known).count();
        assert_eq!(
            benchmark.logging.len() + benchmark.left_out.len(),
            expected,
            "{}",
            benchmark.id
        );
    }
}
