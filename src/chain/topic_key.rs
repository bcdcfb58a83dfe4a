//! The key that encrypts a topic (N05, N06, E15): can it be used at all, and may CloudWatch or EventBridge use it.

use super::Error;
use super::action_history::ActionHistory;
use super::cause::{Cause, EventRuleCause, TopicCause};
use super::facts::{AlarmRow, Facts, Key, RuleRow, Topic};
use super::judgement::Judgement;
use super::named_key::{NamedKey, Unusable, unusable};
use super::topic_access::{asking, deciding, subject, tellers};
use super::verdict::{Link, LinkId, Verdict};
use crate::aws::arn;
use crate::aws::policy::{self, Caller, Decision};

/// The AWS managed key of SNS, whose policy nobody can open for CloudWatch (N05).
const MANAGED_KEY: &str = "alias/aws/sns";

/// Puts a question to a policy, given its evidence row, for whoever publishes.
type Ask<'a> = dyn Fn(i64, &dyn Fn(&Caller<'_>) -> Decision) -> Result<Decision, Error> + 'a;

/// The key of a topic.
struct OfTopic<'a> {
    ask: &'a Ask<'a>,
    topic_arn: &'a str,
    key: NamedKey<'a>,
}

/// Judges the key of a topic, where it has one.
pub(super) fn judge(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    topic_arn: &str,
    topic: &Topic,
    history: &ActionHistory,
    judgement: &mut Judgement,
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
        judgement.say(link);
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
    let of_topic = OfTopic {
        ask,
        topic_arn,
        key: NamedKey {
            facts,
            id,
            region: arn::region(topic_arn).unwrap_or_default(),
            tellers,
        },
    };
    of_topic.links()
}

impl OfTopic<'_> {
    fn links(&self) -> Result<Vec<Link>, Error> {
        let key = self.key.key()?;
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
        self.key.id == MANAGED_KEY
            || self.key.id.ends_with(":alias/aws/sns")
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
        let is_alias = self.key.id.starts_with("alias/") || self.key.id.contains(":alias/");
        let operations: &[&str] = if is_alias {
            &["DescribeKey"]
        } else {
            &["DescribeKey", "GetKeyPolicy"]
        };
        Ok(self.key.absent(operations)?.map(|nowhere| {
            let key = self.key.id.to_owned();
            let link = self.link(LinkId::N06, Verdict::Broken, TopicCause::KeyMissing { key });
            link.field(nowhere.operation, nowhere.code)
                .evidence([nowhere.evidence])
        }))
    }

    /// N06: what the key's policy says.
    fn policy(&self, key: Option<&Key>) -> Result<Vec<Link>, Error> {
        let arn = key.map_or(self.key.id, |key| key.arn.as_str());
        let mut tellers = self.key.tellers.clone();
        let others = self.key.facts.answered_accounts("GetKeyPolicy", arn)?;
        tellers.extend(others.iter().cloned());
        for account in &tellers {
            let Some((policy, evidence)) = self.key.policy(account, arn)? else {
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
                links.push(self.open(account, "DescribeKey", self.key.id)?);
            }
            return Ok(links);
        }
        let link = self.open(self.key.first(), "GetKeyPolicy", arn)?;
        Ok(vec![link])
    }

    fn open(&self, account: &str, operation: &str, arn: &str) -> Result<Link, Error> {
        let of = (LinkId::N06, subject(self.topic_arn));
        self.key.open(of, account, operation, arn)
    }
}
