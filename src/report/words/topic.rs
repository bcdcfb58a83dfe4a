//! Topics, their policies and keys in words.

use crate::chain::cause::TopicCause;

use super::policy;

/// Who publishes to a topic and uses its key.
const CLOUDWATCH: &str = "CloudWatch";

/// The cause as a sentence.
pub(super) fn sentence(cause: &TopicCause) -> String {
    match cause {
        TopicCause::TopicElsewhere {
            topic_region,
            alarm_region,
        } => format!("it is in {topic_region}, and the alarm in {alarm_region}"),
        TopicCause::TopicExists => "it exists".to_owned(),
        TopicCause::TopicMissing => "it does not exist".to_owned(),
        TopicCause::PublishAllowed { statement } => {
            format!(
                "statement {} of its policy lets CloudWatch publish",
                policy::name(statement)
            )
        }
        TopicCause::PublishRefused { refusal } => format!(
            "its policy does not let CloudWatch publish: {}",
            policy::refused(refusal, CLOUDWATCH)
        ),
        TopicCause::PublishOpen {
            doubt,
            action_succeeded_at,
        } => since(
            format!(
                "whether its policy lets CloudWatch publish is not decided: {}",
                policy::doubted(doubt, CLOUDWATCH)
            ),
            action_succeeded_at.as_deref(),
        ),
        TopicCause::TopicPolicyNotShown {
            action_succeeded_at,
        } => since(
            "sns:GetTopicAttributes shows no policy of it".to_owned(),
            action_succeeded_at.as_deref(),
        ),
        TopicCause::ManagedKey => {
            "it is encrypted with the AWS managed key, which CloudWatch may not use".to_owned()
        }
        TopicCause::KeyMissing { key } => {
            format!("the key `{key}` that encrypts it does not exist")
        }
        TopicCause::KeyNotUsable { key_state } => {
            format!("the key that encrypts it is {key_state}, and nobody can use it")
        }
        TopicCause::KeyCannotEncrypt {
            key_spec,
            key_usage,
        } => policy::cannot_encrypt(key_spec.as_deref(), key_usage.as_deref(), "SNS"),
        TopicCause::KeyAllowed { statement } => format!(
            "statement {} of the key's policy lets CloudWatch encrypt for it",
            policy::name(statement)
        ),
        TopicCause::KeyRefused { refusal } => format!(
            "the key's policy does not let CloudWatch encrypt for it: {}",
            policy::refused(refusal, CLOUDWATCH)
        ),
        TopicCause::KeyOpen {
            doubt,
            action_succeeded_at,
        } => since(
            format!(
                "whether the key's policy lets CloudWatch encrypt for it is not decided: {}",
                policy::doubted(doubt, CLOUDWATCH)
            ),
            action_succeeded_at.as_deref(),
        ),
        TopicCause::FifoTopic => {
            "a FIFO topic delivers to queues alone, not to e-mail, SMS or HTTPS endpoints"
                .to_owned()
        }
        TopicCause::ActionSucceeded { at } => {
            format!("the latest action on record succeeded at {at}")
        }
        TopicCause::ActionFails { at, summary } => {
            format!(
                "the latest action on record failed at {at}: {}",
                short(summary)
            )
        }
        TopicCause::ActionFailedOnce { at, summary } => format!(
            "the latest action on record failed at {at}, which nothing that is configured now explains: {}",
            short(summary)
        ),
    }
}

fn since(text: String, succeeded: Option<&str>) -> String {
    match succeeded {
        Some(time) => format!("{text}; but the action succeeded at {time}"),
        None => text,
    }
}

/// A text of AWS without its final period.
fn short(summary: &str) -> &str {
    summary.trim_end_matches('.')
}
