//! The search for an event that a formula holds for.
//!
//! Fields are decided one at a time, outer fields first: which kind of value, or which of the strings that the formula
//! names. What is left of the formula after each choice tells which fields still matter; the others are never looked
//! at. Strings that the formula does not name, and numbers, stay open: conditions on them are decided one by one, and a
//! choice counts only if some text fits all of them. Every step is counted, and the count is bounded.

use std::rc::Rc;

use serde_json::Value;

use super::decimal::Plain;
use super::formula::{Fields, Formula, Kinds, Rule};
use super::machine::{self, Machine, Wanted, Word, Words};
use crate::pattern::ast::Step;

/// What a field was decided to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    /// Not there.
    Missing,
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// The string of this position among the named ones.
    Named(usize),
    /// Some string that the formula does not name.
    Other,
    /// A number.
    Number,
    /// An object.
    Object,
    /// An array.
    Array,
}

/// A decided field of the event that was found.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// Not there.
    Missing,
    /// A value without parts.
    Leaf(Value),
    /// A string for which any text would do that meets these conditions; the text given does.
    Text(String, Vec<Wanted>),
    /// An object.
    Object,
    /// An array.
    Array,
}

/// How a search ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// This event was accepted.
    Found(Value),
    /// There is no such event.
    None,
    /// Not known, and why.
    Unsure(String),
}

/// Steps that one search may take: formula nodes visited and automaton steps taken.
pub(super) const STEPS: u64 = 4_000_000;
/// Events that may be refused before the search gives up.
const REFUSED: usize = 40;

/// Why a branch was not followed to its end.
enum Stop {
    Found(Value),
    Budget,
    Refused,
}

/// Builds an event from what was decided, and checks it; the error says what is wrong with it.
pub(super) type Accept<'a> = dyn FnMut(&Fields, &[(usize, Found)]) -> Result<Value, String> + 'a;

