//! From what the search decided to a whole CloudTrail record.
//!
//! The record looks like one that CloudTrail delivers: common fields, the identity, the fields of its event name. The
//! decided fields win over looks and stand first. Whether the record proves anything is checked by the caller with the
//! plain matcher; nothing here is trusted.

use serde_json::{Map, Value, json};

use super::formula::Fields;
use super::model::{Looks, Origin, Scope};
use super::state::Found;
use crate::pattern::ast::{Step, dotted};

/// A record with everything that was decided, dressed as a real one.
pub(super) fn dressed(
    fields: &Fields,
    decided: &[(usize, Found)],
    closed: &[Vec<Step>],
    scope: &Scope,
) -> Value {
    let known = Known::new(fields, decided);
    let (name, origin) = event(&known, scope);
    let record = Value::Object(template(&known, &name, &origin, scope));
    let mut record = moved(&record, scope);
    for prefix in closed {
        // Every field of this object counts, so none may be there for looks.
        set(&mut record, prefix, json!({}));
    }
    apply(fields, decided, &known, &name, &mut record);
    first_things_first(fields, decided, record)
}

/// A record with what was decided and nothing else.
pub(super) fn bare(fields: &Fields, decided: &[(usize, Found)]) -> Value {
    let known = Known::new(fields, decided);
    let mut record = json!({});
    let name = known.text("eventName").unwrap_or_default().to_owned();
    apply(fields, decided, &known, &name, &mut record);
    record
}

/// What was decided, by the path of the field.
struct Known<'a>(Vec<(String, &'a Found)>);

impl<'a> Known<'a> {
    fn new(fields: &Fields, decided: &'a [(usize, Found)]) -> Self {
        Self(
            decided
                .iter()
                .filter_map(|(node, found)| Some((dotted(&fields.path(*node))?, found)))
                .collect(),
        )
    }

    fn get(&self, path: &str) -> Option<&'a Found> {
        self.0
            .iter()
            .find(|(known, _)| known == path)
            .map(|(_, found)| *found)
    }

    fn text(&self, path: &str) -> Option<&'a str> {
        match self.get(path)? {
            Found::Leaf(Value::String(text)) | Found::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// Whether the field could be `text`: undecided, decided so, or decided only by conditions that it meets.
    fn allows(&self, path: &str, text: &str) -> bool {
        match self.get(path) {
            None => true,
            Some(Found::Leaf(Value::String(known))) => known == text,
            Some(Found::Text(_, machines)) => machines
                .iter()
                .all(|(machine, wanted)| machine.accepts(text) == *wanted),
            Some(_) => false,
        }
    }
}

/// A service event that every account with a rotated key has.
const ROTATE_KEY: &str = "RotateKey";
const KMS: &str = "kms.amazonaws.com";
const SERVICE_EVENT: &str = "AwsServiceEvent";

/// An event name, and where it comes from, that what was decided allows.
fn event(known: &Known<'_>, scope: &Scope) -> (String, Origin) {
    let fits = |origin: &Origin| {
        known.allows("eventSource", &origin.source)
            && !matches!(known.get("readOnly"), Some(Found::Leaf(Value::Bool(read))) if *read != origin.read_only)
            && known.allows("eventType", &origin.event_type)
            && (!origin.global || known.allows("awsRegion", &scope.global_region))
    };
    let fallback = |name: &str| {
        let source = known
            .text("eventSource")
            .unwrap_or("ec2.amazonaws.com")
            .to_owned();
        let read_only = !matches!(known.get("readOnly"), Some(Found::Leaf(Value::Bool(false))));
        (
            name.to_owned(),
            Origin {
                source,
                read_only,
                global: false,
                event_type: "AwsApiCall".to_owned(),
            },
        )
    };
    if let Some(Found::Leaf(Value::String(name))) = known.get("eventName") {
        let origins = Looks::origins(name);
        return match origins
            .iter()
            .find(|origin| fits(origin))
            .or(origins.first())
        {
            Some(origin) => (name.clone(), origin.clone()),
            None => fallback(name),
        };
    }
    let routine = Looks::routine()
        .iter()
        .filter_map(|record| record.get("eventName").and_then(Value::as_str));
    let usual = routine.flat_map(|name| {
        Looks::origins(name)
            .iter()
            .map(move |origin| (name, origin))
    });
    match usual
        .chain(Looks::events())
        .find(|(name, origin)| known.allows("eventName", name) && fits(origin))
    {
        Some((name, origin)) => (name.to_owned(), origin.clone()),
        None if [
            ("eventType", SERVICE_EVENT),
            ("eventName", ROTATE_KEY),
            ("eventSource", KMS),
        ]
        .into_iter()
        .all(|(path, text)| known.allows(path, text)) =>
        {
            let origin = Origin {
                source: KMS.to_owned(),
                read_only: false,
                global: false,
                event_type: SERVICE_EVENT.to_owned(),
            };
            (ROTATE_KEY.to_owned(), origin)
        }
        None => fallback(known.text("eventName").unwrap_or("DescribeInstances")),
    }
}

