//! The analysis for a terminal. The first screen answers the question: a verdict, then one line a cause with the controls
//! that it concerns, then where a checklist would say otherwise, then what to do next. Details and single calls are for
//! those who ask.

pub(super) mod calls;
pub(super) mod causes;
mod details;
pub(super) mod verdict;

use crate::analyze::{Analysis, Finding, RefusedAttestation, Status};
use crate::chain::cause::{Cause, Outcome, Unanswered};
use crate::control::Answer;

use super::dossier::Dossier;
use super::text::{Colour, Page};
use super::{View, blind_spots, sections, words};
use causes::{Group, groups, label};

/// The widest that the column of controls may be, and the narrowest page that has one.
const LABEL: usize = 34;
const COLUMNS_FROM: usize = 84;
/// Wide enough for `accepted`.
const STATUS: usize = 9;

/// The analysis as text.
pub(super) fn render(dossier: Dossier<'_>, view: View) -> String {
    let mut page = Page::new(view.style);
    verdict::head(&mut page, dossier);
    if view.quiet {
        return page.finish();
    }
    let analysis = dossier.analysis;
    verdict::by_account(&mut page, dossier);
    sections::write(&mut page, analysis);
    if view.details {
        details::write(&mut page, dossier, view.failing);
    } else {
        rows(&mut page, analysis, view.failing);
    }
    blind_spots::text(&mut page, analysis);
    calls::write(&mut page, analysis, view.gaps);
    write_differences(&mut page, analysis, view.details);
    attestations(&mut page, &analysis.refused);
    page.blank();
    page.paragraph(0, "", &counts(analysis));
    next(&mut page, dossier);
    page.finish()
}

/// A row a cause: the worst first.
fn rows(page: &mut Page, analysis: &Analysis, failing: bool) {
    let groups = groups(analysis);
    let shown = |group: &&Group<'_>| !failing || group.word != "pass" && group.word != "n/a";
    let groups: Vec<&Group<'_>> = groups.iter().filter(shown).collect();
    if !groups.is_empty() {
        page.blank();
    }
    let widest = groups
        .iter()
        .map(|group| label(group, analysis).chars().count());
    let widest = widest.max().unwrap_or(0).min(LABEL) + 2;
    for group in groups {
        row(page, analysis, group, widest);
    }
}

fn row(page: &mut Page, analysis: &Analysis, group: &Group<'_>, widest: usize) {
    let painted = page.style.paint(group.colour, group.word);
    let pad = " ".repeat(STATUS.saturating_sub(group.word.len()));
    let label = label(group, analysis);
    let link = group.link.map_or(String::new(), |id| format!("{id} "));
    let text = format!("{link}{}", group.text);
    let hang = if page.style.width >= COLUMNS_FROM && label.chars().count() + 1 < widest {
        page.hanging(0, &format!("{painted}{pad}{label}"), STATUS + widest, &text);
        STATUS + widest
    } else {
        page.hanging(0, &painted, STATUS, &label);
        page.hanging(4, "", 4, &text);
        4
    };
    let tail = causes::tail(group, analysis);
    if !tail.is_empty() {
        page.hanging(hang, "", hang, &tail);
    }
}

/// Heads the findings where a checklist would say something else.
pub(super) const DIFFERENCES: &str =
    "Where the benchmark's own audit steps, followed word by word, say otherwise";

/// Where a checklist would say something else, by what it would say.
pub(super) fn differences(analysis: &Analysis) -> Vec<(&'static str, Vec<&Finding>)> {
    let ways = [
        (
            Answer::Met,
            Status::Fail,
            "satisfied, yet an event is lost:",
        ),
        (
            Answer::Met,
            Status::Unknown,
            "satisfied, yet nothing is proven:",
        ),
        (
            Answer::NotMet,
            Status::Pass,
            "not satisfied, yet no event is lost:",
        ),
    ];
    let of = |(steps, status, told): (Answer, Status, &'static str)| {
        let findings: Vec<&Finding> = analysis
            .disagreements()
            .filter(|it| it.status == status)
            .filter(|it| it.audit_steps.as_ref().map(|it| it.answer) == Some(steps))
            .collect();
        (told, findings)
    };
    let all = ways.into_iter().map(of);
    all.filter(|(_, findings)| !findings.is_empty()).collect()
}

/// The rows alone, since their reasons stand above; with `steps`, what the audit steps found.
fn write_differences(page: &mut Page, analysis: &Analysis, steps: bool) {
    let differences = differences(analysis);
    if differences.is_empty() {
        return;
    }
    page.heading(DIFFERENCES);
    for (told, of) in differences {
        page.paragraph(2, told, &causes::placed(&of, analysis));
        for finding in of.into_iter().filter(|_| steps) {
            let told = finding.audit_steps.as_ref().map(words::audit_steps::told);
            let told = super::text::short_names(&told.unwrap_or_default());
            page.paragraph(4, &format!("{}:", causes::short(finding)), &told);
        }
    }
}

/// Attestations that were not accepted, and why.
pub(super) fn attestations(page: &mut Page, refused: &[RefusedAttestation]) {
    if !refused.is_empty() {
        page.heading("Attestations refused");
    }
    for refused in refused {
        let label = format!(
            "{} in {}:",
            refused.attestation.control, refused.attestation.account
        );
        page.paragraph(2, &label, &words::refusal(&refused.why));
    }
}

/// `3 pass, 12 fail, 0 unknown`, with what else there is to count.
fn counts(analysis: &Analysis) -> String {
    let summary = analysis.summary();
    let mut parts = vec![
        format!("{} pass", summary.pass),
        format!("{} fail", summary.fail),
        format!("{} unknown", summary.unknown),
    ];
    for (number, what) in [
        (summary.not_applicable, "not applicable"),
        (summary.accepted, "accepted by attestation"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    format!("{}; {}", parts.join(", "), analysis.benchmark)
}

/// Whether all that is open waits for a call that was denied.
fn only_denied(analysis: &Analysis) -> bool {
    let mut open = analysis
        .findings
        .iter()
        .filter(|it| it.is_open() && it.accepted.is_none());
    open.all(|finding| {
        let stop = finding.why.stop();
        matches!(
            stop.map(|stop| &stop.cause),
            Some(Cause::Unanswered(Unanswered {
                outcome: Outcome::Failed { how, error },
                ..
            })) if words::permission(how, error).is_some()
        )
    })
}

/// The last line: the one thing to do now.
fn next(page: &mut Page, dossier: Dossier<'_>) {
    let analysis = dossier.analysis;
    let about = dossier.about;
    let again = format!("{}{}", about.again, about.narrowed);
    let accepting = &about.accepting;
    let open = analysis.findings.iter().any(|finding| {
        matches!(finding.status, Status::Fail | Status::Unknown) && finding.accepted.is_none()
    });
    let text = if !analysis.snapshot.complete {
        "`trailproof collect --resume -o FILE` asks for what is missing".to_owned()
    } else if open && only_denied(analysis) {
        format!("{}; then collect again", words::ALLOW)
    } else if open {
        format!(
            "`trailproof explain {again}{accepting} --failing` says why and what repairs it; `trailproof remediate {again}` prints the change"
        )
    } else {
        format!(
            "`trailproof analyze {again}{accepting} -o html=report.html` writes the page to file"
        )
    };
    let label = page.style.paint(Colour::Bold, "next:");
    page.paragraph(0, &label, &text);
}
