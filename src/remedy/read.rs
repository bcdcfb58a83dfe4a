//! Resources out of facts: what is there, as its owner set it.

use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Result, Row};
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value, json};

use super::resource::{Alarm, MetricFilter, MuteRule, Rule, Target, Trail};
use crate::aws::arn::{self, Arn};
use crate::chain::facts::Json;
use crate::snapshot::facts::{ALARM_SETTINGS, Form, Of, Setting};

mod telling;

pub(super) use telling::{key, keys, may_be_topic, subscriptions, topic, topics};

/// The settings that metric and composite alarms are written with.
pub(super) fn settings() -> impl Iterator<Item = &'static Setting> {
    ALARM_SETTINGS
        .iter()
        .filter(|setting| setting.of != Of::Log)
}

/// The actions of an alarm by state.
pub(super) const ACTIONS: [(&str, &str); 3] = [
    ("ALARM", "AlarmActions"),
    ("OK", "OKActions"),
    ("INSUFFICIENT_DATA", "InsufficientDataActions"),
];

fn get<T: FromSql>(row: &Row<'_>, column: &str) -> Result<T> {
    row.get(column)
}

/// A column that holds JSON; one that is no such JSON is an error, as where the chain reads it.
fn parsed<T: DeserializeOwned + Default + Clone>(row: &Row<'_>, column: &str) -> Result<Option<T>> {
    let value: Option<Json<T>> = row.get(column)?;
    Ok(value.map(|value| (*value).clone()))
}

/// A text column in which an empty text says the same as none.
fn said(row: &Row<'_>, column: &str) -> Result<Option<String>> {
    let text: Option<String> = get(row, column)?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}

fn list<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(parameters, read)?;
    rows.collect()
}

/// A number as its text has it.
fn number(text: &str) -> Value {
    serde_json::from_str::<Number>(text).map_or_else(|_| Value::from(text), Value::Number)
}

/// The alarm of an ARN.
pub(super) fn alarm(connection: &Connection, alarm_arn: &str) -> Result<Option<Alarm>> {
    let found = connection
        .query_row(
            "select * from alarm where alarm_arn = ?1 and type <> 'log' limit 1",
            [alarm_arn],
            alarm_row,
        )
        .optional()?;
    let Some(mut alarm) = found else {
        return Ok(None);
    };
    for (state, setting) in ACTIONS {
        let actions: Vec<String> = list(
            connection,
            "select action_arn from alarm_action \
             where account = ?1 and alarm_arn = ?2 and on_state = ?3 order by position",
            (&alarm.account, alarm_arn, state),
            |row| row.get(0),
        )?;
        alarm.settings.insert(setting.to_owned(), json!(actions));
    }
    Ok(Some(alarm))
}

fn alarm_row(row: &Row<'_>) -> Result<Alarm> {
    let mut settings = Map::new();
    for setting in self::settings() {
        let value = row.get_ref(setting.column)?;
        let text = match value {
            ValueRef::Null => continue,
            ValueRef::Integer(number) => number.to_string(),
            other => other.as_str()?.to_owned(),
        };
        let value = match setting.form {
            Form::Text => Value::from(text),
            Form::Integer | Form::Number => number(&text),
            Form::Boolean => Value::from(text == "1"),
            Form::Json | Form::List => parsed(row, setting.column)?.unwrap_or_default(),
            Form::Dimensions => dimensions(parsed(row, setting.column)?.unwrap_or_default()),
        };
        settings.insert(setting.member.to_owned(), value);
    }
    let kind: String = get(row, "type")?;
    Ok(Alarm {
        account: get(row, "account")?,
        region: get(row, "region")?,
        arn: get(row, "alarm_arn")?,
        name: get(row, "name")?,
        composite: kind == "composite",
        settings,
    })
}

/// `{"a": "b"}` as `[{"Name": "a", "Value": "b"}]`.
fn dimensions(pairs: Map<String, Value>) -> Value {
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| json!({"Name": name, "Value": value}));
    pairs.collect()
}

