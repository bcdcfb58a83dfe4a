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
    let mut words = BTreeSet::new();
    collect_words(predicate, &mut words);
    words.iter().filter_map(|text| word(text)).collect()
}

/// Which of the words that are asked for the predicate names: outright, or, in the pattern of a rule, as the part of a
/// name (`{"prefix": "Stop"}`).
pub(super) fn named<'w>(
    predicate: &Predicate,
    asked: &'w BTreeSet<String>,
) -> impl Iterator<Item = &'w String> {
    let (words, parts) = (words(predicate), name_parts(predicate));
    asked
        .iter()
        .filter(move |word| words.contains(*word) || parts.iter().any(|part| part.matches(word)))
}

/// The fewest letters by which a person tells a name.
const TELLING: usize = 4;

/// The parts of names of events that the patterns of rules ask for, or leave out.
fn name_parts(predicate: &Predicate) -> Vec<Glob> {
    let mut texts = Vec::new();
    collect_name_parts(predicate, &mut texts);
    let telling = |text: &String| {
        let letters = text.chars().filter(|c| *c != '*').count();
        text.contains('*') && letters >= TELLING
    };
    let lower = texts.iter().map(|text| text.to_ascii_lowercase());
    lower
        .filter(telling)
        .map(|text| Glob::new(&text, Star::Glob))
        .collect()
}

fn collect_name_parts(predicate: &Predicate, texts: &mut Vec<String>) {
    match predicate {
        Predicate::Always | Predicate::Never | Predicate::Test(_) | Predicate::Pattern(_) => {}
        Predicate::All(parts) | Predicate::Any(parts) => parts
            .iter()
            .for_each(|part| collect_name_parts(part, texts)),
        Predicate::Not(inner) => collect_name_parts(inner, texts),
        Predicate::Event(pattern, _) => {
            for (path, rules) in pattern.alternatives().into_iter().flatten() {
                if path == "detail.eventName" {
                    rules.iter().for_each(|rule| rule_parts(rule, texts));
                }
            }
        }
    }
}

fn rule_parts(rule: &Rule, texts: &mut Vec<String>) {
    match rule {
        Rule::Prefix(text) => texts.push(format!("{}*", text.text)),
        Rule::Suffix(text) => texts.push(format!("*{}", text.text)),
        Rule::Wildcard(literals) => texts.push(literals.join("*")),
        Rule::AnythingBut(rules) => rules.iter().for_each(|rule| rule_parts(rule, texts)),
        _ => {}
    }
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
                words.extend(rules.iter().flat_map(|rule| rule_words(&path, rule)));
            }
        }
        Predicate::Pattern(pattern) => {
            if let PatternKind::Json(expr) = &pattern.kind {
                words.extend(
                    expr.tests()
                        .filter_map(|test| Some(test.text()?.to_owned())),
                );
            }
        }
    }
}

/// The texts of a rule about a field of the event around a record, in the words of filters: those that it leaves out too, as
/// with a filter.
fn rule_words(path: &str, rule: &Rule) -> Vec<String> {
    let text = match rule {
        Rule::Text(text) | Rule::IgnoreCase(text) => text.clone(),
        Rule::Prefix(text) | Rule::Suffix(text) => text.text.clone(),
        Rule::Wildcard(literals) => literals.join("*"),
        Rule::AnythingBut(rules) => {
            return rules
                .iter()
                .flat_map(|rule| rule_words(path, rule))
                .collect();
        }
        _ => return Vec::new(),
    };
    rule_word(path, text).into_iter().collect()
}

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
