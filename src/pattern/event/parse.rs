//! From JSON to a pattern, refusing what EventBridge refuses.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::tree::{Fault, Kind, Member, Tree, read};
use super::{Below, Cased, Compare, EventPattern, EventPatternError, Network, Number, Part, Rule};

/// Combinations that the `$or`s of a pattern may make.
const COMBINATIONS: usize = 1000;

/// The largest number, in either direction, that EventBridge compares.
const LARGEST: f64 = 5.0e9;

impl EventPattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, EventPatternError> {
        let parsed = read(text).and_then(|tree| match &tree.kind {
            Kind::Object(members) => {
                let parts = parts(&tree, members)?;
                if combinations(&parts) > COMBINATIONS {
                    return fault(&tree, "`$or` may make 1000 combinations of fields at most");
                }
                Ok(Self { parts })
            }
            _ => fault(&tree, "an event pattern is a JSON object"),
        });
        parsed.map_err(|(span, message)| EventPatternError {
            pattern: text.to_owned(),
            span,
            message,
        })
    }

    /// What can be read of a text that is no pattern here, but may be one for EventBridge: conditions on single fields, all of
    /// which have to fit.
    pub fn readable(text: &str) -> Vec<Self> {
        let Ok(Value::Object(members)) = serde_json::from_str(text) else {
            return Vec::new();
        };
        let each = members.into_iter().flat_map(|(name, below)| match below {
            Value::Object(fields) => fields
                .into_iter()
                .map(|(field, below)| json!({ &name: { field: below } }))
                .collect(),
            below => vec![json!({ name: below })],
        });
        each.filter_map(|part| Self::parse(&part.to_string()).ok())
            .collect()
    }
}

fn fault<T>(tree: &Tree, what: &str) -> Result<T, Fault> {
    Err((tree.span.clone(), what.to_owned()))
}

fn parts(around: &Tree, members: &[Member]) -> Result<Vec<Part>, Fault> {
    if members.is_empty() {
        return fault(around, "an empty object is not allowed in an event pattern");
    }
    members.iter().map(part).collect()
}

fn part(member: &Member) -> Result<Part, Fault> {
    if member.name == "$or" {
        return alternatives(&member.value);
    }
    let below = match &member.value.kind {
        Kind::Object(members) => Below::Object(parts(&member.value, members)?),
        Kind::List(values) if values.is_empty() => {
            return fault(
                &member.value,
                "an empty list is not allowed in an event pattern",
            );
        }
        Kind::List(values) => Below::Rules(values.iter().map(rule).collect::<Result<_, _>>()?),
        _ => {
            let span = member.name_span.start..member.value.span.end;
            let what = format!(
                "the value of `{}` must be a list of what may match, or an object",
                member.name
            );
            return Err((span, what));
        }
    };
    Ok(Part::Field(member.name.clone(), below))
}

/// How many lists of fields the pattern is without `$or`.
fn combinations(parts: &[Part]) -> usize {
    parts.iter().fold(1, |count: usize, part| {
        count.saturating_mul(match part {
            Part::Field(_, Below::Rules(_)) => 1,
            Part::Field(_, Below::Object(parts)) => combinations(parts),
            Part::Or(choices) => choices.iter().fold(0, |sum: usize, choice| {
                sum.saturating_add(combinations(choice))
            }),
        })
    })
}

fn alternatives(value: &Tree) -> Result<Part, Fault> {
    let Kind::List(values) = &value.kind else {
        return fault(value, "`$or` takes a list of objects");
    };
    if values.len() < 2 {
        return fault(value, "`$or` takes at least two objects");
    }
    let alternatives = values.iter().map(|value| match &value.kind {
        Kind::Object(members) => parts(value, members),
        _ => fault(value, "`$or` takes a list of objects"),
    });
    Ok(Part::Or(alternatives.collect::<Result<_, _>>()?))
}

fn rule(value: &Tree) -> Result<Rule, Fault> {
    match &value.kind {
        Kind::Object(members) => match members.as_slice() {
            [operator] => operation(operator),
            [] => fault(value, "an operator is missing"),
            _ => fault(value, "only one operator is allowed in one object"),
        },
        Kind::List(_) => fault(value, "a list within a list is not allowed"),
        _ => literal(value),
    }
}

fn literal(value: &Tree) -> Result<Rule, Fault> {
    Ok(match &value.kind {
        Kind::Null => Rule::Null,
        Kind::Bool(truth) => Rule::Bool(*truth),
        Kind::Text(text) => Rule::Text(text.clone()),
        Kind::Number(_) => Rule::Number(number(value)?),
        _ => return fault(value, "expected a string, number, true, false or null"),
    })
}

fn operation(operator: &Member) -> Result<Rule, Fault> {
    let value = &operator.value;
    Ok(match operator.name.as_str() {
        "prefix" => Rule::Prefix(cased(value)?),
        "suffix" => Rule::Suffix(cased(value)?),
        "equals-ignore-case" => Rule::IgnoreCase(text(value)?.to_owned()),
        "wildcard" => wildcard(value)?,
        "anything-but" => Rule::AnythingBut(excluded(value)?),
        "numeric" => Rule::Numeric(comparisons(value)?),
        "exists" => match value.kind {
            Kind::Bool(truth) => Rule::Exists(truth),
            _ => return fault(value, "`exists` takes true or false"),
        },
        "cidr" => Rule::Cidr(network(value)?),
        other => {
            return Err((
                operator.name_span.clone(),
                format!("`{other}` is no operator of event patterns"),
            ));
        }
    })
}

