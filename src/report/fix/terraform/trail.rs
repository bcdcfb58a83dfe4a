//! The block of a trail, with its event selectors.

use serde_json::Value;

use super::Writer;
use crate::remedy::Change;
use crate::remedy::resource::Trail;
use crate::report::fix::hcl::Block;

impl Writer {
    pub(super) fn trail(&self, it: &Trail, change: &Change, mut block: Block) -> Block {
        let text = |text: &Option<String>| text.as_deref().map(|text| self.names.text(text));
        let group = it.log_group_arn.as_ref().map(|arn| format!("{arn}:*"));
        block.set("name", self.own_arn(&it.name));
        for (argument, value) in [
            ("s3_bucket_name", text(&it.bucket)),
            ("s3_key_prefix", text(&it.prefix)),
            ("kms_key_id", text(&it.kms_key_id)),
            ("cloud_watch_logs_group_arn", text(&group)),
            ("cloud_watch_logs_role_arn", text(&it.role_arn)),
        ] {
            if let Some(value) = value {
                block.set(argument, value);
            }
        }
        for (argument, value) in [
            ("is_multi_region_trail", it.multi_region),
            ("include_global_service_events", it.global_events),
            ("is_organization_trail", it.organization),
            ("enable_logging", it.logging),
            ("enable_log_file_validation", it.validation),
        ] {
            block.set(argument, value.to_string());
        }
        if change.before.is_none() {
            let policies = self.names.whole.iter().filter_map(|(_, reference)| {
                let label = reference
                    .strip_prefix("aws_s3_bucket.")?
                    .strip_suffix(".id")?;
                Some(format!("aws_s3_bucket_policy.{label}"))
            });
            let policies: Vec<String> = policies.collect();
            block.set("depends_on", format!("[{}]", policies.join(", ")));
        }
        for selector in &it.selectors {
            block.push(self.selector(selector));
        }
        for selector in &it.advanced_selectors {
            block.push(self.advanced_selector(selector));
        }
        block
    }

    fn selector(&self, selector: &Value) -> Block {
        let mut block = Block::new("event_selector", &[]);
        let mut resources = Vec::new();
        for (member, value) in selector.as_object().into_iter().flatten() {
            match member.as_str() {
                "ReadWriteType" => block.set("read_write_type", self.names.value(value)),
                "IncludeManagementEvents" => {
                    block.set("include_management_events", self.names.value(value))
                }
                "ExcludeManagementEventSources" => {
                    block.set("exclude_management_event_sources", self.names.value(value))
                }
                "DataResources" => {
                    resources.extend(value.as_array().into_iter().flatten());
                    continue;
                }
                _ => continue,
            };
        }
        for resource in resources {
            let mut inner = Block::new("data_resource", &[]);
            for (member, argument) in [("Type", "type"), ("Values", "values")] {
                if let Some(value) = resource.get(member) {
                    inner.set(argument, self.names.value(value));
                }
            }
            block.push(inner);
        }
        block
    }

    fn advanced_selector(&self, selector: &Value) -> Block {
        let mut block = Block::new("advanced_event_selector", &[]);
        if let Some(name) = selector.get("Name") {
            block.set("name", self.names.value(name));
        }
        let fields = selector.get("FieldSelectors").and_then(Value::as_array);
        for field in fields.into_iter().flatten() {
            let mut inner = Block::new("field_selector", &[]);
            for (member, argument) in [
                ("Field", "field"),
                ("Equals", "equals"),
                ("NotEquals", "not_equals"),
                ("StartsWith", "starts_with"),
                ("NotStartsWith", "not_starts_with"),
                ("EndsWith", "ends_with"),
                ("NotEndsWith", "not_ends_with"),
            ] {
                if let Some(value) = field.get(member) {
                    inner.set(argument, self.names.value(value));
                }
            }
            block.push(inner);
        }
        block
    }
}
