//! EventBridge rules: a rule that is there is switched on, gets a target that reaches somebody, and what stands behind it lets
//! it publish. One that is in most Regions is put into the others too, and one that matches too little gets what it lacks.

use serde_json::Map;

use super::chain::TOPIC;
use super::key::usable;
use super::topic::publishing;
use super::{Candidate, Case, change, edit};
use crate::analyze::Stop;
use crate::chain::verdict::{Kind, LinkId};
use crate::remedy::document::{self, Service};
use crate::remedy::resource::{Change, Rule, Target};
use crate::remedy::{Error, choice, read};

/// The state in which a rule sees read-only events of every service, too (E03).
pub(super) const SEES_ALL: &str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

impl Case<'_> {
    /// A link of a rule.
    pub(super) fn rule_link(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let topic = match self.told(stop) {
            Some(arn) => read::topic(self.facts, arn)?,
            None => None,
        };
        let mut found = match (stop.id, &topic) {
            (LinkId::E01, _) => self.fed()?,
            (LinkId::E02 | LinkId::E03, _) => self.switched_on(stop)?,
            (LinkId::E13 | LinkId::E14, Some(topic)) => publishing(topic, stop, Service::Rules),
            (LinkId::E15, Some(topic)) => self.topic_key(topic, stop, Service::Rules)?,
            (LinkId::E26, _) => self.bus_key(stop)?,
            (LinkId::E05, _) => {
                let mut found = self.as_elsewhere(stop)?;
                found.extend(self.wider_rules(stop)?);
                found
            }
            (LinkId::E08 | LinkId::E09 | LinkId::E10, _) => self.spread(stop)?,
            (LinkId::E19 | LinkId::E20 | LinkId::E21, _) => self.unfiltered(stop)?,
            _ => Vec::new(),
        };
        // Where what a rule sends to cannot be mended, it sends to something else as well.
        let elsewhere = matches!(
            stop.id,
            LinkId::E12 | LinkId::E15 | LinkId::E16 | LinkId::E17 | LinkId::E18 | LinkId::E22
        );
        if elsewhere {
            found.extend(self.another_target(stop)?);
        }
        Ok(found)
    }

    /// The rule that a link is about, or that the path runs through.
    pub(super) fn rule(&self, stop: &Stop) -> Result<Option<Rule>, Error> {
        let path = self.finding.paths.first();
        let links = path.map(|path| path.links.as_slice()).unwrap_or_default();
        let subjects = links.iter().map(|link| &link.subject);
        let arn = stop
            .subject
            .iter()
            .chain(subjects)
            .filter(|subject| subject.kind == Kind::Rule)
            .find_map(|subject| subject.arn.as_deref());
        match arn {
            Some(arn) => Ok(read::rule(self.facts, arn)?),
            None => Ok(None),
        }
    }

    /// The key of the rule's bus, where it is the account's own to repair.
    fn bus_key(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let Some(rule) = self.rule(stop)? else {
            return Ok(Vec::new());
        };
        let Some(id) = read::bus_key(self.facts, &rule)? else {
            return Ok(Vec::new());
        };
        let place = (rule.account.as_str(), rule.region.as_str());
        let key = read::key(self.facts, place, &id)?;
        Ok(key
            .map(|key| usable(&key, stop, Service::Rules))
            .unwrap_or_default())
    }

    fn switched_on(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let Some(rule) = self.rule(stop)? else {
            return Ok(Vec::new());
        };
        let states = ["ENABLED", SEES_ALL].into_iter();
        let edits = states.map(|state| vec![edit(&rule, |it| state.clone_into(&mut it.state))]);
        Ok(edits.collect())
    }

    /// The rule sends to a topic of its Region that reaches somebody: one that works, else a new one.
    fn another_target(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let Some(rule) = self.rule(stop)? else {
            return Ok(Vec::new());
        };
        let id = self.free("tell", |id| Ok(read::has_target(self.facts, &rule, id)?))?;
        let target = |arn: &str| {
            let target = Target {
                account: rule.account.clone(),
                region: rule.region.clone(),
                bus: rule.bus.clone(),
                rule: rule.name.clone(),
                id: id.clone(),
                arn: arn.to_owned(),
                settings: Map::new(),
            };
            change(None, target)
        };
        let place = (rule.account.as_str(), rule.region.as_str());
        let told = self.told(stop);
        let mut found = Vec::new();
        let known = choice::topics(self.chain, &rule.region);
        let known = known.into_iter().chain(self.topic_for(place)?);
        let mut known = known.filter(|arn| Some(arn.as_str()) != told);
        if let Some(arn) = known.next() {
            found.push(vec![target(&arn)]);
            if let Some(topic) = read::topic(self.facts, &arn)? {
                let policy = document::publish(topic.policy.as_deref(), &topic.arn, Service::Rules);
                let admitting = edit(&topic, |it| it.policy = Some(policy));
                found.push(vec![admitting, target(&arn)]);
            }
        }
        let (made, mut candidate) = self.topic_named(place, TOPIC, Service::Rules, None)?;
        candidate.push(target(&made));
        found.push(candidate);
        Ok(found)
    }

    /// A trail feeds the bus: one that was stopped, else a new one.
    fn fed(&self) -> Result<Vec<Candidate>, Error> {
        let mut found: Vec<Vec<Change>> = Vec::new();
        for arn in read::trails(self.facts, &self.finding.account)? {
            let trail = read::trail(self.facts, &arn)?;
            found.extend(trail.map(|trail| vec![edit(&trail, |it| it.logging = true)]));
        }
        found.push(self.new_trail()?);
        Ok(found)
    }
}
