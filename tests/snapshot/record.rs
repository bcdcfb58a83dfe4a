//! Recording: names, resuming, being killed, digests of repeated recordings.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use trailproof::snapshot::{AWS_CLI_JSON, Call, Error, Snapshot, State, Writer, verify};

use super::complete;
use crate::support::trailproof;
use crate::support::world::World;

fn time() -> jiff::Timestamp {
    "2026-11-01T10:00:00Z".parse().unwrap()
}

fn call(region: &str) -> Call {
    Call {
        account: "111122223333".to_owned(),
        region: region.to_owned(),
        service: "cloudtrail".to_owned(),
        operation: "DescribeTrails".to_owned(),
        request: json!({"includeShadowTrails": true}),
        at: time(),
        http_status: Some(200),
        error: None,
        request_id: Some("0b3c2f2e".to_owned()),
        media_type: AWS_CLI_JSON.to_owned(),
        body: br#"{"trailList": []}"#.to_vec(),
    }
}

#[test]
fn what_was_recorded_is_what_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let mut writer = Writer::create(&path, "trailproof test", time(), false).unwrap();
    let mut odd = call("eu-west-1");
    odd.error = Some((
        "AccessDenied".to_owned(),
        "User: \u{e9} is not \"allowed\"\n".to_owned(),
    ));
    odd.http_status = None;
    odd.request_id = None;
    odd.body = vec![0, 255, 10];
    let first = writer.record(&call("us-east-1")).unwrap();
    let second = writer.record(&odd).unwrap();
    assert!(!path.exists());
    let written = writer.finish(time()).unwrap();
    assert_eq!(written, path);
    assert!(!Writer::partial_path(&path).exists());
    let snapshot = Snapshot::open(&path).unwrap();
    assert_eq!(
        snapshot.evidence(first).unwrap().unwrap().call,
        call("us-east-1")
    );
    assert_eq!(snapshot.evidence(second).unwrap().unwrap().call, odd);
    assert_eq!(snapshot.evidence(3).unwrap(), None);
    assert_eq!(
        snapshot.response(first).unwrap(),
        Some(json!({"trailList": []}))
    );
    assert_eq!(snapshot.response(second).unwrap(), None);
    assert_eq!(verify(&path).unwrap().findings, []);
}

#[test]
fn an_existing_file_is_replaced_with_force_alone_and_only_when_finished() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    std::fs::write(&path, "precious").unwrap();
    let error = Writer::create(&path, "t", time(), false).unwrap_err();
    assert!(matches!(error, Error::Exists(_)), "{error}");
    let writer = Writer::create(&path, "t", time(), true).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    writer.finish(time()).unwrap();
    assert_eq!(Snapshot::open(&path).unwrap().state(), State::Complete);

    // The name was free at the start and is taken at the end.
    let path = directory.path().join("b.db");
    let writer = Writer::create(&path, "t", time(), false).unwrap();
    std::fs::write(&path, "precious").unwrap();
    let error = writer.finish(time()).unwrap_err();
    assert!(matches!(error, Error::Exists(_)), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
}

#[test]
fn a_recording_that_was_cut_short_says_so_and_can_be_resumed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let mut writer = Writer::create(&path, "trailproof test", time(), false).unwrap();
    writer.record(&call("us-east-1")).unwrap();
    let partial = writer.abandon().unwrap();
    assert_eq!(partial, Writer::partial_path(&path));
    assert!(!path.exists());

    let error = Writer::create(&path, "t", time(), false).unwrap_err();
    assert!(matches!(error, Error::PartialExists(_)), "{error}");
    let snapshot = Snapshot::open(&partial).unwrap();
    assert_eq!(snapshot.state(), State::Incomplete);
    let answered = "select group_concat(region) from answered";
    let regions: String = snapshot
        .connection()
        .query_row(answered, [], |row| row.get(0))
        .unwrap();
    assert_eq!(
        regions, "us-east-1",
        "facts of an incomplete snapshot are derived on opening"
    );
    let verification = verify(&partial).unwrap();
    assert_eq!(verification.findings, []);
    let output = trailproof().arg("verify").arg(&partial).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("The snapshot is incomplete"));

    let mut writer = Writer::resume(&path, false).unwrap();
    let found = |writer: &Writer, region: &str| {
        let request: Value = json!({"includeShadowTrails": true});
        writer
            .find(
                "111122223333",
                region,
                "cloudtrail",
                "DescribeTrails",
                &request,
            )
            .unwrap()
    };
    assert_eq!(found(&writer, "us-east-1").unwrap().call, call("us-east-1"));
    assert_eq!(found(&writer, "eu-west-1"), None);
    let mut denied = call("eu-west-1");
    denied.error = Some(("AccessDenied".to_owned(), String::new()));
    writer.record(&denied).unwrap();
    assert_eq!(found(&writer, "eu-west-1"), None, "an error is asked again");
    writer.record(&call("eu-west-1")).unwrap();
    writer.finish(time()).unwrap();
    let verification = verify(&path).unwrap();
    assert_eq!(
        (verification.findings.len(), verification.evidence_rows),
        (0, 3)
    );
    assert!(matches!(
        Writer::resume(&path, false),
        Err(Error::Complete(_))
    ));
}

