//! Asks `coverage` its questions and remembers the answers: accounts of one organization mostly have the same filters,
//! so the same question comes up again and again.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::Value;

use crate::chain::Path;
use crate::coverage::{self, EventModel, Matchers, Missed, Noise, Predicate, Premise, Scope};

use super::interned::{Id, Interned, Part, Union};

/// The coverage decision under one event model, with a memory.
pub(super) struct CoverageMemo {
    model: EventModel,
    interned: RefCell<Interned>,
    missed: RefCell<HashMap<QuestionKey, (String, Missed)>>,
    assumptions: RefCell<HashMap<QuestionKey, Vec<Premise>>>,
    saturations: RefCell<HashMap<QuestionKey, bool>>,
    noises: RefCell<HashMap<QuestionKey, Noise>>,
    caught: RefCell<HashMap<CaughtKey, Rc<[Caught]>>>,
    names: RefCell<HashMap<QuestionKey, Rc<[String]>>>,
    places: RefCell<ScopeKeys>,
    matchers: Matchers,
}

/// By which of some filters the events of one name are caught, by their positions; none where not all of them are.
pub(super) type Caught = Option<Vec<usize>>;

/// A requirement, filters with whether each is near to it, and where: as in [`QuestionKey`].
type CaughtKey = (Id, Vec<(Id, bool)>, (String, usize));

/// Where events may come from: the Region of global services, and the Regions.
type ScopeKey = (String, Vec<String>);

/// Such places by number.
#[derive(Default)]
struct ScopeKeys {
    known: HashMap<ScopeKey, usize>,
    /// The one asked about last: mostly the next one, too.
    last: (ScopeKey, usize),
}

/// What is asked, without names of accounts where the predicates have none: two accounts may ask the same.
#[derive(PartialEq, Eq, Hash)]
struct QuestionKey {
    predicates: [Id; 2],
    account: String,
    /// The number of the place.
    place: usize,
}

impl CoverageMemo {
    /// One without memories. `strict`: no assumption about events.
    pub(super) fn new(strict: bool) -> Self {
        Self {
            model: if strict {
                EventModel::none()
            } else {
                EventModel::cloudtrail()
            },
            interned: RefCell::default(),
            missed: RefCell::default(),
            assumptions: RefCell::default(),
            saturations: RefCell::default(),
            noises: RefCell::default(),
            caught: RefCell::default(),
            names: RefCell::default(),
            places: RefCell::default(),
            matchers: Matchers::default(),
        }
    }

    /// The paths that were asked about are done with.
    pub(super) fn forget_paths(&self) {
        self.interned.borrow_mut().forget_addresses();
    }

    /// The number of the events of a path.
    pub(super) fn id(&self, path: &Path) -> Id {
        self.interned.borrow_mut().shared(&path.events)
    }

    /// The distinct predicates of some paths, in an order that does not depend on names.
    pub(super) fn parts(&self, paths: &[&Path]) -> Vec<Part> {
        self.interned.borrow_mut().parts(paths)
    }

    /// The events that any of some paths carries, each predicate once, in an order that does not depend on names.
    pub(super) fn together(&self, paths: &[&Path]) -> Rc<Union> {
        let mut interned = self.interned.borrow_mut();
        let parts = interned.parts(paths);
        interned.whole_union(&parts)
    }

    /// The union of predicates, each once, in an order that does not depend on names.
    pub(super) fn any(&self, predicates: impl Iterator<Item = Predicate>) -> Predicate {
        self.interned.borrow_mut().any(predicates)
    }

    /// Whether some event may match both.
    pub(super) fn may_meet(&self, required: &Predicate, deployed: &Predicate) -> bool {
        let mut interned = self.interned.borrow_mut();
        let (one, other) = (interned.id(required), interned.id(deployed));
        interned.may_meet(one, other)
    }

    /// The literal texts that a predicate compares with.
    pub(super) fn words(&self, predicate: &Predicate) -> Rc<BTreeSet<String>> {
        self.interned.borrow_mut().words(predicate)
    }

    /// The fields that the pattern of a metric filter looks at.
    pub(super) fn fields(&self, predicate: &Predicate) -> Rc<BTreeSet<String>> {
        self.interned.borrow_mut().fields(predicate)
    }

