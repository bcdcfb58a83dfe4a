//! Alarms: one event makes them go off, silence lets them rest, and they act on a topic.

use serde_json::{Value, json};

use super::chain::reference;
use super::{Candidate, Case, edit};
use crate::analyze::Stop;
use crate::aws::arn;
use crate::chain::cause::{AlarmCause, Cause};
use crate::chain::verdict::{LinkId, Station};
use crate::remedy::resource::{Alarm, Change};
use crate::remedy::{Error, read};

impl Case<'_> {
    /// A link of an alarm or composite alarm.
    pub(super) fn alarm_link(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        if stop.id == LinkId::A01 {
            return self.unwatched(stop);
        }
        let Some(alarm) = self.alarm(stop)? else {
            return Ok(Vec::new());
        };
        Ok(match stop.id {
            LinkId::A02 => vec![vec![enabled(&alarm)]],
            LinkId::A03 | LinkId::C06 => self.telling(&alarm)?,
            LinkId::A18 => match self.acting()? {
                Some(acting) => self.telling(&acting)?,
                None => Vec::new(),
            },
            LinkId::A17 => self.unmuted(&alarm)?,
            LinkId::A13 => vec![vec![edit(&alarm, |it| {
                it.settings.remove("WarmUpConfiguration");
            })]],
            // What holds a composite in ALARM (A15) may be another of its children.
            id if id.station() == Station::CompositeAlarm
                || id == LinkId::A15 && alarm.composite =>
            {
                self.by_itself()?
            }
            _ => self.arithmetic(&alarm)?,
        })
    }

    /// A metric filter for an alarm that waits for one, or a plain alarm on the metric: where none watches it, and beside one
    /// that cannot be read or mended.
    pub(super) fn beside(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        match stop.id.station() {
            Station::MetricFilter => self.waited_for(),
            _ if stop.id == LinkId::A15 => Ok(Vec::new()),
            Station::Alarm | Station::CompositeAlarm => Ok(match self.filter()? {
                Some(filter) if !filter.metric.is_empty() => vec![self.alarm_on(&filter)?],
                _ => Vec::new(),
            }),
            _ => Ok(Vec::new()),
        }
    }

    /// No alarm watches the metric: one that watches a metric of the same name elsewhere, or is called like this one, is pointed
    /// here where nothing else feeds it.
    fn unwatched(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let mut found = Vec::new();
        let Some(filter) = self.filter()? else {
            return Ok(found);
        };
        if filter.metric.is_empty() {
            return Ok(found);
        }
        let place = (filter.account.as_str(), filter.region.as_str());
        if let Cause::Alarm(AlarmCause::NoAlarmWatches {
            namesake: Some(namesake),
        }) = &stop.cause
            && read::writers(self.facts, place, &namesake.namespace, &namesake.metric)?.is_empty()
            && let Some(arn) = read::alarm_arn(self.facts, place.0, place.1, &namesake.alarm)?
            && let Some(alarm) = read::alarm(self.facts, &arn)?.filter(is_plain)
        {
            found.push(vec![edit(&alarm, |it| {
                it.settings
                    .insert("Namespace".to_owned(), json!(filter.namespace));
            })]);
        }
        for alarm in self.waiting(place)? {
            found.push(vec![edit(&alarm, |it| {
                it.settings
                    .insert("Namespace".to_owned(), json!(filter.namespace));
                it.settings
                    .insert("MetricName".to_owned(), json!(filter.metric));
            })]);
        }
        Ok(found)
    }

    /// Plain alarms of a Region that are called like the control, or like its filter, and wait for a metric that nothing writes.
    pub(super) fn waiting(&self, place: (&str, &str)) -> Result<Vec<Alarm>, Error> {
        let mut found = Vec::new();
        for arn in read::alarms(self.facts, place)? {
            let Some(alarm) = read::alarm(self.facts, &arn)?.filter(is_plain) else {
                continue;
            };
            let Some((namespace, metric)) = alarm.metric() else {
                continue;
            };
            let of_aws = namespace.starts_with("AWS/");
            let named = self.is_called_so(&alarm.name) || self.is_called_so(metric);
            if !of_aws && named && read::writers(self.facts, place, namespace, metric)?.is_empty() {
                found.push(alarm);
            }
        }
        Ok(found)
    }

    /// The alarm on the metric tells a topic itself, whatever is above it.
    fn by_itself(&self) -> Result<Vec<Candidate>, Error> {
        match self.watching()? {
            Some(alarm) => self.telling(&alarm),
            None => Ok(Vec::new()),
        }
    }

    /// The alarm acts on a topic that reaches somebody.
    pub(super) fn telling(&self, alarm: &Alarm) -> Result<Vec<Candidate>, Error> {
        let place = (alarm.account.as_str(), alarm.region.as_str());
        if let Some(topic) = self.topic_for(place)? {
            return Ok(vec![vec![acting_on(alarm, &topic)]]);
        }
        let (topic, mut candidate) = self.new_topic(place)?;
        candidate.push(acting_on(alarm, &topic));
        Ok(vec![candidate])
    }

    fn unmuted(&self, alarm: &Alarm) -> Result<Vec<Candidate>, Error> {
        let place = (alarm.account.as_str(), alarm.region.as_str());
        let rules = read::mute_rules(self.facts, place, &alarm.name)?;
        let edits = rules
            .iter()
            .map(|rule| edit(rule, |it| it.alarms.retain(|name| *name != alarm.name)));
        Ok(vec![edits.collect()])
    }

    /// What makes one event move the alarm, one setting at a time, then all together.
    fn arithmetic(&self, alarm: &Alarm) -> Result<Vec<Candidate>, Error> {
        if !is_plain(alarm) {
            return Ok(Vec::new());
        }
        let with = |settings: &[(&str, Value)]| {
            vec![edit(alarm, |it| {
                for (name, value) in settings {
                    it.settings.insert((*name).to_owned(), value.clone());
                }
                if settings.iter().any(|(name, _)| *name == "Statistic") {
                    it.settings.remove("ExtendedStatistic");
                    it.settings.remove("EvaluateLowSampleCountPercentile");
                }
            })]
        };
        let at_least = ("ComparisonOperator", json!("GreaterThanOrEqualToThreshold"));
        let mut found = vec![with(&[("TreatMissingData", json!("notBreaching"))])];
        // Of one period one datapoint is what it takes anyway.
        let periods = alarm.settings.get("EvaluationPeriods");
        if periods.and_then(Value::as_u64) != Some(1) {
            found.push(with(&[("DatapointsToAlarm", json!(1))]));
        }
        found.extend([
            with(&[("Threshold", json!(1))]),
            with(&[("Threshold", json!(1)), at_least.clone()]),
            with(&[("Statistic", json!("Sum"))]),
            with(&[
                ("Statistic", json!("Sum")),
                ("Threshold", json!(1)),
                at_least,
            ]),
        ]);
        let all: Vec<(&str, Value)> = reference_settings();
        let mut whole = with(&all);
        for change in &mut whole {
            if let crate::remedy::Resource::Alarm(it) = &mut change.after {
                for setting in [
                    "DatapointsToAlarm",
                    "EvaluationWindow",
                    "WarmUpConfiguration",
                    "Unit",
                ] {
                    it.settings.remove(setting);
                }
            }
        }
        found.push(whole);
        if let Some(filter) = self.filter()? {
            found.push(vec![edit(&filter, |it| it.default_value = None)]);
            found.extend(self.wider(&filter));
        }
        Ok(found)
    }
}

