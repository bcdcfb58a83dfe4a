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
    load::control("x.toml", "x", text, true).map(|(control, _)| control)
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

/// `controls show` printed that a misspelt pattern matched the example that it was written for.
#[test]
fn an_example_that_is_not_matched_as_it_says_is_refused() {
    let example = |event: &str, caught_by: &str| {
        format!("{GOOD}[[example]]\ntitle='t'\nevent='{event}'\ncaught_by={caught_by}\n")
    };
    assert!(load(&example("{\"eventName\":\"A\"}", "['text']")).is_ok());
    assert!(load(&example("{\"eventName\":\"B\"}", "[]")).is_ok());
    refused(
        &example("{\"eventName\":\"B\"}", "['text']"),
        12,
        "`text` does not match this event",
    );
    refused(
        &example("{\"eventName\":\"A\"}", "[]"),
        12,
        "`text` matches this event",
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
            .contains("a control is one of them")
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
    let version =
        |it: &Benchmark| -> u32 { it.version.split('.').next().unwrap().parse().unwrap() };
    let newest = registry
        .benchmarks()
        .iter()
        .filter(|it| it.family == "cis-aws")
        .max_by_key(|it| version(it));
    let newest = newest.unwrap().id.as_str();
    assert_eq!(registry.default_benchmark().unwrap().id, newest);
    assert_eq!(registry.benchmark("cis-aws").unwrap().id, newest);
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

#[test]
fn a_number_means_its_control_where_it_is_not_ambiguous() {
    let registry = Registry::builtin().unwrap();
    let cis = registry.benchmark("cis-aws-7.0").unwrap();
    let meant = |number: &str| {
        let named = registry.find_control(cis, number, Sections::Usual).unwrap();
        (named.control.id.as_str(), named.remark)
    };
    let remark = |text: &str| Some(text.to_owned());
    assert_eq!(meant("5.5"), ("cloudtrail_changes", None));
    assert_eq!(meant("cloudtrail_changes"), ("cloudtrail_changes", None));
    assert_eq!(
        meant("4.3"),
        (
            "root_usage",
            remark("4.3 is root_usage in cis-aws 1.3 to 5.0: 5.3 in cis-aws-7.0")
        )
    );
    // The benchmark itself has that number too, in the section that was not asked about.
    let (id, said) = meant("4.1");
    let said = said.unwrap();
    let itself =
        "; 4.1 of cis-aws-7.0 itself is cloudtrail_all_regions, which `--section logging` asks";
    assert_eq!(id, "unauthorized_api_calls");
    assert!(said.ends_with(itself), "{said}");
    assert_eq!(
        meant("cloudwatch.4"),
        (
            "iam_policy_changes",
            remark("cloudwatch.4 is iam_policy_changes in aws-security-hub: 5.4 in cis-aws-7.0")
        )
    );
    assert_eq!(
        meant("D9.AWS.MON.22"),
        (
            "assume_role",
            remark("D9.AWS.MON.22 is assume_role in cloudguard: not in cis-aws-7.0")
        )
    );
    // 3.1 would be ambiguous if another benchmark numbered another control so.
    let other = "title='T'\nfamily='f'\nsource='S'\nlike='cis-aws-7.0'\ncontrols=[{number='3.1',control='ours'}]\n";
    let registry = folder_of(&[("f", other)]).unwrap();
    let cis = registry.benchmark("cis-aws-7.0").unwrap();
    let error = registry
        .find_control(cis, "3.1", Sections::Usual)
        .unwrap_err();
    assert!(
        error.to_string().ends_with("ours, unauthorized_api_calls"),
        "{error}"
    );
}

#[test]
fn what_is_named_nearly_right_is_asked_about() {
    let registry = Registry::builtin().unwrap();
    let cis = registry.benchmark("cis-aws-7.0").unwrap();
    let help = |name: &str| {
        let error = registry
            .find_control(cis, name, Sections::Usual)
            .unwrap_err();
        assert_eq!(error.to_string(), format!("there is no control `{name}`"));
        error.help().to_owned()
    };
    assert_eq!(help("root"), "did you mean `root_usage`?");
    assert_eq!(help("mfa"), "did you mean `console_without_mfa`?");
    assert_eq!(
        help("cloudtrail_chagnes"),
        "did you mean `cloudtrail_changes`?"
    );
    assert!(help("ROOT-USAGE").starts_with("did you mean `root_usage`"));
    assert!(help("zzz").contains("controls list --benchmark cis-aws-7.0"));
    let error = registry
        .find_listed_control(cis, "assume_role", Sections::Usual)
        .unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.help()),
        (
            "`assume_role` is no control of cis-aws-7.0",
            "it is D9.AWS.MON.22 in cloudguard: name one of these with --benchmark"
        )
    );
    let help = |name: &str| {
        let error = registry.find_benchmark(Some(name)).unwrap_err();
        error.help().to_owned()
    };
    let list = "there are aws-security-hub, cis-aws 1.2 to ";
    assert!(
        help("cis").starts_with("did you mean `cis-aws`"),
        "{}",
        help("cis")
    );
    assert!(help("cis").contains(list), "{}", help("cis"));
    assert!(help("dataodg").starts_with("did you mean `datadog`? there are"));
    assert!(help("zzz").starts_with(list));
    assert!(help("").starts_with(list));
}

