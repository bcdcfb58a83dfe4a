//! An AWS that fails: throttling, lost and broken answers, sessions that end, lists without an end, calls denied.

use super::fake::{recorded, recorded_with_gaps};
use trailproof::snapshot::operations::{Need, find};

use super::{Place, collect, column, facts_digest, gaps, lack, monitored, number, refuse, succeed};
use crate::support::fake_aws::{FakeAws, Fault, FaultKind};
use crate::support::world::{ACCOUNT, World};

#[test]
fn throttled_calls_are_asked_again() {
    let aws = FakeAws::serve(&World::complete());
    for operation in [
        "DescribeTrails",
        "DescribeMetricFilters",
        "DescribeAlarms",
        "GetTopicAttributes",
    ] {
        let kind = FaultKind::Error {
            status: 400,
            code: "ThrottlingException",
        };
        aws.fault(Fault {
            times: 2,
            ..Fault::of(operation, kind)
        });
    }
    let place = Place::new();
    let file = recorded(&place, &aws, "a.trailproof");
    assert_eq!(gaps(&file), [""; 0]);
    assert_eq!(
        number(
            &file,
            "select count(*) from evidence where error_code like 'Throttl%'"
        ),
        0,
        "the last answer counts"
    );
}

#[test]
fn dropped_cut_off_and_garbled_answers_are_asked_again() {
    for kind in [FaultKind::Close, FaultKind::CutOff, FaultKind::Garbage] {
        let aws = FakeAws::serve(&World::complete());
        for operation in [
            "DescribeTrails",
            "DescribeAlarms",
            "ListSubscriptionsByTopic",
        ] {
            aws.fault(Fault {
                times: 1,
                ..Fault::of(operation, kind.clone())
            });
        }
        let place = Place::new();
        let file = recorded(&place, &aws, "a.trailproof");
        assert_eq!(
            number(&file, "select count(*) from alarm"),
            monitored(),
            "{kind:?}"
        );
        assert_eq!(gaps(&file), [""; 0], "{kind:?}");
    }
}

#[test]
fn an_answer_that_is_always_cut_off_is_a_gap_and_no_fact() {
    let aws = FakeAws::serve(&World::complete());
    aws.fault(Fault::of("ListSubscriptionsByTopic", FaultKind::CutOff));
    let place = Place::new();
    let (file, _) = recorded_with_gaps(&place, &aws, "a.trailproof");
    assert_eq!(gaps(&file), ["sns ListSubscriptionsByTopic: truncated"]);
    assert_eq!(number(&file, "select count(*) from subscription"), 0);
    assert_eq!(
        number(
            &file,
            "select count(*) from answered where operation = 'ListSubscriptionsByTopic'"
        ),
        0
    );
}

#[test]
fn a_list_that_turns_in_circles_ends_as_a_gap() {
    let aws = FakeAws::serve_pages(&World::complete(), 4);
    aws.fault(Fault {
        after: 1,
        ..Fault::of("DescribeMetricFilters", FaultKind::RepeatedToken)
    });
    let place = Place::new();
    let (file, _) = recorded_with_gaps(&place, &aws, "a.trailproof");
    assert!(
        gaps(&file)[0].starts_with("logs DescribeMetricFilters"),
        "{:?}",
        gaps(&file)
    );
    assert_eq!(
        number(
            &file,
            "select count(*) from answered where operation = 'DescribeMetricFilters'"
        ),
        0
    );
}

