//! Why a link has its verdict, as data: a stable code with its values. `report` makes the sentences; no code reads one.
//!
//! The causes of each station stand in a file of their own, made by the judge of that station. In output a cause is an
//! object with its `code` in snake case and its values.

mod alarm;
mod composite_alarm;
mod event_rule;
mod event_selectors;
mod log_alarm;
mod log_group;
mod metric_filter;
mod other_monitoring;
mod recording;
mod silence;
mod subscription;
mod topic;
mod trail;

use serde::Serialize;

pub use alarm::{AlarmCause, Namesake, Query};
pub use composite_alarm::CompositeAlarmCause;
pub use event_rule::{EventRuleCause, Slip};
pub use event_selectors::EventSelectorsCause;
pub use log_alarm::LogAlarmCause;
pub use log_group::{LogGroupCause, TransformerKind};
pub use metric_filter::MetricFilterCause;
pub use other_monitoring::OtherMonitoringCause;
pub use recording::RecordingCause;
pub use silence::{MuteWindow, SilenceCause};
pub use subscription::{ReachedBy, SubscriptionCause};
pub use topic::TopicCause;
pub use trail::TrailCause;

use crate::aws::alarm::Reason;
use crate::aws::composite::{Fault, Suppression};

/// Why a link has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Cause {
    /// A question to AWS has no answer that could be used.
    Unanswered(Unanswered),
    /// About a trail.
    Trail(TrailCause),
    /// About event selectors.
    EventSelectors(EventSelectorsCause),
    /// About a log group.
    LogGroup(LogGroupCause),
    /// About a metric filter.
    MetricFilter(MetricFilterCause),
    /// About an alarm.
    Alarm(AlarmCause),
    /// About a log alarm.
    LogAlarm(LogAlarmCause),
    /// About what keeps an alarm silent.
    Silence(SilenceCause),
    /// What one event does to an alarm.
    SingleEvent(Reason),
    /// About a composite alarm.
    CompositeAlarm(CompositeAlarmCause),
    /// What is wrong with the rule of a composite alarm.
    CompositeRule(Fault),
    /// What the suppressor of a composite alarm does.
    Suppression(Suppression),
    /// About an EventBridge rule, its bus or its target.
    EventRule(EventRuleCause),
    /// About a topic.
    Topic(TopicCause),
    /// About a subscription.
    Subscription(SubscriptionCause),
    /// About other monitoring.
    OtherMonitoring(OtherMonitoringCause),
    /// About what a trail keeps.
    Recording(RecordingCause),
}

/// A question to AWS without a usable answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename = "unanswered")]
pub struct Unanswered {
    /// The IAM action that grants the call, such as `logs:DescribeMetricFilters`.
    pub api: String,
    /// The API operation.
    pub operation: String,
    /// The account asked.
    pub account: String,
    /// The Region asked.
    pub region: String,
    /// What was asked about; empty for everything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What stays open for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<Open>,
    /// When the action on the topic succeeded, which shows that all was in order then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_succeeded_at: Option<String>,
}

/// What came of a question that was not answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// It was answered, and the answer does not say it.
    Answered,
    /// AWS says that the subject does not exist.
    Absent {
        /// AWS error code.
        error: String,
    },
    /// It failed.
    Failed {
        /// denied, throttled, cut_short ...
        how: String,
        /// Error code.
        error: String,
    },
    /// It was never asked.
    NotAsked,
}

/// What stays open while a question is not answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Open {
    /// A trail may be there.
    Trail,
    /// A service may record through a channel of its own.
    Channel,
    /// A telemetry rule may have the events recorded.
    TelemetryRule,
    /// A rule may be there.
    EventRule,
    /// A composite alarm may act for the alarm.
    CompositeAlarm,
    /// A metric filter of another log group may write the same metric.
    OtherMetricFilters,
    /// Which alarms a mute rule silences.
    MuteRule {
        /// The rule.
        name: String,
    },
    /// The topic belongs to another account.
    ForeignTopic {
        /// Its owner.
        owner: String,
    },
    /// The filter policy of a subscription.
    FilterPolicy {
        /// The subscription's owner, where that is another account.
        #[serde(skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
    },
}

/// Makes each typed cause a [`Cause`].
macro_rules! causes {
    ($($variant:ident $cause:ty;)*) => {
        $(impl From<$cause> for Cause {
            fn from(cause: $cause) -> Self {
                Self::$variant(cause)
            }
        })*
    };
}

causes! {
    Unanswered Unanswered;
    Trail TrailCause;
    EventSelectors EventSelectorsCause;
    LogGroup LogGroupCause;
    MetricFilter MetricFilterCause;
    OtherMonitoring OtherMonitoringCause;
    Recording RecordingCause;
    Alarm AlarmCause;
    LogAlarm LogAlarmCause;
    Silence SilenceCause;
    SingleEvent Reason;
    CompositeAlarm CompositeAlarmCause;
    CompositeRule Fault;
    Suppression Suppression;
    EventRule EventRuleCause;
    Topic TopicCause;
    Subscription SubscriptionCause;
}

impl Cause {
    /// Whether more evidence would decide it: a call without an answer, or an account that is not in the snapshot.
    pub fn is_lack_of_evidence(&self) -> bool {
        matches!(
            self,
            Self::Unanswered(_) | Self::Trail(TrailCause::OwnerNotInSnapshot { .. })
        )
    }

    /// The code in snake case, stable across versions.
    pub fn code(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        let code = value.get("code").and_then(serde_json::Value::as_str);
        code.unwrap_or_default().to_owned()
    }
}
