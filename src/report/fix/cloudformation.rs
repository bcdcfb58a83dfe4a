//! CloudFormation templates, one for each account and Region: a resource for each change, kept when its stack is deleted.
//!
//! Accounts, Regions and partitions are pseudo parameters, names that people like to choose are parameters. What exists has to
//! be imported into a stack before the stack can change it: the comments say under which identifiers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::json::put;
use super::terraform::inputs;
use super::{calls, difference, head};
use crate::aws::arn::{Arn, Location};
use crate::remedy::resource::{Alarm, MetricFilter, Rule, Subscription, Target, Topic, Trail};
use crate::remedy::{Change, Plan, Resource};
use crate::report::printable::one_line;

/// The templates of a plan: YAML comments, and JSON, which is YAML too.
pub(super) fn templates(plan: &Plan) -> String {
    let mut out = String::new();
    for line in head::lines(plan) {
        comment(&mut out, &line);
    }
    let mut places: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (position, change) in plan.changes.iter().enumerate() {
        let account = change.after.account().to_owned();
        places
            .entry((account, region_of(change).to_owned()))
            .or_default()
            .push(position);
    }
    let many = places.len() > 1;
    for (number, ((account, region), positions)) in places.iter().enumerate() {
        if number > 0 {
            out.push_str("---\n");
        }
        if many {
            comment(
                &mut out,
                &format!("for account {account} in {region}, a stack of its own"),
            );
        }
        let mut template = Template::new(plan, account, region);
        for position in positions {
            template.add(plan, *position, &mut out);
        }
        out.push_str(&super::shell::escaped(
            &serde_json::to_string_pretty(&template.value()).unwrap_or_default(),
        ));
        out.push('\n');
    }
    out
}

fn comment(out: &mut String, text: &str) {
    let line = format!("# {}", one_line(text));
    out.push_str(line.trim_end());
    out.push('\n');
}

/// The Region of the stack that a change belongs to: a role's is that of its log group.
fn region_of(change: &Change) -> &str {
    let region = match &change.after {
        Resource::Role(role) => crate::aws::arn::region(&role.log_group_arn),
        other => other.region(),
    };
    region.unwrap_or_default()
}

/// Whether a topic that is there gets another policy and nothing else.
fn only_its_policy(change: &Change) -> bool {
    match (&change.before, &change.after) {
        (Some(Resource::Topic(before)), Resource::Topic(after)) => {
            before.kms_key_id == after.kms_key_id
        }
        _ => false,
    }
}

struct Template<'p> {
    plan: &'p Plan,
    account: &'p str,
    region: &'p str,
    parameters: Map<String, Value>,
    resources: Map<String, Value>,
    /// Texts that are references.
    whole: Vec<(String, Value)>,
}

impl<'p> Template<'p> {
    fn new(plan: &'p Plan, account: &'p str, region: &'p str) -> Self {
        let mut template = Self {
            plan,
            account,
            region,
            parameters: Map::new(),
            resources: Map::new(),
            whole: Vec::new(),
        };
        for (position, change) in plan.changes.iter().enumerate() {
            let here = change.after.account() == account && region_of(change) == region;
            let label = format!("{}{}", kind(&change.after), position + 1);
            match &change.after {
                Resource::Topic(it) if here && !only_its_policy(change) => {
                    template.whole.push((it.arn.clone(), json!({"Ref": label})));
                }
                Resource::Role(it) if here => {
                    let arn = json!({"Fn::GetAtt": [label, "Arn"]});
                    template.whole.push((it.arn.clone(), arn));
                }
                Resource::Key(it) if here && change.before.is_none() => {
                    let arn = json!({"Fn::GetAtt": [label, "Arn"]});
                    template.whole.push((it.id.clone(), arn));
                }
                Resource::LogGroup(it) if here => {
                    let arn = json!({"Fn::GetAtt": [label, "Arn"]});
                    template.whole.push((format!("{}:*", it.arn), arn));
                    template
                        .whole
                        .push((it.name.clone(), json!({"Ref": label})));
                }
                _ => {}
            }
        }
        template
    }

