//! What a report says about a control besides its findings: how bad a failure is, where to read on, and which sections
//! of which frameworks it answers. The same for every account, so it is told once an analysis.

use crate::control::{Assessment, Benchmark, Control, Registry, Section, Severity};

/// A control that was judged, as the benchmark lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlSummary {
    /// Id of the control.
    pub id: String,
    /// Its title: the benchmark's own where it is known, else ours.
    pub title: String,
    /// Its number in the benchmark.
    pub benchmark_id: Option<String>,
    /// How bad a failure is: as the benchmark states it, else the control's own.
    pub severity: Severity,
    /// What it is about: `Network`, `Identity and access`.
    pub category: Option<String>,
    /// The section of the benchmark.
    pub section: Section,
    /// The profile level, where the benchmark has one.
    pub level: Option<u8>,
    /// How the benchmark wants it assessed, where it says so.
    pub assessment: Option<Assessment>,
    /// What to do when it fails.
    pub remediation: String,
    /// Where to read on: the benchmark's references, then the control's own.
    pub references: Vec<String>,
    /// What sources map to it, by id of the framework.
    pub frameworks: Vec<FrameworkSections>,
    /// Its numbers in other benchmarks: id and number.
    pub elsewhere: Vec<(String, String)>,
}

/// The sections of one framework that sources map to a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkSections {
    /// Id of the framework: `nist-800-53-r5`.
    pub id: String,
    /// Its name and version: `NIST SP 800-53 Rev. 5`.
    pub title: String,
    /// The sections; empty where sources name the document alone.
    pub sections: Vec<String>,
}

/// What is known of a control under a benchmark.
pub(super) fn about(
    registry: &Registry,
    benchmark: &Benchmark,
    control: &Control,
) -> ControlSummary {
    let entry = benchmark.entry_of(&control.id);
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    ControlSummary {
        id: control.id.clone(),
        title: benchmark.title_of(control).to_owned(),
        benchmark_id: entry.map(|entry| entry.number.clone()),
        severity: benchmark.severity_of(control),
        category: benchmark.category_of(control).map(str::to_owned),
        section: control.section(),
        level: entry.and_then(|entry| entry.level),
        assessment: entry.and_then(|entry| entry.assessment),
        remediation: control.remediation.clone(),
        references: owned(benchmark.references_of(control)),
        frameworks: registry
            .frameworks_of(&control.id)
            .map(|framework| FrameworkSections {
                id: framework.id.clone(),
                title: framework.title(),
                sections: owned(framework.sections_of(&control.id)),
            })
            .collect(),
        elsewhere: registry
            .entries_of(&control.id)
            .filter(|(other, _)| other.id != benchmark.id)
            .map(|(other, entry)| (other.id.clone(), entry.number.clone()))
            .collect(),
    }
}
