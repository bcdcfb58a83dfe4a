//! What is said of one control in one account: plain data, shown by `report`, compared by `diff`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::chain::verdict::{ApiCall, Cause, Link, LinkId, Subject, Verdict};
use crate::chain::{Assumption, Gap, Path};
use crate::control::{Answer, Kept, Severity};
use crate::coverage::{Premise, Undecided};

use super::audit_steps::AuditSteps;
use super::note::Note;

/// The answer for one control in one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The account.
    pub account: String,
    /// Id of the control.
    pub control: String,
    /// Title of the control.
    pub title: String,
    /// The control's number in the benchmark.
    pub benchmark_id: Option<String>,
    /// How bad a failure is: as the benchmark states it, else the control's own.
    pub severity: Severity,
    /// The answer.
    pub status: Status,
    /// Whether the benchmark's own audit steps, followed word by word, would be satisfied.
    pub audit_steps: Option<AuditSteps>,
    /// Why, as data; `report` makes the sentence.
    pub why: Why,
    /// An event that nobody would hear about.
    pub witness: Option<Value>,
    /// The link that drops the witness, or that leaves the answer open.
    pub broken_link: Option<LinkId>,
    /// The accepted form of the requirement that the answer is about.
    pub requirement: Option<Requirement>,
    /// Of a requirement that lists events: which are covered.
    pub names: Option<Names>,
    /// What holds but should be known: degraded and weak links, noise, defects of the benchmark's text.
    pub notes: Vec<Note>,
    /// Parts of the requirement and of the filters that explain a fail.
    pub marks: Vec<Mark>,
    /// What the answer rests on besides the snapshot: the event model, observed semantics.
    pub rests_on: Vec<Premise>,
    /// What the user assumes where AWS gave no answer.
    pub assumed: Vec<Assumption>,
    /// The paths that matter for this control, the best first; no more than a reader looks at.
    pub paths: Vec<PathSummary>,
    /// How many more such paths there are.
    pub paths_left_out: usize,
    /// The evidence rows that the answer rests on, ascending: those of the deciding path; of a pass those of every path that it
    /// needs or shows; of a query those that its rows name.
    pub evidence: Vec<i64>,
    /// Set when an attestation accepts this finding.
    pub accepted: Option<Attestation>,
    /// Of a pass, where they were asked for: the single calls that would break its proof.
    pub blind_spots: Option<Vec<BlindSpot>>,
}

impl Finding {
    /// Neither a pass nor settled otherwise. What an attestation accepts stays open here: it is shown.
    pub fn is_open(&self) -> bool {
        matches!(self.status, Status::Fail | Status::Unknown)
    }

    /// Whether audit steps and status say different things. Open audit steps or an open status disagree with nothing.
    pub fn disagrees(&self) -> bool {
        let Some(audit_steps) = &self.audit_steps else {
            return false;
        };
        matches!(
            (audit_steps.answer, self.status),
            (Answer::Met, Status::Fail)
                | (Answer::Met, Status::Unknown)
                | (Answer::NotMet, Status::Pass)
        )
    }
}

/// Counts of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Every required event reaches a subscriber.
    pub pass: usize,
    /// An event was found that nobody would hear about.
    pub fail: usize,
    /// The snapshot cannot decide it.
    pub unknown: usize,
    /// The control asks for nothing here.
    pub not_applicable: usize,
    /// Of `fail` and `unknown`: accepted by an attestation.
    pub accepted: usize,
    /// Findings whose audit steps say something else than their status.
    pub disagreements: usize,
    /// Attestations that were refused.
    pub attestations_refused: usize,
}

impl Summary {
    /// Adds one finding.
    pub fn count(&mut self, finding: &Finding) {
        match finding.status {
            Status::Pass => self.pass += 1,
            Status::Fail => self.fail += 1,
            Status::Unknown => self.unknown += 1,
            Status::NotApplicable => self.not_applicable += 1,
        }
        if finding.accepted.is_some() {
            self.accepted += 1;
        }
        if finding.disagrees() {
            self.disagreements += 1;
        }
    }
}

