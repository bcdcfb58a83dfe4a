//! CloudWatch's evaluation of one window of datapoints: M of N, with its treatments of missing data.
//!
//! A reading of "Configuring how CloudWatch alarms treat missing data", held against the ten rows published there.
//! Pure arithmetic on counts, so that a window of a week costs no more than one of a minute.

use std::str::FromStr;

/// One datapoint of an evaluation window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A datapoint that breaches the threshold.
    Breaching,
    /// A datapoint that does not.
    Quiet,
    /// No data in this period.
    Missing,
}

/// What `TreatMissingData` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingData {
    /// `missing`, the default.
    Missing,
    /// `ignore`: keep the current state.
    Ignore,
    /// `breaching`.
    Breaching,
    /// `notBreaching`.
    NotBreaching,
}

impl MissingData {
    /// Every treatment, in the order of the published tables.
    pub const ALL: [Self; 4] = [
        Self::Missing,
        Self::Ignore,
        Self::Breaching,
        Self::NotBreaching,
    ];
}

impl FromStr for MissingData {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "missing" => Ok(Self::Missing),
            "ignore" => Ok(Self::Ignore),
            "breaching" => Ok(Self::Breaching),
            "notBreaching" => Ok(Self::NotBreaching),
            _ => Err(()),
        }
    }
}

/// What one evaluation does to the state of the alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluation {
    /// Into `ALARM`.
    Alarm,
    /// Into `OK`.
    Ok,
    /// Into `INSUFFICIENT_DATA`.
    InsufficientData,
    /// The state stays what it was.
    Retain,
}

/// What an evaluation needs to know of its window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    /// Breaching datapoints.
    pub(super) breaching: u64,
    /// Datapoints that do not breach.
    pub(super) quiet: u64,
    /// Age of the oldest breaching datapoint within the last N periods; the newest period has age 1.
    pub(super) oldest_breaching: u64,
}

impl Window {
    /// Counts the datapoints of the window: the `n` newest real ones where there are as many, otherwise all.
    fn of(n: u64, points: &[Point]) -> Self {
        let wanted = usize::try_from(n).unwrap_or(usize::MAX);
        let mut window = Self::default();
        let newest_first = points
            .iter()
            .rev()
            .filter(|point| **point != Point::Missing)
            .take(wanted);
        for point in newest_first {
            match point {
                Point::Breaching => window.breaching += 1,
                _ => window.quiet += 1,
            }
        }
        let ages = (1u64..).zip(points.iter().rev()).take(wanted);
        window.oldest_breaching = ages
            .filter(|(_, point)| **point == Point::Breaching)
            .map(|(age, _)| age)
            .last()
            .unwrap_or(0);
        window
    }

    /// The state that this window leads to, when `m` of `n` datapoints have to breach.
    pub(super) fn evaluate(self, n: u64, m: u64, missing_data: MissingData) -> Evaluation {
        let real = self.breaching + self.quiet;
        let alarm_if = |alarm: bool| {
            if alarm {
                Evaluation::Alarm
            } else {
                Evaluation::Ok
            }
        };
        if real >= n {
            return alarm_if(self.breaching >= m);
        }
        match missing_data {
            MissingData::Breaching => alarm_if(self.breaching + (n - real) >= m),
            _ if self.breaching >= m => Evaluation::Alarm,
            MissingData::NotBreaching => Evaluation::Ok,
            MissingData::Missing if real == 0 => Evaluation::InsufficientData,
            MissingData::Ignore if real == 0 => Evaluation::Retain,
            _ if self.quiet > 0 => Evaluation::Ok,
            // Only breaching datapoints, fewer than M: they count as M once the oldest of them is M periods old.
            MissingData::Missing if self.oldest_breaching >= m => Evaluation::Alarm,
            _ => Evaluation::Retain,
        }
    }
}

/// Evaluates the datapoints of an evaluation range, oldest first, when `m` of `n` have to breach.
///
/// The range may be longer than `n`: CloudWatch reads a few older datapoints to make up for missing ones.
pub fn evaluate(n: u64, m: u64, missing_data: MissingData, points: &[Point]) -> Evaluation {
    Window::of(n, points).evaluate(n, m, missing_data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Vec<Point> {
        let point = |letter| match letter {
            'X' => Point::Breaching,
            '0' => Point::Quiet,
            _ => Point::Missing,
        };
        text.chars().map(point).collect()
    }

    /// "How alarm state is evaluated when data is missing", both tables; in the order of [`MissingData::ALL`].
    #[test]
    fn the_ten_published_rows_in_all_four_treatments() {
        use Evaluation::{Alarm, InsufficientData, Ok, Retain};
        let rows: [(u64, &str, [Evaluation; 4]); 10] = [
            (3, "0-X-X", [Ok, Ok, Ok, Ok]),
            (3, "0----", [Ok, Ok, Ok, Ok]),
            (3, "-----", [InsufficientData, Retain, Alarm, Ok]),
            (3, "0XX-X", [Alarm, Alarm, Alarm, Alarm]),
            (3, "--X--", [Alarm, Retain, Alarm, Ok]),
            (2, "0-X-X", [Alarm, Alarm, Alarm, Alarm]),
            (2, "00X0X", [Alarm, Alarm, Alarm, Alarm]),
            (2, "0-X--", [Ok, Ok, Alarm, Ok]),
            (2, "----0", [Ok, Ok, Alarm, Ok]),
            (2, "---X-", [Alarm, Retain, Alarm, Ok]),
        ];
        for (m, series, expected) in rows {
            for (missing_data, expected) in MissingData::ALL.into_iter().zip(expected) {
                assert_eq!(
                    evaluate(3, m, missing_data, &points(series)),
                    expected,
                    "{m} of 3, `{series}`, {missing_data:?}"
                );
            }
        }
    }

    #[test]
    fn a_full_window_needs_no_treatment() {
        for missing_data in MissingData::ALL {
            assert_eq!(
                evaluate(2, 2, missing_data, &points("XX")),
                Evaluation::Alarm
            );
            assert_eq!(evaluate(2, 2, missing_data, &points("XX0")), Evaluation::Ok);
            assert_eq!(
                evaluate(1, 1, missing_data, &points("0X")),
                Evaluation::Alarm
            );
        }
    }
}
