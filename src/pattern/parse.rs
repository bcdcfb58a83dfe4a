//! From text to tree: chooses the kind of pattern by its first character and holds the limits.

use super::ast::{Condition, Field, FieldExpr, Pattern, PatternKind, RegexText, Step, Value};
use super::cursor::{Cursor, is_blank};
use super::error::{ErrorKind, ParseError};
use super::{fields, json, regex, terms};

/// The longest pattern that AWS takes, in characters (D16).
pub const MAX_CHARS: usize = 1024;
/// The most regular expressions in a JSON or space-delimited pattern (D16).
pub const MAX_REGEXES: usize = 2;
/// The most selectors with a wildcard in a pattern; one wildcard a selector (D16).
pub const MAX_WILDCARD_SELECTORS: usize = 3;

/// Reads a filter pattern as it is found on a log group or in a benchmark.
///
/// Blanks around the pattern are trimmed; before a JSON pattern they leave a warning (D14). To hear what AWS would
/// refuse to create, use [`parse_for_creation`].
pub fn parse(text: &str) -> Result<Pattern, ParseError> {
    let start = text.len() - text.trim_start_matches(is_blank).len();
    let end = start + text.trim_matches(is_blank).len();
    let mut cursor = Cursor::new(text, start..end);
    let length = cursor.rest().chars().count();
    if length > MAX_CHARS {
        let excess = cursor
            .rest()
            .char_indices()
            .nth(MAX_CHARS)
            .map_or(end, |(offset, _)| start + offset);
        return Err(cursor.error(excess..end, ErrorKind::TooLong(length)));
    }
    let kind = match cursor.peek() {
        None => PatternKind::Everything,
        Some('{') => {
            if start > 0 {
                cursor.warn(
                    0..start,
                    "D14",
                    "AWS may reject a blank before `{`; it is ignored here",
                );
            }
            PatternKind::Json(json::pattern(&mut cursor)?)
        }
        Some('[') => PatternKind::Fields(fields::pattern(&mut cursor)?),
        Some('%') => {
            let regex = regex::parse(&mut cursor)?;
            if !cursor.is_done() {
                return Err(cursor.error(cursor.at()..end, ErrorKind::TrailingText));
            }
            PatternKind::Regex(regex)
        }
        Some(_) if cursor.rest() == "\" \"" => PatternKind::Everything,
        Some(_) => PatternKind::Terms(terms::pattern(&mut cursor)?),
    };
    check_limits(&kind, &cursor)?;
    Ok(Pattern {
        text: text.to_owned(),
        kind,
        warnings: cursor.into_warnings(),
    })
}

/// Reads a filter pattern that is to be created: refuses what [`parse`] forgives because it may be deployed already.
///
/// The live service refused a JSON pattern with a blank before it (D14).
pub fn parse_for_creation(text: &str) -> Result<Pattern, ParseError> {
    let pattern = parse(text)?;
    match pattern
        .warnings
        .iter()
        .find(|warning| warning.decision == "D14")
    {
        Some(warning) => Err(ParseError {
            pattern: text.to_owned(),
            kind: ErrorKind::LeadingBlank,
            span: warning.span.clone(),
        }),
        None => Ok(pattern),
    }
}

/// D16: the numbers of regular expressions and wildcard selectors. Wildcards within one selector are counted where the
/// selector is read.
fn check_limits(kind: &PatternKind, cursor: &Cursor<'_>) -> Result<(), ParseError> {
    let mut regexes = Vec::new();
    let mut wildcards = Vec::new();
    match kind {
        PatternKind::Json(expr) => {
            for test in expr.tests() {
                if test.selector.steps.iter().any(Step::is_wildcard) {
                    wildcards.push(test.selector.span.clone());
                }
                regexes.extend(regex_of(&test.condition).map(|regex| regex.span.clone()));
            }
        }
        PatternKind::Fields(fields) => {
            for field in &fields.fields {
                if let Field::One {
                    condition: Some(condition),
                    ..
                } = field
                {
                    visit_conditions(condition, &mut |condition| {
                        regexes.extend(regex_of(condition).map(|regex| regex.span.clone()));
                    });
                }
            }
        }
        PatternKind::Everything | PatternKind::Terms(_) | PatternKind::Regex(_) => {}
    }
    if let Some(span) = regexes.get(MAX_REGEXES) {
        return Err(cursor.error(span.clone(), ErrorKind::TooManyRegexes(regexes.len())));
    }
    if let Some(span) = wildcards.get(MAX_WILDCARD_SELECTORS) {
        return Err(cursor.error(
            span.clone(),
            ErrorKind::TooManyWildcardSelectors(wildcards.len()),
        ));
    }
    Ok(())
}

fn regex_of(condition: &Condition) -> Option<&RegexText> {
    match condition {
        Condition::Equals {
            value: Value::Regex(regex),
            ..
        } => Some(regex),
        _ => None,
    }
}

fn visit_conditions<'e>(expr: &'e FieldExpr, visit: &mut impl FnMut(&'e Condition)) {
    match expr {
        FieldExpr::Or(operands) | FieldExpr::And(operands) => {
            for operand in operands {
                visit_conditions(operand, visit);
            }
        }
        FieldExpr::Test(condition, _) => visit(condition),
    }
}
