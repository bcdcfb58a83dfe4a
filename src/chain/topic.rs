//! The topic that an alarm action names (N ids): does it exist, may CloudWatch publish to it, and use its key.
//!
//! Whoever answered counts: of several accounts that were asked about one topic, one answer is enough.

use super::Error;
use super::action_history;
use super::cause::TopicCause;
use super::facts::{AlarmRow, Asked, Facts, Topic};
use super::judgement::{Judgement, fine};
use super::topic_access::{
    absence, asking, attributes, attributes_question, deciding, no_attributes, subject, tellers,
};
use super::topic_key::TopicKey;
use super::verdict::{Link, LinkId, Verdict};
use crate::aws::arn;
use crate::aws::policy::{self, Caller, Decision};

/// A judged topic.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) arn: String,
    pub(super) judgement: Judgement,
    /// Accounts that may know of its subscriptions, the likeliest first.
    pub(super) tellers: Vec<String>,
    /// `SubscriptionsConfirmed` and `SubscriptionsPending`, with the evidence row.
    pub(super) counted: Option<Counted>,
    /// Whether there can be subscriptions.
    pub(super) exists: bool,
}

/// How many subscriptions a topic counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub(super) confirmed: i64,
    pub(super) pending: Option<i64>,
    pub(super) evidence: i64,
}

impl Counted {
    /// What the attributes of a topic say; none where they do not.
    pub(super) fn of(topic: &Topic) -> Option<Self> {
        Some(Self {
            confirmed: topic.subscriptions_confirmed?,
            pending: topic.subscriptions_pending,
            evidence: topic.evidence,
        })
    }
}

/// Whether an alarm action is a topic.
pub(super) fn is_topic(action: &str) -> bool {
    arn::service(action) == Some("sns")
}

/// Judges a topic as the action of an alarm.
pub(super) fn judge(facts: &Facts<'_>, alarm: &AlarmRow, topic_arn: &str) -> Result<Judged, Error> {
    let action = TopicAction {
        facts,
        alarm,
        topic_arn,
        region: arn::region(topic_arn).unwrap_or_default(),
        owner: arn::account(topic_arn).unwrap_or_default(),
    };
    let mut judgement = Judgement::default();
    judgement.say_all(action.elsewhere());
    let history = action_history::of(facts, alarm, topic_arn)?;
    let softened = |mut link: Link| {
        history.soften(&mut link);
        link
    };
    let asked_by = action.tellers("GetTopicAttributes")?;
    let found = attributes(facts, &asked_by, topic_arn)?;
    let exists = match &found {
        Some(topic) => {
            let exists = fine(LinkId::N02, subject(topic_arn), TopicCause::TopicExists);
            judgement.say(
                exists
                    .field("TopicArn", topic_arn)
                    .evidence([topic.evidence]),
            );
            judgement.say(softened(action.publish(topic)?));
            let id = topic.kms_master_key_id.as_deref().unwrap_or_default();
            judgement.say_all(action.key(topic)?.into_iter().map(|link| {
                let link = softened(link).field("KmsMasterKeyId", id);
                link.evidence([topic.evidence])
            }));
            judgement.say_all(action.fifo(topic));
            true
        }
        None => {
            let link = action.no_attributes(&asked_by)?;
            let exists = link.verdict != Verdict::Broken;
            judgement.say(softened(link));
            exists
        }
    };
    let told = history.link(facts, alarm, topic_arn, &judgement.links)?;
    judgement.say_all(told);
    Ok(Judged {
        arn: topic_arn.to_owned(),
        judgement,
        tellers: action.tellers("ListSubscriptionsByTopic")?,
        counted: found.as_deref().and_then(Counted::of),
        exists,
    })
}

/// An action of an alarm that names a topic.
struct TopicAction<'a> {
    facts: &'a Facts<'a>,
    alarm: &'a AlarmRow,
    topic_arn: &'a str,
    /// Of the topic, by its ARN.
    region: &'a str,
    /// The account of the topic, by its ARN.
    owner: &'a str,
}

