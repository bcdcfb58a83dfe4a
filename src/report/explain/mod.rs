//! Findings one by one: what is wrong, why, and what repairs it come first, since that is what the reader came for. The
//! whole chain, link by link, is for those who ask.

mod chain;
mod failure;
mod json;
mod markdown;

use std::collections::BTreeSet;
use std::iter;

use crate::analyze::{PathSummary, Remark, Status};
use crate::aws::arn::short_name;
use crate::chain::verdict::{Link, LinkId, Station, Verdict};
use crate::control::Answer;

use super::dossier::{Dossier, Item};
use super::table::attestations;
use super::text::{Colour, Page, Style, audit_steps_word, count, cut, short_names, witness_line};
use super::{NOT_VERIFIED, repair, words};

pub(super) use chain::parts;
pub use failure::failures;

/// How wide the column of labels is.
const LABEL: usize = 7;
/// How much of a long value is shown.
const VALUE_SHOWN: usize = 160;

/// The formats of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExplainFormat {
    /// For a terminal
    Table,
    /// For programs: findings as `analyze --format json` has them, with every link and its fields
    Json,
    /// For a ticket
    Markdown,
}

/// The findings of an analysis, each explained; with `full`, with the chain link by link and the witness whole.
pub fn explain(dossier: Dossier<'_>, format: ExplainFormat, full: bool, style: Style) -> String {
    match format {
        ExplainFormat::Table => table(dossier, full, style),
        ExplainFormat::Json => json::render(dossier),
        ExplainFormat::Markdown => markdown::render(dossier, full),
    }
}

fn table(dossier: Dossier<'_>, full: bool, style: Style) -> String {
    let mut page = Page::new(style);
    if !dossier.analysis.snapshot.verified {
        page.paragraph(0, "note:", NOT_VERIFIED);
    }
    let mut evidence = None;
    for (index, item) in dossier.items().enumerate() {
        if index > 0 {
            page.blank();
        }
        brief(&mut page, dossier, &item);
        if full {
            chain::write(&mut page, item.finding);
        }
        evidence = evidence.or_else(|| deciding_row(&item));
    }
    attestations(&mut page, &dossier.analysis.refused);
    words_used(&mut page, dossier);
    let about = dossier.about;
    let (again, accepting) = (&about.again, &about.accepting);
    let mut next = Vec::new();
    if !full {
        next.push(format!(
            "`trailproof explain {again} CONTROL{accepting} --full` draws the chain link by link"
        ));
    }
    if dossier.about.fixes.is_empty()
        && dossier
            .items()
            .any(|item| item.open() && repair::by_change(item.finding))
    {
        let narrowed = &about.narrowed;
        next.push(format!(
            "`trailproof explain {again}{narrowed}{accepting} --with-fix` prints the commands that repair what fails"
        ));
    }
    if let Some(row) = evidence {
        let file = &about.argument;
        let unverified = match dossier.analysis.snapshot.verified {
            true => "",
            false => " --no-verify",
        };
        next.push(format!(
            "`trailproof show {file}{unverified} {row}` prints what AWS answered"
        ));
    }
    if !next.is_empty() {
        page.blank();
        let label = page.style.paint(Colour::Bold, "next:");
        page.paragraph(0, &label, &next.join("; "));
    }
    page.finish()
}

/// What the words mean that stand at links of the chains.
fn words_used(page: &mut Page, dossier: Dossier<'_>) {
    let findings = dossier.analysis.findings.iter();
    let paths = findings.filter_map(|finding| finding.paths.first());
    let said = paths.flat_map(|path| &path.links).map(|link| link.verdict);
    let said: BTreeSet<Verdict> = said
        .filter(|verdict| matches!(verdict, Verdict::Degraded | Verdict::Weak))
        .collect();
    if !said.is_empty() {
        page.blank();
        row(page, "words", &words::meanings(said));
    }
}

/// The evidence row to look at first: that of the link which decides.
fn deciding_row(item: &Item<'_>) -> Option<i64> {
    let id = item.finding.broken_link?;
    let links = links_of(item.finding.paths.first()?, id);
    links.flat_map(|link| &link.evidence).next().copied()
}

/// What is said on a path under an id.
fn links_of(path: &PathSummary, id: LinkId) -> impl Iterator<Item = &Link> {
    let links = path.links.iter().map(AsRef::as_ref);
    links.filter(move |link: &&Link| link.id == id)
}

/// What is wrong, why, what repairs it, and what is lost.
fn brief(page: &mut Page, dossier: Dossier<'_>, item: &Item<'_>) {
    let finding = item.finding;
    let style = page.style;
    let account = match dossier.account_name(&finding.account) {
        Some(name) => format!("{} ({name})", finding.account),
        None => finding.account.clone(),
    };
    let title = style.paint(Colour::Bold, &item.numbered());
    let status = style.status(finding.status);
    page.paragraph(
        0,
        &format!("{status} {title}"),
        &format!("in account {account}, severity {}", finding.severity),
    );
    page.paragraph(0, "", &finding.title);
    row(page, "why", &words::reason(finding));
    if let Some(link) = deciding_link(item) {
        row(page, "link", &link);
    }
    for (index, repair) in dossier.repairs(item).iter().enumerate() {
        let label = if index == 0 { "fix" } else { "then" };
        let link = repair.link.map_or(String::new(), |id| format!("{id}: "));
        row(page, label, &format!("{link}{}", repair.text));
    }
    commands(page, dossier, item);
    if let Some(witness) = &finding.witness {
        row(page, "lost", &witness_line(witness, &finding.marks));
    }
    chain::marks(page, finding);
    if let Some(path) = finding.paths.first() {
        row(page, "chain", &line(item, path));
    }
    if let Some(steps) = &finding.audit_steps {
        let word = audit_steps_word(steps.answer);
        let mut text = format!("the benchmark's own, word by word: {word}");
        // Of steps that are met the chain above has every name.
        if steps.answer != Answer::Met {
            text.push_str(&format!(
                "; {}",
                short_names(&words::audit_steps::told(steps))
            ));
        }
        row(page, "steps", &text);
    }
    if let Some(accepted) = &finding.accepted {
        row(page, "", &words::accepted(accepted));
    }
    for note in &finding.notes {
        let id = note.link.map_or(String::new(), |id| format!("{id} "));
        let label = match note.about {
            Remark::AlsoFires { .. } => "noise",
            _ => "note",
        };
        row(page, label, &format!("{id}{}", words::note(note)));
    }
    for assumption in words::assumptions(finding) {
        row(page, "assumed", &assumption);
    }
}

