//! What somebody means who names a benchmark or a control on the command line, and what to say when it is nothing.

use std::fmt;

use super::framework::Framework;
use super::registry::Registry;
use super::types::{Benchmark, Control, Section};

/// Names that are as like as this are worth a question ("did you mean"); 1 is the same.
const ALIKE: f64 = 0.8;

/// How much less alike than the best a name may be and still be worth a question beside it.
const NEARLY: f64 = 0.05;

/// How many suggestions are made at most.
const SUGGESTIONS: usize = 3;

/// A name that means nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    message: String,
    help: String,
}

impl Unknown {
    /// What the user can do about it.
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unknown {}

/// Which sections of a benchmark are meant: which controls are judged, and among which numbers a number is looked for. An
/// id is an id whatever the section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sections {
    /// Monitoring, or whichever controls are named. A number is one of monitoring, here or in other benchmarks, and one of
    /// logging only where it is none of these: what it meant before there were logging controls it means still.
    #[default]
    Usual,
    /// One section.
    One(Section),
    /// All of the benchmark.
    All,
}

impl Sections {
    /// The section whose controls are judged, none for all; `named` where controls are named.
    pub fn judged(self, named: bool) -> Option<Section> {
        match self {
            Self::Usual => (!named).then_some(Section::Monitoring),
            Self::One(section) => Some(section),
            Self::All => None,
        }
    }

    /// Where to look in the benchmark itself, then in which sections of the others, in order.
    fn order(self) -> (&'static [Section], &'static [Section]) {
        use Section::{Logging, Monitoring};
        match self {
            Self::Usual => (&[Monitoring], &[Monitoring, Logging]),
            Self::One(Monitoring) => (&[Monitoring], &[Monitoring]),
            Self::One(Logging) => (&[Logging], &[Logging]),
            Self::All => (&[Monitoring, Logging], &[Monitoring, Logging]),
        }
    }
}

/// A control that was found by a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<'a> {
    /// The control.
    pub control: &'a Control,
    /// What to tell where the name is a number of other benchmarks alone: `4.3 is root_usage in cis-aws 1.3 to 5.0`.
    pub remark: Option<String>,
}

impl Registry {
    /// The benchmark that a name means, or the default one where none is given.
    ///
    /// # Errors
    ///
    /// There is none of that name; the help lists what there is.
    pub fn find_benchmark(&self, name: Option<&str>) -> Result<&Benchmark, Unknown> {
        let found = match name {
            Some(name) => self.benchmark(name),
            None => self.default_benchmark(),
        };
        found.ok_or_else(|| {
            let name = name.unwrap_or_default();
            let mut known: Vec<&str> = Vec::new();
            for benchmark in self.benchmarks() {
                for name in [benchmark.family.as_str(), benchmark.id.as_str()] {
                    if !known.contains(&name) {
                        known.push(name);
                    }
                }
            }
            let ids: Vec<String> = self.benchmarks().iter().map(|it| it.id.clone()).collect();
            let list = format!("there are {}", self.name_benchmarks(&ids));
            Unknown {
                message: format!("there is no benchmark `{name}`"),
                help: match did_you_mean(name, known.iter().map(|known| (*known, *known))) {
                    Some(question) => format!("{question} {list}"),
                    None => list,
                },
            }
        })
    }

