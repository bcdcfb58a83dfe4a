//! The delivery chain: facts become links and paths. SQL views join; Rust decides.
//!
//! [`verdict`] holds the words every link speaks. The pure decision modules take plain values and answer; they see
//! neither SQL nor files.

pub mod alarm;
mod answer;
pub mod composite;
pub mod filter_policy;
mod path;
pub mod policy;
pub mod verdict;

pub use path::{AccountChain, Alarm, Condition, Filter, Gap, Path, Subscription};
