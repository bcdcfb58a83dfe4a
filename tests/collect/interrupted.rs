//! Killed, cut off and resumed.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use trailproof::snapshot::{Snapshot, State};

use super::{Place, calls, collect, column, facts_digest, monitored, number, refuse, succeed};
use crate::support::fake_aws::{FakeAws, Fault, FaultKind};
use crate::support::thoroughness;
use crate::support::world::{ACCOUNT, LOG_GROUP, World};

/// What a file under the final or the partial name may be at any moment.
fn check_left_over(file: &Path) -> &'static str {
    let partial = file.with_extension("trailproof.partial");
    if file.exists() {
        assert_eq!(Snapshot::open(file).unwrap().state(), State::Complete);
        return "complete";
    }
    if !partial.exists() {
        return "absent";
    }
    match Snapshot::open(&partial) {
        // Killed between sealing the file and giving it its name.
        Ok(snapshot) if snapshot.state() == State::Complete => "sealed",
        Ok(_) => "incomplete",
        // The very first pages were not on disk yet: no snapshot, and it says so.
        Err(error) => {
            assert!(error.to_string().contains("partial"), "{error}");
            "not begun"
        }
    }
}

/// Fifty times; with `TRAILPROOF_THOROUGHNESS=10` five hundred times, and each is resumed.
#[test]
fn killed_at_fifty_moments() {
    let moments = 50 * thoroughness() as u64;
    let aws = FakeAws::serve_pages(&World::complete(), 3);
    let place = Place::new();
    // Slow enough that the moments fall into the collection.
    aws.fault(Fault::of("", FaultKind::Delay(Duration::from_millis(4))));
    let start = Instant::now();
    let whole = place.file("whole.trailproof");
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &whole));
    let length = start.elapsed();
    let mut seen = std::collections::BTreeMap::new();
    for moment in 0..moments {
        let file = place.file(&format!("{moment}.trailproof"));
        let mut child = collect(&aws.endpoint(), ACCOUNT, &file)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Spread over the whole run, a little beyond its end, at moments that repeat nothing.
        let nanos = length.as_nanos() as u64 / 1_000 * (2 * moment + 1) * 1_000 / (2 * moments - 4);
        std::thread::sleep(Duration::from_nanos(nanos + moment * 137_077 % 1_000_003));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = check_left_over(&file);
        *seen.entry(found).or_insert(0) += 1;
        if (moment % 5 == 0 || moments > 50) && found != "complete" {
            let mut again = collect(&aws.endpoint(), ACCOUNT, &file);
            match found {
                "incomplete" | "sealed" => succeed(again.arg("--resume")),
                _ => succeed(again.arg("--force")),
            };
            assert_eq!(
                facts_digest(&file),
                facts_digest(&whole),
                "resumed after {found}"
            );
        }
    }
    eprintln!("killed at {moments} moments: {seen:?}");
    assert!(
        seen.get("incomplete").is_some_and(|times| *times > 5),
        "{seen:?}"
    );
}

/// A collection that has nearly everything and hangs at the subscription: the fake AWS was told to delay its answer.
fn held_at_the_subscription(aws: &FakeAws, file: &Path) -> Child {
    let child = collect(&aws.endpoint(), ACCOUNT, file)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !aws
        .take_asked()
        .iter()
        .any(|asked| asked.operation == "GetSubscriptionAttributes")
    {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(600));
    child
}

