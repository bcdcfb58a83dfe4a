//! What is asked of a field, in the few forms that a dialect has to have words for. The semantics of the pattern language
//! are in the lowering and nowhere else: a dialect knows nothing of patterns.

use crate::coverage::{Is, Predicate};
use crate::pattern::ast::{Condition, Expr, Literal, Order, PatternKind, Step, Value};
use crate::pattern::{Glob, Semantics};

use super::Refusal;

/// A condition on a record; never unknown, whatever the record holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cond {
    Known(bool),
    All(Vec<Cond>),
    Any(Vec<Cond>),
    Not(Box<Cond>),
    Leaf(Leaf),
}

/// A condition on the value that a path leads to; over a wildcard: on any of the values, or on nothing where there are none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub(super) path: Vec<Step>,
    pub(super) test: Test,
}

/// Each is false of every value that it does not name.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// No value.
    Missing,
    /// The value null.
    Null,
    /// This boolean.
    Bool(bool),
    /// A number in this order to another.
    Order(Order, f64),
    /// A string that is (or is not) `text`, or a number that is (or is not) `value`.
    Number {
        text: String,
        value: f64,
        negated: bool,
    },
    /// A string that matches (or does not); with `numbers` also a number by its text.
    Text {
        matches: TextTest,
        numbers: bool,
        negated: bool,
    },
}

/// What is asked of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TextTest {
    /// The literals of a value with wildcards between them, read leftmost (D4); one literal is the whole text.
    Leftmost(Vec<String>),
    /// The text ends so.
    EndsWith(String),
    /// The expression is found in the text; in the syntax of `regex-automata`.
    Regex(String),
}

impl Cond {
    /// What a predicate asks.
    pub(super) fn of(predicate: &Predicate) -> Result<Self, Refusal> {
        let all = |parts: &[Predicate]| parts.iter().map(Self::of).collect::<Result<_, _>>();
        Ok(match predicate {
            Predicate::Always => Self::Known(true),
            Predicate::Never => Self::Known(false),
            Predicate::All(parts) => Self::All(all(parts)?),
            Predicate::Any(parts) => Self::Any(all(parts)?),
            Predicate::Not(inner) => Self::Not(Box::new(Self::of(inner)?)),
            Predicate::Test(test) => Self::Leaf(Leaf {
                path: test.path.iter().cloned().map(Step::Name).collect(),
                test: of_is(&test.is)?,
            }),
            Predicate::Event(..) => return Err(Refusal::EventPattern),
            Predicate::Pattern(pattern) => match &pattern.kind {
                PatternKind::Everything => Self::Known(true),
                PatternKind::Json(expr) => of_expr(expr),
                PatternKind::Terms(_) | PatternKind::Fields(_) | PatternKind::Regex(_) => {
                    return Err(Refusal::RawMessage(pattern.text.clone()));
                }
            },
        })
    }
}

fn of_is(is: &Is) -> Result<Test, Refusal> {
    let text = |matches| Test::Text {
        matches,
        numbers: false,
        negated: false,
    };
    Ok(match is {
        Is::Text(value) => text(TextTest::Leftmost(vec![value.clone()])),
        Is::StartsWith(value) => text(TextTest::Leftmost(vec![value.clone(), String::new()])),
        Is::EndsWith(value) => text(TextTest::EndsWith(value.clone())),
        Is::Bool(truth) => Test::Bool(*truth),
        Is::Missing => Test::Missing,
        // Whatever Rust has; no two engines read all of it alike.
        Is::Form(form) => return Err(Refusal::Form(form.clone())),
    })
}

fn of_expr(expr: &Expr) -> Cond {
    match expr {
        Expr::Or(parts) => Cond::Any(parts.iter().map(of_expr).collect()),
        Expr::And(parts) => Cond::All(parts.iter().map(of_expr).collect()),
        Expr::Group(inner, _) => of_expr(inner),
        Expr::Test(test) => Cond::Leaf(Leaf {
            path: test.selector.steps.clone(),
            test: of_condition(&test.condition),
        }),
    }
}

fn of_condition(condition: &Condition) -> Test {
    match condition {
        Condition::NotExists => Test::Missing,
        Condition::Is(Literal::Null) => Test::Null,
        Condition::Is(Literal::True) => Test::Bool(true),
        Condition::Is(Literal::False) => Test::Bool(false),
        Condition::Order { operator, number } => Test::Order(*operator, number.value),
        Condition::Equals { negated, value } => {
            let negated = *negated;
            let text = |matches| Test::Text {
                matches,
                numbers: true,
                negated,
            };
            match value {
                Value::Number(number) => Test::Number {
                    text: number.text.clone(),
                    value: number.value,
                    negated,
                },
                Value::Text(value) => {
                    let glob = Glob::new(&value.value, Semantics::default().star);
                    text(TextTest::Leftmost(glob.literals().to_vec()))
                }
                // What AWS would not accept matches nothing, and its negation everything that has a text.
                Value::Regex(regex) => text(TextTest::Regex(
                    regex
                        .automata_syntax()
                        .unwrap_or_else(|| "\\z\\A.".to_owned()),
                )),
            }
        }
    }
}

