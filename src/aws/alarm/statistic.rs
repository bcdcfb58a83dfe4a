//! What a statistic makes of the samples of one period (user guide, CloudWatch statistics definitions).
//!
//! A period holds one sample a minute of each metric filter at most: the filter's value in the minute of the event, its
//! default value in a minute that took log records without a match, nothing in a minute without log records. Samples are
//! not told apart by who wrote them.

/// A statistic of one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    Sum,
    Maximum,
    Minimum,
    Average,
    SampleCount,
    /// `pNN`, as a fraction.
    Percentile(f64),
    /// `TM(a:b)` and its like: between absolute values, the lower bound exclusive.
    Within(Trim, f64, f64),
    /// `tmNN`, `TM(a%:b%)`, `IQM` and their like: between two fractions of the samples in order.
    Middle(Trim, f64, f64),
}

/// What is made of the samples between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trim {
    Mean,
    Count,
    Sum,
    /// Samples outside take the value of the bound.
    Winsorized,
    /// The percentage of samples between the bounds.
    Rank,
}

/// What comes of a statistic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Computed {
    Value(f64),
    /// No datapoint.
    Nothing,
    /// AWS does not say what comes of so few samples.
    NotDefined,
}

impl Statistic {
    /// Reads `Statistic` or `ExtendedStatistic`; none for what is no statistic.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "Sum" => return Some(Self::Sum),
            "Maximum" => return Some(Self::Maximum),
            "Minimum" => return Some(Self::Minimum),
            "Average" => return Some(Self::Average),
            "SampleCount" => return Some(Self::SampleCount),
            "IQM" | "iqm" => return Some(Self::Middle(Trim::Mean, 0.25, 0.75)),
            _ => {}
        }
        if let Some(fraction) = text.strip_prefix('p').and_then(percent) {
            return Some(Self::Percentile(fraction));
        }
        let (name, rest) = text.split_at_checked(2)?;
        let trim = match name.to_ascii_uppercase().as_str() {
            "TM" => Trim::Mean,
            "TC" => Trim::Count,
            "TS" => Trim::Sum,
            "WM" => Trim::Winsorized,
            "PR" => Trim::Rank,
            _ => return None,
        };
        let Some(bounds) = rest
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
        else {
            return percent(rest)
                .filter(|high| *high > 0.0 && trim != Trim::Rank)
                .map(|high| Self::Middle(trim, 0.0, high));
        };
        let (low, high) = bounds.split_once(':')?;
        let (low, high) = (low.trim(), high.trim());
        if bounds.contains('%') {
            let side = |text: &str, open: f64| match text {
                "" => Some(open),
                _ => text.strip_suffix('%').and_then(percent),
            };
            let (low, high) = (side(low, 0.0)?, side(high, 1.0)?);
            return (low < high && trim != Trim::Rank).then_some(Self::Middle(trim, low, high));
        }
        let side = |text: &str, open: f64| match text {
            "" => Some(open),
            _ => plain(text),
        };
        let (low, high) = (side(low, f64::NEG_INFINITY)?, side(high, f64::INFINITY)?);
        (low < high).then_some(Self::Within(trim, low, high))
    }

    /// The statistic over samples, each value with its count. Without any sample there is no datapoint.
    pub(super) fn over(self, samples: &[(f64, u64)]) -> Computed {
        let mut samples: Vec<(f64, u64)> = samples
            .iter()
            .copied()
            .filter(|(_, count)| *count > 0)
            .collect();
        samples.sort_by(|one, other| one.0.total_cmp(&other.0));
        samples.dedup_by(|next, kept| {
            let alike = next.0 == kept.0;
            if alike {
                kept.1 = kept.1.saturating_add(next.1);
            }
            alike
        });
        let (Some((low, _)), Some((high, _))) = (samples.first(), samples.last()) else {
            return Computed::Nothing;
        };
        match self {
            Self::Sum => Computed::Value(sum(&samples)),
            Self::Maximum | Self::Percentile(1.0) => Computed::Value(*high),
            Self::Minimum => Computed::Value(*low),
            // All samples alike: no rounding on the way.
            Self::Average if low == high => Computed::Value(*low),
            Self::Average => Computed::Value(sum(&samples) / count(&samples)),
            Self::SampleCount => Computed::Value(count(&samples)),
            Self::Percentile(fraction) => middle(&samples, fraction, fraction),
            Self::Within(trim, from, to) => within(&samples, trim, from, to),
            Self::Middle(Trim::Mean | Trim::Winsorized, from, to) => middle(&samples, from, to),
            Self::Middle(..) => Computed::NotDefined,
        }
    }

    /// How many samples a percentile needs before it counts as statistically significant.
    pub(super) fn significant_samples(self) -> Option<f64> {
        match self {
            Self::Percentile(fraction) => {
                // 10,000 for p99.9, which has no exact binary fraction.
                let exact = 10.0 / fraction.min(1.0 - fraction);
                Some((exact * 1e6).round() / 1e6)
            }
            _ => None,
        }
    }

    /// Whether negative samples leave the statistic without a value.
    pub(super) fn refuses_negative(self) -> bool {
        matches!(self, Self::Percentile(_))
    }

    /// Whether more samples of a value that breaches by itself can make the statistic stop breaching: those of other
    /// filters count.
    pub(super) fn blends(self) -> bool {
        !matches!(self, Self::Sum | Self::Maximum | Self::SampleCount)
    }

    /// Whether a sample of a value that nobody knows, below zero for all that is known, can make it stop breaching.
    pub(super) fn may_be_hidden(self, upper: bool) -> bool {
        match self {
            Self::SampleCount => false,
            Self::Maximum => !upper,
            _ => true,
        }
    }
}

