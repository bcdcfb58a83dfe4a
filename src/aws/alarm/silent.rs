//! The times at which an alarm does not hear an event: an expression that asks for the hour, the weekday or the date.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
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
}

/// What an expression asks of the time, the minute aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::aws) struct Asks {
    /// `MONTH`.
    pub(in crate::aws) month: bool,
    /// `DATE`.
    pub(in crate::aws) day: bool,
    /// `DAY`.
    pub(in crate::aws) weekday: bool,
    /// `HOUR`.
    pub(in crate::aws) hour: bool,
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
        })
    }
}
