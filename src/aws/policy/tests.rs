//! Policies as documentation, tools and people write them, and laws that hold for all.

mod conditions;
mod keys;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alerts";
const ALARM: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:root-login";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd";

fn publish(statements: Value) -> Decision {
    may_publish(
        &json!({"Version": "2012-10-17", "Statement": statements}).to_string(),
        TOPIC,
        &caller(ALARM),
    )
}

/// CloudWatch for an alarm of which nothing but the ARN is known.
fn caller(alarm_arn: &str) -> Caller<'_> {
    Caller {
        service: Service::CloudWatch,
        source_arn: alarm_arn,
        organization: Organization::Unknown,
        at: None,
    }
}

fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allowed(_) => "allowed",
        Decision::Refused(_) => "denied",
        Decision::Open(_) => "unknown",
    }
}

fn allow(principal: Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "SNS:Publish", "Resource": TOPIC, "Condition": condition})
}

fn cloudwatch() -> Value {
    allow(json!({"Service": "cloudwatch.amazonaws.com"}), json!({}))
}

fn deny(condition: Value) -> Value {
    json!([cloudwatch(), {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": "*", "Condition": condition}])
}

#[test]
fn the_policy_that_sns_gives_every_topic_allows_the_owners_alarms() {
    let default = json!({
        "Version": "2008-10-17", "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"},
            "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
                "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"],
            "Resource": TOPIC, "Condition": {"StringEquals": {"AWS:SourceOwner": "111122223333"}}
        }]
    })
    .to_string();
    let allowed = Decision::Allowed(Statement {
        sid: Some("__default_statement_ID".to_owned()),
        position: 1,
    });
    assert_eq!(may_publish(&default, TOPIC, &caller(ALARM)), allowed);
    let foreign = ALARM.replace("111122223333", "444455556666");
    assert_eq!(
        word(&may_publish(&default, TOPIC, &caller(&foreign))),
        "denied"
    );
}

