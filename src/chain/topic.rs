//! The topic that an alarm action names (N ids): does it exist, may CloudWatch publish to it, and use its key.
//!
//! Whoever answered counts: of several accounts that were asked about one topic, one answer is enough.

use super::Error;
use super::action_history::{self, ActionHistory};
use super::cause::{Open, TopicCause};
use super::facts::{AlarmRow, Asked, Facts, Topic};
use super::judgement::{Judgement, fine, missing};
use super::topic_access::{
    absence, asking, attributes, attributes_question, deciding, subject, tellers,
};
use super::topic_key;
use super::verdict::{Link, LinkId, Verdict};
use crate::aws::arn;
use crate::aws::policy::{self, Decision};

/// A judged topic.
#[derive(Clone, Debug)]
pub(super) struct Judged {
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
    let mut judgement = Judgement::default();
    let region = arn::region(topic_arn).unwrap_or_default();
    if region != alarm.region {
        judgement.say(
            Link::new(
                LinkId::N01,
                Verdict::Broken,
                subject(topic_arn),
                TopicCause::TopicElsewhere {
                    topic_region: region.to_owned(),
                    alarm_region: alarm.region.clone(),
                },
            )
            .field("AlarmActions", topic_arn)
            .evidence([alarm.evidence]),
        );
    }
    let owner = arn::account(topic_arn).unwrap_or_default();
    let history = action_history::of(facts, alarm, topic_arn)?;
    let asked_by = tellers(
        facts,
        &[&alarm.account, owner],
        "GetTopicAttributes",
        topic_arn,
    )?;
    let found = attributes(facts, &asked_by, topic_arn)?;
    let exists = match &found {
        Some(topic) => {
            judgement.say(
                fine(LinkId::N02, subject(topic_arn), TopicCause::TopicExists)
                    .field("TopicArn", topic_arn)
                    .evidence([topic.evidence]),
            );
            publish(facts, alarm, topic_arn, topic, &history, &mut judgement)?;
            topic_key::judge(facts, alarm, topic_arn, topic, &history, &mut judgement)?;
            if topic.fifo || topic_arn.ends_with(".fifo") {
                judgement.say(
                    Link::new(
                        LinkId::N07,
                        Verdict::Weak,
                        subject(topic_arn),
                        TopicCause::FifoTopic,
                    )
                    .field("FifoTopic", true)
                    .evidence([topic.evidence]),
                );
            }
            true
        }
        None => no_attributes(facts, alarm, topic_arn, &asked_by, &history, &mut judgement)?,
    };
    let told = history.link(facts, alarm, topic_arn, &judgement.links)?;
    judgement.say_all(told);
    Ok(Judged {
        judgement,
        tellers: tellers(
            facts,
            &[&alarm.account, owner],
            "ListSubscriptionsByTopic",
            topic_arn,
        )?,
        counted: found.as_deref().and_then(Counted::of),
        exists,
    })
}

/// N02 and N03. Whether the topic may exist all the same.
fn no_attributes(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    topic_arn: &str,
    asked_by: &[String],
    history: &ActionHistory,
    judgement: &mut Judgement,
) -> Result<bool, Error> {
    let owner = arn::account(topic_arn).unwrap_or_default();
    let region = arn::region(topic_arn).unwrap_or_default();
    let question = attributes_question(&alarm.account, region, topic_arn);
    let mut asked = facts.asked(question)?;
    if matches!(asked, Asked::Never) && region != alarm.region {
        let here = attributes_question(&alarm.account, &alarm.region, topic_arn);
        asked = facts.asked(here)?;
    }
    let asked = absence(facts, asked_by, topic_arn, asked)?;
    if let Asked::Absent { code, evidence } = &asked {
        judgement.say(
            Link::new(
                LinkId::N02,
                Verdict::Broken,
                subject(topic_arn),
                TopicCause::TopicMissing,
            )
            .field("GetTopicAttributes", code)
            .evidence([*evidence, alarm.evidence]),
        );
        return Ok(false);
    }
    let (id, open) = if owner == alarm.account {
        (LinkId::N02, None)
    } else {
        let owner = owner.to_owned();
        (LinkId::N03, Some(Open::ForeignTopic { owner }))
    };
    let mut link = missing(
        id,
        Verdict::Unknown,
        subject(topic_arn),
        question,
        &asked,
        open,
    );
    history.soften(&mut link);
    judgement.say(link);
    Ok(true)
}

/// N04.
fn publish(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    topic_arn: &str,
    topic: &Topic,
    history: &ActionHistory,
    judgement: &mut Judgement,
) -> Result<(), Error> {
    let decision = match &topic.policy {
        Some(policy) => asking(facts, alarm, topic.evidence, |caller| {
            policy::may_publish(policy, topic_arn, caller)
        })?,
        None => {
            let cause = TopicCause::TopicPolicyNotShown {
                action_succeeded_at: None,
            };
            let link = Link::new(LinkId::N04, Verdict::Unknown, subject(topic_arn), cause);
            let mut link = link.field("Policy", "absent").evidence([topic.evidence]);
            history.soften(&mut link);
            judgement.say(link);
            return Ok(());
        }
    };
    let shown = topic.policy.as_deref().unwrap_or_default();
    let (verdict, cause, fields) = match decision {
        Decision::Allowed(statement) => {
            let fields = vec![("Statement".to_owned(), statement.name())];
            (
                Verdict::Ok,
                TopicCause::PublishAllowed { statement },
                fields,
            )
        }
        Decision::Refused(refusal) => {
            let fields = deciding(&refusal);
            (
                Verdict::Broken,
                TopicCause::PublishRefused { refusal },
                fields,
            )
        }
        Decision::Open(doubt) => {
            let cause = TopicCause::PublishOpen {
                doubt,
                action_succeeded_at: None,
            };
            (Verdict::Unknown, cause, Vec::new())
        }
    };
    let mut link = Link::new(LinkId::N04, verdict, subject(topic_arn), cause);
    link.fields = fields;
    let mut link = link.field("Policy", shown).evidence([topic.evidence]);
    history.soften(&mut link);
    judgement.say(link);
    Ok(())
}
