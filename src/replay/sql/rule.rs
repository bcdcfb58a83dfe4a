//! What an event pattern of an EventBridge rule asks, in the forms of the algebra.
//!
//! A field of an event pattern is asked of every value that its names lead to, through arrays on the way, and names with dots
//! are the same as nested ones. The algebra follows objects alone: a record that has an array, or such a name, where a rule
//! looks is doubtful as far as that rule can make a difference.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::json;

use crate::pattern::ast::{Order, Step};
use crate::pattern::event::{
    API_CALL_TYPE, Below, CONSOLE_SIGN_IN, Compare, EventPattern, Network, Part, Rule,
    SERVICE_EVENT, SERVICE_EVENT_TYPE, SOURCE_PREFIX, SOURCE_SUFFIX, SignIn, around, folded,
    made_of,
};

use super::Refusal;
use super::algebra::{Cond, Leaf, Test, TextTest, in_regex};

/// What an event pattern asks of a record.
pub(super) fn of(pattern: &EventPattern, sign_in: SignIn) -> Result<Cond, Refusal> {
    let mut choices = Vec::new();
    for asked in pattern.alternatives() {
        let fields = asked.into_iter();
        let fields = fields.map(|(path, rules)| field(&path, rules, sign_in));
        choices.push(Cond::All(fields.collect::<Result<_, _>>()?));
    }
    Ok(Cond::Any(choices))
}

fn field(path: &str, rules: &[Rule], sign_in: SignIn) -> Result<Cond, Refusal> {
    if let Some(within) = path.strip_prefix("detail.") {
        return member(path, within.split('.').collect(), rules);
    }
    match made_of(path) {
        _ if path == "detail-type" => Ok(detail_type(rules, sign_in)),
        Some(member) => envelope(path, member, rules),
        // The same of all records.
        None => {
            let part = Part::Field(path.to_owned(), Below::Rules(rules.to_vec()));
            let pattern = EventPattern { parts: vec![part] };
            Ok(Cond::Known(pattern.matches(&around(json!({}), sign_in))))
        }
    }
}

/// What is asked of a field of the record, below its top or at it.
fn member(path: &str, names: Vec<&str>, rules: &[Rule]) -> Result<Cond, Refusal> {
    if names.iter().any(|name| name.is_empty()) {
        return Err(Refusal::Field(path.to_owned()));
    }
    let absent = || {
        Cond::Any(vec![
            leaf(&names, Test::Missing),
            leaf(&names, Test::Object),
        ])
    };
    let mut any = Vec::new();
    for rule in rules {
        any.push(match rule {
            Rule::Exists(false) => absent(),
            Rule::Exists(true) => Cond::Not(Box::new(absent())),
            Rule::AnythingBut(excluded) => {
                let excluded = excluded.iter().map(|rule| of_value(&names, rule));
                let mut none = excluded.collect::<Result<Vec<_>, _>>()?;
                none.push(absent());
                Cond::Not(Box::new(Cond::Any(none)))
            }
            rule => of_value(&names, rule)?,
        });
    }
    Ok(Cond::Except {
        cond: Box::new(Cond::Any(any)),
        doubtful: Box::new(Cond::Any(unusual(&names))),
    })
}

/// Where names lead elsewhere than through objects, one name at a time.
fn unusual(names: &[&str]) -> Vec<Cond> {
    let mut found = Vec::new();
    for end in 1..=names.len() {
        let before = names.get(..end).unwrap_or_default();
        found.push(leaf(before, Test::Array));
        for start in 0..end.saturating_sub(1) {
            let (outer, joined) = before.split_at_checked(start).unwrap_or_default();
            let joined = joined.join(".");
            let path: Vec<&str> = outer.iter().copied().chain([joined.as_str()]).collect();
            found.push(Cond::Not(Box::new(leaf(&path, Test::Missing))));
        }
    }
    found
}

fn leaf(names: &[&str], test: Test) -> Cond {
    let path = names.iter().map(|name| Step::Name((*name).to_owned()));
    Cond::Leaf(Leaf {
        path: path.collect(),
        test,
    })
}

/// What a rule asks of a string, number, boolean or null; false of what is none.
fn of_value(names: &[&str], rule: &Rule) -> Result<Cond, Refusal> {
    let order = |order, value| leaf(names, Test::Order(order, value));
    let equal = |value| {
        Cond::All(vec![
            order(Order::LessOrEqual, value),
            order(Order::GreaterOrEqual, value),
        ])
    };
    Ok(match rule {
        Rule::Number(number) => equal(number.value),
        Rule::Bool(truth) => leaf(names, Test::Bool(*truth)),
        Rule::Null => leaf(names, Test::Null),
        Rule::Numeric(comparisons) => {
            let all = comparisons.iter();
            let all = all.map(|(compare, number)| match compare {
                Compare::Equal => equal(number.value),
                Compare::Less => order(Order::Less, number.value),
                Compare::AtMost => order(Order::LessOrEqual, number.value),
                Compare::Greater => order(Order::Greater, number.value),
                Compare::AtLeast => order(Order::GreaterOrEqual, number.value),
            });
            Cond::All(all.collect())
        }
        rule => of_text(rule, &|matches| leaf(names, Test::text(matches)))?,
    })
}

