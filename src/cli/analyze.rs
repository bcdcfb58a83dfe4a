//! `trailproof analyze`: the findings of a snapshot.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::analyze::{self, Analysis, Finding, Inquiry, Options};
use crate::control::{Benchmark, Framework, Registry};
use crate::remedy::{self, Wishes};
use crate::report::{self, About, Dossier, Format, View};
use crate::snapshot::Snapshot;

use super::about::{Named, about, evidence};
use super::fixes;
use super::flow::{self, Plan};
use super::opening::{Opening, by_ending, may_write, write_file};
use super::what::{Accepting, What, accept};
use super::{Error, Out, Status, controls};

/// What to analyze and how to show it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The snapshot
    file: PathBuf,
    #[command(flatten)]
    what: What,
    /// Group the findings by the sections of this framework, such as `nist-800-53-r5`, with a score a section; without
    /// `--benchmark` and where the usual one has none of its controls, the benchmark that has most of them judges
    #[arg(long, value_name = "FRAMEWORK")]
    framework: Option<String>,
    /// How to show the findings [default: by the ending of OUT, such as `.html`; else table]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Write to this file instead of standard output; as `FORMAT=FILE` it may be repeated
    #[arg(short, long, value_name = "OUT")]
    output: Vec<PathBuf>,
    /// The file that SARIF results point at, relative to the repository [default: the snapshot]
    #[arg(long, value_name = "PATH")]
    sarif_file: Option<String>,
    /// Replace a file that is to be written; a snapshot is never replaced
    #[arg(long, requires = "output")]
    force: bool,
    /// Show the findings as they would be after `trailproof remediate`
    #[arg(long)]
    with_fix: bool,
    #[command(flatten)]
    opening: Opening,
    /// Exit with 1 from this status on: `unknown` counts fails too
    #[arg(long, value_name = "STATUS", default_value = "unknown")]
    fail_on: FailOn,
    /// For everything that passes: the single API calls that would break its proof, and whether anybody would hear of them
    #[arg(long)]
    blind_spots: bool,
    #[command(flatten)]
    accepting: Accepting,
    /// Leave out what passes; the counts stay those of all
    #[arg(long)]
    failing: bool,
    /// Show each control, with reason and lost event, instead of a line a cause
    #[arg(long)]
    details: bool,
    /// Show each call that has no answer
    #[arg(long)]
    gaps: bool,
    /// Show the verdict alone, and say nothing of files
    #[arg(short, long)]
    quiet: bool,
}

impl Args {
    fn view(&self) -> View {
        View {
            quiet: self.quiet,
            failing: self.failing,
            details: self.details,
            gaps: self.gaps,
            blind_spots: self.blind_spots,
            ..View::default()
        }
    }
}

/// The threshold of exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// A lost event
    Fail,
    /// A lost event, or anything that is not proven
    Unknown,
    /// Nothing
    Never,
}

impl FailOn {
    /// Whether a finding of this status is at or above the threshold. What an attestation accepted never is.
    pub(super) fn reached(self, analysis: &Analysis) -> bool {
        let mut findings = analysis.findings.iter();
        findings.any(|finding| self.reached_by(finding))
    }

    /// The same of one finding.
    fn reached_by(self, finding: &Finding) -> bool {
        let counts = match (self, finding.status) {
            (Self::Never, _) | (_, analyze::Status::Pass | analyze::Status::NotApplicable) => false,
            (Self::Fail, status) => status == analyze::Status::Fail,
            (Self::Unknown, _) => true,
        };
        counts && finding.accepted.is_none()
    }
}

