//! The AWS Security Finding Format, as `aws securityhub batch-import-findings --findings file://FILE` takes it: an array,
//! of which that call takes 100 at a time; texts are cut to the limits of the format.

use serde_json::{Value, json};

use crate::analyze::Status;
use crate::aws::arn::Location;
use crate::control::Severity;

use super::dossier::{Dossier, Item};
use super::text::json_document;

/// What one call takes.
pub(crate) const BATCH: usize = 100;

/// The analysis as arrays of at most [`BATCH`] findings; one empty array where there is none.
pub(super) fn batches(dossier: Dossier<'_>) -> Vec<String> {
    let findings: Vec<Value> = dossier
        .items()
        .map(|item| finding(dossier, &item))
        .collect();
    if findings.is_empty() {
        return vec![json_document(&findings)];
    }
    findings
        .chunks(BATCH)
        .map(|batch| json_document(&batch))
        .collect()
}

/// The analysis as one array.
pub(super) fn render(dossier: Dossier<'_>) -> String {
    let findings: Vec<Value> = dossier
        .items()
        .map(|item| finding(dossier, &item))
        .collect();
    json_document(&findings)
}

fn finding(dossier: Dossier<'_>, item: &Item<'_>) -> Value {
    let finding = item.finding;
    let (region, partition) = (item.region(), item.partition());
    let types = ["Software and Configuration Checks/Industry and Regulatory Standards"];
    let label = match (finding.status, finding.severity) {
        (Status::Pass | Status::NotApplicable, _) => "INFORMATIONAL",
        (_, Severity::Low) => "LOW",
        (_, Severity::Medium) => "MEDIUM",
        (_, Severity::High) => "HIGH",
    };
    let workflow = match (finding.status, item.open()) {
        (_, true) => "NEW",
        (Status::Pass | Status::NotApplicable, _) => "RESOLVED",
        _ => "SUPPRESSED",
    };
    let compliance = match finding.status {
        Status::Pass => "PASSED",
        Status::Fail => "FAILED",
        Status::Unknown => "WARNING",
        Status::NotApplicable => "NOT_AVAILABLE",
    };
    let mut requirements: Vec<String> = Vec::new();
    if let Some(number) = &finding.benchmark_id {
        requirements.push(cut(&format!("{} {number}", dossier.analysis.benchmark), 64));
    }
    for framework in item.frameworks() {
        let of = |section: &String| cut(&format!("{} {section}", framework.title), 64);
        requirements.extend(framework.sections.iter().map(of));
    }
    requirements.truncate(32);
    let evidence = item.evidence_ids(" ");
    let mut fields = json!({
        "trailproof/benchmark": dossier.analysis.benchmark,
        "trailproof/control": finding.control,
        "trailproof/cause": finding.why.code(),
        "trailproof/fingerprint": item.fingerprint,
    });
    if let Some(fields) = fields.as_object_mut() {
        let optional = [
            (
                "trailproof/link",
                finding.broken_link.map(|id| id.code().to_owned()),
            ),
            ("trailproof/evidence", Some(evidence)),
        ];
        for (name, value) in optional {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                fields.insert(name.to_owned(), cut(&value, 1024).into());
            }
        }
        for (name, value) in dossier.provenance(Some(&finding.account)) {
            fields.insert(format!("trailproof/{name}"), cut(&value, 1024).into());
        }
    }
    let location = Location {
        partition,
        region,
        account: &finding.account,
    };
    let product = format!("product/{0}/default", finding.account);
    let mut out = json!({
        "SchemaVersion": "2018-10-08",
        "Id": format!("trailproof/{}/{}", finding.account, item.fingerprint),
        "ProductArn": location.arn("securityhub", &product),
        "ProductName": "trailproof",
        "GeneratorId": format!("trailproof/{}/{}", dossier.analysis.benchmark, finding.control),
        "AwsAccountId": finding.account,
        "Types": types,
        "CreatedAt": dossier.time(),
        "UpdatedAt": dossier.time(),
        "Severity": {"Label": label},
        "Title": cut(&format!("{}: {}", item.numbered(), finding.title), 256),
        "Description": cut(&item.told(), 1024),
        "ProductFields": fields,
        "Resources": [{
            "Type": "AwsAccount",
            "Id": format!("AWS::::Account:{}", finding.account),
            "Partition": partition,
            "Region": region,
        }],
        "Compliance": {"Status": compliance, "RelatedRequirements": requirements},
        "Workflow": {"Status": workflow},
        "RecordState": "ACTIVE",
        "FindingProviderFields": {"Severity": {"Label": label}, "Types": types},
    });
    if let (Some(fix), Some(out)) = (item.fix(), out.as_object_mut()) {
        let mut recommendation = json!({"Text": cut(&fix, 512)});
        if let (Some(url), Some(fields)) = (item.reference(), recommendation.as_object_mut()) {
            fields.insert("Url".to_owned(), url.into());
        }
        out.insert(
            "Remediation".to_owned(),
            json!({"Recommendation": recommendation}),
        );
    }
    out
}

/// A text of at most so many characters. None may be empty.
fn cut(text: &str, width: usize) -> String {
    if text.trim().is_empty() {
        return "-".to_owned();
    }
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(3)).collect();
    short.push_str("...");
    short
}
