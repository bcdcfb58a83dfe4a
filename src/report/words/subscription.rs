//! Subscriptions and their filter policies in words.

use crate::aws::filter_policy::{FilterPolicyDoubt, Form, Found, Member};
use crate::chain::cause::{ReachedBy, SubscriptionCause};

/// The cause as a sentence.
pub(super) fn sentence(cause: &SubscriptionCause) -> String {
    match cause {
        SubscriptionCause::TopicHasNoSubscription => "it has no subscription".to_owned(),
        SubscriptionCause::NoneConfirmed { pending } => match pending {
            Some(pending) if *pending > 0 => {
                format!(
                    "it counts no confirmed subscription, and {pending} that wait for confirmation"
                )
            }
            _ => "it counts no confirmed subscription".to_owned(),
        },
        SubscriptionCause::SubscriptionDeleted => "it is deleted".to_owned(),
        SubscriptionCause::SubscriptionMissing => "it does not exist any more".to_owned(),
        SubscriptionCause::NotConfirmed => "it is not confirmed: nothing is delivered".to_owned(),
        SubscriptionCause::Confirmed => "it is confirmed".to_owned(),
        SubscriptionCause::FilterPolicyAccepts => {
            "its filter policy lets the alarm's message through".to_owned()
        }
        SubscriptionCause::FilterPolicyNeedsAttribute { member } => format!(
            "its filter policy asks for the message attribute `{}` ({}), and an alarm's message has none",
            member.key, member.wanted
        ),
        SubscriptionCause::FilterPolicyDrops { member } => format!(
            "its filter policy drops the alarm's message: it asks for {} in `{}`, and the message has {}",
            member.wanted,
            member.key,
            found(member)
        ),
        SubscriptionCause::FilterPolicyOpen { doubt } => {
            format!(
                "what its filter policy does is not decided: {}",
                doubted(doubt)
            )
        }
        SubscriptionCause::ReachesPerson { by } => match by {
            ReachedBy::Address => "it reaches an address that people read".to_owned(),
            ReachedBy::Telephone => "it reaches a telephone".to_owned(),
            ReachedBy::ChatChannel => "it reaches a chat channel".to_owned(),
        },
        SubscriptionCause::ReachesMachine { protocol } => format!(
            "it reaches a machine by {protocol}; whether that tells a person is not in the snapshot"
        ),
        SubscriptionCause::SpendingQuota => {
            "text messages stop at the account's spending quota".to_owned()
        }
        SubscriptionCause::AnyoneCanUnsubscribe => {
            "anyone who gets the message can unsubscribe the address without signing in".to_owned()
        }
        SubscriptionCause::UndeliverableDiscarded => {
            "messages that cannot be delivered are discarded after the retries".to_owned()
        }
    }
}

fn doubted(doubt: &FilterPolicyDoubt) -> String {
    match doubt {
        FilterPolicyDoubt::NotAnObject => "it is not a JSON object".to_owned(),
        FilterPolicyDoubt::Scope { scope } => format!("its scope `{scope}` is not known"),
        FilterPolicyDoubt::Key(member) => format!(
            "it asks for {} in `{}`, and the message has {}",
            member.wanted,
            member.key,
            found(member)
        ),
    }
}

fn found(member: &Member) -> String {
    match &member.found {
        Found::Nothing => "no such key".to_owned(),
        Found::Values { values } if values.is_empty() => "an empty list".to_owned(),
        Found::Values { values } => values.join(" or "),
        Found::Text(form) => looks(form),
        Found::Object => "an object".to_owned(),
        Found::NotKnown => "something there that is not documented".to_owned(),
    }
}

/// How a reader would recognize the text.
fn looks(form: &Form) -> String {
    match form {
        Form::Prose => "a sentence".to_owned(),
        Form::Time | Form::TimeFrom { .. } => {
            "a time such as 2022-03-04T11:38:59.002+0000".to_owned()
        }
        Form::RegionName => "the name of a Region such as EU (London)".to_owned(),
        Form::Capitals => "a word in capital letters".to_owned(),
        Form::Spelled { text } => format!("{text}, in small or capital letters"),
        Form::Any => "some text".to_owned(),
    }
}
