//! Alarm mute rules (A17): is the alarm muted always, now and then, or no longer?
//!
//! While a rule is active an alarm's actions wait; they are lost if the alarm leaves `ALARM` before the window ends. That
//! is what an alarm on rare events does. Computes with the calendar alone: no clock, no time-zone data.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::{SignedDuration, Timestamp};

use crate::chain::verdict::{Link, LinkId, Subject, Verdict};

#[cfg(test)]
mod tests;

/// A mute rule that targets the alarm, as the API returns it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MuteRule {
    /// `Schedule.Expression`: `cron(...)` or `at(...)`.
    pub expression: String,
    /// `Schedule.Duration`, ISO 8601.
    pub duration: String,
    /// `Schedule.Timezone`; UTC if absent.
    pub timezone: Option<String>,
    /// `StartDate`.
    pub start: Option<Timestamp>,
    /// `ExpireDate`.
    pub expire: Option<Timestamp>,
    /// `Status`: `SCHEDULED`, `ACTIVE`, `EXPIRED`.
    pub status: Option<String>,
}

/// What a mute rule does from the moment of the snapshot on.
#[derive(Clone, Debug, PartialEq)]
pub enum Muting {
    /// Nothing any more, or nothing ever.
    Over,
    /// Mutes for one window, now or later.
    Once {
        /// Whether the window is open now.
        now: bool,
    },
    /// Mutes again and again.
    Recurring {
        /// The share of time muted, above 0 and below 1.
        fraction: f64,
        /// Whether a window is open now.
        now: bool,
    },
    /// Each window begins before the one before it ends.
    Always,
    /// Cannot be told.
    Unknown {
        /// Why.
        reason: String,
    },
}

impl Muting {
    /// The link about the alarm `subject`, muted by the rule `name`.
    pub fn link(&self, name: &str, subject: &Subject) -> Link {
        let link = |verdict, reason: String| Link::new(LinkId::A17, verdict, subject, reason);
        match self {
            Self::Over => link(Verdict::Ok, format!("the mute rule `{name}` is over")),
            Self::Once { now: true } => link(
                Verdict::Degraded,
                format!(
                    "the mute rule `{name}` mutes the alarm now: an event of this time is lost"
                ),
            ),
            Self::Once { now: false } => link(
                Verdict::Weak,
                format!("the mute rule `{name}` will mute the alarm once"),
            ),
            Self::Recurring { fraction, now } => {
                let share = fraction * 100.0;
                let now = if *now { ", now as well" } else { "" };
                let reason = format!(
                    "the mute rule `{name}` mutes the alarm {share:.1} % of the time{now}: events of these times are lost"
                );
                link(Verdict::Degraded, reason).field("muted_fraction", format!("{fraction:.4}"))
            }
            Self::Always => link(
                Verdict::Broken,
                format!(
                    "the mute rule `{name}` mutes the alarm all the time: each window begins before the last one ends"
                ),
            ),
            Self::Unknown { reason } => link(
                Verdict::Unknown,
                format!("the mute rule `{name}`: {reason}"),
            ),
        }
    }
}

/// What the rule does from `now`, the time of the snapshot.
pub fn muting(rule: &MuteRule, now: Timestamp) -> Muting {
    let status = rule.status.as_deref();
    if status == Some("EXPIRED") || rule.expire.is_some_and(|expire| expire <= now) {
        return Muting::Over;
    }
    judge(rule, now, status == Some("ACTIVE")).unwrap_or_else(|reason| Muting::Unknown { reason })
}

