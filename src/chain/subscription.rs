//! Subscriptions of a topic (U ids): is somebody subscribed, and would this message get there.
//!
//! As with topics, whoever answered counts.

use std::rc::Rc;

use super::Error;
use super::cause::{Open, ReachedBy, SubscriptionCause};
use super::facts::{Asked, Facts, Question, SubscriptionAttributes, SubscriptionRow};
use super::judgement::{Judgement, fine, missing, unanswered};
use super::topic::Judged;
use super::topic_access::tellers;
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
    subject.arn = Some(&subscription.arn)
        .filter(|it| arn::is_arn(it))
        .cloned();
    subject
}

/// The subscriptions of a topic.
pub(super) struct Listing {
    pub(super) rows: Rc<[SubscriptionRow]>,
    /// U01 where there is none, or where the list is not whole.
    pub(super) link: Option<Link>,
}

/// The subscriptions of a topic, from whichever account was told all of them.
pub(super) fn listed(facts: &Facts<'_>, topic: &Judged) -> Result<Listing, Error> {
    let topic_arn = topic.arn.as_str();
    let region = arn::region(topic_arn).unwrap_or_default();
    let ask = |account| Question {
        account,
        region,
        service: "sns",
        operation: "ListSubscriptionsByTopic",
        subject: topic_arn,
    };
    let about = || Subject::of_arn(Kind::Topic, topic_arn);
    for account in &topic.tellers {
        let asked = facts.asked(ask(account))?;
        if !asked.answered() {
            continue;
        }
        let rows = facts.subscriptions(account, topic_arn)?;
        let link = rows.is_empty().then(|| {
            let cause = SubscriptionCause::TopicHasNoSubscription;
            Link::new(LinkId::U01, Verdict::Broken, about(), cause)
                .field("Subscriptions", "[]")
                .evidence(asked.evidence())
        });
        return Ok(Listing { rows, link });
    }
    // Nobody was told all; what was told before a list was cut short is there.
    let mut rows: Rc<[SubscriptionRow]> = Rc::from([]);
    for account in &topic.tellers {
        rows = facts.subscriptions(account, topic_arn)?;
        if !rows.is_empty() {
            break;
        }
    }
    let none_seen = !rows.iter().any(|row| arn::is_arn(&row.arn));
    let none_counted = topic.counted.filter(|counted| counted.confirmed == 0);
    if let Some(counted) = none_counted.filter(|_| none_seen) {
        let cause = SubscriptionCause::NoneConfirmed {
            pending: counted.pending,
        };
        let link = Link::new(LinkId::U01, Verdict::Broken, about(), cause)
            .field("SubscriptionsConfirmed", 0)
            .evidence([counted.evidence]);
        return Ok(Listing {
            rows: Rc::from([]),
            link: Some(link),
        });
    }
    let account = topic
        .tellers
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    let asked = facts.asked(ask(account))?;
    let link = Some(unanswered(LinkId::U01, about(), ask(account), &asked));
    Ok(Listing { rows, link })
}

/// Says what a filter policy does with the message that is sent.
pub(super) type Passes<'a> = dyn FnMut(&SubscriptionAttributes, &Subject, &mut Judgement) + 'a;

/// Judges one subscription for a message.
pub(super) fn judge(
    facts: &Facts<'_>,
    topic: &Judged,
    subscription: &SubscriptionRow,
    message: &mut Passes<'_>,
) -> Result<Judgement, Error> {
    let mut judgement = Judgement::default();
    let subject = subject(&topic.arn, subscription);
    let said = |id, verdict, cause| {
        let cause: SubscriptionCause = cause;
        Link::new(id, verdict, &subject, cause)
            .field("SubscriptionArn", &subscription.arn)
            .evidence([subscription.evidence])
    };
    if subscription.arn.eq_ignore_ascii_case("deleted") {
        let cause = SubscriptionCause::SubscriptionDeleted;
        judgement.say(said(LinkId::U03, Verdict::Broken, cause));
        return Ok(judgement);
    }
    let not_confirmed = || {
        let cause = SubscriptionCause::NotConfirmed;
        said(LinkId::U02, Verdict::Broken, cause)
    };
    // The literal PendingConfirmation; whatever stands there, only a confirmed subscription has an ARN.
    if !arn::is_arn(&subscription.arn) {
        judgement.say(not_confirmed());
        return Ok(judgement);
    }
    let mut first: Vec<&str> = topic.tellers.iter().map(String::as_str).collect();
    first.extend(subscription.owner.as_deref());
    let tellers = tellers(
        facts,
        &first,
        "GetSubscriptionAttributes",
        &subscription.arn,
    )?;
    let mut attributes = None;
    for account in &tellers {
        attributes = facts.subscription_attributes(account, &subscription.arn)?;
        if attributes.is_some() {
            break;
        }
    }
    if let Some(attributes) = attributes
        .as_ref()
        .filter(|it| it.pending_confirmation == Some(true))
    {
        let link = not_confirmed().field("PendingConfirmation", true);
        judgement.say(link.evidence([attributes.evidence]));
        return Ok(judgement);
    }
    judgement.say(said(LinkId::U02, Verdict::Ok, SubscriptionCause::Confirmed));
    if let Some(attributes) = &attributes {
        message(attributes, &subject, &mut judgement);
        address(subscription, attributes, &subject, &mut judgement);
    } else if let Some(link) = unread(facts, &tellers, subscription, &subject)? {
        let gone = link.verdict == Verdict::Broken;
        judgement.say(link);
        if gone {
            return Ok(judgement);
        }
    }
    protocol(subscription, &subject, &mut judgement);
    Ok(judgement)
}

