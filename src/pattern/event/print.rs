//! A pattern as the JSON that it is read from, evenly.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{Below, Cased, Compare, EventPattern, Part, Rule};

impl fmt::Display for EventPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&object(&self.parts).to_string())
    }
}

fn object(parts: &[Part]) -> Value {
    let mut fields = Map::new();
    for part in parts {
        match part {
            Part::Field(name, Below::Object(parts)) => fields.insert(name.clone(), object(parts)),
            Part::Field(name, Below::Rules(rules)) => {
                fields.insert(name.clone(), rules.iter().map(value).collect())
            }
            Part::Or(alternatives) => fields.insert(
                "$or".to_owned(),
                alternatives.iter().map(|parts| object(parts)).collect(),
            ),
        };
    }
    Value::Object(fields)
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn cased(cased: &Cased) -> Value {
    if cased.ignore_case {
        json!({ "equals-ignore-case": cased.text })
    } else {
        json!(cased.text)
    }
}

fn wildcard(literals: &[String]) -> Value {
    let escaped: Vec<String> = literals
        .iter()
        .map(|literal| literal.replace('\\', "\\\\").replace('*', "\\*"))
        .collect();
    json!(escaped.join("*"))
}

fn value(rule: &Rule) -> Value {
    match rule {
        Rule::Text(text) => json!(text),
        Rule::Number(wanted) => number(&wanted.text),
        Rule::Bool(truth) => json!(truth),
        Rule::Null => Value::Null,
        Rule::Prefix(text) => json!({ "prefix": cased(text) }),
        Rule::Suffix(text) => json!({ "suffix": cased(text) }),
        Rule::IgnoreCase(text) => json!({ "equals-ignore-case": text }),
        Rule::Wildcard(literals) => json!({ "wildcard": wildcard(literals) }),
        Rule::AnythingBut(rules) => {
            let operator = rules.first().and_then(|rule| match rule {
                Rule::Prefix(_) => Some("prefix"),
                Rule::Suffix(_) => Some("suffix"),
                Rule::IgnoreCase(_) => Some("equals-ignore-case"),
                Rule::Wildcard(_) => Some("wildcard"),
                _ => None,
            });
            let values: Value = rules
                .iter()
                .map(|rule| match (operator, value(rule)) {
                    (Some(operator), Value::Object(mut fields)) => {
                        fields.remove(operator).unwrap_or_default()
                    }
                    (_, value) => value,
                })
                .collect();
            match operator {
                Some(operator) => json!({ "anything-but": { operator: values } }),
                None => json!({ "anything-but": values }),
            }
        }
        Rule::Numeric(comparisons) => {
            let list: Value = comparisons
                .iter()
                .flat_map(|(compare, wanted)| {
                    let operator = match compare {
                        Compare::Equal => "=",
                        Compare::Less => "<",
                        Compare::AtMost => "<=",
                        Compare::Greater => ">",
                        Compare::AtLeast => ">=",
                    };
                    [json!(operator), number(&wanted.text)]
                })
                .collect();
            json!({ "numeric": list })
        }
        Rule::Exists(truth) => json!({ "exists": truth }),
        Rule::Cidr(network) => json!({ "cidr": format!("{}/{}", network.address, network.bits) }),
    }
}
