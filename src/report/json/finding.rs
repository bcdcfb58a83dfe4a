//! A finding in the JSON contract: its cause and reason, the paths that decide, what is wrong on them and what repairs it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::analyze::{self, Analysis, Remark, Why};
use crate::chain::verdict::{self, Cause, Subject};
use crate::coverage::Premise;

use super::super::{dossier, repair, words};

#[derive(Serialize)]
pub(super) struct FindingView<'a> {
    account: &'a str,
    control: &'a str,
    benchmark_id: Option<&'a str>,
    title: &'a str,
    severity: &'static str,
    status: &'static str,
    /// By what people are told, of a pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    told_by: Option<analyze::ToldBy>,
    #[serde(flatten)]
    audit_steps: Option<AuditSteps<'a>>,
    cause: Value,
    reason: String,
    /// What to do, in order; empty where nothing is wrong.
    fix: Vec<Fix>,
    /// Over account, control, cause code and subject: the same while these are, whatever the wording.
    fingerprint: String,
    /// The evidence rows that the answer rests on.
    evidence: &'a [i64],
    witness: Option<&'a Value>,
    broken_link: Option<&'static str>,
    requirement: Option<Requirement<'a>>,
    names: Option<Names<'a>>,
    notes: Vec<Note<'a>>,
    rests_on: &'a [Premise],
    assumptions: Vec<String>,
    paths: Vec<Path<'a>>,
    /// How many more paths there are than are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    paths_left_out: Option<usize>,
    accepted: Option<Attestation<'a>>,
    /// The single calls that would break the proof of a pass, with `--blind-spots`.
    #[serde(skip_serializing_if = "Option::is_none")]
    blind_spots: Option<Vec<BlindSpot<'a>>>,
    /// The fix that was tried on a copy of the facts, with `explain`, where it was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    proven_fix: Option<ProvenFix<'a>>,
}

impl<'a> FindingView<'a> {
    pub(super) fn with_fix(self, proven_fix: Option<ProvenFix<'a>>) -> Self {
        Self { proven_fix, ..self }
    }
}

/// What the audit steps of the benchmark come to.
#[derive(Serialize)]
struct AuditSteps<'a> {
    audit_steps: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_step: Option<&'a str>,
    audit_steps_cause: AuditStepsCause<'a>,
    audit_steps_reason: String,
}

/// Why the audit steps have their answer.
#[derive(Serialize)]
struct AuditStepsCause<'a> {
    #[serde(flatten)]
    cause: &'a analyze::audit_steps::StepCause,
    /// So many others end at the same step for causes of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct ProvenFix<'a> {
    /// What stays open, what has to happen besides, whom it touches.
    pub(super) told: &'a [String],
    /// AWS CLI calls, one a line; none where nothing can be changed.
    pub(super) commands: &'a [String],
}

#[derive(Serialize)]
struct BlindSpot<'a> {
    link: &'static str,
    event_source: &'static str,
    event_name: &'static str,
    subject: &'a Subject,
    #[serde(flatten)]
    heard: &'a analyze::Heard,
    /// A filter pattern that would hear the call.
    pattern: Option<String>,
}

#[derive(Serialize)]
struct Fix {
    link: Option<&'static str>,
    text: String,
}

#[derive(Serialize)]
struct Requirement<'a> {
    kind: &'a str,
    label: &'a str,
    text: &'a str,
    source: &'a str,
}

#[derive(Serialize)]
struct Names<'a> {
    covered: &'a BTreeMap<String, Vec<String>>,
    missing: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Note<'a> {
    link: Option<&'static str>,
    subject: Option<&'a Subject>,
    about: &'a Remark,
    text: String,
}

#[derive(Serialize)]
struct Path<'a> {
    trail: Option<&'a str>,
    log_group: Option<&'a str>,
    filter: Option<&'a str>,
    pattern: Option<&'a str>,
    alarm: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    action: Option<&'a str>,
    subscription: Option<&'a str>,
    verdict: &'static str,
    /// Links that are not `ok`; `explain --format json` has all of them, with their fields.
    links: Vec<Link<'a>>,
}

#[derive(Serialize)]
struct Link<'a> {
    id: &'static str,
    verdict: &'static str,
    subject: &'a Subject,
    cause: &'a Cause,
    reason: String,
    /// The API fields that decided, with `explain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<BTreeMap<&'a str, &'a str>>,
    evidence: &'a [i64],
}

#[derive(Serialize)]
pub(in crate::report) struct Attestation<'a> {
    control: &'a str,
    account: &'a str,
    reason: &'a str,
    by: &'a str,
    evidence: &'a str,
    expires: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    longer_because: Option<&'a str>,
}