impl std::ops::AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.unknown += other.unknown;
        self.not_applicable += other.not_applicable;
        self.accepted += other.accepted;
        self.disagreements += other.disagreements;
        self.attestations_refused += other.attestations_refused;
    }
}

/// The four answers, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Each required event reaches a confirmed subscriber.
    Pass,
    /// The control asks for nothing in this account.
    NotApplicable,
    /// The snapshot cannot decide it; the reason says what is missing.
    Unknown,
    /// Some required event reaches nobody; the witness is one.
    Fail,
}

impl Status {
    /// The status as it is written in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::NotApplicable => "not_applicable",
            Status::Unknown => "unknown",
            Status::Fail => "fail",
        }
    }
}

/// One accepted form of what a control asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// `text`, `aws`, `intent` or `query`.
    pub kind: String,
    /// Its short name in the control: `text`, `sso`, `intent`.
    pub label: String,
    /// The form itself: a filter pattern, or the query.
    pub text: String,
    /// Where it was read.
    pub source: String,
}

/// Which of the events that a requirement lists are covered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Covered names, each with the filters that catch it.
    pub covered: BTreeMap<String, Vec<String>>,
    /// Names that no sound path catches.
    pub missing: Vec<String>,
}

/// Why a finding has its status.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// Pass: these carry every event that is asked for.
    Carried(Carriers),
    /// Fail: the event stops at a link.
    NobodyHears {
        /// Name of the event.
        event: String,
        /// Where it stops.
        stop: Box<Stop>,
    },
    /// Pass: these trails together keep every event that is asked for.
    Recorded {
        /// Their ARNs.
        trails: Vec<String>,
    },
    /// Fail: an event is not kept.
    NobodyRecords {
        /// The event.
        event: Unrecorded,
        /// Where it would have to be kept.
        kept: Kept,
        /// Where it stops.
        stop: Box<Stop>,
    },
    /// Unknown: it would be a pass if these links were known.
    EvidenceMissing {
        /// The unknown links of the paths that would carry the events.
        links: Vec<Stop>,
        /// Calls that failed, where none of the links names one.
        gaps: Vec<Gap>,
    },
    /// Unknown: the coverage decision has no answer.
    Undecided {
        /// What the decision says.
        why: Undecided,
    },
    /// Unknown: two answers to one question, which is a bug.
    Contradiction,
    /// Unknown: the account has more paths than are read.
    TooManyPaths {
        /// So many are read.
        most: usize,
    },
    /// Unknown: the control asks for nothing under this benchmark.
    NoRequirement,
    /// What the rows of a control of kind `query` say.
    Rows {
        /// Resource and reason, as the query returned them: the rows that decide.
        rows: Vec<(String, String)>,
        /// What the snapshot lacks, where that keeps it from a pass.
        gaps: Vec<Gap>,
    },
    /// Unknown: the collection was cut short; what it recorded would be a pass.
    CutShort(Carriers),
}

/// An event that is not kept, in few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unrecorded {
    /// `eventName`.
    pub event_name: String,
    /// `eventSource`.
    pub event_source: String,
    /// `awsRegion`.
    pub region: String,
    /// ARN of the object, for a call on one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

/// What carries the events of a control to people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Carriers {
    /// Names of the metric filters.
    pub filters: Vec<String>,
    /// Names of the alarms.
    pub alarms: Vec<String>,
    /// Names of the EventBridge rules, each with its Region in front.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Protocols and endpoints of the subscriptions.
    pub told: Vec<(String, String)>,
    /// How many more subscriptions there are, which differ from these in names alone.
    #[serde(skip_serializing_if = "is_zero")]
    pub told_left_out: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// By what people are told of the events of a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// Alarms on metric filters, as the benchmarks ask for.
    Alarm,
    /// EventBridge rules, which no benchmark counts.
    Eventbridge,
    /// Some events by alarms, others by rules.
    AlarmAndEventbridge,
}

