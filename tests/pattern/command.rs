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

/// The answer to a file that holds these bytes.
fn run_file(bytes: &[u8], asked: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events");
    std::fs::write(&file, bytes).unwrap();
    let file = file.to_str().unwrap();
    run(&[&["match"][..], asked, &[file]].concat(), "")
}

const FILTER: [&str; 2] = ["--pattern", "{ $.a = 1 }"];
const RULE: [&str; 2] = ["--event-pattern", r#"{"a":[1]}"#];

/// What `replay` says of such files, and what to do.
#[test]
fn a_file_of_another_form_is_named() {
    let utf16: Vec<u8> = [0xfeff]
        .into_iter()
        .chain("{\"a\":1}\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for asked in [&FILTER[..], &RULE, &["--pattern", "ERROR"]] {
        for (bytes, message) in [
            (utf16.as_slice(), "is UTF-16 text, as PowerShell writes it"),
            (b"PK\x03\x04\x14\0\0\0", "is a zip archive"),
            (b"BZh91AY&SY\xae\x01", "is compressed with bzip2"),
            (b"", "there is no event in"),
            (b"\n\n", "there is no event in"),
            (b"\x1f\x8b\x08\0\0\0\0\0\0\xff", "cannot read"),
        ] {
            let (code, stdout, stderr) = run_file(bytes, asked);
            assert_eq!((code, stdout.as_str()), (2, ""), "{message}: {stderr}");
            assert!(stderr.contains(message), "{stderr}");
            assert!(stderr.contains("\nhelp: "), "{stderr}");
        }
    }
    // A line of text is one, whatever it begins with.
    let (code, stdout, _) = run_file(b"BZh is an ERROR\n", &["--pattern", "ERROR"]);
    assert_eq!((code, stdout.as_str()), (0, "BZh is an ERROR\n"));
    // A list without anything in it is a whole answer.
    let (code, _, stderr) = run_file(b"{\"Records\":[]}", &FILTER);
    assert_eq!((code, stderr.as_str()), (0, "0 of 0 events match\n"));
}

#[test]
fn a_folder_and_a_missing_file_say_what_to_name() {
    let folder = tempfile::tempdir().unwrap();
    for (path, help) in [
        (
            folder.path().to_str().unwrap(),
            "help: name the files in it",
        ),
        ("no/such/file", "help: name a file of events"),
    ] {
        let (code, _, stderr) = run(&[&["match"][..], &FILTER, &[path]].concat(), "");
        assert_eq!(code, 2);
        assert!(stderr.contains(help), "{stderr}");
    }
}

#[test]
fn a_pattern_of_the_other_language_is_pointed_out() {
    let (rule, filter) = (RULE[1], FILTER[1]);
    for (args, help) in [
        (&["explain", rule][..], "give it as --event-pattern"),
        (&["match", "--pattern", rule], "give it as --event-pattern"),
        (
            &["compare", "--required", filter, "--deployed", rule],
            "give it as --deployed-rule",
        ),
        (
            &["compare", "--required", rule, "--deployed", filter],
            "a filter pattern is wanted",
        ),
        (
            &["explain", "--event-pattern", filter],
            "give it as --pattern",
        ),
        (
            &["compare", "--required", filter, "--deployed-rule", filter],
            "give it as --deployed",
        ),
    ] {
        let (code, _, stderr) = run(args, "{}");
        assert_eq!(code, 2);
        assert!(stderr.contains(help), "{args:?}: {stderr}");
        assert!(!stderr.contains("name the field with"), "{stderr}");
    }
}

/// EventBridge hands on objects; `42` is told as a fault and not as an event that does not match.
#[test]
fn an_event_that_is_no_object_is_a_fault() {
    let line = run(&[&["match"][..], &RULE].concat(), "{\"a\":1}\n42\n");
    let record = run(&[&["match"][..], &RULE].concat(), "[{\"a\":1},42]\n");
    for ((code, stdout, stderr), place) in [(line, "line 2"), (record, "record 2")] {
        assert_eq!((code, stdout.as_str()), (2, "{\"a\":1}\n"), "{stderr}");
        assert!(
            stderr.contains(&format!("{place}: the event is no JSON object")),
            "{stderr}"
        );
    }
    // CloudWatch Logs takes any text.
    assert_eq!(run(&[&["match"][..], &FILTER].concat(), "42\n").0, 0);
}
