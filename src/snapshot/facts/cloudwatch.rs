//! Facts of CloudWatch: alarms of all three types with their actions and metrics, history and mute rules.

use super::alarm_settings::{self, Of};
use super::asks::Ask;
use super::item::{Derived, Item};
use super::sink::{Row, Sink};
use crate::aws::arn::{self, Arn};

pub(super) fn rows(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    match ask.operation.name {
        "DescribeAlarms" => alarms(ask, sink),
        "DescribeAlarmHistory" => history(ask, sink),
        "GetAlarmMuteRule" => mute_rule(ask, sink),
        "ListAlarmMuteRules" => mute_rule_summaries(ask, sink),
        _ => Ok(()),
    }
}

fn alarms(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for (list, alarm_type) in [
        ("MetricAlarms", "metric"),
        ("CompositeAlarms", "composite"),
        ("LogAlarms", "log"),
    ] {
        for item in ask.list(list)? {
            alarm(ask, sink, item, alarm_type)?;
        }
    }
    Ok(())
}

fn alarm(ask: &Ask, sink: &Sink<'_>, item: Item<'_>, alarm_type: &str) -> Derived<()> {
    let arn = item.text("AlarmArn")?;
    let name = item.text("AlarmName")?;
    let of_arn = Arn::parse(arn).and_then(|arn| arn.resource.strip_prefix("alarm:"));
    if of_arn.is_some_and(|of_arn| of_arn != name) {
        return Err(item.wrong("AlarmName", "the name in `AlarmArn`"));
    }
    // How long an alarm warms up hangs on it; of others it tells nothing that counts.
    let updated = match item.get("WarmUpConfiguration") {
        Some(_) => item.time("AlarmConfigurationUpdatedTimestamp")?,
        None => item.optional_text("AlarmConfigurationUpdatedTimestamp")?,
    };
    let row = || Row::regional(ask, item).with("alarm_arn", arn);
    let shared = row()
        .with("name", name)
        .with("type", alarm_type)
        .with("configuration_updated_time", updated);
    let of = match alarm_type {
        "metric" => Of::Metric,
        "composite" => Of::Composite,
        _ => Of::Log,
    };
    let whole = alarm_settings::columns(shared, item, of)?;
    if !sink.insert("alarm", whole)? {
        // A page was given twice.
        return Ok(());
    }
    if let Some(state_value) = item.optional_text("StateValue")? {
        let state = row()
            .with("state_value", state_value)
            .with("state_reason", item.optional_text("StateReason")?)
            .with(
                "state_updated_time",
                item.optional_text("StateUpdatedTimestamp")?,
            )
            .with(
                "state_transitioned_time",
                item.optional_text("StateTransitionedTimestamp")?,
            )
            .with("evaluation_state", item.optional_text("EvaluationState")?)
            .with(
                "actions_suppressed_by",
                item.optional_text("ActionsSuppressedBy")?,
            )
            .with(
                "actions_suppressed_reason",
                item.optional_text("ActionsSuppressedReason")?,
            );
        sink.insert("alarm_state", state)?;
    }
    for (member, on_state) in [
        ("AlarmActions", "ALARM"),
        ("OKActions", "OK"),
        ("InsufficientDataActions", "INSUFFICIENT_DATA"),
    ] {
        for (position, action) in item.texts(member)?.into_iter().enumerate() {
            let action = row()
                .with("on_state", on_state)
                .with("position", position)
                .with("action_arn", action);
            sink.insert("alarm_action", action)?;
        }
    }
    if alarm_type == "metric" {
        metrics(ask, sink, item, arn)?;
    }
    Ok(())
}

