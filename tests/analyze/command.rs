use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::{Value, json};

use trailproof::control::Registry;

use super::super::support::controls::judged;
use super::super::support::world::{ACCOUNT, Site, World};
use super::super::support::{golden, trailproof};

fn written(folder: &Path, name: &str, world: &World) -> PathBuf {
    let path = folder.join(name);
    world.write_snapshot(&path);
    path
}

fn run(args: &[&str]) -> (i32, String, String) {
    output(trailproof().args(args))
}

fn output(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A day that is not far after the snapshots of the tests.
const SOON: &str = "2027-12-31";

fn one_broken() -> World {
    let mut world = World::complete();
    world.edit_alarm("cloudtrail_changes", |alarm| {
        alarm["ActionsEnabled"] = json!(false)
    });
    world
}

#[test]
fn exit_codes_follow_the_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let complete = written(folder.path(), "complete", &World::complete());
    let failing = written(folder.path(), "failing", &one_broken());
    let mut denied = World::complete();
    denied.deny("sns", "GetTopicAttributes");
    let open = written(folder.path(), "open", &denied);
    for (file, threshold, code) in [
        (&complete, "unknown", 0),
        (&failing, "unknown", 1),
        (&failing, "fail", 1),
        (&failing, "never", 0),
        (&open, "unknown", 1),
        (&open, "fail", 0),
    ] {
        let (got, _, said) = run(&["analyze", file.to_str().unwrap(), "--fail-on", threshold]);
        assert_eq!(got, code, "{} {threshold}: {said}", file.display());
    }
    assert_eq!(
        run(&["analyze", failing.to_str().unwrap()]).0,
        1,
        "a fail counts by default"
    );
    assert_eq!(
        run(&["analyze", open.to_str().unwrap()]).0,
        1,
        "what is not proven counts by default"
    );
}

#[test]
fn what_cannot_be_done_is_said_with_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "complete", &World::complete());
    let file = file.to_str().unwrap();
    let missing = folder.path().join("missing");
    for (args, said) in [
        (vec!["analyze", missing.to_str().unwrap()], "missing"),
        (
            vec!["analyze", file, "--benchmark", "cis-aws-9.9"],
            "cis-aws-9.9",
        ),
        (vec!["analyze", file, "--control", "nonsense"], "nonsense"),
        (
            vec!["analyze", file, "--account", "000000000000"],
            "000000000000",
        ),
        (vec!["explain", file, "nonsense"], "nonsense"),
    ] {
        let (code, out, error) = run(&args);
        assert_eq!(code, 2, "{args:?}");
        assert!(
            out.is_empty() && error.contains(said) && error.starts_with("error: "),
            "{args:?}: {error}"
        );
    }
}

#[test]
fn every_format_is_written_to_the_file_named_and_twice_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "failing", &one_broken());
    for format in ["table", "json", "csv", "markdown"] {
        let out = folder.path().join(format);
        let args = ["analyze", file.to_str().unwrap(), "--format", format];
        let (_, printed, _) = run(&args);
        let (code, nothing, _) = run(&[args.as_slice(), &["-o", out.to_str().unwrap()]].concat());
        assert_eq!((code, nothing.as_str()), (1, ""));
        assert_eq!(std::fs::read_to_string(out).unwrap(), printed, "{format}");
        assert!(printed.contains("cloudtrail_changes") && !printed.contains('\u{1b}'));
    }
}

#[test]
fn json_follows_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "failing", &one_broken());
    let (_, printed, _) = run(&[
        "analyze",
        file.to_str().unwrap(),
        "--format",
        "json",
        "--benchmark",
        "cis-aws-5.0",
    ]);
    let report: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["benchmark"], "cis-aws-5.0");
    let findings = report["findings"].as_array().unwrap();
    let finding = findings
        .iter()
        .find(|finding| finding["control"] == "cloudtrail_changes")
        .unwrap();
    assert_eq!(finding["account"], ACCOUNT);
    assert_eq!(finding["benchmark_id"], "4.5");
    assert_eq!(finding["status"], "fail");
    assert_eq!(finding["broken_link"], "A02");
    assert!(finding["witness"].is_object() && finding["reason"].is_string());
    assert!(
        finding["paths"]
            .as_array()
            .is_some_and(|paths| !paths.is_empty())
    );
    assert_eq!(report["summary"]["fail"], 1);
}