fn plain(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty()
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| plain)
}

/// A number from 0 to 100, as a fraction.
fn percent(text: &str) -> Option<f64> {
    plain(text)
        .filter(|value| (0.0..=100.0).contains(value))
        .map(|value| value / 100.0)
}

fn count(samples: &[(f64, u64)]) -> f64 {
    samples.iter().map(|(_, count)| *count as f64).sum()
}

fn sum(samples: &[(f64, u64)]) -> f64 {
    samples
        .iter()
        .map(|(value, count)| value * *count as f64)
        .sum()
}

fn within(samples: &[(f64, u64)], trim: Trim, low: f64, high: f64) -> Computed {
    let inside: Vec<(f64, u64)> = samples
        .iter()
        .copied()
        .filter(|(value, _)| *value > low && *value <= high)
        .collect();
    match trim {
        Trim::Mean if inside.is_empty() => Computed::Nothing,
        Trim::Mean => Computed::Value(sum(&inside) / count(&inside)),
        Trim::Count => Computed::Value(count(&inside)),
        Trim::Sum => Computed::Value(sum(&inside)),
        Trim::Rank => Computed::Value(100.0 * count(&inside) / count(samples)),
        Trim::Winsorized => {
            let clamped: Vec<(f64, u64)> = samples
                .iter()
                .map(|(value, count)| (value.clamp(low, high), *count))
                .collect();
            Computed::Value(sum(&clamped) / count(&clamped))
        }
    }
}

/// The value that all samples between two fractions have in common, with one sample to spare on each side: no way of
/// interpolating, trimming or replacing changes it. Samples come in order.
fn middle(samples: &[(f64, u64)], low: f64, high: f64) -> Computed {
    let total = count(samples);
    let mut before = 0.0;
    for (value, count) in samples {
        let after = before + *count as f64;
        let begins = before == 0.0 || before + 1.0 <= low * total;
        let ends = after == total || after - 1.0 >= high * total;
        if begins && ends {
            return Computed::Value(*value);
        }
        before = after;
    }
    Computed::NotDefined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, samples: &[(f64, u64)]) -> Computed {
        Statistic::parse(text)
            .unwrap_or_else(|| panic!("{text}"))
            .over(samples)
    }

    /// "TM(150:1000) calculates the average after removing all data points that are lower than or equal to 150, or
    /// higher than 1000."
    #[test]
    fn absolute_bounds_leave_out_the_lower_one() {
        let samples = [(150.0, 1), (151.0, 1), (1000.0, 1), (1001.0, 7)];
        assert_eq!(of("TM(150:1000)", &samples), Computed::Value(575.5));
        assert_eq!(of("TC(150:1000)", &samples), Computed::Value(2.0));
        assert_eq!(of("TS(150:1000)", &samples), Computed::Value(1151.0));
        assert_eq!(of("PR(150:1000)", &samples), Computed::Value(20.0));
        assert_eq!(of("PR(:150)", &samples), Computed::Value(10.0));
        assert_eq!(of("WM(:150)", &samples), Computed::Value(150.0));
        assert_eq!(of("TM(0:)", &[(0.0, 4), (1.0, 1)]), Computed::Value(1.0));
        assert_eq!(of("TM(0:)", &[(0.0, 4)]), Computed::Nothing);
        assert_eq!(of("TC(0:)", &[(0.0, 4)]), Computed::Value(0.0));
    }

    #[test]
    fn a_share_of_the_samples_has_a_value_where_the_middle_is_all_alike() {
        assert_eq!(of("IQM", &[(1.0, 1)]), Computed::Value(1.0));
        assert_eq!(of("IQM", &[(0.0, 9), (1.0, 1)]), Computed::Value(0.0));
        assert_eq!(of("IQM", &[(0.0, 1), (1.0, 1)]), Computed::NotDefined);
        assert_eq!(of("TM(10%:90%)", &[(2.0, 3)]), Computed::Value(2.0));
        assert_eq!(of("tm99", &[(0.0, 4), (1.0, 1)]), Computed::NotDefined);
        assert_eq!(of("p50", &[(0.0, 4), (1.0, 1)]), Computed::Value(0.0));
        assert_eq!(of("p99", &[(0.0, 4), (1.0, 1)]), Computed::NotDefined);
        assert_eq!(of("p100", &[(0.0, 4), (1.0, 1)]), Computed::Value(1.0));
    }

    #[test]
    fn what_is_no_statistic() {
        for text in [
            "p",
            "p101",
            "tm",
            "",
            "sum",
            "PR(1%:2%)",
            "TM(2:1)",
            "XX(1:2)",
            "é",
        ] {
            assert_eq!(Statistic::parse(text), None, "{text}");
        }
    }
}
