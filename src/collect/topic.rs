//! Topics that alarm actions and rules name: attributes, subscriptions with theirs, and the keys that encrypt the topics;
//! and other keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ask::AccountRegion;
use super::pages::{ask, ask_pages, for_each};
use crate::aws::arn;

/// Asks everything about some topics but their keys, which it gives.
pub(super) async fn collect(
    place: &Arc<AccountRegion>,
    topics: BTreeSet<String>,
) -> BTreeSet<String> {
    let keys = for_each(topics, |topic| {
        let place = Arc::clone(place);
        async move {
            let (key, ()) = tokio::join!(attributes(&place, &topic), subscriptions(&place, &topic));
            // A key of another account has no name here but its ARN.
            key.filter(|key| arn::is_arn(key) || arn::account(&topic) == Some(&place.account.id))
        }
    })
    .await;
    keys.into_iter().flatten().collect()
}

/// Asks for some keys and their policies.
pub(super) async fn keys(place: &Arc<AccountRegion>, keys: BTreeSet<String>) {
    for_each(keys, |key| {
        let place = Arc::clone(place);
        async move { key_and_policy(&place, &key).await }
    })
    .await;
}

/// Gives the key that encrypts the topic.
async fn attributes(place: &AccountRegion, topic: &str) -> Option<String> {
    let client = place.sns();
    let answer = ask!(
        place,
        "GetTopicAttributes",
        client.get_topic_attributes().topic_arn(topic)
    )
    .await;
    let key = answer.ok()?.attributes?.remove("KmsMasterKeyId")?;
    (!key.is_empty()).then_some(key)
}

async fn subscriptions(place: &Arc<AccountRegion>, topic: &str) {
    let client = place.sns();
    let listed = ask_pages!(
        place,
        "ListSubscriptionsByTopic",
        client.list_subscriptions_by_topic().topic_arn(topic)
    )
    .await;
    let subscriptions: BTreeSet<String> = listed
        .pages
        .iter()
        .flat_map(|page| page.subscriptions())
        .filter_map(|subscription| subscription.subscription_arn())
        // The literals PendingConfirmation and Deleted have no attributes to ask for.
        .filter(|arn| arn::is_arn(arn))
        .map(str::to_owned)
        .collect();
    for_each(subscriptions, |arn| {
        let place = Arc::clone(place);
        async move {
            let client = place.sns();
            let _ = ask!(
                place,
                "GetSubscriptionAttributes",
                client.get_subscription_attributes().subscription_arn(&arn)
            )
            .await;
        }
    })
    .await;
}

async fn key_and_policy(place: &AccountRegion, key: &str) {
    let client = place.kms();
    let described = ask!(place, "DescribeKey", client.describe_key().key_id(key)).await;
    // GetKeyPolicy takes no alias.
    let is_alias = key.starts_with("alias/") || key.contains(":alias/");
    let id = match described.ok().and_then(|answer| answer.key_metadata) {
        Some(metadata) if is_alias => metadata.arn.unwrap_or(metadata.key_id),
        _ if is_alias => return,
        _ => key.to_owned(),
    };
    let _ = ask!(
        place,
        "GetKeyPolicy",
        client.get_key_policy().key_id(&id).policy_name("default")
    )
    .await;
}
