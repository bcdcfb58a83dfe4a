//! Embeds the files of `controls/` and `benchmarks/` into the library, so that adding a control is adding a file.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut code = String::new();
    code.push_str(
        "/// `controls/<id>.toml`: id, text without framework mappings, and those; sorted by id.\n",
    );
    code.push_str("pub(super) static CONTROLS: &[(&str, &str, &str)] = &[\n");
    for (id, path) in toml_files(&root.join("controls"))? {
        let (text, frameworks) = cut_frameworks(&fs::read_to_string(&path)?);
        println!("cargo::rerun-if-changed={path}");
        code.push_str(&format!("    ({id:?}, {text:?}, {frameworks:?}),\n"));
    }
    code.push_str("];\n");
    code.push_str("/// `benchmarks/<id>.toml`: id and text, sorted by id.\n");
    code.push_str("pub(super) static BENCHMARKS: &[(&str, &str)] = &[\n");
    for (id, path) in toml_files(&root.join("benchmarks"))? {
        println!("cargo::rerun-if-changed={path}");
        code.push_str(&format!("    ({id:?}, include_str!({path:?})),\n"));
    }
    code.push_str("];\n");
    for folder in ["controls", "benchmarks"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    fs::write(out.join("embedded.rs"), code)
}

/// The `.toml` files of a folder by their stem, in the order of the stems.
fn toml_files(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .map(str::to_owned);
        let is_toml = path
            .extension()
            .is_some_and(|extension| extension == "toml");
        if let (Some(stem), true) = (stem, is_toml) {
            files.push((stem, path.display().to_string()));
        }
    }
    files.sort();
    Ok(files)
}

/// Takes `frameworks = [ ... ]` out of a control. The mappings are more than half of all text and seldom looked at:
/// every command reads the controls when it starts, and the mappings only when they are asked for. Blank lines take
/// their place, so that errors still name the right line.
fn cut_frameworks(text: &str) -> (String, String) {
    let (mut rest, mut frameworks) = (String::new(), String::new());
    let mut inside = false;
    for line in text.lines() {
        inside |= line == "frameworks = [";
        if inside {
            frameworks.push_str(line);
            frameworks.push('\n');
        } else {
            rest.push_str(line);
        }
        rest.push('\n');
        inside &= line != "]";
    }
    (rest, frameworks)
}
