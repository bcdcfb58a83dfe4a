//! Schedules against a calendar that is walked minute by minute.

use proptest::prelude::*;

use super::*;

fn rule(expression: &str, duration: &str) -> MuteRule {
    MuteRule {
        expression: expression.to_owned(),
        duration: duration.to_owned(),
        ..MuteRule::default()
    }
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn ask(expression: &str, duration: &str) -> Muting {
    muting(&rule(expression, duration), now())
}

fn fraction(expression: &str, duration: &str) -> f64 {
    match ask(expression, duration) {
        Muting::Recurring {
            fraction,
            now: false,
        } => fraction,
        other => panic!("{expression} {duration}: {other:?}"),
    }
}

#[test]
fn the_documented_schedules() {
    let near = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-3, "{found} is not {expected}")
    };
    near(fraction("cron(0 2 * * *)", "PT2H"), 2.0 / 24.0);
    near(fraction("cron(0 2 * * SUN)", "PT4H"), 4.0 / 168.0);
    near(fraction("cron(0 18 * * FRI)", "P2DT12H"), 60.0 / 168.0);
    near(
        fraction("cron(0 1 1 * *)", "PT6H"),
        6.0 * 12.0 / (365.25 * 24.0),
    );
    near(fraction("cron(0 0 * * MON-FRI)", "PT24H"), 5.0 / 7.0);
    near(fraction("cron(0 0 * * FRI-MON)", "P1D"), 4.0 / 7.0);
    near(fraction("cron(0 0 29 FEB *)", "P1D"), 1.0 / 1461.0);
}

#[test]
fn windows_that_meet_mute_always() {
    assert_eq!(ask("cron(0 2 * * *)", "PT24H"), Muting::Always);
    assert_eq!(ask("cron(0 2 * * *)", "P1DT1M"), Muting::Always);
    assert_eq!(ask("cron(* * * * *)", "PT1M"), Muting::Always);
    assert_eq!(ask("cron(0 0 * * SUN)", "P7D"), Muting::Always);
    assert_eq!(ask("cron(0,30 * * * *)", "PT30M"), Muting::Always);
    assert_eq!(ask("cron(0/30 * * * ?)", "PT30M"), Muting::Always);
    assert_eq!(
        ask("cron(0 0 1,16 * *)", "P15D"),
        ask("cron(0 0 1,16 * *)", "P15D")
    );
    assert!(
        matches!(ask("cron(0 0 1,16 * *)", "P15D"), Muting::Recurring { .. }),
        "the 31st is not muted"
    );
    assert_eq!(
        Muting::Always
            .link("weekend", &crate::chain::verdict::Subject::account("alarm"))
            .verdict,
        Verdict::Broken
    );
}

#[test]
fn rules_that_are_over_or_never_begin() {
    assert_eq!(ask("at(2026-11-01T10:00)", "PT2H"), Muting::Over);
    assert_eq!(ask("cron(0 0 30 2 *)", "PT2H"), Muting::Over);
    let expired = MuteRule {
        expire: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        ..rule("cron(* * * * *)", "PT1H")
    };
    assert_eq!(muting(&expired, now()), Muting::Over);
    let expired = MuteRule {
        status: Some("EXPIRED".to_owned()),
        ..rule("cron(* * * * *)", "PT1H")
    };
    assert_eq!(muting(&expired, now()), Muting::Over);
    assert_eq!(
        Muting::Over
            .link("old", &crate::chain::verdict::Subject::account("alarm"))
            .verdict,
        Verdict::Ok
    );
}

#[test]
fn one_time_windows() {
    assert_eq!(
        ask("at(2026-12-24T18:00)", "P2D"),
        Muting::Once { now: false }
    );
    assert_eq!(
        ask("at(2026-11-21T11:00)", "PT2H"),
        Muting::Once { now: true }
    );
    let somewhere = |expression| MuteRule {
        timezone: Some("Asia/Tokyo".to_owned()),
        ..rule(expression, "PT2H")
    };
    assert_eq!(
        muting(&somewhere("at(2026-11-21T08:00)"), now()),
        Muting::Once { now: false }
    );
    assert_eq!(
        muting(&somewhere("at(2026-11-19T08:00)"), now()),
        Muting::Over
    );
    let active = MuteRule {
        status: Some("ACTIVE".to_owned()),
        ..somewhere("at(2026-11-21T21:00)")
    };
    assert_eq!(muting(&active, now()), Muting::Once { now: true });
}

#[test]
fn what_is_not_understood_is_unknown() {
    for expression in [
        "",
        "rate(5 minutes)",
        "cron(0 2 * *)",
        "cron(0 2 * * * *)",
        "cron(0 25 * * *)",
        "cron(0 2 L * *)",
        "cron(0 2 * * 9)",
        "at(soon)",
        "cron(0 2 * * SUN",
        "cron(*/0 2 * * *)",
    ] {
        assert!(
            matches!(ask(expression, "PT1H"), Muting::Unknown { .. }),
            "{expression}"
        );
    }
    for duration in [
        "", "P", "PT", "1H", "PT1.5H", "P1M", "PT0M", "PT1H30", "P-1D",
    ] {
        assert!(
            matches!(ask("cron(0 2 * * *)", duration), Muting::Unknown { .. }),
            "{duration}"
        );
    }
    // Both days restricted: every day if either counts, seldom if both have to.
    assert!(matches!(
        ask("cron(0 0 1-30 * MON-SAT)", "P1D"),
        Muting::Recurring { .. }
    ));
    assert!(matches!(
        ask("cron(0 0 1-31 * MON-SAT)", "P1D"),
        Muting::Unknown { .. }
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Weekly schedules, minute by minute over one week.
    #[test]
    fn weekly_schedules_cover_what_a_walk_through_the_week_covers(
        minutes in prop::collection::btree_set(0usize..60, 1..4),
        hours in prop::collection::btree_set(0usize..24, 1..5),
        days in prop::collection::btree_set(0usize..7, 1..7),
        length in 1usize..3000,
    ) {
        const WEEK: usize = 7 * 1440;
        let mut covered = vec![false; WEEK];
        for day in &days {
            for hour in &hours {
                for minute in &minutes {
                    let begin = day * 1440 + hour * 60 + minute;
                    (begin..begin + length).for_each(|at| covered[at % WEEK] = true);
                }
            }
        }
        let share = covered.iter().filter(|covered| **covered).count() as f64 / WEEK as f64;
        let list = |values: &BTreeSet<usize>| values.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let expression = format!("cron({} {} * * {})", list(&minutes), list(&hours), list(&days));
        match ask(&expression, &format!("PT{length}M")) {
            Muting::Always => prop_assert_eq!(share, 1.0),
            Muting::Recurring { fraction, .. } => prop_assert!((fraction - share).abs() < 1e-9, "{} {}", fraction, share),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
