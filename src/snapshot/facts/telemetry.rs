//! Facts of CloudWatch's telemetry rules, which have services log without a trail or a setting of their own.

use super::asks::Ask;
use super::item::Derived;
use super::sink::{Row, Sink};

pub(super) fn rows(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("TelemetryRuleSummaries")? {
        let row = Row::regional(ask, item)
            .with("rule_arn", item.text("RuleArn")?)
            .with("name", item.optional_text("RuleName")?)
            .with("resource_type", item.optional_text("ResourceType")?)
            .with("telemetry_type", item.optional_text("TelemetryType")?);
        sink.insert("telemetry_rule", row)?;
    }
    Ok(())
}
