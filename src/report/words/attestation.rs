//! Attestations in words: those that are accepted, and why others are not.

use crate::analyze::{Attestation, NotAccepted};

/// Who stands for a finding, until when and why.
pub fn accepted(attestation: &Attestation) -> String {
    let longer = attestation.longer_because.as_ref();
    let longer = longer.map_or(String::new(), |why| format!("; so long because {why}"));
    format!(
        "accepted by {} until {}: {} (evidence: {}){longer}",
        attestation.by, attestation.expires, attestation.reason, attestation.evidence
    )
}

/// Why an attestation is not accepted.
pub fn refusal(refusal: &NotAccepted) -> String {
    match refusal {
        NotAccepted::NoSuchFinding => "it matches no finding of this analysis".to_owned(),
        NotAccepted::NothingToAccept { status } => {
            format!(
                "there is nothing to accept: the status is {}",
                status.as_str()
            )
        }
        NotAccepted::Expired { expires, snapshot } => {
            format!("it expired on {expires}, before the snapshot of {snapshot}")
        }
        NotAccepted::LastsTooLong {
            expires,
            snapshot,
            months,
        } => format!(
            "it lasts until {expires}, more than {months} months after the snapshot of {snapshot}; `longer_because` says why, \
             where that is meant"
        ),
    }
}
