//! What is said of a composite alarm that follows; what is wrong with its rule is [`crate::aws::composite::Fault`], what
//! its suppressor does [`crate::aws::composite::Suppression`].

use serde::Serialize;

/// Why a link about a composite alarm has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum CompositeAlarmCause {
    /// It goes into `ALARM` with the alarm below.
    FollowsAlarm,
    /// While another alarm holds it in `ALARM`, an event makes no further notification.
    MaskedByOthers {
        /// Alarms that hold it there now.
        now: Vec<String>,
    },
}
