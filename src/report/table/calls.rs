//! What could not be collected, and what is worth knowing beside the findings: once each, with the permission that is
//! missing. Calls that the endpoint does not have at all (an emulator, an older Region) are one line, and are no noise.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::analyze::{AccountSummary, Analysis, Finding, Remark, Stop, Why};
use crate::chain::Gap;
use crate::chain::cause::{Outcome, Unanswered};
use crate::chain::verdict::{Cause, LinkId, Verdict};

use super::super::text::{Colour, Page, count, some};
use super::super::words;
use super::causes::{Places, Questions, in_accounts};

/// What is told beside the findings, gathered account by account.
#[derive(Debug, Default)]
pub(in super::super) struct Calls {
    said: Vec<Said>,
    known: HashMap<(Option<LinkId>, String), usize>,
    /// Other monitoring, with the accounts that have it.
    others: BTreeMap<(Option<LinkId>, String), BTreeSet<Arc<str>>>,
    /// Of each operation that was not answered somewhere, whether no endpoint has it.
    unsupported: BTreeMap<String, bool>,
    /// What the findings say already.
    waited_for: BTreeSet<Failed>,
    /// By kind and code, the calls that failed so.
    failed: BTreeMap<(String, String), BTreeSet<String>>,
    absent: BTreeSet<String>,
    files: BTreeSet<String>,
    /// Each call without an answer, where they are to be listed.
    every: Option<Vec<(Arc<str>, Gap)>>,
}

/// A remark, with what it is said of and the controls that it concerns.
#[derive(Debug)]
struct Said {
    link: Option<LinkId>,
    first: Remark,
    times: usize,
    calls: Questions,
    subjects: BTreeSet<String>,
    places: Places,
}

/// A call, and how it failed: kind and code.
type Failed = (String, String, String);

impl Calls {
    /// Of a whole analysis.
    pub(in super::super) fn of(analysis: &Analysis) -> Self {
        let mut calls = Self::default();
        for (account, findings) in analysis.by_account() {
            calls.add(account, findings, &account.account.as_str().into());
        }
        calls
    }

    /// None yet; with `all`, each call without an answer is kept.
    pub(super) fn new(all: bool) -> Self {
        Self {
            every: all.then(Vec::new),
            ..Self::default()
        }
    }

    /// Adds an account.
    pub(super) fn add(&mut self, of: &AccountSummary, findings: &[Finding], account: &Arc<str>) {
        for finding in findings {
            self.waited_for.extend(decides(finding));
            self.remarks(finding, account);
        }
        for note in &of.other_monitoring {
            let text = words::other_monitoring(note);
            let accounts = self.others.entry((note.link, text)).or_default();
            accounts.insert(account.clone());
        }
        for gap in &of.gaps {
            self.gap(gap);
            if let Some(every) = &mut self.every {
                every.push((account.clone(), gap.clone()));
            }
        }
    }

    /// Each remark once, with what it is said of and the controls that it concerns.
    fn remarks(&mut self, finding: &Finding, account: &Arc<str>) {
        for note in &finding.notes {
            let key = (note.link, alike(&note.about));
            let at = *self.known.entry(key).or_insert_with(|| {
                self.said.push(Said {
                    link: note.link,
                    first: note.about.clone(),
                    times: 0,
                    calls: Questions::default(),
                    subjects: BTreeSet::new(),
                    places: Places::default(),
                });
                self.said.len() - 1
            });
            if let Some(said) = self.said.get_mut(at) {
                said.times += 1;
                said.subjects
                    .extend(note.subject.as_ref().map(words::subject));
                said.places.add(finding, account);
                if let Some((_, call)) = asked(&note.about) {
                    said.calls.add(call);
                }
            }
        }
    }

    fn gap(&mut self, gap: &Gap) {
        let unsupported = gap.is_unsupported();
        let all = self.unsupported.entry(gap.operation.clone());
        *all.or_insert(true) &= unsupported;
        if gap.is_file() {
            self.files.insert(match gap.subject.as_str() {
                "" => gap.message.clone(),
                name => format!("`{name}`"),
            });
        } else if unsupported {
            self.absent.insert(gap.api());
        } else {
            let key = (gap.kind.clone(), gap.code.clone());
            self.failed.entry(key).or_default().insert(gap.api());
        }
    }

    /// The remarks that say more than that the endpoint lacks a call.
    fn said(&self) -> impl Iterator<Item = &Said> {
        let unsupported = |said: &&Said| {
            asked(&said.first).is_some_and(|(_, asked)| {
                let all = self.unsupported.get(&asked.operation);
                all.copied().unwrap_or(false)
            })
        };
        self.said.iter().filter(move |said| !unsupported(said))
    }

