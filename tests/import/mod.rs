//! Folders of AWS CLI output: read whole, damaged in every way, and the script that writes them.

/// Answers twice, in pages, of another operation and of another place.
mod doubt;
/// The script with the real AWS CLI.
#[cfg(all(feature = "collect", unix))]
mod emulator;
/// The script with an `aws` of the tests.
#[cfg(unix)]
mod fake;
/// Writes a world as the AWS CLI would.
pub mod folder;
/// The script against answers that somebody hostile wrote.
#[cfg(unix)]
mod hostile;
/// The printed script.
mod script;
/// The script in an account without a trail.
#[cfg(unix)]
mod untrailed;

use crate::support::world::{ACCOUNT, Answer, ApiError, HOME, LOG_GROUP, World};
use crate::support::{project, trailproof};
use folder::Layout;
use std::fs;
use std::path::{Path, PathBuf};
use trailproof::import::{self, Defaults};
use trailproof::snapshot::{Snapshot, Writer};

/// Digest of the facts of a snapshot.
pub fn facts(path: &Path) -> String {
    Snapshot::open(path)
        .unwrap()
        .meta()
        .facts_sha256
        .clone()
        .unwrap()
}

/// Imports a folder into `<folder>.snapshot` with the command.
fn imported(folder: &Path, args: &[&str]) -> PathBuf {
    let path = folder.with_extension("snapshot");
    let _ = fs::remove_file(&path);
    let output = trailproof()
        .arg("import")
        .arg(folder)
        .arg("-o")
        .arg(&path)
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    path
}

/// Kind, code and message of every gap, with its operation.
fn gaps(path: &Path) -> Vec<(String, String, String)> {
    let snapshot = Snapshot::open(path).unwrap();
    let sql = "select operation, kind, message from gap order by operation, subject";
    let mut statement = snapshot.connection().prepare(sql).unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    rows.map(|row| row.unwrap()).collect()
}

/// What the script of a fake wrote has the facts of its account as it is collected; gives both snapshots.
fn script_as_collected(fake: &fake::Fake, world: &World) -> [PathBuf; 2] {
    let collected = fake.path("collected");
    world.write_snapshot(&collected);
    let snapshot = imported(&fake.path("aws-answers"), &[]);
    assert_eq!(facts(&snapshot), facts(&collected), "{:?}", gaps(&snapshot));
    [snapshot, collected]
}

fn worlds() -> Vec<(&'static str, World)> {
    let mut refused = World::complete();
    refused.deny("sns", "GetSubscriptionAttributes");
    let mut composite = World::complete();
    composite.single_region(true);
    vec![
        ("complete", World::complete()),
        ("refused", refused),
        ("single region", composite),
        ("organization", World::organization()),
    ]
}

#[test]
fn an_imported_folder_has_the_facts_of_the_collected_account() {
    let scratch = tempfile::tempdir().unwrap();
    for (index, (name, world)) in worlds().into_iter().enumerate() {
        let collected = scratch.path().join(format!("collected-{index}"));
        world.write_snapshot(&collected);
        let folder = scratch.path().join(format!("folder-{index}"));
        folder::write(&world, &folder, Layout::Script);
        let snapshot = imported(&folder, &[]);
        assert_eq!(
            facts(&snapshot),
            facts(&collected),
            "{name}: {:?}",
            gaps(&snapshot)
        );
        let verified = trailproof().arg("verify").arg(&snapshot).output().unwrap();
        assert!(
            verified.status.success(),
            "{}",
            String::from_utf8_lossy(&verified.stdout)
        );
    }
}

