//! May another account, or its own, send events to an event bus (E24)? The bus, its policy and the organization are facts; what the
//! policy says of them is AWS's.

use super::Error;
use super::facts::Facts;
use crate::aws::policy;

/// Whether the bus takes events of the account; none where that is not decided.
pub(super) fn admits(
    facts: &Facts<'_>,
    bus_arn: &str,
    account: &str,
) -> Result<Option<bool>, Error> {
    let Some((document, _)) = facts.bus_policy(bus_arn)? else {
        return Ok(None);
    };
    let organization = facts.organization(account)?.map(|(id, _)| id);
    Ok(match document.filter(|document| !document.is_empty()) {
        // A bus without a policy takes events of its own account alone.
        None => Some(false),
        Some(document) => policy::bus_admits(&document, bus_arn, account, organization.as_deref()),
    })
}

/// Whether the bus takes events of its own account, which it does without a policy.
pub(super) fn admits_own(
    facts: &Facts<'_>,
    bus_arn: &str,
    account: &str,
) -> Result<Option<bool>, Error> {
    let policy = facts.bus_policy(bus_arn)?;
    let document = policy.and_then(|(document, _)| document);
    Ok(match document.filter(|document| !document.is_empty()) {
        None => Some(true),
        Some(document) => policy::bus_admits_own(&document, bus_arn, account),
    })
}
