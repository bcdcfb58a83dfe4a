//! Facts of CloudWatch Logs: log groups, metric filters and what else acts on events on their way.

use super::asks::Ask;
use super::item::{Derived, Item};
use super::sink::{Row, Sink};
use crate::aws::arn::{Location, log_group_arn, log_group_name};

pub(super) fn rows(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    match ask.operation.name {
        "DescribeLogGroups" => log_groups(ask, sink),
        "DescribeMetricFilters" => metric_filters(ask, sink),
        "DescribeSubscriptionFilters" => subscription_filters(ask, sink),
        "DescribeAccountPolicies" => account_policies(ask, sink),
        "GetDataProtectionPolicy" => data_protection_policy(ask, sink),
        "GetTransformer" => transformer(ask, sink),
        _ => Ok(()),
    }
}

fn log_groups(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    // By pattern, AWS leaves out all but the names (delivery-chain 1.3): no ground for a fact.
    if ask.request.get("logGroupNamePattern").is_some() {
        return Ok(());
    }
    for item in ask.list("logGroups")? {
        let name = item.text("logGroupName")?;
        let arn = match item.optional_text("logGroupArn")? {
            None => item.optional_text("arn")?,
            arn => arn,
        };
        let arn = match arn {
            Some(arn) => log_group_arn(arn).to_owned(),
            None => Location::new(&ask.account, &ask.region).log_group(name),
        };
        let row = Row::regional(ask, item)
            .with("log_group_arn", arn)
            .with("name", name)
            .with("class", item.optional_text("logGroupClass")?)
            .with("kms_key_id", item.optional_text("kmsKeyId")?)
            .with(
                "data_protection_status",
                item.optional_text("dataProtectionStatus")?,
            )
            .with(
                "inherited_properties",
                item.json_array("inheritedProperties")?,
            )
            .with("retention_in_days", item.integer("retentionInDays")?)
            .with("creation_time", item.milliseconds("creationTime")?);
        sink.insert("log_group", row)?;
    }
    Ok(())
}

fn metric_filters(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("metricFilters")? {
        let group = item.optional_text("logGroupName")?.unwrap_or(ask.subject());
        let name = item.text("filterName")?;
        let row = Row::regional(ask, item)
            .with("log_group_name", group)
            .with("name", name)
            .with(
                "pattern",
                item.optional_text("filterPattern")?.unwrap_or(""),
            )
            .with(
                "apply_on_transformed_logs",
                item.boolean("applyOnTransformedLogs")?,
            )
            .with(
                "field_selection_criteria",
                item.optional_text("fieldSelectionCriteria")?,
            )
            .with(
                "emit_system_field_dimensions",
                item.json_array("emitSystemFieldDimensions")?,
            )
            .with("creation_time", item.milliseconds("creationTime")?);
        if !sink.insert("metric_filter", row)? {
            continue;
        }
        let transformations = item.list("metricTransformations")?;
        for (position, transformation) in transformations.into_iter().enumerate() {
            let row = Row::regional(ask, transformation)
                .with("log_group_name", group)
                .with("filter_name", name)
                .with("position", position)
                .with("namespace", transformation.text("metricNamespace")?)
                .with("metric_name", transformation.text("metricName")?)
                .with("metric_value", metric_value(transformation)?)
                .with("default_value", transformation.number("defaultValue")?)
                .with("unit", transformation.optional_text("unit")?)
                .with(
                    "dimensions",
                    transformation
                        .json("dimensions")
                        .unwrap_or_else(|| "{}".to_owned()),
                );
            sink.insert("metric_transformation", row)?;
        }
    }
    Ok(())
}

/// A literal number or a selector, as text.
fn metric_value(transformation: Item<'_>) -> Derived<String> {
    transformation
        .number("metricValue")?
        .ok_or_else(|| transformation.wrong("metricValue", "there"))
}

fn subscription_filters(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("subscriptionFilters")? {
        let row = Row::regional(ask, item)
            .with(
                "log_group_name",
                item.optional_text("logGroupName")?.unwrap_or(ask.subject()),
            )
            .with("name", item.text("filterName")?)
            .with(
                "pattern",
                item.optional_text("filterPattern")?.unwrap_or(""),
            )
            .with("destination_arn", item.text("destinationArn")?);
        sink.insert("subscription_filter", row)?;
    }
    Ok(())
}

fn account_policies(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("accountPolicies")? {
        let policy_type = match item.optional_text("policyType")? {
            Some(policy_type) => policy_type,
            None => ask.subject(),
        };
        let row = Row::regional(ask, item)
            .with("policy_type", policy_type)
            .with("name", item.text("policyName")?)
            .with(
                "selection_criteria",
                item.optional_text("selectionCriteria")?,
            )
            .with("document", item.document("policyDocument")?);
        sink.insert("logs_account_policy", row)?;
    }
    Ok(())
}

fn data_protection_policy(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for page in &ask.pages {
        let item = page.item()?;
        // A log group without a policy is answered without a document.
        if item.get("policyDocument").is_none() {
            continue;
        }
        let row = Row::regional(ask, item)
            .with("log_group_name", ask.subject())
            .with("document", item.document("policyDocument")?);
        sink.insert("data_protection_policy", row)?;
    }
    Ok(())
}

fn transformer(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for page in &ask.pages {
        let item = page.item()?;
        if item.array("transformerConfig")?.is_empty() {
            continue;
        }
        let group = item
            .optional_text("logGroupIdentifier")?
            .map_or(ask.subject(), log_group_name);
        let row = Row::regional(ask, item)
            .with("log_group_name", group)
            .with("config", item.json_array("transformerConfig")?);
        sink.insert("transformer", row)?;
    }
    Ok(())
}
