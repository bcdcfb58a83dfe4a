use serde_json::Value;

use crate::support::trailproof;

fn text(args: &[&str]) -> String {
    let output = trailproof()
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
    assert!(list.starts_with("CIS Amazon Web Services Foundations Benchmark 7.0 (cis-aws-7.0)\n"));
    assert!(list.contains(" 5.5      cloudtrail_changes         Changes to a trail are told\n"));
    assert!(list.contains("benchmarks: aws-security-hub, cis-aws 1.2 to 7.0, cloudaware"));
    assert!(list.ends_with(
        "controls of other benchmarks: assume_role, ec2_instance_changes,\n\
         ec2_large_instance_changes, iam_login_profile_changes\n"
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
    assert_eq!(list["controls"].as_array().unwrap().len(), 15);
    assert_eq!(list["controls"][4]["id"], "cloudtrail_changes");
    assert_eq!(list["controls"][4]["number"], "4.5");
    assert_eq!(list["controls"][4]["assessment"], "manual");
}

#[test]
fn a_control_is_shown_by_id_or_number() {
    let by_id = text(&["show", "cloudtrail_changes"]);
    assert_eq!(by_id, text(&["show", "5.5"]));
    assert_eq!(
        by_id,
        text(&["show", "CloudWatch.5"]),
        "a number that only others use"
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
        error.starts_with("error: there is no control `cloudtrail`\nhelp: "),
        "{error}"
    );
    let error = fails(&["list", "--benchmark", "cis-aws-8.0"]);
    assert!(
        error.starts_with("error: there is no benchmark `cis-aws-8.0`\nhelp: known benchmarks: "),
        "{error}"
    );
    let error = fails(&["list", "--controls", "no/such/folder"]);
    assert!(
        error.starts_with("error: `no/such/folder`: cannot be read: "),
        "{error}"
    );
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
