//! Walks the paths that run through EventBridge: trail, bus of the event's Region, rule, target, subscription.
//!
//! A bus is fed by every trail that records the event, so each trail is a path of its own, and their union counts.

use std::sync::Arc;

use crate::aws::arn::{self, Arn};

use super::Error;
use super::cause::{EventRuleCause, Open};
use super::event_rule::{self, said};
use super::facts::{Asked, DEFAULT_BUS, Facts, Question, RuleRow, TargetRow, targets_question};
use super::judgement::{Context, Judgement, missing};
use super::path::{Path, Rule, Subscription};
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};
use super::{bus_key, bus_policy, rule_message, rule_topic, subscription};
use crate::coverage::Predicate;

/// A trail that may feed the buses, with what is said of it up to there; no trail where none does, or none is known.
pub(super) struct Feed {
    pub(super) trail: Option<String>,
    pub(super) judgement: Judgement,
}

/// A way through a rule and on.
#[derive(Clone)]
struct Way<'r> {
    rule: &'r RuleRow,
    action: Option<String>,
    subscription: Option<Subscription>,
    judgement: Judgement,
}

impl<'r> Way<'r> {
    fn saying(&self, link: Link) -> Self {
        let mut way = self.clone();
        way.judgement.say(link);
        way
    }

    fn path(&self, feed: &Feed) -> Path {
        let mut judgement = feed.judgement.clone();
        judgement.extend(self.judgement.clone());
        // What E09 and E10 turn away E08 turns away as well: they tell why.
        let told = [LinkId::E09, LinkId::E10];
        let events = Predicate::all(
            judgement
                .conditions
                .iter()
                .filter(|condition| !told.contains(&condition.id))
                .map(|condition| condition.events.clone()),
        );
        Path {
            trail: feed.trail.clone(),
            log_group: None,
            filter: None,
            alarm: None,
            rule: Some(Rule {
                arn: self.rule.arn.clone(),
                name: self.rule.name.clone(),
                region: self.rule.region.clone(),
                pattern: self.rule.pattern.clone(),
            }),
            action: self.action.clone(),
            subscription: self.subscription.clone(),
            events: Arc::new(events),
            conditions: judgement.conditions,
            links: judgement.links,
            muted: Default::default(),
            calendar: Default::default(),
            more_trails: 0,
        }
    }
}

/// All paths of an account that run through EventBridge.
pub(super) fn paths(
    facts: &Facts<'_>,
    context: &Context,
    feeds: &[Feed],
) -> Result<Vec<Path>, Error> {
    let rules: Vec<RuleRow> = facts
        .event_rules(&context.account)?
        .into_iter()
        .filter(event_rule::is_about_records)
        .collect();
    let walk = RuleWalk { facts, context };
    let mut ways = Vec::new();
    let mut fed: Vec<String> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.bus == DEFAULT_BUS) {
        walk.rule(rule, &mut ways, &mut fed)?;
    }
    for rule in rules.iter().filter(|rule| !fed.contains(&rule.arn)) {
        if let Some(link) = event_rule::not_fed(rule) {
            for judgement in event_rule::ways(context, rule) {
                ways.push(
                    Way {
                        rule,
                        action: None,
                        subscription: None,
                        judgement,
                    }
                    .saying(link.clone()),
                );
            }
        }
    }
    let mut paths: Vec<Path> = feeds
        .iter()
        .flat_map(|feed| ways.iter().map(|way| way.path(feed)))
        .collect();
    paths.extend(walk.unlisted(feeds)?);
    Ok(paths)
}

struct RuleWalk<'a> {
    facts: &'a Facts<'a>,
    context: &'a Context,
}

