//! How often events stand among real records that were counted: data of `events.toml`, of one laboratory account. A count
//! says that something happens, and is no rate of another account.

use serde::Serialize;

use super::model::Looks;

/// How often an event stands among the records that were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Counted {
    /// So many of them.
    pub records: u32,
    /// Of so many.
    pub of: u32,
    /// Over so many minutes.
    pub minutes: u32,
}

/// What was counted of an event, where it was counted.
pub fn counted(event_source: &str, event_name: &str) -> Option<Counted> {
    let sample = Looks::counted();
    let records = sample.events.get(&format!("{event_source} {event_name}"));
    records.map(|records| Counted {
        records: *records,
        of: sample.records,
        minutes: sample.minutes,
    })
}
