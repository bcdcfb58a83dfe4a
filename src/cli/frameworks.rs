//! `trailproof frameworks`: the documents whose sections sources map to controls.

use std::collections::BTreeMap;

use clap::Subcommand;
use serde::Serialize;

use super::controls::{self, Format, Known, heading, json};
use super::{Error, Out, Status};
use crate::control::{Framework, Registry};
use crate::report::columns::{List, Long};
use crate::report::printable::one_line;

const EXIT_CODES: &str = "\
Exit codes:
  0  printed
  2  there is no such framework, or a file of --controls is faulty";

/// Arguments of `frameworks`.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
#[command(after_help = format!("\
Examples:
  trailproof frameworks list
  trailproof frameworks show nist-800-53-r5

{EXIT_CODES}"))]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    known: Known,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the frameworks that some control is mapped to
    #[command(after_help = format!("\
Examples:
  trailproof frameworks list
  trailproof frameworks list --format json

{EXIT_CODES}"))]
    List,
    /// Show the sections of one framework, each with its controls and who maps them
    #[command(after_help = format!("\
Examples:
  trailproof frameworks show nist-800-53-r5
  trailproof frameworks show \"PCI DSS 4.0\"

{EXIT_CODES}"))]
    Show {
        /// Id or name, such as `nist-800-53-r5` or `NIST SP 800-53 Rev. 5`
        name: String,
    },
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    let registry = args.known.registry()?;
    match args.command {
        Command::List => list(&registry, args.known.format, out)?,
        Command::Show { name } => {
            let framework = registry.find_framework(&name).map_err(controls::unknown)?;
            show(framework, args.known.format, out)?;
        }
    }
    Ok(Status::Clean)
}

#[derive(Serialize)]
struct Listed<'a> {
    schema_version: u32,
    frameworks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    version: &'a str,
    /// Name and version, as everywhere.
    title: String,
    controls: usize,
    sections: usize,
    sources: Vec<&'a str>,
}

impl<'a> Row<'a> {
    fn of(framework: &'a Framework) -> Self {
        let distinct = |text: fn(&crate::control::Mapping) -> &str| {
            let mut all: Vec<&str> = framework.mappings.iter().map(text).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        Self {
            id: &framework.id,
            name: &framework.name,
            version: &framework.version,
            title: framework.title(),
            controls: distinct(|it| &it.control).len(),
            sections: framework.sections().len(),
            sources: distinct(|it| &it.source),
        }
    }
}

fn list(registry: &Registry, format: Format, out: &mut Out) -> Result<(), Error> {
    let rows: Vec<Row<'_>> = registry.frameworks().iter().map(Row::of).collect();
    if format == Format::Json {
        let listed = Listed {
            schema_version: 1,
            frameworks: rows,
        };
        return json(out, &listed);
    }
    let mut list = List::new(&["framework", "controls", "sections", "name"]);
    for row in &rows {
        list.push(vec![
            one_line(row.id).into_owned(),
            row.controls.to_string(),
            row.sections.to_string(),
            one_line(&row.title).into_owned(),
        ]);
    }
    let text = list.lay_out(out.style().width, Long::Wrapped);
    Ok(out.text(&text)?)
}

#[derive(Serialize)]
struct Shown<'a> {
    schema_version: u32,
    #[serde(flatten)]
    framework: &'a Framework,
}

fn show(framework: &Framework, format: Format, out: &mut Out) -> Result<(), Error> {
    if format == Format::Json {
        let shown = Shown {
            schema_version: 1,
            framework,
        };
        return json(out, &shown);
    }
    out.paragraph(0, &format!("{} ({})", framework.title(), framework.id))?;
    if let Some(note) = &framework.note {
        out.line("")?;
        out.paragraph(0, note)?;
    }
    let mut sections: Vec<Option<&str>> = framework.sections().into_iter().map(Some).collect();
    if framework.mappings.iter().any(|it| it.sections.is_empty()) {
        sections.push(None);
    }
    for section in sections {
        heading(out, section.unwrap_or("no section named"))?;
        let names = |mapping: &&crate::control::Mapping| match section {
            Some(section) => mapping.sections.iter().any(|it| it == section),
            None => mapping.sections.is_empty(),
        };
        // By document; which rule of it stands in JSON and in `controls show`.
        let mut by_document: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for mapping in framework.mappings.iter().filter(names) {
            let document = mapping.source.split('#').next().unwrap_or_default();
            by_document
                .entry(document)
                .or_default()
                .push(&mapping.control);
        }
        for (document, mut controls) in by_document {
            controls.dedup();
            out.paragraph(2, &controls.join(", "))?;
            out.paragraph(4, &format!("source: {document}"))?;
        }
    }
    Ok(())
}
