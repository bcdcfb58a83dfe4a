//! AWS's own words, which name nobody: they stay as they are.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::coverage::EventModel;
use crate::snapshot::operations::OPERATIONS;

/// Values that occur in policies, filter policies, patterns and events.
const CONSTANTS: &[&str] = &[
    "",
    "*",
    "ALARM",
    "ANONYMOUS_PRINCIPAL",
    "AWS Internal",
    "AWSAccount",
    "AWSService",
    "Anonymous",
    "Average",
    "AwsApiCall",
    "AwsConsoleAction",
    "AwsConsoleSignIn",
    "AwsServiceEvent",
    "AwsVpceEvent",
    "AssumedRole",
    "Count",
    "Data",
    "Directory",
    "FAILURE",
    "Failed authentication",
    "Failure",
    "FederatedUser",
    "Federated",
    "HIDDEN_DUE_TO_SECURITY_REASONS",
    "IAMUser",
    "INSUFFICIENT_DATA",
    "IdentityCenterUser",
    "Insight",
    "MAXIMUM",
    "MINIMUM",
    "Management",
    "Maximum",
    "Minimum",
    "No",
    "No username found in supplied account",
    "None",
    "NetworkActivity",
    "OK",
    "Role",
    "Root",
    "SAMLUser",
    "SUCCESS",
    "SUM",
    "SampleCount",
    "Seconds",
    "Success",
    "Sum",
    "Switchrole",
    "Unknown",
    "WebIdentityUser",
    "Yes",
    "aws",
    "breaching",
    "default",
    "false",
    "ignore",
    "missing",
    "notBreaching",
    "null",
    "root",
    "true",
];

/// How the detail types of AWS's own events on EventBridge begin.
const DETAIL_TYPES: &[&str] = &[
    "AWS API Call via CloudTrail",
    "AWS Console Action via CloudTrail",
    "AWS Console Sign In via CloudTrail",
    "AWS Health Event",
    "AWS Insight via CloudTrail",
    "AWS Service Event via CloudTrail",
    "CloudWatch Alarm State Change",
    "Config Configuration Item Change",
    "Config Rules Compliance Change",
    "EC2 Instance State-change Notification",
    "GuardDuty Finding",
    "Security Hub Findings",
];

/// Words of AWS's error messages and histories; any other word there is masked.
const WORDS: &[&str] = &[
    "a",
    "access",
    "account",
    "action",
    "actions",
    "alarm",
    "alarms",
    "allow",
    "allows",
    "an",
    "and",
    "any",
    "api",
    "are",
    "assume",
    "at",
    "authorized",
    "aws",
    "because",
    "boundary",
    "bucket",
    "by",
    "call",
    "calling",
    "can",
    "cannot",
    "check",
    "cloudtrail",
    "cloudwatch",
    "configured",
    "control",
    "could",
    "credentials",
    "data",
    "deliver",
    "delivery",
    "denied",
    "deny",
    "does",
    "error",
    "exceeded",
    "execute",
    "executed",
    "exist",
    "exists",
    "expired",
    "explicit",
    "failed",
    "failure",
    "for",
    "found",
    "from",
    "group",
    "has",
    "identity",
    "identity-based",
    "in",
    "included",
    "invalid",
    "is",
    "issue",
    "it",
    "key",
    "limit",
    "log",
    "logs",
    "may",
    "member",
    "must",
    "no",
    "not",
    "notification",
    "occurred",
    "of",
    "on",
    "operation",
    "or",
    "organization",
    "perform",
    "permission",
    "permissions",
    "permissions-boundary",
    "policies",
    "policy",
    "publish",
    "publishing",
    "rate",
    "received",
    "request",
    "required",
    "resource",
    "resource-based",
    "resources",
    "role",
    "see",
    "security",
    "service",
    "session",
    "sns",
    "specified",
    "state",
    "stream",
    "subscription",
    "successfully",
    "the",
    "this",
    "throttled",
    "to",
    "token",
    "topic",
    "trail",
    "trails",
    "unable",
    "unknown",
    "updated",
    "use",
    "user",
    "user:",
    "valid",
    "value",
    "was",
    "when",
    "with",
    "you",
    "your",
];

