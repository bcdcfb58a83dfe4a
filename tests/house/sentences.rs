//! Reasons are data: outside of `report`, `cli` and errors nobody makes a sentence.

use std::fs;
use std::path::Path;

use super::{ROOT, files};

/// The modules that judge. What they find is data; the others name files, rows and people's mistakes in their errors.
const JUDGING: [&str; 7] = [
    "analyze", "aws", "chain", "coverage", "diff", "remedy", "replay",
];

/// Files that may hold sentences, and what these are.
const ALLOWED: &[(&str, &str)] = &[
    ("analyze/attest.rs", "errors of the file of attestations"),
    ("analyze/question.rs", "errors of a user's query"),
    (
        "aws/composite/rule.rs",
        "errors of a text that does not parse",
    ),
    (
        "aws/field_selection.rs",
        "errors of a text that does not parse",
    ),
    (
        "aws/metric_math/evaluate.rs",
        "errors of an expression that is not evaluated",
    ),
    (
        "aws/metric_math/expression.rs",
        "errors of a text that does not parse",
    ),
    (
        "aws/metric_math/scene.rs",
        "errors of an expression that is not evaluated",
    ),
    (
        "chain/facts/json.rs",
        "an error of a row that cannot be read",
    ),
    ("chain/failure/mod.rs", "the table of failures"),
    ("chain/failure/table.rs", "the table of failures"),
    (
        "coverage/smt/known.rs",
        "comments of a question to a solver",
    ),
    ("coverage/smt/mod.rs", "comments of a question to a solver"),
    ("coverage/smt/regex.rs", "errors of what is not translated"),
    ("coverage/smt/terms.rs", "errors of what is not translated"),
    ("coverage/smt/text.rs", "errors of what is not translated"),
    ("coverage/witness.rs", "a message of CloudTrail's"),
    ("replay/counts/mod.rs", "errors of a file of counts"),
    ("replay/records/folder.rs", "errors of a folder"),
    ("replay/records/stream.rs", "errors of a file of records"),
    ("replay/sql/query.rs", "the head of a query"),
];

#[test]
fn no_sentence_is_made_outside_of_report() {
    let src = Path::new(ROOT).join("src");
    let mut sources = Vec::new();
    files(&src, ".rs", &mut sources);
    let mut faults = Vec::new();
    let mut unused: Vec<&str> = ALLOWED.iter().map(|(file, _)| *file).collect();
    for path in sources {
        let file = path.strip_prefix(&src).unwrap().display().to_string();
        let judges = file
            .split('/')
            .next()
            .is_some_and(|it| JUDGING.contains(&it));
        if !judges || file.ends_with("tests.rs") {
            continue;
        }
        let found = sentences(&fs::read_to_string(&path).unwrap());
        if found.is_empty() {
            continue;
        }
        match unused.iter().position(|allowed| *allowed == file) {
            Some(at) => drop(unused.remove(at)),
            None => faults.extend(found.into_iter().map(|it| format!("{file}: {it:?}"))),
        }
    }
    assert!(
        faults.is_empty(),
        "a reason is a typed cause, and its words are in `report::words`:\n{}",
        faults.join("\n")
    );
    assert!(unused.is_empty(), "these hold no sentence: {unused:?}");
}

#[test]
fn a_sentence_is_known_when_it_stands_in_code() {
    let found = |code: &str| !sentences(code).is_empty();
    assert!(found(
        r#"let text = format!("trail `{}` names no log group", name);"#
    ));
    assert!(found(
        r#"return unknown("it matches no finding".to_owned());"#
    ));
    assert!(found(
        "let text = \"the event that was found \\\n    does not stand up\";"
    ));
    for other in [
        r#"let sql = "select name from trail where account = ?1";"#,
        r#"let sql = "insert into trail (account) values (?1)";"#,
        r#"const CODE: &str = "trail_not_logging";"#,
        r#"let key = "arn:aws:s3:::bucket/AWSLogs and more";"#,
        "/// A trail names no log group.\nstruct Trail;",
        r#"#[error("the file `{0}` is no longer a file")]"#,
        r#"#[expect(dead_code, reason = "nobody asks for it yet")]"#,
        r#"let quote = '"'; let it = does_not_stand(' ', up_to, '"');"#,
        "fn code() {}\n#[cfg(test)]\nmod tests {\n    const TOLD: &str = \"a trail that is told\";\n}",
    ] {
        assert!(!found(other), "{other}");
    }
}

/// The string literals of a source that read as a sentence: three words in a row that are not SQL. Tests, comments,
/// reasons of lints and the texts of error types do not count.
fn sentences(text: &str) -> Vec<String> {
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
    let mut found = Vec::new();
    for (before, literal) in literals(code) {
        let before = before.trim_end();
        let is_attribute = before.ends_with("#[error(") || before.ends_with("reason =");
        if !is_attribute && reads_as_sentence(&literal) {
            found.push(literal);
        }
    }
    found
}

/// Each literal with the text before it.
fn literals(code: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let bytes = code.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += code[at..].find('\n').unwrap_or(code.len() - at);
            }
            // A character, which may be a quote; a lifetime has no second quote.
            b'\'' if bytes.get(at + 1) == Some(&b'\\') => {
                at += 3 + code[at + 3..].find('\'').unwrap_or(0) + 1;
            }
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 3,
            b'"' => {
                let raw = code[..at].trim_end_matches('#');
                let hashes = at - raw.len();
                let is_raw = raw.ends_with('r') || raw.ends_with("br");
                let end = if is_raw {
                    let close = format!("\"{}", "#".repeat(hashes));
                    code[at + 1..].find(&close).unwrap()
                } else {
                    closing(&code[at + 1..])
                };
                let literal = &code[at + 1..at + 1 + end];
                found.push((&code[..at], joined(literal)));
                at += end + 2;
            }
            _ => at += 1,
        }
    }
    found
}

fn closing(text: &str) -> usize {
    let mut escaped = false;
    text.find(|letter| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    })
    .unwrap()
}

/// Without the line breaks that a backslash takes out.
fn joined(literal: &str) -> String {
    let mut parts = literal.split("\\\n");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + part.trim_start())
}

fn reads_as_sentence(literal: &str) -> bool {
    const SQL: [&str; 10] = [
        "select ",
        "insert ",
        "delete from",
        "update ",
        "create ",
        "drop ",
        "union ",
        "case when",
        "is not null",
        "rollback to",
    ];
    if SQL.iter().any(|word| literal.contains(word)) {
        return false;
    }
    let mut row = 0;
    literal.split(' ').any(|word| {
        let word = word.trim_end_matches([',', ':', ';']);
        let is_word = !word.is_empty() && word.chars().all(|it| it.is_ascii_lowercase());
        row = if is_word { row + 1 } else { 0 };
        row == 3
    })
}
