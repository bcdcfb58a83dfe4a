//! A predicate as the search sees it: a boolean formula over atoms, the atoms hung on a tree of fields.
//!
//! Negation sits on atoms alone. What an atom says of each kind of value is worked out here, once, under one setting of
//! the semantics; the search knows nothing of patterns.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::machine::Machine;
use crate::pattern::ast::{Literal, Order, Step};
use crate::pattern::event::Network;

/// A formula in negation normal form.
#[derive(Debug)]
pub(super) enum Formula {
    /// Holds.
    True,
    /// Does not hold.
    False,
    /// The atom has this truth.
    Atom(usize, bool),
    /// All hold; two or more.
    All(Vec<Rc<Formula>>),
    /// One holds; two or more.
    Any(Vec<Rc<Formula>>),
}

impl Formula {
    /// The conjunction, flattened.
    pub(super) fn all(parts: impl IntoIterator<Item = Rc<Self>>) -> Rc<Self> {
        let mut kept = Vec::new();
        for part in parts {
            match &*part {
                Self::True => {}
                Self::False => return part,
                Self::All(inner) => kept.extend(inner.iter().cloned()),
                _ => kept.push(part),
            }
        }
        Self::joined(kept, Self::True, Self::All)
    }

    /// The disjunction, flattened.
    pub(super) fn any(parts: impl IntoIterator<Item = Rc<Self>>) -> Rc<Self> {
        let mut kept = Vec::new();
        for part in parts {
            match &*part {
                Self::False => {}
                Self::True => return part,
                Self::Any(inner) => kept.extend(inner.iter().cloned()),
                _ => kept.push(part),
            }
        }
        Self::joined(kept, Self::False, Self::Any)
    }

    /// The negation.
    pub(super) fn negated(&self) -> Rc<Self> {
        let each = |parts: &[Rc<Self>]| parts.iter().map(|part| part.negated()).collect::<Vec<_>>();
        match self {
            Self::True => Rc::new(Self::False),
            Self::False => Rc::new(Self::True),
            Self::Atom(atom, wanted) => Rc::new(Self::Atom(*atom, !*wanted)),
            Self::All(parts) => Self::any(each(parts)),
            Self::Any(parts) => Self::all(each(parts)),
        }
    }

    fn joined(mut kept: Vec<Rc<Self>>, none: Self, many: fn(Vec<Rc<Self>>) -> Self) -> Rc<Self> {
        match kept.pop() {
            None => Rc::new(none),
            Some(one) if kept.is_empty() => one,
            Some(last) => {
                kept.push(last);
                Rc::new(many(kept))
            }
        }
    }
}

/// The kinds of JSON value, and the absence of one, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u16);

impl Kinds {
    pub(super) const MISSING: Self = Self(1);
    pub(super) const NULL: Self = Self(2);
    pub(super) const TRUE: Self = Self(4);
    pub(super) const FALSE: Self = Self(8);
    pub(super) const NUMBER: Self = Self(16);
    pub(super) const STRING: Self = Self(32);
    pub(super) const OBJECT: Self = Self(64);
    pub(super) const ARRAY: Self = Self(128);
    pub(super) const ANY: Self = Self(255);
    /// Not a kind: the field is nearly always there, so that an example should have it.
    pub(super) const USUAL: Self = Self(256);
    pub(super) const EMPTY: Self = Self(0);

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What is asked of a field, without spans, so that equal conditions are one atom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    /// `=` or, negated, `!=`.
    Equals(Operand, bool),
    /// A numeric comparison with this constant.
    Order(Order, String),
    /// `IS`.
    Is(Literal),
    /// Not there.
    Missing,
    /// This boolean: a trail's condition.
    Bool(bool),
    /// A string with this text at its start, its end, or anywhere.
    Around {
        text: String,
        from_start: bool,
        to_end: bool,
    },
    /// The string itself, no wildcard.
    Exactly(String),
    /// A string in which this regular expression is found: a condition of a requirement.
    Found(String),
    /// If it is a string, one in which this regular expression is found: a fact about the field, no condition of a
    /// pattern.
    Form(String),
    /// A value that event patterns find: a string, number, boolean or null.
    Present,
    /// No such value, at least not here: nothing, an object or an array.
    Absent,
    /// A number of this value; strings are none.
    Number(String),
    /// A string with this text at its start, its end, or as a whole, without regard to case.
    Folded {
        text: String,
        from_start: bool,
        to_end: bool,
    },
    /// A string of these literals with any text between them.
    Wildcard(Vec<String>),
    /// A string that is an address of this block.
    Address(Network),
    /// The field as a text that EventBridge copies: what is asked of it there.
    Copied(Box<Asked>),
    /// The field as EventBridge makes a `source` of it: what is asked of that.
    Source(Box<Asked>),
    /// Something about the raw text of the event that the fields do not decide; known by this name.
    Raw(String),
}

/// The right side of `=`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operand {
    /// Text with wildcards.
    Text(String),
    /// A bare number.
    Number(String),
    /// A regular expression in Rust syntax.
    Regex(String),
}

/// What an atom says of texts.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    /// The same of every text.
    Always(bool),
    /// True of this text alone; the other way round where the flag is set.
    Point(String, bool),
    /// True where the machine accepts; the other way round where the flag is set.
    Run(Rc<Machine>, bool),
}