    /// A parameter of this name for a value; the same value gets the same parameter.
    fn parameter(&mut self, name: &str, about: &str, value: Option<&str>) -> Value {
        let mut label = name.to_owned();
        let mut count = 1;
        let default = value.map(Value::from);
        while let Some(known) = self.parameters.get(&label) {
            if known.get("Default") == default.as_ref() {
                return json!({"Ref": label});
            }
            count += 1;
            label = format!("{name}{count}");
        }
        let mut parameter = json!({"Type": "String", "Description": about});
        if let Some(default) = default {
            put(&mut parameter, "Default", default);
        }
        self.parameters.insert(label.clone(), parameter);
        json!({"Ref": label})
    }

    fn log_group(&mut self, name: &str) -> Value {
        match self.whole.iter().find(|(known, _)| known == name) {
            Some((_, reference)) => reference.clone(),
            None => self.parameter("LogGroup", "Log group of the trail", Some(name)),
        }
    }

    fn namespace(&mut self, name: &str) -> Value {
        self.parameter("Namespace", "Namespace of the metrics", Some(name))
    }

    /// The topic of an action.
    fn action(&mut self, action: &str) -> Value {
        if let Some((_, reference)) = self.whole.iter().find(|(known, _)| known == action) {
            return reference.clone();
        }
        let arn = Arn::parse(action);
        let Some(arn) = arn.filter(|arn| arn.service == "sns" && arn.account == self.account)
        else {
            return self.text(action);
        };
        self.parameter("Topic", "Topic of the alarms", Some(arn.resource));
        let label = self.parameters.iter().find(|(name, known)| {
            name.starts_with("Topic")
                && known.get("Default").and_then(Value::as_str) == Some(arn.resource)
        });
        let label = label.map_or("Topic", |(label, _)| label.as_str());
        let here = Location {
            partition: "${AWS::Partition}",
            region: "${AWS::Region}",
            account: "${AWS::AccountId}",
        };
        json!({"Fn::Sub": here.topic(&format!("${{{label}}}"))})
    }

    /// A text in which accounts, Regions and partitions of this place are pseudo parameters.
    fn text(&self, text: &str) -> Value {
        if let Some((_, reference)) = self.whole.iter().find(|(known, _)| known == text) {
            return reference.clone();
        }
        if !text.contains(self.account) {
            return json!(text);
        }
        // `${!` is a literal `${`.
        let mut shown = text
            .replace("${", "${!")
            .replace(self.account, "${AWS::AccountId}");
        if !self.region.is_empty() {
            let region = format!(":{}:", self.region);
            shown = shown.replace(&region, ":${AWS::Region}:");
        }
        json!({"Fn::Sub": shown})
    }

    fn value(&self) -> Value {
        let mut template = Map::new();
        template.insert("AWSTemplateFormatVersion".to_owned(), json!("2010-09-09"));
        if !self.parameters.is_empty() {
            template.insert("Parameters".to_owned(), self.parameters.clone().into());
        }
        template.insert("Resources".to_owned(), self.resources.clone().into());
        template.into()
    }

