//! The customer managed key of an event bus (E26): may EventBridge use it?
//!
//! Events of AWS services stay under a key of EventBridge's own, but patterns and targets of the rules of the bus are kept
//! under the customer's ("Encrypting EventBridge event buses with AWS KMS keys"). Without it EventBridge reads neither.

use super::Error;
use super::cause::EventRuleCause;
use super::event_rule::said;
use super::facts::{Asked, Facts, Key, Question, RuleRow};
use super::judgement::unanswered;
use super::named_key::{NamedKey, Unusable, unusable};
use super::topic_access::{deciding, tellers};
use super::verdict::{Link, LinkId, Verdict};
use crate::aws::arn;
use crate::aws::policy::{self, Caller, Decision, Organization, Service, Source};

/// Judges the key of the bus that a rule is on, where it has one of the customer's.
pub(super) fn judge(facts: &Facts<'_>, rule: &RuleRow) -> Result<Vec<Link>, Error> {
    let question = Question {
        account: &rule.account,
        region: &rule.region,
        service: "events",
        operation: "DescribeEventBus",
        subject: &rule.bus,
    };
    let asked = facts.asked(question)?;
    let known = matches!(asked, Asked::Absent { .. }) || asked.unsupported();
    if !known && !asked.answered() {
        return Ok(vec![unanswered(
            LinkId::E26,
            rule.subject(),
            question,
            &asked,
        )]);
    }
    let Some((bus_arn, id, evidence)) = facts.bus_key(rule)? else {
        return Ok(Vec::new());
    };
    let owner = arn::account(&id).unwrap_or(&rule.account);
    let of_bus = OfBus {
        rule,
        bus_arn: &bus_arn,
        key: NamedKey {
            facts,
            id: &id,
            region: arn::region(&id).unwrap_or(&rule.region),
            tellers: tellers(facts, &[owner, &rule.account], "DescribeKey", &id)?,
        },
    };
    let told = |link: Link| {
        let link = link.field("KmsKeyIdentifier", &id);
        link.evidence([evidence])
    };
    Ok(of_bus.links()?.into_iter().map(told).collect())
}

/// The key of the bus of a rule.
struct OfBus<'a> {
    rule: &'a RuleRow,
    bus_arn: &'a str,
    key: NamedKey<'a>,
}

impl OfBus<'_> {
    fn links(&self) -> Result<Vec<Link>, Error> {
        let key = self.key.key()?;
        let useless = match &key {
            Some(key) => self.unusable(key),
            None => self.absent()?,
        };
        if let Some(link) = useless {
            return Ok(vec![link]);
        }
        let mut links = vec![self.policy(key.as_ref())?];
        if key.is_none() {
            links.push(self.open("DescribeKey", self.key.id)?);
        }
        Ok(links)
    }

    fn link(&self, verdict: Verdict, cause: EventRuleCause) -> Link {
        said(self.rule, LinkId::E26, verdict, cause)
    }

    fn unusable(&self, key: &Key) -> Option<Link> {
        let cause = match unusable(key)? {
            Unusable::State(key_state) => EventRuleCause::BusKeyNotUsable { key_state },
            Unusable::Kind { spec, usage } => EventRuleCause::BusKeyCannotEncrypt {
                key_spec: spec,
                key_usage: usage,
            },
        };
        Some(self.link(Verdict::Broken, cause).evidence([key.evidence]))
    }

    /// AWS says that there is no such key or alias.
    fn absent(&self) -> Result<Option<Link>, Error> {
        let nowhere = self.key.absent(&["DescribeKey"])?;
        Ok(nowhere.map(|nowhere| {
            let key = self.key.id.to_owned();
            let link = self.link(Verdict::Broken, EventRuleCause::BusKeyMissing { key });
            link.evidence([nowhere.evidence])
        }))
    }

    fn policy(&self, key: Option<&Key>) -> Result<Link, Error> {
        let arn = key.map_or(self.key.id, |key| key.arn.as_str());
        for account in &self.key.tellers {
            let Some((policy, evidence)) = self.key.policy(account, arn)? else {
                continue;
            };
            let at = self.key.facts.recorded_at(evidence)?;
            let (verdict, cause, fields) = self.decide(&policy, arn, at.as_deref());
            let mut link = self.link(verdict, cause);
            link.fields.extend(fields);
            return Ok(link.field("key policy", policy).evidence([evidence]));
        }
        self.open("GetKeyPolicy", arn)
    }

    fn open(&self, operation: &str, arn: &str) -> Result<Link, Error> {
        let of = (LinkId::E26, self.rule.subject());
        self.key.open(of, self.key.first(), operation, arn)
    }

    /// What the policy says of the bus. AWS's own example compares the source of the request with texts that cannot be it,
    /// so that a condition on the source refuses nothing by itself.
    fn decide(
        &self,
        policy: &str,
        key_arn: &str,
        at: Option<&str>,
    ) -> (Verdict, EventRuleCause, Vec<(String, String)>) {
        let caller = |source| Caller {
            service: Service::EventBus(source),
            source_arn: self.bus_arn,
            organization: Organization::Unknown,
            at: at.and_then(|at| at.parse().ok()),
        };
        let sent = policy::may_use_key(policy, key_arn, &caller(Source::Sent));
        if let Decision::Allowed(statement) = sent {
            let fields = vec![("Statement".to_owned(), statement.name())];
            let cause = EventRuleCause::BusKeyAllowed { statement };
            return (Verdict::Ok, cause, fields);
        }
        let whatever = caller(Source::NotKnown);
        match policy::may_use_key(policy, key_arn, &whatever) {
            Decision::Allowed(statement) => {
                let cause = EventRuleCause::BusKeyAllowed { statement };
                (Verdict::Ok, cause, Vec::new())
            }
            Decision::Refused(refusal) => {
                // What is there is read with kms:Decrypt alone; that the rest is asked for as well is documented, and what
                // happens without it is not.
                let reads = policy::may_decrypt(policy, key_arn, &whatever);
                let verdict = match reads {
                    Decision::Refused(_) => Verdict::Broken,
                    _ => Verdict::Unknown,
                };
                let fields = deciding(&refusal);
                (verdict, EventRuleCause::BusKeyRefused { refusal }, fields)
            }
            Decision::Open(doubt) => {
                let cause = EventRuleCause::BusKeyOpen { doubt };
                (Verdict::Unknown, cause, Vec::new())
            }
        }
    }
}
