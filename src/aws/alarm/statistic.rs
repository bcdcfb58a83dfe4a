//! What a statistic makes of one period in which one event was matched, or none.
//!
//! A period holds one sample a minute at most: the filter's value in the minute of the event, its default value in a
//! minute that took log records without a match, nothing in a minute without log records.

/// A statistic of one period, as far as it can be computed for these samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    Sum,
    Maximum,
    Minimum,
    Average,
    SampleCount,
    /// `pNN`, as a fraction.
    Percentile(f64),
    /// `tmNN`, `wmNN` and `IQM`: means that leave out or replace the extremes.
    RobustMean,
}

impl Statistic {
    /// Reads `Statistic` or `ExtendedStatistic`; `None` for what has no defined value on so few samples.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "Sum" => return Some(Self::Sum),
            "Maximum" => return Some(Self::Maximum),
            "Minimum" => return Some(Self::Minimum),
            "Average" => return Some(Self::Average),
            "SampleCount" => return Some(Self::SampleCount),
            _ => {}
        }
        let percent = |digits: &str| {
            let plain = !digits.is_empty()
                && digits
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.');
            digits
                .parse::<f64>()
                .ok()
                .filter(|value| plain && (0.0..=100.0).contains(value))
        };
        if let Some(rest) = text.strip_prefix('p') {
            return percent(rest).map(|value| Self::Percentile(value / 100.0));
        }
        let mean = text.strip_prefix("tm").or_else(|| text.strip_prefix("wm"));
        mean.and_then(percent)
            .filter(|value| *value > 0.0)
            .map(|_| Self::RobustMean)
    }

    /// The statistic over `defaults` samples of `default` and, if an event was matched, one of `value`. `None` if the
    /// statistic is not defined by its documentation for these samples. Without any sample there is no value either.
    pub(super) fn over(self, value: Option<f64>, default: f64, defaults: u64) -> Option<f64> {
        let count = defaults as f64;
        let samples = count + if value.is_some() { 1.0 } else { 0.0 };
        if samples == 0.0 {
            return None;
        }
        let sum = value.unwrap_or(0.0) + count * default;
        let extreme = |pick: fn(f64, f64) -> f64| match value {
            Some(value) if defaults == 0 => value,
            Some(value) => pick(value, default),
            None => default,
        };
        match self {
            Self::Sum => Some(sum),
            Self::Maximum | Self::Percentile(1.0) => Some(extreme(f64::max)),
            Self::Minimum => Some(extreme(f64::min)),
            Self::Average if defaults == 0 => value,
            Self::Average if value.is_none() => Some(default),
            Self::Average => Some(sum / samples),
            Self::SampleCount => Some(samples),
            // All samples alike: no interpolation, trimming or replacing changes the value.
            Self::Percentile(_) | Self::RobustMean => {
                let (low, high) = (extreme(f64::min), extreme(f64::max));
                (low == high).then_some(low)
            }
        }
    }

    /// How many samples a percentile needs before it counts as statistically significant.
    pub(super) fn significant_samples(self) -> Option<f64> {
        match self {
            Self::Percentile(fraction) if fraction >= 0.5 => Some(10.0 / (1.0 - fraction)),
            Self::Percentile(fraction) => Some(10.0 / fraction),
            _ => None,
        }
    }

    /// Whether negative samples leave the statistic without a value.
    pub(super) fn refuses_negative(self) -> bool {
        matches!(self, Self::Percentile(_))
    }
}