#[test]
fn files_without_a_list_of_calls_are_known_by_their_names() {
    let scratch = tempfile::tempdir().unwrap();
    for (index, (name, mut world)) in worlds().into_iter().enumerate() {
        // Asked for all alarms at once, which a file name cannot say.
        world
            .answers
            .retain(|answer| answer.operation != "DescribeAlarmHistory");
        // Filters of one log group count as what was asked of it, those of several as what was asked of the Region.
        world.add_filter(serde_json::json!({
            "filterName": "errors",
            "filterPattern": "ERROR",
            "logGroupName": "/app/web",
            "creationTime": 1,
            "metricTransformations": [{"metricName": "errors", "metricNamespace": "app", "metricValue": "1"}],
        }));
        let collected = scratch.path().join(format!("collected-{index}"));
        world.write_snapshot(&collected);
        let folder = scratch.path().join(format!("folder-{index}"));
        folder::write(&world, &folder, Layout::Names);
        let snapshot = imported(&folder, &[]);
        assert_eq!(
            facts(&snapshot),
            facts(&collected),
            "{name}: {:?}",
            gaps(&snapshot)
        );
    }
}

#[test]
fn files_of_any_name_are_known_by_their_shape() {
    let scratch = tempfile::tempdir().unwrap();
    let mut world = World::complete();
    // What an answer without its question does not tell.
    let silent = [
        "DescribeAlarmHistory",
        "DescribeAccountPolicies",
        "DescribeSubscriptionFilters",
        "GetTransformer",
        "GetDataProtectionPolicy",
    ];
    world
        .answers
        .retain(|answer| !silent.contains(&answer.operation.as_str()) && answer.output.is_ok());
    // An answer without items names no region; a status names no trail.
    let loose = |operation: &str| {
        !["GetTrailStatus", "ListRules", "DescribeMetricFilters"].contains(&operation)
    };
    world.answers.retain(|answer| {
        answer.operation != "ListAlarmMuteRules" && answer.region == HOME
            || answer.operation == "DescribeTrails"
    });
    let folder = scratch.path().join("folder");
    folder::write(&world, &folder, Layout::Shapes { loose });
    let snapshot = imported(&folder, &[]);
    let collected = scratch.path().join("collected");
    // Of the alarms only those are surely asked for that are there.
    for answer in world.answers_to("monitoring", "DescribeAlarms") {
        answer.request = serde_json::json!({});
    }
    world.write_snapshot(&collected);
    let missing: Vec<String> = gaps(&snapshot)
        .into_iter()
        .map(|(operation, _, message)| format!("{operation}: {message}"))
        .collect();
    assert!(
        missing
            .iter()
            .all(|gap| gap.starts_with("DescribeAlarms: no file for DescribeAlarms about `")),
        "{missing:?}"
    );
    assert_eq!(missing.len(), 2, "composite and log alarms: {missing:?}");
    let rows = |path: &Path, table: &str| -> i64 {
        let snapshot = Snapshot::open(path).unwrap();
        snapshot
            .connection()
            .query_row(&format!("select count(*) from {table}"), [], |row| {
                row.get(0)
            })
            .unwrap()
    };
    for table in [
        "trail",
        "trail_status",
        "event_selector",
        "metric_filter",
        "alarm",
        "topic",
        "subscription",
        "answered",
    ] {
        assert_eq!(rows(&snapshot, table), rows(&collected, table), "{table}");
        assert!(rows(&snapshot, table) > 0, "{table}");
    }
}

