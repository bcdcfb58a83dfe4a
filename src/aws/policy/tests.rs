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
        matches!(&decision, Decision::Refused(Refusal::Deny { statement, .. }) if statement.name() == "no")
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

/// A key's policy with the statement of the account that every key has.
fn key(statement: Value) -> &'static str {
    let root = json!({"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [root, statement]});
    word(&may_use_key(&policy.to_string(), KEY, &caller(ALARM)))
}

fn key_for_cloudwatch(actions: Value, condition: Value) -> &'static str {
    key(
        json!({"Effect": "Allow", "Resource": "*", "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": actions, "Condition": condition}),
    )
}

#[test]
fn a_key_policy_needs_both_actions_and_the_account_alone_does_not_do() {
    let key = |actions: Value| key_for_cloudwatch(actions, json!({}));
    assert_eq!(
        key(json!(["kms:GenerateDataKey*", "kms:Decrypt"])),
        "allowed"
    );
    assert_eq!(key(json!("kms:*")), "allowed");
    assert_eq!(
        key(json!(["kms:GenerateDataKey", "kms:Decrypt"])),
        "allowed"
    );
    assert_eq!(
        key(json!([
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:Decrypt"
        ])),
        "denied"
    );
    assert_eq!(key(json!("kms:Decrypt")), "denied");
    assert_eq!(key(json!("kms:GenerateDataKey*")), "denied");
    assert_eq!(key(json!("kms:CreateGrant")), "denied");
}

#[test]
fn a_key_for_callers_of_the_account_by_way_of_sns_is_closed_to_cloudwatch() {
    let managed = |condition: Value| {
        key(
            json!({"Effect": "Allow", "Resource": "*", "Principal": {"AWS": "*"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:ReEncrypt*", "kms:DescribeKey"],
            "Condition": condition}),
        )
    };
    let account = json!({"kms:CallerAccount": "111122223333"});
    for (condition, expected) in [
        (
            json!({"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "sns.us-east-1.amazonaws.com"}}),
            "denied",
        ),
        (json!({"StringEquals": account}), "denied"),
        (json!({"StringLike": account}), "denied"),
        (json!({"StringEqualsIfExists": account}), "unknown"),
        (json!({"StringNotEquals": account}), "unknown"),
        (json!({"StringLike": {"kms:CallerAccount": "*"}}), "unknown"),
        (
            json!({"StringEquals": {"kms:ViaService": "sns.us-east-1.amazonaws.com"}}),
            "unknown",
        ),
        (json!({}), "allowed"),
    ] {
        assert_eq!(managed(condition.clone()), expected, "{condition}");
    }
}

#[test]
fn the_source_of_a_request_to_a_key() {
    let actions = json!(["kms:GenerateDataKey*", "kms:Decrypt"]);
    for (condition, expected) in [
        (
            json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "444455556666"}}),
            "denied",
        ),
        (
            json!({"StringEquals": {"aws:SourceOwner": "111122223333"}}),
            "unknown",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:111122223333:alarm:*"}}),
            "allowed",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:alerts"}}),
            "denied",
        ),
    ] {
        let answer = key_for_cloudwatch(actions.clone(), condition.clone());
        assert_eq!(answer, expected, "{condition}");
    }
}

