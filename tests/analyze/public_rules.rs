//! Every public rule of the shared data, as it would stand in an account: alone, in every Region, with a topic that is in
//! order. The golden table says which of CIS's controls it covers, and what drops the others.

use trailproof::analyze::{self, Options, Status};
use trailproof::control::Registry;
use trailproof::snapshot::Snapshot;

use crate::support::golden;
use crate::support::world::{REGIONS, Rule, World};

fn verdicts(world: &World, registry: &Registry) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("world.db");
    world.write_snapshot(&path);
    let snapshot = Snapshot::open(&path).expect("a snapshot");
    let analysis = analyze::analyze(&snapshot, registry, &Options::default()).expect("an analysis");
    let mut lines = Vec::new();
    for status in [Status::Pass, Status::Unknown, Status::Fail] {
        let of = analysis
            .findings
            .iter()
            .filter(|finding| finding.status == status);
        let named: Vec<String> = of
            .filter_map(|finding| match (status, finding.broken_link) {
                (Status::Pass, _) => Some(finding.control.clone()),
                // What a rule has nothing to do with is not worth a word.
                (_, Some(link)) if link.code().starts_with('E') => {
                    let name = finding
                        .witness
                        .as_ref()
                        .and_then(|event| event["eventName"].as_str());
                    let of = name.map_or(String::new(), |name| format!(" of {name}"));
                    Some(format!("{} {link}{of}", finding.control))
                }
                _ => None,
            })
            .collect();
        if !named.is_empty() {
            lines.push(format!("  {}: {}", status.as_str(), named.join(", ")));
        }
    }
    if lines.is_empty() {
        return "  nothing to do with any control\n".to_owned();
    }
    lines.join("\n") + "\n"
}

#[test]
fn public_rules_cover_what_the_table_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join("event-rules.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no ../shared/data/event-rules.jsonl");
        return;
    };
    let registry = Registry::builtin().expect("a registry");
    let mut table = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let row: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
        let state = row["state"].as_str().unwrap_or("ENABLED");
        let rule = Rule::of("public", row["pattern"].clone()).in_state(state);
        let world = World::watched_by_rules(&REGIONS, &REGIONS, &[rule]);
        table.push_str(&format!(
            "{number} {state}\n{}",
            verdicts(&world, &registry)
        ));
    }
    golden::check("analyze/public-rules.txt", &table);
}
