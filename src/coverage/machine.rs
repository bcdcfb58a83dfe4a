//! Small deterministic automata over the text of one value, and the search for a word that some of them accept and
//! others reject.
//!
//! Every condition on a string, and on the text of a number, is a regular language. The decision never builds their
//! product: it asks [`word`] whether a combination has a word at all, which walks only the reachable part,
//! shortest words first, within a budget.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::util::{primitives::StateID, start, syntax};
use regex_automata::{Anchored, MatchKind};

use super::decimal::{Against, Plain};
use super::event_machine::{Folded, Source};
use super::language::{DEAD, Glob, Language, SURE};
use crate::pattern::event::{self, Network};

/// A language over the text of one value.
#[derive(Debug)]
pub(super) enum Machine {
    /// Literals with stars between them.
    Glob(Glob),
    /// A regular expression, looked for anywhere.
    Search(Box<WordSearch>),
    /// The texts of plain decimal numbers.
    Number(Plain),
    /// Decimal texts that stand in a relation to a constant.
    Against(Against),
    /// A finite set of words.
    Words(Words),
    /// Text without regard to case.
    Folded(Folded),
    /// Texts that EventBridge makes a `source` of that another machine accepts.
    Source(Box<Source>),
    /// Addresses of a block. Whole texts are judged exactly; it has no automaton.
    Address(Network),
    /// A regular expression whose automaton would be too large: nothing is known of it but its name.
    TooLarge,
}

impl Language for Machine {
    fn start(&self) -> u32 {
        match self {
            Self::Folded(folded) => folded.glob.start(),
            Self::Source(source) => source.start(),
            Self::Glob(glob) => glob.start(),
            Self::Search(search) => search.start,
            Self::Number(plain) => plain.start(),
            Self::Against(against) => against.start(),
            Self::Words(_) => 0,
            Self::Address(_) | Self::TooLarge => DEAD,
        }
    }

    fn step(&self, state: u32, letter: char) -> u32 {
        if state == DEAD || state == SURE {
            return state;
        }
        match self {
            Self::Folded(folded) => folded.glob.step(state, event::folded(letter)),
            Self::Source(source) => source.step(state, letter),
            Self::Glob(glob) => glob.step(state, letter),
            Self::Search(search) => search.step(state, letter),
            Self::Number(plain) => plain.step(state, letter).unwrap_or(DEAD),
            Self::Against(against) => against.step(state, letter),
            Self::Words(words) => words.step(state, letter),
            Self::Address(_) | Self::TooLarge => DEAD,
        }
    }

    fn accepts_in(&self, state: u32) -> bool {
        match state {
            DEAD => false,
            SURE => true,
            _ => match self {
                Self::Folded(folded) => folded.glob.accepts_in(state),
                Self::Source(source) => source.accepts_in(state),
                Self::Glob(glob) => glob.accepts_in(state),
                Self::Search(search) => search.accepts_in(state),
                Self::Number(plain) => plain.accepts_in(state),
                Self::Against(against) => against.accepts_in(state),
                Self::Words(words) => words.ends.contains(&state),
                Self::Address(_) | Self::TooLarge => false,
            },
        }
    }

    fn letters(&self, into: &mut BTreeSet<char>) {
        match self {
            Self::Folded(folded) => into.extend(folded.letters()),
            Self::Source(source) => source.letters(into),
            Self::Glob(glob) => into.extend(glob.literals()),
            Self::Search(search) => into.extend(&search.letters),
            Self::Number(_) | Self::Against(_) => into.extend("0123456789-.".chars()),
            Self::Address(_) | Self::TooLarge => {}
            Self::Words(words) => into.extend(words.next.keys().map(|(_, letter)| *letter)),
        }
    }
}

thread_local! {
    /// The automata built last, by their expressions: one pattern is asked about again and again.
    static BUILT: RefCell<HashMap<String, Option<Rc<Machine>>>> = RefCell::default();
}

/// The most automata that are kept; each has a megabyte at most, and hardly one has more than a few kilobytes.
const KEPT: usize = 256;

impl Machine {
    /// The machine of a regular expression that is already valid Rust syntax, built once; none where it would be too large.
    pub(super) fn search(expression: &str) -> Option<Rc<Self>> {
        BUILT.with_borrow_mut(|built| {
            if let Some(known) = built.get(expression) {
                return known.clone();
            }
            if built.len() >= KEPT {
                built.clear();
            }
            let machine =
                WordSearch::new(expression).map(|search| Rc::new(Self::Search(Box::new(search))));
            built.insert(expression.to_owned(), machine.clone());
            machine
        })
    }

    /// Whether it can be walked letter by letter.
    fn has_automaton(&self) -> bool {
        !matches!(self, Self::Address(_) | Self::TooLarge)
    }