fn text(value: &Tree) -> Result<&str, Fault> {
    match &value.kind {
        Kind::Text(text) => Ok(text),
        _ => fault(value, "expected a string"),
    }
}

fn cased(value: &Tree) -> Result<Cased, Fault> {
    match &value.kind {
        Kind::Text(text) => Ok(Cased {
            text: text.clone(),
            ignore_case: false,
        }),
        Kind::Object(members) => match members.as_slice() {
            [member] if member.name == "equals-ignore-case" => Ok(Cased {
                text: text(&member.value)?.to_owned(),
                ignore_case: true,
            }),
            _ => fault(value, "expected a string or `equals-ignore-case`"),
        },
        _ => fault(value, "expected a string or `equals-ignore-case`"),
    }
}

/// `\*` and `\\` are the letters themselves; two stars in a row are refused.
fn wildcard(value: &Tree) -> Result<Rule, Fault> {
    let mut literals = vec![String::new()];
    let mut letters = text(value)?.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '*' if letters.peek() == Some(&'*') => {
                return fault(value, "two wildcard characters in a row are not allowed");
            }
            '*' => literals.push(String::new()),
            _ => {
                let literal = match letter {
                    '\\' => match letters.next() {
                        Some(escaped @ ('*' | '\\')) => escaped,
                        _ => return fault(value, "only `*` and `\\` can be escaped in a wildcard"),
                    },
                    letter => letter,
                };
                if let Some(last) = literals.last_mut() {
                    last.push(literal);
                }
            }
        }
    }
    Ok(Rule::Wildcard(literals))
}

fn excluded(value: &Tree) -> Result<Vec<Rule>, Fault> {
    match &value.kind {
        Kind::Object(members) => {
            let [member] = members.as_slice() else {
                return fault(value, "`anything-but` takes one operator");
            };
            let one = |value: &Tree| -> Result<Rule, Fault> {
                let text = || text(value).map(str::to_owned);
                let plain = |text| Cased {
                    text,
                    ignore_case: false,
                };
                Ok(match member.name.as_str() {
                    "prefix" => Rule::Prefix(plain(text()?)),
                    "suffix" => Rule::Suffix(plain(text()?)),
                    "equals-ignore-case" => Rule::IgnoreCase(text()?),
                    "wildcard" => wildcard(value)?,
                    other => {
                        let what = format!("`anything-but` does not take `{other}`");
                        return Err((member.name_span.clone(), what));
                    }
                })
            };
            match &member.value.kind {
                Kind::List(values) if values.is_empty() => {
                    fault(&member.value, "the list of `anything-but` is empty")
                }
                Kind::List(values) => values.iter().map(one).collect(),
                _ => Ok(vec![one(&member.value)?]),
            }
        }
        Kind::List(values) => {
            let texts = values
                .iter()
                .filter(|value| matches!(value.kind, Kind::Text(_)))
                .count();
            let numbers = values
                .iter()
                .filter(|value| matches!(value.kind, Kind::Number(_)))
                .count();
            if values.is_empty() || (texts != values.len() && numbers != values.len()) {
                return fault(value, "`anything-but` takes strings alone or numbers alone");
            }
            values.iter().map(literal).collect()
        }
        Kind::Text(_) | Kind::Number(_) => Ok(vec![literal(value)?]),
        _ => fault(
            value,
            "`anything-but` takes a string, a number, a list or an operator",
        ),
    }
}

fn number(value: &Tree) -> Result<Number, Fault> {
    let Kind::Number(text) = &value.kind else {
        return fault(value, "expected a number");
    };
    match text.parse::<f64>() {
        Ok(found) if found.is_finite() => Ok(Number {
            text: text.clone(),
            value: found,
        }),
        _ => fault(value, "the number is too large"),
    }
}

fn comparisons(value: &Tree) -> Result<Vec<(Compare, Number)>, Fault> {
    let Kind::List(values) = &value.kind else {
        return fault(
            value,
            "`numeric` takes a list of an operator and a number, or two of each",
        );
    };
    let mut found: Vec<(Compare, Number)> = Vec::new();
    for pair in values.chunks(2) {
        let [operator, constant] = pair else {
            return fault(value, "a number is missing in `numeric`");
        };
        let compare = match text(operator)? {
            "=" => Compare::Equal,
            "<" => Compare::Less,
            "<=" => Compare::AtMost,
            ">" => Compare::Greater,
            ">=" => Compare::AtLeast,
            other => {
                return fault(operator, &format!("`{other}` is no operator of `numeric`"));
            }
        };
        let constant = number(constant)?;
        if constant.value.abs() > LARGEST {
            return fault(value, "`numeric` compares numbers from -5e9 to 5e9");
        }
        found.push((compare, constant));
    }
    match found.as_slice() {
        [_] => Ok(found),
        [
            (Compare::Greater | Compare::AtLeast, low),
            (Compare::Less | Compare::AtMost, high),
        ] if low.value < high.value => Ok(found),
        _ => fault(
            value,
            "`numeric` takes one comparison, or a lower and then an upper bound",
        ),
    }
}

fn network(value: &Tree) -> Result<Network, Fault> {
    let Some((address, bits)) = text(value)?.split_once('/') else {
        return fault(
            value,
            "`cidr` takes an address, `/` and the bits that count",
        );
    };
    let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u8>()) else {
        return fault(
            value,
            "`cidr` takes an address, `/` and the bits that count",
        );
    };
    let most = if address.is_ipv4() { 31 } else { 127 };
    if bits > most {
        return fault(
            value,
            &format!("`cidr` takes at most {most} bits of such an address"),
        );
    }
    Ok(Network { address, bits })
}
