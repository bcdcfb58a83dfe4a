//! What an alarm's history says of one of its actions (N08): CloudWatch notes each that it took or could not take.

use std::sync::Arc;

use super::Error;
use super::cause::TopicCause;
use super::facts::{AlarmRow, Asked, Facts, HistoryData, HistoryItem, Question};
use super::judgement::{fine, missing};
use super::topic_access::subject;
use super::verdict::{Cause, Link, LinkId, Verdict};
use crate::aws::arn;

/// The newest item about one action.
pub(super) struct ActionHistory {
    newest: Option<(HistoryItem, ActionEnd)>,
}

/// An action that an alarm could not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedAction {
    /// When, RFC 3339.
    pub time: String,
    /// ARN of the action.
    pub action: String,
    /// The error as CloudWatch has it, or else its summary.
    pub error: String,
}

/// The actions on record that an alarm could not take, oldest first; none where they were not asked for, or not answered.
pub(super) fn failed(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
) -> Result<Option<Vec<FailedAction>>, Error> {
    if !facts.asked(question(alarm))?.answered() {
        return Ok(None);
    }
    let items = facts.history(&alarm.account, &alarm.region, &alarm.name)?;
    let failed = items.into_iter().rev().filter_map(|item| {
        let (action, end) = read(&item)?;
        let error = item.data.text("/error").unwrap_or(&item.summary);
        (end == ActionEnd::Failed).then(|| FailedAction {
            time: item.time.clone(),
            action,
            error: error.to_owned(),
        })
    });
    Ok(Some(failed.collect()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActionEnd {
    Succeeded,
    Failed,
}

/// What is on record of this action of the alarm.
pub(super) fn of(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    action: &str,
) -> Result<ActionHistory, Error> {
    let items = facts.history(&alarm.account, &alarm.region, &alarm.name)?;
    for item in items {
        match read(&item) {
            Some((about, outcome)) if about == action => {
                let newest = Some((item, outcome));
                return Ok(ActionHistory { newest });
            }
            // It may be about this action: nothing older is known to be the newest.
            None if matches!(item.data, HistoryData::Unreadable) => break,
            _ => {}
        }
    }
    Ok(ActionHistory { newest: None })
}

/// The ARN of the action that an item is about, and what came of it. The data names it in a member of its own; a message
/// or an error in the item names other ARNs as well.
fn read(item: &HistoryItem) -> Option<(String, ActionEnd)> {
    let data = &item.data;
    let about = data
        .text("/notificationResource")
        .or_else(|| first_arn(&item.summary))?;
    let summary = item.summary.to_ascii_lowercase();
    let outcome = match data.text("/actionState") {
        Some("Failed") => ActionEnd::Failed,
        Some("Succeeded") => ActionEnd::Succeeded,
        _ if summary.starts_with("failed") => ActionEnd::Failed,
        _ if summary.starts_with("successfully") => ActionEnd::Succeeded,
        _ => return None,
    };
    Some((about.to_owned(), outcome))
}

/// The first ARN of a summary, such as `Successfully executed action arn:aws:sns:eu-west-1:111122223333:alerts`.
fn first_arn(summary: &str) -> Option<&str> {
    let around = |it: char| {
        matches!(
            it,
            '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '.' | ',' | ';' | ':'
        )
    };
    summary
        .split_whitespace()
        .map(|word| word.trim_matches(around))
        .find(|word| arn::is_arn(word))
}

impl ActionHistory {
    /// An action that succeeded shows that what is unknown was in order then; the settings may have changed since.
    pub(super) fn soften(&self, link: &mut Link) {
        let Some((item, ActionEnd::Succeeded)) = &self.newest else {
            return;
        };
        if link.verdict != Verdict::Unknown {
            return;
        }
        link.verdict = Verdict::Weak;
        match &mut link.cause {
            Cause::Unanswered(cause) => cause.action_succeeded_at = Some(item.time.clone()),
            Cause::Topic(cause) => cause.succeeded(&item.time),
            _ => {}
        }
        link.evidence.push(item.evidence);
    }

    /// What is to be said of the history. A failure counts while something in `links`, which say how the topic is
    /// configured now, explains it or may; else it is told with its date, since what failed then has been put right, or
    /// is nothing that a snapshot shows.
    pub(super) fn link(
        &self,
        facts: &Facts<'_>,
        alarm: &AlarmRow,
        action: &str,
        links: &[Arc<Link>],
    ) -> Result<Option<Link>, Error> {
        let Some((item, outcome)) = &self.newest else {
            return not_asked(facts, alarm, action);
        };
        let at = item.time.clone();
        let summary = item.summary.clone();
        let explained = links.iter().any(|link| !link.verdict.is_sound());
        let link = match outcome {
            ActionEnd::Succeeded => fine(
                LinkId::N08,
                subject(action),
                TopicCause::ActionSucceeded { at },
            ),
            ActionEnd::Failed if explained => Link::new(
                LinkId::N08,
                Verdict::Broken,
                subject(action),
                TopicCause::ActionFails { at, summary },
            ),
            ActionEnd::Failed => Link::new(
                LinkId::N08,
                Verdict::Weak,
                subject(action),
                TopicCause::ActionFailedOnce { at, summary },
            ),
        };
        Ok(Some(
            link.field("HistorySummary", &item.summary)
                .field("Timestamp", &item.time)
                .evidence([item.evidence]),
        ))
    }
}

fn question(alarm: &AlarmRow) -> Question<'_> {
    Question {
        account: &alarm.account,
        region: &alarm.region,
        service: "monitoring",
        operation: "DescribeAlarmHistory",
        subject: &alarm.name,
    }
}

/// What was not looked at may show a failure; an endpoint without the operation has nothing to show.
fn not_asked(facts: &Facts<'_>, alarm: &AlarmRow, action: &str) -> Result<Option<Link>, Error> {
    let question = question(alarm);
    let asked = facts.asked(question)?;
    let verdict = match &asked {
        asked if asked.answered() || asked.unsupported() => return Ok(None),
        Asked::Failed { .. } => Verdict::Unknown,
        _ => Verdict::Weak,
    };
    Ok(Some(missing(
        LinkId::N08,
        verdict,
        subject(action),
        question,
        &asked,
        None,
    )))
}
