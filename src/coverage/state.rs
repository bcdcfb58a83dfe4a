//! What the search has decided so far, and what follows from it.
//!
//! Conditions are asserted one by one; a field is given a class once one has to be picked. Both are undone in the
//! reverse order. A contradiction is found here: between a condition and a class, between a field and the object it is
//! in, between the conditions on one open text.

use std::cell::OnceCell;
use std::rc::Rc;

use serde_json::Value;

use super::answer::Undecided;
use super::decimal::Plain;
use super::formula::{Fields, Kinds, Rule};
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

impl Class {
    /// Whether the class leaves the text of the value open.
    fn is_open(&self) -> bool {
        matches!(self, Self::Other | Self::Number)
    }
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

/// One step to undo.
enum Undo {
    Truth(usize),
    Class(usize),
    Asserted(usize),
    Text(usize, Option<String>),
}

pub(super) struct State<'a> {
    fields: &'a Fields,
    /// The strings named at each node, in the order of the formula.
    named: Vec<Vec<String>>,
    /// The same as a machine, for "none of these", made when it is first asked for: most searches end before.
    avoid: Vec<OnceCell<Rc<Machine>>>,
    /// Strings to try at each node for their looks.
    examples: Vec<Vec<String>>,
    pub(super) truth: Vec<Option<bool>>,
    class: Vec<Option<Class>>,
    /// The conditions asserted on each node, not those that follow from its class.
    asserted: Vec<Vec<(usize, bool)>>,
    /// A text that meets the conditions on an open node.
    text: Vec<Option<String>>,
    trail: Vec<Undo>,
    pub(super) work: u64,
    /// Why the answer "there is none" can no longer be given.
    pub(super) unsure: Option<Undecided>,
}

impl<'a> State<'a> {
    pub(super) fn new(fields: &'a Fields, examples: Vec<Vec<String>>) -> Self {
        let nodes = fields.nodes.len();
        let named: Vec<Vec<String>> = (0..nodes).map(|node| named(fields, node)).collect();
        let mut class = vec![None; nodes];
        if let Some(event) = class.first_mut() {
            *event = Some(Class::Object);
        }
        Self {
            fields,
            named,
            avoid: vec![OnceCell::new(); nodes],
            examples,
            truth: vec![None; fields.atoms.len()],
            class,
            asserted: vec![Vec::new(); nodes],
            text: vec![None; nodes],
            trail: Vec::new(),
            work: 0,
            unsure: None,
        }
    }

    /// A place to come back to.
    pub(super) fn mark(&self) -> usize {
        self.trail.len()
    }

    /// Undoes everything since `mark`.
    pub(super) fn undo(&mut self, mark: usize) {
        while self.trail.len() > mark {
            match self.trail.pop() {
                Some(Undo::Truth(atom)) => replace(&mut self.truth, atom, None),
                Some(Undo::Class(node)) => replace(&mut self.class, node, None),
                Some(Undo::Text(node, before)) => replace(&mut self.text, node, before),
                Some(Undo::Asserted(node)) => {
                    if let Some(asserted) = self.asserted.get_mut(node) {
                        asserted.pop();
                    }
                }
                None => return,
            }
        }
    }

    pub(super) fn class(&self, node: usize) -> Option<&Class> {
        self.class.get(node).and_then(Option::as_ref)
    }

    fn set_truth(&mut self, atom: usize, truth: bool) {
        replace(&mut self.truth, atom, Some(truth));
        self.trail.push(Undo::Truth(atom));
    }

    /// Makes a condition hold or not; false where that contradicts what is decided.
    pub(super) fn assert(&mut self, atom: usize, wanted: bool) -> bool {
        if let Some(truth) = self.truth.get(atom).copied().flatten() {
            return truth == wanted;
        }
        self.set_truth(atom, wanted);
        let Some(node) = self.fields.atoms.get(atom).and_then(|atom| atom.node) else {
            return true;
        };
        if let Some(asserted) = self.asserted.get_mut(node) {
            asserted.push((atom, wanted));
            self.trail.push(Undo::Asserted(node));
        }
        match self.class(node) {
            Some(class) if class.is_open() => self.has_text(node),
            _ => true,
        }
    }

    /// Looks at a node after conditions were asserted on it: false where no class meets them; where one alone does, it
    /// is taken.
    pub(super) fn narrow(&mut self, node: usize) -> bool {
        if self.class(node).is_some() {
            return true;
        }
        let mut classes = self.classes(node).into_iter();
        match (classes.next(), classes.next()) {
            (None, _) => false,
            (Some(only), None) => self.choose(node, &only),
            _ => true,
        }
    }

    /// The first undecided field on the way to `node`: its containers and lower array elements come before it.
    pub(super) fn outermost(&self, node: usize) -> Option<usize> {
        let undecided = |node: usize| self.class(node).is_none();
        let mut found = undecided(node).then_some(node);
        let mut at = node;
        while let Some(here) = self.fields.nodes.get(at) {
            let Some(next) = here
                .before
                .filter(|before| undecided(*before))
                .or(here.parent)
            else {
                break;
            };
            if undecided(next) {
                found = Some(next);
            }
            at = next;
        }
        found
    }

