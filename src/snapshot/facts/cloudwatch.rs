//! Facts of CloudWatch: alarms of all three types with their actions and metrics, history and mute rules.

use super::asks::Ask;
use super::item::{Item, Outcome};
use super::sink::{Row, Sink};

pub(super) fn rows(ask: &Ask, sink: &Sink<'_>) -> Outcome<()> {
    match ask.operation.name {
        "DescribeAlarms" => alarms(ask, sink),
        "DescribeAlarmHistory" => history(ask, sink),
        "GetAlarmMuteRule" => mute_rule(ask, sink),
        "ListAlarmMuteRules" => mute_rule_summaries(ask, sink),
        _ => Ok(()),
    }
}

fn alarms(ask: &Ask, sink: &Sink<'_>) -> Outcome<()> {
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

fn alarm(ask: &Ask, sink: &Sink<'_>, item: Item<'_>, alarm_type: &str) -> Outcome<()> {
    let arn = item.text("AlarmArn")?;
    let row = || Row::regional(ask, item).with("alarm_arn", arn);
    let shared = row()
        .with("name", item.text("AlarmName")?)
        .with("type", alarm_type)
        .with("description", item.optional_text("AlarmDescription")?)
        // The default of PutMetricAlarm.
        .with(
            "actions_enabled",
            item.boolean("ActionsEnabled")?.unwrap_or(true),
        )
        .with("threshold", item.number("Threshold")?)
        .with(
            "comparison_operator",
            item.optional_text("ComparisonOperator")?,
        )
        .with(
            "treat_missing_data",
            item.optional_text("TreatMissingData")?,
        )
        .with("warm_up", item.json("WarmUpConfiguration"))
        .with("action_configuration", item.json("ActionConfiguration"))
        .with(
            "configuration_updated_time",
            item.optional_text("AlarmConfigurationUpdatedTimestamp")?,
        );
    let whole = match alarm_type {
        "metric" => metric_columns(shared, item)?,
        "composite" => composite_columns(shared, item)?,
        _ => log_columns(shared, item)?,
    };
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

fn metric_columns(row: Row, item: Item<'_>) -> Outcome<Row> {
    let is_single = item.get("MetricName").is_some();
    Ok(row
        .with("namespace", item.optional_text("Namespace")?)
        .with("metric_name", item.optional_text("MetricName")?)
        .with(
            "dimensions",
            is_single
                .then(|| item.dimensions("Dimensions"))
                .transpose()?,
        )
        .with("statistic", item.optional_text("Statistic")?)
        .with(
            "extended_statistic",
            item.optional_text("ExtendedStatistic")?,
        )
        .with("period", item.integer("Period")?)
        .with("unit", item.optional_text("Unit")?)
        .with("evaluation_periods", item.integer("EvaluationPeriods")?)
        .with("datapoints_to_alarm", item.integer("DatapointsToAlarm")?)
        .with(
            "evaluate_low_sample_count_percentile",
            item.optional_text("EvaluateLowSampleCountPercentile")?,
        )
        .with(
            "metrics",
            (!item.array("Metrics")?.is_empty())
                .then(|| item.json("Metrics"))
                .flatten(),
        )
        .with(
            "threshold_metric_id",
            item.optional_text("ThresholdMetricId")?,
        )
        .with("evaluation_criteria", item.json("EvaluationCriteria"))
        .with("evaluation_interval", item.integer("EvaluationInterval")?)
        .with("evaluation_window", item.json("EvaluationWindow")))
}

fn composite_columns(row: Row, item: Item<'_>) -> Outcome<Row> {
    Ok(row
        .with("alarm_rule", item.optional_text("AlarmRule")?)
        .with(
            "actions_suppressor",
            item.optional_text("ActionsSuppressor")?,
        )
        .with(
            "suppressor_wait_period",
            item.integer("ActionsSuppressorWaitPeriod")?,
        )
        .with(
            "suppressor_extension_period",
            item.integer("ActionsSuppressorExtensionPeriod")?,
        ))
}

fn log_columns(row: Row, item: Item<'_>) -> Outcome<Row> {
    Ok(row
        .with("scheduled_query", item.json("ScheduledQueryConfiguration"))
        .with(
            "query_results_to_evaluate",
            item.integer("QueryResultsToEvaluate")?,
        )
        .with(
            "query_results_to_alarm",
            item.integer("QueryResultsToAlarm")?,
        ))
}

/// What the alarm reads: its one metric, or each query of its metric math.
fn metrics(ask: &Ask, sink: &Sink<'_>, item: Item<'_>, arn: &str) -> Outcome<()> {
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

fn history(ask: &Ask, sink: &Sink<'_>) -> Outcome<()> {
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

fn mute_rule(ask: &Ask, sink: &Sink<'_>) -> Outcome<()> {
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
            .with("start_time", item.optional_text("StartDate")?)
            .with("expire_time", item.optional_text("ExpireDate")?)
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
fn mute_rule_summaries(ask: &Ask, sink: &Sink<'_>) -> Outcome<()> {
    for item in ask.list("AlarmMuteRuleSummaries")? {
        let arn = item.text("AlarmMuteRuleArn")?;
        let name = arn.rsplit_once("mute-rule:").map_or(arn, |(_, name)| name);
        let row = Row::regional(ask, item)
            .with("rule_arn", arn)
            .with("name", name)
            .with("expire_time", item.optional_text("ExpireDate")?)
            .with("status", item.optional_text("Status")?);
        sink.insert("mute_rule", row)?;
    }
    Ok(())
}