impl RuleWalk<'_> {
    /// The ways through a rule of a default bus.
    fn rule<'r>(
        &self,
        rule: &'r RuleRow,
        ways: &mut Vec<Way<'r>>,
        fed: &mut Vec<String>,
    ) -> Result<(), Error> {
        let targets = self.facts.event_targets(rule)?;
        let key = bus_key::judge(self.facts, rule)?;
        for matched in event_rule::ways(self.context, rule) {
            let mut judgement = event_rule::arrives(self.context, rule);
            judgement.extend(matched);
            judgement.say_all(key.clone());
            let way = Way {
                rule,
                action: None,
                subscription: None,
                judgement,
            };
            if let Some(link) = self.no_targets(rule, &targets)? {
                ways.push(way.saying(link));
            }
            for target in &targets {
                match bus_of(&target.arn) {
                    Some(bus) => self.forward(&way, target, bus, ways, fed)?,
                    None => self.target(&way, rule, target, ways)?,
                }
            }
        }
        Ok(())
    }

    /// E12 where there is no target, and an unknown link where the list is not whole.
    fn no_targets(&self, rule: &RuleRow, targets: &[TargetRow]) -> Result<Option<Link>, Error> {
        let (subject, asked) = self.facts.asked_targets(rule)?;
        if !asked.answered() {
            let question = targets_question(rule, &subject);
            let about = rule.subject();
            let link = missing(LinkId::E12, Verdict::Unknown, about, question, &asked, None);
            return Ok(Some(link));
        }
        Ok(targets.is_empty().then(|| {
            said(
                rule,
                LinkId::E12,
                Verdict::Broken,
                EventRuleCause::RuleHasNoTarget,
            )
            .evidence(asked.evidence())
        }))
    }

    /// From a target on: a topic and its subscriptions, or a machine.
    fn target<'r>(
        &self,
        before: &Way<'r>,
        rule: &RuleRow,
        target: &TargetRow,
        ways: &mut Vec<Way<'r>>,
    ) -> Result<(), Error> {
        let mut way = before.clone();
        way.action = Some(target.arn.clone());
        if arn::service(&target.arn) != Some("sns") {
            ways.push(way.saying(machine(rule, target)));
            return Ok(());
        }
        let judged = rule_topic::judge(self.facts, rule, target)?;
        way.judgement.extend(judged.judgement.clone());
        if !judged.exists {
            ways.push(way);
            return Ok(());
        }
        let listing = subscription::listed(self.facts, &judged)?;
        if let Some(link) = listing.link {
            ways.push(way.saying(link));
        }
        for row in listing.rows.iter() {
            let mut end = way.clone();
            end.subscription = Some(Subscription {
                arn: row.arn.clone(),
                protocol: row.protocol.clone(),
                endpoint: row.endpoint.clone(),
                more: 0,
            });
            let mut passes = |attributes: &_, subject: &_, judgement: &mut _| {
                rule_message::passes(attributes, target, subject, judgement);
            };
            let said = subscription::judge(self.facts, &judged, row, &mut passes)?;
            end.judgement.extend(said);
            ways.push(end);
        }
        Ok(())
    }

    /// One hop to another bus, and the rules there.
    fn forward<'r>(
        &self,
        before: &Way<'r>,
        target: &TargetRow,
        bus: Bus<'_>,
        ways: &mut Vec<Way<'r>>,
        fed: &mut Vec<String>,
    ) -> Result<(), Error> {
        let mut way = before.clone();
        way.action = Some(target.arn.clone());
        let rule = before.rule;
        let link = |id, verdict, cause| said(rule, id, verdict, cause).evidence([target.evidence]);
        let name = || target.arn.clone();
        if !self.rules_are_known(bus)? {
            let cause = EventRuleCause::ForwardedOutside { bus: name() };
            ways.push(way.saying(link(LinkId::E23, Verdict::Unknown, cause)));
            return Ok(());
        }
        if let Some(link) = forwarding(rule, target, bus) {
            way.judgement.say(link);
        }
        let admits = if bus.account == rule.account {
            bus_policy::admits_own
        } else {
            bus_policy::admits
        };
        match admits(self.facts, &target.arn, &rule.account)? {
            Some(true) => {}
            Some(false) => {
                let cause = EventRuleCause::BusRefuses { bus: name() };
                way.judgement.say(link(LinkId::E24, Verdict::Broken, cause));
            }
            None => {
                let cause = EventRuleCause::BusPolicyOpen { bus: name() };
                way.judgement
                    .say(link(LinkId::E24, Verdict::Unknown, cause));
            }
        }
        let receivers = self.facts.event_rules(bus.account)?;
        let receivers = receivers
            .iter()
            .filter(|other| other.region == bus.region && other.bus == bus.name)
            .filter(|other| event_rule::is_about_records(other));
        let mut none = true;
        for receiver in receivers {
            none = false;
            fed.push(receiver.arn.clone());
            self.receiver(&way, receiver, ways)?;
        }
        if none {
            // Nothing on that bus takes it further.
            let subject = Subject::of_arn(Kind::Rule, &target.arn);
            let link = Link::new(
                LinkId::E12,
                Verdict::Broken,
                subject,
                EventRuleCause::RuleHasNoTarget,
            );
            ways.push(way.saying(link.evidence([target.evidence])));
        }
        Ok(())
    }

    fn receiver<'r>(
        &self,
        before: &Way<'r>,
        receiver: &RuleRow,
        ways: &mut Vec<Way<'r>>,
    ) -> Result<(), Error> {
        let targets = self.facts.event_targets(receiver)?;
        let key = bus_key::judge(self.facts, receiver)?;
        for matched in event_rule::ways(self.context, receiver) {
            let mut way = before.clone();
            way.judgement.extend(matched);
            way.judgement.say_all(key.clone());
            if let Some(link) = self.no_targets(receiver, &targets)? {
                ways.push(way.saying(link));
            }
            for target in &targets {
                if bus_of(&target.arn).is_some() {
                    let bus = target.arn.clone();
                    let cause = EventRuleCause::SecondHop { bus };
                    ways.push(way.saying(said(receiver, LinkId::E24, Verdict::Broken, cause)));
                } else {
                    self.target(&way, receiver, target, ways)?;
                }
            }
        }
        Ok(())
    }

    fn rules_are_known(&self, bus: Bus<'_>) -> Result<bool, Error> {
        let questions = self.facts.questions(bus.account)?;
        let subject = if bus.name == DEFAULT_BUS {
            String::new()
        } else {
            serde_json::json!({ "EventBusName": bus.name }).to_string()
        };
        // The answer about the default bus has an empty subject, and says nothing of the others.
        let mut outcomes = questions.by_region("events", "ListRules", &subject);
        Ok(outcomes.any(|(region, asked)| region == bus.region && asked.answered()))
    }

    /// Regions whose rules were not listed, asked in vain or not at all: a rule may be there. What was recorded before rules
    /// were asked for, in whatever Region, says nothing of them.
    fn unlisted(&self, feeds: &[Feed]) -> Result<Vec<Path>, Error> {
        let account = self.context.account.as_str();
        let elsewhere = self
            .facts
            .answered_anywhere(account, "events", "ListRules")?;
        let mut paths = Vec::new();
        for region in &self.context.scope.regions {
            let question = Question::of_region(account, region, ("events", "ListRules"));
            let asked = self.facts.asked(question)?;
            let left_out = elsewhere && matches!(asked, Asked::Never);
            if !asked.in_vain() && !left_out {
                continue;
            }
            let subject = Subject::region(account, region);
            let link = missing(
                LinkId::E02,
                Verdict::Unknown,
                &subject,
                question,
                &asked,
                Some(Open::EventRule),
            );
            for feed in feeds {
                let mut judgement = feed.judgement.clone();
                let cause = EventRuleCause::RuleInOneRegion {
                    region: region.clone(),
                };
                judgement.require(
                    LinkId::E08,
                    &subject,
                    cause,
                    Predicate::equals("awsRegion", region),
                );
                judgement.say(link.clone());
                let events = judgement
                    .conditions
                    .iter()
                    .map(|condition| condition.events.clone());
                paths.push(Path {
                    trail: feed.trail.clone(),
                    log_group: None,
                    filter: None,
                    alarm: None,
                    rule: None,
                    action: None,
                    subscription: None,
                    events: Arc::new(Predicate::all(events)),
                    conditions: judgement.conditions,
                    links: judgement.links,
                    muted: Default::default(),
                    calendar: Default::default(),
                    more_trails: 0,
                });
            }
        }
        Ok(paths)
    }
}

