//! `pattern match` and `pattern explain`.

use crate::support::trailproof;

fn run(args: &[&str], input: &str) -> (i32, String, String) {
    let output = trailproof()
        .arg("pattern")
        .args(args)
        .write_stdin(input)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn match_prints_one_json_line_for_each_event() {
    let input = "{\"a\":1}\n\n{\"a\":2}\n{\"a\":\"1\"}";
    let (code, stdout, stderr) = run(
        &["match", "--pattern", "{ $.a = 1 }", "--format", "json"],
        input,
    );
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(
        stdout,
        "{\"line\":1,\"matches\":true}\n{\"line\":3,\"matches\":false}\n{\"line\":4,\"matches\":true}\n"
    );
    assert_eq!(stderr, "");
}

#[test]
fn match_prints_matching_lines_as_they_are() {
    let input = "{\"a\": 1 }\n{\"a\":2}\n";
    let (code, stdout, stderr) = run(&["match", "--pattern", "{ $.a = 1 }", "-"], input);
    assert_eq!(
        (code, stdout.as_str(), stderr.as_str()),
        (0, "{\"a\": 1 }\n", "1 of 2 events matches\n")
    );
}

#[test]
fn match_reads_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    std::fs::write(&file, "{\"a\":1}\r\n").unwrap();
    let (code, stdout, _) = run(
        &[
            "match",
            "--pattern",
            "{$.a=1}",
            file.to_str().unwrap(),
            "--format=json",
        ],
        "",
    );
    assert_eq!(
        (code, stdout.as_str()),
        (0, "{\"line\":1,\"matches\":true}\n")
    );
    let (code, _, stderr) = run(&["match", "--pattern", "{$.a=1}", "no/such/file"], "");
    assert_eq!(code, 2);
    assert!(
        stderr.starts_with("error: cannot open `no/such/file`: "),
        "{stderr}"
    );
}

#[test]
fn a_line_that_is_not_json_is_named() {
    for (bad, column) in [
        ("{\"a\":", 5),
        ("{\"a\":1} x", 9),
        ("nonsense", 2),
        ("{\"b\":{\"c\":[1,}}", 14),
    ] {
        let input = format!("{{\"a\":1}}\n\n{bad}\n{{\"a\":1}}\n");
        let (code, stdout, stderr) = run(
            &["match", "--pattern", "{$.a=1}", "--format", "json"],
            &input,
        );
        assert_eq!(code, 2, "{bad}");
        assert_eq!(
            stdout, "{\"line\":1,\"matches\":true}\n",
            "what was decided before stands"
        );
        assert!(
            stderr.starts_with("error: standard input, line 3: the event is not JSON: "),
            "{stderr}"
        );
        assert!(
            stderr.contains(&format!("at column {column}\n")),
            "{bad}: {stderr}"
        );
    }
}

#[test]
fn a_text_pattern_takes_lines_that_are_not_json() {
    let (code, stdout, _) = run(
        &["match", "--pattern", "ERROR -ok", "--format", "json"],
        "an ERROR\nERROR ok\n",
    );
    assert_eq!(
        (code, stdout.as_str()),
        (
            0,
            "{\"line\":1,\"matches\":true}\n{\"line\":2,\"matches\":false}\n"
        )
    );
}

#[test]
fn a_pattern_that_does_not_parse_is_drawn_with_a_caret() {
    for command in ["match", "explain"] {
        let (code, stdout, stderr) = run(&[command, "--pattern", "{ $.a == 1 }"], "");
        assert_eq!(code, 2);
        assert_eq!(stdout, "");
        let lines: Vec<&str> = stderr.lines().collect();
        assert_eq!(lines[0], "error: `==` is no operator");
        let column = lines
            .iter()
            .find_map(|line| line.find("==").filter(|_| line.contains("$.a")))
            .unwrap();
        assert!(
            lines.iter().any(|line| line.find("^^") == Some(column)),
            "{stderr}"
        );
        assert!(stderr.contains("help: write `=`"), "{stderr}");
        assert!(stderr.contains("AWS rejects it"), "{stderr}");
    }
}

#[test]
fn a_closed_pipe_is_success() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_trailproof"))
        .args([
            "pattern",
            "match",
            "--pattern",
            "{$.a=1}",
            "--format",
            "json",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || {
        use std::io::Write;
        // The tool stops reading at some point; that is the point.
        let _ = stdin.write_all("{\"a\":1}\n".repeat(200_000).as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn explain_says_a_pattern_in_words() {
    let pattern = "{ ($.eventName = ConsoleLogin) && $.errorCode NOT EXISTS }";
    let (code, stdout, _) = run(&["explain", "--pattern", pattern], "");
    assert_eq!(code, 0);
    let words = "A JSON event matches when\n  all of these hold:\n    `eventName` is `ConsoleLogin`\n    `errorCode` is missing (null is not missing)\n";
    let cases = "\nCase by case (1 holds, 0 does not, . does not matter)\n  1  $.eventName = ConsoleLogin\n  2  $.errorCode NOT EXISTS\n\n  1 2  matches\n  1 1  yes\n  1 0  no\n  0 .  no\n";
    assert_eq!(stdout, format!("{pattern}\n\n{words}{cases}"));
}