#[test]
fn a_session_that_expires_on_the_way_stops_the_collection_which_can_be_resumed() {
    let place = Place::new();
    let aws = FakeAws::serve(&World::complete());
    let whole = recorded(&place, &aws, "whole.trailproof");
    aws.fault(Fault {
        after: 12,
        ..Fault::of(
            "",
            FaultKind::Error {
                status: 400,
                code: "ExpiredTokenException",
            },
        )
    });
    let file = place.file("a.trailproof");
    let text = refuse(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    assert!(
        text.contains("the session ended before the collection did: ExpiredTokenException")
            && text.contains("sign in again")
            && text.contains("--resume"),
        "{text}"
    );
    assert!(!file.exists());
    let all = aws.requests();
    aws.heal();
    aws.take_asked();
    succeed(collect(&aws.endpoint(), ACCOUNT, &file).arg("--resume"));
    assert!(aws.take_asked().len() < all);
    assert_eq!(facts_digest(&file), facts_digest(&whole));
}

/// A session may end more than once, in any of the words that AWS has for it.
#[test]
fn a_session_that_ends_again_and_again_is_resumed_to_the_same_facts() {
    let place = Place::new();
    let aws = FakeAws::serve(&World::complete());
    let whole = recorded(&place, &aws, "whole.trailproof");
    let file = place.file("a.trailproof");
    for (after, code) in [
        (5, "ExpiredToken"),
        (9, "UnrecognizedClientException"),
        (14, "InvalidClientTokenId"),
        (3, "RequestExpired"),
    ] {
        let fault = FaultKind::Error { status: 403, code };
        aws.fault(Fault {
            after,
            ..Fault::of("", fault)
        });
        let mut command = collect(&aws.endpoint(), ACCOUNT, &file);
        if place.file("a.trailproof.partial").exists() {
            command.arg("--resume");
        }
        let text = refuse(&mut command);
        assert!(text.contains(code) && text.contains("--resume"), "{text}");
        assert!(!file.exists(), "{code}");
        aws.heal();
    }
    succeed(collect(&aws.endpoint(), ACCOUNT, &file).arg("--resume"));
    assert_eq!(facts_digest(&file), facts_digest(&whole));
}

#[test]
fn one_service_that_calls_the_session_expired_is_a_gap() {
    let aws = FakeAws::serve(&World::complete());
    aws.fault(Fault::of(
        "DescribeAlarms",
        FaultKind::Error {
            status: 400,
            code: "ExpiredTokenException",
        },
    ));
    let place = Place::new();
    let (file, text) = recorded_with_gaps(&place, &aws, "a.trailproof");
    assert!(
        text.contains("ExpiredTokenException: cloudwatch:DescribeAlarms"),
        "{text}"
    );
    assert_eq!(column(&file, "select distinct kind from gap"), ["expired"]);
    assert_eq!(
        number(&file, "select count(*) from metric_filter"),
        monitored()
    );
}

#[test]
fn lists_and_bodies_without_an_end_are_one_gap_each() {
    for (kind, code) in [
        (FaultKind::FreshTokens, "repeated_page"),
        (FaultKind::Endless, "too_large"),
        (FaultKind::Huge(1 << 30), "too_large"),
    ] {
        let aws = FakeAws::serve(&World::complete());
        aws.fault(Fault::of("DescribeAlarms", kind.clone()));
        let place = Place::new();
        let start = std::time::Instant::now();
        let file = place.file("a.trailproof");
        let text = lack(&mut collect(&aws.endpoint(), ACCOUNT, &file));
        eprintln!("{kind:?}: {:.1} s", start.elapsed().as_secs_f64());
        assert!(text.contains(code), "{text}");
        assert_eq!(
            gaps(&file),
            [format!("monitoring DescribeAlarms: {code}")],
            "{kind:?}"
        );
        assert_eq!(
            number(&file, "select count(*) from metric_filter"),
            monitored()
        );
        assert!(std::fs::metadata(&file).unwrap().len() < 64 << 20);
    }
}

#[test]
fn each_denied_call_is_its_own_gap_and_nothing_else_is_lost() {
    let whole = World::complete();
    let place = Place::new();
    let reference = recorded(&place, &FakeAws::serve(&whole), "whole.trailproof");
    let asked = column(
        &reference,
        "select distinct service || ' ' || operation from evidence where operation <> 'GetCallerIdentity' and error_code is null order by 1",
    );
    assert!(asked.len() >= 18, "{asked:?}");
    for call in asked {
        let (service, operation) = call.split_once(' ').unwrap();
        let aws = FakeAws::serve(&whole);
        let denied = FaultKind::Error {
            status: 400,
            code: "AccessDeniedException",
        };
        aws.fault(Fault::of(find(service, operation).unwrap().name, denied));
        let file = place.file(&format!("{operation}.trailproof"));
        let mut command = collect(&aws.endpoint(), ACCOUNT, &file);
        // Regions that are not of this world are asked where the list of regions is denied.
        if find(service, operation).unwrap().need == Need::Needed || operation == "ListRegions" {
            lack(&mut command);
        } else {
            succeed(&mut command);
        }
        let expected = format!("{service} {operation}: AccessDeniedException");
        assert!(gaps(&file).contains(&expected), "{call}: {:?}", gaps(&file));
        let kinds = column(
            &file,
            &format!("select distinct kind from gap where operation = '{operation}'"),
        );
        assert_eq!(kinds, ["denied"], "{call}");
        // Calls that need no answer of the denied one are all there.
        if matches!(
            operation,
            "GetTrailStatus"
                | "GetEventSelectors"
                | "DescribeMetricFilters"
                | "DescribeLogGroups"
                | "GetSubscriptionAttributes"
        ) {
            assert_eq!(
                number(&file, "select count(*) from alarm"),
                monitored(),
                "{call}"
            );
            assert_eq!(
                number(&file, "select count(*) from subscription"),
                1,
                "{call}"
            );
        }
    }
}

#[test]
fn a_denied_list_of_regions_falls_back_to_those_that_every_account_has() {
    let mut world = World::complete();
    world.deny("account", "ListRegions");
    let place = Place::new();
    let aws = FakeAws::serve(&world);
    let (file, _) = recorded_with_gaps(&place, &aws, "a.trailproof");
    assert_eq!(
        number(
            &file,
            "select count(distinct region) from evidence where operation = 'DescribeTrails'"
        ),
        17
    );
    assert_eq!(number(&file, "select count(*) from alarm"), monitored());
}
