//! The house rules that a machine can hold: module direction, paths in Markdown, the offline dependency tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

mod arns;
mod sentences;

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// The rows of the module table in ARCHITECTURE.md: module -> modules it may use; `None` for "everything".
fn module_table() -> BTreeMap<String, Option<BTreeSet<String>>> {
    let text = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).unwrap();
    let mut table = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [module, _, uses] = cells[..] else {
            continue;
        };
        let Some(module) = module.strip_prefix('`').and_then(|m| m.strip_suffix('`')) else {
            continue;
        };
        let uses = match uses {
            "everything" => None,
            "nothing" => Some(BTreeSet::new()),
            list => Some(list.split(',').map(|m| m.trim().to_owned()).collect()),
        };
        table.insert(module.to_owned(), uses);
    }
    table
}

/// The modules that a source text names after `crate::`, comments left out.
fn modules_named(text: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or_default();
        for rest in code.split("crate::").skip(1) {
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(group) => group
                    .split([',', '}'])
                    .map(|item| item.trim().split("::").next().unwrap_or_default())
                    .collect(),
                None => vec![rest],
            };
            for name in names {
                let name: String = name
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                if !name.is_empty() {
                    named.insert(name);
                }
            }
        }
    }
    named
}

#[test]
fn data_flows_one_way() {
    let table = module_table();
    assert!(
        table.len() > 5,
        "the module table of ARCHITECTURE.md was not found"
    );
    let src = Path::new(ROOT).join("src");
    let mut sources = Vec::new();
    files(&src, ".rs", &mut sources);
    let mut faults = Vec::new();
    for path in &sources {
        let relative = path.strip_prefix(&src).unwrap();
        let top = relative.components().next().unwrap();
        let module = top
            .as_os_str()
            .to_string_lossy()
            .trim_end_matches(".rs")
            .to_owned();
        if module == "main" || module == "lib" || relative.ends_with("tests.rs") {
            continue;
        }
        let Some(allowed) = table.get(&module) else {
            faults.push(format!("module `{module}` has no row in ARCHITECTURE.md"));
            continue;
        };
        let Some(allowed) = allowed else { continue };
        for used in modules_named(&fs::read_to_string(path).unwrap()) {
            if used != module && !allowed.contains(&used) {
                faults.push(format!("{} uses `{used}`", relative.display()));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "against the table in ARCHITECTURE.md:\n{}",
        faults.join("\n")
    );
}

/// Who prints the words that `report` makes of causes: the comparison of patterns, whose only output they are.
const PRINTS_WORDS: [&str; 1] = ["cli/pattern/compare.rs"];

/// Reasons are data: sentences are made of causes in `report::words`, and nothing else asks for one, so that no verdict can
/// hang on wording.
#[test]
fn no_sentence_is_read_outside_of_report() {
    let src = Path::new(ROOT).join("src");
    let mut sources = Vec::new();
    files(&src, ".rs", &mut sources);
    let asking: Vec<String> = sources
        .iter()
        .map(|path| path.strip_prefix(&src).unwrap())
        .filter(|file| !file.starts_with("report"))
        .filter(|file| {
            let text = fs::read_to_string(src.join(file)).unwrap();
            let words = ["crate", "report", "words"];
            let mut named = paths_named(&text).into_iter();
            named.any(|path| path.iter().take(3).eq(words))
        })
        .map(|file| file.display().to_string())
        .collect();
    assert_eq!(asking, PRINTS_WORDS);
}

/// What a source names: each path after `crate::`, `super::` or `use`, with groups spelled out. Comments and tests do not
/// count.
fn paths_named(text: &str) -> BTreeSet<Vec<String>> {
    let code: String = text
        .lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let mut named = BTreeSet::new();
    for start in ["use ", "crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let from = if start == "use " { at + 4 } else { at };
            spell_out(
                &mut Vec::new(),
                &mut code[from..].chars().peekable(),
                &mut named,
            );
        }
    }
    named
}

/// Reads one path with its groups.
fn spell_out(
    before: &mut Vec<String>,
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    named: &mut BTreeSet<Vec<String>>,
) {
    let depth = before.len();
    loop {
        while rest.next_if(|c| c.is_whitespace() || *c == ':').is_some() {}
        if rest.next_if_eq(&'{').is_some() {
            loop {
                spell_out(before, rest, named);
                while rest.next_if(|c| c.is_whitespace() || *c == ',').is_some() {}
                if rest.next_if_eq(&'}').is_some() || rest.peek().is_none() {
                    break;
                }
            }
            break;
        }
        let word: String =
            std::iter::from_fn(|| rest.next_if(|c| c.is_alphanumeric() || *c == '_')).collect();
        if word.is_empty() {
            // Something else than a path, such as `*`.
            rest.next();
            break;
        }
        before.push(word);
        if rest.peek() != Some(&':') {
            break;
        }
    }
    named.insert(before.clone());
    before.truncate(depth);
}

/// The files that a file uses: the longest beginning of each path that is one. A module and the file that declares it are
/// one house: what a child takes from its ancestors does not count.
fn files_used(file: &[String], text: &str, all: &BTreeSet<Vec<String>>) -> BTreeSet<Vec<String>> {
    let mut used = BTreeSet::new();
    for path in paths_named(text) {
        let mut at = file.to_vec();
        let mut steps = path.as_slice();
        match steps.first().map(String::as_str) {
            Some("crate") => at.clear(),
            Some("super") => {
                at.pop();
            }
            _ => steps = &path,
        }
        if matches!(
            steps.first().map(String::as_str),
            Some("crate" | "super" | "self")
        ) {
            steps = &steps[1..];
        }
        while steps.first().is_some_and(|step| step == "super") {
            at.pop();
            steps = &steps[1..];
        }
        for step in steps {
            let next: Vec<String> = at.iter().chain([step]).cloned().collect();
            if !all.contains(&next) {
                break;
            }
            at = next;
        }
        if !file.starts_with(&at) {
            used.insert(at);
        }
    }
    used
}

#[test]
fn no_circle_of_files() {
    let src = Path::new(ROOT).join("src");
    let mut sources = Vec::new();
    files(&src, ".rs", &mut sources);
    let mut texts: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for path in sources.iter().filter(|path| !path.ends_with("tests.rs")) {
        let relative = path.strip_prefix(&src).unwrap().with_extension("");
        let mut steps: Vec<String> = relative
            .iter()
            .map(|step| step.to_string_lossy().into_owned())
            .collect();
        steps.pop_if(|last| last == "mod");
        texts.insert(steps, fs::read_to_string(path).unwrap());
    }
    let all: BTreeSet<Vec<String>> = texts.keys().cloned().collect();
    let mut left: BTreeMap<&Vec<String>, BTreeSet<Vec<String>>> = texts
        .iter()
        .map(|(file, text)| (file, files_used(file, text, &all)))
        .collect();
    assert!(
        left[&vec!["analyze".to_owned(), "decide".to_owned()]]
            .contains(&vec!["analyze".to_owned(), "case".to_owned()]),
        "the uses were not read"
    );
    // Files that use nothing that is left go; what stays is in a circle or uses one.
    loop {
        let done: Vec<&Vec<String>> = left
            .iter()
            .filter(|(_, used)| !used.iter().any(|one| left.contains_key(one)))
            .map(|(file, _)| *file)
            .collect();
        if done.is_empty() {
            break;
        }
        left.retain(|file, _| !done.contains(file));
    }
    let names: Vec<String> = left.keys().map(|file| file.join("/")).collect();
    assert!(
        names.is_empty(),
        "files in a circle, or above one: {names:?}"
    );
}

#[test]
fn every_module_of_the_table_exists() {
    for module in module_table().keys() {
        let src = Path::new(ROOT).join("src");
        assert!(
            src.join(module).is_dir() || src.join(format!("{module}.rs")).is_file(),
            "ARCHITECTURE.md names `{module}`, which is not in src"
        );
    }
}

#[test]
fn paths_in_markdown_exist() {
    let root = Path::new(ROOT);
    let mut pages: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    files(&root.join("docs"), ".md", &mut pages);
    files(&root.join("snapshots"), ".md", &mut pages);
    let mut faults = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap();
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap_or_default();
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if !folder.join(target).exists() {
                faults.push(format!("{}: {target}", page.display()));
            }
        }
        for span in text.split('`').skip(1).step_by(2) {
            let known = [
                "src/",
                "tests/",
                "docs/",
                "controls/",
                "benchmarks/",
                "snapshots/",
                "benches/",
                ".ci/",
            ];
            let is_path = known.iter().any(|prefix| span.starts_with(prefix))
                && !span.contains(['<', '*', ' ', '$', '{']);
            if is_path && !root.join(span).exists() {
                faults.push(format!("{}: `{span}`", page.display()));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "paths that do not exist:\n{}",
        faults.join("\n")
    );
}

/// `--no-default-features` promises an analyzer without any network code (README, design of the feature `collect`).
#[test]
fn the_offline_build_has_no_network_crate() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--no-default-features",
            "--edges",
            "normal,build",
        ])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let tree = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(crates.contains("rusqlite"), "cargo tree printed no tree");
    let network = [
        "aws",
        "tokio",
        "hyper",
        "http",
        "rustls",
        "ring",
        "reqwest",
        "h2",
        "mio",
        "socket2",
        "openssl",
        "native-tls",
        "async-std",
        "smol",
        "ureq",
        "futures",
        "tower",
    ];
    let found: Vec<&&str> = crates
        .iter()
        .filter(|name| {
            network
                .iter()
                .any(|n| *name == n || name.starts_with(&format!("{n}-")))
        })
        .collect();
    assert!(
        found.is_empty(),
        "network crates in the offline tree: {found:?}"
    );
}

/// A decision is cited by its number: each that code or documents cite has a line in `docs/filter-patterns.md`.
#[test]
fn decisions_that_are_cited_exist() {
    let numbers = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words
            .filter(|word| {
                let digits = word.strip_prefix('D').unwrap_or_default();
                (1..=2).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
            })
            .map(str::to_owned)
            .collect()
    };
    let root = Path::new(ROOT);
    let reference = fs::read_to_string(root.join("docs/filter-patterns.md")).unwrap();
    let rows = reference
        .lines()
        .filter_map(|line| line.strip_prefix("| D"));
    let decided: BTreeSet<String> = rows
        .filter_map(|row| Some(format!("D{}", row.split(' ').next()?)))
        .collect();
    assert!(decided.contains("D4"), "{decided:?}");
    let mut sources = Vec::new();
    for (folder, ending) in [("src", ".rs"), ("docs", ".md")] {
        files(&root.join(folder), ending, &mut sources);
    }
    let faults: Vec<String> = sources
        .iter()
        .flat_map(|path| {
            let cited = numbers(&fs::read_to_string(path).unwrap());
            let unknown: Vec<_> = cited.difference(&decided).cloned().collect();
            unknown
                .into_iter()
                .map(|number| format!("{}: {number}", path.display()))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