fn reference_settings() -> Vec<(&'static str, Value)> {
    let reference = reference();
    [
        "Statistic",
        "Period",
        "EvaluationPeriods",
        "Threshold",
        "ComparisonOperator",
        "TreatMissingData",
    ]
    .into_iter()
    .filter_map(|name| Some((name, reference.get(name)?.clone())))
    .collect()
}

/// An alarm on one metric.
fn is_plain(alarm: &Alarm) -> bool {
    !alarm.composite && alarm.settings.contains_key("MetricName")
}

fn enabled(alarm: &Alarm) -> Change {
    edit(alarm, |it| {
        it.settings.insert("ActionsEnabled".to_owned(), json!(true));
    })
}

/// The alarm with a topic among its actions, in place of one that can never be reached from its Region, and switched on.
pub(super) fn acting_on(alarm: &Alarm, topic: &str) -> Change {
    acting_in_place_of(alarm, topic, None)
}

/// The alarm with a topic in place of an action that does nothing.
pub(super) fn acting_in_place_of(alarm: &Alarm, topic: &str, dead: Option<&str>) -> Change {
    edit(alarm, |it| {
        let mut actions: Vec<String> = it
            .settings
            .get("AlarmActions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        actions.retain(|action| Some(action.as_str()) != dead);
        if !actions.iter().any(|action| action == topic) {
            actions.push(topic.to_owned());
        }
        debug_assert!(arn::service(topic).is_some());
        it.settings
            .insert("AlarmActions".to_owned(), json!(actions));
        it.settings.insert("ActionsEnabled".to_owned(), json!(true));
    })
}
