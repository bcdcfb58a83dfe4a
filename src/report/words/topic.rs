//! Topics, their policies and keys in words.

use crate::aws::policy::{Doubt, NearMiss, Part, Refusal, Sent, Statement};
use crate::chain::cause::TopicCause;

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
                name(statement)
            )
        }
        TopicCause::PublishRefused { refusal } => format!(
            "its policy does not let CloudWatch publish: {}",
            refused(refusal)
        ),
        TopicCause::PublishOpen {
            doubt,
            action_succeeded_at,
        } => since(
            format!(
                "whether its policy lets CloudWatch publish is not decided: {}",
                doubted(doubt)
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
        } => {
            let kind = [key_spec.as_deref(), key_usage.as_deref()];
            let kind: Vec<&str> = kind.into_iter().flatten().collect();
            format!(
                "its key is none for symmetric encryption ({}), and SNS takes no other",
                kind.join(", ")
            )
        }
        TopicCause::KeyAllowed { statement } => format!(
            "statement {} of the key's policy lets CloudWatch encrypt for it",
            name(statement)
        ),
        TopicCause::KeyRefused { refusal } => format!(
            "the key's policy does not let CloudWatch encrypt for it: {}",
            refused(refusal)
        ),
        TopicCause::KeyOpen {
            doubt,
            action_succeeded_at,
        } => since(
            format!(
                "whether the key's policy lets CloudWatch encrypt for it is not decided: {}",
                doubted(doubt)
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

/// The statement by its `Sid`, or as the second of its policy.
fn name(statement: &Statement) -> String {
    match &statement.sid {
        Some(sid) => format!("`{sid}`"),
        None => format!("number {}", statement.position),
    }
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Deny {
            action,
            statement,
            conditions,
        } => {
            let text = format!("statement {} denies {action}", name(statement));
            if conditions.is_empty() {
                return text;
            }
            format!(
                "{text}, since its {} holds",
                list(conditions, |part| told(part, true))
            )
        }
        Refusal::NoAllow {
            action,
            nearest: None,
        } => format!("no statement allows {action}"),
        Refusal::NoAllow {
            action,
            nearest: Some(NearMiss { statement, parts }),
        } => format!(
            "no statement allows {action}; the nearest is statement {}, but its {}",
            name(statement),
            list(parts, |part| told(part, false))
        ),
    }
}

fn doubted(doubt: &Doubt) -> String {
    match doubt {
        Doubt::NotJson => "the policy is not JSON".to_owned(),
        Doubt::NoStatements => "the policy has no statements".to_owned(),
        Doubt::NotAStatement { position } => {
            format!("statement number {position} is not an object")
        }
        Doubt::NoEffect { statement } => {
            format!("statement {} has no effect", name(statement))
        }
        Doubt::MayAllow {
            action,
            statement,
            parts,
        } => format!(
            "statement {} allows {action} if its {}",
            name(statement),
            list(parts, open)
        ),
        Doubt::MayDeny {
            action,
            statement,
            parts,
        } => format!(
            "statement {} denies {action} if its {}",
            name(statement),
            list(parts, open)
        ),
    }
}

fn list(parts: &[Part], say: impl Fn(&Part) -> String) -> String {
    let said: Vec<String> = parts.iter().map(say).collect();
    said.join(", and its ")
}

/// A part that decides, and what it meets; without a verb where the sentence has its own.
fn told(part: &Part, holds: bool) -> String {
    match part {
        Part::Element { element, value } => match element.as_str() {
            "Principal" | "NotPrincipal" => format!("{element} {value} does not fit CloudWatch"),
            _ => format!("{element} {value} does not fit"),
        },
        Part::Condition { sent, .. } => {
            let sent = match sent {
                Sent::Value { value } => format!("CloudWatch sends `{value}`"),
                Sent::Nothing => "CloudWatch sends none".to_owned(),
                Sent::NoCustomer => "CloudWatch calls from no account of yours".to_owned(),
                Sent::NotKnown => "what CloudWatch sends is not documented".to_owned(),
            };
            let verb = if holds { "" } else { " fails" };
            format!("{}{verb} ({sent})", condition(part))
        }
    }
}

/// A part in doubt.
fn open(part: &Part) -> String {
    match part {
        Part::Element { element, value } => {
            format!("{element} {value} fits CloudWatch, which is not documented")
        }
        Part::Condition { sent, .. } => {
            let why = match sent {
                Sent::NotKnown | Sent::NoCustomer => "what CloudWatch sends is not documented",
                Sent::Value { .. } | Sent::Nothing => "how it is compared is not documented",
            };
            format!("{} holds ({why})", condition(part))
        }
    }
}

/// `condition StringEquals on aws:SourceAccount for `111122223333``.
fn condition(part: &Part) -> String {
    match part {
        Part::Element { element, value } => format!("{element} {value}"),
        Part::Condition {
            operator,
            key,
            wanted,
            ..
        } => {
            let wanted: Vec<String> = wanted.iter().map(|one| format!("`{one}`")).collect();
            format!("condition {operator} on {key} for {}", wanted.join(" or "))
        }
    }
}
