//! The policy of an event bus: may another account send events to it, and may its own (E24)?
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
    let allowed = statements.iter().filter(|statement| allows(statement));
    all([
        asking.undenied(&statements),
        any(allowed.map(|statement| asking.allows(statement))),
    ])
}

/// Whether the bus takes events that a rule of its own account sends, which needs no statement that allows it; none where
/// that is not decided.
pub fn admits_own(policy: &str, bus_arn: &str, account: &str) -> Option<bool> {
    let asking = Asking {
        bus_arn,
        account,
        organization: None,
    };
    let document = json::document(policy)?;
    asking.undenied(&statements(&document)?)
}

fn allows(statement: &Value) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
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
            each_of(statement, "Action", of_action),
            each_of(statement, "Resource", |resource| self.of_resource(resource)),
            statement
                .get("Principal")
                .and_then(|principal| self.of_principal(principal)),
            self.of_condition(statement.get("Condition")),
        ])
    }

    /// Whether no statement denies it: an explicit Deny outweighs every Allow (IAM, policy evaluation logic).
    fn undenied(&self, statements: &[&Value]) -> Option<bool> {
        let denials = statements.iter().filter(|statement| !allows(statement));
        any(denials.map(|statement| self.denies(statement))).map(|denied| !denied)
    }

    /// Whether a statement denies this. As whom EventBridge sends is documented of rules with a role alone: what denies
    /// everybody does, and who else is meant stays open.
    fn denies(&self, statement: &Value) -> Option<bool> {
        let everybody = |principal: &Value| match principal {
            Value::String(all) => (all == "*").then_some(true),
            Value::Object(kinds) => {
                let aws = kinds.get("AWS")?;
                let one = aws.as_str().map(|text| text == "*");
                one.filter(|all| *all).or_else(|| {
                    (kinds.len() == 1 && self.of_principal(principal) == Some(false))
                        .then_some(false)
                })
            }
            _ => None,
        };
        all([
            each_of(statement, "Action", of_action),
            each_of(statement, "Resource", |resource| self.of_resource(resource)),
            statement.get("Principal").and_then(everybody),
            statement.get("Condition").is_none().then_some(true),
        ])
    }

    fn of_resource(&self, resource: &str) -> Option<bool> {
        if resource == "*" || resource == self.bus_arn {
            return Some(true);
        }
        no_unless_wild(resource)
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

/// What any of the texts of a member answers; none where there is no such member.
fn each_of(statement: &Value, member: &str, ask: impl Fn(&str) -> Option<bool>) -> Option<bool> {
    each(statement.get(member)?, ask)
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
        let open: [fn(&mut Value); 6] = [
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

    #[test]
    fn an_explicit_deny_outweighs_what_is_allowed_and_what_needs_no_allowance() {
        let deny = |change: fn(&mut Value)| {
            let mut denied = statement(change);
            denied["Effect"] = json!("Deny");
            let policy = json!({"Version": "2012-10-17", "Statement": [statement(|_| {}), denied]});
            let policy = policy.to_string();
            let own = admits_own(&policy, BUS, "111122223333");
            assert_eq!(own, admits(&policy, BUS, "111122223333", None));
            own
        };
        assert_eq!(deny(|it| it["Principal"] = json!("*")), Some(false));
        assert_eq!(
            deny(|it| it["Principal"] = json!({"AWS": "*"})),
            Some(false)
        );
        let spared: [fn(&mut Value); 3] = [
            |it| it["Principal"] = json!({"AWS": "999988887777"}),
            |it| it["Action"] = json!("events:PutRule"),
            |it| it["Resource"] = json!("arn:aws:events:eu-west-1:444455556666:event-bus/other"),
        ];
        for change in spared {
            assert_eq!(deny(change), Some(true));
        }
        let open: [fn(&mut Value); 3] = [
            |_| {},
            |it| it["Principal"] = json!({"Service": "events.amazonaws.com"}),
            |it| {
                it["Principal"] = json!("*");
                it["Condition"] = json!({"Bool": {"aws:SecureTransport": "false"}});
            },
        ];
        for change in open {
            assert_eq!(deny(change), None);
        }
    }
}
