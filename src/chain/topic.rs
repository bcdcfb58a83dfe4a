//! The topic that an alarm action names (N ids): does it exist, may CloudWatch publish to it, and use its key.

use super::Error;
use super::cause::Open;
use super::facts::{AlarmRow, Asked, Facts, HistoryItem, Question, Topic};
use super::stage::{Stage, fine, missing};
use super::verdict::{Cause, Kind, Link, LinkId, Subject, Verdict};
use crate::aws::arn;
use crate::aws::policy::{self, Decision};

/// The AWS managed key of SNS, whose policy nobody can open for CloudWatch (N05).
const MANAGED_KEY: &str = "alias/aws/sns";

/// A judged topic, and the account that was told about it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) stage: Stage,
    /// The account whose ListSubscriptionsByTopic is to be read.
    pub(super) teller: String,
    /// Whether there can be subscriptions.
    pub(super) exists: bool,
}

fn subject(topic_arn: &str) -> Subject {
    Subject::of_arn(Kind::Topic, topic_arn)
}

/// Whether an alarm action is a topic.
pub(super) fn is_topic(action: &str) -> bool {
    arn::service(action) == Some("sns")
}

/// Judges a topic as the action of an alarm.
pub(super) fn judge(facts: &Facts<'_>, alarm: &AlarmRow, topic_arn: &str) -> Result<Judged, Error> {
    let mut stage = Stage::default();
    let region = arn::region(topic_arn).unwrap_or_default();
    if region != alarm.region {
        stage.say(
            Link::new(
                LinkId::N01,
                Verdict::Broken,
                subject(topic_arn),
                format!("topic is in {region}, the alarm in {}", alarm.region),
            )
            .field("AlarmActions", topic_arn)
            .evidence([alarm.evidence]),
        );
    }
    let owner = arn::account(topic_arn).unwrap_or_default();
    let mut found = None;
    for teller in tellers(&alarm.account, owner) {
        if let Some(topic) = facts.topic(teller, topic_arn)? {
            found = Some((teller, topic));
            break;
        }
    }
    let history = history(facts, alarm, topic_arn)?;
    let Some((teller, topic)) = found else {
        let exists = no_attributes(facts, alarm, topic_arn, owner, &history, &mut stage)?;
        stage.links.extend(history.link(facts, alarm, topic_arn)?);
        return Ok(Judged {
            stage,
            teller: alarm.account.clone(),
            exists,
        });
    };
    stage.say(
        fine(LinkId::N02, subject(topic_arn), "topic exists")
            .field("TopicArn", topic_arn)
            .evidence([topic.evidence]),
    );
    publish(facts, alarm, topic_arn, &topic, &history, &mut stage)?;
    encryption(facts, alarm, topic_arn, &topic, &history, &mut stage)?;
    if topic.fifo || topic_arn.ends_with(".fifo") {
        stage.say(
            Link::new(
                LinkId::N07,
                Verdict::Weak,
                subject(topic_arn),
                "a FIFO topic delivers to queues alone, not to e-mail, SMS or HTTPS endpoints",
            )
            .field("FifoTopic", true)
            .evidence([topic.evidence]),
        );
    }
    stage.links.extend(history.link(facts, alarm, topic_arn)?);
    Ok(Judged {
        stage,
        teller: teller.to_owned(),
        exists: true,
    })
}

/// The accounts that may have been told about a resource: who uses it, then who owns it.
fn tellers<'a>(user: &'a str, owner: &'a str) -> Vec<&'a str> {
    let mut accounts = vec![user];
    if owner != user && !owner.is_empty() {
        accounts.push(owner);
    }
    accounts
}

/// N02 and N03. Whether the topic may exist all the same.
fn no_attributes(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    topic_arn: &str,
    owner: &str,
    history: &History,
    stage: &mut Stage,
) -> Result<bool, Error> {
    let region = arn::region(topic_arn).unwrap_or_default();
    let ask = |account| Question {
        account,
        region,
        service: "sns",
        operation: "GetTopicAttributes",
        subject: topic_arn,
    };
    let question = ask(&alarm.account);
    let mut asked = facts.asked(question)?;
    if matches!(asked, Asked::Never) && region != alarm.region {
        asked = facts.asked(Question {
            region: &alarm.region,
            ..question
        })?;
    }
    // A foreign topic may be hidden from us; its owner knows better.
    if owner != alarm.account
        && let absent @ Asked::Absent { .. } = facts.asked(ask(owner))?
    {
        asked = absent;
    }
    if let Asked::Absent { code, evidence } = &asked {
        stage.say(
            Link::new(
                LinkId::N02,
                Verdict::Broken,
                subject(topic_arn),
                "topic does not exist",
            )
            .field("GetTopicAttributes", code)
            .evidence([*evidence, alarm.evidence]),
        );
        return Ok(false);
    }
    let mut link = if owner == alarm.account {
        missing(
            LinkId::N02,
            Verdict::Unknown,
            subject(topic_arn),
            question,
            &asked,
            None,
        )
    } else {
        missing(
            LinkId::N03,
            Verdict::Unknown,
            subject(topic_arn),
            question,
            &asked,
            Some(Open::ForeignTopic {
                owner: owner.to_owned(),
            }),
        )
    };
    history.soften(&mut link);
    stage.say(link);
    Ok(true)
}

