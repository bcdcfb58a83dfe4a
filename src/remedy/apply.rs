//! Resources into facts: the rows that a collection would record once a resource is as it is to be.
//!
//! What AWS would answer about a new resource is told as answered, so that its absences prove what they prove in a
//! snapshot; a question that failed stays failed, since the next collection would be refused as well.

use rusqlite::{Connection, Result, params};
use serde_json::{Map, Value, json};

use super::read::{self, ACTIONS};
use super::resource::{
    Alarm, Change, Key, LogGroup, MetricFilter, MuteRule, Resource, Rule, Subscription, Target,
    Topic, Trail,
};
use crate::snapshot::canonical_json;
use crate::snapshot::facts::Form;
use crate::snapshot::operations;

/// Writes what a change leads to. `evidence` is the row that stands for the plan.
pub(super) fn apply(facts: &Connection, change: &Change, evidence: i64) -> Result<()> {
    let write = Write { facts, evidence };
    match &change.after {
        // What is in a bucket or role is no fact.
        Resource::Bucket(_) | Resource::Role(_) => Ok(()),
        Resource::LogGroup(group) => write.log_group(group),
        Resource::Trail(trail) => write.trail(trail, &change.before),
        Resource::MetricFilter(filter) => write.filter(filter),
        Resource::Key(key) => write.key(key),
        Resource::Topic(topic) => write.topic(topic, change.before.is_none()),
        Resource::Subscription(subscription) => write.subscription(subscription),
        Resource::Alarm(alarm) => write.alarm(alarm, &change.before),
        Resource::MuteRule(rule) => write.mute_rule(rule),
        Resource::Rule(rule) => write.rule(rule),
        Resource::Target(target) => write.target(target),
    }
}

struct Write<'c> {
    facts: &'c Connection,
    evidence: i64,
}

