//! From a metric filter to the alarms that its metric moves: the join on metric and dimensions (A01, F05, F14).
//!
//! Namespace, metric name, account and region have to be the same; dimensions too. What one event does to the alarm is
//! decided by [`super::alarm_evaluation`].

use super::alarm_evaluation::{Evaluated, Writers};
use super::cause::{AlarmCause, MetricFilterCause, Namesake, Query};
use super::facts::{AlarmRow, Facts, FilterRow, MetricRow, Question};
use super::log_group::Place;
use super::same_events::SameEvents;
use super::stage::{Stage, fine, unanswered};
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};
use super::{Error, dimensions, metric_filter};
use crate::aws::alarm::{Effect, Firing};
use crate::aws::arn;
use crate::aws::composite::{Moved, Movement};

/// An alarm that reads the metric of a filter.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) alarm: AlarmRow,
    /// What is said about the filter's value, its dimensions and the alarm's arithmetic.
    pub(super) stage: Stage,
    /// What an event does to the alarm; none where the alarm does not read the filter's metric.
    pub(super) evaluated: Option<Evaluated>,
}

impl Watched {
    /// How an event moves the alarm, where it does.
    pub(super) fn firing(&self) -> Option<&Firing> {
        match &self.evaluated.as_ref()?.effect {
            Effect::Fires(firing) => Some(firing),
            Effect::Never(_) | Effect::Unknown(_) => None,
        }
    }

    /// Whether the alarm sits in ALARM while events of the filter come in every period.
    pub(super) fn flooded(&self) -> Option<bool> {
        self.evaluated
            .as_ref()
            .map_or(Some(false), |evaluated| evaluated.flooded)
    }
}

/// The alarms of a filter, and what is to be said where there is none or not all are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Watchers {
    pub(super) alarms: Vec<Watched>,
    /// A01: no alarm, or not every alarm is known.
    pub(super) none: Option<Link>,
}

/// What an event that one filter matches does to the alarms of an account and Region that a composite alarm looks at: also to
/// those on the metrics of the filters that match all of its events.
pub(super) fn moved(
    filter: &FilterRow,
    all: &[(&FilterRow, &Watchers)],
    looked_at: impl Fn(&AlarmRow) -> bool,
    same_events: &SameEvents,
) -> Moved {
    let mut moved = Moved::default();
    for (other, watchers) in all {
        let mut below = watchers
            .alarms
            .iter()
            .filter(|watched| looked_at(&watched.alarm))
            .peekable();
        if below.peek().is_none() || !same_events.of(filter, other) {
            continue;
        }
        for watched in below {
            let alarm = &watched.alarm;
            let Some(evaluated) = &watched.evaluated else {
                continue;
            };
            match &evaluated.effect {
                Effect::Fires(firing) if firing.silent.is_empty() => {
                    let movement = Movement::from(firing);
                    moved.surely.insert(alarm.name.clone(), movement);
                }
                Effect::Fires(_) | Effect::Unknown(_) => {
                    moved.perhaps.insert(alarm.name.clone());
                }
                Effect::Never(_) => {}
            }
        }
    }
    moved
        .perhaps
        .retain(|name| !moved.surely.contains_key(name));
    moved
}

