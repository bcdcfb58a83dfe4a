//! The topic that a rule sends to (E13 to E18, N02, N03): does it exist, may EventBridge publish to it, and use its key.
//!
//! As with alarms, whoever answered counts. There is no history of what a rule did.

use super::Error;
use super::cause::{EventRuleCause, TopicCause};
use super::facts::{Facts, RuleRow, TargetRow, Topic};
use super::judgement::{Judgement, fine};
use super::topic::{Counted, Judged};
use super::topic_access::{
    absence, attributes, attributes_question, deciding, no_attributes, subject, tellers,
};
use super::topic_key::TopicKey;
use super::verdict::{Cause, Link, LinkId, Verdict};
use crate::aws::arn;
use crate::aws::policy::{self, Caller, Decision, Organization, Service, Source};

/// Judges a topic as the target of a rule.
pub(super) fn judge(
    facts: &Facts<'_>,
    rule: &RuleRow,
    target: &TargetRow,
) -> Result<Judged, Error> {
    let topic_arn = target.arn.as_str();
    let mut judgement = Judgement::default();
    place(rule, target, &mut judgement);
    let owner = arn::account(topic_arn).unwrap_or_default();
    let asked_by = tellers(
        facts,
        &[&rule.account, owner],
        "GetTopicAttributes",
        topic_arn,
    )?;
    let found = attributes(facts, &asked_by, topic_arn)?;
    let exists = match &found {
        Some(topic) => {
            let link = fine(LinkId::N02, subject(topic_arn), TopicCause::TopicExists)
                .field("TopicArn", topic_arn)
                .evidence([topic.evidence]);
            judgement.say(link);
            let asking = Asking {
                facts,
                rule,
                topic_arn,
                topic,
                by_role: target.role_arn.is_some(),
            };
            judgement.say(asking.publish()?);
            judgement.say_all(asking.key()?);
            judgement.say_all(asking.fifo());
            true
        }
        None => {
            let region = arn::region(topic_arn).unwrap_or_default();
            let question = attributes_question(&rule.account, region, topic_arn);
            let asked = absence(facts, &asked_by, topic_arn, facts.asked(question)?)?;
            let link = no_attributes(&rule.account, topic_arn, &asked);
            let exists = link.verdict != Verdict::Broken;
            judgement.say(link);
            exists
        }
    };
    Ok(Judged {
        arn: topic_arn.to_owned(),
        judgement,
        tellers: tellers(
            facts,
            &[&rule.account, owner],
            "ListSubscriptionsByTopic",
            topic_arn,
        )?,
        counted: found.as_deref().and_then(Counted::of),
        exists,
    })
}

/// E16, E17 and E18: what the ARNs of rule, topic and role say.
fn place(rule: &RuleRow, target: &TargetRow, judgement: &mut Judgement) {
    let topic_arn = target.arn.as_str();
    let mut say = |id, verdict, cause: EventRuleCause| {
        let link = Link::new(id, verdict, subject(topic_arn), cause)
            .field("Arn", topic_arn)
            .field("RoleArn", target.role_arn.as_deref().unwrap_or("absent"))
            .evidence([target.evidence]);
        judgement.say(link);
    };
    let region = arn::region(topic_arn).unwrap_or_default();
    if region != rule.region {
        let cause = EventRuleCause::RuleTopicElsewhere {
            topic_region: region.to_owned(),
            rule_region: rule.region.clone(),
        };
        say(LinkId::E16, Verdict::Broken, cause);
    }
    let owner = arn::account(topic_arn).unwrap_or_default();
    match &target.role_arn {
        Some(role) => {
            let role = role.clone();
            say(
                LinkId::E18,
                Verdict::Unknown,
                EventRuleCause::RoleOnTopic { role },
            );
        }
        None if owner != rule.account => {
            let owner = owner.to_owned();
            say(
                LinkId::E17,
                Verdict::Broken,
                EventRuleCause::RuleTopicForeign { owner },
            );
        }
        None => {}
    }
}

/// The policies of a topic and its key, asked for a rule.
struct Asking<'a> {
    facts: &'a Facts<'a>,
    rule: &'a RuleRow,
    topic_arn: &'a str,
    topic: &'a Topic,
    /// Whether a role may be what publishes: what policies refuse to EventBridge then decides nothing (E18).
    by_role: bool,
}

