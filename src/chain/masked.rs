//! What custom data identifiers leave for conditions on fields (L04): which events surely meet them once they are masked,
//! and which perhaps do.
//!
//! A value that is compared whole is masked or it is not. For wildcards and regular expressions the values that records are
//! known to have are tried; of any other that an identifier finds something in, it stays open.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::aws::data_protection::Masker;
use crate::aws::insights::{Ask, Found};
use crate::coverage::{EventModel, Predicate};
use crate::pattern::Pattern;
use crate::pattern::ast::{self, Condition, Expr, PatternKind, Step, TermMode};

/// The records that are surely found, and those that are found if every open question is taken so.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    pub(super) surely: Predicate,
    pub(super) perhaps: Predicate,
}

/// A value that a pattern asks for and that a masked record lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lost {
    pub(super) field: String,
    pub(super) value: String,
    pub(super) data_identifier: String,
    /// Whether it is the whole string of the field.
    pub(super) whole: bool,
}

/// The custom identifiers of a log group, and what they were found to do to the conditions asked so far.
#[derive(Debug)]
pub(super) struct Masks {
    maskers: Vec<(String, Masker)>,
    /// What is lost for sure.
    pub(super) lost: BTreeSet<Lost>,
    /// The first identifier that leaves something open.
    pub(super) open: Option<String>,
}

/// What is asked of the string of a field.
struct Asked<'a> {
    /// Names joined by `.`; none where the path has a wildcard or an index.
    field: Option<String>,
    keys: Vec<&'a str>,
    /// What it is without masks.
    bounds: Bounds,
    how: How<'a>,
    holds: &'a dyn Fn(&str) -> bool,
}

