//! Reads JSON patterns: `{ ($.eventName = ConsoleLogin) && ($.errorCode NOT EXISTS) }`.

use super::ast::{Condition, Expr, Literal, Order, Selector, Step, Test};
use super::cursor::{Cursor, is_blank, is_invisible};
use super::error::{ErrorKind, ParseError};
use super::value::{self, Within};

/// The deepest nesting of parentheses that is followed: a limit of this parser, not of AWS.
pub const MAX_NESTING: usize = 128;

/// Reads the pattern from its opening brace to the end of the text.
pub(super) fn pattern(cursor: &mut Cursor<'_>) -> Result<Expr, ParseError> {
    let open = cursor.at();
    cursor.eat("{");
    cursor.skip_blanks();
    if cursor.eat("}") {
        return Err(cursor.error_since(open, ErrorKind::EmptyBraces));
    }
    let expr = or(cursor, 0)?;
    cursor.skip_blanks();
    match cursor.peek() {
        Some('}') => cursor.bump(),
        None => return Err(cursor.error(open..open + 1, ErrorKind::UnclosedBrace)),
        Some(')') => return Err(cursor.error_here(ErrorKind::UnopenedParenthesis)),
        Some(_) => return Err(no_connective(cursor, &expr)),
    };
    let end = cursor.at();
    cursor.skip_blanks();
    if !cursor.is_done() {
        cursor.take_while(|_| true);
        return Err(cursor.error_since(end, ErrorKind::TrailingText));
    }
    Ok(expr)
}

/// `a || b || ...`: binds looser than `&&` (D18).
fn or(cursor: &mut Cursor<'_>, depth: usize) -> Result<Expr, ParseError> {
    let first = and(cursor, depth)?;
    let mut operands = vec![first];
    loop {
        cursor.skip_blanks();
        if !cursor.eat("||") {
            break;
        }
        operands.push(and(cursor, depth)?);
    }
    if let [_] = operands.as_slice() {
        return operands
            .pop()
            .ok_or_else(|| cursor.error_here(ErrorKind::ExpectedCondition));
    }
    let mixed = operands
        .iter()
        .find(|operand| matches!(operand, Expr::And(_)))
        .map(Expr::span);
    if let Some(span) = mixed {
        cursor.warn(
            span,
            "D18",
            "`&&` binds tighter than `||`: this part is read as if it stood in parentheses",
        );
    }
    Ok(Expr::Or(operands))
}

fn and(cursor: &mut Cursor<'_>, depth: usize) -> Result<Expr, ParseError> {
    let first = primary(cursor, depth)?;
    let mut operands = vec![first];
    loop {
        cursor.skip_blanks();
        if !cursor.eat("&&") {
            break;
        }
        operands.push(primary(cursor, depth)?);
    }
    if let [_] = operands.as_slice() {
        return operands
            .pop()
            .ok_or_else(|| cursor.error_here(ErrorKind::ExpectedCondition));
    }
    Ok(Expr::And(operands))
}

fn primary(cursor: &mut Cursor<'_>, depth: usize) -> Result<Expr, ParseError> {
    cursor.skip_blanks();
    let start = cursor.at();
    match cursor.peek() {
        Some('$') => test(cursor).map(Expr::Test),
        Some('(') => {
            if depth >= MAX_NESTING {
                return Err(cursor.error_here(ErrorKind::TooDeep(MAX_NESTING)));
            }
            cursor.bump();
            cursor.skip_blanks();
            if cursor.eat(")") {
                return Err(cursor.error_since(start, ErrorKind::EmptyParentheses));
            }
            let inner = or(cursor, depth + 1)?;
            cursor.skip_blanks();
            match cursor.peek() {
                Some(')') => cursor.bump(),
                None | Some('}') => {
                    return Err(cursor.error(start..start + 1, ErrorKind::UnclosedParenthesis));
                }
                Some(_) => return Err(no_connective(cursor, &inner)),
            };
            Ok(Expr::Group(Box::new(inner), start..cursor.at()))
        }
        Some('!') => {
            cursor.bump();
            Err(cursor.error_since(start, ErrorKind::Negation))
        }
        Some(c) if is_invisible(c) => Err(cursor.error_here(ErrorKind::Invisible(c))),
        None | Some('}' | ')' | '&' | '|') => Err(cursor.error_here(ErrorKind::ExpectedCondition)),
        Some(_) => {
            let word = cursor
                .take_while(|c| !is_blank(c) && !"(){}=!<>&|".contains(c))
                .to_owned();
            if word.eq_ignore_ascii_case("not") {
                return Err(cursor.error_since(start, ErrorKind::Negation));
            }
            if word.is_empty() {
                cursor.bump();
            }
            let found = cursor.since(start).to_owned();
            Err(cursor.error_since(start, ErrorKind::ExpectedSelector(found)))
        }
    }
}

