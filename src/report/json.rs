//! The JSON contract of `analyze`. Its own types, so that the contract changes only on purpose: `schema_version`
//! rises when a field changes its meaning or goes away; new fields may appear.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::analyze::{self, Analysis, Answers, Remark, Why};
use crate::chain::verdict::{self, Cause, Subject};
use crate::control::{self, Assessment};
use crate::coverage::Premise;

use super::{dossier, words};

#[derive(Serialize)]
struct Report<'a> {
    schema_version: u32,
    snapshot: Snapshot<'a>,
    benchmark: &'a str,
    /// What the user assumes where AWS gave no answer (`--assume`).
    assumed: Vec<&'static str>,
    controls: Vec<Control<'a>>,
    findings: Vec<FindingView<'a>>,
    accounts: Vec<Account<'a>>,
    refused_attestations: Vec<Refused<'a>>,
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<Framework<'a>>,
}

/// A list of the document alone, at the depth that it has there.
#[derive(Serialize)]
struct Findings<'a> {
    findings: Vec<FindingView<'a>>,
}

#[derive(Serialize)]
struct Accounts<'a> {
    accounts: [Account<'a>; 1],
}

/// The findings by section of a framework, with `--framework`.
#[derive(Serialize)]
struct Framework<'a> {
    id: &'a str,
    title: &'a str,
    sections: Vec<Section<'a>>,
}

#[derive(Serialize)]
struct Section<'a> {
    section: Option<&'a str>,
    controls: &'a [String],
    /// Per cent of what was judged; none where nothing was.
    score: Option<usize>,
    pass: usize,
    fail: usize,
    unknown: usize,
    not_applicable: usize,
    accepted: usize,
}

/// Which snapshot: the same in `analyze` and in `diff`.
#[derive(Serialize)]
pub(super) struct Snapshot<'a> {
    state: &'static str,
    producer: &'a str,
    started_at: &'a str,
    finished_at: Option<&'a str>,
    evidence_sha256: Option<&'a str>,
    facts_sha256: Option<&'a str>,
    derivation: i64,
    verified: bool,
}

impl<'a> Snapshot<'a> {
    pub(super) fn of(summary: &'a analyze::SnapshotSummary) -> Self {
        Self {
            state: if summary.complete {
                "complete"
            } else {
                "incomplete"
            },
            producer: &summary.producer,
            started_at: &summary.started_at,
            finished_at: summary.finished_at.as_deref(),
            evidence_sha256: summary.evidence_sha256.as_deref(),
            facts_sha256: summary.facts_sha256.as_deref(),
            derivation: summary.derivation,
            verified: summary.verified,
        }
    }
}

/// What is the same in every finding of a control.
#[derive(Serialize)]
struct Control<'a> {
    control: &'a str,
    benchmark_id: Option<&'a str>,
    title: &'a str,
    severity: &'static str,
    category: Option<&'a str>,
    /// The section, where it is not `monitoring`.
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<&'static str>,
    level: Option<u8>,
    assessment: Option<&'static str>,
    references: &'a [String],
    /// Sections by id of the framework; none where a source names the document alone.
    frameworks: BTreeMap<&'a str, &'a [String]>,
    /// Numbers in other benchmarks, by their ids.
    elsewhere: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct FindingView<'a> {
    account: &'a str,
    control: &'a str,
    benchmark_id: Option<&'a str>,
    title: &'a str,
    severity: &'static str,
    status: &'static str,
    /// By what people are told, of a pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    told_by: Option<analyze::ToldBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_steps: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_steps_cause: Option<AuditStepsCause<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_steps_reason: Option<String>,
    cause: Value,
    reason: String,
    /// What to do, in order; empty where nothing is wrong.
    fix: Vec<Fix>,
    /// Over account, control, cause code and subject: the same while these are, whatever the wording.
    fingerprint: String,
    /// The evidence rows of the deciding path, for a pass of all its paths.
    evidence: Vec<i64>,
    witness: Option<&'a Value>,
    broken_link: Option<&'static str>,
    requirement: Option<Requirement<'a>>,
    names: Option<Names<'a>>,
    notes: Vec<Note<'a>>,
    rests_on: &'a [Premise],
    assumptions: Vec<String>,
    paths: Vec<Path<'a>>,
    accepted: Option<Attestation<'a>>,
    /// The single calls that would break the proof of a pass, with `--blind-spots`.
    #[serde(skip_serializing_if = "Option::is_none")]
    blind_spots: Option<Vec<BlindSpot<'a>>>,
    /// The fix that was tried on a copy of the facts, with `explain`, where it was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    proven_fix: Option<ProvenFix<'a>>,
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
struct ProvenFix<'a> {
    /// What stays open, what has to happen besides, whom it touches.
    told: &'a [String],
    /// AWS CLI calls, one a line; none where nothing can be changed.
    commands: &'a [String],
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
struct Note<'a> {
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

