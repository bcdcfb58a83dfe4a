//! Asks `coverage` its questions and remembers the answers: accounts of one organization mostly have the same filters,
//! so the same question comes up again and again.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::Value;

use crate::chain::Path;
use crate::coverage::{self, EventModel, Is, Missed, Noise, Predicate, Premise, Scope};
use crate::pattern::ast::{Condition, Expr, PatternKind, Value as PatternValue};
use crate::pattern::event::{Rule, SignIn};

use super::interned::{Id, Interned, Part};

/// The coverage decision under one event model, with a memory.
pub(super) struct CoverageMemo {
    model: EventModel,
    interned: RefCell<Interned>,
    missed: RefCell<HashMap<QuestionKey, (String, Missed)>>,
    assumptions: RefCell<HashMap<QuestionKey, Vec<Premise>>>,
    saturations: RefCell<HashMap<QuestionKey, bool>>,
    noises: RefCell<HashMap<QuestionKey, (String, Noise)>>,
    names: RefCell<HashMap<QuestionKey, Rc<[String]>>>,
    places: RefCell<Places>,
}

/// Where events may come from: the Region of global services, and the Regions.
type Place = (String, Vec<String>);

/// Places by number.
#[derive(Default)]
struct Places {
    known: HashMap<Place, usize>,
    /// The one asked about last: mostly the next one, too.
    last: (Place, usize),
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
            names: RefCell::default(),
            places: RefCell::default(),
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

    /// What some predicates together miss of the events of the scope that `required` matches.
    pub(super) fn missed_by(&self, required: &Predicate, parts: &[Part], scope: &Scope) -> Missed {
        let (id, union) = {
            let mut interned = self.interned.borrow_mut();
            (interned.id(required), interned.union(required, parts))
        };
        self.missed_in((id, required), (union.id, &union.events), scope)
    }

    /// What `deployed` misses of the events of the scope that `required` matches.
    pub(super) fn missed(
        &self,
        required: &Predicate,
        deployed: &Predicate,
        scope: &Scope,
    ) -> Missed {
        let [one, other] = [required, deployed].map(|it| self.interned.borrow_mut().id(it));
        self.missed_in((one, required), (other, deployed), scope)
    }

    fn missed_in(
        &self,
        (one, required): (Id, &Predicate),
        (other, deployed): (Id, &Predicate),
        scope: &Scope,
    ) -> Missed {
        if *deployed == Predicate::Always {
            return Missed::Nothing;
        }
        let question = self.question([one, other], scope);
        if let Some((account, answer)) = self.missed.borrow().get(&question) {
            return match answer {
                Missed::Event(event) => Missed::Event(moved(event, account, &scope.account)),
                other => other.clone(),
            };
        }
        let answer = coverage::missed(required, deployed, &self.model, scope);
        let told = (scope.account.clone(), answer.clone());
        self.missed.borrow_mut().insert(question, told);
        answer
    }

    /// What it rests on that `deployed` misses nothing.
    pub(super) fn rests_on(
        &self,
        required: &Predicate,
        deployed: &Predicate,
        scope: &Scope,
    ) -> Vec<Premise> {
        if *deployed == Predicate::Always {
            return Vec::new();
        }
        let question = self.asked([required, deployed], scope);
        if let Some(known) = self.assumptions.borrow().get(&question) {
            return known.clone();
        }
        let assumptions = coverage::rests_on(required, deployed, &self.model, scope);
        let told = assumptions.clone();
        self.assumptions.borrow_mut().insert(question, told);
        assumptions
    }

    /// Whether `deployed` matches nearly every event.
    pub(super) fn saturates(&self, deployed: &Predicate, scope: &Scope) -> bool {
        let question = self.asked([deployed, deployed], scope);
        if let Some(answer) = self.saturations.borrow().get(&question) {
            return *answer;
        }
        let answer = coverage::is_nearly_everything(deployed, &self.model, scope);
        self.saturations.borrow_mut().insert(question, answer);
        answer
    }

