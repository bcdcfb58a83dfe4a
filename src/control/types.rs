//! What a control and a benchmark are, once read and checked.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::audit_step::AuditStep;

/// A thing that somebody must be told about, or a question about an account.
///
/// One of three is set: `alternatives` holds what events somebody must hear about, `recording` what must be recorded, or
/// `query` a question over facts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Control {
    /// The file's stem: `cloudtrail_changes`.
    pub id: String,
    /// One line, in our own words.
    pub title: String,
    /// Why somebody should be told, in our own words.
    pub rationale: String,
    /// How bad it is when nobody would be told, where the benchmark does not say ([`Benchmark::severity_of`]).
    pub severity: Severity,
    /// What it is about: `Network`, `Identity and access`. A user's own control may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Requirements of which covering any one is enough, the one to deploy first.
    pub alternatives: Vec<Alternative>,
    /// What the trails must record together: a control of the section `logging`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<Recording>,
    /// A control of kind `query`: one SELECT over facts that returns `resource`, `status`, `reason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Where the query stands, for messages about it.
    #[serde(skip)]
    pub query_place: Option<Place>,
    /// Published texts that are not accepted, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
    /// Where a published text catches less or more than it means, and what a reader should know.
    pub notes: Vec<Note>,
    /// What to do when the control fails.
    pub remediation: String,
    /// Where to read on.
    pub references: Vec<String>,
    /// Events and which alternatives catch them; run as tests.
    pub examples: Vec<Example>,
    /// Read from a folder of the user's rather than built in.
    pub custom: bool,
}

/// A place in a file that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` line {}", self.file, self.line)
    }
}

impl Control {
    /// The section of a benchmark that it belongs to.
    pub fn section(&self) -> Section {
        if self.recording.is_some() {
            Section::Logging
        } else {
            Section::Monitoring
        }
    }

    /// The requirements that count under a benchmark, the one to deploy first.
    pub fn alternatives_for<'a>(
        &'a self,
        benchmark: &'a str,
    ) -> impl Iterator<Item = &'a Alternative> {
        self.alternatives
            .iter()
            .filter(move |alternative| alternative.applies_to(benchmark))
    }

    /// The notes that concern a benchmark.
    pub fn notes_for<'a>(&'a self, benchmark: &'a str) -> impl Iterator<Item = &'a Note> {
        self.notes
            .iter()
            .filter(move |note| lists(&note.benchmarks, benchmark))
    }

    /// Lets what counts under one benchmark count under another that is like it, but for what names the other in
    /// `except`.
    pub(super) fn take_after(&mut self, like: &str, heir: &str) {
        let inherit = |list: &mut Vec<String>, except: &[String]| {
            let among = |list: &[String], id: &str| list.iter().any(|it| it == id);
            if among(list, like) && !among(list, heir) && !among(except, heir) {
                list.push(heir.to_owned());
            }
        };
        for alternative in &mut self.alternatives {
            // An empty list is every benchmark, but for misprints, where it is none.
            inherit(&mut alternative.benchmarks, &alternative.except);
            for misprint in &mut alternative.misprints {
                inherit(&mut misprint.benchmarks, &misprint.except);
            }
        }
        for note in &mut self.notes {
            inherit(&mut note.benchmarks, &note.except);
        }
    }

    /// Every text that a benchmark prints for the control: as it should read, and as it is misprinted.
    pub fn printings_for<'a>(
        &'a self,
        benchmark: &'a Benchmark,
    ) -> impl Iterator<Item = (&'a Alternative, &'a str)> {
        self.alternatives
            .iter()
            .filter(|alternative| alternative.kind == benchmark.prints)
            .flat_map(move |alternative| {
                let good = alternative
                    .applies_to(&benchmark.id)
                    .then_some(alternative.pattern.as_str());
                let damaged = alternative
                    .misprints
                    .iter()
                    .filter(move |misprint| misprint.benchmarks.contains(&benchmark.id))
                    .map(|misprint| misprint.text.as_str());
                good.into_iter()
                    .chain(damaged)
                    .map(move |text| (alternative, text))
            })
    }
}

/// An empty list means every benchmark.
fn lists(benchmarks: &[String], benchmark: &str) -> bool {
    benchmarks.is_empty() || benchmarks.iter().any(|listed| listed == benchmark)
}

/// A section of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Somebody is told of events.
    Monitoring,
    /// Events are recorded.
    Logging,
}

