//! The key that encrypts a topic (N05, N06, E15): can it be used at all, and may CloudWatch or EventBridge use it.

use super::Error;
use super::action_history::History;
use super::cause::{Cause, EventRuleCause, TopicCause};
use super::facts::{AlarmRow, Asked, Facts, Key, Question, RuleRow, Topic};
use super::key_state::{Unusable, unusable};
use super::stage::{Stage, missing};
use super::topic_access::{asking, deciding, subject, tellers};
use super::verdict::{Link, LinkId, Verdict};
use crate::aws::arn;
use crate::aws::policy::{self, Caller, Decision};

/// The AWS managed key of SNS, whose policy nobody can open for CloudWatch (N05).
const MANAGED_KEY: &str = "alias/aws/sns";

/// Puts a question to a policy, given its evidence row, for whoever publishes.
type Ask<'a> = dyn Fn(i64, &dyn Fn(&Caller<'_>) -> Decision) -> Result<Decision, Error> + 'a;

/// A key as a topic names it.
struct Named<'a> {
    facts: &'a Facts<'a>,
    ask: &'a Ask<'a>,
    topic_arn: &'a str,
    /// `KmsMasterKeyId`.
    id: &'a str,
    region: &'a str,
    /// The accounts that may know of it.
    tellers: Vec<String>,
}

