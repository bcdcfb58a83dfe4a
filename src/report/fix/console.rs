//! The steps of a plan in the console of AWS, as Markdown: where to go, and which fields to set.

use std::fmt::Write as _;

use serde_json::Value;

use super::{difference, head};
use crate::remedy::{Change, Plan, Resource};
use crate::report::marked;
use crate::report::printable::one_line;

/// The steps of a plan.
pub(super) fn steps(plan: &Plan) -> String {
    let mut out = String::new();
    for line in head::lines(plan) {
        let _ = writeln!(out, "- {}", marked::sentence(line.trim()));
    }
    for (position, change) in plan.changes.iter().enumerate() {
        let place = match change.after.region() {
            Some(region) => format!("in account {}, Region {region}", change.after.account()),
            None => format!("in account {}", change.after.account()),
        };
        let title = marked::sentence(&head::title(change));
        let _ = writeln!(out, "\n{}. {title}", position + 1);
        let serves = head::serves(plan, position);
        let _ = writeln!(
            out,
            "   - {}: {}",
            marked::sentence(&place),
            marked::sentence(&way(change))
        );
        if !serves.is_empty() {
            let _ = writeln!(out, "   - for {}", marked::sentence(&format!("`{serves}`")));
        }
        fields(&mut out, change);
    }
    out
}

/// Where in the console.
fn way(change: &Change) -> String {
    let name = head::name(&change.after);
    let new = change.before.is_none();
    match &change.after {
        Resource::Bucket(_) => {
            format!("S3, Create bucket `{name}`; then its tab Permissions, Bucket policy")
        }
        Resource::Role(_) if new => format!(
            "IAM, Roles, Create role `{name}` with a custom trust policy; then Add permissions, Create inline policy"
        ),
        Resource::Role(_) => format!("IAM, Roles, `{name}`, Permissions"),
        Resource::LogGroup(_) => {
            format!("CloudWatch, Log groups, Create log group `{name}`, class Standard")
        }
        Resource::Trail(_) if new => {
            format!("CloudTrail, Trails, Create trail `{name}`, with CloudWatch Logs enabled")
        }
        Resource::Trail(_) => format!("CloudTrail, Trails, `{name}`, Edit, or Start logging"),
        Resource::MetricFilter(filter) => format!(
            "CloudWatch, Log groups, `{}`, Metric filters, {}",
            filter.log_group,
            if new {
                "Create metric filter".to_owned()
            } else {
                format!("`{name}`, Edit")
            }
        ),
        Resource::Key(_) if new => format!(
            "KMS, Customer managed keys, Create key, symmetric, alias `{name}`; then Key policy"
        ),
        Resource::Key(_) => format!(
            "KMS, Customer managed keys, `{name}`, Key policy, and Enable where it is disabled"
        ),
        Resource::Topic(_) if new => {
            format!("SNS, Topics, Create topic `{name}`, Standard; Access policy, Advanced")
        }
        Resource::Topic(_) => format!("SNS, Topics, `{name}`, Edit, Access policy or Encryption"),
        Resource::Subscription(_) if new => format!(
            "SNS, Subscriptions, Create subscription, Endpoint {}; then somebody confirms it from the mailbox",
            head::address(change.after.name())
        ),
        Resource::Subscription(_) => format!(
            "SNS, Subscriptions, `{name}`: Edit, Subscription filter policy; or Request confirmation, and somebody confirms it from the mailbox"
        ),
        Resource::Alarm(_) if new => format!("CloudWatch, All alarms, Create alarm `{name}`"),
        Resource::Alarm(_) => {
            format!("CloudWatch, All alarms, `{name}`, Actions, Edit or Alarm actions")
        }
        Resource::MuteRule(_) => format!("CloudWatch, Alarms, Alarm mute rules, `{name}`, Edit"),
        Resource::Rule(rule) => format!(
            "EventBridge, Rules, event bus `{}`, `{name}`, Enable or Edit",
            rule.bus
        ),
        Resource::Target(target) => format!(
            "EventBridge, Rules, event bus `{}`, `{}`, Targets, Edit",
            target.bus, target.rule
        ),
    }
}

/// The fields to set: of what exists those that differ.
fn fields(out: &mut String, change: &Change) {
    let mut lines = if change.before.is_some() {
        difference::lines(change)
    } else {
        let mut fields = change.after.fields();
        if let Some(Value::Object(settings)) = fields.remove("settings") {
            fields.extend(settings);
        }
        let shown = fields.iter().filter(|(name, value)| {
            let empty = value.is_null()
                || value.as_array().is_some_and(Vec::is_empty)
                || value.as_object().is_some_and(serde_json::Map::is_empty);
            !empty && !["resource", "account", "region"].contains(&name.as_str())
        });
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        shown
            .map(|(name, value)| format!("{name}: {}", text(value)))
            .collect()
    };
    if lines.is_empty() {
        lines.push("nothing to set".to_owned());
    }
    // A fence longer than any in the data.
    let longest = lines
        .iter()
        .flat_map(|line| line.split(|c| c != '`'))
        .map(str::len)
        .max();
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    let _ = writeln!(out, "\n   {fence}text");
    for line in lines {
        let _ = writeln!(out, "   {}", one_line(&line));
    }
    let _ = writeln!(out, "   {fence}");
}
