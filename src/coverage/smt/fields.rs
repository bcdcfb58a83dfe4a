//! The fields of the event as constants: a tagged value a path, and what holds between a field and the one around it.

use std::collections::BTreeMap;

use super::super::formula::Kinds;
use super::super::model::EventModel;
use crate::pattern::ast::Step;

/// The sort of a field.
pub(super) const VALUE: &str = "(declare-datatype Value \
    ((missing) (null) (boolean (truth Bool)) (number (digits String)) (text (string String)) (object) (array)))";

/// The fields that something asks about, and those around them.
#[derive(Debug, Default)]
pub(super) struct Fields {
    names: BTreeMap<Vec<Step>, String>,
    /// Those whose numbers some condition looks at.
    numbers: Vec<Vec<Step>>,
}

impl Fields {
    /// The constant of the field at `steps`.
    pub(super) fn at(&mut self, steps: &[Step]) -> String {
        for length in 1..=steps.len() {
            let path = steps.get(..length).unwrap_or_default();
            if !self.names.contains_key(path) {
                let name = symbol(path, self.names.len());
                self.names.insert(path.to_vec(), name);
            }
        }
        self.names.get(steps).cloned().unwrap_or_default()
    }

    /// Says that a condition looks into the numbers of the field.
    pub(super) fn reads_numbers(&mut self, steps: &[Step]) {
        if !self.numbers.iter().any(|known| known == steps) {
            self.numbers.push(steps.to_vec());
        }
    }

    /// The constant of a field of the event, where something asks about it.
    pub(super) fn find(&self, path: &str) -> Option<&str> {
        let steps: Vec<Step> = path
            .split('.')
            .map(|name| Step::Name(name.to_owned()))
            .collect();
        self.names.get(&steps).map(String::as_str)
    }

    /// Every constant.
    pub(super) fn names(&self) -> impl Iterator<Item = (&[Step], &str)> {
        self.names
            .iter()
            .map(|(steps, name)| (steps.as_slice(), name.as_str()))
    }

    /// The declarations.
    pub(super) fn declarations(&self) -> impl Iterator<Item = String> {
        self.names
            .values()
            .map(|name| format!("(declare-const {name} Value)"))
    }

    /// What holds of fields in any JSON object: a field is in an object, an element in an array behind the elements before it.
    pub(super) fn tree(&self) -> Vec<String> {
        let mut facts = Vec::new();
        let mut before: Option<(&[Step], &str)> = None;
        for (steps, name) in &self.names {
            let Some((step, around)) = steps.split_last() else {
                continue;
            };
            let present = format!("(not (= {name} missing))");
            if let Some(around) = self.names.get(around) {
                let container = if matches!(step, Step::Index(_)) {
                    "array"
                } else {
                    "object"
                };
                facts.push(format!("(=> {present} (= {around} {container}))"));
            }
            if matches!(step, Step::Index(_)) {
                if let Some((known, before)) = before
                    && known == around
                {
                    facts.push(format!("(=> {present} (not (= {before} missing)))"));
                }
                before = Some((around, name));
            }
        }
        facts
    }

    /// Which numbers are compared.
    pub(super) fn plain_numbers(&self) -> Vec<String> {
        self.numbers
            .iter()
            .filter_map(|steps| self.names.get(steps))
            .map(|name| {
                format!(
                    "(=> ((_ is number) {name}) (str.in_re (digits {name}) {}))",
                    super::text::PLAIN_NAME
                )
            })
            .collect()
    }

    /// What the event model knows of the kinds of fields.
    pub(super) fn kinds(&self, model: &EventModel) -> Vec<String> {
        let mut facts = Vec::new();
        for (steps, name) in &self.names {
            let kinds = model.kinds(steps);
            let all = [
                (Kinds::MISSING, format!("(= {name} missing)")),
                (Kinds::NULL, format!("(= {name} null)")),
                (Kinds::TRUE, format!("((_ is boolean) {name})")),
                (Kinds::NUMBER, format!("((_ is number) {name})")),
                (Kinds::STRING, format!("((_ is text) {name})")),
                (Kinds::OBJECT, format!("(= {name} object)")),
                (Kinds::ARRAY, format!("(= {name} array)")),
            ];
            let allowed: Vec<String> = all
                .iter()
                .filter(|(kind, _)| kinds.has(*kind))
                .map(|(_, test)| test.clone())
                .collect();
            if allowed.len() < all.len() {
                facts.push(super::text::joined("or", "false", &allowed));
            }
        }
        facts
    }
}

/// A path as a quoted symbol; by its number where its names cannot stand in one.
fn symbol(path: &[Step], number: usize) -> String {
    let mut out = String::from("|$");
    for step in path {
        match step {
            Step::Name(name)
                if name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) =>
            {
                out.push('.');
                out.push_str(name);
            }
            Step::Name(name)
                if name
                    .chars()
                    .all(|c| (' '..='~').contains(&c) && !"|\\'".contains(c)) =>
            {
                out.push_str(&format!(".['{name}']"));
            }
            Step::Index(index) => out.push_str(&format!("[{index}]")),
            Step::Name(_) | Step::AnyElement | Step::AnyField => {
                return format!("|$ field {number}|");
            }
        }
    }
    out.push('|');
    out
}