impl Carriers {
    /// What tells people; none where nothing is carried.
    pub fn told_by(&self) -> Option<ToldBy> {
        // A log alarm has no filter.
        let no_alarm = self.filters.is_empty() && self.alarms.is_empty();
        match (no_alarm, self.rules.is_empty()) {
            (true, true) => None,
            (false, true) => Some(ToldBy::Alarm),
            (true, false) => Some(ToldBy::Eventbridge),
            (false, false) => Some(ToldBy::AlarmAndEventbridge),
        }
    }
}

/// The link at which an event stops, or that leaves the answer open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The id.
    pub id: LinkId,
    /// The resource; none where no one of them is to blame.
    pub subject: Option<Subject>,
    /// Why.
    pub cause: Cause,
}

impl Stop {
    /// The link as a stop.
    pub fn of(link: &Link) -> Self {
        Self {
            id: link.id,
            subject: Some(link.subject.clone()),
            cause: link.cause.clone(),
        }
    }
}

impl Why {
    /// What tells people of the events, of a pass.
    pub fn told_by(&self) -> Option<ToldBy> {
        match self {
            Self::Carried(carriers) => carriers.told_by(),
            _ => None,
        }
    }

    /// The stable code of the cause in snake case: that of the link where one decides.
    pub fn code(&self) -> String {
        match self {
            Self::NobodyHears { stop, .. } | Self::NobodyRecords { stop, .. } => stop.cause.code(),
            Self::Recorded { .. } => "recorded".to_owned(),
            Self::EvidenceMissing { links, .. } => links
                .first()
                .map_or_else(|| "evidence_missing".to_owned(), |stop| stop.cause.code()),
            Self::Carried(_) => "carried".to_owned(),
            Self::Undecided { .. } => "undecided".to_owned(),
            Self::Contradiction => "contradiction".to_owned(),
            Self::TooManyPaths { .. } => "too_many_paths".to_owned(),
            Self::NoRequirement => "no_requirement".to_owned(),
            Self::Rows { .. } => "query_rows".to_owned(),
            Self::CutShort(_) => "collection_cut_short".to_owned(),
        }
    }

    /// The id of the link that drops the event or leaves the answer open.
    pub(super) fn broken_link(&self) -> Option<LinkId> {
        match self {
            // What no decision is found for is the filters' patterns.
            Self::Undecided { .. } => Some(LinkId::F01),
            other => other.stop().map(|stop| stop.id),
        }
    }

    /// The link that decides, where one does.
    pub fn stop(&self) -> Option<&Stop> {
        match self {
            Self::NobodyHears { stop, .. } | Self::NobodyRecords { stop, .. } => Some(stop),
            Self::EvidenceMissing { links, .. } => links.first(),
            _ => None,
        }
    }
}

/// A part of a pattern that a reader should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The filter whose pattern it is in, or the resource whose condition it is; none for the requirement.
    pub filter: Option<String>,
    /// Byte offsets into the pattern.
    pub span: std::ops::Range<usize>,
    /// What is the matter with it.
    pub kind: MarkKind,
    /// The field that it asks about, its names joined by `.`, where it is a single condition on one.
    pub field: Option<String>,
}

/// What is the matter with a part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarkKind {
    /// It asks for the witness, and no sound path carries it.
    Asks,
    /// It turns the witness away.
    TurnsAway,
    /// None of its alternatives matches the witness.
    NoAlternative,
}

