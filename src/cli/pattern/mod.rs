//! `trailproof pattern`: the filter-pattern language alone.

mod caret;
mod compare;
mod events;
mod explain;
mod r#match;
mod rule_words;

use super::{Error, Out, Status};
use crate::pattern::event::EventPattern;
use crate::pattern::{ParseError, Pattern};
use clap::Subcommand;

/// Arguments of `pattern`.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Decide whether deployed filters catch every event that a pattern asks for
    Compare(compare::Args),
    /// Say in words what a filter pattern or an event pattern asks for
    Explain(explain::Args),
    /// Say which events a filter pattern or an event pattern matches
    Match(r#match::Args),
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    match args.command {
        Command::Compare(args) => compare::run(&args, out),
        Command::Explain(args) => explain::run(&args, out),
        Command::Match(args) => r#match::run(&args, out),
    }
}

/// Unwraps a filter pattern that was given as the value of `option`, or draws where it goes wrong. An event pattern is given as
/// the option `for_rules`, where there is one.
pub(super) fn read(
    option: &str,
    for_rules: Option<&str>,
    parsed: Result<Pattern, ParseError>,
) -> Result<Pattern, Error> {
    parsed.map_err(|error| caret::draw(option, for_rules, &error))
}

/// Reads the event pattern of an EventBridge rule, or draws where it goes wrong. A filter pattern is given as the option
/// `for_filters`.
fn read_rule(option: &str, for_filters: &str, text: &str) -> Result<EventPattern, Error> {
    EventPattern::parse(text).map_err(|error| caret::draw_rule(option, for_filters, &error))
}