#[test]
fn a_resumed_collection_asks_only_for_what_is_missing() {
    let world = World::complete();
    let aws = FakeAws::serve_pages(&world, 4);
    let place = Place::new();
    let whole = place.file("whole.trailproof");
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &whole));
    let all = aws.take_asked().len();

    // Stopped when nearly everything is there: by then the collector hangs at the subscription.
    aws.fault(Fault::of(
        "GetSubscriptionAttributes",
        FaultKind::Delay(Duration::from_secs(60)),
    ));
    let file = place.file("a.trailproof");
    let mut child = held_at_the_subscription(&aws, &file);
    stop(&child);
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert_eq!(check_left_over(&file), "incomplete");

    aws.heal();
    aws.take_asked();
    let text = succeed(collect(&aws.endpoint(), ACCOUNT, &file).arg("--resume"));
    assert!(text.contains("1 subscription"), "{text}");
    let asked: Vec<String> = aws
        .take_asked()
        .into_iter()
        .map(|asked| asked.operation)
        .collect();
    assert_eq!(
        asked,
        ["GetCallerIdentity", "GetSubscriptionAttributes"],
        "of {all} calls"
    );
    assert_eq!(facts_digest(&file), facts_digest(&whole));
}

/// What Ctrl-C and service managers do.
fn stop(child: &Child) {
    let status = std::process::Command::new("kill")
        .arg("-TERM")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn calls_that_failed_are_asked_again_on_resuming() {
    let place = Place::new();
    let aws = FakeAws::serve(&World::complete());
    aws.fault(Fault::of(
        "DescribeMetricFilters",
        FaultKind::Error {
            status: 400,
            code: "AccessDeniedException",
        },
    ));
    aws.fault(Fault::of(
        "GetSubscriptionAttributes",
        FaultKind::Delay(Duration::from_secs(60)),
    ));
    let file = place.file("a.trailproof");
    let mut child = held_at_the_subscription(&aws, &file);
    child.kill().unwrap();
    child.wait().unwrap();
    aws.heal();
    succeed(collect(&aws.endpoint(), ACCOUNT, &file).arg("--resume"));
    assert_eq!(
        number(&file, "select count(*) from metric_filter"),
        monitored()
    );
    assert_eq!(
        number(&file, "select count(*) from gap"),
        0,
        "answered in the end"
    );
    let whole = place.file("whole.trailproof");
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &whole));
    // The log group was asked about where all of them could not be, and is asked about again.
    let answered = |file| {
        let sql =
            "select subject from answered where operation = 'DescribeMetricFilters' order by 1";
        column(file, sql)
    };
    assert_eq!(answered(&whole), [""]);
    assert_eq!(answered(&file), ["", LOG_GROUP]);
    // What went wrong on the way stays on record, but a replay need not repeat it.
    assert_eq!(
        column(
            &file,
            "select distinct error_code from evidence where error_code like 'Access%'"
        ),
        ["AccessDeniedException"]
    );
    let replayed = place.file("replayed.trailproof");
    succeed(super::bare(&replayed).arg("--from").arg(&file));
    assert_eq!(facts_digest(&replayed), facts_digest(&file));
    assert!(calls(&replayed).len() < calls(&file).len());
}

#[test]
fn a_collection_of_another_account_is_not_mixed_in() {
    let place = Place::new();
    let aws = FakeAws::serve(&World::complete());
    aws.fault(Fault::of(
        "GetSubscriptionAttributes",
        FaultKind::Delay(Duration::from_secs(60)),
    ));
    let file = place.file("a.trailproof");
    let mut child = held_at_the_subscription(&aws, &file);
    child.kill().unwrap();
    child.wait().unwrap();
    let other = FakeAws::serve(&World::of(&crate::support::world::Site::new(
        "999988887777",
        "us-east-1",
    )));
    let text = refuse(collect(&other.endpoint(), "999988887777", &file).arg("--resume"));
    assert!(
        text.contains(ACCOUNT) && text.contains("999988887777"),
        "{text}"
    );
    assert_eq!(check_left_over(&file), "incomplete");
}

#[test]
fn there_must_be_something_to_resume() {
    let place = Place::new();
    let aws = FakeAws::serve(&World::empty());
    let file = place.file("a.trailproof");
    refuse(collect(&aws.endpoint(), ACCOUNT, &file).arg("--resume"));
    assert!(!file.exists());
    assert_eq!(aws.requests(), 0, "said before anything is asked");
}
