//! Facts: typed rows that are a pure function of the evidence, and of nothing else.
//!
//! Evidence rows are gathered into asks (one question, with its pages and repetitions: `asks`), each ask is settled as
//! answered, absent or a gap, and one file a service turns its pages into rows. Rows come out the same whatever the
//! order of the calls was. Nothing here judges what the rows mean.

mod account;
mod alarm_settings;
mod asks;
mod cloudtrail;
mod cloudwatch;
mod events;
mod item;
mod kms;
mod logs;
mod sink;
mod sns;
mod telemetry;

#[cfg(test)]
mod tests;

use rusqlite::Connection;

pub use alarm_settings::{ALARM_SETTINGS, Form, Of, Setting};

use super::error::Result;
use super::evidence::Budget;
use asks::{Ask, AskEnd};
use item::Fault;
use sink::Sink;

/// Every fact table, sorted.
pub const TABLES: &[&str] = &[
    "absent",
    "account",
    "advanced_event_selector",
    "advanced_event_selector_field",
    "alarm",
    "alarm_action",
    "alarm_history",
    "alarm_metric",
    "alarm_state",
    "alarm_state_history",
    "answered",
    "channel",
    "data_protection_policy",
    "event_bus",
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
    "telemetry_rule",
    "topic",
    "trail",
    "trail_delivery",
    "trail_region",
    "trail_status",
    "transformer",
];

/// Tables that change without any change of configuration; left out of the facts digest.
pub const VOLATILE_TABLES: &[&str] = &[
    "alarm_history",
    "alarm_state",
    "alarm_state_history",
    "trail_delivery",
];

/// Columns that change without any change of configuration; left out of the facts digest, as `evidence_id` is.
pub const VOLATILE_COLUMNS: &[(&str, &str)] = &[
    // The session name of an assumed role differs from run to run, and errors repeat it.
    ("account", "caller_arn"),
    ("gap", "message"),
    // Scheduled, active or expired: what the clock says.
    ("mute_rule", "status"),
];

/// More than there are different inserts.
const STATEMENTS: usize = 256;

/// Empties every fact table.
pub(super) fn clear(connection: &Connection) -> Result<()> {
    for table in TABLES {
        connection.execute(&format!("delete from {table}"), [])?;
    }
    Ok(())
}

/// Derives every fact from the evidence in `source` into `target`, whose fact tables are empty.
pub(super) fn derive(source: &Connection, target: &Connection) -> Result<()> {
    // An account fills most tables, some with several sets of columns: each insert is prepared once.
    target.set_prepared_statement_cache_capacity(STATEMENTS);
    let sink = Sink::new(target);
    let mut budget = Budget::of(source)?;
    // One after the other, so that memory does not grow with their number.
    for account in asks::accounts(source)? {
        for question in asks::gather(source, &account)? {
            let mut ask = question.settle(source, &mut budget)?;
            match rows(&ask, &sink) {
                Ok(()) => {}
                Err(Fault::Sql(error)) => return Err(error.into()),
                Err(Fault::Unreadable { evidence_id, why }) => {
                    ask.outcome = AskEnd::unreadable(evidence_id, &why);
                }
            }
            sink.outcome(&ask);
        }
        written(sink.finish(&account))?;
    }
    written(sink.finish_all())
}

fn written(outcomes: std::result::Result<(), Fault>) -> Result<()> {
    match outcomes {
        Err(Fault::Sql(error)) => Err(error.into()),
        // Outcomes are of our own making.
        Ok(()) | Err(Fault::Unreadable { .. }) => Ok(()),
    }
}

/// Turns the pages of an ask into rows; pages of a list that was cut short count as far as they go.
fn rows(ask: &Ask, sink: &Sink<'_>) -> std::result::Result<(), Fault> {
    match ask.service() {
        "account" | "organizations" | "sts" => account::rows(ask, sink),
        "cloudtrail" => cloudtrail::rows(ask, sink),
        "events" => events::rows(ask, sink),
        "kms" => kms::rows(ask, sink),
        "logs" => logs::rows(ask, sink),
        "monitoring" => cloudwatch::rows(ask, sink),
        "observabilityadmin" => telemetry::rows(ask, sink),
        "sns" => sns::rows(ask, sink),
        _ => Ok(()),
    }
}
