//! `trailproof controls`: what the controls ask for, and under which numbers benchmarks list them.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use tabled::builder::Builder;
use tabled::settings::{Modify, Style, Width, object::Columns};

use super::{Error, Out, Status};
use crate::control::{Alternative, Benchmark, Control, Entry, Registry};
use crate::report::printable::one_line;

/// Width of what is shown to people.
const WIDTH: usize = 80;

/// Arguments of `controls`.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Adds the controls and benchmarks of a folder
    #[arg(long, value_name = "DIR", global = true)]
    controls: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table, global = true)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the controls of a benchmark
    List {
        /// Benchmark id; the newest CIS version by default
        #[arg(long, value_name = "ID")]
        benchmark: Option<String>,
    },
    /// Show everything about one control
    Show {
        /// Control id such as `cloudtrail_changes`, or its number in the benchmark
        id: String,
        /// Only what counts under this benchmark
        #[arg(long, value_name = "ID")]
        benchmark: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    let mut registry = Registry::builtin()?;
    if let Some(directory) = &args.controls {
        registry = registry.with_directory(directory)?;
    }
    match args.command {
        Command::List { benchmark } => {
            let benchmark = find_benchmark(&registry, benchmark.as_deref())?;
            list(&registry, benchmark, args.format, out)?;
        }
        Command::Show { id, benchmark } => {
            let wanted = benchmark.is_some();
            let benchmark = find_benchmark(&registry, benchmark.as_deref())?;
            let control = find_control(&registry, benchmark, &id)?;
            match args.format {
                Format::Json => json(out, &Shown::new(&registry, control))?,
                Format::Table => show(&registry, control, wanted.then_some(benchmark), out)?,
            }
        }
    }
    Ok(Status::Clean)
}

/// The benchmark that an option names, or the default one.
pub(super) fn find_benchmark<'a>(
    registry: &'a Registry,
    id: Option<&str>,
) -> Result<&'a Benchmark, Error> {
    let found = match id {
        Some(id) => registry.benchmark(id),
        None => registry.default_benchmark(),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = registry
            .benchmarks()
            .iter()
            .map(|benchmark| benchmark.id.as_str())
            .collect();
        Error::new(format!(
            "there is no benchmark `{}`",
            id.unwrap_or_default()
        ))
        .help(format!("known benchmarks: {}", known.join(", ")))
    })
}

/// The control of an id, or of a number in the benchmark.
pub(super) fn find_control<'a>(
    registry: &'a Registry,
    benchmark: &'a Benchmark,
    id: &str,
) -> Result<&'a Control, Error> {
    if let Some(control) = registry.control(id) {
        return Ok(control);
    }
    registry.control_by_number(benchmark, id).map_err(|meant| {
        let error = Error::new(format!("there is no control `{id}`"));
        match meant.as_slice() {
            [] => error.help("`trailproof controls list` prints the ids"),
            several => {
                let several = several.join(", ");
                Error::new(format!(
                    "the number `{id}` means one control here and another there: {several}"
                ))
                .help("name the control, or the benchmark with --benchmark")
            }
        }
    })
}

#[derive(Serialize)]
struct Listed<'a> {
    schema_version: u32,
    benchmark: Named<'a>,
    controls: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    external_siem: bool,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Row<'a> {
    number: &'a str,
    id: &'a str,
    title: &'a str,
    severity: String,
    level: Option<u8>,
    assessment: Option<String>,
    custom: bool,
}