/// Every file in turn is removed, emptied, cut off or replaced: a gap names it, and nothing else changes.
#[test]
fn a_damaged_file_becomes_a_gap_that_names_it() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    folder::write(&World::complete(), &folder, Layout::Script);
    let names: Vec<String> = fs::read_to_string(folder.join("calls.tsv"))
        .unwrap()
        .lines()
        .map(|line| line.split('\t').next().unwrap().to_owned())
        .collect();
    let whole = import::read(&folder, &Defaults::default()).unwrap();
    assert_eq!(whole.unusable, Vec::<String>::new());
    for name in &names {
        let path = folder.join(name);
        let original = fs::read(&path).unwrap();
        let is_error = original.is_empty();
        for damage in ["missing", "empty", "cut off", "foreign", "no JSON"] {
            match damage {
                "missing" => fs::remove_file(&path).unwrap(),
                "empty" => fs::write(&path, "").unwrap(),
                "cut off" => fs::write(&path, &original[..original.len() / 2]).unwrap(),
                "foreign" => fs::write(&path, "{\"hello\": [1, 2]}").unwrap(),
                _ => fs::write(&path, "<html>sign in first</html>").unwrap(),
            }
            let recording = import::read(&folder, &Defaults::default()).unwrap();
            let named = recording
                .unusable
                .iter()
                .filter(|why| why.contains(&format!("`{name}`")))
                .count();
            // The file of a failed call is empty, and its error is beside it.
            let tolerated = is_error && damage != "missing";
            if !tolerated {
                assert_eq!(named, 1, "{name} {damage}: {:?}", recording.unusable);
            }
            let changed = recording
                .calls()
                .zip(whole.calls())
                .filter(|(left, right)| left != right)
                .count();
            assert!(changed <= 1, "{name} {damage} changed {changed} calls");
            fs::write(&path, &original).unwrap();
        }
    }
    assert!(names.len() > 20, "{names:?}");
}

#[test]
fn foreign_and_doubtful_files_are_gaps_that_name_them() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    folder::write(&World::complete(), &folder, Layout::Script);
    let place = folder.join(ACCOUNT).join(HOME);
    fs::write(place.join("shopping list.txt"), "milk").unwrap();
    fs::write(place.join("mystery.json"), "{\"Things\": []}").unwrap();
    fs::write(place.join("both.json"), "{\"Trails\": [], \"Rules\": []}").unwrap();
    fs::write(place.join("get-trail-status.json"), "{\"IsLogging\": true}").unwrap();
    fs::write(folder.join("list-rules.json"), "{\"Rules\": []}").unwrap();
    let gaps = gaps(&imported(&folder, &[]));
    let expected = [
        (
            format!("{ACCOUNT}/{HOME}/both.json"),
            "could be an answer to ListRules or to ListTrails",
        ),
        (
            format!("{ACCOUNT}/{HOME}/get-trail-status.json"),
            "does not say of which trail",
        ),
        (
            format!("{ACCOUNT}/{HOME}/mystery.json"),
            "is no answer that is known here",
        ),
        (format!("{ACCOUNT}/{HOME}/shopping list.txt"), "is not JSON"),
        (
            "list-rules.json".to_owned(),
            "does not say which region it is of",
        ),
    ];
    assert_eq!(gaps.len(), expected.len(), "{gaps:?}");
    for (name, what) in expected {
        let fits = |(operation, kind, message): &(String, String, String)| {
            operation == "File"
                && kind == "unreadable"
                && message.starts_with(&format!("`{name}`"))
                && message.contains(what)
        };
        let wrong = format!("{name}: {gaps:?}");
        // The order in which two operations are named is that of the table.
        let swapped = what.replace("ListRules or to ListTrails", "ListTrails or to ListRules");
        assert!(
            gaps.iter().any(|gap| fits(gap) || gap.2.contains(&swapped)),
            "{wrong}"
        );
    }
}

#[test]
fn a_question_that_no_file_answers_is_a_gap() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    let needed = [
        ("cloudtrail", "GetTrailStatus"),
        ("cloudtrail", "GetEventSelectors"),
        ("logs", "DescribeLogGroups"),
        ("logs", "DescribeMetricFilters"),
        ("monitoring", "DescribeAlarms"),
        ("sns", "GetTopicAttributes"),
        ("sns", "ListSubscriptionsByTopic"),
        ("sns", "GetSubscriptionAttributes"),
    ];
    for layout in [Layout::Script, Layout::Names] {
        for (service, operation) in needed {
            let mut world = World::complete();
            world.answers.retain(|answer| {
                answer.operation != operation && answer.operation != "DescribeAlarmHistory"
            });
            let _ = fs::remove_dir_all(&folder);
            folder::write(&world, &folder, layout);
            let gaps = gaps(&imported(&folder, &[]));
            let about = |gap: &&(String, String, String)| {
                gap.0 == operation && gap.2.starts_with(&format!("no file for {operation}"))
            };
            assert_eq!(
                gaps.iter().filter(about).count(),
                gaps.len(),
                "{service} {operation}: {gaps:?}"
            );
            assert!(!gaps.is_empty(), "{service} {operation}");
        }
    }
}

