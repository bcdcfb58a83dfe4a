//! A second matcher, written from the table of docs/filter-patterns.md alone: slow, declarative, sharing no code with
//! the first one.

use serde_json::Value as Json;
use trailproof::pattern::ast::*;
use trailproof::pattern::{Booleans, Quantifier, Semantics, Star};

/// Whether `message` matches.
pub fn matches(kind: &PatternKind, message: &str, semantics: &Semantics) -> bool {
    match kind {
        PatternKind::Everything => true,
        PatternKind::Json(expr) => match serde_json::from_str::<Json>(message) {
            Ok(event @ Json::Object(_)) => holds(expr, &event, semantics),
            _ => false,
        },
        PatternKind::Regex(regex) => Regex::new(&regex.source).found_in(message),
        PatternKind::Terms(terms) => {
            let of = |mode| terms.terms.iter().filter(move |term| term.mode == mode);
            let only_optional = of(TermMode::Optional).count() == terms.terms.len();
            if only_optional {
                return of(TermMode::Optional).any(|term| message.contains(&term.text));
            }
            of(TermMode::Required).all(|term| message.contains(&term.text))
                && !of(TermMode::Excluded).any(|term| message.contains(&term.text))
        }
        PatternKind::Fields(fields) => {
            let words = words(&message.chars().collect::<Vec<_>>());
            assign(&fields.fields, &words, fields.fields.is_empty(), semantics)
        }
    }
}

/// Tries every length for `...`.
fn assign(fields: &[Field], words: &[String], anything: bool, semantics: &Semantics) -> bool {
    match (fields, words) {
        ([], rest) => anything || rest.is_empty(),
        ([Field::Rest(_), later @ ..], _) => {
            (0..=words.len()).any(|skipped| assign(later, &words[skipped..], false, semantics))
        }
        ([Field::One { condition, .. }, later @ ..], [word, rest @ ..]) => {
            condition
                .as_ref()
                .is_none_or(|condition| field_holds(condition, word, semantics))
                && assign(later, rest, false, semantics)
        }
        ([Field::One { .. }, ..], []) => false,
    }
}

fn field_holds(expr: &FieldExpr, word: &str, semantics: &Semantics) -> bool {
    let as_number = serde_json::from_str::<f64>(word.trim_start_matches('+')).ok();
    match expr {
        FieldExpr::Or(operands) => operands
            .iter()
            .any(|operand| field_holds(operand, word, semantics)),
        FieldExpr::And(operands) => operands
            .iter()
            .all(|operand| field_holds(operand, word, semantics)),
        FieldExpr::Test(Condition::Order { operator, number }, _) => {
            as_number.is_some_and(|value| ordered(*operator, value, number.value))
        }
        FieldExpr::Test(
            Condition::Equals {
                negated,
                value: Value::Number(number),
            },
            _,
        ) => (as_number == Some(number.value)) != *negated,
        FieldExpr::Test(Condition::Equals { negated, value }, _) => {
            text_equals(value, word, semantics) != *negated
        }
        FieldExpr::Test(..) => unreachable!("no other condition in a space-delimited pattern"),
    }
}

fn words(message: &[char]) -> Vec<String> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < message.len() {
        if message[at].is_whitespace() {
            at += 1;
            continue;
        }
        let close = match message[at] {
            '[' => Some(']'),
            '"' => Some('"'),
            _ => None,
        };
        let end =
            close.and_then(|close| (at + 1..message.len()).find(|end| message[*end] == close));
        match end {
            Some(end) if message.get(end + 1).is_none_or(|next| next.is_whitespace()) => {
                words.push(message[at + 1..end].iter().collect());
                at = end + 1;
            }
            _ => {
                let end = (at..message.len())
                    .find(|end| message[*end].is_whitespace())
                    .unwrap_or(message.len());
                words.push(message[at..end].iter().collect());
                at = end;
            }
        }
    }
    words
}

fn holds(expr: &Expr, event: &Json, semantics: &Semantics) -> bool {
    match expr {
        Expr::Or(operands) => operands
            .iter()
            .any(|operand| holds(operand, event, semantics)),
        Expr::And(operands) => operands
            .iter()
            .all(|operand| holds(operand, event, semantics)),
        Expr::Group(inner, _) => holds(inner, event, semantics),
        Expr::Test(test) => {
            let selected = select(event, &test.selector.steps);
            let one =
                |value: &Option<Json>| condition_holds(&test.condition, value.as_ref(), semantics);
            let existential = matches!(test.condition, Condition::Equals { negated: false, .. });
            if existential || semantics.wildcard == Quantifier::Any {
                selected.iter().any(one)
            } else {
                selected.iter().all(one)
            }
        }
    }
}