impl Rule {
    /// What it says of `text`.
    pub(super) fn of(&self, text: &str) -> bool {
        match self {
            Self::Always(truth) => *truth,
            Self::Point(point, negated) => (point == text) != *negated,
            Self::Run(machine, negated) => machine.accepts(text) != *negated,
        }
    }
}

/// An atom and its truth by kind of value.
#[derive(Debug)]
pub(super) struct Atom {
    /// The field; none for an atom about the raw text.
    pub(super) node: Option<usize>,
    /// Of a missing field.
    pub(super) missing: bool,
    /// Of null.
    pub(super) null: bool,
    /// Of true.
    pub(super) yes: bool,
    /// Of false.
    pub(super) no: bool,
    /// Of an object or array.
    pub(super) nested: bool,
    /// Of a string.
    pub(super) string: Rule,
    /// Of a number, by its text.
    pub(super) number: Rule,
}

impl Atom {
    /// An atom that says the same of every value.
    pub(super) fn flat(truth: bool) -> Self {
        Self {
            node: None,
            missing: truth,
            null: truth,
            yes: truth,
            no: truth,
            nested: truth,
            string: Rule::Always(truth),
            number: Rule::Always(truth),
        }
    }
}

/// A field of the event, or a field on the way to one.
#[derive(Debug)]
pub(super) struct Node {
    /// The field that this one is in; none for the event itself.
    pub(super) parent: Option<usize>,
    /// The step from there.
    pub(super) step: Option<Step>,
    /// The fields in this one.
    pub(super) children: Vec<usize>,
    /// The next lower array index that is a node: it exists where this one does.
    pub(super) before: Option<usize>,
    /// The atoms on this field.
    pub(super) atoms: Vec<usize>,
    /// What the field can be where the field around it is an object or array.
    pub(super) kinds: Kinds,
}

/// The tree of fields with their atoms.
#[derive(Debug)]
pub(super) struct Fields {
    /// The nodes; the event itself is the first.
    pub(super) nodes: Vec<Node>,
    /// The atoms.
    pub(super) atoms: Vec<Atom>,
    known: BTreeMap<(Option<usize>, Asked), usize>,
    by_step: BTreeMap<(usize, Step), usize>,
}

impl Fields {
    pub(super) fn new() -> Self {
        let event = Node {
            parent: None,
            step: None,
            children: Vec::new(),
            before: None,
            atoms: Vec::new(),
            kinds: Kinds::OBJECT,
        };
        Self {
            nodes: vec![event],
            atoms: Vec::new(),
            known: BTreeMap::new(),
            by_step: BTreeMap::new(),
        }
    }

    /// The node at the end of `steps`, made where it is new; `kinds` says what a new node can be.
    pub(super) fn node(&mut self, steps: &[Step], kinds: impl Fn(&[Step]) -> Kinds) -> usize {
        let mut at = 0;
        for (index, step) in steps.iter().enumerate() {
            at = match self.by_step.get(&(at, step.clone())) {
                Some(&next) => next,
                None => {
                    let next = self.nodes.len();
                    let kinds = kinds(steps.get(..=index).unwrap_or_default());
                    self.nodes.push(Node {
                        parent: Some(at),
                        step: Some(step.clone()),
                        children: Vec::new(),
                        before: None,
                        atoms: Vec::new(),
                        kinds,
                    });
                    if let Some(node) = self.nodes.get_mut(at) {
                        node.children.push(next);
                    }
                    self.by_step.insert((at, step.clone()), next);
                    next
                }
            };
        }
        at
    }

    /// Links array elements to their neighbours, once all nodes are there.
    pub(super) fn order_elements(&mut self) {
        let mut last: Option<(usize, usize)> = None;
        let elements: Vec<(usize, usize)> = self
            .by_step
            .iter()
            .filter(|((_, step), _)| matches!(step, Step::Index(_)))
            .map(|((parent, _), node)| (*parent, *node))
            .collect();
        for (parent, node) in elements {
            let before = last
                .filter(|(other, _)| *other == parent)
                .map(|(_, before)| before);
            if let Some(node) = self.nodes.get_mut(node) {
                node.before = before;
            }
            last = Some((parent, node));
        }
    }

    /// The atom that asks this of the node, made where it is new.
    pub(super) fn atom(
        &mut self,
        node: Option<usize>,
        asked: Asked,
        make: impl FnOnce(&Asked) -> Atom,
    ) -> usize {
        let key = (node, asked);
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let atom = Atom {
            node,
            ..make(&key.1)
        };
        let id = self.atoms.len();
        self.atoms.push(atom);
        if let Some(node) = node.and_then(|node| self.nodes.get_mut(node)) {
            node.atoms.push(id);
        }
        self.known.insert(key, id);
        id
    }

    /// The steps from the event to the node.
    pub(super) fn path(&self, node: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = node;
        while let Some(found) = self.nodes.get(at) {
            let (Some(parent), Some(step)) = (found.parent, &found.step) else {
                break;
            };
            steps.push(step.clone());
            at = parent;
        }
        steps.reverse();
        steps
    }
}
