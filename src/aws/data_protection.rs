//! Data protection policies of log groups (L04): what they mask of a record before a metric filter reads it.
//!
//! Masking happens at every point of egress, metric filters included, and replaces what a data identifier finds by
//! asterisks (CloudWatch Logs guide, "Help protect sensitive log data with masking"). A custom data identifier is a regular
//! expression of the policy's own; what it leaves of a value is found here by running it.

use std::collections::BTreeMap;
use std::ops::Range;

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

/// What a custom identifier does to texts of records: its expression, run.
#[derive(Clone, Debug)]
pub struct Masker {
    /// Its expression.
    pub regex: String,
    machine: PikeVM,
    crosses: bool,
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

impl Masker {
    /// Reads an expression; none where it is not understood.
    pub fn new(regex: &str) -> Option<Self> {
        let machine = PikeVM::new(regex).ok()?;
        let mut masker = Self {
            regex: regex.to_owned(),
            machine,
            crosses: crosses(regex),
        };
        // A word of JSON that is masked leaves a record that is none.
        masker.crosses |= ["true", "false", "null"]
            .iter()
            .any(|word| masker.finds(word));
        Some(masker)
    }

    /// Whether it may find more than lies within one string of a record: what it masks then is not known of any field.
    pub fn crosses(&self) -> bool {
        self.crosses
    }

    /// Whether it finds the name of a field. Nothing in the documentation spares names.
    pub fn finds_key(&self, key: &str) -> bool {
        self.touched(&format!("{{\"{key}\":"), 2..2 + key.len())
            .is_some()
    }

    /// The string of a field as it is masked, letter by letter and at one asterisk a place; none where nothing of it is.
    pub fn masked(&self, field: &str, value: &str) -> Option<[String; 2]> {
        let leaf = field.rsplit('.').next().unwrap_or(field);
        let before = format!("\"{leaf}\":\"");
        let text = format!("{before}{value}\"");
        let (start, end) = (before.len(), before.len() + value.len());
        let places = self.touched(&text, start..end)?;
        let (mut by_letter, mut short) = (String::new(), String::new());
        let mut at = start;
        for place in places {
            let (from, to) = (place.start.max(start), place.end.min(end));
            let (kept, hidden) = (text.get(at..from)?, text.get(from..to)?);
            by_letter.push_str(kept);
            by_letter.extend(hidden.chars().map(|_| '*'));
            short.push_str(kept);
            short.push('*');
            at = to;
        }
        let rest = text.get(at..end)?;
        Some([by_letter + rest, short + rest])
    }

    fn finds(&self, text: &str) -> bool {
        self.touched(text, 0..text.len()).is_some()
    }

    /// Where it finds something in a part of a text. What is masked beside the part leaves it as it is.
    fn touched(&self, text: &str, part: Range<usize>) -> Option<Vec<Range<usize>>> {
        let mut cache = self.machine.create_cache();
        let found = self.machine.find_iter(&mut cache, text);
        let places: Vec<Range<usize>> = found
            .map(|found| found.range())
            .filter(|found| found.start < part.end && found.end > part.start && !found.is_empty())
            .collect();
        (!places.is_empty()).then_some(places)
    }
}

/// Whether an expression may find what goes beyond one string: it takes any letter, or any but some, more than once or at
/// an end of what it finds, or names a letter that separates.
fn crosses(regex: &str) -> bool {
    let mut letters = regex.chars().peekable();
    let mut at_start = true;
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        let mut any = false;
        match letter {
            '\\' => any = matches!(letters.next(), Some('W' | 'S' | 'D' | 'P')),
            '[' if !in_class => {
                in_class = true;
                if letters.peek() == Some(&'^') {
                    return true;
                }
            }
            ']' if in_class => in_class = false,
            // How often, which may hold a comma.
            '{' if !in_class => while letters.next_if(|next| *next != '}').is_some() {},
            '"' | ':' | ',' => return true,
            '.' => any = !in_class,
            _ => {}
        }
        let next = letters.peek();
        let at_end = next.is_none_or(|next| "*+?{|).".contains(*next));
        if any && (in_class || at_start || at_end) {
            return true;
        }
        at_start = matches!(letter, '(' | '|');
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_expression_is_run_over_the_values_that_are_asked_for() {
        for (regex, masked) in [
            ("AccessDenied", None),
            ("Stop[A-Z][a-z]+", Some(["***********", "*"])),
            ("EMP-[0-9]{5}", None),
            ("Logging", Some(["Stop*******", "Stop*"])),
            ("eventName", None),
            ("^Stop", None),
            ("[0-9]+", None),
            (r#"Name":"Stop"#, Some(["****Logging", "*Logging"])),
        ] {
            let masker = Masker::new(regex).expect("an expression");
            assert_eq!(
                masker.masked("eventName", "StopLogging"),
                masked.map(|both| both.map(str::to_owned)),
                "{regex}"
            );
        }
        assert!(Masker::new("(?=x)").is_none());
    }

    #[test]
    fn names_of_fields_are_found_too_and_what_takes_any_letters_may_go_beyond_a_string() {
        let masker = |regex| Masker::new(regex).expect("an expression");
        assert!(masker("user[A-Za-z0-9]+").finds_key("userIdentity"));
        assert!(!masker("User[A-Za-z0-9]+").finds_key("userIdentity"));
        for (regex, crosses) in [
            (".+@example.com", true),
            ("Stop.", true),
            ("[^ ]+", true),
            ("[a-z]+", true),
            (r"Stop\S+", true),
            ("Name....Stop", true),
            ("cloudtrail.amazonaws.com", false),
            (r"Client\.[A-Z][a-z]+", false),
            ("[A-Z][a-z]{4,}", false),
        ] {
            assert_eq!(masker(regex).crosses(), crosses, "{regex}");
        }
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
