//! A metric filter (F ids): which events it counts, and what hinders it besides its pattern.
//!
//! What its value does to an alarm is decided with the alarm.

use std::sync::Arc;

use crate::coverage::Predicate;
use crate::pattern::ast::{PatternKind, Step, Test};
use crate::pattern::{self, Pattern};

use super::cause::{LogGroupCause, MetricFilterCause};
use super::facts::FilterRow;
use super::judgement::{Judgement, fine};
use super::log_group::{Group, LogGroupId, Transformed, Transformer};
use super::patterns::Understood;
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};
use crate::aws::field_selection::{self, Selection};
use crate::aws::transformer::{self, TransformerEffect};

/// Judges one metric filter of a log group, for events of `account`. `pattern` is what its text was read as.
pub(super) fn judge(
    account: &str,
    place: &LogGroupId,
    group: &Group,
    filter: &FilterRow,
    pattern: Understood,
) -> Judgement {
    let mut judgement = Judgement::default();
    let subject = subject(place, filter);
    match pattern {
        Ok(pattern) => {
            judgement.say(
                fine(LinkId::F01, &subject, MetricFilterCause::CountsByPattern)
                    .field("filterPattern", &filter.pattern)
                    .evidence([filter.evidence]),
            );
            judgement.extend(records(&subject, group, filter, &pattern));
        }
        Err(error) => {
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
        }
    }
    selection(account, place, filter, &subject, &mut judgement);
    published(filter, &subject, &mut judgement);
    judgement
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
    subject: &Subject,
    group: &Group,
    filter: &FilterRow,
    pattern: &Arc<Pattern>,
) -> Judgement {
    let mut judgement = Judgement::default();
    if let Some(masked) = group
        .masking
        .link(subject, &fields(pattern), &asked(pattern))
    {
        judgement.say(masked);
    }
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
    if let Some(link) = link {
        judgement.say(
            link.field("applyOnTransformedLogs", true)
                .evidence([filter.evidence]),
        );
    }
    if seen_as_written {
        judgement.require(
            LinkId::F01,
            subject,
            MetricFilterCause::PatternDoesNotMatch,
            Predicate::Pattern(Arc::clone(pattern)),
        );
    }
    judgement
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

/// F11.
fn selection(
    account: &str,
    place: &LogGroupId,
    filter: &FilterRow,
    subject: &Subject,
    judgement: &mut Judgement,
) {
    let Some(criteria) = filter
        .field_selection_criteria
        .as_deref()
        .filter(|text| !text.trim().is_empty())
    else {
        return;
    };
    let said = |verdict, cause: MetricFilterCause| {
        Link::new(LinkId::F11, verdict, subject, cause)
            .field("fieldSelectionCriteria", criteria)
            .evidence([filter.evidence])
    };
    // Which account the system field names for a member's records of an organization trail is not documented: the member's or
    // that of the log group.
    let [selection, of_event] = [place.account.as_str(), account]
        .map(|account| field_selection::evaluate(criteria, account, &place.region));
    match selection {
        _ if selection != of_event => {
            judgement.say(said(
                Verdict::Unknown,
                MetricFilterCause::MemberAccountFieldNotDocumented,
            ));
        }
        Selection::Chosen => {
            judgement.say(said(Verdict::Ok, MetricFilterCause::SelectionChooses));
        }
        Selection::Left => {
            judgement.say(said(Verdict::Broken, MetricFilterCause::SelectionLeavesOut));
            judgement.require(
                LinkId::F11,
                subject,
                MetricFilterCause::SelectionLeavesOut,
                Predicate::Never,
            );
        }
        Selection::Unreadable(error) => {
            judgement.say(said(
                Verdict::Unknown,
                MetricFilterCause::SelectionNotUnderstood { error },
            ));
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

/// The literal texts that a pattern asks for, each with the path of its field.
fn asked(pattern: &Pattern) -> Vec<(String, String)> {
    let PatternKind::Json(expr) = &pattern.kind else {
        return Vec::new();
    };
    let texts = expr.tests().filter_map(|test| Some((test, test.text()?)));
    texts
        .flat_map(|(test, text)| {
            // A wildcard stands for anything: what is literal around it is asked for.
            let literals = text.split('*').filter(|part| !part.is_empty());
            literals.map(move |part| (path(test), part.to_owned()))
        })
        .collect()
}

fn path(test: &Test) -> String {
    let steps = test.selector.steps.iter().map(|step| match step {
        Step::Name(name) => name.clone(),
        Step::Index(index) => index.to_string(),
        Step::AnyElement | Step::AnyField => "*".to_owned(),
    });
    steps.collect::<Vec<_>>().join(".")
}