fn judge(rule: &MuteRule, now: Timestamp, active: bool) -> Result<Muting, String> {
    let duration = duration(&rule.duration)
        .ok_or_else(|| format!("the duration `{}` is not understood", rule.duration))?;
    let text = rule.expression.trim();
    let inside = |name: &str| {
        text.strip_prefix(name)?
            .strip_prefix('(')?
            .strip_suffix(')')
    };
    if let Some(moment) = inside("at") {
        let begin: DateTime = moment
            .trim()
            .parse()
            .map_err(|_| format!("the time in `{text}` is not understood"))?;
        return Ok(once(rule, begin, duration, now, active));
    }
    let Some(fields) = inside("cron") else {
        return Err(format!("the schedule `{text}` is not understood"));
    };
    let cron =
        Cron::parse(fields).ok_or_else(|| format!("the schedule `{text}` is not understood"))?;
    cron.muting(duration.as_secs() / 60, active).ok_or_else(|| {
        format!("whether the days of month and of week of `{text}` add up is not documented")
    })
}

/// One window. Local times lie up to 14 hours around UTC, and no time-zone data is at hand to say where.
fn once(
    rule: &MuteRule,
    begin: DateTime,
    duration: SignedDuration,
    now: Timestamp,
    active: bool,
) -> Muting {
    let utc = matches!(
        rule.timezone.as_deref(),
        None | Some("UTC" | "Etc/UTC" | "GMT")
    );
    let slack = SignedDuration::from_hours(if utc { 0 } else { 14 });
    let Ok(zoned) = begin.to_zoned(jiff::tz::TimeZone::UTC) else {
        return Muting::Once { now: active };
    };
    let begin = zoned.timestamp();
    match begin
        .checked_add(duration)
        .and_then(|end| end.checked_add(slack))
    {
        Ok(end) if end <= now && !active => Muting::Over,
        _ => Muting::Once {
            now: active || (utc && begin <= now),
        },
    }
}

/// An ISO 8601 duration of days, hours, minutes and seconds.
fn duration(text: &str) -> Option<SignedDuration> {
    let rest = text.strip_prefix('P')?;
    let (days, times) = rest.split_once('T').unwrap_or((rest, ""));
    let mut seconds: i64 = 0;
    let mut seen = false;
    for (part, units) in [
        (days, [('W', 604_800), ('D', 86_400)].as_slice()),
        (times, &[('H', 3_600), ('M', 60), ('S', 1)]),
    ] {
        let mut part = part;
        for (unit, size) in units {
            if let Some((number, rest)) = part.split_once(*unit) {
                seconds = seconds.checked_add(
                    number
                        .parse::<u32>()
                        .ok()
                        .map(i64::from)?
                        .checked_mul(*size)?,
                )?;
                seen = true;
                part = rest;
            }
        }
        if !part.is_empty() {
            return None;
        }
    }
    (seen && seconds > 0).then(|| SignedDuration::from_secs(seconds))
}

/// A schedule of five fields: minutes, hours, day of month, month, day of week.
struct Cron {
    minutes: BTreeSet<i64>,
    days: BTreeSet<i64>,
    any_day: bool,
    months: BTreeSet<i64>,
    weekdays: BTreeSet<i64>,
    any_weekday: bool,
}

impl Cron {
    fn parse(text: &str) -> Option<Self> {
        const MONTHS: [&str; 12] = [
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ];
        const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = *fields.as_slice() else {
            return None;
        };
        let any = |field: &str| matches!(field, "*" | "?");
        let hours = field(hours, 0, 23, &[], 0)?;
        let of_hour = field(minutes, 0, 59, &[], 0)?;
        Some(Self {
            minutes: hours
                .iter()
                .flat_map(|hour| of_hour.iter().map(move |minute| hour * 60 + minute))
                .collect(),
            days: field(days, 1, 31, &[], 0)?,
            any_day: any(days),
            months: field(months, 1, 12, &MONTHS, 1)?,
            // Numbers count from 0 or from 1; which one is not documented. Only the name of the day depends on it.
            weekdays: field(weekdays, 0, 7, &DAYS, 0)?
                .into_iter()
                .map(|day| day % 7)
                .collect(),
            any_weekday: any(weekdays),
        })
    }

