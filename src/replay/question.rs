//! What is asked of every record, made ready for billions of them: predicates as small trees over leaves that each look
//! at one field of the record.
//!
//! Records of one class (the same event name, source, error code and a few members more) answer most leaves alike: what
//! is left open by the class is simplified once and remembered. What is left looks at few fields, which have few values
//! for the most part (`userIdentity.type`): they make subclasses, and of most of these nothing is left open.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::coverage::{Predicate, Test};
use crate::pattern::ast::{Expr, Pattern, PatternKind, Step};
use crate::pattern::{Matcher, Semantics};

use super::fields::Fields;
use super::records::Record;
use super::rule::{self, OfMember};

/// Members with few values: those of them that somebody asks about are the class of a record.
const CLASS: [&str; 9] = [
    "eventName",
    "eventSource",
    "eventType",
    "awsRegion",
    "errorCode",
    "readOnly",
    "managementEvent",
    "eventCategory",
    "recipientAccountId",
];
/// Classes and subclasses that are remembered at a time: far more than a year of an organization has.
const MAX_CLASSES: usize = 1 << 16;
/// Longer than what AWS writes; a longer one is not remembered.
const MAX_KEY: usize = 4096;

/// The answers to all questions about one record: a bit each.
pub type Answers = Vec<u64>;

/// Whether a bit is set.
pub fn is_set(answers: &[u64], bit: usize) -> bool {
    answers
        .get(bit / 64)
        .is_some_and(|word| word & (1 << (bit % 64)) != 0)
}

fn set(answers: &mut [u64], bit: usize) {
    if let Some(word) = answers.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

/// Distinct predicates, each with its bit.
#[derive(Debug, Clone, Default)]
pub struct Predicates {
    predicates: Vec<Predicate>,
    known: HashMap<String, usize>,
}

impl Predicates {
    /// The bit of a predicate.
    pub fn bit(&mut self, predicate: &Predicate) -> usize {
        let key = match predicate {
            Predicate::Pattern(pattern) => format!("pattern {}", pattern.text),
            other => format!("{other:?}"),
        };
        *self.known.entry(key).or_insert_with(|| {
            self.predicates.push(predicate.clone());
            self.predicates.len() - 1
        })
    }

    /// The predicates in the order of their bits.
    pub fn predicates(&self) -> &[Predicate] {
        &self.predicates
    }
}

/// A condition on the record.
#[derive(Debug, Clone)]
enum Leaf {
    /// A test of a trail's selectors, or of a filter pattern, on a field.
    Field { field: usize, on: On },
    /// On the whole record.
    Whole(Box<Matcher>),
}

#[derive(Debug, Clone)]
enum On {
    Test(Test),
    Pattern(Box<Matcher>),
    /// What an event pattern asks of a member.
    Rule(Box<OfMember>),
}

#[derive(Debug, Clone)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Leaf(usize),
    Known(bool),
}

/// What is known of a class of records.
#[derive(Debug, Default)]
struct Class {
    answers: Answers,
    open: Vec<(usize, Node)>,
    /// Fields with few values that `open` looks at.
    fields: Vec<usize>,
    /// By the values of these.
    within: RefCell<HashMap<Vec<u8>, Rc<Class>>>,
}

/// Answers all questions about records, one after the other.
#[derive(Debug)]
pub struct Examiner {
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
    fields: Fields,
    /// Fields that make the class of a record.
    common: Vec<usize>,
    top: Rc<Class>,
    classes: usize,
    key: Vec<u8>,
    /// Counts the records, so that what was remembered of the one before is known to be old.
    record: u64,
    remembered: Vec<(u64, bool)>,
    answers: Answers,
}

impl Examiner {
    /// An examiner of these questions.
    pub fn new(questions: &Predicates) -> Self {
        let mut examiner = Self {
            nodes: Vec::new(),
            leaves: Vec::new(),
            fields: Fields::default(),
            common: Vec::new(),
            top: Rc::default(),
            classes: 0,
            key: Vec::new(),
            record: 0,
            remembered: Vec::new(),
            answers: vec![0; questions.predicates.len().div_ceil(64)],
        };
        for predicate in &questions.predicates {
            let node = examiner.compile(predicate);
            examiner.nodes.push(node);
        }
        examiner.remembered = vec![(0, false); examiner.leaves.len()];
        examiner.start_anew();
        examiner
    }

