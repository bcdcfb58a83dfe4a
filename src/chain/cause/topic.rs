//! What is said of a topic: whether it exists, and whether CloudWatch may publish to it and use its key.

use serde::Serialize;

use crate::aws::policy::{PolicyDoubt, Refusal, Statement};

/// Why a link about a topic has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum TopicCause {
    /// The topic is in another Region than the alarm.
    TopicElsewhere {
        /// The topic's Region.
        topic_region: String,
        /// The alarm's Region.
        alarm_region: String,
    },
    /// It exists.
    TopicExists,
    /// It does not exist.
    TopicMissing,
    /// Its policy lets CloudWatch publish.
    PublishAllowed {
        /// The statement that allows it.
        statement: Statement,
    },
    /// Its policy does not let CloudWatch publish.
    PublishRefused {
        /// Which statement and part of it decides.
        refusal: Refusal,
    },
    /// Whether its policy lets CloudWatch publish cannot be told.
    PublishOpen {
        /// Why not.
        doubt: PolicyDoubt,
        /// When the action succeeded, which shows that all was in order then.
        #[serde(skip_serializing_if = "Option::is_none")]
        action_succeeded_at: Option<String>,
    },
    /// AWS showed no policy of the topic.
    TopicPolicyNotShown {
        /// When the action succeeded, which shows that all was in order then.
        #[serde(skip_serializing_if = "Option::is_none")]
        action_succeeded_at: Option<String>,
    },
    /// It is encrypted with the AWS managed key, which CloudWatch may not use.
    ManagedKey,
    /// The key that it names does not exist.
    KeyMissing {
        /// KmsMasterKeyId.
        key: String,
    },
    /// The state of its key lets nobody use it.
    KeyNotUsable {
        /// KeyState.
        key_state: String,
    },
    /// Its key is no symmetric key for encryption.
    KeyCannotEncrypt {
        /// KeySpec.
        #[serde(skip_serializing_if = "Option::is_none")]
        key_spec: Option<String>,
        /// KeyUsage.
        #[serde(skip_serializing_if = "Option::is_none")]
        key_usage: Option<String>,
    },
    /// The key's policy lets CloudWatch encrypt.
    KeyAllowed {
        /// The statement that allows it.
        statement: Statement,
    },
    /// The key's policy does not let CloudWatch encrypt.
    KeyRefused {
        /// Which statement and part of it decides.
        refusal: Refusal,
    },
    /// Whether the key's policy lets CloudWatch encrypt cannot be told.
    KeyOpen {
        /// Why not.
        doubt: PolicyDoubt,
        /// When the action succeeded, which shows that all was in order then.
        #[serde(skip_serializing_if = "Option::is_none")]
        action_succeeded_at: Option<String>,
    },
    /// A FIFO topic delivers to queues alone.
    FifoTopic,
    /// The latest action on record succeeded.
    ActionSucceeded {
        /// When.
        at: String,
    },
    /// The latest action on record failed, and what is configured now explains it.
    ActionFails {
        /// When.
        at: String,
        /// HistorySummary.
        summary: String,
    },
    /// The latest action on record failed, and nothing that is configured now explains it.
    ActionFailedOnce {
        /// When.
        at: String,
        /// HistorySummary.
        summary: String,
    },
}

impl TopicCause {
    /// Notes that the action succeeded once, where that bears on what is not known.
    pub(in crate::chain) fn succeeded(&mut self, at: &str) {
        if let Self::PublishOpen {
            action_succeeded_at,
            ..
        }
        | Self::TopicPolicyNotShown {
            action_succeeded_at,
        }
        | Self::KeyOpen {
            action_succeeded_at,
            ..
        } = self
        {
            *action_succeeded_at = Some(at.to_owned());
        }
    }
}
