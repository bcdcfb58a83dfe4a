//! The formula that holds for the events in question: those of the scope that the event model allows. Only facts about
//! fields that some predicate looks at are stated; the others could not change an answer.

use std::collections::HashSet;
use std::rc::Rc;

use super::formula::{Asked, Atom, Fields, Formula, Rule};
use super::machine::Machine;
use super::model::{
    CONSOLE_LOGIN, EventModel, Part, ROOT, ROOT_SIGN_IN_REGION, SIGN_IN, Scope, WITHOUT_ERROR_CODE,
};
use crate::pattern::ast::{Step, dotted};

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
            parts.push(asks(fields, node, Asked::Bool(true), true));
        }
    }
    forms(fields, model, &mut parts);
    given(fields, model, scope, &mut parts);
    types(fields, model, &mut parts);
    global(fields, model, scope, &mut parts);
    root_sign_ins(fields, model, scope, &mut parts);
    let Some(name) = fields.find("eventName") else {
        return Formula::all(parts);
    };
    let source = fields
        .find("eventSource")
        .filter(|_| model.uses(Part::Sources));
    let access = fields.find("readOnly").filter(|_| model.uses(Part::Access));
    region = region.filter(|_| model.uses(Part::Regions));
    let kind = fields.find("eventType").filter(|_| model.uses(Part::Types));
    let error = fields.find("errorCode").filter(|_| model.uses(Part::Types));
    let looked_at = [source, access, region, kind, error];
    if looked_at.iter().all(Option::is_none) {
        return Formula::all(parts);
    }
    for event in told_apart(fields, name, model.names()) {
        let mut origins = Vec::new();
        for origin in model.origins(&event) {
            let mut facts = Vec::new();
            if let Some(node) = source {
                facts.push(asks(
                    fields,
                    node,
                    Asked::Exactly(origin.source.clone()),
                    true,
                ));
            }
            if let Some(node) = access {
                facts.push(asks(fields, node, Asked::Bool(origin.read_only), true));
            }
            if let Some(node) = kind {
                facts.push(asks(
                    fields,
                    node,
                    Asked::Exactly(origin.event_type.clone()),
                    true,
                ));
            }
            if let Some(node) = error
                && WITHOUT_ERROR_CODE.contains(&origin.event_type.as_str())
            {
                facts.push(asks(fields, node, Asked::Missing, true));
            }
            if let Some(node) = region {
                if origin.global {
                    facts.push(asks(
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
            origins.push(facts);
        }
        // Nothing is known of it that anybody looks at.
        if origins.iter().any(Vec::is_empty) {
            continue;
        }
        let origins: Vec<_> = origins.into_iter().map(Formula::all).collect();
        let other = asks(fields, name, Asked::Exactly(event), false);
        parts.push(Formula::any([other].into_iter().chain(origins)));
    }
    Formula::all(parts)
}

/// What strings look like in the fields whose form is known.
fn forms(fields: &mut Fields, model: &EventModel, parts: &mut Vec<Rc<Formula>>) {
    for (path, form) in model.forms() {
        let node = asked_about(fields, path);
        parts.extend(node.and_then(|node| written(fields, node, form)));
    }
}

/// That the strings of a field have a form; what cannot be built is not assumed.
fn written(fields: &mut Fields, node: usize, form: &str) -> Option<Rc<Formula>> {
    let machine = Machine::search(form)?;
    let id = fields.atom(Some(node), Asked::Form(form.to_owned()), |_| Atom {
        string: Rule::Run(machine, false),
        ..Atom::flat(true)
    });
    Some(Rc::new(Formula::Atom(id, true)))
}

/// The node of a field that some predicate looks at.
fn asked_about(fields: &Fields, path: &str) -> Option<usize> {
    (0..fields.nodes.len())
        .find(|node| dotted(&fields.path(*node)).is_some_and(|found| found == path))
        .filter(|node| {
            fields
                .nodes
                .get(*node)
                .is_some_and(|node| !node.atoms.is_empty())
        })
}

/// What strings look like in events that have a certain string in another field.
fn given(fields: &mut Fields, model: &EventModel, scope: &Scope, parts: &mut Vec<Rc<Formula>>) {
    for fact in model.given() {
        let (Some(other), Some(node)) = (
            asked_about(fields, &fact.field),
            asked_about(fields, &fact.then),
        ) else {
            continue;
        };
        if told_apart(fields, other, [fact.is.as_str()].into_iter()).is_empty() {
            continue;
        }
        if let Some(written) = written(fields, node, &fact.form(scope)) {
            let other = asks(fields, other, Asked::Exactly(fact.is.clone()), false);
            parts.push(Formula::any([written, other]));
        }
    }
}

/// A service event answers no request, so it has no error code of one; a sign-in that fails has a message alone, and comes
/// from one source.
fn types(fields: &mut Fields, model: &EventModel, parts: &mut Vec<Rc<Formula>>) {
    let Some(kind) = fields.find("eventType").filter(|_| model.uses(Part::Types)) else {
        return;
    };
    let [sign_in, from] = SIGN_IN;
    if let Some(source) = fields.find("eventSource")
        && !told_apart(fields, kind, [sign_in].into_iter()).is_empty()
    {
        let there = asks(fields, source, Asked::Exactly(from.to_owned()), true);
        let other = asks(fields, kind, Asked::Exactly(sign_in.to_owned()), false);
        parts.push(Formula::any([there, other]));
    }
    if let Some(error) = fields.find("errorCode") {
        for without in told_apart(fields, kind, WITHOUT_ERROR_CODE.into_iter()) {
            let none = asks(fields, error, Asked::Missing, true);
            let other = asks(fields, kind, Asked::Exactly(without), false);
            parts.push(Formula::any([none, other]));
        }
    }
}

/// Where the events of global services are recorded, whatever their names.
fn global(fields: &mut Fields, model: &EventModel, scope: &Scope, parts: &mut Vec<Rc<Formula>>) {
    if !model.uses(Part::Regions) {
        return;
    }
    let (Some(source), Some(region)) = (fields.find("eventSource"), fields.find("awsRegion"))
    else {
        return;
    };
    for name in told_apart(
        fields,
        source,
        model.always_global().iter().map(String::as_str),
    ) {
        let other = asks(fields, source, Asked::Exactly(name), false);
        let there = asks(
            fields,
            region,
            Asked::Exactly(scope.global_region.clone()),
            true,
        );
        parts.push(Formula::any([other, there]));
    }
}

/// Where sign-ins of the root user are recorded.
fn root_sign_ins(
    fields: &mut Fields,
    model: &EventModel,
    scope: &Scope,
    parts: &mut Vec<Rc<Formula>>,
) {
    if !model.uses(Part::Regions) || scope.global_region != ROOT_SIGN_IN_REGION {
        return;
    }
    let (Some(region), Some(who)) = (
        fields.find("awsRegion"),
        asked_about(fields, "userIdentity.type"),
    ) else {
        return;
    };
    if told_apart(fields, who, [ROOT].into_iter()).is_empty() {
        return;
    }
    for (field, sign_in) in [("eventType", SIGN_IN[0]), ("eventName", CONSOLE_LOGIN)] {
        let Some(node) = fields.find(field) else {
            continue;
        };
        if told_apart(fields, node, [sign_in].into_iter()).is_empty() {
            continue;
        }
        let there = Asked::Exactly(ROOT_SIGN_IN_REGION.to_owned());
        let there = asks(fields, region, there, true);
        let other = asks(fields, node, Asked::Exactly(sign_in.to_owned()), false);
        let another = asks(fields, who, Asked::Exactly(ROOT.to_owned()), false);
        parts.push(Formula::any([there, other, another]));
    }
}

/// Those of `texts` that the atoms on the field can tell from others.
fn told_apart<'t>(
    fields: &Fields,
    node: usize,
    texts: impl Iterator<Item = &'t str>,
) -> Vec<String> {
    let rules = fields
        .nodes
        .get(node)
        .into_iter()
        .flat_map(|node| &node.atoms)
        .filter_map(|atom| fields.atoms.get(*atom))
        .map(|atom| &atom.string);
    // Thousands of filters name a text each, and the model thousands.
    let mut points: HashSet<&str> = HashSet::new();
    let mut machines: Vec<&Machine> = Vec::new();
    for rule in rules {
        match rule {
            Rule::Always(_) => {}
            Rule::Point(point, _) => {
                points.insert(point);
            }
            Rule::Run(machine, _) => machines.push(machine),
        }
    }
    texts
        .filter(|text| {
            points.contains(text) || machines.iter().any(|machine| machine.accepts(text))
        })
        .map(str::to_owned)
        .collect()
}

fn one_of(fields: &mut Fields, node: usize, texts: &[&str]) -> Rc<Formula> {
    let parts: Vec<_> = texts
        .iter()
        .map(|text| asks(fields, node, Asked::Exactly((*text).to_owned()), true))
        .collect();
    Formula::any(parts)
}

fn asks(fields: &mut Fields, node: usize, asked: Asked, wanted: bool) -> Rc<Formula> {
    let id = fields.atom(Some(node), asked, |asked| match asked {
        Asked::Missing => Atom {
            missing: true,
            ..Atom::flat(false)
        },
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