impl Section {
    /// The section as it is written in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monitoring => "monitoring",
            Self::Logging => "logging",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the trails of an account must record together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recording {
    /// Which events.
    pub of: Recorded,
    /// Where they have to be kept.
    pub kept: Kept,
    /// Names of the operations asked for; empty for every event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The requirement in words.
    pub asks: String,
    /// What it was read from.
    pub source: String,
}

/// A kind of events that a trail can record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    /// Every management event.
    ManagementEvents,
    /// Calls that change an object in a bucket.
    S3ObjectWrites,
    /// Calls that read an object in a bucket.
    S3ObjectReads,
}

/// Where an event counts as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// In a bucket or a log group.
    Anywhere,
    /// In files in a bucket for which digests are written.
    ValidatedFiles,
    /// In a log group.
    LogGroup,
    /// In files in a bucket that are encrypted with a KMS key.
    EncryptedFiles,
}

/// One requirement: the events that must be heard about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// A short name, unique in its control: `text`, `sso`, `security-hub`, `intent`.
    pub label: String,
    /// Who says so.
    pub kind: AlternativeKind,
    /// The requirement as a filter pattern, repaired where the source is damaged.
    pub pattern: String,
    /// The events by name, when the requirement was given that way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventName>,
    /// Where it is published, or what it was read from.
    pub source: String,
    /// The benchmarks under which it counts; empty: all. Those that are like one of them are among them.
    pub benchmarks: Vec<String>,
    /// Benchmarks that are like one of these and end its line here.
    #[serde(skip)]
    pub(super) except: Vec<String>,
    /// What was repaired in the source's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
    /// What a reader should know about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Texts that mean this requirement but are printed damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub misprints: Vec<Printing>,
}

impl Alternative {
    /// Whether covering it counts under the benchmark.
    pub fn applies_to(&self, benchmark: &str) -> bool {
        lists(&self.benchmarks, benchmark)
    }
}

/// Who states a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlternativeKind {
    /// The benchmark's own text.
    Text,
    /// A form that AWS publishes.
    Aws,
    /// The events meant, read from the benchmark by us.
    Intent,
}

impl fmt::Display for AlternativeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Aws => "aws",
            Self::Intent => "intent",
        })
    }
}

/// An event meant by name, and the services whose calls of that name are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventName {
    /// `eventName`.
    pub name: String,
    /// `eventSource`; any service when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A published text that is damaged, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Printing {
    /// The text, verbatim.
    pub text: String,
    /// The benchmarks that print it so; empty where only tools do.
    pub benchmarks: Vec<String>,
    /// Benchmarks that are like one of these and end its line here.
    #[serde(skip)]
    pub(super) except: Vec<String>,
    /// Where it is printed so.
    pub source: String,
    /// What was repaired.
    pub repair: String,
}

/// A published text that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The text, verbatim.
    pub text: String,
    /// Where it is printed.
    pub source: String,
    /// Why covering it is not enough.
    pub reason: String,
}

/// What a reader of the control should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The benchmarks it concerns; empty: all.
    pub benchmarks: Vec<String>,
    /// Benchmarks that are like one of these and end its line here.
    #[serde(skip)]
    pub(super) except: Vec<String>,
    /// Where following the benchmark to the letter breaks it: what is at fault, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defect: Option<String>,
    /// The note.
    pub text: String,
}

/// An event and the alternatives that catch it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// What happened.
    pub title: String,
    /// The CloudTrail record.
    pub event: Value,
    /// The labels of exactly those alternatives that match it.
    pub caught_by: Vec<String>,
}

/// How bad it is when a control fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth fixing.
    Medium,
    /// An attacker's first moves would go unheard.
    High,
}

impl Severity {
    /// The severity as it is written in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A version of a benchmark, or a vendor's rule set: which controls under which numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Benchmark {
    /// The file's stem: `cis-aws-5.0`.
    pub id: String,
    /// Its name as people know it.
    pub title: String,
    /// Versions of one benchmark share it: `cis-aws`.
    pub family: String,
    /// The version, empty where the publisher numbers none.
    pub version: String,
    /// What the entries were read from.
    pub source: String,
    /// The benchmark whose alternatives, misprints and notes count under this one as well, and which says what the
    /// file of this one leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// The kind of alternative that is its own text.
    pub prints: AlternativeKind,
    /// It accepts monitoring by an external SIEM instead of metric filters and alarms, whatever the control.
    pub external_siem: bool,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Its controls of the section `monitoring` in its own order.
    pub entries: Vec<Entry>,
    /// Its own audit steps for these in order; empty where none are published.
    pub audit: Vec<AuditStep>,
    /// Its controls of the section `logging` in its own order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logging: Vec<Entry>,
    /// Its own audit steps for these in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logging_audit: Vec<AuditStep>,
    /// Its recommendations of both sections that are not judged, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A recommendation that is no control here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The benchmark's own number.
    pub number: String,
    /// What it is about, in our own words.
    pub title: String,
    /// Why it is not judged.
    pub why: String,
}

