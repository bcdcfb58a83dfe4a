//! `trailproof controls`: what the controls ask for, and under which numbers benchmarks list them.

mod list;
mod show;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::{Error, Out, Status};
use crate::control::{Benchmark, Registry, Section, Sections, Unknown};
use crate::report::text::Colour;

const EXIT_CODES: &str = "\
Exit codes:
  0  printed
  2  there is no such benchmark or control, or a file of --controls is faulty";

/// Arguments of `controls`.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
#[command(after_help = format!("\
Examples:
  trailproof controls list --benchmark lacework
  trailproof controls show root_usage

{EXIT_CODES}"))]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    known: Known,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the controls of a benchmark
    #[command(after_help = format!("\
Examples:
  trailproof controls list
  trailproof controls list --benchmark cis-aws-5.0 --format json

{EXIT_CODES}"))]
    List {
        /// Benchmark, such as `cis-aws-5.0`; a family such as `cis-aws` means its newest version [default: cis-aws]
        #[arg(long, value_name = "BENCHMARK", help_heading = "Controls")]
        benchmark: Option<String>,
        /// Of which section: whether somebody is told, or whether everything is recorded; `all` lists what is left out too
        #[arg(long, value_name = "SECTION", value_enum, default_value_t = SectionArg::Monitoring, help_heading = "Controls")]
        section: SectionArg,
    },
    /// Show everything about one control: what it asks for, audit steps, numbers, references, frameworks
    #[command(after_help = format!("\
Examples:
  trailproof controls show root_usage
  trailproof controls show 4.3 --benchmark cis-aws-5.0

{EXIT_CODES}"))]
    Show {
        /// Control id such as `cloudtrail_changes`, or its number in any benchmark
        id: String,
        /// Only what counts under this benchmark [default: what counts under any]
        #[arg(long, value_name = "BENCHMARK", help_heading = "Controls")]
        benchmark: Option<String>,
    },
}

/// What is known, and how to print it: shared by `controls` and `frameworks`.
#[derive(Debug, clap::Args)]
pub(super) struct Known {
    /// Add the controls, benchmarks and frameworks of this folder
    #[arg(long, value_name = "DIR", global = true, help_heading = "Controls")]
    controls: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table, global = true, help_heading = "Output")]
    pub(super) format: Format,
}

impl Known {
    /// The controls that are known.
    pub(super) fn registry(&self) -> Result<Registry, Error> {
        registry(self.controls.as_deref())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    let registry = args.known.registry()?;
    match args.command {
        Command::List { benchmark, section } => {
            let benchmark = registry
                .find_benchmark(benchmark.as_deref())
                .map_err(unknown)?;
            list::list(
                &registry,
                benchmark,
                section.section(),
                args.known.format,
                out,
            )?;
        }
        Command::Show { id, benchmark } => {
            let only = match &benchmark {
                Some(name) => Some(registry.find_benchmark(Some(name)).map_err(unknown)?),
                None => None,
            };
            show::show(&registry, &id, only, args.known.format, out)?;
        }
    }
    Ok(Status::Clean)
}

/// The controls that are known: those built in and those of a folder.
pub(super) fn registry(folder: Option<&std::path::Path>) -> Result<Registry, Error> {
    let registry = Registry::builtin()?;
    Ok(match folder {
        Some(folder) => registry.with_directory(folder)?,
        None => registry,
    })
}

/// A name that means nothing, with what is like it.
pub(super) fn unknown(error: Unknown) -> Error {
    Error::new(error.to_string()).help(error.help())
}

/// The section of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SectionArg {
    /// Somebody is told of events
    Monitoring,
    /// Events are recorded
    Logging,
    /// Both
    All,
}

impl SectionArg {
    /// The section; none for all.
    pub(super) fn section(self) -> Option<Section> {
        match self {
            Self::Monitoring => Some(Section::Monitoring),
            Self::Logging => Some(Section::Logging),
            Self::All => None,
        }
    }
}

/// The sections that a user names.
pub(super) fn sections(section: Option<SectionArg>) -> Sections {
    match section.map(SectionArg::section) {
        None => Sections::Usual,
        Some(None) => Sections::All,
        Some(Some(section)) => Sections::One(section),
    }
}

/// The benchmark and the ids of the controls that a user named; a number of another version is found, and said.
pub(super) fn meant<'a>(
    registry: &'a Registry,
    benchmark: Option<&str>,
    section: Option<SectionArg>,
    controls: &[String],
    out: &mut Out,
) -> Result<(&'a Benchmark, Vec<String>), Error> {
    // Whoever names a benchmark means its numbers, of whichever section.
    let sections = match (sections(section), benchmark) {
        (Sections::Usual, Some(_)) => Sections::All,
        (sections, _) => sections,
    };
    let benchmark = registry.find_benchmark(benchmark).map_err(unknown)?;
    let mut ids = Vec::new();
    for name in controls {
        let named = registry
            .find_listed_control(benchmark, name, sections)
            .map_err(unknown)?;
        let of = named.control.section();
        if section
            .and_then(SectionArg::section)
            .is_some_and(|section| section != of)
        {
            let id = &named.control.id;
            return Err(
                Error::new(format!("`{id}` is a control of the section {of}")).help(
                    "leave --section out: a control that is named is judged whatever its section",
                ),
            );
        }
        if let Some(remark) = &named.remark {
            out.message(remark);
        }
        ids.push(named.control.id.clone());
    }
    Ok((benchmark, ids))
}

pub(super) fn json(out: &mut Out, value: &impl Serialize) -> Result<(), Error> {
    out.json(&serde_json::to_string_pretty(value)?)?;
    out.json("\n")?;
    Ok(())
}

pub(super) fn heading(out: &mut Out, text: &str) -> Result<(), Error> {
    let text = out.style().paint(Colour::Bold, text);
    Ok(out.text(&format!("\n{text}\n"))?)
}
