//! What people call a resource.

use crate::chain::verdict::{Kind, Subject};

/// The resource with its kind: alarm `root`.
pub fn subject(subject: &Subject) -> String {
    let name = &subject.name;
    match subject.kind {
        Kind::Account => format!("account `{name}`"),
        Kind::Region => format!("Region `{name}`"),
        Kind::Trail => format!("trail `{name}`"),
        Kind::Role => format!("role `{name}`"),
        Kind::LogGroup => format!("log group `{name}`"),
        Kind::MetricFilter => format!("filter `{name}`"),
        Kind::Metric => match &subject.within {
            Some(namespace) => format!("metric `{namespace} {name}`"),
            None => format!("metric `{name}`"),
        },
        Kind::Alarm => format!("alarm `{name}`"),
        Kind::AlarmAction => {
            format!("alarm action `{}`", subject.arn.as_deref().unwrap_or(name))
        }
        Kind::Topic => format!("topic `{name}`"),
        Kind::Subscription => match &subject.within {
            Some(protocol) => format!("subscription `{protocol} {name}`"),
            None => format!("subscription `{name}`"),
        },
        Kind::Rule => format!("rule `{name}`"),
    }
}
