//! The house rules that a machine can hold: module direction, paths in Markdown, the offline dependency tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

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
