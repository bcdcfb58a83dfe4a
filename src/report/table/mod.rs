//! The analysis for a terminal. The first screen answers the question: a verdict, then one line a cause with the controls
//! that it concerns, then where a checklist would say otherwise, then what to do next. Details and single calls are for
//! those who ask.

pub(super) mod calls;
pub(super) mod causes;
mod details;
mod digest;
pub(super) mod verdict;

use crate::analyze::{Analysis, Finding, RefusedAttestation, Status, Summary};
use crate::chain::cause::{Cause, Outcome, Unanswered};
use crate::control::Answer;

use super::dossier::Dossier;
use super::text::{Colour, Page};
use super::{sections, words};
use causes::Group;
pub(super) use digest::Digest;

/// The widest that the column of controls may be, and the narrowest page that has one.
const LABEL: usize = 34;
const COLUMNS_FROM: usize = 84;
/// Wide enough for `accepted`.
const STATUS: usize = 9;

/// The analysis as text, of what was gathered of its accounts.
pub(super) fn render(dossier: Dossier<'_>, digest: &Digest) -> String {
    let view = digest.view;
    let mut page = Page::new(view.style);
    verdict::head(&mut page, dossier, &digest.tally);
    if view.quiet {
        return page.finish();
    }
    let analysis = dossier.analysis;
    verdict::by_account(&mut page, dossier, &digest.tally);
    sections::write(&mut page, analysis);
    match &digest.details {
        Some(details) => page.append(details),
        None => rows(&mut page, analysis, digest),
    }
    if digest.view.blind_spots {
        page.append(&digest.blind_spots);
    }
    digest.calls.write(&mut page, analysis);
    write_differences(&mut page, analysis, digest);
    attestations(&mut page, &analysis.refused);
    page.blank();
    page.paragraph(0, "", &counts(analysis, digest.tally.summary));
    next(&mut page, dossier, digest);
    page.finish()
}

/// A row a cause: the worst first.
fn rows(page: &mut Page, analysis: &Analysis, digest: &Digest) {
    let groups = digest.causes.in_order();
    let shown =
        |group: &&&Group| !digest.view.failing || group.word != "pass" && group.word != "n/a";
    let groups: Vec<&Group> = groups.iter().filter(shown).copied().collect();
    if !groups.is_empty() {
        page.blank();
    }
    let widest = groups
        .iter()
        .map(|group| group.label(analysis).chars().count());
    let widest = widest.max().unwrap_or(0).min(LABEL) + 2;
    for group in groups {
        row(page, analysis, group, widest);
    }
}

fn row(page: &mut Page, analysis: &Analysis, group: &Group, widest: usize) {
    let painted = page.style.paint(group.colour, group.word);
    let pad = " ".repeat(STATUS.saturating_sub(group.word.len()));
    let label = group.label(analysis);
    let link = group.link.map_or(String::new(), |id| format!("{id} "));
    let text = format!("{link}{}", group.text());
    let hang = if page.style.width >= COLUMNS_FROM && label.chars().count() + 1 < widest {
        page.hanging(0, &format!("{painted}{pad}{label}"), STATUS + widest, &text);
        STATUS + widest
    } else {
        page.hanging(0, &painted, STATUS, &label);
        page.hanging(4, "", 4, &text);
        4
    };
    let tail = group.tail(analysis);
    if !tail.is_empty() {
        page.hanging(hang, "", hang, &tail);
    }
}

/// Heads the findings where a checklist would say something else.
pub(super) const DIFFERENCES: &str =
    "Where the benchmark's own audit steps, followed word by word, say otherwise";

/// What a checklist says, what is so, and how that is told.
const WAYS: [(Answer, Status, &str); 3] = [
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

/// In which way a checklist would say something else of a finding; none where it would not.
fn way(finding: &Finding) -> Option<usize> {
    let answer = finding.audit_steps.as_ref()?.answer;
    let is =
        |(steps, status, _): &(Answer, Status, &str)| (*steps, *status) == (answer, finding.status);
    WAYS.iter().position(is).filter(|_| finding.disagrees())
}

/// Where a checklist would say something else, by what it would say.
pub(super) fn differences(analysis: &Analysis) -> Vec<(&'static str, Vec<&Finding>)> {
    let of = |(at, (.., told)): (usize, &(Answer, Status, &'static str))| {
        let findings = analysis.findings.iter();
        (*told, findings.filter(|it| way(it) == Some(at)).collect())
    };
    let all = WAYS.iter().enumerate().map(of);
    all.filter(|(_, findings): &(_, Vec<&Finding>)| !findings.is_empty())
        .collect()
}

/// The rows alone, since their reasons stand above; with details, what the audit steps found.
fn write_differences(page: &mut Page, analysis: &Analysis, digest: &Digest) {
    let told = WAYS.iter().zip(&digest.differences);
    let mut told = told.filter(|(_, of)| !of.places.is_empty()).peekable();
    if told.peek().is_some() {
        page.heading(DIFFERENCES);
    }
    for ((.., told), of) in told {
        page.paragraph(2, told, &of.places.told(analysis));
        for (label, steps) in &of.steps {
            page.paragraph(4, label, steps);
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
fn counts(analysis: &Analysis, summary: Summary) -> String {
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

/// Whether a finding waits for a call that was denied.
fn is_denied(finding: &Finding) -> bool {
    let stop = finding.why.stop();
    matches!(
        stop.map(|stop| &stop.cause),
        Some(Cause::Unanswered(Unanswered {
            outcome: Outcome::Failed { how, error },
            ..
        })) if words::permission(how, error).is_some()
    )
}

/// The last line: the one thing to do now.
fn next(page: &mut Page, dossier: Dossier<'_>, digest: &Digest) {
    let analysis = dossier.analysis;
    let about = dossier.about;
    let again = format!("{}{}", about.again, about.narrowed);
    let accepting = &about.accepting;
    let text = if !analysis.snapshot.complete {
        words::RESUME.to_owned()
    } else if digest.is_open && digest.only_denied {
        format!("{}; then collect again", words::ALLOW)
    } else if digest.is_open {
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
