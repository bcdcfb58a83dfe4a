//! A command whose data goes to a file says on standard error, in a line, what came out and where it lies.

use super::support::controls::judged;
use super::support::world::World;
use super::support::{project, trailproof};

/// What a command said on standard error, with `-o` and a name of its own.
fn told(folder: &std::path::Path, args: &[&str]) -> String {
    let path = folder.join(format!("{}.out", args.join("_").replace(['/', '.'], "-")));
    let output = trailproof()
        .args(args)
        .arg("-o")
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.stdout.is_empty(), "{args:?} wrote to both");
    assert!(path.metadata().is_ok_and(|it| it.len() > 0), "{said}");
    let (told, wrote) = said
        .trim_end()
        .split_once("; wrote `")
        .unwrap_or_else(|| panic!("{args:?}: {said}"));
    assert_eq!(wrote, format!("{}`", path.display()));
    told.to_owned()
}

/// What a command that is refused says on standard error.
fn refusal(command: &mut assert_cmd::Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{command:?}: {error}");
    error
}

#[test]
fn every_command_that_writes_data_to_a_file_says_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let broken = project("snapshots/broken.trailproof").display().to_string();
    let complete = project("snapshots/complete.trailproof")
        .display()
        .to_string();
    let records = project("snapshots/records").display().to_string();
    let all_fail = format!("0 pass, {} fail, 0 unknown", judged());
    for (args, expected) in [
        (vec!["analyze", &broken], all_fail.as_str()),
        (
            vec!["diff", &broken, &complete],
            "1 account gone, 1 account new; 0 findings worse, 0 better",
        ),
        (
            vec!["explain", &broken, "5.3"],
            "1 of 1 control would alert nobody",
        ),
        (vec!["explain", "A06", "t01"], "what A06, T01 means"),
        (vec!["explain", "a6"], "what A06 means"),
        (vec!["show", &broken], "every recorded call"),
        (
            vec!["show", &broken, "56"],
            "evidence 56: monitoring DescribeAlarms",
        ),
        (vec!["show", &broken, "56", "57"], "2 recorded calls"),
        (vec!["remediate", &broken, "--control", "5.3"], "1"),
        (vec!["replay", &complete, &records], "asked"),
        (
            vec!["replay", &complete, "--sql", "duckdb"],
            "the query for 1 account",
        ),
    ] {
        let told = told(folder.path(), &args);
        assert!(told.contains(expected), "{args:?}: {told}");
    }
}

#[test]
fn an_explanation_tells_what_was_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let (snapshot, accepted) = (
        folder.path().join("x.trailproof"),
        folder.path().join("accepted.toml"),
    );
    World::complete()
        .edit_alarm("root_usage", |alarm| alarm["ActionsEnabled"] = false.into())
        .remove_filter("vpc_changes")
        .write_snapshot(&snapshot);
    let entry = "[[accept]]\ncontrol = \"root_usage\"\naccount = \"111122223333\"\n\
        reason = \"watched by the SIEM\"\nby = \"Jo Example\"\nevidence = \"TICKET-7\"\nexpires = 2027-01-31\n";
    std::fs::write(&accepted, entry).unwrap();
    let explained = |more: &[&str]| {
        let output = trailproof()
            .arg("explain")
            .arg(&snapshot)
            .arg("--attest")
            .arg(&accepted)
            .args(more)
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let all = explained(&[]);
    assert_eq!(
        all.matches("accepted by Jo Example until 2027-01-31")
            .count(),
        1,
        "{all}"
    );
    assert!(all.contains("vpc_changes"));
    let json: serde_json::Value =
        serde_json::from_str(&explained(&["root_usage", "--format", "json"])).unwrap();
    assert_eq!(json["findings"][0]["accepted"]["by"], "Jo Example");
    // What a narrowed question leaves out is no mistake of the file.
    assert!(!explained(&["vpc_changes"]).contains("Jo Example"));
}

const REPORTS: [&str; 12] = [
    "table", "json", "csv", "markdown", "comment", "html", "sarif", "junit", "ocsf", "asff",
    "oscal", "hdf",
];