/// What `explain --format json` prints.
#[derive(Serialize)]
pub(super) struct Explained<'a> {
    schema_version: u32,
    snapshot: Snapshot<'a>,
    benchmark: &'a str,
    findings: Vec<FindingView<'a>>,
}

#[derive(Serialize)]
struct Account<'a> {
    account: &'a str,
    trails: usize,
    paths: usize,
    gaps: Vec<String>,
    notes: Vec<Note<'a>>,
    other_monitoring: Vec<Note<'a>>,
}

#[derive(Serialize)]
struct Attestation<'a> {
    control: &'a str,
    account: &'a str,
    reason: &'a str,
    by: &'a str,
    evidence: &'a str,
    expires: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    longer_because: Option<&'a str>,
}

#[derive(Serialize)]
struct Refused<'a> {
    #[serde(flatten)]
    attestation: Attestation<'a>,
    refused_cause: &'a analyze::NotAccepted,
    refused_because: String,
}

#[derive(Serialize)]
struct Summary {
    pass: usize,
    fail: usize,
    unknown: usize,
    not_applicable: usize,
    accepted: usize,
    audit_steps_and_status_differ: usize,
    attestations_refused: usize,
}

/// The findings with every link of their paths.
pub(super) fn explained(dossier: dossier::Dossier<'_>) -> Explained<'_> {
    let analysis = dossier.analysis;
    let findings = dossier.items().map(|item| {
        let proven_fix = dossier.fix(&item).map(|fix| ProvenFix {
            told: &fix.told,
            commands: &fix.commands,
        });
        FindingView {
            proven_fix,
            ..finding(item.finding, analysis, true)
        }
    });
    Explained {
        schema_version: 1,
        snapshot: Snapshot::of(&analysis.snapshot),
        benchmark: &analysis.benchmark,
        findings: findings.collect(),
    }
}

/// The analysis as one JSON document, ending with a line break; with `failing`, the findings without what passes. The
/// counts stay those of all.
pub(super) fn render(analysis: &Analysis, failing: bool) -> String {
    super::text::json_document(&report(analysis, analysis.summary(), failing))
}

/// The document around findings and accounts: what comes before the findings, and what after the accounts.
pub(super) fn frame(outset: &Analysis, counts: analyze::Summary) -> [String; 2] {
    let whole = super::text::json_document(&report(outset, counts, false));
    // At this depth no text holds a line break.
    let lists = format!("{FINDINGS}[],{ACCOUNTS}[]");
    let (before, after) = whole.split_once(&lists).unwrap_or_default();
    [before, after].map(str::to_owned)
}

/// How the two long lists of the document begin, before their brackets.
pub(super) const FINDINGS: &str = "\n  \"findings\": ";
/// The second.
pub(super) const ACCOUNTS: &str = "\n  \"accounts\": ";

/// What an account adds to the two lists: their items as they stand in the document, without the commas around them.
pub(super) fn items(answers: &Answers, outset: &Analysis, failing: bool) -> [String; 2] {
    let findings = answers.findings.iter();
    let findings: Vec<_> = findings
        .filter(|it| !failing || it.is_open())
        .map(|it| finding(it, outset, false))
        .collect();
    let lists = [
        super::text::json_document(&Findings { findings }),
        super::text::json_document(&Accounts {
            accounts: [account(&answers.account)],
        }),
    ];
    lists.map(|list| {
        let from = list.find('[').map_or(list.len(), |at| at + 1);
        let to = list.rfind("\n  ]").unwrap_or(from);
        list.get(from..to).unwrap_or_default().to_owned()
    })
}

fn report(analysis: &Analysis, counts: analyze::Summary, failing: bool) -> Report<'_> {
    Report {
        schema_version: 1,
        snapshot: Snapshot::of(&analysis.snapshot),
        benchmark: &analysis.benchmark,
        assumed: analysis.assumed.iter().map(|it| it.word()).collect(),
        controls: analysis.controls.iter().map(control).collect(),
        findings: analysis
            .findings
            .iter()
            .filter(|it| !failing || it.is_open())
            .map(|it| finding(it, analysis, false))
            .collect(),
        accounts: analysis.accounts.iter().map(account).collect(),
        refused_attestations: analysis
            .refused
            .iter()
            .map(|refused| Refused {
                attestation: attestation(&refused.attestation),
                refused_cause: &refused.why,
                refused_because: words::refusal(&refused.why),
            })
            .collect(),
        summary: summary(counts),
        framework: analysis.framework.as_ref().map(framework),
    }
}

