//! The single-event rule on settings as people write them.

mod acted;

use super::*;

fn reference() -> Settings {
    Settings {
        statistic: Some("Sum".to_owned()),
        period: Some(300),
        evaluation_periods: 1,
        threshold: Some(1.0),
        comparison_operator: "GreaterThanOrEqualToThreshold".to_owned(),
        ..Settings::default()
    }
}

fn emission(value: &str, default_value: Option<f64>) -> Emission {
    Emission {
        filter: format!("writes {value}"),
        metric_value: value.to_owned(),
        default_value,
        ..Emission::default()
    }
}

fn of_n(m: i64, n: i64, treatment: &str) -> Settings {
    Settings {
        evaluation_periods: n,
        datapoints_to_alarm: Some(m),
        treat_missing_data: Some(treatment.to_owned()),
        ..reference()
    }
}

fn judge(value: &str, default_value: Option<f64>, settings: &Settings) -> Effect {
    single_event(&emission(value, default_value), &[], settings)
}

/// The code of what is said first, if anything is.
fn code(effect: &Effect) -> Option<String> {
    let reasons = match effect {
        Effect::Fires(firing) => &firing.remarks,
        Effect::Never(reasons) | Effect::Unknown(reasons) => reasons,
    };
    let code = serde_json::to_value(reasons.first()?).unwrap()["code"].clone();
    Some(code.as_str().unwrap().to_owned())
}

fn said(effect: &Effect) -> String {
    code(effect).unwrap_or_default()
}

fn never(effect: &Effect) -> bool {
    matches!(effect, Effect::Never(_))
}

fn unknown(effect: &Effect) -> bool {
    matches!(effect, Effect::Unknown(_))
}

#[test]
fn the_benchmark_alarm_fires_at_once_and_coalesces_for_its_period() {
    let outcome = judge("1", None, &reference());
    assert_eq!(
        outcome,
        Effect::Fires(Firing {
            delay: 0,
            stay: Stay {
                least: 300,
                most: 900
            },
            resting: vec![AlarmState::InsufficientData],
            remarks: vec![],
            silent: SilentTimes::default()
        })
    );
    let Effect::Fires(dense) = judge("1", Some(0.0), &reference()) else {
        panic!("it fires")
    };
    assert_eq!(
        dense.resting,
        [AlarmState::Ok, AlarmState::InsufficientData]
    );
}

/// The "computed check" of sparse metrics: the age at which a lone event fires.
#[test]
fn the_age_at_which_a_lone_event_fires() {
    let age = |m, n, treatment| match judge("1", None, &of_n(m, n, treatment)) {
        Effect::Fires(firing) => Some(firing.delay / 300),
        _ => None,
    };
    for treatment in ["missing", "notBreaching"] {
        assert_eq!(age(1, 1, treatment), Some(0));
        assert_eq!(age(1, 2, treatment), Some(0));
    }
    for (n, expected) in [(2, 1), (3, 2), (12, 11), (240, 239)] {
        assert_eq!(age(n, n, "missing"), Some(expected));
        for treatment in ["ignore", "notBreaching"] {
            assert_eq!(age(n, n, treatment), None);
            let said = said(&judge("1", None, &of_n(n, n, treatment)));
            assert!(
                said == "silence_outvotes" || said == "ignored_silence_keeps_state",
                "{said}"
            );
        }
    }
}

