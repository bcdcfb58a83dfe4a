//! Alarm mute rules: when are an alarm's actions held back, and which of them are lost (user guide, Alarm mute rules)?
//!
//! While a rule is active an alarm changes its state and its actions wait. At the end of the window they run if the alarm
//! is still in the state; where it is back before, they are lost. Schedules are laid out in time from the moment of the
//! snapshot on, by the calendar and the time zones that are built in: no clock.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};
use serde::Serialize;

use super::alarm::{SilentTimes, Stay};

mod calendar;
#[cfg(test)]
mod tests;

pub use calendar::{Calendar, Diary, LATE, Silence};

/// A mute rule that targets the alarm, as the API returns it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MuteSettings {
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

/// A time from `begin` on, up to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// The first moment.
    pub begin: Timestamp,
    /// The first moment after it.
    pub end: Timestamp,
}

/// Windows of which some are sure and all are possible. Both lists are in order, and no two windows of one list touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    /// Windows that are sure.
    pub sure: Vec<Window>,
    /// Those that are sure and those that may be.
    pub possible: Vec<Window>,
}

/// Why a schedule cannot be laid out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Problem {
    /// The duration is not understood.
    Duration {
        /// As written.
        text: String,
    },
    /// The expression is not understood.
    Schedule {
        /// As written.
        text: String,
    },
    /// The time zone is not known.
    TimeZone {
        /// As written.
        text: String,
    },
    /// AWS says that the rule is active, and its schedule says that it is not.
    NotActive,
}

/// How far ahead schedules are laid out: every weekday, every date and a leap day are within.
const YEARS: i64 = 5;

/// How much is laid out of what begins after the horizon: every weekday and hour is within.
const DAYS_OF_AN_ERA: SignedDuration = SignedDuration::from_hours(8 * 24);

/// More windows than these are not told apart.
const MOST_WINDOWS: usize = 600_000;

/// The last moment that is looked at.
pub fn horizon(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(YEARS * 366 * 24))
        .unwrap_or(Timestamp::MAX)
}

/// The windows of a rule from `now`, the time of the snapshot, up to the [`horizon`].
pub fn windows(rule: &MuteSettings, now: Timestamp) -> Result<Windows, Problem> {
    let status = rule.status.as_deref();
    if status == Some("EXPIRED") || rule.expire.is_some_and(|expire| expire <= now) {
        return Ok(Windows::default());
    }
    let windows = between(rule, (now, horizon(now)))?;
    let open = |windows: &[Window]| windows.first().is_some_and(|first| first.begin <= now);
    if status == Some("ACTIVE") && !open(&windows.possible) {
        return Err(Problem::NotActive);
    }
    Ok(windows)
}

/// The windows of a rule within a time, whatever its status is now.
fn between(rule: &MuteSettings, time: (Timestamp, Timestamp)) -> Result<Windows, Problem> {
    let schedule = Schedule::read(rule)?;
    Ok(Windows {
        sure: schedule.lay_out(rule, time, true),
        possible: schedule.lay_out(rule, time, false),
    })
}

/// The hours in which an alarm hears nothing by its own settings, from `now` up to the [`horizon`], and in the first days of
/// what begins after it for good.
pub fn silent(times: &SilentTimes, now: Timestamp) -> Windows {
    let mut windows: Vec<Window> = Vec::new();
    if !times.is_empty() {
        let last = horizon(now);
        lay_out_hours(times, (now, last), &mut windows);
        for begin in times.begins().filter(|begin| *begin >= last) {
            let days = begin.checked_add(DAYS_OF_AN_ERA).unwrap_or(Timestamp::MAX);
            lay_out_hours(times, (begin, days), &mut windows);
        }
    }
    let windows = merged(windows);
    Windows {
        sure: windows.clone(),
        possible: windows,
    }
}

/// The full hours from the one of the first moment to the last moment in which events are lost.
fn lay_out_hours(
    times: &SilentTimes,
    (from, last): (Timestamp, Timestamp),
    windows: &mut Vec<Window>,
) {
    let hour = SignedDuration::from_hours(1);
    // To the second: a snapshot's time has fractions, and hours that began with one would overlap the next.
    let full = from.as_second() - from.as_second().rem_euclid(3600);
    let mut begin = Timestamp::from_second(full).unwrap_or(from);
    while begin < last {
        let Ok(end) = begin.checked_add(hour) else {
            break;
        };
        if times.lose(begin.to_zoned(TimeZone::UTC).datetime()) {
            windows.push(Window { begin, end });
        }
        begin = end;
    }
}

/// The windows of several rules together.
pub fn union(rules: impl IntoIterator<Item = Windows>) -> Windows {
    let (mut sure, mut possible) = (Vec::new(), Vec::new());
    for windows in rules {
        sure.extend(windows.sure);
        possible.extend(windows.possible);
    }
    Windows {
        sure: merged(sure),
        possible: merged(possible),
    }
}

impl Windows {
    /// The part of these windows in which an event is lost: its alarm is back before the window ends. What is surely lost
    /// needs a window longer than the alarm may stay in `ALARM`.
    #[must_use]
    pub fn lost(&self, stay: Stay) -> Self {
        let shortened = |windows: &[Window], by: u64| -> Vec<Window> {
            let by = SignedDuration::from_secs(i64::try_from(by).unwrap_or(i64::MAX));
            windows
                .iter()
                .filter_map(|window| {
                    let end = window.end.checked_sub(by).ok()?;
                    (end > window.begin).then_some(Window { end, ..*window })
                })
                .collect()
        };
        Self {
            sure: shortened(&self.sure, stay.most),
            possible: shortened(&self.possible, stay.least),
        }
    }

