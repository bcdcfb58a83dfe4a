//! Faulty files are refused with their line; ids and versions resolve as documented.

use std::path::Path;

use super::*;

const GOOD: &str = r#"title = "T"
rationale = "R"
severity = "low"
remediation = "D"
[[alternative]]
label = "text"
kind = "text"
pattern = '{ $.eventName = A }'
source = "S"
"#;

fn load(text: &str) -> Result<Control, Error> {
    load::control("x.toml", "x", text, true)
}

#[track_caller]
fn refused(text: &str, line: usize, part: &str) {
    let error = load(text).unwrap_err();
    assert_eq!(error.line, Some(line), "{error}");
    assert!(error.message.contains(part), "{error}");
}

#[test]
fn a_minimal_control_loads() {
    let control = load(GOOD).unwrap();
    assert_eq!(control.alternatives.len(), 1);
    assert!(
        control.alternatives_for("any").next().is_some(),
        "no list of benchmarks means all"
    );
}

#[test]
fn faults_name_their_line() {
    refused(
        &GOOD.replace("\"low\"", "\"dire\""),
        3,
        "unknown variant `dire`",
    );
    refused(
        &GOOD.replace("'{ $.eventName = A }'", "''"),
        8,
        "`pattern` is empty",
    );
    refused(
        &GOOD.replace("= A }", "== A }"),
        8,
        "`pattern` is no filter pattern: ",
    );
    refused(&GOOD.replace("source", "sauce"), 9, "unknown field `sauce`");
    refused(
        &format!("{GOOD}events = []\n"),
        5,
        "either `pattern` or `events`",
    );
    refused(&GOOD.replace("rationale = \"R\"", "rationale = \"R"), 2, "");
    refused(
        &format!("{GOOD}[[example]]\ntitle='t'\nevent='{{'\ncaught_by=[]\n"),
        12,
        "no JSON",
    );
    refused(
        &format!("{GOOD}[[example]]\ntitle='t'\nevent='{{}}'\ncaught_by=['b']\n"),
        13,
        "no alternative's label",
    );
}

#[test]
fn a_control_asks_for_something() {
    let head = GOOD.split("[[").next().unwrap();
    assert!(load(head).unwrap_err().message.contains("asks for nothing"));
    let query = format!("query = 'select 1'\n{head}");
    assert_eq!(load(&query).unwrap().query.as_deref(), Some("select 1"));
    assert!(
        load(&format!("query = 'select 1'\n{GOOD}"))
            .unwrap_err()
            .message
            .contains("one or the other")
    );
}

#[test]
fn events_become_a_pattern() {
    let events = |rows: &str| {
        let text = GOOD.replace(
            "pattern = '{ $.eventName = A }'",
            &format!("events = {rows}"),
        );
        load(&text).map(|control| control.alternatives[0].pattern.clone())
    };
    assert_eq!(
        events("[{names=['A']}]").unwrap(),
        r#"{ ($.eventName = "A") }"#
    );
    assert_eq!(
        events("[{source='s.amazonaws.com',names=['A','B']}]").unwrap(),
        r#"{ ($.eventSource = "s.amazonaws.com") && (($.eventName = "A") || ($.eventName = "B")) }"#
    );
    assert_eq!(
        events("[{source='s.amazonaws.com',names=['A']},{names=['B']}]").unwrap(),
        r#"{ (($.eventSource = "s.amazonaws.com") && ($.eventName = "A")) || (($.eventName = "B")) }"#
    );
    assert!(
        events("[{names=['A\"B']}]")
            .unwrap_err()
            .message
            .contains("no event name")
    );
    assert!(
        events("[{names=['A*']}]").is_err(),
        "a wildcard would mean more than a name"
    );
}

