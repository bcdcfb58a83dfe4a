//! Asks `coverage` its questions and remembers the answers: accounts of one organization mostly have the same filters,
//! so the same question comes up again and again.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;

use serde_json::Value;

use crate::coverage::{self, EventModel, Is, Missed, Noise, Predicate, Scope};
use crate::pattern::ast::{Condition, Expr, PatternKind, Value as PatternValue};
use crate::pattern::event::{Rule, SignIn};

/// The coverage decision under one event model, with a memory.
pub(super) struct Judge {
    model: EventModel,
    missed: RefCell<BTreeMap<String, (String, Missed)>>,
    assumptions: RefCell<BTreeMap<String, Vec<String>>>,
    saturations: RefCell<BTreeMap<String, bool>>,
    noises: RefCell<BTreeMap<String, (String, Noise)>>,
    names: RefCell<BTreeMap<String, Rc<[String]>>>,
}

impl Judge {
    /// A judge without memories. `strict`: no assumption about events.
    pub(super) fn new(strict: bool) -> Self {
        Self {
            model: if strict {
                EventModel::none()
            } else {
                EventModel::cloudtrail()
            },
            missed: RefCell::default(),
            assumptions: RefCell::default(),
            saturations: RefCell::default(),
            noises: RefCell::default(),
            names: RefCell::default(),
        }
    }

    /// What `deployed` misses of the events of the scope that `required` matches.
    pub(super) fn missed(
        &self,
        required: &Predicate,
        deployed: &Predicate,
        scope: &Scope,
    ) -> Missed {
        if *deployed == Predicate::Always {
            return Missed::Nothing;
        }
        let key = question(&[required, deployed], scope);
        if let Some((account, answer)) = self.missed.borrow().get(&key) {
            return match answer {
                Missed::Event(event) => Missed::Event(moved(event, account, &scope.account)),
                other => other.clone(),
            };
        }
        let answer = coverage::missed(required, deployed, &self.model, scope);
        self.missed
            .borrow_mut()
            .insert(key, (scope.account.clone(), answer.clone()));
        answer
    }

    /// What it rests on that `deployed` misses nothing.
    pub(super) fn rests_on(
        &self,
        required: &Predicate,
        deployed: &Predicate,
        scope: &Scope,
    ) -> Vec<String> {
        if *deployed == Predicate::Always {
            return Vec::new();
        }
        let key = question(&[required, deployed], scope);
        if let Some(known) = self.assumptions.borrow().get(&key) {
            return known.clone();
        }
        let assumptions = coverage::rests_on(required, deployed, &self.model, scope);
        self.assumptions
            .borrow_mut()
            .insert(key, assumptions.clone());
        assumptions
    }

    /// Whether `deployed` matches nearly every event.
    pub(super) fn saturates(&self, deployed: &Predicate, scope: &Scope) -> bool {
        let key = question(&[deployed], scope);
        if let Some(answer) = self.saturations.borrow().get(&key) {
            return *answer;
        }
        let answer = coverage::is_nearly_everything(deployed, &self.model, scope);
        self.saturations.borrow_mut().insert(key, answer);
        answer
    }

    /// What `deployed` matches beyond `required`.
    pub(super) fn noise(&self, required: &Predicate, deployed: &Predicate, scope: &Scope) -> Noise {
        let key = question(&[required, deployed], scope);
        if let Some((account, noise)) = self.noises.borrow().get(&key) {
            let here = |event: &Option<Value>| {
                event
                    .as_ref()
                    .map(|event| moved(event, account, &scope.account))
            };
            return Noise {
                class: noise.class.clone(),
                extra: here(&noise.extra),
                routine: here(&noise.routine),
            };
        }
        let noise = coverage::noise(required, deployed, &self.model, scope);
        self.noises
            .borrow_mut()
            .insert(key, (scope.account.clone(), noise.clone()));
        noise
    }

    /// The event names that a requirement asks for, in its order.
    pub(super) fn names(&self, required: &Predicate, scope: &Scope) -> Rc<[String]> {
        let key = question(&[required], scope);
        if let Some(names) = self.names.borrow().get(&key) {
            return names.clone();
        }
        let all = coverage::by_name(required, &[Predicate::Always], &self.model, scope);
        let names: Rc<[String]> = all.into_iter().map(|answer| answer.name).collect();
        self.names.borrow_mut().insert(key, names.clone());
        names
    }
}

/// The text of a question. Two accounts ask the same question where neither predicate speaks of the account.
fn question(predicates: &[&Predicate], scope: &Scope) -> String {
    let mut key = String::new();
    for predicate in predicates {
        write_key(predicate, &mut key);
        key.push('\u{1}');
    }
    if key.contains(&scope.account) {
        key.push_str(&scope.account);
    }
    let _ = write!(
        key,
        "\u{1}{}\u{1}{}",
        scope.global_region,
        scope.regions.join(",")
    );
    key
}

/// The predicate as a text that only equal predicates share.
pub(super) fn key(predicate: &Predicate) -> String {
    let mut out = String::new();
    write_key(predicate, &mut out);
    out
}

