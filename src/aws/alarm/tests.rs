//! The single-event rule against CloudWatch acted out minute by minute: samples, sliding periods, statistics, missing
//! data and state transitions are written again here, on plain vectors.

use proptest::prelude::*;

use super::*;
use crate::chain::verdict::{LinkId, Verdict};

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
        metric_value: value.to_owned(),
        default_value,
        unit: None,
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

fn judge(value: &str, default_value: Option<f64>, settings: &Settings) -> Outcome {
    single_event(&emission(value, default_value), &[], settings)
}

/// The id of an outcome, `None` if it fires without a remark.
fn id(outcome: &Outcome) -> Option<LinkId> {
    match outcome {
        Outcome::Fires { notes, .. } => notes.first().map(|note| note.id),
        Outcome::Latched { .. } => Some(LinkId::A06),
        Outcome::Needs { .. } => Some(LinkId::A04),
        Outcome::Never { id, .. } | Outcome::Unknown { id, .. } => Some(*id),
    }
}

// The acted-out CloudWatch.

#[derive(Clone, Copy, PartialEq, Debug)]
enum Light {
    Red,
    Green,
    Grey,
}

struct Act<'a> {
    value: f64,
    default: Option<f64>,
    settings: &'a Settings,
    /// How many older periods are read to make up for missing ones.
    reach: usize,
    /// Whether minute `t` takes log records that match nothing.
    busy: &'a dyn Fn(usize) -> bool,
    /// Events in each minute of note.
    events: &'a [(usize, u32)],
}

