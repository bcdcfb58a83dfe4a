//! From predicates to the formula that the search works on: each condition becomes an atom on a field, each wildcard
//! selector a choice between finitely many elements, each text term a question about the fields that could hold it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::answer::Undecided;
use super::conditions::asked;
use super::event_rule::{self, Lists};
use super::formula::{Asked, Fields, Formula};
use super::ground::{Ground, constant};
use super::model::{EventModel, Scope};
use super::predicate::{Is, Predicate};
use crate::pattern::ast::{Condition, Expr, Field, PatternKind, Selector, Step, TermMode, Terms};
use crate::pattern::{Quantifier, Semantics};

/// Elements that a wildcard selector can be about before the comparison is refused.
const ELEMENTS: usize = 12;

/// What the search needs.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) fields: Fields,
    pub(super) formula: Rc<Formula>,
    /// Objects whose every field a condition looks at: nothing may be added there for looks.
    pub(super) closed: Vec<Vec<Step>>,
    /// Why "there is none" would not be the whole truth: what was left out of the formula.
    pub(super) partial: Option<Undecided>,
}

/// Whether text terms may be taken to be in the event because a field holds them (D19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RawText {
    /// CloudTrail writes JSON without blanks, and letters, digits and the like without escapes.
    AsWritten,
    /// Nothing is assumed about it.
    Unknown,
}

/// Under what a predicate is decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Under<'a> {
    pub(super) semantics: Semantics,
    pub(super) model: &'a EventModel,
    pub(super) scope: &'a Scope,
    pub(super) raw: RawText,
}

impl<'a> Under<'a> {
    /// Patterns as they are recommended to be read, records as CloudTrail writes them.
    pub(super) fn recommended(model: &'a EventModel, scope: &'a Scope) -> Self {
        Self {
            semantics: Semantics::default(),
            model,
            scope,
            raw: RawText::AsWritten,
        }
    }
}

/// Turns `predicate` into the formula "the model and the scope allow it, and the predicate holds". The error is the
/// reason why it cannot be decided.
pub(super) fn lower(predicate: &Predicate, under: &Under<'_>) -> Result<Problem, Undecided> {
    let mut lowering = Lowering {
        ground: Ground::new(&under.semantics, under.model),
        raw: under.raw,
        elements: BTreeMap::new(),
        lists: Lists::default(),
    };
    lowering.plant(predicate)?;
    let wanted = lowering.predicate(predicate, true)?;
    let frame = super::frame::frame(&mut lowering.ground.fields, under.model, under.scope);
    lowering.ground.fields.order_elements();
    let closed = lowering
        .elements
        .keys()
        .filter(|(_, any)| *any == Step::AnyField)
        .map(|(at, _)| at.clone())
        .collect();
    Ok(Problem {
        fields: lowering.ground.fields,
        formula: Formula::all([wanted, frame]),
        closed,
        partial: lowering.lists.left_out,
    })
}

/// A wildcard selector up to its wildcard, and the wildcard.
type Wildcard = (Vec<Step>, Step);

struct Lowering<'a> {
    ground: Ground<'a>,
    raw: RawText,
    /// The elements that stand for all elements at each wildcard.
    elements: BTreeMap<Wildcard, Vec<Step>>,
    /// The lists that event patterns look into.
    lists: Lists,
}

