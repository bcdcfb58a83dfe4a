//! Facts of topics: attributes, subscriptions, encryption keys.

use std::rc::Rc;

use super::{Error, Facts, get};

/// A topic.
#[derive(Clone, Debug)]
pub(in crate::chain) struct Topic {
    pub(in crate::chain) policy: Option<String>,
    pub(in crate::chain) kms_master_key_id: Option<String>,
    pub(in crate::chain) owner: Option<String>,
    pub(in crate::chain) fifo: bool,
    pub(in crate::chain) subscriptions_confirmed: Option<i64>,
    pub(in crate::chain) subscriptions_pending: Option<i64>,
    pub(in crate::chain) evidence: i64,
}

/// A subscription as ListSubscriptionsByTopic gives it.
#[derive(Clone, Debug)]
pub(in crate::chain) struct SubscriptionRow {
    pub(in crate::chain) protocol: String,
    pub(in crate::chain) endpoint: String,
    pub(in crate::chain) arn: String,
    pub(in crate::chain) owner: Option<String>,
    pub(in crate::chain) evidence: i64,
}

/// GetSubscriptionAttributes.
#[derive(Clone, Debug)]
pub(in crate::chain) struct SubscriptionAttributes {
    pub(in crate::chain) filter_policy: Option<String>,
    pub(in crate::chain) filter_policy_scope: Option<String>,
    pub(in crate::chain) pending_confirmation: Option<bool>,
    pub(in crate::chain) confirmation_was_authenticated: Option<bool>,
    pub(in crate::chain) redrive_policy: Option<String>,
    pub(in crate::chain) evidence: i64,
}

impl SubscriptionAttributes {
    /// The filter policy and what it is held against, where there is one.
    pub(in crate::chain) fn filter(&self) -> Option<(&str, &str)> {
        let scope = self.filter_policy_scope.as_deref();
        Some((
            self.filter_policy.as_deref()?,
            scope.unwrap_or("MessageAttributes"),
        ))
    }
}

/// A key of KMS as a topic or log group names it.
#[derive(Clone, Debug)]
pub(in crate::chain) struct Key {
    pub(in crate::chain) arn: String,
    pub(in crate::chain) state: Option<String>,
    pub(in crate::chain) manager: Option<String>,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, `HMAC_256` ...
    pub(in crate::chain) spec: Option<String>,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, `GENERATE_VERIFY_MAC`, `KEY_AGREEMENT`.
    pub(in crate::chain) usage: Option<String>,
    pub(in crate::chain) evidence: i64,
}