    /// Whether an event matches, by the plain matcher.
    pub(super) fn holds(&self, predicate: &Predicate, event: &Value) -> bool {
        self.matchers.holds(predicate, event)
    }

    /// What some predicates together miss of the events of the scope that `required` matches.
    pub(super) fn missed_by(&self, required: &Predicate, parts: &[Part], scope: &Scope) -> Missed {
        let (id, union) = self.put_together(required, parts);
        let told = |account: &str, answer: &Missed| told(account, answer, scope);
        self.answer((id, required), (union.id, &union.events), scope, told)
    }

    /// Whether some predicates together miss nothing of the events of the scope that `required` matches.
    pub(super) fn covered_by(&self, required: &Predicate, parts: &[Part], scope: &Scope) -> bool {
        let (id, union) = self.put_together(required, parts);
        let is_nothing = |_: &str, answer: &Missed| answer.is_nothing();
        self.answer((id, required), (union.id, &union.events), scope, is_nothing)
    }

    /// Whether `deployed` misses nothing of the events of the scope that `required` matches.
    pub(super) fn covers(&self, required: &Predicate, deployed: &Predicate, scope: &Scope) -> bool {
        let [one, other] = [required, deployed].map(|it| self.interned.borrow_mut().id(it));
        let is_nothing = |_: &str, answer: &Missed| answer.is_nothing();
        self.answer((one, required), (other, deployed), scope, is_nothing)
    }

    fn put_together(&self, required: &Predicate, parts: &[Part]) -> (Id, Rc<Union>) {
        let mut interned = self.interned.borrow_mut();
        (interned.id(required), interned.union(required, parts))
    }

    /// What is remembered of a question, or decided now: the account for which it was, and what is missed.
    fn answer<T>(
        &self,
        (one, required): (Id, &Predicate),
        (other, deployed): (Id, &Predicate),
        scope: &Scope,
        read: impl FnOnce(&str, &Missed) -> T,
    ) -> T {
        if *deployed == Predicate::Always {
            return read(&scope.account, &Missed::Nothing);
        }
        let question = self.question([one, other], scope);
        if let Some((account, answer)) = self.missed.borrow().get(&question) {
            return read(account, answer);
        }
        let answer = coverage::missed(required, deployed, &self.model, scope);
        let read = read(&scope.account, &answer);
        let decided = (scope.account.clone(), answer);
        self.missed.borrow_mut().insert(question, decided);
        read
    }

    /// What it rests on that `deployed` misses nothing.
    pub(super) fn rests_on(
        &self,
        required: &Predicate,
        deployed: &Union,
        scope: &Scope,
    ) -> Vec<Premise> {
        let Union { id, events } = deployed;
        if *events == Predicate::Always {
            return Vec::new();
        }
        let question = self.beside(required, *id, scope);
        if let Some(known) = self.assumptions.borrow().get(&question) {
            return known.clone();
        }
        let assumptions = coverage::rests_on(required, events, &self.model, scope);
        let told = assumptions.clone();
        self.assumptions.borrow_mut().insert(question, told);
        assumptions
    }

    /// Whether `deployed` matches nearly every event.
    pub(super) fn saturates(
        &self,
        deployed: &Predicate,
        recorded: &Predicate,
        scope: &Scope,
    ) -> bool {
        let question = self.asked([deployed, recorded], scope);
        if let Some(answer) = self.saturations.borrow().get(&question) {
            return *answer;
        }
        let answer = coverage::is_nearly_everything(deployed, recorded, &self.model, scope);
        self.saturations.borrow_mut().insert(question, answer);
        answer
    }

    /// What `deployed` matches beyond `required`: `read` is given it as it was decided, for an account whose events are those
    /// of the one that is asked about but for the account in them.
    pub(super) fn noise<T>(
        &self,
        required: &Predicate,
        deployed: &Union,
        scope: &Scope,
        read: impl FnOnce(&Noise) -> T,
    ) -> T {
        let question = self.beside(required, deployed.id, scope);
        if let Some(noise) = self.noises.borrow().get(&question) {
            return read(noise);
        }
        let noise = coverage::noise(required, &deployed.events, &self.model, scope);
        let read = read(&noise);
        self.noises.borrow_mut().insert(question, noise);
        read
    }