fn printed(args: &[&str]) -> String {
    let output = trailproof().args(args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        !text.is_empty(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Two files could not be told apart of which one counted rules of EventBridge and the other did not, and `diff` and `replay`
/// said nothing of what was assumed.
#[test]
fn every_report_says_how_it_was_asked() {
    let complete = project("snapshots/complete.trailproof")
        .display()
        .to_string();
    let records = project("snapshots/records").display().to_string();
    let asked = ["--assume", "no-mute-rules", "--paths", "alarm", "--strict"];
    let says = |args: &[&str], format: &str| {
        let text = printed(&[args, &asked, &["--format", format]].concat());
        let of_json = text.contains("\"paths\": \"alarm\"") && text.contains("\"strict\": true");
        let in_words = text.contains("--paths alarm") && text.contains("--strict");
        assert!(text.contains("no-mute-rules"), "{format}: {text}");
        assert!(of_json || in_words, "{format}: {text}");
    };
    for format in REPORTS {
        says(&["analyze", &complete], format);
    }
    for format in ["table", "json", "markdown", "comment", "html"] {
        says(&["diff", &complete, &complete], format);
    }
    for format in ["text", "json", "markdown"] {
        says(
            &["replay", &complete, &records, "--fail-on", "never"],
            format,
        );
    }
    says(&["explain", &complete, "root_usage"], "json");
}

/// A file that was not checked looked in seven formats like one that was.
#[test]
fn every_report_says_that_the_file_was_not_checked() {
    let complete = project("snapshots/complete.trailproof")
        .display()
        .to_string();
    for format in REPORTS {
        let args = ["analyze", &complete, "--format", format];
        let (checked, unchecked) = (
            printed(&args),
            printed(&[&args[..], &["--no-verify"]].concat()),
        );
        let doubt = |text: &str| {
            text.contains("not checked")
                || text.contains("was not verified")
                || text.contains("\"verified\": false")
                || format == "csv" && text.contains(",false")
        };
        assert!(
            doubt(&unchecked) && !doubt(&checked),
            "{format}: {unchecked}"
        );
    }
}

/// Whoever closed the pipe early got 0, findings or not.
#[test]
fn a_reader_that_goes_away_changes_no_exit_code() {
    let broken = project("snapshots/broken.trailproof");
    for format in ["json", "sarif", "table"] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_trailproof"))
            .args(["analyze", "--format", format])
            .arg(&broken)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}");
    }
}

/// `--format` and `--full` were accepted and ignored.
#[test]
fn an_explanation_is_in_the_format_that_was_asked_for() {
    let json: serde_json::Value =
        serde_json::from_str(&printed(&["explain", "A06", "T01", "--format", "json"])).unwrap();
    assert_eq!(json["failures"][0]["id"], "A06");
    assert_eq!(json["failures"][1]["station"], "trail");
    let markdown = printed(&["explain", "A06", "--format", "markdown"]);
    assert!(markdown.starts_with("## A06 "), "{markdown}");
    let broken = project("snapshots/broken.trailproof").display().to_string();
    let args = [
        "explain",
        &broken,
        "root_usage",
        "--no-fix",
        "--format",
        "markdown",
    ];
    let (brief, full) = (printed(&args), printed(&[&args[..], &["--full"]].concat()));
    assert!(
        full.contains("```text") && full.len() > brief.len(),
        "{full}"
    );
}

#[test]
fn what_cannot_be_written_as_asked_is_refused() {
    let broken = project("snapshots/broken.trailproof").display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let refused = |args: &[&str], why: &str| {
        let error = refusal(trailproof().current_dir(folder.path()).args(args));
        assert!(error.contains(why), "{args:?}: {error}");
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            0,
            "{args:?}"
        );
    };
    refused(
        &["explain", "root_usage"],
        "is a control, and no snapshot is named",
    );
    refused(
        &["explain", &broken, "A06"],
        "is a failure id and no control",
    );
    refused(
        &["analyze", &broken, "-o", "jsn=x.json"],
        "there is no format `jsn`",
    );
    for format in ["comment", "csv", "sarif", "oscal"] {
        let args = [
            "analyze",
            &broken,
            "--framework",
            "nist-800-53-r5",
            "--format",
            format,
        ];
        refused(&args, "has no sections of a framework");
    }
    refused(
        &["analyze", &broken, "-o", "json="],
        "`json=` names no file",
    );
    refused(
        &["analyze", &broken, "-o", "json=nofolder/findings"],
        "make the folder first",
    );
    refused(
        &["analyze", &broken, "-o", "."],
        "is a directory\nhelp: name a file in it",
    );
    for (option, format) in [
        ("--details", "csv"),
        ("--gaps", "json"),
        ("--sarif-file=x", "json"),
    ] {
        let args = ["analyze", &broken, option, "--format", format];
        refused(&args, "alone\nhelp: leave it out");
    }
    for format in ["csv", "sarif", "markdown"] {
        let args = ["analyze", &broken, "--blind-spots", "--format", format];
        refused(&args, "does not show blind spots");
    }
}