enum How<'a> {
    /// The whole string.
    Is(&'a str),
    IsNot(&'a str),
    /// Some strings, with these texts in each.
    Form(Vec<&'a str>),
    /// All strings but some.
    NotForm,
    /// Something else than its letters.
    Other,
}

impl Bounds {
    /// What is certain.
    pub(super) fn exactly(events: Predicate) -> Self {
        Self {
            surely: events.clone(),
            perhaps: events,
        }
    }

    fn none() -> Self {
        Self::exactly(Predicate::Never)
    }

    /// Those of several conditions.
    pub(super) fn joined(
        parts: impl IntoIterator<Item = Self>,
        join: fn(Vec<Predicate>) -> Predicate,
    ) -> Self {
        let (surely, perhaps) = parts
            .into_iter()
            .map(|part| (part.surely, part.perhaps))
            .unzip();
        Self {
            surely: join(surely),
            perhaps: join(perhaps),
        }
    }

    /// Those of the opposite.
    pub(super) fn opposite(self) -> Self {
        Self {
            surely: !self.perhaps,
            perhaps: !self.surely,
        }
    }
}

impl Masks {
    pub(super) fn new(maskers: Vec<(String, Masker)>) -> Self {
        Self {
            maskers,
            lost: BTreeSet::new(),
            open: None,
        }
    }

    /// Whether they were found to do anything.
    pub(super) fn matter(&self) -> bool {
        self.open.is_some() || !self.lost.is_empty()
    }

    /// What is matched with masks or without them: a text that is masked is another, which may be asked for as well.
    pub(super) fn matched(&self, own: Predicate, found: &Bounds) -> Predicate {
        if self.matter() {
            own.or(found.perhaps.clone())
        } else {
            own
        }
    }

    /// What a filter pattern finds of masked records.
    pub(super) fn pattern(&mut self, pattern: &Arc<Pattern>) -> Bounds {
        let whole = Bounds::exactly(Predicate::Pattern(Arc::clone(pattern)));
        if self.maskers.is_empty() {
            return whole;
        }
        match &pattern.kind {
            PatternKind::Everything => whole,
            PatternKind::Json(expr) => self.expr(expr),
            PatternKind::Terms(terms) => {
                let texts = terms.terms.iter().map(|term| term.text.as_str());
                let excludes = terms
                    .terms
                    .iter()
                    .any(|term| term.mode == TermMode::Excluded);
                self.text(whole, texts.collect(), excludes)
            }
            PatternKind::Regex(_) => self.text(whole, Vec::new(), false),
            PatternKind::Fields(_) => self.text(whole, Vec::new(), true),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Bounds {
        match expr {
            Expr::Or(parts) => {
                let parts: Vec<Bounds> = parts.iter().map(|part| self.expr(part)).collect();
                Bounds::joined(parts, Predicate::any)
            }
            Expr::And(parts) => {
                let parts: Vec<Bounds> = parts.iter().map(|part| self.expr(part)).collect();
                Bounds::joined(parts, Predicate::all)
            }
            Expr::Group(inner, _) => self.expr(inner),
            Expr::Test(test) => self.test(test),
        }
    }

    fn test(&mut self, test: &ast::Test) -> Bounds {
        let own = Predicate::from_pattern(&Pattern {
            text: String::new(),
            kind: PatternKind::Json(Expr::Test(test.clone())),
            warnings: Vec::new(),
        });
        let field = ast::dotted(&test.selector.steps);
        let keys = test.selector.steps.iter().filter_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            _ => None,
        });
        let how = match &test.condition {
            Condition::Equals { negated, value } => match (value, negated) {
                (ast::Value::Text(text), false) if text.value.contains('*') => {
                    let literals = text.value.split('*').filter(|part| !part.is_empty());
                    How::Form(literals.collect())
                }
                (ast::Value::Text(text), true) if text.value.contains('*') => How::NotForm,
                (ast::Value::Text(text), false) => How::Is(&text.value),
                (ast::Value::Text(text), true) => How::IsNot(&text.value),
                (ast::Value::Number(number), false) => How::Is(&number.text),
                (ast::Value::Number(number), true) => How::IsNot(&number.text),
                (ast::Value::Regex(_), false) => How::Form(Vec::new()),
                (ast::Value::Regex(_), true) => How::NotForm,
            },
            Condition::NotExists => How::Other,
            Condition::Order { .. } | Condition::Is(_) => How::Other,
        };
        let of_text = |text: &str| {
            let event = field.as_deref().map(|field| holding(field, text));
            event.is_none_or(|event| own.matches(&event, &Default::default()))
        };
        let asked = Asked {
            field: field.clone(),
            keys: keys.collect(),
            bounds: Bounds::exactly(own.clone()),
            how,
            holds: &of_text,
        };
        self.asked(&asked)
    }

    /// What a condition of a query finds of masked records; `bounds` is what it finds of others.
    pub(super) fn query(&mut self, field: &str, ask: &Ask, bounds: Bounds) -> Bounds {
        if self.maskers.is_empty() {
            return bounds;
        }
        let own = bounds.surely.clone();
        let asked = Asked {
            field: Some(field.to_owned()),
            keys: field.split('.').collect(),
            bounds,
            how: match ask {
                Ask::Is(text) => How::Is(text),
                Ask::IsNot(text) => How::IsNot(text),
                Ask::Contains(text) => How::Form(vec![text]),
                Ask::Form(_) => How::Form(Vec::new()),
                Ask::Present => How::Other,
            },
            holds: &|text| own.matches(&holding(field, text), &Default::default()),
        };
        self.asked(&asked)
    }

    fn asked(&mut self, asked: &Asked<'_>) -> Bounds {
        let bounds = asked.bounds.clone();
        let negative = matches!(asked.how, How::IsNot(_) | How::NotForm | How::Other);
        let maskers = std::mem::take(&mut self.maskers);
        let mut found = bounds;
        for (name, masker) in &maskers {
            found = self.by(name, masker, asked, negative, found);
        }
        self.maskers = maskers;
        found
    }

    fn by(
        &mut self,
        name: &str,
        masker: &Masker,
        asked: &Asked<'_>,
        negative: bool,
        found: Bounds,
    ) -> Bounds {
        let leaf = asked.keys.last().copied().unwrap_or_default();
        let field = asked.field.as_deref().unwrap_or(leaf);
        let lost = |value: &str, whole| Lost {
            field: field.to_owned(),
            value: value.to_owned(),
            data_identifier: name.to_owned(),
            whole,
        };
        if let How::Is(value) = asked.how
            && masker.masked(field, value).is_some()
        {
            self.lost.insert(lost(value, true));
            return Bounds::none();
        }
        if masker.crosses() || asked.keys.iter().any(|key| masker.finds_key(key)) {
            self.open.get_or_insert_with(|| name.to_owned());
            return Bounds {
                surely: Predicate::Never,
                perhaps: if negative {
                    Predicate::Always
                } else {
                    found.perhaps
                },
            };
        }
        match &asked.how {
            How::Is(_) | How::Other => found,
            How::IsNot(value) => {
                // What is masked is another text than any that is asked for.
                let becomes = match &asked.field {
                    Some(field) if masker.masked(field, value).is_some() => {
                        Predicate::equals(field, value)
                    }
                    _ => Predicate::Never,
                };
                Bounds {
                    surely: found.surely,
                    perhaps: found.perhaps.or(becomes),
                }
            }
            How::Form(literals) => {
                if let Some(literal) = literals
                    .iter()
                    .find(|literal| masker.masked(field, literal).is_some())
                {
                    self.lost.insert(lost(literal, false));
                    return Bounds::none();
                }
                if !self.may_find(masker, asked) {
                    return found;
                }
                let tried = tried(masker, field, asked.holds);
                let gone = tried.gone.iter().map(|value| lost(value, true));
                self.lost.extend(gone);
                let hidden = Predicate::one_of(field, &tried.hidden);
                // Asterisks are no letters that a text asks for; a regular expression may take them.
                let becomes = literals.is_empty();
                self.uncertain(masker, name, asked, found, (becomes, hidden))
            }
            How::NotForm => {
                let hidden = Predicate::Never;
                self.uncertain(masker, name, asked, found, (true, hidden))
            }
        }
    }

    /// Whether an event that a condition holds for may have something that an identifier finds.
    fn may_find(&self, masker: &Masker, asked: &Asked<'_>) -> bool {
        let Some(field) = &asked.field else {
            return true;
        };
        let both = asked
            .bounds
            .perhaps
            .clone()
            .and(Predicate::in_form(field, &masker.regex));
        let none = crate::coverage::covers(
            &both,
            &Predicate::Never,
            &EventModel::cloudtrail(),
            &Default::default(),
        );
        !none.is_yes()
    }

    fn uncertain(
        &mut self,
        masker: &Masker,
        name: &str,
        asked: &Asked<'_>,
        found: Bounds,
        (becomes, hidden): (bool, Predicate),
    ) -> Bounds {
        self.open.get_or_insert_with(|| name.to_owned());
        let Some(field) = &asked.field else {
            return Bounds {
                surely: Predicate::Never,
                perhaps: found.perhaps,
            };
        };
        let touched = Predicate::in_form(field, &masker.regex);
        let perhaps = if becomes {
            found.perhaps.or(touched.clone())
        } else {
            found.perhaps
        };
        Bounds {
            surely: found.surely.and(!touched),
            perhaps: perhaps.and(!hidden),
        }
    }

    /// What a pattern over the whole text of a record finds: certain are events whose name is not touched, where nothing else
    /// that records are known to have is.
    fn text(&mut self, whole: Bounds, texts: Vec<&str>, excludes: bool) -> Bounds {
        let model = EventModel::cloudtrail();
        let mut found = whole;
        for (name, masker) in &self.maskers {
            let names = model
                .names()
                .any(|value| masker.masked("eventName", value).is_some());
            let else_where = excludes
                || masker.crosses()
                || model.strings().any(|(field, value)| {
                    masker.masked(field, value).is_some()
                        || field.split('.').any(|key| masker.finds_key(key))
                })
                || texts.iter().any(|text| masker.masked("", text).is_some());
            if !names && !else_where {
                continue;
            }
            self.open.get_or_insert_with(|| name.clone());
            let touched = Predicate::in_form("eventName", &masker.regex);
            found.surely = if else_where {
                Predicate::Never
            } else {
                found.surely.and(!touched)
            };
        }
        found
    }
}

/// Strings that records are known to have in a field and that a condition does not hold for once they are masked.
struct Tried {
    hidden: Vec<String>,
    /// Those of them that it holds for as they are.
    gone: Vec<String>,
}

fn tried(masker: &Masker, field: &str, holds: &dyn Fn(&str) -> bool) -> Tried {
    let model = EventModel::cloudtrail();
    let names = model.names().filter(|_| field == "eventName");
    let strings = model.strings().filter(|(of, _)| *of == field);
    let values: BTreeSet<&str> = names.chain(strings.map(|(_, value)| value)).collect();
    let (mut hidden, mut gone) = (Vec::new(), Vec::new());
    for value in values {
        let Some(masked) = masker.masked(field, value) else {
            continue;
        };
        if masked.iter().any(|text| holds(text)) {
            continue;
        }
        hidden.push(value.to_owned());
        if holds(value) {
            gone.push(value.to_owned());
        }
    }
    Tried { hidden, gone }
}

/// An event with this string alone.
fn holding(field: &str, text: &str) -> Value {
    let names = field.rsplit('.');
    names.fold(json!(text), |inner, name| json!({ name: inner }))
}

/// What a query finds.
pub(super) fn of_query(
    found: &Found,
    masks: &mut Masks,
    of_field: fn(&str, &Ask) -> Bounds,
) -> Bounds {
    match found {
        Found::All(parts) => {
            let parts: Vec<Bounds> = parts
                .iter()
                .map(|part| of_query(part, masks, of_field))
                .collect();
            Bounds::joined(parts, Predicate::all)
        }
        Found::Any(parts) => {
            let parts: Vec<Bounds> = parts
                .iter()
                .map(|part| of_query(part, masks, of_field))
                .collect();
            Bounds::joined(parts, Predicate::any)
        }
        Found::Not(inner) => of_query(inner, masks, of_field).opposite(),
        Found::Field(field, ask) => masks.query(field, ask, of_field(field, ask)),
    }
}
