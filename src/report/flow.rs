//! Documents that are written while accounts are still judged, so that memory does not grow with their number: JSON, OCSF and CSV as
//! they come, the screen and a comment of what was gathered of all. Byte for byte the documents that are made of a whole analysis.

use std::sync::Arc;

use crate::analyze::{Answers, Summary};

use super::dossier::Dossier;
use super::table::Digest;
use super::{Format, Style, View, comment, csv, json, ocsf, printed, table};

/// A document under way.
#[derive(Debug)]
pub struct Flow {
    format: Format,
    /// Whether it has an item already.
    has_findings: bool,
    /// What is written behind the findings, of JSON.
    accounts: Vec<String>,
    /// What is written at the end, of the screen and a comment.
    digest: Digest,
}

/// What one account adds to a document.
#[derive(Debug)]
pub enum Portion {
    /// What is written of it.
    Written {
        /// Among the findings.
        findings: String,
        /// Behind them, of JSON.
        account: String,
    },
    /// What is to be gathered of it.
    Whole(Arc<Answers>),
}

impl Flow {
    /// A document of this format, if it can be made without holding all findings.
    pub fn new(format: Format, view: View) -> Option<Self> {
        let flows = match format {
            Format::Json | Format::Ocsf | Format::Csv | Format::Table | Format::Comment => true,
            Format::Markdown
            | Format::Asff
            | Format::Hdf
            | Format::Html
            | Format::Junit
            | Format::Oscal
            | Format::Sarif => false,
        };
        flows.then(|| Self {
            format,
            has_findings: false,
            accounts: Vec::new(),
            digest: Digest::new(view),
        })
    }

    /// What comes before the findings.
    pub fn begin(&self, outset: Dossier<'_>) -> String {
        shown(match self.format {
            Format::Json => {
                let [before, _] = json::frame(outset, Summary::default());
                format!("{before}{}[", json::FINDINGS)
            }
            Format::Ocsf => "[".to_owned(),
            Format::Csv => csv::header(),
            _ => String::new(),
        })
    }

    /// What an account adds, whichever thread asks; with `failing`, without what passes. `outset` is the analysis without findings.
    pub fn portion(
        format: Format,
        failing: bool,
        outset: Dossier<'_>,
        of: &Arc<Answers>,
    ) -> Portion {
        let [findings, account] = match format {
            Format::Json => json::items(of, outset, failing),
            Format::Ocsf => {
                let items = of.findings.iter().map(|finding| outset.item(finding));
                [ocsf::events(outset, items), String::new()]
            }
            Format::Csv => {
                let mut lines = String::new();
                let items = of.findings.iter().map(|finding| outset.item(finding));
                csv::rows(outset, items, failing, &mut lines);
                [lines, String::new()]
            }
            _ => return Portion::Whole(of.clone()),
        };
        Portion::Written {
            findings: shown(findings),
            account: shown(account),
        }
    }

    /// What is written for an account, in the order of the accounts.
    pub fn add(&mut self, outset: Dossier<'_>, portion: Portion) -> String {
        let (findings, account) = match portion {
            Portion::Written { findings, account } => (findings, account),
            Portion::Whole(answers) => {
                self.digest.add(outset, &answers.account, &answers.findings);
                return String::new();
            }
        };
        match self.format {
            Format::Json => self.accounts.push(account),
            Format::Ocsf => {}
            _ => return findings,
        }
        if findings.is_empty() {
            return findings;
        }
        match std::mem::replace(&mut self.has_findings, true) {
            true => format!(",{findings}"),
            false => findings,
        }
    }

    /// What comes after the last account.
    pub fn end(self, outset: Dossier<'_>, counts: &Summary) -> String {
        let style = self.digest.view.style;
        match self.format {
            Format::Json => {}
            Format::Ocsf => return shown(format!("{}\n", close("", self.has_findings))),
            Format::Table => return printed(table::render(outset, &self.digest), style),
            Format::Comment => return printed(comment::render(outset, &self.digest), style),
            _ => return String::new(),
        }
        let [_, after] = json::frame(outset, *counts);
        shown(format!(
            "{},{}[{}{}{after}",
            close("  ", self.has_findings),
            json::ACCOUNTS,
            self.accounts.join(","),
            close("  ", !self.accounts.is_empty()),
        ))
    }
}

/// The end of a list at this depth.
fn close(depth: &str, any: bool) -> String {
    match any {
        true => format!("\n{depth}]"),
        false => "]".to_owned(),
    }
}

fn shown(text: String) -> String {
    printed(text, Style::default())
}
