//! Subscriptions of a topic (U ids): is somebody subscribed, and would this message get there.

use super::Error;
use super::cause::Open;
use super::facts::{Asked, Facts, Question, SubscriptionAttributes, SubscriptionRow};
use super::stage::{Stage, fine, missing, unanswered};
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};
use crate::aws::arn;
use crate::aws::filter_policy::{self, AlarmMessage, Filtering};

/// Chat channels that AWS Chatbot (Amazon Q Developer) serves: people read them.
const CHATBOT: &str = "https://global.sns-api.chatbot.amazonaws.com";

/// How a subscription is named in links: by its endpoint, in the account and Region of its topic.
fn subject(topic_arn: &str, subscription: &SubscriptionRow) -> Subject {
    let mut subject = Subject::within(
        Kind::Subscription,
        &subscription.endpoint,
        &subscription.protocol,
        arn::account(topic_arn).unwrap_or_default(),
        arn::region(topic_arn).unwrap_or_default(),
    );
    // Until it is confirmed a word stands where its ARN will be.
    subject.arn = arn::Arn::parse(&subscription.arn).map(|_| subscription.arn.clone());
    subject
}

/// Whether all subscriptions of a topic were listed: U01 where there is none, or where the list is not whole.
pub(super) fn listed(
    facts: &Facts<'_>,
    teller: &str,
    topic_arn: &str,
    subscriptions: &[SubscriptionRow],
) -> Result<Option<Link>, Error> {
    let region = arn::region(topic_arn).unwrap_or_default();
    let question = Question {
        account: teller,
        region,
        service: "sns",
        operation: "ListSubscriptionsByTopic",
        subject: topic_arn,
    };
    let asked = facts.asked(question)?;
    if !asked.answered() {
        return Ok(Some(unanswered(
            LinkId::U01,
            Subject::of_arn(Kind::Topic, topic_arn),
            question,
            &asked,
        )));
    }
    if subscriptions.is_empty() {
        let link = Link::new(
            LinkId::U01,
            Verdict::Broken,
            Subject::of_arn(Kind::Topic, topic_arn),
            "topic has no subscription",
        )
        .field("Subscriptions", "[]")
        .evidence(asked.evidence());
        return Ok(Some(link));
    }
    Ok(None)
}

/// Judges one subscription for the message that `message` describes.
pub(super) fn judge(
    facts: &Facts<'_>,
    teller: &str,
    topic_arn: &str,
    subscription: &SubscriptionRow,
    message: &AlarmMessage,
) -> Result<Stage, Error> {
    let mut stage = Stage::default();
    let subject = subject(topic_arn, subscription);
    let said = |id, verdict, reason: &str| {
        Link::new(id, verdict, &subject, reason)
            .field("SubscriptionArn", &subscription.arn)
            .evidence([subscription.evidence])
    };
    if subscription.arn.eq_ignore_ascii_case("deleted") {
        stage.say(said(
            LinkId::U03,
            Verdict::Broken,
            "subscription is deleted",
        ));
        return Ok(stage);
    }
    // The literal PendingConfirmation; whatever stands there, only a confirmed subscription has an ARN.
    if !subscription.arn.starts_with("arn:") {
        stage.say(said(
            LinkId::U02,
            Verdict::Broken,
            "subscription is not confirmed: nothing is delivered",
        ));
        return Ok(stage);
    }
    let attributes = facts.subscription_attributes(teller, &subscription.arn)?;
    if let Some(attributes) = &attributes {
        if attributes.pending_confirmation == Some(true) {
            stage.say(
                said(
                    LinkId::U02,
                    Verdict::Broken,
                    "subscription is not confirmed: nothing is delivered",
                )
                .field("PendingConfirmation", true)
                .evidence([attributes.evidence]),
            );
            return Ok(stage);
        }
        stage.say(said(LinkId::U02, Verdict::Ok, "subscription is confirmed"));
        passes(attributes, message, &subject, &mut stage);
        address(subscription, attributes, &subject, &mut stage);
    } else {
        stage.say(said(LinkId::U02, Verdict::Ok, "subscription is confirmed"));
        if unread(facts, teller, topic_arn, subscription, &subject, &mut stage)? {
            return Ok(stage);
        }
    }
    protocol(subscription, &subject, &mut stage);
    Ok(stage)
}

