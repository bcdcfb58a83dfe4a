//! trailproof proves offline that the AWS API calls a benchmark wants monitored would reach a person.
//!
//! Data flows one way: `collect` or `import` -> `snapshot` -> `chain` -> `analyze` -> `report`.
//! `pattern` and `coverage` are the logic underneath; they know nothing of SQL, AWS, files or output.
//! ARCHITECTURE.md has the map and the invariants.

pub mod analyze;
pub mod aws;
pub mod chain;
pub mod cli;
#[cfg(feature = "collect")]
pub mod collect;
pub mod control;
pub mod coverage;
pub mod diff;
pub mod import;
pub mod pattern;
pub mod query;
pub mod redact;
pub mod remedy;
pub mod replay;
pub mod report;
pub mod snapshot;
