//! `trailproof controls show`: everything about one control.

use serde::Serialize;

use super::{Format, heading, json, unknown};
use crate::cli::{Error, Out};
use crate::control::{
    Alternative, Assessment, AuditStep, Benchmark, Control, Entry, Registry, Sections,
};

/// Shows the control that a name means: as a benchmark sees it, or all of it as the benchmark sees it that numbers it so.
pub(super) fn show(
    registry: &Registry,
    name: &str,
    only: Option<&Benchmark>,
    format: Format,
    out: &mut Out,
) -> Result<(), Error> {
    let default = registry.find_benchmark(None).map_err(unknown)?;
    let named = match only {
        Some(only) => registry.find_listed_control(only, name, Sections::All),
        None => registry.find_control(default, name, Sections::Usual),
    }
    .map_err(unknown)?;
    let control = named.control;
    let lists = |benchmark: &&Benchmark| benchmark.entry_of(&control.id).is_some();
    let numbers = |benchmark: &&Benchmark| {
        let number = benchmark.number_of(&control.id);
        number.is_some_and(|number| number.eq_ignore_ascii_case(name))
    };
    let all = registry.benchmarks();
    let view = match only {
        Some(only) => only,
        // The newest of those that number it so, else the default if it knows the control, else one that does.
        None => all
            .iter()
            .rfind(numbers)
            .or(Some(default).filter(lists))
            .or_else(|| all.iter().find(lists))
            .unwrap_or(default),
    };
    if let (Some(remark), Some(_)) = (&named.remark, only) {
        out.message(remark);
    }
    match format {
        Format::Json => json(out, &Shown::new(registry, control, view)),
        Format::Table => {
            let page = ControlPage {
                registry,
                control,
                view,
                only,
            };
            page.print(out)
        }
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    schema_version: u32,
    #[serde(flatten)]
    control: &'a Control,
    under: Under<'a>,
    benchmarks: Vec<Numbered<'a>>,
    frameworks: Vec<Mapped<'a>>,
}

/// The control as one benchmark sees it.
#[derive(Serialize)]
struct Under<'a> {
    benchmark: &'a str,
    number: Option<&'a str>,
    title: &'a str,
    severity: &'static str,
    category: Option<&'a str>,
    level: Option<u8>,
    assessment: Option<&'static str>,
    external_siem: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    references: Vec<&'a str>,
    audit_steps: Vec<&'a AuditStep>,
}

#[derive(Serialize)]
struct Numbered<'a> {
    benchmark: &'a str,
    #[serde(flatten)]
    entry: &'a Entry,
}

#[derive(Serialize)]
struct Mapped<'a> {
    framework: &'a str,
    title: String,
    sections: &'a [String],
    source: &'a str,
}

impl<'a> Under<'a> {
    fn new(view: &'a Benchmark, control: &'a Control) -> Self {
        let entry = view.entry_of(&control.id);
        Self {
            benchmark: &view.id,
            number: entry.map(|entry| entry.number.as_str()),
            title: view.title_of(control),
            severity: view.severity_of(control).as_str(),
            category: view.category_of(control),
            level: entry.and_then(|entry| entry.level),
            assessment: entry
                .and_then(|entry| entry.assessment)
                .map(Assessment::as_str),
            external_siem: view.accepts_external_siem(control),
            entity: entry.and_then(|entry| entry.entity.as_deref()),
            rule: entry.and_then(|entry| entry.rule.as_deref()),
            references: view.references_of(control),
            audit_steps: view.steps_for(control).collect(),
        }
    }
}

impl<'a> Shown<'a> {
    fn new(registry: &'a Registry, control: &'a Control, view: &'a Benchmark) -> Self {
        let mut frameworks = Vec::new();
        for framework in registry.frameworks_of(&control.id) {
            for mapping in framework.mappings_of(&control.id) {
                frameworks.push(Mapped {
                    framework: &framework.id,
                    title: framework.title(),
                    sections: &mapping.sections,
                    source: &mapping.source,
                });
            }
        }
        Self {
            schema_version: 1,
            control,
            under: Under::new(view, control),
            benchmarks: registry
                .entries_of(&control.id)
                .map(|(benchmark, entry)| Numbered {
                    benchmark: &benchmark.id,
                    entry,
                })
                .collect(),
            frameworks,
        }
    }
}

