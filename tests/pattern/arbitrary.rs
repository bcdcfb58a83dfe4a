//! Random patterns as trees (every span 0..0) and random events that have a fair chance to match them.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value as Json, json};
use trailproof::pattern::ast::*;

/// Any pattern tree that the parser can give.
pub fn kind() -> impl Strategy<Value = PatternKind> {
    prop_oneof![
        1 => Just(PatternKind::Everything),
        12 => expr().prop_map(PatternKind::Json),
        2 => terms().prop_map(PatternKind::Terms),
        2 => fields().prop_map(PatternKind::Fields),
        1 => regex().prop_map(PatternKind::Regex),
    ]
}

/// A JSON expression of some depth.
pub fn expr() -> impl Strategy<Value = Expr> {
    let test = test().prop_map(Expr::Test);
    let atom = test.prop_recursive(4, 24, 3, |inner| {
        let and = prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::And);
        let operand = prop_oneof![3 => inner.clone(), 1 => and.clone()];
        let or = prop::collection::vec(operand, 2..4).prop_map(Expr::Or);
        // Operands of `&&` and `||` are tests and groups; an `&&` may stand bare in an `||`.
        prop_oneof![inner, and, or].prop_map(|inner| Expr::Group(Box::new(inner), 0..0))
    });
    let and = prop::collection::vec(atom.clone(), 2..4).prop_map(Expr::And);
    let operand = prop_oneof![3 => atom.clone(), 1 => and.clone()];
    let or = prop::collection::vec(operand, 2..4).prop_map(Expr::Or);
    prop_oneof![2 => atom, 1 => and, 1 => or]
}

fn test() -> impl Strategy<Value = Test> {
    (selector(), condition(true)).prop_map(|(selector, condition)| Test {
        selector,
        condition,
        span: 0..0,
    })
}

const NAMES: [&str; 7] = ["a", "b", "list", "x-y_1", "with.dot", "it's", "päth @"];

fn name() -> impl Strategy<Value = String> {
    prop_oneof![6 => select(&["a", "b", "list"][..]), 1 => select(&NAMES[..])]
        .prop_map(str::to_owned)
}

fn selector() -> impl Strategy<Value = Selector> {
    let plain = prop::collection::vec(
        prop_oneof![4 => name().prop_map(Step::Name), 1 => (0u32..3).prop_map(Step::Index)],
        0..3,
    );
    let first = name().prop_map(Step::Name);
    let wildcard = select(vec![Step::AnyElement, Step::AnyField]);
    (
        first,
        plain,
        prop::option::weighted(0.15, (wildcard, any::<Index>())),
    )
        .prop_map(|(first, rest, wildcard)| {
            let mut steps = vec![first];
            steps.extend(rest);
            if let Some((step, at)) = wildcard {
                let at = at.index(steps.len() + 1);
                // An array wildcard cannot come first.
                let step = if at == 0 { Step::AnyField } else { step };
                if at == 0 && matches!(steps[0], Step::Index(_)) {
                    steps.remove(0);
                }
                steps.insert(at, step);
            }
            Selector { steps, span: 0..0 }
        })
}

fn condition(json: bool) -> BoxedStrategy<Condition> {
    let equals =
        (any::<bool>(), value()).prop_map(|(negated, value)| Condition::Equals { negated, value });
    let orders = vec![
        Order::Less,
        Order::LessOrEqual,
        Order::Greater,
        Order::GreaterOrEqual,
    ];
    let order = (select(orders), number())
        .prop_map(|(operator, number)| Condition::Order { operator, number });
    if !json {
        return prop_oneof![3 => equals, 1 => order].boxed();
    }
    let is = select(vec![Literal::True, Literal::False, Literal::Null]).prop_map(Condition::Is);
    prop_oneof![6 => equals, 2 => order, 1 => is, 1 => Just(Condition::NotExists)].boxed()
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => "[ab1\\\\\"* .é]{0,5}".prop_map(|value| text(value, true)),
        3 => "[ab1*]{1,5}".prop_map(|value| text(value, true)),
        3 => "[ab*][ab1._*]{0,4}".prop_map(|value| text(value, false)),
        2 => number().prop_map(Value::Number),
        1 => regex().prop_map(Value::Regex),
    ]
}

