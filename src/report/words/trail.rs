//! Trails in words.

use crate::chain::cause::TrailCause;

use super::span;

/// The cause as a sentence.
pub(super) fn sentence(cause: &TrailCause) -> String {
    match cause {
        TrailCause::TrailLogging => "it is logging".to_owned(),
        TrailCause::TrailNotLogging => "it is not logging: nothing is recorded".to_owned(),
        TrailCause::RecordsByChannel { service } => format!(
            "it has no trail that logs; {service} records through a channel of its own, and no call shows the log group"
        ),
        TrailCause::RecordsByTelemetryRule { rule } => format!(
            "it has no trail that logs; the telemetry rule `{rule}` has CloudTrail's events recorded without one, and what reads its log \
             group is not known"
        ),
        TrailCause::AccountHasNoTrail => {
            "it has no trail: nothing is recorded".to_owned()
        }
        TrailCause::NoTrailRecords => "no trail records this event".to_owned(),
        TrailCause::TrailHasNoLogGroup => "it has no log group".to_owned(),
        TrailCause::TrailHasLogGroup => "it has a log group".to_owned(),
        TrailCause::TrailHasNoRole => "it has no role to write to its log group".to_owned(),
        TrailCause::BucketDeliveryFails { error } => format!(
            "delivery to the bucket fails, which delivery to the log group does not need: {error}"
        ),
        TrailCause::DeliveryFails {
            error,
            succeeded_seconds_ago,
        } => match succeeded_seconds_ago {
            Some(seconds) => format!(
                "the latest delivery to the log group failed; one succeeded {} before the snapshot: {error}",
                span((*seconds).max(0))
            ),
            None => format!(
                "delivery to the log group fails, and none is on record that succeeded: {error}"
            ),
        },
        TrailCause::Delivered { seconds_ago } => format!(
            "delivered to the log group {} before the snapshot",
            span(*seconds_ago)
        ),
        TrailCause::DeliveryStale {
            seconds,
            ever: true,
        } => format!(
            "the latest delivery to the log group was {} before the snapshot",
            span(*seconds)
        ),
        TrailCause::DeliveryStale {
            seconds,
            ever: false,
        } => format!(
            "no delivery to the log group is on record since logging started {} before",
            span(*seconds)
        ),
        TrailCause::DeliveryStopped {
            log_group,
            bucket,
            error,
        } => {
            let error = error.as_ref().map_or(String::new(), |it| format!(": {it}"));
            match log_group {
                Some(time) => format!(
                    "delivery to the log group has stopped: the latest was at {time}, the bucket got one at {bucket}{error}"
                ),
                None => format!(
                    "nothing was ever delivered to the log group, while the bucket got a delivery at {bucket}{error}"
                ),
            }
        }
        TrailCause::NotListedAtHome { region } => format!(
            "its home Region {region} does not list it, though another Region does: the answers contradict each other"
        ),
        TrailCause::HomeRegionDisabled { region } => format!(
            "its home Region {region} is disabled in the account; what it records then is not documented"
        ),
        TrailCause::NoDeliveryOnRecord => "no delivery to the log group is on record".to_owned(),
        TrailCause::EveryRegion => "it records every Region".to_owned(),
        TrailCause::OneRegion { region } => format!("it records {region} alone"),
        TrailCause::GlobalRegionElsewhere {
            region,
            global_region,
        } => format!(
            "it records {region} alone; events of global services are recorded in {global_region}"
        ),
        TrailCause::GlobalEventsExcluded => {
            "it leaves out events of global services such as IAM".to_owned()
        }
        TrailCause::OwnerInSnapshot { account } => {
            format!("account {account}, which the trail runs through, is in the snapshot")
        }
        TrailCause::OwnerNotInSnapshot { account } => {
            format!("the trail runs through account {account}, which is not in the snapshot")
        }
        TrailCause::MemberStreamsNotShown => {
            "whether the trail's role may write the log streams of member accounts is not in the snapshot"
                .to_owned()
        }
        TrailCause::OrganizationsEventsElsewhere {
            organization,
            management_account,
        } => format!(
            "most Organizations events of {organization} occur in its management account {management_account}, not in this member"
        ),
    }
}
