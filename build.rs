//! Embeds the files of `controls/`, `benchmarks/` and `frameworks/` into the library, so that adding one is adding a file.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut code = String::new();
    for folder in ["controls", "benchmarks", "frameworks"] {
        let name = folder.to_uppercase();
        code.push_str(&format!(
            "/// `{folder}/<id>.toml`: id and text, sorted by id.\n\
             pub(super) static {name}: &[(&str, &str)] = &[\n"
        ));
        for (id, path) in toml_files(&root.join(folder))? {
            println!("cargo::rerun-if-changed={path}");
            code.push_str(&format!("    ({id:?}, include_str!({path:?})),\n"));
        }
        code.push_str("];\n");
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
