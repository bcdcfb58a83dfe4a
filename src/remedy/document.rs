//! Policy documents with one statement more: what is there stays as it is.

use serde_json::{Map, Value, json};

/// The service that runs the actions of alarms.
const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";

/// The policy with the statement in place of one of the same Sid, or at its end.
fn with_statement(policy: Option<&str>, statement: Value) -> String {
    let mut document = policy
        .and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok())
        .unwrap_or_else(|| {
            let mut empty = Map::new();
            empty.insert("Version".to_owned(), json!("2012-10-17"));
            empty
        });
    let mut statements = match document.remove("Statement") {
        Some(Value::Array(list)) => list,
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    };
    statements.retain(|known| known.get("Sid") != statement.get("Sid"));
    statements.push(statement);
    document.insert("Statement".to_owned(), Value::from(statements));
    Value::Object(document).to_string()
}

/// A topic policy that lets the alarms of an account publish.
pub(super) fn publish(policy: Option<&str>, topic_arn: &str, alarm_account: &str) -> String {
    let statement = json!({
        "Sid": format!("AlarmsOf{alarm_account}"),
        "Effect": "Allow",
        "Principal": {"Service": CLOUDWATCH},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": alarm_account}},
    });
    with_statement(policy, statement)
}

/// A key policy that lets the alarms of an account encrypt for a topic.
pub(super) fn encrypt(policy: &str, alarm_account: &str) -> String {
    let statement = json!({
        "Sid": format!("AlarmsOf{alarm_account}"),
        "Effect": "Allow",
        "Principal": {"Service": CLOUDWATCH},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": alarm_account}},
    });
    with_statement(Some(policy), statement)
}

/// The policy of a new key: its account administers it.
pub(super) fn owned(partition: &str, account: &str) -> String {
    let statement = json!({
        "Sid": "Owner",
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
        "Action": "kms:*",
        "Resource": "*",
    });
    with_statement(None, statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_added_once_and_others_stay() {
        let policy =
            r#"{"Version":"2012-10-17","Id":"x","Statement":{"Sid":"mine","Effect":"Deny"}}"#;
        let once = publish(Some(policy), "arn:aws:sns:eu-west-1:1:t", "111122223333");
        assert!(
            once.contains("\"mine\"") && once.contains("\"Id\":\"x\""),
            "{once}"
        );
        assert_eq!(
            publish(Some(&once), "arn:aws:sns:eu-west-1:1:t", "111122223333"),
            once
        );
    }
}
