//! Predicates over events: what a requirement asks for, what a trail records, what a filter matches.
//!
//! The common language of the chain: everything in it that depends on the event becomes one of these, and
//! [`covers`](super::covers) compares them. Built here, decided elsewhere.

use std::sync::Arc;

use regex_automata::nfa::thompson::pikevm::PikeVM;
use serde_json::Value;

use crate::pattern::ast::Pattern;
use crate::pattern::event::{EventPattern, SignIn, around};
use crate::pattern::{Matcher, Semantics};

/// A condition on a CloudTrail event.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Every event.
    Always,
    /// No event.
    Never,
    /// Events that all of these hold for; every event where there are none.
    All(Vec<Predicate>),
    /// Events that any of these holds for; no event where there are none.
    Any(Vec<Predicate>),
    /// Events that this does not hold for: the true complement, unlike `!=` of the pattern language (D1).
    Not(Box<Predicate>),
    /// A condition on one field.
    Test(Test),
    /// What a filter pattern matches.
    Pattern(Arc<Pattern>),
    /// What an event pattern matches of the events that EventBridge makes of records, under a spelling of sign-in.
    Event(Arc<EventPattern>, SignIn),
}

/// A condition on one field, as trails and their selectors state it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Test {
    /// The names from the root of the event to the field.
    pub path: Vec<String>,
    /// What is asked of it.
    pub is: Is,
}

/// What a [`Test`] asks of its field. Every form but [`Is::Missing`] is false on a missing field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Is {
    /// The string, character by character; no wildcard.
    Text(String),
    /// A string that begins so.
    StartsWith(String),
    /// A string that ends so.
    EndsWith(String),
    /// A string in which this regular expression, in Rust syntax, is found.
    Form(String),
    /// The boolean.
    Bool(bool),
    /// Not there, or below something that is not an object.
    Missing,
}

impl Predicate {
    /// What `pattern` matches.
    pub fn from_pattern(pattern: &Pattern) -> Self {
        Self::Pattern(Arc::new(pattern.clone()))
    }

    /// What `pattern` matches of the events around records.
    pub fn from_event_pattern(pattern: &EventPattern, sign_in: SignIn) -> Self {
        Self::Event(Arc::new(pattern.clone()), sign_in)
    }

    /// `path` (names joined by `.`) is exactly the string `text`.
    pub fn equals(path: &str, text: &str) -> Self {
        Self::test(path, Is::Text(text.to_owned()))
    }

    /// `path` is exactly one of `texts`.
    pub fn one_of<T: AsRef<str>>(path: &str, texts: impl IntoIterator<Item = T>) -> Self {
        Self::any(
            texts
                .into_iter()
                .map(|text| Self::equals(path, text.as_ref())),
        )
    }

    /// `path` is a string that begins with `text`.
    pub fn starts_with(path: &str, text: &str) -> Self {
        Self::test(path, Is::StartsWith(text.to_owned()))
    }

    /// `path` is a string that ends with `text`.
    pub fn ends_with(path: &str, text: &str) -> Self {
        Self::test(path, Is::EndsWith(text.to_owned()))
    }

    /// `path` is a string in which the regular expression `form` is found.
    pub fn in_form(path: &str, form: &str) -> Self {
        Self::test(path, Is::Form(form.to_owned()))
    }

    /// `path` is the boolean true.
    pub fn is_true(path: &str) -> Self {
        Self::test(path, Is::Bool(true))
    }

    /// `path` is the boolean false.
    pub fn is_false(path: &str) -> Self {
        Self::test(path, Is::Bool(false))
    }

    /// `path` is not in the event.
    pub fn missing(path: &str) -> Self {
        Self::test(path, Is::Missing)
    }

    /// Whether it holds for an event, evaluated plainly: patterns by the plain matcher, with no part of the decision.
    pub fn matches(&self, event: &Value, semantics: &Semantics) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::All(parts) => parts.iter().all(|part| part.matches(event, semantics)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(event, semantics)),
            Self::Not(inner) => !inner.matches(event, semantics),
            Self::Test(test) => test.holds(event),
            Self::Pattern(pattern) => Matcher::new(pattern, semantics).matches_event(event),
            Self::Event(pattern, sign_in) => pattern.matches(&around(event.clone(), *sign_in)),
        }
    }

    fn test(path: &str, is: Is) -> Self {
        Self::Test(Test {
            path: path.split('.').map(str::to_owned).collect(),
            is,
        })
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::any([self, other])
    }

    /// All of them, flattened, without the trivial ones.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Always => {}
                Self::Never => return Self::Never,
                Self::All(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match (kept.pop(), kept.is_empty()) {
            (None, _) => Self::Always,
            (Some(one), true) => one,
            (Some(last), false) => {
                kept.push(last);
                Self::All(kept)
            }
        }
    }

    /// Any of them, flattened, without the trivial ones: the union of several filters, trails or paths.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Never => {}
                Self::Always => return Self::Always,
                Self::Any(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match (kept.pop(), kept.is_empty()) {
            (None, _) => Self::Never,
            (Some(one), true) => one,
            (Some(last), false) => {
                kept.push(last);
                Self::Any(kept)
            }
        }
    }
}

impl Test {
    /// Whether it holds for an event.
    pub fn holds(&self, event: &Value) -> bool {
        let found = self
            .path
            .iter()
            .try_fold(event, |value, name| value.as_object()?.get(name));
        match &self.is {
            Is::Text(text) => found.and_then(Value::as_str) == Some(text),
            Is::StartsWith(text) => found
                .and_then(Value::as_str)
                .is_some_and(|found| found.starts_with(text)),
            Is::EndsWith(text) => found
                .and_then(Value::as_str)
                .is_some_and(|found| found.ends_with(text)),
            // What does not build asks for nothing that could be found.
            Is::Form(form) => found.and_then(Value::as_str).is_some_and(|found| {
                PikeVM::new(form).is_ok_and(|form| form.is_match(&mut form.create_cache(), found))
            }),
            Is::Bool(truth) => found.and_then(Value::as_bool) == Some(*truth),
            Is::Missing => found.is_none(),
        }
    }
}

/// The complement: `!` turns "holds" into "does not hold".
impl std::ops::Not for Predicate {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}
