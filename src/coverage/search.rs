//! The search for an event that a formula holds for.
//!
//! What must hold is asserted at once. Then one choice of the formula is taken apart: alternatives that are whole
//! conditions one after the other, alternatives about one field by the class of that field. What is left of the formula
//! after each step tells which fields still matter; the others are never looked at. Every step is counted, and the
//! count is bounded.

use std::rc::Rc;

use serde_json::Value;

use super::answer::Undecided;
use super::formula::{Fields, Formula};
use super::state::{Found, State};

/// How a search ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// This event was accepted.
    Found(Value),
    /// There is no such event.
    None,
    /// Not known, and why.
    Unsure(Undecided),
}

/// Steps that one search may take: formula nodes visited and automaton steps taken.
pub(super) const STEPS: u64 = 3_000_000;
/// Events that may be refused before the search gives up.
const REFUSED: usize = 40;

/// Why a branch was not followed to its end.
enum Stop {
    Found(Value),
    Budget,
    Refused,
}

/// Builds an event from what was decided, and checks it; the error says what is wrong with it.
pub(super) type Accept<'a> = dyn FnMut(&Fields, &[(usize, Found)]) -> Result<Value, Undecided> + 'a;

pub(super) struct Search<'a> {
    fields: &'a Fields,
    state: State<'a>,
    limit: u64,
    refused: usize,
    accept: &'a mut Accept<'a>,
}

/// How to take a formula apart.
enum Split {
    /// Each of these is one way, the rest of the formula included.
    Ways(Vec<Rc<Formula>>),
    /// These conditions, each together with the refusal of those before it.
    Atoms(Vec<(usize, bool)>),
    /// By the class of this field.
    Field(usize),
}

impl<'a> Search<'a> {
    pub(super) fn new(
        fields: &'a Fields,
        examples: Vec<Vec<String>>,
        limit: u64,
        accept: &'a mut Accept<'a>,
    ) -> Self {
        Self {
            fields,
            state: State::new(fields, examples),
            limit,
            refused: 0,
            accept,
        }
    }

    /// Looks for an event.
    pub(super) fn run(mut self, formula: &Rc<Formula>) -> Ended {
        match self.branch(Rc::clone(formula)) {
            Err(Stop::Found(event)) => Ended::Found(event),
            Err(Stop::Budget) => Ended::Unsure(Undecided::TooManySteps { most: self.limit }),
            Err(Stop::Refused) | Ok(()) => match self.state.unsure {
                Some(reason) => Ended::Unsure(reason),
                None => Ended::None,
            },
        }
    }

    /// Follows every way to make `formula` true. Returns without an error where there is none.
    fn branch(&mut self, formula: Rc<Formula>) -> Result<(), Stop> {
        let mark = self.state.mark();
        if let Some(formula) = self.propagated(formula)? {
            match self.split(&formula) {
                None if matches!(*formula, Formula::True) => self.settle()?,
                None => {}
                Some(Split::Ways(ways)) => {
                    for way in ways {
                        self.branch(way)?;
                    }
                }
                Some(Split::Atoms(atoms)) => {
                    let inner = self.state.mark();
                    for (atom, wanted) in &atoms {
                        let here = self.state.mark();
                        if self.state.assert(*atom, *wanted) && self.narrow(*atom) {
                            let rest = self.reduced(&formula)?;
                            self.branch(rest)?;
                        }
                        self.state.undo(here);
                        // From here on this one does not hold.
                        if !self.state.assert(*atom, !*wanted) {
                            break;
                        }
                    }
                    self.state.undo(inner);
                }
                Some(Split::Field(node)) => self.by_class(node, &formula)?,
            }
        }
        self.state.undo(mark);
        Ok(())
    }

    /// Asserts what must hold until nothing more follows; none where that is a contradiction.
    fn propagated(&mut self, mut formula: Rc<Formula>) -> Result<Option<Rc<Formula>>, Stop> {
        loop {
            let units = units(&formula);
            self.state.work += 1 + units.len() as u64;
            if units.is_empty() {
                return Ok(Some(formula));
            }
            for (atom, wanted) in &units {
                if !self.state.assert(*atom, *wanted) {
                    return Ok(None);
                }
            }
            let mut nodes: Vec<usize> = units
                .iter()
                .filter_map(|(atom, _)| self.fields.atoms.get(*atom)?.node)
                .collect();
            nodes.sort_unstable();
            nodes.dedup();
            if !nodes.into_iter().all(|node| self.state.narrow(node)) {
                return Ok(None);
            }
            formula = self.reduced(&formula)?;
        }
    }

    fn narrow(&mut self, atom: usize) -> bool {
        match self.fields.atoms.get(atom).and_then(|atom| atom.node) {
            Some(node) => self.state.narrow(node),
            None => true,
        }
    }

    fn by_class(&mut self, node: usize, formula: &Rc<Formula>) -> Result<(), Stop> {
        for class in self.state.classes(node) {
            let mark = self.state.mark();
            if self.state.choose(node, &class) {
                let rest = self.reduced(formula)?;
                self.branch(rest)?;
            }
            self.state.undo(mark);
        }
        Ok(())
    }