fn text(value: String, quoted: bool) -> Value {
    Value::Text(Text {
        value,
        quoted,
        span: 0..0,
    })
}

fn number() -> impl Strategy<Value = Number> {
    "[+-]?(0|1|12|123)(\\.[05]0?)?(e[+-]?[01])?".prop_map(|text| {
        let value = text.parse().unwrap();
        Number {
            text,
            value,
            span: 0..0,
        }
    })
}

/// A regular expression of AWS's subset.
fn regex() -> impl Strategy<Value = RegexText> {
    let atom = prop_oneof![
        4 => "[ab1]".boxed(),
        1 => select(vec![".", "\\d", "\\W", "\\s", "\\.", "\\x61", "[ab]", "[^a]", "[a-b1]", "[\\d.-]", "[1-]", " ", "-"])
            .prop_map(str::to_owned)
            .boxed(),
    ];
    let quantifier = select(vec![
        "", "", "", "*", "+", "?", "{2}", "{1,}", "{,2}", "{0,1}",
    ]);
    let branch = prop::collection::vec((atom, quantifier), 1..4).prop_map(|atoms| {
        atoms
            .into_iter()
            .map(|(atom, quantifier)| atom + quantifier)
            .collect::<String>()
    });
    let anchored = (any::<bool>(), branch, any::<bool>()).prop_map(|(start, branch, end)| {
        format!(
            "{}{branch}{}",
            if start { "^" } else { "" },
            if end { "$" } else { "" }
        )
    });
    prop::collection::vec(anchored, 1..3).prop_map(|branches| RegexText {
        source: branches.join("|"),
        span: 0..0,
    })
}

fn terms() -> impl Strategy<Value = Terms> {
    let mode = select(vec![
        TermMode::Required,
        TermMode::Optional,
        TermMode::Excluded,
    ]);
    let text = prop_oneof![
        "[ab][ab1_]{0,2}".prop_map(|text| (text, false)),
        "[ab1\" \\\\]{1,3}".prop_map(|text| (text, true)),
    ];
    let term = (mode, text).prop_map(|(mode, (text, quoted))| Term {
        mode,
        text,
        quoted,
        span: 0..0,
    });
    prop::collection::vec(term, 1..4)
        .prop_map(|terms| Terms { terms })
        .prop_filter("a quoted blank alone is the pattern that matches everything", |terms| {
            !matches!(terms.terms.as_slice(), [term] if term.quoted && term.text == " " && term.mode == TermMode::Required)
        })
}

fn fields() -> impl Strategy<Value = Fields> {
    let tests = || {
        prop::collection::vec(
            condition(false).prop_map(|condition| FieldExpr::Test(condition, 0..0)),
            2..3,
        )
    };
    let one = condition(false).prop_map(|condition| FieldExpr::Test(condition, 0..0));
    let and = tests().prop_map(FieldExpr::And);
    let or =
        prop::collection::vec(prop_oneof![one.clone(), and.clone()], 2..3).prop_map(FieldExpr::Or);
    let condition = prop_oneof![4 => one, 1 => and, 1 => or];
    let field =
        ("[a-z]{1,3}", prop::option::of(condition)).prop_map(|(name, condition)| Field::One {
            name,
            condition,
            span: 0..0,
        });
    (
        prop::collection::vec(field, 0..4),
        prop::option::of(any::<Index>()),
    )
        .prop_map(|(mut fields, rest)| {
            if let Some(at) = rest {
                fields.insert(at.index(fields.len() + 1), Field::Rest(0..0));
            }
            Fields { fields }
        })
}