fn template(known: &Known<'_>, name: &str, origin: &Origin, scope: &Scope) -> Map<String, Value> {
    // The example's account: `moved` puts the scope's in its place, here and in all the rest.
    let account = EXAMPLE_ACCOUNT;
    let region = if origin.global {
        scope.global_region.as_str()
    } else {
        let mut regions = scope
            .regions
            .iter()
            .chain([&scope.global_region])
            .map(String::as_str);
        regions
            .find(|region| known.allows("awsRegion", region))
            .or_else(|| known.text("awsRegion"))
            .unwrap_or("us-east-1")
    };
    let partition = "aws";
    let identity = match known.text("userIdentity.type") {
        Some("Root") => json!({
            "type": "Root",
            "principalId": account,
            "arn": format!("arn:{partition}:iam::{account}:root"),
            "accountId": account,
            "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        }),
        None if origin.event_type == SERVICE_EVENT => {
            json!({ "accountId": account, "invokedBy": "AWS Internal" })
        }
        _ => person(account, partition),
    };
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| {
        record.insert(name.to_owned(), value);
    };
    put("eventVersion", json!("1.11"));
    put("userIdentity", identity);
    put("eventTime", json!("2026-01-15T12:00:00Z"));
    put("eventSource", json!(origin.source));
    put("eventName", json!(name));
    put("awsRegion", json!(region));
    put("sourceIPAddress", json!("192.0.2.10"));
    put("userAgent", json!("aws-cli/2.31.0"));
    put("requestParameters", Value::Null);
    put("responseElements", Value::Null);
    put("requestID", json!("8d1a6b1c-2f0e-4c55-9d0b-6a3f6f2a9e01"));
    put("eventID", json!("3f0c9a52-7d54-4c3e-8a35-0c5b1e7f4d10"));
    put("readOnly", json!(origin.read_only));
    put("eventType", json!(origin.event_type));
    put("managementEvent", json!(true));
    put("recipientAccountId", json!(account));
    put("eventCategory", json!("Management"));
    for (name, value) in Looks::record(name).into_iter().flatten() {
        record.insert(name.clone(), value.clone());
    }
    if name == "ConsoleLogin" {
        sign_in(known, &mut record);
    } else if known.text("errorCode").is_some() {
        // A refused call changes nothing and returns nothing.
        record.insert("responseElements".to_owned(), Value::Null);
        if !matches!(known.get("errorMessage"), Some(Found::Missing)) {
            let message = format!("You are not authorized to perform this operation: {name}");
            record.insert("errorMessage".to_owned(), Value::String(message));
        }
    }
    record
}

/// A sign-in that failed says so, and says why; one that succeeded has no error.
fn sign_in(known: &Known<'_>, record: &mut Map<String, Value>) {
    let outcome = known.text("responseElements.ConsoleLogin");
    let error = known.text("errorMessage").is_some() || known.text("errorCode").is_some();
    let failed = match outcome {
        Some(outcome) => outcome == "Failure",
        None => error && known.allows("responseElements.ConsoleLogin", "Failure"),
    };
    if !failed {
        return;
    }
    if !matches!(
        known.get("responseElements"),
        Some(Found::Leaf(_) | Found::Missing | Found::Array)
    ) {
        let response = json!({ "ConsoleLogin": "Failure" });
        record.insert("responseElements".to_owned(), response);
    }
    if known.get("errorMessage").is_none() {
        let message = Value::String("Failed authentication".to_owned());
        record.insert("errorMessage".to_owned(), message);
    }
}

/// The account that examples are written with.
const EXAMPLE_ACCOUNT: &str = "111122223333";

/// The identity of an IAM user.
fn person(account: &str, partition: &str) -> Value {
    json!({
        "type": "IAMUser",
        "principalId": "AIDACKCEVSQ6C2EXAMPLE",
        "arn": format!("arn:{partition}:iam::{account}:user/alice"),
        "accountId": account,
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "userName": "alice",
    })
}

/// An example's text as it reads in the account and partition of the scope.
pub(super) fn local(text: &str, scope: &Scope) -> String {
    let text = if scope.account.is_empty() {
        text.to_owned()
    } else {
        text.replace(EXAMPLE_ACCOUNT, &scope.account)
    };
    match scope.global_region.as_str() {
        region if region.starts_with("cn-") => text.replace("arn:aws:", "arn:aws-cn:"),
        region if region.starts_with("us-gov-") => text.replace("arn:aws:", "arn:aws-us-gov:"),
        _ => text,
    }
}

/// An example record as it reads in the account and partition of the scope.
fn moved(record: &Value, scope: &Scope) -> Value {
    mapped(record, &|text| local(text, scope))
}

/// The value with every string in it replaced.
fn mapped(value: &Value, map: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(map(text)),
        Value::Array(values) => values.iter().map(|value| mapped(value, map)).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), mapped(value, map)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Writes what was decided into the record.
fn apply(
    fields: &Fields,
    decided: &[(usize, Found)],
    known: &Known<'_>,
    name: &str,
    record: &mut Value,
) {
    for (node, found) in decided {
        let path = fields.path(*node);
        match found {
            Found::Missing => remove(record, &path),
            Found::Leaf(value) => set(record, &path, value.clone()),
            Found::Text(text, _) => {
                let better = dotted(&path).and_then(|dotted| match dotted.as_str() {
                    "eventName" => Some(name.to_owned()),
                    // What stands there for looks is fine where the conditions allow it.
                    _ => resolve(record, &path)
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                });
                let better = better.filter(|better| {
                    dotted(&path)
                        .is_some_and(|dotted| !better.is_empty() && known.allows(&dotted, better))
                });
                set(
                    record,
                    &path,
                    Value::String(better.unwrap_or_else(|| text.clone())),
                );
            }
            Found::Object | Found::Array => {
                let asked = fields
                    .nodes
                    .get(*node)
                    .is_some_and(|node| !node.atoms.is_empty());
                let held = decided.iter().any(|(other, found)| {
                    !matches!(found, Found::Missing)
                        && fields
                            .nodes
                            .get(*other)
                            .is_some_and(|other| other.parent == Some(*node))
                });
                let fits = resolve(record, &path).is_some_and(|value| {
                    if matches!(found, Found::Object) {
                        value.is_object()
                    } else {
                        value.is_array()
                    }
                });
                // Nobody asks whether it is there, and nothing in it matters: it stays as it is in a real record.
                if (asked || held) && !fits {
                    set(
                        record,
                        &path,
                        if matches!(found, Found::Object) {
                            json!({})
                        } else {
                            json!([])
                        },
                    );
                }
            }
        }
    }
}

fn resolve<'v>(record: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(record, |value, step| match step {
        Step::Name(name) => value.as_object()?.get(name),
        Step::Index(at) => value.as_array()?.get(usize::try_from(*at).ok()?),
        Step::AnyElement | Step::AnyField => None,
    })
}

