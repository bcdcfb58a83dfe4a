//! What the judges of one kind of resource share: the account asked about, and what they hand on.

use std::sync::Arc;

use jiff::Timestamp;

use crate::coverage::{Covers, EventModel, Predicate, Scope, covers};
use crate::snapshot::operations;

use super::cause::{Open, Outcome, Unanswered};
use super::facts::{Asked, Question};
use super::path::Condition;
use super::verdict::{Cause, Link, LinkId, Subject, Verdict};

/// The account whose events are asked about.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) account: String,
    pub(super) partition: String,
    pub(super) scope: Scope,
    /// Whether the scope holds every region of the account.
    pub(super) regions_known: bool,
}

impl Context {
    /// Whether some event of the account is among these, or it is not decided that none is.
    pub(super) fn has_some(&self, events: &Predicate) -> bool {
        let none = covers(
            events,
            &Predicate::Never,
            &EventModel::cloudtrail(),
            &self.scope,
        );
        !matches!(none, Covers::Yes { .. })
    }
}

/// What is said about one resource of a path.
#[derive(Clone, Debug, Default)]
pub(super) struct Judgement {
    pub(super) links: Vec<Arc<Link>>,
    pub(super) conditions: Vec<Arc<Condition>>,
}

impl Judgement {
    /// Says something.
    pub(super) fn say(&mut self, link: Link) {
        self.links.push(Arc::new(link));
    }

    /// Says several things.
    pub(super) fn say_all(&mut self, links: impl IntoIterator<Item = Link>) {
        self.links.extend(links.into_iter().map(Arc::new));
    }

    /// Lets only these events through, and says why others stop here.
    pub(super) fn require(
        &mut self,
        id: LinkId,
        subject: impl Into<Subject>,
        cause: impl Into<Cause>,
        events: Predicate,
    ) {
        self.conditions.push(Arc::new(Condition {
            id,
            subject: subject.into(),
            cause: cause.into(),
            events,
        }));
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

/// Why a question to AWS has no answer, as a cause.
pub(super) fn why(question: Question<'_>, asked: &Asked) -> Unanswered {
    Unanswered {
        api: api(question),
        operation: question.operation.to_owned(),
        account: question.account.to_owned(),
        region: question.region.to_owned(),
        about: question.subject.to_owned(),
        outcome: match asked {
            Asked::Answered { .. } => Outcome::Answered,
            Asked::Absent { code, .. } => Outcome::Absent {
                error: code.clone(),
            },
            Asked::Failed { kind, code, .. } => Outcome::Failed {
                how: kind.clone(),
                error: code.clone(),
            },
            Asked::Never | Asked::Assumed(_) => Outcome::NotAsked,
        },
        open: None,
        action_succeeded_at: None,
    }
}

/// A link that is unknown because a question to AWS has no answer.
pub(super) fn unanswered(
    id: LinkId,
    subject: impl Into<Subject>,
    question: Question<'_>,
    asked: &Asked,
) -> Link {
    missing(id, Verdict::Unknown, subject, question, asked, None)
}

/// A link that is `verdict` because a question to AWS has no answer, and what stays open for it.
pub(super) fn missing(
    id: LinkId,
    verdict: Verdict,
    subject: impl Into<Subject>,
    question: Question<'_>,
    asked: &Asked,
    open: Option<Open>,
) -> Link {
    let cause = Unanswered {
        open,
        ..why(question, asked)
    };
    Link::new(id, verdict, subject, cause)
        .field("api", api(question))
        .evidence(asked.evidence())
}

/// A link without anything wrong.
pub(super) fn fine(id: LinkId, subject: impl Into<Subject>, cause: impl Into<Cause>) -> Link {
    Link::new(id, Verdict::Ok, subject, cause)
}

/// Seconds from one time to another, both RFC 3339; none if either does not read as a time.
pub(super) fn seconds_between(earlier: &str, later: &str) -> Option<i64> {
    let earlier: Timestamp = earlier.parse().ok()?;
    let later: Timestamp = later.parse().ok()?;
    Some(later.duration_since(earlier).as_secs())
}
