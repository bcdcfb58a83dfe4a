//! Event patterns as formulas: each field of the event around a record becomes a condition on the record, each list a
//! choice between finitely many elements.
//!
//! EventBridge looks at the values at the ends of the paths, and a list is no step of a path: a field fits where one
//! value under its path does, and fields under one list must fit in the same element. A pattern that has to fit needs one
//! element of each list, one that must not fit none, but for one to show that a field is not absent: so many elements
//! stand for all.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::answer::Undecided;
use super::formula::{Asked, Formula, Kinds};
use super::ground::{Ground, constant};
use super::model::EventModel;
use super::predicate::Predicate;
use crate::pattern::ast::{Literal, Order, Step};
use crate::pattern::event::{
    API_CALL_TYPE, CONSOLE_SIGN_IN, Cased, Compare, EventPattern, Rule, SERVICE_EVENT,
    SERVICE_EVENT_TYPE, SOURCE_PREFIX, SOURCE_SUFFIX, SignIn, VERSION, made_of,
};

/// Places that the lists around one field may give it before lists are left out of the search.
const PLACES: usize = 64;
/// Where a record stands in its event.
const DETAIL: &str = "detail";

/// How many elements stand for all elements of the list at a path of the record.
type Elements = BTreeMap<Vec<String>, u32>;

/// The lists of records that event patterns look into.
#[derive(Debug, Default)]
pub(super) struct Lists {
    elements: Elements,
    /// Why lists were left out: then "there is no such event" is not the whole truth.
    pub(super) left_out: Option<Undecided>,
}

/// The fields asked for below one field.
#[derive(Default)]
struct Below<'p> {
    /// What must fit the value here, all of it.
    rules: Vec<&'p [Rule]>,
    fields: Vec<(String, Below<'p>)>,
}

impl<'p> Below<'p> {
    fn add(&mut self, path: &[&str], rules: &'p [Rule]) {
        let Some((name, rest)) = path.split_first() else {
            self.rules.push(rules);
            return;
        };
        let at = self.fields.iter().position(|(known, _)| known == name);
        let at = at.unwrap_or_else(|| {
            self.fields.push(((*name).to_owned(), Self::default()));
            self.fields.len() - 1
        });
        if let Some((_, below)) = self.fields.get_mut(at) {
            below.add(rest, rules);
        }
    }
}

/// Every event pattern in the predicate, and whether it has to fit there.
fn event_patterns(predicate: &Predicate, wanted: bool, into: &mut Vec<(Arc<EventPattern>, bool)>) {
    match predicate {
        Predicate::Always | Predicate::Never | Predicate::Test(_) | Predicate::Pattern(_) => {}
        Predicate::Not(inner) => event_patterns(inner, !wanted, into),
        Predicate::All(parts) | Predicate::Any(parts) => parts
            .iter()
            .for_each(|part| event_patterns(part, wanted, into)),
        // One that stands there twice fits by the same elements.
        Predicate::Event(pattern, _) => {
            if !into
                .iter()
                .any(|known| *known == (Arc::clone(pattern), wanted))
            {
                into.push((Arc::clone(pattern), wanted));
            }
        }
    }
}

/// The names from the record to a field of the event; none where the field is not in the record.
fn in_record(path: &str) -> Option<Vec<String>> {
    let mut names = path.split('.');
    (names.next() == Some(DETAIL)).then(|| names.map(str::to_owned).collect())
}

fn steps(names: &[String]) -> Vec<Step> {
    names.iter().cloned().map(Step::Name).collect()
}

/// The selectors of the fields that an event pattern looks at.
pub(super) fn selectors(pattern: &EventPattern) -> Vec<Vec<Step>> {
    let mut all: Vec<Vec<Step>> = Vec::new();
    for (path, _) in pattern.alternatives().into_iter().flatten() {
        let found = match in_record(&path) {
            Some(names) => steps(&names),
            None => match made_of(&path) {
                Some(name) => vec![Step::Name(name.to_owned())],
                None => continue,
            },
        };
        if !found.is_empty() && !all.contains(&found) {
            all.push(found);
        }
    }
    all
}

impl Lists {
    /// Finds the lists that event patterns may look into, and how many elements each needs.
    pub(super) fn plant(
        predicate: &Predicate,
        selectors: &[Vec<Step>],
        model: &EventModel,
    ) -> Result<Self, Undecided> {
        let mut patterns = Vec::new();
        event_patterns(predicate, true, &mut patterns);
        let mut lists = Elements::new();
        let mut paths: Vec<Vec<String>> = Vec::new();
        for (pattern, wanted) in &patterns {
            for asked in pattern.alternatives() {
                let mut needed = Elements::new();
                for (path, rules) in &asked {
                    let Some(names) = in_record(path) else {
                        continue;
                    };
                    for length in 1..=names.len() {
                        let at = names.get(..length).unwrap_or_default();
                        if !model.kinds(&steps(at)).has(Kinds::ARRAY) {
                            continue;
                        }
                        looks_inside(at, selectors)?;
                        let count = needed.entry(at.to_vec()).or_default();
                        if *wanted {
                            *count = 1;
                        } else if rules.contains(&Rule::Exists(false)) {
                            *count += 1;
                        }
                    }
                    paths.push(names);
                }
                for (at, count) in needed {
                    *lists.entry(at).or_default() += count;
                }
            }
        }
        let places = |path: &Vec<String>| {
            (1..=path.len())
                .filter_map(|length| lists.get(path.get(..length)?))
                .fold(1_usize, |places, count| {
                    places.saturating_mul(*count as usize + 1)
                })
        };
        if paths.iter().any(|path| places(path) > PLACES) {
            return Ok(Self {
                elements: Elements::new(),
                left_out: Some(Undecided::ListsTooDeep),
            });
        }
        Ok(Self {
            elements: lists,
            left_out: None,
        })
    }

