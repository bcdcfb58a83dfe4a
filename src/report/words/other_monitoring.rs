//! Other monitoring in words.

use crate::chain::cause::OtherMonitoringCause;

use super::unanswered;

/// The cause as a sentence.
pub(super) fn sentence(cause: &OtherMonitoringCause) -> String {
    match cause {
        OtherMonitoringCause::EventRule {
            region,
            on_alarm_states,
            targets,
            unknown,
        } => {
            let what = if *on_alarm_states {
                "alarm state changes"
            } else {
                "CloudTrail events"
            };
            let to = match (unknown, targets.is_empty()) {
                (Some(unknown), _) => format!(
                    "has targets that are not known: {}",
                    unanswered::sentence(unknown)
                ),
                (None, true) => "has no target".to_owned(),
                (None, false) => format!("sends to {}", targets.join(", ")),
            };
            format!("an EventBridge rule in {region} on {what} {to}")
        }
        OtherMonitoringCause::LogAlarm => "a log alarm queries the trail's log group".to_owned(),
        OtherMonitoringCause::SubscriptionFilter {
            filter,
            destination,
        } => format!("the subscription filter `{filter}` sends records to {destination}"),
        OtherMonitoringCause::SubscriptionFilterPolicy {
            policy,
            selection_criteria,
        } => format!(
            "the account's subscription filter policy `{policy}` sends records on ({})",
            selection_criteria.as_deref().unwrap_or("every log group")
        ),
    }
}
