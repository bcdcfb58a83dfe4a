//! When an event is lost, asked of the time at which it was recorded.
//!
//! What [`windows`](super::windows) lays out from the snapshot on is asked here of any minute, one that is past as well: the
//! schedules of the rules as they are, and the hours that an expression leaves out. When CloudTrail delivered an event no
//! record says, so an event near the begin or the end of a window may be lost or not.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{MuteSettings, Window, Windows, between, union};
use crate::aws::alarm::{SilentTimes, Stay};

/// CloudTrail delivers "within an average of about 5 minutes", which is not guaranteed: each of so many minutes from the
/// event on is reckoned with.
pub const LATE: i64 = 15;

/// The evaluation that runs every minute, in seconds.
const EVALUATION: i64 = 60;

/// Seconds that are laid out at a time.
const LEAF: i64 = 32 * 24 * 3600;

/// Seconds around it: no window is longer than fifteen days, and no alarm looks back further than seven.
const AROUND: i64 = 25 * 24 * 3600;

/// Leaves that are kept.
const MOST_LEAVES: usize = 64;

/// What holds the action of an alarm back at times, with what the alarm does for one event.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// Names of the mute rules that name the alarm.
    pub names: Vec<String>,
    /// Their schedules, also of those that are over.
    pub rules: Vec<MuteSettings>,
    /// Hours in which the alarm does not hear.
    pub hours: SilentTimes,
    /// How long the alarm stays in `ALARM`.
    pub stay: Stay,
    /// Seconds from the datapoint to the transition.
    pub enters: u64,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            rules: Vec::new(),
            hours: SilentTimes::default(),
            stay: Stay { least: 0, most: 0 },
            enters: 0,
        }
    }
}

/// What keeps somebody from being told of an event of one minute, for each minute in which CloudTrail may deliver it: a bit
/// each, the event's own first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Silence {
    /// Delivered then, the event is lost.
    pub sure: u16,
    /// Delivered then, the event may be lost.
    pub perhaps: u16,
    /// Whether mute rules have a part in it.
    pub muted: bool,
}

impl Silence {
    /// Whether the event is not lost, whenever it was delivered.
    pub fn is_never(self) -> bool {
        self.perhaps == 0
    }

    /// Whether the event is lost, whenever it was delivered.
    pub fn is_sure(self) -> bool {
        self.sure == u16::MAX
    }

    /// What keeps from being told by several ways: one is enough. None where there is no way.
    pub fn of_all(ways: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut ways = ways.into_iter();
        let mut both = ways.next()?;
        // One that always tells is enough.
        while !both.is_never()
            && let Some(other) = ways.next()
        {
            both.sure &= other.sure;
            both.perhaps &= other.perhaps;
            both.muted |= other.muted;
        }
        Some(both)
    }
}

