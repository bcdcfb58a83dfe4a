//! What is asked of a field, in the few forms that a dialect has to have words for. The semantics of the pattern languages
//! are in the lowering (`lower`, `rule`) and nowhere else: a dialect knows nothing of patterns.

use crate::pattern::ast::{Order, Step};

use super::Refusal;

/// A condition on a record; never unknown, whatever the record holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cond {
    Known(bool),
    All(Vec<Cond>),
    Any(Vec<Cond>),
    Not(Box<Cond>),
    /// The condition; where `doubtful` holds, nobody knows whether it does.
    Except {
        cond: Box<Cond>,
        doubtful: Box<Cond>,
    },
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
    /// An array.
    Array,
    /// An object.
    Object,
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
    /// A string that matches once `without` is taken from its end, where it ends so, and `before` is put before it.
    Framed {
        before: &'static str,
        without: &'static str,
        matches: TextTest,
    },
}

impl Test {
    /// A string that matches.
    pub(super) fn text(matches: TextTest) -> Self {
        Self::Text {
            matches,
            numbers: false,
            negated: false,
        }
    }
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
        Cond::Except { cond, doubtful } => {
            let (said, except) = (say(cond, leaf)?, say(doubtful, leaf)?);
            let doubts: Vec<String> = [Some(except.truth), except.doubt, said.doubt]
                .into_iter()
                .flatten()
                .collect();
            Said {
                truth: said.truth,
                doubt: Some(format!("({})", doubts.join(" or "))),
            }
        }
        Cond::All(parts) => joined(parts, By::And, leaf)?,
        Cond::Any(parts) => joined(parts, By::Or, leaf)?,
        Cond::Leaf(it) => leaf(it)?,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    And,
    Or,
}

/// Parts of which one that is surely false (of `and`) or true (of `or`) decides, whatever is in doubt of the others.
fn joined(
    parts: &[Cond],
    by: By,
    leaf: &mut dyn FnMut(&Leaf) -> Result<Said, Refusal>,
) -> Result<Said, Refusal> {
    let said = parts
        .iter()
        .map(|part| say(part, leaf))
        .collect::<Result<Vec<_>, _>>()?;
    let of = |said: &[&str]| match (said, by) {
        ([], By::And) => "true".to_owned(),
        ([], By::Or) => "false".to_owned(),
        (said, By::And) => format!("({})", said.join(" and ")),
        (said, By::Or) => format!("({})", said.join(" or ")),
    };
    let truths: Vec<&str> = said.iter().map(|it| it.truth.as_str()).collect();
    let mut doubts: Vec<&str> = said.iter().filter_map(|it| it.doubt.as_deref()).collect();
    doubts.sort_unstable();
    doubts.dedup();
    let sure = said.iter().filter(|it| it.doubt.is_none());
    let sure: Vec<&str> = sure.map(|it| it.truth.as_str()).collect();
    let undecided = match (sure.as_slice(), by) {
        ([], _) => String::new(),
        (sure, By::And) => format!("{} and ", of(sure)),
        (sure, By::Or) => format!("not {} and ", of(sure)),
    };
    Ok(Said {
        truth: of(&truths),
        doubt: (!doubts.is_empty()).then(|| format!("({undecided}({}))", doubts.join(" or "))),
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
