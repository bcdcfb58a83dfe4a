//! All controls and benchmarks that are known: those built in and those of the user's folders.

use std::path::Path;
use std::sync::OnceLock;

use super::framework::{Framework, Mapping};
use super::load::{self, BenchmarkFile, Error, FrameworkRow};
use super::types::{Benchmark, Control, Entry, Section};

mod embedded {
    //! Written by build.rs from the folder listings.
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// The family whose newest version is the default.
const DEFAULT_FAMILY: &str = "cis-aws";

/// Controls and benchmarks by id.
#[derive(Debug, Clone)]
pub struct Registry {
    controls: Vec<Control>,
    benchmarks: Vec<Benchmark>,
    /// Those built in, once they were asked for, with what the user's own controls name.
    frameworks: OnceLock<Vec<Framework>>,
}

/// Stem, name and text of a file.
type Text = (String, String, String);

impl Registry {
    /// What the program carries.
    ///
    /// # Errors
    ///
    /// A file of this repository is faulty; a test reads them all, so a released program has none.
    pub fn builtin() -> Result<Self, Error> {
        let mut registry = Self {
            controls: Vec::new(),
            benchmarks: Vec::new(),
            frameworks: OnceLock::new(),
        };
        for (id, text) in embedded::CONTROLS {
            let (control, _) = load::control(&format!("controls/{id}.toml"), id, text, false)?;
            registry.controls.push(control);
        }
        let benchmarks: Vec<Text> = embedded::BENCHMARKS
            .iter()
            .map(|(id, text)| {
                let name = format!("benchmarks/{id}.toml");
                ((*id).to_owned(), name, (*text).to_owned())
            })
            .collect();
        registry.add_benchmarks(&benchmarks)?;
        registry.sort();
        Ok(registry)
    }

    /// Adds the controls of a folder (`*.toml`) and, where it has a folder `benchmarks`, the benchmarks in it.
    ///
    /// # Errors
    ///
    /// The folder cannot be read or holds no control, a file is faulty, or an id exists already.
    pub fn with_directory(mut self, directory: &Path) -> Result<Self, Error> {
        let files = toml_files(directory)?;
        let folder = directory.join("benchmarks");
        let benchmarks = if folder.is_dir() {
            toml_files(&folder)?
        } else {
            Vec::new()
        };
        if files.is_empty() && benchmarks.is_empty() {
            return Err(at(
                directory,
                "holds no control: a control is a file `<id>.toml`",
            ));
        }
        for (id, name, text) in &files {
            let (id, name) = (id.as_str(), name.as_str());
            if self.controls.iter().any(|control| control.id == id) {
                return Err(Error {
                    file: name.to_owned(),
                    line: None,
                    message: format!("a control `{id}` exists already: give the file another name"),
                });
            }
            let (control, frameworks) = load::control(name, id, text, true)?;
            self.controls.push(control);
            for row in frameworks {
                self.name_framework(id, row);
            }
        }
        self.add_benchmarks(&benchmarks)?;
        for (id, name, text) in &files {
            if let Some(control) = self.control(id) {
                self.check_names(control, name, text)?;
            }
        }
        self.sort();
        Ok(self)
    }

    /// Every control, by id.
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// Every benchmark, by family and version.
    pub fn benchmarks(&self) -> &[Benchmark] {
        &self.benchmarks
    }

    /// Every framework, by id.
    pub fn frameworks(&self) -> &[Framework] {
        self.frameworks.get_or_init(|| {
            let read = |(id, text): &(&str, &str)| {
                // A test reads them all, so a released program has no faulty one.
                load::framework(&format!("frameworks/{id}.toml"), id, text).ok()
            };
            embedded::FRAMEWORKS.iter().filter_map(read).collect()
        })
    }

    /// The frameworks that some source names for a control, by id.
    pub fn frameworks_of<'a>(&'a self, control: &'a str) -> impl Iterator<Item = &'a Framework> {
        self.frameworks()
            .iter()
            .filter(move |it| it.mappings_of(control).next().is_some())
    }

    /// The control of an id.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }

    /// The benchmark of an id. A family's name means its newest version; a third part of a CIS version (`1.4.0`,
    /// `4.0.1`) changes no control and is ignored.
    pub fn benchmark(&self, id: &str) -> Option<&Benchmark> {
        let exact = |id: &str| self.benchmarks.iter().find(|benchmark| benchmark.id == id);
        let newest = || {
            self.benchmarks
                .iter()
                .rfind(|benchmark| benchmark.family == id)
        };
        let shorter = || match id.rsplit_once('.') {
            Some((shorter, patch)) if patch.parse::<u32>().is_ok() && shorter.contains('.') => {
                exact(shorter)
            }
            _ => None,
        };
        exact(id).or_else(newest).or_else(shorter)
    }

    /// The newest CIS version.
    pub fn default_benchmark(&self) -> Option<&Benchmark> {
        self.benchmark(DEFAULT_FAMILY)
    }

