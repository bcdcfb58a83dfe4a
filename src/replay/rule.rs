//! An event pattern over records, without building the event of each: what it asks is told apart by the member of the record
//! that the asked field lies in, so that most records are decided by members with few values.
//!
//! Fields of one list have to fit in the same element, and a list lies within one member: what is asked of different members
//! is independent of each other.

use serde_json::{Map, Value};

use crate::pattern::event::{Below, EventPattern, Part, SignIn, around, made_of};

/// What an event pattern asks of one member of the record.
#[derive(Debug, Clone)]
pub(super) struct OfMember {
    /// Its name; none for what is the same of all records.
    pub(super) member: Option<String>,
    pattern: EventPattern,
    sign_in: SignIn,
}

impl OfMember {
    /// Whether it holds for an object with that member alone.
    pub(super) fn holds(&self, record: &Value) -> bool {
        self.pattern.matches(&around(record.clone(), self.sign_in))
    }

    /// Whether it holds for every record, where it asks for no member.
    pub(super) fn always(&self) -> bool {
        self.holds(&Value::Object(Map::new()))
    }
}

/// A pattern as a choice, each a list of what is asked of members that all have to hold.
pub(super) fn by_member(pattern: &EventPattern, sign_in: SignIn) -> Vec<Vec<OfMember>> {
    let mut choices = Vec::new();
    for asked in pattern.alternatives() {
        let mut members: Vec<OfMember> = Vec::new();
        for (path, rules) in asked {
            let member = member(&path).map(str::to_owned);
            let part = Part::Field(path, Below::Rules(rules.to_vec()));
            match members.iter_mut().find(|known| known.member == member) {
                Some(known) => known.pattern.parts.push(part),
                None => members.push(OfMember {
                    member,
                    pattern: EventPattern { parts: vec![part] },
                    sign_in,
                }),
            }
        }
        choices.push(members);
    }
    choices
}

/// The member of the record that a field of the event is made of, or lies in.
fn member(path: &str) -> Option<&str> {
    if let Some(within) = path.strip_prefix("detail.") {
        return within.split('.').next();
    }
    made_of(path)
}
