//! An account whose every name is hostile goes through every command and every format: nothing in it steers a terminal,
//! hides, turns or forges a line, becomes a formula, a link, a mention or markup.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::import::folder::{self, Layout};
use super::support::trailproof;
use super::support::world::{ACCOUNT, LOG_GROUP, TOPIC, TRAIL, World};

/// What a name may hold, at worst. A line that begins with FORGED was forged.
const NASTY: &str = "\nFORGED:yes\u{1b}[8m\u{1b}]0;title\u{7}\rFORGED\u{202e}\u{2066}\u{200b}\u{2028}FORGED\u{2029}\u{85}\u{9b}2J\u{7f}\u{ad}\u{feff}\
     \u{e0041}\u{61c}\t`|<img/src=x>@octocat,https://evil.example#1\"';--";

/// What a name of a resource holds besides: markup that runs, ends what stands around it, or is undone by a second reader;
/// characters that XML cannot hold; words from right to left; and more of it than a screen has.
fn name() -> String {
    format!(
        "{NASTY}<script>owned=1</script><svg/onload=owned=1></script></style></title></code></pre>]]>--><!--&lt;b&gt;&#x3c;i&#x3e;&amp;amp;\
         \" onmouseover=owned=1 x='[x](javascript:owned=1)<a/href=javascript:owned=1>\0\u{fffe}\u{ffff}\u{645}\u{631}\u{62d}\u{628}\u{627}{}",
        "W".repeat(300)
    )
}

/// Whether a character may stand in output: our own line breaks and tabs, and what can be seen.
fn forbidden(c: char) -> bool {
    let code = u32::from(c);
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(code, 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb)
        || matches!(code, 0xe0000..=0xe0fff)
}

/// The complete account with every name made hostile, some of it broken, one call refused with a hostile message.
pub fn account() -> World {
    let mut world = World::complete();
    for answer in &mut world.answers {
        rename(&mut answer.request);
        if let Ok(output) = &mut answer.output {
            rename(output);
        }
    }
    world
        .edit_alarm_of_any("cis cloudtrail_changes", |alarm| {
            alarm["ActionsEnabled"] = false.into();
        })
        .edit_alarm_of_any("cis config_changes", |alarm| {
            alarm["AlarmActions"] = Value::Array(Vec::new());
        })
        .edit_alarm_of_any("cis vpc_changes", |alarm| {
            alarm["ActionsSuppressor"] = NASTY.into();
        })
        .edit_filters(|filter| {
            if filter["filterName"]
                .as_str()
                .is_some_and(|name| name.starts_with("nacl-changes"))
            {
                filter["filterPattern"] = format!("{{ $.eventName = \"{NASTY} }}").into();
            }
            if filter["filterName"]
                .as_str()
                .is_some_and(|name| name.starts_with("root-usage"))
            {
                filter["filterPattern"] =
                    "{ $.userIdentity.type = \"Ro\u{202e}ot\" && $.x != \"a|b@octocat\" }".into();
            }
        });
    for answer in world.answers_to("sns", "GetSubscriptionAttributes") {
        answer.output = Err(super::support::world::ApiError {
            status: 400,
            code: format!("Denied{NASTY}"),
            message: name(),
        });
    }
    world
}