    /// The control that an id means, a number of the benchmark, or a number that other benchmarks agree upon.
    ///
    /// # Errors
    ///
    /// There is none, or the number means one control here and another there; the help says what is like it.
    pub fn find_control<'a>(
        &'a self,
        benchmark: &Benchmark,
        name: &str,
        sections: Sections,
    ) -> Result<Named<'a>, Unknown> {
        let by_number = |section: Option<Section>| {
            let mut entries = benchmark.entries_in(section);
            let entry = entries.find(|entry| entry.number.eq_ignore_ascii_case(name))?;
            self.control(&entry.control)
        };
        let (here, elsewhere) = sections.order();
        let named = self.control(name);
        if let Some(control) =
            named.or_else(|| here.iter().copied().find_map(|it| by_number(Some(it))))
        {
            return Ok(Named {
                control,
                remark: None,
            });
        }
        let of = |section: Section| -> Vec<&Control> {
            // A number of the benchmark itself comes before those of others.
            if let Some(control) = by_number(Some(section)) {
                return vec![control];
            }
            let controls = self.controls().iter();
            controls
                .filter(|it| {
                    it.section() == section && self.numbered(&it.id, name).next().is_some()
                })
                .collect()
        };
        let meant = elsewhere.iter().copied().map(of);
        let meant = meant
            .into_iter()
            .find(|it| !it.is_empty())
            .unwrap_or_default();
        match meant.as_slice() {
            [one]
                if benchmark
                    .number_of(&one.id)
                    .is_some_and(|it| it.eq_ignore_ascii_case(name)) =>
            {
                Ok(Named {
                    control: one,
                    remark: None,
                })
            }
            [one] => {
                let mut remark = self.elsewhere(benchmark, name, &one.id);
                // What was not asked for has the number in the benchmark itself.
                if let Some(other) = by_number(None) {
                    let (id, section) = (&other.id, other.section());
                    remark.push_str(&format!(
                        "; {name} of {} itself is {id}, which `--section {section}` asks",
                        benchmark.id
                    ));
                }
                Ok(Named {
                    control: one,
                    remark: Some(remark),
                })
            }
            [] => Err(Unknown {
                message: format!("there is no control `{name}`"),
                help: self.like_control(benchmark, name),
            }),
            several => {
                let ids: Vec<&str> = several.iter().map(|it| it.id.as_str()).collect();
                Err(Unknown {
                    message: format!(
                        "the number `{name}` means one control here and another there: {}",
                        ids.join(", ")
                    ),
                    help: "name the control, or the benchmark with --benchmark".to_owned(),
                })
            }
        }
    }

    /// The control that a name means, which the benchmark must list (a user's own control belongs to every benchmark).
    ///
    /// # Errors
    ///
    /// As [`Registry::find_control`], and a control that is not of this benchmark; the help says of which it is.
    pub fn find_listed_control<'a>(
        &'a self,
        benchmark: &Benchmark,
        name: &str,
        sections: Sections,
    ) -> Result<Named<'a>, Unknown> {
        let named = self.find_control(benchmark, name, sections)?;
        let id = &named.control.id;
        let listed = self.controls_in(benchmark, None);
        if listed.iter().any(|(_, control)| control.id == *id) {
            return Ok(named);
        }
        Err(Unknown {
            message: format!("`{id}` is no control of {}", benchmark.id),
            help: format!(
                "it is {}: name one of these with --benchmark",
                self.numbers_of(id, None).join(", ")
            ),
        })
    }

    /// The framework of an id, a name with version, a source's spelling, or a name that has one version here.
    ///
    /// # Errors
    ///
    /// There is none of that name, or several versions of one; the help says what is like it.
    pub fn find_framework(&self, name: &str) -> Result<&Framework, Unknown> {
        let all = self.frameworks();
        let versions: Vec<&Framework> = all
            .iter()
            .filter(|it| it.name.eq_ignore_ascii_case(name))
            .collect();
        if let Some(framework) = all.iter().find(|it| it.is_called(name)) {
            return Ok(framework);
        }
        let ids = |some: &[&Framework]| -> String {
            let ids: Vec<&str> = some.iter().map(|it| it.id.as_str()).collect();
            ids.join(", ")
        };
        match versions.as_slice() {
            [one] => Ok(one),
            [] => Err(Unknown {
                message: format!("there is no framework `{name}`"),
                help: did_you_mean(
                    name,
                    all.iter().map(|it| (it.id.as_str(), it.name.as_str())),
                )
                .unwrap_or_else(|| "`trailproof frameworks list` prints the ids".to_owned()),
            }),
            several => Err(Unknown {
                message: format!("there are several versions of `{name}`"),
                help: format!("choose one of {}", ids(several)),
            }),
        }
    }

    /// The benchmarks in which a number means a control.
    fn numbered<'a>(
        &'a self,
        control: &'a str,
        number: &'a str,
    ) -> impl Iterator<Item = &'a Benchmark> {
        self.entries_of(control)
            .filter(move |(_, entry)| entry.number.eq_ignore_ascii_case(number))
            .map(|(benchmark, _)| benchmark)
    }

    fn elsewhere(&self, benchmark: &Benchmark, number: &str, control: &str) -> String {
        let ids: Vec<String> = self
            .numbered(control, number)
            .map(|it| it.id.clone())
            .collect();
        let here = match benchmark.number_of(control) {
            Some(here) => format!("{here} in {}", benchmark.id),
            None => format!("not in {}", benchmark.id),
        };
        format!(
            "{number} is {control} in {}: {here}",
            self.name_benchmarks(&ids)
        )
    }

    /// `5.3 in cis-aws 6.0 to 7.0`, one for each number that a control has, but for those of one benchmark.
    pub fn numbers_of(&self, control: &str, but: Option<&str>) -> Vec<String> {
        let mut numbers: Vec<(&str, Vec<String>)> = Vec::new();
        for (benchmark, entry) in self.entries_of(control) {
            if but == Some(benchmark.id.as_str()) {
                continue;
            }
            match numbers.iter_mut().find(|(it, _)| *it == entry.number) {
                Some((_, ids)) => ids.push(benchmark.id.clone()),
                None => numbers.push((&entry.number, vec![benchmark.id.clone()])),
            }
        }
        numbers
            .into_iter()
            .map(|(number, ids)| format!("{number} in {}", self.name_benchmarks(&ids)))
            .collect()
    }

    fn like_control(&self, benchmark: &Benchmark, name: &str) -> String {
        // `MON.22` is how people say D9.AWS.MON.22.
        let numbers: Vec<String> = std::iter::once(benchmark)
            .chain(self.benchmarks())
            .flat_map(Benchmark::all_entries)
            .filter(|entry| ends_with_part(&entry.number, name))
            .map(|entry| format!("`{}` ({})", entry.number, entry.control))
            .collect();
        if let Some(question) = question(numbers) {
            return question;
        }
        let listed = self.controls_in(benchmark, None);
        let elsewhere = self
            .controls()
            .iter()
            .filter(|control| !listed.iter().any(|(_, it)| it.id == control.id));
        let ids = listed.iter().map(|(_, control)| *control).chain(elsewhere);
        let ids = ids.map(|control| (control.id.as_str(), control.title.as_str()));
        did_you_mean(name, ids).unwrap_or_else(|| {
            format!(
                "`trailproof controls list --benchmark {}` prints ids and numbers",
                benchmark.id
            )
        })
    }
}

