//! From tree to text: every tree prints as a pattern that reads back as the same tree.

use super::ast::{
    Condition, Expr, Field, FieldExpr, Fields, Literal, Number, Pattern, PatternKind, RegexText,
    Selector, Step, Term, TermMode, Terms, Text, Value,
};
use super::json::is_name_char;
use std::fmt::{self, Display, Formatter, Write as _};

/// The pattern in even spacing, with the quotes and parentheses that were written.
impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Display for PatternKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => Ok(()),
            Self::Json(expr) => write!(f, "{{ {expr} }}"),
            Self::Terms(terms) => terms.fmt(f),
            Self::Fields(fields) => fields.fmt(f),
            Self::Regex(regex) => regex.fmt(f),
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(operands) => separated(f, operands, " || ", |operand| {
                matches!(operand, Self::Or(_))
            }),
            Self::And(operands) => separated(f, operands, " && ", |operand| {
                matches!(operand, Self::Or(_) | Self::And(_))
            }),
            Self::Group(inner, _) => write!(f, "({inner})"),
            Self::Test(test) => write!(f, "{} {}", test.selector, test.condition),
        }
    }
}

/// Prints operands with `between` them, in parentheses where a tree that was built and not read needs them.
fn separated<T: Display>(
    f: &mut Formatter<'_>,
    operands: &[T],
    between: &str,
    needs_parentheses: impl Fn(&T) -> bool,
) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        if needs_parentheses(operand) {
            write!(f, "({operand})")?;
        } else {
            operand.fmt(f)?;
        }
    }
    Ok(())
}

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('$')?;
        self.steps.iter().try_for_each(|step| step.fmt(f))
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) if !name.is_empty() && name.chars().all(is_name_char) => {
                write!(f, ".{name}")
            }
            Self::Name(name) if name.contains('\'') => write!(f, ".[\"{name}\"]"),
            Self::Name(name) => write!(f, ".['{name}']"),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::AnyElement => f.write_str("[*]"),
            Self::AnyField => f.write_str(".*"),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals {
                negated: false,
                value,
            } => write!(f, "= {value}"),
            Self::Equals {
                negated: true,
                value,
            } => write!(f, "!= {value}"),
            Self::Order { operator, number } => write!(f, "{} {number}", operator.symbol()),
            Self::Is(literal) => write!(f, "IS {literal}"),
            Self::NotExists => f.write_str("NOT EXISTS"),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::True => "TRUE",
            Self::False => "FALSE",
            Self::Null => "NULL",
        })
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Regex(regex) => regex.fmt(f),
        }
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.quoted {
            quote(f, &self.value)
        } else {
            f.write_str(&self.value)
        }
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Display for RegexText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "%{}%", self.source)
    }
}

fn quote(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

impl Display for Terms {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        separated(f, &self.terms, " ", |_| false)
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.mode {
            TermMode::Required => "",
            TermMode::Optional => "?",
            TermMode::Excluded => "-",
        })?;
        if self.quoted {
            quote(f, &self.text)
        } else {
            f.write_str(&self.text)
        }
    }
}

impl Display for Fields {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        separated(f, &self.fields, ", ", |_| false)?;
        f.write_char(']')
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rest(_) => f.write_str("..."),
            Self::One {
                name,
                condition: None,
                ..
            } => f.write_str(name),
            Self::One {
                name,
                condition: Some(condition),
                ..
            } => field_expr(f, name, condition),
        }
    }
}

fn field_expr(f: &mut Formatter<'_>, name: &str, expr: &FieldExpr) -> fmt::Result {
    let (operands, between) = match expr {
        FieldExpr::Or(operands) => (operands, " || "),
        FieldExpr::And(operands) => (operands, " && "),
        FieldExpr::Test(condition, _) => return write!(f, "{name} {condition}"),
    };
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        field_expr(f, name, operand)?;
    }
    Ok(())
}
