//! Event patterns of rules, made wider by what they lack of what a control asks for, and by nothing else: values more of one
//! field where that is enough, else what is lacking as another half.
//!
//! What a filter pattern asks for is written as an event pattern as far as both languages mean the same; what is written is
//! proven before it is given.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::events;
use crate::coverage::{self, EventModel, Predicate, Scope};
use crate::pattern;
use crate::pattern::ast::{Condition, Expr, Literal, PatternKind, Test, Value as Operand, dotted};
use crate::pattern::event::{EventPattern, SignIn};

/// The longest event pattern that EventBridge takes where no quota was raised (user guide, "Amazon EventBridge quotas").
const LONGEST: usize = 2048;

/// The values of each field of an event pattern, by the names on the way to it.
type Flat = BTreeMap<Vec<String>, Vec<Value>>;

/// `deployed` with the parts of `required` that it does not match yet; none where it was not made for them, where nothing is
/// lacking, or where what is lacking cannot be written as an event pattern.
pub(super) fn widened(deployed: &str, required: &str, scope: &Scope) -> Option<String> {
    let old: Value = serde_json::from_str(deployed).ok()?;
    if !are_alike(&old, required) {
        return None;
    }
    let lacking = events::lacking(required, &matched(deployed)?, scope)?;
    let parts: Option<Vec<Value>> = lacking.iter().map(|part| document(part)).collect();
    let parts = joined(parts?);
    let candidates = [with_values(&old, &parts), Some(with_half(old, parts))];
    let mut candidates = candidates.into_iter().flatten().map(|it| it.to_string());
    candidates.find(|text| {
        text.len() <= LONGEST
            && events::is_held(deployed, text, scope)
            && matched(text).is_some_and(|new| hold(&lacking, &new, scope))
    })
}

/// Whether an event pattern is another one with more values of one field, or with another half.
pub(super) fn is_widened(old: &str, new: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    let (Some(old), Some(new)) = (read(old), read(new)) else {
        return false;
    };
    let halves = |pattern: &Value| pattern.get("$or").and_then(Value::as_array).cloned();
    match (halves(&old), halves(&new)) {
        (None, Some(new)) => new.first() == Some(&old),
        (Some(old), Some(new)) => new.starts_with(&old),
        (_, None) => match (flat(&old), flat(&new)) {
            (Some(old), Some(new)) => {
                old.len() == new.len()
                    && old.iter().all(|(field, values)| {
                        new.get(field).is_some_and(|more| more.starts_with(values))
                    })
            }
            _ => false,
        },
    }
}

/// What an event pattern matches, by both spellings of a sign-in.
fn matched(pattern: &str) -> Option<[Predicate; 2]> {
    let pattern = EventPattern::parse(pattern).ok()?;
    Some([SignIn::Spaced, SignIn::Joined].map(|it| Predicate::from_event_pattern(&pattern, it)))
}

/// Whether every part of a filter pattern is matched.
fn hold(parts: &[String], matched: &[Predicate; 2], scope: &Scope) -> bool {
    let model = EventModel::cloudtrail();
    parts.iter().all(|part| {
        let Ok(part) = pattern::parse(&format!("{{ {part} }}")) else {
            return false;
        };
        let wanted = Predicate::from_pattern(&part);
        let mut matched = matched.iter();
        matched.all(|new| coverage::covers(&wanted, new, &model, scope).is_yes())
    })
}

/// Whether most of the texts that the pattern asks for in `detail` are asked for by the filter pattern as well.
fn are_alike(pattern: &Value, required: &str) -> bool {
    let wanted = events::texts(required);
    let mut own = Vec::new();
    texts(pattern.get("detail").unwrap_or(pattern), &mut own);
    let common = own
        .iter()
        .filter(|text| wanted.contains(text.as_str()))
        .count();
    common > 0 && common * 2 >= own.len()
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

/// One part of a filter pattern as an event pattern; none where it asks for a choice, for a field twice, or for what event
/// patterns cannot say.
fn document(part: &str) -> Option<Value> {
    let parsed = pattern::parse(&format!("{{ {part} }}")).ok()?;
    let PatternKind::Json(expr) = &parsed.kind else {
        return None;
    };
    let mut tests = Vec::new();
    conjoined(expr, &mut tests)?;
    let mut root = json!({"detail": {}});
    for test in tests {
        let path = dotted(&test.selector.steps)?;
        let mut at = root.get_mut("detail")?;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let members = at.as_object_mut()?;
            if names.peek().is_none() {
                let twice = members.insert(name.to_owned(), json!([value(test)?]));
                if twice.is_some() {
                    return None;
                }
                break;
            }
            at = members
                .entry(name)
                .or_insert_with(|| Value::Object(Map::new()));
        }
    }
    Some(root)
}

/// The tests of which all have to hold; none where some are a choice.
fn conjoined<'e>(expr: &'e Expr, tests: &mut Vec<&'e Test>) -> Option<()> {
    match expr {
        Expr::Or(_) => None,
        Expr::And(all) => all.iter().try_for_each(|part| conjoined(part, tests)),
        Expr::Group(inner, _) => conjoined(inner, tests),
        Expr::Test(test) => {
            tests.push(test);
            Some(())
        }
    }
}