/// E24 as far as the role of the target tells. Within an account and Region none is needed; to another Region AWS's guides
/// always have one. What the role may do is not in a snapshot.
fn forwarding(rule: &RuleRow, target: &TargetRow, bus: Bus<'_>) -> Option<Link> {
    let (verdict, cause) = match &target.role_arn {
        _ if bus.account == rule.account && bus.region == rule.region => return None,
        Some(role) => {
            let role = role.clone();
            (Verdict::Weak, EventRuleCause::ForwardsByRole { role })
        }
        None if bus.region == rule.region => return None,
        None => {
            let bus = target.arn.clone();
            (
                Verdict::Unknown,
                EventRuleCause::ForwardsWithoutRole { bus },
            )
        }
    };
    let link = said(rule, LinkId::E24, verdict, cause).evidence([target.evidence]);
    Some(link.field("RoleArn", target.role_arn.as_deref().unwrap_or("absent")))
}

/// A bus as a target names it.
#[derive(Clone, Copy)]
struct Bus<'a> {
    account: &'a str,
    region: &'a str,
    name: &'a str,
}

fn bus_of(target: &str) -> Option<Bus<'_>> {
    let name = arn::bus_name(target)?;
    (arn::service(target) == Some("events")).then(|| Bus {
        account: arn::account(target).unwrap_or_default(),
        region: arn::region(target).unwrap_or_default(),
        name,
    })
}

/// Targets that keep what they get: whether anybody reads it is not on record.
const STORES: [&str; 3] = ["logs", "firehose", "kinesis"];
/// Targets that hand what they get on, or are made to tell people: functions, queues, state machines, other systems by
/// HTTP, response plans.
const MACHINES: [&str; 6] = [
    "lambda",
    "sqs",
    "states",
    "execute-api",
    "ssm-incidents",
    "events:api-destination",
];

/// E22: as with a subscription of a machine (U06), somebody may stand behind it. What only acts (stops an instance, starts a
/// build) tells nobody that is known of.
fn machine(rule: &RuleRow, target: &TargetRow) -> Link {
    let service = arn::service(&target.arn).unwrap_or(&target.arn).to_owned();
    let (verdict, cause) = if STORES.contains(&service.as_str()) {
        (Verdict::Unknown, EventRuleCause::OnlyStored { service })
    } else if MACHINES.contains(&kind_of_target(&target.arn).as_str()) {
        (Verdict::Weak, EventRuleCause::OnlyMachine { service })
    } else {
        (Verdict::Unknown, EventRuleCause::OnlyActs { service })
    };
    said(rule, LinkId::E22, verdict, cause)
        .field("Arn", &target.arn)
        .evidence([target.evidence])
}

/// The service of a target, and of one of EventBridge itself what it is.
fn kind_of_target(target: &str) -> String {
    let Some(Arn {
        service, resource, ..
    }) = Arn::parse(target)
    else {
        return String::new();
    };
    if service != "events" {
        return service.to_owned();
    }
    let kind = resource.split('/').next().unwrap_or_default();
    format!("{service}:{kind}")
}
