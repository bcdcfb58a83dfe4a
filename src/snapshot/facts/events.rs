//! Facts of EventBridge: buses, rules and their targets, another way to hear of events.

use super::asks::Ask;
use super::item::{Derived, Item};
use super::sink::{Row, Sink};
use crate::aws::arn;
use crate::snapshot::canonical::canonical_json;

/// The bus that is meant where none is named.
const DEFAULT_BUS: &str = "default";

pub(super) fn rows(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    match ask.operation.name {
        "ListEventBuses" => {
            for item in ask.list("EventBuses")? {
                bus(ask, sink, item)?;
            }
            Ok(())
        }
        "DescribeEventBus" => {
            for page in &ask.pages {
                bus(ask, sink, page.item()?)?;
            }
            Ok(())
        }
        "ListRules" => rules(ask, sink),
        "ListTargetsByRule" => targets(ask, sink),
        _ => Ok(()),
    }
}

/// What DescribeEventBus says comes first, and says more.
fn bus(ask: &Ask, sink: &Sink<'_>, item: Item<'_>) -> Derived<()> {
    let row = Row::regional(ask, item)
        .with("bus_arn", item.text("Arn")?)
        .with("name", item.text("Name")?)
        .with("policy", item.optional_text("Policy")?)
        .with(
            "kms_key_identifier",
            item.optional_text("KmsKeyIdentifier")?,
        );
    sink.insert("event_bus", row)?;
    Ok(())
}

fn rules(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("Rules")? {
        let bus = item.optional_text("EventBusName")?.map(bus_name);
        let row = Row::regional(ask, item)
            .with("rule_arn", item.text("Arn")?)
            .with("event_bus_name", bus.unwrap_or(asked_bus(ask)))
            .with("name", item.text("Name")?)
            .with("state", item.optional_text("State")?)
            .with("event_pattern", item.optional_text("EventPattern")?)
            .with(
                "schedule_expression",
                item.optional_text("ScheduleExpression")?,
            )
            .with("role_arn", item.optional_text("RoleArn")?)
            .with("managed_by", item.optional_text("ManagedBy")?);
        sink.insert("event_rule", row)?;
    }
    Ok(())
}

fn targets(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    let rule = ask.request.get("Rule").and_then(|rule| rule.as_str());
    for item in ask.list("Targets")? {
        let row = Row::regional(ask, item)
            .with("event_bus_name", asked_bus(ask))
            .with("rule_name", rule.unwrap_or_default())
            .with("target_id", item.text("Id")?)
            .with("target_arn", item.text("Arn")?)
            .with("role_arn", item.optional_text("RoleArn")?)
            .with("input", item.optional_text("Input")?)
            .with("input_path", item.optional_text("InputPath")?)
            .with(
                "input_transformer",
                item.get("InputTransformer").map(canonical_json),
            );
        sink.insert("event_target", row)?;
    }
    Ok(())
}

/// The name of the bus that was asked about.
fn asked_bus(ask: &Ask) -> &str {
    let named = ask.request.get("EventBusName").and_then(|bus| bus.as_str());
    named.map_or(DEFAULT_BUS, bus_name)
}

/// The name of a bus that is given by name or by ARN.
fn bus_name(text: &str) -> &str {
    arn::bus_name(text).unwrap_or(text)
}
