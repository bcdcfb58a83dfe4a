//! What a predicate asks, in the forms of the algebra: the semantics of filter patterns and of what trails record.

use crate::coverage::{Is, Predicate};
use crate::pattern::ast::Step;
use crate::pattern::ast::{Condition, Expr, Literal, PatternKind, Value};
use crate::pattern::{Glob, Semantics};

use super::algebra::{Cond, Leaf, Test, TextTest};
use super::{Refusal, rule};

/// What a predicate asks.
pub(super) fn of(predicate: &Predicate) -> Result<Cond, Refusal> {
    let all = |parts: &[Predicate]| parts.iter().map(of).collect::<Result<_, _>>();
    Ok(match predicate {
        Predicate::Always => Cond::Known(true),
        Predicate::Never => Cond::Known(false),
        Predicate::All(parts) => Cond::All(all(parts)?),
        Predicate::Any(parts) => Cond::Any(all(parts)?),
        Predicate::Not(inner) => Cond::Not(Box::new(of(inner)?)),
        Predicate::Test(test) => Cond::Leaf(Leaf {
            path: test.path.iter().cloned().map(Step::Name).collect(),
            test: of_is(&test.is)?,
        }),
        Predicate::Event(pattern, sign_in) => rule::of(pattern, *sign_in)?,
        Predicate::Pattern(pattern) => match &pattern.kind {
            PatternKind::Everything => Cond::Known(true),
            PatternKind::Json(expr) => of_expr(expr),
            PatternKind::Terms(_) | PatternKind::Fields(_) | PatternKind::Regex(_) => {
                return Err(Refusal::RawMessage(pattern.text.clone()));
            }
        },
    })
}

fn of_is(is: &Is) -> Result<Test, Refusal> {
    Ok(match is {
        Is::Text(value) => Test::text(TextTest::Leftmost(vec![value.clone()])),
        Is::StartsWith(value) => Test::text(TextTest::Leftmost(vec![value.clone(), String::new()])),
        Is::EndsWith(value) => Test::text(TextTest::EndsWith(value.clone())),
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
