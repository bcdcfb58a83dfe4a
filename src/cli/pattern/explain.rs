//! `trailproof pattern explain`: a filter pattern in words.

use crate::cli::{Error, Out, Status};
use crate::coverage::truth_table;
use crate::pattern::ast::{
    Condition, Expr, Field, FieldExpr, Fields, Literal, Order, PatternKind, Selector, TermMode,
    Terms, Text, Value,
};
use crate::pattern::{Pattern, parse};
use crate::report::printable::one_line;
use std::fmt::Write as _;

/// Arguments of `pattern explain`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("asked").required(true).args(["given", "pattern", "event_pattern"])))]
pub(super) struct Args {
    /// The filter pattern
    #[arg(value_name = "PATTERN", allow_hyphen_values = true)]
    given: Option<String>,
    /// The filter pattern, as an option
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    pattern: Option<String>,
    /// The event pattern of an EventBridge rule
    #[arg(long, value_name = "JSON")]
    event_pattern: Option<String>,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<Status, Error> {
    if let Some(rule) = &args.event_pattern {
        let rule = super::read_rule("--event-pattern", "--pattern", rule)?;
        out.text(&super::rule_words::words(&rule))?;
        return Ok(Status::Clean);
    }
    let (option, text) = match (&args.given, &args.pattern) {
        (Some(given), _) => ("PATTERN", given.as_str()),
        (None, pattern) => ("--pattern", pattern.as_deref().unwrap_or_default()),
    };
    let pattern = super::read(option, Some("--event-pattern"), parse(text))?;
    out.text(&words(&pattern))?;
    Ok(Status::Clean)
}

/// The pattern in words, line by line, with what AWS may treat otherwise than expected.
fn words(pattern: &Pattern) -> String {
    let mut text = String::new();
    let evenly = pattern.to_string();
    let evenly = one_line(&evenly);
    if !evenly.is_empty() {
        let _ = writeln!(text, "{evenly}\n");
    }
    match &pattern.kind {
        PatternKind::Everything => text.push_str("Every event matches.\n"),
        PatternKind::Json(expr) => {
            text.push_str("A JSON event matches when\n");
            json(&mut text, expr, 1);
        }
        PatternKind::Terms(terms) => terms_in_words(&mut text, terms),
        PatternKind::Fields(fields) => fields_in_words(&mut text, fields),
        PatternKind::Regex(regex) => {
            let _ = writeln!(
                text,
                "An event matches when the regular expression `{}` is found in its text.",
                one_line(&regex.source)
            );
        }
    }
    truths(&mut text, pattern);
    if !pattern.warnings.is_empty() {
        text.push_str("\nMind\n");
        for warning in &pattern.warnings {
            let excerpt = pattern.text.get(warning.span.clone()).unwrap_or_default();
            let excerpt = excerpt.split_whitespace().collect::<Vec<_>>().join(" ");
            let at = if excerpt.is_empty() {
                String::new()
            } else {
                format!(" `{excerpt}`:")
            };
            let _ = writeln!(
                text,
                "  {}:{} {}",
                warning.decision,
                one_line(&at),
                one_line(&warning.message)
            );
        }
    }
    text
}

/// The most rows that a person reads.
const ROWS: usize = 40;

/// The truth table over the conditions of a pattern that has more than one.
fn truths(text: &mut String, pattern: &Pattern) {
    let Some(table) = truth_table(pattern, ROWS).filter(|table| table.conditions.len() > 1) else {
        return;
    };
    text.push_str("\nCase by case (1 holds, 0 does not, . does not matter)\n");
    let width = table.conditions.len().to_string().len();
    for (at, condition) in table.conditions.iter().enumerate() {
        let condition = condition.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "  {:>width$}  {}", at + 1, one_line(&condition));
    }
    let numbers = (1..=table.conditions.len()).map(|at| format!("{at:>width$}"));
    let _ = writeln!(
        text,
        "\n  {}  matches",
        numbers.collect::<Vec<_>>().join(" ")
    );
    for row in &table.rows {
        let cells = row.truths.iter().map(|truth| match truth {
            Some(true) => format!("{:>width$}", "1"),
            Some(false) => format!("{:>width$}", "0"),
            None => format!("{:>width$}", "."),
        });
        let matches = if row.matches { "yes" } else { "no" };
        let _ = writeln!(text, "  {}  {matches}", cells.collect::<Vec<_>>().join(" "));
    }
    if !table.complete {
        text.push_str("  ... and more cases\n");
    }
}

fn line(text: &mut String, depth: usize, words: &str) {
    let _ = writeln!(
        text,
        "{:indent$}{}",
        "",
        one_line(words),
        indent = depth * 2
    );
}

