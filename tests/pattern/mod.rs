//! The filter-pattern language against what others wrote and observed, and against its own laws.

/// Random patterns and events.
pub mod arbitrary;
/// `pattern match` and `pattern explain`.
mod command;
/// Real patterns and recorded answers of the live service.
mod corpus;
/// The event patterns of EventBridge.
mod event;
/// Laws that hold for every pattern and event.
mod laws;
/// The limits of AWS and of this tool, one by one.
mod limits;
/// A slow second matcher.
mod naive;