impl Facts<'_> {
    /// Accounts that got an answer about a topic, subscription or key, whose operations of SNS and KMS have names of
    /// their own, in order.
    pub(crate) fn answered_accounts(
        &self,
        operation: &str,
        about: &str,
    ) -> Result<Rc<[String]>, Error> {
        let question = [operation, about].map(str::to_owned);
        self.kept.tellers.get(question, |[operation, about]| {
            let accounts: Vec<String> = self.list(
                "select distinct account from chain_teller where operation = ?1 and subject = ?2 order by account",
                (operation, about),
                |row| row.get(0),
            )?;
            Ok(accounts.into())
        })
    }

    /// A topic as an account was told.
    pub(in crate::chain) fn topic(
        &self,
        account: &str,
        arn: &str,
    ) -> Result<Option<Rc<Topic>>, Error> {
        let kept = self.rows(account);
        kept.topics.get(arn.to_owned(), |arn| {
            let found = self.optional(
                "select policy, kms_master_key_id, owner, fifo, subscriptions_confirmed, \
                 subscriptions_pending, evidence_id from topic where account = ?1 and topic_arn = ?2",
                (account, arn),
                |row| {
                    Ok(Topic {
                        policy: get(row, "policy")?,
                        kms_master_key_id: get(row, "kms_master_key_id")?,
                        owner: get(row, "owner")?,
                        fifo: get(row, "fifo")?,
                        subscriptions_confirmed: get(row, "subscriptions_confirmed")?,
                        subscriptions_pending: get(row, "subscriptions_pending")?,
                        evidence: get(row, "evidence_id")?,
                    })
                },
            )?;
            Ok(found.map(Rc::new))
        })
    }

    /// Subscriptions of a topic as an account was told.
    pub(in crate::chain) fn subscriptions(
        &self,
        account: &str,
        topic: &str,
    ) -> Result<Rc<[SubscriptionRow]>, Error> {
        let kept = self.rows(account);
        kept.subscriptions.get(topic.to_owned(), |topic| {
            let rows = self.list(
                "select protocol, endpoint, subscription_arn, owner, evidence_id from subscription \
                 where account = ?1 and topic_arn = ?2 order by protocol, endpoint, subscription_arn",
                (account, topic),
                |row| {
                    Ok(SubscriptionRow {
                        protocol: get(row, "protocol")?,
                        endpoint: get(row, "endpoint")?,
                        arn: get(row, "subscription_arn")?,
                        owner: get(row, "owner")?,
                        evidence: get(row, "evidence_id")?,
                    })
                },
            )?;
            Ok(rows.into())
        })
    }

    /// ARNs of the subscriptions of a topic, whichever account listed them.
    pub(crate) fn subscription_arns(&self, topic: &str) -> Result<Vec<String>, Error> {
        self.list(
            "select subscription_arn from chain_listed where topic_arn = ?1 order by subscription_arn",
            [topic],
            |row| row.get(0),
        )
    }

    /// Attributes of a subscription as an account was told.
    pub(in crate::chain) fn subscription_attributes(
        &self,
        account: &str,
        subscription: &str,
    ) -> Result<Option<Rc<SubscriptionAttributes>>, Error> {
        let kept = self.rows(account);
        kept.attributes
            .get(subscription.to_owned(), |subscription| {
                let found = self.optional(
                    "select filter_policy, filter_policy_scope, pending_confirmation, \
                 confirmation_was_authenticated, redrive_policy, evidence_id \
                 from subscription_attributes where account = ?1 and subscription_arn = ?2",
                    (account, subscription),
                    |row| {
                        Ok(SubscriptionAttributes {
                            filter_policy: get(row, "filter_policy")?,
                            filter_policy_scope: get(row, "filter_policy_scope")?,
                            pending_confirmation: get(row, "pending_confirmation")?,
                            confirmation_was_authenticated: get(
                                row,
                                "confirmation_was_authenticated",
                            )?,
                            redrive_policy: get(row, "redrive_policy")?,
                            evidence: get(row, "evidence_id")?,
                        })
                    },
                )?;
                Ok(found.map(Rc::new))
            })
    }

    /// A key, as an account was told.
    pub(in crate::chain) fn key(
        &self,
        account: &str,
        region: &str,
        key: &str,
    ) -> Result<Option<Key>, Error> {
        self.optional(
            "select key_arn, key_state, key_manager, key_spec, key_usage, evidence_id from kms_key \
             where account = ?1 and region = ?2 and (key_id = ?3 or key_arn = ?3) order by key_id limit 1",
            (account, region, key),
            |row| {
                Ok(Key {
                    arn: get(row, "key_arn")?,
                    state: get(row, "key_state")?,
                    manager: get(row, "key_manager")?,
                    spec: get(row, "key_spec")?,
                    usage: get(row, "key_usage")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// The policy of a key, with its evidence row.
    pub(in crate::chain) fn key_policy(
        &self,
        account: &str,
        region: &str,
        id: &str,
        arn: &str,
    ) -> Result<Option<(String, i64)>, Error> {
        self.optional(
            "select policy, evidence_id from kms_key_policy \
             where account = ?1 and region = ?2 and key_id in (?3, ?4) order by key_id limit 1",
            (account, region, id, arn),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }
}