/// One path, as far as a finding needs it. Everything but the trail can be missing: a path ends where the chain ends.
#[derive(Debug, Clone, PartialEq)]
pub struct PathSummary {
    /// ARN of the trail.
    pub trail: Option<String>,
    /// ARN of the log group.
    pub log_group: Option<String>,
    /// Name of the metric filter.
    pub filter: Option<String>,
    /// Text of its pattern, or of the rule's.
    pub pattern: Option<String>,
    /// Name of the alarm.
    pub alarm: Option<String>,
    /// ARN of the EventBridge rule.
    pub rule: Option<String>,
    /// ARN of the alarm action.
    pub action: Option<String>,
    /// The subscription: protocol and endpoint.
    pub subscription: Option<String>,
    /// The worst link.
    pub verdict: Verdict,
    /// All links in the order of the chain.
    pub links: Vec<Arc<Link>>,
}

impl PathSummary {
    /// A path, as a finding shows it.
    pub(super) fn of(path: &Path) -> Self {
        let subscription = path.subscription.as_ref();
        Self {
            trail: path.trail.clone(),
            log_group: path.log_group.clone(),
            filter: path.filter.as_ref().map(|filter| filter.name.clone()),
            pattern: path
                .filter
                .as_ref()
                .map(|filter| &filter.pattern)
                .or(path.rule.as_ref().map(|rule| &rule.pattern))
                .cloned(),
            rule: path.rule.as_ref().map(|rule| rule.arn.clone()),
            alarm: path.alarm.as_ref().map(|alarm| alarm.name.clone()),
            action: path.action.clone(),
            subscription: subscription.map(|it| format!("{} {}", it.protocol, it.endpoint)),
            verdict: path.verdict(),
            links: path.links.clone(),
        }
    }
}

/// A call that breaks the proof of a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindSpot {
    /// What it does.
    pub link: LinkId,
    /// The call.
    pub call: ApiCall,
    /// The resource that it is made on.
    pub subject: Subject,
    /// Whether anybody would hear of it.
    pub heard: Heard,
}

/// Whether anybody would hear of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "heard", rename_all = "snake_case")]
pub enum Heard {
    /// These carry it.
    Yes {
        /// Filters, alarms and subscriptions.
        by: Carriers,
    },
    /// Nobody.
    No {
        /// It would be heard, but by what it takes away alone.
        only_by_itself: bool,
    },
    /// CloudTrail does not record it, so that nothing can hear it.
    NotRecorded,
    /// It is not decided: the resource is another account's, or the coverage decision has no answer.
    Unknown,
}

impl BlindSpot {
    /// A filter pattern that would hear the call; none where no filter can.
    pub fn pattern(&self) -> Option<String> {
        let ApiCall { source, name } = self.call;
        (self.heard != Heard::NotRecorded)
            .then(|| format!("{{ ($.eventSource = {source}) && ($.eventName = {name}) }}"))
    }
}

/// A person's statement that a finding is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// Id of the control.
    pub control: String,
    /// The account it speaks about.
    pub account: String,
    /// Why the finding is accepted.
    pub reason: String,
    /// Who says so.
    pub by: String,
    /// Where the evidence for it is kept.
    pub evidence: String,
    /// The last day it holds, `YYYY-MM-DD`.
    pub expires: String,
    /// Why it lasts longer than attestations do.
    pub longer_because: Option<String>,
}

/// An attestation that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAttestation {
    /// What was attested.
    pub attestation: Attestation,
    /// Why it is refused.
    pub why: NotAccepted,
}

/// Why an attestation is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum NotAccepted {
    /// The analysis has no finding of the control and account.
    NoSuchFinding,
    /// The finding is not open.
    NothingToAccept {
        /// Its status.
        status: Status,
    },
    /// It held until a day before that of the snapshot.
    Expired {
        /// Its last day.
        expires: String,
        /// The day of the snapshot.
        snapshot: String,
    },
    /// It lasts long, and no word says why.
    LastsTooLong {
        /// Its last day.
        expires: String,
        /// The day of the snapshot.
        snapshot: String,
        /// So many months need no word.
        months: i8,
    },
}
