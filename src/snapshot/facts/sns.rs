//! Facts of SNS: topics, their subscriptions and the attributes of these.

use super::asks::Ask;
use super::item::Derived;
use super::sink::{Row, Said, Sink};
use crate::aws::arn;

pub(super) fn rows(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    match ask.operation.name {
        "GetTopicAttributes" => topic(ask, sink),
        "ListSubscriptionsByTopic" => subscriptions(ask, sink),
        "GetSubscriptionAttributes" => subscription_attributes(ask, sink),
        _ => Ok(()),
    }
}

fn topic(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for page in &ask.pages {
        let Some(item) = page.item()?.object("Attributes")? else {
            continue;
        };
        let topic = ask.subject();
        if item
            .optional_text("TopicArn")?
            .is_some_and(|of| of != topic)
        {
            return Err(item.wrong("TopicArn", "the topic that was asked about"));
        }
        let owner = item.optional_text("Owner")?;
        if owner.is_some_and(|owner| arn::account(topic).is_some_and(|account| account != owner)) {
            return Err(item.wrong("Owner", "the account of the topic"));
        }
        let row = Row::regional(ask, item)
            .with("topic_arn", topic)
            .with("policy", item.optional_text("Policy")?)
            .with(
                "kms_master_key_id",
                item.optional_text("KmsMasterKeyId")?
                    .filter(|id| !id.is_empty()),
            )
            .with("owner", owner)
            .with("fifo", item.boolean("FifoTopic")?.unwrap_or(false))
            .with(
                "subscriptions_confirmed",
                item.integer("SubscriptionsConfirmed")?,
            )
            .with(
                "subscriptions_pending",
                item.integer("SubscriptionsPending")?,
            )
            .with(
                "subscriptions_deleted",
                item.integer("SubscriptionsDeleted")?,
            );
        sink.insert("topic", row)?;
    }
    Ok(())
}

fn subscriptions(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("Subscriptions")? {
        let protocol = item.text("Protocol")?;
        sink.said(
            ask,
            Said::of_protocol(item.text("SubscriptionArn")?, protocol, item),
        );
        let row = Row::regional(ask, item)
            .with(
                "topic_arn",
                item.optional_text("TopicArn")?.unwrap_or(ask.subject()),
            )
            .with("protocol", protocol)
            .with("endpoint", item.optional_text("Endpoint")?.unwrap_or(""))
            .with("subscription_arn", item.text("SubscriptionArn")?)
            .with("owner", item.optional_text("Owner")?);
        sink.insert("subscription", row)?;
    }
    Ok(())
}

fn subscription_attributes(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for page in &ask.pages {
        let Some(item) = page.item()?.object("Attributes")? else {
            continue;
        };
        let subscription = ask.subject();
        let topic = arn::topic_of_subscription(subscription);
        let told = item.optional_text("TopicArn")?;
        if told.is_some() && topic.is_some() && told != topic {
            return Err(item.wrong("TopicArn", "the topic of the subscription"));
        }
        if let Some(protocol) = item.optional_text("Protocol")? {
            sink.said(ask, Said::of_protocol(subscription, protocol, item));
        }
        let row = Row::regional(ask, item)
            .with("subscription_arn", subscription)
            .with("filter_policy", item.optional_text("FilterPolicy")?)
            .with(
                "filter_policy_scope",
                item.optional_text("FilterPolicyScope")?,
            )
            .with("pending_confirmation", item.boolean("PendingConfirmation")?)
            .with(
                "confirmation_was_authenticated",
                item.boolean("ConfirmationWasAuthenticated")?,
            )
            .with("raw_message_delivery", item.boolean("RawMessageDelivery")?)
            .with("redrive_policy", item.optional_text("RedrivePolicy")?);
        sink.insert("subscription_attributes", row)?;
    }
    Ok(())
}
