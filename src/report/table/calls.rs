//! What could not be collected, and what is worth knowing beside the findings: once each, with the permission that is
//! missing. Calls that the endpoint does not have at all (an emulator, an older Region) are one line, and are no noise.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::{Analysis, Finding, Remark, Stop, Why};
use crate::chain::Gap;
use crate::chain::cause::{Outcome, Unanswered};
use crate::chain::verdict::{Cause, LinkId, Verdict};

use super::super::text::{Colour, Page, count, some};
use super::super::words;
use super::causes::{in_accounts, placed};

/// Writes remarks, other monitoring, and calls without an answer; with `all`, each of these calls.
pub(super) fn write(page: &mut Page, analysis: &Analysis, all: bool) {
    let lines = worth_knowing(analysis);
    if !lines.is_empty() {
        page.heading("Worth knowing");
    }
    for (label, text) in lines {
        page.hanging(2, &label, 8, &text);
    }
    let said = said_of_links(analysis);
    if !said.is_empty() {
        page.paragraph(2, "", &words::meanings(said));
    }
    if all {
        every_call(page, analysis);
        return;
    }
    let missing = not_answered(analysis);
    if !missing.is_empty() {
        page.blank();
    }
    for missing in missing {
        let (colour, more) = match missing.endpoint {
            true => (Colour::Dim, "; `--gaps` lists the calls"),
            false => (Colour::Yellow, ""),
        };
        let label = page.style.paint(colour, "not answered:");
        page.paragraph(0, &label, &format!("{}{more}", missing.text));
    }
}

/// What holds and should be known, and other monitoring that was seen: what it is about, and the sentence.
pub(in super::super) fn worth_knowing(analysis: &Analysis) -> Vec<(String, String)> {
    let mut lines = remarks(analysis);
    lines.extend(other_monitoring(analysis));
    lines
}

/// The words of the remarks that have to be explained.
fn said_of_links(analysis: &Analysis) -> BTreeSet<Verdict> {
    let findings = analysis.findings.iter();
    let notes = findings.flat_map(|finding| &finding.notes);
    let said = notes.filter_map(|note| match &note.about {
        Remark::Link { verdict, .. } if !unsupported(&note.about, analysis) => Some(*verdict),
        _ => None,
    });
    said.filter(|verdict| verdict.is_sound() && *verdict > Verdict::Ok)
        .collect()
}

/// How many of one kind of other monitoring are told one by one: a rule may stand in every Region.
const OTHERS_TOLD: usize = 3;

/// Calls that were not answered, told together.
pub(in super::super) struct Missing {
    /// Which, and why.
    pub(in super::super) text: String,
    /// The endpoint does not have them at all.
    endpoint: bool,
}

/// Each remark once, with what it is said of and the controls that it concerns.
fn remarks(analysis: &Analysis) -> Vec<(String, String)> {
    struct Said<'a> {
        link: Option<LinkId>,
        all: Vec<&'a Remark>,
        subjects: Vec<String>,
        findings: Vec<&'a Finding>,
    }
    let mut said: Vec<Said<'_>> = Vec::new();
    for finding in &analysis.findings {
        for note in &finding.notes {
            if unsupported(&note.about, analysis) {
                continue;
            }
            let same = |it: &&mut Said<'_>| {
                it.link == note.link && it.all.first().is_some_and(|it| alike(it, &note.about))
            };
            let known = said.iter_mut().find(same);
            let subject = note.subject.as_ref().map(words::subject);
            match known {
                Some(known) => {
                    known.all.push(&note.about);
                    known.findings.push(finding);
                    known.subjects.extend(subject);
                }
                None => said.push(Said {
                    link: note.link,
                    all: vec![&note.about],
                    subjects: subject.into_iter().collect(),
                    findings: vec![finding],
                }),
            }
        }
    }
    said.into_iter()
        .map(|mut said| {
            said.subjects.sort();
            said.subjects.dedup();
            let about = match said.subjects.as_slice() {
                [] => String::new(),
                several => format!("{}: ", some(several)),
            };
            let text = format!(
                "{about}{} ({})",
                said_together(&said.all),
                placed(&said.findings, analysis)
            );
            (label(said.link, &said.all), text)
        })
        .collect()
}

/// Remarks that are alike, in one sentence.
fn said_together(all: &[&Remark]) -> String {
    let asked: Vec<(Verdict, &Unanswered)> = all.iter().filter_map(|it| asked(it)).collect();
    match (asked.as_slice(), all) {
        ([(verdict, _), _, ..], _) => {
            let calls: Vec<&Unanswered> = asked.iter().map(|(_, call)| *call).collect();
            words::remark_on_calls(*verdict, &calls)
        }
        (_, all) => all.first().map_or(String::new(), |it| words::remark(it)),
    }
}

