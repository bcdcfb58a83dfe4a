//! Predicates by number: an account's paths share few of them, and a comparison of numbers is what a comparison of their
//! texts would be.
//!
//! The paths of an account hand out one allocation for each distinct set of conditions, so the number of most paths is found
//! by the address alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher};
use std::mem::discriminant;
use std::rc::Rc;
use std::sync::Arc;

use crate::chain::Path;
use crate::coverage::{Predicate, event_names};
use crate::pattern::Pattern;

use super::vocabulary::{fields, words};

/// The number of a predicate: equal predicates have equal numbers.
pub(super) type Id = u32;

/// Beyond so many predicates, those that have no event in common with what is asked for are left out of a comparison.
pub(super) const MANY: usize = 64;

/// More patterns than one account has; what they need is bounded.
const KEPT: usize = 20_000;

/// A predicate of some paths.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) id: Id,
    pub(super) events: Arc<Predicate>,
}

/// The events that any of some paths carries.
pub(super) struct Union {
    pub(super) id: Id,
    pub(super) events: Predicate,
}

/// What is known of one predicate.
struct Known {
    predicate: Predicate,
    /// Its text, which only equal predicates share: for an order that does not depend on who came first.
    text: String,
    /// Whether it may name an account.
    may_name_account: bool,
    /// The event names outside of which it matches nothing; none where it leaves the name open.
    names: Option<Rc<BTreeSet<String>>>,
    /// What a person recognises it by, once somebody asks.
    words: Option<Rc<BTreeSet<String>>>,
    fields: Option<Rc<BTreeSet<String>>>,
}

/// The numbers given so far.
#[derive(Default)]
pub(super) struct Interned {
    /// By a hash of its content: few of them share one.
    by_hash: HashMap<u64, Vec<Id>>,
    known: Vec<Known>,
    /// By the address of the allocation, which is held so that nothing else takes it.
    by_address: HashMap<usize, Part>,
    /// Of patterns, which the accounts share, by their address alike.
    by_pattern: HashMap<*const Pattern, (Arc<Pattern>, Id)>,
    unions: HashMap<Vec<Id>, Rc<Union>>,
}

impl Interned {
    /// Forgets the addresses of an account whose paths are done with.
    pub(super) fn forget_addresses(&mut self) {
        self.by_address.clear();
    }

    /// The number of a predicate.
    pub(super) fn id(&mut self, predicate: &Predicate) -> Id {
        let Predicate::Pattern(pattern) = predicate else {
            return self.by_content(predicate);
        };
        let address = Arc::as_ptr(pattern);
        if let Some((_, id)) = self.by_pattern.get(&address) {
            return *id;
        }
        let id = self.by_content(predicate);
        if self.by_pattern.len() >= KEPT {
            self.by_pattern.clear();
        }
        self.by_pattern.insert(address, (Arc::clone(pattern), id));
        id
    }

    fn by_content(&mut self, predicate: &Predicate) -> Id {
        let mut hasher = DefaultHasher::new();
        write_hash(predicate, &mut hasher);
        let alike = self.by_hash.entry(hasher.finish()).or_default();
        for id in alike.iter().copied() {
            let known = self.known.get(id as usize);
            if known.is_some_and(|known| is_same(&known.predicate, predicate)) {
                return id;
            }
        }
        let id = Id::try_from(self.known.len()).unwrap_or(Id::MAX);
        let text = key(predicate);
        self.known.push(Known {
            may_name_account: has_twelve_digits(&text),
            text,
            names: event_names(predicate).map(Rc::new),
            words: None,
            fields: None,
            predicate: predicate.clone(),
        });
        alike.push(id);
        id
    }

    /// The number of a predicate that paths share.
    pub(super) fn shared(&mut self, events: &Arc<Predicate>) -> Id {
        let address = Arc::as_ptr(events) as usize;
        if let Some(part) = self.by_address.get(&address) {
            return part.id;
        }
        let id = self.id(events);
        let events = Arc::clone(events);
        self.by_address.insert(address, Part { id, events });
        id
    }

    /// The literal texts of a predicate.
    pub(super) fn words(&mut self, predicate: &Predicate) -> Rc<BTreeSet<String>> {
        let id = self.id(predicate) as usize;
        let known = self.known.get_mut(id).map(|it| &mut it.words);
        remembered(known, || words(predicate))
    }

    /// The fields that a predicate looks at.
    pub(super) fn fields(&mut self, predicate: &Predicate) -> Rc<BTreeSet<String>> {
        let id = self.id(predicate) as usize;
        let known = self.known.get_mut(id).map(|it| &mut it.fields);
        remembered(known, || fields(predicate))
    }

    /// The distinct predicates of some paths, in an order that does not depend on names.
    pub(super) fn parts(&mut self, paths: &[&Path]) -> Vec<Part> {
        let mut found: BTreeMap<Id, &Arc<Predicate>> = BTreeMap::new();
        for path in paths {
            found
                .entry(self.shared(&path.events))
                .or_insert(&path.events);
        }
        let mut parts: Vec<Part> = found
            .into_iter()
            .map(|(id, events)| Part {
                id,
                events: Arc::clone(events),
            })
            .collect();
        parts.sort_by(|one, other| self.text(one.id).cmp(self.text(other.id)));
        parts
    }