    /// Whether the machine accepts `text`.
    pub(super) fn accepts(&self, text: &str) -> bool {
        if let Self::Address(network) = self {
            return text.parse().is_ok_and(|address| network.holds(address));
        }
        let state = text
            .chars()
            .fold(self.start(), |state, letter| self.step(state, letter));
        self.accepts_in(state)
    }

    /// Words that are likely accepted, or likely near to it: pieces for examples that read well.
    fn pieces(&self) -> Option<(bool, bool, String)> {
        match self {
            Self::Glob(glob) => {
                let text = glob
                    .parts
                    .iter()
                    .flat_map(|part| part.letters.iter())
                    .collect();
                Some((glob.from_start, glob.to_end, text))
            }
            Self::Address(network) => Some((true, true, network.address.to_string())),
            Self::Folded(folded) => Some((
                folded.glob.from_start,
                folded.glob.to_end,
                folded.text.clone(),
            )),
            _ => None,
        }
    }
}

/// A regular expression as a DFA that remembers whether it has matched.
#[derive(Debug)]
pub(super) struct WordSearch {
    dfa: dense::DFA<Vec<u32>>,
    start: u32,
    /// The letters worth telling apart: by classes of ASCII, those that the expression names by number with their
    /// neighbours, and one letter beyond.
    letters: Vec<char>,
}

impl WordSearch {
    /// Builds the DFA of an expression that is already valid Rust syntax; none where it would be too large.
    fn new(expression: &str) -> Option<Self> {
        let dfa = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .match_kind(MatchKind::All)
                    .start_kind(StartKind::Unanchored)
                    .dfa_size_limit(Some(1 << 20))
                    .determinize_size_limit(Some(1 << 20)),
            )
            .syntax(syntax::Config::new())
            .build(expression)
            .ok()?;
        let id = dfa
            .start_state(&start::Config::new().anchored(Anchored::No))
            .ok()?;
        let start = if dfa.is_match_state(id) {
            SURE
        } else {
            id.as_u32()
        };
        let named = expression
            .split("\\x{")
            .filter_map(|rest| u32::from_str_radix(rest.split_once('}')?.0, 16).ok());
        let near = named
            .flat_map(|code| [code.saturating_sub(1), code, code + 1])
            .filter_map(char::from_u32);
        // One letter of ASCII for each class of bytes that the automaton tells apart, the most readable one.
        let mut told: BTreeMap<u8, char> = BTreeMap::new();
        for byte in (b'a'..=b'z')
            .chain(b'A'..=b'Z')
            .chain(b'0'..=b'9')
            .chain(b' '..=b'~')
            .chain(0..=0x7f)
        {
            told.entry(dfa.byte_classes().get(byte))
                .or_insert(char::from(byte));
        }
        let letters = told.into_values().chain(near).chain(['\u{4e2d}']).collect();
        Some(Self {
            dfa,
            start,
            letters,
        })
    }

    fn id(state: u32) -> StateID {
        StateID::new(state as usize).unwrap_or(StateID::ZERO)
    }

    fn step(&self, state: u32, letter: char) -> u32 {
        let mut buffer = [0; 4];
        let mut id = Self::id(state);
        for byte in letter.encode_utf8(&mut buffer).bytes() {
            id = self.dfa.next_state(id, byte);
            if self.dfa.is_match_state(id) {
                return SURE;
            }
            if self.dfa.is_dead_state(id) || self.dfa.is_quit_state(id) {
                return DEAD;
            }
        }
        id.as_u32()
    }

    fn accepts_in(&self, state: u32) -> bool {
        self.dfa
            .is_match_state(self.dfa.next_eoi_state(Self::id(state)))
    }
}

/// A finite set of words.
#[derive(Debug, Default)]
pub(super) struct Words {
    next: BTreeMap<(u32, char), u32>,
    ends: BTreeSet<u32>,
    size: u32,
}

impl Words {
    /// The set of `words`.
    pub(super) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut set = Self::default();
        for word in words {
            let mut state = 0;
            for letter in word.chars() {
                let fresh = set.size + 1;
                let next = *set.next.entry((state, letter)).or_insert(fresh);
                set.size = set.size.max(next);
                state = next;
            }
            set.ends.insert(state);
        }
        set
    }

    fn step(&self, state: u32, letter: char) -> u32 {
        self.next.get(&(state, letter)).copied().unwrap_or(DEAD)
    }
}

/// What a search for a word came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// There is one; this is it.
    Found(String),
    /// There is none.
    None,
    /// The budget of one search ran out.
    TooMuch,
}

/// Product states visited in one search for a word.
const STATES: usize = 6_000;

/// A machine, and whether it has to accept.
pub(super) type Wanted = (Rc<Machine>, bool);