    /// A field that must still be given a class before the event can be built.
    pub(super) fn unsettled(&self) -> Option<usize> {
        (1..self.fields.nodes.len()).find_map(|node| match self.class(node) {
            None if self
                .asserted
                .get(node)
                .is_some_and(|asserted| !asserted.is_empty()) =>
            {
                self.outermost(node)
            }
            None | Some(Class::Missing) => None,
            Some(_) => self.outermost(node),
        })
    }

    /// The classes that meet the conditions asserted on a field, in the order in which witnesses should use them (D21:
    /// missing first, but for fields that real records nearly always have).
    pub(super) fn classes(&self, node: usize) -> Vec<Class> {
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
        let nested = (
            kinds.has(Kinds::OBJECT) && !names.is_empty(),
            kinds.has(Kinds::ARRAY) && !elements.is_empty(),
        );
        let free = here.children.iter().all(|child| {
            self.fields
                .nodes
                .get(*child)
                .is_some_and(|child| child.kinds.has(Kinds::MISSING))
        });
        let mut classes = Vec::new();
        let mut add = |kind: Kinds, class: Class| {
            if kinds.has(kind) {
                classes.push(class);
            }
        };
        let object = |add: &mut dyn FnMut(Kinds, Class)| {
            if nested.0 {
                add(Kinds::OBJECT, Class::Object);
            }
            if nested.1 {
                add(Kinds::ARRAY, Class::Array);
            }
        };
        if here.atoms.is_empty() && free && (nested.0 || nested.1) {
            // Nothing asks about the field itself, and its parts can be missing: that it is there says nothing.
            object(&mut add);
            return classes;
        }
        let missing = if self.is_needed(node) {
            Kinds::EMPTY
        } else {
            Kinds::MISSING
        };
        let usual = kinds.has(Kinds::USUAL);
        if !usual {
            add(missing, Class::Missing);
        }
        object(&mut add);
        for at in 0..self.named.get(node).map_or(0, Vec::len) {
            add(Kinds::STRING, Class::Named(at));
        }
        add(Kinds::STRING, Class::Other);
        add(Kinds::TRUE, Class::Bool(true));
        add(Kinds::FALSE, Class::Bool(false));
        add(Kinds::NUMBER, Class::Number);
        add(Kinds::NULL, Class::Null);
        if !nested.0 {
            add(Kinds::OBJECT, Class::Object);
        }
        if !nested.1 && (!kinds.has(Kinds::OBJECT) || nested.0) {
            add(Kinds::ARRAY, Class::Array);
        }
        if usual {
            add(missing, Class::Missing);
        }
        let asserted = self
            .asserted
            .get(node)
            .map(Vec::as_slice)
            .unwrap_or_default();
        classes.retain(|class| {
            asserted.iter().all(|(atom, wanted)| {
                self.says(*atom, node, class)
                    .is_none_or(|truth| truth == *wanted)
            })
        });
        self.distinct(node, classes, nested)
    }

