//! The JSON contract of `diff`, with its own types and `schema_version`.

use serde::Serialize;
use serde_json::Value;

use crate::analyze;
use crate::chain::verdict::LinkId;
use crate::diff::{self, Diff, Direction, Side};

use super::diff::direction_word;
use super::json::{Attestation, Premises, Refused, Snapshot, attestation, refused};
use super::words;

#[derive(Serialize)]
struct Report<'a> {
    schema_version: u32,
    baseline: Snapshot<'a>,
    current: Snapshot<'a>,
    benchmark: &'a str,
    #[serde(flatten)]
    premises: Premises,
    presence: Vec<Presence<'a>>,
    findings: Vec<FindingView<'a>>,
    facts: Vec<Fact<'a>>,
    gaps: Vec<Gap<'a>>,
    refused_attestations: Vec<Refused<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Presence<'a> {
    account: &'a str,
    region: Option<&'a str>,
    change: &'static str,
}

#[derive(Serialize)]
struct FindingView<'a> {
    account: &'a str,
    control: &'a str,
    benchmark_id: Option<&'a str>,
    direction: &'static str,
    before: Option<FindingSide<'a>>,
    after: Option<FindingSide<'a>>,
}

#[derive(Serialize)]
struct FindingSide<'a> {
    status: &'static str,
    audit_steps: Option<String>,
    broken_link: Option<&'static str>,
    cause: Value,
    reason: String,
    witness: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Attestation<'a>>,
}

#[derive(Serialize)]
struct Fact<'a> {
    account: &'a str,
    region: Option<&'a str>,
    kind: &'a str,
    resource: &'a [String],
    #[serde(flatten)]
    change: Change<'a>,
}

#[derive(Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
enum Change<'a> {
    Added {
        fields: serde_json::Map<String, Value>,
    },
    Removed {
        fields: serde_json::Map<String, Value>,
    },
    Changed {
        fields: Vec<Field<'a>>,
    },
    Unseen {
        on: &'static str,
        cause: &'a diff::Unseen,
        why: String,
    },
}

#[derive(Serialize)]
struct Field<'a> {
    name: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meaning: Option<Meaning<'a>>,
}

#[derive(Serialize)]
struct Meaning<'a> {
    relation: &'static str,
    lost: Option<&'a Value>,
    gained: Option<&'a Value>,
    unknown: Option<&'a diff::Unrelated>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Gap<'a> {
    account: &'a str,
    region: &'a str,
    service: &'a str,
    operation: &'a str,
    subject: &'a str,
    kind: &'a str,
    on: &'static str,
}

#[derive(Serialize)]
struct Summary {
    worse: usize,
    better: usize,
    changed: usize,
    unchanged: usize,
    posture_got_worse: bool,
}

/// The comparison as one JSON document, ending with a line break.
pub(super) fn render(diff: &Diff) -> String {
    super::text::json_document(&Report {
        schema_version: 1,
        baseline: Snapshot::of(&diff.baseline),
        current: Snapshot::of(&diff.current),
        benchmark: &diff.benchmark,
        premises: Premises::of(&diff.premises),
        presence: diff
            .presence
            .iter()
            .map(|presence| Presence {
                account: &presence.account,
                region: presence.region.as_deref(),
                change: if presence.on == Side::Baseline {
                    "vanished"
                } else {
                    "appeared"
                },
            })
            .collect(),
        findings: diff
            .findings
            .iter()
            .map(|change| FindingView {
                account: &change.account,
                control: &change.control,
                benchmark_id: change.benchmark_id.as_deref(),
                direction: direction_word(change.direction),
                before: change.before.as_ref().map(finding_side),
                after: change.after.as_ref().map(finding_side),
            })
            .collect(),
        facts: diff.facts.iter().map(fact).collect(),
        gaps: diff
            .gaps
            .iter()
            .map(|gap| Gap {
                account: &gap.account,
                region: &gap.region,
                service: &gap.service,
                operation: &gap.operation,
                subject: &gap.subject,
                kind: &gap.kind,
                on: side(gap.on),
            })
            .collect(),
        refused_attestations: refused(&diff.refused),
        summary: Summary {
            worse: diff.count(Direction::Worse),
            better: diff.count(Direction::Better),
            changed: diff.count(Direction::Same),
            unchanged: diff.unchanged,
            posture_got_worse: diff.worse(),
        },
    })
}

fn finding_side(side: &analyze::Finding) -> FindingSide<'_> {
    FindingSide {
        status: side.status.as_str(),
        audit_steps: side
            .audit_steps
            .as_ref()
            .map(|steps| steps.answer.to_string()),
        broken_link: side.broken_link.map(LinkId::code),
        cause: super::json::cause(&side.why),
        reason: words::reason(side),
        witness: side.witness.as_ref(),
        accepted: side.accepted.as_ref().map(attestation),
    }
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Baseline => "baseline",
        Side::Current => "current",
    }
}

fn fact(fact: &diff::FactChange) -> Fact<'_> {
    let columns = |fields: &[diff::Field]| {
        fields
            .iter()
            .map(|field| {
                (
                    field.name.clone(),
                    field.value.clone().map_or(Value::Null, Value::String),
                )
            })
            .collect()
    };
    Fact {
        account: &fact.account,
        region: fact.region.as_deref(),
        kind: &fact.kind,
        resource: &fact.resource,
        change: match &fact.change {
            diff::Change::Added(fields) => Change::Added {
                fields: columns(fields),
            },
            diff::Change::Removed(fields) => Change::Removed {
                fields: columns(fields),
            },
            diff::Change::Changed(fields) => Change::Changed {
                fields: fields.iter().map(field).collect(),
            },
            diff::Change::Unseen { on, why } => Change::Unseen {
                on: side(*on),
                cause: why,
                why: super::words::unseen(why),
            },
        },
    }
}

fn field(change: &diff::FieldChange) -> Field<'_> {
    Field {
        name: &change.name,
        before: change.before.as_deref(),
        after: change.after.as_deref(),
        meaning: change.meaning.as_ref().map(|meaning| Meaning {
            relation: meaning.relation.as_str(),
            lost: meaning.lost.as_ref(),
            gained: meaning.gained.as_ref(),
            unknown: meaning.unknown.as_ref(),
            reason: meaning.unknown.as_ref().map(words::unrelated),
        }),
    }
}
