//! The automata that event patterns need beside those of filter patterns: text without regard to case, and the texts that
//! EventBridge makes a certain `source` of.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::LazyLock;

use super::language::{DEAD, Glob, Language, SURE};
use crate::pattern::event::{SOURCE_PREFIX, SOURCE_SUFFIX, folded};

/// The letters that stand for others in comparisons without regard to case, each with those.
static OTHER_FORMS: LazyLock<BTreeMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut forms: BTreeMap<char, Vec<char>> = BTreeMap::new();
    // No letter beyond has two forms.
    for letter in '\0'..='\u{1ffff}' {
        let stands = folded(letter);
        if stands != letter {
            forms.entry(stands).or_default().push(letter);
        }
    }
    forms
});

/// A text without regard to case: at the start, at the end, or the whole.
#[derive(Debug)]
pub(super) struct Folded {
    /// Over letters that stand for others.
    pub(super) glob: Glob,
    /// As written.
    pub(super) text: String,
}

impl Folded {
    pub(super) fn new(text: &str, from_start: bool, to_end: bool) -> Self {
        let lower: String = text.chars().map(folded).collect();
        let glob = if from_start && to_end {
            Glob::of(&[lower])
        } else {
            Glob::around(&lower, from_start, to_end)
        };
        Self {
            glob,
            text: text.to_owned(),
        }
    }

    pub(super) fn letters(&self) -> Vec<char> {
        let forms = |letter: char| OTHER_FORMS.get(&letter).into_iter().flatten().copied();
        self.glob
            .literals()
            .flat_map(|letter| [letter].into_iter().chain(forms(letter)))
            .collect()
    }
}

/// How far a text was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Reading {
    /// The state of the inner machine if all of it counts.
    whole: u32,
    /// The suffixes that may just end: how many letters of one were read, and the state before it.
    ending: Vec<(usize, u32)>,
}

/// The texts that EventBridge makes a `source` of which the inner machine accepts: `aws.` in front, `.amazonaws.com` cut
/// off the end.
#[derive(Debug)]
pub(super) struct Source {
    inner: Rc<dyn Language>,
    suffix: Vec<char>,
    first: Reading,
    /// Readings that have come up, by number.
    readings: RefCell<(Vec<Reading>, BTreeMap<Reading, u32>)>,
}

impl Source {
    pub(super) fn new(inner: Rc<dyn Language>) -> Self {
        let whole = SOURCE_PREFIX
            .chars()
            .fold(inner.start(), |state, letter| inner.step(state, letter));
        Self {
            inner,
            suffix: SOURCE_SUFFIX.chars().collect(),
            first: Reading {
                whole,
                ending: Vec::new(),
            },
            readings: RefCell::default(),
        }
    }

    fn number(&self, reading: Reading) -> u32 {
        for end in [DEAD, SURE] {
            if reading.whole == end && reading.ending.iter().all(|(_, state)| *state == end) {
                return end;
            }
        }
        let mut readings = self.readings.borrow_mut();
        if let Some(known) = readings.1.get(&reading) {
            return *known;
        }
        let Ok(number) = u32::try_from(readings.0.len()) else {
            return DEAD;
        };
        readings.0.push(reading.clone());
        readings.1.insert(reading, number);
        number
    }

    fn reading(&self, number: u32) -> Option<Reading> {
        self.readings.borrow().0.get(number as usize).cloned()
    }

    pub(super) fn start(&self) -> u32 {
        self.number(self.first.clone())
    }

    pub(super) fn step(&self, state: u32, letter: char) -> u32 {
        let Some(before) = self.reading(state) else {
            return DEAD;
        };
        let begun = before.ending.iter().copied().chain([(0, before.whole)]);
        let ending = begun
            .filter(|(read, _)| self.suffix.get(*read) == Some(&letter))
            .map(|(read, state)| (read + 1, state))
            .collect();
        self.number(Reading {
            whole: self.inner.step(before.whole, letter),
            ending,
        })
    }

    pub(super) fn accepts_in(&self, state: u32) -> bool {
        self.reading(state).is_some_and(|reading| {
            let ended = reading
                .ending
                .iter()
                .find(|(read, _)| *read == self.suffix.len());
            self.inner
                .accepts_in(ended.map_or(reading.whole, |(_, state)| *state))
        })
    }

    pub(super) fn letters(&self, into: &mut BTreeSet<char>) {
        self.inner.letters(into);
        into.extend(&self.suffix);
    }
}
