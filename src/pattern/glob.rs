//! A text value with `*` wildcards, read as D4 says.

use super::semantics::Star;

/// A text with wildcards, ready to be matched against whole values. Case sensitive (D20).
///
/// The value is cut at its wildcards into literals. It matches a text that starts with the first literal, ends with the
/// last, and holds the others between them in order. Under [`Star::Leftmost`] every literal after the first is taken
/// where it occurs first after the one before, and the last must then end the text: `*aa` does not match `aaa`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// The literals between wildcards; one literal means no wildcard.
    literals: Vec<String>,
    leftmost: bool,
}

impl Glob {
    /// Reads `text` (escapes resolved) under a reading of `*`.
    pub fn new(text: &str, star: Star) -> Self {
        let literals = match star {
            Star::Leftmost | Star::Glob => text.split('*').map(str::to_owned).collect(),
            Star::Ends => split_ends(text),
        };
        Self {
            literals,
            leftmost: star == Star::Leftmost,
        }
    }

    /// The literals between the wildcards, from left to right: one more than there are wildcards.
    pub fn literals(&self) -> &[String] {
        &self.literals
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        in_order(&self.literals, text, self.leftmost)
    }
}

/// Whether a text starts with the first literal, ends with the last and holds the others between them in order. The leftmost
/// place of each leaves the most for the next; `leftmost` takes the last one where it occurs first, too.
pub(super) fn in_order(literals: &[String], text: &str, leftmost: bool) -> bool {
    let Some((first, rest)) = literals.split_first() else {
        return text.is_empty();
    };
    let Some((last, middle)) = rest.split_last() else {
        return text == first;
    };
    let Some(mut tail) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    for literal in middle {
        let Some((_, after)) = tail.split_once(literal.as_str()) else {
            return false;
        };
        tail = after;
    }
    if last.is_empty() {
        return true;
    }
    if leftmost {
        tail.split_once(last.as_str())
            .is_some_and(|(_, after)| after.is_empty())
    } else {
        tail.ends_with(last.as_str())
    }
}

/// `*` counts at the very start and the very end only.
fn split_ends(text: &str) -> Vec<String> {
    let (leading, rest) = match text.strip_prefix('*') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (inner, trailing) = match rest.strip_suffix('*') {
        Some(inner) => (inner, true),
        None => (rest, false),
    };
    let mut literals = vec![inner.to_owned()];
    if leading {
        literals.insert(0, String::new());
    }
    if trailing {
        literals.push(String::new());
    }
    literals
}
