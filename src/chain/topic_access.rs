//! What a topic, its key and its subscriptions have in common: who can tell of them, and who is asking.

use super::Error;
use super::facts::{AlarmRow, Facts};
use super::verdict::{Kind, Subject};
use crate::aws::policy::{Caller, Decision, Organization, Part, Refusal, Service};

/// The topic as links name it.
pub(super) fn subject(topic_arn: &str) -> Subject {
    Subject::of_arn(Kind::Topic, topic_arn)
}

/// The accounts to look for an answer about a resource in: those who should know, then whoever else got one.
pub(super) fn tellers(
    facts: &Facts<'_>,
    first: &[&str],
    operation: &str,
    about: &str,
) -> Result<Vec<String>, Error> {
    let mut accounts: Vec<String> = Vec::new();
    let others = facts.answered_accounts(operation, about)?;
    let first = first.iter().map(|account| (*account).to_owned());
    for account in first.chain(others) {
        if !account.is_empty() && !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    Ok(accounts)
}

/// Asks a policy with what is known of CloudWatch as it acts for the alarm; `evidence` is the row of the policy, whose
/// time is the time of asking.
pub(super) fn asking(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    evidence: i64,
    ask: impl FnOnce(&Caller<'_>) -> Decision,
) -> Result<Decision, Error> {
    let organization = facts.organization(&alarm.account)?.map(|(id, _)| id);
    let organization = match &organization {
        Some(id) => Organization::Of(id),
        None if facts.has_no_organization(&alarm.account)? => Organization::None,
        None => Organization::Unknown,
    };
    let at = facts.recorded_at(evidence)?;
    Ok(ask(&Caller {
        service: Service::CloudWatch,
        source_arn: &alarm.arn,
        organization,
        at: at.and_then(|at| at.parse().ok()),
    }))
}

/// The statement that decides and the parts of it that do, as fields of a link.
pub(super) fn deciding(refusal: &Refusal) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    if let Some(statement) = refusal.statement() {
        fields.push(("Statement".to_owned(), statement.name()));
    }
    for part in refusal.parts() {
        fields.push(match part {
            Part::Element { element, value } => (element.clone(), value.clone()),
            Part::Condition {
                operator,
                key,
                wanted,
                ..
            } => (format!("{operator} {key}"), wanted.join(" ")),
        });
    }
    fields
}
