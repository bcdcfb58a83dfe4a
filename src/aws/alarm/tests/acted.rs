//! The single-event rule against CloudWatch acted out minute by minute: samples, sliding periods, statistics, missing
//! data and state transitions are written again here, on plain vectors.

use proptest::prelude::*;

use super::*;

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
        let never = |reason: &dyn Fn(&Reason) -> bool| {
            matches!(&outcome, Effect::Never(reasons) if reasons.iter().all(reason))
        };
        match &outcome {
            Effect::Fires(Firing { delay, .. }) => {
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
            _ if never(&|reason| *reason == Reason::Latches) => {
                for busy in environments {
                    prop_assert_eq!(run(busy, &[(first, 1), (second, 1)]), vec![first], "{:?}", outcome);
                }
            }
            Effect::Never(reasons) => {
                if let [Reason::NeedsEvents { events, .. }] = reasons.as_slice() {
                    let events = u32::try_from(*events).unwrap();
                    for busy in environments {
                        prop_assert!(run(busy, &[(first, events)]).contains(&first), "{:?}", outcome);
                        prop_assert!(!run(busy, &[(first, events - 1)]).contains(&first), "{:?}", outcome);
                    }
                }
                // What is called never may fire for a lone event if a burst of them is lost, or if it is the first alone.
                // Where quiet periods are in ALARM, an event that does not breach interrupts that; what follows it tells
                // of the silence.
                let once = run(&dense, &[(first, 1), (second, 1)]);
                let resting = run(&dense, &[]);
                let burst = run(&dense, &[(first, 50)]);
                let fires = |turned: &[usize], from: usize| turned.iter().any(|minute| *minute >= from);
                prop_assert!(
                    !resting.is_empty() || !fires(&once, first) || !fires(&once, second) || !fires(&burst, first),
                    "{:?}: {:?} {:?}", outcome, once, burst
                );
            }
            // Unknown is owed to traffic, or to how matches of one minute are counted.
            Effect::Unknown(_) => {
                let downward = settings.comparison_operator.starts_with("Less") == (value > 0.0)
                    || settings.statistic.as_deref() == Some("SampleCount");
                prop_assert!(default.is_some() || downward, "{:?}", outcome);
            }
        }
    }
}