/// Attributes that nobody could read: broken where the subscription is gone (U03), unknown where its filter policy is (U04,
/// U10).
fn unread(
    facts: &Facts<'_>,
    tellers: &[String],
    subscription: &SubscriptionRow,
    subject: &Subject,
) -> Result<Option<Link>, Error> {
    let ask = |account| Question {
        account,
        region: &subject.region,
        service: "sns",
        operation: "GetSubscriptionAttributes",
        subject: &subscription.arn,
    };
    for account in tellers {
        let Asked::Absent { code, evidence } = facts.asked(ask(account))? else {
            continue;
        };
        let cause = SubscriptionCause::SubscriptionMissing;
        let link = Link::new(LinkId::U03, Verdict::Broken, subject, cause)
            .field("GetSubscriptionAttributes", code)
            .evidence([evidence]);
        return Ok(Some(link));
    }
    let account = tellers.first().map(String::as_str).unwrap_or_default();
    let asked = facts.asked(ask(account))?;
    if matches!(asked, Asked::Assumed(_)) {
        return Ok(None);
    }
    let foreign = subscription.owner.clone().filter(|owner| owner != account);
    let id = if foreign.is_some() {
        LinkId::U10
    } else {
        LinkId::U04
    };
    let open = Some(Open::FilterPolicy { owner: foreign });
    let verdict = Verdict::Unknown;
    Ok(Some(missing(
        id,
        verdict,
        subject,
        ask(account),
        &asked,
        open,
    )))
}

/// U06 and U09: who is behind the protocol.
fn protocol(subscription: &SubscriptionRow, subject: &Subject, judgement: &mut Judgement) {
    let protocol = subscription.protocol.as_str();
    let say = |id, verdict, cause| {
        let cause: SubscriptionCause = cause;
        Link::new(id, verdict, subject, cause)
            .field("Protocol", protocol)
            .evidence([subscription.evidence])
    };
    let person = |by| {
        say(
            LinkId::U06,
            Verdict::Ok,
            SubscriptionCause::ReachesPerson { by },
        )
    };
    match protocol {
        "email" | "email-json" => judgement.say(person(ReachedBy::Address)),
        "sms" => {
            judgement.say(person(ReachedBy::Telephone));
            judgement.say(say(
                LinkId::U09,
                Verdict::Weak,
                SubscriptionCause::SpendingQuota,
            ));
        }
        "https" | "http" if subscription.endpoint.starts_with(CHATBOT) => {
            judgement.say(person(ReachedBy::ChatChannel));
        }
        other => {
            let protocol = other.to_owned();
            let cause = SubscriptionCause::ReachesMachine { protocol };
            judgement.say(say(LinkId::U06, Verdict::Weak, cause));
        }
    }
}

/// U07 and U08.
fn address(
    subscription: &SubscriptionRow,
    attributes: &SubscriptionAttributes,
    subject: &Subject,
    judgement: &mut Judgement,
) {
    if subscription.protocol.starts_with("email")
        && attributes.confirmation_was_authenticated == Some(false)
    {
        judgement.say(
            Link::new(
                LinkId::U07,
                Verdict::Weak,
                subject,
                SubscriptionCause::AnyoneCanUnsubscribe,
            )
            .field("ConfirmationWasAuthenticated", false)
            .evidence([attributes.evidence]),
        );
    }
    if attributes.redrive_policy.is_none() {
        judgement.say(
            fine(
                LinkId::U08,
                subject,
                SubscriptionCause::UndeliverableDiscarded,
            )
            .field("RedrivePolicy", "absent")
            .evidence([attributes.evidence]),
        );
    }
}

/// U04 and U05: the filter policy against the message that the alarm sends.
pub(super) fn passes_alarm(
    attributes: &SubscriptionAttributes,
    message: &AlarmMessage,
    subject: &Subject,
    judgement: &mut Judgement,
) {
    let Some((policy, scope)) = attributes.filter() else {
        return;
    };
    let in_body = scope == "MessageBody";
    let id = if in_body { LinkId::U05 } else { LinkId::U04 };
    let (verdict, cause) = match filter_policy::filter(policy, Some(scope), message) {
        Filtering::Accepts => (Verdict::Ok, SubscriptionCause::FilterPolicyAccepts),
        Filtering::Rejects(member) if in_body => (
            Verdict::Broken,
            SubscriptionCause::FilterPolicyDrops { member },
        ),
        Filtering::Rejects(member) => (
            Verdict::Broken,
            SubscriptionCause::FilterPolicyNeedsAttribute { member },
        ),
        Filtering::Unknown(doubt) => (
            Verdict::Unknown,
            SubscriptionCause::FilterPolicyOpen { doubt },
        ),
    };
    let link = Link::new(id, verdict, subject, cause);
    judgement.say(
        link.field("FilterPolicy", policy)
            .field("FilterPolicyScope", scope)
            .evidence([attributes.evidence]),
    );
}
