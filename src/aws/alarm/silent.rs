//! The times at which an alarm does not hear an event: an expression that asks for the hour, the weekday or the date.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

/// A time of the week or the year in UTC at which an expression is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moment {
    /// The day of the week, 1 for Monday.
    pub weekday: i8,
    /// The month.
    pub month: i8,
    /// The day of the month.
    pub day: i8,
    /// The hour.
    pub hour: i8,
    /// The minute.
    pub minute: i8,
    /// A second since 1970 of the era, where it is asked for the year or the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub era: Option<i64>,
}

/// What an expression asks of the time, the minute aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::aws) struct Asks {
    /// `MONTH`.
    pub(in crate::aws) month: bool,
    /// `DATE`.
    pub(in crate::aws) day: bool,
    /// `DAY`.
    pub(in crate::aws) weekday: bool,
    /// `HOUR`.
    pub(in crate::aws) hour: bool,
    /// The seconds since 1970 that `YEAR` and `EPOCH` are told apart by: the first is before all others, of which each
    /// begins an era.
    pub(in crate::aws) eras: Box<[i64]>,
}

/// Hours in which an event is lost; none for an alarm that hears at any time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SilentTimes {
    /// With the first value there is for what is not asked.
    moments: BTreeSet<Moment>,
    asks: Asks,
}

impl SilentTimes {
    pub(in crate::aws) fn new(moments: impl IntoIterator<Item = Moment>, asks: Asks) -> Self {
        Self {
            moments: moments.into_iter().collect(),
            asks,
        }
    }

    /// Whether there is no such hour.
    pub fn is_empty(&self) -> bool {
        self.moments.is_empty()
    }

    /// Whether an event in the hour of this time, in UTC, is lost.
    pub fn lose(&self, at: DateTime) -> bool {
        let asked = |asks: bool, value: i8, first: i8| if asks { value } else { first };
        self.moments.contains(&Moment {
            weekday: asked(
                self.asks.weekday,
                at.date().weekday().to_monday_one_offset(),
                1,
            ),
            month: asked(self.asks.month, at.month(), 1),
            day: asked(self.asks.day, at.day(), 1),
            hour: asked(self.asks.hour, at.hour(), 0),
            minute: 0,
            era: self.era(at),
        })
    }

    /// When the eras begin after which something else is lost.
    pub fn begins(&self) -> impl Iterator<Item = Timestamp> {
        let begins = self.asks.eras.iter().skip(1);
        begins.filter_map(|second| Timestamp::from_second(*second).ok())
    }

    fn era(&self, at: DateTime) -> Option<i64> {
        let first = self.asks.eras.first()?;
        let second = at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
        let begun = self.asks.eras.iter().rev().find(|era| **era <= second);
        begun.or(Some(first)).copied()
    }
}
