//! Predicates and conditions as terms, under the recommended semantics: the table of docs/filter-patterns.md.

use std::collections::{BTreeMap, BTreeSet};

use super::super::model::EventModel;
use super::super::predicate::{Is, Predicate, Test};
use super::fields::Fields;
use super::regex::found_in;
use super::text::{equal, glob, joined, literal, may_be_number, ordered};
use crate::pattern::ast::{
    Condition, Expr, Field, Literal, Pattern, PatternKind, Selector, Step, TermMode, Value,
};

/// Turns predicates into terms over the fields.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) fields: Fields,
    /// What the raw text of the event says, by what is asked of it: free but for [`Terms::raw_text`].
    pub(super) raw: Vec<String>,
    /// The elements that a wildcard selector is about, by the steps before it and the wildcard.
    elements: BTreeMap<(Vec<Step>, Step), Vec<Step>>,
}

impl Terms {
    /// Makes ready to translate `predicates`, which are compared with each other.
    pub(super) fn of(predicates: &[&Predicate], model: &EventModel) -> Self {
        let mut selectors = Vec::new();
        let mut wild: BTreeMap<(Vec<Step>, Step), BTreeSet<String>> = BTreeMap::new();
        for predicate in predicates {
            super::super::mentions::pattern_tests(predicate, &mut |test| {
                selectors.push(test.selector.steps.clone());
                if let Some((before, any, rest)) = cut(&test.selector.steps) {
                    let question = format!("{rest:?} {}", without_spans(&test.condition));
                    wild.entry((before, any)).or_default().insert(question);
                }
            });
            own_paths(predicate, &mut selectors);
        }
        let elements = wild
            .into_iter()
            .map(|(place, questions)| {
                let elements = elements(&place, questions.len(), &selectors, model);
                (place, elements)
            })
            .collect();
        Self {
            fields: Fields::default(),
            raw: Vec::new(),
            elements,
        }
    }

    pub(super) fn predicate(&mut self, predicate: &Predicate) -> Result<String, String> {
        Ok(match predicate {
            Predicate::Always => "true".to_owned(),
            Predicate::Never => "false".to_owned(),
            Predicate::Not(inner) => format!("(not {})", self.predicate(inner)?),
            Predicate::All(parts) => self.join("and", "true", parts)?,
            Predicate::Any(parts) => self.join("or", "false", parts)?,
            Predicate::Test(test) => self.own(test)?,
            Predicate::Pattern(pattern) => self.pattern(pattern)?,
            Predicate::Event(..) => return Err("an event pattern is not translated".into()),
        })
    }

    fn join(&mut self, operator: &str, none: &str, parts: &[Predicate]) -> Result<String, String> {
        let parts: Result<Vec<String>, String> =
            parts.iter().map(|part| self.predicate(part)).collect();
        Ok(joined(operator, none, &parts?))
    }

    /// A condition of a trail or its selectors.
    fn own(&mut self, test: &Test) -> Result<String, String> {
        let steps: Vec<Step> = test.path.iter().cloned().map(Step::Name).collect();
        let field = self.fields.at(&steps);
        Ok(match &test.is {
            Is::Text(text) => format!("(= {field} (text {}))", literal(text)?),
            Is::StartsWith(text) => format!(
                "(and ((_ is text) {field}) (str.prefixof {} (string {field})))",
                literal(text)?
            ),
            Is::EndsWith(text) => format!(
                "(and ((_ is text) {field}) (str.suffixof {} (string {field})))",
                literal(text)?
            ),
            Is::Form(form) if form.contains('(') => {
                return Err("a regular expression with groups is not translated".into());
            }
            Is::Form(form) => format!(
                "(and ((_ is text) {field}) (str.in_re (string {field}) {}))",
                found_in(form)?
            ),
            Is::Bool(truth) => format!("(= {field} (boolean {truth}))"),
            Is::Missing => format!("(= {field} missing)"),
        })
    }

    fn pattern(&mut self, pattern: &Pattern) -> Result<String, String> {
        Ok(match &pattern.kind {
            PatternKind::Everything => "true".to_owned(),
            PatternKind::Json(expr) => self.expr(expr)?,
            PatternKind::Terms(terms) => {
                let of = |mode: TermMode| {
                    terms
                        .terms
                        .iter()
                        .filter(move |term| term.mode == mode)
                        .map(|term| term.text.as_str())
                };
                let mut parts = Vec::new();
                for text in of(TermMode::Required) {
                    parts.push(self.raw(text));
                }
                for text in of(TermMode::Excluded) {
                    parts.push(format!("(not {})", self.raw(text)));
                }
                // Terms with `?` count where there are no others.
                if parts.is_empty() {
                    let parts: Vec<String> =
                        of(TermMode::Optional).map(|text| self.raw(text)).collect();
                    return Ok(joined("or", "true", &parts));
                }
                joined("and", "true", &parts)
            }
            PatternKind::Fields(fields) if asks_nothing(&fields.fields) => "true".to_owned(),
            PatternKind::Fields(_) | PatternKind::Regex(_) => {
                return Err("a pattern over the raw text of the event that is no plain term is not translated (D19)".into());
            }
        })
    }