/// A tree without its places in the text.
pub fn without_spans(kind: &PatternKind) -> PatternKind {
    match kind {
        PatternKind::Everything => PatternKind::Everything,
        PatternKind::Json(expr) => PatternKind::Json(expr_without(expr)),
        PatternKind::Terms(terms) => PatternKind::Terms(Terms {
            terms: terms
                .terms
                .iter()
                .map(|term| Term {
                    span: 0..0,
                    ..term.clone()
                })
                .collect(),
        }),
        PatternKind::Fields(fields) => PatternKind::Fields(Fields {
            fields: fields
                .fields
                .iter()
                .map(|field| match field {
                    Field::Rest(_) => Field::Rest(0..0),
                    Field::One {
                        name, condition, ..
                    } => Field::One {
                        name: name.clone(),
                        condition: condition.as_ref().map(field_expr_without),
                        span: 0..0,
                    },
                })
                .collect(),
        }),
        PatternKind::Regex(regex) => PatternKind::Regex(RegexText {
            span: 0..0,
            ..regex.clone()
        }),
    }
}

fn expr_without(expr: &Expr) -> Expr {
    match expr {
        Expr::Or(operands) => Expr::Or(operands.iter().map(expr_without).collect()),
        Expr::And(operands) => Expr::And(operands.iter().map(expr_without).collect()),
        Expr::Group(inner, _) => Expr::Group(Box::new(expr_without(inner)), 0..0),
        Expr::Test(test) => Expr::Test(Test {
            selector: Selector {
                span: 0..0,
                ..test.selector.clone()
            },
            condition: condition_without(&test.condition),
            span: 0..0,
        }),
    }
}

fn field_expr_without(expr: &FieldExpr) -> FieldExpr {
    match expr {
        FieldExpr::Or(operands) => FieldExpr::Or(operands.iter().map(field_expr_without).collect()),
        FieldExpr::And(operands) => {
            FieldExpr::And(operands.iter().map(field_expr_without).collect())
        }
        FieldExpr::Test(condition, _) => FieldExpr::Test(condition_without(condition), 0..0),
    }
}

fn condition_without(condition: &Condition) -> Condition {
    match condition {
        Condition::Equals { negated, value } => Condition::Equals {
            negated: *negated,
            value: match value {
                Value::Text(text) => Value::Text(Text {
                    span: 0..0,
                    ..text.clone()
                }),
                Value::Number(number) => Value::Number(Number {
                    span: 0..0,
                    ..number.clone()
                }),
                Value::Regex(regex) => Value::Regex(RegexText {
                    span: 0..0,
                    ..regex.clone()
                }),
            },
        },
        Condition::Order { operator, number } => Condition::Order {
            operator: *operator,
            number: Number {
                span: 0..0,
                ..number.clone()
            },
        },
        other => other.clone(),
    }
}

/// A JSON object over the names that patterns ask about.
pub fn event() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::Bool),
        3 => select(vec!["0", "1", "12", "123", "12.0", "-1", "1.5", "120", "1e1"])
            .prop_map(|text| serde_json::from_str::<Json>(text).unwrap()),
        5 => "[ab1]{0,4}".prop_map(Json::String),
        1 => select(vec!["true", "123", "1", "a.b", "é", "a b", "\"", "\\"]).prop_map(|text| json!(text)),
    ];
    let value = leaf.clone().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec((name(), inner), 0..4).prop_map(object),
        ]
    });
    // Most names that patterns ask about are there, and most often with a plain value.
    let usual = || prop::option::weighted(0.85, prop_oneof![2 => leaf.clone(), 1 => value.clone()]);
    let others = prop::collection::vec((name(), value.clone()), 0..3);
    (usual(), usual(), usual(), others).prop_map(|(a, b, list, others)| {
        let usual = [("a", a), ("b", b), ("list", list)];
        let usual = usual
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        object(usual.chain(others).collect())
    })
}

fn object(fields: Vec<(String, Json)>) -> Json {
    Json::Object(fields.into_iter().collect())
}

/// A log line.
pub fn message() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "[ab1]{1,3}".boxed(),
        1 => select(vec!["12", "1.5", "[a b]", "\"a b\"", "[a", "\"a", "[]", "x[a]", "[a]x", "\"", "é"])
            .prop_map(str::to_owned)
            .boxed(),
    ];
    prop::collection::vec(word, 0..5).prop_map(|words| words.join(" "))
}