/// A finding; with `every_link`, with the links that are `ok` and the fields that decided.
pub(super) fn finding<'a>(
    finding: &'a analyze::Finding,
    analysis: &'a Analysis,
    every_link: bool,
) -> FindingView<'a> {
    FindingView {
        account: &finding.account,
        control: &finding.control,
        benchmark_id: finding.benchmark_id.as_deref(),
        title: &finding.title,
        severity: finding.severity.as_str(),
        status: finding.status.as_str(),
        told_by: finding.why.told_by(),
        audit_steps: finding.audit_steps.as_ref().map(audit_steps),
        cause: cause(&finding.why),
        reason: words::reason(finding),
        fix: repair::repairs(finding, analysis.control(finding))
            .into_iter()
            .map(|repair| Fix {
                link: repair.link.map(verdict::LinkId::code),
                text: repair.text,
            })
            .collect(),
        fingerprint: dossier::fingerprint(finding),
        evidence: &finding.evidence,
        witness: finding.witness.as_ref(),
        broken_link: finding.broken_link.map(verdict::LinkId::code),
        requirement: finding.requirement.as_ref().map(|requirement| Requirement {
            kind: &requirement.kind,
            label: &requirement.label,
            text: &requirement.text,
            source: &requirement.source,
        }),
        names: finding.names.as_ref().map(|names| Names {
            covered: &names.covered,
            missing: &names.missing,
        }),
        notes: finding.notes.iter().map(note).collect(),
        rests_on: &finding.rests_on,
        assumptions: words::assumptions(finding),
        paths: finding
            .paths
            .iter()
            .map(|it| path(it, every_link))
            .collect(),
        paths_left_out: (finding.paths_left_out > 0).then_some(finding.paths_left_out),
        accepted: finding.accepted.as_ref().map(attestation),
        blind_spots: finding
            .blind_spots
            .as_ref()
            .map(|spots| spots.iter().map(blind_spot).collect()),
        proven_fix: None,
    }
}

fn audit_steps(steps: &analyze::audit_steps::AuditSteps) -> AuditSteps<'_> {
    AuditSteps {
        audit_steps: steps.answer.to_string(),
        audit_step: steps.step.as_deref(),
        audit_steps_cause: AuditStepsCause {
            cause: &steps.cause,
            others: (steps.others > 0).then_some(steps.others),
        },
        audit_steps_reason: words::audit_steps::reason(steps),
    }
}

/// Why a finding has its status: the code of the cause with its values; of a link that decides, its subject too.
pub(in crate::report) fn cause(why: &Why) -> Value {
    let mut cause = match why {
        Why::Carried(carriers) | Why::CutShort(carriers) => json!(carriers),
        Why::Undecided { why } => json!({ "why": why }),
        Why::Rows { rows, .. } => json!({ "rows": rows }),
        Why::Recorded { trails } => json!({ "trails": trails }),
        other => other
            .stop()
            .map_or_else(|| json!({}), |stop| json!(stop.cause)),
    };
    if let Value::Object(members) = &mut cause {
        members.shift_insert(0, "code".to_owned(), Value::String(why.code()));
        if let Some(subject) = why.stop().and_then(|stop| stop.subject.as_ref()) {
            members.insert("subject".to_owned(), json!(subject));
        }
    }
    cause
}

fn blind_spot(spot: &analyze::BlindSpot) -> BlindSpot<'_> {
    BlindSpot {
        link: spot.link.code(),
        event_source: spot.call.source,
        event_name: spot.call.name,
        subject: &spot.subject,
        heard: &spot.heard,
        pattern: spot.pattern(),
    }
}

pub(super) fn note(note: &analyze::Note) -> Note<'_> {
    Note {
        link: note.link.map(verdict::LinkId::code),
        subject: note.subject.as_ref(),
        about: &note.about,
        text: words::remark(&note.about),
    }
}

fn path(path: &analyze::PathSummary, every_link: bool) -> Path<'_> {
    Path {
        trail: path.trail.as_deref(),
        log_group: path.log_group.as_deref(),
        filter: path.filter.as_deref(),
        pattern: path.pattern.as_deref(),
        alarm: path.alarm.as_deref(),
        rule: path.rule.as_deref(),
        action: path.action.as_deref(),
        subscription: path.subscription.as_deref(),
        verdict: path.verdict.word(),
        links: path
            .links
            .iter()
            .filter(|link| every_link || link.verdict != verdict::Verdict::Ok)
            .map(|link| Link {
                id: link.id.code(),
                verdict: link.verdict.word(),
                subject: &link.subject,
                cause: &link.cause,
                reason: words::sentence(&link.cause),
                fields: every_link.then(|| {
                    let fields = link.fields.iter();
                    fields
                        .map(|(name, value)| (name.as_str(), value.as_str()))
                        .collect()
                }),
                evidence: &link.evidence,
            })
            .collect(),
    }
}

pub(in crate::report) fn attestation(attestation: &analyze::Attestation) -> Attestation<'_> {
    Attestation {
        control: &attestation.control,
        account: &attestation.account,
        reason: &attestation.reason,
        by: &attestation.by,
        evidence: &attestation.evidence,
        expires: &attestation.expires,
        longer_because: attestation.longer_because.as_deref(),
    }
}
