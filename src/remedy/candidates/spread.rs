//! A rule again in the Regions that have none like it: a rule sees one Region alone, and publishes to topics of that Region
//! alone, so each gets a topic that reaches somebody; or it forwards to the bus that its siblings forward to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Candidate, Case, change, edit};
use crate::analyze::Stop;
use crate::aws::arn::{self, Arn, Location};
use crate::remedy::document::{self, Service};
use crate::remedy::resource::{Change, Rule, Target};
use crate::remedy::{Error, choice, events, read};

/// The bus that CloudTrail events arrive at.
const DEFAULT_BUS: &str = "default";

/// The settings of a target that make its message.
const MESSAGE: [&str; 3] = ["Input", "InputPath", "InputTransformer"];

/// A rule in the Regions that have it, with what it sends to there.
struct Deployed {
    rule: Rule,
    targets: Vec<Target>,
}

impl Case<'_> {
    /// The rule of the path in each Region that lacks it. Where most Regions lack it, a filter and an alarm may be less: they
    /// tell of every Region.
    pub(super) fn spread(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        match self.rule(stop)? {
            Some(rule) if rule.bus == DEFAULT_BUS => self.spread_of(rule),
            _ => Ok(Vec::new()),
        }
    }

    fn spread_of(&self, rule: Rule) -> Result<Vec<Candidate>, Error> {
        let mut deployed = Deployed {
            targets: Vec::new(),
            rule,
        };
        let has = self.alike(&mut deployed)?;
        let regions = self.chain.scope.regions.iter();
        let lacking: Vec<&str> = regions
            .map(String::as_str)
            .filter(|region| !has.contains(*region))
            .collect();
        let mut found = self.forwarding(&deployed, &lacking)?;
        let mut telling = Vec::new();
        for region in &lacking {
            telling.extend(self.told_there(&deployed, region)?);
        }
        found.push(telling);
        if lacking.len() >= has.len() {
            let most = self.whole()?.iter().map(Vec::len).min();
            found.retain(|candidate| most.is_none_or(|most| candidate.len() <= most));
        }
        Ok(found)
    }

    /// The rule of a Region with the pattern that its siblings have, where most of those that have its name agree on one that
    /// matches whatever it matches; else a rule like them beside it.
    pub(super) fn as_elsewhere(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let Some(rule) = self.rule(stop)?.filter(|rule| rule.bus == DEFAULT_BUS) else {
            return Ok(Vec::new());
        };
        let named: BTreeSet<(&str, String)> = self
            .chain
            .rules()
            .filter(|other| other.name == rule.name && other.region != rule.region)
            .map(|other| {
                let pattern = localized(&other.pattern, &other.region, &rule.region);
                (other.region.as_str(), pattern)
            })
            .collect();
        let patterns: BTreeSet<&String> = named.iter().map(|(_, pattern)| pattern).collect();
        let count = |wanted: &String| named.iter().filter(|(_, it)| it == wanted).count();
        let mut most = patterns
            .into_iter()
            .filter(|it| count(it) * 2 > named.len());
        let Some(pattern) = most.next() else {
            return Ok(Vec::new());
        };
        let own = rule.pattern.as_deref().unwrap_or_default();
        if events::is_held(own, pattern, &self.chain.scope) {
            return Ok(vec![vec![edit(&rule, |it| {
                it.pattern = Some(pattern.clone())
            })]]);
        }
        let like = self.chain.rules().find(|it| {
            it.name == rule.name && localized(&it.pattern, &it.region, &rule.region) == *pattern
        });
        match like.map(|it| read::rule(self.facts, &it.arn)).transpose()? {
            Some(Some(like)) => self.spread_of(like),
            _ => Ok(Vec::new()),
        }
    }

    /// The Regions that have a rule with the pattern of this one, and all that those rules send to.
    fn alike(&self, deployed: &mut Deployed) -> Result<BTreeSet<String>, Error> {
        let pattern = deployed.rule.pattern.clone().unwrap_or_default();
        let own = deployed.rule.region.clone();
        let mut seen = BTreeSet::new();
        let mut regions = BTreeSet::new();
        for other in self.chain.rules() {
            if !seen.insert(other.arn.as_str())
                || other.pattern != localized(&pattern, &own, &other.region)
            {
                continue;
            }
            regions.insert(other.region.clone());
            if let Some(other) = read::rule(self.facts, &other.arn)? {
                deployed.targets.extend(read::targets(self.facts, &other)?);
            }
        }
        Ok(regions)
    }

    /// In each Region the rule that forwards to the bus that siblings forward to; none where none forwards.
    fn forwarding(&self, deployed: &Deployed, lacking: &[&str]) -> Result<Vec<Candidate>, Error> {
        let is_bus = |target: &&Target| arn::service(&target.arn) == Some("events");
        let Some(known) = deployed.targets.iter().find(is_bus) else {
            return Ok(Vec::new());
        };
        let mut candidate = Vec::new();
        for region in lacking {
            let rule = self.rule_in(&deployed.rule, region)?;
            let target = Target {
                region: rule.region.clone(),
                rule: rule.name.clone(),
                ..known.clone()
            };
            candidate.push(change(None, rule));
            candidate.push(change(None, target));
        }
        Ok(vec![candidate])
    }

    /// In one Region the rule, with a topic there.
    fn told_there(&self, deployed: &Deployed, region: &str) -> Result<Vec<Change>, Error> {
        let rule = self.rule_in(&deployed.rule, region)?;
        let mut topics = deployed.targets.iter();
        let known = topics.find(|target| arn::service(&target.arn) == Some("sns"));
        let (topic, mut changes) =
            self.topic_there((&rule.account, region), known.map(|it| it.arn.as_str()))?;
        let mut settings = known.map(|it| it.settings.clone()).unwrap_or_default();
        settings.retain(|setting, _| MESSAGE.contains(&setting.as_str()));
        let target = Target {
            account: rule.account.clone(),
            region: rule.region.clone(),
            bus: rule.bus.clone(),
            rule: rule.name.clone(),
            id: known.map_or("tell", |it| it.id.as_str()).to_owned(),
            arn: topic,
            settings,
        };
        changes.push(change(None, rule));
        changes.push(change(None, target));
        Ok(changes)
    }

    /// The topic for rules of a Region: one that works, else one that is there, else a new one that is called like the topic of
    /// another Region and tells whom that one tells.
    fn topic_there(
        &self,
        place: (&str, &str),
        like: Option<&str>,
    ) -> Result<(String, Vec<Change>), Error> {
        let known = choice::topics(self.chain, place.1).into_iter().next();
        let known = match known {
            Some(known) => Some(known),
            None => self.topic_for(place)?,
        };
        if let Some(arn) = known {
            let topic = read::topic(self.facts, &arn)?;
            let admitting = topic.map(|topic| {
                let policy = document::publish(topic.policy.as_deref(), &topic.arn, Service::Rules);
                edit(&topic, |it| it.policy = Some(policy))
            });
            return Ok((arn, admitting.into_iter().collect()));
        }
        let parts = like.and_then(Arn::parse);
        let name = parts.map_or(super::chain::TOPIC, |parts| parts.resource);
        let told = match like {
            Some(like) => read::subscriptions(self.facts, like)?,
            None => Vec::new(),
        };
        let mut told = told.into_iter().filter(|it| it.confirmed);
        let told = told.find(|it| it.protocol == "email");
        let address = told.and_then(|it| it.endpoint);
        self.topic_named(place, name, Service::Rules, address)
    }

    /// The rule as it is to be in another Region, under a name that is free there.
    fn rule_in(&self, rule: &Rule, region: &str) -> Result<Rule, Error> {
        let partition = read::partition(self.facts, &rule.account)?;
        let location = Location {
            partition: &partition,
            region,
            account: &rule.account,
        };
        let arn = |name: &str| location.arn("events", &format!("rule/{name}"));
        let name = self.free(&rule.name, |name| {
            Ok(read::is_rule(self.facts, &arn(name))?)
        })?;
        let pattern = rule.pattern.as_deref();
        let state = match rule.state.as_str() {
            sees @ ("ENABLED" | super::rule::SEES_ALL) => sees,
            _ => "ENABLED",
        };
        Ok(Rule {
            account: rule.account.clone(),
            region: region.to_owned(),
            arn: arn(&name),
            bus: DEFAULT_BUS.to_owned(),
            name,
            state: state.to_owned(),
            pattern: pattern.map(|pattern| localized(pattern, &rule.region, region)),
            schedule: None,
            role_arn: rule.role_arn.clone(),
        })
    }
}

/// A pattern that asks for the events of its own Region, as it is to be in another; every other pattern as it is.
pub(super) fn localized(pattern: &str, from: &str, to: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(pattern) else {
        return pattern.to_owned();
    };
    let mut changed = false;
    for place in ["/region", "/detail/awsRegion"] {
        if let Some(asked) = document.pointer_mut(place)
            && *asked == json!([from])
            && from != to
        {
            *asked = json!([to]);
            changed = true;
        }
    }
    if changed {
        document.to_string()
    } else {
        pattern.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::localized;

    #[test]
    fn only_a_pattern_that_names_its_own_region_is_written_anew() {
        let plain = r#"{ "detail": {"eventName":["A"]} }"#;
        assert_eq!(localized(plain, "eu-west-1", "us-east-1"), plain);
        let own = r#"{"region":["eu-west-1"],"detail":{"awsRegion":["eu-west-1"]}}"#;
        let there = localized(own, "eu-west-1", "us-east-1");
        assert!(!there.contains("eu-west-1"), "{there}");
        assert_eq!(localized(own, "us-east-1", "eu-west-3"), own);
    }
}
