//! The command line: one file a subcommand.
//!
//! Each subcommand exports `Args` and `run(args, &mut Out) -> Result<Status, Error>`. Data goes to standard output
//! through [`Out`], everything else to standard error. This module alone decides exit codes:
//! 0 nothing found, 1 findings (or "does not cover"), 2 the tool could not do its job.

mod about;
mod analyze;
#[cfg(feature = "collect")]
mod collect;
mod completions;
mod controls;
mod diff;
mod error;
mod explain;
mod fixes;
mod flow;
mod frameworks;
mod help;
mod import;
mod man;
mod moment;
mod opening;
mod out;
mod pattern;
mod query;
mod redact;
mod remediate;
mod replay;
mod show;
mod sign;
mod verify;
mod what;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

use crate::report::printable;

pub use error::Error;
pub use out::{ColourChoice, Out};

/// Proves offline that the AWS events a benchmark asks about would reach a person.
#[derive(Debug, Parser)]
#[command(
    name = "trailproof",
    version,
    arg_required_else_help = true,
    subcommand_required = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to colour
    #[arg(
        long,
        visible_alias = "colour",
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        help_heading = "Output",
        hide_possible_values = true
    )]
    color: ColourChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the findings of a snapshot
    Analyze(analyze::Args),
    /// Record what AWS says about an account into a snapshot
    #[cfg(feature = "collect")]
    Collect(collect::Args),
    /// Print the completions of a shell
    Completions(completions::Args),
    /// Show what the controls ask for, and under which numbers
    Controls(controls::Args),
    /// Show what changed between two snapshots, and what that does to the posture
    Diff(diff::Args),
    /// Explain what is wrong and what repairs it, or what a failure id means
    Explain(explain::Args),
    /// Show the frameworks whose sections are mapped to controls, and who maps them
    Frameworks(frameworks::Args),
    /// Make a snapshot from files that the AWS CLI wrote
    Import(import::Args),
    /// Print the manual page, for `man -l -`
    Man(man::Args),
    /// Work with CloudWatch Logs filter patterns alone
    Pattern(pattern::Args),
    /// Ask a snapshot in SQL, read-only
    Query(query::Args),
    /// Write a snapshot without names, with the same findings
    Redact(redact::Args),
    /// Print the smallest change that makes the controls pass, proven on a copy
    Remediate(remediate::Args),
    /// Show what recorded events made the chain do, and what nobody heard of
    Replay(replay::Args),
    /// Show recorded calls: what was asked, and what AWS answered, as JSON
    Show(show::Args),
    /// Sign a snapshot with an SSH key
    Sign(sign::Args),
    /// Check that a snapshot is as it was written
    Verify(verify::Args),
}

/// How a command that did its job ended, the better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Nothing at or above the threshold: exit code 0.
    Clean,
    /// Findings, a difference, or "does not cover": exit code 1.
    Findings,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Clean => Self::SUCCESS,
            Status::Findings => Self::from(1),
        }
    }
}

/// Runs the command that the process arguments name.
pub fn run() -> ExitCode {
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return usage(error, &mut Out::standard(ColourChoice::Auto)),
    };
    let mut out = Out::standard(cli.color);
    let result = dispatch(cli.command, &mut out).and_then(|status| {
        out.finish()?;
        Ok(status)
    });
    match result {
        Ok(status) => status.into(),
        Err(error) => {
            // What was decided before the error stands on standard output, before the message.
            let _ = out.finish();
            failed(&error, &mut out)
        }
    }
}

/// Says why the tool could not do its job.
fn failed(error: &Error, out: &mut Out) -> ExitCode {
    out.drawing(&error.render(out.styled_messages()));
    ExitCode::from(2)
}

/// The command line that the help describes.
fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let matches = help::with_help(Cli::command()).try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches)
}

/// Help and version are data; a usage error repeats arguments, so it is made anew from arguments of one line each.
fn usage(error: clap::Error, out: &mut Out) -> ExitCode {
    if !error.use_stderr() {
        let help = error.render();
        let help = if out.colour() {
            help.ansi().to_string()
        } else {
            help.to_string()
        };
        return match out.text(&help).and_then(|()| out.finish()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&Error::from(error), out),
        };
    }
    let arguments = std::env::args_os().map(|argument| {
        let text = argument.to_string_lossy();
        OsString::from(printable::one_line(&text).into_owned())
    });
    let error = parse(arguments).err().unwrap_or(error);
    let drawn = error.render();
    let drawn = if out.styled_messages() {
        drawn.ansi().to_string()
    } else {
        drawn.to_string()
    };
    out.drawing(&drawn);
    ExitCode::from(2)
}

fn dispatch(command: Command, out: &mut Out) -> Result<Status, Error> {
    match command {
        Command::Analyze(args) => analyze::run(args, out),
        Command::Diff(args) => diff::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        #[cfg(feature = "collect")]
        Command::Collect(args) => collect::run(args, out),
        Command::Completions(args) => completions::run(&args, out),
        Command::Controls(args) => controls::run(args, out),
        Command::Frameworks(args) => frameworks::run(args, out),
        Command::Import(args) => import::run(args, out),
        Command::Man(args) => man::run(&args, out),
        Command::Pattern(args) => pattern::run(args, out),
        Command::Query(args) => query::run(&args, out),
        Command::Redact(args) => redact::run(args, out),
        Command::Remediate(args) => remediate::run(args, out),
        Command::Replay(args) => replay::run(args, out),
        Command::Show(args) => show::run(&args, out),
        Command::Sign(args) => sign::run(args, out),
        Command::Verify(args) => verify::run(args, out),
    }
}
