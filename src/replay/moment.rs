//! `eventTime` as a moment: the forms that are one, the minute, and an order of texts.

use jiff::Timestamp;

/// Tells the minute of a time; that of the record before is often the same.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// The times of this minute up to their seconds; empty at first.
    start: String,
    minute: i64,
}

impl Clock {
    /// The minute since 1970.
    pub(super) fn minute(&mut self, time: &str) -> Option<i64> {
        // As CloudTrail writes it: `2026-11-26T14:06:00Z`.
        let known = match self.start.as_str() {
            "" => None,
            start => time.strip_prefix(start),
        };
        if let Some([b'0'..=b'5', b'0'..=b'9', b'Z']) = known.map(str::as_bytes) {
            return Some(self.minute);
        }
        let minute = minute(time)?;
        if time.len() == 20
            && let Some(start) = time.get(..17)
        {
            start.clone_into(&mut self.start);
            self.minute = minute;
        }
        Some(minute)
    }
}

/// The minute since 1970 of a time as CloudTrail writes it, `2026-11-26T14:06:00Z`. Seconds may have a fraction; any other form
/// is none, here as in a query.
pub(super) fn minute(time: &str) -> Option<i64> {
    let (whole, rest) = time.split_at_checked(19)?;
    let form = whole.bytes().zip(FORM.bytes());
    let is_of_form = |(byte, form): (u8, u8)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == form,
    };
    let fraction = rest.strip_suffix('Z')?;
    let is_fraction = |digits: &str| {
        (1..=9).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
    };
    let is_fraction = fraction.is_empty() || fraction.strip_prefix('.').is_some_and(is_fraction);
    // Of a leap second another parser says that it is the one before.
    let is_leap = whole.ends_with(":60");
    let is_time = is_fraction && !is_leap && form.into_iter().all(is_of_form);
    let at = is_time.then(|| time.parse::<Timestamp>().ok()).flatten()?;
    Some(at.as_second().div_euclid(60))
}

const FORM: &str = "0000-00-00T00:00:00";

/// A time in an order that its text has: without its end, which would stand behind a fraction.
pub(super) fn in_order(time: &str) -> &str {
    time.strip_suffix('Z').unwrap_or(time)
}
