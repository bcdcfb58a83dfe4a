//! OSCAL assessment results: an observation for each finding that cites its evidence rows and their hashes, a finding for
//! each control that applies, accounts as the subjects. Every UUID is made from content, so that the same analysis gives
//! the same document.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::analyze::{Analysis, Status};
use crate::control::Section;

use super::dossier::{Dossier, Item, hex};
use super::printable::one_line;
use super::text::json_document;
use super::words;

/// The version of OSCAL that the document says it is.
const VERSION: &str = "1.2.0";
/// Names of our own properties are ours alone under this.
const NAMESPACE: &str = "urn:trailproof";

/// The analysis as one document.
pub(super) fn render(dossier: Dossier<'_>) -> String {
    let analysis = dossier.analysis;
    let snapshot = &analysis.snapshot;
    let identity = snapshot
        .root_sha256
        .as_deref()
        .or(snapshot.facts_sha256.as_deref())
        .unwrap_or(&snapshot.started_at);
    let seed = |what: &str| uuid(&[identity, &analysis.benchmark, what]);
    let result = result(dossier, seed("result"));
    let plan = seed("plan");
    json_document(&json!({
        "assessment-results": {
            "uuid": seed("document"),
            "metadata": {
                "title": format!("trailproof: {}", analysis.benchmark_title),
                "last-modified": dossier.time(),
                "version": env!("CARGO_PKG_VERSION"),
                "oscal-version": VERSION,
            },
            "import-ap": {"href": format!("#{plan}")},
            "results": [result],
            "back-matter": {"resources": [{
                "uuid": plan,
                "title": analysis.benchmark_title,
                "description": "The benchmark whose controls were assessed; there is no separate plan.",
            }]},
        },
    }))
}

/// What kind of controls were assessed.
fn of_sections(analysis: &Analysis) -> &'static str {
    let has = |section: Section| analysis.controls.iter().any(|it| it.section == section);
    match (has(Section::Monitoring), has(Section::Logging)) {
        (true, false) => "Monitoring controls",
        (false, true) => "Logging controls",
        _ => "Monitoring and logging controls",
    }
}

/// The one result: what was reviewed, observed and found.
fn result(dossier: Dossier<'_>, uuid: String) -> Value {
    let analysis = dossier.analysis;
    let items: Vec<Item<'_>> = dossier.items().collect();
    let observations: Vec<Value> = items
        .iter()
        .map(|item| observation(dossier, item))
        .collect();
    let findings: Vec<Value> = items
        .iter()
        .filter(|item| item.finding.status != Status::NotApplicable)
        .map(finding)
        .collect();
    let mut result = json!({
        "uuid": uuid,
        "title": format!("{} of {}", of_sections(analysis), analysis.benchmark_title),
        "description": if analysis.snapshot.complete {
            "Decided offline from a complete snapshot of the accounts."
        } else {
            "Decided offline from a snapshot whose collection was cut short: nothing in it can be satisfied."
        },
        "props": provenance(dossier),
        "start": analysis.snapshot.started_at,
        "end": dossier.time(),
        "reviewed-controls": {"control-selections": [selection(analysis)]},
    });
    if let Some(result) = result.as_object_mut() {
        // Lists of OSCAL have at least one item or are absent.
        for (name, list) in [("observations", observations), ("findings", findings)] {
            if !list.is_empty() {
                result.insert(name.to_owned(), list.into());
            }
        }
        let inventory = inventory(dossier);
        if !inventory.is_empty() {
            result.insert(
                "local-definitions".to_owned(),
                json!({"inventory-items": inventory}),
            );
        }
    }
    result
}

/// What the result rests on, a property each.
fn provenance(dossier: Dossier<'_>) -> Vec<Value> {
    let facts = dossier.provenance(None).into_iter();
    facts
        .map(|(name, value)| {
            // A value of OSCAL is one line that neither begins nor ends with a blank.
            let value = one_line(&value);
            json!({"name": name.replace('_', "-"), "ns": NAMESPACE, "value": value.trim()})
        })
        .collect()
}

/// The accounts.
fn inventory(dossier: Dossier<'_>) -> Vec<Value> {
    dossier
        .analysis
        .accounts
        .iter()
        .map(|account| {
            let name = dossier
                .account_name(&account.account)
                .unwrap_or("AWS account");
            json!({
                "uuid": account_uuid(&account.account),
                "description": name,
                "props": [{"name": "asset-id", "value": account.account}],
            })
        })
        .collect()
}

