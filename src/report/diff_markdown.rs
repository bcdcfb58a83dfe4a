//! A comparison of two snapshots for a pull request: GitHub-flavoured Markdown.

use crate::analyze::Finding;
use crate::diff::{Change, Diff, Direction, FieldChange, Side};

use super::diff::{
    call, direction_word, meaning_words, nothing, presence_words, resource, side_words, summary,
    values,
};
use super::marked::{cell, premises, refused, sentence};
use super::text::witness_line;
use super::words;

/// How much of a long value is shown.
const VALUE_SHOWN: usize = 200;

/// The comparison as Markdown.
pub(super) fn render(diff: &Diff) -> String {
    let mut out = format!("# What changed: {}\n\n", sentence(&diff.benchmark_title));
    for (name, side) in [
        ("baseline", &diff.baseline),
        ("current snapshot", &diff.current),
    ] {
        let said = format!("The {name}: {}", words::side(side));
        out.push_str(&format!("{}.\n\n", sentence(&said)));
        for doubt in words::doubts(side) {
            out.push_str(&format!("**The {name}: {doubt}**\n\n"));
        }
    }
    premises(&mut out, &diff.premises);
    if diff.is_empty() {
        refused(&mut out, &diff.refused);
        out.push_str(&format!("{}.\n", nothing(diff).replacen('n', "N", 1)));
        return out;
    }
    out.push_str(&format!("{}.\n", sentence(&summary(diff))));
    presence(&mut out, diff);
    posture(&mut out, diff);
    refused(&mut out, &diff.refused);
    configuration(&mut out, diff);
    gaps(&mut out, diff);
    out
}

fn presence(out: &mut String, diff: &Diff) {
    if !diff.presence.is_empty() {
        out.push_str("\n## Accounts and Regions\n\n");
    }
    for presence in &diff.presence {
        let (what, said) = presence_words(presence);
        out.push_str(&format!("- {} {said}\n", sentence(&what)));
    }
}

/// Findings that changed, what got worse first.
fn posture(out: &mut String, diff: &Diff) {
    if !diff.findings.is_empty() {
        out.push_str("\n## Posture\n\n| | no. | control | account | before | after | why |\n|---|---|---|---|---|---|---|\n");
    }
    for direction in [Direction::Worse, Direction::Same, Direction::Better] {
        let of = diff.findings.iter().filter(|it| it.direction == direction);
        for change in of {
            let told = match direction {
                Direction::Better => &change.before,
                _ => &change.after,
            };
            let why = told.as_ref().map_or(String::new(), why);
            out.push_str(&format!(
                "| {} | {} | {} | {} | {} | {} | {why} |\n",
                direction_word(direction),
                cell(change.benchmark_id.as_deref().unwrap_or_default()),
                cell(&format!("`{}`", change.control)),
                cell(&change.account),
                cell(&side_words(change.before.as_ref())),
                cell(&side_words(change.after.as_ref())),
            ));
        }
    }
}

/// Reason and lost event of a side, in a cell.
fn why(side: &Finding) -> String {
    let mut why = cell(&words::reason(side));
    if let Some(witness) = &side.witness {
        let line = witness_line(witness, &side.marks);
        why.push_str(&format!("<br>lost: {}", cell(&line)));
    }
    why
}

fn configuration(out: &mut String, diff: &Diff) {
    if !diff.facts.is_empty() {
        out.push_str("\n## Configuration\n\n");
    }
    for fact in &diff.facts {
        let name = sentence(&resource(fact));
        match &fact.change {
            Change::Added(_) => out.push_str(&format!("- added: {name}\n")),
            Change::Removed(_) => out.push_str(&format!("- removed: {name}\n")),
            Change::Unseen { on, why } => {
                let unsaid = match on {
                    Side::Baseline => "current snapshot",
                    Side::Current => "baseline",
                };
                let why = sentence(&words::unseen(why));
                out.push_str(&format!("- not told by the {unsaid}: {name}: {why}\n"));
            }
            Change::Changed(fields) => {
                out.push_str(&format!("- changed: {name}\n"));
                fields.iter().for_each(|it| field(out, it));
            }
        }
    }
}

fn field(out: &mut String, field: &FieldChange) {
    let [before, after] = values(field, VALUE_SHOWN)
        .map(|value| value.map_or("none".to_owned(), |text| sentence(&format!("`{text}`"))));
    let name = sentence(&field.name);
    out.push_str(&format!("  - {name}: {before} → {after}\n"));
    if let Some(meaning) = &field.meaning {
        out.push_str(&format!("  - {}\n", sentence(&meaning_words(meaning))));
    }
}

fn gaps(out: &mut String, diff: &Diff) {
    if !diff.gaps.is_empty() {
        out.push_str("\n## What could not be read\n\n");
    }
    for gap in &diff.gaps {
        let on = match gap.on {
            Side::Baseline => "baseline",
            Side::Current => "current snapshot",
        };
        let what = call(gap);
        out.push_str(&format!("- {on} only: {}\n", sentence(&what)));
    }
}
