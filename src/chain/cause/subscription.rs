//! What is said of a subscription: whether it is confirmed, what its filter policy does, and who is behind it.

use serde::Serialize;

use crate::aws::filter_policy::{FilterPolicyDoubt, Member};

/// Why a link about a subscription has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum SubscriptionCause {
    /// The topic has none.
    TopicHasNoSubscription,
    /// The topic counts no confirmed one.
    NoneConfirmed {
        /// How many wait for confirmation, where that was said.
        #[serde(skip_serializing_if = "Option::is_none")]
        pending: Option<i64>,
    },
    /// It is deleted.
    SubscriptionDeleted,
    /// It does not exist any more.
    SubscriptionMissing,
    /// It is not confirmed.
    NotConfirmed,
    /// It is confirmed.
    Confirmed,
    /// Its filter policy lets the alarm's message through.
    FilterPolicyAccepts,
    /// Its filter policy asks for a message attribute, and an alarm's message has none.
    FilterPolicyNeedsAttribute {
        /// The key that decides.
        #[serde(flatten)]
        member: Member,
    },
    /// Its filter policy drops the alarm's message.
    FilterPolicyDrops {
        /// The key that decides.
        #[serde(flatten)]
        member: Member,
    },
    /// What its filter policy does cannot be told.
    FilterPolicyOpen {
        /// Why not.
        doubt: FilterPolicyDoubt,
    },
    /// It reaches a person.
    ReachesPerson {
        /// What the person looks at.
        by: ReachedBy,
    },
    /// It reaches a machine.
    ReachesMachine {
        /// Protocol.
        protocol: String,
    },
    /// Text messages stop at the account's spending quota.
    SpendingQuota,
    /// Anyone who gets the message can unsubscribe the address.
    AnyoneCanUnsubscribe,
    /// Messages that cannot be delivered are discarded.
    UndeliverableDiscarded,
}

/// What a person looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReachedBy {
    /// An e-mail address.
    Address,
    /// A telephone.
    Telephone,
    /// A channel of a chat.
    ChatChannel,
}
