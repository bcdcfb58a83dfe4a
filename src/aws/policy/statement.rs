//! One statement of a policy, part by part: does it apply to a request?

use serde_json::{Map, Value};

use super::decision::Part;
use super::request::{Request, Service, Target};
use super::{condition, glob};
use crate::aws::answer::{self, Ternary};
use crate::aws::arn::{self, Arn};

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

/// What each part of the statement says to the request; it applies if all say yes.
pub(super) fn answers(
    statement: &Map<String, Value>,
    variables: bool,
    request: &Request<'_>,
) -> Vec<Ternary<Part>> {
    let unknown = statement
        .iter()
        .filter(|(name, _)| !ELEMENTS.contains(&name.as_str()))
        .map(|(name, value)| Ternary::Maybe(part(name, value)));
    let mut answers: Vec<Ternary<Part>> = unknown.collect();
    answers.push(element(statement, "Action", |value| {
        each(value, |pattern| {
            let (pattern, action) = (pattern.to_lowercase(), request.action.to_lowercase());
            Some(glob::matches(&pattern, &action))
        })
    }));
    answers.push(element(statement, "Principal", |value| {
        principal(value, request)
    }));
    answers.push(element(statement, "Resource", |value| {
        each(value, |pattern| match pattern {
            "*" => Some(true),
            variable if variables && variable.contains("${") => None,
            pattern => glob::resource(pattern, request.resource),
        })
    }));
    match statement.get("Condition") {
        None => {}
        Some(Value::Object(block)) => answers.extend(condition::each(block, variables, request)),
        Some(other) => answers.push(Ternary::Maybe(part("Condition", other))),
    }
    answers
}

/// Whether the statement is of every principal and has no condition.
pub(super) fn is_of_everybody(statement: &Map<String, Value>) -> bool {
    let everyone = |value: &Value| match value {
        Value::Array(values) => values.iter().any(|one| one == "*"),
        one => one == "*",
    };
    let unconditional = statement
        .get("Condition")
        .is_none_or(|block| block.as_object().is_some_and(Map::is_empty));
    let principal = statement.get("Principal");
    unconditional && principal.is_some_and(|it| everyone(it) || it.get("AWS").is_some_and(everyone))
}

/// The statement's conditions, with what the request carries.
pub(super) fn conditions(statement: &Map<String, Value>, request: &Request<'_>) -> Vec<Part> {
    let block = statement.get("Condition").and_then(Value::as_object);
    block.map_or_else(Vec::new, |block| condition::parts(block, request))
}

/// How far a statement is from applying for this part: one of another action was hardly meant for the request, one with a
/// condition that fails was.
pub(super) fn distance(part: &Part) -> usize {
    match part {
        Part::Condition { .. } => 1,
        Part::Element { element, .. } if element.ends_with("Resource") => 10,
        Part::Element { element, .. } if element.ends_with("Principal") => 11,
        Part::Element { .. } => 12,
    }
}

fn part(name: &str, value: &Value) -> Part {
    Part::Element {
        element: name.to_owned(),
        value: match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
    }
}

/// An element or its negation with `Not` before it; exactly one of the two has to be there.
fn element(
    statement: &Map<String, Value>,
    name: &str,
    test: impl Fn(&Value) -> Option<bool>,
) -> Ternary<Part> {
    let not = format!("Not{name}");
    let (name, value, wanted) = match (statement.get(name), statement.get(&not)) {
        (Some(value), None) => (name, value, true),
        (None, Some(value)) => (not.as_str(), value, false),
        _ => return Ternary::Maybe(part(name, &Value::Null)),
    };
    match test(value) {
        Some(fits) => Ternary::of(fits == wanted, part(name, value)),
        None => Ternary::Maybe(part(name, value)),
    }
}

/// Whether any of one or several texts passes the test.
pub(super) fn each(value: &Value, test: impl Fn(&str) -> Option<bool>) -> Option<bool> {
    let one = |value: &Value| value.as_str().and_then(&test);
    match value {
        Value::Array(values) => answer::any(values.iter().map(one)),
        value => one(value),
    }
}

fn principal(value: &Value, request: &Request<'_>) -> Option<bool> {
    let kinds = match value {
        Value::String(all) if all == "*" => return Some(true),
        Value::Object(kinds) => kinds,
        _ => return None,
    };
    answer::any(kinds.iter().map(|(kind, values)| match kind.as_str() {
        "Service" => each(values, |name| service(name, request.caller.service)),
        "AWS" => each(values, |text| account(text, request)),
        "CanonicalUser" | "Federated" => Some(false),
        _ => None,
    }))
}

fn service(name: &str, caller: Service) -> Option<bool> {
    let principal = caller.principal();
    let stem = principal.strip_suffix("amazonaws.com").unwrap_or(principal);
    match name {
        _ if name == principal => Some(true),
        // Names with a Region or a partition's suffix, and wildcards, are not documented for these services.
        _ if name.contains('*') || name.to_ascii_lowercase().starts_with(stem) => None,
        _ => Some(false),
    }
}

/// Whether a principal of kind `AWS` covers a service, which acts as no account, user or role.
fn account(text: &str, request: &Request<'_>) -> Option<bool> {
    let id = arn::account(request.caller.source_arn)?;
    let owner = text == id
        || Arn::parse(text).is_some_and(|it| {
            (it.service, it.region, it.account, it.resource) == ("iam", "", id, "root")
        });
    match text {
        "*" => Some(true),
        // "The default policy is not enough": EventBridge publishes as a service alone.
        _ if matches!(
            request.caller.service,
            Service::EventBridge(_) | Service::EventBus(_)
        ) =>
        {
            Some(false)
        }
        // A statement for the account in a key policy hands over to IAM policies, which a service principal has none of;
        // in a topic policy nothing documents whether it reaches the account's alarms.
        _ if owner => match request.target {
            Target::Key => Some(false),
            Target::Topic => None,
        },
        _ if text.contains('*') => None,
        _ => Some(false),
    }
}