pub(super) fn run(mut args: Args, out: &mut Out) -> Result<Status, Error> {
    let targets = targets(args.format, &args.output)?;
    args.may_write(&targets)?;
    let registry = args.what.registry()?;
    let snapshot = args.opening.open(&args.file)?;
    let attestations = args.accepting.read(&registry)?;
    let framework = match &args.framework {
        Some(name) => Some(registry.find_framework(name).map_err(controls::unknown)?),
        None => None,
    };
    if let Some(framework) = framework {
        args.judge_by_benchmark_of(framework, &registry, out)?;
    }
    let mut options = args.what.options(&registry, out)?;
    options.blind_spots = args.blind_spots;
    if let Some(framework) = framework {
        narrow(&registry, framework, &mut options)?;
    }
    let snapshot = match args.with_fix {
        true => {
            let (told, fixed) = fixed(&snapshot, &registry, &options)?;
            if !args.quiet {
                out.message(&told);
            }
            fixed
        }
        false => snapshot,
    };
    let inquiry = Inquiry::new(&snapshot, &registry, &options)?;
    // Whatever looks at all findings at once has to wait for the last.
    if attestations.is_empty() && framework.is_none() {
        let plan = Plan {
            targets: &targets,
            view: args.view(),
            force: args.force,
            reaches: &|finding| args.fail_on.reached_by(finding),
        };
        let about = |outset: &Analysis| args.about(&targets, &snapshot, outset);
        if let Some(status) = flow::analyze(&inquiry, &about, &plan, out)? {
            args.opening.warn(out);
            return Ok(status);
        }
    }
    let mut analysis = inquiry.analysis()?;
    accept(attestations, &options, &mut analysis);
    analysis.framework =
        framework.map(|it| analyze::by_section(&analysis.controls, &analysis.findings, it));
    let mut about = args.about(&targets, &snapshot, &analysis)?;
    let paged = targets.iter().any(|(format, _)| *format == Format::Html);
    if paged && fixes::are_few(&analysis) {
        // Nobody asked for it: where none can be looked for, the page is whole without it.
        about.fixes = fixes::look(&snapshot, &registry, &options).unwrap_or_default();
    }
    let dossier = Dossier {
        analysis: &analysis,
        about: &about,
    };
    args.write(&targets, dossier, out)?;
    args.opening.warn(out);
    Ok(if args.fail_on.reached(&analysis) {
        Status::Findings
    } else {
        Status::Clean
    })
}

impl Args {
    /// Where nobody named a benchmark and the usual one has no control that is mapped to the framework, the benchmark that has the
    /// most of them judges.
    fn judge_by_benchmark_of(
        &mut self,
        framework: &Framework,
        registry: &Registry,
        out: &mut Out,
    ) -> Result<(), Error> {
        if self.what.benchmark.is_some() {
            return Ok(());
        }
        let usual = registry.find_benchmark(None).map_err(controls::unknown)?;
        if !mapped(registry, usual, framework).is_empty() {
            return Ok(());
        }
        let Some(judging) = with_most(registry, framework).into_iter().next() else {
            return Ok(());
        };
        if !self.quiet {
            out.message(&format!(
                "{} has no control that is mapped to {}; judged by {}, which has",
                usual.id,
                framework.title(),
                judging.id
            ));
        }
        self.what.benchmark = Some(judging.id.clone());
        Ok(())
    }

    /// Refuses what cannot be written, before minutes of work.
    fn may_write(&self, targets: &[(Format, Option<PathBuf>)]) -> Result<(), Error> {
        let limits: [(bool, &str, Able, &str); 4] = [
            (
                self.failing,
                "--failing",
                Format::can_leave_out,
                "is whole or nothing",
            ),
            (
                self.with_fix,
                "--with-fix",
                Format::can_suppose,
                "says what is, and --with-fix what would be",
            ),
            (
                self.blind_spots,
                "--blind-spots",
                Format::can_show_blind_spots,
                "does not show blind spots",
            ),
            (
                self.framework.is_some(),
                "--framework",
                Format::can_group,
                "has no sections of a framework",
            ),
        ];
        for (is_asked, option, able, why) in limits {
            let refused = |format: &Format| is_asked && !able(*format);
            if let Some(format) = targets.iter().map(|(format, _)| *format).find(refused) {
                return Err(
                    Error::new(format!("`{}` {why}", names(|it| it == format))).help(format!(
                        "leave out {option}, or choose one of {}",
                        names(able)
                    )),
                );
            }
        }
        let is_for = |wanted: Format| targets.iter().any(|(format, _)| *format == wanted);
        for (is_asked, option, format) in [
            (self.details, "--details", Format::Table),
            (self.gaps, "--gaps", Format::Table),
            (self.sarif_file.is_some(), "--sarif-file", Format::Sarif),
        ] {
            if is_asked && !is_for(format) {
                let name = names(|it| it == format);
                return Err(
                    Error::new(format!("{option} is for the format `{name}` alone"))
                        .help(format!("leave it out, or add `-o {name}=FILE`")),
                );
            }
        }
        for path in targets.iter().filter_map(|(_, path)| path.as_deref()) {
            may_write(path, self.force)?;
        }
        Ok(())
    }

