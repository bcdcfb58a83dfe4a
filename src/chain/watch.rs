//! From a metric filter to the alarms that its metric moves: the join on metric and dimensions (A01, F05, F14).
//!
//! Namespace, metric name, account and region have to be the same; dimensions too. What one event does to the alarm is
//! decided by [`super::firing`].

use super::cause::MetricFilterCause;
use super::facts::{AlarmRow, Facts, FilterRow, MetricRow, Question};
use super::log_group::Place;
use super::stage::{Stage, fine, unanswered};
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};
use super::{Error, dimensions, firing, metric_filter};
use crate::aws::arn;
use crate::aws::composite::AlarmState;

/// An alarm that reads the metric of a filter.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) alarm: AlarmRow,
    /// What is said about the filter's value, its dimensions and the alarm's arithmetic.
    pub(super) stage: Stage,
    /// Seconds for which the alarm stays in ALARM after an event, where it fires.
    pub(super) coalescing: Option<u64>,
    /// The states in which the alarm waits for an event.
    pub(super) resting: Vec<AlarmState>,
}

/// The alarms of a filter, and what is to be said where there is none or not all are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Watchers {
    pub(super) alarms: Vec<Watched>,
    /// A01: no alarm, or not every alarm is known.
    pub(super) none: Option<Link>,
}

/// Finds the alarms that read the metric of a filter. `queries` are the alarms of the Region that name no metric;
/// `of_member` says that the events are those of another account than the log group's.
pub(super) fn find(
    facts: &Facts<'_>,
    place: &Place,
    filter: &FilterRow,
    queries: &[AlarmRow],
    of_member: bool,
) -> Result<Watchers, Error> {
    let (Some(namespace), Some(metric_name)) = (&filter.namespace, &filter.metric_name) else {
        let link = Link::new(
            LinkId::A01,
            Verdict::Broken,
            metric_filter::subject(place, filter),
            MetricFilterCause::WritesNoMetric,
        )
        .field("metricTransformations", "[]")
        .evidence([filter.evidence]);
        return Ok(Watchers {
            alarms: Vec::new(),
            none: Some(link),
        });
    };
    let mut alarms = Vec::new();
    for arn in facts.watching(&place.account, &place.region, namespace, metric_name)? {
        alarms.extend(facts.alarm(&place.account, &arn)?);
    }
    for (account, arn) in
        facts.watching_from_afar(&place.account, &place.region, namespace, metric_name)?
    {
        alarms.extend(facts.alarm(&account, &arn)?);
    }
    let others = others(facts, place, filter, namespace, metric_name)?;
    let mut watchers = Watchers::default();
    watchers.alarms.extend(
        queries
            .iter()
            .filter_map(|alarm| by_query(filter, namespace, metric_name, alarm)),
    );
    for alarm in alarms {
        watchers
            .alarms
            .push(watched(facts, place, filter, &others, alarm, of_member)?);
    }
    watchers.none = no_alarm(
        facts,
        place,
        filter,
        namespace,
        metric_name,
        watchers.alarms.is_empty(),
    )?;
    Ok(watchers)
}

/// Other filters of any log group that write the same metric: their default values fill the same periods (F14).
fn others(
    facts: &Facts<'_>,
    place: &Place,
    filter: &FilterRow,
    namespace: &str,
    metric_name: &str,
) -> Result<Vec<FilterRow>, Error> {
    let mut others = facts.writers(&place.account, &place.region, namespace, metric_name)?;
    others
        .retain(|other| other.name != filter.name || other.log_group_name != filter.log_group_name);
    Ok(others)
}

fn no_alarm(
    facts: &Facts<'_>,
    place: &Place,
    filter: &FilterRow,
    namespace: &str,
    metric_name: &str,
    none_found: bool,
) -> Result<Option<Link>, Error> {
    let subject = Subject::within(
        Kind::Metric,
        metric_name,
        namespace,
        &place.account,
        &place.region,
    );
    let question = Question {
        account: &place.account,
        region: &place.region,
        service: "monitoring",
        operation: "DescribeAlarms",
        subject: "MetricAlarm",
    };
    let asked = facts.asked(question)?;
    if !asked.answered() {
        return Ok(Some(unanswered(LinkId::A01, &subject, question, &asked)));
    }
    if !none_found {
        return Ok(None);
    }
    let mut reason = "no alarm watches the metric".to_owned();
    let namesakes = facts.namesakes(&place.account, &place.region, metric_name)?;
    if let Some((other, alarm)) = namesakes.first() {
        reason = format!(
            "{reason}: the alarm `{}` watches {metric_name} in the namespace {other}",
            arn::short_name(alarm)
        );
    }
    let link = Link::new(LinkId::A01, Verdict::Broken, subject, reason)
        .field("metricNamespace", namespace)
        .field("metricName", metric_name)
        .evidence([filter.evidence].into_iter().chain(asked.evidence()));
    Ok(Some(link))
}