    /// By which of some filters the events of each name that a requirement lists are caught; `decide` says it where it is not
    /// known. What it says may rest on nothing but the requirement, the filters, whether each is near, and the scope.
    pub(super) fn caught(
        &self,
        required: &Predicate,
        filters: Vec<(Id, bool)>,
        scope: &Scope,
        decide: impl FnOnce() -> Rc<[Caught]>,
    ) -> Rc<[Caught]> {
        let required = self.interned.borrow_mut().id(required);
        let ids = filters.iter().map(|(id, _)| *id).chain([required]);
        let place = (self.account_of(ids, scope), self.place(scope));
        let question = (required, filters, place);
        if let Some(known) = self.caught.borrow().get(&question) {
            return Rc::clone(known);
        }
        let caught = decide();
        let told = Rc::clone(&caught);
        self.caught.borrow_mut().insert(question, told);
        caught
    }

    /// The event names that a requirement asks for, in its order.
    pub(super) fn names(&self, required: &Predicate, scope: &Scope) -> Rc<[String]> {
        let question = self.asked([required, required], scope);
        if let Some(names) = self.names.borrow().get(&question) {
            return names.clone();
        }
        let all = coverage::by_name(required, &[Predicate::Always], &self.model, scope);
        let names: Rc<[String]> = all.into_iter().map(|answer| answer.name).collect();
        self.names.borrow_mut().insert(question, names.clone());
        names
    }

    fn asked(&self, predicates: [&Predicate; 2], scope: &Scope) -> QuestionKey {
        let ids = predicates.map(|it| self.interned.borrow_mut().id(it));
        self.question(ids, scope)
    }

    fn beside(&self, required: &Predicate, deployed: Id, scope: &Scope) -> QuestionKey {
        let required = self.interned.borrow_mut().id(required);
        self.question([required, deployed], scope)
    }

    /// Two accounts ask the same question where neither predicate speaks of the account.
    fn question(&self, predicates: [Id; 2], scope: &Scope) -> QuestionKey {
        QuestionKey {
            predicates,
            account: self.account_of(predicates.into_iter(), scope),
            place: self.place(scope),
        }
    }

    /// The account that is asked about, where one of these predicates speaks of it.
    fn account_of(&self, mut predicates: impl Iterator<Item = Id>, scope: &Scope) -> String {
        let interned = self.interned.borrow();
        match predicates.any(|id| interned.names_account(id, &scope.account)) {
            true => scope.account.clone(),
            false => String::new(),
        }
    }

    fn place(&self, scope: &Scope) -> usize {
        let mut places = self.places.borrow_mut();
        let ((global, regions), number) = &places.last;
        if *number > 0 && *global == scope.global_region && *regions == scope.regions {
            return *number;
        }
        let place = (scope.global_region.clone(), scope.regions.clone());
        let next = places.known.len() + 1;
        let number = *places.known.entry(place.clone()).or_insert(next);
        places.last = (place, number);
        number
    }
}

/// An answer that was given for one account, as it is for another.
fn told(account: &str, answer: &Missed, scope: &Scope) -> Missed {
    match answer {
        Missed::Event(event) => Missed::Event(moved(event, account, &scope.account)),
        other => other.clone(),
    }
}

/// The record as it would look in another account.
fn moved(record: &Value, from: &str, to: &str) -> Value {
    if from == to {
        return record.clone();
    }
    match record {
        Value::String(text) => Value::String(text.replace(from, to)),
        Value::Array(items) => items.iter().map(|item| moved(item, from, to)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), moved(value, from, to)))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_witness_is_moved_to_the_account_that_asks() {
        let record = serde_json::json!({"a": ["x111122223333", 1], "b": {"c": "111122223333"}});
        let expected = serde_json::json!({"a": ["x444455556666", 1], "b": {"c": "444455556666"}});
        assert_eq!(moved(&record, "111122223333", "444455556666"), expected);
    }

    #[test]
    fn accounts_share_a_question_only_where_it_does_not_speak_of_them() {
        let scope = |account: &str| Scope {
            account: account.into(),
            ..Scope::default()
        };
        let neutral = Predicate::equals("eventName", "StopLogging");
        let local = Predicate::equals("recipientAccountId", "111122223333");
        let memo = CoverageMemo::new(true);
        let same = |asked: &Predicate| {
            let of = |account| memo.asked([asked, asked], &scope(account));
            of("111122223333") == of("444455556666")
        };
        assert!(same(&neutral) && !same(&local));
    }
}