    /// What reports say of the snapshot besides the findings.
    fn about(
        &self,
        targets: &[(Format, Option<PathBuf>)],
        snapshot: &Snapshot,
        analysis: &Analysis,
    ) -> Result<About, Error> {
        let named = Named {
            path: &self.file,
            what: &self.what,
            accepting: &self.accepting,
            opening: &self.opening,
        };
        let mut about = about(&named, snapshot, analysis)?;
        let formats = targets.iter().map(|(format, _)| *format);
        about.evidence = evidence(formats, snapshot, analysis)?;
        if let Some(file) = &self.sarif_file {
            about.file = report::file_reference(file);
        }
        Ok(about)
    }

    /// Writes every format to where it belongs.
    fn write(
        &self,
        targets: &[(Format, Option<PathBuf>)],
        dossier: Dossier<'_>,
        out: &mut Out,
    ) -> Result<(), Error> {
        let view = self.view();
        let mut files = Vec::new();
        for (format, path) in targets {
            let Some(path) = path else {
                let style = out.style();
                let view = View { style, ..view };
                out.text(&report::analysis(dossier, *format, view))?;
                continue;
            };
            for (index, text) in report::files(dossier, *format, view).iter().enumerate() {
                let path = numbered(path, index);
                write_file(&path, text.as_bytes(), self.force)?;
                files.push(format!("`{}`", path.display()));
            }
        }
        // Whoever reads a file later still wants to see now why the exit code is what it is.
        if !files.is_empty() && !self.quiet {
            out.message(&format!(
                "{}; wrote {}",
                report::summary_line(dossier.analysis),
                files.join(", ")
            ));
        }
        Ok(())
    }
}

/// Whether a format is able to do something.
type Able = fn(Format) -> bool;

/// The names of the formats of which this holds, with commas.
fn names(of: impl Fn(Format) -> bool) -> String {
    let formats = Format::value_variants().iter().copied();
    let values = formats.filter(|format| of(*format));
    let values = values.filter_map(|format| format.to_possible_value());
    let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
    names.join(", ")
}

/// The snapshot as it would be after its fix, and what is said of that.
fn fixed(
    snapshot: &Snapshot,
    registry: &Registry,
    options: &Options,
) -> Result<(String, Snapshot), Error> {
    let plan = remedy::plan(snapshot, registry, options, &Wishes::default())?;
    let told = format!(
        "these findings are those after the fix that `trailproof remediate` prints: {}",
        report::fix::summary(&plan)
    );
    Ok((told, remedy::under(snapshot, &plan.changes)?))
}

/// The controls of a benchmark that are mapped to a framework, of whichever section.
fn mapped(registry: &Registry, benchmark: &Benchmark, framework: &Framework) -> Vec<String> {
    let controls = registry.controls_in(benchmark, None).into_iter();
    let ids = controls.map(|(_, control)| control.id.clone());
    ids.filter(|id| framework.mappings_of(id).next().is_some())
        .collect()
}

/// The benchmarks with controls that are mapped to a framework, those with the most of them first.
fn with_most<'a>(registry: &'a Registry, framework: &Framework) -> Vec<&'a Benchmark> {
    let all = registry.benchmarks().iter();
    let counted = all.map(|benchmark| (mapped(registry, benchmark, framework).len(), benchmark));
    let mut having: Vec<(usize, &Benchmark)> = counted.filter(|(number, _)| *number > 0).collect();
    having.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    having.into_iter().map(|(_, benchmark)| benchmark).collect()
}