/// Finds the alarms that read the metric of a filter. `queries` are the alarms of the Region that name no metric;
/// `of_member` says that the events are those of another account than the log group's.
pub(super) fn find(
    facts: &Facts<'_>,
    place: &Place,
    filter: &FilterRow,
    queries: &[AlarmRow],
    of_member: bool,
    same_events: &SameEvents,
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
    let writers = Writers {
        place,
        filter,
        others: &others,
        same_events,
    };
    let mut watchers = Watchers::default();
    watchers.alarms.extend(
        queries
            .iter()
            .filter_map(|alarm| by_query(filter, namespace, metric_name, alarm)),
    );
    for alarm in alarms {
        watchers
            .alarms
            .push(watched(facts, writers, alarm, of_member)?);
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
    let namesakes = facts.namesakes(&place.account, &place.region, metric_name)?;
    let namesake = namesakes.into_iter().next();
    let cause = AlarmCause::NoAlarmWatches {
        namesake: namesake.map(|(namespace, alarm)| Namesake {
            alarm: arn::short_name(&alarm).to_owned(),
            namespace,
            metric: metric_name.to_owned(),
        }),
    };
    let link = Link::new(LinkId::A01, Verdict::Broken, subject, cause)
        .field("metricNamespace", namespace)
        .field("metricName", metric_name)
        .evidence([filter.evidence].into_iter().chain(asked.evidence()));
    Ok(Some(link))
}

fn watched(
    facts: &Facts<'_>,
    writers: Writers<'_>,
    alarm: AlarmRow,
    of_member: bool,
) -> Result<Watched, Error> {
    let (place, filter) = (writers.place, writers.filter);
    let mut stage = Stage::default();
    let reads = facts.alarm_metrics(&alarm.account, &alarm.arn)?;
    if alarm.account != place.account {
        let cause = AlarmCause::InMonitoringAccount {
            account: alarm.account.clone(),
        };
        stage.say(
            Link::new(LinkId::A22, Verdict::Unknown, alarm.subject(), cause)
                .field("Metrics[].AccountId", &place.account)
                .evidence([alarm.evidence]),
        );
    }
    let mut evaluated = None;
    if let Some(row) = ours(place, filter, &alarm, &reads) {
        stage.say(
            fine(LinkId::A01, alarm.subject(), AlarmCause::WatchesMetric)
                .field("Namespace", row.namespace.as_deref().unwrap_or_default())
                .field("MetricName", row.metric_name.as_deref().unwrap_or_default())
                .evidence([alarm.evidence, filter.evidence]),
        );
        if dimensions::agree(place, filter, row, &alarm, of_member, &mut stage) {
            let found = if row.query_id.is_empty() {
                writers.plain(&alarm)
            } else {
                writers.math(facts, &alarm, &reads)?
            };
            writers.say(&found.effect, &alarm, &mut stage);
            evaluated = Some(found);
        }
    }
    shared_metric(place, filter, writers.others, &mut stage);
    Ok(Watched {
        alarm,
        stage,
        evaluated,
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
    let (id, field, query) = match promql {
        Some(_) => (LinkId::A21, "EvaluationCriteria", Query::Promql),
        None if text.to_ascii_uppercase().contains("SEARCH(") => {
            (LinkId::A19, "Metrics", Query::Search)
        }
        None => (LinkId::A20, "Metrics", Query::MetricsInsights),
    };
    let names_it = text.contains(metric_name);
    let selects = query == Query::Promql && selects_by_other_means(text, metric_name);
    if !names_it && !selects {
        return None;
    }
    let mut stage = Stage::default();
    let cause = AlarmCause::QueryNotEvaluated {
        query,
        metric: metric_name.to_owned(),
    };
    stage.say(
        Link::new(id, Verdict::Unknown, alarm.subject(), cause)
            .field("metricNamespace", namespace)
            .field(field, text)
            .evidence([alarm.evidence, filter.evidence]),
    );
    Some(Watched {
        alarm: alarm.clone(),
        stage,
        evaluated: Some(Evaluated {
            effect: Effect::Unknown(Vec::new()),
            flooded: None,
        }),
    })
}

/// Whether a PromQL query may select a metric that it does not name word by word: by a pattern of names, by labels alone, or
/// by the name in another spelling.
fn selects_by_other_means(criteria: &str, metric_name: &str) -> bool {
    let Some(query) = promql_query(criteria) else {
        return true;
    };
    let plain = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect()
    };
    if plain(&query).contains(&plain(metric_name)) {
        return true;
    }
    let mut before = "";
    let mut rest = query.as_str();
    while let Some((head, tail)) = rest.split_once('{') {
        before = if head.is_empty() { before } else { head };
        let (labels, after) = tail.split_once('}').unwrap_or((tail, ""));
        let is_name = |last: char| last.is_ascii_alphanumeric() || "_:.".contains(last);
        let named = before.trim_end().ends_with(is_name)
            || labels.split(',').map(str::trim).any(|label| {
                let (name, value) = label.split_once('=').unwrap_or((label, ""));
                // A quoted name stands for itself; `=~` and `!=` select others.
                (name.starts_with('"') && value.is_empty())
                    || (name.trim() == "__name__" && !value.starts_with('~'))
            });
        if !named {
            return true;
        }
        (before, rest) = ("", after);
    }
    false
}

fn promql_query(criteria: &str) -> Option<String> {
    let criteria: serde_json::Value = serde_json::from_str(criteria).ok()?;
    let query = criteria.get("PromQLCriteria")?.get("Query")?.as_str()?;
    Some(query.to_owned())
}

/// F14: filters that share a metric share its alarm and its moments of silence.
fn shared_metric(place: &Place, filter: &FilterRow, others: &[FilterRow], stage: &mut Stage) {
    if others.is_empty() {
        return;
    }
    stage.say(
        fine(
            LinkId::F14,
            metric_filter::subject(place, filter),
            MetricFilterCause::SharesMetric {
                filters: others.iter().map(|other| other.name.clone()).collect(),
            },
        )
        .evidence(others.iter().map(|other| other.evidence)),
    );
}
