//! Times as people write them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A time.
pub(super) fn exact(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "expected a time such as 2026-11-26T14:00:00Z".to_owned())
}

/// A time, or the begin of a day.
pub(super) fn begin(text: &str) -> Result<Timestamp, String> {
    moment(text, 0)
}

/// A time, or the end of a day.
pub(super) fn end(text: &str) -> Result<Timestamp, String> {
    moment(text, 1)
}

fn moment(text: &str, days: i64) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let day: Date = text
        .parse()
        .map_err(|_| "expected a day such as 2026-11-26 or a time such as 2026-11-26T14:00:00Z")?;
    day.checked_add(jiff::Span::new().days(days))
        .and_then(|day| day.to_zoned(TimeZone::UTC))
        .map(|zoned| zoned.timestamp())
        .map_err(|error| error.to_string())
}
