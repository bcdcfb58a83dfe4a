//! Reads comparisons, which JSON and space-delimited patterns share: an operator and its right side.

use super::ast::{Condition, Number, Order, Text, Value};
use super::cursor::{Cursor, is_blank, is_invisible};
use super::error::{ErrorKind, ParseError};
use super::regex;

/// Where a comparison stands, which says what ends a bare value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// In a JSON pattern.
    Json,
    /// In a space-delimited pattern, where `,` and `]` end a value too.
    Fields,
}

impl Within {
    fn ends_bare(self, c: char) -> bool {
        is_blank(c)
            || matches!(c, '(' | ')' | '{' | '}' | '&' | '|' | '=' | '!' | '<' | '>')
            || (self == Self::Fields && matches!(c, ',' | ']'))
    }
}

/// Reads an operator and its right side.
pub(super) fn comparison(cursor: &mut Cursor<'_>, place: Within) -> Result<Condition, ParseError> {
    let start = cursor.at();
    let operator = cursor.take_while(|c| "=!<>~".contains(c)).to_owned();
    let order = match operator.as_str() {
        "=" | "!=" => {
            cursor.skip_blanks();
            let value = value(cursor, place)?;
            return Ok(Condition::Equals {
                negated: operator == "!=",
                value,
            });
        }
        "<" => Order::Less,
        "<=" => Order::LessOrEqual,
        ">" => Order::Greater,
        ">=" => Order::GreaterOrEqual,
        "==" => return Err(cursor.error_since(start, ErrorKind::DoubleEquals)),
        _ => return Err(cursor.error_since(start, ErrorKind::ForeignOperator(operator))),
    };
    cursor.skip_blanks();
    Ok(Condition::Order {
        operator: order,
        number: number_only(cursor, place, order)?,
    })
}

fn value(cursor: &mut Cursor<'_>, place: Within) -> Result<Value, ParseError> {
    let start = cursor.at();
    match cursor.peek() {
        Some('"') => {
            let value = quoted(cursor)?;
            remark_star(cursor, start, &value);
            Ok(Value::Text(Text {
                value,
                quoted: true,
                span: start..cursor.at(),
            }))
        }
        Some('%') => regex::parse(cursor).map(Value::Regex),
        Some('$') => {
            cursor.take_while(|c| !place.ends_bare(c));
            Err(cursor.error_since(start, ErrorKind::SelectorAsValue))
        }
        _ => bare(cursor, place),
    }
}

/// D16: a numeric operator takes a bare number; text, quoted or not, was refused by the live service.
fn number_only(
    cursor: &mut Cursor<'_>,
    place: Within,
    operator: Order,
) -> Result<Number, ParseError> {
    let start = cursor.at();
    match cursor.peek() {
        Some('"') => {
            quoted(cursor)?;
        }
        Some('%') => {
            cursor.bump();
            cursor.take_while(|c| c != '%');
            cursor.eat("%");
        }
        _ => {
            if let Value::Number(number) = bare(cursor, place)? {
                return Ok(number);
            }
        }
    }
    let found = cursor.since(start).to_owned();
    Err(cursor.error_since(
        start,
        ErrorKind::NumberExpected {
            operator: operator.symbol(),
            found,
        },
    ))
}

/// Reads `"..."` and resolves the escapes `\"` and `\\`; a backslash before anything else stays.
pub(super) fn quoted(cursor: &mut Cursor<'_>) -> Result<String, ParseError> {
    let start = cursor.at();
    cursor.eat("\"");
    let mut value = String::new();
    loop {
        let at = cursor.at();
        match cursor.bump() {
            Some('"') => break,
            Some('\\') => {
                match cursor.bump() {
                    Some(c @ ('"' | '\\')) => value.push(c),
                    Some(c) => {
                        cursor.warn(at..cursor.at(), "D13", "AWS documents only `\\\"` and `\\\\`; this backslash is read as itself");
                        value.extend(['\\', c]);
                    }
                    None => return Err(cursor.error(start..start + 1, ErrorKind::UnclosedQuote)),
                }
            }
            Some(c) => value.push(c),
            None => return Err(cursor.error(start..start + 1, ErrorKind::UnclosedQuote)),
        }
    }
    if value.contains(['\n', '\r']) {
        cursor.warn(
            start..cursor.at(),
            "D14",
            "the quoted text holds a line break, which no CloudTrail value has",
        );
    }
    Ok(value)
}

