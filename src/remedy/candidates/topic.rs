//! Topics, their keys and their subscriptions: repaired where that takes one statement, else another topic that works.

use super::alarm::acting_in_place_of;
use super::key::{Named, denying};
use super::{Candidate, Case, change, edit, shared_first};
use crate::analyze::Stop;
use crate::aws::arn;
use crate::chain::verdict::{Kind, LinkId};
use crate::remedy::document::{self, Service};
use crate::remedy::resource::{Subscription, Topic};
use crate::remedy::{Error, choice, read};

/// So many alarms may be changed in place of the topic that they tell.
const FEW_ALARMS: usize = 2;

/// The alias of a new key.
const KEY: &str = "alias/security-alerts";

impl Case<'_> {
    /// A link of a topic or subscription.
    pub(super) fn topic_link(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let path = self.finding.paths.first();
        let Some(topic_arn) = path.and_then(|path| path.action.clone()) else {
            return Ok(Vec::new());
        };
        let topic = read::topic(self.facts, &topic_arn)?;
        let elsewhere = self.another_topic(stop.id, &topic_arn)?;
        let mut found = Vec::new();
        let mut anew = Vec::new();
        match (stop.id, &topic) {
            (LinkId::N04, Some(topic)) => {
                let account = self.alarm_account(topic)?;
                found.extend(publishing(topic, stop, Service::Alarms(&account)));
            }
            (LinkId::N05 | LinkId::N06, Some(topic)) => {
                let account = self.alarm_account(topic)?;
                // Of a key that is there a statement is changed.
                let candidates = self.topic_key(topic, stop, Service::Alarms(&account))?;
                let is_mended = |it: &Candidate| it.iter().all(|change| change.before.is_some());
                let (mended, made): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_mended);
                found.extend(mended);
                anew.extend(made);
            }
            (LinkId::U04 | LinkId::U05, _) => found.extend(self.unfiltered(stop)?),
            _ => {}
        }
        match stop.id {
            LinkId::U02 => anew.extend(self.confirmed(stop, &topic_arn)?),
            LinkId::U01 | LinkId::U03 | LinkId::U04 | LinkId::U05 => {
                anew.push(vec![self.subscribe(&topic_arn)?]);
            }
            LinkId::N02 if topic.is_none() => anew.extend(self.topic_again(&topic_arn)?),
            _ => {}
        }
        // Many alarms are repaired with their topic, few are pointed at another one.
        let many = read::acting_on(self.facts, &topic_arn)?.len() > FEW_ALARMS;
        found.extend(shared_first(many, anew, elsewhere));
        Ok(found)
    }

    /// The alarm that acts tells another topic that works: in place of one that is gone or cannot be reached, else too.
    fn another_topic(&self, id: LinkId, topic_arn: &str) -> Result<Vec<Candidate>, Error> {
        let Some(alarm) = self.acting()? else {
            return Ok(Vec::new());
        };
        let dead = matches!(id, LinkId::N01 | LinkId::N02).then_some(topic_arn);
        let working = choice::topics(self.chain, &alarm.region)
            .into_iter()
            .find(|topic| topic != topic_arn);
        if let Some(topic) = working {
            return Ok(vec![vec![acting_in_place_of(&alarm, &topic, dead)]]);
        }
        // Of a topic of which nobody may see why it fails nothing can be changed.
        if !matches!(id, LinkId::N01 | LinkId::N08) {
            return Ok(Vec::new());
        }
        let place = (alarm.account.as_str(), alarm.region.as_str());
        let (topic, mut candidate) = self.new_topic(place)?;
        candidate.push(acting_in_place_of(&alarm, &topic, dead));
        Ok(vec![candidate])
    }

    /// The account whose alarms are to publish.
    fn alarm_account(&self, topic: &Topic) -> Result<String, Error> {
        Ok(self
            .acting()?
            .map_or_else(|| topic.account.clone(), |alarm| alarm.account))
    }

    /// The key of a topic that a service may use.
    pub(super) fn topic_key(
        &self,
        topic: &Topic,
        stop: &Stop,
        service: Service<'_>,
    ) -> Result<Vec<Candidate>, Error> {
        let named = Named {
            account: &topic.account,
            region: &topic.region,
            id: topic.kms_key_id.as_deref(),
        };
        let alias = self.free(KEY, |_| Ok(false))?;
        let encrypted_with = |id: &str| edit(topic, |it| it.kms_key_id = Some(id.to_owned()));
        let mut found = self.keys(&named, (&alias, encrypted_with(&alias)), stop, service)?;
        // One that is there may be in order already; the new one is the last.
        let new = found.pop();
        let known = read::keys(self.facts, (&topic.account, &topic.region))?;
        let known = known
            .iter()
            .filter(|id| Some(id.as_str()) != topic.kms_key_id.as_deref());
        found.extend(known.map(|id| vec![encrypted_with(id)]));
        found.extend(new);
        Ok(found)
    }

    /// The subscription without its filter policy.
    pub(super) fn unfiltered(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let found = self.subscription(stop)?;
        let edits = found.iter().map(|subscription| {
            vec![edit(subscription, |it| {
                it.filter_policy = None;
                it.filter_policy_scope = None;
            })]
        });
        Ok(edits.collect())
    }

    /// The subscription once somebody confirmed it.
    fn confirmed(&self, stop: &Stop, topic_arn: &str) -> Result<Vec<Candidate>, Error> {
        let mut found: Vec<Candidate> = self
            .subscription(stop)?
            .iter()
            .map(|subscription| vec![edit(subscription, |it| it.confirmed = true)])
            .collect();
        found.push(vec![self.subscribe(topic_arn)?]);
        Ok(found)
    }

    /// The topic that a link is about: the path to blame may run through another Region than the link.
    pub(super) fn told<'s>(&'s self, stop: &'s Stop) -> Option<&'s str> {
        let path = self.finding.paths.first();
        let on_path = path.and_then(|path| path.action.as_deref());
        let Some(subject) = &stop.subject else {
            return on_path;
        };
        let arn = subject.arn.as_deref();
        let named = match subject.kind {
            Kind::Topic => arn,
            Kind::Subscription => arn.and_then(arn::topic_of_subscription),
            _ => None,
        };
        named.or(on_path)
    }

    fn subscription(&self, stop: &Stop) -> Result<Vec<Subscription>, Error> {
        let topic = self.told(stop).unwrap_or_default();
        let mut found = read::subscriptions(self.facts, topic)?;
        if let Some(subject) = &stop.subject {
            found.retain(|it| {
                it.endpoint.as_deref() == Some(subject.name.as_str())
                    && Some(&it.protocol) == subject.within.as_ref()
            });
        }
        Ok(found)
    }

    /// A topic of the same name again.
    fn topic_again(&self, topic_arn: &str) -> Result<Vec<Candidate>, Error> {
        let Some(arn) = arn::Arn::parse(topic_arn) else {
            return Ok(Vec::new());
        };
        let topic = Topic {
            account: arn.account.to_owned(),
            region: arn.region.to_owned(),
            arn: topic_arn.to_owned(),
            name: arn.resource.to_owned(),
            policy: None,
            kms_key_id: None,
        };
        let account = self.alarm_account(&topic)?;
        let policy = document::publish(None, topic_arn, Service::Alarms(&account));
        let topic = Topic {
            policy: Some(policy),
            ..topic
        };
        Ok(vec![vec![change(None, topic), self.subscribe(topic_arn)?]])
    }
}

/// The topic once a service may publish to it: one that denies spares it, else a statement more lets it in.
pub(super) fn publishing(topic: &Topic, stop: &Stop, service: Service<'_>) -> Vec<Candidate> {
    let spared = topic
        .policy
        .as_deref()
        .zip(denying(&stop.cause))
        .map(|(policy, position)| document::sparing(policy, position, service))
        .unwrap_or_default();
    let wider = document::publish(topic.policy.as_deref(), &topic.arn, service);
    spared
        .into_iter()
        .chain([wider])
        .map(|policy| vec![edit(topic, |it| it.policy = Some(policy))])
        .collect()
}
