//! Documents that are written while accounts are still judged, so that memory does not grow with their number: JSON and CSV.
//! Byte for byte the documents that are made of a whole analysis.

use crate::analyze::{Answers, Summary};

use super::dossier::Dossier;
use super::{Format, Style, csv, json, printed};

/// A document under way.
#[derive(Debug)]
pub struct Flow {
    format: Format,
    /// Whether it has an item already.
    has_findings: bool,
    /// What is written behind the findings, of JSON.
    accounts: Vec<String>,
}

/// What one account adds to a document.
#[derive(Debug)]
pub struct Portion {
    findings: String,
    account: String,
}

impl Flow {
    /// A document of this format, if it can be written before its end is known.
    pub fn new(format: Format) -> Option<Self> {
        matches!(format, Format::Json | Format::Csv).then_some(Self {
            format,
            has_findings: false,
            accounts: Vec::new(),
        })
    }

    /// What comes before the findings.
    pub fn begin(&self, outset: Dossier<'_>) -> String {
        shown(match self.format {
            Format::Json => {
                let [before, _] = json::frame(outset, Summary::default());
                format!("{before}{}[", json::FINDINGS)
            }
            _ => csv::header(),
        })
    }

    /// What an account adds, whichever thread asks; with `failing`, without what passes. `outset` is the analysis without findings.
    pub fn portion(format: Format, failing: bool, outset: Dossier<'_>, of: &Answers) -> Portion {
        let [findings, account] = match format {
            Format::Json => json::items(of, outset, failing),
            _ => {
                let mut lines = String::new();
                let items = of.findings.iter().map(|finding| outset.item(finding));
                csv::rows(outset, items, failing, &mut lines);
                [lines, String::new()]
            }
        };
        Portion {
            findings: shown(findings),
            account: shown(account),
        }
    }

    /// What is written for an account, in the order of the accounts.
    pub fn add(&mut self, portion: Portion) -> String {
        if self.format != Format::Json {
            return portion.findings;
        }
        self.accounts.push(portion.account);
        if portion.findings.is_empty() {
            return portion.findings;
        }
        match std::mem::replace(&mut self.has_findings, true) {
            true => format!(",{}", portion.findings),
            false => portion.findings,
        }
    }

    /// What comes after the last account.
    pub fn end(self, outset: Dossier<'_>, counts: &Summary) -> String {
        if self.format != Format::Json {
            return String::new();
        }
        let [_, after] = json::frame(outset, *counts);
        let close = |any: bool| if any { "\n  ]" } else { "]" };
        shown(format!(
            "{},{}[{}{}{after}",
            close(self.has_findings),
            json::ACCOUNTS,
            self.accounts.join(","),
            close(!self.accounts.is_empty()),
        ))
    }
}

fn shown(text: String) -> String {
    printed(text, Style::default())
}
