use serde_json::Value;

use super::super::support::controls::judged;
use super::super::support::world::{Site, World};
use super::super::support::{project, trailproof};

/// Exit code, standard output and standard error at a width.
fn at(width: usize, args: &[&str]) -> (i32, String, String) {
    let output = trailproof()
        .env("COLUMNS", width.to_string())
        .args(args)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn run(args: &[&str]) -> (i32, String, String) {
    at(100, args)
}

fn sample(name: &str) -> String {
    project(&format!("snapshots/{name}.trailproof"))
        .to_str()
        .unwrap()
        .to_owned()
}

/// The broken link of each control of the broken sample.
const CAUSES: &[&str] = &[
    "T01", "S02", "A02", "F01", "A01", "A04", "S04", "A03", "U02", "L02", "N02", "F10", "A05",
    "A06", "U01",
];

#[test]
fn the_first_screen_of_the_broken_sample_names_every_cause_in_under_60_lines() {
    let broken = sample("broken");
    let (code, text, _) = run(&["analyze", &broken]);
    assert_eq!(code, 1);
    assert!(text.lines().count() < 60, "{text}");
    for cause in CAUSES {
        assert_eq!(
            text.matches(&format!("{cause} ")).count(),
            1,
            "{cause}: {text}"
        );
    }
    let first = text.lines().next().unwrap();
    assert!(first.starts_with("account 444455556666: ") && first.contains("would alert nobody"));
    let (_, last) = text.rsplit_once("\nnext: ").unwrap();
    assert!(last.starts_with("`trailproof explain "), "{last}");
    assert!(!text.contains('…'), "nothing is cut: {text}");
    for width in [60, 80, 100, 140, 200] {
        let (_, text, _) = at(width, &["analyze", &broken]);
        for line in text.lines() {
            // The file's own name may be longer than a narrow terminal.
            let is_named = line.contains(".trailproof") || line.len() > 150;
            assert!(line.chars().count() <= width || is_named, "{width}: {line}");
        }
    }
}

#[test]
fn the_next_step_repeats_the_control_that_was_asked_for() {
    let (_, text, _) = run(&["analyze", &sample("broken"), "--control", "root_usage"]);
    let words: Vec<&str> = text.split_whitespace().collect();
    let flat = words.join(" ");
    assert!(flat.contains(" --control root_usage --failing`"), "{text}");
    assert!(
        flat.contains(" --control root_usage` prints the change"),
        "{text}"
    );
}

/// `explain` would have called open what is accepted, and refused the file that was changed.
#[test]
fn the_next_step_repeats_what_was_accepted_and_that_nothing_was_verified() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = folder.path().join("accepted.toml");
    let entry = "[[accept]]\ncontrol = \"root_usage\"\naccount = \"444455556666\"\nreason = \"the SIEM does\"\n\
                 by = \"Jo\"\nevidence = \"TICKET-7\"\nexpires = 2027-06-30\n";
    std::fs::write(&accepted, entry).unwrap();
    let accepted = accepted.to_str().unwrap();
    let flat = |args: &[&str]| {
        let (_, text, _) = run(&[&[args[0], &sample("broken")], &args[1..]].concat());
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = flat(&["analyze", "--attest", accepted, "--no-verify"]);
    let explain = format!("broken.trailproof --no-verify --attest {accepted} --failing`");
    assert!(text.contains(&explain), "{text}");
    // It takes no --attest.
    assert!(
        text.contains("broken.trailproof --no-verify` prints the change"),
        "{text}"
    );
    let text = flat(&["explain", "--attest", accepted, "--no-verify"]);
    for next in [
        format!("broken.trailproof --no-verify CONTROL --attest {accepted} --full`"),
        format!("broken.trailproof --no-verify --attest {accepted} --with-fix`"),
    ] {
        assert!(text.contains(&next), "{text}");
    }
    assert!(text.contains("broken.trailproof --no-verify 43`"), "{text}");
    // Nothing is left that could be repaired: what is accepted has no commands.
    let text = flat(&["explain", "5.3", "--no-fix", "--attest", accepted]);
    assert!(
        text.contains("accepted by Jo") && !text.contains("--with-fix"),
        "{text}"
    );
}

/// Thirty-one numbers stood in each of fifteen findings.
#[test]
fn many_evidence_rows_are_told_as_runs() {
    let (_, text, _) = run(&["explain", &sample("empty")]);
    assert!(text.contains("(evidence 4, 6-35)"), "{text}");
}

#[test]
fn one_event_is_heard_and_the_only_filter_does_not_match() {
    let (_, text, _) = run(&["explain", &sample("broken")]);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("1 of 18 events is heard, not AcceptHandshake, "),
        "{text}"
    );
    assert!(
        flat.contains("the only metric filter of log group "),
        "{text}"
    );
    assert!(
        flat.contains("words degraded: some events, late, or only the first; weak: rests on"),
        "{text}"
    );
    for jargon in ["events are covered", "none of 1 ", "witness", "sound path"] {
        assert!(!flat.contains(jargon), "{jargon}: {text}");
    }
}

