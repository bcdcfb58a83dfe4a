//! Event selectors for calls on S3 objects: which bucket and key, read or write (S11, S12).
//!
//! A selector matches the ARN of the object, which a record holds in the list `resources`. Predicates name fields from
//! the root, so they speak of [`OBJECT_ARN`]; whoever makes a record of a witness puts it where CloudTrail does.

use serde_json::Value;

use crate::chain::Error;
use crate::chain::cause::{EventSelectorsCause, RecordingCause};
use crate::chain::facts::{AdvancedSelector, DataResources, Facts, FieldCondition, TrailRow};
use crate::chain::judgement::{Context, Judgement, fine};
use crate::chain::selectors::{by_operator, shown, told};
use crate::chain::trail::unanswered_by_tellers;
use crate::chain::verdict::{Link, LinkId, Verdict};
use crate::coverage::Predicate;

/// The field that stands for the ARN of the object in a call's `resources`.
pub const OBJECT_ARN: &str = "objectArn";

const OBJECT: &str = "AWS::S3::Object";

/// The calls on objects that one selector matches.
#[derive(Clone, Debug)]
struct Selected {
    events: Predicate,
    /// None: both read and write; otherwise the value of `readOnly`.
    read_only: Option<bool>,
    /// A condition that this version does not know how to read: `events` is then an upper bound.
    obscure: Option<String>,
}

/// What the event selectors of a trail record of calls on objects: one judgement, or a second one for what rests on
/// conditions that are not understood.
pub(super) fn judge(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
) -> Result<Vec<Judgement>, Error> {
    let Some((account, evidence)) = told(facts, context, trail)? else {
        // The trail itself says that it has no selectors of its own, and without them it records no data events.
        if trail.has_custom_event_selectors == Some(false) {
            return Ok(vec![no_selector(trail, trail.evidence)]);
        }
        let mut judgement = Judgement::default();
        let link = unanswered_by_tellers(facts, context, trail, LinkId::S10, "GetEventSelectors")?;
        judgement.say(link);
        return Ok(vec![judgement]);
    };
    let basic = facts.data_resources(account, &trail.arn)?;
    let selectors = facts.selectors(account, trail)?;
    let advanced = &selectors.advanced;
    let selected: Vec<Selected> = basic
        .iter()
        .flat_map(of_basic)
        .chain(advanced.iter().filter_map(of_advanced))
        .collect();
    let rows = basic.iter().map(|it| it.evidence);
    let evidence = rows
        .chain(advanced.iter().map(|it| it.evidence))
        .next()
        .unwrap_or(evidence);
    Ok(stages(trail, &selected, evidence))
}

fn stages(trail: &TrailRow, selected: &[Selected], evidence: i64) -> Vec<Judgement> {
    let (obscure, clear): (Vec<_>, Vec<_>) = selected.iter().partition(|one| one.obscure.is_some());
    let mut stages = Vec::new();
    if !clear.is_empty() || obscure.is_empty() {
        stages.push(match clear.as_slice() {
            [] => no_selector(trail, evidence),
            clear => restricted(trail, clear, evidence),
        });
    }
    if let Some(what) = obscure.iter().find_map(|one| one.obscure.as_deref()) {
        let all: Vec<&Selected> = selected.iter().collect();
        let mut judgement = restricted(trail, &all, evidence);
        let cause = EventSelectorsCause::SelectorNotUnderstood {
            condition: what.to_owned(),
        };
        judgement.say(
            Link::new(LinkId::S12, Verdict::Unknown, trail.subject(), cause).evidence([evidence]),
        );
        stages.push(judgement);
    }
    stages
}

fn no_selector(trail: &TrailRow, evidence: i64) -> Judgement {
    let mut judgement = Judgement::default();
    judgement.say(
        Link::new(
            LinkId::S11,
            Verdict::Broken,
            trail.subject(),
            RecordingCause::NoObjectEvents,
        )
        .field("resources.type", "no AWS::S3::Object")
        .evidence([evidence]),
    );
    judgement
}

fn restricted(trail: &TrailRow, selected: &[&Selected], evidence: i64) -> Judgement {
    let mut judgement = Judgement::default();
    judgement.say(
        fine(LinkId::S11, trail.subject(), RecordingCause::ObjectEvents)
            .field("resources.type", OBJECT)
            .evidence([evidence]),
    );
    let only = |wanted: bool| selected.iter().all(|one| one.read_only == Some(wanted));
    let half = match (only(true), only(false)) {
        (true, false) => Some((
            RecordingCause::ObjectReadsOnly,
            Predicate::is_true("readOnly"),
        )),
        (false, true) => Some((
            RecordingCause::ObjectWritesOnly,
            Predicate::is_false("readOnly"),
        )),
        _ => None,
    };
    if let Some((cause, events)) = half {
        let link = Link::new(
            LinkId::S12,
            Verdict::Degraded,
            trail.subject(),
            cause.clone(),
        );
        judgement.say(link.evidence([evidence]));
        judgement.require(LinkId::S12, trail.subject(), cause, events);
    }
    judgement.require(
        LinkId::S12,
        trail.subject(),
        RecordingCause::ObjectNotSelected,
        Predicate::any(selected.iter().map(|one| one.events.clone())),
    );
    judgement
}

