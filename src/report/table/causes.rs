//! Findings that have the same cause are one row, whatever they are about: fifteen controls whose evidence one denied call
//! withheld, or forty accounts without a trail. What makes causes equal is their data, never their wording.

use crate::analyze::{Analysis, Finding, Status, Stop, Why};
use crate::chain::cause::Unanswered;
use crate::chain::verdict::{Cause, LinkId};

use super::super::text::{Colour, count, some};
use super::super::words;

/// One row: the findings of one cause.
pub(in super::super) struct Group<'a> {
    /// The status in a word.
    pub(in super::super) word: &'static str,
    pub(in super::super) colour: Colour,
    /// The link that decides.
    pub(in super::super) link: Option<LinkId>,
    /// The cause in words, of all subjects together.
    pub(in super::super) text: String,
    pub(in super::super) findings: Vec<&'a Finding>,
}

/// The rows of an analysis: fails first, then what is not proven, what was accepted, what passes; of each the causes that
/// concern most findings first.
pub(in super::super) fn groups(analysis: &Analysis) -> Vec<Group<'_>> {
    let mut known: Vec<(Key, Vec<&Finding>)> = Vec::new();
    for finding in &analysis.findings {
        let key = key(finding);
        match known.iter_mut().find(|(other, _)| *other == key) {
            Some((_, findings)) => findings.push(finding),
            None => known.push((key, vec![finding])),
        }
    }
    known.sort_by_key(|(key, findings)| (key.place, usize::MAX - findings.len()));
    known.into_iter().map(|(key, it)| group(&key, it)).collect()
}

/// What findings of one row have in common.
#[derive(PartialEq)]
struct Key {
    place: u8,
    link: Option<LinkId>,
    cause: String,
    accepted: Option<[String; 4]>,
}

fn key(finding: &Finding) -> Key {
    let accepted = finding.accepted.as_ref();
    let place = match (accepted, finding.status) {
        (Some(_), _) => 2,
        (None, Status::Fail) => 0,
        (None, Status::Unknown) => 1,
        (None, Status::NotApplicable) => 3,
        (None, Status::Pass) => 4,
    };
    let cause = match (&finding.why, finding.why.stop()) {
        (_, Some(stop)) => match &stop.cause {
            Cause::Unanswered(asked) => format!("{} {:?}", asked.api, asked.outcome),
            cause => {
                let kind = stop.subject.as_ref().map(|subject| subject.kind);
                format!("{kind:?} {cause:?}")
            }
        },
        // Who is told is what matters of a pass.
        (Why::Carried(carriers), None) => format!("{:?}", carriers.told),
        (Why::CutShort(_), None) => String::new(),
        (_, None) => words::reason(finding),
    };
    Key {
        place,
        link: finding.broken_link,
        cause,
        accepted: accepted
            .map(|it| [&it.by, &it.expires, &it.reason, &it.evidence].map(|text| (*text).clone())),
    }
}

fn group<'a>(key: &Key, findings: Vec<&'a Finding>) -> Group<'a> {
    let (word, colour) = match key.place {
        0 => ("fail", Colour::Red),
        1 => ("unknown", Colour::Yellow),
        2 => ("accepted", Colour::Dim),
        3 => ("n/a", Colour::Dim),
        _ => ("pass", Colour::Green),
    };
    Group {
        word,
        colour,
        link: key.link,
        text: text(&findings),
        findings,
    }
}

fn text(findings: &[&Finding]) -> String {
    let Some(first) = findings.first() else {
        return String::new();
    };
    let mut text = match (&first.why, first.why.stop()) {
        (_, Some(stop)) => stopped(stop, findings),
        (Why::Carried(carriers), None) => match findings {
            [_] => words::reason(first),
            _ => words::told(carriers),
        },
        (Why::CutShort(_), None) => words::cut_short().to_owned(),
        (_, None) => words::reason(first),
    };
    if let [one] = findings
        && let Some(names) = one.names.as_ref().and_then(words::names_briefly)
        && matches!(one.why, Why::NobodyHears { .. })
    {
        text.push_str(&format!("; {names}"));
    }
    text
}

