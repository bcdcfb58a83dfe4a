//! What a formula is built on: the tree of fields with its atoms, under one setting of the semantics and one event model.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::answer::Undecided;
use super::conditions::behaviour;
use super::formula::{Asked, Atom, Fields, Formula, Operand};
use super::machine::Machine;
use super::model::EventModel;
use crate::pattern::Semantics;
use crate::pattern::ast::Step;

/// The fields and atoms so far.
pub(super) struct Ground<'a> {
    pub(super) fields: Fields,
    pub(super) semantics: &'a Semantics,
    pub(super) model: &'a EventModel,
    machines: BTreeMap<Operand, Rc<Machine>>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(semantics: &'a Semantics, model: &'a EventModel) -> Self {
        Self {
            fields: Fields::new(),
            semantics,
            model,
            machines: BTreeMap::new(),
        }
    }

    /// The node of a field.
    pub(super) fn node(&mut self, steps: &[Step]) -> usize {
        let model = self.model;
        self.fields.node(steps, |steps| model.kinds(steps))
    }

    /// "The field meets the condition", or "it does not".
    pub(super) fn atom(
        &mut self,
        node: Option<usize>,
        asked: Asked,
        wanted: bool,
    ) -> Result<Rc<Formula>, Undecided> {
        // `=` and `!=` on one operand share a machine, `!=` on machine errors too.
        let mut failed = None;
        let semantics = self.semantics;
        let machines = &mut self.machines;
        let id = self.fields.atom(node, asked, |asked| {
            behaviour(asked, semantics, machines).unwrap_or_else(|reason| {
                failed = Some(reason);
                Atom::flat(false)
            })
        });
        match failed {
            Some(reason) => Err(reason),
            None => Ok(Rc::new(Formula::Atom(id, wanted))),
        }
    }
}

/// Always, or never.
pub(super) fn constant(truth: bool) -> Rc<Formula> {
    Rc::new(if truth { Formula::True } else { Formula::False })
}