/// ARNs of the alarms of an account and Region with this name.
pub(super) fn alarm_arn(
    connection: &Connection,
    account: &str,
    region: &str,
    name: &str,
) -> Result<Option<String>> {
    connection
        .query_row(
            "select alarm_arn from alarm where account = ?1 and region = ?2 and name = ?3 limit 1",
            (account, region, name),
            |row| row.get(0),
        )
        .optional()
}

/// ARNs of the alarms of an account and Region, by name.
pub(super) fn alarms(connection: &Connection, place: (&str, &str)) -> Result<Vec<String>> {
    list(
        connection,
        "select alarm_arn from alarm where account = ?1 and region = ?2 order by name",
        place,
        |row| row.get(0),
    )
}

/// Names of the metric filters that write a metric.
pub(super) fn writers(
    connection: &Connection,
    place: (&str, &str),
    namespace: &str,
    metric: &str,
) -> Result<Vec<(String, String)>> {
    list(
        connection,
        "select log_group_name, filter_name from metric_transformation \
         where account = ?1 and region = ?2 and namespace = ?3 and metric_name = ?4 \
         order by log_group_name, filter_name",
        (place.0, place.1, namespace, metric),
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Whether a log group is there: it is listed, or metric filters on it are (DescribeMetricFilters).
pub(super) fn is_log_group(connection: &Connection, arn: &str) -> Result<bool> {
    let listed: bool = connection.query_row(
        "select exists (select 1 from log_group where log_group_arn = ?1)",
        [arn],
        |row| row.get(0),
    )?;
    Ok(listed || !filters_on(connection, arn)?.is_empty())
}

/// Whether a trail writes to a bucket.
pub(super) fn is_bucket(connection: &Connection, name: &str) -> Result<bool> {
    connection.query_row(
        "select exists (select 1 from trail where s3_bucket_name = ?1)",
        [name],
        |row| row.get(0),
    )
}

/// Names of the metric filters on a log group.
pub(super) fn filters_on(connection: &Connection, log_group_arn: &str) -> Result<Vec<String>> {
    let Some(arn) = Arn::parse(log_group_arn) else {
        return Ok(Vec::new());
    };
    list(
        connection,
        "select name from metric_filter where account = ?1 and region = ?2 and log_group_name = ?3 order by name",
        (arn.account, arn.region, arn.name()),
        |row| row.get(0),
    )
}

/// ARNs of the plain alarms on a metric.
pub(super) fn watchers(
    connection: &Connection,
    place: (&str, &str),
    namespace: &str,
    metric: &str,
) -> Result<Vec<String>> {
    list(
        connection,
        "select distinct alarm_arn from alarm_metric \
         where account = ?1 and region = ?2 and namespace = ?3 and metric_name = ?4 order by alarm_arn",
        (place.0, place.1, namespace, metric),
        |row| row.get(0),
    )
}

/// Names of the alarms whose actions name a topic.
pub(super) fn acting_on(connection: &Connection, topic: &str) -> Result<Vec<String>> {
    list(
        connection,
        "select distinct alarm.name from alarm_action \
         join alarm on alarm.account = alarm_action.account and alarm.alarm_arn = alarm_action.alarm_arn \
         where alarm_action.action_arn = ?1 order by alarm.name",
        [topic],
        |row| row.get(0),
    )
}

/// Names of the rules that have a topic as their target.
pub(super) fn rules_to(connection: &Connection, topic: &str) -> Result<Vec<String>> {
    list(
        connection,
        "select distinct rule_name from event_target where target_arn = ?1 order by rule_name",
        [topic],
        |row| row.get(0),
    )
}

/// A metric filter by its place and name.
pub(super) fn filter(
    connection: &Connection,
    place: (&str, &str, &str),
    name: &str,
) -> Result<Option<MetricFilter>> {
    connection
        .query_row(
            "select metric_filter.*, namespace, metric_name, metric_value, default_value, unit, dimensions \
             from metric_filter left join metric_transformation \
             on metric_transformation.account = metric_filter.account \
             and metric_transformation.region = metric_filter.region \
             and metric_transformation.log_group_name = metric_filter.log_group_name \
             and metric_transformation.filter_name = metric_filter.name \
             where metric_filter.account = ?1 and metric_filter.region = ?2 \
             and metric_filter.log_group_name = ?3 and metric_filter.name = ?4 limit 1",
            (place.0, place.1, place.2, name),
            |row| {
                Ok(MetricFilter {
                    account: get(row, "account")?,
                    region: get(row, "region")?,
                    log_group: get(row, "log_group_name")?,
                    name: get(row, "name")?,
                    pattern: get(row, "pattern")?,
                    namespace: get::<Option<String>>(row, "namespace")?.unwrap_or_default(),
                    metric: get::<Option<String>>(row, "metric_name")?.unwrap_or_default(),
                    value: get::<Option<String>>(row, "metric_value")?.unwrap_or_default(),
                    default_value: get(row, "default_value")?,
                    unit: get(row, "unit")?,
                    dimensions: parsed(row, "dimensions")?.unwrap_or_default(),
                    on_transformed_logs: get(row, "apply_on_transformed_logs")?,
                    field_selection: said(row, "field_selection_criteria")?,
                    system_dimensions: parsed(row, "emit_system_field_dimensions")?
                        .unwrap_or_default(),
                })
            },
        )
        .optional()
}

/// The most used metric namespace of an account and Region.
pub(super) fn namespace(connection: &Connection, place: (&str, &str)) -> Result<Option<String>> {
    connection
        .query_row(
            "select namespace from metric_transformation where account = ?1 and region = ?2 \
             group by namespace order by count(*) desc, namespace limit 1",
            place,
            |row| row.get(0),
        )
        .optional()
}

/// ARNs of the trails that an account owns.
pub(super) fn trails(connection: &Connection, account: &str) -> Result<Vec<String>> {
    let arns: Vec<String> = list(
        connection,
        "select distinct trail_arn from trail where account = ?1 order by trail_arn",
        [account],
        |row| row.get(0),
    )?;
    let owned = |arn: &String| arn::account(arn) == Some(account);
    Ok(arns.into_iter().filter(owned).collect())
}

/// The trail of an ARN, as its owner sees it where the owner was asked.
pub(super) fn trail(connection: &Connection, trail_arn: &str) -> Result<Option<Trail>> {
    let owner = arn::account(trail_arn).unwrap_or_default();
    let found = connection
        .query_row(
            "select * from trail where trail_arn = ?1 order by account = ?2 desc limit 1",
            (trail_arn, owner),
            |row| {
                let asked: String = get(row, "account")?;
                Ok((
                    asked,
                    Trail {
                        account: owner.to_owned(),
                        region: get(row, "home_region")?,
                        arn: trail_arn.to_owned(),
                        name: get(row, "name")?,
                        multi_region: get(row, "is_multi_region")?,
                        global_events: get::<Option<bool>>(row, "include_global_service_events")?
                            .unwrap_or(true),
                        organization: get(row, "is_organization")?,
                        logging: true,
                        log_group_arn: said(row, "log_group_arn")?,
                        role_arn: said(row, "role_arn")?,
                        bucket: said(row, "s3_bucket_name")?,
                        prefix: said(row, "s3_key_prefix")?,
                        kms_key_id: said(row, "kms_key_id")?,
                        validation: get::<Option<bool>>(row, "log_file_validation_enabled")?
                            .unwrap_or(false),
                        selectors: Vec::new(),
                        advanced_selectors: Vec::new(),
                    },
                ))
            },
        )
        .optional()?;
    let Some((asked, mut trail)) = found else {
        return Ok(None);
    };
    let status: Option<bool> = connection
        .query_row(
            "select is_logging from trail_status where account = ?1 and trail_arn = ?2 limit 1",
            (&asked, trail_arn),
            |row| row.get(0),
        )
        .optional()?;
    trail.logging = status.unwrap_or(true);
    trail.selectors = list(
        connection,
        "select * from event_selector where account = ?1 and trail_arn = ?2 order by position",
        (&asked, trail_arn),
        |row| {
            Ok(json!({
                "ReadWriteType": get::<String>(row, "read_write_type")?,
                "IncludeManagementEvents": get::<bool>(row, "include_management_events")?,
                "DataResources": parsed(row, "data_resources")?.unwrap_or(json!([])),
                "ExcludeManagementEventSources":
                    parsed(row, "exclude_management_event_sources")?.unwrap_or(json!([])),
            }))
        },
    )?;
    trail.advanced_selectors = advanced(connection, &asked, trail_arn)?;
    Ok(Some(trail))
}

fn advanced(connection: &Connection, account: &str, trail_arn: &str) -> Result<Vec<Value>> {
    let heads: Vec<(i64, Option<String>)> = list(
        connection,
        "select position, name from advanced_event_selector \
         where account = ?1 and trail_arn = ?2 order by position",
        (account, trail_arn),
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut selectors = Vec::new();
    for (position, name) in heads {
        let rows: Vec<(i64, String, String, Value)> = list(
            connection,
            "select field_position, field, operator, operands from advanced_event_selector_field \
             where account = ?1 and trail_arn = ?2 and position = ?3 order by field_position, operator",
            (account, trail_arn, position),
            |row| {
                let operands = parsed(row, "operands")?.unwrap_or_default();
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, operands))
            },
        )?;
        let mut fields: Vec<(i64, Map<String, Value>)> = Vec::new();
        for (place, field, operator, operands) in rows {
            match fields.last_mut().filter(|(last, _)| *last == place) {
                Some((_, known)) => {
                    known.insert(operator, operands);
                }
                None => {
                    let mut known = Map::new();
                    known.insert("Field".to_owned(), Value::from(field));
                    known.insert(operator, operands);
                    fields.push((place, known));
                }
            }
        }
        let mut selector = Map::new();
        if let Some(name) = name {
            selector.insert("Name".to_owned(), Value::from(name));
        }
        let fields: Vec<Value> = fields.into_iter().map(|(_, field)| field.into()).collect();
        selector.insert("FieldSelectors".to_owned(), Value::from(fields));
        selectors.push(Value::Object(selector));
    }
    Ok(selectors)
}

/// The mute rules of an account and Region that name an alarm.
pub(super) fn mute_rules(
    connection: &Connection,
    place: (&str, &str),
    alarm: &str,
) -> Result<Vec<MuteRule>> {
    let mut rules = list(
        connection,
        "select * from mute_rule where account = ?1 and region = ?2 and rule_arn in \
         (select rule_arn from mute_rule_target where account = ?1 and region = ?2 and alarm_name = ?3) \
         order by rule_arn",
        (place.0, place.1, alarm),
        |row| {
            let mut schedule = Map::new();
            for (column, member) in [
                ("expression", "Expression"),
                ("duration", "Duration"),
                ("timezone", "Timezone"),
            ] {
                if let Some(text) = get::<Option<String>>(row, column)? {
                    schedule.insert(member.to_owned(), Value::from(text));
                }
            }
            let mut settings = Map::new();
            settings.insert("Rule".to_owned(), json!({"Schedule": schedule}));
            for (column, member) in [("start_time", "StartDate"), ("expire_time", "ExpireDate")] {
                if let Some(text) = get::<Option<String>>(row, column)? {
                    settings.insert(member.to_owned(), Value::from(text));
                }
            }
            Ok(MuteRule {
                account: get(row, "account")?,
                region: get(row, "region")?,
                arn: get(row, "rule_arn")?,
                name: get(row, "name")?,
                settings,
                alarms: Vec::new(),
            })
        },
    )?;
    for rule in &mut rules {
        rule.alarms = list(
            connection,
            "select alarm_name from mute_rule_target where account = ?1 and rule_arn = ?2 order by alarm_name",
            (&rule.account, &rule.arn),
            |row| row.get(0),
        )?;
    }
    Ok(rules)
}

/// The EventBridge rule of an ARN; none of one that a service made and manages, which nobody may change.
pub(super) fn rule(connection: &Connection, rule_arn: &str) -> Result<Option<Rule>> {
    connection
        .query_row(
            "select * from event_rule where rule_arn = ?1 and managed_by is null limit 1",
            [rule_arn],
            |row| {
                Ok(Rule {
                    account: get(row, "account")?,
                    region: get(row, "region")?,
                    arn: get(row, "rule_arn")?,
                    bus: get(row, "event_bus_name")?,
                    name: get(row, "name")?,
                    state: get::<Option<String>>(row, "state")?.unwrap_or_default(),
                    pattern: get(row, "event_pattern")?,
                    schedule: said(row, "schedule_expression")?,
                    role_arn: said(row, "role_arn")?,
                })
            },
        )
        .optional()
}

/// Whether there is a rule of an ARN, whoever manages it.
pub(super) fn is_rule(connection: &Connection, rule_arn: &str) -> Result<bool> {
    connection.query_row(
        "select exists (select 1 from event_rule where rule_arn = ?1)",
        [rule_arn],
        |row| row.get(0),
    )
}

/// What a rule sends to.
pub(super) fn targets(connection: &Connection, rule: &Rule) -> Result<Vec<Target>> {
    list(
        connection,
        "select target_id, target_arn, role_arn, input, input_path, input_transformer from event_target \
         where account = ?1 and region = ?2 and event_bus_name = ?3 and rule_name = ?4 order by target_id",
        (&rule.account, &rule.region, &rule.bus, &rule.name),
        |row| {
            let mut settings = Map::new();
            for (column, member) in [
                ("role_arn", "RoleArn"),
                ("input", "Input"),
                ("input_path", "InputPath"),
            ] {
                if let Some(text) = said(row, column)? {
                    settings.insert(member.to_owned(), Value::from(text));
                }
            }
            if let Some(transformer) = parsed(row, "input_transformer")? {
                settings.insert("InputTransformer".to_owned(), transformer);
            }
            Ok(Target {
                account: rule.account.clone(),
                region: rule.region.clone(),
                bus: rule.bus.clone(),
                rule: rule.name.clone(),
                id: get(row, "target_id")?,
                arn: get(row, "target_arn")?,
                settings,
            })
        },
    )
}

/// The customer managed key of the bus that a rule is on.
pub(super) fn bus_key(connection: &Connection, rule: &Rule) -> Result<Option<String>> {
    connection
        .query_row(
            "select kms_key_identifier from event_bus where account = ?1 and region = ?2 and name = ?3 \
             and kms_key_identifier is not null",
            (&rule.account, &rule.region, &rule.bus),
            |row| row.get(0),
        )
        .optional()
}

/// Whether a rule has a target of this id.
pub(super) fn has_target(connection: &Connection, rule: &Rule, id: &str) -> Result<bool> {
    connection.query_row(
        "select exists (select 1 from event_target where account = ?1 and region = ?2 \
         and event_bus_name = ?3 and rule_name = ?4 and target_id = ?5)",
        (&rule.account, &rule.region, &rule.bus, &rule.name, id),
        |row| row.get(0),
    )
}

/// The partition of an account.
pub(super) fn partition(connection: &Connection, account: &str) -> Result<String> {
    let found: Option<String> = connection
        .query_row(
            "select partition from account where account = ?1",
            [account],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found.unwrap_or_else(|| "aws".to_owned()))
}

/// A role that some trail of the account uses to write into a log group, where one does.
pub(super) fn trail_role(connection: &Connection, log_group_arn: &str) -> Result<Option<String>> {
    connection
        .query_row(
            "select role_arn from trail where log_group_arn = ?1 and role_arn <> '' order by trail_arn limit 1",
            [log_group_arn],
            |row| row.get(0),
        )
        .optional()
}