impl Write<'_> {
    /// Tells a question as answered, unless it failed.
    fn answered(&self, place: (&str, &str), call: (&str, &str), subject: &str) -> Result<()> {
        self.facts.execute(
            "delete from absent where account = ?1 and region = ?2 and service = ?3 and operation = ?4 and subject = ?5",
            params![place.0, place.1, call.0, call.1, subject],
        )?;
        self.facts.execute(
            "insert or ignore into answered select ?1, ?2, ?3, ?4, ?5, ?6 where not exists \
             (select 1 from gap where account = ?1 and region = ?2 and service = ?3 and operation = ?4 \
             and subject in ('', ?5))",
            params![place.0, place.1, call.0, call.1, subject, self.evidence],
        )?;
        Ok(())
    }

    fn log_group(&self, group: &LogGroup) -> Result<()> {
        let place = (group.account.as_str(), group.region.as_str());
        self.facts.execute(
            "insert or replace into log_group \
             (account, region, log_group_arn, name, class, inherited_properties, evidence_id) \
             values (?1, ?2, ?3, ?4, 'STANDARD', '[]', ?5)",
            params![place.0, place.1, group.arn, group.name, self.evidence],
        )?;
        for operation in [
            "DescribeLogGroups",
            "DescribeMetricFilters",
            "DescribeSubscriptionFilters",
            "GetTransformer",
            "GetDataProtectionPolicy",
        ] {
            self.answered(place, ("logs", operation), &group.name)?;
        }
        for policy in [
            "DATA_PROTECTION_POLICY",
            "SUBSCRIPTION_FILTER_POLICY",
            "TRANSFORMER_POLICY",
        ] {
            self.answered(place, ("logs", "DescribeAccountPolicies"), policy)?;
        }
        self.monitoring(place)
    }

    /// The questions that are asked of CloudWatch in every Region of a log group.
    fn monitoring(&self, place: (&str, &str)) -> Result<()> {
        for kind in ["MetricAlarm", "CompositeAlarm", "LogAlarm"] {
            self.answered(place, ("monitoring", "DescribeAlarms"), kind)?;
        }
        self.answered(place, ("monitoring", "DescribeAlarmHistory"), "")?;
        self.answered(place, ("monitoring", "ListAlarmMuteRules"), "")
    }

    fn trail(&self, trail: &Trail, before: &Option<Resource>) -> Result<()> {
        let place = (trail.account.as_str(), trail.region.as_str());
        let custom = !(trail.selectors.is_empty() && trail.advanced_selectors.is_empty());
        self.facts.execute(
            "insert or ignore into trail (account, trail_arn, name, home_region, is_multi_region, is_organization, evidence_id) \
             values (?1, ?2, ?3, ?4, 0, ?5, ?6)",
            params![place.0, trail.arn, trail.name, place.1, trail.organization, self.evidence],
        )?;
        // Everybody who sees the trail sees what it is now.
        self.facts.execute(
            "update trail set is_multi_region = ?2, include_global_service_events = ?3, log_group_arn = ?4, \
             role_arn = ?5, s3_bucket_name = ?6, has_custom_event_selectors = ?7, kms_key_id = ?8, \
             log_file_validation_enabled = ?9, evidence_id = ?10 where trail_arn = ?1",
            params![
                trail.arn,
                trail.multi_region,
                trail.global_events,
                trail.log_group_arn,
                trail.role_arn,
                trail.bucket,
                custom,
                trail.kms_key_id,
                trail.validation,
                self.evidence
            ],
        )?;
        self.answered(place, ("cloudtrail", "GetTrailStatus"), &trail.arn)?;
        self.answered(place, ("cloudtrail", "GetEventSelectors"), &trail.arn)?;
        self.status(trail, before)?;
        self.selectors(trail)
    }

    fn status(&self, trail: &Trail, before: &Option<Resource>) -> Result<()> {
        self.facts.execute(
            "insert or ignore into trail_status (account, region, trail_arn, is_logging, evidence_id) \
             values (?1, ?2, ?3, 0, ?4)",
            params![trail.account, trail.region, trail.arn, self.evidence],
        )?;
        self.facts.execute(
            "update trail_status set is_logging = ?2 where trail_arn = ?1",
            params![trail.arn, trail.logging],
        )?;
        // The next delivery goes where the trail delivers now, by the role that it has now.
        let delivers_anew = match before {
            Some(Resource::Trail(known)) => {
                known.logging != trail.logging
                    || known.log_group_arn != trail.log_group_arn
                    || known.role_arn != trail.role_arn
            }
            _ => true,
        };
        if delivers_anew {
            self.next_delivery(&trail.arn)?;
        }
        Ok(())
    }

    /// What is said of deliveries once the next one arrived.
    fn next_delivery(&self, trail_arn: &str) -> Result<()> {
        let at = "(select at from evidence where id = ?2)";
        self.facts.execute(
            &format!(
                "update trail_status set log_delivery_error = null, start_logging_time = {at}, \
                 stop_logging_time = null, evidence_id = ?2 where trail_arn = ?1"
            ),
            params![trail_arn, self.evidence],
        )?;
        self.facts.execute(
            "delete from trail_delivery where trail_arn = ?1",
            [trail_arn],
        )?;
        self.facts.execute(
            &format!(
                "insert into trail_delivery \
                 (account, region, trail_arn, log_delivery_time, s3_delivery_time, evidence_id) \
                 select account, region, trail_arn, {at}, {at}, ?2 from trail_status where trail_arn = ?1"
            ),
            params![trail_arn, self.evidence],
        )?;
        Ok(())
    }

    fn selectors(&self, trail: &Trail) -> Result<()> {
        for table in [
            "event_selector",
            "advanced_event_selector_field",
            "advanced_event_selector",
        ] {
            self.facts.execute(
                &format!("delete from {table} where trail_arn = ?1"),
                [&trail.arn],
            )?;
        }
        for (position, selector) in trail.selectors.iter().enumerate() {
            let text = |member: &str| {
                let list = selector.get(member).cloned().unwrap_or(json!([]));
                canonical_json(&list)
            };
            self.facts.execute(
                "insert into event_selector values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    trail.account,
                    trail.arn,
                    position as i64,
                    selector
                        .get("ReadWriteType")
                        .and_then(Value::as_str)
                        .unwrap_or("All"),
                    selector
                        .get("IncludeManagementEvents")
                        .and_then(Value::as_bool)
                        .unwrap_or(true),
                    text("ExcludeManagementEventSources"),
                    text("DataResources"),
                    self.evidence
                ],
            )?;
        }
        for (position, selector) in trail.advanced_selectors.iter().enumerate() {
            self.advanced(trail, position as i64, selector)?;
        }
        Ok(())
    }

    fn advanced(&self, trail: &Trail, position: i64, selector: &Value) -> Result<()> {
        self.facts.execute(
            "insert into advanced_event_selector values (?1, ?2, ?3, ?4, ?5)",
            params![
                trail.account,
                trail.arn,
                position,
                selector.get("Name").and_then(Value::as_str),
                self.evidence
            ],
        )?;
        let fields = selector.get("FieldSelectors").and_then(Value::as_array);
        for (place, field) in fields.into_iter().flatten().enumerate() {
            let name = field.get("Field").and_then(Value::as_str);
            for (operator, operands) in field.as_object().into_iter().flatten() {
                if operator == "Field" {
                    continue;
                }
                self.facts.execute(
                    "insert into advanced_event_selector_field values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        trail.account,
                        trail.arn,
                        position,
                        place as i64,
                        name,
                        operator,
                        canonical_json(operands),
                        self.evidence
                    ],
                )?;
            }
        }
        Ok(())
    }

    fn filter(&self, filter: &MetricFilter) -> Result<()> {
        let place = (filter.account.as_str(), filter.region.as_str());
        self.facts.execute(
            "insert or replace into metric_filter values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, \
             (select at from evidence where id = ?9), ?9)",
            params![
                place.0,
                place.1,
                filter.log_group,
                filter.name,
                filter.pattern,
                filter.on_transformed_logs,
                filter.field_selection,
                canonical_json(&json!(filter.system_dimensions)),
                self.evidence
            ],
        )?;
        self.facts.execute(
            "insert or replace into metric_transformation values (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                place.0,
                place.1,
                filter.log_group,
                filter.name,
                filter.namespace,
                filter.metric,
                filter.value,
                filter.default_value,
                filter.unit,
                canonical_json(&json!(filter.dimensions)),
                self.evidence
            ],
        )?;
        Ok(())
    }

    fn key(&self, key: &Key) -> Result<()> {
        let place = (key.account.as_str(), key.region.as_str());
        let arn = key.arn.clone().unwrap_or_else(|| key.id.clone());
        self.facts.execute(
            "insert or replace into kms_key values (?1, ?2, ?3, ?4, ?5, 'CUSTOMER', 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', ?6)",
            params![
                place.0,
                place.1,
                key.id,
                arn,
                if key.enabled { "Enabled" } else { "Disabled" },
                self.evidence
            ],
        )?;
        if let Some(policy) = &key.policy {
            self.facts.execute(
                "delete from kms_key_policy where region = ?1 and key_id in (?2, ?3)",
                params![place.1, key.id, arn],
            )?;
            self.facts.execute(
                "insert into kms_key_policy values (?1, ?2, ?3, ?4, ?5)",
                params![place.0, place.1, key.id, policy, self.evidence],
            )?;
        }
        self.answered(place, ("kms", "DescribeKey"), &key.id)?;
        self.answered(place, ("kms", "GetKeyPolicy"), &key.id)
    }

    fn topic(&self, topic: &Topic, is_new: bool) -> Result<()> {
        let place = (topic.account.as_str(), topic.region.as_str());
        self.facts.execute(
            "insert or ignore into topic (account, region, topic_arn, owner, fifo, evidence_id) \
             values (?1, ?2, ?3, ?1, 0, ?4)",
            params![place.0, place.1, topic.arn, self.evidence],
        )?;
        self.facts.execute(
            "update topic set policy = ?2, kms_master_key_id = ?3, evidence_id = ?4 where topic_arn = ?1",
            params![topic.arn, topic.policy, topic.kms_key_id, self.evidence],
        )?;
        self.answered(place, ("sns", "GetTopicAttributes"), &topic.arn)?;
        if is_new {
            self.answered(place, ("sns", "ListSubscriptionsByTopic"), &topic.arn)?;
        }
        Ok(())
    }

    fn subscription(&self, subscription: &Subscription) -> Result<()> {
        let place = (subscription.account.as_str(), subscription.region.as_str());
        let endpoint = subscription.endpoint.as_deref().unwrap_or_default();
        let topic = subscription.topic_arn.as_str();
        let arn = match (&subscription.arn, subscription.confirmed) {
            (Some(arn), _) => arn.clone(),
            (None, true) => format!("{topic}:00000000-0000-4000-8000-000000000000"),
            (None, false) => "PendingConfirmation".to_owned(),
        };
        // Once it is confirmed, what was pending or deleted at this address is not listed any more.
        self.facts.execute(
            "delete from subscription where topic_arn = ?1 and protocol = ?2 and endpoint = ?3 \
             and subscription_arn in ('PendingConfirmation', 'Deleted', ?4)",
            params![topic, subscription.protocol, endpoint, arn],
        )?;
        // Whoever was told the list is told of one more.
        self.facts.execute(
            "insert or replace into subscription \
             select account, region, ?1, ?2, ?3, ?4, ?5, ?6 from topic where topic_arn = ?1 union \
             select account, region, ?1, ?2, ?3, ?4, ?5, ?6 from answered \
             where service = 'sns' and operation = 'ListSubscriptionsByTopic' and subject = ?1",
            params![
                topic,
                subscription.protocol,
                endpoint,
                arn,
                place.0,
                self.evidence
            ],
        )?;
        self.facts.execute(
            "update topic set subscriptions_confirmed = \
             (select count(distinct subscription_arn) from subscription \
             where topic_arn = ?1 and subscription_arn like 'arn:%') where topic_arn = ?1",
            [topic],
        )?;
        self.facts.execute(
            "insert or ignore into subscription_attributes \
             (account, region, subscription_arn, confirmation_was_authenticated, evidence_id) \
             values (?1, ?2, ?3, 1, ?4)",
            params![place.0, place.1, arn, self.evidence],
        )?;
        self.facts.execute(
            "update subscription_attributes set filter_policy = ?2, filter_policy_scope = ?3, \
             pending_confirmation = ?4, evidence_id = ?5 where subscription_arn = ?1",
            params![
                arn,
                subscription.filter_policy,
                subscription.filter_policy_scope,
                !subscription.confirmed,
                self.evidence
            ],
        )?;
        self.answered(place, ("sns", "GetSubscriptionAttributes"), &arn)
    }

    fn alarm(&self, alarm: &Alarm, before: &Option<Resource>) -> Result<()> {
        let place = (alarm.account.as_str(), alarm.region.as_str());
        let kind = if alarm.composite {
            "composite"
        } else {
            "metric"
        };
        self.facts.execute(
            "insert or ignore into alarm (account, region, alarm_arn, name, type, actions_enabled, evidence_id) \
             values (?1, ?2, ?3, ?4, ?5, 1, ?6)",
            params![place.0, place.1, alarm.arn, alarm.name, kind, self.evidence],
        )?;
        for setting in read::settings() {
            let value = alarm
                .settings
                .get(setting.member)
                .map(|value| column_value(value, setting.form));
            let column = setting.column;
            let sql = format!("update alarm set {column} = ?2 where alarm_arn = ?1");
            match (value, setting.form) {
                (Some(text), Form::Boolean) => self
                    .facts
                    .execute(&sql, params![alarm.arn, text == "true"])?,
                (Some(text), Form::Integer) => self
                    .facts
                    .execute(&sql, params![alarm.arn, text.parse::<i64>().ok()])?,
                (text, _) => self.facts.execute(&sql, params![alarm.arn, text])?,
            };
        }
        self.facts.execute(
            "update alarm set evidence_id = ?2 where alarm_arn = ?1",
            params![alarm.arn, self.evidence],
        )?;
        self.actions(alarm)?;
        self.metric(alarm)?;
        let evaluated_anew = match before {
            Some(Resource::Alarm(known)) => evaluation(known) != evaluation(alarm),
            _ => true,
        };
        // In which state it was says nothing about the state that it will be in.
        if evaluated_anew {
            self.facts
                .execute("delete from alarm_state where alarm_arn = ?1", [&alarm.arn])?;
        }
        self.monitoring(place)
    }

    fn actions(&self, alarm: &Alarm) -> Result<()> {
        self.facts.execute(
            "delete from alarm_action where alarm_arn = ?1",
            [&alarm.arn],
        )?;
        for (state, setting) in ACTIONS {
            let actions = alarm.settings.get(setting).and_then(Value::as_array);
            for (position, action) in actions.into_iter().flatten().enumerate() {
                self.facts.execute(
                    "insert into alarm_action values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        alarm.account,
                        alarm.region,
                        alarm.arn,
                        state,
                        position as i64,
                        action.as_str(),
                        self.evidence
                    ],
                )?;
            }
        }
        Ok(())
    }

    /// The metric that a plain alarm reads; the queries of metric math are never changed.
    fn metric(&self, alarm: &Alarm) -> Result<()> {
        let settings = &alarm.settings;
        let text = |setting: &str| settings.get(setting).and_then(Value::as_str);
        let Some(metric) = text("MetricName") else {
            return Ok(());
        };
        self.facts.execute(
            "insert or replace into alarm_metric values (?1, ?2, ?3, '', null, ?4, ?5, ?6, ?7, ?8, ?9, null, 1, ?10)",
            params![
                alarm.account,
                alarm.region,
                alarm.arn,
                text("Namespace"),
                metric,
                column_value(settings.get("Dimensions").unwrap_or(&json!([])), Form::Dimensions),
                text("Statistic").or(text("ExtendedStatistic")),
                settings.get("Period").and_then(Value::as_i64),
                text("Unit"),
                self.evidence
            ],
        )?;
        Ok(())
    }

    fn rule(&self, rule: &Rule) -> Result<()> {
        let place = (rule.account.as_str(), rule.region.as_str());
        self.facts.execute(
            "insert or ignore into event_rule (account, region, rule_arn, event_bus_name, name, role_arn, evidence_id) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![place.0, place.1, rule.arn, rule.bus, rule.name, rule.role_arn, self.evidence],
        )?;
        self.facts.execute(
            "update event_rule set state = ?2, event_pattern = ?3, evidence_id = ?4 where rule_arn = ?1",
            params![rule.arn, rule.state, rule.pattern, self.evidence],
        )?;
        Ok(())
    }

    fn target(&self, target: &Target) -> Result<()> {
        let text = |setting: &str| target.settings.get(setting).and_then(Value::as_str);
        self.facts.execute(
            "insert or replace into event_target \
             (account, region, event_bus_name, rule_name, target_id, target_arn, role_arn, input, input_path, \
             input_transformer, evidence_id) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                target.account,
                target.region,
                target.bus,
                target.rule,
                target.id,
                target.arn,
                text("RoleArn"),
                text("Input"),
                text("InputPath"),
                target.settings.get("InputTransformer").map(canonical_json),
                self.evidence
            ],
        )?;
        // A new rule has the targets that it is given, and no others.
        let request = match target.bus.as_str() {
            "default" => json!({"Rule": target.rule}),
            bus => json!({"Rule": target.rule, "EventBusName": bus}),
        };
        let asked = operations::find("events", "ListTargetsByRule");
        let subjects = asked.map(|it| it.subjects(&target.account, &target.region, &request));
        for subject in subjects.unwrap_or_default() {
            let place = (target.account.as_str(), target.region.as_str());
            self.answered(place, ("events", "ListTargetsByRule"), &subject)?;
        }
        Ok(())
    }

    fn mute_rule(&self, rule: &MuteRule) -> Result<()> {
        self.facts.execute(
            "delete from mute_rule_target where rule_arn = ?1",
            [&rule.arn],
        )?;
        for alarm in &rule.alarms {
            self.facts.execute(
                "insert into mute_rule_target values (?1, ?2, ?3, ?4, ?5)",
                params![rule.account, rule.region, rule.arn, alarm, self.evidence],
            )?;
        }
        Ok(())
    }
}

/// The settings that decide the state of an alarm: all but its description and actions.
pub(super) fn evaluation(alarm: &Alarm) -> Map<String, Value> {
    let mut settings = alarm.settings.clone();
    settings.retain(|setting, _| {
        let acts = ACTIONS.iter().any(|(_, actions)| actions == setting);
        !acts && setting != "AlarmDescription" && setting != "ActionsEnabled"
    });
    settings
}

/// A setting as its column has it.
fn column_value(value: &Value, form: Form) -> String {
    match form {
        Form::Text => value.as_str().unwrap_or_default().to_owned(),
        Form::Integer | Form::Number | Form::Boolean => value.to_string(),
        Form::Json | Form::List => canonical_json(value),
        Form::Dimensions => {
            let pairs = value.as_array().into_iter().flatten();
            let pairs: Map<String, Value> = pairs
                .filter_map(|pair| {
                    let name = pair.get("Name")?.as_str()?.to_owned();
                    Some((name, pair.get("Value")?.clone()))
                })
                .collect();
            canonical_json(&Value::Object(pairs))
        }
    }
}