fn list(
    registry: &Registry,
    benchmark: &Benchmark,
    format: Format,
    out: &mut Out,
) -> Result<(), Error> {
    let entry_of =
        |id: &str| -> Option<&Entry> { benchmark.entries.iter().find(|entry| entry.control == id) };
    let rows: Vec<Row<'_>> = registry
        .controls_of(benchmark)
        .into_iter()
        .map(|(number, control)| {
            let entry = entry_of(&control.id);
            Row {
                number,
                id: &control.id,
                title: &control.title,
                severity: control.severity.to_string(),
                level: entry.and_then(|entry| entry.level),
                assessment: entry
                    .and_then(|entry| entry.assessment)
                    .map(|it| it.to_string()),
                custom: control.custom,
            }
        })
        .collect();
    if format == Format::Json {
        let named = Named {
            id: &benchmark.id,
            title: &benchmark.title,
            version: &benchmark.version,
            external_siem: benchmark.external_siem,
            notes: &benchmark.notes,
        };
        return json(
            out,
            &Listed {
                schema_version: 1,
                benchmark: named,
                controls: rows,
            },
        );
    }
    out.line(format_args!("{} ({})", benchmark.title, benchmark.id))?;
    out.line("")?;
    let longest = |cell: fn(&Row<'_>) -> usize| rows.iter().map(cell).max().unwrap_or(0);
    let id_width = longest(|row| row.id.chars().count());
    let number_width = longest(|row| row.number.chars().count()).max("number".len());
    let mut table = Builder::default();
    // A vendor's ids can be as long as an address: they take the place of the titles.
    let wide = number_width > WIDTH / 4;
    if wide {
        table.push_record(["control", "number"]);
        for row in &rows {
            table.push_record([one_line(row.id), one_line(row.number)]);
        }
    } else {
        table.push_record(["number", "control", "title"]);
        for row in &rows {
            table.push_record([one_line(row.number), one_line(row.id), one_line(row.title)]);
        }
    }
    let left = if wide {
        id_width + 5
    } else {
        id_width + number_width + 8
    };
    let wrap = Width::wrap(WIDTH.saturating_sub(left).max(20)).keep_words(!wide);
    let mut table = table.build();
    table
        .with(Style::blank())
        .with(Modify::new(Columns::last()).with(wrap));
    for line in table.to_string().lines() {
        out.line(format_args!("{}", line.trim_end()))?;
    }
    let elsewhere: Vec<&str> = registry
        .controls()
        .iter()
        .map(|control| control.id.as_str())
        .filter(|id| !rows.iter().any(|row| row.id == *id))
        .collect();
    let others: Vec<String> = registry
        .benchmarks()
        .iter()
        .map(|it| it.id.clone())
        .collect();
    out.line("")?;
    paragraph(
        out,
        0,
        &format!("benchmarks: {}", registry.name_benchmarks(&others)),
    )?;
    if !elsewhere.is_empty() {
        paragraph(
            out,
            0,
            &format!("controls of other benchmarks: {}", elsewhere.join(", ")),
        )?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Shown<'a> {
    schema_version: u32,
    #[serde(flatten)]
    control: &'a Control,
    benchmarks: Vec<Numbered<'a>>,
    frameworks: Vec<Mapped<'a>>,
}

#[derive(Serialize)]
struct Mapped<'a> {
    framework: &'a str,
    title: String,
    sections: &'a [String],
    source: &'a str,
}

#[derive(Serialize)]
struct Numbered<'a> {
    benchmark: &'a str,
    #[serde(flatten)]
    entry: &'a Entry,
}

impl<'a> Shown<'a> {
    fn new(registry: &'a Registry, control: &'a Control) -> Self {
        let benchmarks = registry
            .entries_of(&control.id)
            .map(|(benchmark, entry)| Numbered {
                benchmark: &benchmark.id,
                entry,
            })
            .collect();
        Self {
            schema_version: 1,
            control,
            benchmarks,
            frameworks: registry
                .frameworks_of(&control.id)
                .flat_map(|it| it.mappings.iter().map(move |mapping| (it, mapping)))
                .filter(|(_, mapping)| mapping.control == control.id)
                .map(|(framework, mapping)| Mapped {
                    framework: &framework.id,
                    title: framework.title(),
                    sections: &mapping.sections,
                    source: &mapping.source,
                })
                .collect(),
        }
    }
}

fn json(out: &mut Out, value: &impl Serialize) -> Result<(), Error> {
    out.json(&serde_json::to_string_pretty(value)?)?;
    out.json("\n")?;
    Ok(())
}

