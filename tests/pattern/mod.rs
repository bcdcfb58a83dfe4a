//! The filter-pattern language against what others wrote and observed, and against its own laws.

/// `pattern match` and `pattern explain`.
mod command;
/// Real patterns and recorded answers of the live service.
mod corpus;