impl Act<'_> {
    fn minute(&self, t: usize) -> Option<f64> {
        let events: u32 = self
            .events
            .iter()
            .filter(|(minute, _)| *minute == t)
            .map(|(_, count)| count)
            .sum();
        match self.default {
            _ if events > 0 => Some(self.value * f64::from(events)),
            Some(default) if (self.busy)(t) => Some(default),
            _ => None,
        }
    }

    fn period(&self, last: usize, minutes: usize) -> Option<f64> {
        let samples: Vec<f64> = (0..minutes)
            .filter_map(|back| self.minute(last.checked_sub(back)?))
            .collect();
        if samples.is_empty() {
            return None;
        }
        let sum: f64 = samples.iter().sum();
        Some(match self.settings.statistic.as_deref().unwrap() {
            "Sum" => sum,
            "Average" => sum / samples.len() as f64,
            "SampleCount" => samples.len() as f64,
            "Minimum" => samples.into_iter().fold(f64::INFINITY, f64::min),
            "Maximum" => samples.into_iter().fold(f64::NEG_INFINITY, f64::max),
            other => panic!("{other}"),
        })
    }

    fn breaches(&self, value: f64) -> bool {
        let threshold = self.settings.threshold.unwrap();
        match self.settings.comparison_operator.as_str() {
            "GreaterThanThreshold" => value > threshold,
            "GreaterThanOrEqualToThreshold" => value >= threshold,
            "LessThanThreshold" => value < threshold,
            _ => value <= threshold,
        }
    }

    /// `None` keeps the light as it is.
    fn light(&self, last: usize) -> Option<Light> {
        let n = self.settings.evaluation_periods as usize;
        let m = self.settings.datapoints_to_alarm.unwrap() as usize;
        let minutes = self.settings.period.unwrap() as usize / 60;
        let newest_first: Vec<Option<bool>> = (0..n + self.reach)
            .map(|age| {
                self.period(last.checked_sub(age * minutes)?, minutes)
                    .map(|value| self.breaches(value))
            })
            .collect();
        let mut known: Vec<bool> = newest_first.iter().flatten().copied().take(n).collect();
        let treatment = self.settings.treat_missing_data.as_deref().unwrap();
        if known.is_empty() && treatment == "missing" {
            return Some(Light::Grey);
        }
        if known.is_empty() && treatment == "ignore" {
            return None;
        }
        if treatment == "breaching" || treatment == "notBreaching" {
            known.resize(n, treatment == "breaching");
        }
        let red = known.iter().filter(|breaching| **breaching).count();
        if red >= m {
            return Some(Light::Red);
        }
        if known.len() < n && known.iter().all(|breaching| *breaching) {
            // The oldest breaching period within N is at least M old, and all after it breach or are missing.
            let oldest = newest_first
                .iter()
                .take(n)
                .rposition(|breaching| *breaching == Some(true));
            let old_enough = oldest.is_some_and(|index| index + 1 >= m);
            return if old_enough && treatment == "missing" {
                Some(Light::Red)
            } else {
                None
            };
        }
        Some(Light::Green)
    }

    /// Minutes in which the light turns red.
    fn transitions(&self, minutes: usize) -> Vec<usize> {
        let mut light = Light::Grey;
        let mut turned = Vec::new();
        for t in 0..minutes {
            let next = self.light(t).unwrap_or(light);
            if next == Light::Red && light != Light::Red {
                turned.push(t);
            }
            light = next;
        }
        turned
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    let pair = prop::sample::select(vec![(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (4, 2)]);
    (
        prop::sample::select(vec!["Sum", "Maximum", "Minimum", "Average", "SampleCount"]),
        prop::sample::select(vec![60, 120, 300]),
        pair,
        prop::sample::select(vec![-1.0, 0.0, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0]),
        prop::sample::select(vec![
            "GreaterThanThreshold",
            "GreaterThanOrEqualToThreshold",
            "GreaterThanOrEqualToThreshold",
            "LessThanThreshold",
            "LessThanOrEqualToThreshold",
        ]),
        prop::sample::select(vec!["missing", "ignore", "breaching", "notBreaching"]),
    )
        .prop_map(
            |(statistic, period, (n, m), threshold, operator, treatment)| Settings {
                statistic: Some(statistic.to_owned()),
                period: Some(period),
                threshold: Some(threshold),
                comparison_operator: operator.to_owned(),
                ..of_n(m, n, treatment)
            },
        )
}

proptest! {
    #[test]
    fn the_rule_agrees_with_cloudwatch_acted_out_minute_by_minute(
        settings in settings(),
        value in prop::sample::select(vec![0.0, 0.5, 1.0, 1.0, 2.0, -1.0]),
        default in prop::sample::select(vec![None, None, Some(0.0), Some(0.2), Some(1.0), Some(-1.0)]),
        reach in 0usize..3,
        traffic in any::<u64>(),
    ) {
        let outcome = judge(&value.to_string(), default, &settings);
        let minutes = settings.period.unwrap() as usize / 60;
        let span = minutes * (settings.evaluation_periods as usize + reach) + 1;
        let (first, second) = (span * 2, span * 5);
        let end = span * 8;
        let dense = |_: usize| true;
        let silent = |_: usize| false;
        let random = |minute: usize| traffic >> (minute % 64) & 1 == 1;
        let environments: [&dyn Fn(usize) -> bool; 3] = [&dense, &silent, &random];
        let run = |busy: &dyn Fn(usize) -> bool, events: &[(usize, u32)]| {
            Act { value, default, settings: &settings, reach, busy, events }.transitions(end)
        };
        match &outcome {
            Outcome::Fires { delay, .. } => {
                let late = *delay as usize / 60;
                // An ignored silence keeps the alarm where it is until log records arrive.
                let keeps = settings.treat_missing_data.as_deref() == Some("ignore") && default.is_some();
                for (busy, flaps) in environments.into_iter().zip([false, false, true]).take(if keeps { 1 } else { 3 }) {
                    for (one, two) in [(1, 1), (7, 3)] {
                        let mut turned = run(busy, &[(first, one), (second, two)]);
                        // Between gaps of traffic an old period may come into view again and repeat the notification.
                        turned.retain(|minute| !flaps || [first + late, second + late].contains(minute));
                        prop_assert_eq!(turned, vec![first + late, second + late], "{:?}", outcome);
                    }
                }
            }
            Outcome::Latched { .. } => {
                for busy in environments {
                    prop_assert_eq!(run(busy, &[(first, 1), (second, 1)]), vec![first], "{:?}", outcome);
                }
            }
            Outcome::Needs { events, .. } => {
                let events = u32::try_from(*events).unwrap();
                for busy in environments {
                    prop_assert!(run(busy, &[(first, events)]).contains(&first), "{:?}", outcome);
                    prop_assert!(!run(busy, &[(first, events - 1)]).contains(&first), "{:?}", outcome);
                }
            }
            // What is called never may fire for a lone event if a burst of them is lost. Where quiet periods are in
            // ALARM, an event that does not breach interrupts that; what follows it tells of the silence.
            Outcome::Never { .. } => {
                let resting = run(&dense, &[]);
                let lone = run(&dense, &[(first, 1)]);
                let burst = run(&dense, &[(first, 50)]);
                let fires = |turned: &[usize]| turned.iter().any(|minute| *minute >= first);
                prop_assert!(!resting.is_empty() || !fires(&lone) || !fires(&burst), "{:?}: {:?} {:?}", outcome, lone, burst);
            }
            // Unknown is owed to traffic, or to how matches of one minute are counted.
            Outcome::Unknown { .. } => {
                let downward = settings.comparison_operator.starts_with("Less") == (value > 0.0)
                    || settings.statistic.as_deref() == Some("SampleCount");
                prop_assert!(default.is_some() || downward, "{:?}", outcome);
            }
        }
    }
}

#[test]
fn the_benchmark_alarm_fires_at_once_and_coalesces_for_its_period() {
    let outcome = judge("1", None, &reference());
    assert_eq!(
        outcome,
        Outcome::Fires {
            delay: 0,
            coalescing: 300,
            notes: vec![]
        }
    );
    assert_eq!(judge("1", Some(0.0), &reference()), outcome);
    let links = outcome.links(&crate::chain::verdict::Subject::account("alarm"));
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].verdict, Verdict::Ok);
}