#[test]
fn explain_says_what_is_wrong_and_what_repairs_it_first_and_draws_the_chain_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "failing", &one_broken());
    let file = file.to_str().unwrap();
    let (code, brief, said) = run(&["explain", file, "cloudtrail_changes"]);
    assert_eq!(code, 0, "{said}");
    let place = |text: &str| {
        brief
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {brief}"))
    };
    assert!(place("why ") < place("link ") && place("link ") < place("fix "));
    assert!(place("A02 alarm actions") < place("ActionsEnabled=false (evidence "));
    assert!(place("\"ActionsEnabled\":true") < place("chain "));
    assert!(brief.lines().count() < 25, "{brief}");
    let (_, full, _) = run(&["explain", file, "cloudtrail_changes", "--full"]);
    for expected in ["A02 broken", "Witness", "metric filter", "\"eventName\""] {
        assert!(
            full.contains(expected),
            "{expected} is missing from\n{full}"
        );
        assert!(
            expected == "metric filter" || !brief.contains(expected),
            "{brief}"
        );
    }
    let by_number = ["explain", file, "4.5", "--benchmark", "cis-aws-5.0"];
    let (_, by_number, _) = run(&by_number);
    assert!(
        by_number.starts_with("fail 4.5 cloudtrail_changes"),
        "{by_number}"
    );
}

#[test]
fn explain_of_several_accounts_tells_where_a_control_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let other = "999988887777";
    let asked = |mut world: World, more: &[&str]| {
        let passing = World::of(&Site::new(other, "eu-west-1"));
        world.answers.extend(passing.answers);
        let path = folder.path().join("two.trailproof");
        let _ = std::fs::remove_file(&path);
        world.write_snapshot(&path);
        let command = ["explain", path.to_str().unwrap(), "root_usage", "--no-fix"];
        let (code, text, said) = run(&[&command[..], more].concat());
        assert_eq!(code, 0, "{said}");
        (text, said)
    };
    let (text, said) = asked(one_broken(), &["--control", "cloudtrail_changes"]);
    assert!(text.contains(ACCOUNT) && !text.contains(other), "{text}");
    assert!(
        said.contains("3 of 4 findings") && said.contains("--account"),
        "{said}"
    );
    let (text, said) = asked(World::complete(), &[]);
    assert!(
        text.contains("2 accounts") && text.lines().count() == 1,
        "{text}"
    );
    assert!(said.contains("2 of 2 findings"), "{said}");
    let (text, said) = asked(World::complete(), &["--account", other]);
    assert!(
        text.contains(other) && !said.contains("not explained"),
        "{text}{said}"
    );
}

#[test]
fn an_attestation_is_shown_counted_apart_and_refused_when_it_fits_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "failing", &one_broken());
    let file = file.to_str().unwrap();
    let attest = folder.path().join("attest.toml");
    let entry = |control: &str, expires: &str| {
        format!(
            "[[accept]]\ncontrol = \"{control}\"\naccount = \"{ACCOUNT}\"\nreason = \"the SIEM watches it\"\n\
             by = \"Jo Example\"\nevidence = \"TICKET-7\"\nexpires = {expires}\n\n"
        )
    };
    let attested = |text: String| {
        std::fs::write(&attest, text).unwrap();
        run(&["analyze", file, "--attest", attest.to_str().unwrap()])
    };
    let (code, text, _) = attested(entry("cloudtrail_changes", "2099-12-31"));
    assert!(code == 1 && text.contains("more than 18 months"), "{text}");
    let (code, text, _) = attested(entry("cloudtrail_changes", SOON));
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains(&format!("accepted by Jo Example until {SOON}"))
            && text.contains("1 accepted by attestation"),
        "{text}"
    );
    let (code, text, _) = attested(entry("cloudtrail_changes", "2001-12-31"));
    assert!(
        code == 1
            && text.contains("Attestations refused")
            && text.contains("expired on 2001-12-31"),
        "{text}"
    );
    let (code, text, _) = attested(entry("cloudtrail_changes", SOON) + &entry("root_usage", SOON));
    assert!(code == 0 && text.contains("nothing to accept"), "{text}");
    let (code, _, said) = attested(entry("no_such_control", "2099-12-31"));
    assert!(code == 2 && said.contains("no_such_control"), "{said}");
}