    /// The union of predicates in their order. Of very many, those alone that can match an event of `required`.
    pub(super) fn union(&mut self, required: &Predicate, parts: &[Part]) -> Rc<Union> {
        if parts.len() <= MANY {
            return self.whole_union(parts);
        }
        let required = self.id(required);
        let near: Vec<Part> = parts
            .iter()
            .filter(|part| self.may_meet(required, part.id))
            .cloned()
            .collect();
        self.whole_union(&near)
    }

    /// The union of predicates, each once, in the order of their texts.
    pub(super) fn any(&mut self, predicates: impl Iterator<Item = Predicate>) -> Predicate {
        let distinct: BTreeMap<Id, Predicate> = predicates
            .map(|events| (self.id(&events), events))
            .collect();
        let mut distinct: Vec<(Id, Predicate)> = distinct.into_iter().collect();
        distinct.sort_by(|(one, _), (other, _)| self.text(*one).cmp(self.text(*other)));
        Predicate::any(distinct.into_iter().map(|(_, events)| events))
    }

    /// The union of predicates in their order.
    pub(super) fn whole_union(&mut self, parts: &[Part]) -> Rc<Union> {
        let ids: Vec<Id> = parts.iter().map(|part| part.id).collect();
        if let Some(union) = self.unions.get(&ids) {
            return Rc::clone(union);
        }
        let events = Predicate::any(parts.iter().map(|part| (*part.events).clone()));
        let union = Rc::new(Union {
            id: self.id(&events),
            events,
        });
        self.unions.insert(ids, Rc::clone(&union));
        union
    }

    /// Whether some event may match both: their event names do not exclude it.
    pub(super) fn may_meet(&self, one: Id, other: Id) -> bool {
        let names = |id: Id| self.known.get(id as usize)?.names.as_deref();
        match (names(one), names(other)) {
            (Some(one), Some(other)) => !one.is_disjoint(other),
            _ => true,
        }
    }

    /// The text of a predicate.
    pub(super) fn text(&self, id: Id) -> &str {
        self.known.get(id as usize).map_or("", |known| &known.text)
    }

    /// Whether a predicate speaks of the account.
    pub(super) fn names_account(&self, id: Id, account: &str) -> bool {
        let known = self.known.get(id as usize);
        known.is_some_and(|known| {
            (known.may_name_account || account.len() < 12) && known.text.contains(account)
        })
    }
}

/// What is known, or found out and known from now on.
fn remembered(
    known: Option<&mut Option<Rc<BTreeSet<String>>>>,
    find: impl FnOnce() -> BTreeSet<String>,
) -> Rc<BTreeSet<String>> {
    match known {
        Some(known) => Rc::clone(known.get_or_insert_with(|| Rc::new(find()))),
        None => Rc::new(find()),
    }
}

fn has_twelve_digits(text: &str) -> bool {
    let mut run = 0;
    text.bytes().any(|byte| {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        run >= 12
    })
}

/// Equal predicates have one hash.
fn write_hash(predicate: &Predicate, hasher: &mut DefaultHasher) {
    discriminant(predicate).hash(hasher);
    match predicate {
        Predicate::Always | Predicate::Never => {}
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.len().hash(hasher);
            parts.iter().for_each(|part| write_hash(part, hasher));
        }
        Predicate::Not(inner) => write_hash(inner, hasher),
        Predicate::Test(test) => test.hash(hasher),
        Predicate::Pattern(pattern) => pattern.text.hash(hasher),
        // Few are alike in this; which of them are equal is compared.
        Predicate::Event(pattern, sign_in) => {
            discriminant(sign_in).hash(hasher);
            pattern.parts.len().hash(hasher);
        }
    }
}

/// Whether two predicates have one text.
fn is_same(one: &Predicate, other: &Predicate) -> bool {
    match (one, other) {
        (Predicate::Always, Predicate::Always) | (Predicate::Never, Predicate::Never) => true,
        (Predicate::All(one), Predicate::All(other))
        | (Predicate::Any(one), Predicate::Any(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.all(|(one, other)| is_same(one, other))
        }
        (Predicate::Not(one), Predicate::Not(other)) => is_same(one, other),
        (Predicate::Test(one), Predicate::Test(other)) => one == other,
        (Predicate::Pattern(one), Predicate::Pattern(other)) => {
            Arc::ptr_eq(one, other) || one.text == other.text
        }
        (Predicate::Event(one, in_one), Predicate::Event(other, in_other)) => {
            in_one == in_other && (Arc::ptr_eq(one, other) || one.to_string() == other.to_string())
        }
        _ => false,
    }
}

/// The predicate as a text that only equal predicates share.
fn key(predicate: &Predicate) -> String {
    let mut out = String::new();
    write_key(predicate, &mut out);
    out
}

fn write_key(predicate: &Predicate, out: &mut String) {
    let _ = match predicate {
        Predicate::Always => out.write_char('1'),
        Predicate::Never => out.write_char('0'),
        Predicate::All(parts) => write_keys('&', parts, out),
        Predicate::Any(parts) => write_keys('|', parts, out),
        Predicate::Not(inner) => {
            out.push('!');
            write_key(inner, out);
            Ok(())
        }
        Predicate::Test(test) => write!(out, "{test:?}"),
        Predicate::Pattern(pattern) => write!(out, "{:?}", pattern.text),
        Predicate::Event(pattern, sign_in) => write!(out, "{sign_in:?}{pattern}"),
    };
}

fn write_keys(sign: char, parts: &[Predicate], out: &mut String) -> std::fmt::Result {
    out.push(sign);
    out.push('(');
    for part in parts {
        write_key(part, out);
        out.push(';');
    }
    out.push(')');
    Ok(())
}
