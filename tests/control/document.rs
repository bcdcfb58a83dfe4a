use std::fmt::Write;

use trailproof::control::{Control, Registry};

use super::cover::covered_by;
use crate::support::project;

#[test]
fn docs_controls_md_is_current() {
    let registry = Registry::builtin().unwrap();
    let actual = document(&registry);
    let path = project("docs/controls.md");
    if std::env::var_os("TRAILPROOF_BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "docs/controls.md is not what controls/ and benchmarks/ say: run with TRAILPROOF_BLESS=1"
    );
}

fn document(registry: &Registry) -> String {
    let mut text = String::from(
        "# Controls and benchmarks\n\n\
         Written from `controls/*.toml` and `benchmarks/*.toml` by a test; edit those files, then run the tests with \
         `TRAILPROOF_BLESS=1`.\n\n\
         A control asks that events are heard about. Each of its *alternatives* is a requirement, with its source; \
         covering any one that counts under the chosen benchmark is enough. `text` is the benchmark's own, `aws` a form \
         that AWS publishes, `intent` the events meant, as we read the benchmark. Titles, rationales and notes are our \
         own words. A control of the section `logging` asks that events are recorded ([logging.md](logging.md)).\n\n\
         ## Benchmarks\n\n",
    );
    let table = &mut text;
    let _ = writeln!(
        table,
        "| id | benchmark | controls | logging | external SIEM accepted | audit steps |\n|---|---|---|---|---|---|"
    );
    for it in registry.benchmarks() {
        let siem = it.all_entries().filter(|entry| entry.external_siem);
        let siem: Vec<String> = siem.map(|entry| format!("`{}`", entry.control)).collect();
        let siem = match it.external_siem {
            true => "yes".to_owned(),
            false => siem.join(", "),
        };
        let steps = if it.audit.is_empty() {
            "none published"
        } else {
            "yes"
        };
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} | {siem} | {steps} |",
            it.id,
            it.title,
            it.entries.len(),
            it.logging.len()
        );
    }
    for it in registry
        .benchmarks()
        .iter()
        .filter(|it| !it.notes.is_empty())
    {
        let _ = writeln!(table, "\n`{}`:", it.id);
        for note in &it.notes {
            let _ = writeln!(table, "- {note}");
        }
    }
    let _ = writeln!(table, "\n## Numbers\n");
    let versions: Vec<_> = registry
        .benchmarks()
        .iter()
        .filter(|it| it.family == "cis-aws")
        .collect();
    let others: Vec<_> = registry
        .benchmarks()
        .iter()
        .filter(|it| it.family != "cis-aws")
        .collect();
    let head: Vec<&str> = versions.iter().map(|it| it.version.as_str()).collect();
    let _ = writeln!(table, "| control | {} | elsewhere |", head.join(" | "));
    let _ = writeln!(table, "|---|{}---|", "---|".repeat(head.len()));
    for control in registry.controls() {
        let numbers: Vec<&str> = versions
            .iter()
            .map(|it| it.number_of(&control.id).unwrap_or(""))
            .collect();
        let elsewhere: Vec<String> = others
            .iter()
            .filter_map(|it| Some(format!("{} `{}`", it.id, it.number_of(&control.id)?)))
            .collect();
        let _ = writeln!(
            table,
            "| [{0}](#{0}) | {1} | {2} |",
            control.id,
            numbers.join(" | "),
            elsewhere.join(", ")
        );
    }
    for control in registry.controls() {
        describe(&mut text, registry, control);
    }
    text
}