#[test]
fn a_call_that_the_format_cannot_hold_is_refused_and_the_rest_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let mut writer = Writer::create(&path, "t", time(), false).unwrap();
    writer.record(&call("us-east-1")).unwrap();
    for break_it in [
        (|call: &mut Call| call.account = "12".to_owned()) as fn(&mut Call),
        |call| call.operation = String::new(),
        |call| call.request = json!([]),
    ] {
        let mut broken = call("us-east-1");
        break_it(&mut broken);
        assert!(matches!(writer.record(&broken), Err(Error::InvalidCall(_))));
    }
    writer.record(&call("eu-west-1")).unwrap();
    writer.finish(time()).unwrap();
    let verification = verify(&path).unwrap();
    assert_eq!(
        (verification.findings.len(), verification.evidence_rows),
        (0, 2)
    );
}

/// Not a test of its own: records for ever in a process that the next test kills.
#[test]
fn endless_recording() {
    let Some(path) = std::env::var_os("TRAILPROOF_TEST_ENDLESS") else {
        return;
    };
    let mut writer = Writer::create(Path::new(&path), "trailproof test", time(), false).unwrap();
    let mut call = call("us-east-1");
    for number in 0_u64.. {
        // Hardly compressible, so that the page cache spills and a journal is left behind.
        let noise: String = (0..4000_u64)
            .map(|n| ((n * n * 31 + number * 2_654_435_761) % 9973).to_string())
            .collect();
        call.region = format!("region-{number}");
        call.body = json!({"trailList": [], "noise": noise})
            .to_string()
            .into_bytes();
        writer.record(&call).unwrap();
    }
}

#[test]
fn a_kill_at_any_moment_leaves_nothing_or_an_incomplete_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let mut with_evidence = 0;
    for round in 0..30_u64 {
        let path = directory.path().join(format!("{round}.db"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "snapshot::record::endless_recording",
                "--nocapture",
            ])
            .env("TRAILPROOF_TEST_ENDLESS", &path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(5 + round * 37 % 600));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!path.exists());
        let partial = Writer::partial_path(&path);
        if !partial.exists() {
            continue;
        }
        let before = std::fs::read(&partial).unwrap();
        let verification = match verify(&partial) {
            Ok(verification) => verification,
            // Killed before the first commit: nothing was recorded, and the file says that it is no snapshot.
            Err(Error::NotASnapshot { .. } | Error::Damaged { .. }) => continue,
            Err(error) => panic!("round {round}: {error}"),
        };
        assert_eq!(verification.meta.state, State::Incomplete);
        assert_eq!(verification.findings, [], "round {round}");
        let snapshot = Snapshot::open(&partial).unwrap();
        assert_eq!(snapshot.state(), State::Incomplete);
        drop(snapshot);
        assert_eq!(
            std::fs::read(&partial).unwrap(),
            before,
            "round {round} was touched"
        );
        with_evidence += u32::from(verification.evidence_rows > 0);
        let mut writer = Writer::resume(&path, false).unwrap();
        writer.record(&call("us-east-1")).unwrap();
        writer.finish(time()).unwrap();
        let resumed = verify(&path).unwrap();
        assert_eq!(resumed.findings, []);
        assert_eq!(resumed.evidence_rows, verification.evidence_rows + 1);
    }
    assert!(
        with_evidence > 3,
        "the kills came too early to show anything"
    );
}

