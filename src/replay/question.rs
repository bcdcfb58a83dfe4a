//! What is asked of every record, made ready for billions of them: predicates as small trees over leaves that each look
//! at one member of the record.
//!
//! Records of one class (the same event name, source, error code and a few members more) answer most leaves alike: what
//! is left open by the class is simplified once and remembered, and of most classes nothing is left.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use crate::coverage::{Predicate, Test};
use crate::pattern::ast::{Expr, Pattern, PatternKind, Step};
use crate::pattern::{Matcher, Semantics};

use super::records::Record;

/// Members with few values: together they are the class of a record.
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
/// Classes that are remembered at a time: far more than a year of an organization has.
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
pub struct Questions {
    predicates: Vec<Predicate>,
    known: HashMap<String, usize>,
}

impl Questions {
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

/// A condition on one member of the record.
#[derive(Debug, Clone)]
enum Leaf {
    /// A test of a trail's selectors, or of a filter pattern: on the member of this position.
    Member { root: usize, on: On },
    /// On the whole record.
    Whole(Box<Matcher>),
    /// On the event that EventBridge makes of the record.
    Event(Predicate),
}

#[derive(Debug, Clone)]
enum On {
    Test(Test),
    Pattern(Box<Matcher>),
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
#[derive(Debug)]
struct Class {
    answers: Answers,
    open: Vec<(usize, Node)>,
}

/// Answers all questions about records, one after the other.
#[derive(Debug)]
pub struct Examiner {
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
    roots: Vec<Root>,
    classes: HashMap<Vec<u8>, Rc<Class>>,
    key: Vec<u8>,
    /// Counts the records, so that what was remembered of the one before is known to be old.
    record: u64,
    remembered: Vec<(u64, bool)>,
    answers: Answers,
}

/// A member that leaves look at.
#[derive(Debug)]
struct Root {
    name: String,
    in_class: bool,
    /// The record that `event` was read from.
    read: u64,
    /// An object with this member alone.
    event: Value,
}

impl Examiner {
    /// An examiner of these questions.
    pub fn new(questions: &Questions) -> Self {
        let mut examiner = Self {
            nodes: Vec::new(),
            leaves: Vec::new(),
            roots: Vec::new(),
            classes: HashMap::new(),
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
        examiner
    }

    /// The answers about a record.
    pub fn ask(&mut self, record: Record<'_>) -> &[u64] {
        self.record += 1;
        self.key.clear();
        for name in CLASS {
            if let Some(raw) = record.raw(name) {
                self.key.extend_from_slice(raw.as_bytes());
            }
            self.key.push(0);
        }
        let class = match self.classes.get(&self.key) {
            Some(class) => Rc::clone(class),
            None => self.classify(record),
        };
        self.answers.clone_from(&class.answers);
        for (bit, node) in &class.open {
            if self.holds(node, record) {
                set(&mut self.answers, *bit);
            }
        }
        &self.answers
    }

    fn classify(&mut self, record: Record<'_>) -> Rc<Class> {
        let mut class = Class {
            answers: vec![0; self.answers.len()],
            open: Vec::new(),
        };
        let nodes = std::mem::take(&mut self.nodes);
        for (bit, node) in nodes.iter().enumerate() {
            match self.simplified(node, record) {
                Node::Known(true) => set(&mut class.answers, bit),
                Node::Known(false) => {}
                open => class.open.push((bit, open)),
            }
        }
        self.nodes = nodes;
        if self.classes.len() >= MAX_CLASSES {
            self.classes.clear();
        }
        let class = Rc::new(class);
        if self.key.len() <= MAX_KEY {
            self.classes.insert(self.key.clone(), Rc::clone(&class));
        }
        class
    }

    /// The node with what the class decides.
    fn simplified(&mut self, node: &Node, record: Record<'_>) -> Node {
        match node {
            Node::Known(truth) => Node::Known(*truth),
            Node::Not(inner) => match self.simplified(inner, record) {
                Node::Known(truth) => Node::Known(!truth),
                open => Node::Not(Box::new(open)),
            },
            Node::All(parts) => self.joined(parts, record, false),
            Node::Any(parts) => self.joined(parts, record, true),
            Node::Leaf(leaf) => match self.leaves.get(*leaf) {
                Some(Leaf::Member { root, .. })
                    if self.roots.get(*root).is_some_and(|root| root.in_class) =>
                {
                    Node::Known(self.leaf_holds(*leaf, record))
                }
                _ => Node::Leaf(*leaf),
            },
        }
    }

    /// Parts of which one with the value `decisive` decides.
    fn joined(&mut self, parts: &[Node], record: Record<'_>, decisive: bool) -> Node {
        let mut open = Vec::new();
        for part in parts {
            match self.simplified(part, record) {
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
            Some(Leaf::Member { root, on }) => {
                let Some(root) = self.roots.get_mut(*root) else {
                    return false;
                };
                root.read(self.record, record);
                match on {
                    On::Test(test) => test.holds(&root.event),
                    On::Pattern(matcher) => matcher.matches_event(&root.event),
                }
            }
            Some(Leaf::Whole(matcher)) => whole_matches(matcher, record),
            Some(Leaf::Event(pattern)) => serde_json::from_str::<Value>(record.text)
                .is_ok_and(|event| pattern.matches(&event, &Semantics::default())),
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
            Predicate::Test(test) => match test.path.first() {
                Some(name) => self.member_leaf(name, On::Test(test.clone())),
                None => Node::Known(false),
            },
            Predicate::Event(..) => self.leaf(Leaf::Event(predicate.clone())),
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
                match test.selector.steps.first() {
                    Some(Step::Name(name)) => self.member_leaf(name, On::Pattern(matcher)),
                    _ => self.leaf(Leaf::Whole(matcher)),
                }
            }
        }
    }

    fn member_leaf(&mut self, name: &str, on: On) -> Node {
        let known = self.roots.iter().position(|root| root.name == name);
        let root = known.unwrap_or_else(|| {
            self.roots.push(Root {
                name: name.to_owned(),
                in_class: CLASS.contains(&name),
                read: 0,
                event: Value::Null,
            });
            self.roots.len() - 1
        });
        self.leaf(Leaf::Member { root, on })
    }

    fn leaf(&mut self, leaf: Leaf) -> Node {
        self.leaves.push(leaf);
        Node::Leaf(self.leaves.len() - 1)
    }
}

impl Root {
    /// Reads the member of a record, once.
    fn read(&mut self, number: u64, record: Record<'_>) {
        if self.read == number {
            return;
        }
        self.read = number;
        let mut event = serde_json::Map::new();
        let value = record
            .raw(&self.name)
            .and_then(|raw| serde_json::from_str(raw).ok());
        if let Some(value) = value {
            event.insert(self.name.clone(), value);
        }
        self.event = Value::Object(event);
    }
}

/// Patterns over the raw message see what CloudTrail delivers, which has no blanks between its tokens.
fn whole_matches(matcher: &Matcher, record: Record<'_>) -> bool {
    if !record.blanks {
        return matcher.matches_text(record.text);
    }
    serde_json::from_str::<Value>(record.text).is_ok_and(|event| matcher.matches_event(&event))
}