/// What the alarm reads: its one metric, or each query of its metric math.
fn metrics(ask: &Ask, sink: &Sink<'_>, item: Item<'_>, arn: &str) -> Derived<()> {
    if item.get("MetricName").is_some() {
        let stat = match item.optional_text("Statistic")? {
            None => item.optional_text("ExtendedStatistic")?,
            statistic => statistic,
        };
        let row = Row::regional(ask, item)
            .with("alarm_arn", arn)
            .with("query_id", "")
            .with("namespace", item.optional_text("Namespace")?)
            .with("metric_name", item.optional_text("MetricName")?)
            .with("dimensions", item.dimensions("Dimensions")?)
            .with("stat", stat)
            .with("period", item.integer("Period")?)
            .with("unit", item.optional_text("Unit")?)
            .with("return_data", true);
        sink.insert("alarm_metric", row)?;
    }
    for query in item.list("Metrics")? {
        let row = Row::regional(ask, query)
            .with("alarm_arn", arn)
            .with("query_id", query.text("Id")?)
            .with("metric_account", query.optional_text("AccountId")?)
            .with("expression", query.optional_text("Expression")?)
            // Left out, it is true, says the service model.
            .with("return_data", query.boolean("ReturnData")?.unwrap_or(true));
        let row = match query.object("MetricStat")? {
            None => row
                .with("dimensions", "{}")
                .with("period", query.integer("Period")?),
            Some(metric_stat) => {
                let metric = metric_stat.object("Metric")?;
                let metric = metric.ok_or_else(|| metric_stat.wrong("Metric", "there"))?;
                row.with("namespace", metric.optional_text("Namespace")?)
                    .with("metric_name", metric.optional_text("MetricName")?)
                    .with("dimensions", metric.dimensions("Dimensions")?)
                    .with("stat", metric_stat.optional_text("Stat")?)
                    .with("period", metric_stat.integer("Period")?)
                    .with("unit", metric_stat.optional_text("Unit")?)
            }
        };
        sink.insert("alarm_metric", row)?;
    }
    Ok(())
}

fn history(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for (table, wanted) in [
        ("alarm_history", "Action"),
        ("alarm_state_history", "StateUpdate"),
    ] {
        let mut items = Vec::new();
        for item in ask.list("AlarmHistoryItems")? {
            if item.optional_text("HistoryItemType")?.unwrap_or("Action") == wanted {
                items.push((item.text("Timestamp")?, item));
            }
        }
        items.sort_by(|left, right| right.0.cmp(left.0));
        for (position, (time, item)) in items.into_iter().enumerate() {
            let row = Row::regional(ask, item)
                .with(
                    "alarm_name",
                    item.optional_text("AlarmName")?.unwrap_or(ask.subject()),
                )
                .with("position", position)
                .with("time", time)
                .with(
                    "summary",
                    item.optional_text("HistorySummary")?.unwrap_or(""),
                )
                .with("data", item.optional_text("HistoryData")?);
            sink.insert(table, row)?;
        }
    }
    Ok(())
}

fn mute_rule(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for page in &ask.pages {
        let item = page.item()?;
        let arn = item.text("AlarmMuteRuleArn")?;
        let schedule = match item.object("Rule")? {
            Some(rule) => rule.object("Schedule")?,
            None => None,
        };
        let scheduled = |member: &str| match schedule {
            Some(schedule) => schedule.optional_text(member),
            None => Ok(None),
        };
        let row = Row::regional(ask, item)
            .with("rule_arn", arn)
            .with("name", item.optional_text("Name")?.unwrap_or(ask.subject()))
            .with("expression", scheduled("Expression")?)
            .with("duration", scheduled("Duration")?)
            .with("timezone", scheduled("Timezone")?)
            .with("start_time", item.time("StartDate")?)
            .with("expire_time", item.time("ExpireDate")?)
            .with("status", item.optional_text("Status")?);
        if !sink.insert("mute_rule", row)? {
            continue;
        }
        let Some(targets) = item.object("MuteTargets")? else {
            continue;
        };
        for alarm_name in targets.texts("AlarmNames")? {
            let row = Row::regional(ask, item)
                .with("rule_arn", arn)
                .with("alarm_name", alarm_name);
            sink.insert("mute_rule_target", row)?;
        }
    }
    Ok(())
}

/// What the list says of a rule; GetAlarmMuteRule, which is asked after it, says more and sorts before it.
fn mute_rule_summaries(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("AlarmMuteRuleSummaries")? {
        let arn = item.text("AlarmMuteRuleArn")?;
        let row = Row::regional(ask, item)
            .with("rule_arn", arn)
            .with("name", arn::short_name(arn))
            .with("expire_time", item.time("ExpireDate")?)
            .with("status", item.optional_text("Status")?);
        sink.insert("mute_rule", row)?;
    }
    Ok(())
}