/// D13: letters, digits, `_`, `.` and `*` are proven; other characters are read with a warning, and some cannot be.
fn bare(cursor: &mut Cursor<'_>, place: Within) -> Result<Value, ParseError> {
    let start = cursor.at();
    loop {
        match cursor.peek() {
            None => break,
            Some(c) if is_invisible(c) => return Err(cursor.error_here(ErrorKind::Invisible(c))),
            Some('\'') if cursor.at() == start => {
                return Err(wrong_quotes(cursor, "'", "single quotes"));
            }
            Some('`') => return Err(wrong_quotes(cursor, "`", "backticks")),
            Some('\u{201c}'..='\u{201f}') => {
                return Err(wrong_quotes(
                    cursor,
                    "\u{201c}\u{201d}",
                    "typographic quotes",
                ));
            }
            Some('\u{2018}'..='\u{201b}') => {
                return Err(wrong_quotes(
                    cursor,
                    "\u{2018}\u{2019}",
                    "typographic quotes",
                ));
            }
            Some(c) if place.ends_bare(c) => break,
            Some(c @ ('\'' | '"' | '$' | '%' | '\\')) => {
                return Err(cursor.error_here(ErrorKind::BareCharacter(c)));
            }
            Some(_) => cursor.bump(),
        };
    }
    let text = cursor.since(start);
    let span = start..cursor.at();
    match cursor.peek() {
        // `a=b`, `a(b`: the operator would end the value in the middle of a word.
        Some(c @ ('(' | '{' | '=' | '!' | '<' | '>')) if !text.is_empty() => {
            return Err(cursor.error_here(ErrorKind::BareCharacter(c)));
        }
        _ if text.is_empty() => return Err(cursor.error_here(ErrorKind::ExpectedValue)),
        _ => {}
    }
    if let Some(value) = number(text) {
        return Ok(Value::Number(Number {
            text: text.to_owned(),
            value,
            span,
        }));
    }
    if let Some(c) = text
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || "_.*".contains(*c)))
    {
        cursor.warn(
            span.clone(),
            "D13",
            format!("AWS documents double quotes around a value with `{c}` in it"),
        );
    }
    if ["true", "false", "null"].contains(&text) {
        let message = "on a JSON boolean or null this may never be true; `IS` asks about those";
        cursor.warn(span.clone(), "D7", message);
    }
    remark_star(cursor, start, text);
    Ok(Value::Text(Text {
        value: text.to_owned(),
        quoted: false,
        span,
    }))
}

/// D12: marks the text in quotes of another language, or the single quote where it is not closed.
fn wrong_quotes(cursor: &mut Cursor<'_>, quotes: &str, name: &'static str) -> ParseError {
    let start = cursor.at();
    let opening = cursor.error_here(ErrorKind::WrongQuotes(name));
    cursor.bump();
    cursor.take_while(|c| !quotes.contains(c));
    match cursor.bump() {
        Some(_) => cursor.error_since(start, ErrorKind::WrongQuotes(name)),
        None => opening,
    }
}

/// D4: says where the readings of `*` differ.
fn remark_star(cursor: &mut Cursor<'_>, start: usize, value: &str) {
    let inner = value.strip_prefix('*').unwrap_or(value);
    let inner = inner.strip_suffix('*').unwrap_or(inner);
    if inner.contains('*') {
        let message =
            "a `*` inside a value is documented as a literal star and observed as a wildcard";
        cursor.warn(start..cursor.at(), "D4", message);
    }
}

/// `[+-]? digits [. digits] [e [+-]? digits]`, whole.
pub(super) fn number(text: &str) -> Option<f64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once('e') {
        Some((mantissa, exponent)) => (
            mantissa,
            Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        ),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let valid = digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(digits);
    // Beyond a double (D26) nothing can be said.
    valid
        .then(|| text.parse().ok())
        .flatten()
        .filter(|value: &f64| value.is_finite())
}
