//! Reads unstructured patterns: terms looked for in the raw message.

use super::ast::{Span, Term, TermMode, Terms};
use super::cursor::{Cursor, is_blank};
use super::error::{ErrorKind, ParseError};
use super::value;

/// Reads the terms to the end of the text.
pub(super) fn pattern(cursor: &mut Cursor<'_>) -> Result<Terms, ParseError> {
    let start = cursor.at();
    if cursor.rest().starts_with(['(', '$']) && cursor.rest().contains("$.") {
        cursor.take_while(|_| true);
        return Err(cursor.error_since(start, ErrorKind::MissingBraces));
    }
    let mut terms: Vec<Term> = Vec::new();
    loop {
        cursor.skip_blanks();
        if cursor.is_done() {
            break;
        }
        let term = term(cursor)?;
        terms.push(term);
    }
    remark(cursor, &terms);
    Ok(Terms { terms })
}

fn term(cursor: &mut Cursor<'_>) -> Result<Term, ParseError> {
    let start = cursor.at();
    let mode = if cursor.eat("?") {
        TermMode::Optional
    } else if cursor.eat("-") {
        TermMode::Excluded
    } else {
        TermMode::Required
    };
    if mode != TermMode::Required && cursor.peek().is_some_and(is_blank) {
        cursor.skip_blanks();
        cursor.warn(
            start..cursor.at(),
            "D13",
            "AWS documents no blank between the sign and its term",
        );
    }
    if cursor.peek() == Some('"') {
        let text = value::quoted(cursor)?;
        if cursor.peek().is_some_and(|c| !is_blank(c)) {
            cursor.warn(
                start..cursor.at(),
                "D13",
                "AWS documents a blank between terms",
            );
        }
        if text.contains("$.") {
            let message = "this is looked for as text in the message: a JSON pattern has braces and no quotes around it";
            cursor.warn(start..cursor.at(), "D19", message);
        }
        return Ok(Term {
            mode,
            text,
            quoted: true,
            span: start..cursor.at(),
        });
    }
    let at = cursor.at();
    let text = cursor.take_while(|c| !is_blank(c) && c != '"').to_owned();
    if cursor.peek() == Some('"') {
        return Err(cursor.error_here(ErrorKind::BareCharacter('"')));
    }
    if text.is_empty() {
        return Err(cursor.error_since(start, ErrorKind::ExpectedValue));
    }
    if let Some(c) = text
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || *c == '_'))
    {
        cursor.warn(
            at..cursor.at(),
            "D13",
            format!("AWS documents double quotes around a term with `{c}` in it"),
        );
    }
    Ok(Term {
        mode,
        text,
        quoted: false,
        span: start..cursor.at(),
    })
}

fn remark(cursor: &mut Cursor<'_>, terms: &[Term]) {
    let optional: Vec<Span> = terms
        .iter()
        .filter(|term| term.mode == TermMode::Optional)
        .map(|term| term.span.clone())
        .collect();
    if optional.len() < terms.len() {
        for span in optional {
            cursor.warn(
                span,
                "D19",
                "AWS ignores a term with `?` beside terms without it",
            );
        }
    }
    for term in terms {
        if !term.quoted && matches!(term.text.as_str(), "OR" | "AND" | "NOT" | "||" | "&&") {
            cursor.warn(
                term.span.clone(),
                "D12",
                format!("`{}` is looked for as text: it connects nothing", term.text),
            );
        }
    }
}
