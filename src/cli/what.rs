//! Which questions are asked of a snapshot, and what is accepted of the answers: what `analyze`, `explain` and `diff` share.

use std::path::{Path, PathBuf};

use clap::ValueEnum as _;

use crate::analyze::{Analysis, Attestation, Options, Paths, attest};
use crate::aws::arn;
use crate::chain::Assumption;
use crate::control::{Registry, Sections};

use super::controls::{self, SectionArg};
use super::{Error, Out};

/// Which questions are asked of a snapshot: shared by `analyze`, `explain` and `diff`.
#[derive(Debug, clap::Args)]
pub(super) struct What {
    /// Benchmark, such as `cis-aws-5.0`; a family such as `cis-aws` means its newest version [default: cis-aws]
    #[arg(long, value_name = "BENCHMARK")]
    pub(super) benchmark: Option<String>,
    /// Of which section of the benchmark: whether somebody is told, or whether everything is recorded [default: monitoring]
    #[arg(long, value_name = "SECTION", value_enum)]
    pub(super) section: Option<SectionArg>,
    /// Only this control, by id or number; may be repeated
    #[arg(long = "control", value_name = "CONTROL")]
    pub(super) controls: Vec<String>,
    /// Only this account; may be repeated
    #[arg(long = "account", value_name = "ACCOUNT")]
    pub(super) accounts: Vec<String>,
    /// Assume nothing about CloudTrail events: decide without the event model
    #[arg(long)]
    pub(super) strict: bool,
    /// The ways to be told that count: EventBridge rules too, or alarms alone, as the benchmarks ask for them
    #[arg(long, value_enum, value_name = "PATHS", default_value_t = Paths::All)]
    pub(super) paths: Paths,
    /// Assume this where an optional question to AWS has no answer; may be repeated, and is told in every output
    #[arg(long, value_name = "ASSUMPTION")]
    pub(super) assume: Vec<Assumption>,
    /// Add the controls of this folder
    #[arg(long = "controls", value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,
}

impl What {
    /// The controls that are known.
    pub(super) fn registry(&self) -> Result<Registry, Error> {
        controls::registry(self.directory.as_deref())
    }

    /// The options that name controls, each with a blank before it.
    pub(super) fn narrowed(&self) -> String {
        let named = self.controls.iter();
        named
            .map(|control| format!(" --control {}", quoted(control)))
            .collect()
    }

    /// The options that have to be repeated for the same questions to be asked again, each with a blank before it.
    pub(super) fn again(&self) -> String {
        let mut text = String::new();
        let mut option = |name: &str, value: &str| {
            text.push_str(&format!(" --{name} {}", quoted(value)));
        };
        if let Some(benchmark) = &self.benchmark {
            option("benchmark", benchmark);
        }
        if let Some(section) = self.section.and_then(|it| it.to_possible_value()) {
            option("section", section.get_name());
        }
        if let Some(directory) = &self.directory {
            option("controls", &directory.to_string_lossy());
        }
        for account in &self.accounts {
            option("account", account);
        }
        if let Some(paths) = self.paths.to_possible_value()
            && self.paths != Paths::All
        {
            option("paths", paths.get_name());
        }
        for assumption in &self.assume {
            option("assume", assumption.word());
        }
        if self.strict {
            text.push_str(" --strict");
        }
        text
    }

    /// The options of the analysis; what the user named is looked up.
    pub(super) fn options(&self, registry: &Registry, out: &mut Out) -> Result<Options, Error> {
        let (benchmark, controls) = controls::meant(
            registry,
            self.benchmark.as_deref(),
            self.section,
            &self.controls,
            out,
        )?;
        Ok(Options {
            benchmark: Some(benchmark.id.clone()),
            sections: controls::sections(self.section),
            controls,
            accounts: self.accounts.clone(),
            strict: self.strict,
            blind_spots: false,
            paths: self.paths,
            assume: self.assume.clone(),
        })
    }
}

/// What an attestation file consists of.
const ENTRY: &str = "each [[accept]] has control, account (or accounts), reason, by, evidence and expires, such as \
     expires = 2027-06-30; docs/analyze.md shows one";

/// Which findings are accepted: shared by `analyze`, `explain` and `diff`.
#[derive(Debug, clap::Args)]
pub(super) struct Accepting {
    /// Accept the findings that this TOML file names, visibly; they turn nothing red
    #[arg(long, value_name = "FILE")]
    attest: Option<PathBuf>,
}

impl Accepting {
    /// The option that has to be repeated, with a blank before it.
    pub(super) fn again(&self) -> String {
        let path = self.attest.as_ref();
        path.map_or(String::new(), |path| {
            format!(" --attest {}", quoted(&path.to_string_lossy()))
        })
    }

    /// The attestations of the file; none where no file is named.
    pub(super) fn read(&self, registry: &Registry) -> Result<Vec<Attestation>, Error> {
        let attestations = match &self.attest {
            Some(path) => attest::read(path).map_err(|error| Error::from(error).help(ENTRY))?,
            None => Vec::new(),
        };
        match attestations
            .iter()
            .find(|entry| registry.control(&entry.control).is_none())
        {
            Some(stranger) => {
                let path = self.attest.as_deref().unwrap_or(Path::new(""));
                let error = Error::new(format!(
                    "`{}` names the control `{}`, which does not exist",
                    path.display(),
                    stranger.control
                ));
                // A number is another control in another version: what is accepted is named by its id.
                let Some(benchmark) = registry.default_benchmark() else {
                    return Err(error);
                };
                let help = match registry.find_control(benchmark, &stranger.control, Sections::All)
                {
                    Ok(named) => format!(
                        "name it by its id: {} has `{}` under this number",
                        benchmark.id, named.control.id
                    ),
                    Err(unknown) => unknown.help().to_owned(),
                };
                Err(error.help(help))
            }
            None => Ok(attestations),
        }
    }
}

/// Accepts findings of an analysis. A narrowed question says nothing about the attestations outside it.
pub(super) fn accept(
    mut attestations: Vec<Attestation>,
    options: &Options,
    analysis: &mut Analysis,
) {
    attestations.retain(|entry| {
        let of_account = options.accounts.is_empty() || options.accounts.contains(&entry.account);
        let mut findings = analysis.findings.iter();
        of_account
            && (options.controls.is_empty() || findings.any(|it| it.control == entry.control))
    });
    attest::apply(analysis, &attestations);
}

/// The name of a Region, as an option has it.
pub(super) fn region(text: &str) -> Result<String, String> {
    match arn::is_region(text) {
        true => Ok(text.to_owned()),
        false => Err("write it as in `eu-west-1`".to_owned()),
    }
}

/// A text as one word of a shell's command line.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-+=:@,%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_command_to_copy_names_the_file_as_one_word() {
        for (text, expected) in [
            ("snapshots/broken.trailproof", "snapshots/broken.trailproof"),
            ("my file", "'my file'"),
            ("it's; rm", "'it'\\''s; rm'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
