//! Decides whether an event matches a pattern, under one [`Semantics`].

use super::ast::{
    Condition, Expr, Field, FieldExpr, Literal, Number, Order, Pattern, PatternKind, Step,
    TermMode, Terms, Value,
};
use super::glob::Glob;
use super::project::Projection;
use super::regex::RegexSearch;
use super::semantics::{Booleans, Quantifier, Semantics};
use super::value::number;
use serde_json::Value as Json;

/// Whether `message` matches. Build a [`Matcher`] to ask about more than one message.
pub fn matches(pattern: &Pattern, message: &str, semantics: &Semantics) -> bool {
    Matcher::new(pattern, semantics).matches_text(message)
}

/// A pattern made ready to be asked about many events.
#[derive(Debug, Clone)]
pub struct Matcher {
    program: Program,
    semantics: Semantics,
}

#[derive(Debug, Clone)]
enum Program {
    Everything,
    Json {
        expr: Node<JsonTest>,
        projection: Projection,
    },
    Terms(Terms),
    Fields {
        before: Vec<FieldTest>,
        after: Option<Vec<FieldTest>>,
    },
    Regex(RegexSearch),
}

#[derive(Debug, Clone)]
enum Node<T> {
    All(Vec<Node<T>>),
    Any(Vec<Node<T>>),
    Test(T),
}

impl<T> Node<T> {
    fn holds(&self, test: &impl Fn(&T) -> bool) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(test)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(test)),
            Self::Test(inner) => test(inner),
        }
    }
}

#[derive(Debug, Clone)]
struct JsonTest {
    steps: Vec<Step>,
    check: Check,
}

/// None: nothing is asked of the field.
type FieldTest = Option<Node<Check>>;

/// A condition made ready.
#[derive(Debug, Clone)]
enum Check {
    Equals { negated: bool, operand: Operand },
    Order { operator: Order, number: f64 },
    Is(Literal),
    NotExists,
}

#[derive(Debug, Clone)]
enum Operand {
    Text(Glob),
    Number(Number),
    Regex(RegexSearch),
}

