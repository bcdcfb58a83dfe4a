//! What happens in any account all day, and the filters that an alarm cannot stand for it.
//!
//! In 782 public records 92% are of people and roles. A filter that matches all that they do, but for some person, role or
//! address, has its alarm in ALARM for good; one that matches some of it is noisy.

use serde_json::{Map, Value, json};

use super::decide::find;
use super::lower::Under;
use super::mentions;
use super::model::{EventModel, Looks, Scope};
use super::predicate::Predicate;
use super::search::Ended;
use crate::pattern::Semantics;

/// Whether the filters match nearly every event, so that an alarm on them never leaves ALARM: by logic, where only
/// events that a `!=` of theirs names are left out; by example, where they match every routine record of people and roles
/// in some Region.
pub fn is_nearly_everything(deployed: &Predicate, model: &EventModel, scope: &Scope) -> bool {
    by_example(deployed, model, scope) || by_logic(deployed, model, scope)
}

/// A routine record that `deployed` matches and `required` does not ask for: people or services make it all day.
pub(super) fn matched(
    required: &Predicate,
    deployed: &Predicate,
    model: &EventModel,
    scope: &Scope,
) -> Option<Value> {
    let recommended = Semantics::default();
    let surplus = |event: &Value| {
        deployed.matches(event, &recommended) && !required.matches(event, &recommended)
    };
    Looks::routine().iter().find_map(|record| {
        let region = regions(scope)
            .into_iter()
            .find(|region| happens_in(record, region, model, scope))?;
        callers(record)
            .map(|record| placed(record, region, scope))
            .into_iter()
            .find(surplus)
    })
}

fn by_example(deployed: &Predicate, model: &EventModel, scope: &Scope) -> bool {
    let recommended = Semantics::default();
    let of_people: Vec<&Map<String, Value>> = Looks::routine()
        .iter()
        .filter(|record| {
            record.get("userIdentity").and_then(|who| who.get("type")) != Some(&json!("AWSService"))
        })
        .collect();
    regions(scope).into_iter().any(|region| {
        let mut here = of_people
            .iter()
            .filter(|record| happens_in(record, region, model, scope))
            .peekable();
        // An exception for one of the callers does not make it quiet.
        here.peek().is_some()
            && here.all(|record| {
                let callers = callers(record).map(|record| placed(record, region, scope));
                let matched = callers
                    .iter()
                    .filter(|event| deployed.matches(event, &recommended));
                matched.count() + 1 >= callers.len()
            })
    })
}

/// The Regions to look at: where none is known, the global one.
fn regions(scope: &Scope) -> Vec<&str> {
    if scope.regions.is_empty() {
        return vec![&scope.global_region];
    }
    scope.regions.iter().map(String::as_str).collect()
}

/// Events of global sources are recorded in the global Region alone.
fn happens_in(
    record: &Map<String, Value>,
    region: &str,
    model: &EventModel,
    scope: &Scope,
) -> bool {
    let text = |field: &str| {
        record
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let source = text("eventSource");
    region == scope.global_region
        || !model
            .origins(text("eventName"))
            .iter()
            .any(|origin| origin.source == source && origin.global)
        // The model may not know the name.
        && !source.starts_with("iam.")
}

/// The record as three callers make it: two roles and a person, from three addresses. A service calls as itself.
fn callers(record: &Map<String, Value>) -> [Map<String, Value>; 3] {
    let role = |name: &str, address: &str| {
        let mut record = record.clone();
        if let Some(Value::Object(who)) = record.get_mut("userIdentity")
            && who.get("type") == Some(&json!("AssumedRole"))
        {
            let id = format!("AROA{}EXAMPLE", name.to_uppercase());
            who.insert(
                "principalId".to_owned(),
                json!(format!("{id}:{name}-session")),
            );
            who.insert(
                "arn".to_owned(),
                json!(format!(
                    "arn:aws:sts::111122223333:assumed-role/{name}/{name}-session"
                )),
            );
            let issuer = json!({
                "type": "Role",
                "principalId": id,
                "arn": format!("arn:aws:iam::111122223333:role/{name}"),
                "accountId": "111122223333",
                "userName": name,
            });
            who.insert(
                "sessionContext".to_owned(),
                json!({"sessionIssuer": issuer}),
            );
            record.insert("sourceIPAddress".to_owned(), json!(address));
        }
        record
    };
    let mut person = record.clone();
    if record.get("userIdentity").and_then(|who| who.get("type")) == Some(&json!("AssumedRole")) {
        person.insert(
            "userIdentity".to_owned(),
            json!({
                "type": "IAMUser",
                "principalId": "AIDACKCEVSQ6C2EXAMPLE",
                "arn": "arn:aws:iam::111122223333:user/operator",
                "accountId": "111122223333",
                "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
                "userName": "operator",
            }),
        );
        person.insert("sourceIPAddress".to_owned(), json!("203.0.113.77"));
    }
    [
        role("deployment", "192.0.2.10"),
        role("monitoring", "198.51.100.23"),
        person,
    ]
}

/// The record as it looks in the account and a Region.
fn placed(record: Map<String, Value>, region: &str, scope: &Scope) -> Value {
    fn moved(value: Value, account: &str) -> Value {
        match value {
            Value::String(text) => Value::String(text.replace("111122223333", account)),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(name, value)| (name, moved(value, account)))
                .collect(),
            other => other,
        }
    }
    let mut record = Value::Object(record);
    if !scope.account.is_empty() {
        record = moved(record, &scope.account);
    }
    if let Value::Object(fields) = &mut record {
        fields.insert("awsRegion".to_owned(), json!(region));
    }
    record
}

fn by_logic(deployed: &Predicate, model: &EventModel, scope: &Scope) -> bool {
    let mut exceptions = Vec::new();
    for field in [
        "eventName",
        "eventSource",
        "sourceIPAddress",
        "eventType",
        "userAgent",
        "awsRegion",
        "userIdentity.arn",
        "userIdentity.userName",
        "userIdentity.principalId",
        "userIdentity.sessionContext.sessionIssuer.arn",
        "userIdentity.sessionContext.sessionIssuer.userName",
    ] {
        let left_out = mentions::texts(deployed, field, true);
        if !left_out.is_empty() {
            exceptions.push(Predicate::one_of(field, left_out));
            exceptions.push(Predicate::missing(field));
        }
    }
    if exceptions.is_empty() {
        return false;
    }
    let quiet = !deployed.clone().or(Predicate::any(exceptions));
    let found = find(&quiet, Under::recommended(model, scope));
    matches!(found, Ended::None)
}
