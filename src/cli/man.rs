//! `trailproof man`: the manual, made from the definition of the command line.

use clap::CommandFactory as _;

use super::{Error, Out, Status};

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The command to describe, such as `pattern match`; the tool as a whole where none is named
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<Status, Error> {
    let mut command = super::help::with_help(super::Cli::command());
    command.build();
    let mut page = &command;
    for name in &args.command {
        page = page.find_subcommand(name).ok_or_else(|| {
            Error::new(format!("there is no command `{}`", args.command.join(" ")))
                .help("`trailproof --help` lists the commands")
        })?;
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(page.clone())
        .source(concat!("trailproof ", env!("CARGO_PKG_VERSION")))
        .render(&mut text)?;
    out.text(&String::from_utf8_lossy(&text))?;
    Ok(Status::Clean)
}
