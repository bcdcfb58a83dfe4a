//! Reads the TOML text of a benchmark.

use serde::Deserialize;
use toml::Spanned;

use super::{Error, File};
use crate::control::types::{AlternativeKind, Assessment, AuditStep, Benchmark, Entry, StepKind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BenchmarkFile {
    title: Spanned<String>,
    family: Spanned<String>,
    #[serde(default)]
    version: Option<Spanned<String>>,
    source: Spanned<String>,
    #[serde(default)]
    like: Option<String>,
    #[serde(default = "text_kind")]
    prints: AlternativeKind,
    #[serde(default)]
    external_siem: bool,
    #[serde(default)]
    notes: Vec<String>,
    controls: Spanned<Vec<EntryRow>>,
    #[serde(default)]
    audit: Vec<StepRow>,
}

fn text_kind() -> AlternativeKind {
    AlternativeKind::Text
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

/// Reads one benchmark; `file` is the name for messages, `id` the file's stem.
pub(in crate::control) fn benchmark(file: &str, id: &str, text: &str) -> Result<Benchmark, Error> {
    let file = File { name: file, text };
    let table: BenchmarkFile = file.parse()?;
    let version = table
        .version
        .map(|version| read_version(&file, version))
        .transpose()?;
    if table.controls.get_ref().is_empty() {
        return Err(file.error(table.controls.span(), "`controls` is empty"));
    }
    let mut entries: Vec<Entry> = Vec::new();
    for row in table.controls.into_inner() {
        if entries.iter().any(|entry| entry.control == row.control) {
            let message = format!("`{}` is listed twice", row.control);
            return Err(file.error(row.number.span(), message));
        }
        entries.push(Entry {
            number: file.said(row.number, "number")?,
            control: row.control,
            level: row.level,
            assessment: row.assessment,
        });
    }
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
    let audit = table
        .audit
        .into_iter()
        .map(|row| {
            Ok(AuditStep {
                number: row.number,
                kind: row.kind,
                asks: file.said(row.asks, "asks")?,
                only: listed(row.only)?,
                except: listed(row.except)?,
            })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Benchmark {
        id: id.to_owned(),
        title: file.said(table.title, "title")?,
        family: file.said(table.family, "family")?,
        version: version.unwrap_or_default(),
        source: file.said(table.source, "source")?,
        like: table.like,
        prints: table.prints,
        external_siem: table.external_siem,
        notes: table.notes,
        entries,
        audit,
    })
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