/// The call without an answer that a remark is about.
fn asked(remark: &Remark) -> Option<(Verdict, &Unanswered)> {
    match remark {
        Remark::Link { verdict, cause } => match &**cause {
            Cause::Unanswered(asked) => Some((*verdict, asked)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether two remarks say the same: of calls that were not answered, those of one operation with one outcome do, whatever each
/// asked about.
fn alike(one: &Remark, other: &Remark) -> bool {
    match (asked(one), asked(other)) {
        (Some((verdict, one)), Some((of, other))) => {
            verdict == of
                && one.api == other.api
                && one.outcome == other.outcome
                && one.open == other.open
        }
        _ => one == other,
    }
}

/// Noise is told apart from links that hold and should be known.
fn label(link: Option<LinkId>, all: &[&Remark]) -> String {
    match (link, all.first()) {
        (Some(id), _) => id.to_string(),
        (None, Some(Remark::AlsoFires { .. })) => "noise".to_owned(),
        (None, _) => "-".to_owned(),
    }
}

/// Whether a remark says no more than that the endpoint lacks a call.
fn unsupported(remark: &Remark, analysis: &Analysis) -> bool {
    let Some((_, asked)) = asked(remark) else {
        return false;
    };
    let mut gaps = gaps(analysis)
        .map(|(_, gap)| gap)
        .filter(|gap| gap.operation == asked.operation)
        .peekable();
    gaps.peek().is_some() && gaps.all(Gap::is_unsupported)
}

fn other_monitoring(analysis: &Analysis) -> Vec<(String, String)> {
    let mut seen: BTreeMap<(Option<LinkId>, String), BTreeSet<String>> = BTreeMap::new();
    for account in &analysis.accounts {
        for note in &account.other_monitoring {
            let text = words::other_monitoring(note);
            let accounts = seen.entry((note.link, text)).or_default();
            accounts.insert(account.account.clone());
        }
    }
    let mut told: BTreeMap<Option<LinkId>, usize> = BTreeMap::new();
    let mut lines = Vec::new();
    let label = |link: Option<LinkId>| link.map_or("-".to_owned(), |id| id.to_string());
    for ((link, text), accounts) in seen {
        let count = told.entry(link).or_default();
        *count += 1;
        if *count > OTHERS_TOLD {
            continue;
        }
        let accounts: Vec<String> = accounts.into_iter().collect();
        let place = match analysis.accounts.len() {
            1 => String::new(),
            _ => format!(" ({})", in_accounts(&accounts, analysis)),
        };
        lines.push((label(link), format!("{text}{place}")));
    }
    for (link, count) in told {
        if let Some(more) = count.checked_sub(OTHERS_TOLD).filter(|more| *more > 0) {
            let more = format!("and {more} more like these; `--format json` lists them");
            lines.push((label(link), more));
        }
    }
    // What is left out stands below what it is like.
    lines.sort_by(|left, right| left.0.cmp(&right.0));
    lines
}

fn gaps(analysis: &Analysis) -> impl Iterator<Item = (&str, &Gap)> {
    analysis.accounts.iter().flat_map(|account| {
        let gaps = account.gaps.iter();
        gaps.map(|gap| (account.account.as_str(), gap))
    })
}

/// A sentence for each way to fail, and one for what the endpoint does not have.
pub(in super::super) fn not_answered(analysis: &Analysis) -> Vec<Missing> {
    // What the findings say already.
    let said: BTreeSet<Failed<'_>> = analysis.findings.iter().filter_map(decides).collect();
    let mut failed: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    let mut unsupported: BTreeSet<String> = BTreeSet::new();
    let mut files: BTreeSet<String> = BTreeSet::new();
    for (_, gap) in gaps(analysis) {
        let api = gap.api();
        if gap.is_file() {
            files.insert(match gap.subject.as_str() {
                "" => gap.message.clone(),
                name => format!("`{name}`"),
            });
        } else if gap.is_unsupported() {
            unsupported.insert(api);
        } else if !said.contains(&(api.as_str(), &gap.kind, &gap.code)) {
            failed
                .entry((&gap.kind, &gap.code))
                .or_default()
                .insert(api);
        }
    }
    let joined = |apis: BTreeSet<String>| apis.into_iter().collect::<Vec<_>>().join(", ");
    let mut missing = Vec::new();
    for ((kind, code), apis) in failed {
        let text = format!("{}: {}", joined(apis), words::failed(kind, code));
        let text = match words::permission(kind, code) {
            Some(hint) => format!("{text}; {hint}"),
            None => text,
        };
        missing.push(Missing {
            text,
            endpoint: false,
        });
    }
    if !files.is_empty() {
        let names: Vec<String> = files.into_iter().collect();
        let (number, names) = (count(names.len(), "file"), some(&names));
        missing.push(Missing {
            text: format!("{number} of which the import could not tell the question: {names}"),
            endpoint: false,
        });
    }
    if !unsupported.is_empty() {
        missing.push(Missing {
            text: format!("{}, which this endpoint does not have", joined(unsupported)),
            endpoint: true,
        });
    }
    missing
}

/// A call, and how it failed.
type Failed<'a> = (&'a str, &'a str, &'a str);

/// The call that a finding waits for, where it failed: one that nobody made is none that was not answered.
fn decides(finding: &Finding) -> Option<Failed<'_>> {
    let of = |stop: &'_ Stop| matches!(stop.cause, Cause::Unanswered(_));
    match &finding.why {
        Why::EvidenceMissing { links, .. } => links.first().filter(|stop| of(stop)),
        _ => None,
    }
    .and_then(|stop| match &stop.cause {
        Cause::Unanswered(asked) => match &asked.outcome {
            Outcome::Failed { how, error } => {
                Some((asked.api.as_str(), how.as_str(), error.as_str()))
            }
            _ => None,
        },
        _ => None,
    })
}

fn every_call(page: &mut Page, analysis: &Analysis) {
    let all: Vec<(&str, &Gap)> = gaps(analysis).collect();
    page.heading(&format!(
        "Calls without an answer: {}",
        count(all.len(), "call")
    ));
    for (account, gap) in all {
        let whose = match analysis.accounts.len() {
            1 => String::new(),
            _ => format!("{account}: "),
        };
        let text = format!("{whose}{} (evidence {})", words::gap(gap), gap.evidence);
        page.paragraph(2, "-", &text);
    }
}
