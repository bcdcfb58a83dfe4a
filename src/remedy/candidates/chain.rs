//! What is missing from a filter on: a metric filter on a log group that gets the events, an alarm on its metric, a topic
//! that reaches somebody. What is there is used; one namespace, one topic and one subscription serve all controls.

use serde_json::{Map, Value, json};

use super::{Candidate, Case, change};
use crate::aws::arn::{self, Location};
use crate::remedy::choice::{self, LogGroupKey};
use crate::remedy::document::{self, Service};
use crate::remedy::resource::{Alarm, Change, MetricFilter, Resource, Subscription, Topic};
use crate::remedy::{Error, read};

const NAMESPACE: &str = "CloudTrailMetrics";
pub(super) const TOPIC: &str = "security-alerts";

impl Case<'_> {
    /// The filter of the path again, on each log group that gets all events that are asked for.
    pub(super) fn move_filter(&self) -> Result<Vec<Candidate>, Error> {
        let Some(filter) = self.filter()? else {
            return Ok(Vec::new());
        };
        let Some(form) = self.forms().first().copied() else {
            return Ok(Vec::new());
        };
        let alarm = self.watching()?;
        let mut found = Vec::new();
        for place in choice::feeds(self.chain, form) {
            if self.place().as_ref() == Some(&place) {
                continue;
            }
            let mut moved = filter.clone();
            moved.account.clone_from(&place.account);
            moved.region.clone_from(&place.region);
            moved.log_group.clone_from(&place.log_group);
            moved.name = self.free_filter_name(&place, &filter.name)?;
            let mut candidate = vec![change(None, moved.clone())];
            // The metric is one of an account and Region.
            let here = alarm.as_ref().is_some_and(|alarm| {
                (alarm.account.as_str(), alarm.region.as_str()) == place.region()
            });
            if !here {
                candidate.extend(self.alarm_on(&moved)?);
            }
            found.push(candidate);
        }
        Ok(found)
    }

    /// A filter and an alarm of their own for the control, for each accepted form.
    pub(super) fn whole(&self) -> Result<Vec<Candidate>, Error> {
        let mut found = Vec::new();
        for form in self.forms() {
            let places = choice::feeds(self.chain, form);
            let known = places.first().cloned().or_else(|| self.any_place());
            let (place, mut candidate) = match known {
                Some(place) => (place, Vec::new()),
                None => match self.fed_log_group()? {
                    Some(made) => made,
                    None => continue,
                },
            };
            let name = self.free_filter_name(&place, &self.asked.control.id)?;
            let namespace = read::namespace(self.facts, place.region())?;
            let namespace = namespace.unwrap_or_else(|| NAMESPACE.to_owned());
            let metric = self.free_metric(&place, &namespace, &name)?;
            let filter = new_filter(&place, name, form, (namespace, metric));
            candidate.push(change(None, filter.clone()));
            candidate.extend(self.alarm_on(&filter)?);
            found.push(candidate);
        }
        Ok(found)
    }

    /// The filter that an alarm waits for, for each accepted form: it is there, and nothing writes its metric.
    pub(super) fn waited_for(&self) -> Result<Vec<Candidate>, Error> {
        let mut found = Vec::new();
        for form in self.forms() {
            let Some(place) = choice::feeds(self.chain, form).into_iter().next() else {
                continue;
            };
            for alarm in self.waiting(place.region())? {
                let Some((namespace, metric)) = alarm.metric() else {
                    continue;
                };
                let name = self.free_filter_name(&place, &self.asked.control.id)?;
                let metric = (namespace.to_owned(), metric.to_owned());
                found.push(vec![change(None, new_filter(&place, name, form, metric))]);
            }
        }
        Ok(found)
    }

    /// A log group that a trail of the account is made to deliver to, where none has one.
    fn fed_log_group(&self) -> Result<Option<(LogGroupKey, Candidate)>, Error> {
        for arn in read::trails(self.facts, &self.finding.account)? {
            let Some(trail) = read::trail(self.facts, &arn)? else {
                continue;
            };
            let changes = self.deliver(&trail, false)?;
            let group = changes.iter().find_map(|change| match &change.after {
                Resource::Trail(trail) => trail.log_group_arn.clone(),
                _ => None,
            });
            if let Some(place) = group.as_deref().and_then(LogGroupKey::of) {
                return Ok(Some((place, changes)));
            }
        }
        Ok(None)
    }

    /// A log group of some trail, where none is in order yet.
    fn any_place(&self) -> Option<LogGroupKey> {
        let mut groups = self
            .chain
            .paths
            .iter()
            .filter(|path| path.trail.is_some())
            .filter_map(|path| path.log_group.as_deref());
        LogGroupKey::of(groups.next()?)
    }

    /// A new alarm on the metric of a filter, and the topic that it needs.
    pub(super) fn alarm_on(&self, filter: &MetricFilter) -> Result<Vec<Change>, Error> {
        let place = (filter.account.as_str(), filter.region.as_str());
        let partition = read::partition(self.facts, &filter.account)?;
        let name = self.free_alarm_name(place, &filter.name)?;
        let mut changes = Vec::new();
        let topic = match self.topic_for(place)? {
            Some(arn) => arn,
            None => {
                let (arn, new) = self.new_topic(place)?;
                changes.extend(new);
                arn
            }
        };
        let mut settings = reference();
        settings.insert(
            "AlarmDescription".to_owned(),
            json!(self.asked.control.title),
        );
        settings.insert("Namespace".to_owned(), json!(filter.namespace));
        settings.insert("MetricName".to_owned(), json!(filter.metric));
        settings.insert("Dimensions".to_owned(), json!([]));
        settings.insert("ActionsEnabled".to_owned(), json!(true));
        settings.insert("AlarmActions".to_owned(), json!([topic]));
        settings.insert("OKActions".to_owned(), json!([]));
        settings.insert("InsufficientDataActions".to_owned(), json!([]));
        let (account, region) = place;
        let location = Location {
            partition: &partition,
            region,
            account,
        };
        let alarm = Alarm {
            account: account.to_owned(),
            region: region.to_owned(),
            arn: location.alarm(&name),
            name,
            composite: false,
            settings,
        };
        changes.push(change(None, alarm));
        Ok(changes)
    }

    /// The topic to use in a Region: one that works, else one that is there.
    pub(super) fn topic_for(&self, place: (&str, &str)) -> Result<Option<String>, Error> {
        if let Some(topic) = choice::topics(self.chain, place.1).into_iter().next() {
            return Ok(Some(topic));
        }
        let topics = read::topics(self.facts, place.0, place.1)?;
        let mut ranked: Vec<(usize, String)> = Vec::new();
        for topic in topics {
            let subscriptions = read::subscriptions(self.facts, &topic)?;
            let confirmed = subscriptions.iter().filter(|it| it.confirmed).count();
            ranked.push((usize::MAX - confirmed, topic));
        }
        ranked.sort();
        Ok(ranked.into_iter().next().map(|(_, topic)| topic))
    }

    /// A topic that alarms may publish to, with somebody who hears.
    pub(super) fn new_topic(&self, place: (&str, &str)) -> Result<(String, Vec<Change>), Error> {
        self.topic_named(place, TOPIC, Service::Alarms(place.0), None)
    }

    /// A topic of this name, where it is free, that a service may publish to, with somebody who hears; and its ARN.
    pub(super) fn topic_named(
        &self,
        place: (&str, &str),
        name: &str,
        service: Service<'_>,
        address: Option<String>,
    ) -> Result<(String, Vec<Change>), Error> {
        let (account, region) = place;
        let partition = read::partition(self.facts, account)?;
        let location = Location {
            partition: &partition,
            region,
            account,
        };
        let name = self.free(name, |name| {
            Ok(read::may_be_topic(self.facts, &location.topic(name))?)
        })?;
        let arn = location.topic(&name);
        let topic = Topic {
            account: account.to_owned(),
            region: region.to_owned(),
            policy: Some(document::publish(None, &arn, service)),
            kms_key_id: None,
            name,
            arn: arn.clone(),
        };
        let subscription = self.subscription_of(&arn, address)?;
        Ok((arn, vec![change(None, topic), subscription]))
    }

    /// Somebody hears of a topic: the address that was given, else one that hears of other topics, else one to be given.
    pub(super) fn subscribe(&self, topic_arn: &str) -> Result<Change, Error> {
        self.subscription_of(topic_arn, None)
    }

    fn subscription_of(&self, topic_arn: &str, address: Option<String>) -> Result<Change, Error> {
        let known = self.facts.query_row(
            "select min(endpoint) from subscription where protocol = 'email' and subscription_arn like 'arn:%'",
            [],
            |row| row.get::<_, Option<String>>(0),
        )?;
        let subscription = Subscription {
            account: arn::account(topic_arn).unwrap_or_default().to_owned(),
            region: arn::region(topic_arn).unwrap_or_default().to_owned(),
            topic_arn: topic_arn.to_owned(),
            protocol: "email".to_owned(),
            endpoint: self.asked.wishes.email.clone().or(address).or(known),
            arn: None,
            confirmed: true,
            filter_policy: None,
            filter_policy_scope: None,
        };
        Ok(change(None, subscription))
    }

    pub(super) fn free_filter_name(
        &self,
        place: &LogGroupKey,
        wanted: &str,
    ) -> Result<String, Error> {
        let key = (
            place.account.as_str(),
            place.region.as_str(),
            place.log_group.as_str(),
        );
        self.free(wanted, |name| {
            Ok(read::filter(self.facts, key, name)?.is_some())
        })
    }

    pub(super) fn free_metric(
        &self,
        place: &LogGroupKey,
        namespace: &str,
        wanted: &str,
    ) -> Result<String, Error> {
        self.free(wanted, |name| {
            let taken = read::writers(self.facts, place.region(), namespace, name)?;
            let watched = read::watchers(self.facts, place.region(), namespace, name)?;
            Ok(!taken.is_empty() || !watched.is_empty())
        })
    }

    /// The name, or with the first number that makes it free: nothing that is recorded has it, and the user knows of nothing.
    pub(super) fn free(
        &self,
        wanted: &str,
        taken: impl Fn(&str) -> Result<bool, Error>,
    ) -> Result<String, Error> {
        let known = &self.asked.wishes.taken;
        let mut name = wanted.to_owned();
        let mut count = 1;
        while known.contains(&name) || taken(&name)? {
            count += 1;
            name = format!("{wanted}-{count}");
        }
        Ok(name)
    }

    fn free_alarm_name(&self, place: (&str, &str), wanted: &str) -> Result<String, Error> {
        self.free(wanted, |name| {
            Ok(read::alarm_arn(self.facts, place.0, place.1, name)?.is_some())
        })
    }
}

/// A metric filter with a pattern that counts each event.
fn new_filter(
    place: &LogGroupKey,
    name: String,
    pattern: &str,
    (namespace, metric): (String, String),
) -> MetricFilter {
    MetricFilter {
        account: place.account.clone(),
        region: place.region.clone(),
        log_group: place.log_group.clone(),
        name,
        pattern: pattern.to_owned(),
        namespace,
        metric,
        value: "1".to_owned(),
        default_value: None,
        unit: None,
        dimensions: std::collections::BTreeMap::new(),
        on_transformed_logs: None,
        field_selection: None,
        system_dimensions: Vec::new(),
    }
}

/// The settings by which one event makes an alarm go off, and silence lets it rest (docs/alarms.md).
pub(super) fn reference() -> Map<String, Value> {
    let settings = json!({
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    });
    match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    }
}
