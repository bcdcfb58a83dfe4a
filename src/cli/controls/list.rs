//! `trailproof controls list`: the controls of one benchmark.

use serde::Serialize;

use super::{Format, json};
use crate::cli::{Error, Out};
use crate::control::{Assessment, Benchmark, LeftOut, Registry, Section};
use crate::report::columns::{List, Long};
use crate::report::printable::one_line;

#[derive(Serialize)]
struct Listed<'a> {
    schema_version: u32,
    benchmark: Named<'a>,
    controls: Vec<Row<'a>>,
    /// Recommendations that are not judged, and why; with `--section all` alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<&'a LeftOut>,
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    external_siem: bool,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Row<'a> {
    number: &'a str,
    id: &'a str,
    title: &'a str,
    severity: &'static str,
    category: Option<&'a str>,
    level: Option<u8>,
    assessment: Option<&'static str>,
    custom: bool,
    section: Section,
}

pub(super) fn list(
    registry: &Registry,
    benchmark: &Benchmark,
    section: Option<Section>,
    format: Format,
    out: &mut Out,
) -> Result<(), Error> {
    let rows: Vec<Row<'_>> = registry
        .controls_in(benchmark, section)
        .into_iter()
        .map(|(number, control)| {
            let entry = benchmark.entry_of(&control.id);
            Row {
                number,
                id: &control.id,
                title: benchmark.title_of(control),
                severity: benchmark.severity_of(control).as_str(),
                category: benchmark.category_of(control),
                level: entry.and_then(|entry| entry.level),
                assessment: entry
                    .and_then(|entry| entry.assessment)
                    .map(Assessment::as_str),
                custom: control.custom,
                section: control.section(),
            }
        })
        .collect();
    let left_out: Vec<&LeftOut> = match section {
        None => benchmark.left_out.iter().collect(),
        Some(_) => Vec::new(),
    };
    if format == Format::Json {
        let benchmark = Named {
            id: &benchmark.id,
            title: &benchmark.title,
            version: &benchmark.version,
            external_siem: benchmark.external_siem,
            notes: &benchmark.notes,
        };
        let listed = Listed {
            schema_version: 1,
            benchmark,
            controls: rows,
            left_out,
        };
        return json(out, &listed);
    }
    out.paragraph(0, &format!("{} ({})", benchmark.title, benchmark.id))?;
    out.line("")?;
    if rows.is_empty() {
        out.line("no control of this section")?;
    } else {
        table(&rows, out)?;
    }
    out.line("")?;
    if !left_out.is_empty() {
        out.line("not judged:")?;
        for it in left_out {
            out.paragraph(2, &format!("{} {}: {}", it.number, it.title, it.why))?;
        }
        out.line("")?;
    }
    elsewhere(registry, benchmark, &rows, out)
}

/// What there is besides: the benchmarks, and the controls that this one does not list.
fn elsewhere(
    registry: &Registry,
    benchmark: &Benchmark,
    rows: &[Row<'_>],
    out: &mut Out,
) -> Result<(), Error> {
    let ids: Vec<String> = registry
        .benchmarks()
        .iter()
        .map(|it| it.id.clone())
        .collect();
    let benchmarks = registry.name_benchmarks(&ids);
    out.paragraph(0, &format!("benchmarks: {benchmarks}"))?;
    let others: Vec<&str> = registry
        .controls()
        .iter()
        .map(|control| control.id.as_str())
        .filter(|id| benchmark.entry_of(id).is_none() && !rows.iter().any(|row| row.id == *id))
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let others = others.join(", ");
    Ok(out.paragraph(0, &format!("controls of other benchmarks: {others}"))?)
}

fn table(rows: &[Row<'_>], out: &mut Out) -> Result<(), Error> {
    let mut list = List::new(&["number", "control", "severity", "title"]);
    for row in rows {
        let cells = [row.number, row.id, row.severity, row.title];
        list.push(cells.map(|cell| one_line(cell).into_owned()).to_vec());
    }
    let text = list.lay_out(out.style().width, Long::Wrapped);
    Ok(out.text(&text)?)
}
