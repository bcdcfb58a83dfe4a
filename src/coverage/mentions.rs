//! What predicates and patterns mention: the tests, texts and fields that they ask about, without deciding anything.

use std::collections::BTreeSet;

use super::predicate::{Is, Predicate};
use crate::pattern::ast::{Condition, Expr, PatternKind, Step, Test, Value};
use crate::pattern::event::Rule;

/// Every pattern test in the predicate, in order.
pub(super) fn pattern_tests(predicate: &Predicate, each: &mut dyn FnMut(&Test)) {
    match predicate {
        Predicate::Always | Predicate::Never | Predicate::Test(_) | Predicate::Event(..) => {}
        Predicate::Not(inner) => pattern_tests(inner, each),
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| pattern_tests(part, each))
        }
        Predicate::Pattern(pattern) => {
            if let PatternKind::Json(expr) = &pattern.kind {
                expr.tests().for_each(each);
            }
        }
    }
}

/// Whether some pattern looks at the raw text of the event.
pub(super) fn reads_text(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Always | Predicate::Never | Predicate::Test(_) | Predicate::Event(..) => false,
        Predicate::Not(inner) => reads_text(inner),
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().any(reads_text),
        Predicate::Pattern(pattern) => {
            matches!(
                pattern.kind,
                PatternKind::Terms(_) | PatternKind::Regex(_) | PatternKind::Fields(_)
            )
        }
    }
}

/// The texts that the predicate compares a field, by its dotted path, with by `=` (or, `negated`, by `!=`), in order, each
/// once.
pub(super) fn texts(predicate: &Predicate, field: &str, negated: bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        if !found.iter().any(|known| known == text) {
            found.push(text.to_owned());
        }
    };
    own_tests(predicate, !negated, &mut |path, is| {
        if let Is::Text(text) = is
            && path.iter().map(String::as_str).eq(field.split('.'))
        {
            add(text);
        }
    });
    event_rules(predicate, &mut |path, rule| match rule {
        Rule::Text(text) if !negated && path == field => add(text),
        Rule::AnythingBut(rules) if negated && path == field => {
            for rule in rules {
                if let Rule::Text(text) = rule {
                    add(text);
                }
            }
        }
        _ => {}
    });
    pattern_tests(predicate, &mut |test| {
        let named = |step: &Step, name: &str| matches!(step, Step::Name(step) if step == name);
        let steps = &test.selector.steps;
        if let Condition::Equals {
            negated: found,
            value: Value::Text(text),
        } = &test.condition
            && steps.len() == field.split('.').count()
            && steps
                .iter()
                .zip(field.split('.'))
                .all(|(step, name)| named(step, name))
            && *found == negated
            && !text.value.contains('*')
        {
            add(&text.value);
        }
    });
    found
}

/// Names of which every event that the predicate matches has one as its `eventName`; none where the predicate leaves that open.
pub fn event_names(predicate: &Predicate) -> Option<BTreeSet<String>> {
    match predicate {
        Predicate::Never => Some(BTreeSet::new()),
        Predicate::All(parts) => narrowest(parts.iter().map(event_names)),
        Predicate::Any(parts) => parts
            .iter()
            .map(event_names)
            .try_fold(BTreeSet::new(), joined),
        Predicate::Test(test) => match &test.is {
            Is::Text(text) if test.path.as_slice() == ["eventName"] => {
                Some(BTreeSet::from([text.clone()]))
            }
            _ => None,
        },
        Predicate::Pattern(pattern) => match &pattern.kind {
            PatternKind::Json(expr) => names_in(expr),
            _ => None,
        },
        Predicate::Always | Predicate::Not(_) | Predicate::Event(..) => None,
    }
}

fn names_in(expr: &Expr) -> Option<BTreeSet<String>> {
    match expr {
        Expr::Group(inner, _) => names_in(inner),
        Expr::And(parts) => narrowest(parts.iter().map(names_in)),
        Expr::Or(parts) => parts.iter().map(names_in).try_fold(BTreeSet::new(), joined),
        Expr::Test(test) => match (&test.condition, test.selector.steps.as_slice()) {
            (
                Condition::Equals {
                    negated: false,
                    value: Value::Text(text),
                },
                [Step::Name(name)],
            ) if name == "eventName" && !text.value.contains('*') => {
                Some(BTreeSet::from([text.value.clone()]))
            }
            _ => None,
        },
    }
}

/// All hold: the fewest names of one of them.
fn narrowest(parts: impl Iterator<Item = Option<BTreeSet<String>>>) -> Option<BTreeSet<String>> {
    parts.flatten().min_by_key(BTreeSet::len)
}

/// One holds: the names of all.
fn joined(mut names: BTreeSet<String>, more: Option<BTreeSet<String>>) -> Option<BTreeSet<String>> {
    names.extend(more?);
    Some(names)
}

/// Every test that is not part of a pattern, of the wanted polarity.
fn own_tests(predicate: &Predicate, wanted: bool, each: &mut dyn FnMut(&[String], &Is)) {
    match predicate {
        Predicate::Always | Predicate::Never | Predicate::Pattern(_) | Predicate::Event(..) => {}
        Predicate::Not(inner) => own_tests(inner, !wanted, each),
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| own_tests(part, wanted, each))
        }
        Predicate::Test(test) if wanted => each(&test.path, &test.is),
        Predicate::Test(_) => {}
    }
}

/// Every rule that an event pattern has on a field of the record, by its dotted path, in order.
fn event_rules(predicate: &Predicate, each: &mut dyn FnMut(&str, &Rule)) {
    match predicate {
        Predicate::Always | Predicate::Never | Predicate::Pattern(_) | Predicate::Test(_) => {}
        Predicate::Not(inner) => event_rules(inner, each),
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| event_rules(part, each))
        }
        Predicate::Event(pattern, _) => {
            for (path, rules) in pattern.alternatives().into_iter().flatten() {
                if let Some(field) = path.strip_prefix("detail.") {
                    rules.iter().for_each(|rule| each(field, rule));
                }
            }
        }
    }
}