/// What a selector finds.
#[derive(Debug, Clone, Copy)]
enum Found<'e> {
    Missing,
    Null,
    Bool(bool),
    Number(&'e serde_json::Number),
    Text(&'e str),
    /// A field of a space-delimited message: text that may read as a number.
    Word(&'e str),
    Container,
}

impl Matcher {
    /// Makes a pattern ready.
    pub fn new(pattern: &Pattern, semantics: &Semantics) -> Self {
        let program = match &pattern.kind {
            PatternKind::Everything => Program::Everything,
            PatternKind::Json(expr) => return Self::of_expression(expr, semantics),
            PatternKind::Terms(terms) => Program::Terms(terms.clone()),
            PatternKind::Fields(fields) => {
                let mut before = Vec::new();
                // `[]` asks nothing of a message, not even its number of fields.
                let mut after = fields.fields.is_empty().then(Vec::new);
                for field in &fields.fields {
                    match (field, &mut after) {
                        (Field::Rest(_), _) => after = Some(Vec::new()),
                        (Field::One { condition, .. }, None) => {
                            before.push(field_test(condition.as_ref(), semantics))
                        }
                        (Field::One { condition, .. }, Some(after)) => {
                            after.push(field_test(condition.as_ref(), semantics));
                        }
                    }
                }
                Program::Fields { before, after }
            }
            PatternKind::Regex(regex) => Program::Regex(RegexSearch::new(regex)),
        };
        Self {
            program,
            semantics: *semantics,
        }
    }

    /// Makes a part of a JSON pattern ready, as if it were the whole.
    pub fn of_expression(expr: &Expr, semantics: &Semantics) -> Self {
        let mut projection = Projection::default();
        let expr = json_node(expr, semantics, &mut projection);
        Self {
            program: Program::Json { expr, projection },
            semantics: *semantics,
        }
    }

    /// Whether the raw message matches. A JSON pattern matches no message that is not a JSON object.
    pub fn matches_text(&self, message: &str) -> bool {
        self.try_matches_text(message).unwrap_or(false)
    }

    /// Like [`Self::matches_text`], but a message that is not JSON is an error where a JSON pattern asks.
    pub fn try_matches_text(&self, message: &str) -> Result<bool, serde_json::Error> {
        Ok(match &self.program {
            Program::Everything => true,
            Program::Json { expr, projection } => {
                let event = projection.read(message)?;
                self.json_holds(expr, &event)
            }
            Program::Terms(terms) => terms_hold(terms, message),
            Program::Fields { before, after } => {
                self.fields_hold(before, after.as_deref(), message)
            }
            Program::Regex(search) => search.is_match(message),
        })
    }

    /// Whether the event matches. Patterns over the raw message see it as CloudTrail delivers it: without blanks between
    /// its tokens.
    pub fn matches_event(&self, event: &Json) -> bool {
        match &self.program {
            Program::Json { expr, .. } => self.json_holds(expr, event),
            Program::Everything => true,
            Program::Terms(_) | Program::Fields { .. } | Program::Regex(_) => {
                self.matches_text(&event.to_string())
            }
        }
    }

    fn json_holds(&self, expr: &Node<JsonTest>, event: &Json) -> bool {
        event.is_object() && expr.holds(&|test: &JsonTest| self.test_holds(test, event))
    }

    fn test_holds(&self, test: &JsonTest, event: &Json) -> bool {
        if !test.steps.iter().any(Step::is_wildcard) {
            return self.check_holds(&test.check, Found::new(resolve(event, &test.steps)));
        }
        // D11: `=` asks for one value; what the other operators ask for is a parameter.
        let quantifier = match test.check {
            Check::Equals { negated: false, .. } => Quantifier::Any,
            _ => self.semantics.wildcard,
        };
        let mut found = Vec::new();
        resolve_all(Some(event), &test.steps, &mut found);
        let mut answers = found
            .into_iter()
            .map(|value| self.check_holds(&test.check, Found::new(value)));
        match quantifier {
            Quantifier::Any => answers.any(|answer| answer),
            Quantifier::All => answers.all(|answer| answer),
        }
    }

    fn fields_hold(
        &self,
        before: &[FieldTest],
        after: Option<&[FieldTest]>,
        message: &str,
    ) -> bool {
        let words = words(message);
        let after = match after {
            Some(after) if words.len() >= before.len() + after.len() => after,
            None if words.len() == before.len() => &[],
            _ => return false,
        };
        let last = words.iter().skip(words.len() - after.len());
        let mut pairs = before.iter().zip(&words).chain(after.iter().zip(last));
        pairs.all(|(test, word)| {
            test.as_ref().is_none_or(|test| {
                test.holds(&|check: &Check| self.check_holds(check, Found::Word(word)))
            })
        })
    }

    fn check_holds(&self, check: &Check, found: Found<'_>) -> bool {
        match (check, found) {
            (Check::NotExists, found) => matches!(found, Found::Missing),
            (Check::Is(Literal::Null), found) => matches!(found, Found::Null),
            // D10: the text `true` is not TRUE.
            (Check::Is(Literal::True), found) => matches!(found, Found::Bool(true)),
            (Check::Is(Literal::False), found) => matches!(found, Found::Bool(false)),
            (Check::Order { operator, number }, Found::Number(value)) => value
                .as_f64()
                .is_some_and(|value| operator.holds(value, *number)),
            (
                Check::Order {
                    operator,
                    number: limit,
                },
                Found::Word(word),
            ) => number(word).is_some_and(|value| operator.holds(value, *limit)),
            (Check::Order { .. }, _) => false,
            (Check::Equals { negated, operand }, found) => {
                // None: the field has a type that neither `=` nor `!=` is true of.
                self.equals(operand, found)
                    .is_some_and(|equal| equal != *negated)
            }
        }
    }

    fn equals(&self, operand: &Operand, found: Found<'_>) -> Option<bool> {
        match (found, operand) {
            // D1, D2, D8.
            (Found::Missing | Found::Container | Found::Null, _) => None,
            (Found::Bool(value), _) => match self.semantics.booleans {
                Booleans::NoMatch => None,
                Booleans::AsText => {
                    self.equals(operand, Found::Text(if value { "true" } else { "false" }))
                }
            },
            // D5: text against the number as it is written in the event, numbers as numbers.
            (Found::Number(value), Operand::Text(glob)) => Some(glob.matches(value.as_str())),
            (Found::Number(value), Operand::Number(number)) => {
                Some(value.as_f64() == Some(number.value))
            }
            (Found::Number(value), Operand::Regex(search)) => self
                .semantics
                .regex_on_numbers
                .then(|| search.is_match(value.as_str())),
            (Found::Text(text), Operand::Number(number)) => {
                Some(self.semantics.text_equals_number && text == number.text)
            }
            (Found::Word(word), Operand::Number(limit)) => Some(number(word) == Some(limit.value)),
            (Found::Text(text) | Found::Word(text), Operand::Text(glob)) => {
                Some(glob.matches(text))
            }
            (Found::Text(text) | Found::Word(text), Operand::Regex(search)) => {
                Some(search.is_match(text))
            }
        }
    }
}

impl<'e> Found<'e> {
    fn new(value: Option<&'e Json>) -> Self {
        match value {
            None => Self::Missing,
            Some(Json::Null) => Self::Null,
            Some(Json::Bool(value)) => Self::Bool(*value),
            Some(Json::Number(value)) => Self::Number(value),
            Some(Json::String(value)) => Self::Text(value),
            Some(Json::Array(_) | Json::Object(_)) => Self::Container,
        }
    }
}

fn json_node(expr: &Expr, semantics: &Semantics, projection: &mut Projection) -> Node<JsonTest> {
    match expr {
        Expr::Or(operands) => Node::Any(
            operands
                .iter()
                .map(|operand| json_node(operand, semantics, projection))
                .collect(),
        ),
        Expr::And(operands) => Node::All(
            operands
                .iter()
                .map(|operand| json_node(operand, semantics, projection))
                .collect(),
        ),
        Expr::Group(inner, _) => json_node(inner, semantics, projection),
        Expr::Test(test) => {
            projection.want(&test.selector.steps);
            Node::Test(JsonTest {
                steps: test.selector.steps.clone(),
                check: check(&test.condition, semantics),
            })
        }
    }
}

fn field_test(condition: Option<&FieldExpr>, semantics: &Semantics) -> FieldTest {
    fn node(expr: &FieldExpr, semantics: &Semantics) -> Node<Check> {
        match expr {
            FieldExpr::Or(operands) => Node::Any(
                operands
                    .iter()
                    .map(|operand| node(operand, semantics))
                    .collect(),
            ),
            FieldExpr::And(operands) => Node::All(
                operands
                    .iter()
                    .map(|operand| node(operand, semantics))
                    .collect(),
            ),
            FieldExpr::Test(condition, _) => Node::Test(check(condition, semantics)),
        }
    }
    condition.map(|expr| node(expr, semantics))
}

fn check(condition: &Condition, semantics: &Semantics) -> Check {
    match condition {
        Condition::Equals { negated, value } => Check::Equals {
            negated: *negated,
            operand: match value {
                Value::Text(text) => Operand::Text(Glob::new(&text.value, semantics.star)),
                Value::Number(number) => Operand::Number(number.clone()),
                Value::Regex(regex) => Operand::Regex(RegexSearch::new(regex)),
            },
        },
        Condition::Order { operator, number } => Check::Order {
            operator: *operator,
            number: number.value,
        },
        Condition::Is(literal) => Check::Is(*literal),
        Condition::NotExists => Check::NotExists,
    }
}

fn step<'e>(value: &'e Json, step: &Step) -> Option<&'e Json> {
    match step {
        Step::Name(name) => value.as_object()?.get(name),
        Step::Index(index) => value.as_array()?.get(usize::try_from(*index).ok()?),
        Step::AnyElement | Step::AnyField => None,
    }
}