    /// The raw text contains `text`.
    fn raw(&mut self, text: &str) -> String {
        let at = self.raw.iter().position(|known| known == text);
        let at = at.unwrap_or_else(|| {
            self.raw.push(text.to_owned());
            self.raw.len() - 1
        });
        raw_name(at)
    }

    /// D19: a text that needs no escapes in JSON is in the raw text where a field that is asked about holds it.
    pub(super) fn raw_text(&self) -> Result<Vec<String>, String> {
        let mut facts = Vec::new();
        for (at, text) in self.raw.iter().enumerate() {
            for (steps, field) in self.fields.names() {
                let held = if is_plain(text) {
                    format!(
                        "(and ((_ is text) {field}) (str.contains (string {field}) {}))",
                        literal(text)?
                    )
                } else if let Some(value) = named_value(text, steps.last()) {
                    format!("(= {field} (text {}))", literal(value)?)
                } else {
                    continue;
                };
                facts.push(format!("(=> {held} {})", raw_name(at)));
            }
        }
        Ok(facts)
    }

    fn expr(&mut self, expr: &Expr) -> Result<String, String> {
        let mut all = |operator: &str, operands: &[Expr]| -> Result<String, String> {
            let parts: Result<Vec<String>, String> =
                operands.iter().map(|operand| self.expr(operand)).collect();
            Ok(joined(operator, "true", &parts?))
        };
        match expr {
            Expr::Or(operands) => all("or", operands),
            Expr::And(operands) => all("and", operands),
            Expr::Group(inner, _) => self.expr(inner),
            Expr::Test(test) => self.test(&test.selector, &test.condition),
        }
    }

    /// D11: over a wildcard selector a condition holds where one selected value meets it; what it finds nothing for is missing.
    fn test(&mut self, selector: &Selector, condition: &Condition) -> Result<String, String> {
        let Some((before, any, rest)) = cut(&selector.steps) else {
            return self.condition(&selector.steps, condition);
        };
        let elements = self
            .elements
            .get(&(before.clone(), any))
            .cloned()
            .unwrap_or_default();
        let (mut ways, mut none) = (Vec::new(), Vec::new());
        for element in elements {
            let element = [before.as_slice(), &[element]].concat();
            let holds =
                self.condition(&[element.as_slice(), rest.as_slice()].concat(), condition)?;
            let name = self.fields.at(&element);
            ways.push(format!("(and (not (= {name} missing)) {holds})"));
            none.push(format!("(= {name} missing)"));
        }
        if *condition == Condition::NotExists {
            ways.push(joined("and", "true", &none));
        }
        Ok(joined("or", "false", &ways))
    }

    fn condition(&mut self, steps: &[Step], condition: &Condition) -> Result<String, String> {
        let field = self.fields.at(steps);
        let (string, digits) = (format!("(string {field})"), format!("(digits {field})"));
        // A text or a number; nothing else is equal or unequal to anything (D1, D2, D7, D8).
        let either = |text: &str, number: &str, negated: bool| {
            let side = |tag: &str, term: &str| {
                let term = match (term, negated) {
                    ("true", true) | ("false", false) => return None,
                    ("true", false) | ("false", true) => {
                        return Some(format!("((_ is {tag}) {field})"));
                    }
                    (term, true) => format!("(not {term})"),
                    (term, false) => term.to_owned(),
                };
                Some(format!("(and ((_ is {tag}) {field}) {term})"))
            };
            let sides: Vec<String> = [side("text", text), side("number", number)]
                .into_iter()
                .flatten()
                .collect();
            joined("or", "false", &sides)
        };
        Ok(match condition {
            Condition::NotExists => format!("(= {field} missing)"),
            Condition::Is(Literal::Null) => format!("(= {field} null)"),
            Condition::Is(Literal::True) => format!("(= {field} (boolean true))"),
            Condition::Is(Literal::False) => format!("(= {field} (boolean false))"),
            Condition::Order { operator, number } => {
                self.fields.reads_numbers(steps);
                let term = ordered(&digits, *operator, &number.text)?;
                format!("(and ((_ is number) {field}) {term})")
            }
            Condition::Equals { negated, value } => match value {
                Value::Text(text) => {
                    let number = if may_be_number(&text.value) {
                        self.fields.reads_numbers(steps);
                        glob(&digits, &text.value)?
                    } else {
                        "false".to_owned()
                    };
                    either(&glob(&string, &text.value)?, &number, *negated)
                }
                Value::Number(number) => {
                    self.fields.reads_numbers(steps);
                    let same = format!("(= {string} {})", literal(&number.text)?);
                    either(&same, &equal(&digits, &number.text)?, *negated)
                }
                Value::Regex(regex) => {
                    self.fields.reads_numbers(steps);
                    let found = found_in(&regex.source)?;
                    let is = |at: &str| format!("(str.in_re {at} {found})");
                    either(&is(&string), &is(&digits), *negated)
                }
            },
        })
    }
}

