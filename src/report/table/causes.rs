//! Findings that have the same cause are one row, whatever they are about: fifteen controls whose evidence one denied call
//! withheld, or forty accounts without a trail. What makes causes equal is their data, never their wording.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::analyze::{Analysis, Attestation, ControlSummary, Finding, Status, Why};
use crate::chain::cause::Unanswered;
use crate::chain::verdict::{Cause, LinkId};

use super::super::repair;
use super::super::text::{Colour, count, some};
use super::super::words;

/// The rows of findings that are added one by one, none of which is held.
#[derive(Debug, Default)]
pub(in super::super) struct Causes {
    groups: Vec<Group>,
    known: HashMap<Key, usize>,
}

impl Causes {
    /// Adds a finding of this account.
    pub(super) fn add(
        &mut self,
        finding: &Finding,
        control: Option<&ControlSummary>,
        account: &Arc<str>,
    ) {
        let key = key(finding);
        let known = self.known.get(&key).and_then(|at| self.groups.get_mut(*at));
        if let Some(group) = known {
            return group.add(finding, account);
        }
        let mut group = Group::new(&key, finding, control);
        group.add(finding, account);
        self.known.insert(key, self.groups.len());
        self.groups.push(group);
    }

    /// Fails first, then what is not proven, what was accepted, what passes; of each the causes that concern most findings first.
    pub(in super::super) fn in_order(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.iter().collect();
        groups.sort_by_key(|group| (group.place, usize::MAX - group.findings));
        groups
    }
}

/// One row: the findings of one cause.
#[derive(Debug)]
pub(in super::super) struct Group {
    /// The status in a word.
    pub(in super::super) word: &'static str,
    pub(in super::super) colour: Colour,
    /// The link that decides.
    pub(in super::super) link: Option<LinkId>,
    /// What to change first for the first of them.
    pub(in super::super) repair: Option<String>,
    place: u8,
    told: Told,
    /// Which events are heard, where that is said of one finding alone.
    heard: Option<String>,
    accepted: Option<Attestation>,
    findings: usize,
    places: Places,
}

/// The cause in words, of however many findings.
#[derive(Debug)]
enum Told {
    /// The same of each.
    Alike(String),
    /// Who is told: of one finding by what.
    Carried { alone: String, several: String },
    /// A question without an answer.
    Unanswered(Questions),
    /// A link, with every resource that it is said of.
    Stopped { sentence: String, subjects: Each },
}

/// Texts, each once and in the order in which they came.
#[derive(Debug, Default)]
struct Each {
    texts: Vec<String>,
    known: HashSet<String>,
}

impl Each {
    fn add(&mut self, text: String) {
        if self.known.insert(text.clone()) {
            self.texts.push(text);
        }
    }
}

/// Questions of one kind: so many as the sentence about all of them tells apart.
#[derive(Debug, Default)]
pub(super) struct Questions {
    kept: Vec<Unanswered>,
    regions: BTreeSet<String>,
    are_about_several: bool,
}

impl Questions {
    pub(super) fn add(&mut self, asked: &Unanswered) {
        let is_other = self.kept.first().is_some_and(|it| it.about != asked.about);
        let is_second = is_other && !std::mem::replace(&mut self.are_about_several, true);
        if self.regions.insert(asked.region.clone()) || is_second {
            self.kept.push(asked.clone());
        }
    }

    pub(super) fn all(&self) -> Vec<&Unanswered> {
        self.kept.iter().collect()
    }
}

/// What findings of one row have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
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

impl Group {
    /// A row for this finding, which is to be added still.
    fn new(key: &Key, first: &Finding, control: Option<&ControlSummary>) -> Self {
        let (word, colour) = match key.place {
            0 => ("fail", Colour::Red),
            1 => ("unknown", Colour::Yellow),
            2 => ("accepted", Colour::Dim),
            3 => ("n/a", Colour::Dim),
            _ => ("pass", Colour::Green),
        };
        let repairs = repair::repairs(first, control).into_iter();
        let names = first.names.as_ref().and_then(words::names_briefly);
        Self {
            word,
            colour,
            link: key.link,
            repair: repairs.map(|repair| repair.text).next(),
            place: key.place,
            told: Told::of(first),
            heard: names.filter(|_| matches!(first.why, Why::NobodyHears { .. })),
            accepted: first.accepted.clone(),
            findings: 0,
            places: Places::default(),
        }
    }

    fn add(&mut self, finding: &Finding, account: &Arc<str>) {
        self.findings += 1;
        self.places.add(finding, account);
        let Some(stop) = finding.why.stop() else {
            return;
        };
        match (&mut self.told, &stop.cause) {
            (Told::Unanswered(questions), Cause::Unanswered(asked)) => questions.add(asked),
            (Told::Stopped { subjects, .. }, _) => {
                if let Some(subject) = &stop.subject {
                    subjects.add(words::subject(subject));
                }
            }
            _ => {}
        }
    }

