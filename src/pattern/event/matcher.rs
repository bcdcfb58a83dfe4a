//! Runs a pattern over one event, plainly: the values of the event with their paths, and for every field asked a value
//! that fits, all from the same elements of the lists around them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use super::{Asked, Below, Cased, Compare, EventPattern, Network, Part, Rule};
use crate::pattern::glob::in_order;

/// A value at the end of a path, and the element that it is in of each list of objects around it.
struct Leaf<'e> {
    path: String,
    value: &'e Value,
    within: Vec<(usize, usize)>,
}

impl EventPattern {
    /// Whether the pattern matches a whole event.
    pub fn matches(&self, event: &Value) -> bool {
        let mut leaves = Vec::new();
        let mut lists = 0;
        flatten(
            event,
            String::new(),
            &mut Vec::new(),
            &mut lists,
            &mut leaves,
        );
        self.alternatives()
            .iter()
            .any(|asked| fits(asked, &leaves, &BTreeMap::new()))
    }

    /// The pattern without `$or`: any of these fits, each a list of fields that must fit together.
    pub fn alternatives(&self) -> Vec<Asked<'_>> {
        alternatives("", &self.parts)
    }
}

fn flatten<'e>(
    value: &'e Value,
    path: String,
    within: &mut Vec<(usize, usize)>,
    lists: &mut usize,
    leaves: &mut Vec<Leaf<'e>>,
) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(value, join(&path, name), within, lists, leaves);
            }
        }
        Value::Array(values) => {
            *lists += 1;
            let list = *lists;
            for (at, value) in values.iter().enumerate() {
                within.push((list, at));
                flatten(value, path.clone(), within, lists, leaves);
                within.pop();
            }
        }
        value => leaves.push(Leaf {
            path,
            value,
            within: within.clone(),
        }),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn alternatives<'p>(path: &str, parts: &'p [Part]) -> Vec<Asked<'p>> {
    let mut all: Vec<Asked<'p>> = vec![Vec::new()];
    for part in parts {
        let choices: Vec<Asked<'p>> = match part {
            Part::Field(name, Below::Rules(rules)) => vec![vec![(join(path, name), rules)]],
            Part::Field(name, Below::Object(parts)) => alternatives(&join(path, name), parts),
            Part::Or(choices) => choices
                .iter()
                .flat_map(|parts| alternatives(path, parts))
                .collect(),
        };
        all = all
            .iter()
            .flat_map(|before| {
                choices
                    .iter()
                    .map(|choice| before.iter().chain(choice).cloned().collect())
            })
            .collect();
    }
    all
}

fn fits(asked: &[(String, &[Rule])], leaves: &[Leaf<'_>], chosen: &BTreeMap<usize, usize>) -> bool {
    let Some(((path, rules), others)) = asked.split_first() else {
        return true;
    };
    let mut at_path = leaves.iter().filter(|leaf| leaf.path == *path).peekable();
    if at_path.peek().is_none() {
        return rules.contains(&Rule::Exists(false)) && fits(others, leaves, chosen);
    }
    at_path
        .filter(|leaf| rules.iter().any(|rule| rule.holds(leaf.value)))
        .any(|leaf| {
            let mut chosen = chosen.clone();
            let same = leaf
                .within
                .iter()
                .all(|(list, at)| *chosen.entry(*list).or_insert(*at) == *at);
            same && fits(others, leaves, &chosen)
        })
}

impl Rule {
    /// Whether a string, number, boolean or null fits.
    pub fn holds(&self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Text(wanted) => text == Some(wanted),
            Self::Number(wanted) => value.as_f64() == Some(wanted.value),
            Self::Bool(wanted) => value.as_bool() == Some(*wanted),
            Self::Null => value.is_null(),
            Self::Prefix(prefix) => text.is_some_and(|text| begins(text.chars(), prefix, false)),
            Self::Suffix(suffix) => {
                text.is_some_and(|text| begins(text.chars().rev(), suffix, true))
            }
            Self::IgnoreCase(wanted) => {
                text.is_some_and(|text| text.chars().map(folded).eq(wanted.chars().map(folded)))
            }
            Self::Wildcard(literals) => text.is_some_and(|text| in_order(literals, text, false)),
            Self::AnythingBut(rules) => !rules.iter().any(|rule| rule.holds(value)),
            Self::Numeric(comparisons) => value.as_f64().is_some_and(|value| {
                comparisons.iter().all(|(compare, wanted)| match compare {
                    Compare::Equal => value == wanted.value,
                    Compare::Less => value < wanted.value,
                    Compare::AtMost => value <= wanted.value,
                    Compare::Greater => value > wanted.value,
                    Compare::AtLeast => value >= wanted.value,
                })
            }),
            Self::Exists(wanted) => *wanted,
            Self::Cidr(network) => text
                .and_then(|text| text.parse::<IpAddr>().ok())
                .is_some_and(|address| network.holds(address)),
        }
    }
}

/// The letter that stands for a letter in comparisons without regard to case.
pub fn folded(letter: char) -> char {
    let mut lower = letter.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) => lower,
        // The one capital whose small form is two letters stands for itself.
        _ => letter,
    }
}

fn begins(letters: impl Iterator<Item = char>, wanted: &Cased, backwards: bool) -> bool {
    let wanted_letters: Vec<char> = if backwards {
        wanted.text.chars().rev().collect()
    } else {
        wanted.text.chars().collect()
    };
    let found: Vec<char> = letters.take(wanted_letters.len()).collect();
    if wanted.ignore_case {
        let fold = |letters: &[char]| letters.iter().copied().map(folded).collect::<Vec<_>>();
        fold(&found) == fold(&wanted_letters)
    } else {
        found == wanted_letters
    }
}

impl Network {
    /// Whether an address lies in the block. EventBridge compares the hexadecimal digits as text, so that an address of
    /// six-byte words can lie in a block of four bytes (`0.0.0.0/0` holds `2001:db8::1`): observed with event-ruler.
    pub fn holds(&self, address: IpAddr) -> bool {
        let (low, high) = match self.address {
            IpAddr::V4(address) => {
                let rest = u32::MAX.checked_shr(u32::from(self.bits)).unwrap_or(0);
                let low = u32::from(address) & !rest;
                (format!("{low:08x}"), format!("{:08x}", low | rest))
            }
            IpAddr::V6(address) => {
                let rest = u128::MAX.checked_shr(u32::from(self.bits)).unwrap_or(0);
                let low = u128::from(address) & !rest;
                (format!("{low:032x}"), format!("{:032x}", low | rest))
            }
        };
        let digits = match address {
            IpAddr::V4(address) => format!("{:08x}", u32::from(address)),
            IpAddr::V6(address) => format!("{:032x}", u128::from(address)),
        };
        low <= digits && digits <= high
    }
}
