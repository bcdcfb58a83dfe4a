//! Events that are carried at most times: mute rules hold actions back in windows, expressions ask for the hour, and what all
//! alarms for an event have in common is lost.
//!
//! Time falls into spans in which the same paths are silent. In each, those that are left have to carry every event; a
//! window that several alarms share silences them all, one that another alarm bridges loses nothing.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::aws::mute::{Window, Windows};
use crate::chain::Path;
use crate::chain::cause::SilenceCause;
use crate::chain::verdict::{Cause, Kind, LinkId, Subject, Verdict};
use crate::coverage::Missed;

use super::case::Case;
use super::decision::Decision;
use super::finding::{Status, Stop, Why};
use super::holds;
use super::requirement::AcceptedForm;
use super::shown::{distinct, event_name};

/// An event that is carried at most times, and not in a window.
pub(super) struct Lapse<'p> {
    /// The event at its time, where one is surely lost.
    missed: Option<Value>,
    /// The paths that carry it at other times.
    pub(super) silent: Vec<&'p Path>,
    cause: SilenceCause,
}

/// What the covering paths lose in windows.
pub(super) fn lapse<'p>(case: &Case<'p>, requirement: &AcceptedForm<'_>) -> Option<Lapse<'p>> {
    let (sound, open) = (&case.sound, &case.open);
    let mut perhaps = None;
    for (window, silent) in spans(open, |muted| &muted.sure) {
        let left = without(sound, &silent);
        if case.carries(requirement, &left) {
            continue;
        }
        match case.missed(requirement, &without(open, &silent)) {
            Missed::Event(missed) => {
                let lapse = Lapse::certain(missed, window, requirement, &silent);
                return Some(lapse);
            }
            Missed::Nothing | Missed::Unknown(_) => {
                perhaps = perhaps.or(Some((window, silent)));
            }
        }
    }
    for (window, silent) in spans(sound, |muted| &muted.possible) {
        if perhaps.is_some() {
            break;
        }
        if !case.carries(requirement, &without(sound, &silent)) {
            perhaps = Some((window, silent));
        }
    }
    let (window, silent) = perhaps?;
    let cause = SilenceCause::MutedTogetherPerhaps {
        alarms: names(&silent),
        window: window.into(),
    };
    Some(Lapse {
        missed: None,
        silent,
        cause,
    })
}

impl<'p> Lapse<'p> {
    fn certain(
        missed: Value,
        window: Window,
        requirement: &AcceptedForm<'_>,
        silent: &[&'p Path],
    ) -> Self {
        let at = moment(window);
        let mut timed = missed.clone();
        if let Value::Object(fields) = &mut timed {
            fields.insert("eventTime".to_owned(), json!(at.to_string()));
        }
        // A control may ask for the time, for all we know.
        let missed = if holds(&requirement.events, &timed) {
            timed
        } else {
            missed
        };
        let silent: Vec<&Path> = silent
            .iter()
            .copied()
            .filter(|path| holds(&path.events, &missed))
            .collect();
        let (alarms, window, at) = (names(&silent), window.into(), at.to_string());
        let by_rules = silent.iter().all(|path| is_muted(path));
        Self {
            cause: if by_rules {
                SilenceCause::MutedTogether { alarms, window, at }
            } else {
                SilenceCause::SilentTogether { alarms, window, at }
            },
            missed: Some(missed),
            silent,
        }
    }

    /// What comes of it.
    pub(super) fn decision(self) -> Decision {
        let alarm = self.silent.iter().find_map(|path| path.alarm.as_ref());
        let id = match self.cause {
            SilenceCause::SilentTogether { .. } => LinkId::A19,
            _ => LinkId::A17,
        };
        let stop = Stop {
            id,
            subject: alarm.map(|alarm| Subject::of_arn(Kind::Alarm, &alarm.arn)),
            cause: Cause::from(self.cause),
        };
        match self.missed {
            Some(missed) => Decision {
                witness: Some(missed.clone()),
                ..Decision::new(
                    Status::Fail,
                    Why::NobodyHears {
                        event: event_name(&missed).to_owned(),
                        stop: Box::new(stop),
                    },
                )
            },
            None => Decision::new(
                Status::Unknown,
                Why::EvidenceMissing {
                    links: vec![stop],
                    gaps: Vec::new(),
                },
            ),
        }
    }
}

/// Whether mute rules silence the path at some time.
fn is_muted(path: &Path) -> bool {
    path.links
        .iter()
        .any(|link| link.id == LinkId::A17 && link.verdict != Verdict::Ok)
}

/// Each set of paths that are silent together, with the first span of time in which they are.
fn spans<'p>(paths: &[&'p Path], of: fn(&Windows) -> &Vec<Window>) -> Vec<(Window, Vec<&'p Path>)> {
    // Paths of one alarm share their windows.
    let mut schedules: Vec<(&'p Windows, Vec<&'p Path>)> = Vec::new();
    for path in paths.iter().copied() {
        let muted: &Windows = &path.muted;
        if of(muted).is_empty() {
            continue;
        }
        match schedules.iter_mut().find(|(known, _)| *known == muted) {
            Some((_, paths)) => paths.push(path),
            None => schedules.push((muted, vec![path])),
        }
    }
    let mut turns: Vec<(Timestamp, bool, usize)> = Vec::new();
    for (index, (muted, _)) in schedules.iter().enumerate() {
        for window in of(muted) {
            turns.push((window.begin, true, index));
            turns.push((window.end, false, index));
        }
    }
    turns.sort_unstable();
    let mut active: BTreeSet<usize> = BTreeSet::new();
    let mut seen: BTreeSet<Vec<usize>> = BTreeSet::new();
    let mut found = Vec::new();
    let mut rest = turns.iter().peekable();
    while let Some((at, begins, index)) = rest.next() {
        if *begins {
            active.insert(*index);
        } else {
            active.remove(index);
        }
        let Some((next, ..)) = rest.peek().filter(|(next, ..)| next > at) else {
            continue;
        };
        let set: Vec<usize> = active.iter().copied().collect();
        if set.is_empty() || !seen.insert(set.clone()) {
            continue;
        }
        let silent = set
            .iter()
            .filter_map(|index| schedules.get(*index))
            .flat_map(|(_, paths)| paths.iter().copied())
            .collect();
        let window = Window {
            begin: *at,
            end: *next,
        };
        found.push((window, silent));
    }
    found
}

fn without<'p>(paths: &[&'p Path], silent: &[&'p Path]) -> Vec<&'p Path> {
    let is_silent = |path: &&'p Path| silent.iter().any(|silent| std::ptr::eq(*silent, *path));
    paths
        .iter()
        .copied()
        .filter(|path| !is_silent(path))
        .collect()
}

fn names(paths: &[&Path]) -> Vec<String> {
    let alarms = paths.iter().filter_map(|path| path.alarm.as_ref());
    distinct(alarms.map(|alarm| alarm.name.clone()))
}

/// A moment in the middle of a window, on the half hour where there is one.
fn moment(window: Window) -> Timestamp {
    let half = window.end.duration_since(window.begin).as_secs() / 2;
    let middle = window
        .begin
        .checked_add(SignedDuration::from_secs(half))
        .unwrap_or(window.begin);
    [1800, 60]
        .into_iter()
        .filter_map(|step| {
            Timestamp::from_second(middle.as_second() - middle.as_second().rem_euclid(step)).ok()
        })
        .find(|at| *at >= window.begin)
        .unwrap_or(middle)
}
