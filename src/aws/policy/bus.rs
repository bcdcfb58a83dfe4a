//! The policy of an event bus: may another account send events to it (E24)?
//!
//! Read in the plain forms that people write: an account, its root, or everyone, on this bus, with at most the organization
//! as a condition. Everything else is left open.

use serde_json::Value;

use super::statement::each;
use super::statements;
use crate::aws::answer::{all, any};
use crate::aws::arn::Arn;
use crate::aws::json;

/// Whether the bus takes events that a rule of the account sends; none where that is not decided.
pub fn admits(
    policy: &str,
    bus_arn: &str,
    account: &str,
    organization: Option<&str>,
) -> Option<bool> {
    let asking = Asking {
        bus_arn,
        account,
        organization,
    };
    let document = json::document(policy)?;
    let statements = statements(&document)?;
    // A refusal outweighs what else is said, and is not read.
    let allows =
        |statement: &&Value| statement.get("Effect").and_then(Value::as_str) == Some("Allow");
    if !statements.iter().all(allows) {
        return None;
    }
    any(statements
        .into_iter()
        .map(|statement| asking.allows(statement)))
}

/// Who asks a policy, about which bus.
struct Asking<'a> {
    bus_arn: &'a str,
    account: &'a str,
    organization: Option<&'a str>,
}

impl Asking<'_> {
    /// Whether a statement that allows something allows this.
    fn allows(&self, statement: &Value) -> Option<bool> {
        all([
            each(statement.get("Action")?, of_action),
            each(statement.get("Resource")?, |resource| {
                if resource == "*" || resource == self.bus_arn {
                    return Some(true);
                }
                no_unless_wild(resource)
            }),
            self.of_principal(statement.get("Principal")?),
            self.of_condition(statement.get("Condition")),
        ])
    }

    fn of_principal(&self, principal: &Value) -> Option<bool> {
        let values = match principal {
            Value::String(all) => return Some(all == "*"),
            Value::Object(kinds) => kinds.get("AWS"),
            _ => None,
        };
        match values {
            None => Some(false),
            Some(values) => each(values, |text| self.of_caller(text)),
        }
    }

    /// A role or user of the account may be the one that the rule sends with.
    fn of_caller(&self, text: &str) -> Option<bool> {
        if text == "*" || text == self.account {
            return Some(true);
        }
        match Arn::parse(text) {
            Some(arn) if arn.account != self.account => Some(false),
            Some(arn) => (arn.resource == "root").then_some(true),
            None => Some(false),
        }
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

fn of_action(action: &str) -> Option<bool> {
    let action = action.to_ascii_lowercase();
    match action.as_str() {
        "events:putevents" | "events:*" | "*" => Some(true),
        other => no_unless_wild(other),
    }
}

/// A text that is another one, unless a wildcard in it may stand for this one.
fn no_unless_wild(text: &str) -> Option<bool> {
    (!text.contains(['*', '?'])).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const BUS: &str = "arn:aws:events:eu-west-1:444455556666:event-bus/security";

    fn decide(statement: &Value) -> Option<bool> {
        let policy = json!({"Version": "2012-10-17", "Statement": statement});
        admits(&policy.to_string(), BUS, "111122223333", Some("o-ours"))
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
