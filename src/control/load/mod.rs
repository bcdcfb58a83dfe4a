//! Reads the TOML text of a control or a benchmark into its type; every error names file and line.
//!
//! Looks at one file at a time: what concerns several (names that must exist) is the registry's.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::pattern::{Matcher, Semantics, parse_for_creation};

mod benchmark;
mod framework;

pub(super) use benchmark::BenchmarkFile;
pub(super) use framework::framework;

use super::types::{
    Alternative, AlternativeKind, Control, EventName, Example, Kept, Note, Place, Printing,
    Recorded, Recording, Rejected, Severity,
};

/// A control or benchmark file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The file.
    pub file: String,
    /// The line, where the fault has one.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file)?;
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Error {}

impl Error {
    /// An error about a file as a whole.
    pub(super) fn of(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            message: message.into(),
        }
    }
}

/// The text of one file while it is read.
struct File<'a> {
    name: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn error(&self, span: Range<usize>, message: impl Into<String>) -> Error {
        Error {
            file: self.name.to_owned(),
            line: Some(self.line(span.start)),
            message: message.into(),
        }
    }

    /// The line in which something begins.
    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(self.text);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, Error> {
        toml::from_str(self.text).map_err(|error| {
            let message = error.message().trim_end_matches('.').to_owned();
            match error.span() {
                Some(span) => self.error(span, message),
                None => Error {
                    file: self.name.to_owned(),
                    line: None,
                    message,
                },
            }
        })
    }

    /// A string that must say something.
    fn said(&self, text: Spanned<String>, field: &str) -> Result<String, Error> {
        let trimmed = text.get_ref().trim();
        if trimmed.is_empty() {
            return Err(self.error(text.span(), format!("`{field}` is empty")));
        }
        Ok(trimmed.to_owned())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlFile {
    title: Spanned<String>,
    rationale: Spanned<String>,
    severity: Severity,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    recording: Option<RecordingTable>,
    #[serde(default)]
    query: Option<Spanned<String>>,
    remediation: Spanned<String>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    frameworks: Vec<FrameworkRow>,
    #[serde(default, rename = "alternative")]
    alternatives: Vec<Spanned<AlternativeTable>>,
    #[serde(default, rename = "rejected")]
    rejected: Vec<RejectedTable>,
    #[serde(default, rename = "note")]
    notes: Vec<NoteTable>,
    #[serde(default, rename = "example")]
    examples: Vec<ExampleTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordingTable {
    of: Recorded,
    kept: Kept,
    #[serde(default)]
    names: Vec<Spanned<String>>,
    asks: Spanned<String>,
    source: Spanned<String>,
}

/// A framework that a user's own control names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FrameworkRow {
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: String,
    pub(super) requirements: Vec<String>,
    pub(super) source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlternativeTable {
    label: Spanned<String>,
    kind: AlternativeKind,
    #[serde(default)]
    pattern: Option<Spanned<String>>,
    #[serde(default)]
    events: Option<Spanned<Vec<EventsRow>>>,
    source: Spanned<String>,
    #[serde(default)]
    benchmarks: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    repair: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default, rename = "misprint")]
    misprints: Vec<MisprintTable>,
}

