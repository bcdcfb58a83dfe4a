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
    out.text(&sections(&String::from_utf8_lossy(&text)))?;
    Ok(Status::Clean)
}

/// What stands below the options, which is one section for the help, under the headings that manuals have.
fn sections(page: &str) -> String {
    let Some((options, rest)) = page.split_once(".SH EXTRA\n") else {
        return page.to_owned();
    };
    let rest = format!("\n\n{rest}")
        .replacen("\n\nExamples:\n", "\n.SH EXAMPLES\n", 1)
        .replacen("\n\nExit codes:\n", "\n.SH \"EXIT STATUS\"\n", 1);
    let rest = rest.trim_start();
    let notes = if rest.starts_with(".SH ") {
        ""
    } else {
        ".SH NOTES\n"
    };
    format!("{options}{notes}{rest}")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::{Cli, help};
    use super::sections;

    fn pages(command: &clap::Command, found: &mut Vec<(String, String)>) {
        let mut text = Vec::new();
        clap_mangen::Man::new(command.clone())
            .render(&mut text)
            .unwrap();
        let page = sections(&String::from_utf8(text).unwrap());
        found.push((command.get_name().to_owned(), page));
        let below = command.get_subcommands();
        for sub in below.filter(|sub| sub.get_name() != "help") {
            pages(sub, found);
        }
    }

    /// Examples and exit codes stood in a section called "EXTRA".
    #[test]
    fn every_manual_page_has_the_sections_of_a_manual() {
        let mut command = help::with_help(Cli::command());
        command.build();
        let mut found = Vec::new();
        pages(&command, &mut found);
        for (name, page) in found {
            let extra = page.contains("EXTRA") || page.contains("\nExamples:");
            assert!(!extra, "{name}: {page}");
            for section in ["EXAMPLES\n  trailproof ", "\"EXIT STATUS\"\n  0  "] {
                let section = format!("\n.SH {section}");
                assert_eq!(page.matches(&section).count(), 1, "{name}: {page}");
            }
        }
    }
}
