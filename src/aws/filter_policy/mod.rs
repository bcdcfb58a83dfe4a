//! Subscription filter policies: does the subscription let the alarm's message through?
//!
//! Evaluates both scopes (U04, U05) on the message that CloudWatch publishes when the alarm goes into `ALARM`: it has no
//! message attributes, and its body is known but for prose and times. What cannot be known is unknown; every answer but
//! yes names the key that decides. From the SNS Developer Guide, "Subscription filter policies". Sees no SQL.

#[cfg(test)]
mod completions;
mod form;
mod message;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;

pub use form::Form;
pub use message::{AlarmMessage, Kind};
use message::{Guess, Part};
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::Ternary;
use super::json;
use value::{alternative, is_operator};

/// What a filter policy does with the message of an alarm that went into `ALARM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filtering {
    /// Lets it through.
    Accepts,
    /// Drops it, because of this key, which no message of this alarm meets, or none of some time.
    Rejects(Member),
    /// Depends on something that is not known beforehand.
    Unknown(FilterPolicyDoubt),
}

/// A key of a filter policy, and what the message has there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Member {
    /// The key; the names of nested keys are joined by `.`.
    pub key: String,
    /// What the policy asks for, as JSON.
    pub wanted: String,
    /// What the message has.
    pub found: Found,
}

/// What a message has under a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Found {
    /// Nothing.
    Nothing,
    /// One of these, as JSON.
    Values {
        /// The values that are possible, or the elements of an array.
        values: Vec<String>,
    },
    /// A text of which the form is known.
    Text(Form),
    /// An object.
    Object,
    /// Nobody documents it.
    NotKnown,
}

/// Why it cannot be told what a filter policy does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "doubt", rename_all = "snake_case")]
pub enum FilterPolicyDoubt {
    /// The filter policy is not a JSON object.
    NotAnObject,
    /// The scope is none that AWS documents.
    Scope {
        /// FilterPolicyScope.
        scope: String,
    },
    /// A key cannot be decided beforehand.
    Key(Member),
}

/// Judges a subscription's `FilterPolicy` under its `FilterPolicyScope` (`MessageAttributes` if absent).
pub fn filter(policy: &str, scope: Option<&str>, message: &AlarmMessage) -> Filtering {
    let Some(Value::Object(policy)) = json::document(policy) else {
        return Filtering::Unknown(FilterPolicyDoubt::NotAnObject);
    };
    let body = match scope.unwrap_or("MessageAttributes") {
        // An alarm's message carries none.
        "MessageAttributes" => nothing(),
        "MessageBody" => message.body(Guess::default()),
        other => {
            return Filtering::Unknown(FilterPolicyDoubt::Scope {
                scope: other.to_owned(),
            });
        }
    };
    let attributes = matches!(&body, Part::Object(members) if members.is_empty());
    match (object(&policy, &body, ""), policy.iter().next()) {
        // "An empty set of attributes results in the filter not matching" ("Key matching"), whatever it asks for.
        (Ternary::Yes, Some((key, wanted))) if attributes => {
            Filtering::Rejects(here(key.clone(), wanted, None))
        }
        (Ternary::Yes, _) => Filtering::Accepts,
        (Ternary::No(member), _) => Filtering::Rejects(member),
        (Ternary::Maybe(member), _) if attributes => {
            Filtering::Unknown(FilterPolicyDoubt::Key(member))
        }
        (Ternary::Maybe(member), _) => by_guesses(&policy, message)
            .or_else(|| by_times(&policy, message))
            .unwrap_or(Filtering::Unknown(FilterPolicyDoubt::Key(member))),
    }
}

/// The answer, where it is the same whatever the old state and the name of the Region are.
fn by_guesses(policy: &Map<String, Value>, message: &AlarmMessage) -> Option<Filtering> {
    let mut found = None;
    for guess in message.guesses() {
        let one = match object(policy, &message.body(guess), "") {
            Ternary::Yes => Filtering::Accepts,
            Ternary::No(member) => Filtering::Rejects(member),
            Ternary::Maybe(_) => return None,
        };
        match (&found, one) {
            (None, one) => found = Some(one),
            (Some(Filtering::Accepts), Filtering::Accepts)
            | (Some(Filtering::Rejects(_)), Filtering::Rejects(_)) => {}
            _ => return None,
        }
    }
    found
}

/// One message that is dropped is enough: some are sent next month, and some in years.
fn by_times(policy: &Map<String, Value>, message: &AlarmMessage) -> Option<Filtering> {
    let mut texts = Vec::new();
    policy
        .values()
        .for_each(|wanted| gather(wanted, &mut texts));
    message.times(texts).iter().find_map(|at| {
        let sent = Guess {
            at: Some(at),
            ..Guess::default()
        };
        match object(policy, &message.body(sent), "") {
            Ternary::No(member) => Some(Filtering::Rejects(member)),
            Ternary::Yes | Ternary::Maybe(_) => None,
        }
    })
}

