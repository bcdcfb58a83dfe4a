//! What a link is about: the resource, with its kind and where it is.

use serde::Serialize;

use crate::aws::arn::Arn;

/// The kind of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An account as a whole.
    Account,
    /// A Region of an account.
    Region,
    /// A trail.
    Trail,
    /// An IAM role.
    Role,
    /// A log group.
    LogGroup,
    /// A metric filter.
    MetricFilter,
    /// A metric.
    Metric,
    /// An alarm, of any type.
    Alarm,
    /// What an alarm does, where that is no topic.
    AlarmAction,
    /// A topic.
    Topic,
    /// A subscription.
    Subscription,
    /// An EventBridge rule.
    Rule,
}

/// A resource. Two of one kind are the same where all fields are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Subject {
    /// The kind.
    pub kind: Kind,
    /// The name that its owner gave it; the id of an account or Region; the endpoint of a subscription.
    pub name: String,
    /// What the name is unique in: the log group of a metric filter, the namespace of a metric, the protocol of a
    /// subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// The ARN, where AWS gives it one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The account that it is in; empty where that is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// The Region that it is in; empty where that is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
}

impl Subject {
    /// A resource with an ARN. One that does not read as an ARN is kept as a name.
    pub fn of_arn(kind: Kind, text: &str) -> Self {
        let arn = Arn::parse(text);
        let part = |part: fn(&Arn<'_>) -> String| arn.as_ref().map(part).unwrap_or_default();
        Self {
            kind,
            name: arn.map_or(text, |arn| arn.name()).to_owned(),
            within: None,
            arn: arn.map(|_| text.to_owned()),
            account: part(|arn| arn.account.to_owned()),
            region: part(|arn| arn.region.to_owned()),
        }
    }

    /// An account.
    pub fn account(account: &str) -> Self {
        Self {
            kind: Kind::Account,
            name: account.to_owned(),
            within: None,
            arn: None,
            account: account.to_owned(),
            region: String::new(),
        }
    }

    /// A Region of an account.
    pub fn region(account: &str, region: &str) -> Self {
        Self {
            kind: Kind::Region,
            name: region.to_owned(),
            within: None,
            arn: None,
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    /// A resource without an ARN, whose name is unique within another.
    pub fn within(kind: Kind, name: &str, within: &str, account: &str, region: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            within: Some(within.to_owned()),
            arn: None,
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }
}

impl From<&Subject> for Subject {
    fn from(subject: &Subject) -> Self {
        subject.clone()
    }
}
