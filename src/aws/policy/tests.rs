//! Policies as documentation, tools and people write them, and laws that hold for all.

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
        ALARM,
        None,
    )
}

fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allowed { .. } => "allowed",
        Decision::Denied { .. } => "denied",
        Decision::Unknown { .. } => "unknown",
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
    let allowed = Decision::Allowed {
        statement: "`__default_statement_ID`".to_owned(),
    };
    assert_eq!(may_publish(&default, TOPIC, ALARM, None), allowed);
    let foreign = ALARM.replace("111122223333", "444455556666");
    assert_eq!(
        word(&may_publish(&default, TOPIC, &foreign, None)),
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
fn conditions_of_an_allow() {
    for (condition, expected) in [
        (
            json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": ["444455556666", "111122223333"]}}),
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "444455556666"}}),
            "denied",
        ),
        (
            json!({"StringEquals": {"AWS:SourceOwner": "111122223333"}}),
            "allowed",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:*"}}),
            "allowed",
        ),
        (
            json!({"ArnEquals": {"aws:SourceArn": "arn:aws:cloudwatch:*:111122223333:alarm:*"}}),
            "allowed",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:111122223333:*:root-login"}}),
            "allowed",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*"}}),
            "denied",
        ),
        (
            json!({"StringLike": {"aws:SourceArn": "arn:aws:cloudwatch:*"}}),
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:*"}}),
            "denied",
        ),
        (json!({"StringEquals": {"aws:SourceArn": ALARM}}), "allowed"),
        (
            json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}),
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}),
            "denied",
        ),
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-example"}}),
            "denied",
        ),
        (
            json!({"StringEquals": {"aws:SourceOrgID": "o-example"}}),
            "unknown",
        ),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), "allowed"),
        (json!({"Bool": {"aws:SecureTransport": true}}), "allowed"),
        (
            json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "unknown",
        ),
        (
            json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
            "unknown",
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}),
            "unknown",
        ),
        (
            json!({"ForAnyValue:StringEquals": {"aws:SourceAccount": "111122223333"}}),
            "allowed",
        ),
        (
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-example/*"}}),
            "denied",
        ),
        (
            json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-example/*"}}),
            "allowed",
        ),
        (json!({"Null": {"aws:SourceArn": "false"}}), "allowed"),
        (json!({"Null": {"aws:SourceArn": "true"}}), "denied"),
        (
            json!({"StringSounds": {"aws:SourceAccount": "111122223333"}}),
            "unknown",
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "444455556666"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "denied",
        ),
        (json!({"StringEquals": "111122223333"}), "unknown"),
    ] {
        let statements = json!([allow(json!({"AWS": "*"}), condition.clone())]);
        assert_eq!(word(&publish(statements)), expected, "{condition}");
    }
}

#[test]
fn conditions_of_a_deny() {
    for (condition, expected) in [
        (json!({}), "denied"),
        (json!({"Bool": {"aws:SecureTransport": "false"}}), "allowed"),
        (json!({"Bool": {"aws:SecureTransport": false}}), "allowed"),
        (
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
            "denied",
        ),
        (
            json!({"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}),
            "denied",
        ),
        (
            json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}}),
            "denied",
        ),
        (
            json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}),
            "allowed",
        ),
        (
            json!({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}),
            "allowed",
        ),
        (
            json!({"StringNotEquals": {"aws:SourceAccount": ["444455556666"]}}),
            "denied",
        ),
        (
            json!({"StringNotLike": {"aws:SourceArn": "arn:aws:cloudwatch:*"}}),
            "allowed",
        ),
        (
            json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "unknown",
        ),
    ] {
        assert_eq!(
            word(&publish(deny(condition.clone()))),
            expected,
            "{condition}"
        );
    }
    let decision = publish(deny(json!({})));
    assert!(
        matches!(decision, Decision::Denied { statement: Some(ref name), .. } if name == "`no`")
    );
}

#[test]
fn a_deny_for_all_but_cloudwatch_spares_it() {
    let deny = |principals: Value| json!([cloudwatch(), {"Effect": "Deny", "NotPrincipal": principals, "Action": "sns:Publish", "Resource": "*"}]);
    assert_eq!(
        word(&publish(deny(
            json!({"Service": "cloudwatch.amazonaws.com"})
        ))),
        "allowed"
    );
    assert_eq!(
        word(&publish(deny(
            json!({"AWS": "arn:aws:iam::111122223333:role/admin"})
        ))),
        "denied"
    );
    assert_eq!(
        word(&publish(deny(
            json!({"AWS": "arn:aws:iam::111122223333:root"})
        ))),
        "unknown"
    );
}

#[test]
fn no_statement_means_no() {
    assert_eq!(word(&publish(json!([]))), "denied");
    assert!(matches!(
        publish(json!([])),
        Decision::Denied {
            statement: None,
            ..
        }
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
            word(&may_publish(policy, TOPIC, ALARM, None)),
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
        word(&may_publish(&policy.to_string(), TOPIC, &alarm, None)),
        "unknown"
    );
}

#[test]
fn the_organization_of_the_source_is_compared_when_known() {
    let policy = json!({"Statement": [allow(json!("*"), json!({"StringEquals": {"aws:SourceOrgID": "o-example"}}))]}).to_string();
    assert_eq!(
        word(&may_publish(&policy, TOPIC, ALARM, Some("o-example"))),
        "allowed"
    );
    assert_eq!(
        word(&may_publish(&policy, TOPIC, ALARM, Some("o-other"))),
        "denied"
    );
}

#[test]
fn a_key_policy_needs_both_actions_and_the_account_alone_does_not_do() {
    let key = |actions: Value| {
        let root = json!({"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Resource": "*",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"});
        let service = json!({"Effect": "Allow", "Resource": "*", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": actions});
        word(&may_use_key(
            &json!({"Statement": [root, service]}).to_string(),
            KEY,
            ALARM,
            None,
        ))
    };
    assert_eq!(
        key(json!(["kms:GenerateDataKey*", "kms:Decrypt"])),
        "allowed"
    );
    assert_eq!(key(json!("kms:*")), "allowed");
    assert_eq!(
        key(json!(["kms:GenerateDataKey", "kms:Decrypt"])),
        "unknown"
    );
    assert_eq!(key(json!("kms:Decrypt")), "denied");
    assert_eq!(key(json!("kms:GenerateDataKey*")), "denied");
    assert_eq!(key(json!("kms:CreateGrant")), "denied");
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
            Decision::Denied { .. } => 0,
            Decision::Unknown { .. } => 1,
            Decision::Allowed { .. } => 2,
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