pub(super) struct Search<'a> {
    fields: &'a Fields,
    /// The strings named at each node, in the order of the formula.
    named: Vec<Vec<String>>,
    /// The same as a machine, for "none of these".
    avoid: Vec<Rc<Machine>>,
    /// Strings to try at each node for their looks.
    examples: Vec<Vec<String>>,
    truth: Vec<Option<bool>>,
    class: Vec<Option<Class>>,
    /// For an open text: the atoms decided on it, and a text that fits.
    open: Vec<(Vec<Wanted>, Option<String>)>,
    work: u64,
    limit: u64,
    unsure: Option<String>,
    refused: usize,
    accept: &'a mut Accept<'a>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        fields: &'a Fields,
        examples: Vec<Vec<String>>,
        limit: u64,
        accept: &'a mut Accept<'a>,
    ) -> Self {
        let named: Vec<Vec<String>> = (0..fields.nodes.len())
            .map(|node| named(fields, node))
            .collect();
        let avoid = named
            .iter()
            .map(|words| Rc::new(Machine::Words(Words::new(words.iter().map(String::as_str)))))
            .collect();
        let mut class = vec![None; fields.nodes.len()];
        if let Some(event) = class.first_mut() {
            *event = Some(Class::Object);
        }
        Self {
            fields,
            named,
            avoid,
            examples,
            truth: vec![None; fields.atoms.len()],
            class,
            open: vec![(Vec::new(), None); fields.nodes.len()],
            work: 0,
            limit,
            unsure: None,
            refused: 0,
            accept,
        }
    }

    /// Looks for an event, and says how many steps that took.
    pub(super) fn run(mut self, formula: &Rc<Formula>) -> (Ended, u64) {
        let ended = match self.branch(formula) {
            Err(Stop::Found(event)) => Ended::Found(event),
            Err(Stop::Budget) => Ended::Unsure(format!(
                "the comparison was stopped after {} steps; these patterns are too entangled to be decided",
                self.limit
            )),
            Err(Stop::Refused) | Ok(()) => match self.unsure {
                Some(reason) => Ended::Unsure(reason),
                None => Ended::None,
            },
        };
        (ended, self.work)
    }

    /// Follows every way to make `formula` true. Returns without an error where there is none.
    fn branch(&mut self, formula: &Rc<Formula>) -> Result<(), Stop> {
        self.work += 1;
        if self.work > self.limit {
            return Err(Stop::Budget);
        }
        let Some((atom, wanted)) = first_atom(formula) else {
            return if matches!(**formula, Formula::True) {
                self.leaf()
            } else {
                Ok(())
            };
        };
        let Some(node) = self.fields.atoms.get(atom).map(|atom| atom.node) else {
            return Ok(());
        };
        let Some(node) = node else {
            // About the raw text: both ways are possible as far as the fields go; the check of the event decides.
            for truth in [wanted, !wanted] {
                self.set(atom, Some(truth));
                let rest = self.reduced(formula)?;
                self.branch(&rest)?;
                self.set(atom, None);
            }
            return Ok(());
        };
        let node = self.outermost(node);
        match self.class.get(node).cloned().flatten() {
            Some(class @ (Class::Other | Class::Number)) => {
                self.decide_text(formula, node, &class, atom, wanted)
            }
            Some(_) => Ok(()),
            None => self.decide_class(formula, node),
        }
    }

    /// The first undecided field on the way to `node`: its containers and lower array elements come before it.
    fn outermost(&self, node: usize) -> usize {
        let mut found = node;
        let mut at = node;
        loop {
            if self.class.get(at).is_some_and(Option::is_none) {
                found = at;
            }
            let Some(here) = self.fields.nodes.get(at) else {
                return found;
            };
            match here
                .before
                .filter(|before| self.class.get(*before).is_some_and(Option::is_none))
                .or(here.parent)
            {
                Some(next) => at = next,
                None => return found,
            }
        }
    }

    fn decide_class(&mut self, formula: &Rc<Formula>, node: usize) -> Result<(), Stop> {
        let units = units(formula);
        for class in self.classes(node) {
            let marks = self.choose(node, &class);
            let clash = units.iter().any(|(atom, wanted)| {
                self.truth
                    .get(*atom)
                    .copied()
                    .flatten()
                    .is_some_and(|truth| truth != *wanted)
            });
            self.work += 1;
            let result = if clash {
                Ok(())
            } else {
                let rest = self.reduced(formula)?;
                self.branch(&rest)
            };
            result?;
            self.unchoose(&marks);
        }
        Ok(())
    }

    /// The classes of a field that are worth telling apart, in the order in which witnesses should use them (D21:
    /// missing first).
    fn classes(&self, node: usize) -> Vec<Class> {
        let Some(here) = self.fields.nodes.get(node) else {
            return Vec::new();
        };
        let kinds = here.kinds;
        let (names, elements): (Vec<usize>, Vec<usize>) = here.children.iter().partition(|child| {
            self.fields
                .nodes
                .get(**child)
                .is_some_and(|child| matches!(child.step, Some(Step::Name(_))))
        });
        let free = |children: &[usize]| {
            children.iter().all(|child| {
                self.fields
                    .nodes
                    .get(*child)
                    .is_some_and(|child| child.kinds.has(Kinds::MISSING))
            })
        };
        let mut classes = Vec::new();
        let nested = (
            kinds.has(Kinds::OBJECT) && !names.is_empty(),
            kinds.has(Kinds::ARRAY) && !elements.is_empty(),
        );
        if here.atoms.is_empty() && free(&here.children) && (nested.0 || nested.1) {
            // Nothing asks about the field itself, and its parts can be missing: that it is there says nothing.
            if nested.0 {
                classes.push(Class::Object);
            }
            if nested.1 {
                classes.push(Class::Array);
            }
            return classes;
        }
        if kinds.has(Kinds::MISSING) && !self.is_needed(node) {
            classes.push(Class::Missing);
        }
        if nested.0 {
            classes.push(Class::Object);
        }
        if nested.1 {
            classes.push(Class::Array);
        }
        if kinds.has(Kinds::STRING) {
            classes.extend((0..self.named.get(node).map_or(0, Vec::len)).map(Class::Named));
            classes.push(Class::Other);
        }
        if kinds.has(Kinds::TRUE) {
            classes.push(Class::Bool(true));
        }
        if kinds.has(Kinds::FALSE) {
            classes.push(Class::Bool(false));
        }
        if kinds.has(Kinds::NUMBER) {
            classes.push(Class::Number);
        }
        if kinds.has(Kinds::NULL) {
            classes.push(Class::Null);
        }
        if kinds.has(Kinds::OBJECT) && !nested.0 {
            classes.push(Class::Object);
        }
        if kinds.has(Kinds::ARRAY) && !nested.1 && (!kinds.has(Kinds::OBJECT) || nested.0) {
            classes.push(Class::Array);
        }
        self.distinct(node, classes, nested)
    }

    /// Leaves out a class that neither the atoms of the field nor its parts tell from an earlier one.
    fn distinct(&self, node: usize, classes: Vec<Class>, nested: (bool, bool)) -> Vec<Class> {
        let atoms = self
            .fields
            .nodes
            .get(node)
            .map(|node| node.atoms.as_slice())
            .unwrap_or_default();
        let mut seen: Vec<(Vec<bool>, u8)> = Vec::new();
        let mut kept = Vec::with_capacity(classes.len());
        for class in classes {
            let parts = match class {
                Class::Object if nested.0 => 1,
                Class::Array if nested.1 => 2,
                // Higher array elements depend on whether this one is there.
                Class::Missing => 3,
                _ => 0,
            };
            if matches!(class, Class::Named(_)) {
                kept.push(class);
                continue;
            }
            let says: Option<Vec<bool>> = atoms
                .iter()
                .map(|atom| self.says(*atom, node, &class))
                .collect();
            if let Some(says) = says {
                let is_element = self
                    .fields
                    .nodes
                    .get(node)
                    .is_some_and(|node| matches!(node.step, Some(Step::Index(_))));
                let key = (says, if parts == 3 && !is_element { 0 } else { parts });
                if seen.contains(&key) {
                    continue;
                }
                seen.push(key);
            }
            kept.push(class);
        }
        kept
    }

    /// Whether a higher array element is already there, so that this one must be too.
    fn is_needed(&self, node: usize) -> bool {
        self.fields
            .nodes
            .iter()
            .zip(&self.class)
            .any(|(other, class)| {
                other.before == Some(node)
                    && class.as_ref().is_some_and(|class| *class != Class::Missing)
            })
    }

    /// Decides a field and everything that follows from it; returns what was decided, for the way back.
    fn choose(&mut self, node: usize, class: &Class) -> Vec<(usize, Vec<usize>)> {
        let mut marks = Vec::new();
        let mut queue = vec![(node, class.clone())];
        while let Some((node, class)) = queue.pop() {
            let mut set = Vec::new();
            let Some(here) = self.fields.nodes.get(node) else {
                continue;
            };
            for &atom in &here.atoms {
                if let Some(truth) = self.says(atom, node, &class) {
                    self.set(atom, Some(truth));
                    set.push(atom);
                }
            }
            for &child in &here.children {
                let inside = match self
                    .fields
                    .nodes
                    .get(child)
                    .and_then(|child| child.step.as_ref())
                {
                    Some(Step::Name(_)) => class == Class::Object,
                    Some(Step::Index(_)) => class == Class::Array,
                    _ => false,
                };
                if !inside && self.class.get(child).is_some_and(Option::is_none) {
                    queue.push((child, Class::Missing));
                }
            }
            if class == Class::Missing {
                // An array has no holes: a higher element is missing with this one.
                for (other, found) in self.fields.nodes.iter().enumerate() {
                    if found.before == Some(node)
                        && self.class.get(other).is_some_and(Option::is_none)
                    {
                        queue.push((other, Class::Missing));
                    }
                }
            }
            if let Some(slot) = self.class.get_mut(node) {
                *slot = Some(class.clone());
            }
            if let Some(slot) = self.open.get_mut(node) {
                let mut machines = Vec::new();
                match class {
                    Class::Number => machines.push((Rc::new(Machine::Number(Plain)), true)),
                    Class::Other => {
                        machines.extend(self.avoid.get(node).map(|avoid| (Rc::clone(avoid), false)))
                    }
                    _ => {}
                }
                *slot = (machines, None);
            }
            marks.push((node, set));
        }
        marks
    }

    fn unchoose(&mut self, marks: &[(usize, Vec<usize>)]) {
        for (node, atoms) in marks {
            if let Some(slot) = self.class.get_mut(*node) {
                *slot = None;
            }
            for atom in atoms {
                self.set(*atom, None);
            }
        }
    }

    /// What an atom says of a class; none where that depends on the text.
    fn says(&self, atom: usize, node: usize, class: &Class) -> Option<bool> {
        let atom = self.fields.atoms.get(atom)?;
        let open = |rule: &Rule| match rule {
            Rule::Always(truth) => Some(*truth),
            Rule::Point(_, negated) if *class == Class::Other => Some(*negated),
            Rule::Point(..) | Rule::Run(..) => None,
        };
        match class {
            Class::Missing => Some(atom.missing),
            Class::Null => Some(atom.null),
            Class::Bool(true) => Some(atom.yes),
            Class::Bool(false) => Some(atom.no),
            Class::Object | Class::Array => Some(atom.nested),
            Class::Named(index) => self
                .named
                .get(node)
                .and_then(|named| named.get(*index))
                .map(|text| atom.string.of(text)),
            Class::Other => open(&atom.string),
            Class::Number => open(&atom.number),
        }
    }

    /// Decides one condition on an open text, the wanted way first, as far as some text allows.
    fn decide_text(
        &mut self,
        formula: &Rc<Formula>,
        node: usize,
        class: &Class,
        atom: usize,
        wanted: bool,
    ) -> Result<(), Stop> {
        let Some(rule) = self.fields.atoms.get(atom).map(|atom| match class {
            Class::Number => &atom.number,
            _ => &atom.string,
        }) else {
            return Ok(());
        };
        let (machine, negated) = match rule {
            Rule::Run(machine, negated) => (Rc::clone(machine), *negated),
            Rule::Point(text, negated) => (
                Rc::new(Machine::Words(Words::new([text.as_str()]))),
                *negated,
            ),
            Rule::Always(_) => return Ok(()),
        };
        let before = self.open.get(node).cloned().unwrap_or_default();
        for truth in [wanted, !wanted] {
            let (mut machines, known) = before.clone();
            machines.push((Rc::clone(&machine), truth != negated));
            let tried = known
                .iter()
                .chain(self.examples.get(node).into_iter().flatten())
                .map(String::as_str);
            let text = match machine::word(&machines, tried, &mut self.work) {
                Word::Found(text) => Some(text),
                Word::None => continue,
                Word::TooMuch => {
                    self.unsure = Some(format!(
                        "the conditions on the text of one field have too many combinations ({} at once)",
                        machines.len()
                    ));
                    None
                }
            };
            if text.is_none() {
                // Nothing can be shown on this way, and the answer can no longer be "there is none".
                continue;
            }
            if let Some(slot) = self.open.get_mut(node) {
                *slot = (machines, text);
            }
            self.set(atom, Some(truth));
            let rest = self.reduced(formula)?;
            self.branch(&rest)?;
            self.set(atom, None);
        }
        if let Some(slot) = self.open.get_mut(node) {
            *slot = before;
        }
        Ok(())
    }

    /// The formula holds whatever the undecided fields are: builds the event.
    fn leaf(&mut self) -> Result<(), Stop> {
        let mut decided = Vec::new();
        for node in 1..self.fields.nodes.len() {
            let Some(class) = self.class.get(node).cloned().flatten() else {
                continue;
            };
            let Some(found) = self.found(node, &class) else {
                return Ok(());
            };
            decided.push((node, found));
        }
        match (self.accept)(self.fields, &decided) {
            Ok(event) => Err(Stop::Found(event)),
            Err(reason) => {
                self.unsure = Some(reason);
                self.refused += 1;
                if self.refused >= REFUSED {
                    Err(Stop::Refused)
                } else {
                    Ok(())
                }
            }
        }
    }

    fn found(&mut self, node: usize, class: &Class) -> Option<Found> {
        Some(match class {
            Class::Missing => Found::Missing,
            Class::Null => Found::Leaf(Value::Null),
            Class::Bool(truth) => Found::Leaf(Value::Bool(*truth)),
            Class::Named(index) => {
                Found::Leaf(Value::String(self.named.get(node)?.get(*index)?.clone()))
            }
            Class::Object => Found::Object,
            Class::Array => Found::Array,
            Class::Other | Class::Number => {
                let (machines, known) = self.open.get(node)?.clone();
                let text = match known {
                    Some(text) => text,
                    None => {
                        let plain = ["example", "other", "1", "2"].into_iter();
                        let tried = self
                            .examples
                            .get(node)
                            .into_iter()
                            .flatten()
                            .map(String::as_str)
                            .chain(plain);
                        match machine::word(&machines, tried, &mut self.work) {
                            Word::Found(text) => text,
                            Word::None => return None,
                            Word::TooMuch => {
                                self.unsure =
                                    Some("no text was found that is none of those named".into());
                                return None;
                            }
                        }
                    }
                };
                if *class == Class::Number {
                    Found::Leaf(serde_json::from_str(&text).ok()?)
                } else {
                    Found::Text(text, machines)
                }
            }
        })
    }

    fn set(&mut self, atom: usize, truth: Option<bool>) {
        if let Some(slot) = self.truth.get_mut(atom) {
            *slot = truth;
        }
    }

    /// What is left of the formula under what is decided.
    fn reduced(&mut self, formula: &Rc<Formula>) -> Result<Rc<Formula>, Stop> {
        if self.work > self.limit {
            return Err(Stop::Budget);
        }
        Ok(reduce(formula, &self.truth, &mut self.work))
    }
}