fn set(record: &mut Value, path: &[Step], value: Value) {
    let mut at = record;
    for step in path {
        match step {
            Step::Name(name) => {
                if !at.is_object() {
                    *at = json!({});
                }
                let Value::Object(fields) = at else { return };
                at = fields.entry(name.clone()).or_insert(Value::Null);
            }
            Step::Index(index) => {
                if !at.is_array() {
                    *at = json!([]);
                }
                let (Value::Array(elements), Ok(index)) = (at, usize::try_from(*index)) else {
                    return;
                };
                // Only indexes that a pattern names come here, and those between them.
                while elements.len() <= index && elements.len() < 1 << 16 {
                    elements.push(Value::Null);
                }
                let Some(element) = elements.get_mut(index) else {
                    return;
                };
                at = element;
            }
            Step::AnyElement | Step::AnyField => return,
        }
    }
    *at = value;
}

fn remove(record: &mut Value, path: &[Step]) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let mut at = record;
    for step in parents {
        let next = match (step, at) {
            (Step::Name(name), Value::Object(fields)) => fields.get_mut(name),
            (Step::Index(index), Value::Array(elements)) => usize::try_from(*index)
                .ok()
                .and_then(|index| elements.get_mut(index)),
            _ => None,
        };
        let Some(next) = next else { return };
        at = next;
    }
    match (last, at) {
        (Step::Name(name), Value::Object(fields)) => {
            fields.shift_remove(name);
        }
        (Step::Index(index), Value::Array(elements)) => {
            elements.truncate(usize::try_from(*index).unwrap_or(usize::MAX));
        }
        _ => {}
    }
}

/// The decided fields of the record first, in the order in which the patterns ask for them.
fn first_things_first(fields: &Fields, decided: &[(usize, Found)], record: Value) -> Value {
    let Value::Object(mut rest) = record else {
        return record;
    };
    let mut ordered = Map::new();
    let mut tops: Vec<usize> = decided.iter().map(|(node, _)| *node).collect();
    tops.sort_unstable();
    for node in tops {
        if let Some(Step::Name(name)) = fields.path(node).first()
            && let Some((name, value)) = rest.shift_remove_entry(name)
        {
            ordered.insert(name, value);
        }
    }
    ordered.extend(rest);
    Value::Object(ordered)
}