/// The controls that were reviewed, each once.
fn selection(analysis: &Analysis) -> Value {
    let controls: BTreeSet<String> = analysis
        .controls
        .iter()
        .map(|control| token(control.benchmark_id.as_deref().unwrap_or(&control.id)))
        .collect();
    if controls.is_empty() {
        return json!({"include-all": {}});
    }
    let controls: Vec<Value> = controls
        .iter()
        .map(|control| json!({"control-id": control}))
        .collect();
    json!({"include-controls": controls})
}

fn observation(dossier: Dossier<'_>, item: &Item<'_>) -> Value {
    let finding = item.finding;
    let evidence: Vec<Value> = item
        .finding
        .evidence
        .iter()
        .map(|id| match dossier.about.evidence.get(id) {
            Some(row) => json!({
                "description": format!("evidence row {id}: {} {} in {}", row.service, row.operation, row.region),
                "props": [
                    property("evidence-row", &id.to_string()),
                    property("sha256", &row.sha256),
                ],
            }),
            None => json!({
                "description": format!("evidence row {id}"),
                "props": [property("evidence-row", &id.to_string())],
            }),
        })
        .collect();
    let mut props = vec![
        property("status", finding.status.as_str()),
        property("cause", &finding.why.code()),
        property("severity", &finding.severity.to_string()),
        property("fingerprint", &item.fingerprint),
    ];
    if let Some(id) = finding.broken_link {
        props.push(property("link", id.code()));
    }
    let mut out = json!({
        "uuid": observation_uuid(item),
        "title": finding.title,
        "description": item.told(),
        "props": props,
        "methods": ["TEST"],
        "types": ["finding"],
        "subjects": [{
            "subject-uuid": account_uuid(&finding.account),
            "type": "inventory-item",
            "title": format!("AWS account {}", finding.account),
        }],
        "collected": dossier.time(),
    });
    if let Some(out) = out.as_object_mut() {
        if !evidence.is_empty() {
            out.insert("relevant-evidence".to_owned(), evidence.into());
        }
        if let Some(fix) = item.fix() {
            out.insert("remarks".to_owned(), fix.into());
        }
    }
    out
}

fn finding(item: &Item<'_>) -> Value {
    let finding = item.finding;
    let (state, reason) = match finding.status {
        Status::Pass | Status::NotApplicable => ("satisfied", "pass"),
        Status::Fail => ("not-satisfied", "fail"),
        Status::Unknown => ("not-satisfied", "other"),
    };
    let mut status = json!({"state": state, "reason": reason});
    let remark = match &finding.accepted {
        Some(accepted) => Some(words::accepted(accepted)),
        None if finding.status == Status::Unknown => {
            Some("not decided: evidence is missing".to_owned())
        }
        None => None,
    };
    if let (Some(remark), Some(status)) = (remark, status.as_object_mut()) {
        status.insert("remarks".to_owned(), remark.into());
    }
    json!({
        "uuid": uuid(&["finding", &finding.account, &finding.control]),
        "title": format!("{} in account {}", item.numbered(), finding.account),
        "description": words::reason(finding),
        "target": {
            "type": "objective-id",
            "target-id": token(finding.benchmark_id.as_deref().unwrap_or(&finding.control)),
            "title": finding.title,
            "status": status,
        },
        "related-observations": [{"observation-uuid": observation_uuid(item)}],
    })
}

fn property(name: &str, value: &str) -> Value {
    json!({"name": name, "ns": NAMESPACE, "value": value})
}

fn account_uuid(account: &str) -> String {
    uuid(&["account", account])
}

fn observation_uuid(item: &Item<'_>) -> String {
    uuid(&["observation", &item.finding.account, &item.finding.control])
}

/// An id as OSCAL's tokens are: it begins with a letter, and has letters, digits, `.`, `_` and `-` alone.
fn token(id: &str) -> String {
    let id: String = id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') {
                c
            } else {
                '_'
            }
        })
        .collect();
    if id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        id
    } else {
        format!("control-{id}")
    }
}

/// A UUID of version 8 (made from content by a rule of our own, RFC 9562) would be refused by the schema, which knows 4
/// and 5: the bits of version 5 over SHA-256.
fn uuid(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digits = hex(&hash.finalize());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-5{}-a{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}
