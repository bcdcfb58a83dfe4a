//! `pattern compare`, the truth table of `pattern explain`, and `query`.

use crate::support::trailproof;
use serde_json::Value;

fn run(args: &[&str]) -> (i32, String, String) {
    let output = trailproof().args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn compare(required: &str, deployed: &[&str]) -> (i32, Value) {
    let mut args = vec![
        "pattern",
        "compare",
        "--required",
        required,
        "--format",
        "json",
    ];
    for deployed in deployed {
        args.extend(["--deployed", deployed]);
    }
    let (code, stdout, stderr) = run(&args);
    assert_eq!(stderr, "");
    (code, serde_json::from_str(&stdout).unwrap())
}

#[test]
fn compare_keeps_its_contract() {
    let (code, answer) = compare(
        "{ $.eventName = DeleteTrail }",
        &["{ $.eventName = \"DeleteTrail\" }"],
    );
    assert_eq!(code, 0);
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "covers",
            "relation",
            "missed_event",
            "extra_event",
            "reason",
            "assumptions",
            "rests_on"
        ]
    );
    assert_eq!(answer["covers"], "yes");
    assert_eq!(answer["relation"], "equivalent");
    assert_eq!(answer["missed_event"], Value::Null);
    assert_eq!(answer["assumptions"], Value::Array(Vec::new()));
}

#[test]
fn several_filters_count_together() {
    let required = "{ ($.eventName = StartLogging) || ($.eventName = StopLogging) }";
    let (code, answer) = compare(required, &["{ $.eventName = StartLogging }"]);
    assert_eq!(
        (code, answer["covers"].as_str(), answer["relation"].as_str()),
        (1, Some("no"), Some("narrower"))
    );
    assert_eq!(answer["missed_event"]["eventName"], "StopLogging");
    assert_eq!(
        answer["reason"],
        "1 of 2 event names are covered; not covered: StopLogging"
    );
    let (code, answer) = compare(
        required,
        &["{ $.eventName = StartLogging }", "{ $.eventName = Stop* }"],
    );
    assert_eq!(
        (code, answer["covers"].as_str(), answer["relation"].as_str()),
        (0, Some("yes"), Some("broader"))
    );
    assert!(
        answer["extra_event"]["eventName"]
            .as_str()
            .unwrap()
            .starts_with("Stop")
    );
}

#[test]
fn a_pattern_that_does_not_parse_is_an_error() {
    let (code, stdout, stderr) = run(&[
        "pattern",
        "compare",
        "--required",
        "{ $.a = 1 }",
        "--deployed",
        "{ $.a == 1 }",
        "--format",
        "json",
    ]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(
        stderr.contains("--deployed") && stderr.contains('^'),
        "{stderr}"
    );
}

#[test]
fn text_patterns_are_decided_where_they_can_be() {
    let required = "{ $.eventName = ConsoleLogin }";
    let (code, answer) = compare(required, &["ConsoleLogin"]);
    assert_eq!((code, answer["covers"].as_str()), (0, Some("yes")));
    assert!(
        answer["assumptions"][0].as_str().unwrap().contains("D19"),
        "{answer}"
    );
    let failed = "{ $.eventName = ConsoleLogin && $.errorMessage = \"Failed authentication\" }";
    let (code, answer) = compare(failed, &["\"Failed authentication\""]);
    assert_eq!(
        (code, answer["covers"].as_str()),
        (0, Some("yes")),
        "a blank is written as it is"
    );
    assert_eq!(compare(required, &[""]).1["covers"], "yes");
    assert_eq!(compare(required, &["[...]"]).1["covers"], "yes");
    let (code, answer) = compare(required, &["DeleteTrail"]);
    assert_eq!((code, answer["covers"].as_str()), (1, Some("no")));
    let (code, answer) = compare(required, &["[ip, user, ...]"]);
    assert_eq!(
        (code, answer["covers"].as_str()),
        (1, Some("no")),
        "{answer}"
    );
}

#[test]
fn explain_prints_the_cases_that_can_happen() {
    let (code, stdout, _) = run(&["pattern", "explain", "--pattern", "{ $.a = x || $.a = y }"]);
    assert_eq!(code, 0);
    let cases = "  1 2  matches\n  1 .  yes\n  0 1  yes\n  0 0  no\n";
    assert!(stdout.ends_with(cases), "{stdout}");
}

#[test]
fn query_reads_a_snapshot_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot.sqlite");
    crate::support::world::World::complete().write_snapshot(&path);
    let path = path.to_str().unwrap();
    let sql = "select name, pattern_covers('{ $.eventName = DisableKey }', pattern) as covers \
               from metric_filter where covers order by name";
    let (code, stdout, stderr) = run(&["query", path, sql, "--format", "json"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(
        serde_json::from_str::<Value>(&stdout).unwrap().is_array(),
        "{stdout}"
    );
    for sql in [
        "delete from metric_filter",
        "attach 'x' as y",
        "select 1; select 2",
        "",
        "select nothing",
    ] {
        let (code, stdout, stderr) = run(&["query", path, sql]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{sql}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
    let (_, stdout, _) = run(&[
        "query",
        path,
        "select 'a,b' as x, null as y",
        "--format",
        "csv",
    ]);
    assert_eq!(stdout, "x,y\r\n\"a,b\",\r\n");
}

#[test]
fn the_question_about_a_rule_is_not_printed_for_a_solver() {
    let (code, stdout, stderr) = run(&[
        "pattern",
        "compare",
        "--required",
        "{ $.eventName = StopLogging }",
        "--deployed-rule",
        r#"{"detail":{"eventName":["StopLogging"]}}"#,
        "--smt-lib",
    ]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("filter patterns alone"), "{stderr}");
}