fn resolve<'e>(event: &'e Json, steps: &[Step]) -> Option<&'e Json> {
    steps
        .iter()
        .try_fold(event, |value, next| step(value, next))
}

/// Every value that the steps select, none where a branch ends early. What a wildcard finds nothing in is one branch
/// that ends early, so a missing parent is a missing field (D1, D9).
fn resolve_all<'e>(value: Option<&'e Json>, steps: &[Step], found: &mut Vec<Option<&'e Json>>) {
    let Some((first, rest)) = steps.split_first() else {
        found.push(value);
        return;
    };
    let children: Vec<&Json> = match (first, value) {
        (Step::AnyElement, Some(Json::Array(elements))) => elements.iter().collect(),
        (Step::AnyField, Some(Json::Object(fields))) => fields.values().collect(),
        (Step::AnyElement | Step::AnyField, _) | (_, None) => Vec::new(),
        (_, Some(value)) => step(value, first).into_iter().collect(),
    };
    if children.is_empty() {
        found.push(None);
    }
    for child in children {
        resolve_all(Some(child), rest, found);
    }
}

/// docs/filter-patterns.md, "Other kinds": terms are substrings; terms with `?` count only among themselves.
fn terms_hold(terms: &Terms, message: &str) -> bool {
    let mut optional = terms
        .terms
        .iter()
        .filter(|term| term.mode == TermMode::Optional)
        .peekable();
    if optional.peek().is_some()
        && terms
            .terms
            .iter()
            .all(|term| term.mode == TermMode::Optional)
    {
        return optional.any(|term| message.contains(&term.text));
    }
    terms.terms.iter().all(|term| match term.mode {
        TermMode::Required => message.contains(&term.text),
        TermMode::Excluded => !message.contains(&term.text),
        TermMode::Optional => true,
    })
}

/// The fields of a message: cut at blanks; `[...]` and `"..."` are one field each, without their delimiters.
fn words(message: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = message.trim_start();
    while !rest.is_empty() {
        let enclosed = [('[', ']'), ('"', '"')]
            .into_iter()
            .find_map(|(open, close)| {
                let inner = rest.strip_prefix(open)?;
                let (word, after) = inner.split_once(close)?;
                // A delimiter in the middle of a word encloses nothing.
                (after.is_empty() || after.starts_with(char::is_whitespace))
                    .then_some((word, after))
            });
        let (word, after) = enclosed.unwrap_or_else(|| {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            rest.split_at_checked(end).unwrap_or((rest, ""))
        });
        words.push(word);
        rest = after.trim_start();
    }
    words
}