/// What a test asks of its field, as an event pattern asks it.
fn value(test: &Test) -> Option<Value> {
    match &test.condition {
        Condition::Equals {
            negated,
            value: Operand::Text(text),
        } => {
            let text = text.value.as_str();
            // Escapes and runs of stars mean something else there.
            if text.contains('\\') || text.contains("**") {
                return None;
            }
            let wanted = match text.contains('*') {
                true => json!({"wildcard": text}),
                false => json!(text),
            };
            Some(match negated {
                true => json!({"anything-but": wanted}),
                false => wanted,
            })
        }
        Condition::Is(Literal::True) => Some(json!(true)),
        Condition::Is(Literal::False) => Some(json!(false)),
        Condition::Is(Literal::Null) => Some(Value::Null),
        Condition::NotExists => Some(json!({"exists": false})),
        Condition::Equals { .. } | Condition::Order { .. } => None,
    }
}

/// Parts that differ in the values of one field are one part.
fn joined(parts: Vec<Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for part in parts {
        let known = found.iter_mut().find_map(|known| {
            let both = (flat(known)?, flat(&part)?);
            let is_same = both.0.keys().eq(both.1.keys());
            let mut other = both
                .1
                .iter()
                .filter(|(field, values)| both.0.get(*field) != Some(values));
            let (field, values) = other.next()?;
            let is_one = is_same && other.next().is_none();
            is_one.then(|| (known, field.clone(), values.clone()))
        });
        match known {
            Some((known, field, values)) => extend(known, &field, values),
            None => found.push(part),
        }
    }
    found
}

/// The pattern with more values of one field, where that is all that it lacks.
fn with_values(old: &Value, parts: &[Value]) -> Option<Value> {
    let own = flat(old)?;
    let mut more: Option<(Vec<String>, Vec<Value>)> = None;
    for part in parts {
        for (field, values) in flat(part)? {
            let Some(known) = own.get(&field) else {
                continue;
            };
            let values = values.into_iter().filter(|it| !known.contains(it));
            let values: Vec<Value> = values.collect();
            match &mut more {
                _ if values.is_empty() => {}
                None => more = Some((field, values)),
                Some((same, all)) if *same == field => all.extend(values),
                Some(_) => return None,
            }
        }
    }
    let (field, values) = more?;
    let mut new = old.clone();
    extend(&mut new, &field, values);
    Some(new)
}

/// The pattern as one half, and these parts as the others.
fn with_half(old: Value, parts: Vec<Value>) -> Value {
    let alone = old.as_object().is_some_and(|members| members.len() == 1);
    let mut halves = match old.get("$or").and_then(Value::as_array) {
        Some(halves) if alone => halves.clone(),
        _ => vec![old],
    };
    halves.extend(parts);
    json!({"$or": halves})
}

/// The fields of a pattern with their values; none where it has a choice of fields.
fn flat(pattern: &Value) -> Option<Flat> {
    let mut found = Flat::new();
    let mut open = vec![(Vec::new(), pattern)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(members) => {
                for (name, inner) in members {
                    if name == "$or" {
                        return None;
                    }
                    let mut path: Vec<String> = path.clone();
                    path.push(name.clone());
                    open.push((path, inner));
                }
            }
            Value::Array(values) => {
                found.insert(path, values.clone());
            }
            _ => return None,
        }
    }
    Some(found)
}

fn extend(pattern: &mut Value, field: &[String], values: Vec<Value>) {
    let mut at = Some(pattern);
    for name in field {
        at = at.and_then(|it| it.get_mut(name));
    }
    if let Some(known) = at.and_then(Value::as_array_mut) {
        let more = values.into_iter().filter(|it| !known.contains(it));
        let more: Vec<Value> = more.collect();
        known.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &str = "{ ($.eventSource = iam.amazonaws.com) && (($.eventName = PutRolePolicy) || ($.eventName = DeleteRolePolicy)) }";

    fn wider(deployed: &Value, required: &str) -> Option<Value> {
        let scope = Scope {
            account: "111122223333".to_owned(),
            regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()],
            global_region: "us-east-1".to_owned(),
        };
        let text = widened(&deployed.to_string(), required, &scope)?;
        assert!(is_widened(&deployed.to_string(), &text), "{text}");
        serde_json::from_str(&text).ok()
    }

    #[test]
    fn names_that_are_lacking_are_added() {
        let old = json!({"source": ["aws.iam"], "detail": {"eventName": ["PutRolePolicy"]}});
        let new = wider(&old, NAMES).unwrap();
        let names = json!(["PutRolePolicy", "DeleteRolePolicy"]);
        assert_eq!(
            new,
            json!({"source": ["aws.iam"], "detail": {"eventName": names}})
        );
        assert_eq!(wider(&new, NAMES), None);
    }

    #[test]
    fn what_another_field_keeps_out_is_a_half_of_its_own() {
        let old = json!({"detail": {"eventName": ["PutRolePolicy"], "readOnly": [false],
            "sourceIPAddress": ["192.0.2.1"]}});
        let new = wider(&old, NAMES).unwrap();
        let half = json!({"detail": {"eventSource": ["iam.amazonaws.com"],
            "eventName": ["PutRolePolicy", "DeleteRolePolicy"]}});
        assert_eq!(new, json!({"$or": [old, half]}));
    }

    #[test]
    fn a_rule_for_something_else_and_one_that_matches_nothing_stay_as_they_are() {
        let other = json!({"detail": {"eventSource": ["ec2.amazonaws.com"], "eventName": ["RunInstances"]}});
        assert_eq!(wider(&other, NAMES), None);
        let never = json!({"source": ["aws.ec2"], "detail": {"eventSource": ["iam.amazonaws.com"], "eventName": ["PutRolePolicy"]}});
        assert_eq!(wider(&never, NAMES), None);
        assert!(!is_widened("{\"a\":[1]}", "{\"a\":[2]}"));
        assert!(!is_widened("{\"a\":[1]}", "{\"a\":[1],\"b\":[1]}"));
    }
}
