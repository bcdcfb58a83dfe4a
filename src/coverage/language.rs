//! Languages over the text of one value as automata that are walked letter by letter, and the plainest of them: literals
//! with stars between them.

use std::collections::BTreeSet;
use std::fmt::Debug;

use crate::pattern::Star;

/// No continuation is accepted.
pub(super) const DEAD: u32 = u32::MAX;
/// Every continuation is accepted.
pub(super) const SURE: u32 = u32::MAX - 1;

/// What is walked letter by letter.
pub(super) trait Language: Debug {
    /// The state before the first letter.
    fn start(&self) -> u32;
    /// The state after a letter.
    fn step(&self, state: u32, letter: char) -> u32;
    /// Whether a text that ends here is accepted.
    fn accepts_in(&self, state: u32) -> bool;
    /// The letters that it tells from all others.
    fn letters(&self, into: &mut BTreeSet<char>);
}

/// A literal of a glob with its failure function (Knuth, Morris, Pratt).
#[derive(Debug)]
pub(super) struct Part {
    pub(super) letters: Vec<char>,
    fallback: Vec<usize>,
}

impl Part {
    fn new(letters: Vec<char>) -> Self {
        let mut fallback = vec![0; letters.len()];
        let mut length = 0;
        for at in 1..letters.len() {
            while length > 0 && letters.get(at) != letters.get(length) {
                length = fallback.get(length - 1).copied().unwrap_or(0);
            }
            if letters.get(at) == letters.get(length) {
                length += 1;
            }
            if let Some(slot) = fallback.get_mut(at) {
                *slot = length;
            }
        }
        Self { letters, fallback }
    }

    /// How many letters of the literal the text ends with, after `letter` follows `matched` of them.
    fn advance(&self, mut matched: usize, letter: char) -> usize {
        loop {
            if self.letters.get(matched) == Some(&letter) {
                return matched + 1;
            }
            if matched == 0 {
                return 0;
            }
            matched = self.fallback.get(matched - 1).copied().unwrap_or(0);
        }
    }
}

/// A value with wildcards: literals in order.
#[derive(Debug)]
pub(super) struct Glob {
    pub(super) parts: Vec<Part>,
    /// The first literal stands at the start.
    pub(super) from_start: bool,
    /// The last literal stands at the end.
    pub(super) to_end: bool,
    /// A last literal that was found too early may be found again (D4: not in the leftmost reading).
    again: bool,
}

impl Glob {
    /// The language of `text` under a reading of `*`.
    pub(super) fn new(text: &str, star: Star) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let (parts, from_start, to_end) = if star == Star::Ends {
            let open_start = text.starts_with('*');
            let open_end = text.ends_with('*');
            let body = text.strip_prefix('*').unwrap_or(text);
            let body = if open_end {
                body.strip_suffix('*').unwrap_or(body)
            } else {
                body
            };
            (
                vec![body.chars().collect::<Vec<_>>()],
                !open_start,
                !open_end,
            )
        } else {
            let parts = letters
                .split(|letter| *letter == '*')
                .map(<[char]>::to_vec)
                .collect();
            (parts, !text.starts_with('*'), !text.ends_with('*'))
        };
        let literal = parts.len() == 1 && from_start && to_end;
        let parts = parts
            .into_iter()
            .filter(|part| literal || !part.is_empty())
            .map(Part::new)
            .collect::<Vec<_>>();
        // `*` alone, or stars only: nothing is asked.
        let open = parts.is_empty();
        Self {
            parts,
            from_start: from_start && !open,
            to_end: to_end && !open,
            again: star != Star::Leftmost,
        }
    }

    /// The texts that contain `text`, or begin or end with it.
    pub(super) fn around(text: &str, from_start: bool, to_end: bool) -> Self {
        let parts = if text.is_empty() {
            Vec::new()
        } else {
            vec![Part::new(text.chars().collect())]
        };
        let open = parts.is_empty();
        Self {
            parts,
            from_start: from_start && !open,
            to_end: to_end && !open,
            again: true,
        }
    }

    /// These literals with any text between them.
    pub(super) fn of(literals: &[String]) -> Self {
        let whole = literals.len() == 1;
        let open = |literal: Option<&String>| !whole && literal.is_some_and(String::is_empty);
        let parts: Vec<Part> = literals
            .iter()
            .filter(|literal| whole || !literal.is_empty())
            .map(|literal| Part::new(literal.chars().collect()))
            .collect();
        let any = parts.is_empty();
        Self {
            from_start: !open(literals.first()) && !any,
            to_end: !open(literals.last()) && !any,
            parts,
            again: true,
        }
    }

    /// The letters of its literals.
    pub(super) fn literals(&self) -> impl Iterator<Item = char> {
        self.parts
            .iter()
            .flat_map(|part| part.letters.iter().copied())
    }

    pub(super) fn start(&self) -> u32 {
        if self.parts.is_empty() { SURE } else { 0 }
    }

    fn pack(part: usize, matched: usize) -> u32 {
        u32::try_from(part << 16 | matched).unwrap_or(DEAD)
    }

    pub(super) fn step(&self, state: u32, letter: char) -> u32 {
        let (index, matched) = ((state >> 16) as usize, (state & 0xffff) as usize);
        let Some(part) = self.parts.get(index) else {
            return DEAD;
        };
        let last = index + 1 == self.parts.len();
        let fixed = index == 0 && self.from_start;
        if matched == part.letters.len() {
            // The last literal, at the end of what was read so far; more text follows.
            return if fixed || !self.again {
                DEAD
            } else {
                Self::pack(index, part.advance(matched, letter))
            };
        }
        let now = if fixed {
            if part.letters.get(matched) != Some(&letter) {
                return DEAD;
            }
            matched + 1
        } else {
            part.advance(matched, letter)
        };
        match (now == part.letters.len(), last) {
            (true, true) if self.to_end => Self::pack(index, now),
            (true, true) => SURE,
            (true, false) => Self::pack(index + 1, 0),
            (false, _) => Self::pack(index, now),
        }
    }

    pub(super) fn accepts_in(&self, state: u32) -> bool {
        let (index, matched) = ((state >> 16) as usize, (state & 0xffff) as usize);
        self.parts
            .get(index)
            .is_some_and(|part| index + 1 == self.parts.len() && matched == part.letters.len())
    }
}
