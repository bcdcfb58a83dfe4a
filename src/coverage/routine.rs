//! What happens in any account all day, and the filters that an alarm cannot stand for it.
//!
//! In 782 public records 92% are of people and roles. A filter that matches all that they do, but for some person, role or
//! address, has its alarm in ALARM for good; one that matches some of it is noisy.

use serde_json::{Map, Value, json};

use super::decide::find;
use super::lower::Under;
use super::mentions::{self, event_names};
use super::model::{EventModel, Looks, Scope};
use super::predicate::Predicate;
use super::search::Ended;
use crate::pattern::Semantics;

/// Whether the filters match nearly every event that is recorded, so that an alarm on them never leaves ALARM: by logic,
/// where only events that a `!=` of theirs names are left out; by example, where they match every routine record of people
/// and roles in some Region. A trail that records a few names alone makes any filter quiet.
pub fn is_nearly_everything(
    deployed: &Predicate,
    recorded: &Predicate,
    model: &EventModel,
    scope: &Scope,
) -> bool {
    match by_example(deployed, recorded, model, scope) {
        Some(all) => {
            all || !exceptions(deployed).is_empty() && by_logic(deployed, recorded, model, scope)
        }
        None => event_names(recorded).is_none() && by_logic(deployed, recorded, model, scope),
    }
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

/// Whether they match every routine record that reaches them in some Region; none where no such record does.
fn by_example(
    deployed: &Predicate,
    recorded: &Predicate,
    model: &EventModel,
    scope: &Scope,
) -> Option<bool> {
    let recommended = Semantics::default();
    let of_people: Vec<&Map<String, Value>> = Looks::routine()
        .iter()
        .filter(|record| {
            record.get("userIdentity").and_then(|who| who.get("type")) != Some(&json!("AWSService"))
        })
        .collect();
    let everything = matches!(recorded, Predicate::Always);
    let mut answer = None;
    for region in regions(scope) {
        let happens = of_people
            .iter()
            .filter(|record| happens_in(record, region, model, scope));
        let mut here = happens
            .map(|record| callers(record).map(|record| placed(record, region, scope)))
            .filter(|events| {
                let reaches = |event: &Value| recorded.matches(event, &recommended);
                everything || events.iter().any(reaches)
            })
            .peekable();
        if here.peek().is_none() {
            continue;
        }
        // An exception for one of the callers does not make it quiet.
        let all = here.all(|events| {
            let matched = events.iter();
            let matched = matched.filter(|event| deployed.matches(event, &recommended));
            matched.count() + 1 >= events.len()
        });
        if all {
            return Some(true);
        }
        answer = Some(false);
    }
    answer
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

/// What a `!=` of the filters leaves out.
fn exceptions(deployed: &Predicate) -> Vec<Predicate> {
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
    exceptions
}

fn by_logic(deployed: &Predicate, recorded: &Predicate, model: &EventModel, scope: &Scope) -> bool {
    let loud = deployed.clone().or(Predicate::any(exceptions(deployed)));
    let quiet = recorded.clone().and(!loud);
    let found = find(&quiet, Under::recommended(model, scope));
    matches!(found, Ended::None)
}
