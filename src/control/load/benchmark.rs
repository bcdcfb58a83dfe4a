//! Reads the TOML text of a benchmark.

use serde::Deserialize;
use toml::Spanned;

use super::{Error, File};
use crate::control::audit_step::{AuditStep, StepKind};
use crate::control::types::{AlternativeKind, Assessment, Benchmark, Entry, LeftOut, Severity};

/// A benchmark as its file has it; what it leaves out is as in the benchmark that it is `like`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::control) struct BenchmarkFile {
    title: Spanned<String>,
    family: Spanned<String>,
    #[serde(default)]
    version: Option<Spanned<String>>,
    source: Spanned<String>,
    #[serde(default)]
    pub(in crate::control) like: Option<String>,
    #[serde(default)]
    prints: Option<AlternativeKind>,
    #[serde(default)]
    external_siem: Option<bool>,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(default)]
    controls: Option<Spanned<Vec<EntryRow>>>,
    #[serde(default)]
    audit: Option<Vec<StepRow>>,
    #[serde(default)]
    logging: Option<Spanned<Vec<EntryRow>>>,
    #[serde(default)]
    logging_audit: Option<Vec<StepRow>>,
    #[serde(default)]
    left_out: Option<Vec<LeftOutRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftOutRow {
    number: String,
    title: String,
    why: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryRow {
    number: Spanned<String>,
    control: String,
    #[serde(default)]
    level: Option<u8>,
    #[serde(default)]
    assessment: Option<Assessment>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    severity: Option<Severity>,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    entity: Option<String>,
    #[serde(default)]
    rule: Option<String>,
    #[serde(default)]
    external_siem: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepRow {
    number: String,
    kind: StepKind,
    asks: Spanned<String>,
    #[serde(default)]
    only: Vec<Spanned<String>>,
    #[serde(default)]
    except: Vec<Spanned<String>>,
}

impl BenchmarkFile {
    /// Reads the text; `file` is the name for messages.
    pub(in crate::control) fn read(file: &str, text: &str) -> Result<Self, Error> {
        File { name: file, text }.parse()
    }

    /// Checks it and fills in what it leaves out; `id` is the file's stem.
    pub(in crate::control) fn finish(
        self,
        file: &str,
        id: &str,
        text: &str,
        like: Option<&Benchmark>,
    ) -> Result<Benchmark, Error> {
        let file = File { name: file, text };
        let version = self
            .version
            .map(|version| read_version(&file, version))
            .transpose()?;
        let entries = match (self.controls, like) {
            // What is taken over keeps its numbers, so that these have to be others.
            (Some(rows), _) => {
                let taken_over = like.filter(|_| self.logging.is_none());
                let taken_over = taken_over.map_or(&[][..], |like| &like.logging);
                read_entries(&file, rows, taken_over)?
            }
            (None, Some(like)) => like.entries.clone(),
            (None, None) => {
                let message = "`controls` is missing: only a benchmark that is `like` another may leave it out";
                return Err(file.error(0..0, message));
            }
        };
        let audit = match (self.audit, like) {
            (Some(rows), _) => read_steps(&file, rows, &entries)?,
            (None, like) => like.map(|like| like.audit.clone()).unwrap_or_default(),
        };
        let logging = match (self.logging, like) {
            (Some(rows), _) if rows.get_ref().is_empty() => Vec::new(),
            (Some(rows), _) => read_entries(&file, rows, &entries)?,
            (None, like) => like.map(|like| like.logging.clone()).unwrap_or_default(),
        };
        let logging_audit = match (self.logging_audit, like) {
            (Some(rows), _) => read_steps(&file, rows, &logging)?,
            (None, like) => like
                .map(|like| like.logging_audit.clone())
                .unwrap_or_default(),
        };
        let left_out = match (self.left_out, like) {
            (Some(rows), _) => read_left_out(&file, rows)?,
            (None, like) => like.map(|like| like.left_out.clone()).unwrap_or_default(),
        };
        Ok(Benchmark {
            id: id.to_owned(),
            title: file.said(self.title, "title")?,
            family: file.said(self.family, "family")?,
            version: version.unwrap_or_default(),
            source: file.said(self.source, "source")?,
            prints: self
                .prints
                .or(like.map(|like| like.prints))
                .unwrap_or(AlternativeKind::Text),
            external_siem: self
                .external_siem
                .or(like.map(|like| like.external_siem))
                .unwrap_or(false),
            like: self.like,
            notes: self.notes,
            entries,
            audit,
            logging,
            logging_audit,
            left_out,
        })
    }
}

fn read_left_out(file: &File<'_>, rows: Vec<LeftOutRow>) -> Result<Vec<LeftOut>, Error> {
    rows.into_iter()
        .map(|row| {
            Ok(LeftOut {
                number: row.number,
                title: row.title,
                why: file.said(row.why, "why")?,
            })
        })
        .collect()
}

/// Reads rows of controls; `others` have numbers that none of them may have.
fn read_entries(
    file: &File<'_>,
    rows: Spanned<Vec<EntryRow>>,
    others: &[Entry],
) -> Result<Vec<Entry>, Error> {
    if rows.get_ref().is_empty() {
        return Err(file.error(rows.span(), "`controls` is empty"));
    }
    let mut entries: Vec<Entry> = Vec::new();
    for row in rows.into_inner() {
        if entries.iter().any(|entry| entry.control == row.control) {
            let message = format!("`{}` is listed twice", row.control);
            return Err(file.error(row.number.span(), message));
        }
        // A number that means two controls would find one of them and judge the other in silence.
        let mut known = entries.iter().chain(others);
        if let Some(known) = known.find(|entry| entry.number == *row.number.get_ref()) {
            let message = format!(
                "the number `{}` is that of `{}` already",
                known.number, known.control
            );
            return Err(file.error(row.number.span(), message));
        }
        entries.push(Entry {
            number: file.said(row.number, "number")?,
            control: row.control,
            level: row.level,
            assessment: row.assessment,
            title: row.title,
            severity: row.severity,
            category: row.category,
            references: row.references,
            entity: row.entity,
            rule: row.rule,
            external_siem: row.external_siem,
        });
    }
    Ok(entries)
}

fn read_steps(
    file: &File<'_>,
    rows: Vec<StepRow>,
    entries: &[Entry],
) -> Result<Vec<AuditStep>, Error> {
    let listed = |ids: Vec<Spanned<String>>| {
        let check = |id: Spanned<String>| match entries
            .iter()
            .any(|entry| entry.control == *id.get_ref())
        {
            true => Ok(id.into_inner()),
            false => Err(file.error(
                id.span(),
                format!("`{}` is not among `controls`", id.get_ref()),
            )),
        };
        ids.into_iter()
            .map(check)
            .collect::<Result<Vec<_>, Error>>()
    };
    rows.into_iter()
        .map(|row| {
            Ok(AuditStep {
                number: row.number,
                kind: row.kind,
                asks: file.said(row.asks, "asks")?,
                only: listed(row.only)?,
                except: listed(row.except)?,
            })
        })
        .collect()
}

fn read_version(file: &File<'_>, version: Spanned<String>) -> Result<String, Error> {
    if version
        .get_ref()
        .split('.')
        .any(|part| part.parse::<u32>().is_err())
    {
        return Err(file.error(
            version.span(),
            format!("`{}` is no version such as `5.0`", version.get_ref()),
        ));
    }
    Ok(version.into_inner())
}