impl Calendar {
    /// Whether it leaves no time out.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.hours.is_empty()
    }

    /// The windows of the rules within a time; one whose schedule is not understood may be active at any.
    fn windows(&self, time: (Timestamp, Timestamp)) -> Windows {
        union(self.rules.iter().map(|rule| {
            between(rule, time).unwrap_or_else(|_| {
                let end = rule.expire.unwrap_or(time.1).min(time.1);
                let whole = Window { begin: time.0, end };
                Windows {
                    sure: Vec::new(),
                    possible: Vec::from_iter((whole.begin < whole.end).then_some(whole)),
                }
            })
        }))
    }

    /// What an event of a minute comes to, with the windows around it.
    fn at(&self, windows: &Windows, minute: i64) -> Silence {
        let mut found = Silence::default();
        for delay in 0..=LATE {
            let moment = minute.saturating_add(delay);
            let (sure, perhaps) = self.in_windows(windows, moment);
            let (deaf, perhaps_deaf) = self.at_hours(moment);
            let bit = |holds: bool| u16::from(holds) << delay;
            found.sure |= bit(sure || deaf);
            found.perhaps |= bit(perhaps || perhaps_deaf);
            found.muted |= perhaps;
        }
        found
    }

    /// Whether an event that is delivered in a minute is surely lost in a window, and whether it may be.
    fn in_windows(&self, windows: &Windows, minute: i64) -> (bool, bool) {
        let seconds = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
        let from = minute.saturating_mul(60);
        let latest = from
            .saturating_add(60 + EVALUATION)
            .saturating_add(seconds(self.enters));
        let (least, most) = (seconds(self.stay.least), seconds(self.stay.most));
        let surely = |begin: i64, end: i64| begin <= from && latest.saturating_add(most) <= end;
        let perhaps =
            |begin: i64, end: i64| begin < latest && begin.max(from).saturating_add(least) < end;
        let any = |windows: &[Window], holds: &dyn Fn(i64, i64) -> bool| {
            let mut near = near(windows, from, latest);
            near.any(|window| holds(window.begin.as_second(), window.end.as_second()))
        };
        let sure = any(&windows.sure, &surely);
        (sure, sure || any(&windows.possible, &perhaps))
    }

    /// Whether an event that is delivered in a minute surely comes at an hour that is left out, and whether it may. The
    /// periods that hold it begin up to a period before, the last of them with it.
    fn at_hours(&self, minute: i64) -> (bool, bool) {
        if self.hours.is_empty() {
            return (false, false);
        }
        let period = i64::try_from(self.stay.least.min(3600)).unwrap_or(3600);
        let lost = |second: i64| {
            let at = Timestamp::from_second(second).ok()?;
            Some(self.hours.lose(at.to_zoned(TimeZone::UTC).datetime()))
        };
        let at = minute.saturating_mul(60);
        let (now, before) = (lost(at), lost(at.saturating_sub(period)));
        // Where the calendar ends nothing is known.
        (
            (now, before) == (Some(true), Some(true)),
            now != Some(false),
        )
    }
}

/// Of windows in order the one that is open at a second, and those that begin up to another: a rule may have one every minute.
fn near(windows: &[Window], from: i64, to: i64) -> impl Iterator<Item = &Window> {
    let begun = windows.partition_point(|window| window.begin.as_second() <= from);
    let near = windows.iter().skip(begun.saturating_sub(1));
    near.take_while(move |window| window.begin.as_second() < to)
}

/// A calendar that is asked about many minutes.
#[derive(Clone, Debug)]
pub struct Diary {
    calendar: Arc<Calendar>,
    leaves: BTreeMap<i64, Windows>,
}

impl Diary {
    /// A diary with nothing laid out yet.
    pub fn new(calendar: &Arc<Calendar>) -> Self {
        Self {
            calendar: Arc::clone(calendar),
            leaves: BTreeMap::new(),
        }
    }

    /// What an event of a minute since 1970 comes to.
    pub fn at(&mut self, minute: i64) -> Silence {
        let calendar = Arc::clone(&self.calendar);
        match calendar.rules.is_empty() {
            true => calendar.at(&Windows::default(), minute),
            false => calendar.at(self.around(minute), minute),
        }
    }

