//! What is known of the events in question, as assertions: the scope, and the facts of `events.toml`.

use super::super::mentions;
use super::super::model::{
    CONSOLE_LOGIN, EventModel, Part, ROOT, ROOT_SIGN_IN_REGION, SIGN_IN, Scope, WITHOUT_ERROR_CODE,
};
use super::super::predicate::{Is, Predicate};
use super::fields::Fields;
use super::regex::found_in;
use super::text::{joined, literal};
use crate::pattern::ast::{Condition, Step, Value};
use crate::pattern::{Glob, Matcher, Semantics, parse};

/// The assertions, each with the sentence that it translates.
pub(super) fn assertions(
    fields: &Fields,
    predicates: &[&Predicate],
    model: &EventModel,
    scope: &Scope,
) -> Result<Vec<(String, String)>, String> {
    let mut facts = Vec::new();
    let mut add = |says: &str, term: String| facts.push((says.to_owned(), term));
    if let Some(region) = fields.find("awsRegion")
        && !scope.regions.is_empty()
    {
        let regions = scope.regions.iter().chain([&scope.global_region]);
        add("the Regions asked about", one_of(region, regions)?);
    }
    if let Some(account) = fields.find("recipientAccountId")
        && !scope.account.is_empty()
    {
        add("the account asked about", is(account, &scope.account)?);
    }
    if model.uses(Part::Fields) || !scope.account.is_empty() {
        if let Some(category) = fields.find("eventCategory") {
            add(
                "management events are asked about",
                is(category, "Management")?,
            );
        }
        if let Some(management) = fields.find("managementEvent") {
            add(
                "management events are asked about",
                format!("(= {management} (boolean true))"),
            );
        }
    }
    for fact in fields.kinds(model) {
        add("event model: fields and their types", fact);
    }
    for (path, form) in model.forms() {
        if let Some(field) = fields.find(path) {
            if form.contains('(') {
                return Err(format!(
                    "how `{path}` is written is a regular expression with groups, which is not translated"
                ));
            }
            let texts = found_in(form)?;
            add(
                "event model: how the strings of some fields are written",
                format!("(=> ((_ is text) {field}) (str.in_re (string {field}) {texts}))"),
            );
        }
    }
    for fact in model.given() {
        if let (Some(other), Some(field)) = (fields.find(&fact.field), fields.find(&fact.then)) {
            add(
                "event model: how the strings of some fields are written",
                format!(
                    "(=> (and {} ((_ is text) {field})) (str.in_re (string {field}) {}))",
                    is(other, &fact.is)?,
                    found_in(&fact.form(scope))?
                ),
            );
        }
    }
    let [sign_in, from] = SIGN_IN;
    if model.uses(Part::Types)
        && let (Some(source), Some(kind)) = (fields.find("eventSource"), fields.find("eventType"))
        && !asked_for(predicates, "eventType", [sign_in].into_iter()).is_empty()
    {
        add(
            "event model: which event type an event has",
            format!("(=> {} {})", is(kind, sign_in)?, is(source, from)?),
        );
    }
    if model.uses(Part::Types)
        && let (Some(error), Some(kind)) = (fields.find("errorCode"), fields.find("eventType"))
    {
        let types = WITHOUT_ERROR_CODE.into_iter();
        for without in asked_for(predicates, "eventType", types) {
            let without = is(kind, &without)?;
            add(
                "event model: which event type an event has",
                format!("(or (= {error} missing) (not {without}))"),
            );
        }
    }
    if model.uses(Part::Regions)
        && let (Some(source), Some(region)) = (fields.find("eventSource"), fields.find("awsRegion"))
    {
        for name in asked_for(
            predicates,
            "eventSource",
            model.always_global().iter().map(String::as_str),
        ) {
            add(
                "event model: which events are recorded in the global Region",
                format!(
                    "(=> {} {})",
                    is(source, &name)?,
                    is(region, &scope.global_region)?
                ),
            );
        }
    }
    if model.uses(Part::Regions)
        && scope.global_region == ROOT_SIGN_IN_REGION
        && let (Some(who), Some(region)) =
            (fields.find("userIdentity.type"), fields.find("awsRegion"))
    {
        for (path, sign_in) in [("eventType", SIGN_IN[0]), ("eventName", CONSOLE_LOGIN)] {
            let known = fields.find(path);
            if let Some(field) = known
                && !asked_for(predicates, path, [sign_in].into_iter()).is_empty()
            {
                add(
                    "event model: which events are recorded in the global Region",
                    format!(
                        "(=> (and {} {}) {})",
                        is(field, sign_in)?,
                        is(who, ROOT)?,
                        is(region, ROOT_SIGN_IN_REGION)?
                    ),
                );
            }
        }
    }
    if let Some(field) = fields.find("eventName") {
        for name in asked_for(predicates, "eventName", model.names()) {
            let origins = origins(fields, &name, model, scope)?;
            if origins != "true" {
                add(
                    &format!("event model: what is known of `{name}`"),
                    format!("(=> {} {origins})", is(field, &name)?),
                );
            }
        }
    }
    Ok(facts)
}