    /// "The pattern fits the event around the record."
    pub(super) fn fits(
        &self,
        ground: &mut Ground<'_>,
        pattern: &EventPattern,
        sign_in: SignIn,
    ) -> Result<Rc<Formula>, Undecided> {
        let mut fitting = Fitting {
            ground,
            elements: &self.elements,
        };
        fitting.event_pattern(pattern, sign_in)
    }
}

/// An event pattern on its way to a formula.
struct Fitting<'g, 'a> {
    ground: &'g mut Ground<'a>,
    elements: &'g Elements,
}

impl Fitting<'_, '_> {
    fn event_pattern(
        &mut self,
        pattern: &EventPattern,
        sign_in: SignIn,
    ) -> Result<Rc<Formula>, Undecided> {
        let mut any = Vec::new();
        for asked in pattern.alternatives() {
            let mut all = Vec::new();
            let mut record = Below::default();
            for (path, rules) in asked {
                match path.split_once('.') {
                    Some((DETAIL, rest)) => {
                        let names: Vec<&str> = rest.split('.').collect();
                        record.add(&names, rules);
                    }
                    _ => all.push(self.envelope(&path, rules, sign_in)?),
                }
            }
            for (name, below) in &record.fields {
                all.push(self.fits(below, vec![Step::Name(name.clone())])?);
            }
            any.push(Formula::all(all));
        }
        Ok(Formula::any(any))
    }

    /// A field of the envelope.
    fn envelope(
        &mut self,
        path: &str,
        rules: &[Rule],
        sign_in: SignIn,
    ) -> Result<Rc<Formula>, Undecided> {
        let on_text = |text: &str| {
            let value = serde_json::Value::String(text.to_owned());
            rules.iter().any(|rule| rule.holds(&value))
        };
        if path == "version" {
            return Ok(constant(on_text(VERSION)));
        }
        let Some(field) = made_of(path) else {
            // `resources` is empty, and there is nothing else.
            return Ok(constant(rules.contains(&Rule::Exists(false))));
        };
        let node = self.ground.node(&[Step::Name(field.to_owned())]);
        if path == "detail-type" {
            let mut exactly = |kind: &str| self.asks(node, Asked::Exactly(kind.to_owned()));
            let (service, console) = (exactly(SERVICE_EVENT)?, exactly(CONSOLE_SIGN_IN)?);
            let other = Formula::all([service.negated(), console.negated()]);
            let cases = [
                (service, SERVICE_EVENT_TYPE),
                (console, sign_in.detail_type()),
                (other, API_CALL_TYPE),
            ];
            let holds = cases.into_iter().filter(|(_, text)| on_text(text));
            return Ok(Formula::any(holds.map(|(case, _)| case)));
        }
        let wrap: fn(Asked) -> Asked = if path == "source" {
            |asked| Asked::Source(Box::new(asked))
        } else {
            |asked| Asked::Copied(Box::new(asked))
        };
        let mut any = Vec::new();
        for rule in rules {
            any.push(match rule {
                Rule::Exists(false) => self.asks(node, wrap(Asked::Absent))?,
                Rule::Text(text) if path == "source" => self.source(node, text)?,
                rule => self.rule(node, rule, wrap)?,
            });
        }
        Ok(Formula::any(any))
    }

    /// The event sources that make this `source`: such names read well in witnesses.
    fn source(&mut self, node: usize, text: &str) -> Result<Rc<Formula>, Undecided> {
        let Some(service) = text.strip_prefix(SOURCE_PREFIX) else {
            return Ok(constant(false));
        };
        let mut any = vec![self.asks(node, Asked::Exactly(format!("{service}{SOURCE_SUFFIX}")))?];
        if !service.ends_with(SOURCE_SUFFIX) {
            any.push(self.asks(node, Asked::Exactly(service.to_owned()))?);
        }
        Ok(Formula::any(any))
    }

    /// The fields below fit a value here, or an element of a list here.
    fn fits(&mut self, below: &Below<'_>, at: Vec<Step>) -> Result<Rc<Formula>, Undecided> {
        let mut any = vec![self.fits_value(below, &at)?];
        for index in 0..self.elements_at(&at) {
            let element = [at.as_slice(), &[Step::Index(index)]].concat();
            any.push(self.fits_value(below, &element)?);
        }
        Ok(Formula::any(any))
    }