/// An older AWS CLI leaves out the list of log alarms, as if there were none.
#[test]
fn a_type_of_alarms_that_the_aws_cli_does_not_know_is_a_gap() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    let mut world = World::complete();
    world.edit("monitoring", "DescribeAlarms", |output| {
        output.as_object_mut().unwrap().remove("LogAlarms");
    });
    world
        .answers
        .retain(|answer| answer.operation != "DescribeAlarmHistory");
    folder::write(&world, &folder, Layout::Names);
    let snapshot = imported(&folder, &[]);
    let gaps = gaps(&snapshot);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].2.contains("the AWS CLI may be too old"), "{gaps:?}");
    let connection = Snapshot::open(&snapshot).unwrap();
    let mut statement = connection
        .connection()
        .prepare("select subject from answered where operation = 'DescribeAlarms'")
        .unwrap();
    let answered: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(answered, ["CompositeAlarm", "MetricAlarm"]);
}

/// `calls.tsv` has texts alone: a rule named `true` was read as a request for a truth value.
#[test]
fn a_resource_may_be_called_true() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    let mut world = World::complete();
    let arn = format!("arn:aws:cloudwatch:{HOME}:{ACCOUNT}:alarm-mute-rule:true");
    world.answer(
        "monitoring",
        "GetAlarmMuteRule",
        serde_json::json!({"AlarmMuteRuleName": "true"}),
        serde_json::json!({"Name": "true", "AlarmMuteRuleArn": arn}),
    );
    folder::write(&world, &folder, Layout::Script);
    let snapshot = Snapshot::open(&imported(&folder, &[])).unwrap();
    let sql = "select subject from answered where operation = 'GetAlarmMuteRule'\n\
               union all select message from gap where operation = 'GetAlarmMuteRule'";
    let subject: String = snapshot
        .connection()
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    assert!(!subject.contains('{'), "{subject}");
}

/// `--max-items` leaves a token behind: the list is not whole.
#[test]
fn a_list_that_was_cut_by_the_user_is_a_gap() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    let mut world = World::complete();
    world.edit("logs", "DescribeMetricFilters", |output| {
        output["NextToken"] = serde_json::json!("eyJuZXh0VG9rZW4iOiBudWxsfQ==");
    });
    folder::write(&world, &folder, Layout::Names);
    let gaps = gaps(&imported(&folder, &[]));
    assert!(
        gaps.iter()
            .any(|(operation, _, _)| operation == "DescribeMetricFilters"),
        "{gaps:?}"
    );
}

#[test]
fn what_cannot_be_imported_is_an_error_and_leaves_no_file() {
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().join("out.snapshot");
    let run = |folder: &Path| {
        let output = trailproof()
            .arg("import")
            .arg(folder)
            .arg("-o")
            .arg(&target)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(!target.exists());
        String::from_utf8(output.stderr).unwrap()
    };
    let empty = scratch.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(run(&empty).contains("holds no answer of the AWS CLI"));
    assert!(run(&scratch.path().join("nowhere")).starts_with("error: cannot read `"));
    let tar = scratch.path().join("answers.tar");
    fs::write(&tar, "x").unwrap();
    assert!(run(&tar).contains("is not a folder; unpack the tar file first"));
    let edited = scratch.path().join("edited");
    folder::write(&World::complete(), &edited, Layout::Script);
    let list = edited.join("calls.tsv");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(
        &list,
        text.replacen("describe-trails\t", "delete-trail\t", 1),
    )
    .unwrap();
    let stderr = run(&edited);
    assert!(
        stderr.starts_with("error: `calls.tsv`, line ")
            && stderr.contains("names no call that is known here"),
        "{stderr}"
    );
}

