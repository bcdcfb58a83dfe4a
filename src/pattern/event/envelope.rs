//! The event that EventBridge makes of a CloudTrail record.

use serde_json::{Map, Value, json};

/// How EventBridge spells the detail type of a sign-in: AWS's own texts have it in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SignIn {
    /// `AWS Console Sign In via CloudTrail`: AWS's articles and nearly all rules.
    #[default]
    Spaced,
    /// `AWS Console Signin via CloudTrail`: one table of the user guide.
    Joined,
}

impl SignIn {
    /// The detail type.
    pub fn detail_type(self) -> &'static str {
        match self {
            Self::Spaced => "AWS Console Sign In via CloudTrail",
            Self::Joined => "AWS Console Signin via CloudTrail",
        }
    }
}

/// The `eventType` of a sign-in to the console.
pub(crate) const CONSOLE_SIGN_IN: &str = "AwsConsoleSignIn";
/// The `eventType` of what a service does without a request.
pub(crate) const SERVICE_EVENT: &str = "AwsServiceEvent";
/// The detail type of service events.
pub(crate) const SERVICE_EVENT_TYPE: &str = "AWS Service Event via CloudTrail";
/// The detail type of every other management event.
pub(crate) const API_CALL_TYPE: &str = "AWS API Call via CloudTrail";
/// What an `eventSource` ends with and a `source` does not.
pub(crate) const SOURCE_SUFFIX: &str = ".amazonaws.com";
/// What a `source` begins with.
pub(crate) const SOURCE_PREFIX: &str = "aws.";
/// The version of every event.
pub(crate) const VERSION: &str = "0";

/// The event around a record. What the record does not have as a text, the event does not have either.
pub fn around(record: Value, sign_in: SignIn) -> Value {
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    let detail_type = match text("eventType") {
        Some(SERVICE_EVENT) => SERVICE_EVENT_TYPE,
        Some(CONSOLE_SIGN_IN) => sign_in.detail_type(),
        _ => API_CALL_TYPE,
    };
    let source = text("eventSource").map(|source| {
        let service = source.strip_suffix(SOURCE_SUFFIX).unwrap_or(source);
        format!("{SOURCE_PREFIX}{service}")
    });
    let mut event = Map::new();
    event.insert("version".to_owned(), json!(VERSION));
    for (name, value) in [
        ("id", text("eventID")),
        ("detail-type", Some(detail_type)),
        ("source", source.as_deref()),
        ("account", text("recipientAccountId")),
        ("time", text("eventTime")),
        ("region", text("awsRegion")),
    ] {
        if let Some(value) = value {
            event.insert(name.to_owned(), json!(value));
        }
    }
    event.insert("resources".to_owned(), json!([]));
    event.insert("detail".to_owned(), record);
    Value::Object(event)
}

/// The member of the record that a member of the event is made of by [`around`]; none for the record itself and for what is the
/// same of every event.
pub(crate) fn made_of(member: &str) -> Option<&'static str> {
    Some(match member {
        "source" => "eventSource",
        "detail-type" => "eventType",
        "account" => "recipientAccountId",
        "region" => "awsRegion",
        "id" => "eventID",
        "time" => "eventTime",
        _ => return None,
    })
}

/// The event around a CloudTrail record; what is no CloudTrail record is an event already and stays as it is.
pub fn as_event(record: Value) -> Value {
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    match (
        text("eventSource"),
        text("eventName"),
        record.get("detail-type"),
    ) {
        (Some(_), Some(_), None) => around(record, SignIn::default()),
        _ => record,
    }
}