    fn fits_value(&mut self, below: &Below<'_>, at: &[Step]) -> Result<Rc<Formula>, Undecided> {
        let mut all = Vec::new();
        for rules in &below.rules {
            all.push(self.fits_rules(rules, at)?);
        }
        for (name, below) in &below.fields {
            let inner = [at, &[Step::Name(name.clone())]].concat();
            all.push(self.fits(below, inner)?);
        }
        Ok(Formula::all(all))
    }

    /// One of the rules fits the value, or none is there at all and a rule asks for that.
    fn fits_rules(&mut self, rules: &[Rule], at: &[Step]) -> Result<Rc<Formula>, Undecided> {
        let node = self.ground.node(at);
        let mut any = Vec::new();
        for rule in rules {
            any.push(match rule {
                Rule::Exists(false) => self.absent(at)?,
                rule => self.rule(node, rule, |asked| asked)?,
            });
        }
        Ok(Formula::any(any))
    }

    /// There is no value under the names of this path, in whatever elements of lists.
    fn absent(&mut self, at: &[Step]) -> Result<Rc<Formula>, Undecided> {
        let mut places: Vec<Vec<Step>> = vec![Vec::new()];
        for step in at.iter().filter(|step| matches!(step, Step::Name(_))) {
            let mut next = Vec::new();
            for place in places {
                let here = [place.as_slice(), std::slice::from_ref(step)].concat();
                let elements = (0..self.elements_at(&here))
                    .map(|index| [here.as_slice(), &[Step::Index(index)]].concat());
                next.extend(elements);
                next.push(here);
            }
            places = next;
        }
        let mut all = Vec::new();
        for place in places {
            let node = self.ground.node(&place);
            all.push(self.asks(node, Asked::Absent)?);
        }
        Ok(Formula::all(all))
    }

    fn elements_at(&self, at: &[Step]) -> u32 {
        let names: Vec<String> = at
            .iter()
            .filter_map(|step| match step {
                Step::Name(name) => Some(name.clone()),
                _ => None,
            })
            .collect();
        self.elements.get(&names).copied().unwrap_or_default()
    }

    /// What a rule other than `{"exists": false}` asks of the value of a field.
    fn rule(
        &mut self,
        node: usize,
        rule: &Rule,
        wrap: fn(Asked) -> Asked,
    ) -> Result<Rc<Formula>, Undecided> {
        let around = |text: &Cased, from_start: bool| {
            let text_of = text.text.clone();
            if text.ignore_case {
                Asked::Folded {
                    text: text_of,
                    from_start,
                    to_end: !from_start,
                }
            } else {
                Asked::Around {
                    text: text_of,
                    from_start,
                    to_end: !from_start,
                }
            }
        };
        let asked = match rule {
            Rule::Text(text) => Asked::Exactly(text.clone()),
            Rule::Number(number) => Asked::Number(number.text.clone()),
            Rule::Bool(truth) => Asked::Bool(*truth),
            Rule::Null => Asked::Is(Literal::Null),
            Rule::Prefix(text) => around(text, true),
            Rule::Suffix(text) => around(text, false),
            Rule::IgnoreCase(text) => Asked::Folded {
                text: text.clone(),
                from_start: true,
                to_end: true,
            },
            Rule::Wildcard(literals) => Asked::Wildcard(literals.clone()),
            Rule::Cidr(network) => Asked::Address(*network),
            Rule::Exists(true) => Asked::Present,
            Rule::Exists(false) => return Ok(constant(false)),
            Rule::AnythingBut(rules) => {
                let mut all = vec![self.asks(node, wrap(Asked::Present))?];
                for rule in rules {
                    all.push(self.rule(node, rule, wrap)?.negated());
                }
                return Ok(Formula::all(all));
            }
            Rule::Numeric(comparisons) => {
                let mut all = Vec::new();
                for (compare, number) in comparisons {
                    let text = number.text.clone();
                    let asked = match compare {
                        Compare::Equal => Asked::Number(text),
                        Compare::Less => Asked::Order(Order::Less, text),
                        Compare::AtMost => Asked::Order(Order::LessOrEqual, text),
                        Compare::Greater => Asked::Order(Order::Greater, text),
                        Compare::AtLeast => Asked::Order(Order::GreaterOrEqual, text),
                    };
                    all.push(self.asks(node, wrap(asked))?);
                }
                return Ok(Formula::all(all));
            }
        };
        self.asks(node, wrap(asked))
    }

    fn asks(&mut self, node: usize, asked: Asked) -> Result<Rc<Formula>, Undecided> {
        self.ground.atom(Some(node), asked, true)
    }
}

/// Refuses a list that a filter pattern looks into as well: the two languages see its elements differently.
fn looks_inside(at: &[String], selectors: &[Vec<Step>]) -> Result<(), Undecided> {
    let list = steps(at);
    let inside = selectors.iter().any(|selector| {
        selector.starts_with(&list)
            && matches!(
                selector.get(list.len()),
                Some(Step::Index(_) | Step::AnyElement)
            )
    });
    if inside {
        return Err(Undecided::ListOfBothLanguages {
            field: at.join("."),
        });
    }
    Ok(())
}
