//! Canonical forms: JSON with sorted keys, and the byte encoding under every digest.
//!
//! docs/evidence.md specifies both for independent checkers; change them only together with the format version.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// JSON with sorted keys and no blanks; numbers keep their text.
pub fn canonical_json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, &mut out);
    out
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|left, right| left.0.cmp(right.0));
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write_json(member, out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    let mut hash = Hash::new();
    hash.raw(bytes);
    hash.hex()
}

/// SHA-256 over typed values: each is written with its type and length, so that no two sequences share their bytes.
pub(super) struct Hash(Sha256);

impl Hash {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// `n` for null, `i<decimal>;` for an integer.
    pub(super) fn integer(&mut self, value: Option<i64>) {
        match value {
            None => self.raw(b"n"),
            Some(value) => self.raw(format!("i{value};").as_bytes()),
        }
    }

    /// `n` for null, `t<length>:<bytes>` for text.
    pub(super) fn text(&mut self, value: Option<&[u8]>) {
        match value {
            None => self.raw(b"n"),
            Some(value) => {
                self.raw(format!("t{}:", value.len()).as_bytes());
                self.raw(value);
            }
        }
    }

    /// `b<length>:<bytes>` for a blob.
    pub(super) fn blob(&mut self, value: &[u8]) {
        self.raw(format!("b{}:", value.len()).as_bytes());
        self.raw(value);
    }

    /// A value as SQLite holds it; reals do not occur in the format and are written as text with an `r`.
    pub(super) fn value(&mut self, value: rusqlite::types::ValueRef<'_>) {
        use rusqlite::types::ValueRef;
        match value {
            ValueRef::Null => self.integer(None),
            ValueRef::Integer(value) => self.integer(Some(value)),
            ValueRef::Real(value) => self.raw(format!("r{value};").as_bytes()),
            ValueRef::Text(value) => self.text(Some(value)),
            ValueRef::Blob(value) => self.blob(value),
        }
    }

    pub(super) fn hex(self) -> String {
        let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or_default();
        let digest = self.0.finalize();
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        digits.map(digit).collect()
    }
}