#[test]
fn the_newest_cis_version_is_the_default() {
    let registry = Registry::builtin().unwrap();
    assert_eq!(registry.default_benchmark().unwrap().id, "cis-aws-7.0");
    assert_eq!(registry.benchmark("cis-aws").unwrap().id, "cis-aws-7.0");
    assert_eq!(
        registry.benchmark("cis-aws-1.4.0").unwrap().id,
        "cis-aws-1.4"
    );
    assert_eq!(
        registry.benchmark("cis-aws-4.0.1").unwrap().id,
        "cis-aws-4.0"
    );
    for unknown in ["cis-aws-99.0", "cis-aws-1.4.x", "cis-aws-1", "", "1.4"] {
        assert!(registry.benchmark(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn a_folder_adds_controls_and_benchmarks() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let with = |path: &Path| Registry::builtin().unwrap().with_directory(path);
    assert!(
        with(folder.path())
            .unwrap_err()
            .message
            .contains("holds no control")
    );
    write("ours.toml", GOOD);
    let registry = with(folder.path()).unwrap();
    let default = registry.default_benchmark().unwrap();
    let last = registry.controls_of(default).pop().unwrap();
    assert_eq!(
        (last.0, last.1.custom),
        ("ours", true),
        "a control that no benchmark lists is added to each"
    );

    write(
        "benchmarks/cis-aws-10.0.toml",
        "title='T'\nfamily='cis-aws'\nversion='10.0'\nsource='S'\ncontrols=[{number='1',control='ours'}]\n",
    );
    let registry = with(folder.path()).unwrap();
    assert_eq!(
        registry.default_benchmark().unwrap().id,
        "cis-aws-10.0",
        "10.0 is newer than 7.0"
    );
    assert_eq!(
        registry
            .controls_of(registry.default_benchmark().unwrap())
            .len(),
        1
    );

    write(
        "benchmarks/b.toml",
        "title='T'\nfamily='b'\nsource='S'\ncontrols=[\n{number='1',control='none'}]\n",
    );
    let error = with(folder.path()).unwrap_err();
    assert_eq!(
        (error.line, error.message.as_str()),
        (Some(5), "there is no control `none`")
    );
    std::fs::remove_file(folder.path().join("benchmarks/b.toml")).unwrap();

    let named = GOOD.replace(
        "source = \"S\"",
        "source = \"S\"\nbenchmarks = [\"cis-aws-7.0\", \"cis-aws-7\"]",
    );
    write("named.toml", &named);
    let error = with(folder.path()).unwrap_err();
    assert_eq!(
        (error.line, error.message.as_str()),
        (Some(10), "there is no benchmark `cis-aws-7`")
    );
    std::fs::remove_file(folder.path().join("named.toml")).unwrap();

    write("cloudtrail_changes.toml", GOOD);
    assert!(
        with(folder.path())
            .unwrap_err()
            .message
            .contains("exists already")
    );
}

#[test]
fn the_same_text_differs_in_blanks_alone() {
    let same = |left: &str, right: &str| assert!(same_text(left, right), "{left}\n{right}");
    let other = |left: &str, right: &str| assert!(!same_text(left, right), "{left}\n{right}");
    same(
        "{ ($.a = b) || ($.c != \"d e\") }",
        "{($.a=b)||($.c!=\"d e\")}",
    );
    same("{ $.a NOT  EXISTS && $.b = 1 }", "{$.a NOT EXISTS&&$.b=1}");
    same(" {\n$.a = b\n} ", "{ $.a = b }");
    other("{ $.a NOT EXISTS }", "{ $.aNOT EXISTS }");
    other("{ $.a = \"d e\" }", "{ $.a = \"d  e\" }");
    other("{ $.a = b }", "{ $.a = \"b\" }");
    other("{ ($.a = b) }", "{ $.a = b }");
    other("{ $.a = b }", "{ $.a = B }");
    other("{ ($.a = b) || ($.c = d) }", "{ ($.c = d) || ($.a = b) }");
    other("{($.eventNa me=X)}", "{($.eventName=X)}");
}

/// The mappings are cut out at build time and read late: nothing is lost on the way.
#[test]
fn framework_mappings_survive_the_cut() {
    for control in Registry::builtin().unwrap().controls() {
        let path = format!(
            "{}/controls/{}.toml",
            env!("CARGO_MANIFEST_DIR"),
            control.id
        );
        let text = std::fs::read_to_string(&path).unwrap();
        let whole = load::control(&path, &control.id, &text, false).unwrap();
        assert_eq!(control.frameworks(), whole.frameworks(), "{}", control.id);
        assert_eq!(
            text.contains("frameworks = ["),
            !control.frameworks().is_empty()
        );
        assert_eq!(control.alternatives, whole.alternatives, "{}", control.id);
    }
}

#[test]
fn a_number_means_its_control_where_it_is_not_ambiguous() {
    let registry = Registry::builtin().unwrap();
    let default = registry.default_benchmark().unwrap();
    let meant = |number: &str| {
        registry
            .control_by_number(default, number)
            .map(|it| it.id.as_str())
    };
    assert_eq!(meant("5.5"), Ok("cloudtrail_changes"));
    assert_eq!(
        meant("4.5"),
        Ok("cloudtrail_changes"),
        "the number of 1.3 to 5.0"
    );
    assert_eq!(meant("CloudWatch.4"), Ok("iam_policy_changes"));
    assert_eq!(meant("D9.AWS.MON.22"), Ok("assume_role"));
    assert_eq!(meant("9.9"), Err(vec![]));
}