/// A control as it is shown to people, under one benchmark.
struct ControlPage<'a> {
    registry: &'a Registry,
    control: &'a Control,
    view: &'a Benchmark,
    /// The benchmark that was named.
    only: Option<&'a Benchmark>,
}

impl ControlPage<'_> {
    fn print(&self, out: &mut Out) -> Result<(), Error> {
        head(self.registry, self.control, self.view, out)?;
        out.line("")?;
        out.paragraph(0, &self.control.rationale)?;
        if let Some(recording) = &self.control.recording {
            heading(out, "Asks that")?;
            out.paragraph(2, &recording.asks)?;
            out.paragraph(4, &format!("source: {}", recording.source))?;
            if !recording.names.is_empty() {
                out.paragraph(4, &format!("calls: {}", recording.names.join(", ")))?;
            }
        }
        if let Some(query) = &self.control.query {
            heading(out, "Query")?;
            for line in query.lines() {
                out.line(format_args!("  {line}"))?;
            }
        }
        if let Some(rule) = Under::new(self.view, self.control).rule {
            heading(out, &format!("Rule of {}", self.view.id))?;
            out.paragraph(2, rule)?;
        }
        asks(self.registry, self.control, self.only, out)?;
        audit_steps(self.control, self.view, out)?;
        notes(self.registry, self.control, self.only, out)?;
        self.rejected(out)?;
        self.examples(out)?;
        heading(out, "Remediation")?;
        out.paragraph(2, &self.control.remediation)?;
        let references = self.view.references_of(self.control);
        if !references.is_empty() {
            heading(out, "References")?;
            for reference in references {
                out.line(format_args!("  {reference}"))?;
            }
        }
        frameworks(self.registry, self.control, out)
    }

    fn rejected(&self, out: &mut Out) -> Result<(), Error> {
        if !self.control.rejected.is_empty() {
            heading(out, "Published, and not accepted")?;
            for rejected in &self.control.rejected {
                out.line(format_args!("  {}", rejected.text))?;
                out.paragraph(4, &format!("source: {}", rejected.source))?;
                out.paragraph(4, &format!("why: {}", rejected.reason))?;
            }
        }
        Ok(())
    }

    fn examples(&self, out: &mut Out) -> Result<(), Error> {
        if !self.control.examples.is_empty() {
            heading(out, "Examples")?;
            for example in &self.control.examples {
                let caught = match example.caught_by.join(", ") {
                    none if none.is_empty() => "nothing".to_owned(),
                    some => some,
                };
                out.paragraph(2, &format!("{}: matched by {caught}", example.title))?;
            }
        }
        Ok(())
    }
}

/// Title, numbers and what is said in one word, a line each.
fn head(
    registry: &Registry,
    control: &Control,
    view: &Benchmark,
    out: &mut Out,
) -> Result<(), Error> {
    let under = Under::new(view, control);
    out.paragraph(0, under.title)?;
    out.line("")?;
    let mut row = |label: &str, text: &str| -> Result<(), Error> {
        Ok(out.paragraph(2, &format!("{label}: {text}"))?)
    };
    row("control", &control.id)?;
    match under.number {
        Some(number) => row("number", &format!("{number} in {}", view.id))?,
        None => row("number", "none: judged under every benchmark by its id")?,
    }
    let stated = view
        .entry_of(&control.id)
        .is_some_and(|entry| entry.severity.is_some());
    let whose = match stated {
        true => format!(" (stated by {})", view.id),
        false => String::new(),
    };
    row("severity", &format!("{}{whose}", under.severity))?;
    if let Some(category) = under.category {
        row("category", category)?;
    }
    if let Some(level) = under.level {
        row("level", &level.to_string())?;
    }
    if let Some(assessment) = under.assessment {
        row("assessment", assessment)?;
    }
    if let Some(entity) = under.entity {
        row("entity", entity)?;
    }
    let elsewhere = registry.numbers_of(&control.id, Some(&view.id));
    if !elsewhere.is_empty() {
        row("elsewhere", &elsewhere.join("; "))?;
    }
    Ok(())
}