/// The constant for what the raw text says.
pub(super) fn raw_name(at: usize) -> String {
    format!("|the raw text contains {}|", at + 1)
}

/// A selector cut at its wildcard.
fn cut(steps: &[Step]) -> Option<(Vec<Step>, Step, Vec<Step>)> {
    let at = steps.iter().position(Step::is_wildcard)?;
    let (before, rest) = steps.split_at(at);
    let (any, rest) = rest.split_first()?;
    Some((before.to_vec(), any.clone(), rest.to_vec()))
}

/// Enough elements for every condition to have one of its own, beside those that are named: more would change nothing,
/// since a condition holds where one element meets it.
fn elements(
    (before, any): &(Vec<Step>, Step),
    questions: usize,
    selectors: &[Vec<Step>],
    model: &EventModel,
) -> Vec<Step> {
    let named = selectors.iter().filter_map(|steps| {
        steps
            .strip_prefix(before.as_slice())
            .and_then(|rest| rest.first())
    });
    if *any == Step::AnyElement {
        let indexes = named.filter_map(|step| match step {
            Step::Index(index) => Some(index + 1),
            _ => None,
        });
        let count = indexes.max().unwrap_or(0).min(64) + u32::try_from(questions).unwrap_or(64);
        return (0..count).map(Step::Index).collect();
    }
    let mut names: BTreeSet<Step> = named
        .filter(|step| matches!(step, Step::Name(_)))
        .cloned()
        .collect();
    names.extend(model.fields_in(before).into_iter().map(Step::Name));
    names.extend((1..=questions).map(|at| Step::Name(format!("other {at}"))));
    names.into_iter().collect()
}

/// A condition without its place in the text, so that equal ones are one.
fn without_spans(condition: &Condition) -> String {
    match condition {
        Condition::NotExists => "missing".to_owned(),
        Condition::Is(literal) => format!("is {literal:?}"),
        Condition::Order { operator, number } => format!("{operator:?} {}", number.text),
        Condition::Equals { negated, value } => match value {
            Value::Text(text) => format!("{negated} text {}", text.value),
            Value::Number(number) => format!("{negated} number {}", number.text),
            Value::Regex(regex) => format!("{negated} regex {}", regex.source),
        },
    }
}

/// The paths of conditions that are no part of a pattern.
fn own_paths(predicate: &Predicate, into: &mut Vec<Vec<Step>>) {
    match predicate {
        Predicate::Always | Predicate::Never | Predicate::Pattern(_) | Predicate::Event(..) => {}
        Predicate::Not(inner) => own_paths(inner, into),
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| own_paths(part, into));
        }
        Predicate::Test(test) => into.push(test.path.iter().cloned().map(Step::Name).collect()),
    }
}

/// Whether a space-delimited pattern matches every message: no condition, and any number of fields, one at least.
fn asks_nothing(fields: &[Field]) -> bool {
    let mut rest = false;
    let mut named = 0;
    for field in fields {
        match field {
            Field::Rest(_) => rest = true,
            Field::One {
                condition: Some(_), ..
            } => return false,
            Field::One { .. } => named += 1,
        }
    }
    fields.is_empty() || (rest && named <= 1)
}

/// Whether JSON writes a text as it is.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|letter| matches!(letter, ' '..='~') && !"\"\\<>&'/".contains(letter))
}

/// The value in `"name":"value"`, where `name` is the last step.
fn named_value<'t>(text: &'t str, step: Option<&Step>) -> Option<&'t str> {
    let Some(Step::Name(name)) = step else {
        return None;
    };
    let value = text
        .strip_prefix('"')?
        .strip_prefix(name.as_str())?
        .strip_prefix("\":\"")?
        .strip_suffix('"')?;
    (is_plain(name) && is_plain(value)).then_some(value)
}