/// Every text that a policy compares with.
fn gather<'p>(wanted: &'p Value, texts: &mut Vec<&'p str>) {
    match wanted {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(members) => members.values().for_each(|item| gather(item, texts)),
        _ => {}
    }
}

/// An object without members.
fn nothing() -> Part {
    Part::Object(BTreeMap::new())
}

/// All keys of a policy object have to be met. `path` is the place of the object, with a `.` behind it.
fn object(policy: &Map<String, Value>, part: &Part, path: &str) -> Ternary<Member> {
    let keys = policy
        .iter()
        .map(|(key, wanted)| member(key, wanted, part, path));
    Ternary::all(keys)
}

/// One key of a policy object against the message part that should have it.
fn member(key: &str, wanted: &Value, part: &Part, path: &str) -> Ternary<Member> {
    let place = format!("{path}{key}");
    if key == "$or"
        && let Some(branches) = branches(wanted)
    {
        let inner = format!("{place}.");
        let answers = branches
            .into_iter()
            .map(|branch| object(branch, part, &inner));
        return Ternary::any(answers, here(place.clone(), wanted, None));
    }
    let at = |found: Option<&Part>| here(place.clone(), wanted, found);
    let inner = format!("{place}.");
    match part {
        // Whether a key with a dot is taken for a path, as EventBridge's patterns take it, is not documented.
        Part::Object(members) if is_path(key, members) => Ternary::Maybe(Member {
            found: Found::NotKnown,
            ..at(None)
        }),
        Part::Object(members) => match (wanted, members.get(key)) {
            (_, found @ Some(Part::Open)) => Ternary::Maybe(at(found)),
            (Value::Array(wanted), found) => match leaf(wanted, found) {
                Some(true) => Ternary::Yes,
                Some(false) => Ternary::No(at(found)),
                None => Ternary::Maybe(at(found)),
            },
            (Value::Object(_), None) if !asks(wanted, Some(false)) => Ternary::No(at(None)),
            (Value::Object(policy), Some(found @ (Part::Object(_) | Part::Array(_)))) => {
                object(policy, found, &inner)
            }
            (Value::Object(policy), Some(_) | None) => object(policy, &nothing(), &inner),
            (_, found) => Ternary::Maybe(at(found)),
        },
        // How SNS looks for a key below an empty array is not documented; no value is there in any case.
        Part::Array(elements) if elements.is_empty() && asks(wanted, None) => {
            Ternary::Maybe(at(Some(part)))
        }
        // A key below an array looks into each element.
        Part::Array(elements) => {
            let answers = elements
                .iter()
                .map(|element| member(key, wanted, element, path));
            Ternary::any(answers, at(None))
        }
        Part::Known(_) | Part::OneOf(_) | Part::Text(_) => member(key, wanted, &nothing(), path),
        Part::Open => Ternary::Maybe(at(Some(part))),
    }
}

/// Whether a key reads as the path of something that is there, and is no key itself.
fn is_path(key: &str, members: &BTreeMap<String, Part>) -> bool {
    let first = key.split_once('.').map(|(first, _)| first);
    !members.contains_key(key) && first.is_some_and(|first| members.contains_key(first))
}

fn here(key: String, wanted: &Value, found: Option<&Part>) -> Member {
    Member {
        key,
        wanted: wanted.to_string(),
        found: found.map_or(Found::Nothing, Part::found),
    }
}

/// The branches of a `$or`, where it is one: a list of at least two objects, none of which has a field named like an
/// operator. Otherwise `$or` is a key like any other ("AND/OR logic").
fn branches(wanted: &Value) -> Option<Vec<&Map<String, Value>>> {
    let objects: Vec<_> = wanted
        .as_array()?
        .iter()
        .map(Value::as_object)
        .collect::<Option<_>>()?;
    let reserved = objects
        .iter()
        .flat_map(|branch| branch.keys())
        .any(|name| is_operator(name));
    (objects.len() >= 2 && !reserved).then_some(objects)
}

/// Whether a policy asks anywhere whether a key exists; only whether it does not, or does, if that is given.
fn asks(policy: &Value, exists: Option<bool>) -> bool {
    match policy {
        Value::Array(values) => values.iter().any(|value| asks(value, exists)),
        Value::Object(members) => {
            let here = members
                .get("exists")
                .is_some_and(|asked| exists.is_none_or(|exists| *asked == Value::Bool(exists)));
            here || members.values().any(|value| asks(value, exists))
        }
        _ => false,
    }
}

/// A list of alternatives against a value of the message, or its absence; `None` if it cannot be decided.
fn leaf(wanted: &[Value], found: Option<&Part>) -> Option<bool> {
    if wanted.is_empty() {
        return None;
    }
    // One of several old states may meet one alternative and another state another one.
    if let Some(Part::OneOf(values)) = found {
        let mut each = values
            .iter()
            .map(|value| leaf(wanted, Some(&Part::Known(value.clone()))));
        let first = each.next()??;
        return each.all(|other| other == Some(first)).then_some(first);
    }
    super::answer::any(wanted.iter().map(|wanted| alternative(wanted, found)))
}