/// Names that share a source: `{ source = "iam.amazonaws.com", names = [...] }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsRow {
    #[serde(default)]
    source: Option<Spanned<String>>,
    names: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MisprintTable {
    text: String,
    benchmarks: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    source: String,
    repair: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RejectedTable {
    text: String,
    source: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteTable {
    #[serde(default)]
    benchmarks: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    defect: Option<String>,
    text: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleTable {
    title: String,
    event: Spanned<String>,
    caught_by: Vec<Spanned<String>>,
}

/// Reads one control; `file` is the name for messages, `id` the file's stem.
///
/// A user's own control may name frameworks; what it names is given back beside it.
pub(super) fn control(
    file: &str,
    id: &str,
    text: &str,
    custom: bool,
) -> Result<(Control, Vec<FrameworkRow>), Error> {
    let file = File { name: file, text };
    let table: ControlFile = file.parse()?;
    let alternatives = read_alternatives(&file, table.alternatives)?;
    let query_place = table.query.as_ref().map(|query| Place {
        file: file.name.to_owned(),
        line: file.line(query.span().start),
    });
    let query = table
        .query
        .map(|query| file.said(query, "query"))
        .transpose()?;
    let recording = table
        .recording
        .map(|recording| read_recording(&file, recording))
        .transpose()?;
    asks_for_one_thing(
        &file,
        [
            !alternatives.is_empty(),
            recording.is_some(),
            query.is_some(),
        ],
    )?;
    let notes = table
        .notes
        .into_iter()
        .map(|note| {
            Ok(Note {
                benchmarks: note.benchmarks,
                except: note.except,
                defect: note.defect,
                text: file.said(note.text, "text")?,
            })
        })
        .collect::<Result<_, Error>>()?;
    // A test runs those that come with the program, so that it need not at each start.
    let matchers = match custom {
        true => matchers(&alternatives),
        false => Vec::new(),
    };
    let examples = table
        .examples
        .into_iter()
        .map(|example| read_example(&file, example, &alternatives, &matchers))
        .collect::<Result<_, Error>>()?;
    let control = Control {
        id: id.to_owned(),
        title: file.said(table.title, "title")?,
        rationale: file.said(table.rationale, "rationale")?,
        severity: table.severity,
        category: table.category,
        alternatives,
        recording,
        query,
        query_place,
        rejected: table
            .rejected
            .into_iter()
            .map(|row| Rejected {
                text: row.text,
                source: row.source,
                reason: row.reason,
            })
            .collect(),
        notes,
        remediation: file.said(table.remediation, "remediation")?,
        references: table.references,
        examples,
        custom,
    };
    Ok((control, table.frameworks))
}

fn read_alternatives(
    file: &File<'_>,
    tables: Vec<Spanned<AlternativeTable>>,
) -> Result<Vec<Alternative>, Error> {
    let mut alternatives: Vec<Alternative> = Vec::new();
    for spanned in tables {
        let at = spanned.get_ref().label.span();
        let alternative = read_alternative(file, spanned)?;
        if alternatives
            .iter()
            .any(|other| other.label == alternative.label)
        {
            let message = format!(
                "two alternatives are labelled `{}`: labels are unique",
                alternative.label
            );
            return Err(file.error(at, message));
        }
        alternatives.push(alternative);
    }
    Ok(alternatives)
}

/// A control has alternatives, a recording or a query.
fn asks_for_one_thing(file: &File<'_>, has: [bool; 3]) -> Result<(), Error> {
    let message = match has.iter().filter(|has| **has).count() {
        1 => return Ok(()),
        0 => {
            "neither an `[[alternative]]` nor a `[recording]` nor a `query`: the control asks for nothing"
        }
        _ => {
            "more than one of `[[alternative]]`, `[recording]` and `query`: a control is one of them"
        }
    };
    Err(file.error(0..0, message))
}

fn read_recording(file: &File<'_>, table: RecordingTable) -> Result<Recording, Error> {
    let names = table.names.into_iter().map(|name| plain(file, name));
    Ok(Recording {
        of: table.of,
        kept: table.kept,
        names: names.collect::<Result<_, Error>>()?,
        asks: file.said(table.asks, "asks")?,
        source: file.said(table.source, "source")?,
    })
}

fn read_alternative(
    file: &File<'_>,
    spanned: Spanned<AlternativeTable>,
) -> Result<Alternative, Error> {
    let span = spanned.span();
    let table = spanned.into_inner();
    let (pattern, events) = match (table.pattern, table.events) {
        (Some(pattern), None) => {
            let at = pattern.span();
            let text = file.said(pattern, "pattern")?;
            crate::pattern::parse_for_creation(&text).map_err(|error| {
                file.error(at, format!("`pattern` is no filter pattern: {error}"))
            })?;
            (text, Vec::new())
        }
        (None, Some(rows)) => {
            let at = rows.span();
            let events = read_events(file, rows.into_inner())?;
            if events.is_empty() {
                return Err(file.error(at, "`events` names no event"));
            }
            (compose(&events), events)
        }
        _ => return Err(file.error(span, "an alternative has either `pattern` or `events`")),
    };
    Ok(Alternative {
        label: file.said(table.label, "label")?,
        kind: table.kind,
        pattern,
        events,
        source: file.said(table.source, "source")?,
        benchmarks: table.benchmarks,
        except: table.except,
        repair: table.repair,
        note: table.note,
        misprints: table
            .misprints
            .into_iter()
            .map(|row| Printing {
                text: row.text,
                benchmarks: row.benchmarks,
                except: row.except,
                source: row.source,
                repair: row.repair,
            })
            .collect(),
    })
}

fn read_events(file: &File<'_>, rows: Vec<EventsRow>) -> Result<Vec<EventName>, Error> {
    let mut events = Vec::new();
    for row in rows {
        let source = row.source.map(|source| plain(file, source)).transpose()?;
        for name in row.names {
            events.push(EventName {
                name: plain(file, name)?,
                source: source.clone(),
            });
        }
    }
    Ok(events)
}

/// A name that stands in a pattern without quotes and without a wildcard's meaning.
fn plain(file: &File<'_>, name: Spanned<String>) -> Result<String, Error> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '_';
    if name.get_ref().is_empty() || !name.get_ref().chars().all(is_plain) {
        let message = format!("`{}` is no event name or event source", name.get_ref());
        return Err(file.error(name.span(), message));
    }
    Ok(name.into_inner())
}

/// The pattern that matches the named events and nothing else; names of one source share a group.
fn compose(events: &[EventName]) -> String {
    let mut groups: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
    for event in events {
        let source = event.source.as_deref();
        match groups.iter_mut().find(|(known, _)| *known == source) {
            Some((_, names)) => names.push(&event.name),
            None => groups.push((source, vec![&event.name])),
        }
    }
    let group = |(source, names): &(Option<&str>, Vec<&str>)| {
        let names: Vec<String> = names
            .iter()
            .map(|name| format!("($.eventName = \"{name}\")"))
            .collect();
        let any = names.join(" || ");
        match source {
            Some(source) if names.len() > 1 => format!("($.eventSource = \"{source}\") && ({any})"),
            Some(source) => format!("($.eventSource = \"{source}\") && {any}"),
            None => any,
        }
    };
    let whole = match groups.as_slice() {
        [one] => group(one),
        many => many
            .iter()
            .map(|part| format!("({})", group(part)))
            .collect::<Vec<_>>()
            .join(" || "),
    };
    format!("{{ {whole} }}")
}

/// What each alternative matches, by label.
fn matchers(alternatives: &[Alternative]) -> Vec<(&str, Matcher)> {
    let matcher = |alternative: &'_ Alternative| {
        let pattern = parse_for_creation(&alternative.pattern).ok()?;
        Some(Matcher::new(&pattern, &Semantics::default()))
    };
    let all = alternatives.iter();
    all.filter_map(|it| Some((it.label.as_str(), matcher(it)?)))
        .collect()
}

fn read_example(
    file: &File<'_>,
    table: ExampleTable,
    alternatives: &[Alternative],
    matchers: &[(&str, Matcher)],
) -> Result<Example, Error> {
    let at = table.event.span();
    let event: serde_json::Value = serde_json::from_str(table.event.get_ref())
        .map_err(|error| file.error(at.clone(), format!("`event` is no JSON: {error}")))?;
    let mut caught_by = Vec::new();
    for label in table.caught_by {
        if !alternatives
            .iter()
            .any(|alternative| alternative.label == *label.get_ref())
        {
            let message = format!("`{}` is no alternative's label", label.get_ref());
            return Err(file.error(label.span(), message));
        }
        caught_by.push(label.into_inner());
    }
    // An example that nobody runs says what its author hoped for.
    for (label, matcher) in matchers {
        let matches = matcher.matches_event(&event);
        if matches != caught_by.iter().any(|it| it == label) {
            let (does, says) = match matches {
                true => ("matches", "does not say so"),
                false => ("does not match", "says that it does"),
            };
            let message =
                format!("the alternative `{label}` {does} this event, and `caught_by` {says}");
            return Err(file.error(at, message));
        }
    }
    Ok(Example {
        title: table.title,
        event,
        caught_by,
    })
}
