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

#[test]
fn every_command_that_writes_data_to_a_file_says_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let broken = project("snapshots/broken.trailproof").display().to_string();
    let complete = project("snapshots/complete.trailproof")
        .display()
        .to_string();
    let records = project("snapshots/records").display().to_string();
    let all_fail = format!("0 pass, {} fail, 0 unknown", judged());
    let better = format!("{} better", judged());
    for (args, expected) in [
        (vec!["analyze", &broken], all_fail.as_str()),
        (vec!["diff", &broken, &complete], better.as_str()),
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
