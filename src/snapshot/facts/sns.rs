//! Facts of SNS: topics, their subscriptions and the attributes of these.

use super::asks::Ask;
use super::item::Derived;
use super::sink::{Row, Sink};

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
        let row = Row::regional(ask, item)
            .with("topic_arn", ask.subject())
            .with("policy", item.optional_text("Policy")?)
            .with(
                "kms_master_key_id",
                item.optional_text("KmsMasterKeyId")?
                    .filter(|id| !id.is_empty()),
            )
            .with("owner", item.optional_text("Owner")?)
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
        let row = Row::regional(ask, item)
            .with(
                "topic_arn",
                item.optional_text("TopicArn")?.unwrap_or(ask.subject()),
            )
            .with("protocol", item.text("Protocol")?)
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
        let row = Row::regional(ask, item)
            .with("subscription_arn", ask.subject())
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