/// An attestation that is too old explained nowhere why the job was red.
#[test]
fn a_refused_attestation_is_told_wherever_findings_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = folder.path().join("accepted.toml");
    let entry = "[[accept]]\ncontrol = \"root_usage\"\naccount = \"444455556666\"\n\
        reason = \"watched by the SIEM\"\nby = \"Jo Example\"\nevidence = \"TICKET-7\"\nexpires = 2024-01-31\n";
    std::fs::write(&accepted, entry).unwrap();
    let accepted = accepted.display().to_string();
    let broken = project("snapshots/broken.trailproof").display().to_string();
    for format in ["table", "json", "markdown", "comment", "html"] {
        let text = printed(&[
            "analyze", &broken, "--attest", &accepted, "--format", format,
        ]);
        assert!(text.contains("refused"), "{format}: {text}");
    }
    for format in ["table", "json", "markdown"] {
        let explain = ["explain", &broken, "root_usage", "--no-fix"];
        let text = printed(&[&explain[..], &["--attest", &accepted, "--format", format]].concat());
        assert!(text.contains("refused"), "{format}: {text}");
    }
    // A number, or a slip: the message names the file and what was meant.
    for (name, meant) in [("root_usge", "root_usage"), ("5.3", "`root_usage`")] {
        let other = folder.path().join("other.toml");
        std::fs::write(&other, entry.replace("root_usage", name)).unwrap();
        let args = ["analyze", &broken, "--attest"];
        let error = refusal(trailproof().args(args).arg(&other));
        assert!(
            error.contains("other.toml") && error.contains(meant),
            "{error}"
        );
    }
    let path = folder.path().join("findings.csv").display().to_string();
    let args = ["analyze", &broken, "--attest", &accepted, "-o"];
    let output = trailproof()
        .args(args)
        .arg(format!("csv={path}"))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("1 attestation refused"), "{told}");
}

/// A file named `report.html` held the table for a terminal.
#[test]
fn a_file_is_written_in_the_format_of_its_ending() {
    let folder = tempfile::tempdir().unwrap();
    let broken = project("snapshots/broken.trailproof").display().to_string();
    let complete = project("snapshots/complete.trailproof")
        .display()
        .to_string();
    let written = |args: &[&str], name: &str| {
        let path = folder.path().join(name);
        let mut command = trailproof();
        command.args(args).arg("-o").arg(&path);
        assert!(
            command.output().unwrap().status.code() < Some(2),
            "{args:?}"
        );
        std::fs::read_to_string(path).unwrap()
    };
    let analyze = ["analyze", &broken, "--control", "root_usage"];
    let diff = ["diff", &complete, &complete];
    let explain = ["explain", &broken, "root_usage", "--no-fix"];
    for (args, name, begins) in [
        (analyze.as_slice(), "page.html", "<!DOCTYPE html>"),
        (&analyze, "findings.json", "{"),
        (&analyze, "findings.CSV", "severity,"),
        (&analyze, "findings.sarif", "{"),
        (&analyze, "junit.xml", "<?xml"),
        (&analyze, "notes.md", "# "),
        (&analyze, "notes.txt", "account 444455556666"),
        (
            &analyze,
            "findings.oscal.json",
            "{\n  \"assessment-results\"",
        ),
        (&analyze, "findings.sarif.json", "{\n  \"$schema\""),
        (
            &analyze,
            "findings.of.yesterday.json",
            "{\n  \"schema_version\"",
        ),
        (&diff, "changes.comment.md", "### trailproof"),
        (&diff, "diff.html", "<!DOCTYPE html>"),
        (&explain, "ticket.md", "## "),
    ] {
        let text = written(args, name);
        assert!(text.starts_with(begins), "{name}: {text:.80}");
    }
    let asked = [&analyze[..], &["--format", "json"]].concat();
    assert!(written(&asked, "asked.html").starts_with('{'));
}

/// A dangling link, a missing folder and a full disk were told in the system's words, with the name of a hidden file.
#[cfg(unix)]
#[test]
fn what_cannot_be_written_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let broken = project("snapshots/broken.trailproof").display().to_string();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("nowhere/at/all", &link).unwrap();
    for (path, why) in [
        (link, "is a link that leads nowhere\nhelp: remove the link"),
        (
            folder.path().join("none/x.json"),
            "cannot be written: there is no such folder\nhelp: make the folder first",
        ),
        ("/dev/full".into(), "the disk is full\nhelp: make room"),
    ] {
        let error = refusal(trailproof().args(["analyze", &broken, "-o"]).arg(&path));
        assert!(error.contains(why), "{error}");
    }
}

/// `-o -` wrote a file of that name, and a full disk under standard output was told by its number.
#[cfg(target_os = "linux")]
#[test]
fn standard_output_is_no_file_and_says_when_it_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let broken = project("snapshots/broken.trailproof").display().to_string();
    for args in [
        vec!["analyze", &broken, "-o", "-"],
        vec!["analyze", &broken, "-o", "json=-"],
        vec!["explain", &broken, "--no-fix", "-o", "-"],
        vec!["redact", &broken, "-o", "-"],
    ] {
        let error = refusal(trailproof().args(&args).current_dir(folder.path()));
        assert!(
            error.contains("`-` names no file\nhelp: leave -o out"),
            "{args:?}: {error}"
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_trailproof"))
        .args(["analyze", &broken])
        .stdout(full)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.starts_with("error: standard output cannot be written: the disk is full"),
        "{told}"
    );
}

