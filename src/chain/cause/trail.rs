//! What is said of a trail, and of the account that it records.

use serde::Serialize;

/// Why a link about a trail has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum TrailCause {
    /// The trail is logging.
    TrailLogging,
    /// The trail is not logging.
    TrailNotLogging,
    /// Every Region answered, and none showed a trail.
    AccountHasNoTrail,
    /// No trail of the account logs, and a service records through a channel of its own, to a log group that no call shows.
    RecordsByChannel {
        /// The service.
        service: String,
    },
    /// No trail of the account logs, and a telemetry rule of CloudWatch has CloudTrail's events recorded, to a log group that
    /// is not known.
    RecordsByTelemetryRule {
        /// The rule.
        rule: String,
    },
    /// No trail records the event.
    NoTrailRecords,
    /// The trail has no log group.
    TrailHasNoLogGroup,
    /// The trail has a log group.
    TrailHasLogGroup,
    /// The trail has no role for its log group.
    TrailHasNoRole,
    /// Delivery to the bucket fails; the log group does not need it.
    BucketDeliveryFails {
        /// LatestDeliveryError.
        error: String,
    },
    /// The latest delivery to the log group failed.
    DeliveryFails {
        /// LatestCloudWatchLogsDeliveryError.
        error: String,
        /// Seconds since one succeeded, where that is on record.
        succeeded_seconds_ago: Option<i64>,
    },
    /// The log group got something so many seconds before the snapshot.
    Delivered {
        /// Seconds.
        seconds_ago: i64,
    },
    /// The log group got nothing for a while, and neither is it known that the bucket did.
    DeliveryStale {
        /// Seconds since the latest delivery; since logging started where there was none.
        seconds: i64,
        /// Whether there ever was one.
        ever: bool,
    },
    /// The bucket went on while the log group got nothing: delivery to the log group has stopped.
    DeliveryStopped {
        /// LatestCloudWatchLogsDeliveryTime; none where there never was one.
        log_group: Option<String>,
        /// LatestDeliveryTime, of the bucket.
        bucket: String,
        /// LatestCloudWatchLogsDeliveryError, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// No delivery to the log group is on record.
    NoDeliveryOnRecord,
    /// The trail's home Region answered without it, and another Region shows it.
    NotListedAtHome {
        /// The home Region.
        region: String,
    },
    /// The trail's home Region is disabled in the account; what it records then is not documented.
    HomeRegionDisabled {
        /// The Region.
        region: String,
    },
    /// The trail records every Region.
    EveryRegion,
    /// The trail records one Region.
    OneRegion {
        /// The Region.
        region: String,
    },
    /// The trail records one Region, and events of global services are recorded in another.
    GlobalRegionElsewhere {
        /// The Region of the trail.
        region: String,
        /// The Region of global events.
        global_region: String,
    },
    /// The trail leaves out events of global services.
    GlobalEventsExcluded,
    /// The trail runs through an account that is in the snapshot.
    OwnerInSnapshot {
        /// The account.
        account: String,
    },
    /// The trail runs through an account that is not in the snapshot.
    OwnerNotInSnapshot {
        /// The account.
        account: String,
    },
    /// Whether the trail's role may write the log streams of member accounts is not in the snapshot.
    MemberStreamsNotShown,
    /// Most Organizations events occur in the management account.
    OrganizationsEventsElsewhere {
        /// The organization.
        organization: String,
        /// Its management account.
        management_account: String,
    },
}