/// N04.
fn publish(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    topic_arn: &str,
    topic: &Topic,
    history: &History,
    stage: &mut Stage,
) -> Result<(), Error> {
    let organization = facts.organization(&alarm.account)?.map(|(id, _)| id);
    let decision = match &topic.policy {
        Some(policy) => policy::may_publish(policy, topic_arn, &alarm.arn, organization.as_deref()),
        None => Decision::Unknown {
            reason: "sns:GetTopicAttributes shows no topic policy".to_owned(),
        },
    };
    let shown = topic.policy.as_deref().unwrap_or("absent");
    let words = Words {
        allowed: "topic policy lets CloudWatch publish",
        denied: "topic policy does not let CloudWatch publish",
    };
    let mut link = decided(LinkId::N04, subject(topic_arn), decision, &words)
        .field("Policy", shown)
        .evidence([topic.evidence]);
    history.soften(&mut link);
    stage.say(link);
    Ok(())
}

/// N05 and N06.
fn encryption(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    topic_arn: &str,
    topic: &Topic,
    history: &History,
    stage: &mut Stage,
) -> Result<(), Error> {
    let Some(id) = topic
        .kms_master_key_id
        .as_deref()
        .filter(|id| !id.is_empty())
    else {
        return Ok(());
    };
    let region = arn::region(topic_arn).unwrap_or_default();
    let topic_owner = topic
        .owner
        .as_deref()
        .or_else(|| arn::account(topic_arn))
        .unwrap_or_default();
    let key_owner = arn::account(id).unwrap_or(topic_owner);
    let mut accounts = tellers(&alarm.account, topic_owner);
    if !accounts.contains(&key_owner) {
        accounts.push(key_owner);
    }
    let mut key = None;
    for account in &accounts {
        key = facts.key(account, region, id)?;
        if key.is_some() {
            break;
        }
    }
    let managed = id == MANAGED_KEY
        || id.ends_with(":alias/aws/sns")
        || key
            .as_ref()
            .is_some_and(|key| key.manager.as_deref() == Some("AWS"));
    if managed {
        let evidence = key.iter().map(|key| key.evidence);
        stage.say(
            Link::new(
                LinkId::N05,
                Verdict::Broken,
                subject(topic_arn),
                "topic is encrypted with the AWS managed key, which CloudWatch may not use",
            )
            .field("KmsMasterKeyId", id)
            .evidence([topic.evidence].into_iter().chain(evidence)),
        );
        return Ok(());
    }
    let said = |mut link: Link| {
        history.soften(&mut link);
        link.field("KmsMasterKeyId", id).evidence([topic.evidence])
    };
    if let Some(state) = key.as_ref().and_then(|key| key.state.as_deref())
        && state != "Enabled"
    {
        let evidence = key.iter().map(|key| key.evidence);
        stage.say(
            said(Link::new(
                LinkId::N06,
                Verdict::Broken,
                subject(topic_arn),
                format!("the topic's key is {state}"),
            ))
            .field("KeyState", state)
            .evidence(evidence),
        );
        return Ok(());
    }
    let arn = key.as_ref().map_or(id, |key| key.arn.as_str());
    for account in &accounts {
        let Some((policy, evidence)) = facts.key_policy(account, region, id, arn)? else {
            continue;
        };
        let organization = facts.organization(&alarm.account)?.map(|(id, _)| id);
        let decision = policy::may_use_key(&policy, arn, &alarm.arn, organization.as_deref());
        let words = Words {
            allowed: "the key's policy lets CloudWatch encrypt for the topic",
            denied: "the key's policy does not let CloudWatch encrypt for the topic",
        };
        let decided = decided(LinkId::N06, subject(topic_arn), decision, &words);
        stage.say(
            said(decided)
                .field("key policy", policy)
                .evidence([evidence]),
        );
        if key.is_none() {
            let question = Question {
                account,
                region,
                service: "kms",
                operation: "DescribeKey",
                subject: id,
            };
            let asked = facts.asked(question)?;
            stage.say(said(missing(
                LinkId::N06,
                Verdict::Unknown,
                subject(topic_arn),
                question,
                &asked,
                None,
            )));
        }
        return Ok(());
    }
    let account = accounts.first().copied().unwrap_or_default();
    let mut question = Question {
        account,
        region,
        service: "kms",
        operation: "GetKeyPolicy",
        subject: id,
    };
    let mut asked = facts.asked(question)?;
    if matches!(asked, Asked::Never) {
        // The policy is asked by the key's ARN where that is known.
        question.subject = arn;
        asked = facts.asked(question)?;
    }
    stage.say(said(missing(
        LinkId::N06,
        Verdict::Unknown,
        subject(topic_arn),
        question,
        &asked,
        None,
    )));
    Ok(())
}

