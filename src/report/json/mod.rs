//! The JSON contract of `analyze`. Its own types, so that the contract changes only on purpose: `schema_version`
//! rises when a field changes its meaning or goes away; new fields may appear.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::analyze::{self, Answers};
use crate::control::{self, Assessment};

use super::dossier::{self, About, Dossier};
use super::{text, words};

mod finding;

pub(super) use finding::{Attestation, attestation, cause};
use finding::{FindingView, Note, ProvenFix, finding, note};

#[derive(Serialize)]
struct Report<'a> {
    schema_version: u32,
    snapshot: Snapshot<'a>,
    benchmark: &'a str,
    analyzer: &'static str,
    /// Active accounts of the organization, where it was listed.
    organization_accounts: Option<usize>,
    #[serde(flatten)]
    premises: Premises,
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
    not_judged: &'a [analyze::NotJudged],
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
    root_sha256: Option<&'a str>,
    derivation: i64,
    verified: bool,
    /// Changes of the account that were supposed and not made.
    #[serde(skip_serializing_if = "is_none")]
    supposed_changes: usize,
}

fn is_none(changes: &usize) -> bool {
    *changes == 0
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
            root_sha256: summary.root_sha256.as_deref(),
            derivation: summary.derivation,
            verified: summary.verified,
            supposed_changes: summary.supposed_changes,
        }
    }
}

/// What the answers rest on besides the snapshot, as the user put it.
#[derive(Serialize)]
pub(super) struct Premises {
    /// Words of `--assume`.
    assumed: Vec<&'static str>,
    /// The ways to be told that count.
    paths: &'static str,
    /// Whether it was decided without the event model.
    strict: bool,
}