/// The values that a selector finds; without a wildcard exactly one, which may be missing.
fn select(event: &Json, steps: &[Step]) -> Vec<Option<Json>> {
    let mut found = vec![Some(event.clone())];
    for step in steps {
        found = found
            .into_iter()
            .flat_map(|value| {
                let next: Vec<Option<Json>> = match (step, value) {
                    (Step::Name(name), Some(Json::Object(fields))) => {
                        vec![fields.get(name).cloned()]
                    }
                    (Step::Index(index), Some(Json::Array(elements))) => {
                        vec![elements.get(*index as usize).cloned()]
                    }
                    (Step::AnyElement, Some(Json::Array(elements))) => {
                        elements.into_iter().map(Some).collect()
                    }
                    (Step::AnyField, Some(Json::Object(fields))) => {
                        fields.into_iter().map(|(_, value)| Some(value)).collect()
                    }
                    _ => vec![],
                };
                if next.is_empty() { vec![None] } else { next }
            })
            .collect();
    }
    found
}

fn condition_holds(condition: &Condition, value: Option<&Json>, semantics: &Semantics) -> bool {
    match (condition, value) {
        (Condition::NotExists, value) => value.is_none(),
        (_, None) => false,
        (Condition::Is(Literal::Null), Some(value)) => *value == Json::Null,
        (Condition::Is(Literal::True), Some(value)) => *value == Json::Bool(true),
        (Condition::Is(Literal::False), Some(value)) => *value == Json::Bool(false),
        (Condition::Order { operator, number }, Some(Json::Number(value))) => {
            ordered(*operator, value.to_string().parse().unwrap(), number.value)
        }
        (Condition::Order { .. }, Some(_)) => false,
        (
            Condition::Equals {
                negated,
                value: wanted,
            },
            Some(Json::Number(value)),
        ) => match wanted {
            Value::Number(number) => {
                (value.to_string().parse::<f64>().unwrap() == number.value) != *negated
            }
            Value::Text(_) => text_equals(wanted, &value.to_string(), semantics) != *negated,
            Value::Regex(_) => {
                semantics.regex_on_numbers
                    && text_equals(wanted, &value.to_string(), semantics) != *negated
            }
        },
        (
            Condition::Equals {
                negated,
                value: wanted,
            },
            Some(Json::String(text)),
        ) => text_equals(wanted, text, semantics) != *negated,
        (
            Condition::Equals {
                negated,
                value: wanted,
            },
            Some(Json::Bool(value)),
        ) => {
            semantics.booleans == Booleans::AsText
                && text_equals(wanted, &value.to_string(), semantics) != *negated
        }
        (Condition::Equals { .. }, Some(Json::Null | Json::Array(_) | Json::Object(_))) => false,
    }
}

fn ordered(operator: Order, left: f64, right: f64) -> bool {
    let order = left.partial_cmp(&right).unwrap();
    match operator {
        Order::Less => order.is_lt(),
        Order::LessOrEqual => order.is_le(),
        Order::Greater => order.is_gt(),
        Order::GreaterOrEqual => order.is_ge(),
    }
}

fn text_equals(value: &Value, text: &str, semantics: &Semantics) -> bool {
    let chars: Vec<char> = text.chars().collect();
    match value {
        Value::Number(number) => semantics.text_equals_number && number.text == text,
        Value::Regex(regex) => Regex::new(&regex.source).found_in(text),
        Value::Text(wanted) => {
            let wanted: Vec<char> = wanted.value.chars().collect();
            match semantics.star {
                Star::Glob => glob(&wanted, &chars),
                Star::Leftmost => {
                    let literals: Vec<&[char]> = wanted.split(|c| *c == '*').collect();
                    chars.starts_with(literals[0])
                        && if literals.len() == 1 {
                            chars.len() == literals[0].len()
                        } else {
                            leftmost(&literals[1..], &chars[literals[0].len()..])
                        }
                }
                Star::Ends => ends(&wanted, &chars),
            }
        }
    }
}

fn glob(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|skipped| glob(rest, &text[skipped..])),
        [first, rest @ ..] => text.first() == Some(first) && glob(rest, &text[1..]),
    }
}

/// Each literal follows some text in which it does not end any earlier; the last one ends the whole.
fn leftmost(literals: &[&[char]], text: &[char]) -> bool {
    let (first, rest) = literals.split_first().unwrap();
    if rest.is_empty() && first.is_empty() {
        return true;
    }
    let earliest = (first.len()..=text.len()).find(|end| text[..*end].ends_with(first));
    match earliest {
        None => false,
        Some(end) if rest.is_empty() => end == text.len(),
        Some(end) => leftmost(rest, &text[end..]),
    }
}