/// Keywords of filter patterns, Logs Insights and metric math in lower case.
const KEYWORDS: &[&str] = &[
    "and",
    "as",
    "asc",
    "between",
    "bin",
    "by",
    "count",
    "dedup",
    "desc",
    "display",
    "exists",
    "false",
    "fields",
    "filter",
    "from",
    "group",
    "in",
    "is",
    "ispresent",
    "like",
    "limit",
    "not",
    "null",
    "or",
    "order",
    "parse",
    "pattern",
    "schema",
    "search",
    "select",
    "sort",
    "stats",
    "strcontains",
    "sum",
    "true",
    "where",
];

/// Whether a value is one of AWS's own, and the same in every account.
pub(super) fn is_constant(text: &str) -> bool {
    let bare = text.trim_matches('*');
    CONSTANTS.contains(&text)
        || CONSTANTS.contains(&bare)
        || is_service(bare)
        || is_region(text)
        || is_event_name(bare)
        || text.starts_with("@aws.")
        || text.starts_with("AWS/")
        || DETAIL_TYPES.iter().any(|start| text.starts_with(start))
}

/// `cloudwatch.amazonaws.com`, `aws.iam`: a service principal or event source.
pub(super) fn is_service(text: &str) -> bool {
    let stem = text
        .strip_suffix(".amazonaws.com")
        .or_else(|| text.strip_suffix(".amazonaws.com.cn"))
        .or_else(|| text.strip_prefix("aws."));
    // One label, or a service with its Region; more would name something of the account.
    stem.is_some_and(|stem| {
        let mut labels = stem.split('.');
        let is_label = |label: &str| {
            (1..=32).contains(&label.len())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        match (labels.next(), labels.next(), labels.next()) {
            (Some(name), None, None) => is_label(name),
            (Some(name), Some(second), None) => {
                is_label(name) && (is_region(second) || name == "delivery" || second == "delivery")
                    || (name == "delivery" && second == "logs")
            }
            _ => false,
        }
    })
}

/// `us-east-1`, `us-gov-west-1`, and with a wildcard `us-*`.
pub(super) fn is_region(text: &str) -> bool {
    const FIRST: &[&str] = &[
        "af", "ap", "ca", "cn", "eu", "eusc", "il", "me", "mx", "sa", "us",
    ];
    let mut parts = text.split('-');
    parts.next().is_some_and(|first| FIRST.contains(&first))
        && text.len() <= 16
        && parts.clone().count() >= 1
        && parts.all(|part| {
            part == "*"
                || part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit())
                || [
                    "central",
                    "east",
                    "gov",
                    "iso",
                    "isob",
                    "isoe",
                    "isof",
                    "north",
                    "northeast",
                    "northwest",
                    "south",
                    "southeast",
                    "southwest",
                    "west",
                    "de",
                ]
                .contains(&part)
        })
}

/// The name of an API call that a control can ask for.
pub(super) fn is_event_name(text: &str) -> bool {
    static NAMES: OnceLock<BTreeSet<String>> = OnceLock::new();
    NAMES
        .get_or_init(|| {
            EventModel::cloudtrail()
                .names()
                .map(str::to_owned)
                .collect()
        })
        .contains(text)
}

/// `sns:Publish`, `kms:*`: an action of IAM.
pub(super) fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, action)| {
        service.len() <= 32
            && service
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && action
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || byte == b'*')
    })
}

/// An error code of AWS, such as `AccessDenied`: one word without digits.
pub(super) fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || b"._".contains(&byte))
}

/// A word of AWS's own sentences.
pub(super) fn is_word(text: &str) -> bool {
    OPERATIONS.iter().any(|operation| operation.name == text)
        || WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// A keyword of one of the query and expression languages.
pub(super) fn is_keyword(text: &str) -> bool {
    KEYWORDS.contains(&text.to_ascii_lowercase().as_str())
}
