//! What a person recognises a predicate by: the fields that it looks at and the literal texts that it compares with.

use std::collections::BTreeSet;

use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::util::syntax;

use crate::coverage::{Is, Predicate};
use crate::pattern::ast::{Condition, PatternKind, Test, Value};
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

/// Which of the words that are asked for a predicate of these words names: outright, or by the part of a name
/// (`$.eventName = "*Trail"`, `$.eventName = %Trail%`, `{"prefix": "Stop"}`, `like "Stop"`).
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

/// Whether everything that a predicate of these words compares with is asked for: it is a part of what was made for that, however
/// small. The end of a name is (`"*Trail"`); its beginning is a verb, which says nothing of what is done to what.
pub(super) fn asks_for_nothing_else(
    predicate: &Predicate,
    words: &BTreeSet<String>,
    asked: &BTreeSet<String>,
) -> bool {
    let Predicate::Pattern(pattern) = predicate else {
        return words.is_subset(asked);
    };
    let PatternKind::Json(expr) = &pattern.kind else {
        return false;
    };
    let is_asked = |test: &Test| match (test.text(), &test.condition) {
        (Some(text), _) if text.starts_with('*') => {
            let part = name_part(text);
            part.is_some_and(|part| asked.iter().any(|word| part.matches(word)))
        }
        (Some(text), _) => word(text).is_some_and(|word| asked.contains(&word)),
        (None, Condition::Equals { .. }) => false,
        (None, _) => true,
    };
    expr.tests().all(is_asked)
}

/// The fewest letters by which a person tells a name.
const TELLING: usize = 3;

/// The part of a name, which finds names whatever their case.
enum NamePart {
    /// With stars for the rest.
    Starred(Glob),
    /// A regular expression of a metric filter.
    Found(Box<PikeVM>),
}

impl NamePart {
    fn matches(&self, word: &str) -> bool {
        match self {
            Self::Starred(glob) => glob.matches(word),
            Self::Found(regex) => regex.is_match(&mut regex.create_cache(), word),
        }
    }
}

/// The parts of names of events that a predicate asks for, or leaves out.
fn name_parts(predicate: &Predicate) -> Vec<NamePart> {
    let mut parts = Vec::new();
    let mut found = Vec::new();
    for leaf in leaves(predicate) {
        match leaf {
            Predicate::Pattern(pattern) => {
                if let PatternKind::Json(expr) = &pattern.kind {
                    let tests = expr.tests();
                    let names = tests.filter(|test| test.selector.to_string() == "$.eventName");
                    for test in names {
                        parts.extend(test.text().filter(|it| it.contains('*')).map(str::to_owned));
                        found.extend(name_regex(test));
                    }
                }
            }
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
    told.chain(found).collect()
}

/// The regular expression that a filter looks for in a name, where a person tells a name by it.
fn name_regex(test: &Test) -> Option<NamePart> {
    let Condition::Equals {
        value: Value::Regex(regex),
        ..
    } = &test.condition
    else {
        return None;
    };
    let letters = regex.source.bytes().filter(u8::is_ascii_alphabetic).count();
    let case = syntax::Config::new().case_insensitive(true);
    let found = PikeVM::builder()
        .syntax(case)
        .build(&regex.automata_syntax()?)
        .ok()?;
    (letters >= TELLING).then(|| NamePart::Found(Box::new(found)))
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
fn name_part(text: &str) -> Option<NamePart> {
    let letters = text.chars().filter(|letter| *letter != '*').count();
    let glob = || Glob::new(&text.to_ascii_lowercase(), Star::Glob);
    (letters >= TELLING).then(|| NamePart::Starred(glob()))
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
    let word = last.trim_matches('*').trim().to_ascii_lowercase();
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
