//! Dimensions of a metric: what a filter writes against what an alarm reads (F05, F06, F07).
//!
//! Each combination of values is a metric of its own, so an alarm hears only of events with the values that it names.

use std::collections::BTreeMap;

use crate::coverage::Predicate;
use crate::pattern;

use super::cause::MetricFilterCause;
use super::facts::{AlarmRow, FilterRow, Json, MetricRow};
use super::judgement::Judgement;
use super::log_group_id::LogGroupId;
use super::metric_filter;
use super::same_events::{SameEvents, Share};
use super::verdict::{Link, LinkId, Verdict};

/// Whether an alarm's metric has the dimensions that a filter writes, by name.
pub(super) fn same_names(filter: &FilterRow, row: &MetricRow) -> bool {
    selectors(filter).keys().eq(row.dimensions.keys())
}

/// Whether two filters on one metric write the very same: one with other dimensions writes another.
pub(super) fn same_metric(one: &FilterRow, other: &FilterRow) -> bool {
    selectors(one).keys().eq(selectors(other).keys())
}

/// Whether a filter may publish to the series of these values: it does where one of its events has all of them.
pub(super) fn may_write(
    filter: &FilterRow,
    values: &BTreeMap<String, String>,
    same_events: &SameEvents,
) -> bool {
    let Ok(pattern) = pattern::parse(filter.pattern.trim()) else {
        return true;
    };
    let written = selectors(filter);
    let fields = written.iter().filter_map(|(name, selector)| {
        let path = selector
            .strip_prefix("$.")
            .filter(|path| plain_path(path))?;
        Some(has_value(path, values.get(name)?))
    });
    let fields = Predicate::all(fields);
    same_events.share(&Predicate::from_pattern(&pattern), &fields) != Share::None
}

/// The dimensions that a filter writes: name and selector, system fields included.
pub(super) fn selectors(filter: &FilterRow) -> BTreeMap<String, String> {
    let written = filter.dimensions.as_deref().into_iter().flatten();
    let written = written.map(|(name, selector)| (name.clone(), selector.clone()));
    let system = filter.emit_system_field_dimensions.iter();
    written
        .chain(system.map(|name| (name.clone(), name.clone())))
        .collect()
}

/// F05, F06 and F07. Whether the alarm reads the metric that the filter writes at all; none where it does not. `of_member`: the
/// filter stands where records of a member account arrive.
pub(super) fn agree(
    place: &LogGroupId,
    filter: &FilterRow,
    (alarm, row): (&AlarmRow, &MetricRow),
    of_member: bool,
) -> (Judgement, bool) {
    let mut judgement = Judgement::default();
    let written = selectors(filter);
    let read = &row.dimensions;
    let subject = metric_filter::subject(place, filter);
    let said = |id, verdict, cause: MetricFilterCause| {
        Link::new(id, verdict, &subject, cause)
            .field("dimensions", shown(filter.dimensions.as_ref()))
            .field("Dimensions", &row.dimensions)
            .evidence([filter.evidence, alarm.evidence])
    };
    if !written.keys().eq(read.keys()) {
        let cause = MetricFilterCause::DimensionsDiffer {
            written: written.keys().cloned().collect(),
            read: read.keys().cloned().collect(),
        };
        judgement.say(said(LinkId::F05, Verdict::Broken, cause));
        return (judgement, false);
    }
    for (name, selector) in &written {
        let Some(value) = read.get(name) else {
            continue;
        };
        match held(place, (name, selector), value, of_member) {
            Held::Always => {}
            Held::Open(cause) => judgement.say(said(LinkId::F05, Verdict::Unknown, cause)),
            Held::Never(cause) => {
                judgement.say(said(LinkId::F05, Verdict::Broken, cause));
                return (judgement, false);
            }
            Held::Where(field) => {
                let one_value = MetricFilterCause::DimensionValueRead {
                    field: field.clone(),
                    value: value.clone(),
                };
                let required = has_value(&field, value);
                judgement.require(LinkId::F05, &subject, one_value.clone(), required);
                judgement.say(said(LinkId::F05, Verdict::Degraded, one_value));
                let many = many_values(&field);
                let needed = MetricFilterCause::DimensionFieldNeeded {
                    field: field.clone(),
                };
                judgement.say(said(LinkId::F06, Verdict::Degraded, needed));
                if many {
                    let cause = MetricFilterCause::DimensionTakesManyValues { field };
                    judgement.say(said(LinkId::F07, Verdict::Weak, cause));
                }
            }
        }
    }
    (judgement, true)
}

/// For which events a dimension has the value that an alarm reads.
enum Held {
    Always,
    /// For those with this field of this value.
    Where(String),
    Never(MetricFilterCause),
    Open(MetricFilterCause),
}

/// What a dimension of a filter says of the value that an alarm reads.
fn held(place: &LogGroupId, (name, selector): (&str, &str), value: &str, of_member: bool) -> Held {
    let system = match selector {
        "@aws.account" if of_member => {
            return Held::Open(MetricFilterCause::MemberAccountFieldNotDocumented);
        }
        "@aws.region" if place.region == value => {
            return Held::Open(MetricFilterCause::RegionFieldNotDocumented);
        }
        "@aws.account" => Some(place.account.as_str()),
        "@aws.region" => Some(place.region.as_str()),
        _ => None,
    };
    match (system, selector.strip_prefix("$.")) {
        (Some(actual), _) if actual == value => Held::Always,
        (Some(actual), _) => Held::Never(MetricFilterCause::DimensionValueDiffers {
            dimension: name.to_owned(),
            read: value.to_owned(),
            written: actual.to_owned(),
        }),
        (None, Some(path)) if plain_path(path) => Held::Where(path.to_owned()),
        _ => Held::Open(MetricFilterCause::DimensionNotEvaluated {
            dimension: name.to_owned(),
            selector: selector.to_owned(),
        }),
    }
}

/// A field that a dimension shows as this text: a string, or a boolean written out.
fn has_value(path: &str, value: &str) -> Predicate {
    let text = Predicate::equals(path, value);
    match value {
        "true" => text.or(Predicate::is_true(path)),
        "false" => text.or(Predicate::is_false(path)),
        _ => text,
    }
}

/// Names joined by `.`, nothing else.
fn plain_path(path: &str) -> bool {
    !path.is_empty()
        && path
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
}

/// Fields that differ from event to event, or from caller to caller.
fn many_values(path: &str) -> bool {
    !matches!(
        path,
        "awsRegion"
            | "eventCategory"
            | "eventName"
            | "eventSource"
            | "eventType"
            | "eventVersion"
            | "errorCode"
            | "managementEvent"
            | "readOnly"
            | "recipientAccountId"
            | "userIdentity.type"
            | "userIdentity.accountId"
    )
}

fn shown<T>(json: Option<&Json<T>>) -> String {
    json.map_or_else(|| "{}".to_owned(), Json::to_string)
}