fn ends(pattern: &[char], text: &[char]) -> bool {
    let leading = pattern.first() == Some(&'*');
    let trailing = pattern.len() > usize::from(leading) && pattern.last() == Some(&'*');
    let inner = &pattern[usize::from(leading)..pattern.len() - usize::from(trailing)];
    (0..=text.len()).any(|start| {
        (start..=text.len()).any(|end| {
            (leading || start == 0) && (trailing || end == text.len()) && &text[start..end] == inner
        })
    })
}

/// A backtracking matcher of AWS's regular expressions.
struct Regex {
    branches: Vec<Vec<Piece>>,
}

struct Piece {
    atom: Atom,
    least: usize,
    most: usize,
}

enum Atom {
    Start,
    End,
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Regex {
    fn new(source: &str) -> Self {
        let chars: Vec<char> = source.chars().collect();
        let mut branches = vec![Vec::new()];
        let mut at = 0;
        while at < chars.len() {
            let (atom, next) = match chars[at] {
                '|' => {
                    branches.push(Vec::new());
                    at += 1;
                    continue;
                }
                '^' => (Atom::Start, at + 1),
                '$' => (Atom::End, at + 1),
                '.' => (
                    Atom::Set {
                        negated: true,
                        ranges: vec![('\n', '\n')],
                    },
                    at + 1,
                ),
                '[' => {
                    let mut next = at + 1;
                    let negated = chars[next] == '^';
                    next += usize::from(negated);
                    let mut ranges = Vec::new();
                    while chars[next] != ']' {
                        let (mut item, after) = Self::item(&chars, next);
                        next = after;
                        if chars[next] == '-' && chars[next + 1] != ']' {
                            let (high, after) = Self::item(&chars, next + 1);
                            item = vec![(item[0].0, high[0].1)];
                            next = after;
                        }
                        ranges.extend(item);
                    }
                    (Atom::Set { negated, ranges }, next + 1)
                }
                _ => {
                    let (ranges, next) = Self::item(&chars, at);
                    (
                        Atom::Set {
                            negated: false,
                            ranges,
                        },
                        next,
                    )
                }
            };
            at = next;
            let (least, most) = match chars.get(at) {
                Some('*') => (0, usize::MAX),
                Some('+') => (1, usize::MAX),
                Some('?') => (0, 1),
                Some('{') => {
                    let close = (at..chars.len())
                        .find(|close| chars[*close] == '}')
                        .unwrap();
                    let bounds: String = chars[at + 1..close].iter().collect();
                    at = close;
                    match bounds.split_once(',') {
                        None => (bounds.parse().unwrap(), bounds.parse().unwrap()),
                        Some((low, high)) => {
                            (low.parse().unwrap_or(0), high.parse().unwrap_or(usize::MAX))
                        }
                    }
                }
                _ => {
                    branches.last_mut().unwrap().push(Piece {
                        atom,
                        least: 1,
                        most: 1,
                    });
                    continue;
                }
            };
            at += 1;
            branches
                .last_mut()
                .unwrap()
                .push(Piece { atom, least, most });
        }
        Self { branches }
    }

    /// A character or an escape, as ranges of characters.
    fn item(chars: &[char], at: usize) -> (Vec<(char, char)>, usize) {
        if chars[at] != '\\' {
            return (vec![(chars[at], chars[at])], at + 1);
        }
        let last = char::MAX;
        let ranges = match chars[at + 1] {
            'd' => vec![('0', '9')],
            'D' => vec![('\0', '/'), (':', last)],
            's' => vec![('\t', '\r'), (' ', ' ')],
            'S' => vec![('\0', '\u{8}'), ('\u{e}', '\u{1f}'), ('!', last)],
            'w' => vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            'W' => vec![('\0', '/'), (':', '@'), ('[', '^'), ('`', '`'), ('{', last)],
            'x' => {
                let code: String = chars[at + 2..at + 4].iter().collect();
                let c = char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap();
                return (vec![(c, c)], at + 4);
            }
            c => vec![(c, c)],
        };
        (ranges, at + 2)
    }

    fn found_in(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        (0..=chars.len()).any(|start| {
            self.branches
                .iter()
                .any(|branch| Self::from(branch, &chars, start))
        })
    }

    fn from(pieces: &[Piece], text: &[char], at: usize) -> bool {
        let Some((piece, rest)) = pieces.split_first() else {
            return true;
        };
        match &piece.atom {
            Atom::Start => at == 0 && Self::from(rest, text, at),
            Atom::End => at == text.len() && Self::from(rest, text, at),
            Atom::Set { negated, ranges } => {
                let mut count = 0;
                loop {
                    if count >= piece.least && Self::from(rest, text, at + count) {
                        return true;
                    }
                    let Some(c) = text.get(at + count).filter(|_| count < piece.most) else {
                        return false;
                    };
                    if ranges.iter().any(|(low, high)| low <= c && c <= high) == *negated {
                        return false;
                    }
                    count += 1;
                }
            }
        }
    }
}
