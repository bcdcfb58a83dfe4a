//! From a metric filter to the alarms that its metric moves: the join on metric and dimensions (A01, F05, F14).
//!
//! Namespace, metric name, account and region have to be the same; dimensions too. What one event does to the alarm is
//! decided by [`super::alarm_evaluation`].

use std::rc::Rc;

use serde_json::Value;

use super::alarm_evaluation::{Evaluated, Writers};
use super::cause::{AlarmCause, MetricFilterCause, Namesake, Query};
use super::facts::{AlarmRow, Facts, FilterRow, MetricRow, Question};
use super::judgement::{Judgement, fine, unanswered};
use super::log_group_id::LogGroupId;
use super::metrics::{Metrics, Reading};
use super::same_events::SameEvents;
use super::unseen_filters::Unseen;
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};
use super::{Error, dimensions, metric_filter, other_records};
use crate::aws::alarm::{Effect, Firing};
use crate::aws::arn;

/// An alarm that reads the metric of a filter.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) alarm: Rc<AlarmRow>,
    /// What is said about the filter's value, its dimensions and the alarm's arithmetic.
    pub(super) judgement: Judgement,
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

/// The filters of a log group whose alarms some composite alarm looks at, each with those alarms.
pub(super) type LookedAt<'a> = Vec<(&'a FilterRow, Vec<&'a Watched>)>;

/// The filters with alarms that composite alarms look at.
pub(super) fn looked_at<'a>(
    all: &[(&'a FilterRow, &'a Watchers)],
    looks_at: impl Fn(&AlarmRow) -> bool,
) -> LookedAt<'a> {
    all.iter()
        .map(|(filter, watchers)| {
            let alarms = watchers.alarms.iter();
            let below = alarms.filter(|watched| looks_at(&watched.alarm)).collect();
            (*filter, below)
        })
        .filter(|(_, below): &(_, Vec<_>)| !below.is_empty())
        .collect()
}

/// Where the filters are whose alarms are looked for.
#[derive(Clone, Copy)]
pub(super) struct AlarmSearch<'a, 's> {
    pub(super) facts: &'a Facts<'s>,
    pub(super) metrics: &'a Metrics,
    pub(super) place: &'a LogGroupId,
    /// The alarms of the Region that name no metric.
    pub(super) queries: &'a [Rc<AlarmRow>],
    /// Whether the events are those of another account than the log group's.
    pub(super) of_member: bool,
    pub(super) same_events: &'a SameEvents,
}

/// Finds the alarms that read the metric of a filter.
pub(super) fn find(search: AlarmSearch<'_, '_>, filter: &FilterRow) -> Result<Watchers, Error> {
    let AlarmSearch { facts, place, .. } = search;
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
    let metric = [
        place.account.as_str(),
        place.region.as_str(),
        namespace,
        metric_name,
    ];
    let all = facts.writers(&place.account, &place.region, namespace, metric_name)?;
    let others = others(filter, &all);
    let unseen = Unseen::of(facts, metric)?;
    let writers = Writers::new(place, filter, (&others, unseen), search.same_events);
    let mut watchers = Watchers::default();
    watchers.alarms.extend(
        search
            .queries
            .iter()
            .filter_map(|alarm| by_query(filter, namespace, metric_name, alarm)),
    );
    let shared = shared_metric(place, filter, &others);
    let strangers = other_records::of(facts, place, (filter, &others))?;
    for reading in search.metrics.watching(facts, metric)?.iter() {
        let rows = ours(place, filter, reading);
        for row in rows
            .iter()
            .map(|row| Some(*row))
            .chain(rows.is_empty().then_some(None))
        {
            let mut found = watched(search, &writers, reading, row)?;
            found.judgement.extend(shared.clone());
            if found.evaluated.is_some() {
                let alarm = &reading.alarm;
                found
                    .judgement
                    .say_all(other_records::link(&strangers, alarm));
            }
            watchers.alarms.push(found);
        }
    }
    watchers.none = no_alarm(
        search,
        filter,
        namespace,
        metric_name,
        watchers.alarms.is_empty(),
    )?;
    Ok(watchers)
}

/// Other filters of any log group that write the same metric: their default values fill the same periods (F14).
fn others<'r>(filter: &FilterRow, all: &'r [Rc<FilterRow>]) -> Vec<&'r FilterRow> {
    let is_other = |other: &&FilterRow| {
        other.name != filter.name || other.log_group_name != filter.log_group_name
    };
    all.iter().map(Rc::as_ref).filter(is_other).collect()
}

