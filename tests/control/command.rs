use serde_json::Value;
use trailproof::control::Registry;

use crate::support::{golden, trailproof};

fn text(args: &[&str]) -> String {
    let output = trailproof()
        .env("COLUMNS", "80")
        .arg("controls")
        .args(args)
        .assert()
        .success()
        .get_output()
        .clone();
    assert!(output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&text(&[args, &["--format", "json"]].concat())).unwrap()
}

fn fails(args: &[&str]) -> String {
    let output = trailproof()
        .arg("controls")
        .args(args)
        .assert()
        .code(2)
        .get_output()
        .clone();
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_list_is_that_of_the_newest_cis_version_and_fits_80_columns() {
    let list = text(&["list"]);
    let newest = Registry::builtin().unwrap();
    let newest = newest.default_benchmark().unwrap();
    assert!(list.starts_with(&format!("{} ({})\n", newest.title, newest.id)));
    assert!(list.contains(
        "5.3     root_usage                high      Root user activity raises an alert\n"
    ));
    let narrow = trailproof()
        .env("COLUMNS", "50")
        .args(["controls", "list"])
        .output()
        .unwrap();
    let narrow = String::from_utf8(narrow.stdout).unwrap();
    let under =
        "5.3     root_usage                high\n        Root user activity raises an alert\n";
    assert!(narrow.contains(under), "{narrow}");
    let benchmarks = format!(
        "benchmarks: aws-security-hub, cis-aws 1.2 to {}, cloudaware",
        newest.version
    );
    assert!(list.contains(&benchmarks), "{list}");
    assert!(list.ends_with(
        "controls of other benchmarks: assume_role, cloudtrail_log_group,\n\
         ec2_instance_changes, ec2_large_instance_changes, event_rule_changes,\n\
         iam_login_profile_changes, monitoring_changes\n"
    ));
    for benchmark in [
        "cis-aws-1.2",
        "cloudaware",
        "datadog",
        "cloudguard",
        "aws-security-hub",
        "lacework",
    ] {
        for line in text(&["list", "--benchmark", benchmark]).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn the_list_as_json() {
    let list = json(&["list", "--benchmark", "cis-aws-3.0"]);
    assert_eq!(list["schema_version"], 1);
    assert_eq!(list["benchmark"]["id"], "cis-aws-3.0");
    assert_eq!(list["benchmark"]["external_siem"], false);
    assert_eq!(list["controls"][4]["id"], "cloudtrail_changes");
    assert_eq!(list["controls"][4]["number"], "4.5");
    assert_eq!(list["controls"][4]["assessment"], "manual");
}

#[test]
fn a_control_is_shown_by_id_or_number() {
    let by_id = text(&["show", "cloudtrail_changes"]);
    assert_eq!(by_id, text(&["show", "5.5"]));
    let elsewhere = text(&["show", "CloudWatch.5"]);
    assert!(
        elsewhere
            .contains("control: cloudtrail_changes\n  number: CloudWatch.5 in aws-security-hub\n")
    );
    let old = text(&["show", "4.5"]);
    assert!(
        old.contains("number: 4.5 in cis-aws-5.0\n"),
        "the newest that numbers it so"
    );
    assert!(by_id.contains("($.eventName = StopLogging)"));
    assert!(by_id.contains("PutEventSelectors is not asked for by any version"));
    let shown = json(&["show", "iam_policy_changes"]);
    assert_eq!(shown["id"], "iam_policy_changes");
    let intent = shown["alternatives"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["label"] == "intent")
        .unwrap();
    assert_eq!(intent["events"].as_array().unwrap().len(), 16);
    assert_eq!(intent["events"][0]["source"], "iam.amazonaws.com");
    let hub = shown["benchmarks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["benchmark"] == "aws-security-hub");
    assert_eq!(hub.unwrap()["number"], "CloudWatch.4");
}

#[test]
fn one_benchmark_shows_only_what_counts_under_it() {
    let old = text(&[
        "show",
        "security_group_changes",
        "--benchmark",
        "cis-aws-3.0",
    ]);
    assert!(!old.contains("seven-events (text)"));
    assert!(old.contains("six-events (text)"));
    let new = text(&[
        "show",
        "security_group_changes",
        "--benchmark",
        "cis-aws-5.0",
    ]);
    assert!(new.contains("seven-events (text)"));
    assert!(!new.contains("six-events (text)"));
}

#[test]
fn unknown_names_are_errors_that_say_what_is_known() {
    let error = fails(&["show", "cloudtrail"]);
    assert!(
        error.starts_with(
            "error: there is no control `cloudtrail`\nhelp: did you mean `cloudtrail_changes` or `"
        ),
        "{error}"
    );
    let error = fails(&["list", "--benchmark", "cis"]);
    assert!(
        error.starts_with("error: there is no benchmark `cis`\nhelp: did you mean `cis-aws`"),
        "{error}"
    );
    assert!(
        error.contains("there are aws-security-hub, cis-aws 1.2 to "),
        "{error}"
    );
    let error = fails(&["list", "--controls", "no/such/folder"]);
    assert!(
        error.starts_with("error: `no/such/folder`: cannot be read: "),
        "{error}"
    );
}

#[test]
fn the_end_of_a_vendors_number_suggests_the_number() {
    for (given, meant) in [
        ("MON.22", "`D9.AWS.MON.22` (assume_role)"),
        ("global-59", "`lacework-global-59` (root_usage)"),
        (
            "root-account-usage-monitoring",
            "`/ce/ca/aws/cloudtrail/root-account-usage-monitoring` (root_usage)",
        ),
    ] {
        let error = fails(&["show", given]);
        assert!(error.contains(&format!("did you mean {meant}?")), "{error}");
    }
}

#[test]
fn a_users_folder_is_listed_with_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trails_exist.toml");
    let control = "title = 'A trail exists'\nrationale = 'R'\nseverity = 'low'\nremediation = 'D'\n\
                   query = '''select trail_arn as resource, 'pass' as status, 'it exists' as reason\nfrom trail'''\n";
    std::fs::write(&file, control).unwrap();
    let path = folder.path().to_str().unwrap();
    assert!(text(&["list", "--controls", path]).contains("trails_exist"));
    let shown = text(&["show", "trails_exist", "--controls", path]);
    assert!(
        shown.contains("\nQuery\n  select trail_arn as resource"),
        "{shown}"
    );

    std::fs::write(&file, control.replace("'low'", "'dire'")).unwrap();
    let error = fails(&["list", "--controls", path]);
    assert!(
        error.contains("trails_exist.toml` line 3: unknown variant `dire`"),
        "{error}"
    );
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_trailproof"))
        .args(["controls", "show", "iam_policy_changes", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

/// The five pages that this product was asked to implement, each under its vendor's own id.
#[test]
fn every_seed_is_shown_under_its_vendors_id() {
    let auth = "A metric filter and alarm should exist for console authentication failures";
    let root = "/ce/ca/aws/cloudtrail/root-account-usage-monitoring";
    for (file, benchmark, id) in [
        ("lacework-global-59", "lacework", "lacework-global-59"),
        ("lacework-global-66", "lacework", "lacework-global-66"),
        ("cloudaware-root", "cloudaware", root),
        ("datadog-auth", "datadog", auth),
        ("cloudguard-mon-22", "cloudguard", "D9.AWS.MON.22"),
    ] {
        let shown = text(&["show", id, "--benchmark", benchmark]);
        golden::check(&format!("controls/{file}.txt"), &shown);
        let listed = json(&["list", "--benchmark", benchmark]);
        let mut numbers = listed["controls"].as_array().unwrap().iter();
        assert!(numbers.any(|row| row["number"] == id), "{id}");
    }
    let shown = json(&["show", "D9.AWS.MON.22"]);
    let under = &shown["under"];
    assert_eq!(under["severity"], "high");
    assert_eq!(under["category"], "Management Tools");
    assert!(under["references"].as_array().unwrap().len() >= 7);
    let wrong = shown["frameworks"].as_array().unwrap().iter();
    for mapping in wrong {
        let title = mapping["title"].as_str().unwrap();
        assert!(!title.contains("CIS"), "{title}");
    }
    let shown = json(&["show", root]);
    assert_eq!(
        shown["under"]["title"],
        "Root Account Usage Monitoring is not enabled"
    );
    assert_eq!(shown["under"]["external_siem"], true);
    // Its page of network gateways says nothing of a SIEM.
    let gateways = json(&[
        "show",
        "network_gateway_changes",
        "--benchmark",
        "cloudaware",
    ]);
    assert_eq!(gateways["under"]["external_siem"], false);
}

#[test]
fn frameworks_are_listed_and_shown_with_their_sources() {
    let run = |args: &[&str]| {
        let output = trailproof().arg("frameworks").args(args).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (code, list, _) = run(&["list"]);
    assert_eq!(code, Some(0));
    assert!(list.contains("\nnist-800-53-r5 "), "{list}");
    assert_eq!(list.matches("NIST SP 800-53 Rev. 5").count(), 1);
    // The list had a spelling of its own.
    let (_, whole, _) = run(&["list", "--format", "json"]);
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let mut not_stated = 0;
    for row in whole["frameworks"].as_array().unwrap() {
        let (_, shown, _) = run(&["show", row["id"].as_str().unwrap()]);
        let title = row["title"].as_str().unwrap();
        assert!(shown.starts_with(title), "{title}: {shown}");
        not_stated += usize::from(title.ends_with(" not stated"));
    }
    assert!(not_stated >= 2);
    let lines = list.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        lines.contains("ACSC Essential Eight, version not stated"),
        "{list}"
    );
    let (_, shown, _) = run(&["show", "NIST SP 800-53 Rev. 5"]);
    assert_eq!(
        run(&["show", "nist-sp-800-53-rev5"]).1,
        shown,
        "a source's spelling"
    );
    assert!(shown.contains("\nAU-6\n"), "{shown}");
    assert!(shown.contains("mondoohq/cnspec@"), "{shown}");
    let (code, _, error) = run(&["show", "NIST SP 800-53"]);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("choose one of nist-800-53, nist-800-53-r4"),
        "{error}"
    );
    let (_, json, _) = run(&["list", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema_version"], 1);
    assert!(json["frameworks"][0]["sources"][0].is_string());
}
