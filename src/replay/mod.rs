//! Did it work? Runs recorded CloudTrail records through the chains of a snapshot.
//!
//! A [`Plan`](plan::Plan) is made of the chains as `analyze` builds them: every predicate in them (the benchmark's texts,
//! what trails record, what filters match) is a question with a bit. Whoever looks at records answers the questions: the
//! reader here ([`read`]), or a query over a table of records on many machines. All else is a function of the answers:
//! which controls ask for a record, which sound path carries it, which link drops it, in which metric it counts. So the
//! report is the same whoever answered.
//!
//! ```text
//! records -> question -> tally -> outcome      what was asked, heard, missed; noise
//!                              -> alarms       what the alarms would have done
//! ```
//!
//! The chains are those of the snapshot's time; that they were so when the records were made is an assumption, and said.

mod alarms;
pub mod counts;
mod fields;
mod history;
pub mod kinds;
mod moment;
mod outcome;
mod packed;
pub mod plan;
mod principal;
pub mod question;
pub mod read;
pub mod records;
mod rule;
pub mod sql;
mod story;
pub mod tally;

pub use alarms::{AlarmOutcome, NotRun};
pub use history::{Comparison, Missing, NotCompared, Silence};
pub use outcome::{
    ControlOutcome, Missed, Noise, RecordsOutcome, ReplayOutcome, Surplus, WhatIf, outcome,
};
pub use story::{InAlarm, Story};
pub use tally::First;