impl Lowering<'_> {
    /// Makes a node for every field that is asked about, and picks the elements for wildcard selectors.
    fn plant(&mut self, predicate: &Predicate) -> Result<(), Undecided> {
        let mut selectors: Vec<Vec<Step>> = Vec::new();
        collect(predicate, &mut selectors);
        self.lists = Lists::plant(predicate, &selectors, self.ground.model)?;
        // Each distinct condition needs one element at most to be true of, or to be refused by.
        let mut wild: BTreeMap<Wildcard, BTreeSet<(Vec<Step>, Asked)>> = BTreeMap::new();
        let mut failed = None;
        super::mentions::pattern_tests(predicate, &mut |test| {
            if let Some((prefix, any, rest)) = split(&test.selector.steps) {
                match asked(&test.condition) {
                    Ok(asked) => {
                        wild.entry((prefix, any)).or_default().insert((rest, asked));
                    }
                    Err(reason) => failed = Some(reason),
                }
            }
        });
        if let Some(reason) = failed {
            return Err(reason);
        }
        for ((prefix, any), conditions) in wild {
            let count = conditions.len();
            let mut elements: Vec<Step> = Vec::new();
            for steps in &selectors {
                let next = steps
                    .strip_prefix(prefix.as_slice())
                    .and_then(|rest| rest.first());
                if let Some(step @ (Step::Name(_) | Step::Index(_))) = next
                    && matches!(
                        (step, &any),
                        (Step::Name(_), Step::AnyField) | (Step::Index(_), Step::AnyElement)
                    )
                {
                    elements.push(step.clone());
                }
            }
            if any == Step::AnyElement {
                let highest = elements.iter().filter_map(|step| {
                    if let Step::Index(at) = step {
                        Some(*at)
                    } else {
                        None
                    }
                });
                let highest = highest.max().map_or(0, |at| at + 1);
                let more = u32::try_from(count).unwrap_or(u32::MAX);
                elements = (0..highest.saturating_add(more).min(64))
                    .map(Step::Index)
                    .collect();
            } else {
                elements.extend(
                    self.ground
                        .model
                        .fields_in(&prefix)
                        .into_iter()
                        .map(Step::Name),
                );
                elements.extend((1..=count).map(|at| Step::Name(format!("field{at}"))));
                elements.sort();
                elements.dedup();
            }
            if any == Step::AnyElement && elements.len() > ELEMENTS {
                return Err(Undecided::TooManyElements);
            }
            self.elements.insert((prefix, any), elements);
        }
        for steps in &selectors {
            for steps in self.expanded(steps) {
                self.ground.node(&steps);
            }
        }
        Ok(())
    }

    fn expanded(&self, steps: &[Step]) -> Vec<Vec<Step>> {
        let Some((prefix, any, rest)) = split(steps) else {
            return vec![steps.to_vec()];
        };
        let elements = self
            .elements
            .get(&(prefix.clone(), any))
            .cloned()
            .unwrap_or_default();
        elements
            .into_iter()
            .map(|element| [prefix.as_slice(), &[element], rest.as_slice()].concat())
            .collect()
    }

    fn predicate(&mut self, predicate: &Predicate, wanted: bool) -> Result<Rc<Formula>, Undecided> {
        Ok(match predicate {
            Predicate::Always => constant(wanted),
            Predicate::Never => constant(!wanted),
            Predicate::Not(inner) => self.predicate(inner, !wanted)?,
            Predicate::All(parts) => {
                let parts = self.predicates(parts, wanted)?;
                if wanted {
                    Formula::all(parts)
                } else {
                    Formula::any(parts)
                }
            }
            Predicate::Any(parts) => {
                let parts = self.predicates(parts, wanted)?;
                if wanted {
                    Formula::any(parts)
                } else {
                    Formula::all(parts)
                }
            }
            Predicate::Test(test) => {
                let steps: Vec<Step> = test.path.iter().cloned().map(Step::Name).collect();
                let asked = match &test.is {
                    Is::Text(text) => Asked::Exactly(text.clone()),
                    Is::StartsWith(text) => Asked::Around {
                        text: text.clone(),
                        from_start: true,
                        to_end: false,
                    },
                    Is::EndsWith(text) => Asked::Around {
                        text: text.clone(),
                        from_start: false,
                        to_end: true,
                    },
                    Is::Form(form) => Asked::Found(form.clone()),
                    Is::Bool(truth) => Asked::Bool(*truth),
                    Is::Missing => Asked::Missing,
                };
                let node = self.ground.node(&steps);
                self.ground.atom(Some(node), asked, wanted)?
            }
            Predicate::Event(pattern, sign_in) => {
                let fits = self.lists.fits(&mut self.ground, pattern, *sign_in)?;
                if wanted { fits } else { fits.negated() }
            }
            Predicate::Pattern(pattern) => match &pattern.kind {
                PatternKind::Everything => constant(wanted),
                PatternKind::Json(expr) => self.expr(expr, wanted)?,
                PatternKind::Terms(terms) => self.terms(terms, wanted)?,
                PatternKind::Regex(regex) => match literals(&regex.source) {
                    Some(words) => {
                        let words: Result<Vec<_>, _> = words
                            .iter()
                            .map(|word| self.contains(word, wanted))
                            .collect();
                        if wanted {
                            Formula::any(words?)
                        } else {
                            Formula::all(words?)
                        }
                    }
                    None => self.ground.atom(
                        None,
                        Asked::Raw(pattern.text.trim().to_owned()),
                        wanted,
                    )?,
                },
                // D19: only the forms without any condition match every message; a message has at least one field.
                PatternKind::Fields(fields) if is_open(&fields.fields) => constant(wanted),
                PatternKind::Fields(_) => {
                    self.ground
                        .atom(None, Asked::Raw(pattern.text.trim().to_owned()), wanted)?
                }
            },
        })
    }

    fn predicates(
        &mut self,
        parts: &[Predicate],
        wanted: bool,
    ) -> Result<Vec<Rc<Formula>>, Undecided> {
        parts
            .iter()
            .map(|part| self.predicate(part, wanted))
            .collect()
    }

    fn expr(&mut self, expr: &Expr, wanted: bool) -> Result<Rc<Formula>, Undecided> {
        let parts = |lowering: &mut Self, parts: &[Expr]| -> Result<Vec<Rc<Formula>>, Undecided> {
            parts
                .iter()
                .map(|part| lowering.expr(part, wanted))
                .collect()
        };
        Ok(match expr {
            Expr::Group(inner, _) => self.expr(inner, wanted)?,
            Expr::And(operands) => {
                let operands = parts(self, operands)?;
                if wanted {
                    Formula::all(operands)
                } else {
                    Formula::any(operands)
                }
            }
            Expr::Or(operands) => {
                let operands = parts(self, operands)?;
                if wanted {
                    Formula::any(operands)
                } else {
                    Formula::all(operands)
                }
            }
            Expr::Test(test) => self.test(&test.selector, &test.condition, wanted)?,
        })
    }

    fn test(
        &mut self,
        selector: &Selector,
        condition: &Condition,
        wanted: bool,
    ) -> Result<Rc<Formula>, Undecided> {
        let asked = asked(condition)?;
        let Some((prefix, any, rest)) = split(&selector.steps) else {
            let node = self.ground.node(&selector.steps);
            return self.ground.atom(Some(node), asked, wanted);
        };
        self.over_elements(&prefix, any, &rest, &asked, wanted)
    }

    /// D11: `=` asks for one element; everything else for one or for each, by the setting. A wildcard that finds nothing
    /// is a missing field.
    fn over_elements(
        &mut self,
        prefix: &[Step],
        any: Step,
        rest: &[Step],
        asked: &Asked,
        wanted: bool,
    ) -> Result<Rc<Formula>, Undecided> {
        let elements = self
            .elements
            .get(&(prefix.to_vec(), any))
            .cloned()
            .unwrap_or_default();
        let each = self.ground.semantics.wildcard == Quantifier::All
            && !matches!(asked, Asked::Equals(_, false));
        let (mut there, mut absent, mut judged) = (Vec::new(), Vec::new(), Vec::new());
        for element in elements {
            let at = [prefix, &[element]].concat();
            let element = self.ground.node(&at);
            let node = self.ground.node(&[at.as_slice(), rest].concat());
            let is_there = self.ground.atom(Some(element), Asked::Missing, false)?;
            let is_absent = self.ground.atom(Some(element), Asked::Missing, true)?;
            let holds = self.ground.atom(Some(node), asked.clone(), wanted)?;
            // Wanted of one, or refused by one: it is there and the condition goes that way.
            judged.push(if wanted != each {
                Formula::all([Rc::clone(&is_there), holds])
            } else {
                Formula::any([Rc::clone(&is_absent), holds])
            });
            there.push(is_there);
            absent.push(is_absent);
        }
        let of_missing = *asked == Asked::Missing;
        Ok(if wanted != each {
            let none = if of_missing == wanted {
                Formula::all(absent)
            } else {
                constant(false)
            };
            Formula::any(judged.into_iter().chain([none]))
        } else {
            let some = if of_missing == wanted {
                constant(true)
            } else {
                Formula::any(there)
            };
            Formula::all(judged.into_iter().chain([some]))
        })
    }

    /// Terms: all required ones and no excluded one, or any optional one where there are no others.
    fn terms(&mut self, terms: &Terms, wanted: bool) -> Result<Rc<Formula>, Undecided> {
        let only_optional = terms
            .terms
            .iter()
            .all(|term| term.mode == TermMode::Optional);
        let mut parts = Vec::new();
        for term in &terms.terms {
            match term.mode {
                TermMode::Required => parts.push(self.contains(&term.text, wanted)?),
                TermMode::Excluded => parts.push(self.contains(&term.text, !wanted)?),
                TermMode::Optional if only_optional => {
                    parts.push(self.contains(&term.text, wanted)?)
                }
                TermMode::Optional => {}
            }
        }
        Ok(if wanted != only_optional {
            Formula::all(parts)
        } else {
            Formula::any(parts)
        })
    }

    /// The raw text contains `text`: certain where a field holds it, open otherwise.
    fn contains(&mut self, text: &str, wanted: bool) -> Result<Rc<Formula>, Undecided> {
        let mut parts = vec![
            self.ground
                .atom(None, Asked::Raw(text.to_owned()), wanted)?,
        ];
        if self.raw == RawText::AsWritten {
            for node in 1..self.ground.fields.nodes.len() {
                if let Some(asked) = self.in_field(node, text) {
                    parts.push(self.ground.atom(Some(node), asked, wanted)?);
                }
            }
        }
        Ok(if wanted {
            Formula::any(parts)
        } else {
            Formula::all(parts)
        })
    }

    /// What the field must be for the raw text to contain `text`; none where the field cannot say.
    fn in_field(&self, node: usize, text: &str) -> Option<Asked> {
        let plain = |text: &str| {
            text.chars()
                .all(|letter| matches!(letter, ' '..='~') && !"\"\\<>&'/".contains(letter))
        };
        if !text.is_empty() && plain(text) {
            return Some(Asked::Around {
                text: text.to_owned(),
                from_start: false,
                to_end: false,
            });
        }
        // `"name":"value"`, quotes and all.
        let Some(Step::Name(name)) = self.ground.fields.nodes.get(node)?.step.as_ref() else {
            return None;
        };
        let value = text
            .strip_prefix('"')?
            .strip_prefix(name.as_str())?
            .strip_prefix("\":\"")?
            .strip_suffix('"')?;
        (plain(name) && plain(value)).then(|| Asked::Exactly(value.to_owned()))
    }
}

