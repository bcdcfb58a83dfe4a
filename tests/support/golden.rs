//! Golden files: expected output under `tests/golden/`, rewritten when `TRAILPROOF_BLESS=1`.

use std::path::PathBuf;

/// Compares `actual` with `tests/golden/<name>`; the first line that differs is shown.
///
/// With `TRAILPROOF_BLESS=1` the file is written instead: read the difference in version control before committing it.
#[track_caller]
pub fn check(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("TRAILPROOF_BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().expect("a golden file has a folder"))
            .expect("the folder can be made");
        std::fs::write(&path, actual).expect("the golden file can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("golden file `{name}`: {error}; run with TRAILPROOF_BLESS=1 to write it")
    });
    if expected == actual {
        return;
    }
    let line = expected
        .lines()
        .zip(actual.lines())
        .take_while(|(left, right)| left == right)
        .count();
    panic!(
        "golden file `{name}` differs from line {}\nexpected: {:?}\nactual:   {:?}\nrun with TRAILPROOF_BLESS=1 to accept",
        line + 1,
        expected.lines().nth(line),
        actual.lines().nth(line),
    );
}

/// Holds a document of the project, part of which is made, against what it should be; writes it with `TRAILPROOF_BLESS=1`.
#[track_caller]
pub fn document(path: &std::path::Path, is: &str, wanted: &str) {
    if is == wanted {
        return;
    }
    if std::env::var_os("TRAILPROOF_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(path, wanted).expect("the document can be written");
        return;
    }
    panic!(
        "{} is not what it is made from: run with TRAILPROOF_BLESS=1",
        path.display()
    );
}
