//! What is said of other monitoring that is seen beside the chain.

use serde::Serialize;

use super::Unanswered;

/// What other monitoring was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum OtherMonitoringCause {
    /// An EventBridge rule on CloudTrail events or on changes of alarm states.
    EventRule {
        /// Its Region.
        region: String,
        /// Whether it is on alarm states; otherwise on CloudTrail events.
        on_alarm_states: bool,
        /// The services of its targets.
        targets: Vec<String>,
        /// Why its targets are not known, where they are not.
        #[serde(skip_serializing_if = "Option::is_none")]
        unknown: Option<Box<Unanswered>>,
    },
    /// A log alarm queries the trail's log group.
    LogAlarm,
    /// A subscription filter sends records on.
    SubscriptionFilter {
        /// Its name.
        filter: String,
        /// The service of its destination.
        destination: String,
    },
    /// A subscription filter policy of the account sends records on.
    SubscriptionFilterPolicy {
        /// Its name.
        policy: String,
        /// Its selection criteria; none for every log group.
        selection_criteria: Option<String>,
    },
}
