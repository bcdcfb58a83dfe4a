//! What is said of event selectors.

use serde::Serialize;

/// Why a link about event selectors has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum EventSelectorsCause {
    /// The trail says that it has custom selectors, and GetEventSelectors shows none.
    CustomSelectorsNotShown,
    /// No custom selectors: every management event is recorded.
    NoCustomSelectors,
    /// No selector records management events.
    NoManagementEvents,
    /// Selectors record management events.
    ManagementEvents,
    /// A condition that this version cannot read.
    SelectorNotUnderstood {
        /// The condition.
        condition: String,
    },
    /// Read events alone.
    ReadEventsOnly,
    /// Write events alone.
    WriteEventsOnly,
    /// Events of a source are left out.
    SourceExcluded {
        /// The source.
        event_source: String,
        /// Whether every selector leaves them out.
        by_all: bool,
    },
    /// No selector matches the event.
    NotSelected,
}
