//! `trailproof pattern`: the filter-pattern language alone.

use super::{Error, Out, Status};
use clap::Subcommand;

/// Arguments of `pattern`.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {}

pub(super) fn run(args: Args, _out: &mut Out) -> Result<Status, Error> {
    match args.command {}
}
