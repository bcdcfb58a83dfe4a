//! The policy of an event bus: may another account send events to it (E24).
//!
//! Read in the plain forms that people write: an account, its root, or everyone, on this bus, with at most the organization
//! as a condition. Everything else is left open.

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
    let asking = Asking {
        bus_arn,
        account,
        organization: organization.as_deref(),
    };
    Ok(match policy.filter(|policy| !policy.is_empty()) {
        // A bus without a policy takes events of its own account alone.
        None => Some(false),
        Some(policy) => asking.decide(&policy),
    })
}

/// Who asks a policy, about which bus.
struct Asking<'a> {
    bus_arn: &'a str,
    account: &'a str,
    organization: Option<&'a str>,
}

impl Asking<'_> {
    fn decide(&self, policy: &str) -> Option<bool> {
        let document: Value = serde_json::from_str(policy).ok()?;
        let statements = match document.get("Statement")? {
            Value::Array(statements) => statements.clone(),
            one @ Value::Object(_) => vec![one.clone()],
            _ => return None,
        };
        let mut open = false;
        for statement in &statements {
            // A refusal outweighs what else is said, and is not read.
            if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                return None;
            }
        }
        for statement in &statements {
            match self.allows(statement) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => open = true,
            }
        }
        (!open).then_some(false)
    }

    /// Whether a statement that allows something allows this.
    fn allows(&self, statement: &Value) -> Option<bool> {
        let parts = [
            self.of_action(statement.get("Action")?),
            self.of_resource(statement.get("Resource")?),
            self.of_principal(statement.get("Principal")?),
            self.of_condition(statement.get("Condition")),
        ];
        all(parts)
    }

    fn of_action(&self, actions: &Value) -> Option<bool> {
        any(texts(actions).map(|action| {
            let action = action.to_ascii_lowercase();
            match action.as_str() {
                "events:putevents" | "events:*" | "*" => Some(true),
                other => no_unless_wild(other),
            }
        }))
    }

    fn of_resource(&self, resources: &Value) -> Option<bool> {
        any(texts(resources).map(|resource| {
            if resource == "*" || resource == self.bus_arn {
                return Some(true);
            }
            no_unless_wild(resource)
        }))
    }

    /// A role or user of the account may be the one that the rule sends with.
    fn of_principal(&self, principal: &Value) -> Option<bool> {
        let values = match principal {
            Value::String(all) => return Some(all == "*"),
            Value::Object(kinds) => kinds.get("AWS"),
            _ => None,
        };
        let Some(values) = values else {
            return Some(false);
        };
        any(texts(values).map(|text| {
            let of_account = text.contains(&format!("::{}:", self.account));
            let whole = text == self.account || text.ends_with(":root");
            match (text, of_account, whole) {
                ("*", _, _) => Some(true),
                (_, _, true) => Some(of_account || text == self.account),
                (_, of_account, false) => (!of_account).then_some(false),
            }
        }))
    }

    fn of_condition(&self, condition: Option<&Value>) -> Option<bool> {
        let Some(condition) = condition.and_then(Value::as_object) else {
            return Some(true);
        };
        let equals = condition
            .get("StringEquals")
            .filter(|_| condition.len() == 1)?;
        let (key, value) = equals
            .as_object()
            .filter(|it| it.len() == 1)?
            .iter()
            .next()?;
        let of = key
            .eq_ignore_ascii_case("aws:PrincipalOrgID")
            .then(|| value.as_str())??;
        (Some(of) == self.organization).then_some(true)
    }
}

/// All hold; not where one does not, whatever the others do.
fn all(parts: [Option<bool>; 4]) -> Option<bool> {
    if parts.contains(&Some(false)) {
        return Some(false);
    }
    parts.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
}

fn any(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.collect();
    if parts.contains(&Some(true)) {
        return Some(true);
    }
    parts.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
}

/// A text that is another one, unless a wildcard in it may stand for this one.
fn no_unless_wild(text: &str) -> Option<bool> {
    (!text.contains(['*', '?'])).then_some(false)
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().into_iter().flatten();
    many.chain(std::iter::once(value)).filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const BUS: &str = "arn:aws:events:eu-west-1:444455556666:event-bus/security";

    fn decide(statement: &Value) -> Option<bool> {
        let policy = json!({"Version": "2012-10-17", "Statement": statement});
        let asking = Asking {
            bus_arn: BUS,
            account: "111122223333",
            organization: Some("o-ours"),
        };
        asking.decide(&policy.to_string())
    }

    fn statement(change: impl FnOnce(&mut Value)) -> Value {
        let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "events:PutEvents", "Resource": BUS});
        change(&mut statement);
        statement
    }

    #[test]
    fn a_bus_policy_admits_whom_it_names_on_this_bus() {
        assert_eq!(decide(&statement(|_| {})), Some(true));
        let admitted: [fn(&mut Value); 6] = [
            |it| it["Principal"] = json!("*"),
            |it| it["Principal"] = json!({"AWS": ["999988887777", "111122223333"]}),
            |it| it["Action"] = json!(["events:PUTEVENTS"]),
            |it| it["Action"] = json!("events:*"),
            |it| it["Resource"] = json!("*"),
            |it| it["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}),
        ];
        for change in admitted {
            assert_eq!(decide(&statement(change)), Some(true));
        }
        let refused: [fn(&mut Value); 5] = [
            |it| it["Principal"] = json!({"AWS": "arn:aws:iam::999988887777:root"}),
            |it| it["Principal"] = json!({"Service": "events.amazonaws.com"}),
            |it| it["Principal"] = json!({"AWS": "arn:aws:iam::999988887777:role/sender"}),
            |it| it["Action"] = json!("events:PutRule"),
            |it| it["Resource"] = json!("arn:aws:events:eu-west-1:444455556666:event-bus/other"),
        ];
        for change in refused {
            assert_eq!(decide(&statement(change)), Some(false));
        }
        let open: [fn(&mut Value); 7] = [
            |it| it["Effect"] = json!("Deny"),
            |it| it["Principal"] = json!({"AWS": "arn:aws:iam::111122223333:role/sender"}),
            |it| it["Action"] = json!("events:Put*"),
            |it| it["Resource"] = json!("arn:aws:events:eu-west-1:444455556666:event-bus/*"),
            |it| it["Condition"] = json!({"ArnLike": {"aws:SourceArn": "arn:aws:events:*"}}),
            |it| it["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": "o-other"}}),
            |it| {
                it.as_object_mut().unwrap().remove("Principal");
            },
        ];
        for change in open {
            assert_eq!(decide(&statement(change)), None);
        }
        // A statement that is not read does not outweigh one that allows it.
        let mut both = vec![statement(|it| it["Action"] = json!("events:Put*"))];
        both.push(statement(|_| {}));
        assert_eq!(decide(&json!(both)), Some(true));
    }
}