/// A question with the names that are like the given one, the likest first; each name comes with words about it.
fn did_you_mean<'a>(
    given: &str,
    known: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    let lower = given.to_lowercase();
    if lower.trim().is_empty() {
        return None;
    }
    let score = |name: &str, about: &str| {
        let (name, about) = (name.to_lowercase(), about.to_lowercase());
        // A whole word of the name or of its title says more than letters that happen to agree.
        let word = |text: &str| {
            text.split(|c: char| !c.is_alphanumeric())
                .any(|word| word == lower)
        };
        if name.starts_with(&lower) || word(&name) {
            2.0
        } else if name.contains(&lower) || word(&about) {
            1.5
        } else {
            strsim::jaro_winkler(&name, &lower)
        }
    };
    let mut likely: Vec<(f64, &str)> = known
        .map(|(name, about)| (score(name, about), name))
        .filter(|(score, _)| *score >= ALIKE)
        .collect();
    likely.sort_by(|a, b| b.0.total_cmp(&a.0));
    // What merely has like letters is not worth telling beside what has the word.
    let best = likely.first()?.0;
    let names = likely
        .iter()
        .filter(|(score, _)| *score > 1.0 || (best <= 1.0 && best - score < NEARLY))
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    question(names)
}

/// The question with the first few of the names, each once.
fn question(names: Vec<String>) -> Option<String> {
    let mut asked: Vec<String> = Vec::new();
    for name in names {
        if asked.len() < SUGGESTIONS && !asked.contains(&name) {
            asked.push(name);
        }
    }
    (!asked.is_empty()).then(|| format!("did you mean {}?", asked.join(" or ")))
}

/// Whether a number ends with this, from a dot, dash or slash on.
fn ends_with_part(number: &str, part: &str) -> bool {
    let (number, part) = (number.to_lowercase(), part.to_lowercase());
    let before = number.strip_suffix(&part);
    !part.is_empty() && before.is_some_and(|it| it.ends_with(['.', '-', '/']))
}