    /// How to go on; none where nothing is left to choose.
    fn split(&self, formula: &Formula) -> Option<Split> {
        let parts = match formula {
            Formula::All(parts) => parts.as_slice(),
            Formula::Any(parts) => return Some(self.split_choice(parts)),
            _ => return None,
        };
        let choices = parts
            .iter()
            .enumerate()
            .filter_map(|(at, part)| match &**part {
                Formula::Any(choice) => Some((at, choice.as_slice())),
                _ => None,
            });
        // A choice between values of one field says most, and names the events in the order in which they are asked for;
        // then a choice between whole conjunctions; else the shortest.
        let (at, choice) = choices.min_by_key(|(_, choice)| {
            let rank = if self.is_list(choice) {
                0
            } else if choice.iter().any(|part| matches!(**part, Formula::All(_))) {
                1
            } else {
                2
            };
            (rank, choice.len())
        })?;
        Some(match self.split_choice(choice) {
            Split::Ways(ways) => {
                let others = || {
                    parts
                        .iter()
                        .enumerate()
                        .filter(|(other, _)| *other != at)
                        .map(|(_, part)| Rc::clone(part))
                };
                Split::Ways(
                    ways.into_iter()
                        .map(|way| Formula::all([way].into_iter().chain(others())))
                        .collect(),
                )
            }
            other => other,
        })
    }

    /// Whether every alternative is that one and the same undecided field meets a condition.
    fn is_list(&self, parts: &[Rc<Formula>]) -> bool {
        let mut nodes = parts.iter().map(|part| match **part {
            Formula::Atom(atom, true) => self.fields.atoms.get(atom).and_then(|atom| atom.node),
            _ => None,
        });
        let first = nodes.next().flatten();
        first.is_some_and(|node| self.state.class(node).is_none())
            && nodes.all(|node| node == first)
    }

    fn split_choice(&self, parts: &[Rc<Formula>]) -> Split {
        let atoms: Option<Vec<(usize, bool)>> = parts
            .iter()
            .map(|part| match **part {
                Formula::Atom(atom, wanted) => Some((atom, wanted)),
                _ => None,
            })
            .collect();
        let Some(atoms) = atoms else {
            // What a whole conjunction finds is more telling than what one condition on its way drops.
            let (whole, single): (Vec<_>, Vec<_>) = parts
                .iter()
                .cloned()
                .partition(|part| matches!(**part, Formula::All(_)));
            return Split::Ways(whole.into_iter().chain(single).collect());
        };
        let node_of = |atom: usize| self.fields.atoms.get(atom).and_then(|atom| atom.node);
        let node = atoms.first().and_then(|(atom, _)| node_of(*atom));
        match node {
            Some(node)
                if self.state.class(node).is_none()
                    && atoms.iter().all(|(atom, _)| node_of(*atom) == Some(node)) =>
            {
                Split::Field(self.state.outermost(node).unwrap_or(node))
            }
            _ => Split::Atoms(atoms),
        }
    }

    /// The formula holds: gives the fields that conditions were asserted on a class, then builds the event.
    fn settle(&mut self) -> Result<(), Stop> {
        if let Some(node) = self.state.unsettled() {
            return self.by_class(node, &Rc::new(Formula::True));
        }
        let Some(decided) = self.state.decided() else {
            return Ok(());
        };
        match (self.accept)(self.fields, &decided) {
            Ok(event) => Err(Stop::Found(event)),
            Err(reason) => {
                self.state.unsure = Some(reason);
                self.refused += 1;
                if self.refused >= REFUSED {
                    Err(Stop::Refused)
                } else {
                    Ok(())
                }
            }
        }
    }

    /// What is left of the formula under what is decided.
    fn reduced(&mut self, formula: &Rc<Formula>) -> Result<Rc<Formula>, Stop> {
        if self.state.work > self.limit {
            return Err(Stop::Budget);
        }
        Ok(reduce(formula, &self.state.truth, &mut self.state.work))
    }
}

fn reduce(formula: &Rc<Formula>, truth: &[Option<bool>], work: &mut u64) -> Rc<Formula> {
    *work += 1;
    match &**formula {
        Formula::True | Formula::False => Rc::clone(formula),
        Formula::Atom(atom, wanted) => match truth.get(*atom).copied().flatten() {
            Some(truth) if truth == *wanted => Rc::new(Formula::True),
            Some(_) => Rc::new(Formula::False),
            None => Rc::clone(formula),
        },
        Formula::All(parts) => {
            let mut kept = Vec::with_capacity(parts.len());
            for part in parts {
                let part = reduce(part, truth, work);
                if matches!(*part, Formula::False) {
                    return part;
                }
                kept.push(part);
            }
            Formula::all(kept)
        }
        Formula::Any(parts) => {
            let mut kept = Vec::with_capacity(parts.len());
            for part in parts {
                let part = reduce(part, truth, work);
                if matches!(*part, Formula::True) {
                    return part;
                }
                kept.push(part);
            }
            Formula::any(kept)
        }
    }
}

/// The atoms that must have one truth.
fn units(formula: &Formula) -> Vec<(usize, bool)> {
    let unit = |part: &Formula| match part {
        Formula::Atom(atom, wanted) => Some((*atom, *wanted)),
        _ => None,
    };
    match formula {
        Formula::All(parts) => parts.iter().filter_map(|part| unit(part)).collect(),
        other => unit(other).into_iter().collect(),
    }
}
