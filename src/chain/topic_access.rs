//! What a topic, its key and its subscriptions have in common: who can tell of them, and who is asking.

use std::rc::Rc;

use super::Error;
use super::cause::{Open, TopicCause};
use super::facts::{AlarmRow, Asked, Facts, Question, Topic};
use super::judgement::missing;
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};
use crate::aws::arn;
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
    for account in first.chain(others.iter().cloned()) {
        if !account.is_empty() && !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    Ok(accounts)
}

/// The attributes of a topic as the first of these accounts was told them that was told any.
pub(super) fn attributes(
    facts: &Facts<'_>,
    tellers: &[String],
    topic_arn: &str,
) -> Result<Option<Rc<Topic>>, Error> {
    for teller in tellers {
        if let Some(topic) = facts.topic(teller, topic_arn)? {
            return Ok(Some(topic));
        }
    }
    Ok(None)
}

/// The question about the attributes of a topic.
pub(super) fn attributes_question<'q>(
    account: &'q str,
    region: &'q str,
    topic_arn: &'q str,
) -> Question<'q> {
    Question {
        account,
        region,
        service: "sns",
        operation: "GetTopicAttributes",
        subject: topic_arn,
    }
}

/// The absence of a topic that one of these accounts was told of, else what became of the question otherwise: a foreign topic
/// may be hidden from the account that names it, and others know better.
pub(super) fn absence(
    facts: &Facts<'_>,
    tellers: &[String],
    topic_arn: &str,
    asked: Asked,
) -> Result<Asked, Error> {
    let region = arn::region(topic_arn).unwrap_or_default();
    let mut known = asked;
    for account in tellers {
        let told = facts.asked(attributes_question(account, region, topic_arn))?;
        if matches!(told, Asked::Absent { .. }) {
            known = told;
        }
    }
    Ok(known)
}

/// N02 and N03, of a topic whose attributes nobody was told: broken where there is no such topic, unknown where there may be
/// one. It is `account` that names the topic, and whose question came to what is `asked`.
pub(super) fn no_attributes(account: &str, topic_arn: &str, asked: &Asked) -> Link {
    let about = subject(topic_arn);
    if let Asked::Absent { code, evidence } = asked {
        return Link::new(
            LinkId::N02,
            Verdict::Broken,
            about,
            TopicCause::TopicMissing,
        )
        .field("GetTopicAttributes", code)
        .evidence([*evidence]);
    }
    let region = arn::region(topic_arn).unwrap_or_default();
    let owner = arn::account(topic_arn).unwrap_or_default();
    let (id, open) = if owner == account {
        (LinkId::N02, None)
    } else {
        let owner = owner.to_owned();
        (LinkId::N03, Some(Open::ForeignTopic { owner }))
    };
    let question = attributes_question(account, region, topic_arn);
    missing(id, Verdict::Unknown, about, question, asked, open)
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