    /// Whether they leave no moment out from `now` on.
    pub fn always(&self, now: Timestamp) -> bool {
        self.sure
            .first()
            .is_some_and(|first| first.begin <= now && first.end >= horizon(now))
    }
}

/// Windows in order, those that overlap or touch joined.
fn merged(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_unstable();
    let mut joined: Vec<Window> = Vec::new();
    for window in windows {
        match joined.last_mut() {
            Some(last) if window.begin <= last.end => last.end = last.end.max(window.end),
            _ => joined.push(window),
        }
    }
    joined
}

/// When a rule is active.
struct Schedule {
    begins: Begins,
    duration: SignedDuration,
    zone: TimeZone,
}

enum Begins {
    Once(DateTime),
    Again(Cron),
}

impl Schedule {
    fn read(rule: &MuteSettings) -> Result<Self, Problem> {
        let duration = duration(&rule.duration).ok_or_else(|| Problem::Duration {
            text: rule.duration.clone(),
        })?;
        let zone = match rule.timezone.as_deref() {
            None | Some("UTC" | "") => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| Problem::TimeZone {
                text: name.to_owned(),
            })?,
        };
        let text = rule.expression.trim();
        let inside = |name: &str| {
            text.strip_prefix(name)?
                .strip_prefix('(')?
                .strip_suffix(')')
        };
        let begins = match (inside("at"), inside("cron")) {
            (Some(moment), _) => moment.trim().parse().ok().map(Begins::Once),
            (_, Some(fields)) => Cron::parse(fields).map(Begins::Again),
            _ => None,
        };
        let begins = begins.ok_or_else(|| Problem::Schedule {
            text: text.to_owned(),
        })?;
        Ok(Self {
            begins,
            duration,
            zone,
        })
    }

    /// The windows within a time; `both` says that a day must meet both of its fields where a schedule restricts both.
    fn lay_out(
        &self,
        rule: &MuteSettings,
        (from, last): (Timestamp, Timestamp),
        both: bool,
    ) -> Vec<Window> {
        let runs = match &self.begins {
            Begins::Once(begin) => vec![(*begin, self.duration)],
            Begins::Again(cron) => self.runs(cron, rule, (from, last), both),
        };
        let windows = runs.into_iter().flat_map(|(begin, length)| {
            self.placed(begin, length, both)
                .into_iter()
                .filter_map(|placed| {
                    let window = Window {
                        begin: placed
                            .begin
                            .max(rule.start.unwrap_or(placed.begin))
                            .max(from),
                        end: placed.end.min(rule.expire.unwrap_or(placed.end)).min(last),
                    };
                    (window.begin < window.end).then_some(window)
                })
        });
        merged(windows.collect())
    }

    /// Where a window of local time lies. What a schedule does at a time that the clocks skip, and which of two equal times
    /// it means, AWS does not say: surely there is what all readings have in common, possibly what any has.
    fn placed(&self, begin: DateTime, length: SignedDuration, surely: bool) -> Vec<Window> {
        let ambiguous = self.zone.to_ambiguous_timestamp(begin);
        let window = |begin: Timestamp| {
            let end = begin.checked_add(length).ok()?;
            Some(Window { begin, end })
        };
        let readings = [ambiguous.earlier(), ambiguous.later()];
        let readings: Vec<Window> = readings
            .into_iter()
            .filter_map(|begin| window(begin.ok()?))
            .collect();
        let gap = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
        match (surely, readings.as_slice()) {
            (true, _) if gap => Vec::new(),
            (true, [one, other]) => {
                let common = Window {
                    begin: one.begin.max(other.begin),
                    end: one.end.min(other.end),
                };
                Vec::from_iter((common.begin < common.end).then_some(common))
            }
            _ => readings,
        }
    }

    /// Local begin and length of what the windows of each day cover without a break.
    fn runs(
        &self,
        cron: &Cron,
        rule: &MuteSettings,
        (from, last): (Timestamp, Timestamp),
        both: bool,
    ) -> Vec<(DateTime, SignedDuration)> {
        let minutes = self.duration.as_secs().div_euclid(60);
        let mut of_day: Vec<(i64, i64)> = Vec::new();
        for begin in &cron.minutes {
            match of_day.last_mut() {
                Some((_, end)) if *begin <= *end => *end = begin + minutes,
                _ => of_day.push((*begin, begin + minutes)),
            }
        }
        let from = from
            .max(rule.start.unwrap_or(from))
            .to_zoned(self.zone.clone());
        // A window of up to fifteen days that is open then began before.
        let back = self
            .duration
            .as_secs()
            .div_euclid(86_400)
            .saturating_add(2)
            .min(60);
        let first = from.date().saturating_sub(Span::new().days(back));
        let last = last.to_zoned(self.zone.clone()).date();
        let mut runs = Vec::new();
        for day in first
            .series(Span::new().days(1))
            .take_while(|day| *day <= last)
        {
            if !cron.matches(day, both) {
                continue;
            }
            for (begin, end) in &of_day {
                let midnight = day.at(0, 0, 0, 0);
                let begins = midnight.saturating_add(Span::new().minutes(*begin));
                runs.push((begins, SignedDuration::from_mins(end - begin)));
            }
            if runs.len() > MOST_WINDOWS {
                if !both {
                    // Nothing is known of what comes after.
                    let rest = SignedDuration::from_hours(YEARS * 366 * 24);
                    runs.push((day.at(0, 0, 0, 0), rest));
                }
                break;
            }
        }
        runs
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
            // "Standard cron syntax": Sunday is 0, and 7 as well.
            weekdays: field(weekdays, 0, 7, &DAYS, 0)?
                .into_iter()
                .map(|day| day % 7)
                .collect(),
            any_weekday: any(weekdays),
        })
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