impl Benchmark {
    /// What it says of a control.
    pub fn entry_of(&self, control: &str) -> Option<&Entry> {
        self.all_entries().find(|entry| entry.control == control)
    }

    /// Its controls of both sections, `logging` last.
    pub fn all_entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().chain(&self.logging)
    }

    /// Its controls of one section, or of both.
    pub fn entries_in(&self, section: Option<Section>) -> impl Iterator<Item = &Entry> {
        let of = move |wanted: Section| section.is_none_or(|section| section == wanted);
        let monitoring = self.entries.iter().filter(move |_| of(Section::Monitoring));
        monitoring.chain(self.logging.iter().filter(move |_| of(Section::Logging)))
    }

    /// The number under which it lists a control.
    pub fn number_of(&self, control: &str) -> Option<&str> {
        self.entry_of(control).map(|entry| entry.number.as_str())
    }

    /// The title of a control: the benchmark's own where it is known, or else ours.
    pub fn title_of<'a>(&'a self, control: &'a Control) -> &'a str {
        self.entry_of(&control.id)
            .and_then(|entry| entry.title.as_deref())
            .unwrap_or(&control.title)
    }

    /// How bad a failure is: as the benchmark states it, or else as the control does.
    pub fn severity_of(&self, control: &Control) -> Severity {
        self.entry_of(&control.id)
            .and_then(|entry| entry.severity)
            .unwrap_or(control.severity)
    }

    /// What a control is about: as the benchmark states it, or else as the control does.
    pub fn category_of<'a>(&'a self, control: &'a Control) -> Option<&'a str> {
        self.entry_of(&control.id)
            .and_then(|entry| entry.category.as_deref())
            .or(control.category.as_deref())
    }

    /// Where to read on about a control: the benchmark's references, then the control's own.
    pub fn references_of<'a>(&'a self, control: &'a Control) -> Vec<&'a str> {
        let stated = self
            .entry_of(&control.id)
            .map_or(&[][..], |entry| &entry.references);
        let mut all: Vec<&str> = Vec::new();
        for reference in stated.iter().chain(&control.references) {
            if !all.contains(&reference.as_str()) {
                all.push(reference);
            }
        }
        all
    }

    /// Whether it accepts that an external SIEM tells of what a control asks for.
    pub fn accepts_external_siem(&self, control: &Control) -> bool {
        let entry = self.entry_of(&control.id);
        entry.is_some_and(|entry| entry.external_siem)
            || self.external_siem && control.section() == Section::Monitoring
    }

    /// Its audit steps for a control, in order.
    pub fn steps_for<'a>(&'a self, control: &'a Control) -> impl Iterator<Item = &'a AuditStep> {
        let (id, query) = (&control.id, control.query.is_some());
        let logging = self.logging.iter().any(|entry| entry.control == *id);
        let steps = if logging {
            &self.logging_audit
        } else {
            &self.audit
        };
        steps.iter().filter(move |step| {
            let among = |list: &[String]| list.iter().any(|it| it == id);
            // What a benchmark says of its controls says nothing of a user's query.
            !query && (step.only.is_empty() || among(&step.only)) && !among(&step.except)
        })
    }
}

/// A control under a benchmark's number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The benchmark's own number or rule id.
    pub number: String,
    /// The control's id.
    pub control: String,
    /// The profile level, where the benchmark has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Whether the benchmark means it to be checked by a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
    /// The benchmark's own title for it, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How bad a failure is, where the benchmark states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The benchmark's own category, where it states one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What the benchmark refers to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// The kind of resource that the vendor's own rule is evaluated over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// The vendor's own rule, in its own language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Here too an external SIEM is accepted where the benchmark as a whole does not say so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub external_siem: bool,
}

/// How a benchmark wants a control assessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Assessment {
    /// The word of version 1.2.
    Scored,
    /// By a machine.
    Automated,
    /// By a person.
    Manual,
}

impl Assessment {
    /// The word as it is written in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::Automated => "automated",
            Self::Manual => "manual",
        }
    }
}

impl fmt::Display for Assessment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
