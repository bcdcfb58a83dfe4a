//! For a comment in a pull request: short enough for one, and only what does not pass or got worse.

use crate::diff::{Diff, Direction};

use super::NOT_VERIFIED;
use super::diff::{nothing, presence_words, side_words, summary};
use super::dossier::Dossier;
use super::marked::{cell, premises, refused, sentence};
use super::table::Digest;
use super::table::causes::Group;
use super::table::verdict::{origin, verdict};
use super::text::count;
use super::words;

/// GitHub takes 65,536 characters, GitLab more; what stands below the rows needs some.
const LIMIT: usize = 60_000;

/// The analysis: the verdict, then a row a cause.
pub(super) fn render(dossier: Dossier<'_>, digest: &Digest) -> String {
    let analysis = dossier.analysis;
    let verdict = verdict(dossier, &digest.tally);
    let mut out = format!("### trailproof: {}\n\n", sentence(&verdict));
    if !analysis.snapshot.verified {
        out.push_str(&format!("**{NOT_VERIFIED}**\n\n"));
    }
    premises(&mut out, &analysis.premises);
    let mut rows = Rows::new("| | control | why | what to change |\n|---|---|---|---|\n");
    let open = |group: &&&Group| matches!(group.word, "fail" | "unknown");
    for group in digest.causes.in_order().iter().filter(open) {
        let link = group.link.map_or(String::new(), |id| format!("`{id}` "));
        rows.push(&format!(
            "| {} | {}{} | {link}{} | {} |\n",
            group.word,
            cell(&group.label(analysis)),
            match group.tail(analysis) {
                tail if tail.is_empty() => String::new(),
                tail => format!("<br>{}", cell(&tail)),
            },
            cell(&group.text()),
            cell(group.repair.as_deref().unwrap_or_default()),
        ));
    }
    rows.end(&mut out, "cause");
    if !digest.unnoticed.is_empty() {
        let list = digest.unnoticed.told(analysis);
        out.push_str(&format!(
            "\nThe benchmark's own audit steps do not notice: {}\n",
            sentence(&list)
        ));
    }
    refused(&mut out, &analysis.refused);
    out.push_str(&format!("\n<sub>{}</sub>\n", sentence(&origin(dossier))));
    out
}

/// The comparison: what got worse in a row each, and the rest counted.
pub(super) fn compared(diff: &Diff) -> String {
    let head = if diff.is_empty() {
        nothing(diff).to_owned()
    } else {
        summary(diff)
    };
    let mut out = format!("### trailproof: {}\n\n", sentence(&head));
    for (name, side) in [
        ("baseline", &diff.baseline),
        ("current snapshot", &diff.current),
    ] {
        for doubt in words::doubts(side) {
            out.push_str(&format!("**The {name}: {doubt}**\n\n"));
        }
    }
    premises(&mut out, &diff.premises);
    let mut accounts = Rows::new("");
    for presence in diff.accounts() {
        let (what, said) = presence_words(presence);
        accounts.push(&format!("- {} {said}\n", sentence(&what)));
    }
    accounts.end(&mut out, "account");
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    let mut rows = Rows::new("| control | account | before | now | why |\n|---|---|---|---|---|\n");
    let worse = |direction| {
        diff.findings
            .iter()
            .filter(move |it| it.direction == direction)
    };
    for change in worse(Direction::Worse) {
        let number = change.benchmark_id.as_deref().unwrap_or_default();
        let why = change.after.as_ref().map_or(String::new(), words::reason);
        rows.push(&format!(
            "| {} | {} | {} | {} | {} |\n",
            cell(format!("{number} `{}`", change.control).trim()),
            cell(&change.account),
            cell(&side_words(change.before.as_ref())),
            cell(&side_words(change.after.as_ref())),
            cell(&why),
        ));
    }
    rows.end(&mut out, "finding");
    let better: Vec<String> = worse(Direction::Better)
        .map(|change| format!("`{}`", change.control))
        .collect();
    if !better.is_empty() {
        out.push_str(&format!("\nBetter: {}\n", sentence(&better.join(", "))));
    }
    for change in &diff.findings {
        if let Some(accepted) = change.after.as_ref().and_then(|it| it.accepted.as_ref()) {
            let what = format!(
                "`{}` in {}: {}",
                change.control,
                change.account,
                words::accepted(accepted)
            );
            out.push_str(&format!("\nAccepted: {}\n", sentence(&what)));
        }
    }
    refused(&mut out, &diff.refused);
    let sides = [&diff.baseline, &diff.current].map(words::side);
    let [baseline, current] = sides;
    let origin = format!(
        "{}; baseline: {baseline}; current: {current}",
        diff.benchmark_title
    );
    out.push_str(&format!("\n<sub>{}</sub>\n", sentence(&origin)));
    out
}

/// Rows of a table, as many as fit.
struct Rows {
    text: String,
    empty: usize,
    left_out: usize,
}

impl Rows {
    fn new(head: &str) -> Self {
        Self {
            text: head.to_owned(),
            empty: head.len(),
            left_out: 0,
        }
    }

    fn push(&mut self, row: &str) {
        if self.left_out > 0 || self.text.len() + row.len() > LIMIT {
            self.left_out += 1;
        } else {
            self.text.push_str(row);
        }
    }

    /// Appends the table, and how much did not fit.
    fn end(self, out: &mut String, noun: &str) {
        if self.text.len() > self.empty {
            out.push_str(&self.text);
        }
        if self.left_out > 0 {
            out.push_str(&format!(
                "\nand {} more, which do not fit here\n",
                count(self.left_out, noun)
            ));
        }
    }
}