    /// The cause in words, of all subjects together.
    pub(in super::super) fn text(&self) -> String {
        let alone = self.findings == 1;
        let mut text = match &self.told {
            Told::Alike(text) => text.clone(),
            Told::Carried { alone: one, .. } if alone => one.clone(),
            Told::Carried { several, .. } => several.clone(),
            Told::Unanswered(questions) => words::unanswered(&questions.all()),
            Told::Stopped { sentence, subjects } => match subjects.texts.as_slice() {
                [] => sentence.clone(),
                [one] => format!("{one}: {sentence}"),
                several => format!("each of {}: {sentence}", some(several)),
            },
        };
        if let Some(heard) = self.heard.as_ref().filter(|_| alone) {
            text.push_str(&format!("; {heard}"));
        }
        text
    }

    /// The controls of a row: one by number and id, several by their count.
    pub(in super::super) fn label(&self, analysis: &Analysis) -> String {
        match self.places.names.as_slice() {
            [one] => one.clone(),
            several if several.len() == analysis.controls.len() => {
                format!("all {}", count(several.len(), "control"))
            }
            several => count(several.len(), "control"),
        }
    }

    /// What the label of a row leaves out: which controls, in which accounts, who accepted it.
    pub(in super::super) fn tail(&self, analysis: &Analysis) -> String {
        let names = self.places.names.len();
        let mut parts = Vec::new();
        match self.places.together().as_slice() {
            [(controls, accounts)] => {
                if names > 1 && names < analysis.controls.len() {
                    parts.push(controls.join(", "));
                }
                if analysis.accounts.len() > 1 {
                    parts.push(format!("in {}", in_accounts(accounts, analysis)));
                }
            }
            _ => parts.push(self.places.told(analysis)),
        }
        if let Some(accepted) = &self.accepted {
            parts.push(format!("({})", words::accepted(accepted)));
        }
        parts.join(" ")
    }
}

impl Told {
    fn of(first: &Finding) -> Self {
        match (&first.why, first.why.stop()) {
            (_, Some(stop)) => match &stop.cause {
                Cause::Unanswered(_) => Self::Unanswered(Questions::default()),
                cause => Self::Stopped {
                    sentence: words::sentence(cause),
                    subjects: Each::default(),
                },
            },
            (Why::Carried(carriers), None) => Self::Carried {
                alone: words::reason(first),
                several: words::told(carriers),
            },
            (Why::CutShort(_), None) => Self::Alike(words::cut_short().to_owned()),
            (_, None) => Self::Alike(words::reason(first)),
        }
    }
}

/// `5.3 root_usage`.
pub(in super::super) fn short(finding: &Finding) -> String {
    match &finding.benchmark_id {
        Some(number) => format!("{number} {}", finding.control),
        None => finding.control.clone(),
    }
}

/// Which controls in which accounts, of findings that are told together.
#[derive(Debug, Default)]
pub(in super::super) struct Places {
    /// The controls by number and id.
    names: Vec<String>,
    /// Their numbers, each with its accounts in ascending order.
    by_control: Vec<(String, Vec<Arc<str>>)>,
}

impl Places {
    /// Adds a finding of this account; accounts come in ascending order.
    pub(super) fn add(&mut self, finding: &Finding, account: &Arc<str>) {
        let name = short(finding);
        if !self.names.contains(&name) {
            self.names.push(name);
        }
        let number = finding.benchmark_id.as_ref().unwrap_or(&finding.control);
        let known = self.by_control.iter_mut().find(|(it, _)| it == number);
        match known {
            Some((_, accounts)) if accounts.last() == Some(account) => {}
            Some((_, accounts)) => accounts.push(account.clone()),
            None => self
                .by_control
                .push((number.clone(), vec![account.clone()])),
        }
    }

    pub(in super::super) fn is_empty(&self) -> bool {
        self.by_control.is_empty()
    }

    /// `5.1, 5.2 in account 111122223333; 5.3 in every account`. Controls that stand in the same accounts are told together, and no
    /// control beside an account that it does not concern.
    pub(in super::super) fn told(&self, analysis: &Analysis) -> String {
        let told = self.together().into_iter().map(|(controls, accounts)| {
            let controls = match controls.len() {
                all if all == analysis.controls.len() && all > 1 => "all controls".to_owned(),
                _ => controls.join(", "),
            };
            match analysis.accounts.len() {
                1 => controls,
                _ => format!("{controls} in {}", in_accounts(accounts, analysis)),
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

    /// Controls by the accounts that they stand in, in the benchmark's order.
    fn together(&self) -> Vec<(Vec<&str>, &[Arc<str>])> {
        let mut all: Vec<(Vec<&str>, &[Arc<str>])> = Vec::new();
        for (number, of) in &self.by_control {
            match all.iter_mut().find(|(_, accounts)| *accounts == of) {
                Some((controls, _)) => controls.push(number),
                None => all.push((vec![number], of)),
            }
        }
        all
    }
}

/// So many groups of controls with the same accounts are told one by one.
const PLACES: usize = 8;

/// `every account`, or which.
pub(super) fn in_accounts(accounts: &[impl Borrow<str>], analysis: &Analysis) -> String {
    match accounts {
        all if all.len() == analysis.accounts.len() => "every account".to_owned(),
        [one] => format!("account {}", one.borrow()),
        several => format!("{}: {}", count(several.len(), "account"), some(several)),
    }
}
