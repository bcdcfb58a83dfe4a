//! What is said beside the answer: links that do not stop the notification, other forms, noise.

use serde::Serialize;

use crate::chain::verdict::{Cause, Link, LinkId, Subject, Verdict};
use crate::coverage::Counted;

/// Something that the reader should know about a link or a filter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The link, where it is about one.
    pub link: Option<LinkId>,
    /// The resource, where it is about one.
    pub subject: Option<Subject>,
    /// What it is.
    pub about: Remark,
}

impl Note {
    /// A note that is about no link.
    pub(super) fn new(about: Remark) -> Self {
        Self {
            link: None,
            subject: None,
            about,
        }
    }

    /// What a link says.
    pub(super) fn of(link: &Link) -> Self {
        Self {
            link: Some(link.id),
            subject: Some(link.subject.clone()),
            about: Remark::Link {
                verdict: link.verdict,
                cause: Box::new(link.cause.clone()),
            },
        }
    }
}

/// What a note says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Remark {
    /// A link that does not stop the notification.
    Link {
        /// What it does.
        verdict: Verdict,
        /// Why.
        cause: Box<Cause>,
    },
    /// Covered is another form of the requirement than the benchmark's own text.
    OtherForm {
        /// Its short name in the control.
        label: String,
        /// Where it was read.
        source: String,
    },
    /// What else the covering filters fire on.
    AlsoFires {
        /// On which events.
        #[serde(flatten)]
        on: Surplus,
    },
    /// The query of the control returns no `evidence_id`: what its answer was read from is not known.
    NamesNoEvidence,
}

/// Events beyond those that are asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "on", rename_all = "snake_case")]
pub enum Surplus {
    /// These event names.
    Names {
        /// The names.
        names: Vec<String>,
    },
    /// Any event of these sources.
    Sources {
        /// The sources.
        event_sources: Vec<String>,
    },
    /// Some events that nobody asked for, of which this is one.
    Some {
        /// Its name.
        event_name: String,
        /// Its source.
        event_source: String,
        /// How often it stands among real records, where it was counted.
        #[serde(skip_serializing_if = "Option::is_none")]
        counted: Option<Counted>,
    },
    /// An event that happens in any account all day: the alarm is noisy.
    Routine {
        /// Its name.
        event_name: String,
        /// Its source.
        event_source: String,
        /// How often it stands among real records, where it was counted.
        #[serde(skip_serializing_if = "Option::is_none")]
        counted: Option<Counted>,
    },
    /// Nearly every event.
    NearlyEverything,
}
