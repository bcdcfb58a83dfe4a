//! Facts of KMS: the keys that encrypt topics.

use super::asks::Ask;
use super::item::{Derived, Item};
use super::sink::{Row, Sink};

pub(super) fn rows(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for page in &ask.pages {
        let item = page.item()?;
        let row = Row::regional(ask, item).with("key_id", ask.subject());
        match ask.operation.name {
            "DescribeKey" => {
                let Some(key) = item.object("KeyMetadata")? else {
                    continue;
                };
                let row = row
                    .with("key_arn", key.text("Arn")?)
                    .with("key_state", key.optional_text("KeyState")?)
                    .with("key_manager", key.optional_text("KeyManager")?)
                    .with("key_spec", spec(key)?)
                    .with("key_usage", key.optional_text("KeyUsage")?);
                sink.insert("kms_key", row)?;
            }
            "GetKeyPolicy" => {
                sink.insert("kms_key_policy", row.with("policy", item.text("Policy")?))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// `KeySpec`, or what it was called before.
fn spec(key: Item<'_>) -> Derived<Option<&str>> {
    match key.optional_text("KeySpec")? {
        Some(spec) => Ok(Some(spec)),
        None => key.optional_text("CustomerMasterKeySpec"),
    }
}