/// The "computed check" of sparse metrics: the age at which a lone event fires.
#[test]
fn the_age_at_which_a_lone_event_fires() {
    let age = |m, n, treatment| match judge("1", None, &of_n(m, n, treatment)) {
        Outcome::Fires { delay, .. } => Some(delay / 300),
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
            assert_eq!(
                id(&judge("1", None, &of_n(n, n, treatment))),
                Some(LinkId::A05)
            );
        }
    }
}

#[test]
fn each_condition_has_its_id() {
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
    assert_eq!(
        judge("1", None, &above_one),
        Outcome::Needs {
            events: 2,
            within: 300
        }
    );
    let three = with(&|settings| settings.threshold = Some(3.0));
    assert_eq!(
        judge("1", None, &three),
        Outcome::Needs {
            events: 3,
            within: 300
        }
    );
    assert_eq!(
        id(&judge("1", None, &of_n(2, 3, "notBreaching"))),
        Some(LinkId::A05)
    );
    assert_eq!(
        id(&judge("1", Some(0.0), &of_n(2, 2, "missing"))),
        Some(LinkId::A05)
    );
    assert_eq!(
        id(&judge("1", None, &of_n(1, 1, "breaching"))),
        Some(LinkId::A06)
    );
    assert!(matches!(
        judge("1", None, &of_n(1, 1, "ignore")),
        Outcome::Latched { .. }
    ));
    assert_eq!(
        id(&judge("1", Some(0.0), &statistic("Average"))),
        Some(LinkId::A07)
    );
    assert_eq!(
        id(&judge("1", Some(0.0), &statistic("Minimum"))),
        Some(LinkId::A07)
    );
    assert_eq!(
        id(&judge("1", Some(0.0), &statistic("SampleCount"))),
        Some(LinkId::A08)
    );
    assert_eq!(id(&judge("1", None, &low_sample("p99"))), Some(LinkId::A09));
    assert_eq!(id(&judge("1", None, &statistic("p99"))), None);
    assert_eq!(id(&judge("1", None, &statistic("tm90"))), None);
    assert_eq!(
        id(&judge(
            "1",
            None,
            &with(&|settings| settings.period = Some(10))
        )),
        Some(LinkId::A10)
    );
    assert_eq!(
        id(&judge(
            "1",
            None,
            &with(&|settings| settings.period = Some(86400))
        )),
        Some(LinkId::A11)
    );
    assert_eq!(
        id(&judge(
            "1",
            None,
            &with(&|settings| settings.wall_clock = true)
        )),
        Some(LinkId::A12)
    );
    assert_eq!(id(&judge("0", None, &reference())), Some(LinkId::F02));
    assert_eq!(id(&judge("-1", None, &reference())), Some(LinkId::F04));
    assert_eq!(id(&judge("-1", None, &statistic("p50"))), Some(LinkId::F04));
    assert_eq!(id(&judge("1", Some(1.0), &reference())), Some(LinkId::F09));
    assert_eq!(id(&judge("$.bytes", None, &reference())), Some(LinkId::F03));
    let band =
        with(&|settings| settings.comparison_operator = "GreaterThanUpperThreshold".to_owned());
    assert!(matches!(
        judge("1", None, &band),
        Outcome::Unknown {
            id: LinkId::A19,
            ..
        }
    ));
    let seconds = with(&|settings| settings.unit = Some("Seconds".to_owned()));
    assert_eq!(id(&judge("1", None, &seconds)), Some(LinkId::F10));
    for unknown in [
        "PR(1:)",
        "ts(10%:90%)",
        "tc10",
        "p",
        "p101",
        "tm",
        "",
        "sum",
    ] {
        assert!(
            matches!(
                judge("1", None, &statistic(unknown)),
                Outcome::Unknown { .. }
            ),
            "{unknown}"
        );
    }
}