#[test]
fn each_condition_has_its_code() {
    let with = |change: &dyn Fn(&mut Settings)| {
        let mut settings = reference();
        change(&mut settings);
        settings
    };
    let statistic = |name: &str| with(&|settings| settings.statistic = Some(name.to_owned()));
    let low_sample = |name: &str| {
        with(&|settings| {
            settings.statistic = Some(name.to_owned());
            settings.evaluate_low_sample_count_percentile = Some("ignore".to_owned());
        })
    };
    let above_one =
        with(&|settings| settings.comparison_operator = "GreaterThanThreshold".to_owned());
    let needs = |events| {
        Effect::never(Reason::NeedsEvents {
            events,
            within: 300,
        })
    };
    assert_eq!(judge("1", None, &above_one), needs(2));
    let three = with(&|settings| settings.threshold = Some(3.0));
    assert_eq!(judge("1", None, &three), needs(3));
    let seconds = with(&|settings| settings.unit = Some("Seconds".to_owned()));
    let band =
        with(&|settings| settings.comparison_operator = "GreaterThanUpperThreshold".to_owned());
    for (value, default, settings, code) in [
        ("1", None, of_n(2, 3, "notBreaching"), "silence_outvotes"),
        ("1", Some(0.0), of_n(2, 2, "missing"), "defaults_outvote"),
        ("1", None, of_n(1, 1, "breaching"), "silence_breaches"),
        ("1", None, of_n(1, 1, "ignore"), "latches"),
        ("1", Some(0.0), statistic("Average"), "default_hides_event"),
        ("1", Some(0.0), statistic("Minimum"), "default_hides_event"),
        ("1", Some(0.0), statistic("SampleCount"), "defaults_count"),
        ("1", None, low_sample("p99"), "low_samples_ignored"),
        ("1", None, low_sample("p99.9"), "low_samples_ignored"),
        ("0", None, reference(), "value_is_zero"),
        ("-1", None, reference(), "value_is_negative"),
        ("-1", None, statistic("p50"), "no_value_for_negatives"),
        ("1", Some(1.0), reference(), "default_breaches"),
        ("1", None, seconds, "unit_differs"),
    ] {
        let effect = judge(value, default, &settings);
        assert!(never(&effect), "{effect:?}");
        assert_eq!(said(&effect), code);
    }
    assert_eq!(
        said(&judge("$.bytes", None, &reference())),
        "value_is_field"
    );
    assert_eq!(said(&judge("1", None, &band)), "anomaly_band");
    for (change, code) in [
        (statistic("p99"), ""),
        (statistic("tm90"), ""),
        (statistic("IQM"), ""),
        (with(&|settings| settings.period = Some(10)), "short_period"),
        (
            with(&|settings| settings.period = Some(86400)),
            "stays_long",
        ),
        (
            with(&|settings| settings.wall_clock = true),
            "wall_clock_delays",
        ),
    ] {
        let effect = judge("1", None, &change);
        assert!(matches!(effect, Effect::Fires(_)), "{effect:?}");
        assert_eq!(said(&effect), code);
    }
    for text in ["ts(10%:90%)", "tc10", "p", "p101", "tm", "", "sum"] {
        assert!(unknown(&judge("1", None, &statistic(text))), "{text}");
    }
}

/// "TM(0:1)" leaves out zeros, so default values do not dilute it.
#[test]
fn statistics_between_absolute_bounds_are_computed() {
    let with = |statistic: &str, threshold: f64| {
        let settings = Settings {
            statistic: Some(statistic.to_owned()),
            threshold: Some(threshold),
            ..reference()
        };
        judge("1", Some(0.0), &settings)
    };
    let fires = |effect: &Effect| matches!(effect, Effect::Fires(_));
    assert!(fires(&with("TM(0:10)", 1.0)));
    assert!(fires(&with("TC(0:10)", 1.0)));
    assert!(fires(&with("TS(0:10)", 1.0)));
    assert!(fires(&with("PR(0:10)", 1.0)));
    assert_eq!(said(&with("TM(:10)", 1.0)), "default_hides_event");
    assert_eq!(said(&with("PR(:0)", 1.0)), "defaults_add_up");
    assert!(never(&with("TC(1:10)", 1.0)));
}

/// An alarm with two faults tells both: the second is not found only when the first is repaired.
#[test]
fn every_fault_of_an_alarm_is_told() {
    let settings = Settings {
        unit: Some("Seconds".to_owned()),
        threshold: Some(0.0),
        ..of_n(2, 2, "notBreaching")
    };
    let Effect::Never(reasons) = judge("1", Some(0.0), &settings) else {
        panic!("it is lost")
    };
    assert!(
        matches!(
            reasons[..],
            [
                Reason::UnitDiffers { .. },
                Reason::DefaultBreaches { .. },
                Reason::DefaultsOutvote { .. }
            ]
        ),
        "{reasons:?}"
    );
}

#[test]
fn values_that_are_no_numbers_are_never_numbers() {
    for text in ["", "inf", "NaN", "one", "1 "] {
        assert_eq!(
            said(&judge(text, None, &reference())),
            "value_is_no_number",
            "{text}"
        );
    }
}

