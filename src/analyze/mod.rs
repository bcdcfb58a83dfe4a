//! Paths and requirements become findings: for each account and control, whether every event that the control asks for
//! reaches a confirmed subscriber.
//!
//! Sits between `chain` (which paths there are, and what each of their links does) and `report` (how people see it).
//! A pure function of snapshot, controls and options: no clock, no network, no output.

pub mod attest;
mod finding;
pub mod letter;

pub use finding::{
    AccountSummary, Analysis, Attestation, Finding, Letter, Mark, Names, Note, PathSummary,
    RefusedAttestation, Requirement, SnapshotSummary, Status, Summary,
};

/// The part of an ARN that people call the thing by; other texts as they are.
pub(crate) fn short_name(text: &str) -> &str {
    let mut parts = text.splitn(6, ':');
    if parts.next() != Some("arn") {
        return text;
    }
    let Some(resource) = parts.nth(4) else {
        return text;
    };
    ["trail/", "log-group:", "alarm:"]
        .iter()
        .find_map(|kind| resource.strip_prefix(kind))
        .unwrap_or(resource)
}
