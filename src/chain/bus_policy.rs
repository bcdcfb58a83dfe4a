//! The policy of an event bus: may another account send events to it (E24).
//!
//! Read in the plain forms that people write: an account, its root, or everyone, with at most the organization as a
//! condition. Everything else is left open.

use serde_json::Value;

use super::Error;
use super::facts::Facts;

/// Whether the bus takes events of the account; none where that is not decided.
pub(super) fn admits(
    facts: &Facts<'_>,
    bus_arn: &str,
    account: &str,
) -> Result<Option<bool>, Error> {
    let Some((policy, _)) = facts.bus_policy(bus_arn)? else {
        return Ok(None);
    };
    let organization = facts.organization(account)?.map(|(id, _)| id);
    Ok(match policy.filter(|policy| !policy.is_empty()) {
        // A bus without a policy takes events of its own account alone.
        None => Some(false),
        Some(policy) => decide(&policy, account, organization.as_deref()),
    })
}

fn decide(policy: &str, account: &str, organization: Option<&str>) -> Option<bool> {
    let document: Value = serde_json::from_str(policy).ok()?;
    let statements = match document.get("Statement")? {
        Value::Array(statements) => statements.clone(),
        one @ Value::Object(_) => vec![one.clone()],
        _ => return None,
    };
    let mut open = false;
    let mut allowed = false;
    for statement in &statements {
        let (Some(effect), Some(principal), Some(action)) = (
            statement.get("Effect").and_then(Value::as_str),
            statement.get("Principal"),
            statement.get("Action"),
        ) else {
            return None;
        };
        if effect != "Allow" {
            return None;
        }
        if !texts(action).any(|action| matches!(action, "events:PutEvents" | "events:*" | "*")) {
            continue;
        }
        let named = match principal {
            Value::String(all) => all == "*",
            Value::Object(kinds) => kinds.get("AWS").is_some_and(|values| {
                texts(values).any(|text| {
                    text == "*" || text == account || text.ends_with(&format!("::{account}:root"))
                })
            }),
            _ => false,
        };
        if !named {
            continue;
        }
        match statement.get("Condition") {
            None => allowed = true,
            Some(condition) => {
                let of = condition
                    .pointer("/StringEquals/aws:PrincipalOrgID")
                    .and_then(Value::as_str);
                let alone = condition.as_object().is_some_and(|it| it.len() == 1)
                    && condition
                        .get("StringEquals")
                        .and_then(Value::as_object)
                        .is_some_and(|it| it.len() == 1);
                match (of, organization, alone) {
                    (Some(of), Some(organization), true) if of == organization => allowed = true,
                    _ => open = true,
                }
            }
        }
    }
    match (allowed, open) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().into_iter().flatten();
    many.chain(std::iter::once(value)).filter_map(Value::as_str)
}