/// Each value of a data resource for S3 objects matches the ARNs that begin with it: `arn:aws:s3` those of every bucket,
/// `arn:aws:s3:::bucket/` those in one. A value that names a bucket without the slash is taken for that bucket alone.
fn of_basic(selector: &DataResources) -> Vec<Selected> {
    let of_objects = selector
        .resources
        .iter()
        .filter(|it| it.get("Type").and_then(Value::as_str) == Some(OBJECT));
    let values: Vec<&str> = of_objects
        .filter_map(|it| it.get("Values").and_then(Value::as_array))
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if values.is_empty() {
        return Vec::new();
    }
    let (read_only, obscure) = match selector.read_write_type.as_str() {
        "All" => (None, None),
        "ReadOnly" => (Some(true), None),
        "WriteOnly" => (Some(false), None),
        other => (None, Some(format!("ReadWriteType `{other}`"))),
    };
    let objects = values.iter().map(|value| {
        let names_bucket = value
            .split_once(":::")
            .is_some_and(|(_, rest)| !rest.is_empty() && !rest.contains('/'));
        let prefix = if names_bucket {
            format!("{value}/")
        } else {
            (*value).to_owned()
        };
        Predicate::starts_with(OBJECT_ARN, &prefix)
    });
    let objects = Predicate::any(objects);
    vec![Selected {
        events: Predicate::all([read_or_write(read_only), objects]),
        read_only,
        obscure,
    }]
}

fn read_or_write(read_only: Option<bool>) -> Predicate {
    match read_only {
        None => Predicate::Always,
        Some(true) => Predicate::is_true("readOnly"),
        Some(false) => Predicate::is_false("readOnly"),
    }
}

/// A selector of data events that can match calls on objects; none where it is for something else.
fn of_advanced(selector: &AdvancedSelector) -> Option<Selected> {
    if !equals(selector, "eventCategory", "Data") || !equals(selector, "resources.type", OBJECT) {
        return None;
    }
    let mut selected = Selected {
        events: Predicate::Always,
        read_only: None,
        obscure: None,
    };
    let mut parts = Vec::new();
    for condition in &selector.fields {
        let operands = &condition.operands;
        match part(condition, operands) {
            Some(part) => parts.push(part),
            None => selected.obscure = Some(shown(condition)),
        }
        if condition.field == "readOnly" {
            selected.read_only = match (condition.operator.as_str(), operands.as_slice()) {
                ("Equals", [one]) if one == "true" => Some(true),
                ("Equals", [one]) if one == "false" => Some(false),
                ("NotEquals", [one]) if one == "true" => Some(false),
                ("NotEquals", [one]) if one == "false" => Some(true),
                _ => None,
            };
        }
    }
    selected.events = Predicate::all(parts);
    Some(selected)
}

fn equals(selector: &AdvancedSelector, field: &str, value: &str) -> bool {
    selector.fields.iter().any(|condition| {
        condition.field == field
            && condition.operator == "Equals"
            && condition.operands.iter().any(|it| it == value)
    })
}

/// One condition on a call on an object; none where it is not understood.
fn part(condition: &FieldCondition, operands: &[String]) -> Option<Predicate> {
    let operator = condition.operator.as_str();
    match (condition.field.as_str(), operator) {
        // Of both it was asked whether they admit these calls.
        ("eventCategory" | "resources.type", "Equals") => Some(Predicate::Always),
        ("readOnly", "Equals" | "NotEquals") => {
            let one = |operand: &String| match operand.as_str() {
                "true" => Some(Predicate::is_true("readOnly")),
                "false" => Some(Predicate::is_false("readOnly")),
                _ => None,
            };
            let any = Predicate::any(operands.iter().map(one).collect::<Option<Vec<_>>>()?);
            Some(if operator == "Equals" { any } else { !any })
        }
        ("resources.ARN", _) => by_operator(OBJECT_ARN, operator, operands),
        (
            field @ ("eventName"
            | "eventSource"
            | "eventType"
            | "sessionCredentialFromConsole"
            | "userIdentity.arn"),
            _,
        ) => by_operator(field, operator, operands),
        _ => None,
    }
}
