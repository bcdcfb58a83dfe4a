//! What questions look at in a record: members, and parts of them that names lead to. Each is found by its bytes, and only
//! where somebody asks; a record is never built.

use std::collections::HashSet;

use serde_json::Value;

use super::records::{Finder, Record};

/// Fields with more values than this say too little of what records are alike.
const MAX_VALUES: usize = 512;

/// All fields, and where they lie in the record at hand.
#[derive(Debug, Default)]
pub(super) struct Fields {
    roots: Vec<Root>,
    fields: Vec<Field>,
    /// Counts the records, so that what was found in the one before is known to be old.
    record: u64,
}

/// A member of the record.
#[derive(Debug)]
struct Root {
    name: String,
    finder: Finder,
    /// The record in which it was looked for last.
    read: u64,
    /// Where it begins there.
    start: Option<usize>,
}

#[derive(Debug)]
struct Field {
    root: usize,
    /// Its number in the root's finder.
    part: usize,
    path: Vec<String>,
    /// Whether it matters what an array or an object of it holds, and not only that it is one.
    whole: bool,
    /// The values that were seen; none where there were too many.
    values: Option<HashSet<Vec<u8>>>,
    /// The record that `event` was made of.
    read: u64,
    /// An object with this field alone.
    event: Value,
}

impl Fields {
    /// The field that names lead to; none where there is no name.
    pub(super) fn field(&mut self, path: &[&str], whole: bool) -> Option<usize> {
        let (name, rest) = path.split_first()?;
        let known = self.fields.iter().position(|field| field.path == path);
        if let Some(field) = known.and_then(|index| self.fields.get_mut(index)) {
            field.whole |= whole;
            return known;
        }
        let known = self.roots.iter().position(|root| root.name == *name);
        let root = known.unwrap_or_else(|| {
            self.roots.push(Root {
                name: (*name).to_owned(),
                finder: Finder::default(),
                read: 0,
                start: None,
            });
            self.roots.len() - 1
        });
        let number = self.fields.len();
        self.fields.push(Field {
            root,
            part: self.roots.get_mut(root)?.finder.want(rest),
            path: path.iter().map(|name| (*name).to_owned()).collect(),
            whole,
            values: Some(HashSet::new()),
            read: 0,
            event: Value::Null,
        });
        Some(number)
    }

    /// The names that lead to a field.
    pub(super) fn path(&self, field: usize) -> &[String] {
        self.fields
            .get(field)
            .map(|field| field.path.as_slice())
            .unwrap_or_default()
    }

    /// What follows is asked about another record.
    pub(super) fn next(&mut self) {
        self.record += 1;
    }

    /// Whether the field has had few values so far.
    pub(super) fn has_few_values(&self, field: usize) -> bool {
        let field = self.fields.get(field);
        field.is_some_and(|field| field.values.is_some())
    }

    /// Takes note of the field's value; false where it has too many by now.
    pub(super) fn note(&mut self, field: usize, record: Record<'_>) -> bool {
        let mut value = Vec::new();
        self.write(field, record, &mut value);
        let Some(field) = self.fields.get_mut(field) else {
            return true;
        };
        if let Some(values) = &mut field.values {
            values.insert(value);
            if values.len() > MAX_VALUES {
                field.values = None;
            }
        }
        field.values.is_some()
    }

    /// Writes what a leaf can tell apart in the field: its text, and a byte that no JSON text has.
    pub(super) fn write(&mut self, field: usize, record: Record<'_>, key: &mut Vec<u8>) {
        if let Some(text) = self.text(field, record) {
            let whole = self.fields.get(field).is_some_and(|field| field.whole);
            match text.as_bytes() {
                [first @ (b'{' | b'['), ..] if !whole => key.push(*first),
                text => key.extend_from_slice(text),
            }
        }
        key.push(0);
    }

    /// An object with this field alone, as it is in the record; an empty one where the field is missing, or what leads to
    /// it is no object: no leaf tells these apart (D9).
    pub(super) fn event(&mut self, field: usize, record: Record<'_>) -> &Value {
        const NOTHING: &Value = &Value::Null;
        let text = self.text(field, record);
        let Some(field) = self.fields.get_mut(field) else {
            return NOTHING;
        };
        if field.read != self.record {
            field.read = self.record;
            field.event = event(&field.path, text, field.whole);
        }
        &field.event
    }

    fn text<'r>(&mut self, field: usize, record: Record<'r>) -> Option<&'r str> {
        let field = self.fields.get(field)?;
        let root = self.roots.get_mut(field.root)?;
        if root.read != self.record {
            root.read = self.record;
            let place = record.place(&root.name);
            root.start = place.as_ref().map(|place| place.start);
            if let Some(text) = place.and_then(|place| record.text.get(place)) {
                root.finder.look_into(text);
            }
        }
        let (start, place) = (root.start?, root.finder.place(field.part)?);
        record.text.get(start + place.start..start + place.end)
    }
}

fn event(path: &[String], text: Option<&str>, whole: bool) -> Value {
    let value = text.and_then(|text| match text.as_bytes().first() {
        Some(b'{') if !whole => Some(Value::Object(serde_json::Map::new())),
        Some(b'[') if !whole => Some(Value::Array(Vec::new())),
        _ => serde_json::from_str(text).ok(),
    });
    let Some(value) = value else {
        return Value::Object(serde_json::Map::new());
    };
    path.iter().rev().fold(value, |inner, name| {
        let mut outer = serde_json::Map::new();
        outer.insert(name.clone(), inner);
        Value::Object(outer)
    })
}
