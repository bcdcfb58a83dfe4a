//! Fixes that are proven before they are printed: the smallest change of an account that makes its controls pass.
//!
//! A fix is a set of [`Change`]s: resources as they are and as they are to be ([`resource`]). `apply` writes the resources
//! as fact rows into a copy of the snapshot in memory ([`Trial`]), where the same `analyze` runs over them that runs over
//! a snapshot; [`plan()`] looks for the changes, link by link: the finding names the link that drops the event,
//! `candidates` says what repairs that link, the smallest and what reuses most first, and what the analysis of the copy
//! says decides whether it helped. Nothing is offered that was not analyzed, every change is taken back on trial to see
//! that it is needed, and a plan that makes any finding worse is none.
//!
//! A resource is described by what its owner can set, whole, as the API's put operations take it. So a plan is the same
//! for every form in which `report` prints it, and several controls that need one thing share its change.
//!
//! What only a person or time can do (a confirmation, the next delivery, the next evaluation) is a [`Wait`]: the copy is
//! analyzed as it will be then, and the plan says so.

mod apply;
mod candidates;
mod choice;
mod document;
mod event_pattern;
mod events;
mod needed;
mod plan;
mod read;
pub mod resource;
mod taken;
mod touch;
mod trial;

pub use plan::{FindingOutcome, Plan, for_finding, plan};
pub use resource::{Change, Resource};
pub use taken::Taken;
pub use touch::{Sibling, Supposed, Touch, Wait};
pub use trial::{Trial, under};

/// What the user says that no snapshot can.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The address to subscribe where nobody is told yet.
    pub email: Option<String>,
    /// The Region for what has no place yet.
    pub region: Option<String>,
    /// Names that something has of which the snapshot does not know: nothing new gets one of these.
    pub taken: Vec<String>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The analysis failed.
    #[error(transparent)]
    Analyze(#[from] crate::analyze::Error),
    /// The chain could not be read.
    #[error(transparent)]
    Chain(#[from] crate::chain::Error),
    /// The copy could not be made.
    #[error(transparent)]
    Snapshot(#[from] crate::snapshot::Error),
    /// The copy could not be changed.
    #[error("the copy of the facts cannot be changed: {0}")]
    Facts(#[from] rusqlite::Error),
    /// A plan that was read says what no plan of this version says.
    #[error("the plan cannot be applied: {0}")]
    Plan(String),
}
