//! `trailproof pattern match`: which events a pattern matches.

use super::events::{self, Event};
use crate::cli::{Error, Out, Status};
use crate::pattern::event::{EventPattern, as_event};
use crate::pattern::{Matcher, Semantics, parse_for_creation};
use crate::report::text::count;
use clap::ValueEnum;
use serde_json::Value;
use std::path::PathBuf;

/// Arguments of `pattern match`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The filter pattern, as it would be given to PutMetricFilter
    #[arg(
        long,
        value_name = "PATTERN",
        allow_hyphen_values = true,
        required_unless_present = "event_pattern",
        conflicts_with = "event_pattern"
    )]
    pattern: Option<String>,
    /// The event pattern of an EventBridge rule; CloudTrail records are put into the event that EventBridge makes of them
    #[arg(long, value_name = "JSON")]
    event_pattern: Option<String>,
    /// The events: one JSON text a line, CloudTrail's own files, arrays; gzip or not; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The matching events, as they are
    Text,
    /// For every line `{"line":1,"matches":true}`, for every event of a larger text `{"record":1,"matches":true}`
    Json,
}

enum Asked {
    Filter(Box<Matcher>),
    Rule(EventPattern),
}

impl Asked {
    fn line(&self, text: &str) -> Result<bool, String> {
        match self {
            Self::Filter(matcher) => {
                let matches = matcher.try_matches_text(text);
                matches.map_err(|error| events::not_json(&error))
            }
            Self::Rule(pattern) => rule(pattern, text),
        }
    }

    fn record(&self, text: &str) -> Result<bool, String> {
        match self {
            Self::Filter(matcher) => Ok(matcher.matches_text(text)),
            Self::Rule(pattern) => rule(pattern, text),
        }
    }
}

/// EventBridge knows events that are objects, and no others.
fn rule(pattern: &EventPattern, text: &str) -> Result<bool, String> {
    match serde_json::from_str(text) {
        Ok(event @ Value::Object(_)) => Ok(pattern.matches(&as_event(event))),
        Ok(_) => Err("the event is no JSON object".to_owned()),
        Err(error) => Err(events::not_json(&error)),
    }
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<Status, Error> {
    let asked = match (&args.event_pattern, &args.pattern) {
        (Some(rule), _) => Asked::Rule(super::read_rule("--event-pattern", "--pattern", rule)?),
        (None, filter) => {
            let filter = filter.as_deref().unwrap_or_default();
            let pattern = super::read(
                "--pattern",
                Some("--event-pattern"),
                parse_for_creation(filter),
            )?;
            Asked::Filter(Box::new(Matcher::new(&pattern, &Semantics::default())))
        }
    };
    let (mut matching, mut events) = (0_usize, 0_usize);
    let end = events::each(&args.file, &mut |name, event| {
        if out.reader_hung_up() {
            return Err(Error::new("nobody reads on"));
        }
        let (label, number, matches, text) = match event {
            Event::Line(number, text) => {
                let matches = asked.line(text);
                ("line", number, matches, text.into())
            }
            Event::Record(number, record) => {
                let text = record.as_delivered();
                ("record", number, asked.record(&text), text)
            }
        };
        let matches = matches.map_err(|what| events::fault(name, (label, number), &what))?;
        events += 1;
        matching += usize::from(matches);
        match args.format {
            Format::Json => {
                out.json(&format!("{{\"{label}\":{number},\"matches\":{matches}}}\n"))?
            }
            Format::Text if matches => {
                out.json(&text)?;
                out.json("\n")?;
            }
            Format::Text => {}
        }
        Ok(())
    });
    if out.reader_hung_up() {
        return Ok(Status::Clean);
    }
    end?;
    if args.format == Format::Text {
        let matched = if matching == 1 { "matches" } else { "match" };
        let events = count(events, "event");
        out.message(&format!("{matching} of {events} {matched}"));
    }
    Ok(Status::Clean)
}
