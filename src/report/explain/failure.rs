//! `explain A06`: what an id means, without any snapshot.

use serde::Serialize;

use crate::chain::verdict::{ApiCall, LinkId, Verdict};

use super::super::marked::sentence;
use super::super::text::{Colour, Page, Style, json_document};
use super::super::words;
use super::ExplainFormat;

/// What is said of a link that is not in order.
const SAID: [Verdict; 4] = [
    Verdict::Broken,
    Verdict::Degraded,
    Verdict::Weak,
    Verdict::Unknown,
];

/// What is known of a failure id, for programs.
#[derive(Serialize)]
struct Known {
    id: &'static str,
    title: &'static str,
    station: &'static str,
    /// The verdicts that it can have, in words; none where a snapshot cannot show it.
    says: Option<&'static str>,
    not_shown: Option<&'static str>,
    repair: Option<&'static str>,
    peers: Option<&'static str>,
    /// Single calls that bring it about on a path that works.
    calls: Vec<Call>,
}

#[derive(Serialize)]
struct Call {
    event_source: &'static str,
    event_name: &'static str,
}

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    failures: Vec<Known>,
}

/// Everything that is known of failure ids.
pub fn failures(ids: &[LinkId], format: ExplainFormat, style: Style) -> String {
    let texts: Vec<String> = match format {
        ExplainFormat::Table => ids.iter().map(|id| table(*id, style)).collect(),
        ExplainFormat::Markdown => ids.iter().map(|id| markdown(*id)).collect(),
        ExplainFormat::Json => {
            return json_document(&Document {
                schema_version: 1,
                failures: ids.iter().map(|id| known(*id)).collect(),
            });
        }
    };
    texts.join("\n")
}

fn known(id: LinkId) -> Known {
    let failure = id.failure();
    Known {
        id: id.code(),
        title: failure.title,
        station: failure.station.word(),
        says: failure.says,
        not_shown: failure.not_shown,
        repair: failure.repair,
        peers: failure.peers,
        calls: id
            .calls()
            .map(|call| Call {
                event_source: call.source,
                event_name: call.name,
            })
            .collect(),
    }
}

fn table(id: LinkId, style: Style) -> String {
    let mut page = Page::new(style);
    let label = style.paint(Colour::Bold, id.code());
    page.paragraph(0, &label, id.failure().title);
    for (label, text) in rows(id) {
        page.hanging(0, &style.paint(Colour::Dim, label), 9, &text);
    }
    page.finish()
}

fn markdown(id: LinkId) -> String {
    let title = format!("{id} {}", id.failure().title);
    let mut out = format!("## {}\n\n", sentence(&title));
    for (label, text) in rows(id) {
        out.push_str(&format!("- **{label}**: {}\n", sentence(&text)));
    }
    out
}

/// What is said of it, each with its label.
fn rows(id: LinkId) -> Vec<(&'static str, String)> {
    let failure = id.failure();
    let mut rows = vec![("where", failure.station.word().replace('_', " "))];
    if let Some(says) = failure.says {
        rows.push(("says", says.to_owned()));
    }
    if let Some(why) = failure.not_shown {
        let nothing = format!("nothing, since a snapshot cannot show it: {why}");
        rows.push(("says", nothing));
    }
    let fix = failure.repair.unwrap_or("nothing has to be repaired");
    rows.push(("fix", fix.to_owned()));
    let tools = match failure.peers {
        Some(peers) => format!("also looked at by: {peers}"),
        None => "no other tool that was read looks at it".to_owned(),
    };
    rows.push(("tools", tools));
    let calls: Vec<String> = id.calls().map(called).collect();
    if !calls.is_empty() {
        let told = format!("one alone brings it about: {}", calls.join(", "));
        rows.push(("calls", told));
    }
    let says = failure.says.unwrap_or_default();
    let said: Vec<Verdict> = SAID
        .into_iter()
        .filter(|it| says.contains(it.word()))
        .collect();
    if !said.is_empty() {
        rows.push(("words", words::meanings(said)));
    }
    rows
}

/// `DisableAlarmActions of monitoring.amazonaws.com`.
fn called(call: ApiCall) -> String {
    match call {
        ApiCall::UNSUBSCRIBE_LINK => call.name.to_owned(),
        ApiCall { source, name } => format!("{name} of {source}"),
    }
}
