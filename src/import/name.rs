//! The operation that a file answers, by its name or by the shape of its answer.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json::Value;

use super::index;
use super::subject::attribute;
use crate::aws::arn::Arn;
use crate::snapshot::operations::{OPERATIONS, Operation};

/// What a file name says.
pub(super) struct Named {
    pub(super) operation: &'static Operation,
    /// What follows the operation.
    pub(super) rest: Option<String>,
    /// The number of the page, where the operation is followed by a number alone.
    pub(super) page: Option<u64>,
    /// Whether a list is named that is asked for without a subject.
    pub(super) all: bool,
}

/// Operations of AWS whose names begin or end with one of ours, and whose answers are other ones.
const OTHERS: [&str; 22] = [
    "assume-role-for-pod-identity",
    "assume-role-with-saml",
    "assume-role-with-web-identity",
    "describe-alarms-for-metric",
    "describe-key-pairs",
    "describe-key-phrases-detection-job",
    "describe-key-registration",
    "describe-key-value-store",
    "describe-organization-config-rule-statuses",
    "describe-organization-config-rules",
    "describe-organization-configuration",
    "describe-organization-conformance-pack-statuses",
    "describe-organization-conformance-packs",
    "describe-organization-health",
    "describe-organization-overview",
    "get-transformer-job",
    "list-accounts-for-parent",
    "list-accounts-for-provisioned-permission-set",
    "list-accounts-with-invalid-effective-policy",
    "list-channels-associated-with-channel-flow",
    "list-channels-moderated-by-app-instance-user",
    "list-rules-packages",
];

#[derive(Clone, Copy)]
enum Target {
    Ours(&'static Operation),
    /// ListSubscriptions, whose items are those of ListSubscriptionsByTopic.
    All(&'static Operation),
    Other(&'static str),
}

/// Every name that a file may hold, in lower case with hyphens, the longest first.
static NAMES: LazyLock<Vec<(String, Target)>> = LazyLock::new(|| {
    let mut names: Vec<(String, Target)> = Vec::new();
    for operation in OPERATIONS {
        let cli = index::cli_name(operation.name);
        if operation.name == "ListSubscriptionsByTopic" {
            names.push(("list-subscriptions".to_owned(), Target::All(operation)));
            names.push(("listsubscriptions".to_owned(), Target::All(operation)));
        }
        names.push((operation.name.to_ascii_lowercase(), Target::Ours(operation)));
        names.push((cli, Target::Ours(operation)));
    }
    names.extend(
        OTHERS
            .iter()
            .map(|name| ((*name).to_owned(), Target::Other(name))),
    );
    names.sort_by(|left, right| {
        let order = |name: &str| (std::cmp::Reverse(name.len()), name.to_owned());
        order(&left.0).cmp(&order(&right.0))
    });
    names
});

/// The operation in a file name such as `describe-trails.json`, `cloudtrail_describe_trails.json` or
/// `GetTrailStatus.my-trail.json`, and what follows it; the error is another operation of AWS.
pub(super) fn by_name(name: &str) -> Result<Option<Named>, &'static str> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let lower = stem.to_ascii_lowercase().replace('_', "-");
    let inside = |at: usize, length: usize| {
        let bytes = lower.as_bytes();
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + length);
        !before.is_some_and(u8::is_ascii_alphanumeric)
            && !after.is_some_and(u8::is_ascii_alphanumeric)
    };
    let found = NAMES.iter().find_map(|(name, target)| {
        let at = lower.find(name).filter(|at| inside(*at, name.len()))?;
        Some((at + name.len(), *target))
    });
    let Some((end, target)) = found else {
        return Ok(None);
    };
    let (operation, all) = match target {
        Target::Ours(operation) => (operation, false),
        Target::All(operation) => (operation, true),
        Target::Other(name) => return Err(name),
    };
    let rest = stem
        .get(end..)
        .unwrap_or_default()
        .trim_start_matches(['.', '-', '_', ' ']);
    // A running number names nothing.
    let named = !rest.is_empty() && !is_number(rest);
    // A day or the number of a call among thousands is no page.
    let page = number(rest).filter(|digits| digits.len() < 4);
    Ok(Some(Named {
        page: page.and_then(|digits| digits.parse().ok()),
        operation,
        rest: named.then(|| percent_decoded(rest)),
        all,
    }))
}

/// Whether the rest of a file name counts files: `0001`, `(2)`, `page3`, `part-4`.
fn is_number(rest: &str) -> bool {
    number(rest).is_some()
}

/// The digits of a rest that counts files; empty where there are none, as in `page`.
fn number(rest: &str) -> Option<String> {
    let rest = rest.to_ascii_lowercase();
    let word = ["page", "part"]
        .iter()
        .find_map(|word| rest.strip_prefix(word));
    let number = word
        .unwrap_or(&rest)
        .trim_matches(['.', '-', '_', ' ', '(', ')']);
    let counts = word.is_some() || !number.is_empty();
    (counts && number.bytes().all(|byte| byte.is_ascii_digit())).then(|| number.to_owned())
}

/// A subject as the script spells it in a name; a name that is no such spelling as it is.
fn percent_decoded(text: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map_or_else(|_| text.to_owned(), Cow::into_owned)
}

/// The one operation whose answers have these members.
pub(super) fn by_shape(name: &str, value: &Value) -> Result<&'static Operation, String> {
    let has = |member: &str| value.get(member).is_some();
    let fitting: Vec<&Operation> = OPERATIONS
        .iter()
        .filter(|operation| match operation.expects {
            [] => operation.lists.iter().any(|list| has(list)),
            expects => expects.iter().all(|member| has(member)),
        })
        .filter(|operation| match operation.name {
            // Both have attributes; a subscription names its topic too.
            "GetTopicAttributes" => attribute(value, "SubscriptionArn").is_none(),
            "GetSubscriptionAttributes" => attribute(value, "SubscriptionArn").is_some(),
            "GetCallerIdentity" => has("Arn") && has("UserId"),
            "DescribeEventBus" => {
                let arn = value
                    .get("Arn")
                    .and_then(Value::as_str)
                    .and_then(Arn::parse);
                has("Name") && arn.is_some_and(|arn| arn.resource.starts_with("event-bus/"))
            }
            _ => true,
        })
        .collect();
    match fitting.as_slice() {
        // DescribeAlarmsForMetric answers with this list alone, and with a part of the alarms.
        [operation] if operation.name == "DescribeAlarms" && !has("CompositeAlarms") => {
            Err(format!(
                "`{name}` could be an answer to DescribeAlarms or to DescribeAlarmsForMetric; name it by the one that was asked"
            ))
        }
        [operation] => Ok(operation),
        [] => Err(format!("`{name}` is no answer that is known here")),
        [first, second, ..] => Err(format!(
            "`{name}` could be an answer to {} or to {}",
            first.name, second.name
        )),
    }
}