/// An attestation file, a list of signers and a signature that cannot be used were told without a word of what to do.
#[test]
fn faulty_attestations_and_signers_say_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let broken = project("snapshots/broken.trailproof").display().to_string();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let entry = file("entry.toml", "[[accept]]\ncontrol = \"root_usage\"\n");
    let signers = file("signers", "root:x:0:0:root:/root:/bin/bash\n");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHzoBOpUnhVqVnJUIn0ITRz0+4UprfTSQ7lQFRVFwbsW";
    let good = file("good", &format!("audit@example.com {key}\n"));
    for (args, expected) in [
        (
            vec!["analyze", &broken, "--attest", &entry],
            "help: each [[accept]] has control, account",
        ),
        (
            vec!["analyze", &broken, "--attest", "nothere.toml"],
            "help: each [[accept]] has control, account",
        ),
        (
            vec!["verify", &broken, "--allowed-signers", &signers],
            "help: a line has who may sign",
        ),
        (
            vec!["verify", &broken, "--allowed-signers", &good],
            "help: ask whoever sent the snapshot for its signature",
        ),
    ] {
        let error = refusal(trailproof().args(&args));
        assert!(error.contains(expected), "{args:?}: {error}");
    }
}

/// One subscription proves a pass, and the reason named that one, as if the others had been taken away.
#[test]
fn a_pass_names_everybody_whom_its_alarm_tells() {
    let reviewed = project("snapshots/reviewed.trailproof")
        .display()
        .to_string();
    let text = printed(&["analyze", &reviewed]);
    assert!(
        text.contains("email on-call@example.com, email security@example.com"),
        "{text}"
    );
}

/// All findings accepted read as `0 controls would alert somebody`.
#[test]
fn a_verdict_of_accepted_findings_alone_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = folder.path().join("accepted.toml");
    let entry = "[[accept]]\ncontrol = \"root_usage\"\naccount = \"444455556666\"\n\
        reason = \"watched by the SIEM\"\nby = \"Jo Example\"\nevidence = \"TICKET-7\"\nexpires = 2027-01-31\n";
    std::fs::write(&accepted, entry).unwrap();
    let accepted = accepted.display().to_string();
    let broken = project("snapshots/broken.trailproof").display().to_string();
    let args = [
        "analyze",
        &broken,
        "--control",
        "root_usage",
        "-q",
        "--attest",
        &accepted,
    ];
    let text = printed(&args);
    assert!(
        text.starts_with("account 444455556666: 1 control accepted by attestation CIS "),
        "{text}"
    );
}

/// The alarm needs three events and got them: each was told as missed, and the one notification stood elsewhere.
#[test]
fn what_several_events_made_together_is_told_beside_what_each_missed() {
    let broken = project("snapshots/broken.trailproof").display().to_string();
    let records = project("snapshots/records").display().to_string();
    for format in ["text", "markdown"] {
        let output = trailproof()
            .args(["replay", &broken, &records, "--format", format])
            .env("COLUMNS", "400")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let said = "each is missed by itself; those that came close enough together made 1 notification of alarm \
                    `console_auth_failures`";
        assert_eq!(text.matches(said).count(), 1, "{format}: {text}");
    }
}

/// Two controls in two accounts read as four differences: each was told of both.
#[test]
fn a_control_is_told_only_of_accounts_that_it_concerns() {
    let organization = project("snapshots/organization.trailproof")
        .display()
        .to_string();
    let text = printed(&["analyze", &organization, "--section", "all"]);
    assert!(
        text.contains("4.1 in account 111122223333; 5.1 in account 222233334444"),
        "{text}"
    );
}

/// With `--account` a recording of all three accounts of an organization read `1 of 3 accounts`.
#[test]
fn accounts_that_nobody_asked_about_are_no_hole_in_the_recording() {
    let organization = project("snapshots/organization.trailproof")
        .display()
        .to_string();
    let asked = ["analyze", &organization, "--account", "222233334444"];
    for (format, expected) in [
        ("table", "3 of 3 accounts, 1 of them asked about"),
        (
            "html",
            "3 here, 1 of them asked about; the organization lists 3 active",
        ),
        ("oscal", "3 of 3, 1 of them asked about"),
    ] {
        let text = printed(&[&asked[..], &["--format", format]].concat());
        assert!(text.contains(expected), "{format}: {text}");
    }
}
