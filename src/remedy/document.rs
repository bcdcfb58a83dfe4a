//! Policy documents with one statement more, or one statement that spares a service: whatever else is there stays as it is.

use serde_json::{Map, Value, json};

use crate::aws::arn::{self, Location};

/// Who is to be let in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Service<'s> {
    /// CloudWatch, for the alarms of an account.
    Alarms(&'s str),
    /// EventBridge. A condition on the source would leave open whether it may (E14).
    Rules,
    /// CloudTrail, for the trails of an account in a partition.
    Trails(&'s str, &'s str),
}

impl Service<'_> {
    /// The service principal.
    fn principal(self) -> &'static str {
        match self {
            Self::Alarms(_) => "cloudwatch.amazonaws.com",
            Self::Rules => "events.amazonaws.com",
            Self::Trails(..) => "cloudtrail.amazonaws.com",
        }
    }

    /// The statement that lets it do something.
    fn let_in(self, action: Value, resource: &str) -> Value {
        let sid = match self {
            Self::Alarms(account) => format!("AlarmsOf{account}"),
            Self::Rules => "EventBridgeRules".to_owned(),
            Self::Trails(_, account) => format!("TrailsOf{account}"),
        };
        let condition = match self {
            Self::Alarms(account) => Some(json!({"StringEquals": {"aws:SourceAccount": account}})),
            Self::Rules => None,
            Self::Trails(partition, account) => {
                let trails = Location {
                    partition,
                    region: "*",
                    account,
                }
                .trail("*");
                Some(json!({"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails}}))
            }
        };
        let mut statement = json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": self.principal()},
            "Action": action,
            "Resource": resource,
        });
        if let (Some(condition), Some(members)) = (condition, statement.as_object_mut()) {
            members.insert("Condition".to_owned(), condition);
        }
        statement
    }
}

/// The policy with the statement at its end, under a Sid that no other statement has.
fn with_statement(policy: Option<&str>, mut statement: Value) -> String {
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
    if !statements.contains(&statement) {
        let wanted = statement
            .get("Sid")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let taken = |sid: &str| {
            let mut sids = statements.iter().map(|known| known.get("Sid"));
            sids.any(|known| known.and_then(Value::as_str) == Some(sid))
        };
        let mut sid = wanted.clone();
        let mut count = 1;
        while taken(&sid) {
            count += 1;
            sid = format!("{wanted}x{count}");
        }
        if let Some(members) = statement.as_object_mut() {
            members.insert("Sid".to_owned(), Value::from(sid));
        }
        statements.push(statement);
    }
    document.insert("Statement".to_owned(), Value::from(statements));
    Value::Object(document).to_string()
}

/// A topic policy that lets a service publish.
pub(super) fn publish(policy: Option<&str>, topic_arn: &str, service: Service<'_>) -> String {
    with_statement(policy, service.let_in(json!("sns:Publish"), topic_arn))
}

/// A key policy that lets a service encrypt for a topic or a bus, or the files of a trail.
pub(super) fn encrypt(policy: &str, service: Service<'_>) -> String {
    let actions = match service {
        Service::Trails(..) => json!("kms:GenerateDataKey*"),
        _ => json!(["kms:Decrypt", "kms:GenerateDataKey*"]),
    };
    let wider = with_statement(Some(policy), service.let_in(actions, "*"));
    match service {
        // CloudTrail looks at the key before it takes it, without a context.
        Service::Trails(..) => {
            let looks = json!({
                "Sid": "CloudTrailLooks",
                "Effect": "Allow",
                "Principal": {"Service": service.principal()},
                "Action": "kms:DescribeKey",
                "Resource": "*",
            });
            with_statement(Some(&wider), looks)
        }
        _ => wider,
    }
}

