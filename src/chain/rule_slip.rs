//! Slips by which an event pattern matches no event of CloudTrail at all: what people mean is often seen from them.
//!
//! Only what is certain by the form of the event that EventBridge makes of a record counts. Which events a pattern matches
//! is decided elsewhere ([`crate::coverage`]); here is only said why it is none.

use super::cause::Slip;
use crate::pattern::event::{API_CALL_TYPE, EventPattern, Rule, SERVICE_EVENT_TYPE, SignIn};
use crate::pattern::event::{SOURCE_PREFIX, SOURCE_SUFFIX};

/// The fields around a record.
const ENVELOPE: [&str; 8] = [
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
];
/// Fields of a record whose values never hold a `*`.
const NAMES: [&str; 4] = [
    "detail.eventName",
    "detail.eventSource",
    "detail.awsRegion",
    "detail.userIdentity.type",
];

/// What is asked of one field.
type Field<'p> = (String, &'p [Rule]);

/// The slip of a pattern each of whose alternatives has one: the first of them.
pub(super) fn slip(pattern: &EventPattern) -> Option<Slip> {
    let mut first = None;
    for asked in pattern.alternatives() {
        let found = of_alternative(&asked)?;
        first = first.or(Some(found));
    }
    first
}

fn of_alternative(asked: &[Field<'_>]) -> Option<Slip> {
    asked
        .iter()
        .find_map(|(path, rules)| of_field(path, rules))
        .or_else(|| other_source(asked))
}

fn of_field(path: &str, rules: &[Rule]) -> Option<Slip> {
    let top = path.split('.').next().unwrap_or_default();
    if top != "detail" && !ENVELOPE.contains(&top) && !rules.contains(&Rule::Exists(false)) {
        let field = path.to_owned();
        return Some(Slip::OutsideDetail { field });
    }
    let texts = texts(rules)?;
    let first = (*texts.first()?).to_owned();
    if path == "detail-type" {
        let known = [
            API_CALL_TYPE,
            SERVICE_EVENT_TYPE,
            SignIn::Spaced.detail_type(),
            SignIn::Joined.detail_type(),
        ];
        let none = texts.iter().all(|text| !known.contains(text));
        return none.then_some(Slip::DetailType { text: first });
    }
    if path == "source" && !texts.iter().any(|text| text.starts_with(SOURCE_PREFIX)) {
        return Some(Slip::SourceForm { source: first });
    }
    let name = path.strip_prefix("detail.").unwrap_or(path);
    if NAMES.contains(&path) && texts.iter().all(|text| text.contains('*')) {
        let field = name.to_owned();
        return Some(Slip::LiteralStar { field, text: first });
    }
    let (_, event_name) = first.split_once(':')?;
    let all = path == "detail.eventName" && texts.iter().all(|text| text.contains(':'));
    all.then(|| Slip::ActionName {
        event_name: event_name.to_owned(),
        action: first.clone(),
    })
}

/// The source of one service beside the event sources of others.
fn other_source(asked: &[Field<'_>]) -> Option<Slip> {
    let of = |wanted: &str| {
        let field = asked.iter().find(|(path, _)| path == wanted);
        field.and_then(|(_, rules)| texts(rules))
    };
    let (sources, event_sources) = (of("source")?, of("detail.eventSource")?);
    let made = |event_source: &str| {
        let service = event_source
            .strip_suffix(SOURCE_SUFFIX)
            .unwrap_or(event_source);
        format!("{SOURCE_PREFIX}{service}")
    };
    let meets = |event_source: &&str| sources.contains(&made(event_source).as_str());
    if event_sources.iter().any(meets) {
        return None;
    }
    Some(Slip::OtherSource {
        source: (*sources.first()?).to_owned(),
        event_source: (*event_sources.first()?).to_owned(),
    })
}

/// The values, where each rule is one.
fn texts<'r>(rules: &'r [Rule]) -> Option<Vec<&'r str>> {
    let text = |rule: &'r Rule| match rule {
        Rule::Text(text) => Some(text.as_str()),
        _ => None,
    };
    rules.iter().map(text).collect()
}