/// Every selector in the predicate, in order.
fn collect(predicate: &Predicate, into: &mut Vec<Vec<Step>>) {
    match predicate {
        Predicate::Always | Predicate::Never => {}
        Predicate::Not(inner) => collect(inner, into),
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| collect(part, into))
        }
        Predicate::Test(test) => into.push(test.path.iter().cloned().map(Step::Name).collect()),
        Predicate::Event(pattern, _) => into.extend(event_rule::selectors(pattern)),
        Predicate::Pattern(pattern) => {
            if let PatternKind::Json(expr) = &pattern.kind {
                into.extend(expr.tests().map(|test| test.selector.steps.clone()));
            }
        }
    }
}

/// A selector cut at its wildcard.
fn split(steps: &[Step]) -> Option<(Vec<Step>, Step, Vec<Step>)> {
    let at = steps
        .iter()
        .position(|step| matches!(step, Step::AnyElement | Step::AnyField))?;
    let (prefix, rest) = steps.split_at(at);
    let (any, rest) = rest.split_first()?;
    Some((prefix.to_vec(), any.clone(), rest.to_vec()))
}

/// Whether a space-delimited pattern asks nothing of any message.
fn is_open(fields: &[Field]) -> bool {
    let conditions = fields.iter().any(|field| {
        matches!(
            field,
            Field::One {
                condition: Some(_),
                ..
            }
        )
    });
    let rest = fields.iter().any(|field| matches!(field, Field::Rest(_)));
    let named = fields
        .iter()
        .filter(|field| matches!(field, Field::One { .. }))
        .count();
    !conditions && (fields.is_empty() || (rest && named <= 1))
}

/// The words of a regular expression that is nothing but words between bars.
fn literals(source: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = source.split('|').collect();
    words
        .iter()
        .all(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "_:-".contains(letter))
        })
        .then_some(words)
}
