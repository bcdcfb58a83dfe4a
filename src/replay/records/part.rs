//! Finds parts of a value by the names that lead to them, in one pass over its bytes and without building it. Values that
//! follow each other are often the same: who made a call makes the next one.

use std::ops::Range;

use super::scan::{Scan, Stop, sign};

/// Longer values are not compared with those before.
const MAX_SAME: usize = 16 << 10;

/// Finds parts of values, one after the other.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    wanted: Wanted,
    /// By number, where each lies in the value at hand.
    places: Vec<Option<Range<usize>>>,
    /// The value at hand; empty where it is not to be compared.
    last: String,
}

impl Finder {
    /// Wants also what these names lead to, and gives its number.
    pub fn want<N: AsRef<str>>(&mut self, path: &[N]) -> usize {
        let number = self.places.len();
        self.places.push(None);
        self.wanted.want(path, number);
        number
    }

    /// Looks for all that is wanted in a JSON text.
    pub fn look_into(&mut self, text: &str) {
        if self.last == text && !text.is_empty() {
            return;
        }
        self.wanted.find(text, &mut self.places);
        self.last.clear();
        // What is wanted as a whole needs no look.
        if text.len() <= MAX_SAME && !self.wanted.parts.is_empty() {
            self.last.push_str(text);
        }
    }

    /// Where it lies within the text; none where it is not there.
    pub fn place(&self, number: usize) -> Option<Range<usize>> {
        self.places.get(number)?.clone()
    }
}

/// Parts of a value that are wanted, each with a number.
#[derive(Debug, Clone, Default)]
struct Wanted {
    number: Option<usize>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    sign: u64,
    name: String,
    wanted: Wanted,
}

impl Wanted {
    /// A path keeps the number that it was wanted with first.
    fn want<N: AsRef<str>>(&mut self, path: &[N], number: usize) {
        let Some((name, rest)) = path.split_first() else {
            self.number.get_or_insert(number);
            return;
        };
        let name = name.as_ref();
        let known = self.parts.iter().position(|part| part.name == name);
        let index = known.unwrap_or_else(|| {
            self.parts.push(Part {
                sign: sign(name.as_bytes()),
                name: name.to_owned(),
                wanted: Self::default(),
            });
            self.parts.len() - 1
        });
        if let Some(part) = self.parts.get_mut(index) {
            part.wanted.want(rest, number);
        }
    }

    /// Where the wanted parts lie within a JSON text, by their numbers; none of what is not there. Of members with one
    /// name the last counts (D26).
    fn find(&self, text: &str, found: &mut [Option<Range<usize>>]) {
        self.forget(found);
        if self.parts.is_empty() {
            return self.note(0..text.len(), found);
        }
        let mut scan = Scan::new(text.as_bytes(), 0);
        // A number at the very end asks for the byte behind it; whoever cut the text out knows that it ends.
        if self.follow(&mut scan, text, found).is_err() && self.number.is_some() {
            self.note(0..text.len(), found);
        }
    }

    fn forget(&self, found: &mut [Option<Range<usize>>]) {
        if let Some(place) = self.number.and_then(|number| found.get_mut(number)) {
            *place = None;
        }
        for part in &self.parts {
            part.wanted.forget(found);
        }
    }

    fn note(&self, range: Range<usize>, found: &mut [Option<Range<usize>>]) {
        if let Some(place) = self.number.and_then(|number| found.get_mut(number)) {
            *place = Some(range);
        }
    }

    fn follow(
        &self,
        scan: &mut Scan<'_>,
        text: &str,
        found: &mut [Option<Range<usize>>],
    ) -> Result<(), Stop> {
        let is_object = scan.peek()? == b'{';
        let start = scan.at;
        if self.parts.is_empty() || !is_object {
            scan.value()?;
        } else if scan.open_object()? {
            loop {
                let name = scan.name()?;
                let name = text.get(name).unwrap_or_default();
                match self.part(name) {
                    Some(wanted) => {
                        wanted.forget(found);
                        wanted.follow(scan, text, found)?;
                    }
                    None => scan.value()?,
                }
                if !scan.more(b'}')? {
                    break;
                }
            }
        }
        self.note(start..scan.at, found);
        Ok(())
    }

    fn part(&self, name: &str) -> Option<&Self> {
        if name.contains('\\') {
            let plain: String = serde_json::from_str(&format!("\"{name}\"")).ok()?;
            let part = self.parts.iter().find(|part| part.name == plain);
            return part.map(|part| &part.wanted);
        }
        let sign = sign(name.as_bytes());
        let same = |part: &&Part| part.sign == sign && part.name == name;
        self.parts.iter().find(same).map(|part| &part.wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_a_json_reader() {
        let paths: [&[&str]; 5] = [&["a"], &["a", "b"], &["a", "b", "c"], &["ab"], &["d", "e"]];
        let mut finder = Finder::default();
        for path in paths {
            finder.want(path);
        }
        for text in [
            "{}",
            "[]",
            "7",
            r#"{"a":1}"#,
            r#"{"a":{"b":{"c":[1,{"c":2}]}},"ab":"\"a\":{"}"#,
            r#"{"a":{"b":{"c":1}},"a":{"x":2}}"#,
            r#"{"a":{"b":1},"a":[{"b":2}]}"#,
            r#"{ "a" : { "b" : { "c" : null } , "b" : { } } }"#,
            r#"{"\u0061":{"\u0062":true},"d":{"e":-1.5e3}}"#,
            r#"{"d":{"e":1,"e":{"f":2}},"a":"b"}"#,
        ] {
            // The second time it is known.
            finder.look_into(text);
            finder.look_into(text);
            let found = (0..paths.len()).map(|number| finder.place(number));
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            for (path, place) in paths.iter().zip(found) {
                let expected = path
                    .iter()
                    .try_fold(&value, |value, name| value.as_object()?.get(*name));
                let part = place.map(|range| &text[range]);
                let part =
                    part.map(|part| serde_json::from_str::<serde_json::Value>(part).unwrap());
                assert_eq!(part.as_ref(), expected, "{text} {path:?}");
            }
        }
    }
}
