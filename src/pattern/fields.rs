//! Reads space-delimited patterns: `[ip, user, ..., status_code = 4* && status_code != 404, bytes > 1000]`.

use super::ast::{Field, FieldExpr, Fields};
use super::cursor::{Cursor, is_blank};
use super::error::{ErrorKind, ParseError};
use super::value::{self, Within};

/// Reads the pattern from its opening bracket to the end of the text.
pub(super) fn pattern(cursor: &mut Cursor<'_>) -> Result<Fields, ParseError> {
    let open = cursor.at();
    cursor.eat("[");
    let mut fields = Vec::new();
    loop {
        cursor.skip_blanks();
        if cursor.is_done() {
            return Err(cursor.error(open..open + 1, ErrorKind::UnclosedBracket));
        }
        // `[]` has no field and asks nothing; `[a,]` has an anonymous second one.
        if fields.is_empty() && cursor.eat("]") {
            break;
        }
        let field = field(cursor)?;
        if let Field::Rest(span) = &field
            && fields.iter().any(|field| matches!(field, Field::Rest(_)))
        {
            return Err(cursor.error(span.clone(), ErrorKind::SecondRest));
        }
        fields.push(field);
        cursor.skip_blanks();
        match cursor.peek() {
            Some(',') => cursor.bump(),
            Some(']') => {
                cursor.bump();
                break;
            }
            None => return Err(cursor.error(open..open + 1, ErrorKind::UnclosedBracket)),
            Some('(' | ')') => return Err(cursor.error_here(ErrorKind::FieldParentheses)),
            Some(c @ ('&' | '|')) => return Err(cursor.error_here(ErrorKind::SingleConnective(c))),
            Some(_) => return Err(cursor.error_here(ErrorKind::ExpectedFieldEnd)),
        };
    }
    let end = cursor.at();
    cursor.skip_blanks();
    if !cursor.is_done() {
        cursor.take_while(|_| true);
        return Err(cursor.error_since(end, ErrorKind::TrailingText));
    }
    let bare = |field: &Field| {
        matches!(
            field,
            Field::One {
                condition: None,
                ..
            }
        )
    };
    if !fields.is_empty() && fields.iter().all(bare) {
        let message = format!(
            "no field has a condition: every message of {} fields matches",
            fields.len()
        );
        cursor.warn(open..end, "D19", message);
    }
    Ok(Fields { fields })
}

fn field(cursor: &mut Cursor<'_>) -> Result<Field, ParseError> {
    let start = cursor.at();
    if cursor.eat("...") {
        return Ok(Field::Rest(start..cursor.at()));
    }
    let name = name(cursor);
    cursor.skip_blanks();
    if !matches!(cursor.peek(), Some('=' | '!' | '<' | '>')) {
        let end = start + name.len();
        return Ok(Field::One {
            name,
            condition: None,
            span: start..end,
        });
    }
    if name.is_empty() {
        return Err(cursor.error_here(ErrorKind::ExpectedFieldName));
    }
    let condition = or(cursor, &name, start)?;
    Ok(Field::One {
        name,
        condition: Some(condition),
        span: start..cursor.at(),
    })
}

fn name(cursor: &mut Cursor<'_>) -> String {
    let start = cursor.at();
    let name = cursor
        .take_while(|c| !is_blank(c) && !",]=!<>&|()\"%".contains(c))
        .to_owned();
    if !name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    {
        cursor.warn(
            start..cursor.at(),
            "D13",
            "AWS documents letters and digits in the name of a field",
        );
    }
    name
}

/// The condition after the name of its field, which each further test names again.
fn or(cursor: &mut Cursor<'_>, field: &str, start: usize) -> Result<FieldExpr, ParseError> {
    let mut operands = vec![and(cursor, field, start)?];
    loop {
        cursor.skip_blanks();
        if !cursor.eat("||") {
            break;
        }
        let start = named_again(cursor, field)?;
        operands.push(and(cursor, field, start)?);
    }
    one_or(cursor, operands, FieldExpr::Or)
}

fn and(cursor: &mut Cursor<'_>, field: &str, start: usize) -> Result<FieldExpr, ParseError> {
    let mut operands = vec![test(cursor, start)?];
    loop {
        cursor.skip_blanks();
        if !cursor.eat("&&") {
            break;
        }
        let start = named_again(cursor, field)?;
        operands.push(test(cursor, start)?);
    }
    one_or(cursor, operands, FieldExpr::And)
}

fn test(cursor: &mut Cursor<'_>, start: usize) -> Result<FieldExpr, ParseError> {
    cursor.skip_blanks();
    let condition = value::comparison(cursor, Within::Fields)?;
    Ok(FieldExpr::Test(condition, start..cursor.at()))
}

fn named_again(cursor: &mut Cursor<'_>, field: &str) -> Result<usize, ParseError> {
    cursor.skip_blanks();
    let start = cursor.at();
    if cursor.peek() == Some('(') {
        return Err(cursor.error_here(ErrorKind::FieldParentheses));
    }
    let found = name(cursor);
    if found.is_empty() {
        return Err(cursor.error_here(ErrorKind::ExpectedFieldName));
    }
    if found != field {
        return Err(cursor.error_since(
            start,
            ErrorKind::OtherField {
                field: field.to_owned(),
                found,
            },
        ));
    }
    cursor.skip_blanks();
    if !matches!(cursor.peek(), Some('=' | '!' | '<' | '>')) {
        return Err(cursor.error_here(ErrorKind::ExpectedOperator));
    }
    Ok(start)
}

fn one_or(
    cursor: &Cursor<'_>,
    mut operands: Vec<FieldExpr>,
    join: fn(Vec<FieldExpr>) -> FieldExpr,
) -> Result<FieldExpr, ParseError> {
    if operands.len() > 1 {
        return Ok(join(operands));
    }
    operands
        .pop()
        .ok_or_else(|| cursor.error_here(ErrorKind::ExpectedCondition))
}