impl TopicAction<'_> {
    /// Accounts that may have been told by an operation, the likeliest first.
    fn tellers(&self, operation: &str) -> Result<Vec<String>, Error> {
        let first = [self.alarm.account.as_str(), self.owner];
        tellers(self.facts, &first, operation, self.topic_arn)
    }

    fn link(&self, id: LinkId, verdict: Verdict, cause: TopicCause) -> Link {
        Link::new(id, verdict, subject(self.topic_arn), cause)
    }

    /// N01.
    fn elsewhere(&self) -> Option<Link> {
        let cause = TopicCause::TopicElsewhere {
            topic_region: self.region.to_owned(),
            alarm_region: self.alarm.region.clone(),
        };
        (self.region != self.alarm.region).then(|| {
            self.link(LinkId::N01, Verdict::Broken, cause)
                .field("AlarmActions", self.topic_arn)
                .evidence([self.alarm.evidence])
        })
    }

    /// N07.
    fn fifo(&self, topic: &Topic) -> Option<Link> {
        (topic.fifo || self.topic_arn.ends_with(".fifo")).then(|| {
            self.link(LinkId::N07, Verdict::Weak, TopicCause::FifoTopic)
                .field("FifoTopic", true)
                .evidence([topic.evidence])
        })
    }

    /// N02 and N03. The alarm may have asked in its own Region.
    fn no_attributes(&self, asked_by: &[String]) -> Result<Link, Error> {
        let Self {
            facts,
            alarm,
            topic_arn,
            region,
            ..
        } = *self;
        let asked_in = |region| facts.asked(attributes_question(&alarm.account, region, topic_arn));
        let mut asked = asked_in(region)?;
        if matches!(asked, Asked::Never) && region != alarm.region {
            asked = asked_in(&alarm.region)?;
        }
        let asked = absence(facts, asked_by, topic_arn, asked)?;
        let link = no_attributes(&alarm.account, topic_arn, &asked);
        let is_named = link.verdict == Verdict::Broken;
        Ok(link.evidence(is_named.then_some(alarm.evidence)))
    }

    /// N04.
    fn publish(&self, topic: &Topic) -> Result<Link, Error> {
        let Some(policy) = &topic.policy else {
            let cause = TopicCause::TopicPolicyNotShown {
                action_succeeded_at: None,
            };
            let link = self.link(LinkId::N04, Verdict::Unknown, cause);
            return Ok(link.field("Policy", "absent").evidence([topic.evidence]));
        };
        let decision = asking(self.facts, self.alarm, topic.evidence, |caller| {
            policy::may_publish(policy, self.topic_arn, caller)
        })?;
        let (verdict, cause, fields) = match decision {
            Decision::Allowed(statement) => {
                let fields = vec![("Statement".to_owned(), statement.name())];
                let cause = TopicCause::PublishAllowed { statement };
                (Verdict::Ok, cause, fields)
            }
            Decision::Refused(refusal) => {
                let fields = deciding(&refusal);
                let cause = TopicCause::PublishRefused { refusal };
                (Verdict::Broken, cause, fields)
            }
            Decision::Open(doubt) => {
                let cause = TopicCause::PublishOpen {
                    doubt,
                    action_succeeded_at: None,
                };
                (Verdict::Unknown, cause, Vec::new())
            }
        };
        let mut link = self.link(LinkId::N04, verdict, cause);
        link.fields = fields;
        Ok(link.field("Policy", policy).evidence([topic.evidence]))
    }

    /// N05 and N06: the key that encrypts the topic.
    fn key(&self, topic: &Topic) -> Result<Vec<Link>, Error> {
        let ask = |evidence: i64, ask: &dyn Fn(&Caller<'_>) -> Decision| {
            asking(self.facts, self.alarm, evidence, ask)
        };
        let key = TopicKey {
            facts: self.facts,
            asking_account: &self.alarm.account,
            topic_arn: self.topic_arn,
            topic,
        };
        key.links(&ask)
    }
}
