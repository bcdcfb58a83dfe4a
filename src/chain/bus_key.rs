//! The customer managed key of an event bus (E26): may EventBridge use it?
//!
//! Events of AWS services stay under a key of EventBridge's own, but patterns and targets of the rules of the bus are kept
//! under the customer's ("Encrypting EventBridge event buses with AWS KMS keys"). Without it EventBridge reads neither.

use super::Error;
use super::cause::EventRuleCause;
use super::event_rule::said;
use super::facts::{Asked, Facts, Key, Question, RuleRow};
use super::key_state::{Unusable, unusable};
use super::stage::missing;
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
        let about = rule.subject();
        let link = missing(LinkId::E26, Verdict::Unknown, about, question, &asked, None);
        return Ok(vec![link]);
    }
    let Some((bus_arn, id, evidence)) = facts.bus_key(rule)? else {
        return Ok(Vec::new());
    };
    let owner = arn::account(&id).unwrap_or(&rule.account).to_owned();
    let named = Named {
        facts,
        rule,
        bus_arn,
        region: arn::region(&id).unwrap_or(&rule.region).to_owned(),
        tellers: tellers(facts, &[&owner, &rule.account], "DescribeKey", &id)?,
        id,
    };
    let told = |link: Link| {
        let link = link.field("KmsKeyIdentifier", &named.id);
        link.evidence([evidence])
    };
    Ok(named.links()?.into_iter().map(told).collect())
}

/// A key as a bus names it.
struct Named<'a> {
    facts: &'a Facts<'a>,
    rule: &'a RuleRow,
    bus_arn: String,
    /// `KmsKeyIdentifier`.
    id: String,
    region: String,
    /// The accounts that may know of it.
    tellers: Vec<String>,
}

impl Named<'_> {
    fn links(&self) -> Result<Vec<Link>, Error> {
        let mut key = None;
        for account in &self.tellers {
            key = self.facts.key(account, &self.region, &self.id)?;
            if key.is_some() {
                break;
            }
        }
        if let Some(link) = key.as_ref().and_then(|key| self.unusable(key)) {
            return Ok(vec![link]);
        }
        if key.is_none()
            && let Some(link) = self.absent()?
        {
            return Ok(vec![link]);
        }
        let mut links = vec![self.policy(key.as_ref())?];
        if key.is_none() {
            links.push(self.open("DescribeKey", &self.id)?);
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
        for account in &self.tellers {
            let question = self.question(account, "DescribeKey", &self.id);
            if let Asked::Absent { evidence, .. } = self.facts.asked(question)? {
                let key = self.id.clone();
                let link = self.link(Verdict::Broken, EventRuleCause::BusKeyMissing { key });
                return Ok(Some(link.evidence([evidence])));
            }
        }
        Ok(None)
    }

    fn policy(&self, key: Option<&Key>) -> Result<Link, Error> {
        let arn = key.map_or(self.id.as_str(), |key| key.arn.as_str());
        for account in &self.tellers {
            let found = self
                .facts
                .key_policy(account, &self.region, &self.id, arn)?;
            let Some((policy, evidence)) = found else {
                continue;
            };
            let at = self.facts.recorded_at(evidence)?;
            let (verdict, cause, fields) = self.decide(&policy, arn, at.as_deref());
            let mut link = self.link(verdict, cause);
            link.fields.extend(fields);
            return Ok(link.field("key policy", policy).evidence([evidence]));
        }
        self.open("GetKeyPolicy", arn)
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
            source_arn: &self.bus_arn,
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

    fn open(&self, operation: &str, about: &str) -> Result<Link, Error> {
        let account = self.tellers.first().map(String::as_str).unwrap_or_default();
        let named = self.question(account, operation, &self.id);
        // The policy is asked by the key's ARN where that is known.
        let about = match self.facts.asked(named)? {
            Asked::Never => about,
            _ => &self.id,
        };
        let question = self.question(account, operation, about);
        let asked = self.facts.asked(question)?;
        let rule = self.rule.subject();
        Ok(missing(
            LinkId::E26,
            Verdict::Unknown,
            rule,
            question,
            &asked,
            None,
        ))
    }

    fn question<'q>(
        &'q self,
        account: &'q str,
        operation: &'q str,
        about: &'q str,
    ) -> Question<'q> {
        Question {
            account,
            region: &self.region,
            service: "kms",
            operation,
            subject: about,
        }
    }
}