    /// Forgets all classes.
    fn start_anew(&mut self) {
        let open: Vec<(usize, Node)> = self.nodes.iter().cloned().enumerate().collect();
        let fields = match self.common.is_empty() {
            true => self.few_valued(&open),
            false => self.common.clone(),
        };
        self.classes = 0;
        self.top = Rc::new(Class {
            answers: vec![0; self.answers.len()],
            open,
            fields,
            within: RefCell::default(),
        });
    }

    /// The answers about a record.
    pub fn ask(&mut self, record: Record<'_>) -> &[u64] {
        self.record += 1;
        self.fields.next();
        let mut class = Rc::clone(&self.top);
        while !class.fields.is_empty() {
            class = self.within(&class, record);
        }
        self.answers.clone_from(&class.answers);
        for (bit, node) in &class.open {
            if self.holds(node, record) {
                set(&mut self.answers, *bit);
            }
        }
        &self.answers
    }

    /// The class of the record within another.
    fn within(&mut self, class: &Class, record: Record<'_>) -> Rc<Class> {
        self.key.clear();
        for field in &class.fields {
            self.fields.write(*field, record, &mut self.key);
        }
        if let Some(known) = class.within.borrow().get(&self.key) {
            return Rc::clone(known);
        }
        let found = Rc::new(self.classify(class, record));
        let is_common = class.fields == self.common;
        let mut few = true;
        for field in &class.fields {
            // The members that make the class stay in it however many values they have.
            few &= is_common || self.fields.note(*field, record);
        }
        if !few || self.classes >= MAX_CLASSES {
            self.start_anew();
        } else if self.key.len() <= MAX_KEY {
            self.classes += 1;
            let mut within = class.within.borrow_mut();
            within.insert(self.key.clone(), Rc::clone(&found));
        }
        found
    }

    fn classify(&mut self, class: &Class, record: Record<'_>) -> Class {
        let mut found = Class {
            answers: class.answers.clone(),
            ..Class::default()
        };
        for (bit, node) in &class.open {
            match self.simplified(node, &class.fields, record) {
                Node::Known(true) => set(&mut found.answers, *bit),
                Node::Known(false) => {}
                open => found.open.push((*bit, open)),
            }
        }
        found.fields = self.few_valued(&found.open);
        found
    }