/// Names what stands in place of `&&` or `||` after `before`.
fn no_connective(cursor: &mut Cursor<'_>, before: &Expr) -> ParseError {
    let start = cursor.at();
    match cursor.peek() {
        Some(c) if is_invisible(c) => return cursor.error_here(ErrorKind::Invisible(c)),
        Some(c @ ('&' | '|')) => return cursor.error_here(ErrorKind::SingleConnective(c)),
        _ => {}
    }
    let word = cursor
        .take_while(|c| c.is_alphanumeric() || c == '_')
        .to_owned();
    if ["and", "or"]
        .iter()
        .any(|connective| word.eq_ignore_ascii_case(connective))
    {
        return cursor.error_since(start, ErrorKind::WordConnective(word));
    }
    if !word.is_empty()
        && let Some(span) = last_bare(before)
    {
        return cursor.error(span.start..cursor.at(), ErrorKind::UnquotedBlank);
    }
    if word.is_empty() {
        cursor.bump();
    }
    cursor.error_since(start, ErrorKind::ExpectedConnective)
}

/// The bare value at the very end of an expression.
fn last_bare(expr: &Expr) -> Option<super::ast::Span> {
    use super::ast::Value;
    match expr {
        Expr::Or(operands) | Expr::And(operands) => last_bare(operands.last()?),
        Expr::Group(..) => None,
        Expr::Test(test) => match &test.condition {
            Condition::Equals {
                value: Value::Text(text),
                ..
            } if !text.quoted => Some(text.span.clone()),
            Condition::Equals {
                value: Value::Number(number),
                ..
            } => Some(number.span.clone()),
            _ => None,
        },
    }
}

fn test(cursor: &mut Cursor<'_>) -> Result<Test, ParseError> {
    let start = cursor.at();
    let selector = selector(cursor)?;
    cursor.skip_blanks();
    let condition = condition(cursor, &selector)?;
    Ok(Test {
        selector,
        condition,
        span: start..cursor.at(),
    })
}

/// Characters that AWS documents in the name of a property; others need `.['...']` (D15).
pub(super) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn selector(cursor: &mut Cursor<'_>) -> Result<Selector, ParseError> {
    let start = cursor.at();
    cursor.eat("$");
    let mut steps = Vec::new();
    loop {
        let at = cursor.at();
        let step = if cursor.eat(".") {
            after_dot(cursor, at)?
        } else if cursor.eat("[") {
            let step = in_brackets(cursor, at)?;
            if matches!(step, Step::Name(_)) {
                cursor.warn(
                    at..cursor.at(),
                    "D15",
                    "AWS documents `.['name']`, with a dot before the bracket",
                );
            } else if steps.is_empty() {
                return Err(cursor.error_since(at, ErrorKind::RootIndex));
            }
            step
        } else {
            break;
        };
        if step.is_wildcard() && steps.iter().any(Step::is_wildcard) {
            return Err(cursor.error_since(start, ErrorKind::TooManyWildcards));
        }
        steps.push(step);
    }
    if steps.is_empty() {
        let kind = match cursor.peek() {
            Some(c) if is_name_char(c) => {
                cursor.take_while(is_name_char);
                ErrorKind::MissingDot
            }
            _ => ErrorKind::EmptyStep,
        };
        return Err(cursor.error_since(start, kind));
    }
    Ok(Selector {
        steps,
        span: start..cursor.at(),
    })
}

/// The step after a dot: a name, a wildcard, or a quoted name in brackets.
fn after_dot(cursor: &mut Cursor<'_>, dot: usize) -> Result<Step, ParseError> {
    if cursor.eat("*") {
        return match cursor.peek() {
            Some(c) if is_name_char(c) || c == '*' => {
                Err(cursor.error_here(ErrorKind::PartialWildcard))
            }
            _ => Ok(Step::AnyField),
        };
    }
    if cursor.eat("[") {
        let step = in_brackets(cursor, dot)?;
        return match step {
            Step::Name(_) => Ok(step),
            _ => Err(cursor.error_since(dot, ErrorKind::EmptyStep)),
        };
    }
    let start = cursor.at();
    let name = cursor
        .take_while(|c| !is_blank(c) && !is_invisible(c) && !"(){}[]&|=!<>\"'%$\\,*.".contains(c))
        .to_owned();
    if cursor.peek() == Some('*') {
        return Err(cursor.error_here(ErrorKind::PartialWildcard));
    }
    if name.is_empty() {
        let kind = match cursor.peek() {
            Some(c) if is_invisible(c) => ErrorKind::Invisible(c),
            _ => ErrorKind::EmptyStep,
        };
        return Err(cursor.error_here(kind));
    }
    if !name.chars().all(is_name_char) {
        cursor.warn(
            start..cursor.at(),
            "D15",
            "AWS documents letters, digits, `-` and `_` here, and `.['...']` for other names",
        );
    }
    Ok(Step::Name(name))
}

