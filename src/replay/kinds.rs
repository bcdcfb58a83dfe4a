//! Records that are alike in all that a report tells of them. How many kinds there are, and how much text is kept of them,
//! is bounded: an account with more of them than any has is told without the names.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::aws::mute::Silence;

use super::principal::Principal;
use super::question::Answers;

/// Principals that are told of one kind of record; beyond that only their type.
const MAX_PRINCIPALS: usize = 2_000;
/// Kinds that are told apart by name: many times what AWS has event names.
const MAX_KINDS: usize = 20_000;
/// Bytes of text that the kinds of an account hold, where the largest record of each counts.
const MAX_TEXT: usize = if cfg!(test) { 64 << 10 } else { 64 << 20 };
/// In place of names where there are too many.
pub const MANY: &str = "*";

/// What records are alike in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindKey {
    /// `eventName`
    pub event_name: String,
    /// `eventSource`
    pub event_source: String,
    /// `userIdentity.type`
    pub principal_type: String,
    /// The answers to all questions.
    pub answers: Answers,
    /// What the account's calendars say of their minutes.
    pub silences: Vec<Silence>,
}

/// A record that is shown, with what orders it before others: its time and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Example {
    /// `eventTime` without its `Z`: so texts are in order.
    pub time: String,
    /// `eventID`
    pub id: String,
    /// The whole record.
    pub text: String,
}

/// A record that may come to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown<'r> {
    /// Who made the call.
    pub principal: Principal<'r>,
    /// `eventTime` without its `Z`: so texts are in order.
    pub time: Cow<'r, str>,
    /// `eventID`
    pub id: Cow<'r, str>,
    /// The whole record.
    pub text: Cow<'r, str>,
}

impl Shown<'_> {
    fn comes_before(&self, first: &Example) -> bool {
        (&*self.time, &*self.id, &*self.text) < (&first.time, &first.id, &first.text)
    }

    fn example(&self) -> Example {
        Example {
            time: self.time.to_string(),
            id: self.id.to_string(),
            text: self.text.to_string(),
        }
    }
}

/// Records of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: Example,
    /// How many by principal; none where there are too many.
    pub principals: Option<BTreeMap<String, u64>>,
    /// Bytes of the largest record.
    largest: usize,
}

/// All kinds of an account. Whether names are given up depends on all records, and not on their order: the number of kinds
/// and the largest record of each only grow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds {
    /// By the bytes of the key.
    known: HashMap<Vec<u8>, (KindKey, Kind)>,
    /// The sum of the largest records.
    text: usize,
    /// Whether there are too many to tell their names.
    nameless: bool,
    /// The bytes of the kind at hand.
    key: Vec<u8>,
}

impl Kinds {
    /// Counts records by event name and source: a kind that is known is found without a copy of its names.
    pub(super) fn see(
        &mut self,
        names: [&str; 2],
        (answers, silences): (&[u64], &[Silence]),
        count: u64,
        shown: &Shown<'_>,
    ) {
        let [event_name, event_source] = names;
        let names = match self.nameless {
            true => [MANY; 3],
            false => [event_name, event_source, &shown.principal.kind],
        };
        let mut key = std::mem::take(&mut self.key);
        write_key(&mut key, names, (answers, silences));
        match self.known.get_mut(&key) {
            Some((_, kind)) => self.text += kind.see(count, shown),
            None => {
                let [event_name, event_source, principal_type] = names.map(str::to_owned);
                let names = KindKey {
                    event_name,
                    event_source,
                    principal_type,
                    answers: answers.to_vec(),
                    silences: silences.to_vec(),
                };
                self.text += shown.text.len();
                self.known
                    .insert(key.clone(), (names, Kind::of(count, shown)));
            }
        }
        self.key = key;
        self.forget_too_many();
    }

    /// Adds what was counted elsewhere.
    pub(super) fn add(&mut self, mut other: Self) {
        if self.nameless != other.nameless {
            self.forget_names();
            other.forget_names();
        }
        // In whatever order: every kind is added to its own.
        let mut kinds: Vec<(Vec<u8>, (KindKey, Kind))> = other.known.into_iter().collect();
        kinds.sort_unstable_by(|one, two| one.0.cmp(&two.0));
        for (key, (names, kind)) in kinds {
            self.put(key, names, kind);
        }
        self.forget_too_many();
    }

    /// The kinds in an order that no hash decides.
    pub fn in_order(&self) -> Vec<(&KindKey, &Kind)> {
        let kinds = self.known.values();
        let mut kinds: Vec<_> = kinds.map(|(key, kind)| (key, kind)).collect();
        kinds.sort_unstable_by(|one, two| one.0.cmp(two.0));
        kinds
    }

    fn put(&mut self, key: Vec<u8>, names: KindKey, kind: Kind) {
        match self.known.get_mut(&key) {
            Some((_, known)) => self.text += known.add(kind),
            None => {
                self.text += kind.largest;
                self.known.insert(key, (names, kind));
            }
        }
    }

