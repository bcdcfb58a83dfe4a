//! Facts of CloudTrail: trails, where they show, their status and their event selectors.

use super::asks::Ask;
use super::item::{Derived, Item};
use super::sink::{About, Row, Said, Sink};
use crate::aws::arn::{self, log_group_arn};
use crate::snapshot::canonical::canonical_json;

const OPERATORS: [&str; 6] = [
    "Equals",
    "StartsWith",
    "EndsWith",
    "NotEquals",
    "NotStartsWith",
    "NotEndsWith",
];

pub(super) fn rows(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    match ask.operation.name {
        "DescribeTrails" => trails(ask, sink),
        "GetTrailStatus" => status(ask, sink),
        "GetEventSelectors" => selectors(ask, sink),
        "ListChannels" => channels(ask, sink),
        _ => Ok(()),
    }
}

fn channels(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("Channels")? {
        let row = Row::regional(ask, item)
            .with("channel_arn", item.text("ChannelArn")?)
            .with("name", item.text("Name")?);
        sink.insert("channel", row)?;
    }
    Ok(())
}

fn trails(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("trailList")? {
        let trail_arn = item.text("TrailARN")?;
        let home_region = item.text("HomeRegion")?;
        let log_group = item.optional_text("CloudWatchLogsLogGroupArn")?;
        let is_multi_region = item.boolean("IsMultiRegionTrail")?.unwrap_or(false);
        let said = |about, what| Said {
            about,
            subject: trail_arn.to_owned(),
            what,
            evidence_id: item.evidence_id,
            why: "Regions tell of the trail differently",
        };
        let regions = format!("{home_region} {is_multi_region}");
        sink.said(ask, said(About::Trail, regions));
        // A shadow that does not speak of the log group contradicts nothing.
        if let Some(group) = log_group.filter(|group| !group.is_empty()) {
            sink.said(ask, said(About::TrailLogGroup, group.to_owned()));
        }
        if arn::region(trail_arn).is_some_and(|region| region != home_region) {
            return Err(item.wrong("HomeRegion", "the Region of `TrailARN`"));
        }
        let row = Row::new(ask, item.evidence_id)
            .with("trail_arn", trail_arn)
            .with("name", item.text("Name")?)
            .with("home_region", home_region)
            .with("is_multi_region", is_multi_region)
            .with(
                "is_organization",
                item.boolean("IsOrganizationTrail")?.unwrap_or(false),
            )
            .with(
                "include_global_service_events",
                item.boolean("IncludeGlobalServiceEvents")?,
            )
            .with(
                "log_group_arn",
                log_group.filter(|arn| !arn.is_empty()).map(log_group_arn),
            )
            .with("role_arn", item.optional_text("CloudWatchLogsRoleArn")?)
            .with("kms_key_id", item.optional_text("KmsKeyId")?)
            .with("s3_bucket_name", item.optional_text("S3BucketName")?)
            .with("s3_key_prefix", item.optional_text("S3KeyPrefix")?)
            .with(
                "log_file_validation_enabled",
                item.boolean("LogFileValidationEnabled")?,
            )
            .with(
                "has_custom_event_selectors",
                item.boolean("HasCustomEventSelectors")?,
            )
            .with(
                "has_insight_selectors",
                item.boolean("HasInsightSelectors")?,
            );
        // Shadows in other regions repeat the trail; what the home region says is first-hand.
        if ask.region == home_region {
            sink.forget_trail(&ask.account, trail_arn)?;
        }
        sink.insert("trail", row)?;
        sink.insert(
            "trail_region",
            Row::regional(ask, item).with("trail_arn", trail_arn),
        )?;
    }
    Ok(())
}

fn status(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for page in &ask.pages {
        let item = page.item()?;
        let is_logging = item.boolean("IsLogging")?;
        let row = || Row::regional(ask, item).with("trail_arn", ask.subject());
        let status = row()
            .with("is_logging", is_logging)
            .with(
                "log_delivery_error",
                item.optional_text("LatestCloudWatchLogsDeliveryError")?,
            )
            .with(
                "s3_delivery_error",
                item.optional_text("LatestDeliveryError")?,
            )
            .with(
                "digest_delivery_error",
                item.optional_text("LatestDigestDeliveryError")?,
            )
            .with("start_logging_time", item.time("StartLoggingTime")?)
            .with("stop_logging_time", item.optional_text("StopLoggingTime")?);
        let delivery = row()
            .with(
                "log_delivery_time",
                item.time("LatestCloudWatchLogsDeliveryTime")?,
            )
            .with("s3_delivery_time", item.time("LatestDeliveryTime")?)
            .with(
                "digest_delivery_time",
                item.optional_text("LatestDigestDeliveryTime")?,
            );
        // Both are read first: of an answer that is not understood nothing counts.
        sink.insert("trail_status", status)?;
        sink.insert("trail_delivery", delivery)?;
    }
    Ok(())
}

fn selectors(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for page in &ask.pages {
        let response = page.item()?;
        let trail = response.optional_text("TrailARN")?.unwrap_or(ask.subject());
        for (position, item) in response.list("EventSelectors")?.into_iter().enumerate() {
            let row = Row::new(ask, item.evidence_id)
                .with("trail_arn", trail)
                .with("position", position)
                // Both default to the widest, says the service model.
                .with(
                    "read_write_type",
                    item.optional_text("ReadWriteType")?.unwrap_or("All"),
                )
                .with(
                    "include_management_events",
                    item.boolean("IncludeManagementEvents")?.unwrap_or(true),
                )
                .with(
                    "exclude_management_event_sources",
                    item.json_array("ExcludeManagementEventSources")?,
                )
                .with("data_resources", item.json_array("DataResources")?);
            sink.insert("event_selector", row)?;
        }
        let advanced = response.list("AdvancedEventSelectors")?;
        for (position, item) in advanced.into_iter().enumerate() {
            let row = Row::new(ask, item.evidence_id)
                .with("trail_arn", trail)
                .with("position", position)
                .with("name", item.optional_text("Name")?);
            if sink.insert("advanced_event_selector", row)? {
                fields(ask, sink, trail, position, item)?;
            }
        }
    }
    Ok(())
}

fn fields(
    ask: &Ask,
    sink: &Sink<'_>,
    trail: &str,
    position: usize,
    selector: Item<'_>,
) -> Derived<()> {
    for (field_position, item) in selector.list("FieldSelectors")?.into_iter().enumerate() {
        let field = item.text("Field")?;
        for operator in OPERATORS {
            let operands = item.texts(operator)?;
            if operands.is_empty() {
                continue;
            }
            let row = Row::new(ask, item.evidence_id)
                .with("trail_arn", trail)
                .with("position", position)
                .with("field_position", field_position)
                .with("field", field)
                .with("operator", operator)
                .with("operands", canonical_json(&operands.into()));
            sink.insert("advanced_event_selector_field", row)?;
        }
    }
    Ok(())
}
