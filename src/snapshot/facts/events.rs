//! Facts of EventBridge: rules and their targets, another way to hear of events.

use super::asks::Ask;
use super::item::Outcome;
use super::sink::{Row, Sink};

pub(super) fn rows(ask: &Ask, sink: &Sink<'_>) -> Outcome<()> {
    match ask.operation.name {
        "ListRules" => rules(ask, sink),
        "ListTargetsByRule" => targets(ask, sink),
        _ => Ok(()),
    }
}

fn rules(ask: &Ask, sink: &Sink<'_>) -> Outcome<()> {
    for item in ask.list("Rules")? {
        let row = Row::regional(ask, item)
            .with("rule_arn", item.text("Arn")?)
            .with("name", item.text("Name")?)
            .with("state", item.optional_text("State")?)
            .with("event_pattern", item.optional_text("EventPattern")?);
        sink.insert("event_rule", row)?;
    }
    Ok(())
}

fn targets(ask: &Ask, sink: &Sink<'_>) -> Outcome<()> {
    for item in ask.list("Targets")? {
        let row = Row::regional(ask, item)
            .with("rule_name", ask.subject())
            .with("target_id", item.text("Id")?)
            .with("target_arn", item.text("Arn")?);
        sink.insert("event_target", row)?;
    }
    Ok(())
}
