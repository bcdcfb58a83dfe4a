//! Resource policies: may CloudWatch publish to the topic for this alarm, and use the key that encrypts it?
//!
//! Evaluates topic policies (N04) and key policies (N06) for the one principal and the context that CloudWatch has. An
//! answer is `Allowed` only if it holds whatever the parts of the request are that nobody documents. Sees no SQL.

mod condition;
mod glob;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod worlds;

use super::answer::Answer;
use serde_json::{Map, Value};

/// The service principal that executes alarm actions.
const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";

/// What a policy says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none can deny it.
    Allowed {
        /// The allowing statement, by `Sid` or position.
        statement: String,
    },
    /// A statement denies it, or none can allow it.
    Denied {
        /// The denying statement; `None` if no statement allows the request.
        statement: Option<String>,
        /// Why, in words.
        reason: String,
    },
    /// Depends on something that the snapshot does not hold.
    Unknown {
        /// What it depends on.
        reason: String,
    },
}

/// A request of CloudWatch on behalf of an alarm.
struct Request<'a> {
    alarm_arn: &'a str,
    organization: Option<&'a str>,
    action: &'a str,
    resource: &'a str,
    /// Whether the account itself stands for CloudWatch when a statement names it as principal.
    account: Answer,
}

/// Whether the topic's `Policy` lets CloudWatch publish to it for the alarm.
///
/// `organization` is the id of the organization of the alarm's account, if known.
pub fn may_publish(
    policy: &str,
    topic_arn: &str,
    alarm_arn: &str,
    organization: Option<&str>,
) -> Decision {
    // Nothing documents whether an Allow for the owner's account reaches its alarms, too.
    let account = Answer::Maybe("whether a statement for the account covers CloudWatch".to_owned());
    decide(
        policy,
        &Request {
            alarm_arn,
            organization,
            action: "sns:Publish",
            resource: topic_arn,
            account,
        },
    )
}

/// Whether the key's policy lets CloudWatch encrypt for a topic: `kms:GenerateDataKey*` and `kms:Decrypt`.
///
/// A statement for the account hands over to IAM policies, which a service principal has none of.
pub fn may_use_key(
    policy: &str,
    key_arn: &str,
    alarm_arn: &str,
    organization: Option<&str>,
) -> Decision {
    let ask = |action| {
        decide(
            policy,
            &Request {
                alarm_arn,
                organization,
                action,
                resource: key_arn,
                account: Answer::No,
            },
        )
    };
    let generate = ask("kms:GenerateDataKey");
    let decrypt = ask("kms:Decrypt");
    // The documentation asks for all of `kms:GenerateDataKey*`.
    let rest = match ask("kms:GenerateDataKeyWithoutPlaintext") {
        Decision::Denied { reason, .. } => Decision::Unknown { reason },
        other => other,
    };
    let rank = |decision: &Decision| match decision {
        Decision::Allowed { .. } => 0,
        Decision::Unknown { .. } => 1,
        Decision::Denied { .. } => 2,
    };
    let worse = |one: Decision, other: Decision| {
        if rank(&other) > rank(&one) {
            other
        } else {
            one
        }
    };
    worse(worse(generate, decrypt), rest)
}

fn decide(policy: &str, request: &Request<'_>) -> Decision {
    let unknown = |reason: &str| Decision::Unknown {
        reason: reason.to_owned(),
    };
    let Ok(document) = serde_json::from_str::<Value>(policy) else {
        return unknown("the policy is not JSON");
    };
    let statements: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return unknown("the policy has no statements"),
    };
    let mut allowed = None;
    let mut open_allow = None;
    let mut open_deny = None;
    for (position, statement) in (1..).zip(statements) {
        let name = match statement.get("Sid").and_then(Value::as_str) {
            Some(sid) if !sid.is_empty() => format!("`{sid}`"),
            _ => format!("{position}"),
        };
        let Some(statement) = statement.as_object() else {
            return unknown("a statement of the policy is not an object");
        };
        let effect = statement
            .get("Effect")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match (effect, applies(statement, request)) {
            ("Deny", Answer::Yes) => {
                let reason = format!("statement {name} denies {} to {CLOUDWATCH}", request.action);
                return Decision::Denied {
                    statement: Some(name),
                    reason,
                };
            }
            ("Deny", Answer::Maybe(what)) => {
                open_deny = Some(format!("statement {name} may deny: {what}"))
            }
            ("Allow", Answer::Yes) => {
                allowed.get_or_insert(name);
            }
            ("Allow", Answer::Maybe(what)) => {
                open_allow = Some(format!("statement {name} may allow: {what}"))
            }
            ("Allow" | "Deny", Answer::No) => {}
            _ => return unknown("a statement of the policy has no effect"),
        }
    }
    match (allowed, open_allow, open_deny) {
        (Some(statement), _, None) => Decision::Allowed { statement },
        (Some(_), _, Some(reason)) | (None, Some(reason), _) => Decision::Unknown { reason },
        (None, None, _) => {
            let reason = format!(
                "no statement allows {} to {CLOUDWATCH} for this alarm",
                request.action
            );
            Decision::Denied {
                statement: None,
                reason,
            }
        }
    }
}