fn describe(text: &mut String, registry: &Registry, control: &Control) {
    let _ = writeln!(
        text,
        "\n## {}\n\n**{}.** Severity {}.\n",
        control.id, control.title, control.severity
    );
    let _ = writeln!(text, "{}", control.rationale);
    if let Some(recording) = &control.recording {
        let _ = writeln!(
            text,
            "\nAsks that {}.\n\nSource: {}.",
            recording.asks, recording.source
        );
        if !recording.names.is_empty() {
            let _ = writeln!(text, "\nCalls: {}.", recording.names.join(", "));
        }
    }
    for it in &control.alternatives {
        let benchmarks = registry.name_benchmarks(&it.benchmarks);
        let _ = writeln!(
            text,
            "\n### `{}` ({}): {benchmarks}\n\n```\n{}\n```\n",
            it.label, it.kind, it.pattern
        );
        let _ = writeln!(text, "Source: {}.", it.source.trim_end_matches('.'));
        let covered = covered_by(control, &it.label);
        if !covered.is_empty() {
            let _ = writeln!(
                text,
                "A filter with this pattern covers {} too.",
                covered.join(", ")
            );
        }
        for (name, said) in [("Note", &it.note), ("Repair", &it.repair)] {
            if let Some(said) = said {
                let _ = writeln!(text, "{name}: {said}");
            }
        }
        for misprint in &it.misprints {
            let whom = match misprint.benchmarks.as_slice() {
                [] => String::new(),
                some => format!(" for {}", registry.name_benchmarks(some)),
            };
            let _ = writeln!(
                text,
                "- Repaired: {}, as printed{whom} in {}.",
                misprint.repair, misprint.source
            );
        }
    }
    if !control.notes.is_empty() {
        let _ = writeln!(text, "\n### Notes\n");
    }
    for note in &control.notes {
        let whom = match note.benchmarks.as_slice() {
            [] => String::new(),
            some => format!("({}) ", registry.name_benchmarks(some)),
        };
        let _ = writeln!(text, "- {whom}{}", note.text);
    }
    if !control.rejected.is_empty() {
        let _ = writeln!(text, "\n### Published, and not accepted\n");
    }
    for it in &control.rejected {
        let _ = writeln!(text, "- `{}`\n  ({}): {}.", it.text, it.source, it.reason);
    }
    if !control.alternatives.is_empty() {
        examples(text, control);
    }
    let _ = writeln!(text, "\n### Remediation\n\n{}\n", control.remediation);
    for reference in &control.references {
        let _ = writeln!(text, "- <{reference}>");
    }
    let frameworks: Vec<_> = registry.frameworks_of(&control.id).collect();
    if frameworks.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n<details><summary>{} frameworks</summary>\n",
        frameworks.len()
    );
    for framework in frameworks {
        let sections = framework.sections_of(&control.id).join(", ");
        let sections = match sections.as_str() {
            "" => String::new(),
            some => format!(": {some}"),
        };
        let _ = writeln!(text, "- {}{sections}", framework.title());
    }
    let _ = writeln!(text, "\n</details>");
}

fn examples(text: &mut String, control: &Control) {
    let labels: Vec<&str> = control
        .alternatives
        .iter()
        .map(|it| it.label.as_str())
        .collect();
    let _ = writeln!(text, "\n### Examples\n\n| event | {} |", labels.join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(labels.len()));
    for example in &control.examples {
        let mark = |label: &&str| {
            if example.caught_by.iter().any(|it| it == label) {
                "x"
            } else {
                ""
            }
        };
        let marks: Vec<&str> = labels.iter().map(mark).collect();
        let _ = writeln!(text, "| {} | {} |", example.title, marks.join(" | "));
    }
}

const DEFECTS: &str = "\
# Where following the benchmark breaks it

Written from the notes of `controls/*.toml` that name a defect, by a test; edit those files, then run the tests with
`TRAILPROOF_BLESS=1`.

Each of these follows the text of CIS to the letter, in its audit or its remediation, and ends where another of its
recommendations, or the same one, does not hold. `tests/control/defects.rs` makes each of them in an account.
";

#[test]
fn docs_benchmark_defects_md_is_current() {
    let registry = Registry::builtin().unwrap();
    let mut text = DEFECTS.to_owned();
    for control in registry.controls() {
        for note in control.notes.iter().filter(|it| it.defect.is_some()) {
            let defect = note.defect.as_deref().unwrap_or_default();
            let whom = registry.name_benchmarks(&note.benchmarks);
            let numbers: Vec<String> = registry
                .benchmarks()
                .iter()
                .filter(|it| note.benchmarks.contains(&it.id))
                .filter_map(|it| it.number_of(&control.id).map(str::to_owned))
                .fold(Vec::new(), |mut all, number| {
                    if !all.contains(&number) {
                        all.push(number);
                    }
                    all
                });
            let _ = writeln!(
                text,
                "\n## {}: {defect}\n\n{whom}, as {}.\n\n{}",
                control.id,
                numbers.join(" or "),
                note.text
            );
        }
    }
    let path = project("docs/benchmark-defects.md");
    let document = std::fs::read_to_string(&path).unwrap_or_default();
    crate::support::golden::document(&path, &document, &text);
}
