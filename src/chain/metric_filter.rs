//! A metric filter (F ids): which events it counts, and what hinders it besides its pattern.
//!
//! What its value does to an alarm is decided with the alarm.

use std::sync::Arc;

use crate::coverage::Predicate;
use crate::pattern::ast::{PatternKind, Step, Test};
use crate::pattern::{self, Pattern};

use super::cause::{LogGroupCause, MetricFilterCause};
use super::facts::FilterRow;
use super::judgement::{Context, Judgement, fine};
use super::log_group::{Group, Transformed, Transformer};
use super::log_group_id::LogGroupId;
use super::patterns::Understood;
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};
use crate::aws::field_selection::{self, Selection};
use crate::aws::transformer::{self, TransformerEffect};

/// Judges one metric filter of a log group, for events of the account asked about: the ways through it, the certain one
/// first. `pattern` is what its text was read as.
pub(super) fn ways(
    context: &Context,
    place: &LogGroupId,
    group: &Group,
    filter: &FilterRow,
    pattern: Understood,
) -> Vec<Judgement> {
    let subject = subject(place, filter);
    let mut rest = Judgement::default();
    published(filter, &subject, &mut rest);
    let selected = selection(context, place, filter, &subject);
    let ways: Vec<Judgement> = match pattern {
        Ok(pattern) => {
            let mut read = Judgement::default();
            read.say(
                fine(LinkId::F01, &subject, MetricFilterCause::CountsByPattern)
                    .field("filterPattern", &filter.pattern)
                    .evidence([filter.evidence]),
            );
            records(context, &subject, group, filter, &pattern)
                .into_iter()
                .map(|way| {
                    let mut judgement = read.clone();
                    judgement.extend(way);
                    judgement
                })
                .collect()
        }
        Err(error) => {
            let mut judgement = Judgement::default();
            // AWS took it, so it means something: what, this version cannot tell.
            judgement.say(
                Link::new(
                    LinkId::F01,
                    Verdict::Unknown,
                    &subject,
                    MetricFilterCause::PatternNotUnderstood {
                        error: error.to_string(),
                    },
                )
                .field("filterPattern", &filter.pattern)
                .evidence([filter.evidence]),
            );
            vec![judgement]
        }
    };
    let both = ways.iter().flat_map(|way| {
        selected.iter().map(|selected| {
            let mut way = way.clone();
            way.extend(selected.clone());
            way.extend(rest.clone());
            way
        })
    });
    both.collect()
}

/// F03: an event that lacks the field which the filter publishes is lost. What a field that is there does to an alarm is decided
/// with the alarm.
fn published(filter: &FilterRow, subject: &Subject, judgement: &mut Judgement) {
    let value = filter.metric_value.as_deref().unwrap_or_default();
    if !value.starts_with('$') {
        return;
    }
    if let Ok(there) = pattern::parse(&format!("{{ {value} = \"*\" }}")) {
        let field = value.to_owned();
        judgement.require(
            LinkId::F03,
            subject,
            MetricFilterCause::ValueFieldNeeded { field },
            Predicate::from_pattern(&there),
        );
    }
}

/// How a filter is named in links: filter names are unique within a log group only.
pub(super) fn subject(place: &LogGroupId, filter: &FilterRow) -> Subject {
    Subject::within(
        Kind::MetricFilter,
        &filter.name,
        &filter.log_group_name,
        &place.account,
        &filter.region,
    )
}

/// The pattern applies to the record as CloudTrail wrote it, unless a transformer comes between (L04, L06).
fn records(
    context: &Context,
    subject: &Subject,
    group: &Group,
    filter: &FilterRow,
    pattern: &Arc<Pattern>,
) -> Vec<Judgement> {
    let on_transformed = filter.apply_on_transformed_logs == Some(true);
    let link = match &group.transformed {
        _ if !on_transformed => None,
        Transformed::No => Some(fine(LinkId::L06, subject, LogGroupCause::NoTransformer)),
        Transformed::Yes(transformers) => {
            Some(transformed(subject, transformers, &fields(pattern)))
        }
        Transformed::Unknown(link) => Some(link.as_ref().clone()),
    };
    let seen_as_written = link.as_ref().is_none_or(|link| link.verdict.is_sound());
    let mut rest = Judgement::default();
    if let Some(link) = link {
        rest.say(
            link.field("applyOnTransformedLogs", true)
                .evidence([filter.evidence]),
        );
    }
    let mut masks = group.masking.masks();
    let found = masks.pattern(pattern);
    let matched = masks.matched(Predicate::Pattern(Arc::clone(pattern)), &found);
    let paths = fields(pattern);
    let past = (&found, &masks);
    let mut ways = group.masking.ways(context, subject, &paths, &matched, past);
    for way in &mut ways {
        way.extend(rest.clone());
        if seen_as_written {
            way.require(
                LinkId::F01,
                subject,
                MetricFilterCause::PatternDoesNotMatch,
                matched.clone(),
            );
        } else {
            way.conditions.clear();
        }
    }
    ways
}

