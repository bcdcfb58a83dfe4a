//! What a rule's target is sent, and whether the filter policy of a subscription takes it (E19 to E21).
//!
//! The message is the event, a constant, a part of the event, or a template. It has no attributes.

use serde_json::Value;

use super::cause::EventRuleCause;
use super::facts::{SubscriptionAttributes, TargetRow};
use super::judgement::{Judgement, fine};
use super::verdict::{Link, LinkId, Subject, Verdict};
use crate::aws::json;
use crate::coverage::Predicate;
use crate::pattern::event::{EventPattern, Rule, SignIn};

/// The filter policy of a subscription, if it has one, against the message of a target.
pub(super) fn passes(
    attributes: &SubscriptionAttributes,
    target: &TargetRow,
    subject: &Subject,
    judgement: &mut Judgement,
) {
    let Some((policy, scope)) = attributes.filter() else {
        return;
    };
    let (id, verdict, cause) = match decide(policy, scope, target) {
        Passes::Always => (LinkId::E20, Verdict::Ok, EventRuleCause::EventFilterPolicy),
        Passes::These(events) => {
            let cause = EventRuleCause::EventFilterPolicy;
            judgement.require(LinkId::E20, subject, cause.clone(), events);
            (LinkId::E20, Verdict::Degraded, cause)
        }
        Passes::Never(id, cause) => (id, Verdict::Broken, cause),
        Passes::Open => {
            let cause = EventRuleCause::EventFilterPolicyNotDecided;
            (LinkId::E20, Verdict::Unknown, cause)
        }
    };
    let link = match verdict {
        Verdict::Ok => fine(id, subject, cause),
        verdict => Link::new(id, verdict, subject, cause),
    };
    judgement.say(
        link.field("FilterPolicy", policy)
            .field("FilterPolicyScope", scope)
            .evidence([attributes.evidence]),
    );
}

/// Which messages of a target a filter policy takes.
enum Passes {
    Always,
    These(Predicate),
    Never(LinkId, EventRuleCause),
    Open,
}

fn decide(policy: &str, scope: &str, target: &TargetRow) -> Passes {
    let Some(Value::Object(members)) = json::document(policy) else {
        return Passes::Open;
    };
    if members.is_empty() {
        return Passes::Always;
    }
    match scope {
        // "An empty set of attributes results in the filter not matching", whatever it asks for.
        "MessageAttributes" => {
            let cause = EventRuleCause::RuleMessageHasNoAttributes;
            Passes::Never(LinkId::E19, cause)
        }
        "MessageBody" => {
            let shared = EventPattern::parse(policy).ok().filter(is_shared);
            body(shared, target)
        }
        _ => Passes::Open,
    }
}

fn body(policy: Option<EventPattern>, target: &TargetRow) -> Passes {
    let is_text = |text: &str| !matches!(serde_json::from_str(text), Ok(Value::Object(_)));
    let text = Passes::Never(LinkId::E21, EventRuleCause::RuleMessageIsText);
    if let Some(input) = &target.input {
        return match (serde_json::from_str::<Value>(input), policy) {
            (Ok(Value::Object(_)), None) => Passes::Open,
            (Ok(message @ Value::Object(_)), Some(policy)) if policy.matches(&message) => {
                Passes::Always
            }
            (Ok(Value::Object(_)), Some(_)) => {
                Passes::Never(LinkId::E20, EventRuleCause::RuleMessageDropped)
            }
            _ => text,
        };
    }
    if let Some(transformer) = &target.input_transformer {
        let template = transformer
            .get("InputTemplate")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim();
        // A quoted template is one text; one that is an object has open places that are filled from the event.
        return if template.starts_with('"') || (!template.starts_with('{') && is_text(template)) {
            text
        } else {
            Passes::Open
        };
    }
    match (target.input_path.as_deref(), policy) {
        (None | Some("$"), Some(policy)) => {
            Passes::These(Predicate::from_event_pattern(&policy, SignIn::default()))
        }
        _ => Passes::Open,
    }
}

/// Whether every condition means the same in a filter policy of SNS and in an event pattern: conditions on texts that
/// have to be there.
fn is_shared(policy: &EventPattern) -> bool {
    policy
        .alternatives()
        .into_iter()
        .flatten()
        .flat_map(|(_, rules)| rules)
        .all(|rule| match rule {
            Rule::Text(_) | Rule::Exists(true) => true,
            Rule::Prefix(text) | Rule::Suffix(text) => !text.ignore_case,
            Rule::AnythingBut(rules) => rules.iter().all(|rule| matches!(rule, Rule::Text(_))),
            _ => false,
        })
}
