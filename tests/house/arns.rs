//! Identifiers are types: an ARN is taken apart and put together in one file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{ROOT, files};

/// The file that knows how ARNs are written.
const TYPE: &str = "aws/arn.rs";

/// The modules that know nothing of AWS; the records that `coverage` makes up have ARNs in them as they have addresses.
const WITHOUT_AWS: [&str; 2] = ["coverage", "pattern"];

/// What only code that reads or writes an ARN by hand has: the beginning of one at the beginning of a text, and what stands
/// between its parts.
const BY_HAND: [&str; 7] = [
    "\"arn:",
    "\"^arn:",
    ":log-group:",
    "mute-rule:\"",
    ":event-bus/",
    "arn.split",
    "arn.rsplit",
];

/// Files that are compiled for tests alone.
fn test_modules(sources: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for path in sources {
        let text = fs::read_to_string(path).unwrap();
        let folder = match path.file_name().and_then(|it| it.to_str()) {
            Some("mod.rs") => path.parent().unwrap().to_owned(),
            _ => path.with_extension(""),
        };
        for rest in text.split("#[cfg(test)]\nmod ").skip(1) {
            if let Some((name, _)) = rest.split_once(';').filter(|(it, _)| !it.contains(' ')) {
                found.insert(folder.join(name));
            }
        }
    }
    found
}

#[test]
fn arns_are_read_and_written_in_one_file() {
    let src = Path::new(ROOT).join("src");
    let mut sources = Vec::new();
    files(&src, ".rs", &mut sources);
    let tests = test_modules(&sources);
    assert!(tests.contains(&src.join("redact/tests")), "{tests:?}");
    let mut faults = Vec::new();
    for path in &sources {
        let file = path.strip_prefix(&src).unwrap();
        let of_tests = tests
            .iter()
            .any(|it| path.with_extension("").starts_with(it));
        if of_tests || file == Path::new(TYPE) || WITHOUT_AWS.iter().any(|it| file.starts_with(it))
        {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            if !is_comment && BY_HAND.iter().any(|it| line.contains(it)) {
                faults.push(format!(
                    "{}:{}: {}",
                    file.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "through `{TYPE}` instead:\n{}",
        faults.join("\n")
    );
}