#[test]
fn two_recordings_of_an_unchanged_account_have_one_facts_digest() {
    let (directory, path) = complete();
    let digest = |path: &Path| Snapshot::open(path).unwrap().meta().facts_sha256.clone();
    let mut reversed = World::complete();
    reversed.answers.reverse();
    let again = directory.path().join("again.db");
    reversed.write_snapshot(&again);
    assert!(digest(&path).is_some());
    assert_eq!(digest(&path), digest(&again));
    for turn in [1, 7, 13] {
        let mut turned = World::complete();
        turned.answers.rotate_left(turn);
        let path = directory.path().join(format!("{turn}.db"));
        turned.write_snapshot(&path);
        assert_eq!(digest(&path), digest(&again));
    }
    let evidence = |path: &Path| Snapshot::open(path).unwrap().meta().evidence_sha256.clone();
    assert_ne!(evidence(&path), evidence(&again));

    let mut changed = World::complete();
    changed.edit_topic(|topic| topic["Owner"] = json!("999999999999"));
    let other = directory.path().join("other.db");
    changed.write_snapshot(&other);
    assert_ne!(digest(&path), digest(&other));
}

#[cfg(unix)]
#[test]
fn what_is_written_can_be_read_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let private = |path: &Path| {
        let mode = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    };
    let path = directory.path().join("a.db");
    let mut writer = Writer::create(&path, "trailproof test", time(), false).unwrap();
    writer.record(&call("us-east-1")).unwrap();
    let partial = Writer::partial_path(&path);
    private(&partial);
    let mut journal = partial.clone().into_os_string();
    journal.push("-journal");
    private(Path::new(&journal));
    let partial = writer.abandon().unwrap();
    private(&partial);
    // A recording that an older version began.
    std::fs::set_permissions(&partial, std::fs::Permissions::from_mode(0o644)).unwrap();
    let writer = Writer::resume(&path, false).unwrap();
    private(&partial);
    writer.finish(time()).unwrap();
    private(&path);

    let redacted = directory.path().join("redacted.db");
    let folder = directory.path().join("answers");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(
        folder.join("get-caller-identity.json"),
        r#"{"Account": "111122223333", "UserId": "A", "Arn": "arn:aws:iam::111122223333:root"}"#,
    )
    .unwrap();
    let imported = directory.path().join("imported.db");
    for (command, input, output) in [("redact", &path, &redacted), ("import", &folder, &imported)] {
        let mut run = trailproof();
        run.arg(command).arg(input).arg("-o").arg(output);
        let run = run.output().unwrap();
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        private(output);
    }
}

#[test]
fn credentials_in_an_answer_and_external_ids_are_not_kept_whoever_records_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let mut writer = Writer::create(&path, "trailproof test", time(), false).unwrap();
    let answers = [
        r#"{"Credentials": {"SecretAccessKey": "leaked-key", "SessionToken": "leaked-token"}}"#,
        "<leaked-token",
    ];
    for (number, body) in answers.into_iter().enumerate() {
        for error in [
            None,
            Some(("unreadable".to_owned(), format!("cannot read {body}"))),
        ] {
            writer
                .record(&Call {
                    service: "sts".to_owned(),
                    operation: "AssumeRole".to_owned(),
                    request: json!({"RoleArn": format!("arn:aws:iam::11112222333{number}:role/Audit"), "ExternalId": "leaked-id"}),
                    error,
                    body: body.as_bytes().to_vec(),
                    ..call("us-east-1")
                })
                .unwrap();
        }
    }
    writer.finish(time()).unwrap();
    let snapshot = Snapshot::open(&path).unwrap();
    let read = snapshot.for_each_evidence(|evidence| {
        assert!(!format!("{:?}", evidence.call).contains("leaked"));
        assert!(evidence.call.body.is_empty());
        Ok(())
    });
    read.unwrap();
    assert_eq!(verify(&path).unwrap().findings, []);
}