fn no_alarm(
    search: AlarmSearch<'_, '_>,
    filter: &FilterRow,
    namespace: &str,
    metric_name: &str,
    none_found: bool,
) -> Result<Option<Link>, Error> {
    let AlarmSearch { facts, place, .. } = search;
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
    let here = (place.account.as_str(), place.region.as_str());
    let namesake = search.metrics.namesake(facts, here, metric_name)?;
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
    search: AlarmSearch<'_, '_>,
    writers: &Writers<'_>,
    reading: &Reading,
    row: Option<&MetricRow>,
) -> Result<Watched, Error> {
    let (place, filter) = (writers.place, writers.filter);
    let Reading { alarm, reads } = reading;
    let mut judgement = Judgement::default();
    if alarm.account != place.account {
        let cause = AlarmCause::InMonitoringAccount {
            account: alarm.account.clone(),
        };
        judgement.say(
            Link::new(LinkId::A22, Verdict::Unknown, alarm.subject(), cause)
                .field("Metrics[].AccountId", &place.account)
                .evidence([alarm.evidence]),
        );
    }
    let mut evaluated = None;
    if let Some(row) = row {
        judgement.say(
            fine(LinkId::A01, alarm.subject(), AlarmCause::WatchesMetric)
                .field("Namespace", row.namespace.as_deref().unwrap_or_default())
                .field("MetricName", row.metric_name.as_deref().unwrap_or_default())
                .evidence([alarm.evidence, filter.evidence]),
        );
        let (said, agree) = dimensions::agree(place, filter, (alarm, row), search.of_member);
        judgement.extend(said);
        if agree {
            let found = if row.query_id.is_empty() {
                writers.plain(alarm)
            } else {
                writers.math(search.facts, alarm, (reads, row))?
            };
            writers.say(search.facts, &found, alarm, &mut judgement)?;
            evaluated = Some(found);
        }
    }
    Ok(Watched {
        alarm: Rc::clone(alarm),
        judgement,
        evaluated,
    })
}

/// What an alarm reads of the metric of a filter: each combination of values of its dimensions; of other dimensions one.
fn ours<'r>(place: &LogGroupId, filter: &FilterRow, reading: &'r Reading) -> Vec<&'r MetricRow> {
    let Reading { alarm, reads } = reading;
    let same_metric = |row: &&MetricRow| {
        let account = row.metric_account.as_ref().unwrap_or(&alarm.account);
        *account == place.account
            && row.namespace == filter.namespace
            && row.metric_name == filter.metric_name
    };
    let rows = || reads.iter().filter(same_metric);
    let mut found: Vec<&MetricRow> = Vec::new();
    for row in rows().filter(|row| dimensions::same_names(filter, row)) {
        if !found.iter().any(|known| known.dimensions == row.dimensions) {
            found.push(row);
        }
    }
    if found.is_empty() {
        found.extend(rows().next());
    }
    found
}

/// A20 and A21: alarms that name no metric but ask for it in a query.
fn by_query(
    filter: &FilterRow,
    namespace: &str,
    metric_name: &str,
    alarm: &Rc<AlarmRow>,
) -> Option<Watched> {
    let promql = alarm.evaluation_criteria.as_ref();
    let text = promql.or(alarm.metrics.as_ref())?.text();
    let (id, field, query) = match promql {
        Some(_) => (LinkId::A21, "EvaluationCriteria", Query::Promql),
        None if text.to_ascii_uppercase().contains("SEARCH(") => {
            (LinkId::A19, "Metrics", Query::Search)
        }
        None => (LinkId::A20, "Metrics", Query::MetricsInsights),
    };
    let names_it = text.contains(metric_name);
    let selects = promql.is_some_and(|criteria| selects_by_other_means(criteria, metric_name));
    if !names_it && !selects {
        return None;
    }
    let mut judgement = Judgement::default();
    let cause = AlarmCause::QueryNotEvaluated {
        query,
        metric: metric_name.to_owned(),
    };
    judgement.say(
        Link::new(id, Verdict::Unknown, alarm.subject(), cause)
            .field("metricNamespace", namespace)
            .field(field, text)
            .evidence([alarm.evidence, filter.evidence]),
    );
    Some(Watched {
        alarm: Rc::clone(alarm),
        judgement,
        evaluated: Some(Evaluated {
            effect: Effect::Unknown(Vec::new()),
            flooded: None,
            unseen: false,
        }),
    })
}

/// Whether a PromQL query may select a metric that it does not name word by word: by a pattern of names, by labels alone, or
/// by the name in another spelling.
fn selects_by_other_means(criteria: &Value, metric_name: &str) -> bool {
    let Some(query) = promql_query(criteria) else {
        return true;
    };
    let plain = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect()
    };
    if plain(query).contains(&plain(metric_name)) {
        return true;
    }
    let mut before = "";
    let mut rest = query;
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

fn promql_query(criteria: &Value) -> Option<&str> {
    criteria.get("PromQLCriteria")?.get("Query")?.as_str()
}

/// F14: filters that share a metric share its alarm and its moments of silence.
fn shared_metric(place: &LogGroupId, filter: &FilterRow, others: &[&FilterRow]) -> Judgement {
    let mut judgement = Judgement::default();
    if !others.is_empty() {
        judgement.say(
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
    judgement
}