#[test]
fn principals() {
    for (principal, expected) in [
        (json!("*"), "allowed"),
        (json!({"AWS": "*"}), "allowed"),
        (
            json!({"AWS": ["arn:aws:iam::444455556666:root", "*"]}),
            "allowed",
        ),
        (json!({"Service": "cloudwatch.amazonaws.com"}), "allowed"),
        (
            json!({"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]}),
            "allowed",
        ),
        (json!({"Service": "events.amazonaws.com"}), "denied"),
        (
            json!({"Service": "cloudwatch.us-east-1.amazonaws.com"}),
            "unknown",
        ),
        (json!({"AWS": "arn:aws:iam::111122223333:root"}), "unknown"),
        (json!({"AWS": "111122223333"}), "unknown"),
        (json!({"AWS": "arn:aws:iam::444455556666:root"}), "denied"),
        (
            json!({"AWS": "arn:aws:iam::111122223333:role/admin"}),
            "denied",
        ),
        (
            json!({"Federated": "cognito-identity.amazonaws.com"}),
            "denied",
        ),
        (json!("cloudwatch.amazonaws.com"), "unknown"),
        (json!(7), "unknown"),
    ] {
        assert_eq!(
            word(&publish(json!([allow(principal.clone(), json!({}))]))),
            expected,
            "{principal}"
        );
    }
}

#[test]
fn actions_and_resources() {
    let statement = |key: &str, value: Value| {
        let mut statement = cloudwatch();
        let plain = key.trim_start_matches("Not");
        statement.as_object_mut().unwrap().remove(plain);
        statement[key] = value;
        word(&publish(json!([statement])))
    };
    for action in [
        "sns:Publish",
        "SNS:Publish",
        "SNS:PUBLISH",
        "sns:*",
        "sns:Pub*",
        "*",
        "sns:P?blish",
    ] {
        assert_eq!(statement("Action", json!(action)), "allowed", "{action}");
        assert_eq!(statement("NotAction", json!(action)), "denied", "{action}");
    }
    for action in ["sns:Subscribe", "sqs:*", "sns:publishBatch", "Publish"] {
        assert_eq!(statement("Action", json!([action])), "denied", "{action}");
        assert_eq!(
            statement("NotAction", json!([action])),
            "allowed",
            "{action}"
        );
    }
    for resource in [
        TOPIC,
        "*",
        "arn:aws:sns:*:111122223333:*",
        "arn:aws:sns:us-east-1:111122223333:al*",
    ] {
        assert_eq!(
            statement("Resource", json!(resource)),
            "allowed",
            "{resource}"
        );
        assert_eq!(
            statement("NotResource", json!(resource)),
            "denied",
            "{resource}"
        );
    }
    assert_eq!(
        statement(
            "Resource",
            json!("arn:aws:sns:us-east-1:111122223333:other")
        ),
        "denied"
    );
    assert_eq!(
        statement(
            "Resource",
            json!("arn:aws:sns:us-east-1:${aws:SourceAccount}:alerts")
        ),
        "unknown"
    );
    let mut without = cloudwatch();
    without.as_object_mut().unwrap().remove("Resource");
    assert_eq!(word(&publish(json!([without]))), "unknown");
}

#[test]
fn no_statement_means_no() {
    assert_eq!(word(&publish(json!([]))), "denied");
    assert!(matches!(
        publish(json!([])),
        Decision::Refused(Refusal::NoAllow { nearest: None, .. })
    ));
    for policy in [
        "",
        "{}",
        "[]",
        "{\"Statement\": 1}",
        "{\"Statement\": [1]}",
        "{\"Statement\": [{}]}",
    ] {
        assert_eq!(
            word(&may_publish(policy, TOPIC, &caller(ALARM))),
            "unknown",
            "{policy}"
        );
    }
}

#[test]
fn an_alarm_name_outside_ascii_has_no_reliable_source_arn() {
    let policy = json!({"Statement": [allow(json!("*"), json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:111122223333:alarm:*"}}))]});
    let alarm = format!("{ALARM}-ü");
    assert_eq!(
        word(&may_publish(&policy.to_string(), TOPIC, &caller(&alarm))),
        "unknown"
    );
}

#[test]
fn the_organization_of_the_source_is_compared_when_known() {
    let policy = |operator: &str| {
        let condition = json!({operator: {"aws:SourceOrgID": "o-example"}});
        json!({"Statement": [allow(json!("*"), condition)]}).to_string()
    };
    let ask = |operator: &str, organization| {
        let caller = Caller {
            organization,
            ..caller(ALARM)
        };
        word(&may_publish(&policy(operator), TOPIC, &caller))
    };
    assert_eq!(
        ask("StringEquals", Organization::Of("o-example")),
        "allowed"
    );
    assert_eq!(ask("StringEquals", Organization::Of("o-other")), "denied");
    assert_eq!(ask("StringEquals", Organization::None), "denied");
    assert_eq!(ask("StringNotEquals", Organization::None), "allowed");
    assert_eq!(ask("StringEqualsIfExists", Organization::None), "allowed");
    assert_eq!(ask("StringEquals", Organization::Unknown), "unknown");
}

#[test]
fn the_nearest_statement_and_the_condition_that_fails_are_named() {
    let other = json!({"Sid": "Events", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish", "Resource": TOPIC});
    let subscribe = json!({"Sid": "Subscribe", "Effect": "Allow", "Principal": "*", "Action": "sns:Subscribe", "Resource": TOPIC});
    let condition = json!({
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:111122223333:alarm:*"},
        "StringEquals": {"aws:SourceAccount": ["999999999999", "888888888888"]},
    });
    let ours = allow(json!({"Service": "cloudwatch.amazonaws.com"}), condition);
    let decision = publish(json!([other, subscribe, ours]));
    let nearest = NearMiss {
        statement: Statement {
            sid: None,
            position: 3,
        },
        parts: vec![Part::Condition {
            operator: "StringEquals".to_owned(),
            key: "aws:SourceAccount".to_owned(),
            wanted: vec!["999999999999".to_owned(), "888888888888".to_owned()],
            sent: Sent::Value {
                value: "111122223333".to_owned(),
            },
        }],
    };
    assert_eq!(
        decision,
        Decision::Refused(Refusal::NoAllow {
            action: "sns:Publish".to_owned(),
            nearest: Some(nearest),
        })
    );
    let decision = publish(deny(
        json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
    ));
    let Decision::Refused(Refusal::Deny {
        statement,
        conditions,
        ..
    }) = decision
    else {
        panic!("{decision:?}");
    };
    assert_eq!(statement.name(), "no");
    assert!(
        matches!(conditions.as_slice(), [Part::Condition { key, sent: Sent::Nothing, .. }] if key == "aws:SourceVpce")
    );
}

/// The same question answered by trying every way to cut the text.
fn slow_glob(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some(('*', pattern)), _) => (0..=text.len()).any(|cut| slow_glob(pattern, &text[cut..])),
        (Some((wanted, pattern)), Some((found, text))) => {
            (*wanted == '?' || wanted == found) && slow_glob(pattern, text)
        }
        (Some(_), None) => false,
    }
}

fn statement() -> impl Strategy<Value = Value> {
    let principal = prop::sample::select(vec![
        json!("*"),
        json!({"AWS": "111122223333"}),
        json!({"Service": "cloudwatch.amazonaws.com"}),
        json!({"Service": "events.amazonaws.com"}),
    ]);
    let condition = prop::sample::select(vec![
        json!({}),
        json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
        json!({"StringEquals": {"aws:SourceAccount": "444455556666"}}),
        json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
    ]);
    let action = prop::sample::select(vec!["sns:Publish", "sns:*", "sns:Subscribe"]);
    (prop::sample::select(vec!["Allow", "Deny"]), principal, action, condition).prop_map(|(effect, principal, action, condition)| {
        json!({"Effect": effect, "Principal": principal, "Action": action, "Resource": "*", "Condition": condition})
    })
}

proptest! {
    #[test]
    fn wildcards_match_what_trying_every_cut_matches(pattern in "[ab*?]{0,6}", text in "[ab]{0,6}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(glob::matches(&pattern, &text), slow_glob(&chars(&pattern), &chars(&text)));
    }

    /// Order does not matter, a Deny never helps, an Allow never hurts.
    #[test]
    fn laws_of_statements(statements in prop::collection::vec(statement(), 0..5), extra in statement()) {
        let rank = |statements: &[Value]| match publish(json!(statements)) {
            Decision::Refused(_) => 0,
            Decision::Open(_) => 1,
            Decision::Allowed(_) => 2,
        };
        let before = rank(&statements);
        let mut backwards = statements.clone();
        backwards.reverse();
        prop_assert_eq!(rank(&backwards), before);
        let denies = extra["Effect"] == "Deny";
        backwards.push(extra);
        let after = rank(&backwards);
        let holds = if denies { after <= before } else { after >= before };
        prop_assert!(holds);
    }
}
