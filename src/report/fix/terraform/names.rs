//! What resources and what they stand on are called in the configuration: labels, variables, accounts.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::aws::arn::Arn;
use crate::remedy::resource::{Rule, Topic};
use crate::remedy::{Change, Plan, Resource};
use crate::report::fix::hcl::Names;
use crate::report::fix::head::name;

/// Account and Region of each change; a role's is that of its log group.
pub(super) fn place(change: &Change) -> (String, String) {
    let region = match &change.after {
        Resource::Role(role) => crate::aws::arn::region(&role.log_group_arn),
        other => other.region(),
    };
    (
        change.after.account().to_owned(),
        region.unwrap_or_default().to_owned(),
    )
}

pub(super) fn places(plan: &Plan) -> Vec<(String, String)> {
    let places: BTreeSet<(String, String)> = plan.changes.iter().map(place).collect();
    places.into_iter().collect()
}

/// A name of Terraform for each change: what its resource is called, in letters that Terraform takes.
pub(super) fn labels(plan: &Plan) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut labels = Vec::new();
    for change in &plan.changes {
        let account = change.after.account();
        let name = match account.is_empty() {
            true => name(&change.after).to_owned(),
            // A label is no place for an account id either.
            false => name(&change.after).replace(account, "account"),
        };
        let name: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '_'
                }
            })
            .collect();
        let name = name.trim_matches('_');
        let mut base: String = match name.chars().next() {
            Some(first) if first.is_ascii_alphabetic() => name.to_owned(),
            _ => format!("x_{name}"),
        };
        if matches!(change.after, Resource::Subscription(_)) {
            "subscriber".clone_into(&mut base);
        }
        let mut label = base.clone();
        let mut count = 1;
        let kind = change.after.key().0;
        while !taken.insert((kind, label.clone())) {
            count += 1;
            label = format!("{base}_{count}");
        }
        labels.push(label);
    }
    labels
}

/// The rules of a plan with their names in the configuration.
pub(super) fn rules(plan: &Plan) -> Vec<(Rule, String)> {
    let named = plan.changes.iter().zip(labels(plan));
    let rules = named.filter_map(|(change, label)| match &change.after {
        Resource::Rule(rule) => Some((rule.clone(), label)),
        _ => None,
    });
    rules.collect()
}

/// Variables: their name, description, type and default.
pub(super) fn variables(plan: &Plan) -> Vec<(String, &'static str, Option<String>)> {
    let mut found: Vec<(String, &'static str, Option<String>)> = Vec::new();
    let mut add = |name: &str, about: &'static str, value: Option<&str>| {
        let value = value.map(str::to_owned);
        if found
            .iter()
            .any(|(known, _, it)| known.starts_with(name) && *it == value)
        {
            return;
        }
        let same = found
            .iter()
            .filter(|(known, ..)| known.starts_with(name))
            .count();
        let name = match same {
            0 => name.to_owned(),
            more => format!("{name}_{}", more + 1),
        };
        found.push((name, about, value));
    };
    for change in &plan.changes {
        match &change.after {
            Resource::LogGroup(it) => add("log_group", "Log group of the trail.", Some(&it.name)),
            Resource::MetricFilter(it) => {
                add("log_group", "Log group of the trail.", Some(&it.log_group));
                add(
                    "namespace",
                    "Namespace of the metrics.",
                    Some(&it.namespace),
                );
            }
            Resource::Alarm(it) => {
                let text = |name: &str| it.settings.get(name).and_then(Value::as_str);
                if let Some(namespace) = text("Namespace") {
                    add("namespace", "Namespace of the metrics.", Some(namespace));
                }
            }
            Resource::Topic(it) => add("topic", "Topic of the alarms.", Some(&it.name)),
            Resource::Subscription(it) if it.protocol == "email" => {
                add("email", "Address that is told.", it.endpoint.as_deref());
            }
            _ => {}
        }
    }
    for topic in topics_named(plan) {
        add("topic", "Topic of the alarms.", Some(&topic));
    }
    found
}