/// The policy where one statement that denies spares a service; the narrowest way first. The statement is named by its
/// position from 1.
pub(super) fn sparing(policy: &str, position: usize, service: Service<'_>) -> Vec<String> {
    let conditions = [
        (
            "StringNotEqualsIfExists",
            "aws:PrincipalServiceName",
            service.principal(),
        ),
        ("BoolIfExists", "aws:PrincipalIsAWSService", "false"),
    ];
    conditions
        .into_iter()
        .filter_map(|condition| spared(policy, position, condition))
        .collect()
}

fn spared(policy: &str, position: usize, condition: (&str, &str, &str)) -> Option<String> {
    let (operator, key, value) = condition;
    let mut document: Value = serde_json::from_str(policy).ok()?;
    let statement = match document.get_mut("Statement")? {
        Value::Array(list) => list.get_mut(position.checked_sub(1)?)?,
        one => one,
    };
    let members = statement.as_object_mut()?;
    let conditions = members.entry("Condition").or_insert_with(|| json!({}));
    let keys = conditions
        .as_object_mut()?
        .entry(operator)
        .or_insert_with(|| json!({}));
    // A condition that is there already stays: it is somebody's.
    let free = keys.as_object_mut()?;
    if free.contains_key(key) {
        return None;
    }
    free.insert(key.to_owned(), json!(value));
    Some(document.to_string())
}

/// The statements of a policy that another does not hold as they are: by Sid, or by position.
pub(super) fn lost_statements(before: &str, after: &str) -> Vec<String> {
    let statements = |text: &str| -> Vec<Value> {
        let document: Option<Value> = serde_json::from_str(text).ok();
        match document.and_then(|mut it| it.get_mut("Statement").map(Value::take)) {
            Some(Value::Array(list)) => list,
            Some(one) => vec![one],
            None => Vec::new(),
        }
    };
    let kept = statements(after);
    let lost = statements(before).into_iter().zip(1..);
    lost.filter(|(statement, _)| !kept.contains(statement))
        .map(
            |(statement, position)| match statement.get("Sid").and_then(Value::as_str) {
                Some(sid) if !sid.is_empty() => format!("`{sid}`"),
                _ => format!("number {position}"),
            },
        )
        .collect()
}

/// The policy of a new key: its account administers it.
pub(super) fn owned(partition: &str, account: &str) -> String {
    let statement = json!({
        "Sid": "Owner",
        "Effect": "Allow",
        "Principal": {"AWS": arn::iam(partition, account, "root")},
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
        let alarms = Service::Alarms("111122223333");
        let once = publish(Some(policy), "arn:aws:sns:eu-west-1:1:t", alarms);
        assert!(
            once.contains("\"mine\"") && once.contains("\"Id\":\"x\""),
            "{once}"
        );
        assert_eq!(
            publish(Some(&once), "arn:aws:sns:eu-west-1:1:t", alarms),
            once
        );
        assert!(lost_statements(policy, &once).is_empty());
    }

    #[test]
    fn a_statement_of_the_same_sid_stays_beside_the_new_one() {
        let policy = r#"{"Statement":[{"Sid":"AlarmsOf111122223333","Effect":"Allow","Action":"sns:Subscribe"}]}"#;
        let made = publish(Some(policy), "t", Service::Alarms("111122223333"));
        assert!(lost_statements(policy, &made).is_empty(), "{made}");
        assert!(made.contains("AlarmsOf111122223333x2"), "{made}");
    }

    #[test]
    fn a_statement_that_denies_spares_one_service_and_keeps_its_conditions() {
        let policy = r#"{"Statement":[{"Sid":"a"},{"Sid":"b","Effect":"Deny","Condition":{"Bool":{"x":"y"}}}]}"#;
        let made = sparing(policy, 2, Service::Rules);
        assert_eq!(made.len(), 2);
        for text in made {
            assert!(text.contains(r#""Bool":{"x":"y"}"#), "{text}");
            assert_eq!(lost_statements(policy, &text), ["`b`"]);
        }
    }
}