/// What a rule asks of a string, where `test` asks it of the field.
fn of_text(rule: &Rule, test: &dyn Fn(TextTest) -> Cond) -> Result<Cond, Refusal> {
    Ok(match rule {
        Rule::Text(text) => test(TextTest::Leftmost(vec![text.clone()])),
        Rule::Prefix(prefix) if prefix.ignore_case => test(TextTest::Regex(format!(
            r"\A{}",
            folded_regex(&prefix.text)
        ))),
        Rule::Prefix(prefix) => test(TextTest::Leftmost(vec![prefix.text.clone(), String::new()])),
        Rule::Suffix(suffix) if suffix.ignore_case => test(TextTest::Regex(format!(
            r"{}\z",
            folded_regex(&suffix.text)
        ))),
        Rule::Suffix(suffix) => test(TextTest::EndsWith(suffix.text.clone())),
        Rule::IgnoreCase(text) => test(TextTest::Regex(format!(r"\A{}\z", folded_regex(text)))),
        // Not leftmost: the last literal is at the end, wherever else it is.
        Rule::Wildcard(literals) => {
            let literals: Vec<String> = literals.iter().map(|it| in_regex(it)).collect();
            test(TextTest::Regex(format!(
                r"\A{}\z",
                literals.join("(?s:.*)")
            )))
        }
        Rule::Cidr(network) => Cond::Except {
            cond: Box::new(test(TextTest::Regex(addresses(*network)?))),
            doubtful: Box::new(test(TextTest::Regex(SIX.to_owned()))),
        },
        Rule::AnythingBut(excluded) => {
            let excluded = excluded.iter().map(|rule| of_text(rule, test));
            Cond::All(vec![
                test(any_text()),
                Cond::Not(Box::new(Cond::Any(excluded.collect::<Result<_, _>>()?))),
            ])
        }
        Rule::Exists(true) => test(any_text()),
        Rule::Exists(false) => Cond::Not(Box::new(test(any_text()))),
        Rule::Number(_) | Rule::Bool(_) | Rule::Null | Rule::Numeric(_) => Cond::Known(false),
    })
}

fn any_text() -> TextTest {
    TextTest::Leftmost(vec![String::new(), String::new()])
}

/// A member of the envelope that is made of a string of the record, and is not there where that is none.
fn envelope(path: &str, member: &str, rules: &[Rule]) -> Result<Cond, Refusal> {
    let test = |matches| {
        let test = match path {
            "source" => Test::Framed {
                before: SOURCE_PREFIX,
                without: SOURCE_SUFFIX,
                matches,
            },
            _ => Test::text(matches),
        };
        leaf(&[member], test)
    };
    let any = rules.iter().map(|rule| of_text(rule, &test));
    Ok(Cond::Any(any.collect::<Result<_, _>>()?))
}

/// The detail type is one of three texts, by the `eventType` of the record.
fn detail_type(rules: &[Rule], sign_in: SignIn) -> Cond {
    let fits = |text: &str| rules.iter().any(|rule| rule.holds(&json!(text)));
    let is = |event_type: &str| {
        let matches = TextTest::Leftmost(vec![event_type.to_owned()]);
        leaf(&["eventType"], Test::text(matches))
    };
    let neither = Cond::Not(Box::new(Cond::Any(vec![
        is(SERVICE_EVENT),
        is(CONSOLE_SIGN_IN),
    ])));
    let kinds = [
        (SERVICE_EVENT_TYPE, is(SERVICE_EVENT)),
        (sign_in.detail_type(), is(CONSOLE_SIGN_IN)),
        (API_CALL_TYPE, neither),
    ];
    let fitting = kinds.into_iter().filter(|(text, _)| fits(text));
    Cond::Any(fitting.map(|(_, cond)| cond).collect())
}

/// What may be an IPv6 address: whether one lies in a block of EventBridge's is not told by its text.
const SIX: &str = r"\A[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\z";

/// The texts of the IPv4 addresses in a block.
fn addresses(network: Network) -> Result<String, Refusal> {
    let IpAddr::V4(address) = network.address else {
        return Err(Refusal::Addresses(format!(
            "{}/{}",
            network.address, network.bits
        )));
    };
    let rest = u32::MAX.checked_shr(u32::from(network.bits)).unwrap_or(0);
    let low = (u32::from(address) & !rest).to_be_bytes();
    let high = (u32::from(address) | rest).to_be_bytes();
    let octets = low.iter().zip(high).map(|(low, high)| {
        let numbers: Vec<String> = (*low..=high).map(|number| number.to_string()).collect();
        format!("(?:{})", numbers.join("|"))
    });
    let octets: Vec<String> = octets.collect();
    Ok(format!(r"\A{}\z", octets.join(r"\.")))
}

/// A text in whatever case, as EventBridge folds it: every character as the class of those that fold to the same.
fn folded_regex(text: &str) -> String {
    let mut classes: BTreeMap<char, String> =
        text.chars().map(|c| (folded(c), String::new())).collect();
    for c in '\0'..=char::MAX {
        if let Some(class) = classes.get_mut(&folded(c)) {
            class.push_str(&in_regex(c.encode_utf8(&mut [0; 4])));
        }
    }
    let class = |c: char| classes.get(&folded(c)).map(|class| format!("[{class}]"));
    text.chars().filter_map(class).collect()
}