/// A word that every machine accepts or rejects as wanted. `tried` words come first, for their looks; then words put
/// together from the literals of the machines; then all words, shortest first. `work` grows with the steps taken.
pub(super) fn word<'a>(
    machines: &[Wanted],
    tried: impl IntoIterator<Item = &'a str>,
    work: &mut u64,
) -> Word {
    let fits = |text: &str| {
        machines
            .iter()
            .all(|(machine, wanted)| machine.accepts(text) == *wanted)
    };
    for text in tried {
        *work += 1;
        if fits(text) {
            return Word::Found(text.to_owned());
        }
    }
    let joined = joined(machines);
    *work += machines.len() as u64;
    if fits(&joined) {
        return Word::Found(joined);
    }
    let (walked, others): (Vec<Wanted>, Vec<Wanted>) = machines
        .iter()
        .cloned()
        .partition(|(machine, _)| machine.has_automaton());
    match walk(&walked, work) {
        Word::Found(text) if others.is_empty() || (knows_all(&others) && fits(&text)) => {
            Word::Found(text)
        }
        // What has no automaton can refuse this word and take the next.
        Word::Found(_) => Word::TooMuch,
        word => word,
    }
}

/// Whether what is said of whole texts is true.
fn knows_all(machines: &[Wanted]) -> bool {
    machines
        .iter()
        .all(|(machine, _)| !matches!(**machine, Machine::TooLarge))
}

/// The literals of the machines that must accept, in the order their anchors ask for.
fn joined(machines: &[Wanted]) -> String {
    let mut pieces: Vec<(u8, String)> = machines
        .iter()
        .filter(|(_, wanted)| *wanted)
        .filter_map(|(machine, _)| machine.pieces())
        .map(|(start, end, text)| {
            (
                if start {
                    0
                } else if end {
                    2
                } else {
                    1
                },
                text,
            )
        })
        .collect();
    pieces.sort();
    pieces.dedup();
    pieces.into_iter().map(|(_, text)| text).collect()
}

fn walk(machines: &[Wanted], work: &mut u64) -> Word {
    let alphabet = alphabet(machines);
    // One row a visited state: the state, the row it came from, the letter that led here.
    let mut rows: Vec<(Vec<u32>, usize, char)> = Vec::new();
    let mut seen: HashSet<Vec<u32>> = HashSet::new();
    let Some(start) = settle(
        machines,
        machines.iter().map(|(machine, _)| machine.start()),
    ) else {
        return Word::None;
    };
    seen.insert(start.clone());
    rows.push((start, usize::MAX, '\0'));
    let mut at = 0;
    while let Some((states, ..)) = rows.get(at).cloned() {
        if accepted(machines, &states) {
            return Word::Found(spell(&rows, at));
        }
        for &letter in &alphabet {
            *work += machines.len() as u64;
            let next = machines
                .iter()
                .zip(&states)
                .map(|((machine, _), state)| machine.step(*state, letter));
            let Some(next) = settle(machines, next) else {
                continue;
            };
            if seen.contains(&next) {
                continue;
            }
            if rows.len() >= STATES {
                return Word::TooMuch;
            }
            seen.insert(next.clone());
            rows.push((next, at, letter));
        }
        at += 1;
    }
    Word::None
}

/// The product state, or none where some machine can no longer do as wanted.
fn settle(machines: &[Wanted], states: impl Iterator<Item = u32>) -> Option<Vec<u32>> {
    let mut settled = Vec::with_capacity(machines.len());
    for (state, (_, wanted)) in states.zip(machines) {
        match state {
            DEAD if *wanted => return None,
            SURE if !*wanted => return None,
            other => settled.push(other),
        }
    }
    Some(settled)
}

fn accepted(machines: &[Wanted], states: &[u32]) -> bool {
    machines
        .iter()
        .zip(states)
        .all(|((machine, wanted), state)| machine.accepts_in(*state) == *wanted)
}

fn spell(rows: &[(Vec<u32>, usize, char)], mut at: usize) -> String {
    let mut letters = Vec::new();
    while let Some((_, from, letter)) = rows.get(at) {
        if *from == usize::MAX {
            break;
        }
        letters.push(*letter);
        at = *from;
    }
    letters.iter().rev().collect()
}

/// One letter for each class of letters that the machines tell apart, easily read ones first.
fn alphabet(machines: &[Wanted]) -> Vec<char> {
    let mut told = BTreeSet::new();
    for (machine, _) in machines {
        machine.letters(&mut told);
    }
    if machines
        .iter()
        .any(|(machine, wanted)| *wanted && matches!(**machine, Machine::Number(_)))
    {
        return "0123456789-.".chars().collect();
    }
    let other = ('a'..='z')
        .chain('A'..='Z')
        .chain('0'..='9')
        .chain('\u{e0}'..)
        .find(|letter| !told.contains(letter));
    let mut letters: Vec<char> = told.into_iter().chain(other).collect();
    letters.sort_by_key(|letter| {
        (
            !letter.is_ascii_alphanumeric(),
            !letter.is_ascii_graphic(),
            *letter,
        )
    });
    letters
}

#[cfg(test)]
mod tests;