/// "All 45 findings would alert somebody": controls do, and a finding alerts nobody.
#[test]
fn the_verdict_of_several_accounts_counts_controls() {
    let (_, text, _) = run(&["analyze", &sample("organization")]);
    let first = text.lines().next().unwrap();
    let verdict = format!(
        "3 accounts, {} controls each: all {} would alert somebody",
        judged(),
        3 * judged()
    );
    assert_eq!(first, verdict);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let flat = lines.join(" ");
    assert!(
        flat.contains("degraded: some events, late, or only the first; weak: rests on what"),
        "{text}"
    );
}

/// `D9.AWS.MON.01 unauthorized_api_calls F01`: the column of controls was as wide as its longest name, with no gap behind.
#[test]
fn the_longest_name_of_a_control_does_not_touch_the_cause() {
    let args = ["analyze", &sample("complete"), "--benchmark", "cloudguard"];
    let (_, text, _) = run(&args);
    let row = "fail     D9.AWS.MON.01 unauthorized_api_calls\n    F01 ";
    assert!(text.contains(row), "{text}");
}

#[test]
fn what_an_endpoint_does_not_have_is_one_line_and_every_call_is_there_on_request() {
    let complete = sample("complete");
    let (_, text, _) = run(&["analyze", &complete]);
    assert_eq!(text.matches("DescribeAccountPolicies").count(), 1, "{text}");
    assert!(!text.contains("InvalidOperationException"), "{text}");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("which this endpoint does not have"), "{text}");
    let (_, gaps, _) = run(&["analyze", &complete, "--gaps"]);
    assert_eq!(
        gaps.matches("InvalidOperationException").count(),
        5,
        "{gaps}"
    );
    assert!(gaps.contains("Calls without an answer: 5 calls"), "{gaps}");
}

#[test]
fn what_lacks_evidence_is_collected_and_not_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("part.trailproof");
    let file = file.to_str().unwrap();
    let explained = |edit: &dyn Fn(&mut World), asked: &[&str]| {
        let mut world = World::complete();
        edit(&mut world);
        let _ = std::fs::remove_file(file);
        world.write_snapshot(std::path::Path::new(file));
        let (_, text, _) = run(&[&["explain", file, "root_usage"], asked].concat());
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let denied = |world: &mut World| {
        world.deny("logs", "DescribeMetricFilters");
    };
    for form in [&[][..], &["--format", "markdown"]] {
        let text = explained(&denied, form);
        assert!(
            text.contains(
                "allow `logs:DescribeMetricFilters`: `trailproof collect --print-policy`"
            ),
            "{text}"
        );
        assert!(!text.contains("put-metric-filter"), "{text}");
    }
    let forgotten = |world: &mut World| {
        world.forget("sns", "ListSubscriptionsByTopic");
    };
    let text = explained(&forgotten, &[]);
    assert!(
        text.contains("collect again, `sns:ListSubscriptionsByTopic` in us-east-1 included"),
        "{text}"
    );
}

