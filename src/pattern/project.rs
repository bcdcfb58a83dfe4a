//! Reads from a JSON text only what the selectors of a pattern ask for. Everything else is checked for being JSON and
//! thrown away unread, which is most of a CloudTrail record.

use super::ast::Step;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::fmt;

/// The part of an event that a pattern asks about.
///
/// Kept of an object are the wanted properties. A container that nobody looks into is kept empty: it exists, and no
/// condition on it asks for more (D2).
#[derive(Debug, Clone, Default)]
pub(super) struct Projection {
    /// The value as a whole is wanted: a wildcard or an index looks into it, or it is asked about as well as its parts.
    whole: bool,
    /// The value itself is asked about.
    tested: bool,
    parts: Vec<(String, Projection)>,
}

impl Projection {
    /// Adds what `steps` selects.
    pub(super) fn want(&mut self, steps: &[Step]) {
        match steps.split_first() {
            None => self.tested = true,
            Some((Step::Name(name), rest)) => {
                let known = self.parts.iter().position(|(part, _)| part == name);
                let index = known.unwrap_or_else(|| {
                    self.parts.push((name.clone(), Self::default()));
                    self.parts.len() - 1
                });
                if let Some((_, part)) = self.parts.get_mut(index) {
                    part.want(rest);
                }
            }
            Some((Step::Index(_) | Step::AnyElement | Step::AnyField, _)) => self.whole = true,
        }
        if self.tested && !self.parts.is_empty() {
            self.whole = true;
        }
    }

    /// Reads one JSON text: an object pruned to the projection, or null where the text holds something else than an
    /// object. An error where it is not JSON.
    pub(super) fn read(&self, text: &str) -> Result<Value, serde_json::Error> {
        if !text.trim_ascii_start().starts_with('{') {
            return serde_json::from_str::<IgnoredAny>(text).map(|_| Value::Null);
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = self.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }
}

impl<'de> DeserializeSeed<'de> for &Projection {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        use serde::Deserialize;
        if self.whole {
            return Value::deserialize(deserializer);
        }
        if self.parts.is_empty() {
            let raw = <&RawValue>::deserialize(deserializer)?;
            return match raw.get().as_bytes().first() {
                Some(b'{') => Ok(Value::Object(Map::new())),
                Some(b'[') => Ok(Value::Array(Vec::new())),
                _ => serde_json::from_str(raw.get()).map_err(serde::de::Error::custom),
            };
        }
        deserializer.deserialize_any(self)
    }
}

/// Only reached for a value that nothing asks about but its parts: what has no properties has no such part, whatever
/// it is (D9), so null stands for it.
impl<'de> Visitor<'de> for &Projection {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(wanted) = map.next_key_seed(Key(&self.parts))? {
            match wanted {
                // The last of several equal names counts, as in every JSON reader here (D26).
                Some((name, part)) => {
                    let value = map.next_value_seed(part)?;
                    kept.insert(name.clone(), value);
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Object(kept))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(Vec::new()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

/// Compares the name of a property with the wanted ones without keeping it.
struct Key<'p>(&'p [(String, Projection)]);

impl<'de, 'p> DeserializeSeed<'de> for Key<'p> {
    type Value = Option<&'p (String, Projection)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for Key<'p> {
    type Value = Option<&'p (String, Projection)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a property")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|(part, _)| part == name))
    }
}
