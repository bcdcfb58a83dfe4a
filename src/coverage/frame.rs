//! The formula that holds for the events in question: those of the scope that the event model allows. Only facts about
//! fields that some predicate looks at are stated; the others could not change an answer.

use std::rc::Rc;

use super::formula::{Asked, Atom, Fields, Formula, Rule};
use super::model::{EventModel, Part, Scope};
use crate::pattern::ast::Step;

/// The events of `scope` that `model` allows.
pub(super) fn frame(fields: &mut Fields, model: &EventModel, scope: &Scope) -> Rc<Formula> {
    let mut parts = Vec::new();
    let mut region = fields.find("awsRegion");
    if let Some(node) = region
        && !scope.regions.is_empty()
    {
        let regions: Vec<&str> = scope
            .regions
            .iter()
            .chain([&scope.global_region])
            .map(String::as_str)
            .collect();
        parts.push(one_of(fields, node, &regions));
    }
    if let Some(node) = fields.find("recipientAccountId")
        && !scope.account.is_empty()
    {
        parts.push(one_of(fields, node, &[&scope.account]));
    }
    // Controls ask for management events; data events and insights are no part of the question.
    if model.uses(Part::Fields) || !scope.account.is_empty() {
        if let Some(node) = fields.find("eventCategory") {
            parts.push(one_of(fields, node, &["Management"]));
        }
        if let Some(node) = fields.find("managementEvent") {
            parts.push(is(fields, node, Asked::Bool(true), true));
        }
    }
    let Some(name) = fields.find("eventName") else {
        return Formula::all(parts);
    };
    let source = fields
        .find("eventSource")
        .filter(|_| model.uses(Part::Sources));
    let access = fields.find("readOnly").filter(|_| model.uses(Part::Access));
    region = region.filter(|_| model.uses(Part::Regions));
    if source.is_none() && access.is_none() && region.is_none() {
        return Formula::all(parts);
    }
    for event in events(fields, name, model) {
        let mut origins = Vec::new();
        for origin in model.origins(&event) {
            let mut facts = Vec::new();
            if let Some(node) = source {
                facts.push(is(
                    fields,
                    node,
                    Asked::Exactly(origin.source.clone()),
                    true,
                ));
            }
            if let Some(node) = access {
                facts.push(is(fields, node, Asked::Bool(origin.read_only), true));
            }
            if let Some(node) = region {
                if origin.global {
                    facts.push(is(
                        fields,
                        node,
                        Asked::Exactly(scope.global_region.clone()),
                        true,
                    ));
                } else if !scope.regions.is_empty() {
                    let regions: Vec<&str> = scope.regions.iter().map(String::as_str).collect();
                    facts.push(one_of(fields, node, &regions));
                }
            }
            origins.push(Formula::all(facts));
        }
        let other = is(fields, name, Asked::Exactly(event), false);
        parts.push(Formula::any([other].into_iter().chain(origins)));
    }
    Formula::all(parts)
}

/// The events of the model that the atoms on the event name can tell from others.
fn events(fields: &Fields, name: usize, model: &EventModel) -> Vec<String> {
    let rules: Vec<&Rule> = fields
        .nodes
        .get(name)
        .into_iter()
        .flat_map(|node| &node.atoms)
        .filter_map(|atom| fields.atoms.get(*atom))
        .map(|atom| &atom.string)
        .collect();
    model
        .names()
        .filter(|event| {
            rules.iter().any(|rule| match rule {
                Rule::Always(_) => false,
                Rule::Point(text, _) => text == event,
                Rule::Run(machine, _) => machine.accepts(event),
            })
        })
        .map(str::to_owned)
        .collect()
}

fn one_of(fields: &mut Fields, node: usize, texts: &[&str]) -> Rc<Formula> {
    let parts: Vec<_> = texts
        .iter()
        .map(|text| is(fields, node, Asked::Exactly((*text).to_owned()), true))
        .collect();
    Formula::any(parts)
}

fn is(fields: &mut Fields, node: usize, asked: Asked, wanted: bool) -> Rc<Formula> {
    let id = fields.atom(Some(node), asked, |asked| match asked {
        Asked::Bool(truth) => Atom {
            yes: *truth,
            no: !*truth,
            ..Atom::flat(false)
        },
        Asked::Exactly(text) => Atom {
            string: Rule::Point(text.clone(), false),
            ..Atom::flat(false)
        },
        _ => Atom::flat(false),
    });
    Rc::new(Formula::Atom(id, wanted))
}

impl Fields {
    /// The node of a field of the event, where some predicate looks at it.
    fn find(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| {
            node.parent == Some(0) && matches!(&node.step, Some(Step::Name(step)) if step == name)
        })
    }
}
