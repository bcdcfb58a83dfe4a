//! From a case to the status of one control: is every required event carried by sound paths; if not, would it be with
//! the paths that the snapshot leaves open; if not, which event is lost, and where. The first of these that has an answer
//! decides.

use crate::chain::cause::RecordingCause;
use crate::chain::verdict::{Cause, Link, LinkId, Subject};
use crate::chain::{AccountChain, MOST_PATHS};
use crate::control::AlternativeKind;
use crate::coverage::Missed;

use super::blame::blame;
use super::case::Case;
use super::decision::Decision;
use super::finding::{Status, Stop, Why};
use super::mark;
use super::muted::lapse;
use super::note::{Note, Remark};
use super::requirement::AcceptedForm;
use super::shown;

/// The answer to a control whose accepted forms are these.
pub(super) fn decide(case: &Case<'_>, requirements: &[AcceptedForm<'_>]) -> Decision {
    if case.chain.too_many {
        let most = MOST_PATHS;
        return Decision::new(Status::Unknown, Why::TooManyPaths { most });
    }
    // What alarms carry alone is said of alarms: it is what the benchmarks ask for.
    let by_alarms = case.by_alarms();
    by_alarms
        .and_then(|alone| carried(&alone, requirements))
        .filter(|decision| decision.status == Status::Pass)
        .or_else(|| carried(case, requirements))
        .or_else(|| evidence_missing(case, requirements))
        .or_else(|| undecided(case, requirements))
        .unwrap_or_else(|| lost(case, requirements))
}

/// One form is covered by sound paths. Where each that is has a window in which it is not, what is lost there decides.
fn carried(case: &Case<'_>, requirements: &[AcceptedForm<'_>]) -> Option<Decision> {
    let mut first = None;
    for requirement in requirements {
        if case.carries(requirement, &case.sound) {
            match lapse(case, requirement) {
                None if case.rests_on_regions(requirement) => {
                    return Some(regions_missing(case, requirement));
                }
                None => return Some(pass(case, requirement)),
                Some(lapse) => first = first.or(Some((requirement, lapse))),
            }
        }
    }
    let (requirement, lapse) = first?;
    let paths = shown::same_events(case.memo, &case.sound, &lapse.silent);
    let decision = Decision {
        requirement: Some(requirement.form()),
        ..lapse.decision()
    };
    Some(decision.shows(&paths, 1))
}

/// What is carried in the Regions that are known, where an account did not tell which it has.
fn regions_missing(case: &Case<'_>, requirement: &AcceptedForm<'_>) -> Decision {
    let cover = case.smallest_cover(requirement, &case.sound);
    let stop = Stop {
        id: LinkId::T07,
        subject: Some(Subject::account(&case.chain.account)),
        cause: RecordingCause::RegionsNotListed.into(),
    };
    let decision = Decision {
        requirement: Some(requirement.form()),
        ..Decision::new(
            Status::Unknown,
            Why::EvidenceMissing {
                links: vec![stop],
                gaps: Vec::new(),
            },
        )
    };
    decision.shows(&shown::same_events(case.memo, &case.sound, &cover), 1)
}

fn pass(case: &Case<'_>, requirement: &AcceptedForm<'_>) -> Decision {
    let cover = case.smallest_cover(requirement, &case.sound);
    let mut notes = shown::told_links(&cover);
    if requirement.alternative.kind != AlternativeKind::Text {
        notes.push(Note::new(Remark::OtherForm {
            label: requirement.alternative.label.clone(),
            source: requirement.alternative.source.clone(),
        }));
    }
    notes.extend(shown::surplus(case, requirement, &cover));
    let decision = Decision {
        requirement: Some(requirement.form()),
        names: case.names(requirement, &cover),
        notes,
        rests_on: case.rests_on(requirement, &cover),
        ..Decision::new(
            Status::Pass,
            Why::Carried(shown::carriers(case.memo, &case.sound, &cover)),
        )
    };
    let paths = shown::same_events(case.memo, &case.sound, &cover);
    decision.shows(&paths, cover.len())
}

/// One form would be covered if the links that the snapshot leaves open worked.
fn evidence_missing(case: &Case<'_>, requirements: &[AcceptedForm<'_>]) -> Option<Decision> {
    if case.open.len() == case.sound.len() {
        return None;
    }
    let requirement = requirements
        .iter()
        .find(|requirement| case.carries(requirement, &case.open))?;
    let mut cover = case.smallest_cover(requirement, &case.open);
    // What is sound beside it explains nothing: the first path is the one that the first link is on.
    cover.sort_by_key(|path| shown::missing_links(&[path]).is_empty());
    let unknown = shown::missing_links(&cover);
    let gaps = if unknown.iter().any(|link| names_a_gap(link, case.chain)) {
        Vec::new()
    } else {
        case.chain.gaps.clone()
    };
    let links = unknown.into_iter().map(Stop::of).collect();
    let decision = Decision {
        requirement: Some(requirement.form()),
        ..Decision::new(Status::Unknown, Why::EvidenceMissing { links, gaps })
    };
    Some(decision.shows(&shown::same_events(case.memo, &case.open, &cover), 1))
}

/// Whether the cause of a link is one of the calls that failed.
fn names_a_gap(link: &Link, chain: &AccountChain) -> bool {
    let Cause::Unanswered(unanswered) = &link.cause else {
        return false;
    };
    chain
        .gaps
        .iter()
        .any(|gap| gap.operation == unanswered.operation)
}

/// The coverage decision has no answer for one form.
fn undecided(case: &Case<'_>, requirements: &[AcceptedForm<'_>]) -> Option<Decision> {
    requirements.iter().find_map(|requirement| {
        let answers = [&case.sound, &case.open].map(|paths| case.missed(requirement, paths));
        let why = answers.into_iter().find_map(|answer| match answer {
            Missed::Unknown(why) => Some(why),
            Missed::Nothing | Missed::Event(_) => None,
        })?;
        let decision = Decision {
            requirement: Some(requirement.form()),
            ..Decision::new(Status::Unknown, Why::Undecided { why })
        };
        Some(decision.shows(&shown::alike(case.chain, requirement, None), 1))
    })
}

/// An event is lost: which, and what is to blame.
fn lost(case: &Case<'_>, requirements: &[AcceptedForm<'_>]) -> Decision {
    let Some(requirement) = case.nearest(requirements) else {
        return Decision::new(Status::Unknown, Why::NoRequirement);
    };
    let Missed::Event(missed) = case.missed(requirement, &case.open) else {
        return Decision {
            requirement: Some(requirement.form()),
            ..Decision::new(Status::Unknown, Why::Contradiction)
        };
    };
    let missed = case.farther(requirement).unwrap_or(missed);
    let blamed = blame(case.chain, case.memo, requirement, &missed);
    // A filter that has nothing to do with the control explains nothing.
    let shown = blamed.path.filter(|_| blamed.stop.subject.is_some());
    let path = shown.and_then(|index| case.chain.paths.get(index));
    let why = Why::NobodyHears {
        event: shown::event_name(&missed).to_owned(),
        stop: Box::new(blamed.stop),
    };
    let decision = Decision {
        requirement: Some(requirement.form()),
        names: case.names(requirement, &case.sound),
        marks: mark::marks(requirement, &missed, path),
        witness: Some(missed),
        ..Decision::new(Status::Fail, why)
    };
    decision.shows(&shown::alike(case.chain, requirement, shown), 1)
}
