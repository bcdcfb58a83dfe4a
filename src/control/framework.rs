//! Frameworks: documents of which somebody says that a section asks for what a control asks for.
//!
//! `frameworks/<id>.toml` is one document under one name, with each mapping as a source states it. The mappings are
//! most of the text that the program carries and seldom looked at, so they are read when they are first asked for.

use std::collections::BTreeSet;

use serde::Serialize;

/// One document of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Framework {
    /// The file's stem: `nist-800-53-r5`.
    pub id: String,
    /// Its name as its publisher writes it: `NIST SP 800-53`.
    pub name: String,
    /// Its version, empty where the document has none.
    pub version: String,
    /// Other names that sources give it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spellings: Vec<String>,
    /// What a reader should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who maps which sections to which control.
    pub mappings: Vec<Mapping>,
}

/// Sections that one source maps to a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The control's id.
    pub control: String,
    /// The sections; empty where the source names the document alone.
    pub sections: Vec<String>,
    /// Who says so.
    pub source: String,
}

impl Framework {
    /// Name and version: `NIST SP 800-53 Rev. 5`.
    pub fn title(&self) -> String {
        match self.version.as_str() {
            "" => self.name.clone(),
            version if version.ends_with("not stated") => format!("{}, {version}", self.name),
            version => format!("{} {version}", self.name),
        }
    }

    /// Whether people or sources call it so: by its id, its title or a spelling; upper and lower case are the same.
    pub fn is_called(&self, name: &str) -> bool {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        same(&self.id) || same(&self.title()) || self.spellings.iter().any(|it| same(it))
    }

    /// The sections that any source maps to a control, in the order of people.
    pub fn sections_of(&self, control: &str) -> Vec<&str> {
        self.sections_where(|mapping| mapping.control == control)
    }

    /// Every section that is mapped to some control, in the order of people.
    pub fn sections(&self) -> Vec<&str> {
        self.sections_where(|_| true)
    }

    /// What sources say of a control.
    pub fn mappings_of<'a>(&'a self, control: &'a str) -> impl Iterator<Item = &'a Mapping> {
        self.mappings.iter().filter(move |it| it.control == control)
    }

    fn sections_where(&self, wanted: impl Fn(&Mapping) -> bool) -> Vec<&str> {
        let sections: BTreeSet<(Vec<Part<'_>>, &str)> = self
            .mappings
            .iter()
            .filter(|mapping| wanted(mapping))
            .flat_map(|mapping| &mapping.sections)
            .map(|section| (parts(section), section.as_str()))
            .collect();
        sections.into_iter().map(|(_, section)| section).collect()
    }
}

/// A run of digits or of other characters: so `AU-6` comes before `AU-12`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Text(&'a str),
    Number(u64, &'a str),
}

fn parts(mut text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    while let Some(first) = text.chars().next() {
        let digits = first.is_ascii_digit();
        let end = text
            .find(|c: char| c.is_ascii_digit() != digits)
            .unwrap_or(text.len());
        let (run, rest) = text.split_at(end);
        parts.push(match run.parse() {
            Ok(number) if digits => Part::Number(number, run),
            _ => Part::Text(run),
        });
        text = rest;
    }
    parts
}
