//! Data protection policies of log groups (L04): what they mask of a record before a metric filter reads it.
//!
//! Masking happens at every point of egress, metric filters included, and replaces what a data identifier finds by
//! asterisks (CloudWatch Logs guide, "Help protect sensitive log data with masking"). A custom data identifier is a regular
//! expression of the policy's own; whether it finds a value that a pattern asks for is decided here by running it.

use std::collections::BTreeMap;

use regex_automata::nfa::thompson::pikevm::PikeVM;
use serde_json::Value;

use super::json;

/// What a policy de-identifies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identifier {
    /// One of AWS's own, by the last part of its ARN: `IpAddress`.
    Managed(String),
    /// One that the policy defines, by name, with its expression; none where the policy does not define it.
    Custom {
        /// Its name.
        name: String,
        /// Its expression.
        regex: Option<String>,
    },
}

/// Whether a custom identifier finds something in what a pattern asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finds {
    /// It masks this value of this field.
    Value {
        /// The field.
        field: String,
        /// The value.
        value: String,
    },
    /// It finds none of them.
    Nothing,
    /// Its expression is not understood.
    Unknown,
}

/// The data identifiers that a policy document masks.
pub fn identifiers(document: &str) -> Vec<Identifier> {
    let Some(document) = json::document(document) else {
        return Vec::new();
    };
    let member = |value: &Value, name: &str| {
        value
            .get(name)
            .or_else(|| value.get(name.to_ascii_lowercase()))
            .cloned()
    };
    let custom: BTreeMap<String, String> = document
        .pointer("/Configuration/CustomDataIdentifier")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|one| {
            let name = one.get("Name")?.as_str()?;
            Some((name.to_owned(), one.get("Regex")?.as_str()?.to_owned()))
        })
        .collect();
    let statements = member(&document, "Statement");
    statements
        .iter()
        .filter_map(Value::as_array)
        .flatten()
        .filter(|statement| statement.pointer("/Operation/Deidentify").is_some())
        .filter_map(|statement| statement.get("DataIdentifier")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .map(|identifier| match identifier.rsplit_once('/') {
            Some((_, managed)) => Identifier::Managed(managed.to_owned()),
            None => Identifier::Custom {
                name: identifier.to_owned(),
                regex: custom.get(identifier).cloned(),
            },
        })
        .collect()
}

/// Whether an expression finds any of the values that a pattern asks for, as they stand in the text of a record.
pub fn finds(regex: Option<&str>, asked: &[(String, String)]) -> Finds {
    let Some(machine) = regex.and_then(|regex| PikeVM::new(regex).ok()) else {
        return Finds::Unknown;
    };
    let mut cache = machine.create_cache();
    for (field, value) in asked {
        let leaf = field.rsplit('.').next().unwrap_or(field);
        let before = format!("\"{leaf}\":\"");
        let text = format!("{before}{value}\"");
        let (start, end) = (before.len(), before.len() + value.len());
        // What is masked beside the value leaves it as it is.
        let touches = machine
            .find_iter(&mut cache, &text)
            .any(|found| found.start() < end && found.end() > start && !found.is_empty());
        if touches {
            return Finds::Value {
                field: field.clone(),
                value: value.clone(),
            };
        }
    }
    Finds::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_expression_is_run_over_the_values_that_are_asked_for() {
        let asked = [
            ("errorCode".to_owned(), "AccessDenied".to_owned()),
            ("eventName".to_owned(), "StopLogging".to_owned()),
        ];
        for (regex, finds_value) in [
            ("AccessDenied", true),
            ("Access[A-Z][a-z]+", true),
            ("EMP-[0-9]{5}", false),
            ("Logging", true),
            ("eventName", false),
            ("[0-9]+", false),
            (r#"Name":"Stop"#, true),
        ] {
            let answer = finds(Some(regex), &asked);
            assert_eq!(
                matches!(answer, Finds::Value { .. }),
                finds_value,
                "{regex}: {answer:?}"
            );
        }
        assert_eq!(finds(Some("(?=x)"), &asked), Finds::Unknown);
        assert_eq!(finds(None, &asked), Finds::Unknown);
    }

    #[test]
    fn only_statements_that_mask_count_and_custom_identifiers_carry_their_expression() {
        let document = serde_json::json!({
            "Configuration": {"CustomDataIdentifier": [{"Name": "Employee", "Regex": "EMP-[0-9]{5}"}]},
            "Statement": [
                {"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/Name"],
                 "Operation": {"Audit": {"FindingsDestination": {}}}},
                {"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/IpAddress", "Employee", "Gone"],
                 "Operation": {"Deidentify": {"MaskConfig": {}}}},
            ],
        });
        assert_eq!(
            identifiers(&document.to_string()),
            [
                Identifier::Managed("IpAddress".into()),
                Identifier::Custom {
                    name: "Employee".into(),
                    regex: Some("EMP-[0-9]{5}".into())
                },
                Identifier::Custom {
                    name: "Gone".into(),
                    regex: None
                },
            ]
        );
    }
}
