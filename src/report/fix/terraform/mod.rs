//! A Terraform configuration: a resource block for each change, with an `import` block for what is there already, so that
//! applying it changes what differs and creates nothing twice.
//!
//! Accounts are never written: they come from the credentials. Names that people like to choose are variables.

mod kept;
mod names;
mod trail;

use serde_json::{Map, Value, json};

use super::hcl::{Block, Names};
use super::{calls, difference, head};
use crate::remedy::resource::{Alarm, MetricFilter, Rule, Target};
use crate::remedy::{Change, Plan, Resource};
use crate::report::printable::one_line;
use kept::kept;
use names::{accounts, has_block, labels, names, place, places, rules, variables};

/// The settings of a metric alarm by argument.
const ALARM: [(&str, &str); 17] = [
    ("AlarmDescription", "alarm_description"),
    ("ActionsEnabled", "actions_enabled"),
    ("AlarmActions", "alarm_actions"),
    ("OKActions", "ok_actions"),
    ("InsufficientDataActions", "insufficient_data_actions"),
    ("Namespace", "namespace"),
    ("MetricName", "metric_name"),
    ("Statistic", "statistic"),
    ("ExtendedStatistic", "extended_statistic"),
    ("Period", "period"),
    ("Unit", "unit"),
    ("EvaluationPeriods", "evaluation_periods"),
    ("DatapointsToAlarm", "datapoints_to_alarm"),
    ("Threshold", "threshold"),
    ("ComparisonOperator", "comparison_operator"),
    ("TreatMissingData", "treat_missing_data"),
    (
        "EvaluateLowSampleCountPercentile",
        "evaluate_low_sample_count_percentiles",
    ),
];

/// The settings of a target of a rule by argument.
const TARGET: [(&str, &str); 3] = [
    ("RoleArn", "role_arn"),
    ("Input", "input"),
    ("InputPath", "input_path"),
];

/// What makes the message of a target, by argument.
const TRANSFORMER: [(&str, &str); 2] = [
    ("InputPathsMap", "input_paths"),
    ("InputTemplate", "input_template"),
];

/// The configuration of a plan.
pub(super) fn configuration(plan: &Plan) -> String {
    let mut out = String::new();
    for line in head::lines(plan) {
        comment(&mut out, &line);
    }
    if plan.changes.is_empty() {
        return out;
    }
    let places = places(plan);
    let writer = Writer {
        labels: labels(plan),
        rules: rules(plan),
        names: names(plan, &places),
        places,
    };
    if writer.accounts().len() > 1 {
        comment(
            &mut out,
            "Several accounts are changed: give a profile of the AWS configuration for each.",
        );
    }
    if plan.changes.iter().any(takes_over) {
        comment(
            &mut out,
            "Terraform takes over what has come since the snapshot under the name of an alarm, metric filter, rule or topic that it",
        );
        comment(
            &mut out,
            "creates: collect right before it is applied, or run the script (`--format aws-cli`) with the argument `look`.",
        );
    }
    let mut blocks = writer.preface(plan);
    for (position, change) in plan.changes.iter().enumerate() {
        blocks.extend(writer.blocks(plan, position, change));
    }
    for (above, block) in blocks {
        out.push('\n');
        above.iter().for_each(|line| comment(&mut out, line));
        if let Some(block) = block {
            block.write(&mut out, 0);
        }
    }
    out
}

/// Whether it creates something by a call that replaces what has the same name.
fn takes_over(change: &Change) -> bool {
    change.before.is_none()
        && matches!(
            change.after,
            Resource::MetricFilter(_)
                | Resource::Topic(_)
                | Resource::Alarm(_)
                | Resource::Rule(_)
                | Resource::Target(_)
        )
}

fn comment(out: &mut String, text: &str) {
    let line = format!("# {}", one_line(text));
    out.push_str(line.trim_end());
    out.push('\n');
}

/// A block with the comment above it; or a comment alone.
type Part = (Vec<String>, Option<Block>);