#[test]
fn regions_that_are_enabled_and_were_not_asked_count_as_not_answered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("part.trailproof");
    let mut world = World::complete();
    world.forget_in("us-west-2", "cloudtrail", "DescribeTrails");
    world.write_snapshot(&file);
    let (_, text, _) = run(&["analyze", file.to_str().unwrap()]);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("; 2 of 3 Regions answered;"), "{text}");
}

#[test]
fn a_denied_call_is_one_line_that_names_the_permission() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("denied.trailproof");
    let mut world = World::complete();
    world.deny("logs", "DescribeMetricFilters");
    world.write_snapshot(&file);
    let (_, text, _) = run(&["analyze", file.to_str().unwrap()]);
    assert_eq!(
        text.matches("logs:DescribeMetricFilters").count(),
        1,
        "{text}"
    );
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("collect --print-policy"), "{text}");
    assert!(
        flat.contains("next: `trailproof collect --print-policy`"),
        "{text}"
    );
    assert!(text.lines().count() < 20, "{text}");
    assert!(!text.contains("no metric filter matches"), "{text}");
    assert!(
        text.starts_with(&format!(
            "account 111122223333: {0} of {0} controls are not proven",
            judged()
        )),
        "{text}"
    );
}

#[test]
fn many_accounts_share_a_line_a_cause() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.trailproof");
    let mut world = World::complete();
    for account in 0..14 {
        let id = format!("9999888{account:05}");
        world
            .answers
            .extend(World::of(&Site::new(&id, "eu-west-1")).answers);
    }
    world.edit_alarm("vpc_changes", |alarm| {
        alarm["ActionsEnabled"] = false.into()
    });
    world.write_snapshot(&file);
    let (_, text, _) = run(&["analyze", file.to_str().unwrap()]);
    assert_eq!(text.matches("A02 ").count(), 1, "{text}");
    assert!(text.contains("in every account"), "{text}");
    assert!(text.contains("and 5 accounts more"), "{text}");
    assert!(text.lines().count() < 40, "{text}");
}

#[test]
fn options_show_more_and_less() {
    let broken = sample("broken");
    let reviewed = sample("reviewed");
    let (_, details, _) = run(&["analyze", &broken, "--details"]);
    assert_eq!(details.matches("  lost: ").count(), judged(), "{details}");
    let (_, whole, _) = run(&["analyze", &reviewed]);
    let (_, failing, _) = run(&["analyze", &reviewed, "--failing"]);
    assert!(
        whole.contains("\npass ") && !failing.contains("\npass "),
        "{failing}"
    );
    for format in ["json", "csv", "markdown"] {
        let (code, failing, _) = run(&["analyze", &reviewed, "--failing", "--format", format]);
        assert_eq!(code, 1);
        let passes = ["\"status\": \"pass\"", ",pass,", "| pass |"];
        assert!(
            !passes.iter().any(|pass| failing.contains(pass)),
            "{failing}"
        );
        if format == "json" {
            let report: Value = serde_json::from_str(&failing).unwrap();
            assert_eq!(
                report["summary"]["pass"],
                judged() - 3,
                "the counts stay those of all"
            );
            assert_eq!(report["findings"].as_array().unwrap().len(), 3);
        }
    }
    let (code, _, said) = run(&["analyze", &reviewed, "--failing", "--format", "oscal"]);
    assert!(code == 2 && said.contains("`oscal`"), "{said}");
    let (code, quiet, said) = run(&["analyze", &broken, "-q"]);
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(quiet.lines().count() <= 4, "{quiet}");
}

