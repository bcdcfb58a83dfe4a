//! `analyze` of many accounts: what each comes to is written or gathered while the others are judged, where every format allows
//! it, and held no longer.

use std::path::PathBuf;
use std::sync::Arc;

use crate::analyze::{self, Analysis, Answers, Finding, Inquiry, Summary};
use crate::report::{self, About, Dossier, Flow, Format, Portion, View};

use super::opening::{NewFile, style};
use super::{Error, Out, Status};

/// What is written, and what decides the exit code.
pub(super) struct Plan<'p> {
    /// The formats, each with its file; none is standard output.
    pub(super) targets: &'p [(Format, Option<PathBuf>)],
    pub(super) view: View,
    pub(super) force: bool,
    /// Whether a finding makes the exit code 1.
    pub(super) reaches: &'p (dyn Fn(&Finding) -> bool + Sync),
}

/// What reports say besides the findings, of the accounts that an analysis names.
pub(super) type AboutThem<'a> = dyn Fn(&Analysis) -> Result<About, Error> + 'a;

/// What one account comes to, ready to be written.
struct Written {
    portions: Vec<Portion>,
    counts: Summary,
    reached: bool,
}

/// Analyzes and writes; none where the accounts are few, or a format needs all findings at once.
pub(super) fn analyze(
    inquiry: &Inquiry<'_>,
    about: &AboutThem<'_>,
    plan: &Plan<'_>,
    out: &mut Out,
) -> Result<Option<Status>, Error> {
    let flows = plan.targets.iter().map(|(format, path)| {
        let style = style(path.as_deref(), out);
        let view = View { style, ..plan.view };
        Flow::new(*format, view)
    });
    let flows: Option<Vec<Flow>> = flows.collect();
    let (Some(mut flows), true) = (flows, inquiry.is_large()) else {
        return Ok(None);
    };
    let outset = inquiry.outset();
    let about = about(&outset)?;
    let dossier = Dossier {
        analysis: &outset,
        about: &about,
    };
    let mut files = Vec::new();
    for (_, path) in plan.targets {
        let file = path.as_ref().map(|path| NewFile::create(path, plan.force));
        files.push(file.transpose()?);
    }
    for (flow, file) in flows.iter().zip(&mut files) {
        write(&flow.begin(dossier), file.as_mut(), out)?;
    }
    let (mut counts, mut reached) = (Summary::default(), false);
    let make = |answers: Answers| written(&Arc::new(answers), plan, dossier);
    let mut failed = None;
    let judged = inquiry.each(&make, &mut |written: Written| {
        counts += written.counts;
        reached |= written.reached;
        for ((flow, file), portion) in flows.iter_mut().zip(&mut files).zip(written.portions) {
            if let Err(error) = write(&flow.add(dossier, portion), file.as_mut(), out) {
                failed = Some(error);
                return Err(analyze::Error::NotTaken);
            }
        }
        Ok(())
    });
    if let Some(error) = failed {
        return Err(error);
    }
    judged?;
    let mut names = Vec::new();
    for ((flow, file), (_, path)) in flows.into_iter().zip(files).zip(plan.targets) {
        let end = flow.end(dossier, &counts);
        match (file, path) {
            (Some(mut file), Some(path)) => {
                file.write(end.as_bytes())?;
                file.finish()?;
                names.push(format!("`{}`", path.display()));
            }
            _ => out.text(&end)?,
        }
    }
    if !names.is_empty() && !plan.view.quiet {
        let line = report::counts_line(&outset, &counts);
        out.message(&format!("{line}; wrote {}", names.join(", ")));
    }
    Ok(Some(match reached {
        true => Status::Findings,
        false => Status::Clean,
    }))
}

fn write(text: &str, file: Option<&mut NewFile>, out: &mut Out) -> Result<(), Error> {
    match file {
        Some(file) => file.write(text.as_bytes()),
        None => Ok(out.text(text)?),
    }
}

fn written(answers: &Arc<Answers>, plan: &Plan<'_>, outset: Dossier<'_>) -> Written {
    let mut counts = Summary::default();
    for finding in &answers.findings {
        counts.count(finding);
    }
    let mut findings = answers.findings.iter();
    let formats = plan.targets.iter();
    Written {
        counts,
        reached: findings.any(plan.reaches),
        portions: formats
            .map(|(format, _)| Flow::portion(*format, plan.view.failing, outset, answers))
            .collect(),
    }
}