#[test]
fn an_existing_snapshot_is_kept_unless_forced() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    folder::write(&World::complete(), &folder, Layout::Script);
    let path = scratch.path().join("kept");
    fs::write(&path, "mine").unwrap();
    let run = |args: &[&str]| {
        trailproof()
            .arg("import")
            .arg(&folder)
            .arg("-o")
            .arg(&path)
            .args(args)
            .output()
            .unwrap()
    };
    assert_eq!(run(&[]).status.code(), Some(2));
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    assert_eq!(run(&["--force"]).status.code(), Some(0));
    let first = fs::read(&path).unwrap();
    // The clock has no part in it.
    assert_eq!(run(&["--force"]).status.code(), Some(0));
    assert!(
        fs::read(&path).unwrap() == first,
        "two imports of a folder differ"
    );
    assert!(!Writer::partial_path(&path).exists());
}

/// A file that was made by hand, in one folder, with the errors in it.
#[test]
fn a_folder_made_by_hand() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let identity = format!(
        "{{\"UserId\": \"A:b\", \"Account\": \"{ACCOUNT}\", \"Arn\": \"arn:aws:iam::{ACCOUNT}:user/b\"}}"
    );
    fs::write(folder.join("whoami.json"), identity).unwrap();
    fs::write(folder.join("describe-trails.json"), "{\"trailList\": []}").unwrap();
    let refused = "\nAn error occurred (AccessDeniedException) when calling the DescribeMetricFilters operation: no\n";
    fs::write(
        folder.join("describe_metric_filters.%2Fcloudtrail%2Fmanagement-events.json"),
        refused,
    )
    .unwrap();
    let snapshot = imported(&folder, &["--region", "eu-west-1"]);
    let connection = Snapshot::open(&snapshot).unwrap();
    let row: (String, String, String, String) = connection
        .connection()
        .query_row(
            "select account, region, subject, code from gap",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .unwrap();
    let expected = [ACCOUNT, "eu-west-1", LOG_GROUP, "AccessDeniedException"].map(str::to_owned);
    assert_eq!([row.0, row.1, row.2, row.3], expected);
}

/// A sample snapshot as the answers that the AWS CLI would have printed.
fn answers_of(file: &Path) -> World {
    let snapshot = Snapshot::open(file).unwrap();
    let mut answers = Vec::new();
    snapshot
        .for_each_evidence(|evidence| {
            let output = match &evidence.call.error {
                None => Ok(snapshot.response(evidence.id)?.unwrap()),
                Some((code, message)) => Err(ApiError {
                    status: evidence.call.http_status.unwrap_or(400),
                    code: code.clone(),
                    message: message.clone(),
                }),
            };
            let call = evidence.call;
            answers.push(Answer {
                account: call.account,
                region: call.region,
                service: call.service,
                operation: call.operation,
                request: call.request,
                output,
            });
            Ok(())
        })
        .unwrap();
    World { answers }
}

#[test]
fn an_imported_sample_has_the_facts_of_the_sample() {
    let scratch = tempfile::tempdir().unwrap();
    for name in ["broken", "complete", "empty", "organization", "reviewed"] {
        let sample = project(&format!("snapshots/{name}.trailproof"));
        let folder = scratch.path().join(name);
        folder::write(&answers_of(&sample), &folder, Layout::Script);
        let snapshot = imported(&folder, &[]);
        assert_eq!(
            facts(&snapshot),
            facts(&sample),
            "{name}: {:?}",
            gaps(&snapshot)
        );
    }
}
