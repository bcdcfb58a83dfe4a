//! The answers of alarm arithmetic, and the links they become.

use std::fmt;

use crate::chain::verdict::{Link, LinkId, Subject, Verdict};

/// Something said about an alarm besides that it fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The condition.
    pub id: LinkId,
    /// Why, in words.
    pub reason: String,
}

/// What one event that the metric filter matches does to the alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Moves it into `ALARM`, every time.
    Fires {
        /// Seconds from the datapoint to the transition, not counting the evaluation that runs every minute.
        delay: u64,
        /// Seconds for which the alarm stays in `ALARM` at least: events within make no further notification.
        coalescing: u64,
        /// What makes it late, coarse or unreliable.
        notes: Vec<Note>,
    },
    /// Moves it into `ALARM` the first time; the alarm never leaves again.
    Latched {
        /// Why.
        reason: String,
    },
    /// Does nothing unless as many events come together.
    Needs {
        /// The smallest number of events that moves the alarm.
        events: u64,
        /// The seconds within which they have to come.
        within: u64,
    },
    /// Never moves it.
    Never {
        /// The condition.
        id: LinkId,
        /// Why.
        reason: String,
    },
    /// Cannot be told.
    Unknown {
        /// The condition.
        id: LinkId,
        /// Why.
        reason: String,
    },
}

impl Outcome {
    pub(super) fn never(id: LinkId, reason: impl Into<String>) -> Self {
        Self::Never {
            id,
            reason: reason.into(),
        }
    }

    pub(super) fn unknown(id: LinkId, reason: impl Into<String>) -> Self {
        Self::Unknown {
            id,
            reason: reason.into(),
        }
    }

    /// The links of this outcome: one for the verdict, and one for each note.
    ///
    /// A latched alarm is broken: every event after the first is lost. So is one that needs several events.
    pub fn links(&self, subject: &Subject) -> Vec<Link> {
        let link = |id, verdict, reason: &str| Link::new(id, verdict, subject, reason);
        match self {
            Self::Fires {
                delay,
                coalescing,
                notes,
            } => {
                let fires = Link::new(LinkId::A04, Verdict::Ok, subject, self.to_string())
                    .field("delay_seconds", delay)
                    .field("coalescing_seconds", coalescing);
                let notes = notes
                    .iter()
                    .map(|note| link(note.id, Verdict::Degraded, &note.reason));
                std::iter::once(fires).chain(notes).collect()
            }
            Self::Latched { reason } => vec![link(LinkId::A06, Verdict::Broken, reason)],
            Self::Needs { .. } => vec![link(LinkId::A04, Verdict::Broken, &self.to_string())],
            Self::Never { id, reason } => vec![link(*id, Verdict::Broken, reason)],
            Self::Unknown { id, reason } => vec![link(*id, Verdict::Unknown, reason)],
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fires {
                delay: 0,
                coalescing,
                ..
            } => {
                write!(
                    out,
                    "one event moves the alarm into ALARM, at most once in {coalescing} seconds"
                )
            }
            Self::Fires {
                delay, coalescing, ..
            } => write!(
                out,
                "one event moves the alarm into ALARM {delay} seconds late, at most once in {coalescing} seconds"
            ),
            Self::Needs { events, within } => {
                write!(out, "needs {events} events within {within} seconds")
            }
            Self::Latched { reason }
            | Self::Never { reason, .. }
            | Self::Unknown { reason, .. } => out.write_str(reason),
        }
    }
}