/// L06: what the transformers make of the fields that the pattern reads; the worst of them.
fn transformed(subject: &Subject, transformers: &[Transformer], paths: &[String]) -> Link {
    let link = |transformer: &Transformer| {
        let of = transformer.of.clone();
        let (verdict, cause) = match transformer::effect(&transformer.config, paths) {
            TransformerEffect::Untouched => (
                Verdict::Weak,
                LogGroupCause::TransformerLeavesFields { transformer: of },
            ),
            TransformerEffect::Touches { processor, key } => (
                Verdict::Unknown,
                LogGroupCause::TransformerChanges {
                    transformer: of,
                    processor,
                    field: key,
                },
            ),
            TransformerEffect::Unknown(obstacle) => (
                Verdict::Unknown,
                LogGroupCause::TransformerNotEvaluated {
                    transformer: of,
                    obstacle,
                },
            ),
        };
        Link::new(LinkId::L06, verdict, subject, cause)
            .field("transformerConfig", &transformer.config)
            .evidence([transformer.evidence])
    };
    let none = fine(LinkId::L06, subject, LogGroupCause::NoTransformer);
    let links = transformers.iter().map(link);
    links.max_by_key(|link| link.verdict).unwrap_or(none)
}

/// F11: the ways past the field selection criteria, the certain one first.
fn selection(
    context: &Context,
    place: &LogGroupId,
    filter: &FilterRow,
    subject: &Subject,
) -> Vec<Judgement> {
    let mut judgement = Judgement::default();
    let Some(criteria) = filter
        .field_selection_criteria
        .as_deref()
        .filter(|text| !text.trim().is_empty())
    else {
        return vec![judgement];
    };
    let said = |verdict, cause: MetricFilterCause| {
        Link::new(LinkId::F11, verdict, subject, cause)
            .field("fieldSelectionCriteria", criteria)
            .evidence([filter.evidence])
    };
    // Which account the system field names for a member's records of an organization trail is not documented: the member's or
    // that of the log group.
    let [selection, of_event] = [place.account.as_str(), context.account.as_str()]
        .map(|account| field_selection::evaluate(criteria, account, &place.region));
    if selection != of_event {
        let cause = MetricFilterCause::MemberAccountFieldNotDocumented;
        judgement.say(said(Verdict::Unknown, cause));
        return vec![judgement];
    }
    // No more is it documented which Region it names for a record of another one.
    let otherwise: Vec<&String> = context
        .scope
        .regions
        .iter()
        .filter(|region| field_selection::evaluate(criteria, &place.account, region) != selection)
        .collect();
    let there = Predicate::one_of("awsRegion", &otherwise);
    let cause = MetricFilterCause::RegionFieldNotDocumented;
    let mut open = Judgement::default();
    open.say(said(Verdict::Unknown, cause.clone()));
    match selection {
        Selection::Chosen => {
            judgement.say(said(Verdict::Ok, MetricFilterCause::SelectionChooses));
            if otherwise.is_empty() {
                return vec![judgement];
            }
            judgement.require(LinkId::F11, subject, cause.clone(), !there.clone());
            open.require(LinkId::F11, subject, cause, there);
            vec![judgement, open]
        }
        Selection::Left if otherwise.is_empty() => {
            let cause = MetricFilterCause::SelectionLeavesOut;
            judgement.say(said(Verdict::Broken, cause.clone()));
            judgement.require(LinkId::F11, subject, cause, Predicate::Never);
            vec![judgement]
        }
        Selection::Left => {
            let cause = MetricFilterCause::SelectionLeavesOut;
            open.require(LinkId::F11, subject, cause, there);
            vec![open]
        }
        Selection::Unreadable(error) => {
            let cause = MetricFilterCause::SelectionNotUnderstood { error };
            judgement.say(said(Verdict::Unknown, cause));
            vec![judgement]
        }
    }
}

/// Paths of the fields that a pattern reads, names joined by `.`.
pub(super) fn fields(pattern: &Pattern) -> Vec<String> {
    let mut paths = Vec::new();
    match &pattern.kind {
        PatternKind::Json(expr) => paths.extend(expr.tests().map(path)),
        PatternKind::Everything => {}
        // These read the whole text of the record.
        PatternKind::Terms(_) | PatternKind::Fields(_) | PatternKind::Regex(_) => {
            paths.push("*".to_owned())
        }
    }
    paths.sort();
    paths.dedup();
    paths
}

fn path(test: &Test) -> String {
    let steps = test.selector.steps.iter().map(|step| match step {
        Step::Name(name) => name.clone(),
        Step::Index(index) => index.to_string(),
        Step::AnyElement | Step::AnyField => "*".to_owned(),
    });
    steps.collect::<Vec<_>>().join(".")
}