fn reduce(formula: &Rc<Formula>, truth: &[Option<bool>], work: &mut u64) -> Rc<Formula> {
    *work += 1;
    match &**formula {
        Formula::True | Formula::False => Rc::clone(formula),
        Formula::Atom(atom, wanted) => match truth.get(*atom).copied().flatten() {
            Some(truth) if truth == *wanted => Rc::new(Formula::True),
            Some(_) => Rc::new(Formula::False),
            None => Rc::clone(formula),
        },
        Formula::All(parts) => {
            let mut kept = Vec::with_capacity(parts.len());
            for part in parts {
                let part = reduce(part, truth, work);
                if matches!(*part, Formula::False) {
                    return part;
                }
                kept.push(part);
            }
            Formula::all(kept)
        }
        Formula::Any(parts) => {
            let mut kept = Vec::with_capacity(parts.len());
            for part in parts {
                let part = reduce(part, truth, work);
                if matches!(*part, Formula::True) {
                    return part;
                }
                kept.push(part);
            }
            Formula::any(kept)
        }
    }
}

/// The atom to decide next and the truth that helps: one that must hold, else the first of the shortest choice.
fn first_atom(formula: &Formula) -> Option<(usize, bool)> {
    match formula {
        Formula::True | Formula::False => None,
        Formula::Atom(atom, wanted) => Some((*atom, *wanted)),
        Formula::Any(parts) => parts.first().and_then(|part| first_atom(part)),
        Formula::All(parts) => {
            let size = |part: &Formula| match part {
                Formula::Any(parts) | Formula::All(parts) => parts.len() + 1,
                Formula::Atom(_, true) => 0,
                _ => 1,
            };
            parts
                .iter()
                .min_by_key(|part| size(part))
                .and_then(|part| first_atom(part))
        }
    }
}

/// The atoms that must have one truth.
fn units(formula: &Formula) -> Vec<(usize, bool)> {
    let unit = |part: &Formula| match part {
        Formula::Atom(atom, wanted) => Some((*atom, *wanted)),
        _ => None,
    };
    match formula {
        Formula::All(parts) => parts.iter().filter_map(|part| unit(part)).collect(),
        other => unit(other).into_iter().collect(),
    }
}

/// The strings that the atoms of a field name, in order.
fn named(fields: &Fields, node: usize) -> Vec<String> {
    let mut named: Vec<String> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for atom in fields
        .nodes
        .get(node)
        .map(|node| node.atoms.as_slice())
        .unwrap_or_default()
    {
        if let Some(Rule::Point(text, _)) = fields.atoms.get(*atom).map(|atom| &atom.string)
            && seen.insert(text.as_str())
        {
            named.push(text.clone());
        }
    }
    named
}
