//! `trailproof explain`: findings one by one, or what a failure id means.

use std::path::{Path, PathBuf};

use crate::analyze;
use crate::chain::verdict::LinkId;
use crate::control::Registry;
use crate::report::{self, Dossier, ExplainFormat};

use super::about::{Named, about};
use super::fixes;
use super::opening::{Opening, Target};
use super::what::{Accepting, What, accept};
use super::{Error, Out, Status};

/// What to explain.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The snapshot, or a failure id such as `A06`, which needs none
    #[arg(value_name = "FILE|ID")]
    file: PathBuf,
    /// Controls, by id or by number; everything that does not pass where none is named
    #[arg(value_name = "CONTROL")]
    named: Vec<String>,
    /// Only what does not pass
    #[arg(long)]
    failing: bool,
    /// Draw the chain link by link, and show the lost event whole
    #[arg(long)]
    full: bool,
    /// Show the fix of everything that does not pass as commands to paste; of controls that are named it is shown anyway
    #[arg(long, conflicts_with = "no_fix")]
    with_fix: bool,
    /// Look for no fix, which takes longer than all the rest
    #[arg(long)]
    no_fix: bool,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    accepting: Accepting,
    /// How to print [default: by the ending of OUT, such as `.md`; else table]
    #[arg(long, value_name = "FORMAT")]
    format: Option<ExplainFormat>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    opening: Opening,
}

pub(super) fn run(args: Args, out: &mut Out) -> Result<Status, Error> {
    args.target.check()?;
    let format = args.target.format(args.format, ExplainFormat::Table);
    if let Some(ids) = failures(&args)? {
        let style = args.target.style(out);
        let text = report::failures(&ids, format, style);
        let codes: Vec<&str> = ids.iter().map(|id| id.code()).collect();
        let told = format!("what {} means", codes.join(", "));
        args.target.write(&text, &told, out)?;
        return Ok(Status::Clean);
    }
    let registry = args.what.registry()?;
    let attestations = args.accepting.read(&registry)?;
    let mut what = args.what;
    what.controls.extend(args.named);
    misplaced(&args.file, &what.controls, &registry)?;
    let is_narrowed = !what.controls.is_empty();
    let failing = args.failing || !is_narrowed;
    let options = what.options(&registry, out)?;
    let snapshot = args.opening.open(&args.file)?;
    let mut analysis = analyze::analyze(&snapshot, &registry, &options)?;
    // Of several accounts nobody chose one: what is named is explained wherever it does not pass.
    let of_all = !failing && what.accounts.is_empty() && analysis.accounts.len() > 1;
    let failing = failing || of_all;
    accept(attestations, &options, &mut analysis);
    let named = Named {
        path: &args.file,
        what: &what,
        accepting: &args.accepting,
        opening: &args.opening,
    };
    let mut about = about(&named, &snapshot, &analysis)?;
    let shown = !args.no_fix;
    if shown && args.with_fix {
        about.fixes = fixes::look(&snapshot, &registry, &options)?;
    } else if shown && is_narrowed && fixes::are_few(&analysis) {
        // Nobody asked for it: where none can be looked for, the explanation is whole without it.
        about.fixes = fixes::look(&snapshot, &registry, &options).unwrap_or_default();
    }
    let verdict = report::verdict(Dossier {
        analysis: &analysis,
        about: &about,
    });
    let all = analysis.findings.len();
    if failing {
        analysis.findings.retain(analyze::Finding::is_open);
    }
    let left_out = all - analysis.findings.len();
    let dossier = Dossier {
        analysis: &analysis,
        about: &about,
    };
    let text = if analysis.findings.is_empty() && format != ExplainFormat::Json {
        format!("{verdict}\n")
    } else {
        report::explain(dossier, format, args.full, args.target.style(out))
    };
    args.target.write(&text, &verdict, out)?;
    if of_all && left_out > 0 {
        out.message(&format!(
            "not explained: {left_out} of {all} findings, which need no repair; `--account` explains those of an account"
        ));
    }
    args.opening.warn(out);
    Ok(Status::Clean)
}

/// The failure ids that are asked about; none where the first word is a file, or no such id.
fn failures(args: &Args) -> Result<Option<Vec<LinkId>>, Error> {
    let first = args.file.to_string_lossy();
    if args.file.exists() {
        return Ok(None);
    }
    if !looks_like_an_id(&first) {
        // No path and no name of a file: an id that was mistyped.
        let is_word = first.len() <= 4 && first.bytes().all(|byte| byte.is_ascii_alphanumeric());
        return match is_word {
            true => Err(
                Error::new(format!("`{first}` is neither a file nor a failure id"))
                    .help("ids look like `A05`, and `T01` is the first"),
            ),
            false => Ok(None),
        };
    }
    let words = std::iter::once(first.as_ref()).chain(args.named.iter().map(String::as_str));
    let ids: Result<Vec<LinkId>, Error> = words.map(id).collect();
    ids.map(Some)
}

/// Refuses a control where the snapshot belongs, and a failure id where a control does, saying what was meant.
fn misplaced(file: &Path, controls: &[String], registry: &Registry) -> Result<(), Error> {
    let first = file.to_string_lossy();
    if !file.exists() && registry.control(&first).is_some() {
        return Err(
            Error::new(format!("`{first}` is a control, and no snapshot is named"))
                .help(format!("`trailproof explain mine.trailproof {first}`")),
        );
    }
    let is_id = |name: &&String| looks_like_an_id(name) && id(name).is_ok();
    match controls.iter().find(is_id) {
        Some(name) => Err(
            Error::new(format!("`{name}` is a failure id and no control"))
                .help(format!("`trailproof explain {name}` says what it means")),
        ),
        None => Ok(()),
    }
}

fn looks_like_an_id(text: &str) -> bool {
    let digits = text.get(1..).unwrap_or_default();
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && (1..=3).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn id(text: &str) -> Result<LinkId, Error> {
    let upper = text.to_ascii_uppercase();
    // `A6` is A06.
    let number: Option<u16> = upper.get(1..).and_then(|digits| digits.parse().ok());
    let upper = match (upper.get(..1), number) {
        (Some(letter), Some(number)) => format!("{letter}{number:02}"),
        _ => upper,
    };
    upper.parse::<LinkId>().map_err(|error| {
        let letter = upper.get(..1).unwrap_or_default();
        let alike: Vec<&str> = LinkId::ALL
            .iter()
            .map(|id| id.code())
            .filter(|code| code.starts_with(letter))
            .collect();
        let help = match (alike.first(), alike.last()) {
            (Some(first), Some(last)) => format!("of these there are {first} to {last}"),
            _ => "docs/delivery-chain.md lists the ids".to_owned(),
        };
        Error::from(error).help(help)
    })
}