#[test]
fn keys_that_cloudwatch_never_sends_are_absent() {
    for (condition, in_allow, in_deny) in [
        (
            json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
            "allowed",
            "denied",
        ),
        (
            json!({"Null": {"aws:MultiFactorAuthAge": "true"}}),
            "allowed",
            "denied",
        ),
        (
            json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": 3600}}),
            "allowed",
            "denied",
        ),
        (
            json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}),
            "denied",
            "allowed",
        ),
        (
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
            "allowed",
            "denied",
        ),
        (
            json!({"StringEquals": {"aws:RequestTag/team": "security"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"StringNotEquals": {"aws:PrincipalTag/team": "security"}}),
            "allowed",
            "denied",
        ),
        (
            json!({"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}),
            "denied",
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:CalledViaFirst": "athena.amazonaws.com"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"StringEquals": {"sns:Protocol": "email"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}}),
            "unknown",
            "unknown",
        ),
    ] {
        let allows = publish(json!([allow(json!("*"), condition.clone())]));
        assert_eq!(word(&allows), in_allow, "allow {condition}");
        assert_eq!(
            word(&publish(deny(condition.clone()))),
            in_deny,
            "deny {condition}"
        );
    }
}

#[test]
fn the_time_of_the_snapshot_decides_conditions_on_the_current_time() {
    let ask = |condition: &Value| {
        let policy = json!({"Statement": [allow(json!("*"), condition.clone())]}).to_string();
        let caller = Caller {
            at: Some("2026-11-21T00:00:05Z".parse().unwrap()),
            ..caller(ALARM)
        };
        word(&may_publish(&policy, TOPIC, &caller))
    };
    for (operator, key, value, expected) in [
        (
            "DateLessThan",
            "aws:CurrentTime",
            "2026-11-21T00:00:05Z",
            "denied",
        ),
        (
            "DateLessThanEquals",
            "aws:CurrentTime",
            "2026-11-21T00:00:05Z",
            "allowed",
        ),
        ("DateLessThan", "aws:CurrentTime", "2030-01-01", "allowed"),
        (
            "DateGreaterThan",
            "aws:CurrentTime",
            "2026-11-22T00:00:00Z",
            "denied",
        ),
        (
            "DateGreaterThan",
            "aws:CurrentTime",
            "2026-11-21T01:00:00+02:00",
            "allowed",
        ),
        (
            "DateGreaterThanEquals",
            "AWS:CurrentTime",
            "2026-01-01",
            "allowed",
        ),
        (
            "DateNotEquals",
            "aws:CurrentTime",
            "2026-01-01T00:00:00Z",
            "allowed",
        ),
        ("DateGreaterThan", "aws:EpochTime", "1700000000", "allowed"),
        ("NumericLessThan", "aws:EpochTime", "1700000000", "denied"),
        ("DateLessThan", "aws:CurrentTime", "soon", "unknown"),
        (
            "DateNotLessThan",
            "aws:CurrentTime",
            "2030-01-01",
            "unknown",
        ),
    ] {
        let condition = json!({operator: {key: value}});
        assert_eq!(ask(&condition), expected, "{condition}");
    }
}

#[test]
fn variables_are_text_before_version_2012_10_17() {
    let ask = |version: Option<&str>, value: &str| {
        let condition = json!({"StringEquals": {"aws:SourceAccount": value}});
        let mut policy = json!({"Statement": [allow(json!("*"), condition)]});
        if let Some(version) = version {
            policy["Version"] = json!(version);
        }
        word(&may_publish(&policy.to_string(), TOPIC, &caller(ALARM)))
    };
    for old in [None, Some("2008-10-17")] {
        assert_eq!(ask(old, "${aws:SourceAccount}"), "denied");
        assert_eq!(ask(old, "${aws:PrincipalAccount}"), "denied");
    }
    let new = Some("2012-10-17");
    assert_eq!(ask(new, "${aws:SourceAccount}"), "allowed");
    assert_eq!(ask(new, "1111${aws:SourceAccount}"), "denied");
    assert_eq!(ask(new, "${aws:PrincipalAccount}"), "unknown");
    assert_eq!(ask(new, "${aws:SourceAccount"), "unknown");
    assert_eq!(ask(new, "${aws:SourceAccount, '1'}"), "unknown");
    let resource = |version: &str| {
        let mut statement = cloudwatch();
        statement["Resource"] = json!("arn:aws:sns:us-east-1:${aws:SourceAccount}:alerts");
        let policy = json!({"Version": version, "Statement": [statement]});
        word(&may_publish(&policy.to_string(), TOPIC, &caller(ALARM)))
    };
    assert_eq!(resource("2008-10-17"), "denied");
    assert_eq!(resource("2012-10-17"), "unknown");
}

#[test]
fn arns_of_conditions_are_compared_part_by_part() {
    for (pattern, expected) in [
        (
            "arn:aws:cloudwatch:us-east-1:111122223333:alarm:root-login",
            "allowed",
        ),
        (
            "arn:aws:cloudwatch:us-east-1:111122223333:alarm:root-*",
            "allowed",
        ),
        ("arn:*:cloudwatch:*:*:*", "allowed"),
        ("arn:aws:cloudwatch:us-east-?:111122223333:*", "allowed"),
        ("arn:aws:cloudwatch:*:alarm:root-login", "denied"),
        ("arn:aws:cloudwatch:us-east-1:*:root-login", "denied"),
        ("arn:aws:*:111122223333:alarm:*", "denied"),
        ("arn:aws:sns:*", "denied"),
        ("arn:aws:cloudwatch:*", "unknown"),
        ("*", "unknown"),
    ] {
        for operator in ["ArnLike", "ArnEquals"] {
            let condition = json!({operator: {"aws:SourceArn": pattern}});
            let statements = json!([allow(json!("*"), condition)]);
            assert_eq!(word(&publish(statements)), expected, "{operator} {pattern}");
        }
    }
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