/// The cause, with every subject that it is said of.
fn stopped(stop: &Stop, findings: &[&Finding]) -> String {
    let stops: Vec<&Stop> = findings.iter().filter_map(|it| it.why.stop()).collect();
    if let Cause::Unanswered(_) = stop.cause {
        let asked: Vec<&Unanswered> = stops
            .iter()
            .filter_map(|stop| match &stop.cause {
                Cause::Unanswered(asked) => Some(asked),
                _ => None,
            })
            .collect();
        return words::unanswered(&asked);
    }
    let mut subjects: Vec<String> = Vec::new();
    for subject in stops.iter().filter_map(|stop| stop.subject.as_ref()) {
        let subject = words::subject(subject);
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    let sentence = words::sentence(&stop.cause);
    match subjects.as_slice() {
        [] => sentence,
        [one] => format!("{one}: {sentence}"),
        several => format!("each of {}: {sentence}", some(several)),
    }
}

/// The controls of a row: one by number and id, several by their count.
pub(in super::super) fn label(group: &Group<'_>, analysis: &Analysis) -> String {
    let names = names(&group.findings);
    match names.as_slice() {
        [one] => one.clone(),
        several if several.len() == analysis.controls.len() => {
            format!("all {}", count(several.len(), "control"))
        }
        several => count(several.len(), "control"),
    }
}

/// What the label of a row leaves out: which controls, in which accounts, who accepted it.
pub(in super::super) fn tail(group: &Group<'_>, analysis: &Analysis) -> String {
    let names = names(&group.findings);
    let mut parts = Vec::new();
    match together(&group.findings).as_slice() {
        [(controls, accounts)] => {
            if names.len() > 1 && names.len() < analysis.controls.len() {
                parts.push(controls.join(", "));
            }
            if analysis.accounts.len() > 1 {
                parts.push(format!("in {}", in_accounts(accounts, analysis)));
            }
        }
        _ => parts.push(placed(&group.findings, analysis)),
    }
    let accepted = group.findings.first().and_then(|it| it.accepted.as_ref());
    if let Some(accepted) = accepted {
        parts.push(format!("({})", words::accepted(accepted)));
    }
    parts.join(" ")
}

/// `5.3 root_usage`.
pub(in super::super) fn short(finding: &Finding) -> String {
    match &finding.benchmark_id {
        Some(number) => format!("{number} {}", finding.control),
        None => finding.control.clone(),
    }
}

fn names(findings: &[&Finding]) -> Vec<String> {
    let mut names = Vec::new();
    for finding in findings {
        let name = short(finding);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Which controls in which accounts: `5.1, 5.2 in account 111122223333; 5.3 in every account`. Controls that stand in the same
/// accounts are told together, and no control beside an account that it does not concern.
pub(in super::super) fn placed(findings: &[&Finding], analysis: &Analysis) -> String {
    let told = together(findings).into_iter().map(|(controls, accounts)| {
        let controls = match controls.len() {
            all if all == analysis.controls.len() && all > 1 => "all controls".to_owned(),
            _ => controls.join(", "),
        };
        match analysis.accounts.len() {
            1 => controls,
            _ => format!("{controls} in {}", in_accounts(&accounts, analysis)),
        }
    });
    let told: Vec<String> = told.collect();
    match told.len().checked_sub(PLACES).filter(|more| *more > 0) {
        None => told.join("; "),
        Some(more) => {
            let shown = told.get(..PLACES).unwrap_or_default();
            format!("{}; and {more} more in others", shown.join("; "))
        }
    }
}

/// So many groups of controls with the same accounts are told one by one.
const PLACES: usize = 8;

/// Controls by the accounts that they stand in, in the benchmark's order.
fn together(findings: &[&Finding]) -> Vec<(Vec<String>, Vec<String>)> {
    let mut all: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    let mut by_control: Vec<(&String, Vec<&str>)> = Vec::new();
    for finding in findings {
        let number = finding.benchmark_id.as_ref().unwrap_or(&finding.control);
        match by_control.iter_mut().find(|(known, _)| *known == number) {
            Some((_, accounts)) => accounts.push(&finding.account),
            None => by_control.push((number, vec![&finding.account])),
        }
    }
    for (number, of) in by_control {
        let of = accounts(of.into_iter());
        match all.iter_mut().find(|(_, accounts)| *accounts == of) {
            Some((controls, _)) => controls.push(number.clone()),
            None => all.push((vec![number.clone()], of)),
        }
    }
    all
}

/// Each account once.
fn accounts<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut accounts: Vec<String> = all.map(str::to_owned).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

/// `every account`, or which.
pub(in super::super) fn in_accounts(accounts: &[String], analysis: &Analysis) -> String {
    match accounts {
        all if all.len() == analysis.accounts.len() => "every account".to_owned(),
        [one] => format!("account {one}"),
        several => format!("{}: {}", count(several.len(), "account"), some(several)),
    }
}