struct Writer {
    places: Vec<(String, String)>,
    labels: Vec<String>,
    names: Names,
    /// The rules of the configuration, and their labels.
    rules: Vec<(Rule, String)>,
}

impl Writer {
    fn accounts(&self) -> Vec<(String, String)> {
        accounts(&self.places)
    }

    /// The alias of the provider of a place.
    fn provider(&self, place: &(String, String)) -> String {
        let accounts = self.accounts();
        let number = accounts.iter().position(|(account, _)| *account == place.0);
        let region: String = place
            .1
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .map(|c| if c == '-' { '_' } else { c })
            .collect();
        match accounts.len() {
            1 => region,
            _ => format!("account_{}_{region}", number.unwrap_or_default() + 1),
        }
    }

    /// Variables, providers, and the accounts of the credentials.
    fn preface(&self, plan: &Plan) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let mut aws = Block::new("required_providers", &[]);
        aws.set(
            "aws",
            "{\n  source  = \"hashicorp/aws\"\n  version = \">= 5.0\"\n}",
        );
        let mut terraform = Block::new("terraform", &[]);
        terraform.set("required_version", "\">= 1.6\"").push(aws);
        parts.push((Vec::new(), Some(terraform)));
        for (name, about, value) in variables(plan) {
            let mut block = Block::new("variable", &[&name]);
            block
                .set("type", "string")
                .set("description", format!("\"{about}\""));
            if let Some(value) = value {
                block.set("default", Names::default().text(&value));
            }
            parts.push((Vec::new(), Some(block)));
        }
        let many = self.accounts().len() > 1;
        for position in 1..=self.accounts().len() {
            if many {
                let mut block = Block::new("variable", &[&format!("profile_{position}")]);
                block.set("type", "string").set(
                    "description",
                    "\"Profile of the AWS configuration for this account.\"",
                );
                parts.push((Vec::new(), Some(block)));
            }
        }
        for place in &self.places {
            let mut block = Block::new("provider", &["aws"]);
            block
                .set("alias", format!("\"{}\"", self.provider(place)))
                .set("region", Names::default().text(&place.1));
            if many && let Some(number) = self.number(&place.0) {
                block.set("profile", format!("var.profile_{number}"));
            }
            parts.push((Vec::new(), Some(block)));
        }
        for (account, _) in self.accounts() {
            let Some(place) = self.places.iter().find(|place| place.0 == account) else {
                continue;
            };
            let number = self.number(&account).unwrap_or_default();
            let mut block = Block::new(
                "data",
                &["aws_caller_identity", &format!("account_{number}")],
            );
            block.set("provider", format!("aws.{}", self.provider(place)));
            parts.push((Vec::new(), Some(block)));
        }
        parts
    }

    fn number(&self, account: &str) -> Option<usize> {
        let accounts = self.accounts();
        let position = accounts.iter().position(|(known, _)| known == account)?;
        Some(position + 1)
    }

    /// The blocks of a change, with its import where it exists.
    fn blocks(&self, plan: &Plan, position: usize, change: &Change) -> Vec<Part> {
        let label = self.labels.get(position).map_or("x", String::as_str);
        let mut above = vec![format!(
            "{} (for {})",
            head::title(change),
            head::serves(plan, position)
        )];
        above.extend(
            difference::lines(change)
                .into_iter()
                .map(|line| format!("  {line}")),
        );
        let provider = format!("aws.{}", self.provider(&place(change)));
        let resource = |kind: &str, label: &str| {
            let mut block = Block::new("resource", &[kind, label]);
            block.set("provider", provider.clone());
            block
        };
        let Some(made) = self.made(change, label, &resource) else {
            above.push(
                "  the AWS provider has no resource for this: use the AWS CLI or the console"
                    .to_owned(),
            );
            return vec![(above, None)];
        };
        let mut parts: Vec<Part> = Vec::new();
        for (kind, id, mut block) in made {
            if change.before.is_some()
                && let Some(id) = id
            {
                let mut import = Block::new("import", &[]);
                import
                    .set("to", format!("{kind}.{label}"))
                    .set("id", id)
                    .set("provider", provider.clone());
                parts.push((std::mem::take(&mut above), Some(import)));
                if let Some(kept) = kept(kind) {
                    let mut lifecycle = Block::new("lifecycle", &[]);
                    lifecycle.set("ignore_changes", kept);
                    block.push(lifecycle);
                }
            }
            parts.push((std::mem::take(&mut above), Some(block)));
        }
        parts
    }

    /// The resource blocks of a change: kind, the id under which it is imported, and the block.
    fn made(
        &self,
        change: &Change,
        label: &str,
        resource: &dyn Fn(&str, &str) -> Block,
    ) -> Option<Vec<(&'static str, Option<String>, Block)>> {
        let text = |text: &str| self.names.text(text);
        let mut out = Vec::new();
        match &change.after {
            Resource::Bucket(it) => {
                let mut block = resource("aws_s3_bucket", label);
                block.set(
                    "bucket",
                    Names {
                        whole: Vec::new(),
                        part: self.names.part.clone(),
                    }
                    .text(&it.name),
                );
                out.push(("aws_s3_bucket", None, block));
                let mut policy = resource("aws_s3_bucket_policy", label);
                policy
                    .set("bucket", text(&it.name))
                    .set("policy", self.document(&bucket_policy(change)));
                out.push(("aws_s3_bucket_policy", None, policy));
            }
            Resource::Role(it) => {
                let [trust, policy] = role_policies(change);
                let mut block = resource("aws_iam_role", label);
                block
                    .set("name", Names::default().text(&it.name))
                    .set("assume_role_policy", self.document(&trust));
                out.push(("aws_iam_role", None, block));
                let mut inline = resource("aws_iam_role_policy", label);
                inline
                    .set("name", text(&calls::policy_name(it)))
                    .set("role", format!("aws_iam_role.{label}.id"))
                    .set("policy", self.document(&policy));
                out.push(("aws_iam_role_policy", None, inline));
            }
            Resource::LogGroup(it) => {
                let mut block = resource("aws_cloudwatch_log_group", label);
                block.set("name", self.own_name(&it.name));
                out.push(("aws_cloudwatch_log_group", None, block));
            }
            Resource::Trail(it) => out.push((
                "aws_cloudtrail",
                Some(text(&it.arn)),
                self.trail(it, change, resource("aws_cloudtrail", label)),
            )),
            Resource::MetricFilter(it) => out.push((
                "aws_cloudwatch_log_metric_filter",
                Some(
                    Names {
                        whole: Vec::new(),
                        part: self.names.part.clone(),
                    }
                    .text(&format!("{}:{}", it.log_group, it.name)),
                ),
                self.metric_filter(it, resource("aws_cloudwatch_log_metric_filter", label))?,
            )),
            Resource::Key(it) => {
                let mut block = resource("aws_kms_key", label);
                block
                    .set("policy", self.policy(it.policy.as_deref()))
                    .set("is_enabled", it.enabled.to_string());
                out.push(("aws_kms_key", it.key_id().map(text), block));
                if change.before.is_none() {
                    let mut alias = resource("aws_kms_alias", label);
                    alias
                        .set("name", Names::default().text(&it.id))
                        .set("target_key_id", format!("aws_kms_key.{label}.key_id"));
                    out.push(("aws_kms_alias", None, alias));
                }
            }
            Resource::Topic(it) => {
                let known = match &change.before {
                    Some(Resource::Topic(known)) => Some(known),
                    _ => None,
                };
                let arn = self.own_arn(&it.arn);
                let whole = has_block(it, change.before.as_ref());
                if whole {
                    let mut block = resource("aws_sns_topic", label);
                    block.set("name", self.own_name(&it.name));
                    if let Some(key) = &it.kms_key_id {
                        block.set("kms_master_key_id", text(key));
                    }
                    out.push(("aws_sns_topic", Some(arn.clone()), block));
                }
                if it.policy.is_some() && known.is_none_or(|known| known.policy != it.policy) {
                    let of = format!("aws_sns_topic.{label}.arn");
                    let mut policy = resource("aws_sns_topic_policy", label);
                    policy
                        .set("arn", if whole { of } else { arn.clone() })
                        .set("policy", self.policy(it.policy.as_deref()));
                    out.push(("aws_sns_topic_policy", Some(arn), policy));
                }
            }
            Resource::Subscription(it) => {
                let mut block = resource("aws_sns_topic_subscription", label);
                let given = it.endpoint.as_deref().map_or("var.email".to_owned(), text);
                block
                    .set("topic_arn", text(&it.topic_arn))
                    .set("protocol", text(&it.protocol))
                    .set("endpoint", given);
                if let Some(policy) = &it.filter_policy {
                    block.set("filter_policy", self.policy(Some(policy)));
                }
                out.push((
                    "aws_sns_topic_subscription",
                    it.arn.as_deref().map(|arn| self.own_arn(arn)),
                    block,
                ));
            }
            Resource::Alarm(it) if it.composite => {
                let mut block = resource("aws_cloudwatch_composite_alarm", label);
                block.set("alarm_name", text(&it.name));
                for (setting, argument) in
                    ALARM.iter().take(5).chain(&[("AlarmRule", "alarm_rule")])
                {
                    if let Some(value) = it.settings.get(*setting) {
                        block.set(argument, self.names.value(value));
                    }
                }
                out.push((
                    "aws_cloudwatch_composite_alarm",
                    Some(text(&it.name)),
                    block,
                ));
            }
            Resource::Alarm(it) => out.push((
                "aws_cloudwatch_metric_alarm",
                Some(text(&it.name)),
                self.alarm(it, resource("aws_cloudwatch_metric_alarm", label))?,
            )),
            Resource::Rule(it) => {
                let mut block = resource("aws_cloudwatch_event_rule", label);
                block
                    .set("name", self.own_arn(&it.name))
                    .set("event_bus_name", self.own_arn(&it.bus))
                    .set("state", text(&it.state));
                for (argument, value) in [
                    ("event_pattern", &it.pattern),
                    ("schedule_expression", &it.schedule),
                    ("role_arn", &it.role_arn),
                ] {
                    if let Some(value) = value {
                        block.set(argument, text(value));
                    }
                }
                let id = self.own_arn(&format!("{}/{}", it.bus, it.name));
                out.push(("aws_cloudwatch_event_rule", Some(id), block));
            }
            Resource::Target(it) => {
                let mut block = resource("aws_cloudwatch_event_target", label);
                block
                    .set("rule", self.rule_of(it))
                    .set("event_bus_name", self.own_arn(&it.bus))
                    .set("target_id", self.own_arn(&it.id))
                    .set("arn", text(&it.arn));
                for (setting, argument) in TARGET {
                    if let Some(value) = it.settings.get(setting) {
                        block.set(argument, self.names.value(value));
                    }
                }
                if let Some(transformer) = it.settings.get("InputTransformer") {
                    let mut inner = Block::new("input_transformer", &[]);
                    for (member, argument) in TRANSFORMER {
                        if let Some(value) = transformer.get(member) {
                            inner.set(argument, self.names.value(value));
                        }
                    }
                    block.push(inner);
                }
                out.push(("aws_cloudwatch_event_target", None, block));
            }
            Resource::MuteRule(_) => return None,
        }
        Some(out)
    }

    /// The name of what is created here: the variable, where there is one.
    fn own_name(&self, name: &str) -> String {
        let variable = self
            .names
            .whole
            .iter()
            .find(|(known, reference)| known == name && reference.starts_with("var."));
        variable.map_or_else(|| Names::default().text(name), |(_, it)| it.clone())
    }

    /// The name of a target's rule: by the rule's block, where it has one.
    fn rule_of(&self, target: &Target) -> String {
        let key = |account, region, bus, name| [account, region, bus, name].map(String::as_str);
        let wanted = key(&target.account, &target.region, &target.bus, &target.rule);
        let mut rules = self.rules.iter();
        let known = rules.find(|(it, _)| key(&it.account, &it.region, &it.bus, &it.name) == wanted);
        known.map_or_else(
            || self.own_arn(&target.rule),
            |(_, label)| format!("aws_cloudwatch_event_rule.{label}.name"),
        )
    }

    /// An ARN by its account alone.
    fn own_arn(&self, arn: &str) -> String {
        let accounts = Names {
            whole: Vec::new(),
            part: self.names.part.clone(),
        };
        accounts.text(arn)
    }

    fn document(&self, document: &Value) -> String {
        format!("jsonencode({})", self.names.value(document))
    }

    /// A policy that is kept as text.
    fn policy(&self, text: Option<&str>) -> String {
        match text.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
            Some(document) => self.document(&document),
            None => "null".to_owned(),
        }
    }

    fn metric_filter(&self, it: &MetricFilter, mut block: Block) -> Option<Block> {
        // Of these the provider knows nothing.
        if it.field_selection.is_some()
            || !it.system_dimensions.is_empty()
            || it.on_transformed_logs == Some(true)
        {
            return None;
        }
        block
            .set("name", self.own_arn(&it.name))
            .set("log_group_name", self.names.text(&it.log_group))
            .set("pattern", self.own_arn(&it.pattern));
        let mut metric = Block::new("metric_transformation", &[]);
        metric
            .set("name", self.own_arn(&it.metric))
            .set("namespace", self.names.text(&it.namespace))
            .set("value", self.own_arn(&it.value));
        if let Some(number) = &it.default_value {
            metric.set("default_value", self.own_arn(number));
        }
        if let Some(unit) = &it.unit {
            metric.set("unit", self.own_arn(unit));
        }
        if !it.dimensions.is_empty() {
            metric.set("dimensions", self.names.value(&json!(it.dimensions)));
        }
        block.push(metric);
        Some(block)
    }

    fn alarm(&self, it: &Alarm, mut block: Block) -> Option<Block> {
        block.set("alarm_name", self.own_arn(&it.name));
        for (setting, argument) in ALARM {
            if let Some(value) = it.settings.get(setting) {
                block.set(argument, self.names.value(value));
            }
        }
        let pairs = it.settings.get("Dimensions").and_then(Value::as_array);
        let pairs: Map<String, Value> = pairs
            .into_iter()
            .flatten()
            .filter_map(|pair| {
                Some((
                    pair.get("Name")?.as_str()?.to_owned(),
                    pair.get("Value")?.clone(),
                ))
            })
            .collect();
        if !pairs.is_empty() {
            block.set("dimensions", self.names.value(&pairs.into()));
        }
        // Queries, bands and windows are settings that the provider has in part, or not at all.
        let rest = [
            "Metrics",
            "EvaluationCriteria",
            "EvaluationWindow",
            "WarmUpConfiguration",
        ];
        rest.iter()
            .all(|setting| !it.settings.contains_key(*setting))
            .then_some(block)
    }
}

/// The policy of a new bucket, as the calls have it.
fn bucket_policy(change: &Change) -> Value {
    inputs(change, "put-bucket-policy", "Policy")
}

/// Who may assume a new role, and what it may do.
fn role_policies(change: &Change) -> [Value; 2] {
    [
        inputs(change, "create-role", "AssumeRolePolicyDocument"),
        inputs(change, "put-role-policy", "PolicyDocument"),
    ]
}

/// A document in the input of one of the calls of a change.
pub(super) fn inputs(change: &Change, operation: &str, member: &str) -> Value {
    super::calls::steps(change)
        .into_iter()
        .filter_map(|step| match step.action {
            super::calls::Action::Calls(calls) => Some(calls),
            _ => None,
        })
        .flatten()
        .find(|call| call.operation == operation)
        .and_then(|call| {
            let text = call.input.get(member)?.as_str()?.to_owned();
            serde_json::from_str(&text).ok()
        })
        .unwrap_or_default()
}
