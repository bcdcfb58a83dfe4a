//! Facts: typed rows that are a pure function of the evidence.

use rusqlite::Connection;

use super::error::Result;

/// Every fact table, sorted.
pub(super) const TABLES: &[&str] = &[
    "absent",
    "account",
    "advanced_event_selector",
    "advanced_event_selector_field",
    "alarm",
    "alarm_action",
    "alarm_history",
    "alarm_metric",
    "alarm_state",
    "answered",
    "data_protection_policy",
    "event_rule",
    "event_selector",
    "event_target",
    "gap",
    "kms_key",
    "kms_key_policy",
    "log_group",
    "logs_account_policy",
    "metric_filter",
    "metric_transformation",
    "mute_rule",
    "mute_rule_target",
    "organization",
    "organization_account",
    "region",
    "subscription",
    "subscription_attributes",
    "subscription_filter",
    "topic",
    "trail",
    "trail_delivery",
    "trail_region",
    "trail_status",
    "transformer",
];

/// Tables that change without any change of configuration; left out of the facts digest.
pub(super) const VOLATILE_TABLES: &[&str] = &["alarm_history", "alarm_state", "trail_delivery"];

/// Columns that change without any change of configuration; left out of the facts digest, as `evidence_id` is.
pub(super) const VOLATILE_COLUMNS: &[(&str, &str)] = &[
    // The session name of an assumed role differs from run to run, and errors repeat it.
    ("account", "caller_arn"),
    ("gap", "message"),
    // Scheduled, active or expired: what the clock says.
    ("mute_rule", "status"),
];

/// Empties every fact table.
pub(super) fn clear(connection: &Connection) -> Result<()> {
    for table in TABLES {
        connection.execute(&format!("delete from {table}"), [])?;
    }
    Ok(())
}

/// Derives every fact from the evidence in `source` into `target`.
pub(super) fn derive(_source: &Connection, _target: &Connection) -> Result<()> {
    Ok(())
}
