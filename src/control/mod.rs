//! Controls and benchmarks, which are data: what events a control asks for, and under which numbers
//! benchmarks list it.
//!
//! [`Registry`] reads `controls/*.toml`, `benchmarks/*.toml` and `frameworks/*.toml`, embedded at build time, and
//! folders of the user's own. `analyze` takes requirements from here. Nothing here looks at an account.

mod audit_step;
mod framework;
mod load;
mod lookup;
mod printed;
mod registry;
mod types;

#[cfg(test)]
mod tests;

pub use audit_step::{Answer, AuditStep, StepKind};
pub use framework::{Framework, Mapping};
pub use load::Error;
pub use lookup::{Named, Sections, Unknown};
pub use printed::{plain_text, same_text};
pub use registry::Registry;
pub use types::{
    Alternative, AlternativeKind, Assessment, Benchmark, Control, Entry, EventName, Example, Kept,
    LeftOut, Note, Place, Printing, Recorded, Recording, Rejected, Section, Severity,
};
