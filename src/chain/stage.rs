//! What the judges of one kind of resource share: the account asked about, and what they hand on.

use jiff::Timestamp;

use crate::coverage::{Predicate, Scope};
use crate::snapshot::operations;

use super::facts::{Asked, Question};
use super::path::Condition;
use super::verdict::{Link, LinkId, Verdict};

/// The account whose events are asked about.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) account: String,
    pub(super) partition: String,
    pub(super) scope: Scope,
    /// Whether the scope holds every region of the account.
    pub(super) regions_known: bool,
}

/// What is said about one resource of a path.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    pub(super) links: Vec<Link>,
    pub(super) conditions: Vec<Condition>,
}

impl Stage {
    /// Says something.
    pub(super) fn say(&mut self, link: Link) {
        self.links.push(link);
    }

    /// Lets only these events through.
    pub(super) fn require(&mut self, id: LinkId, subject: &str, events: Predicate) {
        self.conditions.push(Condition {
            id,
            subject: subject.to_owned(),
            events,
        });
    }

    /// Appends what another judge said.
    pub(super) fn extend(&mut self, other: Self) {
        self.links.extend(other.links);
        self.conditions.extend(other.conditions);
    }
}

/// The name by which people grant an API: its IAM action.
pub(super) fn api(question: Question<'_>) -> String {
    operations::find(question.service, question.operation).map_or_else(
        || question.api(),
        |operation| operation.iam_action.to_owned(),
    )
}

/// A link that is unknown because a question to AWS has no answer.
pub(super) fn unanswered(id: LinkId, subject: &str, question: Question<'_>, asked: &Asked) -> Link {
    missing(id, Verdict::Unknown, subject, question, asked)
}

/// A link that is `verdict` because a question to AWS has no answer.
pub(super) fn missing(
    id: LinkId,
    verdict: Verdict,
    subject: &str,
    question: Question<'_>,
    asked: &Asked,
) -> Link {
    let api = api(question);
    let reason = format!(
        "{api} in {} of {} {}",
        question.region,
        question.account,
        asked.words()
    );
    Link::new(id, verdict, subject, reason)
        .field("api", api)
        .evidence(asked.evidence())
}

/// A link without anything wrong.
pub(super) fn fine(id: LinkId, subject: &str, reason: impl Into<String>) -> Link {
    Link::new(id, Verdict::Ok, subject, reason)
}

/// Seconds from one time to another, both RFC 3339; none if either does not read as a time.
pub(super) fn seconds_between(earlier: &str, later: &str) -> Option<i64> {
    let earlier: Timestamp = earlier.parse().ok()?;
    let later: Timestamp = later.parse().ok()?;
    Some(later.duration_since(earlier).as_secs())
}

/// Seconds in words that a reader can judge at a glance.
pub(super) fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// One part of an ARN, counted from 0: `arn:partition:service:region:account:resource`.
pub(super) fn arn_part(arn: &str, part: usize) -> Option<&str> {
    if !arn.starts_with("arn:") {
        return None;
    }
    arn.splitn(6, ':').nth(part)
}

/// The region in an ARN.
pub(super) fn arn_region(arn: &str) -> Option<&str> {
    arn_part(arn, 3)
}

/// The account in an ARN.
pub(super) fn arn_account(arn: &str) -> Option<&str> {
    arn_part(arn, 4)
}