fn show(
    registry: &Registry,
    control: &Control,
    only: Option<&Benchmark>,
    out: &mut Out,
) -> Result<(), Error> {
    out.line(format_args!(
        "{}  ({}, severity {})",
        control.title, control.id, control.severity
    ))?;
    out.line("")?;
    paragraph(out, 0, &control.rationale)?;

    heading(out, "Benchmarks")?;
    let numbers: Vec<String> = registry
        .entries_of(&control.id)
        .filter(|(benchmark, _)| only.is_none_or(|only| only.id == benchmark.id))
        .map(|(benchmark, entry)| format!("{} {}", benchmark.id, entry.number))
        .collect();
    let numbers = if numbers.is_empty() {
        "every benchmark".to_owned()
    } else {
        numbers.join(", ")
    };
    paragraph(out, 2, &numbers)?;

    if let Some(query) = &control.query {
        heading(out, "Query")?;
        for line in query.lines() {
            out.line(format_args!("  {line}"))?;
        }
    }
    let counts =
        |alternative: &&Alternative| only.is_none_or(|only| alternative.applies_to(&only.id));
    let alternatives: Vec<&Alternative> = control.alternatives.iter().filter(counts).collect();
    if !alternatives.is_empty() {
        heading(out, "Asks for any one of")?;
    }
    for alternative in alternatives {
        let benchmarks = registry.name_benchmarks(&alternative.benchmarks);
        out.line(format_args!(
            "  {} ({})",
            alternative.label, alternative.kind
        ))?;
        // On one line whatever its length: it is there to be copied.
        out.line(format_args!("    {}", alternative.pattern))?;
        paragraph(out, 4, &format!("counts for: {benchmarks}"))?;
        paragraph(out, 4, &format!("source: {}", alternative.source))?;
        if let Some(note) = &alternative.note {
            paragraph(out, 4, &format!("note: {note}"))?;
        }
        if let Some(repair) = &alternative.repair {
            paragraph(out, 4, &format!("repair: {repair}"))?;
        }
        for misprint in &alternative.misprints {
            let who = match misprint.benchmarks.as_slice() {
                [] => misprint.source.clone(),
                some => registry.name_benchmarks(some),
            };
            paragraph(
                out,
                4,
                &format!("repair: {} (as printed for {who})", misprint.repair),
            )?;
        }
    }
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
        paragraph(out, 2, &format!("{whom}{}", note.text))?;
    }
    if !control.rejected.is_empty() {
        heading(out, "Published, and not accepted")?;
        for rejected in &control.rejected {
            out.line(format_args!("  {}", rejected.text))?;
            paragraph(out, 4, &format!("source: {}", rejected.source))?;
            paragraph(out, 4, &format!("why: {}", rejected.reason))?;
        }
    }
    if !control.examples.is_empty() {
        heading(out, "Examples")?;
        for example in &control.examples {
            let caught: Vec<&str> = example.caught_by.iter().map(String::as_str).collect();
            let caught = if caught.is_empty() {
                "nothing".to_owned()
            } else {
                caught.join(", ")
            };
            paragraph(out, 2, &format!("{}: matched by {caught}", example.title))?;
        }
    }
    heading(out, "Remediation")?;
    paragraph(out, 2, &control.remediation)?;
    if !control.references.is_empty() {
        heading(out, "References")?;
        for reference in &control.references {
            out.line(format_args!("  {reference}"))?;
        }
    }
    frameworks(registry, control, out)?;
    Ok(())
}

/// Each framework with its sections, and who says so.
fn frameworks(registry: &Registry, control: &Control, out: &mut Out) -> Result<(), Error> {
    let mut first = true;
    for framework in registry.frameworks_of(&control.id) {
        if std::mem::take(&mut first) {
            heading(out, "Frameworks")?;
        }
        let sections = match framework.sections_of(&control.id) {
            none if none.is_empty() => String::new(),
            some => format!(": {}", some.join(", ")),
        };
        paragraph(out, 2, &format!("{}{sections}", framework.title()))?;
        for mapping in framework
            .mappings
            .iter()
            .filter(|it| it.control == control.id)
        {
            paragraph(out, 4, &format!("source: {}", mapping.source))?;
        }
    }
    Ok(())
}

fn heading(out: &mut Out, text: &str) -> Result<(), Error> {
    if out.colour() {
        out.text(&format!("\n\u{1b}[1m{text}\u{1b}[0m\n"))?;
    } else {
        out.text(&format!("\n{text}\n"))?;
    }
    Ok(())
}

/// Writes text in lines of at most [`WIDTH`] columns; continuation lines are indented once more.
fn paragraph(out: &mut Out, indent: usize, text: &str) -> Result<(), Error> {
    let mut line = " ".repeat(indent);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.line(format_args!("{line}"))?;
            line = " ".repeat(if indent == 0 { 0 } else { indent + 2 });
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.line(format_args!("{line}"))?;
    Ok(())
}
