//! The event that EventBridge makes of a CloudTrail record.

use serde_json::{Value, json};

/// The event around a CloudTrail record; what is no CloudTrail record is an event already and stays as it is.
pub fn as_event(record: Value) -> Value {
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    let (Some(source), Some(_), None) = (
        text("eventSource"),
        text("eventName"),
        record.get("detail-type"),
    ) else {
        return record;
    };
    let service = source.strip_suffix(".amazonaws.com").unwrap_or(source);
    // The guide spells the second one in two ways; this is how AWS's articles and nearly all rules spell it.
    let detail_type = match text("eventType") {
        Some("AwsServiceEvent") => "AWS Service Event via CloudTrail",
        Some("AwsConsoleSignIn") => "AWS Console Sign In via CloudTrail",
        _ => "AWS API Call via CloudTrail",
    };
    json!({
        "version": "0",
        "id": text("eventID").unwrap_or_default(),
        "detail-type": detail_type,
        "source": format!("aws.{service}"),
        "account": text("recipientAccountId").unwrap_or_default(),
        "time": text("eventTime").unwrap_or_default(),
        "region": text("awsRegion").unwrap_or_default(),
        "resources": [],
        "detail": record,
    })
}