    /// Writes remarks, other monitoring, and calls without an answer.
    pub(super) fn write(&self, page: &mut Page, analysis: &Analysis) {
        let lines = self.worth_knowing(analysis);
        if !lines.is_empty() {
            page.heading("Worth knowing");
        }
        for (label, text) in lines {
            page.hanging(2, &label, 8, &text);
        }
        let said = self.meant();
        if !said.is_empty() {
            page.paragraph(2, "", &words::meanings(said));
        }
        if let Some(every) = &self.every {
            write_each(page, every, analysis);
            return;
        }
        let missing = self.not_answered();
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
    pub(in super::super) fn worth_knowing(&self, analysis: &Analysis) -> Vec<(String, String)> {
        let mut lines: Vec<(String, String)> =
            self.said().map(|said| said.line(analysis)).collect();
        lines.extend(self.other_monitoring(analysis));
        lines
    }

    /// The words of the remarks that have to be explained.
    fn meant(&self) -> BTreeSet<Verdict> {
        let said = self.said().filter_map(|said| match &said.first {
            Remark::Link { verdict, .. } => Some(*verdict),
            _ => None,
        });
        said.filter(|verdict| verdict.is_sound() && *verdict > Verdict::Ok)
            .collect()
    }

    fn other_monitoring(&self, analysis: &Analysis) -> Vec<(String, String)> {
        let mut told: BTreeMap<Option<LinkId>, usize> = BTreeMap::new();
        let mut lines = Vec::new();
        let label = |link: Option<LinkId>| link.map_or("-".to_owned(), |id| id.to_string());
        for ((link, text), accounts) in &self.others {
            let count = told.entry(*link).or_default();
            *count += 1;
            if *count > OTHERS_TOLD {
                continue;
            }
            let accounts: Vec<&str> = accounts.iter().map(|it| &**it).collect();
            let place = match analysis.accounts.len() {
                1 => String::new(),
                _ => format!(" ({})", in_accounts(&accounts, analysis)),
            };
            lines.push((label(*link), format!("{text}{place}")));
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

    /// A sentence for each way to fail, and one for what the endpoint does not have.
    pub(in super::super) fn not_answered(&self) -> Vec<Missing> {
        let joined = |apis: Vec<&str>| apis.join(", ");
        let mut missing = Vec::new();
        for ((kind, code), apis) in &self.failed {
            let waited_for = |api: &str| {
                let call = (api.to_owned(), kind.clone(), code.clone());
                self.waited_for.contains(&call)
            };
            let apis = apis.iter().map(String::as_str);
            let apis: Vec<&str> = apis.filter(|api| !waited_for(api)).collect();
            if apis.is_empty() {
                continue;
            }
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
        if !self.files.is_empty() {
            let names: Vec<&str> = self.files.iter().map(String::as_str).collect();
            let (number, names) = (count(names.len(), "file"), some(&names));
            missing.push(Missing {
                text: format!("{number} of which the import could not tell the question: {names}"),
                endpoint: false,
            });
        }
        if !self.absent.is_empty() {
            let apis = joined(self.absent.iter().map(String::as_str).collect());
            missing.push(Missing {
                text: format!("{apis}, which this endpoint does not have"),
                endpoint: true,
            });
        }
        missing
    }
}

impl Said {
    /// What it is about, and the sentence.
    fn line(&self, analysis: &Analysis) -> (String, String) {
        let subjects: Vec<&str> = self.subjects.iter().map(String::as_str).collect();
        let about = match subjects.as_slice() {
            [] => String::new(),
            several => format!("{}: ", some(several)),
        };
        let sentence = match asked(&self.first) {
            // Remarks on calls that are alike, in one sentence.
            Some((verdict, _)) if self.times > 1 => {
                words::remark_on_calls(verdict, &self.calls.all())
            }
            _ => words::remark(&self.first),
        };
        let places = self.places.told(analysis);
        // Noise is told apart from links that hold and should be known.
        let label = match (self.link, &self.first) {
            (Some(id), _) => id.to_string(),
            (None, Remark::AlsoFires { .. }) => "noise".to_owned(),
            (None, _) => "-".to_owned(),
        };
        (label, format!("{about}{sentence} ({places})"))
    }
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

/// What remarks that say the same have in common: of calls that were not answered, those of one operation with one outcome do,
/// whatever each asked about.
fn alike(remark: &Remark) -> String {
    match asked(remark) {
        Some((verdict, asked)) => format!(
            "{verdict:?} {} {:?} {:?}",
            asked.api, asked.outcome, asked.open
        ),
        None => format!("{remark:?}"),
    }
}

/// The call that a finding waits for, where it failed: one that nobody made is none that was not answered.
fn decides(finding: &Finding) -> Option<Failed> {
    let of = |stop: &'_ Stop| matches!(stop.cause, Cause::Unanswered(_));
    match &finding.why {
        Why::EvidenceMissing { links, .. } => links.first().filter(|stop| of(stop)),
        _ => None,
    }
    .and_then(|stop| match &stop.cause {
        Cause::Unanswered(asked) => match &asked.outcome {
            Outcome::Failed { how, error } => Some((asked.api.clone(), how.clone(), error.clone())),
            _ => None,
        },
        _ => None,
    })
}

fn write_each(page: &mut Page, all: &[(Arc<str>, Gap)], analysis: &Analysis) {
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