/// The step in brackets, after the opening one. `from` is where the step begins.
fn in_brackets(cursor: &mut Cursor<'_>, from: usize) -> Result<Step, ParseError> {
    for quote in ['\'', '"'] {
        if cursor.peek() == Some(quote) {
            cursor.bump();
            let name = cursor.take_while(|c| c != quote).to_owned();
            cursor.bump();
            if !cursor.eat("]") {
                return Err(cursor.error_since(from, ErrorKind::BadIndex));
            }
            if name.is_empty() {
                return Err(cursor.error_since(from, ErrorKind::EmptyStep));
            }
            if quote == '"' {
                cursor.warn(
                    from..cursor.at(),
                    "D15",
                    "AWS documents single quotes around a name in brackets",
                );
            }
            return Ok(Step::Name(name));
        }
    }
    if cursor.eat("*]") {
        return Ok(Step::AnyElement);
    }
    let digits = cursor.take_while(|c| c.is_ascii_digit());
    match digits.parse() {
        Ok(index) if cursor.eat("]") => Ok(Step::Index(index)),
        _ => {
            cursor.take_while(|c| !is_blank(c) && !"]=!<>&|".contains(c));
            cursor.eat("]");
            Err(cursor.error_since(from, ErrorKind::BadIndex))
        }
    }
}

fn condition(cursor: &mut Cursor<'_>, selector: &Selector) -> Result<Condition, ParseError> {
    let start = cursor.at();
    match cursor.peek() {
        Some('=' | '!' | '<' | '>') => value::comparison(cursor, Within::Json),
        Some(c) if c.is_alphabetic() => keyword(cursor, selector),
        Some(c) if is_invisible(c) => Err(cursor.error_here(ErrorKind::Invisible(c))),
        Some('~' | ':' | '^') => {
            cursor.take_while(|c| "~:^=".contains(c));
            let found = cursor.since(start).to_owned();
            Err(cursor.error_since(start, ErrorKind::ForeignOperator(found)))
        }
        _ => Err(cursor.error_here(ErrorKind::ExpectedOperator)),
    }
}

fn word<'t>(cursor: &mut Cursor<'t>) -> &'t str {
    cursor.skip_blanks();
    cursor.take_while(|c| c.is_alphanumeric() || c == '_')
}

/// `IS TRUE`, `NOT EXISTS` and what people write in their place.
fn keyword(cursor: &mut Cursor<'_>, selector: &Selector) -> Result<Condition, ParseError> {
    let start = cursor.at();
    let first = word(cursor).to_owned();
    match first.as_str() {
        "IS" => {
            cursor.skip_blanks();
            let at = cursor.at();
            match word(cursor) {
                "TRUE" => Ok(Condition::Is(Literal::True)),
                "FALSE" => Ok(Condition::Is(Literal::False)),
                "NULL" => Ok(Condition::Is(Literal::Null)),
                "NOT" => Err(cursor.error_since(start, ErrorKind::IsNot)),
                other
                    if ["true", "false", "null", "not"]
                        .iter()
                        .any(|known| other.eq_ignore_ascii_case(known)) =>
                {
                    Err(cursor.error_since(at, ErrorKind::LowerCaseKeyword(other.to_owned())))
                }
                "" => Err(cursor.error_here(ErrorKind::ExpectedLiteral)),
                _ => Err(cursor.error_since(at, ErrorKind::ExpectedLiteral)),
            }
        }
        "NOT" => {
            cursor.skip_blanks();
            let at = cursor.at();
            match word(cursor) {
                "EXISTS" => Ok(Condition::NotExists),
                other if other.eq_ignore_ascii_case("exists") => {
                    Err(cursor.error_since(at, ErrorKind::LowerCaseKeyword(other.to_owned())))
                }
                "" => Err(cursor.error_here(ErrorKind::ExpectedExists)),
                _ => Err(cursor.error_since(at, ErrorKind::ExpectedExists)),
            }
        }
        "EXISTS" => {
            let end = selector.span.end;
            Err(match selector.steps.last() {
                Some(Step::Name(name)) if name.ends_with("NOT") => {
                    cursor.error(end - "NOT".len()..end, ErrorKind::GluedKeyword("NOT"))
                }
                _ => cursor.error_since(start, ErrorKind::Exists),
            })
        }
        other
            if ["is", "not", "exists"]
                .iter()
                .any(|known| other.eq_ignore_ascii_case(known)) =>
        {
            Err(cursor.error_since(start, ErrorKind::LowerCaseKeyword(other.to_owned())))
        }
        other
            if ["and", "or"]
                .iter()
                .any(|known| other.eq_ignore_ascii_case(known)) =>
        {
            Err(cursor.error(start..start, ErrorKind::ExpectedOperator))
        }
        other => {
            let end = cursor.at();
            cursor.skip_blanks();
            let kind = match cursor.peek() {
                Some('=' | '!' | '<' | '>') => {
                    let split = format!("{selector} {other}");
                    return Err(cursor.error(selector.span.start..end, ErrorKind::SplitName(split)));
                }
                _ => ErrorKind::WordOperator(other.to_owned()),
            };
            Err(cursor.error(start..end, kind))
        }
    }
}

impl Step {
    /// Whether the step selects any number of values (D11).
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Self::AnyElement | Self::AnyField)
    }
}

impl Order {
    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether `left` stands in this order to `right`.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}
