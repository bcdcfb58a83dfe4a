//! The key that encrypts a topic (N05, N06, E15): can it be used at all, and may CloudWatch or EventBridge use it.

use super::Error;
use super::cause::{Cause, EventRuleCause, TopicCause};
use super::facts::{Facts, Key, Topic};
use super::named_key::{NamedKey, Unusable, unusable};
use super::topic_access::{deciding, subject, tellers};
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

/// A topic whose key is asked for.
pub(super) struct TopicKey<'a> {
    pub(super) facts: &'a Facts<'a>,
    /// The account of what publishes, which may have been told of the key.
    pub(super) asking_account: &'a str,
    pub(super) topic_arn: &'a str,
    pub(super) topic: &'a Topic,
}

impl TopicKey<'_> {
    /// N05 and N06: everything about the key; nothing where the topic has none. `ask` puts a question to a policy.
    pub(super) fn links(&self, ask: &Ask<'_>) -> Result<Vec<Link>, Error> {
        let id = self.topic.kms_master_key_id.as_deref().unwrap_or_default();
        if id.is_empty() {
            return Ok(Vec::new());
        }
        let topic_owner = self
            .topic
            .owner
            .as_deref()
            .or_else(|| arn::account(self.topic_arn))
            .unwrap_or_default();
        // An id or alias means a key of the topic's account; under the same name another account has another key.
        let tellers = match arn::account(id) {
            Some(owner) => {
                let first = [owner, self.asking_account, topic_owner];
                tellers(self.facts, &first, "DescribeKey", id)?
            }
            None => vec![topic_owner.to_owned()],
        };
        let of_topic = OfTopic {
            ask,
            topic_arn: self.topic_arn,
            key: NamedKey {
                facts: self.facts,
                id,
                region: arn::region(self.topic_arn).unwrap_or_default(),
                tellers,
            },
        };
        of_topic.links()
    }

    /// E15: the same where a rule sends to the topic, and EventBridge is who asks.
    pub(super) fn links_of_rule(&self, ask: &Ask<'_>) -> Result<Vec<Link>, Error> {
        Ok(self.links(ask)?.into_iter().map(of_rule).collect())
    }
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