    /// The fields with few values that nodes look at.
    fn few_valued(&self, open: &[(usize, Node)]) -> Vec<usize> {
        let mut fields = Vec::new();
        for (_, node) in open {
            self.fields_of(node, &mut fields);
        }
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// The fields with few values that a node looks at.
    fn fields_of(&self, node: &Node, fields: &mut Vec<usize>) {
        match node {
            Node::Known(_) => {}
            Node::Not(inner) => self.fields_of(inner, fields),
            Node::All(parts) | Node::Any(parts) => {
                parts.iter().for_each(|part| self.fields_of(part, fields));
            }
            Node::Leaf(leaf) => {
                if let Some(Leaf::Field { field, .. }) = self.leaves.get(*leaf)
                    && self.fields.has_few_values(*field)
                {
                    fields.push(*field);
                }
            }
        }
    }

    /// The node with what these fields decide.
    fn simplified(&mut self, node: &Node, fields: &[usize], record: Record<'_>) -> Node {
        match node {
            Node::Known(truth) => Node::Known(*truth),
            Node::Not(inner) => match self.simplified(inner, fields, record) {
                Node::Known(truth) => Node::Known(!truth),
                open => Node::Not(Box::new(open)),
            },
            Node::All(parts) => self.joined(parts, fields, record, false),
            Node::Any(parts) => self.joined(parts, fields, record, true),
            Node::Leaf(leaf) => match self.leaves.get(*leaf) {
                Some(Leaf::Field { field, .. }) if fields.contains(field) => {
                    Node::Known(self.leaf_holds(*leaf, record))
                }
                _ => Node::Leaf(*leaf),
            },
        }
    }

    /// Parts of which one with the value `decisive` decides.
    fn joined(
        &mut self,
        parts: &[Node],
        fields: &[usize],
        record: Record<'_>,
        decisive: bool,
    ) -> Node {
        let mut open = Vec::new();
        for part in parts {
            match self.simplified(part, fields, record) {
                Node::Known(truth) if truth == decisive => return Node::Known(decisive),
                Node::Known(_) => {}
                other => open.push(other),
            }
        }
        match (open.len(), decisive) {
            (0, _) => Node::Known(!decisive),
            (1, _) => open.pop().unwrap_or(Node::Known(!decisive)),
            (_, true) => Node::Any(open),
            (_, false) => Node::All(open),
        }
    }

    fn holds(&mut self, node: &Node, record: Record<'_>) -> bool {
        match node {
            Node::Known(truth) => *truth,
            Node::Not(inner) => !self.holds(inner, record),
            Node::All(parts) => parts.iter().all(|part| self.holds(part, record)),
            Node::Any(parts) => parts.iter().any(|part| self.holds(part, record)),
            Node::Leaf(leaf) => match self.remembered.get(*leaf) {
                Some((of, truth)) if *of == self.record => *truth,
                _ => {
                    let truth = self.leaf_holds(*leaf, record);
                    if let Some(remembered) = self.remembered.get_mut(*leaf) {
                        *remembered = (self.record, truth);
                    }
                    truth
                }
            },
        }
    }

    fn leaf_holds(&mut self, leaf: usize, record: Record<'_>) -> bool {
        match self.leaves.get(leaf) {
            Some(Leaf::Field { field, on }) => {
                let event = self.fields.event(*field, record);
                match on {
                    On::Test(test) => test.holds(event),
                    On::Pattern(matcher) => matcher.matches_event(event),
                    On::Rule(asked) => asked.holds(event),
                }
            }
            Some(Leaf::Whole(matcher)) => matcher.matches_text(&record.as_delivered()),
            None => false,
        }
    }

    fn compile(&mut self, predicate: &Predicate) -> Node {
        match predicate {
            Predicate::Always => Node::Known(true),
            Predicate::Never => Node::Known(false),
            Predicate::All(parts) => {
                Node::All(parts.iter().map(|part| self.compile(part)).collect())
            }
            Predicate::Any(parts) => {
                Node::Any(parts.iter().map(|part| self.compile(part)).collect())
            }
            Predicate::Not(inner) => Node::Not(Box::new(self.compile(inner))),
            Predicate::Test(test) => {
                let path: Vec<&str> = test.path.iter().map(AsRef::as_ref).collect();
                match self.fields.field(&path, false) {
                    Some(field) => self.field_leaf(field, On::Test(test.clone())),
                    None => Node::Known(false),
                }
            }
            Predicate::Event(pattern, sign_in) => {
                let choices = rule::by_member(pattern, *sign_in).into_iter();
                let choices = choices.map(|asked| Node::All(self.of_members(asked)));
                Node::Any(choices.collect())
            }
            Predicate::Pattern(pattern) => match &pattern.kind {
                PatternKind::Everything => Node::Known(true),
                PatternKind::Json(expr) => self.compile_expr(expr),
                _ => self.leaf(Leaf::Whole(Box::new(Matcher::new(
                    pattern,
                    &Semantics::default(),
                )))),
            },
        }
    }

    fn compile_expr(&mut self, expr: &Expr) -> Node {
        match expr {
            Expr::Or(parts) => {
                Node::Any(parts.iter().map(|part| self.compile_expr(part)).collect())
            }
            Expr::And(parts) => {
                Node::All(parts.iter().map(|part| self.compile_expr(part)).collect())
            }
            Expr::Group(inner, _) => self.compile_expr(inner),
            Expr::Test(test) => {
                let alone = Pattern {
                    text: String::new(),
                    kind: PatternKind::Json(expr.clone()),
                    warnings: Vec::new(),
                };
                let matcher = Box::new(Matcher::new(&alone, &Semantics::default()));
                let steps = &test.selector.steps;
                let names = steps.iter().map_while(|step| match step {
                    Step::Name(name) => Some(name.as_str()),
                    _ => None,
                });
                let path: Vec<&str> = names.collect();
                match self.fields.field(&path, path.len() < steps.len()) {
                    Some(field) => self.field_leaf(field, On::Pattern(matcher)),
                    None => self.leaf(Leaf::Whole(matcher)),
                }
            }
        }
    }

    /// What an event pattern asks of members.
    fn of_members(&mut self, asked: Vec<OfMember>) -> Vec<Node> {
        let of_one = |asked: OfMember| {
            let member = asked.member.as_deref();
            match member.and_then(|member| self.fields.field(&[member], true)) {
                Some(field) => self.field_leaf(field, On::Rule(Box::new(asked))),
                None => Node::Known(asked.always()),
            }
        };
        asked.into_iter().map(of_one).collect()
    }

    fn field_leaf(&mut self, field: usize, on: On) -> Node {
        let is_common = match self.fields.path(field) {
            [name] => CLASS.contains(&name.as_str()),
            _ => false,
        };
        if is_common && !self.common.contains(&field) {
            self.common.push(field);
        }
        self.leaf(Leaf::Field { field, on })
    }

    fn leaf(&mut self, leaf: Leaf) -> Node {
        self.leaves.push(leaf);
        Node::Leaf(self.leaves.len() - 1)
    }
}