    fn forget_too_many(&mut self) {
        if !self.nameless && (self.known.len() > MAX_KINDS || self.text > MAX_TEXT) {
            self.forget_names();
        }
    }

    fn forget_names(&mut self) {
        if self.nameless {
            return;
        }
        self.nameless = true;
        self.text = 0;
        let mut kinds: Vec<(KindKey, Kind)> = self.known.drain().map(|(_, kind)| kind).collect();
        kinds.sort_unstable_by(|one, two| one.0.cmp(&two.0));
        for (names, kind) in kinds {
            let mut key = Vec::new();
            write_key(&mut key, [MANY; 3], (&names.answers, &names.silences));
            let names = KindKey {
                event_name: MANY.to_owned(),
                event_source: MANY.to_owned(),
                principal_type: MANY.to_owned(),
                answers: names.answers,
                silences: names.silences,
            };
            self.put(key, names, kind);
        }
    }
}

fn write_key(key: &mut Vec<u8>, names: [&str; 3], (answers, silences): (&[u64], &[Silence])) {
    key.clear();
    for name in names {
        key.extend_from_slice(&(name.len() as u64).to_le_bytes());
        key.extend_from_slice(name.as_bytes());
    }
    for word in answers {
        key.extend_from_slice(&word.to_le_bytes());
    }
    for Silence {
        sure,
        perhaps,
        muted,
    } in silences
    {
        key.extend(sure.to_le_bytes());
        key.extend(perhaps.to_le_bytes());
        key.push(u8::from(*muted));
    }
}

impl Kind {
    fn of(count: u64, shown: &Shown<'_>) -> Self {
        Self {
            count,
            first: shown.example(),
            principals: Some(BTreeMap::from([(shown.principal.name.to_string(), count)])),
            largest: shown.text.len(),
        }
    }

    /// Counts records of the kind; gives by how much the largest of it grew.
    fn see(&mut self, count: u64, shown: &Shown<'_>) -> usize {
        self.count += count;
        if shown.comes_before(&self.first) {
            self.first = shown.example();
        }
        if let Some(principals) = &mut self.principals {
            count_principal(principals, &shown.principal.name, count);
        }
        self.forget_too_many();
        self.grow(shown.text.len())
    }

    fn grow(&mut self, length: usize) -> usize {
        let more = length.saturating_sub(self.largest);
        self.largest += more;
        more
    }

    /// Adds records of the kind; gives by how much the largest of it grew.
    fn add(&mut self, other: Self) -> usize {
        let more = self.grow(other.largest);
        self.count += other.count;
        if other.first < self.first {
            self.first = other.first;
        }
        let (Some(ours), Some(theirs)) = (&mut self.principals, other.principals) else {
            self.principals = None;
            return more;
        };
        for (name, count) in theirs {
            count_principal(ours, &name, count);
        }
        self.forget_too_many();
        more
    }

    fn forget_too_many(&mut self) {
        let too_many = |principals: &BTreeMap<String, u64>| principals.len() > MAX_PRINCIPALS;
        if self.principals.as_ref().is_some_and(too_many) {
            self.principals = None;
        }
    }
}

fn count_principal(principals: &mut BTreeMap<String, u64>, name: &str, count: u64) {
    match principals.get_mut(name) {
        Some(known) => *known += count,
        None => {
            principals.insert(name.to_owned(), count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn see(kinds: &mut Kinds, number: usize) {
        let shown = Shown {
            principal: Principal {
                kind: "Root".into(),
                name: format!("p{}", number % 7).into(),
            },
            time: "2026-11-21T02:44:00Z".into(),
            id: format!("{number:06}").into(),
            text: "x".repeat(100).into(),
        };
        let name = format!("Name{number}");
        let answers = [(number % 3) as u64];
        kinds.see([&name, "source"], (&answers, &[]), 1, &shown);
    }

    /// Names that nobody has heard of, one a record: memory would grow with the input.
    #[test]
    fn too_many_names_are_given_up_in_whatever_order_they_come() {
        let all = |numbers: &mut dyn Iterator<Item = usize>| {
            let mut kinds = Kinds::default();
            numbers.for_each(|number| see(&mut kinds, number));
            kinds
        };
        let count = MAX_TEXT / 100 + 10;
        let one = all(&mut (0..count));
        let two = all(&mut (0..count).rev());
        // Neither half has too many.
        let mut halves = all(&mut (0..count / 2));
        assert!(!halves.nameless && one.nameless);
        halves.add(all(&mut (count / 2..count)));
        for kinds in [&two, &halves] {
            assert_eq!(kinds.in_order(), one.in_order());
        }
        let told = one.in_order();
        assert_eq!(told.len(), 3);
        assert_eq!(told[0].0.event_name, MANY);
        assert_eq!(told[0].1.first.id, "000000");
        let sum: u64 = told.iter().map(|(_, kind)| kind.count).sum();
        assert_eq!(sum, count as u64);
    }
}