    /// Leaves out a class that neither the atoms of the field nor its parts tell from an earlier one.
    fn distinct(&self, node: usize, classes: Vec<Class>, nested: (bool, bool)) -> Vec<Class> {
        let Some(here) = self.fields.nodes.get(node) else {
            return classes;
        };
        let is_element = matches!(here.step, Some(Step::Index(_)));
        let mut seen: Vec<(Vec<bool>, u8)> = Vec::new();
        let mut kept = Vec::with_capacity(classes.len());
        for class in classes {
            let parts = match class {
                Class::Named(_) => {
                    kept.push(class);
                    continue;
                }
                Class::Object if nested.0 => 1,
                Class::Array if nested.1 => 2,
                // Higher array elements depend on whether this one is there.
                Class::Missing if is_element => 3,
                _ => 0,
            };
            let says: Option<Vec<bool>> = here
                .atoms
                .iter()
                .map(|atom| self.says(*atom, node, &class))
                .collect();
            if let Some(says) = says {
                let key = (says, parts);
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

    /// Gives a field a class, with everything that follows; false where something contradicts it.
    pub(super) fn choose(&mut self, node: usize, class: &Class) -> bool {
        let mut queue = vec![(node, class.clone())];
        let fields = self.fields;
        while let Some((node, class)) = queue.pop() {
            self.work += 1;
            match self.class(node) {
                Some(known) if *known == class => continue,
                Some(_) => return false,
                None => {}
            }
            let Some(here) = fields.nodes.get(node) else {
                continue;
            };
            for &atom in &here.atoms {
                let Some(says) = self.says(atom, node, &class) else {
                    continue;
                };
                match self.truth.get(atom).copied().flatten() {
                    Some(truth) if truth != says => return false,
                    Some(_) => {}
                    None => self.set_truth(atom, says),
                }
            }
            for &child in &here.children {
                let inside = match fields
                    .nodes
                    .get(child)
                    .and_then(|child| child.step.as_ref())
                {
                    Some(Step::Name(_)) => class == Class::Object,
                    Some(Step::Index(_)) => class == Class::Array,
                    _ => false,
                };
                if !inside {
                    queue.push((child, Class::Missing));
                }
            }
            if class == Class::Missing {
                // An array has no holes: a higher element is missing with this one.
                let higher = fields
                    .nodes
                    .iter()
                    .enumerate()
                    .filter(|(_, other)| other.before == Some(node));
                queue.extend(higher.map(|(other, _)| (other, Class::Missing)));
            }
            let open = class.is_open();
            replace(&mut self.class, node, Some(class));
            self.trail.push(Undo::Class(node));
            if open && !self.has_text(node) {
                return false;
            }
        }
        true
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
            Class::Named(at) => self
                .named
                .get(node)?
                .get(*at)
                .map(|text| atom.string.of(text)),
            Class::Other => open(&atom.string),
            Class::Number => open(&atom.number),
        }
    }

    /// The machine of the strings named at a node.
    fn avoid(&self, node: usize) -> Option<Rc<Machine>> {
        let words = self.named.get(node)?;
        let avoid = self
            .avoid
            .get(node)?
            .get_or_init(|| Rc::new(Machine::Words(Words::new(words.iter().map(String::as_str)))));
        Some(Rc::clone(avoid))
    }

    /// The conditions on the text of an open field.
    fn machines(&self, node: usize) -> Vec<Wanted> {
        let mut machines: Vec<Wanted> = Vec::new();
        let is_number = self.class(node) == Some(&Class::Number);
        if is_number {
            machines.push((Rc::new(Machine::Number(Plain)), true));
        } else {
            machines.extend(self.avoid(node).map(|avoid| (avoid, false)));
        }
        for (atom, wanted) in self.asserted.get(node).into_iter().flatten() {
            let Some(atom) = self.fields.atoms.get(*atom) else {
                continue;
            };
            match if is_number {
                &atom.number
            } else {
                &atom.string
            } {
                Rule::Always(_) => {}
                Rule::Point(..) if !is_number => {}
                Rule::Point(text, negated) => {
                    machines.push((
                        Rc::new(Machine::Words(Words::new([text.as_str()]))),
                        wanted != negated,
                    ));
                }
                Rule::Run(machine, negated) => {
                    machines.push((Rc::clone(machine), wanted != negated))
                }
            }
        }
        machines
    }

    /// Whether some text meets the conditions on an open field.
    fn has_text(&mut self, node: usize) -> bool {
        let machines = self.machines(node);
        let known = self.text.get(node).cloned().flatten();
        if machines.len() == 1 && known.is_none() {
            // Nothing is asked yet; there are always more texts than named ones.
            return true;
        }
        match self.word(node, &machines, known.as_deref()) {
            Some(text) => {
                if known.as_ref() != Some(&text) {
                    self.trail.push(Undo::Text(node, known));
                    replace(&mut self.text, node, Some(text));
                }
                true
            }
            None => false,
        }
    }

    fn word(&mut self, node: usize, machines: &[Wanted], known: Option<&str>) -> Option<String> {
        let plain = ["example", "other", "1", "2"];
        let examples = self
            .examples
            .get(node)
            .into_iter()
            .flatten()
            .map(String::as_str);
        match machine::word(
            machines,
            known.into_iter().chain(examples).chain(plain),
            &mut self.work,
        ) {
            Word::Found(text) => Some(text),
            Word::None => None,
            Word::TooMuch => {
                // Nothing can be shown on this way, and the answer can no longer be "there is none".
                self.unsure = Some(Undecided::TextTooLarge {
                    conditions: machines.len(),
                });
                None
            }
        }
    }

    /// Every decided field, containers first; none where an open field turns out to have no text.
    pub(super) fn decided(&mut self) -> Option<Vec<(usize, Found)>> {
        let mut decided = Vec::new();
        for node in 1..self.fields.nodes.len() {
            if let Some(class) = self.class(node).cloned() {
                decided.push((node, self.found(node, &class)?));
            }
        }
        Some(decided)
    }

    fn found(&mut self, node: usize, class: &Class) -> Option<Found> {
        Some(match class {
            Class::Missing => Found::Missing,
            Class::Null => Found::Leaf(Value::Null),
            Class::Bool(truth) => Found::Leaf(Value::Bool(*truth)),
            Class::Named(at) => Found::Leaf(Value::String(self.named.get(node)?.get(*at)?.clone())),
            Class::Object => Found::Object,
            Class::Array => Found::Array,
            Class::Other | Class::Number => {
                let machines = self.machines(node);
                let text = match self.text.get(node).cloned().flatten() {
                    Some(text) => text,
                    None => self.word(node, &machines, None)?,
                };
                if *class == Class::Number {
                    Found::Leaf(serde_json::from_str(&text).ok()?)
                } else {
                    Found::Text(text, machines)
                }
            }
        })
    }
}

fn replace<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
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