/// The selector as it is written in a pattern, for a refusal.
pub(super) fn selector(path: &[Step]) -> String {
    let mut out = "$".to_owned();
    for step in path {
        match step {
            Step::Name(name) => out.push_str(&format!(".{name}")),
            Step::Index(index) => out.push_str(&format!("[{index}]")),
            Step::AnyElement => out.push_str("[*]"),
            Step::AnyField => out.push_str(".*"),
        }
    }
    out
}

/// Truth and doubt of a condition as SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Never null.
    pub(super) truth: String,
    /// Where this holds the truth is not known, none where it always is.
    pub(super) doubt: Option<String>,
}

impl Said {
    pub(super) fn surely(truth: impl Into<String>) -> Self {
        Self {
            truth: truth.into(),
            doubt: None,
        }
    }
}

/// Says a condition, its leaves by `leaf`.
pub(super) fn say(
    cond: &Cond,
    leaf: &mut dyn FnMut(&Leaf) -> Result<Said, Refusal>,
) -> Result<Said, Refusal> {
    Ok(match cond {
        Cond::Known(true) => Said::surely("true"),
        Cond::Known(false) => Said::surely("false"),
        Cond::Not(inner) => {
            let inner = say(inner, leaf)?;
            Said {
                truth: format!("not ({})", inner.truth),
                doubt: inner.doubt,
            }
        }
        Cond::All(parts) => joined(parts, " and ", "true", leaf)?,
        Cond::Any(parts) => joined(parts, " or ", "false", leaf)?,
        Cond::Leaf(it) => leaf(it)?,
    })
}

fn joined(
    parts: &[Cond],
    by: &str,
    empty: &str,
    leaf: &mut dyn FnMut(&Leaf) -> Result<Said, Refusal>,
) -> Result<Said, Refusal> {
    let said = parts
        .iter()
        .map(|part| say(part, leaf))
        .collect::<Result<Vec<_>, _>>()?;
    let truths: Vec<&str> = said.iter().map(|it| it.truth.as_str()).collect();
    let mut doubts: Vec<&str> = said.iter().filter_map(|it| it.doubt.as_deref()).collect();
    doubts.sort_unstable();
    doubts.dedup();
    Ok(Said {
        truth: match truths.as_slice() {
            [] => empty.to_owned(),
            truths => format!("({})", truths.join(by)),
        },
        doubt: (!doubts.is_empty()).then(|| format!("({})", doubts.join(" or "))),
    })
}

/// A text in single quotes, the same in every dialect here but for what `escape` does to backslashes.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What matches a text that is the SQL expression `text`, itself never null. `literal` quotes a text, `after` is the rest
/// behind the first occurrence of a literal.
pub(super) fn leftmost(
    text: &str,
    literals: &[String],
    literal: &dyn Fn(&str) -> String,
    after: &dyn Fn(&str, &str) -> String,
) -> String {
    let Some((first, rest)) = literals.split_first() else {
        return "true".to_owned();
    };
    let Some((last, middle)) = rest.split_last() else {
        return format!("{text} = {}", literal(first));
    };
    let mut conditions = Vec::new();
    let mut tail = text.to_owned();
    if !first.is_empty() {
        let length = first.chars().count();
        conditions.push(format!("left({tail}, {length}) = {}", literal(first)));
        tail = format!("substr({tail}, {})", length + 1);
    }
    let middle = middle.iter().filter(|it| !it.is_empty());
    for part in middle {
        conditions.push(format!("instr({tail}, {}) > 0", literal(part)));
        tail = after(&tail, part);
    }
    if !last.is_empty() {
        conditions.push(format!("instr({tail}, {}) > 0", literal(last)));
        conditions.push(format!("{} = ''", after(&tail, last)));
    }
    match conditions.as_slice() {
        [] => "true".to_owned(),
        conditions => format!("({})", conditions.join(" and ")),
    }
}

/// What finds the numbers that are members of this name in the text of a record, in either engine.
pub(super) fn number_of(name: &str) -> String {
    let number = r"(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)";
    format!(r#""{}"\s*:\s*{number}"#, in_regex(name))
}

/// A literal in a regular expression of any dialect: every character that may mean something by its number.
pub(super) fn in_regex(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else {
            out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
        }
    }
    out
}
