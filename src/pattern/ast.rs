//! The syntax tree of a filter pattern, faithful to the text it was read from: every node knows its span,
//! parentheses and quoting are kept, and printing a tree gives a pattern of the same meaning.

use std::ops::Range;

/// Byte offsets into the pattern text.
pub type Span = Range<usize>;

/// A filter pattern and the text it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// The text as given, untrimmed; every span points into it.
    pub text: String,
    /// What the text says.
    pub kind: PatternKind,
    /// What AWS may treat otherwise than the reader of the pattern expects.
    pub warnings: Vec<Warning>,
}

/// The five kinds of pattern, chosen by the first character (docs/filter-patterns.md, "Kinds of pattern").
#[derive(Debug, Clone, PartialEq)]
pub enum PatternKind {
    /// The empty pattern, or a quoted blank alone: every event matches.
    Everything,
    /// `{ ... }`: conditions on the fields of a JSON event.
    Json(Expr),
    /// Terms looked for in the raw message.
    Terms(Terms),
    /// `[ ... ]`: conditions on the blank-separated fields of the raw message.
    Fields(Fields),
    /// `%...%` alone: a regular expression over the raw message.
    Regex(RegexText),
}

/// A boolean expression over the fields of a JSON event. `&&` binds tighter than `||` (D18).
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// `a || b || ...`, two or more operands, in the order written.
    Or(Vec<Expr>),
    /// `a && b && ...`, two or more operands, in the order written.
    And(Vec<Expr>),
    /// `( a )`; the span includes the parentheses.
    Group(Box<Expr>, Span),
    /// A condition on one field.
    Test(Test),
}

/// A condition on the field that a selector names.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The field.
    pub selector: Selector,
    /// What is asked of it.
    pub condition: Condition,
    /// The whole test in the text.
    pub span: Span,
}

/// The path to a field: `$.userIdentity.type`, `$.a[0].b`, `$.items[*]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// One or more steps; the first is a name or a wildcard over the fields of the event.
    pub steps: Vec<Step>,
    /// The selector in the text, `$` included.
    pub span: Span,
}

/// One step of a selector.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `.name`, `.['name']`: a property, case sensitive (D15).
    Name(String),
    /// `[n]`: an array element, counted from 0.
    Index(u32),
    /// `[*]`: any array element (D11).
    AnyElement,
    /// `.*`: any property of an object (D11).
    AnyField,
}

/// The names of `steps` joined by `.`; none where a step is not a name.
pub fn dotted(steps: &[Step]) -> Option<String> {
    let names: Option<Vec<&str>> = steps
        .iter()
        .map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    names.map(|names| names.join("."))
}

/// What a test asks of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// `= v`, or `!= v` where `negated`. `!=` is not the complement of `=` (D1, D2).
    Equals {
        /// True for `!=`.
        negated: bool,
        /// The right side.
        value: Value,
    },
    /// `< n`, `<= n`, `> n`, `>= n`: numbers only (D16).
    Order {
        /// The operator.
        operator: Order,
        /// The right side.
        number: Number,
    },
    /// `IS TRUE`, `IS FALSE`, `IS NULL`.
    Is(Literal),
    /// `NOT EXISTS`.
    NotExists,
}

/// The numeric comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// What `IS` can be followed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// `TRUE`
    True,
    /// `FALSE`
    False,
    /// `NULL`
    Null,
}

/// The right side of `=` and `!=`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A word or a quoted string, in which `*` is a wildcard (D4). A bare number is a [`Value::Number`].
    Text(Text),
    /// A bare number without wildcard: compared as a number with number fields, as text with strings (D5, D6).
    Number(Number),
    /// `%...%`: a regular expression looked for anywhere in the field (D17).
    Regex(RegexText),
}

/// A string value.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The value with escapes resolved. Every `*` in it is a wildcard: AWS documents no way to escape one.
    pub value: String,
    /// Whether it stood in double quotes.
    pub quoted: bool,
    /// The value in the text, quotes included.
    pub span: Span,
}

/// A bare number.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// The number as written.
    pub text: String,
    /// Its value.
    pub value: f64,
    /// The number in the text.
    pub span: Span,
}

/// A regular expression of AWS's subset (docs/filter-patterns.md, D17).
#[derive(Debug, Clone, PartialEq)]
pub struct RegexText {
    /// The expression between the percent signs, as written; [`RegexText::automata_syntax`] translates it.
    pub source: String,
    /// The expression in the text, percent signs included.
    pub span: Span,
}

/// An unstructured pattern: substrings of the raw message.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The terms in the order written.
    pub terms: Vec<Term>,
}

/// One term of an unstructured pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Required, one of several, or excluded.
    pub mode: TermMode,
    /// The text looked for, escapes resolved; no wildcard in it.
    pub text: String,
    /// Whether it stood in double quotes.
    pub quoted: bool,
    /// The term in the text, sign and quotes included.
    pub span: Span,
}

/// What the sign before a term says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermMode {
    /// No sign: the message must contain it.
    Required,
    /// `?`: at least one of these; ignored beside terms of other modes.
    Optional,
    /// `-`: the message must not contain it.
    Excluded,
}

/// A space-delimited pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields {
    /// The fields in the order written.
    pub fields: Vec<Field>,
}

/// One field of a space-delimited pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// `...`: any number of fields; at most once.
    Rest(Span),
    /// A named or anonymous field with an optional condition.
    One {
        /// The name; empty where anonymous.
        name: String,
        /// The condition; none where the field is only named. Its selectors are the field's own name.
        condition: Option<FieldExpr>,
        /// The field in the text.
        span: Span,
    },
}

/// The condition on a field of a space-delimited pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldExpr {
    /// `a || b || ...`, two or more operands. There are no parentheses in a space-delimited pattern.
    Or(Vec<FieldExpr>),
    /// `a && b && ...`, two or more operands.
    And(Vec<FieldExpr>),
    /// A condition on the field; never [`Condition::Is`] or [`Condition::NotExists`].
    Test(Condition, Span),
}

impl Expr {
    /// The expression in the text.
    pub fn span(&self) -> Span {
        match self {
            Self::Or(operands) | Self::And(operands) => {
                let start = operands.first().map_or(0, |first| first.span().start);
                let end = operands.last().map_or(start, |last| last.span().end);
                start..end
            }
            Self::Group(_, span) => span.clone(),
            Self::Test(test) => test.span.clone(),
        }
    }

    /// Every test in it, in the order written.
    pub fn tests(&self) -> impl Iterator<Item = &Test> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            loop {
                match open.pop()? {
                    Self::Or(operands) | Self::And(operands) => open.extend(operands.iter().rev()),
                    Self::Group(inner, _) => open.push(inner),
                    Self::Test(test) => return Some(test),
                }
            }
        })
    }
}

impl Test {
    /// The text that it compares with; none where it asks something else.
    pub fn text(&self) -> Option<&str> {
        match &self.condition {
            Condition::Equals {
                value: Value::Text(text),
                ..
            } => Some(&text.value),
            _ => None,
        }
    }
}

/// A remark about a pattern that parses.
#[derive(Debug, Clone, PartialEq)]
pub struct Warning {
    /// Where.
    pub span: Span,
    /// What, in one sentence without a final period.
    pub message: String,
    /// The decision of docs/filter-patterns.md that it rests on, such as `D18`.
    pub decision: &'static str,
}