    /// The share of time that windows of so many minutes cover. `None` if it depends on whether a day must meet both
    /// its fields or one of them, and that changes the answer.
    fn muting(&self, duration: i64, active: bool) -> Option<Muting> {
        let (both, either) = (self.covered(duration, true), self.covered(duration, false));
        let judge = |(muted, total): (i64, i64)| match muted {
            0 => Muting::Over,
            _ if muted >= total => Muting::Always,
            // No more than the minutes of 28 years.
            _ => Muting::Recurring {
                fraction: muted as f64 / total as f64,
                now: active,
            },
        };
        let (both, either) = (judge(both), judge(either));
        let alike = std::mem::discriminant(&both) == std::mem::discriminant(&either);
        alike.then_some(either)
    }

    /// Minutes covered by windows, and minutes in all, over 28 years: after that weekdays and leap days repeat.
    fn covered(&self, duration: i64, both: bool) -> (i64, i64) {
        let mut muted = 0;
        let mut until = 0;
        let mut day: Date = date(2001, 1, 1);
        let mut midnight = 0;
        let end = date(2029, 1, 1);
        while day < end {
            if self.matches(day, both) {
                for minute in &self.minutes {
                    let begin = midnight + minute;
                    muted += begin + duration - until.max(begin).min(begin + duration);
                    until = begin + duration;
                }
            }
            midnight += 1440;
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        // The first window of the cycle follows the last one of the cycle before: cut what reaches beyond, and count
        // the beginning of the cycle as covered as far as it reaches in.
        let beyond = (until - midnight).max(0);
        let first = self.first(both);
        let reach = first.map_or(0, |first| beyond.min(first));
        (muted - beyond + reach, midnight)
    }

    /// The first minute of the cycle in which a window begins.
    fn first(&self, both: bool) -> Option<i64> {
        let minute = *self.minutes.first()?;
        let days = (0i64..).zip(date(2001, 1, 1).series(jiff::Span::new().days(1)));
        days.take_while(|(_, day)| *day < date(2029, 1, 1))
            .find(|(_, day)| self.matches(*day, both))
            .map(|(number, _)| number * 1440 + minute)
    }

    fn matches(&self, day: Date, both: bool) -> bool {
        let of_month = self.days.contains(&i64::from(day.day()));
        let of_week = self
            .weekdays
            .contains(&i64::from(Weekday::to_sunday_zero_offset(day.weekday())));
        let fits = match (self.any_day, self.any_weekday) {
            (false, false) if both => of_month && of_week,
            (false, false) => of_month || of_week,
            _ => of_month && of_week,
        };
        fits && self.months.contains(&i64::from(day.month()))
    }
}

/// One field: lists, ranges, steps and names. `None` for anything else.
fn field(
    text: &str,
    least: i64,
    most: i64,
    names: &[&str],
    first_name: i64,
) -> Option<BTreeSet<i64>> {
    let number = |text: &str| {
        let upper = text.to_ascii_uppercase();
        let named = (first_name..)
            .zip(names)
            .find(|(_, name)| **name == upper)
            .map(|(number, _)| number);
        named
            .or_else(|| text.parse().ok())
            .filter(|number| (least..=most).contains(number))
    };
    let mut values = BTreeSet::new();
    for item in text.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (
                range,
                Some(step.parse::<usize>().ok().filter(|step| *step > 0)?),
            ),
            None => (item, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (least, most),
            Some((from, to)) => (number(from)?, number(to)?),
            None => (
                number(range)?,
                if step.is_some() { most } else { number(range)? },
            ),
        };
        // A range that wraps around, such as FRI-MON, goes on from the start.
        let ordered = if from <= to {
            (from..=to).collect::<Vec<_>>()
        } else {
            (from..=most).chain(least..=to).collect()
        };
        values.extend(ordered.into_iter().step_by(step.unwrap_or(1)));
    }
    Some(values)
}
