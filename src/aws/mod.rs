//! How AWS behaves, as pure functions of documents and numbers: what an alarm does with an event, which message a filter
//! policy lets through, what a policy allows.
//!
//! Sits below `chain`: it knows nothing of SQL, snapshots, links or paths. It answers; the judges in `chain` turn the
//! answers into links. Each module cites the AWS page that its rules are read from.

pub mod alarm;
mod answer;
pub mod arn;
pub mod composite;
pub mod data_protection;
pub mod field_selection;
pub mod filter_policy;
pub mod insights;
pub(crate) mod json;
pub mod metric_math;
pub mod mute;
mod number;
pub mod policy;
mod region_name;
pub mod transformer;
pub mod wildcard;

pub use number::Number;