    /// What `deployed` matches beyond `required`.
    pub(super) fn noise(&self, required: &Predicate, deployed: &Predicate, scope: &Scope) -> Noise {
        let question = self.asked([required, deployed], scope);
        if let Some((account, noise)) = self.noises.borrow().get(&question) {
            let here = |event: &Option<Value>| {
                event
                    .as_ref()
                    .map(|event| moved(event, account, &scope.account))
            };
            return Noise {
                class: noise.class.clone(),
                extra: here(&noise.extra),
                routine: here(&noise.routine),
            };
        }
        let noise = coverage::noise(required, deployed, &self.model, scope);
        let told = (scope.account.clone(), noise.clone());
        self.noises.borrow_mut().insert(question, told);
        noise
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

    /// Two accounts ask the same question where neither predicate speaks of the account.
    fn question(&self, predicates: [Id; 2], scope: &Scope) -> QuestionKey {
        let interned = self.interned.borrow();
        let named = predicates
            .iter()
            .any(|id| interned.names_account(*id, &scope.account));
        QuestionKey {
            predicates,
            account: if named {
                scope.account.clone()
            } else {
                String::new()
            },
            place: self.place(scope),
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

/// The fields that the pattern of a metric filter looks at; none for a pattern of another kind.
pub(super) fn fields(predicate: &Predicate) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    if let Predicate::Pattern(pattern) = predicate
        && let PatternKind::Json(expr) = &pattern.kind
    {
        collect_fields(expr, &mut fields);
    }
    fields
}

fn collect_fields(expr: &Expr, fields: &mut BTreeSet<String>) {
    match expr {
        Expr::Or(parts) | Expr::And(parts) => {
            parts.iter().for_each(|part| collect_fields(part, fields));
        }
        Expr::Group(inner, _) => collect_fields(inner, fields),
        Expr::Test(test) => {
            fields.insert(test.selector.to_string());
        }
    }
}

/// The literal texts that a predicate compares with: what a person would recognise it by. Stars at the ends, what stands
/// before a colon (`ec2:CreateRoute`, `arn:aws:iam::111122223333:root`) and case make no difference to a person.
pub(super) fn words(predicate: &Predicate) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    collect_words(predicate, &mut words);
    words.iter().filter_map(|text| word(text)).collect()
}

/// A text as a person recognises it; none where nothing is left of it.
fn word(text: &str) -> Option<String> {
    let last = text.rsplit(':').next().unwrap_or(text);
    let word = last.trim_matches('*').to_ascii_lowercase();
    (!word.is_empty()).then_some(word)
}

fn collect_words(predicate: &Predicate, words: &mut BTreeSet<String>) {
    match predicate {
        Predicate::Always | Predicate::Never => {}
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| collect_words(part, words))
        }
        Predicate::Not(inner) => collect_words(inner, words),
        Predicate::Test(test) => {
            if let Is::Text(text) | Is::StartsWith(text) | Is::EndsWith(text) = &test.is {
                words.insert(text.clone());
            }
        }
        Predicate::Event(pattern, _) => {
            for (path, rules) in pattern.alternatives().into_iter().flatten() {
                words.extend(rules.iter().flat_map(|rule| rule_words(&path, rule)));
            }
        }
        Predicate::Pattern(pattern) => {
            if let PatternKind::Json(expr) = &pattern.kind {
                collect_expr_words(expr, words);
            }
        }
    }
}

/// The texts of a rule about a field of the event around a record, in the words of filters: those that it leaves out too, as
/// with a filter.
fn rule_words(path: &str, rule: &Rule) -> Vec<String> {
    let text = match rule {
        Rule::Text(text) | Rule::IgnoreCase(text) => text.clone(),
        Rule::Prefix(text) | Rule::Suffix(text) => text.text.clone(),
        Rule::Wildcard(literals) => literals.join("*"),
        Rule::AnythingBut(rules) => {
            return rules
                .iter()
                .flat_map(|rule| rule_words(path, rule))
                .collect();
        }
        _ => return Vec::new(),
    };
    rule_word(path, text).into_iter().collect()
}

fn rule_word(path: &str, text: String) -> Option<String> {
    match path {
        // `aws.iam` is what filters call `iam.amazonaws.com`, and sign-ins are asked for by their name there.
        "source" => {
            let service = text.strip_prefix("aws.")?;
            Some(format!("{service}.amazonaws.com"))
        }
        "detail-type" => {
            let of_sign_in = [SignIn::Spaced, SignIn::Joined];
            let sign_in = of_sign_in.iter().any(|it| it.detail_type() == text);
            sign_in.then(|| "ConsoleLogin".to_owned())
        }
        _ => Some(text),
    }
}

fn collect_expr_words(expr: &Expr, words: &mut BTreeSet<String>) {
    match expr {
        Expr::Or(parts) | Expr::And(parts) => parts
            .iter()
            .for_each(|part| collect_expr_words(part, words)),
        Expr::Group(inner, _) => collect_expr_words(inner, words),
        Expr::Test(test) => {
            if let Condition::Equals {
                value: PatternValue::Text(text),
                ..
            } = &test.condition
            {
                words.insert(text.value.clone());
            }
        }
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
