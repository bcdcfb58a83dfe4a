//! Reads the TOML text of a framework.

use serde::Deserialize;
use toml::Spanned;

use super::{Error, File};
use crate::control::framework::{Framework, Mapping};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrameworkFile {
    name: Spanned<String>,
    #[serde(default)]
    version: String,
    #[serde(default)]
    spellings: Vec<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(rename = "source")]
    sources: Vec<SourceTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceTable {
    at: Spanned<String>,
    maps: Vec<MapRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapRow {
    control: Spanned<String>,
    sections: Vec<String>,
    /// The place in the source, appended to its address.
    #[serde(default)]
    at: String,
}

/// Reads one framework; `file` is the name for messages, `id` the file's stem.
pub(in crate::control) fn framework(file: &str, id: &str, text: &str) -> Result<Framework, Error> {
    let file = File { name: file, text };
    let table: FrameworkFile = file.parse()?;
    let mut mappings = Vec::new();
    for source in table.sources {
        let at = file.said(source.at, "at")?;
        for row in source.maps {
            mappings.push(Mapping {
                control: file.said(row.control, "control")?,
                sections: row.sections,
                source: format!("{at}{}", row.at),
            });
        }
    }
    Ok(Framework {
        id: id.to_owned(),
        name: file.said(table.name, "name")?,
        version: table.version,
        spellings: table.spellings,
        note: table.note,
        mappings,
    })
}
