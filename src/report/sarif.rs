//! SARIF 2.1.0 for code scanning: what is open, never what passes or was accepted; always a run, also with no result.
//! The limits are those of GitHub's code scanning: 25,000 results a run, a relative file with a region for each, a
//! fingerprint that keeps an alert the same from run to run, `security-severity` as a text.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::analyze::Status;
use crate::control::Severity;

use super::dossier::{Dossier, Item};
use super::marked;
use super::printable::one_line;
use super::text::{flat, json_document, object};

/// The most results that code scanning takes of one run.
const RESULTS: usize = 25_000;

/// The open findings as a SARIF log.
pub(super) fn render(dossier: Dossier<'_>) -> String {
    let mut open: Vec<Item<'_>> = dossier.items().filter(Item::open).collect();
    // Stable: what is lost comes first, should there be more than are taken.
    open.sort_by_key(|item| std::cmp::Reverse(item.finding.status));
    let left_out = open.len().saturating_sub(RESULTS);
    open.truncate(RESULTS);
    let mut seen = BTreeSet::new();
    let rules: Vec<Value> = open
        .iter()
        .filter(|item| seen.insert(item.finding.control.as_str()))
        .map(rule)
        .collect();
    let ids: Vec<&str> = rules
        .iter()
        .filter_map(|rule| rule["id"].as_str())
        .collect();
    let results: Vec<Value> = open
        .iter()
        .map(|item| result(item, &ids, &dossier.about.file))
        .collect();
    let mut notifications = Vec::new();
    if left_out > 0 {
        notifications.push(json!({
            "level": "warning",
            "message": {"text": format!("{left_out} more findings are open; code scanning takes {RESULTS}")},
        }));
    }
    if !dossier.analysis.snapshot.complete {
        notifications.push(json!({
            "level": "warning",
            "message": {"text": "The snapshot is incomplete: its collection was cut short."},
        }));
    }
    json_document(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "trailproof",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "automationDetails": {"id": format!("trailproof/{}/", dossier.analysis.benchmark)},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "properties": object(dossier.provenance(None)),
            "results": results,
        }],
    }))
}

fn rule(item: &Item<'_>) -> Value {
    let finding = item.finding;
    let fix = item
        .control
        .map_or(String::new(), |control| flat(&control.remediation));
    let references: String = item
        .control
        .map_or(&[][..], |control| &control.references)
        .iter()
        .filter(|reference| reference.starts_with("https://"))
        .map(|reference| format!("\n- <{}>", one_line(reference).replace(['<', '>', ' '], "")))
        .collect();
    let mut tags = vec![
        "security".to_owned(),
        "aws".to_owned(),
        "monitoring".to_owned(),
    ];
    if let Some(category) = item.control.and_then(|control| control.category.as_deref()) {
        tags.push(category.to_lowercase().replace(' ', "-"));
    }
    if let Some(number) = &finding.benchmark_id {
        tags.push(format!("benchmark/{number}"));
    }
    // The title of an alert that is open: what should be, and is not.
    let expected = format!("Expected: {}", sentence(&finding.title));
    let mut rule = json!({
        "id": finding.control,
        "name": camel(&finding.control),
        "shortDescription": {"text": expected},
        "fullDescription": {"text": expected},
        "help": {
            "text": sentence(&fix),
            "markdown": format!(
                "**{}**\n\n{}\n\n`trailproof explain ID` says what the id of a link means.\n{}",
                marked::sentence(&expected),
                marked::sentence(&fix),
                references
            ),
        },
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": tags,
            "precision": "very-high",
            "problem.severity": if finding.severity == Severity::Low { "warning" } else { "error" },
            "security-severity": match finding.severity {
                Severity::Low => "3.0",
                Severity::Medium => "5.5",
                Severity::High => "8.0",
            },
        },
    });
    if let (Some(reference), Some(rule)) = (item.reference(), rule.as_object_mut()) {
        rule.insert("helpUri".to_owned(), reference.into());
    }
    rule
}

fn result(item: &Item<'_>, rules: &[&str], file: &str) -> Value {
    let finding = item.finding;
    let mut text = format!("Account {}: {}.", finding.account, item.told());
    if let Some(fix) = item.fix() {
        text.push_str(&format!(" To change: {fix}."));
    }
    let index = rules.iter().position(|rule| *rule == finding.control);
    json!({
        "ruleId": finding.control,
        "ruleIndex": index,
        "level": if finding.status == Status::Fail { "error" } else { "warning" },
        "message": {"text": plain(&text)},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": file},
                "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
            },
            "logicalLocations": [{
                "name": finding.account,
                "fullyQualifiedName": format!("{}/{}", finding.account, finding.control),
                "kind": "resource",
            }],
        }],
        "partialFingerprints": {
            "primaryLocationLineHash": item.fingerprint,
            "trailproof/v1": item.fingerprint,
        },
        "properties": {
            "account": finding.account,
            "status": finding.status.as_str(),
            "link": finding.broken_link.map(|id| id.code()),
            "benchmarkId": finding.benchmark_id,
            "cause": finding.why.code(),
            "evidence": item.finding.evidence,
        },
    })
}

/// `root_usage` is named `RootUsage`.
fn camel(id: &str) -> String {
    id.split(['_', '-'])
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters))
                .into_iter()
                .flatten()
        })
        .collect()
}

/// Text of a rule: one line, ended.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with('.') {
        plain(text)
    } else {
        plain(&format!("{text}."))
    }
}

/// Plain text of a message: in SARIF brackets make a link there unless they are escaped.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        if matches!(c, '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