/// Names of resources become hostile wherever they occur, ARNs and requests included.
fn rename(value: &mut Value) {
    match value {
        Value::String(text) => {
            let renamed = ["cis ", LOG_GROUP, TOPIC, TRAIL, "security@"]
                .iter()
                .any(|name| text.contains(name));
            let is_filter = !text.contains(' ') && text.contains('-') && text.ends_with("changes");
            if (renamed || is_filter || text == "root-usage") && !text.contains(NASTY) {
                for name in [LOG_GROUP, TOPIC, TRAIL] {
                    *text = text.replace(name, &format!("{name}{}", self::name()));
                }
                if text.contains("cis ")
                    || is_filter
                    || text == "root-usage"
                    || text.contains("security@")
                {
                    text.push_str(&name());
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(rename),
        Value::Object(fields) => fields.values_mut().for_each(rename),
        _ => {}
    }
}

impl World {
    fn edit_alarm_of_any(&mut self, start: &str, change: impl Fn(&mut Value)) -> &mut Self {
        let mut edited = 0;
        self.edit("monitoring", "DescribeAlarms", |_| {});
        for answer in self.answers_to("monitoring", "DescribeAlarms") {
            let Ok(output) = &mut answer.output else {
                continue;
            };
            for alarm in output["MetricAlarms"].as_array_mut().into_iter().flatten() {
                if alarm["AlarmName"]
                    .as_str()
                    .is_some_and(|name| name.starts_with(start))
                {
                    change(alarm);
                    edited += 1;
                }
            }
        }
        assert!(edited > 0, "no alarm {start}");
        self
    }
}

struct Ran {
    what: String,
    stdout: String,
    stderr: String,
}

fn run<S: AsRef<OsStr>>(args: &[S]) -> Ran {
    let what: Vec<String> = args
        .iter()
        .map(|arg| arg.as_ref().to_string_lossy().into_owned())
        .collect();
    let output = trailproof().args(args).output().unwrap();
    let ran = Ran {
        what: format!("{what:?}"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    harmless(&ran.what, &ran.stdout);
    harmless(&ran.what, &ran.stderr);
    ran
}

#[track_caller]
fn harmless(what: &str, text: &str) {
    // Lines of CSV end with both.
    let text = text.replace("\r\n", "\n");
    if let Some(c) = text.chars().find(|c| forbidden(*c)) {
        let at = text.find(c).unwrap();
        let near: String = text[..at].chars().rev().take(60).collect();
        panic!(
            "{what} prints U+{:04X} after {:?}",
            u32::from(c),
            near.chars().rev().collect::<String>()
        );
    }
    for line in text.lines() {
        assert!(
            !line.starts_with("FORGED"),
            "{what} prints a forged line: {line}"
        );
    }
}

fn snapshot(folder: &Path) -> PathBuf {
    let path = folder.join("nasty.trailproof");
    account().write_snapshot_by(&format!("made by{NASTY}"), &path);
    path
}

#[test]
fn names_cannot_steer_a_terminal_or_forge_a_line_in_any_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = snapshot(folder.path());
    let file = path.to_str().unwrap();
    for format in [
        "table", "json", "csv", "markdown", "comment", "junit", "sarif", "html", "ocsf", "asff",
        "oscal", "hdf",
    ] {
        let ran = run(&["analyze", file, "--format", format]);
        assert!(ran.stdout.contains("FORGED"), "{format}: {}", ran.stdout);
        let out = folder.path().join(format);
        run(&[
            "analyze",
            file,
            "--format",
            format,
            "-o",
            out.to_str().unwrap(),
        ]);
        let written = std::fs::read_to_string(&out).unwrap();
        harmless(format, &written);
        if matches!(format, "json" | "sarif" | "ocsf" | "asff" | "oscal" | "hdf") {
            let value: Value = serde_json::from_str(&written).unwrap();
            assert!(
                value.to_string().contains("FORGED"),
                "JSON keeps the names as they are"
            );
            if format == "json" {
                assert!(written.contains("\\u202e"));
            }
        }
    }
    for control in [
        "cloudtrail_changes",
        "config_changes",
        "vpc_changes",
        "nacl_changes",
        "root_usage",
        "iam_policy_changes",
    ] {
        for more in [
            &[][..],
            &["--full"],
            &["--format", "json"],
            &["--format", "markdown"],
        ] {
            let ran = run(&[&["explain", file, control], more].concat());
            assert!(ran.stdout.contains("FORGED"), "{more:?}: {}", ran.stdout);
        }
    }
    for more in [&["--details", "--gaps"][..], &["--failing"], &["--quiet"]] {
        run(&[&["analyze", file], more].concat());
    }
    let complete = folder.path().join("complete.trailproof");
    World::complete().write_snapshot(&complete);
    let complete = complete.to_str().unwrap();
    for format in ["table", "json", "markdown", "comment", "html"] {
        let ran = run(&["diff", complete, file, "--format", format]);
        assert!(ran.stdout.contains("FORGED"), "{format}");
        run(&["diff", file, complete, "--format", format]);
    }
}

#[test]
fn names_cannot_steer_a_terminal_or_forge_a_line_in_plans_and_replays() {
    let folder = tempfile::tempdir().unwrap();
    let path = snapshot(folder.path());
    let file = path.to_str().unwrap();
    for format in ["aws-cli", "terraform", "cloudformation", "console"] {
        run(&["remediate", file, "--format", format]);
    }
    run(&["remediate", file, "--plan", "json"]);
    run(&["remediate", file, "--email", NASTY]);
    run(&["remediate", file, "--region", NASTY]);
    let record = |name: &str, value: &str| {
        let mut record = serde_json::json!({
            "eventVersion": "1.11", "eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com",
            "eventTime": "2026-11-21T12:00:00Z", "awsRegion": "us-east-1", "eventID": "1", "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT, "userIdentity": {"type": "Root", "accountId": ACCOUNT}
        });
        record[name] = value.into();
        record
    };
    let names = [
        "eventName",
        "eventSource",
        "eventTime",
        "awsRegion",
        "eventID",
        "recipientAccountId",
        "errorMessage",
    ];
    let mut records: Vec<Value> = names.map(|name| record(name, NASTY)).into();
    records
        .push(serde_json::json!({ NASTY: NASTY, "userIdentity": {"type": NASTY, "arn": NASTY} }));
    let logs = folder
        .path()
        .join(format!("{}.json", NASTY.replace('/', "_")));
    std::fs::write(&logs, serde_json::json!({ "Records": records }).to_string()).unwrap();
    let logs = logs.to_str().unwrap();
    for format in ["text", "json", "markdown"] {
        run(&["replay", file, logs, "--format", format]);
    }
    std::fs::write(logs, format!("[{{\"{NASTY}")).unwrap();
    run(&["replay", file, logs]);
    for sql in ["duckdb", "spark", NASTY] {
        run(&["replay", file, "--sql", sql]);
    }
}

#[test]
fn names_cannot_steer_a_terminal_or_forge_a_line_in_any_other_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = snapshot(folder.path());
    let file = path.to_str().unwrap();
    for row in 1..60 {
        let row = row.to_string();
        run(&["show", file, &row]);
        run(&["show", file, &row, "--format", "json"]);
    }
    run(&["show", file]);
    let ran = run(&["verify", file]);
    // Wherever its lines break.
    let told = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("made by\\nFORGED"), "{}", ran.stdout);
    for format in ["table", "csv", "json"] {
        let sql = format!(
            "select name as \"head{}\", '{}' from alarm",
            NASTY.replace('"', ""),
            NASTY.replace('\'', "")
        );
        let ran = run(&["query", file, &sql, "--format", format]);
        assert!(
            ran.stdout.contains("FORGED"),
            "{format}: {}{}",
            ran.stdout,
            ran.stderr
        );
    }
    run(&["query", file, &format!("select {NASTY}")]);
    let masked = folder.path().join("masked");
    run(&["redact", file, "-o", masked.to_str().unwrap()]);
    let hostile = folder.path().join(NASTY.replace('/', "_"));
    let hostile = hostile.to_str().unwrap();
    for args in [
        vec!["verify", hostile],
        vec!["analyze", hostile],
        vec!["explain", hostile, NASTY],
        vec!["explain", file, NASTY],
        vec!["analyze", file, "--control", NASTY],
        vec!["analyze", file, "--account", NASTY],
        vec!["analyze", file, "--benchmark", NASTY],
        vec!["analyze", file, "--format", NASTY],
        vec!["analyze", file, "--attest", hostile],
        vec!["analyze", file, "-o", "/nowhere\nFORGED\u{1b}[8m/x"],
        vec!["analyze", file, "--controls", hostile],
        vec![NASTY],
        vec!["--\nFORGED\u{1b}[8m"],
        vec!["collect", NASTY],
        vec!["import", hostile, "-o", hostile],
        vec!["redact", hostile, "-o", hostile],
        vec!["sign", file, "--key", hostile],
        vec!["man", NASTY],
        vec!["completions", NASTY],
        vec!["controls", "show", NASTY],
        vec!["controls", "list", "--benchmark", NASTY],
        vec!["pattern", "explain", "--pattern", NASTY],
        vec![
            "pattern",
            "explain",
            "--pattern",
            "{ $.a = \"x\nFORGED\u{1b}[8m\u{202e}\" }",
        ],
        vec!["pattern", "match", "--pattern", NASTY],
        vec![
            "pattern",
            "match",
            "--pattern",
            "{ $.a = \"\nFORGED",
            hostile,
        ],
        vec!["pattern", "match", "--pattern", "{ $.a = 1 }", hostile],
        vec![
            "pattern",
            "compare",
            "--required",
            NASTY,
            "--deployed",
            NASTY,
        ],
        vec![
            "pattern",
            "compare",
            "--required",
            "{ $.a = \"x\nFORGED\u{202e}\u{1b}[8m*\" }",
            "--deployed",
            "{ $.a = 1 }",
        ],
    ] {
        run(&args);
    }
}

#[test]
fn a_folder_of_hostile_files_is_imported_without_a_forged_word() {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("answers");
    let mut world = World::complete();
    for answer in world.answers_to("sns", "GetSubscriptionAttributes") {
        answer.output = Err(super::support::world::ApiError {
            status: 400,
            code: "AuthorizationError".to_owned(),
            message: NASTY.to_owned(),
        });
    }
    folder::write(&world, &from, Layout::Script);
    std::fs::write(from.join(NASTY.replace('/', "_")), NASTY).unwrap();
    std::fs::write(from.join("x.json"), format!("{{ {NASTY}")).unwrap();
    let out = folder.path().join("out.trailproof");
    let ran = run(&[
        "import",
        from.to_str().unwrap(),
        "-o",
        out.to_str().unwrap(),
        "--account",
        "111122223333",
        "--region",
        "us-east-1",
    ]);
    assert!(out.exists(), "{}", ran.stderr);
    run(&["analyze", out.to_str().unwrap()]);
}

#[test]
fn no_cell_of_any_csv_is_a_formula() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.trailproof");
    World::complete().write_snapshot(&path);
    let file = path.to_str().unwrap();
    for start in [
        "=",
        "+",
        "-",
        "@",
        "\t=",
        "\r=",
        "\n=",
        "＝",
        "＋",
        "－",
        "＠",
        " =",
        "\u{200b}=",
    ] {
        let sql = format!("select '{start}cmd()' as \"{start}head\"");
        let ran = run(&["query", file, &sql, "--format", "csv"]);
        for line in ran.stdout.lines() {
            assert!(line.starts_with('\''), "{start:?}: {line}");
        }
    }
    let ran = run(&["query", file, "select -1 as number", "--format", "csv"]);
    assert_eq!(ran.stdout, "number\r\n-1\r\n");
}