impl Asking<'_> {
    /// Asks a policy with what is known of EventBridge as it acts for the rule. What AWS leaves open is asked both ways: an
    /// answer that is the same whatever is so is one.
    fn ask(&self, evidence: i64, ask: impl Fn(&Caller<'_>) -> Decision) -> Result<Decision, Error> {
        let at = self.facts.recorded_at(evidence)?;
        let at = at.and_then(|at| at.parse().ok());
        let under = |source| {
            ask(&Caller {
                service: Service::EventBridge(source),
                source_arn: &self.rule.arn,
                organization: Organization::Unknown,
                at,
            })
        };
        let open = under(Source::NotKnown);
        if !matches!(open, Decision::Open(_)) {
            return Ok(open);
        }
        Ok(match (under(Source::Sent), under(Source::Withheld)) {
            (sent @ Decision::Allowed(_), Decision::Allowed(_))
            | (sent @ Decision::Refused(_), Decision::Refused(_)) => sent,
            _ => open,
        })
    }

    fn link(&self, id: LinkId, verdict: Verdict, cause: EventRuleCause) -> Link {
        Link::new(id, verdict, subject(self.topic_arn), cause).evidence([self.topic.evidence])
    }

    /// E13 and E14.
    fn publish(&self) -> Result<Link, Error> {
        let Some(policy) = &self.topic.policy else {
            let cause = EventRuleCause::RuleTopicPolicyNotShown;
            return Ok(self
                .link(LinkId::E13, Verdict::Unknown, cause)
                .field("Policy", "absent"));
        };
        let decision = self.ask(self.topic.evidence, |caller| {
            policy::may_publish(policy, self.topic_arn, caller)
        })?;
        let mut fields = Vec::new();
        let (id, verdict, cause) = match decision {
            Decision::Allowed(statement) => {
                let cause = EventRuleCause::RulePublishAllowed { statement };
                (LinkId::E13, Verdict::Ok, cause)
            }
            Decision::Refused(refusal) => {
                fields = deciding(&refusal);
                let verdict = self.refused(refusal.is_of_everybody());
                let cause = EventRuleCause::RulePublishRefused { refusal };
                (LinkId::E13, verdict, cause)
            }
            Decision::Open(doubt) => {
                let cause = EventRuleCause::RulePublishOpen { doubt };
                (LinkId::E14, Verdict::Unknown, cause)
            }
        };
        let mut link = self.link(id, verdict, cause);
        link.fields = fields;
        Ok(link.field("Policy", policy))
    }

    /// What a refusal to EventBridge itself comes to: one of everybody is one of the role as well.
    fn refused(&self, everybody: bool) -> Verdict {
        if self.by_role && !everybody {
            Verdict::Weak
        } else {
            Verdict::Broken
        }
    }

    /// N07: "EventBridge does not support Amazon SNS FIFO (first in, first out) topics" [guide, event bus targets]; no target
    /// of a rule can name the message group that each message to one needs.
    fn fifo(&self) -> Option<Link> {
        let fifo = self.topic.fifo || self.topic_arn.ends_with(".fifo");
        fifo.then(|| {
            self.link(LinkId::N07, Verdict::Broken, EventRuleCause::RuleFifoTopic)
                .field("FifoTopic", true)
        })
    }

    /// E15: the key that encrypts the topic, where it has one.
    fn key(&self) -> Result<Vec<Link>, Error> {
        let id = self.topic.kms_master_key_id.as_deref().unwrap_or_default();
        let ask = |evidence: i64, ask: &dyn Fn(&Caller<'_>) -> Decision| self.ask(evidence, ask);
        let key = TopicKey {
            facts: self.facts,
            asking_account: &self.rule.account,
            topic_arn: self.topic_arn,
            topic: self.topic,
        };
        let links = key.links_of_rule(&ask)?;
        let named = |mut link: Link| {
            let everybody = match &link.cause {
                Cause::EventRule(EventRuleCause::RuleKeyRefused { refusal }) => {
                    Some(refusal.is_of_everybody())
                }
                Cause::EventRule(EventRuleCause::RuleManagedKey) => Some(false),
                _ => None,
            };
            if let Some(everybody) = everybody {
                link.verdict = self.refused(everybody);
            }
            link.field("KmsMasterKeyId", id)
                .evidence([self.topic.evidence])
        };
        Ok(links.into_iter().map(named).collect())
    }
}