#[test]
fn values_that_are_no_numbers_are_never_numbers() {
    for text in ["", "inf", "NaN", "one", "1 "] {
        assert_eq!(
            id(&judge(text, None, &reference())),
            Some(LinkId::F03),
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
    assert_eq!(id(&judge("1", Some(0.0), &settings)), None);
    let other = emission("1", Some(0.0));
    let outcome = single_event(
        &emission("1", None),
        std::slice::from_ref(&other),
        &settings,
    );
    assert_eq!(id(&outcome), Some(LinkId::A07));
    let outcome = single_event(
        &emission("1", None),
        std::slice::from_ref(&other),
        &of_n(2, 2, "missing"),
    );
    assert_eq!(id(&outcome), Some(LinkId::A05));
    let elsewhere = Emission {
        unit: Some("Bytes".to_owned()),
        ..other
    };
    let counted = Settings {
        unit: Some("None".to_owned()),
        ..settings
    };
    assert_eq!(
        id(&single_event(&emission("1", None), &[elsewhere], &counted)),
        None
    );
}

#[test]
fn another_filter_of_the_other_sign_may_cancel_the_event() {
    let outcome = single_event(&emission("1", None), &[emission("-1", None)], &reference());
    assert!(matches!(
        outcome,
        Outcome::Unknown {
            id: LinkId::F14,
            ..
        }
    ));
}

#[test]
fn an_alarm_on_fewer_than_five_events_loses_bursts() {
    let few = Settings {
        comparison_operator: "LessThanThreshold".to_owned(),
        threshold: Some(5.0),
        ..of_n(1, 1, "notBreaching")
    };
    assert_eq!(id(&judge("1", None, &few)), Some(LinkId::A04));
}

#[test]
fn impossible_settings_are_unknown() {
    for (n, m) in [(0, 0), (1, 2), (-1, -1), (2, 0)] {
        assert!(
            matches!(
                judge("1", None, &of_n(m, n, "missing")),
                Outcome::Unknown { .. }
            ),
            "{m} of {n}"
        );
    }
    for period in [0, -60, 45, 90] {
        let settings = Settings {
            period: Some(period),
            ..reference()
        };
        assert!(
            matches!(judge("1", None, &settings), Outcome::Unknown { .. }),
            "{period}"
        );
    }
    assert!(matches!(
        judge("1", None, &of_n(1, 1, "Missing")),
        Outcome::Unknown { .. }
    ));
}