/// Attributes that nobody could read: the filter policy is unknown (U04, U10). Whether the subscription is gone.
fn unread(
    facts: &Facts<'_>,
    teller: &str,
    topic_arn: &str,
    subscription: &SubscriptionRow,
    subject: &Subject,
    stage: &mut Stage,
) -> Result<bool, Error> {
    let region = arn::region(topic_arn).unwrap_or_default();
    let question = Question {
        account: teller,
        region,
        service: "sns",
        operation: "GetSubscriptionAttributes",
        subject: &subscription.arn,
    };
    let asked = facts.asked(question)?;
    if let Asked::Absent { code, evidence } = &asked {
        stage.say(
            Link::new(
                LinkId::U03,
                Verdict::Broken,
                subject,
                "subscription does not exist any more",
            )
            .field("GetSubscriptionAttributes", code)
            .evidence([*evidence]),
        );
        return Ok(true);
    }
    let foreign = subscription
        .owner
        .as_deref()
        .is_some_and(|owner| owner != teller);
    let id = if foreign { LinkId::U10 } else { LinkId::U04 };
    let owner = subscription.owner.clone().filter(|_| foreign);
    let open = Some(Open::FilterPolicy { owner });
    stage.say(missing(
        id,
        Verdict::Unknown,
        subject,
        question,
        &asked,
        open,
    ));
    Ok(false)
}

/// U06 and U09: who is behind the protocol.
fn protocol(subscription: &SubscriptionRow, subject: &Subject, stage: &mut Stage) {
    let protocol = subscription.protocol.as_str();
    let said = |id, verdict, reason: String| {
        Link::new(id, verdict, subject, reason)
            .field("Protocol", protocol)
            .evidence([subscription.evidence])
    };
    match protocol {
        "email" | "email-json" => stage.say(fine_protocol(
            subscription,
            subject,
            "an address that people read",
        )),
        "sms" => {
            stage.say(fine_protocol(subscription, subject, "a telephone"));
            stage.say(said(
                LinkId::U09,
                Verdict::Weak,
                "text messages stop at the account's spending quota".to_owned(),
            ));
        }
        "https" | "http" if subscription.endpoint.starts_with(CHATBOT) => {
            stage.say(fine_protocol(subscription, subject, "a chat channel"));
        }
        other => stage.say(said(
            LinkId::U06,
            Verdict::Weak,
            format!(
                "reaches a machine by {other}; whether that tells a person is not in the snapshot"
            ),
        )),
    }
}

fn fine_protocol(subscription: &SubscriptionRow, subject: &Subject, what: &str) -> Link {
    fine(LinkId::U06, subject, format!("reaches {what}"))
        .field("Protocol", &subscription.protocol)
        .evidence([subscription.evidence])
}

/// U07 and U08.
fn address(
    subscription: &SubscriptionRow,
    attributes: &SubscriptionAttributes,
    subject: &Subject,
    stage: &mut Stage,
) {
    if subscription.protocol.starts_with("email")
        && attributes.confirmation_was_authenticated == Some(false)
    {
        stage.say(
            Link::new(
                LinkId::U07,
                Verdict::Weak,
                subject,
                "anyone who gets the message can unsubscribe the address without signing in",
            )
            .field("ConfirmationWasAuthenticated", false)
            .evidence([attributes.evidence]),
        );
    }
    if attributes.redrive_policy.is_none() {
        stage.say(
            fine(
                LinkId::U08,
                subject,
                "messages that cannot be delivered are discarded after the retries",
            )
            .field("RedrivePolicy", "absent")
            .evidence([attributes.evidence]),
        );
    }
}

/// U04 and U05: the filter policy against the message that the alarm sends.
fn passes(
    attributes: &SubscriptionAttributes,
    message: &AlarmMessage,
    subject: &Subject,
    stage: &mut Stage,
) {
    let Some(policy) = attributes.filter_policy.as_deref() else {
        return;
    };
    let scope = attributes
        .filter_policy_scope
        .as_deref()
        .unwrap_or("MessageAttributes");
    let in_body = scope == "MessageBody";
    let id = if in_body { LinkId::U05 } else { LinkId::U04 };
    let filtering = match filter_policy::filter(policy, Some(scope), message) {
        // The description of an alarm is no fact.
        Filtering::Accepts | Filtering::Rejects { .. }
            if in_body && policy.contains("AlarmDescription") =>
        {
            Filtering::Unknown {
                reason:
                    "the filter policy asks for the alarm's description, which is not looked at"
                        .to_owned(),
            }
        }
        filtering => filtering,
    };
    let link = match filtering {
        Filtering::Accepts => fine(
            id,
            subject,
            "the filter policy lets the alarm's message through",
        ),
        Filtering::Rejects { key } if in_body => Link::new(
            id,
            Verdict::Broken,
            subject,
            format!("the filter policy drops the alarm's message by its key `{key}`"),
        ),
        Filtering::Rejects { key } => Link::new(
            id,
            Verdict::Broken,
            subject,
            format!(
                "the filter policy asks for the message attribute `{key}`, and an alarm's message has none"
            ),
        ),
        Filtering::Unknown { reason } => Link::new(id, Verdict::Unknown, subject, reason),
    };
    stage.say(
        link.field("FilterPolicy", policy)
            .field("FilterPolicyScope", scope)
            .evidence([attributes.evidence]),
    );
}