fn framework(framework: &analyze::FrameworkScore) -> Framework<'_> {
    Framework {
        id: &framework.id,
        title: &framework.title,
        sections: framework.sections.iter().map(section).collect(),
    }
}

fn section(score: &analyze::SectionScore) -> Section<'_> {
    Section {
        section: score.section.as_deref(),
        controls: &score.controls,
        score: score.percent(),
        pass: score.summary.pass,
        fail: score.summary.fail,
        unknown: score.summary.unknown,
        not_applicable: score.summary.not_applicable,
        accepted: score.summary.accepted,
    }
}

fn control(control: &analyze::ControlSummary) -> Control<'_> {
    Control {
        control: &control.id,
        benchmark_id: control.benchmark_id.as_deref(),
        title: &control.title,
        severity: control.severity.as_str(),
        category: control.category.as_deref(),
        section: (control.section != control::Section::Monitoring)
            .then(|| control.section.as_str()),
        level: control.level,
        assessment: control.assessment.map(Assessment::as_str),
        references: &control.references,
        frameworks: control
            .frameworks
            .iter()
            .map(|it| (it.id.as_str(), it.sections.as_slice()))
            .collect(),
        elsewhere: control
            .elsewhere
            .iter()
            .map(|(benchmark, number)| (benchmark.as_str(), number.as_str()))
            .collect(),
    }
}

fn finding<'a>(
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
        audit_steps: finding
            .audit_steps
            .as_ref()
            .map(|audit_steps| audit_steps.answer.to_string()),
        audit_step: finding
            .audit_steps
            .as_ref()
            .and_then(|audit_steps| audit_steps.step.as_deref()),
        audit_steps_cause: finding
            .audit_steps
            .as_ref()
            .map(|audit_steps| AuditStepsCause {
                cause: &audit_steps.cause,
                others: (audit_steps.others > 0).then_some(audit_steps.others),
            }),
        audit_steps_reason: finding.audit_steps.as_ref().map(words::audit_steps::reason),
        cause: cause(&finding.why),
        reason: words::reason(finding),
        fix: super::repair::repairs(finding, analysis.control(finding))
            .into_iter()
            .map(|repair| Fix {
                link: repair.link.map(verdict::LinkId::code),
                text: repair.text,
            })
            .collect(),
        fingerprint: dossier::fingerprint(finding),
        evidence: dossier::evidence(finding),
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
        accepted: finding.accepted.as_ref().map(attestation),
        blind_spots: finding
            .blind_spots
            .as_ref()
            .map(|spots| spots.iter().map(blind_spot).collect()),
        proven_fix: None,
    }
}

/// Why a finding has its status: the code of the cause with its values; of a link that decides, its subject too.
pub(super) fn cause(why: &Why) -> Value {
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

fn note(note: &analyze::Note) -> Note<'_> {
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

fn account(account: &analyze::AccountSummary) -> Account<'_> {
    Account {
        account: &account.account,
        trails: account.trails,
        paths: account.paths,
        gaps: account.gaps.iter().map(words::gap).collect(),
        notes: account.notes.iter().map(note).collect(),
        other_monitoring: account.other_monitoring.iter().map(note).collect(),
    }
}

fn attestation(attestation: &analyze::Attestation) -> Attestation<'_> {
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

fn summary(summary: analyze::Summary) -> Summary {
    Summary {
        pass: summary.pass,
        fail: summary.fail,
        unknown: summary.unknown,
        not_applicable: summary.not_applicable,
        accepted: summary.accepted,
        audit_steps_and_status_differ: summary.disagreements,
        attestations_refused: summary.attestations_refused,
    }
}
