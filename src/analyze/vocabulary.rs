//! What a person recognises a predicate by: the fields that it looks at and the literal texts that it compares with.

use std::collections::BTreeSet;

use crate::coverage::{Is, Predicate};
use crate::pattern::ast::PatternKind;
use crate::pattern::event::{Rule, SignIn};
use crate::pattern::{Glob, Star};

/// The fields that the pattern of a metric filter looks at; none for a pattern of another kind.
pub(super) fn fields(predicate: &Predicate) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    if let Predicate::Pattern(pattern) = predicate
        && let PatternKind::Json(expr) = &pattern.kind
    {
        fields.extend(expr.tests().map(|test| test.selector.to_string()));
    }
    fields
}

/// The literal texts that a predicate compares with: what a person would recognise it by. Stars at the ends, what stands
/// before a colon (`ec2:CreateRoute`, `arn:aws:iam::111122223333:root`) and case make no difference to a person.
pub(super) fn words(predicate: &Predicate) -> BTreeSet<String> {
    let mut words = Vec::new();
    for leaf in leaves(predicate) {
        match leaf {
            Predicate::Test(test) => {
                if let Is::Text(text) | Is::StartsWith(text) | Is::EndsWith(text) = &test.is {
                    words.push(text.clone());
                }
            }
            Predicate::Event(pattern, _) => {
                for (path, rules) in pattern.alternatives().into_iter().flatten() {
                    let texts = compared(rules).into_iter().filter_map(rule_text);
                    words.extend(texts.filter_map(|text| rule_word(&path, text)));
                }
            }
            Predicate::Pattern(pattern) => {
                if let PatternKind::Json(expr) = &pattern.kind {
                    let texts = expr.tests().filter_map(|test| test.text());
                    words.extend(texts.map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    words.iter().filter_map(|text| word(text)).collect()
}

/// Which of the words that are asked for a predicate of these words names: outright, or, in the pattern of a rule or the query
/// of a log alarm, as the part of a name (`{"prefix": "Stop"}`, `like "Stop"`).
pub(super) fn named<'w>(
    predicate: &Predicate,
    words: &BTreeSet<String>,
    asked: &'w BTreeSet<String>,
) -> impl Iterator<Item = &'w String> {
    let parts = name_parts(predicate);
    asked
        .iter()
        .filter(move |word| words.contains(*word) || parts.iter().any(|part| part.matches(word)))
}

/// The fewest letters by which a person tells a name.
const TELLING: usize = 4;

/// The parts of names of events that the patterns of rules and the queries of log alarms ask for, or leave out.
fn name_parts(predicate: &Predicate) -> Vec<Glob> {
    let mut parts = Vec::new();
    for leaf in leaves(predicate) {
        match leaf {
            Predicate::Event(pattern, _) => {
                for (path, rules) in pattern.alternatives().into_iter().flatten() {
                    if path == "detail.eventName" {
                        parts.extend(compared(rules).into_iter().filter_map(rule_part));
                    }
                }
            }
            Predicate::Test(test) if test.path == ["eventName"] => {
                parts.extend(test_parts(&test.is))
            }
            _ => {}
        }
    }
    let told = parts.into_iter().filter_map(|text| name_part(&text));
    told.collect()
}

/// The part of a name that a rule compares with, with stars for the rest.
fn rule_part(rule: &Rule) -> Option<String> {
    match rule {
        Rule::Prefix(text) => Some(format!("{}*", text.text)),
        Rule::Suffix(text) => Some(format!("*{}", text.text)),
        Rule::Wildcard(literals) if literals.len() > 1 => Some(literals.join("*")),
        _ => None,
    }
}

/// The same of a query.
fn test_parts(is: &Is) -> Vec<String> {
    match is {
        Is::StartsWith(text) => vec![format!("{text}*")],
        Is::EndsWith(text) => vec![format!("*{text}")],
        Is::Form(form) => {
            let texts = form.split('|');
            let plain = texts.filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            plain.map(|text| format!("*{text}*")).collect()
        }
        _ => Vec::new(),
    }
}

/// Finds names by a part of them, where a person tells a name by it.
fn name_part(text: &str) -> Option<Glob> {
    let letters = text.chars().filter(|letter| *letter != '*').count();
    (letters >= TELLING).then(|| Glob::new(&text.to_ascii_lowercase(), Star::Glob))
}

/// What a predicate is made of: what it leaves out too, as with a filter.
fn leaves(predicate: &Predicate) -> Vec<&Predicate> {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().flat_map(leaves).collect(),
        Predicate::Not(inner) => leaves(inner),
        leaf => vec![leaf],
    }
}

/// What these rules compare with: what they leave out too, as with a filter.
fn compared(rules: &[Rule]) -> Vec<&Rule> {
    let each = rules.iter().flat_map(|rule| match rule {
        Rule::AnythingBut(out) => compared(out),
        rule => vec![rule],
    });
    each.collect()
}

/// A text as a person recognises it; none where nothing is left of it.
fn word(text: &str) -> Option<String> {
    let last = text.rsplit(':').next().unwrap_or(text);
    let word = last.trim_matches('*').to_ascii_lowercase();
    (!word.is_empty()).then_some(word)
}

/// The literal text of a rule.
fn rule_text(rule: &Rule) -> Option<String> {
    match rule {
        Rule::Text(text) | Rule::IgnoreCase(text) => Some(text.clone()),
        Rule::Prefix(text) | Rule::Suffix(text) => Some(text.text.clone()),
        Rule::Wildcard(literals) => Some(literals.join("*")),
        _ => None,
    }
}

/// The text of a rule about a field of the event around a record, in the words of filters.
fn rule_word(path: &str, text: String) -> Option<String> {
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
