//! `trailproof pattern match`: which events a filter pattern matches.

use crate::cli::{Error, Out, Status};
use crate::pattern::{Matcher, Semantics, parse_for_creation};
use clap::ValueEnum;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

/// Arguments of `pattern match`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The filter pattern, as it would be given to PutMetricFilter
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    pattern: String,
    /// The events, one JSON text a line; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The matching lines, as they are
    Text,
    /// For every line `{"line":1,"matches":true}`
    Json,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<Status, Error> {
    let pattern = super::read("--pattern", parse_for_creation(&args.pattern))?;
    let matcher = Matcher::new(&pattern, &Semantics::default());
    let from_stdin = args.file.as_os_str() == "-";
    let name = if from_stdin {
        "standard input".to_owned()
    } else {
        format!("`{}`", args.file.display())
    };
    let mut input: Box<dyn BufRead> = if from_stdin {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.file)
            .map_err(|error| Error::new(format!("cannot open {name}: {error}")))?;
        Box::new(BufReader::with_capacity(256 * 1024, file))
    };

    let mut bytes = Vec::new();
    let mut number = 0_u64;
    let (mut matching, mut events) = (0_u64, 0_u64);
    loop {
        bytes.clear();
        let read = input.read_until(b'\n', &mut bytes);
        if read.map_err(|error| Error::new(format!("cannot read {name}: {error}")))? == 0 {
            break;
        }
        number += 1;
        let line = bytes.trim_ascii_end();
        if line.is_empty() {
            continue;
        }
        let fault = |what: String| {
            Error::new(format!("{name}, line {number}: {what}"))
                .help("give one event a line; `jq -c .` writes them so")
        };
        let text =
            std::str::from_utf8(line).map_err(|_| fault("the line is not UTF-8".to_owned()))?;
        let matches = matcher
            .try_matches_text(text)
            .map_err(|error| fault(not_json(&error)))?;
        events += 1;
        matching += u64::from(matches);
        match args.format {
            Format::Json => out.json(&format!("{{\"line\":{number},\"matches\":{matches}}}\n"))?,
            Format::Text if matches => {
                out.json(text)?;
                out.json("\n")?;
            }
            Format::Text => {}
        }
    }
    if args.format == Format::Text {
        out.message(&format!("{matching} of {events} events match"));
    }
    Ok(Status::Clean)
}

/// The line number in the message of the JSON reader is always 1 and would mislead.
fn not_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    format!("the event is not JSON: {what} at column {}", error.column())
}