fn json(text: &mut String, expr: &Expr, depth: usize) {
    match expr {
        Expr::Or(operands) => {
            line(text, depth, "any of these holds:");
            operands
                .iter()
                .for_each(|operand| json(text, operand, depth + 1));
        }
        Expr::And(operands) => {
            line(text, depth, "all of these hold:");
            operands
                .iter()
                .for_each(|operand| json(text, operand, depth + 1));
        }
        Expr::Group(inner, _) => json(text, inner, depth),
        Expr::Test(test) => line(
            text,
            depth,
            &condition(&field_name(&test.selector), &test.condition),
        ),
    }
}

/// `$.userIdentity.type` is the field `userIdentity.type`.
fn field_name(selector: &Selector) -> String {
    let path = selector.to_string();
    format!("`{}`", path.strip_prefix("$.").unwrap_or(&path))
}

fn condition(field: &str, condition: &Condition) -> String {
    match condition {
        Condition::Equals { negated, value } => equals(field, *negated, value),
        Condition::Order { operator, number } => {
            let order = match operator {
                Order::Less => "less than",
                Order::LessOrEqual => "at most",
                Order::Greater => "greater than",
                Order::GreaterOrEqual => "at least",
            };
            format!("{field} is a number {order} {number}")
        }
        Condition::Is(Literal::True) => format!("{field} is the JSON value true"),
        Condition::Is(Literal::False) => format!("{field} is the JSON value false"),
        Condition::Is(Literal::Null) => format!("{field} is null"),
        Condition::NotExists => format!("{field} is missing (null is not missing)"),
    }
}

fn equals(field: &str, negated: bool, value: &Value) -> String {
    // D1, D2: `!=` asks for a string or a number too.
    let subject = if negated {
        format!("{field} is a string or number, and not one that ")
    } else {
        format!("{field} ")
    };
    match value {
        Value::Number(number) => format!("{subject}is the number {number}"),
        Value::Regex(regex) => format!("{subject}holds the regular expression `{}`", regex.source),
        Value::Text(text) => format!("{subject}{}", text_in_words(text)),
    }
}

fn text_in_words(text: &Text) -> String {
    let value = text.value.as_str();
    if value == "*" {
        return "is any string or number".to_owned();
    }
    let (leading, inner) = value
        .strip_prefix('*')
        .map_or((false, value), |inner| (true, inner));
    let (trailing, inner) = inner
        .strip_suffix('*')
        .map_or((false, inner), |inner| (true, inner));
    if inner.contains('*') {
        return format!("is like `{value}`, where `*` is any text");
    }
    match (leading, trailing) {
        (false, false) => format!("is `{inner}`"),
        (false, true) => format!("begins with `{inner}`"),
        (true, false) => format!("ends with `{inner}`"),
        (true, true) => format!("contains `{inner}`"),
    }
}

fn terms_in_words(text: &mut String, terms: &Terms) {
    text.push_str("An event matches when its text\n");
    let all_optional = terms
        .terms
        .iter()
        .all(|term| term.mode == TermMode::Optional);
    if all_optional {
        line(text, 1, "contains any of these:");
    }
    for term in &terms.terms {
        match term.mode {
            TermMode::Required => line(text, 1, &format!("contains `{}`", term.text)),
            TermMode::Excluded => line(text, 1, &format!("does not contain `{}`", term.text)),
            TermMode::Optional if all_optional => line(text, 2, &format!("`{}`", term.text)),
            TermMode::Optional => line(text, 1, &format!("(AWS ignores `?{}` here)", term.text)),
        }
    }
}

fn fields_in_words(text: &mut String, fields: &Fields) {
    let rest = fields.fields.is_empty()
        || fields
            .fields
            .iter()
            .any(|field| matches!(field, Field::Rest(_)));
    let named = fields
        .fields
        .iter()
        .filter(|field| matches!(field, Field::One { .. }))
        .count();
    let many = if rest { "at least" } else { "exactly" };
    let noun = if named == 1 { "field" } else { "fields" };
    let _ = writeln!(
        text,
        "An event matches when its text, cut at blanks, has {many} {named} {noun}"
    );
    for field in &fields.fields {
        if let Field::One {
            name,
            condition: Some(condition),
            ..
        } = field
        {
            field_in_words(text, &format!("`{name}`"), condition, 1);
        }
    }
}

fn field_in_words(text: &mut String, name: &str, expr: &FieldExpr, depth: usize) {
    match expr {
        FieldExpr::Or(operands) => {
            line(text, depth, "any of these holds:");
            operands
                .iter()
                .for_each(|operand| field_in_words(text, name, operand, depth + 1));
        }
        FieldExpr::And(operands) => {
            line(text, depth, "all of these hold:");
            operands
                .iter()
                .for_each(|operand| field_in_words(text, name, operand, depth + 1));
        }
        FieldExpr::Test(test, _) => line(text, depth, &condition(name, test)),
    }
}
