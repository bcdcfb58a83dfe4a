//! Topics, subscriptions and keys out of facts.

use rusqlite::{Connection, OptionalExtension as _, Result};

use super::{get, list, said};
use crate::aws::arn::{self, Arn};
use crate::remedy::resource::{Key, Subscription, Topic};

/// A topic, as anybody who was asked sees it.
pub(in crate::remedy) fn topic(connection: &Connection, topic_arn: &str) -> Result<Option<Topic>> {
    let parts = Arn::parse(topic_arn);
    let part = |part: fn(&Arn<'_>) -> String| parts.as_ref().map(part).unwrap_or_default();
    connection
        .query_row(
            "select policy, kms_master_key_id from topic where topic_arn = ?1 \
             order by policy is null, account limit 1",
            [topic_arn],
            |row| {
                Ok(Topic {
                    account: part(|arn| arn.account.to_owned()),
                    region: part(|arn| arn.region.to_owned()),
                    arn: topic_arn.to_owned(),
                    name: part(|arn| arn.resource.to_owned()),
                    policy: get(row, "policy")?,
                    kms_key_id: said(row, "kms_master_key_id")?,
                })
            },
        )
        .optional()
}

/// Whether there is such a topic, or may be: of one that something names and that nobody was told about, nothing is known.
pub(in crate::remedy) fn may_be_topic(connection: &Connection, topic_arn: &str) -> Result<bool> {
    connection.query_row(
        "select exists (select 1 from topic where topic_arn = ?1) \
         or exists (select 1 from subscription where topic_arn = ?1) \
         or exists (select 1 from gap where service = 'sns' and subject = ?1)",
        [topic_arn],
        |row| row.get(0),
    )
}

/// The subscriptions of a topic.
pub(in crate::remedy) fn subscriptions(
    connection: &Connection,
    topic_arn: &str,
) -> Result<Vec<Subscription>> {
    list(
        connection,
        "select distinct subscription.protocol, subscription.endpoint, subscription.subscription_arn, \
         filter_policy, filter_policy_scope, pending_confirmation \
         from subscription left join subscription_attributes \
         on subscription_attributes.subscription_arn = subscription.subscription_arn \
         where topic_arn = ?1 order by protocol, endpoint, subscription.subscription_arn",
        [topic_arn],
        |row| {
            let found: String = get(row, "subscription_arn")?;
            let is_arn = arn::is_arn(&found);
            let pending = get::<Option<bool>>(row, "pending_confirmation")? == Some(true);
            Ok(Subscription {
                account: arn::account(topic_arn).unwrap_or_default().to_owned(),
                region: arn::region(topic_arn).unwrap_or_default().to_owned(),
                topic_arn: topic_arn.to_owned(),
                protocol: get(row, "protocol")?,
                endpoint: get(row, "endpoint")?,
                arn: is_arn.then_some(found),
                confirmed: is_arn && !pending,
                filter_policy: said(row, "filter_policy")?,
                filter_policy_scope: said(row, "filter_policy_scope")?,
            })
        },
    )
}

/// ARNs of the topics that are there, in a Region.
pub(in crate::remedy) fn topics(
    connection: &Connection,
    account: &str,
    region: &str,
) -> Result<Vec<String>> {
    list(
        connection,
        "select distinct topic_arn from topic where region = ?2 \
         and topic_arn like '%:' || ?1 || ':%' and fifo = 0 order by topic_arn",
        (account, region),
        |row| row.get(0),
    )
}

/// ARNs of the customer's keys of an account and Region that encrypt and are enabled.
pub(in crate::remedy) fn keys(
    connection: &Connection,
    (account, region): (&str, &str),
) -> Result<Vec<String>> {
    let arns = list(
        connection,
        "select distinct key_arn from kms_key where region = ?1 and key_manager = 'CUSTOMER' \
         and key_state = 'Enabled' and key_spec = 'SYMMETRIC_DEFAULT' and key_usage = 'ENCRYPT_DECRYPT' order by key_arn",
        [region],
        |row| row.get::<_, String>(0),
    )?;
    let own = arns
        .into_iter()
        .filter(|arn| arn::account(arn) == Some(account));
    Ok(own.collect())
}

/// A key as a topic, or the bus of a rule, of an account and Region names it.
pub(in crate::remedy) fn key(
    connection: &Connection,
    (account, region): (&str, &str),
    id: &str,
) -> Result<Option<Key>> {
    let owner = arn::account(id).unwrap_or(account);
    let found = connection
        .query_row(
            "select key_arn, key_state, key_spec, key_usage, key_manager from kms_key \
             where region = ?1 and (key_id = ?2 or key_arn = ?2) order by account = ?3 desc limit 1",
            (region, id, owner),
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, Option<String>>(1)?,
                    row.get::<_, Option<String>>(2)?,
                    row.get::<_, Option<String>>(3)?,
                    row.get::<_, Option<String>>(4)?,
                ))
            },
        )
        .optional()?;
    let Some((key_arn, state, spec, usage, manager)) = found else {
        return Ok(None);
    };
    let symmetric = spec.is_none_or(|spec| spec == "SYMMETRIC_DEFAULT")
        && usage.is_none_or(|usage| usage == "ENCRYPT_DECRYPT");
    // Only a key of the customer's that encrypts can be repaired. One that is to be deleted is left to its owner, and no change
    // brings one into being that is still made.
    let repairable = symmetric
        && manager.as_deref() != Some("AWS")
        && matches!(
            state.as_deref(),
            None | Some("Enabled" | "Updating" | "Disabled")
        );
    if !repairable {
        return Ok(None);
    }
    let policy: Option<String> = connection
        .query_row(
            "select policy from kms_key_policy where region = ?1 and key_id in (?2, ?3) limit 1",
            (region, id, &key_arn),
            |row| row.get(0),
        )
        .optional()?;
    Ok(Some(Key {
        account: arn::account(&key_arn).unwrap_or(owner).to_owned(),
        region: region.to_owned(),
        id: id.to_owned(),
        arn: Some(key_arn),
        enabled: state.as_deref() != Some("Disabled"),
        policy,
    }))
}