#[test]
fn a_control_of_the_users_own_is_a_query_over_facts() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "complete", &World::complete());
    let file = file.to_str().unwrap();
    let controls = folder.path().join("controls");
    std::fs::create_dir(&controls).unwrap();
    let control = |status: &str| {
        let text = format!(
            "title = \"Alarms have a description\"\nrationale = \"people read them\"\nseverity = \"low\"\n\
             remediation = \"describe them\"\n\
             query = \"select name as resource, {status} as status, 'because' as reason from alarm where account = :account\"\n"
        );
        std::fs::write(controls.join("alarm_descriptions.toml"), text).unwrap();
        run(&[
            "analyze",
            file,
            "--controls",
            controls.to_str().unwrap(),
            "--control",
            "alarm_descriptions",
            "--format",
            "json",
        ])
    };
    for (sql, code, status) in [
        ("'pass'", 0, "pass"),
        ("'fail'", 1, "fail"),
        ("'unknown'", 1, "unknown"),
    ] {
        let (got, text, said) = control(sql);
        assert_eq!(got, code, "{said}");
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(report["findings"][0]["status"], status);
        assert!(
            report["findings"][0]["reason"]
                .as_str()
                .unwrap()
                .contains("because")
        );
    }
    let (code, _, said) = control("'fine'");
    assert!(
        code == 2 && said.contains("`fine`") && said.contains("alarm_descriptions"),
        "{said}"
    );
}

#[test]
fn analysis_needs_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "complete", &World::complete());
    let binary = env!("CARGO_BIN_EXE_trailproof");
    let mut command = Command::new("unshare");
    command
        .args(["--net", "--map-root-user", binary, "analyze"])
        .arg(&file);
    let (code, text, said) = output(&mut command);
    if said.starts_with("unshare:") {
        eprintln!("skipped: this machine does not let a test take the network away: {said}");
        return;
    }
    assert_eq!(code, 0, "{said}");
    assert!(text.contains(&format!("{} pass", judged())), "{text}");
}

#[test]
fn a_framework_groups_the_findings_by_section_with_a_score() {
    let folder = tempfile::tempdir().unwrap();
    let failing = written(folder.path(), "failing", &one_broken());
    let file = failing.to_str().unwrap();
    let by = |more: &[&str]| {
        let cis = ["analyze", file, "--benchmark", "cis-aws-7.0"];
        run(&[&cis, more].concat())
    };
    let (code, text, _) = by(&["--framework", "NIST SP 800-53 Rev. 5"]);
    assert_eq!(code, 1);
    golden::check("analyze/framework.txt", &text.replace(file, "FILE"));
    let (_, json, _) = by(&["--framework", "nist-800-53-r5", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let sections = json["framework"]["sections"].as_array().unwrap();
    let section = |name: &str| sections.iter().find(|it| it["section"] == name).unwrap();
    // The auditor's page and the comment in a pull request have the same sections, scores and controls.
    for (format, row) in [
        ("markdown", "| AU-6 | 93% | 14 of 15 | cloudtrail"),
        (
            "html",
            "<th scope=\"row\">AU-6</th><td>93%</td><td data-of=\"passes\">14 of 15</td><td data-of=\"does not pass\">cloudtrail_changes</td>",
        ),
    ] {
        let (_, text, _) = by(&["--framework", "nist-800-53-r5", "--format", format]);
        assert!(text.contains(row), "{format}: {text}");
        let rows = text
            .lines()
            .filter(|line| line.contains("% | ") || line.contains("%</td>"));
        assert_eq!(rows.count(), sections.len(), "{format}");
    }
    // cnspec maps every control to AU-6, Prowler the four of the network to CA-7, Cloudaware root usage to AU-12.
    assert_eq!(section("AU-6")["fail"], 1);
    assert_eq!(section("AU-6")["score"], 93);
    assert_eq!(section("CA-7")["score"], 100);
    assert_eq!(section("AU-12")["controls"], json!(["root_usage"]));
    // Only the controls of the framework are judged, and what else was asked for narrows further.
    let (code, _, _) = by(&["--framework", "pci-dss-3.2.1"]);
    assert_eq!(code, 0, "the broken control is not mapped to it");
    let (code, _, error) = by(&["--framework", "pci-dss-3.2.1", "--control", "vpc_changes"]);
    assert_eq!(code, 2);
    assert!(error.contains("is mapped to PCI DSS 3.2.1"), "{error}");
    // A framework whose controls the benchmark that was named has not is found in the one that has them.
    let (code, _, error) = by(&["--framework", "hitrust-11"]);
    assert_eq!(code, 2);
    assert!(
        error.contains("`--benchmark cloudguard` has such controls"),
        "{error}"
    );
    let (code, _, error) = by(&["--framework", "nist"]);
    assert_eq!(code, 2);
    assert!(error.contains("did you mean `nist-"), "{error}");
}

/// Frameworks that CloudGuard alone maps to ended with 2 unless somebody knew its benchmark.
#[test]
fn a_framework_brings_the_benchmark_that_has_its_controls() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "complete", &World::complete());
    let file = file.to_str().unwrap();
    let registry = Registry::builtin().unwrap();
    let mut brought = 0;
    for framework in registry.frameworks() {
        let (code, text, error) = run(&["analyze", file, "--framework", &framework.id]);
        assert!(matches!(code, 0 | 1), "{}: {error}", framework.id);
        if error.contains("judged by cloudguard, which has") {
            assert!(text.contains("--benchmark cloudguard"), "{text}");
            brought += 1;
        }
    }
    assert!(brought >= 5, "{brought}");
    let (_, _, error) = run(&["analyze", file, "--framework", "hitrust-11", "-q"]);
    assert_eq!(error, "");
}

