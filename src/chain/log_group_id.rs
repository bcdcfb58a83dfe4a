//! Where a log group is, and what was asked about it there.

use super::facts::Question;
use super::verdict::{Kind, Subject};

/// Where a log group is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogGroupId {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
    /// Without `:*`.
    pub(super) arn: String,
}

impl LogGroupId {
    pub(super) fn subject(&self) -> Subject {
        Subject::of_arn(Kind::LogGroup, &self.arn)
    }
}

/// A question about the group to CloudWatch Logs.
pub(super) fn question<'q>(
    place: &'q LogGroupId,
    operation: &'q str,
    subject: &'q str,
) -> Question<'q> {
    Question {
        account: &place.account,
        region: &place.region,
        service: "logs",
        operation,
        subject,
    }
}
