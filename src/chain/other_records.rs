//! Metric filters on an alarm's metric that count records of log groups which no trail delivers to (F14): how often they match
//! is not known, and an alarm that they keep in `ALARM` makes no transition when an event comes.
//!
//! One that asks for fields of CloudTrail records alone is taken for that of a group which a trail had before: without
//! deliveries it publishes nothing, and with them no more than in the trail's own group.

use std::collections::BTreeSet;

use super::alarm_evaluation::{emission, settings};
use super::cause::SilenceCause;
use super::facts::{AlarmRow, Facts, FilterRow};
use super::log_group_id::LogGroupId;
use super::verdict::{Link, LinkId, Verdict};
use super::{Error, dimensions, metric_filter};
use crate::aws::alarm;
use crate::pattern;

/// The members of a CloudTrail record (user guide, "CloudTrail record contents").
const MEMBERS: [&str; 32] = [
    "addendum",
    "additionalEventData",
    "apiVersion",
    "awsRegion",
    "edgeDeviceDetails",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventContext",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "eventVersion",
    "insightDetails",
    "managementEvent",
    "readOnly",
    "recipientAccountId",
    "requestID",
    "requestParameters",
    "resources",
    "responseElements",
    "serviceEventDetails",
    "sessionCredentialFromConsole",
    "sharedEventID",
    "sourceIPAddress",
    "tlsDetails",
    "userAgent",
    "userIdentity",
    "vpcEndpointAccountId",
    "vpcEndpointId",
];

/// Of the other filters on a metric those that count other records than trails deliver.
pub(super) fn of<'r>(
    facts: &Facts<'_>,
    place: &LogGroupId,
    (filter, others): (&FilterRow, &[&'r FilterRow]),
) -> Result<Vec<&'r FilterRow>, Error> {
    let elsewhere = |other: &&&FilterRow| other.log_group_name != place.name;
    if !others.iter().any(|other| elsewhere(&other)) {
        return Ok(Vec::new());
    }
    let trails = facts.trails(&place.account)?;
    let is_fed = |other: &FilterRow| {
        trails
            .iter()
            .any(|trail| trail.feeds(&place.account, other))
    };
    let strangers = others.iter().filter(elsewhere).copied();
    Ok(strangers
        .filter(|other| dimensions::same_metric(filter, other))
        .filter(|other| !is_fed(other) && !asks_for_records_of_trails(&other.pattern))
        .collect())
}

fn asks_for_records_of_trails(text: &str) -> bool {
    let Ok(pattern) = pattern::parse(text) else {
        return false;
    };
    let fields = metric_filter::fields(&pattern);
    let is_member = |field: &String| {
        let first = field.split('.').next().unwrap_or_default();
        MEMBERS.contains(&first)
    };
    !fields.is_empty() && fields.iter().all(is_member)
}

/// F14, where such a filter alone may keep the alarm in `ALARM`.
pub(super) fn link(strangers: &[&FilterRow], alarm: &AlarmRow) -> Option<Link> {
    let settings = settings(alarm);
    let is_on_metric = alarm.metrics.is_none();
    // What an expression makes of them is not asked.
    let may_hold = |other: &&&FilterRow| {
        !is_on_metric || alarm::flooded(&emission(other), &[], &settings) != Some(false)
    };
    let loud: Vec<&&FilterRow> = strangers.iter().filter(may_hold).collect();
    if loud.is_empty() {
        return None;
    }
    let cause = SilenceCause::PerhapsKeptByOtherRecords {
        filters: loud.iter().map(|other| other.name.clone()).collect(),
    };
    let link = Link::new(LinkId::F14, Verdict::Unknown, alarm.subject(), cause);
    let groups = loud.iter().map(|other| other.log_group_name.as_str());
    let groups: BTreeSet<&str> = groups.collect();
    let groups: Vec<&str> = groups.into_iter().collect();
    Some(
        link.field("logGroupName", groups.join(" "))
            .evidence(loud.iter().map(|other| other.evidence)),
    )
}