/// A second filter's default values dilute the average of the first even in a period of one minute.
#[test]
fn another_filter_on_the_metric_fills_the_period_of_the_event() {
    let settings = Settings {
        statistic: Some("Average".to_owned()),
        period: Some(60),
        ..reference()
    };
    assert_eq!(said(&judge("1", Some(0.0), &settings)), "");
    let other = emission("1", Some(0.0));
    let ask = |other: &Emission, settings: &Settings| {
        single_event(&emission("1", None), std::slice::from_ref(other), settings)
    };
    assert_eq!(
        ask(&other, &settings),
        Effect::never(Reason::DefaultHidesEvent {
            statistic: "Average".to_owned(),
            filter: "writes 1".to_owned(),
            dilutes: true,
        })
    );
    assert_eq!(
        said(&ask(&other, &of_n(2, 2, "missing"))),
        "defaults_outvote"
    );
    let elsewhere = Emission {
        unit: Some("Bytes".to_owned()),
        ..other
    };
    let counted = Settings {
        unit: Some("None".to_owned()),
        ..settings.clone()
    };
    assert_eq!(said(&ask(&elsewhere, &counted)), "");
    // "If the metric is published with multiple types of units and you don't specify a unit, the alarm's behavior is not
    // defined."
    assert_eq!(said(&ask(&elsewhere, &settings)), "units_mixed");
    assert!(unknown(&ask(&elsewhere, &settings)));
}

/// Another filter that publishes 0 for an S3 read makes the average of an event and a read a half.
#[test]
fn values_of_other_filters_count_beside_the_event() {
    let ask = |statistic: &str, value: &str| {
        let settings = Settings {
            statistic: Some(statistic.to_owned()),
            ..reference()
        };
        single_event(&emission("1", None), &[emission(value, None)], &settings)
    };
    for statistic in ["Average", "Minimum", "p50", "TM(:9)"] {
        let effect = ask(statistic, "0");
        assert!(never(&effect), "{statistic}: {effect:?}");
        assert_eq!(said(&effect), "other_value_hides_event");
        assert!(
            matches!(ask(statistic, "1"), Effect::Fires(_)),
            "{statistic}"
        );
        assert!(unknown(&ask(statistic, "$.bytes")), "{statistic}");
    }
    assert!(unknown(&ask("p99", "0")));
    for statistic in ["Sum", "Maximum", "SampleCount", "TM(0:)"] {
        assert!(
            matches!(ask(statistic, "0"), Effect::Fires(_)),
            "{statistic}"
        );
    }
    let effect = ask("Sum", "-1");
    assert!(never(&effect), "the two cancel each other: {effect:?}");
    let two = single_event(
        &emission("1", None),
        &[emission("0", None)],
        &of_n(2, 2, "missing"),
    );
    assert_eq!(said(&two), "other_values_outvote");
}

/// Two filters with one pattern count each event twice: "needs 2 events" would be wrong.
#[test]
fn filters_that_match_the_same_events_publish_together() {
    let twin = Emission {
        same_events: true,
        ..emission("1", None)
    };
    let above_one = Settings {
        comparison_operator: "GreaterThanThreshold".to_owned(),
        ..reference()
    };
    let ask = |settings: &Settings| {
        single_event(&emission("1", None), std::slice::from_ref(&twin), settings)
    };
    assert!(matches!(ask(&above_one), Effect::Fires(_)));
    let four = Settings {
        threshold: Some(4.0),
        ..reference()
    };
    assert_eq!(
        ask(&four),
        Effect::never(Reason::NeedsEvents {
            events: 2,
            within: 300
        })
    );
}

/// Noise is a property of the alarm: what nearly every event publishes must breach.
#[test]
fn a_flood_of_zeros_does_not_saturate() {
    let flood = |value: &str, settings: &Settings| flooded(&emission(value, None), &[], settings);
    assert_eq!(flood("1", &reference()), Some(true));
    assert_eq!(flood("0", &reference()), Some(false));
    let unit = Settings {
        unit: Some("Seconds".to_owned()),
        ..reference()
    };
    assert_eq!(flood("1", &unit), Some(false));
    let many = Settings {
        threshold: Some(1000.0),
        ..reference()
    };
    assert_eq!(flood("1", &many), None);
    assert_eq!(flood("$.bytes", &reference()), None);
}

#[test]
fn an_alarm_on_fewer_than_five_events_loses_bursts() {
    let few = Settings {
        comparison_operator: "LessThanThreshold".to_owned(),
        threshold: Some(5.0),
        ..of_n(1, 1, "notBreaching")
    };
    assert_eq!(said(&judge("1", None, &few)), "bursts_stop_breaching");
}

#[test]
fn impossible_settings_are_unknown() {
    for (n, m) in [(0, 0), (1, 2), (-1, -1), (2, 0)] {
        assert!(
            unknown(&judge("1", None, &of_n(m, n, "missing"))),
            "{m} of {n}"
        );
    }
    for period in [0, -60, 45, 90] {
        let settings = Settings {
            period: Some(period),
            ..reference()
        };
        assert!(unknown(&judge("1", None, &settings)), "{period}");
    }
    assert!(unknown(&judge("1", None, &of_n(1, 1, "Missing"))));
}