/// Names of the topics that new or changed alarms act on.
fn topics_named(plan: &Plan) -> BTreeSet<String> {
    topic_arns(plan)
        .iter()
        .filter_map(|arn| Arn::parse(arn))
        .filter(|arn| arn.service == "sns")
        .map(|arn| arn.resource.to_owned())
        .collect()
}

/// Whether a topic has a block of its own: of one that is there, only what changes is taken over.
pub(super) fn has_block(it: &Topic, before: Option<&Resource>) -> bool {
    match before {
        Some(Resource::Topic(known)) => known.kms_key_id != it.kms_key_id,
        _ => true,
    }
}

/// What stands for names: references to what is created here, variables, and accounts by their credentials.
pub(super) fn names(plan: &Plan, places: &[(String, String)]) -> Names {
    let mut names = Names::default();
    let labels = labels(plan);
    for (change, label) in plan.changes.iter().zip(&labels) {
        match &change.after {
            Resource::Topic(it) if has_block(it, change.before.as_ref()) => names
                .whole
                .push((it.arn.clone(), format!("aws_sns_topic.{label}.arn"))),
            Resource::Role(it) => names
                .whole
                .push((it.arn.clone(), format!("aws_iam_role.{label}.arn"))),
            Resource::Bucket(it) => names
                .whole
                .push((it.name.clone(), format!("aws_s3_bucket.{label}.id"))),
            // What it encrypts names it by its ARN, whatever its alias: so AWS shows it.
            Resource::Key(it) if change.before.is_none() => names
                .whole
                .push((it.id.clone(), format!("aws_kms_key.{label}.arn"))),
            Resource::LogGroup(it) => {
                let group = format!("aws_cloudwatch_log_group.{label}");
                names.whole.push((it.name.clone(), format!("{group}.name")));
                names
                    .whole
                    .push((format!("{}:*", it.arn), format!("\"${{{group}.arn}}:*\"")));
            }
            _ => {}
        }
    }
    for (name, _, value) in variables(plan) {
        let Some(value) = value else { continue };
        if name.starts_with("topic") {
            // A topic is named by its ARN, which ends with the name.
            let ends: Vec<(String, String)> = topic_arns(plan)
                .into_iter()
                .filter(|arn| Arn::parse(arn).is_some_and(|it| it.resource == value))
                .filter(|arn| !names.whole.iter().any(|(known, _)| known == arn))
                .map(|arn| {
                    let head = arn.strip_suffix(&value).unwrap_or_default().to_owned();
                    let accounts = Names {
                        whole: Vec::new(),
                        part: accounts(places),
                    };
                    let head = accounts.text(&head);
                    let head = head.trim_end_matches('"').to_owned();
                    (arn, format!("{head}${{var.{name}}}\""))
                })
                .collect();
            names.whole.extend(ends);
        } else if !names.whole.iter().any(|(known, _)| *known == value) {
            names.whole.push((value, format!("var.{name}")));
        }
    }
    names.part = accounts(places);
    names
}

fn topic_arns(plan: &Plan) -> BTreeSet<String> {
    let arns = plan
        .changes
        .iter()
        .filter_map(|change| match &change.after {
            Resource::Alarm(it) => it.settings.get("AlarmActions").and_then(Value::as_array),
            _ => None,
        });
    arns.flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Accounts and where they come from.
pub(super) fn accounts(places: &[(String, String)]) -> Vec<(String, String)> {
    let accounts: BTreeSet<&str> = places.iter().map(|(account, _)| account.as_str()).collect();
    accounts
        .into_iter()
        .filter(|account| !account.is_empty())
        .enumerate()
        .map(|(position, account)| {
            let reference = format!(
                "data.aws_caller_identity.account_{}.account_id",
                position + 1
            );
            (account.to_owned(), reference)
        })
        .collect()
}