impl Premises {
    pub(super) fn of(premises: &analyze::Premises) -> Self {
        Self {
            assumed: premises.assumed.iter().map(|it| it.word()).collect(),
            paths: match premises.paths {
                analyze::Paths::All => "all",
                analyze::Paths::Alarm => "alarm",
            },
            strict: premises.strict,
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

/// What `explain --format json` prints.
#[derive(Serialize)]
pub(super) struct Explained<'a> {
    schema_version: u32,
    snapshot: Snapshot<'a>,
    benchmark: &'a str,
    analyzer: &'static str,
    organization_accounts: Option<usize>,
    #[serde(flatten)]
    premises: Premises,
    findings: Vec<FindingView<'a>>,
    /// Those that the findings are of.
    accounts: Vec<Account<'a>>,
    refused_attestations: Vec<Refused<'a>>,
}

#[derive(Serialize)]
struct Account<'a> {
    account: &'a str,
    /// Its name in the organization.
    name: Option<&'a str>,
    /// Who asked.
    caller_arn: Option<&'a str>,
    /// Regions that are enabled, and of those the ones that answered which trails they have.
    regions: usize,
    regions_answered: usize,
    calls: usize,
    trails: usize,
    paths: usize,
    gaps: Vec<String>,
    notes: Vec<Note<'a>>,
    other_monitoring: Vec<Note<'a>>,
}

/// An attestation that was not accepted.
#[derive(Serialize)]
pub(super) struct Refused<'a> {
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
pub(super) fn explained(dossier: Dossier<'_>) -> Explained<'_> {
    let analysis = dossier.analysis;
    let findings = dossier.items().map(|item| {
        let proven_fix = dossier.fix(&item).map(|fix| ProvenFix {
            told: &fix.told,
            commands: &fix.commands,
        });
        finding(item.finding, analysis, true).with_fix(proven_fix)
    });
    let explained: BTreeSet<&str> = analysis
        .findings
        .iter()
        .map(|it| it.account.as_str())
        .collect();
    let accounts = analysis
        .accounts
        .iter()
        .filter(|it| explained.contains(it.account.as_str()));
    Explained {
        schema_version: 1,
        snapshot: Snapshot::of(&analysis.snapshot),
        benchmark: &analysis.benchmark,
        analyzer: dossier::ANALYZER,
        organization_accounts: dossier.about.organization_accounts,
        premises: Premises::of(&analysis.premises),
        findings: findings.collect(),
        accounts: accounts.map(|it| account(it, dossier.about)).collect(),
        refused_attestations: refused(&analysis.refused),
    }
}

/// The analysis as one JSON document, ending with a line break; with `failing`, the findings without what passes. The
/// counts stay those of all.
pub(super) fn render(dossier: Dossier<'_>, failing: bool) -> String {
    text::json_document(&report(dossier, dossier.analysis.summary(), failing))
}

/// The document around findings and accounts: what comes before the findings, and what after the accounts.
pub(super) fn frame(outset: Dossier<'_>, counts: analyze::Summary) -> [String; 2] {
    let whole = text::json_document(&Report {
        accounts: Vec::new(),
        ..report(outset, counts, false)
    });
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
pub(super) fn items(answers: &Answers, outset: Dossier<'_>, failing: bool) -> [String; 2] {
    let findings = answers.findings.iter();
    let findings: Vec<_> = findings
        .filter(|it| !failing || it.is_open())
        .map(|it| finding(it, outset.analysis, false))
        .collect();
    let lists = [
        text::json_document(&Findings { findings }),
        text::json_document(&Accounts {
            accounts: [account(&answers.account, outset.about)],
        }),
    ];
    lists.map(|list| {
        let from = list.find('[').map_or(list.len(), |at| at + 1);
        let to = list.rfind("\n  ]").unwrap_or(from);
        list.get(from..to).unwrap_or_default().to_owned()
    })
}

fn report(dossier: Dossier<'_>, counts: analyze::Summary, failing: bool) -> Report<'_> {
    let analysis = dossier.analysis;
    Report {
        schema_version: 1,
        snapshot: Snapshot::of(&analysis.snapshot),
        benchmark: &analysis.benchmark,
        analyzer: dossier::ANALYZER,
        organization_accounts: dossier.about.organization_accounts,
        premises: Premises::of(&analysis.premises),
        controls: analysis.controls.iter().map(control).collect(),
        findings: analysis
            .findings
            .iter()
            .filter(|it| !failing || it.is_open())
            .map(|it| finding(it, analysis, false))
            .collect(),
        accounts: analysis
            .accounts
            .iter()
            .map(|it| account(it, dossier.about))
            .collect(),
        refused_attestations: refused(&analysis.refused),
        summary: summary(counts),
        framework: analysis.framework.as_ref().map(framework),
    }
}

pub(super) fn refused(refused: &[analyze::RefusedAttestation]) -> Vec<Refused<'_>> {
    let refused = refused.iter().map(|refused| Refused {
        attestation: attestation(&refused.attestation),
        refused_cause: &refused.why,
        refused_because: words::refusal(&refused.why),
    });
    refused.collect()
}

fn framework(framework: &analyze::FrameworkScore) -> Framework<'_> {
    Framework {
        id: &framework.id,
        title: &framework.title,
        sections: framework.sections.iter().map(section).collect(),
        not_judged: &framework.not_judged,
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

fn account<'a>(account: &'a analyze::AccountSummary, about: &'a About) -> Account<'a> {
    let seen = about.accounts.get(&account.account);
    Account {
        account: &account.account,
        name: seen.and_then(|it| it.name.as_deref()),
        caller_arn: seen.and_then(|it| it.caller.as_deref()),
        regions: seen.map_or(0, |it| it.regions),
        regions_answered: seen.map_or(0, |it| it.regions_answered),
        calls: seen.map_or(0, |it| it.calls),
        trails: account.trails,
        paths: account.paths,
        gaps: account.gaps.iter().map(words::gap).collect(),
        notes: account.notes.iter().map(note).collect(),
        other_monitoring: account.other_monitoring.iter().map(note).collect(),
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