/// One of the origins that an event of this name can have.
fn origins(
    fields: &Fields,
    name: &str,
    model: &EventModel,
    scope: &Scope,
) -> Result<String, String> {
    let mut ways = Vec::new();
    for origin in model.origins(name) {
        let mut facts = Vec::new();
        let known = |part: Part, path: &str| fields.find(path).filter(|_| model.uses(part));
        if let Some(source) = known(Part::Sources, "eventSource") {
            facts.push(is(source, &origin.source)?);
        }
        if let Some(access) = known(Part::Access, "readOnly") {
            facts.push(format!("(= {access} (boolean {}))", origin.read_only));
        }
        if let Some(kind) = known(Part::Types, "eventType") {
            facts.push(is(kind, &origin.event_type)?);
        }
        if let Some(error) = known(Part::Types, "errorCode")
            && WITHOUT_ERROR_CODE.contains(&origin.event_type.as_str())
        {
            facts.push(format!("(= {error} missing)"));
        }
        if let Some(region) = known(Part::Regions, "awsRegion") {
            if origin.global {
                facts.push(is(region, &scope.global_region)?);
            } else if !scope.regions.is_empty() {
                facts.push(one_of(region, scope.regions.iter())?);
            }
        }
        if facts.is_empty() {
            return Ok("true".to_owned());
        }
        ways.push(joined("and", "true", &facts));
    }
    Ok(joined("or", "true", &ways))
}

fn is(field: &str, text: &str) -> Result<String, String> {
    Ok(format!("(= {field} (text {}))", literal(text)?))
}

fn one_of<'t>(field: &str, texts: impl Iterator<Item = &'t String>) -> Result<String, String> {
    let parts: Result<Vec<String>, String> = texts.map(|text| is(field, text)).collect();
    Ok(joined("or", "false", &parts?))
}

/// Those of `texts` that some condition on the field tells from others; nothing need be said of the rest.
fn asked_for<'t>(
    predicates: &[&Predicate],
    field: &str,
    texts: impl Iterator<Item = &'t str>,
) -> Vec<String> {
    let mut asks: Vec<Ask> = Vec::new();
    let semantics = Semantics::default();
    for predicate in predicates {
        mentions::pattern_tests(predicate, &mut |test| {
            let named =
                matches!(test.selector.steps.as_slice(), [Step::Name(name)] if name == field);
            // A wildcard over the fields of the event may select this one.
            let wild = matches!(test.selector.steps.as_slice(), [Step::AnyField]);
            if !named && !wild {
                return;
            }
            match &test.condition {
                Condition::Equals {
                    value: Value::Text(text),
                    ..
                } => {
                    let glob = Glob::new(&text.value, semantics.star);
                    asks.push(Box::new(move |text| glob.matches(text)));
                }
                Condition::Equals {
                    value: Value::Regex(regex),
                    ..
                } => {
                    if let Ok(pattern) = parse(&format!("%{}%", regex.source)) {
                        let matcher = Matcher::new(&pattern, &semantics);
                        asks.push(Box::new(move |text| matcher.matches_text(text)));
                    }
                }
                _ => {}
            }
        });
        own(predicate, field, &mut asks);
        raw(predicate, &mut asks);
    }
    texts
        .filter(|text| asks.iter().any(|ask| ask(text)))
        .map(str::to_owned)
        .collect()
}

/// Whether a condition can tell a text from others.
type Ask = Box<dyn Fn(&str) -> bool>;

/// Conditions that are no part of a pattern.
fn own(predicate: &Predicate, field: &str, asks: &mut Vec<Ask>) {
    match predicate {
        Predicate::Always | Predicate::Never | Predicate::Pattern(_) => {}
        // Nothing is looked into: every name may be told from others.
        Predicate::Event(..) => asks.push(Box::new(|_| true)),
        Predicate::Not(inner) => own(inner, field, asks),
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| own(part, field, asks));
        }
        Predicate::Test(test) => {
            if matches!(test.path.as_slice(), [name] if name == field) {
                match test.is.clone() {
                    Is::Text(wanted) => asks.push(Box::new(move |text| text == wanted)),
                    Is::StartsWith(start) => {
                        asks.push(Box::new(move |text| text.starts_with(&start)))
                    }
                    Is::EndsWith(end) => asks.push(Box::new(move |text| text.ends_with(&end))),
                    // Nothing is looked into: every name may be told from others.
                    Is::Form(_) => asks.push(Box::new(|_| true)),
                    Is::Bool(_) | Is::Missing => {}
                }
            }
        }
    }
}

/// Terms, which are looked for in every field.
fn raw(predicate: &Predicate, asks: &mut Vec<Ask>) {
    match predicate {
        Predicate::Always | Predicate::Never | Predicate::Test(_) | Predicate::Event(..) => {}
        Predicate::Not(inner) => raw(inner, asks),
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| raw(part, asks));
        }
        Predicate::Pattern(pattern) => {
            if let crate::pattern::ast::PatternKind::Terms(terms) = &pattern.kind {
                for term in &terms.terms {
                    let term = term.text.clone();
                    asks.push(Box::new(move |text| {
                        term.contains(text) || text.contains(&term)
                    }));
                }
            }
        }
    }
}
