//! Questions to AWS without an answer, in words.

use crate::chain::Assumption;
use crate::chain::cause::{Open, Outcome, Unanswered};

/// The cause as a sentence.
pub(super) fn sentence(cause: &Unanswered) -> String {
    let outcome = match &cause.outcome {
        Outcome::Answered => "was answered".to_owned(),
        Outcome::Absent { error } => format!("says that it does not exist ({error})"),
        Outcome::Failed { how, error } => match how.as_str() {
            "cut_short" => format!("was cut short ({error})"),
            "other" => format!("failed ({error})"),
            how => format!("was {how} ({error})"),
        },
        Outcome::NotAsked => "was not asked".to_owned(),
    };
    let asked = format!(
        "{} in {} of {} {outcome}",
        cause.api, cause.region, cause.account
    );
    let text = match &cause.open {
        None => asked,
        Some(Open::Trail) => format!("{asked}: a trail may be there"),
        Some(Open::CompositeAlarm) => {
            format!("{asked}: a composite alarm may act for the alarm")
        }
        Some(Open::MuteRule { name }) => {
            format!("which alarms the mute rule `{name}` silences is unknown: {asked}")
        }
        Some(Open::ForeignTopic { owner }) => {
            format!("topic belongs to account {owner}, and {asked}")
        }
        Some(Open::FilterPolicy { owner: None }) => {
            format!("the filter policy is unknown: {asked}")
        }
        Some(Open::FilterPolicy { owner: Some(owner) }) => format!(
            "subscription belongs to account {owner}, and its filter policy is unknown: {asked}"
        ),
    };
    let text = match &cause.action_succeeded_at {
        Some(time) => format!("{text}; but the action succeeded at {time}"),
        None => text,
    };
    match Assumption::of(&cause.operation) {
        Some(assumption) => format!(
            "{text} (`--assume {}` decides without it)",
            assumption.word()
        ),
        None => text,
    }
}