fn applies(statement: &Map<String, Value>, request: &Request<'_>) -> Answer {
    const ELEMENTS: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    if let Some(element) = statement
        .keys()
        .find(|element| !ELEMENTS.contains(&element.as_str()))
    {
        return Answer::Maybe(format!("the element `{element}`"));
    }
    let condition = match statement.get("Condition") {
        None => Answer::Yes,
        Some(Value::Object(block)) => condition::holds(block, request),
        Some(_) => Answer::Maybe("the element `Condition`".to_owned()),
    };
    Answer::all([
        element(statement, "Principal", |value| principal(value, request)),
        element(statement, "Action", |value| {
            each(value, |pattern| {
                glob::matches(&pattern.to_lowercase(), &request.action.to_lowercase()).into()
            })
        }),
        element(statement, "Resource", |value| {
            each(value, |pattern| match pattern {
                "*" => Answer::Yes,
                variable if variable.contains("${") => {
                    Answer::Maybe(format!("the variable in `{variable}`"))
                }
                pattern => glob::matches_arn(pattern, request.resource),
            })
        }),
        condition,
    ])
}

/// An element or its negation with `Not` before it; exactly one of the two has to be there.
fn element(statement: &Map<String, Value>, name: &str, test: impl Fn(&Value) -> Answer) -> Answer {
    match (statement.get(name), statement.get(&format!("Not{name}"))) {
        (Some(value), None) => test(value),
        (None, Some(value)) => test(value).not(),
        _ => Answer::Maybe(format!("the element `{name}`")),
    }
}

/// Whether any of one or several texts passes the test.
fn each(value: &Value, test: impl Fn(&str) -> Answer) -> Answer {
    let one = |value: &Value| match value.as_str() {
        Some(text) => test(text),
        None => Answer::Maybe(format!("the value `{value}`")),
    };
    match value {
        Value::Array(values) => Answer::any(values.iter().map(one)),
        value => one(value),
    }
}

fn principal(value: &Value, request: &Request<'_>) -> Answer {
    let kinds = match value {
        Value::String(all) if all == "*" => return Answer::Yes,
        Value::Object(kinds) => kinds,
        _ => return Answer::Maybe("the element `Principal`".to_owned()),
    };
    Answer::any(kinds.iter().map(|(kind, values)| match kind.as_str() {
        "Service" => each(values, service),
        "AWS" => each(values, |text| account(text, request)),
        "CanonicalUser" | "Federated" => Answer::No,
        _ => Answer::Maybe(format!("the principal kind `{kind}`")),
    }))
}

fn service(name: &str) -> Answer {
    match name {
        CLOUDWATCH => Answer::Yes,
        // Names with a Region or a partition's suffix, and wildcards, are not documented for CloudWatch.
        _ if name.contains('*') || name.to_ascii_lowercase().starts_with("cloudwatch.") => {
            Answer::Maybe(format!("the service principal `{name}`"))
        }
        _ => Answer::No,
    }
}

fn account(text: &str, request: &Request<'_>) -> Answer {
    let Some(id) = request.alarm_arn.split(':').nth(4) else {
        return Answer::Maybe("the account of the alarm".to_owned());
    };
    let root = text
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(":iam::"));
    match text {
        "*" => Answer::Yes,
        _ if text == id
            || root.is_some_and(|(_, owner)| owner.strip_suffix(":root") == Some(id)) =>
        {
            request.account.clone()
        }
        _ if text.contains('*') => Answer::Maybe(format!("the principal `{text}`")),
        _ => Answer::No,
    }
}
