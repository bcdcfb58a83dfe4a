//! Schedules against a calendar that is walked minute by minute.

use proptest::prelude::*;

use super::*;

fn rule(expression: &str, duration: &str) -> MuteSettings {
    MuteSettings {
        expression: expression.to_owned(),
        duration: duration.to_owned(),
        ..MuteSettings::default()
    }
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn ask(expression: &str, duration: &str) -> Result<Windows, Problem> {
    windows(&rule(expression, duration), now())
}

fn sure(rule: &MuteSettings) -> Vec<Window> {
    windows(rule, now()).unwrap().sure
}

/// The share of the time up to the horizon.
fn share(windows: &[Window]) -> f64 {
    let seconds = |begin: Timestamp, end: Timestamp| end.duration_since(begin).as_secs() as f64;
    let muted: f64 = windows
        .iter()
        .map(|window| seconds(window.begin, window.end))
        .sum();
    muted / seconds(now(), horizon(now()))
}

fn fraction(expression: &str, duration: &str) -> f64 {
    let windows = ask(expression, duration).unwrap();
    assert_eq!(windows.sure, windows.possible, "{expression}");
    assert!(!windows.always(now()), "{expression}");
    share(&windows.sure)
}

fn always(expression: &str, duration: &str) -> bool {
    ask(expression, duration).unwrap().always(now())
}

fn window(begin: &str, end: &str) -> Window {
    Window {
        begin: begin.parse().unwrap(),
        end: end.parse().unwrap(),
    }
}

#[test]
fn the_documented_schedules() {
    let near = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 2e-3, "{found} is not {expected}")
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
    assert!(always("cron(0 0 * * *)", "PT24H"));
    assert!(always("cron(0 2 * * *)", "P1DT1M"));
    assert!(always("cron(* * * * *)", "PT1M"));
    assert!(always("cron(0 0 * * SUN)", "P7D"));
    assert!(always("cron(0,30 * * * *)", "PT30M"));
    assert!(always("cron(0/30 * * * ?)", "PT30M"));
    assert!(
        !always("cron(0 0 1,16 * *)", "P15D"),
        "the 31st is not muted"
    );
}

#[test]
fn two_rules_of_twelve_hours_mute_always() {
    let day = ask("cron(0 6 * * *)", "PT12H").unwrap();
    let night = ask("cron(0 18 * * *)", "PT12H").unwrap();
    assert!(union([day.clone(), night]).always(now()));
    assert!(!union([day]).always(now()));
}

/// Scenario 1 of the user guide loses the action, scenario 2 runs it at the window's end.
#[test]
fn an_event_is_lost_where_its_alarm_is_back_before_the_window_ends() {
    let stay = Stay {
        least: 300,
        most: 900,
    };
    let nights = ask("cron(0 22 * * *)", "PT8H").unwrap().lost(stay);
    assert_eq!(
        nights.sure.first(),
        Some(&window("2026-11-21T22:00:00Z", "2026-11-22T05:45:00Z"))
    );
    let short = ask("cron(0 22 * * *)", "PT5M").unwrap().lost(stay);
    assert_eq!(short, Windows::default());
    let between = ask("cron(0 22 * * *)", "PT10M").unwrap().lost(stay);
    assert!(between.sure.is_empty() && !between.possible.is_empty());
}

#[test]
fn rules_that_are_over_or_never_begin() {
    let none = Ok(Windows::default());
    assert_eq!(ask("at(2026-11-01T10:00)", "PT2H"), none);
    assert_eq!(ask("cron(0 0 30 2 *)", "PT2H"), none);
    let always = rule("cron(* * * * *)", "PT1H");
    let expired = MuteSettings {
        expire: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        ..always.clone()
    };
    assert_eq!(windows(&expired, now()), none);
    let expired = MuteSettings {
        status: Some("EXPIRED".to_owned()),
        ..always.clone()
    };
    assert_eq!(windows(&expired, now()), none);
    let for_a_while = MuteSettings {
        start: Some("2026-12-01T00:00:00Z".parse().unwrap()),
        expire: Some("2026-12-24T00:00:00Z".parse().unwrap()),
        ..always
    };
    assert_eq!(
        sure(&for_a_while),
        [window("2026-12-01T00:00:00Z", "2026-12-24T00:00:00Z")]
    );
}

