//! Questions to AWS without an answer, in words.

use std::collections::BTreeSet;

use crate::analyze::Stop;
use crate::aws::arn::short_name;
use crate::chain::Assumption;
use crate::chain::cause::{Cause, Open, Outcome, TrailCause, Unanswered};

use super::super::text::count;

/// The cause as a sentence.
pub(super) fn sentence(cause: &Unanswered) -> String {
    let outcome = outcome(&cause.outcome);
    let asked = format!(
        "{} in {} of {} {outcome}",
        cause.api, cause.region, cause.account
    );
    let text = match &cause.open {
        None => asked,
        Some(Open::Trail) => format!("{asked}: a trail may be there"),
        Some(Open::Channel) => {
            format!("{asked}: a service may record through a channel of its own")
        }
        Some(Open::TelemetryRule) => {
            format!("{asked}: a telemetry rule of CloudWatch may have the events recorded")
        }
        Some(Open::EventRule) => format!("{asked}: an EventBridge rule may be there"),
        Some(Open::CompositeAlarm) => {
            format!("{asked}: a composite alarm may act for the alarm")
        }
        Some(Open::OtherMetricFilters) => format!(
            "{} of all log groups in {} of {} {outcome}: a filter of another log group may write the same metric, and \
             its values count",
            cause.api, cause.region, cause.account
        ),
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

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered => "was answered".to_owned(),
        Outcome::Absent { error } => format!("says that it does not exist ({error})"),
        Outcome::Failed { how, error } => failed(how, error),
        Outcome::NotAsked => "was not asked".to_owned(),
    }
}

/// How a call ended that has no answer.
pub fn failed(how: &str, error: &str) -> String {
    // One of ours says no more than how it ended.
    match error == how {
        true => ended(how),
        false => format!("{} ({error})", ended(how)),
    }
}

/// The same without the error of AWS.
pub fn ended(how: &str) -> String {
    match how {
        "cut_short" => "was cut short".to_owned(),
        "other" => "failed".to_owned(),
        "unreadable" => "came back unreadable".to_owned(),
        how => format!("was {how}"),
    }
}

/// What to do for want of a permission.
pub const ALLOW: &str = "`trailproof collect --print-policy` prints what to allow";

/// What to do where AWS refused a call for want of a permission; none where another thing is wrong.
pub fn permission(how: &str, error: &str) -> Option<&'static str> {
    // The credentials, the clock or the Region are at fault, not a policy.
    const OTHERWISE: &[&str] = &[
        "InvalidClientTokenId",
        "OptIn",
        "Signature",
        "UnrecognizedClient",
    ];
    (how == "denied" && !OTHERWISE.iter().any(|other| error.starts_with(other))).then_some(ALLOW)
}

/// What to collect where evidence alone is missing; none where something else is open.
pub fn to_collect(links: &[Stop]) -> Option<String> {
    if !links.iter().all(|stop| stop.cause.is_lack_of_evidence()) {
        return None;
    }
    Some(match &links.first()?.cause {
        Cause::Trail(TrailCause::OwnerNotInSnapshot { account }) => {
            format!("collect account {account} into the same snapshot")
        }
        Cause::Unanswered(Unanswered {
            open: Some(Open::ForeignTopic { owner } | Open::FilterPolicy { owner: Some(owner) }),
            ..
        }) => format!("collect account {owner}, which owns it, into the same snapshot"),
        Cause::Unanswered(first) => {
            let same = links.iter().filter_map(|stop| match &stop.cause {
                Cause::Unanswered(asked) if asked.api == first.api => Some(asked.region.as_str()),
                _ => None,
            });
            let regions: BTreeSet<&str> = same.collect();
            let place = match regions.len() {
                0 | 1 => first.region.clone(),
                more => format!("{} and {} more Regions", first.region, more - 1),
            };
            let api = &first.api;
            match &first.outcome {
                Outcome::NotAsked => {
                    format!("collect again, `{api}` in {place} included")
                }
                Outcome::Failed { how, error } => match permission(how, error) {
                    Some(permission) => format!("allow `{api}`: {permission}; then collect again"),
                    None => format!("collect again: `{api}` {}", failed(how, error)),
                },
                Outcome::Answered | Outcome::Absent { .. } => {
                    format!("collect again: `{api}` of account {}", first.account)
                }
            }
        }
        _ => return None,
    })
}

/// One question that was asked in several places, or of several resources, without an answer.
pub fn together(causes: &[&Unanswered]) -> String {
    let Some(first) = causes.first() else {
        return String::new();
    };
    let distinct = |part: fn(&Unanswered) -> &str| {
        let parts: BTreeSet<&str> = causes.iter().map(|cause| part(cause)).collect();
        parts.into_iter().collect::<Vec<_>>()
    };
    let place = match distinct(|cause| &cause.region).as_slice() {
        [one] => (*one).to_owned(),
        several => count(several.len(), "Region"),
    };
    let mut text = format!("`{}` {} in {place}", first.api, outcome(&first.outcome));
    if let [about] = distinct(|cause| &cause.about).as_slice()
        && !about.is_empty()
    {
        text.push_str(&format!(" of `{}`", short_name(about)));
    }
    if let Outcome::Failed { how, error } = &first.outcome
        && let Some(hint) = permission(how, error)
    {
        text.push_str(&format!(": {hint}"));
    }
    match Assumption::of(&first.operation) {
        Some(assumption) => format!(
            "{text} (`--assume {}` decides without it)",
            assumption.word()
        ),
        None => text,
    }
}