/// A folder with one control and the benchmarks given by id and text.
fn folder_of(benchmarks: &[(&str, &str)]) -> Result<Registry, Error> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("benchmarks")).unwrap();
    std::fs::write(folder.path().join("ours.toml"), GOOD).unwrap();
    for (id, text) in benchmarks {
        let path = folder.path().join(format!("benchmarks/{id}.toml"));
        std::fs::write(path, text).unwrap();
    }
    Registry::builtin()?.with_directory(folder.path())
}

#[test]
fn a_benchmark_like_another_says_only_what_differs() {
    let bare = "title='T'\nfamily='cis-aws'\nversion='99.0'\nsource='S'\nlike='cis-aws-7.0'\n";
    let registry = folder_of(&[("cis-aws-99.0", bare)]).unwrap();
    let (new, old) = (
        registry.benchmark("cis-aws-99.0").unwrap(),
        registry.benchmark("cis-aws-7.0").unwrap(),
    );
    assert_eq!(registry.default_benchmark().unwrap().id, new.id);
    assert_eq!((&new.entries, &new.audit), (&old.entries, &old.audit));
    assert_eq!(new.external_siem, old.external_siem);
    for control in registry.controls() {
        let counted = |id| -> Vec<_> { control.alternatives_for(id).collect() };
        assert_eq!(counted(&new.id), counted(&old.id), "{}", control.id);
        let noted = |id| -> Vec<_> { control.notes_for(id).collect() };
        assert_eq!(noted(&new.id), noted(&old.id), "{}", control.id);
        let printed = |of| -> Vec<_> { control.printings_for(of).collect() };
        assert_eq!(printed(new), printed(old), "{}", control.id);
    }
    // A grandchild that stands before its parent in the folder, without audit steps of its own.
    let heir = "title='T'\nfamily='a'\nsource='S'\nlike='cis-aws-99.0'\naudit=[]\ncontrols=[{number='1',control='root_usage',severity='low',title='Ours'}]\n";
    let registry = folder_of(&[("a", heir), ("cis-aws-99.0", bare)]).unwrap();
    let heir = registry.benchmark("a").unwrap();
    let control = registry.control("root_usage").unwrap();
    assert!(heir.audit.is_empty());
    assert!(control.alternatives_for("a").next().is_some());
    assert_eq!(heir.severity_of(control), Severity::Low);
    assert_eq!(heir.title_of(control), "Ours");
}

