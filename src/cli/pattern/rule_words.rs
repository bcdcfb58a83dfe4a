//! An event pattern in words.

use std::fmt::Write as _;

use crate::pattern::event::{Below, Cased, Compare, EventPattern, Part, Rule};
use crate::report::printable::one_line;

/// The pattern, evenly, and what it asks for, line by line.
pub(super) fn words(pattern: &EventPattern) -> String {
    let evenly = pattern.to_string();
    let mut text = format!("{}\n\nAn event matches when\n", one_line(&evenly));
    parts(&mut text, "", &pattern.parts, 1);
    let mut literal_stars = Vec::new();
    stars(&pattern.parts, &mut literal_stars);
    if !literal_stars.is_empty() {
        text.push_str("\nMind\n");
        for value in literal_stars {
            let _ = writeln!(
                text,
                "  `{}`: `*` is an ordinary character here; a wildcard is written {{\"wildcard\": ...}}",
                one_line(value)
            );
        }
    }
    text
}

fn line(text: &mut String, depth: usize, words: &str) {
    let indent = depth * 2;
    let _ = writeln!(text, "{:indent$}{}", "", one_line(words));
}

fn parts(text: &mut String, path: &str, all: &[Part], depth: usize) {
    let depth = if all.len() > 1 {
        line(text, depth, "all of these hold:");
        depth + 1
    } else {
        depth
    };
    for part in all {
        match part {
            Part::Field(name, below) => {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                match below {
                    Below::Object(inner) => parts(text, &path, inner, depth),
                    Below::Rules(rules) => match rules.as_slice() {
                        [one] => line(text, depth, &format!("`{path}` {}", rule(one))),
                        several => {
                            line(text, depth, &format!("`{path}` does any of these:"));
                            for one in several {
                                line(text, depth + 1, &rule(one));
                            }
                        }
                    },
                }
            }
            Part::Or(alternatives) => {
                line(text, depth, "any of these holds:");
                for alternative in alternatives {
                    parts(text, path, alternative, depth + 1);
                }
            }
        }
    }
}

fn cased(cased: &Cased) -> String {
    let how = if cased.ignore_case {
        ", in any case"
    } else {
        ""
    };
    format!("`{}`{how}", cased.text)
}

fn rule(asked: &Rule) -> String {
    match asked {
        Rule::Text(text) => format!("is `{text}`"),
        Rule::Number(number) => format!("is the number {}", number.text),
        Rule::Bool(truth) => format!("is the JSON value {truth}"),
        Rule::Null => "is null".to_owned(),
        Rule::Prefix(text) => format!("begins with {}", cased(text)),
        Rule::Suffix(text) => format!("ends with {}", cased(text)),
        Rule::IgnoreCase(text) => format!("is `{text}`, in any case"),
        Rule::Wildcard(literals) => {
            format!("is like `{}`, where `*` is any text", literals.join("*"))
        }
        Rule::AnythingBut(rules) => {
            let rules: Vec<String> = rules.iter().map(rule).collect();
            format!("is there, and it is not so that it {}", rules.join(" or "))
        }
        Rule::Numeric(comparisons) => {
            let all: Vec<String> = comparisons
                .iter()
                .map(|(compare, number)| {
                    let compare = match compare {
                        Compare::Equal => "equal to",
                        Compare::Less => "less than",
                        Compare::AtMost => "at most",
                        Compare::Greater => "greater than",
                        Compare::AtLeast => "at least",
                    };
                    format!("{compare} {}", number.text)
                })
                .collect();
            format!("is a number {}", all.join(" and "))
        }
        Rule::Exists(true) => {
            "has a value (null is one; an object or an empty list is none)".into()
        }
        Rule::Exists(false) => {
            "has no value (null is one; an object or an empty list is none)".into()
        }
        Rule::Cidr(network) => format!("is an address in {}/{}", network.address, network.bits),
    }
}

/// Plain strings with a star in them, which people take for wildcards.
fn stars<'p>(all: &'p [Part], into: &mut Vec<&'p str>) {
    for part in all {
        match part {
            Part::Field(_, Below::Object(inner)) => stars(inner, into),
            Part::Field(_, Below::Rules(rules)) => {
                into.extend(rules.iter().filter_map(|rule| match rule {
                    Rule::Text(text) if text.contains('*') => Some(text.as_str()),
                    _ => None,
                }));
            }
            Part::Or(alternatives) => alternatives.iter().for_each(|parts| stars(parts, into)),
        }
    }
}