/// Narrows the question to the controls that are mapped to a framework.
fn narrow(registry: &Registry, framework: &Framework, options: &mut Options) -> Result<(), Error> {
    let benchmark = registry
        .find_benchmark(options.benchmark.as_deref())
        .map_err(controls::unknown)?;
    let asked = |id: &String| options.controls.is_empty() || options.controls.contains(id);
    let ids: Vec<String> = registry
        .controls_in(
            benchmark,
            options.sections.judged(!options.controls.is_empty()),
        )
        .into_iter()
        .map(|(_, control)| control.id.clone())
        .filter(|id| asked(id) && framework.mappings_of(id).next().is_some())
        .collect();
    if ids.is_empty() {
        return Err(Error::new(format!(
            "no control that was asked for is mapped to {}",
            framework.title()
        ))
        .help(elsewhere(registry, benchmark, framework)));
    }
    options.controls = ids;
    Ok(())
}

/// What to ask where the benchmark that was asked for has no control of a framework.
fn elsewhere(registry: &Registry, benchmark: &Benchmark, framework: &Framework) -> String {
    const NAMED: usize = 3;
    let shows = format!(
        "`trailproof frameworks show {}` shows the controls that are",
        framework.id
    );
    if !mapped(registry, benchmark, framework).is_empty() {
        return shows;
    }
    let having = with_most(registry, framework).into_iter().take(NAMED);
    let having: Vec<String> = having
        .map(|it| format!("`--benchmark {}`", it.id))
        .collect();
    match having.is_empty() {
        true => shows,
        false => format!("{}; {} has such controls", shows, having.join(" or ")),
    }
}

/// What to write where: `-o FILE` in the format of `--format`, `-o FORMAT=FILE` in its own. Standard output gets a report
/// where no file is named, or where a format is asked for that no file is for.
fn targets(
    format: Option<Format>,
    outputs: &[PathBuf],
) -> Result<Vec<(Format, Option<PathBuf>)>, Error> {
    let mut targets: Vec<(Format, Option<PathBuf>)> = Vec::new();
    let mut plain = None;
    for output in outputs {
        let text = output.to_string_lossy();
        let named = text.split_once('=');
        let named = named.map(|(name, file)| (name, Format::from_str(name, false), file));
        match named {
            Some((name, Ok(_), "")) => {
                return Err(Error::new(format!("`{name}=` names no file")).help(format!(
                    "name one, as in `-o {name}=findings`; `--format {name}` without -o prints"
                )));
            }
            Some((_, Ok(format), file)) => targets.push((format, Some(PathBuf::from(file)))),
            Some((name, Err(_), _)) if is_word(name) => {
                return Err(
                    Error::new(format!("there is no format `{name}`")).help(format!(
                        "formats: {}; a file of that name is `./{text}`",
                        names(|_| true)
                    )),
                );
            }
            _ if plain.is_some() => {
                return Err(Error::new("several files are to be written in one format")
                    .help("name the format of each, as in `-o json=findings.json -o sarif=findings.sarif`"));
            }
            _ => plain = Some(output.clone()),
        }
    }
    if plain.is_some() || format.is_some() || targets.is_empty() {
        let of_name = || plain.as_deref().and_then(by_ending);
        let format = format.or_else(of_name).unwrap_or(Format::Table);
        targets.insert(0, (format, plain));
    }
    let mut files: Vec<&PathBuf> = targets
        .iter()
        .filter_map(|(_, path)| path.as_ref())
        .collect();
    files.sort();
    if let Some([twice, _]) = files
        .windows(2)
        .find(|pair| matches!(pair, [one, next] if one == next))
    {
        return Err(
            Error::new(format!("`{}` is to be written twice", twice.display()))
                .help("give each format a file of its own"),
        );
    }
    Ok(targets)
}

/// Whether a text has the form of a format's name, which no path has.
fn is_word(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_letter)
}

/// `findings.json`, `findings.2.json`, `findings.3.json`: the names of the files of one format.
fn numbered(path: &Path, index: usize) -> PathBuf {
    if index == 0 {
        return path.to_owned();
    }
    let number = (index + 1).to_string();
    match path.extension() {
        Some(extension) => path.with_extension(format!("{number}.{}", extension.to_string_lossy())),
        None => path.with_extension(number),
    }
}