    /// The controls of a benchmark that are about being told, in its order, then the user's own that no benchmark lists;
    /// each with its number, which is the id for those.
    pub fn controls_of<'a>(&'a self, benchmark: &'a Benchmark) -> Vec<(&'a str, &'a Control)> {
        self.controls_in(benchmark, Some(Section::Monitoring))
    }

    /// [`Registry::controls_of`] for one section of the benchmark, or for all of it.
    pub fn controls_in<'a>(
        &'a self,
        benchmark: &'a Benchmark,
        section: Option<Section>,
    ) -> Vec<(&'a str, &'a Control)> {
        let listed = benchmark
            .entries_in(section)
            .filter_map(|entry| Some((entry.number.as_str(), self.control(&entry.control)?)));
        let wanted =
            move |control: &Control| section.is_none_or(|section| control.section() == section);
        let unlisted = self
            .controls
            .iter()
            .filter(move |it| it.custom && wanted(it) && !self.is_listed(&it.id))
            .map(|control| (control.id.as_str(), control));
        listed.chain(unlisted).collect()
    }

    /// The benchmarks that list a control, with their entries.
    pub fn entries_of<'a>(
        &'a self,
        control: &'a str,
    ) -> impl Iterator<Item = (&'a Benchmark, &'a Entry)> {
        self.benchmarks.iter().flat_map(move |benchmark| {
            let entries = benchmark
                .all_entries()
                .filter(move |entry| entry.control == control);
            entries.map(move |entry| (benchmark, entry))
        })
    }

    /// Benchmarks in few words: `cis-aws 1.2 to 7.0, lacework`; an empty list is every benchmark.
    pub fn name_benchmarks(&self, ids: &[String]) -> String {
        if ids.is_empty() {
            return "every benchmark".to_owned();
        }
        // Runs of neighbouring versions of one family, in the order of the registry.
        let mut runs: Vec<(&Benchmark, &Benchmark)> = Vec::new();
        let mut previous: Option<&Benchmark> = None;
        for benchmark in &self.benchmarks {
            if ids.contains(&benchmark.id) {
                match runs.last_mut() {
                    Some((first, last))
                        if first.family == benchmark.family
                            && previous.is_some_and(|it| it.id == last.id) =>
                    {
                        *last = benchmark;
                    }
                    _ => runs.push((benchmark, benchmark)),
                }
            }
            previous = Some(benchmark);
        }
        let mut text = String::new();
        let mut family = "";
        for (first, last) in runs {
            if !text.is_empty() {
                text.push_str(", ");
            }
            if first.version.is_empty() {
                text.push_str(&first.id);
                continue;
            }
            if first.family != family {
                text.push_str(&first.family);
                text.push(' ');
                family = &first.family;
            }
            text.push_str(&first.version);
            if first.id != last.id {
                text.push_str(" to ");
                text.push_str(&last.version);
            }
        }
        text
    }

    fn is_listed(&self, control: &str) -> bool {
        self.entries_of(control).next().is_some()
    }

    /// Adds what a user's own control says of a framework; one that is not known becomes a new one.
    fn name_framework(&mut self, control: &str, row: FrameworkRow) {
        let mut all = self.frameworks().to_vec();
        let named = format!("{} {}", row.name, row.version);
        let mapping = Mapping {
            control: control.to_owned(),
            sections: row.requirements,
            source: row.source,
        };
        let mut framework = Framework {
            id: named.trim().to_ascii_lowercase().replace(' ', "-"),
            name: row.name,
            version: row.version,
            spellings: Vec::new(),
            note: None,
            mappings: Vec::new(),
        };
        let title = framework.title();
        match all.iter_mut().find(|it| it.is_called(&title)) {
            Some(known) => known.mappings.push(mapping),
            None => {
                framework.mappings.push(mapping);
                all.push(framework);
            }
        }
        self.frameworks = OnceLock::from(all);
    }

    /// Adds benchmarks, each after the one that it is `like`.
    fn add_benchmarks(&mut self, files: &[Text]) -> Result<(), Error> {
        let mut waiting = Vec::new();
        for (id, name, text) in files {
            if self.benchmarks.iter().any(|benchmark| benchmark.id == *id) {
                let message =
                    format!("a benchmark `{id}` exists already: give the file another name");
                return Err(Error::of(name, message));
            }
            waiting.push(((id, name, text), BenchmarkFile::read(name, text)?));
        }
        while !waiting.is_empty() {
            let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, file)| {
                let like = file.like.as_ref();
                like.is_none_or(|like| self.benchmarks.iter().any(|it| it.id == *like))
            });
            if ready.is_empty() {
                return Err(self.no_such_like(rest));
            }
            for ((id, name, text), file) in ready {
                self.add_benchmark(id, name, text, file)?;
            }
            waiting = rest;
        }
        Ok(())
    }

    /// Why none of the benchmarks that are left can be added.
    fn no_such_like(&self, rest: Vec<((&String, &String, &String), BenchmarkFile)>) -> Error {
        let ids: Vec<&String> = rest.iter().map(|((id, _, _), _)| *id).collect();
        let unknown = rest
            .iter()
            .filter_map(|(file, read)| Some((file, read.like.as_ref()?)))
            .min_by_key(|(_, like)| ids.contains(like));
        match unknown {
            Some(((_, name, text), like)) => Error {
                file: (*name).clone(),
                line: line_of(text, like),
                message: if ids.contains(&like) {
                    format!("`like` goes round in a circle by way of `{like}`")
                } else {
                    format!("there is no benchmark `{like}`")
                },
            },
            None => Error::of("benchmarks", "no benchmark is left"),
        }
    }

    fn add_benchmark(
        &mut self,
        id: &str,
        name: &str,
        text: &str,
        file: BenchmarkFile,
    ) -> Result<(), Error> {
        let fault = |about: &str, message| Error {
            file: name.to_owned(),
            line: line_of(text, about),
            message,
        };
        let like = file
            .like
            .as_ref()
            .and_then(|like| self.benchmarks.iter().find(|it| it.id == *like));
        let benchmark = file.finish(name, id, text, like)?;
        if let Some(like) = &benchmark.like {
            for control in &mut self.controls {
                control.take_after(like, id);
            }
        }
        for entry in benchmark.all_entries() {
            let Some(control) = self.control(&entry.control) else {
                let message = format!("there is no control `{}`", entry.control);
                return Err(fault(&entry.control, message));
            };
            let listed = if benchmark.entries.contains(entry) {
                Section::Monitoring
            } else {
                Section::Logging
            };
            if control.section() != listed {
                let (section, field) = match control.section() {
                    Section::Monitoring => ("monitoring", "controls"),
                    Section::Logging => ("logging", "logging"),
                };
                let message = format!(
                    "`{}` is a {section} control: list it under `{field}`",
                    entry.control
                );
                return Err(fault(&entry.control, message));
            }
            if control.recording.is_none()
                && control.query.is_none()
                && control.alternatives_for(id).next().is_none()
            {
                let message = format!(
                    "`{}` asks for nothing under this benchmark: say which one it is `like`, such as `like = \"cis-aws-7.0\"`",
                    entry.control
                );
                return Err(fault(&entry.control, message));
            }
        }
        self.benchmarks.push(benchmark);
        Ok(())
    }

    /// Holds the benchmark names in a control against the benchmarks that exist.
    fn check_names(&self, control: &Control, file: &str, text: &str) -> Result<(), Error> {
        let of_alternatives = control.alternatives.iter().flat_map(|alternative| {
            let misprints = alternative
                .misprints
                .iter()
                .flat_map(|misprint| misprint.benchmarks.iter().chain(&misprint.except));
            let own = alternative.benchmarks.iter().chain(&alternative.except);
            own.chain(misprints)
        });
        let of_notes = control
            .notes
            .iter()
            .flat_map(|note| note.benchmarks.iter().chain(&note.except));
        for name in of_alternatives.chain(of_notes) {
            if !self
                .benchmarks
                .iter()
                .any(|benchmark| benchmark.id == *name)
            {
                return Err(Error {
                    file: file.to_owned(),
                    line: line_of(text, name),
                    message: format!("there is no benchmark `{name}`"),
                });
            }
        }
        Ok(())
    }

    fn sort(&mut self) {
        self.controls.sort_by(|a, b| a.id.cmp(&b.id));
        self.benchmarks.sort_by(|a, b| {
            (&a.family, version_parts(&a.version), &a.id).cmp(&(
                &b.family,
                version_parts(&b.version),
                &b.id,
            ))
        });
    }
}

/// The line in which a name stands in quotes.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let quoted = [format!("\"{name}\""), format!("'{name}'")];
    let holds = |line: &str| quoted.iter().any(|quoted| line.contains(quoted));
    text.lines().position(holds).map(|index| index + 1)
}

/// `1.10` is newer than `1.9`.
fn version_parts(version: &str) -> Vec<u32> {
    version
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

fn at(path: &Path, message: &str) -> Error {
    Error::of(&path.display().to_string(), message)
}

/// Stem, name and text of the `.toml` files of a folder, in the order of the stems.
fn toml_files(folder: &Path) -> Result<Vec<Text>, Error> {
    let cannot = |path: &Path, error: std::io::Error| at(path, &format!("cannot be read: {error}"));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| cannot(folder, error))? {
        let path = entry.map_err(|error| cannot(folder, error))?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let Some(stem) = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .map(str::to_owned)
        else {
            return Err(at(&path, "the file's name is not UTF-8"));
        };
        let text = std::fs::read_to_string(&path).map_err(|error| cannot(&path, error))?;
        files.push((stem, path.display().to_string(), text));
    }
    files.sort();
    Ok(files)
}