#[test]
fn a_benchmark_like_itself_or_like_nothing_is_refused() {
    let like = |id: &str| format!("title='T'\nfamily='f'\nsource='S'\nlike='{id}'\n");
    let refused = |files: &[(&str, &str)], part: &str| {
        let error = folder_of(files).unwrap_err();
        assert!(error.message.contains(part), "{error}");
        assert_eq!(error.line, Some(4), "{error}");
    };
    refused(
        &[("a", &like("cis-aws-8"))],
        "there is no benchmark `cis-aws-8`",
    );
    refused(&[("a", &like("a"))], "in a circle by way of `a`");
    refused(&[("a", &like("b")), ("b", &like("a"))], "in a circle");
    refused(
        &[("a", &like("b")), ("b", &like("c"))],
        "there is no benchmark `c`",
    );
    let error = folder_of(&[("a", "title='T'\nfamily='f'\nsource='S'\n")]).unwrap_err();
    assert!(error.message.contains("`controls` is missing"), "{error}");
}

#[test]
fn except_ends_the_line_of_a_text() {
    let registry = Registry::builtin().unwrap();
    let control = registry.control("security_group_changes").unwrap();
    let text_of = |id: &'static str| {
        let mut texts = control
            .alternatives_for(id)
            .filter(|it| it.kind == AlternativeKind::Text);
        texts.next().map(|it| it.label.as_str())
    };
    assert_eq!(text_of("cis-aws-1.2"), Some("six-events"));
    assert_eq!(text_of("cis-aws-4.0"), Some("six-events"));
    assert_eq!(text_of("cis-aws-5.0"), Some("seven-events"));
    assert_eq!(text_of("cis-aws-7.0"), Some("seven-events"));
}

#[test]
fn sections_stand_in_the_order_of_people() {
    let text = "name='N'\n[[source]]\nat='S'\nmaps=[{control='c',sections=['AU-12','AU-6(1)','AC-2','AU-6']},{control='d',sections=['AU-6']}]\n";
    let framework = load::framework("f.toml", "f", text).unwrap();
    assert_eq!(framework.sections(), ["AC-2", "AU-6", "AU-6(1)", "AU-12"]);
    assert_eq!(framework.sections_of("d"), ["AU-6"]);
    assert!(framework.is_called("n") && framework.is_called("F"));
}

#[test]
fn a_number_of_logging_changes_the_meaning_of_none_that_was_there() {
    let registry = Registry::builtin().unwrap();
    let meant = |benchmark: &str, number: &str, sections: Sections| {
        let benchmark = registry.benchmark(benchmark).unwrap();
        let named = registry.find_control(benchmark, number, sections).unwrap();
        named.control.id.clone()
    };
    // 4.5 is the key of trails in 7.0, and was a change of trails in 1.3 to 5.0.
    assert_eq!(
        meant("cis-aws-7.0", "4.5", Sections::Usual),
        "cloudtrail_changes"
    );
    assert_eq!(meant("cis-aws-7.0", "4.5", Sections::All), "cloudtrail_kms");
    let logging = Sections::One(Section::Logging);
    assert_eq!(meant("cis-aws-7.0", "4.5", logging), "cloudtrail_kms");
    assert_eq!(
        meant("cis-aws-5.0", "3.1", Sections::All),
        "cloudtrail_all_regions"
    );
    assert_eq!(
        meant("cis-aws-7.0", "3.1", Sections::Usual),
        "unauthorized_api_calls"
    );
    assert_eq!(
        meant("cis-aws-7.0", "3.1", logging),
        "cloudtrail_all_regions"
    );
    assert_eq!(
        meant("cis-aws-7.0", "3.8", Sections::Usual),
        "s3_bucket_policy_changes"
    );
}

#[test]
fn a_control_is_listed_in_its_own_section() {
    let list = "title='T'\nfamily='f'\nsource='S'\nlike='cis-aws-7.0'\ncontrols=[{number='1',control='cloudtrail_kms'}]\n";
    let error = folder_of(&[("f", list)]).unwrap_err();
    assert_eq!(
        (error.line, error.message.as_str()),
        (
            Some(5),
            "`cloudtrail_kms` is a logging control: list it under `logging`"
        )
    );
}