#[test]
fn a_number_of_another_version_is_found_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let complete = written(folder.path(), "complete", &World::complete());
    let file = complete.to_str().unwrap();
    let cis = ["--benchmark", "cis-aws-7.0"];
    for command in [
        vec!["analyze", file, "--control", "4.3"],
        vec!["explain", file, "4.3"],
    ] {
        let (code, text, said) = run(&[&command[..], &cis].concat());
        assert_eq!(code, 0, "{said}");
        assert_eq!(
            said,
            "4.3 is root_usage in cis-aws 1.3 to 5.0: 5.3 in cis-aws-7.0\n"
        );
        assert!(text.contains("root_usage"), "{text}");
    }
    let (code, _, error) = run(&["explain", file, "root"]);
    assert_eq!(
        (code, error.as_str()),
        (
            2,
            "error: there is no control `root`\nhelp: did you mean `root_usage`?\n"
        )
    );
    let (code, _, error) = run(&[
        "analyze",
        file,
        "--control",
        "D9.AWS.MON.22",
        cis[0],
        cis[1],
    ]);
    assert_eq!(code, 2);
    assert!(
        error.contains("it is D9.AWS.MON.22 in cloudguard"),
        "{error}"
    );
}

#[test]
fn what_is_assumed_decides_what_was_denied_and_is_told_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for (service, operation, assumption) in [
        ("monitoring", "ListAlarmMuteRules", "no-mute-rules"),
        ("logs", "DescribeAccountPolicies", "no-transformers"),
        ("sns", "GetSubscriptionAttributes", "no-filter-policies"),
        ("monitoring", "DescribeAlarmHistory", "no-failed-actions"),
    ] {
        let mut world = World::complete();
        world.deny(service, operation);
        if assumption == "no-transformers" {
            world.edit_filters(|filter| filter["applyOnTransformedLogs"] = json!(true));
        }
        let file = written(folder.path(), operation, &world);
        let file = file.to_str().unwrap();
        let args = ["analyze", file, "--control", "root_usage", "--format"];
        let (code, denied, _) = run(&[args.as_slice(), &["json"]].concat());
        let denied: Value = serde_json::from_str(&denied).unwrap();
        let finding = &denied["findings"][0];
        assert_eq!(
            (code, finding["status"].as_str()),
            (1, Some("unknown")),
            "{finding}"
        );
        let reason = finding["reason"].as_str().unwrap();
        assert!(
            reason.contains(&format!("--assume {assumption}")),
            "{reason}"
        );
        for format in ["table", "json", "csv", "markdown"] {
            let assume = [format, "--assume", assumption];
            let (code, told, _) = run(&[args.as_slice(), &assume].concat());
            assert_eq!(code, 0, "{operation}: {told}");
            assert!(told.contains(assumption), "{format}: {told}");
        }
        let (_, told, _) = run(&["explain", file, "root_usage", "--assume", assumption]);
        assert!(told.contains(&format!("--assume {assumption}")), "{told}");
    }
}