    fn document(&self, document: &Value) -> Value {
        match document {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().map(|item| self.document(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), self.document(value)))
                .collect(),
            other => other.clone(),
        }
    }

    fn policy(&self, text: Option<&String>) -> Value {
        let parsed = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
        parsed.map_or(Value::Null, |document| self.document(&document))
    }

    /// Adds the resources of a change, and says above the template what it is about.
    fn add(&mut self, plan: &Plan, position: usize, out: &mut String) {
        let Some(change) = self.plan.changes.get(position) else {
            return;
        };
        let label = format!("{}{}", kind(&change.after), position + 1);
        comment(
            out,
            &format!(
                "{label}: {} (for {})",
                head::title(change),
                head::serves(plan, position)
            ),
        );
        for line in difference::lines(change) {
            comment(out, &format!("  {line}"));
        }
        let Some((made, identifiers)) = self.made(change, &label) else {
            comment(
                out,
                "  CloudFormation has no resource for this: use the AWS CLI or the console",
            );
            return;
        };
        if change.before.is_some() && !identifiers.is_null() {
            comment(
                out,
                &format!("  exists: import it into the stack first, as {identifiers}"),
            );
        }
        if made.is_empty() {
            comment(out, "  a property of its rule");
        }
        for (name, kind, properties) in made {
            let resource = json!({
                "Type": kind,
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": properties,
            });
            self.resources.insert(name, resource);
        }
    }

    fn made(&mut self, change: &Change, label: &str) -> Option<(Made, Value)> {
        let one =
            |kind: &'static str, properties: Value| vec![(label.to_owned(), kind, properties)];
        Some(match &change.after {
            Resource::Bucket(it) => {
                let name = self.text(&it.name);
                let policy = self.document(&inputs(change, "put-bucket-policy", "Policy"));
                let mut made = one("AWS::S3::Bucket", json!({"BucketName": name}));
                made.push((
                    format!("{label}Policy"),
                    "AWS::S3::BucketPolicy",
                    json!({"Bucket": {"Ref": label}, "PolicyDocument": policy}),
                ));
                (made, json!({"BucketName": it.name}))
            }
            Resource::Role(it) => {
                let trust = inputs(change, "create-role", "AssumeRolePolicyDocument");
                let policy = inputs(change, "put-role-policy", "PolicyDocument");
                let properties = json!({
                    "RoleName": it.name,
                    "AssumeRolePolicyDocument": trust,
                    "Policies": [{
                        "PolicyName": calls::policy_name(it),
                        "PolicyDocument": self.document(&policy),
                    }],
                });
                (
                    one("AWS::IAM::Role", properties),
                    json!({"RoleName": it.name}),
                )
            }
            Resource::LogGroup(it) => {
                let name = self.parameter("LogGroup", "Log group of the trail", Some(&it.name));
                (
                    one("AWS::Logs::LogGroup", json!({"LogGroupName": name})),
                    json!({"LogGroupName": it.name}),
                )
            }
            Resource::Trail(it) => (self.trail(it, label), json!({"TrailName": it.name})),
            Resource::MetricFilter(it) => (
                one("AWS::Logs::MetricFilter", self.metric_filter(it)),
                json!({"LogGroupName": it.log_group, "FilterName": it.name}),
            ),
            Resource::Key(it) => {
                let policy = self.policy(it.policy.as_ref());
                let mut made = one(
                    "AWS::KMS::Key",
                    json!({"Enabled": it.enabled, "KeyPolicy": policy}),
                );
                if change.before.is_none() {
                    made.push((
                        format!("{label}Alias"),
                        "AWS::KMS::Alias",
                        json!({"AliasName": it.id, "TargetKeyId": {"Ref": label}}),
                    ));
                }
                (made, json!({"KeyId": it.arn}))
            }
            // The topic itself stays out of the stack, with all that a snapshot does not know of it.
            Resource::Topic(it) if only_its_policy(change) => {
                let properties = json!({
                    "Topics": [self.action(&it.arn)],
                    "PolicyDocument": self.policy(it.policy.as_ref()),
                });
                (one("AWS::SNS::TopicPolicy", properties), Value::Null)
            }
            Resource::Topic(it) => (self.topic(it, label), json!({"TopicArn": it.arn})),
            Resource::Subscription(it) => (
                one("AWS::SNS::Subscription", self.subscription(it)),
                json!({"Arn": it.arn}),
            ),
            Resource::Alarm(it) => {
                let kind = if it.composite {
                    "AWS::CloudWatch::CompositeAlarm"
                } else {
                    "AWS::CloudWatch::Alarm"
                };
                (one(kind, self.alarm(it)?), json!({"AlarmName": it.name}))
            }
            Resource::Rule(it) if change.before.is_none() => {
                (one("AWS::Events::Rule", self.rule(it)?), Value::Null)
            }
            // It is a property of its rule.
            Resource::Target(it) if self.makes_rule_of(it) => (Vec::new(), Value::Null),
            Resource::MuteRule(_) | Resource::Rule(_) | Resource::Target(_) => return None,
        })
    }

    /// A new rule with the targets that it is given.
    fn rule(&mut self, it: &Rule) -> Option<Value> {
        let plan = self.plan;
        let of_rule = |target: &Target| {
            (&target.account, &target.region, &target.bus, &target.rule)
                == (&it.account, &it.region, &it.bus, &it.name)
        };
        let mut targets = Vec::new();
        for change in &plan.changes {
            if let Resource::Target(target) = &change.after
                && of_rule(target)
            {
                let mut properties = Map::new();
                properties.insert("Id".to_owned(), self.text(&target.id));
                properties.insert("Arn".to_owned(), self.action(&target.arn));
                for (setting, value) in &target.settings {
                    properties.insert(setting.clone(), self.document(value));
                }
                targets.push(Value::Object(properties));
            }
        }
        let pattern: Value = serde_json::from_str(it.pattern.as_deref()?).ok()?;
        let mut properties = json!({
            "Name": self.text(&it.name),
            "EventBusName": it.bus,
            "State": it.state,
            "EventPattern": self.document(&pattern),
            "Targets": targets,
        });
        if let Some(role) = &it.role_arn {
            put(&mut properties, "RoleArn", self.text(role));
        }
        Some(properties)
    }

    /// Whether the rule of a target is made by the plan.
    fn makes_rule_of(&self, target: &Target) -> bool {
        let mut changes = self.plan.changes.iter();
        changes.any(|change| match &change.after {
            Resource::Rule(it) => {
                change.before.is_none()
                    && (&target.account, &target.region, &target.bus, &target.rule)
                        == (&it.account, &it.region, &it.bus, &it.name)
            }
            _ => false,
        })
    }

    fn metric_filter(&mut self, it: &MetricFilter) -> Value {
        let mut metric = json!({
            "MetricName": it.metric,
            "MetricNamespace": self.namespace(&it.namespace),
            "MetricValue": it.value,
        });
        if let Some(number) = &it.default_value {
            put(
                &mut metric,
                "DefaultValue",
                serde_json::from_str(number).unwrap_or_default(),
            );
        }
        if let Some(unit) = &it.unit {
            put(&mut metric, "Unit", json!(unit));
        }
        if !it.dimensions.is_empty() {
            let pairs = it
                .dimensions
                .iter()
                .map(|(key, value)| json!({"Key": key, "Value": value}));
            put(&mut metric, "Dimensions", pairs.collect());
        }
        let mut properties = json!({
            "FilterName": it.name,
            "FilterPattern": self.text(&it.pattern),
            "LogGroupName": self.log_group(&it.log_group),
            "MetricTransformations": [metric],
        });
        if it.on_transformed_logs == Some(true) {
            put(&mut properties, "ApplyOnTransformedLogs", json!(true));
        }
        if let Some(criteria) = &it.field_selection {
            put(&mut properties, "FieldSelectionCriteria", json!(criteria));
        }
        if !it.system_dimensions.is_empty() {
            put(
                &mut properties,
                "EmitSystemFieldDimensions",
                json!(it.system_dimensions),
            );
        }
        properties
    }

    fn topic(&mut self, it: &Topic, label: &str) -> Made {
        let name = self.parameter("Topic", "Topic of the alarms", Some(&it.name));
        let mut properties = json!({"TopicName": name});
        if let Some(key) = &it.kms_key_id {
            put(&mut properties, "KmsMasterKeyId", self.text(key));
        }
        let mut made = vec![(label.to_owned(), "AWS::SNS::Topic", properties)];
        if it.policy.is_some() {
            made.push((
                format!("{label}Policy"),
                "AWS::SNS::TopicPolicy",
                json!({
                    "Topics": [{"Ref": label}],
                    "PolicyDocument": self.policy(it.policy.as_ref()),
                }),
            ));
        }
        made
    }

    fn subscription(&mut self, it: &Subscription) -> Value {
        let endpoint = match it.protocol.as_str() {
            "email" => self.parameter("Email", "Address that is told", it.endpoint.as_deref()),
            _ => json!(it.endpoint),
        };
        let mut properties = json!({
            "TopicArn": self.action(&it.topic_arn),
            "Protocol": it.protocol,
            "Endpoint": endpoint,
        });
        if let Some(policy) = &it.filter_policy {
            put(
                &mut properties,
                "FilterPolicy",
                serde_json::from_str(policy).unwrap_or_default(),
            );
        }
        properties
    }

    fn alarm(&mut self, it: &Alarm) -> Option<Value> {
        let mut properties = Map::new();
        properties.insert("AlarmName".to_owned(), json!(it.name));
        for (setting, value) in &it.settings {
            let value = match setting.as_str() {
                // Of these CloudFormation knows nothing.
                "WarmUpConfiguration" | "EvaluationWindow" | "ActionConfiguration" => return None,
                "Namespace" => self.namespace(value.as_str().unwrap_or_default()),
                "AlarmActions" | "OKActions" | "InsufficientDataActions" => {
                    let actions = value.as_array().into_iter().flatten();
                    actions
                        .filter_map(Value::as_str)
                        .map(|action| self.action(action))
                        .collect()
                }
                _ => self.document(value),
            };
            properties.insert(setting.clone(), value);
        }
        Some(properties.into())
    }

    fn trail(&mut self, it: &Trail, label: &str) -> Made {
        let mut properties = json!({
            "TrailName": it.name,
            "IsLogging": it.logging,
            "IsMultiRegionTrail": it.multi_region,
            "IncludeGlobalServiceEvents": it.global_events,
            "IsOrganizationTrail": it.organization,
            "EnableLogFileValidation": it.validation,
        });
        let group = it.log_group_arn.as_ref().map(|arn| format!("{arn}:*"));
        for (property, value) in [
            ("S3BucketName", &it.bucket),
            ("S3KeyPrefix", &it.prefix),
            ("KMSKeyId", &it.kms_key_id),
            ("CloudWatchLogsLogGroupArn", &group),
            ("CloudWatchLogsRoleArn", &it.role_arn),
        ] {
            if let Some(value) = value {
                put(&mut properties, property, self.text(value));
            }
        }
        if !it.selectors.is_empty() {
            put(&mut properties, "EventSelectors", json!(it.selectors));
        }
        if !it.advanced_selectors.is_empty() {
            put(
                &mut properties,
                "AdvancedEventSelectors",
                json!(it.advanced_selectors),
            );
        }
        vec![(label.to_owned(), "AWS::CloudTrail::Trail", properties)]
    }
}

/// Resources: logical id, type and properties.
type Made = Vec<(String, &'static str, Value)>;

/// The beginning of a logical id.
fn kind(resource: &Resource) -> &'static str {
    match resource {
        Resource::Bucket(_) => "Bucket",
        Resource::Role(_) => "Role",
        Resource::LogGroup(_) => "LogGroup",
        Resource::Trail(_) => "Trail",
        Resource::MetricFilter(_) => "MetricFilter",
        Resource::Key(_) => "Key",
        Resource::Topic(_) => "AlarmTopic",
        Resource::Subscription(_) => "Subscription",
        Resource::Alarm(_) => "Alarm",
        Resource::MuteRule(_) => "MuteRule",
        Resource::Rule(_) => "Rule",
        Resource::Target(_) => "Target",
    }
}