struct Words {
    allowed: &'static str,
    denied: &'static str,
}

fn decided(id: LinkId, subject: Subject, decision: Decision, words: &Words) -> Link {
    match decision {
        Decision::Allowed { statement } => {
            fine(id, subject, words.allowed).field("Statement", statement)
        }
        Decision::Denied { statement, reason } => {
            let link = Link::new(
                id,
                Verdict::Broken,
                subject,
                format!("{}: {reason}", words.denied),
            );
            match statement {
                Some(statement) => link.field("Statement", statement),
                None => link,
            }
        }
        Decision::Unknown { reason } => Link::new(id, Verdict::Unknown, subject, reason),
    }
}

/// What the alarm's history says about one action (N08).
struct History {
    /// The newest item about the action, and whether the action failed.
    newest: Option<(HistoryItem, bool)>,
}

fn history(facts: &Facts<'_>, alarm: &AlarmRow, action: &str) -> Result<History, Error> {
    let items = facts.history(&alarm.account, &alarm.region, &alarm.name)?;
    let newest = items.into_iter().find_map(|item| {
        let about = item.summary.contains(action)
            || item
                .data
                .as_deref()
                .is_some_and(|data| data.contains(action));
        let failed = item.summary.to_ascii_lowercase().starts_with("failed")
            || item.data.as_deref().is_some_and(|data| {
                data.contains(r#""actionState":"Failed""#)
                    || data.contains(r#""actionState": "Failed""#)
            });
        about.then_some((item, failed))
    });
    Ok(History { newest })
}

impl History {
    /// An action that succeeded shows that what is unknown was in order then; the settings may have changed since.
    fn soften(&self, link: &mut Link) {
        let Some((item, false)) = &self.newest else {
            return;
        };
        if link.verdict == Verdict::Unknown {
            link.verdict = Verdict::Weak;
            if let Cause::Unanswered(cause) = &mut link.cause {
                cause.action_succeeded_at = Some(item.time.clone());
            }
            link.evidence.push(item.evidence);
        }
    }

    fn link(
        &self,
        facts: &Facts<'_>,
        alarm: &AlarmRow,
        action: &str,
    ) -> Result<Option<Link>, Error> {
        let Some((item, failed)) = &self.newest else {
            let question = Question {
                account: &alarm.account,
                region: &alarm.region,
                service: "monitoring",
                operation: "DescribeAlarmHistory",
                subject: &alarm.name,
            };
            let asked = facts.asked(question)?;
            // What was not looked at may show a failure; an endpoint without the operation has nothing to show.
            let verdict = match &asked {
                asked if asked.answered() => return Ok(None),
                Asked::Failed { .. } if !asked.unsupported() => Verdict::Unknown,
                _ => Verdict::Weak,
            };
            return Ok(Some(missing(
                LinkId::N08,
                verdict,
                subject(action),
                question,
                &asked,
                None,
            )));
        };
        let link = if *failed {
            Link::new(
                LinkId::N08,
                Verdict::Broken,
                subject(action),
                format!(
                    "the latest action on record failed at {}: {}",
                    item.time, item.summary
                ),
            )
        } else {
            fine(
                LinkId::N08,
                subject(action),
                format!("the latest action on record succeeded at {}", item.time),
            )
        };
        Ok(Some(
            link.field("HistorySummary", &item.summary)
                .evidence([item.evidence]),
        ))
    }
}
