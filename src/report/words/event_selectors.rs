//! Event selectors in words.

use crate::chain::cause::EventSelectorsCause;

/// The cause as a sentence.
pub(super) fn sentence(cause: &EventSelectorsCause) -> String {
    match cause {
        EventSelectorsCause::CustomSelectorsNotShown => {
            "it has custom event selectors, but cloudtrail:GetEventSelectors shows none".to_owned()
        }
        EventSelectorsCause::NoCustomSelectors => {
            "no custom event selectors: every management event is recorded".to_owned()
        }
        EventSelectorsCause::NoManagementEvents => {
            "no event selector records management events".to_owned()
        }
        EventSelectorsCause::ManagementEvents => {
            "event selectors record management events".to_owned()
        }
        EventSelectorsCause::SelectorNotUnderstood { condition } => {
            format!("an event selector has a condition that is not understood: {condition}")
        }
        EventSelectorsCause::ReadEventsOnly => "event selectors record read events only".to_owned(),
        EventSelectorsCause::WriteEventsOnly => {
            "event selectors record write events only".to_owned()
        }
        EventSelectorsCause::SourceExcluded {
            event_source,
            by_all: true,
        } => format!("events of {event_source} are left out"),
        EventSelectorsCause::SourceExcluded {
            event_source,
            by_all: false,
        } => format!("some event selectors leave out events of {event_source}"),
        EventSelectorsCause::NotSelected => "no event selector matches the event".to_owned(),
    }
}
