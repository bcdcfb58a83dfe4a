//! How long a comparison of two patterns takes: every pair of public JSON patterns within a control, and a benchmark
//! text against many filters together.
//!
//! `cargo bench --no-default-features --bench coverage`. Skipped, with a word on why, where the shared patterns are
//! absent. Prints the median, the slowest pair and the share of pairs that are not decided; exits with an error where
//! that share reaches 2%. Times are printed and judge nothing.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement may panic, and prints what it measured"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use trailproof::coverage::{Covers, EventModel, Predicate, Scope, covers};
use trailproof::pattern::{ast::PatternKind, parse};

fn main() -> ExitCode {
    let root = std::env::var_os("TRAILPROOF_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let Ok(lines) = std::fs::read_to_string(root.join("data/patterns.jsonl")) else {
        println!("skipped: needs the shared test data `data/patterns.jsonl`");
        return ExitCode::SUCCESS;
    };
    let mut controls: BTreeMap<String, Vec<(String, Predicate)>> = BTreeMap::new();
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = line["pattern"].as_str().unwrap();
        let Ok(pattern) = parse(text) else { continue };
        if matches!(pattern.kind, PatternKind::Json(_)) {
            let predicate = Predicate::from_pattern(&pattern);
            controls
                .entry(line["control"].as_str().unwrap().to_owned())
                .or_default()
                .push((text.to_owned(), predicate));
        }
    }
    let (model, scope) = (EventModel::cloudtrail(), Scope::default());
    let mut times: Vec<(Duration, &str, &str)> = Vec::new();
    let (mut yes, mut no, mut unknown) = (0_usize, 0_usize, Vec::new());
    for patterns in controls.values() {
        let pairs = patterns
            .iter()
            .flat_map(|left| patterns.iter().map(move |right| (left, right)));
        for (required, deployed) in pairs {
            let started = Instant::now();
            let answer = covers(&required.1, &deployed.1, &model, &scope);
            times.push((started.elapsed(), &required.0, &deployed.0));
            match answer {
                Covers::Yes { .. } => yes += 1,
                Covers::No { .. } => no += 1,
                Covers::Unknown { reason } => {
                    unknown.push((required.0.as_str(), deployed.0.as_str(), reason))
                }
            }
        }
    }
    times.sort();
    let share = unknown.len() as f64 / times.len() as f64;
    println!(
        "{} pairs within a control: {yes} yes, {no} no, {} unknown ({:.2}%)",
        times.len(),
        unknown.len(),
        share * 100.0
    );
    println!(
        "median {:?}, 99% within {:?}",
        times[times.len() / 2].0,
        times[times.len() * 99 / 100].0
    );
    for (time, required, deployed) in times.iter().rev().take(3) {
        println!("slow {time:?}: {required}\n     / {deployed}");
    }
    for (required, deployed, reason) in unknown.iter().take(5) {
        println!("unknown: {required}\n     / {deployed}\n     {reason:?}");
    }
    many_filters(&model, &scope);
    if share < 0.02 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A requirement of sixteen names against 20 and 100 filters of one name each, guarded and not.
fn many_filters(model: &EventModel, scope: &Scope) {
    let names: Vec<&str> = model.names().collect();
    let text = |names: &[&str]| {
        let parts: Vec<String> = names
            .iter()
            .map(|name| format!("($.eventName = {name})"))
            .collect();
        format!("{{ {} }}", parts.join(" || "))
    };
    let read = |text: &str| Predicate::from_pattern(&parse(text).unwrap());
    let required = read(&text(&names[..16]));
    for count in [20, 100] {
        let trail = Predicate::equals("eventCategory", "Management")
            .and(!Predicate::equals("eventSource", "kms.amazonaws.com"));
        let filters = names[..count].iter().map(|name| {
            read(&format!("{{ ($.eventName = {name}) && ($.userIdentity.type != \"AWSService\" || $.userIdentity.type NOT EXISTS || $.userIdentity.type = * ) }}"))
                .and(trail.clone())
        });
        let union = Predicate::any(filters);
        let started = Instant::now();
        let answer = covers(&required, &union, model, scope);
        println!(
            "{count} filters together: {:?} in {:?}",
            answer.is_yes(),
            started.elapsed()
        );
    }
}
