//! Findings grouped by the sections of a framework, with a score a section.
//!
//! A finding belongs to each section that some source maps to its control. The score counts what passes among what was
//! judged: a control that does not apply to an account is not counted, and an accepted finding is no pass.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::control::Framework;

use super::about::ControlSummary;
use super::finding::{Finding, Status, Summary};

/// The findings of an analysis by section of one framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkScore {
    /// Id of the framework.
    pub id: String,
    /// Its name and version.
    pub title: String,
    /// Its sections to which a control of the analysis is mapped, in the order of people.
    pub sections: Vec<SectionScore>,
    /// Controls that are mapped to it and are not in the analysis.
    pub not_judged: Vec<NotJudged>,
}

/// A control that a framework asks for and that was not judged: another benchmark or another section has it, or nobody asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotJudged {
    /// Id of the control.
    pub control: String,
    /// The sections that it is mapped to.
    pub sections: Vec<String>,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionScore {
    /// The section; none for controls of which sources name the framework alone.
    pub section: Option<String>,
    /// Ids of its controls, in the benchmark's order.
    pub controls: Vec<String>,
    /// Its findings by status, over all accounts.
    pub summary: Summary,
}

impl SectionScore {
    /// How many findings count: those to which the control applies.
    pub fn judged(&self) -> usize {
        self.summary.pass + self.summary.fail + self.summary.unknown
    }

    /// The part that passes in whole per cent, rounded down so that 100 means all; none where nothing counts.
    pub fn percent(&self) -> Option<usize> {
        (self.summary.pass * 100).checked_div(self.judged())
    }

    /// Whether a finding belongs to the section.
    pub fn holds(&self, finding: &Finding) -> bool {
        self.controls.contains(&finding.control)
    }

    /// Its findings that do not pass.
    pub fn failing<'a>(&'a self, findings: &'a [Finding]) -> impl Iterator<Item = &'a Finding> {
        let open = |finding: &&Finding| matches!(finding.status, Status::Fail | Status::Unknown);
        findings
            .iter()
            .filter(open)
            .filter(|finding| self.holds(finding))
    }
}

/// Groups findings of these controls by the sections of a framework.
pub fn by_section(
    controls: &[ControlSummary],
    findings: &[Finding],
    framework: &Framework,
) -> FrameworkScore {
    let mut sections: Vec<Option<&str>> = framework.sections().into_iter().map(Some).collect();
    sections.push(None);
    let score = |section: Option<&str>| {
        let concerns = |control: &str| {
            let mut mappings = framework.mappings_of(control).peekable();
            match section {
                Some(section) => mappings.any(|it| it.sections.iter().any(|one| one == section)),
                // A control that some source gives a section is found under that one.
                None => mappings.peek().is_some() && mappings.all(|it| it.sections.is_empty()),
            }
        };
        let controls = controls.iter().map(|control| &control.id);
        let mut score = SectionScore {
            section: section.map(str::to_owned),
            controls: controls.filter(|id| concerns(id)).cloned().collect(),
            summary: Summary::default(),
        };
        for finding in findings {
            if score.holds(finding) {
                score.summary.count(finding);
            }
        }
        score
    };
    let judged = |control: &str| controls.iter().any(|it| it.id == control);
    let mut not_judged: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    for mapping in framework.mappings.iter().filter(|it| !judged(&it.control)) {
        let sections = not_judged.entry(&mapping.control).or_default();
        sections.extend(&mapping.sections);
    }
    let not_judged = not_judged.into_iter().map(|(control, sections)| NotJudged {
        control: control.to_owned(),
        sections: sections.into_iter().cloned().collect(),
    });
    FrameworkScore {
        id: framework.id.clone(),
        title: framework.title(),
        sections: sections
            .into_iter()
            .map(score)
            .filter(|score| !score.controls.is_empty())
            .collect(),
        not_judged: not_judged.collect(),
    }
}