fn watched(
    facts: &Facts<'_>,
    place: &Place,
    filter: &FilterRow,
    others: &[FilterRow],
    alarm: AlarmRow,
    of_member: bool,
) -> Result<Watched, Error> {
    let mut stage = Stage::default();
    let reads = facts.alarm_metrics(&alarm.account, &alarm.arn)?;
    if alarm.account != place.account {
        stage.say(
            Link::new(
                LinkId::A22,
                Verdict::Weak,
                alarm.subject(),
                format!(
                    "an alarm of the monitoring account {} reads the metric; whether the accounts are linked is not in the snapshot",
                    alarm.account
                ),
            )
            .field("Metrics[].AccountId", &place.account)
            .evidence([alarm.evidence]),
        );
    }
    let coalescing = match ours(place, filter, &alarm, &reads) {
        Some(row) => {
            stage.say(
                fine(LinkId::A01, alarm.subject(), "alarm watches the metric")
                    .field("Namespace", row.namespace.as_deref().unwrap_or_default())
                    .field("MetricName", row.metric_name.as_deref().unwrap_or_default())
                    .evidence([alarm.evidence, filter.evidence]),
            );
            if dimensions::agree(place, filter, row, &alarm, of_member, &mut stage) {
                let outcome = if row.query_id.is_empty() {
                    firing::plain(filter, others, &alarm)
                } else {
                    firing::math(facts, place, filter, others, &alarm, &reads)?
                };
                firing::say(&outcome, filter, &alarm, &mut stage)
            } else {
                None
            }
        }
        None => None,
    };
    shared_metric(place, filter, others, &mut stage);
    let resting = firing::resting(filter, others, &alarm);
    Ok(Watched {
        alarm,
        stage,
        coalescing,
        resting,
    })
}

/// The row of an alarm that reads the metric of a filter, one with the filter's dimensions before others.
fn ours<'r>(
    place: &Place,
    filter: &FilterRow,
    alarm: &AlarmRow,
    reads: &'r [MetricRow],
) -> Option<&'r MetricRow> {
    let same_metric = |row: &&MetricRow| {
        let account = row.metric_account.as_ref().unwrap_or(&alarm.account);
        *account == place.account
            && row.namespace == filter.namespace
            && row.metric_name == filter.metric_name
    };
    let rows = || reads.iter().filter(same_metric);
    rows()
        .find(|row| dimensions::same_names(filter, row))
        .or_else(|| rows().next())
}

/// A20 and A21: alarms that name no metric but ask for it in a query.
fn by_query(
    filter: &FilterRow,
    namespace: &str,
    metric_name: &str,
    alarm: &AlarmRow,
) -> Option<Watched> {
    let promql = alarm.evaluation_criteria.as_deref();
    let text = promql.or(alarm.metrics.as_deref())?;
    if !text.contains(metric_name) {
        return None;
    }
    let (id, field, what) = match promql {
        Some(_) => (LinkId::A21, "EvaluationCriteria", "a PromQL query"),
        None if text.to_ascii_uppercase().contains("SEARCH(") => {
            (LinkId::A19, "Metrics", "a search")
        }
        None => (LinkId::A20, "Metrics", "a Metrics Insights query"),
    };
    let mut stage = Stage::default();
    stage.say(
        Link::new(
            id,
            Verdict::Unknown,
            alarm.subject(),
            format!("the alarm watches {what} that names {metric_name}, which is not evaluated"),
        )
        .field("metricNamespace", namespace)
        .field(field, text)
        .evidence([alarm.evidence, filter.evidence]),
    );
    Some(Watched {
        alarm: alarm.clone(),
        stage,
        coalescing: None,
        resting: AlarmState::ALL.to_vec(),
    })
}

/// F14: filters that share a metric share its alarm and its moments of silence.
fn shared_metric(place: &Place, filter: &FilterRow, others: &[FilterRow], stage: &mut Stage) {
    if others.is_empty() {
        return;
    }
    stage.say(
        fine(
            LinkId::F14,
            &metric_filter::subject(place, filter),
            MetricFilterCause::SharesMetric {
                filters: others.iter().map(|other| other.name.clone()).collect(),
            },
        )
        .evidence(others.iter().map(|other| other.evidence)),
    );
}
