//! The Heimdall Data Format: an InSpec execution report, a control of ours a control of the profile, an account a result.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::analyze::{ControlSummary, Status};
use crate::control::{Section, Severity};

use super::dossier::{Dossier, Item, hex};
use super::text::{flat, json_document, object};
use super::words;

/// The analysis as an execution report.
pub(super) fn render(dossier: Dossier<'_>) -> String {
    let analysis = dossier.analysis;
    let items: Vec<Item<'_>> = dossier.items().collect();
    let controls: Vec<Value> = analysis
        .controls
        .iter()
        .map(|control| {
            let of: Vec<&Item<'_>> = items
                .iter()
                .filter(|item| item.finding.control == control.id)
                .collect();
            one_control(dossier, control, &of)
        })
        .collect();
    let recorded = analysis
        .controls
        .iter()
        .any(|it| it.section == Section::Logging);
    let summary = if recorded {
        "Whether each event that a control asks for is recorded, or reaches a confirmed subscriber, by proof."
    } else {
        "Whether each event that a control asks for reaches a confirmed subscriber, by proof."
    };
    let content = Value::from(controls.clone()).to_string();
    json_document(&json!({
        "platform": {"name": "trailproof", "release": env!("CARGO_PKG_VERSION"), "target_id": dossier.about.file},
        "version": env!("CARGO_PKG_VERSION"),
        "statistics": {"duration": 0},
        "passthrough": object(dossier.provenance(None)),
        "profiles": [{
            "name": analysis.benchmark,
            "title": analysis.benchmark_title,
            "version": env!("CARGO_PKG_VERSION"),
            "summary": summary,
            "sha256": hex(&Sha256::digest(content)),
            "supports": [],
            "attributes": [],
            "groups": [],
            "status": "loaded",
            "controls": controls,
        }],
    }))
}

fn one_control(dossier: Dossier<'_>, control: &ControlSummary, items: &[&Item<'_>]) -> Value {
    let mut tags = Map::new();
    tags.insert("severity".to_owned(), control.severity.to_string().into());
    tags.insert("gid".to_owned(), control.id.clone().into());
    if let Some(number) = &control.benchmark_id {
        tags.insert("rid".to_owned(), number.clone().into());
    }
    // Heimdall knows one NIST SP 800-53: the same section of several revisions is told once.
    let nist: BTreeSet<&String> = control
        .frameworks
        .iter()
        .filter(|framework| framework.id.starts_with("nist-800-53"))
        .flat_map(|framework| &framework.sections)
        .collect();
    tags.insert("nist".to_owned(), json!(nist));
    for framework in &control.frameworks {
        if !framework.id.starts_with("nist-800-53") {
            tags.insert(framework.id.clone(), json!(framework.sections));
        }
    }
    // Heimdall reads an impact of 0 as "not applicable".
    let applies = items.is_empty()
        || items
            .iter()
            .any(|item| item.finding.status != Status::NotApplicable);
    let impact = match control.severity {
        _ if !applies => 0.0,
        Severity::Low => 0.3,
        Severity::Medium => 0.5,
        Severity::High => 0.7,
    };
    let refs: Vec<Value> = control
        .references
        .iter()
        .filter(|reference| reference.starts_with("https://"))
        .map(|reference| json!({"url": reference}))
        .collect();
    let results: Vec<Value> = items.iter().map(|item| result(dossier, item)).collect();
    json!({
        "id": control.id,
        "title": control.title,
        "desc": control.title,
        "descriptions": [{"label": "fix", "data": flat(&control.remediation)}],
        "impact": impact,
        "refs": refs,
        "tags": tags,
        "code": "",
        "source_location": {},
        "results": results,
    })
}

fn result(dossier: Dossier<'_>, item: &Item<'_>) -> Value {
    let finding = item.finding;
    // An acceptance is told with the finding; it does not make a fail a pass.
    let status = match finding.status {
        Status::Pass => "passed",
        Status::Fail => "failed",
        Status::Unknown | Status::NotApplicable => "skipped",
    };
    let mut out = json!({
        "status": status,
        "code_desc": format!("account {}: {}", finding.account, finding.title),
        "run_time": 0,
        "start_time": dossier.time(),
    });
    if let Some(out) = out.as_object_mut() {
        let told = format!(
            "{} (evidence rows {}; fingerprint {})",
            item.told(),
            item.evidence(),
            item.fingerprint
        );
        let key = if status == "skipped" {
            "skip_message"
        } else {
            "message"
        };
        let text = if finding.status == Status::NotApplicable {
            words::reason(finding)
        } else {
            told
        };
        out.insert(key.to_owned(), text.into());
    }
    out
}