fn write_key(predicate: &Predicate, out: &mut String) {
    let _ = match predicate {
        Predicate::Always => out.write_char('1'),
        Predicate::Never => out.write_char('0'),
        Predicate::All(parts) => write_keys('&', parts, out),
        Predicate::Any(parts) => write_keys('|', parts, out),
        Predicate::Not(inner) => {
            out.push('!');
            write_key(inner, out);
            Ok(())
        }
        Predicate::Test(test) => write!(out, "{test:?}"),
        Predicate::Pattern(pattern) => write!(out, "{:?}", pattern.text),
        Predicate::Event(pattern, sign_in) => write!(out, "{sign_in:?}{pattern}"),
    };
}

fn write_keys(sign: char, parts: &[Predicate], out: &mut String) -> std::fmt::Result {
    out.push(sign);
    out.push('(');
    for part in parts {
        write_key(part, out);
        out.push(';');
    }
    out.push(')');
    Ok(())
}

/// The record as it would look in another account.
fn moved(record: &Value, from: &str, to: &str) -> Value {
    if from == to {
        return record.clone();
    }
    match record {
        Value::String(text) => Value::String(text.replace(from, to)),
        Value::Array(items) => items.iter().map(|item| moved(item, from, to)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), moved(value, from, to)))
            .collect(),
        other => other.clone(),
    }
}

/// The literal texts that a predicate compares with: what a person would recognise it by. Stars at the ends, what stands
/// before a colon (`ec2:CreateRoute`, `arn:aws:iam::111122223333:root`) and case make no difference to a person.
pub(super) fn words(predicate: &Predicate) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    collect_words(predicate, &mut words);
    words.iter().filter_map(|text| word(text)).collect()
}

/// A text as a person recognises it; none where nothing is left of it.
fn word(text: &str) -> Option<String> {
    let last = text.rsplit(':').next().unwrap_or(text);
    let word = last.trim_matches('*').to_ascii_lowercase();
    (!word.is_empty()).then_some(word)
}

fn collect_words(predicate: &Predicate, words: &mut BTreeSet<String>) {
    match predicate {
        Predicate::Always | Predicate::Never => {}
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| collect_words(part, words))
        }
        Predicate::Not(inner) => collect_words(inner, words),
        Predicate::Test(test) => {
            if let Is::Text(text) | Is::StartsWith(text) | Is::EndsWith(text) = &test.is {
                words.insert(text.clone());
            }
        }
        Predicate::Event(pattern, _) => {
            for (path, rules) in pattern.alternatives().into_iter().flatten() {
                words.extend(rules.iter().filter_map(|rule| rule_word(&path, rule)));
            }
        }
        Predicate::Pattern(pattern) => {
            if let PatternKind::Json(expr) = &pattern.kind {
                collect_expr_words(expr, words);
            }
        }
    }
}

/// The text of a rule about a field of the event around a record, in the words of filters.
fn rule_word(path: &str, rule: &Rule) -> Option<String> {
    let text = match rule {
        Rule::Text(text) | Rule::IgnoreCase(text) => text.clone(),
        Rule::Prefix(text) | Rule::Suffix(text) => text.text.clone(),
        Rule::Wildcard(literals) => literals.join("*"),
        _ => return None,
    };
    match path {
        // `aws.iam` is what filters call `iam.amazonaws.com`, and sign-ins are asked for by their name there.
        "source" => {
            let service = text.strip_prefix("aws.")?;
            Some(format!("{service}.amazonaws.com"))
        }
        "detail-type" => {
            let of_sign_in = [SignIn::Spaced, SignIn::Joined];
            let sign_in = of_sign_in.iter().any(|it| it.detail_type() == text);
            sign_in.then(|| "ConsoleLogin".to_owned())
        }
        _ => Some(text),
    }
}

fn collect_expr_words(expr: &Expr, words: &mut BTreeSet<String>) {
    match expr {
        Expr::Or(parts) | Expr::And(parts) => parts
            .iter()
            .for_each(|part| collect_expr_words(part, words)),
        Expr::Group(inner, _) => collect_expr_words(inner, words),
        Expr::Test(test) => {
            if let Condition::Equals {
                value: PatternValue::Text(text),
                ..
            } = &test.condition
            {
                words.insert(text.value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_witness_is_moved_to_the_account_that_asks() {
        let record = serde_json::json!({"a": ["x111122223333", 1], "b": {"c": "111122223333"}});
        let expected = serde_json::json!({"a": ["x444455556666", 1], "b": {"c": "444455556666"}});
        assert_eq!(moved(&record, "111122223333", "444455556666"), expected);
    }

    #[test]
    fn accounts_share_a_question_only_where_it_does_not_speak_of_them() {
        let scope = |account: &str| Scope {
            account: account.into(),
            ..Scope::default()
        };
        let neutral = Predicate::equals("eventName", "StopLogging");
        let local = Predicate::equals("recipientAccountId", "111122223333");
        let key = |p: &Predicate, account: &str| question(&[p], &scope(account));
        assert_eq!(key(&neutral, "111122223333"), key(&neutral, "444455556666"));
        assert_ne!(key(&local, "111122223333"), key(&local, "444455556666"));
    }
}