    /// The windows around a minute since 1970, for some weeks.
    pub fn around(&mut self, minute: i64) -> &Windows {
        let leaf = minute.saturating_mul(60).div_euclid(LEAF);
        if self.leaves.len() >= MOST_LEAVES && !self.leaves.contains_key(&leaf) {
            self.leaves.clear();
        }
        let calendar = &self.calendar;
        self.leaves.entry(leaf).or_insert_with(|| {
            let begin = leaf.saturating_mul(LEAF);
            let at = |second: i64, otherwise: Timestamp| {
                Timestamp::from_second(second).unwrap_or(otherwise)
            };
            let from = at(begin.saturating_sub(AROUND), Timestamp::MIN);
            let to = at(begin.saturating_add(LEAF + AROUND), Timestamp::MAX);
            calendar.windows((from, to))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(time: &str) -> i64 {
        time.parse::<Timestamp>().unwrap().as_second() / 60
    }

    fn nights(zone: &str) -> Calendar {
        Calendar {
            rules: vec![MuteSettings {
                expression: "cron(0 22 * * *)".to_owned(),
                duration: "PT8H".to_owned(),
                timezone: Some(zone.to_owned()),
                ..MuteSettings::default()
            }],
            stay: Stay {
                least: 300,
                most: 900,
            },
            ..Calendar::default()
        }
    }

    #[derive(Debug, PartialEq)]
    enum Heard {
        Always,
        Perhaps,
        Never,
    }

    fn ask(calendar: &Calendar, time: &str) -> Heard {
        let found = Diary::new(&Arc::new(calendar.clone())).at(minute(time));
        match (found.is_never(), found.is_sure()) {
            (true, _) => Heard::Always,
            (_, true) => Heard::Never,
            _ => Heard::Perhaps,
        }
    }

    #[test]
    fn an_event_is_asked_about_at_its_own_time() {
        let nights = nights("UTC");
        for (time, expected) in [
            ("2024-02-29T12:00:00Z", Heard::Always),
            ("2024-02-29T21:43:00Z", Heard::Always),
            // It may come within the window.
            ("2024-02-29T21:44:00Z", Heard::Perhaps),
            ("2024-02-29T21:59:00Z", Heard::Perhaps),
            ("2024-02-29T22:00:00Z", Heard::Never),
            ("2024-03-01T03:00:00Z", Heard::Never),
            ("2024-03-01T05:28:00Z", Heard::Never),
            // The alarm may be in ALARM still when the window ends.
            ("2024-03-01T05:29:00Z", Heard::Perhaps),
            ("2024-03-01T05:54:00Z", Heard::Perhaps),
            ("2024-03-01T05:55:00Z", Heard::Always),
            ("2024-03-01T06:00:00Z", Heard::Always),
        ] {
            assert_eq!(ask(&nights, time), expected, "{time}");
        }
    }

    /// Whenever it was delivered, one of two hears: no minute at the change is in doubt.
    #[test]
    fn two_that_leave_no_gap_lose_nothing_at_the_change() {
        let of = |expression: &str| Calendar {
            rules: vec![MuteSettings {
                expression: expression.to_owned(),
                duration: "PT11H20M".to_owned(),
                ..MuteSettings::default()
            }],
            ..nights("UTC")
        };
        let (one, other) = (of("cron(0 0 * * *)"), of("cron(0 12 * * *)"));
        let [mut one, mut other] = [one, other].map(|it| Diary::new(&Arc::new(it)));
        for at in 0..1440 {
            let at = minute("2026-11-21T00:00:00Z") + at;
            let both = Silence::of_all([one.at(at), other.at(at)]).unwrap();
            assert!(both.is_never(), "{at} {both:?}");
        }
    }

    #[test]
    fn years_beyond_all_calendars_are_asked_about_without_harm() {
        for zone in ["UTC", "Asia/Tokyo", "America/New_York"] {
            let mut diary = Diary::new(&Arc::new(nights(zone)));
            for at in [Timestamp::MIN, Timestamp::MAX] {
                diary.at(at.as_second().div_euclid(60));
            }
            diary.at(i64::MAX / 60);
        }
    }

    #[test]
    fn a_schedule_that_is_not_understood_may_be_active_at_any_time_until_it_expires() {
        let mut unknown = nights("Mars/Base");
        assert_eq!(ask(&unknown, "2024-02-29T12:00:00Z"), Heard::Perhaps);
        unknown.rules[0].expire = Some("2024-02-28T00:00:00Z".parse().unwrap());
        assert_eq!(ask(&unknown, "2024-02-27T12:00:00Z"), Heard::Perhaps);
        assert_eq!(ask(&unknown, "2024-02-29T12:00:00Z"), Heard::Always);
    }
}