#[test]
fn one_time_windows_and_time_zones() {
    let at = |expression: &str, zone: &str| MuteSettings {
        timezone: Some(zone.to_owned()),
        ..rule(expression, "PT2H")
    };
    assert_eq!(
        sure(&at("at(2026-12-24T18:00)", "UTC")),
        [window("2026-12-24T18:00:00Z", "2026-12-24T20:00:00Z")]
    );
    // Open now: what is left of it.
    assert_eq!(
        sure(&at("at(2026-11-21T11:00)", "UTC")),
        [window("2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z")]
    );
    assert_eq!(sure(&at("at(2026-11-21T08:00)", "Asia/Tokyo")), []);
    assert_eq!(
        sure(&at("at(2026-11-22T08:00)", "Asia/Tokyo")),
        [window("2026-11-21T23:00:00Z", "2026-11-22T01:00:00Z")]
    );
    let summer = sure(&at("cron(0 2 1 JAN,JUL *)", "Europe/Berlin"));
    assert_eq!(
        summer[0],
        window("2027-01-01T01:00:00Z", "2027-01-01T03:00:00Z")
    );
    assert_eq!(
        summer[1],
        window("2027-07-01T00:00:00Z", "2027-07-01T02:00:00Z")
    );
    assert!(matches!(
        windows(&at("at(2026-12-24T18:00)", "Mars/Base"), now()),
        Err(Problem::TimeZone { .. })
    ));
    let active = |expression| MuteSettings {
        status: Some("ACTIVE".to_owned()),
        ..at(expression, "Asia/Tokyo")
    };
    assert_eq!(sure(&active("at(2026-11-21T20:30)")).len(), 1);
    assert_eq!(
        windows(&active("at(2026-11-23T20:00)"), now()),
        Err(Problem::NotActive)
    );
}

#[test]
fn what_is_not_understood_is_a_problem() {
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
            matches!(ask(expression, "PT1H"), Err(Problem::Schedule { .. })),
            "{expression}"
        );
    }
    for duration in [
        "", "P", "PT", "1H", "PT1.5H", "P1M", "PT0M", "PT1H30", "P-1D",
    ] {
        assert!(
            matches!(
                ask("cron(0 2 * * *)", duration),
                Err(Problem::Duration { .. })
            ),
            "{duration}"
        );
    }
}

/// Whether a day must meet both of its fields or one of them is not documented.
#[test]
fn days_of_month_and_of_week_together_are_sure_where_both_hold() {
    let windows = ask("cron(0 0 1-30 * MON-SAT)", "P1D").unwrap();
    assert!(share(&windows.sure) < 0.9 && share(&windows.possible) > 0.95);
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
        // Three hundred weeks are a little more than the horizon: the sums agree but for the last days.
        let windows = ask(&expression, &format!("PT{length}M")).unwrap();
        prop_assert_eq!(&windows.sure, &windows.possible);
        prop_assert!((self::share(&windows.sure) - share).abs() < 0.01, "{} {}", self::share(&windows.sure), share);
        if share == 1.0 {
            prop_assert!(windows.always(now()) || windows.sure.len() == 1);
        }
    }
}

/// The hours of an expression began with the fraction of a second that the snapshot's time had, and overlapped a window that
/// begins where they end: two alarms that share the day were called silent together.
#[test]
fn silent_hours_are_full_whatever_fraction_the_time_of_the_snapshot_has() {
    use crate::aws::alarm::{Asks, Moment};

    let now: Timestamp = "2026-11-21T12:34:56.789Z".parse().unwrap();
    let evening = Moment {
        weekday: 1,
        month: 1,
        day: 1,
        hour: 23,
        minute: 0,
        era: None,
    };
    let asks = Asks {
        hour: true,
        ..Asks::default()
    };
    let windows = silent(&SilentTimes::new([evening], asks), now).sure;
    let first = windows.first().unwrap();
    assert_eq!(first.begin.to_string(), "2026-11-21T23:00:00Z");
    assert_eq!(first.end.to_string(), "2026-11-22T00:00:00Z");
}
