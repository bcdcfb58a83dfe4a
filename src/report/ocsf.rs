//! OCSF 1.5.0: an array of Compliance Findings (class 2003), one for each finding, with the cloud profile.

use serde_json::{Value, json};

use crate::analyze::Status;
use crate::control::Severity;

use super::dossier::{Dossier, Item};
use super::text::{json_document, object};
use super::words;

/// The analysis as an array of events.
pub(super) fn render(dossier: Dossier<'_>) -> String {
    let events: Vec<Value> = dossier.items().map(|item| event(dossier, &item)).collect();
    json_document(&events)
}

/// The events of some findings as they stand in the array.
pub(super) fn events<'a>(dossier: Dossier<'_>, items: impl Iterator<Item = Item<'a>>) -> String {
    let events: Vec<Value> = items.map(|item| event(dossier, &item)).collect();
    let array = json_document(&events);
    let items = array.strip_prefix('[').unwrap_or_default();
    items.strip_suffix("\n]\n").unwrap_or_default().to_owned()
}

fn event(dossier: Dossier<'_>, item: &Item<'_>) -> Value {
    let finding = item.finding;
    let time = dossier.milliseconds();
    let open = item.open();
    let (severity_id, severity) = match (finding.status, finding.severity) {
        (Status::Pass | Status::NotApplicable, _) => (1, "Informational"),
        (_, Severity::Low) => (2, "Low"),
        (_, Severity::Medium) => (3, "Medium"),
        (_, Severity::High) => (4, "High"),
    };
    // What asks for nothing is none of the states that the class knows.
    let (state_id, state) = match finding.status {
        Status::Pass => (1, "Pass"),
        Status::Unknown => (2, "Warning"),
        Status::Fail => (3, "Fail"),
        Status::NotApplicable => (99, "Not applicable"),
    };
    let (status_id, status) = match (finding.status, open) {
        (_, true) => (1, "New"),
        (Status::Pass | Status::NotApplicable, _) => (4, "Resolved"),
        _ => (3, "Suppressed"),
    };
    let requirements: Vec<String> = finding
        .benchmark_id
        .iter()
        .cloned()
        .chain(item.frameworks().iter().flat_map(|framework| {
            let of = |section| format!("{} {section}", framework.title);
            framework.sections.iter().map(of)
        }))
        .collect();
    let mut event = json!({
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200_301,
        "type_name": "Compliance Finding: Create",
        "time": time,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": item.told(),
        "metadata": {
            "version": "1.5.0",
            "profiles": ["cloud"],
            "product": {
                "name": "trailproof",
                "vendor_name": "trailproof",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "uid": item.fingerprint,
        },
        "cloud": {
            "provider": "AWS",
            "region": item.region(),
            "account": {
                "uid": finding.account,
                "type_id": 10,
                "type": "AWS Account",
            },
        },
        "finding_info": {
            "uid": item.fingerprint,
            "title": finding.title,
            "desc": words::reason(finding),
            "types": ["Software and Configuration Checks"],
            "created_time": time,
        },
        "compliance": {
            "control": finding.control,
            "standards": [dossier.analysis.benchmark_title],
            "requirements": requirements,
            "status_id": state_id,
            "status": state,
            "status_code": finding.why.code(),
            "status_detail": item.told(),
        },
        "resources": [{
            "uid": finding.account,
            "type": "AwsAccount",
            "region": item.region(),
            "cloud_partition": item.partition(),
        }],
        "unmapped": {
            "benchmark": dossier.analysis.benchmark,
            "benchmark_id": finding.benchmark_id,
            "link": finding.broken_link.map(|id| id.code()),
            "evidence": item.finding.evidence,
            "witness": finding.witness,
            "category": item.control.and_then(|control| control.category.as_deref()),
            "snapshot": object(dossier.provenance(Some(&finding.account))),
        },
    });
    if let Some(account) = event
        .pointer_mut("/cloud/account")
        .and_then(Value::as_object_mut)
        && let Some(name) = dossier.account_name(&finding.account)
    {
        account.insert("name".to_owned(), name.into());
    }
    if let (Some(fix), Some(event)) = (item.fix(), event.as_object_mut()) {
        let references = item.reference().map_or_else(Vec::new, |one| vec![one]);
        event.insert(
            "remediation".to_owned(),
            json!({"desc": fix, "references": references}),
        );
    }
    event
}
