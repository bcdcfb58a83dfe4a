//! Reading members of a decoded response, with the fault named where one is missing or of the wrong kind.

use serde_json::{Map, Value};

use super::asks::{Ask, Page};
use crate::aws::json;
use crate::snapshot::canonical::canonical_json;

/// Why rows could not be derived.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database refused.
    Sql(rusqlite::Error),
    /// The response is not of the expected shape.
    Unreadable { evidence_id: i64, why: String },
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

pub(super) type Derived<T> = std::result::Result<T, Fault>;

/// One object of a response.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    members: &'a Map<String, Value>,
    pub(super) evidence_id: i64,
}

impl Page {
    /// The response itself.
    pub(super) fn item(&self) -> Derived<Item<'_>> {
        object(&self.body, self.evidence_id)
    }

    /// The elements of a list of the response.
    pub(super) fn list(&self, name: &str) -> Derived<Vec<Item<'_>>> {
        self.item()?.list(name)
    }
}

impl Ask {
    /// The elements of a list over all pages.
    pub(super) fn list(&self, name: &str) -> Derived<Vec<Item<'_>>> {
        let mut items = Vec::new();
        for page in &self.pages {
            items.extend(page.list(name)?);
        }
        Ok(items)
    }
}

impl<'a> Item<'a> {
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    /// A nested object.
    pub(super) fn object(self, name: &str) -> Derived<Option<Self>> {
        self.get(name)
            .map(|value| object(value, self.evidence_id))
            .transpose()
    }

    /// The elements of a nested list of objects; empty where it is absent.
    pub(super) fn list(self, name: &str) -> Derived<Vec<Self>> {
        self.array(name)?
            .iter()
            .map(|value| object(value, self.evidence_id))
            .collect()
    }

    /// A nested list; empty where it is absent.
    pub(super) fn array(self, name: &str) -> Derived<&'a [Value]> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.wrong(name, "a list")),
        }
    }

    /// The elements of a nested list of strings; empty where it is absent.
    pub(super) fn texts(self, name: &str) -> Derived<Vec<&'a str>> {
        self.array(name)?
            .iter()
            .map(|value| {
                value
                    .as_str()
                    .ok_or_else(|| self.wrong(name, "a list of strings"))
            })
            .collect()
    }

    pub(super) fn text(self, name: &str) -> Derived<&'a str> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn optional_text(self, name: &str) -> Derived<Option<&'a str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "a string")),
        }
    }

    /// A time. Of one that nobody can read nothing follows, least of all that nothing happened.
    pub(super) fn time(self, name: &str) -> Derived<Option<&'a str>> {
        let text = self.optional_text(name)?;
        match text.map(str::trim) {
            None | Some("") => Ok(text),
            Some(time) if time.parse::<jiff::Timestamp>().is_ok() => Ok(text),
            Some(time) => {
                let kind = format!("a time with its offset from UTC: `{time}`");
                Err(self.wrong(name, &kind))
            }
        }
    }

    /// A text that is a JSON document. Of one that nobody can read nothing follows, least of all that it does nothing.
    pub(super) fn document(self, name: &str) -> Derived<&'a str> {
        let text = self.text(name)?;
        match json::document(text) {
            Some(_) => Ok(text),
            None => Err(self.wrong(name, "a JSON document")),
        }
    }

    /// A boolean, also where it is written as a string, as SNS attributes are.
    pub(super) fn boolean(self, name: &str) -> Derived<Option<bool>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(self.wrong(name, "true or false")),
        }
    }

    /// An integer, also where it is written as a string, as SNS attributes are.
    pub(super) fn integer(self, name: &str) -> Derived<Option<i64>> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        number
            .map(Some)
            .ok_or_else(|| self.wrong(name, "an integer"))
    }

    /// A number as text, in its shortest form.
    pub(super) fn number(self, name: &str) -> Derived<Option<String>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            // Infinities, which JSON cannot write.
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(name, "a number")),
        }
    }

    /// A time that the service gives in milliseconds since the epoch.
    pub(super) fn milliseconds(self, name: &str) -> Derived<Option<String>> {
        let Some(milliseconds) = self.integer(name)? else {
            return Ok(None);
        };
        jiff::Timestamp::from_millisecond(milliseconds)
            .map(|time| Some(crate::snapshot::format_time(time)))
            .map_err(|_| self.wrong(name, "a time"))
    }

    /// Any member as canonical JSON.
    pub(super) fn json(self, name: &str) -> Option<String> {
        self.get(name).map(canonical_json)
    }

    /// A list as canonical JSON; an empty one where it is absent.
    pub(super) fn json_array(self, name: &str) -> Derived<String> {
        let items = self.array(name)?;
        Ok(canonical_json(&Value::Array(items.to_vec())))
    }

    /// Dimensions of a metric, `[{"Name": n, "Value": v}]`, as a canonical JSON object.
    pub(super) fn dimensions(self, name: &str) -> Derived<String> {
        let mut object = Map::new();
        for dimension in self.list(name)? {
            let value = Value::String(dimension.text("Value")?.to_owned());
            object.insert(dimension.text("Name")?.to_owned(), value);
        }
        Ok(canonical_json(&Value::Object(object)))
    }

    fn missing(self, name: &str) -> Fault {
        Fault::Unreadable {
            evidence_id: self.evidence_id,
            why: format!("`{name}` is missing from the response"),
        }
    }

    pub(super) fn wrong(self, name: &str, kind: &str) -> Fault {
        Fault::Unreadable {
            evidence_id: self.evidence_id,
            why: format!("`{name}` of the response is not {kind}"),
        }
    }
}

fn object(value: &Value, evidence_id: i64) -> Derived<Item<'_>> {
    match value {
        Value::Object(members) => Ok(Item {
            members,
            evidence_id,
        }),
        _ => Err(Fault::Unreadable {
            evidence_id,
            why: "an element of the response is not an object".to_owned(),
        }),
    }
}
