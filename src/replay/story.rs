//! What an alarm did over recorded time.

use std::collections::BTreeMap;

/// What an alarm did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Story {
    /// Transitions into `ALARM`: each is a notification where nothing silences it. An alarm that leaves `ALARM` as late
    /// as CloudWatch allows makes `at_least` of them.
    pub notifications: u64,
    /// See `notifications`.
    pub at_least: u64,
    /// Notifications by day, `2026-11-21`.
    pub days: BTreeMap<String, u64>,
    /// Seconds from the minute of an event to the transition that it made, at most.
    pub latest: u64,
    /// Events that came while the alarm was in `ALARM`, or with another one: they made no notification of their own.
    pub coalesced: u64,
    /// The longest stay in `ALARM` in seconds.
    pub longest_stay: u64,
    /// Whether it is in `ALARM` at the end.
    pub still_in_alarm: bool,
    /// Minutes since 1970 of the transitions into `ALARM`, and out of it.
    pub stays: Vec<(i64, Option<i64>)>,
}