fn asks(
    registry: &Registry,
    control: &Control,
    only: Option<&Benchmark>,
    out: &mut Out,
) -> Result<(), Error> {
    let counts =
        |alternative: &&Alternative| only.is_none_or(|only| alternative.applies_to(&only.id));
    let alternatives: Vec<&Alternative> = control.alternatives.iter().filter(counts).collect();
    if !alternatives.is_empty() {
        heading(out, "Asks for any one of")?;
    }
    for alternative in alternatives {
        let benchmarks = registry.name_benchmarks(&alternative.benchmarks);
        out.paragraph(2, &format!("{} ({})", alternative.label, alternative.kind))?;
        // On one line whatever its length: it is there to be copied.
        out.line(format_args!("    {}", alternative.pattern))?;
        out.paragraph(4, &format!("counts for: {benchmarks}"))?;
        out.paragraph(4, &format!("source: {}", alternative.source))?;
        if let Some(note) = &alternative.note {
            out.paragraph(4, &format!("note: {note}"))?;
        }
        if let Some(repair) = &alternative.repair {
            out.paragraph(4, &format!("repair: {repair}"))?;
        }
        for misprint in &alternative.misprints {
            let who = match misprint.benchmarks.as_slice() {
                [] => misprint.source.clone(),
                some => registry.name_benchmarks(some),
            };
            let repair = format!("repair: {} (as printed for {who})", misprint.repair);
            out.paragraph(4, &repair)?;
        }
    }
    Ok(())
}

fn audit_steps(control: &Control, view: &Benchmark, out: &mut Out) -> Result<(), Error> {
    let steps: Vec<&AuditStep> = view.steps_for(control).collect();
    heading(out, &format!("Audit steps of {}", view.id))?;
    if steps.is_empty() {
        out.paragraph(2, "none are published")?;
    }
    for step in steps {
        out.paragraph(2, &format!("{}: {}", step.number, step.asks))?;
    }
    if view.accepts_external_siem(control) {
        let siem = "Or: an external SIEM that does the same, which is not looked at here.";
        out.paragraph(2, siem)?;
    }
    Ok(())
}

fn notes(
    registry: &Registry,
    control: &Control,
    only: Option<&Benchmark>,
    out: &mut Out,
) -> Result<(), Error> {
    let notes: Vec<_> = match only {
        Some(benchmark) => control.notes_for(&benchmark.id).collect(),
        None => control.notes.iter().collect(),
    };
    if !notes.is_empty() {
        heading(out, "Notes")?;
    }
    for note in notes {
        let whom = match note.benchmarks.as_slice() {
            [] => String::new(),
            some => format!("[{}] ", registry.name_benchmarks(some)),
        };
        out.paragraph(2, &format!("{whom}{}", note.text))?;
    }
    Ok(())
}

/// Each framework with its sections; who says so stands in `frameworks show` and in JSON.
fn frameworks(registry: &Registry, control: &Control, out: &mut Out) -> Result<(), Error> {
    let mut frameworks = registry.frameworks_of(&control.id).peekable();
    if frameworks.peek().is_none() {
        return Ok(());
    }
    heading(out, "Frameworks")?;
    for framework in frameworks {
        let mut sections: Vec<&str> = Vec::new();
        for mapping in framework.mappings_of(&control.id) {
            for section in &mapping.sections {
                if !sections.contains(&section.as_str()) {
                    sections.push(section);
                }
            }
        }
        let sections = match sections.join(", ") {
            none if none.is_empty() => "no section named".to_owned(),
            some => some,
        };
        let (title, id) = (framework.title(), &framework.id);
        out.paragraph(2, &format!("{title} ({id}): {sections}"))?;
    }
    let whose = "`trailproof frameworks show FRAMEWORK` says who maps these sections, and so does --format json.";
    Ok(out.paragraph(2, whose)?)
}
