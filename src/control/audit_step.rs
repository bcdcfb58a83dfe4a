//! The steps of a benchmark's audit procedure, and what following them comes to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step of a benchmark's audit procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditStep {
    /// Its place in the benchmark's list: `1a`.
    pub number: String,
    /// What is looked at.
    pub kind: StepKind,
    /// What the step asks, in our own words.
    pub asks: String,
    /// The controls whose audit has the step; empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// The controls whose audit lacks the step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// What an audit step looks at. Each narrows the candidates that the steps before it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Trails with `IsMultiRegionTrail` true, seen by DescribeTrails in any region.
    MultiRegionTrail,
    /// ... that name a `CloudWatchLogsLogGroupArn`.
    TrailLogGroup,
    /// ... whose status has `IsLogging` true.
    TrailIsLogging,
    /// ... with one basic selector `IncludeManagementEvents` true and `ReadWriteType` `All`.
    BasicSelectorAll,
    /// Metric filters of the log group's name whose `filterPattern` is a text the benchmark prints.
    FilterText,
    /// Metric alarms with the `MetricName` of the filter, whatever their namespace.
    AlarmByMetricName,
    /// Metric alarms whose `MetricName` is the name of the filter itself, whatever their namespace.
    AlarmByFilterName,
    /// ... with at least one `AlarmActions` value that is an SNS topic.
    AlarmAction,
    /// A subscription of that topic whose `SubscriptionArn` is an ARN.
    SubscriptionArn,
    /// ... with an advanced selector `eventCategory` `Equals` `Management` and no field `readOnly`.
    FieldSelectorManagement,
    /// ... with a data resource of type `AWS::S3::Object` that has the value `arn:aws:s3`.
    DataResourceAllBuckets,
    /// ... of which any event selector has a data resource.
    AnyDataResource,
    /// Every trail has `LogFileValidationEnabled` true.
    EachTrailValidates,
    /// Every trail names a `CloudWatchLogsLogGroupArn`.
    EachTrailLogGroup,
    /// Every trail's `LatestCloudWatchLogsDeliveryTime` is about a day old at most.
    EachTrailDelivers,
    /// Every trail has a `KmsKeyId`.
    EachTrailKey,
    /// A trail, seen by DescribeTrails in any region.
    AnyTrail,
}

/// Whether a benchmark's own audit steps, followed word by word, would be satisfied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// One chain of trail, filter, alarm, topic and subscription satisfies every step.
    Met,
    /// Whatever is tried, some step finds nothing.
    NotMet,
    /// A question that a step asks was not answered, or there are no steps to follow.
    Unknown,
}

impl Answer {
    /// The answer as it is written in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not_met",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