#[test]
fn colour_is_as_asked() {
    let broken = sample("broken");
    for (args, env, coloured) in [
        (&["--color", "always"][..], None, true),
        (&["--color", "always"], Some("1"), true),
        (&["--colour", "never"], None, false),
        (&["--color=auto"], None, false),
        (&[], None, false),
    ] {
        let mut command = trailproof();
        if let Some(value) = env {
            command.env("NO_COLOR", value);
        }
        let output = command.arg("analyze").arg(&broken).args(args).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        assert_eq!(text.contains('\u{1b}'), coloured, "{args:?}");
    }
}

#[test]
fn one_command_tells_every_cause_and_every_fix() {
    let broken = sample("broken");
    let (code, text, _) = run(&["explain", &broken, "--failing"]);
    assert_eq!(code, 0);
    for cause in CAUSES {
        assert!(
            text.contains(&format!("\nlink    {cause} ")),
            "{cause}: {text}"
        );
    }
    assert_eq!(text.matches("\nfix ").count(), judged(), "{text}");
    assert!(
        text.contains("explain") && text.contains("--with-fix"),
        "{text}"
    );
    // Commands come right after what they repair, before the event that is lost.
    let (_, one, _) = run(&["explain", &broken, "5.3"]);
    let at = |what: &str| one.find(what).unwrap_or_else(|| panic!("no {what}: {one}"));
    assert!(at("\nlink ") < at("\nfix ") && at("\nfix ") < at("\naws cloudwatch"));
    assert!(at("\naws cloudwatch") < at("\nlost "));
    // What was tried says it of this account; beside it, what repairs such a link in general would be a second instruction.
    assert_eq!(one.matches("\nfix ").count(), 1, "{one}");
    assert!(!one.contains("--with-fix"), "{one}");
    let (_, some, _) = run(&["explain", &broken, "5.3", "vpc_changes"]);
    assert_eq!(some.matches("\nfix ").count(), 2, "{some}");
    let (_, json, _) = run(&["explain", &broken, "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(findings.len(), judged());
    for finding in findings {
        assert!(!finding["fix"].as_array().unwrap().is_empty(), "{finding}");
        let links = finding["paths"][0]["links"].as_array().unwrap();
        assert!(
            links.iter().all(|link| link["fields"].is_object()),
            "{finding}"
        );
    }
    // For programs the proven fix is looked for as it is for people: of controls that are named, or on demand.
    let (_, named, _) = run(&["explain", &broken, "5.3", "--format", "json"]);
    let named: Value = serde_json::from_str(&named).unwrap();
    let fix = &named["findings"][0]["proven_fix"];
    assert!(
        fix["commands"][0]
            .as_str()
            .is_some_and(|it| it.starts_with("aws ")),
        "{fix}"
    );
    assert!(findings.iter().all(|it| it.get("proven_fix").is_none()));
    let bare = ["explain", &broken, "5.3", "--format", "json", "--no-fix"];
    assert!(!run(&bare).1.contains("proven_fix"));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("ticket.md");
    let out = out.to_str().unwrap();
    let args = ["explain", &broken, "5.3", "--format", "markdown", "-o", out];
    let (code, printed, said) = run(&args);
    assert!(
        code == 0 && printed.is_empty() && said.contains("; wrote `"),
        "{said}"
    );
    let ticket = std::fs::read_to_string(out).unwrap();
    assert!(
        ticket.starts_with("## fail: 5.3 ") && ticket.contains("- **Fix**: "),
        "{ticket}"
    );
    let (_, nothing, _) = run(&["explain", &sample("complete"), "--failing"]);
    assert!(
        nothing.contains(&format!("all {} controls would alert somebody", judged())),
        "{nothing}"
    );
}

#[test]
fn a_failure_id_is_explained_without_a_snapshot() {
    let (code, text, _) = run(&["explain", "a06"]);
    assert_eq!(code, 0);
    assert!(
        text.starts_with("A06 ") && text.contains("\nfix "),
        "{text}"
    );
    // What its words mean and no others, and which calls bring it about.
    let (_, disabled, _) = run(&["explain", "A02"]);
    assert!(
        disabled.contains("DisableAlarmActions of monitoring.amazonaws.com"),
        "{disabled}"
    );
    assert!(
        disabled.contains("\nwords    broken: it drops the event\n"),
        "{disabled}"
    );
    let (_, two, _) = run(&["explain", "T01", "U02"]);
    assert!(two.contains("T01 ") && two.contains("U02 "), "{two}");
    let (code, _, said) = run(&["explain", "A99"]);
    assert!(
        code == 2 && said.contains("`A99`") && said.contains("A01 to A"),
        "{said}"
    );
    for id in trailproof::chain::verdict::LinkId::ALL {
        assert_eq!(run(&["explain", id.code()]).0, 0, "{id}");
    }
}

#[test]
fn a_recorded_answer_is_shown_as_json_whatever_its_wire_form() {
    let broken = sample("broken");
    let (code, list, _) = run(&["show", &broken]);
    assert_eq!(code, 0);
    let row = |call: &str, answer: &str| {
        let mut lines = list.lines().filter(|line| line.contains(call));
        let line = lines
            .find(|line| answer.is_empty() || line.contains(answer))
            .unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    };
    for (call, media_type, member) in [
        (
            "monitoring DescribeAlarms",
            "application/cbor",
            "MetricAlarms",
        ),
        ("sns GetTopicAttributes", "text/xml", "Attributes"),
        ("cloudtrail DescribeTrails", "json", "trailList"),
    ] {
        let row = row(call, " 200, ");
        let (code, text, _) = run(&["show", &broken, &row]);
        assert_eq!(code, 0);
        assert!(text.contains(media_type), "{text}");
        let answer: Value = serde_json::from_str(text.split_once("\n\n").unwrap().1).unwrap();
        assert!(
            answer[member].is_array() || answer[member].is_object(),
            "{answer}"
        );
        let (_, json, _) = run(&["show", &broken, &row, "--format", "json"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json[0]["answer"], answer);
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("answer");
        let args = ["show", &broken, &row, "--raw", "-o", out.to_str().unwrap()];
        assert_eq!(run(&args).0, 0);
        let bytes = std::fs::read(&out).unwrap();
        assert_eq!(json[0]["bytes"], bytes.len());
        let (_, table, _) = run(&["show", &broken, &row]);
        assert!(
            table.contains(json[0]["sha256"].as_str().unwrap()),
            "{table}"
        );
    }
    let (code, _, said) = run(&["show", &broken, "9999"]);
    assert!(
        code == 2 && said.contains("9999") && said.contains("1 to "),
        "{said}"
    );
    let (_, failed, _) = run(&["show", &broken, &row("monitoring ListAlarmMuteRules", "")]);
    assert!(failed.contains("Unknown action"), "{failed}");
}

#[test]
fn a_comment_in_a_pull_request_holds_what_does_not_pass_and_fits() {
    let (_, text, _) = run(&["analyze", &sample("reviewed"), "--format", "comment"]);
    assert!(
        text.starts_with(&format!(
            "### trailproof: account 111122223333: 2 of {} controls",
            judged()
        )),
        "{text}"
    );
    for cause in ["`A02`", "`F01`"] {
        assert!(text.contains(cause), "{text}");
    }
    assert!(!text.contains("| pass "), "{text}");
}

/// `--blind-spots` of an account in which nothing passes said nothing of them.
#[test]
fn blind_spots_where_nothing_passes_are_said_to_be_none() {
    let file = project("snapshots/broken.trailproof");
    let output = trailproof()
        .args(["analyze", file.to_str().unwrap(), "--blind-spots"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("there is no proof that a call could break"),
        "{text}"
    );
}
