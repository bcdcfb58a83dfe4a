//! Weather: most calls fail, the disk is full, somebody else records to the same name.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Place, collect, column, facts_digest, gaps, refuse, succeed};
use crate::support::fake_aws::{FakeAws, Fault, FaultKind};
use crate::support::thoroughness;
use crate::support::world::{ACCOUNT, World};

/// What an auditor would read of an account, as texts.
fn facts(file: &Path) -> BTreeSet<String> {
    [
        "select 'trail ' || trail_arn || is_logging from trail_status",
        "select 'filter ' || name || coalesce(pattern, '') from metric_filter",
        "select 'alarm ' || alarm_arn || coalesce(threshold, '') from alarm",
        "select 'topic ' || topic_arn from topic",
        "select 'subscription ' || endpoint || topic_arn from subscription",
    ]
    .iter()
    .flat_map(|sql| column(file, sql))
    .collect()
}

#[test]
fn most_calls_fail_and_what_is_recorded_is_right_or_a_gap() {
    let aws = FakeAws::serve_pages(&World::complete(), 3);
    let place = Place::new();
    let whole = place.file("whole.trailproof");
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &whole));
    let right = facts(&whole);
    assert!(right.len() > 30, "{right:?}");
    let percents: &[u64] = if thoroughness() > 1 {
        &[10, 30, 50, 70, 80, 90, 90, 90]
    } else {
        &[20, 60]
    };
    for (storm, percent) in percents.iter().enumerate() {
        aws.fault(Fault::of("", FaultKind::Storm { percent: *percent }));
        let file = place.file(&format!("{storm}.trailproof"));
        let output = collect(&aws.endpoint(), ACCOUNT, &file)
            .args(["--timeout", "2"])
            .output()
            .unwrap();
        aws.heal();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code().is_some(), "ended by a signal: {said}");
        let found = facts(&file);
        let wrong: Vec<_> = found.difference(&right).collect();
        assert!(wrong.is_empty(), "{percent}: {wrong:?}");
        let gaps = gaps(&file);
        eprintln!(
            "{percent} of 100: {} facts of {}, {} gaps",
            found.len(),
            right.len(),
            gaps.len()
        );
        assert_eq!(
            gaps.is_empty(),
            facts_digest(&file) == facts_digest(&whole),
            "{gaps:?}"
        );
        assert!(
            found == right || !gaps.is_empty(),
            "less is known, and nothing says so"
        );
    }
}

#[test]
fn a_full_disk_is_told_and_what_was_recorded_can_be_resumed() {
    let aws = FakeAws::serve(&World::complete());
    let place = Place::new();
    let whole = place.file("whole.trailproof");
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &whole));
    for blocks in [0, 8, 40, 120, 250] {
        let file = place.file(&format!("{blocks}.trailproof"));
        let inner = collect(&aws.endpoint(), ACCOUNT, &file);
        // The limit of a file's size, with the signal ignored, so that writing fails as on a full disk.
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"",
                &blocks.to_string(),
            ])
            .arg(inner.get_program())
            .args(inner.get_args())
            .env_clear()
            .envs(
                inner
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            );
        let text = refuse(&mut command);
        assert!(
            text.contains("full") || text.contains("too large") || text.contains("disk"),
            "{text}"
        );
        assert!(!file.exists());
        let mut again = collect(&aws.endpoint(), ACCOUNT, &file);
        let partial = file.with_extension("trailproof.partial");
        let is_begun = std::fs::metadata(&partial).is_ok_and(|partial| partial.len() > 0);
        if is_begun && again.arg("--resume").status().unwrap().success() {
            assert_eq!(facts_digest(&file), facts_digest(&whole));
        } else {
            succeed(collect(&aws.endpoint(), ACCOUNT, &file).arg("--force"));
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let aws = FakeAws::serve(&World::complete());
    // No user may create a file there, not even root.
    let file = Path::new("/sys/account.trailproof");
    if !Path::new("/sys/kernel").exists() {
        eprintln!("skipped: no folder here that nobody may write to");
        return;
    }
    let text = refuse(&mut collect(&aws.endpoint(), ACCOUNT, file));
    assert!(text.contains("/sys/account.trailproof"), "{text}");
}

#[test]
fn two_collectors_on_one_output_lose_nothing() {
    let aws = FakeAws::serve(&World::complete());
    let place = Place::new();
    let file = place.file("account.trailproof");
    aws.fault(Fault::of(
        "ListSubscriptionsByTopic",
        FaultKind::Delay(Duration::from_secs(8)),
    ));
    let mut first = collect(&aws.endpoint(), ACCOUNT, &file)
        .args(["--timeout", "30"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lock = file.with_extension("trailproof.partial.lock");
    while !std::fs::read_to_string(&lock).is_ok_and(|text| text.ends_with('\n')) {
        assert!(
            first.try_wait().unwrap().is_none(),
            "it ended before it began"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    for more in [None, Some("--force"), Some("--resume")] {
        let text = refuse(collect(&aws.endpoint(), ACCOUNT, &file).args(more));
        let holder = format!("is being recorded by process {} since 20", first.id());
        assert!(text.contains(&holder), "{more:?}: {text}");
    }
    aws.heal();
    assert!(first.wait().unwrap().success());
    assert_eq!(gaps(&file), [""; 0]);
    assert!(!lock.exists() && !file.with_extension("trailproof.partial").exists());
}

#[test]
fn a_lock_that_is_none_of_ours_is_left_as_it_is() {
    let aws = FakeAws::serve(&World::complete());
    let place = Place::new();
    let file = place.file("account.trailproof");
    let lock = file.with_extension("trailproof.partial.lock");
    let treasure = place.file("treasure");
    std::fs::write(&treasure, "mine").unwrap();
    std::os::unix::fs::symlink(&treasure, &lock).unwrap();
    refuse(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    std::fs::remove_file(&lock).unwrap();
    std::fs::hard_link(&treasure, &lock).unwrap();
    refuse(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    assert_eq!(std::fs::read_to_string(&treasure).unwrap(), "mine");
    std::fs::remove_file(&lock).unwrap();
    // What a kill left is taken over.
    std::fs::write(&lock, "trailproof process 1 since 2026-01-01T00:00:00Z\n").unwrap();
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    assert!(!lock.exists());
}