/// The fix as commands to paste: one a line, however long, since a break would be pasted with it.
fn commands(page: &mut Page, dossier: Dossier<'_>, item: &Item<'_>) {
    let Some(fix) = dossier.fix(item) else {
        return;
    };
    for (index, line) in fix.told.iter().enumerate() {
        let label = match index {
            0 if fix.commands.is_empty() => "tried",
            0 => "fix",
            _ => "",
        };
        row(page, label, line.trim());
    }
    if !fix.commands.is_empty() {
        row(page, "paste", &dossier.about.pasted(item.finding));
    }
    for line in &fix.commands {
        page.line(line);
    }
}

fn row(page: &mut Page, label: &str, text: &str) {
    let painted = page.style.paint(Colour::Dim, label);
    page.hanging(0, &painted, LABEL + 1, text);
}

/// `A02 alarm actions are disabled: ActionsEnabled=false (evidence 56)`.
fn deciding_link(item: &Item<'_>) -> Option<String> {
    let id = item.finding.broken_link?;
    let mut text = words::link(item.finding)?;
    let (first, others) = item.finding.paths.split_first()?;
    // The first path may be sound as far as this link goes, and another one open by it.
    let others = match item.finding.status {
        Status::Unknown => others,
        _ => &[],
    };
    let mut said = iter::once(first).chain(others);
    let unsound = said.find_map(|path| links_of(path, id).find(|link| link.verdict != Verdict::Ok));
    let link = unsound.or_else(|| links_of(first, id).next())?;
    let fields = shown_fields(link);
    if !fields.is_empty() {
        text.push_str(&format!(": {fields}"));
    }
    text.push_str(&shown_rows(link));
    Some(text)
}

/// The fields that decided a link, but for the pattern, which stands above its links.
fn shown_fields(link: &Link) -> String {
    let fields = link.fields.iter();
    let fields: Vec<String> = fields
        .filter(|(name, _)| name != "filterPattern")
        .map(|(name, value)| format!("{name}={}", cut(value, VALUE_SHOWN)))
        .collect();
    fields.join(", ")
}

/// ` (evidence 1, 2)`; nothing where a link cites none.
fn shown_rows(link: &Link) -> String {
    if link.evidence.is_empty() {
        return String::new();
    }
    format!(" (evidence {})", listed(&link.evidence))
}

/// Evidence rows one by one where they are few, else in order with those that follow each other together: `4, 6-35`.
fn listed(rows: &[i64]) -> String {
    const FEW: usize = 6;
    if rows.len() <= FEW {
        let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
        return rows.join(", ");
    }
    let ordered: Vec<i64> = rows
        .iter()
        .copied()
        .collect::<BTreeSet<i64>>()
        .into_iter()
        .collect();
    let runs = ordered.chunk_by(|one, next| one + 1 == *next);
    let runs: Vec<String> = runs
        .map(|run| match run {
            [first, _, .., last] => format!("{first}-{last}"),
            few => few
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        })
        .collect();
    runs.join(", ")
}

/// The chain in a line, with a sign where it does not hold: `trail a → filter b → alarm c [A02 broken]`.
fn line(item: &Item<'_>, path: &PathSummary) -> String {
    let finding = item.finding;
    let stop = finding
        .why
        .stop()
        .filter(|_| finding.status == Status::Fail);
    let mut parts = Vec::new();
    for (part, stations, name) in chain::parts(path) {
        let at = |id: LinkId| stations.contains(&id.station());
        // No filter of this control is there: what hangs on another one says nothing.
        if stop.is_some_and(|stop| stop.subject.is_none() && at(stop.id))
            && stations.contains(&Station::MetricFilter)
        {
            parts.push(format!("no {part} for it [{} stops here]", LinkId::F01));
            break;
        }
        let worst = path
            .links
            .iter()
            .filter(|link| at(link.id))
            .max_by_key(|link| link.verdict);
        let sign = match (finding.broken_link.filter(|id| at(*id)), worst) {
            (Some(id), _) if finding.status == Status::Fail => format!(" [{id} stops here]"),
            (_, Some(link)) if link.verdict > Verdict::Ok => {
                format!(" [{} {}]", link.id, link.verdict)
            }
            _ => String::new(),
        };
        match name {
            Some(name) => parts.push(format!("{part} `{}`{sign}", short_name(name))),
            None if !sign.is_empty() => parts.push(format!("no {part}{sign}")),
            None => {}
        }
    }
    let more = (finding.paths.len() + finding.paths_left_out).saturating_sub(1);
    let more = if more > 0 {
        format!("; and {}", count(more, "other path"))
    } else {
        String::new()
    };
    format!("{}{more}", parts.join(" → "))
}