/// Judges the key of a topic, where it has one.
pub(super) fn judge(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    topic_arn: &str,
    topic: &Topic,
    history: &History,
    stage: &mut Stage,
) -> Result<(), Error> {
    let id = topic.kms_master_key_id.as_deref().unwrap_or_default();
    if id.is_empty() {
        return Ok(());
    }
    let ask =
        |evidence: i64, ask: &dyn Fn(&Caller<'_>) -> Decision| asking(facts, alarm, evidence, ask);
    for mut link in links(facts, &alarm.account, topic_arn, topic, &ask)? {
        history.soften(&mut link);
        let link = link.field("KmsMasterKeyId", id).evidence([topic.evidence]);
        stage.say(link);
    }
    Ok(())
}

/// E15: the key of a topic that a rule sends to. `ask` puts a question to a policy for EventBridge.
pub(super) fn for_rule(
    facts: &Facts<'_>,
    rule: &RuleRow,
    topic_arn: &str,
    topic: &Topic,
    ask: &Ask<'_>,
) -> Result<Vec<Link>, Error> {
    let links = links(facts, &rule.account, topic_arn, topic, ask)?;
    Ok(links.into_iter().map(of_rule).collect())
}

/// The same said of EventBridge.
fn of_rule(link: Link) -> Link {
    let cause = match link.cause {
        Cause::Topic(TopicCause::ManagedKey) => EventRuleCause::RuleManagedKey.into(),
        Cause::Topic(TopicCause::KeyAllowed { statement }) => {
            EventRuleCause::RuleKeyAllowed { statement }.into()
        }
        Cause::Topic(TopicCause::KeyRefused { refusal }) => {
            EventRuleCause::RuleKeyRefused { refusal }.into()
        }
        Cause::Topic(TopicCause::KeyOpen { doubt, .. }) => {
            EventRuleCause::RuleKeyOpen { doubt }.into()
        }
        cause => cause,
    };
    Link {
        id: LinkId::E15,
        cause,
        ..link
    }
}

/// Everything about the key, asked for an account.
fn links(
    facts: &Facts<'_>,
    account: &str,
    topic_arn: &str,
    topic: &Topic,
    ask: &Ask<'_>,
) -> Result<Vec<Link>, Error> {
    let id = topic.kms_master_key_id.as_deref().unwrap_or_default();
    let topic_owner = topic
        .owner
        .as_deref()
        .or_else(|| arn::account(topic_arn))
        .unwrap_or_default();
    // An id or alias means a key of the topic's account; under the same name another account has another key.
    let tellers = match arn::account(id) {
        Some(owner) => tellers(facts, &[owner, account, topic_owner], "DescribeKey", id)?,
        None => vec![topic_owner.to_owned()],
    };
    let named = Named {
        facts,
        ask,
        topic_arn,
        id,
        region: arn::region(topic_arn).unwrap_or_default(),
        tellers,
    };
    named.links()
}

impl Named<'_> {
    fn links(&self) -> Result<Vec<Link>, Error> {
        let mut key = None;
        for account in &self.tellers {
            key = self.facts.key(account, self.region, self.id)?;
            if key.is_some() {
                break;
            }
        }
        if self.is_managed(key.as_ref()) {
            let evidence = key.iter().map(|key| key.evidence);
            let link = self.link(LinkId::N05, Verdict::Broken, TopicCause::ManagedKey);
            return Ok(vec![link.evidence(evidence)]);
        }
        let unusable = match &key {
            Some(key) => self.unusable(key),
            None => self.absent()?,
        };
        if let Some(link) = unusable {
            return Ok(vec![link]);
        }
        self.policy(key.as_ref())
    }

    fn link(&self, id: LinkId, verdict: Verdict, cause: TopicCause) -> Link {
        Link::new(id, verdict, subject(self.topic_arn), cause)
    }

    fn is_managed(&self, key: Option<&Key>) -> bool {
        self.id == MANAGED_KEY
            || self.id.ends_with(":alias/aws/sns")
            || key.is_some_and(|key| key.manager.as_deref() == Some("AWS"))
    }

    /// N06: a key that encrypts nothing, whatever its policy says.
    fn unusable(&self, key: &Key) -> Option<Link> {
        let said = |cause| self.link(LinkId::N06, Verdict::Broken, cause);
        let link = match unusable(key)? {
            Unusable::State(state) => {
                let cause = TopicCause::KeyNotUsable {
                    key_state: state.clone(),
                };
                said(cause).field("KeyState", state)
            }
            Unusable::Kind { spec, usage } => {
                let cause = TopicCause::KeyCannotEncrypt {
                    key_spec: spec.clone(),
                    key_usage: usage.clone(),
                };
                said(cause)
                    .field("KeySpec", spec.as_deref().unwrap_or("absent"))
                    .field("KeyUsage", usage.as_deref().unwrap_or("absent"))
            }
        };
        Some(link.evidence([key.evidence]))
    }

    /// N06: AWS says that there is no such key or alias.
    fn absent(&self) -> Result<Option<Link>, Error> {
        // GetKeyPolicy takes no alias, and says of one that it does not exist.
        let is_alias = self.id.starts_with("alias/") || self.id.contains(":alias/");
        let operations: &[&str] = if is_alias {
            &["DescribeKey"]
        } else {
            &["DescribeKey", "GetKeyPolicy"]
        };
        for account in &self.tellers {
            for operation in operations {
                let question = self.question(account, operation, self.id);
                if let Asked::Absent { code, evidence } = self.facts.asked(question)? {
                    let cause = TopicCause::KeyMissing {
                        key: self.id.to_owned(),
                    };
                    let link = self.link(LinkId::N06, Verdict::Broken, cause);
                    return Ok(Some(link.field(*operation, code).evidence([evidence])));
                }
            }
        }
        Ok(None)
    }

    /// N06: what the key's policy says.
    fn policy(&self, key: Option<&Key>) -> Result<Vec<Link>, Error> {
        let arn = key.map_or(self.id, |key| key.arn.as_str());
        let mut tellers = self.tellers.clone();
        tellers.extend(self.facts.answered_accounts("GetKeyPolicy", arn)?);
        for account in &tellers {
            let Some((policy, evidence)) =
                self.facts.key_policy(account, self.region, self.id, arn)?
            else {
                continue;
            };
            let decision = (self.ask)(evidence, &|caller| {
                policy::may_use_key(&policy, arn, caller)
            })?;
            let (verdict, cause, fields) = match decision {
                Decision::Allowed(statement) => {
                    let fields = vec![("Statement".to_owned(), statement.name())];
                    (Verdict::Ok, TopicCause::KeyAllowed { statement }, fields)
                }
                Decision::Refused(refusal) => {
                    let fields = deciding(&refusal);
                    (Verdict::Broken, TopicCause::KeyRefused { refusal }, fields)
                }
                Decision::Open(doubt) => {
                    let cause = TopicCause::KeyOpen {
                        doubt,
                        action_succeeded_at: None,
                    };
                    (Verdict::Unknown, cause, Vec::new())
                }
            };
            let mut link = self.link(LinkId::N06, verdict, cause);
            link.fields = fields;
            let mut links = vec![link.field("key policy", policy).evidence([evidence])];
            if key.is_none() {
                // Whether the key is enabled, and of the right kind, is still open.
                links.push(self.unanswered(account, "DescribeKey", self.id)?);
            }
            return Ok(links);
        }
        let account = self.tellers.first().map(String::as_str).unwrap_or_default();
        let question = self.question(account, "GetKeyPolicy", self.id);
        // The policy is asked by the key's ARN where that is known.
        let about = match self.facts.asked(question)? {
            Asked::Never => arn,
            _ => self.id,
        };
        Ok(vec![self.unanswered(account, "GetKeyPolicy", about)?])
    }

    fn unanswered(&self, account: &str, operation: &str, about: &str) -> Result<Link, Error> {
        let question = self.question(account, operation, about);
        let asked = self.facts.asked(question)?;
        let about = subject(self.topic_arn);
        Ok(missing(
            LinkId::N06,
            Verdict::Unknown,
            about,
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
            region: self.region,
            service: "kms",
            operation,
            subject: about,
        }
    }
}
