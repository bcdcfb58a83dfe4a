//! What the audit steps found, as data: a stable code with its values. `report` makes the sentences.
//!
//! A code that `chain::cause` has too means the same here; the values are what a person who follows the steps has at hand,
//! which is names, and nothing that is worked out.

use serde::Serialize;

use crate::chain::cause::Outcome;

/// Why the audit steps have their answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum StepCause {
    /// There is nothing to follow.
    NothingToFollow(NothingToFollow),
    /// Every step is satisfied.
    Satisfied(Satisfied),
    /// A question that a step asks is open, or what is asked about does not exist.
    NoValue(NoValue),
    /// A trail is not as a step asks.
    Trail(TrailLack),
    /// The event selectors of a trail are not.
    EventSelectors(SelectorLack),
    /// What comes after the trail is not.
    Chain(ChainLack),
}

/// Why there is nothing to follow, or no text to compare filters with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum NothingToFollow {
    /// The benchmark does not list the control.
    ControlNotListed {
        /// Id of the benchmark.
        benchmark: String,
    },
    /// The benchmark publishes no audit steps.
    NoStepsPublished {
        /// Id of the benchmark.
        benchmark: String,
    },
    /// The benchmark prints no filter text for the control.
    NoFilterTextPrinted {
        /// Id of the benchmark.
        benchmark: String,
    },
    /// The benchmark publishes steps, but none for the control.
    NoStepsForControl {
        /// Id of the benchmark.
        benchmark: String,
    },
}

/// What satisfies every step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Satisfied {
    /// This comes through every step.
    ChainFound(FoundChain),
    /// Every trail is as the steps ask.
    EveryTrailAsAsked,
}

/// Why what a step looks at is not there to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum NoValue {
    /// A question that the step asks has no answer.
    Unanswered(OpenQuestion),
    /// A question was answered, and the answer has no value.
    AnsweredWithoutValue {
        /// The API operation.
        operation: &'static str,
        /// What was asked about.
        about: String,
    },
    /// AWS says that there is no such thing.
    DoesNotExist {
        /// The API operation.
        operation: &'static str,
        /// What was asked about.
        about: String,
        /// AWS error code.
        error: String,
    },
    /// Steps in an order that makes no sense: those before name nothing to look at.
    NothingNoted,
}

/// What trails lack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum TrailLack {
    /// DescribeTrails lists no trail.
    NoTrail,
    /// No trail has `IsMultiRegionTrail` true.
    NoMultiRegionTrail {
        /// So many are listed.
        trails: usize,
    },
    /// A trail has no `CloudWatchLogsLogGroupArn`.
    TrailHasNoLogGroup {
        /// Name of the trail.
        trail: String,
    },
    /// GetTrailStatus says `IsLogging` false.
    TrailNotLogging {
        /// Name of the trail.
        trail: String,
    },
    /// A trail has `LogFileValidationEnabled` false.
    NoLogFileValidation {
        /// Name of the trail.
        trail: String,
    },
    /// A trail has no `KmsKeyId`.
    NoTrailKey {
        /// Name of the trail.
        trail: String,
    },
    /// A trail has no `LatestCloudWatchLogsDeliveryTime` of the last day.
    NoRecentDelivery {
        /// Name of the trail.
        trail: String,
    },
}

/// What the event selectors of a trail lack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum SelectorLack {
    /// A trail has no event selector.
    NoEventSelector {
        /// Name of the trail.
        trail: String,
    },
    /// A trail has advanced event selectors alone, which the step does not know.
    AdvancedEventSelectorsAlone {
        /// Name of the trail.
        trail: String,
        /// How many.
        selectors: usize,
    },
    /// No basic event selector has `IncludeManagementEvents` true and `ReadWriteType` `All`.
    NoBasicSelectorOfAllEvents {
        /// Name of the trail.
        trail: String,
        /// So many basic ones there are.
        selectors: usize,
    },
    /// No advanced event selector has `eventCategory` `Equals` `Management` and no field `readOnly`.
    NoAdvancedSelectorOfAllEvents {
        /// Name of the trail.
        trail: String,
    },
    /// No data resource is of type `AWS::S3::Object` with the value `arn:aws:s3`.
    NoDataResourceOfAllBuckets {
        /// Name of the trail.
        trail: String,
    },
    /// No event selector has a data resource.
    NoDataResource {
        /// Name of the trail.
        trail: String,
    },
}

/// What filters, alarms and topics lack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ChainLack {
    /// A log group has no metric filter.
    LogGroupHasNoFilter {
        /// Name of the log group.
        log_group: String,
    },
    /// No metric filter has a `filterPattern` that the benchmark prints.
    NoFilterWithPrintedText {
        /// Name of the log group.
        log_group: String,
        /// So many filters it has.
        filters: usize,
    },
    /// No metric alarm has the `MetricName` that the steps noted.
    NoAlarmOnMetric {
        /// The Region looked at, which is the filter's.
        region: String,
        /// The names noted.
        metric_names: Vec<String>,
    },
    /// `AlarmActions` is empty.
    NoAlarmAction {
        /// Name of the alarm.
        alarm: String,
    },
    /// `AlarmActions` names no topic.
    NoTopicAmongActions {
        /// Name of the alarm.
        alarm: String,
    },
    /// A topic has no subscription.
    TopicHasNoSubscription {
        /// ARN of the topic.
        topic: String,
    },
    /// No `SubscriptionArn` of a topic is an ARN.
    NoSubscriptionArn {
        /// ARN of the topic.
        topic: String,
        /// What the first one is instead, such as `PendingConfirmation`.
        instead: String,
    },
}

/// A chain that comes through every step, by what the steps note of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FoundChain {
    /// Name of the trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trail: Option<String>,
    /// Name of the metric filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Name of the alarm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
    /// ARN of the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// ARN of the subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
}

/// A question that a step asks, without an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenQuestion {
    /// The API operation.
    pub operation: &'static str,
    /// The account asked.
    pub account: String,
    /// The Region, where the step looks at one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What was asked about; empty for everything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// What came of it.
    pub outcome: Outcome,
    /// The account of the log group asked about, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_owner: Option<String>,
}

macro_rules! causes {
    ($($variant:ident $cause:ty;)*) => {
        $(impl From<$cause> for StepCause {
            fn from(cause: $cause) -> Self {
                Self::$variant(cause)
            }
        })*
    };
}

causes! {
    NothingToFollow NothingToFollow;
    Satisfied Satisfied;
    NoValue NoValue;
    Trail TrailLack;
    EventSelectors SelectorLack;
    Chain ChainLack;
}

impl From<OpenQuestion> for StepCause {
    fn from(question: OpenQuestion) -> Self {
        Self::NoValue(NoValue::Unanswered(question))
    }
}
